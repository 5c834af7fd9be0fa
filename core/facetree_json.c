
/*
 * Copyright (C) facetree contributors
 *
 * Answers and refusals as JSON.  A member that could not be made is NULL, and
 * jansson refuses to add NULL to anything, so every failure shows where the
 * outermost value is put together.
 */


#include "facetree_answer.h"
#include "facetree_buffer.h"
#include "facetree_utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>


/* Digits of a double: always exact in decimal, and always enough. */
#define FACETREE_JSON_MIN_DIGITS  15
#define FACETREE_JSON_MAX_DIGITS  17


/*
 * "digits" is the least number that brings back, as the same double, every
 * real number made so far.  jansson prints a document with one precision, and
 * 17 for all would show 0.92 as 0.92000000000000004.
 */

typedef struct {
    const facetree_answer_t  *answer;
    uint32_t                 *ranks;
    uint32_t                  count;           /* of ranks */
    int                       digits;
} facetree_json_t;


static json_t *
facetree_json_real(facetree_json_t *json, double value)
{
    char  text[32];

    while (json->digits < FACETREE_JSON_MAX_DIGITS) {
        snprintf(text, sizeof(text), "%.*g", json->digits, value);

        if (strtod(text, NULL) == value) {
            break;
        }

        json->digits++;
    }

    return json_real(value);
}


static json_t *
facetree_json_integer(uint64_t value)
{
    return json_integer((value > INT64_MAX) ? INT64_MAX : (json_int_t) value);
}


/* Text from outside: jansson takes only valid UTF-8. */

static json_t *
facetree_json_string(const char *text)
{
    char               *clean;
    json_t             *string;
    size_t              len;
    facetree_buffer_t   buffer;

    len = strlen(text);

    if (facetree_utf8_is_valid(text, len)) {
        return json_stringn_nocheck(text, len);
    }

    facetree_buffer_init(&buffer, FACETREE_ANSWER_MAX);
    facetree_buffer_utf8(&buffer, text, len);

    if (facetree_buffer_take(&buffer, &clean, &len, NULL) != FACETREE_OK) {
        return NULL;
    }

    string = json_stringn_nocheck(clean, len);
    free(clean);

    return string;
}


/* Takes the value over; frees the object and returns NULL when it is NULL. */

static json_t *
facetree_json_set(json_t *object, const char *name, json_t *value)
{
    if (json_object_set_new(object, name, value) != 0) {
        json_decref(object);
        return NULL;
    }

    return object;
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
                                  facetree_json_real(json,
                                               result->probabilities[class]));

        if (json_array_append_new(array, entry) != 0) {
            json_decref(array);
            return NULL;
        }
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
                               facetree_json_real(json,
                                                  prediction->confidence));
    object = facetree_json_set(object, "margin",
                               facetree_json_real(json, prediction->margin));
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

        if (json_array_append_new(array, object) != 0) {
            json_decref(array);
            array = NULL;
            break;
        }
    }

    root = facetree_json_set(root, "predictions", array);

    object = json_object();
    object = facetree_json_set(object, "decode",
                               facetree_json_integer(answer->decode_us));
    object = facetree_json_set(object, "predict",
                               facetree_json_integer(answer->predict_us));

    return facetree_json_set(root, "timing_us", object);
}


static int
facetree_json_write(const char *text, size_t len, void *data)
{
    facetree_buffer_t  *buffer;

    buffer = data;
    facetree_buffer_add(buffer, text, len);

    return (buffer->status == FACETREE_OK) ? 0 : -1;
}


/*
 * Takes "root" over.  Written through a callback, since what json_dumps()
 * returns need not come from malloc().
 */

static facetree_status_e
facetree_json_dump(json_t *root, int digits, char **out, size_t *len,
    facetree_error_t *err)
{
    int                rc;
    facetree_buffer_t  buffer;

    if (root == NULL) {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    facetree_buffer_init(&buffer, FACETREE_ANSWER_MAX);

    rc = json_dump_callback(root, facetree_json_write, &buffer,
                            JSON_REAL_PRECISION(digits));
    json_decref(root);

    if (rc != 0 && buffer.status == FACETREE_OK) {
        facetree_buffer_free(&buffer);

        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    return facetree_buffer_take(&buffer, out, len, err);
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
