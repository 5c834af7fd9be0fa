
/*
 * Copyright (C) facetree contributors
 */


#define _XOPEN_SOURCE  700     /* nftw(), mkdtemp() */

#include "temp.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


#define TEMP_FILES  16


void
temp_dir_make(temp_dir_t *temp)
{
    const char  *base;

    base = getenv("TMPDIR");

    snprintf(temp->path, sizeof(temp->path), "%.200s/facetree-test-XXXXXX",
             base ? base : "/tmp");
    cr_assert_not_null(mkdtemp(temp->path));
}


void
temp_dir_path(const temp_dir_t *temp, const char *name, char *out)
{
    snprintf(out, TEMP_PATH, "%s/%s", temp->path, name);
}


int
temp_dir_count(const temp_dir_t *temp)
{
    int   count;
    DIR  *dir;

    dir = opendir(temp->path);
    cr_assert_not_null(dir);

    for (count = -2; readdir(dir); count++) {
        /* void */
    }

    closedir(dir);

    return count;
}


static int
temp_dir_remove_one(const char *path, const struct stat *info, int flag,
    struct FTW *where)
{
    (void) info;
    (void) flag;
    (void) where;

    return remove(path);
}


void
temp_dir_remove(const temp_dir_t *temp)
{
    cr_assert_eq(nftw(temp->path, temp_dir_remove_one, TEMP_FILES,
                      FTW_DEPTH | FTW_PHYS), 0);
}
