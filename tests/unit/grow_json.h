
/*
 * Copyright (C) facetree contributors
 *
 * scikit-learn's parameters as JSON objects, and trees as scikit-learn's
 * arrays in JSON: what golden files hold and what the comparison with an
 * installed scikit-learn exchanges.
 */


#ifndef FACETREE_TEST_GROW_JSON_H
#define FACETREE_TEST_GROW_JSON_H


#include "grow.h"

#include <jansson.h>


/*
 * A number without a point is a count, one with a point a fraction.  A map of
 * class weights has the labels "0", "1", ... as keys and is written to "map",
 * of "classes" items, which must outlive "params".  Returns 0 and prints a
 * line for an unknown parameter, so that none is ever left out unnoticed;
 * those in "others", separated by blanks, belong to somebody else.
 */
int test_grow_params(facetree_grow_params_t *params, const json_t *object,
    double *map, uint32_t classes, const char *others);

/* The same for one amount: null, a name, an integer or a real. */
int test_grow_amount(facetree_amount_t *amount, const json_t *value);

/* feature, threshold, children_left, ..., value (one row a node). */
json_t *test_grow_tree_json(const facetree_tree_t *tree, uint32_t classes);


#endif /* FACETREE_TEST_GROW_JSON_H */
