
/*
 * Copyright (C) facetree contributors
 *
 * JPEG through stb_image, for builds without libjpeg: baseline and
 * progressive Huffman files.  Its pixels are not libjpeg's: inverse DCT,
 * upsampling and colours are rounded in other places.
 *
 * stb_image takes the end of the data for zeros, follows any number of scans,
 * and trusts the code counts of a Huffman table.  So all markers are walked
 * here first, the whole way to EOI.  Where stb_image would search for the
 * next marker the walk refuses, so that both find the same segments, and what
 * was checked is what is decoded.
 */


#include "facetree_image.h"

#if defined(FACETREE_NO_JPEG) && !defined(FACETREE_NO_STB)

#include "facetree_bytes.h"
#include "facetree_exif.h"
#include "facetree_gray.h"
#include "facetree_stb.h"

#include <stdlib.h>
#include <string.h>


#define FACETREE_JPEG_SOF0   0xc0
#define FACETREE_JPEG_SOF2   0xc2
#define FACETREE_JPEG_DHT    0xc4
#define FACETREE_JPEG_RST0   0xd0
#define FACETREE_JPEG_RST7   0xd7
#define FACETREE_JPEG_EOI    0xd9
#define FACETREE_JPEG_SOS    0xda
#define FACETREE_JPEG_DQT    0xdb

#define FACETREE_JPEG_CODES  256          /* of one Huffman table */
#define FACETREE_JPEG_PS     800          /* a pixel, see facetree_image.h */
#define FACETREE_JPEG_SCAN_PS  100        /* more, a scan */


typedef struct {
    facetree_decode_t  *decode;
    size_t              offset;           /* of the next marker */
    uint32_t            marker;
    const uint8_t      *segment;          /* behind the length */
    size_t              len;              /* of the segment */
    uint32_t            width;
    uint32_t            height;
    uint32_t            components;       /* 0: no frame header yet */
    int                 progressive;
    int                 quantised;        /* DQT seen */
    int                 coded;            /* DHT seen */
    uint32_t            scans;
    uint64_t            blocks;           /* of 8 x 8, whole MCUs */
} facetree_stb_jpeg_t;


static facetree_status_e
facetree_jpeg_damaged(const facetree_stb_jpeg_t *jpeg, const char *text)
{
    return facetree_fail(jpeg->decode->err, FACETREE_EIMAGE, jpeg->offset,
                         "JPEG is damaged: %s", text);
}


static facetree_status_e
facetree_jpeg_truncated(const facetree_stb_jpeg_t *jpeg)
{
    return facetree_fail(jpeg->decode->err, FACETREE_EIMAGE, jpeg->decode->len,
                         "JPEG is truncated: it ends before its end marker");
}


/* Reads a marker and, unless it is the last one, the extent of its segment. */

static facetree_status_e
facetree_jpeg_marker(facetree_stb_jpeg_t *jpeg)
{
    size_t          i, len;
    const uint8_t  *data;

    i = jpeg->offset;
    data = jpeg->decode->data;
    len = jpeg->decode->len;

    if (i < len && data[i] != 0xff) {
        return facetree_jpeg_damaged(jpeg, "a marker is missing");
    }

    while (i < len && data[i] == 0xff) {
        i++;
    }

    if (i == len) {
        return facetree_jpeg_truncated(jpeg);
    }

    jpeg->marker = data[i++];
    jpeg->offset = i;

    if (jpeg->marker == FACETREE_JPEG_EOI) {
        return FACETREE_OK;
    }

    if (len - i < 2 || facetree_get_be16(data + i) > len - i) {
        return facetree_jpeg_truncated(jpeg);
    }

    if (facetree_get_be16(data + i) < 2) {
        return facetree_jpeg_damaged(jpeg, "a segment has no length");
    }

    jpeg->segment = data + i + 2;
    jpeg->len = facetree_get_be16(data + i) - 2;
    jpeg->offset += jpeg->len + 2;

    return FACETREE_OK;
}


/* Sampling factors: at most 4, and the largest a multiple of the others. */

static facetree_status_e
facetree_jpeg_sampling(facetree_stb_jpeg_t *jpeg)
{
    uint32_t        i, h, v, h_max, v_max;
    uint64_t        mcus;
    const uint8_t  *p;

    p = jpeg->segment + 6;
    h_max = 1;
    v_max = 1;

    for (i = 0; i < jpeg->components; i++) {
        h = p[3 * i + 1] >> 4;
        v = p[3 * i + 1] & 15;

        h_max = (h > h_max) ? h : h_max;
        v_max = (v > v_max) ? v : v_max;
    }

    mcus = (((uint64_t) jpeg->width + 8 * h_max - 1) / (8 * h_max))
           * (((uint64_t) jpeg->height + 8 * v_max - 1) / (8 * v_max));

    for (i = 0; i < jpeg->components; i++) {
        h = p[3 * i + 1] >> 4;
        v = p[3 * i + 1] & 15;

        if (h == 0 || h > 4 || v == 0 || v > 4) {
            return facetree_jpeg_damaged(jpeg, "bad sampling factors");
        }

        if (h_max % h || v_max % v) {
            return facetree_fail(jpeg->decode->err, FACETREE_EMEDIA,
                                 jpeg->offset, "a JPEG with unusual sampling; "
                                 "send an ordinary JPEG or PNG");
        }

        jpeg->blocks += mcus * h * v;
    }

    return FACETREE_OK;
}


static facetree_status_e
facetree_jpeg_frame(facetree_stb_jpeg_t *jpeg)
{
    const uint8_t  *p;

    p = jpeg->segment;

    if (jpeg->marker > FACETREE_JPEG_SOF2 || (jpeg->len && p[0] != 8)) {
        return facetree_fail(jpeg->decode->err, FACETREE_EMEDIA, jpeg->offset,
                             "a JPEG of a rare kind (lossless, arithmetic, "
                             "hierarchical or not 8 bits); send an ordinary "
                             "JPEG or PNG");
    }

    if (jpeg->components || jpeg->len < 6 || jpeg->len != 6 + 3u * p[5]) {
        return facetree_jpeg_damaged(jpeg, "its frame header is invalid");
    }

    jpeg->height = facetree_get_be16(p + 1);
    jpeg->width = facetree_get_be16(p + 3);
    jpeg->components = p[5];
    jpeg->progressive = (jpeg->marker == FACETREE_JPEG_SOF2);

    if (jpeg->components != 1 && jpeg->components != 3
        && jpeg->components != 4)
    {
        return facetree_fail(jpeg->decode->err,
                             (jpeg->components == 2) ? FACETREE_EMEDIA
                                                     : FACETREE_EIMAGE,
                             jpeg->offset,
                             "a JPEG of %u components; send one of 1, 3 or 4",
                             jpeg->components);
    }

    return facetree_jpeg_sampling(jpeg);
}


static facetree_status_e
facetree_jpeg_huffman(facetree_stb_jpeg_t *jpeg)
{
    size_t          i, left;
    uint32_t        codes;
    const uint8_t  *p;

    p = jpeg->segment;
    left = jpeg->len;

    while (left) {
        codes = 0;

        for (i = 1; i <= 16 && i < left; i++) {
            codes += p[i];
        }

        if (left < 17 || codes > FACETREE_JPEG_CODES || codes > left - 17) {
            return facetree_jpeg_damaged(jpeg, "a Huffman table is invalid");
        }

        p += 17 + codes;
        left -= 17 + codes;
    }

    jpeg->coded = 1;

    return FACETREE_OK;
}


/* Passes over the coded data of a scan; the next marker ends it. */

static facetree_status_e
facetree_jpeg_scan(facetree_stb_jpeg_t *jpeg)
{
    size_t          i, len;
    const uint8_t  *data, *p;

    if (!jpeg->quantised || !jpeg->coded) {
        return facetree_jpeg_damaged(jpeg, "it lacks its tables");
    }

    jpeg->scans++;

    if (jpeg->scans > FACETREE_IMAGE_MAX_SCANS) {
        return facetree_fail_limit(jpeg->decode->err, FACETREE_ESCANS,
                                   FACETREE_IMAGE_MAX_SCANS, jpeg->scans,
                                   "JPEG has more than %u scans",
                                   FACETREE_IMAGE_MAX_SCANS);
    }

    i = jpeg->offset;
    data = jpeg->decode->data;
    len = jpeg->decode->len;

    for ( ;; ) {
        p = memchr(data + i, 0xff, len - i);

        if (p == NULL || (size_t) (p - data) + 1 == len) {
            jpeg->offset = len;
            return facetree_jpeg_truncated(jpeg);
        }

        i = (size_t) (p - data);

        if (p[1] == 0xff) {
            i++;
            continue;
        }

        if (p[1] != 0
            && (p[1] < FACETREE_JPEG_RST0 || p[1] > FACETREE_JPEG_RST7))
        {
            jpeg->offset = i;
            return FACETREE_OK;
        }

        i += 2;
    }
}


static facetree_status_e
facetree_jpeg_segment(facetree_stb_jpeg_t *jpeg)
{
    if (jpeg->marker == FACETREE_JPEG_DHT) {
        return facetree_jpeg_huffman(jpeg);
    }

    if (jpeg->marker == FACETREE_JPEG_DQT) {
        jpeg->quantised = 1;
        return FACETREE_OK;
    }

    if (jpeg->marker == FACETREE_JPEG_SOS) {
        return facetree_jpeg_scan(jpeg);
    }

    /* SOF0 to SOF15, but for JPG and DAC among them */

    if (jpeg->marker >= FACETREE_JPEG_SOF0
        && jpeg->marker < FACETREE_JPEG_RST0
        && jpeg->marker != 0xc8 && jpeg->marker != 0xcc)
    {
        return facetree_jpeg_frame(jpeg);
    }

    return FACETREE_OK;
}


/* Walks to the first SOS segment, and stops in front of its coded data. */

static facetree_status_e
facetree_jpeg_head(facetree_stb_jpeg_t *jpeg)
{
    facetree_status_e  status;

    jpeg->offset = 2;                           /* behind SOI */

    for ( ;; ) {
        status = facetree_jpeg_marker(jpeg);

        if (status != FACETREE_OK || jpeg->marker == FACETREE_JPEG_SOS) {
            break;
        }

        if (jpeg->marker == FACETREE_JPEG_EOI) {
            return facetree_jpeg_damaged(jpeg, "it holds no picture");
        }

        status = facetree_jpeg_segment(jpeg);
        if (status != FACETREE_OK) {
            break;
        }
    }

    if (status == FACETREE_OK && jpeg->components == 0) {
        return facetree_jpeg_damaged(jpeg, "a scan precedes the frame header");
    }

    return status;
}


/* Walks on to EOI, over this scan and the others. */

static facetree_status_e
facetree_jpeg_body(facetree_stb_jpeg_t *jpeg)
{
    facetree_status_e  status;

    status = FACETREE_OK;

    while (status == FACETREE_OK && jpeg->marker != FACETREE_JPEG_EOI) {
        status = facetree_jpeg_segment(jpeg);

        if (status == FACETREE_OK) {
            status = facetree_jpeg_marker(jpeg);
        }
    }

    return status;
}


/*
 * What stb_image holds at once: the samples of all components, of a
 * progressive file their coefficients too, a line each, and the frame.
 */

static uint64_t
facetree_jpeg_memory(const facetree_stb_jpeg_t *jpeg)
{
    uint64_t  memory;

    memory = jpeg->blocks * 64 * (jpeg->progressive ? 3 : 1);
    memory += ((uint64_t) jpeg->width + 64) * jpeg->components;

    return memory + (uint64_t) jpeg->width * jpeg->height
                    * ((jpeg->components == 1) ? 1 : 3);
}


static facetree_status_e
facetree_jpeg_pixels(const facetree_stb_jpeg_t *jpeg)
{
    uint8_t              *frame, *row, *gray;
    uint32_t              y;
    uint64_t              work;
    facetree_decode_t    *decode;
    facetree_status_e     status;
    facetree_stb_file_t   file;

    decode = jpeg->decode;
    frame = NULL;
    gray = malloc(jpeg->width);

    if (gray == NULL) {
        return facetree_fail(decode->err, FACETREE_ENOMEM, FACETREE_NO_OFFSET,
                             NULL);
    }

    memset(&file, 0, sizeof(file));

    work = (uint64_t) jpeg->width * jpeg->height * jpeg->scans / decode->len;

    file.pieces[0].data = decode->data;
    file.pieces[0].len = decode->len;
    file.channels = (jpeg->components == 1) ? 1 : 3;
    file.byte_work = (work < UINT32_MAX) ? (uint32_t) work + 1 : UINT32_MAX;

    status = facetree_stb_load(decode, &file, &frame);

    row = frame;

    for (y = 0; y < jpeg->height && status == FACETREE_OK; y++) {
        if (file.channels == 3) {
            facetree_gray_rgb(gray, row, jpeg->width);
        }

        status = facetree_decode_row(decode, file.channels == 3 ? gray : row);
        row += (size_t) jpeg->width * file.channels;
    }

    facetree_stb_free(frame);
    free(gray);

    return status;
}


facetree_status_e
facetree_decode_jpeg(facetree_decode_t *decode)
{
    facetree_status_e         status;
    facetree_stb_jpeg_t       jpeg;
    facetree_decode_header_t  header;

    memset(&jpeg, 0, sizeof(jpeg));
    jpeg.decode = decode;

    status = facetree_jpeg_head(&jpeg);

    if (status == FACETREE_OK && decode->want == FACETREE_WANT_COST) {
        status = facetree_jpeg_body(&jpeg);     /* counts the scans */
    }

    if (status != FACETREE_OK) {
        return status;
    }

    header.width = jpeg.width;
    header.height = jpeg.height;
    header.orientation = facetree_exif_jpeg(decode->data, decode->len,
                                            FACETREE_IMAGE_MAX_EXIF);
    header.scale = 1;
    header.memory = facetree_jpeg_memory(&jpeg) + FACETREE_STB_MEMORY;
    header.pixel_ps = FACETREE_JPEG_PS;
    header.byte_ps = 0;

    if (jpeg.scans > 1) {
        header.pixel_ps += (jpeg.scans - 1) * FACETREE_JPEG_SCAN_PS;
    }

    status = facetree_decode_begin(decode, &header);

    if (status != FACETREE_OK || decode->want != FACETREE_WANT_PIXELS) {
        return status;
    }

    status = facetree_jpeg_body(&jpeg);
    if (status != FACETREE_OK) {
        return status;
    }

    return facetree_jpeg_pixels(&jpeg);
}

#else

typedef int  facetree_stb_jpeg_absent_t;

#endif
