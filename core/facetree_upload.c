
/*
 * Copyright (C) facetree contributors
 *
 * The pictures in a request body.  A file that the caller keeps in place, in
 * one run of memory, is only pointed at; all others are copied one behind the
 * other into one buffer.
 */


#include "facetree_int.h"
#include "facetree_buffer.h"
#include "facetree_header.h"
#include "facetree_utf8.h"

#include <stdlib.h>
#include <string.h>


#define FACETREE_UPLOAD_MAX_NAME  255          /* bytes */
#define FACETREE_UPLOAD_FIRST     65536        /* bytes of the buffer */


typedef struct {
    facetree_upload_file_t  file;      /* file.data is NULL when copied,
                                          until the body has ended */
    char                   *filename;  /* owned */
    size_t                  start;     /* in the buffer, when copied */
    int                     copied;
} facetree_upload_entry_t;


struct facetree_upload_s {
    facetree_multipart_t     *multipart;       /* NULL: one bare picture */
    char                     *field;           /* NULL: any */
    size_t                    body_len;
    uint32_t                  max_images;

    facetree_upload_entry_t  *entries;
    uint32_t                  count;           /* files that are there */
    uint32_t                  size;            /* allocated */
    int                       open;            /* entries[count] is filled */

    facetree_buffer_t         buffer;

    const uint8_t            *piece;           /* being fed, */
    size_t                    piece_len;       /* if it is stable */
};


static facetree_status_e facetree_upload_part(void *ctx,
    const facetree_part_header_t *header, facetree_error_t *err);
static facetree_status_e facetree_upload_data(void *ctx, const uint8_t *data,
    size_t len, facetree_error_t *err);
static facetree_status_e facetree_upload_end(void *ctx,
    facetree_error_t *err);


static const facetree_multipart_handlers_t  facetree_upload_handlers = {
    facetree_upload_part,
    facetree_upload_data,
    facetree_upload_end
};


static char *
facetree_upload_strdup(const char *text)
{
    char    *copy;
    size_t   len;

    len = strlen(text);
    copy = malloc(len + 1);

    if (copy) {
        memcpy(copy, text, len + 1);
    }

    return copy;
}


/* What of a cleaned name fits into the limit, whole characters only. */

static size_t
facetree_upload_name_len(const char *name, size_t len)
{
    size_t    n, used;
    uint32_t  code;

    for (used = 0; used < len; used += n) {
        n = facetree_utf8_next(name + used, len - used, &code);

        if (used + n > FACETREE_UPLOAD_MAX_NAME) {
            break;
        }
    }

    return used;
}


/*
 * Some clients send whole paths, of Unix or of Windows: only what follows the
 * last separator is kept.  Ill-formed sequences and control characters become
 * U+FFFD.  "*out" is NULL when nothing is left of the name.
 */

static facetree_status_e
facetree_upload_name(const char *name, char **out, facetree_error_t *err)
{
    size_t             n, len;
    uint32_t           code;
    const char        *p;
    facetree_status_e  status;
    facetree_buffer_t  clean;

    *out = NULL;

    for (p = name; *p; p++) {
        if (*p == '/' || *p == '\\') {
            name = p + 1;
        }
    }

    len = (size_t) (p - name);

    if (len == 0) {
        return FACETREE_OK;
    }

    /* Cleaning makes three bytes of one at most. */
    facetree_buffer_init(&clean, 3 * len);

    for (p = name; len > 0; p += n, len -= n) {
        n = facetree_utf8_next(p, len, &code);

        if (code == FACETREE_UTF8_BAD || facetree_utf8_is_control(code)) {
            facetree_buffer_puts(&clean, FACETREE_UTF8_REPLACEMENT);

        } else {
            facetree_buffer_add(&clean, p, n);
        }
    }

    status = facetree_buffer_take(&clean, out, &len, err);

    if (status == FACETREE_OK) {
        (*out)[facetree_upload_name_len(*out, len)] = '\0';
    }

    return status;
}


/* Opens the entry behind the last one. */

static facetree_status_e
facetree_upload_open(facetree_upload_t *upload, facetree_error_t *err)
{
    uint32_t                  size;
    facetree_upload_entry_t  *entries;

    if (upload->count == upload->size) {
        if (upload->size > UINT32_MAX / 2 - 4) {
            return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET,
                                 NULL);
        }

        size = upload->size * 2 + 4;
        entries = realloc(upload->entries, size * sizeof(*entries));

        if (entries == NULL) {
            return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET,
                                 NULL);
        }

        upload->entries = entries;
        upload->size = size;
    }

    memset(&upload->entries[upload->count], 0, sizeof(*upload->entries));
    upload->open = 1;

    return FACETREE_OK;
}


static facetree_status_e
facetree_upload_check_count(const facetree_upload_t *upload,
    facetree_error_t *err)
{
    if (upload->count < upload->max_images) {
        return FACETREE_OK;
    }

    return facetree_fail_limit(err, FACETREE_EIMAGES, upload->max_images,
                               (uint64_t) upload->count + 1,
                               "request has more than %u picture%s; send "
                               "them in several requests",
                               (unsigned) upload->max_images,
                               (upload->max_images == 1) ? "" : "s");
}


static facetree_status_e
facetree_upload_part(void *ctx, const facetree_part_header_t *header,
    facetree_error_t *err)
{
    facetree_status_e   status;
    facetree_upload_t  *upload;

    upload = ctx;

    if (header->filename == NULL) {
        return FACETREE_OK;
    }

    if (upload->field
        && (header->name == NULL || strcmp(header->name, upload->field) != 0))
    {
        return FACETREE_OK;
    }

    status = facetree_upload_open(upload, err);

    if (status != FACETREE_OK) {
        return status;
    }

    return facetree_upload_name(header->filename,
                                &upload->entries[upload->count].filename,
                                err);
}


/* True when the bytes stay where they are: not those that the parser held. */

static int
facetree_upload_is_stable(const facetree_upload_t *upload,
    const uint8_t *data)
{
    uintptr_t  first, p;

    first = (uintptr_t) upload->piece;
    p = (uintptr_t) data;

    return upload->piece != NULL && p >= first
           && p - first < upload->piece_len;
}


static facetree_status_e
facetree_upload_copy(facetree_upload_t *upload,
    facetree_upload_entry_t *entry, const uint8_t *data, size_t len,
    facetree_error_t *err)
{
    facetree_buffer_t  *buffer;

    buffer = &upload->buffer;

    /*
     * The bytes of one body fit into its length; where that was not told, or
     * was not true, the buffer doubles.
     */

    if (buffer->size == 0) {
        facetree_buffer_reserve(buffer, upload->body_len
                                        ? upload->body_len
                                        : FACETREE_UPLOAD_FIRST);
    }

    if (!entry->copied) {
        entry->copied = 1;
        entry->start = buffer->len;
        facetree_buffer_add(buffer, entry->file.data, entry->file.len);
        entry->file.data = NULL;
    }

    facetree_buffer_add(buffer, data, len);
    entry->file.len += len;

    if (buffer->status != FACETREE_OK) {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    return FACETREE_OK;
}


static facetree_status_e
facetree_upload_data(void *ctx, const uint8_t *data, size_t len,
    facetree_error_t *err)
{
    facetree_status_e         status;
    facetree_upload_t        *upload;
    facetree_upload_file_t   *file;
    facetree_upload_entry_t  *entry;

    upload = ctx;

    if (!upload->open) {
        return FACETREE_OK;
    }

    entry = &upload->entries[upload->count];
    file = &entry->file;

    if (file->len == 0) {
        status = facetree_upload_check_count(upload, err);

        if (status != FACETREE_OK) {
            return status;
        }
    }

    if (entry->copied || !facetree_upload_is_stable(upload, data)
        || (file->len > 0 && file->data + file->len != data))
    {
        return facetree_upload_copy(upload, entry, data, len, err);
    }

    if (file->len == 0) {
        file->data = data;
    }

    file->len += len;

    return FACETREE_OK;
}


static facetree_status_e
facetree_upload_end(void *ctx, facetree_error_t *err)
{
    facetree_status_e         status;
    facetree_upload_t        *upload;
    facetree_upload_entry_t  *entry;

    upload = ctx;

    if (!upload->open) {
        return FACETREE_OK;
    }

    upload->open = 0;
    entry = &upload->entries[upload->count];

    /* Browsers send a file input that was not filled in like this. */

    if (entry->file.len == 0 && entry->filename == NULL) {
        return FACETREE_OK;
    }

    status = facetree_upload_check_count(upload, err);

    if (status != FACETREE_OK) {
        upload->open = 1;              /* still owns its name */
        return status;
    }

    upload->count++;

    return FACETREE_OK;
}


/* Whether the body is taken apart (1), is one picture (0), or neither (-1). */

static int
facetree_upload_shape(facetree_slice_t content_type)
{
    facetree_slice_t  type;

    type = facetree_header_media_type(content_type);

    if (facetree_slice_is(type, "multipart/form-data")) {
        return 1;
    }

    if (type.len == 0 || facetree_slice_starts(type, "image/")
        || facetree_slice_is(type, "application/octet-stream"))
    {
        return 0;
    }

    return -1;
}


static facetree_status_e
facetree_upload_init(facetree_upload_t *upload,
    const facetree_upload_options_t *options, facetree_error_t *err)
{
    facetree_slice_t  type;

    type.data = options->content_type;
    type.len = options->content_type ? options->content_type_len : 0;

    if (options->field) {
        upload->field = facetree_upload_strdup(options->field);

        if (upload->field == NULL) {
            return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET,
                                 NULL);
        }
    }

    switch (facetree_upload_shape(type)) {

    case 1:
        return facetree_multipart_create(&upload->multipart, type.data,
                                         type.len, &facetree_upload_handlers,
                                         upload, err);

    case 0:
        return facetree_upload_open(upload, err);

    default:
        return facetree_fail(err, FACETREE_EMEDIA, FACETREE_NO_OFFSET,
                             "this Content-Type holds no picture: send "
                             "multipart/form-data, image/* or application/"
                             "octet-stream (curl: -F file=@face.jpg or "
                             "-T face.jpg)");
    }
}


facetree_status_e
facetree_upload_create(facetree_upload_t **out,
    const facetree_upload_options_t *options, facetree_error_t *err)
{
    facetree_upload_t  *upload;
    facetree_status_e   status;

    if (options->max_images == 0) {
        return facetree_fail(err, FACETREE_EINVAL, FACETREE_NO_OFFSET,
                             "upload: max_images is 0");
    }

    upload = calloc(1, sizeof(*upload));

    if (upload == NULL) {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    upload->body_len = options->body_len;
    upload->max_images = options->max_images;

    facetree_buffer_init(&upload->buffer, SIZE_MAX);

    status = facetree_upload_init(upload, options, err);

    if (status != FACETREE_OK) {
        facetree_upload_free(upload);
        return status;
    }

    *out = upload;

    return FACETREE_OK;
}


facetree_status_e
facetree_upload_feed(facetree_upload_t *upload, const void *data, size_t len,
    int stable, facetree_error_t *err)
{
    facetree_status_e  status;

    if (len == 0) {
        return FACETREE_OK;
    }

    upload->piece = stable ? data : NULL;
    upload->piece_len = len;

    if (upload->multipart) {
        status = facetree_multipart_feed(upload->multipart, data, len, err);

    } else {
        status = facetree_upload_data(upload, data, len, err);
    }

    upload->piece = NULL;

    return status;
}


facetree_status_e
facetree_upload_finish(facetree_upload_t *upload, facetree_error_t *err)
{
    uint32_t                  i, filled;
    facetree_status_e         status;
    facetree_upload_entry_t  *entry;

    status = upload->multipart
             ? facetree_multipart_finish(upload->multipart, err)
             : facetree_upload_end(upload, err);

    if (status != FACETREE_OK) {
        return status;
    }

    filled = 0;

    for (i = 0; i < upload->count; i++) {
        entry = &upload->entries[i];

        if (entry->copied) {
            entry->file.data = (uint8_t *) upload->buffer.data + entry->start;
        }

        entry->file.filename = entry->filename;
        filled += (entry->file.len > 0);
    }

    if (filled == 0) {
        return facetree_fail(err, FACETREE_EEMPTY, FACETREE_NO_OFFSET,
                             "no picture was sent: %s",
                             upload->count ? "the file is empty"
                             : upload->multipart ? "the form has no file"
                                                 : "the body is empty");
    }

    return FACETREE_OK;
}


uint32_t
facetree_upload_count(const facetree_upload_t *upload)
{
    return upload->count;
}


const facetree_upload_file_t *
facetree_upload_file(const facetree_upload_t *upload, uint32_t index)
{
    return &upload->entries[index].file;
}


void
facetree_upload_free(facetree_upload_t *upload)
{
    uint32_t  i;

    if (upload == NULL) {
        return;
    }

    for (i = 0; i < upload->count + (upload->open ? 1 : 0); i++) {
        free(upload->entries[i].filename);
    }

    facetree_multipart_free(upload->multipart);
    facetree_buffer_free(&upload->buffer);
    free(upload->entries);
    free(upload->field);
    free(upload);
}
