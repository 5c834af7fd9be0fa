
/*
 * Copyright (C) facetree contributors
 *
 * Directories for the files of a test.
 */


#ifndef FACETREE_TEST_TEMP_H
#define FACETREE_TEST_TEMP_H


#define TEMP_PATH  1024


typedef struct {
    char  path[256];
} temp_dir_t;


/* An empty directory; a test fails when there is none to be had. */
void temp_dir_make(temp_dir_t *temp);

/* Joins the directory and a name; "out" holds TEMP_PATH bytes. */
void temp_dir_path(const temp_dir_t *temp, const char *name, char *out);

/* How many entries there are, hidden ones too. */
int temp_dir_count(const temp_dir_t *temp);

/* Removes it with all that is in it. */
void temp_dir_remove(const temp_dir_t *temp);


#endif /* FACETREE_TEST_TEMP_H */
