
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

/*
 * What no split exceeds: both sides are pure.  Their impurities are exactly
 * 0.0, others are well above it for whole weights of this size.
 */
#define FACETREE_TALLY_PERFECT  0.0

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
    tally->ones = 1;
    tally->weights = calloc(columns->count, sizeof(uint32_t));

    if (tally->weights == NULL) {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    all = 0;

    for (i = 0; i < columns->count; i++) {
        tally->weights[i] = weights ? (uint32_t) weights[i] : 1;
        tally->ones &= tally->weights[i] <= 1;
        all += tally->weights[i];
    }

    facetree_order_init(&tally->order, columns,
                        limits->max_features >= columns->features
                                                / FACETREE_TALLY_SHARE);

    tally->class = calloc((size_t) classes + 1, sizeof(*tally->class));
    tally->class_of = calloc(columns->count, sizeof(*tally->class_of));
    tally->sums = calloc((size_t) classes + 1, sizeof(*tally->sums));
    tally->rank = calloc(classes, sizeof(*tally->rank));
    tally->bar = calloc(all + 1, sizeof(*tally->bar));
    tally->parts = calloc(all + 1, sizeof(*tally->parts));
    tally->sorted = calloc(columns->count, sizeof(*tally->sorted));
    tally->levels = calloc(columns->count, sizeof(*tally->levels));

    if (tally->class == NULL || tally->class_of == NULL
        || tally->sums == NULL || tally->rank == NULL || tally->bar == NULL
        || tally->parts == NULL || tally->sorted == NULL
        || tally->levels == NULL)
    {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    /* a sample weighs 1 at least */

    tally->least_weight = limits->min_samples_leaf;

    if (limits->min_weight_leaf > tally->least_weight) {
        tally->least_weight = (uint32_t) ceil(limits->min_weight_leaf);
    }

    if (limits->criterion == FACETREE_ENTROPY) {
        facetree_tally_fill_parts(tally->parts, (uint32_t) all);
    }

    return FACETREE_OK;
}


void
facetree_tally_clear(facetree_tally_t *tally)
{
    facetree_order_clear(&tally->order);

    free(tally->weights);
    free(tally->class);
    free(tally->class_of);
    free(tally->sums);
    free(tally->rank);
    free(tally->bar);
    free(tally->parts);
    free(tally->sorted);
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
    double          least, reach;
    int64_t        *bar;
    uint32_t        i, rest;
    const int64_t  *parts;

    bar = tally->bar;
    parts = tally->parts;
    least = proxy - tally->weight * FACETREE_TALLY_MARGIN;

    for (i = tally->least_weight; i + tally->least_weight <= tally->weight;
         i++)
    {
        rest = tally->weight - i;

        if (tally->limits->criterion == FACETREE_ENTROPY) {
            reach = least * FACETREE_TALLY_POINT
                    + (double) (parts[i] + parts[rest])
                    - 2.0 * tally->classes - 2.0;

        } else {
            reach = (least + tally->weight) * ((double) i * rest);
        }

        bar[i] = (int64_t) reach - 1;
    }
}


/* Before the first split any is good that limits do not forbid. */

static void
facetree_tally_clear_bar(facetree_tally_t *tally)
{
    uint32_t  i, least;

    least = tally->least_weight;

    for (i = 0; i <= tally->weight; i++) {
        tally->bar[i] = i < least || tally->weight - i < least ? INT64_MAX
                                                               : INT64_MIN;
    }
}


static void
facetree_tally_enter_class(facetree_tally_t *tally, uint32_t total)
{
    facetree_tally_class_t  *class;

    class = &tally->class[tally->classes++];
    class->left = 0;
    class->total = total;
    class->one = 1;
    class->mask = UINT32_MAX;
    class->rise = 2 * (int64_t) tally->weight;

    tally->squares += (int64_t) total * total;
    tally->part_sum += tally->parts[total];
}


/* Gives the classes that occur in the node numbers without gaps. */

static void
facetree_tally_rank_classes(facetree_tally_t *tally)
{
    uint32_t  i, *rank;

    rank = tally->rank;
    memset(rank, 0, tally->columns->classes * sizeof(*rank));

    tally->weight = 0;
    tally->classes = 1;
    tally->squares = 0;
    tally->part_sum = 0;

    for (i = 0; i < tally->count; i++) {
        rank[tally->columns->class[tally->members[i]]] +=
            tally->weights[tally->members[i]];
        tally->weight += tally->weights[tally->members[i]];
    }

    for (i = 0; i < tally->columns->classes; i++) {

        if (rank[i]) {
            facetree_tally_enter_class(tally, rank[i]);
            rank[i] = tally->classes - 1;
        }
    }
}


void
facetree_tally_enter(facetree_tally_t *tally, const uint32_t *samples,
    uint32_t start, uint32_t end)
{
    uint32_t  i;

    tally->members = samples + start;
    tally->count = end - start;

    facetree_tally_rank_classes(tally);

    for (i = 0; i < tally->count; i++) {
        tally->class_of[tally->members[i]] = (uint16_t)
            tally->rank[tally->columns->class[tally->members[i]]];
    }

    if (tally->limits->splitter == FACETREE_BEST) {
        tally->ordered = facetree_order_enter(&tally->order, start, end);
        facetree_tally_clear_bar(tally);
    }
}


void
facetree_tally_leave(facetree_tally_t *tally)
{
    uint32_t  i;

    for (i = 0; i < tally->count; i++) {
        tally->class_of[tally->members[i]] = 0;
    }
}


static double
facetree_tally_entropy(facetree_tally_t *tally, int right, double weight)
{
    uint32_t                       i;
    const facetree_tally_class_t  *class;

    for (i = 1; i < tally->classes; i++) {
        class = &tally->class[i];
        tally->sums[i] = right ? class->total - class->left : class->left;
    }

    return facetree_criterion_impurity(FACETREE_ENTROPY, tally->sums + 1,
                                       tally->classes - 1, weight);
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


/* Returns 0 if the split does not lie between two levels of the node. */

static int
facetree_tally_between(const facetree_tally_t *tally,
    const facetree_tally_split_t *split, uint8_t *low, uint8_t *high)
{
    uint32_t  i;

    if (tally->class_of[split->order[split->last]] == 0) {
        return 0;
    }

    for (i = split->last + 1; i < split->count; i++) {

        if (tally->class_of[split->order[i]]) {
            *low = split->column[split->order[split->last]];
            *high = split->column[split->order[i]];

            return *low != *high;
        }
    }

    return 0;
}


/*
 * Looks closely at a split that reached the bar.  Kept out of the loops that
 * walk, which rarely come here.
 */

static void __attribute__((noinline))
facetree_tally_consider(facetree_tally_t *tally,
    const facetree_tally_split_t *split, facetree_candidate_t *best)
{
    double    proxy;
    uint8_t   low, high;
    uint32_t  i, position;

    if (!facetree_tally_between(tally, split, &low, &high)) {
        return;
    }

    proxy = facetree_tally_proxy(tally, split);

    if (!(proxy > best->proxy)) {
        return;
    }

    position = 0;

    for (i = 0; i <= split->last; i++) {
        position += tally->class_of[split->order[i]] != 0;
    }

    if (position < tally->limits->min_samples_leaf
        || tally->count - position < tally->limits->min_samples_leaf)
    {
        return;
    }

    best->proxy = proxy;
    best->position = position;
    best->threshold = low / 2.0 + high / 2.0;
}


/*
 * The sum of squares on the right is that of all, less twice the sum over the
 * left of weight times class total ("pull"), plus the sum of squares on the
 * left.
 */

static void
facetree_tally_walk_gini(facetree_tally_t *tally,
    facetree_tally_split_t *split, facetree_candidate_t *best)
{
    int64_t                  squares, pull, rest, weight;
    uint32_t                 i, add, before;
    const int64_t           *bar;
    const uint16_t          *order, *class_of;
    const uint32_t          *weights;
    facetree_tally_class_t  *class;

    bar = tally->bar;
    order = split->order;
    class_of = tally->class_of;
    weights = tally->weights;

    const uint32_t count = split->count;
    const int64_t all = tally->weight, all_squares = tally->squares;
    facetree_tally_class_t *const classes = tally->class;

    for (i = 1; i < tally->classes; i++) {
        classes[i].left = 0;
    }

    weight = 0;
    squares = 0;
    pull = 0;

    for (i = 0; i < count; i++) {
        class = &classes[class_of[order[i]]];

        add = weights[order[i]] & class->mask;
        before = class->left;
        class->left = before + add;

        squares += (int64_t) add * (2 * before + add);
        pull += (int64_t) add * class->total;
        weight += add;
        rest = all_squares - 2 * pull;

        if (squares * all + rest * weight >= bar[weight]) {
            split->last = i;
            split->weight = (uint32_t) weight;
            split->squares = squares;
            split->rest = squares + rest;

            facetree_tally_consider(tally, split, best);
        }
    }
}


/*
 * The same for weights of 1.  The sum of squares is kept multiplied by the
 * node's weight, and class->next is what the class's next sample adds to it:
 * (2 * left + 1) * weight.
 */

static void
facetree_tally_walk_ones(facetree_tally_t *tally,
    facetree_tally_split_t *split, facetree_candidate_t *best)
{
    int64_t                  squares, pull, rest, weight, next;
    uint32_t                 i;
    const int64_t           *bar;
    const uint16_t          *order, *class_of;
    facetree_tally_class_t  *class;

    bar = tally->bar;
    order = split->order;
    class_of = tally->class_of;

    const uint32_t count = split->count;
    const int64_t all_squares = tally->squares;
    facetree_tally_class_t *const classes = tally->class;

    for (i = 1; i < tally->classes; i++) {
        classes[i].next = tally->weight;
    }

    weight = 0;
    squares = 0;
    pull = 0;

    for (i = 0; i < count; i++) {
        class = &classes[class_of[order[i]]];

        next = class->next;
        class->next = next + class->rise;

        squares += next;
        pull += class->total;
        weight += class->one;
        rest = all_squares - 2 * pull;

        if (squares + rest * weight >= bar[weight]) {
            split->last = i;
            split->weight = (uint32_t) weight;
            split->squares = squares / tally->weight;
            split->rest = split->squares + rest;

            facetree_tally_consider(tally, split, best);
        }
    }
}


/* The same for entropy: the sum of n log2 n of the classes on both sides. */

static void
facetree_tally_walk_entropy(facetree_tally_t *tally,
    facetree_tally_split_t *split, facetree_candidate_t *best)
{
    int64_t                  sum;
    uint32_t                 i, add, weight, left, right;
    const int64_t           *bar, *parts;
    const uint16_t          *order, *class_of;
    const uint32_t          *weights;
    facetree_tally_class_t  *class;

    bar = tally->bar;
    parts = tally->parts;
    order = split->order;
    class_of = tally->class_of;
    weights = tally->weights;

    for (i = 1; i < tally->classes; i++) {
        tally->class[i].left = 0;
    }

    weight = 0;
    sum = tally->part_sum;

    for (i = 0; i < split->count; i++) {
        class = &tally->class[class_of[order[i]]];

        add = weights[order[i]] & class->mask;
        left = class->left;
        right = class->total - left;
        class->left = left + add;

        sum += parts[left + add] - parts[left]
               + parts[right - add] - parts[right];
        weight += add;

        if (sum >= bar[weight]) {
            split->last = i;
            split->weight = weight;

            facetree_tally_consider(tally, split, best);
        }
    }
}


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

    split->order = facetree_order_get(&tally->order, feature, tally->class_of,
                                      &split->count);

    if (tally->count < split->count / 8 * 5) {
        facetree_order_filter(split->order, tally->sorted, tally->count,
                              tally->class_of);
        split->order = tally->sorted;
        split->count = tally->count;
    }

    first = 0;
    last = split->count - 1;

    while (tally->class_of[split->order[first]] == 0) {
        first++;
    }

    while (tally->class_of[split->order[last]] == 0) {
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
    double                  proxy;
    facetree_tally_split_t  split;

    if (best->proxy >= FACETREE_TALLY_PERFECT) {
        return facetree_tally_varies(tally, feature);
    }

    if (!facetree_tally_fetch(tally, feature, &split)) {
        return 0;
    }

    proxy = best->proxy;

    if (tally->limits->criterion == FACETREE_ENTROPY) {
        facetree_tally_walk_entropy(tally, &split, best);

    } else if (tally->ones) {
        facetree_tally_walk_ones(tally, &split, best);

    } else {
        facetree_tally_walk_gini(tally, &split, best);
    }

    if (best->proxy > proxy) {
        best->feature = feature;
        facetree_tally_set_bar(tally, best->proxy);
    }

    return 1;
}


/* Counts what a threshold puts on the left: samples and, by class, weights. */

static uint32_t
facetree_tally_part(facetree_tally_t *tally, double threshold,
    facetree_tally_split_t *split)
{
    uint32_t                 i, is_left, position, left, right;
    facetree_tally_class_t  *class;

    const uint32_t count = tally->count;
    const uint8_t *levels = tally->levels, limit = (uint8_t) threshold;
    const uint16_t *class_of = tally->class_of;
    const uint32_t *members = tally->members, *weights = tally->weights;
    facetree_tally_class_t *const classes = tally->class;

    for (i = 1; i < tally->classes; i++) {
        classes[i].left = 0;
    }

    position = 0;
    split->weight = 0;
    split->squares = 0;
    split->rest = 0;

    for (i = 0; i < count; i++) {
        is_left = levels[i] <= limit;

        classes[class_of[members[i]]].left += weights[members[i]]
                                              & (0u - is_left);
        position += is_left;
    }

    for (i = 1; i < tally->classes; i++) {
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
