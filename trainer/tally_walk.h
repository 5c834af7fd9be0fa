
/*
 * Copyright (C) facetree contributors
 *
 * The walk of a tally over one feature of a node.
 */


#ifndef FACETREE_TALLY_WALK_H
#define FACETREE_TALLY_WALK_H


#include "tally.h"


#pragma GCC visibility push(hidden)


/* Of the entropy's fixed point numbers. */
#define FACETREE_TALLY_POINT      16777216.0

/* More than any of them. */
#define FACETREE_TALLY_FORBIDDEN  (INT64_MAX / 2)


/* A feature, and a split of it. */

typedef struct {
    uint32_t         feature;
    const uint8_t   *column;
    const uint16_t  *order;        /* the node's samples by rising level, */
    uint32_t         count;        /* or so many and one more from an end */
    int              reverse;      /* from the last on */
    int              best;         /* the best split is one of these */

    uint32_t         position;     /* samples on the left */
    uint32_t         weight;       /* on the left */
    int64_t          squares;      /* on the left, Gini only */
    int64_t          rest;         /* on the right, likewise */
} facetree_tally_split_t;


/* Looks at every threshold; all down to "best" must be set. */
void facetree_tally_walk(facetree_tally_t *tally,
    facetree_tally_split_t *split, facetree_candidate_t *best);

/*
 * Looks at the first split->count thresholds from an end, by Gini and if all
 * weights are 1.
 */
void facetree_tally_walk_end(facetree_tally_t *tally,
    facetree_tally_split_t *split, facetree_candidate_t *best);

/*
 * What scikit-learn makes of a split of which weight and, for Gini, the sums
 * of squares are set, and for entropy the classes' "left".
 */
double facetree_tally_proxy(facetree_tally_t *tally,
    const facetree_tally_split_t *split);


#pragma GCC visibility pop


#endif /* FACETREE_TALLY_WALK_H */
