
/*
 * Copyright (C) facetree contributors
 *
 * What the model's metadata says about how good it is, for a page.  Whoever
 * trained the model wrote the metadata, and any of it may be absent.
 */


#include "facetree_html.h"

#include <jansson.h>


/* A share of 0..1; -1 when it is absent or something else. */

static double
facetree_html_share(const json_t *metadata, const char *name)
{
    double         value;
    const json_t  *member;

    member = json_object_get(metadata, name);

    if (!json_is_number(member)) {
        return -1.0;
    }

    value = json_number_value(member);

    return (value >= 0.0 && value <= 1.0) ? value : -1.0;
}


static void
facetree_html_accuracy(facetree_buffer_t *page, const json_t *metadata)
{
    double      accuracy, low, high;
    json_int_t  count;

    accuracy = facetree_html_share(metadata, "accuracy");

    if (accuracy < 0.0) {
        return;
    }

    low = facetree_html_share(metadata, "accuracy_low");
    high = facetree_html_share(metadata, "accuracy_high");
    count = json_integer_value(json_object_get(metadata, "test_count"));

    facetree_html_fact_open(page, "Held-out accuracy");
    facetree_html_percent(page, accuracy);

    if (low >= 0.0 && high >= low) {
        facetree_buffer_puts(page, " (95% interval ");
        facetree_html_percent(page, low);
        facetree_buffer_puts(page, " to ");
        facetree_html_percent(page, high);
        facetree_buffer_puts(page, ")");
    }

    if (count > 0) {
        facetree_buffer_puts(page, ", on ");
        facetree_html_number(page, (uint64_t) count);
        facetree_buffer_puts(page, " pictures that training never saw");
    }

    facetree_html_fact_close(page);
}


static void
facetree_html_dataset(facetree_buffer_t *page, const json_t *metadata)
{
    int            synthetic;
    const char    *name;
    const json_t  *dataset;

    dataset = json_object_get(metadata, "dataset");
    name = json_string_value(json_object_get(dataset, "name"));
    synthetic = json_is_true(json_object_get(dataset, "synthetic"));

    if (name == NULL && !synthetic) {
        return;
    }

    facetree_html_fact_open(page, "Data set");

    if (name) {
        facetree_buffer_html(page, name);
        facetree_buffer_puts(page, synthetic ? " " : "");
    }

    if (synthetic) {
        facetree_buffer_puts(page,
            "<strong class=\"badge synthetic\">synthetic</strong> "
            "The faces were drawn by a program; no name here is that of a "
            "real person.");
    }

    facetree_html_fact_close(page);
}


facetree_status_e
facetree_html_metadata(facetree_buffer_t *page, const facetree_model_t *model,
    facetree_error_t *err)
{
    size_t       len;
    json_t      *metadata;
    const char  *text;

    text = facetree_model_metadata(model, &len);
    metadata = json_loadb(text, len, 0, NULL);

    /* A model is only loaded if this is JSON, so memory is all that lacks. */

    if (metadata == NULL) {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    facetree_html_accuracy(page, metadata);
    facetree_html_dataset(page, metadata);

    json_decref(metadata);

    return FACETREE_OK;
}
