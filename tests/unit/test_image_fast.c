
/*
 * Copyright (C) facetree contributors
 *
 * The fast mode against the exact one, over the reference pictures.  That its
 * pixels are those of Pillow's own shrinking decoder, resized with the same
 * fractional box, is shown by tests/integration/compare_pillow.py.
 */


#include "facetree.h"
#include "image_files.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>


#define TEST_SIDE    64
#define TEST_PIXELS  (TEST_SIDE * TEST_SIDE)


typedef struct {
    size_t    files;
    size_t    changed;      /* pictures with a pixel that differs */
    unsigned  most;         /* levels that one pixel differs by */
    double    worst;        /* mean difference of one picture */
} test_spread_t;


static void
test_spread_add(test_spread_t *spread, const uint8_t *exact,
    const uint8_t *fast)
{
    size_t    i;
    double    mean;
    unsigned  difference, most, sum;

    most = 0;
    sum = 0;

    for (i = 0; i < TEST_PIXELS; i++) {
        difference = (unsigned) abs(exact[i] - fast[i]);
        most = (difference > most) ? difference : most;
        sum += difference;
    }

    mean = (double) sum / TEST_PIXELS;

    spread->files++;
    spread->changed += most > 0;
    spread->most = (most > spread->most) ? most : spread->most;
    spread->worst = (mean > spread->worst) ? mean : spread->worst;
}


static void
test_spread_folder(test_spread_t *jpeg, test_spread_t *others,
    const char *folder)
{
    DIR                     *dir;
    char                     path[2048];
    uint8_t                  exact[TEST_PIXELS], fast[TEST_PIXELS];
    const char              *images;
    test_file_t              file;
    struct dirent           *entry;
    facetree_status_e        status;
    facetree_image_info_t    info;
    facetree_budget_t        budget;

    images = test_images_dir();

    facetree_budget_init(&budget, NULL);
    budget.limits.cpu_ms = 0;

    snprintf(path, sizeof(path), "%s/%s", images, folder);
    dir = opendir(path);
    cr_assert_not_null(dir, "%s", path);

    while ((entry = readdir(dir)) != NULL) {

        if (entry->d_name[0] == '.') {
            continue;
        }

        file = test_file_read(images, folder, entry->d_name);

        budget.limits.mode = FACETREE_DECODE_EXACT;
        status = facetree_image_decode(file.data, file.len, &budget, TEST_SIDE,
                                       TEST_SIDE, exact, &info, NULL);

        budget.limits.mode = FACETREE_DECODE_FAST;
        cr_expect_eq(facetree_image_decode(file.data, file.len, &budget,
                                           TEST_SIDE, TEST_SIDE, fast, NULL,
                                           NULL),
                     status, "%s", entry->d_name);

        if (status == FACETREE_OK) {
            test_spread_add(info.format == FACETREE_JPEG ? jpeg : others,
                            exact, fast);
        }

        test_file_free(&file);
    }

    closedir(dir);
}


#ifndef FACETREE_NO_JPEG

/* The bounds that facetree.h documents. */

Test(image_fast, stays_near_the_exact_pixels)
{
    test_spread_t  jpeg, photos, others;

    memset(&jpeg, 0, sizeof(jpeg));
    memset(&photos, 0, sizeof(photos));
    memset(&others, 0, sizeof(others));

    test_spread_folder(&jpeg, &others, "good");
    test_spread_folder(&photos, &others, "photos");

    cr_expect_geq(jpeg.files, 40);
    cr_expect_leq(jpeg.most, 4);
    cr_expect_leq(jpeg.worst, 0.25);

    /* all large enough to be shrunk */
    cr_expect_eq(photos.files, 5);
    cr_expect_eq(photos.changed, 5);
    cr_expect_leq(photos.most, 1);
    cr_expect_leq(photos.worst, 0.25);

    cr_expect_geq(others.files, 40);
    cr_expect_eq(others.changed, 0);
}

#else

Test(image_fast, is_the_exact_mode_without_libjpeg)
{
    test_spread_t  all;

    memset(&all, 0, sizeof(all));

    test_spread_folder(&all, &all, "good");
    test_spread_folder(&all, &all, "photos");

    cr_expect_geq(all.files, 90);
    cr_expect_eq(all.changed, 0);
}

#endif
