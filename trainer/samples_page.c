
/*
 * Copyright (C) facetree contributors
 *
 * The samples as a page, for browsers without scripts: what the page in html/
 * finds out by asking the server is told here in advance.
 */


#include "samples.h"
#include "facetree_html.h"

#include <stdlib.h>


#define FACETREE_SAMPLES_PAGE_MAX  ((size_t) 16 * 1024 * 1024)


static void
facetree_samples_tile(facetree_buffer_t *page,
    const facetree_sample_set_t *set, uint32_t i)
{
    int                        right;
    char                       file[FACETREE_SAMPLES_NAME];
    uint32_t                   predicted, truth;
    const facetree_dataset_t  *dataset;

    dataset = set->dataset;
    truth = dataset->labels[set->chosen[i]];
    predicted = facetree_samples_predicted(set, i);
    right = (predicted == truth);

    facetree_samples_name(i, file);

    facetree_buffer_printf(page,
        "<li class=\"sample %s\"><a href=\"samples/%s\" download>"
        "<span class=\"face\"><img src=\"samples/%s\" alt=\"Save \" "
        "width=\"64\" height=\"64\">", right ? "right" : "wrong", file,
        file);

    if (right) {
        facetree_buffer_puts(page, "</span> <span class=\"name\">");
        facetree_buffer_html(page, dataset->names[truth]);
        facetree_buffer_puts(page, "</span></a> <span class=\"mark\">"
                                   "\xE2\x9C\x93 right</span></li>\n");
        return;
    }

    facetree_buffer_puts(page, "</span> <span class=\"name\">");
    facetree_buffer_html(page, dataset->names[truth]);
    facetree_buffer_puts(page, "</span></a> <span class=\"mark\">"
                               "\xE2\x9C\x97 said ");
    facetree_buffer_html(page, dataset->names[predicted]);
    facetree_buffer_puts(page, "</span></li>\n");
}


static void
facetree_samples_gallery(facetree_buffer_t *page,
    const facetree_sample_set_t *set)
{
    uint32_t  i;

    facetree_buffer_puts(page,
        "<section class=\"card samples\">\n"
        "<h1>Sample faces</h1>\n"
        "<p class=\"hint\">");

    if (set->dataset->synthetic) {
        facetree_buffer_puts(page,
            "<span class=\"badge synthetic\">synthetic</span> These faces "
            "were drawn by a program. ");
    }

    facetree_buffer_printf(page,
        "The model was not trained on these pictures. Each has its true name, "
        "and what the model says of it; of all %lu such pictures it gets %lu "
        "right. Save one to send it with the form.</p>\n"
        "<ul class=\"samples-list\">\n",
        (unsigned long) set->evaluation->count,
        (unsigned long) set->evaluation->correct);

    for (i = 0; i < set->count; i++) {
        facetree_samples_tile(page, set, i);
    }

    facetree_buffer_puts(page,
        "</ul>\n"
        "<p class=\"actions\"><a class=\"button\" href=\"./\">"
        "Back to the form</a></p>\n"
        "</section>\n");
}


static void
facetree_samples_confusions(facetree_buffer_t *page,
    const facetree_sample_set_t *set)
{
    uint32_t                     i, n;
    const facetree_confusion_t  *confusion;

    n = set->evaluation->confused;
    n = (n < FACETREE_SAMPLES_CONFUSIONS) ? n : FACETREE_SAMPLES_CONFUSIONS;

    if (n == 0) {
        return;
    }

    facetree_html_fact_open(page, "Mistakes");

    for (i = 0; i < n; i++) {
        confusion = &set->evaluation->confusions[i];

        facetree_buffer_puts(page, i ? "; " : "");
        facetree_buffer_html(page, set->dataset->names[confusion->truth]);
        facetree_buffer_puts(page, " taken for ");
        facetree_buffer_html(page, set->dataset->names[confusion->predicted]);
        facetree_buffer_printf(page, " (%lu)",
                               (unsigned long) confusion->count);
    }

    facetree_html_fact_close(page);
}


static void
facetree_samples_model(facetree_buffer_t *page,
    const facetree_sample_set_t *set, const json_t *metadata)
{
    facetree_buffer_puts(page,
        "<section class=\"card model\">\n"
        "<h2>The model</h2>\n"
        "<dl class=\"facts\">\n");

    facetree_html_metadata_facts(page, metadata);
    facetree_samples_confusions(page, set);

    facetree_html_fact_open(page, "Limits");
    facetree_buffer_printf(page,
        "A closed set of %lu people; a stranger gets the nearest name unless "
        "a threshold is set.", (unsigned long) set->dataset->classes);
    facetree_html_fact_close(page);

    facetree_html_fact_open(page, "Version");
    facetree_buffer_printf(page, "<code title=\"SHA-256 %s\">%.12s</code>",
                           facetree_model_version(set->model),
                           facetree_model_version(set->model));
    facetree_html_fact_close(page);

    facetree_html_fact_open(page, "All of it");
    facetree_buffer_puts(page, "<a href=\"model.json\">model.json</a>");
    facetree_html_fact_close(page);

    facetree_buffer_puts(page, "</dl>\n</section>\n");
}


facetree_status_e
facetree_samples_page(const facetree_sample_set_t *set, char **out,
    size_t *len, facetree_error_t *err)
{
    json_t             *metadata;
    facetree_buffer_t   page;
    facetree_status_e   status;

    status = facetree_html_metadata(set->model, &metadata, err);

    if (status != FACETREE_OK) {
        return status;
    }

    facetree_buffer_init(&page, FACETREE_SAMPLES_PAGE_MAX);

    facetree_html_head_open(&page);
    facetree_buffer_puts(&page, "Sample faces");
    facetree_html_head_close(&page, "../");
    facetree_samples_gallery(&page, set);
    facetree_samples_model(&page, set, metadata);
    facetree_html_foot(&page);

    json_decref(metadata);

    return facetree_buffer_take(&page, out, len, err);
}
