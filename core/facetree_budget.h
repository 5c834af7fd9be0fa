
/*
 * Copyright (C) facetree contributors
 *
 * What a request may cost, as the decoders and facetree_classify.c see it.
 */


#ifndef FACETREE_BUDGET_H
#define FACETREE_BUDGET_H


#include "facetree_int.h"


#pragma GCC visibility push(hidden)


/* Work between two looks at the clock: about a millisecond of decoding. */
#define FACETREE_BUDGET_TICKS  (128 * 1024)


/*
 * Starts the measuring of CPU time and returns 1; returns 0 if it runs already.
 * The clock itself starts with the first look, FACETREE_BUDGET_TICKS later.
 * Whoever started it stops it, in the same thread.
 */
int facetree_budget_start(facetree_budget_t *budget);
void facetree_budget_stop(facetree_budget_t *budget);

/* FACETREE_ECANCELLED if the work was cancelled; costs nothing. */
facetree_status_e facetree_budget_cancelled(const facetree_budget_t *budget,
    facetree_error_t *err);

/*
 * Counts work that was done, in units of a pixel decoded.  Every
 * FACETREE_BUDGET_TICKS it looks at the clock and the cancel flag.
 */
facetree_status_e facetree_budget_tick(facetree_budget_t *budget,
    uint64_t pixels, facetree_error_t *err);


/* Sums that stay at the largest number instead of starting again. */

static inline uint64_t
facetree_budget_sum(uint64_t a, uint64_t b)
{
    return (b > UINT64_MAX - a) ? UINT64_MAX : a + b;
}


#pragma GCC visibility pop


#endif /* FACETREE_BUDGET_H */
