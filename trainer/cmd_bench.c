
/*
 * Copyright (C) facetree contributors
 *
 * facetree bench: how fast a model answers, on one thread, decoding aside.
 */


#include "arguments.h"
#include "document.h"
#include "facetree_int.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>


#define FACETREE_BENCH_ROUNDS   21
#define FACETREE_BENCH_SECONDS  0.03           /* of a round, at least */


typedef struct {
    facetree_data_arguments_t   data;
    const char                 *model;
    uint32_t                    rounds;
} facetree_bench_t;


/* Nanoseconds a picture: the middle of all rounds, and the best of them. */

typedef struct {
    double  median;
    double  best;
} facetree_bench_time_t;


typedef struct {
    const facetree_model_t    *model;
    const facetree_dataset_t  *dataset;
    double                    *probabilities;
    facetree_prediction_t     *predictions;
    double                    *times;
} facetree_bench_job_t;


static int facetree_bench_run(const facetree_verb_t *verb, int argc,
    char **argv);


static const facetree_uint_rule_t  facetree_bench_number = { 1, 10000, 0 };

static const facetree_option_t  facetree_bench_options[] = {
    { "rounds", "N", facetree_option_uint,
      offsetof(facetree_bench_t, rounds), &facetree_bench_number,
      "how often to measure (default 21)" },
    { .name = NULL }
};

static const facetree_option_group_t  facetree_bench_groups[] = {
    { "Model", facetree_model_options, offsetof(facetree_bench_t, model) },
    { "Pictures", facetree_data_options, offsetof(facetree_bench_t, data) },
    { "Measurement", facetree_bench_options, 0 },
    { .title = NULL }
};

const facetree_verb_t  facetree_verb_bench = {
    .name = "bench",
    .summary = "measure how fast a model answers",
    .details =
        "Classifies all pictures of a data set (the synthetic one, if none\n"
        "is given) on one thread, again and again, one at a time and as a\n"
        "batch.  Times are processor time; compare the medians.\n",
    .examples =
        "  facetree bench --model artifacts/model.ftm\n"
        "  facetree bench --data data/olivettifaces.mat --json\n",
    .groups = facetree_bench_groups,
    .run = facetree_bench_run
};


/* Time of this thread alone: on a busy machine the clock on the wall says
   more about the neighbours. */

static double
facetree_bench_clock(void)
{
    struct timespec  now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);

    return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}


static void
facetree_bench_single(const facetree_bench_job_t *job)
{
    size_t    features;
    uint32_t  i;

    features = facetree_model_features(job->model);

    for (i = 0; i < job->dataset->count; i++) {
        facetree_predict(job->model, job->dataset->pixels + i * features,
                         job->probabilities, &job->predictions[i]);
    }
}


static void
facetree_bench_batch(const facetree_bench_job_t *job)
{
    facetree_predict_batch(job->model, job->dataset->pixels,
                           job->dataset->count, job->probabilities,
                           job->predictions);
}


static int
facetree_bench_compare(const void *one, const void *two)
{
    const double  *a, *b;

    a = one;
    b = two;

    return (*a > *b) - (*a < *b);
}


/* The first round is for caches and clock frequency, and does not count. */

static void
facetree_bench_measure(const facetree_bench_job_t *job, uint32_t rounds,
    void (*work)(const facetree_bench_job_t *job),
    facetree_bench_time_t *result)
{
    double    start, spent;
    uint32_t  i, passes;

    for (i = 0; i <= rounds; i++) {
        passes = 0;
        start = facetree_bench_clock();

        do {
            work(job);
            passes++;
            spent = facetree_bench_clock() - start;
        } while (spent < FACETREE_BENCH_SECONDS);

        if (i > 0) {
            job->times[i - 1] = spent * 1e9 / passes / job->dataset->count;
        }
    }

    qsort(job->times, rounds, sizeof(double), facetree_bench_compare);

    result->best = job->times[0];
    result->median = (job->times[(rounds - 1) / 2]
                      + job->times[rounds / 2]) / 2.0;
}


static json_t *
facetree_bench_json_time(const facetree_bench_time_t *time)
{
    return json_pack("{s:f, s:f, s:f}", "ns_per_image", time->median,
                     "best_ns_per_image", time->best,
                     "images_per_second", 1e9 / time->median);
}


static facetree_status_e
facetree_bench_print_json(const facetree_bench_t *bench,
    const facetree_bench_job_t *job, const facetree_bench_time_t *single,
    const facetree_bench_time_t *batch, facetree_error_t *err)
{
    char                shown[4096];
    json_t             *document;
    facetree_status_e   status;

    facetree_text_escape(bench->model, shown, sizeof(shown));

    document = json_pack("{s:{s:s, s:s, s:I, s:I}, s:s, s:I, s:I, s:o, s:o}",
                         "model",
                         "path", shown,
                         "version", facetree_model_version(job->model),
                         "trees",
                         (json_int_t) facetree_model_trees(job->model),
                         "nodes",
                         (json_int_t) facetree_model_nodes(job->model),
                         "dataset", job->dataset->name,
                         "pictures", (json_int_t) job->dataset->count,
                         "rounds", (json_int_t) bench->rounds,
                         "single", facetree_bench_json_time(single),
                         "batch", facetree_bench_json_time(batch));

    if (document == NULL) {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    status = facetree_document_print(document, err);
    json_decref(document);

    return status;
}


static void
facetree_bench_print(const facetree_bench_t *bench,
    const facetree_bench_job_t *job, const facetree_bench_time_t *single,
    const facetree_bench_time_t *batch)
{
    printf("model     %s, %lu trees, %lu nodes\n", bench->model,
           (unsigned long) facetree_model_trees(job->model),
           (unsigned long) facetree_model_nodes(job->model));
    printf("pictures  %lu of %s, %lu rounds, one thread\n",
           (unsigned long) job->dataset->count, job->dataset->name,
           (unsigned long) bench->rounds);
    printf("single    %.0f ns per image, %.0f images/s (best %.0f ns)\n",
           single->median, 1e9 / single->median, single->best);
    printf("batch     %.0f ns per image, %.0f images/s (best %.0f ns)\n",
           batch->median, 1e9 / batch->median, batch->best);
}


static int
facetree_bench_data(facetree_arguments_t *args, const facetree_bench_t *bench,
    const facetree_model_t *model, const facetree_dataset_t *dataset)
{
    facetree_error_t       err;
    facetree_status_e      status;
    facetree_bench_job_t   job;
    facetree_bench_time_t  single, batch;

    job.model = model;
    job.dataset = dataset;
    job.probabilities = calloc((size_t) dataset->count
                               * facetree_model_classes(model),
                               sizeof(double));
    job.predictions = calloc(dataset->count, sizeof(facetree_prediction_t));
    job.times = calloc(bench->rounds, sizeof(double));
    status = FACETREE_OK;

    if (job.probabilities == NULL || job.predictions == NULL
        || job.times == NULL)
    {
        status = facetree_fail(&err, FACETREE_ENOMEM, FACETREE_NO_OFFSET,
                               NULL);
        goto done;
    }

    facetree_bench_measure(&job, bench->rounds, facetree_bench_single,
                           &single);
    facetree_bench_measure(&job, bench->rounds, facetree_bench_batch, &batch);

    if (args->json) {
        status = facetree_bench_print_json(bench, &job, &single, &batch,
                                           &err);

    } else if (!args->console.quiet) {
        facetree_bench_print(bench, &job, &single, &batch);
    }

done:

    free(job.probabilities);
    free(job.predictions);
    free(job.times);

    return status == FACETREE_OK
           ? FACETREE_EXIT_OK
           : facetree_console_fail(&args->console, FACETREE_EXIT_FAILED,
                                   "%s", err.text);
}


static int
facetree_bench_run(const facetree_verb_t *verb, int argc, char **argv)
{
    int                    code;
    facetree_size_t        size;
    facetree_bench_t       bench;
    facetree_model_t      *model;
    facetree_dataset_t     dataset;
    facetree_arguments_t   args;

    memset(&bench, 0, sizeof(bench));

    bench.model = FACETREE_DEFAULT_MODEL;
    bench.rounds = FACETREE_BENCH_ROUNDS;
    bench.data.path = "synthetic";

    code = facetree_arguments_read(verb, &args, &bench, argc, argv);

    if (code != FACETREE_ARGUMENTS_GO) {
        return code;
    }

    code = facetree_arguments_load_model(&args, bench.model, &model);

    if (code != FACETREE_EXIT_OK) {
        return code;
    }

    size.width = facetree_model_width(model);
    size.height = facetree_model_height(model);

    code = facetree_arguments_load_data(&args, &bench.data, size, &dataset);

    if (code == FACETREE_EXIT_OK) {
        code = facetree_bench_data(&args, &bench, model, &dataset);
        facetree_dataset_clear(&dataset);
    }

    facetree_model_free(model);

    return facetree_console_finish(&args.console, code);
}
