
/*
 * Copyright (C) facetree contributors
 *
 * Whole files through facetree_image_probe() and facetree_image_decode():
 * the reference pictures, the malformed ones, every truncation, the limits.
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


/*
 * Where the answer is not Pillow's, and why.  Every other file of good/ must
 * give the golden bytes.
 */

typedef struct {
    const char         *name;
    facetree_status_e   status;
    const char         *reason;
} test_expected_t;


static const test_expected_t  test_deviations[] = {
#ifdef FACETREE_NO_JPEG
    { "jpeg-arith.jpg", FACETREE_EMEDIA, "libjpeg alone reads it" },
#endif
    { "dev-png-gray16.png", FACETREE_OK,
      "16-bit gray: the high byte; Pillow clamps, so that all is white" },
    { "dev-png-pal-overrun.png", FACETREE_OK,
      "an index past the palette: black; a gray level in Pillow 9.4 alone" },
    { "dev-pngsuite-basn0g16.png", FACETREE_OK,
      "16-bit gray: the high byte; Pillow clamps, so that all is white" },
    { "dev-pnm-p2.pgm", FACETREE_EMEDIA, "ASCII PNM is refused" },
    { "dev-pnm-p3.ppm", FACETREE_EMEDIA, "ASCII PNM is refused" },
    { "dev-pnm-p4.pbm", FACETREE_EMEDIA, "bitmap PNM is refused" },
    { "dev-pnm-p5-16bit.pgm", FACETREE_EMEDIA, "16-bit PNM is refused" },
    { "dev-pnm-p6-max1023.ppm", FACETREE_EMEDIA, "16-bit PNM is refused" }
};


/* All of bad/.  The reason is given where Pillow decides otherwise. */

static const test_expected_t  test_bad[] = {
    { "avif-head.avif", FACETREE_EMEDIA, NULL },
    { "bmp-bpp-7.bmp", FACETREE_EIMAGE, NULL },
    { "bmp-huge.bmp", FACETREE_EPIXELS, NULL },
    { "bmp-negative-width.bmp", FACETREE_ESIDE, NULL },
    { "bmp-offset-past-end.bmp", FACETREE_EIMAGE, NULL },
    { "empty.bin", FACETREE_EMEDIA, NULL },
    { "exif-loop.jpg", FACETREE_OK, NULL },
    { "gif.gif", FACETREE_EMEDIA, "known, not decoded" },
    { "hdr-head.hdr", FACETREE_EMEDIA, NULL },
    { "heic-head.heic", FACETREE_EMEDIA, NULL },
    { "html.html", FACETREE_EMEDIA, NULL },
    { "ico.ico", FACETREE_EMEDIA, "known, not decoded" },
    { "jpeg-12bit.jpg", FACETREE_EMEDIA, NULL },
    { "jpeg-5comp.jpg", FACETREE_EIMAGE, NULL },
    { "jpeg-65500x65500.jpg", FACETREE_EPIXELS, NULL },
    { "jpeg-garbage-scan.jpg", FACETREE_OK, NULL },
    { "jpeg-lossless-sof3.jpg", FACETREE_EMEDIA, NULL },
#ifndef FACETREE_NO_JPEG
    { "jpeg-no-dht.jpg", FACETREE_OK, NULL },
#else
    { "jpeg-no-dht.jpg", FACETREE_EIMAGE, "libjpeg alone has tables for it" },
#endif
    { "jpeg-no-dqt.jpg", FACETREE_EIMAGE, NULL },
    { "jpeg-no-sos.jpg", FACETREE_EIMAGE, NULL },
    { "jpeg-scan-bomb-2000.jpg", FACETREE_ESCANS, "costs seconds" },
    { "jpeg-soi-eoi.jpg", FACETREE_EIMAGE, NULL },
    { "jpeg-zero-height.jpg", FACETREE_EIMAGE, NULL },
    { "jpeg-zero-width.jpg", FACETREE_EIMAGE, NULL },
    { "json.json", FACETREE_EMEDIA, NULL },
    { "one-byte.bin", FACETREE_EMEDIA, NULL },
    { "pgm-huge.pgm", FACETREE_EPIXELS, NULL },
    { "pgm-maxval-0.pgm", FACETREE_EIMAGE, NULL },
    { "pgm-negative.pgm", FACETREE_EIMAGE, NULL },
    { "pgm-no-header-end.pgm", FACETREE_EIMAGE, NULL },
    { "pgm-overflow.pgm", FACETREE_EIMAGE, NULL },
    { "php-jpeg.jpg", FACETREE_EMEDIA, NULL },
    { "pic-head.pic", FACETREE_EMEDIA, NULL },
    { "pillow-refuses-jpeg-no-eoi.jpg", FACETREE_EIMAGE, NULL },
    { "pillow-refuses-png-ancillary-crc.png", FACETREE_OK,
      "a damaged chunk that no pixel depends on is skipped" },
    { "png-60000x60000.png", FACETREE_EPIXELS, NULL },
    { "png-bad-colortype.png", FACETREE_EIMAGE, NULL },
    { "png-bad-depth.png", FACETREE_EIMAGE, NULL },
    { "png-badzlib.png", FACETREE_EIMAGE, NULL },
    { "png-chunk-len-huge.png", FACETREE_EIMAGE, NULL },
    { "png-crc-ihdr.png", FACETREE_EIMAGE, NULL },
    { "png-filter-9.png", FACETREE_EIMAGE, NULL },
    { "png-idat-short.png", FACETREE_EIMAGE, "rows are missing" },
    { "png-max-dim.png", FACETREE_ESIDE, NULL },
    { "png-no-idat.png", FACETREE_EIMAGE, NULL },
    { "png-no-ihdr.png", FACETREE_EIMAGE, NULL },
    { "png-pal-missing.png", FACETREE_EIMAGE, "colours are missing" },
    { "png-wide-1row.png", FACETREE_ESIDE, NULL },
    { "png-zero-height.png", FACETREE_EIMAGE, NULL },
    { "png-zero-width.png", FACETREE_EIMAGE, NULL },
    { "png-zip-bomb-6000.png", FACETREE_OK, "36 million pixels, read by rows" },
    { "polyglot-gif-jpeg.gif", FACETREE_EMEDIA, NULL },
    { "polyglot-html-png.png", FACETREE_EMEDIA, NULL },
    { "polyglot-png-magic-jpeg.png", FACETREE_EIMAGE, NULL },
    { "ppm-comment-forever.ppm", FACETREE_EIMAGE, NULL },
    { "psd-head.psd", FACETREE_EMEDIA, NULL },
    { "svg.svg", FACETREE_EMEDIA, NULL },
    { "text.txt", FACETREE_EMEDIA, NULL },
    { "tga.tga", FACETREE_EMEDIA, "not decoded, and no magic to know it by" },
    { "tiff.tif", FACETREE_EMEDIA, "known, not decoded" },
    { "trunc-bmp-02.bmp", FACETREE_EIMAGE, NULL },
    { "trunc-bmp-30.bmp", FACETREE_EIMAGE, NULL },
    { "trunc-bmp-90.bmp", FACETREE_EIMAGE, NULL },
    { "trunc-jpeg-02.jpg", FACETREE_EIMAGE, NULL },
    { "trunc-jpeg-30.jpg", FACETREE_EIMAGE, NULL },
    { "trunc-jpeg-90.jpg", FACETREE_EIMAGE, NULL },
    { "trunc-jpegprog-02.jpg", FACETREE_EIMAGE, NULL },
    { "trunc-jpegprog-30.jpg", FACETREE_EIMAGE, NULL },
    { "trunc-jpegprog-90.jpg", FACETREE_EIMAGE, NULL },
    { "trunc-pgm-02.pgm", FACETREE_EIMAGE, NULL },
    { "trunc-pgm-30.pgm", FACETREE_EIMAGE, NULL },
    { "trunc-pgm-90.pgm", FACETREE_EIMAGE, NULL },
    { "trunc-png-02.png", FACETREE_EIMAGE, NULL },
    { "trunc-png-30.png", FACETREE_EIMAGE, NULL },
    { "trunc-png-90.png", FACETREE_EIMAGE, NULL },
    { "trunc-webp-02.webp", FACETREE_EIMAGE, NULL },
    { "trunc-webp-30.webp", FACETREE_EIMAGE, NULL },
    { "trunc-webp-90.webp", FACETREE_EIMAGE, NULL },
    { "two-bytes-jpeg.bin", FACETREE_EMEDIA, NULL },
    { "webp-16383.webp", FACETREE_EPIXELS, NULL },
    { "webp-badchunk.webp", FACETREE_EIMAGE, NULL },
    { "webp-riff-size-huge.webp", FACETREE_EIMAGE, NULL },
    { "zeros.bin", FACETREE_EMEDIA, NULL }
};


static const test_expected_t *
test_find(const test_expected_t *list, size_t count, const char *name)
{
    size_t  i;

    for (i = 0; i < count; i++) {
        if (strcmp(list[i].name, name) == 0) {
            return &list[i];
        }
    }

    return NULL;
}


/* The defaults, without a deadline that a slow machine might miss. */

static facetree_budget_t
test_limits(void)
{
    facetree_budget_t        budget;

    facetree_budget_init(&budget, NULL);
    budget.limits.cpu_ms = 0;

    return budget;
}


static facetree_status_e
test_decode(const test_file_t *file, facetree_budget_t *budget,
    uint8_t *pixels, facetree_error_t *err)
{
    return facetree_image_decode(file->data, file->len, budget, TEST_SIDE,
                                 TEST_SIDE, pixels, NULL, err);
}


/* Every picture of a folder against its golden one; returns how many. */

static size_t
test_folder(const char *folder, const char *golden_folder)
{
    DIR                     *dir;
    char                     path[2048];
    size_t                   count;
    uint8_t                  pixels[TEST_PIXELS], golden[TEST_PIXELS];
    const char              *images;
    test_file_t              file;
    struct dirent           *entry;
    facetree_error_t         err;
    facetree_status_e        status, expected;
    const test_expected_t   *deviation;
    facetree_budget_t        budget;

    images = test_images_dir();
    budget = test_limits();
    count = 0;

    snprintf(path, sizeof(path), "%s/%s", images, folder);
    dir = opendir(path);
    cr_assert_not_null(dir, "%s", path);

    while ((entry = readdir(dir)) != NULL) {

        if (entry->d_name[0] == '.') {
            continue;
        }

        deviation = test_find(test_deviations,
                              sizeof(test_deviations)
                              / sizeof(test_deviations[0]), entry->d_name);
        expected = deviation ? deviation->status : FACETREE_OK;

        if (!test_format_present(entry->d_name)) {
            expected = FACETREE_EMEDIA;
        }

        file = test_file_read(images, folder, entry->d_name);
        test_golden_read(images, golden_folder, entry->d_name, golden);

        err.text[0] = '\0';
        status = test_decode(&file, &budget, pixels, &err);

        cr_expect_eq(status, expected, "%s: status %d, %s", entry->d_name,
                     (int) status, err.text);

        if (status == FACETREE_OK) {
            cr_expect_eq(test_difference(pixels, golden)
                         > test_tolerance(entry->d_name),
                         deviation != NULL, "%s: pixels", entry->d_name);
        }

        test_file_free(&file);
        count++;
    }

    closedir(dir);

    return count;
}


Test(image, good_pictures_equal_pillow)
{
    cr_assert_geq(test_folder("good", "golden"), 100);
}


Test(image, photos_equal_pillow)
{
    cr_assert_geq(test_folder("photos", "photos-golden"), 5);
}


Test(image, bad_files_have_the_right_status)
{
    DIR                    *dir;
    char                    path[2048];
    size_t                  count;
    uint8_t                 pixels[TEST_PIXELS];
    const char             *images, *c;
    test_file_t             file;
    struct dirent          *entry;
    facetree_error_t        err;
    facetree_status_e       status, wanted;
    facetree_budget_t       budget;
    const test_expected_t  *expected;

    images = test_images_dir();
    budget = test_limits();
    count = 0;

    snprintf(path, sizeof(path), "%s/bad", images);
    dir = opendir(path);
    cr_assert_not_null(dir, "%s", path);

    while ((entry = readdir(dir)) != NULL) {

        if (entry->d_name[0] == '.') {
            continue;
        }

        expected = test_find(test_bad, sizeof(test_bad) / sizeof(test_bad[0]),
                             entry->d_name);
        cr_assert_not_null(expected, "%s is not in the table", entry->d_name);

        file = test_file_read(images, "bad", entry->d_name);
        memset(&err, 0, sizeof(err));

        status = test_decode(&file, &budget, pixels, &err);

        wanted = test_format_present(entry->d_name) ? expected->status
                                                    : FACETREE_EMEDIA;

        cr_expect_eq(status, wanted, "%s: status %d, %s",
                     entry->d_name, (int) status, err.text);

        if (status != FACETREE_OK) {
            cr_expect_eq(err.status, status, "%s", entry->d_name);
            cr_expect_neq(err.text[0], '\0', "%s", entry->d_name);
        }

        for (c = err.text; *c; c++) {
            cr_expect(*c >= 0x20 && *c < 0x7f, "%s", entry->d_name);
        }

        test_file_free(&file);
        count++;
    }

    closedir(dir);

    cr_assert_eq(count, sizeof(test_bad) / sizeof(test_bad[0]));
}


/*
 * A file cut anywhere is refused, or decodes to the whole one's picture
 * because only what no pixel needs is missing.  "spare" is how much that may
 * be.
 */

static void
test_prefixes(const char *name, size_t spare)
{
    size_t                   len;
    uint8_t                  pixels[TEST_PIXELS], golden[TEST_PIXELS];
    uint8_t                 *data;
    const char              *images;
    test_file_t              file;
    facetree_error_t         err;
    facetree_status_e        status;
    facetree_budget_t        budget;

    images = test_images_dir();
    budget = test_limits();

    if (!test_format_present(name)) {
        cr_skip_test("this build has no decoder for %s", name);
    }

    file = test_file_read(images, "good", name);

    test_golden_read(images, "golden", name, golden);
    cr_assert_eq(test_decode(&file, &budget, pixels, &err), FACETREE_OK);
    cr_assert_leq(test_difference(pixels, golden), test_tolerance(name));
    memcpy(golden, pixels, TEST_PIXELS);

    for (len = 0; len <= file.len; len++) {
        data = test_exact_copy(file.data, len);
        memset(pixels, 0xa5, sizeof(pixels));

        status = facetree_image_decode(data, len, &budget, TEST_SIDE,
                                       TEST_SIDE, pixels, NULL, &err);

        if (status == FACETREE_OK) {
            cr_assert_leq(file.len - len, spare, "%s: %zu bytes", name, len);
            cr_assert_eq(memcmp(pixels, golden, TEST_PIXELS), 0,
                         "%s: %zu bytes", name, len);

        } else {
            cr_assert(status == FACETREE_EIMAGE || status == FACETREE_EMEDIA,
                      "%s: %zu bytes: %d, %s", name, len, (int) status,
                      err.text);
            cr_assert_lt(len, file.len, "%s: %s", name, err.text);
        }

        free(data);
    }

    test_file_free(&file);
}


Test(image, jpeg_prefixes)
{
    test_prefixes("jpeg-size-64x64.jpg", 0);
    test_prefixes("jpeg-exif-6.jpg", 0);
    test_prefixes("jpeg-gray-progressive.jpg", 0);
}


Test(image, png_prefixes)
{
    /* the checksum of the last IDAT, and IEND behind it */
    test_prefixes("png-64x64.png", 16);
    test_prefixes("png-gray1-interlaced.png", 16);
    test_prefixes("pngsuite-basn3p04.png", 16);
}


Test(image, webp_prefixes)
{
    test_prefixes("webp-odd.webp", 0);
    test_prefixes("webp-exif-6.webp", 0);
    test_prefixes("webp-alpha.webp", 0);
}


Test(image, bmp_prefixes)
{
    test_prefixes("bmp-4.bmp", 0);
    test_prefixes("bmp-os2-8.bmp", 1);          /* the last row's padding */
    test_prefixes("bmp-v5-bitfields.bmp", 0);
}


Test(image, pnm_prefixes)
{
    test_prefixes("pnm-p6-tiny.ppm", 0);
    test_prefixes("pnm-p5-comment.pgm", 0);
}


/* Decoding twice into memory of different content gives the same picture. */

Test(image, pixels_do_not_depend_on_memory)
{
    size_t                   i;
    uint8_t                  first[TEST_PIXELS], second[TEST_PIXELS];
    const char              *images;
    test_file_t              file;
    facetree_budget_t        budget;

    static const char *const  names[] = {
        "jpeg-garbage-scan.jpg", "exif-loop.jpg",
#ifndef FACETREE_NO_JPEG
        "jpeg-no-dht.jpg",
#endif
        "pillow-refuses-png-ancillary-crc.png"
    };

    images = test_images_dir();
    budget = test_limits();

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        file = test_file_read(images, "bad", names[i]);

        memset(first, 0x00, sizeof(first));
        memset(second, 0xff, sizeof(second));

        cr_assert_eq(test_decode(&file, &budget, first, NULL), FACETREE_OK);
        cr_assert_eq(test_decode(&file, &budget, second, NULL), FACETREE_OK);
        cr_expect_eq(memcmp(first, second, sizeof(first)), 0, "%s", names[i]);

        test_file_free(&file);
    }
}


Test(image, probe_and_decode_agree)
{
    DIR                     *dir;
    char                     path[2048];
    uint8_t                  pixels[TEST_PIXELS];
    const char              *images;
    test_file_t              file;
    struct dirent           *entry;
    facetree_error_t         err;
    facetree_status_e        status;
    facetree_image_info_t    probed, decoded;
    facetree_budget_t        budget;

    images = test_images_dir();
    budget = test_limits();

    snprintf(path, sizeof(path), "%s/good", images);
    dir = opendir(path);
    cr_assert_not_null(dir, "%s", path);

    while ((entry = readdir(dir)) != NULL) {

        if (entry->d_name[0] == '.') {
            continue;
        }

        file = test_file_read(images, "good", entry->d_name);

        status = facetree_image_probe(file.data, file.len, &probed, &err);

        cr_expect_eq(facetree_image_decode(file.data, file.len, &budget,
                                           TEST_SIDE, TEST_SIDE, pixels,
                                           &decoded, &err),
                     status, "%s", entry->d_name);

        if (status == FACETREE_OK) {
            cr_expect_eq(probed.format, decoded.format, "%s", entry->d_name);
            cr_expect_eq(probed.width, decoded.width, "%s", entry->d_name);
            cr_expect_eq(probed.height, decoded.height, "%s", entry->d_name);
            cr_expect_eq(probed.orientation, decoded.orientation, "%s",
                         entry->d_name);
        }

        test_file_free(&file);
    }

    closedir(dir);
}


Test(image, probe_reads_the_header)
{
    size_t                 i;
    const char            *images;
    test_file_t            file;
    facetree_image_info_t  info;

    static const struct {
        const char             *name;
        facetree_image_info_t   info;
    } cases[] = {
        { "jpeg-exif-6.jpg", { FACETREE_JPEG, 120, 90, 6 } },
        { "jpeg-exif-0.jpg", { FACETREE_JPEG, 100, 60, 1 } },
        { "jpeg-exif-9.jpg", { FACETREE_JPEG, 100, 60, 1 } },
        { "jpeg-exif-long6.jpg", { FACETREE_JPEG, 100, 60, 6 } },
        { "png-exif-3-late.png", { FACETREE_PNG, 70, 50, 3 } },
        { "pillow-orientation-8.webp", { FACETREE_WEBP, 128, 128, 8 } },
        { "bmp-24-topdown.bmp", { FACETREE_BMP, 61, 50, 1 } },
        { "pnm-p5.pgm", { FACETREE_PNM, 66, 88, 1 } }
    };

    images = test_images_dir();

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (!test_format_present(cases[i].name)) {
            continue;
        }

        file = test_file_read(images, "good", cases[i].name);

        cr_assert_eq(facetree_image_probe(file.data, file.len, &info, NULL),
                     FACETREE_OK, "%s", cases[i].name);

        cr_expect_eq(info.format, cases[i].info.format, "%s", cases[i].name);
        cr_expect_eq(info.width, cases[i].info.width, "%s", cases[i].name);
        cr_expect_eq(info.height, cases[i].info.height, "%s", cases[i].name);
        cr_expect_eq(info.orientation, cases[i].info.orientation, "%s",
                     cases[i].name);

        test_file_free(&file);
    }
}


/* The size is known although the picture is refused for it. */

Test(image, refused_picture_still_has_a_size)
{
    uint8_t                pixels[TEST_PIXELS];
    test_file_t            file;
    facetree_error_t       err;
    facetree_image_info_t  info;

    file = test_file_read(test_images_dir(), "bad", "png-60000x60000.png");

    cr_assert_eq(facetree_image_decode(file.data, file.len, NULL, TEST_SIDE,
                                       TEST_SIDE, pixels, &info, &err),
                 FACETREE_EPIXELS);

    cr_expect_eq(info.format, FACETREE_PNG);
    cr_expect_eq(info.width, 60000);
    cr_expect_eq(info.height, 60000);
    cr_expect_eq(err.limit, 120000000);
    cr_expect_eq(err.observed, 3600000000);

    test_file_free(&file);
}
