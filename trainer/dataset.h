
/*
 * Copyright (C) facetree contributors
 *
 * A data set in memory: gray pictures of one size, a class each.
 */


#ifndef FACETREE_DATASET_H
#define FACETREE_DATASET_H


#include "facetree.h"
#include "split.h"


#pragma GCC visibility push(hidden)


typedef struct {
    uint32_t    width;
    uint32_t    height;
    uint32_t    count;
    uint32_t    classes;
    uint8_t    *pixels;            /* count pictures of width * height */
    uint32_t   *labels;            /* class of each, an index into: */
    char      **names;             /* the labels, sorted bytewise */
    char      **files;             /* where each picture came from, relative
                                      to the data set; NULL when there are no
                                      separate files */
    int         synthetic;         /* drawn, not photographed: to be said
                                      wherever a result shows */
    char        digest[65];        /* SHA-256, hex, of all pixels in order */
    const char *kind;              /* "mat", "directory" or "synthetic" */
    char        name[256];         /* last part of the path, UTF-8 */
    uint32_t    skipped;           /* unreadable files of a directory */
} facetree_dataset_t;


#define FACETREE_DATASET_MAX_PIXELS  120000000


/* Where a data set comes from and how to read it. */

typedef struct {
    /*
     * A MAT file (version 5, variable "faces", a column of gray levels for
     * each picture, ten pictures a person), a directory of <label>/<picture>,
     * or the word "synthetic", "synthetic:SEED" for the drawn set.
     */
    const char  *path;

    uint32_t     width;            /* pictures are brought to this size */
    uint32_t     height;
    int          strict;           /* an unreadable picture is a failure, not
                                      a warning */
    uint32_t     max_pixels;       /* of a picture; 0:
                                      FACETREE_DATASET_MAX_PIXELS */

    /* Both may be NULL.  "file" is relative to the directory. */
    void       (*warn)(void *ctx, const char *file, const char *reason);
    void       (*progress)(void *ctx, uint32_t done, uint32_t total);
    void        *ctx;
} facetree_dataset_source_t;


/*
 * Reads a data set; "*dataset" need not be initialised.  A directory's labels
 * and files are taken in bytewise order of their names; hidden ones, and
 * plain files beside the labels, are no part of it (pictures there are warned
 * of, and so are labels without any).  FACETREE_EIO when there is nothing to
 * read at the path, FACETREE_EFORMAT when it is no data set, FACETREE_EIMAGE
 * for a bad picture under "strict".
 */
facetree_status_e facetree_dataset_load(facetree_dataset_t *dataset,
    const facetree_dataset_source_t *source, facetree_error_t *err);

/* facetree_split() of all of it, whose errors name a label. */
facetree_status_e facetree_dataset_split(facetree_split_t *split,
    const facetree_dataset_t *dataset, const facetree_split_params_t *params,
    facetree_error_t *err);

/*
 * The limits of decoding files on this machine's own disk: pixels, of which 0
 * means FACETREE_DATASET_MAX_PIXELS, and with them memory.  CPU time is not
 * limited: what is read must not hang on the load.
 */
void facetree_dataset_budget(facetree_budget_t *budget, uint32_t max_pixels);

/* Frees what it holds and zeroes it. */
void facetree_dataset_clear(facetree_dataset_t *dataset);


#pragma GCC visibility pop


#endif /* FACETREE_DATASET_H */
