
/*
 * Copyright (C) facetree contributors
 *
 * compute_class_weight() and compute_sample_weight() of scikit-learn 1.2's
 * sklearn/utils/class_weight.py.
 */


#include "weights.h"

#include "facetree_int.h"
#include "pairwise.h"

#include <math.h>
#include <stdlib.h>


static facetree_status_e
facetree_weights_check_map(const double *map, uint32_t classes,
    facetree_error_t *err)
{
    uint32_t  i;

    for (i = 0; i < classes; i++) {

        if (!(map[i] >= 0.0 && isfinite(map[i]))) {
            return facetree_fail(err, FACETREE_EINVAL, FACETREE_NO_OFFSET,
                                 "the weight of class %u is %g: must be 0.0 "
                                 "or more", i, map[i]);
        }
    }

    return FACETREE_OK;
}


/* The same weight for all classes together: the rarer, the heavier. */

static void
facetree_weights_balance(double *by_class, const facetree_columns_t *columns,
    const uint32_t *drawn)
{
    double    all;
    uint32_t  i, times, present;

    all = 0.0;
    present = 0;

    for (i = 0; i < columns->classes; i++) {
        by_class[i] = 0.0;
    }

    for (i = 0; i < columns->count; i++) {
        times = drawn ? drawn[i] : 1;

        by_class[columns->class[i]] += times;
        all += times;
    }

    for (i = 0; i < columns->classes; i++) {
        present += by_class[i] > 0.0;
    }

    for (i = 0; i < columns->classes; i++) {
        if (by_class[i] > 0.0) {
            by_class[i] = all / (present * by_class[i]);
        }
    }
}


facetree_status_e
facetree_weigh(double *weights, const facetree_columns_t *columns,
    facetree_weight_e kind, const double *map, const uint32_t *drawn,
    facetree_error_t *err)
{
    double             *balanced;
    uint32_t            i;
    facetree_status_e   status;

    balanced = NULL;

    if (kind == FACETREE_WEIGHT_MAP) {
        status = facetree_weights_check_map(map, columns->classes, err);
        if (status != FACETREE_OK) {
            return status;
        }

    } else {
        balanced = calloc(columns->classes, sizeof(*balanced));
        if (balanced == NULL) {
            return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET,
                                 NULL);
        }

        facetree_weights_balance(balanced, columns, drawn);
        map = balanced;
    }

    for (i = 0; i < columns->count; i++) {
        weights[i] *= map[columns->class[i]];
    }

    free(balanced);

    return FACETREE_OK;
}


double
facetree_min_weight(double fraction, const double *weights, uint32_t count)
{
    return fraction * (weights ? facetree_pairwise_sum(weights, count)
                               : (double) count);
}
