
/*
 * Copyright (C) facetree contributors
 */


#ifndef FACETREE_NO_STB

#include "facetree_stb.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/*
 * Private to this file, and only the formats that need it.  Zeroed memory,
 * because stb_image does not always notice that it ran out of input.
 */
#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_ONLY_BMP
#define STBI_ONLY_PNM
#ifdef FACETREE_NO_JPEG
#define STBI_ONLY_JPEG
#endif
#ifdef FACETREE_NO_PNG
#define STBI_ONLY_PNG
#endif
#define STBI_NO_STDIO
#define STBI_NO_LINEAR
#define STBI_NO_HDR
#define STBI_ASSERT(condition)   ((void) 0)
#define STBI_MALLOC(size)        calloc(1, (size))
#define STBI_REALLOC(p, size)    realloc((p), (size))
#define STBI_FREE(p)             free(p)

/*
 * Since 2.28 the reader of PNM calls this for 16-bit samples of which other
 * channels are wanted, and it is defined only with PNG or PSD.  Neither
 * happens here: samples have 8 bits, and the channels stay as they are.
 */
#ifndef FACETREE_NO_PNG
#define stbi__convert_format16(data, from, to, width, height)  (data)
#endif

/* it declares more than a few formats define, which shows at the file's end */
#pragma GCC diagnostic ignored "-Wunused-function"

#include <stb/stb_image.h>


#define FACETREE_STB_PIECE  (128 * 1024)       /* bytes copied at once */


typedef struct {
    facetree_decode_t          *decode;
    const facetree_stb_file_t  *file;
    size_t                      piece;
    size_t                      offset;    /* in the piece */
    facetree_status_e           status;
} facetree_stb_reader_t;


/* Passes over at most "size" bytes, within a piece; copies if asked. */

static size_t
facetree_stb_take(facetree_stb_reader_t *reader, uint8_t *buffer, size_t size)
{
    size_t  len;

    while (reader->piece < FACETREE_STB_PIECES
           && reader->offset == reader->file->pieces[reader->piece].len)
    {
        reader->piece++;
        reader->offset = 0;
    }

    if (reader->piece == FACETREE_STB_PIECES) {
        return 0;
    }

    len = reader->file->pieces[reader->piece].len - reader->offset;
    len = (len < size) ? len : size;

    if (buffer) {
        memcpy(buffer, reader->file->pieces[reader->piece].data
                       + reader->offset, len);
    }

    reader->offset += len;

    return len;
}


/*
 * When the time is over the input ends, and stb_image soon does too.  It may
 * ask for a whole picture at once: the clock is looked at on the way.
 */

static int
facetree_stb_read(void *data, char *buffer, int size)
{
    size_t                  len, total;
    facetree_stb_reader_t  *reader;

    reader = data;
    total = 0;

    while (reader->status == FACETREE_OK && total < (size_t) size) {
        len = (size_t) size - total;
        len = (len < FACETREE_STB_PIECE) ? len : FACETREE_STB_PIECE;
        len = facetree_stb_take(reader, (uint8_t *) buffer + total, len);

        if (len == 0) {
            break;
        }

        total += len;
        reader->status = facetree_decode_tick(reader->decode, (uint64_t) len
                                              * reader->file->byte_work);
    }

    return (int) total;
}


static void
facetree_stb_skip(void *data, int size)
{
    size_t                  len, left;
    facetree_stb_reader_t  *reader;

    reader = data;
    left = (size > 0) ? (size_t) size : 0;

    while (left) {
        len = facetree_stb_take(reader, NULL, left);
        if (len == 0) {
            break;
        }

        left -= len;
    }
}


static int
facetree_stb_eof(void *data)
{
    facetree_stb_reader_t  *reader;

    reader = data;

    /* passes on to the next piece, if there is one */
    (void) facetree_stb_take(reader, NULL, 0);

    return reader->status != FACETREE_OK
           || reader->piece == FACETREE_STB_PIECES;
}


/* Our own checks left nothing to object to in BMP and PNM but the memory. */

static facetree_status_e
facetree_stb_fail(facetree_decode_t *decode)
{
    const char  *reason;

    reason = stbi_failure_reason();

    if (reason == NULL || strcmp(reason, "outofmem") == 0
        || decode->info.format == FACETREE_BMP
        || decode->info.format == FACETREE_PNM)
    {
        return facetree_fail(decode->err, FACETREE_ENOMEM, FACETREE_NO_OFFSET,
                             NULL);
    }

    return facetree_fail(decode->err, FACETREE_EIMAGE, FACETREE_NO_OFFSET,
                         "%s is damaged: %s",
                         (decode->info.format == FACETREE_JPEG) ? "JPEG"
                                                                : "PNG",
                         reason);
}


facetree_status_e
facetree_stb_load(facetree_decode_t *decode, const facetree_stb_file_t *file,
    uint8_t **frame)
{
    int                    width, height, found;
    uint8_t               *pixels;
    uint64_t               size;
    facetree_stb_reader_t  reader;

    static const stbi_io_callbacks  callbacks = {
        facetree_stb_read, facetree_stb_skip, facetree_stb_eof
    };

    size = (uint64_t) decode->info.width * decode->info.height
           * file->channels;

    if (size > INT_MAX) {
        return facetree_fail_limit(decode->err, FACETREE_EMEMORY, INT_MAX,
                                   size, "decoding %ux%u takes %llu bytes, "
                                   "more than this decoder can hold",
                                   decode->info.width, decode->info.height,
                                   (unsigned long long) size);
    }

    reader.decode = decode;
    reader.file = file;
    reader.piece = 0;
    reader.offset = 0;
    reader.status = FACETREE_OK;

    pixels = stbi_load_from_callbacks(&callbacks, &reader, &width, &height,
                                      &found, 0);

    if (reader.status != FACETREE_OK) {
        stbi_image_free(pixels);
        return reader.status;
    }

    if (pixels == NULL) {
        return facetree_stb_fail(decode);
    }

    if ((uint32_t) width != decode->info.width
        || (uint32_t) height != decode->info.height
        || (uint32_t) found != file->channels)
    {
        stbi_image_free(pixels);
        return facetree_fail(decode->err, FACETREE_EIMAGE, FACETREE_NO_OFFSET,
                             "%s of an unexpected kind",
                             facetree_format_name(decode->info.format));
    }

    *frame = pixels;

    return FACETREE_OK;
}


void
facetree_stb_free(uint8_t *frame)
{
    stbi_image_free(frame);
}

#else

typedef int  facetree_stb_absent_t;

#endif
