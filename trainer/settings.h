
/*
 * Copyright (C) facetree contributors
 *
 * All that decides what training makes of a data set.  The settings are
 * recorded in the model, so that the same split can be tested and the same
 * model trained again.
 */


#ifndef FACETREE_SETTINGS_H
#define FACETREE_SETTINGS_H


#include "dataset.h"
#include "grow.h"
#include "options.h"
#include "split.h"


#pragma GCC visibility push(hidden)


typedef struct {
    facetree_size_t          size;         /* of the pictures, as trained */
    const char              *criterion;    /* scikit-learn's name, one of
                                              facetree_criteria; */
    const char              *splitter;     /* one of facetree_splitters */
    facetree_grow_params_t   tree;         /* its criterion follows the name,
                                              see facetree_settings_apply() */
    facetree_split_params_t  split;
} facetree_settings_t;


/* Ended by NULL. */
extern const char *const  facetree_criteria[];
extern const char *const  facetree_splitters[];

/* scikit-learn's ranges, for the command line and recorded metadata alike. */
extern const facetree_uint_rule_t    facetree_rule_max_depth;
extern const facetree_uint_rule_t    facetree_rule_seed;
extern const facetree_amount_rule_t  facetree_rule_samples_split;
extern const facetree_amount_rule_t  facetree_rule_samples_leaf;
extern const facetree_amount_rule_t  facetree_rule_max_features;
extern const facetree_amount_rule_t  facetree_rule_test_size;

/*
 * scikit-learn's defaults, with random_state 0 in place of a random one; 0.3
 * of the data for testing, seed 42, stratified; 64x64.
 */
void facetree_settings_init(facetree_settings_t *settings);

/* Sets tree.criterion from the name. */
void facetree_settings_apply(facetree_settings_t *settings);


#pragma GCC visibility pop


#endif /* FACETREE_SETTINGS_H */
