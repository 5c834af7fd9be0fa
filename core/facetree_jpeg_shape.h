
/*
 * Copyright (C) facetree contributors
 *
 * What the markers of a JPEG tell of its cost: for facetree_jpeg.c, which asks
 * before it starts libjpeg, and again with what libjpeg has read.
 */


#ifndef FACETREE_JPEG_SHAPE_H
#define FACETREE_JPEG_SHAPE_H


#include "facetree_int.h"


#pragma GCC visibility push(hidden)


#define FACETREE_JPEG_COMPONENTS  4


typedef struct {
    uint32_t  width;
    uint32_t  height;
    uint32_t  components;          /* 1, 3 or 4 */
    uint32_t  h[FACETREE_JPEG_COMPONENTS];     /* sampling factors, 1..4 */
    uint32_t  v[FACETREE_JPEG_COMPONENTS];
    int       several;             /* scans, so that coefficients are kept */
    size_t    data;                /* offset of the first scan's data */
} facetree_jpeg_shape_t;


/*
 * Reads the markers up to the first scan.  Returns 0 for what is not an
 * ordinary JPEG, damaged or of a rare kind: libjpeg then says why.
 */
int facetree_jpeg_shape_read(facetree_jpeg_shape_t *shape,
    const uint8_t *data, size_t len);

/*
 * How many scans there are.  Reads all of a file in several scans, and stops
 * with the first scan over FACETREE_IMAGE_MAX_SCANS.
 */
uint32_t facetree_jpeg_shape_scans(const facetree_jpeg_shape_t *shape,
    const uint8_t *data, size_t len);

/* Bytes that libjpeg holds at once, at most, with a row and its gray levels. */
uint64_t facetree_jpeg_shape_memory(const facetree_jpeg_shape_t *shape);


#pragma GCC visibility pop


#endif /* FACETREE_JPEG_SHAPE_H */
