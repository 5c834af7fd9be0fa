
/*
 * Copyright (C) facetree contributors
 */


#include "options.h"
#include "settings.h"

#include <criterion/criterion.h>
#include <string.h>


static facetree_option_t
test_option(facetree_option_pt parse, const void *rule)
{
    facetree_option_t  option;

    memset(&option, 0, sizeof(option));

    option.name = "option";
    option.metavar = "X";
    option.parse = parse;
    option.rule = rule;

    return option;
}


static void
test_option_refused(const facetree_option_t *option, const char *text,
    const char *expected)
{
    char              untouched[64];
    facetree_error_t  err;

    memset(untouched, 0x5a, sizeof(untouched));

    cr_assert_eq(option->parse(option, text, untouched, &err),
                 FACETREE_EINVAL, "\"%s\" was accepted", text);
    cr_assert_eq(untouched[0], 0x5a, "\"%s\" wrote a value", text);

    if (expected) {
        cr_assert_str_eq(err.text, expected);
    }
}


Test(options, unsigned_numbers)
{
    uint32_t              value;
    facetree_error_t      err;
    facetree_option_t     option;
    facetree_uint_rule_t  rule = { 1, 20, 0 };

    option = test_option(facetree_option_uint, &rule);

    cr_assert_eq(option.parse(&option, "1", &value, &err), FACETREE_OK);
    cr_assert_eq(value, 1);
    cr_assert_eq(option.parse(&option, "020", &value, &err), FACETREE_OK);
    cr_assert_eq(value, 20);

    test_option_refused(&option, "0",
                        "--option 0: must be a whole number from 1 to 20");
    test_option_refused(&option, "21", NULL);
    test_option_refused(&option, "", "--option '': must be a whole number "
                        "from 1 to 20");
    test_option_refused(&option, "-1", NULL);
    test_option_refused(&option, "+1", NULL);
    test_option_refused(&option, " 1", NULL);
    test_option_refused(&option, "1 ", NULL);
    test_option_refused(&option, "1.0", NULL);
    test_option_refused(&option, "0x1", NULL);
    test_option_refused(&option, "none", NULL);
    test_option_refused(&option, "18446744073709551617", NULL);
}


Test(options, unsigned_numbers_up_to_the_type)
{
    uint32_t           value;
    facetree_error_t   err;
    facetree_option_t  option;

    option = test_option(facetree_option_uint, &facetree_rule_seed);

    cr_assert_eq(option.parse(&option, "4294967295", &value, &err),
                 FACETREE_OK);
    cr_assert_eq(value, UINT32_MAX);
    test_option_refused(&option, "4294967296", NULL);

    option = test_option(facetree_option_uint, &facetree_rule_max_depth);

    cr_assert_eq(option.parse(&option, "none", &value, &err), FACETREE_OK);
    cr_assert_eq(value, 0);
    test_option_refused(&option, "0", "--option 0: must be a whole number "
                        "from 1 to 2147483647, or none");
}


Test(options, one_is_a_count_and_one_point_zero_a_fraction)
{
    facetree_error_t   err;
    facetree_option_t  option;
    facetree_amount_t  amount;

    option = test_option(facetree_option_amount,
                         &facetree_rule_max_features);

    cr_assert_eq(option.parse(&option, "1", &amount, &err), FACETREE_OK);
    cr_assert_eq(amount.kind, FACETREE_AMOUNT_COUNT);
    cr_assert_eq(amount.count, 1);

    cr_assert_eq(option.parse(&option, "1.0", &amount, &err), FACETREE_OK);
    cr_assert_eq(amount.kind, FACETREE_AMOUNT_FRACTION);
    cr_assert_eq(amount.fraction, 1.0);

    cr_assert_eq(option.parse(&option, "1e-1", &amount, &err), FACETREE_OK);
    cr_assert_eq(amount.kind, FACETREE_AMOUNT_FRACTION);
    cr_assert_eq(amount.fraction, 0.1);

    cr_assert_eq(option.parse(&option, "sqrt", &amount, &err), FACETREE_OK);
    cr_assert_eq(amount.kind, FACETREE_AMOUNT_SQRT);

    cr_assert_eq(option.parse(&option, "log2", &amount, &err), FACETREE_OK);
    cr_assert_eq(amount.kind, FACETREE_AMOUNT_LOG2);

    cr_assert_eq(option.parse(&option, "none", &amount, &err), FACETREE_OK);
    cr_assert_eq(amount.kind, FACETREE_AMOUNT_NONE);
}


Test(options, amounts_have_scikit_learns_ranges)
{
    facetree_error_t   err;
    facetree_option_t  option;
    facetree_amount_t  amount;

    option = test_option(facetree_option_amount,
                         &facetree_rule_samples_split);

    cr_assert_eq(option.parse(&option, "2", &amount, &err), FACETREE_OK);
    cr_assert_eq(option.parse(&option, "1.0", &amount, &err), FACETREE_OK);
    test_option_refused(&option, "1", "--option 1: must be a count from 2, "
                        "or a fraction above 0.0 up to 1.0");
    test_option_refused(&option, "0.0", NULL);
    test_option_refused(&option, "1.5", NULL);
    test_option_refused(&option, "sqrt", NULL);
    test_option_refused(&option, "none", NULL);

    option = test_option(facetree_option_amount, &facetree_rule_samples_leaf);

    cr_assert_eq(option.parse(&option, "1", &amount, &err), FACETREE_OK);
    cr_assert_eq(option.parse(&option, ".5", &amount, &err), FACETREE_OK);
    test_option_refused(&option, "1.0", "--option 1.0: must be a count from "
                        "1, or a fraction between 0.0 and 1.0");
    test_option_refused(&option, "0", NULL);

    option = test_option(facetree_option_amount, &facetree_rule_test_size);

    test_option_refused(&option, "-0.1", NULL);
    test_option_refused(&option, "nan", NULL);
    test_option_refused(&option, "inf", NULL);
    test_option_refused(&option, "0.3x", NULL);
    test_option_refused(&option, "9999999999", NULL);
}


Test(options, sizes)
{
    facetree_size_t    size;
    facetree_error_t   err;
    facetree_option_t  option;

    option = test_option(facetree_option_size, NULL);

    cr_assert_eq(option.parse(&option, "12x256", &size, &err), FACETREE_OK);
    cr_assert_eq(size.width, 12);
    cr_assert_eq(size.height, 256);

    test_option_refused(&option, "257x1", "--option 257x1: must be "
                        "WIDTHxHEIGHT, each from 1 to 256");
    test_option_refused(&option, "0x1", NULL);
    test_option_refused(&option, "1x0", NULL);
    test_option_refused(&option, "64", NULL);
    test_option_refused(&option, "x64", NULL);
    test_option_refused(&option, "64x", NULL);
    test_option_refused(&option, "64x64x64", NULL);
    test_option_refused(&option, "0000000000000064x64", NULL);
    test_option_refused(&option, "", NULL);
}


Test(options, reals_and_their_ends)
{
    double                value;
    facetree_error_t      err;
    facetree_option_t     option;
    facetree_real_rule_t  rule = { 0.0, 1.0 };

    option = test_option(facetree_option_real, &rule);

    cr_assert_eq(option.parse(&option, "0", &value, &err), FACETREE_OK);
    cr_assert_eq(value, 0.0);
    cr_assert_eq(option.parse(&option, "1", &value, &err), FACETREE_OK);
    cr_assert_eq(value, 1.0);
    cr_assert_eq(option.parse(&option, "0.1", &value, &err), FACETREE_OK);
    cr_assert_eq(value, 0.1);

    test_option_refused(&option, "1.0000000000000002",
                        "--option 1.0000000000000002: must be a number from "
                        "0 to 1");
    test_option_refused(&option, "-0.1", NULL);
    test_option_refused(&option, "1e999", NULL);
    test_option_refused(&option, "nan", NULL);
    test_option_refused(&option, "0x1p-1", NULL);
    test_option_refused(&option, "0,5", NULL);
}


Test(options, choices_name_all_words)
{
    const char         *word;
    facetree_error_t    err;
    facetree_option_t   option;

    option = test_option(facetree_option_choice, facetree_criteria);

    cr_assert_eq(option.parse(&option, "log_loss", &word, &err),
                 FACETREE_OK);
    cr_assert_eq(word, facetree_criteria[2]);

    test_option_refused(&option, "Gini", "--option Gini: must be one of "
                        "gini, entropy, log_loss");
    test_option_refused(&option, "gin", NULL);
}


Test(options, flags_texts_and_digests)
{
    int                 flag, off = 0;
    const char         *text;
    facetree_error_t    err;
    facetree_option_t   option;

    option = test_option(facetree_option_flag, NULL);
    flag = 7;
    cr_assert_eq(option.parse(&option, NULL, &flag, &err), FACETREE_OK);
    cr_assert_eq(flag, 1);

    option = test_option(facetree_option_flag, &off);
    cr_assert_eq(option.parse(&option, NULL, &flag, &err), FACETREE_OK);
    cr_assert_eq(flag, 0);

    option = test_option(facetree_option_text, NULL);
    cr_assert_eq(option.parse(&option, "x", &text, &err), FACETREE_OK);
    cr_assert_str_eq(text, "x");
    test_option_refused(&option, "", "--option: must not be empty");

    option = test_option(facetree_option_sha256, NULL);
    cr_assert_eq(option.parse(&option, "0123456789abcdefABCDEF0123456789"
                              "0123456789abcdefABCDEF0123456789", &text,
                              &err), FACETREE_OK);
    test_option_refused(&option, "0123", "--option 0123: must be 64 "
                        "hexadecimal digits");
    test_option_refused(&option, "g123456789abcdefABCDEF0123456789"
                        "0123456789abcdefABCDEF0123456789", NULL);
}


Test(options, a_message_is_one_line_whatever_the_value)
{
    char                  hostile[400];
    facetree_error_t      err;
    facetree_option_t     option;

    memset(hostile, '\n', sizeof(hostile) - 1);
    hostile[sizeof(hostile) - 1] = '\0';

    option = test_option(facetree_option_uint, &facetree_rule_seed);

    cr_assert_eq(option.parse(&option, hostile, &err, &err),
                 FACETREE_EINVAL);
    cr_assert_null(strchr(err.text, '\n'));
    cr_assert_not_null(strstr(err.text, "must be a whole number"));
}
