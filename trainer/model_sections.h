
/*
 * Copyright (C) facetree contributors
 *
 * The arrays of a model file while it is being made, and the file around
 * them.
 */


#ifndef FACETREE_MODEL_SECTIONS_H
#define FACETREE_MODEL_SECTIONS_H


#include "facetree_format.h"
#include "tree.h"

#include <stddef.h>


#pragma GCC visibility push(hidden)


/* A section that was not added is left out of the file. */

typedef struct {
    void    *data[FACETREE_FTM_SECTIONS];
    size_t   bytes[FACETREE_FTM_SECTIONS];
} facetree_sections_t;


/*
 * Returns a zeroed array of "count" elements that the sections own, or NULL
 * when there is no memory.
 */
void *facetree_sections_add(facetree_sections_t *sections,
    facetree_ftm_section_e kind, size_t count);

/* Copies "count" elements to element "at" of an array. */
void facetree_sections_copy(facetree_sections_t *sections,
    facetree_ftm_section_e kind, const void *data, size_t count, size_t at);

/* Of the file. */
size_t facetree_sections_size(const facetree_sections_t *sections);

/*
 * Lays the arrays out behind a header and a directory, in "file", which has
 * room for all and is zeroed.  Each array is freed when it has been copied.
 */
void facetree_sections_assemble(facetree_sections_t *sections,
    const facetree_forest_t *forest, uint8_t *file);

void facetree_sections_clear(facetree_sections_t *sections);


#pragma GCC visibility pop


#endif /* FACETREE_MODEL_SECTIONS_H */
