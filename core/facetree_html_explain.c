
/*
 * Copyright (C) facetree contributors
 *
 * An explanation for a person to read: the picture as the model saw it, and
 * what it looked at, in words.
 */


#include "facetree_explain.h"

#include <math.h>
#include <stdlib.h>


/* A page that lists all that the JSON form does would not be read. */
#define FACETREE_HTML_PIXELS  16

/* The longer side of the picture on the page, at least. */
#define FACETREE_HTML_SIDE    256


/* "*shown" tells whether there is a picture, to be closed by the caller. */

static facetree_status_e
facetree_html_picture(facetree_buffer_t *page, const facetree_model_t *model,
    const uint8_t *pixels, int *shown, facetree_error_t *err)
{
    char               *url;
    uint32_t            height, times, width;
    facetree_status_e   status;

    status = facetree_explain_picture(model, pixels, &url, err);
    *shown = (status == FACETREE_OK && url != NULL);

    if (!*shown) {
        return status;
    }

    width = facetree_model_width(model);
    height = facetree_model_height(model);
    times = FACETREE_HTML_SIDE / ((width > height) ? width : height);
    times = times ? times : 1;

    facetree_buffer_puts(page, "<figure>\n<div class=\"saw-picture\">\n"
                               "<img class=\"seen\" src=\"");
    facetree_buffer_puts(page, url);
    facetree_buffer_printf(page,
        "\" alt=\"Your picture in %u by %u gray squares\" width=\"%u\" "
        "height=\"%u\">\n",
        (unsigned) width, (unsigned) height, (unsigned) (width * times),
        (unsigned) (height * times));

    free(url);

    return FACETREE_OK;
}


static void
facetree_html_picture_close(facetree_buffer_t *page,
    const facetree_model_t *model, const char *marks)
{
    facetree_buffer_printf(page,
        "</div>\n<figcaption>All that the model looks at: %u \xC3\x97 %u "
        "gray levels, ", (unsigned) facetree_model_width(model),
        (unsigned) facetree_model_height(model));
    facetree_buffer_puts(page, marks);
    facetree_buffer_puts(page, ".</figcaption>\n</figure>\n");
}


static void
facetree_html_place(facetree_buffer_t *page, const facetree_model_t *model,
    uint32_t feature)
{
    uint32_t  width;

    width = facetree_model_width(model);

    facetree_buffer_printf(page, "column %u, row %u",
                           (unsigned) (feature % width),
                           (unsigned) (feature / width));
}


/*
 * Down to a tenth, which keeps gray levels, being whole, on their side of it.
 * Not %f, whose decimal point is the locale's.
 */

void
facetree_html_level(facetree_buffer_t *page, double level)
{
    unsigned  tenths;

    tenths = (unsigned) floor(level * 10.0);

    if (tenths % 10) {
        facetree_buffer_printf(page, "%u.%u", tenths / 10, tenths % 10);

    } else {
        facetree_buffer_printf(page, "%u", tenths / 10);
    }
}


static void
facetree_html_step(facetree_buffer_t *page, const facetree_model_t *model,
    uint32_t number, const facetree_step_t *step)
{
    uint32_t  width;

    width = facetree_model_width(model);

    facetree_buffer_printf(page,
        "<tr><th scope=\"row\">%u</th><td>%u, %u</td><td>%u, %s ",
        (unsigned) number, (unsigned) (step->feature % width),
        (unsigned) (step->feature / width), (unsigned) step->value,
        step->right ? "above" : "not above");
    facetree_html_level(page, step->threshold);
    facetree_buffer_printf(page, "</td><td>%s</td>",
                           step->right ? "right" : "left");

    if (step->samples != UINT32_MAX) {
        facetree_buffer_puts(page, "<td class=\"number\">");
        facetree_html_number(page, step->samples);
        facetree_buffer_puts(page, "</td>");
    }

    facetree_buffer_puts(page, "</tr>\n");
}


static void
facetree_html_path(facetree_buffer_t *page, const facetree_model_t *model,
    const facetree_step_t *steps, uint32_t count)
{
    uint32_t  i, n;

    if (count == 0) {
        facetree_buffer_puts(page,
            "<p>The tree has a single leaf: it gives every picture this "
            "answer.</p>\n");
        return;
    }

    n = (count < FACETREE_EXPLAIN_STEPS) ? count : FACETREE_EXPLAIN_STEPS;

    facetree_buffer_puts(page, "<table class=\"path\">\n<caption>");
    facetree_buffer_puts(page, (count == n) ? "The " : "The first ");
    facetree_buffer_printf(page,
        "%u decision%s, from the root of the tree on</caption>\n"
        "<thead><tr><th scope=\"col\">Step</th>"
        "<th scope=\"col\">Column, row</th>"
        "<th scope=\"col\">Gray level</th><th scope=\"col\">So it went</th>",
        (unsigned) n, (n == 1) ? "" : "s");

    if (steps[0].samples != UINT32_MAX) {
        facetree_buffer_puts(page, "<th scope=\"col\" class=\"number\">"
                                   "Training pictures</th>");
    }

    facetree_buffer_puts(page, "</tr></thead>\n<tbody>\n");

    for (i = 0; i < n; i++) {
        facetree_html_step(page, model, i + 1, &steps[i]);
    }

    facetree_buffer_puts(page, "</tbody>\n</table>\n");
}


static facetree_status_e
facetree_html_tree(facetree_buffer_t *page, const facetree_model_t *model,
    const uint8_t *pixels, facetree_error_t *err)
{
    int                shown;
    uint32_t           count, n;
    facetree_step_t    steps[FACETREE_EXPLAIN_STEPS];
    facetree_status_e  status;

    status = facetree_html_picture(page, model, pixels, &shown, err);

    if (status != FACETREE_OK) {
        return status;
    }

    count = facetree_explain_path(model, 0, pixels, steps,
                                  FACETREE_EXPLAIN_STEPS);

    if (shown) {
        n = (count < FACETREE_EXPLAIN_STEPS) ? count : FACETREE_EXPLAIN_STEPS;

        facetree_html_overlay_path(page, model, steps, n);
        facetree_html_picture_close(page, model, "and of these the numbered "
                                                 "ones, in this order");
    }

    facetree_html_path(page, model, steps, count);

    return FACETREE_OK;
}


static void
facetree_html_pixels(facetree_buffer_t *page, const facetree_model_t *model,
    const uint8_t *pixels, const facetree_pixel_t *top, uint32_t n)
{
    uint32_t  i;

    facetree_buffer_printf(page,
        "<table class=\"path\">\n"
        "<caption>The pixels that most of the %u trees looked at</caption>\n"
        "<thead><tr><th scope=\"col\">Pixel</th>"
        "<th scope=\"col\" class=\"number\">Gray level</th>"
        "<th scope=\"col\" class=\"number\">Trees</th></tr></thead>\n"
        "<tbody>\n", (unsigned) facetree_model_trees(model));

    for (i = 0; i < n; i++) {
        facetree_buffer_puts(page, "<tr><th scope=\"row\">");
        facetree_html_place(page, model, top[i].feature);
        facetree_buffer_printf(page,
            "</th><td class=\"number\">%u</td><td class=\"number\">",
            (unsigned) pixels[top[i].feature]);
        facetree_html_number(page, top[i].trees);
        facetree_buffer_puts(page, "</td></tr>\n");
    }

    facetree_buffer_puts(page, "</tbody>\n</table>\n");
}


static facetree_status_e
facetree_html_forest(facetree_buffer_t *page, const facetree_model_t *model,
    const uint8_t *pixels, facetree_error_t *err)
{
    int                shown;
    uint32_t           n;
    facetree_pixel_t   top[FACETREE_EXPLAIN_PIXELS];
    facetree_status_e  status;

    status = facetree_explain_pixels(model, pixels, top,
                                     FACETREE_EXPLAIN_PIXELS, &n, err);

    shown = 0;

    if (status == FACETREE_OK) {
        status = facetree_html_picture(page, model, pixels, &shown, err);
    }

    if (status != FACETREE_OK) {
        return status;
    }

    if (shown) {
        facetree_html_overlay_pixels(page, model, top, n);
        facetree_html_picture_close(page, model, "the brighter the mark, the "
                                                 "more trees tested it");
    }

    facetree_html_pixels(page, model, pixels, top,
                         (n < FACETREE_HTML_PIXELS) ? n
                                                    : FACETREE_HTML_PIXELS);

    return FACETREE_OK;
}


facetree_status_e
facetree_html_explain(facetree_buffer_t *page, const facetree_model_t *model,
    const uint8_t *pixels, const char *tag, facetree_error_t *err)
{
    facetree_status_e  status;

    facetree_buffer_printf(page,
        "<%s>What the model saw</%s>\n<div class=\"saw-page\">\n", tag, tag);

    status = (facetree_model_algorithm(model) == FACETREE_DECISION_TREE)
             ? facetree_html_tree(page, model, pixels, err)
             : facetree_html_forest(page, model, pixels, err);

    facetree_buffer_puts(page, "</div>\n");

    return status;
}
