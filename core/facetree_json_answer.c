
/*
 * Copyright (C) facetree contributors
 *
 * Answers and refusals as JSON.
 */


#include "facetree_answer.h"
#include "facetree_explain.h"
#include "facetree_json.h"

#include <stdio.h>
#include <stdlib.h>


typedef struct {
    const facetree_answer_t  *answer;
    uint32_t                 *ranks;
    uint32_t                  count;           /* of ranks */
    int                       digits;
} facetree_json_t;


static json_t *
facetree_json_problem(const facetree_problem_t *problem)
{
    char     type[128];
    json_t  *object;

    snprintf(type, sizeof(type), FACETREE_PROBLEM_URN "%s", problem->token);

    object = json_object();
    object = facetree_json_set(object, "type", facetree_json_string(type));
    object = facetree_json_set(object, "title",
                               facetree_json_string(problem->title));

    if (problem->http_status) {
        object = facetree_json_set(object, "status",
                                   json_integer(problem->http_status));
    }

    if (problem->detail) {
        object = facetree_json_set(object, "detail",
                                   facetree_json_string(problem->detail));
    }

    if (problem->limit || problem->observed) {
        object = facetree_json_set(object, "limit",
                                   facetree_json_integer(problem->limit));
        object = facetree_json_set(object, "observed",
                                   facetree_json_integer(problem->observed));
    }

    return object;
}


static json_t *
facetree_json_image(const facetree_image_info_t *image)
{
    json_t  *object;

    object = json_object();
    object = facetree_json_set(object, "format",
                               json_string(facetree_format_name(
                                                            image->format)));
    object = facetree_json_set(object, "width", json_integer(image->width));
    object = facetree_json_set(object, "height", json_integer(image->height));

    return facetree_json_set(object, "orientation",
                             json_integer(image->orientation));
}


static json_t *
facetree_json_top(facetree_json_t *json, const facetree_result_t *result)
{
    json_t                   *array, *entry;
    uint32_t                  i, n, class;
    const facetree_answer_t  *answer;

    answer = json->answer;
    array = json_array();

    n = facetree_top(result->probabilities,
                     facetree_model_classes(answer->model),
                     result->prediction.class, json->count, json->ranks);

    for (i = 0; i < n; i++) {
        class = json->ranks[i];

        entry = json_object();
        entry = facetree_json_set(entry, "label",
                                  facetree_json_string(facetree_model_label(
                                                      answer->model, class)));
        entry = facetree_json_set(entry, "class", json_integer(class));
        entry = facetree_json_set(entry, "probability",
                                  facetree_json_real(&json->digits,
                                               result->probabilities[class]));

        array = facetree_json_append(array, entry);
    }

    return array;
}


static json_t *
facetree_json_prediction(facetree_json_t *json,
    const facetree_result_t *result)
{
    json_t                       *object;
    const char                   *label, *decision;
    const facetree_answer_t      *answer;
    const facetree_prediction_t  *prediction;

    answer = json->answer;
    prediction = &result->prediction;

    label = facetree_model_label(answer->model, prediction->class);
    decision = facetree_decision(prediction, answer->threshold);

    object = json_object();
    object = facetree_json_set(object, "label", facetree_json_string(label));
    object = facetree_json_set(object, "class",
                               json_integer(prediction->class));
    object = facetree_json_set(object, "confidence",
                               facetree_json_real(&json->digits,
                                                  prediction->confidence));
    object = facetree_json_set(object, "margin",
                               facetree_json_real(&json->digits,
                                                  prediction->margin));
    object = facetree_json_set(object, "decision", json_string(decision));

    return facetree_json_set(object, "top", facetree_json_top(json, result));
}


static json_t *
facetree_json_result(facetree_json_t *json, const facetree_result_t *result)
{
    json_t              *object;
    facetree_problem_t   problem;

    if (result->status == FACETREE_OK) {
        object = facetree_json_prediction(json, result);

    } else {
        facetree_answer_problem(result, &problem);

        object = facetree_json_set(json_object(), "error",
                                   facetree_json_problem(&problem));
    }

    if (facetree_answer_has_image(result)) {
        object = facetree_json_set(object, "image",
                                   facetree_json_image(&result->image));
    }

    if (result->filename) {
        object = facetree_json_set(object, "filename",
                                   facetree_json_string(result->filename));
    }

    if (result->status == FACETREE_OK && result->pixels) {
        object = facetree_json_set(object, "explain",
                                   facetree_json_explain(&json->digits,
                                                         json->answer->model,
                                                         result->pixels));
    }

    return object;
}


static json_t *
facetree_json_answer(facetree_json_t *json)
{
    json_t                   *root, *object, *array;
    uint32_t                  i;
    const facetree_answer_t  *answer;

    answer = json->answer;

    object = json_object();
    object = facetree_json_set(object, "name",
                               facetree_json_string(answer->model_name));
    object = facetree_json_set(object, "version",
                               json_string(facetree_model_version(
                                                            answer->model)));

    root = facetree_json_set(json_object(), "model", object);

    array = json_array();

    for (i = 0; i < answer->count; i++) {
        object = facetree_json_result(json, &answer->results[i]);
        array = facetree_json_append(array, object);
    }

    root = facetree_json_set(root, "predictions", array);

    object = json_object();
    object = facetree_json_set(object, "decode",
                               facetree_json_integer(answer->decode_us));
    object = facetree_json_set(object, "predict",
                               facetree_json_integer(answer->predict_us));

    return facetree_json_set(root, "timing_us", object);
}


facetree_status_e
facetree_answer_json(const facetree_answer_t *answer, char **out, size_t *len,
    facetree_error_t *err)
{
    json_t           *root;
    facetree_json_t   json;

    json.answer = answer;
    json.digits = FACETREE_JSON_MIN_DIGITS;
    json.ranks = facetree_answer_ranks(answer, &json.count);

    root = json.ranks ? facetree_json_answer(&json) : NULL;
    free(json.ranks);

    return facetree_json_dump(root, json.digits, out, len, err);
}


facetree_status_e
facetree_problem_json(const facetree_problem_t *problem, char **out,
    size_t *len, facetree_error_t *err)
{
    return facetree_json_dump(facetree_json_problem(problem),
                              FACETREE_JSON_MAX_DIGITS, out, len, err);
}
