
/*
 * Copyright (C) facetree contributors
 *
 * One training run: split, grow, evaluate on what was held out, and build the
 * model that says so.
 */


#ifndef FACETREE_TRAINING_H
#define FACETREE_TRAINING_H


#include "duplicates.h"
#include "metadata.h"


#pragma GCC visibility push(hidden)


/* All of it is owned; "forest" refers to the labels of the data set. */

typedef struct {
    facetree_split_t        split;
    facetree_duplicates_t   duplicates;    /* between its two sides */
    facetree_forest_t       forest;
    facetree_oob_t          oob;           /* if the settings want it */
    facetree_evaluation_t   evaluation;
    json_t                 *metadata;
    double                  fit_seconds;   /* what growing alone took, */
    double                  fit_cpu_seconds;   /* on all cores together */
    facetree_model_t       *model;
    const uint8_t          *bytes;         /* of its file */
    size_t                  len;
} facetree_run_t;


/*
 * The same data set and settings give the same bytes.  The data set must
 * outlive the run; see settings->effort.spend.  Free with
 * facetree_run_clear().  FACETREE_EINVAL when settings and data do not fit
 * together.
 */
facetree_status_e facetree_run_train(facetree_run_t *run,
    const facetree_dataset_t *dataset, const facetree_settings_t *settings,
    int strip, facetree_error_t *err);

void facetree_run_clear(facetree_run_t *run);


#pragma GCC visibility pop


#endif /* FACETREE_TRAINING_H */
