
/*
 * Copyright (C) facetree contributors
 *
 * The fixed traits of a drawn person.
 */


#include "synth_int.h"
#include "synth_math.h"


typedef struct {
    double  volume;
    double  line;
    double  bow;
    double  tilt;
    double  side;
    double  length;
    double  curl;
    double  fuzz;
} facetree_synth_cut_t;


/* The first are worn by men, the last by women, those between by both. */

static const facetree_synth_cut_t  facetree_synth_cuts[] = {
    /* volume  line    bow  tilt  side  length curl  fuzz */
    {  0.5,   -26.0,  -9.0,  0.0, 0.86,   2.0, 0.2,  0.6 },  /* bald crown */
    {  1.2,   -21.0,  -5.0,  0.0, 0.84,   3.0, 0.3,  1.0 },  /* receding */
    {  0.9,   -18.0,  -4.0,  0.0, 0.87,   2.0, 0.2,  0.8 },  /* cropped */
    {  2.6,   -17.0,  -3.0,  0.0, 0.84,   4.0, 0.5,  1.4 },  /* short */
    {  3.2,   -18.0,   2.0,  6.0, 0.83,   5.0, 0.5,  1.5 },  /* parted */
    {  3.0,   -11.5,   1.0,  0.0, 0.80,   6.0, 0.4,  1.6 },  /* fringe */
    {  5.5,   -15.0,   4.0,  0.0, 0.82,   7.0, 2.2,  3.0 },  /* curly */
    {  1.6,   -17.0,   9.0,  0.0, 0.88,   0.0, 0.3,  0.8 },  /* tied back */
    {  3.5,   -17.0,  12.0,  3.0, 0.76,  60.0, 0.4,  1.2 },  /* long */
    {  3.2,   -11.0,   4.0,  0.0, 0.75,  60.0, 0.4,  1.2 },  /* long, fringe */
    {  4.2,   -15.0,   9.0,  5.0, 0.74,  24.0, 0.6,  1.5 },  /* bob */
    {  5.2,   -16.0,  10.0, -4.0, 0.76,  40.0, 2.0,  3.0 },  /* wavy */
};

#define FACETREE_SYNTH_CUTS                                                   \
    (sizeof(facetree_synth_cuts) / sizeof(facetree_synth_cuts[0]))

#define FACETREE_SYNTH_MALE_CUTS     7
#define FACETREE_SYNTH_FEMALE_FIRST  5


static void
facetree_synth_person_invert(facetree_synth_solid_t *solid)
{
    solid->per_width = 1.0 / solid->width;
    solid->per_top = 1.0 / solid->top;
    solid->per_bottom = 1.0 / solid->bottom;
}


/* "soft" is 0 for a square-cut male face, 1 for a slight female one. */

static void
facetree_synth_person_head(facetree_synth_person_t *person,
    facetree_synth_dice_t *dice, double soft)
{
    facetree_synth_solid_t  *head;

    head = &person->head;

    head->width = facetree_synth_bell(dice, 21.8 - 0.8 * soft, 2.4);
    head->depth = head->width * facetree_synth_range(dice, 0.98, 1.12);
    head->top = facetree_synth_bell(dice, -27.0, 2.0);
    head->bottom = facetree_synth_bell(dice, 34.0 - 2.0 * soft, 3.4);
    head->square = facetree_synth_range(dice, 0.25, 0.95) - 0.25 * soft;
    head->taper = facetree_synth_range(dice, 0.14, 0.34) + 0.06 * soft;

    person->skin = facetree_synth_roll(dice);
    person->skin = person->skin < 0.28
                   ? facetree_synth_blend(0.42, 0.64, person->skin / 0.28)
                   : facetree_synth_blend(0.66, 0.84, person->skin);

    person->age = facetree_synth_roll(dice);
    person->age *= facetree_synth_blend(person->age, 1.0, 0.4);
    person->gaunt = facetree_synth_bell(dice, 0.25 - 0.3 * soft, 1.0);
    person->skew = facetree_synth_bell(dice, 0.0, 0.05);
    person->ear = facetree_synth_bell(dice, 1.0, 0.3);
}


static void
facetree_synth_person_eyes(facetree_synth_person_t *person,
    facetree_synth_dice_t *dice, double soft)
{
    facetree_synth_eye_t   *eye;
    facetree_synth_brow_t  *brow;

    eye = &person->eye;
    brow = &person->brow;

    eye->x = person->head.width * facetree_synth_bell(dice, 0.475, 0.05);
    eye->width = facetree_synth_bell(dice, 4.9 + 0.3 * soft, 0.9);
    eye->height = facetree_synth_bell(dice, 2.7 + 0.6 * soft, 0.9);
    eye->tilt = facetree_synth_bell(dice, -0.03, 0.16);
    eye->socket = facetree_synth_bell(dice, 1.0 - 0.25 * soft, 0.6);
    eye->iris = facetree_synth_range(dice, 0.10, 0.42);
    eye->lash = facetree_synth_bell(dice, 0.45 + 0.4 * soft, 0.2);

    brow->v = facetree_synth_bell(dice, -6.2 - 0.8 * soft, 1.5);
    brow->thick = facetree_synth_bell(dice, 2.6 - 1.1 * soft, 0.9);
    brow->arch = facetree_synth_bell(dice, 0.5 + 0.9 * soft, 0.9);
    brow->tilt = facetree_synth_bell(dice, -0.02, 0.13);
    brow->density = facetree_synth_range(dice, 0.45, 0.95);
}


static void
facetree_synth_person_mouth(facetree_synth_person_t *person,
    facetree_synth_dice_t *dice, double soft)
{
    double                   gap;
    facetree_synth_nose_t   *nose;
    facetree_synth_mouth_t  *mouth;

    nose = &person->nose;
    mouth = &person->mouth;

    nose->v = person->head.bottom * facetree_synth_bell(dice, 0.40, 0.065);
    nose->width = facetree_synth_bell(dice, 4.5 - 0.7 * soft, 1.3);
    nose->height = facetree_synth_bell(dice, 5.4 - 0.8 * soft, 1.6);
    nose->bridge = facetree_synth_range(dice, 0.15, 0.45);

    gap = person->head.bottom - nose->v;

    mouth->v = nose->v + gap * facetree_synth_bell(dice, 0.40, 0.06);
    mouth->width = facetree_synth_bell(dice, 8.6 - 0.4 * soft, 1.9);
    mouth->upper = facetree_synth_bell(dice, 1.8 + 0.6 * soft, 0.8);
    mouth->lower = facetree_synth_bell(dice, 2.5 + 0.6 * soft, 0.9);
    mouth->tone = facetree_synth_range(dice, 0.62, 0.80) - 0.12 * soft;

    person->cheer = facetree_synth_range(dice, 0.05, 0.8);
    person->mole_u = facetree_synth_range(dice, -13.0, 13.0);
    person->mole_v = facetree_synth_range(dice, 8.0, 24.0);
    person->mole = facetree_synth_roll(dice) < 0.2 ? 0.5 : 0.0;
}


static void
facetree_synth_person_hair_tone(facetree_synth_person_t *person,
    facetree_synth_dice_t *dice)
{
    double                  gray;
    facetree_synth_hair_t  *hair;

    hair = &person->hair;

    hair->tone = facetree_synth_roll(dice);
    hair->tone = 0.10 + 0.42 * hair->tone * hair->tone;

    if (person->skin < 0.63) {
        hair->tone = 0.08 + 0.15 * hair->tone;
    }

    /* Gray comes with age, and not to everybody. */

    gray = facetree_synth_range(dice, 0.0, 0.75);
    hair->tone = facetree_synth_blend(hair->tone, 0.64, gray * person->age);
}


static void
facetree_synth_person_hair(facetree_synth_person_t *person,
    facetree_synth_dice_t *dice, int female)
{
    double                       side;
    uint32_t                     first, count, pick;
    facetree_synth_hair_t       *hair;
    const facetree_synth_cut_t  *cut;

    first = female ? FACETREE_SYNTH_FEMALE_FIRST : 0;
    count = female ? FACETREE_SYNTH_CUTS - first : FACETREE_SYNTH_MALE_CUTS;

    pick = (uint32_t) (facetree_synth_roll(dice) * count);
    cut = &facetree_synth_cuts[first + pick];

    hair = &person->hair;

    side = facetree_synth_roll(dice) < 0.5 ? -1.0 : 1.0;

    hair->line = cut->line + facetree_synth_bell(dice, 0.0, 2.0);
    hair->bow = cut->bow + facetree_synth_bell(dice, 0.0, 2.0);
    hair->tilt = side * cut->tilt;
    hair->side = cut->side + facetree_synth_bell(dice, 0.0, 0.04);
    hair->length = cut->length + facetree_synth_bell(dice, 0.0, 3.0);
    hair->curl = cut->curl;
    hair->fuzz = cut->fuzz;

    facetree_synth_person_hair_tone(person, dice);

    hair->solid = person->head;
    hair->solid.width += cut->volume * 0.8;
    hair->solid.depth += cut->volume * 0.5;
    hair->solid.top -= cut->volume * 1.1;
    hair->solid.bottom = hair->length > 15.0 ? 70.0 : 40.0;
    hair->solid.square = 1.0;
    hair->solid.taper = hair->length > 30.0 ? -0.25 : 0.1;
}


static void
facetree_synth_person_extras(facetree_synth_person_t *person,
    facetree_synth_dice_t *dice, int female)
{
    double                     kind, density;
    facetree_synth_beard_t    *beard;
    facetree_synth_glasses_t  *glasses;

    beard = &person->beard;
    glasses = &person->glasses;

    kind = facetree_synth_roll(dice);
    density = facetree_synth_range(dice, 0.55, 0.9);

    /* About half of the men are shaven; a thin density is a shadow. */

    beard->cheeks = kind < 0.18 ? density : kind < 0.32 ? 0.28 : 0.0;
    beard->chin = kind < 0.26 ? density : beard->cheeks;
    beard->lip = kind < 0.24 || (kind > 0.36 && kind < 0.5)
                 ? density : beard->chin * 0.8;

    if (female) {
        beard->cheeks = 0.0;
        beard->chin = 0.0;
        beard->lip = 0.0;
    }

    kind = facetree_synth_roll(dice);

    glasses->wear = kind < 0.18 ? 1.0 : kind < 0.34 ? 0.6 : 0.0;
    glasses->width = facetree_synth_bell(dice, 7.8, 1.3);
    glasses->height = facetree_synth_bell(dice, 5.6, 1.5);
    glasses->square = facetree_synth_roll(dice);
    glasses->rim = facetree_synth_range(dice, 0.7, 1.7);
    glasses->tone = facetree_synth_roll(dice) < 0.65
                    ? facetree_synth_range(dice, 0.06, 0.2)
                    : person->skin * facetree_synth_range(dice, 0.4, 0.6);

    person->cloth = facetree_synth_range(dice, 0.06, 0.55);
    person->collar = facetree_synth_range(dice, 4.0, 14.0);
}


void
facetree_synth_person(facetree_synth_person_t *person, uint32_t seed,
    uint32_t number)
{
    int                    female;
    double                 soft;
    facetree_synth_dice_t  dice;

    dice.state = facetree_synth_mix64(((uint64_t) seed << 32) | number);

    person->key = (uint32_t) dice.state;

    female = facetree_synth_roll(&dice) < 0.45;
    soft = female ? facetree_synth_range(&dice, 0.6, 1.0)
                  : facetree_synth_range(&dice, 0.0, 0.4);

    facetree_synth_person_head(person, &dice, soft);
    facetree_synth_person_eyes(person, &dice, soft);
    facetree_synth_person_mouth(person, &dice, soft);
    facetree_synth_person_hair(person, &dice, female);
    facetree_synth_person_extras(person, &dice, female);

    facetree_synth_person_invert(&person->head);
    facetree_synth_person_invert(&person->hair.solid);
}
