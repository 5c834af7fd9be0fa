
/*
 * Copyright (C) facetree contributors
 *
 * The one thing of interest in EXIF: which way up the camera was held.
 */


#ifndef FACETREE_EXIF_H
#define FACETREE_EXIF_H


#include <stddef.h>
#include <stdint.h>


#pragma GCC visibility push(hidden)


/*
 * Reads the tag Orientation from a TIFF structure, with or without the prefix
 * "Exif\0\0".  Returns 1..8; 1, no change, also for whatever is absent,
 * broken or out of range, because bad EXIF must not cost anyone an answer.
 * Reads "data" within "len" only; time is linear in "len".
 */
uint32_t facetree_exif_orientation(const uint8_t *data, size_t len);

/*
 * The same for the EXIF of a whole JPEG (its first APP1 segment that starts
 * with "Exif\0"), PNG (its last intact chunk eXIf, which may come after the
 * pixels) and WebP (its chunk EXIF, if the header announces it).  EXIF of more
 * than "max" bytes is passed over.
 */
uint32_t facetree_exif_jpeg(const uint8_t *data, size_t len, size_t max);
uint32_t facetree_exif_png(const uint8_t *data, size_t len, size_t max);
uint32_t facetree_exif_webp(const uint8_t *data, size_t len, size_t max);


#pragma GCC visibility pop


#endif /* FACETREE_EXIF_H */
