
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


#define FACETREE_SAMPLES_NAME  32


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


/* Takes "samples" over; a NULL among the arguments makes json_pack() fail. */

static facetree_status_e
facetree_samples_list(const char *dir, const facetree_dataset_t *dataset,
    const char *name, const char *version, json_t *samples,
    facetree_error_t *err)
{
    char               *text, path[PATH_MAX];
    json_t             *document;
    facetree_status_e   status;

    document = json_pack("{s:s, s:s, s:b, s:o}",
                         "model", version,
                         "dataset", name,
                         "synthetic", dataset->synthetic,
                         "samples", samples);

    text = document ? facetree_document_text(document, JSON_INDENT(2)) : NULL;
    json_decref(document);

    if (text == NULL) {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    status = facetree_samples_path(dir, "samples.json", path, err);

    if (status == FACETREE_OK) {
        status = facetree_output_file(path, text, strlen(text), err);
    }

    free(text);

    return status;
}


facetree_status_e
facetree_samples_write(const char *dir, const facetree_dataset_t *dataset,
    const char *name, const char *version, const uint32_t *chosen,
    uint32_t count, facetree_error_t *err)
{
    char                file[FACETREE_SAMPLES_NAME];
    json_t             *samples, *sample;
    uint32_t            i;
    facetree_status_e   status;

    samples = json_array();

    for (i = 0; i < count; i++) {
        snprintf(file, sizeof(file), "%02lu.png", (unsigned long) i + 1);

        status = facetree_samples_picture(dir, file, dataset, chosen[i], err);

        if (status != FACETREE_OK) {
            json_decref(samples);
            return status;
        }

        sample = json_pack("{s:s, s:s}", "file", file, "label",
                           dataset->names[dataset->labels[chosen[i]]]);

        if (json_array_append_new(samples, sample) != 0) {
            json_decref(samples);
            return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET,
                                 NULL);
        }
    }

    return facetree_samples_list(dir, dataset, name, version, samples, err);
}
