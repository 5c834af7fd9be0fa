
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


#pragma GCC visibility push(hidden)


/* Samples and classes have 16-bit numbers; products of three sums fit. */
#define FACETREE_TALLY_MAX_SAMPLES  65535
#define FACETREE_TALLY_MAX_WEIGHT   (1u << 20)


/* The best split of a node so far; "proxy" is what splits are compared by. */

typedef struct {
    double    proxy;
    uint32_t  position;            /* samples on the left; 0: none yet */
    uint32_t  feature;
    double    threshold;
} facetree_candidate_t;


/*
 * A class that occurs in the node.  One more of them, with zeros, stands for
 * whatever is not in the node, so that the walk need not tell it apart.
 */

typedef struct {
    uint32_t  total;
    uint32_t  left;
    uint32_t  mask;                /* all ones, or 0: not in the node */
    uint32_t  one;                 /* 1 or 0 */

    /* for weights of 1; see facetree_tally_walk_ones() */

    int64_t   next;
    int64_t   rise;
    int64_t   pull;
} facetree_tally_class_t;


typedef struct {
    const facetree_columns_t  *columns;
    const facetree_limits_t   *limits;
    uint32_t                  *weights;     /* of every sample */
    int                        ones;        /* all weights are 1 */

    /* of the node */

    const uint32_t            *members;
    uint32_t                   count;
    uint32_t                   weight;
    uint32_t                   classes;     /* that occur in it */
    int64_t                    squares;     /* of the class weights, summed */
    int64_t                    part_sum;    /* of "parts" of the classes */
    facetree_tally_class_t    *class;       /* classes + 1 */
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
 * Begins the search of a node: samples start .. end - 1 of the tree,
 * of which "samples" is the array.  It must stay as it is during the search.
 */
void facetree_tally_enter(facetree_tally_t *tally, const uint32_t *samples,
    uint32_t start, uint32_t end);

/*
 * Looks at a feature and replaces "*best" if it has a better split.  Returns
 * 0 if the feature is constant in the node.
 */
int facetree_tally_try(facetree_tally_t *tally, uint32_t feature,
    facetree_candidate_t *best);


#pragma GCC visibility pop


#endif /* FACETREE_TALLY_H */
