
/*
 * Copyright (C) facetree contributors
 *
 * The Open Inference Protocol over nginx's requests: core/ knows the routes,
 * the tensors and the answers.
 */


#include "ngx_http_facetree.h"


static ngx_int_t ngx_http_facetree_inference_refused(ngx_http_request_t *r);
static ngx_int_t ngx_http_facetree_inference_find(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx);
static facetree_endpoint_e ngx_http_facetree_inference_endpoint(
    facetree_route_e route);
static ngx_int_t ngx_http_facetree_inference_show(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx);
static facetree_inference_model_t *ngx_http_facetree_inference_models(
    ngx_http_request_t *r, ngx_http_facetree_ctx_t *ctx, uint32_t *count);
static void ngx_http_facetree_inference_body_handler(ngx_http_request_t *r);
static ngx_int_t ngx_http_facetree_inference_index(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx, ngx_str_t *body);
static ngx_int_t ngx_http_facetree_inference_infer(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx, ngx_str_t *body);
static ngx_int_t ngx_http_facetree_inference_answer(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx);
static ngx_int_t ngx_http_facetree_inference_render(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx, facetree_prediction_t *predictions);
static ngx_int_t ngx_http_facetree_inference_header(ngx_http_request_t *r,
    size_t len);
static ngx_int_t ngx_http_facetree_inference_refuse(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx, facetree_status_e status);
static ngx_int_t ngx_http_facetree_inference_error(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx);


static ngx_str_t  ngx_http_facetree_binary_type =
    ngx_string("application/octet-stream");


ngx_int_t
ngx_http_facetree_inference_handler(ngx_http_request_t *r)
{
    ngx_int_t                 rc;
    facetree_status_e         status;
    ngx_http_facetree_ctx_t  *ctx;

    if (r->error_page) {
        return ngx_http_facetree_inference_refused(r);
    }

    ctx = ngx_http_facetree_create_ctx(r, FACETREE_ENDPOINT_METADATA);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->route = ngx_pcalloc(r->pool, sizeof(facetree_route_t));
    if (ctx->route == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->answer = ngx_http_facetree_inference_answer;
    ctx->refuse = ngx_http_facetree_inference_refuse;

    status = facetree_route_parse(ctx->route,
                                  (const char *) r->method_name.data,
                                  r->method_name.len,
                                  (const char *) r->unparsed_uri.data,
                                  r->unparsed_uri.len, &ctx->error);

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

    r->request_body_in_single_buf = 1;

    rc = ngx_http_read_client_request_body(r,
                                    ngx_http_facetree_inference_body_handler);

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        return rc;
    }

    return NGX_DONE;
}


/* As the target of error_page: tells why nginx, or we, refused. */

static ngx_int_t
ngx_http_facetree_inference_refused(ngx_http_request_t *r)
{
    char                     *text;
    size_t                    len;
    ngx_int_t                 rc;
    ngx_uint_t                status;
    const char               *reason;
    facetree_error_t          err;
    facetree_problem_t        problem;
    ngx_http_facetree_ctx_t  *ctx;

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    ctx = ngx_http_facetree_refused_ctx(r, FACETREE_ENDPOINT_INFER);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    status = r->err_status ? r->err_status : NGX_HTTP_INTERNAL_SERVER_ERROR;

    facetree_problem_init(&problem, (unsigned) status,
                          (ctx->status == status) ? &ctx->error : NULL);

    reason = problem.detail ? problem.detail : problem.title;

    if (facetree_inference_error(reason, &text, &len, &err) != FACETREE_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_facetree_send(r, status, &ngx_http_facetree_json_type,
                                  text, len);
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

    return ngx_http_facetree_send(r, status, &ngx_http_facetree_json_type,
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


static void
ngx_http_facetree_inference_body_handler(ngx_http_request_t *r)
{
    ngx_int_t                 rc;
    ngx_str_t                 body;
    ngx_http_facetree_ctx_t  *ctx;

    ctx = ngx_http_facetree_get_ctx(r);

    rc = ngx_http_facetree_inference_body(r, ctx, &body);

    if (rc == NGX_OK) {
        rc = (ctx->route->route == FACETREE_ROUTE_INDEX)
             ? ngx_http_facetree_inference_index(r, ctx, &body)
             : ngx_http_facetree_inference_infer(r, ctx, &body);
    }

    if (rc != NGX_AGAIN) {
        ngx_http_finalize_request(r, rc);
    }
}


ngx_int_t
ngx_http_facetree_inference_body(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx, ngx_str_t *body)
{
    u_char       *p;
    ssize_t       n;
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    ngx_str_null(body);

    if (r->request_body == NULL || r->request_body->bufs == NULL) {
        return NGX_OK;
    }

    cl = r->request_body->bufs;

    if (cl->next == NULL && !cl->buf->in_file) {
        body->data = cl->buf->pos;
        body->len = cl->buf->last - cl->buf->pos;
        return NGX_OK;
    }

    for ( /* void */ ; cl; cl = cl->next) {
        body->len += ngx_buf_size(cl->buf);
    }

    p = ngx_palloc(r->pool, body->len);
    if (p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    body->data = p;

    for (cl = r->request_body->bufs; cl; cl = cl->next) {
        b = cl->buf;

        if (!b->in_file) {

            /* The last buffer of a body that has a file may have nothing. */

            if (b->last > b->pos) {
                p = ngx_cpymem(p, b->pos, b->last - b->pos);
            }

            continue;
        }

        n = ngx_read_file(b->file, p, (size_t) ngx_buf_size(b), b->file_pos);

        if (n != (ssize_t) ngx_buf_size(b)) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        p += n;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_facetree_inference_index(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx, ngx_str_t *body)
{
    int                          ready_only;
    char                        *text;
    size_t                       len;
    uint32_t                     count;
    facetree_status_e            rc;
    facetree_inference_model_t  *models;

    models = ngx_http_facetree_inference_models(r, ctx, &count);
    if (models == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = facetree_inference_index_parse(body->data, body->len, &ready_only,
                                        &ctx->error);

    if (rc == FACETREE_OK) {
        rc = facetree_inference_index(models, count, ready_only, &text, &len,
                                      &ctx->error);
    }

    if (rc != FACETREE_OK) {
        return ngx_http_facetree_inference_error(r, ctx);
    }

    return ngx_http_facetree_send(r, NGX_HTTP_OK,
                                  &ngx_http_facetree_json_type, text, len);
}


static ngx_int_t
ngx_http_facetree_inference_infer(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx, ngx_str_t *body)
{
    uint32_t                       count, i;
    uint64_t                       start;
    ngx_str_t                      encoding, length, type;
    facetree_status_e              rc;
    ngx_http_facetree_loc_conf_t  *flcf;
    facetree_inference_limits_t    limits;
    facetree_inference_headers_t   headers;

    flcf = ngx_http_get_module_loc_conf(r, ngx_http_facetree_module);

    start = ngx_http_facetree_clock();

    (void) ngx_http_facetree_find_header(r, "Content-Type", &type);
    (void) ngx_http_facetree_find_header(r, "Content-Encoding", &encoding);
    (void) ngx_http_facetree_find_header(r, "Inference-Header-Content-Length",
                                         &length);

    headers.content_type = (const char *) type.data;
    headers.content_type_len = type.len;
    headers.content_encoding = (const char *) encoding.data;
    headers.content_encoding_len = encoding.len;
    headers.header_length = (const char *) length.data;
    headers.header_length_len = length.len;

    limits.max_images = (uint32_t) flcf->max_images;
    limits.max_bytes = flcf->max_bytes;

    rc = facetree_inference_parse(&ctx->inference, ctx->model->model, &limits,
                                  &headers, body->data, body->len,
                                  &ctx->error);

    facetree_counters_stage(ctx->counters, FACETREE_STAGE_PARSE,
                            ngx_http_facetree_clock() - start);

    if (rc != FACETREE_OK) {
        return ngx_http_facetree_inference_error(r, ctx);
    }

    count = facetree_inference_count(ctx->inference);

    if (ngx_http_facetree_job_create(r, ctx, count, 0) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    for (i = 0; i < count; i++) {
        ctx->job.items[i] = *facetree_inference_picture(ctx->inference, i);
    }

    return ngx_http_facetree_job_start(r, ctx);
}


static ngx_int_t
ngx_http_facetree_inference_answer(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx)
{
    uint32_t                  i;
    ngx_http_facetree_job_t  *job;
    facetree_prediction_t    *predictions;

    job = &ctx->job;

    ctx->ran = 1;

    ngx_http_facetree_count_results(r, ctx);

    predictions = ngx_palloc(r->pool,
                             job->count * sizeof(facetree_prediction_t));
    if (predictions == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    for (i = 0; i < job->count; i++) {

        /* A tensor has no room for "this one is broken". */

        if (job->results[i].status != FACETREE_OK) {
            ctx->error = job->errors[i];
            return ngx_http_facetree_inference_error(r, ctx);
        }

        predictions[i] = job->results[i].prediction;
    }

    ctx->done = 1;

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

    answer.model = ctx->job.model;
    answer.model_name = (const char *) ctx->model->name.data;
    answer.request = ctx->inference;
    answer.predictions = predictions;
    answer.probabilities = ctx->job.probabilities;

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

    return ngx_http_facetree_send(r, NGX_HTTP_OK, type, text, len);
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


/* The job could not be queued. */

static ngx_int_t
ngx_http_facetree_inference_refuse(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx, facetree_status_e status)
{
    facetree_fail(&ctx->error, status, FACETREE_NO_OFFSET, NULL);

    return ngx_http_facetree_inference_error(r, ctx);
}


/* {"error": text}, by ctx->error. */

static ngx_int_t
ngx_http_facetree_inference_error(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx)
{
    char              *text;
    size_t             len;
    ngx_int_t          rc;
    const char        *reason;
    facetree_error_t   err;

    ctx->status = facetree_inference_http_status(ctx->error.status);

    ngx_http_facetree_log_refusal(r, ctx);

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    if (ctx->status == NGX_HTTP_SERVICE_UNAVAILABLE
        && ngx_http_facetree_add_header(r, "Retry-After", "1") != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /* What went wrong in here is for the log, not for the client. */

    reason = (ctx->status == NGX_HTTP_INTERNAL_SERVER_ERROR)
             ? "internal error; the operator's log says what"
             : ctx->error.text;

    if (facetree_inference_error(reason, &text, &len, &err) != FACETREE_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_facetree_send(r, ctx->status,
                                  &ngx_http_facetree_json_type, text, len);
}
