
/*
 * Copyright (C) facetree contributors
 *
 * Answers and refusals as JSON: the documented members in their order, numbers
 * that survive, text that is valid, memory that may run out anywhere.
 */


#include "answer.h"
#include "fixture_forest.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


#define TEST_TOP                                                              \
    "\"top\": [{\"label\": \"s<4>\", \"class\": 4, \"probability\": 0.92}, "  \
    "{\"label\": \"bob\", \"class\": 1, \"probability\": 0.07"                \
    "}, {\"label\": \"\xc3\x89mile\", \"class\": 3, \"probability\": 0.01}]"

#define TEST_IMAGE                                                            \
    "\"image\": {\"format\": \"jpeg\", \"width\": 4000, \"height\": 3000, "   \
    "\"orientation\": 6}"

#define TEST_PREDICTION                                                       \
    "{\"label\": \"s<4>\", \"class\": 4, \"confidence\": 0.92, "              \
    "\"margin\": 0.85, \"decision\": \"accepted\", "


/* Numbers are where an allocator of jansson's is failed, from this call on. */
static unsigned  test_mallocs_left;


Test(json, answer)
{
    char                    *out, expected[4096];
    size_t                   len;
    facetree_error_t         err;
    facetree_test_answer_t   test;

    facetree_test_answer(&test, "{}");

    snprintf(expected, sizeof(expected),
        "{\"model\": {\"name\": \"olivetti\", \"version\": \"%s\"}, "
        "\"predictions\": ["
        TEST_PREDICTION TEST_TOP ", " TEST_IMAGE
        ", \"filename\": \"<me>.jpg\"}, "
        TEST_PREDICTION TEST_TOP ", " TEST_IMAGE "}, "
        "{\"error\": {\"type\": \"urn:facetree:error:pixels\", "
        "\"title\": \"picture is too large\", "
        "\"detail\": \"picture has 4000 x 3000000 pixels\", "
        "\"limit\": 25000000, \"observed\": 12000000000}, "
        TEST_IMAGE "}], "
        "\"timing_us\": {\"decode\": 13500, \"predict\": 18}}",
        facetree_model_version(test.model));

    cr_assert_eq(facetree_answer_json(&test.answer, &out, &len, &err),
                 FACETREE_OK, "%s", err.text);
    cr_assert_str_eq(out, expected);
    cr_assert_eq(len, strlen(expected));

    free(out);
    facetree_test_answer_clear(&test);
}


Test(json, decision)
{
    facetree_prediction_t  prediction = { 0, 0.5, 0.1 };

    cr_assert_str_eq(facetree_decision(&prediction, 0.0), "accepted");
    cr_assert_str_eq(facetree_decision(&prediction, 0.5), "accepted");
    cr_assert_str_eq(facetree_decision(&prediction, 0.5000001), "unknown");
}


static json_t *
test_parsed(const facetree_answer_t *answer)
{
    char              *out;
    json_t            *json;
    size_t             len;
    json_error_t       error;
    facetree_error_t   err;

    cr_assert_eq(facetree_answer_json(answer, &out, &len, &err), FACETREE_OK,
                 "%s", err.text);

    /* jansson refuses invalid UTF-8 when it reads. */

    json = json_loadb(out, len, JSON_REJECT_DUPLICATES, &error);
    cr_assert_not_null(json, "%s: %s", error.text, out);
    free(out);

    return json;
}


static json_t *
test_prediction(json_t *json, size_t index)
{
    return json_array_get(json_object_get(json, "predictions"), index);
}


Test(json, top_and_decision_follow_the_settings)
{
    json_t                  *json, *first;
    facetree_test_answer_t   test;

    facetree_test_answer(&test, "{}");

    test.answer.top_k = 0;
    test.answer.threshold = 0.93;
    json = test_parsed(&test.answer);
    first = test_prediction(json, 0);
    cr_assert(json_is_array(json_object_get(first, "top")));
    cr_assert_eq(json_array_size(json_object_get(first, "top")), 0);
    cr_assert_str_eq(json_string_value(json_object_get(first, "decision")),
                     "unknown");
    json_decref(json);

    test.answer.top_k = 1000;
    json = test_parsed(&test.answer);
    first = test_prediction(json, 0);
    cr_assert_eq(json_array_size(json_object_get(first, "top")),
                 TEST_ANSWER_CLASSES);
    json_decref(json);

    test.answer.count = 0;
    json = test_parsed(&test.answer);
    cr_assert_eq(json_array_size(json_object_get(json, "predictions")), 0);
    json_decref(json);

    facetree_test_answer_clear(&test);
}


Test(json, error_with_little_known)
{
    json_t                  *json, *last, *error;
    facetree_test_answer_t   test;

    facetree_test_answer(&test, "{}");

    test.results[2].status = FACETREE_EMEDIA;
    test.results[2].error = NULL;
    test.results[2].filename = "x.heic";
    memset(&test.results[2].image, 0, sizeof(facetree_image_info_t));

    json = test_parsed(&test.answer);
    last = test_prediction(json, 2);
    error = json_object_get(last, "error");

    cr_assert_eq(json_object_size(last), 2);
    cr_assert_str_eq(json_string_value(json_object_get(last, "filename")),
                     "x.heic");
    cr_assert_eq(json_object_size(error), 2);
    cr_assert_str_eq(json_string_value(json_object_get(error, "type")),
                     "urn:facetree:error:media_type");

    json_decref(json);
    facetree_test_answer_clear(&test);
}


/* Any double comes back as itself, with no more digits than one needs. */

Test(json, numbers_round_trip)
{
    char                    *out;
    size_t                   len, round;
    json_t                  *json, *first;
    uint32_t                 state;
    facetree_test_answer_t   test;

    static const double  numbers[] = {
        0.0, 1.0, 0.1, 1.0 / 3, 2.0 / 3, 0.1 + 0.2, 5e-324, 1e-300,
        0.99999999999999989, 1e-5, 0.92
    };

    facetree_test_answer(&test, "{}");
    test.answer.count = 1;
    state = 5;

    for (round = 0; round < 3000; round++) {
        test.results[0].prediction.confidence
            = (round < sizeof(numbers) / sizeof(numbers[0]))
              ? numbers[round]
              : (double) facetree_test_random(&state)
                / (1.0 + facetree_test_random(&state) % 500);
        test.results[0].prediction.margin
            = test.results[0].prediction.confidence / 7;
        test.probabilities[4] = test.results[0].prediction.confidence;

        json = test_parsed(&test.answer);
        first = test_prediction(json, 0);

        cr_assert_eq(json_real_value(json_object_get(first, "confidence")),
                     test.results[0].prediction.confidence);
        cr_assert_eq(json_real_value(json_object_get(first, "margin")),
                     test.results[0].prediction.margin);
        json_decref(json);
    }

    /* One that needs 17 digits has them, and no other. */

    test.results[0].prediction.confidence = 0.1;
    test.results[0].prediction.margin = 0.1 + 0.2;
    test.probabilities[4] = 0.25;

    cr_assert_eq(facetree_answer_json(&test.answer, &out, &len, NULL),
                 FACETREE_OK);
    cr_assert_not_null(strstr(out, "\"confidence\": 0.1, "), "%s", out);
    cr_assert_not_null(strstr(out, "0.30000000000000004"), "%s", out);
    cr_assert_not_null(strstr(out, "\"probability\": 0.25}"), "%s", out);
    free(out);

    test.results[0].prediction.margin = 0.3;
    cr_assert_eq(facetree_answer_json(&test.answer, &out, &len, NULL),
                 FACETREE_OK);
    cr_assert_not_null(strstr(out, "\"margin\": 0.3, "), "%s", out);
    free(out);

    facetree_test_answer_clear(&test);
}


Test(json, text_from_outside)
{
    json_t                  *json;
    facetree_test_answer_t   test;

    facetree_test_answer(&test, "{}");

    test.answer.model_name = "caf\xe9";
    test.results[0].filename = "\"\\\n\x01\xff</script>";

    json = test_parsed(&test.answer);

    cr_assert_str_eq(json_string_value(json_object_get(
                         test_prediction(json, 0), "filename")),
                     "\"\\\n\x01\xef\xbf\xbd</script>");
    cr_assert_str_eq(json_string_value(json_object_get(
                         json_object_get(json, "model"), "name")),
                     "caf\xef\xbf\xbd");

    json_decref(json);
    facetree_test_answer_clear(&test);
}


Test(json, problem)
{
    char                *out;
    size_t               len;
    facetree_problem_t   problem = {
        413, "pixels", "picture is too large", "too \"wide\" \xff", 25, 108,
        NULL
    };

    cr_assert_eq(facetree_problem_json(&problem, &out, &len, NULL),
                 FACETREE_OK);
    cr_assert_str_eq(out,
        "{\"type\": \"urn:facetree:error:pixels\", "
        "\"title\": \"picture is too large\", \"status\": 413, "
        "\"detail\": \"too \\\"wide\\\" \xef\xbf\xbd\", "
        "\"limit\": 25, \"observed\": 108}");
    cr_assert_eq(len, strlen(out));
    free(out);

    problem.detail = NULL;
    problem.limit = 0;
    problem.observed = 0;
    cr_assert_eq(facetree_problem_json(&problem, &out, &len, NULL),
                 FACETREE_OK);
    cr_assert_str_eq(out,
        "{\"type\": \"urn:facetree:error:pixels\", "
        "\"title\": \"picture is too large\", \"status\": 413}");
    free(out);

    /* JSON integers of clients and of jansson are signed. */

    problem.observed = UINT64_MAX;
    cr_assert_eq(facetree_problem_json(&problem, &out, &len, NULL),
                 FACETREE_OK);
    cr_assert_not_null(strstr(out,
                         "\"limit\": 0, \"observed\": 9223372036854775807}"));
    free(out);
}


static void *
test_malloc(size_t size)
{
    if (test_mallocs_left == 0) {
        return NULL;
    }

    test_mallocs_left--;

    return malloc(size);
}


/*
 * Fails every one of jansson's allocations in turn: all are reported, and the
 * sanitizers see that nothing is left.
 */

Test(json, memory_runs_out)
{
    char                    *out;
    size_t                   len;
    uint8_t                  pixels[30] = { 0 };
    unsigned                 n, limit;
    facetree_error_t         err;
    facetree_status_e        status;
    facetree_test_answer_t   test;

    facetree_test_answer(&test, "{}");
    test.results[0].filename = "invalid \xff";
    test.results[1].pixels = pixels;
    json_set_alloc_funcs(test_malloc, free);

    limit = 10000;

    for (n = 0; n < limit; n++) {
        test_mallocs_left = n;
        out = NULL;
        status = facetree_answer_json(&test.answer, &out, &len, &err);

        if (status == FACETREE_OK) {
            break;
        }

        cr_assert_eq(status, FACETREE_ENOMEM);
        cr_assert_eq(err.status, FACETREE_ENOMEM);
        cr_assert_null(out);
    }

    cr_assert_gt(n, 50);
    cr_assert_lt(n, limit);
    cr_assert_not_null(out);

    json_set_alloc_funcs(malloc, free);
    free(out);
    facetree_test_answer_clear(&test);
}
