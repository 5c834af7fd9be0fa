
/*
 * Copyright (C) facetree contributors
 */


#include "augment.h"
#include "facetree_int.h"

#include <stdlib.h>
#include <string.h>


#define FACETREE_RADIAN  0.017453292519943295  /* of a degree */


void
facetree_warp_init(facetree_warp_t *warp)
{
    memset(warp, 0, sizeof(*warp));

    warp->scale = 1.0;
    warp->gain = 1.0;
}


/*
 * The first terms of the series: within 1e-9 up to 45 degrees, and, unlike
 * the functions of the C library, the same everywhere.
 */

static double
facetree_warp_sin(double x)
{
    double  x2;

    x2 = x * x;

    return x * (1.0 - x2 / 6.0 * (1.0 - x2 / 20.0 * (1.0 - x2 / 42.0
               * (1.0 - x2 / 72.0 * (1.0 - x2 / 110.0)))));
}


static double
facetree_warp_cos(double x)
{
    double  x2;

    x2 = x * x;

    return 1.0 - x2 / 2.0 * (1.0 - x2 / 12.0 * (1.0 - x2 / 30.0
               * (1.0 - x2 / 56.0 * (1.0 - x2 / 90.0
                                         * (1.0 - x2 / 132.0)))));
}


/* Turns a place on one axis into two neighbours and the weight of the second,
   at the edge twice the same. */

static double
facetree_warp_place(double place, uint32_t side, uint32_t *first,
    uint32_t *second)
{
    if (place <= 0.0) {
        *first = 0;
        *second = 0;
        return 0.0;
    }

    if (place >= side - 1.0) {
        *first = side - 1;
        *second = side - 1;
        return 0.0;
    }

    *first = (uint32_t) place;
    *second = *first + 1;

    return place - *first;
}


static uint8_t
facetree_warp_pixel(const uint8_t *from, uint32_t width, uint32_t height,
    double x, double y, double gain)
{
    double    wx, wy, top, bottom, level;
    uint32_t  x0, x1, y0, y1;

    wx = facetree_warp_place(x, width, &x0, &x1);
    wy = facetree_warp_place(y, height, &y0, &y1);

    from += (size_t) y0 * width;
    top = from[x0] + wx * ((double) from[x1] - from[x0]);

    from += (size_t) (y1 - y0) * width;
    bottom = from[x0] + wx * ((double) from[x1] - from[x0]);

    level = (top + wy * (bottom - top)) * gain + 0.5;

    return level >= 255.0 ? 255 : level > 0.0 ? (uint8_t) level : 0;
}


/* Goes from the new picture back to the old one. */

void
facetree_warp(const facetree_warp_t *warp, const uint8_t *from, uint8_t *to,
    uint32_t width, uint32_t height)
{
    double    cosine, sine, cx, cy, dx, dy, x, y;
    uint32_t  i, k;

    cosine = facetree_warp_cos(warp->degrees * FACETREE_RADIAN) / warp->scale;
    sine = facetree_warp_sin(warp->degrees * FACETREE_RADIAN) / warp->scale;

    cx = (width - 1.0) / 2.0;
    cy = (height - 1.0) / 2.0;

    for (k = 0; k < height; k++) {
        dy = k - cy - warp->down;

        for (i = 0; i < width; i++) {
            dx = i - cx - warp->right;

            x = cosine * dx + sine * dy;
            y = cosine * dy - sine * dx;

            *to++ = facetree_warp_pixel(from, width, height,
                                        cx + (warp->mirror ? -x : x), cy + y,
                                        warp->gain);
        }
    }
}


/*
 * splitmix64 (S. Vigna, in the public domain): the numbers of a copy begin at
 * a state of its own, so that copies need not be made in order.
 */

static uint64_t
facetree_augment_word(uint64_t *state)
{
    uint64_t  z;

    z = *state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;

    return z ^ z >> 31;
}


/* Evenly between -most and most. */

static double
facetree_augment_spread(uint64_t *state, double most)
{
    double  unit;

    unit = (double) (facetree_augment_word(state) >> 11) / 9007199254740992.0;

    return (unit * 2.0 - 1.0) * most;
}


static void
facetree_augment_draw(facetree_warp_t *warp,
    const facetree_augment_params_t *params, uint32_t width, uint32_t height,
    uint32_t seed, uint32_t example, uint32_t copy)
{
    uint64_t  state;

    state = seed;
    state = facetree_augment_word(&state) ^ example;
    state = facetree_augment_word(&state) ^ copy;

    warp->mirror = (int) (facetree_augment_word(&state) >> 63);
    warp->scale = 1.0 + facetree_augment_spread(&state, params->scale);
    warp->degrees = facetree_augment_spread(&state, params->rotation);
    warp->right = facetree_augment_spread(&state, params->shift) * width;
    warp->down = facetree_augment_spread(&state, params->shift) * height;
    warp->gain = 1.0 + facetree_augment_spread(&state, params->gain);
}


static facetree_status_e
facetree_augment_alloc(facetree_augmented_t *augmented,
    const facetree_examples_t *examples, uint32_t copies,
    facetree_error_t *err)
{
    size_t  count;

    count = examples->count;

    if (count > INT32_MAX / ((size_t) copies + 1)
        || count * (copies + 1) > SIZE_MAX / 4 / examples->features)
    {
        return facetree_fail(err, FACETREE_EINVAL, FACETREE_NO_OFFSET,
                             "%lu copies of %lu pictures are too many",
                             (unsigned long) copies, (unsigned long) count);
    }

    count *= copies + 1;

    augmented->pixels = malloc(count * examples->features);
    augmented->labels = malloc(count * sizeof(uint32_t));
    augmented->rows = malloc(count * sizeof(uint32_t));

    if (augmented->pixels && augmented->labels && augmented->rows) {
        return FACETREE_OK;
    }

    facetree_augmented_clear(augmented);

    return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET,
                         "out of memory for %lu copies of %lu pictures",
                         (unsigned long) copies,
                         (unsigned long) examples->count);
}


static void
facetree_augment_copies(facetree_augmented_t *augmented,
    const facetree_examples_t *examples, uint32_t width,
    const facetree_augment_params_t *params, uint32_t seed)
{
    uint8_t          *to;
    uint32_t          i, k, height, *label;
    const uint8_t    *from;
    facetree_warp_t   warp;

    height = examples->features / width;
    to = augmented->pixels + (size_t) examples->count * examples->features;
    label = augmented->labels + examples->count;

    for (i = 0; i < examples->count; i++) {
        from = augmented->pixels + (size_t) i * examples->features;

        for (k = 0; k < params->copies; k++) {
            facetree_augment_draw(&warp, params, width, height, seed, i, k);
            facetree_warp(&warp, from, to, width, height);

            to += examples->features;
            *label++ = augmented->labels[i];
        }
    }
}


facetree_status_e
facetree_augment(facetree_augmented_t *augmented,
    const facetree_examples_t *examples, uint32_t width,
    const facetree_augment_params_t *params, uint32_t seed,
    facetree_error_t *err)
{
    uint32_t           i, row;
    facetree_status_e  status;

    memset(augmented, 0, sizeof(*augmented));

    status = facetree_augment_alloc(augmented, examples, params->copies, err);

    if (status != FACETREE_OK) {
        return status;
    }

    for (i = 0; i < examples->count; i++) {
        row = examples->rows[i];

        memcpy(augmented->pixels + (size_t) i * examples->features,
               examples->pixels + (size_t) row * examples->features,
               examples->features);
        augmented->labels[i] = examples->labels[row];
    }

    facetree_augment_copies(augmented, examples, width, params, seed);

    augmented->examples = *examples;
    augmented->examples.pixels = augmented->pixels;
    augmented->examples.labels = augmented->labels;
    augmented->examples.rows = augmented->rows;
    augmented->examples.count = examples->count * (params->copies + 1);

    for (i = 0; i < augmented->examples.count; i++) {
        augmented->rows[i] = i;
    }

    return FACETREE_OK;
}


void
facetree_augmented_clear(facetree_augmented_t *augmented)
{
    free(augmented->pixels);
    free(augmented->labels);
    free(augmented->rows);

    memset(augmented, 0, sizeof(*augmented));
}
