
/*
 * Copyright (C) facetree contributors
 *
 * The training examples feature by feature, as growing reads them: a node
 * looks at one feature of many samples, not at many features of one.
 */


#ifndef FACETREE_COLUMNS_H
#define FACETREE_COLUMNS_H


#include "facetree.h"
#include "examples.h"


#pragma GCC visibility push(hidden)


/* What facetree_columns_sort() sorts: samples have 16-bit numbers there. */
#define FACETREE_COLUMNS_MAX_SORTED  65535

/*
 * Bytes of lists.  Those of many samples are no faster to go through than the
 * samples are to sort, since they do not fit in caches.
 */
#define FACETREE_COLUMNS_ROOM  ((size_t) 6 << 20)


/* Read only once made, and then shared by all trees of a forest. */

typedef struct {
    uint32_t   count;              /* of samples */
    uint32_t   features;
    uint32_t   classes;
    uint8_t   *levels;             /* features columns of count levels */
    uint32_t  *class;              /* of every sample */
    uint16_t  *order;              /* NULL, or a list of all samples by level
                                      for each feature */
} facetree_columns_t;


/*
 * Copies and transposes.  Fails with FACETREE_EINVAL when there is nothing to
 * learn from or a label is out of range, or with FACETREE_ENOMEM.
 */
facetree_status_e facetree_columns_init(facetree_columns_t *columns,
    const facetree_examples_t *examples, facetree_error_t *err);

/*
 * Makes columns->order, twice the size of the levels.  If that is more than
 * FACETREE_COLUMNS_ROOM or not to be had it stays NULL, and nodes sort for
 * themselves.
 */
void facetree_columns_sort(facetree_columns_t *columns);

void facetree_columns_clear(facetree_columns_t *columns);

static inline const uint8_t *
facetree_columns_levels(const facetree_columns_t *columns, uint32_t feature)
{
    return columns->levels + (size_t) feature * columns->count;
}


#pragma GCC visibility pop


#endif /* FACETREE_COLUMNS_H */
