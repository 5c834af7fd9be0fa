
/*
 * Copyright (C) facetree contributors
 */


#include "grow_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>


int
test_grow_amount(facetree_amount_t *amount, const json_t *value)
{
    memset(amount, 0, sizeof(*amount));

    if (json_is_null(value)) {
        amount->kind = FACETREE_AMOUNT_NONE;

    } else if (json_is_integer(value)) {
        amount->kind = FACETREE_AMOUNT_COUNT;
        amount->count = (uint32_t) json_integer_value(value);

    } else if (json_is_real(value)) {
        amount->kind = FACETREE_AMOUNT_FRACTION;
        amount->fraction = json_real_value(value);

    } else if (json_is_string(value)
               && strcmp(json_string_value(value), "sqrt") == 0)
    {
        amount->kind = FACETREE_AMOUNT_SQRT;

    } else if (json_is_string(value)
               && strcmp(json_string_value(value), "log2") == 0)
    {
        amount->kind = FACETREE_AMOUNT_LOG2;

    } else {
        return 0;
    }

    return 1;
}


static int
test_grow_criterion(facetree_grow_params_t *params, const json_t *value)
{
    const char  *name;

    name = json_string_value(value);

    if (strcmp(name, "gini") == 0) {
        params->criterion = FACETREE_GINI;
        return 1;
    }

    params->criterion = FACETREE_ENTROPY;

    return strcmp(name, "entropy") == 0 || strcmp(name, "log_loss") == 0;
}


static int
test_grow_class_weight(facetree_grow_params_t *params, const json_t *value,
    double *map, uint32_t classes)
{
    uint32_t       i;
    const char    *name;
    json_t        *weight;
    unsigned long  class;

    if (json_is_null(value)) {
        params->class_weight = FACETREE_WEIGHT_NONE;
        return 1;
    }

    if (json_is_string(value)) {
        name = json_string_value(value);

        params->class_weight = strcmp(name, "balanced") == 0
                               ? FACETREE_WEIGHT_BALANCED
                               : FACETREE_WEIGHT_BALANCED_SUBSAMPLE;

        return strcmp(name, "balanced") == 0
               || strcmp(name, "balanced_subsample") == 0;
    }

    params->class_weight = FACETREE_WEIGHT_MAP;
    params->class_weight_map = map;

    for (i = 0; i < classes; i++) {
        map[i] = 1.0;
    }

    json_object_foreach((json_t *) value, name, weight) {
        class = strtoul(name, NULL, 10);

        if (class >= classes) {
            return 0;
        }

        map[class] = json_number_value(weight);
    }

    return 1;
}


static int
test_grow_is_other(const char *name, const char *others)
{
    size_t       len;
    const char  *p;

    len = strlen(name);

    for (p = strstr(others, name); p; p = strstr(p + 1, name)) {

        if ((p == others || p[-1] == ' ')
            && (p[len] == ' ' || p[len] == '\0'))
        {
            return 1;
        }
    }

    return 0;
}


static int
test_grow_param(facetree_grow_params_t *params, const char *name,
    const json_t *value, double *map, uint32_t classes)
{
    if (strcmp(name, "criterion") == 0) {
        return test_grow_criterion(params, value);
    }

    if (strcmp(name, "splitter") == 0) {
        params->splitter = strcmp(json_string_value(value), "random") == 0
                           ? FACETREE_RANDOM : FACETREE_BEST;
        return 1;
    }

    if (strcmp(name, "max_depth") == 0) {
        params->max_depth = (uint32_t) json_integer_value(value);
        return 1;
    }

    if (strcmp(name, "max_leaf_nodes") == 0) {
        params->max_leaf_nodes = (uint32_t) json_integer_value(value);
        return 1;
    }

    if (strcmp(name, "random_state") == 0) {
        params->random_state = (uint32_t) json_integer_value(value);
        return 1;
    }

    if (strcmp(name, "min_samples_split") == 0) {
        return test_grow_amount(&params->min_samples_split, value);
    }

    if (strcmp(name, "min_samples_leaf") == 0) {
        return test_grow_amount(&params->min_samples_leaf, value);
    }

    if (strcmp(name, "max_features") == 0) {
        return test_grow_amount(&params->max_features, value);
    }

    if (strcmp(name, "min_weight_fraction_leaf") == 0) {
        params->min_weight_fraction_leaf = json_number_value(value);
        return 1;
    }

    if (strcmp(name, "min_impurity_decrease") == 0) {
        params->min_impurity_decrease = json_number_value(value);
        return 1;
    }

    if (strcmp(name, "ccp_alpha") == 0) {
        params->ccp_alpha = json_number_value(value);
        return 1;
    }

    if (strcmp(name, "class_weight") == 0) {
        return test_grow_class_weight(params, value, map, classes);
    }

    return 0;
}


int
test_grow_params(facetree_grow_params_t *params, const json_t *object,
    double *map, uint32_t classes, const char *others)
{
    json_t      *value;
    const char  *name;

    json_object_foreach((json_t *) object, name, value) {

        if (!test_grow_is_other(name, others)
            && !test_grow_param(params, name, value, map, classes))
        {
            fprintf(stderr, "parameter %s is not understood\n", name);
            return 0;
        }
    }

    return 1;
}


static json_t *
test_grow_value_json(const facetree_tree_t *tree, uint32_t node,
    uint32_t classes)
{
    json_t    *row;
    uint32_t   i;

    row = json_array();

    for (i = 0; i < classes; i++) {
        json_array_append_new(row, json_real(0.0));
    }

    for (i = tree->value_start[node]; i < tree->value_start[node + 1]; i++) {
        json_array_set_new(row, tree->value_class[i],
                           json_real(tree->value[i]));
    }

    return row;
}


json_t *
test_grow_tree_json(const facetree_tree_t *tree, uint32_t classes)
{
    json_t    *object, *feature, *threshold, *left, *right, *impurity,
              *samples, *weight, *value;
    uint32_t   i;

    feature = json_array();
    threshold = json_array();
    left = json_array();
    right = json_array();
    impurity = json_array();
    samples = json_array();
    weight = json_array();
    value = json_array();

    for (i = 0; i < tree->nodes; i++) {
        json_array_append_new(feature, json_integer(tree->feature[i]));
        json_array_append_new(threshold, json_real(tree->threshold[i]));
        json_array_append_new(left, json_integer(tree->left[i]));
        json_array_append_new(right, json_integer(tree->right[i]));
        json_array_append_new(impurity, json_real(tree->impurity[i]));
        json_array_append_new(samples, json_integer(tree->samples[i]));
        json_array_append_new(weight, json_real(tree->weight[i]));
        json_array_append_new(value, test_grow_value_json(tree, i, classes));
    }

    object = json_object();

    json_object_set_new(object, "random_state", json_integer(tree->seed));
    json_object_set_new(object, "node_count", json_integer(tree->nodes));
    json_object_set_new(object, "max_depth", json_integer(tree->max_depth));
    json_object_set_new(object, "n_leaves", json_integer(tree->leaves));
    json_object_set_new(object, "feature", feature);
    json_object_set_new(object, "threshold", threshold);
    json_object_set_new(object, "children_left", left);
    json_object_set_new(object, "children_right", right);
    json_object_set_new(object, "impurity", impurity);
    json_object_set_new(object, "n_node_samples", samples);
    json_object_set_new(object, "weighted_n_node_samples", weight);
    json_object_set_new(object, "value", value);

    return object;
}
