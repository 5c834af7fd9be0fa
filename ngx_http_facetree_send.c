
/*
 * Copyright (C) facetree contributors
 *
 * Sending answers and refusals, as JSON or as a page.
 */


#include "ngx_http_facetree.h"

#include <ngx_md5.h>


/* Not among nginx's own constants and status lines. */
#define NGX_HTTP_FACETREE_UNPROCESSABLE  422


static ngx_uint_t ngx_http_facetree_has_error_page(ngx_http_request_t *r,
    ngx_uint_t status);
static ngx_uint_t ngx_http_facetree_lost_status(ngx_http_request_t *r);
static ngx_int_t ngx_http_facetree_discard(ngx_http_request_t *r);
static ngx_int_t ngx_http_facetree_send_error(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx, ngx_uint_t status);
static ngx_int_t ngx_http_facetree_send_problem(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx, ngx_uint_t status);
static ngx_table_elt_t *ngx_http_facetree_push_header(ngx_http_request_t *r,
    const char *key, const char *value);
static ngx_int_t ngx_http_facetree_set_cache_control(ngx_http_request_t *r);
static void ngx_http_facetree_text_cleanup(void *data);


ngx_str_t  ngx_http_facetree_json_type =
    ngx_string("application/json");
static ngx_str_t  ngx_http_facetree_problem_type =
    ngx_string("application/problem+json");
ngx_str_t  ngx_http_facetree_html_type =
    ngx_string("text/html; charset=utf-8");


/* How core's refusals look over HTTP; what is not listed is our own fault. */

static ngx_uint_t  ngx_http_facetree_http_status[FACETREE_STATUS_COUNT] = {
    [FACETREE_EEMPTY] = NGX_HTTP_BAD_REQUEST,
    [FACETREE_EMULTIPART] = NGX_HTTP_BAD_REQUEST,
    [FACETREE_EMEDIA] = NGX_HTTP_UNSUPPORTED_MEDIA_TYPE,
    [FACETREE_EIMAGE] = NGX_HTTP_FACETREE_UNPROCESSABLE,
    [FACETREE_EBYTES] = NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
    [FACETREE_EPIXELS] = NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
    [FACETREE_ESIDE] = NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
    [FACETREE_EIMAGES] = NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
    [FACETREE_ESCANS] = NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
    [FACETREE_EMEMORY] = NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
    [FACETREE_ETIMEOUT] = NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
    [FACETREE_ENOTFOUND] = NGX_HTTP_NOT_FOUND,
    [FACETREE_ECANCELLED] = NGX_HTTP_CLIENT_CLOSED_REQUEST,
    [FACETREE_EBUSY] = NGX_HTTP_SERVICE_UNAVAILABLE
};


/* A refusal that only HTTP knows; ctx->error stays empty. */

ngx_int_t
ngx_http_facetree_refuse(ngx_http_request_t *r, ngx_http_facetree_ctx_t *ctx,
    ngx_uint_t status)
{
    ngx_int_t  rc;

    ctx->status = status;

    if (status == NGX_HTTP_CLIENT_CLOSED_REQUEST) {
        return status;
    }

    /* A location of error_page may still want the body, if it is whole. */

    if (!ctx->dropped && ngx_http_facetree_has_error_page(r, status)) {
        return status;
    }

    rc = ngx_http_facetree_discard(r);
    if (rc != NGX_OK) {
        return rc;
    }

    return ngx_http_facetree_send_problem(r, ctx, status);
}


ngx_int_t
ngx_http_facetree_not_allowed(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx, const char *allow)
{
    if (r->method == NGX_HTTP_OPTIONS) {
        return ngx_http_facetree_options(r, allow);
    }

    if (ngx_http_facetree_add_header(r, "Allow", allow) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_facetree_refuse(r, ctx, NGX_HTTP_NOT_ALLOWED);
}


ngx_int_t
ngx_http_facetree_options(ngx_http_request_t *r, const char *allow)
{
    ngx_int_t  rc;

    rc = ngx_http_facetree_discard(r);
    if (rc != NGX_OK) {
        return rc;
    }

    if (ngx_http_facetree_add_header(r, "Allow", allow) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    r->headers_out.status = NGX_HTTP_NO_CONTENT;
    r->header_only = 1;

    return ngx_http_send_header(r);
}


/* A refusal by core, described in ctx->error. */

ngx_int_t
ngx_http_facetree_fail(ngx_http_request_t *r, ngx_http_facetree_ctx_t *ctx)
{
    ngx_uint_t  status;

    status = ngx_http_facetree_http_status[ctx->error.status];

    if (status == 0) {
        status = NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->status = status;

    ngx_http_facetree_log_refusal(r, ctx);

    return ngx_http_facetree_refuse(r, ctx, status);
}


/* The content handler of facetree_problem. */

ngx_int_t
ngx_http_facetree_problem_handler(ngx_http_request_t *r)
{
    return ngx_http_facetree_explain_refusal(r, 0);
}


ngx_int_t
ngx_http_facetree_explain_refusal(ngx_http_request_t *r, ngx_uint_t inference)
{
    ngx_int_t                 rc;
    ngx_uint_t                status;
    ngx_http_facetree_ctx_t  *ctx;

    rc = ngx_http_facetree_discard(r);
    if (rc != NGX_OK) {
        return rc;
    }

    /* Of the location that has refused, if it was one of ours. */

    ctx = ngx_http_facetree_get_ctx(r);

    if (ctx == NULL) {
        ctx = ngx_http_facetree_create_ctx(r, inference
                                              ? FACETREE_ENDPOINT_INFER
                                              : FACETREE_ENDPOINT_PREDICT);
        if (ctx == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    status = r->err_status;

    if (status < NGX_HTTP_BAD_REQUEST) {

        /*
         * "error_page CODE =200" replaces the status and "=" takes it away:
         * what remains is what we know.  Without any error the location was
         * just asked for.
         */

        status = ctx->status ? ctx->status
                             : ngx_http_facetree_lost_status(r);
    }

    if (ctx->status == 0) {
        ctx->status = status;
    }

    if (inference || ctx->endpoint != FACETREE_ENDPOINT_PREDICT) {
        return ngx_http_facetree_send_error(r, ctx, status);
    }

    return ngx_http_facetree_send_problem(r, ctx, status);
}


/* What must have been the status: nginx has it no more. */

static ngx_uint_t
ngx_http_facetree_lost_status(ngx_http_request_t *r)
{
    off_t                      length;
    ngx_table_elt_t           *header;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    header = r->headers_in.content_length;
    length = header ? ngx_atoof(header->value.data, header->value.len) : 0;
    length = ngx_max(length, r->headers_in.content_length_n);

    if (clcf->client_max_body_size && length > clcf->client_max_body_size) {
        return NGX_HTTP_REQUEST_ENTITY_TOO_LARGE;
    }

    if (ngx_http_facetree_is_refused(r)) {
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    return r->internal ? NGX_HTTP_INTERNAL_SERVER_ERROR : NGX_HTTP_NOT_FOUND;
}


/* Reads what is left of the body, without asking the client for it. */

static ngx_int_t
ngx_http_facetree_discard(ngx_http_request_t *r)
{
    r->expect_tested = 1;

    return ngx_http_discard_request_body(r);
}


/* In the inference protocol's form; by ctx->error. */

ngx_int_t
ngx_http_facetree_inference_error(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx)
{
    ngx_int_t  rc;

    ctx->status = facetree_inference_http_status(ctx->error.status);

    ngx_http_facetree_log_refusal(r, ctx);

    if (ctx->error.status == FACETREE_ECANCELLED) {
        return NGX_HTTP_CLIENT_CLOSED_REQUEST;
    }

    rc = ngx_http_facetree_discard(r);
    if (rc != NGX_OK) {
        return rc;
    }

    return ngx_http_facetree_send_error(r, ctx, ctx->status);
}


static ngx_int_t
ngx_http_facetree_send_error(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx, ngx_uint_t status)
{
    char                *text;
    size_t               len;
    const char          *reason;
    facetree_error_t     err;
    facetree_problem_t   problem;

    facetree_problem_init(&problem, (unsigned) status,
                          (ctx->status == status) ? &ctx->error : NULL);

    reason = problem.detail ? problem.detail : problem.title;

    if (facetree_inference_error(reason, &text, &len, &err) != FACETREE_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_facetree_send(r, ctx, status, &ngx_http_facetree_json_type,
                                  text, len);
}


static ngx_int_t
ngx_http_facetree_send_problem(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx, ngx_uint_t status)
{
    char                *text;
    size_t               len;
    ngx_str_t           *type;
    facetree_error_t     err;
    facetree_status_e    rc;
    facetree_problem_t   problem;

    facetree_problem_init(&problem, (unsigned) status,
                          (ctx->status == status) ? &ctx->error : NULL);

    problem.page = ngx_http_facetree_page(r);

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

    return ngx_http_facetree_send(r, ctx, status, type, text, len);
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

    /* nginx looks for one on the same terms. */

    if (r->error_page || clcf->error_pages == NULL || r->uri_changes == 0) {
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


/* Configuration strings are terminated. */

const char *
ngx_http_facetree_page(ngx_http_request_t *r)
{
    ngx_http_facetree_loc_conf_t  *flcf;

    flcf = ngx_http_get_module_loc_conf(r, ngx_http_facetree_module);

    return flcf->page.len ? (const char *) flcf->page.data : NULL;
}


ngx_uint_t
ngx_http_facetree_wants_html(ngx_http_request_t *r)
{
    ngx_str_t  accept;

    return ngx_http_facetree_find_header(r, "Accept", &accept) == NGX_OK
           && facetree_accepts_html((const char *) accept.data, accept.len);
}


/* headers_in.accept is not there in every build of nginx, others never. */

ngx_int_t
ngx_http_facetree_find_header(ngx_http_request_t *r, const char *name,
    ngx_str_t *value)
{
    size_t            len;
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *header;

    len = ngx_strlen(name);

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        header = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (header[i].key.len == len
                && ngx_strncasecmp(header[i].key.data, (u_char *) name, len)
                   == 0)
            {
                *value = header[i].value;
                return NGX_OK;
            }
        }
    }

    ngx_str_null(value);

    return NGX_DECLINED;
}


/* Clients do odd things all the time; what is our fault has to be seen. */

void
ngx_http_facetree_log_refusal(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx)
{
    ngx_uint_t  level;

    level = (ctx->status == NGX_HTTP_INTERNAL_SERVER_ERROR) ? NGX_LOG_ERR
                                                            : NGX_LOG_INFO;

    ngx_log_error(level, r->connection->log, 0, "facetree: %s: %s",
                  facetree_status_token(ctx->error.status), ctx->error.text);
}


/* Takes over "text", which core has allocated with malloc(). */

ngx_int_t
ngx_http_facetree_send(ngx_http_request_t *r, ngx_http_facetree_ctx_t *ctx,
    ngx_uint_t status, ngx_str_t *type, char *text, size_t len)
{
    u_char              *parameters;
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

    ngx_http_facetree_hold_text(ctx, len);

    if (ngx_http_facetree_add_header(r, "Vary", "Accept") != NGX_OK
        || ngx_http_facetree_set_cache_control(r) != NGX_OK
        || (status == NGX_HTTP_SERVICE_UNAVAILABLE
            && ngx_http_facetree_add_header(r, "Retry-After", "1") != NGX_OK))
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    r->headers_out.status = status;

    /*
     * What is sent up selects no representation for If-Match, If-None-Match
     * and their like to speak of; nginx would make 304 and 412 of them.
     */

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        r->disable_not_modified = 1;
    }

    if (status == NGX_HTTP_FACETREE_UNPROCESSABLE) {
        ngx_str_set(&r->headers_out.status_line, "422 Unprocessable Content");
    }

    /* gzip_types and their like compare what comes before parameters. */

    parameters = ngx_strlchr(type->data, type->data + type->len, ';');

    r->headers_out.content_type = *type;
    r->headers_out.content_type_len = parameters
                                      ? (size_t) (parameters - type->data)
                                      : type->len;
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


ngx_int_t
ngx_http_facetree_set_etag(ngx_http_request_t *r, const char *text,
    size_t len)
{
    u_char            digest[16];
    ngx_md5_t         md5;
    ngx_table_elt_t  *etag;

    ngx_md5_init(&md5);
    ngx_md5_update(&md5, text, len);
    ngx_md5_final(digest, &md5);

    etag = ngx_list_push(&r->headers_out.headers);
    if (etag == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(etag, sizeof(ngx_table_elt_t));

    ngx_str_set(&etag->key, "ETag");

    etag->value.data = ngx_pnalloc(r->pool, 2 * sizeof(digest) + 2);
    if (etag->value.data == NULL) {
        return NGX_ERROR;
    }

    etag->value.data[0] = '"';
    *ngx_hex_dump(etag->value.data + 1, digest, sizeof(digest)) = '"';
    etag->value.len = 2 * sizeof(digest) + 2;
    etag->hash = 1;

    r->headers_out.etag = etag;

    return NGX_OK;
}


ngx_int_t
ngx_http_facetree_add_header(ngx_http_request_t *r, const char *key,
    const char *value)
{
    return ngx_http_facetree_push_header(r, key, value) ? NGX_OK : NGX_ERROR;
}


static ngx_table_elt_t *
ngx_http_facetree_push_header(ngx_http_request_t *r, const char *key,
    const char *value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NULL;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));

    h->hash = 1;
    h->key.data = (u_char *) key;
    h->key.len = ngx_strlen(key);
    h->value.data = (u_char *) value;
    h->value.len = ngx_strlen(value);

    return h;
}


/* nginx has to know of it, so that "expires" replaces it. */

static ngx_int_t
ngx_http_facetree_set_cache_control(ngx_http_request_t *r)
{
    ngx_table_elt_t  *h;

#if (nginx_version < 1023000)
    ngx_table_elt_t  **p;
#endif

    h = ngx_http_facetree_push_header(r, "Cache-Control",
                                      r->headers_out.etag ? "no-cache"
                                                          : "no-store");
    if (h == NULL) {
        return NGX_ERROR;
    }

#if (nginx_version < 1023000)

    if (ngx_array_init(&r->headers_out.cache_control, r->pool, 1,
                       sizeof(ngx_table_elt_t *))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    p = ngx_array_push(&r->headers_out.cache_control);
    if (p == NULL) {
        return NGX_ERROR;
    }

    *p = h;

#else

    r->headers_out.cache_control = h;

#endif

    return NGX_OK;
}


static void
ngx_http_facetree_text_cleanup(void *data)
{
    /* Not ngx_free(): it was core that allocated the text. */

    free(data);
}
