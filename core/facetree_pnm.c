
/*
 * Copyright (C) facetree contributors
 *
 * PNM: binary gray (P5) and colour (P6), maxval up to 255, through stb_image.
 *
 * ASCII (P1..P3), bitmaps (P4) and 16 bits a sample are refused: stb_image
 * cannot read the former, and of the latter Pillow keeps what no one wants
 * (16-bit gray clamped to 255).
 */


#ifndef FACETREE_NO_STB

#include "facetree_gray.h"
#include "facetree_stb.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


#define FACETREE_PNM_DIGITS  10


/* Estimated work of a pixel, see facetree_image.h. */
#define FACETREE_PNM_COLOR_PS  550
#define FACETREE_PNM_GRAY_PS   380


typedef struct {
    uint32_t  width;
    uint32_t  height;
    uint32_t  maxval;
    uint32_t  channels;
    size_t    offset;              /* of the pixels */
} facetree_pnm_t;


static int
facetree_pnm_space(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}


/*
 * Reads the next number of the header and the one white-space character that
 * ends it.  White space and comments, from # to the end of the line, may come
 * before.
 */

static facetree_status_e
facetree_pnm_number(const facetree_decode_t *decode, size_t *offset,
    const char *what, uint32_t *number)
{
    size_t    i;
    uint32_t  digits;
    uint64_t  value;

    i = *offset;

    while (i < decode->len
           && (facetree_pnm_space(decode->data[i]) || decode->data[i] == '#'))
    {
        if (decode->data[i] == '#') {
            while (i < decode->len && decode->data[i] != '\n'
                   && decode->data[i] != '\r')
            {
                i++;
            }

        } else {
            i++;
        }
    }

    value = 0;

    for (digits = 0; i < decode->len && digits <= FACETREE_PNM_DIGITS; i++) {
        if (decode->data[i] < '0' || decode->data[i] > '9') {
            break;
        }

        value = value * 10 + (decode->data[i] - '0');
        digits++;
    }

    if (i == decode->len) {
        return facetree_fail(decode->err, FACETREE_EIMAGE, i,
                             "PNM ends within its header, at the %s", what);
    }

    if (digits == 0 || !facetree_pnm_space(decode->data[i])
        || value > UINT32_MAX)
    {
        return facetree_fail(decode->err, FACETREE_EIMAGE, i,
                             "PNM header: the %s is not a number in range",
                             what);
    }

    *number = (uint32_t) value;
    *offset = i + 1;

    return FACETREE_OK;
}


static facetree_status_e
facetree_pnm_parse(facetree_decode_t *decode, facetree_pnm_t *pnm)
{
    uint8_t            kind;
    facetree_status_e  status;

    kind = decode->data[1];                     /* the magic made sure */

    if (kind != '5' && kind != '6') {
        return facetree_fail(decode->err, FACETREE_EMEDIA, 0,
                             "PNM of the kind P%c is not accepted; send "
                             "binary gray (P5) or colour (P6)", kind);
    }

    pnm->channels = (kind == '6') ? 3 : 1;
    pnm->offset = 2;

    status = facetree_pnm_number(decode, &pnm->offset, "width", &pnm->width);

    if (status == FACETREE_OK) {
        status = facetree_pnm_number(decode, &pnm->offset, "height",
                                     &pnm->height);
    }

    if (status == FACETREE_OK) {
        status = facetree_pnm_number(decode, &pnm->offset, "maxval",
                                     &pnm->maxval);
    }

    if (status != FACETREE_OK) {
        return status;
    }

    if (pnm->maxval == 0 || pnm->maxval > 65535) {
        return facetree_fail(decode->err, FACETREE_EIMAGE, 0,
                             "PNM header: maxval %u is not in 1..65535",
                             pnm->maxval);
    }

    if (pnm->maxval > 255) {
        return facetree_fail(decode->err, FACETREE_EMEDIA, 0,
                             "PNM of 16 bits a sample (maxval %u) is not "
                             "accepted; send maxval 255", pnm->maxval);
    }

    return FACETREE_OK;
}


static facetree_status_e
facetree_pnm_rows(facetree_decode_t *decode, const facetree_pnm_t *pnm,
    uint8_t *frame, uint8_t *gray)
{
    size_t             i, row_size;
    uint8_t            levels[256];
    uint32_t           y, v;
    facetree_status_e  status;

    row_size = (size_t) pnm->width * pnm->channels;

    /* ties go to the even number, and what is above maxval is white */

    for (v = 0; v < 256; v++) {
        levels[v] = (uint8_t) ((v > pnm->maxval) ? 255
                               : nearbyint((double) v / pnm->maxval * 255));
    }

    for (y = 0; y < pnm->height; y++) {

        if (pnm->maxval != 255) {
            for (i = 0; i < row_size; i++) {
                frame[i] = levels[frame[i]];
            }
        }

        if (pnm->channels == 3) {
            facetree_gray_rgb(gray, frame, pnm->width);
        }

        status = facetree_decode_row(decode, pnm->channels == 3 ? gray
                                                                : frame);
        if (status != FACETREE_OK) {
            return status;
        }

        frame += row_size;
    }

    return FACETREE_OK;
}


static facetree_status_e
facetree_pnm_pixels(facetree_decode_t *decode, const facetree_pnm_t *pnm)
{
    char                 header[64];
    uint8_t             *frame, *gray;
    facetree_status_e    status;
    facetree_stb_file_t  file;

    frame = NULL;
    gray = malloc(pnm->width);

    if (gray == NULL) {
        return facetree_fail(decode->err, FACETREE_ENOMEM, FACETREE_NO_OFFSET,
                             NULL);
    }

    memset(&file, 0, sizeof(file));

    file.pieces[0].data = (const uint8_t *) header;
    file.pieces[0].len = (size_t) snprintf(header, sizeof(header),
                                           "P%c %u %u 255\n",
                                           pnm->channels == 3 ? '6' : '5',
                                           pnm->width, pnm->height);
    file.pieces[1].data = decode->data + pnm->offset;
    file.pieces[1].len = decode->len - pnm->offset;
    file.channels = pnm->channels;
    file.byte_work = 1;

    status = facetree_stb_load(decode, &file, &frame);

    if (status == FACETREE_OK) {
        status = facetree_pnm_rows(decode, pnm, frame, gray);
    }

    facetree_stb_free(frame);
    free(gray);

    return status;
}


facetree_status_e
facetree_decode_pnm(facetree_decode_t *decode)
{
    facetree_pnm_t             pnm;
    facetree_status_e          status;
    facetree_decode_header_t   header;

    status = facetree_pnm_parse(decode, &pnm);
    if (status != FACETREE_OK) {
        return status;
    }

    header.width = pnm.width;
    header.height = pnm.height;
    header.orientation = 1;
    header.scale = 1;
    header.pixel_ps = (pnm.channels == 3) ? FACETREE_PNM_COLOR_PS
                                          : FACETREE_PNM_GRAY_PS;
    header.byte_ps = 0;

    /* should it wrap, then the sides are refused first */
    header.memory = (uint64_t) pnm.width * pnm.height * pnm.channels
                    + pnm.width + FACETREE_STB_MEMORY;

    status = facetree_decode_begin(decode, &header);

    if (status != FACETREE_OK || decode->want != FACETREE_WANT_PIXELS) {
        return status;
    }

    if ((uint64_t) pnm.width * pnm.height
        > (decode->len - pnm.offset) / pnm.channels)
    {
        return facetree_fail(decode->err, FACETREE_EIMAGE, decode->len,
                             "PNM is truncated: %ux%u pixels take %llu bytes",
                             pnm.width, pnm.height,
                             (unsigned long long) pnm.width * pnm.height
                             * pnm.channels);
    }

    return facetree_pnm_pixels(decode, &pnm);
}

#else

typedef int  facetree_pnm_absent_t;

#endif
