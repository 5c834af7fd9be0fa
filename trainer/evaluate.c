
/*
 * Copyright (C) facetree contributors
 */


#include "evaluate.h"
#include "facetree_int.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>


/* The 97.5 % quantile of the normal distribution. */
#define FACETREE_NORMAL_975  1.959963984540054

#define FACETREE_TOP_MAX     5

/* Pictures classified together. */
#define FACETREE_EVALUATE_BATCH  64


const uint32_t  facetree_top_ks[FACETREE_TOP_KS] = { 1, 3, FACETREE_TOP_MAX };


facetree_status_e
facetree_evaluation_init(facetree_evaluation_t *evaluation, uint32_t size,
    uint32_t classes, facetree_error_t *err)
{
    memset(evaluation, 0, sizeof(*evaluation));

    if (size == 0 || classes == 0) {
        return facetree_fail(err, FACETREE_EINVAL, FACETREE_NO_OFFSET,
                             "no examples to evaluate");
    }

    evaluation->size = size;
    evaluation->classes = classes;
    evaluation->truths = calloc(size, sizeof(uint32_t));
    evaluation->predictions = calloc(size, sizeof(uint32_t));
    evaluation->confidences = calloc(size, sizeof(double));
    evaluation->scores = calloc(classes, sizeof(facetree_class_score_t));

    if (evaluation->truths == NULL || evaluation->predictions == NULL
        || evaluation->confidences == NULL || evaluation->scores == NULL)
    {
        facetree_evaluation_clear(evaluation);
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    return FACETREE_OK;
}


/*
 * scikit-learn clips the probabilities by the epsilon of a double, so that a
 * wrong answer of full certainty costs 36.04 and not infinity, and divides by
 * their sum again.
 */

static double
facetree_evaluation_loss(const double *probabilities, uint32_t classes,
    uint32_t truth)
{
    double    p, sum, clipped;
    uint32_t  i;

    sum = 0.0;
    clipped = 0.0;

    for (i = 0; i < classes; i++) {
        p = probabilities[i];
        p = p < DBL_EPSILON ? DBL_EPSILON : p;
        p = p > 1.0 - DBL_EPSILON ? 1.0 - DBL_EPSILON : p;

        sum += p;

        if (i == truth) {
            clipped = p;
        }
    }

    return -log(clipped / sum);
}


static double
facetree_evaluation_distance(const double *probabilities, uint32_t classes,
    uint32_t truth)
{
    double    sum, off;
    uint32_t  i;

    sum = 0.0;

    for (i = 0; i < classes; i++) {
        off = probabilities[i] - (i == truth);
        sum += off * off;
    }

    return sum;
}


void
facetree_evaluation_add(facetree_evaluation_t *evaluation, uint32_t truth,
    uint32_t predicted, const double *probabilities)
{
    uint32_t  i, k, n, top[FACETREE_TOP_MAX];

    evaluation->confidences[evaluation->count] = probabilities[predicted];
    evaluation->truths[evaluation->count] = truth;
    evaluation->predictions[evaluation->count++] = predicted;

    evaluation->correct += truth == predicted;
    evaluation->scores[truth].support++;
    evaluation->scores[predicted].predicted++;
    evaluation->scores[truth].correct += truth == predicted;

    evaluation->loss += facetree_evaluation_loss(probabilities,
                                                 evaluation->classes, truth);
    evaluation->distance += facetree_evaluation_distance(probabilities,
                                                         evaluation->classes,
                                                         truth);

    n = facetree_top(probabilities, evaluation->classes, predicted,
                     FACETREE_TOP_MAX, top);

    for (k = 0; k < FACETREE_TOP_KS; k++) {
        for (i = 0; i < n && i < facetree_top_ks[k]; i++) {
            evaluation->hits[k] += top[i] == truth;
        }
    }
}


static double
facetree_ratio(double part, double whole)
{
    return whole > 0.0 ? part / whole : 0.0;
}


static void
facetree_evaluation_scores(facetree_evaluation_t *evaluation)
{
    uint32_t                 i, seen;
    facetree_class_score_t  *score;

    seen = 0;

    for (i = 0; i < evaluation->classes; i++) {
        score = &evaluation->scores[i];

        if (score->support == 0 && score->predicted == 0) {
            continue;
        }

        seen++;

        score->precision = facetree_ratio(score->correct, score->predicted);
        score->recall = facetree_ratio(score->correct, score->support);
        score->f1 = facetree_ratio(2.0 * score->correct,
                                   (double) score->support
                                   + score->predicted);

        evaluation->precision += score->precision;
        evaluation->recall += score->recall;
        evaluation->f1 += score->f1;
    }

    evaluation->precision /= seen;
    evaluation->recall /= seen;
    evaluation->f1 /= seen;
}


static int
facetree_confusion_by_pair(const void *one, const void *two)
{
    const facetree_confusion_t  *a, *b;

    a = one;
    b = two;

    if (a->truth != b->truth) {
        return a->truth < b->truth ? -1 : 1;
    }

    return (a->predicted > b->predicted) - (a->predicted < b->predicted);
}


static int
facetree_confusion_by_count(const void *one, const void *two)
{
    const facetree_confusion_t  *a, *b;

    a = one;
    b = two;

    if (a->count != b->count) {
        return a->count > b->count ? -1 : 1;
    }

    return facetree_confusion_by_pair(one, two);
}


/* A list and no matrix: a matrix of 65,535 classes would be 16 GiB. */

static facetree_status_e
facetree_evaluation_confusions(facetree_evaluation_t *evaluation,
    facetree_error_t *err)
{
    uint32_t               i, n;
    facetree_confusion_t  *list;

    list = calloc(evaluation->count, sizeof(facetree_confusion_t));

    if (list == NULL) {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    for (i = 0, n = 0; i < evaluation->count; i++) {
        if (evaluation->truths[i] != evaluation->predictions[i]) {
            list[n].truth = evaluation->truths[i];
            list[n].predicted = evaluation->predictions[i];
            list[n++].count = 1;
        }
    }

    qsort(list, n, sizeof(facetree_confusion_t), facetree_confusion_by_pair);

    evaluation->confusions = list;

    for (i = 0; i < n; i++) {
        if (evaluation->confused > 0
            && facetree_confusion_by_pair(&list[evaluation->confused - 1],
                                          &list[i]) == 0)
        {
            list[evaluation->confused - 1].count++;

        } else {
            list[evaluation->confused++] = list[i];
        }
    }

    qsort(list, evaluation->confused, sizeof(facetree_confusion_t),
          facetree_confusion_by_count);

    return FACETREE_OK;
}


/* The server's rule: below the threshold is unknown, at it is accepted. */

static void
facetree_evaluation_rejections(facetree_evaluation_t *evaluation)
{
    uint32_t               i, k;
    facetree_rejection_t  *rejection;

    for (k = 0; k < FACETREE_REJECTIONS; k++) {
        rejection = &evaluation->rejections[k];
        rejection->threshold = (double) k / FACETREE_REJECTIONS;

        for (i = 0; i < evaluation->count; i++) {
            if (evaluation->confidences[i] >= rejection->threshold) {
                rejection->answered++;
                rejection->correct += evaluation->truths[i]
                                      == evaluation->predictions[i];
            }
        }
    }
}


facetree_status_e
facetree_evaluation_finish(facetree_evaluation_t *evaluation,
    facetree_error_t *err)
{
    uint32_t  k;

    if (evaluation->count == 0) {
        return facetree_fail(err, FACETREE_EINVAL, FACETREE_NO_OFFSET,
                             "no examples to evaluate");
    }

    evaluation->accuracy = (double) evaluation->correct / evaluation->count;
    evaluation->log_loss = evaluation->loss / evaluation->count;
    evaluation->brier = evaluation->distance / evaluation->count;

    for (k = 0; k < FACETREE_TOP_KS; k++) {
        evaluation->top[k] = (double) evaluation->hits[k] / evaluation->count;
    }

    facetree_wilson(evaluation->correct, evaluation->count, &evaluation->low,
                    &evaluation->high);
    facetree_evaluation_scores(evaluation);
    facetree_evaluation_rejections(evaluation);

    return facetree_evaluation_confusions(evaluation, err);
}


void
facetree_evaluation_clear(facetree_evaluation_t *evaluation)
{
    free(evaluation->truths);
    free(evaluation->predictions);
    free(evaluation->confidences);
    free(evaluation->scores);
    free(evaluation->confusions);

    memset(evaluation, 0, sizeof(*evaluation));
}


/* A few pictures at a time, side by side: a forest takes them together. */

typedef struct {
    uint8_t                *pixels;
    double                 *probabilities;
    facetree_prediction_t   predictions[FACETREE_EVALUATE_BATCH];
} facetree_evaluate_batch_t;


static facetree_status_e
facetree_evaluate_batch_init(facetree_evaluate_batch_t *batch, size_t features,
    size_t classes, facetree_error_t *err)
{
    batch->pixels = calloc(FACETREE_EVALUATE_BATCH, features);
    batch->probabilities = calloc(FACETREE_EVALUATE_BATCH * classes,
                                  sizeof(double));

    if (batch->pixels && batch->probabilities) {
        return FACETREE_OK;
    }

    free(batch->pixels);
    free(batch->probabilities);

    return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
}


static void
facetree_evaluate_batch(facetree_evaluation_t *evaluation,
    facetree_evaluate_batch_t *batch, const facetree_model_t *model,
    const facetree_dataset_t *dataset, const uint32_t *rows, uint32_t count,
    const uint32_t *class_of)
{
    size_t    len;
    uint32_t  i, truth;

    len = facetree_model_features(model);

    for (i = 0; i < count; i++) {
        memcpy(batch->pixels + i * len, dataset->pixels + rows[i] * len, len);
    }

    facetree_predict_batch(model, batch->pixels, count, batch->probabilities,
                           batch->predictions);

    for (i = 0; i < count; i++) {
        truth = dataset->labels[rows[i]];

        facetree_evaluation_add(evaluation,
                                class_of ? class_of[truth] : truth,
                                batch->predictions[i].class,
                                batch->probabilities
                                + (size_t) i * evaluation->classes);
    }
}


facetree_status_e
facetree_evaluate(facetree_evaluation_t *evaluation,
    const facetree_model_t *model, const facetree_dataset_t *dataset,
    const uint32_t *rows, uint32_t count, const uint32_t *class_of,
    facetree_error_t *err)
{
    size_t                     len;
    uint32_t                   i, k, n, named[FACETREE_EVALUATE_BATCH];
    facetree_status_e          status;
    facetree_evaluate_batch_t  batch;

    len = facetree_model_features(model);

    if (len != (size_t) dataset->width * dataset->height) {
        return facetree_fail(err, FACETREE_ESHAPE, FACETREE_NO_OFFSET, NULL);
    }

    status = facetree_evaluation_init(evaluation, count,
                                      facetree_model_classes(model), err);

    if (status != FACETREE_OK) {
        return status;
    }

    status = facetree_evaluate_batch_init(&batch, len, evaluation->classes,
                                          err);

    if (status != FACETREE_OK) {
        facetree_evaluation_clear(evaluation);
        return status;
    }

    for (i = 0; i < count; i += n) {
        n = count - i < FACETREE_EVALUATE_BATCH ? count - i
                                                : FACETREE_EVALUATE_BATCH;

        for (k = 0; k < n; k++) {
            named[k] = rows ? rows[i + k] : i + k;
        }

        facetree_evaluate_batch(evaluation, &batch, model, dataset, named, n,
                                class_of);
    }

    free(batch.pixels);
    free(batch.probabilities);

    status = facetree_evaluation_finish(evaluation, err);

    if (status != FACETREE_OK) {
        facetree_evaluation_clear(evaluation);
    }

    return status;
}


void
facetree_wilson(uint32_t correct, uint32_t count, double *low, double *high)
{
    double  n, p, z2, center, half;

    n = count;
    p = correct / n;
    z2 = FACETREE_NORMAL_975 * FACETREE_NORMAL_975;

    center = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
    half = FACETREE_NORMAL_975 / (1.0 + z2 / n)
           * sqrt(p * (1.0 - p) / n + z2 / (4.0 * n * n));

    /* At the ends rounding could step over the exact 0 or 1. */
    *low = correct == 0 ? 0.0 : center - half;
    *high = correct == count ? 1.0 : center + half;
}
