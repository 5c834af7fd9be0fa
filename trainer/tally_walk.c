
/*
 * Copyright (C) facetree contributors
 */


#include "tally_walk.h"

#include "criterion.h"
#include "tally_gini.h"

#include <math.h>


/*
 * How far below the best split an estimate may be, in units of the node's
 * weight, to be looked at closely: far more than the rounding errors of
 * proxies and estimates, far less than what tells most splits apart.
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


/*
 * Looks closely at a split.  Kept out of the loops that walk, which rarely
 * come here.
 */

void
facetree_tally_consider(facetree_tally_t *tally,
    facetree_tally_split_t *split, facetree_candidate_t *best)
{
    double    proxy;
    uint8_t   low, high;
    uint32_t  position, place;

    position = split->position;

    /* forbidden ones come here as long as there is none to beat */

    if (split->weight < tally->least_weight
        || tally->weight - split->weight < tally->least_weight
        || position < tally->limits->min_samples_leaf
        || tally->count - position < tally->limits->min_samples_leaf)
    {
        return;
    }

    place = split->reverse ? tally->count - position : position;

    low = split->column[split->order[place - !split->reverse]];
    high = split->column[split->order[place - split->reverse]];

    if (low == high) {
        return;
    }

    proxy = facetree_tally_proxy(tally, split);

    /* of two of a feature that are as good the first would have been found */

    if (proxy > best->proxy
        || (proxy == best->proxy && split->best && position < best->position))
    {
        split->best = 1;
        best->feature = split->feature;
        best->proxy = proxy;
        best->position = position;
        best->threshold = low / 2.0 + high / 2.0;
    }
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


static void
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
    const uint32_t                        count = tally->count;
    const uint16_t *const                 order = split->order;
    facetree_tally_class_t *const         classes = tally->class;
    const facetree_tally_sample_t *const  samples = tally->sample;

    for (i = FACETREE_TALLY_OUTSIDERS; i < tally->classes; i++) {
        classes[i].left = 0;
    }

    weight = 0;
    sum = tally->part_sum;
    least = facetree_tally_least_entropy(tally, best);

    for (i = 0; i + 1 < count; i++) {
        sample = &samples[order[i]];
        class = facetree_tally_class(classes, sample);

        left = class->left;
        right = class->total - left;
        class->left = left + sample->weight;

        sum += parts[left + sample->weight] - parts[left]
               + parts[right - sample->weight] - parts[right];
        weight += sample->weight;

        if ((double) (sum - base[weight]) > least) {
            split->position = i + 1;
            split->weight = weight;

            facetree_tally_consider(tally, split, best);
            least = facetree_tally_least_entropy(tally, best);
        }
    }
}


void
facetree_tally_walk(facetree_tally_t *tally, facetree_tally_split_t *split,
    facetree_candidate_t *best)
{
    if (tally->limits->criterion == FACETREE_ENTROPY) {
        facetree_tally_walk_entropy(tally, split, best);

    } else {
        facetree_tally_sum_gini(tally, split);
        facetree_tally_compare_gini(tally, split, best);
    }
}


void
facetree_tally_walk_end(facetree_tally_t *tally,
    facetree_tally_split_t *split, facetree_candidate_t *best)
{
    facetree_tally_sum_gini(tally, split);
    facetree_tally_compare_end(tally, split, best);
}
