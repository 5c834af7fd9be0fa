
/*
 * Copyright (C) facetree contributors
 */


#include <criterion/criterion.h>

#include "bytes.h"

#include <stdlib.h>


#define MOST  600


/* Runs of every length, at every offset of a register. */

static void
fill(uint8_t *bytes, uint32_t count, unsigned seed)
{
    uint32_t  i;

    srand(seed);

    for (i = 0; i < count; i++) {
        bytes[i] = (uint8_t) rand();
    }
}


Test(bytes, range)
{
    uint8_t   bytes[MOST + FACETREE_BYTES_BLOCK], low, high, least, most;
    uint32_t  i, count;

    for (count = 1; count <= 100; count++) {
        fill(bytes, MOST, count);

        least = 255;
        most = 0;

        for (i = 0; i < count; i++) {
            least = bytes[i] < least ? bytes[i] : least;
            most = bytes[i] > most ? bytes[i] : most;
        }

        facetree_bytes_pad(bytes, count);
        facetree_bytes_range(bytes, count, &low, &high);

        cr_assert_eq(low, least, "least of %u", count);
        cr_assert_eq(high, most, "greatest of %u", count);
    }
}


Test(bytes, flags_and_their_count)
{
    uint8_t   bytes[MOST + FACETREE_BYTES_BLOCK];
    uint8_t   flags[MOST + FACETREE_BYTES_BLOCK];
    uint32_t  i, limit, sum;

    fill(bytes, MOST, 1);
    memset(flags, 0, sizeof(flags));

    for (limit = 0; limit <= 255; limit++) {
        facetree_bytes_up_to(bytes, MOST, (uint8_t) limit, flags);

        sum = 0;

        for (i = 0; i < MOST; i++) {
            cr_assert_eq(flags[i], bytes[i] <= limit);

            cr_assert_eq(facetree_bytes_count(flags, i), sum);
            sum += flags[i];
        }

        cr_assert_eq(facetree_bytes_count(flags, MOST), sum);
    }
}


Test(bytes, few)
{
    uint8_t   flags[16];
    uint32_t  i, count, first, sum;

    for (i = 0; i < sizeof(flags); i++) {
        flags[i] = i % 3 != 1;
    }

    for (count = 0; count <= 8; count++) {
        for (first = 0; first < 8; first++) {

            sum = 0;

            for (i = first; i < first + count; i++) {
                sum += flags[i];
            }

            cr_assert_eq(facetree_bytes_count_few(flags + first,
                                                  facetree_bytes_mask(count)),
                         sum);
        }
    }

    cr_assert_eq(facetree_bytes_mask(9), UINT64_MAX);
}
