
/*
 * Copyright (C) facetree contributors
 *
 * What facetree_inference_memory() promises beside what parsing takes, of
 * bodies that take as much as they can; and encoded pictures that are too long.
 */


#include "heap.h"
#include "inference.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>


#define TEST_BODY  (256 * 1024)


typedef struct {
    char    *data;
    size_t   len;
    size_t   size;
} test_text_t;


static void
test_add(test_text_t *text, const char *format, ...)
{
    va_list  args;

    va_start(args, format);
    text->len += (size_t) vsnprintf(text->data + text->len,
                                    text->size - text->len, format, args);
    va_end(args);

    cr_assert_lt(text->len, text->size);
}


static void
test_parse(const facetree_model_t *model, uint32_t max_images,
    const test_text_t *text, const char *name)
{
    size_t                        taken, stated;
    facetree_status_e             status;
    facetree_inference_t         *request;
    facetree_inference_limits_t   limits;
    facetree_inference_headers_t  headers;

    memset(&headers, 0, sizeof(headers));
    limits.max_images = max_images;
    limits.max_bytes = SIZE_MAX;
    request = NULL;

    facetree_test_heap_start();
    status = facetree_inference_parse(&request, model, &limits, &headers,
                                      text->data, text->len, NULL);
    taken = facetree_test_heap_stop();

    facetree_inference_free(request);

    stated = facetree_inference_memory(model, max_images, text->len);

    if (getenv("TEST_PRINT")) {
        fprintf(stderr, "%-20s %8zu bytes, %2d: %9zu of %9zu\n", name,
                text->len, (int) status, taken, stated);
    }

    cr_expect_leq(taken, stated, "%s of %zu bytes takes %zu, stated %zu",
                  name, text->len, taken, stated);
    cr_expect_leq(stated, 256 * (uint64_t) text->len + 3 * text->len
                          + (1 << 20), "%s", name);
}


/*
 * Each pattern is repeated until "max" elements, or until the body is full:
 * "%u" becomes another number each time.
 */

Test(inference_memory, holds)
{
    size_t             i, n, most;
    test_text_t        text;
    facetree_model_t  *model;

    static const struct {
        const char  *name;
        const char  *head;
        const char  *repeat;
        const char  *tail;
        size_t       elements;         /* of a repetition */
    } cases[] = {
        { "numbers", "{\"a\":[", "1,", "1]}", 1 },
        { "reals", "{\"a\":[", "1.5,", "1]}", 1 },
        { "strings", "{\"a\":[", "\"\",", "1]}", 1 },
        { "lists", "{\"a\":[", "[],", "1]}", 2 },
        { "lists of one", "{\"a\":[", "[1],", "1]}", 2 },
        { "objects", "{\"a\":[", "{},", "1]}", 2 },
        { "objects of one", "{\"a\":[", "{\"b\":1},", "1]}", 2 },
        { "members", "{", "\"%u\":1,", "\"a\":1}", 1 },
        { "member objects", "{", "\"%u\":{},", "\"a\":1}", 2 },
        { "long members", "{", "\"%u------------------------\":\"\",",
          "\"a\":1}", 1 },
        { "nested", "{\"a\":[", "[[[[[[[[[[{\"b\":{}}]]]]]]]]]],", "1]}", 13 },
        { "unfinished", "{\"a\":[", "{\"b\":[1,", "", 3 }
    };

    static const size_t  counts[] = { 1, 10, 1000, SIZE_MAX };

    model = facetree_test_inference_model();

    text.size = TEST_BODY;
    text.data = malloc(text.size);
    cr_assert_not_null(text.data);

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]) * 4; i++) {

        /* what the scan lets through for 1000 pictures */

        most = (2 * 1000 * TEST_FEATURES + 4096 - 8) / cases[i / 4].elements;
        most = (counts[i % 4] < most) ? counts[i % 4] : most;

        text.len = 0;
        test_add(&text, "%s", cases[i / 4].head);

        for (n = 0; n < most && text.len + 256 < text.size; n++) {
            if (strchr(cases[i / 4].repeat, '%')) {
                test_add(&text, cases[i / 4].repeat, (unsigned) n);

            } else {
                test_add(&text, "%s", cases[i / 4].repeat);
            }
        }

        test_add(&text, "%s", cases[i / 4].tail);
        test_parse(model, 1000, &text, cases[i / 4].name);
    }

    free(text.data);
    facetree_model_free(model);
}


/* Strings of every length around those where a buffer doubles. */

Test(inference_memory, holds_for_strings)
{
    size_t             n;
    test_text_t        text;
    facetree_model_t  *model;

    static const char  head[] =
        "{\"inputs\":[{\"name\":\"image\",\"datatype\":\"BYTES\",\"shape\":"
        "[1],\"parameters\":{\"content_type\":\"base64\"},\"data\":[\"";

    model = facetree_test_inference_model();

    text.size = TEST_BODY;
    text.data = malloc(text.size);
    cr_assert_not_null(text.data);

    for (n = 4; n < TEST_BODY - 1024; n += 4 + n / 16 * 4) {
        text.len = 0;
        test_add(&text, "%s", head);
        memset(text.data + text.len, 'A', n);
        text.len += n;
        test_add(&text, "\"]}]}");

        test_parse(model, 1, &text, "base64");
    }

    /* one string after the other, each longer than the one before */

    text.len = 0;
    test_add(&text, "{\"a\":[\"\"");

    for (n = 1; text.len + n + 64 < text.size; n *= 2) {
        test_add(&text, ",\"");
        memset(text.data + text.len, 'x', n);
        text.len += n;
        test_add(&text, "\"");
    }

    test_add(&text, "]}");
    test_parse(model, 1, &text, "growing");

    free(text.data);
    facetree_model_free(model);
}


/* Encoded pictures obey the limit of bytes, however they are sent. */

Test(inference_memory, pictures_too_long)
{
    size_t                        i;
    facetree_error_t              err;
    facetree_model_t             *model;
    facetree_inference_t         *request;
    facetree_inference_limits_t   limits;
    facetree_inference_headers_t  headers;

    static const struct {
        const char  *header;           /* length of the JSON */
        const char  *json;
        const char  *raw;
        size_t       raw_len;
        size_t       len;              /* of the longest picture */
        const char  *text;
    } cases[] = {
        { NULL, "{\"inputs\":[{\"name\":\"image\",\"datatype\":\"BYTES\","
          "\"shape\":[2],\"parameters\":{\"content_type\":\"base64\"},"
          "\"data\":[\"QUJD\",\"QUJDRA==\"]}]}", "", 0, 4, "picture 1" },
        { "108", "{\"inputs\":[{\"name\":\"image\",\"datatype\":\"BYTES\","
          "\"shape\":[2],\"parameters\":{\"binary_data_size\":14}   }]}    ",
          "\2\0\0\0ab\4\0\0\0abcd", 14, 4, "picture 1" },
        { "0", "", "abcdef", 6, 6, "picture 0" }
    };

    model = facetree_test_inference_model();

    for (i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
        char    body[512], header[32];
        size_t  json_len;

        json_len = strlen(cases[i / 2].json);
        memcpy(body, cases[i / 2].json, json_len);
        memcpy(body + json_len, cases[i / 2].raw, cases[i / 2].raw_len);
        snprintf(header, sizeof(header), "%zu", json_len);

        memset(&headers, 0, sizeof(headers));

        if (cases[i / 2].header) {
            headers.header_length = header;
            headers.header_length_len = strlen(header);
        }

        limits.max_images = TEST_MAX_IMAGES;
        limits.max_bytes = cases[i / 2].len - i % 2;
        request = NULL;
        memset(&err, 0, sizeof(err));

        cr_expect_eq(facetree_inference_parse(&request, model, &limits,
                                              &headers, body, json_len
                                              + cases[i / 2].raw_len, &err),
                     (i % 2) ? FACETREE_EBYTES : FACETREE_OK, "case %zu: %s",
                     i, err.text);

        if (i % 2) {
            cr_expect_eq(err.limit, cases[i / 2].len - 1);
            cr_expect_eq(err.observed, cases[i / 2].len);
            cr_expect_not_null(strstr(err.text, cases[i / 2].text), "%s",
                               err.text);
        }

        facetree_inference_free(request);
    }

    facetree_model_free(model);
}
