
/*
 * Copyright (C) facetree contributors
 */


#include "reach.h"

#include "facetree_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>


/* Smaller nodes are searched faster than what is known of them is noted. */
#define FACETREE_REACH_LEAST   41

/* Of the node's weight: more than all rounding errors. */
#define FACETREE_REACH_MARGIN  1e-9

/* The share of the first node's weight that counts as least. */
#define FACETREE_REACH_SHARE   32


facetree_status_e
facetree_reach_init(facetree_reach_t *reach, uint32_t features,
    uint32_t classes, facetree_error_t *err)
{
    uint32_t  i;

    memset(reach, 0, sizeof(*reach));

    reach->features = features;
    reach->classes = classes;
    reach->loss = calloc((size_t) features * FACETREE_REACH_PARTS,
                         sizeof(*reach->loss));
    reach->at = calloc((size_t) features * FACETREE_REACH_PARTS,
                       sizeof(*reach->at));

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
 * "least" were there before and at least "whole" are there with them.
 */

static double
facetree_reach_extra(double added, double least, double whole,
    double greatest, double classes)
{
    double  n, excess;

    n = (least > greatest ? least : greatest) + added;
    excess = greatest - added / classes;

    return excess > 0.0 ? added * excess / (n > whole ? n : whole) : 0.0;
}


/*
 * What was lost may have been on either side of a split, in any parts.  The
 * sides were of at least "left" and "right".
 */

static double
facetree_reach_most(uint32_t lost, double left, double right, double weight,
    double greatest, double classes)
{
    double    extra, most, heavy;
    uint32_t  i;

    /* one of the sides has half the node's weight or more */

    heavy = weight / 2.0;
    most = 0.0;

    for (i = 0; i <= lost; i++) {
        extra = facetree_reach_extra(i, 1.0, left, greatest, classes)
                + facetree_reach_extra(lost - i, heavy, right, greatest,
                                       classes);
        if (extra > most) {
            most = extra;
        }

        extra = facetree_reach_extra(i, heavy, left, greatest, classes)
                + facetree_reach_extra(lost - i, 1.0, right, greatest,
                                       classes);
        if (extra > most) {
            most = extra;
        }
    }

    return most;
}


/* The least there was on the left of a split in some part; "part" counted
   from the other end, it is the least on the right. */

static double
facetree_reach_least(const facetree_reach_t *reach, uint32_t weight,
    uint32_t part)
{
    if (part == 0) {
        return 1.0;
    }

    if (part <= FACETREE_REACH_LIGHT) {
        return reach->light[part - 1] + 1.0;
    }

    return weight - reach->light[FACETREE_REACH_PARTS - 1 - part];
}


static void
facetree_reach_set_slack(const facetree_reach_t *reach,
    facetree_reach_node_t *from, uint32_t weight, const uint32_t *total)
{
    double    greatest, classes;
    uint32_t  i, lost;

    classes = 0.0;
    greatest = 0.0;

    for (i = 0; i < reach->classes; i++) {
        classes += from->total[i] != total[i];

        if (total[i] > greatest) {
            greatest = total[i];
        }
    }

    lost = from->weight - weight;

    for (i = 0; i < FACETREE_REACH_PARTS; i++) {
        from->slack[i] = lost + weight * FACETREE_REACH_MARGIN
            + facetree_reach_most(lost,
                  facetree_reach_least(reach, from->weight, i),
                  facetree_reach_least(reach, from->weight,
                                       FACETREE_REACH_PARTS - 1 - i),
                  weight, greatest, classes);
    }
}


static void
facetree_reach_begin(facetree_reach_t *reach, uint32_t weight)
{
    size_t    i, all;
    uint32_t  light;

    reach->depth = 0;

    light = weight / FACETREE_REACH_SHARE / FACETREE_REACH_STEP
            * FACETREE_REACH_STEP;

    if (light == 0) {
        light = FACETREE_REACH_STEP;
    }

    for (i = 0; i < FACETREE_REACH_LIGHT; i++) {
        reach->light[i] = light << i;
    }

    all = (size_t) reach->features * FACETREE_REACH_PARTS;

    for (i = 0; i < all; i++) {
        reach->loss[i] = -INFINITY;
    }

    memset(reach->at, 0, all);
}


/* Adds a node after those known, or forgets them and begins with it. */

static void
facetree_reach_keep(facetree_reach_t *reach, uint32_t start, uint32_t end,
    uint32_t weight, const uint32_t *total)
{
    facetree_reach_node_t  *node;

    if (!reach->known) {
        facetree_reach_begin(reach, weight);
    }

    node = &reach->node[reach->depth++];

    node->weight = weight;
    memcpy(node->total, total, reach->classes * sizeof(*total));

    reach->start = start;
    reach->end = end;
}


void
facetree_reach_enter(facetree_reach_t *reach, uint32_t start, uint32_t end,
    uint32_t weight, const uint32_t *total)
{
    int       near, again;
    uint32_t  i;

    near = 1;
    again = 1;
    reach->known = 0;

    if (reach->depth > 0 && reach->start <= start && end <= reach->end) {
        near = weight >= reach->node[reach->depth - 1].weight / 2;

        /* no split may have little on either side */

        again = reach->depth == FACETREE_REACH_DEPTH
                || weight <= 2 * (reach->light[FACETREE_REACH_LIGHT - 1]
                                  + FACETREE_REACH_STEP);
        reach->known = near && !again;
    }

    reach->keep = weight >= FACETREE_REACH_LEAST
                  && (reach->known || (near && again));

    for (i = 0; reach->known && i < reach->depth; i++) {
        facetree_reach_set_slack(reach, &reach->node[i], weight, total);
    }

    if (reach->keep) {
        facetree_reach_keep(reach, start, end, weight, total);
    }
}


uint32_t
facetree_reach_open(const facetree_reach_t *reach, uint32_t feature,
    double loss)
{
    size_t    first;
    uint32_t  i, open;

    if (!reach->known) {
        return FACETREE_REACH_ALL;
    }

    open = 0;
    first = (size_t) feature * FACETREE_REACH_PARTS;

    for (i = 0; i < FACETREE_REACH_PARTS; i++) {
        if (!(reach->loss[first + i]
              - reach->node[reach->at[first + i]].slack[i] > loss))
        {
            open |= 1u << i;
        }
    }

    return open;
}
