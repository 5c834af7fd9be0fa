
/*
 * Copyright (C) facetree contributors
 *
 * Jobs: from the pictures of a request to their results.
 */


#include "facetree.h"
#include "fixture_forest.h"
#include "heap.h"
#include "inference.h"

#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>


#define TEST_WIDTH   6
#define TEST_HEIGHT  5
#define TEST_CLASSES 7
#define TEST_MANY    200


/* Pictures as files and as gray levels; in "noise" one behind the other. */

static const char  test_file[] =
    "P5 6 5 255\n\x10\x20\x30\x40\x50\x60\x70\x80\x90\xa0\xb0\xc0\xd0\xe0\xf0"
    "\x01\x12\x23\x34\x45\x56\x67\x78\x89\x9a\xab\xbc\xcd\xde\xef";

static const uint8_t  *test_levels = (const uint8_t *) test_file + 11;


static facetree_job_t *
test_job(const facetree_model_t *model, const facetree_limits_t *limits,
    uint32_t count, int explain)
{
    facetree_job_t    *job;
    facetree_error_t   err;

    cr_assert_eq(facetree_job_create(&job, model, limits, count, explain,
                                     &err), FACETREE_OK, "%s", err.text);

    return job;
}


static void
test_encoded(facetree_job_t *job, uint32_t i, const char *data, size_t len)
{
    job->pictures[i].data = (const uint8_t *) data;
    job->pictures[i].len = len;
}


/* The same as facetree_predict() says of these gray levels. */

static void
test_is_predicted(const facetree_job_t *job, uint32_t i,
    const uint8_t *levels)
{
    double                    probabilities[TEST_CLASSES];
    facetree_prediction_t     prediction;
    const facetree_result_t  *result;

    result = &job->results[i];
    facetree_predict(job->model, levels, probabilities, &prediction);

    cr_expect_eq(result->status, FACETREE_OK);
    cr_expect_eq(result->prediction.class, prediction.class);
    cr_expect_eq(result->prediction.confidence, prediction.confidence);
    cr_expect_eq(result->prediction.margin, prediction.margin);
    cr_expect_eq(result->probabilities, job->probabilities + i * TEST_CLASSES);
    cr_expect_eq(memcmp(result->probabilities, probabilities,
                        sizeof(probabilities)), 0, "picture %u", i);
}


static void
test_noise(uint8_t *levels, size_t len)
{
    size_t    i;
    uint32_t  state;

    state = 7;

    for (i = 0; i < len; i++) {
        levels[i] = (uint8_t) facetree_test_random(&state);
    }
}


Test(classify, pictures_of_every_sort)
{
    int                explain;
    uint32_t           i;
    uint8_t            noise[TEST_FEATURES];
    facetree_job_t    *job;
    facetree_error_t   err;
    facetree_model_t  *model;

    model = facetree_test_inference_model();
    test_noise(noise, sizeof(noise));

    for (explain = 0; explain < 2; explain++) {
        job = test_job(model, NULL, 5, explain);

        test_encoded(job, 0, test_file, sizeof(test_file) - 1);
        job->pictures[1].pixels = noise;
        test_encoded(job, 2, "GIF89a", 6);
        test_encoded(job, 3, test_file, sizeof(test_file) - 2);
        job->pictures[4].pixels = test_levels;

        cr_assert_eq(facetree_job_probe(job, &err), FACETREE_OK);
        cr_expect_eq(job->results[0].status, FACETREE_OK);
        cr_expect_eq(job->results[0].image.format, FACETREE_PNM);
        cr_expect_eq(job->results[2].status, FACETREE_EMEDIA);
        cr_expect_eq(job->results[3].status, FACETREE_OK);
        cr_expect_eq(job->budget.pixels, 60);

        cr_assert_eq(facetree_job_run(job, &err), FACETREE_OK);

        test_is_predicted(job, 0, test_levels);
        test_is_predicted(job, 1, noise);
        test_is_predicted(job, 4, test_levels);

        cr_expect_eq(job->results[2].status, FACETREE_EMEDIA);
        cr_expect_eq(job->results[2].error->status, FACETREE_EMEDIA);
        cr_expect_eq(job->results[3].status, FACETREE_EIMAGE);
        cr_expect_eq(job->results[3].error->status, FACETREE_EIMAGE);
        cr_expect_eq(job->results[3].image.width, 6);

        /* Too little work for a look at the clock. */
        cr_expect_eq(job->budget.cpu, 0);
        cr_expect_gt(job->decode_ns, 0);
        cr_expect_gt(job->predict_ns, 0);

        for (i = 0; i < 5; i++) {
            if (!explain || i == 2 || i == 3) {
                cr_expect_null(job->results[i].pixels, "picture %u", i);
                continue;
            }

            cr_expect_eq(memcmp(job->results[i].pixels,
                                (i == 1) ? noise : test_levels,
                                TEST_FEATURES), 0, "picture %u", i);
        }

        facetree_job_free(job);
    }

    facetree_model_free(model);
}


/* A tensor's pictures go in batches, and give the same answers. */

Test(classify, ready_pictures_in_a_row)
{
    uint32_t            i;
    uint8_t             noise[(TEST_MANY + 1) * TEST_FEATURES];
    facetree_job_t     *job;
    facetree_error_t    err;
    facetree_model_t   *model;
    facetree_limits_t   limits;

    model = facetree_test_inference_model();
    test_noise(noise, sizeof(noise));

    facetree_limits_init(&limits);
    limits.max_images = TEST_MANY;
    job = test_job(model, &limits, TEST_MANY, 0);

    /* with one that lies elsewhere, and one that has to be decoded */

    for (i = 0; i < TEST_MANY; i++) {
        job->pictures[i].pixels = noise + (size_t) i * TEST_FEATURES;
    }

    job->pictures[70].pixels = noise + TEST_MANY * TEST_FEATURES;
    job->pictures[90].pixels = NULL;
    test_encoded(job, 90, test_file, sizeof(test_file) - 1);

    cr_assert_eq(facetree_job_probe(job, &err), FACETREE_OK);
    cr_assert_eq(facetree_job_run(job, &err), FACETREE_OK);

    for (i = 0; i < TEST_MANY; i++) {
        test_is_predicted(job, i, (i == 90) ? test_levels
                                            : job->pictures[i].pixels);
    }

    facetree_job_free(job);
    facetree_model_free(model);
}


Test(classify, refused_before_it_is_made)
{
    facetree_job_t     *job;
    facetree_error_t    err;
    facetree_model_t   *model;
    facetree_limits_t   limits;

    model = facetree_test_inference_model();
    facetree_limits_init(&limits);

    cr_expect_eq(facetree_job_create(&job, model, &limits, 0, 0, &err),
                 FACETREE_EEMPTY);
    cr_expect_eq(facetree_job_create(&job, model, &limits, 17, 0, &err),
                 FACETREE_EIMAGES);
    cr_expect_eq(err.limit, 16);
    cr_expect_eq(err.observed, 17);

    limits.max_images = UINT32_MAX;
    cr_expect_eq(facetree_job_create(&job, model, &limits, UINT32_MAX, 1,
                                     &err), FACETREE_EMEMORY);
    cr_expect_eq(err.limit, 160 << 20);
    cr_expect_gt(err.observed, (uint64_t) UINT32_MAX
                               * (TEST_CLASSES * 8 + TEST_FEATURES));

    facetree_job_free(NULL);
    facetree_model_free(model);
}


/* One picture too many, and the request is refused, not the picture. */

Test(classify, over_the_budget)
{
    facetree_job_t     *job;
    facetree_error_t    err;
    facetree_model_t   *model;
    facetree_limits_t   limits;

    model = facetree_test_inference_model();

    facetree_limits_init(&limits);
    limits.max_pixels = 59;
    job = test_job(model, &limits, 2, 0);
    test_encoded(job, 0, test_file, sizeof(test_file) - 1);
    test_encoded(job, 1, test_file, sizeof(test_file) - 1);

    cr_expect_eq(facetree_job_probe(job, &err), FACETREE_EPIXELS);
    cr_expect_eq(err.limit, 59);
    cr_expect_eq(err.observed, 60);
    facetree_job_free(job);

    facetree_limits_init(&limits);
    limits.max_bytes = sizeof(test_file) - 2;
    job = test_job(model, &limits, 1, 0);
    test_encoded(job, 0, test_file, sizeof(test_file) - 1);

    cr_expect_eq(facetree_job_probe(job, &err), FACETREE_EBYTES);
    facetree_job_free(job);

    facetree_limits_init(&limits);
    job = test_job(model, &limits, 1, 0);
    job->budget.limits.max_memory = job->budget.memory;
    test_encoded(job, 0, test_file, sizeof(test_file) - 1);

    cr_expect_eq(facetree_job_probe(job, &err), FACETREE_EMEMORY);
    cr_expect_gt(err.observed, err.limit);
    facetree_job_free(job);

    facetree_model_free(model);
}


/* Pictures that need no decoding are work, too, and more if explained. */

Test(classify, trees_are_work)
{
    uint32_t            i;
    uint64_t            work;
    uint8_t             noise[TEST_FEATURES];
    facetree_job_t     *job;
    facetree_error_t    err;
    facetree_model_t   *model;
    facetree_limits_t   limits;

    model = facetree_test_inference_model();
    test_noise(noise, sizeof(noise));

    facetree_limits_init(&limits);
    limits.max_images = 1000;

    job = test_job(model, &limits, 1000, 0);

    for (i = 0; i < 1000; i++) {
        job->pictures[i].pixels = noise;
    }

    cr_assert_eq(facetree_job_probe(job, &err), FACETREE_OK);
    work = job->budget.work;
    cr_expect_geq(work, 1000 * facetree_model_trees(model));
    cr_expect_eq(job->budget.pixels, 0);
    facetree_job_free(job);

    job = test_job(model, &limits, 1000, 1);

    for (i = 0; i < 1000; i++) {
        job->pictures[i].pixels = noise;
    }

    cr_assert_eq(facetree_job_probe(job, &err), FACETREE_OK);
    cr_expect_gt(job->budget.work, work);
    facetree_job_free(job);

    limits.cpu_ms = 1;
    job = test_job(model, &limits, 1000, 1);

    for (i = 0; i < 1000; i++) {
        job->pictures[i].pixels = noise;
    }

    cr_expect_eq(facetree_job_probe(job, &err), FACETREE_ETIMEOUT);
    cr_expect_eq(err.limit, 1);
    facetree_job_free(job);

    facetree_model_free(model);
}


Test(classify, cancelled)
{
    uint32_t           i;
    atomic_int         cancelled;
    uint8_t            noise[TEST_FEATURES];
    facetree_job_t    *job;
    facetree_error_t   err;
    facetree_model_t  *model;

    model = facetree_test_inference_model();
    test_noise(noise, sizeof(noise));
    atomic_init(&cancelled, 0);

    job = test_job(model, NULL, 3, 0);
    job->budget.cancelled = &cancelled;

    for (i = 0; i < 3; i++) {
        job->pictures[i].pixels = noise;
    }

    cr_assert_eq(facetree_job_probe(job, &err), FACETREE_OK);

    atomic_store(&cancelled, 1);
    cr_expect_eq(facetree_job_run(job, &err), FACETREE_ECANCELLED);
    cr_expect_eq(err.status, FACETREE_ECANCELLED);
    cr_expect_eq(job->predict_ns, 0);

    facetree_job_free(job);
    facetree_model_free(model);
}


/* The CPU time of all pictures together is limited, not of each. */

Test(classify, cpu_time_of_all_pictures)
{
    uint32_t            i;
    size_t              len;
    char               *file;
    facetree_job_t     *job;
    facetree_error_t    err;
    facetree_model_t   *model;
    facetree_limits_t   limits;

    static const char  header[] = "P5 1000 1000 255\n";

    model = facetree_test_inference_model();
    len = sizeof(header) - 1 + 1000 * 1000;
    file = calloc(1, len);
    cr_assert_not_null(file);
    memcpy(file, header, sizeof(header) - 1);

    facetree_limits_init(&limits);
    limits.max_images = 100;
    limits.cpu_ms = 0;

    job = test_job(model, &limits, 100, 0);

    for (i = 0; i < 100; i++) {
        test_encoded(job, i, file, len);
    }

    cr_assert_eq(facetree_job_probe(job, &err), FACETREE_OK);
    cr_assert_eq(facetree_job_run(job, &err), FACETREE_OK);

    limits.cpu_ms = (uint32_t) (job->budget.cpu / 2 / 1000000);
    cr_assert_gt(limits.cpu_ms, 0);
    facetree_job_free(job);

    /* a job that was not probed, so that the estimate does not come first */

    job = test_job(model, &limits, 100, 0);

    for (i = 0; i < 100; i++) {
        test_encoded(job, i, file, len);
    }

    cr_expect_eq(facetree_job_run(job, &err), FACETREE_ETIMEOUT);
    cr_expect_eq(err.limit, limits.cpu_ms);
    cr_expect_eq(job->results[0].status, FACETREE_OK);
    facetree_job_free(job);

    free(file);
    facetree_model_free(model);
}


/* What is reserved before the run is never less than what the run takes. */

Test(classify, memory_is_stated)
{
    int                 explain;
    size_t              taken;
    uint32_t            i, count;
    uint8_t             noise[TEST_MANY * TEST_FEATURES];
    facetree_job_t     *job;
    facetree_error_t    err;
    facetree_model_t   *model;
    facetree_limits_t   limits;

    model = facetree_test_inference_model();
    test_noise(noise, sizeof(noise));

    facetree_limits_init(&limits);
    limits.max_images = TEST_MANY;

    for (count = 1; count <= TEST_MANY; count += 33) {
        for (explain = 0; explain < 2; explain++) {
            facetree_test_heap_start();

            job = test_job(model, &limits, count, explain);

            for (i = 0; i < count; i++) {
                job->pictures[i].pixels = noise + (size_t) i * TEST_FEATURES;
            }

            if (count % 2) {
                job->pictures[count / 2].pixels = NULL;
                test_encoded(job, count / 2, test_file,
                             sizeof(test_file) - 1);
            }

            cr_assert_eq(facetree_job_probe(job, &err), FACETREE_OK);
            cr_assert_eq(facetree_job_run(job, &err), FACETREE_OK);

            taken = facetree_test_heap_stop();

            cr_expect_leq(taken, facetree_job_memory(job),
                          "%u pictures take %zu bytes, stated %llu", count,
                          taken,
                          (unsigned long long) facetree_job_memory(job));
            cr_expect_leq(facetree_job_memory(job), 2 * taken + (1 << 20));

            facetree_job_free(job);
        }
    }

    facetree_model_free(model);
}
