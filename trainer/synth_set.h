
/*
 * Copyright (C) facetree contributors
 *
 * The drawn face set as a directory of pictures, DIR/<label>/<number>.pgm.
 */


#ifndef FACETREE_SYNTH_SET_H
#define FACETREE_SYNTH_SET_H


#include "facetree.h"
#include "dataset_int.h"


#pragma GCC visibility push(hidden)


typedef struct {
    uint32_t   people;
    uint32_t   pictures;           /* of each */
    uint32_t   seed;
    int        force;              /* write into a directory with files in
                                      it, over those of the same names */
    void     (*progress)(void *ctx, uint32_t done, uint32_t total);
    void      *ctx;
} facetree_synth_set_t;


/*
 * Writes the set; the whole of it is in place afterwards, or nothing (unless
 * it went over an older one).  Fails with FACETREE_EINVAL when the directory
 * cannot be made or must not be written into, FACETREE_EIO when writing
 * fails; the texts do not repeat the path.  A signal that arrives meanwhile
 * ends the program after tidying up.
 */
facetree_status_e facetree_synth_write(const char *path,
    const facetree_synth_set_t *set, facetree_error_t *err);


#pragma GCC visibility pop


#endif /* FACETREE_SYNTH_SET_H */
