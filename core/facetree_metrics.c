
/*
 * Copyright (C) facetree contributors
 *
 * Which families of metrics there are, and what is in them.
 */


#include "facetree_answer.h"
#include "facetree_metrics_writer.h"

#include <stdio.h>
#include <string.h>


/* A counter or gauge of a model's block, told by where it lies. */

typedef struct {
    const char  *name;
    const char  *help;
    size_t       offset;
    int          version;          /* it has this label */
} facetree_metrics_counter_t;

typedef struct {
    const char                *name;
    const char                *help;
    size_t                     offset;
    const facetree_buckets_t  *buckets;
    int                        version;
} facetree_metrics_histogram_t;


static const facetree_metrics_counter_t  facetree_metrics_counters[] = {
    { "facetree_inferences", "Pictures classified.",
      offsetof(facetree_counters_t, inferences), 1 },
    { "facetree_executions", "Requests whose pictures were classified.",
      offsetof(facetree_counters_t, executions), 1 },
    { "facetree_queue_rejected", "Requests refused for a full queue.",
      offsetof(facetree_counters_t, queue_rejected), 0 },
    { "facetree_rejected", "Predictions below the threshold.",
      offsetof(facetree_counters_t, rejected), 0 }
};

static const facetree_metrics_histogram_t  facetree_metrics_histograms[] = {
    { "facetree_request_body_bytes", "Size of request bodies.",
      offsetof(facetree_counters_t, body), &facetree_buckets_bytes, 0 },
    { "facetree_image_pixels", "Width times height of pictures received.",
      offsetof(facetree_counters_t, pixels), &facetree_buckets_pixels, 0 },
    { "facetree_confidence", "Probability of the predicted class.",
      offsetof(facetree_counters_t, confidence), &facetree_buckets_shares,
      1 },
    { "facetree_vote_margin",
      "Probability of the predicted class, minus that of the next.",
      offsetof(facetree_counters_t, margin), &facetree_buckets_shares, 1 }
};


static void
facetree_metrics_build(facetree_metrics_writer_t *w)
{
    char                       decoders[128];
    size_t                     len;
    uint32_t                   format;
    const facetree_metrics_t  *m;

    m = w->metrics;
    decoders[0] = '\0';
    len = 0;

    for (format = 1; format < FACETREE_FORMAT_COUNT; format++) {
        if (facetree_format_supported() & FACETREE_FORMAT_BIT(format)) {
            len += (size_t) snprintf(decoders + len, sizeof(decoders) - len,
                                     "%s%s", len ? "," : "",
                                     facetree_format_name(
                                                (facetree_format_e) format));
        }
    }

    facetree_metrics_family(w, "facetree_build_info", "gauge",
                            "Versions of what is running.");
    facetree_metrics_open(w);
    facetree_metrics_label(w, "version", FACETREE_VERSION);
    facetree_metrics_label(w, "nginx_version",
                           m->host_version ? m->host_version : "");
    facetree_metrics_label(w, "revision", m->revision ? m->revision : "");
    facetree_metrics_label(w, "decoders", decoders);
    facetree_metrics_value(w, 1);
}


static void
facetree_metrics_model_info(facetree_metrics_writer_t *w,
    const facetree_metrics_model_t *model)
{
    char                     number[32];
    const facetree_model_t  *m;

    m = model->model;

    facetree_metrics_model(w, model, 1);
    facetree_metrics_label(w, "algorithm",
                           facetree_algorithm_name(
                                             facetree_model_algorithm(m)));

    snprintf(number, sizeof(number), "%u", (unsigned) facetree_model_trees(m));
    facetree_metrics_label(w, "trees", number);

    snprintf(number, sizeof(number), "%u",
             (unsigned) facetree_model_classes(m));
    facetree_metrics_label(w, "classes", number);

    facetree_metrics_label(w, "digest", facetree_model_version(m));
    facetree_metrics_value(w, 1);
}


static void
facetree_metrics_models(facetree_metrics_writer_t *w)
{
    uint32_t                         i, n;
    const facetree_metrics_model_t  *models;

    models = w->metrics->models;
    n = w->metrics->count;

    facetree_metrics_family(w, "facetree_model_info", "gauge",
                            "What a model is.");

    for (i = 0; i < n; i++) {
        facetree_metrics_model_info(w, &models[i]);
    }

    facetree_metrics_family(w, "facetree_model_ready", "gauge",
                            "Whether a model answers.");

    for (i = 0; i < n; i++) {
        facetree_metrics_model(w, &models[i], 1);
        facetree_metrics_value(w, models[i].ready ? 1 : 0);
    }

    facetree_metrics_family(w, "facetree_model_load_timestamp_seconds",
                            "gauge", "When a model was loaded, Unix time.");

    for (i = 0; i < n; i++) {
        facetree_metrics_model(w, &models[i], 1);
        facetree_metrics_decimal(w, models[i].loaded_ms, 1000);
    }

    facetree_metrics_family(w, "facetree_model_bytes", "gauge",
                            "Memory that a model takes, once for all "
                            "processes.");

    for (i = 0; i < n; i++) {
        facetree_metrics_model(w, &models[i], 1);
        facetree_metrics_value(w, facetree_model_bytes(models[i].model));
    }
}


static void
facetree_metrics_http(facetree_metrics_writer_t *w,
    const facetree_server_counters_t *server)
{
    char      code[16];
    uint32_t  c, e, m;
    uint64_t  n;

    facetree_metrics_family(w, "facetree_http_requests", "counter",
                            "HTTP requests by where they went and how they "
                            "were answered.");

    for (e = 0; e < FACETREE_ENDPOINT_COUNT; e++) {
        for (m = 0; m < FACETREE_METHOD_COUNT; m++) {
            for (c = 0; c < FACETREE_COUNTERS_CODES; c++) {

                n = facetree_counters_read(&server->requests[e][m][c]);

                if (n == 0) {
                    continue;
                }

                snprintf(code, sizeof(code), "%u", facetree_counters_code(c));

                facetree_metrics_open(w);
                facetree_metrics_label(w, "endpoint",
                                       facetree_endpoint_name(e));
                facetree_metrics_label(w, "method", facetree_method_name(m));
                facetree_metrics_label(w, "code", facetree_counters_code(c)
                                                  ? code : "other");
                facetree_metrics_value(w, n);
            }
        }
    }
}


static void
facetree_metrics_server(facetree_metrics_writer_t *w)
{
    const facetree_server_counters_t  *server;

    server = w->metrics->server;

    if (server == NULL) {
        return;
    }

    facetree_metrics_family(w, "facetree_reloads", "counter",
                            "Configurations read, with all their models.");
    facetree_metrics_open(w);
    facetree_metrics_label(w, "result", "success");
    facetree_metrics_value(w, facetree_counters_read(&server->reloads));
    facetree_metrics_open(w);
    facetree_metrics_label(w, "result", "failure");
    facetree_metrics_value(w,
                           facetree_counters_read(&server->reload_failures));

    facetree_metrics_family(w, "facetree_memory_reserved_bytes", "gauge",
                            "Memory that jobs hold, of all workers.");
    facetree_metrics_open(w);
    facetree_metrics_value(w, facetree_counters_gauge(server->memory));

    facetree_metrics_family(w, "facetree_memory_limit_bytes", "gauge",
                            "Memory that jobs of a worker may hold.");
    facetree_metrics_open(w);
    facetree_metrics_value(w, w->metrics->memory_limit);

    facetree_metrics_http(w, server);
}


static void
facetree_metrics_outcomes(facetree_metrics_writer_t *w,
    const facetree_metrics_model_t *model)
{
    facetree_inference_stats_t  stats;

    facetree_counters_stats(model->counters, &stats);

    facetree_metrics_model(w, model, 1);
    facetree_metrics_label(w, "outcome", "success");
    facetree_metrics_value(w, stats.success.count);
    facetree_metrics_model(w, model, 1);
    facetree_metrics_label(w, "outcome", "failure");
    facetree_metrics_value(w, stats.fail.count);
}


static void
facetree_metrics_reasons(facetree_metrics_writer_t *w,
    const facetree_metrics_model_t *model)
{
    uint32_t  i;
    uint64_t  n;

    for (i = 0; i < FACETREE_REASON_COUNT; i++) {
        n = facetree_counters_read(&model->counters->failures[i]);

        if (n) {
            facetree_metrics_model(w, model, 0);
            facetree_metrics_label(w, "reason", facetree_reason_name(i));
            facetree_metrics_value(w, n);
        }
    }
}


static void
facetree_metrics_formats(facetree_metrics_writer_t *w,
    const facetree_metrics_model_t *model)
{
    uint32_t  i;

    for (i = 0; i < FACETREE_FORMAT_COUNT; i++) {
        facetree_metrics_model(w, model, 0);
        facetree_metrics_label(w, "format", facetree_metrics_format(i));
        facetree_metrics_value(w, facetree_counters_read(
                                              &model->counters->images[i]));
    }
}


static void
facetree_metrics_durations(facetree_metrics_writer_t *w,
    const facetree_metrics_model_t *model)
{
    uint32_t  i;

    for (i = 0; i < FACETREE_ENDPOINT_MODELS; i++) {
        facetree_metrics_histogram(w, model, 0, "endpoint",
                                   facetree_endpoint_name(i),
                                   &model->counters->duration[i],
                                   &facetree_buckets_seconds);
    }
}


static void
facetree_metrics_stages(facetree_metrics_writer_t *w,
    const facetree_metrics_model_t *model)
{
    uint32_t  i;

    for (i = 0; i < FACETREE_STAGE_COUNT; i++) {
        facetree_metrics_histogram(w, model, 0, "stage",
                                   facetree_stage_name(i),
                                   &model->counters->stage[i],
                                   &facetree_buckets_seconds);
    }
}


static void
facetree_metrics_progress(facetree_metrics_writer_t *w,
    const facetree_metrics_model_t *model)
{
    facetree_metrics_model(w, model, 0);
    facetree_metrics_value(w,
                    facetree_counters_gauge(model->counters->in_progress));
}


static void
facetree_metrics_queue(facetree_metrics_writer_t *w,
    const facetree_metrics_model_t *model)
{
    facetree_metrics_model(w, model, 0);
    facetree_metrics_value(w,
                           facetree_counters_gauge(model->counters->queued));
}


/* Calls "write" for all models that have counters. */

static void
facetree_metrics_each(facetree_metrics_writer_t *w,
    void (*write)(facetree_metrics_writer_t *w,
        const facetree_metrics_model_t *model))
{
    uint32_t  i;

    for (i = 0; i < w->metrics->count; i++) {
        if (w->metrics->models[i].counters) {
            write(w, &w->metrics->models[i]);
        }
    }
}


static void
facetree_metrics_plain(facetree_metrics_writer_t *w,
    const facetree_metrics_counter_t *counter)
{
    uint32_t                         i;
    const uint8_t                   *block;
    const facetree_metrics_model_t  *model;

    facetree_metrics_family(w, counter->name, "counter", counter->help);

    for (i = 0; i < w->metrics->count; i++) {
        model = &w->metrics->models[i];
        block = (const uint8_t *) model->counters;

        if (block) {
            facetree_metrics_model(w, model, counter->version);
            facetree_metrics_value(w, facetree_counters_read(
                         (const void *) (block + counter->offset)));
        }
    }
}


static void
facetree_metrics_distribution(facetree_metrics_writer_t *w,
    const facetree_metrics_histogram_t *histogram)
{
    uint32_t                         i;
    const uint8_t                   *block;
    const facetree_metrics_model_t  *model;

    facetree_metrics_family(w, histogram->name, "histogram",
                            histogram->help);

    for (i = 0; i < w->metrics->count; i++) {
        model = &w->metrics->models[i];
        block = (const uint8_t *) model->counters;

        if (block) {
            facetree_metrics_histogram(w, model, histogram->version, NULL,
                         "", (const void *) (block + histogram->offset),
                         histogram->buckets);
        }
    }
}


static void
facetree_metrics_requests(facetree_metrics_writer_t *w)
{
    size_t  i, n;

    facetree_metrics_family(w, "facetree_inference_requests", "counter",
                            "Requests to a model that have ended.");
    facetree_metrics_each(w, facetree_metrics_outcomes);

    facetree_metrics_family(w, "facetree_inference_failures", "counter",
                            "Failed requests to a model, by reason.");
    facetree_metrics_each(w, facetree_metrics_reasons);

    n = sizeof(facetree_metrics_counters)
        / sizeof(facetree_metrics_counters[0]);

    for (i = 0; i < n; i++) {
        facetree_metrics_plain(w, &facetree_metrics_counters[i]);
    }

    facetree_metrics_family(w, "facetree_images", "counter",
                            "Pictures received, by format; raw ones came as "
                            "pixels.");
    facetree_metrics_each(w, facetree_metrics_formats);

    facetree_metrics_family(w, "facetree_requests_in_progress", "gauge",
                            "Requests being worked on.");
    facetree_metrics_each(w, facetree_metrics_progress);

    facetree_metrics_family(w, "facetree_queue_depth", "gauge",
                            "Requests waiting for a thread.");
    facetree_metrics_each(w, facetree_metrics_queue);
}


static void
facetree_metrics_distributions(facetree_metrics_writer_t *w)
{
    size_t  i, n;

    facetree_metrics_family(w, "facetree_request_duration_seconds",
                            "histogram", "Time from request to answer.");
    facetree_metrics_each(w, facetree_metrics_durations);

    facetree_metrics_family(w, "facetree_stage_duration_seconds",
                            "histogram",
                            "Time that requests spent in each stage.");
    facetree_metrics_each(w, facetree_metrics_stages);

    n = sizeof(facetree_metrics_histograms)
        / sizeof(facetree_metrics_histograms[0]);

    for (i = 0; i < n; i++) {
        facetree_metrics_distribution(w, &facetree_metrics_histograms[i]);
    }
}


static void
facetree_metrics_classes(facetree_metrics_writer_t *w)
{
    uint32_t                         c, i;
    const facetree_metrics_model_t  *model;

    for (i = 0; i < w->metrics->count; i++) {
        if (w->metrics->models[i].classes) {
            break;
        }
    }

    if (i == w->metrics->count) {
        return;
    }

    facetree_metrics_family(w, "facetree_predictions", "counter",
                            "Predictions of each class.");

    for ( /* void */ ; i < w->metrics->count; i++) {
        model = &w->metrics->models[i];

        if (model->classes == NULL) {
            continue;
        }

        for (c = 0; c < facetree_model_classes(model->model); c++) {
            facetree_metrics_model(w, model, 0);
            facetree_metrics_label(w, "class",
                                   facetree_model_label(model->model, c));
            facetree_metrics_value(w,
                                   facetree_counters_read(&model->classes[c]));
        }
    }
}


static void
facetree_metrics_zones(facetree_metrics_writer_t *w)
{
    uint32_t                        i;
    const facetree_metrics_zone_t  *zone;

    if (w->metrics->zones_count == 0) {
        return;
    }

    facetree_metrics_family(w, "facetree_shm_bytes", "gauge",
                            "Shared memory, used and free.");

    for (i = 0; i < w->metrics->zones_count; i++) {
        zone = &w->metrics->zones[i];

        facetree_metrics_open(w);
        facetree_metrics_label(w, "zone", zone->name);
        facetree_metrics_label(w, "state", "used");
        facetree_metrics_value(w, (zone->free < zone->size)
                                  ? zone->size - zone->free : 0);

        facetree_metrics_open(w);
        facetree_metrics_label(w, "zone", zone->name);
        facetree_metrics_label(w, "state", "free");
        facetree_metrics_value(w, zone->free);
    }
}


facetree_status_e
facetree_metrics_text(const facetree_metrics_t *metrics, int openmetrics,
    char **out, size_t *len, facetree_error_t *err)
{
    facetree_metrics_writer_t  w;

    memset(&w, 0, sizeof(w));

    w.metrics = metrics;
    w.openmetrics = openmetrics;
    facetree_buffer_init(&w.text, FACETREE_ANSWER_MAX);

    facetree_metrics_build(&w);
    facetree_metrics_models(&w);
    facetree_metrics_server(&w);
    facetree_metrics_requests(&w);
    facetree_metrics_distributions(&w);
    facetree_metrics_classes(&w);
    facetree_metrics_zones(&w);

    if (openmetrics) {
        facetree_buffer_puts(&w.text, "# EOF\n");
    }

    return facetree_buffer_take(&w.text, out, len, err);
}


const char *
facetree_metrics_type(int openmetrics)
{
    return openmetrics
           ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
           : "text/plain; version=0.0.4; charset=utf-8";
}
