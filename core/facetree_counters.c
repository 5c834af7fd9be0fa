
/*
 * Copyright (C) facetree contributors
 *
 * Counting, in memory that processes share.  Nothing here needs an order
 * between two counters, so that relaxed atomics are enough.
 */


#include "facetree_metrics_int.h"

#include <string.h>


#define FACETREE_COUNTERS_BILLION  1000000000u


static const facetree_bucket_t  facetree_bucket_seconds[] = {
    { 250000, "0.00025" },
    { 500000, "0.0005" },
    { 1000000, "0.001" },
    { 2500000, "0.0025" },
    { 5000000, "0.005" },
    { 10000000, "0.01" },
    { 25000000, "0.025" },
    { 50000000, "0.05" },
    { 100000000, "0.1" },
    { 250000000, "0.25" },
    { 500000000, "0.5" },
    { 1000000000, "1.0" },
    { 2500000000u, "2.5" }
};

static const facetree_bucket_t  facetree_bucket_bytes[] = {
    { 1024, "1024.0" },
    { 4096, "4096.0" },
    { 16384, "16384.0" },
    { 65536, "65536.0" },
    { 262144, "262144.0" },
    { 1048576, "1048576.0" },
    { 4194304, "4194304.0" },
    { 8388608, "8388608.0" },
    { 16777216, "16777216.0" }
};

static const facetree_bucket_t  facetree_bucket_pixels[] = {
    { 4096, "4096.0" },
    { 65536, "65536.0" },
    { 262144, "262144.0" },
    { 1000000, "1000000.0" },
    { 2000000, "2000000.0" },
    { 5000000, "5000000.0" },
    { 12000000, "12000000.0" },
    { 16000000, "16000000.0" },
    { 25000000, "25000000.0" }
};

static const facetree_bucket_t  facetree_bucket_shares[] = {
    { 100000000, "0.1" },
    { 200000000, "0.2" },
    { 300000000, "0.3" },
    { 400000000, "0.4" },
    { 500000000, "0.5" },
    { 600000000, "0.6" },
    { 700000000, "0.7" },
    { 800000000, "0.8" },
    { 900000000, "0.9" },
    { 1000000000, "1.0" }
};

#define FACETREE_BUCKETS(buckets, unit)                                       \
    { buckets, sizeof(buckets) / sizeof(buckets[0]), unit }

const facetree_buckets_t  facetree_buckets_seconds =
    FACETREE_BUCKETS(facetree_bucket_seconds, FACETREE_COUNTERS_BILLION);
const facetree_buckets_t  facetree_buckets_bytes =
    FACETREE_BUCKETS(facetree_bucket_bytes, 1);
const facetree_buckets_t  facetree_buckets_pixels =
    FACETREE_BUCKETS(facetree_bucket_pixels, 1);
const facetree_buckets_t  facetree_buckets_shares =
    FACETREE_BUCKETS(facetree_bucket_shares, FACETREE_COUNTERS_BILLION);

_Static_assert(sizeof(facetree_bucket_seconds)
               < FACETREE_HISTOGRAM_BUCKETS * sizeof(facetree_bucket_t),
               "one bucket is for what is above all bounds");


/* The last one, 0, is for all others. */

static const uint16_t  facetree_counters_codes[FACETREE_COUNTERS_CODES] = {
    200, 204, 301, 302, 304, 400, 401, 403, 404, 405, 406, 408, 411, 413,
    414, 415, 422, 429, 499, 500, 502, 503, 504, 0
};


#define FACETREE_METRICS_TEXT(name, text)  text,

static const char *const  facetree_endpoint_names[] = {
    FACETREE_ENDPOINT_MAP(FACETREE_METRICS_TEXT)
};

static const char *const  facetree_stage_names[] = {
    FACETREE_STAGE_MAP(FACETREE_METRICS_TEXT)
};

static const char *const  facetree_reason_names[] = {
    FACETREE_REASON_MAP(FACETREE_METRICS_TEXT)
};

static const char *const  facetree_method_names[] = {
    FACETREE_METHOD_MAP(FACETREE_METRICS_TEXT)
};

#undef FACETREE_METRICS_TEXT


const char *
facetree_endpoint_name(uint32_t endpoint)
{
    return facetree_endpoint_names[endpoint];
}


const char *
facetree_stage_name(uint32_t stage)
{
    return facetree_stage_names[stage];
}


const char *
facetree_reason_name(uint32_t reason)
{
    return facetree_reason_names[reason];
}


const char *
facetree_method_name(uint32_t method)
{
    return facetree_method_names[method];
}


const char *
facetree_metrics_format(uint32_t format)
{
    return (format == FACETREE_UNKNOWN_FORMAT)
           ? "raw" : facetree_format_name((facetree_format_e) format);
}


facetree_reason_e
facetree_reason_of(facetree_status_e status)
{
    uint32_t     i;
    const char  *token;

    if (status == FACETREE_OK || status == FACETREE_ECANCELLED) {
        return FACETREE_REASON_COUNT;
    }

    token = facetree_status_token(status);

    for (i = 0; i < FACETREE_REASON_COUNT; i++) {
        if (strcmp(facetree_reason_names[i], token) == 0) {
            return (facetree_reason_e) i;
        }
    }

    /* Files and models are the server's own affair. */

    return FACETREE_REASON_INTERNAL;
}


facetree_method_e
facetree_method_of(const char *method, size_t len)
{
    uint32_t  i;

    for (i = 0; i < FACETREE_METHOD_OTHER; i++) {
        if (strlen(facetree_method_names[i]) == len
            && memcmp(facetree_method_names[i], method, len) == 0)
        {
            break;
        }
    }

    return (facetree_method_e) i;
}


static void
facetree_counters_add(uint64_t *counter, uint64_t n)
{
    (void) __atomic_fetch_add(counter, n, __ATOMIC_RELAXED);
}


uint64_t
facetree_counters_read(const uint64_t *counter)
{
    return __atomic_load_n(counter, __ATOMIC_RELAXED);
}


static void
facetree_counters_observe(facetree_histogram_t *histogram,
    const facetree_buckets_t *buckets, uint64_t value)
{
    uint32_t  i;

    for (i = 0; i < buckets->count; i++) {
        if (value <= buckets->bucket[i].bound) {
            break;
        }
    }

    facetree_counters_add(&histogram->bucket[i], 1);
    facetree_counters_add(&histogram->sum, value);
}


void
facetree_counters_view(const facetree_histogram_t *histogram,
    facetree_histogram_view_t *view)
{
    uint32_t  i;

    view->count = 0;

    for (i = 0; i < FACETREE_HISTOGRAM_BUCKETS; i++) {
        view->bucket[i] = facetree_counters_read(&histogram->bucket[i]);
        view->count += view->bucket[i];
    }

    view->sum = facetree_counters_read(&histogram->sum);
}


void
facetree_counters_request(facetree_counters_t *counters,
    facetree_endpoint_e endpoint, facetree_reason_e reason, uint64_t ns,
    uint64_t now_ms)
{
    if (counters == NULL) {
        return;
    }

    if (reason < FACETREE_REASON_COUNT) {
        facetree_counters_add(&counters->failures[reason], 1);
        facetree_counters_add(&counters->fail_ns, ns);

    } else {
        facetree_counters_add(&counters->success, 1);
        facetree_counters_add(&counters->success_ns, ns);
        __atomic_store_n(&counters->last_inference_ms, now_ms,
                         __ATOMIC_RELAXED);
    }

    if (endpoint < FACETREE_ENDPOINT_MODELS) {
        facetree_counters_observe(&counters->duration[endpoint],
                                  &facetree_buckets_seconds, ns);
    }
}


void
facetree_counters_stage(facetree_counters_t *counters, facetree_stage_e stage,
    uint64_t ns)
{
    if (counters) {
        facetree_counters_observe(&counters->stage[stage],
                                  &facetree_buckets_seconds, ns);
    }
}


void
facetree_counters_body(facetree_counters_t *counters, uint64_t bytes)
{
    if (counters) {
        facetree_counters_observe(&counters->body, &facetree_buckets_bytes,
                                  bytes);
    }
}


void
facetree_counters_image(facetree_counters_t *counters,
    facetree_format_e format, uint64_t pixels)
{
    if (counters && format < FACETREE_FORMAT_COUNT) {
        facetree_counters_add(&counters->images[format], 1);
        facetree_counters_observe(&counters->pixels, &facetree_buckets_pixels,
                                  pixels);
    }
}


/* In billionths; a number that is no share becomes 0 or 1. */

static uint64_t
facetree_counters_share(double value)
{
    if (!(value > 0.0)) {
        return 0;
    }

    return (uint64_t) ((value < 1.0 ? value : 1.0) * FACETREE_COUNTERS_BILLION
                       + 0.5);
}


void
facetree_counters_prediction(facetree_counters_t *counters,
    const facetree_prediction_t *prediction, double threshold)
{
    if (counters == NULL) {
        return;
    }

    facetree_counters_add(&counters->inferences, 1);
    facetree_counters_observe(&counters->confidence, &facetree_buckets_shares,
                              facetree_counters_share(
                                                    prediction->confidence));
    facetree_counters_observe(&counters->margin, &facetree_buckets_shares,
                              facetree_counters_share(prediction->margin));

    if (!(prediction->confidence >= threshold)) {
        facetree_counters_add(&counters->rejected, 1);
    }
}


void
facetree_counters_execution(facetree_counters_t *counters)
{
    if (counters) {
        facetree_counters_add(&counters->executions, 1);
    }
}


void
facetree_counters_begin(facetree_counters_t *counters, unsigned slot)
{
    if (counters) {
        facetree_counters_add(
            &counters->in_progress[slot % FACETREE_COUNTERS_SLOTS], 1);
    }
}


/* Adding all ones is subtracting one. */

void
facetree_counters_end(facetree_counters_t *counters, unsigned slot)
{
    if (counters) {
        facetree_counters_add(
            &counters->in_progress[slot % FACETREE_COUNTERS_SLOTS],
            UINT64_MAX);
    }
}


void
facetree_counters_queue(facetree_counters_t *counters, unsigned slot)
{
    if (counters) {
        facetree_counters_add(
            &counters->queued[slot % FACETREE_COUNTERS_SLOTS], 1);
    }
}


void
facetree_counters_unqueue(facetree_counters_t *counters, unsigned slot)
{
    if (counters) {
        facetree_counters_add(
            &counters->queued[slot % FACETREE_COUNTERS_SLOTS], UINT64_MAX);
    }
}


void
facetree_counters_clear_slot(facetree_counters_t *counters, unsigned slot)
{
    if (counters == NULL) {
        return;
    }

    slot %= FACETREE_COUNTERS_SLOTS;

    __atomic_store_n(&counters->in_progress[slot], 0, __ATOMIC_RELAXED);
    __atomic_store_n(&counters->queued[slot], 0, __ATOMIC_RELAXED);
}


uint64_t
facetree_counters_gauge(const uint64_t *slots)
{
    int64_t   n;
    uint32_t  i;
    uint64_t  sum;

    sum = 0;

    for (i = 0; i < FACETREE_COUNTERS_SLOTS; i++) {
        n = (int64_t) facetree_counters_read(&slots[i]);
        sum += (n > 0) ? (uint64_t) n : 0;
    }

    return sum;
}


void
facetree_counters_queue_rejected(facetree_counters_t *counters)
{
    if (counters) {
        facetree_counters_add(&counters->queue_rejected, 1);
    }
}


void
facetree_counters_class(uint64_t *classes, uint32_t class)
{
    if (classes) {
        facetree_counters_add(&classes[class], 1);
    }
}


unsigned
facetree_counters_code(uint32_t index)
{
    return facetree_counters_codes[index];
}


void
facetree_counters_http(facetree_server_counters_t *counters,
    facetree_endpoint_e endpoint, facetree_method_e method, unsigned code)
{
    uint32_t  i;

    if (counters == NULL) {
        return;
    }

    for (i = 0; i < FACETREE_COUNTERS_CODES - 1; i++) {
        if (facetree_counters_codes[i] == code) {
            break;
        }
    }

    facetree_counters_add(&counters->requests[endpoint][method][i], 1);
}


void
facetree_counters_memory(facetree_server_counters_t *counters, unsigned slot,
    uint64_t bytes)
{
    if (counters) {
        __atomic_store_n(&counters->memory[slot % FACETREE_COUNTERS_SLOTS],
                         bytes, __ATOMIC_RELAXED);
    }
}


void
facetree_counters_reload(facetree_server_counters_t *counters, int ok)
{
    if (counters) {
        facetree_counters_add(ok ? &counters->reloads
                                 : &counters->reload_failures, 1);
    }
}


static void
facetree_counters_span(const facetree_histogram_t *histogram,
    facetree_inference_span_t *span)
{
    facetree_histogram_view_t  view;

    facetree_counters_view(histogram, &view);

    span->count = view.count;
    span->ns = view.sum;
}


void
facetree_counters_stats(const facetree_counters_t *counters,
    facetree_inference_stats_t *stats)
{
    uint32_t  i;

    memset(stats, 0, sizeof(*stats));

    if (counters == NULL) {
        return;
    }

    stats->last_inference_ms =
        facetree_counters_read(&counters->last_inference_ms);
    stats->inferences = facetree_counters_read(&counters->inferences);
    stats->executions = facetree_counters_read(&counters->executions);
    stats->success.count = facetree_counters_read(&counters->success);
    stats->success.ns = facetree_counters_read(&counters->success_ns);
    stats->fail.ns = facetree_counters_read(&counters->fail_ns);

    for (i = 0; i < FACETREE_REASON_COUNT; i++) {
        stats->fail.count += facetree_counters_read(&counters->failures[i]);
    }

    facetree_counters_span(&counters->stage[FACETREE_STAGE_QUEUE],
                           &stats->queue);
    facetree_counters_span(&counters->stage[FACETREE_STAGE_DECODE],
                           &stats->input);
    facetree_counters_span(&counters->stage[FACETREE_STAGE_PREDICT],
                           &stats->infer);
    facetree_counters_span(&counters->stage[FACETREE_STAGE_RENDER],
                           &stats->output);
}
