
/*
 * Copyright (C) facetree contributors
 */


#include "facetree_metrics_writer.h"

#include <string.h>


void
facetree_metrics_family(facetree_metrics_writer_t *w, const char *name,
    const char *type, const char *help)
{
    const char  *suffix;

    w->name = name;
    w->suffix = (strcmp(type, "counter") == 0) ? "_total" : "";

    suffix = w->openmetrics ? "" : w->suffix;

    facetree_buffer_printf(&w->text, "# HELP %s%s %s\n# TYPE %s%s %s\n", name,
                           suffix, help, name, suffix, type);
}


void
facetree_metrics_open(facetree_metrics_writer_t *w)
{
    facetree_buffer_puts(&w->text, w->name);
    facetree_buffer_puts(&w->text, w->suffix);
    w->labels = 0;
}


void
facetree_metrics_label(facetree_metrics_writer_t *w, const char *name,
    const char *value)
{
    size_t  n;

    facetree_buffer_puts(&w->text, w->labels++ ? "," : "{");
    facetree_buffer_puts(&w->text, name);
    facetree_buffer_puts(&w->text, "=\"");

    for ( /* void */ ; *value; value += n) {
        n = strcspn(value, "\\\"\n");
        facetree_buffer_utf8(&w->text, value, n);

        if (value[n]) {
            facetree_buffer_puts(&w->text, (value[n] == '\n') ? "\\n"
                                           : (value[n] == '"') ? "\\\""
                                                               : "\\\\");
            n++;
        }
    }

    facetree_buffer_puts(&w->text, "\"");
}


void
facetree_metrics_decimal(facetree_metrics_writer_t *w, uint64_t value,
    uint64_t unit)
{
    uint64_t  rest;

    facetree_buffer_puts(&w->text, w->labels ? "} " : " ");
    facetree_buffer_printf(&w->text, "%llu",
                           (unsigned long long) (value / unit));

    rest = value % unit;

    if (rest) {
        facetree_buffer_puts(&w->text, ".");

        for (unit /= 10; unit > 0; unit /= 10) {
            facetree_buffer_printf(&w->text, "%u",
                                   (unsigned) (rest / unit % 10));
        }
    }

    facetree_buffer_puts(&w->text, "\n");
}


void
facetree_metrics_value(facetree_metrics_writer_t *w, uint64_t value)
{
    facetree_metrics_decimal(w, value, 1);
}


void
facetree_metrics_model(facetree_metrics_writer_t *w,
    const facetree_metrics_model_t *model, int version)
{
    facetree_metrics_open(w);
    facetree_metrics_label(w, "model", model->name);

    if (version) {
        facetree_metrics_label(w, "version",
                               facetree_model_version(model->model));
    }
}


void
facetree_metrics_histogram(facetree_metrics_writer_t *w,
    const facetree_metrics_model_t *model, int version, const char *label,
    const char *value, const facetree_histogram_t *histogram,
    const facetree_buckets_t *buckets)
{
    int                        part;
    uint32_t                   i;
    uint64_t                   sum;
    facetree_histogram_view_t  view;

    static const char *const  suffixes[] = { "_bucket", "_sum", "_count" };

    facetree_counters_view(histogram, &view);
    sum = 0;

    for (part = 0; part < 3; part++) {
        w->suffix = suffixes[part];

        for (i = 0; i <= (part == 0 ? buckets->count : 0); i++) {

            facetree_metrics_model(w, model, version);

            if (label) {
                facetree_metrics_label(w, label, value);
            }

            if (part == 0) {
                sum += view.bucket[i];
                facetree_metrics_label(w, "le", (i < buckets->count)
                                                ? buckets->bucket[i].le
                                                : "+Inf");
                facetree_metrics_value(w, sum);

            } else if (part == 1) {
                facetree_metrics_decimal(w, view.sum, buckets->unit);

            } else {
                facetree_metrics_value(w, view.count);
            }
        }
    }
}
