
/*
 * Copyright (C) facetree contributors
 *
 * The weights of one resampling pass: Pillow's bicubic kernel along one side.
 * facetree_resample.c makes two of them for each picture.
 */


#include "facetree_axis.h"

#include <math.h>
#include <stdlib.h>


#define FACETREE_AXIS_REACH  2.0    /* of the bicubic kernel, each side */


static double
facetree_bicubic(double x)
{
    double  a = -0.5;

    x = fabs(x);

    if (x < 1.0) {
        return ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0;
    }

    if (x < 2.0) {
        return (((x - 5.0) * x + 8.0) * x - 4.0) * a;
    }

    return 0.0;
}


/* The weights of upright output "o", and the range they apply to. */

static void
facetree_axis_entry(const facetree_axis_t *axis, uint32_t o, double *weights,
    uint32_t *first, uint32_t *count)
{
    double   step, stretch, reach, mid, inverse, sum;
    int64_t  lo, hi, i;

    step = axis->box / axis->out;
    stretch = (step < 1.0) ? 1.0 : step;
    reach = FACETREE_AXIS_REACH * stretch;
    inverse = 1.0 / stretch;
    mid = (o + 0.5) * step;

    if (axis->mirror) {
        mid += axis->in - axis->box;            /* the box ends the line */
    }

    lo = (int64_t) (mid - reach + 0.5);
    hi = (int64_t) (mid + reach + 0.5);

    lo = (lo < 0) ? 0 : lo;
    hi = (hi > axis->in) ? axis->in : hi;

    sum = 0.0;

    for (i = lo; i < hi; i++) {
        weights[i - lo] = facetree_bicubic(((double) i - mid + 0.5) * inverse);
        sum += weights[i - lo];
    }

    for (i = 0; i < hi - lo && sum != 0.0; i++) {
        weights[i] /= sum;
    }

    *first = (uint32_t) lo;
    *count = (uint32_t) (hi - lo);
}


static int32_t
facetree_axis_fixed(double weight)
{
    weight *= 1 << FACETREE_AXIS_BITS;

    return (int32_t) ((weight < 0) ? weight - 0.5 : weight + 0.5);
}


static uint32_t
facetree_axis_taps(uint32_t in, uint32_t out)
{
    double  stretch;

    stretch = (double) in / out;

    if (stretch < 1.0) {
        stretch = 1.0;
    }

    return (uint32_t) ceil(FACETREE_AXIS_REACH * stretch) * 2 + 1;
}


uint64_t
facetree_axis_memory(uint32_t in, uint32_t out)
{
    return (uint64_t) facetree_axis_taps(in, out)
           * (out * sizeof(int32_t) + sizeof(double))
           + (uint64_t) out * 2 * sizeof(uint32_t);
}


facetree_status_e
facetree_axis_create(facetree_axis_t *axis, uint32_t in, double box,
    uint32_t out, int mirror, facetree_error_t *err)
{
    double    *scratch;
    int32_t   *weights;
    uint32_t   e, i, count;

    axis->in = in;
    axis->box = box;
    axis->out = out;
    axis->mirror = mirror;
    axis->copy = (in == out && box == in);
    axis->taps = facetree_axis_taps(in, out);

    if (axis->copy) {
        return FACETREE_OK;
    }

    axis->first = calloc(out, sizeof(uint32_t));
    axis->count = calloc(out, sizeof(uint32_t));
    axis->weights = calloc((size_t) out * axis->taps, sizeof(int32_t));
    scratch = calloc(axis->taps, sizeof(double));

    if (axis->first == NULL || axis->count == NULL || axis->weights == NULL
        || scratch == NULL)
    {
        free(scratch);
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    for (e = 0; e < out; e++) {
        facetree_axis_entry(axis, mirror ? out - 1 - e : e, scratch,
                            &axis->first[e], &axis->count[e]);

        count = axis->count[e];
        weights = axis->weights + (size_t) e * axis->taps;

        if (mirror) {
            axis->first[e] = in - axis->first[e] - count;
        }

        for (i = 0; i < count; i++) {
            weights[mirror ? count - 1 - i : i]
                = facetree_axis_fixed(scratch[i]);
        }
    }

    free(scratch);

    return FACETREE_OK;
}


void
facetree_axis_free(facetree_axis_t *axis)
{
    free(axis->first);
    free(axis->count);
    free(axis->weights);
}


uint32_t
facetree_axis_overlap(const facetree_axis_t *axis)
{
    uint32_t  head, tail, most;

    head = 0;
    most = 1;

    for (tail = 0; tail < axis->out; tail++) {
        while (axis->first[head] + axis->count[head] <= axis->first[tail]) {
            head++;
        }

        if (tail - head + 1 > most) {
            most = tail - head + 1;
        }
    }

    return most;
}
