
/*
 * Copyright (C) facetree contributors
 *
 * Values of command line options: one parser for each kind of value.  Tables
 * of facetree_option_t say which option is of which kind and where its value
 * goes, and the help texts are printed from the same tables.
 */


#ifndef FACETREE_OPTIONS_H
#define FACETREE_OPTIONS_H


#include "facetree.h"
#include "amount.h"


#pragma GCC visibility push(hidden)


typedef struct facetree_option_s  facetree_option_t;

/*
 * Reads "text" into "value", whose type depends on the parser (below).  Fails
 * with FACETREE_EINVAL and a line naming option, value and range.
 */
typedef facetree_status_e (*facetree_option_pt)(
    const facetree_option_t *option, const char *text, void *value,
    facetree_error_t *err);

struct facetree_option_s {
    const char          *name;     /* without the dashes; NULL ends a table */
    const char          *metavar;  /* NULL: the option takes no value */
    facetree_option_pt   parse;
    size_t               offset;   /* of the value in the group's structure */
    const void          *rule;     /* as the parser wants it */
    const char          *help;
};


/* Rule of facetree_option_uint(). */

typedef struct {
    uint32_t  min;
    uint32_t  max;
    int       none;                /* the word "none" is accepted, and is 0 */
} facetree_uint_rule_t;


/* Rule of facetree_option_real(): min <= value <= max, DBL_MAX for no end. */

typedef struct {
    double  min;
    double  max;
} facetree_real_rule_t;


/* Rule of facetree_option_amount(). */

typedef struct {
    uint32_t  count_min;
    int       whole;               /* the fraction 1.0 is accepted */
    int       none;                /* the word "none" is accepted */
    int       roots;               /* the words "sqrt", "log2" are accepted */
} facetree_amount_rule_t;


typedef struct {
    uint32_t  width;
    uint32_t  height;
} facetree_size_t;


/* A seed that some options have no use for. */

typedef struct {
    uint32_t  value;
    int       given;
} facetree_seed_t;


/* int: becomes 1, or the int that "rule" points to; "text" is ignored. */
facetree_status_e facetree_option_flag(const facetree_option_t *option,
    const char *text, void *value, facetree_error_t *err);

/* const char *: the text itself, which must not be empty; no rule. */
facetree_status_e facetree_option_text(const facetree_option_t *option,
    const char *text, void *value, facetree_error_t *err);

/* const char *: the element of "rule", an array of words ended by NULL. */
facetree_status_e facetree_option_choice(const facetree_option_t *option,
    const char *text, void *value, facetree_error_t *err);

/* uint32_t, by a facetree_uint_rule_t. */
facetree_status_e facetree_option_uint(const facetree_option_t *option,
    const char *text, void *value, facetree_error_t *err);

/* facetree_seed_t; no rule. */
facetree_status_e facetree_option_seed(const facetree_option_t *option,
    const char *text, void *value, facetree_error_t *err);

/* double, by a facetree_real_rule_t. */
facetree_status_e facetree_option_real(const facetree_option_t *option,
    const char *text, void *value, facetree_error_t *err);

/*
 * facetree_amount_t, by a facetree_amount_rule_t: digits alone are a count, a
 * point or an exponent makes a fraction.
 */
facetree_status_e facetree_option_amount(const facetree_option_t *option,
    const char *text, void *value, facetree_error_t *err);

/* facetree_size_t: WIDTHxHEIGHT, each 1..FACETREE_MODEL_MAX_SIDE; no rule. */
facetree_status_e facetree_option_size(const facetree_option_t *option,
    const char *text, void *value, facetree_error_t *err);

/* const char *: 64 hexadecimal digits; no rule. */
facetree_status_e facetree_option_sha256(const facetree_option_t *option,
    const char *text, void *value, facetree_error_t *err);


/* Digits alone, at most "max"; returns 0 for anything else. */
int facetree_number_uint(const char *text, uint32_t max, uint32_t *value);

/* A finite decimal number, nothing before or after it; 0 otherwise. */
int facetree_number_real(const char *text, double *value);


#pragma GCC visibility pop


#endif /* FACETREE_OPTIONS_H */
