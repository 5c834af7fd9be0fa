
/*
 * Copyright (C) facetree contributors
 *
 * Pictures, whatever their format: what is recognised, what the limits say,
 * and the way from a decoder's rows to the small picture.
 */


#include "facetree_image.h"

#include <stdio.h>
#include <string.h>


#define FACETREE_IMAGE_MAX_OUT   256
#define FACETREE_IMAGE_BASE      1500   /* ns of work for the smallest one */


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


facetree_status_e
facetree_decode_tick(facetree_decode_t *decode, uint64_t pixels)
{
    return facetree_budget_tick(decode->budget, pixels, decode->err);
}


static facetree_status_e
facetree_decode_check_side(facetree_decode_t *decode,
    const facetree_decode_header_t *header)
{
    uint32_t  side;

    side = (header->width > header->height) ? header->width : header->height;

    if (side <= FACETREE_RESAMPLE_MAX_SIDE) {
        return FACETREE_OK;
    }

    return facetree_fail_limit(decode->err, FACETREE_ESIDE,
                               FACETREE_RESAMPLE_MAX_SIDE, side,
                               "%ux%u is more than %u pixels along a side",
                               header->width, header->height,
                               FACETREE_RESAMPLE_MAX_SIDE);
}


/* By itself: whoever adds up the pictures of a request has probed them. */

static facetree_status_e
facetree_decode_check(facetree_decode_t *decode)
{
    uint64_t                  pixels, memory;
    const facetree_limits_t  *limits;

    limits = &decode->budget->limits;
    pixels = (uint64_t) decode->info.width * decode->info.height;
    memory = facetree_budget_sum(decode->budget->held, decode->memory);

    if (pixels > limits->max_pixels) {
        return facetree_fail_limit(decode->err, FACETREE_EPIXELS,
                                   limits->max_pixels, pixels,
                                   "%ux%u has %llu pixels, more than %llu",
                                   decode->info.width, decode->info.height,
                                   (unsigned long long) pixels,
                                   (unsigned long long) limits->max_pixels);
    }

    if (memory > limits->max_memory) {
        return facetree_fail_limit(decode->err, FACETREE_EMEMORY,
                                   limits->max_memory, memory,
                                   "decoding %ux%u takes %llu bytes of memory "
                                   "at once, more than %llu",
                                   decode->info.width, decode->info.height,
                                   (unsigned long long) memory,
                                   (unsigned long long) limits->max_memory);
    }

    /* The probe reads markers, the library too: should they ever differ. */

    if (decode->budget->peak && decode->memory > decode->budget->peak) {
        return facetree_fail(decode->err, FACETREE_EIMAGE, FACETREE_NO_OFFSET,
                             "the header can be read in two ways");
    }

    return FACETREE_OK;
}


/* Sides are below 2^24 here, so that nothing wraps. */

static uint64_t
facetree_decode_work(const facetree_decode_t *decode,
    const facetree_decode_header_t *header)
{
    uint64_t  pixels;

    pixels = (uint64_t) header->width * header->height;

    return FACETREE_IMAGE_BASE
           + pixels / 1000 * header->pixel_ps
           + pixels % 1000 * header->pixel_ps / 1000
           + (uint64_t) decode->len / 1000 * header->byte_ps;
}


facetree_status_e
facetree_decode_begin(facetree_decode_t *decode,
    const facetree_decode_header_t *header)
{
    facetree_status_e            status;
    facetree_resample_options_t  options;

    memset(&options, 0, sizeof(options));

    if (header->width == 0 || header->height == 0) {
        return facetree_fail(decode->err, FACETREE_EIMAGE, FACETREE_NO_OFFSET,
                             "the header says %ux%u pixels", header->width,
                             header->height);
    }

    decode->info.width = header->width;
    decode->info.height = header->height;
    decode->info.orientation = header->orientation;

    if (decode->want == FACETREE_WANT_HEADER) {
        return FACETREE_OK;
    }

    status = facetree_decode_check_side(decode, header);
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

    decode->memory = facetree_budget_sum(header->memory,
                                         facetree_resample_memory(&options));

    if (decode->want == FACETREE_WANT_COST) {
        decode->work = facetree_decode_work(decode, header);
        return FACETREE_OK;
    }

    status = facetree_decode_check(decode);
    if (status != FACETREE_OK) {
        return status;
    }

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

    if (decode->len > decode->budget->limits.max_bytes) {
        return facetree_fail_limit(decode->err, FACETREE_EBYTES,
                                   decode->budget->limits.max_bytes,
                                   decode->len,
                                   "the file has %zu bytes, more than %zu",
                                   decode->len,
                                   decode->budget->limits.max_bytes);
    }

    format = facetree_magic_format(decode->data, decode->len, &refusal);
    decode->info.format = format;

    if (format == FACETREE_UNKNOWN_FORMAT) {
        return facetree_fail(decode->err, FACETREE_EMEDIA, 0, "%s",
                             refusal ? refusal
                                     : "not a picture in a known format; "
                                       "send JPEG, PNG, WebP, BMP or PNM");
    }

    accepted = decode->budget->limits.formats & facetree_format_supported();

    if ((accepted & FACETREE_FORMAT_BIT(format)) == 0) {
        facetree_format_list(accepted, list, sizeof(list));

        return facetree_fail(decode->err, FACETREE_EMEDIA, 0,
                             "%s is not accepted here; accepted: %s",
                             facetree_format_name(format),
                             accepted ? list : "none");
    }

    return FACETREE_OK;
}


facetree_status_e
facetree_decode_run(facetree_decode_t *decode)
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
    facetree_budget_t  budget;
    facetree_status_e  status;

    facetree_budget_init(&budget, NULL);
    budget.limits.max_bytes = SIZE_MAX;

    memset(&decode, 0, sizeof(decode));

    decode.data = data;
    decode.len = len;
    decode.budget = &budget;
    decode.want = FACETREE_WANT_HEADER;
    decode.err = err;

    status = facetree_decode_run(&decode);

    if (status == FACETREE_OK) {
        *info = decode.info;
    }

    return status;
}


facetree_status_e
facetree_image_decode(const void *data, size_t len,
    facetree_budget_t *budget, uint32_t width, uint32_t height,
    uint8_t *pixels, facetree_image_info_t *info, facetree_error_t *err)
{
    int                started;
    facetree_decode_t  decode;
    facetree_budget_t  defaults;
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

    if (budget == NULL) {
        facetree_budget_init(&defaults, NULL);
        budget = &defaults;
    }

    decode.data = data;
    decode.len = len;
    decode.budget = budget;
    decode.out_width = width;
    decode.out_height = height;
    decode.pixels = pixels;
    decode.err = err;

    status = facetree_budget_cancelled(budget, err);

    if (status == FACETREE_OK) {
        started = facetree_budget_start(budget);

        status = facetree_decode_run(&decode);

        if (started) {
            facetree_budget_stop(budget);
        }
    }

done:

    if (info) {
        *info = decode.info;
    }

    return status;
}
