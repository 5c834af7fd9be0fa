
/*
 * Copyright (C) facetree contributors
 *
 * More pictures to train on, made of those there are: mirrored, shifted,
 * turned, scaled, lighter and darker.
 */


#ifndef FACETREE_AUGMENT_H
#define FACETREE_AUGMENT_H


#include "facetree.h"
#include "examples.h"


#pragma GCC visibility push(hidden)


#define FACETREE_AUGMENT_COPIES      30        /* unless told otherwise */
#define FACETREE_AUGMENT_MAX_COPIES  1000

/* How far a copy may be from its picture, either way, unless told otherwise,
   and at most; the least is 0. */
#define FACETREE_AUGMENT_SHIFT         (2.0 / 64)      /* of the side */
#define FACETREE_AUGMENT_MAX_SHIFT     0.5
#define FACETREE_AUGMENT_ROTATION      6.0             /* degrees */
#define FACETREE_AUGMENT_MAX_ROTATION  45.0
#define FACETREE_AUGMENT_SCALE         0.06
#define FACETREE_AUGMENT_MAX_SCALE     0.5
#define FACETREE_AUGMENT_GAIN          0.10
#define FACETREE_AUGMENT_MAX_GAIN      1.0


typedef struct {
    uint32_t  copies;              /* of every picture */
    double    shift;
    double    rotation;
    double    scale;
    double    gain;
} facetree_augment_params_t;


/* What happens to a picture, about its centre: in the order of the members. */

typedef struct {
    int     mirror;
    double  scale;                 /* 1.0: as it is; above 0 */
    double  degrees;               /* clockwise, -45 .. 45 */
    double  right;                 /* pixels */
    double  down;
    double  gain;                  /* of the gray levels */
} facetree_warp_t;

void facetree_warp_init(facetree_warp_t *warp);

/*
 * Writes the changed picture to "to", which must not be "from".  Pixels lie
 * between four of the old ones and are weighed by distance; what is beyond
 * the edge looks like the edge.  Nothing but additions, multiplications and
 * divisions of doubles goes into it: the same on every machine.
 */
void facetree_warp(const facetree_warp_t *warp, const uint8_t *from,
    uint8_t *to, uint32_t width, uint32_t height);


/*
 * An example set with changed copies of every picture behind the pictures
 * themselves: those of the first picture, of the second and so on.
 * What a copy looks like follows from the seed, the place of its picture in
 * the set and its own number alone.
 */

typedef struct {
    facetree_examples_t   examples;
    uint8_t              *pixels;
    uint32_t             *labels;
    uint32_t             *rows;
} facetree_augmented_t;

facetree_status_e facetree_augment(facetree_augmented_t *augmented,
    const facetree_examples_t *examples, uint32_t width,
    const facetree_augment_params_t *params, uint32_t seed,
    facetree_error_t *err);

void facetree_augmented_clear(facetree_augmented_t *augmented);


#pragma GCC visibility pop


#endif /* FACETREE_AUGMENT_H */
