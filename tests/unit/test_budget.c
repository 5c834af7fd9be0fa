
/*
 * Copyright (C) facetree contributors
 *
 * What a request may cost: sums from headers, the clock of the thread, and the
 * flag that stops the work.
 */


#define _GNU_SOURCE             /* kill() under -std=c11 */

#include "facetree.h"
#include "image_files.h"
#include "large.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <criterion/criterion.h>


#define TEST_SIDE    64
#define TEST_PIXELS  (TEST_SIDE * TEST_SIDE)
#define TEST_SPIN    6          /* processes that keep the machine busy */

/* Pixels of these two, by their headers. */
#define TEST_SMALL   "P5 30 20 255\n"
#define TEST_WIDE    "P6 1000 10 255\n"


static facetree_status_e
test_probe(facetree_budget_t *budget, const char *text, facetree_error_t *err)
{
    memset(err, 0, sizeof(*err));

    return facetree_budget_probe(budget, text, strlen(text), NULL, err);
}


Test(budget, starts_empty)
{
    facetree_limits_t  limits;
    facetree_budget_t  budget;

    facetree_limits_init(&limits);
    limits.max_images = 7;
    memset(&budget, 0xff, sizeof(budget));

    facetree_budget_init(&budget, &limits);

    cr_expect_eq(budget.limits.max_images, 7);
    cr_expect_eq(budget.width, 64);
    cr_expect_eq(budget.height, 64);
    cr_expect_eq(budget.pixels, 0);
    cr_expect_eq(budget.work, 0);
    cr_expect_eq(budget.cpu, 0);
    cr_expect_eq(budget.memory, 0);
    cr_expect_null(budget.cancelled);
}


Test(budget, pixels_and_work_add_up)
{
    uint64_t           work, memory;
    facetree_error_t   err;
    facetree_budget_t  budget;

    facetree_budget_init(&budget, NULL);

    cr_assert_eq(test_probe(&budget, TEST_SMALL, &err), FACETREE_OK);
    cr_expect_eq(budget.pixels, 600);
    cr_expect_gt(budget.work, 0);
    cr_expect_gt(budget.memory, 600);

    work = budget.work;
    memory = budget.memory;

    cr_assert_eq(test_probe(&budget, TEST_WIDE, &err), FACETREE_OK);
    cr_expect_eq(budget.pixels, 10600);
    cr_expect_gt(budget.work, 2 * work);
    cr_expect_gt(budget.memory, memory);

    /* Memory is that of the most expensive one: they come one by one. */

    memory = budget.memory;
    cr_assert_eq(test_probe(&budget, TEST_SMALL, &err), FACETREE_OK);
    cr_assert_eq(test_probe(&budget, TEST_WIDE, &err), FACETREE_OK);
    cr_expect_eq(budget.pixels, 21200);
    cr_expect_eq(budget.memory, memory);
    cr_expect_eq(budget.cpu, 0);
}


Test(budget, bad_picture_adds_nothing)
{
    facetree_error_t       err;
    facetree_budget_t      budget, before;
    facetree_image_info_t  info;

    facetree_budget_init(&budget, NULL);
    cr_assert_eq(test_probe(&budget, TEST_SMALL, &err), FACETREE_OK);
    before = budget;

    cr_expect_eq(test_probe(&budget, "GIF89a", &err), FACETREE_EMEDIA);
    cr_expect_eq(test_probe(&budget, "P5 0 1 255\n", &err), FACETREE_EIMAGE);
    cr_expect_eq(test_probe(&budget, "P5 99999999 1 255\n", &err),
                 FACETREE_ESIDE);
    cr_expect_eq(err.observed, 99999999);
    cr_expect_eq(facetree_budget_probe(&budget, "", 0, NULL, NULL),
                 FACETREE_EMEDIA);

    cr_expect_eq(memcmp(&budget, &before, sizeof(budget)), 0);

    /* what could be read is told */

    cr_expect_eq(facetree_budget_probe(&budget, "P5 99999999 1 255\n", 18,
                                       &info, NULL), FACETREE_ESIDE);
    cr_expect_eq(info.format, FACETREE_PNM);
    cr_expect_eq(info.width, 99999999);
}


Test(budget, pixels_over)
{
    facetree_error_t   err;
    facetree_budget_t  budget;

    facetree_budget_init(&budget, NULL);
    budget.limits.max_pixels = 10600;

    cr_assert_eq(test_probe(&budget, TEST_SMALL, &err), FACETREE_OK);
    cr_assert_eq(test_probe(&budget, TEST_WIDE, &err), FACETREE_OK);
    cr_assert_eq(test_probe(&budget, TEST_SMALL, &err), FACETREE_EPIXELS);
    cr_expect_eq(err.limit, 10600);
    cr_expect_eq(err.observed, 11200);
    cr_expect_str_eq(err.text, "30x20 and the pictures before it have 11200 "
                               "pixels, more than 10600");

    facetree_budget_init(&budget, NULL);
    budget.limits.max_pixels = 599;
    cr_assert_eq(test_probe(&budget, TEST_SMALL, &err), FACETREE_EPIXELS);
    cr_expect_str_eq(err.text, "30x20 has 600 pixels, more than 599");
}


Test(budget, bytes_over)
{
    facetree_error_t   err;
    facetree_budget_t  budget;

    facetree_budget_init(&budget, NULL);
    budget.limits.max_bytes = strlen(TEST_SMALL);
    cr_assert_eq(test_probe(&budget, TEST_SMALL, &err), FACETREE_OK);

    budget.limits.max_bytes--;
    cr_assert_eq(test_probe(&budget, TEST_SMALL, &err), FACETREE_EBYTES);
    cr_expect_eq(err.limit, strlen(TEST_SMALL) - 1);
    cr_expect_eq(err.observed, strlen(TEST_SMALL));
}


Test(budget, memory_over)
{
    uint64_t           small;
    facetree_error_t   err;
    facetree_budget_t  budget;

    facetree_budget_init(&budget, NULL);
    cr_assert_eq(test_probe(&budget, TEST_SMALL, &err), FACETREE_OK);
    small = budget.memory;

    facetree_budget_init(&budget, NULL);
    budget.limits.max_memory = small + 1000;

    cr_assert_eq(facetree_budget_hold(&budget, 1000, &err), FACETREE_OK);
    cr_expect_eq(budget.memory, 1000);
    cr_assert_eq(test_probe(&budget, TEST_SMALL, &err), FACETREE_OK);
    cr_expect_eq(budget.memory, small + 1000);
    cr_assert_eq(test_probe(&budget, TEST_WIDE, &err), FACETREE_EMEMORY);
    cr_expect_eq(err.limit, small + 1000);
    cr_expect_gt(err.observed, err.limit);
    cr_expect_eq(budget.memory, small + 1000);

    cr_assert_eq(facetree_budget_hold(&budget, 1, &err), FACETREE_EMEMORY);
    cr_expect_eq(err.observed, small + 1001);
    cr_assert_eq(facetree_budget_hold(&budget, UINT64_MAX, &err),
                 FACETREE_EMEMORY);
    cr_expect_eq(budget.memory, small + 1000);
}


/* Twelve kilobytes and 256 million pixels are known before any work. */

Test(budget, work_over)
{
    int                i;
    facetree_error_t   err;
    facetree_status_e  status;
    facetree_budget_t  budget;

    facetree_budget_init(&budget, NULL);
    budget.limits.max_pixels = UINT64_MAX;
    budget.limits.cpu_ms = 10;

    status = FACETREE_OK;

    for (i = 0; i < 1000 && status == FACETREE_OK; i++) {
        status = test_probe(&budget, "P5 4000 1000 255\n", &err);
    }

    cr_assert_eq(status, FACETREE_ETIMEOUT);
    cr_expect_eq(err.limit, 10);
    cr_expect_geq(err.observed, 10);
    cr_expect_gt(i, 2, "too few: the estimate is to be low");
    cr_expect_lt(i, 100, "too many: the estimate is to be of use");
    cr_expect_leq(budget.work, 10000000);
    cr_expect_not_null(strstr(err.text, "ms of CPU time, more than 10"),
                       "%s", err.text);

    cr_expect_eq(facetree_budget_work(&budget, UINT64_MAX, &err),
                 FACETREE_ETIMEOUT);

    budget.limits.cpu_ms = 0;
    cr_expect_eq(facetree_budget_work(&budget, UINT64_MAX, &err),
                 FACETREE_OK);
    cr_expect_eq(budget.work, UINT64_MAX);
}


Test(budget, over_or_not)
{
    int  i, over;

    for (i = 0; i < FACETREE_STATUS_COUNT; i++) {
        over = (i == FACETREE_EBYTES || i == FACETREE_EPIXELS
                || i == FACETREE_EIMAGES || i == FACETREE_EMEMORY
                || i == FACETREE_ETIMEOUT || i == FACETREE_ECANCELLED);

        cr_expect_eq(facetree_budget_is_over(i), over, "%s",
                     facetree_status_token(i));
    }
}


/* More scans than any encoder writes are told by their markers. */

Test(budget, scans_are_counted)
{
    test_file_t             file;
    facetree_error_t        err;
    facetree_budget_t       budget;
#ifndef FACETREE_NO_JPEG
    facetree_test_large_t   baseline, progressive;
#endif

    file = test_file_read(test_images_dir(), "bad", "jpeg-scan-bomb-2000.jpg");

    facetree_budget_init(&budget, NULL);
    cr_expect_eq(facetree_budget_probe(&budget, file.data, file.len, NULL,
                                       &err), FACETREE_ESCANS);
    cr_expect_eq(err.limit, 64);
    cr_expect_eq(err.observed, 65);
    cr_expect_eq(budget.work, 0);

    cr_expect_eq(facetree_image_decode(file.data, file.len, NULL, 1, 1,
                                       (uint8_t[1]) { 0 }, NULL, &err),
                 FACETREE_ESCANS);
    cr_expect_eq(err.observed, 65);

    test_file_free(&file);

#ifndef FACETREE_NO_JPEG

    /* and each scan is work */

    baseline = facetree_test_large(facetree_test_kind("jpeg-420"), 800, 600,
                                   0);
    progressive = facetree_test_large(facetree_test_kind(
                                      "jpeg-420-progressive"), 800, 600, 0);

    facetree_budget_init(&budget, NULL);
    cr_assert_eq(facetree_budget_probe(&budget, baseline.data, baseline.len,
                                       NULL, &err), FACETREE_OK);
    cr_expect_lt(budget.work, 1000000);
    cr_assert_eq(facetree_budget_probe(&budget, progressive.data,
                                       progressive.len, NULL, &err),
                 FACETREE_OK);
    cr_expect_gt(budget.work, 2 * 480000 * 9 / 10 + 480000 * 9 / 10);

    free(baseline.data);
    free(progressive.data);
#endif
}


/* Today's phones: rows go through a few, whatever the size. */

Test(budget, photographs_of_108_megapixels)
{
#ifdef FACETREE_NO_JPEG
    cr_skip_test("without libjpeg the whole picture is held");
#else
    size_t                  i;
    facetree_error_t        err;
    facetree_budget_t       budget;
    facetree_image_info_t   info;
    facetree_test_large_t   file;

    static const uint32_t  sizes[][2] = {
        { 8000, 6000 }, { 8192, 6144 }, { 12000, 9000 }
    };

    for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        file = facetree_test_large(facetree_test_kind("jpeg-420"),
                                   sizes[i][0], sizes[i][1], 0);

        facetree_budget_init(&budget, NULL);

        cr_assert_eq(facetree_budget_probe(&budget, file.data, file.len, &info,
                                           &err), FACETREE_OK, "%s", err.text);
        cr_expect_eq(info.width, sizes[i][0]);
        cr_expect_lt(budget.memory, 1 << 20, "%llu bytes for %ux%u",
                     (unsigned long long) budget.memory, sizes[i][0],
                     sizes[i][1]);
        cr_expect_lt(budget.work, 500000000);

        free(file.data);
    }
#endif
}


/* The clock runs while pictures are decoded, and stops them. */

Test(budget, cpu_time_is_measured)
{
    uint64_t               once;
    uint8_t                pixels[TEST_PIXELS];
    facetree_error_t       err;
    facetree_budget_t      budget;
    facetree_test_large_t  file;

    file = facetree_test_large(facetree_test_kind("pnm-gray"), 4000, 4000, 0);

    facetree_budget_init(&budget, NULL);
    budget.limits.cpu_ms = 0;

    cr_assert_eq(facetree_image_decode(file.data, file.len, &budget, TEST_SIDE,
                                       TEST_SIDE, pixels, NULL, &err),
                 FACETREE_OK);
    once = budget.cpu;
    cr_expect_gt(once, 0);

    cr_assert_eq(facetree_image_decode(file.data, file.len, &budget, TEST_SIDE,
                                       TEST_SIDE, pixels, NULL, &err),
                 FACETREE_OK);
    cr_expect_gt(budget.cpu, once);

    budget.limits.cpu_ms = 1;
    budget.cpu = 0;

    cr_assert_eq(facetree_image_decode(file.data, file.len, &budget, TEST_SIDE,
                                       TEST_SIDE, pixels, NULL, &err),
                 FACETREE_ETIMEOUT);
    cr_expect_eq(err.limit, 1);
    cr_expect_geq(err.observed, 1);
    cr_expect_geq(budget.cpu, 1000000);

    free(file.data);
}


/*
 * What other processes do costs no picture its answer: the limit is five times
 * what the decoding takes, and the machine is busier than that.
 */

Test(budget, others_do_not_count)
{
    int                    i;
    pid_t                  spin[TEST_SPIN];
    uint8_t                pixels[TEST_PIXELS];
    facetree_error_t       err;
    facetree_budget_t      budget;
    facetree_test_large_t  file;

    file = facetree_test_large(facetree_test_kind("png-rgb8"), 3000, 2000, 0);

    facetree_budget_init(&budget, NULL);
    budget.limits.cpu_ms = 0;

    cr_assert_eq(facetree_image_decode(file.data, file.len, &budget, TEST_SIDE,
                                       TEST_SIDE, pixels, NULL, &err),
                 FACETREE_OK);

    budget.limits.cpu_ms = (uint32_t) (5 * budget.cpu / 1000000 + 1);

    for (i = 0; i < TEST_SPIN; i++) {
        spin[i] = fork();
        cr_assert_neq(spin[i], -1);

        if (spin[i] == 0) {
            for ( ;; ) { /* void */ }
        }
    }

    for (i = 0; i < 5; i++) {
        budget.cpu = 0;

        cr_expect_eq(facetree_image_decode(file.data, file.len, &budget,
                                           TEST_SIDE, TEST_SIDE, pixels, NULL,
                                           &err), FACETREE_OK, "%s", err.text);
    }

    for (i = 0; i < TEST_SPIN; i++) {
        kill(spin[i], SIGKILL);
        waitpid(spin[i], NULL, 0);
    }

    free(file.data);
}


/*
 * Whatever the kind, the work stops well before its end when its time is over:
 * the clock and the cancel flag are looked at in the same places.
 */

Test(budget, every_kind_is_stopped)
{
    uint64_t                     whole;
    uint8_t                      pixels[TEST_PIXELS];
    facetree_error_t             err;
    facetree_budget_t            budget;
    facetree_test_large_t        file;
    const facetree_test_kind_t  *kind;

    for (kind = facetree_test_kinds; kind->name; kind++) {
        file = facetree_test_large(kind, 4000, 3000, 0);

        facetree_budget_init(&budget, NULL);
        budget.limits.max_memory = UINT64_MAX;
        budget.limits.cpu_ms = 0;

        cr_assert_eq(facetree_image_decode(file.data, file.len, &budget,
                                           TEST_SIDE, TEST_SIDE, pixels, NULL,
                                           &err), FACETREE_OK, "%s",
                     kind->name);

        whole = budget.cpu;
        budget.cpu = 0;
        budget.limits.cpu_ms = 1;

        cr_expect_eq(facetree_image_decode(file.data, file.len, &budget,
                                           TEST_SIDE, TEST_SIDE, pixels, NULL,
                                           &err), FACETREE_ETIMEOUT, "%s",
                     kind->name);
        cr_expect_lt(budget.cpu, whole * 3 / 4, "%s: stopped after %llu of "
                     "%llu us", kind->name,
                     (unsigned long long) budget.cpu / 1000,
                     (unsigned long long) whole / 1000);

        free(file.data);
    }
}


Test(budget, cancelled)
{
    atomic_int             cancelled;
    uint8_t                pixels[TEST_PIXELS];
    facetree_error_t       err;
    facetree_budget_t      budget;
    facetree_test_large_t  file;

    file = facetree_test_large(facetree_test_kind("pnm-gray"), 1000, 1000, 0);

    atomic_init(&cancelled, 0);
    facetree_budget_init(&budget, NULL);
    budget.limits.cpu_ms = 0;
    budget.cancelled = &cancelled;

    cr_expect_eq(facetree_image_decode(file.data, file.len, &budget, TEST_SIDE,
                                       TEST_SIDE, pixels, NULL, &err),
                 FACETREE_OK);

    atomic_store(&cancelled, 1);

    cr_expect_eq(facetree_image_decode(file.data, file.len, &budget, TEST_SIDE,
                                       TEST_SIDE, pixels, NULL, &err),
                 FACETREE_ECANCELLED);
    cr_expect_str_eq(facetree_status_token(err.status), "cancelled");

    free(file.data);
}
