
/*
 * Copyright (C) facetree contributors
 */


#include "document.h"
#include "text.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>


static void
test_text_escaped(const char *text, const char *expected)
{
    char  out[64];

    facetree_text_escape(text, out, sizeof(out));
    cr_assert_str_eq(out, expected);
}


Test(text, plain_is_utf8_without_controls)
{
    cr_assert(facetree_text_plain(""));
    cr_assert(facetree_text_plain("s00"));
    cr_assert(facetree_text_plain("Zo\xc3\xab \xf0\x9f\x98\x80"));

    cr_assert_not(facetree_text_plain("a\nb"));
    cr_assert_not(facetree_text_plain("\x7f"));
    cr_assert_not(facetree_text_plain("\xc2\x85"));
    cr_assert_not(facetree_text_plain("caf\xe9"));
    cr_assert_not(facetree_text_plain("\xed\xa0\x80"));
    cr_assert_not(facetree_text_plain("\xf0\x9f\x98"));
}


Test(text, what_is_not_plain_is_escaped)
{
    test_text_escaped("s00", "s00");
    test_text_escaped("Zo\xc3\xab", "Zo\xc3\xab");
    test_text_escaped("a\nb\x1b[", "a\\x0ab\\x1b[");
    test_text_escaped("caf\xe9", "caf\\xe9");
    test_text_escaped("\xc2\x85", "\\xc2\\x85");
}


Test(text, escaping_cuts_at_whole_characters)
{
    char  out[8];

    facetree_text_escape("abcde\xc3\xab", out, 8);
    cr_assert_str_eq(out, "abcde\xc3\xab");

    facetree_text_escape("abcde\xc3\xab", out, 7);
    cr_assert_str_eq(out, "abcde");

    facetree_text_escape("abcd\n", out, 8);
    cr_assert_str_eq(out, "abcd");

    facetree_text_escape("abc", out, 1);
    cr_assert_str_eq(out, "");
}


Test(text, basename)
{
    char                out[8];
    size_t              i;
    const char *const   cases[][2] = {
        { "a", "a" }, { "/x/a", "a" }, { "x/a//", "a" }, { "/", "/" },
        { "//", "/" }, { "", "/" }, { "x/abcdefghij", "abcdefg" },
        { "..", ".." }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        facetree_text_basename(cases[i][0], out, sizeof(out));
        cr_assert_str_eq(out, cases[i][1], "\"%s\" gave \"%s\"", cases[i][0],
                         out);
    }
}


Test(text, doubles_are_short_and_exact)
{
    char    out[FACETREE_TEXT_DOUBLE];
    size_t  i;

    const struct {
        double       value;
        const char  *text;
    } cases[] = {
        { 0.0, "0.0" }, { 1.0, "1.0" }, { -2.0, "-2.0" }, { 0.3, "0.3" },
        { 52.0 / 120.0, "0.43333333333333335" }, { 1e300, "1e+300" },
        { 0.1 + 0.2, "0.30000000000000004" },
        { 5e-324, "4.94065645841247e-324" }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        facetree_text_double(cases[i].value, out);
        cr_assert_str_eq(out, cases[i].text);
        cr_assert_eq(strtod(out, NULL), cases[i].value);
    }
}


Test(document, numbers_inside_strings_stay)
{
    char    *text;
    json_t  *value;

    value = json_pack("{s:f, s:s, s:i, s:[f, b, n]}",
                      "a", 0.3, "0.29999999999999999",
                      "0.29999999999999999 \\\"0.29999999999999999\\",
                      "c\"0.10000000000000001", -17, "d", 1e22, 1);

    text = facetree_document_text(value, JSON_COMPACT);

    cr_assert_str_eq(text,
        "{\"a\":0.3,\"0.29999999999999999\":"
        "\"0.29999999999999999 \\\\\\\"0.29999999999999999\\\\\","
        "\"c\\\"0.10000000000000001\":-17,\"d\":[1e22,true,null]}");

    free(text);
    json_decref(value);
}


Test(document, every_number_reads_back)
{
    char      *text;
    double     number;
    json_t    *list, *again;
    uint64_t   state;
    unsigned   i;

    list = json_array();
    state = 1;

    for (i = 0; i < 2000; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        number = (double) (state >> 11) / 9007199254740992.0;
        json_array_append_new(list, json_real(i % 2 ? number
                                                    : number * 1e-200));
    }

    text = facetree_document_text(list, 0);
    again = json_loads(text, 0, NULL);

    cr_assert(json_equal(list, again));

    free(text);
    json_decref(list);
    json_decref(again);
}
