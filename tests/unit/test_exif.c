
/*
 * Copyright (C) facetree contributors
 */


#include "facetree_exif.h"
#include "image_files.h"

#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>
#include <zlib.h>


typedef struct {
    uint8_t  data[256];
    size_t   len;
} test_bytes_t;


static void
test_add(test_bytes_t *bytes, const void *data, size_t len)
{
    cr_assert_leq(bytes->len + len, sizeof(bytes->data));
    memcpy(bytes->data + bytes->len, data, len);
    bytes->len += len;
}


static void
test_add_number(test_bytes_t *bytes, int big_endian, uint32_t value,
    uint32_t size)
{
    uint8_t   byte;
    uint32_t  i;

    for (i = 0; i < size; i++) {
        byte = (uint8_t) (value >> 8 * (big_endian ? size - 1 - i : i));
        test_add(bytes, &byte, 1);
    }
}


/* TIFF with a directory of one entry at offset 8: bytes 10..21. */

static test_bytes_t
test_tiff(int big_endian, uint32_t tag, uint32_t type, uint32_t count,
    uint32_t value)
{
    test_bytes_t  bytes;

    memset(&bytes, 0, sizeof(bytes));

    test_add(&bytes, big_endian ? "MM\0*" : "II*\0", 4);
    test_add_number(&bytes, big_endian, 8, 4);
    test_add_number(&bytes, big_endian, 1, 2);
    test_add_number(&bytes, big_endian, tag, 2);
    test_add_number(&bytes, big_endian, type, 2);
    test_add_number(&bytes, big_endian, count, 4);
    test_add_number(&bytes, big_endian, value, type == 4 ? 4 : 2);
    test_add(&bytes, "\0\0\0\0\0\0", type == 4 ? 4 : 6);

    return bytes;
}


/* From memory of just that size. */

static uint32_t
test_orientation(const test_bytes_t *bytes, size_t len)
{
    uint8_t   *copy;
    uint32_t   orientation;

    copy = test_exact_copy(bytes->data, len);
    orientation = facetree_exif_orientation(copy, len);
    free(copy);

    return orientation;
}


Test(exif, every_value_in_both_byte_orders)
{
    int           big_endian;
    uint32_t      value;
    test_bytes_t  bytes;

    for (big_endian = 0; big_endian < 2; big_endian++) {
        for (value = 0; value < 300; value++) {
            bytes = test_tiff(big_endian, 0x0112, 3, 1, value);

            cr_expect_eq(test_orientation(&bytes, bytes.len),
                         (value >= 1 && value <= 8) ? value : 1, "%u", value);
        }
    }
}


Test(exif, types_and_counts)
{
    size_t        i;
    test_bytes_t  bytes;

    static const struct {
        uint32_t  tag, type, count, expected;
    } cases[] = {
        { 0x0112, 3, 1, 6 },
        { 0x0112, 4, 1, 6 },
        { 0x0111, 3, 1, 1 },       /* another tag */
        { 0x0112, 3, 0, 1 },       /* no value */
        { 0x0112, 3, 2, 6 },       /* two: the first */
        { 0x0112, 1, 1, 1 },       /* BYTE, which is no number to Pillow */
        { 0x0112, 1, 2, 1 },
        { 0x0112, 7, 1, 1 },       /* UNDEFINED */
        { 0x0112, 6, 1, 6 },       /* SBYTE, SSHORT, SLONG, IFD */
        { 0x0112, 8, 1, 6 },
        { 0x0112, 9, 1, 6 },
        { 0x0112, 13, 1, 6 },
        { 0x0112, 3, 0xffffffff, 1 },
        { 0x0112, 2, 1, 1 },       /* text */
        { 0x0112, 5, 1, 1 },       /* a fraction, outside */
        { 0x0112, 0, 1, 1 },
        { 0x0112, 99, 1, 1 }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        bytes = test_tiff(0, cases[i].tag, cases[i].type, cases[i].count, 6);

        cr_expect_eq(test_orientation(&bytes, bytes.len), cases[i].expected,
                     "case %zu", i);
    }
}


/* Values of eight bytes, behind the directory; all as Pillow 9.4 has them. */

Test(exif, values_outside_the_directory)
{
    int           big;
    size_t        i;
    test_bytes_t  bytes;

    static const struct {
        uint32_t  type, first, second, expected;
    } cases[] = {
        { 5, 6, 1, 6 },            /* RATIONAL, SRATIONAL */
        { 5, 12, 2, 6 },
        { 5, 13, 2, 1 },
        { 5, 6, 0, 1 },
        { 10, 3, 1, 3 },
        { 12, 0x40180000, 0, 6 },  /* DOUBLE: 6.0, 6.5, NaN */
        { 12, 0x401a0000, 0, 1 },
        { 12, 0x7ff80000, 0, 1 },
        { 16, 0, 6, 6 },           /* LONG8 */
        { 16, 1, 6, 1 }
    };

    for (i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
        big = i % 2;

        memset(&bytes, 0, sizeof(bytes));
        test_add(&bytes, big ? "MM\0*" : "II*\0", 4);
        test_add_number(&bytes, big, 8, 4);
        test_add_number(&bytes, big, 1, 2);
        test_add_number(&bytes, big, 0x0112, 2);
        test_add_number(&bytes, big, cases[i / 2].type, 2);
        test_add_number(&bytes, big, 1, 4);
        test_add_number(&bytes, big, 26, 4);
        test_add_number(&bytes, big, 0, 4);

        if (!big && cases[i / 2].type >= 12) {
            test_add_number(&bytes, big, cases[i / 2].second, 4);
            test_add_number(&bytes, big, cases[i / 2].first, 4);

        } else {
            test_add_number(&bytes, big, cases[i / 2].first, 4);
            test_add_number(&bytes, big, cases[i / 2].second, 4);
        }

        cr_expect_eq(test_orientation(&bytes, bytes.len),
                     cases[i / 2].expected, "case %zu", i);
        cr_expect_eq(test_orientation(&bytes, bytes.len - 1), 1);
    }

    /* FLOAT lies in the entry */

    bytes = test_tiff(1, 0x0112, 11, 1, 0x40c0);
    cr_expect_eq(test_orientation(&bytes, bytes.len), 6);
    bytes = test_tiff(1, 0x0112, 11, 1, 0x40d0);
    cr_expect_eq(test_orientation(&bytes, bytes.len), 1);
}


Test(exif, prefix_may_be_there)
{
    test_bytes_t  bytes, tiff;

    tiff = test_tiff(1, 0x0112, 3, 1, 8);

    memset(&bytes, 0, sizeof(bytes));
    test_add(&bytes, "Exif\0\0", 6);
    test_add(&bytes, tiff.data, tiff.len);

    cr_expect_eq(test_orientation(&bytes, bytes.len), 8);
}


/* The value is found once the entry is whole, and nothing is read beyond. */

Test(exif, truncated_anywhere)
{
    size_t        len;
    test_bytes_t  bytes;

    bytes = test_tiff(0, 0x0112, 3, 1, 6);

    for (len = 0; len <= bytes.len; len++) {
        cr_expect_eq(test_orientation(&bytes, len), (len < 22) ? 1 : 6, "%zu",
                     len);
    }
}


Test(exif, hostile_offsets)
{
    size_t        i;
    test_bytes_t  bytes;

    static const uint32_t  offsets[] = {
        0, 1, 21, 22, 23, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff
    };

    for (i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
        bytes = test_tiff(0, 0x0112, 3, 1, 6);
        bytes.len = 4;
        test_add_number(&bytes, 0, offsets[i], 4);

        cr_expect_eq(test_orientation(&bytes, 22), 1, "%u", offsets[i]);
    }

    bytes = test_tiff(0, 0x0112, 3, 1, 6);
    bytes.data[8] = 0xff;                       /* 65535 entries, one there */
    bytes.data[9] = 0xff;
    cr_expect_eq(test_orientation(&bytes, bytes.len), 6);
}


/* As Pillow: a value that lies outside of the data ends the directory. */

Test(exif, entry_before_points_outside)
{
    uint32_t      i, offset;
    test_bytes_t  bytes;

    for (i = 0; i < 2; i++) {
        offset = i ? 4000 : 8;

        memset(&bytes, 0, sizeof(bytes));
        test_add(&bytes, "II*\0", 4);
        test_add_number(&bytes, 0, 8, 4);
        test_add_number(&bytes, 0, 2, 2);
        test_add_number(&bytes, 0, 0x010f, 2);      /* Make, 8 characters */
        test_add_number(&bytes, 0, 2, 2);
        test_add_number(&bytes, 0, 8, 4);
        test_add_number(&bytes, 0, offset, 4);
        test_add_number(&bytes, 0, 0x0112, 2);
        test_add_number(&bytes, 0, 3, 2);
        test_add_number(&bytes, 0, 1, 4);
        test_add_number(&bytes, 0, 5, 4);

        cr_expect_eq(test_orientation(&bytes, bytes.len), i ? 1 : 5);
    }
}


static void
test_add_app1(test_bytes_t *bytes, const char *name, size_t name_len,
    uint32_t orientation)
{
    test_bytes_t  tiff;

    tiff = test_tiff(0, 0x0112, 3, 1, orientation);

    test_add(bytes, "\xff\xe1", 2);
    test_add_number(bytes, 1, (uint32_t) (2 + name_len + tiff.len), 2);
    test_add(bytes, name, name_len);
    test_add(bytes, tiff.data, tiff.len);
}


Test(exif, first_app1_of_a_jpeg_counts)
{
    uint8_t       *copy;
    size_t         len;
    uint32_t       orientation;
    test_bytes_t   bytes;

    memset(&bytes, 0, sizeof(bytes));

    test_add(&bytes, "\xff\xd8", 2);
    test_add_app1(&bytes, "http\0\0", 6, 3);        /* XMP is something else */
    test_add(&bytes, "\xff\xff\xff", 3);            /* fill bytes */
    test_add_app1(&bytes, "Exif\0\0", 6, 6);
    test_add_app1(&bytes, "Exif\0\0", 6, 8);
    test_add(&bytes, "\xff\xda\0\x02", 4);

    cr_expect_eq(facetree_exif_jpeg(bytes.data, bytes.len, 65536), 6);

    for (len = 0; len < bytes.len; len++) {
        copy = test_exact_copy(bytes.data, len);
        orientation = facetree_exif_jpeg(copy, len, 65536);
        cr_expect(orientation == 1 || orientation == 6, "%zu", len);
        free(copy);
    }
}


/* Behind the start of the scan nothing is looked for. */

Test(exif, jpeg_scan_ends_the_search)
{
    test_bytes_t  bytes;

    memset(&bytes, 0, sizeof(bytes));

    test_add(&bytes, "\xff\xd8\xff\xda\0\x02", 6);
    test_add_app1(&bytes, "Exif\0\0", 6, 6);

    cr_expect_eq(facetree_exif_jpeg(bytes.data, bytes.len, 65536), 1);
}


static void
test_add_chunk(test_bytes_t *bytes, const char *name, const void *data,
    size_t len, uint32_t crc_change)
{
    size_t  start;

    test_add_number(bytes, 1, (uint32_t) len, 4);
    start = bytes->len;
    test_add(bytes, name, 4);
    test_add(bytes, data, len);
    test_add_number(bytes, 1, crc_change
                    ^ (uint32_t) crc32(0, bytes->data + start,
                                       (uInt) (bytes->len - start)), 4);
}


Test(exif, png_chunk)
{
    size_t         len;
    uint8_t       *copy;
    uint32_t       orientation;
    test_bytes_t   bytes, three, six;

    three = test_tiff(0, 0x0112, 3, 1, 3);
    six = test_tiff(1, 0x0112, 3, 1, 6);

    memset(&bytes, 0, sizeof(bytes));

    test_add(&bytes, "\x89PNG\r\n\x1a\n", 8);
    test_add_chunk(&bytes, "IDAT", "", 0, 0);
    test_add_chunk(&bytes, "eXIf", six.data, six.len, 0);
    test_add_chunk(&bytes, "eXIf", three.data, three.len, 1);
    test_add_chunk(&bytes, "IEND", "", 0, 0);
    test_add_chunk(&bytes, "eXIf", three.data, three.len, 0);

    cr_expect_eq(facetree_exif_png(bytes.data, bytes.len, 65536), 6);

    for (len = 0; len < bytes.len; len++) {
        copy = test_exact_copy(bytes.data, len);
        orientation = facetree_exif_png(copy, len, 65536);
        cr_expect(orientation == 1 || orientation == 6, "%zu", len);
        free(copy);
    }
}


Test(exif, webp_chunk_must_be_announced)
{
    size_t         len;
    uint8_t       *copy;
    uint32_t       i, orientation;
    test_bytes_t   bytes, tiff;

    tiff = test_tiff(0, 0x0112, 3, 1, 6);

    for (i = 0; i < 2; i++) {
        memset(&bytes, 0, sizeof(bytes));

        test_add(&bytes, "RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0", 20);
        test_add(&bytes, i ? "\x08" : "\x00", 1);
        test_add(&bytes, "\0\0\0\0\0\0\0\0\0", 9);
        test_add(&bytes, "odd \x01\0\0\0x\0", 10);  /* padded to even */
        test_add(&bytes, "EXIF", 4);
        test_add_number(&bytes, 0, (uint32_t) tiff.len, 4);
        test_add(&bytes, tiff.data, tiff.len);

        cr_expect_eq(facetree_exif_webp(bytes.data, bytes.len, 65536),
                     i ? 6 : 1);

        for (len = 0; len < bytes.len; len++) {
            copy = test_exact_copy(bytes.data, len);
            orientation = facetree_exif_webp(copy, len, 65536);
            cr_expect_eq(orientation, 1, "%zu", len);
            free(copy);
        }
    }
}
