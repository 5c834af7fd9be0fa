
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
    uint16_t  *lists;              /* one a feature */
    uint8_t   *made;               /* by feature: whether there is one yet */
    size_t     capacity;           /* of lists, in samples */
} facetree_order_level_t;


/* Each level has at most 3/4 of the samples of the one below. */
#define FACETREE_ORDER_LEVELS  40


typedef struct {
    const facetree_columns_t  *columns;
    int                        dense;
    size_t                     room;        /* for more lists, in bytes */
    uint32_t                   depth;       /* levels in use, 0: none */
    uint32_t                   count;       /* of the node entered */
    int                        own;         /* the last one is of the node
                                               that was entered */
    facetree_order_level_t     level[FACETREE_ORDER_LEVELS];
} facetree_order_t;


/*
 * The lists of all samples are those of the columns, if there are any.  With
 * "dense", most features of a node are going to be asked for, and nodes that
 * have lost many samples get lists of their own, as long as there is room;
 * without it they do without.  Free with facetree_order_clear().
 */
void facetree_order_init(facetree_order_t *order,
    const facetree_columns_t *columns, int dense);

void facetree_order_clear(facetree_order_t *order);

/*
 * Says which range of samples is going to be asked for.  Returns 0 if it had
 * better be sorted on its own.
 */
int facetree_order_enter(facetree_order_t *order, uint32_t start,
    uint32_t end);

/*
 * The list of a feature: the samples of the range entered, which are those
 * that "member" has 1 for, and not 0.  "*room" is where it may be put.
 * Returns NULL if there is no list that it could be made from: the caller is
 * to sort the samples then, and to put them in "*room", which may be another.
 */
const uint16_t *facetree_order_get(facetree_order_t *order, uint32_t feature,
    const uint8_t *member, uint16_t **room);

/*
 * Puts the first "count" of that list in "room", or the last, in reverse.
 * Returns 0 if there is none.
 */
int facetree_order_ends(const facetree_order_t *order, uint32_t feature,
    const uint8_t *member, uint16_t *room, uint32_t count, int reverse);

/* Asks for the memory of a feature that is likely to be needed soon. */
void facetree_order_prefetch(const facetree_order_t *order,
    uint32_t feature);


#pragma GCC visibility pop


#endif /* FACETREE_ORDER_H */
