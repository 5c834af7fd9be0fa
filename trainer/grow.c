
/*
 * Copyright (C) facetree contributors
 */


#include "grow.h"

#include "builder.h"
#include "facetree_int.h"
#include "grow_int.h"
#include "prune.h"
#include "weights.h"

#include <stdlib.h>
#include <string.h>


facetree_status_e
facetree_grow_weighted(facetree_tree_t *tree,
    const facetree_columns_t *columns, const facetree_grow_params_t *params,
    const facetree_grow_limits_t *limits, const double *weights, uint32_t seed,
    facetree_error_t *err)
{
    facetree_tree_t        grown;
    facetree_grow_limits_t      own;
    facetree_status_e      status;
    facetree_splitter_t    splitter;
    facetree_tree_build_t  build;

    memset(&build, 0, sizeof(build));

    own = *limits;
    own.min_weight_leaf = facetree_min_weight(
                              params->min_weight_fraction_leaf, weights,
                              columns->count);

    status = facetree_splitter_init(&splitter, columns, &own, weights, seed,
                                    err);

    if (status == FACETREE_OK) {
        status = own.max_leaf_nodes
                 ? facetree_build_best_first(&build, &splitter, err)
                 : facetree_build_depth_first(&build, &splitter, err);
    }

    if (status == FACETREE_OK) {
        status = facetree_tree_finish(&build, &grown, err);
    }

    facetree_tree_build_clear(&build);
    facetree_splitter_clear(&splitter);

    if (status == FACETREE_OK && params->ccp_alpha > 0.0) {
        status = facetree_prune(&grown, columns->classes, params->ccp_alpha,
                                err);
        if (status != FACETREE_OK) {
            facetree_tree_clear(&grown);
        }
    }

    if (status == FACETREE_OK) {
        *tree = grown;
        tree->seed = seed;
    }

    return status;
}


/* NULL in "*weights" if all are 1.0. */

static facetree_status_e
facetree_grow_weights(double **weights, const facetree_columns_t *columns,
    const facetree_grow_params_t *params, facetree_error_t *err)
{
    double             sum;
    uint32_t           i;
    facetree_status_e  status;

    *weights = NULL;

    switch (params->class_weight) {

    case FACETREE_WEIGHT_NONE:
        return FACETREE_OK;

    case FACETREE_WEIGHT_BALANCED_SUBSAMPLE:
        return facetree_fail(err, FACETREE_EINVAL, FACETREE_NO_OFFSET,
                             "class_weight is balanced_subsample: a single "
                             "tree has no subsample, balanced would be right");

    default:
        break;
    }

    *weights = calloc(columns->count, sizeof(**weights));
    if (*weights == NULL) {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    for (i = 0; i < columns->count; i++) {
        (*weights)[i] = 1.0;
    }

    status = facetree_weigh(*weights, columns, params->class_weight,
                            params->class_weight_map, NULL, err);

    if (status != FACETREE_OK) {
        return status;
    }

    sum = 0.0;

    for (i = 0; i < columns->count; i++) {
        sum += (*weights)[i];
    }

    if (sum == 0.0) {
        return facetree_fail(err, FACETREE_EINVAL, FACETREE_NO_OFFSET,
                             "nothing to train on: no class that has "
                             "pictures weighs more than 0.0");
    }

    return FACETREE_OK;
}


facetree_status_e
facetree_grow(facetree_tree_t *tree, const facetree_examples_t *examples,
    const facetree_grow_params_t *params, facetree_error_t *err)
{
    double              *weights;
    facetree_grow_limits_t    limits;
    facetree_status_e    status;
    facetree_columns_t   columns;

    weights = NULL;

    status = facetree_columns_init(&columns, examples, err);
    if (status != FACETREE_OK) {
        return status;
    }

    status = facetree_grow_limits_init(&limits, params, columns.count,
                                  columns.features, err);

    if (status == FACETREE_OK) {
        status = facetree_grow_weights(&weights, &columns, params, err);
    }

    if (status == FACETREE_OK) {

        if (limits.splitter == FACETREE_BEST
            && limits.max_features >= columns.features / FACETREE_TALLY_SHARE
            && facetree_tally_fits(weights, columns.count))
        {
            facetree_columns_sort(&columns);
        }

        status = facetree_grow_weighted(tree, &columns, params, &limits,
                                        weights, params->random_state, err);
    }

    free(weights);
    facetree_columns_clear(&columns);

    return status;
}
