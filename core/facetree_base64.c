
/*
 * Copyright (C) facetree contributors
 *
 * Encodes and decodes base 64.  The inference protocol's pictures come in it
 * (facetree_inference_tensor.c), and explanations show theirs in it
 * (facetree_explain_picture.c).
 */


#include "facetree_base64.h"


static const char  facetree_base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";


void
facetree_base64_encode(facetree_buffer_t *buffer, const uint8_t *data,
    size_t len)
{
    char      group[4];
    uint32_t  bits;

    for ( /* void */ ; len > 0; data += 3) {
        bits = (uint32_t) data[0] << 16;
        bits |= (len > 1) ? (uint32_t) data[1] << 8 : 0;
        bits |= (len > 2) ? (uint32_t) data[2] : 0;

        group[0] = facetree_base64_digits[bits >> 18];
        group[1] = facetree_base64_digits[bits >> 12 & 63];
        group[2] = (len > 1) ? facetree_base64_digits[bits >> 6 & 63] : '=';
        group[3] = (len > 2) ? facetree_base64_digits[bits & 63] : '=';

        facetree_buffer_add(buffer, group, sizeof(group));

        if (len <= 3) {
            break;
        }

        len -= 3;
    }
}


/* 0..63, or 64 for a character that is no digit. */

static uint32_t
facetree_base64_value(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return (uint32_t) (c - 'A');
    }

    if (c >= 'a' && c <= 'z') {
        return (uint32_t) (c - 'a') + 26;
    }

    if (c >= '0' && c <= '9') {
        return (uint32_t) (c - '0') + 52;
    }

    return (c == '+') ? 62 : (c == '/') ? 63 : 64;
}


/* One group of four characters, "digits" of them not padding, 2..4. */

static int
facetree_base64_group(const char *text, size_t digits, uint8_t *out)
{
    size_t    i;
    uint32_t  bits, value;

    bits = 0;

    for (i = 0; i < 4; i++) {
        value = (i < digits) ? facetree_base64_value(text[i]) : 0;

        if (value > 63) {
            return 0;
        }

        bits = bits << 6 | value;
    }

    for (i = 0; i < digits - 1; i++) {
        out[i] = (uint8_t) (bits >> 16);
        bits = bits << 8 & 0xffffff;
    }

    return bits == 0;
}


int
facetree_base64_decode(const char *text, size_t len, uint8_t *out,
    size_t *out_len)
{
    size_t   digits, i;
    uint8_t  group[3];

    *out_len = 0;

    if (len % 4 != 0) {
        return 0;
    }

    for ( /* void */ ; len > 0; text += 4, len -= 4) {
        digits = 4;

        if (len == 4 && text[3] == '=') {
            digits = (text[2] == '=') ? 2 : 3;
        }

        if (!facetree_base64_group(text, digits, group)) {
            return 0;
        }

        for (i = 0; i < digits - 1; i++) {
            out[(*out_len)++] = group[i];
        }
    }

    return 1;
}
