
/*
 * Copyright (C) facetree contributors
 *
 * What a refusal says, by its HTTP status or by the error behind it.
 */


#include "facetree_int.h"

#include <string.h>


typedef struct {
    unsigned     status;
    const char  *token;
    const char  *title;
    const char  *detail;
} facetree_problem_rule_t;


/* The token and detail are those of a refusal without an error of core's. */

static const facetree_problem_rule_t  facetree_problem_rules[] = {
    { 400, "request",    "Bad Request",
      "the request could not be understood" },
    { 401, "unauthorized", "Unauthorized",
      "a name and a password are wanted here" },
    { 403, "forbidden",  "Forbidden",
      "access to this address is not allowed" },
    { 404, "model",      "Not Found",
      "no such model is served here" },
    { 405, "method",     "Method Not Allowed",
      "send the picture with POST, or with PUT" },
    { 408, "timeout",    "Request Timeout",
      "the request took too long to arrive" },
    { 411, "length",     "Length Required",
      "send a Content-Length, or a chunked body" },
    { 413, "body_size",  "Content Too Large",
      "the request body is larger than this server accepts" },
    { 415, "media_type", "Unsupported Media Type",
      "this type of content is not accepted" },
    { 422, "corrupt",    "Unprocessable Content",
      "the picture cannot be decoded" },
    { 429, "rate",       "Too Many Requests",
      "too many requests; wait a moment and try again" },
    { 503, "overload",   "Service Unavailable",
      "the server is busy; wait a moment and try again" }
};

static const facetree_problem_rule_t  facetree_problem_refused =
    { 0, "request", "Request Refused", "the request was refused" };

static const facetree_problem_rule_t  facetree_problem_internal =
    { 0, "internal", "Internal Server Error",
      "something went wrong here; the operator's log says what" };


static const facetree_problem_rule_t *
facetree_problem_find(unsigned status)
{
    size_t  i, n;

    n = sizeof(facetree_problem_rules) / sizeof(facetree_problem_rules[0]);

    for (i = 0; i < n; i++) {
        if (facetree_problem_rules[i].status == status) {
            return &facetree_problem_rules[i];
        }
    }

    return (status < 500) ? &facetree_problem_refused
                          : &facetree_problem_internal;
}


void
facetree_problem_init(facetree_problem_t *problem, unsigned http_status,
    const facetree_error_t *error)
{
    const facetree_problem_rule_t  *rule;

    memset(problem, 0, sizeof(*problem));

    rule = facetree_problem_find(http_status);

    problem->http_status = http_status;
    problem->token = rule->token;
    problem->title = rule->title;
    problem->detail = rule->detail;

    /* What went wrong inside is for the log, not for the client. */

    if (error == NULL || error->status == FACETREE_OK || http_status >= 500) {
        return;
    }

    problem->token = facetree_status_token(error->status);
    problem->detail = error->text;
    problem->limit = error->limit;
    problem->observed = error->observed;
}
