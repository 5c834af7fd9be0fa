
/*
 * Copyright (C) facetree contributors
 *
 * Many pictures and a forest.  All of them go down a tree together, a bit
 * each, and are parted at a node by comparing its feature of all of them with
 * its threshold at once.  A node is visited only if one of them comes there.
 */


#include "facetree_predict.h"

#include <stdlib.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif


/* Pictures that are taken together, bits of a word. */
#define FACETREE_BATCH_MOST   64

/* Fewer are quicker one by one. */
#define FACETREE_BATCH_LEAST  16

/* Places in a queue of groups: more than pictures, and a power of 2. */
#define FACETREE_BATCH_QUEUE  128


#ifdef __SSE2__

/* Pictures on their way, and the node where they are. */

typedef struct {
    uint64_t  pictures;
    uint32_t  node;
} facetree_batch_group_t;


/* Swaps bits of b with those of a that are "shift" higher. */

static inline void
facetree_batch_swap(uint64_t *a, uint64_t *b, uint32_t shift, uint64_t mask)
{
    uint64_t  bits;

    bits = (*a >> shift ^ *b) & mask;
    *b ^= bits;
    *a ^= bits << shift;
}


/* Turns eight rows of eight bytes into columns. */

static inline void
facetree_batch_turn(uint64_t *row)
{
    uint32_t  i;

    for (i = 0; i < 4; i++) {
        facetree_batch_swap(&row[i], &row[i + 4], 32, 0x00000000ffffffffu);
    }

    for (i = 0; i < 8; i += 4) {
        facetree_batch_swap(&row[i], &row[i + 2], 16, 0x0000ffff0000ffffu);
        facetree_batch_swap(&row[i + 1], &row[i + 3], 16, 0x0000ffff0000ffffu);
    }

    for (i = 0; i < 8; i += 2) {
        facetree_batch_swap(&row[i], &row[i + 1], 8, 0x00ff00ff00ff00ffu);
    }
}


/*
 * Feature by feature: FACETREE_BATCH_MOST gray levels each, of which those of
 * pictures that there are not do not matter.
 */

static void
facetree_batch_columns(const uint8_t *pixels, uint32_t count,
    size_t features, uint8_t *columns)
{
    size_t    i, k, first;
    uint64_t  row[8];

    memset(row, 0, sizeof(row));

    for (first = 0; first < count; first += 8) {

        for (i = 0; i + 8 <= features; i += 8) {

            for (k = 0; k < 8 && first + k < count; k++) {
                memcpy(&row[k], pixels + (first + k) * features + i, 8);
            }

            facetree_batch_turn(row);

            for (k = 0; k < 8; k++) {
                memcpy(columns + (i + k) * FACETREE_BATCH_MOST + first,
                       &row[k], 8);
            }
        }

        for ( /* void */ ; i < features; i++) {
            for (k = first; k < first + 8 && k < count; k++) {
                columns[i * FACETREE_BATCH_MOST + k] = pixels[k * features + i];
            }
        }
    }
}


/* The pictures whose gray level is at most "threshold". */

static inline uint64_t
facetree_batch_left(const uint8_t *column, uint32_t threshold)
{
    __m128i   most, levels;
    uint32_t  i;
    uint64_t  left;

    left = 0;
    most = _mm_set1_epi8((char) threshold);

#pragma GCC unroll 4
    for (i = 0; i < FACETREE_BATCH_MOST; i += 16) {
        levels = _mm_loadu_si128((const __m128i *) (const void *)
                                 (column + i));
        levels = _mm_cmpeq_epi8(_mm_min_epu8(levels, most), levels);
        left |= (uint64_t) (uint32_t) _mm_movemask_epi8(levels) << i;
    }

    return left;
}


static inline void
facetree_batch_add(const facetree_model_t *model, uint32_t row,
    uint64_t pictures, double *probabilities)
{
    size_t  classes;

    classes = model->header->classes;

    do {
        facetree_predict_add(model, row,
                             probabilities
                             + (size_t) __builtin_ctzll(pictures) * classes);
        pictures &= pictures - 1;
    } while (pictures);
}


/*
 * Takes all pictures down a tree.  Groups that wait have no picture in common,
 * so that there are never more of them than pictures; one more is written
 * before it is known to be empty.  First come, first served: what is done for
 * one need not wait for the one before.
 */

static void
facetree_batch_tree(const facetree_model_t *model, uint32_t tree,
    uint64_t pictures, const uint8_t *columns, double *probabilities)
{
    uint32_t                    head, tail, feature;
    uint64_t                    left;
    const facetree_ftm_node_t  *node;
    facetree_batch_group_t      group, *to, queue[FACETREE_BATCH_QUEUE];

    queue[0].node = model->root[tree];
    queue[0].pictures = pictures;
    tail = 1;

    for (head = 0; head != tail; head++) {
        group = queue[head % FACETREE_BATCH_QUEUE];
        node = &model->node[group.node];

        if (node->next & FACETREE_FTM_LEAF) {
            facetree_batch_add(model, node->next & ~FACETREE_FTM_LEAF,
                               group.pictures, probabilities);
            continue;
        }

        feature = node->split & FACETREE_FTM_FEATURE_MASK;
        left = group.pictures
               & facetree_batch_left(columns
                                     + (size_t) feature * FACETREE_BATCH_MOST,
                                     node->split
                                     >> FACETREE_FTM_THRESHOLD_SHIFT);

        to = &queue[tail % FACETREE_BATCH_QUEUE];
        to->node = node->next;
        to->pictures = left;
        tail += left != 0;

        to = &queue[tail % FACETREE_BATCH_QUEUE];
        to->node = node->next + 1;
        to->pictures = group.pictures ^ left;
        tail += left != group.pictures;
    }
}


/* Sums over the trees in their order, for every picture. */

static void
facetree_batch_forest(const facetree_model_t *model, const uint8_t *pixels,
    uint32_t count, uint8_t *columns, double *probabilities,
    facetree_prediction_t *predictions)
{
    size_t    classes;
    uint32_t  i;
    uint64_t  pictures;

    classes = model->header->classes;
    pictures = UINT64_MAX >> (FACETREE_BATCH_MOST - count);

    facetree_batch_columns(pixels, count, facetree_model_features(model),
                           columns);
    memset(probabilities, 0, count * classes * sizeof(double));

    for (i = 0; i < model->header->trees; i++) {
        facetree_batch_tree(model, i, pictures, columns, probabilities);
    }

    for (i = 0; i < count; i++) {
        facetree_predict_finish(model, probabilities + i * classes,
                                &predictions[i]);
    }
}


size_t
facetree_predict_memory(const facetree_model_t *model, uint32_t count)
{
    if (model->header->algorithm == FACETREE_DECISION_TREE
        || count < FACETREE_BATCH_LEAST)
    {
        return 0;
    }

    return (size_t) facetree_model_features(model) * FACETREE_BATCH_MOST;
}


/*
 * Returns how many pictures were classified: without memory, none, and the
 * last ones if they are few.
 */

static uint32_t
facetree_batch_run(const facetree_model_t *model, const uint8_t *pixels,
    uint32_t count, double *probabilities,
    facetree_prediction_t *predictions)
{
    size_t     features, classes;
    uint8_t   *columns;
    uint32_t   i, n;

    classes = model->header->classes;
    features = facetree_model_features(model);

    if (facetree_predict_memory(model, count) == 0) {
        return 0;
    }

    columns = calloc(features, FACETREE_BATCH_MOST);

    if (columns == NULL) {
        return 0;
    }

    for (i = 0; count - i >= FACETREE_BATCH_LEAST; i += n) {
        n = count - i < FACETREE_BATCH_MOST ? count - i : FACETREE_BATCH_MOST;

        facetree_batch_forest(model, pixels + i * features, n, columns,
                              probabilities + i * classes, &predictions[i]);
    }

    free(columns);

    return i;
}

#else

size_t
facetree_predict_memory(const facetree_model_t *model, uint32_t count)
{
    (void) model;
    (void) count;

    return 0;
}


static uint32_t
facetree_batch_run(const facetree_model_t *model, const uint8_t *pixels,
    uint32_t count, double *probabilities,
    facetree_prediction_t *predictions)
{
    (void) model;
    (void) pixels;
    (void) count;
    (void) probabilities;
    (void) predictions;

    return 0;
}

#endif


void
facetree_predict_batch(const facetree_model_t *model, const uint8_t *pixels,
    uint32_t count, double *probabilities, facetree_prediction_t *predictions)
{
    size_t    features, classes;
    uint32_t  i;

    classes = model->header->classes;
    features = facetree_model_features(model);

    i = facetree_batch_run(model, pixels, count, probabilities, predictions);

    for ( /* void */ ; i < count; i++) {
        facetree_predict(model, pixels + i * features,
                         probabilities + i * classes, &predictions[i]);
    }
}
