
/*
 * Copyright (C) facetree contributors
 */


#include "grow.h"

#include "builder.h"
#include "facetree_int.h"

#include <string.h>


facetree_status_e
facetree_grow(facetree_tree_t *tree, const facetree_examples_t *examples,
    const facetree_grow_params_t *params, facetree_error_t *err)
{
    facetree_limits_t      limits;
    facetree_status_e      status;
    facetree_columns_t     columns;
    facetree_splitter_t    splitter;
    facetree_tree_build_t  build;

    memset(&build, 0, sizeof(build));

    status = facetree_columns_init(&columns, examples, err);
    if (status != FACETREE_OK) {
        return status;
    }

    status = facetree_limits_init(&limits, params, columns.count,
                                  columns.features, err);
    if (status != FACETREE_OK) {
        facetree_columns_clear(&columns);
        return status;
    }

    status = facetree_splitter_init(&splitter, &columns, &limits, NULL,
                                    params->random_state, err);

    if (status == FACETREE_OK) {
        status = facetree_build_depth_first(&build, &splitter, err);
    }

    if (status == FACETREE_OK) {
        status = facetree_tree_finish(&build, tree, err);
    }

    if (status == FACETREE_OK) {
        tree->seed = params->random_state;
    }

    facetree_tree_build_clear(&build);
    facetree_splitter_clear(&splitter);
    facetree_columns_clear(&columns);

    return status;
}
