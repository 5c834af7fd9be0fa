
/*
 * Copyright (C) facetree contributors
 *
 * Sample pictures for the page: some that a model was not trained on.
 */


#ifndef FACETREE_SAMPLES_H
#define FACETREE_SAMPLES_H


#include "dataset.h"
#include "evaluate.h"


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
 * Exchanges the last ones of a choice for others of "rows", until a quarter
 * of it is answered wrongly and a quarter rightly, or "rows" has no more.
 * predictions[i] is the answer to rows[i].
 */
void facetree_samples_mix(const facetree_dataset_t *dataset,
    const uint32_t *rows, const uint32_t *predictions, uint32_t rows_count,
    uint32_t *chosen, uint32_t count);

/* The examples to write, and what is told of them; all borrowed. */

typedef struct {
    const facetree_dataset_t     *dataset;
    const facetree_model_t       *model;
    const char                   *name;        /* of the data set */
    const facetree_evaluation_t  *evaluation;  /* of "rows", in this order */
    const uint32_t               *rows;        /* all held-out examples */
    const uint32_t               *chosen;      /* those to write */
    uint32_t                      count;       /* of "chosen" */
} facetree_sample_set_t;

/*
 * Writes DIR/01.png and so on; DIR/index.html, where they are shown with what
 * the model says of them, for browsers without scripts; and DIR/samples.json
 * last:
 *
 *     model       version of the model
 *     dataset     name of the data set
 *     synthetic   whether its faces are drawn
 *     held_out    {"count", "correct", "confusions": [{"label", "predicted",
 *                 "count"}]}, the most frequent ones of all held-out pictures
 *     samples     [{"file", "label", "predicted"}]
 *
 * FACETREE_EIO when a file cannot be created or written.
 */
facetree_status_e facetree_samples_write(const char *dir,
    const facetree_sample_set_t *set, facetree_error_t *err);

/* The page, to be freed by the caller. */
facetree_status_e facetree_samples_page(const facetree_sample_set_t *set,
    char **out, size_t *len, facetree_error_t *err);

/* What the model says of the i-th of "chosen", as a class. */
uint32_t facetree_samples_predicted(const facetree_sample_set_t *set,
    uint32_t i);

/* DIR/01.png is "01.png". */
#define FACETREE_SAMPLES_NAME  32

void facetree_samples_name(uint32_t i, char name[FACETREE_SAMPLES_NAME]);

/* How many kinds of mistakes are told. */
#define FACETREE_SAMPLES_CONFUSIONS  5


#pragma GCC visibility pop


#endif /* FACETREE_SAMPLES_H */
