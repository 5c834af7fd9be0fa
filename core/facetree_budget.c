
/*
 * Copyright (C) facetree contributors
 *
 * What a request may cost, and what it has cost.  The host and
 * facetree_classify.c add to it before the work, the decoders during it.
 */


#include "facetree_budget.h"
#include "facetree_image.h"

#include <string.h>
#include <time.h>


#define FACETREE_BUDGET_MS  1000000u           /* in ns */


void
facetree_limits_init(facetree_limits_t *limits)
{
    memset(limits, 0, sizeof(*limits));

    limits->formats = facetree_format_supported();
    limits->mode = FACETREE_DECODE_EXACT;
    limits->max_images = 16;
    limits->max_bytes = (size_t) 64 * 1024 * 1024;
    limits->max_pixels = 120 * 1000 * 1000;
    limits->max_memory = (uint64_t) 160 * 1024 * 1024;
    limits->cpu_ms = 1000;
}


void
facetree_budget_init(facetree_budget_t *budget,
    const facetree_limits_t *limits)
{
    memset(budget, 0, sizeof(*budget));

    if (limits) {
        budget->limits = *limits;

    } else {
        facetree_limits_init(&budget->limits);
    }

    budget->width = 64;
    budget->height = 64;
}


int
facetree_budget_is_over(facetree_status_e status)
{
    switch (status) {

    case FACETREE_EBYTES:
    case FACETREE_EPIXELS:
    case FACETREE_EIMAGES:
    case FACETREE_EMEMORY:
    case FACETREE_ETIMEOUT:
    case FACETREE_ECANCELLED:
        return 1;

    default:
        return 0;
    }
}


static facetree_status_e
facetree_budget_check_memory(const facetree_budget_t *budget,
    uint64_t memory, facetree_error_t *err)
{
    if (memory <= budget->limits.max_memory) {
        return FACETREE_OK;
    }

    return facetree_fail_limit(err, FACETREE_EMEMORY,
                               budget->limits.max_memory, memory,
                               "the request takes %llu bytes of memory at "
                               "once, more than %llu",
                               (unsigned long long) memory,
                               (unsigned long long)
                               budget->limits.max_memory);
}


facetree_status_e
facetree_budget_hold(facetree_budget_t *budget, uint64_t bytes,
    facetree_error_t *err)
{
    uint64_t           held, memory;
    facetree_status_e  status;

    held = facetree_budget_sum(budget->held, bytes);
    memory = facetree_budget_sum(held, budget->peak);

    status = facetree_budget_check_memory(budget, memory, err);

    if (status == FACETREE_OK) {
        budget->held = held;
        budget->memory = memory;
    }

    return status;
}


facetree_status_e
facetree_budget_work(facetree_budget_t *budget, uint64_t ns,
    facetree_error_t *err)
{
    uint32_t  max;
    uint64_t  work;

    max = budget->limits.cpu_ms;
    work = facetree_budget_sum(budget->work, ns);

    if (max && work > (uint64_t) max * FACETREE_BUDGET_MS) {
        return facetree_fail_limit(err, FACETREE_ETIMEOUT, max,
                                   work / FACETREE_BUDGET_MS,
                                   "the request takes at least %llu ms of CPU "
                                   "time, more than %u",
                                   (unsigned long long)
                                   (work / FACETREE_BUDGET_MS), max);
    }

    budget->work = work;

    return FACETREE_OK;
}


static facetree_status_e
facetree_budget_pixels(facetree_budget_t *budget,
    const facetree_image_info_t *info, facetree_error_t *err)
{
    uint64_t  max, pixels;

    max = budget->limits.max_pixels;
    pixels = facetree_budget_sum(budget->pixels,
                                 (uint64_t) info->width * info->height);

    if (pixels > max) {
        return facetree_fail_limit(err, FACETREE_EPIXELS, max, pixels,
                                   "%ux%u %s %llu pixels, more than %llu",
                                   info->width, info->height,
                                   budget->pixels ? "and the pictures before "
                                                    "it have" : "has",
                                   (unsigned long long) pixels,
                                   (unsigned long long) max);
    }

    budget->pixels = pixels;

    return FACETREE_OK;
}


/* The request's memory is that of its most expensive picture. */

static facetree_status_e
facetree_budget_memory(facetree_budget_t *budget, uint64_t memory,
    facetree_error_t *err)
{
    facetree_status_e  status;

    if (memory <= budget->peak) {
        return FACETREE_OK;
    }

    status = facetree_budget_check_memory(budget,
                              facetree_budget_sum(budget->held, memory), err);

    if (status == FACETREE_OK) {
        budget->peak = memory;
        budget->memory = budget->held + memory;
    }

    return status;
}


facetree_status_e
facetree_budget_probe(facetree_budget_t *budget, const void *data, size_t len,
    facetree_image_info_t *info, facetree_error_t *err)
{
    facetree_decode_t  decode;
    facetree_status_e  status;

    memset(&decode, 0, sizeof(decode));

    decode.data = data;
    decode.len = len;
    decode.budget = budget;
    decode.want = FACETREE_WANT_COST;
    decode.out_width = budget->width;
    decode.out_height = budget->height;
    decode.err = err;

    status = facetree_decode_run(&decode);

    if (info) {
        *info = decode.info;
    }

    if (status == FACETREE_OK) {
        status = facetree_budget_pixels(budget, &decode.info, err);
    }

    if (status == FACETREE_OK) {
        status = facetree_budget_memory(budget, decode.memory, err);
    }

    if (status == FACETREE_OK) {
        status = facetree_budget_work(budget, decode.work, err);
    }

    return status;
}


/* Of this thread: what other threads and processes do does not count. */

static uint64_t
facetree_budget_clock(void)
{
    struct timespec  now;

    if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) != 0) {
        return 0;
    }

    return (uint64_t) now.tv_sec * 1000000000u + (uint64_t) now.tv_nsec;
}


int
facetree_budget_start(facetree_budget_t *budget)
{
    if (budget->running) {
        return 0;
    }

    budget->running = 1;
    budget->since = 0;
    budget->ticks = 0;

    return 1;
}


void
facetree_budget_stop(facetree_budget_t *budget)
{
    uint64_t  now;

    if (budget->since) {
        now = facetree_budget_clock();

        if (now > budget->since) {
            budget->cpu += now - budget->since;
        }
    }

    budget->running = 0;
    budget->since = 0;
}


facetree_status_e
facetree_budget_cancelled(const facetree_budget_t *budget,
    facetree_error_t *err)
{
    if (budget->cancelled
        && atomic_load_explicit(budget->cancelled, memory_order_relaxed))
    {
        return facetree_fail(err, FACETREE_ECANCELLED, FACETREE_NO_OFFSET,
                             NULL);
    }

    return FACETREE_OK;
}


static facetree_status_e
facetree_budget_look(facetree_budget_t *budget, facetree_error_t *err)
{
    uint32_t           max;
    uint64_t           now, spent;
    facetree_status_e  status;

    max = budget->limits.cpu_ms;
    status = facetree_budget_cancelled(budget, err);

    if (status != FACETREE_OK) {
        return status;
    }

    /* The clock is a system call, which a small picture goes without. */

    if (budget->running && budget->since == 0) {
        budget->since = facetree_budget_clock();
    }

    if (max == 0) {
        return FACETREE_OK;
    }

    now = facetree_budget_clock();
    spent = budget->cpu;

    if (budget->since && now > budget->since) {
        spent += now - budget->since;
    }

    if (spent <= (uint64_t) max * FACETREE_BUDGET_MS) {
        return FACETREE_OK;
    }

    return facetree_fail_limit(err, FACETREE_ETIMEOUT, max,
                               spent / FACETREE_BUDGET_MS,
                               "the request takes more than %u ms of CPU time "
                               "to decode", max);
}


facetree_status_e
facetree_budget_tick(facetree_budget_t *budget, uint64_t pixels,
    facetree_error_t *err)
{
    budget->ticks = facetree_budget_sum(budget->ticks, pixels);

    if (budget->ticks < FACETREE_BUDGET_TICKS) {
        return FACETREE_OK;
    }

    budget->ticks = 0;

    return facetree_budget_look(budget, err);
}
