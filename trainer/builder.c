
/*
 * Copyright (C) facetree contributors
 */


#include "builder.h"

#include "facetree_int.h"

#include <stdlib.h>


/* A node that is still to be made. */

typedef struct {
    uint32_t  start;
    uint32_t  end;
    uint32_t  depth;
    uint32_t  parent;
    int       is_left;
    double    impurity;
    uint32_t  constants;
} facetree_pending_t;


typedef struct {
    facetree_pending_t  *items;
    uint32_t             count;
    uint32_t             capacity;
} facetree_stack_t;


#define FACETREE_STACK_FIRST_CAPACITY  32


static facetree_status_e
facetree_stack_push(facetree_stack_t *stack, const facetree_pending_t *item,
    facetree_error_t *err)
{
    size_t               capacity;
    facetree_pending_t  *items;

    if (stack->count == stack->capacity) {
        capacity = stack->capacity ? 2 * (size_t) stack->capacity
                                   : FACETREE_STACK_FIRST_CAPACITY;

        items = capacity > UINT32_MAX / sizeof(*items)
                ? NULL : realloc(stack->items, capacity * sizeof(*items));

        if (items == NULL) {
            return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET,
                                 NULL);
        }

        stack->items = items;
        stack->capacity = (uint32_t) capacity;
    }

    stack->items[stack->count++] = *item;

    return FACETREE_OK;
}


int
facetree_build_is_leaf(const facetree_splitter_t *splitter, uint32_t depth,
    double impurity)
{
    uint32_t                  count;
    const facetree_grow_limits_t  *limits;

    limits = splitter->limits;
    count = splitter->end - splitter->start;

    return depth >= limits->max_depth
           || count < limits->min_samples_split
           || count / 2 < limits->min_samples_leaf
           || splitter->criterion.weight < 2 * limits->min_weight_leaf
           || impurity <= FACETREE_EPSILON;
}


int
facetree_build_search(facetree_splitter_t *splitter, double impurity,
    uint32_t constants, facetree_node_split_t *split)
{
    facetree_splitter_search(splitter, impurity, constants, split);

    return split->position != 0
           && !(split->gain + FACETREE_EPSILON
                < splitter->limits->min_impurity_decrease);
}


/*
 * A bootstrap may have drawn nothing but classes that weigh 0.0.  The tree is
 * a leaf of zeros then, of which scikit-learn says that it has an impurity
 * that is not a number.
 */

double
facetree_build_root_impurity(const facetree_splitter_t *splitter)
{
    if (splitter->count == 0) {
        return 0.0;
    }

    return facetree_criterion_impurity(splitter->criterion.kind,
                                       splitter->criterion.total,
                                       splitter->criterion.classes,
                                       splitter->criterion.weight);
}


/* The right child is pushed first, so that the left one is made next. */

static facetree_status_e
facetree_build_push_children(facetree_stack_t *stack,
    const facetree_pending_t *item, const facetree_node_split_t *split,
    uint32_t node, facetree_error_t *err)
{
    facetree_status_e   status;
    facetree_pending_t  child;

    child.start = split->position;
    child.end = item->end;
    child.depth = item->depth + 1;
    child.parent = node;
    child.is_left = 0;
    child.impurity = split->right_impurity;
    child.constants = split->constants;

    status = facetree_stack_push(stack, &child, err);
    if (status != FACETREE_OK) {
        return status;
    }

    child.start = item->start;
    child.end = split->position;
    child.is_left = 1;
    child.impurity = split->left_impurity;

    return facetree_stack_push(stack, &child, err);
}


static facetree_status_e
facetree_build_node(facetree_tree_build_t *build,
    facetree_splitter_t *splitter, facetree_stack_t *stack,
    facetree_pending_t *item, facetree_error_t *err)
{
    uint32_t               node;
    facetree_status_e      status;
    facetree_node_split_t  split;
    facetree_tree_birth_t  birth;

    facetree_splitter_enter(splitter, item->start, item->end);

    if (item->parent == FACETREE_NO_PARENT) {
        item->impurity = facetree_build_root_impurity(splitter);
    }

    birth.parent = item->parent;
    birth.is_left = item->is_left;
    birth.impurity = item->impurity;
    birth.samples = item->end - item->start;
    birth.weight = splitter->criterion.weight;

    status = facetree_tree_append(build, &birth, splitter->criterion.total,
                                  splitter->criterion.classes, err);
    if (status != FACETREE_OK) {
        return status;
    }

    node = build->nodes - 1;

    if (facetree_build_is_leaf(splitter, item->depth, item->impurity)
        || !facetree_build_search(splitter, item->impurity, item->constants,
                                  &split))
    {
        return FACETREE_OK;
    }

    facetree_tree_set_split(build, node, split.feature, split.threshold);

    return facetree_build_push_children(stack, item, &split, node, err);
}


facetree_status_e
facetree_build_depth_first(facetree_tree_build_t *build,
    facetree_splitter_t *splitter, facetree_error_t *err)
{
    facetree_stack_t    stack = { NULL, 0, 0 };
    facetree_status_e   status;
    facetree_pending_t  item = { 0, 0, 0, FACETREE_NO_PARENT, 0, 0.0, 0 };

    item.end = splitter->count;

    status = facetree_stack_push(&stack, &item, err);

    while (status == FACETREE_OK && stack.count > 0) {
        item = stack.items[--stack.count];
        status = facetree_build_node(build, splitter, &stack, &item, err);
    }

    free(stack.items);

    return status;
}
