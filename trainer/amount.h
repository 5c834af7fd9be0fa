
/*
 * Copyright (C) facetree contributors
 *
 * A number that scikit-learn takes as a count when it is an integer and as a
 * fraction when it is a float: 1 and 1.0 are different things.
 */


#ifndef FACETREE_AMOUNT_H
#define FACETREE_AMOUNT_H


#include <stdint.h>


typedef enum {
    FACETREE_AMOUNT_NONE = 0,      /* None: each option's own default */
    FACETREE_AMOUNT_COUNT,
    FACETREE_AMOUNT_FRACTION,
    FACETREE_AMOUNT_SQRT,          /* max_features only */
    FACETREE_AMOUNT_LOG2           /* max_features only */
} facetree_amount_e;


typedef struct {
    facetree_amount_e  kind;
    uint32_t           count;
    double             fraction;
} facetree_amount_t;


#endif /* FACETREE_AMOUNT_H */
