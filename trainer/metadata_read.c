
/*
 * Copyright (C) facetree contributors
 */


#include "metadata.h"
#include "augment.h"
#include "facetree_int.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>


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
facetree_metadata_get_real(const json_t *object, const char *key,
    const facetree_real_rule_t *rule, double *value)
{
    const json_t  *member;

    member = json_object_get(object, key);
    *value = json_real_value(member);

    return json_is_real(member) && *value >= rule->min && *value <= rule->max;
}


/* A count, or null for 0. */

static int
facetree_metadata_get_limit(const json_t *object, const char *key,
    const facetree_uint_rule_t *rule, uint32_t *value)
{
    *value = 0;

    return json_is_null(json_object_get(object, key))
           || facetree_metadata_get_uint(object, key, rule->min, rule->max,
                                         value);
}


/* The map as text again, "label=weight,...". */

static int
facetree_metadata_get_map(const json_t *map, char **out)
{
    char         number[FACETREE_TEXT_DOUBLE], *text;
    size_t       size, len;
    json_t      *value;
    const char  *label;

    size = 1;

    json_object_foreach((json_t *) map, label, value) {
        size += strlen(label) + FACETREE_TEXT_DOUBLE + 2;
    }

    text = malloc(size);

    if (text == NULL) {
        return 0;
    }

    *out = text;
    len = 0;

    json_object_foreach((json_t *) map, label, value) {
        if (!json_is_number(value)) {
            return 0;
        }

        facetree_text_double(json_number_value(value), number);
        len += (size_t) sprintf(text + len, "%s%s=%s", len ? "," : "", label,
                                number);
    }

    return len > 0;
}


static int
facetree_metadata_read_weight(const json_t *params,
    facetree_recorded_t *recorded)
{
    int            good;
    const char    *word;
    const json_t  *member;

    member = json_object_get(params, "class_weight");
    word = json_string_value(member);

    if (json_is_null(member)) {
        return 1;
    }

    if (word) {
        recorded->class_weight = strdup(word);
        good = recorded->class_weight
               && (strcmp(word, "balanced") == 0
                   || strcmp(word, "balanced_subsample") == 0);

    } else {
        good = json_is_object(member)
               && facetree_metadata_get_map(member, &recorded->class_weight);
    }

    recorded->settings.class_weight = recorded->class_weight;

    return good;
}


static int
facetree_metadata_read_forest(const json_t *params,
    facetree_settings_t *settings)
{
    if (!facetree_settings_is_forest(settings)) {
        return facetree_metadata_get_choice(params, "splitter",
                                            facetree_splitters,
                                            &settings->splitter);
    }

    return facetree_metadata_get_uint(params, "n_estimators",
                                      facetree_rule_n_estimators.min,
                                      facetree_rule_n_estimators.max,
                                      &settings->n_estimators)
           && facetree_metadata_get_flag(params, "bootstrap",
                                         &settings->bootstrap)
           && facetree_metadata_get_flag(params, "oob_score",
                                         &settings->oob_score)
           && facetree_metadata_get_amount(params, "max_samples",
                                           &facetree_rule_max_samples,
                                           &settings->max_samples);
}


static int
facetree_metadata_read_limits(const json_t *params,
    facetree_grow_params_t *tree)
{
    return facetree_metadata_get_limit(params, "max_depth",
                                       &facetree_rule_max_depth,
                                       &tree->max_depth)
           && facetree_metadata_get_limit(params, "max_leaf_nodes",
                                          &facetree_rule_max_leaf_nodes,
                                          &tree->max_leaf_nodes)
           && facetree_metadata_get_real(params, "min_weight_fraction_leaf",
                                         &facetree_rule_weight_fraction,
                                         &tree->min_weight_fraction_leaf)
           && facetree_metadata_get_real(params, "min_impurity_decrease",
                                         &facetree_rule_from_zero,
                                         &tree->min_impurity_decrease)
           && facetree_metadata_get_real(params, "ccp_alpha",
                                         &facetree_rule_from_zero,
                                         &tree->ccp_alpha);
}


static int
facetree_metadata_read_params(const json_t *params,
    facetree_recorded_t *recorded)
{
    facetree_settings_t     *settings;
    facetree_grow_params_t  *tree;

    settings = &recorded->settings;
    tree = &settings->tree;

    return facetree_metadata_get_choice(params, "criterion",
                                        facetree_criteria,
                                        &settings->criterion)
           && facetree_metadata_read_limits(params, tree)
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
                                         UINT32_MAX, &tree->random_state)
           && facetree_metadata_read_weight(params, recorded)
           && facetree_metadata_read_forest(params, settings);
}


/* Ways of making copies that are not this program's cannot be repeated. */

static int
facetree_metadata_read_augment(const json_t *augment,
    facetree_settings_t *settings)
{
    int                         mirror;
    facetree_augment_params_t  *params;

    params = &settings->augment_params;

    if (json_is_null(augment)) {
        return 1;
    }

    settings->augment = 1;

    return facetree_metadata_get_uint(augment, "copies",
                                      facetree_rule_copies.min,
                                      facetree_rule_copies.max,
                                      &params->copies)
           && facetree_metadata_get_flag(augment, "mirror", &mirror) && mirror
           && facetree_metadata_get_real(augment, "shift",
                                         &facetree_rule_augment_shift,
                                         &params->shift)
           && facetree_metadata_get_real(augment, "rotation_degrees",
                                         &facetree_rule_augment_rotation,
                                         &params->rotation)
           && facetree_metadata_get_real(augment, "scale",
                                         &facetree_rule_augment_scale,
                                         &params->scale)
           && facetree_metadata_get_real(augment, "gain",
                                         &facetree_rule_augment_gain,
                                         &params->gain);
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
    if (!facetree_metadata_get_choice(root, "estimator", facetree_estimators,
                                      &recorded->settings.estimator))
    {
        return facetree_metadata_bad("estimator", err);
    }

    strcpy(recorded->estimator, recorded->settings.estimator);

    if (json_is_object(json_object_get(root, "imported"))) {
        recorded->imported = 1;
        return FACETREE_OK;
    }

    if (!facetree_metadata_read_params(json_object_get(root, "params"),
                                       recorded))
    {
        return facetree_metadata_bad("params", err);
    }

    if (!facetree_metadata_read_augment(json_object_get(root, "augment"),
                                        &recorded->settings))
    {
        return facetree_metadata_bad("augment", err);
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
    facetree_error_t     reasons;
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

    if (status == FACETREE_OK
        && facetree_settings_apply(&found.settings, &reasons) != FACETREE_OK)
    {
        status = facetree_metadata_bad("params", err);
    }

    if (status != FACETREE_OK) {
        facetree_recorded_clear(&found);
        return status;
    }

    *recorded = found;

    return FACETREE_OK;
}


void
facetree_recorded_clear(facetree_recorded_t *recorded)
{
    free(recorded->class_weight);
    memset(recorded, 0, sizeof(*recorded));
}
