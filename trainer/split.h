
/*
 * Copyright (C) facetree contributors
 *
 * Splits of a data set into training and test examples, equal to
 * scikit-learn's train_test_split and StratifiedKFold under the same seed.
 */


#ifndef FACETREE_SPLIT_H
#define FACETREE_SPLIT_H


#include "facetree.h"
#include "amount.h"


#pragma GCC visibility push(hidden)


typedef struct {
    uint32_t  *train;              /* example numbers, in scikit-learn's */
    uint32_t  *test;               /* order, which is part of the result */
    uint32_t   train_count;
    uint32_t   test_count;
} facetree_split_t;


typedef struct {
    facetree_amount_t  test_size;  /* a fraction is rounded up */
    uint32_t           seed;
    int                stratify;   /* keep the share of every class */
} facetree_split_params_t;


/*
 * Splits "count" examples with the given labels (each below classes).  Fails
 * with FACETREE_EINVAL and a line that says which size or class is at fault:
 * a side would be empty, a class has one member, there are fewer places on a
 * side than classes.  Free with facetree_split_clear().
 */
facetree_status_e facetree_split(facetree_split_t *split,
    const uint32_t *labels, uint32_t count, uint32_t classes,
    const facetree_split_params_t *params, facetree_error_t *err);

/*
 * The same with both sizes as counts, whose sum may be less than "count": the
 * examples left over are on neither side.
 */
facetree_status_e facetree_split_counts(facetree_split_t *split,
    const uint32_t *labels, uint32_t count, uint32_t classes,
    uint32_t train_count, uint32_t test_count, int stratify, uint32_t seed,
    facetree_error_t *err);

void facetree_split_clear(facetree_split_t *split);

/*
 * StratifiedKFold: writes the fold, below "folds", whose test side each of
 * "count" examples is on; its training side is everything else, both in
 * ascending order.  Without "shuffle" the seed does not matter.  Fails with
 * FACETREE_EINVAL if there are fewer than two folds, or more than the largest
 * class has members.
 */
facetree_status_e facetree_stratified_folds(uint32_t *fold,
    const uint32_t *labels, uint32_t count, uint32_t classes, uint32_t folds,
    int shuffle, uint32_t seed, facetree_error_t *err);


#pragma GCC visibility pop


#endif /* FACETREE_SPLIT_H */
