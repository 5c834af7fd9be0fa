
/*
 * Copyright (C) facetree contributors
 *
 * Grows what it is told, for comparison with another program: reads problems
 * as JSON objects on stdin, one a line, and answers each with a line of JSON.
 *
 *     {"rows": [[0, 255, ...], ...], "labels": [...], "classes": 3,
 *      "estimator": "tree", "params": {"max_depth": 4, ...}}
 *
 * The estimator may also be "random-forest" or "extra-trees", and the
 * parameters then n_estimators, bootstrap, max_samples, oob_score and n_jobs
 * too.  The answer has "trees", each with its arrays, "importances", the
 * "proba" and "predict" of the rows themselves, "oob_score" and "oob" if
 * asked for and, of a tree, the "path" of pruning; or else "error".  With
 * "repeat": N the growing is done N times and "seconds" is the shortest.
 */


#include "forest.h"
#include "grow_json.h"
#include "importance.h"
#include "prune.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>


typedef struct {
    uint8_t              *pixels;
    uint32_t             *labels;
    uint32_t             *rows;
    facetree_examples_t   examples;
} driver_problem_t;


static int
driver_problem_init(driver_problem_t *problem, const json_t *json)
{
    json_t    *rows, *row;
    uint32_t   i, j, count, features;

    rows = json_object_get(json, "rows");
    count = (uint32_t) json_array_size(rows);
    features = (uint32_t) json_array_size(json_array_get(rows, 0));

    problem->pixels = calloc((size_t) count * features + 1, 1);
    problem->labels = calloc(count + 1, sizeof(uint32_t));
    problem->rows = calloc(count + 1, sizeof(uint32_t));

    if (problem->pixels == NULL || problem->labels == NULL
        || problem->rows == NULL)
    {
        return 0;
    }

    for (i = 0; i < count; i++) {
        row = json_array_get(rows, i);

        for (j = 0; j < features; j++) {
            problem->pixels[(size_t) i * features + j] =
                (uint8_t) json_integer_value(json_array_get(row, j));
        }

        problem->labels[i] = (uint32_t) json_integer_value(
            json_array_get(json_object_get(json, "labels"), i));
        problem->rows[i] = i;
    }

    problem->examples.pixels = problem->pixels;
    problem->examples.labels = problem->labels;
    problem->examples.rows = problem->rows;
    problem->examples.count = count;
    problem->examples.features = features;
    problem->examples.classes = (uint32_t) json_integer_value(
        json_object_get(json, "classes"));

    return 1;
}


static void
driver_problem_free(driver_problem_t *problem)
{
    free(problem->pixels);
    free(problem->labels);
    free(problem->rows);
}


static double
driver_now(void)
{
    struct timespec  now;

    clock_gettime(CLOCK_MONOTONIC, &now);

    return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}


static json_t *
driver_row(const double *values, uint32_t count)
{
    json_t    *row;
    uint32_t   i;

    row = json_array();

    for (i = 0; i < count; i++) {
        json_array_append_new(row, json_real(values[i]));
    }

    return row;
}


/* A tree is handled as a forest of one. */

static facetree_status_e
driver_grow(facetree_forest_t *forest, facetree_oob_t *oob,
    const facetree_examples_t *examples,
    const facetree_forest_params_t *params, facetree_error_t *err)
{
    memset(oob, 0, sizeof(*oob));
    memset(forest, 0, sizeof(*forest));

    if (params->algorithm != FACETREE_DECISION_TREE) {
        return facetree_forest_grow(forest, oob, examples, params, err);
    }

    forest->algorithm = FACETREE_DECISION_TREE;
    forest->classes = examples->classes;
    forest->trees = calloc(1, sizeof(*forest->trees));

    if (forest->trees == NULL) {
        return FACETREE_ENOMEM;
    }

    forest->count = 1;

    return facetree_grow(&forest->trees[0], examples, &params->tree, err);
}


static void
driver_answer_predictions(json_t *answer, const facetree_forest_t *forest,
    const driver_problem_t *problem, double *row, double *scratch)
{
    json_t    *proba, *predict;
    uint32_t   i, class;

    proba = json_array();
    predict = json_array();

    for (i = 0; i < problem->examples.count; i++) {
        class = facetree_forest_probabilities(forest, problem->pixels
                    + (size_t) i * problem->examples.features, row, scratch);

        json_array_append_new(predict, json_integer(class));
        json_array_append_new(proba, driver_row(row, forest->classes));
    }

    json_object_set_new(answer, "proba", proba);
    json_object_set_new(answer, "predict", predict);
}


static int
driver_answer_importances(json_t *answer, const facetree_forest_t *forest,
    uint32_t features)
{
    double             *importances;
    facetree_status_e   status;

    importances = calloc((size_t) features + 1, sizeof(*importances));
    if (importances == NULL) {
        return 0;
    }

    status = FACETREE_OK;

    if (forest->algorithm == FACETREE_DECISION_TREE) {
        facetree_tree_importances(&forest->trees[0], features, importances);

    } else {
        status = facetree_forest_importances(forest, features, importances,
                                             NULL);
    }

    json_object_set_new(answer, "importances",
                        driver_row(importances, features));
    free(importances);

    return status == FACETREE_OK;
}


static int
driver_answer_path(json_t *answer, const facetree_examples_t *examples,
    const facetree_grow_params_t *params)
{
    facetree_tree_t         tree;
    facetree_prune_path_t   path;
    facetree_grow_params_t  whole;

    whole = *params;
    whole.ccp_alpha = 0.0;

    if (facetree_grow(&tree, examples, &whole, NULL) != FACETREE_OK) {
        return 0;
    }

    if (facetree_prune_path(&path, &tree, NULL) != FACETREE_OK) {
        facetree_tree_clear(&tree);
        return 0;
    }

    json_object_set_new(answer, "path",
                        json_pack("[o, o]",
                                  driver_row(path.alphas, path.count),
                                  driver_row(path.impurities, path.count)));

    facetree_prune_path_clear(&path);
    facetree_tree_clear(&tree);

    return 1;
}


static void
driver_answer_oob(json_t *answer, const facetree_oob_t *oob,
    const facetree_examples_t *examples)
{
    json_t    *rows;
    uint32_t   i;

    rows = json_array();

    for (i = 0; i < examples->count; i++) {
        json_array_append_new(rows, driver_row(oob->decision
            + (size_t) i * examples->classes, examples->classes));
    }

    json_object_set_new(answer, "oob", rows);
    json_object_set_new(answer, "oob_score", json_real(oob->score));
}


static json_t *
driver_answer_all(const facetree_forest_t *forest, const facetree_oob_t *oob,
    const driver_problem_t *problem, const facetree_forest_params_t *params)
{
    double    *row, *scratch;
    json_t    *answer, *trees;
    uint32_t   i;

    row = calloc((size_t) forest->classes + 1, sizeof(*row));
    scratch = calloc((size_t) forest->classes + 1, sizeof(*scratch));

    if (row == NULL || scratch == NULL) {
        free(row);
        free(scratch);
        return NULL;
    }

    answer = json_object();
    trees = json_array();

    for (i = 0; i < forest->count; i++) {
        json_array_append_new(trees, test_grow_tree_json(&forest->trees[i],
                                                         forest->classes));
    }

    json_object_set_new(answer, "trees", trees);
    driver_answer_predictions(answer, forest, problem, row, scratch);

    free(row);
    free(scratch);

    if (params->oob_score) {
        driver_answer_oob(answer, oob, &problem->examples);
    }

    if (!driver_answer_importances(answer, forest,
                                   problem->examples.features)
        || (forest->algorithm == FACETREE_DECISION_TREE
            && !driver_answer_path(answer, &problem->examples,
                                   &params->tree)))
    {
        json_decref(answer);
        return NULL;
    }

    return answer;
}


static json_t *
driver_run(const driver_problem_t *problem,
    const facetree_forest_params_t *params, uint32_t repeat)
{
    double             start, taken, shortest;
    json_t            *answer;
    uint32_t           i;
    facetree_oob_t     oob;
    facetree_error_t   err;
    facetree_forest_t  forest;
    facetree_status_e  status;

    answer = NULL;
    shortest = 1e9;

    for (i = 0; i < repeat; i++) {
        start = driver_now();
        status = driver_grow(&forest, &oob, &problem->examples, params, &err);
        taken = driver_now() - start;

        if (status != FACETREE_OK) {
            facetree_forest_clear(&forest);
            return json_pack("{s:s}", "error", err.text);
        }

        shortest = taken < shortest ? taken : shortest;

        if (i == 0) {
            answer = driver_answer_all(&forest, &oob, problem, params);
        }

        facetree_oob_clear(&oob);
        facetree_forest_clear(&forest);
    }

    json_object_set_new(answer, "seconds", json_real(shortest));

    return answer;
}


/* Returns 0 for parameters that are not understood. */

static int
driver_params(facetree_forest_params_t *params, const json_t *json,
    double *map, uint32_t classes)
{
    json_t      *given, *value;
    const char  *estimator;

    given = json_object_get(json, "params");
    estimator = json_string_value(json_object_get(json, "estimator"));

    if (strcmp(estimator, "random-forest") == 0) {
        facetree_forest_params_init(params, FACETREE_RANDOM_FOREST);

    } else if (strcmp(estimator, "extra-trees") == 0) {
        facetree_forest_params_init(params, FACETREE_EXTRA_TREES);

    } else {
        facetree_forest_params_init(params, FACETREE_DECISION_TREE);
        facetree_grow_params_init(&params->tree);

        return test_grow_params(&params->tree, given, map, classes, "");
    }

    value = json_object_get(given, "n_estimators");

    if (value) {
        params->n_estimators = (uint32_t) json_integer_value(value);
    }

    value = json_object_get(given, "bootstrap");

    if (value) {
        params->bootstrap = json_is_true(value);
    }

    value = json_object_get(given, "max_samples");

    if (value && !test_grow_amount(&params->max_samples, value)) {
        return 0;
    }

    params->oob_score = json_is_true(json_object_get(given, "oob_score"));
    params->jobs = (uint32_t) json_integer_value(json_object_get(given,
                                                                 "n_jobs"));

    return test_grow_params(&params->tree, given, map, classes,
                            "n_estimators bootstrap max_samples oob_score "
                            "n_jobs");
}


static json_t *
driver_answer(const json_t *json)
{
    double                    *map;
    json_t                    *answer, *repeat;
    uint32_t                   classes;
    driver_problem_t           problem;
    facetree_forest_params_t   params;

    answer = NULL;
    memset(&problem, 0, sizeof(problem));

    classes = (uint32_t) json_integer_value(json_object_get(json, "classes"));
    repeat = json_object_get(json, "repeat");
    map = calloc((size_t) classes + 1, sizeof(double));

    if (map && driver_problem_init(&problem, json)
        && driver_params(&params, json, map, classes))
    {
        answer = driver_run(&problem, &params,
                            repeat ? (uint32_t) json_integer_value(repeat)
                                   : 1);
    }

    driver_problem_free(&problem);
    free(map);

    return answer;
}


int
main(void)
{
    json_t        *json, *answer;
    json_error_t   error;

    for ( ;; ) {
        json = json_loadf(stdin, JSON_DISABLE_EOF_CHECK, &error);
        if (json == NULL) {
            break;
        }

        answer = driver_answer(json);
        json_decref(json);

        if (answer == NULL) {
            fprintf(stderr, "grow-driver: no answer to this problem\n");
            return 1;
        }

        /* 17 digits are jansson's default, which brings back every double */

        json_dumpf(answer, stdout, JSON_REAL_PRECISION(17));
        putchar('\n');
        fflush(stdout);

        json_decref(answer);
    }

    if (!feof(stdin)) {
        fprintf(stderr, "grow-driver: %s\n", error.text);
        return 1;
    }

    return 0;
}
