
/*
 * Copyright (C) facetree contributors
 *
 * How good a model is on examples that it has not seen.
 */


#ifndef FACETREE_EVALUATE_H
#define FACETREE_EVALUATE_H


#include "facetree.h"
#include "dataset.h"


#pragma GCC visibility push(hidden)


/* A precision without predictions, a recall without examples and so on are 0,
   as in scikit-learn with zero_division=0. */

typedef struct {
    uint32_t  support;             /* examples of this class */
    uint32_t  predicted;           /* examples taken for it */
    uint32_t  correct;
    double    precision;
    double    recall;
    double    f1;
} facetree_class_score_t;


/* Examples of one class that were taken for another. */

typedef struct {
    uint32_t  truth;
    uint32_t  predicted;
    uint32_t  count;
} facetree_confusion_t;


/*
 * With answers below the threshold turned into "unknown": how many are left,
 * and how many of these are right.
 */

typedef struct {
    double    threshold;
    uint32_t  answered;
    uint32_t  correct;
} facetree_rejection_t;

#define FACETREE_REJECTIONS  20        /* 0.00, 0.05, ... 0.95 */


#define FACETREE_TOP_KS  3

extern const uint32_t  facetree_top_ks[FACETREE_TOP_KS];    /* 1, 3, 5 */


typedef struct {
    uint32_t                 count;
    uint32_t                 correct;
    double                   accuracy;
    double                   low;      /* Wilson's interval of the accuracy, */
    double                   high;     /* at 95 % */
    double                   top[FACETREE_TOP_KS];
    double                   log_loss; /* as sklearn.metrics.log_loss 1.2.1 */
    double                   brier;    /* mean of the squared distance between
                                          the probabilities and the truth,
                                          0 .. 2 (G. W. Brier, 1950) */

    /* Means over the classes that occur or were predicted. */
    double                   precision;
    double                   recall;
    double                   f1;

    uint32_t                 classes;
    facetree_class_score_t  *scores;       /* one a class */

    /* Most frequent first, equal ones by class numbers. */
    uint32_t                 confused;
    facetree_confusion_t    *confusions;

    /* What a threshold on the confidence does, from low to high. */
    facetree_rejection_t     rejections[FACETREE_REJECTIONS];

    /* While examples are added: */
    uint32_t                 size;
    uint32_t                *truths;
    uint32_t                *predictions;
    double                  *confidences;
    double                   loss;
    double                   distance;
    uint32_t                 hits[FACETREE_TOP_KS];
} facetree_evaluation_t;


/* Room for "size" examples of "classes" classes. */
facetree_status_e facetree_evaluation_init(facetree_evaluation_t *evaluation,
    uint32_t size, uint32_t classes, facetree_error_t *err);

/* At most "size" times.  "truth" below classes; probabilities, one a class. */
void facetree_evaluation_add(facetree_evaluation_t *evaluation,
    uint32_t truth, uint32_t predicted, const double *probabilities);

/* Computes everything above from what was added, at least one example. */
facetree_status_e facetree_evaluation_finish(
    facetree_evaluation_t *evaluation, facetree_error_t *err);

void facetree_evaluation_clear(facetree_evaluation_t *evaluation);

/*
 * All of it: classifies the pictures of "dataset" that "rows" names (all of
 * them, in order, when it is NULL).  class_of[] turns the data set's class
 * numbers into the model's; NULL when they are the same.
 */
facetree_status_e facetree_evaluate(facetree_evaluation_t *evaluation,
    const facetree_model_t *model, const facetree_dataset_t *dataset,
    const uint32_t *rows, uint32_t count, const uint32_t *class_of,
    facetree_error_t *err);

/*
 * Wilson's score interval (E. B. Wilson, 1927) of a proportion, with 95 %
 * confidence; count at least 1.
 */
void facetree_wilson(uint32_t correct, uint32_t count, double *low,
    double *high);


#pragma GCC visibility pop


#endif /* FACETREE_EVALUATE_H */
