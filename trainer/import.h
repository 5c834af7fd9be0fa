
/*
 * Copyright (C) facetree contributors
 *
 * Trees that were trained elsewhere, as the JSON of docs/import.md.
 */


#ifndef FACETREE_IMPORT_H
#define FACETREE_IMPORT_H


#include "tree.h"

#include <jansson.h>


#pragma GCC visibility push(hidden)


typedef struct {
    facetree_forest_t   forest;        /* owned; its labels point to: */
    char              **labels;
    const char         *estimator;     /* as facetree_estimators has it */
    const char         *source;        /* free text, part of the JSON; may be
                                          NULL */
} facetree_import_t;


/*
 * Checks everything: sizes, ranges, that children follow their parents and
 * have no other.  Fails with FACETREE_EFORMAT and a line naming the member,
 * the tree and the node.  The JSON must outlive the result; free with
 * facetree_import_clear().
 */
facetree_status_e facetree_import_read(facetree_import_t *import,
    const json_t *root, facetree_error_t *err);

void facetree_import_clear(facetree_import_t *import);


#pragma GCC visibility pop


#endif /* FACETREE_IMPORT_H */
