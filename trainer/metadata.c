
/*
 * Copyright (C) facetree contributors
 */


#include "metadata.h"
#include "facetree_int.h"
#include "text.h"

#include <stdio.h>
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
facetree_metadata_params(const facetree_settings_t *settings)
{
    const facetree_grow_params_t  *tree;

    tree = &settings->tree;

    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:I}",
                     "criterion", settings->criterion,
                     "splitter", settings->splitter,
                     "max_depth", tree->max_depth
                                  ? json_integer(tree->max_depth)
                                  : json_null(),
                     "min_samples_split",
                     facetree_metadata_amount(&tree->min_samples_split),
                     "min_samples_leaf",
                     facetree_metadata_amount(&tree->min_samples_leaf),
                     "max_features",
                     facetree_metadata_amount(&tree->max_features),
                     "random_state", (json_int_t) tree->random_state);
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


facetree_status_e
facetree_metadata_build(json_t **out, const facetree_training_t *training,
    facetree_error_t *err)
{
    int                         failed;
    json_t                     *metadata, *result;
    const facetree_settings_t  *settings;

    settings = training->settings;

    /* "o" takes a reference over, and fails as a whole if one is NULL. */
    metadata = json_pack("{s:{s:s, s:s}, s:s, s:o, s:{s:I, s:I}, s:o, s:o,"
                         " s:o}",
                         "tool",
                         "name", FACETREE_METADATA_TOOL,
                         "version", FACETREE_VERSION,
                         "estimator",
                         facetree_algorithm_name(training->forest->algorithm),
                         "params", facetree_metadata_params(settings),
                         "image",
                         "width", (json_int_t) settings->size.width,
                         "height", (json_int_t) settings->size.height,
                         "split", facetree_metadata_split(&settings->split),
                         "dataset",
                         facetree_metadata_dataset(training->dataset),
                         "trees", facetree_metadata_trees(training->forest));

    result = facetree_metadata_result(training);
    failed = json_object_update(metadata, result);
    json_decref(result);

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


static facetree_status_e
facetree_metadata_bad(const char *member, facetree_error_t *err)
{
    return facetree_fail(err, FACETREE_ECORRUPT, FACETREE_NO_OFFSET,
                         "metadata: %s is missing or not as this program "
                         "writes it", member);
}


static int
facetree_metadata_get_uint(const json_t *object, const char *key,
    uint32_t min, uint32_t max, uint32_t *value)
{
    json_int_t     number;
    const json_t  *member;

    member = json_object_get(object, key);
    number = json_integer_value(member);

    if (!json_is_integer(member) || number < (json_int_t) min
        || number > (json_int_t) max)
    {
        return 0;
    }

    *value = (uint32_t) number;

    return 1;
}


static int
facetree_metadata_get_amount(const json_t *object, const char *key,
    const facetree_amount_rule_t *rule, facetree_amount_t *amount)
{
    double         number;
    const char    *word;
    const json_t  *member;

    memset(amount, 0, sizeof(*amount));

    member = json_object_get(object, key);
    word = json_string_value(member);

    if (word) {
        amount->kind = strcmp(word, "sqrt") == 0 ? FACETREE_AMOUNT_SQRT
                                                 : FACETREE_AMOUNT_LOG2;
        return rule->roots && (strcmp(word, "sqrt") == 0
                               || strcmp(word, "log2") == 0);
    }

    if (json_is_real(member)) {
        number = json_real_value(member);
        amount->kind = FACETREE_AMOUNT_FRACTION;
        amount->fraction = number;

        return number > 0.0 && (number < 1.0
                                || (rule->whole && number <= 1.0));
    }

    if (json_is_null(member)) {
        return rule->none;
    }

    amount->kind = FACETREE_AMOUNT_COUNT;

    return facetree_metadata_get_uint(object, key, rule->count_min, INT32_MAX,
                                      &amount->count);
}


/* A word of a list, as the list's own pointer. */

static int
facetree_metadata_get_choice(const json_t *object, const char *key,
    const char *const *words, const char **value)
{
    const char  *text;

    text = json_string_value(json_object_get(object, key));

    for ( /* void */ ; text && *words; words++) {
        if (strcmp(*words, text) == 0) {
            *value = *words;
            return 1;
        }
    }

    return 0;
}


static int
facetree_metadata_get_text(const json_t *object, const char *key, char *out,
    size_t size)
{
    const char  *text;

    text = json_string_value(json_object_get(object, key));

    if (text == NULL || strlen(text) >= size) {
        return 0;
    }

    strcpy(out, text);

    return 1;
}


static int
facetree_metadata_get_flag(const json_t *object, const char *key, int *value)
{
    const json_t  *member;

    member = json_object_get(object, key);
    *value = json_is_true(member);

    return json_is_boolean(member);
}


static int
facetree_metadata_read_params(const json_t *params,
    facetree_settings_t *settings)
{
    facetree_grow_params_t  *tree;

    tree = &settings->tree;
    tree->max_depth = 0;

    return facetree_metadata_get_choice(params, "criterion",
                                        facetree_criteria,
                                        &settings->criterion)
           && facetree_metadata_get_choice(params, "splitter",
                                           facetree_splitters,
                                           &settings->splitter)
           && (json_is_null(json_object_get(params, "max_depth"))
               || facetree_metadata_get_uint(params, "max_depth", 1,
                                             INT32_MAX, &tree->max_depth))
           && facetree_metadata_get_amount(params, "min_samples_split",
                                           &facetree_rule_samples_split,
                                           &tree->min_samples_split)
           && facetree_metadata_get_amount(params, "min_samples_leaf",
                                           &facetree_rule_samples_leaf,
                                           &tree->min_samples_leaf)
           && facetree_metadata_get_amount(params, "max_features",
                                           &facetree_rule_max_features,
                                           &tree->max_features)
           && facetree_metadata_get_uint(params, "random_state", 0,
                                         UINT32_MAX, &tree->random_state);
}


static int
facetree_metadata_read_split(const json_t *split,
    facetree_split_params_t *params)
{
    return facetree_metadata_get_amount(split, "test_size",
                                        &facetree_rule_test_size,
                                        &params->test_size)
           && facetree_metadata_get_uint(split, "random_state", 0,
                                         UINT32_MAX, &params->seed)
           && facetree_metadata_get_flag(split, "stratify",
                                         &params->stratify);
}


static int
facetree_metadata_read_dataset(const json_t *data,
    facetree_recorded_t *recorded)
{
    return facetree_metadata_get_text(data, "sha256", recorded->digest,
                                      sizeof(recorded->digest))
           && facetree_metadata_get_text(data, "name", recorded->data,
                                         sizeof(recorded->data))
           && facetree_metadata_get_flag(data, "synthetic",
                                         &recorded->synthetic);
}


static facetree_status_e
facetree_metadata_read_members(facetree_recorded_t *recorded,
    const json_t *root, facetree_error_t *err)
{
    if (!facetree_metadata_get_text(root, "estimator", recorded->estimator,
                                    sizeof(recorded->estimator)))
    {
        return facetree_metadata_bad("estimator", err);
    }

    if (!facetree_metadata_read_params(json_object_get(root, "params"),
                                       &recorded->settings))
    {
        return facetree_metadata_bad("params", err);
    }

    if (!facetree_metadata_read_split(json_object_get(root, "split"),
                                      &recorded->settings.split))
    {
        return facetree_metadata_bad("split", err);
    }

    if (!facetree_metadata_read_dataset(json_object_get(root, "dataset"),
                                        recorded))
    {
        return facetree_metadata_bad("dataset", err);
    }

    return FACETREE_OK;
}


facetree_status_e
facetree_metadata_read(facetree_recorded_t *recorded,
    const facetree_model_t *model, facetree_error_t *err)
{
    size_t               len;
    json_t              *root;
    const char          *text;
    json_error_t         reason;
    facetree_status_e    status;
    facetree_recorded_t  found;

    memset(&found, 0, sizeof(found));

    /* The size is the model's own business, and checked when it is loaded. */
    facetree_settings_init(&found.settings);
    found.settings.size.width = facetree_model_width(model);
    found.settings.size.height = facetree_model_height(model);

    text = facetree_model_metadata(model, &len);
    root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &reason);

    if (root == NULL) {
        return facetree_fail(err, FACETREE_ECORRUPT, FACETREE_NO_OFFSET,
                             "metadata is not JSON: %s", reason.text);
    }

    status = facetree_metadata_read_members(&found, root, err);
    json_decref(root);

    if (status != FACETREE_OK) {
        return status;
    }

    facetree_settings_apply(&found.settings);
    *recorded = found;

    return FACETREE_OK;
}
