
/*
 * Copyright (C) facetree contributors
 *
 * Growing one tree of a forest, or the only one.
 */


#ifndef FACETREE_GROW_INT_H
#define FACETREE_GROW_INT_H


#include "columns.h"
#include "grow.h"
#include "params.h"


#pragma GCC visibility push(hidden)


/*
 * Grows and prunes a tree from weighted samples; "weights" is NULL for 1.0
 * each.  params->random_state and params->class_weight are not looked at.
 */
facetree_status_e facetree_grow_weighted(facetree_tree_t *tree,
    const facetree_columns_t *columns, const facetree_grow_params_t *params,
    const facetree_grow_limits_t *limits, const double *weights, uint32_t seed,
    facetree_error_t *err);


#pragma GCC visibility pop


#endif /* FACETREE_GROW_INT_H */
