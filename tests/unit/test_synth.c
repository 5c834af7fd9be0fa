
/*
 * Copyright (C) facetree contributors
 *
 * The synthetic face set: reproducible, varied, and drawn faces rather than
 * flat or saturated patches.
 */


#include "synth.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>
#include <zlib.h>


#define TEST_PIXELS  (FACETREE_SYNTH_SIDE * FACETREE_SYNTH_SIDE)
#define TEST_COUNT   (FACETREE_SYNTH_PEOPLE * FACETREE_SYNTH_PICTURES)


/* The default set under a seed; freed by the caller. */

static uint8_t *
test_synth_set(uint32_t seed)
{
    uint8_t   *set;
    uint32_t   i;

    set = malloc((size_t) TEST_COUNT * TEST_PIXELS);
    cr_assert_not_null(set);

    for (i = 0; i < TEST_COUNT; i++) {
        facetree_synth_draw(seed, i / FACETREE_SYNTH_PICTURES,
                            i % FACETREE_SYNTH_PICTURES,
                            set + (size_t) i * TEST_PIXELS);
    }

    return set;
}


static double
test_synth_distance(const uint8_t *a, const uint8_t *b)
{
    int     i;
    double  sum;

    sum = 0.0;

    for (i = 0; i < TEST_PIXELS; i++) {
        sum += ((double) a[i] - b[i]) * ((double) a[i] - b[i]);
    }

    return sum / TEST_PIXELS;
}


/*
 * Any change of the drawing changes every model trained on it, so it must be
 * deliberate.  The same value holds for every compiler and machine.
 */

Test(synth, default_set_is_pinned)
{
    uint8_t   *set;
    uint32_t   crc;

    set = test_synth_set(0);
    crc = (uint32_t) crc32(0, set, (uInt) TEST_COUNT * TEST_PIXELS);

    cr_assert_eq(crc, 0xb04607c0u, "CRC-32 of the default set is %08x", crc);

    free(set);
}


Test(synth, pictures_do_not_depend_on_order)
{
    uint8_t   *set, again[TEST_PIXELS];
    uint32_t   i, n;

    set = test_synth_set(5);

    for (i = 0; i < TEST_COUNT; i += 7) {
        n = TEST_COUNT - 1 - i;
        memset(again, 0xa5, sizeof(again));

        facetree_synth_draw(5, n / FACETREE_SYNTH_PICTURES,
                            n % FACETREE_SYNTH_PICTURES, again);

        cr_assert_arr_eq(again, set + (size_t) n * TEST_PIXELS, TEST_PIXELS,
                         "picture %u", n);
    }

    free(set);
}


Test(synth, writes_its_pixels_and_no_more)
{
    int      i;
    uint8_t  guarded[TEST_PIXELS + 32], alone[TEST_PIXELS];

    memset(guarded, 0xa5, sizeof(guarded));

    facetree_synth_draw(1, 2, 3, guarded + 16);
    facetree_synth_draw(1, 2, 3, alone);

    cr_assert_arr_eq(guarded + 16, alone, TEST_PIXELS);

    for (i = 0; i < 16; i++) {
        cr_assert_eq(guarded[i], 0xa5);
        cr_assert_eq(guarded[16 + TEST_PIXELS + i], 0xa5);
    }
}


static int
test_synth_compare(const void *a, const void *b)
{
    return memcmp(*(uint8_t *const *) a, *(uint8_t *const *) b, TEST_PIXELS);
}


Test(synth, no_picture_twice)
{
    uint8_t   *sets[2], *all[2 * TEST_COUNT];
    uint32_t   i;

    sets[0] = test_synth_set(0);
    sets[1] = test_synth_set(1);

    for (i = 0; i < 2 * TEST_COUNT; i++) {
        all[i] = sets[i / TEST_COUNT] + (size_t) (i % TEST_COUNT)
                                        * TEST_PIXELS;
    }

    qsort(all, 2 * TEST_COUNT, sizeof(all[0]), test_synth_compare);

    for (i = 1; i < 2 * TEST_COUNT; i++) {
        cr_assert_neq(memcmp(all[i - 1], all[i], TEST_PIXELS), 0);
    }

    free(sets[0]);
    free(sets[1]);
}


/* Each number counts in full: none is truncated or mixed up with another. */

Test(synth, far_numbers)
{
    size_t    i, j;
    uint8_t   pixels[6][TEST_PIXELS];

    facetree_synth_draw(0, 0, 0, pixels[0]);
    facetree_synth_draw(UINT32_MAX, 0, 0, pixels[1]);
    facetree_synth_draw(0, UINT32_MAX, 0, pixels[2]);
    facetree_synth_draw(0, 0, UINT32_MAX, pixels[3]);
    facetree_synth_draw(UINT32_MAX, UINT32_MAX, UINT32_MAX, pixels[4]);
    facetree_synth_draw(0, 65536, 0, pixels[5]);

    for (i = 0; i < 6; i++) {
        for (j = i + 1; j < 6; j++) {
            cr_assert_gt(test_synth_distance(pixels[i], pixels[j]), 50.0,
                         "pictures %zu and %zu", i, j);
        }
    }
}


/*
 * Bounds with room on either side of what four seeds showed: means 67 .. 153,
 * standard deviations 21 .. 63, and no black or white pixel at all.
 */

static void
test_synth_tones(const uint8_t *pixels, uint32_t seed, uint32_t number)
{
    int     i, extreme;
    double  mean, square;

    mean = 0.0;
    square = 0.0;
    extreme = 0;

    for (i = 0; i < TEST_PIXELS; i++) {
        mean += pixels[i];
        square += (double) pixels[i] * pixels[i];
        extreme += pixels[i] <= 2 || pixels[i] >= 250;
    }

    mean /= TEST_PIXELS;
    square = square / TEST_PIXELS - mean * mean;

    cr_assert(mean > 50.0 && mean < 175.0,
              "seed %u picture %u: mean %f", seed, number, mean);
    cr_assert(square > 15.0 * 15.0 && square < 75.0 * 75.0,
              "seed %u picture %u: variance %f", seed, number, square);
    cr_assert_lt(extreme, TEST_PIXELS / 100,
                 "seed %u picture %u: %d black or white pixels",
                 seed, number, extreme);
}


Test(synth, no_picture_is_flat_or_saturated)
{
    uint8_t   *set;
    uint32_t   i, seed;

    for (seed = 0; seed < 3; seed++) {
        set = test_synth_set(seed);

        for (i = 0; i < TEST_COUNT; i++) {
            test_synth_tones(set + (size_t) i * TEST_PIXELS, seed, i);
        }

        free(set);
    }
}


/* Mean distance of the pictures of p to those of q. */

static double
test_synth_spread(const uint8_t *set, uint32_t p, uint32_t q)
{
    double    sum;
    uint32_t  i, j, pairs;

    sum = 0.0;
    pairs = 0;

    for (i = 0; i < FACETREE_SYNTH_PICTURES; i++) {
        for (j = 0; j < FACETREE_SYNTH_PICTURES; j++) {
            if (p == q && i == j) {
                continue;
            }

            sum += test_synth_distance(
                       set + (p * FACETREE_SYNTH_PICTURES + i) * TEST_PIXELS,
                       set + (q * FACETREE_SYNTH_PICTURES + j) * TEST_PIXELS);
            pairs++;
        }
    }

    return sum / pairs;
}


Test(synth, people_resemble_themselves)
{
    double     own, others;
    uint8_t   *set;
    uint32_t   p, q;

    set = test_synth_set(0);

    for (p = 0; p < FACETREE_SYNTH_PEOPLE; p++) {
        own = test_synth_spread(set, p, p);
        others = 0.0;

        for (q = 0; q < FACETREE_SYNTH_PEOPLE; q++) {
            if (q != p) {
                others += test_synth_spread(set, p, q);
            }
        }

        others /= FACETREE_SYNTH_PEOPLE - 1;

        cr_assert_lt(own, others, "person %u: %f to its own pictures, %f to "
                     "those of others", p, own, others);

        /* And yet no two pictures are nearly the same. */

        cr_assert_gt(own, 100.0, "person %u: %f", p, own);
    }

    free(set);
}


static void *
test_synth_thread(void *arg)
{
    (void) arg;

    return test_synth_set(9);
}


Test(synth, threads_do_not_disturb_each_other)
{
    int        i;
    void      *drawn[3];
    pthread_t  threads[3];

    for (i = 0; i < 3; i++) {
        cr_assert_eq(pthread_create(&threads[i], NULL, test_synth_thread,
                                    NULL), 0);
    }

    for (i = 0; i < 3; i++) {
        cr_assert_eq(pthread_join(threads[i], &drawn[i]), 0);
    }

    for (i = 1; i < 3; i++) {
        cr_assert_eq(memcmp(drawn[0], drawn[i],
                            (size_t) TEST_COUNT * TEST_PIXELS), 0);
        free(drawn[i]);
    }

    free(drawn[0]);
}
