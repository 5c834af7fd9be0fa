
/*
 * Copyright (C) facetree contributors
 */


#include "fixture_forest.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>


#define TEST_WIDTH    6
#define TEST_HEIGHT   5
#define TEST_CLASSES  7
#define TEST_NODES    41


static const char *const  test_labels[TEST_CLASSES] = {
    "ada", "bob", "c d", "\xc3\x89mile", "s<4>", "x", "zo\xc3\xab"
};


uint32_t
facetree_test_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;

    return *state;
}


static void *
test_array(size_t count, size_t size)
{
    void  *array;

    array = calloc(count, size);
    cr_assert_not_null(array);

    return array;
}


static void
test_tree_allocate(facetree_tree_t *tree)
{
    tree->nodes = TEST_NODES;
    tree->feature = test_array(TEST_NODES, sizeof(int32_t));
    tree->threshold = test_array(TEST_NODES, sizeof(double));
    tree->left = test_array(TEST_NODES, sizeof(int32_t));
    tree->right = test_array(TEST_NODES, sizeof(int32_t));
    tree->impurity = test_array(TEST_NODES, sizeof(double));
    tree->samples = test_array(TEST_NODES, sizeof(uint32_t));
    tree->weight = test_array(TEST_NODES, sizeof(double));
    tree->value_start = test_array(TEST_NODES + 1, sizeof(uint32_t));
    tree->value_class = test_array(TEST_NODES * TEST_CLASSES,
                                   sizeof(uint32_t));
    tree->value = test_array(TEST_NODES * TEST_CLASSES, sizeof(double));
}


/* One to three classes with small counts, or a fraction. */

static void
test_tree_values(facetree_tree_t *tree, uint32_t node, uint32_t *state)
{
    uint32_t  class, n;

    n = tree->value_start[node];

    for (class = facetree_test_random(state) % 3; class < TEST_CLASSES;
         class += 1 + facetree_test_random(state) % 4)
    {
        tree->value_class[n] = class;
        tree->value[n] = 1 + facetree_test_random(state) % 5;
        tree->value[n] += (class == 5) ? 0.3 : 0.0;
        tree->weight[node] += tree->value[n];
        n++;
    }

    tree->samples[node] = n;
    tree->impurity[node] = 0.5;
    tree->value_start[node + 1] = n;
}


/*
 * Splits a random leaf again and again; children get the next free numbers,
 * which is scikit-learn's best-first numbering.
 */

static void
test_tree(facetree_tree_t *tree, uint32_t *state)
{
    int32_t   last;
    uint32_t  i, leaf;

    test_tree_allocate(tree);

    for (i = 0; i < TEST_NODES; i++) {
        tree->feature[i] = -2;
        tree->threshold[i] = -2.0;
        tree->left[i] = -1;
        tree->right[i] = -1;
        test_tree_values(tree, i, state);
    }

    for (last = 0; last + 2 < TEST_NODES; last += 2) {

        do {
            leaf = facetree_test_random(state) % ((uint32_t) last + 1);
        } while (tree->left[leaf] >= 0);

        tree->feature[leaf] = (int32_t) (facetree_test_random(state)
                                         % (TEST_WIDTH * TEST_HEIGHT));
        tree->threshold[leaf] = (facetree_test_random(state) % 509) / 2.0;
        tree->left[leaf] = last + 1;
        tree->right[leaf] = last + 2;
    }

    tree->leaves = (TEST_NODES + 1) / 2;
}


void
facetree_test_forest(facetree_forest_t *forest, uint32_t seed, uint32_t count)
{
    uint32_t  i, state;

    memset(forest, 0, sizeof(*forest));
    state = seed * 2654435761u + 1;

    forest->algorithm = (count == 1) ? FACETREE_DECISION_TREE
                                     : FACETREE_RANDOM_FOREST;
    forest->width = TEST_WIDTH;
    forest->height = TEST_HEIGHT;
    forest->classes = TEST_CLASSES;
    forest->labels = test_labels;
    forest->scale = 1.0;
    forest->count = count;
    forest->trees = test_array(count, sizeof(facetree_tree_t));

    for (i = 0; i < count; i++) {
        test_tree(&forest->trees[i], &state);
    }
}


void
facetree_test_forest_clear(facetree_forest_t *forest)
{
    uint32_t          i;
    facetree_tree_t  *tree;

    for (i = 0; i < forest->count; i++) {
        tree = &forest->trees[i];

        free(tree->feature);
        free(tree->threshold);
        free(tree->left);
        free(tree->right);
        free(tree->impurity);
        free(tree->samples);
        free(tree->weight);
        free(tree->value_start);
        free(tree->value_class);
        free(tree->value);
    }

    free(forest->trees);
}
