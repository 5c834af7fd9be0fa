
/*
 * Copyright (C) facetree contributors
 *
 * What the model's metadata says about how good it is, for a page.  Whoever
 * trained the model wrote the metadata, and any of it may be absent.
 */


#include "facetree_html.h"


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


/* " (95% interval 34.8% to 52.3%)", if that is known. */

static void
facetree_html_interval(facetree_buffer_t *page, const json_t *metadata)
{
    double  high, low;

    low = facetree_html_share(metadata, "accuracy_low");
    high = facetree_html_share(metadata, "accuracy_high");

    if (low >= 0.0 && high >= low) {
        facetree_buffer_puts(page, " (95% interval ");
        facetree_html_percent(page, low);
        facetree_buffer_puts(page, " to ");
        facetree_html_percent(page, high);
        facetree_buffer_puts(page, ")");
    }
}


static void
facetree_html_accuracy(facetree_buffer_t *page, const json_t *metadata)
{
    double      accuracy;
    json_int_t  count;

    accuracy = facetree_html_share(metadata, "accuracy");

    if (accuracy < 0.0) {
        return;
    }

    count = json_integer_value(json_object_get(metadata, "test_count"));

    facetree_html_fact_open(page, "Held-out accuracy");
    facetree_html_percent(page, accuracy);
    facetree_html_interval(page, metadata);

    if (count > 0) {
        facetree_buffer_puts(page, ", on ");
        facetree_html_number(page, (uint64_t) count);
        facetree_buffer_puts(page, " pictures that training never saw");
    }

    facetree_html_fact_close(page);
}


/* ", 400 pictures of 40 people", as far as it is known. */

static void
facetree_html_dataset_size(facetree_buffer_t *page, const json_t *dataset)
{
    json_int_t  classes, count;

    count = json_integer_value(json_object_get(dataset, "count"));
    classes = json_integer_value(json_object_get(dataset, "classes"));

    if (count > 0 && classes > 0) {
        facetree_buffer_puts(page, ", ");
        facetree_html_number(page, (uint64_t) count);
        facetree_buffer_puts(page, " pictures of ");
        facetree_html_number(page, (uint64_t) classes);
        facetree_buffer_puts(page, (classes == 1) ? " person" : " people");
    }
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

    facetree_buffer_html(page, name ? name : "drawn faces");
    facetree_html_dataset_size(page, dataset);

    if (synthetic) {
        facetree_buffer_puts(page,
            " <strong class=\"badge synthetic\">synthetic</strong> "
            "The faces were drawn by a program; no name here is that of a "
            "real person.");
    }

    facetree_html_fact_close(page);
}


facetree_status_e
facetree_html_metadata(const facetree_model_t *model, json_t **out,
    facetree_error_t *err)
{
    size_t       len;
    const char  *text;

    text = facetree_model_metadata(model, &len);
    *out = json_loadb(text, len, 0, NULL);

    /* A model is only loaded if this is JSON, so memory is all that lacks. */

    return *out ? FACETREE_OK
                : facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET,
                                NULL);
}


void
facetree_html_metadata_facts(facetree_buffer_t *page, const json_t *metadata)
{
    facetree_html_accuracy(page, metadata);
    facetree_html_dataset(page, metadata);
}


void
facetree_html_trust(facetree_buffer_t *page, const json_t *metadata)
{
    double  accuracy;

    accuracy = facetree_html_share(metadata, "accuracy");

    if (accuracy < 0.0) {
        return;
    }

    facetree_buffer_puts(page, "<p class=\"trust\">Of pictures that training "
                               "never saw, this model gets ");
    facetree_html_percent(page, accuracy);
    facetree_buffer_puts(page, " right");
    facetree_html_interval(page, metadata);
    facetree_buffer_puts(page, ", whatever its confidence.</p>\n");
}
