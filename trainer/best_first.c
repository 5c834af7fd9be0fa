
/*
 * Copyright (C) facetree contributors
 *
 * BestFirstTreeBuilder of scikit-learn 1.2: whichever leaf gains most from
 * being split is split next, until there are max_leaf_nodes.
 */


#include "builder.h"

#include "facetree_int.h"

#include <stdlib.h>
#include <string.h>


/* A node that has been made, and searched for the split it may get. */

typedef struct {
    double                 gain;       /* 0.0 for a leaf */
    uint32_t               node;
    uint32_t               start;
    uint32_t               end;
    uint32_t               depth;
    int                    is_leaf;
    facetree_node_split_t  split;
} facetree_frontier_t;


/*
 * A heap that makes the moves of libstdc++'s, which scikit-learn uses:
 * between equal gains they decide.
 */

typedef struct {
    facetree_frontier_t  *items;
    size_t                count;
    size_t                capacity;
} facetree_heap_t;


#define FACETREE_HEAP_FIRST_CAPACITY  64


static void
facetree_heap_rise(facetree_heap_t *heap, size_t hole,
    const facetree_frontier_t *item)
{
    size_t  parent;

    while (hole > 0) {
        parent = (hole - 1) / 2;

        if (!(heap->items[parent].gain < item->gain)) {
            break;
        }

        heap->items[hole] = heap->items[parent];
        hole = parent;
    }

    heap->items[hole] = *item;
}


static facetree_status_e
facetree_heap_push(facetree_heap_t *heap, const facetree_frontier_t *item,
    facetree_error_t *err)
{
    size_t                capacity;
    facetree_frontier_t  *items;

    if (heap->count == heap->capacity) {
        capacity = heap->capacity ? 2 * heap->capacity
                                  : FACETREE_HEAP_FIRST_CAPACITY;

        items = capacity > SIZE_MAX / sizeof(*items)
                ? NULL : realloc(heap->items, capacity * sizeof(*items));

        if (items == NULL) {
            return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET,
                                 NULL);
        }

        heap->items = items;
        heap->capacity = capacity;
    }

    facetree_heap_rise(heap, heap->count++, item);

    return FACETREE_OK;
}


/*
 * The hole that the top leaves sinks to the bottom along the greater children
 * before the last item rises from there.
 */

static facetree_frontier_t
facetree_heap_pop(facetree_heap_t *heap)
{
    size_t               hole, child, count;
    facetree_frontier_t  top, last;

    top = heap->items[0];
    count = --heap->count;
    last = heap->items[count];

    if (count == 0) {
        return top;
    }

    hole = 0;
    child = 0;

    while (child < (count - 1) / 2) {
        child = 2 * child + 2;

        if (heap->items[child].gain < heap->items[child - 1].gain) {
            child--;
        }

        heap->items[hole] = heap->items[child];
        hole = child;
    }

    if (count % 2 == 0 && child == (count - 2) / 2) {
        child = 2 * child + 1;

        heap->items[hole] = heap->items[child];
        hole = child;
    }

    facetree_heap_rise(heap, hole, &last);

    return top;
}


/*
 * Makes a node, searches it and puts it into "item", of which range, depth
 * and impurity are given.  What is known of constant features is not passed
 * on here.
 */

static facetree_status_e
facetree_frontier_expand(facetree_frontier_t *item,
    facetree_tree_build_t *build, facetree_splitter_t *splitter,
    facetree_tree_birth_t *birth, facetree_error_t *err)
{
    facetree_status_e  status;

    facetree_splitter_enter(splitter, item->start, item->end);

    if (birth->parent == FACETREE_NO_PARENT) {
        birth->impurity = facetree_build_root_impurity(splitter);
    }

    birth->samples = item->end - item->start;
    birth->weight = splitter->criterion.weight;

    status = facetree_tree_append(build, birth, splitter->criterion.total,
                                  splitter->criterion.classes, err);
    if (status != FACETREE_OK) {
        return status;
    }

    item->node = build->nodes - 1;
    item->gain = 0.0;
    item->is_leaf = facetree_build_is_leaf(splitter, item->depth,
                                           birth->impurity)
                    || !facetree_build_search(splitter, birth->impurity, 0,
                                              &item->split);
    if (!item->is_leaf) {
        item->gain = item->split.gain;
    }

    return FACETREE_OK;
}


/* Both children are made before either is considered. */

static facetree_status_e
facetree_frontier_split(const facetree_frontier_t *item,
    facetree_heap_t *heap, facetree_tree_build_t *build,
    facetree_splitter_t *splitter, facetree_error_t *err)
{
    facetree_status_e      status;
    facetree_frontier_t    left, right;
    facetree_tree_birth_t  birth;

    memset(&left, 0, sizeof(left));
    memset(&right, 0, sizeof(right));

    left.start = item->start;
    left.end = item->split.position;
    left.depth = item->depth + 1;

    right.start = item->split.position;
    right.end = item->end;
    right.depth = item->depth + 1;

    birth.parent = item->node;
    birth.is_left = 1;
    birth.impurity = item->split.left_impurity;

    status = facetree_frontier_expand(&left, build, splitter, &birth, err);

    if (status == FACETREE_OK) {
        birth.is_left = 0;
        birth.impurity = item->split.right_impurity;

        status = facetree_frontier_expand(&right, build, splitter, &birth,
                                          err);
    }

    if (status == FACETREE_OK) {
        status = facetree_heap_push(heap, &left, err);
    }

    if (status == FACETREE_OK) {
        status = facetree_heap_push(heap, &right, err);
    }

    return status;
}


facetree_status_e
facetree_build_best_first(facetree_tree_build_t *build,
    facetree_splitter_t *splitter, facetree_error_t *err)
{
    uint32_t               splits;
    facetree_heap_t        heap = { NULL, 0, 0 };
    facetree_status_e      status;
    facetree_frontier_t    item;
    facetree_tree_birth_t  birth;

    memset(&item, 0, sizeof(item));
    memset(&birth, 0, sizeof(birth));

    item.end = splitter->count;
    birth.parent = FACETREE_NO_PARENT;
    splits = splitter->limits->max_leaf_nodes - 1;

    status = facetree_frontier_expand(&item, build, splitter, &birth, err);

    if (status == FACETREE_OK) {
        status = facetree_heap_push(&heap, &item, err);
    }

    while (status == FACETREE_OK && heap.count > 0) {
        item = facetree_heap_pop(&heap);

        if (item.is_leaf || splits == 0) {
            continue;
        }

        splits--;
        facetree_tree_set_split(build, item.node, item.split.feature,
                                item.split.threshold);
        status = facetree_frontier_split(&item, &heap, build, splitter, err);
    }

    free(heap.items);

    return status;
}
