
/*
 * Copyright (C) facetree contributors
 */


#include "bootstrap.h"

#include "facetree_int.h"
#include "random.h"

#include <math.h>
#include <string.h>


facetree_status_e
facetree_bootstrap_size(uint32_t *size, const facetree_amount_t *max_samples,
    uint32_t count, facetree_error_t *err)
{
    switch (max_samples->kind) {

    case FACETREE_AMOUNT_NONE:
        *size = count;
        return FACETREE_OK;

    case FACETREE_AMOUNT_COUNT:
        if (max_samples->count < 1 || max_samples->count > count) {
            break;
        }

        *size = max_samples->count;
        return FACETREE_OK;

    case FACETREE_AMOUNT_FRACTION:
        if (!(max_samples->fraction > 0.0 && max_samples->fraction <= 1.0)) {
            break;
        }

        /* Python's round(): halves to even, the default rounding mode */

        *size = (uint32_t) nearbyint(count * max_samples->fraction);

        if (*size == 0) {
            return facetree_fail(err, FACETREE_EINVAL, FACETREE_NO_OFFSET,
                                 "max_samples is %#.6g, which is no picture "
                                 "of %u", max_samples->fraction, count);
        }

        return FACETREE_OK;

    default:
        break;
    }

    return facetree_fail(err, FACETREE_EINVAL, FACETREE_NO_OFFSET,
                         "max_samples must be a count from 1 to %u, the "
                         "number of training pictures, or a fraction above "
                         "0.0 and up to 1.0", count);
}


void
facetree_bootstrap_draw(uint32_t *drawn, uint32_t count, uint32_t size,
    uint32_t seed)
{
    uint32_t       i;
    facetree_mt_t  mt;

    memset(drawn, 0, count * sizeof(*drawn));
    facetree_mt_seed(&mt, seed);

    for (i = 0; i < size; i++) {
        drawn[facetree_mt_below(&mt, count)]++;
    }
}
