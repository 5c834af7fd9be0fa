
/*
 * Copyright (C) facetree contributors
 */


#include "facetree_resample.h"
#include "facetree_axis.h"
#include "facetree_wide.h"

#include <stdlib.h>
#include <string.h>


#define FACETREE_RESAMPLE_HALF  (1 << (FACETREE_AXIS_BITS - 1))

/* Ten arrays, which the allocator may round up to pages. */
#define FACETREE_RESAMPLE_ROUND  (10 * 4096)


struct facetree_resample_s {
    facetree_axis_t   x;
    facetree_axis_t   y;
    uint8_t          *pixels;
    uint32_t          out_width;
    int               turned;      /* orientation 5..8 */

    uint32_t          row;         /* of the input, the next one */

    /*
     * The column pass keeps one row of sums for each entry of "y" that has
     * begun and not ended: entries head .. tail - 1, in a ring.
     */
    uint32_t          head;
    uint32_t          tail;
    uint32_t          ring;
    size_t            sum_width;
    int32_t          *sums;

    uint8_t          *line;        /* between the passes */
};


static inline uint8_t
facetree_resample_round(int32_t sum)
{
    sum >>= FACETREE_AXIS_BITS;

    return (uint8_t) ((sum < 0) ? 0 : (sum > 255) ? 255 : sum);
}


FACETREE_WIDE
static void
facetree_resample_weigh(const facetree_axis_t *axis, const uint8_t *in,
    uint8_t *out, size_t step)
{
    int32_t         sum;
    uint32_t        e, i, o, count;
    const int32_t  *weights;
    const uint8_t  *p;

    for (e = 0; e < axis->out; e++) {
        p = in + axis->first[e];
        weights = axis->weights + (size_t) e * axis->taps;
        count = axis->count[e];
        sum = FACETREE_RESAMPLE_HALF;

        for (i = 0; i < count; i++) {
            sum += p[i] * weights[i];
        }

        o = axis->mirror ? axis->out - 1 - e : e;
        out[o * step] = facetree_resample_round(sum);
    }
}


/* The row pass: writes output o of the axis to out[o * step]. */

static void
facetree_resample_along(const facetree_axis_t *axis, const uint8_t *in,
    uint8_t *out, size_t step)
{
    uint32_t  e;

    if (!axis->copy) {
        facetree_resample_weigh(axis, in, out, step);
        return;
    }

    if (step == 1 && !axis->mirror) {
        memcpy(out, in, axis->out);
        return;
    }

    for (e = 0; e < axis->out; e++) {
        out[facetree_axis_place(axis, e) * step] = in[e];
    }
}


/* The column pass for one input row and one output row. */

FACETREE_WIDE
static void
facetree_resample_add(int32_t *restrict sums, const uint8_t *restrict in,
    int32_t weight, size_t width)
{
    size_t  i;

    for (i = 0; i < width; i++) {
        sums[i] += in[i] * weight;
    }
}


/* Output row "entry" of the column pass is complete: one row of bytes. */

static void
facetree_resample_emit(facetree_resample_t *resample, uint32_t entry,
    const int32_t *sums)
{
    size_t    i;
    uint8_t  *out;
    uint32_t  place;

    place = facetree_axis_place(&resample->y, entry);

    out = resample->turned ? resample->line
                           : resample->pixels
                             + (size_t) place * resample->out_width;

    for (i = 0; i < resample->sum_width; i++) {
        out[i] = facetree_resample_round(sums[i]);
    }

    if (resample->turned) {
        facetree_resample_along(&resample->x, out, resample->pixels + place,
                                resample->out_width);
    }
}


/* The column pass for one row of "sum_width" bytes. */

static void
facetree_resample_down(facetree_resample_t *resample, const uint8_t *in)
{
    size_t            i;
    int32_t          *sums;
    uint32_t          e, row;
    facetree_axis_t  *y;

    y = &resample->y;
    row = resample->row;

    while (resample->tail < y->out && y->first[resample->tail] == row) {
        sums = resample->sums
               + resample->tail % resample->ring * resample->sum_width;

        for (i = 0; i < resample->sum_width; i++) {
            sums[i] = FACETREE_RESAMPLE_HALF;
        }

        resample->tail++;
    }

    for (e = resample->head; e < resample->tail; e++) {
        sums = resample->sums + e % resample->ring * resample->sum_width;

        facetree_resample_add(sums, in,
                       y->weights[(size_t) e * y->taps + row - y->first[e]],
                       resample->sum_width);

        if (y->first[e] + y->count[e] == row + 1) {
            facetree_resample_emit(resample, e, sums);
            resample->head = e + 1;
        }
    }
}


void
facetree_resample_row(facetree_resample_t *resample, const uint8_t *row)
{
    uint32_t  place;

    if (resample->y.copy) {
        place = facetree_axis_place(&resample->y, resample->row);

        if (resample->turned) {
            facetree_resample_along(&resample->x, row,
                                    resample->pixels + place,
                                    resample->out_width);

        } else {
            facetree_resample_along(&resample->x, row, resample->pixels
                                    + (size_t) place * resample->out_width, 1);
        }

    } else if (resample->turned) {
        facetree_resample_down(resample, row);

    } else {
        facetree_resample_along(&resample->x, row, resample->line, 1);
        facetree_resample_down(resample, resample->line);
    }

    resample->row++;
}


/*
 * Entries of an axis that one input belongs to, at most.  An entry reaches
 * over 4 steps and an input, or over 5 inputs where a step is less than one.
 */

static uint64_t
facetree_resample_overlap(uint32_t in, uint32_t out)
{
    uint64_t  overlap;

    overlap = (in >= out) ? 5 : 5 * (uint64_t) ((out + in - 1) / in) + 2;

    return (overlap < out) ? overlap : out;
}


uint64_t
facetree_resample_memory(const facetree_resample_options_t *options)
{
    int       turned;
    uint32_t  out_x, out_y;
    uint64_t  width;

    turned = options->orientation >= 5;
    out_x = turned ? options->out_height : options->out_width;
    out_y = turned ? options->out_width : options->out_height;
    width = turned ? options->width : options->out_width;

    return sizeof(facetree_resample_t) + FACETREE_RESAMPLE_ROUND
           + facetree_axis_memory(options->width, out_x)
           + facetree_axis_memory(options->height, out_y)
           + width * (facetree_resample_overlap(options->height, out_y)
                      * sizeof(int32_t) + 1);
}


/*
 * "line" holds what lies between the passes: a row of the narrowed picture,
 * or when turned, one of full width.
 */

static facetree_status_e
facetree_resample_buffers(facetree_resample_t *resample,
    const facetree_resample_options_t *options, facetree_error_t *err)
{
    resample->sum_width = resample->turned ? options->width
                                           : options->out_width;

    resample->ring = resample->y.copy ? 0
                                      : facetree_axis_overlap(&resample->y);

    resample->line = malloc(resample->sum_width);
    resample->sums = resample->ring
                     ? calloc(resample->sum_width * resample->ring,
                              sizeof(int32_t))
                     : NULL;

    if (resample->line == NULL || (resample->ring && resample->sums == NULL)) {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    return FACETREE_OK;
}


facetree_status_e
facetree_resample_create(facetree_resample_t **out,
    const facetree_resample_options_t *options, facetree_error_t *err)
{
    int                   mirror_x, mirror_y;
    uint32_t              out_x, out_y;
    facetree_status_e     status;
    facetree_resample_t  *resample;

    resample = calloc(1, sizeof(facetree_resample_t));
    if (resample == NULL) {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    resample->pixels = options->pixels;
    resample->out_width = options->out_width;
    resample->turned = options->orientation >= 5;

    mirror_x = strchr("2378", '0' + (int) options->orientation) != NULL;
    mirror_y = strchr("3467", '0' + (int) options->orientation) != NULL;

    out_x = resample->turned ? options->out_height : options->out_width;
    out_y = resample->turned ? options->out_width : options->out_height;

    status = facetree_axis_create(&resample->x, options->width,
                                  options->box_width, out_x, mirror_x, err);

    if (status == FACETREE_OK) {
        status = facetree_axis_create(&resample->y, options->height,
                                      options->box_height, out_y, mirror_y,
                                      err);
    }

    if (status == FACETREE_OK) {
        status = facetree_resample_buffers(resample, options, err);
    }

    if (status != FACETREE_OK) {
        facetree_resample_free(resample);
        return status;
    }

    *out = resample;

    return FACETREE_OK;
}


void
facetree_resample_free(facetree_resample_t *resample)
{
    if (resample == NULL) {
        return;
    }

    facetree_axis_free(&resample->x);
    facetree_axis_free(&resample->y);
    free(resample->sums);
    free(resample->line);
    free(resample);
}
