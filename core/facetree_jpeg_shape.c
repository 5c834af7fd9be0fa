
/*
 * Copyright (C) facetree contributors
 *
 * Reads from the markers of a JPEG what decoding it will cost: size,
 * components, scans, memory.  facetree_jpeg.c calls it before libjpeg starts
 * and after libjpeg has read the header.
 */


#ifndef FACETREE_NO_JPEG

#include "facetree_jpeg_shape.h"
#include "facetree_bytes.h"
#include "facetree_image.h"

#include <string.h>


#define FACETREE_JPEG_SOF0    0xc0
#define FACETREE_JPEG_SOF1    0xc1
#define FACETREE_JPEG_SOF2    0xc2
#define FACETREE_JPEG_DHT     0xc4
#define FACETREE_JPEG_RST0    0xd0
#define FACETREE_JPEG_RST7    0xd7
#define FACETREE_JPEG_EOI     0xd9
#define FACETREE_JPEG_SOS     0xda

#define FACETREE_JPEG_BLOCK   8            /* pixels along a side */
#define FACETREE_JPEG_COEFS   128          /* bytes of a block's */

/* Memory: tables and states; rows of samples a row of blocks, at most. */
#define FACETREE_JPEG_FIXED   (64 * 1024)
#define FACETREE_JPEG_ROWS    10


/* The frame header, "len" bytes behind its length. */

static int
facetree_jpeg_shape_frame(facetree_jpeg_shape_t *shape, const uint8_t *p,
    size_t len)
{
    uint32_t  i;

    if (len < 6 || shape->components || p[0] != 8
        || (p[5] != 1 && p[5] != 3 && p[5] != 4) || len != 6 + 3u * p[5])
    {
        return 0;
    }

    shape->height = facetree_get_be16(p + 1);
    shape->width = facetree_get_be16(p + 3);
    shape->components = p[5];

    for (i = 0; i < shape->components; i++) {
        shape->h[i] = p[6 + 3 * i + 1] >> 4;
        shape->v[i] = p[6 + 3 * i + 1] & 15;

        if (shape->h[i] < 1 || shape->h[i] > 4
            || shape->v[i] < 1 || shape->v[i] > 4)
        {
            return 0;
        }
    }

    return shape->width && shape->height;
}


int
facetree_jpeg_shape_read(facetree_jpeg_shape_t *shape, const uint8_t *data,
    size_t len)
{
    size_t    i, size;
    uint32_t  marker;

    memset(shape, 0, sizeof(*shape));

    for (i = 2; len - i >= 5; i += 2 + size) {

        if (data[i] != 0xff) {
            return 0;
        }

        marker = data[i + 1];

        if (marker < FACETREE_JPEG_SOF0 || marker == 0xff
            || (marker >= FACETREE_JPEG_RST0 && marker <= FACETREE_JPEG_EOI))
        {
            return 0;
        }

        size = facetree_get_be16(data + i + 2);

        if (size < 2 || size > len - i - 2) {
            return 0;
        }

        if (marker == FACETREE_JPEG_SOS) {
            shape->several |= (data[i + 4] < shape->components);
            shape->data = i + 2 + size;

            return shape->components != 0;
        }

        if (marker == FACETREE_JPEG_SOF2) {
            shape->several = 1;
        }

        if (marker <= FACETREE_JPEG_SOF2) {
            if (!facetree_jpeg_shape_frame(shape, data + i + 4, size - 2)) {
                return 0;
            }

        } else if (marker < FACETREE_JPEG_RST0
                   && marker != FACETREE_JPEG_DHT)
        {
            return 0;                           /* a frame of a rare kind */
        }
    }

    return 0;
}


uint32_t
facetree_jpeg_shape_scans(const facetree_jpeg_shape_t *shape,
    const uint8_t *data, size_t len)
{
    size_t          left, size;
    uint32_t        scans;
    const uint8_t  *p, *mark;

    if (!shape->several) {
        return 1;
    }

    p = data + shape->data;
    left = len - shape->data;
    scans = 1;

    while (left > 4 && scans <= FACETREE_IMAGE_MAX_SCANS) {
        mark = memchr(p, 0xff, left - 4);

        if (mark == NULL || mark[1] == FACETREE_JPEG_EOI) {
            break;
        }

        left -= (size_t) (mark - p);
        p = mark;

        if (p[1] == 0xff) {
            size = 1;                           /* a fill byte */

        } else if (p[1] == 0 || (p[1] >= FACETREE_JPEG_RST0
                                 && p[1] <= FACETREE_JPEG_RST7))
        {
            size = 2;                           /* within a scan */

        } else {
            scans += (p[1] == FACETREE_JPEG_SOS);
            size = 2 + (size_t) facetree_get_be16(p + 2);
        }

        size = (size < left) ? size : left;
        p += size;
        left -= size;
    }

    return scans;
}


/*
 * Of every component ten rows of samples for each row of blocks, between the
 * inverse DCT and the upsampling; of those that are upsampled a group of full
 * rows; the row of the result, and the gray one; of a file in several scans all
 * coefficients.
 */

uint64_t
facetree_jpeg_shape_memory(const facetree_jpeg_shape_t *shape)
{
    uint32_t  i, h, v;
    uint64_t  blocks, columns, high, memory, wide;

    h = 1;
    v = 1;

    for (i = 0; i < shape->components; i++) {
        h = (shape->h[i] > h) ? shape->h[i] : h;
        v = (shape->v[i] > v) ? shape->v[i] : v;
    }

    columns = (uint64_t) shape->width + h * FACETREE_JPEG_BLOCK;
    memory = FACETREE_JPEG_FIXED + columns * (shape->components + 1);
    blocks = 0;

    for (i = 0; i < shape->components; i++) {

        /* in blocks, with what fills up the last of the groups */

        wide = (uint64_t) shape->width * shape->h[i]
               / (FACETREE_JPEG_BLOCK * h) + 1 + shape->h[i];
        high = (uint64_t) shape->height * shape->v[i]
               / (FACETREE_JPEG_BLOCK * v) + 1 + shape->v[i];

        memory += wide * FACETREE_JPEG_BLOCK * shape->v[i]
                  * FACETREE_JPEG_ROWS
                  + ((shape->h[i] < h || shape->v[i] < v) ? columns * v : 0);
        blocks += wide * high;
    }

    return memory + (shape->several ? blocks * FACETREE_JPEG_COEFS : 0);
}

#else

typedef int  facetree_jpeg_shape_absent_t;

#endif
