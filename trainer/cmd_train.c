
/*
 * Copyright (C) facetree contributors
 *
 * facetree train: data set in, model out.
 */


#include "arguments.h"
#include "document.h"
#include "facetree_int.h"
#include "output.h"
#include "text.h"
#include "training.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>


typedef struct {
    facetree_data_arguments_t   data;
    facetree_settings_t         settings;
    const char                 *out;
    int                         strip;
} facetree_train_t;


static int facetree_train_run(const facetree_verb_t *verb, int argc,
    char **argv);


static const facetree_option_t  facetree_train_options[] = {
    { "out", "FILE", facetree_option_text, offsetof(facetree_train_t, out),
      NULL, "model to write (default " FACETREE_DEFAULT_MODEL ")" },
    { "strip", NULL, facetree_option_flag, offsetof(facetree_train_t, strip),
      NULL, "leave out what only \"inspect\" needs" },
    { .name = NULL }
};

static const facetree_option_group_t  facetree_train_groups[] = {
    { "Data", facetree_data_options, offsetof(facetree_train_t, data) },
    { "Pictures", facetree_image_options,
      offsetof(facetree_train_t, settings) },
    { "Split", facetree_split_options, offsetof(facetree_train_t, settings) },
    { "Tree (as in scikit-learn; 1 is a count, 1.0 a fraction)",
      facetree_tree_options, offsetof(facetree_train_t, settings) },
    { "Model", facetree_train_options, 0 },
    { .title = NULL }
};

const facetree_verb_t  facetree_verb_train = {
    .name = "train",
    .summary = "train a model and measure it on held-out pictures",
    .details =
        "Writes the model and, beside it, a .json file that describes it.\n"
        "The same data and options give the same bytes.\n",
    .examples =
        "  facetree train --data data/olivettifaces.mat --max-depth 25 \\\n"
        "      --min-samples-leaf 2 --random-state 42\n"
        "  facetree train --data faces/ --out artifacts/family.ftm\n"
        "  facetree train --data synthetic --json\n",
    .groups = facetree_train_groups,
    .run = facetree_train_run
};


static double
facetree_train_clock(void)
{
    struct timespec  now;

    clock_gettime(CLOCK_MONOTONIC, &now);

    return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}


/* "artifacts/model.ftm" is described in "artifacts/model.json". */

static char *
facetree_train_description_path(const char *out)
{
    char        *path, *dot;
    size_t       size;
    const char  *slash;

    size = strlen(out) + sizeof(".json");
    path = malloc(size);

    if (path == NULL) {
        return NULL;
    }

    strcpy(path, out);

    slash = strrchr(path, '/');
    dot = strrchr(slash ? slash + 1 : path, '.');

    if (dot && dot != path && dot[-1] != '/') {
        *dot = '\0';
    }

    strcat(path, ".json");

    return path;
}


static void
facetree_train_print_data(const facetree_dataset_t *dataset)
{
    printf("data      %s: %lu pictures of %lu people, %lux%lu%s",
           dataset->name, (unsigned long) dataset->count,
           (unsigned long) dataset->classes, (unsigned long) dataset->width,
           (unsigned long) dataset->height,
           dataset->synthetic ? ", synthetic (drawn, no real person)" : "");

    if (dataset->skipped > 0) {
        printf(", %lu skipped", (unsigned long) dataset->skipped);
    }

    putchar('\n');
}


static void
facetree_train_print(const facetree_train_t *train,
    const facetree_dataset_t *dataset, const facetree_run_t *run,
    double seconds)
{
    const facetree_tree_t        *tree;
    const facetree_evaluation_t  *evaluation;

    tree = &run->forest.trees[0];
    evaluation = &run->evaluation;

    facetree_train_print_data(dataset);

    printf("split     %lu to train, %lu held out, seed %lu%s\n",
           (unsigned long) run->split.train_count,
           (unsigned long) run->split.test_count,
           (unsigned long) train->settings.split.seed,
           train->settings.split.stratify ? ", stratified" : "");
    printf("tree      %lu nodes, %lu leaves, depth %lu\n",
           (unsigned long) tree->nodes, (unsigned long) tree->leaves,
           (unsigned long) tree->max_depth);
    printf("accuracy  %.4f (%lu of %lu held out; 95%% interval %.4f to "
           "%.4f)\n", evaluation->accuracy,
           (unsigned long) evaluation->correct,
           (unsigned long) evaluation->count, evaluation->low,
           evaluation->high);
    printf("model     %s, %lu bytes\n", train->out, (unsigned long) run->len);
    printf("version   %s\n", facetree_model_version(run->model));
    printf("time      %.2f s\n", seconds);
}


static facetree_status_e
facetree_train_print_json(const facetree_train_t *train, json_t *document,
    double seconds, facetree_error_t *err)
{
    char  shown[4096];

    facetree_text_escape(train->out, shown, sizeof(shown));

    json_object_set_new(document, "path", json_string(shown));
    json_object_set_new(document, "seconds", json_real(seconds));

    return facetree_document_print(document, err);
}


/* Both files are complete on the disk before either takes its name. */

static facetree_status_e
facetree_train_write(facetree_output_t *model, facetree_output_t *description,
    const facetree_run_t *run, const json_t *document, facetree_error_t *err)
{
    char               *text;
    facetree_status_e   status;

    text = facetree_document_text(document, JSON_INDENT(2));

    if (text == NULL) {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    status = facetree_output_write(model, run->bytes, run->len, err);

    if (status == FACETREE_OK) {
        status = facetree_output_write(description, text, strlen(text), err);
    }

    if (status == FACETREE_OK) {
        status = facetree_output_write(description, "\n", 1, err);
    }

    if (status == FACETREE_OK) {
        status = facetree_output_commit(model, err);
    }

    if (status == FACETREE_OK) {
        status = facetree_output_commit(description, err);
    }

    free(text);

    return status;
}


static int
facetree_train_fit(facetree_arguments_t *args, const facetree_train_t *train,
    const facetree_dataset_t *dataset, facetree_output_t *model,
    facetree_output_t *description)
{
    int                code;
    double             start, seconds;
    json_t            *document;
    facetree_run_t     run;
    facetree_error_t   err;
    facetree_status_e  status;

    document = NULL;
    start = facetree_train_clock();

    status = facetree_run_train(&run, dataset, &train->settings,
                                train->strip, &err);

    if (status != FACETREE_OK) {
        code = status == FACETREE_EINVAL ? FACETREE_EXIT_DATA
                                         : FACETREE_EXIT_FAILED;
        return facetree_console_fail(&args->console, code, "%s", err.text);
    }

    seconds = facetree_train_clock() - start;

    status = facetree_metadata_describe(&document, run.metadata, run.model,
                                        train->out, &err);

    if (status == FACETREE_OK) {
        status = facetree_train_write(model, description, &run, document,
                                      &err);
    }

    if (status != FACETREE_OK) {
        code = status == FACETREE_EIO ? FACETREE_EXIT_IO
                                      : FACETREE_EXIT_FAILED;
        code = facetree_console_fail(&args->console, code, "%s", err.text);

    } else {
        code = FACETREE_EXIT_OK;

        if (args->json) {
            facetree_train_print_json(train, document, seconds, &err);

        } else if (!args->console.quiet) {
            facetree_train_print(train, dataset, &run, seconds);
        }
    }

    json_decref(document);
    facetree_run_clear(&run);

    return code;
}


/*
 * The outputs are opened before the growing: minutes of training must not end
 * in "permission denied".
 */

static int
facetree_train_open(facetree_arguments_t *args,
    const facetree_train_t *train, facetree_output_t *model,
    facetree_output_t *description)
{
    int                 code;
    char               *path;
    facetree_error_t    err;
    facetree_status_e   status;

    path = facetree_train_description_path(train->out);

    if (path == NULL) {
        return facetree_console_fail(&args->console, FACETREE_EXIT_FAILED,
                                     "out of memory");
    }

    if (strcmp(path, train->out) == 0) {
        code = facetree_console_fail(&args->console, FACETREE_EXIT_USAGE,
                                     "--out %s: that is where the "
                                     "description goes, name it .ftm",
                                     train->out);
        free(path);

        return code;
    }

    status = facetree_output_open(model, train->out, &err);

    if (status == FACETREE_OK) {
        status = facetree_output_open(description, path, &err);
    }

    free(path);

    if (status == FACETREE_OK) {
        return FACETREE_EXIT_OK;
    }

    return facetree_console_fail(&args->console,
                                 status == FACETREE_ENOMEM
                                 ? FACETREE_EXIT_FAILED
                                 : FACETREE_EXIT_CANTCREAT, "%s", err.text);
}


static int
facetree_train_run(const facetree_verb_t *verb, int argc, char **argv)
{
    int                   code;
    facetree_train_t      train;
    facetree_output_t     model, description;
    facetree_dataset_t    dataset;
    facetree_arguments_t  args;

    memset(&train, 0, sizeof(train));
    memset(&model, 0, sizeof(model));
    memset(&description, 0, sizeof(description));
    memset(&dataset, 0, sizeof(dataset));

    facetree_settings_init(&train.settings);
    train.out = FACETREE_DEFAULT_MODEL;

    code = facetree_arguments_read(verb, &args, &train, argc, argv);

    if (code != FACETREE_ARGUMENTS_GO) {
        return code;
    }

    facetree_settings_apply(&train.settings);

    code = facetree_arguments_load_data(&args, &train.data,
                                        train.settings.size, &dataset);

    if (code == FACETREE_EXIT_OK) {
        code = facetree_train_open(&args, &train, &model, &description);
    }

    if (code == FACETREE_EXIT_OK) {
        code = facetree_train_fit(&args, &train, &dataset, &model,
                                  &description);
    }

    facetree_output_discard(&model);
    facetree_output_discard(&description);
    facetree_dataset_clear(&dataset);

    return facetree_console_finish(&args.console, code);
}
