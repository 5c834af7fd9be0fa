
/*
 * Copyright (C) facetree contributors
 */


#include "settings.h"

#include <string.h>


const char *const  facetree_criteria[] = {
    "gini", "entropy", "log_loss", NULL
};

const char *const  facetree_splitters[] = { "best", NULL };

const facetree_uint_rule_t  facetree_rule_max_depth = { 1, INT32_MAX, 1 };
const facetree_uint_rule_t  facetree_rule_seed = { 0, UINT32_MAX, 0 };

const facetree_amount_rule_t  facetree_rule_samples_split = {
    .count_min = 2, .whole = 1
};

const facetree_amount_rule_t  facetree_rule_samples_leaf = {
    .count_min = 1
};

const facetree_amount_rule_t  facetree_rule_max_features = {
    .count_min = 1, .whole = 1, .none = 1, .roots = 1
};

const facetree_amount_rule_t  facetree_rule_test_size = {
    .count_min = 1
};


void
facetree_settings_init(facetree_settings_t *settings)
{
    memset(settings, 0, sizeof(*settings));

    settings->size.width = 64;
    settings->size.height = 64;

    settings->criterion = facetree_criteria[0];
    settings->splitter = facetree_splitters[0];

    facetree_grow_params_init(&settings->tree);

    settings->split.test_size.kind = FACETREE_AMOUNT_FRACTION;
    settings->split.test_size.fraction = 0.3;
    settings->split.seed = 42;
    settings->split.stratify = 1;

    facetree_settings_apply(settings);
}


void
facetree_settings_apply(facetree_settings_t *settings)
{
    settings->tree.criterion = strcmp(settings->criterion, "gini") == 0
                               ? FACETREE_GINI : FACETREE_ENTROPY;
}
