
/*
 * Copyright (C) facetree contributors
 */


#include "forest.h"
#include "golden.h"
#include "golden_tree.h"
#include "grow_json.h"
#include "importance.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>


static void
test_forest_params(facetree_forest_params_t *params,
    const golden_case_t *golden, double *map)
{
    json_t      *given, *value;
    const char  *estimator;

    estimator = json_string_value(json_object_get(golden->json, "estimator"));
    given = json_object_get(golden->json, "params");

    if (strcmp(estimator, "RandomForestClassifier") == 0) {
        facetree_forest_params_init(params, FACETREE_RANDOM_FOREST);

    } else {
        cr_assert_str_eq(estimator, "ExtraTreesClassifier");
        facetree_forest_params_init(params, FACETREE_EXTRA_TREES);
    }

    cr_assert(test_grow_params(&params->tree, given, map, golden->classes,
                               "n_estimators oob_score max_samples"));

    params->n_estimators = (uint32_t) json_integer_value(
        json_object_get(given, "n_estimators"));
    params->oob_score = json_is_true(json_object_get(given, "oob_score"));

    value = json_object_get(given, "max_samples");

    if (value) {
        cr_assert(test_grow_amount(&params->max_samples, value));
    }
}


static void
test_forest_compare_answers(const golden_case_t *golden,
    const facetree_forest_t *forest)
{
    double     probabilities[64], scratch[64];
    uint32_t   i, class, correct;

    correct = 0;

    for (i = 0; i < golden->test_count; i++) {
        class = facetree_forest_probabilities(forest, golden->pixels
                    + (size_t) golden->test[i] * golden->features,
                    probabilities, scratch);

        cr_assert_eq(class, json_integer_value(json_array_get(
            json_object_get(golden->json, "predict"), i)));
        golden_row(json_array_get(json_object_get(golden->json,
                                                  "predict_proba"), i),
                   probabilities, golden->classes, "predict_proba");

        correct += class == golden->labels[golden->test[i]];
    }

    cr_assert((double) correct / golden->test_count
              == json_number_value(json_object_get(golden->json,
                                                   "accuracy")));
}


static void
test_forest_compare_oob(const golden_case_t *golden,
    const facetree_oob_t *oob)
{
    uint32_t   i;
    json_t    *rows;

    rows = json_object_get(golden->json, "oob_decision_function");
    cr_assert_eq(json_array_size(rows), golden->train_count);

    cr_assert(oob->score == json_number_value(json_object_get(golden->json,
                                                              "oob_score")));

    for (i = 0; i < golden->train_count; i++) {
        golden_row(json_array_get(rows, i),
                   oob->decision + (size_t) i * golden->classes,
                   golden->classes, "oob_decision_function");
    }
}


static void
test_forest_golden(const char *name, uint32_t jobs)
{
    double                    map[64], *importances;
    json_t                   *trees;
    uint32_t                  i;
    golden_case_t             golden;
    facetree_oob_t            oob;
    facetree_error_t          err;
    facetree_forest_t         forest;
    facetree_forest_params_t  params;

    golden_load(&golden, name);
    cr_assert(golden.classes <= 64);

    test_forest_params(&params, &golden, map);
    params.jobs = jobs;

    memset(&oob, 0, sizeof(oob));
    memset(&forest, 0, sizeof(forest));

    cr_assert_eq(facetree_forest_grow(&forest, &oob, &golden.examples,
                                      &params, &err),
                 FACETREE_OK, "%s", err.text);

    trees = json_object_get(golden.json, "trees");
    cr_assert_eq(json_array_size(trees), forest.count);

    for (i = 0; i < forest.count; i++) {
        golden_tree(json_array_get(trees, i), &forest.trees[i],
                    golden.classes);
    }

    test_forest_compare_answers(&golden, &forest);

    importances = calloc(golden.features, sizeof(double));
    cr_assert_eq(facetree_forest_importances(&forest, golden.features,
                                             importances, NULL), FACETREE_OK);
    golden_importances(&golden, importances);
    free(importances);

    if (params.oob_score) {
        test_forest_compare_oob(&golden, &oob);
    }

    facetree_oob_clear(&oob);
    facetree_forest_clear(&forest);
    golden_free(&golden);
}


Test(forest, out_of_bag)
{
    test_forest_golden("s09-oliv-rf-oob", 1);
}


Test(forest, out_of_bag_threads)
{
    test_forest_golden("s09-oliv-rf-oob", 3);
}


Test(forest, balanced_subsample)
{
    test_forest_golden("s10-tiesa-rf-balsub", 2);
}


Test(forest, extra_trees)
{
    test_forest_golden("s11-oliv-extratrees", 2);
}


static void
test_forest_count(void *data, uint32_t done)
{
    uint32_t  *seen;

    seen = data;
    cr_assert_eq(done, *seen + 1);
    *seen = done;
}


Test(forest, refusals_and_progress)
{
    uint32_t                  seen;
    facetree_oob_t            oob;
    facetree_error_t          err;
    facetree_forest_t         forest;
    facetree_examples_t       examples;
    facetree_forest_params_t  params;

    static const uint8_t   pixels[] = { 9, 1, 9, 5, 9, 6, 9, 200 };
    static const uint32_t  labels[] = { 0, 0, 1, 1 };
    static const uint32_t  rows[] = { 0, 1, 2, 3 };

    examples.pixels = pixels;
    examples.labels = labels;
    examples.rows = rows;
    examples.count = 4;
    examples.features = 2;
    examples.classes = 2;
    examples.spend = 0;

    memset(&forest, 0, sizeof(forest));
    facetree_forest_params_init(&params, FACETREE_EXTRA_TREES);

    params.n_estimators = 0;
    cr_assert_eq(facetree_forest_grow(&forest, NULL, &examples, &params,
                                      &err), FACETREE_EINVAL);
    cr_assert(strstr(err.text, "n_estimators"), "%s", err.text);

    params.n_estimators = 7;
    params.oob_score = 1;
    cr_assert_eq(facetree_forest_grow(&forest, &oob, &examples, &params,
                                      &err), FACETREE_EINVAL);
    cr_assert(strstr(err.text, "oob_score"), "%s", err.text);

    params.oob_score = 0;
    params.max_samples.kind = FACETREE_AMOUNT_COUNT;
    params.max_samples.count = 5;
    cr_assert_eq(facetree_forest_grow(&forest, NULL, &examples, &params,
                                      &err), FACETREE_EINVAL);
    cr_assert(strstr(err.text, "needs bootstrap"), "%s", err.text);

    params.bootstrap = 1;
    cr_assert_eq(facetree_forest_grow(&forest, NULL, &examples, &params,
                                      &err), FACETREE_EINVAL);
    cr_assert(strstr(err.text, "from 1 to 4"), "%s", err.text);

    params.max_samples.kind = FACETREE_AMOUNT_FRACTION;
    params.max_samples.fraction = 0.125;
    cr_assert_eq(facetree_forest_grow(&forest, NULL, &examples, &params,
                                      &err), FACETREE_EINVAL);
    cr_assert(strstr(err.text, "no picture"), "%s", err.text);

    params.max_samples.fraction = 0.5;
    params.tree.max_features.kind = FACETREE_AMOUNT_COUNT;
    cr_assert_eq(facetree_forest_grow(&forest, NULL, &examples, &params,
                                      &err), FACETREE_EINVAL);
    cr_assert(strstr(err.text, "max_features"), "%s", err.text);
    cr_assert(forest.trees == NULL);

    seen = 0;
    params.jobs = 3;
    params.tree.max_features.kind = FACETREE_AMOUNT_SQRT;
    params.progress = test_forest_count;
    params.progress_data = &seen;

    cr_assert_eq(facetree_forest_grow(&forest, NULL, &examples, &params,
                                      &err), FACETREE_OK);
    cr_assert_eq(seen, 7);
    cr_assert_eq(forest.count, 7);
    facetree_forest_clear(&forest);
}
