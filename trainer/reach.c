
/*
 * Copyright (C) facetree contributors
 */


#include "reach.h"

#include "facetree_int.h"

#include <math.h>
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
    uint32_t  i;

    memset(reach, 0, sizeof(*reach));

    reach->features = features;
    reach->classes = classes;
    reach->loss = calloc(features, sizeof(*reach->loss));
    reach->at = calloc(features, sizeof(*reach->at));

    if (reach->loss == NULL || reach->at == NULL) {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    for (i = 0; i < FACETREE_REACH_DEPTH; i++) {
        reach->node[i].total = calloc(classes, sizeof(uint32_t));

        if (reach->node[i].total == NULL) {
            return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET,
                                 NULL);
        }
    }

    return FACETREE_OK;
}


void
facetree_reach_clear(facetree_reach_t *reach)
{
    uint32_t  i;

    for (i = 0; i < FACETREE_REACH_DEPTH; i++) {
        free(reach->node[i].total);
    }

    free(reach->loss);
    free(reach->at);

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
facetree_reach_slack(const facetree_reach_node_t *from, uint32_t weight,
    const uint32_t *total, uint32_t count)
{
    double    extra, most, greatest, classes;
    uint32_t  i, lost;

    most = 0.0;
    classes = 0.0;
    greatest = 0.0;

    for (i = 0; i < count; i++) {
        classes += from->total[i] != total[i];

        if (total[i] > greatest) {
            greatest = total[i];
        }
    }

    lost = from->weight - weight;

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


/* Adds a node after those known, or forgets them and begins with it. */

static void
facetree_reach_keep(facetree_reach_t *reach, uint32_t start, uint32_t end,
    uint32_t weight, const uint32_t *total)
{
    uint32_t                i;
    facetree_reach_node_t  *node;

    if (!reach->known) {
        reach->depth = 0;

        for (i = 0; i < reach->features; i++) {
            reach->loss[i] = -INFINITY;
            reach->at[i] = 0;
        }
    }

    node = &reach->node[reach->depth++];

    node->weight = weight;
    node->slack = 0.0;
    memcpy(node->total, total, reach->classes * sizeof(*total));

    reach->start = start;
    reach->end = end;
}


void
facetree_reach_enter(facetree_reach_t *reach, uint32_t start, uint32_t end,
    uint32_t weight, const uint32_t *total)
{
    int       within;
    uint32_t  i;

    within = reach->depth > 0 && reach->start <= start && end <= reach->end;

    reach->known = within && reach->depth < FACETREE_REACH_DEPTH
                   && weight >= reach->node[reach->depth - 1].weight / 2;
    reach->keep = end - start >= FACETREE_REACH_LEAST
                  && (reach->known || !within
                      || reach->depth == FACETREE_REACH_DEPTH);

    for (i = 0; reach->known && i < reach->depth; i++) {
        reach->node[i].slack = facetree_reach_slack(&reach->node[i], weight,
                                                    total, reach->classes);
    }

    if (reach->keep) {
        facetree_reach_keep(reach, start, end, weight, total);
    }
}


int
facetree_reach_exceeds(const facetree_reach_t *reach, uint32_t feature,
    double loss)
{
    return reach->known
           && reach->loss[feature] - reach->node[reach->at[feature]].slack
              > loss;
}


void
facetree_reach_tell(facetree_reach_t *reach, uint32_t feature, double loss)
{
    if (reach->keep) {
        reach->loss[feature] = loss;
        reach->at[feature] = (uint8_t) (reach->depth - 1);
    }
}
