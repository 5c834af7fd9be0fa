
/*
 * Copyright (C) facetree contributors
 *
 * JPEG through libjpeg-turbo, with the settings that Pillow leaves alone:
 * accurate integer DCT, smooth upsampling, block smoothing.
 *
 * The fast mode differs in two settings: only the luma plane is transformed,
 * and each block of 8 x 8 to fewer pixels than that, which are means of the
 * others but for high frequencies.
 */


#ifndef FACETREE_NO_JPEG

#include "facetree_image.h"
#include "facetree_exif.h"
#include "facetree_gray.h"
#include "facetree_jpeg_shape.h"

#include <limits.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>


#define FACETREE_JPEG_FAST   4      /* times the side of the result, at least */

/* Estimated work of a pixel and a byte, see facetree_image.h. */
#define FACETREE_JPEG_COLOR_PS      900
#define FACETREE_JPEG_GRAY_PS       400
#define FACETREE_JPEG_BYTE_PS       3000
#define FACETREE_JPEG_FAST_PS       200
#define FACETREE_JPEG_FAST_BYTE_PS  2000
#define FACETREE_JPEG_SCAN_PS       100        /* of each but the first scan */


/*
 * Everything that survives a longjmp() is in here, one frame above the
 * setjmp(), so that no local variable of that function is at stake.
 */

typedef struct {
    struct jpeg_decompress_struct  cinfo;
    struct jpeg_error_mgr          errors;
    struct jpeg_progress_mgr       progress;
    jmp_buf                        escape;
    facetree_decode_t             *decode;
    facetree_status_e              status;
} facetree_jpeg_t;


static void
facetree_jpeg_escape(facetree_jpeg_t *jpeg, facetree_status_e status)
{
    jpeg->status = status;
    longjmp(jpeg->escape, 1);
}


static uint64_t
facetree_jpeg_offset(const facetree_jpeg_t *jpeg)
{
    if (jpeg->cinfo.src == NULL
        || jpeg->cinfo.src->bytes_in_buffer > jpeg->decode->len)
    {
        return FACETREE_NO_OFFSET;
    }

    return jpeg->decode->len - jpeg->cinfo.src->bytes_in_buffer;
}


static void
facetree_jpeg_error_exit(j_common_ptr cinfo)
{
    char               text[JMSG_LENGTH_MAX];
    facetree_jpeg_t   *jpeg;
    facetree_status_e  status;

    jpeg = cinfo->client_data;

    switch (cinfo->err->msg_code) {

    case JERR_OUT_OF_MEMORY:
        status = facetree_fail(jpeg->decode->err, FACETREE_ENOMEM,
                               FACETREE_NO_OFFSET, NULL);
        break;

    case JERR_NO_BACKING_STORE:
        status = facetree_fail_limit(jpeg->decode->err, FACETREE_EMEMORY,
                                     jpeg->decode->budget->limits.max_memory,
                                     jpeg->decode->budget->limits.max_memory,
                                     "decoding takes more than %llu bytes of "
                                     "memory", (unsigned long long)
                                     jpeg->decode->budget->limits.max_memory);
        break;

    case JERR_BAD_PRECISION:
    case JERR_SOF_UNSUPPORTED:
        status = facetree_fail(jpeg->decode->err, FACETREE_EMEDIA,
                               facetree_jpeg_offset(jpeg),
                               "a JPEG of a rare kind (lossless, hierarchical "
                               "or not 8 bits); send an ordinary JPEG or PNG");
        break;

    default:
        cinfo->err->format_message(cinfo, text);
        status = facetree_fail(jpeg->decode->err, FACETREE_EIMAGE,
                               facetree_jpeg_offset(jpeg),
                               "JPEG is damaged: %s", text);
        break;
    }

    facetree_jpeg_escape(jpeg, status);
}


/*
 * Damage inside the data is patched by the library and accepted, as in
 * Pillow.  The end of the data is not: what is missing would be made up.
 */

static void
facetree_jpeg_emit_message(j_common_ptr cinfo, int level)
{
    facetree_jpeg_t  *jpeg;

    if (level >= 0) {
        return;
    }

    cinfo->err->num_warnings++;

    if (cinfo->err->msg_code == JWRN_JPEG_EOF) {
        jpeg = cinfo->client_data;

        facetree_jpeg_escape(jpeg,
                             facetree_fail(jpeg->decode->err, FACETREE_EIMAGE,
                                           jpeg->decode->len,
                                           "JPEG is truncated: it ends "
                                           "before its end marker"));
    }
}


static void
facetree_jpeg_output_message(j_common_ptr cinfo)
{
    (void) cinfo;
}


static facetree_status_e
facetree_jpeg_scans(const facetree_decode_t *decode, uint32_t scans)
{
    return facetree_fail_limit(decode->err, FACETREE_ESCANS,
                               FACETREE_IMAGE_MAX_SCANS, scans,
                               "JPEG has more than %u scans",
                               FACETREE_IMAGE_MAX_SCANS);
}


/*
 * Called once for each row of blocks, of each scan.  A file of a few
 * kilobytes can hold thousands of empty scans over millions of pixels.
 */

static void
facetree_jpeg_progress(j_common_ptr common)
{
    facetree_jpeg_t   *jpeg;
    j_decompress_ptr   cinfo;
    facetree_status_e  status;

    jpeg = common->client_data;
    cinfo = &jpeg->cinfo;

    if (cinfo->input_scan_number > FACETREE_IMAGE_MAX_SCANS) {
        facetree_jpeg_escape(jpeg, facetree_jpeg_scans(jpeg->decode,
                                       (uint32_t) cinfo->input_scan_number));
    }

    if (cinfo->output_scanline == 0) {
        status = facetree_decode_tick(jpeg->decode,
                                      (uint64_t) cinfo->image_width
                                      * cinfo->max_v_samp_factor * DCTSIZE);

        if (status != FACETREE_OK) {
            facetree_jpeg_escape(jpeg, status);
        }
    }
}


/*
 * By how much the library may shrink.  What it leaves is still resampled by
 * FACETREE_JPEG_FAST or more, which hides the corners it cuts.
 */

static uint32_t
facetree_jpeg_scale(const facetree_decode_t *decode,
    const facetree_jpeg_shape_t *shape)
{
    uint32_t  side, target, scale;

    if (decode->budget->limits.mode != FACETREE_DECODE_FAST) {
        return 1;
    }

    side = (shape->width < shape->height) ? shape->width : shape->height;
    target = (decode->out_width > decode->out_height) ? decode->out_width
                                                      : decode->out_height;
    scale = DCTSIZE;

    while (scale > 1
           && (side + scale - 1) / scale < target * FACETREE_JPEG_FAST)
    {
        scale /= 2;
    }

    return scale;
}


/* Estimated work, see facetree_image.h. */

static void
facetree_jpeg_work(const facetree_decode_t *decode,
    const facetree_jpeg_shape_t *shape, uint32_t scans,
    facetree_decode_header_t *header)
{
    if (decode->budget->limits.mode == FACETREE_DECODE_FAST) {
        header->pixel_ps = FACETREE_JPEG_FAST_PS;
        header->byte_ps = FACETREE_JPEG_FAST_BYTE_PS;

    } else {
        header->pixel_ps = (shape->components == 1) ? FACETREE_JPEG_GRAY_PS
                                                    : FACETREE_JPEG_COLOR_PS;
        header->byte_ps = FACETREE_JPEG_BYTE_PS;
    }

    header->pixel_ps += (scans - 1) * FACETREE_JPEG_SCAN_PS;
}


static facetree_status_e
facetree_jpeg_state(facetree_decode_t *decode,
    const facetree_jpeg_shape_t *shape, facetree_decode_header_t *header)
{
    uint32_t  scans;

    scans = 1;

    if (decode->want == FACETREE_WANT_COST) {
        scans = facetree_jpeg_shape_scans(shape, decode->data, decode->len);

        if (scans > FACETREE_IMAGE_MAX_SCANS) {
            return facetree_jpeg_scans(decode, scans);
        }
    }

    header->width = shape->width;
    header->height = shape->height;
    header->orientation = facetree_exif_jpeg(decode->data, decode->len,
                                             FACETREE_IMAGE_MAX_EXIF);
    header->scale = facetree_jpeg_scale(decode, shape);
    header->memory = facetree_jpeg_shape_memory(shape);

    facetree_jpeg_work(decode, shape, scans, header);

    return facetree_decode_begin(decode, header);
}


/* What libjpeg has read. */

static void
facetree_jpeg_shape(const facetree_jpeg_t *jpeg, facetree_jpeg_shape_t *shape)
{
    int                      i;
    const j_decompress_ptr   cinfo = (j_decompress_ptr) &jpeg->cinfo;

    memset(shape, 0, sizeof(*shape));

    shape->width = cinfo->image_width;
    shape->height = cinfo->image_height;
    shape->components = (uint32_t) cinfo->num_components;
    shape->several = cinfo->progressive_mode || jpeg_has_multiple_scans(cinfo);
    shape->data = jpeg->decode->len - cinfo->src->bytes_in_buffer;

    for (i = 0; i < cinfo->num_components; i++) {
        shape->h[i] = (uint32_t) cinfo->comp_info[i].h_samp_factor;
        shape->v[i] = (uint32_t) cinfo->comp_info[i].v_samp_factor;
    }
}


static facetree_status_e
facetree_jpeg_header(facetree_jpeg_t *jpeg)
{
    j_decompress_ptr           cinfo;
    facetree_decode_t         *decode;
    facetree_status_e          status;
    facetree_jpeg_shape_t      shape;
    facetree_decode_header_t   header;

    cinfo = &jpeg->cinfo;
    decode = jpeg->decode;

    jpeg_create_decompress(cinfo);

    cinfo->client_data = jpeg;
    cinfo->progress = &jpeg->progress;
    cinfo->mem->max_memory_to_use
        = (decode->budget->limits.max_memory < LONG_MAX)
          ? (long) decode->budget->limits.max_memory : LONG_MAX;

    jpeg_mem_src(cinfo, decode->data, decode->len);
    jpeg_read_header(cinfo, TRUE);

    if (cinfo->num_components != 1 && cinfo->num_components != 3
        && cinfo->num_components != 4)
    {
        return facetree_fail(decode->err, FACETREE_EMEDIA,
                             facetree_jpeg_offset(jpeg),
                             "a JPEG of %d components; send one of 1, 3 or 4",
                             cinfo->num_components);
    }

    facetree_jpeg_shape(jpeg, &shape);

    status = facetree_jpeg_state(decode, &shape, &header);

    if (status != FACETREE_OK) {
        return status;
    }

    cinfo->scale_num = 1;
    cinfo->scale_denom = header.scale;

    return FACETREE_OK;
}


static facetree_status_e
facetree_jpeg_start(facetree_jpeg_t *jpeg)
{
    uint32_t           scale;
    j_decompress_ptr   cinfo;

    cinfo = &jpeg->cinfo;
    scale = cinfo->scale_denom;

    switch (cinfo->num_components) {

    case 1:
        cinfo->out_color_space = JCS_GRAYSCALE;
        break;

    case 3:
        /* exactly not gray: luma differs where RGB would be clipped */
        cinfo->out_color_space
            = (jpeg->decode->budget->limits.mode == FACETREE_DECODE_FAST)
              ? JCS_GRAYSCALE : JCS_RGB;
        break;

    default:
        cinfo->out_color_space = JCS_CMYK;
        break;
    }

    jpeg_start_decompress(cinfo);

    if (cinfo->output_width != (cinfo->image_width + scale - 1) / scale
        || cinfo->output_height != (cinfo->image_height + scale - 1) / scale)
    {
        return facetree_fail(jpeg->decode->err, FACETREE_EIMAGE,
                             FACETREE_NO_OFFSET, "JPEG of an unexpected kind");
    }

    return FACETREE_OK;
}


static facetree_status_e
facetree_jpeg_rows(facetree_jpeg_t *jpeg)
{
    size_t             size;
    uint8_t           *row, *gray;
    j_decompress_ptr   cinfo;
    facetree_status_e  status;

    cinfo = &jpeg->cinfo;

    status = facetree_jpeg_start(jpeg);
    if (status != FACETREE_OK) {
        return status;
    }

    size = (size_t) cinfo->output_width * cinfo->output_components;

    /*
     * Aligned rows the library would write past the caches, to memory; but
     * they are read right away, and reading them back took longer than all
     * the rest.
     */
    row = cinfo->mem->alloc_large((j_common_ptr) cinfo, JPOOL_IMAGE, size + 1);
    row++;

    gray = cinfo->mem->alloc_large((j_common_ptr) cinfo, JPOOL_IMAGE,
                                   cinfo->output_width);

    while (cinfo->output_scanline < cinfo->output_height) {
        jpeg_read_scanlines(cinfo, &row, 1);

        switch (cinfo->out_color_space) {

        case JCS_GRAYSCALE:
            status = facetree_decode_row(jpeg->decode, row);
            break;

        case JCS_RGB:
            facetree_gray_rgb(gray, row, cinfo->output_width);
            status = facetree_decode_row(jpeg->decode, gray);
            break;

        default:
            facetree_gray_cmyk(gray, row, cinfo->output_width);
            status = facetree_decode_row(jpeg->decode, gray);
            break;
        }

        if (status != FACETREE_OK) {
            return status;
        }
    }

    /* reads on to the end marker, and fails without one, as Pillow does */
    jpeg_finish_decompress(cinfo);

    return FACETREE_OK;
}


static facetree_status_e
facetree_jpeg_guard(facetree_jpeg_t *jpeg)
{
    facetree_status_e  status;

    if (setjmp(jpeg->escape)) {
        return jpeg->status;
    }

    status = facetree_jpeg_header(jpeg);

    if (status != FACETREE_OK
        || jpeg->decode->want != FACETREE_WANT_PIXELS)
    {
        return status;
    }

    return facetree_jpeg_rows(jpeg);
}


facetree_status_e
facetree_decode_jpeg(facetree_decode_t *decode)
{
    facetree_jpeg_t           jpeg;
    facetree_status_e         status;
    facetree_jpeg_shape_t     shape;
    facetree_decode_header_t  header;

    /* To start the library takes ten times as long as to ask the markers. */

    if (decode->want == FACETREE_WANT_COST
        && facetree_jpeg_shape_read(&shape, decode->data, decode->len))
    {
        return facetree_jpeg_state(decode, &shape, &header);
    }

    memset(&jpeg, 0, sizeof(jpeg));

    jpeg.decode = decode;
    jpeg.cinfo.err = jpeg_std_error(&jpeg.errors);
    jpeg.cinfo.client_data = &jpeg;
    jpeg.errors.error_exit = facetree_jpeg_error_exit;
    jpeg.errors.emit_message = facetree_jpeg_emit_message;
    jpeg.errors.output_message = facetree_jpeg_output_message;
    jpeg.progress.progress_monitor = facetree_jpeg_progress;

    status = facetree_jpeg_guard(&jpeg);

    jpeg_destroy_decompress(&jpeg.cinfo);

    return status;
}

#else

typedef int  facetree_jpeg_absent_t;

#endif
