
/*
 * Copyright (C) facetree contributors
 *
 * Answers and refusals as JSON.
 */


#include "facetree_answer.h"
#include "facetree_explain.h"
#include "facetree_json.h"
#include "facetree_json_print.h"

#include <stdio.h>
#include <stdlib.h>


/* What most answers fit into. */
#define FACETREE_JSON_ANSWER  1024


typedef struct {
    const facetree_answer_t  *answer;
    uint32_t                 *ranks;
    uint32_t                  count;           /* of ranks */
    facetree_buffer_t         buffer;
} facetree_json_t;


/* "before" has the name of a member, and the punctuation around it. */

static void
facetree_json_text(facetree_json_t *json, const char *before,
    const char *text)
{
    facetree_buffer_puts(&json->buffer, before);
    facetree_json_print_string(&json->buffer, text);
}


static void
facetree_json_whole(facetree_json_t *json, const char *before, uint64_t value)
{
    facetree_buffer_puts(&json->buffer, before);
    facetree_json_print_integer(&json->buffer, value);
}


static void
facetree_json_number(facetree_json_t *json, const char *before, double value)
{
    facetree_buffer_puts(&json->buffer, before);
    facetree_json_print_real(&json->buffer, value);
}


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


static void
facetree_json_image(facetree_json_t *json, const facetree_image_info_t *image)
{
    facetree_json_text(json, ", \"image\": {\"format\": ",
                       facetree_format_name(image->format));
    facetree_json_whole(json, ", \"width\": ", image->width);
    facetree_json_whole(json, ", \"height\": ", image->height);
    facetree_json_whole(json, ", \"orientation\": ",
                        (uint64_t) image->orientation);
    facetree_buffer_puts(&json->buffer, "}");
}


static void
facetree_json_top(facetree_json_t *json, const facetree_result_t *result)
{
    uint32_t                  i, n, class;
    const facetree_answer_t  *answer;

    answer = json->answer;

    n = facetree_top(result->probabilities,
                     facetree_model_classes(answer->model),
                     result->prediction.class, json->count, json->ranks);

    facetree_buffer_puts(&json->buffer, ", \"top\": [");

    for (i = 0; i < n; i++) {
        class = json->ranks[i];

        facetree_json_text(json, i ? ", {\"label\": " : "{\"label\": ",
                           facetree_model_label(answer->model, class));
        facetree_json_whole(json, ", \"class\": ", class);
        facetree_json_number(json, ", \"probability\": ",
                             result->probabilities[class]);
        facetree_buffer_puts(&json->buffer, "}");
    }

    facetree_buffer_puts(&json->buffer, "]");
}


static void
facetree_json_prediction(facetree_json_t *json,
    const facetree_result_t *result)
{
    const facetree_answer_t      *answer;
    const facetree_prediction_t  *prediction;

    answer = json->answer;
    prediction = &result->prediction;

    facetree_json_text(json, "{\"label\": ",
                       facetree_model_label(answer->model,
                                            prediction->class));
    facetree_json_whole(json, ", \"class\": ", prediction->class);
    facetree_json_number(json, ", \"confidence\": ", prediction->confidence);
    facetree_json_number(json, ", \"margin\": ", prediction->margin);
    facetree_json_text(json, ", \"decision\": ",
                       facetree_decision(prediction, answer->threshold));
    facetree_json_top(json, result);
}


static void
facetree_json_result(facetree_json_t *json, const facetree_result_t *result)
{
    int                  digits;
    json_t              *explain;
    facetree_problem_t   problem;

    if (result->status == FACETREE_OK) {
        facetree_json_prediction(json, result);

    } else {
        facetree_answer_problem(result, &problem);

        facetree_buffer_puts(&json->buffer, "{\"error\": ");
        facetree_json_add(&json->buffer, facetree_json_problem(&problem),
                          FACETREE_JSON_MAX_DIGITS);
    }

    if (facetree_answer_has_image(result)) {
        facetree_json_image(json, &result->image);
    }

    if (result->filename) {
        facetree_json_text(json, ", \"filename\": ", result->filename);
    }

    if (result->status == FACETREE_OK && result->pixels) {
        digits = FACETREE_JSON_MIN_DIGITS;
        explain = facetree_json_explain(&digits, json->answer->model,
                                        result->pixels);

        facetree_buffer_puts(&json->buffer, ", \"explain\": ");
        facetree_json_add(&json->buffer, explain, digits);
    }

    facetree_buffer_puts(&json->buffer, "}");
}


static void
facetree_json_answer(facetree_json_t *json)
{
    uint32_t                  i;
    const facetree_answer_t  *answer;

    answer = json->answer;

    facetree_json_text(json, "{\"model\": {\"name\": ", answer->model_name);
    facetree_json_text(json, ", \"version\": ",
                       facetree_model_version(answer->model));
    facetree_buffer_puts(&json->buffer, "}, \"predictions\": [");

    for (i = 0; i < answer->count; i++) {
        if (i) {
            facetree_buffer_puts(&json->buffer, ", ");
        }

        facetree_json_result(json, &answer->results[i]);
    }

    facetree_json_whole(json, "], \"timing_us\": {\"decode\": ",
                        answer->decode_us);
    facetree_json_whole(json, ", \"predict\": ", answer->predict_us);
    facetree_buffer_puts(&json->buffer, "}}");
}


facetree_status_e
facetree_answer_json(const facetree_answer_t *answer, char **out, size_t *len,
    facetree_error_t *err)
{
    facetree_json_t  json;

    json.answer = answer;
    json.ranks = facetree_answer_ranks(answer, &json.count);

    if (json.ranks == NULL) {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    facetree_buffer_init(&json.buffer, FACETREE_ANSWER_MAX);
    facetree_buffer_reserve(&json.buffer, FACETREE_JSON_ANSWER);

    facetree_json_answer(&json);
    free(json.ranks);

    return facetree_buffer_take(&json.buffer, out, len, err);
}


facetree_status_e
facetree_problem_json(const facetree_problem_t *problem, char **out,
    size_t *len, facetree_error_t *err)
{
    return facetree_json_dump(facetree_json_problem(problem),
                              FACETREE_JSON_MAX_DIGITS, out, len, err);
}
