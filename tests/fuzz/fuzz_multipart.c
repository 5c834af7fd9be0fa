
/*
 * Copyright (C) facetree contributors
 *
 * An input is the value of a Content-Type header, a line feed, and a body.
 *
 * Property: however the body is cut into pieces - not at all, at every byte,
 * at places drawn from the input itself - facetree_multipart_t makes the same
 * calls with the same strings and the same data, and ends with the same
 * status and the same message; and facetree_upload_t finds the same files in
 * the same places, though the pieces are gone after each call.
 */


#include "facetree.h"
#include "fuzz.h"

#include <string.h>

#include <zlib.h>


#define FUZZ_LOG     (1024 * 1024)
#define FUZZ_IMAGES  16


typedef enum {
    FUZZ_WHOLE = 0,
    FUZZ_BYTES,
    FUZZ_PIECES
} fuzz_cut_e;

typedef struct {
    const char     *type;
    size_t          type_len;
    const uint8_t  *body;
    size_t          len;
} fuzz_request_t;

/* What was said, as text, and how it ended. */

typedef struct {
    char               *log;
    size_t              len;
    facetree_status_e   status;
    facetree_error_t    err;
} fuzz_story_t;


static void
fuzz_log(fuzz_story_t *story, const void *data, size_t len)
{
    FUZZ_ASSERT(len <= FUZZ_LOG - story->len);

    if (len) {
        memcpy(story->log + story->len, data, len);
    }

    story->len += len;
}


static void
fuzz_log_string(fuzz_story_t *story, const char *string)
{
    if (string) {
        fuzz_log(story, "=", 1);
        fuzz_log(story, string, strlen(string) + 1);

    } else {
        fuzz_log(story, "-", 1);
    }
}


static facetree_status_e
fuzz_part(void *ctx, const facetree_part_header_t *header,
    facetree_error_t *err)
{
    (void) err;

    fuzz_log(ctx, "\n<", 2);
    fuzz_log_string(ctx, header->name);
    fuzz_log_string(ctx, header->filename);
    fuzz_log_string(ctx, header->content_type);
    fuzz_log(ctx, ">", 1);

    return FACETREE_OK;
}


static facetree_status_e
fuzz_data(void *ctx, const uint8_t *data, size_t len, facetree_error_t *err)
{
    (void) err;

    FUZZ_ASSERT(len > 0);
    fuzz_log(ctx, data, len);

    return FACETREE_OK;
}


static facetree_status_e
fuzz_end(void *ctx, facetree_error_t *err)
{
    (void) err;

    fuzz_log(ctx, "\n/", 2);

    return FACETREE_OK;
}


/* How long the next piece is. */

static size_t
fuzz_piece(fuzz_cut_e cut, uint32_t *state, size_t left)
{
    size_t  len;

    switch (cut) {

    case FUZZ_WHOLE:
        return left;

    case FUZZ_BYTES:
        return 1;

    default:
        len = fuzz_random(state) % 24;          /* of 0 too */
        return (len < left) ? len : left;
    }
}


static void
fuzz_tell(const fuzz_request_t *request, fuzz_cut_e cut, fuzz_story_t *story)
{
    size_t                  i, len;
    uint8_t                *piece;
    uint32_t                state;
    facetree_multipart_t   *parser;

    static const facetree_multipart_handlers_t  handlers = {
        fuzz_part, fuzz_data, fuzz_end
    };

    story->len = 0;
    memset(&story->err, 0, sizeof(story->err));

    story->status = facetree_multipart_create(&parser, request->type,
                                              request->type_len, &handlers,
                                              story, &story->err);
    if (story->status != FACETREE_OK) {
        return;
    }

    state = (uint32_t) crc32_z(0, request->body, request->len) | 1;

    for (i = 0; i < request->len && story->status == FACETREE_OK; i += len) {
        len = fuzz_piece(cut, &state, request->len - i);

        piece = malloc(len ? len : 1);
        FUZZ_ASSERT(piece);
        memcpy(piece, request->body + i, len);

        story->status = facetree_multipart_feed(parser, piece, len,
                                                &story->err);
        free(piece);
    }

    if (story->status == FACETREE_OK) {
        story->status = facetree_multipart_finish(parser, &story->err);
    }

    facetree_multipart_free(parser);
}


static void
fuzz_log_files(fuzz_story_t *story, const fuzz_request_t *request,
    const facetree_upload_t *upload)
{
    uint32_t                       i;
    const facetree_upload_file_t  *file;

    for (i = 0; i < facetree_upload_count(upload); i++) {
        file = facetree_upload_file(upload, i);

        FUZZ_ASSERT(file->offset <= request->len);
        FUZZ_ASSERT(file->len <= request->len - file->offset);

        fuzz_log_string(story, file->filename);
        fuzz_log(story, &file->offset, sizeof(file->offset));
        fuzz_log(story, &file->len, sizeof(file->len));
        fuzz_log(story, file->data, file->len);
    }
}


/* Pieces are overwritten after the call. */

static void
fuzz_tell_upload(const fuzz_request_t *request, fuzz_cut_e cut,
    size_t max_bytes, fuzz_story_t *story)
{
    size_t                      i, len;
    uint8_t                    *copy;
    uint32_t                    state;
    facetree_upload_t          *upload;
    facetree_upload_options_t   options;

    story->len = 0;
    memset(&story->err, 0, sizeof(story->err));
    memset(&options, 0, sizeof(options));

    options.content_type = request->type;
    options.content_type_len = request->type_len;
    options.max_images = FUZZ_IMAGES;
    options.max_bytes = max_bytes;

    story->status = facetree_upload_create(&upload, &options, &story->err);

    if (story->status != FACETREE_OK) {
        return;
    }

    copy = malloc(request->len ? request->len : 1);
    FUZZ_ASSERT(copy);
    memcpy(copy, request->body, request->len);

    state = (uint32_t) crc32_z(0, request->body, request->len) | 1;

    for (i = 0; i < request->len && story->status == FACETREE_OK; i += len) {
        len = fuzz_piece(cut, &state, request->len - i);

        story->status = facetree_upload_feed(upload, copy + i, len,
                                             &story->err);
        memset(copy + i, '!', len);
    }

    if (story->status == FACETREE_OK) {
        story->status = facetree_upload_finish(upload, &story->err);
    }

    if (story->status == FACETREE_OK) {
        FUZZ_ASSERT(facetree_upload_count(upload) > 0);
        FUZZ_ASSERT(facetree_upload_count(upload) <= FUZZ_IMAGES);
        FUZZ_ASSERT(facetree_upload_fed(upload) == request->len);
        FUZZ_ASSERT(facetree_upload_bind(upload, request->body, request->len,
                                         NULL)
                    == FACETREE_OK);
        fuzz_log_files(story, request, upload);
    }

    facetree_upload_free(upload);
    free(copy);
}


/* What was observed of a limit grows with the piece that went over it. */

static void
fuzz_compare(const fuzz_story_t *a, const fuzz_story_t *b)
{
    FUZZ_ASSERT(a->status == b->status);
    FUZZ_ASSERT(a->len == b->len);
    FUZZ_ASSERT(memcmp(a->log, b->log, a->len) == 0);
    FUZZ_ASSERT(a->err.offset == b->err.offset);
    FUZZ_ASSERT(strcmp(a->err.text, b->err.text) == 0);
}


static void
fuzz_compare_uploads(const fuzz_request_t *request, size_t max_bytes,
    fuzz_story_t *whole, fuzz_story_t *other)
{
    fuzz_tell_upload(request, FUZZ_WHOLE, max_bytes, whole);
    fuzz_tell_upload(request, FUZZ_BYTES, max_bytes, other);
    fuzz_compare(whole, other);
    fuzz_tell_upload(request, FUZZ_PIECES, max_bytes, other);
    fuzz_compare(whole, other);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_story_t     whole, other;
    const uint8_t   *line;
    fuzz_request_t   request;

    line = size ? memchr(data, '\n', size) : NULL;

    if (line == NULL || size > FUZZ_LOG / 8) {
        return 0;
    }

    request.type = (const char *) data;
    request.type_len = (size_t) (line - data);
    request.body = line + 1;
    request.len = size - request.type_len - 1;

    whole.log = malloc(FUZZ_LOG);
    other.log = malloc(FUZZ_LOG);
    FUZZ_ASSERT(whole.log && other.log);

    fuzz_tell(&request, FUZZ_WHOLE, &whole);
    fuzz_tell(&request, FUZZ_BYTES, &other);
    fuzz_compare(&whole, &other);
    fuzz_tell(&request, FUZZ_PIECES, &other);
    fuzz_compare(&whole, &other);

    fuzz_compare_uploads(&request, SIZE_MAX, &whole, &other);
    fuzz_compare_uploads(&request, 1 + request.len / 2, &whole, &other);

    free(whole.log);
    free(other.log);

    return 0;
}
