
/*
 * Copyright (C) facetree contributors
 */


#include "golden.h"
#include "grow.h"
#include "grow_json.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>


/* Every item of every array, integers and doubles alike, must be the same. */

static void
test_grow_same(const json_t *recorded, const json_t *made, const char *what)
{
    size_t  i;

    if (json_is_array(recorded)) {
        cr_assert(json_is_array(made));
        cr_assert_eq(json_array_size(recorded), json_array_size(made), "%s",
                     what);

        for (i = 0; i < json_array_size(recorded); i++) {
            test_grow_same(json_array_get(recorded, i),
                           json_array_get(made, i), what);
        }

        return;
    }

    cr_assert(json_is_number(recorded) && json_is_number(made), "%s", what);
    cr_assert(json_number_value(recorded) == json_number_value(made),
              "%s: %.17g, recorded %.17g", what, json_number_value(made),
              json_number_value(recorded));
}


static void
test_grow_compare_tree(const json_t *recorded, const facetree_tree_t *tree,
    uint32_t classes)
{
    json_t      *made, *value;
    uint32_t     compared;
    const char  *name;

    compared = 0;
    made = test_grow_tree_json(tree, classes);

    json_object_foreach((json_t *) recorded, name, value) {
        test_grow_same(value, json_object_get(made, name), name);
        compared++;
    }

    cr_assert_eq(compared, 12);

    json_decref(made);
}


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

    test_grow_compare_tree(json_array_get(
                               json_object_get(golden.json, "trees"), 0),
                           &tree, golden.classes);
    test_grow_compare_answers(&golden, &tree);

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


Test(grow, leaf_fraction_all_features)
{
    test_grow_golden("s12-tiesa-tree-leaf-frac-all");
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

    static const uint8_t  constant[4] = { 7, 7, 7, 7 };

    examples.pixels = constant;

    cr_assert_eq(facetree_grow(&tree, &examples, &params, NULL), FACETREE_OK);
    cr_assert_eq(tree.nodes, 1);
    cr_assert(tree.impurity[0] == 0.5);
    facetree_tree_clear(&tree);
}


Test(grow, refusals)
{
    uint32_t                i;
    facetree_tree_t         tree;
    facetree_error_t        err;
    facetree_amount_t       good;
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

        cr_assert_eq(facetree_grow(&tree, &examples, &params, &err),
                     FACETREE_EINVAL);
        cr_assert(strstr(err.text, "min_samples_leaf"), "%s", err.text);
    }

    for (i = 0; i < sizeof(split) / sizeof(split[0]); i++) {
        facetree_grow_params_init(&params);
        params.min_samples_split = split[i];

        cr_assert_eq(facetree_grow(&tree, &examples, &params, &err),
                     FACETREE_EINVAL);
        cr_assert(strstr(err.text, "min_samples_split"), "%s", err.text);
    }

    facetree_grow_params_init(&params);
    good = params.max_features;

    for (i = 0; i < sizeof(features) / sizeof(features[0]); i++) {
        params.max_features = features[i];

        cr_assert_eq(facetree_grow(&tree, &examples, &params, &err),
                     FACETREE_EINVAL);
        cr_assert(strstr(err.text, "max_features"), "%s", err.text);
    }

    params.max_features = good;
    examples.count = 0;

    cr_assert_eq(facetree_grow(&tree, &examples, &params, &err),
                 FACETREE_EINVAL);

    examples.count = 4;
    examples.classes = 1;

    cr_assert_eq(facetree_grow(&tree, &examples, &params, &err),
                 FACETREE_EINVAL);
    cr_assert(strstr(err.text, "class 1"), "%s", err.text);
}
