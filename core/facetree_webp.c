
/*
 * Copyright (C) facetree contributors
 *
 * WebP through libwebp's incremental decoder, so that the clock is looked at.
 */


#ifndef FACETREE_NO_WEBP

#include "facetree_image.h"
#include "facetree_bytes.h"
#include "facetree_exif.h"
#include "facetree_gray.h"
#include "facetree_vp8l.h"

#include <stdlib.h>
#include <string.h>

#include <webp/decode.h>


#define FACETREE_WEBP_PIECE   (64 * 1024)      /* bytes fed at once, at most */
#define FACETREE_WEBP_PIXELS  (256 * 1024)     /* pixels, about */

/*
 * Memory.  The frame is ours: three bytes a pixel.  The library holds
 *
 *   - of the lossless kind, four bytes a pixel, and up to a quarter of that
 *     again three times: predictors, colour transforms, groups of codes, of
 *     which there is one for 4 x 4 pixels; 17 rows; and the codes, of which
 *     facetree_vp8l.c tells;
 *   - of the lossy kind, some rows;
 *   - of lossy with alpha, beside that a byte a pixel, and the lossless kind's
 *     four while it is unpacked.
 */
#define FACETREE_WEBP_FRAME      3
#define FACETREE_WEBP_QUARTERS   19            /* of a byte a pixel, lossless */
#define FACETREE_WEBP_ALPHA      5             /* bytes a pixel */
#define FACETREE_WEBP_ROWS       176           /* bytes a column */
#define FACETREE_WEBP_FIXED      (64 * 1024)

/* Estimated work of a pixel and a byte, see facetree_image.h. */
#define FACETREE_WEBP_LOSSLESS_PS       900
#define FACETREE_WEBP_LOSSLESS_BYTE_PS  2000
#define FACETREE_WEBP_LOSSY_PS          1300
#define FACETREE_WEBP_LOSSY_BYTE_PS     10000
#define FACETREE_WEBP_ALPHA_BYTE_PS     3000


static facetree_status_e
facetree_webp_fail(facetree_decode_t *decode, VP8StatusCode code)
{
    switch (code) {

    case VP8_STATUS_OUT_OF_MEMORY:
        return facetree_fail(decode->err, FACETREE_ENOMEM, FACETREE_NO_OFFSET,
                             NULL);

    case VP8_STATUS_SUSPENDED:
    case VP8_STATUS_NOT_ENOUGH_DATA:
        return facetree_fail(decode->err, FACETREE_EIMAGE, decode->len,
                             "WebP is truncated: it ends before its data "
                             "does");

    default:
        return facetree_fail(decode->err, FACETREE_EIMAGE, FACETREE_NO_OFFSET,
                             "WebP is damaged (libwebp status %d)",
                             (int) code);
    }
}


static int
facetree_webp_is_lossless(const WebPBitstreamFeatures *features)
{
    return features->format == 2;
}


/*
 * The codes are counted once, by the probe: a decoder whose budget has been
 * told of them takes no more.
 */

static uint64_t
facetree_webp_memory(const facetree_decode_t *decode,
    const WebPBitstreamFeatures *features)
{
    uint64_t  pixels, memory;

    pixels = (uint64_t) features->width * (uint64_t) features->height;

    memory = FACETREE_WEBP_FIXED + pixels * FACETREE_WEBP_FRAME
             + (uint64_t) features->width * FACETREE_WEBP_ROWS;

    if (decode->want == FACETREE_WANT_COST
        || (decode->want == FACETREE_WANT_PIXELS && decode->budget->peak == 0))
    {
        memory += facetree_vp8l_memory(decode->data, decode->len,
                                       (uint32_t) features->width,
                                       (uint32_t) features->height);
    }

    if (facetree_webp_is_lossless(features)) {
        return memory + pixels * FACETREE_WEBP_QUARTERS / 4;
    }

    return memory + (features->has_alpha ? pixels * FACETREE_WEBP_ALPHA : 0);
}


static facetree_status_e
facetree_webp_header(facetree_decode_t *decode)
{
    VP8StatusCode             code;
    WebPBitstreamFeatures     features;
    facetree_decode_header_t  header;

    code = WebPGetFeatures(decode->data, decode->len, &features);

    if (code != VP8_STATUS_OK) {
        return facetree_webp_fail(decode, code);
    }

    if (features.has_animation) {
        return facetree_fail(decode->err, FACETREE_EMEDIA, 0,
                             "animated WebP is not accepted; send a still "
                             "picture");
    }

    header.width = (uint32_t) features.width;
    header.height = (uint32_t) features.height;
    header.orientation = facetree_exif_webp(decode->data, decode->len,
                                            FACETREE_IMAGE_MAX_EXIF);
    header.scale = 1;
    header.memory = facetree_webp_memory(decode, &features);

    if (facetree_webp_is_lossless(&features)) {
        header.pixel_ps = FACETREE_WEBP_LOSSLESS_PS;
        header.byte_ps = FACETREE_WEBP_LOSSLESS_BYTE_PS;

    } else {
        header.pixel_ps = FACETREE_WEBP_LOSSY_PS;
        header.byte_ps = features.has_alpha ? FACETREE_WEBP_ALPHA_BYTE_PS
                                            : FACETREE_WEBP_LOSSY_BYTE_PS;
    }

    return facetree_decode_begin(decode, &header);
}


/*
 * Feeds the file in pieces and looks at the clock between them.  Few bytes may
 * hold many pixels, so pieces are cut by both.  The pixels are the same.
 */

static facetree_status_e
facetree_webp_feed(facetree_decode_t *decode, WebPIDecoder *decoder)
{
    size_t             len, piece;
    uint64_t           pixels, pieces;
    VP8StatusCode      code;
    facetree_status_e  status;

    len = 0;
    pixels = (uint64_t) decode->info.width * decode->info.height;
    pieces = decode->len / FACETREE_WEBP_PIECE + pixels / FACETREE_WEBP_PIXELS
             + 1;
    piece = (size_t) (decode->len / pieces) + 1;
    pixels /= pieces;

    do {
        len = (decode->len - len > piece) ? len + piece : decode->len;

        code = WebPIUpdate(decoder, decode->data, len);

        status = facetree_decode_tick(decode, pixels);
        if (status != FACETREE_OK) {
            return status;
        }

    } while (code == VP8_STATUS_SUSPENDED && len < decode->len);

    return (code == VP8_STATUS_OK) ? FACETREE_OK
                                   : facetree_webp_fail(decode, code);
}


static facetree_status_e
facetree_webp_rows(facetree_decode_t *decode, const uint8_t *frame,
    uint8_t *gray)
{
    uint32_t           y, width;
    facetree_status_e  status;

    width = decode->info.width;

    for (y = 0; y < decode->info.height; y++) {
        facetree_gray_rgb(gray, frame, width);
        frame += (size_t) width * FACETREE_WEBP_FRAME;

        status = facetree_decode_row(decode, gray);
        if (status != FACETREE_OK) {
            return status;
        }
    }

    return FACETREE_OK;
}


facetree_status_e
facetree_decode_webp(facetree_decode_t *decode)
{
    size_t             stride, size;
    uint8_t           *frame, *gray;
    WebPIDecoder      *decoder;
    facetree_status_e  status;

    frame = NULL;
    gray = NULL;
    decoder = NULL;

    status = facetree_webp_header(decode);

    if (status != FACETREE_OK || decode->want != FACETREE_WANT_PIXELS) {
        return status;
    }

    if (facetree_get_le32(decode->data + 4) > decode->len - 8) {
        return facetree_webp_fail(decode, VP8_STATUS_NOT_ENOUGH_DATA);
    }

    stride = (size_t) decode->info.width * FACETREE_WEBP_FRAME;
    size = stride * decode->info.height;

    frame = calloc(1, size);
    gray = malloc(decode->info.width);

    if (frame && gray) {
        decoder = WebPINewRGB(MODE_RGB, frame, size, (int) stride);
    }

    if (decoder == NULL) {
        status = facetree_fail(decode->err, FACETREE_ENOMEM,
                               FACETREE_NO_OFFSET, NULL);
        goto done;
    }

    status = facetree_webp_feed(decode, decoder);

    if (status == FACETREE_OK) {
        status = facetree_webp_rows(decode, frame, gray);
    }

done:

    WebPIDelete(decoder);
    free(frame);
    free(gray);

    return status;
}

#else

typedef int  facetree_webp_absent_t;

#endif
