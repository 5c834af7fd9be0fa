
/*
 * Copyright (C) facetree contributors
 */


#include "file.h"
#include "gray_png.h"
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


Test(samples, the_list_names_files_that_hold_the_pictures)
{
    char                path[TEMP_PATH];
    size_t              len;
    json_t             *list, *sample;
    uint8_t            *data, back[TEST_SIDE * TEST_SIDE];
    uint32_t            chosen[2] = { 10, 8 };
    temp_dir_t          temp;
    facetree_error_t    err;
    facetree_dataset_t  dataset;

    test_samples_dataset(&dataset);
    temp_dir_make(&temp);
    temp_dir_path(&temp, "a/samples", path);

    cr_assert_eq(facetree_samples_write(path, &dataset, "set", "v1", chosen,
                                        2, &err), FACETREE_OK, "%s", err.text);

    temp_dir_path(&temp, "a/samples/samples.json", path);
    list = json_load_file(path, 0, NULL);
    cr_assert_not_null(list);
    cr_assert_str_eq(json_string_value(json_object_get(list, "model")), "v1");
    cr_assert_str_eq(json_string_value(json_object_get(list, "dataset")),
                     "set");
    cr_assert(json_is_true(json_object_get(list, "synthetic")));
    cr_assert_eq(json_array_size(json_object_get(list, "samples")), 2);

    sample = json_array_get(json_object_get(list, "samples"), 1);
    cr_assert_str_eq(json_string_value(json_object_get(sample, "file")),
                     "02.png");
    cr_assert_str_eq(json_string_value(json_object_get(sample, "label")),
                     "b\"ob");

    temp_dir_path(&temp, "a/samples/02.png", path);
    cr_assert_eq(facetree_file_read(path, &data, &len, &err), FACETREE_OK);
    cr_assert_eq(facetree_image_decode(data, len, NULL, TEST_SIDE, TEST_SIDE,
                                       back, NULL, &err), FACETREE_OK);
    cr_assert_eq(memcmp(back, test_pixels + 8 * sizeof(back), sizeof(back)),
                 0);

    free(data);
    json_decref(list);
    temp_dir_remove(&temp);
}
