
/*
 * Copyright (C) facetree contributors
 *
 * The response of an inference: output tensors as JSON, as raw bytes behind
 * it, or some of each.
 */


#include "facetree_answer.h"
#include "facetree_buffer.h"
#include "facetree_bytes.h"
#include "facetree_inference_int.h"
#include "facetree_number.h"

#include <stdlib.h>
#include <string.h>


typedef struct {
    const facetree_inference_answer_t  *answer;
    facetree_buffer_t                   raw;       /* of all binary outputs */
    facetree_buffer_t                   text;      /* of one element */
    uint32_t                           *ranks;
    uint32_t                            classes;
    uint32_t                            count;     /* of pictures */
    int                                 digits;
} facetree_inference_render_t;


/* How many elements of an output belong to a picture. */

static uint32_t
facetree_render_columns(const facetree_inference_render_t *render,
    const facetree_inference_output_t *output)
{
    if (output->output != FACETREE_OUTPUT_PROBABILITIES) {
        return 1;
    }

    if (output->classification == 0
        || output->classification > render->classes)
    {
        return render->classes;
    }

    return output->classification;
}


static const char *
facetree_render_datatype(const facetree_inference_output_t *output)
{
    switch (output->output) {

    case FACETREE_OUTPUT_LABEL:
        return "BYTES";

    case FACETREE_OUTPUT_CLASS:
        return "INT64";

    default:
        return output->classification ? "BYTES" : "FP32";
    }
}


/* "probability:class:label" */

static void
facetree_render_class(facetree_inference_render_t *render, uint32_t item,
    uint32_t class)
{
    char                                number[FACETREE_NUMBER_LEN];
    const facetree_inference_answer_t  *answer;

    answer = render->answer;

    facetree_number_float((float) answer->probabilities[
                              (size_t) item * render->classes + class],
                          number);

    facetree_buffer_puts(&render->text, number);
    facetree_buffer_printf(&render->text, ":%u:", (unsigned) class);
    facetree_buffer_puts(&render->text,
                         facetree_model_label(answer->model, class));
}


/* The text of a BYTES element, put into render->text. */

static void
facetree_render_text(facetree_inference_render_t *render,
    const facetree_inference_output_t *output, uint32_t item, uint32_t column)
{
    uint32_t                            class;
    const facetree_inference_answer_t  *answer;

    answer = render->answer;
    class = answer->predictions[item].class;
    render->text.len = 0;

    if (output->output == FACETREE_OUTPUT_PROBABILITIES) {
        facetree_render_class(render, item, render->ranks[column]);

    } else {
        facetree_buffer_puts(&render->text,
                             facetree_model_label(answer->model, class));
    }
}


static json_t *
facetree_render_element(facetree_inference_render_t *render,
    const facetree_inference_output_t *output, uint32_t item, uint32_t column)
{
    const facetree_inference_answer_t  *answer;

    answer = render->answer;

    if (output->output == FACETREE_OUTPUT_CLASS) {
        return json_integer(answer->predictions[item].class);
    }

    if (output->output == FACETREE_OUTPUT_PROBABILITIES
        && output->classification == 0)
    {
        return facetree_json_float(&render->digits,
                                   (float) answer->probabilities[
                                       (size_t) item * render->classes
                                       + column]);
    }

    facetree_render_text(render, output, item, column);

    return render->text.status == FACETREE_OK
           ? json_stringn(render->text.len ? render->text.data : "",
                          render->text.len)
           : NULL;
}


static void
facetree_render_raw(facetree_inference_render_t *render,
    const facetree_inference_output_t *output, uint32_t item, uint32_t column)
{
    float                               value;
    uint8_t                             bytes[8];
    uint32_t                            bits;
    const facetree_inference_answer_t  *answer;

    answer = render->answer;

    if (output->output == FACETREE_OUTPUT_CLASS) {
        facetree_put_le32(bytes, answer->predictions[item].class);
        facetree_put_le32(bytes + 4, 0);
        facetree_buffer_add(&render->raw, bytes, 8);

    } else if (output->output == FACETREE_OUTPUT_PROBABILITIES
               && output->classification == 0)
    {
        value = (float) answer->probabilities[(size_t) item * render->classes
                                              + column];
        memcpy(&bits, &value, sizeof(bits));
        facetree_put_le32(bytes, bits);
        facetree_buffer_add(&render->raw, bytes, 4);

    } else {
        facetree_render_text(render, output, item, column);
        facetree_put_le32(bytes, (uint32_t) render->text.len);
        facetree_buffer_add(&render->raw, bytes, 4);
        facetree_buffer_add(&render->raw, render->text.data,
                            render->text.len);
    }
}


/* All elements: appended to an array, or to the raw bytes, when it is NULL. */

static json_t *
facetree_render_elements(facetree_inference_render_t *render,
    const facetree_inference_output_t *output)
{
    json_t                             *array, *element;
    uint32_t                            column, columns, item;
    const facetree_inference_answer_t  *answer;

    answer = render->answer;
    columns = facetree_render_columns(render, output);
    array = output->binary ? NULL : json_array();

    for (item = 0; item < render->count; item++) {

        if (output->classification) {
            (void) facetree_top(answer->probabilities
                                + (size_t) item * render->classes,
                                render->classes,
                                answer->predictions[item].class, columns,
                                render->ranks);
        }

        for (column = 0; column < columns; column++) {

            if (output->binary) {
                facetree_render_raw(render, output, item, column);
                continue;
            }

            element = facetree_render_element(render, output, item, column);
            array = facetree_json_append(array, element);
        }
    }

    return array;
}


static json_t *
facetree_render_shape(const facetree_inference_render_t *render,
    const facetree_inference_output_t *output)
{
    json_t  *shape;

    shape = facetree_json_append(json_array(), json_integer(render->count));

    if (output->output == FACETREE_OUTPUT_PROBABILITIES) {
        shape = facetree_json_append(shape,
                                     json_integer(facetree_render_columns(
                                                        render, output)));
    }

    return shape;
}


static json_t *
facetree_render_output(facetree_inference_render_t *render,
    const facetree_inference_output_t *output)
{
    json_t  *elements, *object;
    size_t   before;

    object = facetree_json_set(json_object(), "name",
                               json_string(facetree_output_name(
                                                           output->output)));
    object = facetree_json_set(object, "shape",
                               facetree_render_shape(render, output));
    object = facetree_json_set(object, "datatype",
                               json_string(facetree_render_datatype(output)));

    before = render->raw.len;
    elements = facetree_render_elements(render, output);

    if (!output->binary) {
        return facetree_json_set(object, "data", elements);
    }

    elements = facetree_json_set(json_object(), "binary_data_size",
                                 facetree_json_integer(render->raw.len
                                                       - before));

    return facetree_json_set(object, "parameters", elements);
}


static json_t *
facetree_render_json(facetree_inference_render_t *render)
{
    json_t                             *array, *root;
    uint32_t                            i, n;
    const char                         *id;
    const facetree_inference_t         *request;
    const facetree_inference_answer_t  *answer;

    answer = render->answer;
    request = answer->request;
    id = facetree_inference_id(request);

    root = facetree_json_set(json_object(), "model_name",
                             facetree_json_string(answer->model_name));
    root = facetree_json_set(root, "model_version",
                             json_string(facetree_model_version(
                                                            answer->model)));

    if (id) {
        root = facetree_json_set(root, "id", facetree_json_string(id));
    }

    array = json_array();
    n = facetree_inference_outputs(request);

    for (i = 0; i < n; i++) {
        array = facetree_json_append(array,
                    facetree_render_output(render,
                        facetree_inference_output(request, i)));
    }

    return facetree_json_set(root, "outputs", array);
}


/* Puts the raw bytes, if there are any, behind the JSON. */

static facetree_status_e
facetree_render_join(facetree_inference_render_t *render, char **out,
    size_t *len, size_t *header_len, facetree_error_t *err)
{
    char               *joined;
    facetree_status_e   status;

    status = (render->text.status != FACETREE_OK) ? render->text.status
                                                  : render->raw.status;

    if (status != FACETREE_OK) {
        free(*out);
        return facetree_fail(err, status, FACETREE_NO_OFFSET, NULL);
    }

    *header_len = render->raw.len ? *len : 0;

    if (render->raw.len == 0) {
        return FACETREE_OK;
    }

    joined = realloc(*out, *len + render->raw.len + 1);

    if (joined == NULL) {
        free(*out);
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    memcpy(joined + *len, render->raw.data, render->raw.len);

    *out = joined;
    *len += render->raw.len;
    joined[*len] = '\0';

    return FACETREE_OK;
}


facetree_status_e
facetree_inference_render(const facetree_inference_answer_t *answer,
    char **out, size_t *len, size_t *header_len, facetree_error_t *err)
{
    char                         *text;
    json_t                       *root;
    size_t                        text_len, json_len;
    facetree_status_e             status;
    facetree_inference_render_t   render;

    memset(&render, 0, sizeof(render));
    json_len = 0;

    render.answer = answer;
    render.classes = facetree_model_classes(answer->model);
    render.count = facetree_inference_count(answer->request);
    render.digits = FACETREE_JSON_MIN_FLOAT;
    render.ranks = calloc(render.classes, sizeof(uint32_t));
    facetree_buffer_init(&render.raw, FACETREE_ANSWER_MAX);
    facetree_buffer_init(&render.text, FACETREE_ANSWER_MAX);

    root = render.ranks ? facetree_render_json(&render) : NULL;
    status = facetree_json_dump(root, render.digits, &text, &text_len, err);

    if (status == FACETREE_OK) {
        status = facetree_render_join(&render, &text, &text_len, &json_len,
                                      err);
    }

    if (status == FACETREE_OK) {
        *out = text;
        *len = text_len;
        *header_len = json_len;
    }

    facetree_buffer_free(&render.raw);
    facetree_buffer_free(&render.text);
    free(render.ranks);

    return status;
}
