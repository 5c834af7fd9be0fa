
/*
 * Copyright (C) facetree contributors
 *
 * What the pages have in common.  They work without scripts and without
 * inline styles, under "Content-Security-Policy: default-src 'self'", and use
 * the classes of html/style.css.  Addresses are relative, so that the page
 * and its location may be mounted anywhere.
 */


#ifndef FACETREE_HTML_H
#define FACETREE_HTML_H


#include "facetree_answer.h"
#include "facetree_buffer.h"

#include <jansson.h>


#pragma GCC visibility push(hidden)


/*
 * Everything up to the content, but for the title, which the caller writes
 * between the two; and everything behind it.  Links are relative to "base",
 * if that is not NULL.
 */
void facetree_html_head_open(facetree_buffer_t *page);
void facetree_html_head_close(facetree_buffer_t *page, const char *base);
void facetree_html_foot(facetree_buffer_t *page);

/* Escaped, with a capital first letter (ASCII). */
void facetree_html_sentence(facetree_buffer_t *page, const char *text);

/* "1,234,567" */
void facetree_html_number(facetree_buffer_t *page, uint64_t value);

/*
 * "12.3%", of a number in 0..1.  Never "0.0%" or "100.0%" for what is not
 * exactly that.
 */
void facetree_html_percent(facetree_buffer_t *page, double value);

/* "18 us" (with the Greek letter), "13.5 ms" or "less than 1 us". */
void facetree_html_duration(facetree_buffer_t *page, uint64_t us);

/* A row of a <dl>: the caller writes the value between the two. */
void facetree_html_fact_open(facetree_buffer_t *page, const char *name);
void facetree_html_fact_close(facetree_buffer_t *page);

/* A refusal in plain words; not escaped. */
const char *facetree_html_heading(const facetree_problem_t *problem);

/*
 * The paragraphs of a refusal: what is wrong, the limit, and what to do about
 * it.
 */
void facetree_html_problem(facetree_buffer_t *page,
    const facetree_problem_t *problem);

/* What a model says of itself, to be released by the caller. */
facetree_status_e facetree_html_metadata(const facetree_model_t *model,
    json_t **out, facetree_error_t *err);

/*
 * The rows of a <dl> about accuracy and data set that the metadata has
 * something for; none if it has nothing.
 */
void facetree_html_metadata_facts(facetree_buffer_t *page,
    const json_t *metadata);

/* A paragraph on how far to trust an answer; none if that is not known. */
void facetree_html_trust(facetree_buffer_t *page, const json_t *metadata);


#pragma GCC visibility pop


#endif /* FACETREE_HTML_H */
