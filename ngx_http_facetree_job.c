
/*
 * Copyright (C) facetree contributors
 *
 * Decoding and classifying, at once or in a thread of nginx's pool.
 */


#include "ngx_http_facetree.h"


/* Of a task in a thread; it takes the decode timeout, and a little. */
#define NGX_HTTP_FACETREE_TASK_TIMEOUT  60000


static void ngx_http_facetree_job_limits(ngx_http_request_t *r,
    facetree_limits_t *limits);
static void ngx_http_facetree_job_item(ngx_http_facetree_job_t *job,
    uint32_t i, u_char *pixels);

#if (NGX_THREADS)
static ngx_int_t ngx_http_facetree_task_post(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx, ngx_thread_pool_t *pool);
static void ngx_http_facetree_task_run(void *data, ngx_log_t *log);
static void ngx_http_facetree_task_done(ngx_event_t *ev);
static void ngx_http_facetree_resume(ngx_http_request_t *r);
#endif


ngx_int_t
ngx_http_facetree_job_create(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx, uint32_t count, ngx_uint_t explain)
{
    uint32_t                  classes, features, pictures;
    facetree_model_t         *model;
    ngx_http_facetree_job_t  *job;

    job = &ctx->job;
    model = ctx->model->model;
    classes = facetree_model_classes(model);
    features = facetree_model_features(model);

    job->model = model;
    job->count = count;
    job->explain = explain;

    facetree_budget_init(&job->budget, NULL);
    ngx_http_facetree_job_limits(r, &job->budget.limits);

    /* What is not to be explained is decoded into one and the same picture. */

    pictures = explain ? count : 1;

    job->items = ngx_pcalloc(r->pool,
                             count * sizeof(facetree_picture_t));
    job->results = ngx_pcalloc(r->pool, count * sizeof(facetree_result_t));
    job->errors = ngx_palloc(r->pool, count * sizeof(facetree_error_t));
    job->probabilities = ngx_palloc(r->pool, (size_t) count * classes
                                             * sizeof(double));
    job->pixels = ngx_palloc(r->pool, (size_t) pictures * features);

    if (job->items == NULL || job->results == NULL || job->errors == NULL
        || job->probabilities == NULL || job->pixels == NULL)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


static void
ngx_http_facetree_job_limits(ngx_http_request_t *r,
    facetree_limits_t *limits)
{
    ngx_http_facetree_loc_conf_t  *flcf;

    flcf = ngx_http_get_module_loc_conf(r, ngx_http_facetree_module);

    facetree_limits_init(limits);

    limits->formats &= flcf->formats;
    limits->mode = flcf->mode;
    limits->max_bytes = flcf->max_bytes;
    limits->max_images = (uint32_t) flcf->max_images;
    limits->max_pixels = flcf->max_pixels;
    limits->max_memory = flcf->max_memory;
    limits->cpu_ms = (uint32_t) flcf->decode_timeout;
}


ngx_int_t
ngx_http_facetree_job_start(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx)
{
#if (NGX_THREADS)
    size_t                         size;
    uint32_t                       i;
    ngx_http_facetree_loc_conf_t  *flcf;

    flcf = ngx_http_get_module_loc_conf(r, ngx_http_facetree_module);

    if (flcf->thread_pool) {
        size = 0;

        for (i = 0; i < ctx->job.count; i++) {
            size += ctx->job.items[i].len;
        }

        if (size > flcf->threads_min) {
            return ngx_http_facetree_task_post(r, ctx, flcf->thread_pool);
        }
    }
#endif

    ngx_http_facetree_job_run(&ctx->job);

    return ctx->answer(r, ctx);
}


/* May run in a thread: neither a request nor a pool may be touched. */

void
ngx_http_facetree_job_run(ngx_http_facetree_job_t *job)
{
    u_char    *pixels;
    uint32_t   i;

    pixels = job->pixels;

    for (i = 0; i < job->count; i++) {
        ngx_http_facetree_job_item(job, i, pixels);

        if (job->explain) {
            job->results[i].pixels = pixels;
            pixels += facetree_model_features(job->model);
        }
    }
}


static void
ngx_http_facetree_job_item(ngx_http_facetree_job_t *job, uint32_t i,
    u_char *pixels)
{
    double                           *probabilities;
    uint64_t                          start;
    const uint8_t                    *picture;
    facetree_result_t                *result;
    const facetree_picture_t         *item;

    item = &job->items[i];
    result = &job->results[i];
    probabilities = job->probabilities
                    + (size_t) i * facetree_model_classes(job->model);

    result->error = &job->errors[i];
    result->probabilities = probabilities;

    start = ngx_http_facetree_clock();
    picture = item->pixels;

    if (picture == NULL) {
        picture = pixels;
        result->status = facetree_image_decode(item->data, item->len,
                             &job->budget, facetree_model_width(job->model),
                             facetree_model_height(job->model), pixels,
                             &result->image, &job->errors[i]);

        job->decode_ns += ngx_http_facetree_clock() - start;
        start = ngx_http_facetree_clock();
    }

    if (result->status == FACETREE_OK) {
        facetree_predict(job->model, picture, probabilities,
                         &result->prediction);

        job->predict_ns += ngx_http_facetree_clock() - start;
    }
}


uint64_t
ngx_http_facetree_clock(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return (uint64_t) ts.tv_sec * 1000000000 + ts.tv_nsec;
}


#if (NGX_THREADS)

static ngx_int_t
ngx_http_facetree_task_post(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx, ngx_thread_pool_t *pool)
{
    ngx_thread_task_t        *task;
    ngx_http_facetree_ctx_t **data;

    task = ngx_thread_task_alloc(r->pool, sizeof(ngx_http_facetree_ctx_t *));
    if (task == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    data = task->ctx;
    *data = ctx;

    task->handler = ngx_http_facetree_task_run;
    task->event.data = r;
    task->event.handler = ngx_http_facetree_task_done;
    task->event.log = r->connection->log;

    ctx->queued = ngx_http_facetree_clock();

    if (ngx_thread_task_post(pool, task) != NGX_OK) {

        /* The queue is full; nginx has logged it. */

        facetree_counters_queue_rejected(ctx->counters);

        ctx->queued = 0;

        return ctx->refuse(r, ctx, FACETREE_EBUSY);
    }

    facetree_counters_queue(ctx->counters, ngx_process_slot);

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


/*
 * Runs in a thread.  Of the context it touches the job and "begun", which
 * nobody else looks at before the task is done.
 */

static void
ngx_http_facetree_task_run(void *data, ngx_log_t *log)
{
    ngx_http_facetree_ctx_t **ctx = data;

    (*ctx)->begun = ngx_http_facetree_clock();

    ngx_http_facetree_job_run(&(*ctx)->job);
}


static void
ngx_http_facetree_task_done(ngx_event_t *ev)
{
    ngx_connection_t         *c;
    ngx_http_request_t       *r;
    ngx_http_facetree_ctx_t  *ctx;

    r = ev->data;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    if (ev->timedout) {
        ngx_log_error(NGX_LOG_ALERT, c->log, 0,
                      "facetree: a thread has not come back for %d seconds",
                      NGX_HTTP_FACETREE_TASK_TIMEOUT / 1000);
        ev->timedout = 0;

        /* It still has to: a worker must not leave before. */

        ngx_add_timer(ev, NGX_HTTP_FACETREE_TASK_TIMEOUT);
        return;
    }

    if (ev->timer_set) {
        ngx_del_timer(ev);
    }

    ctx = ngx_http_facetree_get_ctx(r);

    facetree_counters_unqueue(ctx->counters, ngx_process_slot);
    facetree_counters_stage(ctx->counters, FACETREE_STAGE_QUEUE,
                            ctx->begun - ctx->queued);

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

    ngx_http_finalize_request(r, ctx->answer(r, ctx));
}

#endif
