
/*
 * Copyright (C) facetree contributors
 *
 * How good a way of training is: the same settings on several splits.
 */


#ifndef FACETREE_CROSSVAL_H
#define FACETREE_CROSSVAL_H


#include "settings.h"


#pragma GCC visibility push(hidden)


typedef struct {
    uint32_t  train_count;
    uint32_t  test_count;
    uint32_t  correct;
    double    accuracy;
} facetree_fold_t;


typedef struct {
    uint32_t          count;
    facetree_fold_t  *folds;
    double            mean;
    double            sd;          /* of a sample: divided by count - 1 */
    double            low;         /* Student's interval of the mean at 95 %,
                                      as if the splits were independent */
    double            high;
} facetree_crossval_t;


/*
 * StratifiedKFold(folds, shuffle, seed) over the pictures that "rows" names
 * (all when it is NULL), a fresh model each: the accuracies equal those of
 * scikit-learn's cross_val_score().  Settings as for facetree_fit().
 */
facetree_status_e facetree_crossval_folds(facetree_crossval_t *result,
    const facetree_dataset_t *dataset, const uint32_t *rows, uint32_t count,
    uint32_t folds, int shuffle, uint32_t seed,
    const facetree_settings_t *settings, facetree_error_t *err);

/*
 * Repeated splits: settings->split with the seeds "seed", seed + 1 and so on
 * in place of its own.
 */
facetree_status_e facetree_crossval_repeats(facetree_crossval_t *result,
    const facetree_dataset_t *dataset, uint32_t repeats, uint32_t seed,
    const facetree_settings_t *settings, facetree_error_t *err);

void facetree_crossval_clear(facetree_crossval_t *result);

/* The 97.5 % quantile of Student's distribution. */
double facetree_student_975(uint32_t degrees);


#pragma GCC visibility pop


#endif /* FACETREE_CROSSVAL_H */
