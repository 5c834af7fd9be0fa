
/*
 * Copyright (C) facetree contributors
 *
 * From parameters as a user gives them to the numbers growing works with.
 */


#ifndef FACETREE_PARAMS_H
#define FACETREE_PARAMS_H


#include "grow.h"


#pragma GCC visibility push(hidden)


typedef struct {
    facetree_criterion_e  criterion;
    facetree_splitter_e   splitter;
    uint32_t              max_depth;
    uint32_t              min_samples_split;
    uint32_t              min_samples_leaf;
    uint32_t              max_features;        /* may exceed their number */
    uint32_t              max_leaf_nodes;      /* 0: no limit */
    double                min_weight_leaf;     /* set by whoever weighs */
    double                min_impurity_decrease;
} facetree_grow_limits_t;


/*
 * "samples" is the number of rows handed to fit(), of which a bootstrap may
 * use fewer: fractions are of that.  Fails with FACETREE_EINVAL and the range
 * that scikit-learn 1.2 accepts.
 */
facetree_status_e facetree_grow_limits_init(facetree_grow_limits_t *limits,
    const facetree_grow_params_t *params, uint32_t samples,
    uint32_t features, facetree_error_t *err);


#pragma GCC visibility pop


#endif /* FACETREE_PARAMS_H */
