
/*
 * Copyright (C) facetree contributors
 *
 * Where the pictures lie in a request body.  The bytes pass by: of a file its
 * offset, its length and its name are kept.  The HTTP server feeds it.
 */


#include "facetree_int.h"
#include "facetree_buffer.h"
#include "facetree_header.h"
#include "facetree_utf8.h"

#include <stdlib.h>
#include <string.h>


#define FACETREE_UPLOAD_MAX_NAME  255          /* bytes */


typedef struct {
    facetree_upload_file_t  file;
    char                   *filename;  /* owned */
} facetree_upload_entry_t;


struct facetree_upload_s {
    facetree_multipart_t     *multipart;       /* NULL: one bare picture */
    char                     *field;           /* NULL: any */
    uint32_t                  max_images;
    size_t                    max_bytes;       /* of a file */
    uint64_t                  max_fed;         /* of the body */
    uint64_t                  fed;

    facetree_upload_entry_t  *entries;
    uint32_t                  count;           /* files that are there */
    uint32_t                  size;            /* allocated */
    int                       open;            /* entries[count] is filled */
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

    upload->entries[upload->count].file.offset = header->offset;

    return facetree_upload_name(header->filename,
                                &upload->entries[upload->count].filename,
                                err);
}


/* The bytes of a file follow one another in the body: they are counted. */

static facetree_status_e
facetree_upload_data(void *ctx, const uint8_t *data, size_t len,
    facetree_error_t *err)
{
    uint64_t                 total;
    facetree_status_e        status;
    facetree_upload_t       *upload;
    facetree_upload_file_t  *file;

    (void) data;

    upload = ctx;

    if (!upload->open) {
        return FACETREE_OK;
    }

    file = &upload->entries[upload->count].file;

    if (file->len == 0) {
        status = facetree_upload_check_count(upload, err);

        if (status != FACETREE_OK) {
            return status;
        }
    }

    total = (uint64_t) file->len + len;

    if (total > upload->max_bytes) {
        return facetree_fail_limit(err, FACETREE_EBYTES, upload->max_bytes,
                                   total, "the picture has more than %zu "
                                   "bytes", upload->max_bytes);
    }

    file->len = (size_t) total;

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


static facetree_slice_t
facetree_upload_type(const facetree_upload_options_t *options)
{
    facetree_slice_t  type;

    type.data = options->content_type;
    type.len = options->content_type ? options->content_type_len : 0;

    return type;
}


/* Whether the body is taken apart (1), is one picture (0), or neither (-1). */

static int
facetree_upload_shape(const facetree_upload_options_t *options)
{
    facetree_slice_t  type;

    type = facetree_header_media_type(facetree_upload_type(options));

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
facetree_upload_refuse_type(facetree_error_t *err)
{
    return facetree_fail(err, FACETREE_EMEDIA, FACETREE_NO_OFFSET,
                         "this Content-Type holds no picture: send "
                         "multipart/form-data, image/* or application/"
                         "octet-stream (curl: -F file=@face.jpg or "
                         "-T face.jpg)");
}


/* The longest body that can fit, by its shape. */

static uint64_t
facetree_upload_max_body(const facetree_upload_options_t *options, int shape)
{
    uint64_t  max;

    if (shape == 0) {
        return options->max_bytes;
    }

    max = UINT64_MAX - FACETREE_UPLOAD_ALLOWANCE;

    if (options->max_images
        && options->max_bytes > max / options->max_images)
    {
        return UINT64_MAX;
    }

    return (uint64_t) options->max_images * options->max_bytes
           + FACETREE_UPLOAD_ALLOWANCE;
}


static facetree_status_e
facetree_upload_check_body(uint64_t len, uint64_t max, int shape,
    facetree_error_t *err)
{
    if (len <= max) {
        return FACETREE_OK;
    }

    return facetree_fail_limit(err, FACETREE_EBYTES, max, len,
                               shape ? "the form has more than %llu bytes"
                                     : "the picture has more than %llu bytes",
                               (unsigned long long) max);
}


facetree_status_e
facetree_upload_check_length(const facetree_upload_options_t *options,
    uint64_t content_length, facetree_error_t *err)
{
    int  shape;

    shape = facetree_upload_shape(options);

    if (shape < 0) {
        return facetree_upload_refuse_type(err);
    }

    return facetree_upload_check_body(content_length,
                                      facetree_upload_max_body(options, shape),
                                      shape, err);
}


static facetree_status_e
facetree_upload_init(facetree_upload_t *upload,
    const facetree_upload_options_t *options, facetree_error_t *err)
{
    int               shape;
    facetree_slice_t  type;

    type = facetree_upload_type(options);
    shape = facetree_upload_shape(options);

    if (options->field) {
        upload->field = facetree_upload_strdup(options->field);

        if (upload->field == NULL) {
            return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET,
                                 NULL);
        }
    }

    upload->max_fed = facetree_upload_max_body(options, shape);

    switch (shape) {

    case 1:
        return facetree_multipart_create(&upload->multipart, type.data,
                                         type.len, &facetree_upload_handlers,
                                         upload, err);

    case 0:
        return facetree_upload_open(upload, err);

    default:
        return facetree_upload_refuse_type(err);
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

    upload->max_images = options->max_images;
    upload->max_bytes = options->max_bytes;

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
    facetree_error_t *err)
{
    size_t             n;
    facetree_status_e  status;

    /* Bytes past the limit change nothing, however the body is cut. */

    n = (len < upload->max_fed - upload->fed)
        ? len : (size_t) (upload->max_fed - upload->fed);

    if (n > 0) {
        status = upload->multipart
                 ? facetree_multipart_feed(upload->multipart, data, n, err)
                 : facetree_upload_data(upload, data, n, err);

        if (status != FACETREE_OK) {
            return status;
        }
    }

    upload->fed += n;

    return facetree_upload_check_body(upload->fed + (len - n),
                                      upload->max_fed,
                                      upload->multipart != NULL, err);
}


uint64_t
facetree_upload_fed(const facetree_upload_t *upload)
{
    return upload->fed;
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


facetree_status_e
facetree_upload_bind(facetree_upload_t *upload, const void *body,
    size_t body_len, facetree_error_t *err)
{
    uint32_t                 i;
    const uint8_t           *data;
    facetree_upload_file_t  *file;

    if (body_len != upload->fed) {
        return facetree_fail(err, FACETREE_EINVAL, FACETREE_NO_OFFSET,
                             "upload: a body of %zu bytes, %llu were fed",
                             body_len, (unsigned long long) upload->fed);
    }

    data = body;

    for (i = 0; i < upload->count; i++) {
        file = &upload->entries[i].file;
        file->data = data + file->offset;
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
    free(upload->entries);
    free(upload->field);
    free(upload);
}
