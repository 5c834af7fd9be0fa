
/*
 * Copyright (C) facetree contributors
 *
 * Small shapes and dice of the synthetic face set.  Only + - * /, sqrt() and
 * integer arithmetic are used, which IEEE 754 defines to the last bit; sin(),
 * exp() and their kin differ between C libraries, and a drawing must not.
 */


#ifndef FACETREE_SYNTH_MATH_H
#define FACETREE_SYNTH_MATH_H


#include <math.h>
#include <stdint.h>


/* A stream of random numbers: splitmix64 (Steele, Lea, Flood 2014). */

typedef struct {
    uint64_t  state;
} facetree_synth_dice_t;


static inline uint64_t
facetree_synth_mix64(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;

    return x ^ (x >> 31);
}


/* Uniform in [0, 1), a multiple of 2^-53. */

static inline double
facetree_synth_roll(facetree_synth_dice_t *dice)
{
    uint64_t  x;

    x = facetree_synth_mix64(dice->state);
    dice->state += 0x9e3779b97f4a7c15u;

    return (double) (x >> 11) * (1.0 / 9007199254740992.0);
}


static inline double
facetree_synth_range(facetree_synth_dice_t *dice, double from, double to)
{
    return from + (to - from) * facetree_synth_roll(dice);
}


/* Bell-shaped, within middle - spread .. middle + spread. */

static inline double
facetree_synth_bell(facetree_synth_dice_t *dice, double middle, double spread)
{
    double  sum;

    sum = facetree_synth_roll(dice);
    sum += facetree_synth_roll(dice);
    sum += facetree_synth_roll(dice);

    return middle + spread * (sum * (2.0 / 3.0) - 1.0);
}


/*
 * Below, a length is multiplied by an inverse rather than divided by, because
 * the inverse of a constant is worked out by the compiler.
 */

static inline double
facetree_synth_clamp(double x, double low, double high)
{
    return x < low ? low : x > high ? high : x;
}


static inline double
facetree_synth_abs(double x)
{
    return x < 0.0 ? -x : x;
}


static inline double
facetree_synth_max(double a, double b)
{
    return a > b ? a : b;
}


static inline double
facetree_synth_blend(double a, double b, double share)
{
    return a + (b - a) * share;
}


/* 0 below "from", 1 above "to", smooth between. */

static inline double
facetree_synth_step(double from, double to, double x)
{
    x = facetree_synth_clamp((x - from) * (1.0 / (to - from)), 0.0, 1.0);

    return x * x * (3.0 - 2.0 * x);
}


/* How much of a sample lies inside a shape whose edge is "distance" away. */

static inline double
facetree_synth_cover(double distance, double soft)
{
    return facetree_synth_clamp(0.5 - distance * (1.0 / soft), 0.0, 1.0);
}


/* A smooth hill of height 1 over an ellipse, 0 outside. */

static inline double
facetree_synth_bump(double x, double y, double rx, double ry)
{
    double  r;

    if (x > rx || x < -rx || y > ry || y < -ry) {
        return 0.0;
    }

    x *= 1.0 / rx;
    y *= 1.0 / ry;
    r = 1.0 - x * x - y * y;

    return r > 0.0 ? r * r : 0.0;
}


static inline int32_t
facetree_synth_floor(double x)
{
    int32_t  i;

    i = (int32_t) x;

    return (double) i > x ? i - 1 : i;
}


static inline double
facetree_synth_lattice(uint32_t key, int32_t x, int32_t y)
{
    uint32_t  h;

    h = key ^ ((uint32_t) x * 0x9e3779b1u) ^ ((uint32_t) y * 0x85ebca77u);
    h = (h ^ (h >> 15)) * 0x2c1b3c6du;
    h = (h ^ (h >> 12)) * 0x297a2d39u;
    h ^= h >> 15;

    return (double) h * (1.0 / 4294967296.0);
}


/* Smooth noise in 0 .. 1 with features of size 1; |x|, |y| below 2^31. */

static inline double
facetree_synth_noise(uint32_t key, double x, double y)
{
    double   fx, fy, top, bottom;
    int32_t  ix, iy;

    ix = facetree_synth_floor(x);
    iy = facetree_synth_floor(y);
    fx = x - ix;
    fy = y - iy;
    fx = fx * fx * (3.0 - 2.0 * fx);
    fy = fy * fy * (3.0 - 2.0 * fy);

    top = facetree_synth_blend(facetree_synth_lattice(key, ix, iy),
                               facetree_synth_lattice(key, ix + 1, iy), fx);
    bottom = facetree_synth_blend(facetree_synth_lattice(key, ix, iy + 1),
                                  facetree_synth_lattice(key, ix + 1, iy + 1),
                                  fx);

    return facetree_synth_blend(top, bottom, fy);
}


#endif /* FACETREE_SYNTH_MATH_H */
