
/*
 * Copyright (C) facetree contributors
 *
 * Walking trees.  Nothing here can fail: facetree_model_check() has seen to
 * every index.
 */


#include "facetree_predict.h"

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
 * Walks that are taken at once, so that the memory accesses of one pass while
 * the others wait for theirs.  Each lane goes through a range of trees, one
 * after the other.  Paths differ in length, by half and more: if lanes waited
 * for each other, they would be idle half of the time.
 */

#define FACETREE_PREDICT_LANES  8

/* Trees whose rows are noted before they are added up, in order. */
#define FACETREE_PREDICT_TREES  512

/* A loop would not be unrolled, and only then do the lanes have registers. */
#define FACETREE_PREDICT_LANE_MAP(X)  X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7)

typedef struct {
    uint64_t  at[FACETREE_PREDICT_LANES];      /* the node, */
    uint64_t  tree[FACETREE_PREDICT_LANES];    /* of this tree */
    uint64_t  end[FACETREE_PREDICT_LANES];     /* the first not to be taken */
} facetree_predict_lanes_t;


/*
 * A step of a lane.  At a leaf it goes on to the next tree, without a jump:
 * all the way it has been overwriting the row of its tree with what it came
 * by.  The split of a leaf is 0: feature 0 is there to be read.
 */

static inline __attribute__((always_inline)) void
facetree_predict_step(const facetree_ftm_node_t *node, const uint32_t *root,
    const uint8_t *pixels, uint32_t *rows, uint64_t *at, uint64_t *tree)
{
    uint32_t  split;
    uint64_t  both, next, leaf;

    memcpy(&both, &node[*at], sizeof(both));

    split = (uint32_t) both;
    next = both >> 32;
    rows[*tree] = (uint32_t) next;

    next += pixels[split & FACETREE_FTM_FEATURE_MASK]
            > split >> FACETREE_FTM_THRESHOLD_SHIFT;

    /* all bits or none: of "?:" the compiler would make a jump */

    leaf = 0 - (both >> 63);
    *at = next ^ ((next ^ root[*tree + 1]) & leaf);
    *tree -= leaf;
}


/* Until one of the lanes has taken all its trees. */

static void
facetree_predict_run(facetree_predict_lanes_t *lanes,
    const facetree_ftm_node_t *node, const uint32_t *root,
    const uint8_t *pixels, uint32_t *rows)
{
    uint64_t                  passes;
    facetree_predict_lanes_t  own = *lanes;

    for ( ;; ) {

        /* each pass takes a lane one tree further at most */

        passes = FACETREE_PREDICT_TREES;

#define FACETREE_PREDICT_PASSES(k)                                            \
        if (own.end[k] - own.tree[k] < passes) {                              \
            passes = own.end[k] - own.tree[k];                                \
        }
        FACETREE_PREDICT_LANE_MAP(FACETREE_PREDICT_PASSES)
#undef FACETREE_PREDICT_PASSES

        if (passes == 0) {
            break;
        }

        do {
#define FACETREE_PREDICT_STEP(k)                                              \
            facetree_predict_step(node, root, pixels, rows, &own.at[k],       \
                                  &own.tree[k]);
            FACETREE_PREDICT_LANE_MAP(FACETREE_PREDICT_STEP)
#undef FACETREE_PREDICT_STEP
        } while (--passes);
    }

    *lanes = own;
}


/*
 * Gives lanes that have none left half of what the one with most has.
 * Returns 0 if there is nothing to give: no lane has more than the tree that
 * it is in.
 */

static int
facetree_predict_share(facetree_predict_lanes_t *lanes, const uint32_t *root)
{
    uint32_t  i, k, from;
    uint64_t  left;

    for (i = 0; i < FACETREE_PREDICT_LANES; i++) {

        if (lanes->tree[i] < lanes->end[i]) {
            continue;
        }

        from = 0;

        for (k = 1; k < FACETREE_PREDICT_LANES; k++) {
            if (lanes->end[k] - lanes->tree[k]
                > lanes->end[from] - lanes->tree[from])
            {
                from = k;
            }
        }

        left = lanes->end[from] - lanes->tree[from];

        if (left < 2) {
            return 0;
        }

        lanes->end[i] = lanes->end[from];
        lanes->end[from] -= left / 2;
        lanes->tree[i] = lanes->end[from];
        lanes->at[i] = root[lanes->tree[i]];
    }

    return 1;
}


/* Finishes the trees that lanes are in; those that are done keep still. */

static void
facetree_predict_land(facetree_predict_lanes_t *lanes,
    const facetree_ftm_node_t *node, const uint32_t *root,
    const uint8_t *pixels, uint32_t *rows)
{
    uint32_t  k, open;

    do {
        open = 0;

        for (k = 0; k < FACETREE_PREDICT_LANES; k++) {

            if (lanes->tree[k] < lanes->end[k]) {
                facetree_predict_step(node, root, pixels, rows,
                                      &lanes->at[k], &lanes->tree[k]);
                open = 1;
            }
        }

    } while (open);
}


/*
 * Takes a picture down "trees" trees from "first" on: rows[i] becomes the row
 * of the leaf in the i-th, with FACETREE_FTM_LEAF.
 */

static void
facetree_predict_rows(const facetree_model_t *model, uint32_t first,
    uint32_t trees, const uint8_t *pixels, uint32_t *rows)
{
    uint32_t                   k;
    const uint32_t            *root;
    facetree_predict_lanes_t   lanes;

    root = model->root + first;

    for (k = 0; k < FACETREE_PREDICT_LANES; k++) {
        lanes.tree[k] = trees * k / FACETREE_PREDICT_LANES;
        lanes.end[k] = trees * (k + 1) / FACETREE_PREDICT_LANES;
        lanes.at[k] = root[lanes.tree[k]];
    }

    do {
        facetree_predict_run(&lanes, model->node, root, pixels, rows);
    } while (facetree_predict_share(&lanes, root));

    facetree_predict_land(&lanes, model->node, root, pixels, rows);
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
    uint32_t  i, k, trees, rows[FACETREE_PREDICT_TREES];

    for (i = 0; i < model->header->trees; i += trees) {
        trees = model->header->trees - i;

        if (trees > FACETREE_PREDICT_TREES) {
            trees = FACETREE_PREDICT_TREES;
        }

        facetree_predict_rows(model, i, trees, pixels, rows);

        for (k = 0; k < trees; k++) {
            facetree_predict_add(model, rows[k] & ~FACETREE_FTM_LEAF,
                                 probabilities);
        }
    }
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
    facetree_predict_certainty(model, probabilities, prediction);
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
        facetree_predict_certainty(model, probabilities, prediction);

    } else {
        facetree_predict_forest(model, pixels, probabilities);
        facetree_predict_finish(model, probabilities, prediction);
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
