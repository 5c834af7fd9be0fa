
/*
 * Copyright (C) facetree contributors
 */


#include "score.h"
#include "document.h"
#include "facetree_int.h"
#include "text.h"

#include <stdio.h>
#include <string.h>


/* As many of the confused pairs are shown to people. */
#define FACETREE_SCORE_PAIRS  10

/* A confusion matrix of more labels does not fit a terminal, or a page. */
#define FACETREE_SCORE_MATRIX       12
#define FACETREE_SCORE_MATRIX_JSON  1000


/* Columns of a terminal, taking each character of the label as one. */

static int
facetree_score_width(const char *label)
{
    int  width;

    for (width = 0; *label; label++) {
        width += (*label & 0xc0) != 0x80;
    }

    return width;
}


static void
facetree_score_label(const char *label, int width)
{
    int  missing;

    missing = width - facetree_score_width(label);

    printf("%s%*s", label, missing > 0 ? missing : 0, "");
}


static void
facetree_score_print_classes(const facetree_score_t *score)
{
    int                            width, w;
    uint32_t                       i;
    const facetree_class_score_t  *line;

    width = (int) strlen("label");

    for (i = 0; i < score->evaluation->classes; i++) {
        w = facetree_score_width(facetree_model_label(score->model, i));
        width = w > width ? w : width;
    }

    putchar('\n');
    facetree_score_label("label", width);
    printf("  precision  recall      f1  pictures\n");

    for (i = 0; i < score->evaluation->classes; i++) {
        line = &score->evaluation->scores[i];

        facetree_score_label(facetree_model_label(score->model, i), width);
        printf("     %.4f  %.4f  %.4f  %8lu\n", line->precision,
               line->recall, line->f1, (unsigned long) line->support);
    }
}


static void
facetree_score_print_confusions(const facetree_score_t *score)
{
    uint32_t                     i;
    const facetree_confusion_t  *pair;

    if (score->evaluation->confused == 0) {
        return;
    }

    printf("\nmost confused\n");

    for (i = 0; i < score->evaluation->confused
                && i < FACETREE_SCORE_PAIRS; i++)
    {
        pair = &score->evaluation->confusions[i];

        printf("  %s taken for %s: %lu\n",
               facetree_model_label(score->model, pair->truth),
               facetree_model_label(score->model, pair->predicted),
               (unsigned long) pair->count);
    }
}


static uint32_t
facetree_score_cell(const facetree_evaluation_t *evaluation, uint32_t truth,
    uint32_t predicted)
{
    uint32_t  i;

    if (truth == predicted) {
        return evaluation->scores[truth].correct;
    }

    for (i = 0; i < evaluation->confused; i++) {
        if (evaluation->confusions[i].truth == truth
            && evaluation->confusions[i].predicted == predicted)
        {
            return evaluation->confusions[i].count;
        }
    }

    return 0;
}


/* A row a truth, a column a prediction. */

static void
facetree_score_print_matrix(const facetree_score_t *score)
{
    int       width, w;
    uint32_t  i, k, classes;

    classes = score->evaluation->classes;

    if (classes > FACETREE_SCORE_MATRIX) {
        return;
    }

    for (i = 0, width = 4; i < classes; i++) {
        w = facetree_score_width(facetree_model_label(score->model, i));
        width = w > width ? w : width;
    }

    printf("\nconfusion matrix (a row for each label as it is, a column as "
           "it was taken)\n");
    facetree_score_label("", width);

    for (i = 0; i < classes; i++) {
        printf(" %5lu", (unsigned long) i);
    }

    putchar('\n');

    for (i = 0; i < classes; i++) {
        facetree_score_label(facetree_model_label(score->model, i), width);

        for (k = 0; k < classes; k++) {
            printf(" %5lu", (unsigned long)
                            facetree_score_cell(score->evaluation, i, k));
        }

        putchar('\n');
    }
}


static void
facetree_score_print_rejections(const facetree_score_t *score)
{
    uint32_t                     k;
    const facetree_rejection_t  *line;

    printf("\nthreshold  answered  accuracy of these\n");

    for (k = 0; k < FACETREE_REJECTIONS; k += 2) {
        line = &score->evaluation->rejections[k];

        printf("     %.2f    %.4f  ", line->threshold,
               (double) line->answered / score->evaluation->count);

        if (line->answered > 0) {
            printf("%.4f\n", (double) line->correct / line->answered);

        } else {
            printf("-\n");
        }
    }
}


void
facetree_score_print(const facetree_score_t *score)
{
    uint32_t                      k;
    const facetree_evaluation_t  *evaluation;

    evaluation = score->evaluation;

    printf("model      %s, version %s\n", score->path,
           facetree_model_version(score->model));
    printf("data       %s%s, %lu pictures: %s\n", score->dataset->name,
           score->dataset->synthetic ? " (synthetic, no real person)" : "",
           (unsigned long) evaluation->count,
           score->held_out ? "the held-out split"
                           : "all of it, other data than trained on");
    printf("accuracy   %.4f (%lu of %lu; 95%% interval %.4f to %.4f)\n",
           evaluation->accuracy, (unsigned long) evaluation->correct,
           (unsigned long) evaluation->count, evaluation->low,
           evaluation->high);

    for (k = 1; k < FACETREE_TOP_KS; k++) {
        printf("top-%lu      %.4f\n", (unsigned long) facetree_top_ks[k],
               evaluation->top[k]);
    }

    printf("log-loss   %.4f\n", evaluation->log_loss);
    printf("brier      %.4f\n", evaluation->brier);
    printf("macro      precision %.4f, recall %.4f, f1 %.4f\n",
           evaluation->precision, evaluation->recall, evaluation->f1);

    facetree_score_print_classes(score);
    facetree_score_print_confusions(score);
    facetree_score_print_matrix(score);
    facetree_score_print_rejections(score);
}


static json_t *
facetree_score_json_top(const facetree_evaluation_t *evaluation)
{
    char       key[12];
    json_t    *object;
    uint32_t   k;

    object = json_object();

    for (k = 0; k < FACETREE_TOP_KS; k++) {
        snprintf(key, sizeof(key), "%lu",
                 (unsigned long) facetree_top_ks[k]);
        json_object_set_new(object, key, json_real(evaluation->top[k]));
    }

    return object;
}


static json_t *
facetree_score_json_classes(const facetree_score_t *score)
{
    json_t                        *list;
    uint32_t                       i;
    const facetree_class_score_t  *line;

    list = json_array();

    for (i = 0; i < score->evaluation->classes; i++) {
        line = &score->evaluation->scores[i];

        json_array_append_new(list,
            json_pack("{s:s, s:I, s:I, s:I, s:f, s:f, s:f}",
                      "label", facetree_model_label(score->model, i),
                      "support", (json_int_t) line->support,
                      "predicted", (json_int_t) line->predicted,
                      "correct", (json_int_t) line->correct,
                      "precision", line->precision,
                      "recall", line->recall,
                      "f1", line->f1));
    }

    return list;
}


static json_t *
facetree_score_json_confusions(const facetree_score_t *score)
{
    json_t                      *list;
    uint32_t                     i;
    const facetree_confusion_t  *pair;

    list = json_array();

    for (i = 0; i < score->evaluation->confused; i++) {
        pair = &score->evaluation->confusions[i];

        json_array_append_new(list,
            json_pack("{s:s, s:s, s:I}",
                      "label",
                      facetree_model_label(score->model, pair->truth),
                      "predicted",
                      facetree_model_label(score->model, pair->predicted),
                      "count", (json_int_t) pair->count));
    }

    return list;
}


/* Rows of truths as scikit-learn's confusion_matrix(); null for too many. */

static json_t *
facetree_score_json_matrix(const facetree_evaluation_t *evaluation)
{
    json_t                      *matrix, *row;
    uint32_t                     i, k;
    const facetree_confusion_t  *pair;

    if (evaluation->classes > FACETREE_SCORE_MATRIX_JSON) {
        return json_null();
    }

    matrix = json_array();

    for (i = 0; i < evaluation->classes; i++) {
        row = json_array();

        for (k = 0; k < evaluation->classes; k++) {
            json_array_append_new(row,
                json_integer(i == k ? evaluation->scores[i].correct : 0));
        }

        json_array_append_new(matrix, row);
    }

    for (i = 0; i < evaluation->confused; i++) {
        pair = &evaluation->confusions[i];
        json_array_set_new(json_array_get(matrix, pair->truth),
                           pair->predicted, json_integer(pair->count));
    }

    return matrix;
}


static json_t *
facetree_score_json_rejections(const facetree_evaluation_t *evaluation)
{
    json_t                      *list;
    uint32_t                     k;
    const facetree_rejection_t  *line;

    list = json_array();

    for (k = 0; k < FACETREE_REJECTIONS; k++) {
        line = &evaluation->rejections[k];

        json_array_append_new(list,
            json_pack("{s:f, s:I, s:I, s:f, s:o}",
                      "threshold", line->threshold,
                      "answered", (json_int_t) line->answered,
                      "correct", (json_int_t) line->correct,
                      "share", (double) line->answered / evaluation->count,
                      "accuracy", line->answered
                                  ? json_real((double) line->correct
                                              / line->answered)
                                  : json_null()));
    }

    return list;
}


static json_t *
facetree_score_json(const facetree_score_t *score)
{
    char                          shown[4096];
    const facetree_evaluation_t  *evaluation;

    evaluation = score->evaluation;
    facetree_text_escape(score->path, shown, sizeof(shown));

    return json_pack("{s:{s:s, s:s}, s:{s:s, s:s, s:b}, s:s, s:I, s:I, s:f,"
                     " s:f, s:f, s:f, s:o, s:f, s:f, s:{s:f, s:f, s:f}, s:o,"
                     " s:o, s:o, s:o}",
                     "model",
                     "path", shown,
                     "version", facetree_model_version(score->model),
                     "dataset",
                     "name", score->dataset->name,
                     "sha256", score->dataset->digest,
                     "synthetic", score->dataset->synthetic,
                     "pictures", score->held_out ? "held-out" : "all",
                     "count", (json_int_t) evaluation->count,
                     "correct", (json_int_t) evaluation->correct,
                     "accuracy", evaluation->accuracy,
                     "accuracy_low", evaluation->low,
                     "accuracy_high", evaluation->high,
                     "confidence_level", 0.95,
                     "top_k", facetree_score_json_top(evaluation),
                     "log_loss", evaluation->log_loss,
                     "brier", evaluation->brier,
                     "macro",
                     "precision", evaluation->precision,
                     "recall", evaluation->recall,
                     "f1", evaluation->f1,
                     "classes", facetree_score_json_classes(score),
                     "confused", facetree_score_json_confusions(score),
                     "confusion_matrix",
                     facetree_score_json_matrix(evaluation),
                     "rejection", facetree_score_json_rejections(evaluation));
}


facetree_status_e
facetree_score_print_json(const facetree_score_t *score,
    facetree_error_t *err)
{
    json_t             *document;
    facetree_status_e   status;

    document = facetree_score_json(score);

    if (document == NULL) {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    status = facetree_document_print(document, err);
    json_decref(document);

    return status;
}
