
/*
 * Copyright (C) facetree contributors
 */


#include "tally.h"

#include "bytes.h"
#include "facetree_int.h"
#include "tally_gini.h"
#include "tally_try.h"
#include "tally_walk.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>


int
facetree_tally_fits(const double *weights, uint32_t count)
{
    double    sum;
    uint32_t  i;

    if (count > FACETREE_TALLY_MAX_WEIGHT) {
        return 0;
    }

    if (weights == NULL) {
        return 1;
    }

    sum = 0.0;

    for (i = 0; i < count; i++) {

        if (!(weights[i] >= 0.0 && weights[i] <= FACETREE_TALLY_MAX_WEIGHT)
            || weights[i] != (uint32_t) weights[i])
        {
            return 0;
        }

        sum += weights[i];
    }

    return sum <= FACETREE_TALLY_MAX_WEIGHT;
}


static int
facetree_tally_allocate(facetree_tally_t *tally, size_t weight)
{
    size_t  classes, count;

    count = tally->columns->count;
    classes = (size_t) tally->columns->classes + FACETREE_TALLY_OUTSIDERS;

    tally->class = calloc(classes, sizeof(*tally->class));
    tally->sums = calloc(classes, sizeof(*tally->sums));
    tally->rank = calloc(classes, sizeof(*tally->rank));

    tally->aside = calloc(count, sizeof(*tally->aside));

    tally->sample = calloc(count, sizeof(*tally->sample));
    tally->member = calloc(count, sizeof(*tally->member));
    tally->sorted = calloc(count, sizeof(*tally->sorted));
    tally->levels = calloc(facetree_bytes_room(count), 1);

    tally->run = calloc(classes, sizeof(*tally->run));
    tally->member_weight = calloc(count, sizeof(*tally->member_weight));
    tally->flags = calloc(facetree_bytes_room(count), 1);

    tally->sum = calloc(count + FACETREE_TALLY_BLOCK, sizeof(*tally->sum));
    tally->sum_weight = calloc(count + FACETREE_TALLY_BLOCK,
                               sizeof(*tally->sum_weight));
    tally->scale = calloc(weight + 1 + FACETREE_TALLY_BLOCK,
                          sizeof(*tally->scale));
    tally->base = calloc(weight + 1, sizeof(*tally->base));
    tally->parts = calloc(weight + 1, sizeof(*tally->parts));

    return tally->class && tally->sums && tally->rank && tally->aside
           && tally->sample && tally->member && tally->sorted
           && tally->levels
           && tally->run && tally->member_weight && tally->flags
           && tally->sum && tally->sum_weight && tally->scale && tally->base
           && tally->parts;
}


/* What is not in the node adds nothing to any sum. */

static void
facetree_tally_exclude(facetree_tally_t *tally, uint32_t sample)
{
    memset(&tally->sample[sample], 0, sizeof(tally->sample[0]));

    tally->sample[sample].class = sample % FACETREE_TALLY_OUTSIDERS
                                  * (uint32_t) sizeof(tally->class[0]);
    tally->member[sample] = 0;
}


static void
facetree_tally_fill_parts(facetree_tally_t *tally, uint32_t weight)
{
    uint32_t  i;

    for (i = 1; i <= weight; i++) {
        tally->parts[i] = (int64_t) (i * log2(i) * FACETREE_TALLY_POINT + 0.5);
    }
}


/* Of a child: a sample weighs 1 at least. */

static uint32_t
facetree_tally_least_weight(const facetree_grow_limits_t *limits)
{
    double  least;

    least = ceil(limits->min_weight_leaf);

    return least > limits->min_samples_leaf ? (uint32_t) least
                                            : limits->min_samples_leaf;
}


facetree_status_e
facetree_tally_init(facetree_tally_t *tally,
    const facetree_columns_t *columns, const facetree_grow_limits_t *limits,
    const double *weights, facetree_error_t *err)
{
    uint32_t  i, all;

    memset(tally, 0, sizeof(*tally));

    tally->columns = columns;
    tally->limits = limits;
    tally->weights = calloc(columns->count, sizeof(*tally->weights));

    if (tally->weights == NULL) {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    all = 0;
    tally->ones = 1;

    for (i = 0; i < columns->count; i++) {
        tally->weights[i] = weights ? (uint32_t) weights[i] : 1;
        tally->ones &= tally->weights[i] <= 1;
        all += tally->weights[i];
    }

    tally->dense = limits->max_features
                   >= columns->features / FACETREE_TALLY_SHARE;
    facetree_order_init(&tally->order, columns, tally->dense);

    if (!facetree_tally_allocate(tally, all)) {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    for (i = 0; i < columns->count; i++) {
        facetree_tally_exclude(tally, i);
    }

    tally->least_weight = facetree_tally_least_weight(limits);

    if (limits->criterion == FACETREE_ENTROPY) {
        facetree_tally_fill_parts(tally, all);
        return FACETREE_OK;
    }

    if (limits->splitter == FACETREE_BEST
        && limits->max_features >= columns->features)
    {
        tally->reaches = 1;
        return facetree_reach_init(&tally->reach, columns->features,
                                   columns->classes, err);
    }

    return FACETREE_OK;
}


void
facetree_tally_clear(facetree_tally_t *tally)
{
    facetree_order_clear(&tally->order);
    facetree_reach_clear(&tally->reach);

    free(tally->weights);
    free(tally->class);
    free(tally->sums);
    free(tally->rank);
    free(tally->aside);
    free(tally->sample);
    free(tally->member);
    free(tally->sorted);
    free(tally->levels);
    free(tally->run);
    free(tally->member_weight);
    free(tally->flags);
    free(tally->sum);
    free(tally->sum_weight);
    free(tally->scale);
    free(tally->base);
    free(tally->parts);

    memset(tally, 0, sizeof(*tally));
}


/*
 * What is taken from estimates, for each weight on the left.  Where limits
 * forbid a split, the estimate is below any that there is.
 */

static void
facetree_tally_set_bases(facetree_tally_t *tally)
{
    uint32_t  i, rest;

    for (i = 0; i <= tally->weight; i++) {
        rest = tally->weight - i;

        if (i < tally->least_weight || rest < tally->least_weight) {
            tally->base[i] = FACETREE_TALLY_FORBIDDEN;

        } else {
            tally->base[i] = tally->parts[i] + tally->parts[rest];
        }
    }
}


/* A counting sort. */

void
facetree_tally_arrange(facetree_tally_t *tally, uint32_t *samples,
    uint32_t count)
{
    uint32_t         i, size, place, *next;
    const uint32_t  *class;

    if (tally->limits->splitter != FACETREE_RANDOM) {
        return;
    }

    next = tally->rank;
    class = tally->columns->class;

    memset(next, 0, tally->columns->classes * sizeof(*next));

    for (i = 0; i < count; i++) {
        next[class[samples[i]]]++;
    }

    place = 0;

    for (i = 0; i < tally->columns->classes; i++) {
        size = next[i];
        next[i] = place;
        place += size;
    }

    for (i = 0; i < count; i++) {
        tally->aside[next[class[samples[i]]]++] = samples[i];
    }

    memcpy(samples, tally->aside, count * sizeof(*samples));
}


void
facetree_tally_divide(facetree_tally_t *tally, uint32_t *samples,
    uint32_t count, uint32_t feature, double threshold)
{
    uint8_t         limit;
    uint32_t        i, is_left, left, right, sample, *aside;
    const uint8_t  *column;

    left = 0;
    right = 0;
    aside = tally->aside;
    limit = (uint8_t) threshold;
    column = facetree_columns_levels(tally->columns, feature);

    for (i = 0; i < count; i++) {
        sample = samples[i];
        is_left = column[sample] <= limit;

        samples[left] = sample;
        aside[right] = sample;

        left += is_left;
        right += 1 - is_left;
    }

    memcpy(samples + left, aside, right * sizeof(*samples));
}


/* Gives the classes that occur in the node numbers without gaps. */

static void
facetree_tally_rank_classes(facetree_tally_t *tally)
{
    uint32_t  i, total, *rank;

    rank = tally->rank;

    tally->classes = FACETREE_TALLY_OUTSIDERS;
    tally->squares = 0;
    tally->part_sum = 0;

    for (i = 0; i < tally->columns->classes; i++) {
        total = rank[i];

        if (total) {
            tally->class[tally->classes].left = 0;
            tally->class[tally->classes].total = total;
            tally->squares += (int64_t) total * total;
            tally->part_sum += tally->parts[total];
            rank[i] = tally->classes++;
        }
    }
}


void
facetree_tally_enter(facetree_tally_t *tally, const uint32_t *samples,
    uint32_t start, uint32_t end)
{
    uint32_t                  i, member, class;
    facetree_tally_sample_t  *sample;

    tally->members = samples + start;
    tally->count = end - start;
    tally->weight = 0;

    if (tally->limits->splitter == FACETREE_RANDOM) {
        facetree_tally_find_runs(tally);
        return;
    }

    memset(tally->rank, 0, tally->columns->classes * sizeof(*tally->rank));

    for (i = 0; i < tally->count; i++) {
        member = tally->members[i];

        tally->rank[tally->columns->class[member]] += tally->weights[member];
        tally->weight += tally->weights[member];
    }

    if (tally->reaches) {
        facetree_reach_enter(&tally->reach, start, end, tally->weight,
                             tally->rank);
    }

    facetree_tally_rank_classes(tally);

    for (i = 0; i < tally->count; i++) {
        member = tally->members[i];
        sample = &tally->sample[member];

        class = tally->rank[tally->columns->class[member]];

        sample->class = class * (uint32_t) sizeof(tally->class[0]);
        sample->weight = tally->weights[member];

        tally->member[member] = 1;
    }

    tally->ordered = facetree_order_enter(&tally->order, start, end);

    if (tally->limits->criterion == FACETREE_ENTROPY) {
        facetree_tally_set_bases(tally);

    } else {
        facetree_tally_set_scales(tally);
    }
}


void
facetree_tally_leave(facetree_tally_t *tally)
{
    uint32_t  i;

    if (tally->limits->splitter == FACETREE_RANDOM) {
        return;
    }

    for (i = 0; i < tally->count; i++) {
        facetree_tally_exclude(tally, tally->members[i]);
    }
}
