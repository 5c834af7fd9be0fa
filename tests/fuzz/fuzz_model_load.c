
/*
 * Copyright (C) facetree contributors
 *
 * Property: for any bytes, a model is refused with a printable line that
 * names a place within the file, or it loads, and then it predicts for any
 * picture: a class in range, which leads the list of best classes, with a
 * margin not below 0 and probabilities between 0 and 1.  Labels, metadata and
 * training detail of a model that was loaded can be read from end to end.
 *
 * The mutator seals each changed file with the checksum that fits, or no
 * change would get past the first check.
 */


#include "facetree.h"
#include "facetree_format.h"
#include "fuzz.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include <zlib.h>


#define FUZZ_TOP      5
#define FUZZ_CLASSES  4096         /* more would only take longer */


static void
fuzz_check_error(facetree_status_e status, const facetree_error_t *err,
    size_t size)
{
    size_t  i;

    FUZZ_ASSERT(status == FACETREE_EFORMAT || status == FACETREE_ECORRUPT);
    FUZZ_ASSERT(err->status == status);
    FUZZ_ASSERT(err->offset == FACETREE_NO_OFFSET || err->offset <= size);
    FUZZ_ASSERT(err->text[0] != '\0');

    for (i = 0; err->text[i]; i++) {
        FUZZ_ASSERT(err->text[i] >= 0x20 && err->text[i] < 0x7f);
    }
}


static void
fuzz_predict(const facetree_model_t *model, uint8_t *pixels,
    double *probabilities)
{
    uint32_t                i, count, classes, top[FUZZ_TOP];
    facetree_prediction_t   prediction;

    classes = facetree_model_classes(model);

    facetree_predict(model, pixels, probabilities, &prediction);

    FUZZ_ASSERT(prediction.class < classes);
    FUZZ_ASSERT(prediction.margin >= 0);
    FUZZ_ASSERT(prediction.confidence == probabilities[prediction.class]);

    for (i = 0; i < classes; i++) {
        FUZZ_ASSERT(probabilities[i] >= 0 && probabilities[i] <= 1.0000001);
    }

    count = facetree_top(probabilities, classes, prediction.class, FUZZ_TOP,
                         top);

    FUZZ_ASSERT(count == (classes < FUZZ_TOP ? classes : FUZZ_TOP));
    FUZZ_ASSERT(top[0] == prediction.class);
}


/* Reads all that the accessors point at; the sum keeps it from being idle. */

static void
fuzz_read(const facetree_model_t *model)
{
    size_t                   len;
    double                   sum;
    uint32_t                 t, i, j;
    const char              *text;
    facetree_tree_detail_t   detail;

    for (i = 0; i < facetree_model_classes(model); i++) {
        text = facetree_model_label(model, i);
        FUZZ_ASSERT(strlen(text) <= FACETREE_FTM_MAX_LABEL);
    }

    text = facetree_model_metadata(model, &len);
    FUZZ_ASSERT(text[len] == '\0' && strlen(text) == len);
    FUZZ_ASSERT(strlen(facetree_model_version(model))
                == FACETREE_MODEL_VERSION_LEN);

    if (!facetree_model_has_detail(model)) {
        return;
    }

    sum = 0;

    for (t = 0; t < facetree_model_trees(model); t++) {
        facetree_model_detail(model, t, &detail);

        for (i = 0; i < detail.nodes; i++) {
            FUZZ_ASSERT(detail.left[i] == -1
                        || (detail.left[i] > (int32_t) i
                            && detail.left[i] < (int32_t) detail.nodes));
            FUZZ_ASSERT(detail.right[i] == -1
                        || (detail.right[i] > (int32_t) i
                            && detail.right[i] < (int32_t) detail.nodes));

            FUZZ_ASSERT(isfinite(detail.threshold[i])
                        && isfinite(detail.impurity[i])
                        && isfinite(detail.weight[i]));

            sum += detail.samples[i] + detail.feature[i];

            for (j = detail.value_start[i]; j < detail.value_start[i + 1]; j++)
            {
                FUZZ_ASSERT(detail.value_class[j]
                            < facetree_model_classes(model));
                FUZZ_ASSERT(isfinite(detail.value[j]));
            }
        }
    }

    FUZZ_ASSERT(isfinite(sum));
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    double             *probabilities;
    uint8_t            *pixels;
    uint32_t            i, k, state;
    facetree_error_t    err;
    facetree_model_t   *model;
    facetree_status_e   status;

    status = facetree_model_parse(&model, data, size, &err);

    if (status != FACETREE_OK) {
        fuzz_check_error(status, &err, size);
        return 0;
    }

    if (facetree_model_classes(model) <= FUZZ_CLASSES) {
        pixels = malloc(facetree_model_features(model));
        probabilities = malloc(facetree_model_classes(model) * sizeof(double));
        FUZZ_ASSERT(pixels && probabilities);

        state = (uint32_t) size | 1;

        for (k = 0; k < 4; k++) {
            for (i = 0; i < facetree_model_features(model); i++) {
                pixels[i] = (uint8_t) ((k == 0) ? 0 : (k == 1) ? 255
                                       : fuzz_random(&state));
            }

            fuzz_predict(model, pixels, probabilities);
        }

        free(pixels);
        free(probabilities);

        fuzz_read(model);
    }

    facetree_model_free(model);

    return 0;
}


size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
    unsigned seed)
{
    uint32_t               at;
    facetree_ftm_header_t  header;

    size = LLVMFuzzerMutate(data, size, max_size);

    if (size < sizeof(header) || seed % 16 == 0) {
        return size;
    }

    memcpy(&header, data, sizeof(header));

    if (seed % 4 == 0) {
        header.length = size;
    }

    header.checksum = 0;
    memcpy(data, &header, sizeof(header));

    at = (uint32_t) crc32_z(0, data, size);
    memcpy(data + offsetof(facetree_ftm_header_t, checksum), &at, sizeof(at));

    return size;
}
