
/*
 * Copyright (C) facetree contributors
 */


#include "file.h"
#include "facetree_int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>


#define FACETREE_FILE_CHUNK  65536


/* O_NONBLOCK: opening a FIFO that nobody writes to must not hang. */

static facetree_status_e
facetree_file_open(const char *path, int *out, size_t *size,
    facetree_error_t *err)
{
    int          fd;
    struct stat  info;

    fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0) {
        return facetree_fail_errno(err, errno, "cannot open");
    }

    if (fstat(fd, &info) != 0) {
        facetree_fail_errno(err, errno, "cannot stat");
        goto fail;
    }

    if (!S_ISREG(info.st_mode)) {
        facetree_fail(err, FACETREE_EIO, FACETREE_NO_OFFSET,
                      S_ISDIR(info.st_mode) ? "is a directory"
                                            : "is not a regular file");
        goto fail;
    }

    if (info.st_size > (off_t) FACETREE_FILE_MAX) {
        facetree_fail_limit(err, FACETREE_EIO, FACETREE_FILE_MAX,
                            (uint64_t) info.st_size,
                            "file has %llu bytes, more than %u",
                            (unsigned long long) info.st_size,
                            FACETREE_FILE_MAX);
        goto fail;
    }

    *out = fd;
    *size = (size_t) info.st_size;

    return FACETREE_OK;

fail:

    close(fd);

    return FACETREE_EIO;
}


/* A buffer that is being filled. */

typedef struct {
    uint8_t  *data;
    size_t    used;
    size_t    size;
} facetree_file_buffer_t;


static facetree_status_e
facetree_file_enlarge(facetree_file_buffer_t *buffer, facetree_error_t *err)
{
    size_t    size;
    uint8_t  *larger;

    if (buffer->size > FACETREE_FILE_MAX) {
        return facetree_fail_limit(err, FACETREE_EIO, FACETREE_FILE_MAX,
                                   buffer->used, "has more than %u bytes",
                                   FACETREE_FILE_MAX);
    }

    size = buffer->size < FACETREE_FILE_MAX / 2 ? buffer->size * 2
                                                : FACETREE_FILE_MAX + 1;
    larger = realloc(buffer->data, size);

    if (larger == NULL) {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    buffer->data = larger;
    buffer->size = size;

    return FACETREE_OK;
}


/*
 * Reads to the end, wherever that is: the size was a hint, since the file may
 * change meanwhile and a pipe has none.
 */

static facetree_status_e
facetree_file_fill(int fd, facetree_file_buffer_t *buffer,
    facetree_error_t *err)
{
    ssize_t            n;
    facetree_status_e  status;

    for ( ;; ) {
        n = read(fd, buffer->data + buffer->used,
                 buffer->size - buffer->used);

        if (n == 0) {
            return FACETREE_OK;
        }

        if (n < 0) {
            if (errno == EINTR) {
                continue;
            }

            return facetree_fail_errno(err, errno, "cannot read");
        }

        buffer->used += (size_t) n;

        if (buffer->used == buffer->size) {
            status = facetree_file_enlarge(buffer, err);

            if (status != FACETREE_OK) {
                return status;
            }
        }
    }
}


static facetree_status_e
facetree_file_slurp(int fd, size_t hint, uint8_t **data, size_t *len,
    facetree_error_t *err)
{
    facetree_status_e       status;
    facetree_file_buffer_t  buffer;

    buffer.used = 0;
    buffer.size = hint + 1;
    buffer.data = malloc(buffer.size);

    if (buffer.data == NULL) {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    status = facetree_file_fill(fd, &buffer, err);

    if (status != FACETREE_OK) {
        free(buffer.data);
        return status;
    }

    *data = buffer.data;
    *len = buffer.used;

    return FACETREE_OK;
}


facetree_status_e
facetree_file_read(const char *path, uint8_t **data, size_t *len,
    facetree_error_t *err)
{
    int                fd;
    size_t             size;
    facetree_status_e  status;

    if (strcmp(path, "-") == 0) {
        return facetree_file_slurp(STDIN_FILENO, FACETREE_FILE_CHUNK, data,
                                   len, err);
    }

    fd = -1;
    size = 0;

    status = facetree_file_open(path, &fd, &size, err);

    if (status != FACETREE_OK) {
        return status;
    }

    status = facetree_file_slurp(fd, size, data, len, err);
    close(fd);

    return status;
}
