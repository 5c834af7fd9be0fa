
/*
 * Copyright (C) facetree contributors
 *
 * facetree cv: how good a way of training is, over many splits.
 */


#include "arguments.h"
#include "crossval.h"
#include "document.h"
#include "facetree_int.h"
#include "progress.h"

#include <stdio.h>
#include <string.h>


#define FACETREE_CV_FOLDS  5


typedef struct {
    facetree_data_arguments_t   data;
    facetree_settings_t         settings;
    uint32_t                    folds;         /* 0: not given */
    int                         shuffle;
    uint32_t                    repeats;       /* 0: not given */
    facetree_amount_t           test_size;
    facetree_seed_t             seed;
    double                      min_accuracy;
} facetree_cv_t;


static int facetree_cv_run(const facetree_verb_t *verb, int argc,
    char **argv);


static const facetree_uint_rule_t  facetree_cv_fold_rule = {
    2, 1000000, 0
};

static const facetree_uint_rule_t  facetree_cv_repeat_rule = {
    2, 100000, 0
};

static const facetree_real_rule_t  facetree_cv_share = { 0.0, 1.0 };

static const int  facetree_cv_off = 0;

static const facetree_option_t  facetree_cv_options[] = {
    { "folds", "K", facetree_option_uint, offsetof(facetree_cv_t, folds),
      &facetree_cv_fold_rule,
      "StratifiedKFold (default, with 5 folds)" },
    { "shuffle", NULL, facetree_option_flag,
      offsetof(facetree_cv_t, shuffle), NULL,
      "deal the pictures of a label to the folds at random" },
    { "repeats", "N", facetree_option_uint,
      offsetof(facetree_cv_t, repeats), &facetree_cv_repeat_rule,
      "in place of folds: N random splits" },
    { "test-size", "N|F", facetree_option_amount,
      offsetof(facetree_cv_t, test_size), &facetree_rule_test_size,
      "held out by each of the N splits (default 0.3)" },
    { "no-stratify", NULL, facetree_option_flag,
      offsetof(facetree_cv_t, settings.split.stratify), &facetree_cv_off,
      "the N splits do not keep the share of every label" },
    { "seed", "N", facetree_option_seed, offsetof(facetree_cv_t, seed),
      NULL,
      "of --shuffle, or of the first of N splits (default 0)" },
    { "min-accuracy", "X", facetree_option_real,
      offsetof(facetree_cv_t, min_accuracy), &facetree_cv_share,
      "exit with 1 if the mean accuracy is below X" },
    { .name = NULL }
};

static const facetree_option_group_t  facetree_cv_groups[] = {
    { "Data", facetree_data_options, offsetof(facetree_cv_t, data) },
    { "Pictures", facetree_image_options, offsetof(facetree_cv_t, settings) },
    { "Splits", facetree_cv_options, 0 },
    { "Trees (as in scikit-learn; 1 is a count, 1.0 a fraction)",
      facetree_tree_options, offsetof(facetree_cv_t, settings) },
    { "Forests", facetree_forest_options, offsetof(facetree_cv_t, settings) },
    { "Copies", facetree_augment_options, offsetof(facetree_cv_t, settings) },
    { "Work", facetree_effort_options, offsetof(facetree_cv_t, settings) },
    { .title = NULL }
};

const facetree_verb_t  facetree_verb_cv = {
    .name = "cv",
    .summary = "cross-validate: mean and spread of accuracy over splits",
    .details =
        "Trains with the same settings on several splits of the data and\n"
        "measures each on what it held out.  Nothing is written.\n",
    .examples =
        "  facetree cv --data data/olivettifaces.mat --max-depth 25\n"
        "  facetree cv --data faces/ --folds 3 --shuffle --seed 7 --json\n"
        "  facetree cv --data faces/ --repeats 30 --estimator extra-trees \\\n"
        "      --n-estimators 500 --min-accuracy 0.9\n",
    .groups = facetree_cv_groups,
    .run = facetree_cv_run
};


static void
facetree_cv_print(const facetree_cv_t *cv, const facetree_dataset_t *dataset,
    const facetree_crossval_t *result)
{
    uint32_t                i;
    const facetree_fold_t  *fold;

    printf("data      %s: %lu pictures of %lu people%s\n", dataset->name,
           (unsigned long) dataset->count, (unsigned long) dataset->classes,
           dataset->synthetic ? ", synthetic (drawn, no real person)" : "");
    printf("training  %s\n", cv->settings.estimator);

    for (i = 0; i < result->count; i++) {
        fold = &result->folds[i];

        printf("%s %-4lu %.4f (%lu of %lu, trained on %lu)\n",
               cv->repeats ? "split" : "fold ", (unsigned long) i,
               fold->accuracy, (unsigned long) fold->correct,
               (unsigned long) fold->test_count,
               (unsigned long) fold->train_count);
    }

    printf("mean      %.4f (95%% interval %.4f to %.4f)\n", result->mean,
           result->low, result->high);
    printf("sd        %.4f\n", result->sd);
}


static json_t *
facetree_cv_json_method(const facetree_cv_t *cv)
{
    const facetree_amount_t  *size;

    if (cv->repeats == 0) {
        return json_pack("{s:s, s:I, s:b, s:o}", "method", "StratifiedKFold",
                         "n_splits", (json_int_t) cv->folds,
                         "shuffle", cv->shuffle,
                         "random_state",
                         cv->shuffle ? json_integer(cv->seed.value)
                                     : json_null());
    }

    size = &cv->settings.split.test_size;

    return json_pack("{s:s, s:I, s:o, s:b, s:I}",
                     "method", "train_test_split",
                     "n_splits", (json_int_t) cv->repeats,
                     "test_size", size->kind == FACETREE_AMOUNT_COUNT
                                  ? json_integer(size->count)
                                  : json_real(size->fraction),
                     "stratify", cv->settings.split.stratify,
                     "first_random_state", (json_int_t) cv->seed.value);
}


static facetree_status_e
facetree_cv_print_json(const facetree_cv_t *cv,
    const facetree_dataset_t *dataset, const facetree_crossval_t *result,
    double seconds, facetree_error_t *err)
{
    json_t                 *document, *folds;
    uint32_t                i;
    facetree_status_e       status;
    const facetree_fold_t  *fold;

    folds = json_array();

    for (i = 0; i < result->count; i++) {
        fold = &result->folds[i];

        json_array_append_new(folds,
            json_pack("{s:I, s:I, s:I, s:f}",
                      "train_count", (json_int_t) fold->train_count,
                      "test_count", (json_int_t) fold->test_count,
                      "correct", (json_int_t) fold->correct,
                      "accuracy", fold->accuracy));
    }

    document = json_pack("{s:{s:s, s:s, s:b}, s:s, s:o, s:o, s:f, s:f, s:f,"
                         " s:f, s:f, s:f}",
                         "dataset",
                         "name", dataset->name,
                         "sha256", dataset->digest,
                         "synthetic", dataset->synthetic,
                         "estimator", cv->settings.estimator,
                         "splits", facetree_cv_json_method(cv),
                         "folds", folds,
                         "mean", result->mean,
                         "sd", result->sd,
                         "mean_low", result->low,
                         "mean_high", result->high,
                         "confidence_level", 0.95,
                         "seconds", seconds);

    if (document == NULL) {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    status = facetree_document_print(document, err);
    json_decref(document);

    return status;
}


/* Sorts out which of the two ways is meant. */

static int
facetree_cv_check(facetree_arguments_t *args, facetree_cv_t *cv)
{
    const char        *wrong;
    facetree_error_t   err;

    wrong = NULL;

    if (cv->repeats > 0) {
        wrong = cv->folds > 0 ? "--folds" : cv->shuffle ? "--shuffle" : NULL;

    } else if (cv->test_size.kind != FACETREE_AMOUNT_NONE) {
        wrong = "--test-size";

    } else if (!cv->settings.split.stratify) {
        wrong = "--no-stratify";
    }

    if (wrong) {
        return facetree_console_fail(&args->console, FACETREE_EXIT_USAGE,
                                     "%s: does not go %s --repeats", wrong,
                                     cv->repeats ? "with" : "without");
    }

    if (cv->seed.given && !cv->shuffle && cv->repeats == 0) {
        return facetree_console_fail(&args->console, FACETREE_EXIT_USAGE,
                                     "--seed: folds are random only with "
                                     "--shuffle");
    }

    if (cv->repeats == 0 && cv->folds == 0) {
        cv->folds = FACETREE_CV_FOLDS;
    }

    if (cv->test_size.kind != FACETREE_AMOUNT_NONE) {
        cv->settings.split.test_size = cv->test_size;
    }

    if (facetree_settings_apply(&cv->settings, &err) != FACETREE_OK) {
        return facetree_console_fail(&args->console, FACETREE_EXIT_USAGE,
                                     "%s", err.text);
    }

    return FACETREE_EXIT_OK;
}


static int
facetree_cv_report(facetree_arguments_t *args, const facetree_cv_t *cv,
    const facetree_dataset_t *dataset, const facetree_crossval_t *result,
    double seconds)
{
    facetree_error_t  err;

    facetree_console_clear(&args->console);

    if (!args->json) {
        if (!args->console.quiet) {
            facetree_cv_print(cv, dataset, result);
        }

    } else if (facetree_cv_print_json(cv, dataset, result, seconds, &err)
               != FACETREE_OK)
    {
        return facetree_console_fail(&args->console, FACETREE_EXIT_FAILED,
                                     "%s", err.text);
    }

    if (result->mean >= cv->min_accuracy) {
        return FACETREE_EXIT_OK;
    }

    return facetree_console_fail(&args->console, FACETREE_EXIT_FAILED,
                                 "mean accuracy %.4f is below --min-accuracy "
                                 "%g", result->mean, cv->min_accuracy);
}


static int
facetree_cv_data(facetree_arguments_t *args, facetree_cv_t *cv,
    const facetree_dataset_t *dataset)
{
    int                  code;
    double               start;
    facetree_error_t     err;
    facetree_status_e    status;
    facetree_progress_t  progress;
    facetree_crossval_t  result;

    facetree_progress_start(&progress, &args->console,
                            facetree_settings_is_forest(&cv->settings)
                            ? "trees" : "splits");

    cv->settings.effort.progress = facetree_progress_step;
    cv->settings.effort.ctx = &progress;

    start = facetree_progress_clock();

    status = cv->repeats
             ? facetree_crossval_repeats(&result, dataset, cv->repeats,
                                         cv->seed.value, &cv->settings, &err)
             : facetree_crossval_folds(&result, dataset, NULL, dataset->count,
                                       cv->folds, cv->shuffle,
                                       cv->seed.value, &cv->settings, &err);

    if (status != FACETREE_OK) {
        code = status == FACETREE_EINVAL ? FACETREE_EXIT_DATA
                                         : FACETREE_EXIT_FAILED;
        return facetree_console_fail(&args->console, code, "%s", err.text);
    }

    code = facetree_cv_report(args, cv, dataset, &result,
                              facetree_progress_clock() - start);
    facetree_crossval_clear(&result);

    return code;
}


static int
facetree_cv_run(const facetree_verb_t *verb, int argc, char **argv)
{
    int                   code;
    facetree_cv_t         cv;
    facetree_dataset_t    dataset;
    facetree_arguments_t  args;

    memset(&cv, 0, sizeof(cv));
    facetree_settings_init(&cv.settings);

    code = facetree_arguments_read(verb, &args, &cv, argc, argv);

    if (code != FACETREE_ARGUMENTS_GO) {
        return code;
    }

    code = facetree_cv_check(&args, &cv);

    if (code != FACETREE_EXIT_OK) {
        return code;
    }

    code = facetree_arguments_load_training(&args, &cv.data,
                                            cv.settings.size, &dataset);

    if (code == FACETREE_EXIT_OK) {
        code = facetree_cv_data(&args, &cv, &dataset);
        facetree_dataset_clear(&dataset);
    }

    return facetree_console_finish(&args.console, code);
}
