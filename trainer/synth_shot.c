
/*
 * Copyright (C) facetree contributors
 *
 * What differs between the photographs of one drawn person.
 */


#include "synth_int.h"
#include "synth_math.h"


static void
facetree_synth_shot_pose(facetree_synth_shot_t *shot,
    facetree_synth_dice_t *dice)
{
    shot->shift_x = facetree_synth_bell(dice, 0.0, 1.8);
    shot->shift_y = facetree_synth_bell(dice, 0.0, 1.8);
    shot->scale = facetree_synth_bell(dice, 1.21, 0.08);
    shot->per_scale = 1.0 / shot->scale;

    shot->roll = facetree_synth_bell(dice, 0.0, 0.11);
    shot->roll_cos = sqrt(1.0 - shot->roll * shot->roll);

    shot->yaw = facetree_synth_bell(dice, 0.0, 0.34);
    shot->yaw_cos = sqrt(1.0 - shot->yaw * shot->yaw);

    shot->pitch = facetree_synth_bell(dice, 0.0, 0.18);
}


static void
facetree_synth_shot_light(facetree_synth_shot_t *shot,
    facetree_synth_dice_t *dice)
{
    double  x, y, len;

    x = facetree_synth_bell(dice, 0.0, 0.7);
    y = facetree_synth_bell(dice, -0.45, 0.35);
    len = sqrt(x * x + y * y + 1.0);

    shot->light[0] = x / len;
    shot->light[1] = y / len;
    shot->light[2] = 1.0 / len;
    shot->mirror = 1.0 / sqrt(2.0 + 2.0 * shot->light[2]);

    shot->ambient = facetree_synth_range(dice, 0.38, 0.56);
    shot->gain = facetree_synth_bell(dice, 0.92, 0.10);

    shot->backdrop = facetree_synth_range(dice, 0.18, 0.5);
    shot->backdrop_fall = facetree_synth_bell(dice, 0.0, 0.004);
    shot->grain = facetree_synth_range(dice, 1.5, 4.0);
}


static void
facetree_synth_shot_mood(facetree_synth_shot_t *shot,
    const facetree_synth_person_t *person, facetree_synth_dice_t *dice)
{
    double  pick;

    shot->smile = facetree_synth_bell(dice, person->cheer, 0.7);
    shot->smile = facetree_synth_clamp(shot->smile, -0.12, 1.0);

    pick = facetree_synth_range(dice, -1.6, 0.8);
    shot->open = facetree_synth_clamp(pick, 0.0, 1.0);
    pick = facetree_synth_range(dice, -0.7, 1.1);
    shot->open = facetree_synth_max(shot->open, pick * shot->smile);

    shot->brows = facetree_synth_bell(dice, 0.0, 1.2);

    pick = facetree_synth_roll(dice);
    shot->lids = pick < 0.06 ? 0.05 : facetree_synth_range(dice, 0.65, 1.05);
    shot->lids -= 0.2 * facetree_synth_max(shot->smile, 0.0);

    /* The eyes mostly stay on the camera when the head turns. */

    shot->gaze = facetree_synth_bell(dice, 0.0, 1.0) - 2.2 * shot->yaw;

    shot->glasses = facetree_synth_roll(dice) < person->glasses.wear;
}


void
facetree_synth_shot(facetree_synth_shot_t *shot,
    const facetree_synth_person_t *person, uint32_t seed, uint32_t number,
    uint32_t picture)
{
    facetree_synth_dice_t  dice;

    dice.state = facetree_synth_mix64(((uint64_t) seed << 32) | number);
    dice.state = facetree_synth_mix64(dice.state ^ ~(uint64_t) picture);

    shot->key = (uint32_t) dice.state;

    facetree_synth_shot_pose(shot, &dice);
    facetree_synth_shot_light(shot, &dice);
    facetree_synth_shot_mood(shot, person, &dice);
}
