
/*
 * Copyright (C) facetree contributors
 *
 * Which of the protocol's addresses a request is for.
 */


#include "facetree_inference.h"
#include "facetree_header.h"

#include <string.h>


#define FACETREE_ROUTE_SEGMENTS  7

/* What Allow lists. */
#define FACETREE_ROUTE_READS  "GET, HEAD, OPTIONS"
#define FACETREE_ROUTE_RUNS   "POST, OPTIONS"


typedef struct {
    facetree_route_e   route;
    const char        *method;
    const char        *allow;
    const char        *path;       /* segments; "*" is a model's name, which
                                      "versions" and a version may follow */
} facetree_route_rule_t;

typedef struct {
    facetree_slice_t  segment[FACETREE_ROUTE_SEGMENTS];
    size_t            count;
} facetree_route_path_t;


/* The first that fits: "stats" of all models stands before a model's name. */

static const facetree_route_rule_t  facetree_route_rules[] = {
    { FACETREE_ROUTE_SERVER, "GET", FACETREE_ROUTE_READS, "v2" },
    { FACETREE_ROUTE_LIVE, "GET", FACETREE_ROUTE_READS, "v2/health/live" },
    { FACETREE_ROUTE_READY, "GET", FACETREE_ROUTE_READS, "v2/health/ready" },
    { FACETREE_ROUTE_MODELS, "GET", FACETREE_ROUTE_READS, "v2/models" },
    { FACETREE_ROUTE_STATS, "GET", FACETREE_ROUTE_READS, "v2/models/stats" },
    { FACETREE_ROUTE_MODEL, "GET", FACETREE_ROUTE_READS, "v2/models/*" },
    { FACETREE_ROUTE_MODEL_READY, "GET", FACETREE_ROUTE_READS,
      "v2/models/*/ready" },
    { FACETREE_ROUTE_MODEL_STATS, "GET", FACETREE_ROUTE_READS,
      "v2/models/*/stats" },
    { FACETREE_ROUTE_INFER, "POST", FACETREE_ROUTE_RUNS, "v2/models/*/infer" },
    { FACETREE_ROUTE_INDEX, "POST", FACETREE_ROUTE_RUNS, "v2/repository/index" }
};


static int
facetree_route_same(facetree_slice_t slice, const char *text, size_t len)
{
    return slice.len == len && memcmp(slice.data, text, len) == 0;
}


/* Returns 0 when the path cannot be one of ours. */

static int
facetree_route_split(const char *path, size_t len,
    facetree_route_path_t *parts)
{
    size_t       n;
    const char  *end, *p;

    parts->count = 0;
    end = path + len;

    for (p = path; p < end; p += n) {

        if (*p++ != '/') {
            return 0;
        }

        for (n = 0; p + n < end && p[n] != '/'; n++) { /* void */ }

        if (n == 0) {
            return p == end && parts->count > 0;
        }

        if (parts->count == FACETREE_ROUTE_SEGMENTS) {
            return 0;
        }

        parts->segment[parts->count].data = p;
        parts->segment[parts->count].len = n;
        parts->count++;
    }

    return parts->count > 0;
}


/* Returns 0 when it is empty, has a NUL, or "size" bytes or more. */

static int
facetree_route_copy(facetree_slice_t slice, char *out, size_t size,
    size_t *len)
{
    if (slice.len == 0 || slice.len >= size
        || memchr(slice.data, '\0', slice.len))
    {
        return 0;
    }

    memcpy(out, slice.data, slice.len);
    out[slice.len] = '\0';
    *len = slice.len;

    return 1;
}


/*
 * Takes "name" and, if it is there, "versions/V" at "*at"; returns 0 when they
 * are malformed.
 */

static int
facetree_route_model(facetree_route_t *route,
    const facetree_route_path_t *parts, size_t *at)
{
    if (!facetree_route_copy(parts->segment[*at], route->name,
                             sizeof(route->name), &route->name_len))
    {
        return 0;
    }

    (*at)++;

    if (parts->count - *at < 2
        || !facetree_route_same(parts->segment[*at], "versions", 8))
    {
        return 1;
    }

    *at += 2;

    return facetree_route_copy(parts->segment[*at - 1], route->version,
                               sizeof(route->version), &route->version_len);
}


static int
facetree_route_match(facetree_route_t *route,
    const facetree_route_rule_t *rule, const facetree_route_path_t *parts)
{
    size_t       at, len;
    const char  *p;

    memset(route, 0, sizeof(*route));

    for (p = rule->path, at = 0; /* void */ ; p += len + 1) {
        len = strcspn(p, "/");

        if (at == parts->count) {
            return 0;
        }

        if (*p == '*') {
            if (!facetree_route_model(route, parts, &at)) {
                return 0;
            }

        } else if (!facetree_route_same(parts->segment[at++], p, len)) {
            return 0;
        }

        if (p[len] == '\0') {
            break;
        }
    }

    route->route = rule->route;
    route->allow = rule->allow;

    return at == parts->count;
}


static int
facetree_route_allows(const facetree_route_rule_t *rule,
    facetree_slice_t method)
{
    return facetree_route_same(method, rule->method, strlen(rule->method))
           || (rule->method[0] == 'G'
               && facetree_route_same(method, "HEAD", 4));
}


facetree_status_e
facetree_route_parse(facetree_route_t *route, const char *method,
    size_t method_len, const char *path, size_t path_len,
    facetree_error_t *err)
{
    size_t                 i, n;
    facetree_slice_t       name = { method, method_len };
    facetree_route_path_t  parts;

    n = sizeof(facetree_route_rules) / sizeof(facetree_route_rules[0]);

    if (!facetree_route_split(path, path_len, &parts)) {
        n = 0;
    }

    for (i = 0; i < n; i++) {

        if (!facetree_route_match(route, &facetree_route_rules[i], &parts)) {
            continue;
        }

        if (facetree_route_allows(&facetree_route_rules[i], name)) {
            return FACETREE_OK;
        }

        return facetree_fail(err, FACETREE_EMETHOD, FACETREE_NO_OFFSET,
                             "method is not allowed here: use %s",
                             route->allow);
    }

    memset(route, 0, sizeof(*route));

    return facetree_fail(err, FACETREE_ENOTFOUND, FACETREE_NO_OFFSET,
                         "nothing is at this address: GET /v2/models lists "
                         "the models");
}


int
facetree_inference_version_is(const facetree_model_t *model,
    const char *version)
{
    size_t  len;

    len = strlen(version);

    if (len == 0) {
        return 1;
    }

    return len >= FACETREE_INFERENCE_MIN_VERSION
           && len <= FACETREE_MODEL_VERSION_LEN
           && memcmp(version, facetree_model_version(model), len) == 0;
}


unsigned
facetree_inference_http_status(facetree_status_e status)
{
    switch (status) {

    case FACETREE_OK:
        return 200;

    case FACETREE_EJSON:
    case FACETREE_EREQUEST:
    case FACETREE_ESHAPE:
    case FACETREE_EEMPTY:
    case FACETREE_EMULTIPART:
        return 400;

    case FACETREE_ENOTFOUND:
        return 404;

    case FACETREE_EMETHOD:
        return 405;

    case FACETREE_EBYTES:
    case FACETREE_EPIXELS:
    case FACETREE_ESIDE:
    case FACETREE_EIMAGES:
    case FACETREE_ESCANS:
    case FACETREE_EMEMORY:
    case FACETREE_ETIMEOUT:
        return 413;

    case FACETREE_EMEDIA:
        return 415;

    case FACETREE_EIMAGE:
        return 422;

    case FACETREE_ECANCELLED:
        return 499;

    case FACETREE_EREADY:
    case FACETREE_EBUSY:
        return 503;

    default:
        return 500;
    }
}
