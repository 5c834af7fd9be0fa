
/*
 * Copyright (C) facetree contributors
 */


#include "metadata.h"
#include "augment.h"
#include "class_weight.h"
#include "facetree_int.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>


#define FACETREE_METADATA_TOOL       "facetree"
#define FACETREE_METADATA_SPLIT      "train_test_split"
#define FACETREE_METADATA_LEVEL      0.95


static json_t *
facetree_metadata_amount(const facetree_amount_t *amount)
{
    switch (amount->kind) {

    case FACETREE_AMOUNT_COUNT:
        return json_integer(amount->count);

    case FACETREE_AMOUNT_FRACTION:
        return json_real(amount->fraction);

    case FACETREE_AMOUNT_SQRT:
        return json_string("sqrt");

    case FACETREE_AMOUNT_LOG2:
        return json_string("log2");

    default:
        return json_null();
    }
}


static json_t *
facetree_metadata_count(uint32_t count)
{
    return count ? json_integer(count) : json_null();
}


/* The weights of a map as they were used, those not given included. */

static json_t *
facetree_metadata_weights(const facetree_training_t *training)
{
    json_t                      *map;
    double                      *weights;
    uint32_t                     i;
    facetree_error_t             err;
    const facetree_forest_t     *forest;
    const facetree_settings_t   *settings;

    forest = training->forest;
    settings = training->settings;

    if (settings->class_weight == NULL) {
        return json_null();
    }

    if (settings->tree.class_weight != FACETREE_WEIGHT_MAP) {
        return json_string(settings->class_weight);
    }

    map = json_object();
    weights = calloc(forest->classes, sizeof(double));

    if (weights == NULL
        || facetree_class_weight_read(weights, settings->class_weight,
                                      forest->labels, forest->classes, &err)
           != FACETREE_OK)
    {
        free(weights);
        json_decref(map);
        return NULL;
    }

    for (i = 0; i < forest->classes; i++) {
        json_object_set_new(map, forest->labels[i], json_real(weights[i]));
    }

    free(weights);

    return map;
}


static json_t *
facetree_metadata_params(const facetree_training_t *training)
{
    const facetree_settings_t     *settings;
    const facetree_grow_params_t  *tree;

    settings = training->settings;
    tree = &settings->tree;

    return json_pack("{s:s, s:o, s:o, s:o, s:f, s:o, s:o, s:f, s:o, s:f,"
                     " s:I}",
                     "criterion", settings->criterion,
                     "max_depth", facetree_metadata_count(tree->max_depth),
                     "min_samples_split",
                     facetree_metadata_amount(&tree->min_samples_split),
                     "min_samples_leaf",
                     facetree_metadata_amount(&tree->min_samples_leaf),
                     "min_weight_fraction_leaf",
                     tree->min_weight_fraction_leaf,
                     "max_features",
                     facetree_metadata_amount(&tree->max_features),
                     "max_leaf_nodes",
                     facetree_metadata_count(tree->max_leaf_nodes),
                     "min_impurity_decrease", tree->min_impurity_decrease,
                     "class_weight", facetree_metadata_weights(training),
                     "ccp_alpha", tree->ccp_alpha,
                     "random_state", (json_int_t) tree->random_state);
}


/* What trees have and forests have not, and the other way round. */

static json_t *
facetree_metadata_kind(const facetree_settings_t *settings)
{
    if (!facetree_settings_is_forest(settings)) {
        return json_pack("{s:s}", "splitter", settings->splitter);
    }

    return json_pack("{s:I, s:b, s:o, s:b}",
                     "n_estimators", (json_int_t) settings->n_estimators,
                     "bootstrap", settings->bootstrap,
                     "max_samples",
                     facetree_metadata_amount(&settings->max_samples),
                     "oob_score", settings->oob_score);
}


static json_t *
facetree_metadata_augment(const facetree_settings_t *settings)
{
    const facetree_augment_params_t  *params;

    params = &settings->augment_params;

    if (!settings->augment) {
        return json_null();
    }

    return json_pack("{s:I, s:b, s:f, s:f, s:f, s:f}",
                     "copies", (json_int_t) params->copies,
                     "mirror", 1,
                     "shift", params->shift,
                     "rotation_degrees", params->rotation,
                     "scale", params->scale,
                     "gain", params->gain);
}


static json_t *
facetree_metadata_split(const facetree_split_params_t *split)
{
    return json_pack("{s:s, s:o, s:I, s:b}",
                     "method", FACETREE_METADATA_SPLIT,
                     "test_size", facetree_metadata_amount(&split->test_size),
                     "random_state", (json_int_t) split->seed,
                     "stratify", split->stratify);
}


static json_t *
facetree_metadata_dataset(const facetree_dataset_t *dataset)
{
    return json_pack("{s:s, s:s, s:I, s:I, s:I, s:s, s:b}",
                     "kind", dataset->kind,
                     "name", dataset->name,
                     "count", (json_int_t) dataset->count,
                     "classes", (json_int_t) dataset->classes,
                     "skipped", (json_int_t) dataset->skipped,
                     "sha256", dataset->digest,
                     "synthetic", dataset->synthetic);
}


static json_t *
facetree_metadata_trees(const facetree_forest_t *forest)
{
    uint32_t    i, depth;
    json_int_t  nodes, leaves;

    depth = 0;
    nodes = 0;
    leaves = 0;

    for (i = 0; i < forest->count; i++) {
        nodes += forest->trees[i].nodes;
        leaves += forest->trees[i].leaves;

        if (forest->trees[i].max_depth > depth) {
            depth = forest->trees[i].max_depth;
        }
    }

    return json_pack("{s:I, s:I, s:I, s:I}",
                     "count", (json_int_t) forest->count,
                     "node_count", nodes,
                     "max_depth", (json_int_t) depth,
                     "n_leaves", leaves);
}


/* What was measured on the held-out split. */

static json_t *
facetree_metadata_result(const facetree_training_t *training)
{
    const facetree_evaluation_t  *evaluation;

    evaluation = training->evaluation;

    return json_pack("{s:I, s:I, s:I, s:f, s:f, s:f, s:f}",
                     "train_count",
                     (json_int_t) training->split->train_count,
                     "test_count", (json_int_t) training->split->test_count,
                     "test_correct", (json_int_t) evaluation->correct,
                     "accuracy", evaluation->accuracy,
                     "accuracy_low", evaluation->low,
                     "accuracy_high", evaluation->high,
                     "confidence_level", FACETREE_METADATA_LEVEL);
}


/* Adds the members of "part", which is given up, to "object". */

static int
facetree_metadata_merge(json_t *object, json_t *part)
{
    int  failed;

    failed = json_object_update(object, part);
    json_decref(part);

    return failed;
}


facetree_status_e
facetree_metadata_build(json_t **out, const facetree_training_t *training,
    facetree_error_t *err)
{
    int                         failed;
    json_t                     *metadata, *params;
    const facetree_settings_t  *settings;

    settings = training->settings;

    params = facetree_metadata_params(training);
    failed = facetree_metadata_merge(params,
                                     facetree_metadata_kind(settings));

    /* "o" takes a reference over, and fails as a whole if one is NULL. */
    metadata = json_pack("{s:{s:s, s:s}, s:s, s:o, s:o, s:{s:I, s:I}, s:o,"
                         " s:o, s:o}",
                         "tool",
                         "name", FACETREE_METADATA_TOOL,
                         "version", FACETREE_VERSION,
                         "estimator", settings->estimator,
                         "params", params,
                         "augment", facetree_metadata_augment(settings),
                         "image",
                         "width", (json_int_t) settings->size.width,
                         "height", (json_int_t) settings->size.height,
                         "split", facetree_metadata_split(&settings->split),
                         "dataset",
                         facetree_metadata_dataset(training->dataset),
                         "trees", facetree_metadata_trees(training->forest));

    failed |= facetree_metadata_merge(metadata,
                                      facetree_metadata_result(training));

    if (training->oob) {
        failed |= json_object_set_new(metadata, "oob_score",
                                      json_real(training->oob->score));
    }

    if (failed) {
        json_decref(metadata);
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    *out = metadata;

    return FACETREE_OK;
}


facetree_status_e
facetree_metadata_describe(json_t **out, const json_t *metadata,
    const facetree_model_t *model, const char *path, facetree_error_t *err)
{
    char      name[256], shown[1024];
    json_t   *document, *labels, *facts;
    uint32_t  i;

    facetree_text_basename(path, name, sizeof(name));
    facetree_text_escape(name, shown, sizeof(shown));

    document = json_copy((json_t *) metadata);
    labels = json_array();

    for (i = 0; labels && i < facetree_model_classes(model); i++) {
        json_array_append_new(labels,
                              json_string(facetree_model_label(model, i)));
    }

    facts = json_pack("{s:s, s:s, s:I, s:o}",
                      "file", shown,
                      "version", facetree_model_version(model),
                      "bytes", (json_int_t) facetree_model_bytes(model),
                      "labels", labels);

    if (json_object_set_new(document, "model", facts) != 0) {
        json_decref(document);
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    *out = document;

    return FACETREE_OK;
}
