
/*
 * Copyright (C) facetree contributors
 *
 * Checking the trees in a model file: once these hold, a walk ends at a leaf
 * within bounds whatever the pixels are.
 */


#include "facetree_model.h"


/* Where element i of a section lies in the file. */

static uint64_t
facetree_trees_at(const facetree_model_t *model, facetree_ftm_section_e kind,
    uint64_t i, size_t size)
{
    return model->section[kind].offset + i * size;
}


/*
 * Checks one tree's nodes, first..end: breadth-first order with every pair of
 * children where the format puts it.
 */

static facetree_status_e
facetree_trees_check_nodes(const facetree_model_t *model, uint32_t tree,
    uint32_t rows, facetree_error_t *err)
{
    uint64_t                    next;
    uint32_t                    end, features, i, split;
    const facetree_ftm_node_t  *node;

    node = model->node;
    end = model->root[tree + 1];
    features = facetree_model_features(model);
    next = (uint64_t) model->root[tree] + 1;

    for (i = model->root[tree]; i < end; i++) {

        split = node[i].split;

        if (node[i].next & FACETREE_FTM_LEAF) {

            if (split != 0 || (node[i].next & ~FACETREE_FTM_LEAF) >= rows) {
                return facetree_fail(err, FACETREE_ECORRUPT,
                    facetree_trees_at(model, FACETREE_FTM_NODE, i,
                                      sizeof(*node)),
                    "tree %u, node %u: leaf of row %u past %u rows", tree,
                    i - model->root[tree],
                    node[i].next & ~FACETREE_FTM_LEAF, rows);
            }

            continue;
        }

        if ((split & FACETREE_FTM_FEATURE_MASK) >= features
            || node[i].next != next || next + 1 >= end)
        {
            return facetree_fail(err, FACETREE_ECORRUPT,
                facetree_trees_at(model, FACETREE_FTM_NODE, i, sizeof(*node)),
                "tree %u, node %u: feature %u of %u, child %u, where child "
                "%llu must follow", tree, i - model->root[tree],
                split & FACETREE_FTM_FEATURE_MASK, features, node[i].next,
                (unsigned long long) next);
        }

        next += 2;
    }

    if (next != end) {
        return facetree_fail(err, FACETREE_ECORRUPT,
            facetree_trees_at(model, FACETREE_FTM_ROOT, tree,
                              sizeof(uint32_t)),
            "tree %u has nodes that nothing leads to", tree);
    }

    return FACETREE_OK;
}


static facetree_status_e
facetree_trees_check_roots(const facetree_model_t *model, uint32_t rows,
    facetree_error_t *err)
{
    uint32_t           i, trees;
    uint64_t           nodes;
    facetree_status_e  rc;

    trees = model->header->trees;
    nodes = model->section[FACETREE_FTM_NODE].count;

    if (model->section[FACETREE_FTM_ROOT].count != (uint64_t) trees + 1
        || model->root[0] != 0 || model->root[trees] != nodes
        || nodes >= FACETREE_FTM_LEAF)
    {
        return facetree_fail(err, FACETREE_ECORRUPT,
            facetree_trees_at(model, FACETREE_FTM_ROOT, 0, 0),
            "%u trees do not fill %llu nodes", trees,
            (unsigned long long) nodes);
    }

    for (i = 0; i < trees; i++) {

        if (model->root[i + 1] <= model->root[i]
            || model->root[i + 1] > nodes)
        {
            return facetree_fail(err, FACETREE_ECORRUPT,
                facetree_trees_at(model, FACETREE_FTM_ROOT, i + 1,
                                  sizeof(uint32_t)),
                "tree %u ends before it starts, or past the nodes", i);
        }

        rc = facetree_trees_check_nodes(model, i, rows, err);
        if (rc != FACETREE_OK) {
            return rc;
        }
    }

    return FACETREE_OK;
}


/* Classes in range and ascending, probabilities of a distribution. */

static facetree_status_e
facetree_trees_check_row(const facetree_model_t *model, uint32_t row,
    facetree_error_t *err)
{
    double    probability, sum;
    uint32_t  class, i, least;

    sum = 0.0;
    least = 0;

    for (i = model->row_start[row]; i < model->row_start[row + 1]; i++) {

        class = model->row_class[i];
        probability = model->row_probability[i];

        if (class < least || class >= model->header->classes) {
            return facetree_fail(err, FACETREE_ECORRUPT,
                facetree_trees_at(model, FACETREE_FTM_RCLS, i,
                                  sizeof(uint32_t)),
                "row %u: class %u out of order or past %u classes", row,
                class, model->header->classes);
        }

        /* Written so that NaN fails. */

        if (!(probability > 0.0 && probability <= 1.0)) {
            return facetree_fail(err, FACETREE_ECORRUPT,
                facetree_trees_at(model, FACETREE_FTM_RPRB, i,
                                  sizeof(double)),
                "row %u: probability %g must be above 0 and at most 1", row,
                probability);
        }

        least = class + 1;
        sum += probability;
    }

    if (sum > 1.0 + 1e-9 || model->row_best[row] >= model->header->classes) {
        return facetree_fail(err, FACETREE_ECORRUPT,
            facetree_trees_at(model, FACETREE_FTM_RBST, row,
                              sizeof(uint32_t)),
            "row %u: probabilities add up to %g, predicted class is %u of %u",
            row, sum, model->row_best[row], model->header->classes);
    }

    return FACETREE_OK;
}


static facetree_status_e
facetree_trees_check_rows(const facetree_model_t *model, uint32_t *rows,
    facetree_error_t *err)
{
    uint32_t                         i;
    uint64_t                         entries;
    facetree_status_e                rc;
    const facetree_model_section_t  *section;

    section = model->section;
    entries = section[FACETREE_FTM_RCLS].count;

    if (section[FACETREE_FTM_ROFF].count < 2
        || section[FACETREE_FTM_RBST].count
           != section[FACETREE_FTM_ROFF].count - 1
        || section[FACETREE_FTM_RPRB].count != entries)
    {
        return facetree_fail(err, FACETREE_ECORRUPT,
                             section[FACETREE_FTM_ROFF].offset,
                             "the sections of rows differ in length");
    }

    *rows = (uint32_t) section[FACETREE_FTM_RBST].count;

    if (model->row_start[0] != 0 || model->row_start[*rows] != entries) {
        return facetree_fail(err, FACETREE_ECORRUPT,
                             section[FACETREE_FTM_ROFF].offset,
                             "%u rows do not fill %llu entries", *rows,
                             (unsigned long long) entries);
    }

    for (i = 0; i < *rows; i++) {

        if (model->row_start[i + 1] < model->row_start[i]
            || model->row_start[i + 1] > entries)
        {
            return facetree_fail(err, FACETREE_ECORRUPT,
                facetree_trees_at(model, FACETREE_FTM_ROFF, i + 1,
                                  sizeof(uint32_t)),
                "row %u ends before it starts, or past the entries", i);
        }

        rc = facetree_trees_check_row(model, i, err);
        if (rc != FACETREE_OK) {
            return rc;
        }
    }

    return FACETREE_OK;
}


facetree_status_e
facetree_model_check_trees(facetree_model_t *model, facetree_error_t *err)
{
    uint32_t           classes, rows;
    uint64_t           tests;
    facetree_status_e  rc;

    rows = 0;

    rc = facetree_trees_check_rows(model, &rows, err);

    if (rc == FACETREE_OK) {
        rc = facetree_trees_check_roots(model, rows, err);
    }

    if (rc != FACETREE_OK) {
        return rc;
    }

    classes = model->header->classes;
    tests = model->section[FACETREE_FTM_TPRB].count;

    if (tests == 0 || tests % classes != 0
        || tests / classes > FACETREE_FTM_PATTERNS)
    {
        return facetree_fail(err, FACETREE_ECORRUPT,
                             model->section[FACETREE_FTM_TPRB].offset,
                             "%llu probabilities are not 1 to %d self-tests "
                             "of %u classes", (unsigned long long) tests,
                             FACETREE_FTM_PATTERNS, classes);
    }

    return FACETREE_OK;
}
