
/*
 * Copyright (C) facetree contributors
 *
 * A strict reader of the text formats of Prometheus (0.0.4) and OpenMetrics
 * (1.0.0), as far as counters, gauges and histograms go.
 */


#ifndef FACETREE_TEST_PROMETHEUS_H
#define FACETREE_TEST_PROMETHEUS_H


#include <stddef.h>


#define TEST_PROMETHEUS_SERIES  4096


typedef struct {
    char    *series[TEST_PROMETHEUS_SERIES];   /* as written: name{labels} */
    double   value[TEST_PROMETHEUS_SERIES];
    size_t   count;
    size_t   families;
} facetree_test_prometheus_t;


/*
 * Returns NULL when the text is right, else what is wrong with it, which is
 * not to be freed; "*at" is then the line, from 1.
 */
const char *facetree_test_prometheus_read(facetree_test_prometheus_t *test,
    const char *text, int openmetrics, size_t *at);

void facetree_test_prometheus_clear(facetree_test_prometheus_t *test);

/* Of a series written like this; -1 if there is none. */
double facetree_test_prometheus_value(const facetree_test_prometheus_t *test,
    const char *series);


#endif /* FACETREE_TEST_PROMETHEUS_H */
