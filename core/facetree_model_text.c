
/*
 * Copyright (C) facetree contributors
 *
 * Checking the text in a model file: its metadata and its labels.
 */


#include "facetree_model.h"

#include <jansson.h>
#include <string.h>


static facetree_status_e
facetree_text_check_metadata(const facetree_model_t *model,
    facetree_error_t *err)
{
    int                              object;
    size_t                           len;
    json_t                          *json;
    const char                      *text;
    json_error_t                     error;
    const facetree_model_section_t  *section;

    section = &model->section[FACETREE_FTM_META];

    if (section->count < 2 || section->count > FACETREE_FTM_MAX_META) {
        return facetree_fail(err, FACETREE_ECORRUPT, section->offset,
                             "metadata has %llu bytes, it must have 2 to %d",
                             (unsigned long long) section->count,
                             FACETREE_FTM_MAX_META);
    }

    text = section->data;
    len = (size_t) section->count - 1;

    if (memchr(text, '\0', section->count) != text + len) {
        return facetree_fail(err, FACETREE_ECORRUPT, section->offset + len,
                             "metadata must have one NUL, at its end");
    }

    json = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
    object = json_is_object(json);
    json_decref(json);

    if (!object) {
        return facetree_fail(err, FACETREE_ECORRUPT, section->offset,
                             "metadata is not a JSON object");
    }

    return FACETREE_OK;
}


/* jansson refuses to make a string of invalid UTF-8. */

static int
facetree_text_is_label(const char *text, size_t len)
{
    int      valid;
    size_t   i;
    json_t  *string;

    if (len == 0 || len > FACETREE_FTM_MAX_LABEL) {
        return 0;
    }

    for (i = 0; i < len; i++) {
        if ((unsigned char) text[i] < 0x20 || text[i] == 0x7f) {
            return 0;
        }
    }

    string = json_stringn(text, len);
    valid = string != NULL;
    json_decref(string);

    return valid;
}


static facetree_status_e
facetree_text_check_labels(const facetree_model_t *model,
    facetree_error_t *err)
{
    uint32_t                         i, classes, len;
    const char                      *text;
    const uint32_t                  *start;
    const facetree_model_section_t  *offsets, *chars;

    offsets = &model->section[FACETREE_FTM_LOFF];
    chars = &model->section[FACETREE_FTM_LTXT];
    classes = model->header->classes;
    start = offsets->data;
    text = chars->data;

    if (offsets->count != (uint64_t) classes + 1
        || start[0] != 0 || start[classes] != chars->count)
    {
        return facetree_fail(err, FACETREE_ECORRUPT, offsets->offset,
                             "the labels do not fill their section");
    }

    for (i = 0; i < classes; i++) {

        if (start[i + 1] <= start[i] || start[i + 1] > chars->count) {
            return facetree_fail(err, FACETREE_ECORRUPT,
                                 offsets->offset + i * sizeof(uint32_t),
                                 "label %u ends before it starts, or past "
                                 "its section", i);
        }

        len = start[i + 1] - start[i] - 1;

        if (text[start[i] + len] != '\0'
            || !facetree_text_is_label(text + start[i], len))
        {
            return facetree_fail(err, FACETREE_ECORRUPT,
                                 chars->offset + start[i],
                                 "label %u must be 1 to %d bytes of UTF-8 "
                                 "without control characters, and a NUL", i,
                                 FACETREE_FTM_MAX_LABEL);
        }
    }

    return FACETREE_OK;
}


facetree_status_e
facetree_model_check_text(facetree_model_t *model, facetree_error_t *err)
{
    facetree_status_e  rc;

    rc = facetree_text_check_metadata(model, err);

    if (rc == FACETREE_OK) {
        rc = facetree_text_check_labels(model, err);
    }

    return rc;
}
