
/*
 * Copyright (C) facetree contributors
 *
 * What the fuzz targets share.  A target is built with libFuzzer, which makes
 * inputs up, or with replay.c, which reads them from files.
 */


#ifndef FACETREE_FUZZ_H
#define FACETREE_FUZZ_H


#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>


/* libFuzzer's interface: the target's two functions, and its own one. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
    unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);


/* A property that does not hold is a crash, with a line that says which. */

#define FUZZ_ASSERT(condition)                                                \
    do {                                                                      \
        if (!(condition)) {                                                   \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, \
                    #condition);                                              \
            abort();                                                          \
        }                                                                     \
    } while (0)


/* A small generator; "*state" must not be 0. */
static inline uint32_t
fuzz_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;

    return *state;
}


#endif /* FACETREE_FUZZ_H */
