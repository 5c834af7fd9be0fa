
/*
 * Copyright (C) facetree contributors
 */


#include "settings.h"
#include "augment.h"
#include "facetree_int.h"

#include <float.h>
#include <string.h>
#include <unistd.h>


enum {
    FACETREE_ESTIMATOR_TREE,
    FACETREE_ESTIMATOR_EXTRA_TREE,
    FACETREE_ESTIMATOR_RANDOM_FOREST,
    FACETREE_ESTIMATOR_EXTRA_TREES
};

const char *const  facetree_estimators[] = {
    "decision-tree", "extra-tree", "random-forest", "extra-trees", NULL
};

const char *const  facetree_criteria[] = {
    "gini", "entropy", "log_loss", NULL
};

const char *const  facetree_splitters[] = { "best", "random", NULL };

const facetree_uint_rule_t  facetree_rule_max_depth = { 1, INT32_MAX, 1 };
const facetree_uint_rule_t  facetree_rule_seed = { 0, UINT32_MAX, 0 };
const facetree_uint_rule_t  facetree_rule_max_pixels = { 1, UINT32_MAX, 0 };
const facetree_uint_rule_t  facetree_rule_max_leaf_nodes = {
    2, INT32_MAX, 1
};
const facetree_uint_rule_t  facetree_rule_n_estimators = { 1, 100000, 0 };
const facetree_uint_rule_t  facetree_rule_jobs = { 1, 1024, 0 };
const facetree_uint_rule_t  facetree_rule_copies = {
    1, FACETREE_AUGMENT_MAX_COPIES, 0
};

const facetree_real_rule_t  facetree_rule_augment_shift = {
    0.0, FACETREE_AUGMENT_MAX_SHIFT
};
const facetree_real_rule_t  facetree_rule_augment_rotation = {
    0.0, FACETREE_AUGMENT_MAX_ROTATION
};
const facetree_real_rule_t  facetree_rule_augment_scale = {
    0.0, FACETREE_AUGMENT_MAX_SCALE
};
const facetree_real_rule_t  facetree_rule_augment_gain = {
    0.0, FACETREE_AUGMENT_MAX_GAIN
};

const facetree_real_rule_t  facetree_rule_weight_fraction = { 0.0, 0.5 };
const facetree_real_rule_t  facetree_rule_from_zero = { 0.0, DBL_MAX };

const facetree_amount_rule_t  facetree_rule_samples_split = {
    .count_min = 2, .whole = 1
};

const facetree_amount_rule_t  facetree_rule_samples_leaf = {
    .count_min = 1
};

const facetree_amount_rule_t  facetree_rule_max_features = {
    .count_min = 1, .whole = 1, .none = 1, .roots = 1
};

const facetree_amount_rule_t  facetree_rule_max_samples = {
    .count_min = 1, .whole = 1, .none = 1
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

    settings->estimator = facetree_estimators[FACETREE_ESTIMATOR_TREE];
    settings->criterion = facetree_criteria[0];
    settings->bootstrap = -1;

    settings->augment_params.shift = -1.0;
    settings->augment_params.rotation = -1.0;
    settings->augment_params.scale = -1.0;
    settings->augment_params.gain = -1.0;

    facetree_grow_params_init(&settings->tree);
    settings->tree.max_features.kind = FACETREE_AMOUNT_COUNT;

    settings->split.test_size.kind = FACETREE_AMOUNT_FRACTION;
    settings->split.test_size.fraction = 0.3;
    settings->split.seed = 42;
    settings->split.stratify = 1;
}


static int
facetree_settings_estimator(const facetree_settings_t *settings)
{
    int  i;

    for (i = 0; facetree_estimators[i]; i++) {
        if (strcmp(facetree_estimators[i], settings->estimator) == 0) {
            break;
        }
    }

    return i;
}


int
facetree_settings_is_forest(const facetree_settings_t *settings)
{
    return facetree_settings_estimator(settings)
           >= FACETREE_ESTIMATOR_RANDOM_FOREST;
}


facetree_algorithm_e
facetree_settings_algorithm(const facetree_settings_t *settings)
{
    switch (facetree_settings_estimator(settings)) {

    case FACETREE_ESTIMATOR_RANDOM_FOREST:
        return FACETREE_RANDOM_FOREST;

    case FACETREE_ESTIMATOR_EXTRA_TREES:
        return FACETREE_EXTRA_TREES;

    default:
        return FACETREE_DECISION_TREE;
    }
}


uint32_t
facetree_settings_jobs(const facetree_settings_t *settings)
{
    long  cores;

    if (settings->effort.jobs > 0) {
        return settings->effort.jobs;
    }

    cores = sysconf(_SC_NPROCESSORS_ONLN);

    if (cores < 1) {
        return 1;
    }

    return cores > (long) facetree_rule_jobs.max ? facetree_rule_jobs.max
                                                 : (uint32_t) cores;
}


/* Options that the estimator has no use for. */

static facetree_status_e
facetree_settings_refuse(const facetree_settings_t *settings,
    facetree_error_t *err)
{
    const char  *option;

    if (facetree_settings_is_forest(settings)) {
        option = settings->splitter ? "--splitter" : NULL;

    } else {
        option = settings->n_estimators > 0 ? "--n-estimators"
                 : settings->bootstrap == 1 ? "--bootstrap"
                 : settings->bootstrap == 0 ? "--no-bootstrap"
                 : settings->oob_score ? "--oob-score"
                 : settings->max_samples.kind != FACETREE_AMOUNT_NONE
                 ? "--max-samples" : NULL;
    }

    if (option == NULL) {
        return FACETREE_OK;
    }

    return facetree_fail(err, FACETREE_EINVAL, FACETREE_NO_OFFSET,
                         "%s: does not go with --estimator %s, only with %s",
                         option, settings->estimator,
                         settings->splitter
                         && facetree_settings_is_forest(settings)
                         ? "decision-tree and extra-tree"
                         : "random-forest and extra-trees");
}


static facetree_status_e
facetree_settings_check(const facetree_settings_t *settings,
    facetree_error_t *err)
{
    if (!settings->bootstrap && settings->oob_score) {
        return facetree_fail(err, FACETREE_EINVAL, FACETREE_NO_OFFSET,
                             "--oob-score: needs --bootstrap, without it "
                             "every tree sees all pictures");
    }

    if (!settings->bootstrap
        && settings->max_samples.kind != FACETREE_AMOUNT_NONE)
    {
        return facetree_fail(err, FACETREE_EINVAL, FACETREE_NO_OFFSET,
                             "--max-samples: needs --bootstrap, without it "
                             "every tree sees all pictures");
    }

    if (settings->oob_score && settings->augment) {
        return facetree_fail(err, FACETREE_EINVAL, FACETREE_NO_OFFSET,
                             "--oob-score: does not go with --augment, a "
                             "tree that has not seen a picture has seen "
                             "copies of it");
    }

    if (!facetree_settings_is_forest(settings) && settings->class_weight
        && strcmp(settings->class_weight, "balanced_subsample") == 0)
    {
        return facetree_fail(err, FACETREE_EINVAL, FACETREE_NO_OFFSET,
                             "--class-weight balanced_subsample: only for "
                             "random-forest and extra-trees");
    }

    return FACETREE_OK;
}


static void
facetree_settings_replace(double *value, double with)
{
    if (*value < 0.0) {
        *value = with;
    }
}


/* Whoever says how, wants copies. */

static void
facetree_settings_augment(facetree_settings_t *settings)
{
    facetree_augment_params_t  *params;

    params = &settings->augment_params;

    settings->augment = settings->augment || params->copies > 0
                        || params->shift >= 0.0 || params->rotation >= 0.0
                        || params->scale >= 0.0 || params->gain >= 0.0;

    if (!settings->augment) {
        return;
    }

    if (params->copies == 0) {
        params->copies = FACETREE_AUGMENT_COPIES;
    }

    facetree_settings_replace(&params->shift, FACETREE_AUGMENT_SHIFT);
    facetree_settings_replace(&params->rotation, FACETREE_AUGMENT_ROTATION);
    facetree_settings_replace(&params->scale, FACETREE_AUGMENT_SCALE);
    facetree_settings_replace(&params->gain, FACETREE_AUGMENT_GAIN);
}


static void
facetree_settings_defaults(facetree_settings_t *settings)
{
    int  estimator, tree;

    estimator = facetree_settings_estimator(settings);
    tree = !facetree_settings_is_forest(settings);

    if (tree && settings->splitter == NULL) {
        settings->splitter =
            facetree_splitters[estimator == FACETREE_ESTIMATOR_EXTRA_TREE];
    }

    if (settings->tree.max_features.kind == FACETREE_AMOUNT_COUNT
        && settings->tree.max_features.count == 0)
    {
        settings->tree.max_features.kind =
            estimator == FACETREE_ESTIMATOR_TREE ? FACETREE_AMOUNT_NONE
                                                 : FACETREE_AMOUNT_SQRT;
    }

    if (!tree && settings->n_estimators == 0) {
        settings->n_estimators = 100;
    }

    if (!tree && settings->bootstrap < 0) {
        settings->bootstrap = estimator == FACETREE_ESTIMATOR_RANDOM_FOREST;
    }

    facetree_settings_augment(settings);
}


static facetree_weight_e
facetree_settings_weight(const char *text)
{
    if (text == NULL) {
        return FACETREE_WEIGHT_NONE;
    }

    if (strcmp(text, "balanced") == 0) {
        return FACETREE_WEIGHT_BALANCED;
    }

    return strcmp(text, "balanced_subsample") == 0
           ? FACETREE_WEIGHT_BALANCED_SUBSAMPLE : FACETREE_WEIGHT_MAP;
}


facetree_status_e
facetree_settings_apply(facetree_settings_t *settings, facetree_error_t *err)
{
    facetree_status_e  status;

    status = facetree_settings_refuse(settings, err);

    if (status != FACETREE_OK) {
        return status;
    }

    facetree_settings_defaults(settings);

    settings->tree.criterion = strcmp(settings->criterion, "gini") == 0
                               ? FACETREE_GINI : FACETREE_ENTROPY;
    settings->tree.splitter = settings->splitter
                              && strcmp(settings->splitter, "random") == 0
                              ? FACETREE_RANDOM : FACETREE_BEST;
    settings->tree.class_weight =
        facetree_settings_weight(settings->class_weight);

    return facetree_settings_check(settings, err);
}
