
/*
 * Copyright (C) facetree contributors
 *
 * Splits header fields of HTTP and MIME into tokens and parameters.  Called
 * for Accept, Content-Type, and the headers of a form's parts.
 */


#include "facetree_header.h"

#include <string.h>


static void
facetree_slice_skip(facetree_slice_t *slice, size_t n)
{
    slice->data += n;
    slice->len -= n;
}


static int
facetree_header_is_space(char c)
{
    return c == ' ' || c == '\t';
}


static int
facetree_header_is_tchar(char c)
{
    if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z')
        || (c >= 'a' && c <= 'z'))
    {
        return 1;
    }

    return c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL;
}


static void
facetree_header_skip_space(facetree_slice_t *text)
{
    while (text->len > 0 && facetree_header_is_space(text->data[0])) {
        facetree_slice_skip(text, 1);
    }
}


int
facetree_slice_starts(facetree_slice_t slice, const char *lower)
{
    char    c;
    size_t  i;

    for (i = 0; lower[i] != '\0'; i++) {

        if (i == slice.len) {
            return 0;
        }

        c = slice.data[i];

        if (c >= 'A' && c <= 'Z') {
            c = (char) (c - 'A' + 'a');
        }

        if (c != lower[i]) {
            return 0;
        }
    }

    return 1;
}


int
facetree_slice_is(facetree_slice_t slice, const char *lower)
{
    return slice.len == strlen(lower) && facetree_slice_starts(slice, lower);
}


facetree_slice_t
facetree_slice_trim(facetree_slice_t slice)
{
    facetree_header_skip_space(&slice);

    while (slice.len > 0
           && facetree_header_is_space(slice.data[slice.len - 1]))
    {
        slice.len--;
    }

    return slice;
}


facetree_slice_t
facetree_header_token(facetree_slice_t *text)
{
    facetree_slice_t  token;

    token.data = text->data;
    token.len = 0;

    while (text->len > 0 && facetree_header_is_tchar(text->data[0])) {
        token.len++;
        facetree_slice_skip(text, 1);
    }

    return token;
}


/*
 * Where a quoted string ends: the offset of its closing quote, or "len" when
 * there is none.  "data" is behind the opening one.  A backslash hides a quote
 * or another backslash only, since some clients send whole Windows paths.
 */

static size_t
facetree_header_quoted(const char *data, size_t len)
{
    size_t  i;

    for (i = 0; i < len && data[i] != '"'; i++) {

        if (data[i] == '\\' && i + 1 < len
            && (data[i + 1] == '"' || data[i + 1] == '\\'))
        {
            i++;
        }
    }

    return (i < len) ? i : len;
}


static facetree_header_e
facetree_header_value(facetree_slice_t *text, facetree_header_param_t *param)
{
    size_t  n;

    param->quoted = (text->len > 0 && text->data[0] == '"');

    if (param->quoted) {
        facetree_slice_skip(text, 1);
        n = facetree_header_quoted(text->data, text->len);

        if (n == text->len) {
            return FACETREE_HEADER_BAD;
        }

        param->value.data = text->data;
        param->value.len = n;
        facetree_slice_skip(text, n + 1);

        return FACETREE_HEADER_FOUND;
    }

    param->value.data = text->data;

    for (n = 0; n < text->len; n++) {
        if (text->data[n] == ';' || text->data[n] == '"'
            || facetree_header_is_space(text->data[n]))
        {
            break;
        }
    }

    param->value.len = n;
    facetree_slice_skip(text, n);

    return (n > 0) ? FACETREE_HEADER_FOUND : FACETREE_HEADER_BAD;
}


facetree_header_e
facetree_header_param(facetree_slice_t *text, facetree_header_param_t *param)
{
    for ( ;; ) {
        facetree_header_skip_space(text);

        if (text->len == 0) {
            return FACETREE_HEADER_END;
        }

        if (text->data[0] != ';') {
            return FACETREE_HEADER_BAD;
        }

        facetree_slice_skip(text, 1);
        facetree_header_skip_space(text);

        if (text->len > 0 && text->data[0] != ';') {
            break;
        }
    }

    param->name = facetree_header_token(text);
    facetree_header_skip_space(text);

    if (param->name.len == 0 || text->len == 0 || text->data[0] != '=') {
        return FACETREE_HEADER_BAD;
    }

    facetree_slice_skip(text, 1);
    facetree_header_skip_space(text);

    return facetree_header_value(text, param);
}


facetree_header_e
facetree_header_element(facetree_slice_t *list, facetree_slice_t *element)
{
    size_t  n;

    while (list->len > 0) {

        for (n = 0; n < list->len && list->data[n] != ','; n++) {
            if (list->data[n] == '"') {
                n++;
                n += facetree_header_quoted(list->data + n, list->len - n);

                if (n == list->len) {
                    return FACETREE_HEADER_BAD;
                }
            }
        }

        element->data = list->data;
        element->len = n;
        *element = facetree_slice_trim(*element);

        facetree_slice_skip(list, (n < list->len) ? n + 1 : n);

        if (element->len > 0) {
            return FACETREE_HEADER_FOUND;
        }
    }

    return FACETREE_HEADER_END;
}


facetree_slice_t
facetree_header_media_type(facetree_slice_t value)
{
    const char  *semicolon;

    semicolon = (value.len > 0) ? memchr(value.data, ';', value.len) : NULL;

    if (semicolon) {
        value.len = (size_t) (semicolon - value.data);
    }

    return facetree_slice_trim(value);
}
