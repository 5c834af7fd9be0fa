
/*
 * Copyright (C) facetree contributors
 *
 * Downloading one file of known content.
 */


#ifndef FACETREE_DOWNLOAD_H
#define FACETREE_DOWNLOAD_H


#include "facetree.h"


#pragma GCC visibility push(hidden)


typedef struct {
    const char   *url;             /* http or https, also when redirected */
    const char   *sha256;          /* hex, of either case */
    const char   *path;
    void        (*progress)(void *ctx, uint64_t done, uint64_t total);
    void         *ctx;
} facetree_download_t;


typedef enum {
    FACETREE_DOWNLOAD_OK = 0,
    FACETREE_DOWNLOAD_URL,         /* not a URL that is fetched */
    FACETREE_DOWNLOAD_FAILED,      /* network or server */
    FACETREE_DOWNLOAD_DIGEST,      /* something else was there */
    FACETREE_DOWNLOAD_CREATE,      /* output file */
    FACETREE_DOWNLOAD_WRITE,
    FACETREE_DOWNLOAD_MEMORY
} facetree_download_e;


/*
 * Writes the file at "path" if and only if all of it arrived with the right
 * SHA-256.  Gives up after 5 seconds without a connection, 20 with next to
 * no data, 10 minutes in all, or 256 MiB.  "err" gets a line for people.
 */
facetree_download_e facetree_download(const facetree_download_t *download,
    size_t *len, facetree_error_t *err);


#pragma GCC visibility pop


#endif /* FACETREE_DOWNLOAD_H */
