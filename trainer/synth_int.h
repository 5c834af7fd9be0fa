
/*
 * Copyright (C) facetree contributors
 *
 * What the files of the synthetic face set share.
 *
 * A picture is made in three steps: dice decide what a person looks like
 * (synth_person.c) and how one photograph was taken (synth_shot.c); every
 * sample of the picture is looked up on a head in three dimensions
 * (synth_head.c) that carries skin and features (synth_face.c), hair and
 * glasses (synth_wear.c); and the samples are lit and averaged into pixels
 * (synth.c).
 *
 * Lengths are pixels of a picture taken straight on from the usual distance.
 * Head coordinates have their origin between the eyes at the axis of the
 * head: u to the right of the picture, v down, z towards the camera.  Tones
 * are reflectances, 0 black to 1 white.
 */


#ifndef FACETREE_SYNTH_INT_H
#define FACETREE_SYNTH_INT_H


#include "synth.h"


#pragma GCC visibility push(hidden)


/*
 * A body whose horizontal sections are ellipses: the skull, or the hair
 * around it.
 */

typedef struct {
    double  width;                 /* half axes of the widest section, */
    double  depth;                 /* which is at the eyes */
    double  top;                   /* v of its ends */
    double  bottom;
    double  per_width;             /* inverses, since samples are many */
    double  per_top;
    double  per_bottom;
    double  square;                /* 0: oval below, 1: boxy */
    double  taper;                 /* how much narrower at the bottom */
} facetree_synth_solid_t;


typedef struct {
    double  x;                     /* distance of the pupils from the middle */
    double  width;                 /* half */
    double  height;                /* of the upper lid's arc, wide open */
    double  tilt;                  /* outer corner down, per pixel */
    double  socket;                /* how deep set */
    double  iris;                  /* tone */
    double  lash;                  /* darkness of the upper lid's edge */
} facetree_synth_eye_t;


typedef struct {
    double  v;
    double  thick;
    double  arch;
    double  tilt;
    double  density;
} facetree_synth_brow_t;


typedef struct {
    double  v;                     /* of the tip */
    double  width;                 /* half, at the wings */
    double  height;
    double  bridge;                /* share of the height between the eyes */
} facetree_synth_nose_t;


typedef struct {
    double  v;
    double  width;                 /* half */
    double  upper;                 /* heights of the lips */
    double  lower;
    double  tone;                  /* relative to the skin */
} facetree_synth_mouth_t;


typedef struct {
    facetree_synth_solid_t  solid;
    double                  tone;
    double                  line;  /* v where it starts over the nose */
    double                  bow;   /* how much lower at the temples */
    double                  tilt;  /* of a parting: lower to one side */
    double                  side;  /* hides the head beyond this share of its
                                      half width, */
    double                  length;  /* down to this v */
    double                  curl;
    double                  fuzz;  /* irregularity of its edge */
} facetree_synth_hair_t;


typedef struct {
    double  cheeks;                /* densities, 0 .. 1 */
    double  chin;
    double  lip;
} facetree_synth_beard_t;


typedef struct {
    double  wear;                  /* share of pictures with them on */
    double  width;                 /* half, of one lens */
    double  height;
    double  square;
    double  rim;                   /* thickness of the frame */
    double  tone;
} facetree_synth_glasses_t;


typedef struct {
    uint32_t                  key;       /* of textures */
    double                    skin;
    double                    age;       /* 0 young .. 1 old */
    double                    gaunt;     /* hollow cheeks; below 0: full */
    double                    skew;      /* asymmetry of the features */
    double                    ear;
    double                    cloth;
    double                    collar;    /* v of its lowest point */
    double                    mole_u;
    double                    mole_v;
    double                    mole;      /* darkness; 0 for none */
    double                    cheer;     /* inclination to smile */
    facetree_synth_solid_t    head;
    facetree_synth_eye_t      eye;
    facetree_synth_brow_t     brow;
    facetree_synth_nose_t     nose;
    facetree_synth_mouth_t    mouth;
    facetree_synth_hair_t     hair;
    facetree_synth_beard_t    beard;
    facetree_synth_glasses_t  glasses;
} facetree_synth_person_t;


typedef struct {
    uint32_t  key;                 /* of noise */
    double    shift_x;
    double    shift_y;
    double    scale;
    double    per_scale;
    double    roll;                /* sine of the angle */
    double    roll_cos;
    double    yaw;                 /* sine; positive: turned to the right */
    double    yaw_cos;
    double    pitch;               /* tangent; positive: looking down */
    double    light[3];            /* unit vector towards the lamp */
    double    mirror;              /* 1 / |lamp + camera|, unit vectors */
    double    ambient;
    double    gain;
    double    smile;               /* -0.3 .. 1 */
    double    open;                /* mouth, 0 .. 1 */
    double    brows;               /* how far raised */
    double    lids;                /* 1 wide open, 0 closed */
    double    gaze;
    double    backdrop;            /* tone behind the person, */
    double    backdrop_fall;       /* and how it changes to the right */
    double    grain;               /* sensor noise, gray levels */
    int       glasses;
} facetree_synth_shot_t;


typedef struct {
    facetree_synth_person_t  person;
    facetree_synth_shot_t    shot;
} facetree_synth_scene_t;


/* Where the line of sight of a sample meets a solid. */

typedef struct {
    double  u;
    double  v;
    double  z;
    double  depth;                 /* towards the camera, the head turned */
} facetree_synth_hit_t;


/* Slopes are taken between neighbouring samples of one layer only. */

typedef enum {
    FACETREE_SYNTH_BACKDROP = 0,
    FACETREE_SYNTH_BODY,
    FACETREE_SYNTH_EAR,
    FACETREE_SYNTH_FACE,
    FACETREE_SYNTH_HAIR
} facetree_synth_layer_e;


typedef struct {
    facetree_synth_layer_e  layer;
    double                  depth;
    double                  tone;
    double                  shine;
} facetree_synth_sample_t;


/* Fixed traits; they depend on the seed and the person alone. */
void facetree_synth_person(facetree_synth_person_t *person, uint32_t seed,
    uint32_t number);

/* What differs from picture to picture of the person. */
void facetree_synth_shot(facetree_synth_shot_t *shot,
    const facetree_synth_person_t *person, uint32_t seed, uint32_t number,
    uint32_t picture);

/*
 * Follows the line of sight at x, y (head-sized, not yet turned) to a solid
 * that turns with the head.  Returns 0 when it passes by.
 */
int facetree_synth_meet(const facetree_synth_shot_t *shot,
    const facetree_synth_solid_t *solid, double x, double y,
    facetree_synth_hit_t *hit);

/*
 * Height of the features over the bare skull; "hit" is moved from the skull
 * to the point of the features that is seen in its place.
 */
double facetree_synth_relief(const facetree_synth_scene_t *scene,
    facetree_synth_hit_t *hit);

/* Paints skin, features and beard at a point of the head. */
void facetree_synth_face(const facetree_synth_scene_t *scene, double u,
    double v, facetree_synth_sample_t *sample);

/*
 * Hair over the head.  Returns how far outside of it the point lies, in
 * pixels, and fills the sample where that is below FACETREE_SYNTH_HAIR_SOFT;
 * within that distance on either side what lies beneath shines through.
 */
#define FACETREE_SYNTH_HAIR_SOFT  1.3
#define FACETREE_SYNTH_FAR        1000.0

double facetree_synth_hair(const facetree_synth_scene_t *scene, double x,
    double y, facetree_synth_sample_t *sample);

/* All the rest: each changes the sample only where it is seen. */
void facetree_synth_backdrop(const facetree_synth_scene_t *scene, double x,
    double y, facetree_synth_sample_t *sample);
void facetree_synth_body(const facetree_synth_scene_t *scene, double x,
    double y, facetree_synth_sample_t *sample);
void facetree_synth_ears(const facetree_synth_scene_t *scene, double x,
    double y, facetree_synth_sample_t *sample);
void facetree_synth_hair_back(const facetree_synth_scene_t *scene, double x,
    double y, facetree_synth_sample_t *sample);
void facetree_synth_glasses(const facetree_synth_scene_t *scene, double x,
    double y, facetree_synth_sample_t *sample);


#pragma GCC visibility pop


#endif /* FACETREE_SYNTH_INT_H */
