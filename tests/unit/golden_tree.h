
/*
 * Copyright (C) facetree contributors
 *
 * Comparison of trees with golden ones: for equality, never a tolerance.
 */


#ifndef FACETREE_TEST_GOLDEN_TREE_H
#define FACETREE_TEST_GOLDEN_TREE_H


#include "golden.h"
#include "tree.h"


/* Every array of a tree. */
void golden_tree(const json_t *recorded, const facetree_tree_t *tree,
    uint32_t classes);

/* All importances of a case. */
void golden_importances(const golden_case_t *golden,
    const double *importances);

/* A row of doubles. */
void golden_row(const json_t *recorded, const double *made, uint32_t count,
    const char *what);


#endif /* FACETREE_TEST_GOLDEN_TREE_H */
