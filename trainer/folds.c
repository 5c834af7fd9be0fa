
/*
 * Copyright (C) facetree contributors
 *
 * StratifiedKFold of scikit-learn 1.2 (sklearn/model_selection/_split.py).
 */


#include "split.h"

#include "facetree_int.h"
#include "random.h"
#include "strata.h"

#include <stdlib.h>


static facetree_status_e
facetree_folds_check(const facetree_strata_t *strata, uint32_t folds,
    facetree_error_t *err)
{
    uint32_t  i, largest;

    largest = 0;

    for (i = 0; i < strata->count; i++) {
        if (facetree_strata_size(strata, i) > largest) {
            largest = facetree_strata_size(strata, i);
        }
    }

    if (folds < 2 || folds > largest) {
        return facetree_fail(err, FACETREE_EINVAL, FACETREE_NO_OFFSET,
                             "%u folds: must be from 2 to %u, the number of "
                             "pictures of the largest class", folds, largest);
    }

    return FACETREE_OK;
}


/* Orders classes by their first member: "first" gets indices in strata. */

static void
facetree_folds_order(const facetree_strata_t *strata, uint32_t *first)
{
    uint32_t  i, j, member;

    for (i = 0; i < strata->count; i++) {
        member = strata->members[strata->start[i]];

        for (j = i; j > 0; j--) {
            if (strata->members[strata->start[first[j - 1]]] < member) {
                break;
            }

            first[j] = first[j - 1];
        }

        first[j] = i;
    }
}


/*
 * With all examples sorted by class, a fold takes every folds-th: of a class
 * that begins at "start" of that order, the share of each fold is what falls
 * to it so.
 */

static void
facetree_folds_deal(uint32_t *dealt, uint32_t start, uint32_t size,
    uint32_t folds)
{
    uint32_t  fold, i, n;

    n = 0;

    for (fold = 0; fold < folds; fold++) {
        i = fold >= start % folds ? fold - start % folds
                                  : fold + folds - start % folds;

        for ( /* void */ ; i < size; i += folds) {
            dealt[n++] = fold;
        }
    }
}


facetree_status_e
facetree_stratified_folds(uint32_t *fold, const uint32_t *labels,
    uint32_t count, uint32_t classes, uint32_t folds, int shuffle,
    uint32_t seed, facetree_error_t *err)
{
    uint32_t           i, j, start, size, *first, *dealt;
    facetree_mt_t      mt;
    facetree_strata_t  strata;
    facetree_status_e  status;

    status = facetree_strata_init(&strata, labels, count, classes, err);
    if (status != FACETREE_OK) {
        return status;
    }

    first = calloc((size_t) strata.count + 1, sizeof(*first));
    dealt = calloc((size_t) count + 1, sizeof(*dealt));

    if (first == NULL || dealt == NULL) {
        status = facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
        goto done;
    }

    status = facetree_folds_check(&strata, folds, err);
    if (status != FACETREE_OK) {
        goto done;
    }

    facetree_mt_seed(&mt, seed);
    facetree_folds_order(&strata, first);
    start = 0;

    for (i = 0; i < strata.count; i++) {
        size = facetree_strata_size(&strata, first[i]);

        facetree_folds_deal(dealt, start, size, folds);
        start += size;

        if (shuffle) {
            facetree_mt_shuffle(&mt, dealt, size);
        }

        for (j = 0; j < size; j++) {
            fold[strata.members[strata.start[first[i]] + j]] = dealt[j];
        }
    }

done:

    free(first);
    free(dealt);
    facetree_strata_clear(&strata);

    return status;
}
