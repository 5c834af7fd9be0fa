
/*
 * Copyright (C) facetree contributors
 *
 * The leaves of a forest are mostly pure and mostly alike, so that storing
 * each row of probabilities once, without its zeros, makes a model of 500
 * trees fit into a few hundred kilobytes.
 */


#include "model_rows.h"

#include "facetree_int.h"
#include "pairwise.h"

#include <stdlib.h>
#include <string.h>


/* A hash table of rows by content; open addressing, at most half full. */

typedef struct {
    uint32_t  *slot;               /* row + 1, or 0 */
    uint32_t   mask;
} facetree_rows_table_t;


/*
 * scikit-learn's probabilities of a node: counts divided by their sum, which
 * numpy adds over the dense row; zeros matter there, as they shift which
 * numbers are added first.  "dense" has room for classes doubles, all 0.0
 * before and after.
 */

static double
facetree_rows_divisor(const facetree_tree_t *tree, uint32_t node,
    uint32_t classes, double *dense)
{
    double    sum;
    uint32_t  i;

    for (i = tree->value_start[node]; i < tree->value_start[node + 1]; i++) {
        dense[tree->value_class[i]] = tree->value[i];
    }

    sum = facetree_pairwise_sum(dense, classes);

    for (i = tree->value_start[node]; i < tree->value_start[node + 1]; i++) {
        dense[tree->value_class[i]] = 0.0;
    }

    return (sum == 0.0) ? 1.0 : sum;
}


/* First class with the most weight. */

static uint32_t
facetree_rows_best(const facetree_tree_t *tree, uint32_t node)
{
    double    most;
    uint32_t  best, i;

    best = 0;
    most = 0.0;

    for (i = tree->value_start[node]; i < tree->value_start[node + 1]; i++) {
        if (tree->value[i] > most) {
            most = tree->value[i];
            best = tree->value_class[i];
        }
    }

    return best;
}


/* Writes a leaf's row behind the last one, without keeping it yet. */

static uint32_t
facetree_rows_draft(facetree_model_rows_t *rows, const facetree_tree_t *tree,
    uint32_t node, uint32_t classes, double *dense)
{
    double    divisor;
    uint32_t  end, i;

    divisor = facetree_rows_divisor(tree, node, classes, dense);
    end = rows->entries;

    for (i = tree->value_start[node]; i < tree->value_start[node + 1]; i++) {
        if (tree->value[i] == 0.0) {
            continue;
        }

        rows->class[end] = tree->value_class[i];
        rows->probability[end] = tree->value[i] / divisor;
        end++;
    }

    rows->best[rows->count] = facetree_rows_best(tree, node);

    return end;
}


static uint32_t
facetree_rows_hash(const facetree_model_rows_t *rows, uint32_t begin,
    uint32_t end, uint32_t best)
{
    uint32_t  i;
    uint64_t  bits, hash;

    hash = best + 1;

    for (i = begin; i < end; i++) {
        memcpy(&bits, &rows->probability[i], sizeof(bits));
        hash = (hash ^ bits ^ rows->class[i]) * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 29;
    }

    return (uint32_t) (hash ^ hash >> 32);
}


static int
facetree_rows_equal(const facetree_model_rows_t *rows, uint32_t row,
    uint32_t begin, uint32_t end, uint32_t best)
{
    uint32_t  from, n;

    from = rows->start[row];
    n = end - begin;

    return rows->start[row + 1] - from == n && rows->best[row] == best
           && memcmp(rows->class + from, rows->class + begin,
                     n * sizeof(uint32_t)) == 0
           && memcmp(rows->probability + from, rows->probability + begin,
                     n * sizeof(double)) == 0;
}


/* Returns the number of the drafted row, keeping it if it is a new one. */

static uint32_t
facetree_rows_intern(facetree_model_rows_t *rows,
    facetree_rows_table_t *table, uint32_t end)
{
    uint32_t  best, i, row;

    best = rows->best[rows->count];
    i = facetree_rows_hash(rows, rows->entries, end, best) & table->mask;

    while (table->slot[i]) {
        row = table->slot[i] - 1;

        if (facetree_rows_equal(rows, row, rows->entries, end, best)) {
            return row;
        }

        i = (i + 1) & table->mask;
    }

    row = rows->count++;
    table->slot[i] = row + 1;
    rows->entries = end;
    rows->start[rows->count] = end;

    return row;
}


static facetree_status_e
facetree_rows_allocate(facetree_model_rows_t *rows,
    facetree_rows_table_t *table, const facetree_forest_t *forest,
    uint32_t nodes, double **dense, facetree_error_t *err)
{
    size_t    leaves, slots, values;
    uint32_t  i, j;

    leaves = 0;
    values = 0;

    for (i = 0; i < forest->count; i++) {
        for (j = 0; j < forest->trees[i].nodes; j++) {
            if (forest->trees[i].left[j] < 0) {
                leaves++;
                values += forest->trees[i].value_start[j + 1]
                          - forest->trees[i].value_start[j];
            }
        }
    }

    for (slots = 16; slots < 2 * leaves; slots *= 2) { /* void */ }

    *dense = calloc(forest->classes, sizeof(double));
    table->slot = calloc(slots, sizeof(uint32_t));
    table->mask = (uint32_t) (slots - 1);
    rows->of_node = malloc(nodes * sizeof(uint32_t));
    rows->best = malloc((leaves + 1) * sizeof(uint32_t));
    rows->start = calloc(leaves + 1, sizeof(uint32_t));
    rows->class = malloc((values + 1) * sizeof(uint32_t));
    rows->probability = malloc((values + 1) * sizeof(double));

    if (*dense == NULL || table->slot == NULL || rows->of_node == NULL
        || rows->best == NULL || rows->start == NULL || rows->class == NULL
        || rows->probability == NULL)
    {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    return FACETREE_OK;
}


facetree_status_e
facetree_model_rows(facetree_model_rows_t *rows,
    const facetree_forest_t *forest, uint32_t nodes, facetree_error_t *err)
{
    double                 *dense;
    uint32_t                at, end, i, j;
    facetree_status_e       rc;
    const facetree_tree_t  *tree;
    facetree_rows_table_t   table;

    memset(rows, 0, sizeof(*rows));
    dense = NULL;
    at = 0;

    rc = facetree_rows_allocate(rows, &table, forest, nodes, &dense, err);

    for (i = 0; i < forest->count && rc == FACETREE_OK; i++) {
        tree = &forest->trees[i];

        for (j = 0; j < tree->nodes; j++) {
            if (tree->left[j] < 0) {
                end = facetree_rows_draft(rows, tree, j, forest->classes,
                                          dense);
                rows->of_node[at + j] = facetree_rows_intern(rows, &table,
                                                             end);
            }
        }

        at += tree->nodes;
    }

    free(table.slot);
    free(dense);

    if (rc != FACETREE_OK) {
        facetree_model_rows_clear(rows);
    }

    return rc;
}


void
facetree_model_rows_clear(facetree_model_rows_t *rows)
{
    free(rows->of_node);
    free(rows->best);
    free(rows->start);
    free(rows->class);
    free(rows->probability);

    memset(rows, 0, sizeof(*rows));
}


static uint32_t
facetree_rows_descend(const facetree_tree_t *tree, const uint8_t *pixels,
    double scale)
{
    double    x;
    uint32_t  node;

    node = 0;

    while (tree->left[node] >= 0) {
        x = (double) ((float) pixels[tree->feature[node]] / (float) scale);
        node = (uint32_t) ((x <= tree->threshold[node]) ? tree->left[node]
                                                        : tree->right[node]);
    }

    return node;
}


void
facetree_model_rows_predict(const facetree_forest_t *forest,
    const uint8_t *pixels, double *probabilities, double *dense)
{
    double                  divisor;
    uint32_t                c, i, j, node;
    const facetree_tree_t  *tree;

    memset(probabilities, 0, forest->classes * sizeof(double));

    for (i = 0; i < forest->count; i++) {
        tree = &forest->trees[i];
        node = facetree_rows_descend(tree, pixels, forest->scale);
        divisor = facetree_rows_divisor(tree, node, forest->classes, dense);

        for (j = tree->value_start[node]; j < tree->value_start[node + 1];
             j++)
        {
            probabilities[tree->value_class[j]] += tree->value[j] / divisor;
        }
    }

    for (c = 0; c < forest->classes && forest->count > 1; c++) {
        probabilities[c] /= (double) forest->count;
    }
}
