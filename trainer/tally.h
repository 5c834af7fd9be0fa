
/*
 * Copyright (C) facetree contributors
 *
 * The best threshold of a feature when all weights are whole numbers, found
 * without what makes scikit-learn slow and with the same result to the bit.
 *
 * Sums of whole numbers are exact in any order, so that neither the order of
 * equal levels nor the direction of counting can be seen in the result.  The
 * samples of a node are walked by rising level with sums kept as integers,
 * and an integer test that costs one multiplication tells the positions that
 * might beat the best split so far, give or take more than any rounding
 * error.  Only those few are computed as scikit-learn does, in doubles.
 */


#ifndef FACETREE_TALLY_H
#define FACETREE_TALLY_H


#include "facetree.h"
#include "columns.h"
#include "order.h"
#include "params.h"
#include "random.h"


#pragma GCC visibility push(hidden)


/* Samples and classes have 16-bit numbers; products of three sums fit. */
#define FACETREE_TALLY_MAX_SAMPLES  FACETREE_COLUMNS_MAX_SORTED
#define FACETREE_TALLY_MAX_WEIGHT   (1u << 20)


/*
 * If less than this share of the features is looked at in a node, hardly any
 * list of sorted samples would be of use to its children.
 */
#define FACETREE_TALLY_SHARE        4


/* The best split of a node so far; "proxy" is what splits are compared by. */

typedef struct {
    double    proxy;
    uint32_t  position;            /* samples on the left; 0: none yet */
    uint32_t  feature;
    double    threshold;
} facetree_candidate_t;


/*
 * A class that occurs in the node.  The first of them, all zeros, is that of
 * samples that are not in the node, so that a walk need not tell them apart.
 */

typedef struct {
    uint32_t  total;               /* weight in the node */
    uint32_t  left;
    uint32_t  mask;                /* all ones, or 0: not in the node */
    uint32_t  one;                 /* 1, or 0 */

    /* for weights of 1; see facetree_tally_walk_ones() */

    int64_t   next;
    int64_t   rise;
} facetree_tally_class_t;


typedef struct {
    const facetree_columns_t  *columns;
    const facetree_limits_t   *limits;
    uint32_t                  *weights;     /* of every sample */
    int                        ones;        /* all weights are 0 or 1 */
    uint32_t                   least_weight;    /* of a child */

    /* of the node */

    const uint32_t            *members;
    uint32_t                   count;
    uint32_t                   weight;
    uint32_t                   classes;     /* that occur in it, and one */
    int64_t                    squares;     /* of the class weights, summed */
    int64_t                    part_sum;    /* of "parts" of the classes */
    facetree_tally_class_t    *class;
    uint16_t                  *class_of;    /* by sample: index in "class" */
    uint32_t                  *rank;        /* scratch, by class of the set */
    double                    *sums;        /* scratch, for impurities */

    int64_t                   *bar;         /* by weight on the left: what a
                                               split must reach */
    int64_t                   *parts;       /* entropy only: n log2 n for
                                               whole n, in fixed point */

    facetree_order_t           order;
    int                        ordered;     /* "order" has this node */
    uint16_t                  *sorted;      /* otherwise: members by level */
    uint8_t                   *levels;
} facetree_tally_t;


/*
 * Returns 1 if trees of these weights, NULL for all 1.0, can be tallied, and
 * 0 if they need doubles.
 */
int facetree_tally_fits(const double *weights, uint32_t count);

/* Only if they fit.  Free with facetree_tally_clear(), after failures too. */
facetree_status_e facetree_tally_init(facetree_tally_t *tally,
    const facetree_columns_t *columns, const facetree_limits_t *limits,
    const double *weights, facetree_error_t *err);

void facetree_tally_clear(facetree_tally_t *tally);

/*
 * Begins and ends the search of a node: samples start .. end - 1 of the tree,
 * of which "samples" is the array.  It must stay as it is in between.
 */
void facetree_tally_enter(facetree_tally_t *tally, const uint32_t *samples,
    uint32_t start, uint32_t end);
void facetree_tally_leave(facetree_tally_t *tally);

/*
 * Looks at a feature and replaces "*best" if it has a better split: at any
 * threshold, or at one that is drawn.  Returns 0 if the feature is constant
 * in the node, and nothing is drawn then.
 */
int facetree_tally_try_best(facetree_tally_t *tally, uint32_t feature,
    facetree_candidate_t *best);
int facetree_tally_try_random(facetree_tally_t *tally, uint32_t feature,
    facetree_xorshift_t *xorshift, facetree_candidate_t *best);

/* Asks for the memory of a feature that is likely to be tried next. */
void facetree_tally_prefetch(const facetree_tally_t *tally,
    uint32_t feature);


#pragma GCC visibility pop


#endif /* FACETREE_TALLY_H */
