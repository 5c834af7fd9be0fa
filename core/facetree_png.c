
/*
 * Copyright (C) facetree contributors
 *
 * PNG through libpng, row by row, from facetree_png_data.c.  Alpha and
 * transparency are dropped, not composited; 16 bits become their high byte.
 */


#ifndef FACETREE_NO_PNG

#include "facetree_image.h"
#include "facetree_bytes.h"
#include "facetree_exif.h"
#include "facetree_gray.h"
#include "facetree_png_data.h"

#include <stdlib.h>
#include <string.h>

#include <png.h>


#define FACETREE_PNG_CHUNK  (1024 * 1024)

/*
 * Memory beside rows: two inflate states of 40 KiB each, a block of unpacked
 * data, libpng's own buffers.
 */
#define FACETREE_PNG_FIXED  (176 * 1024)

/* Estimated work, see facetree_image.h. */
#define FACETREE_PNG_COLOR_PS  1300
#define FACETREE_PNG_GRAY_PS   450
#define FACETREE_PNG_LACED_PS  1500        /* more if interlaced */
#define FACETREE_PNG_BYTE_PS   300


/* What decoding costs hangs on these. */

typedef struct {
    uint32_t             width;
    uint32_t             height;
    uint32_t             depth;         /* bits of a sample */
    uint32_t             samples;       /* of a pixel */
    int                  color;
    int                  interlaced;
} facetree_png_shape_t;


typedef struct {
    png_structp          png;
    png_infop            info;
    facetree_decode_t   *decode;
    facetree_png_data_t  data;
    facetree_status_e    status;
    int                  no_memory;
    int                  channels;      /* after the transformations, 1 or 3 */
    int                  passes;
    int                  palette;
    size_t               row_size;
    uint8_t             *rows;          /* one row, or all if interlaced */
    uint8_t             *gray;
    uint8_t              levels[256];   /* of the palette */
} facetree_png_t;


static void
facetree_png_error(png_structp png, png_const_charp text)
{
    facetree_png_t  *state;

    state = png_get_error_ptr(png);

    if (state->no_memory) {
        state->status = facetree_fail(state->decode->err, FACETREE_ENOMEM,
                                      FACETREE_NO_OFFSET, NULL);

    } else {
        state->status = facetree_fail(state->decode->err, FACETREE_EIMAGE,
                                      facetree_png_data_offset(&state->data),
                                      "PNG is damaged: %s", text);
    }

    png_longjmp(png, 1);
}


/* The library's errors do not tell lack of memory from a damaged file. */

static png_voidp
facetree_png_malloc(png_structp png, png_alloc_size_t size)
{
    void            *p;
    facetree_png_t  *state;

    p = malloc(size);

    if (p == NULL) {
        state = png_get_mem_ptr(png);
        state->no_memory = 1;
    }

    return p;
}


static void
facetree_png_free(png_structp png, png_voidp p)
{
    (void) png;

    free(p);
}


static void
facetree_png_warning(png_structp png, png_const_charp text)
{
    (void) png;
    (void) text;
}


static void
facetree_png_read(png_structp png, png_bytep buffer, size_t len)
{
    facetree_png_t  *state;

    state = png_get_io_ptr(png);
    state->status = facetree_png_data_read(&state->data, buffer, len);

    /* chunks that no pixel is in may be many megabytes */

    if (state->status == FACETREE_OK) {
        state->status = facetree_decode_tick(state->decode, len);
    }

    if (state->status != FACETREE_OK) {
        png_longjmp(png, 1);
    }
}


/*
 * Chunks that change no pixel here are not even parsed: most of what has been
 * wrong with PNG decoders was in them.
 */

static void
facetree_png_restrict(png_structp png)
{
    static const png_byte  ignored[] =
        "bKGD\0cHRM\0eXIf\0gAMA\0hIST\0iCCP\0iTXt\0oFFs\0pCAL\0pHYs\0sBIT\0"
        "sCAL\0sPLT\0sRGB\0sTER\0tEXt\0tIME\0tRNS\0zTXt\0acTL\0fcTL\0fdAT";

    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, 0);
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, ignored,
                                (int) (sizeof(ignored) / 5));

    png_set_chunk_malloc_max(png, FACETREE_PNG_CHUNK);
    png_set_chunk_cache_max(png, 16);
    png_set_check_for_invalid_index(png, 0);

    /* our own limits know by how much they were exceeded */
    png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
}


/*
 * Gray levels of the palette.  An index that the file has no colour for is
 * black, as in libpng; the table begins as zeros.
 */

static void
facetree_png_palette(facetree_png_t *state)
{
    int         i, count;
    png_colorp  colors;

    if (png_get_PLTE(state->png, state->info, &colors, &count) == 0) {
        return;
    }

    for (i = 0; i < count && i < 256; i++) {
        state->levels[i] = facetree_gray_level(colors[i].red, colors[i].green,
                                               colors[i].blue);
    }
}


static void
facetree_png_transform(facetree_png_t *state)
{
    int          depth, type;
    png_structp  png;

    png = state->png;
    depth = png_get_bit_depth(png, state->info);
    type = png_get_color_type(png, state->info);

    state->palette = (type == PNG_COLOR_TYPE_PALETTE);
    state->channels = (type & PNG_COLOR_MASK_COLOR) && !state->palette ? 3 : 1;

    if (state->palette) {
        facetree_png_palette(state);
        png_set_packing(png);

    } else if (depth < 8) {
        png_set_expand_gray_1_2_4_to_8(png);
    }

    if (depth == 16) {
        png_set_strip_16(png);
    }

    if (type & PNG_COLOR_MASK_ALPHA) {
        png_set_strip_alpha(png);
    }

    state->passes = png_set_interlace_handling(png);
}


/* Rows with the byte before each that names its filter, in every pass. */

static void
facetree_png_expect(facetree_png_t *state)
{
    int          pass, passes;
    uint32_t     width, height, columns, rows;
    uint64_t     size;
    unsigned     bits;
    png_structp  png;

    png = state->png;
    width = png_get_image_width(png, state->info);
    height = png_get_image_height(png, state->info);
    bits = (unsigned) png_get_bit_depth(png, state->info)
           * png_get_channels(png, state->info);
    passes = (png_get_interlace_type(png, state->info) == PNG_INTERLACE_NONE)
             ? 1 : PNG_INTERLACE_ADAM7_PASSES;
    size = 0;

    for (pass = 0; pass < passes; pass++) {
        columns = (passes == 1) ? width : PNG_PASS_COLS(width, pass);
        rows = (passes == 1) ? height : PNG_PASS_ROWS(height, pass);

        if (columns) {
            size += (((uint64_t) columns * bits + 7) / 8 + 1) * rows;
        }
    }

    facetree_png_data_expect(&state->data, size);

    /* those of pixels have been compared by then */
    png_set_crc_action(png, PNG_CRC_QUIET_USE, PNG_CRC_NO_CHANGE);
}


/*
 * Bytes held at once: our row, or all rows if interlaced; the gray one; and
 * two of libpng's, in the file's depth.
 */

static uint64_t
facetree_png_memory(const facetree_png_shape_t *shape)
{
    uint64_t  bits, rows;

    bits = (uint64_t) shape->depth * shape->samples;
    bits = (bits < 8) ? 8 : bits;
    rows = shape->interlaced ? shape->height : 1;

    return FACETREE_PNG_FIXED
           + (rows * (shape->color ? 3 : 1) + 1) * (uint64_t) shape->width
           + 2 * ((uint64_t) shape->width + 64) * bits / 8;
}


static facetree_status_e
facetree_png_state(facetree_decode_t *decode,
    const facetree_png_shape_t *shape)
{
    facetree_decode_header_t  header;

    header.width = shape->width;
    header.height = shape->height;
    header.orientation = facetree_exif_png(decode->data, decode->len,
                                           FACETREE_IMAGE_MAX_EXIF);
    header.scale = 1;
    header.memory = facetree_png_memory(shape);
    header.pixel_ps = (shape->color ? FACETREE_PNG_COLOR_PS
                                    : FACETREE_PNG_GRAY_PS)
                      + (shape->interlaced ? FACETREE_PNG_LACED_PS : 0);
    header.byte_ps = FACETREE_PNG_BYTE_PS;

    return facetree_decode_begin(decode, &header);
}


/*
 * The same from the first chunk's bytes.  Returns 0 for what libpng refuses;
 * the chunk's CRC is not looked at.
 */

static int
facetree_png_quick(const facetree_decode_t *decode,
    facetree_png_shape_t *shape)
{
    uint32_t        type, depth;
    const uint8_t  *p;

    /* by colour type: samples, and the depths that go with it, a bit each */

    static const uint8_t   samples[] = { 1, 0, 3, 1, 2, 0, 4 };
    static const uint32_t  depths[] = {
        1 << 1 | 1 << 2 | 1 << 4 | 1 << 8 | 1 << 16, 0, 1 << 8 | 1 << 16,
        1 << 1 | 1 << 2 | 1 << 4 | 1 << 8, 1 << 8 | 1 << 16, 0,
        1 << 8 | 1 << 16
    };

    p = decode->data + 8;                       /* behind the signature */

    if (decode->len < 8 + 25 || memcmp(p, "\0\0\0\x0dIHDR", 8) != 0) {
        return 0;
    }

    depth = p[16];
    type = p[17];

    if (type >= sizeof(samples) || depth > 16
        || (depths[type] & (1u << depth)) == 0 || p[20] > 1)
    {
        return 0;
    }

    shape->width = facetree_get_be32(p + 8);
    shape->height = facetree_get_be32(p + 12);
    shape->depth = depth;
    shape->samples = samples[type];
    shape->color = (samples[type] >= 3);
    shape->interlaced = p[20];

    return shape->width && shape->width <= PNG_UINT_31_MAX
           && shape->height && shape->height <= PNG_UINT_31_MAX;
}


static facetree_status_e
facetree_png_header(facetree_png_t *state)
{
    facetree_png_shape_t  shape;

    png_set_read_fn(state->png, state, facetree_png_read);
    facetree_png_restrict(state->png);
    png_read_info(state->png, state->info);

    facetree_png_expect(state);

    shape.width = png_get_image_width(state->png, state->info);
    shape.height = png_get_image_height(state->png, state->info);
    shape.depth = png_get_bit_depth(state->png, state->info);
    shape.samples = png_get_channels(state->png, state->info);

    facetree_png_transform(state);

    shape.color = (state->channels == 3);
    shape.interlaced = (state->passes > 1);
    state->row_size = (size_t) shape.width * state->channels;

    return facetree_png_state(state->decode, &shape);
}


/*
 * Zeroed, because the library may leave a row of an early pass in part
 * untouched, and nobody's memory may become a picture.
 */

static facetree_status_e
facetree_png_allocate(facetree_png_t *state)
{
    uint32_t  rows;

    rows = (state->passes > 1) ? state->decode->info.height : 1;

    state->rows = calloc(rows, state->row_size);
    state->gray = calloc(1, state->decode->info.width);

    if (state->rows == NULL || state->gray == NULL) {
        return facetree_fail(state->decode->err, FACETREE_ENOMEM,
                             FACETREE_NO_OFFSET, NULL);
    }

    return FACETREE_OK;
}


static facetree_status_e
facetree_png_deliver(facetree_png_t *state, const uint8_t *row)
{
    uint32_t  x, width;

    width = state->decode->info.width;

    if (state->channels == 3) {
        facetree_gray_rgb(state->gray, row, width);
        row = state->gray;

    } else if (state->palette) {
        for (x = 0; x < width; x++) {
            state->gray[x] = state->levels[row[x]];
        }

        row = state->gray;
    }

    return facetree_decode_row(state->decode, row);
}


static facetree_status_e
facetree_png_rows(facetree_png_t *state)
{
    int                pass;
    uint8_t           *row;
    uint32_t           y, width, height;
    facetree_status_e  status;

    width = state->decode->info.width;
    height = state->decode->info.height;

    status = facetree_png_allocate(state);
    if (status != FACETREE_OK) {
        return status;
    }

    png_read_update_info(state->png, state->info);

    if (png_get_rowbytes(state->png, state->info) != state->row_size) {
        return facetree_fail(state->decode->err, FACETREE_EIMAGE,
                             FACETREE_NO_OFFSET, "PNG of an unexpected kind");
    }

    /* all passes but the last only fill the frame */

    for (pass = 0; pass < state->passes; pass++) {
        for (y = 0; y < height; y++) {

            row = (state->passes > 1) ? state->rows + y * state->row_size
                                      : state->rows;
            png_read_row(state->png, row, NULL);

            status = (pass == state->passes - 1)
                     ? facetree_png_deliver(state, row)
                     : facetree_decode_tick(state->decode, width);

            if (status != FACETREE_OK) {
                return status;
            }
        }
    }

    return FACETREE_OK;
}


static facetree_status_e
facetree_png_guard(facetree_png_t *state)
{
    facetree_status_e  status;

    if (setjmp(png_jmpbuf(state->png))) {
        return state->status;
    }

    status = facetree_png_header(state);

    if (status != FACETREE_OK
        || state->decode->want != FACETREE_WANT_PIXELS)
    {
        return status;
    }

    return facetree_png_rows(state);
}


facetree_status_e
facetree_decode_png(facetree_decode_t *decode)
{
    facetree_png_t        state;
    facetree_status_e     status;
    facetree_png_shape_t  shape;

    if (decode->want == FACETREE_WANT_COST
        && facetree_png_quick(decode, &shape))
    {
        return facetree_png_state(decode, &shape);
    }

    memset(&state, 0, sizeof(state));
    state.decode = decode;
    facetree_png_data_init(&state.data, decode);

    state.png = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, &state,
                                         facetree_png_error,
                                         facetree_png_warning, &state,
                                         facetree_png_malloc,
                                         facetree_png_free);
    if (state.png) {
        state.info = png_create_info_struct(state.png);
    }

    if (state.info) {
        status = facetree_png_guard(&state);

    } else {
        status = facetree_fail(decode->err, FACETREE_ENOMEM,
                               FACETREE_NO_OFFSET, NULL);
    }

    png_destroy_read_struct(&state.png, &state.info, NULL);
    facetree_png_data_free(&state.data);
    free(state.rows);
    free(state.gray);

    return status;
}

#else

typedef int  facetree_png_absent_t;

#endif
