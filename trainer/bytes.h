
/*
 * Copyright (C) facetree contributors
 *
 * Gray levels by the register.  Buffers are as long as
 * facetree_bytes_room() says, and what comes after "count" bytes in the last
 * block may have any value unless it is said to matter.
 */


#ifndef FACETREE_BYTES_H
#define FACETREE_BYTES_H


#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__SSE2__) && !defined(FACETREE_BYTES_PLAIN)
#include <emmintrin.h>
#define FACETREE_BYTES_SSE2  1
#endif


#define FACETREE_BYTES_BLOCK  16

/* More 0s and 1s added byte by byte than that may not fit in a byte. */
#define FACETREE_BYTES_MOST   31


static inline size_t
facetree_bytes_room(size_t count)
{
    return count + FACETREE_BYTES_BLOCK;
}


/* A block of the last byte is added; there must be one. */

static inline void
facetree_bytes_pad(uint8_t *bytes, uint32_t count)
{
    memset(bytes + count, bytes[count - 1], FACETREE_BYTES_BLOCK);
}


/* The least and the greatest byte; padded. */

static inline void
facetree_bytes_range(const uint8_t *bytes, uint32_t count, uint8_t *low,
    uint8_t *high)
{
    uint32_t  i;

#if FACETREE_BYTES_SSE2

    __m128i  block, least, most;

    least = _mm_loadu_si128((const __m128i *) (const void *) bytes);
    most = least;

    for (i = FACETREE_BYTES_BLOCK; i < count; i += FACETREE_BYTES_BLOCK) {
        block = _mm_loadu_si128((const __m128i *) (const void *) (bytes + i));
        least = _mm_min_epu8(least, block);
        most = _mm_max_epu8(most, block);
    }

    least = _mm_min_epu8(least, _mm_srli_si128(least, 8));
    most = _mm_max_epu8(most, _mm_srli_si128(most, 8));
    least = _mm_min_epu8(least, _mm_srli_si128(least, 4));
    most = _mm_max_epu8(most, _mm_srli_si128(most, 4));
    least = _mm_min_epu8(least, _mm_srli_si128(least, 2));
    most = _mm_max_epu8(most, _mm_srli_si128(most, 2));
    least = _mm_min_epu8(least, _mm_srli_si128(least, 1));
    most = _mm_max_epu8(most, _mm_srli_si128(most, 1));

    *low = (uint8_t) _mm_cvtsi128_si32(least);
    *high = (uint8_t) _mm_cvtsi128_si32(most);

#else

    *low = bytes[0];
    *high = bytes[0];

    for (i = 1; i < count; i++) {
        *low = bytes[i] < *low ? bytes[i] : *low;
        *high = bytes[i] > *high ? bytes[i] : *high;
    }

#endif
}


/* 1 for each byte that is not above the limit, 0 for the others. */

static inline void
facetree_bytes_up_to(const uint8_t *bytes, uint32_t count, uint8_t limit,
    uint8_t *flags)
{
    uint32_t  i;

#if FACETREE_BYTES_SSE2

    __m128i  block, most, one;

    most = _mm_set1_epi8((char) limit);
    one = _mm_set1_epi8(1);

    for (i = 0; i < count; i += FACETREE_BYTES_BLOCK) {
        block = _mm_loadu_si128((const __m128i *) (const void *) (bytes + i));
        block = _mm_cmpeq_epi8(_mm_min_epu8(block, most), block);
        _mm_storeu_si128((__m128i *) (void *) (flags + i),
                         _mm_and_si128(block, one));
    }

#else

    for (i = 0; i < count; i++) {
        flags[i] = bytes[i] <= limit;
    }

#endif
}


static inline uint32_t
facetree_bytes_sum_word(uint64_t word)
{
    return (uint32_t) (word * 0x0101010101010101u >> 56);
}


/* How many of up to 8 flags are set: those for which "mask" has bytes. */

static inline uint32_t
facetree_bytes_count_few(const uint8_t *flags, uint64_t mask)
{
    uint64_t  word;

    memcpy(&word, flags, sizeof(word));

    return facetree_bytes_sum_word(word & mask);
}


static inline uint64_t
facetree_bytes_mask(uint32_t count)
{
    uint8_t   bytes[8];
    uint64_t  mask;

    memset(bytes, 0, sizeof(bytes));
    memset(bytes, 0xff, count < 8 ? count : 8);
    memcpy(&mask, bytes, sizeof(mask));

    return mask;
}


/* The same for any number. */

static inline uint32_t
facetree_bytes_count(const uint8_t *flags, uint32_t count)
{
    uint32_t  i, k, sum;
    uint64_t  word, words;

    sum = 0;

    for (i = 0; i + 8 <= count; /* void */ ) {
        words = 0;

        for (k = 0; k < FACETREE_BYTES_MOST && i + 8 <= count; k++, i += 8) {
            memcpy(&word, flags + i, sizeof(word));
            words += word;
        }

        sum += facetree_bytes_sum_word(words);
    }

    for ( /* void */ ; i < count; i++) {
        sum += flags[i];
    }

    return sum;
}


#endif /* FACETREE_BYTES_H */
