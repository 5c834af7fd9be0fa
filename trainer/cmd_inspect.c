
/*
 * Copyright (C) facetree contributors
 *
 * facetree inspect: what is in a model.
 */


#include "arguments.h"
#include "document.h"
#include "facetree_int.h"
#include "prune.h"
#include "tree_text.h"

#include <stdio.h>
#include <string.h>


#define FACETREE_INSPECT_NO_TREE  UINT32_MAX


typedef struct {
    const char  *model;
    uint32_t     tree;
    int          dot;
    int          path;
} facetree_inspect_t;


static int facetree_inspect_run(const facetree_verb_t *verb, int argc,
    char **argv);


static const facetree_uint_rule_t  facetree_inspect_number = {
    0, INT32_MAX, 0
};

static const facetree_option_t  facetree_inspect_options[] = {
    { "tree", "N", facetree_option_uint, offsetof(facetree_inspect_t, tree),
      &facetree_inspect_number, "print tree N (from 0) as text" },
    { "dot", NULL, facetree_option_flag, offsetof(facetree_inspect_t, dot),
      NULL, "print it for Graphviz (tree 0 if --tree is not given)" },
    { "ccp-path", NULL, facetree_option_flag,
      offsetof(facetree_inspect_t, path), NULL,
      "print its pruning path: values for --ccp-alpha" },
    { .name = NULL }
};

static const facetree_option_group_t  facetree_inspect_groups[] = {
    { "Model", facetree_model_options, offsetof(facetree_inspect_t, model) },
    { "Output", facetree_inspect_options, 0 },
    { .title = NULL }
};

const facetree_verb_t  facetree_verb_inspect = {
    .name = "inspect",
    .summary = "show a model's metadata and trees",
    .details =
        "--json gives the metadata and every tree under scikit-learn's array\n"
        "names, with numbers that read back exactly.  --ccp-path gives what\n"
        "cost_complexity_pruning_path() gives, of the tree as it is.\n",
    .examples =
        "  facetree inspect --model artifacts/model.ftm\n"
        "  facetree inspect --tree 0 | head\n"
        "  facetree inspect --dot | dot -Tsvg > tree.svg\n"
        "  facetree inspect --ccp-path | tail\n"
        "  facetree inspect --json > model-trees.json\n",
    .groups = facetree_inspect_groups,
    .run = facetree_inspect_run
};


static facetree_status_e
facetree_inspect_metadata(const facetree_model_t *model, json_t **out,
    facetree_error_t *err)
{
    size_t       len;
    const char  *text;

    text = facetree_model_metadata(model, &len);
    *out = json_loadb(text, len, 0, NULL);

    /* Loading the model made sure that it is JSON. */
    if (*out == NULL) {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    return FACETREE_OK;
}


static facetree_status_e
facetree_inspect_text(const facetree_inspect_t *inspect,
    const facetree_model_t *model, facetree_error_t *err)
{
    uint32_t            i, classes;
    json_t             *metadata;
    facetree_status_e   status;

    status = facetree_inspect_metadata(model, &metadata, err);

    if (status != FACETREE_OK) {
        return status;
    }

    classes = facetree_model_classes(model);

    printf("file      %s, %lu bytes\n", inspect->model,
           (unsigned long) facetree_model_bytes(model));
    printf("version   %s\n", facetree_model_version(model));
    printf("kind      %s\n",
           facetree_algorithm_name(facetree_model_algorithm(model)));
    printf("pictures  %lux%lu\n", (unsigned long) facetree_model_width(model),
           (unsigned long) facetree_model_height(model));
    printf("trees     %lu, %lu nodes\n",
           (unsigned long) facetree_model_trees(model),
           (unsigned long) facetree_model_nodes(model));
    printf("detail    %s\n", facetree_model_has_detail(model)
                             ? "yes" : "no, written with --strip");
    printf("labels    %lu:", (unsigned long) classes);

    for (i = 0; i < classes; i++) {
        printf(" %s", facetree_model_label(model, i));
    }

    printf("\nmetadata\n");
    status = facetree_document_print(metadata, err);
    json_decref(metadata);

    return status;
}


/*
 * A tree at a time: the dense rows of a large forest as one JSON value would
 * take gigabytes.
 */

static facetree_status_e
facetree_inspect_json(const facetree_model_t *model, facetree_error_t *err)
{
    json_t                  *value;
    uint32_t                 i;
    facetree_status_e        status;
    facetree_tree_detail_t   detail;

    status = facetree_inspect_metadata(model, &value, err);

    if (status != FACETREE_OK) {
        return status;
    }

    printf("{\"metadata\":");
    status = facetree_document_print_compact(value, err);
    json_decref(value);

    printf(",\"trees\":[");

    for (i = 0; status == FACETREE_OK && i < facetree_model_trees(model);
         i++)
    {
        printf(i > 0 ? ",\n" : "\n");

        facetree_model_detail(model, i, &detail);
        status = facetree_tree_json(&value, &detail,
                                    facetree_model_classes(model), err);

        if (status == FACETREE_OK) {
            status = facetree_document_print_compact(value, err);
            json_decref(value);
        }
    }

    printf("]}\n");

    return status;
}


static facetree_status_e
facetree_inspect_print_path(const facetree_prune_path_t *path, int json,
    facetree_error_t *err)
{
    json_t             *document, *alphas, *impurities;
    uint32_t            i;
    facetree_status_e   status;

    if (!json) {
        printf("ccp_alpha               impurity of all leaves\n");

        for (i = 0; i < path->count; i++) {
            printf("%-22.17g  %.17g\n", path->alphas[i],
                   path->impurities[i]);
        }

        return FACETREE_OK;
    }

    alphas = json_array();
    impurities = json_array();

    for (i = 0; i < path->count; i++) {
        json_array_append_new(alphas, json_real(path->alphas[i]));
        json_array_append_new(impurities, json_real(path->impurities[i]));
    }

    document = json_pack("{s:o, s:o}", "ccp_alphas", alphas, "impurities",
                         impurities);

    if (document == NULL || json_array_size(alphas) != path->count
        || json_array_size(impurities) != path->count)
    {
        json_decref(document);
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    status = facetree_document_print(document, err);
    json_decref(document);

    return status;
}


/* Nothing of the tree is changed, whatever its type says. */

static facetree_status_e
facetree_inspect_path(const facetree_tree_detail_t *detail, int json,
    facetree_error_t *err)
{
    facetree_tree_t        tree;
    facetree_status_e      status;
    facetree_prune_path_t  path;

    memset(&tree, 0, sizeof(tree));

    tree.nodes = detail->nodes;
    tree.feature = (int32_t *) detail->feature;
    tree.left = (int32_t *) detail->left;
    tree.right = (int32_t *) detail->right;
    tree.impurity = (double *) detail->impurity;
    tree.weight = (double *) detail->weight;

    status = facetree_prune_path(&path, &tree, err);

    if (status == FACETREE_OK) {
        status = facetree_inspect_print_path(&path, json, err);
        facetree_prune_path_clear(&path);
    }

    return status;
}


static facetree_status_e
facetree_inspect_tree(const facetree_inspect_t *inspect,
    const facetree_model_t *model, int json, facetree_error_t *err)
{
    facetree_tree_detail_t  detail;

    if (inspect->tree >= facetree_model_trees(model)) {
        return facetree_fail(err, FACETREE_EINVAL, FACETREE_NO_OFFSET,
                             "--tree %lu: must be a whole number from 0 to "
                             "%lu", (unsigned long) inspect->tree,
                             (unsigned long) facetree_model_trees(model) - 1);
    }

    facetree_model_detail(model, inspect->tree, &detail);

    if (inspect->path) {
        return facetree_inspect_path(&detail, json, err);
    }

    return inspect->dot ? facetree_tree_print_dot(&detail, model, err)
                        : facetree_tree_print(&detail, model, err);
}


static int
facetree_inspect_model(facetree_arguments_t *args,
    const facetree_inspect_t *inspect, const facetree_model_t *model)
{
    facetree_error_t   err;
    facetree_status_e  status;

    if ((args->json || inspect->tree != FACETREE_INSPECT_NO_TREE)
        && !facetree_model_has_detail(model))
    {
        return facetree_console_fail(&args->console, FACETREE_EXIT_DATA,
                                     "%s: has no training detail (thresholds, "
                                     "impurities, counts): it was written "
                                     "with --strip", inspect->model);
    }

    if (inspect->tree != FACETREE_INSPECT_NO_TREE) {
        status = facetree_inspect_tree(inspect, model, args->json, &err);

    } else if (args->json) {
        status = facetree_inspect_json(model, &err);

    } else {
        status = facetree_inspect_text(inspect, model, &err);
    }

    if (status == FACETREE_OK) {
        return FACETREE_EXIT_OK;
    }

    return facetree_console_fail(&args->console,
                                 status == FACETREE_EINVAL
                                 ? FACETREE_EXIT_USAGE
                                 : FACETREE_EXIT_FAILED, "%s", err.text);
}


static int
facetree_inspect_run(const facetree_verb_t *verb, int argc, char **argv)
{
    int                    code;
    facetree_model_t      *model;
    facetree_inspect_t     inspect;
    facetree_arguments_t   args;

    inspect.model = FACETREE_DEFAULT_MODEL;
    inspect.tree = FACETREE_INSPECT_NO_TREE;
    inspect.dot = 0;
    inspect.path = 0;

    code = facetree_arguments_read(verb, &args, &inspect, argc, argv);

    if (code != FACETREE_ARGUMENTS_GO) {
        return code;
    }

    if (inspect.dot && args.json) {
        return facetree_console_fail(&args.console, FACETREE_EXIT_USAGE,
                                     "--dot: does not go with --json");
    }

    if (inspect.dot && inspect.path) {
        return facetree_console_fail(&args.console, FACETREE_EXIT_USAGE,
                                     "--dot: does not go with --ccp-path");
    }

    if ((inspect.dot || inspect.path)
        && inspect.tree == FACETREE_INSPECT_NO_TREE)
    {
        inspect.tree = 0;
    }

    code = facetree_arguments_load_model(&args, inspect.model, &model);

    if (code == FACETREE_EXIT_OK) {
        code = facetree_inspect_model(&args, &inspect, model);
        facetree_model_free(model);
    }

    return facetree_console_finish(&args.console, code);
}
