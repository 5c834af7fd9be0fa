
/*
 * Copyright (C) facetree contributors
 *
 * Numbers as text, whatever the locale of the process.
 */


#ifndef FACETREE_NUMBER_H
#define FACETREE_NUMBER_H


#include <stddef.h>
#include <stdint.h>


#pragma GCC visibility push(hidden)


/* With the terminator; gcc foresees up to 38 bytes of "%.*g". */
#define FACETREE_NUMBER_LEN  40


/*
 * The least number of digits that bring back the same double, or float.  The
 * value is finite.
 */
void facetree_number_double(double value, char *text);
void facetree_number_float(float value, char *text);

/*
 * Reads decimal digits, at least one and nothing else.  Returns 0 if it is
 * not that, or more than "max".
 */
int facetree_number_parse(const char *text, size_t len, uint64_t max,
    uint64_t *value);


#pragma GCC visibility pop


#endif /* FACETREE_NUMBER_H */
