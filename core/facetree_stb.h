
/*
 * Copyright (C) facetree contributors
 *
 * stb_image, for the formats that are little more than raw pixels.
 *
 * It is never shown a header from outside.  The callers parse and check the
 * client's header themselves, and write a plain one for stb_image that says
 * the same; only the pixels behind it are the client's.  So truncation, sizes
 * that overflow, offsets and palettes that lie, and the differences from
 * Pillow all end in our own code.
 */


#ifndef FACETREE_STB_H
#define FACETREE_STB_H


#include "facetree_image.h"


#pragma GCC visibility push(hidden)


typedef struct {
    const uint8_t  *header;        /* ours */
    size_t          header_len;
    const uint8_t  *pixels;        /* the client's; reads as 0 beyond its end */
    size_t          pixels_len;
} facetree_stb_file_t;

/*
 * Decodes to "channels" bytes a pixel, which must be what the header implies,
 * rows from the top; the size is that of decode->info.  "*frame" is released
 * with facetree_stb_free().
 */
facetree_status_e facetree_stb_load(facetree_decode_t *decode,
    const facetree_stb_file_t *file, uint32_t channels, uint8_t **frame);

void facetree_stb_free(uint8_t *frame);                       /* NULL is fine */


#pragma GCC visibility pop


#endif /* FACETREE_STB_H */
