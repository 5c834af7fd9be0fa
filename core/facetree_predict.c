
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


void
facetree_predict(const facetree_model_t *model, const uint8_t *pixels,
    double *probabilities, facetree_prediction_t *prediction)
{
    uint32_t  classes, i, row, trees;

    classes = model->header->classes;
    trees = model->header->trees;

    memset(probabilities, 0, classes * sizeof(double));

    if (model->header->algorithm == FACETREE_DECISION_TREE) {
        row = facetree_predict_walk(model, 0, pixels);
        facetree_predict_add(model, row, probabilities);

        /*
         * scikit-learn's tree takes the maximum of the sample counts, before
         * division could make two of them equal.
         */
        prediction->class = model->row_best[row];

    } else {
        for (i = 0; i < trees; i++) {
            row = facetree_predict_walk(model, i, pixels);
            facetree_predict_add(model, row, probabilities);
        }

        for (i = 0; i < classes; i++) {
            probabilities[i] /= (double) trees;
        }

        prediction->class = facetree_predict_first_maximum(probabilities,
                                                           classes);
    }

    prediction->confidence = probabilities[prediction->class];
    prediction->margin = facetree_predict_margin(probabilities, classes,
                                                 prediction->class);
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
