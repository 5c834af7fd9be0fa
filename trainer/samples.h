
/*
 * Copyright (C) facetree contributors
 *
 * Sample pictures for the page: some that a model was not trained on.
 */


#ifndef FACETREE_SAMPLES_H
#define FACETREE_SAMPLES_H


#include "dataset.h"


#pragma GCC visibility push(hidden)


/*
 * Chooses up to "count" of the "rows_count" examples in "rows", in an order
 * that "seed" decides, writes them to "chosen" and returns how many there
 * are.  No class comes a second time before each has come once, and so on.
 * Returns 0 when out of memory.
 */
uint32_t facetree_samples_choose(const facetree_dataset_t *dataset,
    const uint32_t *rows, uint32_t rows_count, uint32_t count, uint32_t seed,
    uint32_t *chosen);

/*
 * Writes these examples to DIR/01.png and so on, and DIR/samples.json last:
 *
 *     model       version of the model
 *     dataset     name of the data set
 *     synthetic   whether its faces are drawn
 *     samples     [{"file", "label"}]
 *
 * FACETREE_EIO when a file cannot be created or written.
 */
facetree_status_e facetree_samples_write(const char *dir,
    const facetree_dataset_t *dataset, const char *name, const char *version,
    const uint32_t *chosen, uint32_t count, facetree_error_t *err);


#pragma GCC visibility pop


#endif /* FACETREE_SAMPLES_H */
