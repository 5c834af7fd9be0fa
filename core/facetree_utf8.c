
/*
 * Copyright (C) facetree contributors
 */


#include "facetree_utf8.h"


/*
 * What a lead byte asks for: the length of its sequence, 0 when it cannot
 * start one, and the range of the second byte.  The range is narrower after
 * E0, ED, F0 and F4, which keeps out overlong forms, surrogates and anything
 * above U+10FFFF (Unicode, table 3-7).
 */

typedef struct {
    unsigned  len;
    unsigned  low;
    unsigned  high;
} facetree_utf8_lead_t;


static facetree_utf8_lead_t
facetree_utf8_lead(unsigned byte)
{
    facetree_utf8_lead_t  lead = { 0, 0x80, 0xbf };

    if (byte < 0x80) {
        lead.len = 1;

    } else if (byte >= 0xc2 && byte <= 0xdf) {
        lead.len = 2;

    } else if (byte >= 0xe0 && byte <= 0xef) {
        lead.len = 3;
        lead.low = (byte == 0xe0) ? 0xa0 : 0x80;
        lead.high = (byte == 0xed) ? 0x9f : 0xbf;

    } else if (byte >= 0xf0 && byte <= 0xf4) {
        lead.len = 4;
        lead.low = (byte == 0xf0) ? 0x90 : 0x80;
        lead.high = (byte == 0xf4) ? 0x8f : 0xbf;
    }

    return lead;
}


size_t
facetree_utf8_next(const char *text, size_t len, uint32_t *code)
{
    size_t                i;
    unsigned              byte;
    uint32_t              value;
    facetree_utf8_lead_t  lead;

    byte = (unsigned char) text[0];
    lead = facetree_utf8_lead(byte);

    if (lead.len <= 1) {
        *code = (lead.len == 1) ? byte : FACETREE_UTF8_BAD;
        return 1;
    }

    value = byte & (0xffu >> (lead.len + 1));

    for (i = 1; i < lead.len; i++) {

        if (i == len) {
            *code = FACETREE_UTF8_BAD;
            return i;
        }

        byte = (unsigned char) text[i];

        if (byte < lead.low || byte > lead.high) {
            *code = FACETREE_UTF8_BAD;
            return i;
        }

        lead.low = 0x80;
        lead.high = 0xbf;

        value = value << 6 | (byte & 0x3f);
    }

    *code = value;

    return i;
}


int
facetree_utf8_is_valid(const char *text, size_t len)
{
    size_t    n;
    uint32_t  code;

    for ( /* void */ ; len > 0; text += n, len -= n) {
        n = facetree_utf8_next(text, len, &code);

        if (code == FACETREE_UTF8_BAD) {
            return 0;
        }
    }

    return 1;
}


int
facetree_utf8_is_control(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0);
}
