
/*
 * Copyright (C) facetree contributors
 */


#include "prune.h"

#include "facetree_int.h"
#include "tree_build.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>


/* scikit-learn's names are in brackets. */

typedef struct {
    double    node_risk;           /* as a leaf [r_node] */
    double    branch_risk;         /* of the leaves below [r_branch] */
    uint32_t  leaves;              /* below it [n_leaves] */
    uint32_t  parent;
    int       inner;               /* not, or no longer, a leaf */
} facetree_prune_node_t;


typedef struct {
    const facetree_tree_t  *tree;
    facetree_prune_node_t  *nodes;
    uint32_t               *stack;
} facetree_pruner_t;


static void
facetree_pruner_clear(facetree_pruner_t *pruner)
{
    free(pruner->nodes);
    free(pruner->stack);
}


static int
facetree_prune_is_leaf(const facetree_tree_t *tree, uint32_t node)
{
    return tree->feature[node] == FACETREE_TREE_LEAF;
}


/* The risk of every leaf counts in all its ancestors, leaf after leaf. */

static void
facetree_pruner_add_leaves(facetree_pruner_t *pruner)
{
    uint32_t               i, node;
    facetree_prune_node_t  *nodes;

    nodes = pruner->nodes;

    for (i = 0; i < pruner->tree->nodes; i++) {

        if (nodes[i].inner) {
            continue;
        }

        nodes[i].branch_risk = nodes[i].node_risk;

        for (node = nodes[i].parent;
             node != FACETREE_NO_PARENT;
             node = nodes[node].parent)
        {
            nodes[node].branch_risk += nodes[i].node_risk;
            nodes[node].leaves++;
        }
    }
}


static facetree_status_e
facetree_pruner_init(facetree_pruner_t *pruner, const facetree_tree_t *tree,
    facetree_error_t *err)
{
    uint32_t                i;
    facetree_prune_node_t  *nodes;

    pruner->tree = tree;
    pruner->nodes = calloc(tree->nodes, sizeof(*pruner->nodes));
    pruner->stack = calloc(tree->nodes, sizeof(*pruner->stack));

    if (pruner->nodes == NULL || pruner->stack == NULL) {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    nodes = pruner->nodes;
    nodes[0].parent = FACETREE_NO_PARENT;

    for (i = 0; i < tree->nodes; i++) {
        nodes[i].node_risk = tree->weight[i] * tree->impurity[i]
                             / tree->weight[0];
        nodes[i].inner = !facetree_prune_is_leaf(tree, i);

        if (nodes[i].inner) {
            nodes[tree->left[i]].parent = i;
            nodes[tree->right[i]].parent = i;
        }
    }

    facetree_pruner_add_leaves(pruner);

    return FACETREE_OK;
}


/*
 * The inner node that is given up first, the first of equals; the root must
 * still be one.
 */

static uint32_t
facetree_pruner_weakest(const facetree_pruner_t *pruner, double *alpha)
{
    double                        own;
    uint32_t                      i, weakest;
    const facetree_prune_node_t  *node;

    weakest = 0;
    *alpha = DBL_MAX;

    for (i = 0; i < pruner->tree->nodes; i++) {
        node = &pruner->nodes[i];

        if (!node->inner) {
            continue;
        }

        own = (node->node_risk - node->branch_risk) / (node->leaves - 1);

        if (own < *alpha) {
            *alpha = own;
            weakest = i;
        }
    }

    return weakest;
}


/* Makes a leaf of a node; what was below it takes no further part. */

static void
facetree_pruner_cut(facetree_pruner_t *pruner, uint32_t cut)
{
    double                 risk;
    uint32_t               node, depth, leaves;
    facetree_prune_node_t  *nodes;

    nodes = pruner->nodes;
    depth = 0;
    pruner->stack[depth++] = cut;

    while (depth > 0) {
        node = pruner->stack[--depth];

        if (nodes[node].inner) {
            nodes[node].inner = 0;
            pruner->stack[depth++] = (uint32_t) pruner->tree->left[node];
            pruner->stack[depth++] = (uint32_t) pruner->tree->right[node];
        }
    }

    leaves = nodes[cut].leaves - 1;
    risk = nodes[cut].node_risk - nodes[cut].branch_risk;

    nodes[cut].leaves = 0;
    nodes[cut].branch_risk = nodes[cut].node_risk;

    for (node = nodes[cut].parent;
         node != FACETREE_NO_PARENT;
         node = nodes[node].parent)
    {
        nodes[node].leaves -= leaves;
        nodes[node].branch_risk += risk;
    }
}


static facetree_status_e
facetree_pruner_append(const facetree_pruner_t *pruner,
    facetree_tree_build_t *build, uint32_t node, uint32_t parent,
    double *sums, uint32_t classes, facetree_error_t *err)
{
    uint32_t                i;
    facetree_status_e       status;
    facetree_tree_birth_t   birth;
    const facetree_tree_t  *tree;

    tree = pruner->tree;
    memset(sums, 0, classes * sizeof(*sums));

    for (i = tree->value_start[node]; i < tree->value_start[node + 1]; i++) {
        sums[tree->value_class[i]] = tree->value[i];
    }

    birth.parent = parent;
    birth.is_left = node != 0
                    && tree->left[pruner->nodes[node].parent]
                       == (int32_t) node;
    birth.impurity = tree->impurity[node];
    birth.samples = tree->samples[node];
    birth.weight = tree->weight[node];

    status = facetree_tree_append(build, &birth, sums, classes, err);

    if (status == FACETREE_OK && pruner->nodes[node].inner) {
        facetree_tree_set_split(build, build->nodes - 1,
                                (uint32_t) tree->feature[node],
                                tree->threshold[node]);
    }

    return status;
}


/*
 * What is left, numbered left before right and children after parents
 * whatever order the tree was grown in.  "number" has a new number for every
 * old one.
 */

static facetree_status_e
facetree_pruner_rebuild(facetree_pruner_t *pruner,
    facetree_tree_build_t *build, uint32_t *number, double *sums,
    uint32_t classes, facetree_error_t *err)
{
    uint32_t                      node, depth, parent;
    facetree_status_e             status;
    const facetree_prune_node_t  *nodes;

    status = FACETREE_OK;
    nodes = pruner->nodes;
    depth = 0;
    pruner->stack[depth++] = 0;

    while (status == FACETREE_OK && depth > 0) {
        node = pruner->stack[--depth];
        number[node] = build->nodes;

        parent = nodes[node].parent == FACETREE_NO_PARENT
                 ? FACETREE_NO_PARENT : number[nodes[node].parent];

        status = facetree_pruner_append(pruner, build, node, parent, sums,
                                        classes, err);

        if (nodes[node].inner) {
            pruner->stack[depth++] = (uint32_t) pruner->tree->right[node];
            pruner->stack[depth++] = (uint32_t) pruner->tree->left[node];
        }
    }

    return status;
}


static facetree_status_e
facetree_pruner_replace(facetree_pruner_t *pruner, facetree_tree_t *tree,
    uint32_t classes, facetree_error_t *err)
{
    double                 *sums;
    uint32_t               *number;
    facetree_tree_t         pruned;
    facetree_status_e       status;
    facetree_tree_build_t   build;

    memset(&build, 0, sizeof(build));

    sums = calloc(classes, sizeof(*sums));
    number = calloc(tree->nodes, sizeof(*number));

    if (sums == NULL || number == NULL) {
        status = facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);

    } else {
        status = facetree_pruner_rebuild(pruner, &build, number, sums,
                                         classes, err);
    }

    if (status == FACETREE_OK) {
        status = facetree_tree_finish(&build, &pruned, err);
    }

    if (status == FACETREE_OK) {
        pruned.seed = tree->seed;
        facetree_tree_clear(tree);
        *tree = pruned;
    }

    facetree_tree_build_clear(&build);
    free(sums);
    free(number);

    return status;
}


facetree_status_e
facetree_prune(facetree_tree_t *tree, uint32_t classes, double alpha,
    facetree_error_t *err)
{
    double             least;
    uint32_t           node;
    facetree_pruner_t  pruner;
    facetree_status_e  status;

    status = facetree_pruner_init(&pruner, tree, err);

    if (status == FACETREE_OK) {

        while (pruner.nodes[0].inner) {
            node = facetree_pruner_weakest(&pruner, &least);

            if (alpha < least) {
                break;
            }

            facetree_pruner_cut(&pruner, node);
        }

        status = facetree_pruner_replace(&pruner, tree, classes, err);
    }

    facetree_pruner_clear(&pruner);

    return status;
}


facetree_status_e
facetree_prune_path(facetree_prune_path_t *path, const facetree_tree_t *tree,
    facetree_error_t *err)
{
    double                 alpha;
    facetree_pruner_t      pruner;
    facetree_status_e      status;
    facetree_prune_path_t  found;

    status = facetree_pruner_init(&pruner, tree, err);

    found.count = 0;
    found.alphas = calloc(tree->nodes, sizeof(*found.alphas));
    found.impurities = calloc(tree->nodes, sizeof(*found.impurities));

    if (status == FACETREE_OK
        && (found.alphas == NULL || found.impurities == NULL))
    {
        status = facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    if (status != FACETREE_OK) {
        facetree_prune_path_clear(&found);
        facetree_pruner_clear(&pruner);
        return status;
    }

    found.impurities[found.count++] = pruner.nodes[0].branch_risk;

    while (pruner.nodes[0].inner) {
        facetree_pruner_cut(&pruner,
                            facetree_pruner_weakest(&pruner, &alpha));

        found.alphas[found.count] = alpha;
        found.impurities[found.count++] = pruner.nodes[0].branch_risk;
    }

    facetree_pruner_clear(&pruner);
    *path = found;

    return FACETREE_OK;
}


void
facetree_prune_path_clear(facetree_prune_path_t *path)
{
    free(path->alphas);
    free(path->impurities);

    memset(path, 0, sizeof(*path));
}
