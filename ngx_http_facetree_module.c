
/*
 * Copyright (C) facetree contributors
 *
 * Classifies uploaded face pictures inside nginx.  This file only glues:
 * directives, request bodies, answers and variables.  What a picture or a
 * model is, core/ knows.
 */


#include "ngx_http_facetree.h"


#define NGX_HTTP_FACETREE_FILE_CHUNK     65536

/* Not among nginx's own constants and status lines. */
#define NGX_HTTP_FACETREE_UNPROCESSABLE  422


static ngx_int_t ngx_http_facetree_handler(ngx_http_request_t *r);
static ngx_int_t ngx_http_facetree_check_request(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx);
static void ngx_http_facetree_body_handler(ngx_http_request_t *r);
static ngx_int_t ngx_http_facetree_gather(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx);
static facetree_status_e ngx_http_facetree_feed_body(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx);
static facetree_status_e ngx_http_facetree_feed_file(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx, ngx_buf_t *b);
static ngx_int_t ngx_http_facetree_prepare(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx);
static void ngx_http_facetree_run(ngx_http_facetree_job_t *job);
static uint64_t ngx_http_facetree_clock(void);
static ngx_int_t ngx_http_facetree_answer(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx);
static ngx_int_t ngx_http_facetree_refuse(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx, ngx_uint_t status);
static ngx_int_t ngx_http_facetree_fail(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx);
static ngx_int_t ngx_http_facetree_problem(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx, ngx_uint_t status);
static ngx_uint_t ngx_http_facetree_has_error_page(ngx_http_request_t *r,
    ngx_uint_t status);
static ngx_uint_t ngx_http_facetree_wants_html(ngx_http_request_t *r);
static ngx_int_t ngx_http_facetree_send(ngx_http_request_t *r,
    ngx_uint_t status, ngx_str_t *type, char *text, size_t len);
static ngx_int_t ngx_http_facetree_add_header(ngx_http_request_t *r,
    const char *key, const char *value);
static ngx_http_facetree_model_t *ngx_http_facetree_find_model(
    ngx_http_facetree_main_conf_t *mcf, ngx_str_t *name);
static ngx_http_facetree_ctx_t *ngx_http_facetree_create_ctx(
    ngx_http_request_t *r);
static void ngx_http_facetree_ctx_cleanup(void *data);
static void ngx_http_facetree_text_cleanup(void *data);

static void *ngx_http_facetree_create_main_conf(ngx_conf_t *cf);
static void *ngx_http_facetree_create_loc_conf(ngx_conf_t *cf);
static char *ngx_http_facetree_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);
static char *ngx_http_facetree_model(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_facetree_load(ngx_conf_t *cf,
    ngx_http_facetree_main_conf_t *mcf, ngx_http_facetree_model_t *model);
static void ngx_http_facetree_model_cleanup(void *data);
static char *ngx_http_facetree(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


static ngx_conf_num_bounds_t  ngx_http_facetree_top_k_bounds = {
    ngx_conf_check_num_bounds, 1, 1000
};

static ngx_conf_num_bounds_t  ngx_http_facetree_max_images_bounds = {
    ngx_conf_check_num_bounds, 1, 1000
};

static ngx_conf_num_bounds_t  ngx_http_facetree_max_pixels_bounds = {
    ngx_conf_check_num_bounds, 1, 1000000000
};


static ngx_command_t  ngx_http_facetree_commands[] = {

    { ngx_string("facetree_model"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE2,
      ngx_http_facetree_model,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("facetree"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_facetree,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("facetree_field"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_facetree_loc_conf_t, field),
      NULL },

    { ngx_string("facetree_top_k"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_facetree_loc_conf_t, top_k),
      &ngx_http_facetree_top_k_bounds },

    { ngx_string("facetree_max_images"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_facetree_loc_conf_t, max_images),
      &ngx_http_facetree_max_images_bounds },

    { ngx_string("facetree_max_pixels"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_facetree_loc_conf_t, max_pixels),
      &ngx_http_facetree_max_pixels_bounds },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_facetree_module_ctx = {
    ngx_http_facetree_add_variables,       /* preconfiguration */
    NULL,                                  /* postconfiguration */

    ngx_http_facetree_create_main_conf,    /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_facetree_create_loc_conf,     /* create location configuration */
    ngx_http_facetree_merge_loc_conf       /* merge location configuration */
};


ngx_module_t  ngx_http_facetree_module = {
    NGX_MODULE_V1,
    &ngx_http_facetree_module_ctx,         /* module context */
    ngx_http_facetree_commands,            /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    NULL,                                  /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    NULL,                                  /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_str_t  ngx_http_facetree_json_type =
    ngx_string("application/json");
static ngx_str_t  ngx_http_facetree_problem_type =
    ngx_string("application/problem+json");
static ngx_str_t  ngx_http_facetree_html_type =
    ngx_string("text/html; charset=utf-8");


/* How core's refusals look over HTTP; what is not listed is our own fault. */

static ngx_uint_t  ngx_http_facetree_http_status[FACETREE_STATUS_COUNT] = {
    [FACETREE_EEMPTY] = NGX_HTTP_BAD_REQUEST,
    [FACETREE_EMULTIPART] = NGX_HTTP_BAD_REQUEST,
    [FACETREE_EMEDIA] = NGX_HTTP_UNSUPPORTED_MEDIA_TYPE,
    [FACETREE_EIMAGE] = NGX_HTTP_FACETREE_UNPROCESSABLE,
    [FACETREE_EBYTES] = NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
    [FACETREE_EPIXELS] = NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
    [FACETREE_EIMAGES] = NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
    [FACETREE_ESCANS] = NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
    [FACETREE_EMEMORY] = NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
    [FACETREE_ETIMEOUT] = NGX_HTTP_REQUEST_ENTITY_TOO_LARGE
};


static ngx_int_t
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

        return ngx_http_facetree_problem(r, ngx_http_facetree_get_ctx(r),
                                         r->err_status);
    }

    ctx = ngx_http_facetree_create_ctx(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

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
        if (ngx_http_facetree_add_header(r, "Allow", "POST, PUT") != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        return ngx_http_facetree_refuse(r, ctx, NGX_HTTP_NOT_ALLOWED);
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

    return NGX_DECLINED;
}


static void
ngx_http_facetree_body_handler(ngx_http_request_t *r)
{
    ngx_int_t                 rc;
    ngx_http_facetree_ctx_t  *ctx;

    ctx = ngx_http_facetree_get_ctx(r);

    rc = ngx_http_facetree_gather(r, ctx);

    if (rc == NGX_OK) {
        ngx_http_facetree_run(&ctx->job);
        ctx->ran = 1;

        rc = ngx_http_facetree_answer(r, ctx);
    }

    ngx_http_finalize_request(r, rc);
}


/* Takes the pictures out of the body; NGX_OK, or how to finalize. */

static ngx_int_t
ngx_http_facetree_gather(ngx_http_request_t *r, ngx_http_facetree_ctx_t *ctx)
{
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

    if (r->headers_in.content_length_n > 0) {
        options.body_len = (size_t) r->headers_in.content_length_n;
    }

    rc = facetree_upload_create(&ctx->upload, &options, &ctx->error);

    if (rc == FACETREE_OK) {
        rc = ngx_http_facetree_feed_body(r, ctx);
    }

    if (rc == FACETREE_OK) {
        rc = facetree_upload_finish(ctx->upload, &ctx->error);
    }

    if (rc != FACETREE_OK) {
        return ngx_http_facetree_fail(r, ctx);
    }

    return ngx_http_facetree_prepare(r, ctx);
}


static facetree_status_e
ngx_http_facetree_feed_body(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx)
{
    ngx_buf_t          *b;
    ngx_chain_t        *cl;
    facetree_status_e   rc;

    if (r->request_body == NULL) {
        return FACETREE_OK;
    }

    for (cl = r->request_body->bufs; cl; cl = cl->next) {
        b = cl->buf;

        if (b->in_file) {
            rc = ngx_http_facetree_feed_file(r, ctx, b);

        } else {
            rc = facetree_upload_feed(ctx->upload, b->pos, b->last - b->pos,
                                      1, &ctx->error);
        }

        if (rc != FACETREE_OK) {
            return rc;
        }
    }

    return FACETREE_OK;
}


/* The file was written a moment ago, so that reading it rarely waits. */

static facetree_status_e
ngx_http_facetree_feed_file(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx, ngx_buf_t *b)
{
    off_t               offset;
    size_t              size;
    ssize_t             n;
    u_char             *chunk;
    facetree_status_e   rc;

    chunk = ngx_palloc(r->pool, NGX_HTTP_FACETREE_FILE_CHUNK);
    if (chunk == NULL) {
        ctx->error.status = FACETREE_ENOMEM;
        return FACETREE_ENOMEM;
    }

    rc = FACETREE_OK;

    for (offset = b->file_pos; offset < b->file_last; offset += n) {

        size = ngx_min(b->file_last - offset, NGX_HTTP_FACETREE_FILE_CHUNK);

        n = ngx_read_file(b->file, chunk, size, offset);
        if (n <= 0) {
            ctx->error.status = FACETREE_EIO;
            rc = FACETREE_EIO;
            break;
        }

        rc = facetree_upload_feed(ctx->upload, chunk, n, 0, &ctx->error);
        if (rc != FACETREE_OK) {
            break;
        }
    }

    ngx_pfree(r->pool, chunk);

    return rc;
}


static ngx_int_t
ngx_http_facetree_prepare(ngx_http_request_t *r, ngx_http_facetree_ctx_t *ctx)
{
    uint32_t                       classes;
    facetree_model_t              *model;
    ngx_http_facetree_job_t       *job;
    ngx_http_facetree_loc_conf_t  *flcf;

    flcf = ngx_http_get_module_loc_conf(r, ngx_http_facetree_module);

    job = &ctx->job;
    model = ctx->model->model;
    classes = facetree_model_classes(model);

    job->model = model;
    job->upload = ctx->upload;
    job->count = facetree_upload_count(ctx->upload);

    facetree_image_limits_init(&job->limits);

    job->limits.max_pixels = flcf->max_pixels;
    job->limits.max_frame_pixels = ngx_min(job->limits.max_frame_pixels,
                                           job->limits.max_pixels);

    job->results = ngx_pcalloc(r->pool,
                               job->count * sizeof(facetree_result_t));
    job->errors = ngx_palloc(r->pool, job->count * sizeof(facetree_error_t));
    job->probabilities = ngx_palloc(r->pool,
                                    job->count * classes * sizeof(double));
    job->pixels = ngx_palloc(r->pool, facetree_model_features(model));

    if (job->results == NULL || job->errors == NULL
        || job->probabilities == NULL || job->pixels == NULL)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return NGX_OK;
}


static void
ngx_http_facetree_run(ngx_http_facetree_job_t *job)
{
    uint32_t                       i;
    uint64_t                       start, decoded;
    facetree_result_t             *result;
    const facetree_upload_file_t  *file;

    for (i = 0; i < job->count; i++) {
        result = &job->results[i];
        file = facetree_upload_file(job->upload, i);

        result->filename = file->filename;
        result->error = &job->errors[i];
        result->probabilities = job->probabilities
                                + (size_t) i
                                  * facetree_model_classes(job->model);

        start = ngx_http_facetree_clock();

        result->status = facetree_image_decode(file->data, file->len,
                             &job->limits, facetree_model_width(job->model),
                             facetree_model_height(job->model), job->pixels,
                             &result->image, &job->errors[i]);

        decoded = ngx_http_facetree_clock();
        job->decode_us += decoded - start;

        if (result->status == FACETREE_OK) {
            facetree_predict(job->model, job->pixels,
                             (double *) result->probabilities,
                             &result->prediction);

            job->predict_us += ngx_http_facetree_clock() - decoded;
        }
    }
}


static uint64_t
ngx_http_facetree_clock(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return (uint64_t) ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}


static ngx_int_t
ngx_http_facetree_answer(ngx_http_request_t *r, ngx_http_facetree_ctx_t *ctx)
{
    char                          *text;
    size_t                         len;
    ngx_str_t                     *type;
    facetree_answer_t              answer;
    facetree_status_e              rc;
    ngx_http_facetree_job_t       *job;
    ngx_http_facetree_loc_conf_t  *flcf;

    job = &ctx->job;

    if (job->results[0].status == FACETREE_OK) {
        ctx->done = 1;

    } else {
        ctx->error = job->errors[0];

        /* One bad picture among several is reported in its place. */

        if (job->count == 1) {
            return ngx_http_facetree_fail(r, ctx);
        }
    }

    flcf = ngx_http_get_module_loc_conf(r, ngx_http_facetree_module);

    ngx_memzero(&answer, sizeof(facetree_answer_t));

    answer.model = job->model;
    answer.model_name = (const char *) ctx->model->name.data;
    answer.results = job->results;
    answer.count = job->count;
    answer.top_k = (uint32_t) flcf->top_k;
    answer.decode_us = job->decode_us;
    answer.predict_us = job->predict_us;

    if (ngx_http_facetree_wants_html(r)) {
        type = &ngx_http_facetree_html_type;
        rc = facetree_answer_html(&answer, &text, &len, &ctx->error);

    } else {
        type = &ngx_http_facetree_json_type;
        rc = facetree_answer_json(&answer, &text, &len, &ctx->error);
    }

    if (rc != FACETREE_OK) {
        return ngx_http_facetree_fail(r, ctx);
    }

    return ngx_http_facetree_send(r, NGX_HTTP_OK, type, text, len);
}


/* A refusal that only HTTP knows; ctx->error stays empty. */

static ngx_int_t
ngx_http_facetree_refuse(ngx_http_request_t *r, ngx_http_facetree_ctx_t *ctx,
    ngx_uint_t status)
{
    ngx_int_t  rc;

    ctx->status = status;

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    if (ngx_http_facetree_has_error_page(r, status)) {
        return status;
    }

    return ngx_http_facetree_problem(r, ctx, status);
}


/* A refusal by core, described in ctx->error. */

static ngx_int_t
ngx_http_facetree_fail(ngx_http_request_t *r, ngx_http_facetree_ctx_t *ctx)
{
    ngx_uint_t  level;

    ctx->status = ngx_http_facetree_http_status[ctx->error.status];
    level = NGX_LOG_INFO;

    if (ctx->status == 0) {
        ctx->status = NGX_HTTP_INTERNAL_SERVER_ERROR;
        level = NGX_LOG_ERR;
    }

    ngx_log_error(level, r->connection->log, 0, "facetree: %s: %s",
                  facetree_status_token(ctx->error.status), ctx->error.text);

    if (ngx_http_facetree_has_error_page(r, ctx->status)) {
        return ctx->status;
    }

    return ngx_http_facetree_problem(r, ctx, ctx->status);
}


/*
 * Sends a problem document.  "ctx" is NULL, or speaks of another status, when
 * nginx refused the request before or after us.
 */

static ngx_int_t
ngx_http_facetree_problem(ngx_http_request_t *r, ngx_http_facetree_ctx_t *ctx,
    ngx_uint_t status)
{
    char                *text;
    size_t               len;
    ngx_str_t           *type;
    facetree_error_t     err;
    facetree_status_e    rc;
    facetree_problem_t   problem;

    if (status == 0) {
        status = NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    facetree_problem_init(&problem, (unsigned) status,
                          (ctx && ctx->status == status) ? &ctx->error
                                                         : NULL);

    if (ngx_http_facetree_wants_html(r)) {
        type = &ngx_http_facetree_html_type;
        rc = facetree_problem_html(&problem, &text, &len, &err);

    } else {
        type = &ngx_http_facetree_problem_type;
        rc = facetree_problem_json(&problem, &text, &len, &err);
    }

    if (rc != FACETREE_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_facetree_send(r, status, type, text, len);
}


/*
 * Whether the operator has a page of their own for this status.  If so it is
 * left to nginx, which may well come back to a facetree location with it.
 */

static ngx_uint_t
ngx_http_facetree_has_error_page(ngx_http_request_t *r, ngx_uint_t status)
{
    ngx_uint_t                 i;
    ngx_http_err_page_t       *page;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    if (clcf->error_pages == NULL) {
        return 0;
    }

    page = clcf->error_pages->elts;

    for (i = 0; i < clcf->error_pages->nelts; i++) {
        if (page[i].status == (ngx_int_t) status) {
            return 1;
        }
    }

    return 0;
}


/* headers_in.accept is not there in every build of nginx. */

static ngx_uint_t
ngx_http_facetree_wants_html(ngx_http_request_t *r)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *header;

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        header = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (header[i].key.len == sizeof("Accept") - 1
                && ngx_strncasecmp(header[i].key.data, (u_char *) "Accept",
                                   sizeof("Accept") - 1)
                   == 0)
            {
                return facetree_accepts_html(
                           (const char *) header[i].value.data,
                           header[i].value.len);
            }
        }
    }

    return 0;
}


/* Takes over "text", which core has allocated with malloc(). */

static ngx_int_t
ngx_http_facetree_send(ngx_http_request_t *r, ngx_uint_t status,
    ngx_str_t *type, char *text, size_t len)
{
    ngx_int_t            rc;
    ngx_buf_t           *b;
    ngx_chain_t          out;
    ngx_pool_cleanup_t  *cln;

    cln = ngx_pool_cleanup_add(r->pool, 0);
    if (cln == NULL) {
        ngx_http_facetree_text_cleanup(text);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    cln->handler = ngx_http_facetree_text_cleanup;
    cln->data = text;

    if (ngx_http_facetree_add_header(r, "Vary", "Accept") != NGX_OK
        || ngx_http_facetree_add_header(r, "Cache-Control", "no-store")
           != NGX_OK
        || ngx_http_facetree_add_header(r, "X-Content-Type-Options",
                                        "nosniff") != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    r->headers_out.status = status;

    if (status == NGX_HTTP_FACETREE_UNPROCESSABLE) {
        ngx_str_set(&r->headers_out.status_line, "422 Unprocessable Content");
    }

    r->headers_out.content_type = *type;
    r->headers_out.content_type_len = type->len;
    r->headers_out.content_type_lowcase = NULL;
    r->headers_out.content_length_n = len;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_ERROR;
    }

    b->pos = (u_char *) text;
    b->last = b->pos + len;
    b->memory = 1;
    b->last_buf = (r == r->main) ? 1 : 0;
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


static ngx_int_t
ngx_http_facetree_add_header(ngx_http_request_t *r, const char *key,
    const char *value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));

    h->hash = 1;
    h->key.data = (u_char *) key;
    h->key.len = ngx_strlen(key);
    h->value.data = (u_char *) value;
    h->value.len = ngx_strlen(value);

    return NGX_OK;
}


static ngx_http_facetree_model_t *
ngx_http_facetree_find_model(ngx_http_facetree_main_conf_t *mcf,
    ngx_str_t *name)
{
    ngx_uint_t                  i;
    ngx_http_facetree_model_t  *model;

    model = mcf->models.elts;

    for (i = 0; i < mcf->models.nelts; i++) {
        if (model[i].name.len == name->len
            && ngx_strncmp(model[i].name.data, name->data, name->len) == 0)
        {
            return &model[i];
        }
    }

    return NULL;
}


static ngx_http_facetree_ctx_t *
ngx_http_facetree_create_ctx(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t       *cln;
    ngx_http_facetree_ctx_t  *ctx;

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_facetree_ctx_t));
    if (cln == NULL) {
        return NULL;
    }

    ctx = cln->data;

    ngx_memzero(ctx, sizeof(ngx_http_facetree_ctx_t));

    cln->handler = ngx_http_facetree_ctx_cleanup;

    ngx_http_set_ctx(r, ctx, ngx_http_facetree_module);

    return ctx;
}


ngx_http_facetree_ctx_t *
ngx_http_facetree_get_ctx(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t       *cln;
    ngx_http_facetree_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_facetree_module);

    if (ctx == NULL && (r->internal || r->filter_finalize)) {

        for (cln = r->pool->cleanup; cln; cln = cln->next) {
            if (cln->handler == ngx_http_facetree_ctx_cleanup) {
                return cln->data;
            }
        }
    }

    return ctx;
}


static void
ngx_http_facetree_ctx_cleanup(void *data)
{
    ngx_http_facetree_ctx_t *ctx = data;

    facetree_upload_free(ctx->upload);
}


static void
ngx_http_facetree_text_cleanup(void *data)
{
    /* Not ngx_free(): it was core that allocated the text. */

    free(data);
}


static void *
ngx_http_facetree_create_main_conf(ngx_conf_t *cf)
{
    ngx_http_facetree_main_conf_t  *mcf;

    mcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_facetree_main_conf_t));
    if (mcf == NULL) {
        return NULL;
    }

    if (ngx_array_init(&mcf->models, cf->pool, 4,
                       sizeof(ngx_http_facetree_model_t))
        != NGX_OK)
    {
        return NULL;
    }

    return mcf;
}


static void *
ngx_http_facetree_create_loc_conf(ngx_conf_t *cf)
{
    ngx_http_facetree_loc_conf_t  *flcf;

    flcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_facetree_loc_conf_t));
    if (flcf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     flcf->name = NULL;
     *     flcf->model = NULL;
     *     flcf->field = { 0, NULL };
     */

    flcf->top_k = NGX_CONF_UNSET;
    flcf->max_images = NGX_CONF_UNSET;
    flcf->max_pixels = NGX_CONF_UNSET;

    return flcf;
}


static char *
ngx_http_facetree_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_facetree_loc_conf_t *prev = parent;
    ngx_http_facetree_loc_conf_t *conf = child;

    ngx_http_facetree_main_conf_t  *mcf;

    ngx_conf_merge_str_value(conf->field, prev->field, "");
    ngx_conf_merge_value(conf->top_k, prev->top_k, 5);
    ngx_conf_merge_value(conf->max_images, prev->max_images, 16);
    ngx_conf_merge_value(conf->max_pixels, prev->max_pixels, 25000000);

    /*
     * "facetree" is not inherited, as no content handler is.  Names are
     * looked up here, when every facetree_model has been read, wherever in
     * the http block it stands.
     */

    if (conf->name && conf->name->lengths == NULL) {
        mcf = ngx_http_conf_get_module_main_conf(cf,
                                                 ngx_http_facetree_module);

        conf->model = ngx_http_facetree_find_model(mcf, &conf->name->value);

        if (conf->model == NULL) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "facetree: no model \"%V\" is defined by "
                          "\"facetree_model\"", &conf->name->value);
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_facetree_model(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_facetree_main_conf_t *mcf = conf;

    ngx_str_t                  *value;
    ngx_http_facetree_model_t  *model;

    value = cf->args->elts;

    if (value[1].len == 0) {
        return "has an empty name";
    }

    if (ngx_http_facetree_find_model(mcf, &value[1])) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "model \"%V\" is defined twice", &value[1]);
        return NGX_CONF_ERROR;
    }

    if (ngx_conf_full_name(cf->cycle, &value[2], 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    model = ngx_array_push(&mcf->models);
    if (model == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(model, sizeof(ngx_http_facetree_model_t));

    model->name = value[1];
    model->path = value[2];

    return ngx_http_facetree_load(cf, mcf, model);
}


static char *
ngx_http_facetree_load(ngx_conf_t *cf, ngx_http_facetree_main_conf_t *mcf,
    ngx_http_facetree_model_t *model)
{
    facetree_error_t            err;
    ngx_pool_cleanup_t         *cln;
    ngx_http_facetree_model_t  *other;

    /* The new element is the last one. */

    for (other = mcf->models.elts; other < model; other++) {
        if (ngx_strcmp(other->path.data, model->path.data) == 0) {
            model->model = other->model;
            model->version = other->version;
            return NGX_CONF_OK;
        }
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NGX_CONF_ERROR;
    }

    if (facetree_model_load(&model->model, (const char *) model->path.data,
                            &err)
        != FACETREE_OK)
    {
        if (err.offset == FACETREE_NO_OFFSET) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "model \"%V\": %s",
                               &model->path, err.text);

        } else {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "model \"%V\", byte %uL: %s",
                               &model->path, err.offset, err.text);
        }

        return NGX_CONF_ERROR;
    }

    cln->handler = ngx_http_facetree_model_cleanup;
    cln->data = model->model;

    model->version.data = (u_char *) facetree_model_version(model->model);
    model->version.len = FACETREE_MODEL_VERSION_LEN;

    return NGX_CONF_OK;
}


static void
ngx_http_facetree_model_cleanup(void *data)
{
    facetree_model_free(data);
}


static char *
ngx_http_facetree(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_facetree_loc_conf_t *flcf = conf;

    ngx_str_t                         *value;
    ngx_http_core_loc_conf_t          *clcf;
    ngx_http_compile_complex_value_t   ccv;

    if (flcf->name) {
        return "is duplicate";
    }

    value = cf->args->elts;

    flcf->name = ngx_palloc(cf->pool, sizeof(ngx_http_complex_value_t));
    if (flcf->name == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = &value[1];
    ccv.complex_value = flcf->name;

    if (ngx_http_compile_complex_value(&ccv) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_http_facetree_handler;

    return NGX_CONF_OK;
}
