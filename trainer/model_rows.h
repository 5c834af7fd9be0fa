
/*
 * Copyright (C) facetree contributors
 *
 * Leaves as a model file stores them: the probabilities that scikit-learn
 * would give, equal ones once.
 */


#ifndef FACETREE_MODEL_ROWS_H
#define FACETREE_MODEL_ROWS_H


#include "facetree.h"
#include "tree.h"


#pragma GCC visibility push(hidden)


typedef struct {
    uint32_t   count;              /* of distinct rows */
    uint32_t   entries;

    uint32_t  *of_node;            /* row of each leaf, nodes counted over all
                                      trees; unspecified for splits */
    uint32_t  *best;               /* predicted class of each row */
    uint32_t  *start;              /* count + 1 indices into: */
    uint32_t  *class;
    double    *probability;
} facetree_model_rows_t;


/* "nodes" is the sum over all trees.  Free with facetree_model_rows_clear. */
facetree_status_e facetree_model_rows(facetree_model_rows_t *rows,
    const facetree_forest_t *forest, uint32_t nodes, facetree_error_t *err);

void facetree_model_rows_clear(facetree_model_rows_t *rows);

/*
 * The forest's answer by its exact thresholds, written as plainly as can be:
 * what a model file is tested against.  Writes classes probabilities;
 * "dense" is room for as many doubles, all 0.0 before and after.
 */
void facetree_model_rows_predict(const facetree_forest_t *forest,
    const uint8_t *pixels, double *probabilities, double *dense);


#pragma GCC visibility pop


#endif /* FACETREE_MODEL_ROWS_H */
