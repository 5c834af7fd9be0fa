
/*
 * Copyright (C) facetree contributors
 */


#include "pairwise.h"


#define FACETREE_PAIRWISE_LANES  8
#define FACETREE_PAIRWISE_BLOCK  128


static double
facetree_pairwise_block(const double *values, size_t count)
{
    size_t  i, j;
    double  lane[FACETREE_PAIRWISE_LANES], sum;

    for (j = 0; j < FACETREE_PAIRWISE_LANES; j++) {
        lane[j] = values[j];
    }

    for (i = FACETREE_PAIRWISE_LANES;
         i + FACETREE_PAIRWISE_LANES <= count;
         i += FACETREE_PAIRWISE_LANES)
    {
        for (j = 0; j < FACETREE_PAIRWISE_LANES; j++) {
            lane[j] += values[i + j];
        }
    }

    sum = ((lane[0] + lane[1]) + (lane[2] + lane[3]))
          + ((lane[4] + lane[5]) + (lane[6] + lane[7]));

    for ( /* void */ ; i < count; i++) {
        sum += values[i];
    }

    return sum;
}


double
facetree_pairwise_sum(const double *values, size_t count)
{
    size_t  i, half;
    double  sum;

    if (count < FACETREE_PAIRWISE_LANES) {
        sum = 0.0;

        for (i = 0; i < count; i++) {
            sum += values[i];
        }

        return sum;
    }

    if (count <= FACETREE_PAIRWISE_BLOCK) {
        return facetree_pairwise_block(values, count);
    }

    half = count / 2;
    half -= half % FACETREE_PAIRWISE_LANES;

    return facetree_pairwise_sum(values, half)
           + facetree_pairwise_sum(values + half, count - half);
}
