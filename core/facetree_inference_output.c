
/*
 * Copyright (C) facetree contributors
 *
 * Which outputs a request asks for, and in which form.
 */


#include "facetree_inference_int.h"

#include <string.h>


static const char *const  facetree_output_names[FACETREE_OUTPUT_COUNT] = {
    "label", "class", "probabilities"
};


const char *
facetree_output_name(facetree_output_e output)
{
    return facetree_output_names[output];
}


/* Finds the output of a request's entry; FACETREE_OUTPUT_COUNT if none. */

static facetree_output_e
facetree_output_find(const json_t *entry)
{
    int          i;
    const char  *name;

    name = json_string_value(json_object_get(entry, "name"));

    for (i = 0; i < FACETREE_OUTPUT_COUNT; i++) {
        if (name && strcmp(name, facetree_output_names[i]) == 0) {
            break;
        }
    }

    return (facetree_output_e) i;
}


static facetree_status_e
facetree_output_classification(const json_t *parameters,
    facetree_inference_output_t *output, facetree_error_t *err)
{
    json_t      *value;
    json_int_t   k;

    value = json_object_get(parameters, "classification");

    if (value == NULL) {
        return FACETREE_OK;
    }

    k = json_is_integer(value) ? json_integer_value(value) : -1;

    if (k < 0) {
        return facetree_fail(err, FACETREE_EREQUEST, FACETREE_NO_OFFSET,
                             "parameter \"classification\" must be a whole "
                             "number, 0 or more");
    }

    if (k > 0 && output->output != FACETREE_OUTPUT_PROBABILITIES) {
        return facetree_fail(err, FACETREE_EREQUEST, FACETREE_NO_OFFSET,
                             "parameter \"classification\" is for the output "
                             "\"probabilities\"");
    }

    output->classification = (k > UINT32_MAX) ? UINT32_MAX : (uint32_t) k;

    return FACETREE_OK;
}


static facetree_status_e
facetree_output_read(facetree_inference_t *request, const json_t *entry,
    int binary, facetree_error_t *err)
{
    uint32_t                      i;
    const json_t                 *parameters;
    facetree_output_e             which;
    facetree_status_e             status;
    facetree_inference_output_t  *output;

    which = facetree_output_find(entry);

    if (which == FACETREE_OUTPUT_COUNT) {
        return facetree_fail(err, FACETREE_EREQUEST, FACETREE_NO_OFFSET,
                             "unknown output: there are \"label\", \"class\" "
                             "and \"probabilities\"");
    }

    for (i = 0; i < request->outputs_count; i++) {
        if (request->outputs[i].output == which) {
            return facetree_fail(err, FACETREE_EREQUEST, FACETREE_NO_OFFSET,
                                 "output \"%s\" is asked for twice",
                                 facetree_output_names[which]);
        }
    }

    output = &request->outputs[request->outputs_count++];
    output->output = which;
    output->binary = binary;

    status = facetree_inference_parameters(entry, &parameters, err);

    if (status == FACETREE_OK) {
        status = facetree_inference_flag(parameters, "binary_data",
                                         &output->binary, err);
    }

    if (status == FACETREE_OK) {
        status = facetree_output_classification(parameters, output, err);
    }

    return status;
}


facetree_status_e
facetree_inference_read_outputs(facetree_inference_t *request,
    const json_t *outputs, int binary, facetree_error_t *err)
{
    size_t             i, n;
    facetree_status_e  status;

    if (outputs && !json_is_array(outputs)) {
        return facetree_fail(err, FACETREE_EREQUEST, FACETREE_NO_OFFSET,
                             "\"outputs\" must be a list");
    }

    n = json_array_size(outputs);

    for (i = 0; i < n; i++) {
        status = facetree_output_read(request, json_array_get(outputs, i),
                                      binary, err);
        if (status != FACETREE_OK) {
            return status;
        }
    }

    if (n > 0) {
        return FACETREE_OK;
    }

    for (i = 0; i < FACETREE_OUTPUT_COUNT; i++) {
        request->outputs[i].output = (facetree_output_e) i;
        request->outputs[i].binary = binary;
    }

    request->outputs_count = FACETREE_OUTPUT_COUNT;

    return FACETREE_OK;
}
