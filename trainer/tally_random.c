
/*
 * Copyright (C) facetree contributors
 *
 * One random threshold.  The members of a node come by class here, so that
 * what a threshold puts on the left is counted run by run.
 */


#include "tally.h"

#include "bytes.h"
#include "tally_try.h"
#include "tally_walk.h"


void
facetree_tally_find_runs(facetree_tally_t *tally)
{
    uint32_t               i, class, weight;
    facetree_tally_run_t  *run;

    run = tally->run;
    tally->classes = FACETREE_TALLY_OUTSIDERS;
    tally->squares = 0;

    for (i = 0; i < tally->count; i++) {
        class = tally->columns->class[tally->members[i]];
        weight = tally->weights[tally->members[i]];
        tally->member_weight[i] = weight;

        if (i == 0 || class != tally->columns->class[tally->members[i - 1]]) {
            run = &tally->run[tally->classes];
            run->first = i;
            run->count = 0;

            tally->class[tally->classes].total = 0;
            tally->classes++;
        }

        run->count++;
        tally->class[tally->classes - 1].total += weight;
        tally->weight += weight;
    }

    for (i = FACETREE_TALLY_OUTSIDERS; i < tally->classes; i++) {
        tally->run[i].mask = facetree_bytes_mask(tally->run[i].count);
        tally->squares += (int64_t) tally->class[i].total
                          * tally->class[i].total;
    }
}


/*
 * Counts the classes on the left, and fills in the split.  The squares of a
 * class that weighs t, l of it on the left, are l l and t t - 2 t l + l l.
 * "ones" is a constant where this is called.
 */

static inline __attribute__((always_inline)) void
facetree_tally_part_runs(facetree_tally_t *tally,
    facetree_tally_split_t *split, const int ones)
{
    int64_t   squares, cross;
    uint32_t  i, k, left, sum;

    /* what the compiler cannot know to stay the same */

    const uint32_t                     classes = tally->classes;
    const uint8_t *const               flags = tally->flags;
    const uint32_t *const              weights = tally->member_weight;
    facetree_tally_class_t *const      class = tally->class;
    const facetree_tally_run_t *const  run = tally->run;

    sum = 0;
    squares = 0;
    cross = 0;

    for (i = FACETREE_TALLY_OUTSIDERS; i < classes; i++) {

        if (ones) {
            left = run[i].count <= 8
                   ? facetree_bytes_count_few(flags + run[i].first,
                                              run[i].mask)
                   : facetree_bytes_count(flags + run[i].first, run[i].count);

        } else {
            left = 0;

            for (k = run[i].first; k < run[i].first + run[i].count; k++) {
                left += weights[k] & (0u - flags[k]);
            }
        }

        class[i].left = left;

        sum += left;
        squares += (int64_t) left * left;
        cross += (int64_t) left * class[i].total;
    }

    split->weight = sum;
    split->squares = squares;
    split->rest = tally->squares - 2 * cross + squares;
}


/* Returns how many samples a threshold puts on the left. */

static uint32_t
facetree_tally_part(facetree_tally_t *tally, double threshold,
    facetree_tally_split_t *split)
{
    facetree_bytes_up_to(tally->levels, tally->count, (uint8_t) threshold,
                         tally->flags);

    if (tally->ones) {
        facetree_tally_part_runs(tally, split, 1);
        return split->weight;
    }

    facetree_tally_part_runs(tally, split, 0);

    return facetree_bytes_count(tally->flags, tally->count);
}


int
facetree_tally_try_random(facetree_tally_t *tally, uint32_t feature,
    facetree_xorshift_t *xorshift, facetree_candidate_t *best)
{
    double                    threshold, proxy;
    uint8_t                   low, high;
    uint32_t                  position;
    facetree_tally_split_t    split;
    const facetree_grow_limits_t  *limits;

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
