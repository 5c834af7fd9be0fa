
/*
 * Copyright (C) facetree contributors
 *
 * Makes and prints JSON with jansson.  Called for answers to uploads
 * (facetree_json_answer.c and its explanations), for those of the inference
 * protocol, and for the status (facetree_status_json.c).
 */


#include "facetree_answer.h"
#include "facetree_json.h"
#include "facetree_utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>


json_t *
facetree_json_real(int *digits, double value)
{
    char  text[32];

    while (*digits < FACETREE_JSON_MAX_DIGITS) {
        snprintf(text, sizeof(text), "%.*g", *digits, value);

        if (strtod(text, NULL) == value) {
            break;
        }

        (*digits)++;
    }

    return json_real(value);
}


json_t *
facetree_json_float(int *digits, float value)
{
    char  text[32];

    while (*digits < FACETREE_JSON_MAX_FLOAT) {
        snprintf(text, sizeof(text), "%.*g", *digits, (double) value);

        if (strtof(text, NULL) == value) {
            break;
        }

        (*digits)++;
    }

    return json_real((double) value);
}


json_t *
facetree_json_integer(uint64_t value)
{
    return json_integer((value > INT64_MAX) ? INT64_MAX : (json_int_t) value);
}


json_t *
facetree_json_string(const char *text)
{
    char               *clean;
    json_t             *string;
    size_t              len;
    facetree_buffer_t   buffer;

    len = strlen(text);

    if (facetree_utf8_is_valid(text, len)) {
        return json_stringn_nocheck(text, len);
    }

    facetree_buffer_init(&buffer, FACETREE_ANSWER_MAX);
    facetree_buffer_utf8(&buffer, text, len);

    if (facetree_buffer_take(&buffer, &clean, &len, NULL) != FACETREE_OK) {
        return NULL;
    }

    string = json_stringn_nocheck(clean, len);
    free(clean);

    return string;
}


json_t *
facetree_json_set(json_t *object, const char *name, json_t *value)
{
    if (json_object_set_new(object, name, value) != 0) {
        json_decref(object);
        return NULL;
    }

    return object;
}


json_t *
facetree_json_append(json_t *array, json_t *value)
{
    if (json_array_append_new(array, value) != 0) {
        json_decref(array);
        return NULL;
    }

    return array;
}


static int
facetree_json_write(const char *text, size_t len, void *data)
{
    facetree_buffer_t  *buffer;

    buffer = data;
    facetree_buffer_add(buffer, text, len);

    return (buffer->status == FACETREE_OK) ? 0 : -1;
}


/*
 * Written through a callback, since what json_dumps() returns need not come
 * from malloc().
 */

void
facetree_json_add(facetree_buffer_t *buffer, json_t *value, int digits)
{
    int  rc;

    rc = -1;

    if (value) {
        rc = json_dump_callback(value, facetree_json_write, buffer,
                                JSON_ENCODE_ANY|JSON_REAL_PRECISION(digits));
        json_decref(value);
    }

    if (rc != 0 && buffer->status == FACETREE_OK) {
        facetree_buffer_fail(buffer, FACETREE_ENOMEM);
    }
}


facetree_status_e
facetree_json_dump(json_t *root, int digits, char **out, size_t *len,
    facetree_error_t *err)
{
    facetree_buffer_t  buffer;

    facetree_buffer_init(&buffer, FACETREE_ANSWER_MAX);
    facetree_json_add(&buffer, root, digits);

    return facetree_buffer_take(&buffer, out, len, err);
}
