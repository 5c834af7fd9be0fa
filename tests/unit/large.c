
/*
 * Copyright (C) facetree contributors
 */


#include "large.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>

#ifndef FACETREE_NO_JPEG
#include <jpeglib.h>
#endif

#ifndef FACETREE_NO_WEBP
#include <webp/encode.h>
#endif


#define LARGE_GRAY  0x80


const facetree_test_kind_t  facetree_test_kinds[] = {
#ifndef FACETREE_NO_JPEG
    { "jpeg-gray", FACETREE_JPEG, 1, 8, 1, 0, 0 },
    { "jpeg-420", FACETREE_JPEG, 3, 8, 2, 0, 0 },
    { "jpeg-444", FACETREE_JPEG, 3, 8, 1, 0, 0 },
    { "jpeg-cmyk", FACETREE_JPEG, 4, 8, 1, 0, 0 },
    { "jpeg-gray-progressive", FACETREE_JPEG, 1, 8, 1, 1, 0 },
    { "jpeg-420-progressive", FACETREE_JPEG, 3, 8, 2, 1, 0 },
    { "jpeg-444-progressive", FACETREE_JPEG, 3, 8, 1, 1, 0 },
#endif
    { "png-gray1", FACETREE_PNG, 1, 1, 0, 0, 0 },
    { "png-gray8", FACETREE_PNG, 1, 8, 0, 0, 0 },
    { "png-rgb8", FACETREE_PNG, 3, 8, 0, 0, 0 },
    { "png-rgba16", FACETREE_PNG, 4, 16, 0, 0, 0 },
    { "png-gray8-interlaced", FACETREE_PNG, 1, 8, 0, 1, 0 },
    { "png-rgb8-interlaced", FACETREE_PNG, 3, 8, 0, 1, 0 },
    { "png-rgba16-interlaced", FACETREE_PNG, 4, 16, 0, 1, 0 },
#ifndef FACETREE_NO_WEBP
    { "webp-lossy", FACETREE_WEBP, 3, 8, 0, 0, 0 },
    { "webp-lossy-alpha", FACETREE_WEBP, 4, 8, 0, 0, 0 },
    { "webp-lossless", FACETREE_WEBP, 3, 8, 0, 0, 1 },
    { "webp-lossless-alpha", FACETREE_WEBP, 4, 8, 0, 0, 1 },
#endif
    { "bmp-24", FACETREE_BMP, 3, 8, 0, 0, 0 },
    { "pnm-gray", FACETREE_PNM, 1, 8, 0, 0, 0 },
    { "pnm-rgb", FACETREE_PNM, 3, 8, 0, 0, 0 },
    { NULL, FACETREE_UNKNOWN_FORMAT, 0, 0, 0, 0, 0 }
};


typedef struct {
    const facetree_test_kind_t  *kind;
    uint32_t                     width;
    uint32_t                     height;
    size_t                       row_len;
    uint8_t                     *row;
    int                          noise;
    uint32_t                     random;
    facetree_test_large_t        out;
} large_t;


static void *
large_check(void *p)
{
    if (p == NULL) {
        fprintf(stderr, "a large picture cannot be made\n");
        abort();
    }

    return p;
}


static void
large_append(large_t *large, const void *data, size_t len)
{
    large->out.data = large_check(realloc(large->out.data,
                                          large->out.len + len + 1));
    memcpy(large->out.data + large->out.len, data, len);
    large->out.len += len;
}


/* The next row of samples. */

static uint8_t *
large_row(large_t *large)
{
    size_t  i;

    for (i = 0; large->noise && i < large->row_len; i++) {
        large->random = large->random * 1664525u + 1013904223u;
        large->row[i] = (uint8_t) (large->random >> 24);
    }

    return large->row;
}


#ifndef FACETREE_NO_JPEG

static void
large_jpeg(large_t *large)
{
    JSAMPROW                      row;
    unsigned long                 len;
    struct jpeg_error_mgr         errors;
    struct jpeg_compress_struct   cinfo;

    len = 0;

    cinfo.err = jpeg_std_error(&errors);
    jpeg_create_compress(&cinfo);
    jpeg_mem_dest(&cinfo, &large->out.data, &len);

    cinfo.image_width = large->width;
    cinfo.image_height = large->height;
    cinfo.input_components = large->kind->channels;
    cinfo.in_color_space = (large->kind->channels == 1) ? JCS_GRAYSCALE
                           : (large->kind->channels == 3) ? JCS_RGB
                                                          : JCS_CMYK;

    jpeg_set_defaults(&cinfo);
    jpeg_set_quality(&cinfo, 80, TRUE);

    cinfo.comp_info[0].h_samp_factor = large->kind->sampling;
    cinfo.comp_info[0].v_samp_factor = large->kind->sampling;

    if (large->kind->several) {
        jpeg_simple_progression(&cinfo);
    }

    jpeg_start_compress(&cinfo, TRUE);

    while (cinfo.next_scanline < cinfo.image_height) {
        row = large_row(large);
        jpeg_write_scanlines(&cinfo, &row, 1);
    }

    jpeg_finish_compress(&cinfo);
    jpeg_destroy_compress(&cinfo);

    large->out.len = len;
}

#endif


static void
large_png_put(png_structp png, png_bytep data, size_t len)
{
    large_append(png_get_io_ptr(png), data, len);
}


static void
large_png_flush(png_structp png)
{
    (void) png;
}


static void
large_png(large_t *large)
{
    int          pass, passes;
    uint32_t     y;
    png_infop    info;
    png_structp  png;

    png = large_check(png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL,
                                              NULL, NULL));
    info = large_check(png_create_info_struct(png));

    png_set_write_fn(png, large, large_png_put, large_png_flush);
    png_set_compression_level(png, 1);
    png_set_IHDR(png, info, large->width, large->height, large->kind->depth,
                 (large->kind->channels == 1) ? PNG_COLOR_TYPE_GRAY
                 : (large->kind->channels == 3) ? PNG_COLOR_TYPE_RGB
                                                : PNG_COLOR_TYPE_RGBA,
                 large->kind->several, 0, 0);
    png_write_info(png, info);

    passes = png_set_interlace_handling(png);

    for (pass = 0; pass < passes; pass++) {
        for (y = 0; y < large->height; y++) {
            png_write_row(png, large_row(large));
        }
    }

    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
}


#ifndef FACETREE_NO_WEBP

static void
large_webp(large_t *large)
{
    size_t    len;
    uint8_t  *pixels, *file;
    uint32_t  y;

    pixels = large_check(malloc(large->row_len * large->height));

    for (y = 0; y < large->height; y++) {
        memcpy(pixels + y * large->row_len, large_row(large), large->row_len);
    }

    if (large->kind->lossless) {
        len = (large->kind->channels == 4)
              ? WebPEncodeLosslessRGBA(pixels, (int) large->width,
                                       (int) large->height,
                                       (int) large->row_len, &file)
              : WebPEncodeLosslessRGB(pixels, (int) large->width,
                                      (int) large->height,
                                      (int) large->row_len, &file);

    } else {
        len = (large->kind->channels == 4)
              ? WebPEncodeRGBA(pixels, (int) large->width,
                               (int) large->height, (int) large->row_len,
                               80, &file)
              : WebPEncodeRGB(pixels, (int) large->width,
                              (int) large->height, (int) large->row_len, 80,
                              &file);
    }

    large_append(large, large_check(len ? file : NULL), len);

    WebPFree(file);
    free(pixels);
}

#endif


static void
large_bmp(large_t *large)
{
    size_t    pad;
    uint8_t   header[54];
    uint32_t  i, y, values[4];

    static const uint8_t  padding[4];

    pad = (4 - large->row_len % 4) % 4;

    memset(header, 0, sizeof(header));
    memcpy(header, "BM", 2);
    header[10] = sizeof(header);
    header[14] = 40;
    header[26] = 1;
    header[28] = 24;

    values[0] = large->width;
    values[1] = large->height;

    for (i = 0; i < 8; i++) {
        header[18 + i] = (uint8_t) (values[i / 4] >> (8 * (i % 4)));
    }

    large_append(large, header, sizeof(header));
    large->out.data = large_check(realloc(large->out.data, sizeof(header)
                                          + (large->row_len + pad)
                                            * large->height));

    for (y = 0; y < large->height; y++) {
        memcpy(large->out.data + large->out.len, large_row(large),
               large->row_len);
        memcpy(large->out.data + large->out.len + large->row_len, padding,
               pad);
        large->out.len += large->row_len + pad;
    }
}


static void
large_pnm(large_t *large)
{
    char      header[64];
    uint32_t  y;

    snprintf(header, sizeof(header), "P%c %u %u 255\n",
             (large->kind->channels == 3) ? '6' : '5', large->width,
             large->height);

    large_append(large, header, strlen(header));
    large->out.data = large_check(realloc(large->out.data, large->out.len
                                          + large->row_len * large->height));

    for (y = 0; y < large->height; y++) {
        memcpy(large->out.data + large->out.len, large_row(large),
               large->row_len);
        large->out.len += large->row_len;
    }
}


const facetree_test_kind_t *
facetree_test_kind(const char *name)
{
    const facetree_test_kind_t  *kind;

    for (kind = facetree_test_kinds; kind->name; kind++) {
        if (strcmp(kind->name, name) == 0) {
            return kind;
        }
    }

    return NULL;
}


facetree_test_large_t
facetree_test_large(const facetree_test_kind_t *kind, uint32_t width,
    uint32_t height, int noise)
{
    large_t  large;

    memset(&large, 0, sizeof(large));

    large.kind = kind;
    large.width = width;
    large.height = height;
    large.noise = noise;
    large.random = 1;
    large.row_len = ((size_t) width * kind->channels * kind->depth + 7) / 8;
    large.row = large_check(malloc(large.row_len));
    memset(large.row, LARGE_GRAY, large.row_len);

    switch (kind->format) {

#ifndef FACETREE_NO_JPEG
    case FACETREE_JPEG:
        large_jpeg(&large);
        break;
#endif

    case FACETREE_PNG:
        large_png(&large);
        break;

#ifndef FACETREE_NO_WEBP
    case FACETREE_WEBP:
        large_webp(&large);
        break;
#endif

    case FACETREE_BMP:
        large_bmp(&large);
        break;

    default:
        large_pnm(&large);
        break;
    }

    free(large.row);

    return large.out;
}
