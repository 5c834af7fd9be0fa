
/*
 * Copyright (C) facetree contributors
 *
 * Checking a model file from the outside in: header, checksum, directory,
 * sections.
 */


#include "facetree_model.h"

#include <stddef.h>
#include <string.h>
#include <zlib.h>


typedef struct {
    uint32_t     type;
    uint32_t     size;             /* of an element */
    const char  *name;
} facetree_layout_rule_t;


static const facetree_layout_rule_t  facetree_layout_rules[] = {
#define FACETREE_LAYOUT_RULE(name, a, b, c, d, size, text)                    \
    { FACETREE_FTM_TYPE(a, b, c, d), size, #name },
    FACETREE_FTM_SECTION_MAP(FACETREE_LAYOUT_RULE)
#undef FACETREE_LAYOUT_RULE
};


static facetree_status_e
facetree_layout_number(facetree_error_t *err, size_t offset,
    const char *what, uint32_t value, uint32_t min, uint32_t max)
{
    if (value < min || value > max) {
        return facetree_fail(err, FACETREE_ECORRUPT, offset,
                             "%s is %u, it must be %u to %u",
                             what, value, min, max);
    }

    return FACETREE_OK;
}


#define facetree_layout_field(err, header, field, min, max)                   \
    facetree_layout_number(err, offsetof(facetree_ftm_header_t, field),       \
                           #field, (header)->field, min, max)


/* What makes the file ours, before anything in it is believed. */

static facetree_status_e
facetree_layout_check_identity(const facetree_model_t *model,
    facetree_error_t *err)
{
    const facetree_ftm_header_t  *header;

    header = model->header;

    if (memcmp(header->magic, FACETREE_FTM_MAGIC, FACETREE_FTM_MAGIC_LEN)
        != 0)
    {
        return facetree_fail(err, FACETREE_EFORMAT, 0,
                             "not a facetree model: the first 8 bytes differ "
                             "(a file sent as text is damaged this way too)");
    }

    if (header->version != FACETREE_FTM_VERSION) {
        return facetree_fail(err, FACETREE_EFORMAT,
                             offsetof(facetree_ftm_header_t, version),
                             "format version %u, this build reads version %d",
                             header->version, FACETREE_FTM_VERSION);
    }

    if (header->length != model->size) {
        return facetree_fail(err, FACETREE_ECORRUPT,
                             offsetof(facetree_ftm_header_t, length),
                             "the header says %llu bytes, the file has %zu",
                             (unsigned long long) header->length,
                             model->size);
    }

    return FACETREE_OK;
}


static facetree_status_e
facetree_layout_check_sum(const facetree_model_t *model,
    facetree_error_t *err)
{
    size_t                        after;
    uint32_t                      sum;
    const uint8_t                *base;
    const facetree_ftm_header_t  *header;

    static const uint8_t  zero[sizeof(header->checksum)];

    base = model->base;
    header = model->header;
    after = offsetof(facetree_ftm_header_t, checksum) + sizeof(zero);

    sum = (uint32_t) crc32_z(0, base,
                             offsetof(facetree_ftm_header_t, checksum));
    sum = (uint32_t) crc32_z(sum, zero, sizeof(zero));
    sum = (uint32_t) crc32_z(sum, base + after, model->size - after);

    if (sum != header->checksum) {
        return facetree_fail(err, FACETREE_ECORRUPT,
                             offsetof(facetree_ftm_header_t, checksum),
                             "the content has checksum %08x, the header says "
                             "%08x", sum, header->checksum);
    }

    return FACETREE_OK;
}


static facetree_status_e
facetree_layout_check_header(const facetree_model_t *model,
    facetree_error_t *err)
{
    facetree_status_e             rc;
    const facetree_ftm_header_t  *header;

    header = model->header;

    rc = facetree_layout_field(err, header, sections, 1,
                               FACETREE_FTM_SECTIONS);

    if (rc == FACETREE_OK) {
        rc = facetree_layout_field(err, header, algorithm,
                                   FACETREE_DECISION_TREE,
                                   FACETREE_EXTRA_TREES);
    }

    if (rc == FACETREE_OK) {
        rc = facetree_layout_field(err, header, width, 1,
                                   FACETREE_MODEL_MAX_SIDE);
    }

    if (rc == FACETREE_OK) {
        rc = facetree_layout_field(err, header, height, 1,
                                   FACETREE_MODEL_MAX_SIDE);
    }

    if (rc == FACETREE_OK) {
        rc = facetree_layout_field(err, header, classes, 1,
                                   FACETREE_FTM_MAX_CLASSES);
    }

    if (rc == FACETREE_OK) {
        rc = facetree_layout_field(err, header, trees, 1,
                                   (header->algorithm
                                    == FACETREE_DECISION_TREE)
                                   ? 1 : FACETREE_FTM_LEAF - 1);
    }

    if (rc == FACETREE_OK) {
        rc = facetree_layout_field(err, header, recipe, FACETREE_FTM_RECIPE,
                                   FACETREE_FTM_RECIPE);
    }

    if (rc == FACETREE_OK) {
        rc = facetree_layout_field(err, header, reserved, 0, 0);
    }

    /* Negated, so that NaN is refused too. */

    if (rc == FACETREE_OK
        && !(header->scale > 0.0 && header->scale <= 65536.0))
    {
        rc = facetree_fail(err, FACETREE_ECORRUPT,
                           offsetof(facetree_ftm_header_t, scale),
                           "scale is %g, it must be above 0 and at most "
                           "65536", header->scale);
    }

    return rc;
}


/* The gap before a section: fewer than 8 bytes, all zero. */

static facetree_status_e
facetree_layout_check_gap(const facetree_model_t *model, uint64_t from,
    uint64_t to, facetree_error_t *err)
{
    const uint8_t  *base;

    base = model->base;

    for ( /* void */ ; from < to; from++) {
        if (base[from] != 0) {
            return facetree_fail(err, FACETREE_ECORRUPT, from,
                                 "padding must be zero, it is 0x%02x",
                                 base[from]);
        }
    }

    return FACETREE_OK;
}


/*
 * Takes one entry of the directory.  "*end" is where the section before it
 * ended, "*next" the first section that may still come: both only grow, so
 * that sections can neither overlap nor repeat.
 */

static facetree_status_e
facetree_layout_check_section(facetree_model_t *model, uint32_t index,
    uint64_t *end, uint32_t *next, facetree_error_t *err)
{
    uint32_t                       kind;
    uint64_t                       at, offset;
    const facetree_layout_rule_t  *rule;
    const facetree_ftm_section_t  *entry;

    at = sizeof(facetree_ftm_header_t)
         + index * sizeof(facetree_ftm_section_t);
    entry = (const void *) ((const char *) model->base + at);

    for (kind = *next; kind < FACETREE_FTM_SECTIONS; kind++) {
        if (facetree_layout_rules[kind].type == entry->type) {
            break;
        }
    }

    if (kind == FACETREE_FTM_SECTIONS || entry->reserved != 0) {
        return facetree_fail(err, FACETREE_ECORRUPT, at,
                             "directory entry %u is unknown, repeated or out "
                             "of order", index);
    }

    rule = &facetree_layout_rules[kind];
    offset = (*end + FACETREE_FTM_ALIGN - 1) / FACETREE_FTM_ALIGN
             * FACETREE_FTM_ALIGN;

    if (entry->offset != offset || offset > model->size) {
        return facetree_fail(err, FACETREE_ECORRUPT, at,
                             "section %s starts at %llu, it must start at "
                             "%llu", rule->name,
                             (unsigned long long) entry->offset,
                             (unsigned long long) offset);
    }

    if (entry->length > model->size - offset
        || entry->length % rule->size != 0
        || entry->length / rule->size > UINT32_MAX)
    {
        return facetree_fail(err, FACETREE_ECORRUPT, at,
                             "section %s has %llu bytes, it must have a "
                             "multiple of %u, and %llu are left", rule->name,
                             (unsigned long long) entry->length, rule->size,
                             (unsigned long long) (model->size - offset));
    }

    model->section[kind].data = (const char *) model->base + offset;
    model->section[kind].offset = offset;
    model->section[kind].count = entry->length / rule->size;

    if (facetree_layout_check_gap(model, *end, offset, err) != FACETREE_OK) {
        return FACETREE_ECORRUPT;
    }

    *end = offset + entry->length;
    *next = kind + 1;

    return FACETREE_OK;
}


static facetree_status_e
facetree_layout_check_complete(const facetree_model_t *model,
    facetree_error_t *err)
{
    uint32_t  i, last;

    last = facetree_model_has_detail(model) ? FACETREE_FTM_SECTIONS
                                            : FACETREE_FTM_FIRST_DETAIL;

    for (i = 0; i < FACETREE_FTM_SECTIONS; i++) {
        if ((model->section[i].data != NULL) != (i < last)) {
            return facetree_fail(err, FACETREE_ECORRUPT,
                                 sizeof(facetree_ftm_header_t),
                                 "section %s is %s",
                                 facetree_layout_rules[i].name,
                                 (i < last) ? "missing"
                                            : "there without the others");
        }
    }

    return FACETREE_OK;
}


static facetree_status_e
facetree_layout_check_directory(facetree_model_t *model,
    facetree_error_t *err)
{
    uint32_t           i, next;
    uint64_t           end;
    facetree_status_e  rc;

    end = sizeof(facetree_ftm_header_t)
          + model->header->sections * sizeof(facetree_ftm_section_t);
    next = 0;

    if (end > model->size) {
        return facetree_fail(err, FACETREE_ECORRUPT,
                             offsetof(facetree_ftm_header_t, sections),
                             "%u sections do not fit into %zu bytes",
                             model->header->sections, model->size);
    }

    for (i = 0; i < model->header->sections; i++) {
        rc = facetree_layout_check_section(model, i, &end, &next, err);
        if (rc != FACETREE_OK) {
            return rc;
        }
    }

    if (end != model->size) {
        return facetree_fail(err, FACETREE_ECORRUPT, end,
                             "%llu bytes follow the last section",
                             (unsigned long long) (model->size - end));
    }

    return facetree_layout_check_complete(model, err);
}


facetree_status_e
facetree_model_check_layout(facetree_model_t *model, facetree_error_t *err)
{
    facetree_status_e  rc;

    model->header = model->base;

    rc = facetree_layout_check_identity(model, err);

    if (rc == FACETREE_OK) {
        rc = facetree_layout_check_sum(model, err);
    }

    if (rc == FACETREE_OK) {
        rc = facetree_layout_check_header(model, err);
    }

    if (rc == FACETREE_OK) {
        rc = facetree_layout_check_directory(model, err);
    }

    if (rc != FACETREE_OK) {
        return rc;
    }

    model->root = model->section[FACETREE_FTM_ROOT].data;
    model->node = model->section[FACETREE_FTM_NODE].data;
    model->row_start = model->section[FACETREE_FTM_ROFF].data;
    model->row_best = model->section[FACETREE_FTM_RBST].data;
    model->row_class = model->section[FACETREE_FTM_RCLS].data;
    model->row_probability = model->section[FACETREE_FTM_RPRB].data;

    return FACETREE_OK;
}
