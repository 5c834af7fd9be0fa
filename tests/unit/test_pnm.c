
/*
 * Copyright (C) facetree contributors
 *
 * PNM written out by hand.  A picture decoded to its own size is not
 * resampled, so the gray levels can be read off.
 */


#include "facetree.h"
#include "image_files.h"

#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>


#define TEST_FILE(text)  (text), sizeof(text) - 1


static facetree_status_e
test_decode(const char *data, size_t len, uint32_t width, uint32_t height,
    uint8_t *pixels, facetree_error_t *err)
{
    uint8_t            *copy;
    facetree_status_e   status;

    memset(pixels, 0xa5, (size_t) width * height);

    copy = test_exact_copy(data, len);
    status = facetree_image_decode(copy, len, NULL, width, height, pixels,
                                   NULL, err);
    free(copy);

    return status;
}


Test(pnm, gray_and_colour)
{
    uint8_t  pixels[4];

    cr_assert_eq(test_decode(TEST_FILE("P5 2 2 255\n\x01\x80\xfe\x00"), 2, 2,
                             pixels, NULL), FACETREE_OK);
    cr_expect_eq(memcmp(pixels, "\x01\x80\xfe\x00", 4), 0);

    cr_assert_eq(test_decode(TEST_FILE("P6\n2 1\n255\n\xff\0\0\0\xff\0"), 2, 1,
                             pixels, NULL), FACETREE_OK);
    cr_expect_eq(pixels[0], 76);
    cr_expect_eq(pixels[1], 150);
}


Test(pnm, comments_white_space_and_more_data)
{
    uint8_t  pixels[2];

    cr_assert_eq(test_decode(TEST_FILE("P5\n# a\r#b\n\t2 \v\f#c\n1\r#d # e\n"
                                       "255 \n\x20" "P5 1 1 255\n\0"), 2, 1,
                             pixels, NULL), FACETREE_OK);
    cr_expect_eq(pixels[0], '\n');
    cr_expect_eq(pixels[1], ' ');
}


/* round(v / maxval * 255), ties to even, above maxval white. */

Test(pnm, maxval_scales)
{
    uint8_t  pixels[4];

    cr_assert_eq(test_decode(TEST_FILE("P5 4 1 2\n\x00\x01\x02\x09"), 4, 1,
                             pixels, NULL), FACETREE_OK);
    cr_expect_eq(memcmp(pixels, "\x00\x80\xff\xff", 4), 0);

    cr_assert_eq(test_decode(TEST_FILE("P5 4 1 100\n\x01\x32\x63\x64"), 4, 1,
                             pixels, NULL), FACETREE_OK);
    cr_expect_eq(memcmp(pixels, "\x03\x80\xfc\xff", 4), 0);
}


Test(pnm, malformed_headers)
{
    size_t            i;
    uint8_t           pixels[16];
    facetree_error_t  err;

    static const struct {
        const char         *text;
        facetree_status_e   status;
    } cases[] = {
        { "P5 ", FACETREE_EIMAGE },
        { "P5 1", FACETREE_EIMAGE },
        { "P5 1 1", FACETREE_EIMAGE },
        { "P5 1 1 255", FACETREE_EIMAGE },
        { "P5 1 1 255\n", FACETREE_EIMAGE },
        { "P5 -1 1 255\nx", FACETREE_EIMAGE },
        { "P5 0 1 255\nx", FACETREE_EIMAGE },
        { "P5 1 0 255\nx", FACETREE_EIMAGE },
        { "P5 1 1 0\nx", FACETREE_EIMAGE },
        { "P5 1 1 65536\nxx", FACETREE_EIMAGE },
        { "P5 1x 1 255\nx", FACETREE_EIMAGE },
        { "P5 1#\n 1 255\nx", FACETREE_EIMAGE },
        { "P5 99999999999 1 255\nx", FACETREE_EIMAGE },
        { "P5 4294967297 1 255\nx", FACETREE_EIMAGE },
        { "P5 4294967295 4294967295 255\nx", FACETREE_ESIDE },
        { "P5 65536 65536 255\nx", FACETREE_EPIXELS },
        { "P5 1 2 255\nx", FACETREE_EIMAGE },
        { "P6 1 1 255\nxx", FACETREE_EIMAGE },
        { "P5 # never ends", FACETREE_EIMAGE },
        { "P5 1 1 256\nxx", FACETREE_EMEDIA },
        { "P5 1 1 65535\nxx", FACETREE_EMEDIA },
        { "P1 1 1\n1", FACETREE_EMEDIA },
        { "P2 1 1 255\n7", FACETREE_EMEDIA },
        { "P3 1 1 255\n7 7 7", FACETREE_EMEDIA },
        { "P4 1 1\n\xff", FACETREE_EMEDIA }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        cr_expect_eq(test_decode(cases[i].text, strlen(cases[i].text), 1, 1,
                                 pixels, &err), cases[i].status, "%s: %s",
                     cases[i].text, err.text);
        cr_expect_eq(err.status, cases[i].status, "%s", cases[i].text);
    }
}
