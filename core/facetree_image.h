
/*
 * Copyright (C) facetree contributors
 *
 * Between facetree_image.c and the decoders, one file per library.
 *
 * A decoder is one function.  It reads the header, states what it found to
 * facetree_decode_begin(), stops there if only the header was wanted, and
 * hands over every row of gray pixels with facetree_decode_row().  Limits,
 * deadline, orientation and resampling are not its business, and the numbers
 * it states are the ones it decodes by.
 *
 * Where the pixels are not Pillow's, on purpose:
 *
 *   - 16-bit gray PNG: the high byte.  Pillow clamps 0..65535 to 0..255, and
 *     nearly all becomes white.
 *   - PNG turned by the text chunk "Raw profile type exif" or by XMP: not
 *     looked for, as in browsers; the chunk eXIf is.
 *   - an index past the palette: black, as in libpng and in Pillow 11.  In
 *     Pillow 9.4 it is that gray level.
 *   - BMP of 4 or 8 bits whose palette is just black and white: read as it
 *     was written.  Pillow takes the rows to be of 1 bit then.
 *
 * What Pillow refuses and this does not: PNG with damage in a chunk that no
 * pixel depends on; BMP of 4 bits with a ramp of grays; EXIF that is no TIFF.
 * What Pillow accepts and this does not: PNG whose pixel data fails its CRC,
 * is incomplete or lacks its palette; JPEG of many scans; animated WebP; BMP
 * in run lengths; PNM that is ASCII, a bitmap or of more than 8 bits.
 *
 * A build without a library defines FACETREE_NO_JPEG, FACETREE_NO_PNG,
 * FACETREE_NO_WEBP or FACETREE_NO_STB, and the decoder's file is then empty.
 * For JPEG and PNG stb_image steps in (facetree_stb_jpeg.c, _png.c); any other
 * format is recognised, but not accepted.  PNG has the same pixels then, JPEG
 * has stb_image's.
 */


#ifndef FACETREE_IMAGE_H
#define FACETREE_IMAGE_H


#include "facetree_int.h"
#include "facetree_resample.h"


#pragma GCC visibility push(hidden)


/* One call of facetree_image_probe() or facetree_image_decode(). */

typedef struct {
    const uint8_t                  *data;
    size_t                          len;
    facetree_image_limits_t         limits;
    int                             probe;       /* header only */
    facetree_image_info_t           info;
    facetree_error_t               *err;

    /* the rest belongs to facetree_image.c */

    uint64_t                        deadline;    /* ns, monotonic; 0: none */
    uint64_t                        started;
    uint64_t                        work;        /* pixels since the clock was
                                                    last read */
    uint32_t                        rows;        /* still to come */
    uint32_t                        row_work;    /* pixels behind each */
    uint32_t                        out_width;
    uint32_t                        out_height;
    uint8_t                        *pixels;
    facetree_resample_t            *resample;
} facetree_decode_t;


typedef struct {
    uint32_t  width;               /* as stored */
    uint32_t  height;
    uint32_t  orientation;         /* 1..8 */
    uint32_t  scale;               /* the rows will be those of the picture
                                      shrunk by this: 1, 2, 4 or 8 */
    int       frame;               /* the whole picture will be held */
    uint64_t  memory;              /* bytes the decoder is about to allocate
                                      in proportion to the picture */
} facetree_decode_header_t;


/*
 * Checks the header against the limits and prepares for its rows.  To be
 * called once, before any memory is allocated for pixels.
 */
facetree_status_e facetree_decode_begin(facetree_decode_t *decode,
    const facetree_decode_header_t *header);

/*
 * Takes the next row, from the top, of header->width gray pixels; divided by
 * header->scale and rounded up, as are the rows.
 */
facetree_status_e facetree_decode_row(facetree_decode_t *decode,
    const uint8_t *gray);

/*
 * Checks the deadline.  For work of "pixels" that yields no row; cheap, the
 * clock is read once for many pixels.  facetree_decode_row() includes it.
 */
facetree_status_e facetree_decode_tick(facetree_decode_t *decode,
    uint64_t pixels);


typedef facetree_status_e (*facetree_decoder_pt)(facetree_decode_t *decode);

facetree_status_e facetree_decode_jpeg(facetree_decode_t *decode);
facetree_status_e facetree_decode_png(facetree_decode_t *decode);
facetree_status_e facetree_decode_webp(facetree_decode_t *decode);
facetree_status_e facetree_decode_bmp(facetree_decode_t *decode);
facetree_status_e facetree_decode_pnm(facetree_decode_t *decode);


/*
 * Recognises a format by its first bytes.  For one that no build decodes it
 * returns FACETREE_UNKNOWN_FORMAT, and "*refusal" is what to tell the sender;
 * NULL if the bytes are nothing known.
 */
facetree_format_e facetree_magic_format(const uint8_t *data, size_t len,
    const char **refusal);


#pragma GCC visibility pop


#endif /* FACETREE_IMAGE_H */
