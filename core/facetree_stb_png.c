
/*
 * Copyright (C) facetree contributors
 *
 * PNG through stb_image, for builds without libpng.
 *
 * stb_image inflates without a bound, knows no checksum, and leaves palette
 * entries that the file lacks undefined.  So the chunks are walked here, with
 * their CRC; the compressed data is first run through zlib, which must find
 * exactly as much as the picture takes and the right sum behind it; and what
 * stb_image gets to see is a header and palette of our own, the IDAT chunks,
 * and an IEND.
 */


#include "facetree_image.h"

#if defined(FACETREE_NO_PNG) && !defined(FACETREE_NO_STB)

#include "facetree_bytes.h"
#include "facetree_exif.h"
#include "facetree_gray.h"
#include "facetree_stb.h"

#include <limits.h>
#include <string.h>

#include <zlib.h>


#define FACETREE_PNG_PS  1000    /* a pixel, see facetree_image.h */
#define FACETREE_PNG_SIGNATURE  "\x89PNG\r\n\x1a\n"
#define FACETREE_PNG_START      8         /* of the first chunk */
#define FACETREE_PNG_FRAME      12        /* length, type and CRC */
#define FACETREE_PNG_IHDR       13
#define FACETREE_PNG_COLORS     256

#define FACETREE_PNG_GRAY       0
#define FACETREE_PNG_RGB        2
#define FACETREE_PNG_PALETTE    3
#define FACETREE_PNG_GRAY_ALPHA 4
#define FACETREE_PNG_RGBA       6

/* signature, IHDR, PLTE of all entries */
#define FACETREE_PNG_PLAIN_LEN                                                \
    (FACETREE_PNG_START + FACETREE_PNG_FRAME + FACETREE_PNG_IHDR              \
     + FACETREE_PNG_FRAME + 3 * FACETREE_PNG_COLORS)


typedef struct {
    facetree_decode_t  *decode;
    uint32_t            width;
    uint32_t            height;
    uint32_t            depth;
    uint32_t            type;
    uint32_t            interlaced;
    uint32_t            samples;          /* a pixel, as stored */
    size_t              palette;          /* of PLTE's bytes; 0: none */
    size_t              palette_len;
    size_t              idat;             /* of the first IDAT chunk */
    size_t              idat_end;         /* behind the last of them */
} facetree_stb_png_t;


typedef struct {
    size_t          offset;               /* of the chunk */
    size_t          len;                  /* of its data */
    const uint8_t  *type;
    const uint8_t  *data;
} facetree_png_chunk_t;


static facetree_status_e
facetree_png_damaged(const facetree_stb_png_t *png, size_t offset,
    const char *text)
{
    return facetree_fail(png->decode->err, FACETREE_EIMAGE, offset,
                         "PNG is damaged: %s", text);
}


/* The chunk at "offset", whole and, if pixels depend on it, unharmed. */

static facetree_status_e
facetree_png_chunk(const facetree_stb_png_t *png, size_t offset,
    facetree_png_chunk_t *chunk)
{
    size_t          left;
    const uint8_t  *p;

    left = png->decode->len - offset;
    p = png->decode->data + offset;

    if (left < FACETREE_PNG_FRAME
        || facetree_get_be32(p) > left - FACETREE_PNG_FRAME)
    {
        return facetree_png_damaged(png, png->decode->len,
                                    "it ends before its data does");
    }

    chunk->offset = offset;
    chunk->len = facetree_get_be32(p);
    chunk->type = p + 4;
    chunk->data = p + 8;

    if ((chunk->type[0] & 0x20) == 0
        && crc32_z(0, chunk->type, chunk->len + 4)
           != facetree_get_be32(chunk->data + chunk->len))
    {
        return facetree_png_damaged(png, offset, "the CRC of a chunk is wrong");
    }

    return FACETREE_OK;
}


static int
facetree_png_is(const facetree_png_chunk_t *chunk, const char *type)
{
    return memcmp(chunk->type, type, 4) == 0;
}


static facetree_status_e
facetree_png_ihdr(facetree_stb_png_t *png, const facetree_png_chunk_t *chunk)
{
    const uint8_t  *p;

    /* samples a pixel and a mask of depths, by colour type */
    static const struct {
        uint8_t   samples;
        uint32_t  depths;
    } types[] = {
        { 1, 1 << 1 | 1 << 2 | 1 << 4 | 1 << 8 | 1 << 16 },
        { 0, 0 },
        { 3, 1 << 8 | 1 << 16 },
        { 1, 1 << 1 | 1 << 2 | 1 << 4 | 1 << 8 },
        { 2, 1 << 8 | 1 << 16 },
        { 0, 0 },
        { 4, 1 << 8 | 1 << 16 }
    };

    if (!facetree_png_is(chunk, "IHDR") || chunk->len != FACETREE_PNG_IHDR) {
        return facetree_png_damaged(png, chunk->offset,
                                    "it does not begin with IHDR");
    }

    p = chunk->data;

    png->width = facetree_get_be32(p);
    png->height = facetree_get_be32(p + 4);
    png->depth = p[8];
    png->type = p[9];
    png->interlaced = p[12];

    if (png->width > INT32_MAX || png->height > INT32_MAX
        || png->type >= sizeof(types) / sizeof(types[0])
        || png->depth > 16
        || (types[png->type].depths & 1u << png->depth) == 0
        || p[10] != 0 || p[11] != 0 || p[12] > 1)
    {
        return facetree_png_damaged(png, chunk->offset, "IHDR is invalid");
    }

    png->samples = types[png->type].samples;

    return FACETREE_OK;
}


static facetree_status_e
facetree_png_plte(facetree_stb_png_t *png, const facetree_png_chunk_t *chunk)
{
    if (png->type != FACETREE_PNG_PALETTE) {
        return FACETREE_OK;                     /* a hint, no more */
    }

    if (png->palette || chunk->len == 0 || chunk->len % 3 != 0
        || chunk->len > 3 * FACETREE_PNG_COLORS)
    {
        return facetree_png_damaged(png, chunk->offset, "PLTE is invalid");
    }

    png->palette = chunk->offset + 8;
    png->palette_len = chunk->len;

    return FACETREE_OK;
}


/* From IHDR to the first IDAT chunk, of which only the head is read. */

static facetree_status_e
facetree_png_head(facetree_stb_png_t *png)
{
    size_t                offset;
    facetree_status_e     status;
    facetree_png_chunk_t  chunk;

    offset = FACETREE_PNG_START;
    status = facetree_png_chunk(png, offset, &chunk);

    if (status == FACETREE_OK) {
        status = facetree_png_ihdr(png, &chunk);
    }

    while (status == FACETREE_OK) {
        offset += FACETREE_PNG_FRAME + chunk.len;

        if (png->decode->len - offset >= 8
            && memcmp(png->decode->data + offset + 4, "IDAT", 4) == 0)
        {
            png->idat = offset;
            break;
        }

        status = facetree_png_chunk(png, offset, &chunk);

        if (status == FACETREE_OK && facetree_png_is(&chunk, "PLTE")) {
            status = facetree_png_plte(png, &chunk);

        } else if (status == FACETREE_OK && (chunk.type[0] & 0x20) == 0) {
            status = facetree_png_damaged(png, offset, "it has a chunk that "
                                          "is not known, or out of place");
        }
    }

    return status;
}


/* All IDAT chunks, which follow one another.  What comes behind is ignored. */

static facetree_status_e
facetree_png_body(facetree_stb_png_t *png)
{
    facetree_status_e     status;
    facetree_png_chunk_t  chunk;

    if (png->type == FACETREE_PNG_PALETTE && png->palette == 0) {
        return facetree_png_damaged(png, png->idat, "it has no palette");
    }

    png->idat_end = png->idat;

    do {
        status = facetree_png_chunk(png, png->idat_end, &chunk);
        if (status != FACETREE_OK) {
            return status;
        }

        png->idat_end += FACETREE_PNG_FRAME + chunk.len;

    } while (png->decode->len - png->idat_end >= 8
             && memcmp(png->decode->data + png->idat_end + 4, "IDAT", 4) == 0);

    if (png->idat_end - png->idat > INT_MAX) {
        return facetree_png_damaged(png, png->idat, "it is too long");
    }

    return FACETREE_OK;
}


/* Bytes of the rows of a picture, or of one pass, before compression. */

static uint64_t
facetree_png_rows_len(const facetree_stb_png_t *png, uint64_t width,
    uint64_t height)
{
    if (width == 0 || height == 0) {
        return 0;
    }

    return ((width * png->samples * png->depth + 7) / 8 + 1) * height;
}


static uint64_t
facetree_png_raw_len(const facetree_stb_png_t *png)
{
    size_t    i;
    uint64_t  len;

    /* where the passes of an interlaced picture begin, and their steps */
    static const struct {
        uint8_t  x, y, dx, dy;
    } passes[] = {
        { 0, 0, 8, 8 }, { 4, 0, 8, 8 }, { 0, 4, 4, 8 }, { 2, 0, 4, 4 },
        { 0, 2, 2, 4 }, { 1, 0, 2, 2 }, { 0, 1, 1, 2 }
    };

    if (!png->interlaced) {
        return facetree_png_rows_len(png, png->width, png->height);
    }

    len = 0;

    for (i = 0; i < sizeof(passes) / sizeof(passes[0]); i++) {
        len += facetree_png_rows_len(png,
                     ((uint64_t) png->width + passes[i].dx - 1 - passes[i].x)
                     / passes[i].dx,
                     ((uint64_t) png->height + passes[i].dy - 1 - passes[i].y)
                     / passes[i].dy);
    }

    return len;
}


/* Bytes a pixel that stb_image makes of it. */

static uint32_t
facetree_png_channels(const facetree_stb_png_t *png)
{
    return (png->type == FACETREE_PNG_PALETTE) ? 3 : png->samples;
}


/*
 * What stb_image holds at once, at most: the compressed data in a buffer that
 * grows by doubling, the rows in another, and the frame, which it makes anew
 * to unlace it or to change its samples.  Since 2.29 it also has a buffer of
 * two rows.
 */

static uint64_t
facetree_png_memory(const facetree_stb_png_t *png)
{
    uint64_t  pixels, copies;

    pixels = (uint64_t) png->width * png->height;
    copies = 1 + png->interlaced;

    return 2 * (uint64_t) (png->decode->len - png->idat)
           + copies * facetree_png_raw_len(png)
           + copies * pixels * facetree_png_channels(png)
             * ((png->depth == 16) ? 2 : 1)
           + 2 * facetree_png_rows_len(png, png->width, 1)
           + pixels + png->width;
}


/* Runs the data through zlib, which must give the rows and nothing else. */

static facetree_status_e
facetree_png_verify(const facetree_stb_png_t *png, z_stream *stream)
{
    int                code;
    size_t             offset, size;
    uint8_t            buffer[32 * 1024];
    uint64_t           expected, total;
    facetree_status_e  status;

    expected = facetree_png_raw_len(png);
    total = 0;
    code = Z_OK;

    for (offset = png->idat;
         offset < png->idat_end && code != Z_STREAM_END;
         offset += FACETREE_PNG_FRAME + size)
    {
        size = facetree_get_be32(png->decode->data + offset);

        /* zlib reads, and its interface forgets to say so */
        stream->next_in
            = (Bytef *) (uintptr_t) (png->decode->data + offset + 8);
        stream->avail_in = (uInt) size;

        do {
            stream->next_out = buffer;
            stream->avail_out = sizeof(buffer);

            code = inflate(stream, Z_NO_FLUSH);
            total += sizeof(buffer) - stream->avail_out;

            if ((code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
                || total > expected)
            {
                return facetree_png_damaged(png, offset,
                                            "its compressed data is invalid");
            }

            status = facetree_decode_tick(png->decode,
                                          sizeof(buffer) - stream->avail_out);
            if (status != FACETREE_OK) {
                return status;
            }

        } while (code != Z_STREAM_END && stream->avail_out == 0);
    }

    if (code != Z_STREAM_END || total != expected) {
        return facetree_png_damaged(png, png->idat_end,
                                    "its compressed data ends too early");
    }

    return FACETREE_OK;
}


static facetree_status_e
facetree_png_inflate(const facetree_stb_png_t *png)
{
    z_stream           stream;
    facetree_status_e  status;

    memset(&stream, 0, sizeof(stream));

    if (inflateInit(&stream) != Z_OK) {
        return facetree_fail(png->decode->err, FACETREE_ENOMEM,
                             FACETREE_NO_OFFSET, NULL);
    }

    status = facetree_png_verify(png, &stream);

    inflateEnd(&stream);

    return status;
}


/*
 * Writes signature, IHDR and PLTE; returns their length.  PLTE has all colours:
 * an index that the file has none for is black.  stb_image does not look at
 * the CRCs, so they stay zero.
 */

static size_t
facetree_png_plain(const facetree_stb_png_t *png, uint8_t *plain)
{
    size_t  len;

    memset(plain, 0, FACETREE_PNG_PLAIN_LEN);
    memcpy(plain, FACETREE_PNG_SIGNATURE, FACETREE_PNG_START);
    len = FACETREE_PNG_START;

    facetree_put_be32(plain + len, FACETREE_PNG_IHDR);
    memcpy(plain + len + 4, "IHDR", 4);
    facetree_put_be32(plain + len + 8, png->width);
    facetree_put_be32(plain + len + 12, png->height);
    plain[len + 16] = (uint8_t) png->depth;
    plain[len + 17] = (uint8_t) png->type;
    plain[len + 20] = (uint8_t) png->interlaced;
    len += FACETREE_PNG_FRAME + FACETREE_PNG_IHDR;

    if (png->type != FACETREE_PNG_PALETTE) {
        return len;
    }

    facetree_put_be32(plain + len, 3 * FACETREE_PNG_COLORS);
    memcpy(plain + len + 4, "PLTE", 4);
    memcpy(plain + len + 8, png->decode->data + png->palette,
           png->palette_len);

    return len + FACETREE_PNG_FRAME + 3 * FACETREE_PNG_COLORS;
}


/* Drops the alpha of a row in place, then makes it gray in place. */

static void
facetree_png_gray(uint8_t *row, uint32_t width, uint32_t channels)
{
    uint32_t  x;

    switch (channels) {

    case 2:
        for (x = 0; x < width; x++) {
            row[x] = row[2 * (size_t) x];
        }

        break;

    case 3:
    case 4:
        for (x = 0; x < width; x++) {
            row[x] = facetree_gray_level(row[(size_t) channels * x],
                                         row[(size_t) channels * x + 1],
                                         row[(size_t) channels * x + 2]);
        }

        break;

    default:
        break;
    }
}


static facetree_status_e
facetree_png_pixels(const facetree_stb_png_t *png)
{
    uint8_t              plain[FACETREE_PNG_PLAIN_LEN];
    uint8_t             *frame, *row;
    uint32_t             y;
    facetree_status_e    status;
    facetree_stb_file_t  file;

    static const uint8_t  iend[FACETREE_PNG_FRAME] = {
        0, 0, 0, 0, 'I', 'E', 'N', 'D', 0, 0, 0, 0
    };

    frame = NULL;
    memset(&file, 0, sizeof(file));

    file.pieces[0].data = plain;
    file.pieces[0].len = facetree_png_plain(png, plain);
    file.pieces[1].data = png->decode->data + png->idat;
    file.pieces[1].len = png->idat_end - png->idat;
    file.pieces[2].data = iend;
    file.pieces[2].len = sizeof(iend);
    file.channels = facetree_png_channels(png);
    file.byte_work = 1;

    status = facetree_stb_load(png->decode, &file, &frame);

    row = frame;

    for (y = 0; y < png->height && status == FACETREE_OK; y++) {
        facetree_png_gray(row, png->width, file.channels);
        status = facetree_decode_row(png->decode, row);
        row += (size_t) png->width * file.channels;
    }

    facetree_stb_free(frame);

    return status;
}


facetree_status_e
facetree_decode_png(facetree_decode_t *decode)
{
    facetree_status_e         status;
    facetree_stb_png_t        png;
    facetree_decode_header_t  header;

    memset(&png, 0, sizeof(png));
    png.decode = decode;

    status = facetree_png_head(&png);
    if (status != FACETREE_OK) {
        return status;
    }

    header.width = png.width;
    header.height = png.height;
    header.orientation = facetree_exif_png(decode->data, decode->len,
                                           FACETREE_IMAGE_MAX_EXIF);
    header.scale = 1;
    header.pixel_ps = FACETREE_PNG_PS;
    header.byte_ps = 0;

    /* should it wrap, then the sides are refused first */
    header.memory = facetree_png_memory(&png) + FACETREE_STB_MEMORY;

    status = facetree_decode_begin(decode, &header);

    if (status != FACETREE_OK || decode->want != FACETREE_WANT_PIXELS) {
        return status;
    }

    status = facetree_png_body(&png);

    if (status == FACETREE_OK) {
        status = facetree_png_inflate(&png);
    }

    if (status == FACETREE_OK) {
        status = facetree_png_pixels(&png);
    }

    return status;
}

#else

typedef int  facetree_stb_png_absent_t;

#endif
