
/*
 * Copyright (C) facetree contributors
 *
 * File formats by their first bytes, never by name or declared type.
 */


#include "facetree_image.h"

#include <string.h>


#define FACETREE_MAGIC_TEXT  256   /* how far to look for "<svg" */

#define FACETREE_HEIC                                                         \
    "HEIC pictures are not accepted; send JPEG (on an iPhone: Settings, "     \
    "Camera, Formats, Most Compatible)"

#define FACETREE_OTHER(name)                                                  \
    name " is not accepted; send JPEG, PNG, WebP, BMP or PNM"


typedef struct {
    uint16_t           offset;
    uint16_t           len;
    const char        *bytes;
    facetree_format_e  format;
    const char        *refusal;
} facetree_magic_t;


static const facetree_magic_t  facetree_magics[] = {

    { 0, 3, "\xff\xd8\xff", FACETREE_JPEG, NULL },
    { 0, 8, "\x89PNG\r\n\x1a\n", FACETREE_PNG, NULL },
    { 8, 4, "WEBP", FACETREE_WEBP, NULL },
    { 0, 2, "BM", FACETREE_BMP, NULL },

    { 4, 8, "ftypavif", FACETREE_UNKNOWN_FORMAT, FACETREE_OTHER("AVIF") },
    { 4, 8, "ftypavis", FACETREE_UNKNOWN_FORMAT, FACETREE_OTHER("AVIF") },
    { 4, 7, "ftyphei", FACETREE_UNKNOWN_FORMAT, FACETREE_HEIC },
    { 4, 7, "ftyphev", FACETREE_UNKNOWN_FORMAT, FACETREE_HEIC },
    { 4, 8, "ftypmif1", FACETREE_UNKNOWN_FORMAT, FACETREE_HEIC },
    { 4, 8, "ftypmsf1", FACETREE_UNKNOWN_FORMAT, FACETREE_HEIC },
    { 4, 4, "ftyp", FACETREE_UNKNOWN_FORMAT,
      FACETREE_OTHER("A video or another file of the MP4 family") },

    { 0, 6, "GIF87a", FACETREE_UNKNOWN_FORMAT, FACETREE_OTHER("GIF") },
    { 0, 6, "GIF89a", FACETREE_UNKNOWN_FORMAT, FACETREE_OTHER("GIF") },
    { 0, 4, "II*\0", FACETREE_UNKNOWN_FORMAT,
      FACETREE_OTHER("TIFF (or a camera's raw format)") },
    { 0, 4, "MM\0*", FACETREE_UNKNOWN_FORMAT,
      FACETREE_OTHER("TIFF (or a camera's raw format)") },
    { 0, 4, "II+\0", FACETREE_UNKNOWN_FORMAT, FACETREE_OTHER("BigTIFF") },
    { 0, 4, "MM\0+", FACETREE_UNKNOWN_FORMAT, FACETREE_OTHER("BigTIFF") },
    { 0, 5, "%PDF-", FACETREE_UNKNOWN_FORMAT, FACETREE_OTHER("PDF") },
    { 0, 4, "8BPS", FACETREE_UNKNOWN_FORMAT, FACETREE_OTHER("PSD") },
    { 0, 4, "\0\0\1\0", FACETREE_UNKNOWN_FORMAT, FACETREE_OTHER("ICO") },
    { 0, 8, "\0\0\0\x0cjP  ", FACETREE_UNKNOWN_FORMAT,
      FACETREE_OTHER("JPEG 2000") },
    { 0, 4, "\xff\x4f\xff\x51", FACETREE_UNKNOWN_FORMAT,
      FACETREE_OTHER("JPEG 2000") },
    { 0, 8, "\0\0\0\x0cJXL ", FACETREE_UNKNOWN_FORMAT,
      FACETREE_OTHER("JPEG XL") },
    { 0, 2, "\xff\x0a", FACETREE_UNKNOWN_FORMAT, FACETREE_OTHER("JPEG XL") },
    { 0, 3, "P7\n", FACETREE_UNKNOWN_FORMAT, FACETREE_OTHER("PAM") },
    { 0, 4, "<svg", FACETREE_UNKNOWN_FORMAT, FACETREE_OTHER("SVG") }
};


static int
facetree_magic_pnm(const uint8_t *data, size_t len)
{
    return len >= 3 && data[0] == 'P' && data[1] >= '1' && data[1] <= '6'
           && (data[2] == ' ' || (data[2] >= '\t' && data[2] <= '\r'));
}


/* SVG behind an XML declaration or a comment. */

static int
facetree_magic_svg(const uint8_t *data, size_t len)
{
    size_t  i;

    if (len < 5 || (memcmp(data, "<?xml", 5) != 0
                    && memcmp(data, "<!--", 4) != 0))
    {
        return 0;
    }

    for (i = 0; i + 4 <= len && i < FACETREE_MAGIC_TEXT; i++) {
        if (memcmp(data + i, "<svg", 4) == 0) {
            return 1;
        }
    }

    return 0;
}


facetree_format_e
facetree_magic_format(const uint8_t *data, size_t len, const char **refusal)
{
    size_t                   i;
    const facetree_magic_t  *magic;

    *refusal = NULL;

    for (i = 0; i < sizeof(facetree_magics) / sizeof(facetree_magics[0]); i++)
    {
        magic = &facetree_magics[i];

        if (len < (size_t) magic->offset + magic->len
            || memcmp(data + magic->offset, magic->bytes, magic->len) != 0)
        {
            continue;
        }

        if (magic->format == FACETREE_WEBP && memcmp(data, "RIFF", 4) != 0) {
            continue;
        }

        *refusal = magic->refusal;

        return magic->format;
    }

    if (facetree_magic_pnm(data, len)) {
        return FACETREE_PNM;
    }

    if (facetree_magic_svg(data, len)) {
        *refusal = FACETREE_OTHER("SVG");
    }

    return FACETREE_UNKNOWN_FORMAT;
}
