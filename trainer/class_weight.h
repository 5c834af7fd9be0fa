
/*
 * Copyright (C) facetree contributors
 *
 * Weights of classes as a person writes them: label=weight,...
 */


#ifndef FACETREE_CLASS_WEIGHT_H
#define FACETREE_CLASS_WEIGHT_H


#include "facetree.h"


#pragma GCC visibility push(hidden)


/*
 * Reads "text" into weights[], one a label, 1.0 for those that are not in it.
 * Labels are taken as they are, commas and all: at each place the shortest
 * label of the data set that an "=" follows.  Fails with FACETREE_EINVAL for
 * an unknown label, one named twice, a weight below 0, and if all are 0.
 */
facetree_status_e facetree_class_weight_read(double *weights,
    const char *text, const char *const *labels, uint32_t classes,
    facetree_error_t *err);


#pragma GCC visibility pop


#endif /* FACETREE_CLASS_WEIGHT_H */
