
/*
 * Copyright (C) facetree contributors
 *
 * The context of a request, and the $facetree_ variables that tell of it: what
 * was answered, for logs, maps and limits.
 */


#include "ngx_http_facetree.h"


static void ngx_http_facetree_ctx_cleanup(void *data);
static ngx_int_t ngx_http_facetree_hidden_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_facetree_text_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_facetree_result_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static const char *ngx_http_facetree_result_text(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx, uintptr_t data);
static ngx_uint_t ngx_http_facetree_has_result(ngx_http_facetree_ctx_t *ctx,
    uintptr_t data);


typedef enum {
    NGX_HTTP_FACETREE_MODEL = 0,
    NGX_HTTP_FACETREE_VERSION,
    NGX_HTTP_FACETREE_ERROR,

    NGX_HTTP_FACETREE_LABEL,
    NGX_HTTP_FACETREE_CLASS,
    NGX_HTTP_FACETREE_CONFIDENCE,
    NGX_HTTP_FACETREE_MARGIN,
    NGX_HTTP_FACETREE_DECISION,
    NGX_HTTP_FACETREE_FORMAT,
    NGX_HTTP_FACETREE_WIDTH,
    NGX_HTTP_FACETREE_HEIGHT,
    NGX_HTTP_FACETREE_DECODE_TIME,
    NGX_HTTP_FACETREE_PREDICT_TIME
} ngx_http_facetree_variable_e;


static ngx_http_variable_t  ngx_http_facetree_vars[] = {

    { ngx_string("facetree_model"), NULL, ngx_http_facetree_text_variable,
      NGX_HTTP_FACETREE_MODEL, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("facetree_version"), NULL, ngx_http_facetree_text_variable,
      NGX_HTTP_FACETREE_VERSION, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("facetree_error"), NULL, ngx_http_facetree_text_variable,
      NGX_HTTP_FACETREE_ERROR, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("facetree_label"), NULL, ngx_http_facetree_result_variable,
      NGX_HTTP_FACETREE_LABEL, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("facetree_class"), NULL, ngx_http_facetree_result_variable,
      NGX_HTTP_FACETREE_CLASS, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("facetree_confidence"), NULL,
      ngx_http_facetree_result_variable,
      NGX_HTTP_FACETREE_CONFIDENCE, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("facetree_margin"), NULL, ngx_http_facetree_result_variable,
      NGX_HTTP_FACETREE_MARGIN, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("facetree_decision"), NULL,
      ngx_http_facetree_result_variable,
      NGX_HTTP_FACETREE_DECISION, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("facetree_format"), NULL, ngx_http_facetree_result_variable,
      NGX_HTTP_FACETREE_FORMAT, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("facetree_width"), NULL, ngx_http_facetree_result_variable,
      NGX_HTTP_FACETREE_WIDTH, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("facetree_height"), NULL, ngx_http_facetree_result_variable,
      NGX_HTTP_FACETREE_HEIGHT, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("facetree_decode_time"), NULL,
      ngx_http_facetree_result_variable,
      NGX_HTTP_FACETREE_DECODE_TIME, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("facetree_predict_time"), NULL,
      ngx_http_facetree_result_variable,
      NGX_HTTP_FACETREE_PREDICT_TIME, NGX_HTTP_VAR_NOCACHEABLE, 0 },

      ngx_http_null_variable
};


/*
 * Keeps the list of a request's contexts, newest first: its value's pointer
 * stays through internal redirects.  No configuration can ask for a variable
 * of this name.
 */

static ngx_str_t  ngx_http_facetree_hidden =
    ngx_string("facetree contexts");


ngx_http_facetree_ctx_t *
ngx_http_facetree_create_ctx(ngx_http_request_t *r,
    facetree_endpoint_e endpoint)
{
    ngx_pool_cleanup_t             *cln;
    ngx_http_facetree_ctx_t        *ctx;
    ngx_http_variable_value_t      *v;
    ngx_http_facetree_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_facetree_module);

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_facetree_ctx_t));
    if (cln == NULL) {
        return NULL;
    }

    ctx = cln->data;

    ngx_memzero(ctx, sizeof(ngx_http_facetree_ctx_t));

    v = &r->variables[mcf->ctx_index];

    ctx->request = r;
    ctx->next = (ngx_http_facetree_ctx_t *) (void *) v->data;
    ctx->main = mcf;
    ctx->endpoint = endpoint;
    ctx->body_bytes = r->headers_in.content_length_n;
    ctx->started = ngx_http_facetree_clock();

    atomic_init(&ctx->work.cancelled, 0);
    atomic_init(&ctx->work.begun, 0);

    cln->handler = ngx_http_facetree_ctx_cleanup;

    v->data = (u_char *) ctx;
    v->not_found = 1;

    ngx_http_set_ctx(r, ctx, ngx_http_facetree_module);

    return ctx;
}


ngx_http_facetree_ctx_t *
ngx_http_facetree_get_ctx(ngx_http_request_t *r)
{
    ngx_http_facetree_ctx_t        *ctx;
    ngx_http_facetree_main_conf_t  *mcf;

    ctx = ngx_http_get_module_ctx(r, ngx_http_facetree_module);

    if (ctx) {
        return ctx;
    }

    mcf = ngx_http_get_module_main_conf(r, ngx_http_facetree_module);

    /* Subrequests, such as those of a mirror, have the same variables. */

    ctx = (ngx_http_facetree_ctx_t *) (void *)
              r->variables[mcf->ctx_index].data;

    while (ctx && ctx->request != r) {
        ctx = ctx->next;
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

    ngx_http_facetree_work_free(ctx);
}


static ngx_int_t
ngx_http_facetree_hidden_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    v->not_found = 1;

    return NGX_OK;
}


static ngx_int_t
ngx_http_facetree_text_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t                 value;
    facetree_problem_t        problem;
    ngx_http_facetree_ctx_t  *ctx;

    ctx = ngx_http_facetree_get_ctx(r);

    ngx_str_null(&value);

    if (ctx && data == NGX_HTTP_FACETREE_ERROR) {

        if (ctx->status) {
            facetree_problem_init(&problem, (unsigned) ctx->status,
                                  &ctx->error);
            value.data = (u_char *) problem.token;
            value.len = ngx_strlen(value.data);
        }

    } else if (ctx && ctx->model) {
        value = (data == NGX_HTTP_FACETREE_MODEL) ? ctx->model->name
                                                  : ctx->model->version;
    }

    if (value.len == 0) {
        v->not_found = 1;
        return NGX_OK;
    }

    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;
    v->data = value.data;
    v->len = value.len;

    return NGX_OK;
}


/* The values that are words and live elsewhere; NULL for the others. */

static const char *
ngx_http_facetree_result_text(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx, uintptr_t data)
{
    ngx_http_facetree_loc_conf_t  *flcf;

    switch (data) {

    case NGX_HTTP_FACETREE_LABEL:
        return facetree_model_label(ctx->work.model,
                                    ctx->result.prediction.class);

    case NGX_HTTP_FACETREE_FORMAT:
        return facetree_format_name(ctx->result.image.format);

    case NGX_HTTP_FACETREE_DECISION:
        flcf = ngx_http_get_module_loc_conf(r, ngx_http_facetree_module);

        return facetree_decision(&ctx->result.prediction, flcf->threshold);
    }

    return NULL;
}


/*
 * Whether there is such a value.  A picture that was refused has what its
 * header says; a tensor has no header.
 */

static ngx_uint_t
ngx_http_facetree_has_result(ngx_http_facetree_ctx_t *ctx, uintptr_t data)
{
    if (ctx == NULL || !ctx->ran) {
        return 0;
    }

    switch (data) {

    case NGX_HTTP_FACETREE_FORMAT:
    case NGX_HTTP_FACETREE_WIDTH:
    case NGX_HTTP_FACETREE_HEIGHT:
    case NGX_HTTP_FACETREE_DECODE_TIME:
        return ctx->result.image.format != FACETREE_UNKNOWN_FORMAT;
    }

    return ctx->result.status == FACETREE_OK;
}


/* Of the first picture, where there are several. */

static ngx_int_t
ngx_http_facetree_result_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    u_char                   *p;
    const char               *text;
    facetree_result_t        *result;
    ngx_http_facetree_ctx_t  *ctx;

    ctx = ngx_http_facetree_get_ctx(r);

    if (!ngx_http_facetree_has_result(ctx, data)) {
        v->not_found = 1;
        return NGX_OK;
    }

    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;

    result = &ctx->result;

    text = ngx_http_facetree_result_text(r, ctx, data);

    if (text) {
        v->data = (u_char *) text;
        v->len = ngx_strlen(text);

        return NGX_OK;
    }

    p = ngx_pnalloc(r->pool, NGX_INT64_LEN + sizeof(".000000") - 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    v->data = p;

    switch (data) {

    case NGX_HTTP_FACETREE_CLASS:
        p = ngx_sprintf(p, "%uD", result->prediction.class);
        break;

    case NGX_HTTP_FACETREE_CONFIDENCE:
        p = ngx_sprintf(p, "%.6f", result->prediction.confidence);
        break;

    case NGX_HTTP_FACETREE_MARGIN:
        p = ngx_sprintf(p, "%.6f", result->prediction.margin);
        break;

    case NGX_HTTP_FACETREE_WIDTH:
        p = ngx_sprintf(p, "%uD", result->image.width);
        break;

    case NGX_HTTP_FACETREE_HEIGHT:
        p = ngx_sprintf(p, "%uD", result->image.height);
        break;

    case NGX_HTTP_FACETREE_DECODE_TIME:
        p = ngx_sprintf(p, "%uL.%06uL", ctx->decode_ns / 1000000000,
                        ctx->decode_ns / 1000 % 1000000);
        break;

    default: /* NGX_HTTP_FACETREE_PREDICT_TIME */
        p = ngx_sprintf(p, "%uL.%06uL", ctx->predict_ns / 1000000000,
                        ctx->predict_ns / 1000 % 1000000);
        break;
    }

    v->len = p - v->data;

    return NGX_OK;
}


ngx_int_t
ngx_http_facetree_add_variables(ngx_conf_t *cf)
{
    ngx_http_variable_t            *var, *v;
    ngx_http_facetree_main_conf_t  *mcf;

    for (v = ngx_http_facetree_vars; v->name.len; v++) {
        var = ngx_http_add_variable(cf, &v->name, v->flags);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = v->get_handler;
        var->data = v->data;
    }

    var = ngx_http_add_variable(cf, &ngx_http_facetree_hidden, 0);
    if (var == NULL) {
        return NGX_ERROR;
    }

    var->get_handler = ngx_http_facetree_hidden_variable;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_facetree_module);

    mcf->ctx_index = ngx_http_get_variable_index(cf,
                                                 &ngx_http_facetree_hidden);

    return (mcf->ctx_index == NGX_ERROR) ? NGX_ERROR : NGX_OK;
}
