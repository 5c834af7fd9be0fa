
/*
 * Copyright (C) facetree contributors
 *
 * An input is three lines - the values of Content-Type, of Content-Encoding
 * and of Inference-Header-Content-Length - and a body.  An empty line means
 * that the request lacks the header field; "#" for the last one, that its
 * JSON part ends with the first empty line of the body.
 *
 * Property: for any headers and body a request of the inference protocol is
 *
 *   - refused, with one of the documented errors, in a line of printable
 *     ASCII that blames the client; or
 *   - read: between 1 and the most pictures allowed, each of them encoded or
 *     of exactly the model's pixels, all of it readable, and outputs that
 *     are different ones.  Its answer is valid JSON; every output has as many
 *     elements as its shape says, or as many bytes behind the JSON.
 *
 * The same bytes give the same refusal or the same answer.
 */


#include "facetree.h"
#include "facetree_inference.h"
#include "fixture_forest.h"
#include "fuzz.h"
#include "model_writer.h"

#include <jansson.h>
#include <string.h>


#define FUZZ_LIMIT    4            /* pictures */
#define FUZZ_CLASSES  7


typedef struct {
    facetree_inference_headers_t   headers;
    const uint8_t                 *body;
    size_t                         len;
    char                           header_length[24];
} fuzz_request_t;

typedef struct {
    facetree_status_e  status;
    facetree_error_t   err;
    char              *text;       /* the answer, or of the refusal */
    size_t             len;
    size_t             json_len;   /* 0: all of it */
} fuzz_answer_t;


/* Made once: what a model holds does not change. */

static facetree_model_t *
fuzz_model(void)
{
    size_t             len;
    uint8_t           *file;
    facetree_forest_t  forest;

    static facetree_model_t  *model;

    if (model == NULL) {
        facetree_test_forest(&forest, 3, 5);
        FUZZ_ASSERT(facetree_model_serialize(&forest, "{}", 1, &file, &len,
                                             NULL) == FACETREE_OK);
        FUZZ_ASSERT(facetree_model_parse(&model, file, len, NULL)
                    == FACETREE_OK);
        FUZZ_ASSERT(facetree_model_classes(model) == FUZZ_CLASSES);

        free(file);
        facetree_test_forest_clear(&forest);
    }

    return model;
}


/* ---- the request ---- */


/* Takes the next line off; "*value" is NULL if it is empty. */

static int
fuzz_line(const uint8_t **data, size_t *size, const char **value, size_t *len)
{
    const uint8_t  *end;

    end = *size ? memchr(*data, '\n', *size) : NULL;

    if (end == NULL) {
        return 0;
    }

    *len = (size_t) (end - *data);
    *value = *len ? (const char *) *data : NULL;

    *size -= *len + 1;
    *data = end + 1;

    return 1;
}


/* Bytes up to the first empty line, and with it. */

static size_t
fuzz_json_part(const uint8_t *body, size_t len)
{
    size_t  i;

    for (i = 1; i < len; i++) {
        if (body[i] == '\n' && body[i - 1] == '\n') {
            return i + 1;
        }
    }

    return len;
}


static int
fuzz_request(fuzz_request_t *request, const uint8_t *data, size_t size)
{
    facetree_inference_headers_t  *headers;

    memset(request, 0, sizeof(*request));
    headers = &request->headers;

    if (!fuzz_line(&data, &size, &headers->content_type,
                   &headers->content_type_len)
        || !fuzz_line(&data, &size, &headers->content_encoding,
                      &headers->content_encoding_len)
        || !fuzz_line(&data, &size, &headers->header_length,
                      &headers->header_length_len))
    {
        return 0;
    }

    request->body = data;
    request->len = size;

    if (headers->header_length_len == 1 && headers->header_length[0] == '#') {
        headers->header_length_len = (size_t) snprintf(request->header_length,
                                          sizeof(request->header_length),
                                          "%zu", fuzz_json_part(data, size));
        headers->header_length = request->header_length;
    }

    return 1;
}


/* ---- the property ---- */


static void
fuzz_check_refusal(const facetree_error_t *err, facetree_status_e status)
{
    char      *text;
    size_t     i, len;
    json_t    *root;
    unsigned   code;

    FUZZ_ASSERT(err->status == status);
    FUZZ_ASSERT(status == FACETREE_EJSON || status == FACETREE_EREQUEST
                || status == FACETREE_ESHAPE || status == FACETREE_EIMAGES
                || status == FACETREE_EEMPTY || status == FACETREE_EMEDIA
                || status == FACETREE_EBYTES);

    code = facetree_inference_http_status(status);
    FUZZ_ASSERT(code == 400 || code == 413 || code == 415);

    FUZZ_ASSERT(err->text[0] != '\0');

    for (i = 0; err->text[i]; i++) {
        FUZZ_ASSERT(err->text[i] >= 0x20 && err->text[i] < 0x7f);
    }

    FUZZ_ASSERT(facetree_inference_error(err->text, &text, &len, NULL)
                == FACETREE_OK);

    root = json_loadb(text, len, 0, NULL);
    FUZZ_ASSERT(json_is_string(json_object_get(root, "error")));

    json_decref(root);
    free(text);
}


/* The pixels of one picture; black if it cannot be decoded. */

static void
fuzz_pixels(const facetree_model_t *model,
    const facetree_picture_t *item, uint8_t *pixels)
{
    size_t                   features;
    facetree_budget_t        budget;

    features = facetree_model_features(model);
    memset(pixels, 0, features);

    FUZZ_ASSERT((item->data == NULL) != (item->pixels == NULL));

    if (item->pixels) {
        memcpy(pixels, item->pixels, features);
        return;
    }

    FUZZ_ASSERT(item->len > 0);

    facetree_budget_init(&budget, NULL);
    budget.limits.max_pixels = 100 * 1000;
    budget.limits.cpu_ms = 0;

    if (facetree_image_decode(item->data, item->len, &budget,
                              facetree_model_width(model),
                              facetree_model_height(model), pixels, NULL, NULL)
        != FACETREE_OK)
    {
        memset(pixels, 0, features);
    }
}


static void
fuzz_check_outputs(const facetree_inference_t *request)
{
    uint32_t                            i, n, seen;
    const facetree_inference_output_t  *output;

    n = facetree_inference_outputs(request);
    FUZZ_ASSERT(n >= 1 && n <= FACETREE_OUTPUT_COUNT);

    seen = 0;

    for (i = 0; i < n; i++) {
        output = facetree_inference_output(request, i);

        FUZZ_ASSERT(output->output < FACETREE_OUTPUT_COUNT);
        FUZZ_ASSERT((seen & (1u << output->output)) == 0);
        FUZZ_ASSERT(output->classification == 0
                    || output->output == FACETREE_OUTPUT_PROBABILITIES);

        seen |= 1u << output->output;
    }
}


/* The elements of an output against its shape; returns its raw bytes. */

static size_t
fuzz_check_tensor(const json_t *output, uint32_t count)
{
    size_t         i, rank, raw;
    json_int_t     dim, total;
    const char    *datatype;
    const json_t  *size, *shape, *data;

    shape = json_object_get(output, "shape");
    datatype = json_string_value(json_object_get(output, "datatype"));
    rank = json_array_size(shape);
    total = 1;

    FUZZ_ASSERT(datatype);
    FUZZ_ASSERT(rank >= 1 && rank <= 2);
    FUZZ_ASSERT(json_integer_value(json_array_get(shape, 0)) == count);

    for (i = 0; i < rank; i++) {
        dim = json_integer_value(json_array_get(shape, i));
        FUZZ_ASSERT(dim >= 1 && dim <= FUZZ_CLASSES);
        total *= dim;
    }

    data = json_object_get(output, "data");

    if (data) {
        FUZZ_ASSERT(json_array_size(data) == (size_t) total);
        return 0;
    }

    size = json_object_get(json_object_get(output, "parameters"),
                           "binary_data_size");
    FUZZ_ASSERT(json_is_integer(size));
    raw = (size_t) json_integer_value(size);

    if (strcmp(datatype, "BYTES") == 0) {
        FUZZ_ASSERT(raw >= (size_t) total * 4);

    } else {
        FUZZ_ASSERT(raw == (size_t) total
                           * (strcmp(datatype, "FP32") == 0 ? 4 : 8));
    }

    return raw;
}


static void
fuzz_check_answer(const fuzz_answer_t *answer,
    const facetree_inference_t *request)
{
    size_t   i, json_len, raw;
    json_t  *root, *outputs;

    json_len = answer->json_len ? answer->json_len : answer->len;
    FUZZ_ASSERT(json_len <= answer->len);

    root = json_loadb(answer->text, json_len, JSON_REJECT_DUPLICATES, NULL);
    outputs = json_object_get(root, "outputs");

    FUZZ_ASSERT(json_array_size(outputs)
                == facetree_inference_outputs(request));
    FUZZ_ASSERT((json_object_get(root, "id") != NULL)
                == (facetree_inference_id(request) != NULL));

    raw = 0;

    for (i = 0; i < json_array_size(outputs); i++) {
        raw += fuzz_check_tensor(json_array_get(outputs, i),
                                 facetree_inference_count(request));
    }

    FUZZ_ASSERT(answer->len == json_len + raw);
    json_decref(root);
}


/*
 * A job says of every picture that it can decode what facetree_predict() says
 * of its pixels.
 */

static void
fuzz_check_job(const facetree_model_t *model,
    const facetree_inference_t *request, const double *probabilities,
    const facetree_prediction_t *predictions)
{
    uint32_t            i, count;
    facetree_job_t     *job;
    facetree_limits_t   limits;
    facetree_status_e   status;

    count = facetree_inference_count(request);

    facetree_limits_init(&limits);
    limits.max_images = FUZZ_LIMIT;
    limits.max_pixels = 100 * 1000;
    limits.cpu_ms = 0;

    FUZZ_ASSERT(facetree_job_create(&job, model, &limits, count, 0, NULL)
                == FACETREE_OK);

    for (i = 0; i < count; i++) {
        job->pictures[i] = *facetree_inference_picture(request, i);
    }

    status = facetree_job_probe(job, NULL);

    if (status == FACETREE_OK) {
        FUZZ_ASSERT(facetree_job_run(job, NULL) == FACETREE_OK);

    } else {
        FUZZ_ASSERT(facetree_budget_is_over(status));
    }

    for (i = 0; i < count && status == FACETREE_OK; i++) {
        if (job->results[i].status != FACETREE_OK) {
            continue;
        }

        FUZZ_ASSERT(job->results[i].prediction.class == predictions[i].class);
        FUZZ_ASSERT(memcmp(job->results[i].probabilities,
                           probabilities + (size_t) i * FUZZ_CLASSES,
                           FUZZ_CLASSES * sizeof(double)) == 0);
    }

    facetree_job_free(job);
}


static void
fuzz_infer(const facetree_model_t *model, const facetree_inference_t *request,
    fuzz_answer_t *answer)
{
    double                        probabilities[FUZZ_LIMIT * FUZZ_CLASSES];
    uint8_t                       pixels[FACETREE_MODEL_MAX_SIDE];
    uint32_t                      i, count;
    facetree_prediction_t         predictions[FUZZ_LIMIT];
    facetree_inference_answer_t   result;

    count = facetree_inference_count(request);
    FUZZ_ASSERT(count >= 1 && count <= FUZZ_LIMIT);
    FUZZ_ASSERT(facetree_model_features(model) <= sizeof(pixels));

    fuzz_check_outputs(request);

    for (i = 0; i < count; i++) {
        fuzz_pixels(model, facetree_inference_picture(request, i), pixels);
        facetree_predict(model, pixels, probabilities + i * FUZZ_CLASSES,
                         &predictions[i]);
    }

    fuzz_check_job(model, request, probabilities, predictions);

    memset(&result, 0, sizeof(result));

    result.model = model;
    result.model_name = "fuzz";
    result.request = request;
    result.predictions = predictions;
    result.probabilities = probabilities;

    FUZZ_ASSERT(facetree_inference_render(&result, &answer->text, &answer->len,
                                          &answer->json_len, NULL)
                == FACETREE_OK);

    fuzz_check_answer(answer, request);
}


/* From a body that ends where its memory ends. */

static void
fuzz_ask(const fuzz_request_t *source, fuzz_answer_t *answer)
{
    uint8_t                     *body;
    facetree_model_t            *model;
    facetree_inference_t        *request;
    facetree_inference_limits_t  limits = { FUZZ_LIMIT, SIZE_MAX };

    memset(answer, 0, sizeof(*answer));
    model = fuzz_model();

    body = malloc(source->len ? source->len : 1);
    FUZZ_ASSERT(body);
    memcpy(body, source->body, source->len);

    answer->status = facetree_inference_parse(&request, model, &limits,
                                              &source->headers, body,
                                              source->len, &answer->err);

    if (answer->status == FACETREE_OK) {
        fuzz_infer(model, request, answer);
        facetree_inference_free(request);

    } else {
        fuzz_check_refusal(&answer->err, answer->status);
    }

    free(body);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_answer_t   first, second;
    fuzz_request_t  request;

    if (!fuzz_request(&request, data, size)) {
        return 0;
    }

    fuzz_ask(&request, &first);
    fuzz_ask(&request, &second);

    FUZZ_ASSERT(first.status == second.status);
    FUZZ_ASSERT(strcmp(first.err.text, second.err.text) == 0);
    FUZZ_ASSERT(first.len == second.len && first.json_len == second.json_len);
    FUZZ_ASSERT(first.len == 0
                || memcmp(first.text, second.text, first.len) == 0);

    free(first.text);
    free(second.text);

    return 0;
}
