
/*
 * Copyright (C) facetree contributors
 *
 * Colour to gray, Pillow's convert("L"): the luma of ITU-R BT.601 in 16 bits
 * of fixed point.  The three weights sum to 65536, so that gray stays gray.
 */


#ifndef FACETREE_GRAY_H
#define FACETREE_GRAY_H


#include <stdint.h>


#pragma GCC visibility push(hidden)


static inline uint8_t
facetree_gray_level(uint32_t red, uint32_t green, uint32_t blue)
{
    return (uint8_t) ((19595 * red + 38470 * green + 7471 * blue + 32768)
                      >> 16);
}


/* "gray" takes "width" bytes, "rgb" holds 3 * width: R, G, B. */
void facetree_gray_rgb(uint8_t *gray, const uint8_t *rgb, uint32_t width);

/*
 * From 4 * width bytes of CMYK in Adobe's convention, where 255 is no ink;
 * Pillow takes every four-component JPEG to be so.
 */
void facetree_gray_cmyk(uint8_t *gray, const uint8_t *cmyk, uint32_t width);


#pragma GCC visibility pop


#endif /* FACETREE_GRAY_H */
