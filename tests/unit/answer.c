
/*
 * Copyright (C) facetree contributors
 */


#include "answer.h"
#include "fixture_forest.h"
#include "model_writer.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>


static facetree_model_t *
test_answer_model(const char *metadata)
{
    size_t              len;
    uint8_t            *file;
    facetree_error_t    err;
    facetree_model_t   *model;
    facetree_forest_t   forest;

    facetree_test_forest(&forest, 1, 2);

    cr_assert_eq(facetree_model_serialize(&forest, metadata, 1, &file, &len,
                                          &err),
                 FACETREE_OK, "%s", err.text);
    cr_assert_eq(facetree_model_parse(&model, file, len, &err), FACETREE_OK,
                 "%s", err.text);

    free(file);
    facetree_test_forest_clear(&forest);

    return model;
}


static void
test_answer_error(facetree_error_t *error)
{
    memset(error, 0, sizeof(*error));

    error->status = FACETREE_EPIXELS;
    error->offset = FACETREE_NO_OFFSET;
    error->limit = 25000000;
    error->observed = 12000000000;

    strcpy(error->text, "picture has 4000 x 3000000 pixels");
}


void
facetree_test_answer(facetree_test_answer_t *test, const char *metadata)
{
    size_t              i;
    facetree_result_t  *result;

    static const double  probabilities[TEST_ANSWER_CLASSES] = {
        0.0, 0.07, 0.0, 0.01, 0.92, 0.0, 0.0
    };

    memset(test, 0, sizeof(*test));

    test->model = test_answer_model(metadata);
    test_answer_error(&test->error);
    memcpy(test->probabilities, probabilities, sizeof(probabilities));

    for (i = 0; i < TEST_ANSWER_RESULTS; i++) {
        result = &test->results[i];

        result->image.format = FACETREE_JPEG;
        result->image.width = 4000;
        result->image.height = 3000;
        result->image.orientation = 6;
        result->prediction.class = 4;
        result->prediction.confidence = 0.92;
        result->prediction.margin = 0.85;
        result->probabilities = test->probabilities;
    }

    test->results[0].filename = "<me>.jpg";
    test->results[2].status = FACETREE_EPIXELS;
    test->results[2].error = &test->error;

    test->answer.model = test->model;
    test->answer.model_name = "olivetti";
    test->answer.results = test->results;
    test->answer.count = TEST_ANSWER_RESULTS;
    test->answer.top_k = 3;
    test->answer.threshold = 0.5;
    test->answer.decode_us = 13500;
    test->answer.predict_us = 18;
}


void
facetree_test_answer_clear(facetree_test_answer_t *test)
{
    facetree_model_free(test->model);
}
