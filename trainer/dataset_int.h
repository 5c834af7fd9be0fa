
/*
 * Copyright (C) facetree contributors
 *
 * The kinds of data sets, seen by dataset.c and those that read them.
 */


#ifndef FACETREE_DATASET_INT_H
#define FACETREE_DATASET_INT_H


#include "dataset.h"


#pragma GCC visibility push(hidden)


/*
 * The readers fill a zeroed data set with all but kind, name and digest; what
 * they leave behind when they fail is cleared by the caller.
 */
facetree_status_e facetree_dataset_read_mat(facetree_dataset_t *dataset,
    const facetree_dataset_source_t *source, facetree_error_t *err);
facetree_status_e facetree_dataset_read_dir(facetree_dataset_t *dataset,
    const facetree_dataset_source_t *source, facetree_error_t *err);
facetree_status_e facetree_dataset_read_synth(facetree_dataset_t *dataset,
    const facetree_dataset_source_t *source, uint32_t seed,
    facetree_error_t *err);

/*
 * Allocates pixels and labels of "count" pictures and room for the names of
 * "classes" labels.  FACETREE_EFORMAT when that is more than a data set may
 * have.
 */
facetree_status_e facetree_dataset_alloc(facetree_dataset_t *dataset,
    uint32_t count, uint32_t classes,
    const facetree_dataset_source_t *source, facetree_error_t *err);

/* Names class "index" PREFIX00, PREFIX01, ... as wide as the last needs. */
facetree_status_e facetree_dataset_name(facetree_dataset_t *dataset,
    uint32_t index, char prefix, facetree_error_t *err);

/*
 * Brings one picture to another size by the same code that shrinks uploads.
 */
facetree_status_e facetree_dataset_resize(const uint8_t *from,
    uint32_t from_width, uint32_t from_height, uint8_t *to, uint32_t width,
    uint32_t height, facetree_error_t *err);

void facetree_dataset_progress(const facetree_dataset_source_t *source,
    uint32_t done, uint32_t total);


/*
 * A directory with this file in it was written by "facetree synth"; reading
 * it sets the "synthetic" flag.
 */
#define FACETREE_SYNTH_MARKER  "SYNTHETIC.txt"


#define FACETREE_DATASET_NUMBER  11

/*
 * Writes "index" in as many digits as the last of "count" things needs, two
 * or more, so that names made of it sort by number.
 */
void facetree_dataset_number(uint32_t index, uint32_t count,
    char out[FACETREE_DATASET_NUMBER]);


#pragma GCC visibility pop


#endif /* FACETREE_DATASET_INT_H */
