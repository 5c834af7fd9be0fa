
/*
 * Copyright (C) facetree contributors
 *
 * Open Inference Protocol, version 2, over REST: everything but the transport.
 *
 * A host maps a request to a route, answers the simple ones with one of the
 * bodies at the end, and an inference like this:
 *
 *     facetree_route_parse()                     which model, which version
 *     facetree_inference_parse()                 pictures out of the body
 *     facetree_job_create(), _probe(), _run()    classify them
 *     facetree_inference_render()                the response
 *
 * Any failure is a status and a text; facetree_inference_http_status() has the
 * code to answer with, facetree_inference_error() the body.
 *
 * A model's version, wherever the protocol has one, is the SHA-256 of its
 * file in lower-case hex, as in every other answer: two servers that say the
 * same version give the same answers.  In an address a version may be cut to
 * its first 12 digits or more.
 *
 * Tensors.  One input, "image"; its datatype decides what it holds:
 *
 *     BYTES  [N]              encoded pictures (JPEG, PNG, ...), in JSON as
 *                             base64, with "parameters": {"content_type":
 *                             "base64"}
 *     UINT8  [N,H,W] [N,H*W]  gray levels
 *     FP32   [N,H,W] [N,H*W]  gray levels in 0..1; the nearest of x * 255
 *
 * where W and H are the model's.  Outputs, all of them unless some are asked
 * for: "label" BYTES [N], "class" INT64 [N], "probabilities" FP32 [N,C].
 * Extensions: binary_tensor_data, classification (of "probabilities"),
 * statistics; of model_repository the index, since models are loaded and
 * unloaded by the configuration alone.
 */


#ifndef FACETREE_INFERENCE_H
#define FACETREE_INFERENCE_H


#include "facetree_int.h"


#pragma GCC visibility push(hidden)


/* Of a model's name in an address, decoded; of the "id" of a request. */
#define FACETREE_INFERENCE_MAX_NAME     255
#define FACETREE_INFERENCE_MAX_ID       1024

/* A version is cut no shorter than this. */
#define FACETREE_INFERENCE_MIN_VERSION  12


/*
 * Routes
 */

typedef enum {
    FACETREE_ROUTE_SERVER = 1,     /* GET /v2 */
    FACETREE_ROUTE_LIVE,           /* GET /v2/health/live */
    FACETREE_ROUTE_READY,          /* GET /v2/health/ready */
    FACETREE_ROUTE_MODELS,         /* GET /v2/models */
    FACETREE_ROUTE_MODEL,          /* GET /v2/models/NAME[/versions/V] */
    FACETREE_ROUTE_MODEL_READY,    /* GET .../ready */
    FACETREE_ROUTE_MODEL_STATS,    /* GET .../stats */
    FACETREE_ROUTE_INFER,          /* POST .../infer */
    FACETREE_ROUTE_STATS,          /* GET /v2/models/stats */
    FACETREE_ROUTE_INDEX           /* POST /v2/repository/index */
} facetree_route_e;

typedef struct {
    facetree_route_e  route;
    const char       *allow;       /* the methods of the route, as the Allow
                                      header has them: "GET, HEAD", "POST" */
    size_t            name_len;
    size_t            version_len;

    /* Empty in a route without a model, or without a version. */
    char              name[FACETREE_INFERENCE_MAX_NAME + 1];
    char              version[FACETREE_MODEL_VERSION_LEN + 1];
} facetree_route_t;

/*
 * Reads the path of a request, from "/v2" on.  The host has decoded and
 * normalized it, and cut the query off: a name cannot hold a slash.  One slash
 * at the end is passed over.  Fails with FACETREE_ENOTFOUND, or
 * FACETREE_EMETHOD, when the route is filled and "allow" says what would be
 * right.  Methods are case-sensitive.
 */
facetree_status_e facetree_route_parse(facetree_route_t *route,
    const char *method, size_t method_len, const char *path, size_t path_len,
    facetree_error_t *err);

/*
 * Whether a version from an address means this model: all digits or the first
 * ones, or an empty string, which means any.
 */
int facetree_inference_version_is(const facetree_model_t *model,
    const char *version);

/*
 * 400 for whatever the client could have written otherwise, 404, 405, 413 for
 * exceeded limits, 415, 422 for a picture that cannot be decoded, 503 when not
 * ready or busy, and 500; 200 for FACETREE_OK.
 */
unsigned facetree_inference_http_status(facetree_status_e status);


/*
 * Requests
 */

typedef struct facetree_inference_s  facetree_inference_t;

/* Header fields of the request as sent; NULL where there is none. */
typedef struct {
    const char  *content_type;
    size_t       content_type_len;
    const char  *content_encoding;
    size_t       content_encoding_len;
    const char  *header_length;        /* Inference-Header-Content-Length */
    size_t       header_length_len;
} facetree_inference_headers_t;

typedef struct {
    uint32_t  max_images;              /* N, at least 1 */
    size_t    max_bytes;               /* of an encoded picture */
} facetree_inference_limits_t;

typedef enum {
    FACETREE_OUTPUT_LABEL = 0,
    FACETREE_OUTPUT_CLASS,
    FACETREE_OUTPUT_PROBABILITIES,
    FACETREE_OUTPUT_COUNT
} facetree_output_e;

typedef struct {
    facetree_output_e  output;
    int                binary;
    uint32_t           classification;   /* the best k instead of all
                                            probabilities; 0: not asked for */
} facetree_inference_output_t;


/*
 * Reads a whole body.  Depth of nesting (32) and number of elements (two for
 * each pixel of "max_images" pictures, and 4096) of the JSON part, at most
 * 64 MiB, are counted before anything is built from it.
 * facetree_inference_memory() tells what it can take.  Raw tensors are used in
 * place, but for FP32 ones, which take a quarter of their size.  The pictures
 * may point into the body, which must stay until facetree_inference_free().
 *
 * Fails with FACETREE_EJSON (not JSON), FACETREE_EREQUEST (JSON that is not
 * of the protocol, unknown inputs or outputs, wrong datatypes or numbers),
 * FACETREE_ESHAPE (shape against model, or against what was sent),
 * FACETREE_EIMAGES (N over the limit), FACETREE_EEMPTY, FACETREE_EMEDIA (type
 * or encoding of the content), FACETREE_EBYTES (JSON too long, or of too many
 * elements; an encoded picture of more than max_bytes).
 */
facetree_status_e facetree_inference_parse(facetree_inference_t **out,
    const facetree_model_t *model, const facetree_inference_limits_t *limits,
    const facetree_inference_headers_t *headers, const void *body,
    size_t body_len, facetree_error_t *err);

/*
 * Bytes that facetree_inference_parse() allocates at once at most, for any
 * body of "body_len" bytes: what to reserve before it is called.  Of them no
 * more than body_len, and max_images pictures, stay until
 * facetree_inference_free().
 */
size_t facetree_inference_memory(const facetree_model_t *model,
    uint32_t max_images, size_t body_len);

void facetree_inference_free(facetree_inference_t *request);  /* NULL is fine */

/* NULL when the request has none. */
const char *facetree_inference_id(const facetree_inference_t *request);

/* At least 1; "index" below it. */
uint32_t facetree_inference_count(const facetree_inference_t *request);
const facetree_picture_t *facetree_inference_picture(
    const facetree_inference_t *request, uint32_t index);

/* In the order of the answer; "index" below the count, at least 1. */
uint32_t facetree_inference_outputs(const facetree_inference_t *request);
const facetree_inference_output_t *facetree_inference_output(
    const facetree_inference_t *request, uint32_t index);


/*
 * Responses
 */

typedef struct {
    const facetree_model_t       *model;
    const char                   *model_name;
    const facetree_inference_t   *request;
    const facetree_prediction_t  *predictions;     /* one a picture */
    const double                 *probabilities;   /* classes a picture */
} facetree_inference_answer_t;

/*
 * "*out" is freed by the caller with free().  With "*header_len" 0 it is JSON;
 * otherwise it is binary (application/octet-stream) and starts with so many
 * bytes of JSON, to be told in Inference-Header-Content-Length.
 */
facetree_status_e facetree_inference_render(
    const facetree_inference_answer_t *answer, char **out, size_t *len,
    size_t *header_len, facetree_error_t *err);


/*
 * The other bodies, all JSON: a terminated string of "*len" bytes that the
 * caller frees with free().
 */

typedef struct {
    uint64_t  count;
    uint64_t  ns;
} facetree_inference_span_t;

typedef struct {
    uint64_t                   last_inference_ms;  /* Unix time; 0: none yet */
    uint64_t                   inferences;         /* pictures */
    uint64_t                   executions;         /* requests that ran */
    facetree_inference_span_t  success;            /* whole requests */
    facetree_inference_span_t  fail;
    facetree_inference_span_t  queue;
    facetree_inference_span_t  input;              /* decode and shrink */
    facetree_inference_span_t  infer;              /* walk the trees */
    facetree_inference_span_t  output;             /* render */
} facetree_inference_stats_t;

typedef struct {
    const char                 *name;
    const facetree_model_t     *model;         /* NULL: could not be loaded */
    const char                 *reason;        /* why not; may be NULL */
    facetree_inference_stats_t  stats;         /* of the statistics only */
} facetree_inference_model_t;

facetree_status_e facetree_inference_server(char **out, size_t *len,
    facetree_error_t *err);
facetree_status_e facetree_inference_live(int live, char **out, size_t *len,
    facetree_error_t *err);

/* Not ready: to be sent with 503; "reason" may be NULL. */
facetree_status_e facetree_inference_ready(int ready, const char *reason,
    char **out, size_t *len, facetree_error_t *err);

/* The model must be loaded. */
facetree_status_e facetree_inference_metadata(
    const facetree_inference_model_t *model, char **out, size_t *len,
    facetree_error_t *err);

facetree_status_e facetree_inference_model_ready(
    const facetree_inference_model_t *model, char **out, size_t *len,
    facetree_error_t *err);
facetree_status_e facetree_inference_models(
    const facetree_inference_model_t *models, uint32_t count, char **out,
    size_t *len, facetree_error_t *err);
facetree_status_e facetree_inference_statistics(
    const facetree_inference_model_t *models, uint32_t count, char **out,
    size_t *len, facetree_error_t *err);

/* "ready_only" as facetree_inference_index_parse() has it. */
facetree_status_e facetree_inference_index(
    const facetree_inference_model_t *models, uint32_t count, int ready_only,
    char **out, size_t *len, facetree_error_t *err);

/* The request of an index: nothing, or {"ready": bool}. */
facetree_status_e facetree_inference_index_parse(const void *body,
    size_t body_len, int *ready_only, facetree_error_t *err);

/* {"error": text}; any text, made valid UTF-8. */
facetree_status_e facetree_inference_error(const char *text, char **out,
    size_t *len, facetree_error_t *err);


#pragma GCC visibility pop


#endif /* FACETREE_INFERENCE_H */
