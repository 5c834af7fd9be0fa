
/*
 * Copyright (C) facetree contributors
 *
 * Property: for any bytes,
 *
 *   - decoding twice, into memory of different content and from a buffer that
 *     ends where the file ends, gives the same status, and on success the
 *     same pixels, all of them written;
 *   - what can be decoded can be probed, and both tell the same format, size
 *     and orientation; probing for the cost, which reads markers by itself,
 *     tells the same too, and no less memory than the decoder states;
 *   - the fast mode accepts and refuses the same files, and changes no pixel
 *     of formats other than JPEG;
 *   - a refusal blames the file or a limit, in a line of printable ASCII.
 *
 * The mutator knows the containers: after a change the CRCs of PNG chunks are
 * repaired; the pixel data of a PNG is changed under its compression; of a
 * JPEG one segment at a time is changed, repeated or left out, with a length
 * that fits.
 */


#include "facetree.h"
#include "fuzz.h"

#include <string.h>

#include <zlib.h>


#define FUZZ_SIDE    64
#define FUZZ_PIXELS  (FUZZ_SIDE * FUZZ_SIDE)
#define FUZZ_SMALL   8
#define FUZZ_RAW     (256 * 1024)


/* ---- the property ---- */


/* So small that no input takes long. */

static void
fuzz_limits(facetree_budget_t *budget, facetree_decode_mode_e mode)
{
    facetree_budget_init(budget, NULL);

    budget->limits.max_pixels = 300 * 1000;
    budget->limits.max_memory = 16 * 1024 * 1024;
    budget->limits.cpu_ms = 0;
    budget->limits.mode = mode;
}


static void
fuzz_check_error(facetree_status_e status, const facetree_error_t *err)
{
    size_t  i;

    FUZZ_ASSERT(err->status == status);
    FUZZ_ASSERT(status == FACETREE_EMEDIA || status == FACETREE_EIMAGE
                || status == FACETREE_EPIXELS || status == FACETREE_ESIDE
                || status == FACETREE_ESCANS
                || status == FACETREE_EMEMORY);
    FUZZ_ASSERT(err->text[0] != '\0');

    for (i = 0; err->text[i]; i++) {
        FUZZ_ASSERT(err->text[i] >= 0x20 && err->text[i] < 0x7f);
    }
}


static void
fuzz_check_fast(const uint8_t *data, size_t size, facetree_status_e expected,
    facetree_format_e format)
{
    uint8_t                  exact[FUZZ_SMALL * FUZZ_SMALL];
    uint8_t                  fast[FUZZ_SMALL * FUZZ_SMALL];
    facetree_status_e        status;
    facetree_budget_t        budget;

    /* so small a result that most pictures are shrunk on the way */

    fuzz_limits(&budget, FACETREE_DECODE_FAST);
    status = facetree_image_decode(data, size, &budget, FUZZ_SMALL, FUZZ_SMALL,
                                   fast, NULL, NULL);

    /* each takes its own amount of memory */
    FUZZ_ASSERT(status == expected || status == FACETREE_EMEMORY
                || expected == FACETREE_EMEMORY);

    if (status != FACETREE_OK || format == FACETREE_JPEG) {
        return;
    }

    budget.limits.mode = FACETREE_DECODE_EXACT;
    FUZZ_ASSERT(facetree_image_decode(data, size, &budget, FUZZ_SMALL,
                                      FUZZ_SMALL, exact, NULL, NULL)
                == FACETREE_OK);
    FUZZ_ASSERT(memcmp(exact, fast, sizeof(fast)) == 0);
}


/* The decoder refuses what takes more than the probe has stated. */

static void
fuzz_check_cost(const uint8_t *data, size_t size,
    const facetree_image_info_t *info)
{
    uint8_t                pixels[FUZZ_PIXELS];
    facetree_budget_t      budget;
    facetree_image_info_t  probed;

    fuzz_limits(&budget, FACETREE_DECODE_EXACT);
    FUZZ_ASSERT(facetree_budget_probe(&budget, data, size, &probed, NULL)
                == FACETREE_OK);
    FUZZ_ASSERT(probed.format == info->format
                && probed.width == info->width
                && probed.height == info->height
                && probed.orientation == info->orientation);
    FUZZ_ASSERT(budget.pixels == (uint64_t) info->width * info->height);
    FUZZ_ASSERT(budget.work > 0 && budget.memory > 0);

    FUZZ_ASSERT(facetree_image_decode(data, size, &budget, FUZZ_SIDE,
                                      FUZZ_SIDE, pixels, NULL, NULL)
                == FACETREE_OK);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t                  first[FUZZ_PIXELS], second[FUZZ_PIXELS];
    uint8_t                 *copy;
    facetree_error_t         err;
    facetree_status_e        status;
    facetree_image_info_t    info, probed;
    facetree_budget_t        budget;

    copy = malloc(size ? size : 1);
    FUZZ_ASSERT(copy);

    if (size) {
        memcpy(copy, data, size);
    }

    memset(first, 0x00, sizeof(first));
    memset(second, 0xff, sizeof(second));

    fuzz_limits(&budget, FACETREE_DECODE_EXACT);
    status = facetree_image_decode(copy, size, &budget, FUZZ_SIDE, FUZZ_SIDE,
                                   first, &info, &err);

    FUZZ_ASSERT(facetree_image_decode(data, size, &budget, FUZZ_SIDE,
                                      FUZZ_SIDE, second, NULL, NULL)
                == status);

    if (status == FACETREE_OK) {
        FUZZ_ASSERT(memcmp(first, second, sizeof(first)) == 0);

        FUZZ_ASSERT(facetree_image_probe(copy, size, &probed, NULL)
                    == FACETREE_OK);
        FUZZ_ASSERT(probed.format == info.format
                    && probed.width == info.width
                    && probed.height == info.height
                    && probed.orientation == info.orientation);

        fuzz_check_cost(copy, size, &info);

    } else {
        fuzz_check_error(status, &err);
        (void) facetree_image_probe(copy, size, &probed, NULL);

        fuzz_limits(&budget, FACETREE_DECODE_EXACT);
        (void) facetree_budget_probe(&budget, copy, size, &probed, NULL);
    }

    fuzz_check_fast(copy, size, status, info.format);

    free(copy);

    return 0;
}


/* ---- the mutator ---- */


static uint32_t
fuzz_get32(const uint8_t *p)
{
    return (uint32_t) p[0] << 24 | (uint32_t) p[1] << 16
           | (uint32_t) p[2] << 8 | p[3];
}


static void
fuzz_put32(uint8_t *p, uint32_t value)
{
    p[0] = (uint8_t) (value >> 24);
    p[1] = (uint8_t) (value >> 16);
    p[2] = (uint8_t) (value >> 8);
    p[3] = (uint8_t) value;
}


/* Lets the last chunk end with the file, and gives each its CRC. */

static void
fuzz_png_repair(uint8_t *data, size_t size)
{
    size_t  i, len;

    for (i = 8; i + 12 <= size; i += 12 + len) {
        len = fuzz_get32(data + i);

        if (len > size - i - 12) {
            len = size - i - 12;
            fuzz_put32(data + i, (uint32_t) len);
        }

        fuzz_put32(data + i + 8 + len,
                   (uint32_t) crc32(0, data + i + 4, (uInt) len + 4));
    }
}


/* Unpacks the first IDAT chunk, changes what was in it, and packs it again. */

static size_t
fuzz_png_pixels(uint8_t *data, size_t size, size_t max_size)
{
    size_t    i, len, rest;
    uLongf    raw_len, packed_len;
    uint8_t  *raw, *packed;

    len = 0;

    for (i = 8; i + 12 <= size; i += 12 + len) {
        len = fuzz_get32(data + i);

        if (len > size - i - 12) {
            return size;
        }

        if (memcmp(data + i + 4, "IDAT", 4) == 0) {
            break;
        }
    }

    if (i + 12 > size) {
        return size;
    }

    raw = calloc(2, FUZZ_RAW);
    FUZZ_ASSERT(raw);
    packed = raw + FUZZ_RAW;

    raw_len = FUZZ_RAW;
    packed_len = FUZZ_RAW;

    if (uncompress(raw, &raw_len, data + i + 8, len) != Z_OK) {
        goto done;
    }

    raw_len = LLVMFuzzerMutate(raw, raw_len, FUZZ_RAW / 2);

    if (compress2(packed, &packed_len, raw, raw_len, 1) != Z_OK) {
        goto done;
    }

    rest = size - i - 8 - len;

    if (i + 8 + packed_len + rest > max_size) {
        goto done;
    }

    memmove(data + i + 8 + packed_len, data + i + 8 + len, rest);
    memcpy(data + i + 8, packed, packed_len);
    fuzz_put32(data + i, (uint32_t) packed_len);
    size = i + 8 + packed_len + rest;

done:

    free(raw);

    return size;
}


/* Finds the n-th segment that has a length; returns 0 if there are fewer. */

static int
fuzz_jpeg_segment(const uint8_t *data, size_t size, uint32_t n, size_t *at,
    size_t *len)
{
    size_t  i;

    for (i = 2; i + 4 <= size; /* void */ ) {

        if (data[i] != 0xff || data[i + 1] < 0xc0 || data[i + 1] == 0xff
            || (data[i + 1] >= 0xd0 && data[i + 1] <= 0xd9))
        {
            i++;
            continue;
        }

        *at = i;
        *len = (size_t) (data[i + 2] << 8 | data[i + 3]) + 2;

        if (*len < 4 || *len > size - i) {
            return 0;
        }

        if (n-- == 0) {
            return 1;
        }

        i += *len;
    }

    return 0;
}


static size_t
fuzz_jpeg_change(uint8_t *data, size_t size, size_t max_size, uint32_t random)
{
    size_t  at, len, body, rest;

    if (!fuzz_jpeg_segment(data, size, random % 16, &at, &len)) {
        return LLVMFuzzerMutate(data, size, max_size);
    }

    rest = size - at - len;

    switch (random / 16 % 4) {

    case 0:                                     /* leave it out */
        memmove(data + at, data + at + len, rest);
        return size - len;

    case 1:                                     /* repeat it */
        if (size + len > max_size) {
            return size;
        }

        memmove(data + at + len, data + at, rest + len);
        return size + len;

    default:                                    /* change it in its place */
        body = LLVMFuzzerMutate(data + at + 4, len - 4, len - 4);
        memmove(data + at + 4 + body, data + at + len, rest);
        data[at + 2] = (uint8_t) ((body + 2) >> 8);
        data[at + 3] = (uint8_t) (body + 2);

        return at + 4 + body + rest;
    }
}


size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
    unsigned seed)
{
    uint32_t  state, random;

    state = seed | 1;
    random = fuzz_random(&state);

    if (size > 8 && memcmp(data, "\x89PNG", 4) == 0) {

        size = (random % 3 == 0) ? fuzz_png_pixels(data, size, max_size)
                                 : LLVMFuzzerMutate(data, size, max_size);

        if (random % 16 != 15 && size > 8) {
            fuzz_png_repair(data, size);
        }

        return size;
    }

    if (size > 4 && data[0] == 0xff && data[1] == 0xd8 && random % 2) {
        return fuzz_jpeg_change(data, size, max_size, fuzz_random(&state));
    }

    return LLVMFuzzerMutate(data, size, max_size);
}
