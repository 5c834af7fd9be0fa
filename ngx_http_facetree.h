
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

#include <stdatomic.h>


typedef struct {
    ngx_str_t                      name;
    ngx_str_t                      path;
    ngx_str_t                      version;
    facetree_model_t              *model;    /* owned by a cf->pool cleanup;
                                                may serve several names */
    time_t                         loaded;
    facetree_counters_t           *counters; /* in the zone; NULL without */
} ngx_http_facetree_model_t;


/*
 * One thread pool with its "max" and "queue", as facetree_threads names them.
 * The numbers that change are those of one worker.
 */

typedef struct {
    ngx_str_t                      name;
#if (NGX_THREADS)
    ngx_thread_pool_t             *threads;
#endif
    ngx_uint_t                     max;      /* tasks at a time */
    ngx_uint_t                     size;     /* requests that may wait */
    ngx_uint_t                     running;
    ngx_uint_t                     waiting;
    ngx_queue_t                    queue;    /* of ngx_http_facetree_ctx_t */
} ngx_http_facetree_pool_t;


typedef struct {
    ngx_array_t                    models;   /* ngx_http_facetree_model_t */
    ngx_shm_zone_t                *zone;     /* NULL: nothing is counted */
    facetree_server_counters_t    *server;   /* in the zone */
    uint64_t                       generation;   /* 0: not in use yet */

    ngx_array_t                    pools;    /* ngx_http_facetree_pool_t * */
    ngx_int_t                      ctx_index;  /* of the variable that keeps
                                                  a request's contexts */

    size_t                         memory;   /* bytes that jobs may hold, */
    size_t                         text_max; /* and large answers that clients
                                                are reading, an eighth more */
    size_t                         jobs;     /* what they hold now, in this */
    size_t                         text;     /* worker */
    ngx_event_t                    freed;    /* posted when the queues may
                                                move on */
} ngx_http_facetree_main_conf_t;


typedef struct {
    ngx_http_handler_pt            handler;  /* of ours, or NULL */

    ngx_http_complex_value_t      *name;     /* NULL: not a facetree location */
    ngx_http_facetree_model_t     *model;    /* NULL: name has variables */

    ngx_str_t                      field;
    ngx_str_t                      page;
    ngx_int_t                      top_k;
    ngx_int_t                      max_images;
    ngx_int_t                      max_pixels;     /* of a request */
    size_t                         max_bytes;      /* of one picture's file */
    ngx_msec_t                     decode_timeout; /* CPU time of a request */
    ngx_uint_t                     formats;        /* FACETREE_FORMAT_BIT() */
    ngx_uint_t                     mode;           /* exact or fast */
    double                         threshold;

    ngx_http_facetree_pool_t      *pool;           /* NULL: no threads */
} ngx_http_facetree_loc_conf_t;


typedef struct ngx_http_facetree_ctx_s   ngx_http_facetree_ctx_t;
typedef struct ngx_http_facetree_work_s  ngx_http_facetree_work_t;

/*
 * Parses a body that lies in one piece at work->body: makes work->job of its
 * pictures.  May run in a thread, and so touches nothing but "work".
 */
typedef facetree_status_e (*ngx_http_facetree_parse_pt)(
    ngx_http_facetree_work_t *work);

/* Sends the answer when the job has run; returns what to finalize with. */
typedef ngx_int_t (*ngx_http_facetree_answer_pt)(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx);

/* Sends a refusal, described in ctx->error; returns the same. */
typedef ngx_int_t (*ngx_http_facetree_refuse_pt)(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx);


/* A piece of a body: memory, or a part of nginx's temporary file. */

typedef struct {
    u_char                        *data;     /* NULL: in the file */
    ngx_fd_t                       fd;
    off_t                          offset;
    size_t                         len;
} ngx_http_facetree_piece_t;


/*
 * Everything between a complete body and its results.  A thread may have it:
 * then nobody else looks at it, but for "cancelled".  What it points to stays
 * as long as the request does; what it allocates comes from malloc().
 */

struct ngx_http_facetree_work_s {

    /* set before the work begins */

    ngx_http_facetree_parse_pt     parse;
    const facetree_model_t        *model;
    facetree_limits_t              limits;
    ngx_uint_t                     explain;
    facetree_upload_t             *upload;   /* NULL: the protocol's body */
    facetree_inference_headers_t   headers;  /* of the protocol */

    ngx_http_facetree_piece_t     *pieces;   /* of the body, */
    ngx_uint_t                     pieces_n; /* in their order */
    size_t                         body_len;

    size_t                         granted;  /* bytes that it may hold */
    atomic_int                     cancelled;  /* set when the client leaves */

    /* its results */

    u_char                        *body;     /* in one piece */
    void                          *copy;     /* malloc()ed, or NULL */
    void                          *map;      /* mmap()ed, or NULL */
    size_t                         map_len;

    facetree_inference_t          *inference;
    facetree_job_t                *job;      /* NULL: not parsed yet */
    size_t                         need;     /* bytes to go on with */
    ngx_uint_t                     fed;      /* the upload has the body */
    ngx_uint_t                     ran;      /* the job has results */
    facetree_status_e              status;
    facetree_error_t               error;

    atomic_int                     begun;    /* a thread has taken it */
    uint64_t                       begun_ns; /* ngx_http_facetree_clock() */
    uint64_t                       parse_ns;
};


/*
 * Where a request is, and who finalizes it.  It is finalized once: whoever
 * does it moves the state on first.
 *
 *   READING   nginx reads the body.  nginx finalizes when it fails or when
 *             the client leaves; else the body handler goes on.  A body that
 *             is refused while it arrives is finalized by a posted event.
 *   QUEUED    The request waits for a thread or for memory.  The queue's
 *             timer finalizes it (503), and the read handler does when the
 *             client leaves (499).  nginx does when the worker shuts down or
 *             the main request ends; the cleanup then takes it out of the
 *             queue.
 *   WORKING   A thread has the work.  r->main->blocked keeps the request, and
 *             nobody finalizes it.  The read handler of a client that leaves,
 *             and nginx when it ends the request, set c->error and
 *             work->cancelled.  The task's completion handler goes on.
 *   SENDING   The answer or refusal has been given to the output filters, and
 *             the request is finalized with what they returned.  NGX_AGAIN
 *             from them means that nginx's writer sends the rest.
 */

typedef enum {
    NGX_HTTP_FACETREE_READING = 0,
    NGX_HTTP_FACETREE_QUEUED,
    NGX_HTTP_FACETREE_WORKING,
    NGX_HTTP_FACETREE_SENDING
} ngx_http_facetree_state_e;


/*
 * The context lives in the request's pool.  An internal redirect clears the
 * request's own table of contexts; a list of them is kept for the whole
 * request, where variables and facetree_problem find the last one.
 */

struct ngx_http_facetree_ctx_s {
    ngx_http_request_t            *request;
    ngx_http_facetree_ctx_t       *next;     /* older one of this request or
                                                of its subrequests */
    ngx_http_facetree_main_conf_t *main;
    ngx_http_facetree_model_t     *model;
    facetree_route_t              *route;
    ngx_http_facetree_work_t       work;

    ngx_http_facetree_state_e      state;
    ngx_http_facetree_answer_pt    answer;
    ngx_http_facetree_refuse_pt    refuse;

    facetree_result_t              result;   /* of the first picture, without
                                                what it pointed to */
    uint64_t                       decode_ns;
    uint64_t                       predict_ns;

    facetree_error_t               error;
    ngx_uint_t                     status;   /* of the refusal, or 0 */

    facetree_endpoint_e            endpoint;
    facetree_counters_t           *counters;
    off_t                          body_bytes;  /* Content-Length, or -1 */
    uint64_t                       started;  /* ngx_http_facetree_clock() */
    uint64_t                       queued_ns;

    ngx_http_facetree_pool_t      *pool;     /* QUEUED, WORKING */
    ngx_queue_t                    queue;
    ngx_event_t                    wait;     /* timer of the queue */
    ngx_msec_t                     deadline; /* when it ends */
    size_t                         jobs;     /* of main->jobs */
    size_t                         text;     /* of main->text */

    unsigned                       arriving:1;  /* the filter feeds the body */
    unsigned                       dropped:1;   /* and has refused it */
    unsigned                       terminated:1;  /* by nginx, while WORKING */
    unsigned                       ran:1;    /* "result" is there */
    unsigned                       html:1;   /* the answer is for a person */
    unsigned                       counted:1;  /* as in progress */
};


/* nginx opens modules with their symbols global: ours stay in here. */

#pragma GCC visibility push(hidden)


/* Content handlers */

ngx_int_t ngx_http_facetree_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_facetree_inference_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_facetree_problem_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_facetree_metrics_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_facetree_status_handler(ngx_http_request_t *r);


/* Contexts.  NULL when there is no memory. */
ngx_http_facetree_ctx_t *ngx_http_facetree_create_ctx(ngx_http_request_t *r,
    facetree_endpoint_e endpoint);

/* The last context of a request, also after an internal redirect, or NULL. */
ngx_http_facetree_ctx_t *ngx_http_facetree_get_ctx(ngx_http_request_t *r);

ngx_http_facetree_model_t *ngx_http_facetree_find_model(
    ngx_http_facetree_main_conf_t *mcf, ngx_str_t *name);


/*
 * Bodies
 */

/* Registers the filter that feeds uploads as they arrive. */
void ngx_http_facetree_init_body_filter(void);

/*
 * Reads the body and starts the work on it; ctx->work, ctx->answer and
 * ctx->refuse are set.  Returns what a content handler returns.
 */
ngx_int_t ngx_http_facetree_read_body(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx);

/*
 * Whether error_page has led here for something that leaves nothing to
 * classify: the body itself was refused, or the client was.
 */
ngx_uint_t ngx_http_facetree_is_refused(ngx_http_request_t *r);

/* Notes where the body lies, so that a thread need not look at the request. */
ngx_int_t ngx_http_facetree_body_pieces(ngx_http_request_t *r,
    ngx_http_facetree_work_t *work);

/*
 * Lets work->body point to the whole body: as it lies, mapped, or copied.
 * May run in a thread.
 */
facetree_status_e ngx_http_facetree_body_gather(
    ngx_http_facetree_work_t *work);


/*
 * Jobs
 */

/*
 * Does the work of a request at once, or queues it for a thread.  Returns
 * what to finalize the request with; or NGX_DONE when that is no longer the
 * caller's business.
 */
ngx_int_t ngx_http_facetree_work_start(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx);

/* Frees the rest; the cleanup of a context. */
void ngx_http_facetree_work_free(ngx_http_facetree_ctx_t *ctx);

/* Takes work->limits from the configuration. */
void ngx_http_facetree_work_limits(ngx_http_request_t *r,
    facetree_limits_t *limits);

/*
 * Counts an answer that stays until the client has read it.  Small ones are
 * as many as connections, and are not counted.
 */
void ngx_http_facetree_hold_text(ngx_http_facetree_ctx_t *ctx, size_t len);

#if (NGX_THREADS)

/*
 * The queue in front of nginx's thread pool of that name, or of "default"
 * without one; NULL when it is there already with other numbers.
 */
ngx_http_facetree_pool_t *ngx_http_facetree_add_pool(ngx_conf_t *cf,
    ngx_str_t *name, ngx_uint_t max, ngx_uint_t size);

/* In a worker that starts. */
void ngx_http_facetree_init_queues(ngx_cycle_t *cycle,
    ngx_http_facetree_main_conf_t *mcf);

#endif

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

/*
 * Explains a refusal of nginx's, or of another location of ours, that
 * error_page has brought here; "inference": in the protocol's form.
 */
ngx_int_t ngx_http_facetree_explain_refusal(ngx_http_request_t *r,
    ngx_uint_t inference);

/* Logs ctx->error, with the level that ctx->status asks for. */
void ngx_http_facetree_log_refusal(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx);

/* {"error": text}, by ctx->error; sets ctx->status. */
ngx_int_t ngx_http_facetree_inference_error(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx);


/* Of facetree_page, or NULL. */
const char *ngx_http_facetree_page(ngx_http_request_t *r);

ngx_uint_t ngx_http_facetree_wants_html(ngx_http_request_t *r);

/* The first of that name, or NGX_DECLINED and an empty value. */
ngx_int_t ngx_http_facetree_find_header(ngx_http_request_t *r,
    const char *name, ngx_str_t *value);

/*
 * Sends "text", which core has allocated and which is taken over.  Returns
 * what to finalize the request with.
 */
ngx_int_t ngx_http_facetree_send(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx, ngx_uint_t status, ngx_str_t *type,
    char *text, size_t len);

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
