
/*
 * Copyright (C) facetree contributors
 *
 * JSON from a client: bounded first, then parsed, then looked into.
 */


#include "facetree_inference_int.h"

#include <string.h>


/* Where a string ends that starts at "i": at its closing quote, or at "len". */

static size_t
facetree_scan_string(const char *text, size_t len, size_t i)
{
    for (i++; i < len && text[i] != '"'; i++) {
        i += (text[i] == '\\');
    }

    return i;
}


/*
 * The parser allocates for every element, about 64 bytes, and recurses for
 * every level.  Counting commas and brackets outside of strings bounds both
 * from above, valid or not.
 */

facetree_status_e
facetree_inference_scan(const char *text, size_t len, uint64_t max,
    facetree_error_t *err)
{
    size_t    i;
    unsigned  depth;
    uint64_t  elements;

    depth = 0;
    elements = 1;

    for (i = 0; i < len; i++) {

        switch (text[i]) {

        case '"':
            i = facetree_scan_string(text, len, i);
            break;

        case '[':
        case '{':
            elements++;
            depth++;
            break;

        case ']':
        case '}':
            depth -= (depth > 0);
            break;

        case ',':
            elements++;
            break;
        }

        if (depth > FACETREE_INFERENCE_MAX_DEPTH) {
            return facetree_fail(err, FACETREE_EJSON, i,
                                 "JSON is nested more than %d levels deep at "
                                 "byte %zu", FACETREE_INFERENCE_MAX_DEPTH, i);
        }

        if (elements > max) {
            return facetree_fail_limit(err, FACETREE_EBYTES, max, elements,
                                       "JSON has more than %llu elements; "
                                       "send fewer pictures, or binary "
                                       "tensors", (unsigned long long) max);
        }
    }

    return FACETREE_OK;
}


facetree_status_e
facetree_inference_load(const void *text, size_t len, uint64_t max,
    json_t **root, facetree_error_t *err)
{
    json_t             *json;
    json_error_t        error;
    facetree_status_e   status;

    if (len > FACETREE_INFERENCE_MAX_JSON) {
        return facetree_fail_limit(err, FACETREE_EBYTES,
                                   FACETREE_INFERENCE_MAX_JSON, len,
                                   "JSON is longer than 64 MiB; send binary "
                                   "tensors");
    }

    status = facetree_inference_scan(text, len, max, err);

    if (status != FACETREE_OK) {
        return status;
    }

    json = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);

    if (json == NULL) {
        if (json_error_code(&error) == json_error_out_of_memory) {
            return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET,
                                 NULL);
        }

        return facetree_fail(err, FACETREE_EJSON, (uint64_t) error.position,
                             "not valid JSON at byte %d: %s", error.position,
                             error.text);
    }

    if (!json_is_object(json)) {
        json_decref(json);

        return facetree_fail(err, FACETREE_EREQUEST, 0,
                             "the request must be a JSON object");
    }

    *root = json;

    return FACETREE_OK;
}


facetree_status_e
facetree_inference_parameters(const json_t *object, const json_t **parameters,
    facetree_error_t *err)
{
    void        *at;
    json_t      *all, *value;
    const char  *key;

    *parameters = NULL;

    all = json_object_get(object, "parameters");

    if (all == NULL) {
        return FACETREE_OK;
    }

    if (!json_is_object(all)) {
        return facetree_fail(err, FACETREE_EREQUEST, FACETREE_NO_OFFSET,
                             "\"parameters\" must be an object");
    }

    for (at = json_object_iter(all); at; at = json_object_iter_next(all, at))
    {
        key = json_object_iter_key(at);
        value = json_object_iter_value(at);

        if (!json_is_string(value) && !json_is_number(value)
            && !json_is_boolean(value))
        {
            return facetree_fail(err, FACETREE_EREQUEST, FACETREE_NO_OFFSET,
                                 "parameter \"%.64s\" must be a string, a "
                                 "number or a boolean", key);
        }
    }

    *parameters = all;

    return FACETREE_OK;
}


facetree_status_e
facetree_inference_flag(const json_t *parameters, const char *name,
    int *value, facetree_error_t *err)
{
    json_t  *flag;

    flag = json_object_get(parameters, name);

    if (flag == NULL) {
        return FACETREE_OK;
    }

    if (!json_is_boolean(flag)) {
        return facetree_fail(err, FACETREE_EREQUEST, FACETREE_NO_OFFSET,
                             "parameter \"%s\" must be a boolean", name);
    }

    *value = json_is_true(flag);

    return FACETREE_OK;
}
