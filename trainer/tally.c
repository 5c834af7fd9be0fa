
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

    facetree_order_init(&tally->order, columns);

    tally->class = calloc((size_t) classes + 1, sizeof(*tally->class));
    tally->class_of = calloc(columns->count, sizeof(*tally->class_of));
    tally->sums = calloc(classes, sizeof(*tally->sums));
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
facetree_tally_enter_class(facetree_tally_t *tally, uint32_t total)
{
    facetree_tally_class_t  *class;

    class = &tally->class[tally->classes++];

    class->total = total;
    class->one = 1;
    class->mask = UINT32_MAX;
    class->rise = 2 * (int64_t) tally->weight;
    class->pull = 2 * (int64_t) total;

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
    tally->classes = 0;
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

    memset(&tally->class[tally->classes], 0, sizeof(tally->class[0]));
}


void
facetree_tally_enter(facetree_tally_t *tally, const uint32_t *samples,
    uint32_t start, uint32_t end)
{
    uint32_t  i;

    tally->members = samples + start;
    tally->count = end - start;

    facetree_tally_rank_classes(tally);

    for (i = 0; i < tally->columns->count; i++) {
        tally->class_of[i] = (uint16_t) tally->classes;
    }

    for (i = 0; i < tally->count; i++) {
        tally->class_of[tally->members[i]] = (uint16_t)
            tally->rank[tally->columns->class[tally->members[i]]];
    }

    tally->ordered = facetree_order_enter(&tally->order, start, end);

    facetree_tally_set_bar(tally, -INFINITY);
}


static int
facetree_tally_is_member(const facetree_tally_t *tally, uint32_t sample)
{
    return tally->class_of[sample] < tally->classes;
}


static double
facetree_tally_entropy(facetree_tally_t *tally, int right, double weight)
{
    uint32_t                       i;
    const facetree_tally_class_t  *class;

    for (i = 0; i < tally->classes; i++) {
        class = &tally->class[i];
        tally->sums[i] = right ? class->total - class->left : class->left;
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

    if (!facetree_tally_is_member(tally, split->order[split->last])) {
        return;
    }

    low = split->column[split->order[split->last]];

    for (i = split->last + 1; i < split->count; i++) {
        if (facetree_tally_is_member(tally, split->order[i])) {
            break;
        }
    }

    if (i == split->count || split->column[split->order[i]] == low) {
        return;
    }

    high = split->column[split->order[i]];
    position = 0;

    for (i = 0; i <= split->last; i++) {
        position += facetree_tally_is_member(tally, split->order[i]);
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
    int64_t                  squares, pull, weight;
    uint32_t                 i, add, before;
    facetree_tally_class_t  *class;

    weight = 0;
    squares = 0;
    pull = tally->squares;

    for (i = 0; i < split->count; i++) {
        class = &tally->class[tally->class_of[split->order[i]]];

        add = tally->weights[split->order[i]] & class->mask;
        before = class->left;
        class->left = before + add;

        squares += (int64_t) add * (2 * before + add);
        pull -= class->pull * add;
        weight += add;

        if (squares * tally->weight + pull * weight >= tally->bar[weight]) {
            split->last = i;
            split->weight = (uint32_t) weight;
            split->squares = squares;
            split->rest = squares + pull;

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
    int64_t                  squares, pull, weight, next;
    uint32_t                 i, count;
    const int64_t           *bar;
    const uint16_t          *order, *class_of;
    facetree_tally_class_t  *classes, *class;

    for (i = 0; i < tally->classes; i++) {
        tally->class[i].next = tally->weight;
    }

    order = split->order;
    count = split->count;
    bar = tally->bar;
    class_of = tally->class_of;
    classes = tally->class;

    weight = 0;
    squares = 0;
    pull = tally->squares;

    for (i = 0; i < count; i++) {
        class = &classes[class_of[order[i]]];

        next = class->next;
        class->next = next + class->rise;

        squares += next;
        pull -= class->pull;
        weight += class->one;

        if (squares + pull * weight >= bar[weight]) {
            split->last = i;
            split->weight = (uint32_t) weight;
            split->squares = squares / tally->weight;
            split->rest = split->squares + pull;

            facetree_tally_consider(tally, split, best);
        }
    }
}


/* The same for entropy: "parts" is the sum of the classes' n log2 n. */

static void
facetree_tally_walk_entropy(facetree_tally_t *tally,
    facetree_tally_split_t *split, facetree_candidate_t *best)
{
    int64_t                  sum;
    uint32_t                 i, add, weight, left, right;
    const int64_t           *parts;
    facetree_tally_class_t  *class;

    weight = 0;
    parts = tally->parts;
    sum = tally->part_sum;

    for (i = 0; i < split->count; i++) {
        class = &tally->class[tally->class_of[split->order[i]]];

        add = tally->weights[split->order[i]] & class->mask;
        left = class->left;
        right = class->total - left;
        class->left = left + add;

        sum += parts[left + add] - parts[left]
               + parts[right - add] - parts[right];
        weight += add;

        if (sum >= tally->bar[weight]) {
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
        member = tally->sorted[i];

        for (j = i; j > 0 && tally->levels[j - 1] > level; j--) {
            tally->levels[j] = tally->levels[j - 1];
            tally->sorted[j] = tally->sorted[j - 1];
        }

        tally->levels[j] = level;
        tally->sorted[j] = member;
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
                                      tally->classes, &split->count);
    first = 0;
    last = split->count - 1;

    while (!facetree_tally_is_member(tally, split->order[first])) {
        first++;
    }

    while (!facetree_tally_is_member(tally, split->order[last])) {
        last--;
    }

    split->order += first;
    split->count = last + 1 - first;

    return split->column[split->order[0]]
           != split->column[split->order[last - first]];
}


int
facetree_tally_try(facetree_tally_t *tally, uint32_t feature,
    facetree_candidate_t *best)
{
    double                  proxy;
    uint32_t                i;
    facetree_tally_split_t  split;

    if (!facetree_tally_fetch(tally, feature, &split)) {
        return 0;
    }

    for (i = 0; i < tally->classes; i++) {
        tally->class[i].left = 0;
    }

    proxy = best->proxy;

    if (tally->limits->criterion == FACETREE_ENTROPY) {
        facetree_tally_walk_entropy(tally, &split, best);

    } else if (tally->ones) {
        facetree_tally_walk_ones(tally, &split, best);

    } else {
        facetree_tally_walk_gini(tally, &split, best);
    }

    if (best->proxy != proxy) {
        best->feature = feature;
    }

    return 1;
}
