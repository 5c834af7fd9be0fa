
/*
 * Copyright (C) facetree contributors
 *
 * A walk by Gini: sums first, one after the other, and then what they are
 * worth, several at once.
 */


#ifndef FACETREE_TALLY_GINI_H
#define FACETREE_TALLY_GINI_H


#include "tally_walk.h"


#pragma GCC visibility push(hidden)


/* Positions that are compared at once; buffers are longer by as many. */
#define FACETREE_TALLY_BLOCK  4


/* Puts the sums at each sample in tally->sum and tally->sum_weight. */
void facetree_tally_sum_gini(facetree_tally_t *tally,
    const facetree_tally_split_t *split);

/* Looks at the thresholds then, and tells tally->reach. */
void facetree_tally_compare_gini(facetree_tally_t *tally,
    facetree_tally_split_t *split, facetree_candidate_t *best);
void facetree_tally_compare_end(facetree_tally_t *tally,
    facetree_tally_split_t *split, facetree_candidate_t *best);

/* By weight on the left, for each node. */
void facetree_tally_set_scales(facetree_tally_t *tally);

/*
 * Takes the split for the best if it is allowed and better; position, weight
 * and what the criterion needs must be set.
 */
void facetree_tally_consider(facetree_tally_t *tally,
    facetree_tally_split_t *split, facetree_candidate_t *best);


#pragma GCC visibility pop


#endif /* FACETREE_TALLY_GINI_H */
