
/*
 * Copyright (C) facetree contributors
 *
 * Class weights as the weights of samples.
 */


#ifndef FACETREE_WEIGHTS_H
#define FACETREE_WEIGHTS_H


#include "columns.h"
#include "grow.h"


#pragma GCC visibility push(hidden)


/*
 * Multiplies weights[i] by the weight of sample i's class as "kind" has it.
 * "map" has one a class and is for FACETREE_WEIGHT_MAP only.  "balanced"
 * counts samples as often as "drawn" says, NULL for once each; classes that
 * are not drawn weigh 0.0.  "kind" must not be FACETREE_WEIGHT_NONE.
 */
facetree_status_e facetree_weigh(double *weights,
    const facetree_columns_t *columns, facetree_weight_e kind,
    const double *map, const uint32_t *drawn, facetree_error_t *err);

/* min_weight_fraction_leaf as a weight; "weights" may be NULL for 1.0 each. */
double facetree_min_weight(double fraction, const double *weights,
    uint32_t count);


#pragma GCC visibility pop


#endif /* FACETREE_WEIGHTS_H */
