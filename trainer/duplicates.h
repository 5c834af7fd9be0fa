
/*
 * Copyright (C) facetree contributors
 *
 * Pictures that are on both sides of a split: what is measured on them is
 * memory, not recognition.
 */


#ifndef FACETREE_DUPLICATES_H
#define FACETREE_DUPLICATES_H


#include "dataset.h"
#include "split.h"


#pragma GCC visibility push(hidden)


typedef struct {
    uint32_t  count;               /* held-out pictures with the same pixels
                                      as a training picture */
    uint32_t  test;                /* the first of them, */
    uint32_t  train;               /* and one that it equals; rows of the
                                      data set, if there are any */
} facetree_duplicates_t;


facetree_status_e facetree_duplicates_find(facetree_duplicates_t *found,
    const facetree_dataset_t *dataset, const facetree_split_t *split,
    facetree_error_t *err);


#pragma GCC visibility pop


#endif /* FACETREE_DUPLICATES_H */
