
/*
 * Copyright (C) facetree contributors
 *
 * For compare_pillow.py and test_mutants.py: reads lines "MODE WIDTH HEIGHT
 * PATH", where MODE is exact or fast, and writes a line each, "ok" and the
 * gray pixels in hex, or the status token and the error.  Instead of PATH
 * "=LENGTH" may be said; so many bytes follow the line then.
 */


#include "facetree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>


#define LINE_LEN  4096
#define MAX_SIDE  256


static uint8_t *
read_file(const char *path, size_t *len)
{
    long      end;
    FILE     *stream;
    uint8_t  *data;

    stream = fopen(path, "rb");
    if (stream == NULL) {
        return NULL;
    }

    data = NULL;

    if (fseek(stream, 0, SEEK_END) == 0 && (end = ftell(stream)) >= 0) {
        *len = (size_t) end;
        data = malloc(*len ? *len : 1);
        rewind(stream);

        if (data && fread(data, 1, *len, stream) != *len) {
            free(data);
            data = NULL;
        }
    }

    fclose(stream);

    return data;
}


/* The bytes that follow a line on standard input. */

static uint8_t *
read_bytes(const char *length, size_t *len)
{
    uint8_t  *data;

    *len = strtoul(length, NULL, 10);
    data = malloc(*len ? *len : 1);

    if (data && fread(data, 1, *len, stdin) != *len) {
        free(data);
        return NULL;
    }

    return data;
}


static void
decode(const uint8_t *data, size_t len, const char *mode, unsigned width,
    unsigned height)
{
    unsigned                 i;
    facetree_error_t         err;
    facetree_budget_t        budget;
    facetree_status_e        status;
    static uint8_t           pixels[MAX_SIDE * MAX_SIDE];

    facetree_budget_init(&budget, NULL);
    budget.limits.cpu_ms = 0;
    budget.limits.mode = strcmp(mode, "fast") == 0 ? FACETREE_DECODE_FAST
                                                   : FACETREE_DECODE_EXACT;

    budget.width = width;
    budget.height = height;

    /* As for every upload: the header first, and then the picture. */

    status = facetree_budget_probe(&budget, data, len, NULL, &err);

    if (status == FACETREE_OK) {
        status = facetree_image_decode(data, len, &budget, width, height,
                                       pixels, NULL, &err);
    }

    if (status != FACETREE_OK) {
        printf("%s %s\n", facetree_status_token(status), err.text);
        return;
    }

    printf("ok ");

    for (i = 0; i < width * height; i++) {
        printf("%02x", pixels[i]);
    }

    printf("\n");
}


int
main(void)
{
    int        start;
    char       line[LINE_LEN], mode[8];
    size_t     len;
    uint8_t   *data;
    unsigned   width, height;

    while (fgets(line, sizeof(line), stdin)) {
        line[strcspn(line, "\n")] = '\0';

        if (sscanf(line, "%7s %u %u %n", mode, &width, &height, &start) != 3
            || width - 1 >= MAX_SIDE || height - 1 >= MAX_SIDE)
        {
            return 2;
        }

        data = (line[start] == '=') ? read_bytes(line + start + 1, &len)
                                    : read_file(line + start, &len);

        if (data == NULL) {
            fprintf(stderr, "cannot read %s\n", line + start);
            return 1;
        }

        decode(data, len, mode, width, height);
        fflush(stdout);
        free(data);
    }

    return 0;
}
