
/*
 * Copyright (C) facetree contributors
 */


#include "samples.h"
#include "document.h"
#include "facetree_int.h"
#include "output.h"
#include "gray_png.h"
#include "random.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


uint32_t
facetree_samples_choose(const facetree_dataset_t *dataset,
    const uint32_t *rows, uint32_t rows_count, uint32_t count, uint32_t seed,
    uint32_t *chosen)
{
    uint32_t        i, n, round, *order, *seen;
    facetree_mt_t   mt;

    order = calloc(rows_count ? rows_count : 1, sizeof(uint32_t));
    seen = calloc(dataset->classes, sizeof(uint32_t));
    n = 0;

    if (order == NULL || seen == NULL) {
        goto done;
    }

    facetree_mt_seed(&mt, seed);
    facetree_mt_permutation(&mt, order, rows_count);

    /* seen[] counts a class's pictures of the rounds up to this one. */

    for (round = 0; n < count && round < rows_count; round++) {
        memset(seen, 0, dataset->classes * sizeof(uint32_t));

        for (i = 0; i < rows_count && n < count; i++) {
            if (seen[dataset->labels[rows[order[i]]]]++ == round) {
                chosen[n++] = rows[order[i]];
            }
        }
    }

done:

    free(order);
    free(seen);

    return n;
}


static int
facetree_samples_has(const uint32_t *chosen, uint32_t count, uint32_t row)
{
    uint32_t  i;

    for (i = 0; i < count; i++) {
        if (chosen[i] == row) {
            return 1;
        }
    }

    return 0;
}


/* Until "least" of the chosen ones are answered as "wanted": 1 is rightly. */

static void
facetree_samples_mix_in(const uint8_t *right, const uint32_t *rows,
    uint32_t rows_count, uint32_t *chosen, uint32_t count, uint8_t wanted,
    uint32_t least)
{
    uint32_t  at, i, have;

    have = 0;

    for (i = 0; i < count; i++) {
        have += (right[chosen[i]] == wanted);
    }

    at = count;

    for (i = 0; i < rows_count && have < least; i++) {
        if (right[rows[i]] != wanted
            || facetree_samples_has(chosen, count, rows[i]))
        {
            continue;
        }

        do {
            at--;
        } while (right[chosen[at]] == wanted);

        chosen[at] = rows[i];
        have++;
    }
}


void
facetree_samples_mix(const facetree_dataset_t *dataset, const uint32_t *rows,
    const uint32_t *predictions, uint32_t rows_count, uint32_t *chosen,
    uint32_t count)
{
    uint8_t   *right;
    uint32_t   i;

    right = calloc(dataset->count, 1);

    if (right == NULL) {
        return;
    }

    for (i = 0; i < rows_count; i++) {
        right[rows[i]] = (predictions[i] == dataset->labels[rows[i]]);
    }

    facetree_samples_mix_in(right, rows, rows_count, chosen, count, 0,
                            count / 4);
    facetree_samples_mix_in(right, rows, rows_count, chosen, count, 1,
                            count / 4);

    free(right);
}


uint32_t
facetree_samples_predicted(const facetree_sample_set_t *set, uint32_t i)
{
    uint32_t  n;

    for (n = 0; n + 1 < set->evaluation->count; n++) {
        if (set->rows[n] == set->chosen[i]) {
            break;
        }
    }

    return set->evaluation->predictions[n];
}


void
facetree_samples_name(uint32_t i, char name[FACETREE_SAMPLES_NAME])
{
    snprintf(name, FACETREE_SAMPLES_NAME, "%02lu.png", (unsigned long) i + 1);
}


static facetree_status_e
facetree_samples_path(const char *dir, const char *name, char out[PATH_MAX],
    facetree_error_t *err)
{
    int  len;

    len = snprintf(out, PATH_MAX, "%s/%s", dir, name);

    if (len < 0 || len >= PATH_MAX) {
        return facetree_fail(err, FACETREE_EIO, FACETREE_NO_OFFSET,
                             "the path is too long");
    }

    return FACETREE_OK;
}


static facetree_status_e
facetree_samples_picture(const char *dir, const char *name,
    const facetree_dataset_t *dataset, uint32_t row, facetree_error_t *err)
{
    char                path[PATH_MAX];
    size_t              len;
    uint8_t            *data;
    facetree_status_e   status;

    status = facetree_samples_path(dir, name, path, err);

    if (status != FACETREE_OK) {
        return status;
    }

    status = facetree_gray_png(dataset->pixels
                               + (size_t) row * dataset->width
                                 * dataset->height,
                               dataset->width, dataset->height, &data, &len,
                               err);

    if (status == FACETREE_OK) {
        status = facetree_output_file(path, data, len, err);
        free(data);
    }

    return status;
}


static json_t *
facetree_samples_held_out(const facetree_sample_set_t *set)
{
    json_t                       *list;
    uint32_t                      i;
    const facetree_confusion_t   *confusion;
    const facetree_evaluation_t  *evaluation;

    evaluation = set->evaluation;
    list = json_array();

    for (i = 0; i < evaluation->confused && i < FACETREE_SAMPLES_CONFUSIONS;
         i++)
    {
        confusion = &evaluation->confusions[i];

        json_array_append_new(list, json_pack("{s:s, s:s, s:I}",
            "label", set->dataset->names[confusion->truth],
            "predicted", set->dataset->names[confusion->predicted],
            "count", (json_int_t) confusion->count));
    }

    return json_pack("{s:I, s:I, s:o}",
                     "count", (json_int_t) evaluation->count,
                     "correct", (json_int_t) evaluation->correct,
                     "confusions", list);
}


/* A NULL among the arguments makes json_pack() fail. */

static json_t *
facetree_samples_document(const facetree_sample_set_t *set)
{
    char                       file[FACETREE_SAMPLES_NAME];
    json_t                    *samples;
    uint32_t                   i;
    const facetree_dataset_t  *dataset;

    dataset = set->dataset;
    samples = json_array();

    for (i = 0; i < set->count; i++) {
        facetree_samples_name(i, file);

        if (json_array_append_new(samples, json_pack("{s:s, s:s, s:s}",
                "file", file,
                "label", dataset->names[dataset->labels[set->chosen[i]]],
                "predicted",
                dataset->names[facetree_samples_predicted(set, i)]))
            != 0)
        {
            json_decref(samples);
            return NULL;
        }
    }

    return json_pack("{s:s, s:s, s:b, s:o, s:o}",
                     "model", facetree_model_version(set->model),
                     "dataset", set->name,
                     "synthetic", dataset->synthetic,
                     "held_out", facetree_samples_held_out(set),
                     "samples", samples);
}


/* Takes "text" over; NULL is for no memory. */

static facetree_status_e
facetree_samples_text(const char *dir, const char *name, char *text,
    size_t len, facetree_error_t *err)
{
    char                path[PATH_MAX];
    facetree_status_e   status;

    if (text == NULL) {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    status = facetree_samples_path(dir, name, path, err);

    if (status == FACETREE_OK) {
        status = facetree_output_file(path, text, len, err);
    }

    free(text);

    return status;
}


facetree_status_e
facetree_samples_write(const char *dir, const facetree_sample_set_t *set,
    facetree_error_t *err)
{
    char               *text, file[FACETREE_SAMPLES_NAME];
    size_t              len;
    json_t             *document;
    uint32_t            i;
    facetree_status_e   status;

    for (i = 0; i < set->count; i++) {
        facetree_samples_name(i, file);

        status = facetree_samples_picture(dir, file, set->dataset,
                                          set->chosen[i], err);

        if (status != FACETREE_OK) {
            return status;
        }
    }

    status = facetree_samples_page(set, &text, &len, err);

    if (status == FACETREE_OK) {
        status = facetree_samples_text(dir, "index.html", text, len, err);
    }

    if (status != FACETREE_OK) {
        return status;
    }

    document = facetree_samples_document(set);
    text = document ? facetree_document_text(document, JSON_INDENT(2)) : NULL;
    json_decref(document);

    return facetree_samples_text(dir, "samples.json", text,
                                 text ? strlen(text) : 0, err);
}
