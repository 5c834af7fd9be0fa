
/*
 * Copyright (C) facetree contributors
 *
 * The weights of a resampling pass along one axis: Pillow's bicubic kernel,
 * a = -0.5, stretched by the reduction.  They are computed in doubles,
 * normalised, and rounded to whole numbers of FACETREE_AXIS_BITS fractional
 * bits, whose sum is not normalised again.  Bit parity needs
 * -ffp-contract=off here.
 */


#ifndef FACETREE_AXIS_H
#define FACETREE_AXIS_H


#include "facetree_int.h"


#pragma GCC visibility push(hidden)


#define FACETREE_AXIS_BITS  22


/*
 * One axis of the stored picture.  Entry e, in order of the input, makes the
 * output e, or the e-th last if the axis is mirrored, from inputs first[e] to
 * first[e] + count[e] - 1.  Both ends of the range grow with e.
 */

typedef struct {
    uint32_t   in;
    double     box;                /* in - 1 < box <= in, see below */
    uint32_t   out;
    uint32_t   taps;               /* room for weights an entry */
    int        mirror;
    int        copy;               /* in == box == out: Pillow leaves the pass
                                      out */
    uint32_t  *first;
    uint32_t  *count;
    int32_t   *weights;
} facetree_axis_t;


/*
 * "axis" must be zeroed, and is released with facetree_axis_free() even when
 * this fails.  1 <= in < 2^24, 1 <= out.  A copy has no weights.
 *
 * "box" is how many of the inputs the picture covers, from the first one of
 * the stored order: "in", or less where the last input is only partly of the
 * picture, as after shrinking by a whole number that does not divide it.
 */
facetree_status_e facetree_axis_create(facetree_axis_t *axis, uint32_t in,
    double box, uint32_t out, int mirror, facetree_error_t *err);
void facetree_axis_free(facetree_axis_t *axis);

/* Bytes that facetree_axis_create() may take, its scratch included. */
uint64_t facetree_axis_memory(uint32_t in, uint32_t out);

/* Which output an entry makes. */
static inline uint32_t
facetree_axis_place(const facetree_axis_t *axis, uint32_t entry)
{
    return axis->mirror ? axis->out - 1 - entry : entry;
}

/* The most entries that any one input belongs to; not for a copy. */
uint32_t facetree_axis_overlap(const facetree_axis_t *axis);


#pragma GCC visibility pop


#endif /* FACETREE_AXIS_H */
