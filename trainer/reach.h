
/*
 * Copyright (C) facetree contributors
 *
 * What a feature can at most still do for a node, known from what it did for
 * an ancestor.  Most features need not be looked at in most nodes: a tree that
 * cuts off one small class after the other has almost the same samples in one
 * node after the other.
 *
 * For Gini and whole weights.  Let the loss of a set of weight n and class
 * weights a be h = n - sum(a^2) / n, its weight times its impurity; the loss
 * of a split is that of its two sides.  Adding weight b of classes b_c to a
 * set raises h by
 *
 *     b + (b S / n - 2 sum(a_c b_c) - sum(b_c^2)) / (n + b),  S = sum(a^2)
 *
 * which is at most b + b (min(n, M) - b / k) / (n + b), with M the greatest
 * class weight in the set and k the number of classes added, since S is at
 * most n min(n, M) and sum(b_c^2) at least b^2 / k.  So when a node has lost
 * weight r since an ancestor, the loss of any split of it is less than that
 * of the same split of the ancestor by r and a little more; and a split that
 * is allowed in the node was allowed in the ancestor.
 */


#ifndef FACETREE_REACH_H
#define FACETREE_REACH_H


#include "facetree.h"


#pragma GCC visibility push(hidden)


#define FACETREE_REACH_DEPTH  32


/* A node, the first or a descendant of the one before. */

typedef struct {
    uint32_t   weight;
    uint32_t  *total;              /* by class */
    double     slack;              /* losses in the node being searched may
                                      be less than here by so much */
} facetree_reach_node_t;


typedef struct {
    uint32_t               features;
    uint32_t               classes;

    facetree_reach_node_t  node[FACETREE_REACH_DEPTH];
    uint32_t               depth;  /* of them in use */
    uint32_t               start;  /* samples of the last of them */
    uint32_t               end;

    double                *loss;   /* by feature: no split has less, */
    uint8_t               *at;     /* in this node */

    int                    known;  /* the node being searched is a descendant
                                      of the last, and not too far */
    int                    keep;   /* or is the last itself */
} facetree_reach_t;


/* Free with facetree_reach_clear(), also after a failure. */
facetree_status_e facetree_reach_init(facetree_reach_t *reach,
    uint32_t features, uint32_t classes, facetree_error_t *err);

void facetree_reach_clear(facetree_reach_t *reach);

/* Begins the search of a node, "total" being the weights of its classes. */
void facetree_reach_enter(facetree_reach_t *reach, uint32_t start,
    uint32_t end, uint32_t weight, const uint32_t *total);

/* Returns 1 if no split of the feature has a loss of "loss" or less. */
int facetree_reach_exceeds(const facetree_reach_t *reach, uint32_t feature,
    double loss);

/* Tells that no split of a feature has less than "loss" in this node. */
void facetree_reach_tell(facetree_reach_t *reach, uint32_t feature,
    double loss);


#pragma GCC visibility pop


#endif /* FACETREE_REACH_H */
