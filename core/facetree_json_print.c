
/*
 * Copyright (C) facetree contributors
 */


#include "facetree_json.h"
#include "facetree_json_print.h"
#include "facetree_number.h"

#include <string.h>


/* Whether the text is between quotes what it is without. */

static int
facetree_json_is_plain(const char *text)
{
    for ( /* void */ ; *text; text++) {
        if (*text < ' ' || *text > '~' || *text == '"' || *text == '\\') {
            return 0;
        }
    }

    return 1;
}


void
facetree_json_print_string(facetree_buffer_t *buffer, const char *text)
{
    if (!facetree_json_is_plain(text)) {
        facetree_json_add(buffer, facetree_json_string(text),
                          FACETREE_JSON_MAX_DIGITS);
        return;
    }

    facetree_buffer_add(buffer, "\"", 1);
    facetree_buffer_puts(buffer, text);
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
