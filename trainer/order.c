
/*
 * Copyright (C) facetree contributors
 */


#include "order.h"

#include <stdlib.h>
#include <string.h>


/*
 * Smaller nodes, or those with a smaller share of the samples, sort faster
 * than they would skip the samples of others.
 */
#define FACETREE_ORDER_LEAST   32
#define FACETREE_ORDER_SPARSE  6

/* Bytes of the lists of nodes, all together. */
#define FACETREE_ORDER_ROOM    ((size_t) 16 << 20)

/* Bytes that come from memory together. */
#define FACETREE_ORDER_LINE    64


void
facetree_order_init(facetree_order_t *order,
    const facetree_columns_t *columns, int dense)
{
    memset(order, 0, sizeof(*order));

    order->columns = columns;
    order->dense = dense;
    order->room = FACETREE_ORDER_ROOM;
}


void
facetree_order_clear(facetree_order_t *order)
{
    uint32_t  i;

    for (i = 0; i < FACETREE_ORDER_LEVELS; i++) {
        free(order->level[i].lists);
        free(order->level[i].made);
    }

    memset(order, 0, sizeof(*order));
}


/* Returns 0 if there is no room for lists of a node's own. */

static int
facetree_order_push(facetree_order_t *order, uint32_t start, uint32_t end)
{
    size_t                   items;
    facetree_order_level_t  *level;

    if (order->depth == FACETREE_ORDER_LEVELS) {
        return 0;
    }

    level = &order->level[order->depth];
    items = (size_t) order->columns->features * (end - start);

    if (level->capacity < items) {
        free(level->lists);
        order->room += level->capacity * sizeof(*level->lists);

        /* some is left for those that follow */

        level->lists = items > order->room / 2 / sizeof(*level->lists)
                       ? NULL : malloc(items * sizeof(*level->lists));
        level->capacity = level->lists ? items : 0;
        order->room -= level->capacity * sizeof(*level->lists);
    }

    if (level->made == NULL) {
        level->made = malloc(order->columns->features);
    }

    if (level->lists == NULL || level->made == NULL) {
        return 0;
    }

    memset(level->made, 0, order->columns->features);

    level->start = start;
    level->end = end;

    order->depth++;

    return 1;
}


int
facetree_order_enter(facetree_order_t *order, uint32_t start, uint32_t end)
{
    uint32_t                       count, covering;
    const facetree_order_level_t  *level;

    count = end - start;
    order->own = 0;
    order->count = count;

    if (count < FACETREE_ORDER_LEAST
        || order->columns->count > FACETREE_COLUMNS_MAX_SORTED)
    {
        return 0;
    }

    if (!order->dense) {
        return order->columns->order
               && count >= order->columns->count / FACETREE_ORDER_SPARSE;
    }

    covering = order->columns->order ? order->columns->count : UINT32_MAX;

    while (order->depth > 0) {
        level = &order->level[order->depth - 1];

        if (level->start <= start && end <= level->end) {
            covering = level->end - level->start;
            break;
        }

        order->depth--;
    }

    order->own = count < covering / 4 * 3
                 && facetree_order_push(order, start, end);

    return order->depth > 0 || order->columns->order;
}


/* Copies the "count" samples that are members out of a list. */

static void
facetree_order_filter(const uint16_t *from, uint16_t *list, uint32_t count,
    const uint8_t *member)
{
    uint32_t  i, k, n;

    n = 0;

    /* as long as there is room for all, no question is asked in between */

    for (i = 0; n + 4 <= count; i += 4) {
#pragma GCC unroll 4
        for (k = 0; k < 4; k++) {
            list[n] = from[i + k];
            n += member[from[i + k]];
        }
    }

    for ( /* void */ ; n < count; i++) {
        list[n] = from[i];
        n += member[from[i]];
    }
}


/*
 * The shortest list there is of a feature, which may have other samples, or
 * NULL.
 */

static const uint16_t *
facetree_order_find(const facetree_order_t *order, uint32_t feature,
    uint32_t *count)
{
    uint32_t                       i;
    const facetree_order_level_t  *level;

    for (i = order->depth; i > 0; i--) {
        level = &order->level[i - 1];

        if (level->made[feature]) {
            *count = level->end - level->start;
            return level->lists + (size_t) feature * *count;
        }
    }

    *count = order->columns->count;

    return order->columns->order
           ? order->columns->order + (size_t) feature * *count : NULL;
}


const uint16_t *
facetree_order_get(facetree_order_t *order, uint32_t feature,
    const uint8_t *member, uint16_t **room)
{
    uint32_t                 count;
    const uint16_t          *list;
    facetree_order_level_t  *level;

    list = facetree_order_find(order, feature, &count);

    if (list && count == order->count) {
        return list;
    }

    /* only the node that a level is of can tell who belongs in its lists */

    if (order->own) {
        level = &order->level[order->depth - 1];
        level->made[feature] = 1;

        *room = level->lists + (size_t) feature * order->count;
    }

    if (list) {
        facetree_order_filter(list, *room, order->count, member);
        return *room;
    }

    return NULL;
}


int
facetree_order_ends(const facetree_order_t *order, uint32_t feature,
    const uint8_t *member, uint16_t *room, uint32_t count, int reverse)
{
    uint32_t         n, all;
    const uint16_t  *list;

    list = facetree_order_find(order, feature, &all);

    if (list == NULL) {
        return 0;
    }

    if (!reverse) {
        facetree_order_filter(list, room, count, member);
        return 1;
    }

    list += all;
    n = 0;

    while (n < count) {
        list--;
        room[n] = *list;
        n += member[*list];
    }

    return 1;
}


void
facetree_order_prefetch(const facetree_order_t *order, uint32_t feature)
{
    uint32_t                       count;
    const char                    *p, *end;
    const uint16_t                *lists;
    const facetree_order_level_t  *level;

    lists = order->columns->order;
    count = order->columns->count;

    if (order->depth > 0) {
        level = &order->level[order->depth - 1];
        lists = level->lists;
        count = level->end - level->start;
    }

    if (lists == NULL) {
        return;
    }

    p = (const char *) (lists + (size_t) feature * count);
    end = p + count * sizeof(*lists);

    for ( /* void */ ; p < end; p += FACETREE_ORDER_LINE) {
        __builtin_prefetch(p);
    }
}
