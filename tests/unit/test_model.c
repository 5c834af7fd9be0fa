
/*
 * Copyright (C) facetree contributors
 *
 * The model file: what is written is read back and predicts the same, and
 * what is damaged, in any byte or by any lie, is refused.
 */


#include "facetree.h"
#include "facetree_format.h"
#include "fixture_forest.h"
#include "model_rows.h"
#include "model_writer.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>


#define TEST_METADATA  "{\"tool\": \"facetree\", \"n\": 1}"


static uint8_t *
test_serialize(uint32_t seed, uint32_t trees, int strip, size_t *len)
{
    uint8_t            *file;
    facetree_error_t    err;
    facetree_forest_t   forest;

    facetree_test_forest(&forest, seed, trees);

    cr_assert_eq(facetree_model_serialize(&forest, TEST_METADATA, strip,
                                          &file, len, &err),
                 FACETREE_OK, "%s", err.text);

    facetree_test_forest_clear(&forest);

    return file;
}


static facetree_model_t *
test_parse(const uint8_t *file, size_t len)
{
    facetree_error_t   err;
    facetree_model_t  *model;

    cr_assert_eq(facetree_model_parse(&model, file, len, &err), FACETREE_OK,
                 "%s", err.text);

    return model;
}


static void
test_reseal(uint8_t *file, size_t len)
{
    facetree_ftm_header_t  header;

    memcpy(&header, file, sizeof(header));
    header.checksum = 0;
    memcpy(file, &header, sizeof(header));
    header.checksum = (uint32_t) crc32_z(0, file, len);
    memcpy(file, &header, sizeof(header));
}


/* Expects a refusal with one printable line that names a place. */

static void
test_refused(const uint8_t *file, size_t len, const char *what, size_t at)
{
    facetree_error_t    err;
    facetree_model_t   *model;
    facetree_status_e   rc;

    model = NULL;
    rc = facetree_model_parse(&model, file, len, &err);

    cr_assert(rc == FACETREE_EFORMAT || rc == FACETREE_ECORRUPT,
              "%s at %zu: status %d", what, at, rc);
    cr_assert_null(model);
    cr_assert_eq(err.status, rc);
    cr_assert_gt(strlen(err.text), 10);
    cr_assert_null(strchr(err.text, '\n'));
    cr_assert_leq(err.offset, len, "%s at %zu: %s", what, at, err.text);
}


Test(model, round_trip_predicts_like_the_exact_trees)
{
    double                  dense[7], expected[7], got[7];
    size_t                  len;
    uint8_t                *file, pixels[30];
    uint32_t                i, n, state;
    facetree_error_t        err;
    facetree_model_t       *model;
    facetree_forest_t       forest;
    facetree_prediction_t   prediction;

    static const uint32_t  trees[] = { 1, 2, 9, 50 };

    state = 7;
    memset(dense, 0, sizeof(dense));

    for (n = 0; n < sizeof(trees) / sizeof(trees[0]); n++) {

        facetree_test_forest(&forest, n, trees[n]);
        cr_assert_eq(facetree_model_serialize(&forest, TEST_METADATA, n % 2,
                                              &file, &len, &err),
                     FACETREE_OK, "%s", err.text);
        model = test_parse(file, len);

        cr_assert_eq(facetree_model_trees(model), trees[n]);
        cr_assert_eq(facetree_model_has_detail(model), n % 2 == 0);

        for (i = 0; i < 3000; i++) {
            for (size_t j = 0; j < sizeof(pixels); j++) {
                pixels[j] = (uint8_t) facetree_test_random(&state);
            }

            facetree_predict(model, pixels, got, &prediction);
            facetree_model_rows_predict(&forest, pixels, expected, dense);

            cr_assert_arr_eq(got, expected, sizeof(got));
            cr_assert_eq(prediction.confidence, got[prediction.class]);
            cr_assert_geq(prediction.margin, 0.0);
        }

        facetree_model_free(model);
        facetree_test_forest_clear(&forest);
        free(file);
    }
}


/* All gray levels on both sides of every threshold that a byte can have. */

Test(model, byte_threshold_equals_exact_threshold_for_every_pixel)
{
    double                  dense[7], expected[7], got[7];
    size_t                  len;
    uint8_t                *file, pixels[30];
    uint32_t                i, j, level;
    facetree_error_t        err;
    facetree_model_t       *model;
    facetree_forest_t       forest;
    facetree_prediction_t   prediction;

    static const double  scales[] = { 1.0, 255.0, 242.0, 16.0 };

    memset(dense, 0, sizeof(dense));

    for (i = 0; i < sizeof(scales) / sizeof(scales[0]); i++) {

        facetree_test_forest(&forest, 11 + i, 3);
        forest.scale = scales[i];

        for (j = 0; j < 3 * forest.trees[0].nodes; j++) {
            forest.trees[j % 3].threshold[j / 3] /= scales[i];
        }

        cr_assert_eq(facetree_model_serialize(&forest, TEST_METADATA, 0,
                                              &file, &len, &err),
                     FACETREE_OK, "%s", err.text);
        model = test_parse(file, len);

        for (level = 0; level < 256; level++) {
            for (j = 0; j < 30; j++) {
                memset(pixels, (int) (255 - level), sizeof(pixels));
                memset(pixels, (int) level, j);

                facetree_predict(model, pixels, got, &prediction);
                facetree_model_rows_predict(&forest, pixels, expected, dense);
                cr_assert_arr_eq(got, expected, sizeof(got));
            }
        }

        facetree_model_free(model);
        facetree_test_forest_clear(&forest);
        free(file);
    }
}


Test(model, says_what_it_is)
{
    size_t             len, meta;
    uint8_t           *file;
    facetree_model_t  *model;

    file = test_serialize(3, 5, 0, &len);
    model = test_parse(file, len);

    cr_assert_eq(facetree_model_width(model), 6);
    cr_assert_eq(facetree_model_height(model), 5);
    cr_assert_eq(facetree_model_features(model), 30);
    cr_assert_eq(facetree_model_classes(model), 7);
    cr_assert_eq(facetree_model_nodes(model), 5 * 41);
    cr_assert_eq(facetree_model_bytes(model), len);
    cr_assert_eq(facetree_model_algorithm(model), FACETREE_RANDOM_FOREST);
    cr_assert_str_eq(facetree_algorithm_name(facetree_model_algorithm(model)),
                     "random-forest");
    cr_assert_str_eq(facetree_model_label(model, 0), "ada");
    cr_assert_str_eq(facetree_model_label(model, 3), "\xc3\x89mile");
    cr_assert_str_eq(facetree_model_label(model, 6), "zo\xc3\xab");
    cr_assert_str_eq(facetree_model_metadata(model, &meta), TEST_METADATA);
    cr_assert_eq(meta, strlen(TEST_METADATA));
    cr_assert_eq(strlen(facetree_model_version(model)),
                 FACETREE_MODEL_VERSION_LEN);
    cr_assert_eq(strspn(facetree_model_version(model), "0123456789abcdef"),
                 FACETREE_MODEL_VERSION_LEN);

    facetree_model_free(model);
    facetree_model_free(NULL);
    free(file);
}


Test(model, detail_is_what_was_grown)
{
    size_t                  len;
    uint8_t                *file;
    uint32_t                i, j, n, start;
    facetree_error_t        err;
    facetree_model_t       *model;
    facetree_tree_t        *tree;
    facetree_forest_t       forest;
    facetree_tree_detail_t  detail;

    facetree_test_forest(&forest, 5, 4);
    cr_assert_eq(facetree_model_serialize(&forest, TEST_METADATA, 0, &file,
                                          &len, &err), FACETREE_OK);
    model = test_parse(file, len);

    for (i = 0; i < 4; i++) {
        tree = &forest.trees[i];
        n = tree->nodes;
        facetree_model_detail(model, i, &detail);

        cr_assert_eq(detail.nodes, n);
        cr_assert_arr_eq(detail.feature, tree->feature, n * 4);
        cr_assert_arr_eq(detail.threshold, tree->threshold, n * 8);
        cr_assert_arr_eq(detail.left, tree->left, n * 4);
        cr_assert_arr_eq(detail.right, tree->right, n * 4);
        cr_assert_arr_eq(detail.impurity, tree->impurity, n * 8);
        cr_assert_arr_eq(detail.samples, tree->samples, n * 4);
        cr_assert_arr_eq(detail.weight, tree->weight, n * 8);

        start = detail.value_start[0];
        cr_assert_eq(detail.values, tree->value_start[n]);

        for (j = 0; j <= n; j++) {
            cr_assert_eq(detail.value_start[j] - start, tree->value_start[j]);
        }

        cr_assert_arr_eq(detail.value_class + start, tree->value_class,
                         detail.values * 4);
        cr_assert_arr_eq(detail.value + start, tree->value,
                         detail.values * 8);
    }

    facetree_model_free(model);
    facetree_test_forest_clear(&forest);
    free(file);
}


Test(model, same_input_gives_same_bytes)
{
    size_t    len, other_len;
    uint8_t  *file, *other;

    file = test_serialize(9, 3, 0, &len);
    other = test_serialize(9, 3, 0, &other_len);

    cr_assert_eq(len, other_len);
    cr_assert_arr_eq(file, other, len);

    free(file);
    free(other);
}


Test(model, every_flipped_bit_is_refused)
{
    int       bit;
    size_t    i, len;
    uint8_t  *file;

    file = test_serialize(1, 2, 0, &len);

    for (i = 0; i < len; i++) {
        for (bit = 0; bit < 8; bit++) {
            file[i] ^= (uint8_t) (1 << bit);
            test_refused(file, len, "flip", i);
            file[i] ^= (uint8_t) (1 << bit);
        }
    }

    facetree_model_free(test_parse(file, len));
    free(file);
}


Test(model, every_truncation_is_refused)
{
    size_t    i, len;
    uint8_t  *copy, *file;

    file = test_serialize(2, 2, 0, &len);

    for (i = 0; i < len; i++) {
        copy = malloc(i + 1);
        cr_assert_not_null(copy);
        memcpy(copy, file, i);
        test_refused(copy, i, "truncation", i);
        free(copy);
    }

    free(file);
}


Test(model, trailing_bytes_are_refused)
{
    size_t    len;
    uint8_t  *file;

    file = test_serialize(2, 1, 1, &len);
    file = realloc(file, len + 8);
    memset(file + len, 0, 8);

    test_refused(file, len + 8, "trailing", len);
    free(file);
}


/*
 * With the checksum made right again the other checks are on their own: a
 * byte may then change a number that nothing forbids, but never so that a
 * prediction leaves the file.  The sanitizer build watches that.
 */

Test(model, resealed_damage_is_refused_or_harmless, .timeout = 120)
{
    double                  probabilities[7];
    size_t                  i, len;
    uint8_t                *file, old, pixels[30];
    uint32_t                accepted, n, state;
    facetree_error_t        err;
    facetree_model_t       *model;
    facetree_tree_detail_t  detail;
    facetree_prediction_t   prediction;

    file = test_serialize(4, 3, 0, &len);
    state = 99;
    accepted = 0;

    for (i = 0; i < 3 * len; i++) {
        n = (uint32_t) (i % len);
        old = file[n];
        file[n] = (i < len) ? 0xff : (i < 2 * len) ? (uint8_t) (old + 1)
                  : (uint8_t) facetree_test_random(&state);
        test_reseal(file, len);

        if (facetree_model_parse(&model, file, len, &err) == FACETREE_OK) {
            accepted++;
            memset(pixels, (int) (i & 0xff), sizeof(pixels));
            facetree_predict(model, pixels, probabilities, &prediction);
            cr_assert_lt(prediction.class, facetree_model_classes(model));

            if (facetree_model_has_detail(model)) {
                facetree_model_detail(model, 0, &detail);
                cr_assert_eq(detail.nodes, 41);
            }

            facetree_model_free(model);

        } else {
            cr_assert_gt(strlen(err.text), 10);
        }

        file[n] = old;
    }

    /* Changed labels, impurities and the like must not all be refused. */

    cr_assert_gt(accepted, 0);
    cr_assert_lt(accepted, 3 * len);
    free(file);
}


/* The data of a section of a file that is in order. */

static int32_t *
test_section(uint8_t *file, uint32_t type)
{
    uint32_t                 i;
    facetree_ftm_header_t    header;
    facetree_ftm_section_t   section;

    memcpy(&header, file, sizeof(header));

    for (i = 0; i < header.sections; i++) {
        memcpy(&section, file + sizeof(header) + i * sizeof(section),
               sizeof(section));

        if (section.type == type) {
            return (int32_t *) (void *) (file + section.offset);
        }
    }

    cr_assert_fail("no section %08x", type);

    return NULL;
}


/*
 * Two served leaves that share one of the detail: each is a leaf, and another
 * node, which nothing refers to, could hold anything.
 */

Test(model, detail_nodes_have_one_parent)
{
    size_t             len;
    int32_t           *left, *right;
    uint8_t           *file;
    uint32_t           i;
    facetree_error_t   err;
    facetree_model_t  *model;

    file = test_serialize(4, 1, 0, &len);

    left = test_section(file, FACETREE_FTM_TYPE('D', 'L', 'F', 'T'));
    right = test_section(file, FACETREE_FTM_TYPE('D', 'R', 'G', 'T'));

    /* 41 nodes; the last split of two leaves */

    for (i = 40; left[i] == -1 || left[left[i]] != -1 || left[right[i]] != -1;
         i--)
    {
        cr_assert_gt(i, 0);
    }

    right[i] = left[i];
    test_reseal(file, len);

    cr_assert_eq(facetree_model_parse(&model, file, len, &err),
                 FACETREE_ECORRUPT);
    cr_expect_not_null(strstr(err.text, "two parents"), "%s", err.text);

    free(file);
}


Test(model, files_that_cannot_be_read)
{
    char               path[] = "/tmp/facetree-model-XXXXXX";
    int                fd;
    facetree_error_t   err;
    facetree_model_t  *model;

    cr_assert_eq(facetree_model_load(&model, "/nonexistent/x.ftm", &err),
                 FACETREE_EIO);
    cr_assert_neq(err.sys_errno, 0);
    cr_assert_not_null(strstr(err.text, "No such file"));

    cr_assert_eq(facetree_model_load(&model, "/", &err), FACETREE_EIO);
    cr_assert_eq(facetree_model_load(&model, "/dev/null", &err),
                 FACETREE_EIO);

    fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    cr_assert_eq(facetree_model_load(&model, path, &err), FACETREE_EFORMAT);
    cr_assert_eq(write(fd, "hello", 5), 5);
    cr_assert_eq(facetree_model_load(&model, path, NULL), FACETREE_EFORMAT);

    close(fd);
    unlink(path);
}


Test(model, survives_its_file_being_truncated)
{
    char                    path[] = "/tmp/facetree-model-XXXXXX";
    int                     fd;
    double                  probabilities[7];
    size_t                  len;
    uint8_t                *file, pixels[30];
    facetree_error_t        err;
    facetree_model_t       *model;
    facetree_prediction_t   prediction;

    file = test_serialize(6, 4, 0, &len);
    fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, file, len), (ssize_t) len);

    cr_assert_eq(facetree_model_load(&model, path, &err), FACETREE_OK,
                 "%s", err.text);
    cr_assert_eq(ftruncate(fd, 0), 0);

    memset(pixels, 100, sizeof(pixels));
    facetree_predict(model, pixels, probabilities, &prediction);
    cr_assert_lt(prediction.class, 7);

    facetree_model_free(model);
    close(fd);
    unlink(path);
    free(file);
}


Test(model, impossible_labels_are_not_written)
{
    char               longest[300];
    size_t             len;
    uint8_t           *file;
    const char        *labels[7] = { "a", "b", "c", "d", "e", "f", "" };
    facetree_error_t   err;
    facetree_forest_t  forest;

    memset(longest, 'x', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';

    facetree_test_forest(&forest, 1, 1);
    forest.labels = labels;

    cr_assert_neq(facetree_model_serialize(&forest, TEST_METADATA, 0, &file,
                                           &len, &err), FACETREE_OK);
    labels[6] = longest;
    cr_assert_neq(facetree_model_serialize(&forest, TEST_METADATA, 0, &file,
                                           &len, &err), FACETREE_OK);
    labels[6] = "bad\xff";
    cr_assert_neq(facetree_model_serialize(&forest, TEST_METADATA, 0, &file,
                                           &len, &err), FACETREE_OK);
    labels[6] = "fine";
    cr_assert_neq(facetree_model_serialize(&forest, "[1]", 0, &file, &len,
                                           &err), FACETREE_OK);

    facetree_test_forest_clear(&forest);
}


/* Insertion against a full sort, ties included. */

Test(predict, top_is_sorted_and_starts_with_the_prediction)
{
    double    p[20];
    uint32_t  i, j, k, n, predicted, round, state, top[20];

    state = 5;

    for (round = 0; round < 2000; round++) {

        for (i = 0; i < 20; i++) {
            p[i] = (facetree_test_random(&state) % 6) / 8.0;
        }

        predicted = facetree_test_random(&state) % 20;
        k = facetree_test_random(&state) % 25;
        n = facetree_top(p, 20, predicted, k, top);

        cr_assert_eq(n, (k < 20) ? k : 20);

        if (n) {
            cr_assert_eq(top[0], predicted);
        }

        for (i = 2; i < n; i++) {
            cr_assert(p[top[i - 1]] > p[top[i]]
                      || (p[top[i - 1]] == p[top[i]]
                          && top[i - 1] < top[i]));
        }

        for (i = 0; n && i < 20; i++) {
            for (j = 0; j < n && top[j] != i; j++) { /* void */ }

            if (j == n && n > 1) {
                cr_assert(p[i] <= p[top[n - 1]]);
            }
        }
    }
}


Test(status, tables_agree_with_the_enum)
{
    cr_assert_str_eq(facetree_status_token(FACETREE_EPIXELS), "pixels");
    cr_assert_str_eq(facetree_status_text(FACETREE_OK), "ok");
    cr_assert_str_eq(facetree_status_token((facetree_status_e) 999),
                     "internal");
    cr_assert_not_null(facetree_status_text((facetree_status_e) -1));
}
