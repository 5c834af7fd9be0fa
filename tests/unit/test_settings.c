
/*
 * Copyright (C) facetree contributors
 */


#include "class_weight.h"
#include "crossval.h"
#include "settings.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>


static const char *const  test_labels[] = { "a", "a=1,b", "b", "c, d" };


Test(settings, defaults_follow_the_estimator)
{
    int                  i;
    facetree_error_t     err;
    facetree_settings_t  settings;
    struct {
        const char         *splitter;
        facetree_amount_e   features;
        uint32_t            trees;
        int                 bootstrap;
    }  expected[] = {
        { "best", FACETREE_AMOUNT_NONE, 0, -1 },
        { "random", FACETREE_AMOUNT_SQRT, 0, -1 },
        { NULL, FACETREE_AMOUNT_SQRT, 100, 1 },
        { NULL, FACETREE_AMOUNT_SQRT, 100, 0 }
    };

    for (i = 0; facetree_estimators[i]; i++) {
        facetree_settings_init(&settings);
        settings.estimator = facetree_estimators[i];

        /* Twice, since the second time must change nothing. */
        cr_assert_eq(facetree_settings_apply(&settings, &err), FACETREE_OK);
        cr_assert_eq(facetree_settings_apply(&settings, &err), FACETREE_OK);

        if (expected[i].splitter) {
            cr_assert_str_eq(settings.splitter, expected[i].splitter);

        } else {
            cr_assert_null(settings.splitter);
        }

        cr_assert_eq(settings.tree.max_features.kind, expected[i].features);
        cr_assert_eq(settings.n_estimators, expected[i].trees);
        cr_assert_eq(settings.bootstrap, expected[i].bootstrap);
        cr_assert_eq(settings.augment, 0);
    }
}


Test(settings, what_is_given_stays)
{
    facetree_error_t     err;
    facetree_settings_t  settings;

    facetree_settings_init(&settings);
    settings.estimator = "extra-tree";
    settings.splitter = facetree_splitters[0];
    settings.tree.max_features.kind = FACETREE_AMOUNT_NONE;
    settings.augment_params.copies = 3;

    cr_assert_eq(facetree_settings_apply(&settings, &err), FACETREE_OK);
    cr_assert_str_eq(settings.splitter, "best");
    cr_assert_eq(settings.tree.splitter, FACETREE_BEST);
    cr_assert_eq(settings.tree.max_features.kind, FACETREE_AMOUNT_NONE);
    cr_assert_eq(settings.augment, 1);
    cr_assert_eq(settings.augment_params.copies, 3);
    cr_assert(settings.augment_params.gain == FACETREE_AUGMENT_GAIN);
}


Test(settings, saying_how_asks_for_copies)
{
    facetree_error_t     err;
    facetree_settings_t  settings;

    facetree_settings_init(&settings);
    settings.augment_params.rotation = 0.0;

    cr_assert_eq(facetree_settings_apply(&settings, &err), FACETREE_OK);
    cr_assert_eq(facetree_settings_apply(&settings, &err), FACETREE_OK);
    cr_assert_eq(settings.augment, 1);
    cr_assert_eq(settings.augment_params.copies, FACETREE_AUGMENT_COPIES);
    cr_assert(settings.augment_params.rotation == 0.0);
    cr_assert(settings.augment_params.shift == FACETREE_AUGMENT_SHIFT);
    cr_assert(settings.augment_params.scale == FACETREE_AUGMENT_SCALE);
}


static void
test_weights_refused(const char *text, const char *part)
{
    double            weights[4];
    facetree_error_t  err;

    cr_assert_eq(facetree_class_weight_read(weights, text, test_labels, 4,
                                            &err), FACETREE_EINVAL,
                 "\"%s\" was accepted", text);
    cr_assert_not_null(strstr(err.text, part), "%s: %s", text, err.text);
}


Test(settings, class_weights)
{
    double            weights[4];
    facetree_error_t  err;

    cr_assert_eq(facetree_class_weight_read(weights, "c, d=2.5,b=0",
                                            test_labels, 4, &err),
                 FACETREE_OK, "%s", err.text);
    cr_assert_eq(weights[0], 1.0);
    cr_assert_eq(weights[1], 1.0);
    cr_assert_eq(weights[2], 0.0);
    cr_assert_eq(weights[3], 2.5);

    /* The shortest label wins: this is "a" and "b". */
    cr_assert_eq(facetree_class_weight_read(weights, "a=1,b=7", test_labels,
                                            4, &err), FACETREE_OK);
    cr_assert_eq(weights[1], 1.0);
    cr_assert_eq(weights[2], 7.0);

    test_weights_refused("", "no label");
    test_weights_refused("a", "no label");
    test_weights_refused("x=1", "no label");
    test_weights_refused("a=1,", "no label");
    test_weights_refused("a=", "number");
    test_weights_refused("a=-1", "number");
    test_weights_refused("a=nan", "number");
    test_weights_refused("a=1,a=2", "twice");
    test_weights_refused("b=0,c, d=1x", "number");
}


Test(settings, weights_that_are_all_nothing)
{
    double            weights[1];
    facetree_error_t  err;

    cr_assert_eq(facetree_class_weight_read(weights, "a=0", test_labels, 1,
                                            &err), FACETREE_EINVAL);
}


/* Against tables of the distribution. */

Test(settings, student_quantiles)
{
    cr_assert(isinf(facetree_student_975(0)));
    cr_assert_float_eq(facetree_student_975(1), 12.7062, 1e-4);
    cr_assert_float_eq(facetree_student_975(29), 2.04523, 1e-5);
    cr_assert_float_eq(facetree_student_975(31), 2.03951, 2e-5);
    cr_assert_float_eq(facetree_student_975(60), 2.00030, 1e-5);
    cr_assert_float_eq(facetree_student_975(1000000), 1.95996, 1e-5);
}
