
/*
 * Copyright (C) facetree contributors
 *
 * Growing one decision tree, node for node and bit for bit as scikit-learn
 * 1.2.1 grows it.  Forests are in forest.h, pruning paths in prune.h,
 * importances in importance.h.
 */


#ifndef FACETREE_GROW_H
#define FACETREE_GROW_H


#include "facetree.h"
#include "amount.h"
#include "examples.h"
#include "tree.h"


#pragma GCC visibility push(hidden)


typedef enum {
    FACETREE_GINI,
    FACETREE_ENTROPY               /* log_loss is another name for it */
} facetree_criterion_e;


typedef enum {
    FACETREE_BEST,
    FACETREE_RANDOM                /* one random threshold a feature */
} facetree_splitter_e;


typedef enum {
    FACETREE_WEIGHT_NONE,
    FACETREE_WEIGHT_BALANCED,
    FACETREE_WEIGHT_BALANCED_SUBSAMPLE,    /* forests only */
    FACETREE_WEIGHT_MAP
} facetree_weight_e;


/* scikit-learn's parameters under scikit-learn's names. */

typedef struct {
    facetree_criterion_e  criterion;
    uint32_t              max_depth;           /* 0: None */
    facetree_amount_t     min_samples_split;
    facetree_amount_t     min_samples_leaf;
    facetree_amount_t     max_features;        /* none: all */
    uint32_t              random_state;

    facetree_splitter_e   splitter;
    uint32_t              max_leaf_nodes;      /* 0: None */
    double                min_weight_fraction_leaf;
    double                min_impurity_decrease;
    double                ccp_alpha;
    facetree_weight_e     class_weight;
    const double         *class_weight_map;    /* one a class, not owned; 1.0
                                                  for those not in the map */
} facetree_grow_params_t;

/*
 * gini, no depth limit, 2, 1, all features, seed 0, best splits, no limit on
 * leaves, and nothing weighted or pruned.
 */
void facetree_grow_params_init(facetree_grow_params_t *params);

/*
 * Grows a tree; free its arrays with facetree_tree_clear().  Classes should
 * be numbered without gaps among the examples: scikit-learn does not know of
 * a class that it is not shown.  One that is absent gets probabilities of
 * 0.0, but with fractional class weights it may change last bits of others.
 *
 * Fails with FACETREE_EINVAL and a line naming the parameter, its value and
 * its range, or with FACETREE_ENOMEM.
 */
facetree_status_e facetree_grow(facetree_tree_t *tree,
    const facetree_examples_t *examples,
    const facetree_grow_params_t *params, facetree_error_t *err);


#pragma GCC visibility pop


#endif /* FACETREE_GROW_H */
