
/*
 * Copyright (C) facetree contributors
 */


#include "reach.h"

#include "facetree_int.h"

#include <stdlib.h>
#include <string.h>


/* Smaller nodes are searched faster than what is known of them is noted. */
#define FACETREE_REACH_LEAST   32

/* Of the node's weight: more than all rounding errors. */
#define FACETREE_REACH_MARGIN  1e-9


facetree_status_e
facetree_reach_init(facetree_reach_t *reach, uint32_t features,
    uint32_t classes, facetree_error_t *err)
{
    memset(reach, 0, sizeof(*reach));

    reach->features = features;
    reach->classes = classes;
    reach->total = calloc(classes, sizeof(*reach->total));
    reach->loss = calloc(features, sizeof(*reach->loss));

    if (reach->total == NULL || reach->loss == NULL) {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    return FACETREE_OK;
}


void
facetree_reach_clear(facetree_reach_t *reach)
{
    free(reach->total);
    free(reach->loss);

    memset(reach, 0, sizeof(*reach));
}


/*
 * How much more than "added" the loss of a side may be, of which at least
 * "least" were there before.
 */

static double
facetree_reach_extra(double added, double least, double greatest,
    double classes)
{
    double  n, excess;

    n = least > greatest ? least : greatest;
    excess = greatest - added / classes;

    return excess > 0.0 ? added * excess / (n + added) : 0.0;
}


/* What was lost may have been on either side of a split, in any parts. */

static double
facetree_reach_slack(const facetree_reach_t *reach, uint32_t weight,
    const uint32_t *total)
{
    double    extra, most, greatest, classes;
    uint32_t  i, lost;

    most = 0.0;
    classes = 0.0;
    greatest = 0.0;

    for (i = 0; i < reach->classes; i++) {
        classes += reach->total[i] != total[i];

        if (total[i] > greatest) {
            greatest = total[i];
        }
    }

    lost = reach->weight - weight;

    for (i = 0; i <= lost; i++) {
        /* one of the sides has half the node's weight or more */

        extra = facetree_reach_extra(i, 1.0, greatest, classes)
                + facetree_reach_extra(lost - i, weight / 2.0, greatest,
                                       classes);
        if (extra > most) {
            most = extra;
        }
    }

    return lost + most + weight * FACETREE_REACH_MARGIN;
}


void
facetree_reach_enter(facetree_reach_t *reach, uint32_t start, uint32_t end,
    uint32_t weight, const uint32_t *total)
{
    int  within;

    within = reach->start <= start && end <= reach->end;

    reach->known = within && weight >= reach->weight / 2;
    reach->keep = end - start >= FACETREE_REACH_LEAST
                  && (reach->known || !within);

    if (reach->known) {
        reach->slack = facetree_reach_slack(reach, weight, total);
    }

    if (reach->keep) {
        reach->start = start;
        reach->end = end;
        reach->weight = weight;
        memcpy(reach->total, total, reach->classes * sizeof(*total));
    }
}


int
facetree_reach_exceeds(facetree_reach_t *reach, uint32_t feature, double loss)
{
    double  least;

    least = reach->known ? reach->loss[feature] - reach->slack : 0.0;

    if (reach->keep) {
        reach->loss[feature] = least;
    }

    return least > loss;
}


void
facetree_reach_tell(facetree_reach_t *reach, uint32_t feature, double loss)
{
    if (reach->keep) {
        reach->loss[feature] = loss;
    }
}
