
/*
 * Copyright (C) facetree contributors
 *
 * All that is not the face: backdrop, shoulders, neck, ears, hair, glasses.
 */


#include "synth_int.h"
#include "synth_math.h"


void
facetree_synth_backdrop(const facetree_synth_scene_t *scene, double x,
    double y, facetree_synth_sample_t *sample)
{
    double                        cloud;
    const facetree_synth_shot_t  *shot;

    shot = &scene->shot;

    cloud = facetree_synth_noise(shot->key, x * 0.05 + 40.0, y * 0.05 + 40.0);

    sample->layer = FACETREE_SYNTH_BACKDROP;
    sample->depth = 0.0;
    sample->shine = 0.0;
    sample->tone = shot->backdrop * (0.85 + 0.3 * cloud)
                   + shot->backdrop_fall * x;
}


void
facetree_synth_body(const facetree_synth_scene_t *scene, double x, double y,
    facetree_synth_sample_t *sample)
{
    double                          neck, ax, below, slope, r;
    const facetree_synth_person_t  *person;

    person = &scene->person;

    /* The neck is behind the head's axis, so it stays when the head turns. */

    x += 5.0 * scene->shot.yaw;
    ax = facetree_synth_abs(x);
    neck = person->head.width * 0.62;
    below = y - person->head.bottom;

    slope = below - 2.0 - 0.22 * (ax - neck);

    if (ax > neck ? slope > 0.0 : below > person->collar - ax * 0.8) {
        sample->layer = FACETREE_SYNTH_BODY;
        sample->depth = -0.006 * x * x - 4.0;
        sample->tone = person->cloth;
        sample->shine = 0.0;

        /* A hem, dark or light. */

        r = ax > neck ? slope : below - person->collar + ax * 0.8;
        sample->tone *= r < 1.5 ? 0.7 : 1.0;

        return;
    }

    if (ax < neck && below > -18.0) {
        r = 1.0 - ax * ax / (neck * neck);
        sample->layer = FACETREE_SYNTH_BODY;
        sample->depth = neck * sqrt(r);
        sample->tone = person->skin
                       * (0.62 + 0.28 * facetree_synth_step(0.0, 14.0, below));
        sample->shine = 0.0;
    }
}


void
facetree_synth_ears(const facetree_synth_scene_t *scene, double x, double y,
    facetree_synth_sample_t *sample)
{
    double                          ear, at, side, r, inner, width;
    const facetree_synth_person_t  *person;

    person = &scene->person;

    /* Level with eyes and nose, on the axis of the head. */

    side = x < 0.0 ? -1.0 : 1.0;
    width = 3.4 + side * scene->shot.yaw * -4.0;
    ear = 6.2 * person->ear;
    at = side * (person->head.width + 0.4) * scene->shot.yaw_cos
         - 2.0 * scene->shot.yaw;
    y -= 4.5 + 0.7 * scene->shot.pitch * person->head.depth;

    if (width < 1.0 || person->hair.length > 15.0) {
        return;
    }

    x = (x - at) / (width * (1.0 - 0.03 * y));
    y /= ear;
    r = x * x + y * y;

    if (r >= 1.0) {
        return;
    }

    inner = facetree_synth_bump(x - 0.1 * side, y + 0.1, 0.75, 0.75);

    sample->layer = FACETREE_SYNTH_EAR;
    sample->depth = 2.2 * sqrt(1.0 - r) - 1.6 * inner;
    sample->tone = person->skin * (0.92 - 0.35 * inner);
    sample->shine = 0.0;
}


/* How far the point lies outside the hair, in pixels. */

static double
facetree_synth_hair_edge(const facetree_synth_person_t *person, double u,
    double v, double z)
{
    double                        a, strand, top, side, share;
    const facetree_synth_hair_t  *hair;

    hair = &person->hair;

    a = u * hair->solid.per_width;

    top = v - hair->line - hair->bow * a * a - hair->tilt * a;
    side = (hair->side - facetree_synth_abs(a)) * hair->solid.width;

    if ((top > 8.0 && side > 8.0) || top < -8.0) {
        return top < side ? top : side;
    }

    strand = facetree_synth_noise(person->key + 3, u * 0.65, v * 0.15) - 0.5;
    top -= hair->fuzz * 1.2 * strand;
    side -= hair->fuzz * 0.6 * strand;

    side += hair->length < 15.0
            ? 2.5 * facetree_synth_step(-12.0, hair->length, v) : 0.0;
    side -= z < 0.0 ? 8.0 : 0.0;

    /* Sideburns end slowly, and the sides begin below the hair on top. */

    /* Long hair ends in a curve, inwards at its outside. */

    side = facetree_synth_max(side, v - hair->length - hair->fuzz * strand
                                    + (hair->length < 15.0 ? 0.0
                                       : 4.0 * a * a * a * a));
    side = facetree_synth_max(side, -20.0 - v);

    /* The union of both, rounded where they meet. */

    share = facetree_synth_clamp(0.5 + 0.1 * (side - top), 0.0, 1.0);

    return facetree_synth_blend(side, top, share)
           - 5.0 * share * (1.0 - share);
}


static double
facetree_synth_hair_tone(const facetree_synth_person_t *person, double u,
    double v)
{
    double                        strands, locks;
    const facetree_synth_hair_t  *hair;

    hair = &person->hair;

    if (hair->curl > 1.0) {
        strands = facetree_synth_noise(person->key + 4, u * 0.75, v * 0.75);
        locks = facetree_synth_noise(person->key + 5, u * 0.3, v * 0.3);

    } else {
        u += hair->tilt * 0.08 * (v + 20.0);
        strands = facetree_synth_noise(person->key + 4, u * 1.2, v * 0.10);
        locks = facetree_synth_noise(person->key + 5, u * 0.4, v * 0.04);
    }

    return hair->tone * (0.72 + 0.28 * strands + 0.30 * locks);
}


/* What hangs down behind the neck. */

void
facetree_synth_hair_back(const facetree_synth_scene_t *scene, double x,
    double y, facetree_synth_sample_t *sample)
{
    const facetree_synth_hair_t  *hair;

    hair = &scene->person.hair;

    x += 4.0 * scene->shot.yaw;

    if (sample->layer != FACETREE_SYNTH_BACKDROP || hair->length < 15.0
        || y < 0.0 || y > hair->length
        || facetree_synth_abs(x) > hair->solid.width * 0.97)
    {
        return;
    }

    sample->layer = FACETREE_SYNTH_HAIR;
    sample->depth = -0.02 * x * x;
    sample->shine = 0.0;
    sample->tone = 0.6 * facetree_synth_hair_tone(&scene->person, x, y);
}


double
facetree_synth_hair(const facetree_synth_scene_t *scene, double x, double y,
    facetree_synth_sample_t *sample)
{
    double                          edge, bump;
    facetree_synth_hit_t            hit;
    const facetree_synth_hair_t    *hair;
    const facetree_synth_person_t  *person;

    person = &scene->person;
    hair = &person->hair;

    if (hair->curl > 1.0) {
        bump = facetree_synth_noise(person->key + 6, x * 0.35, y * 0.35);
        x *= 1.0 + 0.03 * hair->curl * (bump - 0.5);
        y *= 1.0 + 0.03 * hair->curl * (bump - 0.5);
    }

    if (!facetree_synth_meet(&scene->shot, &hair->solid, x, y, &hit)) {
        return FACETREE_SYNTH_FAR;
    }

    edge = facetree_synth_hair_edge(person, hit.u, hit.v, hit.z);

    if (edge < FACETREE_SYNTH_HAIR_SOFT) {
        sample->layer = FACETREE_SYNTH_HAIR;
        sample->tone = facetree_synth_hair_tone(person, hit.u, hit.v);
        sample->shine = 0.15;
        sample->depth = hit.depth + 2.5 * sample->tone / hair->tone;
    }

    return edge;
}


/*
 * How far a point of the glasses' plane lies from the frame; "*lens" is below
 * 1 within a lens.  Lenses are ellipses or, the squarer, superellipses.
 */

static double
facetree_synth_frame(const facetree_synth_scene_t *scene, int face, double u,
    double v, double *lens)
{
    double                           au, x, y, rim, bar, middle;
    const facetree_synth_glasses_t  *glasses;

    glasses = &scene->person.glasses;

    au = facetree_synth_abs(u);
    middle = scene->person.eye.x + 0.3;

    x = (au - middle) / glasses->width;
    y = (v - 1.0) / glasses->height;
    x *= x;
    y *= y;

    *lens = facetree_synth_blend(sqrt(x + y), sqrt(sqrt(x * x + y * y)),
                                 glasses->square);

    rim = facetree_synth_abs(*lens - 1.0) * 0.5
          * (glasses->width + glasses->height) - glasses->rim * 0.5;

    /* The bridge, and the bars that run back over the cheeks. */

    bar = facetree_synth_abs(v + 0.8 - 0.05 * u * u) - glasses->rim * 0.4;
    bar = facetree_synth_max(bar, au - middle + glasses->width);

    if (face && au > middle + glasses->width) {
        bar = facetree_synth_abs(v + 0.6) - 0.45;
    }

    return rim < bar ? rim : bar;
}


void
facetree_synth_glasses(const facetree_synth_scene_t *scene, double x,
    double y, facetree_synth_sample_t *sample)
{
    double                        u, v, depth, lens, frame, glare;
    const facetree_synth_shot_t  *shot;

    shot = &scene->shot;
    depth = scene->person.head.depth;

    /* They sit in a plane in front of the eyes. */

    v = y - shot->pitch * (depth * 0.3);

    if (!shot->glasses
        || facetree_synth_abs(v - 1.0) > scene->person.glasses.height + 3.0)
    {
        return;
    }

    u = (x - (depth - 0.5) * shot->yaw) / shot->yaw_cos;

    frame = facetree_synth_frame(scene, sample->layer == FACETREE_SYNTH_FACE,
                                 u, v, &lens);

    if (lens < 1.0) {
        glare = facetree_synth_noise(shot->key + 9, u * 0.22 + 9.0,
                                     v * 0.3 - u * 0.1 + 9.0);
        sample->tone = sample->tone * 0.94 + 0.03
                       + 0.25 * facetree_synth_step(0.68, 0.95, glare);
    }

    sample->tone = facetree_synth_blend(sample->tone,
                                        scene->person.glasses.tone,
                                        facetree_synth_cover(frame, 0.9));
}
