
/*
 * Copyright (C) facetree contributors
 *
 * Forests made up for tests: random trees that need no data to grow from.
 */


#ifndef FACETREE_TEST_FOREST_H
#define FACETREE_TEST_FOREST_H


#include "tree.h"


/*
 * Makes "count" random trees over a 6 x 5 picture and 7 classes, the same for
 * the same seed; a decision tree if count is 1.  Aborts the test when there
 * is no memory.
 */
void facetree_test_forest(facetree_forest_t *forest, uint32_t seed,
    uint32_t count);

void facetree_test_forest_clear(facetree_forest_t *forest);

/* A generator for tests; *state must not be 0. */
uint32_t facetree_test_random(uint32_t *state);


#endif /* FACETREE_TEST_FOREST_H */
