
/*
 * Copyright (C) facetree contributors
 *
 * A page about a model: everything in one HTML file, no script, nothing to
 * load from anywhere.
 */


#ifndef FACETREE_REPORT_H
#define FACETREE_REPORT_H


#include "dataset.h"
#include "evaluate.h"
#include "split.h"

#include <jansson.h>


#pragma GCC visibility push(hidden)


/* A view; owns nothing. */

typedef struct {
    const facetree_model_t       *model;
    const char                   *name;        /* of the model's file */
    const json_t                 *metadata;
    const facetree_dataset_t     *dataset;
    const facetree_split_t       *split;
    const facetree_evaluation_t  *evaluation;  /* of split->test, in order */
    const double                 *importances; /* one a feature; NULL if the
                                                  model has no detail */
} facetree_report_t;


/* "*out" is the page, terminated, "*len" bytes; freed with free(). */
facetree_status_e facetree_report_html(const facetree_report_t *report,
    char **out, size_t *len, facetree_error_t *err);


#pragma GCC visibility pop


#endif /* FACETREE_REPORT_H */
