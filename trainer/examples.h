
/*
 * Copyright (C) facetree contributors
 *
 * What a tree is grown from: a matrix of gray levels and a class per row.
 */


#ifndef FACETREE_EXAMPLES_H
#define FACETREE_EXAMPLES_H


#include <stdint.h>


/*
 * A view; it owns nothing.  Row i is the features gray levels starting at
 * pixels + rows[i] * features, of class labels[rows[i]]: "rows" names the
 * examples of a data set that take part, in the order that scikit-learn
 * would see them, and "sample i" in the algorithms means rows[i].
 */

typedef struct {
    const uint8_t   *pixels;
    const uint32_t  *labels;       /* below classes */
    const uint32_t  *rows;
    uint32_t         count;        /* of rows */
    uint32_t         features;
    uint32_t         classes;
    int              spend;        /* the gray levels are not needed once they
                                      have been copied, and may be gone */
} facetree_examples_t;


#endif /* FACETREE_EXAMPLES_H */
