
/*
 * Copyright (C) facetree contributors
 *
 * Files for the tests of pictures.
 */


#ifndef TEST_IMAGE_FILES_H
#define TEST_IMAGE_FILES_H


#include "facetree.h"

#include <stddef.h>
#include <stdint.h>


typedef struct {
    uint8_t  *data;
    size_t    len;
} test_file_t;


/*
 * The folder of reference pictures: images/ below FACETREE_SHARED, or below
 * ../shared of the current directory.  Skips the test where there is none.
 */
const char *test_images_dir(void);

/* Joins and reads; fails the test if it cannot.  Free with test_file_free(). */
test_file_t test_file_read(const char *dir, const char *folder,
    const char *name);
void test_file_free(test_file_t *file);

/*
 * A copy of exactly "len" bytes on the heap, so that a sanitizer or valgrind
 * sees the first byte read past its end.
 */
uint8_t *test_exact_copy(const void *data, size_t len);

/* By the end of the name; FACETREE_UNKNOWN_FORMAT for none of ours. */
facetree_format_e test_format_of(const char *name);

/* Whether this build has a decoder for the name's format, if that is ours. */
int test_format_present(const char *name);

/*
 * How far a pixel may be from Pillow's: 0, but for a JPEG without libjpeg the
 * 2 that docs/images.md tells of.
 */
int test_tolerance(const char *name);

/* The largest difference of two pictures of 64 * 64 pixels. */
int test_difference(const uint8_t *a, const uint8_t *b);

/* The 64 * 64 gray levels of golden picture "folder"/STEM.pgm. */
void test_golden_read(const char *dir, const char *folder, const char *name,
    uint8_t *pixels);


#endif /* TEST_IMAGE_FILES_H */
