
/*
 * Copyright (C) facetree contributors
 *
 * Property: for any bytes as an Accept header, no byte past its end is read,
 * the answer is 0 or 1, and it does not depend on the case of letters or on
 * empty elements at either end of the list.
 */


#include "facetree.h"
#include "fuzz.h"

#include <ctype.h>
#include <string.h>


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int      html;
    char    *exact, *other;
    size_t   i;

    exact = calloc(1, size ? size : 1);
    other = calloc(1, size + 2);
    FUZZ_ASSERT(exact && other);

    if (size) {
        memcpy(exact, data, size);
    }

    html = facetree_accepts_html(exact, size);
    FUZZ_ASSERT(html == 0 || html == 1);

    for (i = 0; i < size; i++) {
        other[i] = (char) toupper(data[i]);
    }

    FUZZ_ASSERT(facetree_accepts_html(other, size) == html);

    other[0] = ',';
    memcpy(other + 1, exact, size);
    other[size + 1] = ',';

    FUZZ_ASSERT(facetree_accepts_html(other, size + 1) == html);

    /* unless what follows belongs to a string that was never closed */
    if (memchr(exact, '"', size) == NULL) {
        FUZZ_ASSERT(facetree_accepts_html(other, size + 2) == html);
    }

    free(exact);
    free(other);

    return 0;
}
