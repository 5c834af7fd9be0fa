
/*
 * Copyright (C) facetree contributors
 *
 * What the files of the nginx module share.
 */


#ifndef _NGX_HTTP_FACETREE_H_INCLUDED_
#define _NGX_HTTP_FACETREE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "facetree.h"


typedef struct {
    ngx_str_t                      name;
    ngx_str_t                      path;
    ngx_str_t                      version;
    facetree_model_t              *model;    /* owned by a cf->pool cleanup;
                                                may serve several names */
} ngx_http_facetree_model_t;


typedef struct {
    ngx_array_t                    models;   /* ngx_http_facetree_model_t */
} ngx_http_facetree_main_conf_t;


typedef struct {
    ngx_http_complex_value_t      *name;     /* NULL: not a facetree location */
    ngx_http_facetree_model_t     *model;    /* NULL: name has variables */

    ngx_str_t                      field;
    ngx_int_t                      top_k;
    ngx_int_t                      max_images;
    ngx_int_t                      max_pixels;
    ngx_msec_t                     decode_timeout;
    ngx_uint_t                     formats;        /* FACETREE_FORMAT_BIT() */
    double                         threshold;

#if (NGX_THREADS)
    ngx_thread_pool_t             *thread_pool;    /* NULL: off */
    size_t                         threads_min;
#endif
} ngx_http_facetree_loc_conf_t;


/*
 * Everything between a complete upload and its results.  It is allocated
 * before the work and touches neither the request nor a pool while it runs.
 */

typedef struct {
    const facetree_model_t        *model;
    const facetree_upload_t       *upload;
    facetree_image_limits_t        limits;

    uint32_t                       count;
    facetree_result_t             *results;
    facetree_error_t              *errors;         /* one a result */
    double                        *probabilities;  /* classes a result */
    u_char                        *pixels;         /* one picture */

    uint64_t                       decode_us;
    uint64_t                       predict_us;
} ngx_http_facetree_job_t;


/*
 * The context lives in a cleanup of the request's pool, where variables and
 * error pages still find it after an internal redirect has cleared the
 * request's own table of contexts.
 */

typedef struct {
    ngx_http_facetree_model_t     *model;
    facetree_upload_t             *upload;
    ngx_http_facetree_job_t        job;

    facetree_error_t               error;
    ngx_uint_t                     status;   /* of the refusal, or 0 */

    unsigned                       ran:1;    /* the job has results */
    unsigned                       done:1;   /* the first of them is good */
} ngx_http_facetree_ctx_t;


/* nginx opens modules with their symbols global: ours stay in here. */

#pragma GCC visibility push(hidden)


ngx_int_t ngx_http_facetree_handler(ngx_http_request_t *r);

/* The context of a request, also after an internal redirect, or NULL. */
ngx_http_facetree_ctx_t *ngx_http_facetree_get_ctx(ngx_http_request_t *r);

ngx_http_facetree_model_t *ngx_http_facetree_find_model(
    ngx_http_facetree_main_conf_t *mcf, ngx_str_t *name);


/*
 * Refusals.  Each returns what the request is to be finalized with; a page of
 * the operator's own for the status (error_page) comes first.
 */

/* One that only HTTP knows; ctx->error stays empty. */
ngx_int_t ngx_http_facetree_refuse(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx, ngx_uint_t status);

/* One by core, described in ctx->error. */
ngx_int_t ngx_http_facetree_fail(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx);

/* Sends the document itself; "ctx" may be NULL. */
ngx_int_t ngx_http_facetree_problem(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx, ngx_uint_t status);


ngx_uint_t ngx_http_facetree_wants_html(ngx_http_request_t *r);

/* Sends "text", which core has allocated and which is taken over. */
ngx_int_t ngx_http_facetree_send(ngx_http_request_t *r, ngx_uint_t status,
    ngx_str_t *type, char *text, size_t len);

/* The strings must outlive the request. */
ngx_int_t ngx_http_facetree_add_header(ngx_http_request_t *r,
    const char *key, const char *value);


/* Registers the $facetree_ variables: the module's preconfiguration. */
ngx_int_t ngx_http_facetree_add_variables(ngx_conf_t *cf);


extern ngx_str_t     ngx_http_facetree_json_type;
extern ngx_str_t     ngx_http_facetree_html_type;


#pragma GCC visibility pop


extern ngx_module_t  ngx_http_facetree_module;


#endif /* _NGX_HTTP_FACETREE_H_INCLUDED_ */
