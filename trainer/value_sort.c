
/*
 * Copyright (C) facetree contributors
 */


#include "value_sort.h"

#include <math.h>


static void
facetree_value_swap(uint8_t *levels, uint32_t *samples, uint32_t i,
    uint32_t j)
{
    uint8_t   level;
    uint32_t  sample;

    level = levels[i];
    levels[i] = levels[j];
    levels[j] = level;

    sample = samples[i];
    samples[i] = samples[j];
    samples[j] = sample;
}


static uint8_t
facetree_value_median(const uint8_t *levels, uint32_t count)
{
    uint8_t  a, b, c;

    a = levels[0];
    b = levels[count / 2];
    c = levels[count - 1];

    if (a < b) {
        return b < c ? b : (a < c ? c : a);
    }

    return b < c ? (a < c ? a : c) : b;
}


static void
facetree_value_sift(uint8_t *levels, uint32_t *samples, uint32_t root,
    uint32_t count)
{
    uint32_t  child, largest;

    for ( ;; ) {
        largest = root;

        for (child = 2 * root + 1; child <= 2 * root + 2; child++) {
            if (child < count && levels[child] > levels[largest]) {
                largest = child;
            }
        }

        if (largest == root) {
            return;
        }

        facetree_value_swap(levels, samples, root, largest);
        root = largest;
    }
}


static void
facetree_value_heapsort(uint8_t *levels, uint32_t *samples, uint32_t count)
{
    uint32_t  i;

    for (i = count / 2; i > 0; i--) {
        facetree_value_sift(levels, samples, i - 1, count);
    }

    for (i = count - 1; i > 0; i--) {
        facetree_value_swap(levels, samples, 0, i);
        facetree_value_sift(levels, samples, 0, i);
    }
}


/* Quicksort into less, equal and greater; heapsort once "budget" is spent. */

static void
facetree_value_introsort(uint8_t *levels, uint32_t *samples, uint32_t count,
    int budget)
{
    uint8_t   pivot;
    uint32_t  i, less, greater;

    while (count > 1) {

        if (budget <= 0) {
            facetree_value_heapsort(levels, samples, count);
            return;
        }

        budget--;

        pivot = facetree_value_median(levels, count);
        i = 0;
        less = 0;
        greater = count;

        while (i < greater) {

            if (levels[i] < pivot) {
                facetree_value_swap(levels, samples, i++, less++);

            } else if (levels[i] > pivot) {
                facetree_value_swap(levels, samples, i, --greater);

            } else {
                i++;
            }
        }

        facetree_value_introsort(levels, samples, less, budget);

        levels += greater;
        samples += greater;
        count -= greater;
    }
}


void
facetree_value_sort(uint8_t *levels, uint32_t *samples, uint32_t count)
{
    if (count > 1) {
        facetree_value_introsort(levels, samples, count,
                                 2 * (int) (log(count) / log(2.0)));
    }
}
