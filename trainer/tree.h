
/*
 * Copyright (C) facetree contributors
 *
 * Grown trees: what the grower makes, and what evaluation, inspection and the
 * model writer read.
 */


#ifndef FACETREE_TREE_H
#define FACETREE_TREE_H


#include "facetree.h"


#pragma GCC visibility push(hidden)


#define FACETREE_TREE_LEAF      (-2)   /* as feature and threshold */
#define FACETREE_TREE_NO_CHILD  (-1)


/*
 * One tree as scikit-learn's arrays, in its node numbering.  value is stored
 * sparse: node i has the weighted sample counts value[j] of the classes
 * value_class[j], ascending, for value_start[i] <= j < value_start[i + 1];
 * classes that are not listed have a count of 0.0.
 */

typedef struct {
    uint32_t   seed;               /* random_state of this tree */
    uint32_t   nodes;
    uint32_t   max_depth;          /* of the grown tree; root is 0 */
    uint32_t   leaves;

    int32_t   *feature;            /* -2 at a leaf */
    double    *threshold;          /* -2.0 at a leaf */
    int32_t   *left;               /* -1 at a leaf */
    int32_t   *right;              /* -1 at a leaf */
    double    *impurity;
    uint32_t  *samples;
    double    *weight;             /* weighted samples */

    uint32_t  *value_start;        /* nodes + 1 */
    uint32_t  *value_class;
    double    *value;
} facetree_tree_t;


/* One tree or many, with all that a model file says besides metadata. */

typedef struct {
    facetree_algorithm_e   algorithm;
    uint32_t               width;
    uint32_t               height;
    uint32_t               classes;
    const char *const     *labels;     /* of the data set, not owned */
    double                 scale;      /* of the thresholds, 1 for gray levels
                                          as they are */
    uint32_t               count;
    facetree_tree_t       *trees;
} facetree_forest_t;


/* The leaf that a picture of gray levels comes to. */
uint32_t facetree_tree_apply(const facetree_tree_t *tree,
    const uint8_t *pixels);

/*
 * The probabilities of a node, one a class, as predict_proba() computes them:
 * the row of weighted counts divided by numpy's sum of it.
 */
void facetree_tree_probabilities(const facetree_tree_t *tree, uint32_t node,
    uint32_t classes, double *probabilities);

/* What predict() says: the first class of the largest weighted count. */
uint32_t facetree_tree_class(const facetree_tree_t *tree, uint32_t node);

/* Frees the arrays, not the structure itself. */
void facetree_tree_clear(facetree_tree_t *tree);
void facetree_forest_clear(facetree_forest_t *forest);


#pragma GCC visibility pop


#endif /* FACETREE_TREE_H */
