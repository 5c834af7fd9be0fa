
/*
 * Copyright (C) facetree contributors
 *
 * Pictures inside of a page.
 */


#ifndef FACETREE_PICTURE_URI_H
#define FACETREE_PICTURE_URI_H


#include "facetree_buffer.h"


#pragma GCC visibility push(hidden)


/*
 * Adds "data:image/png;base64,..." of a picture with 1 (gray) or 3 (red,
 * green, blue) bytes a pixel.  A failure, FACETREE_ENOMEM, is the caller's to
 * report: nothing was added.
 */
facetree_status_e facetree_picture_uri(facetree_buffer_t *page,
    const uint8_t *pixels, uint32_t width, uint32_t height,
    uint32_t channels);


#pragma GCC visibility pop


#endif /* FACETREE_PICTURE_URI_H */
