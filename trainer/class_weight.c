
/*
 * Copyright (C) facetree contributors
 */


#include "class_weight.h"
#include "facetree_int.h"
#include "options.h"

#include <string.h>


#define FACETREE_CLASS_WEIGHT_NUMBER  64


/* Returns "classes" when no label and "=" begin the text. */

static uint32_t
facetree_class_weight_label(const char *text, const char *const *labels,
    uint32_t classes)
{
    size_t    len, shortest;
    uint32_t  i, found;

    found = classes;
    shortest = SIZE_MAX;

    for (i = 0; i < classes; i++) {
        len = strlen(labels[i]);

        if (len < shortest && strncmp(text, labels[i], len) == 0
            && text[len] == '=')
        {
            found = i;
            shortest = len;
        }
    }

    return found;
}


/* Returns the end of the number, NULL if it is none. */

static const char *
facetree_class_weight_number(const char *text, double *weight)
{
    char    number[FACETREE_CLASS_WEIGHT_NUMBER];
    size_t  len;

    len = strcspn(text, ",");

    if (len >= sizeof(number)) {
        return NULL;
    }

    memcpy(number, text, len);
    number[len] = '\0';

    return facetree_number_real(number, weight) && *weight >= 0.0
           ? text + len : NULL;
}


static facetree_status_e
facetree_class_weight_check(const double *weights, uint32_t classes,
    facetree_error_t *err)
{
    uint32_t  i;

    for (i = 0; i < classes; i++) {
        if (weights[i] > 0.0) {
            return FACETREE_OK;
        }
    }

    return facetree_fail(err, FACETREE_EINVAL, FACETREE_NO_OFFSET,
                         "--class-weight: all labels weigh 0");
}


facetree_status_e
facetree_class_weight_read(double *weights, const char *text,
    const char *const *labels, uint32_t classes, facetree_error_t *err)
{
    double       weight;
    uint32_t     i;
    const char  *p, *end;

    /* No weight is below zero: that marks those yet to be named. */
    for (i = 0; i < classes; i++) {
        weights[i] = -1.0;
    }

    for (p = text; /* void */ ; p = end + 1) {
        i = facetree_class_weight_label(p, labels, classes);

        if (i == classes) {
            return facetree_fail(err, FACETREE_EINVAL, FACETREE_NO_OFFSET,
                                 "--class-weight: no label of the data set "
                                 "and \"=\" at \"%.60s\"", p);
        }

        end = facetree_class_weight_number(p + strlen(labels[i]) + 1,
                                           &weight);

        if (end == NULL || weights[i] >= 0.0) {
            return facetree_fail(err, FACETREE_EINVAL, FACETREE_NO_OFFSET,
                                 "--class-weight: %.60s: %s", labels[i],
                                 end ? "is there twice"
                                     : "the weight must be a number from 0");
        }

        weights[i] = weight;

        if (*end == '\0') {
            break;
        }
    }

    for (i = 0; i < classes; i++) {
        weights[i] = weights[i] < 0.0 ? 1.0 : weights[i];
    }

    return facetree_class_weight_check(weights, classes, err);
}
