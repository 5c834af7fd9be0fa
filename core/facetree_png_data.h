
/*
 * Copyright (C) facetree contributors
 *
 * A PNG file as libpng gets to read it: as it is, but that the pixel data in
 * its IDAT chunks has been unpacked and is handed on in stored blocks.
 *
 * libpng has zlib unpack a row at a time, and zlib goes the slow way, symbol
 * by symbol, where it has room for less than 258 bytes: all the way when a row
 * is shorter than that.  Unpacking tens of kilobytes at a time takes a third
 * of the time for small pictures; libpng's own unpacking is then a copy.
 *
 * What libpng checks is checked still: it gets the zlib header and the
 * checksum of the file.  The CRC of IDAT chunks is compared here, and the one
 * handed on is no CRC: libpng must be told so before it reads pixels.
 */


#ifndef FACETREE_PNG_DATA_H
#define FACETREE_PNG_DATA_H


#include "facetree_image.h"

/* What zlib reads is const. */
#define ZLIB_CONST
#include <zlib.h>


#pragma GCC visibility push(hidden)


typedef struct {
    facetree_decode_t  *decode;

    const uint8_t      *piece;         /* to be read next */
    size_t              left;          /* of it */

    size_t              offset;        /* in the file: what was read, or the
                                          next chunk */
    size_t              pixels;        /* of the first IDAT chunk */
    uint64_t            size;          /* of the pixels, unpacked */
    uint64_t            done;          /* unpacked already */

    z_stream            zlib;          /* next_in is in an IDAT chunk */
    uint8_t            *block;         /* NULL: nothing is unpacked yet */
    size_t              room;
    unsigned            started:1;     /* the zlib header was handed on */
    unsigned            ended:1;       /* the data has, and its checksum */
    uint8_t             head[16];
} facetree_png_data_t;


/* Allocates nothing. */
void facetree_png_data_init(facetree_png_data_t *data,
    facetree_decode_t *decode);

/*
 * How many bytes of pixels there are, to be told before they are read.  Files
 * with a few more are read, as by others; but a small picture may be followed
 * by gigabytes, which libpng would go through to find the checksum.
 */
void facetree_png_data_expect(facetree_png_data_t *data, uint64_t size);

/* The next "len" bytes. */
facetree_status_e facetree_png_data_read(facetree_png_data_t *data,
    uint8_t *buffer, size_t len);

/* In the file, of what was read last, for error messages. */
size_t facetree_png_data_offset(const facetree_png_data_t *data);

void facetree_png_data_free(facetree_png_data_t *data);


#pragma GCC visibility pop


#endif /* FACETREE_PNG_DATA_H */
