
/*
 * Copyright (C) facetree contributors
 */


#include "training.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>


/* A picture's answer does not depend on how many are asked for with it. */

static void
test_predict_batches(const facetree_model_t *model, const uint8_t *pixels,
    const double *rows, const facetree_prediction_t *many)
{
    static const uint32_t  counts[] = { 0, 1, 15, 16, 17, 63, 64, 65, 79, 81 };

    double                 *some;
    size_t                  i;
    uint32_t                k, first;
    facetree_prediction_t   made[81];

    some = calloc(81 * 40, sizeof(double));
    cr_assert_not_null(some);

    for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        first = (uint32_t) (3 * i);

        facetree_predict_batch(model, pixels + first * 132, counts[i], some,
                               made);

        cr_assert_eq(memcmp(some, rows + first * 40,
                            counts[i] * 40 * sizeof(double)), 0);

        for (k = 0; k < counts[i]; k++) {
            cr_assert_eq(made[k].class, many[first + k].class);
            cr_assert_eq(made[k].confidence, many[first + k].confidence);
            cr_assert_eq(made[k].margin, many[first + k].margin);
        }
    }

    free(some);
}


/*
 * Forests whose number of trees is, and is not, a multiple of those walked at
 * once; answers must be those of the grown trees, added one after the other.
 */

static void
test_predict_forest(const char *estimator, uint32_t trees)
{
    double                     expected[40], scratch[40], *rows;
    uint32_t                   i, class, checked;
    facetree_run_t             run;
    facetree_error_t           err;
    facetree_dataset_t         data;
    facetree_settings_t        settings;
    facetree_prediction_t      one, many[400];
    facetree_dataset_source_t  source;

    memset(&source, 0, sizeof(source));
    source.path = "synthetic";
    source.width = 12;
    source.height = 11;

    cr_assert_eq(facetree_dataset_load(&data, &source, &err), FACETREE_OK);

    facetree_settings_init(&settings);
    settings.size.width = 12;
    settings.size.height = 11;
    settings.estimator = estimator;
    settings.n_estimators = trees;
    settings.class_weight = trees % 2 ? "p01=0.3,p02=7.1" : NULL;

    cr_assert_eq(facetree_settings_apply(&settings, &err), FACETREE_OK);
    cr_assert_eq(facetree_run_train(&run, &data, &settings, 0, &err),
                 FACETREE_OK, "%s", err.text);

    rows = calloc(data.count * 40, sizeof(double));
    facetree_predict_batch(run.model, data.pixels, data.count, rows, many);

    /* the slow way is slow */

    checked = trees > 100 ? 20 : data.count;

    for (i = 0; i < checked; i++) {
        class = facetree_forest_probabilities(&run.forest,
                                              data.pixels + i * 132,
                                              expected, scratch);

        cr_assert_eq(memcmp(expected, rows + i * 40, sizeof(expected)), 0);
        cr_assert_eq(many[i].class, class);

        facetree_predict(run.model, data.pixels + i * 132, scratch, &one);

        cr_assert_eq(memcmp(expected, scratch, sizeof(expected)), 0);
        cr_assert_eq(one.class, class);
        cr_assert_eq(one.confidence, many[i].confidence);
        cr_assert_eq(one.margin, many[i].margin);
    }

    test_predict_batches(run.model, data.pixels, rows, many);

    free(rows);
    facetree_run_clear(&run);
    facetree_dataset_clear(&data);
}


Test(predict, forests_of_any_size)
{
    test_predict_forest("random-forest", 1);
    test_predict_forest("extra-trees", 7);
    test_predict_forest("extra-trees", 8);
    test_predict_forest("random-forest", 19);
    test_predict_forest("extra-trees", 530);
}


Test(predict, trees)
{
    test_predict_forest("decision-tree", 0);
    test_predict_forest("extra-tree", 0);
}
