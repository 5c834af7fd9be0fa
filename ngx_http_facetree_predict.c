
/*
 * Copyright (C) facetree contributors
 *
 * A request to a facetree location, from its headers to its answer.
 */


#include "ngx_http_facetree.h"


static ngx_int_t ngx_http_facetree_check_request(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx);
static void ngx_http_facetree_body_handler(ngx_http_request_t *r);
static ngx_int_t ngx_http_facetree_gather(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx);
static ngx_int_t ngx_http_facetree_prepare(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx);
static ngx_uint_t ngx_http_facetree_has_flag(ngx_http_request_t *r,
    const char *name);
static ngx_int_t ngx_http_facetree_answer(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx);
static ngx_int_t ngx_http_facetree_render(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx);
static ngx_int_t ngx_http_facetree_refuse_busy(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx, facetree_status_e status);
static void ngx_http_facetree_ctx_cleanup(void *data);


ngx_int_t
ngx_http_facetree_handler(ngx_http_request_t *r)
{
    ngx_int_t                 rc;
    ngx_http_facetree_ctx_t  *ctx;

    /*
     * As the target of error_page the location explains a refusal, nginx's
     * own or one of ours, instead of classifying.
     */

    if (r->error_page) {
        rc = ngx_http_discard_request_body(r);
        if (rc != NGX_OK) {
            return rc;
        }

        ctx = ngx_http_facetree_refused_ctx(r, FACETREE_ENDPOINT_PREDICT);
        if (ctx == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        return ngx_http_facetree_problem(r, ctx, r->err_status);
    }

    ctx = ngx_http_facetree_create_ctx(r, FACETREE_ENDPOINT_PREDICT);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->answer = ngx_http_facetree_answer;
    ctx->refuse = ngx_http_facetree_refuse_busy;

    rc = ngx_http_facetree_check_request(r, ctx);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    /* A body in one buffer is decoded where it lies. */

    r->request_body_in_single_buf = 1;

    rc = ngx_http_read_client_request_body(r, ngx_http_facetree_body_handler);

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        return rc;
    }

    return NGX_DONE;
}


/* Refuses what can be refused without the body; NGX_DECLINED: nothing. */

static ngx_int_t
ngx_http_facetree_check_request(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx)
{
    ngx_str_t                       name;
    ngx_http_facetree_loc_conf_t   *flcf;
    ngx_http_facetree_main_conf_t  *mcf;

    /* PUT is what "curl -T face.jpg" sends. */

    if (!(r->method & (NGX_HTTP_POST|NGX_HTTP_PUT))) {
        return ngx_http_facetree_not_allowed(r, ctx, "POST, PUT, OPTIONS");
    }

    if (r->headers_in.content_length_n == -1 && !r->headers_in.chunked
        && r->http_version < NGX_HTTP_VERSION_20)
    {
        return ngx_http_facetree_refuse(r, ctx, NGX_HTTP_LENGTH_REQUIRED);
    }

    flcf = ngx_http_get_module_loc_conf(r, ngx_http_facetree_module);

    ctx->model = flcf->model;

    if (ctx->model == NULL) {

        if (ngx_http_complex_value(r, flcf->name, &name) != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        mcf = ngx_http_get_module_main_conf(r, ngx_http_facetree_module);

        ctx->model = ngx_http_facetree_find_model(mcf, &name);

        if (ctx->model == NULL) {
            ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                          "facetree: no model \"%V\"", &name);
            return ngx_http_facetree_refuse(r, ctx, NGX_HTTP_NOT_FOUND);
        }
    }

    ngx_http_facetree_count_begin(r, ctx);

    return NGX_DECLINED;
}


static void
ngx_http_facetree_body_handler(ngx_http_request_t *r)
{
    ngx_int_t                 rc;
    ngx_http_facetree_ctx_t  *ctx;

    ctx = ngx_http_facetree_get_ctx(r);

    rc = ngx_http_facetree_gather(r, ctx);

    if (rc == NGX_DECLINED) {
        rc = ngx_http_facetree_job_start(r, ctx);
    }

    /* A thread finalizes the request when it is done. */

    if (rc != NGX_AGAIN) {
        ngx_http_finalize_request(r, rc);
    }
}


/* Takes the pictures out of the body; NGX_DECLINED: go on with them. */

static ngx_int_t
ngx_http_facetree_gather(ngx_http_request_t *r, ngx_http_facetree_ctx_t *ctx)
{
    uint64_t                       start;
    ngx_str_t                      body;
    ngx_table_elt_t               *type;
    facetree_status_e              rc;
    facetree_upload_options_t      options;
    ngx_http_facetree_loc_conf_t  *flcf;

    flcf = ngx_http_get_module_loc_conf(r, ngx_http_facetree_module);
    type = r->headers_in.content_type;

    ngx_memzero(&options, sizeof(facetree_upload_options_t));

    if (type) {
        options.content_type = (const char *) type->value.data;
        options.content_type_len = type->value.len;
    }

    /* Configuration strings are terminated. */

    options.field = flcf->field.len ? (const char *) flcf->field.data : NULL;
    options.max_images = (uint32_t) flcf->max_images;

    options.max_bytes = flcf->max_bytes;

    if (ngx_http_facetree_inference_body(r, ctx, &body) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    start = ngx_http_facetree_clock();

    rc = facetree_upload_create(&ctx->upload, &options, &ctx->error);

    if (rc == FACETREE_OK) {
        rc = facetree_upload_feed(ctx->upload, body.data, body.len,
                                  &ctx->error);
    }

    if (rc == FACETREE_OK) {
        rc = facetree_upload_finish(ctx->upload, &ctx->error);
    }

    if (rc == FACETREE_OK) {
        rc = facetree_upload_bind(ctx->upload, body.data, body.len,
                                  &ctx->error);
    }

    facetree_counters_stage(ctx->counters, FACETREE_STAGE_PARSE,
                            ngx_http_facetree_clock() - start);

    if (rc != FACETREE_OK) {
        return ngx_http_facetree_fail(r, ctx);
    }

    return ngx_http_facetree_prepare(r, ctx);
}


static ngx_int_t
ngx_http_facetree_prepare(ngx_http_request_t *r, ngx_http_facetree_ctx_t *ctx)
{
    uint32_t                       i, count;
    ngx_uint_t                     explain;
    const facetree_upload_file_t  *file;

    ctx->html = ngx_http_facetree_wants_html(r);

    count = facetree_upload_count(ctx->upload);
    explain = ctx->html || ngx_http_facetree_has_flag(r, "explain");

    if (ngx_http_facetree_job_create(r, ctx, count, explain) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    for (i = 0; i < count; i++) {
        file = facetree_upload_file(ctx->upload, i);

        ctx->job.items[i].data = file->data;
        ctx->job.items[i].len = file->len;
        ctx->job.results[i].filename = file->filename;
    }

    return NGX_DECLINED;
}


/* Whether the query string has NAME=1. */

static ngx_uint_t
ngx_http_facetree_has_flag(ngx_http_request_t *r, const char *name)
{
    ngx_str_t  value;

    return ngx_http_arg(r, (u_char *) name, ngx_strlen(name), &value)
           == NGX_OK
           && value.len == 1 && value.data[0] == '1';
}


static ngx_int_t
ngx_http_facetree_answer(ngx_http_request_t *r, ngx_http_facetree_ctx_t *ctx)
{
    ngx_http_facetree_job_t  *job;

    job = &ctx->job;

    ctx->ran = 1;

    ngx_http_facetree_count_results(r, ctx);

    if (job->results[0].status == FACETREE_OK) {
        ctx->done = 1;

    } else {
        ctx->error = job->errors[0];

        /* One bad picture among several is reported in its place. */

        if (job->count == 1) {
            return ngx_http_facetree_fail(r, ctx);
        }
    }

    return ngx_http_facetree_render(r, ctx);
}


static ngx_int_t
ngx_http_facetree_render(ngx_http_request_t *r, ngx_http_facetree_ctx_t *ctx)
{
    char                          *text;
    size_t                         len;
    uint64_t                       start;
    ngx_str_t                     *type;
    facetree_answer_t              answer;
    facetree_status_e              rc;
    ngx_http_facetree_loc_conf_t  *flcf;

    flcf = ngx_http_get_module_loc_conf(r, ngx_http_facetree_module);

    start = ngx_http_facetree_clock();

    ngx_memzero(&answer, sizeof(facetree_answer_t));

    answer.model = ctx->job.model;
    answer.model_name = (const char *) ctx->model->name.data;
    answer.results = ctx->job.results;
    answer.count = ctx->job.count;
    answer.top_k = (uint32_t) flcf->top_k;
    answer.threshold = flcf->threshold;
    answer.decode_us = ctx->job.decode_ns / 1000;
    answer.predict_us = ctx->job.predict_ns / 1000;
    answer.page = ngx_http_facetree_page(r);

    if (ctx->html) {
        type = &ngx_http_facetree_html_type;
        rc = facetree_answer_html(&answer, &text, &len, &ctx->error);

    } else {
        type = &ngx_http_facetree_json_type;
        rc = facetree_answer_json(&answer, &text, &len, &ctx->error);
    }

    if (rc != FACETREE_OK) {
        return ngx_http_facetree_fail(r, ctx);
    }

    facetree_counters_stage(ctx->counters, FACETREE_STAGE_RENDER,
                            ngx_http_facetree_clock() - start);

    return ngx_http_facetree_send(r, NGX_HTTP_OK, type, text, len);
}


/* The job could not be queued. */

static ngx_int_t
ngx_http_facetree_refuse_busy(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx, facetree_status_e status)
{
    return ngx_http_facetree_refuse(r, ctx, NGX_HTTP_SERVICE_UNAVAILABLE);
}


ngx_http_facetree_ctx_t *
ngx_http_facetree_create_ctx(ngx_http_request_t *r,
    facetree_endpoint_e endpoint)
{
    ngx_pool_cleanup_t       *cln;
    ngx_http_facetree_ctx_t  *ctx;

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_facetree_ctx_t));
    if (cln == NULL) {
        return NULL;
    }

    ctx = cln->data;

    ngx_memzero(ctx, sizeof(ngx_http_facetree_ctx_t));

    ctx->request = r;
    ctx->endpoint = endpoint;
    ctx->started = ngx_http_facetree_clock();

    cln->handler = ngx_http_facetree_ctx_cleanup;

    ngx_http_set_ctx(r, ctx, ngx_http_facetree_module);

    return ctx;
}


ngx_http_facetree_ctx_t *
ngx_http_facetree_refused_ctx(ngx_http_request_t *r,
    facetree_endpoint_e endpoint)
{
    ngx_http_facetree_ctx_t  *ctx;

    ctx = ngx_http_facetree_get_ctx(r);

    if (ctx == NULL) {
        ctx = ngx_http_facetree_create_ctx(r, endpoint);
    }

    if (ctx && ctx->status == 0) {
        ctx->status = r->err_status;
    }

    return ctx;
}


ngx_http_facetree_ctx_t *
ngx_http_facetree_get_ctx(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t       *cln;
    ngx_http_facetree_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_facetree_module);

    if (ctx == NULL && (r->internal || r->filter_finalize)) {

        /* Subrequests, such as those of a mirror, use the same pool. */

        for (cln = r->pool->cleanup; cln; cln = cln->next) {
            if (cln->handler != ngx_http_facetree_ctx_cleanup) {
                continue;
            }

            ctx = cln->data;

            if (ctx->request == r) {
                return ctx;
            }
        }

        return NULL;
    }

    return ctx;
}


static void
ngx_http_facetree_ctx_cleanup(void *data)
{
    ngx_http_facetree_ctx_t *ctx = data;

    if (ctx->counted) {
        facetree_counters_end(ctx->counters, ngx_process_slot);
    }

    facetree_upload_free(ctx->upload);
    facetree_inference_free(ctx->inference);
}
