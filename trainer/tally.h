
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
#include "params.h"


#pragma GCC visibility push(hidden)


/* Samples have 16-bit numbers here, and products of three sums fit. */
#define FACETREE_TALLY_MAX_SAMPLES  65536
#define FACETREE_TALLY_MAX_WEIGHT   (1u << 20)


/* The best split of a node so far; "proxy" is what splits are compared by. */

typedef struct {
    double    proxy;
    uint32_t  position;            /* samples on the left; 0: none yet */
    uint32_t  feature;
    double    threshold;
} facetree_candidate_t;


/* A sample in the node being searched; all zeros if it is not in it. */

typedef struct {
    uint32_t  weight;
    uint32_t  class;               /* its rank among those in the node */
    int64_t   pull;                /* twice its weight times that of its
                                      class in the node */
} facetree_tally_sample_t;


typedef struct {
    const facetree_columns_t  *columns;
    const facetree_limits_t   *limits;
    uint32_t                  *weights;     /* of every sample */

    /* of the node */

    const uint32_t            *members;
    uint32_t                   count;
    uint32_t                   weight;
    uint32_t                   classes;     /* that occur in it */
    int64_t                    squares;     /* of the class weights, summed */
    facetree_tally_sample_t   *samples;     /* by sample number */
    uint32_t                  *total;       /* by class in the node */
    uint32_t                  *left;
    double                    *sums;        /* scratch, for impurities */
    uint32_t                  *rank;        /* of a class */

    int64_t                   *bar;         /* by weight on the left: what a
                                               split must reach */
    int64_t                   *parts;       /* entropy only: n log2 n for
                                               whole n, in fixed point */

    uint16_t                  *order;       /* members by level */
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
 * Begins and ends the search of a node.  In between "members" must keep its
 * place and contents.
 */
void facetree_tally_enter(facetree_tally_t *tally, const uint32_t *members,
    uint32_t count);
void facetree_tally_leave(facetree_tally_t *tally);

/*
 * Looks at a feature and replaces "*best" if it has a better split.  Returns
 * 0 if the feature is constant in the node.
 */
int facetree_tally_try(facetree_tally_t *tally, uint32_t feature,
    facetree_candidate_t *best);


#pragma GCC visibility pop


#endif /* FACETREE_TALLY_H */
