
/*
 * Copyright (C) facetree contributors
 *
 * Prints what an evaluation found.
 */


#ifndef FACETREE_SCORE_H
#define FACETREE_SCORE_H


#include "facetree.h"
#include "dataset.h"
#include "evaluate.h"


#pragma GCC visibility push(hidden)


/* A view; owns nothing. */

typedef struct {
    const char                   *path;        /* of the model */
    const facetree_model_t       *model;
    const facetree_dataset_t     *dataset;
    const facetree_evaluation_t  *evaluation;
    int                           held_out;    /* else all pictures of data
                                                  that are not the model's */
} facetree_score_t;


void facetree_score_print(const facetree_score_t *score);
facetree_status_e facetree_score_print_json(const facetree_score_t *score,
    facetree_error_t *err);


#pragma GCC visibility pop


#endif /* FACETREE_SCORE_H */
