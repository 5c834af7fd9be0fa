
/*
 * Copyright (C) facetree contributors
 *
 * A loaded model: the checks in order, its version, and what may be asked of
 * it.
 */


#include "facetree_model.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>


/* The self-test's patterns are at most this large, see facetree_format.h. */

#define FACETREE_MODEL_MAX_FEATURES                                           \
    (FACETREE_MODEL_MAX_SIDE * FACETREE_MODEL_MAX_SIDE)


static facetree_status_e
facetree_model_digest(facetree_model_t *model, facetree_error_t *err)
{
    size_t         i;
    unsigned       len;
    unsigned char  digest[EVP_MAX_MD_SIZE];

    static const char  hex[] = "0123456789abcdef";

    if (!EVP_Digest(model->base, model->size, digest, &len, EVP_sha256(),
                    NULL)
        || len != FACETREE_MODEL_VERSION_LEN / 2)
    {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET,
                             "SHA-256 is not available");
    }

    for (i = 0; i < FACETREE_MODEL_VERSION_LEN / 2; i++) {
        model->version[2 * i] = hex[digest[i] >> 4];
        model->version[2 * i + 1] = hex[digest[i] & 15];
    }

    model->version[FACETREE_MODEL_VERSION_LEN] = '\0';

    return FACETREE_OK;
}


/*
 * The last check: the model must give the very answers that the trainer got
 * from it.  This catches what no checksum can, a build whose arithmetic
 * differs.
 */

static facetree_status_e
facetree_model_self_test(const facetree_model_t *model, facetree_error_t *err)
{
    double                          *probabilities;
    uint8_t                         *pixels;
    uint32_t                         i, tests;
    const uint8_t                   *expected;
    size_t                           size;
    facetree_status_e                rc;
    facetree_prediction_t            prediction;
    const facetree_model_section_t  *section;

    section = &model->section[FACETREE_FTM_TPRB];
    tests = (uint32_t) (section->count / model->header->classes);
    size = model->header->classes * sizeof(double);
    expected = section->data;
    rc = FACETREE_OK;

    probabilities = malloc(size);
    pixels = malloc(FACETREE_MODEL_MAX_FEATURES);

    if (probabilities == NULL || pixels == NULL) {
        rc = facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
        tests = 0;
    }

    for (i = 0; i < tests; i++) {
        facetree_ftm_pattern(i, model->header->width, model->header->height,
                             pixels);
        facetree_predict(model, pixels, probabilities, &prediction);

        if (memcmp(probabilities, expected + i * size, size) != 0) {
            rc = facetree_fail(err, FACETREE_ECORRUPT,
                               section->offset + i * size,
                               "self-test %u of %u gives other probabilities "
                               "than recorded", i + 1, tests);
            break;
        }
    }

    free(probabilities);
    free(pixels);

    return rc;
}


facetree_status_e
facetree_model_check(facetree_model_t *model, facetree_error_t *err)
{
    facetree_status_e  rc;

    rc = facetree_model_check_layout(model, err);

    if (rc == FACETREE_OK) {
        rc = facetree_model_check_text(model, err);
    }

    if (rc == FACETREE_OK) {
        rc = facetree_model_check_trees(model, err);
    }

    if (rc == FACETREE_OK && facetree_model_has_detail(model)) {
        rc = facetree_model_check_detail(model, err);
    }

    if (rc == FACETREE_OK) {
        rc = facetree_model_self_test(model, err);
    }

    if (rc == FACETREE_OK) {
        rc = facetree_model_digest(model, err);
    }

    return rc;
}


/*
 * A slope, a mirrored slope, stripes and noise: cheap to make, and different
 * enough that few leaves are common to all.
 */

void
facetree_ftm_pattern(uint32_t pattern, uint32_t width, uint32_t height,
    uint8_t *pixels)
{
    uint32_t  noise, x, y;

    noise = 2463534242u;

    for (y = 0; y < height; y++) {
        for (x = 0; x < width; x++) {

            switch (pattern % FACETREE_FTM_PATTERNS) {

            case 0:
                *pixels++ = (uint8_t) ((x + y) * 255 / (width + height));
                break;

            case 1:
                *pixels++ = (uint8_t) (255 - x * 255 / width);
                break;

            case 2:
                *pixels++ = (uint8_t) ((x * 7 + y * 3) * 5);
                break;

            default:
                noise ^= noise << 13;
                noise ^= noise >> 17;
                noise ^= noise << 5;
                *pixels++ = (uint8_t) (noise >> 8);
                break;
            }
        }
    }
}


uint32_t
facetree_model_width(const facetree_model_t *model)
{
    return model->header->width;
}


uint32_t
facetree_model_height(const facetree_model_t *model)
{
    return model->header->height;
}


uint32_t
facetree_model_features(const facetree_model_t *model)
{
    return model->header->width * model->header->height;
}


uint32_t
facetree_model_classes(const facetree_model_t *model)
{
    return model->header->classes;
}


uint32_t
facetree_model_trees(const facetree_model_t *model)
{
    return model->header->trees;
}


uint32_t
facetree_model_nodes(const facetree_model_t *model)
{
    return (uint32_t) model->section[FACETREE_FTM_NODE].count;
}


size_t
facetree_model_bytes(const facetree_model_t *model)
{
    return model->size;
}


facetree_algorithm_e
facetree_model_algorithm(const facetree_model_t *model)
{
    return (facetree_algorithm_e) model->header->algorithm;
}


const char *
facetree_algorithm_name(facetree_algorithm_e algorithm)
{
    switch (algorithm) {

    case FACETREE_DECISION_TREE:
        return "decision-tree";

    case FACETREE_RANDOM_FOREST:
        return "random-forest";

    case FACETREE_EXTRA_TREES:
        return "extra-trees";
    }

    return "unknown";
}


const char *
facetree_model_version(const facetree_model_t *model)
{
    return model->version;
}


const char *
facetree_model_label(const facetree_model_t *model, uint32_t index)
{
    const char      *text;
    const uint32_t  *start;

    start = model->section[FACETREE_FTM_LOFF].data;
    text = model->section[FACETREE_FTM_LTXT].data;

    return text + start[index];
}


const char *
facetree_model_metadata(const facetree_model_t *model, size_t *len)
{
    const facetree_model_section_t  *section;

    section = &model->section[FACETREE_FTM_META];

    /* Terminated: the layout check wants the section to end in a NUL. */

    *len = (size_t) section->count - 1;

    return section->data;
}


int
facetree_model_has_detail(const facetree_model_t *model)
{
    return model->section[FACETREE_FTM_FIRST_DETAIL].data != NULL;
}


void
facetree_model_detail(const facetree_model_t *model, uint32_t tree,
    facetree_tree_detail_t *detail)
{
    uint32_t                         first;
    const facetree_model_section_t  *section;

    section = model->section;
    first = model->root[tree];

    detail->nodes = model->root[tree + 1] - first;
    detail->feature = (const int32_t *) section[FACETREE_FTM_DFEA].data
                      + first;
    detail->threshold = (const double *) section[FACETREE_FTM_DTHR].data
                        + first;
    detail->left = (const int32_t *) section[FACETREE_FTM_DLFT].data + first;
    detail->right = (const int32_t *) section[FACETREE_FTM_DRGT].data + first;
    detail->impurity = (const double *) section[FACETREE_FTM_DIMP].data
                       + first;
    detail->samples = (const uint32_t *) section[FACETREE_FTM_DSMP].data
                      + first;
    detail->weight = (const double *) section[FACETREE_FTM_DWGT].data + first;

    /* value_start counts over all trees, so the values are not offset. */

    detail->value_start = (const uint32_t *) section[FACETREE_FTM_DVOF].data
                          + first;
    detail->value_class = section[FACETREE_FTM_DVCL].data;
    detail->value = section[FACETREE_FTM_DVAL].data;
    detail->values = detail->value_start[detail->nodes]
                     - detail->value_start[0];
}
