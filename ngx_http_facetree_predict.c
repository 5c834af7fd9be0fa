
/*
 * Copyright (C) facetree contributors
 *
 * A request to a facetree location, from its headers to its answer.
 */


#include "ngx_http_facetree.h"


#define NGX_HTTP_FACETREE_FILE_CHUNK  65536

/* Of a task in a thread; it takes the decode timeout, and a little. */
#define NGX_HTTP_FACETREE_TASK_TIMEOUT  60000


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
static ngx_int_t ngx_http_facetree_classify(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx);
static void ngx_http_facetree_run(ngx_http_facetree_job_t *job);
static uint64_t ngx_http_facetree_clock(void);
static ngx_int_t ngx_http_facetree_answer(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx);
static ngx_http_facetree_ctx_t *ngx_http_facetree_create_ctx(
    ngx_http_request_t *r);
static void ngx_http_facetree_ctx_cleanup(void *data);

#if (NGX_THREADS)
static ngx_int_t ngx_http_facetree_task_post(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx, ngx_thread_pool_t *pool);
static void ngx_http_facetree_task_run(void *data, ngx_log_t *log);
static void ngx_http_facetree_task_done(ngx_event_t *ev);
static void ngx_http_facetree_resume(ngx_http_request_t *r);
#endif


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

    if (rc == NGX_DECLINED) {
        rc = ngx_http_facetree_classify(r, ctx);
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

    job->limits.formats &= flcf->formats;
    job->limits.max_pixels = flcf->max_pixels;
    job->limits.timeout_ms = (uint32_t) flcf->decode_timeout;
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

    return NGX_DECLINED;
}


/* NGX_AGAIN, or how to finalize. */

static ngx_int_t
ngx_http_facetree_classify(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx)
{
#if (NGX_THREADS)
    uint32_t                       i;
    size_t                         size;
    ngx_http_facetree_loc_conf_t  *flcf;

    flcf = ngx_http_get_module_loc_conf(r, ngx_http_facetree_module);

    if (flcf->thread_pool) {
        size = 0;

        for (i = 0; i < ctx->job.count; i++) {
            size += facetree_upload_file(ctx->upload, i)->len;
        }

        if (size > flcf->threads_min) {
            return ngx_http_facetree_task_post(r, ctx, flcf->thread_pool);
        }
    }
#endif

    ngx_http_facetree_run(&ctx->job);

    return ngx_http_facetree_answer(r, ctx);
}


#if (NGX_THREADS)

static ngx_int_t
ngx_http_facetree_task_post(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx, ngx_thread_pool_t *pool)
{
    ngx_thread_task_t         *task;
    ngx_http_facetree_job_t  **job;

    task = ngx_thread_task_alloc(r->pool, sizeof(ngx_http_facetree_job_t *));
    if (task == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    job = task->ctx;
    *job = &ctx->job;

    task->handler = ngx_http_facetree_task_run;
    task->event.data = r;
    task->event.handler = ngx_http_facetree_task_done;
    task->event.log = r->connection->log;

    if (ngx_thread_task_post(pool, task) != NGX_OK) {

        /* The queue is full; nginx has logged it. */

        return ngx_http_facetree_refuse(r, ctx, NGX_HTTP_SERVICE_UNAVAILABLE);
    }

    /*
     * The request, and with it everything that the job points to, stays until
     * the task is done.  The timer keeps a worker that shuts down from
     * leaving before that.
     */

    ngx_add_timer(&task->event, NGX_HTTP_FACETREE_TASK_TIMEOUT);

    r->main->blocked++;
    r->aio = 1;
    r->write_event_handler = ngx_http_facetree_resume;

    return NGX_AGAIN;
}


/* Runs in a thread: neither the request nor a pool may be touched. */

static void
ngx_http_facetree_task_run(void *data, ngx_log_t *log)
{
    ngx_http_facetree_job_t **job = data;

    ngx_http_facetree_run(*job);
}


static void
ngx_http_facetree_task_done(ngx_event_t *ev)
{
    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    r = ev->data;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    if (ev->timedout) {
        ngx_log_error(NGX_LOG_ALERT, c->log, 0,
                      "facetree: a thread has not come back for %d seconds",
                      NGX_HTTP_FACETREE_TASK_TIMEOUT / 1000);
        ev->timedout = 0;
        return;
    }

    if (ev->timer_set) {
        ngx_del_timer(ev);
    }

    r->main->blocked--;
    r->aio = 0;

    if (c->error && r != r->main) {

        /* The client has gone, and the main request waits for nobody else. */

        ngx_http_finalize_request(r, NGX_ERROR);

    } else {
        r->write_event_handler(r);
    }

    ngx_http_run_posted_requests(c);
}


/*
 * The request's write handler while a thread works, unless the client goes
 * meanwhile: nginx then puts its own in place, which ends the request.
 */

static void
ngx_http_facetree_resume(ngx_http_request_t *r)
{
    ngx_http_facetree_ctx_t  *ctx;

    if (r->aio) {
        return;
    }

    r->write_event_handler = ngx_http_request_empty_handler;

    ctx = ngx_http_facetree_get_ctx(r);

    ngx_http_finalize_request(r, ngx_http_facetree_answer(r, ctx));
}

#endif


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

    ctx->ran = 1;

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
    answer.threshold = flcf->threshold;
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
