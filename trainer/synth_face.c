
/*
 * Copyright (C) facetree contributors
 *
 * Skin and what is painted on it: eyes, brows, nostrils, mouth, beard.
 */


#include "synth_int.h"
#include "synth_math.h"


static void
facetree_synth_paint(facetree_synth_sample_t *sample, double tone,
    double share)
{
    sample->tone = facetree_synth_blend(sample->tone, tone, share);
}


static void
facetree_synth_shade(facetree_synth_sample_t *sample, double amount)
{
    sample->tone *= 1.0 - amount;
}


/* From the wings of the nose past the corners of the mouth. */

static void
facetree_synth_folds(const facetree_synth_scene_t *scene, double au,
    double v, facetree_synth_sample_t *sample)
{
    double                          t, line, share;
    const facetree_synth_person_t  *person;

    person = &scene->person;

    t = (v - person->nose.v + 1.5) / (person->mouth.v - person->nose.v + 4.5);

    if (t <= 0.0 || t >= 1.0) {
        return;
    }

    line = person->nose.width + 1.5
           + (person->mouth.width - person->nose.width + 1.5) * t;

    share = 0.04 + 0.42 * person->age
            + 0.18 * facetree_synth_max(scene->shot.smile, 0.0);
    share *= 4.0 * t * (1.0 - t);

    facetree_synth_shade(sample, share
        * facetree_synth_cover(facetree_synth_abs(au - line), 4.0));
}


/* Lines across the forehead, and bags under the eyes. */

static void
facetree_synth_wrinkles(const facetree_synth_person_t *person, double au,
    double v, facetree_synth_sample_t *sample)
{
    double  line, x;

    if (v < person->brow.v - 2.0 && person->age > 0.35) {
        line = (v - person->brow.v) * 0.36 + au * 0.012;
        line -= facetree_synth_floor(line);

        facetree_synth_shade(sample, 0.36 * (person->age - 0.35)
            * facetree_synth_bump(line - 0.5, au * 0.05, 0.32, 0.8));
    }

    x = au - person->eye.x;
    line = facetree_synth_abs(v - 4.8 + 0.05 * x * x);

    facetree_synth_shade(sample, (0.04 + 0.34 * person->age)
        * facetree_synth_cover(line - 0.5, 2.0)
        * facetree_synth_bump(x, 0.0, 6.0, 1.0));
}


static void
facetree_synth_skin(const facetree_synth_scene_t *scene, double u, double v,
    facetree_synth_sample_t *sample)
{
    double                          au, blotch;
    const facetree_synth_person_t  *person;

    person = &scene->person;
    au = facetree_synth_abs(u);

    blotch = facetree_synth_noise(person->key, u * 0.35, v * 0.35);

    sample->tone = person->skin * (0.95 + 0.10 * blotch);
    sample->shine = 0.10;

    /* Sockets catch less of the light from all around; cheeks are red. */

    facetree_synth_shade(sample, 0.20 * person->eye.socket
        * facetree_synth_bump(au - person->eye.x + 1.0, v - 0.2, 8.0, 6.5));
    facetree_synth_shade(sample, 0.07
        * facetree_synth_bump(au - 12.0, v - 13.0, 8.0, 6.0));
    facetree_synth_shade(sample, 0.6 * person->mole
        * facetree_synth_bump(u - person->mole_u, v - person->mole_v,
                              1.5, 1.5));

    facetree_synth_folds(scene, au, v, sample);
    facetree_synth_wrinkles(person, au, v, sample);
}


static void
facetree_synth_eyeball(const facetree_synth_scene_t *scene, double x,
    double y, double open, double inside, double side,
    facetree_synth_sample_t *sample)
{
    double                          r, gx, gy;
    const facetree_synth_person_t  *person;

    person = &scene->person;

    gx = x - scene->shot.gaze * side;
    gy = y + 0.35 * person->eye.height * 0.5;
    r = sqrt(gx * gx + gy * gy);

    facetree_synth_paint(sample, 0.74 - 0.03 * facetree_synth_abs(x), inside);
    facetree_synth_paint(sample, person->eye.iris,
                         inside * facetree_synth_cover(r - 2.35, 0.9));
    facetree_synth_paint(sample, 0.04,
                         inside * facetree_synth_cover(r - 1.05, 0.8));

    /* The lid's shadow, and the lamp in the cornea. */

    facetree_synth_shade(sample, 0.5 * inside
                         * facetree_synth_cover(open - 0.6, 1.8));

    gx = gx * side + 0.7;
    gy += 0.9;
    facetree_synth_paint(sample, 1.0, 0.8 * inside
                         * facetree_synth_cover(sqrt(gx * gx + gy * gy) - 0.45,
                                                0.8));
}


static void
facetree_synth_eye(const facetree_synth_scene_t *scene, double u, double v,
    facetree_synth_sample_t *sample)
{
    double                       x, y, arc, upper, lower, edge, side, lids;
    const facetree_synth_eye_t  *eye;

    eye = &scene->person.eye;

    side = u < 0.0 ? -1.0 : 1.0;
    x = u * side - eye->x;
    y = v - eye->tilt * x - scene->person.skew * u;

    if (x * x > 64.0 || y * y > 64.0) {
        return;
    }

    lids = scene->shot.lids;
    arc = 1.0 - x * x / (eye->width * eye->width);
    edge = arc > 0.0 ? sqrt(arc) * 0.4 + arc * 0.6 : arc;

    lower = 0.55 * eye->height * edge;
    upper = facetree_synth_blend(lower, -eye->height * edge, lids);

    if (arc > 0.0) {
        facetree_synth_eyeball(scene, x, y, y - upper,
            facetree_synth_cover(facetree_synth_max(upper - y, y - lower),
                                 0.8),
            side, sample);
    }

    /* Lashes, the lower lid, the crease over the upper one. */

    edge = facetree_synth_clamp(1.25 + arc * 4.0, 0.0, 1.0);

    facetree_synth_paint(sample, 0.06, eye->lash * edge
        * facetree_synth_cover(facetree_synth_abs(y - upper) - 0.55, 0.9));
    facetree_synth_shade(sample, 0.22 * edge
        * facetree_synth_cover(facetree_synth_abs(y - lower) - 0.3, 1.2));
    facetree_synth_shade(sample, 0.28 * edge
        * facetree_synth_cover(facetree_synth_abs(y - upper
                                                  + 1.4 + lids * 0.6) - 0.2,
                               1.4));
}


static void
facetree_synth_brow(const facetree_synth_scene_t *scene, double u, double v,
    facetree_synth_sample_t *sample)
{
    double                          x, y, t, thick, tone, share;
    const facetree_synth_brow_t    *brow;
    const facetree_synth_person_t  *person;

    person = &scene->person;
    brow = &person->brow;

    x = facetree_synth_abs(u) - person->eye.x - 0.4;
    t = (x + 6.6) / 13.4;

    if (t <= 0.0 || t >= 1.0) {
        return;
    }

    y = brow->v - scene->shot.brows + brow->tilt * x
        + brow->arch * (x - 1.5) * (x - 1.5) / 30.0 + 1.6 * person->skew * u;
    thick = brow->thick * (1.0 - 0.55 * t * t);

    share = brow->density * facetree_synth_step(0.0, 0.12, t)
            * facetree_synth_step(0.0, 0.25, 1.0 - t)
            * facetree_synth_cover(facetree_synth_abs(v - y) - thick * 0.5,
                                   1.3);
    if (share <= 0.0) {
        return;
    }

    share *= 0.75 + 0.5 * facetree_synth_noise(person->key + 1, u * 1.3 + v,
                                               v * 0.4);

    tone = facetree_synth_blend(person->hair.tone * 0.8, 0.12, 0.3);

    facetree_synth_paint(sample, tone, facetree_synth_clamp(share, 0.0, 1.0));
}


static void
facetree_synth_nostrils(const facetree_synth_scene_t *scene, double u,
    double v, facetree_synth_sample_t *sample)
{
    double                        au, y;
    const facetree_synth_nose_t  *nose;

    nose = &scene->person.nose;

    au = facetree_synth_abs(u);
    y = v - nose->v;

    if (y < -6.0 || y > 7.0 || au > 10.0) {
        return;
    }

    facetree_synth_shade(sample, 0.14
        * facetree_synth_bump(u, y - 3.4, nose->width + 2.0, 3.2));
    facetree_synth_shade(sample, 0.62
        * facetree_synth_bump(au - nose->width * 0.52, y - 2.3, 2.0, 1.5));
    facetree_synth_shade(sample, 0.20
        * facetree_synth_bump(au - nose->width - 1.2, y - 0.4, 1.6, 3.2));
}


static void
facetree_synth_beard(const facetree_synth_scene_t *scene, double u, double v,
    facetree_synth_sample_t *sample)
{
    double                          a, au, x, share, mv;
    const facetree_synth_beard_t   *beard;
    const facetree_synth_person_t  *person;

    person = &scene->person;
    beard = &person->beard;
    mv = person->mouth.v;

    if (beard->lip <= 0.0 || v < 2.0) {
        return;
    }

    au = facetree_synth_abs(u);
    a = au / person->head.width;

    /* Up the cheeks to the ears; a chin beard only as wide as the mouth. */

    x = mv + 2.5 - 20.0 * a * a;
    share = beard->cheeks * facetree_synth_cover(x - v, 4.0);

    x = facetree_synth_max(au - person->mouth.width, mv - 1.0 - v);
    share = facetree_synth_max(share, beard->chin
                               * facetree_synth_cover(x, 3.0));

    x = (person->nose.v + mv) * 0.5 + 1.6 + 0.028 * u * u;
    x = facetree_synth_abs(v - x) - 1.7;
    x = facetree_synth_max(x, (au - person->mouth.width - 1.5) * 0.7);
    share = facetree_synth_max(share, beard->lip
                               * facetree_synth_cover(x, 1.8));

    if (share <= 0.0) {
        return;
    }

    share *= 0.7 + 0.6 * facetree_synth_noise(person->key + 2, u * 1.1,
                                              v * 0.7);
    share = facetree_synth_clamp(share, 0.0, 1.0);

    facetree_synth_paint(sample, person->hair.tone * 0.9 + 0.03, share);
    sample->shine *= 1.0 - share;
}


/*
 * A point as the mouth sees it: x is 1 at the corners, y is measured from the
 * curve of the closed mouth.
 */

typedef struct {
    double  x;
    double  y;
    double  arc;                   /* 1 in the middle, 0 at the corners */
    double  top;                   /* y of the lips' inner edges */
    double  bottom;
} facetree_synth_mouth_point_t;


static void
facetree_synth_lips(const facetree_synth_mouth_t *mouth, double skin,
    const facetree_synth_mouth_point_t *at, facetree_synth_sample_t *sample)
{
    double  upper, lower, edge;

    /* The upper lip dips in its middle. */

    upper = mouth->upper * at->arc * (0.8 + 0.9 * at->x * at->x);
    lower = mouth->lower * at->arc;

    edge = facetree_synth_max(at->top - upper - at->y, at->y - at->top);
    facetree_synth_paint(sample, mouth->tone * skin * 0.9,
        0.9 * facetree_synth_cover(edge, 1.0)
        * facetree_synth_step(0.0, 0.15, at->arc));

    edge = facetree_synth_max(at->bottom - at->y, at->y - at->bottom - lower);
    facetree_synth_paint(sample, mouth->tone * skin * 1.06,
        0.85 * facetree_synth_cover(edge, 1.0)
        * facetree_synth_step(0.0, 0.2, at->arc));
}


/* Between the lips: teeth above, the more the wider the smile; dark below. */

static void
facetree_synth_teeth(double smile, const facetree_synth_mouth_point_t *at,
    facetree_synth_sample_t *sample)
{
    double  gap, inside, half, teeth;

    gap = at->bottom - at->top;

    inside = facetree_synth_max(at->top - at->y, at->y - at->bottom);
    inside = facetree_synth_cover(inside, 0.8)
             * facetree_synth_step(0.15, 0.8, gap);

    facetree_synth_paint(sample, 0.08, inside);

    half = 0.15 + 1.3 * facetree_synth_clamp(smile + 0.2, 0.0, 1.0);

    teeth = facetree_synth_abs(at->y - at->top - 0.4 - half) - half;
    teeth = facetree_synth_cover(teeth, 0.8)
            * facetree_synth_cover(facetree_synth_abs(at->x) - 0.78, 0.3)
            * facetree_synth_step(1.0, 2.2, gap);

    facetree_synth_paint(sample, 0.66, inside * teeth);
}


static void
facetree_synth_mouth(const facetree_synth_scene_t *scene, double u, double v,
    facetree_synth_sample_t *sample)
{
    const facetree_synth_shot_t   *shot;
    const facetree_synth_mouth_t  *mouth;
    facetree_synth_mouth_point_t   at;

    shot = &scene->shot;
    mouth = &scene->person.mouth;

    at.x = u / (mouth->width * (1.0 + 0.16 * shot->smile - 0.12 * shot->open));
    at.y = v - mouth->v - scene->person.skew * u;

    if (at.x * at.x > 1.4 || at.y * at.y > 144.0) {
        return;
    }

    at.y += 3.0 * (shot->smile + 0.15) * (at.x * at.x - 0.4);
    at.arc = facetree_synth_max(1.0 - at.x * at.x, 0.0);
    at.top = -1.56 * shot->open * at.arc;
    at.bottom = 3.64 * shot->open * at.arc;

    facetree_synth_lips(mouth, scene->person.skin, &at, sample);
    facetree_synth_teeth(shot->smile, &at, sample);

    /* The line where the lips meet, its corners, the shadow of the lips. */

    facetree_synth_shade(sample, 0.58 * facetree_synth_step(0.0, 0.35, at.arc)
        * facetree_synth_cover(facetree_synth_abs(at.y - at.top) - 0.35, 1.0));
    facetree_synth_shade(sample, 0.35
        * facetree_synth_bump(facetree_synth_abs(at.x) - 1.0,
                              (at.y - 0.2) / mouth->width, 0.2, 0.2));
    facetree_synth_shade(sample, 0.16
        * facetree_synth_bump(u, at.y - at.bottom - mouth->lower - 1.6,
                              6.5, 2.0));
}


void
facetree_synth_face(const facetree_synth_scene_t *scene, double u, double v,
    facetree_synth_sample_t *sample)
{
    facetree_synth_skin(scene, u, v, sample);
    facetree_synth_beard(scene, u, v, sample);
    facetree_synth_eye(scene, u, v, sample);
    facetree_synth_brow(scene, u, v, sample);
    facetree_synth_nostrils(scene, u, v, sample);
    facetree_synth_mouth(scene, u, v, sample);
}
