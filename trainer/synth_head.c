
/*
 * Copyright (C) facetree contributors
 *
 * The shape of a head: sections of ellipses with the relief of a face.
 */


#include "synth_int.h"
#include "synth_math.h"


/* Squares of a section's half axes, which is all that is ever needed. */

typedef struct {
    double  width2;
    double  depth2;
} facetree_synth_section_t;


/* The section at v; returns 0 above and below the solid. */

static int
facetree_synth_section(const facetree_synth_solid_t *solid, double v,
    facetree_synth_section_t *section)
{
    double  t, t2, t6, width, oval;

    t = v < 0.0 ? v * solid->per_top : v * solid->per_bottom;

    if (t >= 0.995) {
        return 0;
    }

    t2 = t * t;

    section->width2 = solid->width * solid->width;
    section->depth2 = solid->depth * solid->depth;

    if (v < 0.0) {
        oval = 1.0 - t2 * t2 * (0.6 + 0.4 * t2);
        section->width2 *= oval;
        section->depth2 *= oval;

        return 1;
    }

    t6 = t2 * t2 * t2;
    oval = 1.0 - t2 * (0.7 + 0.3 * t2);
    width = 1.0 - solid->taper * t2;

    section->width2 *= width * width
                       * facetree_synth_blend(oval, 1.0 - t6, solid->square);
    section->depth2 *= 1.0 - t6;

    return 1;
}


/*
 * The line of sight at x meets a section turned by the yaw where the
 * quadratic form of its ellipse is 1; the nearer of two solutions is seen.
 */

static int
facetree_synth_meet_section(const facetree_synth_shot_t *shot,
    const facetree_synth_section_t *section, double x,
    facetree_synth_hit_t *hit)
{
    double  a, b, c, s2, c2, root;

    s2 = shot->yaw * shot->yaw;
    c2 = shot->yaw_cos * shot->yaw_cos;

    a = s2 * section->depth2 + c2 * section->width2;
    b = x * shot->yaw_cos * shot->yaw * (section->width2 - section->depth2);
    c = x * x * (c2 * section->depth2 + s2 * section->width2)
        - section->width2 * section->depth2;

    root = b * b - a * c;

    if (root <= 0.0) {
        return 0;
    }

    hit->depth = (sqrt(root) - b) / a;
    hit->u = x * shot->yaw_cos - hit->depth * shot->yaw;
    hit->z = x * shot->yaw + hit->depth * shot->yaw_cos;

    return 1;
}


int
facetree_synth_meet(const facetree_synth_shot_t *shot,
    const facetree_synth_solid_t *solid, double x, double y,
    facetree_synth_hit_t *hit)
{
    double                    nod;
    facetree_synth_section_t  section;

    /*
     * Nodding moves near points down and far ones up.  The depth to reckon
     * with is a parabola: close enough, and smooth where the solid ends.
     */

    nod = 0.3 * solid->width - x * x * solid->per_width;

    hit->v = y - shot->pitch * nod;

    return facetree_synth_section(solid, hit->v, &section)
           && facetree_synth_meet_section(shot, &section, x, hit);
}


static double
facetree_synth_nose_relief(const facetree_synth_nose_t *nose, double u,
    double v)
{
    double  t, width, height, across, wings;

    t = (v + 4.0) / (nose->v + 3.0);

    if (t <= 0.0 || t >= 1.6 || u * u > 144.0) {
        return 0.0;
    }

    width = facetree_synth_blend(4.6, nose->width + 2.6, t * t);
    height = nose->height * facetree_synth_blend(nose->bridge, 1.0, t * t);
    height *= facetree_synth_step(-0.1, 0.5, t);

    if (t > 1.0) {
        across = (v - nose->v + 1.0) / 5.8;
        across = 1.0 - across * across;
        height = across > 0.0 ? nose->height * across * across : 0.0;
    }

    across = u / width;
    across = 1.0 - across * across;
    across = across > 0.0 ? height * across * across : 0.0;

    u = facetree_synth_abs(u) - nose->width * 0.78;
    wings = 0.30 * nose->height
            * facetree_synth_bump(u, v - nose->v - 0.4, 2.9, 3.4);

    return across + wings;
}


/* Brows, sockets, cheeks, lips and chin. */

static double
facetree_synth_soft_relief(const facetree_synth_scene_t *scene, double u,
    double v)
{
    double                          au, ex, mv, chin, sum;
    const facetree_synth_shot_t    *shot;
    const facetree_synth_person_t  *person;

    shot = &scene->shot;
    person = &scene->person;

    au = facetree_synth_abs(u);
    ex = person->eye.x;
    mv = person->mouth.v;
    chin = person->head.bottom;

    sum = -3.0 * person->eye.socket
          * facetree_synth_bump(au - ex + 1.0, v - 0.5, 9.0, 6.0);
    sum += 1.7 * facetree_synth_bump(au - ex, v - 0.5, 5.4, 4.6);
    sum += 1.3 * person->eye.socket
           * facetree_synth_bump(au - ex * 0.9, v - person->brow.v - 0.5,
                                 10.0, 4.5);
    sum += (1.5 + 1.2 * facetree_synth_max(shot->smile, 0.0))
           * facetree_synth_bump(au - 12.5, v - person->nose.v + 2.0,
                                 8.0, 8.5);
    sum -= 2.4 * person->gaunt
           * facetree_synth_bump(au - 14.5, v - mv + 3.0, 7.0, 9.0);

    sum += 0.6 * facetree_synth_bump(u, v - mv + 1.4,
                                     person->mouth.width, 2.8);
    sum += 0.9 * facetree_synth_bump(u, v - mv - 2.0,
                                     person->mouth.width * 0.85, 3.2);
    sum += 1.6 * facetree_synth_bump(u, v - mv, 13.0, 9.0);

    /* Jowls. */

    sum += 1.8 * person->age
           * facetree_synth_bump(au - 12.0, v - mv - 4.5, 5.5, 5.0);
    sum -= 1.2 * facetree_synth_bump(u, v - mv - person->mouth.lower - 3.2,
                                     7.5, 2.6);
    sum += 2.2 * facetree_synth_bump(u, v - chin + 4.5, 8.0, 6.0);

    return sum;
}


double
facetree_synth_relief(const facetree_synth_scene_t *scene,
    facetree_synth_hit_t *hit)
{
    int                           pass;
    double                        u, v, nose;
    const facetree_synth_nose_t  *shape;

    shape = &scene->person.nose;

    /*
     * A turned nose hides the cheek behind it.  The point seen is where the
     * surface meets the line of sight; halving the step keeps the search
     * stable on the nose's steep far side.
     */

    u = hit->u;
    v = hit->v;
    nose = facetree_synth_nose_relief(shape, u, v);

    for (pass = 0; pass < 3 && u * u < 256.0; pass++) {
        u = 0.5 * (u + hit->u - nose * scene->shot.yaw);
        v = 0.5 * (v + hit->v - nose * scene->shot.pitch);
        nose = facetree_synth_nose_relief(shape, u, v);
    }

    hit->u = u;
    hit->v = v;

    return nose + facetree_synth_soft_relief(scene, u, v);
}
