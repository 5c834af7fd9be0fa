
/*
 * Copyright (C) facetree contributors
 *
 * Explanations against the trees that they explain: the trainer's arrays are
 * walked here with their own numbers, and pixels are counted one by one.
 */


#include "answer.h"
#include "facetree_base64.h"
#include "fixture_forest.h"
#include "model_writer.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>


#define TEST_FEATURES  30
#define TEST_STEPS     64

#define TEST_URL       "data:image/png;base64,"

/* A build without libpng explains without the picture. */
#ifdef FACETREE_NO_PNG
#define TEST_IMAGES    0
#else
#define TEST_IMAGES    1
#endif


static facetree_model_t *
test_model(const facetree_forest_t *forest, int strip)
{
    size_t             len;
    uint8_t           *file;
    facetree_error_t   err;
    facetree_model_t  *model;

    cr_assert_eq(facetree_model_serialize(forest, "{}", strip, &file, &len,
                                          &err),
                 FACETREE_OK, "%s", err.text);
    cr_assert_eq(facetree_model_parse(&model, file, len, &err), FACETREE_OK,
                 "%s", err.text);
    free(file);

    return model;
}


static void
test_pixels(uint8_t *pixels, uint32_t *state)
{
    uint32_t  i;

    for (i = 0; i < TEST_FEATURES; i++) {
        pixels[i] = (uint8_t) (facetree_test_random(state) >> 8);
    }
}


/* The path by the trainer's own arrays. */

static uint32_t
test_walk(const facetree_tree_t *tree, const uint8_t *pixels,
    facetree_step_t *steps)
{
    int32_t   at;
    uint32_t  n;

    n = 0;

    for (at = 0; tree->left[at] >= 0; n++) {
        cr_assert_lt(n, TEST_STEPS);

        steps[n].feature = (uint32_t) tree->feature[at];
        steps[n].value = pixels[tree->feature[at]];
        steps[n].threshold = tree->threshold[at];
        steps[n].samples = tree->samples[at];
        steps[n].right = (float) steps[n].value > tree->threshold[at];

        at = steps[n].right ? tree->right[at] : tree->left[at];
    }

    return n;
}


Test(explain, path_is_that_of_the_trainer)
{
    uint8_t            pixels[TEST_FEATURES];
    uint32_t           i, n, round, seed, state;
    facetree_step_t    own[TEST_STEPS], steps[TEST_STEPS];
    facetree_model_t  *model, *stripped;
    facetree_forest_t  forest;

    state = 9;

    for (seed = 1; seed < 6; seed++) {
        facetree_test_forest(&forest, seed, 3);
        model = test_model(&forest, 0);
        stripped = test_model(&forest, 1);

        for (round = 0; round < 300; round++) {
            test_pixels(pixels, &state);
            n = test_walk(&forest.trees[round % 3], pixels, own);

            cr_assert_eq(facetree_explain_path(model, round % 3, pixels,
                                               steps, TEST_STEPS), n);

            for (i = 0; i < n; i++) {
                cr_assert_eq(steps[i].feature, own[i].feature);
                cr_assert_eq(steps[i].value, own[i].value);
                cr_assert_eq(steps[i].right, own[i].right);
                cr_assert_eq(steps[i].samples, own[i].samples);
                cr_assert_eq(steps[i].threshold, own[i].threshold);
            }

            /* The byte below the exact threshold, and no counts. */

            cr_assert_eq(facetree_explain_path(stripped, round % 3, pixels,
                                               steps, TEST_STEPS), n);

            for (i = 0; i < n; i++) {
                cr_assert_eq(steps[i].feature, own[i].feature);
                cr_assert_eq(steps[i].right, own[i].right);
                cr_assert_eq(steps[i].samples, UINT32_MAX);
                cr_assert_eq(steps[i].threshold,
                             (double) (int) own[i].threshold);
            }
        }

        facetree_model_free(model);
        facetree_model_free(stripped);
        facetree_test_forest_clear(&forest);
    }
}


Test(explain, path_is_cut_but_counted)
{
    uint8_t            pixels[TEST_FEATURES] = { 0 };
    uint32_t           n;
    facetree_step_t    steps[TEST_STEPS], one[2];
    facetree_model_t  *model;
    facetree_forest_t  forest;

    facetree_test_forest(&forest, 2, 1);
    model = test_model(&forest, 0);

    n = facetree_explain_path(model, 0, pixels, steps, TEST_STEPS);
    cr_assert_gt(n, 1);

    memset(one, 0xa5, sizeof(one));
    cr_assert_eq(facetree_explain_path(model, 0, pixels, one, 1), n);
    cr_assert_eq(one[0].feature, steps[0].feature);
    cr_assert_eq(one[1].feature, 0xa5a5a5a5);
    cr_assert_eq(facetree_explain_path(model, 0, pixels, NULL, 0), n);

    facetree_model_free(model);
    facetree_test_forest_clear(&forest);
}


/*
 * Thresholds that would tell another story than the walk, as a hand-made file
 * may have them: above every gray level, in other units.
 */

Test(explain, threshold_agrees_with_the_walk)
{
    uint8_t            pixels[TEST_FEATURES];
    uint32_t           i, n, round, state;
    facetree_step_t    steps[TEST_STEPS];
    facetree_model_t  *model;
    facetree_forest_t  forest;

    facetree_test_forest(&forest, 4, 1);
    forest.scale = 255.0;
    state = 3;

    for (i = 0; i < forest.trees[0].nodes; i++) {
        if (forest.trees[0].left[i] >= 0) {
            forest.trees[0].threshold[i] = (i % 3) ? (float) i / 255.0f
                                                   : 1e300;
        }
    }

    model = test_model(&forest, 0);

    for (round = 0; round < 200; round++) {
        test_pixels(pixels, &state);
        pixels[0] = 255;
        n = facetree_explain_path(model, 0, pixels, steps, TEST_STEPS);

        for (i = 0; i < n; i++) {
            cr_assert_eq(steps[i].right,
                         (double) steps[i].value > steps[i].threshold);
            cr_assert(steps[i].threshold >= 0.0
                      && steps[i].threshold < 256.0);
        }
    }

    facetree_model_free(model);
    facetree_test_forest_clear(&forest);
}


static void
test_count(const facetree_forest_t *forest, const uint8_t *pixels,
    uint32_t *trees)
{
    uint8_t          seen[TEST_FEATURES];
    uint32_t         i, n, tree;
    facetree_step_t  steps[TEST_STEPS];

    memset(trees, 0, TEST_FEATURES * sizeof(uint32_t));

    for (tree = 0; tree < forest->count; tree++) {
        memset(seen, 0, sizeof(seen));
        n = test_walk(&forest->trees[tree], pixels, steps);

        for (i = 0; i < n; i++) {
            trees[steps[i].feature] += !seen[steps[i].feature];
            seen[steps[i].feature] = 1;
        }
    }
}


Test(explain, pixels_are_counted_once_a_tree)
{
    uint8_t             pixels[TEST_FEATURES];
    uint32_t            count, few, i, j, round, state, tested;
    uint32_t            trees[TEST_FEATURES];
    facetree_model_t   *model;
    facetree_pixel_t    top[TEST_FEATURES], best[3];
    facetree_forest_t   forest;

    facetree_test_forest(&forest, 7, 20);
    model = test_model(&forest, 1);
    state = 77;

    for (round = 0; round < 100; round++) {
        test_pixels(pixels, &state);
        test_count(&forest, pixels, trees);

        cr_assert_eq(facetree_explain_pixels(model, pixels, top,
                                             TEST_FEATURES, &count, NULL),
                     FACETREE_OK);

        for (i = 0, tested = 0; i < TEST_FEATURES; i++) {
            tested += (trees[i] > 0);
        }

        cr_assert_eq(count, tested);

        for (i = 0; i < count; i++) {
            cr_assert_eq(top[i].trees, trees[top[i].feature]);

            for (j = i + 1; j < count; j++) {
                cr_assert(top[i].trees > top[j].trees
                          || (top[i].trees == top[j].trees
                              && top[i].feature < top[j].feature));
            }
        }

        cr_assert_eq(facetree_explain_pixels(model, pixels, best, 3, &few,
                                             NULL), FACETREE_OK);
        cr_assert_eq(few, 3);
        cr_assert_eq(memcmp(best, top, sizeof(best)), 0);
    }

    cr_assert_eq(facetree_explain_pixels(model, pixels, NULL, 0, &few, NULL),
                 FACETREE_OK);
    cr_assert_eq(few, 0);

    facetree_model_free(model);
    facetree_test_forest_clear(&forest);
}


/* One prediction of one picture, and its "explain". */

static json_t *
test_explain(const facetree_model_t *model, const uint8_t *pixels,
    json_t **root)
{
    char               *out;
    size_t              len;
    double              probabilities[TEST_ANSWER_CLASSES];
    facetree_error_t    err;
    facetree_answer_t   answer;
    facetree_result_t   result;

    memset(&answer, 0, sizeof(answer));
    memset(&result, 0, sizeof(result));

    facetree_predict(model, pixels, probabilities, &result.prediction);
    result.probabilities = probabilities;
    result.pixels = pixels;
    answer.model = model;
    answer.model_name = "x";
    answer.results = &result;
    answer.count = 1;

    cr_assert_eq(facetree_answer_json(&answer, &out, &len, &err),
                 FACETREE_OK, "%s", err.text);
    *root = json_loadb(out, len, JSON_REJECT_DUPLICATES, NULL);
    free(out);

    cr_assert_not_null(*root);

    return json_object_get(json_array_get(json_object_get(*root,
                                          "predictions"), 0), "explain");
}


static void
test_step(json_t *json, const facetree_step_t *step, int has_samples)
{
    cr_expect_eq(json_object_size(json), has_samples ? 6 : 5);
    cr_expect_eq(json_integer_value(json_object_get(json, "x")),
                 step->feature % 6);
    cr_expect_eq(json_integer_value(json_object_get(json, "y")),
                 step->feature / 6);
    cr_expect_eq(json_integer_value(json_object_get(json, "value")),
                 step->value);
    cr_expect_eq(json_real_value(json_object_get(json, "threshold")),
                 step->threshold);
    cr_expect_str_eq(json_string_value(json_object_get(json, "went")),
                     step->right ? "right" : "left");

    if (has_samples) {
        cr_expect_eq(json_integer_value(json_object_get(json, "samples")),
                     step->samples);
    }
}


static void
test_path(json_t *json, const facetree_model_t *model, uint32_t tree,
    const uint8_t *pixels)
{
    uint32_t         i, n;
    facetree_step_t  steps[TEST_STEPS];

    n = facetree_explain_path(model, tree, pixels, steps, TEST_STEPS);
    cr_assert_eq(json_array_size(json), n);

    for (i = 0; i < n; i++) {
        test_step(json_array_get(json, i), &steps[i],
                  facetree_model_has_detail(model));
    }
}


/* The picture comes out of the URL with the very pixels. */

static void
test_image(json_t *json, const uint8_t *pixels)
{
    size_t                  len;
    uint8_t                 again[TEST_FEATURES], *file;
    const char             *text;
    facetree_error_t        err;
    facetree_image_info_t   info;

    text = json_string_value(json_object_get(json, "image"));

    if (!TEST_IMAGES) {
        cr_assert_null(text);
        return;
    }

    cr_assert_not_null(text);
    cr_assert_eq(strncmp(text, TEST_URL, strlen(TEST_URL)), 0);
    text += strlen(TEST_URL);

    file = malloc(strlen(text));
    cr_assert(facetree_base64_decode(text, strlen(text), file, &len));
    cr_assert_eq(facetree_image_decode(file, len, NULL, 6, 5, again, &info,
                                       &err),
                 FACETREE_OK, "%s", err.text);
    free(file);

    cr_expect_eq(info.format, FACETREE_PNG);
    cr_expect_eq(info.width, 6);
    cr_expect_eq(info.height, 5);
    cr_expect_eq(memcmp(again, pixels, TEST_FEATURES), 0);
}


Test(explain, json_of_a_tree)
{
    int                strip;
    json_t            *explain, *root;
    uint8_t            pixels[TEST_FEATURES];
    uint32_t           state;
    facetree_model_t  *model;
    facetree_forest_t  forest;

    state = 1;
    facetree_test_forest(&forest, 2, 1);

    for (strip = 0; strip < 2; strip++) {
        model = test_model(&forest, strip);
        test_pixels(pixels, &state);

        explain = test_explain(model, pixels, &root);
        cr_expect_eq(json_object_size(explain), 1 + TEST_IMAGES);
        test_path(json_object_get(explain, "path"), model, 0, pixels);
        test_image(explain, pixels);

        json_decref(root);
        facetree_model_free(model);
    }

    facetree_test_forest_clear(&forest);
}


Test(explain, json_of_a_forest)
{
    size_t             i;
    json_t            *explain, *list, *root, *entry;
    uint8_t            pixels[TEST_FEATURES];
    uint32_t           count, state;
    facetree_model_t  *model;
    facetree_pixel_t   top[TEST_FEATURES];
    facetree_forest_t  forest;

    state = 12;
    test_pixels(pixels, &state);

    facetree_test_forest(&forest, 2, 9);
    model = test_model(&forest, 0);
    explain = test_explain(model, pixels, &root);

    cr_expect_eq(json_object_size(explain), 2 + TEST_IMAGES);
    cr_expect_eq(json_integer_value(json_object_get(explain, "trees")), 9);
    test_image(explain, pixels);

    (void) facetree_explain_pixels(model, pixels, top, TEST_FEATURES, &count,
                                   NULL);
    list = json_object_get(explain, "pixels");
    cr_assert_eq(json_array_size(list), count);

    for (i = 0; i < count; i++) {
        entry = json_array_get(list, i);
        cr_expect_eq(json_integer_value(json_object_get(entry, "x"))
                     + 6 * json_integer_value(json_object_get(entry, "y")),
                     top[i].feature);
        cr_expect_eq(json_integer_value(json_object_get(entry, "count")),
                     top[i].trees);
    }

    json_decref(root);
    facetree_model_free(model);
    facetree_test_forest_clear(&forest);

    /* A small forest shows its paths. */

    facetree_test_forest(&forest, 2, 8);
    model = test_model(&forest, 0);
    explain = test_explain(model, pixels, &root);

    list = json_object_get(explain, "paths");
    cr_assert_eq(json_array_size(list), 8);

    for (i = 0; i < 8; i++) {
        test_path(json_array_get(list, i), model, (uint32_t) i, pixels);
    }

    json_decref(root);
    facetree_model_free(model);
    facetree_test_forest_clear(&forest);
}


Test(explain, only_what_was_classified_and_asked_for)
{
    char                    *out;
    size_t                   len;
    uint8_t                  pixels[TEST_FEATURES] = { 0 };
    facetree_test_answer_t   test;

    facetree_test_answer(&test, "{}");
    test.results[2].pixels = pixels;

    cr_assert_eq(facetree_answer_json(&test.answer, &out, &len, NULL),
                 FACETREE_OK);
    cr_expect_null(strstr(out, "explain"));
    free(out);

    cr_assert_eq(facetree_answer_html(&test.answer, &out, &len, NULL),
                 FACETREE_OK);
    cr_expect_null(strstr(out, "class=\"seen\""));
    free(out);

    facetree_test_answer_clear(&test);
}
