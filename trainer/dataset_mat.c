
/*
 * Copyright (C) facetree contributors
 *
 * Data sets in the form in which the Olivetti faces are published: a MAT file
 * of version 5 with one matrix "faces" of gray levels, a column a picture,
 * each picture stored column by column, ten pictures a person in a row.  The
 * published file keeps bytes, but calls them doubles.
 */


#include "dataset_int.h"
#include "facetree_int.h"

#include <errno.h>
#include <matio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


#define FACETREE_MAT_VARIABLE  "faces"
#define FACETREE_MAT_PICTURES  10
#define FACETREE_MAT_HEADER    128
#define FACETREE_MAT_MAX_SIDE  4096


typedef struct {
    uint32_t  width;
    uint32_t  height;
    uint32_t  count;
} facetree_mat_shape_t;


/* "swapped": the file is of the other byte order than this machine. */

static uint64_t
facetree_mat_uint32(const unsigned char *p, int swapped)
{
    if (swapped) {
        return (uint64_t) p[0] << 24 | (uint64_t) p[1] << 16
               | (uint64_t) p[2] << 8 | p[3];
    }

    return (uint64_t) p[3] << 24 | (uint64_t) p[2] << 16
           | (uint64_t) p[1] << 8 | p[0];
}


/*
 * Walks over the elements that the file consists of, each 8 bytes of type and
 * length and then that many bytes: libmatio takes a file that ends in the
 * middle of one for whole.
 */

static facetree_status_e
facetree_mat_check_length(FILE *file, int swapped, facetree_error_t *err)
{
    off_t          size, at;
    uint64_t       len;
    unsigned char  tag[8];

    size = (fseeko(file, 0, SEEK_END) == 0) ? ftello(file) : -1;
    if (size < 0) {
        return facetree_fail_errno(err, errno, "cannot read");
    }

    at = FACETREE_MAT_HEADER;

    while (at < size) {
        if (size - at < (off_t) sizeof(tag)
            || fseeko(file, at, SEEK_SET) != 0
            || fread(tag, 1, sizeof(tag), file) != sizeof(tag))
        {
            goto truncated;
        }

        len = facetree_mat_uint32(tag + 4, swapped);
        at += (off_t) sizeof(tag);

        if (len > (uint64_t) (size - at)) {
            goto truncated;
        }

        at += (off_t) len;
    }

    return FACETREE_OK;

truncated:

    return facetree_fail(err, FACETREE_EFORMAT, (uint64_t) size,
                         "the file is cut off after %llu bytes",
                         (unsigned long long) size);
}


/*
 * libmatio reads other formats too and is not quiet about what it cannot
 * read; it gets only what has the header of a version 5 file.
 */

static facetree_status_e
facetree_mat_check_file(const char *path, facetree_error_t *err)
{
    int                 swapped;
    FILE               *file;
    unsigned char       head[FACETREE_MAT_HEADER];
    facetree_status_e   status;

    file = fopen(path, "rb");

    if (file == NULL) {
        return facetree_fail_errno(err, errno, "cannot open");
    }

    errno = 0;

    if (fread(head, 1, sizeof(head), file) < sizeof(head)) {
        status = ferror(file)
                 ? facetree_fail_errno(err, errno, "cannot read")
                 : facetree_fail(err, FACETREE_EFORMAT, FACETREE_NO_OFFSET,
                                 "is not a MAT file of version 5");
        goto done;
    }

    swapped = memcmp(head + 124, "\1\0MI", 4) == 0;

    if (!swapped && memcmp(head + 124, "\0\1IM", 4) != 0) {
        status = facetree_fail(err, FACETREE_EFORMAT, 124,
                               "is not a MAT file of version 5");
        goto done;
    }

    status = facetree_mat_check_length(file, swapped, err);

done:

    fclose(file);

    return status;
}


/*
 * The file does not say how wide its pictures are: they have the size that
 * was asked for if that fits, else they must be square.
 */

static facetree_status_e
facetree_mat_picture_size(facetree_mat_shape_t *shape, size_t rows,
    const facetree_dataset_source_t *source, facetree_error_t *err)
{
    uint32_t  side;

    if (rows == (size_t) source->width * source->height) {
        shape->width = source->width;
        shape->height = source->height;
        return FACETREE_OK;
    }

    for (side = 1; side <= FACETREE_MAT_MAX_SIDE; side++) {
        if ((size_t) side * side == rows) {
            shape->width = side;
            shape->height = side;
            return FACETREE_OK;
        }
    }

    return facetree_fail(err, FACETREE_EFORMAT, FACETREE_NO_OFFSET,
                         "variable \"" FACETREE_MAT_VARIABLE "\" has %llu "
                         "rows: neither %lu x %lu pixels nor a square picture",
                         (unsigned long long) rows,
                         (unsigned long) source->width,
                         (unsigned long) source->height);
}


static facetree_status_e
facetree_mat_check(facetree_mat_shape_t *shape, const matvar_t *var,
    const facetree_dataset_source_t *source, facetree_error_t *err)
{
    size_t  columns;

    if ((var->class_type != MAT_C_UINT8 && var->class_type != MAT_C_DOUBLE)
        || var->isComplex || var->isLogical)
    {
        return facetree_fail(err, FACETREE_EFORMAT, FACETREE_NO_OFFSET,
                             "variable \"" FACETREE_MAT_VARIABLE
                             "\" must be of class uint8 or double");
    }

    if (var->rank != 2) {
        return facetree_fail(err, FACETREE_EFORMAT, FACETREE_NO_OFFSET,
                             "variable \"" FACETREE_MAT_VARIABLE
                             "\" has %d dimensions, must have 2", var->rank);
    }

    columns = var->dims[1];

    if (columns == 0 || columns % FACETREE_MAT_PICTURES != 0
        || columns > INT32_MAX)
    {
        return facetree_fail(err, FACETREE_EFORMAT, FACETREE_NO_OFFSET,
                             "variable \"" FACETREE_MAT_VARIABLE "\" has %llu "
                             "columns, must have %d pictures of each person",
                             (unsigned long long) columns,
                             FACETREE_MAT_PICTURES);
    }

    shape->count = (uint32_t) columns;

    return facetree_mat_picture_size(shape, var->dims[0], source, err);
}


static facetree_status_e
facetree_mat_copy(facetree_dataset_t *dataset,
    const facetree_mat_shape_t *shape, const uint8_t *columns,
    const facetree_dataset_source_t *source, facetree_error_t *err)
{
    size_t             stored, wanted;
    uint8_t           *picture;
    uint32_t           i, x, y;
    facetree_status_e  status;

    stored = (size_t) shape->width * shape->height;
    wanted = (size_t) dataset->width * dataset->height;
    picture = malloc(stored);

    if (picture == NULL) {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    status = FACETREE_OK;

    for (i = 0; status == FACETREE_OK && i < shape->count; i++) {
        for (y = 0; y < shape->height; y++) {
            for (x = 0; x < shape->width; x++) {
                picture[(size_t) y * shape->width + x] =
                    columns[i * stored + (size_t) x * shape->height + y];
            }
        }

        dataset->labels[i] = i / FACETREE_MAT_PICTURES;

        status = facetree_dataset_resize(picture, shape->width,
                                         shape->height,
                                         dataset->pixels + i * wanted,
                                         dataset->width, dataset->height,
                                         err);

        facetree_dataset_progress(source, i + 1, shape->count);
    }

    free(picture);

    return status;
}


/* The gray levels as bytes, column by column; freed by the caller. */

static facetree_status_e
facetree_mat_bytes(const matvar_t *var, size_t count, uint8_t **out,
    facetree_error_t *err)
{
    size_t         i;
    uint8_t       *bytes;
    const double  *reals;

    bytes = malloc(count);

    if (bytes == NULL) {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    *out = bytes;

    if (var->class_type == MAT_C_UINT8) {
        memcpy(bytes, var->data, count);
        return FACETREE_OK;
    }

    reals = var->data;

    for (i = 0; i < count; i++) {
        if (!(reals[i] >= 0.0 && reals[i] <= 255.0)
            || reals[i] != (uint8_t) reals[i])
        {
            free(bytes);
            return facetree_fail(err, FACETREE_EFORMAT, FACETREE_NO_OFFSET,
                                 "variable \"" FACETREE_MAT_VARIABLE
                                 "\" holds %g, must hold whole numbers from "
                                 "0 to 255", reals[i]);
        }

        bytes[i] = (uint8_t) reals[i];
    }

    return FACETREE_OK;
}


static facetree_status_e
facetree_mat_load(const facetree_mat_shape_t *shape, mat_t *mat,
    matvar_t *var, uint8_t **out, facetree_error_t *err)
{
    size_t  count, size;

    count = (size_t) shape->width * shape->height * shape->count;
    size = var->class_type == MAT_C_UINT8 ? 1 : sizeof(double);

    if (Mat_VarReadDataAll(mat, var) != 0 || var->data == NULL
        || var->nbytes / size != count)
    {
        return facetree_fail(err, FACETREE_EFORMAT, FACETREE_NO_OFFSET,
                             "variable \"" FACETREE_MAT_VARIABLE
                             "\" is incomplete");
    }

    return facetree_mat_bytes(var, count, out, err);
}


static facetree_status_e
facetree_mat_read(facetree_dataset_t *dataset, mat_t *mat, matvar_t *var,
    const facetree_dataset_source_t *source, facetree_error_t *err)
{
    uint8_t               *bytes;
    uint32_t               i;
    facetree_status_e      status;
    facetree_mat_shape_t   shape;

    bytes = NULL;
    memset(&shape, 0, sizeof(shape));

    status = facetree_mat_check(&shape, var, source, err);

    if (status == FACETREE_OK) {
        status = facetree_dataset_alloc(dataset, shape.count,
                                        shape.count / FACETREE_MAT_PICTURES,
                                        source, err);
    }

    for (i = 0; status == FACETREE_OK && i < dataset->classes; i++) {
        status = facetree_dataset_name(dataset, i, 's', err);
    }

    if (status == FACETREE_OK) {
        status = facetree_mat_load(&shape, mat, var, &bytes, err);
    }

    if (status == FACETREE_OK) {
        status = facetree_mat_copy(dataset, &shape, bytes, source, err);
        free(bytes);
    }

    return status;
}


facetree_status_e
facetree_dataset_read_mat(facetree_dataset_t *dataset,
    const facetree_dataset_source_t *source, facetree_error_t *err)
{
    mat_t              *mat;
    matvar_t           *var;
    facetree_status_e   status;

    status = facetree_mat_check_file(source->path, err);

    if (status != FACETREE_OK) {
        return status;
    }

    mat = Mat_Open(source->path, MAT_ACC_RDONLY);

    if (mat == NULL) {
        return facetree_fail(err, FACETREE_EFORMAT, FACETREE_NO_OFFSET,
                             "is not a MAT file of version 5");
    }

    var = Mat_VarReadInfo(mat, FACETREE_MAT_VARIABLE);

    if (var) {
        status = facetree_mat_read(dataset, mat, var, source, err);
        Mat_VarFree(var);

    } else {
        status = facetree_fail(err, FACETREE_EFORMAT, FACETREE_NO_OFFSET,
                               "has no variable \"" FACETREE_MAT_VARIABLE
                               "\"");
    }

    Mat_Close(mat);

    return status;
}
