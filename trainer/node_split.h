
/*
 * Copyright (C) facetree contributors
 *
 * The search for the split of one node, after scikit-learn 1.2's
 * sklearn/tree/_splitter.pyx.
 */


#ifndef FACETREE_NODE_SPLIT_H
#define FACETREE_NODE_SPLIT_H


#include "facetree.h"
#include "columns.h"
#include "criterion.h"
#include "params.h"
#include "random.h"
#include "tally.h"


#pragma GCC visibility push(hidden)


/*
 * What the nodes of one tree share.  A node owns a range of "samples"; its
 * children own the two parts of that range.  "features" is never put back in
 * order, so that each search depends on those before it.
 */

typedef struct {
    const facetree_columns_t  *columns;
    const facetree_grow_limits_t   *limits;
    const double              *weights;     /* of every sample; NULL: 1.0 */
    double                     weight_all;  /* of all of them, in order */

    facetree_criterion_t       criterion;
    facetree_xorshift_t        xorshift;
    int                        tallied;     /* the shortcut of tally.h is */
    facetree_tally_t           tally;       /* taken */

    uint32_t                  *samples;     /* those that weigh anything */
    uint32_t                   count;
    uint32_t                  *features;    /* a permutation */
    uint32_t                  *constants;   /* known constant features of the
                                               node and its ancestors first */

    uint32_t                   start;       /* the node's range */
    uint32_t                   end;
    uint8_t                   *levels;      /* of the node's samples in the
                                               feature being looked at */
} facetree_splitter_t;


/* The children that a search decided on. */

typedef struct {
    uint32_t  position;            /* first sample of the right child, in
                                      splitter->samples; 0: no split */
    uint32_t  feature;
    double    threshold;           /* levels up to it go left */
    double    gain;                /* weighted decrease of impurity */
    double    left_impurity;
    double    right_impurity;
    uint32_t  constants;           /* features known constant in them */
} facetree_node_split_t;


/*
 * "columns", "limits" and "weights" are kept by reference.  Free with
 * facetree_splitter_clear(), also after a failure.
 */
facetree_status_e facetree_splitter_init(facetree_splitter_t *splitter,
    const facetree_columns_t *columns, const facetree_grow_limits_t *limits,
    const double *weights, uint32_t seed, facetree_error_t *err);

void facetree_splitter_clear(facetree_splitter_t *splitter);

/* Makes samples start .. end - 1 the node; splitter->criterion has its sums. */
void facetree_splitter_enter(facetree_splitter_t *splitter, uint32_t start,
    uint32_t end);

/*
 * Finds the best split of the node, of which the first "constants" entries of
 * splitter->constants are known to be constant, and parts its samples.
 */
void facetree_splitter_search(facetree_splitter_t *splitter, double impurity,
    uint32_t constants, facetree_node_split_t *split);


#pragma GCC visibility pop


#endif /* FACETREE_NODE_SPLIT_H */
