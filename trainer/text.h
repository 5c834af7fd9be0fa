
/*
 * Copyright (C) facetree contributors
 *
 * Text that came from outside, made fit to be shown or recorded.
 */


#ifndef FACETREE_TEXT_H
#define FACETREE_TEXT_H


#include <stddef.h>


#pragma GCC visibility push(hidden)


/* Whether "text" is UTF-8 (RFC 3629) without control characters. */
int facetree_text_plain(const char *text);

/*
 * Copies "text" with every control character and byte that is not UTF-8 as
 * \xNN, cut at a whole character to fit "size" (at least 1) bytes.
 */
void facetree_text_escape(const char *text, char *out, size_t size);

/* The part of a path after its last slash; trailing slashes do not count. */
void facetree_text_basename(const char *path, char *out, size_t size);

#define FACETREE_TEXT_DOUBLE  32

/*
 * The shortest decimal that strtod() turns into "value" again, always with a
 * point or an exponent, so that it stays a real number in JSON.
 */
void facetree_text_double(double value, char out[FACETREE_TEXT_DOUBLE]);


#pragma GCC visibility pop


#endif /* FACETREE_TEXT_H */
