
/*
 * Copyright (C) facetree contributors
 */


#include "tree.h"

#include "pairwise.h"

#include <stdlib.h>
#include <string.h>


uint32_t
facetree_tree_apply(const facetree_tree_t *tree, const uint8_t *pixels)
{
    uint32_t  node;

    node = 0;

    while (tree->feature[node] != FACETREE_TREE_LEAF) {

        if (pixels[tree->feature[node]] <= tree->threshold[node]) {
            node = (uint32_t) tree->left[node];

        } else {
            node = (uint32_t) tree->right[node];
        }
    }

    return node;
}


void
facetree_tree_probabilities(const facetree_tree_t *tree, uint32_t node,
    uint32_t classes, double *probabilities)
{
    double    sum;
    uint32_t  i;

    memset(probabilities, 0, classes * sizeof(*probabilities));

    for (i = tree->value_start[node]; i < tree->value_start[node + 1]; i++) {
        probabilities[tree->value_class[i]] = tree->value[i];
    }

    sum = facetree_pairwise_sum(probabilities, classes);

    if (sum == 0.0) {
        return;
    }

    for (i = 0; i < classes; i++) {
        probabilities[i] /= sum;
    }
}


uint32_t
facetree_tree_class(const facetree_tree_t *tree, uint32_t node)
{
    double    largest;
    uint32_t  i, class;

    class = 0;
    largest = 0.0;

    for (i = tree->value_start[node]; i < tree->value_start[node + 1]; i++) {

        if (tree->value[i] > largest) {
            largest = tree->value[i];
            class = tree->value_class[i];
        }
    }

    return class;
}


void
facetree_tree_clear(facetree_tree_t *tree)
{
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

    memset(tree, 0, sizeof(*tree));
}


void
facetree_forest_clear(facetree_forest_t *forest)
{
    uint32_t  i;

    for (i = 0; i < forest->count; i++) {
        facetree_tree_clear(&forest->trees[i]);
    }

    free(forest->trees);

    forest->trees = NULL;
    forest->count = 0;
}
