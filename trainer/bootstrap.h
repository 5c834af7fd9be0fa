
/*
 * Copyright (C) facetree contributors
 *
 * Which training examples a tree of a random forest sees.
 */


#ifndef FACETREE_BOOTSTRAP_H
#define FACETREE_BOOTSTRAP_H


#include "facetree.h"
#include "amount.h"


#pragma GCC visibility push(hidden)


/*
 * max_samples as a number of draws.  Fails with FACETREE_EINVAL unless it is
 * 1 .. count.
 */
facetree_status_e facetree_bootstrap_size(uint32_t *size,
    const facetree_amount_t *max_samples, uint32_t count,
    facetree_error_t *err);

/* Draws "size" of "count" with replacement: how often each was drawn. */
void facetree_bootstrap_draw(uint32_t *drawn, uint32_t count, uint32_t size,
    uint32_t seed);


#pragma GCC visibility pop


#endif /* FACETREE_BOOTSTRAP_H */
