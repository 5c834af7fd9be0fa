
/*
 * Copyright (C) facetree contributors
 *
 * numpy's sum() of a contiguous array of doubles.  It adds in blocks, which
 * is seen in last bits.
 */


#ifndef FACETREE_PAIRWISE_H
#define FACETREE_PAIRWISE_H


#include <stddef.h>


#pragma GCC visibility push(hidden)


double facetree_pairwise_sum(const double *values, size_t count);


#pragma GCC visibility pop


#endif /* FACETREE_PAIRWISE_H */
