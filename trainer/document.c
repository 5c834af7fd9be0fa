
/*
 * Copyright (C) facetree contributors
 */


#include "document.h"
#include "facetree_int.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>


/* A number starts here and ends where these characters do. */
#define FACETREE_DOCUMENT_NUMBER  "0123456789+-.eE"


static size_t
facetree_document_skip_string(const char *text)
{
    size_t  i;

    for (i = 1; text[i] != '"'; i++) {
        if (text[i] == '\\') {
            i++;
        }
    }

    return i + 1;
}


/* Works in place; a number that would not become shorter stays as it is. */

static void
facetree_document_shorten(char *text)
{
    char    *to, number[FACETREE_TEXT_DOUBLE];
    size_t   len, shorter;

    to = text;

    while (*text) {
        len = 1;

        if (*text == '"') {
            len = facetree_document_skip_string(text);

        } else if (*text == '-' || (*text >= '0' && *text <= '9')) {
            len = strspn(text, FACETREE_DOCUMENT_NUMBER);

            if (strcspn(text, ".eE") < len) {
                facetree_text_double(strtod(text, NULL), number);
                shorter = strlen(number);

                if (shorter <= len) {
                    memcpy(to, number, shorter);
                    to += shorter;
                    text += len;
                    continue;
                }
            }
        }

        memmove(to, text, len);
        to += len;
        text += len;
    }

    *to = '\0';
}


char *
facetree_document_text(const json_t *value, size_t flags)
{
    char  *text;

    text = json_dumps(value, flags | JSON_REAL_PRECISION(17));

    if (text) {
        facetree_document_shorten(text);
    }

    return text;
}


static facetree_status_e
facetree_document_put(const json_t *value, size_t flags, const char *end,
    facetree_error_t *err)
{
    char  *text;

    text = facetree_document_text(value, flags);

    if (text == NULL) {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    fputs(text, stdout);
    fputs(end, stdout);
    free(text);

    return FACETREE_OK;
}


facetree_status_e
facetree_document_print(const json_t *value, facetree_error_t *err)
{
    return facetree_document_put(value, JSON_INDENT(2), "\n", err);
}


facetree_status_e
facetree_document_print_compact(const json_t *value, facetree_error_t *err)
{
    return facetree_document_put(value, JSON_COMPACT, "", err);
}
