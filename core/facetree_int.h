
/*
 * Copyright (C) facetree contributors
 *
 * What the files of core/ share and nobody else sees.
 */


#ifndef FACETREE_INT_H
#define FACETREE_INT_H


#include "facetree.h"


#pragma GCC visibility push(hidden)


/*
 * Fills *err, if there is one, and returns "status", so that a failing branch
 * is one statement.  The text is formatted as by printf, cut to fit, and
 * stripped of anything that is not printable ASCII.  NULL as "format" takes
 * the text of the status.
 */
facetree_status_e facetree_fail(facetree_error_t *err,
    facetree_status_e status, uint64_t offset, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The same for an exceeded limit; fills limit and observed too. */
facetree_status_e facetree_fail_limit(facetree_error_t *err,
    facetree_status_e status, uint64_t limit, uint64_t observed,
    const char *format, ...) __attribute__((format(printf, 5, 6)));

/* The same for a failed system call; appends strerror(sys_errno). */
facetree_status_e facetree_fail_errno(facetree_error_t *err, int sys_errno,
    const char *format, ...) __attribute__((format(printf, 3, 4)));


#pragma GCC visibility pop


#endif /* FACETREE_INT_H */
