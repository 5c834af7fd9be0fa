
/*
 * Copyright (C) facetree contributors
 */


#define _GNU_SOURCE

#include "heap.h"

#include <malloc.h>
#include <stdlib.h>

#include <criterion/criterion.h>


#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TEST_SANITIZED
#endif
#endif

#if defined(__SANITIZE_ADDRESS__) || !defined(__GLIBC__)
#define TEST_SANITIZED
#endif


#ifndef TEST_SANITIZED

#define TEST_VISIBLE  __attribute__((visibility("default")))

/* The C library's own, under the names that it exports for this. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *p, size_t size);
void __libc_free(void *p);


/* Tests that count have one thread. */

static int        test_counts;
static ptrdiff_t  test_held;
static ptrdiff_t  test_peak;


static void
test_add(ptrdiff_t size)
{
    if (test_counts) {
        test_held += size;
        test_peak = (test_held > test_peak) ? test_held : test_peak;
    }
}


TEST_VISIBLE void *
malloc(size_t size)
{
    void  *p;

    p = __libc_malloc(size);
    test_add((ptrdiff_t) malloc_usable_size(p));

    return p;
}


TEST_VISIBLE void *
calloc(size_t count, size_t size)
{
    void  *p;

    p = __libc_calloc(count, size);
    test_add((ptrdiff_t) malloc_usable_size(p));

    return p;
}


TEST_VISIBLE void *
realloc(void *old, size_t size)
{
    void       *p;
    ptrdiff_t   before;

    before = (ptrdiff_t) malloc_usable_size(old);
    p = __libc_realloc(old, size);

    if (p || size == 0) {
        test_add((ptrdiff_t) malloc_usable_size(p) - before);
    }

    return p;
}


TEST_VISIBLE void
free(void *p)
{
    test_add(-(ptrdiff_t) malloc_usable_size(p));
    __libc_free(p);
}


void
facetree_test_heap_start(void)
{
    test_held = 0;
    test_peak = 0;
    test_counts = 1;
}


size_t
facetree_test_heap_stop(void)
{
    test_counts = 0;

    return (size_t) test_peak;
}

#else

void
facetree_test_heap_start(void)
{
    cr_skip_test("malloc() is not ours to count");
}


size_t
facetree_test_heap_stop(void)
{
    return 0;
}

#endif
