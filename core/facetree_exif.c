
/*
 * Copyright (C) facetree contributors
 *
 * Reads the orientation of a picture from its EXIF data.  The decoders of
 * JPEG, PNG and WebP call it.
 */


#include "facetree_exif.h"
#include "facetree_bytes.h"

#include <string.h>

#include <zlib.h>


#define FACETREE_TIFF_ORIENTATION  0x0112
#define FACETREE_TIFF_ENTRY_LEN    12
#define FACETREE_WEBP_EXIF_FLAG    0x08


typedef struct {
    const uint8_t  *data;
    size_t          len;
    int             big_endian;
} facetree_tiff_t;


static uint32_t
facetree_tiff_get16(const facetree_tiff_t *tiff, size_t offset)
{
    const uint8_t  *p = tiff->data + offset;

    return tiff->big_endian ? facetree_get_be16(p) : facetree_get_le16(p);
}


static uint32_t
facetree_tiff_get32(const facetree_tiff_t *tiff, size_t offset)
{
    const uint8_t  *p = tiff->data + offset;

    return tiff->big_endian ? facetree_get_be32(p) : facetree_get_le32(p);
}


/* Bytes of one value of a TIFF type; 0 for a type that does not exist. */

static uint32_t
facetree_tiff_type_size(uint32_t type)
{
    static const uint8_t  sizes[] = {
        0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8
    };

    return (type < sizeof(sizes)) ? sizes[type] : 0;
}


/* A number from 1 to 8 that is exactly that, else 0. */

static uint32_t
facetree_tiff_whole(double value)
{
    return (value >= 1 && value <= 8 && value == (uint32_t) value)
           ? (uint32_t) value : 0;
}


static double
facetree_tiff_float(const facetree_tiff_t *tiff, size_t offset)
{
    float     value;
    uint32_t  bits;

    bits = facetree_tiff_get32(tiff, offset);
    memcpy(&value, &bits, sizeof(value));

    return (double) value;
}


static uint64_t
facetree_tiff_get64(const facetree_tiff_t *tiff, size_t offset)
{
    uint64_t  first, second;

    first = facetree_tiff_get32(tiff, offset);
    second = facetree_tiff_get32(tiff, offset + 4);

    return tiff->big_endian ? first << 32 | second : second << 32 | first;
}


static double
facetree_tiff_double(const facetree_tiff_t *tiff, size_t offset)
{
    double    value;
    uint64_t  bits;

    bits = facetree_tiff_get64(tiff, offset);
    memcpy(&value, &bits, sizeof(value));

    return value;
}


static uint32_t
facetree_tiff_fraction(const facetree_tiff_t *tiff, size_t offset)
{
    uint32_t  numerator, denominator;

    numerator = facetree_tiff_get32(tiff, offset);
    denominator = facetree_tiff_get32(tiff, offset + 4);

    return (denominator && numerator % denominator == 0)
           ? numerator / denominator : 0;
}


/*
 * The first value of a number type, at "offset".  To Pillow a BYTE is no
 * number, but a string of bytes, and turns nothing.
 */

static uint32_t
facetree_tiff_number(const facetree_tiff_t *tiff, uint32_t type,
    size_t offset)
{
    switch (type) {

    case 6:                                     /* SBYTE */
        return tiff->data[offset];

    case 3:                                     /* SHORT */
    case 8:                                     /* SSHORT */
        return facetree_tiff_get16(tiff, offset);

    case 4:                                     /* LONG */
    case 9:                                     /* SLONG */
    case 13:                                    /* IFD */
        return facetree_tiff_get32(tiff, offset);

    case 5:                                     /* RATIONAL */
    case 10:                                    /* SRATIONAL */
        return facetree_tiff_fraction(tiff, offset);

    case 11:                                    /* FLOAT */
        return facetree_tiff_whole(facetree_tiff_float(tiff, offset));

    case 12:                                    /* DOUBLE */
        return facetree_tiff_whole(facetree_tiff_double(tiff, offset));

    case 16:                                    /* LONG8 */
        return facetree_tiff_get64(tiff, offset) <= 8
               ? (uint32_t) facetree_tiff_get64(tiff, offset) : 0;

    default:
        return 0;
    }
}


/*
 * Walks the first directory as Pillow does, so that damaged files turn the
 * same way: an unknown type or an empty value is skipped, a value that lies
 * outside ends the walk, and of several Orientation tags the last one counts.
 */

static uint32_t
facetree_tiff_orientation(const facetree_tiff_t *tiff)
{
    size_t    entry, offset;
    uint32_t  i, count, type, values, size, value;

    value = 0;
    entry = facetree_tiff_get32(tiff, 4);

    if (entry > tiff->len || tiff->len - entry < 2) {
        return 0;
    }

    count = facetree_tiff_get16(tiff, entry);
    entry += 2;

    for (i = 0; i < count; i++) {

        if (tiff->len - entry < FACETREE_TIFF_ENTRY_LEN) {
            break;
        }

        type = facetree_tiff_get16(tiff, entry + 2);
        values = facetree_tiff_get32(tiff, entry + 4);
        size = facetree_tiff_type_size(type);
        offset = entry + 8;

        if (size && values > 4 / size) {
            offset = facetree_tiff_get32(tiff, entry + 8);

            if (offset > tiff->len || values > (tiff->len - offset) / size) {
                break;
            }
        }

        if (size && values
            && facetree_tiff_get16(tiff, entry) == FACETREE_TIFF_ORIENTATION)
        {
            value = facetree_tiff_number(tiff, type, offset);
        }

        entry += FACETREE_TIFF_ENTRY_LEN;
    }

    return value;
}


uint32_t
facetree_exif_orientation(const uint8_t *data, size_t len)
{
    uint32_t         value;
    facetree_tiff_t  tiff;

    if (len >= 6 && memcmp(data, "Exif\0\0", 6) == 0) {
        data += 6;
        len -= 6;
    }

    if (len < 8) {
        return 1;
    }

    tiff.data = data;
    tiff.len = len;

    if (memcmp(data, "II*\0", 4) == 0) {
        tiff.big_endian = 0;

    } else if (memcmp(data, "MM\0*", 4) == 0) {
        tiff.big_endian = 1;

    } else {
        return 1;
    }

    value = facetree_tiff_orientation(&tiff);

    return (value >= 1 && value <= 8) ? value : 1;
}


uint32_t
facetree_exif_jpeg(const uint8_t *data, size_t len, size_t max)
{
    size_t    i, size;
    uint32_t  marker;

    i = 2;                                      /* behind SOI */

    while (i < len && len - i >= 4) {

        if (data[i] != 0xff || data[i + 1] == 0xff || data[i + 1] == 0) {
            i++;                                /* fill bytes, or junk */
            continue;
        }

        marker = data[i + 1];

        if (marker == 0xda || marker == 0xd9) {
            break;                              /* SOS, EOI */
        }

        if (marker == 0x01 || (marker >= 0xd0 && marker <= 0xd8)) {
            i += 2;                             /* TEM, RSTn, SOI: no length */
            continue;
        }

        size = facetree_get_be16(data + i + 2);

        if (size < 2 || size > len - i - 2) {
            break;
        }

        if (marker == 0xe1 && size >= 7
            && memcmp(data + i + 4, "Exif", 5) == 0)
        {
            return (size - 2 <= max)
                   ? facetree_exif_orientation(data + i + 4, size - 2) : 1;
        }

        i += 2 + size;
    }

    return 1;
}


uint32_t
facetree_exif_png(const uint8_t *data, size_t len, size_t max)
{
    size_t    i, size;
    uint32_t  orientation;

    orientation = 1;
    i = 8;                                      /* behind the signature */

    while (i < len && len - i >= 12) {
        size = facetree_get_be32(data + i);

        if (size > len - i - 12 || memcmp(data + i + 4, "IEND", 4) == 0) {
            break;
        }

        if (memcmp(data + i + 4, "eXIf", 4) == 0 && size <= max
            && crc32(crc32(0, NULL, 0), data + i + 4, (uInt) size + 4)
               == facetree_get_be32(data + i + 8 + size))
        {
            orientation = facetree_exif_orientation(data + i + 8, size);
        }

        i += 12 + size;
    }

    return orientation;
}


uint32_t
facetree_exif_webp(const uint8_t *data, size_t len, size_t max)
{
    size_t  i, size;

    if (len < 30 || memcmp(data + 12, "VP8X", 4) != 0
        || (data[20] & FACETREE_WEBP_EXIF_FLAG) == 0)
    {
        return 1;
    }

    i = 12;

    while (i < len && len - i >= 8) {
        size = facetree_get_le32(data + i + 4);

        if (size > len - i - 8) {
            break;
        }

        if (memcmp(data + i, "EXIF", 4) == 0) {
            return (size <= max)
                   ? facetree_exif_orientation(data + i + 8, size) : 1;
        }

        i += 8 + size + (size & 1);
    }

    return 1;
}
