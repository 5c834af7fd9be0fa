
/*
 * Copyright (C) facetree contributors
 *
 * The memory that facetree_budget_probe() states beside what the decoders
 * really hold at once, of every kind of picture.  Servers reserve by what is
 * stated, so it may not be too low; and it may not be far too high.
 */


#include "facetree.h"
#include "heap.h"
#include "image_files.h"
#include "large.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>


#define TEST_SIDE    64
#define TEST_PIXELS  (TEST_SIDE * TEST_SIDE)


/* Decodes once before, so that tables which a library keeps do not count. */

static void
test_memory(const uint8_t *data, size_t len, facetree_decode_mode_e mode,
    const char *name)
{
    int                i;
    size_t             taken;
    uint8_t            pixels[TEST_PIXELS];
    facetree_error_t   err;
    facetree_budget_t  budget;
    facetree_status_e  status;

    facetree_budget_init(&budget, NULL);
    budget.limits.cpu_ms = 0;
    budget.limits.mode = mode;
    budget.limits.max_memory = UINT64_MAX;

    memset(&err, 0, sizeof(err));

    if (facetree_budget_probe(&budget, data, len, NULL, &err) != FACETREE_OK) {
        return;                        /* refused before it takes anything */
    }

    taken = 0;
    status = FACETREE_OK;

    for (i = 0; i < 2; i++) {
        facetree_test_heap_start();
        status = facetree_image_decode(data, len, &budget, TEST_SIDE,
                                       TEST_SIDE, pixels, NULL, &err);
        taken = facetree_test_heap_stop();
    }

    if (getenv("TEST_PRINT")) {
        fprintf(stderr, "%-50s %9zu %9llu %.2f\n", name, taken,
                (unsigned long long) budget.memory,
                (double) budget.memory / taken);
    }

    cr_expect_leq(taken, budget.memory, "%s takes %zu bytes, stated %llu",
                  name, taken, (unsigned long long) budget.memory);

    /* a damaged one may end before it has taken much */

    cr_expect(status != FACETREE_OK
              || budget.memory <= 2 * taken + (1 << 20),
              "%s takes %zu bytes, stated %llu", name, taken,
              (unsigned long long) budget.memory);
}


static void
test_folder(const char *folder)
{
    DIR            *dir;
    char            path[4096];
    test_file_t     file;
    struct dirent  *entry;

    snprintf(path, sizeof(path), "%s/%s", test_images_dir(), folder);
    dir = opendir(path);
    cr_assert_not_null(dir, "%s", path);

    while ((entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] == '.') {
            continue;
        }

        file = test_file_read(test_images_dir(), folder, entry->d_name);

        test_memory(file.data, file.len, FACETREE_DECODE_EXACT,
                    entry->d_name);
        test_memory(file.data, file.len, FACETREE_DECODE_FAST, entry->d_name);

        test_file_free(&file);
    }

    closedir(dir);
}


static void
test_kinds(uint32_t width, uint32_t height, int noise)
{
    char                         name[128];
    facetree_test_large_t        file;
    const facetree_test_kind_t  *kind;

    for (kind = facetree_test_kinds; kind->name; kind++) {
        file = facetree_test_large(kind, width, height, noise);

        snprintf(name, sizeof(name), "%s of %ux%u%s", kind->name, width,
                 height, noise ? " of noise" : "");

        test_memory(file.data, file.len, FACETREE_DECODE_EXACT, name);
        test_memory(file.data, file.len, FACETREE_DECODE_FAST, name);

        free(file.data);
    }
}


Test(image_memory, kinds_large)
{
    test_kinds(803, 601, 0);
    test_kinds(803, 601, 1);
}


Test(image_memory, kinds_wide)
{
    test_kinds(9001, 17, 1);
}


Test(image_memory, kinds_high)
{
    test_kinds(17, 9001, 1);
}


Test(image_memory, kinds_small)
{
    test_kinds(1, 1, 1);
    test_kinds(65, 67, 1);
}


/*
 * A photograph of 108 megapixels goes by in rows.  One that lies on its side
 * has sums over its whole width.
 */

Test(image_memory, photograph_of_108_megapixels)
{
#ifdef FACETREE_NO_JPEG
    cr_skip_test("without libjpeg the whole picture is held");
#else
    size_t                  taken;
    uint8_t                 orientation;
    uint8_t                 pixels[TEST_PIXELS];
    facetree_error_t        err;
    facetree_budget_t       budget;
    facetree_image_info_t   info;
    facetree_test_large_t   plain, file;

    static const uint8_t  exif[] = {
        0xff, 0xe1, 0, 34, 'E', 'x', 'i', 'f', 0, 0, 'M', 'M', 0, 42,
        0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0
    };

    plain = facetree_test_large(facetree_test_kind("jpeg-420"), 12000, 9000,
                                0);

    file.len = plain.len + sizeof(exif);
    file.data = malloc(file.len);
    cr_assert_not_null(file.data);

    memcpy(file.data, plain.data, 2);
    memcpy(file.data + 2, exif, sizeof(exif));
    memcpy(file.data + 2 + sizeof(exif), plain.data + 2, plain.len - 2);

    for (orientation = 1; orientation <= 6; orientation += 5) {
        file.data[2 + 29] = orientation;

        facetree_budget_init(&budget, NULL);
        budget.limits.cpu_ms = 0;

        cr_assert_eq(facetree_budget_probe(&budget, file.data, file.len, &info,
                                           &err), FACETREE_OK, "%s", err.text);
        cr_expect_eq(info.orientation, orientation);

        facetree_test_heap_start();
        cr_assert_eq(facetree_image_decode(file.data, file.len, &budget,
                                           TEST_SIDE, TEST_SIDE, pixels, NULL,
                                           &err), FACETREE_OK, "%s", err.text);
        taken = facetree_test_heap_stop();

        cr_expect_leq(taken, budget.memory);
        cr_expect_lt(budget.memory, (orientation == 1) ? 1 << 20 : 5 << 18,
                     "orientation %u: %zu bytes, stated %llu", orientation,
                     taken, (unsigned long long) budget.memory);
    }

    free(plain.data);
    free(file.data);
#endif
}


Test(image_memory, good_files)
{
    test_folder("good");
}


Test(image_memory, bad_files)
{
    test_folder("bad");
}


Test(image_memory, photographs)
{
    test_folder("photos");
}
