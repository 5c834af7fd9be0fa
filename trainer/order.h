
/*
 * Copyright (C) facetree contributors
 *
 * The samples of large nodes by level, a list a feature, so that a node need
 * not sort what its ancestors have sorted.
 */


#ifndef FACETREE_ORDER_H
#define FACETREE_ORDER_H


#include "columns.h"


#pragma GCC visibility push(hidden)


/* The lists of one node; those of its descendants are parts of them. */

typedef struct {
    uint32_t   start;              /* the node's range of samples */
    uint32_t   end;
    uint32_t   count;              /* of a list */
    uint16_t  *lists;              /* one a feature */
    uint8_t   *made;               /* by feature: whether there is one yet */
    size_t     capacity;           /* of lists */
} facetree_order_level_t;


/* Each level has at most 3/4 of the samples of the one below. */
#define FACETREE_ORDER_LEVELS  40


typedef struct {
    const facetree_columns_t  *columns;
    uint32_t                   depth;       /* levels in use, 0: none */
    int                        own;         /* the last one is of the node
                                               that was entered */
    facetree_order_level_t     level[FACETREE_ORDER_LEVELS];
} facetree_order_t;


/*
 * The lists cost twice the memory of the columns, and half as much again for
 * those of smaller nodes; without enough of it there are none.  Free with
 * facetree_order_clear().
 */
void facetree_order_init(facetree_order_t *order,
    const facetree_columns_t *columns);

void facetree_order_clear(facetree_order_t *order);

/*
 * Says which range of samples is going to be asked for.  Returns 0 if it has
 * to be sorted on its own: it is small, or there are no lists.
 */
int facetree_order_enter(facetree_order_t *order, uint32_t start,
    uint32_t end);

/*
 * The list of a feature, at least the samples of the range entered, but maybe
 * with others in between.  Those of the range are the samples whose "class"
 * is below "classes".
 */
const uint16_t *facetree_order_get(facetree_order_t *order, uint32_t feature,
    const uint16_t *class, uint32_t classes, uint32_t *count);


#pragma GCC visibility pop


#endif /* FACETREE_ORDER_H */
