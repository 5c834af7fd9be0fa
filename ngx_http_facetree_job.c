
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

/* Larger answers are counted while they are sent. */
#define NGX_HTTP_FACETREE_SMALL_TEXT    16384

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
static void ngx_http_facetree_work_reset(ngx_http_facetree_ctx_t *ctx);
static ngx_int_t ngx_http_facetree_reserve(ngx_http_facetree_ctx_t *ctx,
    size_t size);
static void ngx_http_facetree_hold_jobs(ngx_http_facetree_ctx_t *ctx,
    size_t size);
static ngx_uint_t ngx_http_facetree_text_is_full(ngx_http_facetree_ctx_t *ctx,
    uint32_t count);
static void ngx_http_facetree_count_memory(
    ngx_http_facetree_main_conf_t *mcf);
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
static void ngx_http_facetree_read_handler(ngx_http_request_t *r);
static ngx_uint_t ngx_http_facetree_client_has_left(ngx_http_request_t *r);
static void ngx_http_facetree_write_handler(ngx_http_request_t *r);
static void ngx_http_facetree_left(ngx_http_request_t *r);
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

    if (ngx_http_facetree_text_is_full(ctx, 1)) {
        return ngx_http_facetree_busy(r, ctx);
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

        /* Who waits holds nothing, so that the first can always go on. */

        ngx_http_facetree_work_reset(ctx);

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
        work->need = (size_t) facetree_job_memory(work->job);
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

    if (!work->ran) {
        ctx->error = work->error;
        rc = ctx->refuse(r, ctx);

    } else if (ngx_http_facetree_text_is_full(ctx, work->job->count)) {
        return ngx_http_facetree_busy(r, ctx);

    } else {
        ctx->ran = 1;
        ctx->result = work->job->results[0];
        ctx->decode_ns = work->job->decode_ns;
        ctx->predict_ns = work->job->predict_ns;

        ngx_http_facetree_count_results(r, ctx);

        rc = ctx->answer(r, ctx);
    }

    ngx_http_facetree_work_reset(ctx);

    return rc;
}


/* Frees what parsing and running have allocated, and gives it back. */

static void
ngx_http_facetree_work_reset(ngx_http_facetree_ctx_t *ctx)
{
    ngx_http_facetree_work_t  *work;

    work = &ctx->work;

    facetree_job_free(work->job);
    facetree_inference_free(work->inference);

    if (work->map) {
        (void) munmap(work->map, work->map_len);
    }

    free(work->copy);

    work->job = NULL;
    work->inference = NULL;
    work->map = NULL;
    work->copy = NULL;

    ngx_http_facetree_hold_jobs(ctx, 0);
}


void
ngx_http_facetree_work_free(ngx_http_facetree_ctx_t *ctx)
{
    ngx_http_facetree_work_reset(ctx);

    facetree_upload_free(ctx->work.upload);

    ctx->main->text -= ctx->text;
    ctx->text = 0;

    ngx_http_facetree_count_memory(ctx->main);
}


/* More load than threads or memory: not the client's fault. */

static ngx_int_t
ngx_http_facetree_busy(ngx_http_request_t *r, ngx_http_facetree_ctx_t *ctx)
{
    ngx_http_facetree_work_reset(ctx);

    facetree_counters_queue_rejected(ctx->counters);

    ngx_log_error(NGX_LOG_WARN, r->connection->log, 0,
                  "facetree: busy: %ui requests wait, jobs hold %uz of %uz "
                  "bytes, answers %uz of %uz",
                  ctx->pool ? ctx->pool->waiting : 0, ctx->main->jobs,
                  ctx->main->memory, ctx->main->text, ctx->main->text_max);

    facetree_fail(&ctx->error, FACETREE_EBUSY, FACETREE_NO_OFFSET, NULL);

    return ctx->refuse(r, ctx);
}


/* More than this worker can ever give. */

static ngx_int_t
ngx_http_facetree_too_large(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx)
{
    ngx_http_facetree_work_reset(ctx);

    facetree_fail_limit(&ctx->error, FACETREE_EMEMORY, ctx->main->memory,
                        ctx->work.need, "the request takes %zu bytes of "
                        "memory, more than %zu", ctx->work.need,
                        ctx->main->memory);

    return ctx->refuse(r, ctx);
}


/* Lets a request hold "size" bytes of what jobs may, or NGX_AGAIN. */

static ngx_int_t
ngx_http_facetree_reserve(ngx_http_facetree_ctx_t *ctx, size_t size)
{
    size_t  others;

    others = ctx->main->jobs - ctx->jobs;

    if (size > ctx->jobs && size > ctx->main->memory - others) {
        return NGX_AGAIN;
    }

    ngx_http_facetree_hold_jobs(ctx, size);

    return NGX_OK;
}


static void
ngx_http_facetree_hold_jobs(ngx_http_facetree_ctx_t *ctx, size_t size)
{
    ngx_http_facetree_main_conf_t  *mcf;

    if (size == ctx->jobs) {
        return;
    }

    mcf = ctx->main;
    mcf->jobs = mcf->jobs - ctx->jobs + size;

#if (NGX_THREADS)
    if (size < ctx->jobs) {
        ngx_post_event(&mcf->freed, &ngx_posted_events);
    }
#endif

    ctx->jobs = size;

    ngx_http_facetree_count_memory(mcf);
}


void
ngx_http_facetree_hold_text(ngx_http_facetree_ctx_t *ctx, size_t len)
{
    if (len > NGX_HTTP_FACETREE_SMALL_TEXT) {
        ctx->text += len;
        ctx->main->text += len;

        ngx_http_facetree_count_memory(ctx->main);
    }
}


/*
 * Whether clients that read slowly hold all that large answers may take, and
 * the answer about so many pictures would be another one.
 */

static ngx_uint_t
ngx_http_facetree_text_is_full(ngx_http_facetree_ctx_t *ctx, uint32_t count)
{
    return ctx->main->text > ctx->main->text_max
           && count * (ctx->work.explain ? NGX_HTTP_FACETREE_PAGE_MEMORY
                                         : NGX_HTTP_FACETREE_JSON_MEMORY)
              > NGX_HTTP_FACETREE_SMALL_TEXT;
}


static void
ngx_http_facetree_count_memory(ngx_http_facetree_main_conf_t *mcf)
{
    facetree_counters_memory(mcf->server, ngx_process_slot,
                             mcf->jobs + mcf->text);
}


uint64_t
ngx_http_facetree_clock(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return (uint64_t) ts.tv_sec * 1000000000 + ts.tv_nsec;
}


#if (NGX_THREADS)

/*
 * The pool of that name.  Without a name, whoever has named "default" in
 * facetree_threads has chosen its numbers: the directives are read before.
 */

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

        if (name == NULL || (pool->max == max && pool->size == size)) {
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

    ctx->deadline = ngx_current_msec + NGX_HTTP_FACETREE_QUEUE_TIME;

    ngx_queue_insert_tail(&pool->queue, &ctx->queue);
    ngx_http_facetree_wait(ctx);

    r->write_event_handler = ngx_http_facetree_write_handler;

    if (r != r->main) {
        return NGX_DONE;
    }

    r->read_event_handler = ngx_http_facetree_read_handler;

    rev = r->connection->read;

    if (rev->ready) {
        ngx_post_event(rev, &ngx_posted_events);

    } else if (ngx_handle_read_event(rev, 0) != NGX_OK) {
        ngx_http_facetree_dequeue(ctx);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return NGX_DONE;
}


static void
ngx_http_facetree_wait(ngx_http_facetree_ctx_t *ctx)
{
    ngx_msec_int_t  left;

    ctx->state = NGX_HTTP_FACETREE_QUEUED;
    ctx->queued_ns = ngx_http_facetree_clock();
    ctx->pool->waiting++;

    facetree_counters_queue(ctx->counters, ngx_process_slot);

    left = (ngx_msec_int_t) (ctx->deadline - ngx_current_msec);

    ngx_add_timer(&ctx->wait, (ngx_msec_t) ngx_max(left, 1));
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

    /* The one behind it may want less memory. */

    ngx_post_event(&ctx->main->freed, &ngx_posted_events);
}


/*
 * The client sends something, or leaves.  nginx's own handler would finalize a
 * request that a thread still has.
 */

static void
ngx_http_facetree_read_handler(ngx_http_request_t *r)
{
    if (ngx_http_facetree_client_has_left(r)) {
        ngx_http_facetree_left(r);
        return;
    }

    ngx_http_block_reading(r);
}


/* HTTP/2 tells by it, too, that its connection has ended. */

static void
ngx_http_facetree_write_handler(ngx_http_request_t *r)
{
    if (r->connection->error) {
        ngx_http_facetree_left(r);
    }
}


static void
ngx_http_facetree_left(ngx_http_request_t *r)
{
    ngx_connection_t         *c;
    ngx_http_facetree_ctx_t  *ctx;

    c = r->connection;

    ngx_log_error(NGX_LOG_INFO, c->log, 0,
                  "facetree: client closed connection before its answer");

    c->error = 1;
    r->read_event_handler = ngx_http_block_reading;

    r->write_event_handler = ngx_http_request_empty_handler;

    ctx = ngx_http_get_module_ctx(r, ngx_http_facetree_module);

    switch (ctx->state) {

    case NGX_HTTP_FACETREE_QUEUED:
        ngx_http_facetree_dequeue(ctx);
        ngx_http_facetree_finish(r, ctx, NGX_HTTP_CLIENT_CLOSED_REQUEST);
        break;

    case NGX_HTTP_FACETREE_WORKING:
        atomic_store(&ctx->work.cancelled, 1);
        break;

    default:
        break;
    }
}


static ngx_uint_t
ngx_http_facetree_client_has_left(ngx_http_request_t *r)
{
    char               buf[1];
    ssize_t            n;
    ngx_event_t       *rev;
    ngx_connection_t  *c;

    c = r->connection;
    rev = c->read;

    if (c->error) {
        return 1;
    }

#if (NGX_HTTP_V2)
    if (r->stream) {
        return 0;
    }
#endif

#if (NGX_HTTP_V3)
    if (c->quic) {
        return rev->error;
    }
#endif

#if (NGX_HAVE_EPOLLRDHUP)

    if ((ngx_event_flags & NGX_USE_EPOLL_EVENT) && ngx_use_epoll_rdhup) {

        if (rev->pending_eof) {
            rev->eof = 1;
        }

        return rev->pending_eof;
    }

#endif

    n = recv(c->fd, buf, 1, MSG_PEEK);

    if (n == 0 || (n == -1 && ngx_socket_errno != NGX_EAGAIN)) {
        rev->eof = 1;
        return 1;
    }

    return 0;
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

    work->granted = ctx->jobs;
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

        rc = NGX_HTTP_CLIENT_CLOSED_REQUEST;

        if (ctx->terminated) {

            /* nginx has done that already, but for freeing the request. */

            c->error = 0;
            rc = NGX_HTTP_CLOSE;
        }

        ngx_http_facetree_work_reset(ctx);
        ngx_http_facetree_finish(r, ctx, rc);
        return;
    }

    if (work->status != FACETREE_OK || work->ran) {
        rc = ngx_http_facetree_work_done(r, ctx);

    } else if (work->need > ctx->main->memory) {
        rc = ngx_http_facetree_too_large(r, ctx);

    } else {

        /* It has had its turn in the queue: the next one is its own, too. */

        ngx_http_facetree_work_reset(ctx);

        ngx_queue_insert_head(&ctx->pool->queue, &ctx->queue);
        ngx_http_facetree_wait(ctx);

        rc = NGX_DONE;
    }

    ngx_http_facetree_finish(r, ctx, rc);
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
        ctx->terminated = 1;
        atomic_store(&ctx->work.cancelled, 1);
        break;

    default:
        break;
    }
}

#endif
