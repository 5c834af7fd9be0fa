
/*
 * Copyright (C) facetree contributors
 *
 * Grows what it is told, for comparison with another program: reads problems
 * as JSON objects on stdin, one a line, and answers each with a line of JSON.
 *
 *     {"rows": [[0, 255, ...], ...], "labels": [...], "classes": 3,
 *      "params": {"max_depth": 4, ...}}
 *
 * The answer is the tree's arrays, or {"error": "..."}.  With
 * "repeat": N the growing is done N times and "seconds" is the shortest.
 */


#include "grow_json.h"

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
driver_grow(const driver_problem_t *problem,
    const facetree_grow_params_t *params, uint32_t repeat)
{
    double            start, taken, shortest;
    json_t           *answer;
    uint32_t          i;
    facetree_tree_t   tree;
    facetree_error_t  err;

    answer = NULL;
    shortest = 1e9;

    for (i = 0; i < repeat; i++) {
        start = driver_now();

        if (facetree_grow(&tree, &problem->examples, params, &err)
            != FACETREE_OK)
        {
            return json_pack("{s:s}", "error", err.text);
        }

        taken = driver_now() - start;

        if (taken < shortest) {
            shortest = taken;
        }

        if (i == 0) {
            answer = test_grow_tree_json(&tree, problem->examples.classes);
        }

        facetree_tree_clear(&tree);
    }

    json_object_set_new(answer, "seconds", json_real(shortest));

    return answer;
}


static json_t *
driver_answer(const json_t *json)
{
    double                  *map;
    json_t                  *answer, *repeat;
    uint32_t                 classes;
    driver_problem_t         problem;
    facetree_grow_params_t   params;

    answer = NULL;
    memset(&problem, 0, sizeof(problem));

    classes = (uint32_t) json_integer_value(json_object_get(json, "classes"));
    repeat = json_object_get(json, "repeat");

    facetree_grow_params_init(&params);
    map = calloc((size_t) classes + 1, sizeof(double));

    if (map && driver_problem_init(&problem, json)
        && test_grow_params(&params, json_object_get(json, "params"), map,
                            classes, ""))
    {
        answer = driver_grow(&problem, &params,
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
