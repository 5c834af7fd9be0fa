
/*
 * Copyright (C) facetree contributors
 *
 * An answer for the tests of its forms: a model of made-up trees whose
 * metadata the test gives, and results that it may change.
 */


#ifndef FACETREE_TEST_ANSWER_H
#define FACETREE_TEST_ANSWER_H


#include "facetree.h"


#define TEST_ANSWER_CLASSES  7
#define TEST_ANSWER_RESULTS  3


typedef struct {
    facetree_answer_t   answer;
    facetree_model_t   *model;
    facetree_error_t    error;
    facetree_result_t   results[TEST_ANSWER_RESULTS];
    double              probabilities[TEST_ANSWER_CLASSES];
} facetree_test_answer_t;


/*
 * Three results: class 4 ("s<4>") with 0.92 from "<me>.jpg"; the same from no
 * file of known name; a picture over the pixel limit.  All from a 4000 x 3000
 * JPEG turned by 90 degrees.  The threshold is 0.5, the top 3 are listed.
 */
void facetree_test_answer(facetree_test_answer_t *test,
    const char *metadata);

void facetree_test_answer_clear(facetree_test_answer_t *test);


#endif /* FACETREE_TEST_ANSWER_H */
