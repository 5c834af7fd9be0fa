
/*
 * Copyright (C) facetree contributors
 *
 * A request of the inference protocol: its header fields, its JSON part, and
 * where its tensor lies.
 */


#include "facetree_inference_int.h"
#include "facetree_number.h"

#include <stdlib.h>
#include <string.h>


/* Memory, see facetree_inference_memory(). */
#define FACETREE_INFERENCE_ELEMENT  192
#define FACETREE_INFERENCE_FIXED    (16 * 1024)


/* How a body is divided. */

typedef struct {
    const uint8_t  *body;
    size_t          len;
    size_t          json_len;
    int             binary;        /* the header field is there */
} facetree_inference_body_t;


static facetree_status_e
facetree_inference_check_encoding(const facetree_inference_headers_t *headers,
    facetree_error_t *err)
{
    facetree_slice_t  coding;

    coding.data = headers->content_encoding;
    coding.len = headers->content_encoding ? headers->content_encoding_len
                                           : 0;
    coding = facetree_slice_trim(coding);

    if (coding.len == 0 || facetree_slice_is(coding, "identity")) {
        return FACETREE_OK;
    }

    return facetree_fail(err, FACETREE_EMEDIA, FACETREE_NO_OFFSET,
                         "this Content-Encoding is not accepted: send the "
                         "body as it is");
}


/*
 * Types that a page of another site could send without being allowed to are
 * not among those accepted.
 */

static facetree_status_e
facetree_inference_check_type(const facetree_inference_headers_t *headers,
    const facetree_inference_body_t *body, facetree_error_t *err)
{
    facetree_slice_t  type;

    type.data = headers->content_type;
    type.len = headers->content_type ? headers->content_type_len : 0;
    type = facetree_header_media_type(type);

    /* The last is what "curl -d" says of anything, and its users of JSON. */

    if (type.len == 0 || facetree_slice_is(type, "application/json")
        || facetree_slice_is(type, "application/x-www-form-urlencoded"))
    {
        return FACETREE_OK;
    }

    if (body->binary
        && (facetree_slice_is(type, "application/octet-stream")
            || (body->json_len == 0 && facetree_slice_starts(type, "image/"))))
    {
        return FACETREE_OK;
    }

    return facetree_fail(err, FACETREE_EMEDIA, FACETREE_NO_OFFSET,
                         "this Content-Type is not accepted: send "
                         "application/json, or application/octet-stream with "
                         "Inference-Header-Content-Length");
}


static facetree_status_e
facetree_inference_divide(const facetree_inference_headers_t *headers,
    facetree_inference_body_t *body, facetree_error_t *err)
{
    uint64_t  n;

    body->json_len = body->len;
    body->binary = (headers->header_length != NULL);

    if (!body->binary) {
        return FACETREE_OK;
    }

    if (!facetree_number_parse(headers->header_length,
                               headers->header_length_len, body->len, &n))
    {
        return facetree_fail(err, FACETREE_EREQUEST, FACETREE_NO_OFFSET,
                             "Inference-Header-Content-Length must be a whole "
                             "number, at most the %zu bytes of the body",
                             body->len);
    }

    body->json_len = (size_t) n;

    return FACETREE_OK;
}


/* A body without a JSON part is the file itself. */

static facetree_status_e
facetree_inference_read_plain(facetree_inference_t *request,
    const facetree_inference_body_t *body, facetree_error_t *err)
{
    facetree_status_e  status;

    if (body->len == 0) {
        return facetree_fail(err, FACETREE_EEMPTY, FACETREE_NO_OFFSET,
                             "no picture was sent: the body is empty");
    }

    status = facetree_inference_check_bytes(request, 0, body->len, err);

    if (status != FACETREE_OK) {
        return status;
    }

    request->pictures = calloc(1, sizeof(*request->pictures));

    if (request->pictures == NULL) {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    request->pictures[0].data = body->body;
    request->pictures[0].len = body->len;
    request->count = 1;

    return facetree_inference_read_outputs(request, NULL, 1, err);
}


static facetree_status_e
facetree_inference_read_id(facetree_inference_t *request, const json_t *root,
    facetree_error_t *err)
{
    size_t   len;
    json_t  *id;

    id = json_object_get(root, "id");

    if (id == NULL) {
        return FACETREE_OK;
    }

    len = json_string_length(id);

    if (!json_is_string(id) || len > FACETREE_INFERENCE_MAX_ID) {
        return facetree_fail(err, FACETREE_EREQUEST, FACETREE_NO_OFFSET,
                             "\"id\" must be a string of at most %d bytes",
                             FACETREE_INFERENCE_MAX_ID);
    }

    request->id = malloc(len + 1);

    if (request->id == NULL) {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    memcpy(request->id, json_string_value(id), len + 1);

    return FACETREE_OK;
}


/* The one input there is. */

static facetree_status_e
facetree_inference_find_input(const json_t *root, const json_t **input,
    facetree_error_t *err)
{
    size_t         i, n;
    const char    *name;
    const json_t  *inputs;

    inputs = json_object_get(root, "inputs");
    n = json_array_size(inputs);

    if (n == 0) {
        return facetree_fail(err, FACETREE_EREQUEST, FACETREE_NO_OFFSET,
                             "\"inputs\" must be a list with the input "
                             "\"image\"");
    }

    for (i = 0; i < n; i++) {
        name = json_string_value(json_object_get(json_array_get(inputs, i),
                                                 "name"));

        if (name == NULL || strcmp(name, "image") != 0) {
            return facetree_fail(err, FACETREE_EREQUEST, FACETREE_NO_OFFSET,
                                 "unknown input: the only one is \"image\"");
        }
    }

    if (n > 1) {
        return facetree_fail(err, FACETREE_EREQUEST, FACETREE_NO_OFFSET,
                             "input \"image\" is given more than once");
    }

    *input = json_array_get(inputs, 0);

    return FACETREE_OK;
}


/*
 * Data in the JSON, or binary data that take up all that is behind it: there
 * is one input.
 */

static facetree_status_e
facetree_inference_locate(const json_t *input, const json_t *parameters,
    const facetree_inference_body_t *body,
    facetree_inference_tensor_t *tensor, facetree_error_t *err)
{
    json_t  *size;

    tensor->data = json_object_get(input, "data");
    tensor->raw = body->body + body->json_len;
    tensor->raw_len = body->len - body->json_len;

    size = json_object_get(parameters, "binary_data_size");

    if (size == NULL) {
        if (!json_is_array(tensor->data)) {
            return facetree_fail(err, FACETREE_EREQUEST, FACETREE_NO_OFFSET,
                                 "input \"image\" must have a list \"data\", "
                                 "or \"binary_data_size\"");
        }

        if (tensor->raw_len > 0) {
            return facetree_fail(err, FACETREE_EREQUEST, FACETREE_NO_OFFSET,
                                 "%zu bytes behind the JSON belong to no "
                                 "input", tensor->raw_len);
        }

        return FACETREE_OK;
    }

    if (tensor->data) {
        return facetree_fail(err, FACETREE_EREQUEST, FACETREE_NO_OFFSET,
                             "input \"image\" has both \"data\" and "
                             "\"binary_data_size\"");
    }

    if (!body->binary) {
        return facetree_fail(err, FACETREE_EREQUEST, FACETREE_NO_OFFSET,
                             "binary data need the header field "
                             "Inference-Header-Content-Length");
    }

    if (!json_is_integer(size) || json_integer_value(size) < 0
        || (uint64_t) json_integer_value(size) != tensor->raw_len)
    {
        return facetree_fail(err, FACETREE_EREQUEST, FACETREE_NO_OFFSET,
                             "\"binary_data_size\" must be the number of "
                             "bytes behind the JSON, %zu", tensor->raw_len);
    }

    return FACETREE_OK;
}


static facetree_status_e
facetree_inference_read_input(facetree_inference_t *request,
    const json_t *root, const facetree_inference_body_t *body,
    facetree_error_t *err)
{
    const json_t                 *input, *parameters;
    facetree_status_e             status;
    facetree_inference_tensor_t   tensor;

    memset(&tensor, 0, sizeof(tensor));
    input = NULL;
    parameters = NULL;

    status = facetree_inference_find_input(root, &input, err);

    if (status == FACETREE_OK) {
        status = facetree_inference_parameters(input, &parameters, err);
    }

    if (status != FACETREE_OK) {
        return status;
    }

    tensor.datatype = json_string_value(json_object_get(input, "datatype"));
    tensor.shape = json_object_get(input, "shape");
    tensor.content_type = json_string_value(json_object_get(parameters,
                                                            "content_type"));

    if (tensor.datatype == NULL || !json_is_array(tensor.shape)) {
        return facetree_fail(err, FACETREE_EREQUEST, FACETREE_NO_OFFSET,
                             "input \"image\" must have a string \"datatype\" "
                             "and a list \"shape\"");
    }

    status = facetree_inference_locate(input, parameters, body, &tensor, err);

    if (status != FACETREE_OK) {
        return status;
    }

    return facetree_inference_read_tensor(request, &tensor, err);
}


/* An element a pixel, and at most one bracket a pixel around them. */

static uint64_t
facetree_inference_elements(const facetree_model_t *model,
    uint32_t max_images)
{
    return 2 * (uint64_t) max_images * facetree_model_features(model)
           + FACETREE_INFERENCE_SPARE;
}


static facetree_status_e
facetree_inference_read_json(facetree_inference_t *request,
    const facetree_inference_body_t *body, facetree_error_t *err)
{
    int                 binary;
    json_t             *root;
    uint64_t            max;
    const json_t       *parameters;
    facetree_status_e   status;

    max = facetree_inference_elements(request->model, request->max_images);

    status = facetree_inference_load(body->body, body->json_len, max, &root,
                                     err);

    if (status != FACETREE_OK) {
        return status;
    }

    binary = 0;
    parameters = NULL;

    status = facetree_inference_read_id(request, root, err);

    if (status == FACETREE_OK) {
        status = facetree_inference_parameters(root, &parameters, err);
    }

    if (status == FACETREE_OK) {
        status = facetree_inference_flag(parameters, "binary_data_output",
                                         &binary, err);
    }

    if (status == FACETREE_OK) {
        status = facetree_inference_read_outputs(request,
                                             json_object_get(root, "outputs"),
                                             binary, err);
    }

    if (status == FACETREE_OK) {
        status = facetree_inference_read_input(request, root, body, err);
    }

    json_decref(root);

    return status;
}


static facetree_status_e
facetree_inference_read(facetree_inference_t *request,
    const facetree_inference_headers_t *headers, const void *data,
    size_t len, facetree_error_t *err)
{
    facetree_status_e          status;
    facetree_inference_body_t  body;

    memset(&body, 0, sizeof(body));

    body.body = data ? data : (const uint8_t *) "";
    body.len = data ? len : 0;

    status = facetree_inference_check_encoding(headers, err);

    if (status == FACETREE_OK) {
        status = facetree_inference_divide(headers, &body, err);
    }

    if (status == FACETREE_OK) {
        status = facetree_inference_check_type(headers, &body, err);
    }

    if (status != FACETREE_OK) {
        return status;
    }

    if (body.json_len == 0 && body.binary) {
        return facetree_inference_read_plain(request, &body, err);
    }

    return facetree_inference_read_json(request, &body, err);
}


facetree_status_e
facetree_inference_parse(facetree_inference_t **out,
    const facetree_model_t *model, const facetree_inference_limits_t *limits,
    const facetree_inference_headers_t *headers, const void *body,
    size_t body_len, facetree_error_t *err)
{
    facetree_status_e      status;
    facetree_inference_t  *request;

    request = calloc(1, sizeof(*request));

    if (request == NULL) {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    request->model = model;
    request->max_images = limits->max_images;
    request->max_bytes = limits->max_bytes;

    status = facetree_inference_read(request, headers, body, body_len, err);

    if (status != FACETREE_OK) {
        facetree_inference_free(request);
        return status;
    }

    *out = request;

    return FACETREE_OK;
}


/*
 * jansson takes FACETREE_INFERENCE_ELEMENT bytes an element at most, an object
 * in a list being the largest.  A string is gathered in a buffer that doubles,
 * beside the one it outgrows, and is copied from there: three times its
 * length.  What pictures are converted into comes after that and is less.
 */

size_t
facetree_inference_memory(const facetree_model_t *model, uint32_t max_images,
    size_t body_len)
{
    uint64_t  elements, memory;

    elements = facetree_inference_elements(model, max_images);
    elements = (elements < body_len) ? elements : body_len;

    memory = elements * FACETREE_INFERENCE_ELEMENT
             + (uint64_t) max_images * sizeof(facetree_picture_t)
             + FACETREE_INFERENCE_FIXED;

    if (body_len > (SIZE_MAX - memory) / 3) {
        return SIZE_MAX;
    }

    return (size_t) memory + 3 * body_len;
}


void
facetree_inference_free(facetree_inference_t *request)
{
    if (request == NULL) {
        return;
    }

    free(request->id);
    free(request->memory);
    free(request->pictures);
    free(request);
}


const char *
facetree_inference_id(const facetree_inference_t *request)
{
    return request->id;
}


uint32_t
facetree_inference_count(const facetree_inference_t *request)
{
    return request->count;
}


const facetree_picture_t *
facetree_inference_picture(const facetree_inference_t *request, uint32_t index)
{
    return &request->pictures[index];
}


uint32_t
facetree_inference_outputs(const facetree_inference_t *request)
{
    return request->outputs_count;
}


const facetree_inference_output_t *
facetree_inference_output(const facetree_inference_t *request, uint32_t index)
{
    return &request->outputs[index];
}
