
/*
 * Copyright (C) facetree contributors
 *
 * How many bytes the code under test has allocated at once.  The unit test
 * program brings its own malloc(), which counts and asks the C library.
 */


#ifndef FACETREE_TEST_HEAP_H
#define FACETREE_TEST_HEAP_H


#include <stddef.h>


/*
 * Counts from here on, in this process.  Skips the test where a sanitizer has
 * a malloc() of its own, or the C library is another one.
 */
void facetree_test_heap_start(void);

/* Ends it and returns the most bytes held at once since the start. */
size_t facetree_test_heap_stop(void);


#endif /* FACETREE_TEST_HEAP_H */
