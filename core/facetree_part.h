
/*
 * Copyright (C) facetree contributors
 *
 * The header block of one part of a multipart body.
 */


#ifndef FACETREE_PART_H
#define FACETREE_PART_H


#include "facetree_int.h"


#pragma GCC visibility push(hidden)


/*
 * Parses "len" bytes of lines that each end with CR LF, the empty one that
 * closes the block among them.  The block is changed: the strings of "header"
 * are decoded in place and terminated there.  "offset" is where the block
 * starts in the body, for messages.
 *
 * Names and file names are read as clients write them: in quotes with the
 * percent-encoded quote of browsers or the backslashes of curl, bare, or as
 * filename*=UTF-8''... (RFC 8187), which wins over filename.
 */
facetree_status_e facetree_part_parse(char *block, size_t len,
    uint64_t offset, facetree_part_header_t *header, facetree_error_t *err);


#pragma GCC visibility pop


#endif /* FACETREE_PART_H */
