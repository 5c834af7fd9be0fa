
/*
 * Copyright (C) facetree contributors
 *
 * Responses of the inference protocol: JSON and raw bytes of every output,
 * each read back and compared with what was predicted.
 */


#include "inference.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


#define TEST_CLASSES  7
#define TEST_COUNT    2


typedef struct {
    facetree_model_t             *model;
    facetree_inference_t         *request;
    facetree_prediction_t         predictions[TEST_COUNT];
    double                        probabilities[TEST_COUNT * TEST_CLASSES];
    uint8_t                      *body;
    facetree_inference_answer_t   answer;
} test_answer_t;


/* Two pictures as pixels, classified; "rest" is the end of the request. */

static void
test_answer(test_answer_t *test, const char *rest)
{
    char                      json[1024];
    size_t                    i;
    uint8_t                   pixels[TEST_COUNT * TEST_FEATURES];
    facetree_error_t          err;
    facetree_test_request_t   request;

    for (i = 0; i < sizeof(pixels); i++) {
        pixels[i] = (uint8_t) (i * 37);
    }

    snprintf(json, sizeof(json), "{\"inputs\": [{\"name\": \"image\", "
             "\"shape\": [2,30], \"datatype\": \"UINT8\", \"parameters\": "
             "{\"binary_data_size\": 60}}]%s}", rest);

    memset(test, 0, sizeof(*test));
    memset(&request, 0, sizeof(request));

    request.json = json;
    request.raw = pixels;
    request.raw_len = sizeof(pixels);

    test->model = facetree_test_inference_model();
    cr_assert_eq(facetree_test_inference_parse(&request, test->model,
                                               &test->request, &test->body,
                                               &err),
                 FACETREE_OK, "%s", err.text);

    for (i = 0; i < TEST_COUNT; i++) {
        facetree_predict(test->model,
                         facetree_inference_picture(test->request,
                                                 (uint32_t) i)->pixels,
                         test->probabilities + i * TEST_CLASSES,
                         &test->predictions[i]);
    }

    test->answer.model = test->model;
    test->answer.model_name = "fa\"ces";
    test->answer.request = test->request;
    test->answer.predictions = test->predictions;
    test->answer.probabilities = test->probabilities;
}


static void
test_clear(test_answer_t *test)
{
    facetree_inference_free(test->request);
    facetree_model_free(test->model);
    free(test->body);
}


/* Parses the JSON part; "*raw" is the copy of what is behind it. */

static json_t *
test_render(const test_answer_t *test, uint8_t **raw, size_t *raw_len)
{
    char               *out;
    json_t             *json;
    size_t              header, len;
    facetree_error_t    err;

    cr_assert_eq(facetree_inference_render(&test->answer, &out, &len, &header,
                                           &err),
                 FACETREE_OK, "%s", err.text);

    if (header == 0) {
        cr_assert_eq(strlen(out), len);
        header = len;
    }

    json = json_loadb(out, header, JSON_REJECT_DUPLICATES, NULL);
    cr_assert_not_null(json);

    *raw_len = len - header;
    *raw = malloc(*raw_len ? *raw_len : 1);
    memcpy(*raw, out + header, *raw_len);
    free(out);

    return json;
}


static const json_t *
test_output(const json_t *root, size_t index, const char *name,
    const char *datatype, json_int_t columns)
{
    const json_t  *output, *shape;

    output = json_array_get(json_object_get(root, "outputs"), index);

    cr_assert_str_eq(json_string_value(json_object_get(output, "name")),
                     name);
    cr_assert_str_eq(json_string_value(json_object_get(output, "datatype")),
                     datatype);

    shape = json_object_get(output, "shape");
    cr_assert_eq(json_array_size(shape), columns ? 2 : 1);
    cr_expect_eq(json_integer_value(json_array_get(shape, 0)), TEST_COUNT);

    if (columns) {
        cr_expect_eq(json_integer_value(json_array_get(shape, 1)), columns);
    }

    return output;
}


static const json_t *
test_data(const json_t *output, size_t count)
{
    const json_t  *data;

    cr_assert_eq(json_object_size(output), 4);
    data = json_object_get(output, "data");
    cr_assert_eq(json_array_size(data), count);

    return data;
}


Test(inference_answer, all_as_json)
{
    size_t          i, raw_len;
    json_t         *root;
    uint8_t        *raw;
    const json_t   *data;
    test_answer_t   test;

    test_answer(&test, "");
    root = test_render(&test, &raw, &raw_len);

    cr_expect_eq(raw_len, 0);
    cr_expect_eq(json_object_size(root), 3);
    cr_expect_str_eq(json_string_value(json_object_get(root, "model_name")),
                     "fa\"ces");
    cr_expect_str_eq(json_string_value(json_object_get(root,
                                                       "model_version")),
                     facetree_model_version(test.model));
    cr_assert_eq(json_array_size(json_object_get(root, "outputs")), 3);

    data = test_data(test_output(root, 0, "label", "BYTES", 0), TEST_COUNT);

    for (i = 0; i < TEST_COUNT; i++) {
        cr_expect_str_eq(json_string_value(json_array_get(data, i)),
                         facetree_model_label(test.model,
                                              test.predictions[i].class));
    }

    data = test_data(test_output(root, 1, "class", "INT64", 0), TEST_COUNT);

    for (i = 0; i < TEST_COUNT; i++) {
        cr_expect_eq(json_integer_value(json_array_get(data, i)),
                     test.predictions[i].class);
    }

    data = test_data(test_output(root, 2, "probabilities", "FP32",
                                 TEST_CLASSES), TEST_COUNT * TEST_CLASSES);

    for (i = 0; i < TEST_COUNT * TEST_CLASSES; i++) {
        cr_expect_eq((float) json_real_value(json_array_get(data, i)),
                     (float) test.probabilities[i]);
    }

    json_decref(root);
    free(raw);
    test_clear(&test);
}


/* Reads a BYTES element off "*raw". */

static size_t
test_bytes(const uint8_t *raw, size_t left, const char *expected)
{
    size_t  len;

    cr_assert_geq(left, 4);
    len = raw[0] | (size_t) raw[1] << 8 | (size_t) raw[2] << 16
          | (size_t) raw[3] << 24;
    cr_assert_geq(left - 4, len);
    cr_expect_eq(len, strlen(expected));
    cr_expect_eq(memcmp(raw + 4, expected, len), 0);

    return 4 + len;
}


static size_t
test_size(const json_t *output)
{
    cr_assert_eq(json_object_size(output), 4);

    return (size_t) json_integer_value(json_object_get(
                       json_object_get(output, "parameters"),
                       "binary_data_size"));
}


Test(inference_answer, all_as_bytes)
{
    float           value;
    size_t          at, i, raw_len;
    json_t         *root;
    int64_t         class;
    uint8_t        *raw;
    test_answer_t   test;

    test_answer(&test, ", \"parameters\": {\"binary_data_output\": true}, "
                "\"id\": \"q\\\"1\"");
    root = test_render(&test, &raw, &raw_len);

    cr_expect_str_eq(json_string_value(json_object_get(root, "id")), "q\"1");

    at = 0;

    for (i = 0; i < TEST_COUNT; i++) {
        at += test_bytes(raw + at, raw_len - at,
                         facetree_model_label(test.model,
                                              test.predictions[i].class));
    }

    cr_expect_eq(test_size(test_output(root, 0, "label", "BYTES", 0)), at);
    cr_expect_eq(test_size(test_output(root, 1, "class", "INT64", 0)),
                 8 * TEST_COUNT);
    cr_expect_eq(test_size(test_output(root, 2, "probabilities", "FP32",
                                       TEST_CLASSES)),
                 4 * TEST_COUNT * TEST_CLASSES);
    cr_assert_eq(raw_len, at + 8 * TEST_COUNT + 4 * TEST_COUNT * TEST_CLASSES);

    for (i = 0; i < TEST_COUNT; i++, at += 8) {
        memcpy(&class, raw + at, 8);             /* this is little-endian */
        cr_expect_eq(class, test.predictions[i].class);
    }

    for (i = 0; i < TEST_COUNT * TEST_CLASSES; i++, at += 4) {
        memcpy(&value, raw + at, 4);
        cr_expect_eq(value, (float) test.probabilities[i]);
    }

    json_decref(root);
    free(raw);
    test_clear(&test);
}


static void
test_class_text(const test_answer_t *test, size_t item, uint32_t class,
    char *out, size_t size)
{
    float  value;

    value = (float) test->probabilities[item * TEST_CLASSES + class];

    snprintf(out, size, "%.9g:%u:%s", (double) value, (unsigned) class,
             facetree_model_label(test->model, class));
}


/* Splits "0.5:3:label"; its number must be the probability. */

static void
test_class(const test_answer_t *test, size_t item, uint32_t class,
    const char *text)
{
    char  *end, rest[64];

    cr_assert_not_null(text);
    cr_expect_eq(strtof(text, &end),
                 (float) test->probabilities[item * TEST_CLASSES + class]);
    snprintf(rest, sizeof(rest), ":%u:%s", (unsigned) class,
             facetree_model_label(test->model, class));
    cr_expect_str_eq(end, rest);
}


Test(inference_answer, classification)
{
    char            text[128];
    size_t          at, i, raw_len;
    json_t         *root;
    uint8_t        *raw;
    uint32_t        k, n, top[TEST_CLASSES];
    const json_t   *data;
    test_answer_t   test;

    test_answer(&test, ", \"outputs\": [{\"name\": \"probabilities\", "
                "\"parameters\": {\"classification\": 3}}]");
    root = test_render(&test, &raw, &raw_len);
    cr_expect_eq(raw_len, 0);
    cr_assert_eq(json_array_size(json_object_get(root, "outputs")), 1);
    data = test_data(test_output(root, 0, "probabilities", "BYTES", 3),
                     TEST_COUNT * 3);

    for (i = 0; i < TEST_COUNT; i++) {
        n = facetree_top(test.probabilities + i * TEST_CLASSES, TEST_CLASSES,
                         test.predictions[i].class, 3, top);
        cr_assert_eq(n, 3);

        for (k = 0; k < 3; k++) {
            test_class(&test, i, top[k],
                       json_string_value(json_array_get(data, i * 3 + k)));
        }
    }

    json_decref(root);
    free(raw);
    test_clear(&test);

    /* More than there are: all; in bytes. */

    test_answer(&test, ", \"outputs\": [{\"name\": \"probabilities\", "
                "\"parameters\": {\"classification\": 9223372036854775807, "
                "\"binary_data\": true}}]");

    /* Numbers that nine digits tell as well as fewer ones. */

    for (i = 0; i < TEST_COUNT * TEST_CLASSES; i++) {
        test.probabilities[i] = (double) i / 16;
    }

    root = test_render(&test, &raw, &raw_len);
    cr_expect_eq(test_size(test_output(root, 0, "probabilities", "BYTES",
                                       TEST_CLASSES)), raw_len);

    for (i = 0, at = 0; i < TEST_COUNT; i++) {
        n = facetree_top(test.probabilities + i * TEST_CLASSES, TEST_CLASSES,
                         test.predictions[i].class, TEST_CLASSES, top);

        for (k = 0; k < n; k++) {
            test_class_text(&test, i, top[k], text, sizeof(text));
            at += test_bytes(raw + at, raw_len - at, text);
        }
    }

    cr_expect_eq(at, raw_len);

    json_decref(root);
    free(raw);
    test_clear(&test);
}


Test(inference_answer, forms_may_mix)
{
    size_t          raw_len;
    json_t         *root;
    uint8_t        *raw;
    test_answer_t   test;

    test_answer(&test, ", \"outputs\": [{\"name\": \"class\"}, {\"name\": "
                "\"probabilities\", \"parameters\": {\"binary_data\": true}}, "
                "{\"name\": \"label\"}]");
    root = test_render(&test, &raw, &raw_len);

    (void) test_data(test_output(root, 0, "class", "INT64", 0), TEST_COUNT);
    cr_expect_eq(test_size(test_output(root, 1, "probabilities", "FP32",
                                       TEST_CLASSES)), raw_len);
    (void) test_data(test_output(root, 2, "label", "BYTES", 0), TEST_COUNT);

    json_decref(root);
    free(raw);
    test_clear(&test);
}


/* Floats are shown with as few digits as bring them back. */

Test(inference_answer, digits)
{
    char           *out;
    size_t          header, len;
    test_answer_t   test;

    test_answer(&test, ", \"outputs\": [{\"name\": \"probabilities\"}]");
    memset(test.probabilities, 0, sizeof(test.probabilities));
    test.probabilities[2] = 0.92;
    test.probabilities[3] = 0.1;

    cr_assert_eq(facetree_inference_render(&test.answer, &out, &len, &header,
                                           NULL), FACETREE_OK);
    cr_expect_not_null(strstr(out, "\"data\": [0.0, 0.0, 0.92, 0.1, 0.0, "),
                       "%s", out);
    free(out);
    test_clear(&test);
}


static unsigned  test_mallocs_left;


static void *
test_malloc(size_t size)
{
    if (test_mallocs_left == 0) {
        return NULL;
    }

    test_mallocs_left--;

    return malloc(size);
}


Test(inference_answer, memory_runs_out)
{
    char               *out;
    size_t              header, len;
    unsigned            n;
    test_answer_t       test;
    facetree_error_t    err;
    facetree_status_e   status;

    test_answer(&test, ", \"id\": \"7\"");
    json_set_alloc_funcs(test_malloc, free);
    status = FACETREE_ENOMEM;

    for (n = 0; n < 10000 && status != FACETREE_OK; n++) {
        test_mallocs_left = n;
        out = NULL;
        status = facetree_inference_render(&test.answer, &out, &len, &header,
                                           &err);

        if (status != FACETREE_OK) {
            cr_assert_eq(status, FACETREE_ENOMEM);
            cr_assert_null(out);
        }
    }

    json_set_alloc_funcs(malloc, free);
    cr_assert_gt(n, 30);
    cr_assert_lt(n, 10000);
    free(out);
    test_clear(&test);
}
