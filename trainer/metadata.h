
/*
 * Copyright (C) facetree contributors
 *
 * What a model says of itself: the JSON object inside the model file, and the
 * same in model.json beside it.  It depends on settings and data alone, never
 * on time, machine or path, so that training again gives the same bytes.
 */


#ifndef FACETREE_METADATA_H
#define FACETREE_METADATA_H


#include "facetree.h"
#include "dataset.h"
#include "evaluate.h"
#include "forest.h"
#include "settings.h"
#include "split.h"
#include "tree.h"

#include <jansson.h>


#pragma GCC visibility push(hidden)


/* A finished training run; a view that owns nothing. */

typedef struct {
    const facetree_settings_t    *settings;
    const facetree_dataset_t     *dataset;
    const facetree_split_t       *split;
    const facetree_forest_t      *forest;
    const facetree_evaluation_t  *evaluation;      /* of split->test */
    const facetree_oob_t         *oob;             /* may be NULL */
} facetree_training_t;


/* What is read back to test a model or to train it again. */

typedef struct {
    facetree_settings_t  settings;                 /* applied */
    char                *class_weight;             /* what settings refer to */
    int                  imported;                 /* trained elsewhere: no
                                                      settings, no data */
    char                 estimator[32];
    char                 digest[65];               /* of the data set */
    char                 data[256];                /* its name */
    int                  synthetic;
} facetree_recorded_t;


/*
 * The object that goes into the model file:
 *
 *     tool        name, version
 *     estimator   "decision-tree", "extra-tree", "random-forest" or
 *                 "extra-trees"
 *     params      scikit-learn's names and values; counts are integers,
 *                 fractions reals
 *     augment     null, or copies and how far they go
 *     image       width, height
 *     split       method, test_size, random_state, stratify
 *     dataset     kind, name, count, classes, skipped, sha256, synthetic
 *     trees       count, node_count and n_leaves of all, max_depth of the
 *                 deepest
 *
 * and, measured on the held-out split, train_count, test_count, test_correct,
 * accuracy, accuracy_low and accuracy_high at confidence_level, and oob_score
 * if it was wanted.
 */
facetree_status_e facetree_metadata_build(json_t **out,
    const facetree_training_t *training, facetree_error_t *err);

/* A copy with a "model" member: file name, version, bytes, labels. */
facetree_status_e facetree_metadata_describe(json_t **out,
    const json_t *metadata, const facetree_model_t *model, const char *path,
    facetree_error_t *err);

/*
 * Parses the metadata of a model; fails with FACETREE_ECORRUPT and the name
 * of the member when it is none that this program wrote.  Free with
 * facetree_recorded_clear().
 */
facetree_status_e facetree_metadata_read(facetree_recorded_t *recorded,
    const facetree_model_t *model, facetree_error_t *err);

void facetree_recorded_clear(facetree_recorded_t *recorded);


#pragma GCC visibility pop


#endif /* FACETREE_METADATA_H */
