
/*
 * Copyright (C) facetree contributors
 *
 * Lights the samples of a drawn face and averages them into pixels.
 */


#include "synth.h"

#include "synth_int.h"
#include "synth_math.h"


/*
 * One and a half samples a pixel in each direction.  A line of samples has one
 * more at either end, so that every slope has two neighbours.
 */

#define FACETREE_SYNTH_FINE    1.5
#define FACETREE_SYNTH_ACROSS  (FACETREE_SYNTH_SIDE * 3 / 2)
#define FACETREE_SYNTH_LINE    (FACETREE_SYNTH_ACROSS + 2)

/* Where the point between the eyes is when nothing is shifted. */

#define FACETREE_SYNTH_EYES_X  32.0
#define FACETREE_SYNTH_EYES_Y  21.5


/* The pixels of a row (or the rows) that a sample counts towards. */

typedef struct {
    int     own;
    int     other;
    double  own_share;
    double  other_share;
} facetree_synth_aim_t;


/* What is seen where there is no hair, from front to back. */

static void
facetree_synth_beneath(const facetree_synth_scene_t *scene, double x,
    double y, facetree_synth_sample_t *sample)
{
    facetree_synth_hit_t  hit;

    if (facetree_synth_meet(&scene->shot, &scene->person.head, x, y, &hit)) {
        sample->layer = FACETREE_SYNTH_FACE;
        sample->depth = hit.depth;
        sample->depth += facetree_synth_relief(scene, &hit)
                         * scene->shot.yaw_cos;
        facetree_synth_face(scene, hit.u, hit.v, sample);

        return;
    }

    facetree_synth_backdrop(scene, x, y, sample);
    facetree_synth_body(scene, x, y, sample);
    facetree_synth_ears(scene, x, y, sample);
    facetree_synth_hair_back(scene, x, y, sample);
}


static void
facetree_synth_lay_hair(double edge, const facetree_synth_sample_t *beneath,
    facetree_synth_sample_t *sample)
{
    double                   share;
    facetree_synth_sample_t  hair;

    share = facetree_synth_cover(edge, 2.0 * FACETREE_SYNTH_HAIR_SOFT);

    hair = *sample;
    *sample = *beneath;

    if (share > 0.0) {
        sample->tone = facetree_synth_blend(beneath->tone, hair.tone, share);
        sample->shine = facetree_synth_blend(beneath->shine, hair.shine,
                                             share);

        if (share > 0.5) {
            sample->layer = hair.layer;
            sample->depth = hair.depth;
        }

    } else if (beneath->layer == FACETREE_SYNTH_FACE) {

        /* It casts a little shadow on the skin next to it. */

        sample->tone *= 1.0 - 0.25 * facetree_synth_cover(edge - 1.5, 3.0);
    }
}


static void
facetree_synth_look(const facetree_synth_scene_t *scene, double x, double y,
    facetree_synth_sample_t *sample)
{
    double                        dx, dy, edge;
    facetree_synth_sample_t       beneath;
    const facetree_synth_shot_t  *shot;

    shot = &scene->shot;

    dx = (x - FACETREE_SYNTH_EYES_X - shot->shift_x) * shot->per_scale;
    dy = (y - FACETREE_SYNTH_EYES_Y - shot->shift_y) * shot->per_scale;
    x = dx * shot->roll_cos + dy * shot->roll;
    y = dy * shot->roll_cos - dx * shot->roll;

    edge = facetree_synth_hair(scene, x, y, sample);

    if (edge > -FACETREE_SYNTH_HAIR_SOFT) {
        facetree_synth_beneath(scene, x, y, &beneath);
        facetree_synth_lay_hair(edge, &beneath, sample);
    }

    facetree_synth_glasses(scene, x, y, sample);
}


/* Rise per sample; across the edge of a layer there is none to take. */

static double
facetree_synth_slope(const facetree_synth_sample_t *before,
    const facetree_synth_sample_t *here,
    const facetree_synth_sample_t *after)
{
    int  back, front;

    back = before->layer == here->layer;
    front = after->layer == here->layer;

    if (back && front) {
        return 0.5 * (after->depth - before->depth);
    }

    if (back) {
        return here->depth - before->depth;
    }

    return front ? after->depth - here->depth : 0.0;
}


/*
 * Lambert's law with some light from all around, and a highlight where the
 * surface mirrors the lamp (half-vector to the 16th power).
 */

static double
facetree_synth_light(const facetree_synth_shot_t *shot,
    const facetree_synth_sample_t *sample, double across, double down)
{
    double  norm, lit, half, shine;

    if (sample->layer == FACETREE_SYNTH_BACKDROP) {
        return sample->tone * shot->gain;
    }

    /*
     * Slopes grow without bound where a round thing ends, at a rate that
     * depends on where the samples happen to fall; bounded, edges are smooth.
     */

    across = facetree_synth_clamp(across * FACETREE_SYNTH_FINE * shot->scale,
                                  -2.5, 2.5);
    down = facetree_synth_clamp(down * FACETREE_SYNTH_FINE * shot->scale,
                                -2.5, 2.5);

    norm = 1.0 / sqrt(1.0 + across * across + down * down);
    lit = norm * (shot->light[2] - across * shot->light[0]
                  - down * shot->light[1]);

    half = (lit + norm) * shot->mirror;
    shine = facetree_synth_max(half, 0.0);
    shine *= shine;
    shine *= shine;
    shine *= shine;
    shine *= shine;

    /* Light wraps a little around the edge of soft things. */

    lit = facetree_synth_max((lit + 0.15) / 1.15, 0.0);

    return shot->gain * (sample->tone * (shot->ambient * (0.6 + 0.4 * norm)
                                         + 0.68 * lit)
                         + sample->shine * shine);
}


/*
 * Three samples make two pixels.  A pixel is a tent-shaped average over one
 * pixel to either side of its middle, as soft as a lens, so that a sample
 * counts towards two of them.
 */

static void
facetree_synth_aim(int sample, facetree_synth_aim_t *aim)
{
    int  pair;

    pair = sample / 3 * 2;

    switch (sample % 3) {

    case 0:
        aim->own = pair;
        aim->other = pair - 1;
        aim->own_share = 5.0 / 9.0;
        aim->other_share = 1.0 / 9.0;
        break;

    case 1:
        aim->own = pair;
        aim->other = pair + 1;
        aim->own_share = 3.0 / 9.0;
        aim->other_share = 3.0 / 9.0;
        break;

    default:
        aim->own = pair + 1;
        aim->other = pair + 2;
        aim->own_share = 5.0 / 9.0;
        aim->other_share = 1.0 / 9.0;
    }

    /* At the border the outermost sample stands in for the next. */

    if (aim->other < 0 || aim->other >= FACETREE_SYNTH_SIDE) {
        aim->other = aim->own;
    }
}


static void
facetree_synth_line(const facetree_synth_scene_t *scene, int row,
    facetree_synth_sample_t *line)
{
    int  i;

    for (i = 0; i < FACETREE_SYNTH_LINE; i++) {
        facetree_synth_look(scene, (i - 0.5) / FACETREE_SYNTH_FINE,
                            (row + 0.5) / FACETREE_SYNTH_FINE, &line[i]);
    }
}


/* Lights a line of samples and adds it to the picture. */

static void
facetree_synth_expose(const facetree_synth_shot_t *shot,
    const facetree_synth_sample_t *above,
    const facetree_synth_sample_t *line,
    const facetree_synth_sample_t *below, int row, double *exposure)
{
    int                   i;
    double                across, down, lit, *own, *other;
    facetree_synth_aim_t  x, y;

    facetree_synth_aim(row, &y);

    own = exposure + y.own * FACETREE_SYNTH_SIDE;
    other = exposure + y.other * FACETREE_SYNTH_SIDE;

    for (i = 1; i <= FACETREE_SYNTH_ACROSS; i++) {
        across = facetree_synth_slope(&line[i - 1], &line[i], &line[i + 1]);
        down = facetree_synth_slope(&above[i], &line[i], &below[i]);
        lit = facetree_synth_light(shot, &line[i], across, down);

        facetree_synth_aim(i - 1, &x);

        own[x.own] += lit * y.own_share * x.own_share;
        own[x.other] += lit * y.own_share * x.other_share;
        other[x.own] += lit * y.other_share * x.own_share;
        other[x.other] += lit * y.other_share * x.other_share;
    }
}


/* Turns exposures into gray levels, with the grain of a sensor. */

static void
facetree_synth_develop(const facetree_synth_shot_t *shot,
    const double *exposure, uint8_t *pixels)
{
    int                    i;
    double                 level;
    facetree_synth_dice_t  dice;

    dice.state = facetree_synth_mix64(shot->key);

    for (i = 0; i < FACETREE_SYNTH_SIDE * FACETREE_SYNTH_SIDE; i++) {
        /* Black is never quite black, and highlights are compressed. */

        level = 16.0 + exposure[i] * 240.0;

        if (level > 180.0) {
            level = 180.0 + (level - 180.0) / (1.0 + (level - 180.0) / 70.0);
        }

        level = facetree_synth_bell(&dice, level, 1.75 * shot->grain);

        pixels[i] = (uint8_t) (facetree_synth_clamp(level, 0.0, 255.0) + 0.5);
    }
}


void
facetree_synth_draw(uint32_t seed, uint32_t person, uint32_t picture,
    uint8_t *pixels)
{
    int                      row;
    double                   exposure[FACETREE_SYNTH_SIDE
                                      * FACETREE_SYNTH_SIDE] = { 0.0 };
    facetree_synth_scene_t   scene;
    facetree_synth_sample_t  lines[3][FACETREE_SYNTH_LINE];

    facetree_synth_person(&scene.person, seed, person);
    facetree_synth_shot(&scene.shot, &scene.person, seed, person, picture);

    facetree_synth_line(&scene, -1, lines[0]);
    facetree_synth_line(&scene, 0, lines[1]);

    for (row = 0; row < FACETREE_SYNTH_ACROSS; row++) {
        facetree_synth_line(&scene, row + 1, lines[(row + 2) % 3]);
        facetree_synth_expose(&scene.shot, lines[row % 3],
                              lines[(row + 1) % 3], lines[(row + 2) % 3],
                              row, exposure);
    }

    facetree_synth_develop(&scene.shot, exposure, pixels);
}
