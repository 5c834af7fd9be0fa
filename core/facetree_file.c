
/*
 * Copyright (C) facetree contributors
 *
 * Bringing the bytes of a model into a private read-only mapping: the only
 * place in core/ that touches the file system.
 */


#define _DEFAULT_SOURCE

#include "facetree_model.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>


/* A model of this size would not be a decision forest over faces. */

#define FACETREE_FILE_MAX  ((uint64_t) 2 << 30)


/*
 * Anonymous memory rather than a mapping of the file: truncating a mapped
 * file in place (as cp does) would kill every process that serves from it.
 */

static facetree_status_e
facetree_file_allocate(facetree_model_t *model, size_t size,
    facetree_error_t *err)
{
    void  *base;

    base = mmap(NULL, size, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base == MAP_FAILED) {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET,
                             "cannot allocate %zu bytes for the model", size);
    }

    model->base = base;
    model->size = size;

    return FACETREE_OK;
}


static facetree_status_e
facetree_file_size(int fd, size_t *size, facetree_error_t *err)
{
    struct stat  st;

    if (fstat(fd, &st) == -1) {
        return facetree_fail_errno(err, errno, "cannot examine the file");
    }

    if (!S_ISREG(st.st_mode)) {
        return facetree_fail(err, FACETREE_EIO, FACETREE_NO_OFFSET,
                             "not a regular file");
    }

    if (st.st_size < (off_t) sizeof(facetree_ftm_header_t)) {
        return facetree_fail(err, FACETREE_EFORMAT, (uint64_t) st.st_size,
                             "%lld bytes are too few for a model, "
                             "whose header has %zu",
                             (long long) st.st_size,
                             sizeof(facetree_ftm_header_t));
    }

    if ((uint64_t) st.st_size > FACETREE_FILE_MAX) {
        return facetree_fail_limit(err, FACETREE_EFORMAT, FACETREE_FILE_MAX,
                                   (uint64_t) st.st_size,
                                   "%lld bytes are too many for a model",
                                   (long long) st.st_size);
    }

    *size = (size_t) st.st_size;

    return FACETREE_OK;
}


/* The file may shrink or grow while it is read; neither may fool us. */

static facetree_status_e
facetree_file_read(int fd, uint8_t *buf, size_t size, facetree_error_t *err)
{
    size_t   done;
    ssize_t  n;

    for (done = 0; done < size; done += (size_t) n) {

        n = read(fd, buf + done, size - done);

        if (n == -1 && errno == EINTR) {
            n = 0;
            continue;
        }

        if (n == -1) {
            return facetree_fail_errno(err, errno, "cannot read the file");
        }

        if (n == 0) {
            return facetree_fail(err, FACETREE_EIO, done,
                                 "the file shrank to %zu bytes while it was "
                                 "read", done);
        }
    }

    return FACETREE_OK;
}


static facetree_status_e
facetree_file_load(facetree_model_t *model, const char *path,
    facetree_error_t *err)
{
    int                fd;
    size_t             size;
    facetree_status_e  rc;

    size = 0;

    /* O_NONBLOCK: opening a FIFO must not hang. */

    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd == -1) {
        return facetree_fail_errno(err, errno, "cannot open the file");
    }

    rc = facetree_file_size(fd, &size, err);

    if (rc == FACETREE_OK) {
        rc = facetree_file_allocate(model, size, err);
    }

    if (rc == FACETREE_OK) {
        rc = facetree_file_read(fd, model->base, size, err);
    }

    close(fd);

    return rc;
}


facetree_status_e
facetree_model_create(facetree_model_t **out, size_t size,
    facetree_error_t *err)
{
    facetree_model_t   *model;
    facetree_status_e   rc;

    *out = NULL;

    model = calloc(1, sizeof(*model));
    if (model == NULL) {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    rc = facetree_file_allocate(model, size, err);

    if (rc == FACETREE_OK) {
        *out = model;

    } else {
        facetree_model_free(model);
    }

    return rc;
}


facetree_status_e
facetree_model_finish(facetree_model_t *model, facetree_error_t *err)
{
    if (mprotect(model->base, model->size, PROT_READ) == -1) {
        return facetree_fail_errno(err, errno, "cannot protect the model");
    }

    return facetree_model_check(model, err);
}


facetree_status_e
facetree_model_load(facetree_model_t **out, const char *path,
    facetree_error_t *err)
{
    facetree_model_t   *model;
    facetree_status_e   rc;

    model = calloc(1, sizeof(*model));
    if (model == NULL) {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    rc = facetree_file_load(model, path, err);

    if (rc == FACETREE_OK) {
        rc = facetree_model_finish(model, err);
    }

    if (rc == FACETREE_OK) {
        *out = model;

    } else {
        facetree_model_free(model);
    }

    return rc;
}


facetree_status_e
facetree_model_parse(facetree_model_t **out, const void *data, size_t len,
    facetree_error_t *err)
{
    facetree_model_t   *model;
    facetree_status_e   rc;

    if (len < sizeof(facetree_ftm_header_t)) {
        return facetree_fail(err, FACETREE_EFORMAT, len,
                             "%zu bytes are too few for a model, whose header "
                             "has %zu", len, sizeof(facetree_ftm_header_t));
    }

    rc = facetree_model_create(&model, len, err);

    if (rc != FACETREE_OK) {
        return rc;
    }

    memcpy(model->base, data, len);
    rc = facetree_model_finish(model, err);

    if (rc == FACETREE_OK) {
        *out = model;

    } else {
        facetree_model_free(model);
    }

    return rc;
}


void
facetree_model_free(facetree_model_t *model)
{
    if (model == NULL) {
        return;
    }

    if (model->base) {
        munmap(model->base, model->size);
    }

    free(model);
}
