
/*
 * Copyright (C) facetree contributors
 *
 * Serialises grown trees into the model format of core/facetree_format.h.
 */


#ifndef FACETREE_MODEL_WRITER_H
#define FACETREE_MODEL_WRITER_H


#include "facetree.h"
#include "tree.h"


#pragma GCC visibility push(hidden)


/*
 * Makes a model as it would be served, its file in memory.  "metadata" is
 * JSON text, an object.  "strip" leaves out the training detail.  The bytes
 * depend on the arguments alone, and have been checked as those of any model:
 * a file that cannot be read back is never written.  Free with
 * facetree_model_free().
 */
facetree_status_e facetree_model_make(facetree_model_t **out,
    const facetree_forest_t *forest, const char *metadata, int strip,
    facetree_error_t *err);

/* The same bytes alone; freed by the caller with free(). */
facetree_status_e facetree_model_serialize(const facetree_forest_t *forest,
    const char *metadata, int strip, uint8_t **out, size_t *len,
    facetree_error_t *err);


#pragma GCC visibility pop


#endif /* FACETREE_MODEL_WRITER_H */
