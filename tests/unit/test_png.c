
/*
 * Copyright (C) facetree contributors
 *
 * PNG files whose pixel data is packed and cut in every way there is, whole
 * and damaged.
 */


#include "facetree.h"
#include "image_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>
#include <zlib.h>


#define TEST_SIDE    64
#define TEST_PIXELS  (TEST_SIDE * TEST_SIDE)

typedef struct {
    uint8_t  *data;
    size_t    len;
    size_t    room;
} test_png_t;

typedef struct {
    uint32_t  side;            /* a square of RGB */
    size_t    more;            /* bytes behind its pixels */
    size_t    chunk;           /* bytes in each IDAT; 0: all in one */
    size_t    cut;             /* so many packed bytes are left out */
    int       flip;            /* a bit of the checksum is wrong */
    int       window;          /* the header says 256 bytes, which is a lie */
    int       bad_crc;         /* of this chunk, counted from 1 */
    size_t    tail;            /* one more IDAT chunk, of so many bytes */
} test_kind_t;


static void
test_put32(uint8_t *p, size_t value)
{
    p[0] = (uint8_t) (value >> 24);
    p[1] = (uint8_t) (value >> 16);
    p[2] = (uint8_t) (value >> 8);
    p[3] = (uint8_t) value;
}


static void
test_chunk(test_png_t *png, const char *name, const void *data, size_t len,
    int damage)
{
    uint8_t  *p;

    if (png->room - png->len < len + 12) {
        png->room = 2 * png->room + len + 12;
        png->data = realloc(png->data, png->room);
        cr_assert_not_null(png->data);
    }

    p = png->data + png->len;

    test_put32(p, len);
    memcpy(p + 4, name, 4);

    if (len) {
        memcpy(p + 8, data, len);
    }

    test_put32(p + 8 + len, crc32_z(0, p + 4, len + 4) ^ (uLong) damage);
    png->len += len + 12;
}


static uint8_t
test_level(size_t i)
{
    return (uint8_t) ((i * 2654435761u) >> 13 ^ i / 251);
}


/* Rows of "side" RGB pixels, none filtered, and what is to follow. */

static uint8_t *
test_pack(const test_kind_t *kind, size_t *len)
{
    size_t    i, x, y, size;
    uLongf    packed_len;
    uint8_t  *raw, *packed;

    size = kind->side * ((size_t) kind->side * 3 + 1);
    raw = calloc(1, size + kind->more);
    packed_len = compressBound(size + kind->more);
    packed = malloc(packed_len);
    cr_assert(raw && packed);

    for (y = 0, i = 0; y < kind->side; y++) {
        raw[i++] = 0;

        for (x = 0; x < (size_t) kind->side * 3; x++, i++) {
            /* repeats after more than 256 bytes, and before */
            raw[i] = (y % 3) ? test_level(x) : test_level(i % 1000);
        }
    }

    cr_assert_eq(compress2(packed, &packed_len, raw, size + kind->more, 9),
                 Z_OK);
    free(raw);

    if (kind->window) {
        packed[0] = 0x08;
        packed[1] = (uint8_t) (31 - 0x0800 % 31);
    }

    packed[packed_len - 1] ^= (uint8_t) kind->flip;
    *len = packed_len - kind->cut;

    return packed;
}


static test_png_t
test_png(const test_kind_t *kind)
{
    int         n;
    size_t      at, len, part;
    uint8_t    *packed, header[13] = { 0 };
    test_png_t  png = { NULL, 8, 0 };

    png.room = 8;
    png.data = malloc(png.room);
    cr_assert_not_null(png.data);
    memcpy(png.data, "\x89PNG\r\n\x1a\n", 8);

    test_put32(header, kind->side);
    test_put32(header + 4, kind->side);
    header[8] = 8;
    header[9] = 2;
    test_chunk(&png, "IHDR", header, sizeof(header), 0);
    test_chunk(&png, "tEXt", "Comment\0none", 12, 0);

    packed = test_pack(kind, &len);
    part = kind->chunk ? kind->chunk : len;

    for (at = 0, n = 1; at < len; at += part, n++) {
        part = (part < len - at) ? part : len - at;
        test_chunk(&png, "IDAT", packed + at, part, kind->bad_crc == n);

        if (kind->chunk && n % 7 == 1) {
            test_chunk(&png, "IDAT", NULL, 0, 0);
        }
    }

    if (kind->tail) {
        test_chunk(&png, "IDAT", packed, kind->tail, kind->bad_crc == n);
    }

    test_chunk(&png, "IEND", NULL, 0, 0);
    free(packed);

    return png;
}


static facetree_status_e
test_decode(const test_kind_t *kind, uint8_t *pixels, facetree_error_t *err)
{
    uint8_t                  *exact;
    test_png_t                png;
    facetree_status_e         status;
    facetree_budget_t         budget;

    facetree_budget_init(&budget, NULL);
    budget.limits.cpu_ms = 0;
    memset(err, 0, sizeof(*err));

    png = test_png(kind);
    exact = test_exact_copy(png.data, png.len);

    status = facetree_image_decode(exact, png.len, &budget, TEST_SIDE,
                                   TEST_SIDE, pixels, NULL, err);
    free(exact);
    free(png.data);

    return status;
}


/* Not packed at all, and so past all that is special of PNG. */

static void
test_reference(uint32_t side, uint8_t *pixels)
{
    size_t    i, x, y, at, len;
    uint8_t  *file;
    char      header[32];

    at = (size_t) sprintf(header, "P6 %u %u 255\n", side, side);
    len = at + (size_t) side * side * 3;
    file = malloc(len);
    cr_assert_not_null(file);
    memcpy(file, header, at);

    for (y = 0, i = 0; y < side; y++) {
        i++;

        for (x = 0; x < (size_t) side * 3; x++, i++) {
            file[at++] = (y % 3) ? test_level(x) : test_level(i % 1000);
        }
    }

    cr_assert_eq(facetree_image_decode(file, len, NULL, TEST_SIDE, TEST_SIDE,
                                       pixels, NULL, NULL), FACETREE_OK);
    free(file);
}


Test(png, chunks_may_be_cut_anywhere)
{
    size_t            i, k;
    uint8_t           pixels[TEST_PIXELS], expected[TEST_PIXELS];
    facetree_error_t  err;
    test_kind_t       kind;

    /* within a block of unpacked data, a few of them, and many */
    static const uint32_t  sides[] = { 1, 64, 147, 148, 500 };
    static const size_t    chunks[] = { 0, 1, 2, 3, 100, 8192 };

    for (i = 0; i < sizeof(sides) / sizeof(sides[0]); i++) {
        test_reference(sides[i], expected);

        for (k = 0; k < sizeof(chunks) / sizeof(chunks[0]); k++) {
            memset(&kind, 0, sizeof(kind));
            kind.side = sides[i];
            kind.chunk = chunks[k];

            cr_assert_eq(test_decode(&kind, pixels, &err), FACETREE_OK,
                         "%u by %zu: %s", sides[i], chunks[k], err.text);
            cr_assert_eq(memcmp(pixels, expected, TEST_PIXELS), 0,
                         "%u by %zu", sides[i], chunks[k]);
        }
    }
}


Test(png, damage)
{
    size_t            i;
    uint8_t           pixels[TEST_PIXELS];
    facetree_error_t  err;

    static const test_kind_t  kinds[] = {
        { .side = 64, .cut = 1 },               /* within the checksum */
        { .side = 64, .cut = 4 },
        { .side = 64, .cut = 5 },               /* within the data */
        { .side = 64, .cut = 500 },
        { .side = 500, .cut = 500 },
        { .side = 64, .cut = 4, .chunk = 9 },
        { .side = 64, .flip = 1 },
        { .side = 500, .flip = 128 },
        { .side = 64, .bad_crc = 1 },
        { .side = 64, .bad_crc = 3, .chunk = 50 },
        { .side = 500, .bad_crc = 9, .chunk = 500 }
    };

    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        cr_expect_eq(test_decode(&kinds[i], pixels, &err), FACETREE_EIMAGE,
                     "%zu", i);
        cr_expect_eq(strncmp(err.text, "PNG is ", 7), 0, "%zu: %s", i,
                     err.text);
    }
}


#ifndef FACETREE_NO_PNG

/* What follows the checksum is not looked at, nor its CRC; as in Pillow. */

Test(png, more_than_its_pixels)
{
    size_t            i;
    uint8_t           pixels[TEST_PIXELS], expected[TEST_PIXELS];
    facetree_error_t  err;

    static const test_kind_t  kinds[] = {
        { .side = 64, .tail = 9 },
        { .side = 64, .tail = 9, .bad_crc = 2 },
        { .side = 64, .more = 1 },
        { .side = 64, .more = 60 * 1000 },
        { .side = 64, .more = 60 * 1000, .chunk = 3 },
        { .side = 64, .window = 1 }
    };

    test_reference(64, expected);

    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        cr_expect_eq(test_decode(&kinds[i], pixels, &err), FACETREE_OK,
                     "%zu: %s", i, err.text);
        cr_expect_eq(memcmp(pixels, expected, TEST_PIXELS), 0, "%zu", i);
    }
}

#endif


/* 100 KB that unpack to 100 MB, behind a picture of one pixel. */

Test(png, bomb_behind_the_pixels)
{
    uint8_t           pixels[TEST_PIXELS];
    facetree_error_t  err;
    test_kind_t       kind = { .side = 1, .more = 100 * 1000 * 1000 };

    cr_expect_eq(test_decode(&kind, pixels, &err), FACETREE_EIMAGE);
#ifndef FACETREE_NO_PNG
    cr_expect_not_null(strstr(err.text, "more than its pixels"), "%s",
                       err.text);
#endif
}


/*
 * Four indices, at each depth, of which two have a colour.  The others are
 * black.
 */

Test(png, index_past_the_palette)
{
    size_t      i;
    uLongf      packed_len;
    uint8_t     packed[64], raw[5] = { 0 }, header[13] = { 0 };
    uint8_t     pixels[4], *exact;
    test_png_t  png;

    static const struct {
        uint8_t      depth;
        uint8_t      interlaced;
        const char  *row;
        size_t       len;
    } cases[] = {
        { 2, 0, "\x1b", 1 },
        { 4, 0, "\x01\x2f", 2 },
        { 8, 0, "\x00\x01\x02\xff", 4 },
        { 8, 1, NULL, 0 }
    };

    /* passes of an interlaced row of four: 0, then 2, then 1 and 3 */
    static const char  passes[] = "\0\x00" "\0\x02" "\0\x01\xff";

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        png.len = 8;
        png.room = 8;
        png.data = malloc(png.room);
        cr_assert_not_null(png.data);
        memcpy(png.data, "\x89PNG\r\n\x1a\n", 8);

        test_put32(header, 4);
        test_put32(header + 4, 1);
        header[8] = cases[i].depth;
        header[9] = 3;
        header[12] = cases[i].interlaced;
        test_chunk(&png, "IHDR", header, sizeof(header), 0);
        test_chunk(&png, "PLTE", "\x09\x09\x09\x07\x07\x07", 6, 0);

        packed_len = sizeof(packed);

        if (cases[i].interlaced) {
            cr_assert_eq(compress(packed, &packed_len,
                                  (const uint8_t *) passes,
                                  sizeof(passes) - 1), Z_OK);
        } else {
            memcpy(raw + 1, cases[i].row, cases[i].len);
            cr_assert_eq(compress(packed, &packed_len, raw,
                                  cases[i].len + 1), Z_OK);
        }

        test_chunk(&png, "IDAT", packed, packed_len, 0);
        test_chunk(&png, "IEND", NULL, 0, 0);

        exact = test_exact_copy(png.data, png.len);
        cr_expect_eq(facetree_image_decode(exact, png.len, NULL, 4, 1, pixels,
                                           NULL, NULL), FACETREE_OK,
                     "%zu", i);
        cr_expect_eq(memcmp(pixels, "\x09\x07\0\0", 4), 0, "%zu: %u %u %u %u",
                     i, pixels[0], pixels[1], pixels[2], pixels[3]);
        free(exact);
        free(png.data);
    }
}
