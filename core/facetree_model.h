
/*
 * Copyright (C) facetree contributors
 *
 * The loaded model, as the files that load, check and use it see it.
 */


#ifndef FACETREE_MODEL_H
#define FACETREE_MODEL_H


#include "facetree_int.h"
#include "facetree_format.h"


#pragma GCC visibility push(hidden)


/* A section in place: where its array starts, and how many elements it has. */

typedef struct {
    const void  *data;
    uint64_t     offset;           /* in the file, for messages */
    uint64_t     count;
} facetree_model_section_t;


struct facetree_model_s {
    void                        *base;     /* the mapping, page-aligned */
    size_t                       size;
    const facetree_ftm_header_t *header;
    facetree_model_section_t     section[FACETREE_FTM_SECTIONS];

    /* The sections that prediction reads, typed. */
    const uint32_t              *root;
    const facetree_ftm_node_t   *node;
    const uint32_t              *row_start;
    const uint32_t              *row_best;
    const uint32_t              *row_class;
    const double                *row_probability;

    char                         version[FACETREE_MODEL_VERSION_LEN + 1];
};


/*
 * Verifies the bytes at model->base and sets every other field.  The model
 * may be used only after FACETREE_OK.
 */
facetree_status_e facetree_model_check(facetree_model_t *model,
    facetree_error_t *err);

/*
 * A model of "size" zero bytes at model->base, for the caller to fill in and
 * facetree_model_finish() to check.  Free with facetree_model_free().
 */
facetree_status_e facetree_model_create(facetree_model_t **out, size_t size,
    facetree_error_t *err);
facetree_status_e facetree_model_finish(facetree_model_t *model,
    facetree_error_t *err);

/* Parts of the check, in the order in which they run. */
facetree_status_e facetree_model_check_layout(facetree_model_t *model,
    facetree_error_t *err);
facetree_status_e facetree_model_check_text(facetree_model_t *model,
    facetree_error_t *err);
facetree_status_e facetree_model_check_trees(facetree_model_t *model,
    facetree_error_t *err);
facetree_status_e facetree_model_check_detail(facetree_model_t *model,
    facetree_error_t *err);


#pragma GCC visibility pop


#endif /* FACETREE_MODEL_H */
