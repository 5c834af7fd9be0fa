
/*
 * Copyright (C) facetree contributors
 *
 * JSON text of documents that people read and programs compare.
 */


#ifndef FACETREE_DOCUMENT_H
#define FACETREE_DOCUMENT_H


#include "facetree.h"

#include <jansson.h>


#pragma GCC visibility push(hidden)


/*
 * Text of a value with each real number in its shortest form that reads back
 * as the same double (jansson writes 0.3 as 0.29999999999999999).  "flags"
 * are jansson's.  Freed with free(); NULL when out of memory.
 */
char *facetree_document_text(const json_t *value, size_t flags);

/* Prints it to stdout with two spaces of indentation and a line feed. */
facetree_status_e facetree_document_print(const json_t *value,
    facetree_error_t *err);

/* Prints it without indentation and line feed. */
facetree_status_e facetree_document_print_compact(const json_t *value,
    facetree_error_t *err);


#pragma GCC visibility pop


#endif /* FACETREE_DOCUMENT_H */
