
/*
 * Copyright (C) facetree contributors
 *
 * Counters, and the texts that show them: read back by a strict reader, which
 * is first shown to refuse what is wrong.
 */


#include "facetree_metrics.h"
#include "inference.h"
#include "prometheus.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


#define TEST_CLASSES  7
#define TEST_HOSTILE  "a\"b\\c\nd\xff{}"
#define TEST_ESCAPED  "a\\\"b\\\\c\\nd\xef\xbf\xbd{}"


typedef struct {
    facetree_model_t            *model;
    facetree_counters_t         *counters;
    facetree_server_counters_t  *server;
    uint64_t                     classes[TEST_CLASSES];
    facetree_metrics_model_t     models[2];
    facetree_metrics_zone_t      zones[1];
    facetree_metrics_t           metrics;
} test_metrics_t;


static void
test_metrics(test_metrics_t *test)
{
    memset(test, 0, sizeof(*test));

    test->model = facetree_test_inference_model();
    test->counters = calloc(1, sizeof(*test->counters));
    test->server = calloc(1, sizeof(*test->server));
    cr_assert(test->counters && test->server);

    test->models[0].name = "faces";
    test->models[0].model = test->model;
    test->models[0].counters = test->counters;
    test->models[0].classes = test->classes;
    test->models[0].loaded_ms = 1700000000250;
    test->models[0].ready = 1;
    test->models[1].name = TEST_HOSTILE;
    test->models[1].model = test->model;
    test->zones[0].name = "facetree";
    test->zones[0].size = 1000;
    test->zones[0].free = 400;

    test->metrics.host_version = "1.22.1";
    test->metrics.server = test->server;
    test->metrics.models = test->models;
    test->metrics.count = 2;
    test->metrics.zones = test->zones;
    test->metrics.zones_count = 1;
}


static void
test_metrics_clear(test_metrics_t *test)
{
    facetree_model_free(test->model);
    free(test->counters);
    free(test->server);
}


static void
test_observe(test_metrics_t *test)
{
    facetree_counters_t    *c;
    facetree_prediction_t   prediction = { 3, 0.3, 0.05 };

    c = test->counters;

    facetree_counters_request(c, FACETREE_ENDPOINT_PREDICT,
                              FACETREE_REASON_COUNT, 250000, 77);
    facetree_counters_request(c, FACETREE_ENDPOINT_PREDICT,
                              FACETREE_REASON_COUNT, 250001, 78);
    facetree_counters_request(c, FACETREE_ENDPOINT_INFER,
                              FACETREE_REASON_PIXELS, 3000000000, 79);
    facetree_counters_stage(c, FACETREE_STAGE_DECODE, 1000);
    facetree_counters_body(c, 4096);
    facetree_counters_image(c, FACETREE_JPEG, 12000000);
    facetree_counters_image(c, FACETREE_UNKNOWN_FORMAT, 30);
    facetree_counters_image(c, FACETREE_FORMAT_COUNT, 1);
    facetree_counters_execution(c);
    facetree_counters_prediction(c, &prediction, 0.3);
    facetree_counters_prediction(c, &prediction, 0.31);
    prediction.confidence = 1.0;
    facetree_counters_prediction(c, &prediction, 0.0);
    facetree_counters_class(test->classes, 3);
    facetree_counters_class(NULL, 3);
    facetree_counters_begin(c, 5);
    facetree_counters_begin(c, 5 + FACETREE_COUNTERS_SLOTS);
    facetree_counters_end(c, 5);
    facetree_counters_begin(c, 6);
    facetree_counters_queue(c, 7);
    facetree_counters_queue_rejected(c);
    facetree_counters_http(test->server, FACETREE_ENDPOINT_UI,
                           FACETREE_METHOD_GET, 200);
    facetree_counters_http(test->server, FACETREE_ENDPOINT_UI,
                           FACETREE_METHOD_GET, 418);
    facetree_counters_reload(test->server, 1);
    facetree_counters_reload(test->server, 0);
}


static void
test_read(const test_metrics_t *test, int openmetrics,
    facetree_test_prometheus_t *read)
{
    char              *text;
    size_t             at, len;
    const char        *error;
    facetree_error_t   err;

    cr_assert_eq(facetree_metrics_text(&test->metrics, openmetrics, &text,
                                       &len, &err),
                 FACETREE_OK, "%s", err.text);
    cr_assert_eq(strlen(text), len);

    error = facetree_test_prometheus_read(read, text, openmetrics, &at);
    cr_assert_null(error, "line %zu: %s\n%s", at, error, text);

    free(text);
}


/* "%" in a series stands for the version of the model. */

static void
test_value(const test_metrics_t *test, const facetree_test_prometheus_t *read,
    const char *series, double value)
{
    char         text[1024];
    const char  *p;

    p = strchr(series, '%');
    snprintf(text, sizeof(text), "%.*s%s%s", p ? (int) (p - series) : 0,
             series, p ? facetree_model_version(test->model) : "",
             p ? p + 1 : series);

    cr_expect_eq(facetree_test_prometheus_value(read, text), value,
                 "%s is %.9g", text,
                 facetree_test_prometheus_value(read, text));
}


Test(metrics, reader_refuses)
{
    size_t                       at, i;
    facetree_test_prometheus_t  *read;

    static const char *const  wrong[] = {
        "a 1\n", "# HELP a b\na 1\n", "# TYPE a gauge\na 1\n",
        "# HELP a b\n# TYPE a gauge\na 1", "# HELP a b\n# TYPE a gauge\n\n",
        "# HELP a b\n# TYPE a gauge\na 1\na 2\n",
        "# HELP a b\n# TYPE a gauge\nb 1\n",
        "# HELP a b\n# TYPE a gauge\na NaN\n",
        "# HELP a b\n# TYPE a gauge\na{b=\"\\x\"} 1\n",
        "# HELP a b\n# TYPE a gauge\na{b=\"\xff\"} 1\n",
        "# HELP a b\n# TYPE a gauge\na{b=\"1\",b=\"2\"} 1\n",
        "# HELP a b\n# TYPE a gauge\na{b=\"1\"\"} 1\n",
        "# HELP a b\n# TYPE a gauge\na{1b=\"1\"} 1\n",
        "# HELP a b\n# TYPE a gauge\na{b=\"1\n\"} 1\n",
        "# HELP a b\n# TYPE a gauge\n# HELP a b\n# TYPE a gauge\n",
        "# HELP a b\n# TYPE a counter\na 1\n",
        "# HELP a b\n# TYPE a histogram\na_bucket{le=\"1.0\"} 1\n",
        "# HELP a b\n# TYPE a histogram\na_bucket{le=\"1.0\"} 1\na_sum 1\n"
        "a_count 1\n",
        "# HELP a b\n# TYPE a histogram\na_bucket{le=\"1.0\"} 2\n"
        "a_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 1\n",
        "# HELP a b\n# TYPE a histogram\na_bucket{le=\"+Inf\"} 1\na_sum 1\n"
        "a_count 2\n",
        "# HELP a b\n# TYPE a histogram\na_bucket{le=\"1\"} 1\n"
        "a_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 1\n",
        "# HELP a b\n# TYPE a gauge\n# EOF\n"
    };

    read = calloc(1, sizeof(*read));

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        cr_expect_not_null(facetree_test_prometheus_read(read, wrong[i], 0,
                                                         &at),
                           "%s", wrong[i]);
        facetree_test_prometheus_clear(read);
    }

    cr_expect_null(facetree_test_prometheus_read(read,
        "# HELP a b\n# TYPE a histogram\na_bucket{le=\"0.5\"} 1\n"
        "a_bucket{le=\"+Inf\"} 3\na_sum 1.5\na_count 3\n", 0, &at));
    facetree_test_prometheus_clear(read);
    cr_expect_not_null(facetree_test_prometheus_read(read,
        "# HELP a_total b\n# TYPE a_total counter\na_total 1\n# EOF\n", 1,
        &at));
    facetree_test_prometheus_clear(read);
    cr_expect_not_null(facetree_test_prometheus_read(read,
        "# HELP a b\n# TYPE a counter\na_total 1\n", 1, &at));
    facetree_test_prometheus_clear(read);
    free(read);
}


/* What test_observe() makes of all kinds of series. */

static const struct {
    const char  *series;
    double       value;
} test_values[] = {
    { "facetree_model_ready{model=\"faces\",version=\"%\"}", 1 },
    { "facetree_model_ready{model=\"" TEST_ESCAPED "\",version=\"%\"}",
      0 },
    { "facetree_model_load_timestamp_seconds{model=\"faces\","
      "version=\"%\"}", 1700000000.25 },
    { "facetree_reloads_total{result=\"success\"}", 1 },
    { "facetree_reloads_total{result=\"failure\"}", 1 },
    { "facetree_http_requests_total{endpoint=\"ui\",method=\"GET\","
      "code=\"200\"}", 1 },
    { "facetree_http_requests_total{endpoint=\"ui\",method=\"GET\","
      "code=\"other\"}", 1 },
    { "facetree_inference_requests_total{model=\"faces\",version=\"%\","
      "outcome=\"success\"}", 2 },
    { "facetree_inference_requests_total{model=\"faces\",version=\"%\","
      "outcome=\"failure\"}", 1 },
    { "facetree_inference_failures_total{model=\"faces\","
      "reason=\"pixels\"}", 1 },
    { "facetree_inference_failures_total{model=\"faces\","
      "reason=\"json\"}", -1 },
    { "facetree_inferences_total{model=\"faces\",version=\"%\"}", 3 },
    { "facetree_executions_total{model=\"faces\",version=\"%\"}", 1 },
    { "facetree_queue_rejected_total{model=\"faces\"}", 1 },
    { "facetree_rejected_total{model=\"faces\"}", 1 },
    { "facetree_images_total{model=\"faces\",format=\"raw\"}", 1 },
    { "facetree_images_total{model=\"faces\",format=\"jpeg\"}", 1 },
    { "facetree_images_total{model=\"faces\",format=\"png\"}", 0 },
    { "facetree_requests_in_progress{model=\"faces\"}", 2 },
    { "facetree_queue_depth{model=\"faces\"}", 1 },
    { "facetree_request_duration_seconds_bucket{model=\"faces\","
      "endpoint=\"predict\",le=\"0.00025\"}", 1 },
    { "facetree_request_duration_seconds_bucket{model=\"faces\","
      "endpoint=\"predict\",le=\"0.0005\"}", 2 },
    { "facetree_request_duration_seconds_sum{model=\"faces\","
      "endpoint=\"predict\"}", 0.000500001 },
    { "facetree_request_duration_seconds_bucket{model=\"faces\","
      "endpoint=\"infer\",le=\"2.5\"}", 0 },
    { "facetree_request_duration_seconds_bucket{model=\"faces\","
      "endpoint=\"infer\",le=\"+Inf\"}", 1 },
    { "facetree_stage_duration_seconds_count{model=\"faces\","
      "stage=\"decode\"}", 1 },
    { "facetree_stage_duration_seconds_count{model=\"faces\","
      "stage=\"queue\"}", 0 },
    { "facetree_request_body_bytes_bucket{model=\"faces\","
      "le=\"1024.0\"}", 0 },
    { "facetree_request_body_bytes_bucket{model=\"faces\","
      "le=\"4096.0\"}", 1 },
    { "facetree_image_pixels_sum{model=\"faces\"}", 12000030 },
    { "facetree_confidence_bucket{model=\"faces\",version=\"%\","
      "le=\"0.2\"}", 0 },
    { "facetree_confidence_bucket{model=\"faces\",version=\"%\","
      "le=\"0.3\"}", 2 },
    { "facetree_confidence_bucket{model=\"faces\",version=\"%\","
      "le=\"1.0\"}", 3 },
    { "facetree_confidence_sum{model=\"faces\",version=\"%\"}", 1.6 },
    { "facetree_vote_margin_bucket{model=\"faces\",version=\"%\","
      "le=\"0.1\"}", 3 },
    { "facetree_predictions_total{model=\"faces\",class=\"s<4>\"}", 0 },
    { "facetree_predictions_total{model=\"faces\","
      "class=\"\xc3\x89mile\"}", 1 },
    { "facetree_shm_bytes{zone=\"facetree\",state=\"used\"}", 600 },
    { "facetree_shm_bytes{zone=\"facetree\",state=\"free\"}", 400 }
};


Test(metrics, values)
{
    int                          openmetrics;
    size_t                       i;
    test_metrics_t               test;
    facetree_test_prometheus_t  *read;

    read = calloc(1, sizeof(*read));
    test_metrics(&test);
    test_observe(&test);

    for (openmetrics = 0; openmetrics < 2; openmetrics++) {
        test_read(&test, openmetrics, read);
        cr_expect_eq(read->families, 26);

        for (i = 0; i < sizeof(test_values) / sizeof(test_values[0]); i++) {
            test_value(&test, read, test_values[i].series,
                       test_values[i].value);
        }

        facetree_test_prometheus_clear(read);
    }

    test_metrics_clear(&test);
    free(read);
}


/* Nothing observed, nothing there, and numbers at their end. */

Test(metrics, extremes)
{
    test_metrics_t               test;
    facetree_test_prometheus_t  *read;

    read = calloc(1, sizeof(*read));
    test_metrics(&test);

    test_read(&test, 0, read);
    facetree_test_prometheus_clear(read);

    memset(test.counters, 0xff, sizeof(*test.counters));
    test.counters->body.bucket[0] = 0;
    memset(test.counters->stage, 0, sizeof(test.counters->stage));
    memset(test.counters->duration, 0, sizeof(test.counters->duration));
    memset(&test.counters->body, 0, 4 * sizeof(facetree_histogram_t));
    test.counters->stage[0].sum = UINT64_MAX;
    test.zones[0].free = 2000;
    test_read(&test, 1, read);
    test_value(&test, read,
               "facetree_stage_duration_seconds_sum{model=\"faces\","
               "stage=\"queue\"}", 18446744073.709551615);

    /* Processes that ended more than they began have none in progress. */

    test_value(&test, read, "facetree_requests_in_progress{model=\"faces\"}",
               0);
    facetree_test_prometheus_clear(read);

    test.metrics.server = NULL;
    test.metrics.count = 0;
    test.metrics.zones_count = 0;
    test.metrics.host_version = NULL;
    test_read(&test, 1, read);
    cr_expect_eq(read->count, 1);
    facetree_test_prometheus_clear(read);

    test_metrics_clear(&test);
    free(read);
}


Test(metrics, no_counters)
{
    facetree_prediction_t       prediction = { 0, 1.0, 1.0 };
    facetree_inference_stats_t  stats;

    facetree_counters_request(NULL, FACETREE_ENDPOINT_INFER,
                              FACETREE_REASON_JSON, 1, 1);
    facetree_counters_stage(NULL, FACETREE_STAGE_QUEUE, 1);
    facetree_counters_body(NULL, 1);
    facetree_counters_image(NULL, FACETREE_PNG, 1);
    facetree_counters_prediction(NULL, &prediction, 0.0);
    facetree_counters_execution(NULL);
    facetree_counters_begin(NULL, 1);
    facetree_counters_end(NULL, 1);
    facetree_counters_queue(NULL, 1);
    facetree_counters_unqueue(NULL, 1);
    facetree_counters_clear_slot(NULL, 1);
    facetree_counters_queue_rejected(NULL);
    facetree_counters_http(NULL, FACETREE_ENDPOINT_UI, FACETREE_METHOD_GET,
                           200);
    facetree_counters_reload(NULL, 1);
    facetree_counters_stats(NULL, &stats);
    cr_expect_eq(stats.success.count, 0);
}


Test(metrics, slots)
{
    test_metrics_t               test;
    facetree_test_prometheus_t  *read;

    read = calloc(1, sizeof(*read));
    test_metrics(&test);

    facetree_counters_begin(test.counters, 1);
    facetree_counters_begin(test.counters, 1);
    facetree_counters_begin(test.counters, 2);
    facetree_counters_queue(test.counters, 1);
    facetree_counters_unqueue(test.counters, 3);

    /* Process 1 has died and its slot is taken anew. */

    facetree_counters_clear_slot(test.counters,
                                 1 + 2 * FACETREE_COUNTERS_SLOTS);

    test_read(&test, 0, read);
    test_value(&test, read, "facetree_requests_in_progress{model=\"faces\"}",
               1);
    test_value(&test, read, "facetree_queue_depth{model=\"faces\"}", 0);

    facetree_test_prometheus_clear(read);
    test_metrics_clear(&test);
    free(read);
}


Test(metrics, names)
{
    int          i;
    const char  *token;

    cr_expect_eq(facetree_method_of("GET", 3), FACETREE_METHOD_GET);
    cr_expect_eq(facetree_method_of("PUT", 3), FACETREE_METHOD_PUT);
    cr_expect_eq(facetree_method_of("PU", 2), FACETREE_METHOD_OTHER);
    cr_expect_eq(facetree_method_of("other", 5), FACETREE_METHOD_OTHER);

    cr_expect_eq(facetree_reason_of(FACETREE_OK), FACETREE_REASON_COUNT);
    cr_expect_eq(facetree_reason_of(FACETREE_ECANCELLED),
                 FACETREE_REASON_COUNT);
    cr_expect_eq(facetree_reason_of(FACETREE_EIO), FACETREE_REASON_INTERNAL);
    cr_expect_eq(facetree_reason_of(FACETREE_EIMAGE),
                 FACETREE_REASON_CORRUPT);
    cr_expect_eq(facetree_reason_of(FACETREE_EBUSY),
                 FACETREE_REASON_OVERLOAD);

    /* Whatever a client can cause has a reason of its own. */

    for (i = 1; i < FACETREE_STATUS_COUNT; i++) {
        token = facetree_status_token((facetree_status_e) i);

        cr_expect_eq(facetree_reason_of((facetree_status_e) i)
                     == FACETREE_REASON_INTERNAL,
                     strcmp(token, "internal") == 0
                     || strcmp(token, "io") == 0
                     || strcmp(token, "model") == 0, "%s", token);
    }
}


Test(metrics, negotiation)
{
    size_t  i;

    static const struct {
        const char  *accept;
        int          openmetrics;
    } tests[] = {
        { "application/openmetrics-text;version=1.0.0;"
          "escaping=allow-utf-8;q=0.6,application/openmetrics-text;"
          "version=0.0.1;q=0.5,text/plain;version=1.0.0;"
          "escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,"
          "*/*;q=0.2", 1 },
        { "application/openmetrics-text", 1 },
        { "text/plain;version=0.0.4", 0 },
        { "*/*", 0 },
        { "application/*", 0 },
        { "application/openmetrics-text;q=0.3, text/plain;q=0.5", 0 },
        { "application/openmetrics-text;q=0", 0 },
        { "application/openmetrics-text, ;;", 0 },
        { "text/html,application/xhtml+xml,*/*;q=0.8", 0 },
        { "", 0 }
    };

    for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        cr_expect_eq(facetree_accepts_openmetrics(tests[i].accept,
                                                  strlen(tests[i].accept)),
                     tests[i].openmetrics, "%s", tests[i].accept);
    }

    cr_expect_eq(facetree_accepts_openmetrics(NULL, 0), 0);
    cr_expect_not_null(strstr(facetree_metrics_type(0), "version=0.0.4"));
    cr_expect_not_null(strstr(facetree_metrics_type(1), "version=1.0.0"));
}


#define TEST_THREADS  4
#define TEST_ROUNDS   20000


static void *
test_thread(void *data)
{
    int                     i;
    unsigned                slot;
    facetree_counters_t    *c;
    facetree_prediction_t   prediction = { 0, 0.5, 0.25 };

    c = data;
    slot = (unsigned) (uintptr_t) pthread_self() % 8;

    for (i = 0; i < TEST_ROUNDS; i++) {
        facetree_counters_begin(c, slot);
        facetree_counters_request(c, FACETREE_ENDPOINT_PREDICT,
                                  (i % 4) ? FACETREE_REASON_COUNT
                                          : FACETREE_REASON_JSON,
                                  (uint64_t) i, 1);
        facetree_counters_prediction(c, &prediction, 0.6);
        facetree_counters_end(c, slot);
    }

    return NULL;
}


/* Nothing is lost between threads, and a reader always sees a whole text. */

Test(metrics, threads)
{
    int                          i;
    pthread_t                    threads[TEST_THREADS];
    test_metrics_t               test;
    facetree_test_prometheus_t  *read;

    read = calloc(1, sizeof(*read));
    test_metrics(&test);

    for (i = 0; i < TEST_THREADS; i++) {
        cr_assert_eq(pthread_create(&threads[i], NULL, test_thread,
                                    test.counters), 0);
    }

    for (i = 0; i < 20; i++) {
        test_read(&test, 1, read);
        facetree_test_prometheus_clear(read);
    }

    for (i = 0; i < TEST_THREADS; i++) {
        cr_assert_eq(pthread_join(threads[i], NULL), 0);
    }

    test_read(&test, 0, read);
    test_value(&test, read, "facetree_inferences_total{model=\"faces\","
               "version=\"%\"}", TEST_THREADS * TEST_ROUNDS);
    test_value(&test, read, "facetree_inference_failures_total{"
               "model=\"faces\",reason=\"json\"}",
               TEST_THREADS * TEST_ROUNDS / 4);
    test_value(&test, read, "facetree_confidence_bucket{model=\"faces\","
               "version=\"%\",le=\"0.5\"}", TEST_THREADS * TEST_ROUNDS);
    test_value(&test, read, "facetree_confidence_sum{model=\"faces\","
               "version=\"%\"}", TEST_THREADS * TEST_ROUNDS / 2);
    test_value(&test, read, "facetree_requests_in_progress{model=\"faces\"}",
               0);
    cr_expect_eq(test.counters->duration[0].sum,
                 (uint64_t) TEST_THREADS * TEST_ROUNDS * (TEST_ROUNDS - 1)
                 / 2);

    facetree_test_prometheus_clear(read);
    test_metrics_clear(&test);
    free(read);
}


static json_t *
test_status(const test_metrics_t *test)
{
    char              *out;
    json_t            *root;
    size_t             len;
    facetree_error_t   err;

    cr_assert_eq(facetree_status_json(&test->metrics, &out, &len, &err),
                 FACETREE_OK, "%s", err.text);
    root = json_loadb(out, len, JSON_REJECT_DUPLICATES, NULL);
    cr_assert_not_null(root, "%s", out);
    free(out);

    return root;
}


/* The value at a path of names, parted by slashes. */

static const json_t *
test_at(const json_t *json, const char *path)
{
    char    name[64];
    size_t  n;

    for ( /* void */ ; *path; path += n + (path[n] == '/')) {
        n = strcspn(path, "/");
        snprintf(name, sizeof(name), "%.*s", (int) n, path);
        json = json_is_array(json)
               ? json_array_get(json, (size_t) atoi(name))
               : json_object_get(json, name);
        cr_assert_not_null(json, "%s", name);
    }

    return json;
}


Test(metrics, status)
{
    size_t           i;
    json_t          *root;
    test_metrics_t   test;

    static const struct {
        const char  *path;
        double       value;
    } values[] = {
        { "reloads/success", 1 },
        { "http_requests/ui/200", 1 },
        { "http_requests/ui/other", 1 },
        { "models/0/trees", 5 },
        { "models/0/loaded_ms", 1700000000250 },
        { "models/0/requests/success", 2 },
        { "models/0/requests/failure", 1 },
        { "models/0/requests/failures/pixels", 1 },
        { "models/0/requests/in_progress", 2 },
        { "models/0/requests/queued", 1 },
        { "models/0/requests/queue_rejected", 1 },
        { "models/0/requests/last_success_ms", 78 },
        { "models/0/pictures/classified", 3 },
        { "models/0/pictures/executions", 1 },
        { "models/0/pictures/below_threshold", 1 },
        { "models/0/pictures/formats/raw", 1 },
        { "models/0/request_seconds/predict/count", 2 },
        { "models/0/request_seconds/predict/sum", 0.000500001 },
        { "models/0/request_seconds/predict/p50", 0.00025 },
        { "models/0/request_seconds/infer/p99", 2.5 },
        { "models/0/stage_seconds/render/count", 0 },
        { "models/0/body_bytes/p50", 2560 },
        { "models/0/confidence/p50", 0.275 },
        { "models/0/predictions/3/count", 1 },
        { "zones/0/free", 400 }
    };

    test_metrics(&test);
    test_observe(&test);
    root = test_status(&test);

    for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        cr_expect_eq(json_number_value(test_at(root, values[i].path)),
                     values[i].value, "%s is %.17g", values[i].path,
                     json_number_value(test_at(root, values[i].path)));
    }

    cr_expect_str_eq(json_string_value(test_at(root, "models/0/version")),
                     facetree_model_version(test.model));
    cr_expect_str_eq(json_string_value(test_at(root, "build/nginx_version")),
                     "1.22.1");
    cr_expect(json_is_true(test_at(root, "models/0/ready")));
    cr_expect_null(json_object_get(test_at(root,
                                   "models/0/stage_seconds/render"), "p50"));
    cr_expect_null(json_object_get(test_at(root, "models/1"), "requests"));

    json_decref(root);
    test_metrics_clear(&test);
}


Test(metrics, protocol_statistics)
{
    test_metrics_t              test;
    facetree_inference_stats_t  stats;

    test_metrics(&test);
    test_observe(&test);
    facetree_counters_stats(test.counters, &stats);

    cr_expect_eq(stats.last_inference_ms, 78);
    cr_expect_eq(stats.inferences, 3);
    cr_expect_eq(stats.executions, 1);
    cr_expect_eq(stats.success.count, 2);
    cr_expect_eq(stats.success.ns, 500001);
    cr_expect_eq(stats.fail.count, 1);
    cr_expect_eq(stats.fail.ns, 3000000000);
    cr_expect_eq(stats.input.count, 1);
    cr_expect_eq(stats.input.ns, 1000);
    cr_expect_eq(stats.infer.count, 0);

    test_metrics_clear(&test);
}
