
/*
 * Copyright (C) facetree contributors
 *
 * The input tensor: pictures out of JSON elements or raw bytes.
 *
 * Nothing is multiplied before its factors are known to be small: the first
 * dimension is compared with the limit on pictures, the others with the
 * model's.
 */


#include "facetree_inference_int.h"
#include "facetree_base64.h"
#include "facetree_bytes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>


typedef enum {
    FACETREE_TENSOR_BYTES,
    FACETREE_TENSOR_UINT8,
    FACETREE_TENSOR_FP32
} facetree_tensor_e;

typedef struct {
    facetree_inference_t               *request;
    const facetree_inference_tensor_t  *tensor;
    facetree_tensor_e                   type;
    uint8_t                            *next;  /* in the request's memory */
    uint64_t                            done;  /* elements */
    uint64_t                            total;
    facetree_error_t                   *err;
} facetree_tensor_t;


static facetree_status_e
facetree_tensor_shape_fail(const facetree_tensor_t *tensor)
{
    unsigned                 height, width;
    const facetree_model_t  *model;

    model = tensor->request->model;
    width = facetree_model_width(model);
    height = facetree_model_height(model);

    if (tensor->type == FACETREE_TENSOR_BYTES) {
        return facetree_fail(tensor->err, FACETREE_ESHAPE, FACETREE_NO_OFFSET,
                             "shape of \"image\" must be [N] for BYTES");
    }

    return facetree_fail(tensor->err, FACETREE_ESHAPE, FACETREE_NO_OFFSET,
                         "shape of \"image\" must be [N,%u,%u] or [N,%u] for "
                         "this model", height, width, height * width);
}


/* The dimensions behind the first. */

static int
facetree_tensor_shape_fits(const facetree_tensor_t *tensor,
    const uint64_t *dim, size_t rank)
{
    uint32_t                 height, width;
    const facetree_model_t  *model;

    /* Some clients send a column of strings: [N,1]. */

    if (tensor->type == FACETREE_TENSOR_BYTES) {
        return rank == 1 || (rank == 2 && dim[1] == 1);
    }

    model = tensor->request->model;
    width = facetree_model_width(model);
    height = facetree_model_height(model);

    return (rank == 2 && dim[1] == (uint64_t) width * height)
           || (rank == 3 && dim[1] == height && dim[2] == width);
}


static facetree_status_e
facetree_tensor_shape(facetree_tensor_t *tensor)
{
    size_t                 i, rank;
    json_t                *value;
    uint64_t               dim[FACETREE_INFERENCE_MAX_RANK];
    const json_t          *shape;
    facetree_inference_t  *request;

    request = tensor->request;
    shape = tensor->tensor->shape;
    rank = json_array_size(shape);

    if (rank < 1 || rank > FACETREE_INFERENCE_MAX_RANK) {
        return facetree_tensor_shape_fail(tensor);
    }

    for (i = 0; i < rank; i++) {
        value = json_array_get(shape, i);

        if (!json_is_integer(value) || json_integer_value(value) < 0) {
            return facetree_fail(tensor->err, FACETREE_EREQUEST,
                                 FACETREE_NO_OFFSET,
                                 "\"shape\" must be a list of whole numbers");
        }

        dim[i] = (uint64_t) json_integer_value(value);
    }

    if (!facetree_tensor_shape_fits(tensor, dim, rank)) {
        return facetree_tensor_shape_fail(tensor);
    }

    if (dim[0] == 0) {
        return facetree_fail(tensor->err, FACETREE_EEMPTY, FACETREE_NO_OFFSET,
                             "no picture was sent: the first dimension is 0");
    }

    if (dim[0] > request->max_images) {
        return facetree_fail_limit(tensor->err, FACETREE_EIMAGES,
                                   request->max_images, dim[0],
                                   "request has more than %u picture%s; send "
                                   "them in several requests",
                                   (unsigned) request->max_images,
                                   (request->max_images == 1) ? "" : "s");
    }

    request->count = (uint32_t) dim[0];

    tensor->total = request->count;

    if (tensor->type != FACETREE_TENSOR_BYTES) {
        tensor->total *= facetree_model_features(request->model);
    }

    return FACETREE_OK;
}


static facetree_status_e
facetree_tensor_allocate(facetree_tensor_t *tensor, uint64_t bytes)
{
    facetree_inference_t  *request;

    request = tensor->request;

    if (bytes > SIZE_MAX - 1) {
        return facetree_fail(tensor->err, FACETREE_ENOMEM, FACETREE_NO_OFFSET,
                             NULL);
    }

    request->memory = malloc((size_t) bytes + 1);

    if (request->memory == NULL) {
        return facetree_fail(tensor->err, FACETREE_ENOMEM, FACETREE_NO_OFFSET,
                             NULL);
    }

    tensor->next = request->memory;

    return FACETREE_OK;
}


static facetree_status_e
facetree_tensor_element_fail(const facetree_tensor_t *tensor,
    const char *what)
{
    return facetree_fail(tensor->err, FACETREE_EREQUEST, FACETREE_NO_OFFSET,
                         "element %llu of \"image\" %s",
                         (unsigned long long) tensor->done, what);
}


facetree_status_e
facetree_inference_check_bytes(const facetree_inference_t *request,
    uint64_t index, size_t len, facetree_error_t *err)
{
    if (len <= request->max_bytes) {
        return FACETREE_OK;
    }

    return facetree_fail_limit(err, FACETREE_EBYTES, request->max_bytes, len,
                               "picture %llu has %zu bytes, more than %zu",
                               (unsigned long long) index, len,
                               request->max_bytes);
}


static facetree_status_e
facetree_tensor_picture(facetree_tensor_t *tensor, const uint8_t *data,
    size_t len)
{
    facetree_status_e    status;
    facetree_picture_t  *picture;

    if (len == 0) {
        return facetree_fail(tensor->err, FACETREE_EEMPTY, FACETREE_NO_OFFSET,
                             "picture %llu is empty",
                             (unsigned long long) tensor->done);
    }

    status = facetree_inference_check_bytes(tensor->request, tensor->done, len,
                                            tensor->err);
    if (status != FACETREE_OK) {
        return status;
    }

    picture = &tensor->request->pictures[tensor->done++];
    picture->data = data;
    picture->len = len;

    return FACETREE_OK;
}


/* Pixels lie in one piece, picture after picture. */

static void
facetree_tensor_pixels(facetree_tensor_t *tensor, const uint8_t *pixels)
{
    size_t                 features, i;
    facetree_inference_t  *request;

    request = tensor->request;
    features = facetree_model_features(request->model);

    for (i = 0; i < request->count; i++) {
        request->pictures[i].pixels = pixels + i * features;
    }
}


/* The nearest gray level; -1 for what is none.  NaN fails both comparisons. */

static int
facetree_tensor_level(float value)
{
    if (!(value >= 0.0f && value <= 1.0f)) {
        return -1;
    }

    return (int) lround((double) value * 255.0);
}


static facetree_status_e
facetree_tensor_element(facetree_tensor_t *tensor, const json_t *value)
{
    int      level;
    size_t   len;
    uint8_t *out;

    switch (tensor->type) {

    case FACETREE_TENSOR_BYTES:
        if (!json_is_string(value)) {
            return facetree_tensor_element_fail(tensor, "is no string");
        }

        out = tensor->next;

        if (!facetree_base64_decode(json_string_value(value),
                                    json_string_length(value), out, &len))
        {
            return facetree_tensor_element_fail(tensor, "is not base64");
        }

        tensor->next += len;

        return facetree_tensor_picture(tensor, out, len);

    case FACETREE_TENSOR_UINT8:
        if (!json_is_integer(value) || json_integer_value(value) < 0
            || json_integer_value(value) > 255)
        {
            return facetree_tensor_element_fail(tensor, "is no whole number "
                                                "from 0 to 255");
        }

        level = (int) json_integer_value(value);
        break;

    default:
        level = json_is_number(value)
                ? facetree_tensor_level((float) json_number_value(value))
                : -1;

        if (level < 0) {
            return facetree_tensor_element_fail(tensor, "is no number from 0 "
                                                "to 1");
        }
    }

    *tensor->next++ = (uint8_t) level;
    tensor->done++;

    return FACETREE_OK;
}


/* Nested or flat; how deep it can get the scan has bounded. */

static facetree_status_e
facetree_tensor_elements(facetree_tensor_t *tensor, const json_t *array)
{
    size_t             i, n;
    const json_t      *value;
    facetree_status_e  status;

    n = json_array_size(array);

    for (i = 0; i < n; i++) {
        value = json_array_get(array, i);

        if (json_is_array(value)) {
            status = facetree_tensor_elements(tensor, value);

        } else if (tensor->done == tensor->total) {
            return facetree_fail(tensor->err, FACETREE_ESHAPE,
                                 FACETREE_NO_OFFSET,
                                 "\"data\" has more elements than the %llu of "
                                 "its shape",
                                 (unsigned long long) tensor->total);

        } else {
            status = facetree_tensor_element(tensor, value);
        }

        if (status != FACETREE_OK) {
            return status;
        }
    }

    return FACETREE_OK;
}


/* What all strings decode to at most; anything else is refused later. */

static uint64_t
facetree_tensor_room(const json_t *array)
{
    size_t         i, n;
    uint64_t       room;
    const json_t  *value;

    n = json_array_size(array);
    room = 0;

    for (i = 0; i < n; i++) {
        value = json_array_get(array, i);

        room += json_is_array(value)
                ? facetree_tensor_room(value)
                : facetree_base64_room(json_string_length(value));
    }

    return room;
}


static facetree_status_e
facetree_tensor_json(facetree_tensor_t *tensor)
{
    const char         *type;
    const json_t       *data;
    facetree_status_e   status;

    data = tensor->tensor->data;
    type = tensor->tensor->content_type;

    if (tensor->type == FACETREE_TENSOR_BYTES
        && (type == NULL || strcmp(type, "base64") != 0))
    {
        return facetree_fail(tensor->err, FACETREE_EREQUEST,
                             FACETREE_NO_OFFSET,
                             "BYTES in JSON must be base64, and the input "
                             "say so: \"parameters\": {\"content_type\": "
                             "\"base64\"}");
    }

    status = facetree_tensor_allocate(tensor,
                                      tensor->type == FACETREE_TENSOR_BYTES
                                      ? facetree_tensor_room(data)
                                      : tensor->total);

    if (status == FACETREE_OK) {
        status = facetree_tensor_elements(tensor, data);
    }

    if (status != FACETREE_OK) {
        return status;
    }

    if (tensor->done != tensor->total) {
        return facetree_fail(tensor->err, FACETREE_ESHAPE, FACETREE_NO_OFFSET,
                             "\"data\" has %llu elements, its shape %llu",
                             (unsigned long long) tensor->done,
                             (unsigned long long) tensor->total);
    }

    if (tensor->type != FACETREE_TENSOR_BYTES) {
        facetree_tensor_pixels(tensor, tensor->request->memory);
    }

    return FACETREE_OK;
}


/* Each picture with its length before it, adding up to the whole. */

static facetree_status_e
facetree_tensor_raw_bytes(facetree_tensor_t *tensor)
{
    size_t              len, left;
    const uint8_t      *p;
    facetree_status_e   status;

    p = tensor->tensor->raw;
    left = tensor->tensor->raw_len;

    while (tensor->done < tensor->total) {

        if (left < 4 || facetree_get_le32(p) > left - 4) {
            return facetree_fail(tensor->err, FACETREE_ESHAPE,
                                 FACETREE_NO_OFFSET,
                                 "picture %llu ends past the binary data of "
                                 "%zu bytes",
                                 (unsigned long long) tensor->done,
                                 tensor->tensor->raw_len);
        }

        len = facetree_get_le32(p);
        status = facetree_tensor_picture(tensor, p + 4, len);

        if (status != FACETREE_OK) {
            return status;
        }

        p += 4 + len;
        left -= 4 + len;
    }

    if (left > 0) {
        return facetree_fail(tensor->err, FACETREE_ESHAPE, FACETREE_NO_OFFSET,
                             "%zu bytes of binary data are left behind the "
                             "last picture", left);
    }

    return FACETREE_OK;
}


static facetree_status_e
facetree_tensor_raw_floats(facetree_tensor_t *tensor)
{
    int                 level;
    float               value;
    uint32_t            bits;
    const uint8_t      *p;
    facetree_status_e   status;

    status = facetree_tensor_allocate(tensor, tensor->total);

    if (status != FACETREE_OK) {
        return status;
    }

    for (p = tensor->tensor->raw; tensor->done < tensor->total; p += 4) {
        bits = facetree_get_le32(p);
        memcpy(&value, &bits, sizeof(value));

        level = facetree_tensor_level(value);

        if (level < 0) {
            return facetree_tensor_element_fail(tensor, "is no number from 0 "
                                                "to 1");
        }

        *tensor->next++ = (uint8_t) level;
        tensor->done++;
    }

    facetree_tensor_pixels(tensor, tensor->request->memory);

    return FACETREE_OK;
}


static facetree_status_e
facetree_tensor_raw(facetree_tensor_t *tensor)
{
    uint64_t  size;

    if (tensor->type == FACETREE_TENSOR_BYTES) {
        return facetree_tensor_raw_bytes(tensor);
    }

    size = tensor->total * (tensor->type == FACETREE_TENSOR_FP32 ? 4 : 1);

    if (tensor->tensor->raw_len != size) {
        return facetree_fail(tensor->err, FACETREE_ESHAPE, FACETREE_NO_OFFSET,
                             "binary data of %zu bytes, this shape and "
                             "datatype have %llu", tensor->tensor->raw_len,
                             (unsigned long long) size);
    }

    if (tensor->type == FACETREE_TENSOR_FP32) {
        return facetree_tensor_raw_floats(tensor);
    }

    facetree_tensor_pixels(tensor, tensor->tensor->raw);

    return FACETREE_OK;
}


facetree_status_e
facetree_inference_read_tensor(facetree_inference_t *request,
    const facetree_inference_tensor_t *source, facetree_error_t *err)
{
    facetree_status_e  status;
    facetree_tensor_t  tensor;

    memset(&tensor, 0, sizeof(tensor));

    tensor.request = request;
    tensor.tensor = source;
    tensor.err = err;

    if (strcmp(source->datatype, "BYTES") == 0) {
        tensor.type = FACETREE_TENSOR_BYTES;

    } else if (strcmp(source->datatype, "UINT8") == 0) {
        tensor.type = FACETREE_TENSOR_UINT8;

    } else if (strcmp(source->datatype, "FP32") == 0) {
        tensor.type = FACETREE_TENSOR_FP32;

    } else {
        return facetree_fail(err, FACETREE_EREQUEST, FACETREE_NO_OFFSET,
                             "datatype of \"image\" must be BYTES, UINT8 or "
                             "FP32");
    }

    status = facetree_tensor_shape(&tensor);

    if (status != FACETREE_OK) {
        return status;
    }

    request->pictures = calloc(request->count, sizeof(*request->pictures));

    if (request->pictures == NULL) {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    return source->data ? facetree_tensor_json(&tensor)
                        : facetree_tensor_raw(&tensor);
}
