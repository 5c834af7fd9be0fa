
/*
 * Copyright (C) facetree contributors
 */


#include "augment.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>


#define TEST_SIDE  9


static void
test_augment_picture(uint8_t *pixels)
{
    uint32_t  i;

    for (i = 0; i < TEST_SIDE * TEST_SIDE; i++) {
        pixels[i] = (uint8_t) (i * 37 % 200);
    }
}


Test(augment, nothing_changes_nothing)
{
    uint8_t          from[TEST_SIDE * TEST_SIDE], to[sizeof(from)];
    facetree_warp_t  warp;

    test_augment_picture(from);
    facetree_warp_init(&warp);
    facetree_warp(&warp, from, to, TEST_SIDE, TEST_SIDE);

    cr_assert_eq(memcmp(from, to, sizeof(from)), 0);
}


Test(augment, whole_shifts_move_pixels_and_repeat_the_edge)
{
    int              x, y, sx, sy;
    uint8_t          from[TEST_SIDE * TEST_SIDE], to[sizeof(from)];
    facetree_warp_t  warp;

    test_augment_picture(from);
    facetree_warp_init(&warp);
    warp.right = 2.0;
    warp.down = -1.0;
    facetree_warp(&warp, from, to, TEST_SIDE, TEST_SIDE);

    for (y = 0; y < TEST_SIDE; y++) {
        for (x = 0; x < TEST_SIDE; x++) {
            sx = x < 2 ? 0 : x - 2;
            sy = y + 1 < TEST_SIDE ? y + 1 : y;
            cr_assert_eq(to[y * TEST_SIDE + x], from[sy * TEST_SIDE + sx]);
        }
    }
}


Test(augment, mirror_gain_and_turn)
{
    int              x, y;
    uint8_t          from[TEST_SIDE * TEST_SIDE], to[sizeof(from)];
    facetree_warp_t  warp;

    test_augment_picture(from);
    facetree_warp_init(&warp);
    warp.mirror = 1;
    warp.gain = 1.5;
    facetree_warp(&warp, from, to, TEST_SIDE, TEST_SIDE);

    for (y = 0; y < TEST_SIDE; y++) {
        for (x = 0; x < TEST_SIDE; x++) {
            int level = (from[y * TEST_SIDE + TEST_SIDE - 1 - x] * 3 + 1) / 2;

            cr_assert_eq(to[y * TEST_SIDE + x], level > 255 ? 255 : level);
        }
    }

    /* A bright spot right of the centre, turned clockwise, goes down. */
    memset(from, 0, sizeof(from));
    from[4 * TEST_SIDE + 8] = 200;
    facetree_warp_init(&warp);
    warp.degrees = 45.0;
    facetree_warp(&warp, from, to, TEST_SIDE, TEST_SIDE);
    cr_assert_gt(to[7 * TEST_SIDE + 7], 100);
    cr_assert_eq(to[4 * TEST_SIDE + 8], 0);
}


static facetree_augmented_t
test_augment_make(uint32_t count, uint32_t copies, uint32_t seed)
{
    static uint8_t        pixels[4 * TEST_SIDE * TEST_SIDE];
    static uint32_t       labels[4] = { 1, 0, 1, 0 };
    static uint32_t       rows[4] = { 2, 0, 3, 1 };
    uint32_t              i;
    facetree_error_t      err;
    facetree_examples_t   examples;
    facetree_augmented_t  made;

    facetree_augment_params_t  params = {
        .copies = copies, .shift = 0.1, .rotation = 9.0, .scale = 0.1,
        .gain = 0.2
    };

    for (i = 0; i < sizeof(pixels); i++) {
        pixels[i] = (uint8_t) (i * 73 % 251);
    }

    examples.pixels = pixels;
    examples.labels = labels;
    examples.rows = rows;
    examples.count = count;
    examples.features = TEST_SIDE * TEST_SIDE;
    examples.classes = 2;
    examples.spend = 0;

    cr_assert_eq(facetree_augment(&made, &examples, TEST_SIDE, &params,
                                  seed, &err), FACETREE_OK, "%s", err.text);

    for (i = 0; i < count; i++) {
        cr_assert_eq(memcmp(made.pixels + i * examples.features,
                            pixels + rows[i] * examples.features,
                            examples.features), 0);
        cr_assert_eq(made.labels[i], labels[rows[i]]);
        cr_assert_eq(made.labels[count + i * copies], labels[rows[i]]);
        cr_assert_eq(made.labels[count + i * copies + copies - 1],
                     labels[rows[i]]);
    }

    cr_assert_eq(made.examples.count, count * (copies + 1));
    cr_assert_eq(made.rows[made.examples.count - 1],
                 made.examples.count - 1);

    return made;
}


/* A copy depends on its picture's place, its own number and the seed. */

Test(augment, copies_do_not_depend_on_each_other)
{
    size_t                side;
    facetree_augmented_t  few, many, other;

    side = TEST_SIDE * TEST_SIDE;
    few = test_augment_make(2, 3, 5);
    many = test_augment_make(4, 6, 5);
    other = test_augment_make(4, 6, 6);

    cr_assert_eq(memcmp(few.pixels + 2 * side, many.pixels + 4 * side,
                        3 * side), 0);
    cr_assert_eq(memcmp(few.pixels + 5 * side, many.pixels + 10 * side,
                        3 * side), 0);
    cr_assert_neq(memcmp(many.pixels + 4 * side, many.pixels + 5 * side,
                         side), 0);
    cr_assert_neq(memcmp(many.pixels + 4 * side, other.pixels + 4 * side,
                         side), 0);

    facetree_augmented_clear(&few);
    facetree_augmented_clear(&many);
    facetree_augmented_clear(&other);
}


Test(augment, too_many_copies_are_refused)
{
    uint8_t               pixel;
    uint32_t              zero;
    facetree_error_t      err;
    facetree_examples_t   examples;
    facetree_augmented_t  made;

    facetree_augment_params_t  params = { .copies = 2 };

    zero = 0;
    pixel = 0;
    examples.pixels = &pixel;
    examples.labels = &zero;
    examples.rows = &zero;
    examples.count = INT32_MAX / 2;
    examples.features = 1;
    examples.classes = 1;
    examples.spend = 0;

    cr_assert_eq(facetree_augment(&made, &examples, 1, &params, 0, &err),
                 FACETREE_EINVAL);
    cr_assert_null(made.pixels);
}


/* Nothing is drawn beyond what is allowed: with nothing allowed copies are
   the picture, or its mirror image. */

Test(augment, without_changes_only_mirrored)
{
    uint32_t              i, k, same, mirrored, zero;
    uint8_t               pixels[TEST_SIDE * TEST_SIDE], mirror[sizeof(pixels)];
    facetree_error_t      err;
    facetree_examples_t   examples;
    facetree_augmented_t  made;

    facetree_augment_params_t  params = { .copies = 40 };

    test_augment_picture(pixels);

    for (i = 0; i < sizeof(pixels); i++) {
        k = i % TEST_SIDE;
        mirror[i] = pixels[i - k + TEST_SIDE - 1 - k];
    }

    zero = 0;
    examples.pixels = pixels;
    examples.labels = &zero;
    examples.rows = &zero;
    examples.count = 1;
    examples.features = sizeof(pixels);
    examples.classes = 1;
    examples.spend = 0;

    cr_assert_eq(facetree_augment(&made, &examples, TEST_SIDE, &params, 7,
                                  &err), FACETREE_OK);

    same = 0;
    mirrored = 0;

    for (i = 1; i <= params.copies; i++) {
        same += memcmp(made.pixels + i * sizeof(pixels), pixels,
                       sizeof(pixels)) == 0;
        mirrored += memcmp(made.pixels + i * sizeof(pixels), mirror,
                           sizeof(pixels)) == 0;
    }

    cr_assert_eq(same + mirrored, params.copies);
    cr_assert(same > 5 && mirrored > 5);

    facetree_augmented_clear(&made);
}
