
/*
 * Copyright (C) facetree contributors
 */


#include "progress.h"

#include <stdio.h>
#include <time.h>


#define FACETREE_PROGRESS_FIRST  0.5           /* seconds */
#define FACETREE_PROGRESS_EVERY  0.2


double
facetree_progress_clock(void)
{
    struct timespec  now;

    clock_gettime(CLOCK_MONOTONIC, &now);

    return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}


void
facetree_progress_start(facetree_progress_t *progress,
    facetree_console_t *console, const char *what)
{
    progress->console = console;
    progress->what = what;
    progress->start = facetree_progress_clock();
    progress->shown = progress->start + FACETREE_PROGRESS_FIRST
                      - FACETREE_PROGRESS_EVERY;
}


void
facetree_progress_step(void *ctx, uint32_t done, uint32_t total)
{
    char                  line[96];
    double                now, left;
    facetree_progress_t  *progress;

    progress = ctx;
    now = facetree_progress_clock();

    if (now - progress->shown < FACETREE_PROGRESS_EVERY || done == 0) {
        return;
    }

    progress->shown = now;
    left = (now - progress->start) / done * (total - done);

    snprintf(line, sizeof(line), "%s: %lu of %lu, %lu:%02lu left",
             progress->what, (unsigned long) done, (unsigned long) total,
             (unsigned long) left / 60, (unsigned long) left % 60);

    facetree_console_progress(progress->console, line, done, total);
}
