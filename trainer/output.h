
/*
 * Copyright (C) facetree contributors
 *
 * Output files: written under a temporary name in the directory where they
 * will be, flushed to the disk, renamed.  Whoever looks sees the old file or
 * the new one, never a part.  A signal that ends the program takes the
 * temporary files with it.
 *
 * Not for use by several threads at once.
 */


#ifndef FACETREE_OUTPUT_H
#define FACETREE_OUTPUT_H


#include "facetree.h"


#pragma GCC visibility push(hidden)


/* How many may be open at once. */
#define FACETREE_OUTPUT_MAX   4

typedef struct {
    char  *path;
    char  *temp;
    int    fd;
    int    slot;                   /* in the list that the signal handler
                                      goes through, plus 1; 0: not open */
} facetree_output_t;


/*
 * Creates the missing directories of "path" and the temporary file, so that
 * an output that cannot be is found out before the work.  "output" must be
 * zeroed before.  A failure to create is FACETREE_EIO, its text names the
 * path.
 */
facetree_status_e facetree_output_open(facetree_output_t *output,
    const char *path, facetree_error_t *err);

facetree_status_e facetree_output_write(facetree_output_t *output,
    const void *data, size_t len, facetree_error_t *err);

/* Flushes, renames, closes; on failure the temporary file is removed. */
facetree_status_e facetree_output_commit(facetree_output_t *output,
    facetree_error_t *err);

/* Removes what is open; nothing to do after a commit, or when never opened. */
void facetree_output_discard(facetree_output_t *output);

/* All in one. */
facetree_status_e facetree_output_file(const char *path, const void *data,
    size_t len, facetree_error_t *err);

/* Creates a directory and those above it; one that exists is fine. */
facetree_status_e facetree_output_directory(const char *path,
    facetree_error_t *err);

/*
 * Between hold and release SIGINT, SIGTERM and SIGHUP only make held()
 * return 1: for work that must tidy up more than files.  release() then acts
 * on them, and does not return if there was one.
 */
void facetree_output_hold(void);
int facetree_output_held(void);
void facetree_output_release(void);


#pragma GCC visibility pop


#endif /* FACETREE_OUTPUT_H */
