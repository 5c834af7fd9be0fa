
/*
 * Copyright (C) facetree contributors
 *
 * stb_image, for the formats that are little more than raw pixels, and for
 * JPEG and PNG in builds without their libraries.
 *
 * It is not shown a header that nobody has read.  The callers parse and check
 * the client's header themselves, and write a plain one for stb_image that
 * says the same; only the pixels behind it are the client's.  So truncation,
 * sizes that overflow, offsets and palettes that lie, and the differences
 * from Pillow all end in our own code.  A JPEG is passed on as it is, but only
 * after its markers have been walked by rules no looser than stb_image's own.
 */


#ifndef FACETREE_STB_H
#define FACETREE_STB_H


#include "facetree_image.h"


#pragma GCC visibility push(hidden)


#define FACETREE_STB_PIECES  3

/* Bytes that stb_image takes beside pixels and samples: its tables, lines. */
#define FACETREE_STB_MEMORY  (64 * 1024)


/* What stb_image is to read, in pieces; the unused ones are empty. */

typedef struct {
    struct {
        const uint8_t  *data;
        size_t          len;
    } pieces[FACETREE_STB_PIECES];

    uint32_t            channels;  /* bytes a pixel, as the header implies */
    uint32_t            byte_work; /* pixels of work behind a byte read, for
                                      the deadline */
} facetree_stb_file_t;

/*
 * Decodes to file->channels bytes a pixel, rows from the top; the size is that
 * of decode->info.  "*frame" is released with facetree_stb_free().
 */
facetree_status_e facetree_stb_load(facetree_decode_t *decode,
    const facetree_stb_file_t *file, uint8_t **frame);

void facetree_stb_free(uint8_t *frame);                       /* NULL is fine */


#pragma GCC visibility pop


#endif /* FACETREE_STB_H */
