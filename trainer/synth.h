
/*
 * Copyright (C) facetree contributors
 *
 * The synthetic face set: drawn people for when no photographs can be had.
 */


#ifndef FACETREE_SYNTH_H
#define FACETREE_SYNTH_H


#include "facetree.h"


#pragma GCC visibility push(hidden)


#define FACETREE_SYNTH_SIDE      64
#define FACETREE_SYNTH_PEOPLE    40
#define FACETREE_SYNTH_PICTURES  10

/*
 * Draws picture "picture" of person "person" under a seed: SIDE * SIDE gray
 * levels.  The same arguments give the same bytes on every machine; any
 * number of people and pictures may be asked for.
 */
void facetree_synth_draw(uint32_t seed, uint32_t person, uint32_t picture,
    uint8_t *pixels);


#pragma GCC visibility pop


#endif /* FACETREE_SYNTH_H */
