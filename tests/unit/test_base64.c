
/*
 * Copyright (C) facetree contributors
 *
 * Base 64: the test vectors of RFC 4648, all bytes there and back, and texts
 * that are not what any bytes are encoded as.
 */


#include "facetree_base64.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>


static char *
test_encode(const void *data, size_t len)
{
    char               *out;
    size_t              out_len;
    facetree_buffer_t   buffer;

    facetree_buffer_init(&buffer, 4096);
    facetree_base64_encode(&buffer, data, len);

    cr_assert_eq(facetree_buffer_take(&buffer, &out, &out_len, NULL),
                 FACETREE_OK);
    cr_assert_eq(out_len, strlen(out));

    return out;
}


Test(base64, rfc4648)
{
    char     *text;
    size_t    i, len;
    uint8_t   out[8];

    static const char *const  vectors[][2] = {
        { "", "" },
        { "f", "Zg==" },
        { "fo", "Zm8=" },
        { "foo", "Zm9v" },
        { "foob", "Zm9vYg==" },
        { "fooba", "Zm9vYmE=" },
        { "foobar", "Zm9vYmFy" }
    };

    for (i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        text = test_encode(vectors[i][0], strlen(vectors[i][0]));
        cr_expect_str_eq(text, vectors[i][1]);

        cr_assert(facetree_base64_decode(text, strlen(text), out, &len));
        cr_expect_eq(len, strlen(vectors[i][0]));
        cr_expect_eq(memcmp(out, vectors[i][0], len), 0);
        free(text);
    }
}


/* Buffers of exactly the length, for the sanitizers to watch. */

Test(base64, there_and_back)
{
    char     *text;
    size_t    i, len, n;
    uint8_t  *data, *out;

    for (n = 0; n < 300; n++) {
        data = malloc(n ? n : 1);

        for (i = 0; i < n; i++) {
            data[i] = (uint8_t) (i * 7 + n);
        }

        text = test_encode(data, n);
        cr_assert_eq(strlen(text), (n + 2) / 3 * 4);

        out = malloc(facetree_base64_room(strlen(text)) + 1);
        cr_assert(facetree_base64_decode(text, strlen(text), out, &len));
        cr_assert_eq(len, n);
        cr_assert_eq(memcmp(out, data, n), 0);

        free(data);
        free(text);
        free(out);
    }
}


Test(base64, refusals)
{
    size_t   i, len;
    uint8_t  out[64];

    static const char *const  texts[] = {
        "Z", "Zg", "Zg=", "Zg===", "=", "====", "Z===", "Zm9v=", "=m9v",
        "Z=9v", "Zm=v", "Zg==Zg==", "Zh==", "Zm9=", "Zm9v\n", "Zm 9",
        "Zm-_", "Zm\x80v", "Zm9vZ", "Zm9vYg=\n"
    };

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        cr_expect_eq(facetree_base64_decode(texts[i], strlen(texts[i]), out,
                                            &len),
                     0, "\"%s\"", texts[i]);
    }
}
