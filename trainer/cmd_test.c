
/*
 * Copyright (C) facetree contributors
 *
 * facetree test: how good a model is on the pictures it was not trained on.
 */


#include "arguments.h"
#include "augment.h"
#include "evaluate.h"
#include "facetree_int.h"
#include "metadata.h"
#include "score.h"

#include <stdlib.h>
#include <string.h>


typedef struct {
    facetree_data_arguments_t   data;
    const char                 *model;
    int                         other_data;
    facetree_warp_t             warp;
    double                      min_accuracy;
} facetree_test_t;


static int facetree_test_run(const facetree_verb_t *verb, int argc,
    char **argv);


static const facetree_real_rule_t  facetree_test_accuracy = { 0.0, 1.0 };

static const facetree_real_rule_t  facetree_test_shift = { -256.0, 256.0 };
static const facetree_real_rule_t  facetree_test_degrees = { -45.0, 45.0 };
static const facetree_real_rule_t  facetree_test_scale = { 0.25, 4.0 };
static const facetree_real_rule_t  facetree_test_gain = { 0.0, 10.0 };

static const facetree_option_t  facetree_test_options[] = {
    { "min-accuracy", "X", facetree_option_real,
      offsetof(facetree_test_t, min_accuracy), &facetree_test_accuracy,
      "exit with 1 if the accuracy is below X" },
    { "other-data", NULL, facetree_option_flag,
      offsetof(facetree_test_t, other_data), NULL,
      "the data are not those of the training: test on all of them" },
    { .name = NULL }
};

static const facetree_option_t  facetree_test_warp_options[] = {
    { "shift-right", "PIXELS", facetree_option_real,
      offsetof(facetree_warp_t, right), &facetree_test_shift,
      "move them right, or left if below 0" },
    { "shift-down", "PIXELS", facetree_option_real,
      offsetof(facetree_warp_t, down), &facetree_test_shift,
      "move them down, or up if below 0" },
    { "rotate", "DEGREES", facetree_option_real,
      offsetof(facetree_warp_t, degrees), &facetree_test_degrees,
      "turn them clockwise, or the other way if below 0" },
    { "zoom", "F", facetree_option_real, offsetof(facetree_warp_t, scale),
      &facetree_test_scale, "enlarge them, or shrink them if below 1" },
    { "gain", "F", facetree_option_real, offsetof(facetree_warp_t, gain),
      &facetree_test_gain, "lighten them, or darken them if below 1" },
    { .name = NULL }
};

static const facetree_option_group_t  facetree_test_groups[] = {
    { "Model", facetree_model_options, offsetof(facetree_test_t, model) },
    { "Data", facetree_data_options, offsetof(facetree_test_t, data) },
    { "Test", facetree_test_options, 0 },
    { "Changed pictures, to see how well the model bears it",
      facetree_test_warp_options, offsetof(facetree_test_t, warp) },
    { .title = NULL }
};

const facetree_verb_t  facetree_verb_test = {
    .name = "test",
    .summary = "measure a model on the held-out pictures of its data set",
    .details =
        "Reads the data set again, makes sure that it is the one the model\n"
        "was trained on, repeats the recorded split and classifies the part\n"
        "that was held out.\n",
    .examples =
        "  facetree test --data data/olivettifaces.mat\n"
        "  facetree test --model artifacts/model.ftm --data faces/ \\\n"
        "      --min-accuracy 0.9 --quiet\n"
        "  facetree test --data new-photos/ --other-data --json\n"
        "  facetree test --data faces/ --rotate 5 --gain 0.8\n",
    .groups = facetree_test_groups,
    .run = facetree_test_run
};


/*
 * The data set's class numbers as the model's; they go by the labels, since
 * another data set may have fewer of them.
 */

static facetree_status_e
facetree_test_classes(const facetree_model_t *model,
    const facetree_dataset_t *dataset, uint32_t **out, facetree_error_t *err)
{
    uint32_t  i, k, tried, classes, *class_of;

    classes = facetree_model_classes(model);
    class_of = calloc(dataset->classes, sizeof(uint32_t));

    if (class_of == NULL) {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    /* Each search goes on where the last ended: usually one step. */

    for (i = 0, k = 0; i < dataset->classes; i++) {
        for (tried = 0; tried < classes; tried++) {
            if (strcmp(facetree_model_label(model, k), dataset->names[i])
                == 0)
            {
                break;
            }

            k = (k + 1) % classes;
        }

        if (tried == classes) {
            free(class_of);
            return facetree_fail(err, FACETREE_EFORMAT, FACETREE_NO_OFFSET,
                                 "label %.80s is not known to the model",
                                 dataset->names[i]);
        }

        class_of[i] = k;
    }

    *out = class_of;

    return FACETREE_OK;
}


/* Evaluates the held-out part, or everything when the data are others. */

static facetree_status_e
facetree_test_evaluate(const facetree_score_t *score,
    const facetree_recorded_t *recorded, facetree_evaluation_t *evaluation,
    facetree_error_t *err)
{
    uint32_t                   *class_of;
    facetree_split_t            split;
    facetree_status_e           status;
    const facetree_dataset_t   *dataset;

    class_of = NULL;
    dataset = score->dataset;
    memset(&split, 0, sizeof(split));

    status = facetree_test_classes(score->model, dataset, &class_of, err);

    if (status != FACETREE_OK) {
        return status;
    }

    if (score->held_out) {
        status = facetree_split(&split, dataset->labels, dataset->count,
                                dataset->classes, &recorded->settings.split,
                                err);
    }

    if (status == FACETREE_OK) {
        status = facetree_evaluate(evaluation, score->model, dataset,
                                   score->held_out ? split.test : NULL,
                                   score->held_out ? split.test_count
                                                   : dataset->count,
                                   class_of, err);
    }

    facetree_split_clear(&split);
    free(class_of);

    return status;
}


static int
facetree_test_gate(facetree_arguments_t *args, const facetree_test_t *test,
    const facetree_evaluation_t *evaluation)
{
    if (evaluation->accuracy >= test->min_accuracy) {
        return FACETREE_EXIT_OK;
    }

    return facetree_console_fail(&args->console, FACETREE_EXIT_FAILED,
                                 "accuracy %.4f is below --min-accuracy %g",
                                 evaluation->accuracy, test->min_accuracy);
}


static int
facetree_test_report(facetree_arguments_t *args, const facetree_test_t *test,
    const facetree_score_t *subject, const facetree_recorded_t *recorded)
{
    int                     code;
    facetree_error_t        err;
    facetree_score_t        score;
    facetree_status_e       status;
    facetree_evaluation_t   evaluation;

    status = facetree_test_evaluate(subject, recorded, &evaluation, &err);

    if (status != FACETREE_OK) {
        code = facetree_console_input_code(status);
        return facetree_console_fail(&args->console, code, "%s: %s",
                                     test->data.path, err.text);
    }

    score = *subject;
    score.evaluation = &evaluation;

    if (args->json) {
        status = facetree_score_print_json(&score, &err);

    } else if (!args->console.quiet) {
        facetree_score_print(&score);
    }

    code = status == FACETREE_OK
           ? facetree_test_gate(args, test, &evaluation)
           : facetree_console_fail(&args->console, FACETREE_EXIT_FAILED,
                                   "%s", err.text);

    facetree_evaluation_clear(&evaluation);

    return code;
}


/* Changes all pictures as the options say; their digest was taken before. */

static int
facetree_test_warp(facetree_arguments_t *args, const facetree_test_t *test,
    facetree_dataset_t *dataset)
{
    size_t            len;
    uint8_t          *changed;
    uint32_t          i;
    facetree_warp_t   none;

    facetree_warp_init(&none);

    if (test->warp.right == none.right && test->warp.down == none.down
        && test->warp.degrees == none.degrees
        && test->warp.scale == none.scale && test->warp.gain == none.gain)
    {
        return FACETREE_EXIT_OK;
    }

    len = (size_t) dataset->width * dataset->height;
    changed = malloc(len);

    if (changed == NULL) {
        return facetree_console_fail(&args->console, FACETREE_EXIT_FAILED,
                                     "out of memory");
    }

    for (i = 0; i < dataset->count; i++) {
        facetree_warp(&test->warp, dataset->pixels + i * len, changed,
                      dataset->width, dataset->height);
        memcpy(dataset->pixels + i * len, changed, len);
    }

    free(changed);

    return FACETREE_EXIT_OK;
}


/* Whether the data may be used with the model, and as what. */

static int
facetree_test_match(facetree_arguments_t *args, const facetree_test_t *test,
    const facetree_recorded_t *recorded, facetree_score_t *score)
{
    score->held_out = strcmp(recorded->digest, score->dataset->digest) == 0;

    if (recorded->imported && !test->other_data) {
        return facetree_console_fail(&args->console, FACETREE_EXIT_DATA,
                                     "%s: trained elsewhere, on data that it "
                                     "does not name: --other-data tests on "
                                     "all of %s", test->model,
                                     test->data.path);
    }

    if (score->held_out) {
        return FACETREE_EXIT_OK;
    }

    if (test->other_data) {
        facetree_console_warn(&args->console, "%s: not the data that the "
                              "model was trained on (%s)", test->data.path,
                              recorded->imported ? "it was imported"
                                                 : recorded->data);
        return FACETREE_EXIT_OK;
    }

    return facetree_console_fail(&args->console, FACETREE_EXIT_DATA,
                                 "%s: not the data that the model was trained "
                                 "on (%s; SHA-256 %.12s..., recorded "
                                 "%.12s...): --other-data tests on all of it",
                                 test->data.path, recorded->data,
                                 score->dataset->digest, recorded->digest);
}


static int
facetree_test_model(facetree_arguments_t *args, const facetree_test_t *test,
    const facetree_model_t *model)
{
    int                  code;
    facetree_error_t     err;
    facetree_score_t     score;
    facetree_dataset_t   dataset;
    facetree_recorded_t  recorded;

    if (facetree_metadata_read(&recorded, model, &err) != FACETREE_OK) {
        return facetree_console_fail(&args->console, FACETREE_EXIT_DATA,
                                     "%s: %s", test->model, err.text);
    }

    code = facetree_arguments_load_data(args, &test->data,
                                        recorded.settings.size, &dataset);

    if (code != FACETREE_EXIT_OK) {
        facetree_recorded_clear(&recorded);
        return code;
    }

    memset(&score, 0, sizeof(score));

    score.path = test->model;
    score.model = model;
    score.dataset = &dataset;

    code = facetree_test_match(args, test, &recorded, &score);

    if (code == FACETREE_EXIT_OK) {
        code = facetree_test_warp(args, test, &dataset);
    }

    if (code == FACETREE_EXIT_OK) {
        code = facetree_test_report(args, test, &score, &recorded);
    }

    facetree_dataset_clear(&dataset);
    facetree_recorded_clear(&recorded);

    return code;
}


static int
facetree_test_run(const facetree_verb_t *verb, int argc, char **argv)
{
    int                    code;
    facetree_test_t        test;
    facetree_model_t      *model;
    facetree_arguments_t   args;

    memset(&test, 0, sizeof(test));
    test.model = FACETREE_DEFAULT_MODEL;
    facetree_warp_init(&test.warp);

    code = facetree_arguments_read(verb, &args, &test, argc, argv);

    if (code != FACETREE_ARGUMENTS_GO) {
        return code;
    }

    if (test.data.path == NULL) {
        return facetree_arguments_missing(&args, "--data");
    }

    code = facetree_arguments_load_model(&args, test.model, &model);

    if (code == FACETREE_EXIT_OK) {
        code = facetree_test_model(&args, &test, model);
        facetree_model_free(model);
    }

    return facetree_console_finish(&args.console, code);
}
