
/*
 * Copyright (C) facetree contributors
 */


#include "facetree_json_print.h"
#include "facetree_number.h"
#include "facetree_utf8.h"

#include <string.h>


static void
facetree_json_print_escape(facetree_buffer_t *buffer, unsigned char c)
{
    const char  *p;

    static const char  from[] = "\"\\\b\f\n\r\t";
    static const char  to[] = "\"\\bfnrt";

    p = c ? strchr(from, c) : NULL;

    if (p) {
        facetree_buffer_printf(buffer, "\\%c", to[p - from]);

    } else {
        facetree_buffer_printf(buffer, "\\u%04x", c);
    }
}


void
facetree_json_print_string(facetree_buffer_t *buffer, const char *text)
{
    size_t         len, n;
    uint32_t       code;
    const char    *end, *p, *run;
    unsigned char  c;

    len = strlen(text);
    end = text + len;

    facetree_buffer_add(buffer, "\"", 1);

    for (p = run = text; p < end; p += n) {
        c = (unsigned char) *p;
        n = 1;

        if (c >= 0x80) {
            n = facetree_utf8_next(p, (size_t) (end - p), &code);

            if (code != FACETREE_UTF8_BAD) {
                continue;
            }

        } else if (c >= 0x20 && c != '"' && c != '\\') {
            continue;
        }

        facetree_buffer_add(buffer, run, (size_t) (p - run));
        run = p + n;

        if (c >= 0x80) {
            facetree_buffer_puts(buffer, FACETREE_UTF8_REPLACEMENT);

        } else {
            facetree_json_print_escape(buffer, c);
        }
    }

    facetree_buffer_add(buffer, run, (size_t) (end - run));
    facetree_buffer_add(buffer, "\"", 1);
}


void
facetree_json_print_real(facetree_buffer_t *buffer, double value)
{
    char  text[FACETREE_NUMBER_LEN];

    /* What most classes have, and one of a single tree often. */

    if (value == 0 || value == 1) {
        facetree_buffer_puts(buffer, value == 0 ? "0.0" : "1.0");
        return;
    }

    facetree_number_double(value, text);
    facetree_buffer_puts(buffer, text);

    if (strpbrk(text, ".e") == NULL) {
        facetree_buffer_puts(buffer, ".0");
    }
}


void
facetree_json_print_integer(facetree_buffer_t *buffer, uint64_t value)
{
    char   text[20];
    char  *p;

    p = text + sizeof(text);

    do {
        *--p = (char) ('0' + value % 10);
        value /= 10;
    } while (value);

    facetree_buffer_add(buffer, p, (size_t) (text + sizeof(text) - p));
}
