
/*
 * Copyright (C) facetree contributors
 */


#include "tree_text.h"
#include "facetree_int.h"

#include <stdio.h>
#include <stdlib.h>


/* A node yet to be visited. */

typedef struct {
    uint32_t  node;
    uint32_t  parent;
    uint32_t  depth;
} facetree_visit_t;


/*
 * Depth first, left before right, without recursion: a tree may be as deep
 * as it has nodes.  Each visit takes one entry and adds two at most, so as
 * many as there are nodes are enough.
 */

typedef struct {
    const facetree_tree_detail_t  *tree;
    facetree_visit_t              *stack;
    uint32_t                       count;
} facetree_walk_t;


static facetree_status_e
facetree_walk_init(facetree_walk_t *walk, const facetree_tree_detail_t *tree,
    facetree_error_t *err)
{
    walk->tree = tree;
    walk->count = 1;
    walk->stack = calloc(tree->nodes, sizeof(facetree_visit_t));

    if (walk->stack == NULL) {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    return FACETREE_OK;
}


static int
facetree_walk_next(facetree_walk_t *walk, facetree_visit_t *visit)
{
    facetree_visit_t               child;
    const facetree_tree_detail_t  *tree;

    if (walk->count == 0) {
        return 0;
    }

    tree = walk->tree;
    *visit = walk->stack[--walk->count];

    if (tree->left[visit->node] >= 0) {
        child.parent = visit->node;
        child.depth = visit->depth + 1;

        child.node = (uint32_t) tree->right[visit->node];
        walk->stack[walk->count++] = child;

        child.node = (uint32_t) tree->left[visit->node];
        walk->stack[walk->count++] = child;
    }

    return 1;
}


facetree_status_e
facetree_tree_measure(const facetree_tree_detail_t *tree, uint32_t *depth,
    uint32_t *leaves, facetree_error_t *err)
{
    facetree_walk_t    walk;
    facetree_visit_t   visit;
    facetree_status_e  status;

    status = facetree_walk_init(&walk, tree, err);

    if (status != FACETREE_OK) {
        return status;
    }

    *depth = 0;
    *leaves = 0;

    while (facetree_walk_next(&walk, &visit)) {
        *depth = visit.depth > *depth ? visit.depth : *depth;
        *leaves += tree->left[visit.node] < 0;
    }

    free(walk.stack);

    return FACETREE_OK;
}


/* The first class with the largest count, as numpy's argmax. */

static uint32_t
facetree_tree_class(const facetree_tree_detail_t *tree, uint32_t node)
{
    double    most;
    uint32_t  i, class;

    most = 0.0;
    class = 0;

    for (i = tree->value_start[node]; i < tree->value_start[node + 1]; i++) {
        if (tree->value[i] > most) {
            most = tree->value[i];
            class = tree->value_class[i];
        }
    }

    return class;
}


static void
facetree_tree_indent(uint32_t depth)
{
    for ( /* void */ ; depth > 1; depth--) {
        fputs("|   ", stdout);
    }

    fputs("|--- ", stdout);
}


facetree_status_e
facetree_tree_print(const facetree_tree_detail_t *tree,
    const facetree_model_t *model, facetree_error_t *err)
{
    uint32_t           parent;
    facetree_walk_t    walk;
    facetree_visit_t   visit;
    facetree_status_e  status;

    status = facetree_walk_init(&walk, tree, err);

    if (status != FACETREE_OK) {
        return status;
    }

    while (facetree_walk_next(&walk, &visit)) {
        if (visit.depth > 0) {
            parent = visit.parent;

            facetree_tree_indent(visit.depth);
            printf("feature_%ld %s %.2f\n", (long) tree->feature[parent],
                   (uint32_t) tree->left[parent] == visit.node ? "<=" : "> ",
                   tree->threshold[parent]);
        }

        if (tree->left[visit.node] < 0) {
            facetree_tree_indent(visit.depth + 1);
            printf("class: %s\n", facetree_model_label(model,
                                      facetree_tree_class(tree, visit.node)));
        }
    }

    free(walk.stack);

    return FACETREE_OK;
}


/* Labels are any UTF-8; a quoted string of Graphviz minds two characters. */

static void
facetree_tree_dot_label(const char *label)
{
    for ( /* void */ ; *label; label++) {
        if (*label == '"' || *label == '\\') {
            putchar('\\');
        }

        putchar(*label);
    }
}


static void
facetree_tree_dot_node(const facetree_tree_detail_t *tree,
    const facetree_model_t *model, const facetree_visit_t *visit)
{
    uint32_t  i, width;

    i = visit->node;
    width = facetree_model_width(model);

    printf("%lu [label=\"", (unsigned long) i);

    if (tree->left[i] >= 0) {
        printf("x %lu, y %lu <= %g\\n",
               (unsigned long) tree->feature[i] % width,
               (unsigned long) tree->feature[i] / width, tree->threshold[i]);
    }

    printf("impurity = %.3f\\nsamples = %lu\\nclass = ", tree->impurity[i],
           (unsigned long) tree->samples[i]);
    facetree_tree_dot_label(facetree_model_label(model,
                                facetree_tree_class(tree, i)));
    printf("\"%s];\n", tree->left[i] < 0 ? ", style=rounded" : "");

    if (visit->depth == 1) {
        printf("0 -> %lu [headlabel=\"%s\", labeldistance=2.5, "
               "labelangle=%d];\n", (unsigned long) i,
               (uint32_t) tree->left[0] == i ? "yes" : "no",
               (uint32_t) tree->left[0] == i ? 45 : -45);

    } else if (visit->depth > 1) {
        printf("%lu -> %lu;\n", (unsigned long) visit->parent,
               (unsigned long) i);
    }
}


facetree_status_e
facetree_tree_print_dot(const facetree_tree_detail_t *tree,
    const facetree_model_t *model, facetree_error_t *err)
{
    facetree_walk_t    walk;
    facetree_visit_t   visit;
    facetree_status_e  status;

    status = facetree_walk_init(&walk, tree, err);

    if (status != FACETREE_OK) {
        return status;
    }

    printf("digraph Tree {\n"
           "node [shape=box, fontname=\"helvetica\"];\n"
           "edge [fontname=\"helvetica\"];\n");

    while (facetree_walk_next(&walk, &visit)) {
        facetree_tree_dot_node(tree, model, &visit);
    }

    printf("}\n");
    free(walk.stack);

    return FACETREE_OK;
}


static json_t *
facetree_tree_ints(const int32_t *values, uint32_t count)
{
    json_t    *list;
    uint32_t   i;

    list = json_array();

    for (i = 0; i < count; i++) {
        json_array_append_new(list, json_integer(values[i]));
    }

    return list;
}


static json_t *
facetree_tree_counts(const uint32_t *values, uint32_t count)
{
    json_t    *list;
    uint32_t   i;

    list = json_array();

    for (i = 0; i < count; i++) {
        json_array_append_new(list, json_integer(values[i]));
    }

    return list;
}


static json_t *
facetree_tree_reals(const double *values, uint32_t count)
{
    json_t    *list;
    uint32_t   i;

    list = json_array();

    for (i = 0; i < count; i++) {
        json_array_append_new(list, json_real(values[i]));
    }

    return list;
}


/* The values of a node with the zeros that are not stored. */

static json_t *
facetree_tree_row(const facetree_tree_detail_t *tree, uint32_t node,
    uint32_t classes)
{
    json_t    *row;
    double     value;
    uint32_t   class, j, end;

    row = json_array();
    j = tree->value_start[node];
    end = tree->value_start[node + 1];

    for (class = 0; class < classes; class++) {
        value = 0.0;

        if (j < end && tree->value_class[j] == class) {
            value = tree->value[j++];
        }

        json_array_append_new(row, json_real(value));
    }

    return row;
}


static json_t *
facetree_tree_rows(const facetree_tree_detail_t *tree, uint32_t classes)
{
    json_t    *rows;
    uint32_t   i;

    rows = json_array();

    for (i = 0; i < tree->nodes; i++) {
        json_array_append_new(rows, facetree_tree_row(tree, i, classes));
    }

    return rows;
}


facetree_status_e
facetree_tree_json(json_t **out, const facetree_tree_detail_t *tree,
    uint32_t classes, facetree_error_t *err)
{
    json_t             *object;
    uint32_t            n, depth, leaves;
    facetree_status_e   status;

    status = facetree_tree_measure(tree, &depth, &leaves, err);

    if (status != FACETREE_OK) {
        return status;
    }

    n = tree->nodes;

    object = json_pack("{s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o,"
                       " s:o}",
                       "node_count", (json_int_t) n,
                       "max_depth", (json_int_t) depth,
                       "n_leaves", (json_int_t) leaves,
                       "feature", facetree_tree_ints(tree->feature, n),
                       "threshold", facetree_tree_reals(tree->threshold, n),
                       "children_left", facetree_tree_ints(tree->left, n),
                       "children_right", facetree_tree_ints(tree->right, n),
                       "impurity", facetree_tree_reals(tree->impurity, n),
                       "n_node_samples",
                       facetree_tree_counts(tree->samples, n),
                       "weighted_n_node_samples",
                       facetree_tree_reals(tree->weight, n),
                       "value", facetree_tree_rows(tree, classes));

    if (object == NULL) {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    *out = object;

    return FACETREE_OK;
}
