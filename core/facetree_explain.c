
/*
 * Copyright (C) facetree contributors
 *
 * Why a tree answered what it did: the walk of facetree_predict.c once more,
 * taking notes.
 */


#include "facetree_model.h"

#include <stdlib.h>
#include <string.h>


typedef struct {
    uint32_t  trees;               /* that tested the pixel */
    uint32_t  last;                /* the last of them, plus 1 */
} facetree_explain_mark_t;


/*
 * The exact threshold in gray levels, or the byte where that would not tell
 * the same story: a detail that was stored in other units may be off by its
 * rounding, and one that sends all gray levels left may be any number.
 */

static double
facetree_explain_threshold(const facetree_model_t *model, uint32_t byte,
    double threshold)
{
    threshold *= model->header->scale;

    return (threshold >= byte && threshold < byte + 1.0) ? threshold : byte;
}


uint32_t
facetree_explain_path(const facetree_model_t *model, uint32_t tree,
    const uint8_t *pixels, facetree_step_t *steps, uint32_t max)
{
    int                         has_detail;
    uint32_t                    at, byte, n, right;
    facetree_step_t             step;
    facetree_tree_detail_t      detail;
    const facetree_ftm_node_t  *node;

    has_detail = facetree_model_has_detail(model);

    if (has_detail) {
        facetree_model_detail(model, tree, &detail);
    }

    /* The served tree leads; "at" is the same node as the detail counts. */

    at = 0;
    node = &model->node[model->root[tree]];

    for (n = 0; !(node->next & FACETREE_FTM_LEAF); n++) {

        byte = node->split >> FACETREE_FTM_THRESHOLD_SHIFT;

        step.feature = node->split & FACETREE_FTM_FEATURE_MASK;
        step.value = pixels[step.feature];
        right = step.value > byte;
        step.right = (uint8_t) right;
        step.samples = UINT32_MAX;
        step.threshold = byte;

        if (has_detail) {
            step.samples = detail.samples[at];
            step.threshold = facetree_explain_threshold(model, byte,
                                                        detail.threshold[at]);
            at = (uint32_t) (right ? detail.right[at] : detail.left[at]);
        }

        if (n < max) {
            steps[n] = step;
        }

        node = &model->node[node->next + right];
    }

    return n;
}


static void
facetree_explain_mark(const facetree_model_t *model, uint32_t tree,
    const uint8_t *pixels, facetree_explain_mark_t *marks)
{
    uint32_t                    feature, threshold;
    facetree_explain_mark_t    *mark;
    const facetree_ftm_node_t  *node;

    node = &model->node[model->root[tree]];

    while (!(node->next & FACETREE_FTM_LEAF)) {

        feature = node->split & FACETREE_FTM_FEATURE_MASK;
        threshold = node->split >> FACETREE_FTM_THRESHOLD_SHIFT;

        mark = &marks[feature];

        if (mark->last != tree + 1) {
            mark->last = tree + 1;
            mark->trees++;
        }

        node = &model->node[node->next + (pixels[feature] > threshold)];
    }
}


facetree_status_e
facetree_explain_pixels(const facetree_model_t *model, const uint8_t *pixels,
    facetree_pixel_t *top, uint32_t max, uint32_t *count,
    facetree_error_t *err)
{
    uint32_t                  features, i, j, n;
    facetree_explain_mark_t  *marks;

    features = facetree_model_features(model);

    marks = calloc(features, sizeof(facetree_explain_mark_t));
    if (marks == NULL) {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    for (i = 0; i < model->header->trees; i++) {
        facetree_explain_mark(model, i, pixels, marks);
    }

    /* Insertion behind the equal ones: features come in ascending order. */

    n = 0;

    for (i = 0; i < features; i++) {

        if (marks[i].trees == 0 || max == 0
            || (n == max && marks[i].trees <= top[n - 1].trees))
        {
            continue;
        }

        j = (n < max) ? n++ : n - 1;

        for ( /* void */ ; j > 0 && marks[i].trees > top[j - 1].trees; j--) {
            top[j] = top[j - 1];
        }

        top[j].feature = i;
        top[j].trees = marks[i].trees;
    }

    free(marks);

    *count = n;

    return FACETREE_OK;
}
