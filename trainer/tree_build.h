
/*
 * Copyright (C) facetree contributors
 *
 * A tree while nodes are being added to it.
 */


#ifndef FACETREE_TREE_BUILD_H
#define FACETREE_TREE_BUILD_H


#include "tree.h"


#pragma GCC visibility push(hidden)


#define FACETREE_NO_PARENT  UINT32_MAX


typedef struct {
    int32_t   feature;
    double    threshold;
    int32_t   left;
    int32_t   right;
    double    impurity;
    uint32_t  samples;
    double    weight;
    uint32_t  value_start;
} facetree_tree_record_t;


typedef struct {
    uint32_t  class;
    double    sum;
} facetree_tree_value_t;


/* An empty one is all zeros. */

typedef struct {
    facetree_tree_record_t  *records;
    facetree_tree_value_t   *values;
    uint32_t                 nodes;
    uint32_t                 capacity;
    uint32_t                 value_count;
    uint32_t                 value_capacity;
} facetree_tree_build_t;


/* What is known of a node before its split. */

typedef struct {
    uint32_t  parent;                  /* or FACETREE_NO_PARENT */
    int       is_left;                 /* of its parent */
    double    impurity;
    uint32_t  samples;
    double    weight;
} facetree_tree_birth_t;


/*
 * Appends a leaf, whose number is build->nodes - 1 then, and links it to its
 * parent.  "sums" has the weight of every class.
 */
facetree_status_e facetree_tree_append(facetree_tree_build_t *build,
    const facetree_tree_birth_t *birth, const double *sums,
    uint32_t classes, facetree_error_t *err);

/* Makes it an inner node, whose children are appended later. */
void facetree_tree_set_split(facetree_tree_build_t *build, uint32_t node,
    uint32_t feature, double threshold);

/* Makes "*tree" of it, seed left 0.  The build is cleared in any case. */
facetree_status_e facetree_tree_finish(facetree_tree_build_t *build,
    facetree_tree_t *tree, facetree_error_t *err);

void facetree_tree_build_clear(facetree_tree_build_t *build);


#pragma GCC visibility pop


#endif /* FACETREE_TREE_BUILD_H */
