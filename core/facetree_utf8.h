
/*
 * Copyright (C) facetree contributors
 *
 * Text from outside that has to become valid UTF-8 (RFC 3629).
 */


#ifndef FACETREE_UTF8_H
#define FACETREE_UTF8_H


#include <stddef.h>
#include <stdint.h>


#pragma GCC visibility push(hidden)


#define FACETREE_UTF8_BAD          UINT32_MAX
#define FACETREE_UTF8_REPLACEMENT  "\xEF\xBF\xBD"          /* U+FFFD */


/*
 * Reads the character at the start of "len" bytes, at least one.  Returns how
 * many bytes it takes, 1..4.  "*code" is FACETREE_UTF8_BAD for an ill-formed
 * sequence, whose length is then that of its maximal subpart (Unicode, chapter
 * 3.9), so that replacing each gives what browsers show.
 */
size_t facetree_utf8_next(const char *text, size_t len, uint32_t *code);

int facetree_utf8_is_valid(const char *text, size_t len);

/* U+0000..U+001F and U+007F..U+009F. */
int facetree_utf8_is_control(uint32_t code);


#pragma GCC visibility pop


#endif /* FACETREE_UTF8_H */
