
/*
 * Copyright (C) facetree contributors
 */


#include "tally.h"

#include "tally_walk.h"

#include <string.h>


#define FACETREE_LEVELS  256

/* Up to so many members an insertion sort is quicker than counting levels. */
#define FACETREE_TALLY_FEW  24

/*
 * What no split exceeds: both sides are pure.  Their impurities are exactly
 * 0.0, others are well above it for whole weights of this size.
 */
#define FACETREE_TALLY_PERFECT  0.0


static void
facetree_tally_sort_few(facetree_tally_t *tally)
{
    uint8_t    level, *levels;
    uint16_t   member, *sorted;
    uint32_t   i, j, count;

    count = tally->count;
    levels = tally->levels;
    sorted = tally->sorted;

    for (i = 1; i < count; i++) {
        level = levels[i];
        member = sorted[i];

        for (j = i; j > 0 && levels[j - 1] > level; j--) {
            levels[j] = levels[j - 1];
            sorted[j] = sorted[j - 1];
        }

        levels[j] = level;
        sorted[j] = member;
    }
}


static void
facetree_tally_sort_many(facetree_tally_t *tally, uint32_t low, uint32_t high)
{
    uint32_t  i, size, place, next[FACETREE_LEVELS];

    memset(next + low, 0, (high - low + 1) * sizeof(next[0]));

    for (i = 0; i < tally->count; i++) {
        next[tally->levels[i]]++;
    }

    place = 0;

    for (i = low; i <= high; i++) {
        size = next[i];
        next[i] = place;
        place += size;
    }

    for (i = 0; i < tally->count; i++) {
        tally->sorted[next[tally->levels[i]]++] = (uint16_t) tally->members[i];
    }
}


/* Fetches the levels of the members; returns 0 if they are all the same. */

static int
facetree_tally_load(facetree_tally_t *tally, const uint8_t *column,
    uint8_t *low, uint8_t *high)
{
    uint8_t          level, least, most, *levels;
    uint32_t         i, count;
    const uint32_t  *members;

    least = UINT8_MAX;
    most = 0;

    count = tally->count;
    levels = tally->levels;
    members = tally->members;

    for (i = 0; i < count; i++) {
        level = column[members[i]];

        levels[i] = level;
        least = level < least ? level : least;
        most = level > most ? level : most;
    }

    *low = least;
    *high = most;

    return least != most;
}


/* Returns 0 if the feature is constant. */

static int
facetree_tally_sort(facetree_tally_t *tally, const uint8_t *column)
{
    uint8_t   low, high;
    uint32_t  i;

    if (!facetree_tally_load(tally, column, &low, &high)) {
        return 0;
    }

    if (tally->count > FACETREE_TALLY_FEW) {
        facetree_tally_sort_many(tally, low, high);
        return 1;
    }

    for (i = 0; i < tally->count; i++) {
        tally->sorted[i] = (uint16_t) tally->members[i];
    }

    facetree_tally_sort_few(tally);

    return 1;
}


/* Fetches the samples by level; returns 0 if the feature is constant. */

static int
facetree_tally_fetch(facetree_tally_t *tally, uint32_t feature,
    facetree_tally_split_t *split)
{
    uint32_t  first, last;

    split->column = facetree_columns_levels(tally->columns, feature);

    if (!tally->ordered) {
        split->order = tally->sorted;
        split->count = tally->count;

        return facetree_tally_sort(tally, split->column);
    }

    split->order = facetree_order_get(&tally->order, feature, tally->member,
                                      &split->count);

    if (tally->count < split->count / 8 * 5) {
        facetree_order_filter(split->order, tally->sorted, tally->count,
                              tally->member);
        split->order = tally->sorted;
        split->count = tally->count;
    }

    first = 0;
    last = split->count - 1;

    while (tally->member[split->order[first]] == 0) {
        first++;
    }

    while (tally->member[split->order[last]] == 0) {
        last--;
    }

    split->order += first;
    split->count = last + 1 - first;

    return split->column[split->order[0]]
           != split->column[split->order[last - first]];
}


static int
facetree_tally_varies(const facetree_tally_t *tally, uint32_t feature)
{
    uint8_t         first;
    uint32_t        i;
    const uint8_t  *column;

    column = facetree_columns_levels(tally->columns, feature);
    first = column[tally->members[0]];

    for (i = 1; i < tally->count; i++) {
        if (column[tally->members[i]] != first) {
            return 1;
        }
    }

    return 0;
}


int
facetree_tally_try_best(facetree_tally_t *tally, uint32_t feature,
    facetree_candidate_t *best)
{
    double                  loss, proxy;
    facetree_tally_split_t  split;

    if ((tally->reaches
         && facetree_reach_exceeds(&tally->reach, feature, -best->proxy))
        || best->proxy >= FACETREE_TALLY_PERFECT)
    {
        return facetree_tally_varies(tally, feature);
    }

    if (!facetree_tally_fetch(tally, feature, &split)) {
        return 0;
    }

    proxy = best->proxy;
    loss = facetree_tally_walk(tally, &split, best);

    if (tally->reaches) {
        facetree_reach_tell(&tally->reach, feature, loss);
    }

    if (best->proxy > proxy) {
        best->feature = feature;
    }

    return 1;
}


/* Counts what a threshold puts on the left: samples and, by class, weights. */

static uint32_t
facetree_tally_part(facetree_tally_t *tally, double threshold,
    facetree_tally_split_t *split)
{
    uint32_t                        i, is_left, position, left, right;
    facetree_tally_class_t         *class;
    const facetree_tally_sample_t  *sample;

    const uint32_t count = tally->count;
    const uint8_t *levels = tally->levels, limit = (uint8_t) threshold;
    const uint32_t *const members = tally->members;
    facetree_tally_class_t *const classes = tally->class;
    const facetree_tally_sample_t *const samples = tally->sample;

    for (i = FACETREE_TALLY_OUTSIDERS; i < tally->classes; i++) {
        classes[i].left = 0;
    }

    position = 0;
    split->weight = 0;
    split->squares = 0;
    split->rest = 0;

    for (i = 0; i < count; i++) {
        is_left = levels[i] <= limit;

        sample = &samples[members[i]];

        classes[sample->class].left += sample->weight & (0u - is_left);
        position += is_left;
    }

    for (i = FACETREE_TALLY_OUTSIDERS; i < tally->classes; i++) {
        class = &classes[i];
        left = class->left;
        right = class->total - left;

        split->weight += left;
        split->squares += (int64_t) left * left;
        split->rest += (int64_t) right * right;
    }

    return position;
}


int
facetree_tally_try_random(facetree_tally_t *tally, uint32_t feature,
    facetree_xorshift_t *xorshift, facetree_candidate_t *best)
{
    double                    threshold, proxy;
    uint8_t                   low, high;
    uint32_t                  position;
    facetree_tally_split_t    split;
    const facetree_limits_t  *limits;

    limits = tally->limits;
    split.column = facetree_columns_levels(tally->columns, feature);

    if (!facetree_tally_load(tally, split.column, &low, &high)) {
        return 0;
    }

    threshold = facetree_xorshift_uniform(xorshift, low, high);

    if (threshold == high) {
        threshold = low;
    }

    if (best->proxy >= FACETREE_TALLY_PERFECT) {
        return 1;
    }

    position = facetree_tally_part(tally, threshold, &split);

    if (position < limits->min_samples_leaf
        || tally->count - position < limits->min_samples_leaf
        || split.weight < limits->min_weight_leaf
        || tally->weight - split.weight < limits->min_weight_leaf)
    {
        return 1;
    }

    proxy = facetree_tally_proxy(tally, &split);

    if (proxy > best->proxy) {
        best->proxy = proxy;
        best->position = position;
        best->feature = feature;
        best->threshold = threshold;
    }

    return 1;
}


void
facetree_tally_prefetch(const facetree_tally_t *tally, uint32_t feature)
{
    const uint8_t  *column;

    column = facetree_columns_levels(tally->columns, feature);

    if (tally->ordered) {
        __builtin_prefetch(column);
        facetree_order_prefetch(&tally->order, feature);

    } else {
        __builtin_prefetch(column + tally->members[0]);
    }
}
