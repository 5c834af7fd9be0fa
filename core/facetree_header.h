
/*
 * Copyright (C) facetree contributors
 *
 * The syntax that header fields of HTTP and MIME share: tokens and
 * "; name=value" parameters (RFC 9110, 5.6).  Nothing is copied; slices point
 * into the text that was given.
 */


#ifndef FACETREE_HEADER_H
#define FACETREE_HEADER_H


#include <stddef.h>


#pragma GCC visibility push(hidden)


typedef struct {
    const char  *data;
    size_t       len;
} facetree_slice_t;

typedef struct {
    facetree_slice_t  name;
    facetree_slice_t  value;       /* of a quoted one: between the quotes,
                                      escapes as they are */
    int               quoted;
} facetree_header_param_t;

typedef enum {
    FACETREE_HEADER_END = 0,       /* nothing is left */
    FACETREE_HEADER_FOUND,
    FACETREE_HEADER_BAD            /* not of this syntax */
} facetree_header_e;


/* Compares without regard to ASCII case; "lower" is in lower case. */
int facetree_slice_is(facetree_slice_t slice, const char *lower);
int facetree_slice_starts(facetree_slice_t slice, const char *lower);

/* Without spaces and tabs at both ends. */
facetree_slice_t facetree_slice_trim(facetree_slice_t slice);

/* Takes the token at the start off "*text"; it is empty if there is none. */
facetree_slice_t facetree_header_token(facetree_slice_t *text);

/*
 * Takes the next parameter off "*text", which starts at a semicolon.  Empty
 * parameters are passed over.  A value that is not quoted ends at a semicolon
 * or white space: boundaries with "/" or "=" in them are often sent bare,
 * though strictly they are not tokens.
 */
facetree_header_e facetree_header_param(facetree_slice_t *text,
    facetree_header_param_t *param);

/*
 * Takes the next element off a comma-separated list, trimmed; commas in
 * quoted strings do not count.  Empty elements are passed over.
 */
facetree_header_e facetree_header_element(facetree_slice_t *list,
    facetree_slice_t *element);

/* The part of a Content-Type before its parameters, trimmed. */
facetree_slice_t facetree_header_media_type(facetree_slice_t value);


#pragma GCC visibility pop


#endif /* FACETREE_HEADER_H */
