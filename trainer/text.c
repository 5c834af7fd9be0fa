
/*
 * Copyright (C) facetree contributors
 */


#include "text.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


/*
 * Returns how many bytes the character at "p" takes, or 0 when it is not
 * UTF-8 or a control character (C0, DEL, C1).
 */

static size_t
facetree_text_char(const unsigned char *p)
{
    size_t    i, len;
    uint32_t  code, least;

    if (p[0] < 0x80) {
        return p[0] >= 0x20 && p[0] != 0x7f;
    }

    if (p[0] >= 0xc2 && p[0] <= 0xdf) {
        len = 2;
        code = p[0] & 0x1fu;
        least = 0xa0;

    } else if (p[0] >= 0xe0 && p[0] <= 0xef) {
        len = 3;
        code = p[0] & 0x0fu;
        least = 0x800;

    } else if (p[0] >= 0xf0 && p[0] <= 0xf4) {
        len = 4;
        code = p[0] & 0x07u;
        least = 0x10000;

    } else {
        return 0;
    }

    for (i = 1; i < len; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }

        code = code << 6 | (p[i] & 0x3fu);
    }

    if (code < least || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) {
        return 0;
    }

    return len;
}


int
facetree_text_plain(const char *text)
{
    size_t                len;
    const unsigned char  *p;

    for (p = (const unsigned char *) text; *p; p += len) {
        len = facetree_text_char(p);

        if (len == 0) {
            return 0;
        }
    }

    return 1;
}


void
facetree_text_escape(const char *text, char *out, size_t size)
{
    char                  piece[8];
    size_t                len, used;
    const unsigned char  *p;

    used = 0;

    for (p = (const unsigned char *) text; *p; /* void */ ) {
        len = facetree_text_char(p);

        if (len == 0) {
            snprintf(piece, sizeof(piece), "\\x%02x", *p++);
            len = 4;

        } else {
            memcpy(piece, p, len);
            p += len;
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
