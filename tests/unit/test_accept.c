
/*
 * Copyright (C) facetree contributors
 *
 * Who gets a page, and who gets JSON.
 */


#include "facetree.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>


typedef struct {
    const char  *accept;
    int          html;
} test_accept_t;


static const test_accept_t  test_accepts[] = {

    /* Chrome, Firefox, Safari */
    { "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,"
      "image/webp,image/apng,*/*;q=0.8,"
      "application/signed-exchange;v=b3;q=0.7", 1 },
    { "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", 1 },
    { "text/html", 1 },
    { "TEXT/HTML", 1 },

    /* curl, fetch(), Python, and whoever asks for JSON */
    { "*/*", 0 },
    { "application/json", 0 },
    { "application/json, text/plain, */*", 0 },
    { "application/json, text/html", 0 },
    { "text/html, application/json", 0 },
    { "", 0 },
    { " , ,", 0 },
    { "image/png", 0 },

    /* weights */
    { "text/html;q=0.9, application/json;q=0.8", 1 },
    { "text/html;q=0.8, application/json;q=0.9", 0 },
    { "text/html;q=0.801, application/json;q=0.8", 1 },
    { "text/html; q=0.001", 1 },
    { "text/html;q=0", 0 },
    { "text/html;q=0.0, */*", 0 },
    { "text/html ; Q=1.000 , */* ; q=0.", 1 },
    { "application/json;q=0, */*", 1 },
    { "application/json;q=0", 0 },

    /* the more specific range decides, wherever it stands */
    { "*/*, text/html;q=0.1, application/json;q=0.2", 0 },
    { "text/html;q=0.1, application/json;q=0.2, text/*, */*", 0 },
    { "text/*", 1 },
    { "text/*;q=0.5, */*;q=0.6", 0 },
    { "text/*;q=0.6, */*;q=0.5", 1 },
    { "application/*, text/html", 0 },
    { "application/*;q=0.9, text/html", 1 },
    { "application/json;q=0.1, application/*, text/html;q=0.5", 1 },

    /* given twice, the higher weight counts */
    { "text/html;q=0.1, text/html, application/json;q=0.5", 1 },
    { "text/html, text/html;q=0.1, application/json;q=0.5", 1 },

    /* parameters */
    { "text/html;charset=utf-8", 1 },
    { "text/html;level=\"1,2;q=0\", application/json;q=0.5", 1 },
    { "application/json;profile=x;q=1, text/html;q=0.5", 0 },

    /* malformed: the whole of it means nothing */
    { "text/html;q=2", 0 },
    { "text/html;q=1.001", 0 },
    { "text/html;q=0.1234", 0 },
    { "text/html;q=", 0 },
    { "text/html;q", 0 },
    { "text/html;q=-1", 0 },
    { "text/html;q=.5", 0 },
    { "text/html;q=0,5", 0 },
    { "text/html;q=0x1", 0 },
    { "text/html;q=1 0", 0 },
    { "text/html/x", 0 },
    { "text /html", 0 },
    { "text", 0 },
    { "/html, text/html", 0 },
    { "text/, text/html", 0 },
    { "*/html, text/html", 0 },
    { "text/html, image/gif, *; q=.2, */*; q=.2", 0 },
    { "text/html;a=\"b", 0 },
    { "text/html\x01", 0 }
};


Test(accept, table)
{
    char    *copy;
    size_t   i, len;

    for (i = 0; i < sizeof(test_accepts) / sizeof(test_accepts[0]); i++) {
        len = strlen(test_accepts[i].accept);

        /* Exactly as long: there need not be a terminator. */
        copy = malloc(len ? len : 1);
        cr_assert_not_null(copy);
        memcpy(copy, test_accepts[i].accept, len);

        cr_expect_eq(facetree_accepts_html(copy, len), test_accepts[i].html,
                     "%s", test_accepts[i].accept);
        free(copy);
    }

    cr_expect_eq(facetree_accepts_html(NULL, 0), 0);
    cr_expect_eq(facetree_accepts_html(NULL, 9), 0);
}
