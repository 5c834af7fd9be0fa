
/*
 * Copyright (C) facetree contributors
 *
 * Trying all combinations of some settings, each by cross-validation.
 */


#ifndef FACETREE_SEARCH_H
#define FACETREE_SEARCH_H


#include "settings.h"

#include <jansson.h>


#pragma GCC visibility push(hidden)


#define FACETREE_SEARCH_AXES   8
#define FACETREE_SEARCH_TRIES  10000


/* What --search gave: views of argv. */

typedef struct {
    uint32_t     count;
    const char  *axes[FACETREE_SEARCH_AXES];       /* "KEY=V1,V2,..." */
} facetree_search_texts_t;

/* For an option table: adds to a facetree_search_texts_t; no rule. */
facetree_status_e facetree_option_search(const facetree_option_t *option,
    const char *text, void *value, facetree_error_t *err);


typedef struct {
    const facetree_option_t   *option;
    uint32_t                   count;
    char                     **values;
    char                      *text;               /* that they lie in */
} facetree_search_axis_t;


typedef struct {
    double  mean;
    double  sd;
} facetree_search_try_t;


typedef struct {
    uint32_t                 count;                /* of axes */
    facetree_search_axis_t   axes[FACETREE_SEARCH_AXES];
    uint32_t                 tries;                /* combinations; the last
                                                      axis turns fastest */
    facetree_search_try_t   *results;
    uint32_t                 best;                 /* the first of the best
                                                      means */
} facetree_search_t;


/*
 * Takes the texts apart and makes sure that each combination with "base",
 * settings as given and not yet applied, is one that could be trained.  Fails
 * with FACETREE_EINVAL and a line that names the axis.  Free with
 * facetree_search_clear().
 */
facetree_status_e facetree_search_init(facetree_search_t *search,
    const facetree_search_texts_t *texts, const facetree_settings_t *base,
    facetree_error_t *err);

/* The settings of one combination, applied. */
facetree_status_e facetree_search_settings(const facetree_search_t *search,
    uint32_t number, const facetree_settings_t *base,
    facetree_settings_t *settings, facetree_error_t *err);

/*
 * StratifiedKFold within the training side of base->split: what the finished
 * model is measured on has no say.
 */
facetree_status_e facetree_search_run(facetree_search_t *search,
    const facetree_dataset_t *dataset, const facetree_settings_t *base,
    uint32_t folds, facetree_error_t *err);

/* A table on stdout; the same for programs, NULL when out of memory. */
void facetree_search_print(const facetree_search_t *search);
json_t *facetree_search_json(const facetree_search_t *search, uint32_t folds);

void facetree_search_clear(facetree_search_t *search);


#pragma GCC visibility pop


#endif /* FACETREE_SEARCH_H */
