
/*
 * Copyright (C) facetree contributors
 */


#include "importance.h"

#include "facetree_int.h"
#include "pairwise.h"

#include <stdlib.h>
#include <string.h>


static double
facetree_importance_risk(const facetree_tree_t *tree, uint32_t node)
{
    return tree->weight[node] * tree->impurity[node];
}


void
facetree_tree_importances(const facetree_tree_t *tree, uint32_t features,
    double *importances)
{
    double    sum;
    uint32_t  i;

    memset(importances, 0, features * sizeof(*importances));

    for (i = 0; i < tree->nodes; i++) {

        if (tree->feature[i] == FACETREE_TREE_LEAF) {
            continue;
        }

        importances[tree->feature[i]] +=
            facetree_importance_risk(tree, i)
            - facetree_importance_risk(tree, (uint32_t) tree->left[i])
            - facetree_importance_risk(tree, (uint32_t) tree->right[i]);
    }

    for (i = 0; i < features; i++) {
        importances[i] /= tree->weight[0];
    }

    sum = facetree_pairwise_sum(importances, features);

    if (sum > 0.0) {
        for (i = 0; i < features; i++) {
            importances[i] /= sum;
        }
    }
}


facetree_status_e
facetree_forest_importances(const facetree_forest_t *forest,
    uint32_t features, double *importances, facetree_error_t *err)
{
    double    *own, sum;
    uint32_t   i, j, trees;

    own = calloc(features, sizeof(*own));
    if (own == NULL) {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    trees = 0;
    memset(importances, 0, features * sizeof(*importances));

    for (i = 0; i < forest->count; i++) {

        if (forest->trees[i].nodes == 1) {
            continue;
        }

        trees++;
        facetree_tree_importances(&forest->trees[i], features, own);

        for (j = 0; j < features; j++) {
            importances[j] += own[j];
        }
    }

    free(own);

    if (trees == 0) {
        return FACETREE_OK;
    }

    for (j = 0; j < features; j++) {
        importances[j] /= trees;
    }

    sum = facetree_pairwise_sum(importances, features);

    if (sum > 0.0) {
        for (j = 0; j < features; j++) {
            importances[j] /= sum;
        }
    }

    return FACETREE_OK;
}
