
/*
 * Copyright (C) facetree contributors
 */


#include "golden.h"
#include "split.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>


static void
test_split_equal(const json_t *recorded, const char *name,
    const uint32_t *items, uint32_t count)
{
    uint32_t   i;
    json_t    *array;

    array = json_object_get(recorded, name);
    cr_assert_eq(json_array_size(array), count, "%s", name);

    for (i = 0; i < count; i++) {
        cr_assert_eq(items[i], json_integer_value(json_array_get(array, i)),
                     "%s: item %u", name, i);
    }
}


static void
test_split_check(const json_t *recorded, facetree_split_t *split)
{
    test_split_equal(recorded, "train", split->train, split->train_count);
    test_split_equal(recorded, "test", split->test, split->test_count);

    facetree_split_clear(split);
}


static facetree_split_params_t
test_split_params(double share, uint32_t seed, int stratify)
{
    facetree_split_params_t  params;

    memset(&params, 0, sizeof(params));

    params.test_size.kind = FACETREE_AMOUNT_FRACTION;
    params.test_size.fraction = share;
    params.seed = seed;
    params.stratify = stratify;

    return params;
}


static void
test_split_olivetti_labels(uint32_t *labels)
{
    uint32_t  i;

    for (i = 0; i < 400; i++) {
        labels[i] = i / 10;
    }
}


Test(split, olivetti)
{
    json_t                   *splits, *json;
    uint32_t                  i, labels[400];
    facetree_error_t          err;
    facetree_split_t          split;
    facetree_split_params_t   params;

    static const struct {
        const char  *name;
        int          stratify;
        uint32_t     seed;
    } cases[] = {
        { "olivetti stratified .3 seed 0", 1, 0 },
        { "olivetti plain .3 seed 0", 0, 0 },
        { "olivetti stratified .3 seed 42", 1, 42 },
        { "olivetti plain .3 seed 42", 0, 42 }
    };

    json = golden_json("s00-rng-splits");
    splits = json_object_get(json, "splits");
    test_split_olivetti_labels(labels);

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        params = test_split_params(0.3, cases[i].seed, cases[i].stratify);

        cr_assert_eq(facetree_split(&split, labels, 400, 40, &params, &err),
                     FACETREE_OK);
        test_split_check(json_object_get(splits, cases[i].name), &split);
    }

    json_decref(json);
}


/* Classes whose shares have the same remainder: lots decide. */

static uint32_t
test_split_small_labels(const json_t *recorded, uint32_t *labels)
{
    uint32_t   i;
    json_t    *y;

    y = json_object_get(recorded, "y");
    cr_assert(json_array_size(y) <= 64);

    for (i = 0; i < json_array_size(y); i++) {
        labels[i] = (uint32_t) json_integer_value(json_array_get(y, i));
    }

    return i;
}


Test(split, equal_remainders)
{
    json_t                   *json, *recorded;
    uint32_t                  labels[64], count;
    facetree_error_t          err;
    facetree_split_t          split;
    facetree_split_params_t   params;

    json = golden_json("s00-rng-splits");
    recorded = json_object_get(json_object_get(json, "splits"),
        "counts 7,7,7,5,4 stratified .3 seed 5 (ties between remainders)");

    count = test_split_small_labels(recorded, labels);
    params = test_split_params(0.3, 5, 1);

    cr_assert_eq(facetree_split(&split, labels, count, 5, &params, &err),
                 FACETREE_OK);
    test_split_check(recorded, &split);

    json_decref(json);
}


Test(split, both_sizes)
{
    json_t            *json, *recorded;
    uint32_t           labels[64], count;
    facetree_error_t   err;
    facetree_split_t   split;

    json = golden_json("s00-rng-splits");
    recorded = json_object_get(json_object_get(json, "splits"),
        "counts 7,7,7,5,4 stratified test .33 train .5 seed 11");

    count = test_split_small_labels(recorded, labels);

    cr_assert_eq(facetree_split_counts(&split, labels, count, 5, 15, 10, 1,
                                       11, &err), FACETREE_OK);
    test_split_check(recorded, &split);

    json_decref(json);
}


/* A class number that nobody has must not change the draws. */

Test(split, absent_class)
{
    uint32_t                 i, labels[12], shifted[12];
    facetree_split_t         a, b;
    facetree_split_params_t  params;

    for (i = 0; i < 12; i++) {
        labels[i] = i % 3;
        shifted[i] = 2 * labels[i] + 1;
    }

    params = test_split_params(0.4, 3, 1);

    cr_assert_eq(facetree_split(&a, labels, 12, 3, &params, NULL),
                 FACETREE_OK);
    cr_assert_eq(facetree_split(&b, shifted, 12, 9, &params, NULL),
                 FACETREE_OK);

    cr_assert_eq(a.train_count, 7);
    cr_assert_arr_eq(a.train, b.train, 7 * sizeof(uint32_t));
    cr_assert_arr_eq(a.test, b.test, 5 * sizeof(uint32_t));

    facetree_split_clear(&a);
    facetree_split_clear(&b);
}


Test(split, default_and_count)
{
    uint32_t                 labels[400];
    facetree_split_t         split;
    facetree_split_params_t  params;

    test_split_olivetti_labels(labels);
    memset(&params, 0, sizeof(params));

    cr_assert_eq(facetree_split(&split, labels, 400, 40, &params, NULL),
                 FACETREE_OK);
    cr_assert_eq(split.test_count, 100);
    facetree_split_clear(&split);

    params.test_size.kind = FACETREE_AMOUNT_COUNT;
    params.test_size.count = 41;

    cr_assert_eq(facetree_split(&split, labels, 400, 40, &params, NULL),
                 FACETREE_OK);
    cr_assert_eq(split.test_count, 41);
    cr_assert_eq(split.train_count, 359);
    facetree_split_clear(&split);
}


Test(split, refusals)
{
    uint32_t                 i, labels[12];
    facetree_error_t         err;
    facetree_split_t         split;
    facetree_split_params_t  params;

    static const struct {
        facetree_amount_t  size;
        int                stratify;
        const char        *text;
    } cases[] = {
        { { FACETREE_AMOUNT_FRACTION, 0, 0.0 }, 0, "test_size is 0" },
        { { FACETREE_AMOUNT_FRACTION, 0, 1.0 }, 0, "test_size is 1" },
        { { FACETREE_AMOUNT_FRACTION, 0, 0.99 }, 0, "0 for training" },
        { { FACETREE_AMOUNT_COUNT, 0, 0.0 }, 0, "test_size is 0" },
        { { FACETREE_AMOUNT_COUNT, 12, 0.0 }, 0, "from 1 to 11" },
        { { FACETREE_AMOUNT_SQRT, 0, 0.0 }, 0, "test_size" },
        { { FACETREE_AMOUNT_COUNT, 3, 0.0 }, 1, "stratified split of 4" },
        { { FACETREE_AMOUNT_COUNT, 9, 0.0 }, 1, "stratified split of 4" }
    };

    for (i = 0; i < 12; i++) {
        labels[i] = i % 4;
    }

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        memset(&params, 0, sizeof(params));
        params.test_size = cases[i].size;
        params.stratify = cases[i].stratify;

        cr_assert_eq(facetree_split(&split, labels, 12, 4, &params, &err),
                     FACETREE_EINVAL);
        cr_assert(strstr(err.text, cases[i].text), "%s", err.text);
    }

    labels[11] = 4;
    params.test_size.count = 6;

    cr_assert_eq(facetree_split(&split, labels, 12, 5, &params, &err),
                 FACETREE_EINVAL);
    cr_assert(strstr(err.text, "class 4 has only one"), "%s", err.text);

    cr_assert_eq(facetree_split(&split, labels, 12, 4, &params, &err),
                 FACETREE_EINVAL);
    cr_assert(strstr(err.text, "picture 11 is of class 4"), "%s", err.text);

    cr_assert_eq(facetree_split(&split, NULL, 0, 0, &params, &err),
                 FACETREE_EINVAL);
}


Test(split, folds)
{
    json_t            *json, *recorded;
    uint32_t           labels[64], fold[64], count;
    facetree_error_t   err;

    json = golden_json("s00-rng-splits");
    recorded = json_object_get(json, "stratified_kfold");
    count = test_split_small_labels(recorded, labels);

    cr_assert_eq(facetree_stratified_folds(fold, labels, count, 3, 4, 1, 1,
                                           &err), FACETREE_OK);
    test_split_equal(recorded, "fold_of_sample", fold, count);

    json_decref(json);
}


/* Unshuffled, equal classes: the first of each to fold 0, and so on. */

Test(split, plain_folds)
{
    uint32_t          i, labels[12], fold[12];
    facetree_error_t  err;

    for (i = 0; i < 12; i++) {
        labels[i] = 7 + i / 6;
    }

    cr_assert_eq(facetree_stratified_folds(fold, labels, 12, 9, 3, 0, 99,
                                           &err), FACETREE_OK);

    for (i = 0; i < 12; i++) {
        cr_assert_eq(fold[i], i % 6 / 2);
    }

    cr_assert_eq(facetree_stratified_folds(fold, labels, 12, 9, 7, 0, 0,
                                           &err), FACETREE_EINVAL);
    cr_assert(strstr(err.text, "from 2 to 6"), "%s", err.text);

    cr_assert_eq(facetree_stratified_folds(fold, labels, 12, 9, 1, 0, 0,
                                           &err), FACETREE_EINVAL);
}
