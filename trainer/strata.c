
/*
 * Copyright (C) facetree contributors
 */


#include "strata.h"

#include "facetree_int.h"

#include <stdlib.h>
#include <string.h>


/* Turns the sizes of all classes into starts of those that have members. */

static void
facetree_strata_lay_out(facetree_strata_t *strata, uint32_t *next,
    uint32_t classes)
{
    uint32_t  i, size, start;

    start = 0;

    for (i = 0; i < classes; i++) {
        size = next[i];
        next[i] = start;

        if (size) {
            strata->class[strata->count] = i;
            strata->start[strata->count] = start;
            strata->count++;
        }

        start += size;
    }

    strata->start[strata->count] = start;
}


facetree_status_e
facetree_strata_init(facetree_strata_t *strata, const uint32_t *labels,
    uint32_t count, uint32_t classes, facetree_error_t *err)
{
    uint32_t  i, *next;

    memset(strata, 0, sizeof(*strata));

    for (i = 0; i < count; i++) {

        if (labels[i] >= classes) {
            return facetree_fail(err, FACETREE_EINVAL, FACETREE_NO_OFFSET,
                                 "picture %u is of class %u: there are only "
                                 "%u classes", i, labels[i], classes);
        }
    }

    next = calloc((size_t) classes + 1, sizeof(*next));
    strata->class = calloc((size_t) classes + 1, sizeof(*strata->class));
    strata->start = calloc((size_t) classes + 1, sizeof(*strata->start));
    strata->members = calloc((size_t) count + 1, sizeof(*strata->members));

    if (next == NULL || strata->class == NULL || strata->start == NULL
        || strata->members == NULL)
    {
        free(next);
        facetree_strata_clear(strata);

        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    for (i = 0; i < count; i++) {
        next[labels[i]]++;
    }

    facetree_strata_lay_out(strata, next, classes);

    for (i = 0; i < count; i++) {
        strata->members[next[labels[i]]++] = i;
    }

    free(next);

    return FACETREE_OK;
}


void
facetree_strata_clear(facetree_strata_t *strata)
{
    free(strata->class);
    free(strata->start);
    free(strata->members);

    memset(strata, 0, sizeof(*strata));
}
