
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
 *
 * How little depends on the side's weight in the ancestor, n + b.  So the
 * least loss is noted apart for splits with little on the left, with little on
 * the right, and for all others.  If only a side with little on it may hold a
 * good split, there is no need to look further.
 *
 * What counts as little is the same in a node and its descendants, where the
 * sides have only less.  So each note stays good for what was in its part
 * when it was made, and when the parts up to one are noted anew in a node,
 * all that is in them there was in them or further inside before.
 */


#ifndef FACETREE_REACH_H
#define FACETREE_REACH_H


#include "facetree.h"


#pragma GCC visibility push(hidden)


#define FACETREE_REACH_DEPTH  32

/* Degrees of little on one side; none; and of little on the other side. */
#define FACETREE_REACH_LIGHT  3
#define FACETREE_REACH_PARTS  (2 * FACETREE_REACH_LIGHT + 1)

/* All of them; those with little on the left and on the right. */
#define FACETREE_REACH_ALL    ((1u << FACETREE_REACH_PARTS) - 1)
#define FACETREE_REACH_LEFT   ((1u << FACETREE_REACH_LIGHT) - 1)
#define FACETREE_REACH_RIGHT                                                  \
    (FACETREE_REACH_LEFT << (FACETREE_REACH_LIGHT + 1))

/* Weights that count as little are multiples of it. */
#define FACETREE_REACH_STEP   4


/* A node, the first or a descendant of the one before. */

typedef struct {
    uint32_t   weight;
    uint32_t  *total;              /* by class */
    double     slack[FACETREE_REACH_PARTS];     /* losses in the node being
                                      searched may be less than here by so
                                      much */
} facetree_reach_node_t;


typedef struct {
    uint32_t               features;
    uint32_t               classes;

    facetree_reach_node_t  node[FACETREE_REACH_DEPTH];
    uint32_t               depth;  /* of them in use */
    uint32_t               start;  /* samples of the last of them */
    uint32_t               end;

    float                 *loss;   /* by feature and part: no split has
                                      less, */
    uint8_t               *at;     /* likewise: in this node */
    uint32_t               light[FACETREE_REACH_LIGHT];     /* degrees of
                                      little, rising */

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

/*
 * In which parts a split of the feature may have a loss of "loss" or less: a
 * bit each, from little on the left to little on the right.
 */
uint32_t facetree_reach_open(const facetree_reach_t *reach, uint32_t feature,
    double loss);

/*
 * Notes that no split of a feature in a part has less than "loss".  Only if
 * reach->keep is set, and for all parts, or for those with little on a side
 * up to some degree.
 */
static inline void
facetree_reach_tell(facetree_reach_t *reach, uint32_t feature, uint32_t part,
    float loss)
{
    size_t  i;

    i = (size_t) feature * FACETREE_REACH_PARTS + part;

    reach->loss[i] = loss;
    reach->at[i] = (uint8_t) (reach->depth - 1);
}


#pragma GCC visibility pop


#endif /* FACETREE_REACH_H */
