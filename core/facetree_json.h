
/*
 * Copyright (C) facetree contributors
 *
 * Making JSON with jansson.  A value that could not be made is NULL, and
 * jansson refuses to add NULL to anything, so every failure shows where the
 * outermost value is put together: lack of memory is checked there alone.
 */


#ifndef FACETREE_JSON_H
#define FACETREE_JSON_H


#include "facetree_buffer.h"
#include "facetree_int.h"

#include <jansson.h>


#pragma GCC visibility push(hidden)


/* Digits of a double: always exact in decimal, and always enough. */
#define FACETREE_JSON_MIN_DIGITS  15
#define FACETREE_JSON_MAX_DIGITS  17
#define FACETREE_JSON_MIN_FLOAT   6
#define FACETREE_JSON_MAX_FLOAT   9


/*
 * "*digits", FACETREE_JSON_MIN_DIGITS at first, is raised to the least number
 * that brings back, as the same double, every real number made so far.
 * jansson prints a document with one precision, and 17 for all would show
 * 0.92 as 0.92000000000000004.  The value is finite.
 */
json_t *facetree_json_real(int *digits, double value);

/*
 * The same for documents whose reals are floats, from FACETREE_JSON_MIN_FLOAT
 * digits on.
 */
json_t *facetree_json_float(int *digits, float value);

/* JSON integers of clients and of jansson are signed: the largest at most. */
json_t *facetree_json_integer(uint64_t value);

/* Text from outside: jansson takes only valid UTF-8. */
json_t *facetree_json_string(const char *text);

/*
 * These take both over; they free the object or array, and return NULL, when
 * either is NULL.
 */
json_t *facetree_json_set(json_t *object, const char *name, json_t *value);
json_t *facetree_json_append(json_t *array, json_t *value);

/*
 * Takes "value" over, which may be NULL for lack of memory; that, as any other
 * failure, latches in the buffer.
 */
void facetree_json_add(facetree_buffer_t *buffer, json_t *value, int digits);

/*
 * Takes "root" over, which may be NULL for lack of memory.  The caller frees
 * "*out" with free().
 */
facetree_status_e facetree_json_dump(json_t *root, int digits, char **out,
    size_t *len, facetree_error_t *err);


#pragma GCC visibility pop


#endif /* FACETREE_JSON_H */
