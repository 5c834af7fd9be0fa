
/*
 * Copyright (C) facetree contributors
 *
 * Numbers in files, byte by byte: no alignment, no host byte order.  The
 * caller has made sure that the bytes are there.
 */


#ifndef FACETREE_BYTES_H
#define FACETREE_BYTES_H


#include <stdint.h>


static inline uint32_t
facetree_get_le16(const uint8_t *p)
{
    return (uint32_t) p[0] | (uint32_t) p[1] << 8;
}


static inline uint32_t
facetree_get_le32(const uint8_t *p)
{
    return facetree_get_le16(p) | facetree_get_le16(p + 2) << 16;
}


static inline uint32_t
facetree_get_be16(const uint8_t *p)
{
    return (uint32_t) p[0] << 8 | (uint32_t) p[1];
}


static inline uint32_t
facetree_get_be32(const uint8_t *p)
{
    return facetree_get_be16(p) << 16 | facetree_get_be16(p + 2);
}


static inline void
facetree_put_be32(uint8_t *p, uint32_t value)
{
    p[0] = (uint8_t) (value >> 24);
    p[1] = (uint8_t) (value >> 16);
    p[2] = (uint8_t) (value >> 8);
    p[3] = (uint8_t) value;
}


static inline void
facetree_put_le16(uint8_t *p, uint32_t value)
{
    p[0] = (uint8_t) value;
    p[1] = (uint8_t) (value >> 8);
}


static inline void
facetree_put_le32(uint8_t *p, uint32_t value)
{
    facetree_put_le16(p, value);
    facetree_put_le16(p + 2, value >> 16);
}


#endif /* FACETREE_BYTES_H */
