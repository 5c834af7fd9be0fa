
/*
 * Copyright (C) facetree contributors
 */


#include "fit.h"
#include "augment.h"
#include "class_weight.h"
#include "facetree_int.h"
#include "model_writer.h"

#include <stdlib.h>
#include <string.h>


static void
facetree_fit_progress(void *data, uint32_t done)
{
    const facetree_settings_t  *settings;

    settings = data;
    settings->effort.progress(settings->effort.ctx, done,
                              settings->n_estimators);
}


static facetree_status_e
facetree_fit_forest(facetree_forest_t *forest, facetree_oob_t *oob,
    const facetree_examples_t *examples, facetree_settings_t *settings,
    facetree_error_t *err)
{
    facetree_forest_params_t  params;

    facetree_forest_params_init(&params,
                                facetree_settings_algorithm(settings));

    params.n_estimators = settings->n_estimators;
    params.bootstrap = settings->bootstrap;
    params.max_samples = settings->max_samples;
    params.oob_score = settings->oob_score;
    params.jobs = facetree_settings_jobs(settings);
    params.tree = settings->tree;

    if (settings->effort.progress) {
        params.progress = facetree_fit_progress;
        params.progress_data = settings;
    }

    return facetree_forest_grow(forest, oob, examples, &params, err);
}


static facetree_status_e
facetree_fit_tree(facetree_forest_t *forest,
    const facetree_examples_t *examples, const facetree_settings_t *settings,
    facetree_error_t *err)
{
    facetree_status_e  status;

    forest->trees = calloc(1, sizeof(facetree_tree_t));

    if (forest->trees == NULL) {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    status = facetree_grow(&forest->trees[0], examples, &settings->tree, err);

    if (status != FACETREE_OK) {
        free(forest->trees);
        forest->trees = NULL;
        return status;
    }

    forest->count = 1;

    return FACETREE_OK;
}


static facetree_status_e
facetree_fit_examples(facetree_forest_t *forest, facetree_oob_t *oob,
    const facetree_examples_t *examples, facetree_settings_t *settings,
    facetree_error_t *err)
{
    if (facetree_settings_is_forest(settings)) {
        return facetree_fit_forest(forest, oob, examples, settings, err);
    }

    return facetree_fit_tree(forest, examples, settings, err);
}


static facetree_status_e
facetree_fit_augmented(facetree_forest_t *forest, facetree_oob_t *oob,
    const facetree_examples_t *examples, facetree_settings_t *settings,
    facetree_error_t *err)
{
    facetree_status_e     status;
    facetree_augmented_t  augmented;

    if (!settings->augment) {
        return facetree_fit_examples(forest, oob, examples, settings, err);
    }

    status = facetree_augment(&augmented, examples, forest->width,
                              &settings->augment_params,
                              settings->tree.random_state, err);

    if (status != FACETREE_OK) {
        return status;
    }

    augmented.examples.spend = !settings->oob_score;

    status = facetree_fit_examples(forest, oob, &augmented.examples, settings,
                                   err);
    facetree_augmented_clear(&augmented);

    return status;
}


facetree_status_e
facetree_fit(facetree_forest_t *forest, facetree_oob_t *oob,
    const facetree_dataset_t *dataset, const uint32_t *rows, uint32_t count,
    const facetree_settings_t *settings, facetree_error_t *err)
{
    double               *weights;
    facetree_status_e     status;
    facetree_examples_t   examples;
    facetree_settings_t   weighted;

    memset(forest, 0, sizeof(*forest));

    forest->algorithm = facetree_settings_algorithm(settings);
    forest->width = dataset->width;
    forest->height = dataset->height;
    forest->classes = dataset->classes;
    forest->labels = (const char *const *) dataset->names;
    forest->scale = 1.0;

    examples.pixels = dataset->pixels;
    examples.labels = dataset->labels;
    examples.rows = rows;
    examples.count = count;
    examples.features = dataset->width * dataset->height;
    examples.classes = dataset->classes;

    /* out-of-bag scores are told by the pictures */

    examples.spend = settings->effort.spend && !settings->oob_score;

    weighted = *settings;
    weights = NULL;
    status = FACETREE_OK;

    if (settings->tree.class_weight == FACETREE_WEIGHT_MAP) {
        weights = calloc(dataset->classes, sizeof(double));

        if (weights == NULL) {
            return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET,
                                 NULL);
        }

        status = facetree_class_weight_read(weights, settings->class_weight,
                                            forest->labels, dataset->classes,
                                            err);
        weighted.tree.class_weight_map = weights;
    }

    if (status == FACETREE_OK) {
        status = facetree_fit_augmented(forest, oob, &examples, &weighted,
                                        err);
    }

    free(weights);

    return status;
}


facetree_status_e
facetree_fit_model(facetree_model_t **model, const facetree_forest_t *forest,
    facetree_error_t *err)
{
    return facetree_model_make(model, forest, "{}", 1, err);
}
