
/*
 * Copyright (C) facetree contributors
 *
 * The forms of an explanation.
 */


#ifndef FACETREE_EXPLAIN_H
#define FACETREE_EXPLAIN_H


#include "facetree_html.h"
#include "facetree_json.h"


#pragma GCC visibility push(hidden)


/* How much is listed; facetree.h tells clients. */
#define FACETREE_EXPLAIN_STEPS   256           /* of one path */
#define FACETREE_EXPLAIN_PIXELS  64            /* of a forest */
#define FACETREE_EXPLAIN_PATHS   8             /* trees of a small forest */


/*
 * The pixels that were classified as a "data:" URL of a PNG, terminated, to
 * be freed by the caller.  "*out" is NULL in a build without libpng.
 */
facetree_status_e facetree_explain_picture(const facetree_model_t *model,
    const uint8_t *pixels, char **out, facetree_error_t *err);

/* NULL when there is no memory. */
json_t *facetree_json_explain(int *digits, const facetree_model_t *model,
    const uint8_t *pixels);

/* Down to a tenth, which keeps gray levels, being whole, on their side. */
void facetree_html_level(facetree_buffer_t *page, double level);

/* Drawn on the picture: the decisions in order, or the heat of the pixels. */
void facetree_html_overlay_path(facetree_buffer_t *page,
    const facetree_model_t *model, const facetree_step_t *steps, uint32_t n);
void facetree_html_overlay_pixels(facetree_buffer_t *page,
    const facetree_model_t *model, const facetree_pixel_t *top, uint32_t n);

/* "tag" is that of the headings. */
facetree_status_e facetree_html_explain(facetree_buffer_t *page,
    const facetree_model_t *model, const uint8_t *pixels, const char *tag,
    facetree_error_t *err);


#pragma GCC visibility pop


#endif /* FACETREE_EXPLAIN_H */
