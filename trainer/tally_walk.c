
/*
 * Copyright (C) facetree contributors
 */


#include "tally_walk.h"

#include "criterion.h"

#include <math.h>


/*
 * How far below the best split an estimate may be, in units of the node's
 * weight, to be looked at closely: far more than the rounding errors of
 * proxies and estimates (some 1e-15), far less than what tells most splits
 * apart.
 */
#define FACETREE_TALLY_MARGIN  1e-9


static double
facetree_tally_entropy(facetree_tally_t *tally, int right, double weight)
{
    uint32_t                       i;
    const facetree_tally_class_t  *class;

    for (i = FACETREE_TALLY_OUTSIDERS; i < tally->classes; i++) {
        class = &tally->class[i];
        tally->sums[i] = right ? class->total - class->left : class->left;
    }

    return facetree_criterion_impurity(FACETREE_ENTROPY,
                                       tally->sums + FACETREE_TALLY_OUTSIDERS,
                                       tally->classes
                                       - FACETREE_TALLY_OUTSIDERS, weight);
}


double
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

    if (tally->member[split->order[split->last]] == 0) {
        return 0;
    }

    for (i = split->last + 1; i < split->count; i++) {

        if (tally->member[split->order[i]]) {
            *low = split->column[split->order[split->last]];
            *high = split->column[split->order[i]];

            return *low != *high;
        }
    }

    return 0;
}


/*
 * Looks closely at a split.  Kept out of the loops that walk, which rarely
 * come here.
 */

static void __attribute__((noinline))
facetree_tally_consider(facetree_tally_t *tally,
    const facetree_tally_split_t *split, facetree_candidate_t *best)
{
    double    proxy;
    uint8_t   low, high;
    uint32_t  i, position;

    /* forbidden ones come here as long as there is none to beat */

    if (split->weight < tally->least_weight
        || tally->weight - split->weight < tally->least_weight
        || !facetree_tally_between(tally, split, &low, &high))
    {
        return;
    }

    proxy = facetree_tally_proxy(tally, split);

    if (!(proxy > best->proxy)) {
        return;
    }

    position = 0;

    for (i = 0; i <= split->last; i++) {
        position += tally->member[split->order[i]];
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


/* The estimate that a split must reach to be considered. */

static double
facetree_tally_least(const facetree_tally_t *tally,
    const facetree_candidate_t *best)
{
    return best->proxy + tally->weight - tally->weight * FACETREE_TALLY_MARGIN;
}


/*
 * With weights a and b and sums of squares l and r on the sides, proxy + a + b
 * is l / a + r / b: the estimate is (l (a + b) + (r - l) a) / (a b).  l (a + b)
 * is what "squares" has.  r - l, which "rest" has, is the sum of squares over
 * all, less twice the sum over the left of weight times class weight.
 *
 * The flags are constants where this is called, and what they spare is left
 * out there: a multiplication if all weights are 1, and the largest estimate
 * if nobody wants to know.
 */

static inline __attribute__((always_inline)) double
facetree_tally_walk_gini(facetree_tally_t *tally,
    facetree_tally_split_t *split, facetree_candidate_t *best,
    const int ones, const int wanted)
{
    double                          estimate, least, most;
    int64_t                         squares, rest, weight, add;
    uint32_t                        i;
    const uint16_t                 *p;
    facetree_tally_class_t         *class;
    const facetree_tally_sample_t  *sample;

    /* what the compiler cannot know to stay the same */

    const double *const                   scale = tally->scale;
    const uint16_t *const                 end = split->order + split->count;
    facetree_tally_class_t *const         classes = tally->class;
    const facetree_tally_sample_t *const  samples = tally->sample;

    for (i = FACETREE_TALLY_OUTSIDERS; i < tally->classes; i++) {
        classes[i].scaled = 0;
    }

    most = 0.0;
    weight = 0;
    squares = 0;
    rest = tally->squares;
    least = facetree_tally_least(tally, best);

    for (p = split->order; p < end; p++) {
        sample = &samples[*p];
        class = facetree_tally_class(classes, sample);

        add = 2 * class->scaled + sample->scaled;
        class->scaled += sample->scaled;

        squares += ones ? add : add * sample->weight;
        rest -= sample->pull;
        weight += sample->weight;

        estimate = (double) (squares + rest * weight) * scale[weight];

        if (wanted) {
            most = most > estimate ? most : estimate;
        }

        if (estimate > least) {
            split->last = (uint32_t) (p - split->order);
            split->weight = (uint32_t) weight;
            split->squares = squares / tally->weight;
            split->rest = split->squares + rest;

            facetree_tally_consider(tally, split, best);
            least = facetree_tally_least(tally, best);
        }
    }

    return tally->weight - most;
}


/*
 * Weight times impurity of a side is n log2 n of its weight less that of each
 * of its classes.  Fixed point numbers are off by half a unit each.
 */

static double
facetree_tally_least_entropy(const facetree_tally_t *tally,
    const facetree_candidate_t *best)
{
    if (best->position == 0) {
        return -(double) (FACETREE_TALLY_FORBIDDEN / 2);
    }

    return (best->proxy - tally->weight * FACETREE_TALLY_MARGIN)
           * FACETREE_TALLY_POINT - 2.0 * tally->classes - 4.0;
}


static double
facetree_tally_walk_entropy(facetree_tally_t *tally,
    facetree_tally_split_t *split, facetree_candidate_t *best)
{
    double                          least;
    int64_t                         sum;
    uint32_t                        i, weight, left, right;
    facetree_tally_class_t         *class;
    const facetree_tally_sample_t  *sample;

    const int64_t *const                  base = tally->base;
    const int64_t *const                  parts = tally->parts;
    const uint32_t                        count = split->count;
    const uint16_t *const                 order = split->order;
    facetree_tally_class_t *const         classes = tally->class;
    const facetree_tally_sample_t *const  samples = tally->sample;

    for (i = FACETREE_TALLY_OUTSIDERS; i < tally->classes; i++) {
        classes[i].left = 0;
    }

    weight = 0;
    sum = tally->part_sum;
    least = facetree_tally_least_entropy(tally, best);

    for (i = 0; i < count; i++) {
        sample = &samples[order[i]];
        class = facetree_tally_class(classes, sample);

        left = class->left;
        right = class->total - left;
        class->left = left + sample->weight;

        sum += parts[left + sample->weight] - parts[left]
               + parts[right - sample->weight] - parts[right];
        weight += sample->weight;

        if ((double) (sum - base[weight]) > least) {
            split->last = i;
            split->weight = weight;

            facetree_tally_consider(tally, split, best);
            least = facetree_tally_least_entropy(tally, best);
        }
    }

    return 0.0;
}


double
facetree_tally_walk(facetree_tally_t *tally, facetree_tally_split_t *split,
    facetree_candidate_t *best)
{
    if (tally->limits->criterion == FACETREE_ENTROPY) {
        return facetree_tally_walk_entropy(tally, split, best);
    }

    if (!tally->reaches) {
        return facetree_tally_walk_gini(tally, split, best, 0, 0);
    }

    return tally->ones ? facetree_tally_walk_gini(tally, split, best, 1, 1)
                       : facetree_tally_walk_gini(tally, split, best, 0, 1);
}
