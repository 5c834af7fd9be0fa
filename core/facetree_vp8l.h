
/*
 * Copyright (C) facetree contributors
 *
 * How many groups of Huffman codes a lossless WebP has, for facetree_webp.c.
 * libwebp allocates 12 to 20 KB for each before it reads a pixel, and two
 * hundred kilobytes of file can hold 65,536 of them: nothing in the header
 * tells.  So the stream is read up to there.
 */


#ifndef FACETREE_VP8L_H
#define FACETREE_VP8L_H


#include "facetree_int.h"


#pragma GCC visibility push(hidden)


#define FACETREE_VP8L_MAX_GROUPS  65536


/*
 * Bytes that libwebp takes for the groups of codes of a WebP file whose pixels
 * or whose alpha are of the lossless kind; 0 where there are none.  Where the
 * stream cannot be read cheaply - only hostile ones take so long - the most
 * that a file of its length can need.  Allocates two megabytes at most, and
 * frees them.
 */
uint64_t facetree_vp8l_memory(const uint8_t *data, size_t len,
    uint32_t width, uint32_t height);


#pragma GCC visibility pop


#endif /* FACETREE_VP8L_H */
