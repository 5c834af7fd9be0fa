
/*
 * Copyright (C) facetree contributors
 *
 * Prometheus text 0.0.4 and OpenMetrics 1.0.0, which differ in how counters
 * are announced and in the last line.  Bounds are written as OpenMetrics wants
 * them ("1.0") in both, so that a scraper that changes its mind does not get
 * other series.
 */


#ifndef FACETREE_METRICS_WRITER_H
#define FACETREE_METRICS_WRITER_H


#include "facetree_buffer.h"
#include "facetree_metrics_int.h"


#pragma GCC visibility push(hidden)


typedef struct {
    facetree_buffer_t          text;
    const facetree_metrics_t  *metrics;
    const char                *name;           /* of the family */
    const char                *suffix;         /* of its samples */
    int                        openmetrics;
    int                        labels;         /* written of this sample */
} facetree_metrics_writer_t;


/* Starts a family; a counter's name comes without "_total". */
void facetree_metrics_family(facetree_metrics_writer_t *w, const char *name,
    const char *type, const char *help);

/* A sample: opened, labelled, closed by its value. */
void facetree_metrics_open(facetree_metrics_writer_t *w);

/* Any text: made valid UTF-8, with backslash, quote and newline escaped. */
void facetree_metrics_label(facetree_metrics_writer_t *w, const char *name,
    const char *value);

void facetree_metrics_value(facetree_metrics_writer_t *w, uint64_t value);

/*
 * value / unit, which must be a power of ten: a fraction of whole numbers is
 * exact, and no matter of the locale.
 */
void facetree_metrics_decimal(facetree_metrics_writer_t *w, uint64_t value,
    uint64_t unit);

/* Opens a sample of a model, labelled with its name and perhaps version. */
void facetree_metrics_model(facetree_metrics_writer_t *w,
    const facetree_metrics_model_t *model, int version);

/*
 * The samples of one histogram; "label" is an additional one, if it is not
 * NULL.
 */
void facetree_metrics_histogram(facetree_metrics_writer_t *w,
    const facetree_metrics_model_t *model, int version, const char *label,
    const char *value, const facetree_histogram_t *histogram,
    const facetree_buckets_t *buckets);


#pragma GCC visibility pop


#endif /* FACETREE_METRICS_WRITER_H */
