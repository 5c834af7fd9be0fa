
/*
 * Copyright (C) facetree contributors
 *
 * The best threshold of a feature when all weights are whole numbers, found
 * without what makes scikit-learn slow and with the same result to the bit.
 *
 * Sums of whole numbers are exact in any order, so that neither the order of
 * equal levels nor the direction of counting can be seen in the result.  The
 * samples of a node are walked by rising level with sums kept as integers,
 * and a cheap estimate tells the positions that might beat the best split so
 * far, give or take more than any rounding error.  Only those few are
 * computed as scikit-learn does.
 */


#ifndef FACETREE_TALLY_H
#define FACETREE_TALLY_H


#include "facetree.h"
#include "columns.h"
#include "order.h"
#include "params.h"
#include "random.h"
#include "reach.h"


#pragma GCC visibility push(hidden)


/*
 * Of all samples together, and their number too: twice the product of two
 * weights fits in 32 bits then, and that of three in a double.
 */
#define FACETREE_TALLY_MAX_WEIGHT   46340

/*
 * If less than this share of the features is looked at in a node, hardly any
 * list of sorted samples would be of use to its children.
 */
#define FACETREE_TALLY_SHARE        4

/*
 * Samples that a walk comes across and that are not in the node count for one
 * of several classes of their own, since waiting for one and the same number
 * to be written and read again takes time.
 */
#define FACETREE_TALLY_OUTSIDERS    8


/* The best split of a node so far; "proxy" is what splits are compared by. */

typedef struct {
    double    proxy;
    uint32_t  position;            /* samples on the left; 0: none yet */
    uint32_t  feature;
    double    threshold;
} facetree_candidate_t;


/* A sample of the node; only "class" is not 0 if it is not in it. */

typedef struct {
    uint32_t  class;               /* its facetree_tally_class_t, in bytes
                                      from the first */
    uint32_t  weight;
} facetree_tally_sample_t;


/* A class that occurs in the node; they come after those of outsiders. */

typedef struct {
    uint32_t  total;               /* weight in the node */
    uint32_t  left;
    uint64_t  add;                 /* Gini: to the sums, for the next sample;
                                      see tally_gini.c */
} facetree_tally_class_t;


/* Gini: 1 over the weights of the two sides. */

typedef struct {
    float     left;
    float     right;
} facetree_tally_scale_t;


static inline facetree_tally_class_t *
facetree_tally_class(facetree_tally_class_t *classes,
    const facetree_tally_sample_t *sample)
{
    return (facetree_tally_class_t *) (void *) ((char *) classes
                                                + sample->class);
}


/* The members of such a class, where they come by class. */

typedef struct {
    uint32_t  first;               /* index in members */
    uint32_t  count;
    uint64_t  mask;                /* of that many bytes, or of 8 */
} facetree_tally_run_t;


/* Opaque to all but tally*.c. */

typedef struct {
    const facetree_columns_t  *columns;
    const facetree_grow_limits_t   *limits;
    uint32_t                  *weights;     /* of every sample */
    int                        ones;        /* they are all 0 or 1 */
    uint32_t                   least_weight;    /* of a child */
    int                        dense;       /* nodes look at all features */

    /* of the node */

    const uint32_t            *members;
    uint32_t                   count;
    uint32_t                   weight;
    uint32_t                   classes;     /* outsiders' included */
    int64_t                    squares;     /* of the class weights, summed */
    int64_t                    part_sum;    /* of "parts" of the classes */
    facetree_tally_class_t    *class;
    facetree_tally_sample_t   *sample;      /* of the tree */
    uint8_t                   *member;      /* by sample: 1 or 0 */
    uint32_t                  *rank;        /* scratch, by class of the set */
    uint32_t                  *aside;       /* scratch, by member */
    double                    *sums;        /* scratch, for impurities */

    /* Gini, by position: squares on the left, and the sum of the samples'
       weights times those of their classes in the upper half */

    uint64_t                  *sum;
    uint32_t                  *sum_weight;  /* not if they are all 1 */

    /* by weight on the left */

    facetree_tally_scale_t    *scale;       /* Gini */
    int64_t                   *base;        /* entropy */
    int64_t                   *parts;       /* n log2 n in fixed point */

    facetree_order_t           order;
    int                        ordered;     /* "order" has this node */
    uint16_t                  *sorted;      /* otherwise: members by level */
    uint8_t                   *levels;

    /* random thresholds only */

    facetree_tally_run_t      *run;         /* by class, outsiders' unused */
    uint32_t                  *member_weight;   /* by place in members */
    uint8_t                   *flags;       /* scratch, likewise */

    facetree_reach_t           reach;       /* dense Gini only */
    int                        reaches;
} facetree_tally_t;


/*
 * Returns 1 if trees of these weights, NULL for all 1.0, can be tallied, and
 * 0 if they need doubles.
 */
int facetree_tally_fits(const double *weights, uint32_t count);

/* Only if they fit.  Free with facetree_tally_clear(), after failures too. */
facetree_status_e facetree_tally_init(facetree_tally_t *tally,
    const facetree_columns_t *columns, const facetree_grow_limits_t *limits,
    const double *weights, facetree_error_t *err);

void facetree_tally_clear(facetree_tally_t *tally);

/*
 * The order in which facetree_tally_enter() expects samples: with random
 * thresholds by class, with others any.  Parting keeps it if it is stable.
 */
void facetree_tally_arrange(facetree_tally_t *tally, uint32_t *samples,
    uint32_t count);

/*
 * Puts those up to the threshold before the others, both in the order that
 * they had.
 */
void facetree_tally_divide(facetree_tally_t *tally, uint32_t *samples,
    uint32_t count, uint32_t feature, double threshold);

/*
 * Begins and ends the search of a node: samples start .. end - 1 of the tree,
 * of which "samples" is the array.  It must stay as it is in between.
 */
void facetree_tally_enter(facetree_tally_t *tally, const uint32_t *samples,
    uint32_t start, uint32_t end);
void facetree_tally_leave(facetree_tally_t *tally);

/*
 * Looks at a feature and replaces "*best" if it has a better split: at any
 * threshold, or at one that is drawn.  Returns 0 if the feature is constant
 * in the node, and nothing is drawn then.
 */
int facetree_tally_try_best(facetree_tally_t *tally, uint32_t feature,
    facetree_candidate_t *best);
int facetree_tally_try_random(facetree_tally_t *tally, uint32_t feature,
    facetree_xorshift_t *xorshift, facetree_candidate_t *best);

/* Asks for the memory of a feature that is likely to be tried next. */
void facetree_tally_prefetch(const facetree_tally_t *tally,
    uint32_t feature);


#pragma GCC visibility pop


#endif /* FACETREE_TALLY_H */
