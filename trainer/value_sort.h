
/*
 * Copyright (C) facetree contributors
 *
 * The introsort of scikit-learn 1.2's sklearn/tree/_splitter.pyx.  It is not
 * stable, and where it leaves equal levels is seen in the trees: fractional
 * weights are added in the order it leaves the samples in.
 */


#ifndef FACETREE_VALUE_SORT_H
#define FACETREE_VALUE_SORT_H


#include <stdint.h>


#pragma GCC visibility push(hidden)


/* Sorts levels and, along with them, samples by level. */
void facetree_value_sort(uint8_t *levels, uint32_t *samples, uint32_t count);


#pragma GCC visibility pop


#endif /* FACETREE_VALUE_SORT_H */
