
/*
 * Copyright (C) facetree contributors
 */


#include "text.h"
#include "facetree_utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>


/* Length of the character at "p"; 0 when it is not one to be shown. */

static size_t
facetree_text_char(const char *p, size_t left)
{
    size_t    len;
    uint32_t  code;

    len = facetree_utf8_next(p, left, &code);

    if (code == FACETREE_UTF8_BAD || facetree_utf8_is_control(code)) {
        return 0;
    }

    return len;
}


int
facetree_text_plain(const char *text)
{
    size_t  len, left;

    for (left = strlen(text); left > 0; text += len, left -= len) {
        len = facetree_text_char(text, left);

        if (len == 0) {
            return 0;
        }
    }

    return 1;
}


void
facetree_text_escape(const char *text, char *out, size_t size)
{
    char    piece[8];
    size_t  len, used, left;

    used = 0;
    left = strlen(text);

    while (left > 0) {
        len = facetree_text_char(text, left);

        if (len == 0) {
            snprintf(piece, sizeof(piece), "\\x%02x",
                     (unsigned char) *text++);
            left--;
            len = 4;

        } else {
            memcpy(piece, text, len);
            text += len;
            left -= len;
        }

        if (len >= size - used) {
            break;
        }

        memcpy(out + used, piece, len);
        used += len;
    }

    out[used] = '\0';
}


void
facetree_text_basename(const char *path, char *out, size_t size)
{
    size_t       len;
    const char  *start;

    len = strlen(path);

    while (len > 1 && path[len - 1] == '/') {
        len--;
    }

    for (start = path + len; start > path && start[-1] != '/'; start--) {
        /* void */
    }

    len -= (size_t) (start - path);

    if (len == 0) {
        start = "/";
        len = 1;
    }

    if (len > size - 1) {
        len = size - 1;
    }

    memcpy(out, start, len);
    out[len] = '\0';
}


void
facetree_text_double(double value, char out[FACETREE_TEXT_DOUBLE])
{
    int  precision;

    for (precision = 15; precision <= 17; precision++) {
        snprintf(out, FACETREE_TEXT_DOUBLE, "%.*g", precision, value);

        if (strtod(out, NULL) == value) {
            break;
        }
    }

    if (strpbrk(out, ".en") == NULL) {
        strcat(out, ".0");
    }
}
