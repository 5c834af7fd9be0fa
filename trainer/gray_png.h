
/*
 * Copyright (C) facetree contributors
 *
 * Gray pictures as PNG files.
 */


#ifndef FACETREE_GRAY_PNG_H
#define FACETREE_GRAY_PNG_H


#include "facetree.h"


#pragma GCC visibility push(hidden)


/*
 * A PNG of width x height gray levels, 1..FACETREE_MODEL_MAX_SIDE per side,
 * that decodes to the very same bytes.  The caller frees "*out".
 */
facetree_status_e facetree_gray_png(const uint8_t *pixels, uint32_t width,
    uint32_t height, uint8_t **out, size_t *len, facetree_error_t *err);


#pragma GCC visibility pop


#endif /* FACETREE_GRAY_PNG_H */
