
/*
 * Copyright (C) facetree contributors
 *
 * The pixels that were classified, as a picture that a browser shows.
 */


#include "facetree_explain.h"
#include "facetree_base64.h"

#include <stdlib.h>
#include <string.h>

#ifndef FACETREE_NO_PNG
#include <png.h>
#endif


#define FACETREE_EXPLAIN_URL  "data:image/png;base64,"


#ifndef FACETREE_NO_PNG

/*
 * The file may be large for its pixels, never larger than the bound: what
 * cannot be compressed is stored.
 */

static facetree_status_e
facetree_explain_png(const facetree_model_t *model, const uint8_t *pixels,
    uint8_t **out, size_t *len, facetree_error_t *err)
{
    uint8_t           *file;
    png_image          image;
    png_alloc_size_t   size;

    memset(&image, 0, sizeof(image));

    image.version = PNG_IMAGE_VERSION;
    image.width = facetree_model_width(model);
    image.height = facetree_model_height(model);
    image.format = PNG_FORMAT_GRAY;

    size = PNG_IMAGE_PNG_SIZE_MAX(image);
    file = malloc(size);

    if (file == NULL
        || !png_image_write_to_memory(&image, file, &size, 0, pixels, 0,
                                      NULL))
    {
        png_image_free(&image);
        free(file);

        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    *out = file;
    *len = size;

    return FACETREE_OK;
}

#endif


facetree_status_e
facetree_explain_picture(const facetree_model_t *model, const uint8_t *pixels,
    char **out, facetree_error_t *err)
{
#ifndef FACETREE_NO_PNG
    size_t              len;
    uint8_t            *file;
    facetree_buffer_t   url;
    facetree_status_e   status;

    file = NULL;
    len = 0;

    status = facetree_explain_png(model, pixels, &file, &len, err);

    if (status != FACETREE_OK) {
        return status;
    }

    facetree_buffer_init(&url, SIZE_MAX);
    facetree_buffer_puts(&url, FACETREE_EXPLAIN_URL);
    facetree_base64_encode(&url, file, len);
    free(file);

    return facetree_buffer_take(&url, out, &len, err);
#else
    (void) model;
    (void) pixels;
    (void) err;

    *out = NULL;

    return FACETREE_OK;
#endif
}
