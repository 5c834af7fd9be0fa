
/*
 * Copyright (C) facetree contributors
 *
 * Printing JSON without building it first, for the answer that every upload
 * gets: jansson makes some hundred allocations for it, and takes as long as
 * decoding the picture.  Everything else is jansson's.
 */


#ifndef FACETREE_JSON_PRINT_H
#define FACETREE_JSON_PRINT_H


#include "facetree_buffer.h"


#pragma GCC visibility push(hidden)


/* Quoted and escaped; what is not UTF-8 becomes U+FFFD. */
void facetree_json_print_string(facetree_buffer_t *buffer, const char *text);

/* With the least digits that bring it back, and always a point or exponent. */
void facetree_json_print_real(facetree_buffer_t *buffer, double value);

void facetree_json_print_integer(facetree_buffer_t *buffer, uint64_t value);


#pragma GCC visibility pop


#endif /* FACETREE_JSON_PRINT_H */
