
/*
 * Copyright (C) facetree contributors
 */


#include "facetree_image.h"

#include <stdio.h>
#include <string.h>
#include <time.h>


#define FACETREE_IMAGE_MAX_OUT   256
#define FACETREE_IMAGE_CLOCK     (256 * 1024)   /* pixels a look at the clock */


static const char *const  facetree_format_names[] = {
    "unknown",
#define FACETREE_FORMAT_TEXT(name, text)  text,
    FACETREE_FORMAT_MAP(FACETREE_FORMAT_TEXT)
#undef FACETREE_FORMAT_TEXT
};


/* By facetree_format_e; NULL where this build lacks the library. */

static const facetree_decoder_pt  facetree_decoders[FACETREE_FORMAT_COUNT] = {
#if !defined(FACETREE_NO_JPEG) || !defined(FACETREE_NO_STB)
    [FACETREE_JPEG] = facetree_decode_jpeg,
#endif
#if !defined(FACETREE_NO_PNG) || !defined(FACETREE_NO_STB)
    [FACETREE_PNG] = facetree_decode_png,
#endif
#ifndef FACETREE_NO_WEBP
    [FACETREE_WEBP] = facetree_decode_webp,
#endif
#ifndef FACETREE_NO_STB
    [FACETREE_BMP] = facetree_decode_bmp,
    [FACETREE_PNM] = facetree_decode_pnm,
#endif
};


const char *
facetree_format_name(facetree_format_e format)
{
    if ((unsigned) format >= FACETREE_FORMAT_COUNT) {
        return "unknown";
    }

    return facetree_format_names[format];
}


uint32_t
facetree_format_supported(void)
{
    uint32_t  format, mask;

    mask = 0;

    for (format = 0; format < FACETREE_FORMAT_COUNT; format++) {
        if (facetree_decoders[format]) {
            mask |= FACETREE_FORMAT_BIT(format);
        }
    }

    return mask;
}


void
facetree_image_limits_init(facetree_image_limits_t *limits)
{
    limits->formats = facetree_format_supported();
    limits->max_bytes = (size_t) 64 * 1024 * 1024;
    limits->max_side = 12000;
    limits->max_pixels = 25 * 1000 * 1000;
    limits->max_frame_pixels = 16 * 1000 * 1000;
    limits->max_scans = 64;
    limits->max_memory = (size_t) 160 * 1024 * 1024;
    limits->max_exif = 64 * 1024;
    limits->timeout_ms = 500;
    limits->mode = FACETREE_DECODE_EXACT;
}


static uint64_t
facetree_image_clock(void)
{
    struct timespec  now;

    clock_gettime(CLOCK_MONOTONIC, &now);

    return (uint64_t) now.tv_sec * 1000000000u + (uint64_t) now.tv_nsec;
}


facetree_status_e
facetree_decode_tick(facetree_decode_t *decode, uint64_t pixels)
{
    uint64_t  now;

    decode->work += pixels;

    if (decode->work < FACETREE_IMAGE_CLOCK || decode->deadline == 0) {
        return FACETREE_OK;
    }

    decode->work = 0;
    now = facetree_image_clock();

    if (now < decode->deadline) {
        return FACETREE_OK;
    }

    return facetree_fail_limit(decode->err, FACETREE_ETIMEOUT,
                               decode->limits.timeout_ms,
                               (now - decode->started) / 1000000,
                               "decoding %ux%u takes more than %u ms",
                               decode->info.width, decode->info.height,
                               decode->limits.timeout_ms);
}


static facetree_status_e
facetree_decode_check(facetree_decode_t *decode,
    const facetree_decode_header_t *header)
{
    uint32_t                        side, max_side;
    uint64_t                        pixels, max_pixels;
    const facetree_image_limits_t  *limits;

    limits = &decode->limits;

    side = (header->width > header->height) ? header->width : header->height;
    max_side = (limits->max_side < FACETREE_RESAMPLE_MAX_SIDE)
               ? limits->max_side : FACETREE_RESAMPLE_MAX_SIDE;

    if (side > max_side) {
        return facetree_fail_limit(decode->err, FACETREE_ESIDE, max_side,
                                   side, "%ux%u is more than %u pixels along "
                                   "a side", header->width, header->height,
                                   max_side);
    }

    pixels = (uint64_t) header->width * header->height;
    max_pixels = limits->max_pixels;

    if (header->frame && limits->max_frame_pixels < max_pixels) {
        max_pixels = limits->max_frame_pixels;
    }

    if (pixels > max_pixels) {
        return facetree_fail_limit(decode->err, FACETREE_EPIXELS, max_pixels,
                                   pixels, "%ux%u is more than %llu pixels%s",
                                   header->width, header->height,
                                   (unsigned long long) max_pixels,
                                   header->frame ? " (of a kind that must be "
                                                   "held as a whole)" : "");
    }

    if (header->memory > limits->max_memory) {
        return facetree_fail_limit(decode->err, FACETREE_EMEMORY,
                                   limits->max_memory, header->memory,
                                   "decoding %ux%u takes %llu bytes of "
                                   "memory, more than %zu", header->width,
                                   header->height,
                                   (unsigned long long) header->memory,
                                   limits->max_memory);
    }

    return FACETREE_OK;
}


facetree_status_e
facetree_decode_begin(facetree_decode_t *decode,
    const facetree_decode_header_t *header)
{
    facetree_status_e            status;
    facetree_resample_options_t  options;

    if (header->width == 0 || header->height == 0) {
        return facetree_fail(decode->err, FACETREE_EIMAGE, FACETREE_NO_OFFSET,
                             "the header says %ux%u pixels", header->width,
                             header->height);
    }

    decode->info.width = header->width;
    decode->info.height = header->height;
    decode->info.orientation = header->orientation;

    if (decode->probe) {
        return FACETREE_OK;
    }

    status = facetree_decode_check(decode, header);
    if (status != FACETREE_OK) {
        return status;
    }

    options.width = (header->width + header->scale - 1) / header->scale;
    options.height = (header->height + header->scale - 1) / header->scale;
    options.box_width = (double) header->width / header->scale;
    options.box_height = (double) header->height / header->scale;
    options.orientation = header->orientation;
    options.out_width = decode->out_width;
    options.out_height = decode->out_height;
    options.pixels = decode->pixels;
    options.held = header->memory;
    options.max_memory = decode->limits.max_memory;

    decode->rows = options.height;
    decode->row_work = header->width * header->scale;

    return facetree_resample_create(&decode->resample, &options, decode->err);
}


facetree_status_e
facetree_decode_row(facetree_decode_t *decode, const uint8_t *gray)
{
    facetree_resample_row(decode->resample, gray);
    decode->rows--;

    return facetree_decode_tick(decode, decode->row_work);
}


/* "jpeg, png": the formats of a mask, for an error text. */

static void
facetree_format_list(uint32_t mask, char *text, size_t size)
{
    size_t    len;
    uint32_t  format;

    len = 0;
    text[0] = '\0';

    for (format = 0; format < FACETREE_FORMAT_COUNT && len < size; format++) {
        if (mask & FACETREE_FORMAT_BIT(format)) {
            len += (size_t) snprintf(text + len, size - len, "%s%s",
                                     len ? ", " : "",
                                     facetree_format_names[format]);
        }
    }
}


static facetree_status_e
facetree_image_recognise(facetree_decode_t *decode)
{
    char               list[64];
    uint32_t           accepted;
    const char        *refusal;
    facetree_format_e  format;

    if (decode->len == 0) {
        return facetree_fail(decode->err, FACETREE_EMEDIA, 0,
                             "the file is empty; send a picture");
    }

    if (decode->len > decode->limits.max_bytes) {
        return facetree_fail_limit(decode->err, FACETREE_EBYTES,
                                   decode->limits.max_bytes, decode->len,
                                   "the file has %zu bytes, more than %zu",
                                   decode->len, decode->limits.max_bytes);
    }

    format = facetree_magic_format(decode->data, decode->len, &refusal);
    decode->info.format = format;

    if (format == FACETREE_UNKNOWN_FORMAT) {
        return facetree_fail(decode->err, FACETREE_EMEDIA, 0, "%s",
                             refusal ? refusal
                                     : "not a picture in a known format; "
                                       "send JPEG, PNG, WebP, BMP or PNM");
    }

    accepted = decode->limits.formats & facetree_format_supported();

    if ((accepted & FACETREE_FORMAT_BIT(format)) == 0) {
        facetree_format_list(accepted, list, sizeof(list));

        return facetree_fail(decode->err, FACETREE_EMEDIA, 0,
                             "%s is not accepted here; accepted: %s",
                             facetree_format_name(format),
                             accepted ? list : "none");
    }

    return FACETREE_OK;
}


static facetree_status_e
facetree_image_run(facetree_decode_t *decode)
{
    facetree_status_e  status;

    decode->info.orientation = 1;

    status = facetree_image_recognise(decode);
    if (status != FACETREE_OK) {
        return status;
    }

    status = facetree_decoders[decode->info.format](decode);

    facetree_resample_free(decode->resample);

    if (status == FACETREE_OK && decode->rows) {
        status = facetree_fail(decode->err, FACETREE_EIMAGE,
                               FACETREE_NO_OFFSET, "%u of %u rows are missing",
                               decode->rows, decode->info.height);
    }

    return status;
}


facetree_status_e
facetree_image_probe(const void *data, size_t len,
    facetree_image_info_t *info, facetree_error_t *err)
{
    facetree_decode_t  decode;
    facetree_status_e  status;

    memset(&decode, 0, sizeof(decode));
    facetree_image_limits_init(&decode.limits);
    decode.limits.max_bytes = SIZE_MAX;

    decode.data = data;
    decode.len = len;
    decode.probe = 1;
    decode.err = err;

    status = facetree_image_run(&decode);

    if (status == FACETREE_OK) {
        *info = decode.info;
    }

    return status;
}


facetree_status_e
facetree_image_decode(const void *data, size_t len,
    const facetree_image_limits_t *limits, uint32_t width, uint32_t height,
    uint8_t *pixels, facetree_image_info_t *info, facetree_error_t *err)
{
    facetree_decode_t  decode;
    facetree_status_e  status;

    memset(&decode, 0, sizeof(decode));

    if (width == 0 || width > FACETREE_IMAGE_MAX_OUT
        || height == 0 || height > FACETREE_IMAGE_MAX_OUT)
    {
        status = facetree_fail(err, FACETREE_EINVAL, FACETREE_NO_OFFSET,
                               "cannot shrink to %ux%u; a side is 1..%u",
                               width, height, FACETREE_IMAGE_MAX_OUT);
        goto done;
    }

    if (limits) {
        decode.limits = *limits;

    } else {
        facetree_image_limits_init(&decode.limits);
    }

    decode.data = data;
    decode.len = len;
    decode.out_width = width;
    decode.out_height = height;
    decode.pixels = pixels;
    decode.err = err;

    if (decode.limits.timeout_ms) {
        decode.started = facetree_image_clock();
        decode.deadline = decode.started
                          + (uint64_t) decode.limits.timeout_ms * 1000000;
    }

    status = facetree_image_run(&decode);

done:

    if (info) {
        *info = decode.info;
    }

    return status;
}
