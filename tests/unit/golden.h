
/*
 * Copyright (C) facetree contributors
 *
 * Golden cases: data, split, parameters and results recorded from
 * scikit-learn 1.2.1, read in place from ../shared/golden/trees, or from
 * golden/trees below the folder that FACETREE_SHARED names.
 */


#ifndef FACETREE_TEST_GOLDEN_H
#define FACETREE_TEST_GOLDEN_H


#include "examples.h"

#include <jansson.h>


typedef struct {
    json_t               *json;
    uint32_t              count;       /* of the data set */
    uint32_t              features;
    uint32_t              classes;
    uint8_t              *pixels;
    uint32_t             *labels;
    uint32_t             *train;       /* as recorded; NULL without a split */
    uint32_t             *test;
    uint32_t              train_count;
    uint32_t              test_count;
    facetree_examples_t   examples;    /* the training side */
} golden_case_t;


/*
 * Reads a case with its data set, whose digest is checked.  A case whose
 * files are absent skips the test that asks for it; damaged ones fail it.
 */
void golden_load(golden_case_t *golden, const char *name);

/* The JSON alone. */
json_t *golden_json(const char *name);

void golden_free(golden_case_t *golden);


#endif /* FACETREE_TEST_GOLDEN_H */
