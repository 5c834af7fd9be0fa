
/*
 * Copyright (C) facetree contributors
 */


#include "facetree.h"
#include "image_files.h"

#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>


static facetree_status_e
test_probe(const char *data, size_t len, facetree_error_t *err)
{
    uint8_t                *copy;
    facetree_status_e       status;
    facetree_image_info_t   info;

    copy = test_exact_copy(data, len);
    status = facetree_image_probe(copy, len, &info, err);
    free(copy);

    return status;
}


Test(magic, names_of_formats)
{
    cr_expect_str_eq(facetree_format_name(FACETREE_JPEG), "jpeg");
    cr_expect_str_eq(facetree_format_name(FACETREE_PNG), "png");
    cr_expect_str_eq(facetree_format_name(FACETREE_WEBP), "webp");
    cr_expect_str_eq(facetree_format_name(FACETREE_BMP), "bmp");
    cr_expect_str_eq(facetree_format_name(FACETREE_PNM), "pnm");
    cr_expect_str_eq(facetree_format_name(FACETREE_UNKNOWN_FORMAT),
                     "unknown");
    cr_expect_str_eq(facetree_format_name(FACETREE_FORMAT_COUNT), "unknown");
    cr_expect_str_eq(facetree_format_name((facetree_format_e) -1), "unknown");
}


/* Of the libraries that a build may lack, WebP's alone has no stand-in. */

Test(magic, this_build_decodes)
{
    uint32_t  expected;

    expected = FACETREE_FORMAT_BIT(FACETREE_JPEG)
               | FACETREE_FORMAT_BIT(FACETREE_PNG)
               | FACETREE_FORMAT_BIT(FACETREE_BMP)
               | FACETREE_FORMAT_BIT(FACETREE_PNM);

#ifndef FACETREE_NO_WEBP
    expected |= FACETREE_FORMAT_BIT(FACETREE_WEBP);
#endif

    cr_expect_eq(facetree_format_supported(), expected);
}


/* The refusal starts with the format's name and says what to send. */

Test(magic, known_formats_are_named)
{
    size_t            i;
    facetree_error_t  err;

    static const struct {
        const char  *data;
        size_t       len;
        const char  *name;
    } cases[] = {
        { "\0\0\0\x18" "ftypheic\0\0\0\0", 16, "HEIC" },
        { "\0\0\0\x18" "ftypheix\0\0\0\0", 16, "HEIC" },
        { "\0\0\0\x18" "ftyphevc\0\0\0\0", 16, "HEIC" },
        { "\0\0\0\x18" "ftypmif1\0\0\0\0", 16, "HEIC" },
        { "\0\0\0\x18" "ftypavif\0\0\0\0", 16, "AVIF" },
        { "\0\0\0\x18" "ftypisom\0\0\0\0", 16, "A video" },
        { "GIF87a", 6, "GIF" },
        { "GIF89a", 6, "GIF" },
        { "II*\0\x08\0\0\0", 8, "TIFF" },
        { "MM\0*\0\0\0\x08", 8, "TIFF" },
        { "II+\0\x08\0\0\0", 8, "BigTIFF" },
        { "%PDF-1.7", 8, "PDF" },
        { "8BPS\0\1", 6, "PSD" },
        { "\0\0\1\0\1\0", 6, "ICO" },
        { "\0\0\0\x0cjP  \r\n\x87\n", 12, "JPEG 2000" },
        { "\xff\x4f\xff\x51\0", 5, "JPEG 2000" },
        { "\xff\x0a\0", 3, "JPEG XL" },
        { "\0\0\0\x0cJXL \r\n\x87\n", 12, "JPEG XL" },
        { "P7\nWIDTH 1", 10, "PAM" },
        { "<svg xmlns=", 11, "SVG" },
        { "<?xml version=\"1.0\"?>\n<svg>", 27, "SVG" },
        { "<!-- drawn by hand --><svg>", 27, "SVG" },
        { "\xef\xbb\xbf\r\n <?xml version=\"1.0\"?>\n<svg>", 33, "SVG" },
        { "<!DOCTYPE svg PUBLIC ...>\n<svg>", 31, "SVG" },
        { "\0\0\0\x1c" "ftypmif1\0\0\0\0mif1avifmiaf", 28, "AVIF" },
        { "\0\0\0\x1c" "ftypmif1\0\0\0\0mif1heicavif", 24, "HEIC" },
        { "\0\0\0\x18" "ftypmif1\0\0\0\0mif1heicavif", 28, "HEIC" },
        { "II\xbc\x01", 4, "JPEG XR" },
        { "FUJIFILMCCD-RAW", 15, "A camera's raw format" },
        { "IIRO\x08\0\0\0", 8, "A camera's raw format" },
        { "IIU\0\x18\0\0\0", 8, "A camera's raw format" },
        { "gimp xcf v011", 13, "XCF" },
        { "v/1\x01\2\0\0\0", 8, "OpenEXR" },
        { "qoif\0\0", 6, "QOI" },
        { "DDS |\0\0\0", 8, "DDS" },
        { "icns\0\0", 6, "ICNS" },
        { "%!PS-Adobe-3.0 EPSF-3.0", 23, "PostScript" },
        { "\x1a\x45\xdf\xa3\x01", 5, "A video" },
        { "PK\x03\x04\x14", 5, "A ZIP archive" },
        { "data:image/png;base64,iVBORw0KGgo", 33, "base64 text" },
        { "/9j/4AAQSkZJRgABAQ", 18, "base64 text" },
        { "iVBORw0KGgoAAAANSUhEUg", 22, "base64 text" },
        { "UklGRhIAAABXRUJQ", 16, "base64 text" },
        { "<!doctype html><img>", 20, "A web page" },
        { "\n<HTML><body>", 14, "A web page" }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        cr_expect_eq(test_probe(cases[i].data, cases[i].len, &err),
                     FACETREE_EMEDIA, "%s", cases[i].name);
        cr_expect_eq(strncmp(err.text, cases[i].name, strlen(cases[i].name)),
                     0, "%s: %s", cases[i].name, err.text);
        cr_expect_not_null(strstr(err.text, "send JPEG"), "%s", err.text);
    }
}


Test(magic, unknown_data_is_said_to_be_unknown)
{
    size_t            i, len;
    facetree_error_t  err;

    static const char *const  cases[] = {
        "h", "hello, world", "\xff\xd8", "\x89PN", "B", "P5", "P5x", "P8 1 1",
        "RIFF....WAVEfmt ", "<?xml version=\"1.0\"?><rss>", "<!doctype x>",
        "<", "\xef\xbb\xbf", "    "
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        len = strlen(cases[i]);

        cr_expect_eq(test_probe(cases[i], len, &err), FACETREE_EMEDIA, "%s",
                     cases[i]);
        cr_expect_str_eq(err.text, "not a picture in a known format; send "
                                   "JPEG, PNG, WebP, BMP or PNM");
        cr_expect_eq(err.status, FACETREE_EMEDIA);
    }
}


Test(magic, empty_file)
{
    facetree_error_t       err;
    facetree_image_info_t  info;

    cr_expect_eq(facetree_image_probe(NULL, 0, &info, &err), FACETREE_EMEDIA);
    cr_expect_not_null(strstr(err.text, "empty"));
    cr_expect_eq(facetree_image_probe("", 0, &info, NULL), FACETREE_EMEDIA);
}
