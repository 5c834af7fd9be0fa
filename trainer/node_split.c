
/*
 * Copyright (C) facetree contributors
 *
 * Beside _splitter.pyx: facetree_splitter_visit() is the loop of
 * node_split(), facetree_splitter_try_best() and
 * facetree_splitter_try_random() are what BestSplitter and RandomSplitter do
 * with one feature.  f_j, f_i, p, n_* are spelled out, levels of gray take the
 * place of float32 values, and its comparisons with FEATURE_THRESHOLD (1e-7)
 * become comparisons of integers.
 */


#include "node_split.h"

#include "facetree_int.h"
#include "value_sort.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>


/* Samples that weigh nothing take no part. */

static void
facetree_splitter_add_samples(facetree_splitter_t *splitter)
{
    double    weight;
    uint32_t  i;

    for (i = 0; i < splitter->columns->count; i++) {
        weight = splitter->weights ? splitter->weights[i] : 1.0;

        if (weight != 0.0) {
            splitter->samples[splitter->count++] = i;
        }

        splitter->weight_all += weight;
    }
}


facetree_status_e
facetree_splitter_init(facetree_splitter_t *splitter,
    const facetree_columns_t *columns, const facetree_grow_limits_t *limits,
    const double *weights, uint32_t seed, facetree_error_t *err)
{
    uint32_t           i;
    facetree_mt_t      mt;
    facetree_status_e  status;

    memset(splitter, 0, sizeof(*splitter));

    splitter->columns = columns;
    splitter->limits = limits;
    splitter->weights = weights;

    status = facetree_criterion_init(&splitter->criterion, limits->criterion,
                                     columns->classes, columns->class,
                                     weights, err);
    if (status != FACETREE_OK) {
        return status;
    }

    splitter->samples = calloc(columns->count, sizeof(uint32_t));
    splitter->features = calloc(columns->features, sizeof(uint32_t));
    splitter->constants = calloc(columns->features, sizeof(uint32_t));
    splitter->levels = calloc(columns->count, sizeof(uint8_t));

    if (splitter->samples == NULL || splitter->features == NULL
        || splitter->constants == NULL || splitter->levels == NULL)
    {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    for (i = 0; i < columns->features; i++) {
        splitter->features[i] = i;
    }

    facetree_splitter_add_samples(splitter);

    facetree_mt_seed(&mt, seed);
    splitter->xorshift.state = facetree_mt_below(&mt, FACETREE_SEED_BOUND);

    splitter->tallied = facetree_tally_fits(weights, columns->count);

    if (!splitter->tallied) {
        return FACETREE_OK;
    }

    status = facetree_tally_init(&splitter->tally, columns, limits, weights,
                                 err);

    if (status == FACETREE_OK) {
        facetree_tally_arrange(&splitter->tally, splitter->samples,
                               splitter->count);
    }

    return status;
}


void
facetree_splitter_clear(facetree_splitter_t *splitter)
{
    facetree_criterion_clear(&splitter->criterion);
    facetree_tally_clear(&splitter->tally);

    free(splitter->samples);
    free(splitter->features);
    free(splitter->constants);
    free(splitter->levels);

    memset(splitter, 0, sizeof(*splitter));
}


void
facetree_splitter_enter(facetree_splitter_t *splitter, uint32_t start,
    uint32_t end)
{
    splitter->start = start;
    splitter->end = end;

    facetree_criterion_enter(&splitter->criterion, splitter->samples + start,
                             end - start);
}


static void
facetree_splitter_swap(uint32_t *items, uint32_t i, uint32_t j)
{
    uint32_t  item;

    item = items[i];
    items[i] = items[j];
    items[j] = item;
}


/* Fetches the node's levels of a feature; returns 0 if all are the same. */

static int
facetree_splitter_load(facetree_splitter_t *splitter, uint32_t feature,
    uint8_t *low, uint8_t *high)
{
    uint8_t          level;
    uint32_t         i, count;
    const uint8_t   *column;
    const uint32_t  *samples;

    count = splitter->end - splitter->start;
    samples = splitter->samples + splitter->start;
    column = facetree_columns_levels(splitter->columns, feature);

    *low = column[samples[0]];
    *high = *low;

    for (i = 0; i < count; i++) {
        level = column[samples[i]];
        splitter->levels[i] = level;

        if (level < *low) {
            *low = level;
        }

        if (level > *high) {
            *high = level;
        }
    }

    return *low != *high;
}


/*
 * Compares the split at "position" with the best so far.  A tie does not
 * win: the feature drawn earlier stays, and in it the lower threshold.  A
 * position that is turned down for its number of samples has not moved the
 * running sums.
 */

static int
facetree_splitter_better(facetree_splitter_t *splitter, uint32_t position,
    facetree_candidate_t *best)
{
    double                    left, right, proxy;
    facetree_criterion_t     *criterion;
    const facetree_grow_limits_t  *limits;

    limits = splitter->limits;
    criterion = &splitter->criterion;

    if (position < limits->min_samples_leaf
        || criterion->count - position < limits->min_samples_leaf)
    {
        return 0;
    }

    facetree_criterion_move(criterion, position);

    if (criterion->left_weight < limits->min_weight_leaf
        || criterion->right_weight < limits->min_weight_leaf)
    {
        return 0;
    }

    left = facetree_criterion_impurity(criterion->kind, criterion->left,
                                       criterion->classes,
                                       criterion->left_weight);
    right = facetree_criterion_impurity(criterion->kind, criterion->right,
                                        criterion->classes,
                                        criterion->right_weight);

    proxy = facetree_criterion_proxy(criterion->left_weight, left,
                                     criterion->right_weight, right);

    if (!(proxy > best->proxy)) {
        return 0;
    }

    best->proxy = proxy;
    best->position = position;

    return 1;
}


/*
 * Every threshold between two levels that occur in the node.  The samples are
 * sorted in place and stay so: the next feature is sorted from that order.
 */

static void
facetree_splitter_try_best(facetree_splitter_t *splitter, uint32_t feature,
    facetree_candidate_t *best)
{
    uint8_t   *levels;
    uint32_t   i, count;

    levels = splitter->levels;
    count = splitter->end - splitter->start;

    facetree_value_sort(levels, splitter->samples + splitter->start, count);
    facetree_criterion_reset(&splitter->criterion);

    for (i = 1; i < count; i++) {

        if (levels[i] != levels[i - 1]
            && facetree_splitter_better(splitter, i, best))
        {
            best->feature = feature;
            best->threshold = levels[i - 1] / 2.0 + levels[i] / 2.0;
        }
    }
}


/* Returns how many samples were put first: those up to the threshold. */

static uint32_t
facetree_splitter_part(facetree_splitter_t *splitter, uint32_t feature,
    double threshold)
{
    uint32_t        i, end, *samples;
    const uint8_t  *column;

    i = 0;
    end = splitter->end - splitter->start;
    samples = splitter->samples + splitter->start;
    column = facetree_columns_levels(splitter->columns, feature);

    while (i < end) {

        if (column[samples[i]] <= threshold) {
            i++;

        } else {
            facetree_splitter_swap(samples, i, --end);
        }
    }

    return end;
}


/* One threshold, anywhere from the lowest level to below the highest. */

static void
facetree_splitter_try_random(facetree_splitter_t *splitter, uint32_t feature,
    uint8_t low, uint8_t high, facetree_candidate_t *best)
{
    double    threshold;
    uint32_t  position;

    threshold = facetree_xorshift_uniform(&splitter->xorshift, low, high);

    if (threshold == high) {
        threshold = low;
    }

    position = facetree_splitter_part(splitter, feature, threshold);

    facetree_criterion_reset(&splitter->criterion);

    if (facetree_splitter_better(splitter, position, best)) {
        best->feature = feature;
        best->threshold = threshold;
    }
}


/* "last" is the feature that was looked at last. */

static void
facetree_splitter_finish(facetree_splitter_t *splitter, double impurity,
    const facetree_candidate_t *best, uint32_t last,
    facetree_node_split_t *split)
{
    facetree_criterion_t  *criterion;

    split->position = 0;
    split->gain = 0.0;

    if (best->position == 0) {
        return;
    }

    criterion = &splitter->criterion;

    /*
     * The tally has not parted the samples at all.  Parting them again may
     * bring them into another order, which scikit-learn's random splitter
     * avoids when it can
     */

    if (splitter->tallied) {
        facetree_tally_divide(&splitter->tally,
                              splitter->samples + splitter->start,
                              splitter->end - splitter->start,
                              best->feature, best->threshold);

    } else if (splitter->limits->splitter == FACETREE_BEST
               || last != best->feature)
    {
        facetree_splitter_part(splitter, best->feature, best->threshold);
    }

    facetree_criterion_reset(criterion);
    facetree_criterion_move(criterion, best->position);

    split->position = splitter->start + best->position;
    split->feature = best->feature;
    split->threshold = best->threshold;

    split->left_impurity = facetree_criterion_impurity(criterion->kind,
                               criterion->left, criterion->classes,
                               criterion->left_weight);
    split->right_impurity = facetree_criterion_impurity(criterion->kind,
                                criterion->right, criterion->classes,
                                criterion->right_weight);

    split->gain = (criterion->weight / splitter->weight_all)
                  * (impurity
                     - (criterion->right_weight / criterion->weight
                        * split->right_impurity)
                     - (criterion->left_weight / criterion->weight
                        * split->left_impurity));
}


/*
 * Looks for the best split in one feature.  Returns 0 if it is constant in
 * the node.
 */

static int
facetree_splitter_try(facetree_splitter_t *splitter, uint32_t feature,
    facetree_candidate_t *best)
{
    uint8_t  low, high;

    if (splitter->tallied) {
        return splitter->limits->splitter == FACETREE_BEST
               ? facetree_tally_try_best(&splitter->tally, feature, best)
               : facetree_tally_try_random(&splitter->tally, feature,
                                           &splitter->xorshift, best);
    }

    if (!facetree_splitter_load(splitter, feature, &low, &high)) {
        return 0;
    }

    if (splitter->limits->splitter == FACETREE_BEST) {
        facetree_splitter_try_best(splitter, feature, best);

    } else {
        facetree_splitter_try_random(splitter, feature, low, high, best);
    }

    return 1;
}


/*
 * Asks for the memory of the feature that is drawn next, if the one being
 * looked at is not constant and the next is not known to be.
 */

static void
facetree_splitter_prefetch(const facetree_splitter_t *splitter,
    uint32_t drawn, uint32_t found, uint32_t undrawn)
{
    uint32_t             next;
    facetree_xorshift_t  ahead;

    if (undrawn - found <= drawn + 1) {
        return;
    }

    ahead = splitter->xorshift;
    next = facetree_xorshift_between(&ahead, drawn, undrawn - found - 1);

    facetree_tally_prefetch(&splitter->tally,
                            splitter->features[found + next]);
}


/*
 * Features are drawn without replacement, the known constant ones included:
 * they count as visited, but at least one that is not constant is looked at
 * if there is one.  The array of features is kept as
 *
 *     drawn constants | known constants | found constants | not yet drawn
 *     | looked at
 *
 * from which a Fisher-Yates draw takes known constants to the front, new ones
 * to the middle and all others to the end.  Returns how many new constants
 * were found; "*last" is the feature that was looked at last.
 */

static uint32_t
facetree_splitter_visit(facetree_splitter_t *splitter, uint32_t constants,
    facetree_candidate_t *best, uint32_t *last)
{
    uint32_t  i, feature, *features, undrawn, total, visited, found, drawn;

    features = splitter->features;

    undrawn = splitter->columns->features;
    total = constants;
    visited = 0;
    found = 0;
    drawn = 0;

    while (undrawn > total
           && (visited < splitter->limits->max_features
               || visited <= found + drawn))
    {
        visited++;

        i = facetree_xorshift_between(&splitter->xorshift, drawn,
                                      undrawn - found);

        if (i < constants) {
            facetree_splitter_swap(features, drawn++, i);
            continue;
        }

        i += found;
        feature = features[i];
        *last = feature;

        if (splitter->tallied) {
            facetree_splitter_prefetch(splitter, drawn, found, undrawn);
        }

        if (facetree_splitter_try(splitter, feature, best)) {
            facetree_splitter_swap(features, i, --undrawn);

        } else {
            facetree_splitter_swap(features, i, total++);
            found++;
        }
    }

    return found;
}


void
facetree_splitter_search(facetree_splitter_t *splitter, double impurity,
    uint32_t constants, facetree_node_split_t *split)
{
    uint32_t              last, found;
    facetree_candidate_t  best;

    memset(&best, 0, sizeof(best));
    best.proxy = -INFINITY;
    last = UINT32_MAX;

    if (splitter->tallied) {
        facetree_tally_enter(&splitter->tally, splitter->samples,
                             splitter->start, splitter->end);
    }

    found = facetree_splitter_visit(splitter, constants, &best, &last);

    if (splitter->tallied) {
        facetree_tally_leave(&splitter->tally);
    }

    facetree_splitter_finish(splitter, impurity, &best, last, split);

    /*
     * The children find the known constants in front, whatever order the
     * draws left them in, and then the new ones
     */

    memcpy(splitter->features, splitter->constants,
           constants * sizeof(uint32_t));
    memcpy(splitter->constants + constants, splitter->features + constants,
           found * sizeof(uint32_t));

    split->constants = constants + found;
}
