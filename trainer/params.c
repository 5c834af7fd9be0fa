
/*
 * Copyright (C) facetree contributors
 *
 * The rules of BaseDecisionTree.fit() (sklearn/tree/_classes.py, 1.2).
 */


#include "params.h"

#include "facetree_int.h"

#include <math.h>
#include <string.h>


void
facetree_grow_params_init(facetree_grow_params_t *params)
{
    memset(params, 0, sizeof(*params));

    params->criterion = FACETREE_GINI;
    params->splitter = FACETREE_BEST;
    params->class_weight = FACETREE_WEIGHT_NONE;

    params->min_samples_split.kind = FACETREE_AMOUNT_COUNT;
    params->min_samples_split.count = 2;

    params->min_samples_leaf.kind = FACETREE_AMOUNT_COUNT;
    params->min_samples_leaf.count = 1;

    params->max_features.kind = FACETREE_AMOUNT_NONE;
}


static facetree_status_e
facetree_limits_fail(const char *name, const facetree_amount_t *amount,
    const char *range, facetree_error_t *err)
{
    switch (amount->kind) {

    case FACETREE_AMOUNT_COUNT:
        return facetree_fail(err, FACETREE_EINVAL, FACETREE_NO_OFFSET,
                             "%s is %u: must be %s", name, amount->count,
                             range);

    case FACETREE_AMOUNT_FRACTION:
        return facetree_fail(err, FACETREE_EINVAL, FACETREE_NO_OFFSET,
                             "%s is %#.6g: must be %s", name,
                             amount->fraction, range);

    default:
        return facetree_fail(err, FACETREE_EINVAL, FACETREE_NO_OFFSET,
                             "%s must be %s", name, range);
    }
}


static facetree_status_e
facetree_limits_leaf(facetree_grow_limits_t *limits,
    const facetree_amount_t *amount, uint32_t samples, facetree_error_t *err)
{
    if (amount->kind == FACETREE_AMOUNT_COUNT && amount->count >= 1) {
        limits->min_samples_leaf = amount->count;
        return FACETREE_OK;
    }

    if (amount->kind == FACETREE_AMOUNT_FRACTION
        && amount->fraction > 0.0 && amount->fraction < 1.0)
    {
        limits->min_samples_leaf = (uint32_t) ceil(amount->fraction * samples);
        return FACETREE_OK;
    }

    return facetree_limits_fail("min_samples_leaf", amount,
                                "a count from 1, or a fraction above 0.0 and "
                                "below 1.0", err);
}


/* Needs min_samples_leaf. */

static facetree_status_e
facetree_limits_split(facetree_grow_limits_t *limits,
    const facetree_amount_t *amount, uint32_t samples, facetree_error_t *err)
{
    uint32_t  split;

    if (amount->kind == FACETREE_AMOUNT_COUNT && amount->count >= 2) {
        split = amount->count;

    } else if (amount->kind == FACETREE_AMOUNT_FRACTION
               && amount->fraction > 0.0 && amount->fraction <= 1.0)
    {
        split = (uint32_t) ceil(amount->fraction * samples);

        if (split < 2) {
            split = 2;
        }

    } else {
        return facetree_limits_fail("min_samples_split", amount,
                                    "a count from 2, or a fraction above 0.0 "
                                    "and up to 1.0", err);
    }

    if (limits->min_samples_leaf > split / 2) {
        split = limits->min_samples_leaf > UINT32_MAX / 2
                ? UINT32_MAX : 2 * limits->min_samples_leaf;
    }

    limits->min_samples_split = split;

    return FACETREE_OK;
}


static facetree_status_e
facetree_limits_features(facetree_grow_limits_t *limits,
    const facetree_amount_t *amount, uint32_t features, facetree_error_t *err)
{
    uint32_t  rest;

    switch (amount->kind) {

    case FACETREE_AMOUNT_NONE:
        limits->max_features = features;
        return FACETREE_OK;

    case FACETREE_AMOUNT_SQRT:
        limits->max_features = (uint32_t) sqrt(features);
        return FACETREE_OK;

    case FACETREE_AMOUNT_LOG2:
        limits->max_features = 0;

        for (rest = features; rest > 1; rest >>= 1) {
            limits->max_features++;
        }

        if (limits->max_features == 0) {
            limits->max_features = 1;
        }

        return FACETREE_OK;

    case FACETREE_AMOUNT_COUNT:
        if (amount->count < 1) {
            break;
        }

        limits->max_features = amount->count;
        return FACETREE_OK;

    case FACETREE_AMOUNT_FRACTION:
        if (!(amount->fraction > 0.0 && amount->fraction <= 1.0)) {
            break;
        }

        limits->max_features = (uint32_t) (amount->fraction * features);

        if (limits->max_features == 0) {
            limits->max_features = 1;
        }

        return FACETREE_OK;
    }

    return facetree_limits_fail("max_features", amount,
                                "sqrt, log2, a count from 1, or a fraction "
                                "above 0.0 and up to 1.0", err);
}


static facetree_status_e
facetree_limits_check(const facetree_grow_params_t *params,
    facetree_error_t *err)
{
    if (params->max_leaf_nodes == 1) {
        return facetree_fail(err, FACETREE_EINVAL, FACETREE_NO_OFFSET,
                             "max_leaf_nodes is 1: must be a count from 2");
    }

    if (!(params->min_weight_fraction_leaf >= 0.0
          && params->min_weight_fraction_leaf <= 0.5))
    {
        return facetree_fail(err, FACETREE_EINVAL, FACETREE_NO_OFFSET,
                             "min_weight_fraction_leaf is %g: must be from "
                             "0.0 to 0.5", params->min_weight_fraction_leaf);
    }

    if (!(params->min_impurity_decrease >= 0.0
          && isfinite(params->min_impurity_decrease)))
    {
        return facetree_fail(err, FACETREE_EINVAL, FACETREE_NO_OFFSET,
                             "min_impurity_decrease is %g: must be 0.0 or "
                             "more", params->min_impurity_decrease);
    }

    if (!(params->ccp_alpha >= 0.0 && isfinite(params->ccp_alpha))) {
        return facetree_fail(err, FACETREE_EINVAL, FACETREE_NO_OFFSET,
                             "ccp_alpha is %g: must be 0.0 or more",
                             params->ccp_alpha);
    }

    return FACETREE_OK;
}


facetree_status_e
facetree_grow_limits_init(facetree_grow_limits_t *limits,
    const facetree_grow_params_t *params, uint32_t samples,
    uint32_t features, facetree_error_t *err)
{
    facetree_status_e  status;

    memset(limits, 0, sizeof(*limits));

    limits->criterion = params->criterion;
    limits->splitter = params->splitter;
    limits->max_depth = params->max_depth ? params->max_depth : INT32_MAX;
    limits->max_leaf_nodes = params->max_leaf_nodes;
    limits->min_impurity_decrease = params->min_impurity_decrease;

    status = facetree_limits_check(params, err);

    if (status == FACETREE_OK) {
        status = facetree_limits_leaf(limits, &params->min_samples_leaf,
                                      samples, err);
    }

    if (status == FACETREE_OK) {
        status = facetree_limits_split(limits, &params->min_samples_split,
                                       samples, err);
    }

    if (status == FACETREE_OK) {
        status = facetree_limits_features(limits, &params->max_features,
                                          features, err);
    }

    return status;
}
