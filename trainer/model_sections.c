
/*
 * Copyright (C) facetree contributors
 */


#include "model_sections.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>


static const struct {
    uint32_t  type;
    uint32_t  size;
} facetree_sections_rules[] = {
#define FACETREE_SECTIONS_RULE(name, a, b, c, d, size, text)                  \
    { FACETREE_FTM_TYPE(a, b, c, d), size },
    FACETREE_FTM_SECTION_MAP(FACETREE_SECTIONS_RULE)
#undef FACETREE_SECTIONS_RULE
};


void *
facetree_sections_add(facetree_sections_t *sections,
    facetree_ftm_section_e kind, size_t count)
{
    size_t  size;

    size = facetree_sections_rules[kind].size;

    /* One byte more, so that an empty section is not NULL. */

    if (count > (SIZE_MAX - 1) / size) {
        return NULL;
    }

    sections->data[kind] = calloc(count * size + 1, 1);
    sections->bytes[kind] = count * size;

    return sections->data[kind];
}


void
facetree_sections_copy(facetree_sections_t *sections,
    facetree_ftm_section_e kind, const void *data, size_t count, size_t at)
{
    size_t  size;

    size = facetree_sections_rules[kind].size;

    memcpy((char *) sections->data[kind] + at * size, data, count * size);
}


void
facetree_sections_clear(facetree_sections_t *sections)
{
    uint32_t  i;

    for (i = 0; i < FACETREE_FTM_SECTIONS; i++) {
        free(sections->data[i]);
    }

    memset(sections, 0, sizeof(*sections));
}


static size_t
facetree_sections_align(size_t n)
{
    return (n + FACETREE_FTM_ALIGN - 1) / FACETREE_FTM_ALIGN
           * FACETREE_FTM_ALIGN;
}


/* Fills the directory; returns the length of the file. */

static size_t
facetree_sections_place(const facetree_sections_t *sections,
    facetree_ftm_section_t *entry, uint32_t *count)
{
    size_t    offset;
    uint32_t  i, n;

    n = 0;

    for (i = 0; i < FACETREE_FTM_SECTIONS; i++) {
        n += sections->data[i] != NULL;
    }

    *count = n;
    offset = sizeof(facetree_ftm_header_t)
             + n * sizeof(facetree_ftm_section_t);

    for (i = 0; i < FACETREE_FTM_SECTIONS; i++) {
        if (sections->data[i] == NULL) {
            continue;
        }

        offset = facetree_sections_align(offset);

        entry->type = facetree_sections_rules[i].type;
        entry->reserved = 0;
        entry->offset = offset;
        entry->length = sections->bytes[i];

        offset += sections->bytes[i];
        entry++;
    }

    return offset;
}


/* The checksum is taken while its own field is still zero. */

static void
facetree_sections_seal(uint8_t *file, size_t len, uint32_t count,
    const facetree_forest_t *forest)
{
    facetree_ftm_header_t  header;

    memset(&header, 0, sizeof(header));
    memcpy(header.magic, FACETREE_FTM_MAGIC, FACETREE_FTM_MAGIC_LEN);

    header.version = FACETREE_FTM_VERSION;
    header.length = len;
    header.sections = count;
    header.algorithm = forest->algorithm;
    header.width = forest->width;
    header.height = forest->height;
    header.classes = forest->classes;
    header.trees = forest->count;
    header.recipe = FACETREE_FTM_RECIPE;
    header.scale = forest->scale;

    memcpy(file, &header, sizeof(header));

    header.checksum = (uint32_t) crc32_z(0, file, len);

    memcpy(file, &header, sizeof(header));
}


size_t
facetree_sections_size(const facetree_sections_t *sections)
{
    uint32_t                count;
    facetree_ftm_section_t  entry[FACETREE_FTM_SECTIONS];

    return facetree_sections_place(sections, entry, &count);
}


void
facetree_sections_assemble(facetree_sections_t *sections,
    const facetree_forest_t *forest, uint8_t *file)
{
    size_t                  len;
    uint32_t                count, i, n;
    facetree_ftm_section_t  entry[FACETREE_FTM_SECTIONS];

    len = facetree_sections_place(sections, entry, &count);

    memcpy(file + sizeof(facetree_ftm_header_t), entry,
           count * sizeof(entry[0]));

    n = 0;

    for (i = 0; i < FACETREE_FTM_SECTIONS; i++) {

        if (sections->data[i]) {
            memcpy(file + entry[n++].offset, sections->data[i],
                   sections->bytes[i]);

            free(sections->data[i]);
            sections->data[i] = NULL;
        }
    }

    facetree_sections_seal(file, len, count, forest);
}
