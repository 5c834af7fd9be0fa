
/*
 * Copyright (C) facetree contributors
 */


#include "image_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>


#define TEST_PATH_LEN     1024
#define TEST_GOLDEN_HEAD  "P5\n64 64\n255\n"


const char *
test_images_dir(void)
{
    const char   *shared;
    static char   dir[TEST_PATH_LEN];

    shared = getenv("FACETREE_SHARED");

    snprintf(dir, sizeof(dir), "%s/images", shared ? shared : "../shared");

    if (access(dir, R_OK) != 0) {
        cr_skip_test("no reference pictures in %s (set FACETREE_SHARED)", dir);
    }

    return dir;
}


test_file_t
test_file_read(const char *dir, const char *folder, const char *name)
{
    long         len;
    char         path[2 * TEST_PATH_LEN];
    FILE        *stream;
    test_file_t  file;

    snprintf(path, sizeof(path), "%s/%s/%s", dir, folder, name);

    stream = fopen(path, "rb");
    cr_assert_not_null(stream, "cannot open %s", path);

    cr_assert_eq(fseek(stream, 0, SEEK_END), 0);
    len = ftell(stream);
    cr_assert_geq(len, 0);
    rewind(stream);

    file.len = (size_t) len;
    file.data = malloc(file.len ? file.len : 1);
    cr_assert_not_null(file.data);
    cr_assert_eq(fread(file.data, 1, file.len, stream), file.len);

    fclose(stream);

    return file;
}


void
test_file_free(test_file_t *file)
{
    free(file->data);
    file->data = NULL;
    file->len = 0;
}


uint8_t *
test_exact_copy(const void *data, size_t len)
{
    uint8_t  *copy;

    copy = malloc(len ? len : 1);
    cr_assert_not_null(copy);

    if (len) {
        memcpy(copy, data, len);
    }

    return copy;
}


facetree_format_e
test_format_of(const char *name)
{
    size_t       i;
    const char  *dot;

    static const struct {
        const char         *end;
        facetree_format_e   format;
    } ends[] = {
        { ".jpg", FACETREE_JPEG }, { ".png", FACETREE_PNG },
        { ".webp", FACETREE_WEBP }, { ".bmp", FACETREE_BMP },
        { ".pgm", FACETREE_PNM }, { ".ppm", FACETREE_PNM },
        { ".pbm", FACETREE_PNM }
    };

    dot = strrchr(name, '.');

    for (i = 0; dot && i < sizeof(ends) / sizeof(ends[0]); i++) {
        if (strcmp(dot, ends[i].end) == 0) {
            return ends[i].format;
        }
    }

    return FACETREE_UNKNOWN_FORMAT;
}


int
test_format_present(const char *name)
{
    facetree_format_e  format;

    format = test_format_of(name);

    return format == FACETREE_UNKNOWN_FORMAT
           || (facetree_format_supported() & FACETREE_FORMAT_BIT(format)) != 0;
}


int
test_tolerance(const char *name)
{
#ifdef FACETREE_NO_JPEG
    return (test_format_of(name) == FACETREE_JPEG) ? 2 : 0;
#else
    (void) name;

    return 0;
#endif
}


int
test_difference(const uint8_t *a, const uint8_t *b)
{
    int     difference, most;
    size_t  i;

    most = 0;

    for (i = 0; i < 64 * 64; i++) {
        difference = abs(a[i] - b[i]);
        most = (difference > most) ? difference : most;
    }

    return most;
}


void
test_golden_read(const char *dir, const char *folder, const char *name,
    uint8_t *pixels)
{
    char         golden[TEST_PATH_LEN];
    char        *dot;
    size_t       head;
    test_file_t  file;

    snprintf(golden, sizeof(golden) - 4, "%s", name);

    dot = strrchr(golden, '.');
    cr_assert_not_null(dot);
    strcpy(dot, ".pgm");

    file = test_file_read(dir, folder, golden);
    head = strlen(TEST_GOLDEN_HEAD);

    cr_assert_eq(file.len, head + 64 * 64, "%s", golden);
    cr_assert_eq(memcmp(file.data, TEST_GOLDEN_HEAD, head), 0, "%s", golden);

    memcpy(pixels, file.data + head, 64 * 64);

    test_file_free(&file);
}
