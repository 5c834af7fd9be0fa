
/*
 * Copyright (C) facetree contributors
 */


#include "synth_set.h"
#include "facetree_int.h"
#include "output.h"
#include "synth.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>


#define FACETREE_SYNTH_PIXELS  (FACETREE_SYNTH_SIDE * FACETREE_SYNTH_SIDE)

/*
 * Longest path of the directory, and of the stage in it: the names below
 * must fit as well.
 */
#define FACETREE_SYNTH_LONGEST  (PATH_MAX - 128)
#define FACETREE_SYNTH_ROOM     (PATH_MAX - 64)

static const char  facetree_synth_note[] =
    "These faces were drawn by a program (facetree synth).\n"
    "They are synthetic: no picture shows a real person.\n";


typedef struct {
    const facetree_synth_set_t  *set;
    const char                  *path;
    char                         stage[PATH_MAX];
} facetree_synth_work_t;


/* "root/p07/03.pgm", "root/p07" when "picture" is -1. */

static void
facetree_synth_name(const facetree_synth_work_t *work, const char *root,
    uint32_t person, int64_t picture, char out[PATH_MAX])
{
    char  label[FACETREE_DATASET_NUMBER], number[FACETREE_DATASET_NUMBER];

    facetree_dataset_number(person, work->set->people, label);

    if (picture < 0) {
        snprintf(out, PATH_MAX, "%.*s/p%s", FACETREE_SYNTH_ROOM, root, label);
        return;
    }

    facetree_dataset_number((uint32_t) picture, work->set->pictures, number);
    snprintf(out, PATH_MAX, "%.*s/p%s/%s.pgm", FACETREE_SYNTH_ROOM, root,
             label, number);
}


/* A directory that cannot be listed counts as occupied. */

static int
facetree_synth_is_empty(const char *path)
{
    int             empty;
    DIR            *dir;
    struct dirent  *entry;

    dir = opendir(path);

    if (dir == NULL) {
        return 0;
    }

    empty = 1;

    while (empty && (entry = readdir(dir)) != NULL) {
        empty = strcmp(entry->d_name, ".") == 0
                || strcmp(entry->d_name, "..") == 0;
    }

    closedir(dir);

    return empty;
}


static facetree_status_e
facetree_synth_put(const char *path, const void *head, size_t head_len,
    const void *data, size_t len, facetree_error_t *err)
{
    int    bad;
    FILE  *file;

    file = fopen(path, "wbx");

    if (file == NULL) {
        return facetree_fail_errno(err, errno, "cannot create a file");
    }

    errno = 0;
    bad = fwrite(head, 1, head_len, file) != head_len
          || fwrite(data, 1, len, file) != len;

    if (fclose(file) != 0 || bad) {
        return facetree_fail_errno(err, errno ? errno : EIO,
                                   "cannot write a file");
    }

    return FACETREE_OK;
}


static facetree_status_e
facetree_synth_draw_person(facetree_synth_work_t *work, uint32_t person,
    facetree_error_t *err)
{
    int                          head_len;
    char                         path[PATH_MAX], head[32];
    uint8_t                      pixels[FACETREE_SYNTH_PIXELS];
    uint32_t                     i;
    facetree_status_e            status;
    const facetree_synth_set_t  *set;

    set = work->set;
    facetree_synth_name(work, work->stage, person, -1, path);

    if (mkdir(path, 0777) != 0) {
        return facetree_fail_errno(err, errno, "cannot create a directory");
    }

    head_len = snprintf(head, sizeof(head), "P5\n%d %d\n255\n",
                        FACETREE_SYNTH_SIDE, FACETREE_SYNTH_SIDE);

    for (i = 0; i < set->pictures; i++) {
        facetree_synth_draw(set->seed, person, i, pixels);
        facetree_synth_name(work, work->stage, person, i, path);

        status = facetree_synth_put(path, head, (size_t) head_len, pixels,
                                    sizeof(pixels), err);

        if (status != FACETREE_OK) {
            return status;
        }

        if (facetree_output_held()) {
            return facetree_fail(err, FACETREE_EIO, FACETREE_NO_OFFSET,
                                 "interrupted");
        }
    }

    return FACETREE_OK;
}


static facetree_status_e
facetree_synth_draw_all(facetree_synth_work_t *work, facetree_error_t *err)
{
    char               marker[PATH_MAX + sizeof(FACETREE_SYNTH_MARKER)];
    uint32_t           i;
    facetree_status_e  status;

    snprintf(marker, sizeof(marker), "%s/%s", work->stage,
             FACETREE_SYNTH_MARKER);

    status = facetree_synth_put(marker, facetree_synth_note,
                                sizeof(facetree_synth_note) - 1, "", 0, err);

    for (i = 0; status == FACETREE_OK && i < work->set->people; i++) {
        status = facetree_synth_draw_person(work, i, err);

        if (work->set->progress) {
            work->set->progress(work->set->ctx, i + 1, work->set->people);
        }
    }

    return status;
}


/* A label that is there already gets its pictures one by one. */

static int
facetree_synth_install_person(facetree_synth_work_t *work, uint32_t person)
{
    char      from[PATH_MAX], to[PATH_MAX];
    uint32_t  i;

    facetree_synth_name(work, work->stage, person, -1, from);
    facetree_synth_name(work, work->path, person, -1, to);

    if (rename(from, to) == 0) {
        return 0;
    }

    if (errno != EEXIST && errno != ENOTEMPTY) {
        return -1;
    }

    for (i = 0; i < work->set->pictures; i++) {
        facetree_synth_name(work, work->stage, person, i, from);
        facetree_synth_name(work, work->path, person, i, to);

        if (rename(from, to) != 0) {
            return -1;
        }
    }

    return 0;
}


/* The marker goes first: no drawn picture is ever there without it. */

static facetree_status_e
facetree_synth_install(facetree_synth_work_t *work, facetree_error_t *err)
{
    int       failed;
    char      from[PATH_MAX + sizeof(FACETREE_SYNTH_MARKER)];
    char      to[PATH_MAX + sizeof(FACETREE_SYNTH_MARKER)];
    uint32_t  i;

    snprintf(from, sizeof(from), "%s/%s", work->stage, FACETREE_SYNTH_MARKER);
    snprintf(to, sizeof(to), "%s/%s", work->path, FACETREE_SYNTH_MARKER);

    failed = rename(from, to);

    for (i = 0; failed == 0 && i < work->set->people; i++) {
        failed = facetree_synth_install_person(work, i);
    }

    if (failed) {
        return facetree_fail_errno(err, errno, "cannot move a file in place");
    }

    return FACETREE_OK;
}


/* Whatever of the stage is left; what is not there is skipped. */

static void
facetree_synth_tidy(facetree_synth_work_t *work)
{
    char      path[PATH_MAX + sizeof(FACETREE_SYNTH_MARKER)];
    uint32_t  i, k;

    for (i = 0; i < work->set->people; i++) {
        facetree_synth_name(work, work->stage, i, -1, path);

        if (rmdir(path) == 0 || errno == ENOENT) {
            continue;
        }

        for (k = 0; k < work->set->pictures; k++) {
            facetree_synth_name(work, work->stage, i, k, path);
            unlink(path);
        }

        facetree_synth_name(work, work->stage, i, -1, path);
        rmdir(path);
    }

    snprintf(path, sizeof(path), "%s/%s", work->stage, FACETREE_SYNTH_MARKER);
    unlink(path);
    rmdir(work->stage);
}


static facetree_status_e
facetree_synth_open(facetree_synth_work_t *work, int *created,
    facetree_error_t *err)
{
    struct stat       info;
    facetree_error_t  reason;

    if (strlen(work->path) > FACETREE_SYNTH_LONGEST) {
        return facetree_fail(err, FACETREE_EINVAL, FACETREE_NO_OFFSET,
                             "name too long");
    }

    *created = stat(work->path, &info) != 0;

    if (facetree_output_directory(work->path, &reason) != FACETREE_OK) {
        *created = 0;
        return facetree_fail(err, FACETREE_EINVAL, FACETREE_NO_OFFSET,
                             "cannot create the directory: %s",
                             strerror(reason.sys_errno));
    }

    if (!work->set->force && !facetree_synth_is_empty(work->path)) {
        return facetree_fail(err, FACETREE_EINVAL, FACETREE_NO_OFFSET,
                             "directory is not empty, --force writes into "
                             "it all the same");
    }

    snprintf(work->stage, sizeof(work->stage), "%.*s/.facetree-%ld.tmp",
             FACETREE_SYNTH_LONGEST, work->path, (long) getpid());

    if (mkdir(work->stage, 0777) != 0) {
        return facetree_fail(err, FACETREE_EINVAL, FACETREE_NO_OFFSET,
                             "cannot write into the directory: %s",
                             strerror(errno));
    }

    return FACETREE_OK;
}


facetree_status_e
facetree_synth_write(const char *path, const facetree_synth_set_t *set,
    facetree_error_t *err)
{
    int                    created;
    facetree_status_e      status;
    facetree_synth_work_t  work;

    work.set = set;
    work.path = path;
    created = 0;

    facetree_output_hold();

    status = facetree_synth_open(&work, &created, err);

    if (status == FACETREE_OK) {
        status = facetree_synth_draw_all(&work, err);

        if (status == FACETREE_OK) {
            status = facetree_synth_install(&work, err);
        }

        facetree_synth_tidy(&work);
    }

    if (status != FACETREE_OK && created) {
        rmdir(path);
    }

    facetree_output_release();

    return status;
}
