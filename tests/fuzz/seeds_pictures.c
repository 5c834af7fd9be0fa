
/*
 * Copyright (C) facetree contributors
 */


#include "fuzz.h"
#include "seeds.h"

#include <string.h>

#include <jpeglib.h>
#include <png.h>
#include <webp/encode.h>


#define SEEDS_MAX_SIDE   80
#define SEEDS_MAX_BYTES  (SEEDS_MAX_SIDE * SEEDS_MAX_SIDE * 8)
#define SEEDS_FILE       (64 * 1024)


/* An EXIF block, a TIFF of one entry: Orientation. */

static const uint8_t  seeds_exif[] = {
    'E', 'x', 'i', 'f', 0, 0, 'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12,
    0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0
};


/* Blocks of flat colour with noise in between. */

static void
seeds_noise(uint8_t *pixels, size_t len)
{
    size_t    i;
    uint32_t  state;

    state = 12345;

    for (i = 0; i < len; i++) {
        pixels[i] = (i / 97 % 3) ? (uint8_t) (i / 97)
                                 : (uint8_t) fuzz_random(&state);
    }
}


typedef struct {
    const char     *name;
    int             width;
    int             height;
    int             components;
    J_COLOR_SPACE   color;         /* of the pixels */
    J_COLOR_SPACE   stored;
    int             h;             /* sampling of the first component */
    int             v;
    int             progressive;
    int             restart;
    int             exif;
} seeds_jpeg_t;


static const seeds_jpeg_t  seeds_jpegs[] = {
    { "gray.jpg", 17, 9, 1, JCS_GRAYSCALE, JCS_GRAYSCALE, 1, 1, 0, 0, 0 },
    { "444.jpg", 16, 16, 3, JCS_RGB, JCS_YCbCr, 1, 1, 0, 0, 1 },
    { "420.jpg", 80, 71, 3, JCS_RGB, JCS_YCbCr, 2, 2, 0, 2, 0 },
    { "422.jpg", 33, 20, 3, JCS_RGB, JCS_YCbCr, 2, 1, 0, 0, 0 },
    { "411.jpg", 40, 8, 3, JCS_RGB, JCS_YCbCr, 4, 1, 0, 0, 0 },
    { "440.jpg", 9, 33, 3, JCS_RGB, JCS_YCbCr, 1, 2, 0, 1, 0 },
    { "rgb.jpg", 12, 12, 3, JCS_RGB, JCS_RGB, 1, 1, 0, 0, 0 },
    { "progressive.jpg", 70, 70, 3, JCS_RGB, JCS_YCbCr, 2, 2, 1, 0, 1 },
    { "gray-progressive.jpg", 30, 30, 1, JCS_GRAYSCALE, JCS_GRAYSCALE, 1, 1,
      1, 0, 0 },
    { "cmyk.jpg", 20, 20, 4, JCS_CMYK, JCS_CMYK, 1, 1, 0, 0, 0 },
    { "ycck.jpg", 20, 20, 4, JCS_CMYK, JCS_YCCK, 2, 2, 1, 0, 0 },
    { "1x1.jpg", 1, 1, 3, JCS_RGB, JCS_YCbCr, 2, 2, 0, 0, 0 }
};


static void
seeds_jpeg(const seeds_t *seeds, const seeds_jpeg_t *kind, uint8_t *pixels)
{
    int                          y;
    JSAMPROW                     row;
    uint8_t                     *file;
    unsigned long                len;
    struct jpeg_error_mgr        errors;
    struct jpeg_compress_struct  cinfo;

    file = NULL;
    len = 0;

    cinfo.err = jpeg_std_error(&errors);
    jpeg_create_compress(&cinfo);
    jpeg_mem_dest(&cinfo, &file, &len);

    cinfo.image_width = (JDIMENSION) kind->width;
    cinfo.image_height = (JDIMENSION) kind->height;
    cinfo.input_components = kind->components;
    cinfo.in_color_space = kind->color;

    jpeg_set_defaults(&cinfo);
    jpeg_set_colorspace(&cinfo, kind->stored);
    jpeg_set_quality(&cinfo, 60, TRUE);

    cinfo.comp_info[0].h_samp_factor = kind->h;
    cinfo.comp_info[0].v_samp_factor = kind->v;
    cinfo.restart_interval = (unsigned) kind->restart;

    if (kind->progressive) {
        jpeg_simple_progression(&cinfo);
    }

    jpeg_start_compress(&cinfo, TRUE);

    if (kind->exif) {
        jpeg_write_marker(&cinfo, JPEG_APP0 + 1, seeds_exif,
                          sizeof(seeds_exif));
    }

    for (y = 0; y < kind->height; y++) {
        row = pixels + (size_t) y * kind->width * kind->components;
        jpeg_write_scanlines(&cinfo, &row, 1);
    }

    jpeg_finish_compress(&cinfo);
    jpeg_destroy_compress(&cinfo);

    seeds_write(seeds, kind->name, file, len);
    free(file);
}


typedef struct {
    const char  *name;
    uint32_t     width;
    uint32_t     height;
    int          depth;
    int          type;
    int          interlace;
    int          extras;           /* tRNS, eXIf, text */
} seeds_png_t;


static const seeds_png_t  seeds_pngs[] = {
    { "gray1.png", 19, 7, 1, PNG_COLOR_TYPE_GRAY, 0, 0 },
    { "gray2.png", 19, 7, 2, PNG_COLOR_TYPE_GRAY, 1, 0 },
    { "gray4.png", 19, 7, 4, PNG_COLOR_TYPE_GRAY, 0, 1 },
    { "gray8.png", 64, 64, 8, PNG_COLOR_TYPE_GRAY, 0, 0 },
    { "gray16.png", 11, 5, 16, PNG_COLOR_TYPE_GRAY, 1, 0 },
    { "rgb8.png", 21, 13, 8, PNG_COLOR_TYPE_RGB, 0, 1 },
    { "rgb8-interlaced.png", 21, 13, 8, PNG_COLOR_TYPE_RGB, 1, 0 },
    { "rgb16.png", 9, 9, 16, PNG_COLOR_TYPE_RGB, 0, 0 },
    { "palette1.png", 30, 5, 1, PNG_COLOR_TYPE_PALETTE, 0, 0 },
    { "palette4.png", 13, 13, 4, PNG_COLOR_TYPE_PALETTE, 1, 1 },
    { "palette8.png", 13, 13, 8, PNG_COLOR_TYPE_PALETTE, 0, 1 },
    { "la8.png", 8, 17, 8, PNG_COLOR_TYPE_GRAY_ALPHA, 0, 0 },
    { "la16.png", 8, 9, 16, PNG_COLOR_TYPE_GRAY_ALPHA, 1, 0 },
    { "rgba8.png", 15, 15, 8, PNG_COLOR_TYPE_RGBA, 1, 0 },
    { "rgba16.png", 6, 6, 16, PNG_COLOR_TYPE_RGBA, 0, 0 },
    { "1x1.png", 1, 1, 8, PNG_COLOR_TYPE_RGB, 1, 0 }
};


typedef struct {
    uint8_t  data[SEEDS_FILE];
    size_t   len;
} seeds_file_t;


static void
seeds_png_put(png_structp png, png_bytep data, size_t len)
{
    seeds_file_t  *file;

    file = png_get_io_ptr(png);

    if (len > SEEDS_FILE - file->len) {
        png_error(png, "a seed is too large");
    }

    memcpy(file->data + file->len, data, len);
    file->len += len;
}


static void
seeds_png_flush(png_structp png)
{
    (void) png;
}


static void
seeds_png_extras(png_structp png, png_infop info, const seeds_png_t *kind)
{
    png_text      text;
    png_byte      alpha[2] = { 0, 128 };
    png_color_16  clear;

    memset(&clear, 0, sizeof(clear));
    memset(&text, 0, sizeof(text));

    png_set_tRNS(png, info, alpha,
                 kind->type == PNG_COLOR_TYPE_PALETTE ? 2 : 0, &clear);

    text.compression = PNG_TEXT_COMPRESSION_NONE;
    text.key = "Comment";
    text.text = "seed";
    png_set_text(png, info, &text, 1);

    png_set_eXIf_1(png, info, sizeof(seeds_exif) - 6,
                   (png_bytep) (uintptr_t) (seeds_exif + 6));
}


static void
seeds_png(const seeds_t *seeds, const seeds_png_t *kind, uint8_t *pixels)
{
    int            i, pass, passes;
    uint32_t       y;
    png_color      colors[256];
    png_infop      info;
    png_structp    png;
    seeds_file_t  *file;

    file = calloc(1, sizeof(seeds_file_t));
    png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    info = png ? png_create_info_struct(png) : NULL;

    if (file == NULL || info == NULL || setjmp(png_jmpbuf(png))) {
        fprintf(stderr, "%s: cannot be made\n", kind->name);
        exit(1);
    }

    png_set_write_fn(png, file, seeds_png_put, seeds_png_flush);
    png_set_IHDR(png, info, kind->width, kind->height, kind->depth, kind->type,
                 kind->interlace ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_set_filter(png, 0, PNG_ALL_FILTERS);
    png_set_compression_buffer_size(png, 200);  /* several IDAT chunks */

    if (kind->type == PNG_COLOR_TYPE_PALETTE) {
        for (i = 0; i < 256; i++) {
            colors[i].red = (png_byte) (3 * i);
            colors[i].green = (png_byte) (5 * i);
            colors[i].blue = (png_byte) (7 * i);
        }

        png_set_PLTE(png, info, colors, 1 << kind->depth);
    }

    if (kind->extras) {
        seeds_png_extras(png, info, kind);
    }

    png_write_info(png, info);
    passes = png_set_interlace_handling(png);

    for (pass = 0; pass < passes; pass++) {
        for (y = 0; y < kind->height; y++) {
            png_write_row(png, pixels + y * png_get_rowbytes(png, info));
        }
    }

    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);

    seeds_write(seeds, kind->name, file->data, file->len);
    free(file);
}


static void
seeds_webp(const seeds_t *seeds, const uint8_t *pixels)
{
    size_t    len;
    uint8_t  *file;

    len = WebPEncodeRGB(pixels, 30, 20, 90, 50, &file);
    seeds_write(seeds, "lossy.webp", file, len);
    WebPFree(file);

    len = WebPEncodeRGBA(pixels, 16, 16, 64, 50, &file);
    seeds_write(seeds, "alpha.webp", file, len);
    WebPFree(file);

    len = WebPEncodeLosslessRGB(pixels, 13, 17, 39, &file);
    seeds_write(seeds, "lossless.webp", file, len);
    WebPFree(file);
}


static void
seeds_put(uint8_t *p, size_t bytes, uint32_t value)
{
    while (bytes--) {
        *p++ = (uint8_t) value;
        value >>= 8;
    }
}


/* 11 x 6 pixels; "info" is the length of the second header. */

static void
seeds_bmp(const seeds_t *seeds, const char *name, uint32_t info,
    uint32_t bits, int up, const uint8_t *pixels)
{
    size_t    head, size;
    uint8_t   file[4096];

    memset(file, 0, sizeof(file));

    head = 14 + info + ((bits <= 8) ? (1u << bits) * (info == 12 ? 3 : 4) : 0)
           + ((bits == 16 && info == 40) ? 12 : 0);
    size = (11 * bits + 31) / 32 * 4 * 6;

    memcpy(file, "BM", 2);
    seeds_put(file + 2, 4, (uint32_t) (head + size));
    seeds_put(file + 10, 4, (uint32_t) head);
    seeds_put(file + 14, 4, info);

    if (info == 12) {
        seeds_put(file + 18, 2, 11);
        seeds_put(file + 20, 2, 6);
        seeds_put(file + 22, 2, 1);
        seeds_put(file + 24, 2, bits);

    } else {
        seeds_put(file + 18, 4, 11);
        seeds_put(file + 22, 4, up ? 6 : (uint32_t) -6);
        seeds_put(file + 26, 2, 1);
        seeds_put(file + 28, 2, bits);

        if (bits == 16) {
            seeds_put(file + 30, 4, 3);
            seeds_put(file + 54, 4, 0xf800);
            seeds_put(file + 58, 4, 0x7e0);
            seeds_put(file + 62, 4, 0x1f);
        }
    }

    if (bits <= 8) {
        memcpy(file + 14 + info, pixels + 100, head - 14 - info);
    }

    memcpy(file + head, pixels, size);
    seeds_write(seeds, name, file, head + size);
}


static void
seeds_pnm(const seeds_t *seeds, const char *name, const char *header,
    const uint8_t *pixels, size_t len)
{
    size_t   head;
    uint8_t  file[4096];

    head = strlen(header);
    memcpy(file, header, head);
    memcpy(file + head, pixels, len);

    seeds_write(seeds, name, file, head + len);
}


void
seeds_pictures(const seeds_t *seeds)
{
    size_t    i;
    uint8_t  *pixels;

    pixels = malloc(SEEDS_MAX_BYTES);

    if (pixels == NULL) {
        perror("pixels");
        exit(1);
    }

    seeds_noise(pixels, SEEDS_MAX_BYTES);

    for (i = 0; i < sizeof(seeds_jpegs) / sizeof(seeds_jpegs[0]); i++) {
        seeds_jpeg(seeds, &seeds_jpegs[i], pixels);
    }

    for (i = 0; i < sizeof(seeds_pngs) / sizeof(seeds_pngs[0]); i++) {
        seeds_png(seeds, &seeds_pngs[i], pixels);
    }

    seeds_webp(seeds, pixels);

    seeds_bmp(seeds, "1.bmp", 40, 1, 1, pixels);
    seeds_bmp(seeds, "4.bmp", 108, 4, 0, pixels);
    seeds_bmp(seeds, "8.bmp", 40, 8, 1, pixels);
    seeds_bmp(seeds, "8-os2.bmp", 12, 8, 1, pixels);
    seeds_bmp(seeds, "16.bmp", 40, 16, 1, pixels);
    seeds_bmp(seeds, "24.bmp", 40, 24, 0, pixels);
    seeds_bmp(seeds, "32.bmp", 124, 32, 1, pixels);

    seeds_pnm(seeds, "gray.pgm", "P5\n# seed\n9 7\n255\n", pixels, 63);
    seeds_pnm(seeds, "gray100.pgm", "P5 9 7 100\n", pixels, 63);
    seeds_pnm(seeds, "rgb.ppm", "P6 5 4 255\n", pixels, 60);

    free(pixels);
}
