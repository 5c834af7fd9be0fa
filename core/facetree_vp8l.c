
/*
 * Copyright (C) facetree contributors
 *
 * The WebP lossless bitstream, RFC 9649, section 3, as far as the codes of the
 * pixels: transforms and their pictures, the colour cache, the picture that
 * names a group of codes for each block.  Whatever is not well-formed ends the
 * reading; libwebp refuses it, too.
 */


#ifndef FACETREE_NO_WEBP

#include "facetree_vp8l.h"
#include "facetree_bytes.h"

#include <stdlib.h>
#include <string.h>


/* Symbols read at most: for 4 x 8 pixels one, and some. */
#define FACETREE_VP8L_SYMBOLS   (512 * 1024)
#define FACETREE_VP8L_PIXELS    32
#define FACETREE_VP8L_SPARE     (64 * 1024)

#define FACETREE_VP8L_BITS      15             /* of a code, at most */
#define FACETREE_VP8L_LENGTHS   24             /* codes of lengths */
#define FACETREE_VP8L_CACHE     11             /* bits of the colour cache */
#define FACETREE_VP8L_GREEN     (256 + FACETREE_VP8L_LENGTHS                  \
                                 + (1 << FACETREE_VP8L_CACHE))
#define FACETREE_VP8L_CODES     5

/*
 * Of a group in libwebp: entries of its tables, four bytes each, beside one for
 * each colour of the cache; bytes of what it keeps with them.  Up to UNUSED
 * groups are made without counting those in use.
 */
#define FACETREE_VP8L_TABLE     2956
#define FACETREE_VP8L_GROUP     640
#define FACETREE_VP8L_UNUSED    1000

/* The shortest group: five codes of four bits. */
#define FACETREE_VP8L_SHORTEST  20


/* A canonical code: how many there are of each length, and whose they are. */

typedef struct {
    uint16_t  count[FACETREE_VP8L_BITS + 1];
    uint16_t  symbols[FACETREE_VP8L_GREEN];
    int       single;              /* one symbol, which takes no bits */
} facetree_vp8l_code_t;

typedef struct {
    const uint8_t         *data;
    size_t                 len;
    uint64_t               bit;        /* to be read next */
    uint32_t               left;       /* symbols that may be read */
    int                    failed;
    int                    costly;     /* ended because of "left" */
    uint32_t               cache_bits;
    uint8_t               *seen;       /* groups in use, a byte each */
    uint32_t               groups;
    uint32_t               highest;    /* of them, and one */
    uint32_t              *cache;
    facetree_vp8l_code_t   codes[FACETREE_VP8L_CODES];
} facetree_vp8l_t;


static uint32_t
facetree_vp8l_bits(facetree_vp8l_t *vp8l, uint32_t count)
{
    uint32_t  i, value;

    if (vp8l->bit + count > (uint64_t) vp8l->len * 8) {
        vp8l->failed = 1;
        return 0;
    }

    value = 0;

    for (i = 0; i < count; i++) {
        value |= (uint32_t) (vp8l->data[vp8l->bit / 8] >> (vp8l->bit % 8) & 1)
                 << i;
        vp8l->bit++;
    }

    return value;
}


static uint32_t
facetree_vp8l_symbol(facetree_vp8l_t *vp8l, const facetree_vp8l_code_t *code)
{
    uint32_t  bits, first, index, len;

    if (code->single) {
        return code->symbols[0];
    }

    bits = 0;
    first = 0;
    index = 0;

    for (len = 1; len <= FACETREE_VP8L_BITS; len++) {
        bits |= facetree_vp8l_bits(vp8l, 1);

        if (bits < first + code->count[len]) {
            return code->symbols[index + bits - first];
        }

        index += code->count[len];
        first = (first + code->count[len]) << 1;
        bits <<= 1;
    }

    vp8l->failed = 1;

    return 0;
}


/* Fails unless the lengths are those of a whole code, or of one symbol. */

static void
facetree_vp8l_build(facetree_vp8l_t *vp8l, facetree_vp8l_code_t *code,
    const uint8_t *lengths, uint32_t count)
{
    int32_t   open;
    uint32_t  i, len, used;
    uint16_t  next[FACETREE_VP8L_BITS + 1];

    memset(code, 0, sizeof(*code));
    used = 0;

    for (i = 0; i < count; i++) {
        code->count[lengths[i]]++;
        used += (lengths[i] != 0);
    }

    code->count[0] = 0;
    code->single = (used == 1);
    open = 1;
    next[0] = 0;

    for (len = 1; len <= FACETREE_VP8L_BITS; len++) {
        open = 2 * open - code->count[len];
        next[len] = (uint16_t) (next[len - 1] + code->count[len - 1]);

        if (open < 0) {
            vp8l->failed = 1;
            return;
        }
    }

    if (used == 0 || (used > 1 && open != 0)) {
        vp8l->failed = 1;
        return;
    }

    for (i = 0; i < count; i++) {
        if (lengths[i]) {
            code->symbols[next[lengths[i]]++] = (uint16_t) i;
        }
    }
}


/* One or two symbols, named by their numbers. */

static void
facetree_vp8l_simple(facetree_vp8l_t *vp8l, uint8_t *lengths)
{
    uint32_t  two, wide;

    two = facetree_vp8l_bits(vp8l, 1);
    wide = facetree_vp8l_bits(vp8l, 1);

    lengths[facetree_vp8l_bits(vp8l, wide ? 8 : 1)] = 1;

    if (two) {
        lengths[facetree_vp8l_bits(vp8l, 8)] = 1;
    }
}


/* Lengths in a code of their own, with repetitions. */

static void
facetree_vp8l_lengths(facetree_vp8l_t *vp8l, uint8_t *lengths,
    uint32_t count)
{
    uint8_t               own[19];
    uint32_t              i, last, most, symbol, times, value;
    facetree_vp8l_code_t  code;

    static const uint8_t  order[19] = {
        17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    };

    memset(own, 0, sizeof(own));
    times = facetree_vp8l_bits(vp8l, 4) + 4;

    for (i = 0; i < times && i < 19; i++) {
        own[order[i]] = (uint8_t) facetree_vp8l_bits(vp8l, 3);
    }

    if (times > 19) {
        vp8l->failed = 1;
        return;
    }

    facetree_vp8l_build(vp8l, &code, own, 19);

    most = count;

    if (facetree_vp8l_bits(vp8l, 1)) {
        most = 2 + facetree_vp8l_bits(vp8l,
                                      2 + 2 * facetree_vp8l_bits(vp8l, 3));
    }

    last = 8;

    for (i = 0; i < count && most && !vp8l->failed; most--) {
        symbol = facetree_vp8l_symbol(vp8l, &code);
        value = symbol;
        times = 1;

        switch (symbol) {

        case 16:
            value = last;
            times = 3 + facetree_vp8l_bits(vp8l, 2);
            break;

        case 17:
            value = 0;
            times = 3 + facetree_vp8l_bits(vp8l, 3);
            break;

        case 18:
            value = 0;
            times = 11 + facetree_vp8l_bits(vp8l, 7);
            break;

        default:
            last = symbol ? symbol : last;
            break;
        }

        if (times > count - i) {
            vp8l->failed = 1;
            return;
        }

        memset(lengths + i, (int) value, times);
        i += times;
    }
}


/* The five codes of a group; "cache" is the size of the colour cache. */

static void
facetree_vp8l_group(facetree_vp8l_t *vp8l, uint32_t cache)
{
    uint32_t  i, count;
    uint8_t   lengths[FACETREE_VP8L_GREEN];

    for (i = 0; i < FACETREE_VP8L_CODES && !vp8l->failed; i++) {
        count = (i == 0) ? 256 + FACETREE_VP8L_LENGTHS + cache
                : (i == 4) ? 40 : 256;

        memset(lengths, 0, sizeof(lengths));

        if (facetree_vp8l_bits(vp8l, 1)) {
            facetree_vp8l_simple(vp8l, lengths);

        } else {
            facetree_vp8l_lengths(vp8l, lengths, count);
        }

        if (!vp8l->failed) {
            facetree_vp8l_build(vp8l, &vp8l->codes[i], lengths, count);
        }
    }
}


/* A length or a distance, by its prefix code. */

static uint32_t
facetree_vp8l_prefix(facetree_vp8l_t *vp8l, uint32_t symbol)
{
    uint32_t  extra;

    if (symbol < 4) {
        return symbol + 1;
    }

    extra = (symbol - 2) >> 1;

    return ((2 + (symbol & 1)) << extra) + facetree_vp8l_bits(vp8l, extra) + 1;
}


/* In pixels; the first 120 name neighbours in two dimensions. */

static uint32_t
facetree_vp8l_distance(uint32_t code, uint32_t width)
{
    int32_t  distance, x, y;

    static const uint8_t  plane[120] = {
        0x18, 0x07, 0x17, 0x19, 0x28, 0x06, 0x27, 0x29, 0x16, 0x1a, 0x26, 0x2a,
        0x38, 0x05, 0x37, 0x39, 0x15, 0x1b, 0x36, 0x3a, 0x25, 0x2b, 0x48, 0x04,
        0x47, 0x49, 0x14, 0x1c, 0x35, 0x3b, 0x46, 0x4a, 0x24, 0x2c, 0x58, 0x45,
        0x4b, 0x34, 0x3c, 0x03, 0x57, 0x59, 0x13, 0x1d, 0x56, 0x5a, 0x23, 0x2d,
        0x44, 0x4c, 0x55, 0x5b, 0x33, 0x3d, 0x68, 0x02, 0x67, 0x69, 0x12, 0x1e,
        0x66, 0x6a, 0x22, 0x2e, 0x54, 0x5c, 0x43, 0x4d, 0x65, 0x6b, 0x32, 0x3e,
        0x78, 0x01, 0x77, 0x79, 0x53, 0x5d, 0x11, 0x1f, 0x64, 0x6c, 0x42, 0x4e,
        0x76, 0x7a, 0x21, 0x2f, 0x75, 0x7b, 0x31, 0x3f, 0x63, 0x6d, 0x52, 0x5e,
        0x00, 0x74, 0x7c, 0x41, 0x4f, 0x10, 0x20, 0x62, 0x6e, 0x30, 0x73, 0x7d,
        0x51, 0x5f, 0x40, 0x72, 0x7e, 0x61, 0x6f, 0x50, 0x71, 0x7f, 0x60, 0x70
    };

    if (code > 120) {
        return code - 120;
    }

    y = plane[code - 1] >> 4;
    x = 8 - (plane[code - 1] & 15);
    distance = y * (int32_t) width + x;

    return (distance >= 1) ? (uint32_t) distance : 1;
}


/* The pixels of a picture by one group of codes; stored if asked. */

static void
facetree_vp8l_pixels(facetree_vp8l_t *vp8l, uint32_t width, uint32_t count,
    uint32_t cache_bits, uint32_t *pixels)
{
    uint32_t  cached, code, distance, i, length, pixel;

    cached = 0;                        /* pixels that the cache has seen */

    for (i = 0; i < count && !vp8l->failed; /* void */ ) {

        if (vp8l->left == 0) {
            vp8l->failed = 1;
            vp8l->costly = 1;
            return;
        }

        vp8l->left--;
        code = facetree_vp8l_symbol(vp8l, &vp8l->codes[0]);

        if (code < 256) {
            pixel = facetree_vp8l_symbol(vp8l, &vp8l->codes[1]) << 16;
            pixel |= code << 8;
            pixel |= facetree_vp8l_symbol(vp8l, &vp8l->codes[2]);
            pixel |= facetree_vp8l_symbol(vp8l, &vp8l->codes[3]) << 24;

            if (pixels) {
                pixels[i] = pixel;
            }

            i++;

        } else if (code < 256 + FACETREE_VP8L_LENGTHS) {
            length = facetree_vp8l_prefix(vp8l, code - 256);
            distance = facetree_vp8l_prefix(vp8l,
                           facetree_vp8l_symbol(vp8l, &vp8l->codes[4]));
            distance = facetree_vp8l_distance(distance, width);

            if (distance > i || length > count - i) {
                vp8l->failed = 1;
                return;
            }

            for ( /* void */ ; length; length--, i++) {
                if (pixels) {
                    pixels[i] = pixels[i - distance];
                }
            }

        } else if (pixels) {
            for ( /* void */ ; cached < i; cached++) {
                vp8l->cache[0x1e35a7bdu * pixels[cached] >> (32 - cache_bits)]
                    = pixels[cached];
            }

            pixels[i++] = vp8l->cache[code - 256 - FACETREE_VP8L_LENGTHS];

        } else {
            i++;
        }
    }
}


static uint32_t
facetree_vp8l_cache(facetree_vp8l_t *vp8l)
{
    uint32_t  bits;

    if (facetree_vp8l_bits(vp8l, 1) == 0) {
        return 0;
    }

    bits = facetree_vp8l_bits(vp8l, 4);

    if (bits < 1 || bits > FACETREE_VP8L_CACHE) {
        vp8l->failed = 1;
        return 0;
    }

    return bits;
}


/* A picture within the stream: a cache, one group of codes, pixels. */

static void
facetree_vp8l_picture(facetree_vp8l_t *vp8l, uint32_t width, uint32_t height,
    uint32_t *pixels)
{
    uint32_t  bits;

    bits = facetree_vp8l_cache(vp8l);

    if (!vp8l->failed) {
        facetree_vp8l_group(vp8l, bits ? 1u << bits : 0);
    }

    if (vp8l->failed) {
        return;
    }

    if (bits) {
        memset(vp8l->cache, 0, sizeof(uint32_t) << FACETREE_VP8L_CACHE);
    }

    facetree_vp8l_pixels(vp8l, width, width * height, bits, pixels);
}


static uint32_t
facetree_vp8l_blocks(uint32_t side, uint32_t bits)
{
    return (side + (1u << bits) - 1) >> bits;
}


/* The transforms; returns the width that is left of the picture. */

static uint32_t
facetree_vp8l_transforms(facetree_vp8l_t *vp8l, uint32_t width,
    uint32_t height)
{
    uint32_t  bits, colors, seen, type;

    seen = 0;

    while (!vp8l->failed && facetree_vp8l_bits(vp8l, 1)) {
        type = facetree_vp8l_bits(vp8l, 2);

        if (seen & (1u << type)) {
            vp8l->failed = 1;
            break;
        }

        seen |= 1u << type;

        if (type < 2) {                /* predictors, colours by blocks */
            bits = facetree_vp8l_bits(vp8l, 3) + 2;
            facetree_vp8l_picture(vp8l, facetree_vp8l_blocks(width, bits),
                                  facetree_vp8l_blocks(height, bits), NULL);

        } else if (type == 3) {        /* a palette */
            colors = facetree_vp8l_bits(vp8l, 8) + 1;
            bits = (colors > 16) ? 0 : (colors > 4) ? 1 : (colors > 2) ? 2 : 3;
            facetree_vp8l_picture(vp8l, colors, 1, NULL);
            width = facetree_vp8l_blocks(width, bits);
        }
    }

    return width;
}


/* The picture of groups; counts those in use. */

static void
facetree_vp8l_count(facetree_vp8l_t *vp8l, uint32_t width, uint32_t height)
{
    uint32_t   bits, group, i, count;
    uint32_t  *pixels;

    bits = facetree_vp8l_bits(vp8l, 3) + 2;
    width = facetree_vp8l_blocks(width, bits);
    height = facetree_vp8l_blocks(height, bits);
    count = width * height;

    if (vp8l->failed || count > FACETREE_VP8L_SYMBOLS) {
        vp8l->costly = !vp8l->failed;
        vp8l->failed = 1;
        return;
    }

    pixels = malloc(count * sizeof(uint32_t));

    if (pixels == NULL) {
        vp8l->failed = 1;
        return;
    }

    facetree_vp8l_picture(vp8l, width, height, pixels);

    for (i = 0; i < count && !vp8l->failed; i++) {
        group = pixels[i] >> 8 & 0xffff;
        vp8l->groups += !vp8l->seen[group];
        vp8l->seen[group] = 1;
        vp8l->highest = (group >= vp8l->highest) ? group + 1 : vp8l->highest;
    }

    free(pixels);
}


/* Of a stream behind its header. */

static void
facetree_vp8l_read(facetree_vp8l_t *vp8l, uint32_t width, uint32_t height)
{
    width = facetree_vp8l_transforms(vp8l, width, height);

    if (!vp8l->failed) {
        vp8l->cache_bits = facetree_vp8l_cache(vp8l);
    }

    vp8l->groups = 1;
    vp8l->highest = 1;

    if (!vp8l->failed && facetree_vp8l_bits(vp8l, 1) && !vp8l->failed) {
        vp8l->groups = 0;
        facetree_vp8l_count(vp8l, width, height);
    }
}


static uint64_t
facetree_vp8l_stream(const uint8_t *data, size_t len, uint32_t width,
    uint32_t height)
{
    uint64_t          groups, pixels, size;
    facetree_vp8l_t  *vp8l;

    vp8l = calloc(1, sizeof(facetree_vp8l_t) + FACETREE_VP8L_MAX_GROUPS
                     + (sizeof(uint32_t) << FACETREE_VP8L_CACHE));

    if (vp8l == NULL) {
        return 0;                      /* libwebp will not find memory either */
    }

    vp8l->data = data;
    vp8l->len = len;
    pixels = (uint64_t) width * height / FACETREE_VP8L_PIXELS
             + FACETREE_VP8L_SPARE;
    vp8l->left = (pixels < FACETREE_VP8L_SYMBOLS) ? (uint32_t) pixels
                                                  : FACETREE_VP8L_SYMBOLS;
    vp8l->cache = (uint32_t *) (vp8l + 1);
    vp8l->seen = (uint8_t *) (vp8l->cache + (1 << FACETREE_VP8L_CACHE));

    facetree_vp8l_read(vp8l, width, height);

    if (vp8l->costly) {
        groups = (uint64_t) len * 8 / FACETREE_VP8L_SHORTEST
                 + FACETREE_VP8L_UNUSED;
        groups = (groups < FACETREE_VP8L_MAX_GROUPS) ? groups
                                               : FACETREE_VP8L_MAX_GROUPS;

    } else if (vp8l->failed) {
        groups = 0;                    /* refused before there are any */

    } else {
        groups = (vp8l->highest <= FACETREE_VP8L_UNUSED) ? vp8l->highest
                                                         : vp8l->groups;
    }

    size = 4 * (FACETREE_VP8L_TABLE
                + (1u << (vp8l->costly ? FACETREE_VP8L_CACHE
                                       : vp8l->cache_bits)))
           + FACETREE_VP8L_GROUP;

    free(vp8l);

    return groups * size;
}


uint64_t
facetree_vp8l_memory(const uint8_t *data, size_t len, uint32_t width,
    uint32_t height)
{
    size_t  i, size;

    i = 12;                                     /* behind RIFF, size, WEBP */

    while (i < len && len - i >= 8) {
        size = facetree_get_le32(data + i + 4);
        size = (size < len - i - 8) ? size : len - i - 8;

        if (memcmp(data + i, "VP8L", 4) == 0 && size >= 5) {
            return facetree_vp8l_stream(data + i + 8 + 5, size - 5, width,
                                        height);
        }

        /* alpha in the lossless way, behind a byte that says so */

        if (memcmp(data + i, "ALPH", 4) == 0 && size >= 1
            && (data[i + 8] & 3) == 1)
        {
            return facetree_vp8l_stream(data + i + 8 + 1, size - 1, width,
                                        height);
        }

        if (memcmp(data + i, "VP8 ", 4) == 0) {
            break;
        }

        i += 8 + size + (size & 1);
    }

    return 0;
}

#else

typedef int  facetree_vp8l_absent_t;

#endif
