
/*
 * Copyright (C) facetree contributors
 *
 * A growable string that remembers its first failure.  Pages, reports, names
 * of uploads and answers of the inference protocol are written into it.
 */


#include "facetree_buffer.h"
#include "facetree_utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


#define FACETREE_BUFFER_FIRST  1024


void
facetree_buffer_init(facetree_buffer_t *buffer, size_t max)
{
    memset(buffer, 0, sizeof(*buffer));

    /* One byte is kept for the terminator. */
    buffer->max = (max < SIZE_MAX) ? max : SIZE_MAX - 1;
    buffer->status = FACETREE_OK;
}


void
facetree_buffer_free(facetree_buffer_t *buffer)
{
    free(buffer->data);

    facetree_buffer_init(buffer, buffer->max);
}


void
facetree_buffer_fail(facetree_buffer_t *buffer, facetree_status_e status)
{
    facetree_buffer_free(buffer);

    buffer->status = status;
}


static void
facetree_buffer_resize(facetree_buffer_t *buffer, size_t size)
{
    char  *data;

    data = realloc(buffer->data, size);

    if (data == NULL) {
        facetree_buffer_fail(buffer, FACETREE_ENOMEM);
        return;
    }

    buffer->data = data;
    buffer->size = size;
}


void
facetree_buffer_reserve(facetree_buffer_t *buffer, size_t len)
{
    if (buffer->status != FACETREE_OK) {
        return;
    }

    if (len > buffer->max) {
        len = buffer->max;
    }

    if (len + 1 > buffer->size) {
        facetree_buffer_resize(buffer, len + 1);
    }
}


/* Returns 1 when there is room for "more" bytes and a terminator. */

static int
facetree_buffer_grow(facetree_buffer_t *buffer, size_t more)
{
    size_t  size;

    if (buffer->status != FACETREE_OK) {
        return 0;
    }

    if (more > buffer->max - buffer->len) {
        facetree_buffer_fail(buffer, FACETREE_EBYTES);
        return 0;
    }

    if (buffer->size > buffer->len + more) {
        return 1;
    }

    /* Doubling: a text of n bytes is moved fewer than n bytes in all. */

    size = buffer->size;

    if (size < FACETREE_BUFFER_FIRST / 2) {
        size = FACETREE_BUFFER_FIRST / 2;
    }

    size = (size > buffer->max / 2) ? buffer->max + 1 : size * 2;

    if (size < buffer->len + more + 1) {
        size = buffer->len + more + 1;
    }

    facetree_buffer_resize(buffer, size);

    return buffer->status == FACETREE_OK;
}


void
facetree_buffer_add(facetree_buffer_t *buffer, const void *data, size_t len)
{
    if (len == 0 || !facetree_buffer_grow(buffer, len)) {
        return;
    }

    memcpy(buffer->data + buffer->len, data, len);
    buffer->len += len;
}


void
facetree_buffer_puts(facetree_buffer_t *buffer, const char *text)
{
    facetree_buffer_add(buffer, text, strlen(text));
}


void
facetree_buffer_printf(facetree_buffer_t *buffer, const char *format, ...)
{
    int      n;
    char     text[256];
    va_list  args;

    va_start(args, format);
    n = vsnprintf(text, sizeof(text), format, args);
    va_end(args);

    if (n < 0 || (size_t) n >= sizeof(text)) {
        facetree_buffer_fail(buffer, FACETREE_EBYTES);
        return;
    }

    facetree_buffer_add(buffer, text, (size_t) n);
}


void
facetree_buffer_utf8(facetree_buffer_t *buffer, const char *text, size_t len)
{
    size_t    n;
    uint32_t  code;

    for ( /* void */ ; len > 0; text += n, len -= n) {
        n = facetree_utf8_next(text, len, &code);

        if (code == FACETREE_UTF8_BAD) {
            facetree_buffer_puts(buffer, FACETREE_UTF8_REPLACEMENT);

        } else {
            facetree_buffer_add(buffer, text, n);
        }
    }
}


/* NULL for a character that stands for itself. */

static const char *
facetree_buffer_entity(uint32_t code)
{
    switch (code) {

    case '&':
        return "&amp;";

    case '<':
        return "&lt;";

    case '>':
        return "&gt;";

    case '"':
        return "&quot;";

    case '\'':
        return "&#39;";

    case '\t':
    case '\n':
        return NULL;

    default:
        if (code == FACETREE_UTF8_BAD || facetree_utf8_is_control(code)) {
            return FACETREE_UTF8_REPLACEMENT;
        }

        return NULL;
    }
}


void
facetree_buffer_html(facetree_buffer_t *buffer, const char *text)
{
    size_t       n, len;
    uint32_t     code;
    const char  *entity;

    for (len = strlen(text); len > 0; text += n, len -= n) {
        n = facetree_utf8_next(text, len, &code);
        entity = facetree_buffer_entity(code);

        if (entity) {
            facetree_buffer_puts(buffer, entity);

        } else {
            facetree_buffer_add(buffer, text, n);
        }
    }
}


facetree_status_e
facetree_buffer_take(facetree_buffer_t *buffer, char **out, size_t *len,
    facetree_error_t *err)
{
    facetree_status_e  status;

    (void) facetree_buffer_grow(buffer, 0);

    if (buffer->status != FACETREE_OK) {
        status = buffer->status;
        facetree_buffer_free(buffer);

        return facetree_fail(err, status, FACETREE_NO_OFFSET, NULL);
    }

    buffer->data[buffer->len] = '\0';

    *out = buffer->data;
    *len = buffer->len;

    facetree_buffer_init(buffer, buffer->max);

    return FACETREE_OK;
}
