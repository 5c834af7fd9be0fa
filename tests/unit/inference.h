
/*
 * Copyright (C) facetree contributors
 *
 * Requests of the inference protocol, for its tests: a made-up model of 6 x 5
 * pixels and 7 classes, bodies as text with raw bytes behind them.
 */


#ifndef FACETREE_TEST_INFERENCE_H
#define FACETREE_TEST_INFERENCE_H


#include "facetree_inference.h"


#define TEST_FEATURES    30
#define TEST_MAX_IMAGES  4


typedef struct {
    const char  *json;
    const void  *raw;
    size_t       raw_len;
    const char  *header;           /* NULL: the length of "json" when there are
                                      raw bytes, else none */
    const char  *type;
    const char  *encoding;
} facetree_test_request_t;


/* To be freed by facetree_model_free(). */
facetree_model_t *facetree_test_inference_model(void);

/* The body is in memory of exactly its length, "*body", to be freed later. */
facetree_status_e facetree_test_inference_parse(
    const facetree_test_request_t *test, const facetree_model_t *model,
    facetree_inference_t **request, uint8_t **body, facetree_error_t *err);

/* Expects a refusal whose text contains "text". */
void facetree_test_inference_refused(const facetree_test_request_t *test,
    facetree_status_e status, const char *text);


#endif /* FACETREE_TEST_INFERENCE_H */
