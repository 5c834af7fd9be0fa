
/*
 * Copyright (C) facetree contributors
 *
 * A request of the inference protocol, as the files that read it see it.
 */


#ifndef FACETREE_INFERENCE_INT_H
#define FACETREE_INFERENCE_INT_H


#include "facetree_header.h"
#include "facetree_inference.h"
#include "facetree_json.h"


#pragma GCC visibility push(hidden)


/* Of the JSON part of a body, and of its nesting. */
#define FACETREE_INFERENCE_MAX_JSON   ((size_t) 64 * 1024 * 1024)
#define FACETREE_INFERENCE_MAX_DEPTH  32

/* Elements of JSON beyond those that the pictures may have. */
#define FACETREE_INFERENCE_SPARE      4096

#define FACETREE_INFERENCE_MAX_RANK   8


struct facetree_inference_s {
    const facetree_model_t       *model;
    uint32_t                      max_images;
    size_t                        max_bytes;   /* of an encoded picture */

    char                         *id;          /* NULL: none */
    uint8_t                      *memory;      /* what pictures were converted
                                                  into; NULL: nothing was */
    facetree_picture_t           *pictures;
    uint32_t                      count;

    facetree_inference_output_t   outputs[FACETREE_OUTPUT_COUNT];
    uint32_t                      outputs_count;
};


/* The tensor of an input before its elements are looked at. */

typedef struct {
    const char     *datatype;
    const json_t   *shape;
    const json_t   *data;          /* NULL: it is binary */
    const char     *content_type;  /* of the parameters, or NULL */
    const uint8_t  *raw;
    size_t          raw_len;
} facetree_inference_tensor_t;


/* Of the JSON; names of outputs by facetree_output_e. */
const char *facetree_output_name(facetree_output_e output);

/*
 * Refuses JSON that is nested too deeply or has more than "max" elements,
 * before anything is built from it.  It need not be valid.
 */
facetree_status_e facetree_inference_scan(const char *text, size_t len,
    uint64_t max, facetree_error_t *err);

/* The whole JSON part, an object; the caller releases "*root". */
facetree_status_e facetree_inference_load(const void *text, size_t len,
    uint64_t max, json_t **root, facetree_error_t *err);

/* An encoded picture of "len" bytes, the "index"-th, against the limit. */
facetree_status_e facetree_inference_check_bytes(
    const facetree_inference_t *request, uint64_t index, size_t len,
    facetree_error_t *err);

/*
 * Fills pictures and count of the request from its one tensor.
 */
facetree_status_e facetree_inference_read_tensor(
    facetree_inference_t *request, const facetree_inference_tensor_t *tensor,
    facetree_error_t *err);

/*
 * Reads "outputs", NULL if there are none; "binary" is what an output is that
 * does not say.
 */
facetree_status_e facetree_inference_read_outputs(
    facetree_inference_t *request, const json_t *outputs, int binary,
    facetree_error_t *err);

/*
 * "parameters" of an object: absent ("*parameters" becomes NULL), or an
 * object of strings, numbers and booleans.
 */
facetree_status_e facetree_inference_parameters(const json_t *object,
    const json_t **parameters, facetree_error_t *err);

/* A boolean parameter; "*value" stays when it is absent. */
facetree_status_e facetree_inference_flag(const json_t *parameters,
    const char *name, int *value, facetree_error_t *err);


#pragma GCC visibility pop


#endif /* FACETREE_INFERENCE_INT_H */
