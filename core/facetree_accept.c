
/*
 * Copyright (C) facetree contributors
 *
 * Content negotiation: two forms that there are, one of which is given to
 * those who ask for it.
 */


#include "facetree_int.h"
#include "facetree_header.h"
#include "facetree_metrics.h"


/*
 * How well a range of the header names a type; the best one decides, whatever
 * its weight and wherever it stands.
 */

typedef enum {
    FACETREE_ACCEPT_NONE = 0,
    FACETREE_ACCEPT_ALL,           /* any type */
    FACETREE_ACCEPT_TYPE,          /* its type, any subtype */
    FACETREE_ACCEPT_EXACT
} facetree_accept_e;


typedef struct {
    const char         *type;
    const char         *subtype;
    facetree_accept_e   match;
    unsigned            quality;       /* 0..1000 */
} facetree_accept_t;


/* Reads a weight: 0 to 1 with up to three digits.  Returns 0 if malformed. */

static int
facetree_accept_quality(facetree_slice_t value, unsigned *quality)
{
    size_t    i;
    unsigned  digit;

    if (value.len == 0 || value.len > sizeof("0.000") - 1
        || (value.data[0] != '0' && value.data[0] != '1')
        || (value.len > 1 && value.data[1] != '.'))
    {
        return 0;
    }

    *quality = (unsigned) (value.data[0] - '0');

    for (i = 2; i < sizeof("0.000") - 1; i++) {
        digit = 0;

        if (i < value.len) {
            if (value.data[i] < '0' || value.data[i] > '9') {
                return 0;
            }

            digit = (unsigned) (value.data[i] - '0');
        }

        *quality = *quality * 10 + digit;
    }

    return *quality <= 1000;
}


static void
facetree_accept_match(facetree_accept_t *accept, facetree_slice_t type,
    facetree_slice_t subtype, unsigned quality)
{
    facetree_accept_e  match;

    match = FACETREE_ACCEPT_NONE;

    if (facetree_slice_is(type, "*")) {
        match = FACETREE_ACCEPT_ALL;

    } else if (facetree_slice_is(type, accept->type)) {
        if (facetree_slice_is(subtype, "*")) {
            match = FACETREE_ACCEPT_TYPE;

        } else if (facetree_slice_is(subtype, accept->subtype)) {
            match = FACETREE_ACCEPT_EXACT;
        }
    }

    if (match == FACETREE_ACCEPT_NONE || match < accept->match) {
        return;
    }

    if (match > accept->match || quality > accept->quality) {
        accept->quality = quality;
    }

    accept->match = match;
}


/*
 * Applies one range to both types.  Its parameters other than the weight are
 * checked but do not narrow it: the answers have no variants to choose from.
 */

static int
facetree_accept_range(facetree_slice_t range, facetree_accept_t *wanted,
    facetree_accept_t *usual)
{
    unsigned                 quality;
    facetree_slice_t         type, subtype;
    facetree_header_e        rc;
    facetree_header_param_t  param;

    type = facetree_header_token(&range);

    if (type.len == 0 || range.len == 0 || range.data[0] != '/') {
        return 0;
    }

    range.data++;
    range.len--;

    subtype = facetree_header_token(&range);

    if (subtype.len == 0
        || (facetree_slice_is(type, "*") && !facetree_slice_is(subtype, "*")))
    {
        return 0;
    }

    quality = 1000;

    while ((rc = facetree_header_param(&range, &param))
           == FACETREE_HEADER_FOUND)
    {
        if (facetree_slice_is(param.name, "q")
            && !facetree_accept_quality(param.value, &quality))
        {
            return 0;
        }
    }

    if (rc == FACETREE_HEADER_BAD) {
        return 0;
    }

    facetree_accept_match(wanted, type, subtype, quality);
    facetree_accept_match(usual, type, subtype, quality);

    return 1;
}


/* Weighs two types by a whole header; returns 0 when it is malformed. */

static int
facetree_accept_weigh(const char *accept, size_t len,
    facetree_accept_t *wanted, facetree_accept_t *usual)
{
    facetree_slice_t   list, range;
    facetree_header_e  rc;

    if (accept == NULL) {
        return 0;
    }

    list.data = accept;
    list.len = len;

    while ((rc = facetree_header_element(&list, &range))
           == FACETREE_HEADER_FOUND)
    {
        if (!facetree_accept_range(range, wanted, usual)) {
            return 0;
        }
    }

    return rc == FACETREE_HEADER_END;
}


int
facetree_accepts_html(const char *accept, size_t len)
{
    facetree_accept_t  html = { "text", "html", FACETREE_ACCEPT_NONE, 0 };
    facetree_accept_t  json = { "application", "json",
                                FACETREE_ACCEPT_NONE, 0 };

    return facetree_accept_weigh(accept, len, &html, &json)
           && html.quality > json.quality;
}


/* Only by its name: a range it is in is no wish for it. */

int
facetree_accepts_openmetrics(const char *accept, size_t len)
{
    facetree_accept_t  open = { "application", "openmetrics-text",
                                FACETREE_ACCEPT_NONE, 0 };
    facetree_accept_t  plain = { "text", "plain", FACETREE_ACCEPT_NONE, 0 };

    return facetree_accept_weigh(accept, len, &open, &plain)
           && open.match == FACETREE_ACCEPT_EXACT
           && open.quality > plain.quality;
}
