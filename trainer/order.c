
/*
 * Copyright (C) facetree contributors
 */


#include "order.h"

#include <stdlib.h>
#include <string.h>


#define FACETREE_LEVELS          256

/* Smaller nodes sort faster than they would skip the samples of others. */
#define FACETREE_ORDER_LEAST     32

#define FACETREE_ORDER_MAX_SIZE  (256u << 20)


static int
facetree_order_push(facetree_order_t *order, uint32_t start, uint32_t end,
    uint32_t count)
{
    size_t                   items;
    facetree_order_level_t  *level;

    if (order->depth == FACETREE_ORDER_LEVELS) {
        return 0;
    }

    level = &order->level[order->depth];
    items = (size_t) order->columns->features * count;

    if (level->capacity < items) {
        free(level->lists);

        level->lists = malloc(items * sizeof(*level->lists));
        level->capacity = level->lists ? items : 0;
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
    level->count = count;

    order->depth++;

    return 1;
}


void
facetree_order_init(facetree_order_t *order,
    const facetree_columns_t *columns)
{
    memset(order, 0, sizeof(*order));

    order->columns = columns;

    if (columns->count <= FACETREE_ORDER_MAX_SIZE / sizeof(uint16_t)
                          / columns->features)
    {
        facetree_order_push(order, 0, columns->count, columns->count);
    }
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


int
facetree_order_enter(facetree_order_t *order, uint32_t start, uint32_t end)
{
    uint32_t                       count;
    const facetree_order_level_t  *level;

    count = end - start;

    if (order->depth == 0 || count < FACETREE_ORDER_LEAST) {
        return 0;
    }

    for ( ;; ) {
        level = &order->level[order->depth - 1];

        if (order->depth == 1
            || (level->start <= start && end <= level->end))
        {
            break;
        }

        order->depth--;
    }

    order->own = count < level->count / 4 * 3
                 && facetree_order_push(order, start, end, count);

    return 1;
}


static void
facetree_order_sort(const facetree_order_t *order, const uint8_t *column,
    uint16_t *list)
{
    uint32_t  i, size, place, next[FACETREE_LEVELS];

    memset(next, 0, sizeof(next));

    for (i = 0; i < order->columns->count; i++) {
        next[column[i]]++;
    }

    place = 0;

    for (i = 0; i < FACETREE_LEVELS; i++) {
        size = next[i];
        next[i] = place;
        place += size;
    }

    for (i = 0; i < order->columns->count; i++) {
        list[next[column[i]]++] = (uint16_t) i;
    }
}


/*
 * "list" has room for the samples of the range only, so that the writing
 * stops with the last of them.
 */

static void
facetree_order_filter(const uint16_t *from, uint16_t *list, uint32_t count,
    const uint16_t *class, uint32_t classes)
{
    uint32_t  i, n;

    n = 0;

    for (i = 0; n < count; i++) {
        list[n] = from[i];
        n += class[from[i]] < classes;
    }
}


const uint16_t *
facetree_order_get(facetree_order_t *order, uint32_t feature,
    const uint16_t *class, uint32_t classes, uint32_t *count)
{
    uint32_t                 i;
    uint16_t                *list;
    facetree_order_level_t  *level;

    for (i = order->depth - 1; i > 0; i--) {
        if (order->level[i].made[feature]) {
            break;
        }
    }

    level = &order->level[i];
    list = level->lists + (size_t) feature * level->count;
    *count = level->count;

    if (!level->made[feature]) {
        facetree_order_sort(order, facetree_columns_levels(order->columns,
                                                           feature), list);
        level->made[feature] = 1;
    }

    /* only the node a level was made for can tell who belongs in its lists */

    if (i == order->depth - 1 || !order->own) {
        return list;
    }

    level = &order->level[order->depth - 1];
    level->made[feature] = 1;

    facetree_order_filter(list, level->lists + (size_t) feature * level->count,
                          level->count, class, classes);

    *count = level->count;

    return level->lists + (size_t) feature * level->count;
}
