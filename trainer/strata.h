
/*
 * Copyright (C) facetree contributors
 *
 * The members of every class that occurs among labels.
 */


#ifndef FACETREE_STRATA_H
#define FACETREE_STRATA_H


#include "facetree.h"


#pragma GCC visibility push(hidden)


/*
 * Class class[i] has the members members[start[i]] .. members[start[i + 1]
 * - 1], ascending.  Classes are ascending too, and none is empty: scikit-learn
 * does not know of a class that it was not shown.
 */

typedef struct {
    uint32_t   count;
    uint32_t  *class;
    uint32_t  *start;              /* count + 1 */
    uint32_t  *members;
} facetree_strata_t;


/* Fails with FACETREE_EINVAL if a label is not below "classes". */
facetree_status_e facetree_strata_init(facetree_strata_t *strata,
    const uint32_t *labels, uint32_t count, uint32_t classes,
    facetree_error_t *err);

void facetree_strata_clear(facetree_strata_t *strata);

static inline uint32_t
facetree_strata_size(const facetree_strata_t *strata, uint32_t i)
{
    return strata->start[i + 1] - strata->start[i];
}


#pragma GCC visibility pop


#endif /* FACETREE_STRATA_H */
