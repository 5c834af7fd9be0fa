
/*
 * Copyright (C) facetree contributors
 */


#include "golden.h"
#include "random.h"

#include <criterion/criterion.h>
#include <stdlib.h>


static void
test_random_drawn(const json_t *seed, const char *name, size_t i,
    uint32_t value)
{
    json_t  *array;

    array = json_object_get(seed, name);
    cr_assert(i < json_array_size(array));

    cr_assert_eq(value, json_integer_value(json_array_get(array, i)),
                 "%s: item %zu", name, i);
}


static void
test_random_below(const json_t *recorded, const char *name, uint32_t seed,
    uint32_t high)
{
    size_t         i;
    facetree_mt_t  mt;

    facetree_mt_seed(&mt, seed);

    for (i = 0; i < json_array_size(json_object_get(recorded, name)); i++) {
        test_random_drawn(recorded, name, i, facetree_mt_below(&mt, high));
    }
}


static void
test_random_permutation(const json_t *recorded, const char *name,
    uint32_t seed, uint32_t count, uint32_t taken)
{
    uint32_t       i, items[64];
    facetree_mt_t  mt;

    facetree_mt_seed(&mt, seed);
    facetree_mt_permutation(&mt, items, count);

    for (i = 0; i < taken; i++) {
        test_random_drawn(recorded, name, i, items[i]);
    }
}


Test(random, numpy)
{
    size_t          i;
    json_t         *json, *recorded;
    uint32_t        seed, checked;
    const char     *name;
    facetree_mt_t   mt;

    json = golden_json("s00-rng-splits");
    checked = 0;

    json_object_foreach(json, name, recorded) {

        if (name[0] < '0' || name[0] > '9') {
            continue;
        }

        seed = (uint32_t) strtoul(name, NULL, 10);
        facetree_mt_seed(&mt, seed);

        for (i = 0; i < 12; i++) {
            test_random_drawn(recorded, "raw_uint32", i,
                              facetree_mt_word(&mt));
        }

        test_random_below(recorded, "randint_0_2147483647", seed,
                          FACETREE_SEED_BOUND);
        test_random_below(recorded, "randint_0_10", seed, 10);
        test_random_below(recorded, "randint_0_280", seed, 280);

        test_random_permutation(recorded, "permutation_10", seed, 10, 10);
        test_random_permutation(recorded, "permutation_37", seed, 37, 37);
        test_random_permutation(recorded, "choice_5_of_12_without_replacement",
                                seed, 12, 5);
        checked++;
    }

    cr_assert_eq(checked, 5);

    json_decref(json);
}


Test(random, xorshift)
{
    size_t                i;
    json_t               *json, *states, *recorded;
    uint32_t              checked;
    const char           *name;
    facetree_xorshift_t   xorshift;

    json = golden_json("s00-rng-splits");
    states = json_object_get(json, "xorshift31_from_state");
    checked = 0;

    json_object_foreach(states, name, recorded) {
        xorshift.state = (uint32_t) strtoul(name, NULL, 10);

        for (i = 0; i < json_array_size(recorded); i++, checked++) {
            test_random_drawn(states, name, i,
                              facetree_xorshift_word(&xorshift));
        }
    }

    cr_assert_eq(checked, 60);

    json_decref(json);
}


/* More than one regeneration; the words were taken from numpy 1.24.2. */

Test(random, regenerates)
{
    uint32_t       i, word;
    facetree_mt_t  mt;

    word = 0;
    facetree_mt_seed(&mt, 42);

    for (i = 0; i < 2000; i++) {
        word = facetree_mt_word(&mt);
    }

    cr_assert_eq(word, 2238969328u);
}


Test(random, nothing_to_draw)
{
    uint32_t       item;
    facetree_mt_t  mt, untouched;

    facetree_mt_seed(&mt, 7);
    facetree_mt_seed(&untouched, 7);

    cr_assert_eq(facetree_mt_below(&mt, 1), 0);

    facetree_mt_permutation(&mt, &item, 1);
    cr_assert_eq(item, 0);

    facetree_mt_permutation(&mt, NULL, 0);

    cr_assert_eq(facetree_mt_word(&mt), facetree_mt_word(&untouched));
}


Test(random, uniform_ends)
{
    uint32_t             i;
    double               drawn;
    facetree_xorshift_t  xorshift;

    xorshift.state = 1608637542;

    for (i = 0; i < 1000; i++) {
        drawn = facetree_xorshift_uniform(&xorshift, 3.0, 5.0);
        cr_assert(drawn >= 3.0 && drawn <= 5.0);
        cr_assert(facetree_xorshift_between(&xorshift, 9, 11) - 9 < 2);
    }
}
