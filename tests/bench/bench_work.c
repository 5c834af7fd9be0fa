
/*
 * Copyright (C) facetree contributors
 *
 * What decoding takes beside what facetree_budget_probe() estimates, of every
 * kind of picture: "make bench-work".  Files named on the command line are
 * measured, too.  An estimate should be about a third of what is measured, and
 * never more than half.
 */


#include "facetree.h"
#include "large.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>


#define SIDE    64
#define WIDTH   2000
#define HEIGHT  1000
#define ROUNDS  5


static double
cpu_time(void)
{
    struct timespec  now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);

    return (double) now.tv_sec * 1e6 + (double) now.tv_nsec / 1e3;
}


/* The least of several, each long enough to be told, in microseconds. */

static void
measure(const char *name, const uint8_t *data, size_t len,
    facetree_decode_mode_e mode)
{
    int                    i, n, round;
    double                 probe, decode, start, spent;
    uint8_t                pixels[SIDE * SIDE];
    facetree_error_t       err;
    facetree_budget_t      budget;
    facetree_image_info_t  info;

    probe = 1e30;
    decode = 1e30;

    for (round = 0; round < ROUNDS; round++) {
        n = 0;
        start = cpu_time();

        do {
            facetree_budget_init(&budget, NULL);
            budget.limits.cpu_ms = 0;
            budget.limits.mode = mode;
            budget.limits.max_memory = UINT64_MAX;
            budget.limits.max_pixels = UINT64_MAX;

            if (facetree_budget_probe(&budget, data, len, &info, &err)
                != FACETREE_OK)
            {
                printf("%-40s %s\n", name, err.text);
                return;
            }

            n++;
            spent = cpu_time() - start;
        } while (spent < 2000);

        probe = (spent / n < probe) ? spent / n : probe;

        n = 0;
        start = cpu_time();

        do {
            if (facetree_image_decode(data, len, &budget, SIDE, SIDE, pixels,
                                      NULL, &err) != FACETREE_OK)
            {
                printf("%-40s %s\n", name, err.text);
                return;
            }

            n++;
            spent = cpu_time() - start;
        } while (spent < 2000);

        decode = (spent / n < decode) ? spent / n : decode;
    }

    i = (int) (100 * (double) budget.work / 1e3 / decode);

    printf("%-40s %6ux%-6u %9zu %10.1f %10.1f %4d %% %8.1f\n", name,
           info.width, info.height, len, decode, (double) budget.work / 1e3,
           i, probe);
    fflush(stdout);
}


static void
measure_kind(const facetree_test_kind_t *kind, uint32_t width,
    uint32_t height, int noise)
{
    char                   name[128];
    facetree_test_large_t  file;

    file = facetree_test_large(kind, width, height, noise);

    snprintf(name, sizeof(name), "%s%s", kind->name, noise ? " noise" : "");
    measure(name, file.data, file.len, FACETREE_DECODE_EXACT);

    if (kind->format == FACETREE_JPEG) {
        snprintf(name, sizeof(name), "%s%s fast", kind->name,
                 noise ? " noise" : "");
        measure(name, file.data, file.len, FACETREE_DECODE_FAST);
    }

    free(file.data);
}


static void
measure_file(const char *path)
{
    long      end;
    FILE     *stream;
    uint8_t  *data;

    stream = fopen(path, "rb");

    if (stream == NULL || fseek(stream, 0, SEEK_END) != 0
        || (end = ftell(stream)) < 1)
    {
        perror(path);
        exit(1);
    }

    data = malloc((size_t) end);
    rewind(stream);

    if (data == NULL || fread(data, 1, (size_t) end, stream) != (size_t) end) {
        perror(path);
        exit(1);
    }

    fclose(stream);

    path = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    measure(path, data, (size_t) end, FACETREE_DECODE_EXACT);
    measure(path, data, (size_t) end, FACETREE_DECODE_FAST);

    free(data);
}


int
main(int argc, char **argv)
{
    int                          i;
    const facetree_test_kind_t  *kind;

    printf("%-40s %13s %9s %10s %10s %6s %8s\n", "us", "size", "bytes",
           "decode", "estimate", "", "probe");

    if (argc == 1) {
        for (kind = facetree_test_kinds; kind->name; kind++) {
            measure_kind(kind, WIDTH, HEIGHT, 0);
            measure_kind(kind, WIDTH, HEIGHT, 1);
        }

        for (kind = facetree_test_kinds; kind->name; kind++) {
            measure_kind(kind, SIDE, SIDE, 1);
        }
    }

    for (i = 1; i < argc; i++) {
        measure_file(argv[i]);
    }

    return 0;
}
