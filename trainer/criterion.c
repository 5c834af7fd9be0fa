
/*
 * Copyright (C) facetree contributors
 */


#include "criterion.h"

#include "facetree_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>


facetree_status_e
facetree_criterion_init(facetree_criterion_t *criterion,
    facetree_criterion_e kind, uint32_t classes, const uint32_t *class,
    const double *weights, facetree_error_t *err)
{
    memset(criterion, 0, sizeof(*criterion));

    criterion->kind = kind;
    criterion->classes = classes;
    criterion->class = class;
    criterion->weights = weights;

    criterion->total = calloc(classes, sizeof(double));
    criterion->left = calloc(classes, sizeof(double));
    criterion->right = calloc(classes, sizeof(double));

    if (criterion->total == NULL || criterion->left == NULL
        || criterion->right == NULL)
    {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    return FACETREE_OK;
}


void
facetree_criterion_clear(facetree_criterion_t *criterion)
{
    free(criterion->total);
    free(criterion->left);
    free(criterion->right);

    memset(criterion, 0, sizeof(*criterion));
}


static double
facetree_criterion_weight(const facetree_criterion_t *criterion,
    uint32_t sample)
{
    return criterion->weights ? criterion->weights[sample] : 1.0;
}


void
facetree_criterion_enter(facetree_criterion_t *criterion,
    const uint32_t *samples, uint32_t count)
{
    double    weight;
    uint32_t  i;

    criterion->samples = samples;
    criterion->count = count;
    criterion->weight = 0.0;

    memset(criterion->total, 0, criterion->classes * sizeof(double));

    for (i = 0; i < count; i++) {
        weight = facetree_criterion_weight(criterion, samples[i]);

        criterion->total[criterion->class[samples[i]]] += weight;
        criterion->weight += weight;
    }

    facetree_criterion_reset(criterion);
}


void
facetree_criterion_reset(facetree_criterion_t *criterion)
{
    size_t  size;

    size = criterion->classes * sizeof(double);

    criterion->position = 0;
    criterion->left_weight = 0.0;
    criterion->right_weight = criterion->weight;

    memset(criterion->left, 0, size);
    memcpy(criterion->right, criterion->total, size);
}


/*
 * Counts from whichever end is nearer, as scikit-learn does: adding to what
 * was on the left, or taking away from the total.  With fractional weights
 * the two differ in last bits.
 */

void
facetree_criterion_move(facetree_criterion_t *criterion, uint32_t position)
{
    double    weight;
    uint32_t  i, class;

    if (position - criterion->position <= criterion->count - position) {

        for (i = criterion->position; i < position; i++) {
            weight = facetree_criterion_weight(criterion,
                                               criterion->samples[i]);

            criterion->left[criterion->class[criterion->samples[i]]] += weight;
            criterion->left_weight += weight;
        }

    } else {
        memcpy(criterion->left, criterion->total,
               criterion->classes * sizeof(double));
        criterion->left_weight = criterion->weight;

        for (i = criterion->count; i > position; i--) {
            weight = facetree_criterion_weight(criterion,
                                               criterion->samples[i - 1]);
            class = criterion->class[criterion->samples[i - 1]];

            criterion->left[class] -= weight;
            criterion->left_weight -= weight;
        }
    }

    for (i = 0; i < criterion->classes; i++) {
        criterion->right[i] = criterion->total[i] - criterion->left[i];
    }

    criterion->right_weight = criterion->weight - criterion->left_weight;
    criterion->position = position;
}


/*
 * The base-2 logarithm is a quotient of natural ones there; log2() would
 * differ in last bits.
 */

double
facetree_criterion_entropy_term(double sum, double weight)
{
    double  share;

    share = sum / weight;

    return share * (log(share) / log(2.0));
}


double
facetree_criterion_impurity(facetree_criterion_e kind, const double *sums,
    uint32_t classes, double weight)
{
    double    entropy, squares;
    uint32_t  i;

    if (kind == FACETREE_ENTROPY) {
        entropy = 0.0;

        for (i = 0; i < classes; i++) {
            if (sums[i] > 0.0) {
                entropy -= facetree_criterion_entropy_term(sums[i], weight);
            }
        }

        return entropy;
    }

    squares = 0.0;

    for (i = 0; i < classes; i++) {
        squares += sums[i] * sums[i];
    }

    return facetree_criterion_gini(squares, weight);
}
