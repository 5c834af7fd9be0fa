
/*
 * Copyright (C) facetree contributors
 *
 * File formats by their first bytes, never by name or declared type.
 */


#include "facetree_image.h"

#include <string.h>
#include <strings.h>


#define FACETREE_MAGIC_TEXT  1024  /* how far to look for "<svg" */

#define FACETREE_HEIC                                                         \
    "HEIC pictures are not accepted; send JPEG (on an iPhone: Settings, "     \
    "Camera, Formats, Most Compatible)"

#define FACETREE_BASE64                                                       \
    "base64 text is not accepted here; send JPEG, PNG, WebP, BMP or PNM as "  \
    "it is, in bytes"

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
    { 0, 3, "II\xbc", FACETREE_UNKNOWN_FORMAT,
      FACETREE_OTHER("JPEG XR") },
    { 0, 8, "FUJIFILM", FACETREE_UNKNOWN_FORMAT,
      FACETREE_OTHER("A camera's raw format") },
    { 0, 4, "IIRO", FACETREE_UNKNOWN_FORMAT,
      FACETREE_OTHER("A camera's raw format") },
    { 0, 4, "IIU\0", FACETREE_UNKNOWN_FORMAT,
      FACETREE_OTHER("A camera's raw format") },
    { 0, 8, "gimp xcf", FACETREE_UNKNOWN_FORMAT,
      FACETREE_OTHER("XCF (GIMP)") },
    { 0, 4, "v/1\x01", FACETREE_UNKNOWN_FORMAT,
      FACETREE_OTHER("OpenEXR") },
    { 0, 4, "qoif", FACETREE_UNKNOWN_FORMAT,
      FACETREE_OTHER("QOI") },
    { 0, 4, "DDS ", FACETREE_UNKNOWN_FORMAT,
      FACETREE_OTHER("DDS") },
    { 0, 4, "icns", FACETREE_UNKNOWN_FORMAT,
      FACETREE_OTHER("ICNS") },
    { 0, 4, "%!PS", FACETREE_UNKNOWN_FORMAT,
      FACETREE_OTHER("PostScript") },
    { 0, 4, "\x1a\x45\xdf\xa3", FACETREE_UNKNOWN_FORMAT,
      FACETREE_OTHER("A video (WebM or Matroska)") },
    { 0, 4, "PK\x03\x04", FACETREE_UNKNOWN_FORMAT,
      FACETREE_OTHER("A ZIP archive or office document") },

    /* pictures that were put into text on their way */
    { 0, 11, "data:image/", FACETREE_UNKNOWN_FORMAT, FACETREE_BASE64 },
    { 0, 4, "/9j/", FACETREE_UNKNOWN_FORMAT, FACETREE_BASE64 },
    { 0, 11, "iVBORw0KGgo", FACETREE_UNKNOWN_FORMAT, FACETREE_BASE64 },
    { 0, 5, "UklGR", FACETREE_UNKNOWN_FORMAT, FACETREE_BASE64 },
    { 0, 4, "<svg", FACETREE_UNKNOWN_FORMAT, FACETREE_OTHER("SVG") }
};


static int
facetree_magic_pnm(const uint8_t *data, size_t len)
{
    return len >= 3 && data[0] == 'P' && data[1] >= '1' && data[1] <= '6'
           && (data[2] == ' ' || (data[2] >= '\t' && data[2] <= '\r'));
}


/* Behind a byte order mark and white space; returns how much that is. */

static size_t
facetree_magic_text(const uint8_t *data, size_t len)
{
    size_t  i;

    i = (len >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0) ? 3 : 0;

    while (i < len && i < FACETREE_MAGIC_TEXT
           && (data[i] == ' ' || (data[i] >= '\t' && data[i] <= '\r')))
    {
        i++;
    }

    return i;
}


/* SVG, also behind an XML declaration, a comment or a document type. */

static int
facetree_magic_svg(const uint8_t *data, size_t len)
{
    size_t  i;

    i = facetree_magic_text(data, len);
    data += i;
    len -= i;

    if (len < 5 || data[0] != '<' || (data[1] != '?' && data[1] != '!'
                                      && data[1] != 's'))
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


/* A page, perhaps that of an error, where a picture should have been. */

static int
facetree_magic_html(const uint8_t *data, size_t len)
{
    size_t  i;

    i = facetree_magic_text(data, len);

    return (len - i >= 14 && strncasecmp((const char *) data + i,
                                         "<!doctype html", 14) == 0)
           || (len - i >= 5 && strncasecmp((const char *) data + i, "<html",
                                           5) == 0);
}


/*
 * A HEIF file of the kind "mif1" or "msf1" says among its compatible brands
 * what is in it.
 */

static int
facetree_magic_avif(const uint8_t *data, size_t len)
{
    size_t  i, end;

    if (len < 16 || (memcmp(data + 4, "ftypmif1", 8) != 0
                     && memcmp(data + 4, "ftypmsf1", 8) != 0))
    {
        return 0;
    }

    end = (len < 64) ? len : 64;
    end = (data[0] || data[1] || data[2] || data[3] >= end) ? end : data[3];

    for (i = 16; i + 4 <= end; i += 4) {
        if (memcmp(data + i, "avif", 4) == 0) {
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

        *refusal = facetree_magic_avif(data, len) ? FACETREE_OTHER("AVIF")
                                                  : magic->refusal;

        return magic->format;
    }

    if (facetree_magic_pnm(data, len)) {
        return FACETREE_PNM;
    }

    if (facetree_magic_svg(data, len)) {
        *refusal = FACETREE_OTHER("SVG");

    } else if (facetree_magic_html(data, len)) {
        *refusal = FACETREE_OTHER("A web page (HTML)");
    }

    return FACETREE_UNKNOWN_FORMAT;
}
