
/*
 * Copyright (C) facetree contributors
 */


#include "file.h"
#include "output.h"
#include "temp.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>


static void
test_output_content(const char *path, const char *expected)
{
    size_t             len;
    uint8_t           *data;
    facetree_error_t   err;

    cr_assert_eq(facetree_file_read(path, &data, &len, &err), FACETREE_OK,
                 "%s", err.text);
    cr_assert_eq(len, strlen(expected));
    cr_assert_eq(memcmp(data, expected, len), 0);
    free(data);
}


Test(output, the_old_file_is_there_until_the_new_one_is_whole)
{
    char                path[TEMP_PATH];
    mode_t              mask;
    temp_dir_t          temp, inner;
    struct stat         info;
    facetree_error_t    err;
    facetree_output_t   output;

    temp_dir_make(&temp);
    temp_dir_path(&temp, "a/b/file", path);
    mask = umask(022);

    cr_assert_eq(facetree_output_file(path, "old", 3, &err), FACETREE_OK,
                 "%s", err.text);
    test_output_content(path, "old");

    memset(&output, 0, sizeof(output));
    cr_assert_eq(facetree_output_open(&output, path, &err), FACETREE_OK);
    cr_assert_eq(facetree_output_write(&output, "new", 3, &err),
                 FACETREE_OK);
    test_output_content(path, "old");

    facetree_output_discard(&output);
    facetree_output_discard(&output);
    test_output_content(path, "old");

    cr_assert_eq(facetree_output_file(path, "newer", 5, &err), FACETREE_OK);
    test_output_content(path, "newer");

    cr_assert_eq(stat(path, &info), 0);
    cr_assert_eq(info.st_mode & 0777, 0644);
    umask(mask);

    *strrchr(path, '/') = '\0';
    snprintf(inner.path, sizeof(inner.path), "%.250s", path);
    cr_assert_eq(temp_dir_count(&inner), 1);
    temp_dir_remove(&temp);
}


Test(output, what_cannot_be_created_is_said_at_once)
{
    char                path[TEMP_PATH];
    temp_dir_t          temp;
    facetree_error_t    err;
    facetree_output_t   output;

    temp_dir_make(&temp);
    memset(&output, 0, sizeof(output));

    cr_assert_eq(facetree_output_open(&output, temp.path, &err),
                 FACETREE_EIO);
    cr_assert(strstr(err.text, "Is a directory"), "%s", err.text);

    temp_dir_path(&temp, "file", path);
    cr_assert_eq(facetree_output_file(path, "", 0, &err), FACETREE_OK);
    temp_dir_path(&temp, "file/below", path);
    cr_assert_eq(facetree_output_open(&output, path, &err), FACETREE_EIO);
    cr_assert(strstr(err.text, "Not a directory"), "%s", err.text);

    temp_dir_remove(&temp);
}


/* In a child, which must die of the signal and leave nothing behind. */

static void
test_output_killed(int number)
{
    int                 status;
    char                path[TEMP_PATH];
    pid_t               child;
    temp_dir_t          temp;
    facetree_output_t   one, two;

    temp_dir_make(&temp);
    temp_dir_path(&temp, "file", path);

    child = fork();
    cr_assert_neq(child, -1);

    if (child == 0) {
        memset(&one, 0, sizeof(one));
        memset(&two, 0, sizeof(two));
        signal(number, SIG_DFL);

        if (facetree_output_open(&one, path, NULL) == FACETREE_OK
            && facetree_output_open(&two, path, NULL) == FACETREE_OK
            && temp_dir_count(&temp) == 2)
        {
            raise(number);
        }

        _exit(99);
    }

    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFSIGNALED(status));
    cr_assert_eq(WTERMSIG(status), number);
    cr_assert_eq(temp_dir_count(&temp), 0);

    temp_dir_remove(&temp);
}


Test(output, signals_take_the_temporary_files_along)
{
    test_output_killed(SIGTERM);
    test_output_killed(SIGINT);
}


Test(output, a_held_signal_waits)
{
    int    status;
    pid_t  child;

    child = fork();
    cr_assert_neq(child, -1);

    if (child == 0) {
        signal(SIGTERM, SIG_DFL);
        facetree_output_hold();

        if (facetree_output_held()) {
            _exit(98);
        }

        raise(SIGTERM);

        if (!facetree_output_held()) {
            _exit(97);
        }

        facetree_output_release();
        _exit(96);
    }

    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFSIGNALED(status), "exit code %d", WEXITSTATUS(status));
    cr_assert_eq(WTERMSIG(status), SIGTERM);
}


Test(file, only_regular_files_are_read)
{
    size_t             len;
    uint8_t           *data;
    facetree_error_t   err;

    cr_assert_eq(facetree_file_read("/", &data, &len, &err), FACETREE_EIO);
    cr_assert_str_eq(err.text, "is a directory");

    cr_assert_eq(facetree_file_read("/dev/zero", &data, &len, &err),
                 FACETREE_EIO);
    cr_assert_str_eq(err.text, "is not a regular file");

    cr_assert_eq(facetree_file_read("/nonexistent", &data, &len, &err),
                 FACETREE_EIO);
    cr_assert_str_eq(err.text, "cannot open: No such file or directory");
}


/* Longer than the file's size says: the kernel calls these empty. */

Test(file, a_size_is_only_a_hint)
{
    size_t             len;
    uint8_t           *data;
    facetree_error_t   err;

    cr_assert_eq(facetree_file_read("/proc/self/status", &data, &len, &err),
                 FACETREE_OK, "%s", err.text);
    cr_assert_gt(len, 100);
    free(data);
}
