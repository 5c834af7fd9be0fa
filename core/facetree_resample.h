
/*
 * Copyright (C) facetree contributors
 *
 * Bicubic resampling of one 8-bit band, bit for bit Pillow's resize() after
 * its exif_transpose(), fed row by row.
 *
 * The arithmetic is that of Pillow's 8-bit path (libImaging/Resample.c, after
 * 2016): separable kernels, a = -0.5, stretched by the reduction; weights
 * computed in doubles, normalised, then rounded to 22 fractional bits; one
 * pass along each row, rounded to bytes, then one down the columns.  Weights
 * need -ffp-contract=off; the passes themselves are whole numbers.
 *
 * Orientation costs nothing and makes no copy.  Weights are computed in the
 * frame of the upright picture and mirrored where the stored one runs the
 * other way.  For orientations 5..8 the upright picture's rows are the stored
 * one's columns, so the column pass comes first then.
 */


#ifndef FACETREE_RESAMPLE_H
#define FACETREE_RESAMPLE_H


#include "facetree_int.h"


#pragma GCC visibility push(hidden)


/* Beyond it a size would not survive Pillow's single-precision box. */
#define FACETREE_RESAMPLE_MAX_SIDE  ((1u << 24) - 1)


typedef struct facetree_resample_s  facetree_resample_t;

typedef struct {
    uint32_t   width;              /* of the rows that come, as stored, */
    uint32_t   height;             /* 1..MAX_SIDE */
    double     box_width;          /* what the picture covers of it, see */
    double     box_height;         /* facetree_axis_create() */
    uint32_t   orientation;        /* 1..8 */
    uint32_t   out_width;          /* upright, 1..256 */
    uint32_t   out_height;
    uint8_t   *pixels;             /* the caller's, out_width * out_height */
} facetree_resample_options_t;

/* Bytes that a resampler may hold at once, at most. */
uint64_t facetree_resample_memory(const facetree_resample_options_t *options);

facetree_status_e facetree_resample_create(facetree_resample_t **out,
    const facetree_resample_options_t *options, facetree_error_t *err);

/*
 * Takes the next row of "width" bytes.  After the last one, the "height"-th,
 * all pixels have been written; further rows must not come.
 */
void facetree_resample_row(facetree_resample_t *resample, const uint8_t *row);

void facetree_resample_free(facetree_resample_t *resample);   /* NULL is fine */


#pragma GCC visibility pop


#endif /* FACETREE_RESAMPLE_H */
