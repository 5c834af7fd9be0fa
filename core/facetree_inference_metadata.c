
/*
 * Copyright (C) facetree contributors
 *
 * What the inference protocol tells of the server and its models.
 */


#include "facetree_inference_int.h"

#include <stdio.h>


static facetree_status_e
facetree_metadata_dump(json_t *root, char **out, size_t *len,
    facetree_error_t *err)
{
    return facetree_json_dump(root, FACETREE_JSON_MAX_DIGITS, out, len, err);
}


facetree_status_e
facetree_inference_server(char **out, size_t *len, facetree_error_t *err)
{
    json_t  *list, *root;

    root = facetree_json_set(json_object(), "name", json_string("facetree"));
    root = facetree_json_set(root, "version", json_string(FACETREE_VERSION));

    list = facetree_json_append(json_array(),
                                json_string("binary_tensor_data"));
    list = facetree_json_append(list, json_string("classification"));
    list = facetree_json_append(list, json_string("statistics"));

    root = facetree_json_set(root, "extensions", list);

    return facetree_metadata_dump(root, out, len, err);
}


facetree_status_e
facetree_inference_live(int live, char **out, size_t *len,
    facetree_error_t *err)
{
    return facetree_metadata_dump(facetree_json_set(json_object(), "live",
                                                    json_boolean(live)),
                                  out, len, err);
}


static json_t *
facetree_metadata_ready(json_t *object, int ready, const char *reason)
{
    object = facetree_json_set(object, "ready", json_boolean(ready));

    if (ready) {
        return object;
    }

    return facetree_json_set(object, "error",
                             facetree_json_string(reason ? reason
                                                         : "not ready"));
}


facetree_status_e
facetree_inference_ready(int ready, const char *reason, char **out,
    size_t *len, facetree_error_t *err)
{
    return facetree_metadata_dump(facetree_metadata_ready(json_object(), ready,
                                                          reason),
                                  out, len, err);
}


facetree_status_e
facetree_inference_model_ready(const facetree_inference_model_t *model,
    char **out, size_t *len, facetree_error_t *err)
{
    json_t  *root;

    root = facetree_json_set(json_object(), "name",
                             facetree_json_string(model->name));
    root = facetree_metadata_ready(root, model->model != NULL, model->reason);

    return facetree_metadata_dump(root, out, len, err);
}


/* A dimension of 0 ends the shape early; the first one varies. */

static json_t *
facetree_metadata_tensor(const char *name, const char *datatype,
    uint32_t columns)
{
    json_t  *object, *shape;

    object = facetree_json_set(json_object(), "name", json_string(name));
    object = facetree_json_set(object, "datatype", json_string(datatype));

    shape = facetree_json_append(json_array(), json_integer(-1));

    if (columns) {
        shape = facetree_json_append(shape, json_integer(columns));
    }

    return facetree_json_set(object, "shape", shape);
}


/*
 * The protocol has one datatype and shape an input; that "image" may also be
 * pixels is for the properties to say, which are strings.
 */

static json_t *
facetree_metadata_properties(const facetree_model_t *model)
{
    char      text[64];
    json_t   *object;
    uint32_t  height, width;

    width = facetree_model_width(model);
    height = facetree_model_height(model);

    object = facetree_json_set(json_object(), "algorithm",
                               json_string(facetree_algorithm_name(
                                           facetree_model_algorithm(model))));

    snprintf(text, sizeof(text), "%u", (unsigned) facetree_model_trees(model));
    object = facetree_json_set(object, "trees", json_string(text));

    snprintf(text, sizeof(text), "%u",
             (unsigned) facetree_model_classes(model));
    object = facetree_json_set(object, "classes", json_string(text));

    object = facetree_json_set(object, "image_datatypes",
                               json_string("BYTES UINT8 FP32"));

    snprintf(text, sizeof(text), "[-1,%u,%u]", (unsigned) height,
             (unsigned) width);

    return facetree_json_set(object, "image_pixels_shape", json_string(text));
}


facetree_status_e
facetree_inference_metadata(const facetree_inference_model_t *model,
    char **out, size_t *len, facetree_error_t *err)
{
    json_t                  *list, *root;
    const facetree_model_t  *m;

    m = model->model;

    root = facetree_json_set(json_object(), "name",
                             facetree_json_string(model->name));

    list = facetree_json_append(json_array(),
                                json_string(facetree_model_version(m)));
    root = facetree_json_set(root, "versions", list);

    root = facetree_json_set(root, "platform",
                             json_string(facetree_model_algorithm(m)
                                         == FACETREE_DECISION_TREE
                                         ? "facetree_tree"
                                         : "facetree_forest"));

    list = facetree_json_append(json_array(),
                                facetree_metadata_tensor("image", "BYTES",
                                                         0));
    root = facetree_json_set(root, "inputs", list);

    list = facetree_json_append(json_array(),
                                facetree_metadata_tensor("label", "BYTES",
                                                         0));
    list = facetree_json_append(list,
                                facetree_metadata_tensor("class", "INT64",
                                                         0));
    list = facetree_json_append(list,
                                facetree_metadata_tensor("probabilities",
                                                "FP32",
                                                facetree_model_classes(m)));
    root = facetree_json_set(root, "outputs", list);
    root = facetree_json_set(root, "properties",
                             facetree_metadata_properties(m));

    return facetree_metadata_dump(root, out, len, err);
}


facetree_status_e
facetree_inference_models(const facetree_inference_model_t *models,
    uint32_t count, char **out, size_t *len, facetree_error_t *err)
{
    json_t    *list;
    uint32_t   i;

    list = json_array();

    for (i = 0; i < count; i++) {
        list = facetree_json_append(list,
                                    facetree_json_string(models[i].name));
    }

    return facetree_metadata_dump(facetree_json_set(json_object(), "models",
                                                    list),
                                  out, len, err);
}


static json_t *
facetree_metadata_index_entry(const facetree_inference_model_t *model)
{
    json_t      *object;
    const char  *reason;

    reason = model->model ? ""
                          : model->reason ? model->reason : "not loaded";

    object = facetree_json_set(json_object(), "name",
                               facetree_json_string(model->name));

    if (model->model) {
        object = facetree_json_set(object, "version",
                                   json_string(facetree_model_version(
                                                           model->model)));
    }

    object = facetree_json_set(object, "state",
                               json_string(model->model ? "READY"
                                                        : "UNAVAILABLE"));

    return facetree_json_set(object, "reason", facetree_json_string(reason));
}


facetree_status_e
facetree_inference_index(const facetree_inference_model_t *models,
    uint32_t count, int ready_only, char **out, size_t *len,
    facetree_error_t *err)
{
    json_t    *list;
    uint32_t   i;

    list = json_array();

    for (i = 0; i < count; i++) {

        if (ready_only && models[i].model == NULL) {
            continue;
        }

        list = facetree_json_append(list,
                                    facetree_metadata_index_entry(&models[i]));
    }

    return facetree_metadata_dump(list, out, len, err);
}


facetree_status_e
facetree_inference_index_parse(const void *body, size_t body_len,
    int *ready_only, facetree_error_t *err)
{
    int                 flag;
    json_t             *root;
    facetree_status_e   status;

    flag = 0;

    if (body_len > 0) {
        status = facetree_inference_load(body, body_len,
                                         FACETREE_INFERENCE_SPARE, &root,
                                         err);

        if (status != FACETREE_OK) {
            return status;
        }

        status = facetree_inference_flag(root, "ready", &flag, err);
        json_decref(root);

        if (status != FACETREE_OK) {
            return status;
        }
    }

    *ready_only = flag;

    return FACETREE_OK;
}


static json_t *
facetree_metadata_span(json_t *object, const char *name, uint64_t count,
    uint64_t ns)
{
    json_t  *span;

    span = facetree_json_set(json_object(), "count",
                             facetree_json_integer(count));
    span = facetree_json_set(span, "ns", facetree_json_integer(ns));

    return facetree_json_set(object, name, span);
}


static json_t *
facetree_metadata_stats(const facetree_inference_model_t *model)
{
    json_t                            *object, *spans;
    const facetree_inference_stats_t  *s;

    s = &model->stats;

    object = facetree_json_set(json_object(), "name",
                               facetree_json_string(model->name));
    object = facetree_json_set(object, "version",
                               json_string(model->model
                                   ? facetree_model_version(model->model)
                                   : ""));
    object = facetree_json_set(object, "last_inference",
                               facetree_json_integer(s->last_inference_ms));
    object = facetree_json_set(object, "inference_count",
                               facetree_json_integer(s->inferences));
    object = facetree_json_set(object, "execution_count",
                               facetree_json_integer(s->executions));

    spans = json_object();
    spans = facetree_metadata_span(spans, "success", s->success.count,
                                   s->success.ns);
    spans = facetree_metadata_span(spans, "fail", s->fail.count, s->fail.ns);
    spans = facetree_metadata_span(spans, "queue", s->queue.count,
                                   s->queue.ns);
    spans = facetree_metadata_span(spans, "compute_input", s->input.count,
                                   s->input.ns);
    spans = facetree_metadata_span(spans, "compute_infer", s->infer.count,
                                   s->infer.ns);
    spans = facetree_metadata_span(spans, "compute_output", s->output.count,
                                   s->output.ns);

    /* There is no cache of answers. */

    spans = facetree_metadata_span(spans, "cache_hit", 0, 0);
    spans = facetree_metadata_span(spans, "cache_miss", 0, 0);

    object = facetree_json_set(object, "inference_stats", spans);

    return facetree_json_set(object, "batch_stats", json_array());
}


facetree_status_e
facetree_inference_statistics(const facetree_inference_model_t *models,
    uint32_t count, char **out, size_t *len, facetree_error_t *err)
{
    json_t    *list;
    uint32_t   i;

    list = json_array();

    for (i = 0; i < count; i++) {
        list = facetree_json_append(list,
                                    facetree_metadata_stats(&models[i]));
    }

    return facetree_metadata_dump(facetree_json_set(json_object(),
                                                    "model_stats", list),
                                  out, len, err);
}


facetree_status_e
facetree_inference_error(const char *text, char **out, size_t *len,
    facetree_error_t *err)
{
    return facetree_metadata_dump(facetree_json_set(json_object(), "error",
                                                facetree_json_string(text)),
                                  out, len, err);
}
