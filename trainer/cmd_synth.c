
/*
 * Copyright (C) facetree contributors
 *
 * facetree synth: writes the drawn face set as a directory of pictures.
 */


#include "arguments.h"
#include "document.h"
#include "output.h"
#include "synth.h"
#include "synth_set.h"
#include "text.h"

#include <stdio.h>
#include <string.h>


typedef struct {
    uint32_t  people;
    uint32_t  pictures;
    uint32_t  seed;
    int       force;
} facetree_synth_t;


static int facetree_synth_run(const facetree_verb_t *verb, int argc,
    char **argv);


static const facetree_uint_rule_t  facetree_synth_number = { 1, 65535, 0 };

static const facetree_option_t  facetree_synth_options[] = {
    { "people", "N", facetree_option_uint, offsetof(facetree_synth_t, people),
      &facetree_synth_number, "how many people (default 40)" },
    { "pictures", "N", facetree_option_uint,
      offsetof(facetree_synth_t, pictures),
      &facetree_synth_number, "pictures of each (default 10)" },
    { "seed", "N", facetree_option_uint, offsetof(facetree_synth_t, seed),
      &facetree_rule_seed, "seed of the drawing (default 0)" },
    { "force", NULL, facetree_option_flag, offsetof(facetree_synth_t, force),
      NULL, "write into DIR though it is not empty" },
    { .name = NULL }
};

static const facetree_option_group_t  facetree_synth_groups[] = {
    { "Set", facetree_synth_options, 0 },
    { .title = NULL }
};

const facetree_verb_t  facetree_verb_synth = {
    .name = "synth",
    .operands = "DIR",
    .summary = "draw a synthetic face set: no real person's data",
    .details =
        "Writes DIR/p00/00.pgm and so on, 64x64, and the file\n"
        "DIR/" FACETREE_SYNTH_MARKER ", by which \"train\" knows that the\n"
        "set is synthetic.  The same seed gives the same pictures.\n",
    .examples =
        "  facetree synth faces\n"
        "  facetree synth --people 5 --pictures 20 --seed 7 faces\n",
    .groups = facetree_synth_groups,
    .operands_min = 1,
    .operands_max = 1,
    .run = facetree_synth_run
};


static void
facetree_synth_progress(void *ctx, uint32_t done, uint32_t total)
{
    facetree_arguments_t  *args;

    args = ctx;
    facetree_console_progress(&args->console, "drawing faces", done, total);
}


static facetree_status_e
facetree_synth_print(const facetree_synth_t *synth, const char *path,
    facetree_error_t *err)
{
    char                shown[4096];
    json_t             *document;
    facetree_status_e   status;

    facetree_text_escape(path, shown, sizeof(shown));

    document = json_pack("{s:s, s:I, s:I, s:I, s:b}",
                         "path", shown,
                         "people", (json_int_t) synth->people,
                         "pictures", (json_int_t) synth->pictures,
                         "seed", (json_int_t) synth->seed,
                         "synthetic", 1);

    status = facetree_document_print(document, err);
    json_decref(document);

    return status;
}


static int
facetree_synth_code(facetree_status_e status)
{
    switch (status) {

    case FACETREE_EINVAL:
        return FACETREE_EXIT_CANTCREAT;

    case FACETREE_EIO:
        return FACETREE_EXIT_IO;

    default:
        return FACETREE_EXIT_FAILED;
    }
}


static int
facetree_synth_run(const facetree_verb_t *verb, int argc, char **argv)
{
    int                     code;
    const char             *path;
    facetree_error_t        err;
    facetree_synth_t        synth;
    facetree_status_e       status;
    facetree_arguments_t    args;
    facetree_synth_set_t    set;

    synth.people = FACETREE_SYNTH_PEOPLE;
    synth.pictures = FACETREE_SYNTH_PICTURES;
    synth.seed = 0;
    synth.force = 0;

    code = facetree_arguments_read(verb, &args, &synth, argc, argv);

    if (code != FACETREE_ARGUMENTS_GO) {
        return code;
    }

    path = args.operands[0];

    set.people = synth.people;
    set.pictures = synth.pictures;
    set.seed = synth.seed;
    set.force = synth.force;
    set.progress = facetree_synth_progress;
    set.ctx = &args;

    status = facetree_synth_write(path, &set, &err);

    if (status != FACETREE_OK) {
        code = facetree_synth_code(status);
        return facetree_console_fail(&args.console, code, "%s: %s", path,
                                     err.text);
    }

    facetree_console_clear(&args.console);

    if (args.json) {
        facetree_synth_print(&synth, path, &err);

    } else if (!args.console.quiet) {
        printf("%s: %lu people, %lu pictures of each, synthetic, seed %lu\n",
               path, (unsigned long) synth.people,
               (unsigned long) synth.pictures, (unsigned long) synth.seed);
    }

    return facetree_console_finish(&args.console, FACETREE_EXIT_OK);
}
