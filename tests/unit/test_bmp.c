
/*
 * Copyright (C) facetree contributors
 *
 * BMP written out by hand.  A picture decoded to its own size is not
 * resampled, so the gray levels can be read off.
 */


#include "facetree.h"
#include "facetree_bytes.h"
#include "image_files.h"

#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>


typedef struct {
    uint8_t  data[4096];
    size_t   len;
} test_bmp_t;


/* File and information header; the caller adds what follows. */

static test_bmp_t
test_bmp(uint32_t info_len, uint32_t width, uint32_t height, uint32_t bits,
    uint32_t compression)
{
    uint8_t     *p;
    test_bmp_t   bmp;

    memset(&bmp, 0, sizeof(bmp));

    p = bmp.data;
    memcpy(p, "BM", 2);
    facetree_put_le32(p + 14, info_len);

    if (info_len == 12) {
        facetree_put_le16(p + 18, width);
        facetree_put_le16(p + 20, height);
        facetree_put_le16(p + 22, 1);
        facetree_put_le16(p + 24, bits);

    } else {
        facetree_put_le32(p + 18, width);
        facetree_put_le32(p + 22, height);
        facetree_put_le16(p + 26, 1);
        facetree_put_le16(p + 28, bits);
        facetree_put_le32(p + 30, compression);
    }

    bmp.len = 14 + info_len;

    return bmp;
}


static void
test_add(test_bmp_t *bmp, const void *data, size_t len)
{
    memcpy(bmp->data + bmp->len, data, len);
    bmp->len += len;
}


/* What comes next is the pixels. */

static void
test_pixels_here(test_bmp_t *bmp)
{
    facetree_put_le32(bmp->data + 10, (uint32_t) bmp->len);
}


static facetree_status_e
test_decode(const test_bmp_t *bmp, size_t len, uint32_t width,
    uint32_t height, uint8_t *pixels, facetree_error_t *err)
{
    uint8_t            *copy;
    facetree_status_e   status;

    memset(pixels, 0xa5, (size_t) width * height);

    copy = test_exact_copy(bmp->data, len);
    status = facetree_image_decode(copy, len, NULL, width, height, pixels,
                                   NULL, err);
    free(copy);

    return status;
}


static void
test_expect(const test_bmp_t *bmp, uint32_t width, uint32_t height,
    const char *expected)
{
    uint8_t           pixels[256];
    facetree_error_t  err;

    err.text[0] = '\0';

    cr_assert_eq(test_decode(bmp, bmp->len, width, height, pixels, &err),
                 FACETREE_OK, "%s", err.text);
    cr_expect_eq(memcmp(pixels, expected, (size_t) width * height), 0);
}


Test(bmp, bottom_up_and_top_down)
{
    test_bmp_t  bmp;

    bmp = test_bmp(40, 1, 2, 24, 0);
    test_pixels_here(&bmp);
    test_add(&bmp, "\x10\x10\x10\0\x20\x20\x20\0", 8);
    test_expect(&bmp, 1, 2, "\x20\x10");

    facetree_put_le32(bmp.data + 22, (uint32_t) -2);
    test_expect(&bmp, 1, 2, "\x10\x20");
}


/* OS/2: three bytes a colour, and all 256 of them. */

Test(bmp, os2_palette_to_its_last_entry)
{
    uint32_t    i;
    test_bmp_t  bmp;

    bmp = test_bmp(12, 4, 1, 8, 0);

    for (i = 0; i < 256; i++) {
        test_add(&bmp, i < 252 ? "\0\0\0" : "\x40\x40\x40", 3);
    }

    test_pixels_here(&bmp);
    test_add(&bmp, "\xfb\xfc\xfe\xff", 4);
    test_expect(&bmp, 4, 1, "\x00\x40\x40\x40");
}


/* An index without a colour is black, as in Pillow 11. */

Test(bmp, short_palette)
{
    test_bmp_t  bmp;

    bmp = test_bmp(40, 4, 1, 8, 0);
    facetree_put_le32(bmp.data + 46, 2);
    test_add(&bmp, "\x09\x09\x09\0\x07\x07\x07\0", 8);
    test_pixels_here(&bmp);
    test_add(&bmp, "\0\x01\x02\xc8", 4);
    test_expect(&bmp, 4, 1, "\x09\x07\0\0");

    /* of 4 bits, and of 1 */

    bmp = test_bmp(40, 4, 1, 4, 0);
    facetree_put_le32(bmp.data + 46, 2);
    test_add(&bmp, "\x09\x09\x09\0\x07\x07\x07\0", 8);
    test_pixels_here(&bmp);
    test_add(&bmp, "\x01\x2f\0\0", 4);
    test_expect(&bmp, 4, 1, "\x09\x07\0\0");

    bmp = test_bmp(40, 4, 1, 1, 0);
    facetree_put_le32(bmp.data + 46, 1);
    test_add(&bmp, "\x09\x09\x09\0", 4);
    test_pixels_here(&bmp);
    test_add(&bmp, "\x50\0\0\0", 4);
    test_expect(&bmp, 4, 1, "\x09\0\x09\0");
}


Test(bmp, one_and_four_bits)
{
    test_bmp_t  bmp;

    bmp = test_bmp(40, 9, 1, 1, 0);
    test_add(&bmp, "\x05\x05\x05\0\xf0\xf0\xf0\0", 8);
    test_pixels_here(&bmp);
    test_add(&bmp, "\xa0\x80\0\0", 4);
    test_expect(&bmp, 9, 1, "\xf0\x05\xf0\x05\x05\x05\x05\x05\xf0");

    bmp = test_bmp(40, 3, 1, 4, 0);
    facetree_put_le32(bmp.data + 46, 3);
    test_add(&bmp, "\x0a\x0a\x0a\0\x0b\x0b\x0b\0\x0c\x0c\x0c\0", 12);
    test_pixels_here(&bmp);
    test_add(&bmp, "\x21\x00\0\0", 4);
    test_expect(&bmp, 3, 1, "\x0c\x0b\x0a");
}


/* Five bits widen as v * 255 / 31, cut off: 8 is 65, where others have 66. */

Test(bmp, sixteen_bits)
{
    test_bmp_t  bmp;

    bmp = test_bmp(40, 2, 1, 16, 0);
    test_pixels_here(&bmp);
    test_add(&bmp, "\x08\x21\xff\x7f", 4);          /* 8, 8, 8; white */
    test_expect(&bmp, 2, 1, "\x41\xff");

    bmp = test_bmp(40, 2, 1, 16, 3);
    test_add(&bmp, "\x00\xf8\0\0\xe0\x07\0\0\x1f\0\0\0", 12);
    test_pixels_here(&bmp);
    test_add(&bmp, "\xe0\x07\x20\x00", 4);          /* green 63; green 1 */
    test_expect(&bmp, 2, 1, "\x96\x02");
}


Test(bmp, thirty_two_bits)
{
    test_bmp_t  bmp;

    bmp = test_bmp(40, 2, 1, 32, 0);
    test_pixels_here(&bmp);
    test_add(&bmp, "\0\0\xff\0\0\xff\0\xff", 8);    /* alpha is ignored */
    test_expect(&bmp, 2, 1, "\x4c\x96");

    bmp = test_bmp(40, 1, 1, 32, 3);
    test_add(&bmp, "\0\0\0\xff\0\0\xff\0\0\xff\0\0", 12);
    test_pixels_here(&bmp);
    test_add(&bmp, "\x55\0\0\xff", 4);              /* X, B, G, R */
    test_expect(&bmp, 1, 1, "\x4c");
}


/* The padding of the last row may be missing, its pixels may not. */

Test(bmp, truncation)
{
    uint8_t           pixels[2];
    test_bmp_t        bmp;
    facetree_error_t  err;

    bmp = test_bmp(40, 1, 2, 24, 0);
    test_pixels_here(&bmp);
    test_add(&bmp, "\x10\x10\x10\0\x20\x20\x20\0", 8);

    cr_expect_eq(test_decode(&bmp, bmp.len - 1, 1, 2, pixels, &err),
                 FACETREE_OK);
    cr_expect_eq(pixels[0], 0x20);
    cr_expect_eq(test_decode(&bmp, bmp.len - 2, 1, 2, pixels, &err),
                 FACETREE_EIMAGE);
}


/* No place given: the pixels follow the palette. */

Test(bmp, offset_zero)
{
    test_bmp_t  bmp;

    bmp = test_bmp(40, 1, 1, 1, 0);
    test_add(&bmp, "\x05\x05\x05\0\xf0\xf0\xf0\0\x80\0\0\0", 12);
    test_expect(&bmp, 1, 1, "\xf0");
}


Test(bmp, malformed_headers)
{
    size_t             i;
    uint8_t            pixels[1];
    test_bmp_t         bmp;
    facetree_error_t   err;
    facetree_status_e  status;

    static const struct {
        uint32_t            at;        /* where to put a number */
        uint32_t            value;
        facetree_status_e   status;
    } cases[] = {
        { 10, 58, FACETREE_EIMAGE },           /* pixels behind the end */
        { 10, 0xffffffff, FACETREE_EIMAGE },
        { 14, 41, FACETREE_EIMAGE },           /* header size */
        { 14, 124, FACETREE_EIMAGE },
        { 18, 0, FACETREE_EIMAGE },            /* width */
        { 18, 0x7fffffff, FACETREE_ESIDE },
        { 18, 0xffffffff, FACETREE_ESIDE },
        { 22, 0, FACETREE_EIMAGE },            /* height */
        { 22, 0x80000000, FACETREE_ESIDE },
        { 22, 0xff000000, FACETREE_ESIDE },
        { 22, 2, FACETREE_EIMAGE },
        { 28, 0, FACETREE_EIMAGE },            /* bits */
        { 28, 2, FACETREE_EIMAGE },
        { 28, 0xffff, FACETREE_EIMAGE },
        { 30, 1, FACETREE_EMEDIA },            /* compression */
        { 30, 2, FACETREE_EMEDIA },
        { 30, 3, FACETREE_EIMAGE },            /* masks are missing */
        { 30, 4, FACETREE_EMEDIA },
        { 30, 0xffffffff, FACETREE_EMEDIA }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        bmp = test_bmp(40, 1, 1, 24, 0);
        test_pixels_here(&bmp);
        test_add(&bmp, "\x10\x10\x10\0", 4);

        facetree_put_le32(bmp.data + cases[i].at, cases[i].value);

        status = test_decode(&bmp, bmp.len, 1, 1, pixels, &err);

        cr_expect_eq(status, cases[i].status, "%u at %u: %d, %s",
                     cases[i].value, cases[i].at, (int) status, err.text);
    }
}


Test(bmp, palette_of_too_many_colours)
{
    uint8_t     pixels[1];
    test_bmp_t  bmp;

    bmp = test_bmp(40, 1, 1, 8, 0);
    facetree_put_le32(bmp.data + 46, 257);
    bmp.len += 257 * 4;
    test_pixels_here(&bmp);
    bmp.len += 4;

    cr_expect_eq(test_decode(&bmp, bmp.len, 1, 1, pixels, NULL),
                 FACETREE_EIMAGE);
}
