
/*
 * Copyright (C) facetree contributors
 *
 * All that decides what training makes of a data set.  The settings are
 * recorded in the model, so that the same split can be tested and the same
 * model trained again.
 */


#ifndef FACETREE_SETTINGS_H
#define FACETREE_SETTINGS_H


#include "augment.h"
#include "dataset.h"
#include "forest.h"
#include "options.h"
#include "split.h"


#pragma GCC visibility push(hidden)


/* How a training is run, which changes nothing about its result. */

typedef struct {
    uint32_t    jobs;              /* threads; 0: one a core */
    int         spend;             /* of the data set, the pictures that are
                                      trained on may be gone after growing */

    /* Of the trees of a forest; may be NULL. */
    void      (*progress)(void *ctx, uint32_t done, uint32_t total);
    void       *ctx;
} facetree_effort_t;


/*
 * What is not given stands until facetree_settings_apply() has put the
 * estimator's default in its place.
 */

typedef struct {
    facetree_size_t          size;         /* of the pictures, as trained */
    const char              *estimator;    /* one of facetree_estimators */
    const char              *criterion;    /* scikit-learn's name, one of
                                              facetree_criteria; */
    const char              *splitter;     /* one of facetree_splitters; NULL:
                                              not given, and for forests */
    const char              *class_weight; /* "balanced",
                                              "balanced_subsample" or
                                              "label=weight,..."; NULL: none */
    facetree_grow_params_t   tree;         /* criterion, splitter and class
                                              weights follow the names;
                                              max_features a count of 0: not
                                              given */

    /* Of forests; refused for trees. */
    uint32_t                 n_estimators; /* 0: not given */
    int                      bootstrap;    /* -1: not given */
    facetree_amount_t        max_samples;
    int                      oob_score;

    int                        augment;
    facetree_augment_params_t  augment_params;     /* copies 0, others below
                                                      0: not given */

    facetree_split_params_t  split;
    facetree_effort_t        effort;       /* not recorded */
} facetree_settings_t;


/*
 * Ended by NULL.  An "extra-tree" is scikit-learn's ExtraTreeClassifier: a
 * decision tree whose splitter is random and whose max_features is sqrt
 * unless told otherwise.
 */
extern const char *const  facetree_estimators[];
extern const char *const  facetree_criteria[];
extern const char *const  facetree_splitters[];

/* scikit-learn's ranges, for the command line and recorded metadata alike. */
extern const facetree_uint_rule_t    facetree_rule_max_depth;
extern const facetree_uint_rule_t    facetree_rule_seed;
extern const facetree_uint_rule_t    facetree_rule_max_pixels;
extern const facetree_uint_rule_t    facetree_rule_max_leaf_nodes;
extern const facetree_uint_rule_t    facetree_rule_n_estimators;
extern const facetree_uint_rule_t    facetree_rule_jobs;
extern const facetree_uint_rule_t    facetree_rule_copies;
extern const facetree_real_rule_t    facetree_rule_augment_shift;
extern const facetree_real_rule_t    facetree_rule_augment_rotation;
extern const facetree_real_rule_t    facetree_rule_augment_scale;
extern const facetree_real_rule_t    facetree_rule_augment_gain;
extern const facetree_real_rule_t    facetree_rule_weight_fraction;
extern const facetree_real_rule_t    facetree_rule_from_zero;
extern const facetree_amount_rule_t  facetree_rule_samples_split;
extern const facetree_amount_rule_t  facetree_rule_samples_leaf;
extern const facetree_amount_rule_t  facetree_rule_max_features;
extern const facetree_amount_rule_t  facetree_rule_max_samples;
extern const facetree_amount_rule_t  facetree_rule_test_size;

/*
 * scikit-learn's defaults, with random_state 0 in place of a random one; 0.3
 * of the data for testing, seed 42, stratified; 64x64; one job a core.
 */
void facetree_settings_init(facetree_settings_t *settings);

/*
 * Fills in what was not given and what follows from names; doing it again
 * changes nothing.  Fails with FACETREE_EINVAL when options contradict each
 * other.
 */
facetree_status_e facetree_settings_apply(facetree_settings_t *settings,
    facetree_error_t *err);

/* Whether the estimator grows many trees, and what the model file calls it. */
int facetree_settings_is_forest(const facetree_settings_t *settings);
facetree_algorithm_e facetree_settings_algorithm(
    const facetree_settings_t *settings);

/* The number of threads: as given, or one a core. */
uint32_t facetree_settings_jobs(const facetree_settings_t *settings);


#pragma GCC visibility pop


#endif /* FACETREE_SETTINGS_H */
