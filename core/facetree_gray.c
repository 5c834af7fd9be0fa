
/*
 * Copyright (C) facetree contributors
 */


#include "facetree_gray.h"
#include "facetree_wide.h"


FACETREE_WIDE
static void
facetree_gray_rgb_row(uint8_t *restrict gray, const uint8_t *restrict rgb,
    uint32_t width)
{
    uint32_t  x;

    for (x = 0; x < width; x++) {
        gray[x] = facetree_gray_level(rgb[0], rgb[1], rgb[2]);
        rgb += 3;
    }
}


void
facetree_gray_rgb(uint8_t *gray, const uint8_t *rgb, uint32_t width)
{
    facetree_gray_rgb_row(gray, rgb, width);
}


/* What an ink leaves of "white": white * (1 - ink), rounded as Pillow does. */

static uint32_t
facetree_gray_ink(uint32_t ink, uint32_t white)
{
    uint32_t  t;

    t = ink * white + 128;
    t = (t + (t >> 8)) >> 8;

    return (t < white) ? white - t : 0;
}


void
facetree_gray_cmyk(uint8_t *gray, const uint8_t *cmyk, uint32_t width)
{
    uint32_t  x, white;

    for (x = 0; x < width; x++) {
        white = cmyk[3];

        gray[x] = facetree_gray_level(facetree_gray_ink(255u - cmyk[0], white),
                                      facetree_gray_ink(255u - cmyk[1], white),
                                      facetree_gray_ink(255u - cmyk[2], white));
        cmyk += 4;
    }
}
