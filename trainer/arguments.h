
/*
 * Copyright (C) facetree contributors
 *
 * Reads the command line of a verb, and the groups of options that several
 * verbs share.
 */


#ifndef FACETREE_ARGUMENTS_H
#define FACETREE_ARGUMENTS_H


#include "console.h"
#include "settings.h"
#include "verb.h"


#pragma GCC visibility push(hidden)


/* What every verb has. */

typedef struct {
    int                  json;
    int                  count;        /* of the operands */
    char               **operands;     /* part of argv */
    facetree_console_t   console;
} facetree_arguments_t;


#define FACETREE_ARGUMENTS_GO  (-1)

/*
 * Fills "settings", the structure that the verb's groups of options lie in
 * and that holds the defaults already.  Returns FACETREE_ARGUMENTS_GO, or the
 * exit code when there is nothing left to do: --help, or a usage error, which
 * has been reported.
 */
int facetree_arguments_read(const facetree_verb_t *verb,
    facetree_arguments_t *args, void *settings, int argc, char **argv);

/* Prints the help text of a verb to stdout. */
void facetree_arguments_help(const facetree_verb_t *verb);

/* Reports the absence of an option or operand; returns the exit code. */
int facetree_arguments_missing(facetree_arguments_t *args, const char *what);


/* Which data, and how they are read. */

typedef struct {
    const char  *path;                 /* --data */
    int          strict;
    uint32_t     max_pixels;           /* 0: FACETREE_DATASET_MAX_PIXELS */
} facetree_data_arguments_t;

/* The row of --max-pixels, wherever pictures are decoded. */
#define FACETREE_OPTION_MAX_PIXELS(structure)                                 \
    { "max-pixels", "N", facetree_option_uint,                                \
      offsetof(structure, max_pixels), &facetree_rule_max_pixels,             \
      "pixels of a picture, at most (default 120000000)" }

extern const facetree_option_t  facetree_data_options[];

/* Of facetree_settings_t. */
extern const facetree_option_t  facetree_tree_options[];
extern const facetree_option_t  facetree_forest_options[];
extern const facetree_option_t  facetree_augment_options[];
extern const facetree_option_t  facetree_effort_options[];
extern const facetree_option_t  facetree_split_options[];
extern const facetree_option_t  facetree_image_options[];

/* A const char *: the model's path, FACETREE_DEFAULT_MODEL if not given. */
extern const facetree_option_t  facetree_model_options[];

#define FACETREE_DEFAULT_MODEL  "artifacts/model.ftm"

/*
 * Loads a model, or a data set brought to "width" x "height", with messages
 * and progress.  Return FACETREE_EXIT_OK or the exit code of the failure,
 * which has been reported.
 */
int facetree_arguments_load_model(facetree_arguments_t *args,
    const char *path, facetree_model_t **model);
int facetree_arguments_load_data(facetree_arguments_t *args,
    const facetree_data_arguments_t *data, facetree_size_t size,
    facetree_dataset_t *dataset);

/* The same for data to learn from: there must be two labels to tell apart. */
int facetree_arguments_load_training(facetree_arguments_t *args,
    const facetree_data_arguments_t *data, facetree_size_t size,
    facetree_dataset_t *dataset);


#pragma GCC visibility pop


#endif /* FACETREE_ARGUMENTS_H */
