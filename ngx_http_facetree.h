
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
#include "facetree_inference.h"
#include "facetree_metrics.h"


typedef struct {
    ngx_str_t                      name;
    ngx_str_t                      path;
    ngx_str_t                      version;
    facetree_model_t              *model;    /* owned by a cf->pool cleanup;
                                                may serve several names */
    time_t                         loaded;
    facetree_counters_t           *counters; /* in the zone; NULL without */
} ngx_http_facetree_model_t;


typedef struct {
    ngx_array_t                    models;   /* ngx_http_facetree_model_t */
    ngx_shm_zone_t                *zone;     /* NULL: nothing is counted */
    facetree_server_counters_t    *server;   /* in the zone */
} ngx_http_facetree_main_conf_t;


typedef struct {
    ngx_http_handler_pt            handler;  /* of ours, or NULL */

    ngx_http_complex_value_t      *name;     /* NULL: not a facetree location */
    ngx_http_facetree_model_t     *model;    /* NULL: name has variables */

    ngx_str_t                      field;
    ngx_str_t                      page;
    ngx_int_t                      top_k;
    ngx_int_t                      max_images;
    ngx_int_t                      max_pixels;
    ngx_int_t                      max_frame_pixels;
    ngx_int_t                      max_side;
    ngx_int_t                      max_scans;
    size_t                         max_bytes;      /* of one picture's file */
    size_t                         max_memory;     /* of one decode */
    size_t                         max_exif;
    ngx_msec_t                     decode_timeout;
    ngx_uint_t                     formats;        /* FACETREE_FORMAT_BIT() */
    ngx_uint_t                     mode;           /* exact or fast */
    double                         threshold;

#if (NGX_THREADS)
    ngx_thread_pool_t             *thread_pool;    /* NULL: off */
    size_t                         threads_min;
#endif
} ngx_http_facetree_loc_conf_t;


/*
 * Everything between a complete body and its results.  It is allocated before
 * the work and touches neither the request nor a pool while it runs.
 */

typedef struct {
    const facetree_model_t        *model;
    facetree_budget_t              budget;

    uint32_t                       count;
    facetree_picture_t            *items;          /* the pictures */
    facetree_result_t             *results;        /* of each */
    facetree_error_t              *errors;
    double                        *probabilities;  /* classes a result */
    u_char                        *pixels;         /* one picture, or one a
                                                      result to explain */
    ngx_uint_t                     explain;

    uint64_t                       decode_ns;
    uint64_t                       predict_ns;
} ngx_http_facetree_job_t;


typedef struct ngx_http_facetree_ctx_s  ngx_http_facetree_ctx_t;

typedef ngx_int_t (*ngx_http_facetree_answer_pt)(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx);
typedef ngx_int_t (*ngx_http_facetree_refuse_pt)(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx, facetree_status_e status);

/*
 * The context lives in a cleanup of the request's pool, where variables and
 * error pages still find it after an internal redirect has cleared the
 * request's own table of contexts.
 */

struct ngx_http_facetree_ctx_s {
    ngx_http_request_t            *request;
    ngx_http_facetree_model_t     *model;
    facetree_upload_t             *upload;
    facetree_inference_t          *inference;
    facetree_route_t              *route;
    ngx_http_facetree_job_t        job;

    ngx_http_facetree_answer_pt    answer;   /* when the job has run */
    ngx_http_facetree_refuse_pt    refuse;   /* when it cannot */

    facetree_error_t               error;
    ngx_uint_t                     status;   /* of the refusal, or 0 */

    facetree_endpoint_e            endpoint;
    facetree_counters_t           *counters;
    uint64_t                       started;  /* ngx_http_facetree_clock() */
    uint64_t                       queued;
    uint64_t                       begun;

    unsigned                       ran:1;    /* the job has results */
    unsigned                       done:1;   /* the first of them is good */
    unsigned                       html:1;   /* the answer is for a person */
    unsigned                       counted:1;  /* as in progress */
};


/* nginx opens modules with their symbols global: ours stay in here. */

#pragma GCC visibility push(hidden)


/* Content handlers */

ngx_int_t ngx_http_facetree_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_facetree_inference_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_facetree_metrics_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_facetree_status_handler(ngx_http_request_t *r);


/* NULL when there is no memory. */
ngx_http_facetree_ctx_t *ngx_http_facetree_create_ctx(ngx_http_request_t *r,
    facetree_endpoint_e endpoint);

/*
 * The same for a request that error_page has sent here: the context it has, or
 * a new one where nginx refused it before a location of ours saw it.
 */
ngx_http_facetree_ctx_t *ngx_http_facetree_refused_ctx(ngx_http_request_t *r,
    facetree_endpoint_e endpoint);

/* The context of a request, also after an internal redirect, or NULL. */
ngx_http_facetree_ctx_t *ngx_http_facetree_get_ctx(ngx_http_request_t *r);

ngx_http_facetree_model_t *ngx_http_facetree_find_model(
    ngx_http_facetree_main_conf_t *mcf, ngx_str_t *name);


/*
 * Jobs.  Create one for "count" pictures, fill ctx->job.items, start it: that
 * returns what ctx->answer or ctx->refuse has returned, for the caller to
 * finalize the request with; or NGX_AGAIN when a thread does all of this.
 */

ngx_int_t ngx_http_facetree_job_create(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx, uint32_t count, ngx_uint_t explain);
ngx_int_t ngx_http_facetree_job_start(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx);
void ngx_http_facetree_job_run(ngx_http_facetree_job_t *job);

/* The body in one piece: as it lies, or copied together. */
ngx_int_t ngx_http_facetree_inference_body(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx, ngx_str_t *body);

/* Monotonic, in nanoseconds. */
uint64_t ngx_http_facetree_clock(void);


/* Counting; all do nothing without a zone. */

/* The request's model is known. */
void ngx_http_facetree_count_begin(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx);

/* The job has run. */
void ngx_http_facetree_count_results(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx);

/* Handler of the log phase: the request has ended. */
ngx_int_t ngx_http_facetree_count_request(ngx_http_request_t *r);

/* A reload was refused for its model. */
void ngx_http_facetree_count_failed_reload(void);

ngx_int_t ngx_http_facetree_init_zone(ngx_shm_zone_t *zone, void *data);
ngx_int_t ngx_http_facetree_init_module(ngx_cycle_t *cycle);
ngx_int_t ngx_http_facetree_init_process(ngx_cycle_t *cycle);


/*
 * Refusals.  Each returns what the request is to be finalized with; a page of
 * the operator's own for the status (error_page) comes first.
 */

/* One that only HTTP knows; ctx->error stays empty. */
ngx_int_t ngx_http_facetree_refuse(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx, ngx_uint_t status);

/* Of a method that "allow" does not list; answers OPTIONS. */
ngx_int_t ngx_http_facetree_not_allowed(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx, const char *allow);

/* To OPTIONS: nothing but "allow". */
ngx_int_t ngx_http_facetree_options(ngx_http_request_t *r, const char *allow);

/* One by core, described in ctx->error. */
ngx_int_t ngx_http_facetree_fail(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx);

/* Sends the document itself; "ctx" may be NULL. */
ngx_int_t ngx_http_facetree_problem(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx, ngx_uint_t status);


/* Logs ctx->error, with the level that ctx->status asks for. */
void ngx_http_facetree_log_refusal(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx);


/* Of facetree_page, or NULL. */
const char *ngx_http_facetree_page(ngx_http_request_t *r);

ngx_uint_t ngx_http_facetree_wants_html(ngx_http_request_t *r);

/* The first of that name, or NGX_DECLINED and an empty value. */
ngx_int_t ngx_http_facetree_find_header(ngx_http_request_t *r,
    const char *name, ngx_str_t *value);

/* Sends "text", which core has allocated and which is taken over. */
ngx_int_t ngx_http_facetree_send(ngx_http_request_t *r, ngx_uint_t status,
    ngx_str_t *type, char *text, size_t len);

/*
 * Makes a document that is the same until the models change one that clients
 * may keep and ask for again with If-None-Match.  To call before sending it.
 */
ngx_int_t ngx_http_facetree_set_etag(ngx_http_request_t *r,
    const char *text, size_t len);

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
