
/*
 * Copyright (C) facetree contributors
 *
 * Values of a document that is not built first: the answer that every upload
 * gets.  Its members are always the same, and as a tree of jansson's it takes
 * some hundred allocations, and as long as decoding the picture.  Text that
 * needs escapes is still left to jansson, as is every other document.
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
