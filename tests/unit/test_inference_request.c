
/*
 * Copyright (C) facetree contributors
 *
 * Requests of the inference protocol: every accepted form gives the same
 * pictures, and whatever lies about itself is refused with a word on why.
 */


#include "inference.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


#define TEST_IMAGE(shape, datatype, rest)                                     \
    "{\"inputs\": [{\"name\": \"image\", \"shape\": " shape ", "              \
    "\"datatype\": \"" datatype "\"" rest "}]}"

#define TEST_BASE64                                                           \
    ", \"parameters\": {\"content_type\": \"base64\"}"

#define TEST_RAW(size)                                                        \
    ", \"parameters\": {\"binary_data_size\": " size "}"

#define TEST_ROW    "[0, 1, 2, 3, 4, 255]"
#define TEST_TEXT   8192


static void
test_accepted(const facetree_test_request_t *test,
    void (*check)(const facetree_inference_t *request))
{
    uint8_t               *body;
    facetree_error_t       err;
    facetree_model_t      *model;
    facetree_inference_t  *request;

    model = facetree_test_inference_model();

    cr_assert_eq(facetree_test_inference_parse(test, model, &request, &body,
                                               &err),
                 FACETREE_OK, "%s: %s", err.text, test->json);
    check(request);

    facetree_inference_free(request);
    facetree_model_free(model);
    free(body);
}


static void
test_refused(const char *json, facetree_status_e status, const char *text)
{
    facetree_test_request_t  test = { .json = json };

    facetree_test_inference_refused(&test, status, text);
}


/* Two pictures, "one" and "two", however they were sent. */

static void
test_check_files(const facetree_inference_t *request)
{
    const facetree_picture_t  *item;

    cr_assert_eq(facetree_inference_count(request), 2);

    item = facetree_inference_picture(request, 0);
    cr_expect_eq(item->len, 3);
    cr_expect_eq(memcmp(item->data, "one", 3), 0);
    cr_expect_null(item->pixels);

    item = facetree_inference_picture(request, 1);
    cr_expect_eq(item->len, 4);
    cr_expect_eq(memcmp(item->data, "two!", 4), 0);
    cr_expect_null(item->pixels);
}


Test(inference_request, files)
{
    size_t                    i;
    facetree_test_request_t   test;

    static const char *const  texts[] = {
        TEST_IMAGE("[2]", "BYTES", TEST_BASE64
                   ", \"data\": [\"b25l\", \"dHdvIQ==\"]"),
        TEST_IMAGE("[2,1]", "BYTES", TEST_BASE64
                   ", \"data\": [[\"b25l\"], [\"dHdvIQ==\"]]")
    };

    static const uint8_t  raw[] = "\3\0\0\0one\4\0\0\0two!";

    for (i = 0; i < 2; i++) {
        memset(&test, 0, sizeof(test));
        test.json = texts[i];
        test_accepted(&test, test_check_files);

        test.type = "application/json; charset=utf-8";
        test.encoding = "identity";
        test_accepted(&test, test_check_files);
    }

    memset(&test, 0, sizeof(test));
    test.json = TEST_IMAGE("[2]", "BYTES", TEST_RAW("15"));
    test.raw = raw;
    test.raw_len = sizeof(raw) - 1;
    test.type = "application/octet-stream";
    test_accepted(&test, test_check_files);
}


/* Gray levels 0 1 2 3 4 255 in every row; picture 1 is that of picture 0. */

static void
test_check_pixels(const facetree_inference_t *request)
{
    uint32_t                          i, n;
    const facetree_picture_t  *item;

    static const uint8_t  row[] = { 0, 1, 2, 3, 4, 255 };

    cr_assert_eq(facetree_inference_count(request), 2);

    for (n = 0; n < 2; n++) {
        item = facetree_inference_picture(request, n);
        cr_assert_not_null(item->pixels);
        cr_expect_null(item->data);

        for (i = 0; i < 5; i++) {
            cr_expect_eq(memcmp(item->pixels + 6 * i, row, 6), 0);
        }
    }
}


/* Rows of a text, nested or flat, ten of them. */

static void
test_rows(char *out, const char *before, const char *row, const char *middle,
    const char *after)
{
    int  i;

    strcpy(out, before);

    for (i = 0; i < 10; i++) {
        strcat(out, i == 0 ? "" : i == 5 ? middle : ", ");
        strcat(out, row);
    }

    strcat(out, after);
}


#define TEST_FLOATS  "0, 0.00392156862745098, 0.0078431, 0.0118, 1.5e-2, 1.0"


Test(inference_request, pixels_in_json)
{
    char                     text[TEST_TEXT];
    facetree_test_request_t  test;

    memset(&test, 0, sizeof(test));
    test.json = text;

    test_rows(text, "{\"inputs\": [{\"name\": \"image\", \"shape\": [2,5,6], "
              "\"datatype\": \"UINT8\", \"data\": [[", TEST_ROW, "], [",
              "]]}]}");
    test_accepted(&test, test_check_pixels);

    test_rows(text, "{\"inputs\": [{\"name\": \"image\", \"shape\": [2,30], "
              "\"datatype\": \"UINT8\", \"data\": [", "0, 1, 2, 3, 4, 255",
              ", ", "]}]}");
    test_accepted(&test, test_check_pixels);

    test_rows(text, "{\"inputs\": [{\"name\": \"image\", \"shape\": [2,30], "
              "\"datatype\": \"FP32\", \"data\": [[", TEST_FLOATS, "], [",
              "]]}]}");
    test_accepted(&test, test_check_pixels);
}


Test(inference_request, pixels_in_bytes)
{
    float                    f;
    size_t                   i;
    uint8_t                  floats[2 * TEST_FEATURES * 4];
    uint8_t                  levels[2 * TEST_FEATURES];
    facetree_test_request_t  test;

    for (i = 0; i < sizeof(levels); i++) {
        levels[i] = (uint8_t) ((i % 6 == 5) ? 255 : i % 6);
        f = (float) levels[i] / 255.0f;
        memcpy(floats + 4 * i, &f, 4);           /* this is little-endian */
    }

    memset(&test, 0, sizeof(test));
    test.json = TEST_IMAGE("[2,5,6]", "UINT8", TEST_RAW("60"));
    test.raw = levels;
    test.raw_len = sizeof(levels);
    test_accepted(&test, test_check_pixels);

    test.json = TEST_IMAGE("[2,30]", "FP32", TEST_RAW("240"));
    test.raw = floats;
    test.raw_len = sizeof(floats);
    test_accepted(&test, test_check_pixels);
}


static uint8_t  test_level;

static void
test_check_level(const facetree_inference_t *request)
{
    cr_expect_eq(facetree_inference_picture(request, 0)->pixels[29], test_level,
                 "%d", test_level);
}


/* Every gray level survives the way through a float; between them, nearest. */

Test(inference_request, floats_are_rounded)
{
    int                       i, k;
    float                     pixels[TEST_FEATURES] = { 0 };
    facetree_test_request_t   test;

    static const float  bad[] = {
        -0.0001f, 1.00001f, 2.0f, 255.0f, -1.0f
    };

    memset(&test, 0, sizeof(test));
    test.json = TEST_IMAGE("[1,30]", "FP32", TEST_RAW("120"));
    test.raw = pixels;
    test.raw_len = sizeof(pixels);

    for (i = 0; i < 256; i++) {
        test_level = (uint8_t) i;

        for (k = -1; k <= 1; k++) {
            pixels[29] = ((float) i + 0.49f * (float) k) / 255.0f;

            if (pixels[29] >= 0.0f && pixels[29] <= 1.0f) {
                test_accepted(&test, test_check_level);
            }
        }
    }

    for (i = 0; i < 5; i++) {
        pixels[29] = bad[i];
        facetree_test_inference_refused(&test, FACETREE_EREQUEST,
                                        "element 29 of \"image\" is no "
                                        "number from 0 to 1");
    }

    memcpy(&pixels[29], "\0\0\xc0\x7f", 4);                        /* NaN */
    facetree_test_inference_refused(&test, FACETREE_EREQUEST, "element 29");
    memcpy(&pixels[29], "\0\0\x80\x7f", 4);                   /* infinity */
    facetree_test_inference_refused(&test, FACETREE_EREQUEST, "element 29");
}


static void
test_check_plain(const facetree_inference_t *request)
{
    uint32_t  i;

    cr_assert_eq(facetree_inference_count(request), 1);
    cr_expect_eq(facetree_inference_picture(request, 0)->len, 4);
    cr_expect_null(facetree_inference_id(request));
    cr_assert_eq(facetree_inference_outputs(request), 3);

    for (i = 0; i < 3; i++) {
        cr_expect_eq(facetree_inference_output(request, i)->output, i);
        cr_expect_eq(facetree_inference_output(request, i)->binary, 1);
    }
}


Test(inference_request, plain_file)
{
    facetree_test_request_t  test = {
        .raw = "\xff\xd8\xff\xe0", .raw_len = 4, .header = "0"
    };

    test_accepted(&test, test_check_plain);
    test.type = "application/octet-stream";
    test_accepted(&test, test_check_plain);
    test.type = "image/jpeg";
    test_accepted(&test, test_check_plain);

    test.raw_len = 0;
    facetree_test_inference_refused(&test, FACETREE_EEMPTY, "body is empty");
}


static void
test_check_outputs(const facetree_inference_t *request)
{
    const facetree_inference_output_t  *output;

    cr_expect_str_eq(facetree_inference_id(request), "\xc3\xa9 7");
    cr_assert_eq(facetree_inference_outputs(request), 2);

    output = facetree_inference_output(request, 0);
    cr_expect_eq(output->output, FACETREE_OUTPUT_PROBABILITIES);
    cr_expect_eq(output->binary, 0);
    cr_expect_eq(output->classification, 3);

    output = facetree_inference_output(request, 1);
    cr_expect_eq(output->output, FACETREE_OUTPUT_CLASS);
    cr_expect_eq(output->binary, 1);
    cr_expect_eq(output->classification, 0);
}


#define TEST_FILE                                                             \
    "\"inputs\": [{\"name\": \"image\", \"shape\": [1], \"datatype\": "       \
    "\"BYTES\"" TEST_BASE64 ", \"data\": [\"b25l\"]}]"


Test(inference_request, outputs)
{
    size_t                   i;
    facetree_test_request_t  test = {
        .json = "{\"id\": \"\xc3\xa9 7\", \"x\": [], \"parameters\": "
                "{\"binary_data_output\": true, \"other\": 1.5}, " TEST_FILE
                ", \"outputs\": [{\"name\": \"probabilities\", "
                "\"parameters\": {\"binary_data\": false, "
                "\"classification\": 3}}, {\"name\": \"class\", "
                "\"parameters\": {\"classification\": 0}}]}"
    };

    static const char *const  bad[][2] = {
        { "{}", "must be a list" },
        { "[7]", "unknown output" },
        { "[{}]", "unknown output" },
        { "[{\"name\": 1}]", "unknown output" },
        { "[{\"name\": \"labels\"}]", "unknown output" },
        { "[{\"name\": \"label\"}, {\"name\": \"label\"}]", "twice" },
        { "[{\"name\": \"label\", \"parameters\": []}]", "an object" },
        { "[{\"name\": \"label\", \"parameters\": {\"a\": null}}]",
          "parameter \"a\"" },
        { "[{\"name\": \"label\", \"parameters\": {\"binary_data\": 1}}]",
          "boolean" },
        { "[{\"name\": \"label\", \"parameters\": {\"classification\": 2}}]",
          "is for the output" },
        { "[{\"name\": \"probabilities\", \"parameters\": "
          "{\"classification\": -1}}]", "whole number" },
        { "[{\"name\": \"probabilities\", \"parameters\": "
          "{\"classification\": 1.0}}]", "whole number" }
    };

    char  text[1024];

    test_accepted(&test, test_check_outputs);

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        snprintf(text, sizeof(text), "{%s, \"outputs\": %s}", TEST_FILE,
                 bad[i][0]);
        test_refused(text, FACETREE_EREQUEST, bad[i][1]);
    }
}


Test(inference_request, not_json)
{
    size_t  i;

    static const char *const  texts[] = {
        "", " ", "{", "}", "nul", "{\"a\": NaN}", "{\"a\": 1e999}", "\"x",
        "{\"a\": 99999999999999999999}", "{\"id\": \"\xff\"}", "{} x",
        "{\"id\": \"a\", \"id\": \"b\"}", "{\"id\": \"a\\u0000b\"}", "\"\\"
    };

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        test_refused(texts[i], FACETREE_EJSON, "not valid JSON");
    }
}


Test(inference_request, not_of_the_protocol)
{
    size_t  i;

    static const char *const  tests[][2] = {
        { "[]", "must be a JSON object" },
        { "{}", "\"inputs\" must be" },
        { "{\"inputs\": {}}", "\"inputs\" must be" },
        { "{\"inputs\": []}", "\"inputs\" must be" },
        { "{\"inputs\": [7]}", "unknown input" },
        { "{\"inputs\": [{\"name\": \"Image\"}]}", "unknown input" },
        { "{\"inputs\": [{\"name\": \"image\"}, {\"name\": \"x\"}]}",
          "unknown input" },
        { "{\"inputs\": [{\"name\": \"image\"}, {\"name\": \"image\"}]}",
          "more than once" },
        { "{\"inputs\": [{\"name\": \"image\"}]}", "\"datatype\"" },
        { "{\"id\": 7, " TEST_FILE "}", "\"id\" must be" },
        { "{\"id\": null, " TEST_FILE "}", "\"id\" must be" },
        { "{\"parameters\": 7, " TEST_FILE "}", "\"parameters\" must be" },
        { "{\"parameters\": {\"b\": {}}, " TEST_FILE "}", "parameter \"b\"" },
        { "{\"parameters\": {\"binary_data_output\": 1}, " TEST_FILE "}",
          "boolean" },
        { TEST_IMAGE("1", "BYTES", ""), "\"shape\"" },
        { TEST_IMAGE("[1]", "BYTES", ""), "\"data\"" },
        { TEST_IMAGE("[1]", "BYTES", ", \"data\": \"b25l\""), "\"data\"" },
        { TEST_IMAGE("[1]", "BYTES", ", \"data\": [\"b25l\"]"),
          "must be base64" },
        { TEST_IMAGE("[1]", "BYTES", TEST_BASE64 ", \"data\": [\"b25\"]"),
          "element 0 of \"image\" is not base64" },
        { TEST_IMAGE("[1]", "BYTES", TEST_BASE64 ", \"data\": [7]"),
          "no string" },
        { TEST_IMAGE("[1]", "INT8", ", \"data\": [7]"), "must be BYTES" },
        { TEST_IMAGE("[1]", "bytes", ", \"data\": [7]"), "must be BYTES" },
        { TEST_IMAGE("[1.0]", "BYTES", ", \"data\": [7]"), "whole numbers" },
        { TEST_IMAGE("[-1]", "BYTES", ", \"data\": [7]"), "whole numbers" },
        { TEST_IMAGE("[1,30]", "UINT8", ", \"data\": [256]"), "0 to 255" },
        { TEST_IMAGE("[1,30]", "UINT8", ", \"data\": [-1]"), "0 to 255" },
        { TEST_IMAGE("[1,30]", "UINT8", ", \"data\": [1.0]"), "0 to 255" },
        { TEST_IMAGE("[1,30]", "UINT8", ", \"data\": [\"1\"]"), "0 to 255" },
        { TEST_IMAGE("[1,30]", "FP32", ", \"data\": [1.1]"), "from 0 to 1" },
        { TEST_IMAGE("[1,30]", "FP32", ", \"data\": [0, true]"),
          "element 1" },
        { TEST_IMAGE("[1]", "BYTES", TEST_RAW("3")), "header field" }
    };

    for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        test_refused(tests[i][0], FACETREE_EREQUEST, tests[i][1]);
    }
}


Test(inference_request, wrong_shapes)
{
    size_t  i;

    /* Products of some of these are small again in 64 bits. */

    static const char *const  shapes[] = {
        "[]", "[1]", "[30]", "[1,31]", "[1,6,5]", "[1,5,6,1]", "[1,1,30]",
        "[1,30,1]", "[1,0]", "[1,9223372036854775807]",
        "[4294967296,4294967296]", "[2,4611686018427387919]",
        "[1,4294967296,4294967296]", "[1,1,1,1,1,1,1,1,1,1,1,1]"
    };

    char  text[512];

    for (i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        snprintf(text, sizeof(text), "{\"inputs\": [{\"name\": \"image\", "
                 "\"shape\": %s, \"datatype\": \"UINT8\", \"data\": [1]}]}",
                 shapes[i]);
        test_refused(text, FACETREE_ESHAPE, "must be [N,5,6] or [N,30]");
    }

    test_refused(TEST_IMAGE("[1,2]", "BYTES", TEST_BASE64
                            ", \"data\": [\"b25l\"]"),
                 FACETREE_ESHAPE, "must be [N]");
    test_refused(TEST_IMAGE("[2]", "BYTES", TEST_BASE64
                            ", \"data\": [\"b25l\"]"),
                 FACETREE_ESHAPE, "\"data\" has 1 elements, its shape 2");
    test_refused(TEST_IMAGE("[1]", "BYTES", TEST_BASE64
                            ", \"data\": [\"b25l\", \"b25l\"]"),
                 FACETREE_ESHAPE, "more elements than the 1");
    test_refused(TEST_IMAGE("[1,30]", "UINT8", ", \"data\": [1, 2, 3]"),
                 FACETREE_ESHAPE, "has 3 elements, its shape 30");
    test_refused(TEST_IMAGE("[0]", "BYTES", TEST_BASE64 ", \"data\": []"),
                 FACETREE_EEMPTY, "dimension is 0");
    test_refused(TEST_IMAGE("[1]", "BYTES", TEST_BASE64 ", \"data\": [\"\"]"),
                 FACETREE_EEMPTY, "picture 0 is empty");
    test_refused(TEST_IMAGE("[5]", "BYTES", TEST_BASE64 ", \"data\": []"),
                 FACETREE_EIMAGES, "more than 4 pictures");
    test_refused(TEST_IMAGE("[9223372036854775807]", "BYTES", TEST_BASE64
                            ", \"data\": []"),
                 FACETREE_EIMAGES, "more than 4 pictures");
    test_refused(TEST_IMAGE("[9223372036854775807,30]", "UINT8",
                            ", \"data\": []"),
                 FACETREE_EIMAGES, "more than 4 pictures");
}


typedef struct {
    const char         *json;
    const char         *raw;
    size_t              raw_len;
    facetree_status_e   status;
    const char         *text;
} test_lie_t;


Test(inference_request, sizes_that_lie)
{
    size_t                    i;
    facetree_test_request_t   test;

    static const test_lie_t  lies[] = {
        { TEST_IMAGE("[1]", "BYTES", TEST_RAW("8")), "\3\0\0\0one", 7,
          FACETREE_EREQUEST, "behind the JSON, 7" },
        { TEST_IMAGE("[1]", "BYTES", TEST_RAW("6")), "\3\0\0\0one", 7,
          FACETREE_EREQUEST, "behind the JSON, 7" },
        { TEST_IMAGE("[1]", "BYTES", TEST_RAW("-1")), "\3\0\0\0one", 7,
          FACETREE_EREQUEST, "behind the JSON, 7" },
        { TEST_IMAGE("[1]", "BYTES", TEST_RAW("\"7\"")), "\3\0\0\0one", 7,
          FACETREE_EREQUEST, "behind the JSON, 7" },
        { TEST_IMAGE("[1]", "BYTES", TEST_RAW("9223372036854775807")),
          "\3\0\0\0one", 7, FACETREE_EREQUEST, "behind the JSON, 7" },
        { TEST_IMAGE("[1]", "BYTES", TEST_RAW("7") ", \"data\": [\"\"]"),
          "\3\0\0\0one", 7, FACETREE_EREQUEST, "both" },
        { TEST_IMAGE("[1]", "BYTES", TEST_BASE64 ", \"data\": [\"b25l\"]"),
          "\3\0\0\0one", 7, FACETREE_EREQUEST, "7 bytes behind the JSON" },
        { TEST_IMAGE("[1]", "BYTES", TEST_RAW("7")), "\4\0\0\0one", 7,
          FACETREE_ESHAPE, "picture 0 ends past" },
        { TEST_IMAGE("[1]", "BYTES", TEST_RAW("7")), "\xff\xff\xff\xffone", 7,
          FACETREE_ESHAPE, "picture 0 ends past" },
        { TEST_IMAGE("[1]", "BYTES", TEST_RAW("7")), "\2\0\0\0one", 7,
          FACETREE_ESHAPE, "1 bytes of binary data are left" },
        { TEST_IMAGE("[1]", "BYTES", TEST_RAW("3")), "\3\0\0", 3,
          FACETREE_ESHAPE, "picture 0 ends past" },
        { TEST_IMAGE("[2]", "BYTES", TEST_RAW("7")), "\3\0\0\0one", 7,
          FACETREE_ESHAPE, "picture 1 ends past" },
        { TEST_IMAGE("[1]", "BYTES", TEST_RAW("4")), "\0\0\0\0", 4,
          FACETREE_EEMPTY, "picture 0 is empty" },
        { TEST_IMAGE("[1,30]", "UINT8", TEST_RAW("7")), "\3\0\0\0one", 7,
          FACETREE_ESHAPE, "of 7 bytes, this shape and datatype have 30" },
        { TEST_IMAGE("[4,30]", "FP32", TEST_RAW("7")), "\3\0\0\0one", 7,
          FACETREE_ESHAPE, "of 7 bytes, this shape and datatype have 480" }
    };

    for (i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        memset(&test, 0, sizeof(test));
        test.json = lies[i].json;
        test.raw = lies[i].raw;
        test.raw_len = lies[i].raw_len;
        facetree_test_inference_refused(&test, lies[i].status, lies[i].text);
    }
}


Test(inference_request, header_fields)
{
    size_t                    i;
    facetree_test_request_t   test;

    static const char *const  lengths[] = {
        "", "-1", "+1", " 1", "1 ", "0x1", "1.0", "one", "1000000",
        "18446744073709551616", "99999999999999999999999999"
    };

    static const char *const  types[] = {
        "text/plain", "image/png",
        "multipart/form-data; boundary=x", "application/octet-stream",
        "application/jsonx"
    };

    static const char *const  encodings[] = { "gzip", "deflate, gzip", "br" };

    memset(&test, 0, sizeof(test));
    test.json = "{" TEST_FILE "}";

    for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        test.header = lengths[i];
        facetree_test_inference_refused(&test, FACETREE_EREQUEST,
                                        "Inference-Header-Content-Length");
    }

    test.header = NULL;

    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        test.type = types[i];
        facetree_test_inference_refused(&test, FACETREE_EMEDIA,
                                        "Content-Type");
    }

    test.type = NULL;

    for (i = 0; i < sizeof(encodings) / sizeof(encodings[0]); i++) {
        test.encoding = encodings[i];
        facetree_test_inference_refused(&test, FACETREE_EMEDIA,
                                        "Content-Encoding");
    }
}


/* Refused before the parser recurses or allocates for it. */

Test(inference_request, deep_and_many)
{
    char    *text;
    size_t   n;

    n = 1000000;
    text = malloc(n + 1);
    cr_assert_not_null(text);

    memset(text, '[', n);
    text[n] = '\0';
    test_refused(text, FACETREE_EJSON, "more than 32 levels deep at byte 32");

    memset(text, '{', 33);
    text[33] = '\0';
    test_refused(text, FACETREE_EJSON, "more than 32 levels deep");

    memset(text, ',', n);
    text[n] = '\0';
    test_refused(text, FACETREE_EBYTES, "more than 4336 elements");

    /* What is in a string is no structure. */

    memset(text, '[', n);
    memcpy(text, "{\"id\": \"\\\"", 10);
    memcpy(text + n - 2, "\"}", 2);
    test_refused(text, FACETREE_EREQUEST, "\"id\" must be a string of at");

    free(text);
}
