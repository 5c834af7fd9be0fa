
/*
 * Copyright (C) facetree contributors
 *
 * Reading whole files.
 */


#ifndef FACETREE_FILE_H
#define FACETREE_FILE_H


#include "facetree.h"


#pragma GCC visibility push(hidden)


/* More than any picture within the default limits of core/ needs. */
#define FACETREE_FILE_MAX  (256u << 20)

/*
 * Reads a regular file, or standard input for the path "-".  Fails with
 * FACETREE_EIO when there is none, when it is not a regular file, or when it
 * is longer than FACETREE_FILE_MAX; the text does not repeat the path.  The
 * caller frees "*data", which is never NULL on success.
 */
facetree_status_e facetree_file_read(const char *path, uint8_t **data,
    size_t *len, facetree_error_t *err);


#pragma GCC visibility pop


#endif /* FACETREE_FILE_H */
