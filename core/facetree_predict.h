
/*
 * Copyright (C) facetree contributors
 *
 * What the two ways to walk trees share: a picture at a time, and many.
 */


#ifndef FACETREE_PREDICT_H
#define FACETREE_PREDICT_H


#include "facetree_model.h"


#pragma GCC visibility push(hidden)


/*
 * Adding the classes that are not in a row would add 0.0, which changes no
 * sum: the result equals that over dense rows.
 */

static inline void
facetree_predict_add(const facetree_model_t *model, uint32_t row,
    double *probabilities)
{
    uint32_t  i;

    for (i = model->row_start[row]; i < model->row_start[row + 1]; i++) {
        probabilities[model->row_class[i]] += model->row_probability[i];
    }
}


/* Bytes that facetree_predict_batch() allocates for "count" pictures. */
size_t facetree_predict_memory(const facetree_model_t *model, uint32_t count);

/* From the sums over the trees of a forest to its answer. */
void facetree_predict_finish(const facetree_model_t *model,
    double *probabilities, facetree_prediction_t *prediction);


#pragma GCC visibility pop


#endif /* FACETREE_PREDICT_H */
