
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


static facetree_image_limits_t
test_limits(void)
{
    facetree_image_limits_t  limits;

    facetree_image_limits_init(&limits);
    limits.timeout_ms = 0;

    return limits;
}


static facetree_status_e
test_decode(const char *name, const facetree_image_limits_t *limits,
    facetree_error_t *err)
{
    uint8_t            pixels[TEST_PIXELS];
    test_file_t        file;
    facetree_status_e  status;

    memset(err, 0, sizeof(*err));

    file = test_file_read(test_images_dir(), "good", name);

    status = facetree_image_decode(file.data, file.len, limits, TEST_SIDE,
                                   TEST_SIDE, pixels, NULL, err);
    test_file_free(&file);

    return status;
}


Test(image_limits, defaults_are_as_documented)
{
    facetree_image_limits_t  limits;

    facetree_image_limits_init(&limits);

    cr_expect_eq(limits.formats, facetree_format_supported());
    cr_expect_eq(limits.max_bytes, 64u << 20);
    cr_expect_eq(limits.max_side, 12000);
    cr_expect_eq(limits.max_pixels, 25000000);
    cr_expect_eq(limits.max_frame_pixels, 16000000);
    cr_expect_eq(limits.max_scans, 64);
    cr_expect_eq(limits.max_memory, 160u << 20);
    cr_expect_eq(limits.max_exif, 64u << 10);
    cr_expect_eq(limits.timeout_ms, 500);
    cr_expect_eq(limits.mode, FACETREE_DECODE_EXACT);
}


Test(image_limits, bytes)
{
    size_t                   len;
    test_file_t              file;
    facetree_error_t         err;
    facetree_image_limits_t  limits;

    file = test_file_read(test_images_dir(), "good", "png-rgb8.png");
    len = file.len;
    test_file_free(&file);

    limits = test_limits();

    limits.max_bytes = len;
    cr_expect_eq(test_decode("png-rgb8.png", &limits, &err), FACETREE_OK);

    limits.max_bytes = len - 1;
    cr_expect_eq(test_decode("png-rgb8.png", &limits, &err), FACETREE_EBYTES);
    cr_expect_eq(err.limit, len - 1);
    cr_expect_eq(err.observed, len);
}


/* EXIF over its limit costs no answer: the picture is just not turned. */

Test(image_limits, exif)
{
    size_t                   i;
    uint8_t                  pixels[TEST_PIXELS];
    test_file_t              file;
    facetree_image_info_t    info;
    facetree_image_limits_t  limits;

    static const char *const  names[] = {
        "jpeg-exif-6.jpg",
        "png-exif-6.png",
#ifndef FACETREE_NO_WEBP
        "webp-exif-6.webp"
#endif
    };

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        file = test_file_read(test_images_dir(), "good", names[i]);
        limits = test_limits();

        cr_expect_eq(facetree_image_decode(file.data, file.len, &limits,
                                           TEST_SIDE, TEST_SIDE, pixels, &info,
                                           NULL), FACETREE_OK);
        cr_expect_eq(info.orientation, 6, "%s", names[i]);

        limits.max_exif = 8;
        cr_expect_eq(facetree_image_decode(file.data, file.len, &limits,
                                           TEST_SIDE, TEST_SIDE, pixels, &info,
                                           NULL), FACETREE_OK);
        cr_expect_eq(info.orientation, 1, "%s", names[i]);

        test_file_free(&file);
    }
}


Test(image_limits, side)
{
    facetree_error_t         err;
    facetree_image_limits_t  limits;

    limits = test_limits();

    limits.max_side = 500;
    cr_expect_eq(test_decode("jpeg-size-500x17.jpg", &limits, &err),
                 FACETREE_OK);

    limits.max_side = 499;
    cr_expect_eq(test_decode("jpeg-size-500x17.jpg", &limits, &err),
                 FACETREE_ESIDE);
    cr_expect_eq(err.limit, 499);
    cr_expect_eq(err.observed, 500);
}


Test(image_limits, pixels)
{
    facetree_error_t         err;
    facetree_image_limits_t  limits;

    limits = test_limits();

    limits.max_pixels = 500 * 17;
    cr_expect_eq(test_decode("jpeg-size-500x17.jpg", &limits, &err),
                 FACETREE_OK);

    limits.max_pixels = 500 * 17 - 1;
    cr_expect_eq(test_decode("jpeg-size-500x17.jpg", &limits, &err),
                 FACETREE_EPIXELS);
    cr_expect_eq(err.limit, 500 * 17 - 1);
    cr_expect_eq(err.observed, 500 * 17);
}


/* The smaller limit holds for what must be kept whole, and only for that. */

Test(image_limits, frame_pixels)
{
    size_t                   i;
    facetree_error_t         err;
    facetree_image_limits_t  limits;

    static const struct {
        const char  *name;
        uint32_t     pixels;
    } cases[] = {
        { "jpeg-420-progressive.jpg", 201 * 267 },
        { "png-rgb8-interlaced.png", 85 * 77 },
#ifndef FACETREE_NO_WEBP
        { "webp-odd.webp", 33 * 101 },
#endif
#ifdef FACETREE_NO_JPEG
        { "jpeg-420-baseline.jpg", 240 * 320 },
#endif
#ifdef FACETREE_NO_PNG
        { "png-1x1.png", 1 },
#endif
        { "bmp-24.bmp", 81 * 60 },
        { "pnm-p6.ppm", 66 * 77 }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        limits = test_limits();

        limits.max_frame_pixels = cases[i].pixels;
        cr_expect_eq(test_decode(cases[i].name, &limits, &err), FACETREE_OK,
                     "%s: %s", cases[i].name, err.text);

        limits.max_frame_pixels = cases[i].pixels - 1;
        cr_expect_eq(test_decode(cases[i].name, &limits, &err),
                     FACETREE_EPIXELS, "%s", cases[i].name);
        cr_expect_eq(err.limit, cases[i].pixels - 1);
        cr_expect_eq(err.observed, cases[i].pixels);
    }

    limits = test_limits();
    limits.max_frame_pixels = 1;

    /* by rows where there is the library to give them */

#ifndef FACETREE_NO_JPEG
    cr_expect_eq(test_decode("jpeg-420-baseline.jpg", &limits, &err),
                 FACETREE_OK);
#endif

#ifndef FACETREE_NO_PNG
    cr_expect_eq(test_decode("png-rgb8.png", &limits, &err), FACETREE_OK);
#endif
}


Test(image_limits, scans)
{
    facetree_error_t         err;
    facetree_image_limits_t  limits;

    limits = test_limits();

    limits.max_scans = 10;
    cr_expect_eq(test_decode("jpeg-420-progressive.jpg", &limits, &err),
                 FACETREE_OK, "%s", err.text);

    limits.max_scans = 9;
    cr_expect_eq(test_decode("jpeg-420-progressive.jpg", &limits, &err),
                 FACETREE_ESCANS);
    cr_expect_eq(err.limit, 9);
    cr_expect_eq(err.observed, 10);

    limits.max_scans = 1;
    cr_expect_eq(test_decode("jpeg-420-baseline.jpg", &limits, &err),
                 FACETREE_OK);
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
    facetree_image_limits_t  limits;

    static const char *const  names[] = {
        "jpeg-420-progressive.jpg", "png-rgb8-interlaced.png", "png-rgb8.png",
#ifndef FACETREE_NO_WEBP
        "webp-odd.webp",
#endif
        "bmp-24.bmp", "pnm-p6.ppm"
    };

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        limits = test_limits();
        limits.max_memory = 0;

        for (steps = 0; steps < 4; steps++) {
            status = test_decode(names[i], &limits, &err);

            if (status == FACETREE_OK) {
                break;
            }

            cr_assert_eq(status, FACETREE_EMEMORY, "%s: %s", names[i],
                         err.text);
            cr_assert_eq(err.limit, limits.max_memory, "%s", names[i]);
            cr_assert_gt(err.observed, err.limit, "%s", names[i]);

            limits.max_memory = (size_t) err.observed;
        }

        cr_expect_eq(status, FACETREE_OK, "%s: %s", names[i], err.text);

        limits.max_memory--;
        cr_expect_eq(test_decode(names[i], &limits, &err), FACETREE_EMEMORY,
                     "%s", names[i]);
    }
}


Test(image_limits, formats)
{
    facetree_error_t         err;
    facetree_image_limits_t  limits;

    limits = test_limits();
    limits.formats = FACETREE_FORMAT_BIT(FACETREE_PNG)
                     | FACETREE_FORMAT_BIT(FACETREE_BMP);

    cr_expect_eq(test_decode("png-rgb8.png", &limits, &err), FACETREE_OK);
    cr_expect_eq(test_decode("jpeg-gray.jpg", &limits, &err), FACETREE_EMEDIA);
    cr_expect_str_eq(err.text, "jpeg is not accepted here; accepted: png, "
                               "bmp");

    limits.formats = 0;
    cr_expect_eq(test_decode("png-rgb8.png", &limits, &err), FACETREE_EMEDIA);
}


/* 16 million pixels that are one read for the decoder, and a long walk. */

Test(image_limits, deadline_of_rows)
{
    size_t                   len;
    uint8_t                  pixels[TEST_PIXELS];
    uint8_t                 *data;
    facetree_error_t         err;
    facetree_image_limits_t  limits;

    static const char  header[] = "P5 4000 4000 255\n";

    len = strlen(header) + 4000 * 4000;
    data = calloc(1, len);
    cr_assert_not_null(data);
    memcpy(data, header, strlen(header));

    limits = test_limits();
    cr_expect_eq(facetree_image_decode(data, len, &limits, TEST_SIDE,
                                       TEST_SIDE, pixels, NULL, &err),
                 FACETREE_OK);

    limits.timeout_ms = 1;
    cr_expect_eq(facetree_image_decode(data, len, &limits, TEST_SIDE,
                                       TEST_SIDE, pixels, NULL, &err),
                 FACETREE_ETIMEOUT);
    cr_expect_eq(err.limit, 1);
    cr_expect_geq(err.observed, 1);

    free(data);
}


/* Thousands of scans, none of which yields a row, and no limit on them. */

Test(image_limits, deadline_of_scans)
{
    uint8_t                  pixels[TEST_PIXELS];
    test_file_t              file;
    facetree_error_t         err;
    facetree_image_limits_t  limits;

    file = test_file_read(test_images_dir(), "bad", "jpeg-scan-bomb-2000.jpg");

    limits = test_limits();
    limits.max_scans = UINT32_MAX;
    limits.timeout_ms = 20;

    cr_expect_eq(facetree_image_decode(file.data, file.len, &limits, TEST_SIDE,
                                       TEST_SIDE, pixels, NULL, &err),
                 FACETREE_ETIMEOUT);
    cr_expect_eq(err.limit, 20);
    cr_expect_lt(err.observed, 1000);

    test_file_free(&file);
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
