
/*
 * Copyright (C) facetree contributors
 */


#include "tally.h"

#include "criterion.h"
#include "facetree_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>


#define FACETREE_LEVELS  256

/* Up to so many members an insertion sort is quicker than counting levels. */
#define FACETREE_TALLY_FEW  24

/*
 * How far below the best split the bar is set, in units of the node's weight:
 * far more than the rounding errors of a proxy (some 1e-15) and of the fixed
 * point numbers (2^-24 a class), far less than what tells most splits apart.
 */
#define FACETREE_TALLY_MARGIN  1e-9

#define FACETREE_TALLY_POINT   16777216.0


int
facetree_tally_fits(const double *weights, uint32_t count)
{
    double    sum;
    uint32_t  i;

    if (count > FACETREE_TALLY_MAX_SAMPLES) {
        return 0;
    }

    if (weights == NULL) {
        return 1;
    }

    sum = 0.0;

    for (i = 0; i < count; i++) {

        if (!(weights[i] >= 0.0 && weights[i] <= FACETREE_TALLY_MAX_WEIGHT)
            || weights[i] != floor(weights[i]))
        {
            return 0;
        }

        sum += weights[i];
    }

    return sum <= FACETREE_TALLY_MAX_WEIGHT;
}


/*
 * Entropy is a sum of such parts: weight times impurity of a side is
 * n log2 n of its weight less that of each of its classes.
 */

static void
facetree_tally_fill_parts(int64_t *parts, uint32_t weight)
{
    uint32_t  i;

    parts[0] = 0;

    for (i = 1; i <= weight; i++) {
        parts[i] = (int64_t) (i * log2(i) * FACETREE_TALLY_POINT + 0.5);
    }
}


facetree_status_e
facetree_tally_init(facetree_tally_t *tally,
    const facetree_columns_t *columns, const facetree_limits_t *limits,
    const double *weights, facetree_error_t *err)
{
    size_t    all;
    uint32_t  i, classes;

    memset(tally, 0, sizeof(*tally));

    classes = columns->classes;
    tally->columns = columns;
    tally->limits = limits;
    tally->weights = calloc(columns->count, sizeof(uint32_t));

    if (tally->weights == NULL) {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    all = 0;

    for (i = 0; i < columns->count; i++) {
        tally->weights[i] = weights ? (uint32_t) weights[i] : 1;
        all += tally->weights[i];
    }

    tally->samples = calloc(columns->count, sizeof(*tally->samples));
    tally->total = calloc(classes, sizeof(*tally->total));
    tally->left = calloc(classes, sizeof(*tally->left));
    tally->sums = calloc(classes, sizeof(*tally->sums));
    tally->rank = calloc(classes, sizeof(*tally->rank));
    tally->bar = calloc(all + 1, sizeof(*tally->bar));
    tally->parts = calloc(all + 1, sizeof(*tally->parts));
    tally->order = calloc(columns->count, sizeof(*tally->order));
    tally->levels = calloc(columns->count, sizeof(*tally->levels));

    if (tally->samples == NULL || tally->total == NULL || tally->left == NULL
        || tally->sums == NULL || tally->rank == NULL || tally->bar == NULL
        || tally->parts == NULL || tally->order == NULL
        || tally->levels == NULL)
    {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    if (limits->criterion == FACETREE_ENTROPY) {
        facetree_tally_fill_parts(tally->parts, (uint32_t) all);
    }

    return FACETREE_OK;
}


void
facetree_tally_clear(facetree_tally_t *tally)
{
    free(tally->weights);
    free(tally->samples);
    free(tally->total);
    free(tally->left);
    free(tally->sums);
    free(tally->rank);
    free(tally->bar);
    free(tally->parts);
    free(tally->order);
    free(tally->levels);

    memset(tally, 0, sizeof(*tally));
}


/*
 * Sets the bar for the splits to come: just below the best so far, for every
 * weight on the left, and out of reach where limits forbid a split.
 *
 * Gini: with squares l and r of the class weights on the sides, summed, and
 * weights a and b, proxy + a + b = l / a + r / b, here times a * b.
 * Entropy: see facetree_tally_fill_parts().
 */

static void
facetree_tally_set_bar(facetree_tally_t *tally, double proxy)
{
    double                    least, product, reach;
    uint32_t                  i, rest;
    const facetree_limits_t  *limits;

    limits = tally->limits;
    least = proxy - tally->weight * FACETREE_TALLY_MARGIN;

    for (i = 0; i <= tally->weight; i++) {
        rest = tally->weight - i;

        if (i < limits->min_samples_leaf || rest < limits->min_samples_leaf
            || i < limits->min_weight_leaf || rest < limits->min_weight_leaf)
        {
            tally->bar[i] = INT64_MAX;
            continue;
        }

        if (proxy == -INFINITY) {
            tally->bar[i] = INT64_MIN;
            continue;
        }

        if (limits->criterion == FACETREE_ENTROPY) {
            reach = least * FACETREE_TALLY_POINT
                    + (double) (tally->parts[i] + tally->parts[rest])
                    - 2.0 * tally->classes - 2.0;

        } else {
            product = (double) i * rest;
            reach = (least + tally->weight) * product;
        }

        tally->bar[i] = (int64_t) floor(reach);
    }
}


static void
facetree_tally_rank_classes(facetree_tally_t *tally)
{
    uint32_t  i, class, *rank;

    rank = tally->rank;
    memset(rank, 0, tally->columns->classes * sizeof(*rank));

    for (i = 0; i < tally->count; i++) {
        class = tally->columns->class[tally->members[i]];
        rank[class] += tally->weights[tally->members[i]];
    }

    tally->weight = 0;
    tally->classes = 0;
    tally->squares = 0;

    for (i = 0; i < tally->columns->classes; i++) {

        if (rank[i]) {
            tally->weight += rank[i];
            tally->squares += (int64_t) rank[i] * rank[i];
            tally->total[tally->classes] = rank[i];
            rank[i] = tally->classes++;
        }
    }
}


void
facetree_tally_enter(facetree_tally_t *tally, const uint32_t *members,
    uint32_t count)
{
    uint32_t                  i;
    facetree_tally_sample_t  *sample;

    tally->members = members;
    tally->count = count;

    facetree_tally_rank_classes(tally);

    for (i = 0; i < count; i++) {
        sample = &tally->samples[members[i]];

        sample->weight = tally->weights[members[i]];
        sample->class = tally->rank[tally->columns->class[members[i]]];
        sample->pull = 2 * (int64_t) sample->weight
                       * tally->total[sample->class];
    }

    facetree_tally_set_bar(tally, -INFINITY);
}


void
facetree_tally_leave(facetree_tally_t *tally)
{
    uint32_t  i;

    for (i = 0; i < tally->count; i++) {
        memset(&tally->samples[tally->members[i]], 0,
               sizeof(facetree_tally_sample_t));
    }
}


static double
facetree_tally_entropy(facetree_tally_t *tally, int right, double weight)
{
    uint32_t  i;

    for (i = 0; i < tally->classes; i++) {
        tally->sums[i] = right ? tally->total[i] - tally->left[i]
                               : tally->left[i];
    }

    return facetree_criterion_impurity(FACETREE_ENTROPY, tally->sums,
                                       tally->classes, weight);
}


/* A split as the walk comes across it. */

typedef struct {
    const uint8_t   *column;
    const uint16_t  *order;
    uint32_t         count;        /* of order */
    uint32_t         last;         /* index in order of the last on the left */
    uint32_t         weight;       /* on the left */
    int64_t          squares;      /* on the left, Gini only */
    int64_t          rest;         /* on the right, likewise */
} facetree_tally_split_t;


static double
facetree_tally_proxy(facetree_tally_t *tally,
    const facetree_tally_split_t *split)
{
    double  left, right, left_weight, right_weight;

    left_weight = split->weight;
    right_weight = tally->weight - split->weight;

    if (tally->limits->criterion == FACETREE_ENTROPY) {
        left = facetree_tally_entropy(tally, 0, left_weight);
        right = facetree_tally_entropy(tally, 1, right_weight);

    } else {
        left = facetree_criterion_gini((double) split->squares, left_weight);
        right = facetree_criterion_gini((double) split->rest, right_weight);
    }

    return facetree_criterion_proxy(left_weight, left, right_weight, right);
}


/*
 * Looks closely at a split that reached the bar: whether it lies between two
 * levels and has enough samples on either side, and what it is worth.  Kept
 * out of the loop that walks, which rarely comes here.
 */

static void __attribute__((noinline))
facetree_tally_consider(facetree_tally_t *tally,
    const facetree_tally_split_t *split, facetree_candidate_t *best)
{
    double    proxy;
    uint8_t   low, high;
    uint32_t  i, position;

    if (tally->samples[split->order[split->last]].weight == 0) {
        return;
    }

    low = split->column[split->order[split->last]];

    for (i = split->last + 1; i < split->count; i++) {
        if (tally->samples[split->order[i]].weight) {
            break;
        }
    }

    if (i == split->count || split->column[split->order[i]] == low) {
        return;
    }

    high = split->column[split->order[i]];
    position = 0;

    for (i = 0; i <= split->last; i++) {
        position += tally->samples[split->order[i]].weight != 0;
    }

    if (position < tally->limits->min_samples_leaf
        || tally->count - position < tally->limits->min_samples_leaf)
    {
        return;
    }

    proxy = facetree_tally_proxy(tally, split);

    if (proxy > best->proxy) {
        best->proxy = proxy;
        best->position = position;
        best->threshold = low / 2.0 + high / 2.0;

        facetree_tally_set_bar(tally, proxy);
    }
}


/*
 * On the way "squares" is the sum of squares on the left, and "pull" that of
 * all less twice the sum over the left of weight times class total, so that
 * squares + pull is the sum of squares on the right.
 */

static void
facetree_tally_walk_gini(facetree_tally_t *tally,
    facetree_tally_split_t *split, facetree_candidate_t *best)
{
    int64_t                         squares, pull, weight;
    uint32_t                        i, before, *left;
    const facetree_tally_sample_t  *sample;

    left = tally->left;
    weight = 0;
    squares = 0;
    pull = tally->squares;

    for (i = 0; i < split->count; i++) {
        sample = &tally->samples[split->order[i]];

        before = left[sample->class];
        left[sample->class] = before + sample->weight;

        squares += (int64_t) sample->weight * (2 * before + sample->weight);
        pull -= sample->pull;
        weight += sample->weight;

        if (squares * tally->weight + pull * weight >= tally->bar[weight]) {
            split->last = i;
            split->weight = (uint32_t) weight;
            split->squares = squares;
            split->rest = squares + pull;

            facetree_tally_consider(tally, split, best);
        }
    }
}


/* The same for entropy: "parts" is the sum of the classes' n log2 n. */

static void
facetree_tally_walk_entropy(facetree_tally_t *tally,
    facetree_tally_split_t *split, facetree_candidate_t *best)
{
    int64_t                         parts;
    uint32_t                        i, weight, before, after, *left, total;
    const facetree_tally_sample_t  *sample;

    left = tally->left;
    weight = 0;
    parts = 0;

    for (i = 0; i < tally->classes; i++) {
        parts += tally->parts[tally->total[i]];
    }

    for (i = 0; i < split->count; i++) {
        sample = &tally->samples[split->order[i]];

        total = tally->total[sample->class];
        before = left[sample->class];
        after = before + sample->weight;
        left[sample->class] = after;

        parts += tally->parts[after] - tally->parts[before]
                 + tally->parts[total - after] - tally->parts[total - before];
        weight += sample->weight;

        if (parts >= tally->bar[weight]) {
            split->last = i;
            split->weight = weight;

            facetree_tally_consider(tally, split, best);
        }
    }
}


static void
facetree_tally_sort_few(facetree_tally_t *tally)
{
    uint8_t   level;
    uint16_t  member;
    uint32_t  i, j;

    for (i = 1; i < tally->count; i++) {
        level = tally->levels[i];
        member = tally->order[i];

        for (j = i; j > 0 && tally->levels[j - 1] > level; j--) {
            tally->levels[j] = tally->levels[j - 1];
            tally->order[j] = tally->order[j - 1];
        }

        tally->levels[j] = level;
        tally->order[j] = member;
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
        tally->order[next[tally->levels[i]]++] = (uint16_t) tally->members[i];
    }
}


/* Returns 0 if the feature is constant. */

static int
facetree_tally_sort(facetree_tally_t *tally, const uint8_t *column)
{
    uint8_t   level, low, high;
    uint32_t  i;

    low = UINT8_MAX;
    high = 0;

    for (i = 0; i < tally->count; i++) {
        level = column[tally->members[i]];

        tally->levels[i] = level;
        low = level < low ? level : low;
        high = level > high ? level : high;
    }

    if (low == high) {
        return 0;
    }

    if (tally->count > FACETREE_TALLY_FEW) {
        facetree_tally_sort_many(tally, low, high);
        return 1;
    }

    for (i = 0; i < tally->count; i++) {
        tally->order[i] = (uint16_t) tally->members[i];
    }

    facetree_tally_sort_few(tally);

    return 1;
}


int
facetree_tally_try(facetree_tally_t *tally, uint32_t feature,
    facetree_candidate_t *best)
{
    double                  proxy;
    facetree_tally_split_t  split;

    split.column = facetree_columns_levels(tally->columns, feature);

    if (!facetree_tally_sort(tally, split.column)) {
        return 0;
    }

    split.order = tally->order;
    split.count = tally->count;

    memset(tally->left, 0, tally->classes * sizeof(*tally->left));

    proxy = best->proxy;

    if (tally->limits->criterion == FACETREE_ENTROPY) {
        facetree_tally_walk_entropy(tally, &split, best);

    } else {
        facetree_tally_walk_gini(tally, &split, best);
    }

    if (best->proxy != proxy) {
        best->feature = feature;
    }

    return 1;
}
