
/*
 * Copyright (C) facetree contributors
 *
 * Base 64 as RFC 4648, section 4, has it: padded, without line breaks.
 */


#ifndef FACETREE_BASE64_H
#define FACETREE_BASE64_H


#include "facetree_buffer.h"


#pragma GCC visibility push(hidden)


void facetree_base64_encode(facetree_buffer_t *buffer, const uint8_t *data,
    size_t len);

/* Room that decoding "len" characters takes at most. */
#define facetree_base64_room(len)  ((len) / 4 * 3)

/*
 * Writes to "out", of facetree_base64_room(len) bytes, and sets "*out_len".
 * Returns 0 when the text is anything but the one encoding of some bytes:
 * other characters, missing padding, bits set that no byte has.
 */
int facetree_base64_decode(const char *text, size_t len, uint8_t *out,
    size_t *out_len);


#pragma GCC visibility pop


#endif /* FACETREE_BASE64_H */
