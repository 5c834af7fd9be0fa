
/*
 * Copyright (C) facetree contributors
 *
 * For bench_image.py: reads lines "MODE COUNT PATH", where MODE is exact or
 * fast, decodes the file COUNT times to 64 x 64, and writes a line each: the
 * CPU time of this process for one decode, in microseconds, and by how many
 * KiB the decodes raised the most memory that was ever resident.
 */


#include "facetree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>


#define LINE_LEN  4096
#define SIDE      64


static double
cpu_time(void)
{
    struct timespec  now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);

    return (double) now.tv_sec * 1e6 + (double) now.tv_nsec / 1e3;
}


/* In KiB. */

static long
peak_memory(void)
{
    long   peak;
    char   line[LINE_LEN];
    FILE  *stream;

    peak = 0;
    stream = fopen("/proc/self/status", "r");

    while (stream && fgets(line, sizeof(line), stream)) {
        if (sscanf(line, "VmHWM: %ld", &peak) == 1) {
            break;
        }
    }

    if (stream) {
        fclose(stream);
    }

    return peak;
}


static uint8_t *
read_file(const char *path, size_t *len)
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

    *len = (size_t) end;
    data = malloc(*len);
    rewind(stream);

    if (data == NULL || fread(data, 1, *len, stream) != *len) {
        perror(path);
        exit(1);
    }

    fclose(stream);

    return data;
}


static void
run(const char *path, unsigned count, facetree_decode_mode_e mode)
{
    long                     memory;
    double                   start;
    size_t                   len;
    uint8_t                 *data, pixels[SIDE * SIDE];
    unsigned                 i;
    facetree_error_t         err;
    facetree_budget_t        budget;

    facetree_budget_init(&budget, NULL);
    budget.limits.cpu_ms = 0;
    budget.limits.mode = mode;

    data = read_file(path, &len);
    memory = peak_memory();
    start = cpu_time();

    for (i = 0; i < count; i++) {
        if (facetree_image_decode(data, len, &budget, SIDE, SIDE, pixels, NULL,
                                  &err) != FACETREE_OK)
        {
            fprintf(stderr, "%s: %s\n", path, err.text);
            exit(1);
        }
    }

    printf("%.3f %ld\n", (cpu_time() - start) / count,
           peak_memory() - memory);
    fflush(stdout);

    free(data);
}


int
main(void)
{
    int       start;
    char      line[LINE_LEN], mode[8];
    unsigned  count;

    while (fgets(line, sizeof(line), stdin)) {
        line[strcspn(line, "\n")] = '\0';

        if (sscanf(line, "%7s %u %n", mode, &count, &start) != 2
            || count == 0)
        {
            return 2;
        }

        run(line + start, count,
            strcmp(mode, "fast") == 0 ? FACETREE_DECODE_FAST
                                      : FACETREE_DECODE_EXACT);
    }

    return 0;
}
