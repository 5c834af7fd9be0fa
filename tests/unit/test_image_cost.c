
/*
 * Copyright (C) facetree contributors
 *
 * What a picture may cost: memory and processor time of one decode, each in a
 * process of its own.  A sanitizer's build costs more, and is not measured.
 */


#define _GNU_SOURCE             /* getrusage() under -std=c11 */

#include "facetree.h"
#include "image_files.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <criterion/criterion.h>


#define TEST_SIDE       64
#define TEST_PIXELS     (TEST_SIDE * TEST_SIDE)

#define TEST_MAX_MS     1000           /* of any file */
#define TEST_MAX_KIB    (64 * 1024)
#define TEST_ROWS_KIB   1024           /* of a photograph read by rows */


typedef struct {
    facetree_status_e      status;
    facetree_image_info_t  info;
    long                   kib;        /* resident, at most, over before */
    long                   ms;         /* of processor time */
} test_cost_t;


#if defined(__SANITIZE_ADDRESS__)

static void
test_need_plain_build(void)
{
    cr_skip_test("memory and time are a sanitizer's");
}

#else

static void
test_need_plain_build(void)
{
}

#endif


/* A line of /proc/self/status, in KiB. */

static long
test_memory(const char *name)
{
    long   value;
    char   line[256];
    FILE  *stream;

    value = -1;
    stream = fopen("/proc/self/status", "r");

    while (stream && fgets(line, sizeof(line), stream)) {
        if (strncmp(line, name, strlen(name)) == 0) {
            value = strtol(line + strlen(name) + 1, NULL, 10);
        }
    }

    if (stream) {
        fclose(stream);
    }

    return value;
}


/* From now on the peak counts anew. */

static void
test_memory_reset(void)
{
    FILE  *stream;

    stream = fopen("/proc/self/clear_refs", "w");

    if (stream) {
        fputs("5", stream);
        fclose(stream);
    }
}


/*
 * "first", which may be NULL, is decoded before, to have the code of its
 * format in memory.
 */

static void
test_measure(const test_file_t *file, const test_file_t *first,
    test_cost_t *cost)
{
    long                     before;
    uint8_t                  pixels[TEST_PIXELS];
    struct rusage            usage;
    facetree_budget_t        budget;

    facetree_budget_init(&budget, NULL);
    budget.limits.cpu_ms = 0;          /* it must be cheap without that, too */

    if (first) {
        (void) facetree_image_decode(first->data, first->len, &budget,
                                     TEST_SIDE, TEST_SIDE, pixels, NULL, NULL);
    }

    test_memory_reset();
    before = test_memory("VmRSS");

    cost->status = facetree_image_decode(file->data, file->len, &budget,
                                         TEST_SIDE, TEST_SIDE, pixels,
                                         &cost->info, NULL);

    cost->kib = test_memory("VmHWM") - before;

    getrusage(RUSAGE_SELF, &usage);
    cost->ms = (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000
               + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000;
}


static test_cost_t
test_cost(const test_file_t *file, const test_file_t *first)
{
    int          code, ends[2];
    pid_t        pid;
    test_cost_t  cost;

    memset(&cost, 0, sizeof(cost));
    cr_assert_eq(pipe(ends), 0);

    pid = fork();
    cr_assert_neq(pid, -1);

    if (pid == 0) {
        test_measure(file, first, &cost);
        _exit(write(ends[1], &cost, sizeof(cost)) != sizeof(cost));
    }

    cr_assert_eq(waitpid(pid, &code, 0), pid);
    cr_assert_eq(code, 0);
    cr_assert_eq(read(ends[0], &cost, sizeof(cost)), sizeof(cost));

    close(ends[0]);
    close(ends[1]);

    return cost;
}


static void
test_folder(const char *folder)
{
    DIR            *dir;
    char            path[4096];
    test_cost_t     cost;
    test_file_t     file;
    struct dirent  *entry;

    snprintf(path, sizeof(path), "%s/%s", test_images_dir(), folder);
    dir = opendir(path);
    cr_assert_not_null(dir);

    while ((entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] == '.') {
            continue;
        }

        file = test_file_read(test_images_dir(), folder, entry->d_name);
        cost = test_cost(&file, NULL);

        cr_expect_leq(cost.ms, TEST_MAX_MS, "%s: %ld ms", entry->d_name,
                      cost.ms);
        cr_expect_leq(cost.kib, TEST_MAX_KIB, "%s: %ld KiB", entry->d_name,
                      cost.kib);
        test_file_free(&file);
    }

    closedir(dir);
}


Test(image_cost, good_files)
{
    test_need_plain_build();
    test_folder("good");
}


Test(image_cost, bad_files)
{
    test_need_plain_build();
    test_folder("bad");
}


Test(image_cost, photographs)
{
    test_need_plain_build();
    test_folder("photos");
}


#ifndef FACETREE_NO_JPEG

/*
 * 12 million pixels, held any way the camera can be: rows go into the sums of
 * the result as they come, and what the decoder itself takes counts, too.
 */

Test(image_cost, photograph_in_every_orientation)
{
    uint8_t      orientation;
    test_cost_t  cost;
    test_file_t  photo, small, file;

    static const uint8_t  exif[] = {
        0xff, 0xe1, 0, 34, 'E', 'x', 'i', 'f', 0, 0, 'M', 'M', 0, 42,
        0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0
    };

    test_need_plain_build();

    photo = test_file_read(test_images_dir(), "photos",
                           "phone-12mp-4000x3000-420-q88.jpg");

    small = test_file_read(test_images_dir(), "good", "jpeg-exif-6.jpg");

    file.len = photo.len + sizeof(exif);
    file.data = malloc(file.len);
    cr_assert_not_null(file.data);

    memcpy(file.data, photo.data, 2);
    memcpy(file.data + 2, exif, sizeof(exif));
    memcpy(file.data + 2 + sizeof(exif), photo.data + 2, photo.len - 2);

    for (orientation = 1; orientation <= 8; orientation++) {
        file.data[2 + 29] = orientation;
        cost = test_cost(&file, &small);

        cr_expect_eq(cost.status, FACETREE_OK);
        cr_expect_eq(cost.info.width, 4000);
        cr_expect_eq(cost.info.height, 3000);
        cr_expect_eq(cost.info.orientation, orientation);
        cr_expect_leq(cost.kib, TEST_ROWS_KIB, "orientation %d: %ld KiB",
                      orientation, cost.kib);
    }

    free(file.data);
    test_file_free(&photo);
    test_file_free(&small);
}

#endif
