
/*
 * Copyright (C) facetree contributors
 */


#include "dataset.h"
#include "synth_set.h"
#include "temp.h"

#include <criterion/criterion.h>
#include <matio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>


/* Of the Olivetti faces, as scikit-learn's golden cases record it. */
#define TEST_OLIVETTI_DIGEST                                                  \
    "a3f75007cc103363b61a63e06bec8ea4846407682ef6e7c9ae1eb9c1bd0e8a00"


typedef struct {
    uint32_t  warnings;
    char      last[256];           /* file: reason */
} test_dataset_log_t;


static void
test_dataset_warn(void *ctx, const char *file, const char *reason)
{
    test_dataset_log_t  *log;

    log = ctx;
    log->warnings++;
    snprintf(log->last, sizeof(log->last), "%.100s: %.100s", file, reason);
}


static facetree_status_e
test_dataset_load(facetree_dataset_t *dataset, const char *path,
    uint32_t width, uint32_t height, int strict, test_dataset_log_t *log,
    facetree_error_t *err)
{
    facetree_dataset_source_t  source;

    memset(&source, 0, sizeof(source));

    source.path = path;
    source.width = width;
    source.height = height;
    source.strict = strict;
    source.warn = log ? test_dataset_warn : NULL;
    source.ctx = log;

    if (log) {
        memset(log, 0, sizeof(*log));
    }

    return facetree_dataset_load(dataset, &source, err);
}


static void
test_dataset_refused(const char *path, facetree_status_e status,
    const char *text)
{
    facetree_error_t    err;
    facetree_dataset_t  dataset;

    cr_assert_eq(test_dataset_load(&dataset, path, 4, 3, 0, NULL, &err),
                 status, "%s: %s", path, err.text);
    cr_assert(strstr(err.text, text), "\"%s\" lacks \"%s\"", err.text, text);

    /* The error may be of no interest. */
    cr_assert_eq(test_dataset_load(&dataset, path, 4, 3, 0, NULL, NULL),
                 status);
}


/* A picture of one gray level. */

static void
test_dataset_pgm(const char *path, int width, int height, int gray)
{
    int    i;
    FILE  *file;

    file = fopen(path, "wb");
    cr_assert_not_null(file);

    fprintf(file, "P5\n%d %d\n255\n", width, height);

    for (i = 0; i < width * height; i++) {
        putc(gray, file);
    }

    fclose(file);
}


static void
test_dataset_text(const char *path, const char *text)
{
    FILE  *file;

    file = fopen(path, "wb");
    cr_assert_not_null(file);
    fputs(text, file);
    fclose(file);
}


static void
test_dataset_mat(const char *path, const char *name,
    enum matio_classes class, enum matio_types type, int rank, size_t *dims,
    void *data, int flags)
{
    mat_t     *mat;
    matvar_t  *var;

    mat = Mat_CreateVer(path, NULL, MAT_FT_MAT5);
    cr_assert_not_null(mat);

    var = Mat_VarCreate(name, class, type, rank, dims, data, flags);
    cr_assert_not_null(var);
    cr_assert_eq(Mat_VarWrite(mat, var, MAT_COMPRESSION_NONE), 0);

    Mat_VarFree(var);
    Mat_Close(mat);
}


Test(dataset, olivetti)
{
    const char          *path;
    facetree_error_t     err;
    facetree_dataset_t   dataset;

    path = getenv("FACETREE_OLIVETTI");
    path = path ? path : "../shared/data/olivettifaces.mat";

    if (access(path, R_OK) != 0) {
        cr_skip_test("the Olivetti faces are absent: %s", path);
    }

    cr_assert_eq(test_dataset_load(&dataset, path, 64, 64, 0, NULL, &err),
                 FACETREE_OK, "%s", err.text);

    cr_assert_eq(dataset.count, 400);
    cr_assert_eq(dataset.classes, 40);
    cr_assert_eq(dataset.width, 64);
    cr_assert_eq(dataset.height, 64);
    cr_assert_eq(dataset.labels[0], 0);
    cr_assert_eq(dataset.labels[9], 0);
    cr_assert_eq(dataset.labels[10], 1);
    cr_assert_eq(dataset.labels[399], 39);
    cr_assert_str_eq(dataset.names[0], "s00");
    cr_assert_str_eq(dataset.names[39], "s39");
    cr_assert_str_eq(dataset.digest, TEST_OLIVETTI_DIGEST);
    cr_assert_str_eq(dataset.kind, "mat");
    cr_assert_null(dataset.files);
    cr_assert_not(dataset.synthetic);

    facetree_dataset_clear(&dataset);
    cr_assert_null(dataset.pixels);
    facetree_dataset_clear(&dataset);
}


Test(dataset, mat_pictures_are_stored_column_by_column)
{
    char                 path[TEMP_PATH];
    size_t               i, dims[2] = { 12, 20 };
    double               reals[240];
    uint8_t              bytes[240];
    temp_dir_t           temp;
    facetree_error_t     err;
    facetree_dataset_t   one, two;

    temp_dir_make(&temp);

    for (i = 0; i < 240; i++) {
        bytes[i] = (uint8_t) i;
        reals[i] = (double) i;
    }

    temp_dir_path(&temp, "bytes.mat", path);
    test_dataset_mat(path, "faces", MAT_C_UINT8, MAT_T_UINT8, 2, dims, bytes,
                     0);
    cr_assert_eq(test_dataset_load(&one, path, 4, 3, 0, NULL, &err),
                 FACETREE_OK, "%s", err.text);

    cr_assert_eq(one.count, 20);
    cr_assert_eq(one.classes, 2);
    cr_assert_str_eq(one.name, "bytes.mat");

    /* Picture 1, column 2, row 1: byte 12 + 2 * 3 + 1. */
    cr_assert_eq(one.pixels[12 + 1 * 4 + 2], 19);

    temp_dir_path(&temp, "reals.mat", path);
    test_dataset_mat(path, "faces", MAT_C_DOUBLE, MAT_T_DOUBLE, 2, dims,
                     reals, 0);
    cr_assert_eq(test_dataset_load(&two, path, 4, 3, 0, NULL, &err),
                 FACETREE_OK, "%s", err.text);
    cr_assert_str_eq(one.digest, two.digest);

    facetree_dataset_clear(&one);
    facetree_dataset_clear(&two);
    temp_dir_remove(&temp);
}


Test(dataset, square_mat_pictures_are_brought_to_size)
{
    char                 path[TEMP_PATH];
    size_t               i, dims[2] = { 64, 10 };
    uint8_t              bytes[640];
    temp_dir_t           temp;
    facetree_error_t     err;
    facetree_dataset_t   dataset;

    temp_dir_make(&temp);
    temp_dir_path(&temp, "faces.mat", path);

    for (i = 0; i < 640; i++) {
        bytes[i] = (uint8_t) (i / 64 * 20);
    }

    test_dataset_mat(path, "faces", MAT_C_UINT8, MAT_T_UINT8, 2, dims, bytes,
                     0);
    cr_assert_eq(test_dataset_load(&dataset, path, 5, 2, 0, NULL, &err),
                 FACETREE_OK, "%s", err.text);

    cr_assert_eq(dataset.width, 5);
    cr_assert_eq(dataset.height, 2);

    for (i = 0; i < 100; i++) {
        cr_assert_eq(dataset.pixels[i], i / 10 * 20);
    }

    facetree_dataset_clear(&dataset);
    temp_dir_remove(&temp);
}


Test(dataset, mat_files_of_other_shapes_are_refused)
{
    char        path[TEMP_PATH];
    size_t      cube[3] = { 12, 10, 1 }, eleven[2] = { 12, 11 };
    size_t      flat[2] = { 12, 10 }, odd[2] = { 13, 10 };
    size_t      cell[3] = { 12, 10, 2 };
    double      reals[120];
    uint8_t     bytes[240];
    int16_t     shorts[120];
    temp_dir_t  temp;

    memset(bytes, 7, sizeof(bytes));
    memset(shorts, 0, sizeof(shorts));
    memset(reals, 0, sizeof(reals));
    (void) cube;

    temp_dir_make(&temp);
    temp_dir_path(&temp, "x.mat", path);

    test_dataset_mat(path, "other", MAT_C_UINT8, MAT_T_UINT8, 2, flat, bytes,
                     0);
    test_dataset_refused(path, FACETREE_EFORMAT, "no variable \"faces\"");

    test_dataset_mat(path, "faces", MAT_C_INT16, MAT_T_INT16, 2, flat, shorts,
                     0);
    test_dataset_refused(path, FACETREE_EFORMAT, "class uint8 or double");

    test_dataset_mat(path, "faces", MAT_C_UINT8, MAT_T_UINT8, 2, flat, bytes,
                     MAT_F_LOGICAL);
    test_dataset_refused(path, FACETREE_EFORMAT, "class uint8 or double");

    test_dataset_mat(path, "faces", MAT_C_UINT8, MAT_T_UINT8, 3, cell, bytes,
                     0);
    test_dataset_refused(path, FACETREE_EFORMAT, "3 dimensions, must have 2");

    test_dataset_mat(path, "faces", MAT_C_UINT8, MAT_T_UINT8, 2, eleven,
                     bytes, 0);
    test_dataset_refused(path, FACETREE_EFORMAT, "11 columns");

    test_dataset_mat(path, "faces", MAT_C_UINT8, MAT_T_UINT8, 2, odd, bytes,
                     0);
    test_dataset_refused(path, FACETREE_EFORMAT, "13 rows");

    reals[119] = 255.5;
    test_dataset_mat(path, "faces", MAT_C_DOUBLE, MAT_T_DOUBLE, 2, flat,
                     reals, 0);
    test_dataset_refused(path, FACETREE_EFORMAT, "255.5");

    reals[119] = -1.0;
    test_dataset_mat(path, "faces", MAT_C_DOUBLE, MAT_T_DOUBLE, 2, flat,
                     reals, 0);
    test_dataset_refused(path, FACETREE_EFORMAT, "-1");

    reals[119] = 0.0 / reals[0];
    test_dataset_mat(path, "faces", MAT_C_DOUBLE, MAT_T_DOUBLE, 2, flat,
                     reals, 0);
    test_dataset_refused(path, FACETREE_EFORMAT, "nan");

    temp_dir_remove(&temp);
}


/* Wherever a MAT file is cut off, it is refused in one line. */

Test(dataset, truncated_mat_files_are_refused)
{
    char                 path[TEMP_PATH];
    off_t                cut;
    size_t               dims[2] = { 12, 10 };
    uint8_t              bytes[120];
    temp_dir_t           temp;
    struct stat          info;
    facetree_error_t     err;
    facetree_dataset_t   dataset;
    facetree_status_e    status;

    memset(bytes, 7, sizeof(bytes));
    temp_dir_make(&temp);
    temp_dir_path(&temp, "x.mat", path);

    test_dataset_mat(path, "faces", MAT_C_UINT8, MAT_T_UINT8, 2, dims, bytes,
                     0);
    cr_assert_eq(stat(path, &info), 0);

    for (cut = info.st_size - 1; cut >= 0; cut--) {
        cr_assert_eq(truncate(path, cut), 0);
        status = test_dataset_load(&dataset, path, 4, 3, 0, NULL, &err);
        cr_assert_eq(status, FACETREE_EFORMAT, "%ld bytes: status %d",
                     (long) cut, status);
    }

    temp_dir_remove(&temp);
}


Test(dataset, what_is_no_data_set_is_refused)
{
    char        path[TEMP_PATH];
    temp_dir_t  temp;

    temp_dir_make(&temp);

    test_dataset_refused(temp.path, FACETREE_EFORMAT, "holds no picture");

    temp_dir_path(&temp, "absent", path);
    test_dataset_refused(path, FACETREE_EIO, "No such file");

    temp_dir_path(&temp, "text", path);
    test_dataset_text(path, "hello");
    test_dataset_refused(path, FACETREE_EFORMAT, "not a MAT file");

    temp_dir_path(&temp, "fifo", path);
    cr_assert_eq(mkfifo(path, 0600), 0);
    test_dataset_refused(path, FACETREE_EIO, "neither a MAT file");

    test_dataset_refused("synthetic:", FACETREE_EFORMAT, "seed");
    test_dataset_refused("synthetic:-1", FACETREE_EFORMAT, "seed");
    test_dataset_refused("synthetic:4294967296", FACETREE_EFORMAT, "seed");
    test_dataset_refused("synthetics", FACETREE_EIO, "No such file");

    temp_dir_remove(&temp);
}


/* Labels and files in bytewise order, whatever the directory's own is. */

Test(dataset, directory_order)
{
    size_t               i;
    char                 path[TEMP_PATH];
    temp_dir_t           temp;
    facetree_error_t     err;
    facetree_dataset_t   dataset;
    test_dataset_log_t   log;

    const char *const  files[] = {
        "b/10.pgm", "b/9.pgm", "B/x.pgm", "Zo\xc3\xab/1.pgm", "a b/1.pgm"
    };

    const char *const  order[] = {
        "B/x.pgm", "Zo\xc3\xab/1.pgm", "a b/1.pgm", "b/10.pgm", "b/9.pgm"
    };

    const uint8_t   grays[] = { 30, 40, 50, 10, 20 };
    const uint32_t  labels[] = { 0, 1, 2, 3, 3 };

    temp_dir_make(&temp);

    for (i = 0; i < 5; i++) {
        temp_dir_path(&temp, files[i], path);
        *strrchr(path, '/') = '\0';
        mkdir(path, 0777);

        temp_dir_path(&temp, files[i], path);
        test_dataset_pgm(path, 8, 8, 10 * (int) (i + 1));
    }

    /* None of these is part of the set, nor worth a warning. */
    temp_dir_path(&temp, "README", path);
    test_dataset_text(path, "hello");
    temp_dir_path(&temp, ".git", path);
    mkdir(path, 0777);
    temp_dir_path(&temp, ".git/1.pgm", path);
    test_dataset_pgm(path, 8, 8, 0);
    temp_dir_path(&temp, "b/.DS_Store", path);
    test_dataset_text(path, "hello");

    cr_assert_eq(test_dataset_load(&dataset, temp.path, 4, 3, 1, &log, &err),
                 FACETREE_OK, "%s", err.text);

    cr_assert_eq(log.warnings, 0);
    cr_assert_eq(dataset.count, 5);
    cr_assert_eq(dataset.classes, 4);
    cr_assert_str_eq(dataset.names[0], "B");
    cr_assert_str_eq(dataset.names[3], "b");
    cr_assert_str_eq(dataset.kind, "directory");
    cr_assert_not(dataset.synthetic);

    for (i = 0; i < 5; i++) {
        cr_assert_str_eq(dataset.files[i], order[i]);
        cr_assert_eq(dataset.labels[i], labels[i]);
        cr_assert_eq(dataset.pixels[i * 12], grays[i]);
        cr_assert_eq(dataset.pixels[i * 12 + 11], grays[i]);
    }

    facetree_dataset_clear(&dataset);
    temp_dir_remove(&temp);
}


Test(dataset, unreadable_pictures_are_skipped_and_listed)
{
    char                 path[TEMP_PATH];
    temp_dir_t           temp;
    facetree_error_t     err;
    facetree_dataset_t   dataset;
    test_dataset_log_t   log;

    temp_dir_make(&temp);

    temp_dir_path(&temp, "a", path);
    mkdir(path, 0777);
    temp_dir_path(&temp, "a/1.jpg", path);
    test_dataset_text(path, "no picture");
    temp_dir_path(&temp, "a/2.pgm", path);
    test_dataset_text(path, "");
    temp_dir_path(&temp, "a/3.pgm", path);
    cr_assert_eq(mkfifo(path, 0600), 0);
    temp_dir_path(&temp, "a/4.pgm", path);
    mkdir(path, 0777);

    /* A label of bad pictures alone leaves no class behind. */
    temp_dir_path(&temp, "b", path);
    mkdir(path, 0777);
    temp_dir_path(&temp, "b/1.pgm", path);
    test_dataset_pgm(path, 4, 3, 77);

    cr_assert_eq(test_dataset_load(&dataset, temp.path, 4, 3, 0, &log, &err),
                 FACETREE_OK, "%s", err.text);

    cr_assert_eq(log.warnings, 4);
    cr_assert_str_eq(log.last, "a/4.pgm: is a directory");
    cr_assert_eq(dataset.skipped, 4);
    cr_assert_eq(dataset.count, 1);
    cr_assert_eq(dataset.classes, 1);
    cr_assert_str_eq(dataset.names[0], "b");
    cr_assert_eq(dataset.labels[0], 0);
    cr_assert_str_eq(dataset.files[0], "b/1.pgm");
    cr_assert_eq(dataset.pixels[0], 77);
    facetree_dataset_clear(&dataset);

    cr_assert_eq(test_dataset_load(&dataset, temp.path, 4, 3, 1, &log, &err),
                 FACETREE_EIMAGE);
    cr_assert(strncmp(err.text, "a/1.jpg: ", 9) == 0, "%s", err.text);
    cr_assert_eq(log.warnings, 0);

    temp_dir_remove(&temp);
}


Test(dataset, links_are_followed_unless_they_loop)
{
    char                 path[TEMP_PATH], real[TEMP_PATH];
    temp_dir_t           temp, elsewhere;
    facetree_error_t     err;
    facetree_dataset_t   dataset;
    test_dataset_log_t   log;

    temp_dir_make(&temp);
    temp_dir_make(&elsewhere);

    temp_dir_path(&elsewhere, "1.pgm", real);
    test_dataset_pgm(real, 4, 3, 5);

    temp_dir_path(&temp, "linked", path);
    cr_assert_eq(symlink(elsewhere.path, path), 0);
    temp_dir_path(&temp, "self", path);
    cr_assert_eq(symlink(".", path), 0);
    temp_dir_path(&temp, "up", path);
    cr_assert_eq(symlink("..", path), 0);
    temp_dir_path(&temp, "root", path);
    cr_assert_eq(symlink("/", path), 0);
    temp_dir_path(&temp, "cycle", path);
    cr_assert_eq(symlink("cycle", path), 0);

    cr_assert_eq(test_dataset_load(&dataset, temp.path, 4, 3, 0, &log, &err),
                 FACETREE_OK, "%s", err.text);
    cr_assert_eq(dataset.count, 1);
    cr_assert_eq(dataset.classes, 1);
    cr_assert_str_eq(dataset.names[0], "linked");
    cr_assert_eq(log.warnings, 4);

    facetree_dataset_clear(&dataset);
    temp_dir_remove(&temp);
    temp_dir_remove(&elsewhere);
}


Test(dataset, labels_must_be_utf8)
{
    char        path[TEMP_PATH];
    temp_dir_t  temp;

    temp_dir_make(&temp);
    temp_dir_path(&temp, "caf\xe9", path);
    mkdir(path, 0777);

    test_dataset_refused(temp.path, FACETREE_EFORMAT, "label caf?: the "
                         "directory's name must be UTF-8");
    rmdir(path);

    temp_dir_path(&temp, "a\nb", path);
    mkdir(path, 0777);
    test_dataset_refused(temp.path, FACETREE_EFORMAT, "must be UTF-8");

    temp_dir_remove(&temp);
}


/* The embedded set, and the same set written to files. */

Test(dataset, synthetic_set_in_memory_and_on_disk)
{
    char                   path[TEMP_PATH];
    temp_dir_t             temp;
    facetree_error_t       err;
    facetree_dataset_t     memory, disk;
    facetree_synth_set_t   set;

    temp_dir_make(&temp);
    temp_dir_path(&temp, "new/faces", path);

    memset(&set, 0, sizeof(set));
    set.people = 40;
    set.pictures = 10;
    set.seed = 7;

    cr_assert_eq(facetree_synth_write(path, &set, &err), FACETREE_OK, "%s",
                 err.text);

    cr_assert_eq(test_dataset_load(&memory, "synthetic:7", 64, 64, 0, NULL,
                                   &err), FACETREE_OK, "%s", err.text);
    cr_assert_eq(test_dataset_load(&disk, path, 64, 64, 1, NULL, &err),
                 FACETREE_OK, "%s", err.text);

    cr_assert_str_eq(memory.digest, disk.digest);
    cr_assert_eq(memory.count, 400);
    cr_assert_eq(disk.count, 400);
    cr_assert_str_eq(memory.names[39], "p39");
    cr_assert_str_eq(disk.names[39], "p39");
    cr_assert(memory.synthetic);
    cr_assert(disk.synthetic);
    cr_assert_str_eq(memory.kind, "synthetic");
    cr_assert_str_eq(memory.name, "synthetic:7");
    facetree_dataset_clear(&disk);

    cr_assert_eq(test_dataset_load(&disk, "synthetic", 64, 64, 0, NULL,
                                   &err), FACETREE_OK);
    cr_assert_str_neq(memory.digest, disk.digest);

    facetree_dataset_clear(&memory);
    facetree_dataset_clear(&disk);
    temp_dir_remove(&temp);
}


Test(dataset, synthetic_set_leaves_other_files_alone)
{
    char                   path[TEMP_PATH];
    temp_dir_t             temp;
    struct stat            info;
    facetree_error_t       err;
    facetree_dataset_t     dataset;
    facetree_synth_set_t   set;

    temp_dir_make(&temp);
    temp_dir_path(&temp, "mine", path);
    test_dataset_text(path, "hello");

    memset(&set, 0, sizeof(set));
    set.people = 101;
    set.pictures = 2;

    cr_assert_eq(facetree_synth_write(temp.path, &set, &err),
                 FACETREE_EINVAL);
    cr_assert(strstr(err.text, "not empty"), "%s", err.text);
    cr_assert_eq(temp_dir_count(&temp), 1);

    set.force = 1;
    cr_assert_eq(facetree_synth_write(temp.path, &set, &err), FACETREE_OK,
                 "%s", err.text);

    /* Again, over itself. */
    cr_assert_eq(facetree_synth_write(temp.path, &set, &err), FACETREE_OK,
                 "%s", err.text);
    cr_assert_eq(temp_dir_count(&temp), 103);
    cr_assert_eq(stat(path, &info), 0);

    cr_assert_eq(test_dataset_load(&dataset, temp.path, 64, 64, 1, NULL,
                                   &err), FACETREE_OK, "%s", err.text);
    cr_assert_eq(dataset.count, 202);
    cr_assert_str_eq(dataset.names[100], "p100");
    cr_assert_str_eq(dataset.names[7], "p007");
    cr_assert_str_eq(dataset.files[1], "p000/01.pgm");
    facetree_dataset_clear(&dataset);

    temp_dir_remove(&temp);
}
