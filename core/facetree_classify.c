
/*
 * Copyright (C) facetree contributors
 *
 * From the pictures of a request to their results.  The HTTP server and the
 * trainer call it, on any thread.
 */


#include "facetree_budget.h"
#include "facetree_predict.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>


/* Ready pictures that are classified together, between looks at the clock. */
#define FACETREE_CLASSIFY_BATCH    64

/*
 * Estimated work of a picture in nanoseconds, meant to be too low: what a tree
 * costs in a batch on a fast machine, and what its explanation adds.
 */
#define FACETREE_CLASSIFY_TREE     5
#define FACETREE_CLASSIFY_EXPLAIN  20000

/* Eight arrays, which the allocator may round up to pages. */
#define FACETREE_CLASSIFY_ROUND    (8 * 4096)

/* Work of a tree in pixels decoded, for the looks at the clock. */
#define FACETREE_CLASSIFY_TICKS    4


static uint64_t
facetree_classify_clock(void)
{
    struct timespec  now;

    clock_gettime(CLOCK_MONOTONIC, &now);

    return (uint64_t) now.tv_sec * 1000000000u + (uint64_t) now.tv_nsec;
}


/* Bytes of the job's arrays and a batch's; products of 32-bit numbers fit. */

static uint64_t
facetree_job_size(const facetree_job_t *job)
{
    uint64_t  each;

    each = sizeof(facetree_picture_t) + sizeof(facetree_result_t)
           + sizeof(facetree_error_t);

    return sizeof(facetree_job_t) + FACETREE_CLASSIFY_ROUND
           + job->count * each
           + facetree_predict_memory(job->model, job->count)
           + facetree_budget_sum((uint64_t) job->count
                                 * facetree_model_classes(job->model)
                                 * sizeof(double),
                                 (uint64_t) (job->explain ? job->count : 1)
                                 * facetree_model_features(job->model));
}


static facetree_status_e
facetree_job_check(const facetree_job_t *job, facetree_error_t *err)
{
    uint32_t  max;

    max = job->budget.limits.max_images;

    if (job->count == 0) {
        return facetree_fail(err, FACETREE_EEMPTY, FACETREE_NO_OFFSET, NULL);
    }

    if (job->count > max) {
        return facetree_fail_limit(err, FACETREE_EIMAGES, max, job->count,
                                   "request has %u pictures, more than %u; "
                                   "send them in several requests",
                                   job->count, max);
    }

    return FACETREE_OK;
}


/* What is not to be explained is decoded into one and the same picture. */

static facetree_status_e
facetree_job_allocate(facetree_job_t *job, facetree_error_t *err)
{
    uint32_t  classes, count, features, i;

    count = job->count;
    classes = facetree_model_classes(job->model);
    features = facetree_model_features(job->model);

    if (facetree_job_size(job) > SIZE_MAX) {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    job->pictures = calloc(count, sizeof(facetree_picture_t));
    job->results = calloc(count, sizeof(facetree_result_t));
    job->errors = malloc(count * sizeof(facetree_error_t));
    job->probabilities = malloc((size_t) count * classes * sizeof(double));
    job->pixels = malloc((size_t) (job->explain ? count : 1) * features);

    if (job->pictures == NULL || job->results == NULL || job->errors == NULL
        || job->probabilities == NULL || job->pixels == NULL)
    {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    for (i = 0; i < count; i++) {
        job->results[i].error = &job->errors[i];
        job->results[i].probabilities = job->probabilities
                                        + (size_t) i * classes;
    }

    return FACETREE_OK;
}


facetree_status_e
facetree_job_create(facetree_job_t **out, const facetree_model_t *model,
    const facetree_limits_t *limits, uint32_t count, int explain,
    facetree_error_t *err)
{
    facetree_job_t     *job;
    facetree_status_e   status;

    job = calloc(1, sizeof(facetree_job_t));

    if (job == NULL) {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    job->model = model;
    job->count = count;
    job->explain = explain;

    facetree_budget_init(&job->budget, limits);
    job->budget.width = facetree_model_width(model);
    job->budget.height = facetree_model_height(model);

    status = facetree_job_check(job, err);

    if (status == FACETREE_OK) {
        status = facetree_budget_hold(&job->budget, facetree_job_size(job),
                                      err);
    }

    if (status == FACETREE_OK) {
        status = facetree_job_allocate(job, err);
    }

    if (status != FACETREE_OK) {
        facetree_job_free(job);
        return status;
    }

    *out = job;

    return FACETREE_OK;
}


void
facetree_job_free(facetree_job_t *job)
{
    if (job == NULL) {
        return;
    }

    free(job->pictures);
    free(job->results);
    free(job->errors);
    free(job->probabilities);
    free(job->pixels);
    free(job);
}


facetree_status_e
facetree_job_probe(facetree_job_t *job, facetree_error_t *err)
{
    uint32_t                   i;
    uint64_t                   work;
    facetree_result_t         *result;
    facetree_status_e          status;
    const facetree_picture_t  *picture;

    work = (uint64_t) facetree_model_trees(job->model)
           * FACETREE_CLASSIFY_TREE
           + (job->explain ? FACETREE_CLASSIFY_EXPLAIN : 0);

    for (i = 0; i < job->count; i++) {
        picture = &job->pictures[i];
        result = &job->results[i];

        if (picture->pixels == NULL) {
            result->status = facetree_budget_probe(&job->budget,
                                                   picture->data,
                                                   picture->len,
                                                   &result->image,
                                                   &job->errors[i]);
        }

        status = result->status;

        if (status == FACETREE_OK) {
            status = facetree_budget_work(&job->budget, work,
                                          &job->errors[i]);
        }

        if (facetree_budget_is_over(status)) {
            if (err) {
                *err = job->errors[i];
            }

            return status;
        }
    }

    return FACETREE_OK;
}


uint64_t
facetree_job_memory(const facetree_job_t *job)
{
    return job->budget.memory;
}


/*
 * Pictures from "first" on that are ready and lie one behind the other, as
 * those of a tensor do.
 */

static uint32_t
facetree_job_ready(const facetree_job_t *job, uint32_t first)
{
    uint32_t                   count, features;
    const facetree_picture_t  *picture;

    features = facetree_model_features(job->model);
    picture = &job->pictures[first];

    for (count = 1;
         first + count < job->count && count < FACETREE_CLASSIFY_BATCH
         && picture[count].pixels == picture->pixels
                                     + (size_t) count * features;
         count++)
    { /* void */ }

    return count;
}


static void
facetree_job_predict(facetree_job_t *job, uint32_t first, uint32_t count,
    const uint8_t *pixels)
{
    uint32_t               i;
    uint64_t               start;
    facetree_result_t     *results;
    facetree_prediction_t  predictions[FACETREE_CLASSIFY_BATCH];

    start = facetree_classify_clock();
    results = &job->results[first];

    facetree_predict_batch(job->model, pixels, count,
                           job->probabilities
                           + (size_t) first
                             * facetree_model_classes(job->model),
                           predictions);

    for (i = 0; i < count; i++) {
        results[i].prediction = predictions[i];

        if (job->explain) {
            results[i].pixels = pixels
                                + (size_t) i
                                  * facetree_model_features(job->model);
        }
    }

    job->predict_ns += facetree_classify_clock() - start;
}


static facetree_status_e
facetree_job_decode(facetree_job_t *job, uint32_t i, uint8_t *pixels)
{
    uint64_t                   start;
    facetree_result_t         *result;
    const facetree_picture_t  *picture;

    result = &job->results[i];
    picture = &job->pictures[i];
    start = facetree_classify_clock();

    result->status = facetree_image_decode(picture->data, picture->len,
                                           &job->budget, job->budget.width,
                                           job->budget.height, pixels,
                                           &result->image, &job->errors[i]);

    job->decode_ns += facetree_classify_clock() - start;

    return result->status;
}


/* One picture, or several that are ready; "*count" tells how many. */

static facetree_status_e
facetree_job_step(facetree_job_t *job, uint32_t first, uint32_t *count)
{
    uint8_t            *pixels;
    facetree_status_e   status;

    *count = 1;

    if (job->results[first].status != FACETREE_OK) {
        return FACETREE_OK;
    }

    status = facetree_budget_cancelled(&job->budget, &job->errors[first]);

    if (status != FACETREE_OK) {
        return status;
    }

    if (job->pictures[first].pixels) {
        *count = facetree_job_ready(job, first);
        facetree_job_predict(job, first, *count, job->pictures[first].pixels);

    } else {
        pixels = job->pixels;

        if (job->explain) {
            pixels += (size_t) first * facetree_model_features(job->model);
        }

        status = facetree_job_decode(job, first, pixels);

        if (status != FACETREE_OK) {
            return facetree_budget_is_over(status) ? status : FACETREE_OK;
        }

        facetree_job_predict(job, first, 1, pixels);
    }

    return facetree_budget_tick(&job->budget,
                                (uint64_t) *count * FACETREE_CLASSIFY_TICKS
                                * facetree_model_trees(job->model),
                                &job->errors[first]);
}


facetree_status_e
facetree_job_run(facetree_job_t *job, facetree_error_t *err)
{
    int                started;
    uint32_t           i, count;
    facetree_status_e  status;

    status = FACETREE_OK;
    started = facetree_budget_start(&job->budget);

    for (i = 0; i < job->count && status == FACETREE_OK; i += count) {
        status = facetree_job_step(job, i, &count);

        if (status != FACETREE_OK && err) {
            *err = job->errors[i];
        }
    }

    if (started) {
        facetree_budget_stop(&job->budget);
    }

    return status;
}
