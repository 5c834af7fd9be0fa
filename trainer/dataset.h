
/*
 * Copyright (C) facetree contributors
 *
 * A data set in memory: gray pictures of one size, a class each.
 */


#ifndef FACETREE_DATASET_H
#define FACETREE_DATASET_H


#include "facetree.h"


#pragma GCC visibility push(hidden)


typedef struct {
    uint32_t    width;
    uint32_t    height;
    uint32_t    count;
    uint32_t    classes;
    uint8_t    *pixels;            /* count pictures of width * height */
    uint32_t   *labels;            /* class of each, an index into: */
    char      **names;             /* the labels, sorted bytewise */
    char      **files;             /* where each picture came from, relative
                                      to the data set; NULL when there are no
                                      separate files */
    int         synthetic;         /* drawn, not photographed: to be said
                                      wherever a result shows */
    char        digest[65];        /* SHA-256, hex, of all pixels in order */
} facetree_dataset_t;


void facetree_dataset_clear(facetree_dataset_t *dataset);


#pragma GCC visibility pop


#endif /* FACETREE_DATASET_H */
