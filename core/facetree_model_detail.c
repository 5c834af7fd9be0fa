
/*
 * Copyright (C) facetree contributors
 *
 * Checking the training detail of a model file: it must describe the very
 * trees that the file serves.
 */


#include "facetree_model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>


static facetree_status_e
facetree_detail_fail(const facetree_model_t *model, uint32_t tree,
    uint32_t node, const char *what, facetree_error_t *err)
{
    return facetree_fail(err, FACETREE_ECORRUPT,
                         model->section[FACETREE_FTM_DFEA].offset
                         + (uint64_t) (model->root[tree] + node)
                           * sizeof(int32_t),
                         "detail of tree %u, node %u: %s", tree, node, what);
}


static facetree_status_e
facetree_detail_check_counts(const facetree_model_t *model,
    facetree_error_t *err)
{
    uint32_t                         i;
    uint64_t                         nodes, expected;
    const facetree_model_section_t  *section;

    section = model->section;
    nodes = section[FACETREE_FTM_NODE].count;

    for (i = FACETREE_FTM_FIRST_DETAIL; i < FACETREE_FTM_SECTIONS; i++) {

        switch (i) {

        case FACETREE_FTM_DVOF:
            expected = nodes + 1;
            break;

        case FACETREE_FTM_DVCL:
        case FACETREE_FTM_DVAL:
            expected = section[FACETREE_FTM_DVCL].count;
            break;

        default:
            expected = nodes;
            break;
        }

        if (section[i].count != expected) {
            return facetree_fail(err, FACETREE_ECORRUPT, section[i].offset,
                                 "a section of the detail has %llu elements, "
                                 "it must have %llu",
                                 (unsigned long long) section[i].count,
                                 (unsigned long long) expected);
        }
    }

    return FACETREE_OK;
}


/* The list of a node's values: within bounds, classes ascending. */

static facetree_status_e
facetree_detail_check_values(const facetree_model_t *model,
    facetree_error_t *err)
{
    uint32_t         i, j, least;
    uint64_t         nodes, values;
    const double    *value;
    const uint32_t  *class, *start;

    start = model->section[FACETREE_FTM_DVOF].data;
    class = model->section[FACETREE_FTM_DVCL].data;
    value = model->section[FACETREE_FTM_DVAL].data;
    nodes = model->section[FACETREE_FTM_NODE].count;
    values = model->section[FACETREE_FTM_DVCL].count;

    if (start[0] != 0 || start[nodes] != values) {
        return facetree_detail_fail(model, 0, 0,
                                    "values do not fill their section", err);
    }

    for (i = 0; i < nodes; i++) {

        if (start[i + 1] < start[i] || start[i + 1] > values) {
            return facetree_detail_fail(model, 0, i,
                                        "values end past their section", err);
        }

        least = 0;

        for (j = start[i]; j < start[i + 1]; j++) {

            if (class[j] < least || class[j] >= model->header->classes
                || !isfinite(value[j]))
            {
                return facetree_detail_fail(model, 0, i,
                                            "value of a wrong class, or not "
                                            "a number", err);
            }

            least = class[j] + 1;
        }
    }

    return FACETREE_OK;
}


/*
 * Whether the byte and the exact threshold send every gray level the same
 * way: gray levels grow, so the last one to the left settles it.
 */

static int
facetree_detail_same_threshold(const facetree_model_t *model, uint32_t byte,
    double threshold)
{
    float  scale;

    scale = (float) model->header->scale;

    return (double) ((float) byte / scale) <= threshold
           && (byte == 255
               || (double) ((float) (byte + 1) / scale) > threshold);
}


static facetree_status_e
facetree_detail_check_split(const facetree_model_t *model,
    const facetree_tree_detail_t *detail, uint32_t tree, uint32_t serving,
    uint32_t *map, facetree_error_t *err)
{
    uint32_t                    i, left;
    const facetree_ftm_node_t  *node;

    i = map[serving];
    node = &model->node[model->root[tree] + serving];

    if (detail->feature[i]
        != (int32_t) (node->split & FACETREE_FTM_FEATURE_MASK)
        || !facetree_detail_same_threshold(model,
               node->split >> FACETREE_FTM_THRESHOLD_SHIFT,
               detail->threshold[i]))
    {
        return facetree_detail_fail(model, tree, i,
                                    "splits otherwise than the served node",
                                    err);
    }

    /* Negative children become huge, and so fail too. */

    if ((uint32_t) detail->left[i] >= detail->nodes
        || (uint32_t) detail->right[i] >= detail->nodes)
    {
        return facetree_detail_fail(model, tree, i, "child out of range",
                                    err);
    }

    if (detail->left[i] <= (int32_t) i || detail->right[i] <= (int32_t) i) {
        return facetree_detail_fail(model, tree, i,
                                    "child does not follow its parent", err);
    }

    left = node->next - model->root[tree];
    map[left] = (uint32_t) detail->left[i];
    map[left + 1] = (uint32_t) detail->right[i];

    return FACETREE_OK;
}


/*
 * Walks the served tree and the detail together; "map" has room for a tree's
 * nodes and receives the detail node of every served one.  "seen", as long,
 * is marked where one was met: there are as many of both kinds, so that none
 * is left unchecked if none is met twice.
 */

static facetree_status_e
facetree_detail_check_tree(const facetree_model_t *model, uint32_t tree,
    uint32_t *map, uint8_t *seen, facetree_error_t *err)
{
    uint32_t                    i;
    facetree_status_e           rc;
    facetree_tree_detail_t      detail;
    const facetree_ftm_node_t  *node;

    facetree_model_detail(model, tree, &detail);

    node = &model->node[model->root[tree]];
    map[0] = 0;
    memset(seen, 0, detail.nodes);

    for (i = 0; i < detail.nodes; i++) {

        /* parents come first, and have set it: NOLINTNEXTLINE */
        if (seen[map[i]]++) {
            return facetree_detail_fail(model, tree, map[i],
                                        "has two parents", err);
        }

        if (!isfinite(detail.threshold[map[i]])
            || !isfinite(detail.impurity[map[i]])
            || !isfinite(detail.weight[map[i]]))
        {
            return facetree_detail_fail(model, tree, map[i],
                                        "threshold, impurity or weight is "
                                        "not a number", err);
        }

        if (!(node[i].next & FACETREE_FTM_LEAF)) {
            rc = facetree_detail_check_split(model, &detail, tree, i, map,
                                             err);
            if (rc != FACETREE_OK) {
                return rc;
            }

        } else if (detail.left[map[i]] != -1 || detail.right[map[i]] != -1
                   || detail.feature[map[i]] != -2)
        {
            return facetree_detail_fail(model, tree, map[i],
                                        "is no leaf, the served node is one",
                                        err);
        }
    }

    return FACETREE_OK;
}


facetree_status_e
facetree_model_check_detail(facetree_model_t *model, facetree_error_t *err)
{
    uint8_t           *seen;
    uint32_t           i, most, *map, nodes;
    facetree_status_e  rc;

    rc = facetree_detail_check_counts(model, err);

    if (rc == FACETREE_OK) {
        rc = facetree_detail_check_values(model, err);
    }

    if (rc != FACETREE_OK) {
        return rc;
    }

    most = 0;

    for (i = 0; i < model->header->trees; i++) {
        nodes = model->root[i + 1] - model->root[i];
        most = (nodes > most) ? nodes : most;
    }

    map = malloc((size_t) most * sizeof(uint32_t));
    seen = malloc(most);

    if (map == NULL || seen == NULL) {
        rc = facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    for (i = 0; i < model->header->trees && rc == FACETREE_OK; i++) {
        rc = facetree_detail_check_tree(model, i, map, seen, err);
    }

    free(map);
    free(seen);

    return rc;
}
