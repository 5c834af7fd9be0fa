
/*
 * Copyright (C) facetree contributors
 *
 * From grown trees to the bytes of a model file: rows, nodes, self-test,
 * detail, and the file around them.
 */


#include "model_writer.h"

#include "facetree_format.h"
#include "facetree_int.h"
#include "facetree_model.h"
#include "model_rows.h"
#include "model_sections.h"

#include <stdlib.h>
#include <string.h>


static facetree_status_e
facetree_writer_text(facetree_sections_t *writer,
    const facetree_forest_t *forest, const char *metadata,
    facetree_error_t *err)
{
    char      *text;
    size_t     len, total;
    uint32_t   i, *start;

    total = 0;

    for (i = 0; i < forest->classes; i++) {
        len = strlen(forest->labels[i]);

        if (len == 0 || len > FACETREE_FTM_MAX_LABEL) {
            return facetree_fail(err, FACETREE_EINVAL, FACETREE_NO_OFFSET,
                                 "label \"%.40s\" has %zu bytes, it must have "
                                 "1 to %d", forest->labels[i], len,
                                 FACETREE_FTM_MAX_LABEL);
        }

        total += len + 1;
    }

    len = strlen(metadata) + 1;
    text = facetree_sections_add(writer, FACETREE_FTM_META, len);
    if (text == NULL) {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    memcpy(text, metadata, len);

    start = facetree_sections_add(writer, FACETREE_FTM_LOFF,
                                    (size_t) forest->classes + 1);
    text = facetree_sections_add(writer, FACETREE_FTM_LTXT, total);
    if (start == NULL || text == NULL) {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    for (i = 0; i < forest->classes; i++) {
        len = strlen(forest->labels[i]) + 1;
        memcpy(text + start[i], forest->labels[i], len);
        start[i + 1] = start[i] + (uint32_t) len;
    }

    return FACETREE_OK;
}


/*
 * The largest gray level that goes left.  A split of the trainer has examples
 * on both sides, so there is one.
 */

static int
facetree_writer_threshold(double threshold, double scale)
{
    int  byte;

    for (byte = 255; byte >= 0; byte--) {
        if ((double) ((float) byte / (float) scale) <= threshold) {
            break;
        }
    }

    return byte;
}


/*
 * Serves one tree: its nodes in breadth-first order.  "queue" has room for
 * the tree's nodes.
 */

static facetree_status_e
facetree_writer_tree(const facetree_forest_t *forest, uint32_t tree,
    uint32_t first, const uint32_t *rows, uint32_t *queue,
    facetree_ftm_node_t *node, facetree_error_t *err)
{
    int                     byte;
    uint32_t                i, n, tail;
    const facetree_tree_t  *t;

    t = &forest->trees[tree];
    queue[0] = 0;
    tail = 1;

    for (i = 0; i < tail; i++) {
        n = queue[i];

        if (t->left[n] < 0) {
            node[i].next = FACETREE_FTM_LEAF | rows[n];
            continue;
        }

        byte = facetree_writer_threshold(t->threshold[n], forest->scale);

        if (byte < 0 || tail + 2 > t->nodes) {
            return facetree_fail(err, FACETREE_EINVAL, FACETREE_NO_OFFSET,
                                 "tree %u, node %u: threshold %.17g is below "
                                 "every gray level, or the tree is not one",
                                 tree, n, t->threshold[n]);
        }

        node[i].split = (uint32_t) t->feature[n]
                        | (uint32_t) byte << FACETREE_FTM_THRESHOLD_SHIFT;
        node[i].next = first + tail;

        queue[tail++] = (uint32_t) t->left[n];
        queue[tail++] = (uint32_t) t->right[n];
    }

    return FACETREE_OK;
}


/* Sums the nodes of all trees; fails when the format cannot number them. */

static facetree_status_e
facetree_writer_count(const facetree_forest_t *forest, uint32_t *nodes,
    uint32_t *most, size_t *values, facetree_error_t *err)
{
    uint32_t                i;
    const facetree_tree_t  *tree;

    *nodes = 0;
    *most = 0;
    *values = 0;

    for (i = 0; i < forest->count; i++) {
        tree = &forest->trees[i];

        if (tree->nodes >= FACETREE_FTM_LEAF - *nodes) {
            return facetree_fail(err, FACETREE_EINVAL, FACETREE_NO_OFFSET,
                                 "the trees have more than %u nodes",
                                 FACETREE_FTM_LEAF - 1);
        }

        *nodes += tree->nodes;
        *values += tree->value_start[tree->nodes];
        *most = (tree->nodes > *most) ? tree->nodes : *most;
    }

    if (*values > UINT32_MAX) {
        return facetree_fail(err, FACETREE_EINVAL, FACETREE_NO_OFFSET,
                             "the trees have more than %u values",
                             UINT32_MAX);
    }

    return FACETREE_OK;
}


static facetree_status_e
facetree_writer_serve(facetree_sections_t *writer,
    const facetree_forest_t *forest, const facetree_model_rows_t *rows,
    uint32_t nodes, uint32_t most, facetree_error_t *err)
{
    uint32_t              i, *queue, *root;
    facetree_status_e     rc;
    facetree_ftm_node_t  *node;

    root = facetree_sections_add(writer, FACETREE_FTM_ROOT,
                                   (size_t) forest->count + 1);
    node = facetree_sections_add(writer, FACETREE_FTM_NODE, nodes);
    queue = malloc((size_t) most * sizeof(uint32_t));

    if (root == NULL || node == NULL || queue == NULL) {
        free(queue);
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    rc = FACETREE_OK;

    for (i = 0; i < forest->count && rc == FACETREE_OK; i++) {
        rc = facetree_writer_tree(forest, i, root[i],
                                  rows->of_node + root[i], queue,
                                  node + root[i], err);
        root[i + 1] = root[i] + forest->trees[i].nodes;
    }

    free(queue);

    return rc;
}


static facetree_status_e
facetree_writer_rows(facetree_sections_t *writer,
    const facetree_model_rows_t *rows, facetree_error_t *err)
{
    void    *best, *class, *probability, *start;
    size_t   n;

    n = rows->count;

    start = facetree_sections_add(writer, FACETREE_FTM_ROFF, n + 1);
    best = facetree_sections_add(writer, FACETREE_FTM_RBST, n);
    class = facetree_sections_add(writer, FACETREE_FTM_RCLS, rows->entries);
    probability = facetree_sections_add(writer, FACETREE_FTM_RPRB,
                                          rows->entries);

    if (start == NULL || best == NULL || class == NULL || probability == NULL)
    {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    memcpy(start, rows->start, (n + 1) * sizeof(uint32_t));
    memcpy(best, rows->best, n * sizeof(uint32_t));
    memcpy(class, rows->class, rows->entries * sizeof(uint32_t));
    memcpy(probability, rows->probability, rows->entries * sizeof(double));

    return FACETREE_OK;
}


static facetree_status_e
facetree_writer_detail(facetree_sections_t *writer,
    const facetree_forest_t *forest, uint32_t nodes, size_t values,
    facetree_error_t *err)
{
    size_t                  at, from, n;
    uint32_t                i, j, *start;
    const facetree_tree_t  *tree;

    for (i = FACETREE_FTM_FIRST_DETAIL; i < FACETREE_FTM_SECTIONS; i++) {

        n = (i == FACETREE_FTM_DVCL || i == FACETREE_FTM_DVAL) ? values
            : (i == FACETREE_FTM_DVOF) ? (size_t) nodes + 1 : nodes;

        if (facetree_sections_add(writer, i, n) == NULL) {
            return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET,
                                 NULL);
        }
    }

    at = 0;
    from = 0;
    start = writer->data[FACETREE_FTM_DVOF];

    for (i = 0; i < forest->count; i++) {
        tree = &forest->trees[i];
        n = tree->nodes;

        facetree_sections_copy(writer, FACETREE_FTM_DFEA, tree->feature, n,
                               at);
        facetree_sections_copy(writer, FACETREE_FTM_DTHR, tree->threshold, n,
                               at);
        facetree_sections_copy(writer, FACETREE_FTM_DLFT, tree->left, n, at);
        facetree_sections_copy(writer, FACETREE_FTM_DRGT, tree->right, n, at);
        facetree_sections_copy(writer, FACETREE_FTM_DIMP, tree->impurity, n,
                               at);
        facetree_sections_copy(writer, FACETREE_FTM_DSMP, tree->samples, n,
                               at);
        facetree_sections_copy(writer, FACETREE_FTM_DWGT, tree->weight, n,
                               at);

        for (j = 0; j <= n; j++) {
            start[at + j] = (uint32_t) (from + tree->value_start[j]);
        }

        facetree_sections_copy(writer, FACETREE_FTM_DVCL, tree->value_class,
                               tree->value_start[n], from);
        facetree_sections_copy(writer, FACETREE_FTM_DVAL, tree->value,
                               tree->value_start[n], from);

        from += tree->value_start[n];
        at += n;
    }

    return FACETREE_OK;
}


/*
 * The recorded answers come from the exact trees, not from the served ones:
 * the self-test therefore also compares the two.
 */

static facetree_status_e
facetree_writer_self_test(facetree_sections_t *writer,
    const facetree_forest_t *forest, facetree_error_t *err)
{
    double    *dense, *probabilities;
    uint8_t   *pixels;
    uint32_t   i;

    probabilities = facetree_sections_add(writer, FACETREE_FTM_TPRB,
        (size_t) FACETREE_FTM_PATTERNS * forest->classes);
    dense = calloc(forest->classes, sizeof(double));
    pixels = malloc((size_t) forest->width * forest->height);

    if (probabilities == NULL || dense == NULL || pixels == NULL) {
        free(dense);
        free(pixels);
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    for (i = 0; i < FACETREE_FTM_PATTERNS; i++) {
        facetree_ftm_pattern(i, forest->width, forest->height, pixels);
        facetree_model_rows_predict(forest, pixels, probabilities, dense);
        probabilities += forest->classes;
    }

    free(dense);
    free(pixels);

    return FACETREE_OK;
}


static facetree_status_e
facetree_writer_fill(facetree_sections_t *writer,
    const facetree_forest_t *forest, const char *metadata, int strip,
    facetree_error_t *err)
{
    size_t                 values;
    uint32_t               most, nodes;
    facetree_status_e      rc;
    facetree_model_rows_t  rows;

    rc = facetree_writer_count(forest, &nodes, &most, &values, err);
    if (rc != FACETREE_OK) {
        return rc;
    }

    rc = facetree_model_rows(&rows, forest, nodes, err);
    if (rc != FACETREE_OK) {
        return rc;
    }

    rc = facetree_writer_text(writer, forest, metadata, err);

    if (rc == FACETREE_OK) {
        rc = facetree_writer_serve(writer, forest, &rows, nodes, most, err);
    }

    if (rc == FACETREE_OK) {
        rc = facetree_writer_rows(writer, &rows, err);
    }

    if (rc == FACETREE_OK) {
        rc = facetree_writer_self_test(writer, forest, err);
    }

    if (rc == FACETREE_OK && !strip) {
        rc = facetree_writer_detail(writer, forest, nodes, values, err);
    }

    facetree_model_rows_clear(&rows);

    return rc;
}


facetree_status_e
facetree_model_make(facetree_model_t **out, const facetree_forest_t *forest,
    const char *metadata, int strip, facetree_error_t *err)
{
    facetree_model_t     *model;
    facetree_status_e     rc;
    facetree_sections_t   writer;

    memset(&writer, 0, sizeof(writer));
    model = NULL;

    rc = facetree_writer_fill(&writer, forest, metadata, strip, err);

    if (rc == FACETREE_OK) {
        rc = facetree_model_create(&model, facetree_sections_size(&writer),
                                   err);
    }

    if (rc == FACETREE_OK) {
        facetree_sections_assemble(&writer, forest, model->base);
        rc = facetree_model_finish(model, err);
    }

    facetree_sections_clear(&writer);

    if (rc == FACETREE_OK) {
        *out = model;

    } else {
        facetree_model_free(model);
    }

    return rc;
}


facetree_status_e
facetree_model_serialize(const facetree_forest_t *forest,
    const char *metadata, int strip, uint8_t **out, size_t *len,
    facetree_error_t *err)
{
    uint8_t            *file;
    facetree_model_t   *model;
    facetree_status_e   rc;

    rc = facetree_model_make(&model, forest, metadata, strip, err);

    if (rc != FACETREE_OK) {
        return rc;
    }

    file = malloc(model->size);

    if (file) {
        memcpy(file, model->base, model->size);

        *out = file;
        *len = model->size;

    } else {
        rc = facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    facetree_model_free(model);

    return rc;
}
