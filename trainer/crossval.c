
/*
 * Copyright (C) facetree contributors
 */


#include "crossval.h"
#include "evaluate.h"
#include "facetree_int.h"
#include "fit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>


typedef struct {
    facetree_crossval_t        *result;
    const facetree_dataset_t   *dataset;
    facetree_settings_t         settings;      /* reporting to this */
    const facetree_effort_t    *effort;        /* the caller's */
    uint32_t                    done;          /* folds */
} facetree_crossval_work_t;


/* Student's quantiles to five digits, from 1 degree of freedom on. */

static const double  facetree_student_table[] = {
    12.70620, 4.30265, 3.18245, 2.77645, 2.57058, 2.44691, 2.36462, 2.30600,
    2.26216, 2.22814, 2.20099, 2.17881, 2.16037, 2.14479, 2.13145, 2.11991,
    2.10982, 2.10092, 2.09302, 2.08596, 2.07961, 2.07387, 2.06866, 2.06390,
    2.05954, 2.05553, 2.05183, 2.04841, 2.04523, 2.04227
};

#define FACETREE_STUDENT_TABLE                                                \
    (sizeof(facetree_student_table) / sizeof(facetree_student_table[0]))

#define FACETREE_NORMAL_975  1.959963984540054


double
facetree_student_975(uint32_t degrees)
{
    double  z, z3, z5, z7, n;

    if (degrees == 0) {
        return INFINITY;
    }

    if (degrees <= FACETREE_STUDENT_TABLE) {
        return facetree_student_table[degrees - 1];
    }

    /* Fisher's expansion about the normal quantile. */
    z = FACETREE_NORMAL_975;
    z3 = z * z * z;
    z5 = z3 * z * z;
    z7 = z5 * z * z;
    n = degrees;

    return z + (z3 + z) / (4.0 * n)
           + (5.0 * z5 + 16.0 * z3 + 3.0 * z) / (96.0 * n * n)
           + (3.0 * z7 + 19.0 * z5 + 17.0 * z3 - 15.0 * z)
             / (384.0 * n * n * n);
}


static void
facetree_crossval_progress(void *ctx, uint32_t done, uint32_t total)
{
    facetree_crossval_work_t  *work;

    work = ctx;

    if (work->effort->progress) {
        work->effort->progress(work->effort->ctx, work->done * total + done,
                               work->result->count * total);
    }
}


static facetree_status_e
facetree_crossval_start(facetree_crossval_work_t *work,
    facetree_crossval_t *result, const facetree_dataset_t *dataset,
    uint32_t count, const facetree_settings_t *settings,
    facetree_error_t *err)
{
    memset(result, 0, sizeof(*result));
    memset(work, 0, sizeof(*work));

    work->result = result;
    work->dataset = dataset;
    work->effort = &settings->effort;
    work->settings = *settings;
    work->settings.effort.progress = facetree_crossval_progress;
    work->settings.effort.ctx = work;

    result->folds = calloc(count, sizeof(facetree_fold_t));

    if (result->folds == NULL) {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    result->count = count;

    return FACETREE_OK;
}


static facetree_status_e
facetree_crossval_fold(facetree_crossval_work_t *work,
    const facetree_split_t *split, facetree_error_t *err)
{
    facetree_oob_t         oob;
    facetree_fold_t       *fold;
    facetree_model_t      *model;
    facetree_forest_t      forest;
    facetree_status_e      status;
    facetree_evaluation_t  evaluation;

    model = NULL;
    memset(&oob, 0, sizeof(oob));

    status = facetree_fit(&forest, &oob, work->dataset, split->train,
                          split->train_count, &work->settings, err);

    if (status != FACETREE_OK) {
        return status;
    }

    status = facetree_fit_model(&model, &forest, err);

    if (status == FACETREE_OK) {
        status = facetree_evaluate(&evaluation, model, work->dataset,
                                   split->test, split->test_count, NULL, err);
    }

    if (status == FACETREE_OK) {
        fold = &work->result->folds[work->done++];

        fold->train_count = split->train_count;
        fold->test_count = split->test_count;
        fold->correct = evaluation.correct;
        fold->accuracy = evaluation.accuracy;

        facetree_evaluation_clear(&evaluation);

        /* Trees of forests have been counted one by one. */
        if (!facetree_settings_is_forest(&work->settings)) {
            facetree_crossval_progress(work, 0, 1);
        }
    }

    facetree_model_free(model);
    facetree_oob_clear(&oob);
    facetree_forest_clear(&forest);

    return status;
}


static void
facetree_crossval_finish(facetree_crossval_t *result)
{
    double    sum, square, half;
    uint32_t  i, n;

    n = result->count;
    sum = 0.0;
    square = 0.0;

    for (i = 0; i < n; i++) {
        sum += result->folds[i].accuracy;
    }

    result->mean = sum / n;

    for (i = 0; i < n; i++) {
        half = result->folds[i].accuracy - result->mean;
        square += half * half;
    }

    result->sd = n > 1 ? sqrt(square / (n - 1)) : 0.0;
    half = n > 1 ? facetree_student_975(n - 1) * result->sd / sqrt(n) : 0.0;

    result->low = result->mean - half < 0.0 ? 0.0 : result->mean - half;
    result->high = result->mean + half > 1.0 ? 1.0 : result->mean + half;
}


/* The pictures of one fold to one side, all others to the other, in order. */

static void
facetree_crossval_sides(facetree_split_t *split, const uint32_t *rows,
    const uint32_t *fold, uint32_t count, uint32_t tested)
{
    uint32_t  i, row;

    split->train_count = 0;
    split->test_count = 0;

    for (i = 0; i < count; i++) {
        row = rows ? rows[i] : i;

        if (fold[i] == tested) {
            split->test[split->test_count++] = row;

        } else {
            split->train[split->train_count++] = row;
        }
    }
}


facetree_status_e
facetree_crossval_folds(facetree_crossval_t *result,
    const facetree_dataset_t *dataset, const uint32_t *rows, uint32_t count,
    uint32_t folds, int shuffle, uint32_t seed,
    const facetree_settings_t *settings, facetree_error_t *err)
{
    uint32_t                   i, *fold, *labels;
    facetree_split_t           split;
    facetree_status_e          status;
    facetree_crossval_work_t   work;

    memset(&split, 0, sizeof(split));

    status = facetree_crossval_start(&work, result, dataset, folds, settings,
                                     err);

    fold = calloc(count, sizeof(uint32_t));
    labels = calloc(count, sizeof(uint32_t));
    split.train = calloc(count, sizeof(uint32_t));
    split.test = calloc(count, sizeof(uint32_t));

    if (fold == NULL || labels == NULL || split.train == NULL
        || split.test == NULL)
    {
        status = facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    if (status == FACETREE_OK) {
        for (i = 0; i < count; i++) {
            labels[i] = dataset->labels[rows ? rows[i] : i];
        }

        status = facetree_stratified_folds(fold, labels, count,
                                           dataset->classes, folds, shuffle,
                                           seed, err);
    }

    for (i = 0; status == FACETREE_OK && i < folds; i++) {
        facetree_crossval_sides(&split, rows, fold, count, i);
        status = facetree_crossval_fold(&work, &split, err);
    }

    free(fold);
    free(labels);
    facetree_split_clear(&split);

    if (status == FACETREE_OK) {
        facetree_crossval_finish(result);

    } else {
        facetree_crossval_clear(result);
    }

    return status;
}


facetree_status_e
facetree_crossval_repeats(facetree_crossval_t *result,
    const facetree_dataset_t *dataset, uint32_t repeats, uint32_t seed,
    const facetree_settings_t *settings, facetree_error_t *err)
{
    uint32_t                  i;
    facetree_split_t          split;
    facetree_status_e         status;
    facetree_split_params_t   params;
    facetree_crossval_work_t  work;

    params = settings->split;
    status = facetree_crossval_start(&work, result, dataset, repeats,
                                     settings, err);

    for (i = 0; status == FACETREE_OK && i < repeats; i++) {
        params.seed = seed + i;

        status = facetree_dataset_split(&split, dataset, &params, err);

        if (status == FACETREE_OK) {
            status = facetree_crossval_fold(&work, &split, err);
            facetree_split_clear(&split);
        }
    }

    if (status == FACETREE_OK) {
        facetree_crossval_finish(result);

    } else {
        facetree_crossval_clear(result);
    }

    return status;
}


void
facetree_crossval_clear(facetree_crossval_t *result)
{
    free(result->folds);

    memset(result, 0, sizeof(*result));
}
