
/*
 * Copyright (C) facetree contributors
 *
 * Between the files of fuzz-seeds.  Whatever fails ends the program.
 */


#ifndef FACETREE_FUZZ_SEEDS_H
#define FACETREE_FUZZ_SEEDS_H


#include <stddef.h>


typedef struct {
    const char  *dir;              /* of the seeds being written */
} seeds_t;


void seeds_write(const seeds_t *seeds, const char *name, const void *data,
    size_t len);

/* One small picture of every kind that core/ decodes. */
void seeds_pictures(const seeds_t *seeds);


#endif /* FACETREE_FUZZ_SEEDS_H */
