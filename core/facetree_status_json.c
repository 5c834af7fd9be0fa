
/*
 * Copyright (C) facetree contributors
 *
 * The state of a server as JSON, for people and scripts.
 */


#include "facetree_json.h"
#include "facetree_metrics_int.h"

#include <stdio.h>


static json_t *
facetree_status_count(json_t *object, const char *name, uint64_t value)
{
    return facetree_json_set(object, name, facetree_json_integer(value));
}


/*
 * Linear within the bucket that the quantile falls into, whose lower bound is
 * that of the one before it; the highest bound if it is above all.
 */

static double
facetree_status_quantile(const facetree_histogram_view_t *view,
    const facetree_buckets_t *buckets, double share)
{
    double    low, rank, high;
    uint32_t  i;
    uint64_t  below;

    rank = share * (double) view->count;
    below = 0;

    for (i = 0; i < buckets->count; i++) {
        if ((double) (below + view->bucket[i]) >= rank) {
            break;
        }

        below += view->bucket[i];
    }

    low = (i > 0) ? (double) buckets->bucket[i - 1].bound : 0.0;

    if (i == buckets->count) {
        return low / (double) buckets->unit;
    }

    high = (double) buckets->bucket[i].bound;

    if (view->bucket[i]) {
        low += (high - low) * (rank - (double) below)
               / (double) view->bucket[i];
    }

    return low / (double) buckets->unit;
}


static json_t *
facetree_status_histogram(int *digits,
    const facetree_histogram_t *histogram, const facetree_buckets_t *buckets)
{
    size_t                     i;
    json_t                    *object;
    facetree_histogram_view_t  view;

    static const struct {
        const char  *name;
        double       share;
    } quantiles[] = {
        { "p50", 0.5 },
        { "p90", 0.9 },
        { "p99", 0.99 }
    };

    facetree_counters_view(histogram, &view);

    object = facetree_status_count(json_object(), "count", view.count);
    object = facetree_json_set(object, "sum",
                               facetree_json_real(digits,
                                                  (double) view.sum
                                                  / (double) buckets->unit));

    /* There is no quantile of nothing. */

    for (i = 0; view.count > 0 && i < 3; i++) {
        object = facetree_json_set(object, quantiles[i].name,
                     facetree_json_real(digits,
                         facetree_status_quantile(&view, buckets,
                                                  quantiles[i].share)));
    }

    return object;
}


static json_t *
facetree_status_failures(const facetree_counters_t *counters)
{
    json_t    *object;
    uint32_t   i;
    uint64_t   n;

    object = json_object();

    for (i = 0; i < FACETREE_REASON_COUNT; i++) {
        n = facetree_counters_read(&counters->failures[i]);

        if (n) {
            object = facetree_status_count(object, facetree_reason_name(i),
                                           n);
        }
    }

    return object;
}


static json_t *
facetree_status_requests(const facetree_counters_t *counters)
{
    json_t                      *object;
    facetree_inference_stats_t   stats;

    facetree_counters_stats(counters, &stats);

    object = facetree_status_count(json_object(), "success",
                                   stats.success.count);
    object = facetree_status_count(object, "failure", stats.fail.count);
    object = facetree_json_set(object, "failures",
                               facetree_status_failures(counters));
    object = facetree_status_count(object, "in_progress",
                                   facetree_counters_gauge(
                                                    counters->in_progress));
    object = facetree_status_count(object, "queued",
                                   facetree_counters_gauge(counters->queued));
    object = facetree_status_count(object, "queue_rejected",
                                   facetree_counters_read(
                                                &counters->queue_rejected));

    return facetree_status_count(object, "last_success_ms",
                                 stats.last_inference_ms);
}


static json_t *
facetree_status_pictures(const facetree_counters_t *counters)
{
    json_t    *formats, *object;
    uint32_t   i;

    object = facetree_status_count(json_object(), "classified",
                                   facetree_counters_read(
                                                    &counters->inferences));
    object = facetree_status_count(object, "executions",
                                   facetree_counters_read(
                                                    &counters->executions));
    object = facetree_status_count(object, "below_threshold",
                                   facetree_counters_read(
                                                      &counters->rejected));
    formats = json_object();

    for (i = 0; i < FACETREE_FORMAT_COUNT; i++) {
        formats = facetree_status_count(formats, facetree_metrics_format(i),
                                        facetree_counters_read(
                                                     &counters->images[i]));
    }

    return facetree_json_set(object, "formats", formats);
}


static json_t *
facetree_status_durations(int *digits,
    const facetree_counters_t *counters)
{
    json_t    *object;
    uint32_t   i;

    object = json_object();

    for (i = 0; i < FACETREE_ENDPOINT_MODELS; i++) {
        object = facetree_json_set(object, facetree_endpoint_name(i),
                                   facetree_status_histogram(digits,
                                                  &counters->duration[i],
                                                  &facetree_buckets_seconds));
    }

    return object;
}


static json_t *
facetree_status_stages(int *digits,
    const facetree_counters_t *counters)
{
    json_t    *object;
    uint32_t   i;

    object = json_object();

    for (i = 0; i < FACETREE_STAGE_COUNT; i++) {
        object = facetree_json_set(object, facetree_stage_name(i),
                                   facetree_status_histogram(digits,
                                                  &counters->stage[i],
                                                  &facetree_buckets_seconds));
    }

    return object;
}


static json_t *
facetree_status_counters(int *digits, json_t *object,
    const facetree_counters_t *counters)
{
    object = facetree_json_set(object, "requests",
                               facetree_status_requests(counters));
    object = facetree_json_set(object, "pictures",
                               facetree_status_pictures(counters));
    object = facetree_json_set(object, "request_seconds",
                               facetree_status_durations(digits, counters));
    object = facetree_json_set(object, "stage_seconds",
                               facetree_status_stages(digits, counters));
    object = facetree_json_set(object, "body_bytes",
                               facetree_status_histogram(digits,
                                                  &counters->body,
                                                  &facetree_buckets_bytes));
    object = facetree_json_set(object, "image_pixels",
                               facetree_status_histogram(digits,
                                                  &counters->pixels,
                                                  &facetree_buckets_pixels));
    object = facetree_json_set(object, "confidence",
                               facetree_status_histogram(digits,
                                                  &counters->confidence,
                                                  &facetree_buckets_shares));

    return facetree_json_set(object, "margin",
                             facetree_status_histogram(digits,
                                                  &counters->margin,
                                                  &facetree_buckets_shares));
}


/* In the order of the classes, since labels need not differ. */

static json_t *
facetree_status_classes(const facetree_metrics_model_t *model)
{
    json_t    *array, *entry;
    uint32_t   i, n;

    array = json_array();
    n = facetree_model_classes(model->model);

    for (i = 0; i < n; i++) {
        entry = facetree_json_set(json_object(), "label",
                                  facetree_json_string(facetree_model_label(
                                                         model->model, i)));
        entry = facetree_status_count(entry, "count",
                                      facetree_counters_read(
                                                       &model->classes[i]));
        array = facetree_json_append(array, entry);
    }

    return array;
}


static json_t *
facetree_status_model(int *digits,
    const facetree_metrics_model_t *model)
{
    json_t                  *object;
    const facetree_model_t  *m;

    m = model->model;

    object = facetree_json_set(json_object(), "name",
                               facetree_json_string(model->name));
    object = facetree_json_set(object, "version",
                               json_string(facetree_model_version(m)));
    object = facetree_json_set(object, "algorithm",
                               json_string(facetree_algorithm_name(
                                             facetree_model_algorithm(m))));
    object = facetree_status_count(object, "trees", facetree_model_trees(m));
    object = facetree_status_count(object, "classes",
                                   facetree_model_classes(m));
    object = facetree_status_count(object, "bytes", facetree_model_bytes(m));
    object = facetree_json_set(object, "ready", json_boolean(model->ready));
    object = facetree_status_count(object, "loaded_ms", model->loaded_ms);

    if (model->counters) {
        object = facetree_status_counters(digits, object, model->counters);
    }

    if (model->classes) {
        object = facetree_json_set(object, "predictions",
                                   facetree_status_classes(model));
    }

    return object;
}


/* Requests of one endpoint: codes, of all methods together. */

static json_t *
facetree_status_codes(const facetree_server_counters_t *server,
    uint32_t endpoint)
{
    char       code[16];
    json_t    *object;
    uint32_t   c, m;
    uint64_t   n;

    object = json_object();

    for (c = 0; c < FACETREE_COUNTERS_CODES; c++) {
        n = 0;

        for (m = 0; m < FACETREE_METHOD_COUNT; m++) {
            n += facetree_counters_read(&server->requests[endpoint][m][c]);
        }

        if (n) {
            snprintf(code, sizeof(code), "%u", facetree_counters_code(c));
            object = facetree_status_count(object, facetree_counters_code(c)
                                                   ? code : "other", n);
        }
    }

    return object;
}


static json_t *
facetree_status_server(json_t *root, const facetree_metrics_t *metrics)
{
    json_t                            *object;
    uint32_t                           i;
    const facetree_server_counters_t  *server;

    server = metrics->server;

    object = facetree_status_count(json_object(), "success",
                                   facetree_counters_read(&server->reloads));
    object = facetree_status_count(object, "failure",
                                   facetree_counters_read(
                                                 &server->reload_failures));
    root = facetree_json_set(root, "reloads", object);

    object = facetree_status_count(json_object(), "reserved",
                                   facetree_counters_gauge(server->memory));
    object = facetree_status_count(object, "limit", metrics->memory_limit);
    root = facetree_json_set(root, "memory", object);

    object = json_object();

    for (i = 0; i < FACETREE_ENDPOINT_COUNT; i++) {
        object = facetree_json_set(object, facetree_endpoint_name(i),
                                   facetree_status_codes(server, i));
    }

    return facetree_json_set(root, "http_requests", object);
}


static json_t *
facetree_status_build(const facetree_metrics_t *metrics)
{
    json_t    *list, *object;
    uint32_t   format;

    object = facetree_json_set(json_object(), "version",
                               json_string(FACETREE_VERSION));

    if (metrics->host_version) {
        object = facetree_json_set(object, "nginx_version",
                                   facetree_json_string(
                                                   metrics->host_version));
    }

    if (metrics->revision) {
        object = facetree_json_set(object, "revision",
                                   facetree_json_string(metrics->revision));
    }

    list = json_array();

    for (format = 1; format < FACETREE_FORMAT_COUNT; format++) {
        if (facetree_format_supported() & FACETREE_FORMAT_BIT(format)) {
            list = facetree_json_append(list,
                                        json_string(facetree_format_name(
                                            (facetree_format_e) format)));
        }
    }

    return facetree_json_set(object, "decoders", list);
}


static json_t *
facetree_status_zones(const facetree_metrics_t *metrics)
{
    json_t    *list, *object;
    uint32_t   i;

    list = json_array();

    for (i = 0; i < metrics->zones_count; i++) {
        object = facetree_json_set(json_object(), "name",
                                   facetree_json_string(
                                                  metrics->zones[i].name));
        object = facetree_status_count(object, "size",
                                       metrics->zones[i].size);
        object = facetree_status_count(object, "free",
                                       metrics->zones[i].free);
        list = facetree_json_append(list, object);
    }

    return list;
}


facetree_status_e
facetree_status_json(const facetree_metrics_t *metrics, char **out,
    size_t *len, facetree_error_t *err)
{
    int        digits;
    json_t    *list, *root;
    uint32_t   i;

    digits = FACETREE_JSON_MIN_DIGITS;

    root = facetree_json_set(json_object(), "build",
                             facetree_status_build(metrics));

    if (metrics->server) {
        root = facetree_status_server(root, metrics);
    }

    list = json_array();

    for (i = 0; i < metrics->count; i++) {
        list = facetree_json_append(list,
                                    facetree_status_model(&digits,
                                                     &metrics->models[i]));
    }

    root = facetree_json_set(root, "models", list);
    root = facetree_json_set(root, "zones", facetree_status_zones(metrics));

    return facetree_json_dump(root, digits, out, len, err);
}
