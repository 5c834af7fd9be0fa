
/*
 * Copyright (C) facetree contributors
 *
 * How mixed a set of samples is: the running class sums of one node and the
 * arithmetic of Gini and Entropy, after scikit-learn 1.2's
 * sklearn/tree/_criterion.pyx.  Everything is added in the order in which
 * scikit-learn adds, since last bits decide between splits that are equally
 * good.
 */


#ifndef FACETREE_CRITERION_H
#define FACETREE_CRITERION_H


#include "facetree.h"
#include "grow.h"


#pragma GCC visibility push(hidden)


/*
 * A node's samples, the first "position" of them being on the left.  The
 * array of samples belongs to the splitter, which may reorder it between
 * facetree_criterion_reset() and the next call.
 */

typedef struct {
    facetree_criterion_e  kind;
    uint32_t              classes;
    const uint32_t       *class;       /* of every sample of the tree */
    const double         *weights;     /* likewise; NULL: all 1.0 */

    const uint32_t       *samples;
    uint32_t              count;
    uint32_t              position;

    double                weight;      /* weighted samples */
    double                left_weight;
    double                right_weight;
    double               *total;       /* the same by class */
    double               *left;
    double               *right;
} facetree_criterion_t;


/* Free with facetree_criterion_clear(), also after a failure. */
facetree_status_e facetree_criterion_init(facetree_criterion_t *criterion,
    facetree_criterion_e kind, uint32_t classes, const uint32_t *class,
    const double *weights, facetree_error_t *err);

void facetree_criterion_clear(facetree_criterion_t *criterion);

/* Enters a node: its totals. */
void facetree_criterion_enter(facetree_criterion_t *criterion,
    const uint32_t *samples, uint32_t count);

/* All samples to the right. */
void facetree_criterion_reset(facetree_criterion_t *criterion);

/* The first "position" samples to the left; never fewer than before. */
void facetree_criterion_move(facetree_criterion_t *criterion,
    uint32_t position);

/*
 * Impurity of classes that weigh sums[0 .. classes - 1], "weight" in all.
 * Rounding may make that of a pure node a tiny negative number.
 */
double facetree_criterion_impurity(facetree_criterion_e kind,
    const double *sums, uint32_t classes, double weight);


static inline double
facetree_criterion_gini(double squares, double weight)
{
    return 1.0 - squares / (weight * weight);
}


/* One class's part of the entropy; "sum" is above 0.0. */
double facetree_criterion_entropy_term(double sum, double weight);


/*
 * Orders the splits of one node as their gains do, at less cost: what
 * scikit-learn calls proxy_impurity_improvement().
 */

static inline double
facetree_criterion_proxy(double left_weight, double left_impurity,
    double right_weight, double right_impurity)
{
    return -right_weight * right_impurity - left_weight * left_impurity;
}


#pragma GCC visibility pop


#endif /* FACETREE_CRITERION_H */
