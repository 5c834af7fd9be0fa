
/*
 * Copyright (C) facetree contributors
 */


#include "tree_build.h"

#include "facetree_int.h"

#include <stdlib.h>
#include <string.h>


#define FACETREE_TREE_FIRST_CAPACITY  64

/* Node numbers are int32_t in a tree. */
#define FACETREE_TREE_MAX_NODES       INT32_MAX


/* Returns 0 when no more than "capacity" are allowed. */

static size_t
facetree_tree_grown(uint32_t capacity)
{
    if (capacity == 0) {
        return FACETREE_TREE_FIRST_CAPACITY;
    }

    return capacity > FACETREE_TREE_MAX_NODES / 2 ? 0
                                                  : 2 * (size_t) capacity;
}


static int
facetree_tree_reserve_node(facetree_tree_build_t *build)
{
    size_t                   capacity;
    facetree_tree_record_t  *records;

    if (build->nodes < build->capacity) {
        return 1;
    }

    capacity = facetree_tree_grown(build->capacity);

    if (capacity == 0 || capacity > SIZE_MAX / sizeof(*records)) {
        return 0;
    }

    records = realloc(build->records, capacity * sizeof(*records));
    if (records == NULL) {
        return 0;
    }

    build->records = records;
    build->capacity = (uint32_t) capacity;

    return 1;
}


static int
facetree_tree_append_value(facetree_tree_build_t *build, uint32_t class,
    double sum)
{
    size_t                  capacity;
    facetree_tree_value_t  *values;

    if (build->value_count == build->value_capacity) {
        capacity = facetree_tree_grown(build->value_capacity);

        if (capacity == 0 || capacity > SIZE_MAX / sizeof(*values)) {
            return 0;
        }

        values = realloc(build->values, capacity * sizeof(*values));
        if (values == NULL) {
            return 0;
        }

        build->values = values;
        build->value_capacity = (uint32_t) capacity;
    }

    build->values[build->value_count].class = class;
    build->values[build->value_count].sum = sum;
    build->value_count++;

    return 1;
}


facetree_status_e
facetree_tree_append(facetree_tree_build_t *build,
    const facetree_tree_birth_t *birth, const double *sums,
    uint32_t classes, facetree_error_t *err)
{
    uint32_t                 i, node;
    facetree_tree_record_t  *record;

    if (!facetree_tree_reserve_node(build)) {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    node = build->nodes++;
    record = &build->records[node];

    record->impurity = birth->impurity;
    record->samples = birth->samples;
    record->weight = birth->weight;
    record->value_start = build->value_count;

    record->feature = FACETREE_TREE_LEAF;
    record->threshold = FACETREE_TREE_LEAF;
    record->left = FACETREE_TREE_NO_CHILD;
    record->right = FACETREE_TREE_NO_CHILD;

    for (i = 0; i < classes; i++) {

        if (sums[i] != 0.0
            && !facetree_tree_append_value(build, i, sums[i]))
        {
            return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET,
                                 NULL);
        }
    }

    if (birth->parent != FACETREE_NO_PARENT) {

        if (birth->is_left) {
            build->records[birth->parent].left = (int32_t) node;

        } else {
            build->records[birth->parent].right = (int32_t) node;
        }
    }

    return FACETREE_OK;
}


void
facetree_tree_set_split(facetree_tree_build_t *build, uint32_t node,
    uint32_t feature, double threshold)
{
    build->records[node].feature = (int32_t) feature;
    build->records[node].threshold = threshold;
}


/* Children come after their parents, so that one pass finds all depths. */

static facetree_status_e
facetree_tree_measure(facetree_tree_t *tree, facetree_error_t *err)
{
    uint32_t  i, *depth;

    depth = calloc(tree->nodes, sizeof(*depth));
    if (depth == NULL) {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    for (i = 0; i < tree->nodes; i++) {

        if (depth[i] > tree->max_depth) {
            tree->max_depth = depth[i];
        }

        if (tree->feature[i] == FACETREE_TREE_LEAF) {
            tree->leaves++;
            continue;
        }

        depth[tree->left[i]] = depth[i] + 1;
        depth[tree->right[i]] = depth[i] + 1;
    }

    free(depth);

    return FACETREE_OK;
}


static int
facetree_tree_allocate(facetree_tree_t *tree, uint32_t nodes,
    uint32_t values)
{
    tree->feature = calloc(nodes, sizeof(*tree->feature));
    tree->threshold = calloc(nodes, sizeof(*tree->threshold));
    tree->left = calloc(nodes, sizeof(*tree->left));
    tree->right = calloc(nodes, sizeof(*tree->right));
    tree->impurity = calloc(nodes, sizeof(*tree->impurity));
    tree->samples = calloc(nodes, sizeof(*tree->samples));
    tree->weight = calloc(nodes, sizeof(*tree->weight));
    tree->value_start = calloc((size_t) nodes + 1, sizeof(*tree->value_start));
    tree->value_class = calloc((size_t) values + 1,
                               sizeof(*tree->value_class));
    tree->value = calloc((size_t) values + 1, sizeof(*tree->value));

    return tree->feature && tree->threshold && tree->left && tree->right
           && tree->impurity && tree->samples && tree->weight
           && tree->value_start && tree->value_class && tree->value;
}


static void
facetree_tree_fill(facetree_tree_t *tree, const facetree_tree_build_t *build)
{
    uint32_t                       i;
    const facetree_tree_record_t  *record;

    tree->nodes = build->nodes;

    for (i = 0; i < build->nodes; i++) {
        record = &build->records[i];

        tree->feature[i] = record->feature;
        tree->threshold[i] = record->threshold;
        tree->left[i] = record->left;
        tree->right[i] = record->right;
        tree->impurity[i] = record->impurity;
        tree->samples[i] = record->samples;
        tree->weight[i] = record->weight;
        tree->value_start[i] = record->value_start;
    }

    tree->value_start[i] = build->value_count;

    for (i = 0; i < build->value_count; i++) {
        tree->value_class[i] = build->values[i].class;
        tree->value[i] = build->values[i].sum;
    }
}


facetree_status_e
facetree_tree_finish(facetree_tree_build_t *build, facetree_tree_t *tree,
    facetree_error_t *err)
{
    facetree_tree_t    made;
    facetree_status_e  status;

    memset(&made, 0, sizeof(made));

    if (facetree_tree_allocate(&made, build->nodes, build->value_count)) {
        facetree_tree_fill(&made, build);
        status = facetree_tree_measure(&made, err);

    } else {
        status = facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    facetree_tree_build_clear(build);

    if (status != FACETREE_OK) {
        facetree_tree_clear(&made);
        return status;
    }

    *tree = made;

    return FACETREE_OK;
}


void
facetree_tree_build_clear(facetree_tree_build_t *build)
{
    free(build->records);
    free(build->values);

    memset(build, 0, sizeof(*build));
}
