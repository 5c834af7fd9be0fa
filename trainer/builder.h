
/*
 * Copyright (C) facetree contributors
 *
 * The order in which nodes are made: scikit-learn 1.2's
 * sklearn/tree/_tree.pyx.
 */


#ifndef FACETREE_BUILDER_H
#define FACETREE_BUILDER_H


#include "node_split.h"
#include "tree_build.h"


#pragma GCC visibility push(hidden)


/* Children first, left before right: DepthFirstTreeBuilder. */
facetree_status_e facetree_build_depth_first(facetree_tree_build_t *build,
    facetree_splitter_t *splitter, facetree_error_t *err);

/* Most gain first, up to limits->max_leaf_nodes: BestFirstTreeBuilder. */
facetree_status_e facetree_build_best_first(facetree_tree_build_t *build,
    facetree_splitter_t *splitter, facetree_error_t *err);


/* DBL_EPSILON, below which an impurity counts as none. */
#define FACETREE_EPSILON  2.2204460492503131e-16

/*
 * Whether the node that the splitter has entered is a leaf without a search.
 */
int facetree_build_is_leaf(const facetree_splitter_t *splitter,
    uint32_t depth, double impurity);

/* Searches it; returns 0 if it is a leaf for want of a good enough split. */
int facetree_build_search(facetree_splitter_t *splitter, double impurity,
    uint32_t constants, facetree_node_split_t *split);

/* Impurity of the node that the splitter has entered, if it is the root. */
double facetree_build_root_impurity(const facetree_splitter_t *splitter);


#pragma GCC visibility pop


#endif /* FACETREE_BUILDER_H */
