
/*
 * Copyright (C) facetree contributors
 */


#include "gray_png.h"
#include "facetree_int.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>


facetree_status_e
facetree_gray_png(const uint8_t *pixels, uint32_t width, uint32_t height,
    uint8_t **out, size_t *len, facetree_error_t *err)
{
    uint8_t           *data;
    png_image          image;
    png_alloc_size_t   size;

    if (width == 0 || width > FACETREE_MODEL_MAX_SIDE
        || height == 0 || height > FACETREE_MODEL_MAX_SIDE)
    {
        return facetree_fail(err, FACETREE_EINVAL, FACETREE_NO_OFFSET,
                             "a picture of %lux%lu pixels cannot be written",
                             (unsigned long) width, (unsigned long) height);
    }

    memset(&image, 0, sizeof(image));

    image.version = PNG_IMAGE_VERSION;
    image.width = width;
    image.height = height;
    image.format = PNG_FORMAT_GRAY;

    size = PNG_IMAGE_PNG_SIZE_MAX(image);
    data = malloc(size);

    if (data == NULL) {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    if (png_image_write_to_memory(&image, data, &size, 0, pixels, 0, NULL)
        == 0)
    {
        free(data);
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET,
                             "libpng: %s", image.message);
    }

    *out = data;
    *len = size;

    return FACETREE_OK;
}
