
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
#include "facetree_bytes.h"
#include "facetree_exif.h"
#include "facetree_gray.h"

#include <limits.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>


#define FACETREE_JPEG_BLOCK  (DCTSIZE2 * sizeof(JCOEF))
#define FACETREE_JPEG_FAST   4      /* times the side of the result, at least */

#define FACETREE_JPEG_RST0   0xd0
#define FACETREE_JPEG_RST7   0xd7
#define FACETREE_JPEG_EOI    0xd9
#define FACETREE_JPEG_SOS    0xda

/* Memory: tables and states; rows of samples a row of blocks, at most. */
#define FACETREE_JPEG_FIXED  (128 * 1024)
#define FACETREE_JPEG_ROWS   10

/* Estimated work, see facetree_image.h. */
#define FACETREE_JPEG_COLOR_PS  2000
#define FACETREE_JPEG_GRAY_PS   800
#define FACETREE_JPEG_FAST_PS   500
#define FACETREE_JPEG_SCAN_PS   100
#define FACETREE_JPEG_BYTE_PS   1000


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
facetree_jpeg_scans(const facetree_jpeg_t *jpeg, uint32_t scans)
{
    return facetree_fail_limit(jpeg->decode->err, FACETREE_ESCANS,
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
        facetree_jpeg_escape(jpeg, facetree_jpeg_scans(jpeg,
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
 * Scans of a file in several of them, told by their markers; the first one's
 * header has been read.  Counting stops with the first scan too many.
 */

static uint32_t
facetree_jpeg_count(const facetree_jpeg_t *jpeg)
{
    size_t          left, size;
    uint32_t        scans;
    const uint8_t  *p, *mark;

    p = jpeg->cinfo.src->next_input_byte;
    left = jpeg->cinfo.src->bytes_in_buffer;
    scans = 1;

    while (left > 4 && scans <= FACETREE_IMAGE_MAX_SCANS) {
        mark = memchr(p, 0xff, left - 4);

        if (mark == NULL || mark[1] == FACETREE_JPEG_EOI) {
            break;
        }

        left -= (size_t) (mark - p);
        p = mark;

        if (p[1] == 0xff) {
            size = 1;                           /* a fill byte */

        } else if (p[1] == 0 || (p[1] >= FACETREE_JPEG_RST0
                                 && p[1] <= FACETREE_JPEG_RST7))
        {
            size = 2;                           /* within a scan */

        } else {
            scans += (p[1] == FACETREE_JPEG_SOS);
            size = 2 + (size_t) facetree_get_be16(p + 2);
        }

        size = (size < left) ? size : left;
        p += size;
        left -= size;
    }

    return scans;
}


/*
 * Bytes the library holds at once, rounded up: of every component ten rows of
 * blocks' rows between the inverse DCT and the upsampling, a group of rows
 * behind it, and the row of the result; of a file in several scans all
 * coefficients.
 */

static uint64_t
facetree_jpeg_memory(const facetree_jpeg_t *jpeg, int scans)
{
    int                         i;
    uint64_t                    blocks, memory, columns;
    const jpeg_component_info  *component;

    blocks = 0;
    columns = (uint64_t) jpeg->cinfo.image_width
              + jpeg->cinfo.max_h_samp_factor * DCTSIZE;

    memory = FACETREE_JPEG_FIXED
             + columns * jpeg->cinfo.num_components
               * (jpeg->cinfo.max_v_samp_factor + 1)
             + columns;

    for (i = 0; i < jpeg->cinfo.num_components; i++) {
        component = &jpeg->cinfo.comp_info[i];

        memory += ((uint64_t) component->width_in_blocks
                   + component->h_samp_factor)
                  * DCTSIZE * component->v_samp_factor * FACETREE_JPEG_ROWS;

        /* rounded up to whole MCUs by less than one of 4 x 4 */
        blocks += ((uint64_t) component->width_in_blocks
                   + component->h_samp_factor)
                  * ((uint64_t) component->height_in_blocks
                     + component->v_samp_factor);
    }

    return memory + (scans ? blocks * FACETREE_JPEG_BLOCK : 0);
}


/* Estimated picoseconds a pixel, see facetree_image.h. */

static uint32_t
facetree_jpeg_pixel_ps(const facetree_jpeg_t *jpeg, uint32_t scans)
{
    uint32_t  ps;

    ps = (jpeg->decode->budget->limits.mode == FACETREE_DECODE_FAST)
         ? FACETREE_JPEG_FAST_PS
         : (jpeg->cinfo.num_components == 1) ? FACETREE_JPEG_GRAY_PS
                                             : FACETREE_JPEG_COLOR_PS;

    return ps + (scans - 1) * FACETREE_JPEG_SCAN_PS;
}


/*
 * By how much the library may shrink.  What it leaves is still resampled by
 * FACETREE_JPEG_FAST or more, which hides the corners it cuts.
 */

static uint32_t
facetree_jpeg_scale(const facetree_jpeg_t *jpeg)
{
    uint32_t                  side, target, scale;
    const facetree_decode_t  *decode;

    decode = jpeg->decode;

    if (decode->budget->limits.mode != FACETREE_DECODE_FAST) {
        return 1;
    }

    side = (jpeg->cinfo.image_width < jpeg->cinfo.image_height)
           ? jpeg->cinfo.image_width : jpeg->cinfo.image_height;

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


static facetree_status_e
facetree_jpeg_header(facetree_jpeg_t *jpeg)
{
    int                        several;
    uint32_t                   scans;
    j_decompress_ptr           cinfo;
    facetree_decode_t         *decode;
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

    header.width = cinfo->image_width;
    header.height = cinfo->image_height;
    header.orientation = facetree_exif_jpeg(decode->data, decode->len,
                                            FACETREE_IMAGE_MAX_EXIF);
    header.scale = facetree_jpeg_scale(jpeg);
    several = cinfo->progressive_mode || jpeg_has_multiple_scans(cinfo);
    scans = 1;

    if (several && decode->want == FACETREE_WANT_COST) {
        scans = facetree_jpeg_count(jpeg);

        if (scans > FACETREE_IMAGE_MAX_SCANS) {
            return facetree_jpeg_scans(jpeg, scans);
        }
    }

    header.memory = facetree_jpeg_memory(jpeg, several);
    header.pixel_ps = facetree_jpeg_pixel_ps(jpeg, scans);
    header.byte_ps = FACETREE_JPEG_BYTE_PS;

    cinfo->scale_num = 1;
    cinfo->scale_denom = header.scale;

    return facetree_decode_begin(decode, &header);
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
    facetree_jpeg_t    jpeg;
    facetree_status_e  status;

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
