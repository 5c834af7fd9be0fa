
/*
 * Copyright (C) facetree contributors
 *
 * Each limit met exactly and missed by one, and what is said of it.
 */


#include "facetree.h"
#include "image_files.h"

#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>


#define TEST_SIDE    64
#define TEST_PIXELS  (TEST_SIDE * TEST_SIDE)


static facetree_budget_t
test_limits(void)
{
    facetree_budget_t        budget;

    facetree_budget_init(&budget, NULL);
    budget.limits.cpu_ms = 0;

    return budget;
}


static facetree_status_e
test_decode(const char *name, facetree_budget_t *budget,
    facetree_error_t *err)
{
    uint8_t            pixels[TEST_PIXELS];
    test_file_t        file;
    facetree_status_e  status;

    memset(err, 0, sizeof(*err));

    file = test_file_read(test_images_dir(), "good", name);

    status = facetree_image_decode(file.data, file.len, budget, TEST_SIDE,
                                   TEST_SIDE, pixels, NULL, err);
    test_file_free(&file);

    return status;
}


Test(image_limits, defaults_are_as_documented)
{
    facetree_limits_t  limits;

    facetree_limits_init(&limits);

    cr_expect_eq(limits.formats, facetree_format_supported());
    cr_expect_eq(limits.mode, FACETREE_DECODE_EXACT);
    cr_expect_eq(limits.max_images, 16);
    cr_expect_eq(limits.max_bytes, 64u << 20);
    cr_expect_eq(limits.max_pixels, 120000000);
    cr_expect_eq(limits.max_memory, 160u << 20);
    cr_expect_eq(limits.cpu_ms, 1000);
}


Test(image_limits, bytes)
{
    size_t                   len;
    test_file_t              file;
    facetree_error_t         err;
    facetree_budget_t        budget;

    file = test_file_read(test_images_dir(), "good", "png-rgb8.png");
    len = file.len;
    test_file_free(&file);

    budget = test_limits();

    budget.limits.max_bytes = len;
    cr_expect_eq(test_decode("png-rgb8.png", &budget, &err), FACETREE_OK);

    budget.limits.max_bytes = len - 1;
    cr_expect_eq(test_decode("png-rgb8.png", &budget, &err), FACETREE_EBYTES);
    cr_expect_eq(err.limit, len - 1);
    cr_expect_eq(err.observed, len);
}


Test(image_limits, pixels)
{
    facetree_error_t         err;
    facetree_budget_t        budget;

    budget = test_limits();

    budget.limits.max_pixels = 500 * 17;
    cr_expect_eq(test_decode("jpeg-size-500x17.jpg", &budget, &err),
                 FACETREE_OK);

    budget.limits.max_pixels = 500 * 17 - 1;
    cr_expect_eq(test_decode("jpeg-size-500x17.jpg", &budget, &err),
                 FACETREE_EPIXELS);
    cr_expect_eq(err.limit, 500 * 17 - 1);
    cr_expect_eq(err.observed, 500 * 17);
}


/*
 * Raising the limit to what the error says was needed leads, in a few steps,
 * to the least that is enough; one byte less is not.
 */

Test(image_limits, memory)
{
    size_t                   i;
    uint32_t                 steps;
    facetree_error_t         err;
    facetree_status_e        status;
    facetree_budget_t        budget;

    static const char *const  names[] = {
        "jpeg-420-progressive.jpg", "png-rgb8-interlaced.png", "png-rgb8.png",
#ifndef FACETREE_NO_WEBP
        "webp-odd.webp",
#endif
        "bmp-24.bmp", "pnm-p6.ppm"
    };

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        budget = test_limits();
        budget.limits.max_memory = 0;

        for (steps = 0; steps < 4; steps++) {
            status = test_decode(names[i], &budget, &err);

            if (status == FACETREE_OK) {
                break;
            }

            cr_assert_eq(status, FACETREE_EMEMORY, "%s: %s", names[i],
                         err.text);
            cr_assert_eq(err.limit, budget.limits.max_memory, "%s", names[i]);
            cr_assert_gt(err.observed, err.limit, "%s", names[i]);

            budget.limits.max_memory = (size_t) err.observed;
        }

        cr_expect_eq(status, FACETREE_OK, "%s: %s", names[i], err.text);

        budget.limits.max_memory--;
        cr_expect_eq(test_decode(names[i], &budget, &err), FACETREE_EMEMORY,
                     "%s", names[i]);
    }
}


Test(image_limits, formats)
{
    facetree_error_t         err;
    facetree_budget_t        budget;

    budget = test_limits();
    budget.limits.formats = FACETREE_FORMAT_BIT(FACETREE_PNG)
                     | FACETREE_FORMAT_BIT(FACETREE_BMP);

    cr_expect_eq(test_decode("png-rgb8.png", &budget, &err), FACETREE_OK);
    cr_expect_eq(test_decode("jpeg-gray.jpg", &budget, &err), FACETREE_EMEDIA);
    cr_expect_str_eq(err.text, "jpeg is not accepted here; accepted: png, "
                               "bmp");

    budget.limits.formats = 0;
    cr_expect_eq(test_decode("png-rgb8.png", &budget, &err), FACETREE_EMEDIA);
}


Test(image_limits, size_of_the_result)
{
    uint8_t           *pixels;
    facetree_error_t   err;

    static const char  file[] = "P5 2 1 255\n\x10\xf0";

    cr_expect_eq(facetree_image_decode(file, 13, NULL, 0, 1, NULL, NULL, &err),
                 FACETREE_EINVAL);
    cr_expect_eq(facetree_image_decode(file, 13, NULL, 1, 257, NULL, NULL,
                                       NULL), FACETREE_EINVAL);

    pixels = malloc(256 * 256);
    cr_assert_not_null(pixels);

    cr_expect_eq(facetree_image_decode(file, 13, NULL, 256, 256, pixels, NULL,
                                       NULL), FACETREE_OK);
    cr_expect_eq(facetree_image_decode(file, 13, NULL, 2, 1, pixels, NULL,
                                       NULL), FACETREE_OK);
    cr_expect_eq(pixels[0], 0x10);
    cr_expect_eq(pixels[1], 0xf0);

    free(pixels);
}
