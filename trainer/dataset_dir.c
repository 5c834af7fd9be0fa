
/*
 * Copyright (C) facetree contributors
 *
 * Data sets of one's own: DIR/<label>/<picture>, in any format that the
 * server takes.
 */


#define _XOPEN_SOURCE  700     /* realpath() */

#include "dataset_int.h"
#include "facetree_format.h"
#include "facetree_int.h"
#include "file.h"
#include "text.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>


typedef struct {
    char      **names;
    uint32_t    count;
    uint32_t    size;
} facetree_dir_list_t;


/* A picture that may become an example. */

typedef struct {
    facetree_dataset_t               *dataset;
    const facetree_dataset_source_t  *source;
    facetree_budget_t                 budget;
    char                             *real;        /* the root, resolved */
    facetree_dir_list_t               files;       /* "label/name" */
    facetree_dir_list_t               labels;
    uint32_t                         *label_of;    /* one a file */
} facetree_dir_t;


static void
facetree_dir_list_clear(facetree_dir_list_t *list)
{
    uint32_t  i;

    for (i = 0; i < list->count; i++) {
        free(list->names[i]);
    }

    free(list->names);
    memset(list, 0, sizeof(*list));
}


/* Takes over "name", also when it fails; a NULL name is a failure. */

static facetree_status_e
facetree_dir_list_add(facetree_dir_list_t *list, char *name,
    facetree_error_t *err)
{
    char      **names;
    uint32_t    size;

    if (name && list->count == list->size && list->size < INT32_MAX) {
        size = list->size ? list->size * 2 : 64;
        names = realloc(list->names, size * sizeof(char *));

        if (names) {
            list->names = names;
            list->size = size;
        }
    }

    if (name == NULL || list->count == list->size) {
        free(name);
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    list->names[list->count++] = name;

    return FACETREE_OK;
}


static int
facetree_dir_compare(const void *one, const void *two)
{
    return strcmp(*(char *const *) one, *(char *const *) two);
}


static char *
facetree_dir_join(const char *directory, const char *name)
{
    char    *path;
    size_t   size;

    size = strlen(directory) + strlen(name) + 2;
    path = malloc(size);

    if (path) {
        snprintf(path, size, "%s/%s", directory, name);
    }

    return path;
}


/* The names in a directory that are not hidden, sorted bytewise. */

static facetree_status_e
facetree_dir_names(const char *path, facetree_dir_list_t *list,
    facetree_error_t *err)
{
    DIR                *dir;
    struct dirent      *entry;
    facetree_status_e   status;

    dir = opendir(path);

    if (dir == NULL) {
        return facetree_fail_errno(err, errno, "cannot open directory");
    }

    status = FACETREE_OK;

    for ( ;; ) {
        errno = 0;
        entry = readdir(dir);

        if (entry == NULL) {
            break;
        }

        if (entry->d_name[0] == '.') {
            continue;
        }

        status = facetree_dir_list_add(list, strdup(entry->d_name), err);

        if (status != FACETREE_OK) {
            break;
        }
    }

    if (status == FACETREE_OK && errno != 0) {
        status = facetree_fail_errno(err, errno, "cannot read directory");
    }

    closedir(dir);

    if (status == FACETREE_OK && list->count > 1) {
        qsort(list->names, list->count, sizeof(char *),
              facetree_dir_compare);
    }

    return status;
}


/* Lists what is left out, or fails when nothing may be. */

static facetree_status_e
facetree_dir_skip(facetree_dir_t *dir, const char *file,
    facetree_error_t *err)
{
    facetree_error_t  reason;

    if (err->status == FACETREE_ENOMEM) {
        return FACETREE_ENOMEM;
    }

    if (dir->source->strict) {
        reason = *err;
        return facetree_fail(err, FACETREE_EIMAGE, FACETREE_NO_OFFSET,
                             "%.80s: %s", file, reason.text);
    }

    dir->dataset->skipped++;

    if (dir->source->warn) {
        dir->source->warn(dir->source->ctx, file, err->text);
    }

    return FACETREE_OK;
}


/*
 * A label is a directory, or a link to one; but not to the data set itself or
 * to a directory above it.  Returns 1, 0 for a plain file, -1 for a loop.
 */

static int
facetree_dir_is_label(facetree_dir_t *dir, const char *path)
{
    int          loop;
    char        *real;
    size_t       len;
    struct stat  info;

    if (stat(path, &info) != 0) {
        return errno == ELOOP ? -1 : 0;
    }

    if (!S_ISDIR(info.st_mode)) {
        return 0;
    }

    real = realpath(path, NULL);

    if (real == NULL) {
        return 0;
    }

    len = strlen(real);
    loop = strncmp(real, dir->real, len) == 0
           && (dir->real[len] == '\0' || dir->real[len] == '/' || len == 1);

    free(real);

    return loop ? -1 : 1;
}


static facetree_status_e
facetree_dir_check_label(const char *label, facetree_error_t *err)
{
    if (!facetree_text_plain(label)) {
        return facetree_fail(err, FACETREE_EFORMAT, FACETREE_NO_OFFSET,
                             "label %.80s: the directory's name must be UTF-8 "
                             "without control characters", label);
    }

    if (strlen(label) > FACETREE_FTM_MAX_LABEL) {
        return facetree_fail(err, FACETREE_EFORMAT, FACETREE_NO_OFFSET,
                             "label %.60s...: the directory's name must have "
                             "at most %d bytes", label,
                             FACETREE_FTM_MAX_LABEL);
    }

    return FACETREE_OK;
}


/* Adds the files of one label directory to dir->files as "label/name". */

static facetree_status_e
facetree_dir_add_label(facetree_dir_t *dir, const char *label,
    const char *path, facetree_error_t *err)
{
    uint32_t             i;
    facetree_status_e    status;
    facetree_dir_list_t  names;

    memset(&names, 0, sizeof(names));

    status = facetree_dir_check_label(label, err);

    if (status == FACETREE_OK) {
        status = facetree_dir_names(path, &names, err);

        if (status == FACETREE_EIO) {
            status = facetree_dir_skip(dir, label, err);
        }
    }

    if (status == FACETREE_OK && names.count == 0) {
        facetree_fail(err, FACETREE_EIMAGE, FACETREE_NO_OFFSET,
                      "holds no picture");
        status = facetree_dir_skip(dir, label, err);
    }

    for (i = 0; status == FACETREE_OK && i < names.count; i++) {
        status = facetree_dir_list_add(&dir->files,
                                       facetree_dir_join(label,
                                                         names.names[i]),
                                       err);
    }

    facetree_dir_list_clear(&names);

    return status;
}


/* By its name: what lies beside the labels may be a text about them. */

static int
facetree_dir_is_picture(const char *name)
{
    size_t       i;
    const char  *dot;

    static const char *const  endings[] = {
        ".jpg", ".jpeg", ".png", ".webp", ".bmp", ".pgm", ".ppm", ".pnm"
    };

    dot = strrchr(name, '.');

    for (i = 0; dot && i < sizeof(endings) / sizeof(endings[0]); i++) {
        if (strcasecmp(dot, endings[i]) == 0) {
            return 1;
        }
    }

    return 0;
}


static facetree_status_e
facetree_dir_scan(facetree_dir_t *dir, facetree_error_t *err)
{
    int                   kind;
    char                 *path;
    uint32_t              i;
    facetree_status_e     status;
    facetree_dir_list_t   names;

    memset(&names, 0, sizeof(names));

    status = facetree_dir_names(dir->source->path, &names, err);

    for (i = 0; status == FACETREE_OK && i < names.count; i++) {
        if (strcmp(names.names[i], FACETREE_SYNTH_MARKER) == 0) {
            dir->dataset->synthetic = 1;
            continue;
        }

        path = facetree_dir_join(dir->source->path, names.names[i]);

        if (path == NULL) {
            status = facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET,
                                   NULL);
            break;
        }

        kind = facetree_dir_is_label(dir, path);

        if (kind > 0) {
            status = facetree_dir_add_label(dir, names.names[i], path, err);

        } else if (kind < 0) {
            facetree_fail(err, FACETREE_EIO, FACETREE_NO_OFFSET,
                          "is a link that loops");
            status = facetree_dir_skip(dir, names.names[i], err);

        } else if (facetree_dir_is_picture(names.names[i])) {
            facetree_fail(err, FACETREE_EIMAGE, FACETREE_NO_OFFSET,
                          "lies beside the directories: of which person?");
            status = facetree_dir_skip(dir, names.names[i], err);
        }

        free(path);
    }

    facetree_dir_list_clear(&names);

    return status;
}


static facetree_status_e
facetree_dir_decode(facetree_dir_t *dir, const char *file, uint8_t *pixels,
    facetree_error_t *err)
{
    char               *path;
    size_t              len;
    uint8_t            *data;
    facetree_status_e   status;

    path = facetree_dir_join(dir->source->path, file);

    if (path == NULL) {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    data = NULL;
    status = facetree_file_read(path, &data, &len, err);
    free(path);

    if (status != FACETREE_OK) {
        return status;
    }

    if (len == 0) {
        status = facetree_fail(err, FACETREE_EIMAGE, FACETREE_NO_OFFSET,
                               "is empty");

    } else {
        status = facetree_image_decode(data, len, &dir->budget,
                                       dir->source->width,
                                       dir->source->height, pixels, NULL,
                                       err);
    }

    free(data);

    return status;
}


/* Gives the next example its label, which may be a new one. */

static facetree_status_e
facetree_dir_label(facetree_dir_t *dir, char *file, uint32_t example,
    facetree_error_t *err)
{
    char               *slash, *name;
    facetree_status_e   status;

    slash = strchr(file, '/');
    *slash = '\0';

    status = FACETREE_OK;

    if (dir->labels.count == 0
        || strcmp(dir->labels.names[dir->labels.count - 1], file) != 0)
    {
        name = strdup(file);
        status = facetree_dir_list_add(&dir->labels, name, err);
    }

    *slash = '/';
    dir->label_of[example] = dir->labels.count - 1;

    return status;
}


/*
 * Decodes into the front of the array; pictures that are left out leave no
 * gap, and labels without a single good picture do not come into being.
 */

static facetree_status_e
facetree_dir_load(facetree_dir_t *dir, uint32_t *count,
    facetree_error_t *err)
{
    char               *file;
    size_t              len;
    uint32_t            i, good;
    facetree_status_e   status;

    len = (size_t) dir->source->width * dir->source->height;

    for (i = 0, good = 0; i < dir->files.count; i++) {
        file = dir->files.names[i];

        status = facetree_dir_decode(dir, file, dir->dataset->pixels
                                     + good * len, err);

        if (status == FACETREE_OK) {
            status = facetree_dir_label(dir, file, good, err);

            dir->files.names[i] = dir->files.names[good];
            dir->files.names[good++] = file;

        } else {
            status = facetree_dir_skip(dir, file, err);
        }

        if (status != FACETREE_OK) {
            return status;
        }

        facetree_dataset_progress(dir->source, i + 1, dir->files.count);
    }

    *count = good;

    return FACETREE_OK;
}


/* Hands the lists over to the data set. */

static void
facetree_dir_finish(facetree_dir_t *dir, uint32_t count)
{
    uint32_t             i;
    facetree_dataset_t  *dataset;

    dataset = dir->dataset;

    for (i = count; i < dir->files.count; i++) {
        free(dir->files.names[i]);
    }

    free(dataset->names);

    dataset->names = dir->labels.names;
    dataset->classes = dir->labels.count;
    dataset->files = dir->files.names;
    dataset->count = count;

    memcpy(dataset->labels, dir->label_of, count * sizeof(uint32_t));

    memset(&dir->labels, 0, sizeof(dir->labels));
    memset(&dir->files, 0, sizeof(dir->files));
}


static facetree_status_e
facetree_dir_read(facetree_dir_t *dir, facetree_error_t *err)
{
    uint32_t           count;
    facetree_status_e  status;

    dir->real = realpath(dir->source->path, NULL);

    if (dir->real == NULL) {
        return facetree_fail_errno(err, errno, "cannot open directory");
    }

    status = facetree_dir_scan(dir, err);

    if (status != FACETREE_OK) {
        return status;
    }

    count = 0;

    if (dir->files.count > 0) {
        status = facetree_dataset_alloc(dir->dataset, dir->files.count, 1,
                                        dir->source, err);

        if (status != FACETREE_OK) {
            return status;
        }

        dir->label_of = calloc(dir->files.count, sizeof(uint32_t));

        if (dir->label_of == NULL) {
            return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET,
                                 NULL);
        }

        status = facetree_dir_load(dir, &count, err);

        if (status != FACETREE_OK) {
            return status;
        }
    }

    if (count == 0) {
        return facetree_fail(err, FACETREE_EFORMAT, FACETREE_NO_OFFSET,
                             "holds no picture: one directory for each "
                             "person is wanted, with pictures in it");
    }

    facetree_dir_finish(dir, count);

    return FACETREE_OK;
}


facetree_status_e
facetree_dataset_read_dir(facetree_dataset_t *dataset,
    const facetree_dataset_source_t *source, facetree_error_t *err)
{
    facetree_dir_t     dir;
    facetree_error_t   unused;
    facetree_status_e  status;

    memset(&dir, 0, sizeof(dir));

    dir.dataset = dataset;
    dir.source = source;

    facetree_dataset_budget(&dir.budget, source->max_pixels);

    status = facetree_dir_read(&dir, err ? err : &unused);

    facetree_dir_list_clear(&dir.files);
    facetree_dir_list_clear(&dir.labels);
    free(dir.label_of);
    free(dir.real);

    return status;
}
