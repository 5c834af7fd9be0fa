
/*
 * Copyright (C) facetree contributors
 *
 * Minimal cost-complexity pruning, as in scikit-learn 1.2's
 * sklearn/tree/_tree.pyx.
 */


#ifndef FACETREE_PRUNE_H
#define FACETREE_PRUNE_H


#include "tree.h"


#pragma GCC visibility push(hidden)


/* cost_complexity_pruning_path() */

typedef struct {
    uint32_t   count;
    double    *alphas;             /* rising, from 0.0 */
    double    *impurities;         /* of all leaves then */
} facetree_prune_path_t;


/*
 * Replaces a tree by the part that is left of it at "alpha".  A failure,
 * FACETREE_ENOMEM, leaves it as it was.
 */
facetree_status_e facetree_prune(facetree_tree_t *tree, uint32_t classes,
    double alpha, facetree_error_t *err);

/* All steps down to the root alone; the tree stays as it is. */
facetree_status_e facetree_prune_path(facetree_prune_path_t *path,
    const facetree_tree_t *tree, facetree_error_t *err);

void facetree_prune_path_clear(facetree_prune_path_t *path);


#pragma GCC visibility pop


#endif /* FACETREE_PRUNE_H */
