
/*
 * Copyright (C) facetree contributors
 *
 * The Open Inference Protocol over nginx's requests: core/ knows the routes,
 * the tensors and the answers.
 */


#include "ngx_http_facetree.h"


/* Of the body of an index. */
#define NGX_HTTP_FACETREE_INDEX_BYTES  4096


static ngx_int_t ngx_http_facetree_inference_find(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx);
static facetree_endpoint_e ngx_http_facetree_inference_endpoint(
    facetree_route_e route);
static ngx_int_t ngx_http_facetree_inference_show(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx);
static facetree_inference_model_t *ngx_http_facetree_inference_models(
    ngx_http_request_t *r, ngx_http_facetree_ctx_t *ctx, uint32_t *count);
static void ngx_http_facetree_inference_index_handler(ngx_http_request_t *r);
static ngx_int_t ngx_http_facetree_inference_index(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx);
static void ngx_http_facetree_inference_prepare(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx);
static facetree_status_e ngx_http_facetree_inference_parse(
    ngx_http_facetree_work_t *work);
static ngx_int_t ngx_http_facetree_inference_answer(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx);
static ngx_int_t ngx_http_facetree_inference_render(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx, facetree_prediction_t *predictions);
static ngx_int_t ngx_http_facetree_inference_header(ngx_http_request_t *r,
    size_t len);


static ngx_str_t  ngx_http_facetree_binary_type =
    ngx_string("application/octet-stream");


ngx_int_t
ngx_http_facetree_inference_handler(ngx_http_request_t *r)
{
    ngx_int_t                 rc;
    facetree_status_e         status;
    ngx_http_facetree_ctx_t  *ctx;

    if (ngx_http_facetree_is_refused(r)) {
        return ngx_http_facetree_explain_refusal(r, 1);
    }

    ctx = ngx_http_facetree_create_ctx(r, FACETREE_ENDPOINT_METADATA);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->route = ngx_pcalloc(r->pool, sizeof(facetree_route_t));
    if (ctx->route == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->refuse = ngx_http_facetree_inference_error;

    /* Decoded by nginx, and rewritten by whoever has sent it here. */

    status = facetree_route_parse(ctx->route,
                                  (const char *) r->method_name.data,
                                  r->method_name.len,
                                  (const char *) r->uri.data, r->uri.len,
                                  &ctx->error);

    ctx->endpoint = ngx_http_facetree_inference_endpoint(ctx->route->route);

    if (status == FACETREE_EMETHOD && r->method == NGX_HTTP_OPTIONS) {
        return ngx_http_facetree_options(r, ctx->route->allow);
    }

    if (status == FACETREE_EMETHOD
        && ngx_http_facetree_add_header(r, "Allow", ctx->route->allow)
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (status != FACETREE_OK) {
        return ngx_http_facetree_inference_error(r, ctx);
    }

    rc = ngx_http_facetree_inference_find(r, ctx);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    if (ctx->route->route != FACETREE_ROUTE_INFER
        && ctx->route->route != FACETREE_ROUTE_INDEX)
    {
        rc = ngx_http_discard_request_body(r);
        if (rc != NGX_OK) {
            return rc;
        }

        return ngx_http_facetree_inference_show(r, ctx);
    }

    if (ctx->route->route == FACETREE_ROUTE_INDEX) {
        rc = ngx_http_read_client_request_body(r,
                                   ngx_http_facetree_inference_index_handler);

        return (rc >= NGX_HTTP_SPECIAL_RESPONSE) ? rc : NGX_DONE;
    }

    ngx_http_facetree_inference_prepare(r, ctx);

    return ngx_http_facetree_read_body(r, ctx);
}


/* Sets ctx->model, if the route has one; NGX_DECLINED: go on. */

static ngx_int_t
ngx_http_facetree_inference_find(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx)
{
    ngx_str_t                       name;
    ngx_http_facetree_model_t      *model;
    ngx_http_facetree_main_conf_t  *mcf;

    if (ctx->route->name_len == 0) {
        return NGX_DECLINED;
    }

    name.data = (u_char *) ctx->route->name;
    name.len = ctx->route->name_len;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_facetree_module);

    model = ngx_http_facetree_find_model(mcf, &name);

    if (model == NULL
        || !facetree_inference_version_is(model->model, ctx->route->version))
    {
        facetree_fail(&ctx->error, FACETREE_ENOTFOUND, FACETREE_NO_OFFSET,
                      "no model of this name%s is served here",
                      model ? " and version" : "");

        return ngx_http_facetree_inference_error(r, ctx);
    }

    ctx->model = model;

    if (ctx->route->route == FACETREE_ROUTE_INFER) {
        ngx_http_facetree_count_begin(r, ctx);
    }

    return NGX_DECLINED;
}


static facetree_endpoint_e
ngx_http_facetree_inference_endpoint(facetree_route_e route)
{
    switch (route) {

    case FACETREE_ROUTE_INFER:
        return FACETREE_ENDPOINT_INFER;

    case FACETREE_ROUTE_LIVE:
    case FACETREE_ROUTE_READY:
    case FACETREE_ROUTE_MODEL_READY:
        return FACETREE_ENDPOINT_HEALTH;

    default:
        return FACETREE_ENDPOINT_METADATA;
    }
}


/* The routes that need no body. */

static ngx_int_t
ngx_http_facetree_inference_show(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx)
{
    char                        *text;
    size_t                       len;
    uint32_t                     count;
    ngx_uint_t                   status;
    facetree_status_e            rc;
    facetree_inference_model_t  *models;

    models = ngx_http_facetree_inference_models(r, ctx, &count);
    if (models == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    status = NGX_HTTP_OK;

    switch (ctx->route->route) {

    case FACETREE_ROUTE_SERVER:
        rc = facetree_inference_server(&text, &len, &ctx->error);
        break;

    case FACETREE_ROUTE_LIVE:
        rc = facetree_inference_live(1, &text, &len, &ctx->error);
        break;

    case FACETREE_ROUTE_READY:

        /* A worker that finishes its last requests wants no new ones. */

        if (ngx_quit || ngx_exiting || ngx_terminate) {
            status = NGX_HTTP_SERVICE_UNAVAILABLE;
        }

        rc = facetree_inference_ready(status == NGX_HTTP_OK,
                                      "the server is shutting down", &text,
                                      &len, &ctx->error);
        break;

    case FACETREE_ROUTE_MODELS:
        rc = facetree_inference_models(models, count, &text, &len,
                                       &ctx->error);
        break;

    case FACETREE_ROUTE_MODEL:
        rc = facetree_inference_metadata(models, &text, &len, &ctx->error);
        break;

    case FACETREE_ROUTE_MODEL_READY:
        rc = facetree_inference_model_ready(models, &text, &len,
                                            &ctx->error);
        break;

    default: /* FACETREE_ROUTE_MODEL_STATS, FACETREE_ROUTE_STATS */
        rc = facetree_inference_statistics(models, count, &text, &len,
                                           &ctx->error);
        break;
    }

    if (rc != FACETREE_OK) {
        return ngx_http_facetree_inference_error(r, ctx);
    }

    /* The rest of the routes tell of this moment. */

    if ((ctx->route->route == FACETREE_ROUTE_SERVER
         || ctx->route->route == FACETREE_ROUTE_MODELS
         || ctx->route->route == FACETREE_ROUTE_MODEL)
        && ngx_http_facetree_set_etag(r, text, len) != NGX_OK)
    {
        free(text);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_facetree_send(r, ctx, status, &ngx_http_facetree_json_type,
                                  text, len);
}


/* The model of the request, or all of them. */

static facetree_inference_model_t *
ngx_http_facetree_inference_models(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx, uint32_t *count)
{
    ngx_uint_t                      i, n;
    ngx_http_facetree_model_t      *model;
    facetree_inference_model_t     *models;
    ngx_http_facetree_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_facetree_module);

    model = ctx->model ? ctx->model : mcf->models.elts;
    n = ctx->model ? 1 : mcf->models.nelts;

    models = ngx_pcalloc(r->pool, n * sizeof(facetree_inference_model_t) + 1);
    if (models == NULL) {
        return NULL;
    }

    for (i = 0; i < n; i++) {
        models[i].name = (const char *) model[i].name.data;
        models[i].model = model[i].model;

        if (model[i].counters) {
            facetree_counters_stats(model[i].counters, &models[i].stats);
        }
    }

    *count = (uint32_t) n;

    return models;
}


/* The request of an index is {} or {"ready": true}: a few bytes. */

static void
ngx_http_facetree_inference_index_handler(ngx_http_request_t *r)
{
    ngx_http_facetree_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_facetree_module);

    ctx->state = NGX_HTTP_FACETREE_SENDING;

    ngx_http_finalize_request(r, ngx_http_facetree_inference_index(r, ctx));
}


static ngx_int_t
ngx_http_facetree_inference_index(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx)
{
    int                          ready_only;
    char                        *text;
    size_t                       len;
    uint32_t                     count;
    ngx_int_t                    rc;
    facetree_status_e            status;
    ngx_http_facetree_work_t    *work;
    facetree_inference_model_t  *models;

    text = NULL;
    len = 0;
    ready_only = 0;

    models = ngx_http_facetree_inference_models(r, ctx, &count);
    if (models == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    work = &ctx->work;

    rc = ngx_http_facetree_body_pieces(r, work);
    if (rc != NGX_OK) {
        return rc;
    }

    if (work->body_len > NGX_HTTP_FACETREE_INDEX_BYTES) {
        status = facetree_fail_limit(&ctx->error, FACETREE_EBYTES,
                                     NGX_HTTP_FACETREE_INDEX_BYTES,
                                     work->body_len, "the body has %zu bytes, "
                                     "more than %d", work->body_len,
                                     NGX_HTTP_FACETREE_INDEX_BYTES);

    } else {
        status = ngx_http_facetree_body_gather(work);

        if (status != FACETREE_OK) {
            ctx->error = work->error;
        }
    }

    if (status == FACETREE_OK) {
        status = facetree_inference_index_parse(work->body, work->body_len,
                                                &ready_only, &ctx->error);
    }

    if (status == FACETREE_OK) {
        status = facetree_inference_index(models, count, ready_only, &text,
                                          &len, &ctx->error);
    }

    if (status != FACETREE_OK) {
        return ngx_http_facetree_inference_error(r, ctx);
    }

    return ngx_http_facetree_send(r, ctx, NGX_HTTP_OK,
                                  &ngx_http_facetree_json_type, text, len);
}


/* What parsing has to know of the request. */

static void
ngx_http_facetree_inference_prepare(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx)
{
    ngx_str_t                      encoding, length, type;
    ngx_http_facetree_work_t      *work;
    facetree_inference_headers_t  *headers;

    work = &ctx->work;
    headers = &work->headers;

    ctx->answer = ngx_http_facetree_inference_answer;

    work->parse = ngx_http_facetree_inference_parse;
    work->model = ctx->model->model;

    ngx_http_facetree_work_limits(r, &work->limits);

    (void) ngx_http_facetree_find_header(r, "Content-Type", &type);
    (void) ngx_http_facetree_find_header(r, "Content-Encoding", &encoding);
    (void) ngx_http_facetree_find_header(r, "Inference-Header-Content-Length",
                                         &length);

    headers->content_type = (const char *) type.data;
    headers->content_type_len = type.len;
    headers->content_encoding = (const char *) encoding.data;
    headers->content_encoding_len = encoding.len;
    headers->header_length = (const char *) length.data;
    headers->header_length_len = length.len;
}


/* May run in a thread. */

static facetree_status_e
ngx_http_facetree_inference_parse(ngx_http_facetree_work_t *work)
{
    uint32_t                     count, i;
    facetree_status_e            rc;
    facetree_inference_limits_t  limits;

    limits.max_images = work->limits.max_images;
    limits.max_bytes = work->limits.max_bytes;

    rc = facetree_inference_parse(&work->inference, work->model, &limits,
                                  &work->headers, work->body, work->body_len,
                                  &work->error);
    if (rc != FACETREE_OK) {
        return rc;
    }

    count = facetree_inference_count(work->inference);

    rc = facetree_job_create(&work->job, work->model, &work->limits, count, 0,
                             &work->error);
    if (rc != FACETREE_OK) {
        return rc;
    }

    for (i = 0; i < count; i++) {
        work->job->pictures[i] = *facetree_inference_picture(work->inference,
                                                             i);
    }

    return FACETREE_OK;
}


static ngx_int_t
ngx_http_facetree_inference_answer(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx)
{
    uint32_t                i;
    facetree_job_t         *job;
    facetree_prediction_t  *predictions;

    job = ctx->work.job;

    predictions = ngx_palloc(r->pool,
                             job->count * sizeof(facetree_prediction_t));
    if (predictions == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    for (i = 0; i < job->count; i++) {

        /* A tensor has no room for "this one is broken". */

        if (job->results[i].status != FACETREE_OK) {
            ctx->error = *job->results[i].error;
            return ngx_http_facetree_inference_error(r, ctx);
        }

        predictions[i] = job->results[i].prediction;
    }

    return ngx_http_facetree_inference_render(r, ctx, predictions);
}


static ngx_int_t
ngx_http_facetree_inference_render(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx, facetree_prediction_t *predictions)
{
    char                         *text;
    size_t                        header_len, len;
    uint64_t                      start;
    ngx_str_t                    *type;
    facetree_inference_answer_t   answer;

    start = ngx_http_facetree_clock();

    answer.model = ctx->work.model;
    answer.model_name = (const char *) ctx->model->name.data;
    answer.request = ctx->work.inference;
    answer.predictions = predictions;
    answer.probabilities = ctx->work.job->probabilities;

    if (facetree_inference_render(&answer, &text, &len, &header_len,
                                  &ctx->error)
        != FACETREE_OK)
    {
        return ngx_http_facetree_inference_error(r, ctx);
    }

    facetree_counters_stage(ctx->counters, FACETREE_STAGE_RENDER,
                            ngx_http_facetree_clock() - start);

    type = &ngx_http_facetree_json_type;

    if (header_len) {
        type = &ngx_http_facetree_binary_type;

        if (ngx_http_facetree_inference_header(r, header_len) != NGX_OK) {
            free(text);
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    return ngx_http_facetree_send(r, ctx, NGX_HTTP_OK, type, text, len);
}


/* How much of a binary answer is JSON. */

static ngx_int_t
ngx_http_facetree_inference_header(ngx_http_request_t *r, size_t len)
{
    u_char  *value;

    value = ngx_pnalloc(r->pool, NGX_SIZE_T_LEN + 1);
    if (value == NULL) {
        return NGX_ERROR;
    }

    *ngx_sprintf(value, "%uz", len) = '\0';

    return ngx_http_facetree_add_header(r, "Inference-Header-Content-Length",
                                        (const char *) value);
}
