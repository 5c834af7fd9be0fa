
/*
 * Copyright (C) facetree contributors
 *
 * What the two ways to try a feature share.
 */


#ifndef FACETREE_TALLY_TRY_H
#define FACETREE_TALLY_TRY_H


#include "tally.h"


#pragma GCC visibility push(hidden)


/*
 * What no split exceeds: both sides are pure.  Their impurities are exactly
 * 0.0, others are well above it for whole weights of this size.
 */
#define FACETREE_TALLY_PERFECT  0.0


/*
 * Fetches the levels of the members, padded as bytes.h has it; returns 0 if
 * they are all the same.
 */
int facetree_tally_load(facetree_tally_t *tally, const uint8_t *column,
    uint8_t *low, uint8_t *high);

/* Of a node that was entered, for random thresholds. */
void facetree_tally_find_runs(facetree_tally_t *tally);


#pragma GCC visibility pop


#endif /* FACETREE_TALLY_TRY_H */
