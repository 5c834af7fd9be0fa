
/*
 * Copyright (C) facetree contributors
 */


#include "duplicates.h"
#include "facetree_int.h"

#include <stdlib.h>
#include <string.h>


typedef struct {
    const uint8_t  *pixels;
    size_t          len;
    uint32_t        row;
    int             test;
} facetree_duplicate_t;


/* Equal pictures lie together then, those of training first, by row. */

static int
facetree_duplicate_compare(const void *one, const void *two)
{
    int                          order;
    const facetree_duplicate_t  *a, *b;

    a = one;
    b = two;
    order = memcmp(a->pixels, b->pixels, a->len);

    if (order != 0) {
        return order;
    }

    if (a->test != b->test) {
        return a->test - b->test;
    }

    return (a->row > b->row) - (a->row < b->row);
}


static void
facetree_duplicates_count(facetree_duplicates_t *found,
    const facetree_duplicate_t *list, size_t count)
{
    size_t  i, first;

    memset(found, 0, sizeof(*found));

    for (i = 0, first = 0; i < count; i++) {
        if (memcmp(list[i].pixels, list[first].pixels, list[i].len) != 0) {
            first = i;
        }

        if (list[i].test && !list[first].test) {
            if (found->count == 0 || list[i].row < found->test) {
                found->test = list[i].row;
                found->train = list[first].row;
            }

            found->count++;
        }
    }
}


facetree_status_e
facetree_duplicates_find(facetree_duplicates_t *found,
    const facetree_dataset_t *dataset, const facetree_split_t *split,
    facetree_error_t *err)
{
    size_t                 i, count, len;
    facetree_duplicate_t  *list;

    count = (size_t) split->train_count + split->test_count;
    len = (size_t) dataset->width * dataset->height;
    list = calloc(count, sizeof(facetree_duplicate_t));

    if (list == NULL) {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    for (i = 0; i < count; i++) {
        list[i].test = i >= split->train_count;
        list[i].row = list[i].test ? split->test[i - split->train_count]
                                   : split->train[i];
        list[i].pixels = dataset->pixels + list[i].row * len;
        list[i].len = len;
    }

    qsort(list, count, sizeof(facetree_duplicate_t),
          facetree_duplicate_compare);
    facetree_duplicates_count(found, list, count);
    free(list);

    return FACETREE_OK;
}
