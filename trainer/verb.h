
/*
 * Copyright (C) facetree contributors
 *
 * The verbs of the command line.  Each lives in its own cmd_<verb>.c, which
 * defines one facetree_verb_t; main.c lists them.
 */


#ifndef FACETREE_VERB_H
#define FACETREE_VERB_H


#include "options.h"


#pragma GCC visibility push(hidden)


/* Options that belong together, and where their structure lies. */

typedef struct {
    const char               *title;       /* NULL ends a list of groups */
    const facetree_option_t  *options;
    size_t                    offset;      /* in the verb's settings */
} facetree_option_group_t;


typedef struct facetree_verb_s  facetree_verb_t;

struct facetree_verb_s {
    const char                     *name;
    const char                     *operands;      /* for the usage line */
    const char                     *summary;       /* a line for --help */
    const char                     *details;       /* a paragraph, or NULL */
    const char                     *examples;
    const facetree_option_group_t  *groups;
    int                             operands_min;
    int                             operands_max;  /* -1: any number */

    /* argv[0] is the verb.  Returns the exit code. */
    int                           (*run)(const facetree_verb_t *verb,
                                         int argc, char **argv);
};


extern const facetree_verb_t  facetree_verb_fetch;
extern const facetree_verb_t  facetree_verb_synth;
extern const facetree_verb_t  facetree_verb_train;
extern const facetree_verb_t  facetree_verb_test;
extern const facetree_verb_t  facetree_verb_cv;
extern const facetree_verb_t  facetree_verb_predict;
extern const facetree_verb_t  facetree_verb_inspect;
extern const facetree_verb_t  facetree_verb_samples;
extern const facetree_verb_t  facetree_verb_verify;
extern const facetree_verb_t  facetree_verb_bench;
extern const facetree_verb_t  facetree_verb_report;
extern const facetree_verb_t  facetree_verb_import;


#pragma GCC visibility pop


#endif /* FACETREE_VERB_H */
