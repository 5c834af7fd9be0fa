
/*
 * Copyright (C) facetree contributors
 */


#include "inference.h"
#include "fixture_forest.h"
#include "model_writer.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


facetree_model_t *
facetree_test_inference_model(void)
{
    size_t             len;
    uint8_t           *file;
    facetree_model_t  *model;
    facetree_forest_t  forest;

    facetree_test_forest(&forest, 3, 5);
    cr_assert_eq(facetree_model_serialize(&forest, "{}", 1, &file, &len,
                                          NULL), FACETREE_OK);
    cr_assert_eq(facetree_model_parse(&model, file, len, NULL), FACETREE_OK);

    free(file);
    facetree_test_forest_clear(&forest);

    return model;
}


facetree_status_e
facetree_test_inference_parse(const facetree_test_request_t *test,
    const facetree_model_t *model, facetree_inference_t **request,
    uint8_t **body, facetree_error_t *err)
{
    char                          header[32];
    size_t                        json_len, len;
    facetree_inference_limits_t   limits = { TEST_MAX_IMAGES, SIZE_MAX };
    facetree_inference_headers_t  headers;

    memset(&headers, 0, sizeof(headers));

    json_len = test->json ? strlen(test->json) : 0;
    len = json_len + test->raw_len;

    *body = malloc(len ? len : 1);
    cr_assert_not_null(*body);

    if (json_len) {
        memcpy(*body, test->json, json_len);
    }

    if (test->raw_len) {
        memcpy(*body + json_len, test->raw, test->raw_len);
    }

    snprintf(header, sizeof(header), "%zu", json_len);

    headers.header_length = test->header ? test->header
                                         : test->raw ? header : NULL;
    headers.header_length_len = headers.header_length
                                ? strlen(headers.header_length) : 0;
    headers.content_type = test->type;
    headers.content_type_len = test->type ? strlen(test->type) : 0;
    headers.content_encoding = test->encoding;
    headers.content_encoding_len = test->encoding ? strlen(test->encoding)
                                                  : 0;

    return facetree_inference_parse(request, model, &limits, &headers, *body,
                                    len, err);
}


void
facetree_test_inference_refused(const facetree_test_request_t *test,
    facetree_status_e status, const char *text)
{
    uint8_t               *body;
    facetree_error_t       err;
    facetree_model_t      *model;
    facetree_status_e      rc;
    facetree_inference_t  *request;

    memset(&err, 0, sizeof(err));
    request = NULL;
    model = facetree_test_inference_model();

    rc = facetree_test_inference_parse(test, model, &request, &body, &err);

    cr_expect_eq(rc, status, "%d \"%s\" for %.200s", rc, err.text,
                 test->json ? test->json : "");
    cr_expect_eq(err.status, rc);
    cr_expect_null(request);
    cr_expect_not_null(strstr(err.text, text), "\"%s\" not in \"%s\"", text,
                       err.text);

    facetree_inference_free(request);
    facetree_model_free(model);
    free(body);
}
