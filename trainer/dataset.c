
/*
 * Copyright (C) facetree contributors
 */


#include "dataset_int.h"
#include "digest.h"
#include "facetree_int.h"
#include "options.h"
#include "text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>


#define FACETREE_DATASET_WORD  "synthetic"
#define FACETREE_DATASET_PAGE  4096


/* Returns 1 for the drawn set, 0 for a path, -1 for a bad seed. */

static int
facetree_dataset_is_word(const char *path, uint32_t *seed)
{
    size_t  len;

    len = sizeof(FACETREE_DATASET_WORD) - 1;

    if (strncmp(path, FACETREE_DATASET_WORD, len) != 0) {
        return 0;
    }

    *seed = 0;

    if (path[len] == '\0') {
        return 1;
    }

    if (path[len] != ':') {
        return 0;
    }

    return facetree_number_uint(path + len + 1, UINT32_MAX, seed) ? 1 : -1;
}


static facetree_status_e
facetree_dataset_read(facetree_dataset_t *dataset,
    const facetree_dataset_source_t *source, facetree_error_t *err)
{
    int          word;
    uint32_t     seed;
    struct stat  info;

    word = facetree_dataset_is_word(source->path, &seed);

    if (word < 0) {
        return facetree_fail(err, FACETREE_EFORMAT, FACETREE_NO_OFFSET,
                             "the seed after \"synthetic:\" must be a whole "
                             "number from 0 to 4294967295");
    }

    if (word) {
        dataset->kind = "synthetic";
        return facetree_dataset_read_synth(dataset, source, seed, err);
    }

    if (stat(source->path, &info) != 0) {
        return facetree_fail_errno(err, errno, "cannot open");
    }

    if (S_ISDIR(info.st_mode)) {
        dataset->kind = "directory";
        return facetree_dataset_read_dir(dataset, source, err);
    }

    if (S_ISREG(info.st_mode)) {
        dataset->kind = "mat";
        return facetree_dataset_read_mat(dataset, source, err);
    }

    return facetree_fail(err, FACETREE_EIO, FACETREE_NO_OFFSET,
                         "is neither a MAT file nor a directory");
}


facetree_status_e
facetree_dataset_load(facetree_dataset_t *dataset,
    const facetree_dataset_source_t *source, facetree_error_t *err)
{
    char                name[256];
    size_t              bytes;
    facetree_status_e   status;
    facetree_dataset_t  loaded;

    memset(&loaded, 0, sizeof(loaded));

    status = facetree_dataset_read(&loaded, source, err);

    if (status == FACETREE_OK) {
        bytes = (size_t) loaded.count * loaded.width * loaded.height;
        status = facetree_digest(loaded.pixels, bytes, loaded.digest, err);
    }

    if (status != FACETREE_OK) {
        facetree_dataset_clear(&loaded);
        return status;
    }

    facetree_text_basename(source->path, name, sizeof(name));
    facetree_text_escape(name, loaded.name, sizeof(loaded.name));

    *dataset = loaded;

    return FACETREE_OK;
}


/* The first class with a single picture, or the number of classes. */

static uint32_t
facetree_dataset_single(const facetree_dataset_t *dataset)
{
    uint32_t  i, class, pictures;

    for (class = 0; class < dataset->classes; class++) {
        pictures = 0;

        for (i = 0; i < dataset->count && pictures < 2; i++) {
            pictures += dataset->labels[i] == class;
        }

        if (pictures == 1) {
            break;
        }
    }

    return class;
}


facetree_status_e
facetree_dataset_split(facetree_split_t *split,
    const facetree_dataset_t *dataset, const facetree_split_params_t *params,
    facetree_error_t *err)
{
    uint32_t           class;
    facetree_status_e  status;

    status = facetree_split(split, dataset->labels, dataset->count,
                            dataset->classes, params, err);

    if (status != FACETREE_EINVAL || !params->stratify) {
        return status;
    }

    class = facetree_dataset_single(dataset);

    return class == dataset->classes
           ? status
           : facetree_fail(err, FACETREE_EINVAL, FACETREE_NO_OFFSET,
                           "%.80s has only one picture: a stratified split "
                           "needs two of everybody (see --no-stratify)",
                           dataset->names[class]);
}


void
facetree_dataset_clear(facetree_dataset_t *dataset)
{
    uint32_t  i;

    for (i = 0; dataset->names && i < dataset->classes; i++) {
        free(dataset->names[i]);
    }

    for (i = 0; dataset->files && i < dataset->count; i++) {
        free(dataset->files[i]);
    }

    free(dataset->names);
    free(dataset->files);
    free(dataset->pixels);
    free(dataset->labels);

    memset(dataset, 0, sizeof(*dataset));
}


facetree_status_e
facetree_dataset_alloc(facetree_dataset_t *dataset, uint32_t count,
    uint32_t classes, const facetree_dataset_source_t *source,
    facetree_error_t *err)
{
    void    *pixels;
    size_t   picture;

    picture = (size_t) source->width * source->height;

    if (count == 0 || classes == 0 || classes > count || picture == 0
        || count > INT32_MAX || count > SIZE_MAX / 2 / picture)
    {
        return facetree_fail(err, FACETREE_EFORMAT, FACETREE_NO_OFFSET,
                             "%lu pictures of %lu people are no data set",
                             (unsigned long) count, (unsigned long) classes);
    }

    /* in pages, of which some may be given back; see examples.h */

    if (posix_memalign(&pixels, FACETREE_DATASET_PAGE, count * picture) != 0) {
        pixels = NULL;
    }

    dataset->pixels = pixels;
    dataset->labels = calloc(count, sizeof(uint32_t));
    dataset->names = calloc(classes, sizeof(char *));

    if (dataset->pixels == NULL || dataset->labels == NULL
        || dataset->names == NULL)
    {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET,
                             "out of memory for %lu pictures",
                             (unsigned long) count);
    }

    dataset->width = source->width;
    dataset->height = source->height;
    dataset->count = count;
    dataset->classes = classes;

    return FACETREE_OK;
}


facetree_status_e
facetree_dataset_name(facetree_dataset_t *dataset, uint32_t index,
    char prefix, facetree_error_t *err)
{
    char  name[1 + FACETREE_DATASET_NUMBER];

    name[0] = prefix;
    facetree_dataset_number(index, dataset->classes, name + 1);

    dataset->names[index] = strdup(name);

    if (dataset->names[index] == NULL) {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    return FACETREE_OK;
}


void
facetree_dataset_number(uint32_t index, uint32_t count,
    char out[FACETREE_DATASET_NUMBER])
{
    int   width;
    char  last[FACETREE_DATASET_NUMBER];

    width = snprintf(last, sizeof(last), "%u", count ? count - 1 : 0);

    if (width < 2) {
        width = 2;
    }

    /* From the back, with zeros once the number is used up. */
    for (out[width] = '\0'; width-- > 0; index /= 10) {
        out[width] = (char) ('0' + index % 10);
    }
}


/*
 * The one resampler there is takes files, so the picture is handed over as
 * one: a PGM header and its pixels.
 */

facetree_status_e
facetree_dataset_resize(const uint8_t *from, uint32_t from_width,
    uint32_t from_height, uint8_t *to, uint32_t width, uint32_t height,
    facetree_error_t *err)
{
    int                 header;
    char                text[32];
    size_t              len;
    uint8_t            *file;
    facetree_budget_t   budget;
    facetree_status_e   status;

    len = (size_t) from_width * from_height;

    if (from_width == width && from_height == height) {
        memcpy(to, from, len);
        return FACETREE_OK;
    }

    header = snprintf(text, sizeof(text), "P5\n%lu %lu\n255\n",
                      (unsigned long) from_width,
                      (unsigned long) from_height);

    file = malloc((size_t) header + len);

    if (file == NULL) {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    memcpy(file, text, (size_t) header);
    memcpy(file + header, from, len);

    facetree_dataset_budget(&budget, UINT32_MAX);

    status = facetree_image_decode(file, (size_t) header + len, &budget,
                                   width, height, to, NULL, err);
    free(file);

    return status;
}


void
facetree_dataset_budget(facetree_budget_t *budget, uint32_t max_pixels)
{
    facetree_budget_init(budget, NULL);

    budget->limits.max_bytes = SIZE_MAX;
    budget->limits.max_pixels = max_pixels ? max_pixels
                                           : FACETREE_DATASET_MAX_PIXELS;
    budget->limits.max_memory = UINT64_MAX;
    budget->limits.cpu_ms = 0;
}


void
facetree_dataset_progress(const facetree_dataset_source_t *source,
    uint32_t done, uint32_t total)
{
    if (source->progress) {
        source->progress(source->ctx, done, total);
    }
}
