
/*
 * Copyright (C) facetree contributors
 */


#include "output.h"
#include "facetree_int.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>


#define FACETREE_OUTPUT_TRIES  100


static const int  facetree_output_signals[] = { SIGINT, SIGTERM, SIGHUP };

#define FACETREE_OUTPUT_SIGNALS                                               \
    (sizeof(facetree_output_signals) / sizeof(facetree_output_signals[0]))

/*
 * A signal handler has nothing but globals.  A slot is changed with the
 * signals blocked.
 */
static char  facetree_output_temps[FACETREE_OUTPUT_MAX][PATH_MAX];

static volatile sig_atomic_t  facetree_output_armed;
static volatile sig_atomic_t  facetree_output_holding;
static volatile sig_atomic_t  facetree_output_caught;


static void
facetree_output_handler(int number)
{
    int  i;

    if (facetree_output_holding) {
        facetree_output_caught = number;
        return;
    }

    for (i = 0; i < FACETREE_OUTPUT_MAX; i++) {
        if (facetree_output_temps[i][0]) {
            unlink(facetree_output_temps[i]);
        }
    }

    /* The default action ends the program with the right wait status. */
    signal(number, SIG_DFL);
    raise(number);
}


/* A signal that was ignored at the start (nohup) stays ignored. */

static void
facetree_output_arm(void)
{
    size_t            i;
    struct sigaction  action, old;

    if (facetree_output_armed) {
        return;
    }

    facetree_output_armed = 1;

    memset(&action, 0, sizeof(action));
    action.sa_handler = facetree_output_handler;
    sigemptyset(&action.sa_mask);

    for (i = 0; i < FACETREE_OUTPUT_SIGNALS; i++) {
        if (sigaction(facetree_output_signals[i], NULL, &old) == 0
            && old.sa_handler == SIG_DFL)
        {
            sigaction(facetree_output_signals[i], &action, NULL);
        }
    }
}


static void
facetree_output_block(sigset_t *old)
{
    size_t    i;
    sigset_t  set;

    sigemptyset(&set);

    for (i = 0; i < FACETREE_OUTPUT_SIGNALS; i++) {
        sigaddset(&set, facetree_output_signals[i]);
    }

    sigprocmask(SIG_BLOCK, &set, old);
}


static void
facetree_output_close(facetree_output_t *output)
{
    if (output->slot > 0) {
        facetree_output_temps[output->slot - 1][0] = '\0';
        close(output->fd);
    }

    free(output->path);
    free(output->temp);
    memset(output, 0, sizeof(*output));
}


/* Names for people: the text of an error holds one line. */

static const char *
facetree_output_tail(const char *path)
{
    size_t  len;

    len = strlen(path);

    return len > 100 ? path + len - 100 : path;
}


static facetree_status_e
facetree_output_names(facetree_output_t *output, const char *path,
    facetree_error_t *err)
{
    int          slot;
    size_t       directory, size;
    const char  *slash;

    slash = strrchr(path, '/');
    directory = slash ? (size_t) (slash - path) + 1 : 0;
    size = directory + 64;

    output->path = strdup(path);
    output->temp = malloc(size);

    if (output->path == NULL || output->temp == NULL) {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    for (slot = 0; slot < FACETREE_OUTPUT_MAX; slot++) {
        if (facetree_output_temps[slot][0] == '\0') {
            break;
        }
    }

    if (slot == FACETREE_OUTPUT_MAX || size > PATH_MAX) {
        return facetree_fail(err, FACETREE_EINVAL, FACETREE_NO_OFFSET,
                             "cannot create ...%s: name too long",
                             facetree_output_tail(path));
    }

    output->slot = -slot - 1;
    memcpy(output->temp, path, directory);

    return FACETREE_OK;
}


/*
 * Registers the name in the same breath as it comes into being: neither is a
 * temporary file left behind, nor one removed that somebody else made.
 */

static int
facetree_output_create(facetree_output_t *output, int attempt)
{
    int       fd, error;
    size_t    directory;
    char     *slash;
    sigset_t  old;

    slash = strrchr(output->path, '/');
    directory = slash ? (size_t) (slash - output->path) + 1 : 0;

    snprintf(output->temp + directory, 64, ".facetree-%ld-%d.tmp",
             (long) getpid(), attempt);

    facetree_output_block(&old);

    fd = open(output->temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    error = errno;

    if (fd >= 0) {
        output->fd = fd;
        output->slot = -output->slot;
        strcpy(facetree_output_temps[output->slot - 1], output->temp);
    }

    sigprocmask(SIG_SETMASK, &old, NULL);
    errno = error;

    return fd;
}


static facetree_status_e
facetree_output_parents(facetree_output_t *output, facetree_error_t *err)
{
    char               *slash;
    facetree_status_e   status;

    slash = strrchr(output->path, '/');

    if (slash == NULL || slash == output->path) {
        return FACETREE_OK;
    }

    *slash = '\0';
    status = facetree_output_directory(output->path, err);
    *slash = '/';

    return status;
}


static facetree_status_e
facetree_output_start(facetree_output_t *output, facetree_error_t *err)
{
    int          i;
    struct stat  info;

    /* a rename would put a file in the place of a device or a pipe */

    if (stat(output->path, &info) == 0 && !S_ISREG(info.st_mode)) {
        return S_ISDIR(info.st_mode)
               ? facetree_fail_errno(err, EISDIR, "cannot create %s",
                                     facetree_output_tail(output->path))
               : facetree_fail(err, FACETREE_EIO, FACETREE_NO_OFFSET,
                               "cannot create %s: something that is no "
                               "regular file has that name",
                               facetree_output_tail(output->path));
    }

    for (i = 0; i < FACETREE_OUTPUT_TRIES; i++) {
        if (facetree_output_create(output, i) >= 0) {
            return FACETREE_OK;
        }

        if (errno != EEXIST) {
            break;
        }
    }

    return facetree_fail_errno(err, errno, "cannot create %s",
                               facetree_output_tail(output->path));
}


facetree_status_e
facetree_output_open(facetree_output_t *output, const char *path,
    facetree_error_t *err)
{
    facetree_status_e  status;

    facetree_output_arm();

    status = facetree_output_names(output, path, err);

    if (status == FACETREE_OK) {
        status = facetree_output_parents(output, err);
    }

    if (status == FACETREE_OK) {
        status = facetree_output_start(output, err);
    }

    if (status != FACETREE_OK) {
        facetree_output_close(output);
    }

    return status;
}


facetree_status_e
facetree_output_write(facetree_output_t *output, const void *data,
    size_t len, facetree_error_t *err)
{
    ssize_t         n;
    const uint8_t  *p;

    p = data;

    while (len > 0) {
        n = write(output->fd, p, len);

        if (n < 0 && errno == EINTR) {
            continue;
        }

        if (n < 0) {
            return facetree_fail_errno(err, errno, "cannot write %s",
                                       facetree_output_tail(output->path));
        }

        p += n;
        len -= (size_t) n;
    }

    return FACETREE_OK;
}


/*
 * A rename is on the disk once its directory is.  Not all file systems can
 * do that, and the file itself is complete either way: no failure.
 */

static void
facetree_output_sync_directory(const char *path)
{
    int    fd;
    char  *directory, *slash;

    directory = strdup(path);

    if (directory == NULL) {
        return;
    }

    slash = strrchr(directory, '/');

    if (slash) {
        slash[slash == directory ? 1 : 0] = '\0';
    }

    fd = open(slash ? directory : ".", O_RDONLY | O_CLOEXEC);

    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }

    free(directory);
}


facetree_status_e
facetree_output_commit(facetree_output_t *output, facetree_error_t *err)
{
    if ((fsync(output->fd) != 0 && errno != EINVAL)
        || rename(output->temp, output->path) != 0)
    {
        facetree_fail_errno(err, errno, "cannot write %s",
                            facetree_output_tail(output->path));
        facetree_output_discard(output);

        return FACETREE_EIO;
    }

    facetree_output_sync_directory(output->path);
    facetree_output_close(output);

    return FACETREE_OK;
}


void
facetree_output_discard(facetree_output_t *output)
{
    if (output->slot > 0) {
        unlink(output->temp);
    }

    facetree_output_close(output);
}


facetree_status_e
facetree_output_file(const char *path, const void *data, size_t len,
    facetree_error_t *err)
{
    facetree_status_e  status;
    facetree_output_t  output;

    memset(&output, 0, sizeof(output));

    status = facetree_output_open(&output, path, err);

    if (status != FACETREE_OK) {
        return status;
    }

    status = facetree_output_write(&output, data, len, err);

    if (status != FACETREE_OK) {
        facetree_output_discard(&output);
        return status;
    }

    return facetree_output_commit(&output, err);
}


facetree_status_e
facetree_output_directory(const char *path, facetree_error_t *err)
{
    int          failed;
    char        *copy, *p;
    struct stat  info;

    copy = strdup(path);

    if (copy == NULL) {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    for (p = copy + 1; *p; p++) {
        if (*p == '/') {
            *p = '\0';
            mkdir(copy, 0777);
            *p = '/';
        }
    }

    failed = mkdir(copy, 0777);
    free(copy);

    if (failed == 0) {
        return FACETREE_OK;
    }

    failed = errno;

    if (stat(path, &info) == 0) {
        if (S_ISDIR(info.st_mode)) {
            return FACETREE_OK;
        }

        failed = ENOTDIR;
    }

    return facetree_fail_errno(err, failed, "cannot create directory %s",
                               facetree_output_tail(path));
}


void
facetree_output_hold(void)
{
    facetree_output_arm();
    facetree_output_holding = 1;
}


int
facetree_output_held(void)
{
    return facetree_output_caught != 0;
}


void
facetree_output_release(void)
{
    facetree_output_holding = 0;

    if (facetree_output_caught) {
        raise(facetree_output_caught);
    }
}
