
/*
 * Copyright (C) facetree contributors
 */


#include "arguments.h"
#include "facetree_int.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


#define FACETREE_ARGUMENTS_MAX     64
#define FACETREE_ARGUMENTS_COLUMN  28

/* getopt_long() returns this plus the number of the option. */
#define FACETREE_ARGUMENTS_BASE    1000


typedef struct {
    int  json;
    int  quiet;
    int  help;
} facetree_common_t;


static const facetree_option_t  facetree_common_options[] = {
    { "json", NULL, facetree_option_flag, offsetof(facetree_common_t, json),
      NULL, "print the result as one JSON document" },
    { "quiet", NULL, facetree_option_flag,
      offsetof(facetree_common_t, quiet),
      NULL, "no progress, warnings or summaries" },
    { "help", NULL, facetree_option_flag, offsetof(facetree_common_t, help),
      NULL, "print this text" },
    { .name = NULL }
};


/* One entry of the flattened list of options, and where its value goes. */

typedef struct {
    const facetree_option_t  *option;
    void                     *value;
} facetree_argument_t;


typedef struct {
    facetree_argument_t  entries[FACETREE_ARGUMENTS_MAX];
    struct option        longs[FACETREE_ARGUMENTS_MAX + 1];
    int                  count;
} facetree_argument_list_t;


static void
facetree_arguments_add(facetree_argument_list_t *list,
    const facetree_option_t *options, void *base)
{
    struct option  *item;

    for ( /* void */ ; options->name; options++) {
        if (list->count == FACETREE_ARGUMENTS_MAX) {
            abort();
        }

        list->entries[list->count].option = options;
        list->entries[list->count].value = (char *) base + options->offset;

        item = &list->longs[list->count];
        item->name = options->name;
        item->has_arg = options->metavar ? required_argument : no_argument;
        item->val = FACETREE_ARGUMENTS_BASE + list->count;

        list->count++;
    }
}


/* "name" is what getopt_long() could not make sense of. */

static int
facetree_arguments_refuse(facetree_arguments_t *args, int code,
    const char *name)
{
    const char  *verb;

    verb = args->console.verb;

    if (code == ':') {
        return facetree_console_fail(&args->console, FACETREE_EXIT_USAGE,
                                     "%s needs a value, see "
                                     "\"facetree %s --help\"", name, verb);
    }

    if (optopt >= FACETREE_ARGUMENTS_BASE) {
        return facetree_console_fail(&args->console, FACETREE_EXIT_USAGE,
                                     "%s: the option takes no value, see "
                                     "\"facetree %s --help\"", name, verb);
    }

    return facetree_console_fail(&args->console, FACETREE_EXIT_USAGE,
                                 "unknown option %s, see "
                                 "\"facetree %s --help\"", name, verb);
}


/* -h and -q are the only short options. */

static int
facetree_arguments_scan(facetree_arguments_t *args,
    facetree_argument_list_t *list, facetree_common_t *common, int argc,
    char **argv)
{
    int                         code, at;
    char                        name[3];
    facetree_error_t            err;
    const facetree_argument_t  *entry;

    /* 0 makes glibc start afresh, whatever was parsed before. */
    optind = 0;
    opterr = 0;

    for ( ;; ) {
        at = optind ? optind : 1;
        code = getopt_long(argc, argv, ":hq", list->longs, NULL);

        if (code == -1) {
            return FACETREE_ARGUMENTS_GO;
        }

        if (code == 'h') {
            common->help = 1;

        } else if (code == 'q') {
            common->quiet = 1;

        } else if (code < FACETREE_ARGUMENTS_BASE) {
            if (optopt > 0 && optopt < FACETREE_ARGUMENTS_BASE) {
                snprintf(name, sizeof(name), "-%c", optopt);
                return facetree_arguments_refuse(args, code, name);
            }

            at = optind > at ? optind - 1 : at;
            return facetree_arguments_refuse(args, code, argv[at]);

        } else {
            entry = &list->entries[code - FACETREE_ARGUMENTS_BASE];

            /* every entry has one: NOLINTNEXTLINE */
            if (entry->option->parse(entry->option, optarg, entry->value,
                                     &err)
                != FACETREE_OK)
            {
                return facetree_console_fail(&args->console,
                                             FACETREE_EXIT_USAGE, "%s",
                                             err.text);
            }
        }
    }
}


static int
facetree_arguments_operands(const facetree_verb_t *verb,
    facetree_arguments_t *args)
{
    if (args->count < verb->operands_min) {
        return facetree_arguments_missing(args, verb->operands);
    }

    if (verb->operands_max >= 0 && args->count > verb->operands_max) {
        return facetree_console_fail(&args->console, FACETREE_EXIT_USAGE,
                                     "unexpected argument %s, see "
                                     "\"facetree %s --help\"",
                                     args->operands[verb->operands_max],
                                     verb->name);
    }

    return FACETREE_ARGUMENTS_GO;
}


int
facetree_arguments_read(const facetree_verb_t *verb,
    facetree_arguments_t *args, void *settings, int argc, char **argv)
{
    int                             code;
    facetree_common_t               common;
    facetree_argument_list_t        list;
    const facetree_option_group_t  *group;

    memset(args, 0, sizeof(*args));
    memset(&common, 0, sizeof(common));
    memset(&list, 0, sizeof(list));

    facetree_console_init(&args->console, verb->name, 0);

    for (group = verb->groups; group->title; group++) {
        facetree_arguments_add(&list, group->options,
                               (char *) settings + group->offset);
    }

    facetree_arguments_add(&list, facetree_common_options, &common);

    code = facetree_arguments_scan(args, &list, &common, argc, argv);

    if (code != FACETREE_ARGUMENTS_GO) {
        return code;
    }

    if (common.help) {
        facetree_arguments_help(verb);
        return facetree_console_finish(&args->console, FACETREE_EXIT_OK);
    }

    args->json = common.json;
    args->count = argc - optind;
    args->operands = argv + optind;
    args->console.quiet = common.quiet;

    return facetree_arguments_operands(verb, args);
}


static void
facetree_arguments_help_group(const char *title,
    const facetree_option_t *options)
{
    int  used;

    printf("\n%s:\n", title);

    for ( /* void */ ; options->name; options++) {
        used = printf("  --%s%s%s", options->name,
                      options->metavar ? " " : "",
                      options->metavar ? options->metavar : "");

        printf("%*s%s\n", used < FACETREE_ARGUMENTS_COLUMN
                          ? FACETREE_ARGUMENTS_COLUMN - used : 1, "",
               options->help);
    }
}


void
facetree_arguments_help(const facetree_verb_t *verb)
{
    const facetree_option_group_t  *group;

    printf("Usage: facetree %s%s%s [OPTION]...\n\n%s\n", verb->name,
           verb->operands ? " " : "", verb->operands ? verb->operands : "",
           verb->summary);

    if (verb->details) {
        printf("\n%s", verb->details);
    }

    for (group = verb->groups; group->title; group++) {
        facetree_arguments_help_group(group->title, group->options);
    }

    facetree_arguments_help_group("Common", facetree_common_options);

    printf("\nExamples:\n%s", verb->examples);
}


int
facetree_arguments_missing(facetree_arguments_t *args, const char *what)
{
    return facetree_console_fail(&args->console, FACETREE_EXIT_USAGE,
                                 "%s is missing, see \"facetree %s --help\"",
                                 what, args->console.verb);
}


int
facetree_arguments_load_model(facetree_arguments_t *args, const char *path,
    facetree_model_t **model)
{
    facetree_error_t   err;
    facetree_status_e  status;

    status = facetree_model_load(model, path, &err);

    if (status == FACETREE_OK) {
        return FACETREE_EXIT_OK;
    }

    return facetree_console_fail(&args->console,
                                 facetree_console_input_code(status),
                                 "%s: %s", path, err.text);
}


static void
facetree_arguments_data_warn(void *ctx, const char *file, const char *reason)
{
    facetree_arguments_t  *args;

    args = ctx;
    facetree_console_warn(&args->console, "skipped %s: %s", file, reason);
}


static void
facetree_arguments_data_progress(void *ctx, uint32_t done, uint32_t total)
{
    facetree_arguments_t  *args;

    args = ctx;

    if (done % 64 == 0 || done == total) {
        facetree_console_progress(&args->console, "reading pictures", done,
                                  total);
    }
}


int
facetree_arguments_load_data(facetree_arguments_t *args,
    const facetree_data_arguments_t *data, facetree_size_t size,
    facetree_dataset_t *dataset)
{
    facetree_error_t           err;
    facetree_status_e          status;
    facetree_dataset_source_t  source;

    if (data->path == NULL) {
        return facetree_arguments_missing(args, "--data");
    }

    source.path = data->path;
    source.width = size.width;
    source.height = size.height;
    source.strict = data->strict;
    source.max_pixels = data->max_pixels;
    source.warn = facetree_arguments_data_warn;
    source.progress = facetree_arguments_data_progress;
    source.ctx = args;

    status = facetree_dataset_load(dataset, &source, &err);
    facetree_console_clear(&args->console);

    if (status == FACETREE_OK) {
        return FACETREE_EXIT_OK;
    }

    return facetree_console_fail(&args->console,
                                 facetree_console_input_code(status),
                                 "%s: %s", data->path, err.text);
}


int
facetree_arguments_load_training(facetree_arguments_t *args,
    const facetree_data_arguments_t *data, facetree_size_t size,
    facetree_dataset_t *dataset)
{
    int  code;

    code = facetree_arguments_load_data(args, data, size, dataset);

    if (code == FACETREE_EXIT_OK && dataset->classes < 2) {
        code = facetree_console_fail(&args->console, FACETREE_EXIT_DATA,
                                     "%s: has one label only, %s: there is "
                                     "nothing to tell apart", data->path,
                                     dataset->names[0]);
        facetree_dataset_clear(dataset);
    }

    return code;
}
