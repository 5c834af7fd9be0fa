
/*
 * Copyright (C) facetree contributors
 *
 * facetree train: data set in, model out.
 */


#include "arguments.h"
#include "document.h"
#include "facetree_int.h"
#include "output.h"
#include "progress.h"
#include "search.h"
#include "text.h"
#include "training.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>


#define FACETREE_TRAIN_FOLDS  5


typedef struct {
    facetree_data_arguments_t   data;
    facetree_settings_t         settings;
    const char                 *out;
    int                         strip;
    double                      min_accuracy;
    facetree_search_texts_t     search;
    uint32_t                    search_folds;
} facetree_train_t;


/* What a training run works with besides its options. */

typedef struct {
    facetree_arguments_t  args;
    facetree_output_t     model;
    facetree_output_t     description;
    facetree_dataset_t    dataset;
    facetree_search_t     search;
} facetree_train_job_t;


static int facetree_train_run(const facetree_verb_t *verb, int argc,
    char **argv);


static const facetree_real_rule_t  facetree_train_share = { 0.0, 1.0 };

static const facetree_uint_rule_t  facetree_train_folds = {
    2, 1000000, 0
};

static const facetree_option_t  facetree_train_options[] = {
    { "out", "FILE", facetree_option_text, offsetof(facetree_train_t, out),
      NULL, "model to write (default " FACETREE_DEFAULT_MODEL ")" },
    { "strip", NULL, facetree_option_flag, offsetof(facetree_train_t, strip),
      NULL, "leave out what only \"inspect\" needs" },
    { "min-accuracy", "X", facetree_option_real,
      offsetof(facetree_train_t, min_accuracy), &facetree_train_share,
      "exit with 1 and write nothing if the accuracy is below X" },
    { .name = NULL }
};

static const facetree_option_t  facetree_search_options[] = {
    { "search", "KEY=V,...", facetree_option_search,
      offsetof(facetree_train_t, search), NULL,
      "try these values of option KEY; may be given again" },
    { "search-folds", "K", facetree_option_uint,
      offsetof(facetree_train_t, search_folds), &facetree_train_folds,
      "folds of the training pictures to try them on (default 5)" },
    { .name = NULL }
};

static const facetree_option_group_t  facetree_train_groups[] = {
    { "Data", facetree_data_options, offsetof(facetree_train_t, data) },
    { "Pictures", facetree_image_options,
      offsetof(facetree_train_t, settings) },
    { "Split", facetree_split_options, offsetof(facetree_train_t, settings) },
    { "Trees (as in scikit-learn; 1 is a count, 1.0 a fraction)",
      facetree_tree_options, offsetof(facetree_train_t, settings) },
    { "Forests", facetree_forest_options,
      offsetof(facetree_train_t, settings) },
    { "Copies", facetree_augment_options,
      offsetof(facetree_train_t, settings) },
    { "Search", facetree_search_options, 0 },
    { "Work", facetree_effort_options, offsetof(facetree_train_t, settings) },
    { "Model", facetree_train_options, 0 },
    { .title = NULL }
};

const facetree_verb_t  facetree_verb_train = {
    .name = "train",
    .summary = "train a model and measure it on held-out pictures",
    .details =
        "Writes the model and, beside it, a .json file that describes it.\n"
        "The same data and options give the same bytes.  --search tries all\n"
        "combinations by cross-validation inside the training pictures, and\n"
        "then trains the best.\n",
    .examples =
        "  facetree train --data data/olivettifaces.mat --max-depth 25 \\\n"
        "      --min-samples-leaf 2 --random-state 42\n"
        "  facetree train --data faces/ --out artifacts/family.ftm\n"
        "  facetree train --data faces/ --estimator extra-trees \\\n"
        "      --n-estimators 500 --augment --min-accuracy 0.9\n"
        "  facetree train --data faces/ --search max-depth=5,10,none \\\n"
        "      --search criterion=gini,entropy\n"
        "  facetree train --data synthetic --json\n",
    .groups = facetree_train_groups,
    .run = facetree_train_run
};


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
facetree_train_print_trees(const facetree_settings_t *settings,
    const facetree_run_t *run)
{
    uint32_t                  i, depth;
    unsigned long             nodes, leaves;
    const facetree_forest_t  *forest;

    forest = &run->forest;
    nodes = 0;
    leaves = 0;
    depth = 0;

    for (i = 0; i < forest->count; i++) {
        nodes += forest->trees[i].nodes;
        leaves += forest->trees[i].leaves;
        depth = forest->trees[i].max_depth > depth
                ? forest->trees[i].max_depth : depth;
    }

    if (settings->augment) {
        printf("copies    %lu of each picture to train\n",
               (unsigned long) settings->augment_params.copies);
    }

    if (!facetree_settings_is_forest(settings)) {
        printf("tree      %lu nodes, %lu leaves, depth %lu\n", nodes, leaves,
               (unsigned long) depth);
        return;
    }

    printf("forest    %s, %lu trees, %lu nodes, %lu leaves, depth %lu\n",
           settings->estimator, (unsigned long) forest->count, nodes, leaves,
           (unsigned long) depth);

    if (settings->oob_score) {
        printf("oob       %.4f\n", run->oob.score);
    }
}


static void
facetree_train_print(const facetree_train_t *train,
    const facetree_dataset_t *dataset, const facetree_run_t *run,
    double seconds)
{
    const facetree_evaluation_t  *evaluation;

    evaluation = &run->evaluation;

    facetree_train_print_data(dataset);

    printf("split     %lu to train, %lu held out, seed %lu%s\n",
           (unsigned long) run->split.train_count,
           (unsigned long) run->split.test_count,
           (unsigned long) train->settings.split.seed,
           train->settings.split.stratify ? ", stratified" : "");

    facetree_train_print_trees(&train->settings, run);

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
    const facetree_run_t *run, double seconds, facetree_error_t *err)
{
    char  shown[4096];

    facetree_text_escape(train->out, shown, sizeof(shown));

    json_object_set_new(document, "path", json_string(shown));
    json_object_set_new(document, "seconds", json_real(seconds));
    json_object_set_new(document, "fit_seconds",
                        json_real(run->fit_seconds));
    json_object_set_new(document, "fit_cpu_seconds",
                        json_real(run->fit_cpu_seconds));

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


static facetree_status_e
facetree_train_describe(const facetree_train_t *train,
    const facetree_train_job_t *job, const facetree_run_t *run,
    json_t **document, facetree_error_t *err)
{
    facetree_status_e  status;

    status = facetree_metadata_describe(document, run->metadata, run->model,
                                        train->out, err);

    if (status == FACETREE_OK && train->search.count > 0
        && json_object_set_new(*document, "search",
                               facetree_search_json(&job->search,
                                                    train->search_folds))
           != 0)
    {
        status = facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET,
                               NULL);
    }

    return status;
}


/* Writes and reports a finished run. */

static int
facetree_train_save(facetree_train_t *train, facetree_train_job_t *job,
    const facetree_run_t *run, double seconds)
{
    int                    code;
    json_t                *document;
    facetree_error_t       err;
    facetree_status_e      status;
    facetree_arguments_t  *args;

    args = &job->args;
    document = NULL;

    status = facetree_train_describe(train, job, run, &document, &err);

    if (status == FACETREE_OK) {
        status = facetree_train_write(&job->model, &job->description, run,
                                      document, &err);
    }

    if (status == FACETREE_OK) {
        if (args->json) {
            status = facetree_train_print_json(train, document, run,
                                               seconds, &err);

        } else if (!args->console.quiet) {
            facetree_train_print(train, &job->dataset, run, seconds);
        }
    }

    json_decref(document);

    if (status == FACETREE_OK) {
        return FACETREE_EXIT_OK;
    }

    code = status == FACETREE_EIO ? FACETREE_EXIT_IO : FACETREE_EXIT_FAILED;

    return facetree_console_fail(&args->console, code, "%s", err.text);
}


static int
facetree_train_failed(facetree_train_job_t *job, facetree_status_e status,
    const facetree_error_t *err)
{
    int  code;

    code = status == FACETREE_EINVAL ? FACETREE_EXIT_DATA
                                     : FACETREE_EXIT_FAILED;

    return facetree_console_fail(&job->args.console, code, "%s", err->text);
}


static void
facetree_train_warn(facetree_train_job_t *job, const facetree_run_t *run)
{
    char                         *const *files;
    const facetree_duplicates_t  *found;

    found = &run->duplicates;
    files = job->dataset.files;

    if (found->count == 0) {
        return;
    }

    if (files == NULL) {
        facetree_console_warn(&job->args.console, "%lu held-out pictures are "
                              "also trained on: the accuracy flatters",
                              (unsigned long) found->count);
        return;
    }

    facetree_console_warn(&job->args.console, "%lu held-out pictures are also "
                          "trained on (%s is %s): the accuracy flatters",
                          (unsigned long) found->count, files[found->test],
                          files[found->train]);
}


static int
facetree_train_fit(facetree_train_t *train, facetree_train_job_t *job)
{
    int                  code;
    double               start, seconds;
    facetree_run_t       run;
    facetree_error_t     err;
    facetree_status_e    status;
    facetree_progress_t  progress;

    facetree_progress_start(&progress, &job->args.console, "trees");
    train->settings.effort.progress = facetree_progress_step;
    train->settings.effort.ctx = &progress;
    train->settings.effort.spend = 1;

    start = facetree_progress_clock();
    status = facetree_run_train(&run, &job->dataset, &train->settings,
                                train->strip, &err);
    seconds = facetree_progress_clock() - start;

    facetree_console_clear(&job->args.console);

    if (status != FACETREE_OK) {
        return facetree_train_failed(job, status, &err);
    }

    facetree_train_warn(job, &run);

    if (run.evaluation.accuracy >= train->min_accuracy) {
        code = facetree_train_save(train, job, &run, seconds);

    } else {
        code = facetree_console_fail(&job->args.console,
                                     FACETREE_EXIT_FAILED, "accuracy %.4f is "
                                     "below --min-accuracy %g, nothing is "
                                     "written", run.evaluation.accuracy,
                                     train->min_accuracy);
    }

    facetree_run_clear(&run);

    return code;
}


/* Puts the best settings in place of those given. */

static int
facetree_train_search(facetree_train_t *train, facetree_train_job_t *job)
{
    facetree_error_t     err;
    facetree_status_e    status;
    facetree_settings_t  best;
    facetree_progress_t  progress;

    facetree_progress_start(&progress, &job->args.console, "combinations");
    train->settings.effort.progress = facetree_progress_step;
    train->settings.effort.ctx = &progress;

    status = facetree_search_run(&job->search, &job->dataset,
                                 &train->settings, train->search_folds, &err);
    facetree_console_clear(&job->args.console);

    if (status == FACETREE_OK) {
        status = facetree_search_settings(&job->search, job->search.best,
                                          &train->settings, &best, &err);
    }

    if (status != FACETREE_OK) {
        return facetree_train_failed(job, status, &err);
    }

    train->settings = best;

    if (!job->args.json && !job->args.console.quiet) {
        facetree_search_print(&job->search);
        putchar('\n');
    }

    return FACETREE_EXIT_OK;
}


/* All that can be said against the options before data are read. */

static int
facetree_train_check(facetree_train_t *train, facetree_train_job_t *job)
{
    facetree_error_t   err;
    facetree_status_e  status;

    if (train->search.count > 0) {
        status = facetree_search_init(&job->search, &train->search,
                                      &train->settings, &err);

        train->search_folds = train->search_folds ? train->search_folds
                                                  : FACETREE_TRAIN_FOLDS;

    } else if (train->search_folds > 0) {
        status = facetree_fail(&err, FACETREE_EINVAL, FACETREE_NO_OFFSET,
                               "--search-folds: does not go without "
                               "--search");

    } else {
        status = facetree_settings_apply(&train->settings, &err);
    }

    if (status == FACETREE_OK) {
        return FACETREE_EXIT_OK;
    }

    return facetree_console_fail(&job->args.console,
                                 status == FACETREE_EINVAL
                                 ? FACETREE_EXIT_USAGE
                                 : FACETREE_EXIT_FAILED, "%s", err.text);
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
    facetree_train_job_t  job;

    memset(&train, 0, sizeof(train));
    memset(&job, 0, sizeof(job));

    facetree_settings_init(&train.settings);
    train.out = FACETREE_DEFAULT_MODEL;

    code = facetree_arguments_read(verb, &job.args, &train, argc, argv);

    if (code != FACETREE_ARGUMENTS_GO) {
        return code;
    }

    code = facetree_train_check(&train, &job);

    if (code == FACETREE_EXIT_OK) {
        code = facetree_arguments_load_training(&job.args, &train.data,
                                                train.settings.size,
                                                &job.dataset);
    }

    if (code == FACETREE_EXIT_OK) {
        code = facetree_train_open(&job.args, &train, &job.model,
                                   &job.description);
    }

    if (code == FACETREE_EXIT_OK && train.search.count > 0) {
        code = facetree_train_search(&train, &job);
    }

    if (code == FACETREE_EXIT_OK) {
        code = facetree_train_fit(&train, &job);
    }

    facetree_output_discard(&job.model);
    facetree_output_discard(&job.description);
    facetree_dataset_clear(&job.dataset);
    facetree_search_clear(&job.search);

    return facetree_console_finish(&job.args.console, code);
}
