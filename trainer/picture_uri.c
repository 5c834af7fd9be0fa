
/*
 * Copyright (C) facetree contributors
 */


#include "picture_uri.h"

#include <openssl/evp.h>
#include <png.h>
#include <stdlib.h>
#include <string.h>


static facetree_status_e
facetree_picture_base64(facetree_buffer_t *page, const uint8_t *data,
    size_t len)
{
    int       n;
    uint8_t  *text;

    text = malloc((len + 2) / 3 * 4 + 1);

    if (text == NULL) {
        return FACETREE_ENOMEM;
    }

    n = EVP_EncodeBlock(text, data, (int) len);

    facetree_buffer_puts(page, "data:image/png;base64,");
    facetree_buffer_add(page, text, (size_t) n);
    free(text);

    return FACETREE_OK;
}


facetree_status_e
facetree_picture_uri(facetree_buffer_t *page, const uint8_t *pixels,
    uint32_t width, uint32_t height, uint32_t channels)
{
    uint8_t             *file;
    png_image            image;
    facetree_status_e    status;
    png_alloc_size_t     len;

    memset(&image, 0, sizeof(image));

    image.version = PNG_IMAGE_VERSION;
    image.width = width;
    image.height = height;
    image.format = channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;

    /* More than deflate makes of any 256 x 256 pixels. */
    len = (png_alloc_size_t) width * height * channels + height + 4096;
    file = malloc(len);

    if (file == NULL) {
        return FACETREE_ENOMEM;
    }

    status = FACETREE_ENOMEM;

    if (png_image_write_to_memory(&image, file, &len, 0, pixels, 0, NULL)) {
        status = facetree_picture_base64(page, file, len);
    }

    free(file);

    return status;
}
