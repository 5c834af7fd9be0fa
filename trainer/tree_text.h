
/*
 * Copyright (C) facetree contributors
 *
 * Trees for programs and for people.
 */


#ifndef FACETREE_TREE_TEXT_H
#define FACETREE_TREE_TEXT_H


#include "facetree.h"

#include <jansson.h>


#pragma GCC visibility push(hidden)


/*
 * An object of scikit-learn's arrays: feature, threshold, children_left,
 * children_right, impurity, n_node_samples, weighted_n_node_samples, value (a
 * row of all classes a node), and node_count, max_depth, n_leaves.
 */
facetree_status_e facetree_tree_json(json_t **out,
    const facetree_tree_detail_t *tree, uint32_t classes,
    facetree_error_t *err);

/*
 * Prints a tree to stdout in the manner of sklearn.tree.export_text, with the
 * model's labels and no limit of depth.
 */
facetree_status_e facetree_tree_print(const facetree_tree_detail_t *tree,
    const facetree_model_t *model, facetree_error_t *err);

/*
 * The same for Graphviz, in the manner of sklearn.tree.export_graphviz: a
 * split names the pixel it looks at, by column and row.
 */
facetree_status_e facetree_tree_print_dot(const facetree_tree_detail_t *tree,
    const facetree_model_t *model, facetree_error_t *err);

/* Depth of the deepest leaf, the root being 0, and the number of leaves. */
facetree_status_e facetree_tree_measure(const facetree_tree_detail_t *tree,
    uint32_t *depth, uint32_t *leaves, facetree_error_t *err);


#pragma GCC visibility pop


#endif /* FACETREE_TREE_TEXT_H */
