
/*
 * Copyright (C) facetree contributors
 *
 * What is drawn on the picture that the model saw: SVG in the units of its
 * pixels, without scripts and styled by html/style.css.  The tables beside it
 * say all of it in words, hence hidden from screen readers; pointing at a
 * mark tells the same.  html/js/seen.js draws alike.
 */


#include "facetree_explain.h"


/* Four heats that can be told apart, from few trees to many. */
#define FACETREE_HTML_HEATS   4

/* Sizes as shares of the longer side of the picture. */
#define FACETREE_HTML_FONT    24
#define FACETREE_HTML_GLOW    32


static uint32_t
facetree_html_side(const facetree_model_t *model)
{
    uint32_t  height, width;

    width = facetree_model_width(model);
    height = facetree_model_height(model);

    return (width > height) ? width : height;
}


/* In tenths, since %f has the locale's decimal point. */

static void
facetree_html_tenths(facetree_buffer_t *page, const char *name,
    uint32_t tenths)
{
    facetree_buffer_printf(page, " %s=\"%u.%u\"", name,
                           (unsigned) (tenths / 10),
                           (unsigned) (tenths % 10));
}


static void
facetree_html_overlay_open(facetree_buffer_t *page,
    const facetree_model_t *model)
{
    facetree_buffer_printf(page,
        "<svg class=\"overlay\" aria-hidden=\"true\" viewBox=\"0 0 %u %u\"",
        (unsigned) facetree_model_width(model),
        (unsigned) facetree_model_height(model));
    facetree_html_tenths(page, "font-size",
                         facetree_html_side(model) * 10 / FACETREE_HTML_FONT);
    facetree_buffer_puts(page, ">\n");
}


static void
facetree_html_dot(facetree_buffer_t *page, unsigned x, unsigned y)
{
    facetree_buffer_printf(page,
        "<rect class=\"dot\" x=\"%u\" y=\"%u\" width=\"1\" height=\"1\">"
        "</rect>", x, y);
}


/* The order of a decision, beside its pixel and inside the picture. */

static void
facetree_html_order(facetree_buffer_t *page, const facetree_model_t *model,
    uint32_t number, unsigned x, unsigned y)
{
    int  is_left;

    is_left = (x > facetree_model_width(model) * 7 / 8);

    facetree_buffer_printf(page,
        "<text x=\"%u.%u\" y=\"%u.%u\" dy=\"0.35em\"%s>%u</text>",
        is_left ? (x ? x - 1 : 0) : x + 1, is_left ? 4 : 6, y, 5,
        is_left ? " text-anchor=\"end\"" : "", (unsigned) number);
}


void
facetree_html_overlay_path(facetree_buffer_t *page,
    const facetree_model_t *model, const facetree_step_t *steps, uint32_t n)
{
    unsigned  x, y;
    uint32_t  i, width;

    width = facetree_model_width(model);

    facetree_html_overlay_open(page, model);

    if (n > 1) {
        facetree_buffer_puts(page, "<polyline class=\"trail\" points=\"");

        for (i = 0; i < n; i++) {
            facetree_buffer_printf(page, "%s%u.5,%u.5", i ? " " : "",
                                   (unsigned) (steps[i].feature % width),
                                   (unsigned) (steps[i].feature / width));
        }

        facetree_buffer_puts(page, "\"></polyline>\n");
    }

    for (i = 0; i < n; i++) {
        x = steps[i].feature % width;
        y = steps[i].feature / width;

        facetree_buffer_printf(page,
            "<g class=\"mark%s\"><title>%u: the pixel at column %u, row %u "
            "is %u, %s ", (i == n - 1) ? " last" : "", (unsigned) (i + 1), x,
            y, (unsigned) steps[i].value,
            steps[i].right ? "above" : "not above");
        facetree_html_level(page, steps[i].threshold);
        facetree_buffer_printf(page, ", so it went %s</title>",
                               steps[i].right ? "right" : "left");
        facetree_html_dot(page, x, y);
        facetree_html_order(page, model, i + 1, x, y);
        facetree_buffer_puts(page, "</g>\n");
    }

    facetree_buffer_puts(page, "</svg>\n");
}


void
facetree_html_overlay_pixels(facetree_buffer_t *page,
    const facetree_model_t *model, const facetree_pixel_t *top, uint32_t n)
{
    unsigned  x, y;
    uint32_t  i, most, width;

    width = facetree_model_width(model);
    most = n ? top[0].trees : 1;

    facetree_html_overlay_open(page, model);

    /* The most tested are drawn last, over the others. */

    for (i = n; i-- > 0; /* void */) {
        x = top[i].feature % width;
        y = top[i].feature / width;

        facetree_buffer_printf(page,
            "<g class=\"mark heat heat-%u\"><title>The pixel at column %u, "
            "row %u was tested by %u of %u trees</title><circle "
            "class=\"glow\" cx=\"%u.5\" cy=\"%u.5\"",
            (unsigned) (((uint64_t) top[i].trees * FACETREE_HTML_HEATS
                         + most - 1) / most), x, y,
            (unsigned) top[i].trees, (unsigned) facetree_model_trees(model),
            x, y);
        facetree_html_tenths(page, "r", facetree_html_side(model) * 10
                                        / FACETREE_HTML_GLOW);
        facetree_buffer_puts(page, "></circle>");
        facetree_html_dot(page, x, y);
        facetree_buffer_puts(page, "</g>\n");
    }

    facetree_buffer_puts(page, "</svg>\n");
}
