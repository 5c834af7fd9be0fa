
/*
 * Copyright (C) facetree contributors
 *
 * The expected scores were computed with sklearn.metrics 1.2.1.
 */


#include "evaluate.h"
#include "golden.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>


#define TEST_CLASSES  5
#define TEST_COUNT    6


/* The last class neither occurs nor is predicted. */

static const double  test_probabilities[TEST_COUNT][TEST_CLASSES] = {
    { 1.0, 0.0, 0.0, 0.0, 0.0 },
    { 0.25, 0.5, 0.25, 0.0, 0.0 },
    { 0.0, 1.0, 0.0, 0.0, 0.0 },
    { 0.0, 0.0, 1.0, 0.0, 0.0 },
    { 0.125, 0.125, 0.75, 0.0, 0.0 },
    { 0.5, 0.25, 0.25, 0.0, 0.0 }
};

static const uint32_t  test_truths[TEST_COUNT] = { 0, 0, 1, 1, 2, 3 };
static const uint32_t  test_predicted[TEST_COUNT] = { 0, 1, 1, 2, 2, 0 };


/* Sums in another order and another libm's log() differ in the last bits. */

static void
test_evaluate_near(double value, double expected)
{
    cr_assert(fabs(value - expected) <= 1e-13 * fabs(expected),
              "%.17g, expected %.17g", value, expected);
}


static void
test_evaluate_example(facetree_evaluation_t *evaluation)
{
    uint32_t  i;

    cr_assert_eq(facetree_evaluation_init(evaluation, TEST_COUNT,
                                          TEST_CLASSES, NULL), FACETREE_OK);

    for (i = 0; i < TEST_COUNT; i++) {
        facetree_evaluation_add(evaluation, test_truths[i],
                                test_predicted[i], test_probabilities[i]);
    }

    cr_assert_eq(facetree_evaluation_finish(evaluation, NULL), FACETREE_OK);
}


Test(evaluate, scores_are_scikit_learns)
{
    facetree_evaluation_t  evaluation;

    test_evaluate_example(&evaluation);

    cr_assert_eq(evaluation.count, 6);
    cr_assert_eq(evaluation.correct, 3);
    cr_assert_eq(evaluation.accuracy, 0.5);

    test_evaluate_near(evaluation.log_loss, 12.293547201967664);
    test_evaluate_near(evaluation.precision, 0.375);
    test_evaluate_near(evaluation.recall, 0.5);
    test_evaluate_near(evaluation.f1, 0.41666666666666663);

    cr_assert_eq(evaluation.scores[2].precision, 0.5);
    cr_assert_eq(evaluation.scores[2].recall, 1.0);
    test_evaluate_near(evaluation.scores[2].f1, 2.0 / 3.0);
    cr_assert_eq(evaluation.scores[2].support, 1);
    cr_assert_eq(evaluation.scores[2].predicted, 2);

    cr_assert_eq(evaluation.scores[3].precision, 0.0);
    cr_assert_eq(evaluation.scores[3].recall, 0.0);
    cr_assert_eq(evaluation.scores[3].f1, 0.0);
    cr_assert_eq(evaluation.scores[3].support, 1);

    facetree_evaluation_clear(&evaluation);
}


/* Equal probabilities count in the order of the classes. */

Test(evaluate, top_k)
{
    facetree_evaluation_t  evaluation;

    test_evaluate_example(&evaluation);

    cr_assert_eq(evaluation.top[0], 3.0 / 6.0);
    cr_assert_eq(evaluation.top[1], 5.0 / 6.0);
    cr_assert_eq(evaluation.top[2], 1.0);

    facetree_evaluation_clear(&evaluation);
}


Test(evaluate, confusions_by_count_then_class)
{
    uint32_t               i, k;
    double                 zeros[4] = { 0.0, 0.0, 0.0, 0.0 };
    facetree_evaluation_t  evaluation;

    const uint32_t  pairs[][2] = {
        { 3, 1 }, { 0, 2 }, { 1, 1 }, { 3, 0 }, { 0, 2 }, { 2, 0 }, { 3, 1 }
    };

    const facetree_confusion_t  expected[] = {
        { 0, 2, 2 }, { 3, 1, 2 }, { 2, 0, 1 }, { 3, 0, 1 }
    };

    k = sizeof(pairs) / sizeof(pairs[0]);
    facetree_evaluation_init(&evaluation, k, 4, NULL);

    for (i = 0; i < k; i++) {
        facetree_evaluation_add(&evaluation, pairs[i][0], pairs[i][1], zeros);
    }

    cr_assert_eq(facetree_evaluation_finish(&evaluation, NULL), FACETREE_OK);
    cr_assert_eq(evaluation.confused, 4);

    for (i = 0; i < 4; i++) {
        cr_assert_eq(evaluation.confusions[i].truth, expected[i].truth);
        cr_assert_eq(evaluation.confusions[i].predicted,
                     expected[i].predicted);
        cr_assert_eq(evaluation.confusions[i].count, expected[i].count);
    }

    facetree_evaluation_clear(&evaluation);
}


Test(evaluate, wilson_interval)
{
    double  low, high;

    facetree_wilson(52, 120, &low, &high);
    test_evaluate_near(low, 0.34810176437788437);
    test_evaluate_near(high, 0.5227007911446095);

    facetree_wilson(10, 20, &low, &high);
    test_evaluate_near(low, 0.29929800819821234);
    test_evaluate_near(high, 0.7007019918017876);

    facetree_wilson(0, 5, &low, &high);
    cr_assert_eq(low, 0.0);
    test_evaluate_near(high, 0.43448246478317476);

    facetree_wilson(5, 5, &low, &high);
    test_evaluate_near(low, 0.5655175352168252);
    cr_assert_eq(high, 1.0);
}


Test(evaluate, nothing_to_evaluate_is_an_error)
{
    facetree_error_t       err;
    facetree_evaluation_t  evaluation;

    cr_assert_eq(facetree_evaluation_init(&evaluation, 0, 3, &err),
                 FACETREE_EINVAL);
    cr_assert_eq(facetree_evaluation_init(&evaluation, 3, 0, &err),
                 FACETREE_EINVAL);

    facetree_evaluation_init(&evaluation, 3, 3, &err);
    cr_assert_eq(facetree_evaluation_finish(&evaluation, &err),
                 FACETREE_EINVAL);
    facetree_evaluation_clear(&evaluation);
}


/* scikit-learn's own predictions of the Olivetti test split. */

Test(evaluate, golden_predictions)
{
    double                 probabilities[40];
    json_t                *rows, *row;
    uint32_t               i, k;
    golden_case_t          golden;
    facetree_evaluation_t  evaluation;

    golden_load(&golden, "s01-oliv-seed");

    cr_assert_eq(golden.classes, 40);
    facetree_evaluation_init(&evaluation, golden.test_count, 40, NULL);

    rows = json_object_get(golden.json, "predict_proba");

    for (i = 0; i < golden.test_count; i++) {
        row = json_array_get(rows, i);

        for (k = 0; k < 40; k++) {
            probabilities[k] = json_number_value(json_array_get(row, k));
        }

        facetree_evaluation_add(&evaluation, golden.labels[golden.test[i]],
            (uint32_t) json_integer_value(json_array_get(
                json_object_get(golden.json, "predict"), i)),
            probabilities);
    }

    cr_assert_eq(facetree_evaluation_finish(&evaluation, NULL), FACETREE_OK);

    cr_assert_eq(evaluation.accuracy,
                 json_real_value(json_object_get(golden.json, "accuracy")));
    test_evaluate_near(evaluation.log_loss, 10.725568778868253);
    test_evaluate_near(evaluation.precision, 0.48288043478260867);
    test_evaluate_near(evaluation.recall, 0.4333333333333333);
    test_evaluate_near(evaluation.f1, 0.4232993197278912);

    facetree_evaluation_clear(&evaluation);
    golden_free(&golden);
}
