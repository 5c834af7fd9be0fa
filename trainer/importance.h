
/*
 * Copyright (C) facetree contributors
 *
 * feature_importances_ of trees and forests, as in scikit-learn 1.2.
 */


#ifndef FACETREE_IMPORTANCE_H
#define FACETREE_IMPORTANCE_H


#include "tree.h"


#pragma GCC visibility push(hidden)


/* Writes one number a feature, 1.0 in all, or all 0.0 for a lone leaf. */
void facetree_tree_importances(const facetree_tree_t *tree, uint32_t features,
    double *importances);

/*
 * The mean over the trees that have more than one node, in their order.  May
 * fail with FACETREE_ENOMEM.
 */
facetree_status_e facetree_forest_importances(const facetree_forest_t *forest,
    uint32_t features, double *importances, facetree_error_t *err);


#pragma GCC visibility pop


#endif /* FACETREE_IMPORTANCE_H */
