
/*
 * Copyright (C) facetree contributors
 *
 * Lossless WebP that takes far more memory than its pixels: a file of many
 * groups of Huffman codes.
 */


#include "facetree.h"
#include "heap.h"
#include "large.h"

#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>


#ifndef FACETREE_NO_WEBP

#define TEST_SIDE   1024           /* of the picture: blocks of 4 x 4 */
#define TEST_ROW    (TEST_SIDE / 4)
#define TEST_BLOCKS (TEST_ROW * TEST_ROW)


typedef struct {
    uint8_t   data[512 * 1024];
    uint64_t  bits;
} test_stream_t;


static void
test_put(test_stream_t *stream, uint32_t value, uint32_t count)
{
    uint32_t  i;

    for (i = 0; i < count; i++, stream->bits++) {
        stream->data[stream->bits / 8] |= (uint8_t) ((value >> i & 1)
                                                     << (stream->bits % 8));
    }
}


/* A code of the one symbol 0, which takes no bits then. */

static void
test_put_zero(test_stream_t *stream)
{
    test_put(stream, 1, 1);            /* simple */
    test_put(stream, 0, 1);            /* one symbol */
    test_put(stream, 0, 1);            /* of one bit */
    test_put(stream, 0, 1);            /* 0 */
}


/* A code in which all 256 symbols have 8 bits, for an alphabet of "count". */

static void
test_put_bytes(test_stream_t *stream, uint32_t count)
{
    uint32_t  i;

    test_put(stream, 0, 1);
    test_put(stream, 12 - 4, 4);       /* lengths of codes of lengths */

    /* 17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8: only 18 and 8, of a bit each */

    for (i = 0; i < 12; i++) {
        test_put(stream, (i == 1 || i == 11), 3);
    }

    test_put(stream, 0, 1);            /* all lengths follow */

    for (i = 0; i < 256; i++) {
        test_put(stream, 0, 1);        /* 8 */
    }

    if (count > 256) {                 /* 18: 24 times none */
        test_put(stream, 1, 1);
        test_put(stream, count - 256 - 11, 7);
    }
}


static uint32_t
test_reverse(uint32_t value)
{
    uint32_t  i, reversed;

    reversed = 0;

    for (i = 0; i < 8; i++) {
        reversed |= (value >> i & 1) << (7 - i);
    }

    return reversed;
}


/*
 * A picture of one colour, whose blocks go through "groups" groups of codes,
 * all the same.  Returns the length of the file.
 */

static size_t
test_file(test_stream_t *stream, uint32_t groups)
{
    size_t    len;
    uint32_t  i, j;

    memset(stream, 0, sizeof(*stream));
    stream->bits = 20 * 8;

    test_put(stream, 0x2f, 8);
    test_put(stream, TEST_SIDE - 1, 14);
    test_put(stream, TEST_SIDE - 1, 14);
    test_put(stream, 0, 1 + 3);        /* no alpha, version 0 */

    test_put(stream, 0, 1);            /* no transforms */
    test_put(stream, 0, 1);            /* no cache of colours */
    test_put(stream, 1, 1);            /* groups, by blocks of 4 x 4 */
    test_put(stream, 0, 3);

    test_put(stream, 0, 1);            /* their picture: no cache, */
    test_put_bytes(stream, 280);       /* green is the low byte, */
    test_put_bytes(stream, 256);       /* red the high one */
    test_put_zero(stream);
    test_put_zero(stream);
    test_put_zero(stream);

    for (i = 0; i < TEST_BLOCKS; i++) {
        test_put(stream, test_reverse(i % groups & 255), 8);
        test_put(stream, test_reverse(i % groups >> 8), 8);
    }

    for (i = 0; i < groups; i++) {
        for (j = 0; j < 5; j++) {
            test_put_zero(stream);
        }
    }

    len = (size_t) (stream->bits + 7) / 8 + 16;
    len += len & 1;

    memcpy(stream->data, "RIFF\0\0\0\0WEBPVP8L", 16);

    for (i = 0; i < 4; i++) {
        stream->data[4 + i] = (uint8_t) ((len - 8) >> (8 * i));
        stream->data[16 + i] = (uint8_t) ((len - 20) >> (8 * i));
    }

    return len;
}


static test_stream_t  test_stream;


Test(vp8l, groups_are_memory)
{
    size_t             i, len, taken;
    uint8_t            pixels[64 * 64];
    facetree_error_t   err;
    facetree_budget_t  budget;

    static const uint32_t  groups[] = { 1, 2, 100, 999, 1001, 5000 };

    for (i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        len = test_file(&test_stream, groups[i]);

        facetree_budget_init(&budget, NULL);

        cr_assert_eq(facetree_budget_probe(&budget, test_stream.data, len,
                                           NULL, &err), FACETREE_OK, "%s",
                     err.text);

        facetree_test_heap_start();
        cr_expect_eq(facetree_image_decode(test_stream.data, len, &budget, 64,
                                           64, pixels, NULL, &err),
                     FACETREE_OK, "%u groups: %s", groups[i], err.text);
        taken = facetree_test_heap_stop();

        cr_expect_leq(taken, budget.memory, "%u groups: %zu, stated %llu",
                      groups[i], taken, (unsigned long long) budget.memory);
        cr_expect_leq(budget.memory, 2 * taken + (1 << 20),
                      "%u groups: %zu, stated %llu", groups[i], taken,
                      (unsigned long long) budget.memory);
    }
}


/* 300 KB of file, of a megapixel, that libwebp would take 800 MB for. */

Test(vp8l, most_groups_are_refused)
{
    size_t             len;
    uint8_t            pixels[64 * 64];
    facetree_error_t   err;
    facetree_budget_t  budget;

    len = test_file(&test_stream, 65536);
    cr_assert_lt(len, 320 * 1024);

    facetree_budget_init(&budget, NULL);

    cr_expect_eq(facetree_budget_probe(&budget, test_stream.data, len, NULL,
                                       &err), FACETREE_EMEMORY);
    cr_expect_gt(err.observed, (uint64_t) 65536 * 12000);
    cr_expect_lt(err.observed, (uint64_t) 65536 * 14000);

    /* also by a decoder that nobody has probed for */

    facetree_test_heap_start();
    cr_expect_eq(facetree_image_decode(test_stream.data, len, NULL, 64, 64,
                                       pixels, NULL, &err), FACETREE_EMEMORY);
    cr_expect_lt(facetree_test_heap_stop(), 4 << 20);
}

#endif
