
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
 * Builds the bytes of a model file.  "metadata" is JSON text, an object.
 * "strip" leaves out the training detail.  The bytes depend on the arguments
 * alone.  The result is loaded with facetree_model_parse() before it is
 * returned, so that a file that cannot be read back is never written.
 * "*out" is freed by the caller with free().
 */
facetree_status_e facetree_model_serialize(const facetree_forest_t *forest,
    const char *metadata, int strip, uint8_t **out, size_t *len,
    facetree_error_t *err);


#pragma GCC visibility pop


#endif /* FACETREE_MODEL_WRITER_H */
