
/*
 * Copyright (C) facetree contributors
 *
 * The small bodies of the inference protocol, member for member.
 */


#include "inference.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


static void
test_body(facetree_status_e status, char *out, size_t len,
    const char *expected)
{
    cr_assert_eq(status, FACETREE_OK);
    cr_expect_str_eq(out, expected);
    cr_expect_eq(len, strlen(expected));
    free(out);
}


Test(inference_metadata, server)
{
    char               *out;
    size_t              len;
    facetree_status_e   status;

    status = facetree_inference_server(&out, &len, NULL);
    test_body(status, out, len,
              "{\"name\": \"facetree\", \"version\": \"" FACETREE_VERSION
              "\", \"extensions\": [\"binary_tensor_data\", "
              "\"classification\", \"statistics\"]}");

    status = facetree_inference_live(1, &out, &len, NULL);
    test_body(status, out, len, "{\"live\": true}");

    status = facetree_inference_ready(1, "x", &out, &len, NULL);
    test_body(status, out, len, "{\"ready\": true}");

    status = facetree_inference_ready(0, NULL, &out, &len, NULL);
    test_body(status, out, len,
              "{\"ready\": false, \"error\": \"not ready\"}");

    status = facetree_inference_error("a \"b\" \xff", &out, &len, NULL);
    test_body(status, out, len, "{\"error\": \"a \\\"b\\\" \xef\xbf\xbd\"}");
}


Test(inference_metadata, model)
{
    char                        *out, expected[1024];
    size_t                       len;
    facetree_status_e            status;
    facetree_inference_model_t   model;

    memset(&model, 0, sizeof(model));
    model.name = "fa\"ces";
    model.model = facetree_test_inference_model();

    snprintf(expected, sizeof(expected),
             "{\"name\": \"fa\\\"ces\", \"versions\": [\"%s\"], "
             "\"platform\": \"facetree_forest\", "
             "\"inputs\": [{\"name\": \"image\", \"datatype\": \"BYTES\", "
             "\"shape\": [-1]}], "
             "\"outputs\": [{\"name\": \"label\", \"datatype\": \"BYTES\", "
             "\"shape\": [-1]}, "
             "{\"name\": \"class\", \"datatype\": \"INT64\", "
             "\"shape\": [-1]}, "
             "{\"name\": \"probabilities\", \"datatype\": \"FP32\", "
             "\"shape\": [-1, 7]}], "
             "\"properties\": {\"algorithm\": \"random-forest\", "
             "\"trees\": \"5\", \"classes\": \"7\", "
             "\"image_datatypes\": \"BYTES UINT8 FP32\", "
             "\"image_pixels_shape\": \"[-1,5,6]\"}}",
             facetree_model_version(model.model));

    status = facetree_inference_metadata(&model, &out, &len, NULL);
    test_body(status, out, len, expected);

    status = facetree_inference_model_ready(&model, &out, &len, NULL);
    test_body(status, out, len, "{\"name\": \"fa\\\"ces\", \"ready\": true}");

    facetree_model_free((facetree_model_t *) model.model);
    model.model = NULL;
    model.reason = "damaged";

    status = facetree_inference_model_ready(&model, &out, &len, NULL);
    test_body(status, out, len, "{\"name\": \"fa\\\"ces\", \"ready\": false, "
              "\"error\": \"damaged\"}");
}


Test(inference_metadata, lists)
{
    char                        *out, expected[2048];
    size_t                       len;
    const char                  *version;
    facetree_model_t            *model;
    facetree_status_e            status;
    facetree_inference_model_t   models[2];

    model = facetree_test_inference_model();
    version = facetree_model_version(model);

    memset(models, 0, sizeof(models));
    models[0].name = "a";
    models[0].model = model;
    models[1].name = "b\xff";

    status = facetree_inference_models(models, 0, &out, &len, NULL);
    test_body(status, out, len, "{\"models\": []}");

    status = facetree_inference_models(models, 2, &out, &len, NULL);
    test_body(status, out, len,
              "{\"models\": [\"a\", \"b\xef\xbf\xbd\"]}");

    snprintf(expected, sizeof(expected),
             "[{\"name\": \"a\", \"version\": \"%s\", \"state\": \"READY\", "
             "\"reason\": \"\"}, {\"name\": \"b\xef\xbf\xbd\", "
             "\"state\": \"UNAVAILABLE\", \"reason\": \"not loaded\"}]",
             version);
    status = facetree_inference_index(models, 2, 0, &out, &len, NULL);
    test_body(status, out, len, expected);

    *strstr(expected, ", {") = '\0';
    strcat(expected, "]");
    status = facetree_inference_index(models, 2, 1, &out, &len, NULL);
    test_body(status, out, len, expected);

    models[0].stats.last_inference_ms = 1;
    models[0].stats.inferences = UINT64_MAX;
    models[0].stats.executions = 3;
    models[0].stats.success.count = 4;
    models[0].stats.success.ns = 5;
    models[0].stats.fail.count = 6;
    models[0].stats.queue.ns = 7;
    models[0].stats.input.ns = 8;
    models[0].stats.infer.ns = 9;
    models[0].stats.output.ns = 10;

    snprintf(expected, sizeof(expected),
             "{\"model_stats\": [{\"name\": \"a\", \"version\": \"%s\", "
             "\"last_inference\": 1, "
             "\"inference_count\": 9223372036854775807, "
             "\"execution_count\": 3, \"inference_stats\": {"
             "\"success\": {\"count\": 4, \"ns\": 5}, "
             "\"fail\": {\"count\": 6, \"ns\": 0}, "
             "\"queue\": {\"count\": 0, \"ns\": 7}, "
             "\"compute_input\": {\"count\": 0, \"ns\": 8}, "
             "\"compute_infer\": {\"count\": 0, \"ns\": 9}, "
             "\"compute_output\": {\"count\": 0, \"ns\": 10}, "
             "\"cache_hit\": {\"count\": 0, \"ns\": 0}, "
             "\"cache_miss\": {\"count\": 0, \"ns\": 0}}, "
             "\"batch_stats\": []}]}", version);
    status = facetree_inference_statistics(models, 1, &out, &len, NULL);
    test_body(status, out, len, expected);

    facetree_model_free(model);
}


Test(inference_metadata, index_request)
{
    int               ready;
    size_t            i;
    facetree_error_t  err;

    static const char *const  bad[] = {
        "{\"ready\": 1}", "[]", "7", "{", "{\"ready\": null}"
    };

    ready = 7;
    cr_expect_eq(facetree_inference_index_parse("", 0, &ready, NULL),
                 FACETREE_OK);
    cr_expect_eq(ready, 0);

    cr_expect_eq(facetree_inference_index_parse("{\"ready\": true}", 15,
                                                &ready, NULL), FACETREE_OK);
    cr_expect_eq(ready, 1);

    cr_expect_eq(facetree_inference_index_parse("{\"ready\": false}", 16,
                                                &ready, NULL), FACETREE_OK);
    cr_expect_eq(ready, 0);

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ready = 7;
        cr_expect_neq(facetree_inference_index_parse(bad[i], strlen(bad[i]),
                                                     &ready, &err),
                      FACETREE_OK);
        cr_expect_eq(facetree_inference_http_status(err.status), 400);
        cr_expect_eq(ready, 7);
    }
}
