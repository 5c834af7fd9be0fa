
/*
 * Copyright (C) facetree contributors
 */


#include "tally.h"

#include "bytes.h"
#include "tally_try.h"
#include "tally_walk.h"

#include <string.h>


#define FACETREE_LEVELS  256

/* Up to so many members an insertion sort is quicker than counting levels. */
#define FACETREE_TALLY_FEW  24


static void
facetree_tally_sort_few(facetree_tally_t *tally, uint16_t *sorted)
{
    uint8_t    level, *levels;
    uint16_t   member;
    uint32_t   i, j, count;

    count = tally->count;
    levels = tally->levels;

    for (i = 0; i < count; i++) {
        sorted[i] = (uint16_t) tally->members[i];
    }

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
facetree_tally_sort_many(facetree_tally_t *tally, uint16_t *sorted,
    uint32_t low, uint32_t high)
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
        sorted[next[tally->levels[i]]++] = (uint16_t) tally->members[i];
    }
}


/*
 * Fetches the levels of the members.  Unrolled, since most nodes have few and
 * this is most of what is done with them.
 */

int
facetree_tally_load(facetree_tally_t *tally, const uint8_t *column,
    uint8_t *low, uint8_t *high)
{
    uint8_t         *levels;
    uint32_t         i, count;
    const uint32_t  *members;

    count = tally->count;
    levels = tally->levels;
    members = tally->members;

#pragma GCC unroll 4
    for (i = 0; i < count; i++) {
        levels[i] = column[members[i]];
    }

    facetree_bytes_pad(levels, count);
    facetree_bytes_range(levels, count, low, high);

    return *low != *high;
}


/* Returns 0 if the feature is constant. */

static int
facetree_tally_sort(facetree_tally_t *tally, const uint8_t *column,
    uint16_t *sorted)
{
    uint8_t  low, high;

    if (!facetree_tally_load(tally, column, &low, &high)) {
        return 0;
    }

    if (tally->count > FACETREE_TALLY_FEW) {
        facetree_tally_sort_many(tally, sorted, low, high);

    } else {
        facetree_tally_sort_few(tally, sorted);
    }

    return 1;
}


/* Fetches the samples by level; returns 0 if the feature is constant. */

static int
facetree_tally_fetch(facetree_tally_t *tally, uint32_t feature,
    facetree_tally_split_t *split)
{
    uint16_t  *room;

    split->feature = feature;
    split->count = tally->count - 1;
    split->reverse = 0;
    split->best = 0;
    split->column = facetree_columns_levels(tally->columns, feature);

    room = tally->sorted;
    split->order = NULL;

    if (tally->ordered) {
        split->order = facetree_order_get(&tally->order, feature,
                                          tally->member, &room);
    }

    if (split->order) {
        return split->column[split->order[0]]
               != split->column[split->order[tally->count - 1]];
    }

    split->order = room;

    return facetree_tally_sort(tally, split->column, room);
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


/*
 * Looks where there is little on the left, or on the right, up to the highest
 * degree in "open", of which the first bit is the lowest.  Returns 0 if the
 * samples have not been sorted.
 */

static int
facetree_tally_try_end(facetree_tally_t *tally,
    facetree_tally_split_t *split, uint32_t open, int reverse,
    facetree_candidate_t *best)
{
    uint32_t  degree;

    degree = 0;

    while (open >> (degree + 1)) {
        degree++;
    }

    split->count = tally->reach.light[degree];
    split->reverse = reverse;
    split->order = tally->sorted;

    if (!facetree_order_ends(&tally->order, split->feature, tally->member,
                             tally->sorted, split->count + 1, reverse))
    {
        return 0;
    }

    facetree_tally_walk_end(tally, split, best);

    return 1;
}


static int
facetree_tally_try_ends(facetree_tally_t *tally, uint32_t feature,
    uint32_t open, facetree_candidate_t *best)
{
    uint32_t                i, left, right;
    facetree_tally_split_t  split;

    split.feature = feature;
    split.column = facetree_columns_levels(tally->columns, feature);
    split.best = 0;

    left = open & FACETREE_REACH_LEFT;
    right = 0;

    for (i = 0; i < FACETREE_REACH_LIGHT; i++) {
        right |= (open >> (FACETREE_REACH_PARTS - 1 - i) & 1) << i;
    }

    return (left == 0 || facetree_tally_try_end(tally, &split, left, 0, best))
           && (right == 0
               || facetree_tally_try_end(tally, &split, right, 1, best));
}


int
facetree_tally_try_best(facetree_tally_t *tally, uint32_t feature,
    facetree_candidate_t *best)
{
    uint32_t                open;
    facetree_tally_split_t  split;

    open = FACETREE_REACH_ALL;

    if (best->proxy >= FACETREE_TALLY_PERFECT) {
        open = 0;

    } else if (tally->reaches) {
        open = facetree_reach_open(&tally->reach, feature, -best->proxy);
    }

    if (open == 0) {
        return facetree_tally_varies(tally, feature);
    }

    if (tally->ones && tally->ordered
        && (open & ~(FACETREE_REACH_LEFT | FACETREE_REACH_RIGHT)) == 0)
    {
        if (!facetree_tally_varies(tally, feature)) {
            return 0;
        }

        if (facetree_tally_try_ends(tally, feature, open, best)) {
            return 1;
        }
    }

    if (!facetree_tally_fetch(tally, feature, &split)) {
        return 0;
    }

    facetree_tally_walk(tally, &split, best);

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
