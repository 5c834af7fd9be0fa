
/*
 * Copyright (C) facetree contributors
 *
 * Random forests and extremely randomised trees, tree for tree those of
 * scikit-learn 1.2.1.
 */


#ifndef FACETREE_FOREST_H
#define FACETREE_FOREST_H


#include "grow.h"


#pragma GCC visibility push(hidden)


typedef struct {
    facetree_algorithm_e    algorithm;     /* RandomForest or ExtraTrees */
    uint32_t                n_estimators;
    int                     bootstrap;
    facetree_amount_t       max_samples;   /* of the bootstrap; none: all */
    int                     oob_score;
    uint32_t                jobs;          /* threads; 0 is 1.  The result is
                                              the same for any number */
    facetree_grow_params_t  tree;          /* random_state is the forest's;
                                              splitter is not looked at */

    /*
     * Called after every tree, in no particular order but never twice at
     * once, with how many are done; may be NULL.
     */
    void                  (*progress)(void *data, uint32_t done);
    void                   *progress_data;
} facetree_forest_params_t;


/* What the trees say of training pictures that they have not seen. */

typedef struct {
    double     score;              /* share of right answers */
    double    *decision;           /* a row of probabilities a training
                                      example; zeros if every tree saw it */
} facetree_oob_t;


/*
 * scikit-learn's defaults: 100 trees, sqrt features, and a bootstrap for
 * FACETREE_RANDOM_FOREST but not for FACETREE_EXTRA_TREES.
 */
void facetree_forest_params_init(facetree_forest_params_t *params,
    facetree_algorithm_e algorithm);

/*
 * Grows forest->trees and sets count, algorithm and classes; the other
 * members of "*forest" stay as they are.  "oob" is filled if
 * params->oob_score says so and may be NULL otherwise.  Fails with
 * FACETREE_EINVAL and a line naming the parameter, or FACETREE_ENOMEM.
 */
facetree_status_e facetree_forest_grow(facetree_forest_t *forest,
    facetree_oob_t *oob, const facetree_examples_t *examples,
    const facetree_forest_params_t *params, facetree_error_t *err);

void facetree_oob_clear(facetree_oob_t *oob);

/*
 * predict_proba() of a picture: the mean over the trees, added in their order
 * as scikit-learn does with one job.  "scratch" has room for a probability a
 * class.  Returns the predicted class, the first of the most probable ones.
 * A FACETREE_DECISION_TREE answers as its tree does.
 */
uint32_t facetree_forest_probabilities(const facetree_forest_t *forest,
    const uint8_t *pixels, double *probabilities, double *scratch);


#pragma GCC visibility pop


#endif /* FACETREE_FOREST_H */
