
/*
 * Copyright (C) facetree contributors
 */


#include "file.h"
#include "gray_png.h"
#include "answer.h"
#include "samples.h"
#include "temp.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>


#define TEST_SIDE   5
#define TEST_COUNT  12


static uint8_t   test_pixels[TEST_COUNT * TEST_SIDE * TEST_SIDE];
static uint32_t  test_labels[TEST_COUNT] = { 0, 0, 0, 0, 0, 0, 0, 0,
                                             1, 1, 2, 2 };
static char     *test_names[] = { "ann", "b\"ob", "c\xC3\xA9line" };


static void
test_samples_dataset(facetree_dataset_t *dataset)
{
    size_t  i;

    for (i = 0; i < sizeof(test_pixels); i++) {
        test_pixels[i] = (uint8_t) (i * 89);
    }

    memset(dataset, 0, sizeof(*dataset));

    dataset->width = TEST_SIDE;
    dataset->height = TEST_SIDE;
    dataset->count = TEST_COUNT;
    dataset->classes = 3;
    dataset->pixels = test_pixels;
    dataset->labels = test_labels;
    dataset->names = test_names;
    dataset->synthetic = 1;
}


Test(samples, a_png_holds_the_very_levels)
{
    size_t              len;
    uint8_t             levels[256], back[256], *data;
    unsigned            i;
    facetree_error_t    err;

    for (i = 0; i < 256; i++) {
        levels[i] = (uint8_t) i;
    }

    cr_assert_eq(facetree_gray_png(levels, 32, 8, &data, &len, &err),
                 FACETREE_OK, "%s", err.text);
    cr_assert_eq(facetree_image_decode(data, len, NULL, 32, 8, back, NULL,
                                       &err),
                 FACETREE_OK, "%s", err.text);
    cr_assert_eq(memcmp(levels, back, 256), 0);
    free(data);
}


Test(samples, a_png_without_pixels_or_with_too_many_is_refused)
{
    size_t              len;
    uint8_t             level, *data;
    facetree_error_t    err;

    level = 0;

    cr_assert_eq(facetree_gray_png(&level, 0, 1, &data, &len, &err),
                 FACETREE_EINVAL);
    cr_assert_eq(facetree_gray_png(&level, 1, 0, &data, &len, NULL),
                 FACETREE_EINVAL);
    cr_assert_eq(facetree_gray_png(&level, FACETREE_MODEL_MAX_SIDE + 1, 1,
                                   &data, &len, &err), FACETREE_EINVAL);
}


Test(samples, each_class_comes_once_before_one_comes_twice)
{
    uint32_t            i, n, rows[TEST_COUNT], chosen[TEST_COUNT];
    uint32_t            again[TEST_COUNT], seen[3] = { 0, 0, 0 };
    facetree_dataset_t  dataset;

    test_samples_dataset(&dataset);

    for (i = 0; i < TEST_COUNT; i++) {
        rows[i] = i;
    }

    n = facetree_samples_choose(&dataset, rows, TEST_COUNT, 7, 3, chosen);
    cr_assert_eq(n, 7);

    for (i = 0; i < n; i++) {
        seen[test_labels[chosen[i]]]++;

        if (i == 2) {
            cr_assert(seen[0] == 1 && seen[1] == 1 && seen[2] == 1);
        }
    }

    cr_assert(seen[0] == 3 && seen[1] == 2 && seen[2] == 2);

    cr_assert_eq(facetree_samples_choose(&dataset, rows, TEST_COUNT, 7, 3,
                                         again), 7);
    cr_assert_eq(memcmp(chosen, again, 7 * sizeof(uint32_t)), 0);
}


Test(samples, only_the_given_rows_are_chosen)
{
    uint32_t            i, n, chosen[50], rows[3] = { 9, 2, 5 };
    facetree_dataset_t  dataset;

    test_samples_dataset(&dataset);

    n = facetree_samples_choose(&dataset, rows, 3, 50, 0, chosen);
    cr_assert_eq(n, 3);

    for (i = 0; i < n; i++) {
        cr_assert(chosen[i] == 9 || chosen[i] == 2 || chosen[i] == 5);
    }

    cr_assert_eq(chosen[0] + chosen[1] + chosen[2], 16);
}


Test(samples, a_quarter_is_wrong_and_a_quarter_right)
{
    uint32_t            i, right, rows[TEST_COUNT], chosen[8];
    uint32_t            predictions[TEST_COUNT];
    facetree_dataset_t  dataset;

    test_samples_dataset(&dataset);

    for (i = 0; i < TEST_COUNT; i++) {
        rows[i] = i;
        predictions[i] = test_labels[i];
    }

    for (i = 0; i < 8; i++) {
        chosen[i] = i;
    }

    /* One that is wrong, where two are wanted: all there is. */

    predictions[11] = 0;
    facetree_samples_mix(&dataset, rows, predictions, TEST_COUNT, chosen, 8);

    for (i = 0; i < 7; i++) {
        cr_expect_eq(chosen[i], i);
    }

    cr_expect_eq(chosen[7], 11);

    /* Enough of both: left as it is. */

    predictions[3] = 1;
    facetree_samples_mix(&dataset, rows, predictions, TEST_COUNT, chosen, 8);
    cr_expect_eq(chosen[7], 11);
    cr_expect_eq(chosen[6], 6);

    /* All but two wrong: these two come in. */

    for (i = 0; i < TEST_COUNT; i++) {
        predictions[i] = (i < 8) ? 1 : test_labels[i];
    }

    for (i = 0; i < 8; i++) {
        chosen[i] = i;
    }

    facetree_samples_mix(&dataset, rows, predictions, TEST_COUNT, chosen, 8);

    for (i = 0, right = 0; i < 8; i++) {
        right += predictions[chosen[i]] == test_labels[chosen[i]];
    }

    cr_expect_eq(right, 2);
    cr_expect_eq(chosen[0], 0);
}


/* What it takes to write rows 10 and 8, held out with row 0. */

typedef struct {
    facetree_dataset_t       dataset;
    facetree_evaluation_t    evaluation;
    facetree_test_answer_t   answer;           /* for its model */
    facetree_sample_set_t    set;
} test_sample_set_t;

static const uint32_t  test_rows[3] = { 10, 0, 8 };
static const uint32_t  test_chosen[2] = { 10, 8 };


static void
test_sample_set(test_sample_set_t *test)
{
    uint32_t          i;
    facetree_error_t  err;

    static const double    probabilities[3] = { 0.5, 0.25, 0.25 };
    static const uint32_t  predictions[3] = { 2, 1, 0 };

    memset(test, 0, sizeof(*test));

    test_samples_dataset(&test->dataset);
    facetree_test_answer(&test->answer, "{\"accuracy\": 0.25}");

    cr_assert_eq(facetree_evaluation_init(&test->evaluation, 3, 3, &err),
                 FACETREE_OK, "%s", err.text);

    for (i = 0; i < 3; i++) {
        facetree_evaluation_add(&test->evaluation, test_labels[test_rows[i]],
                                predictions[i], probabilities);
    }

    cr_assert_eq(facetree_evaluation_finish(&test->evaluation, &err),
                 FACETREE_OK, "%s", err.text);

    test->set.dataset = &test->dataset;
    test->set.model = test->answer.model;
    test->set.name = "set";
    test->set.evaluation = &test->evaluation;
    test->set.rows = test_rows;
    test->set.chosen = test_chosen;
    test->set.count = 2;
}


static void
test_sample_set_clear(test_sample_set_t *test)
{
    facetree_evaluation_clear(&test->evaluation);
    facetree_test_answer_clear(&test->answer);
}


static const char *
test_member(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}


Test(samples, the_list_names_files_that_hold_the_pictures)
{
    char                path[TEMP_PATH];
    size_t              len;
    json_t             *list, *sample;
    uint8_t            *data, back[TEST_SIDE * TEST_SIDE];
    temp_dir_t          temp;
    facetree_error_t    err;
    test_sample_set_t   test;

    test_sample_set(&test);
    temp_dir_make(&temp);
    temp_dir_path(&temp, "a/samples", path);

    cr_assert_eq(facetree_samples_write(path, &test.set, &err), FACETREE_OK,
                 "%s", err.text);

    temp_dir_path(&temp, "a/samples/samples.json", path);
    list = json_load_file(path, 0, NULL);
    cr_assert_not_null(list);
    cr_assert_str_eq(test_member(list, "model"),
                     facetree_model_version(test.answer.model));
    cr_assert_str_eq(test_member(list, "dataset"), "set");
    cr_assert(json_is_true(json_object_get(list, "synthetic")));
    cr_assert_eq(json_array_size(json_object_get(list, "samples")), 2);

    sample = json_array_get(json_object_get(list, "samples"), 1);
    cr_assert_str_eq(test_member(sample, "file"), "02.png");
    cr_assert_str_eq(test_member(sample, "label"), "b\"ob");
    cr_assert_str_eq(test_member(sample, "predicted"), "ann");

    sample = json_object_get(list, "held_out");
    cr_assert_eq(json_integer_value(json_object_get(sample, "count")), 3);
    cr_assert_eq(json_integer_value(json_object_get(sample, "correct")), 1);

    sample = json_object_get(sample, "confusions");
    cr_assert_eq(json_array_size(sample), 2);
    sample = json_array_get(sample, 0);
    cr_assert_str_eq(test_member(sample, "label"), "ann");
    cr_assert_str_eq(test_member(sample, "predicted"), "b\"ob");
    cr_assert_eq(json_integer_value(json_object_get(sample, "count")), 1);

    temp_dir_path(&temp, "a/samples/02.png", path);
    cr_assert_eq(facetree_file_read(path, &data, &len, &err), FACETREE_OK);
    cr_assert_eq(facetree_image_decode(data, len, NULL, TEST_SIDE, TEST_SIDE,
                                       back, NULL, &err), FACETREE_OK);
    cr_assert_eq(memcmp(back, test_pixels + 8 * sizeof(back), sizeof(back)),
                 0);

    free(data);
    json_decref(list);
    temp_dir_remove(&temp);
    test_sample_set_clear(&test);
}


Test(samples, the_page_tells_what_the_model_says)
{
    char               *page;
    size_t              i, len;
    facetree_error_t    err;
    test_sample_set_t   test;

    static const char  *const  texts[] = {
        "<title>Sample faces \xE2\x80\x93 facetree</title>",
        "<base href=\"../\">",
        "of all 3 such pictures it gets 1 right",
        "class=\"badge synthetic\"",
        "<li class=\"sample right\"><a href=\"samples/01.png\" download>",
        "<span class=\"name\">c\xC3\xA9line</span></a> <span class=\"mark\">"
        "\xE2\x9C\x93 right</span>",
        "<li class=\"sample wrong\"><a href=\"samples/02.png\" download>",
        "<span class=\"name\">b&quot;ob</span></a> <span class=\"mark\">"
        "\xE2\x9C\x97 said ann</span>",
        "<dd>ann taken for b&quot;ob (1); b&quot;ob taken for ann (1)</dd>",
        "<dt>Held-out accuracy</dt><dd>25.0%</dd>",
        "A closed set of 3 people"
    };

    test_sample_set(&test);

    cr_assert_eq(facetree_samples_page(&test.set, &page, &len, &err),
                 FACETREE_OK, "%s", err.text);
    cr_assert_eq(strlen(page), len);

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        cr_expect_not_null(strstr(page, texts[i]), "no \"%s\" in:\n%s",
                           texts[i], page);
    }

    free(page);
    test_sample_set_clear(&test);
}
