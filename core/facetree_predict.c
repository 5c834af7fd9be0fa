
/*
 * Copyright (C) facetree contributors
 *
 * Walking trees.  Nothing here can fail: facetree_model_check() has seen to
 * every index.
 */


#include "facetree_model.h"

#include <string.h>


/* Returns the row of the leaf that a picture falls into. */

static uint32_t
facetree_predict_walk(const facetree_model_t *model, uint32_t tree,
    const uint8_t *pixels)
{
    uint32_t                    feature, threshold;
    const facetree_ftm_node_t  *node;

    node = &model->node[model->root[tree]];

    while (!(node->next & FACETREE_FTM_LEAF)) {

        feature = node->split & FACETREE_FTM_FEATURE_MASK;
        threshold = node->split >> FACETREE_FTM_THRESHOLD_SHIFT;

        node = &model->node[node->next + (pixels[feature] > threshold)];
    }

    return node->next & ~FACETREE_FTM_LEAF;
}


/*
 * Takes LANES walks at once, so that the memory accesses of one pass while
 * the others wait for theirs: "at" holds their first nodes, and in the end
 * the rows of their leaves.  Lane i looks at the picture at pixels + i *
 * stride.  A lane that has arrived stays where it is until all have.
 */

#define FACETREE_PREDICT_LANES  8

static void
facetree_predict_walk_lanes(const facetree_model_t *model, uint32_t *at,
    const uint8_t *pixels, size_t stride)
{
    uint32_t                    i, split, next, step, open;
    const facetree_ftm_node_t  *node;

    node = model->node;

    do {
        open = 0;

        /* Unrolled, the lanes live in registers. */
#pragma GCC unroll 8
        for (i = 0; i < FACETREE_PREDICT_LANES; i++) {
            split = node[at[i]].split;
            next = node[at[i]].next;

            /* The split of a leaf is 0: feature 0 is there to be read. */
            step = next + (pixels[i * stride
                                  + (split & FACETREE_FTM_FEATURE_MASK)]
                           > split >> FACETREE_FTM_THRESHOLD_SHIFT);

            at[i] = next & FACETREE_FTM_LEAF ? at[i] : step;
            open |= ~next;
        }

    } while (open & FACETREE_FTM_LEAF);

    for (i = 0; i < FACETREE_PREDICT_LANES; i++) {
        at[i] = node[at[i]].next & ~FACETREE_FTM_LEAF;
    }
}


/*
 * Adding the classes that are not in a row would add 0.0, which changes no
 * sum: the result equals that over dense rows.
 */

static void
facetree_predict_add(const facetree_model_t *model, uint32_t row,
    double *probabilities)
{
    uint32_t  i;

    for (i = model->row_start[row]; i < model->row_start[row + 1]; i++) {
        probabilities[model->row_class[i]] += model->row_probability[i];
    }
}


static uint32_t
facetree_predict_first_maximum(const double *probabilities, uint32_t classes)
{
    uint32_t  best, i;

    best = 0;

    for (i = 1; i < classes; i++) {
        if (probabilities[i] > probabilities[best]) {
            best = i;
        }
    }

    return best;
}


static double
facetree_predict_margin(const double *probabilities, uint32_t classes,
    uint32_t predicted)
{
    double    other;
    uint32_t  i;

    other = 0.0;

    for (i = 0; i < classes; i++) {
        if (i != predicted && probabilities[i] > other) {
            other = probabilities[i];
        }
    }

    return (probabilities[predicted] > other)
           ? probabilities[predicted] - other : 0.0;
}


/* Sums over the trees, in their order whatever the order of the walks. */

static void
facetree_predict_forest(const facetree_model_t *model, const uint8_t *pixels,
    double *probabilities)
{
    uint32_t  i, k, at[FACETREE_PREDICT_LANES], trees;

    trees = model->header->trees;

    for (i = 0; trees - i >= FACETREE_PREDICT_LANES;
         i += FACETREE_PREDICT_LANES)
    {
        memcpy(at, model->root + i, sizeof(at));
        facetree_predict_walk_lanes(model, at, pixels, 0);

        for (k = 0; k < FACETREE_PREDICT_LANES; k++) {
            facetree_predict_add(model, at[k], probabilities);
        }
    }

    for ( /* void */ ; i < trees; i++) {
        facetree_predict_add(model, facetree_predict_walk(model, i, pixels),
                             probabilities);
    }
}


/* From the sums over the trees of a forest to its answer. */

static void
facetree_predict_finish(const facetree_model_t *model, double *probabilities,
    facetree_prediction_t *prediction)
{
    uint32_t  i, classes;

    classes = model->header->classes;

    for (i = 0; i < classes; i++) {
        probabilities[i] /= (double) model->header->trees;
    }

    prediction->class = facetree_predict_first_maximum(probabilities,
                                                       classes);
}


static void
facetree_predict_certainty(const facetree_model_t *model,
    const double *probabilities, facetree_prediction_t *prediction)
{
    prediction->confidence = probabilities[prediction->class];
    prediction->margin = facetree_predict_margin(probabilities,
                                                 model->header->classes,
                                                 prediction->class);
}


void
facetree_predict(const facetree_model_t *model, const uint8_t *pixels,
    double *probabilities, facetree_prediction_t *prediction)
{
    uint32_t  row;

    memset(probabilities, 0, model->header->classes * sizeof(double));

    if (model->header->algorithm == FACETREE_DECISION_TREE) {
        row = facetree_predict_walk(model, 0, pixels);
        facetree_predict_add(model, row, probabilities);

        /*
         * scikit-learn's tree takes the maximum of the sample counts, before
         * division could make two of them equal.
         */
        prediction->class = model->row_best[row];

    } else {
        facetree_predict_forest(model, pixels, probabilities);
        facetree_predict_finish(model, probabilities, prediction);
    }

    facetree_predict_certainty(model, probabilities, prediction);
}


/* A tree at a time: its nodes are at hand for all pictures of the group. */

static void
facetree_predict_group(const facetree_model_t *model, const uint8_t *pixels,
    double *probabilities)
{
    size_t    features, classes;
    uint32_t  i, k, at[FACETREE_PREDICT_LANES];

    classes = model->header->classes;
    features = facetree_model_features(model);

    memset(probabilities, 0,
           FACETREE_PREDICT_LANES * classes * sizeof(double));

    for (i = 0; i < model->header->trees; i++) {

        for (k = 0; k < FACETREE_PREDICT_LANES; k++) {
            at[k] = model->root[i];
        }

        facetree_predict_walk_lanes(model, at, pixels, features);

        for (k = 0; k < FACETREE_PREDICT_LANES; k++) {
            facetree_predict_add(model, at[k], probabilities + k * classes);
        }
    }
}


void
facetree_predict_batch(const facetree_model_t *model, const uint8_t *pixels,
    uint32_t count, double *probabilities, facetree_prediction_t *predictions)
{
    size_t    features, classes;
    uint32_t  i, k;

    classes = model->header->classes;
    features = facetree_model_features(model);
    i = 0;

    while (model->header->algorithm != FACETREE_DECISION_TREE
           && count - i >= FACETREE_PREDICT_LANES)
    {
        facetree_predict_group(model, pixels + i * features,
                               probabilities + i * classes);

        for (k = 0; k < FACETREE_PREDICT_LANES; k++, i++) {
            facetree_predict_finish(model, probabilities + i * classes,
                                    &predictions[i]);
            facetree_predict_certainty(model, probabilities + i * classes,
                                       &predictions[i]);
        }
    }

    for ( /* void */ ; i < count; i++) {
        facetree_predict(model, pixels + i * features,
                         probabilities + i * classes, &predictions[i]);
    }
}


/* Whether class a stands before class b in a list of the most probable. */

static int
facetree_top_before(const double *probabilities, uint32_t predicted,
    uint32_t a, uint32_t b)
{
    if (a == predicted || b == predicted) {
        return a == predicted;
    }

    if (probabilities[a] != probabilities[b]) {
        return probabilities[a] > probabilities[b];
    }

    return a < b;
}


uint32_t
facetree_top(const double *probabilities, uint32_t classes,
    uint32_t predicted, uint32_t k, uint32_t *top)
{
    uint32_t  c, i, n;

    n = 0;

    if (k > classes) {
        k = classes;
    }

    if (k == 0) {
        return 0;
    }

    /* Insertion into a short sorted list: k is small, the list is cheap. */

    for (c = 0; c < classes; c++) {

        if (n == k
            && !facetree_top_before(probabilities, predicted, c, top[n - 1]))
        {
            continue;
        }

        i = (n < k) ? n++ : n - 1;

        for ( /* void */ ; i > 0; i--) {
            if (facetree_top_before(probabilities, predicted, top[i - 1], c)) {
                break;
            }

            top[i] = top[i - 1];
        }

        top[i] = c;
    }

    return n;
}
