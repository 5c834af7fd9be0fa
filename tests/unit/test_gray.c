
/*
 * Copyright (C) facetree contributors
 */


#include "facetree_gray.h"

#include <stdlib.h>

#include <criterion/criterion.h>


Test(gray, gray_stays_gray)
{
    uint32_t  v;

    for (v = 0; v < 256; v++) {
        cr_expect_eq(facetree_gray_level(v, v, v), v);
    }
}


/* The luma in units of 1/1000, exact, may differ by the weights' rounding. */

Test(gray, all_colours_are_within_one_of_the_luma)
{
    uint32_t  r, g, b, level, luma;

    for (r = 0; r < 256; r++) {
        for (g = 0; g < 256; g++) {
            for (b = 0; b < 256; b++) {
                level = facetree_gray_level(r, g, b);
                luma = 299 * r + 587 * g + 114 * b;

                cr_assert(level * 1000 <= luma + 503
                          && level * 1000 + 503 >= luma, "%u %u %u", r, g, b);
            }
        }
    }
}


/* As Pillow 9.4 answers: primaries, and one that a cruder formula misses. */

Test(gray, known_colours)
{
    uint8_t  gray[5];

    static const uint8_t  rgb[15] = {
        255, 0, 0,  0, 255, 0,  0, 0, 255,  1, 2, 3,  200, 100, 50
    };

    facetree_gray_rgb(gray, rgb, 5);

    cr_expect_eq(gray[0], 76);
    cr_expect_eq(gray[1], 150);
    cr_expect_eq(gray[2], 29);
    cr_expect_eq(gray[3], 2);
    cr_expect_eq(gray[4], 124);
}


/* Rows of any length; the widened loops have a rest to deal with. */

Test(gray, rows_equal_single_pixels)
{
    uint8_t   *gray, *rgb;
    uint32_t   i, width, state;

    state = 1;

    for (width = 1; width < 200; width++) {
        gray = malloc(width);
        rgb = malloc(3 * width);
        cr_assert(gray && rgb);

        for (i = 0; i < 3 * width; i++) {
            state = state * 1664525u + 1013904223u;
            rgb[i] = (uint8_t) (state >> 24);
        }

        facetree_gray_rgb(gray, rgb, width);

        for (i = 0; i < width; i++) {
            cr_assert_eq(gray[i], (19595 * rgb[3 * i] + 38470 * rgb[3 * i + 1]
                                   + 7471 * rgb[3 * i + 2] + 32768) / 65536);
        }

        free(gray);
        free(rgb);
    }
}


/* Adobe's CMYK is inverted: 255 is no ink. */

Test(gray, cmyk)
{
    uint8_t  gray[6];

    static const uint8_t  cmyk[24] = {
        255, 255, 255, 255,     /* no ink: white */
        255, 255, 255, 0,       /* black ink only */
        0, 0, 0, 255,           /* all three colours */
        0, 255, 255, 255,       /* cyan: no red */
        255, 255, 255, 100,     /* black ink, partly: gray 100 */
        128, 255, 64, 200
    };

    facetree_gray_cmyk(gray, cmyk, 6);

    cr_expect_eq(gray[0], 255);
    cr_expect_eq(gray[1], 0);
    cr_expect_eq(gray[2], 0);
    cr_expect_eq(gray[3], 179);
    cr_expect_eq(gray[4], 100);
    cr_expect_eq(gray[5], 153);
}
