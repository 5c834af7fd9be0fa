
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


/*
 * Reads to the end, wherever that is: the size is a hint, since the file may
 * change meanwhile and a pipe has none.
 */

static facetree_status_e
facetree_file_slurp(int fd, size_t hint, uint8_t **data, size_t *len,
    facetree_error_t *err)
{
    size_t    size, used;
    ssize_t   n;
    uint8_t  *buffer, *larger;

    size = hint + 1;
    used = 0;
    buffer = malloc(size);

    if (buffer == NULL) {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    for ( ;; ) {
        n = read(fd, buffer + used, size - used);

        if (n < 0 && errno == EINTR) {
            continue;
        }

        if (n <= 0) {
            break;
        }

        used += (size_t) n;

        if (used < size) {
            continue;
        }

        if (size > FACETREE_FILE_MAX) {
            free(buffer);
            return facetree_fail_limit(err, FACETREE_EIO, FACETREE_FILE_MAX,
                                       used, "has more than %u bytes",
                                       FACETREE_FILE_MAX);
        }

        size = size < FACETREE_FILE_MAX / 2 ? size * 2
                                            : FACETREE_FILE_MAX + 1;
        larger = realloc(buffer, size);

        if (larger == NULL) {
            free(buffer);
            return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET,
                                 NULL);
        }

        buffer = larger;
    }

    if (n < 0) {
        facetree_fail_errno(err, errno, "cannot read");
        free(buffer);
        return FACETREE_EIO;
    }

    *data = buffer;
    *len = used;

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
