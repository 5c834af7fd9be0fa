
/*
 * Copyright (C) facetree contributors
 *
 * How far long work has come, for people who wait for it.
 */


#ifndef FACETREE_PROGRESS_H
#define FACETREE_PROGRESS_H


#include "console.h"


#pragma GCC visibility push(hidden)


typedef struct {
    facetree_console_t  *console;
    const char          *what;         /* "trees" */
    double               start;
    double               shown;
} facetree_progress_t;


/* Seconds of a clock that never goes back. */
double facetree_progress_clock(void);

void facetree_progress_start(facetree_progress_t *progress,
    facetree_console_t *console, const char *what);

/*
 * "ctx" is a facetree_progress_t.  Draws "done of total" and the time left,
 * on terminals, a few times a second, after the first half second.
 */
void facetree_progress_step(void *ctx, uint32_t done, uint32_t total);


#pragma GCC visibility pop


#endif /* FACETREE_PROGRESS_H */
