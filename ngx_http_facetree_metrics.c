
/*
 * Copyright (C) facetree contributors
 *
 * Counters in shared memory, which outlive reloads, and the two locations
 * that show them.  What is counted and how it reads, core/ knows.
 */


#include "ngx_http_facetree.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif


/*
 * Larger pieces, such as the frame of a progressive JPEG, are given back to
 * the system when they are freed.  Left alone, glibc raises its bounds to 32
 * and 64 MB with the first of them, and each thread of a pool keeps as much.
 */
#define NGX_HTTP_FACETREE_KEEP      (1 << 20)

/* Changes with anything that a newer module would lay out otherwise. */
#define NGX_HTTP_FACETREE_LAYOUT                                              \
    (2 << 24 | sizeof(facetree_block_t))


typedef struct ngx_http_facetree_shared_s  ngx_http_facetree_shared_t;

struct ngx_http_facetree_shared_s {
    size_t                        layout;
    ngx_uint_t                    served;    /* a configuration is in use */
    uint32_t                      blocks;
    uint32_t                      size;
    facetree_block_t             *block[1];  /* room for "size" */
};


/* The generation in use, the one before, and one of each process. */
#define NGX_HTTP_FACETREE_ALIVE  (NGX_MAX_PROCESSES + 2)


static ngx_http_facetree_main_conf_t *ngx_http_facetree_cycle_conf(
    ngx_cycle_t *cycle);
static uint32_t ngx_http_facetree_alive(uint64_t *alive);
static ngx_http_facetree_shared_t *ngx_http_facetree_shared(
    ngx_shm_zone_t *zone);
static ngx_int_t ngx_http_facetree_prepare(ngx_http_facetree_shared_t *shared,
    ngx_slab_pool_t *shpool, ngx_http_facetree_main_conf_t *mcf);
static ngx_int_t ngx_http_facetree_show(ngx_http_request_t *r,
    facetree_endpoint_e endpoint, ngx_uint_t status);
static ngx_int_t ngx_http_facetree_describe(ngx_http_request_t *r,
    facetree_metrics_t *metrics);
static ngx_uint_t ngx_http_facetree_wants_openmetrics(ngx_http_request_t *r);
static facetree_reason_e ngx_http_facetree_reason(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx);


/*
 * Of the master process.  They outlive configurations, as its processes do;
 * a zone of another name or size begins in the middle of them.
 */

static uint64_t            ngx_http_facetree_generation;
static facetree_process_t  ngx_http_facetree_processes[NGX_MAX_PROCESSES];


void
ngx_http_facetree_count_begin(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx)
{
    ctx->counters = ctx->model->counters;
    ctx->counted = (ctx->counters != NULL);

    facetree_counters_begin(ctx->counters, ngx_process_slot);
}


void
ngx_http_facetree_count_results(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx)
{
    uint32_t                       i;
    facetree_job_t                *job;
    facetree_result_t             *result;
    facetree_counters_t           *counters;
    ngx_http_facetree_loc_conf_t  *flcf;

    counters = ctx->counters;
    job = ctx->work.job;

    if (counters == NULL) {
        return;
    }

    flcf = ngx_http_get_module_loc_conf(r, ngx_http_facetree_module);

    facetree_counters_execution(counters);
    facetree_counters_stage(counters, FACETREE_STAGE_DECODE, job->decode_ns);
    facetree_counters_stage(counters, FACETREE_STAGE_PREDICT,
                            job->predict_ns);

    for (i = 0; i < job->count; i++) {
        result = &job->results[i];

        if (job->pictures[i].pixels) {
            facetree_counters_image(counters, FACETREE_UNKNOWN_FORMAT,
                                    facetree_model_features(job->model));

        } else if (result->image.format != FACETREE_UNKNOWN_FORMAT) {
            facetree_counters_image(counters, result->image.format,
                                    (uint64_t) result->image.width
                                    * result->image.height);
        }

        if (result->status == FACETREE_OK) {
            facetree_counters_prediction(counters, &result->prediction,
                                         flcf->threshold);
        }
    }
}


ngx_int_t
ngx_http_facetree_count_request(ngx_http_request_t *r)
{
    ngx_time_t                     *now;
    ngx_uint_t                      status;
    facetree_method_e               method;
    ngx_http_facetree_ctx_t        *ctx;
    ngx_http_facetree_main_conf_t  *mcf;

    ctx = ngx_http_facetree_get_ctx(r);

    if (ctx == NULL) {
        return NGX_OK;
    }

    mcf = ngx_http_get_module_main_conf(r, ngx_http_facetree_module);

    method = facetree_method_of((const char *) r->main->method_name.data,
                                r->main->method_name.len);

    status = r->err_status ? r->err_status : r->headers_out.status;

    facetree_counters_http(mcf->server, ctx->endpoint, method,
                           (unsigned) status);

    if (ctx->counters == NULL) {
        return NGX_OK;
    }

    now = ngx_timeofday();

    if (ctx->body_bytes > 0) {
        facetree_counters_body(ctx->counters, (uint64_t) ctx->body_bytes);
    }

    facetree_counters_request(ctx->counters, ctx->endpoint,
                              ngx_http_facetree_reason(r, ctx),
                              ngx_http_facetree_clock() - ctx->started,
                              (uint64_t) now->sec * 1000 + now->msec);

    return NGX_OK;
}


static facetree_reason_e
ngx_http_facetree_reason(ngx_http_request_t *r, ngx_http_facetree_ctx_t *ctx)
{
    if (ctx->error.status != FACETREE_OK && ctx->status) {
        return facetree_reason_of(ctx->error.status);
    }

    switch (ctx->status ? ctx->status : r->headers_out.status) {

    case NGX_HTTP_OK:
        return FACETREE_REASON_COUNT;

    case NGX_HTTP_SERVICE_UNAVAILABLE:
        return FACETREE_REASON_OVERLOAD;

    case NGX_HTTP_REQUEST_TIME_OUT:
        return FACETREE_REASON_TIMEOUT;

    case NGX_HTTP_REQUEST_ENTITY_TOO_LARGE:
        return FACETREE_REASON_BODY_SIZE;

    case NGX_HTTP_INTERNAL_SERVER_ERROR:
        return FACETREE_REASON_INTERNAL;
    }

    /* The body did not arrive: nginx has no other reason left. */

    return FACETREE_REASON_CLIENT_ABORT;
}


/*
 * The configuration of a cycle, or NULL.  A cycle that was read before the
 * module came, or without an http block, has none.
 */

static ngx_http_facetree_main_conf_t *
ngx_http_facetree_cycle_conf(ngx_cycle_t *cycle)
{
    ngx_uint_t  i;

    if (cycle == NULL || cycle->conf_ctx == NULL || cycle->modules == NULL) {
        return NULL;
    }

    for (i = 0; cycle->modules[i]; i++) {
        if (cycle->modules[i] == &ngx_http_facetree_module) {
            return ngx_http_cycle_get_module_main_conf(cycle,
                                                   ngx_http_facetree_module);
        }
    }

    return NULL;
}


void
ngx_http_facetree_count_failed_reload(void)
{
    ngx_http_facetree_main_conf_t  *mcf;

    if (ngx_test_config) {
        return;
    }

    /* ngx_cycle is still the one that goes on serving, if there is one. */

    mcf = ngx_http_facetree_cycle_conf((ngx_cycle_t *) ngx_cycle);

    if (mcf) {
        facetree_counters_reload(mcf->server, 0);
    }
}


/*
 * nginx calls this when nothing can refuse the new configuration any more, and
 * before it starts the workers that serve it.
 */

ngx_int_t
ngx_http_facetree_init_module(ngx_cycle_t *cycle)
{
    uint64_t                        alive[NGX_HTTP_FACETREE_ALIVE];
    ngx_slab_pool_t                *shpool;
    ngx_http_facetree_shared_t     *shared;
    ngx_http_facetree_main_conf_t  *mcf;

    if (ngx_test_config) {
        return NGX_OK;
    }

    /* All processes of today are of generations before the new one. */

    (void) ngx_http_facetree_alive(alive);

    ngx_http_facetree_generation++;

    mcf = ngx_http_facetree_cycle_conf(cycle);

    if (mcf == NULL || mcf->zone == NULL) {
        return NGX_OK;
    }

    mcf->generation = ngx_http_facetree_generation;

    shpool = (ngx_slab_pool_t *) mcf->zone->shm.addr;
    shared = shpool->data;

    facetree_blocks_commit(shared->block, shared->blocks, mcf->generation);

    if (shared->served) {
        facetree_counters_reload(mcf->server, 1);
    }

    shared->served = 1;

    return NGX_OK;
}


/*
 * The generations whose workers may still count, and the one before: a model
 * that comes back after one reload without it goes on counting.
 */

static uint32_t
ngx_http_facetree_alive(uint64_t *alive)
{
    int64_t         pids[NGX_MAX_PROCESSES];
    uint32_t        n;
    ngx_int_t       i;
    ngx_process_t  *process;

    for (i = 0; i < NGX_MAX_PROCESSES; i++) {
        process = &ngx_processes[i];

        pids[i] = (i < ngx_last_process && process->pid > 0
                   && !process->exited && !process->detached)
                  ? process->pid : 0;
    }

    n = facetree_generations_alive(ngx_http_facetree_processes, pids,
                                   NGX_MAX_PROCESSES,
                                   ngx_http_facetree_generation, alive);

    alive[n] = ngx_http_facetree_generation - 1;

    return n + 1;
}


/* Takes back what a dead worker in the same slot had begun. */

ngx_int_t
ngx_http_facetree_init_process(ngx_cycle_t *cycle)
{
    ngx_uint_t                      i;
    ngx_http_facetree_model_t      *model;
    ngx_http_facetree_main_conf_t  *mcf;

    mcf = ngx_http_facetree_cycle_conf(cycle);

    if (mcf == NULL) {
        return NGX_OK;
    }

#ifdef M_MMAP_THRESHOLD
    (void) mallopt(M_MMAP_THRESHOLD, NGX_HTTP_FACETREE_KEEP);
    (void) mallopt(M_TRIM_THRESHOLD, NGX_HTTP_FACETREE_KEEP);
#endif

#if (NGX_THREADS)
    ngx_http_facetree_init_queues(cycle, mcf);
#endif

    facetree_counters_memory(mcf->server, ngx_process_slot, 0);

    model = mcf->models.elts;

    for (i = 0; i < mcf->models.nelts; i++) {
        if (model[i].counters) {
            facetree_counters_clear_slot(model[i].counters, ngx_process_slot);
        }
    }

    return NGX_OK;
}


/*
 * nginx calls this before it knows whether the new configuration comes into
 * use: a port may yet be taken.  What serves now is left as it is.
 */

ngx_int_t
ngx_http_facetree_init_zone(ngx_shm_zone_t *zone, void *data)
{
    ngx_http_facetree_main_conf_t *mcf = zone->data;

    ngx_slab_pool_t             *shpool;
    ngx_http_facetree_shared_t  *shared;

    shpool = (ngx_slab_pool_t *) zone->shm.addr;
    shared = ngx_http_facetree_shared(zone);

    if (shared) {
        mcf->server = (facetree_server_counters_t *)
                                           &shared->block[shared->size];

        if (ngx_http_facetree_prepare(shared, shpool, mcf) == NGX_OK) {
            return NGX_OK;
        }
    }

    ngx_log_error(NGX_LOG_EMERG, zone->shm.log, 0,
                  "facetree_zone \"%V\" is too small: a model takes %uz "
                  "bytes, and twice that after a reload", &zone->shm.name,
                  ngx_align(sizeof(facetree_block_t), ngx_pagesize));

    return NGX_ERROR;
}


/*
 * The server's counters lie behind the array of blocks, in one allocation
 * that is made once and found again after a reload.  Memory that nginx has
 * just got is zero.
 */

static ngx_http_facetree_shared_t *
ngx_http_facetree_shared(ngx_shm_zone_t *zone)
{
    size_t                       head, room;
    ngx_slab_pool_t             *shpool;
    ngx_http_facetree_shared_t  *shared;

    shpool = (ngx_slab_pool_t *) zone->shm.addr;

    shared = shpool->data;

    if (shared && shared->layout == NGX_HTTP_FACETREE_LAYOUT) {
        return shared;
    }

    room = zone->shm.size / sizeof(facetree_block_t) + 1;
    head = offsetof(ngx_http_facetree_shared_t, block)
           + room * sizeof(facetree_block_t *);

    shared = ngx_slab_calloc(shpool,
                             head + sizeof(facetree_server_counters_t));
    if (shared == NULL) {
        return NULL;
    }

    shared->layout = NGX_HTTP_FACETREE_LAYOUT;
    shared->size = (uint32_t) room;
    shpool->data = shared;
    shpool->log_nomem = 0;

    return shared;
}


/* Finds or makes a block for each model, frees those that nobody can use. */

static ngx_int_t
ngx_http_facetree_prepare(ngx_http_facetree_shared_t *shared,
    ngx_slab_pool_t *shpool, ngx_http_facetree_main_conf_t *mcf)
{
    uint64_t                    alive[NGX_HTTP_FACETREE_ALIVE];
    uint32_t                    kept, n;
    ngx_uint_t                  i;
    facetree_block_t           *block;
    ngx_http_facetree_model_t  *model;

    model = mcf->models.elts;

    facetree_blocks_begin(shared->block, shared->blocks);

    for (i = 0; i < mcf->models.nelts; i++) {
        (void) facetree_blocks_want(shared->block, shared->blocks,
                                    (const char *) model[i].name.data,
                                    (const char *) model[i].version.data);
    }

    /* Without a master process, connections outlive their configuration. */

    kept = shared->blocks;

    if (ngx_process == NGX_PROCESS_MASTER) {
        n = ngx_http_facetree_alive(alive);
        kept = facetree_blocks_sweep(shared->block, kept, alive, n);
    }

    while (shared->blocks > kept) {
        ngx_slab_free(shpool, shared->block[--shared->blocks]);
    }

    for (i = 0; i < mcf->models.nelts; i++) {
        block = facetree_blocks_want(shared->block, shared->blocks,
                                     (const char *) model[i].name.data,
                                     (const char *) model[i].version.data);

        if (block == NULL) {
            if (shared->blocks == shared->size) {
                return NGX_ERROR;
            }

            block = ngx_slab_alloc(shpool, sizeof(facetree_block_t));
            if (block == NULL) {
                return NGX_ERROR;
            }

            facetree_block_init(block, (const char *) model[i].name.data,
                                (const char *) model[i].version.data);
            shared->block[shared->blocks++] = block;
        }

        model[i].counters = &block->counters;
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_facetree_metrics_handler(ngx_http_request_t *r)
{
    return ngx_http_facetree_show(r, FACETREE_ENDPOINT_METRICS, 0);
}


ngx_int_t
ngx_http_facetree_status_handler(ngx_http_request_t *r)
{
    return ngx_http_facetree_show(r, FACETREE_ENDPOINT_METRICS, 1);
}


static ngx_int_t
ngx_http_facetree_show(ngx_http_request_t *r, facetree_endpoint_e endpoint,
    ngx_uint_t status)
{
    int                       openmetrics;
    char                     *text;
    size_t                    len;
    ngx_int_t                 rc;
    ngx_str_t                 type;
    facetree_metrics_t        metrics;
    facetree_status_e         result;
    ngx_http_facetree_ctx_t  *ctx;

    ctx = ngx_http_facetree_create_ctx(r, endpoint);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return ngx_http_facetree_not_allowed(r, ctx, "GET, HEAD, OPTIONS");
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    if (ngx_http_facetree_describe(r, &metrics) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (status) {
        type = ngx_http_facetree_json_type;
        result = facetree_status_json(&metrics, &text, &len, &ctx->error);

    } else {
        openmetrics = ngx_http_facetree_wants_openmetrics(r);
        type.data = (u_char *) facetree_metrics_type(openmetrics);
        type.len = ngx_strlen(type.data);
        result = facetree_metrics_text(&metrics, openmetrics, &text, &len,
                                       &ctx->error);
    }

    if (result != FACETREE_OK) {
        return ngx_http_facetree_fail(r, ctx);
    }

    return ngx_http_facetree_send(r, ctx, NGX_HTTP_OK, &type, text, len);
}


/* Points into the configuration, the zone and the request's pool. */

static ngx_int_t
ngx_http_facetree_describe(ngx_http_request_t *r, facetree_metrics_t *metrics)
{
    ngx_uint_t                      i;
    ngx_slab_pool_t                *shpool;
    facetree_metrics_zone_t        *zone;
    facetree_metrics_model_t       *shown;
    ngx_http_facetree_model_t      *model;
    ngx_http_facetree_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_facetree_module);
    model = mcf->models.elts;

    ngx_memzero(metrics, sizeof(facetree_metrics_t));

    shown = ngx_pcalloc(r->pool, mcf->models.nelts
                                 * sizeof(facetree_metrics_model_t));
    if (shown == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < mcf->models.nelts; i++) {
        shown[i].name = (const char *) model[i].name.data;
        shown[i].model = model[i].model;
        shown[i].counters = model[i].counters;
        shown[i].loaded_ms = (uint64_t) model[i].loaded * 1000;
        shown[i].ready = 1;
    }

    metrics->host_version = NGINX_VERSION;
    metrics->server = mcf->server;
    metrics->memory_limit = mcf->memory;
    metrics->models = shown;
    metrics->count = (uint32_t) mcf->models.nelts;

    if (mcf->zone == NULL) {
        return NGX_OK;
    }

    zone = ngx_pcalloc(r->pool, sizeof(facetree_metrics_zone_t));
    if (zone == NULL) {
        return NGX_ERROR;
    }

    shpool = (ngx_slab_pool_t *) mcf->zone->shm.addr;

    zone->name = (const char *) mcf->zone->shm.name.data;
    zone->size = mcf->zone->shm.size;
    zone->free = (uint64_t) shpool->pfree * ngx_pagesize;

    metrics->zones = zone;
    metrics->zones_count = 1;

    return NGX_OK;
}


static ngx_uint_t
ngx_http_facetree_wants_openmetrics(ngx_http_request_t *r)
{
    ngx_str_t  accept;

    return ngx_http_facetree_find_header(r, "Accept", &accept) == NGX_OK
           && facetree_accepts_openmetrics((const char *) accept.data,
                                           accept.len);
}
