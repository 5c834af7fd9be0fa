
/*
 * Copyright (C) facetree contributors
 *
 * Doing the work of a request: at once, or in a thread of nginx's pool, when
 * its turn has come and its memory is there.
 *
 * What is small, by its bytes and by the work that its pictures' headers
 * promise, is done on the event loop; everything else waits in a queue of the
 * worker.  The queue hands so many requests to the threads at a time as
 * facetree_threads says, and each only with the memory that it may take.
 */


#include "ngx_http_facetree.h"

#include <sys/mman.h>


/* A larger body is parsed in a thread: JSON of this size takes 1 ms. */
#define NGX_HTTP_FACETREE_INLINE_BYTES  65536

/*
 * So much estimated work, in ns, is done on the event loop.  Estimates are low:
 * it may take 1 to 3 ms.  16 small pictures are below it, and a photo of
 * 640x480 is above.
 */
#define NGX_HTTP_FACETREE_INLINE_WORK   250000

/*
 * What a body that is parsed in a thread may go on with: enough for any
 * picture that is decoded by rows, so that a second turn is rare.
 */
#define NGX_HTTP_FACETREE_FIRST_MEMORY  (4 * 1024 * 1024)

/* An answer's text for one picture: explained, and else. */
#define NGX_HTTP_FACETREE_PAGE_MEMORY   32768
#define NGX_HTTP_FACETREE_JSON_MEMORY   2048

/*
 * The longest wait for a thread or for memory.  Clients and load balancers
 * give up after 15 to 60 seconds: they get a 503 before that.
 */
#define NGX_HTTP_FACETREE_QUEUE_TIME    10000

/* A thread that needs so long has hung: CPU time is limited. */
#define NGX_HTTP_FACETREE_TASK_TIME     60000


static ngx_int_t ngx_http_facetree_work_inline(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx);
static size_t ngx_http_facetree_parse_memory(ngx_http_facetree_work_t *work);
static void ngx_http_facetree_work_parse(ngx_http_facetree_work_t *work);
static void ngx_http_facetree_work_run(ngx_http_facetree_work_t *work);
static ngx_int_t ngx_http_facetree_work_done(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx);
static void ngx_http_facetree_work_release(ngx_http_facetree_work_t *work);
static ngx_int_t ngx_http_facetree_busy(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx);
static ngx_int_t ngx_http_facetree_too_large(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx);

#if (NGX_THREADS)
static ngx_int_t ngx_http_facetree_enqueue(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx);
static void ngx_http_facetree_wait(ngx_http_facetree_ctx_t *ctx);
static void ngx_http_facetree_dequeue(ngx_http_facetree_ctx_t *ctx);
static void ngx_http_facetree_wait_handler(ngx_event_t *ev);
static void ngx_http_facetree_freed_handler(ngx_event_t *ev);
static void ngx_http_facetree_dispatch(ngx_http_facetree_pool_t *pool);
static ngx_int_t ngx_http_facetree_task_post(ngx_http_facetree_ctx_t *ctx);
static void ngx_http_facetree_task_run(void *data, ngx_log_t *log);
static void ngx_http_facetree_task_done(ngx_event_t *ev);
static void ngx_http_facetree_working_handler(ngx_http_request_t *r);
static void ngx_http_facetree_abandon(void *data);
static void ngx_http_facetree_finish(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx, ngx_int_t rc);
#endif


void
ngx_http_facetree_work_limits(ngx_http_request_t *r,
    facetree_limits_t *limits)
{
    ngx_http_facetree_loc_conf_t   *flcf;
    ngx_http_facetree_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_facetree_module);
    flcf = ngx_http_get_module_loc_conf(r, ngx_http_facetree_module);

    facetree_limits_init(limits);

    limits->formats &= flcf->formats;
    limits->mode = flcf->mode;
    limits->max_images = (uint32_t) flcf->max_images;
    limits->max_bytes = flcf->max_bytes;
    limits->max_pixels = flcf->max_pixels;
    limits->max_memory = mcf->memory;
    limits->cpu_ms = (uint32_t) flcf->decode_timeout;
}


ngx_int_t
ngx_http_facetree_work_start(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx)
{
    ngx_http_facetree_loc_conf_t  *flcf;

    flcf = ngx_http_get_module_loc_conf(r, ngx_http_facetree_module);

    ctx->pool = flcf->pool;
    ctx->work.need = ngx_http_facetree_parse_memory(&ctx->work);

    if (ctx->work.need > ctx->main->memory) {
        return ngx_http_facetree_too_large(r, ctx);
    }

#if (NGX_THREADS)

    if (ctx->pool
        && (ctx->work.body_len > NGX_HTTP_FACETREE_INLINE_BYTES
            || (ctx->work.pieces_n && ctx->work.pieces[0].data == NULL)))
    {
        ctx->work.need = ngx_min(ctx->work.need
                                 + NGX_HTTP_FACETREE_FIRST_MEMORY,
                                 ctx->main->memory);

        return ngx_http_facetree_enqueue(r, ctx);
    }

#endif

    return ngx_http_facetree_work_inline(r, ctx);
}


/*
 * Parses on the event loop, which shows what the rest will cost, and does
 * that, too, if it is little or if there are no threads.
 */

static ngx_int_t
ngx_http_facetree_work_inline(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx)
{
    ngx_int_t                  rc;
    ngx_http_facetree_work_t  *work;

    work = &ctx->work;

    rc = ngx_http_facetree_reserve(ctx, work->need);

    if (rc == NGX_OK) {
        ngx_http_facetree_work_parse(work);

        if (work->status != FACETREE_OK) {
            return ngx_http_facetree_work_done(r, ctx);
        }

        if (work->need > ctx->main->memory) {
            return ngx_http_facetree_too_large(r, ctx);
        }

        if (ctx->pool == NULL
            || work->job->budget.work <= NGX_HTTP_FACETREE_INLINE_WORK)
        {
            rc = ngx_http_facetree_reserve(ctx, work->need);

            if (rc == NGX_OK) {
                ngx_http_facetree_work_run(work);

                return ngx_http_facetree_work_done(r, ctx);
            }
        }
    }

#if (NGX_THREADS)
    if (ctx->pool) {
        return ngx_http_facetree_enqueue(r, ctx);
    }
#endif

    return ngx_http_facetree_busy(r, ctx);
}


/* What parsing the body allocates. */

static size_t
ngx_http_facetree_parse_memory(ngx_http_facetree_work_t *work)
{
    size_t  size;

    size = (work->pieces_n > 1) ? work->body_len : 0;

    if (work->upload == NULL) {
        size += facetree_inference_memory(work->model,
                                          work->limits.max_images,
                                          work->body_len);
    }

    return size;
}


/*
 * Finds the pictures and what they will cost.  May run in a thread: neither a
 * request nor a pool may be touched.
 */

static void
ngx_http_facetree_work_parse(ngx_http_facetree_work_t *work)
{
    uint64_t  start;

    start = ngx_http_facetree_clock();

    work->status = ngx_http_facetree_body_gather(work);

    if (work->status == FACETREE_OK) {
        work->status = work->parse(work);
    }

    if (work->status == FACETREE_OK) {
        work->status = facetree_budget_hold(&work->job->budget,
                                        ngx_http_facetree_parse_memory(work),
                                        &work->error);
    }

    if (work->status == FACETREE_OK) {
        work->status = facetree_job_probe(work->job, &work->error);
    }

    if (work->status == FACETREE_OK) {
        work->need = (size_t) facetree_job_memory(work->job)
                     + work->job->count * (work->explain
                                           ? NGX_HTTP_FACETREE_PAGE_MEMORY
                                           : NGX_HTTP_FACETREE_JSON_MEMORY);
    }

    work->parse_ns = ngx_http_facetree_clock() - start;
}


/* The same. */

static void
ngx_http_facetree_work_run(ngx_http_facetree_work_t *work)
{
    work->job->budget.cancelled = &work->cancelled;

    work->status = facetree_job_run(work->job, &work->error);
    work->ran = (work->status == FACETREE_OK);
}


/*
 * The work has come to its end, good or bad.  Only the text of the answer
 * stays until the client has read it.
 */

static ngx_int_t
ngx_http_facetree_work_done(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx)
{
    ngx_int_t                  rc;
    ngx_http_facetree_work_t  *work;

    work = &ctx->work;

    facetree_counters_stage(ctx->counters, FACETREE_STAGE_PARSE,
                            work->parse_ns);

    if (work->ran) {
        ctx->ran = 1;
        ctx->result = work->job->results[0];
        ctx->decode_ns = work->job->decode_ns;
        ctx->predict_ns = work->job->predict_ns;

        ngx_http_facetree_count_results(r, ctx);

        rc = ctx->answer(r, ctx);

    } else {
        ctx->error = work->error;
        rc = ctx->refuse(r, ctx);
    }

    ngx_http_facetree_work_release(work);
    ngx_http_facetree_hold(ctx, ctx->text_len);

    return rc;
}


/* Frees what parsing and running have allocated. */

static void
ngx_http_facetree_work_release(ngx_http_facetree_work_t *work)
{
    facetree_job_free(work->job);
    facetree_inference_free(work->inference);
    facetree_upload_free(work->upload);

    if (work->map) {
        (void) munmap(work->map, work->map_len);
    }

    free(work->copy);

    work->job = NULL;
    work->inference = NULL;
    work->upload = NULL;
    work->map = NULL;
    work->copy = NULL;
}


void
ngx_http_facetree_work_free(ngx_http_facetree_ctx_t *ctx)
{
    ngx_http_facetree_work_release(&ctx->work);
    ngx_http_facetree_hold(ctx, 0);
}


/* More load than threads or memory: not the client's fault. */

static ngx_int_t
ngx_http_facetree_busy(ngx_http_request_t *r, ngx_http_facetree_ctx_t *ctx)
{
    facetree_counters_queue_rejected(ctx->counters);

    ngx_log_error(NGX_LOG_WARN, r->connection->log, 0,
                  "facetree: busy: %ui requests wait for a thread, jobs hold "
                  "%uz of %uz bytes", ctx->pool ? ctx->pool->waiting : 0,
                  ctx->main->reserved, ctx->main->memory);

    facetree_fail(&ctx->error, FACETREE_EBUSY, FACETREE_NO_OFFSET, NULL);

    return ctx->refuse(r, ctx);
}


/* More than this worker can ever give. */

static ngx_int_t
ngx_http_facetree_too_large(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx)
{
    facetree_fail_limit(&ctx->error, FACETREE_EMEMORY, ctx->main->memory,
                        ctx->work.need, "the request takes %zu bytes of "
                        "memory, more than %zu", ctx->work.need,
                        ctx->main->memory);

    return ctx->refuse(r, ctx);
}


ngx_int_t
ngx_http_facetree_reserve(ngx_http_facetree_ctx_t *ctx, size_t size)
{
    size_t  others;

    others = ctx->main->reserved - ctx->reserved;

    if (size > ctx->reserved
        && (others > ctx->main->memory || size > ctx->main->memory - others))
    {
        return NGX_AGAIN;
    }

    ngx_http_facetree_hold(ctx, size);

    return NGX_OK;
}


void
ngx_http_facetree_hold(ngx_http_facetree_ctx_t *ctx, size_t size)
{
    ngx_http_facetree_main_conf_t  *mcf;

    mcf = ctx->main;

    if (size == ctx->reserved) {
        return;
    }

    mcf->reserved = mcf->reserved - ctx->reserved + size;

    facetree_counters_memory(mcf->server, ngx_process_slot, mcf->reserved);

#if (NGX_THREADS)
    if (size < ctx->reserved) {
        ngx_post_event(&mcf->freed, &ngx_posted_events);
    }
#endif

    ctx->reserved = size;
}


uint64_t
ngx_http_facetree_clock(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return (uint64_t) ts.tv_sec * 1000000000 + ts.tv_nsec;
}


#if (NGX_THREADS)

/* The pool of that name; NULL when it is there with other numbers. */

ngx_http_facetree_pool_t *
ngx_http_facetree_add_pool(ngx_conf_t *cf, ngx_str_t *name, ngx_uint_t max,
    ngx_uint_t size)
{
    ngx_uint_t                       i;
    ngx_thread_pool_t               *threads;
    ngx_http_facetree_pool_t        *pool, **pools;
    ngx_http_facetree_main_conf_t   *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_facetree_module);

    threads = ngx_thread_pool_add(cf, name);
    if (threads == NULL) {
        return NULL;
    }

    pools = mcf->pools.elts;

    for (i = 0; i < mcf->pools.nelts; i++) {
        pool = pools[i];

        if (pool->threads != threads) {
            continue;
        }

        if (pool->max == max && pool->size == size) {
            return pool;
        }

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "thread pool \"%V\" has max=%ui queue=%ui in "
                           "another \"facetree_threads\"", name, pool->max,
                           pool->size);
        return NULL;
    }

    pool = ngx_pcalloc(cf->pool, sizeof(ngx_http_facetree_pool_t));
    if (pool == NULL) {
        return NULL;
    }

    pool->threads = threads;
    pool->max = max;
    pool->size = size;

    ngx_queue_init(&pool->queue);

    pools = ngx_array_push(&mcf->pools);
    if (pools == NULL) {
        return NULL;
    }

    *pools = pool;

    return pool;
}


/*
 * READING -> QUEUED.  From here on the request may end at any time: its
 * cleanup takes it out of the queue.
 */

static ngx_int_t
ngx_http_facetree_enqueue(ngx_http_request_t *r, ngx_http_facetree_ctx_t *ctx)
{
    ngx_event_t               *rev;
    ngx_http_cleanup_t        *cln;
    ngx_http_facetree_pool_t  *pool;

    pool = ctx->pool;

    if (pool->waiting + pool->running >= pool->size + pool->max) {
        return ngx_http_facetree_busy(r, ctx);
    }

    cln = ngx_http_cleanup_add(r, 0);
    if (cln == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    cln->handler = ngx_http_facetree_abandon;
    cln->data = ctx;

    ctx->wait.handler = ngx_http_facetree_wait_handler;
    ctx->wait.data = ctx;
    ctx->wait.log = r->connection->log;

    ngx_queue_insert_tail(&pool->queue, &ctx->queue);
    ngx_http_facetree_wait(ctx);

    r->write_event_handler = ngx_http_facetree_working_handler;

    /* nginx sees there whether the client leaves. */

    if (r == r->main) {
        r->read_event_handler = ngx_http_test_reading;

        rev = r->connection->read;

        if (rev->ready) {
            ngx_post_event(rev, &ngx_posted_events);
        }
    }

    return NGX_DONE;
}


static void
ngx_http_facetree_wait(ngx_http_facetree_ctx_t *ctx)
{
    ctx->state = NGX_HTTP_FACETREE_QUEUED;
    ctx->queued_ns = ngx_http_facetree_clock();
    ctx->pool->waiting++;

    facetree_counters_queue(ctx->counters, ngx_process_slot);

    ngx_add_timer(&ctx->wait, NGX_HTTP_FACETREE_QUEUE_TIME);
    ngx_post_event(&ctx->main->freed, &ngx_posted_events);
}


/* Leaves QUEUED; the caller sets the next state. */

static void
ngx_http_facetree_dequeue(ngx_http_facetree_ctx_t *ctx)
{
    ngx_queue_remove(&ctx->queue);
    ctx->pool->waiting--;

    facetree_counters_unqueue(ctx->counters, ngx_process_slot);
    facetree_counters_stage(ctx->counters, FACETREE_STAGE_QUEUE,
                            ngx_http_facetree_clock() - ctx->queued_ns);

    if (ctx->wait.timer_set) {
        ngx_del_timer(&ctx->wait);
    }
}


/* The request has waited too long. */

static void
ngx_http_facetree_wait_handler(ngx_event_t *ev)
{
    ngx_connection_t         *c;
    ngx_http_request_t       *r;
    ngx_http_facetree_ctx_t  *ctx;

    ctx = ev->data;
    r = ctx->request;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    ngx_http_facetree_dequeue(ctx);
    ngx_http_facetree_finish(r, ctx, ngx_http_facetree_busy(r, ctx));
}


/* A thread or memory has become free, or a request has come. */

static void
ngx_http_facetree_freed_handler(ngx_event_t *ev)
{
    ngx_uint_t                       i;
    ngx_http_facetree_pool_t       **pools;
    ngx_http_facetree_main_conf_t   *mcf;

    mcf = ev->data;
    pools = mcf->pools.elts;

    for (i = 0; i < mcf->pools.nelts; i++) {
        ngx_http_facetree_dispatch(pools[i]);
    }
}


void
ngx_http_facetree_init_queues(ngx_cycle_t *cycle,
    ngx_http_facetree_main_conf_t *mcf)
{
    mcf->freed.handler = ngx_http_facetree_freed_handler;
    mcf->freed.data = mcf;
    mcf->freed.log = cycle->log;
}


/* QUEUED -> WORKING, in the order in which they have come. */

static void
ngx_http_facetree_dispatch(ngx_http_facetree_pool_t *pool)
{
    ngx_http_facetree_ctx_t  *ctx;

    while (pool->running < pool->max && !ngx_queue_empty(&pool->queue)) {

        ctx = ngx_queue_data(ngx_queue_head(&pool->queue),
                             ngx_http_facetree_ctx_t, queue);

        if (ngx_http_facetree_reserve(ctx, ctx->work.need) != NGX_OK) {
            return;
        }

        ngx_http_facetree_dequeue(ctx);

        if (ngx_http_facetree_task_post(ctx) != NGX_OK) {

            /* The pool's own queue is full; nginx has logged it. */

            ngx_http_set_log_request(ctx->request->connection->log,
                                     ctx->request);
            ngx_http_facetree_finish(ctx->request, ctx,
                                   ngx_http_facetree_busy(ctx->request, ctx));
        }
    }
}


static ngx_int_t
ngx_http_facetree_task_post(ngx_http_facetree_ctx_t *ctx)
{
    ngx_thread_task_t         *task;
    ngx_http_request_t        *r;
    ngx_http_facetree_work_t  *work;

    r = ctx->request;
    work = &ctx->work;

    task = ngx_thread_task_alloc(r->pool,
                                 sizeof(ngx_http_facetree_work_t *));
    if (task == NULL) {
        return NGX_ERROR;
    }

    *(ngx_http_facetree_work_t **) task->ctx = work;

    task->handler = ngx_http_facetree_task_run;
    task->event.data = ctx;
    task->event.handler = ngx_http_facetree_task_done;
    task->event.log = r->connection->log;

    work->granted = ctx->reserved;
    atomic_store(&work->begun, 0);

    if (ngx_thread_task_post(ctx->pool->threads, task) != NGX_OK) {
        return NGX_ERROR;
    }

    ctx->state = NGX_HTTP_FACETREE_WORKING;
    ctx->pool->running++;

    r->main->blocked++;
    r->aio = 1;

    /* The timer keeps a worker that shuts down from leaving before that. */

    ngx_add_timer(&task->event, NGX_HTTP_FACETREE_TASK_TIME);

    return NGX_OK;
}


/* Runs in a thread: of the context it touches the work. */

static void
ngx_http_facetree_task_run(void *data, ngx_log_t *log)
{
    ngx_http_facetree_work_t  *work = *(ngx_http_facetree_work_t **) data;

    work->begun_ns = ngx_http_facetree_clock();
    atomic_store(&work->begun, 1);

    if (atomic_load(&work->cancelled)) {
        work->status = facetree_fail(&work->error, FACETREE_ECANCELLED,
                                     FACETREE_NO_OFFSET, NULL);
        return;
    }

    if (work->job == NULL) {
        ngx_http_facetree_work_parse(work);

        if (work->status != FACETREE_OK) {
            return;
        }
    }

    if (work->need <= work->granted) {
        ngx_http_facetree_work_run(work);
    }
}


/* WORKING -> SENDING, or QUEUED again for more memory. */

static void
ngx_http_facetree_task_done(ngx_event_t *ev)
{
    ngx_int_t                  rc;
    ngx_connection_t          *c;
    ngx_http_request_t        *r;
    ngx_http_facetree_ctx_t   *ctx;
    ngx_http_facetree_work_t  *work;

    ctx = ev->data;
    work = &ctx->work;
    r = ctx->request;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    if (ev->timedout) {
        ev->timedout = 0;

        /* Other modules may keep the pool's threads busy. */

        if (atomic_load(&work->begun)) {
            ngx_log_error(NGX_LOG_ALERT, c->log, 0,
                          "facetree: a thread has not come back for %d "
                          "seconds", NGX_HTTP_FACETREE_TASK_TIME / 1000);
        }

        /* It still has to: a worker must not leave before. */

        ngx_add_timer(ev, NGX_HTTP_FACETREE_TASK_TIME);
        return;
    }

    if (ev->timer_set) {
        ngx_del_timer(ev);
    }

    ctx->pool->running--;
    ngx_post_event(&ctx->main->freed, &ngx_posted_events);

    r->main->blocked--;
    r->aio = 0;

    if (c->error) {

        /* The client has gone, or the worker closes its connections. */

        ngx_http_facetree_finish(r, ctx, NGX_ERROR);
        return;
    }

    if (work->status != FACETREE_OK || work->ran) {
        rc = ngx_http_facetree_work_done(r, ctx);

    } else if (work->need > ctx->main->memory) {
        rc = ngx_http_facetree_too_large(r, ctx);

    } else {

        /* It has had its turn in the queue: the next one is its own, too. */

        ngx_queue_insert_head(&ctx->pool->queue, &ctx->queue);
        ngx_http_facetree_wait(ctx);

        rc = NGX_DONE;
    }

    ngx_http_facetree_finish(r, ctx, rc);
}


/* The request's write handler while it waits and while a thread works. */

static void
ngx_http_facetree_working_handler(ngx_http_request_t *r)
{
    ngx_log_debug0(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "facetree: the answer is not there yet");
}


/* Ends an event of ours: finalizes the request, unless somebody else will. */

static void
ngx_http_facetree_finish(ngx_http_request_t *r, ngx_http_facetree_ctx_t *ctx,
    ngx_int_t rc)
{
    ngx_connection_t  *c;

    c = r->connection;

    if (rc != NGX_DONE) {
        ctx->state = NGX_HTTP_FACETREE_SENDING;
        r->write_event_handler = ngx_http_request_empty_handler;

        ngx_http_finalize_request(r, rc);
    }

    ngx_http_run_posted_requests(c);
}


/* The request ends before its answer: the client has left, for instance. */

static void
ngx_http_facetree_abandon(void *data)
{
    ngx_http_facetree_ctx_t *ctx = data;

    switch (ctx->state) {

    case NGX_HTTP_FACETREE_QUEUED:
        ngx_http_facetree_dequeue(ctx);
        ctx->state = NGX_HTTP_FACETREE_SENDING;
        break;

    case NGX_HTTP_FACETREE_WORKING:
        atomic_store(&ctx->work.cancelled, 1);
        break;

    default:
        break;
    }
}

#endif
