
/*
 * Copyright (C) facetree contributors
 *
 * The growable string, and the text that is made safe on its way into it.
 */


#include "facetree_buffer.h"
#include "facetree_utf8.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>


#define test_bad  FACETREE_UTF8_REPLACEMENT


typedef struct {
    const char  *in;
    const char  *utf8;
    const char  *html;
} test_text_t;


static const test_text_t  test_texts[] = {
    { "", "", "" },
    { "plain", "plain", "plain" },
    { "<a href=\"x\">'&amp;'", "<a href=\"x\">'&amp;'",
      "&lt;a href=&quot;x&quot;&gt;&#39;&amp;amp;&#39;" },

    /* 1 to 4 bytes, the ends of each range */
    { "\x7f\xc2\x80\xdf\xbf", "\x7f\xc2\x80\xdf\xbf",
      test_bad test_bad "\xdf\xbf" },
    { "\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf",
      "\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf",
      "\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf" },
    { "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf",
      "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf",
      "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf" },

    /* ill-formed: as browsers replace it (Unicode 3.9, tables 3-8 to 3-11) */
    { "\xc0\xaf\xe0\x80\xbf\xf0\x81\x82\x41",
      test_bad test_bad test_bad test_bad test_bad test_bad test_bad
      test_bad "A",
      test_bad test_bad test_bad test_bad test_bad test_bad test_bad
      test_bad "A" },
    { "\xed\xa0\x80\xed\xbf\xbf\xed\xaf\x41",
      test_bad test_bad test_bad test_bad test_bad test_bad test_bad
      test_bad "A",
      test_bad test_bad test_bad test_bad test_bad test_bad test_bad
      test_bad "A" },
    { "\xf4\x91\x92\x93\xff\x41\x80\xbf\x42",
      test_bad test_bad test_bad test_bad test_bad "A" test_bad test_bad "B",
      test_bad test_bad test_bad test_bad test_bad "A" test_bad test_bad
      "B" },
    { "\xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41",
      test_bad test_bad test_bad test_bad "A",
      test_bad test_bad test_bad test_bad "A" },

    /* cut short at the end */
    { "a\xf0\x9f\x98", "a" test_bad, "a" test_bad },
    { "\xe2\x82", test_bad, test_bad },
    { "\xc3", test_bad, test_bad },

    /* controls; an ill-formed "<" stays a "<" and is escaped */
    { "a\tb\nc\rd\x1b[0m", "a\tb\nc\rd\x1b[0m",
      "a\tb\nc" test_bad "d" test_bad "[0m" },
    { "\xe2<script>", test_bad "<script>", test_bad "&lt;script&gt;" }
};


/* The buffer sees the text without a terminator behind it. */

static void
test_utf8(const test_text_t *text)
{
    char               *copy, *out;
    size_t              len;
    facetree_buffer_t   buffer;

    len = strlen(text->in);
    copy = malloc(len ? len : 1);
    cr_assert_not_null(copy);
    memcpy(copy, text->in, len);

    facetree_buffer_init(&buffer, 1000);
    facetree_buffer_utf8(&buffer, copy, len);
    cr_expect_eq(facetree_utf8_is_valid(copy, len),
                 strcmp(text->in, text->utf8) == 0);
    free(copy);

    cr_assert_eq(facetree_buffer_take(&buffer, &out, &len, NULL),
                 FACETREE_OK);
    cr_expect_str_eq(out, text->utf8);
    cr_expect_eq(len, strlen(text->utf8));
    cr_expect(facetree_utf8_is_valid(out, len));
    free(out);
}


Test(buffer, text_from_outside)
{
    char               *out;
    size_t              i, len;
    facetree_buffer_t   buffer;

    for (i = 0; i < sizeof(test_texts) / sizeof(test_texts[0]); i++) {
        test_utf8(&test_texts[i]);

        facetree_buffer_init(&buffer, 1000);
        facetree_buffer_html(&buffer, test_texts[i].in);
        cr_assert_eq(facetree_buffer_take(&buffer, &out, &len, NULL),
                     FACETREE_OK);
        cr_expect_str_eq(out, test_texts[i].html);
        free(out);
    }
}


Test(buffer, grows_to_its_maximum_and_no_further)
{
    char               *out;
    size_t              i, len;
    facetree_error_t    err;
    facetree_buffer_t   buffer;

    facetree_buffer_init(&buffer, 5000);

    for (i = 0; i < 5000; i++) {
        facetree_buffer_add(&buffer, i % 2 ? "b" : "a", 1);
    }

    cr_assert_eq(buffer.status, FACETREE_OK);
    cr_assert_eq(facetree_buffer_take(&buffer, &out, &len, &err),
                 FACETREE_OK);
    cr_assert_eq(len, 5000);
    cr_assert_eq(strlen(out), 5000);
    cr_assert_eq(out[4999], 'b');
    free(out);

    /* Taking leaves an empty buffer of the same maximum. */

    for (i = 0; i < 2500; i++) {
        facetree_buffer_puts(&buffer, "ab");
    }

    facetree_buffer_add(&buffer, "", 0);
    cr_assert_eq(buffer.status, FACETREE_OK);

    facetree_buffer_puts(&buffer, "c");
    cr_assert_eq(buffer.status, FACETREE_EBYTES);
    cr_assert_null(buffer.data);

    /* Latched: what would fit now is not added either. */

    facetree_buffer_puts(&buffer, "d");
    facetree_buffer_reserve(&buffer, 1);
    out = NULL;
    cr_assert_eq(facetree_buffer_take(&buffer, &out, &len, &err),
                 FACETREE_EBYTES);
    cr_assert_eq(err.status, FACETREE_EBYTES);
    cr_assert_null(out);
    cr_assert_null(buffer.data);
}


Test(buffer, empty_is_a_string)
{
    char               *out;
    size_t              len;
    facetree_buffer_t   buffer;

    facetree_buffer_init(&buffer, 0);
    cr_assert_eq(facetree_buffer_take(&buffer, &out, &len, NULL),
                 FACETREE_OK);
    cr_assert_str_eq(out, "");
    cr_assert_eq(len, 0);
    free(out);

    facetree_buffer_free(&buffer);
}


Test(buffer, reserve_moves_nothing_later)
{
    size_t              i;
    const char         *data;
    facetree_buffer_t   buffer;

    facetree_buffer_init(&buffer, SIZE_MAX);
    facetree_buffer_reserve(&buffer, 3000);
    data = buffer.data;
    cr_assert_not_null(data);

    for (i = 0; i < 1000; i++) {
        facetree_buffer_puts(&buffer, "abc");
    }

    cr_assert_eq(buffer.data, data);
    facetree_buffer_free(&buffer);
    cr_assert_null(buffer.data);
}


Test(buffer, printf_is_bounded)
{
    char               *out;
    size_t              len;
    facetree_buffer_t   buffer;

    facetree_buffer_init(&buffer, 1000);
    facetree_buffer_printf(&buffer, "%s-%d;", "a", 7);
    facetree_buffer_printf(&buffer, "%0255d", 1);
    cr_assert_eq(buffer.len, 4 + 255);
    cr_assert_eq(buffer.status, FACETREE_OK);
    facetree_buffer_printf(&buffer, "%0256d", 1);
    cr_assert_eq(buffer.status, FACETREE_EBYTES);
    cr_assert_eq(facetree_buffer_take(&buffer, &out, &len, NULL),
                 FACETREE_EBYTES);
}
