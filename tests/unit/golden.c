
/*
 * Copyright (C) facetree contributors
 */


#include "golden.h"

#include <criterion/criterion.h>
#include <matio.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>


#define GOLDEN_PATH       512
#define GOLDEN_TAR_BLOCK  512

/* Pictures of one person in the Olivetti set. */
#define GOLDEN_OLIVETTI_EACH  10


typedef struct {
    char      name[101];
    uint8_t  *data;
    size_t    len;
} golden_file_t;


static void
golden_path(char *path, const char *below)
{
    const char  *shared;

    shared = getenv("FACETREE_SHARED");

    snprintf(path, GOLDEN_PATH, "%s/%s", shared ? shared : "../shared",
             below);
}


static void
golden_require(const char *path)
{
    if (access(path, R_OK) != 0) {
        cr_skip_test("%s is absent", path);
    }
}


json_t *
golden_json(const char *name)
{
    char           path[GOLDEN_PATH], below[GOLDEN_PATH / 2];
    json_t        *json;
    json_error_t   error;

    snprintf(below, sizeof(below), "golden/trees/%s.json", name);
    golden_path(path, below);
    golden_require(path);

    json = json_load_file(path, 0, &error);
    cr_assert(json != NULL, "%s: %s", path, error.text);

    return json;
}


/*
 * faces is 4096 x 400, each column a picture stored column by column.  Its
 * class is double, though the file stores bytes.
 */

static void
golden_load_olivetti(golden_case_t *golden)
{
    char             path[GOLDEN_PATH];
    mat_t           *mat;
    uint32_t         i, x, y, side;
    matvar_t        *faces;
    const char      *given;
    const double    *column;

    given = getenv("FACETREE_OLIVETTI");

    if (given) {
        snprintf(path, sizeof(path), "%s", given);

    } else {
        golden_path(path, "data/olivettifaces.mat");
    }

    golden_require(path);

    mat = Mat_Open(path, MAT_ACC_RDONLY);
    cr_assert(mat != NULL, "%s cannot be opened", path);

    faces = Mat_VarRead(mat, "faces");
    cr_assert(faces != NULL && faces->class_type == MAT_C_DOUBLE
              && faces->rank == 2 && faces->dims[0] == golden->features
              && faces->dims[1] == golden->count, "%s is another file", path);

    side = 64;

    for (i = 0; i < golden->count; i++) {
        column = (const double *) faces->data + (size_t) i * side * side;
        golden->labels[i] = i / GOLDEN_OLIVETTI_EACH;

        for (y = 0; y < side; y++) {
            for (x = 0; x < side; x++) {
                golden->pixels[(size_t) i * side * side + side * y + x] =
                    (uint8_t) column[side * x + y];
            }
        }
    }

    Mat_VarFree(faces);
    Mat_Close(mat);
}


static int
golden_file_compare(const void *a, const void *b)
{
    return strcmp(((const golden_file_t *) a)->name,
                  ((const golden_file_t *) b)->name);
}


/* Reads the plain files of a tar archive, "limit" at most. */

static uint32_t
golden_read_tar(const char *path, golden_file_t *files, uint32_t limit)
{
    char      header[GOLDEN_TAR_BLOCK];
    gzFile    gz;
    size_t    padded;
    uint32_t  count;

    gz = gzopen(path, "rb");
    cr_assert(gz != NULL, "%s cannot be opened", path);

    count = 0;

    while (gzread(gz, header, sizeof(header)) == sizeof(header)
           && header[0] != '\0')
    {
        cr_assert(count < limit, "%s has more than %u files", path, limit);

        memcpy(files[count].name, header, 100);
        files[count].name[100] = '\0';
        files[count].len = strtoul(header + 124, NULL, 8);

        cr_assert(files[count].len < 65536);

        if (header[156] != '0' && header[156] != '\0') {
            continue;
        }

        padded = (files[count].len + GOLDEN_TAR_BLOCK - 1)
                 / GOLDEN_TAR_BLOCK * GOLDEN_TAR_BLOCK;

        files[count].data = malloc(padded);
        cr_assert(files[count].data != NULL);
        cr_assert(gzread(gz, files[count].data, (unsigned) padded)
                  == (int) padded);
        count++;
    }

    gzclose(gz);

    return count;
}


/* NAME/<label>/<index>.pgm, one digit a label, sorted bytewise. */

static void
golden_load_ties(golden_case_t *golden)
{
    char            path[GOLDEN_PATH];
    uint32_t        i;
    golden_file_t  *files;

    golden_path(path, "golden/trees/ties-a.tar.gz");
    golden_require(path);

    files = calloc(golden->count + 1, sizeof(*files));
    cr_assert(files != NULL);

    cr_assert_eq(golden_read_tar(path, files, golden->count + 1),
                 golden->count);

    qsort(files, golden->count, sizeof(*files), golden_file_compare);

    for (i = 0; i < golden->count; i++) {
        cr_assert(files[i].len > golden->features);

        memcpy(golden->pixels + (size_t) i * golden->features,
               files[i].data + files[i].len - golden->features,
               golden->features);

        golden->labels[i] = (uint32_t) (files[i].name[strlen("ties-a/")]
                                        - '0');
        free(files[i].data);
    }

    free(files);
}


static void
golden_check_digest(const golden_case_t *golden, const json_t *dataset)
{
    char           hex[2 * EVP_MAX_MD_SIZE + 1];
    unsigned       i, len;
    unsigned char  digest[EVP_MAX_MD_SIZE];

    cr_assert(EVP_Digest(golden->pixels,
                         (size_t) golden->count * golden->features, digest,
                         &len, EVP_sha256(), NULL));

    for (i = 0; i < len; i++) {
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    }

    cr_assert_str_eq(hex, json_string_value(json_object_get(dataset,
                                                "sha256_of_uint8_rows")));
}


static uint32_t *
golden_indices(const json_t *array, uint32_t *count)
{
    uint32_t   i;
    uint32_t  *items;

    *count = (uint32_t) json_array_size(array);

    items = calloc(*count + 1, sizeof(*items));
    cr_assert(items != NULL);

    for (i = 0; i < *count; i++) {
        items[i] = (uint32_t) json_integer_value(json_array_get(array, i));
    }

    return items;
}


static uint32_t
golden_uint(const json_t *object, const char *name)
{
    return (uint32_t) json_integer_value(json_object_get(object, name));
}


void
golden_load(golden_case_t *golden, const char *name)
{
    uint32_t     i;
    json_t      *dataset, *split;
    const char  *set;

    memset(golden, 0, sizeof(*golden));

    golden->json = golden_json(name);

    dataset = json_object_get(golden->json, "dataset");
    golden->count = golden_uint(dataset, "n_samples");
    golden->features = golden_uint(dataset, "n_features");

    golden->pixels = malloc((size_t) golden->count * golden->features);
    golden->labels = calloc(golden->count, sizeof(*golden->labels));
    cr_assert(golden->pixels != NULL && golden->labels != NULL);

    set = json_string_value(json_object_get(dataset, "name"));

    if (strcmp(set, "olivetti") == 0) {
        golden_load_olivetti(golden);

    } else {
        cr_assert_str_eq(set, "ties-a");
        golden_load_ties(golden);
    }

    golden_check_digest(golden, dataset);

    for (i = 0; i < golden->count; i++) {
        if (golden->labels[i] >= golden->classes) {
            golden->classes = golden->labels[i] + 1;
        }
    }

    split = json_object_get(golden->json, "split");

    if (split) {
        golden->train = golden_indices(json_object_get(split, "train"),
                                       &golden->train_count);
        golden->test = golden_indices(json_object_get(split, "test"),
                                      &golden->test_count);
    }

    golden->examples.pixels = golden->pixels;
    golden->examples.labels = golden->labels;
    golden->examples.rows = golden->train;
    golden->examples.count = golden->train_count;
    golden->examples.features = golden->features;
    golden->examples.classes = golden->classes;
}


void
golden_free(golden_case_t *golden)
{
    json_decref(golden->json);
    free(golden->pixels);
    free(golden->labels);
    free(golden->train);
    free(golden->test);
}
