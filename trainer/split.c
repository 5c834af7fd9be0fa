
/*
 * Copyright (C) facetree contributors
 *
 * scikit-learn 1.2's ShuffleSplit and StratifiedShuffleSplit
 * (sklearn/model_selection/_split.py) for one split.
 */


#include "split.h"

#include "facetree_int.h"
#include "random.h"
#include "strata.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>


/* What train_test_split() holds out when it is not told. */
#define FACETREE_SPLIT_TEST_SHARE  0.25


static facetree_status_e
facetree_split_test_count(const facetree_amount_t *size, uint32_t count,
    uint32_t *test_count, facetree_error_t *err)
{
    double  share;

    if (size->kind == FACETREE_AMOUNT_COUNT) {

        if (size->count == 0 || size->count >= count) {
            return facetree_fail(err, FACETREE_EINVAL, FACETREE_NO_OFFSET,
                                 "test_size is %u: must be from 1 to %u, one "
                                 "less than the number of pictures",
                                 size->count, count ? count - 1 : 0);
        }

        *test_count = size->count;

        return FACETREE_OK;
    }

    share = size->kind == FACETREE_AMOUNT_NONE ? FACETREE_SPLIT_TEST_SHARE
                                               : size->fraction;

    if ((size->kind != FACETREE_AMOUNT_NONE
         && size->kind != FACETREE_AMOUNT_FRACTION)
        || !(share > 0.0 && share < 1.0))
    {
        return facetree_fail(err, FACETREE_EINVAL, FACETREE_NO_OFFSET,
                             "test_size is %g: must be a count, or a fraction "
                             "above 0.0 and below 1.0", share);
    }

    *test_count = (uint32_t) ceil(share * count);

    return FACETREE_OK;
}


static facetree_status_e
facetree_split_check(uint32_t count, uint32_t train_count,
    uint32_t test_count, facetree_error_t *err)
{
    if (train_count == 0 || test_count == 0
        || train_count > count || test_count > count - train_count)
    {
        return facetree_fail(err, FACETREE_EINVAL, FACETREE_NO_OFFSET,
                             "%u pictures cannot be split into %u for "
                             "training and %u for the test", count,
                             train_count, test_count);
    }

    return FACETREE_OK;
}


/* Scratch space of a stratified split; every array has an item a class. */

typedef struct {
    uint32_t  *train;              /* places of each class on the sides */
    uint32_t  *test;
    uint32_t  *size;
    uint32_t  *tied;
    uint32_t  *lot;
    double    *remainder;
    uint32_t  *order;              /* of the members of one class */
} facetree_split_deal_t;


static void
facetree_split_deal_clear(facetree_split_deal_t *deal)
{
    free(deal->train);
    free(deal->test);
    free(deal->size);
    free(deal->tied);
    free(deal->lot);
    free(deal->remainder);
    free(deal->order);
}


static int
facetree_split_deal_init(facetree_split_deal_t *deal,
    const facetree_strata_t *strata, uint32_t count)
{
    deal->train = calloc(strata->count, sizeof(*deal->train));
    deal->test = calloc(strata->count, sizeof(*deal->test));
    deal->size = calloc(strata->count, sizeof(*deal->size));
    deal->tied = calloc(strata->count, sizeof(*deal->tied));
    deal->lot = calloc(strata->count, sizeof(*deal->lot));
    deal->remainder = calloc(strata->count, sizeof(*deal->remainder));
    deal->order = calloc(count, sizeof(*deal->order));

    return deal->train && deal->test && deal->size && deal->tied && deal->lot
           && deal->remainder && deal->order;
}


/* Two members in every class, and a place on either side for each class. */

static facetree_status_e
facetree_split_check_strata(const facetree_strata_t *strata,
    const facetree_split_t *split, facetree_error_t *err)
{
    uint32_t  i;

    for (i = 0; i < strata->count; i++) {

        if (facetree_strata_size(strata, i) < 2) {
            return facetree_fail(err, FACETREE_EINVAL, FACETREE_NO_OFFSET,
                                 "class %u has only one picture: a stratified "
                                 "split needs two of every class",
                                 strata->class[i]);
        }
    }

    if (split->train_count < strata->count
        || split->test_count < strata->count)
    {
        return facetree_fail(err, FACETREE_EINVAL, FACETREE_NO_OFFSET,
                             "%u pictures for training and %u for the test: a "
                             "stratified split of %u classes needs as many "
                             "on either side", split->train_count,
                             split->test_count, strata->count);
    }

    return FACETREE_OK;
}


/*
 * Gives one more place each to the classes whose remainder is the largest.
 * If they are more than the places that are left, a lot decides; it is drawn
 * in either case.  Returns how many places are left then.
 */

static uint32_t
facetree_split_deal_round(facetree_split_deal_t *deal, uint32_t classes,
    uint32_t left, uint32_t *places, facetree_mt_t *mt)
{
    double    largest;
    uint32_t  i, tied;

    tied = 0;
    largest = deal->remainder[0];

    for (i = 1; i < classes; i++) {
        if (deal->remainder[i] > largest) {
            largest = deal->remainder[i];
        }
    }

    for (i = 0; i < classes; i++) {
        if (deal->remainder[i] == largest) {
            deal->tied[tied++] = i;
            deal->remainder[i] = -1.0;
        }
    }

    facetree_mt_permutation(mt, deal->lot, tied);

    for (i = 0; i < tied && left > 0; i++) {
        places[deal->tied[deal->lot[i]]]++;
        left--;
    }

    return left;
}


/*
 * Deals "draws" places to classes of deal->size members in proportion, as
 * _approximate_mode() in sklearn/utils/__init__.py: whole shares first, then
 * the rest by falling remainder.
 */

static void
facetree_split_deal(facetree_split_deal_t *deal, uint32_t classes,
    uint32_t draws, uint32_t *places, facetree_mt_t *mt)
{
    double    share;
    uint32_t  i, sum, dealt, left;

    sum = 0;
    dealt = 0;

    for (i = 0; i < classes; i++) {
        sum += deal->size[i];
    }

    for (i = 0; i < classes; i++) {
        share = (double) deal->size[i] / sum * draws;

        places[i] = (uint32_t) share;
        deal->remainder[i] = share - places[i];

        dealt += places[i];
    }

    /*
     * Fewer than "classes" places are left, so that the rounds end before
     * the remainders do; a rounding error may have dealt one too many.
     */

    left = dealt < draws ? draws - dealt : 0;

    while (left > 0) {
        left = facetree_split_deal_round(deal, classes, left, places, mt);
    }
}


static void
facetree_split_draw_strata(facetree_split_t *split,
    const facetree_strata_t *strata, facetree_split_deal_t *deal,
    facetree_mt_t *mt)
{
    uint32_t        i, j, size, train, test;
    const uint32_t  *members;

    for (i = 0; i < strata->count; i++) {
        deal->size[i] = facetree_strata_size(strata, i);
    }

    facetree_split_deal(deal, strata->count, split->train_count, deal->train,
                        mt);

    for (i = 0; i < strata->count; i++) {
        deal->size[i] -= deal->train[i];
    }

    facetree_split_deal(deal, strata->count, split->test_count, deal->test,
                        mt);

    train = 0;
    test = 0;

    for (i = 0; i < strata->count; i++) {
        size = facetree_strata_size(strata, i);
        members = strata->members + strata->start[i];

        facetree_mt_permutation(mt, deal->order, size);

        for (j = 0; j < deal->train[i]; j++) {
            split->train[train++] = members[deal->order[j]];
        }

        for ( /* void */ ; j < deal->train[i] + deal->test[i]; j++) {
            split->test[test++] = members[deal->order[j]];
        }
    }

    facetree_mt_shuffle(mt, split->train, train);
    facetree_mt_shuffle(mt, split->test, test);
}


static facetree_status_e
facetree_split_stratified(facetree_split_t *split, const uint32_t *labels,
    uint32_t count, uint32_t classes, uint32_t seed, facetree_error_t *err)
{
    facetree_mt_t          mt;
    facetree_strata_t      strata;
    facetree_status_e      status;
    facetree_split_deal_t  deal;

    memset(&deal, 0, sizeof(deal));

    status = facetree_strata_init(&strata, labels, count, classes, err);
    if (status != FACETREE_OK) {
        return status;
    }

    status = facetree_split_check_strata(&strata, split, err);
    if (status != FACETREE_OK) {
        goto done;
    }

    if (!facetree_split_deal_init(&deal, &strata, count)) {
        status = facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
        goto done;
    }

    facetree_mt_seed(&mt, seed);
    facetree_split_draw_strata(split, &strata, &deal, &mt);

done:

    facetree_split_deal_clear(&deal);
    facetree_strata_clear(&strata);

    return status;
}


/* The test side comes first in the permutation. */

static facetree_status_e
facetree_split_plain(facetree_split_t *split, uint32_t count, uint32_t seed,
    facetree_error_t *err)
{
    uint32_t       *order;
    facetree_mt_t   mt;

    order = calloc(count, sizeof(*order));
    if (order == NULL) {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    facetree_mt_seed(&mt, seed);
    facetree_mt_permutation(&mt, order, count);

    memcpy(split->test, order, split->test_count * sizeof(*order));
    memcpy(split->train, order + split->test_count,
           split->train_count * sizeof(*order));

    free(order);

    return FACETREE_OK;
}


facetree_status_e
facetree_split_counts(facetree_split_t *split, const uint32_t *labels,
    uint32_t count, uint32_t classes, uint32_t train_count,
    uint32_t test_count, int stratify, uint32_t seed, facetree_error_t *err)
{
    facetree_split_t   drawn;
    facetree_status_e  status;

    status = facetree_split_check(count, train_count, test_count, err);
    if (status != FACETREE_OK) {
        return status;
    }

    drawn.train_count = train_count;
    drawn.test_count = test_count;
    drawn.train = calloc(train_count, sizeof(*drawn.train));
    drawn.test = calloc(test_count, sizeof(*drawn.test));

    if (drawn.train == NULL || drawn.test == NULL) {
        status = facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);

    } else if (stratify) {
        status = facetree_split_stratified(&drawn, labels, count, classes,
                                           seed, err);

    } else {
        status = facetree_split_plain(&drawn, count, seed, err);
    }

    if (status != FACETREE_OK) {
        facetree_split_clear(&drawn);
        return status;
    }

    *split = drawn;

    return FACETREE_OK;
}


facetree_status_e
facetree_split(facetree_split_t *split, const uint32_t *labels,
    uint32_t count, uint32_t classes, const facetree_split_params_t *params,
    facetree_error_t *err)
{
    uint32_t           test_count;
    facetree_status_e  status;

    test_count = 0;

    status = facetree_split_test_count(&params->test_size, count, &test_count,
                                       err);
    if (status != FACETREE_OK) {
        return status;
    }

    return facetree_split_counts(split, labels, count, classes,
                                 count - test_count, test_count,
                                 params->stratify, params->seed, err);
}


void
facetree_split_clear(facetree_split_t *split)
{
    free(split->train);
    free(split->test);

    memset(split, 0, sizeof(*split));
}
