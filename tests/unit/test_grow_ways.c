
/*
 * Copyright (C) facetree contributors
 *
 * Weights that are not whole take the way of fractions, which sorts and adds
 * as scikit-learn does; whole ones take that of tally.h, with all that it
 * leaves out because it cannot matter.  Halves are exact, so that halved
 * weights must come to the same tree.
 */


#include "golden.h"
#include "grow.h"

#include <criterion/criterion.h>
#include <stdlib.h>


#define TEST_WAYS_CLASSES   64
#define TEST_WAYS_FEATURES  40
#define TEST_WAYS_MOST      2500


/* Pictures around a middle for each class, and all that describes them. */

typedef struct {
    uint8_t               pixels[TEST_WAYS_MOST * TEST_WAYS_FEATURES];
    uint32_t              labels[TEST_WAYS_MOST];
    uint32_t              rows[TEST_WAYS_MOST];
    facetree_examples_t   examples;
} test_ways_set_t;


static uint32_t
test_ways_draw(uint64_t *state, uint32_t below)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;

    return (uint32_t) (*state >> 33) % below;
}


/*
 * Levels are multiples of "step": a great one makes many equal.  Of the
 * classes some are much rarer than others.  Those that are alike differ by one
 * feature each, of which one end is theirs: they are cut off one by one.
 */

static test_ways_set_t *
test_ways_make(uint64_t seed, uint32_t count, uint32_t classes,
    uint32_t noise, uint32_t step, int alike)
{
    uint8_t           middle[TEST_WAYS_CLASSES][TEST_WAYS_FEATURES];
    uint32_t          i, k, level, class;
    test_ways_set_t  *set;

    set = calloc(1, sizeof(*set));
    cr_assert(set != NULL);

    for (i = 0; i < classes; i++) {
        for (k = 0; k < TEST_WAYS_FEATURES; k++) {
            middle[i][k] = (uint8_t) (alike ? (255 - noise) / 2
                                      : test_ways_draw(&seed, 256 - noise));
        }

        if (alike) {
            k = test_ways_draw(&seed, TEST_WAYS_FEATURES);
            middle[i][k] = (uint8_t) (i % 2 ? 0 : 255 - noise);
        }
    }

    for (i = 0; i < count; i++) {
        class = i < classes ? i
                : test_ways_draw(&seed, 1 + test_ways_draw(&seed, classes));

        for (k = 0; k < TEST_WAYS_FEATURES; k++) {
            level = middle[class][k] + test_ways_draw(&seed, noise + 1);
            set->pixels[i * TEST_WAYS_FEATURES + k]
                = (uint8_t) (level / step * step);
        }

        set->labels[i] = class;
        set->rows[i] = i;
    }

    set->examples.pixels = set->pixels;
    set->examples.labels = set->labels;
    set->examples.rows = set->rows;
    set->examples.count = count;
    set->examples.features = TEST_WAYS_FEATURES;
    set->examples.classes = classes;

    return set;
}


static void
test_ways_compare(const facetree_tree_t *a, const facetree_tree_t *b)
{
    uint32_t  i;

    cr_assert_eq(a->nodes, b->nodes);
    cr_assert(a->nodes > 2);

    for (i = 0; i < a->nodes; i++) {
        cr_assert_eq(a->feature[i], b->feature[i], "node %u", i);
        cr_assert(a->threshold[i] == b->threshold[i], "node %u", i);
        cr_assert(a->impurity[i] == b->impurity[i], "node %u", i);
        cr_assert(a->weight[i] == 2.0 * b->weight[i], "node %u", i);
        cr_assert_eq(a->left[i], b->left[i], "node %u", i);
        cr_assert_eq(a->samples[i], b->samples[i], "node %u", i);
    }
}


/*
 * Weights go by class, from 1 to "most"; with 1, all are the same.  Returns
 * how many nodes were compared.
 */

static uint32_t
test_ways_grow(const facetree_examples_t *examples,
    facetree_grow_params_t *params, uint32_t most)
{
    double           whole[TEST_WAYS_CLASSES], halves[TEST_WAYS_CLASSES];
    uint32_t         i, nodes;
    facetree_tree_t  a, b;

    for (i = 0; i < TEST_WAYS_CLASSES; i++) {
        whole[i] = 1 + 2 * (i % ((most + 1) / 2));
        halves[i] = whole[i] / 2;
    }

    params->class_weight = FACETREE_WEIGHT_MAP;
    params->class_weight_map = whole;
    cr_assert_eq(facetree_grow(&a, examples, params, NULL), FACETREE_OK);

    params->class_weight_map = halves;
    cr_assert_eq(facetree_grow(&b, examples, params, NULL), FACETREE_OK);

    test_ways_compare(&a, &b);
    nodes = a.nodes;

    facetree_tree_clear(&a);
    facetree_tree_clear(&b);

    return nodes;
}


Test(grow_ways, ties)
{
    uint32_t                seed;
    golden_case_t           golden;
    facetree_grow_params_t  params;

    golden_load(&golden, "s12-tiesa-tree-leaf-frac-all");

    for (seed = 0; seed < 24; seed++) {
        facetree_grow_params_init(&params);

        params.random_state = seed;
        params.criterion = seed % 2 ? FACETREE_ENTROPY : FACETREE_GINI;
        params.splitter = seed % 3 ? FACETREE_BEST : FACETREE_RANDOM;
        params.max_leaf_nodes = seed % 5 ? 0 : 30;
        params.min_weight_fraction_leaf = seed % 7 ? 0.0 : 0.01;

        cr_assert(test_ways_grow(&golden.examples, &params, 1) > 20);
    }

    golden_free(&golden);
}


/*
 * Large enough for what is known of a node to rule out features, and ends of
 * features, in the nodes below it (reach.h): some thousand pictures, few or
 * many classes, well apart or hardly, equal levels or not.
 */

Test(grow_ways, bounds)
{
    uint32_t                seed, classes, noise, step, most, nodes;
    test_ways_set_t        *set;
    facetree_grow_params_t  params;

    nodes = 0;

    for (seed = 0; seed < 72; seed++) {
        classes = seed % 3 == 0 ? 2 : seed % 3 == 1 ? 12 : TEST_WAYS_CLASSES;
        noise = seed % 4 < 2 ? 60 : 240;
        step = seed % 4 % 2 ? 16 : 1;
        most = seed % 9 < 6 ? 1 : 5;

        set = test_ways_make(seed, 300 + 61 * (seed % 36), classes, noise, step,
                             seed >= 36);

        facetree_grow_params_init(&params);

        params.random_state = seed;
        params.max_leaf_nodes = seed % 5 ? 0 : 60;
        params.min_samples_leaf.count = seed % 7 ? 1 : 3;
        params.min_weight_fraction_leaf = seed % 11 ? 0.0 : 0.004;

        nodes += test_ways_grow(&set->examples, &params, most);

        free(set);
    }

    cr_assert(nodes > 3000);
}
