
/*
 * Copyright (C) facetree contributors
 *
 * Between facetree_image.c and the decoders, one file per library.
 *
 * A decoder is one function.  It reads the header, states what it found to
 * facetree_decode_begin(), stops there if only the header was wanted, and
 * hands over every row of gray pixels with facetree_decode_row().  Limits,
 * clock, orientation and resampling are not its business, and the numbers
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


#include "facetree_budget.h"
#include "facetree_resample.h"


#pragma GCC visibility push(hidden)


/*
 * Limits that nobody needs to set.
 *
 * SCANS   Scans of a JPEG in several scans.  Encoders write 14 at most.  Each
 *         scan costs a pass over all pixels, and an empty one takes 12 bytes.
 * EXIF    Bytes of EXIF that are looked at; a larger one turns no picture.  A
 *         JPEG cannot hold more, and the directory that is read comes first.
 * SIDE    What the resampler can hold, FACETREE_RESAMPLE_MAX_SIDE.
 */

#define FACETREE_IMAGE_MAX_SCANS  64
#define FACETREE_IMAGE_MAX_EXIF   (64 * 1024)


/* What a call wants of a picture. */

typedef enum {
    FACETREE_WANT_PIXELS = 0,
    FACETREE_WANT_HEADER,
    FACETREE_WANT_COST             /* the header, and what decoding costs */
} facetree_want_e;


/* One call of facetree_image_probe(), _decode() or facetree_budget_probe(). */

typedef struct {
    const uint8_t                  *data;
    size_t                          len;
    facetree_budget_t              *budget;      /* never NULL */
    facetree_want_e                 want;
    facetree_image_info_t           info;
    facetree_error_t               *err;

    /* the rest belongs to facetree_image.c */

    uint64_t                        memory;      /* of decoder and resampler */
    uint64_t                        work;        /* ns, estimated */
    uint32_t                        rows;        /* still to come */
    uint32_t                        row_work;    /* pixels behind each */
    uint32_t                        out_width;
    uint32_t                        out_height;
    uint8_t                        *pixels;
    facetree_resample_t            *resample;
} facetree_decode_t;


/*
 * "pixel_ps" and "byte_ps" estimate the CPU time: picoseconds a pixel of the
 * stored picture, and a byte of the file.  They have to be low: what the
 * cheapest content takes on the fastest machine.  Each is about a third of what
 * "make bench-work" measured on a core of 2.5 GHz for the cheapest content of
 * its kind.  Only FACETREE_WANT_COST asks for it.
 */

typedef struct {
    uint32_t  width;               /* as stored */
    uint32_t  height;
    uint32_t  orientation;         /* 1..8 */
    uint32_t  scale;               /* the rows will be those of the picture
                                      shrunk by this: 1, 2, 4 or 8 */
    uint64_t  memory;              /* bytes the decoder may hold at once */
    uint32_t  pixel_ps;
    uint32_t  byte_ps;
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
 * Looks at the CPU clock and at the cancel flag.  For work of "pixels" that
 * yields no row; cheap, as the clock is read once for many pixels.
 * facetree_decode_row() includes it.
 */
facetree_status_e facetree_decode_tick(facetree_decode_t *decode,
    uint64_t pixels);

/*
 * Reads the header of decode->data, or all of its pixels, as decode->want has
 * it.  "info" is filled as far as the header could be read.
 */
facetree_status_e facetree_decode_run(facetree_decode_t *decode);


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
