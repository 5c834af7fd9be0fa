
/*
 * Copyright (C) facetree contributors
 */


#ifndef FACETREE_NO_PNG

#include "facetree_png_data.h"
#include "facetree_bytes.h"

#include <stdlib.h>
#include <string.h>


#define FACETREE_PNG_BLOCK   65535     /* bytes of a stored block, at most */
#define FACETREE_PNG_SPARE   1024      /* more than zlib wants to be fast */

#define FACETREE_PNG_CHUNK   8         /* length and name, before its data */
#define FACETREE_PNG_STORED  5         /* header of a stored block */
#define FACETREE_PNG_SUM     4         /* Adler-32, and CRC */


static facetree_status_e
facetree_png_data_fail(facetree_png_data_t *data, size_t offset,
    const char *text)
{
    return facetree_fail(data->decode->err, FACETREE_EIMAGE, offset,
                         "PNG is damaged: %s", text);
}


static facetree_status_e
facetree_png_data_short(facetree_png_data_t *data)
{
    return facetree_png_data_fail(data, data->decode->len,
                                  "it ends before its data does");
}


/*
 * Of the chunk at "offset"; returns 0 if the file ends before the chunk.  The
 * data starts FACETREE_PNG_CHUNK bytes on.
 */

static int
facetree_png_data_chunk(const facetree_png_data_t *data, size_t offset,
    int *pixels, size_t *len)
{
    size_t          left;
    const uint8_t  *chunk;

    left = data->decode->len - offset;

    if (left < FACETREE_PNG_CHUNK + FACETREE_PNG_SUM) {
        return 0;
    }

    chunk = data->decode->data + offset;

    *len = facetree_get_be32(chunk);
    *pixels = (memcmp(chunk + 4, "IDAT", 4) == 0);

    return *len <= left - FACETREE_PNG_CHUNK - FACETREE_PNG_SUM;
}


/* Where the file has no whole IDAT chunk, all of it is handed on as it is. */

static size_t
facetree_png_data_find(const facetree_png_data_t *data)
{
    int     pixels;
    size_t  i, len;

    i = 8;                                      /* behind the signature */

    while (i < data->decode->len
           && facetree_png_data_chunk(data, i, &pixels, &len))
    {
        if (pixels) {
            return i;
        }

        i += FACETREE_PNG_CHUNK + len + FACETREE_PNG_SUM;
    }

    return data->decode->len;
}


void
facetree_png_data_init(facetree_png_data_t *data, facetree_decode_t *decode)
{
    memset(data, 0, sizeof(*data));

    data->decode = decode;
    data->pixels = facetree_png_data_find(data);
    data->piece = decode->data;
    data->left = data->pixels;
    data->offset = data->pixels;
}


void
facetree_png_data_expect(facetree_png_data_t *data, uint64_t size)
{
    data->size = size;
}


size_t
facetree_png_data_offset(const facetree_png_data_t *data)
{
    if (!data->started) {
        return data->pixels - data->left;
    }

    return data->zlib.next_in ? (size_t) (data->zlib.next_in
                                          - data->decode->data)
                              : data->offset;
}


void
facetree_png_data_free(facetree_png_data_t *data)
{
    if (data->block) {
        inflateEnd(&data->zlib);
        free(data->block);
    }
}


/* Goes on in the next IDAT chunk. */

static facetree_status_e
facetree_png_data_next(facetree_png_data_t *data)
{
    int             pixels;
    size_t          len;
    const uint8_t  *chunk;

    if (!facetree_png_data_chunk(data, data->offset, &pixels, &len)) {
        return facetree_png_data_short(data);
    }

    if (!pixels) {
        return facetree_png_data_fail(data, data->offset,
                                      "Not enough image data");
    }

    chunk = data->decode->data + data->offset;

    if (crc32_z(0, chunk + 4, len + 4)
        != facetree_get_be32(chunk + FACETREE_PNG_CHUNK + len))
    {
        return facetree_png_data_fail(data, data->offset, "IDAT: CRC error");
    }

    data->zlib.next_in = chunk + FACETREE_PNG_CHUNK;
    data->zlib.avail_in = (uInt) len;
    data->offset += FACETREE_PNG_CHUNK + len + FACETREE_PNG_SUM;

    return FACETREE_OK;
}


/* Bytes of the zlib stream that are not packed; chunks may part them. */

static facetree_status_e
facetree_png_data_take(facetree_png_data_t *data, uint8_t *p, size_t len)
{
    facetree_status_e  status;

    while (len) {

        if (data->zlib.avail_in == 0) {
            status = facetree_png_data_next(data);

            if (status != FACETREE_OK) {
                return status;
            }

            continue;
        }

        *p++ = *data->zlib.next_in++;
        data->zlib.avail_in--;
        len--;
    }

    return FACETREE_OK;
}


static uint8_t *
facetree_png_data_put(uint8_t *p, size_t len)
{
    facetree_put_be32(p, (uint32_t) len);
    memcpy(p + 4, "IDAT", 4);

    return p + FACETREE_PNG_CHUNK;
}


/*
 * The first chunk holds the zlib header alone: libpng reads the beginning of
 * this chunk before the size of the picture has been looked at, and nothing
 * must be unpacked by then.
 */

static facetree_status_e
facetree_png_data_start(facetree_png_data_t *data)
{
    facetree_status_e  status;

    data->started = 1;

    status = facetree_png_data_take(data,
                                    facetree_png_data_put(data->head, 2), 2);

    data->piece = data->head;
    data->left = FACETREE_PNG_CHUNK + 2 + FACETREE_PNG_SUM;

    return status;
}


static facetree_status_e
facetree_png_data_allocate(facetree_png_data_t *data)
{
    uint8_t  *block;

    data->room = (data->size < FACETREE_PNG_BLOCK - FACETREE_PNG_SPARE)
                 ? (size_t) data->size + FACETREE_PNG_SPARE
                 : FACETREE_PNG_BLOCK;

    block = malloc(FACETREE_PNG_CHUNK + FACETREE_PNG_STORED + data->room
                   + 2 * FACETREE_PNG_SUM);

    /* Whatever window the header speaks of: this is what Pillow allows. */

    if (block == NULL || inflateInit2(&data->zlib, -MAX_WBITS) != Z_OK) {
        free(block);
        return facetree_fail(data->decode->err, FACETREE_ENOMEM,
                             FACETREE_NO_OFFSET, NULL);
    }

    data->block = block;

    return FACETREE_OK;
}


/* Fills the room for a block, or as much of it as there is data for. */

static facetree_status_e
facetree_png_data_unpack(facetree_png_data_t *data)
{
    int                code;
    facetree_status_e  status;

    data->zlib.next_out = data->block + FACETREE_PNG_CHUNK
                          + FACETREE_PNG_STORED;
    data->zlib.avail_out = (uInt) data->room;

    for ( ;; ) {

        /* Z_FINISH, though it may not be: no window is kept for nothing. */

        code = inflate(&data->zlib, Z_FINISH);

        if (code == Z_STREAM_END) {
            data->ended = 1;
            return FACETREE_OK;
        }

        if (code == Z_MEM_ERROR) {
            return facetree_fail(data->decode->err, FACETREE_ENOMEM,
                                 FACETREE_NO_OFFSET, NULL);
        }

        if (code != Z_OK && code != Z_BUF_ERROR) {
            return facetree_png_data_fail(data,
                                          facetree_png_data_offset(data),
                                          data->zlib.msg ? data->zlib.msg
                                                         : "IDAT");
        }

        if (data->zlib.avail_out == 0) {
            return FACETREE_OK;
        }

        status = facetree_png_data_next(data);

        if (status != FACETREE_OK) {
            return status;
        }
    }
}


/* The next chunk: a stored block, the last one with the checksum. */

static facetree_status_e
facetree_png_data_block(facetree_png_data_t *data)
{
    size_t              len, sum;
    uint8_t            *p;
    facetree_status_e   status;

    status = data->block ? FACETREE_OK : facetree_png_data_allocate(data);

    if (status == FACETREE_OK) {
        status = facetree_png_data_unpack(data);
    }

    if (status != FACETREE_OK) {
        return status;
    }

    len = data->room - data->zlib.avail_out;
    data->done += len;

    if (data->done > data->size + FACETREE_PNG_BLOCK) {
        return facetree_png_data_fail(data, facetree_png_data_offset(data),
                                      "it holds much more than its pixels");
    }

    sum = data->ended ? FACETREE_PNG_SUM : 0;

    p = facetree_png_data_put(data->block, FACETREE_PNG_STORED + len + sum);

    p[0] = (uint8_t) data->ended;
    p[1] = (uint8_t) len;
    p[2] = (uint8_t) (len >> 8);
    p[3] = (uint8_t) ~p[1];
    p[4] = (uint8_t) ~p[2];
    p += FACETREE_PNG_STORED + len;

    memset(p, 0, sum + FACETREE_PNG_SUM);
    status = facetree_png_data_take(data, p, sum);

    data->piece = data->block;
    data->left = FACETREE_PNG_CHUNK + FACETREE_PNG_STORED + len + sum
                 + FACETREE_PNG_SUM;

    return status;
}


static facetree_status_e
facetree_png_data_more(facetree_png_data_t *data)
{
    static const uint8_t  end[] = "\0\0\0\0IEND\xae\x42\x60\x82";

    if (data->pixels == data->decode->len) {
        return facetree_png_data_short(data);
    }

    if (!data->started) {
        return facetree_png_data_start(data);
    }

    if (!data->ended) {
        return facetree_png_data_block(data);
    }

    if (data->piece == end + sizeof(end) - 1) {
        return facetree_png_data_short(data);
    }

    data->piece = end;
    data->left = sizeof(end) - 1;

    return FACETREE_OK;
}


facetree_status_e
facetree_png_data_read(facetree_png_data_t *data, uint8_t *buffer, size_t len)
{
    size_t             n;
    facetree_status_e  status;

    while (len) {

        if (data->left == 0) {
            status = facetree_png_data_more(data);

            if (status != FACETREE_OK) {
                return status;
            }
        }

        n = (len < data->left) ? len : data->left;

        memcpy(buffer, data->piece, n);

        data->piece += n;
        data->left -= n;
        buffer += n;
        len -= n;
    }

    return FACETREE_OK;
}

#else

typedef int  facetree_png_data_absent_t;

#endif
