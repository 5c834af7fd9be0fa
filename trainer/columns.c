
/*
 * Copyright (C) facetree contributors
 */


/* for madvise() */
#define _DEFAULT_SOURCE

#include "columns.h"

#include "facetree_int.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>


/* Samples and features that are transposed together: one cache line each. */
#define FACETREE_COLUMNS_TILE  64

#define FACETREE_COLUMNS_LEVELS  256

/* Bytes that are worth the trouble of giving them back. */
#define FACETREE_COLUMNS_SPEND   ((size_t) 2 << 20)


static facetree_status_e
facetree_columns_check(const facetree_examples_t *examples,
    facetree_error_t *err)
{
    uint32_t  i;

    if (examples->count == 0 || examples->features == 0
        || examples->classes == 0)
    {
        return facetree_fail(err, FACETREE_EINVAL, FACETREE_NO_OFFSET,
                             "nothing to train on: %u pictures of %u pixels, "
                             "%u classes", examples->count,
                             examples->features, examples->classes);
    }

    if (examples->count > INT32_MAX || examples->features > INT32_MAX
        || examples->count > SIZE_MAX / examples->features)
    {
        return facetree_fail(err, FACETREE_EINVAL, FACETREE_NO_OFFSET,
                             "%u pictures of %u pixels are too many",
                             examples->count, examples->features);
    }

    for (i = 0; i < examples->count; i++) {

        if (examples->labels[examples->rows[i]] >= examples->classes) {
            return facetree_fail(err, FACETREE_EINVAL, FACETREE_NO_OFFSET,
                                 "picture %u is of class %u: there are only "
                                 "%u classes", examples->rows[i],
                                 examples->labels[examples->rows[i]],
                                 examples->classes);
        }
    }

    return FACETREE_OK;
}


static uint32_t
facetree_columns_end(uint32_t start, uint32_t count)
{
    return count - start > FACETREE_COLUMNS_TILE
           ? start + FACETREE_COLUMNS_TILE : count;
}


static void
facetree_columns_tile(facetree_columns_t *columns,
    const facetree_examples_t *examples, uint32_t first_sample,
    uint32_t first_feature)
{
    uint32_t        i, j, samples, features;
    const uint8_t  *row;

    samples = facetree_columns_end(first_sample, columns->count);
    features = facetree_columns_end(first_feature, columns->features);

    for (i = first_sample; i < samples; i++) {
        row = examples->pixels
              + (size_t) examples->rows[i] * columns->features;

        for (j = first_feature; j < features; j++) {
            columns->levels[(size_t) j * columns->count + i] = row[j];
        }
    }
}


/*
 * Gives the pages of rows that have been copied back to the system, so that a
 * large data set is not held twice.
 */

static void
facetree_columns_spend(const facetree_examples_t *examples, uint32_t start,
    uint32_t end, size_t page)
{
    size_t          head, whole;
    uint32_t        i;
    const uint8_t  *row;

    for (i = start; i < end; i++) {
        row = examples->pixels
              + (size_t) examples->rows[i] * examples->features;

        /* Bytes before the first whole page, and those of whole pages. */

        head = (page - (uintptr_t) row % page) % page;
        whole = head < examples->features
                ? (examples->features - head) / page * page : 0;

        if (whole) {
            (void) madvise((void *) (row + head), whole, MADV_DONTNEED);
        }
    }
}


static void
facetree_columns_fill(facetree_columns_t *columns,
    const facetree_examples_t *examples)
{
    int       spend;
    long      page;
    uint32_t  i, j;

    page = sysconf(_SC_PAGESIZE);
    spend = examples->spend && page > 0
            && (size_t) columns->count * columns->features
               >= FACETREE_COLUMNS_SPEND;

    for (i = 0; i < columns->count; i += FACETREE_COLUMNS_TILE) {

        for (j = 0; j < columns->features; j += FACETREE_COLUMNS_TILE) {
            facetree_columns_tile(columns, examples, i, j);
        }

        if (spend) {
            facetree_columns_spend(examples, i,
                                   facetree_columns_end(i, columns->count),
                                   (size_t) page);
        }
    }
}


facetree_status_e
facetree_columns_init(facetree_columns_t *columns,
    const facetree_examples_t *examples, facetree_error_t *err)
{
    uint32_t           i;
    facetree_status_e  status;

    memset(columns, 0, sizeof(*columns));

    status = facetree_columns_check(examples, err);
    if (status != FACETREE_OK) {
        return status;
    }

    columns->count = examples->count;
    columns->features = examples->features;
    columns->classes = examples->classes;

    columns->levels = malloc((size_t) columns->count * columns->features);
    columns->class = malloc(columns->count * sizeof(*columns->class));

    if (columns->levels == NULL || columns->class == NULL) {
        facetree_columns_clear(columns);
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    for (i = 0; i < columns->count; i++) {
        columns->class[i] = examples->labels[examples->rows[i]];
    }

    facetree_columns_fill(columns, examples);

    return FACETREE_OK;
}


static void
facetree_columns_sort_one(const uint8_t *levels, uint16_t *order,
    uint32_t count)
{
    uint32_t  i, size, place, next[FACETREE_COLUMNS_LEVELS];

    memset(next, 0, sizeof(next));

    for (i = 0; i < count; i++) {
        next[levels[i]]++;
    }

    place = 0;

    for (i = 0; i < FACETREE_COLUMNS_LEVELS; i++) {
        size = next[i];
        next[i] = place;
        place += size;
    }

    for (i = 0; i < count; i++) {
        order[next[levels[i]]++] = (uint16_t) i;
    }
}


void
facetree_columns_sort(facetree_columns_t *columns)
{
    size_t    all;
    uint32_t  i;

    all = (size_t) columns->count * columns->features;

    if (columns->count > FACETREE_COLUMNS_MAX_SORTED
        || all > FACETREE_COLUMNS_ROOM / sizeof(*columns->order))
    {
        return;
    }

    columns->order = malloc(all * sizeof(*columns->order));

    if (columns->order == NULL) {
        return;
    }

    for (i = 0; i < columns->features; i++) {
        facetree_columns_sort_one(facetree_columns_levels(columns, i),
                                  columns->order + (size_t) i * columns->count,
                                  columns->count);
    }
}


void
facetree_columns_clear(facetree_columns_t *columns)
{
    free(columns->levels);
    free(columns->class);
    free(columns->order);

    memset(columns, 0, sizeof(*columns));
}
