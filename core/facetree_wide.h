
/*
 * Copyright (C) facetree contributors
 */


#ifndef FACETREE_WIDE_H
#define FACETREE_WIDE_H


#include <stdlib.h>                /* tells whether the C library is glibc */


/*
 * Marks a function with an inner loop over many pixels: it is compiled once
 * more for wider registers, and the program's loader picks one.  The loops
 * are whole numbers, so both give the same bits.  It takes this compiler and
 * this C library together; elsewhere the mark means nothing.  The sanitizers'
 * own start-up does not survive the loader's choice.
 *
 * For static functions only: of others the symbol that chooses would be
 * exported from nginx's module.
 */
#if (defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__)          \
     && defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__)                  \
     && !defined(__SANITIZE_THREAD__))
#define FACETREE_WIDE  __attribute__((target_clones("avx2", "default"),       \
                                      optimize("O3")))
#else
#define FACETREE_WIDE
#endif


#endif /* FACETREE_WIDE_H */
