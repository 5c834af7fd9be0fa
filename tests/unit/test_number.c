
/*
 * Copyright (C) facetree contributors
 *
 * Numbers as text: short, and the same number when read back.
 */


#include "facetree_number.h"
#include "fixture_forest.h"

#include <criterion/criterion.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>


Test(number, short_forms)
{
    char    text[FACETREE_NUMBER_LEN];
    size_t  i;

    static const struct {
        double       value;
        const char  *text;
    } tests[] = {
        { 0.0, "0" }, { 1.0, "1" }, { 0.1, "0.1" }, { 0.00025, "0.00025" },
        { 2.5, "2.5" }, { 1e21, "1e+21" }, { -3.25, "-3.25" },
        { 0.1 + 0.2, "0.30000000000000004" }, { 5e-324, "5e-324" }
    };

    for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        facetree_number_double(tests[i].value, text);
        cr_expect_str_eq(text, tests[i].text);
    }

    facetree_number_float(0.1f, text);
    cr_expect_str_eq(text, "0.1");
    facetree_number_float(16777216.0f, text);
    cr_expect_float_eq(strtof(text, NULL), 16777216.0f, 0.0f);
}


Test(number, round_trip)
{
    char      text[FACETREE_NUMBER_LEN];
    float     f;
    double    d;
    uint32_t  i, state;

    state = 1;

    for (i = 0; i < 20000; i++) {
        d = (double) facetree_test_random(&state)
            / (1.0 + facetree_test_random(&state) % 1000);
        facetree_number_double(d, text);
        cr_assert_eq(strtod(text, NULL), d);

        f = (float) d;
        facetree_number_float(f, text);
        cr_assert_eq(strtof(text, NULL), f);
        cr_assert_leq(strlen(text), 16);
    }
}


/* The decimal point is a point, where such a locale is installed. */

Test(number, locale)
{
    char  text[FACETREE_NUMBER_LEN];

    if (setlocale(LC_NUMERIC, "de_DE.UTF-8") == NULL
        && setlocale(LC_NUMERIC, "fr_FR.UTF-8") == NULL)
    {
        cr_skip_test("no locale with a decimal comma is installed");
    }

    facetree_number_double(0.5, text);
    cr_expect_str_eq(text, "0.5");
}


Test(number, parse)
{
    size_t    i;
    uint64_t  n;

    static const char *const  bad[] = {
        "", "-1", "+1", " 1", "1 ", "1.0", "101", "1000", "99999999999999999",
        "18446744073709551617"
    };

    cr_assert(facetree_number_parse("0", 1, 100, &n));
    cr_expect_eq(n, 0);
    cr_assert(facetree_number_parse("100", 3, 100, &n));
    cr_expect_eq(n, 100);
    cr_assert(facetree_number_parse("00099", 5, 100, &n));
    cr_expect_eq(n, 99);
    cr_assert(facetree_number_parse("18446744073709551615", 20, UINT64_MAX,
                                    &n));
    cr_expect_eq(n, UINT64_MAX);
    cr_expect_not(facetree_number_parse("18446744073709551616", 20,
                                        UINT64_MAX, &n));
    cr_expect(facetree_number_parse("0", 1, 0, &n));
    cr_expect_not(facetree_number_parse("1", 1, 0, &n));

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        cr_expect_not(facetree_number_parse(bad[i], strlen(bad[i]), 100, &n),
                      "%s", bad[i]);
    }
}
