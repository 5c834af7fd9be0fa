
/*
 * Copyright (C) facetree contributors
 *
 * Addresses of the inference protocol, right, wrong and hostile.
 */


#include "inference.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>


typedef struct {
    const char        *method;
    const char        *path;
    facetree_route_e   route;
    const char        *name;
    const char        *version;
} test_route_t;


/* In memory of exactly the length, for the sanitizers to watch. */

static facetree_status_e
test_parse(facetree_route_t *route, const char *method, const char *path,
    facetree_error_t *err)
{
    char               *copy;
    size_t              len;
    facetree_status_e   status;

    len = strlen(path);
    copy = malloc(len + 1);
    cr_assert_not_null(copy);
    copy = realloc(copy, len ? len : 1);
    memcpy(copy, path, len);

    status = facetree_route_parse(route, method, strlen(method), copy, len,
                                  err);
    free(copy);

    return status;
}


Test(inference_route, found)
{
    size_t            i;
    facetree_error_t  err;
    facetree_route_t  route;

    static const test_route_t  tests[] = {
        { "GET", "/v2", FACETREE_ROUTE_SERVER, "", "" },
        { "GET", "/v2/", FACETREE_ROUTE_SERVER, "", "" },
        { "HEAD", "/v2", FACETREE_ROUTE_SERVER, "", "" },
        { "GET", "/v2/health/live", FACETREE_ROUTE_LIVE, "", "" },
        { "HEAD", "/v2/health/ready/", FACETREE_ROUTE_READY, "", "" },
        { "GET", "/v2/models", FACETREE_ROUTE_MODELS, "", "" },
        { "GET", "/v2/models/", FACETREE_ROUTE_MODELS, "", "" },
        { "GET", "/v2/models/stats", FACETREE_ROUTE_STATS, "", "" },
        { "GET", "/v2/models/faces", FACETREE_ROUTE_MODEL, "faces", "" },
        { "GET", "/v2/models/faces/", FACETREE_ROUTE_MODEL, "faces", "" },
        { "GET", "/v2/models/faces/versions/1f", FACETREE_ROUTE_MODEL,
          "faces", "1f" },
        { "GET", "/v2/models/f/ready", FACETREE_ROUTE_MODEL_READY, "f", "" },
        { "GET", "/v2/models/f/stats", FACETREE_ROUTE_MODEL_STATS, "f", "" },
        { "GET", "/v2/models/f/versions/2/stats", FACETREE_ROUTE_MODEL_STATS,
          "f", "2" },
        { "POST", "/v2/models/f/infer", FACETREE_ROUTE_INFER, "f", "" },
        { "POST", "/v2/models/f/versions/ab/infer", FACETREE_ROUTE_INFER,
          "f", "ab" },
        { "POST", "/v2/models/versions/infer", FACETREE_ROUTE_INFER,
          "versions", "" },
        { "POST", "/v2/models/a%2fb \xc3\xa9?/infer", FACETREE_ROUTE_INFER,
          "a%2fb \xc3\xa9?", "" },
        { "POST", "/v2/repository/index", FACETREE_ROUTE_INDEX, "", "" }
    };

    for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        cr_assert_eq(test_parse(&route, tests[i].method, tests[i].path, &err),
                     FACETREE_OK, "%s: %s", tests[i].path, err.text);
        cr_expect_eq(route.route, tests[i].route, "%s", tests[i].path);
        cr_expect_str_eq(route.name, tests[i].name);
        cr_expect_str_eq(route.version, tests[i].version);
        cr_expect_eq(route.name_len, strlen(tests[i].name));
        cr_expect_eq(route.version_len, strlen(tests[i].version));
    }
}


Test(inference_route, not_found)
{
    size_t            i;
    facetree_error_t  err;
    facetree_route_t  route;

    static const char *const  paths[] = {
        "", "/", "//", "?", "v2", "/v", "/v2x", "/V2", "/v3", "//v2",
        "/v2//models", "/v2/models//", "/v2/models//infer", "/v2/model",
        "/v2/models/f/infer/x", "/v2/models/f/predict", "/v2/health",
        "/v2/health/live/x", "/v2/models/f/versions",
        "/v2/models/f/versions/", "/v2/models/f/versions//infer",
        "/v2/models/f/versions/1/versions/2/infer",
        "/v2/models/f/versions/1/infer/x", "/v2/models/f/%69nfer/",
        "/v2?x=/y", "/v2/repository/models/f/load", "/v2/a/b/c/d/e/f/g/h"
    };

    for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        cr_expect_eq(test_parse(&route, "GET", paths[i], &err),
                     FACETREE_ENOTFOUND, "%s", paths[i]);
        cr_expect_eq(route.route, 0);
    }
}


Test(inference_route, nul)
{
    facetree_error_t  err;
    facetree_route_t  route;

    cr_expect_eq(facetree_route_parse(&route, "GET", 3, "/v2/models/a\0b", 14,
                                      &err), FACETREE_ENOTFOUND);
}


Test(inference_route, long_names)
{
    char              path[2000];
    size_t            n;
    facetree_error_t  err;
    facetree_route_t  route;

    for (n = 250; n < 260; n++) {
        memset(path, 0, sizeof(path));
        strcpy(path, "/v2/models/");
        memset(path + strlen(path), 'a', n);
        strcat(path, "/ready");

        cr_expect_eq(test_parse(&route, "GET", path, &err),
                     (n <= FACETREE_INFERENCE_MAX_NAME) ? FACETREE_OK
                                                        : FACETREE_ENOTFOUND);
    }

    for (n = 60; n < 70; n++) {
        memset(path, 0, sizeof(path));
        strcpy(path, "/v2/models/f/versions/");
        memset(path + strlen(path), '0', n);

        cr_expect_eq(test_parse(&route, "GET", path, &err),
                     (n <= FACETREE_MODEL_VERSION_LEN) ? FACETREE_OK
                                                       : FACETREE_ENOTFOUND);
    }
}


Test(inference_route, methods)
{
    size_t            i;
    facetree_error_t  err;
    facetree_route_t  route;

    static const char *const  tests[][3] = {
        { "POST", "/v2", "GET, HEAD, OPTIONS" },
        { "DELETE", "/v2/models/f", "GET, HEAD, OPTIONS" },
        { "GET", "/v2/models/f/infer", "POST, OPTIONS" },
        { "HEAD", "/v2/models/f/infer", "POST, OPTIONS" },
        { "post", "/v2/models/f/infer", "POST, OPTIONS" },
        { "POSTS", "/v2/models/f/infer", "POST, OPTIONS" },
        { "", "/v2/models/f/infer", "POST, OPTIONS" },
        { "GET", "/v2/repository/index", "POST, OPTIONS" },
        { "PUT", "/v2/models/f/versions/1/stats", "GET, HEAD, OPTIONS" }
    };

    for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        cr_expect_eq(test_parse(&route, tests[i][0], tests[i][1], &err),
                     FACETREE_EMETHOD, "%s", tests[i][1]);
        cr_expect_str_eq(route.allow, tests[i][2]);
        cr_expect_not_null(strstr(err.text, tests[i][2]));
    }
}


Test(inference_route, versions)
{
    char               version[FACETREE_MODEL_VERSION_LEN + 2];
    size_t             n;
    facetree_model_t  *model;

    model = facetree_test_inference_model();

    cr_expect(facetree_inference_version_is(model, ""));
    cr_expect_not(facetree_inference_version_is(model, "1"));

    for (n = 1; n <= FACETREE_MODEL_VERSION_LEN; n++) {
        memset(version, 0, sizeof(version));
        memcpy(version, facetree_model_version(model), n);

        cr_expect_eq(facetree_inference_version_is(model, version), n >= 12);

        version[n - 1] ^= 1;
        cr_expect_eq(facetree_inference_version_is(model, version), 0);
    }

    strcpy(version, facetree_model_version(model));
    strcat(version, "0");
    cr_expect_eq(facetree_inference_version_is(model, version), 0);

    facetree_model_free(model);
}


Test(inference_route, statuses)
{
    int       i;
    unsigned  status;

    for (i = 0; i < FACETREE_STATUS_COUNT; i++) {
        status = facetree_inference_http_status((facetree_status_e) i);
        cr_expect(i == FACETREE_OK ? status == 200
                                   : status >= 400 && status <= 503);
    }

    cr_expect_eq(facetree_inference_http_status(FACETREE_EJSON), 400);
    cr_expect_eq(facetree_inference_http_status(FACETREE_ESHAPE), 400);
    cr_expect_eq(facetree_inference_http_status(FACETREE_EREQUEST), 400);
    cr_expect_eq(facetree_inference_http_status(FACETREE_ENOTFOUND), 404);
    cr_expect_eq(facetree_inference_http_status(FACETREE_EMETHOD), 405);
    cr_expect_eq(facetree_inference_http_status(FACETREE_EBYTES), 413);
    cr_expect_eq(facetree_inference_http_status(FACETREE_EMEDIA), 415);
    cr_expect_eq(facetree_inference_http_status(FACETREE_EIMAGE), 422);
    cr_expect_eq(facetree_inference_http_status(FACETREE_EREADY), 503);
    cr_expect_eq(facetree_inference_http_status(FACETREE_EBUSY), 503);
    cr_expect_eq(facetree_inference_http_status(FACETREE_ENOMEM), 500);
    cr_expect_eq(facetree_inference_http_status(FACETREE_ECORRUPT), 500);
}
