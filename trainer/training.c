
/*
 * Copyright (C) facetree contributors
 */


#include "training.h"
#include "document.h"
#include "facetree_int.h"
#include "facetree_model.h"
#include "fit.h"
#include "model_writer.h"
#include "progress.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>


/*
 * What is measured is a model as it will be served; its metadata come later,
 * since they state the result.
 */

static facetree_status_e
facetree_run_evaluate(facetree_run_t *run, const facetree_dataset_t *dataset,
    facetree_error_t *err)
{
    facetree_model_t   *model;
    facetree_status_e   status;

    status = facetree_fit_model(&model, &run->forest, err);

    if (status != FACETREE_OK) {
        return status;
    }

    status = facetree_evaluate(&run->evaluation, model, dataset,
                               run->split.test, run->split.test_count, NULL,
                               err);
    facetree_model_free(model);

    return status;
}


static facetree_status_e
facetree_run_build(facetree_run_t *run, const facetree_dataset_t *dataset,
    const facetree_settings_t *settings, int strip, facetree_error_t *err)
{
    char                 *text;
    facetree_status_e     status;
    facetree_training_t   training;

    training.settings = settings;
    training.dataset = dataset;
    training.split = &run->split;
    training.forest = &run->forest;
    training.evaluation = &run->evaluation;
    training.oob = settings->oob_score ? &run->oob : NULL;

    status = facetree_metadata_build(&run->metadata, &training, err);

    if (status != FACETREE_OK) {
        return status;
    }

    text = facetree_document_text(run->metadata, JSON_COMPACT);

    if (text == NULL) {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    status = facetree_model_make(&run->model, &run->forest, text, strip, err);
    free(text);

    if (status == FACETREE_OK) {
        run->bytes = run->model->base;
        run->len = run->model->size;
    }

    return status;
}


/* Of all threads. */

static double
facetree_run_cpu(void)
{
    struct timespec  now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);

    return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}


facetree_status_e
facetree_run_train(facetree_run_t *run, const facetree_dataset_t *dataset,
    const facetree_settings_t *settings, int strip, facetree_error_t *err)
{
    double             start, start_cpu;
    facetree_status_e  status;

    memset(run, 0, sizeof(*run));

    status = facetree_dataset_split(&run->split, dataset, &settings->split,
                                    err);

    if (status == FACETREE_OK) {
        status = facetree_duplicates_find(&run->duplicates, dataset,
                                          &run->split, err);
    }

    if (status == FACETREE_OK) {
        start = facetree_progress_clock();
        start_cpu = facetree_run_cpu();
        status = facetree_fit(&run->forest, &run->oob, dataset,
                              run->split.train, run->split.train_count,
                              settings, err);
        run->fit_seconds = facetree_progress_clock() - start;
        run->fit_cpu_seconds = facetree_run_cpu() - start_cpu;
    }

    if (status == FACETREE_OK) {
        status = facetree_run_evaluate(run, dataset, err);
    }

    if (status == FACETREE_OK) {
        status = facetree_run_build(run, dataset, settings, strip, err);
    }

    if (status != FACETREE_OK) {
        facetree_run_clear(run);
    }

    return status;
}


void
facetree_run_clear(facetree_run_t *run)
{
    facetree_split_clear(&run->split);
    facetree_forest_clear(&run->forest);
    facetree_oob_clear(&run->oob);
    facetree_evaluation_clear(&run->evaluation);
    facetree_model_free(run->model);
    json_decref(run->metadata);

    memset(run, 0, sizeof(*run));
}
