
/*
 * Copyright (C) facetree contributors
 *
 * BMP, uncompressed, through stb_image.  The header is read as Pillow reads
 * it, and rewritten as a plain Windows one.
 */


#ifndef FACETREE_NO_STB

#include "facetree_bytes.h"
#include "facetree_gray.h"
#include "facetree_stb.h"

#include <stdlib.h>
#include <string.h>


#define FACETREE_BMP_PS      3000   /* a pixel, see facetree_image.h */
#define FACETREE_BMP_FILE_LEN    14
#define FACETREE_BMP_OS2_LEN     12
#define FACETREE_BMP_INFO_LEN    40
#define FACETREE_BMP_MASKS_LEN   12
#define FACETREE_BMP_COLORS      256
#define FACETREE_BMP_PLAIN_LEN   (FACETREE_BMP_FILE_LEN                       \
                                  + FACETREE_BMP_INFO_LEN                     \
                                  + FACETREE_BMP_COLORS * 4)

#define FACETREE_BMP_RAW         0
#define FACETREE_BMP_RLE8        1
#define FACETREE_BMP_RLE4        2
#define FACETREE_BMP_BITFIELDS   3


typedef struct {
    uint32_t  info_len;            /* 12, 40, 64, 108 or 124 */
    uint32_t  width;
    uint32_t  height;
    int       top_down;
    uint32_t  bits;
    uint32_t  compression;
    uint32_t  masks[4];            /* red, green, blue, alpha */
    uint32_t  colors;
    size_t    palette;             /* offset */
    uint32_t  color_len;           /* 3 or 4 */
    size_t    offset;              /* of the pixels */
    size_t    row_len;             /* without the padding */
    size_t    stride;
} facetree_bmp_t;


/* The layouts of bit fields that Pillow reads; those in use. */

typedef struct {
    uint32_t  bits;
    uint32_t  masks[4];
} facetree_bmp_layout_t;


static const facetree_bmp_layout_t  facetree_bmp_layouts[] = {
    { 16, { 0xf800, 0x7e0, 0x1f, 0 } },
    { 16, { 0x7c00, 0x3e0, 0x1f, 0 } },
    { 24, { 0xff0000, 0xff00, 0xff, 0 } },
    { 32, { 0xff0000, 0xff00, 0xff, 0 } },
    { 32, { 0xff0000, 0xff00, 0xff, 0xff000000 } },
    { 32, { 0xff000000, 0xff0000, 0xff00, 0 } },
    { 32, { 0xff000000, 0xff0000, 0xff00, 0xff } },
    { 32, { 0xff, 0xff00, 0xff0000, 0xff000000 } },
    { 32, { 0, 0, 0, 0 } }
};


static facetree_status_e
facetree_bmp_truncated(const facetree_decode_t *decode, const char *what)
{
    return facetree_fail(decode->err, FACETREE_EIMAGE, decode->len,
                         "BMP is truncated: it ends within its %s", what);
}


static facetree_status_e
facetree_bmp_header(facetree_decode_t *decode, facetree_bmp_t *bmp)
{
    const uint8_t  *p;

    if (decode->len < FACETREE_BMP_FILE_LEN + 4) {
        return facetree_bmp_truncated(decode, "header");
    }

    p = decode->data + FACETREE_BMP_FILE_LEN;

    bmp->offset = facetree_get_le32(decode->data + 10);
    bmp->info_len = facetree_get_le32(p);

    if (bmp->info_len != FACETREE_BMP_OS2_LEN
        && bmp->info_len != FACETREE_BMP_INFO_LEN && bmp->info_len != 64
        && bmp->info_len != 108 && bmp->info_len != 124)
    {
        return facetree_fail(decode->err, FACETREE_EIMAGE,
                             FACETREE_BMP_FILE_LEN, "BMP header of %u bytes "
                             "is not known", bmp->info_len);
    }

    if (decode->len - FACETREE_BMP_FILE_LEN < bmp->info_len) {
        return facetree_bmp_truncated(decode, "header");
    }

    if (bmp->info_len == FACETREE_BMP_OS2_LEN) {
        bmp->width = facetree_get_le16(p + 4);
        bmp->height = facetree_get_le16(p + 6);
        bmp->bits = facetree_get_le16(p + 10);
        bmp->color_len = 3;

        return FACETREE_OK;
    }

    bmp->width = facetree_get_le32(p + 4);
    bmp->height = facetree_get_le32(p + 8);
    bmp->bits = facetree_get_le16(p + 14);
    bmp->compression = facetree_get_le32(p + 16);
    bmp->colors = facetree_get_le32(p + 32);
    bmp->color_len = 4;

    bmp->top_down = (p[11] == 0xff);            /* a small negative height */

    if (bmp->top_down) {
        bmp->height = 0 - bmp->height;
    }

    return FACETREE_OK;
}


static facetree_status_e
facetree_bmp_bitfields(facetree_decode_t *decode, facetree_bmp_t *bmp)
{
    size_t                        i, offset, count;
    const facetree_bmp_layout_t  *layout;

    /* three behind the short header, or four in the long ones */
    offset = FACETREE_BMP_FILE_LEN + FACETREE_BMP_INFO_LEN;
    count = 4;

    if (bmp->info_len == FACETREE_BMP_INFO_LEN) {
        bmp->palette += FACETREE_BMP_MASKS_LEN;
        count = 3;
    }

    if (decode->len - offset < count * sizeof(uint32_t)) {
        return facetree_bmp_truncated(decode, "bit masks");
    }

    for (i = 0; i < count; i++) {
        bmp->masks[i] = facetree_get_le32(decode->data + offset + 4 * i);
    }

    for (i = 0; i < sizeof(facetree_bmp_layouts) / sizeof(*layout); i++) {
        layout = &facetree_bmp_layouts[i];

        if (layout->bits == bmp->bits
            && memcmp(layout->masks, bmp->masks,
                      (bmp->bits == 32 ? 4 : 3) * sizeof(uint32_t)) == 0)
        {
            return FACETREE_OK;
        }
    }

    return facetree_fail(decode->err, FACETREE_EMEDIA, offset,
                         "BMP of %u bits with unusual colour masks is not "
                         "accepted; send 24 bits", bmp->bits);
}


static facetree_status_e
facetree_bmp_layout(facetree_decode_t *decode, facetree_bmp_t *bmp)
{
    switch (bmp->bits) {

    case 1:
    case 4:
    case 8:
    case 16:
    case 24:
    case 32:
        break;

    default:
        return facetree_fail(decode->err, FACETREE_EIMAGE,
                             FACETREE_BMP_FILE_LEN, "BMP of %u bits a pixel "
                             "does not exist", bmp->bits);
    }

    bmp->palette = FACETREE_BMP_FILE_LEN + bmp->info_len;

    switch (bmp->compression) {

    case FACETREE_BMP_RAW:

        /* without masks; alpha, if there is any, is ignored */

        if (bmp->bits == 16) {
            memcpy(bmp->masks, facetree_bmp_layouts[1].masks,
                   sizeof(bmp->masks));
        }

        return FACETREE_OK;

    case FACETREE_BMP_BITFIELDS:
        return facetree_bmp_bitfields(decode, bmp);

    case FACETREE_BMP_RLE8:
    case FACETREE_BMP_RLE4:
        return facetree_fail(decode->err, FACETREE_EMEDIA,
                             FACETREE_BMP_FILE_LEN, "run-length compressed "
                             "BMP is not accepted; send it uncompressed, or "
                             "as PNG");

    default:
        return facetree_fail(decode->err, FACETREE_EMEDIA,
                             FACETREE_BMP_FILE_LEN, "BMP of compression %u "
                             "is not accepted; send it uncompressed, or as "
                             "PNG", bmp->compression);
    }
}


static facetree_status_e
facetree_bmp_parse(facetree_decode_t *decode, facetree_bmp_t *bmp)
{
    facetree_status_e  status;

    memset(bmp, 0, sizeof(*bmp));

    status = facetree_bmp_header(decode, bmp);

    if (status == FACETREE_OK) {
        status = facetree_bmp_layout(decode, bmp);
    }

    if (status != FACETREE_OK) {
        return status;
    }

    if (bmp->bits <= 8) {
        if (bmp->colors == 0) {
            bmp->colors = 1u << bmp->bits;
        }

        if (bmp->colors > FACETREE_BMP_COLORS) {
            return facetree_fail(decode->err, FACETREE_EIMAGE,
                                 FACETREE_BMP_FILE_LEN,
                                 "BMP palette of %u colours; %u is the most",
                                 bmp->colors, FACETREE_BMP_COLORS);
        }

        /* some writers give the place of the palette instead */

        if (bmp->offset == FACETREE_BMP_FILE_LEN + bmp->info_len) {
            bmp->offset += (size_t) 4 * bmp->colors;
        }

    } else {
        bmp->colors = 0;
    }

    if (bmp->offset == 0) {
        bmp->offset = bmp->palette + (size_t) bmp->colors * bmp->color_len;
    }

    bmp->row_len = (size_t) (((uint64_t) bmp->width * bmp->bits + 7) / 8);
    bmp->stride = (bmp->row_len + 3) & ~(size_t) 3;

    return FACETREE_OK;
}


/*
 * The palette for stb_image: all 256 entries, so that no index is without a
 * colour.  Those that the file leaves out are black, as "plain" is zeroed.
 */

static void
facetree_bmp_palette(const facetree_decode_t *decode,
    const facetree_bmp_t *bmp, uint8_t *plain)
{
    size_t    offset;
    uint32_t  i;

    offset = bmp->palette;

    for (i = 0; i < bmp->colors; i++) {
        if (offset > decode->len || decode->len - offset < bmp->color_len) {
            break;
        }

        memcpy(plain + 4 * i, decode->data + offset, 3);
        offset += bmp->color_len;
    }
}


/* Writes the plain header; returns its length. */

static size_t
facetree_bmp_plain(const facetree_decode_t *decode, const facetree_bmp_t *bmp,
    uint8_t *plain)
{
    size_t    len;
    uint32_t  i, compression;

    memset(plain, 0, FACETREE_BMP_PLAIN_LEN);

    len = FACETREE_BMP_FILE_LEN + FACETREE_BMP_INFO_LEN;
    compression = FACETREE_BMP_RAW;

    if (bmp->bits <= 8) {
        facetree_bmp_palette(decode, bmp, plain + len);
        len += FACETREE_BMP_COLORS * 4;

    } else if (bmp->bits != 24) {
        compression = FACETREE_BMP_BITFIELDS;

        for (i = 0; i < 3; i++) {
            facetree_put_le32(plain + len + 4 * i,
                              bmp->masks[0] | bmp->masks[1] | bmp->masks[2]
                              ? bmp->masks[i]
                              : facetree_bmp_layouts[3].masks[i]);
        }

        len += FACETREE_BMP_MASKS_LEN;
    }

    memcpy(plain, "BM", 2);
    facetree_put_le32(plain + 10, (uint32_t) len);
    facetree_put_le32(plain + 14, FACETREE_BMP_INFO_LEN);
    facetree_put_le32(plain + 18, bmp->width);
    facetree_put_le32(plain + 22, bmp->top_down ? 0 - bmp->height
                                                : bmp->height);
    facetree_put_le16(plain + 26, 1);
    facetree_put_le16(plain + 28, bmp->bits);
    facetree_put_le32(plain + 30, compression);

    return len;
}


/*
 * stb_image widens 5 and 6 bits by repeating the upper ones, Pillow by
 * v * 255 / 31 and v * 255 / 63.  The upper bits are the value, so one can be
 * had from the other.
 */

static void
facetree_bmp_widen(const facetree_bmp_t *bmp, uint8_t *row)
{
    size_t    i;
    uint32_t  green;

    green = (bmp->masks[1] == 0x7e0) ? 63 : 31;

    for (i = 0; i < (size_t) bmp->width * 3; i += 3) {
        row[i] = (uint8_t) ((row[i] >> 3) * 255 / 31);
        row[i + 1] = (uint8_t) ((row[i + 1] >> (green == 63 ? 2 : 3)) * 255
                                / green);
        row[i + 2] = (uint8_t) ((row[i + 2] >> 3) * 255 / 31);
    }
}


static facetree_status_e
facetree_bmp_pixels(facetree_decode_t *decode, const facetree_bmp_t *bmp)
{
    uint8_t              plain[FACETREE_BMP_PLAIN_LEN];
    uint8_t             *frame, *row, *gray;
    uint32_t             y;
    facetree_status_e    status;
    facetree_stb_file_t  file;

    frame = NULL;
    gray = malloc(bmp->width);

    if (gray == NULL) {
        return facetree_fail(decode->err, FACETREE_ENOMEM, FACETREE_NO_OFFSET,
                             NULL);
    }

    memset(&file, 0, sizeof(file));

    file.pieces[0].data = plain;
    file.pieces[0].len = facetree_bmp_plain(decode, bmp, plain);
    file.pieces[1].data = decode->data + bmp->offset;
    file.pieces[1].len = decode->len - bmp->offset;
    file.channels = 3;
    file.byte_work = 1;

    status = facetree_stb_load(decode, &file, &frame);

    row = frame;

    for (y = 0; y < bmp->height && status == FACETREE_OK; y++) {
        if (bmp->bits == 16) {
            facetree_bmp_widen(bmp, row);
        }

        facetree_gray_rgb(gray, row, bmp->width);
        status = facetree_decode_row(decode, gray);
        row += (size_t) bmp->width * 3;
    }

    facetree_stb_free(frame);
    free(gray);

    return status;
}


facetree_status_e
facetree_decode_bmp(facetree_decode_t *decode)
{
    facetree_bmp_t             bmp;
    facetree_status_e          status;
    facetree_decode_header_t   header;

    status = facetree_bmp_parse(decode, &bmp);
    if (status != FACETREE_OK) {
        return status;
    }

    header.width = bmp.width;
    header.height = bmp.height;
    header.orientation = 1;
    header.scale = 1;
    header.pixel_ps = FACETREE_BMP_PS;
    header.byte_ps = 0;

    /* should it wrap, then the sides are refused first */
    header.memory = (uint64_t) bmp.width * bmp.height * 3
                    + bmp.width + FACETREE_STB_MEMORY;

    status = facetree_decode_begin(decode, &header);

    if (status != FACETREE_OK || decode->want != FACETREE_WANT_PIXELS) {
        return status;
    }

    /* the last row's padding may be missing */

    if (bmp.offset > decode->len
        || decode->len - bmp.offset < bmp.row_len
        || (decode->len - bmp.offset - bmp.row_len) / bmp.stride
           < bmp.height - 1)
    {
        return facetree_bmp_truncated(decode, "pixels");
    }

    return facetree_bmp_pixels(decode, &bmp);
}

#else

typedef int  facetree_bmp_absent_t;

#endif
