
/*
 * Copyright (C) facetree contributors
 *
 * The streaming resampler against a slow and obvious one: turn the picture
 * upright in memory, then two passes of one multiplication a time in 64 bits.
 */


#include "facetree_resample.h"
#include "heap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>


typedef struct {
    uint32_t   width;
    uint32_t   height;
    uint8_t   *pixels;
} test_picture_t;


static test_picture_t
test_picture(uint32_t width, uint32_t height)
{
    test_picture_t  picture;

    picture.width = width;
    picture.height = height;
    picture.pixels = malloc((size_t) width * height);
    cr_assert_not_null(picture.pixels);

    return picture;
}


/* Noise with hard edges in it, so that the kernel over- and undershoots. */

static test_picture_t
test_noise(uint32_t width, uint32_t height)
{
    size_t          i;
    uint32_t        state;
    test_picture_t  picture;

    picture = test_picture(width, height);
    state = width * 2654435761u + height;

    for (i = 0; i < (size_t) width * height; i++) {
        state = state * 1664525u + 1013904223u;

        picture.pixels[i] = (uint8_t) ((state >> 28 < 4) ? 0
                                       : (state >> 28 < 8) ? 255
                                       : state >> 16);
    }

    return picture;
}


/* Where pixel (x, y) of the upright picture comes from. */

static uint8_t
test_upright_pixel(const test_picture_t *s, uint32_t orientation, uint32_t x,
    uint32_t y)
{
    uint32_t  w = s->width, h = s->height, sx, sy;

    switch (orientation) {
    case 2:   sx = w - 1 - x;  sy = y;          break;
    case 3:   sx = w - 1 - x;  sy = h - 1 - y;  break;
    case 4:   sx = x;          sy = h - 1 - y;  break;
    case 5:   sx = y;          sy = x;          break;
    case 6:   sx = y;          sy = h - 1 - x;  break;
    case 7:   sx = w - 1 - y;  sy = h - 1 - x;  break;
    case 8:   sx = w - 1 - y;  sy = x;          break;
    default:  sx = x;          sy = y;          break;
    }

    return s->pixels[(size_t) sy * w + sx];
}


static test_picture_t
test_upright(const test_picture_t *stored, uint32_t orientation)
{
    uint32_t        x, y;
    test_picture_t  upright;

    upright = (orientation >= 5) ? test_picture(stored->height, stored->width)
                                 : test_picture(stored->width, stored->height);

    for (y = 0; y < upright.height; y++) {
        for (x = 0; x < upright.width; x++) {
            upright.pixels[(size_t) y * upright.width + x]
                = test_upright_pixel(stored, orientation, x, y);
        }
    }

    return upright;
}


static double
test_kernel(double x)
{
    double  a = -0.5;

    x = (x < 0) ? -x : x;

    if (x < 1) {
        return ((a + 2) * x - (a + 3)) * x * x + 1;
    }

    return (x < 2) ? a * (((x - 5) * x + 8) * x - 4) : 0;
}


/*
 * Output "o" of a line of n samples, "stride" bytes apart, made m long.  The
 * first "skip" of the line, or the last one if it is negative, are no part of
 * what the outputs are to cover; a fraction of a sample.
 */

static uint8_t
test_sample(const uint8_t *line, size_t stride, uint32_t n, double skip,
    uint32_t m, uint32_t o)
{
    long     lo, hi, i;
    double   step, stretch, mid, sum, weight;
    int64_t  total;

    step = (n - fabs(skip)) / m;
    stretch = (step > 1) ? step : 1;
    mid = (o + 0.5) * step + ((skip > 0) ? skip : 0);

    lo = (long) (mid - 2 * stretch + 0.5);
    hi = (long) (mid + 2 * stretch + 0.5);
    lo = (lo < 0) ? 0 : lo;
    hi = (hi > (long) n) ? (long) n : hi;

    sum = 0;

    for (i = lo; i < hi; i++) {
        sum += test_kernel((i - mid + 0.5) * (1 / stretch));
    }

    total = 1 << 21;

    for (i = lo; i < hi; i++) {
        weight = test_kernel((i - mid + 0.5) * (1 / stretch)) / sum;
        weight *= 1 << 22;

        total += (int64_t) trunc(weight < 0 ? weight - 0.5 : weight + 0.5)
                 * line[(size_t) i * stride];
    }

    total >>= 22;

    return (uint8_t) ((total < 0) ? 0 : (total > 255) ? 255 : total);
}


static test_picture_t
test_resized(const test_picture_t *from, double skip_x, double skip_y,
    uint32_t width, uint32_t height)
{
    uint32_t        x, y;
    test_picture_t  narrow, to;

    narrow = test_picture(width, from->height);
    to = test_picture(width, height);

    for (y = 0; y < from->height; y++) {
        for (x = 0; x < width; x++) {
            narrow.pixels[(size_t) y * width + x]
                = test_sample(from->pixels + (size_t) y * from->width, 1,
                              from->width, skip_x, width, x);
        }
    }

    for (y = 0; y < height; y++) {
        for (x = 0; x < width; x++) {
            to.pixels[(size_t) y * width + x]
                = test_sample(narrow.pixels + x, width, from->height, skip_y,
                              height, y);
        }
    }

    free(narrow.pixels);

    return to;
}


/* Feeds rows from a buffer of just one row's length. */

static void
test_stream(const test_picture_t *from, double spare_x, double spare_y,
    uint32_t orientation, test_picture_t *to)
{
    uint8_t                      *row;
    uint32_t                      y;
    facetree_resample_t          *resample;
    facetree_resample_options_t   options;

    memset(&options, 0, sizeof(options));

    options.width = from->width;
    options.height = from->height;
    options.box_width = from->width - spare_x;
    options.box_height = from->height - spare_y;
    options.orientation = orientation;
    options.out_width = to->width;
    options.out_height = to->height;
    options.pixels = to->pixels;

    cr_assert_eq(facetree_resample_create(&resample, &options, NULL),
                 FACETREE_OK);

    row = malloc(from->width);
    cr_assert_not_null(row);

    for (y = 0; y < from->height; y++) {
        memcpy(row, from->pixels + (size_t) y * from->width, from->width);
        facetree_resample_row(resample, row);
    }

    free(row);
    facetree_resample_free(resample);
}


/*
 * All orientations.  "spare" is what the picture leaves of its last column
 * and row; in the upright one it may be at the other end, or of the rows.
 */

static void
test_compare_box(uint32_t width, uint32_t height, double spare_x,
    double spare_y, uint32_t out_width, uint32_t out_height)
{
    double          skip_x, skip_y;
    uint32_t        orientation;
    test_picture_t  stored, upright, expected, got;

    stored = test_noise(width, height);
    got = test_picture(out_width, out_height);

    for (orientation = 1; orientation <= 8; orientation++) {
        upright = test_upright(&stored, orientation);

        skip_x = (orientation >= 5) ? spare_y : spare_x;
        skip_y = (orientation >= 5) ? spare_x : spare_y;

        expected = test_resized(&upright,
                                strchr("2367", '0' + (int) orientation)
                                ? skip_x : -skip_x,
                                strchr("3478", '0' + (int) orientation)
                                ? skip_y : -skip_y, out_width, out_height);

        memset(got.pixels, 0xa5, (size_t) out_width * out_height);
        test_stream(&stored, spare_x, spare_y, orientation, &got);

        cr_expect_eq(memcmp(got.pixels, expected.pixels,
                            (size_t) out_width * out_height), 0,
                     "%ux%u, orientation %u, to %ux%u", width, height,
                     orientation, out_width, out_height);

        free(upright.pixels);
        free(expected.pixels);
    }

    free(stored.pixels);
    free(got.pixels);
}


static void
test_compare(uint32_t width, uint32_t height, uint32_t out_width,
    uint32_t out_height)
{
    test_compare_box(width, height, 0, 0, out_width, out_height);
}


Test(resample, many_sizes_and_orientations)
{
    size_t  i, k;

    static const uint32_t  sides[] = {
        1, 2, 3, 5, 7, 31, 32, 33, 63, 64, 65, 66, 100, 127, 128, 129, 200, 511
    };

    for (i = 0; i < sizeof(sides) / sizeof(sides[0]); i++) {
        for (k = 0; k < sizeof(sides) / sizeof(sides[0]); k++) {
            test_compare(sides[i], sides[k], 64, 64);
        }
    }
}


Test(resample, many_results)
{
    size_t  i, k;

    static const uint32_t  sides[] = { 1, 2, 3, 17, 64, 100, 255, 256 };

    for (i = 0; i < sizeof(sides) / sizeof(sides[0]); i++) {
        for (k = 0; k < sizeof(sides) / sizeof(sides[0]); k++) {
            test_compare(90, 61, sides[i], sides[k]);
            test_compare(1, 300, sides[i], sides[k]);
        }
    }
}


/* Long sides, where 22 bits of weight are spread over thousands of inputs. */

Test(resample, extreme_shapes)
{
    test_compare(12000, 1, 64, 64);
    test_compare(1, 12000, 64, 64);
    test_compare(12000, 3, 1, 256);
    test_compare(3, 12000, 256, 1);
}


/* As after shrinking by 2, 4 or 8: the last column and row count in part. */

Test(resample, fractional_boxes)
{
    uint32_t  i, k;

    static const uint32_t  sides[] = { 1, 2, 63, 64, 65, 128, 257, 500 };

    for (i = 0; i < 8; i++) {
        for (k = 0; k < 8; k++) {
            test_compare_box(sides[i], sides[7 - i], i / 8.0, k / 8.0, 64, 64);
            test_compare_box(sides[i], 300, i / 8.0, k / 8.0, 32, 200);
        }
    }

    /* as many inputs as outputs, and yet no copy */
    test_compare_box(64, 64, 0.5, 0, 64, 64);
    test_compare_box(64, 64, 0, 0.25, 64, 64);
}


Test(resample, white_stays_white)
{
    uint32_t        i;
    test_picture_t  from, to;

    from = test_picture(701, 533);
    memset(from.pixels, 255, 701 * 533);
    to = test_picture(64, 64);

    test_stream(&from, 0, 0, 6, &to);

    for (i = 0; i < 64 * 64; i++) {
        cr_expect_eq(to.pixels[i], 255);
    }

    free(from.pixels);
    free(to.pixels);
}


/*
 * The bound that is stated holds, and is no more than twice what is taken, for
 * lines, for what grows and what shrinks, turned or not.
 */

Test(resample, memory_is_stated)
{
    size_t                        i, taken, stated;
    uint8_t                       pixels[256 * 256];
    facetree_resample_t          *resample;
    facetree_resample_options_t   options;

    static const uint32_t  sizes[][4] = {
        { 1, 1, 1, 1 }, { 1, 1, 256, 256 }, { 64, 64, 64, 64 },
        { 100, 3, 64, 64 }, { 3, 100, 64, 64 }, { 65, 63, 64, 64 },
        { 12000, 9000, 64, 64 }, { 9000, 12000, 256, 256 },
        { 1000, 1000, 1, 256 }, { 1000, 1000, 256, 1 },
        { 65535, 1, 64, 64 }, { 1, 65535, 64, 64 }, { 200, 200, 256, 255 }
    };

    for (i = 0; i < 2 * sizeof(sizes) / sizeof(sizes[0]); i++) {
        memset(&options, 0, sizeof(options));

        options.width = sizes[i / 2][0];
        options.height = sizes[i / 2][1];
        options.box_width = options.width;
        options.box_height = options.height;
        options.orientation = (i % 2) ? 6 : 1;
        options.out_width = sizes[i / 2][2];
        options.out_height = sizes[i / 2][3];
        options.pixels = pixels;

        facetree_test_heap_start();
        cr_assert_eq(facetree_resample_create(&resample, &options, NULL),
                     FACETREE_OK);
        taken = facetree_test_heap_stop();
        facetree_resample_free(resample);

        stated = (size_t) facetree_resample_memory(&options);

        cr_expect_leq(taken, stated, "case %zu: %zu, stated %zu", i, taken,
                      stated);
        cr_expect_leq(stated, 2 * taken + 64 * 1024,
                      "case %zu: %zu, stated %zu", i, taken, stated);
    }
}
