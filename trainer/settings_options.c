
/*
 * Copyright (C) facetree contributors
 *
 * The groups of options that several verbs share.
 */


#include "arguments.h"


static const int  facetree_on = 1;
static const int  facetree_off = 0;


const facetree_option_t  facetree_data_options[] = {
    { "data", "PATH", facetree_option_text,
      offsetof(facetree_data_arguments_t, path), NULL,
      "MAT file, directory of LABEL/PICTURE, or synthetic[:SEED]" },
    { "strict", NULL, facetree_option_flag,
      offsetof(facetree_data_arguments_t, strict), NULL,
      "fail on an unreadable picture instead of skipping it" },
    FACETREE_OPTION_MAX_PIXELS(facetree_data_arguments_t),
    { .name = NULL }
};


const facetree_option_t  facetree_tree_options[] = {
    { "estimator", "NAME", facetree_option_choice,
      offsetof(facetree_settings_t, estimator), facetree_estimators,
      "decision-tree, extra-tree, random-forest, extra-trees" },
    { "criterion", "NAME", facetree_option_choice,
      offsetof(facetree_settings_t, criterion), facetree_criteria,
      "gini (default), entropy or log_loss" },
    { "splitter", "NAME", facetree_option_choice,
      offsetof(facetree_settings_t, splitter), facetree_splitters,
      "best, random (default random for extra-tree, else best)" },
    { "max-depth", "N", facetree_option_uint,
      offsetof(facetree_settings_t, tree.max_depth),
      &facetree_rule_max_depth, "depth limit (default none)" },
    { "min-samples-split", "N|F", facetree_option_amount,
      offsetof(facetree_settings_t, tree.min_samples_split),
      &facetree_rule_samples_split,
      "samples, or share of them, to split a node (default 2)" },
    { "min-samples-leaf", "N|F", facetree_option_amount,
      offsetof(facetree_settings_t, tree.min_samples_leaf),
      &facetree_rule_samples_leaf,
      "samples, or share of them, in a leaf (default 1)" },
    { "max-features", "N|F|NAME", facetree_option_amount,
      offsetof(facetree_settings_t, tree.max_features),
      &facetree_rule_max_features,
      "pixels tried: sqrt, log2, none for all" },
    { "max-leaf-nodes", "N", facetree_option_uint,
      offsetof(facetree_settings_t, tree.max_leaf_nodes),
      &facetree_rule_max_leaf_nodes,
      "grow the best leaves first, to N of them (default none)" },
    { "min-weight-fraction-leaf", "F", facetree_option_real,
      offsetof(facetree_settings_t, tree.min_weight_fraction_leaf),
      &facetree_rule_weight_fraction,
      "share of all weight in a leaf, 0 to 0.5 (default 0)" },
    { "min-impurity-decrease", "F", facetree_option_real,
      offsetof(facetree_settings_t, tree.min_impurity_decrease),
      &facetree_rule_from_zero, "what a split must gain (default 0)" },
    { "class-weight", "W", facetree_option_text,
      offsetof(facetree_settings_t, class_weight), NULL,
      "balanced, balanced_subsample or LABEL=WEIGHT,..." },
    { "ccp-alpha", "F", facetree_option_real,
      offsetof(facetree_settings_t, tree.ccp_alpha),
      &facetree_rule_from_zero, "cost-complexity pruning (default 0)" },
    { "random-state", "N", facetree_option_uint,
      offsetof(facetree_settings_t, tree.random_state),
      &facetree_rule_seed, "seed of the tree or forest (default 0)" },
    { .name = NULL }
};


const facetree_option_t  facetree_forest_options[] = {
    { "n-estimators", "N", facetree_option_uint,
      offsetof(facetree_settings_t, n_estimators),
      &facetree_rule_n_estimators, "number of trees (default 100)" },
    { "bootstrap", NULL, facetree_option_flag,
      offsetof(facetree_settings_t, bootstrap), &facetree_on,
      "each tree from a draw of pictures (default of random-forest)" },
    { "no-bootstrap", NULL, facetree_option_flag,
      offsetof(facetree_settings_t, bootstrap), &facetree_off,
      "each tree from all pictures (extra-trees' default)" },
    { "max-samples", "N|F", facetree_option_amount,
      offsetof(facetree_settings_t, max_samples),
      &facetree_rule_max_samples,
      "pictures, or share of them, in a draw (default as many)" },
    { "oob-score", NULL, facetree_option_flag,
      offsetof(facetree_settings_t, oob_score), NULL,
      "measure on the pictures that a tree did not draw" },
    { .name = NULL }
};


const facetree_option_t  facetree_augment_options[] = {
    { "augment", NULL, facetree_option_flag,
      offsetof(facetree_settings_t, augment), NULL,
      "also train on changed copies of the pictures; implied by:" },
    { "augment-copies", "N", facetree_option_uint,
      offsetof(facetree_settings_t, augment_params.copies),
      &facetree_rule_copies,
      "that many of each picture (default 30)" },
    { "augment-shift", "F", facetree_option_real,
      offsetof(facetree_settings_t, augment_params.shift),
      &facetree_rule_augment_shift,
      "shifted by up to that share of the side (default 0.03125)" },
    { "augment-rotation", "DEG", facetree_option_real,
      offsetof(facetree_settings_t, augment_params.rotation),
      &facetree_rule_augment_rotation,
      "turned by up to so many degrees (default 6)" },
    { "augment-scale", "F", facetree_option_real,
      offsetof(facetree_settings_t, augment_params.scale),
      &facetree_rule_augment_scale,
      "larger or smaller by up to that share (default 0.06)" },
    { "augment-gain", "F", facetree_option_real,
      offsetof(facetree_settings_t, augment_params.gain),
      &facetree_rule_augment_gain,
      "lighter or darker by up to that share (default 0.1)" },
    { .name = NULL }
};


const facetree_option_t  facetree_effort_options[] = {
    { "jobs", "N", facetree_option_uint,
      offsetof(facetree_settings_t, effort.jobs), &facetree_rule_jobs,
      "threads (default one a core); the result is the same" },
    { .name = NULL }
};


const facetree_option_t  facetree_split_options[] = {
    { "test-size", "N|F", facetree_option_amount,
      offsetof(facetree_settings_t, split.test_size),
      &facetree_rule_test_size,
      "pictures, or share of them, held out (default 0.3)" },
    { "split-seed", "N", facetree_option_uint,
      offsetof(facetree_settings_t, split.seed), &facetree_rule_seed,
      "seed of the split (default 42)" },
    { "no-stratify", NULL, facetree_option_flag,
      offsetof(facetree_settings_t, split.stratify), &facetree_off,
      "do not keep the share of every label" },
    { .name = NULL }
};


const facetree_option_t  facetree_image_options[] = {
    { "image-size", "WxH", facetree_option_size,
      offsetof(facetree_settings_t, size), NULL,
      "size to which pictures are brought (default 64x64)" },
    { .name = NULL }
};


const facetree_option_t  facetree_model_options[] = {
    { "model", "FILE", facetree_option_text, 0, NULL,
      "model file (default " FACETREE_DEFAULT_MODEL ")" },
    { .name = NULL }
};
