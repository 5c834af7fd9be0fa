
/*
 * Copyright (C) facetree contributors
 *
 * A growable string for answers.  It is given its greatest length at birth,
 * and the first failure latches: later calls do nothing, so that a page is
 * written without a check on every line and checked once, at the end.
 */


#ifndef FACETREE_BUFFER_H
#define FACETREE_BUFFER_H


#include "facetree_int.h"


#pragma GCC visibility push(hidden)


typedef struct {
    char              *data;       /* "len" bytes, not terminated */
    size_t             len;
    size_t             size;       /* allocated */
    size_t             max;
    facetree_status_e  status;     /* FACETREE_OK, FACETREE_ENOMEM, or
                                      FACETREE_EBYTES: longer than "max" */
} facetree_buffer_t;


/* Allocates nothing.  "max" does not count the terminator of _take(). */
void facetree_buffer_init(facetree_buffer_t *buffer, size_t max);

/* Makes room for "len" bytes in all, so that growing moves nothing later. */
void facetree_buffer_reserve(facetree_buffer_t *buffer, size_t len);

void facetree_buffer_add(facetree_buffer_t *buffer, const void *data,
    size_t len);
void facetree_buffer_puts(facetree_buffer_t *buffer, const char *text);

/* At most 255 bytes of output a call; more latches FACETREE_EBYTES. */
void facetree_buffer_printf(facetree_buffer_t *buffer, const char *format,
    ...) __attribute__((format(printf, 2, 3)));

/*
 * Adds text from outside as valid UTF-8: every ill-formed sequence becomes
 * U+FFFD.
 */
void facetree_buffer_utf8(facetree_buffer_t *buffer, const char *text,
    size_t len);

/*
 * The same for the content of an element or a quoted attribute of HTML: also
 * escapes & < > " and ', and replaces control characters, which HTML does not
 * have, by U+FFFD.
 */
void facetree_buffer_html(facetree_buffer_t *buffer, const char *text);

/* Latches a failure of the caller's own. */
void facetree_buffer_fail(facetree_buffer_t *buffer,
    facetree_status_e status);

/*
 * Hands the text over, terminated; the caller frees it with free().  Fails
 * with the latched status.  In both cases the buffer is empty afterwards and
 * owns nothing.
 */
facetree_status_e facetree_buffer_take(facetree_buffer_t *buffer, char **out,
    size_t *len, facetree_error_t *err);

void facetree_buffer_free(facetree_buffer_t *buffer);


#pragma GCC visibility pop


#endif /* FACETREE_BUFFER_H */
