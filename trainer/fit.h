
/*
 * Copyright (C) facetree contributors
 *
 * From pictures and settings to trees, and to a model that can answer.
 */


#ifndef FACETREE_FIT_H
#define FACETREE_FIT_H


#include "settings.h"


#pragma GCC visibility push(hidden)


/*
 * Grows what the settings say, applied before, from the "count" pictures that
 * "rows" names, in that order; copies are made of those alone.  "*forest"
 * refers to the labels of the data set.  "oob" is filled when the settings
 * want a score, and may be NULL otherwise.
 */
facetree_status_e facetree_fit(facetree_forest_t *forest, facetree_oob_t *oob,
    const facetree_dataset_t *dataset, const uint32_t *rows, uint32_t count,
    const facetree_settings_t *settings, facetree_error_t *err);

/*
 * A model as it would be served, without metadata: what is measured is this,
 * not the grown trees.  Free with facetree_model_free().
 */
facetree_status_e facetree_fit_model(facetree_model_t **model,
    const facetree_forest_t *forest, facetree_error_t *err);


#pragma GCC visibility pop


#endif /* FACETREE_FIT_H */
