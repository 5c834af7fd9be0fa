
/*
 * Copyright (C) facetree contributors
 *
 * Reading counters, for the forms in which they are shown.
 */


#ifndef FACETREE_METRICS_INT_H
#define FACETREE_METRICS_INT_H


#include "facetree_metrics.h"


#pragma GCC visibility push(hidden)


typedef struct {
    uint64_t     bound;            /* in units of the histogram */
    const char  *le;               /* the same in base units, as a label */
} facetree_bucket_t;

/* The buckets of a histogram; one more takes what is above all bounds. */

typedef struct {
    const facetree_bucket_t  *bucket;
    uint32_t                  count;
    uint64_t                  unit;            /* units to one base unit */
} facetree_buckets_t;

extern const facetree_buckets_t  facetree_buckets_seconds;
extern const facetree_buckets_t  facetree_buckets_bytes;
extern const facetree_buckets_t  facetree_buckets_pixels;
extern const facetree_buckets_t  facetree_buckets_shares;


/* A histogram at one moment, its buckets adding up to the count. */

typedef struct {
    uint64_t  bucket[FACETREE_HISTOGRAM_BUCKETS];
    uint64_t  count;
    uint64_t  sum;
} facetree_histogram_view_t;


uint64_t facetree_counters_read(const uint64_t *counter);
void facetree_counters_view(const facetree_histogram_t *histogram,
    facetree_histogram_view_t *view);

/* Of all processes; what would be negative is 0. */
uint64_t facetree_counters_gauge(const uint64_t *slots);

/* HTTP status of an index below FACETREE_COUNTERS_CODES; 0 is "other". */
unsigned facetree_counters_code(uint32_t index);

/* Texts of the maps in facetree_metrics.h. */
const char *facetree_endpoint_name(uint32_t endpoint);
const char *facetree_stage_name(uint32_t stage);
const char *facetree_reason_name(uint32_t reason);
const char *facetree_method_name(uint32_t method);

/* Of a format, "raw" for none. */
const char *facetree_metrics_format(uint32_t format);


#pragma GCC visibility pop


#endif /* FACETREE_METRICS_INT_H */
