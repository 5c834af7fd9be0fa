
/*
 * Copyright (C) facetree contributors
 */


#include "golden.h"
#include "golden_tree.h"
#include "grow.h"
#include "grow_json.h"
#include "importance.h"
#include "prune.h"
#include "split.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>


/* What becomes of the test pictures. */

static void
test_grow_compare_answers(const golden_case_t *golden,
    const facetree_tree_t *tree)
{
    double          *probabilities;
    json_t          *row;
    uint32_t         i, j, node, class, correct;
    const uint8_t   *pixels;

    correct = 0;
    probabilities = calloc(golden->classes, sizeof(double));
    cr_assert(probabilities != NULL);

    for (i = 0; i < golden->test_count; i++) {
        pixels = golden->pixels
                 + (size_t) golden->test[i] * golden->features;

        node = facetree_tree_apply(tree, pixels);
        class = facetree_tree_class(tree, node);
        facetree_tree_probabilities(tree, node, golden->classes,
                                    probabilities);

        cr_assert_eq(node, json_integer_value(json_array_get(
            json_object_get(golden->json, "apply"), i)));
        cr_assert_eq(class, json_integer_value(json_array_get(
            json_object_get(golden->json, "predict"), i)));

        row = json_array_get(json_object_get(golden->json, "predict_proba"),
                             i);

        for (j = 0; j < golden->classes; j++) {
            cr_assert(probabilities[j]
                      == json_number_value(json_array_get(row, j)));
        }

        correct += class == golden->labels[golden->test[i]];
    }

    cr_assert((double) correct / golden->test_count
              == json_number_value(json_object_get(golden->json,
                                                   "accuracy")));

    free(probabilities);
}


static void
test_grow_compare_importances(const golden_case_t *golden,
    const facetree_tree_t *tree)
{
    double  *importances;

    importances = calloc(golden->features, sizeof(double));
    cr_assert(importances != NULL);

    facetree_tree_importances(tree, golden->features, importances);
    golden_importances(golden, importances);

    free(importances);
}


static void
test_grow_compare_path(const golden_case_t *golden,
    const facetree_grow_params_t *params)
{
    json_t                  *recorded;
    uint32_t                 i;
    facetree_tree_t          tree;
    facetree_error_t         err;
    facetree_prune_path_t    path;
    facetree_grow_params_t   whole;

    recorded = json_object_get(golden->json, "ccp_path");

    if (recorded == NULL) {
        return;
    }

    whole = *params;
    whole.ccp_alpha = 0.0;

    cr_assert_eq(facetree_grow(&tree, &golden->examples, &whole, &err),
                 FACETREE_OK, "%s", err.text);
    cr_assert_eq(facetree_prune_path(&path, &tree, &err), FACETREE_OK);

    cr_assert_eq(path.count, json_array_size(json_object_get(recorded,
                                                             "ccp_alphas")));

    for (i = 0; i < path.count; i++) {
        cr_assert(path.alphas[i] == json_number_value(json_array_get(
            json_object_get(recorded, "ccp_alphas"), i)));
        cr_assert(path.impurities[i] == json_number_value(json_array_get(
            json_object_get(recorded, "impurities"), i)));
    }

    facetree_prune_path_clear(&path);
    facetree_tree_clear(&tree);
}


static void
test_grow_golden(const char *name)
{
    double                  map[64];
    golden_case_t           golden;
    facetree_tree_t         tree;
    facetree_error_t        err;
    facetree_grow_params_t  params;

    golden_load(&golden, name);
    cr_assert(golden.classes <= 64);

    facetree_grow_params_init(&params);
    cr_assert(test_grow_params(&params,
                               json_object_get(golden.json, "params"), map,
                               golden.classes, ""));

    cr_assert_eq(facetree_grow(&tree, &golden.examples, &params, &err),
                 FACETREE_OK, "%s", err.text);

    golden_tree(json_array_get(json_object_get(golden.json, "trees"), 0),
                &tree, golden.classes);
    test_grow_compare_answers(&golden, &tree);
    test_grow_compare_importances(&golden, &tree);
    test_grow_compare_path(&golden, &params);

    facetree_tree_clear(&tree);
    golden_free(&golden);
}


Test(grow, seed_case)
{
    test_grow_golden("s01-oliv-seed");
}


Test(grow, entropy_sqrt)
{
    test_grow_golden("s02-oliv-entropy-sqrt-plain");
}


Test(grow, fractions)
{
    test_grow_golden("s03-oliv-logloss-frac");
}


Test(grow, best_first)
{
    test_grow_golden("s04-oliv-bestfirst-log2");
}


Test(grow, balanced)
{
    test_grow_golden("s05-oliv-balanced-int");
}


Test(grow, weight_map)
{
    test_grow_golden("s06-tiesa-dictweight-mid");
}


Test(grow, pruned)
{
    test_grow_golden("s07-tiesa-ccp");
}


Test(grow, random_best_first)
{
    test_grow_golden("s08-tiesa-random-bestfirst");
}


Test(grow, leaf_fraction_all_features)
{
    test_grow_golden("s12-tiesa-tree-leaf-frac-all");
}


/* Five folds, each a tree of its own: facetree_grow() and the folds. */

Test(grow, cross_validation)
{
    double                   map[64], score;
    json_t                  *cv;
    uint32_t                 i, f, *fold, *rows, correct, tested;
    golden_case_t            golden;
    facetree_tree_t          tree;
    facetree_grow_params_t   params;

    golden_load(&golden, "s13-oliv-cv5");
    cv = json_object_get(golden.json, "cv");

    fold = calloc(golden.count, sizeof(*fold));
    rows = calloc(golden.count, sizeof(*rows));
    cr_assert(fold != NULL && rows != NULL);

    cr_assert_eq(facetree_stratified_folds(fold, golden.labels, golden.count,
                                           golden.classes, 5, 1, 42, NULL),
                 FACETREE_OK);

    for (i = 0; i < golden.count; i++) {
        cr_assert_eq(fold[i], json_integer_value(json_array_get(
            json_object_get(cv, "fold_of_sample"), i)));
    }

    facetree_grow_params_init(&params);
    cr_assert(test_grow_params(&params,
                               json_object_get(golden.json, "params"), map,
                               golden.classes, ""));

    golden.examples.rows = rows;

    for (f = 0; f < 5; f++) {
        golden.examples.count = 0;

        for (i = 0; i < golden.count; i++) {
            if (fold[i] != f) {
                rows[golden.examples.count++] = i;
            }
        }

        cr_assert_eq(facetree_grow(&tree, &golden.examples, &params, NULL),
                     FACETREE_OK);
        cr_assert_eq(tree.nodes, json_integer_value(json_array_get(
            json_array_get(json_object_get(golden.json, "node_counts"), f),
            0)));

        correct = 0;
        tested = 0;

        for (i = 0; i < golden.count; i++) {
            if (fold[i] == f) {
                tested++;
                correct += facetree_tree_class(&tree,
                               facetree_tree_apply(&tree, golden.pixels
                                   + (size_t) i * golden.features))
                           == golden.labels[i];
            }
        }

        score = (double) correct / tested;
        cr_assert(score == json_number_value(json_array_get(
            json_object_get(golden.json, "scores"), f)));

        facetree_tree_clear(&tree);
    }

    free(fold);
    free(rows);
    golden_free(&golden);
}


/* Four pictures of two pixels, two classes, the first pixel constant. */

static const uint8_t   test_grow_pixels[] = { 9, 1, 9, 5, 9, 6, 9, 200 };
static const uint32_t  test_grow_labels[] = { 0, 0, 1, 1 };
static const uint32_t  test_grow_rows[] = { 0, 1, 2, 3 };


static facetree_examples_t
test_grow_examples(void)
{
    facetree_examples_t  examples;

    examples.pixels = test_grow_pixels;
    examples.labels = test_grow_labels;
    examples.rows = test_grow_rows;
    examples.count = 4;
    examples.features = 2;
    examples.classes = 2;
    examples.spend = 0;

    return examples;
}


Test(grow, by_hand)
{
    facetree_tree_t         tree;
    facetree_examples_t     examples;
    facetree_grow_params_t  params;

    examples = test_grow_examples();
    facetree_grow_params_init(&params);

    cr_assert_eq(facetree_grow(&tree, &examples, &params, NULL), FACETREE_OK);

    cr_assert_eq(tree.nodes, 3);
    cr_assert_eq(tree.leaves, 2);
    cr_assert_eq(tree.max_depth, 1);
    cr_assert_eq(tree.feature[0], 1);
    cr_assert(tree.threshold[0] == 5.5);
    cr_assert(tree.impurity[0] == 0.5);
    cr_assert_eq(tree.value_start[0], 0);
    cr_assert_eq(tree.value_start[1], 2);
    cr_assert_eq(tree.value_start[2], 3);
    cr_assert_eq(tree.value_start[3], 4);
    cr_assert_eq(facetree_tree_apply(&tree, test_grow_pixels + 4), 2);

    facetree_tree_clear(&tree);
}


/* Nothing but constant pixels, one picture, one class: a lone leaf. */

Test(grow, lone_leaf)
{
    double                  probabilities[2];
    facetree_tree_t         tree;
    facetree_examples_t     examples;
    facetree_grow_params_t  params;

    static const uint8_t  constant[4] = { 7, 7, 7, 7 };

    examples = test_grow_examples();
    facetree_grow_params_init(&params);

    examples.count = 2;

    cr_assert_eq(facetree_grow(&tree, &examples, &params, NULL), FACETREE_OK);
    cr_assert_eq(tree.nodes, 1);
    cr_assert_eq(tree.feature[0], FACETREE_TREE_LEAF);

    facetree_tree_probabilities(&tree, 0, 2, probabilities);
    cr_assert(probabilities[0] == 1.0 && probabilities[1] == 0.0);
    facetree_tree_clear(&tree);

    examples.count = 4;
    examples.features = 1;

    examples.pixels = constant;

    cr_assert_eq(facetree_grow(&tree, &examples, &params, NULL), FACETREE_OK);
    cr_assert_eq(tree.nodes, 1);
    cr_assert(tree.impurity[0] == 0.5);
    facetree_tree_clear(&tree);
}


static void
test_grow_refused(const facetree_examples_t *examples,
    const facetree_grow_params_t *params, const char *text)
{
    facetree_tree_t   tree;
    facetree_error_t  err;

    cr_assert_eq(facetree_grow(&tree, examples, params, &err),
                 FACETREE_EINVAL);
    cr_assert(strstr(err.text, text), "%s", err.text);
}


Test(grow, refused_amounts)
{
    uint32_t                i;
    facetree_examples_t     examples;
    facetree_grow_params_t  params;

    static const facetree_amount_t  leaf[] = {
        { FACETREE_AMOUNT_COUNT, 0, 0.0 },
        { FACETREE_AMOUNT_FRACTION, 0, 0.0 },
        { FACETREE_AMOUNT_FRACTION, 0, 1.0 },
        { FACETREE_AMOUNT_SQRT, 0, 0.0 }
    };

    static const facetree_amount_t  split[] = {
        { FACETREE_AMOUNT_COUNT, 1, 0.0 },
        { FACETREE_AMOUNT_FRACTION, 0, 0.0 },
        { FACETREE_AMOUNT_FRACTION, 0, 1.5 }
    };

    static const facetree_amount_t  features[] = {
        { FACETREE_AMOUNT_COUNT, 0, 0.0 },
        { FACETREE_AMOUNT_FRACTION, 0, 0.0 },
        { FACETREE_AMOUNT_FRACTION, 0, 1.01 }
    };

    examples = test_grow_examples();

    for (i = 0; i < sizeof(leaf) / sizeof(leaf[0]); i++) {
        facetree_grow_params_init(&params);
        params.min_samples_leaf = leaf[i];
        test_grow_refused(&examples, &params, "min_samples_leaf");
    }

    for (i = 0; i < sizeof(split) / sizeof(split[0]); i++) {
        facetree_grow_params_init(&params);
        params.min_samples_split = split[i];
        test_grow_refused(&examples, &params, "min_samples_split");
    }

    for (i = 0; i < sizeof(features) / sizeof(features[0]); i++) {
        facetree_grow_params_init(&params);
        params.max_features = features[i];
        test_grow_refused(&examples, &params, "max_features");
    }
}


Test(grow, refused_numbers)
{
    facetree_examples_t     examples;
    facetree_grow_params_t  params;

    examples = test_grow_examples();

    facetree_grow_params_init(&params);
    params.max_leaf_nodes = 1;
    test_grow_refused(&examples, &params, "max_leaf_nodes");

    facetree_grow_params_init(&params);
    params.min_weight_fraction_leaf = 0.6;
    test_grow_refused(&examples, &params, "min_weight_fraction_leaf");

    facetree_grow_params_init(&params);
    params.min_impurity_decrease = NAN;
    test_grow_refused(&examples, &params, "min_impurity_decrease");

    facetree_grow_params_init(&params);
    params.ccp_alpha = -1.0;
    test_grow_refused(&examples, &params, "ccp_alpha");
}


Test(grow, refused_weights)
{
    facetree_examples_t     examples;
    facetree_grow_params_t  params;

    static const double  weightless[] = { 0.0, 0.0 };
    static const double  negative[] = { 1.0, -0.5 };

    examples = test_grow_examples();
    facetree_grow_params_init(&params);

    params.class_weight = FACETREE_WEIGHT_MAP;
    params.class_weight_map = weightless;
    test_grow_refused(&examples, &params, "weighs more than 0.0");

    params.class_weight_map = negative;
    test_grow_refused(&examples, &params, "class 1 is -0.5");

    params.class_weight = FACETREE_WEIGHT_BALANCED_SUBSAMPLE;
    test_grow_refused(&examples, &params, "balanced_subsample");
}


Test(grow, refused_examples)
{
    facetree_examples_t     examples;
    facetree_grow_params_t  params;

    examples = test_grow_examples();
    facetree_grow_params_init(&params);

    examples.count = 0;
    test_grow_refused(&examples, &params, "0 pictures");

    examples.count = 4;
    examples.classes = 1;
    examples.spend = 0;
    test_grow_refused(&examples, &params, "class 1");
}
