
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
    const uint8_t   *column;
    const uint16_t  *order;        /* samples by rising level: all of the
                                      node's, and maybe others in between */
    uint32_t         count;        /* of order */

    uint32_t         last;         /* index in order of the last on the left */
    uint32_t         weight;       /* on the left */
    int64_t          squares;      /* on the left, Gini only */
    int64_t          rest;         /* on the right, likewise */
} facetree_tally_split_t;


/*
 * Looks at every threshold; column, order and count must be set.  Returns a
 * loss that none of them falls below, as reach.h has it, or 0.0.
 */
double facetree_tally_walk(facetree_tally_t *tally,
    facetree_tally_split_t *split, facetree_candidate_t *best);

/*
 * What scikit-learn makes of a split of which weight and, for Gini, the sums
 * of squares are set, and for entropy the classes' "left".
 */
double facetree_tally_proxy(facetree_tally_t *tally,
    const facetree_tally_split_t *split);


#pragma GCC visibility pop


#endif /* FACETREE_TALLY_WALK_H */
