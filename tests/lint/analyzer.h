/*
 * Copyright (C) facetree contributors
 *
 * For clang's analyzer alone, which sees one file at a time: facetree_fail()
 * returns the status that it is given, and facetree_fail_errno() always the
 * same one.  Without that it follows paths on which
 * a failure has succeeded.  Included before everything else of a file.
 */

#include "facetree_int.h"

#define facetree_fail(err, status, ...)                                       \
    (facetree_fail(err, status, __VA_ARGS__), (status))

#define facetree_fail_limit(err, status, ...)                                 \
    (facetree_fail_limit(err, status, __VA_ARGS__), (status))

#define facetree_fail_errno(err, number, ...)                                 \
    (facetree_fail_errno(err, number, __VA_ARGS__), FACETREE_EIO)
