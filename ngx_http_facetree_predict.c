
/*
 * Copyright (C) facetree contributors
 *
 * A request to a facetree location, from its headers to its answer.
 */


#include "ngx_http_facetree.h"


/* Of a client's word in an error text. */
#define NGX_HTTP_FACETREE_SHOWN_NAME  64


static ngx_int_t ngx_http_facetree_check_request(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx);
static ngx_int_t ngx_http_facetree_check_encoding(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx);
static ngx_int_t ngx_http_facetree_choose_model(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx);
static ngx_int_t ngx_http_facetree_create_upload(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx);
static ngx_uint_t ngx_http_facetree_has_flag(ngx_http_request_t *r,
    const char *name);
static facetree_status_e ngx_http_facetree_feed_upload(
    ngx_http_facetree_work_t *work);
static facetree_status_e ngx_http_facetree_parse_upload(
    ngx_http_facetree_work_t *work);
static ngx_int_t ngx_http_facetree_answer(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx);
static ngx_int_t ngx_http_facetree_render(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx);


ngx_int_t
ngx_http_facetree_handler(ngx_http_request_t *r)
{
    ngx_int_t                 rc;
    ngx_http_facetree_ctx_t  *ctx;

    if (ngx_http_facetree_is_refused(r)) {
        return ngx_http_facetree_explain_refusal(r, 0);
    }

    ctx = ngx_http_facetree_create_ctx(r, FACETREE_ENDPOINT_PREDICT);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->answer = ngx_http_facetree_answer;
    ctx->refuse = ngx_http_facetree_fail;
    ctx->work.parse = ngx_http_facetree_parse_upload;

    rc = ngx_http_facetree_check_request(r, ctx);

    if (rc == NGX_DECLINED) {
        rc = ngx_http_facetree_create_upload(r, ctx);
    }

    return (rc == NGX_DECLINED) ? ngx_http_facetree_read_body(r, ctx) : rc;
}


/* Refuses what can be refused without the body; NGX_DECLINED: nothing. */

static ngx_int_t
ngx_http_facetree_check_request(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx)
{
    ngx_int_t  rc;

    /* PUT is what "curl -T face.jpg" sends. */

    if (!(r->method & (NGX_HTTP_POST|NGX_HTTP_PUT))) {
        return ngx_http_facetree_not_allowed(r, ctx, "POST, PUT, OPTIONS");
    }

    if (r->headers_in.content_length_n == -1 && !r->headers_in.chunked
        && r->http_version < NGX_HTTP_VERSION_20)
    {
        return ngx_http_facetree_refuse(r, ctx, NGX_HTTP_LENGTH_REQUIRED);
    }

    rc = ngx_http_facetree_choose_model(r, ctx);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    ngx_http_facetree_count_begin(r, ctx);

    return ngx_http_facetree_check_encoding(r, ctx);
}


static ngx_int_t
ngx_http_facetree_choose_model(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx)
{
    ngx_str_t                      name;
    facetree_error_t               err;
    ngx_http_facetree_loc_conf_t  *flcf;

    flcf = ngx_http_get_module_loc_conf(r, ngx_http_facetree_module);

    ctx->model = flcf->model;

    if (ctx->model) {
        return NGX_DECLINED;
    }

    if (ngx_http_complex_value(r, flcf->name, &name) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->model = ngx_http_facetree_find_model(ctx->main, &name);

    if (ctx->model) {
        return NGX_DECLINED;
    }

    /* The name may be the client's word: it is made printable for the log. */

    facetree_fail(&err, FACETREE_ENOTFOUND, FACETREE_NO_OFFSET,
                  "no model \"%.*s\"",
                  (int) ngx_min(name.len, NGX_HTTP_FACETREE_SHOWN_NAME),
                  name.len ? (char *) name.data : "");

    ngx_log_error(NGX_LOG_INFO, r->connection->log, 0, "facetree: %s",
                  err.text);

    return ngx_http_facetree_refuse(r, ctx, NGX_HTTP_NOT_FOUND);
}


static ngx_int_t
ngx_http_facetree_check_encoding(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx)
{
    ngx_str_t  coding;

    if (ngx_http_facetree_find_header(r, "Content-Encoding", &coding)
        != NGX_OK
        || coding.len == 0
        || (coding.len == sizeof("identity") - 1
            && ngx_strncasecmp(coding.data, (u_char *) "identity", coding.len)
               == 0))
    {
        return NGX_DECLINED;
    }

    facetree_fail(&ctx->error, FACETREE_EMEDIA, FACETREE_NO_OFFSET,
                  "Content-Encoding \"%.*s\" is not accepted: send the "
                  "body as it is",
                  (int) ngx_min(coding.len, NGX_HTTP_FACETREE_SHOWN_NAME),
                  coding.data);

    return ngx_http_facetree_fail(r, ctx);
}


/* Prepares for the body, which is parsed as it arrives. */

static ngx_int_t
ngx_http_facetree_create_upload(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx)
{
    off_t                          length;
    ngx_table_elt_t               *type;
    facetree_status_e              rc;
    ngx_http_facetree_work_t      *work;
    facetree_upload_options_t      options;
    ngx_http_facetree_loc_conf_t  *flcf;

    flcf = ngx_http_get_module_loc_conf(r, ngx_http_facetree_module);
    type = r->headers_in.content_type;
    length = r->headers_in.content_length_n;
    work = &ctx->work;

    ctx->html = ngx_http_facetree_wants_html(r);

    work->model = ctx->model->model;
    work->explain = ctx->html || ngx_http_facetree_has_flag(r, "explain");

    ngx_http_facetree_work_limits(r, &work->limits);

    ngx_memzero(&options, sizeof(facetree_upload_options_t));

    if (type) {
        options.content_type = (const char *) type->value.data;
        options.content_type_len = type->value.len;
    }

    /* Configuration strings are terminated. */

    options.field = flcf->field.len ? (const char *) flcf->field.data : NULL;
    options.max_images = work->limits.max_images;
    options.max_bytes = work->limits.max_bytes;

    rc = (length > 0)
         ? facetree_upload_check_length(&options, (uint64_t) length,
                                        &ctx->error)
         : FACETREE_OK;

    if (rc == FACETREE_OK) {
        rc = facetree_upload_create(&work->upload, &options, &ctx->error);
    }

    return (rc == FACETREE_OK) ? NGX_DECLINED : ngx_http_facetree_fail(r, ctx);
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


static facetree_status_e
ngx_http_facetree_feed_upload(ngx_http_facetree_work_t *work)
{
    facetree_status_e  rc;

    rc = FACETREE_OK;

    /* A body that another module has read did not come through our filter. */

    if (facetree_upload_fed(work->upload) == 0) {
        rc = facetree_upload_feed(work->upload, work->body, work->body_len,
                                  &work->error);
    }

    if (rc == FACETREE_OK) {
        rc = facetree_upload_finish(work->upload, &work->error);
    }

    return rc;
}


/*
 * Takes the pictures out of the body.  May run in a thread, and a second time
 * when more memory is there.
 */

static facetree_status_e
ngx_http_facetree_parse_upload(ngx_http_facetree_work_t *work)
{
    uint32_t                       i, count;
    facetree_status_e              rc;
    const facetree_upload_file_t  *file;

    rc = FACETREE_OK;

    if (!work->fed) {
        work->fed = 1;
        rc = ngx_http_facetree_feed_upload(work);
    }

    if (rc == FACETREE_OK) {
        rc = facetree_upload_bind(work->upload, work->body, work->body_len,
                                  &work->error);
    }

    if (rc != FACETREE_OK) {
        return rc;
    }

    count = facetree_upload_count(work->upload);

    rc = facetree_job_create(&work->job, work->model, &work->limits, count,
                             work->explain, &work->error);
    if (rc != FACETREE_OK) {
        return rc;
    }

    for (i = 0; i < count; i++) {
        file = facetree_upload_file(work->upload, i);

        work->job->pictures[i].data = file->data;
        work->job->pictures[i].len = file->len;
        work->job->results[i].filename = file->filename;
    }

    return FACETREE_OK;
}


static ngx_int_t
ngx_http_facetree_answer(ngx_http_request_t *r, ngx_http_facetree_ctx_t *ctx)
{
    facetree_job_t  *job;

    job = ctx->work.job;

    /* One bad picture among several is reported in its place. */

    if (job->results[0].status != FACETREE_OK) {
        ctx->error = *job->results[0].error;

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

    answer.model = ctx->work.model;
    answer.model_name = (const char *) ctx->model->name.data;
    answer.results = ctx->work.job->results;
    answer.count = ctx->work.job->count;
    answer.top_k = (uint32_t) flcf->top_k;
    answer.threshold = flcf->threshold;
    answer.decode_us = ctx->decode_ns / 1000;
    answer.predict_us = ctx->predict_ns / 1000;
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

    return ngx_http_facetree_send(r, ctx, NGX_HTTP_OK, type, text, len);
}
