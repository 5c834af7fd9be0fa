
/*
 * Copyright (C) facetree contributors
 *
 * Pictures of any size, made of every kind that is decoded: for the tests of
 * memory and of estimated work, and for tests/bench/bench_image.c.
 */


#ifndef FACETREE_TEST_LARGE_H
#define FACETREE_TEST_LARGE_H


#include "facetree.h"

#include <stddef.h>
#include <stdint.h>


typedef struct {
    const char         *name;
    facetree_format_e   format;
    int                 channels;
    int                 depth;         /* PNG: bits of a sample */
    int                 sampling;      /* JPEG: 2 is 4:2:0, 1 is 4:4:4 */
    int                 several;       /* JPEG: progressive; PNG: interlaced */
    int                 lossless;      /* WebP */
} facetree_test_kind_t;

typedef struct {
    uint8_t  *data;                    /* freed with free() */
    size_t    len;
} facetree_test_large_t;


/* Those of this build's encoders; a name of NULL ends the list. */
extern const facetree_test_kind_t  facetree_test_kinds[];

/* NULL if there is none of that name. */
const facetree_test_kind_t *facetree_test_kind(const char *name);

/*
 * Makes a picture, of one gray or of noise.  Ends the program if it cannot.
 */
facetree_test_large_t facetree_test_large(const facetree_test_kind_t *kind,
    uint32_t width, uint32_t height, int noise);


#endif /* FACETREE_TEST_LARGE_H */
