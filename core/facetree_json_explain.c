
/*
 * Copyright (C) facetree contributors
 *
 * The "explain" member of a prediction.
 */


#include "facetree_explain.h"

#include <stdlib.h>


/* Members "x" and "y" of a new object. */

static json_t *
facetree_json_pixel(const facetree_model_t *model, uint32_t feature)
{
    json_t    *object;
    uint32_t   width;

    width = facetree_model_width(model);

    object = facetree_json_set(json_object(), "x",
                               json_integer(feature % width));

    return facetree_json_set(object, "y", json_integer(feature / width));
}


static json_t *
facetree_json_step(int *digits, const facetree_model_t *model,
    const facetree_step_t *step)
{
    json_t  *object;

    object = facetree_json_pixel(model, step->feature);
    object = facetree_json_set(object, "value", json_integer(step->value));
    object = facetree_json_set(object, "threshold",
                               facetree_json_real(digits, step->threshold));
    object = facetree_json_set(object, "went",
                               json_string(step->right ? "right" : "left"));

    if (step->samples != UINT32_MAX) {
        object = facetree_json_set(object, "samples",
                                   json_integer(step->samples));
    }

    return object;
}


/* "*count" is the length of the whole path, of which a part may be listed. */

static json_t *
facetree_json_path(int *digits, const facetree_model_t *model, uint32_t tree,
    const uint8_t *pixels, uint32_t *count)
{
    json_t           *array;
    uint32_t          i;
    facetree_step_t   steps[FACETREE_EXPLAIN_STEPS];

    *count = facetree_explain_path(model, tree, pixels, steps,
                                   FACETREE_EXPLAIN_STEPS);

    array = json_array();

    for (i = 0; i < *count && i < FACETREE_EXPLAIN_STEPS; i++) {
        array = facetree_json_append(array,
                                     facetree_json_step(digits, model,
                                                        &steps[i]));
    }

    return array;
}


static json_t *
facetree_json_pixels(const facetree_model_t *model, const uint8_t *pixels)
{
    json_t            *array, *entry;
    uint32_t           i, count;
    facetree_pixel_t   top[FACETREE_EXPLAIN_PIXELS];

    if (facetree_explain_pixels(model, pixels, top, FACETREE_EXPLAIN_PIXELS,
                                &count, NULL)
        != FACETREE_OK)
    {
        return NULL;
    }

    array = json_array();

    for (i = 0; i < count; i++) {
        entry = facetree_json_pixel(model, top[i].feature);
        entry = facetree_json_set(entry, "count", json_integer(top[i].trees));
        array = facetree_json_append(array, entry);
    }

    return array;
}


static json_t *
facetree_json_tree(int *digits, const facetree_model_t *model,
    const uint8_t *pixels)
{
    json_t    *object;
    uint32_t   count;

    object = facetree_json_set(json_object(), "path",
                               facetree_json_path(digits, model, 0, pixels,
                                                  &count));

    if (count > FACETREE_EXPLAIN_STEPS) {
        object = facetree_json_set(object, "steps", json_integer(count));
    }

    return object;
}


static json_t *
facetree_json_forest(int *digits, const facetree_model_t *model,
    const uint8_t *pixels)
{
    json_t    *array, *object;
    uint32_t   count, i, longest, trees;

    trees = facetree_model_trees(model);

    object = facetree_json_set(json_object(), "trees", json_integer(trees));
    object = facetree_json_set(object, "pixels",
                               facetree_json_pixels(model, pixels));

    if (trees > FACETREE_EXPLAIN_PATHS) {
        return object;
    }

    array = json_array();
    longest = 0;

    for (i = 0; i < trees; i++) {
        array = facetree_json_append(array,
                                     facetree_json_path(digits, model, i,
                                                        pixels, &count));
        longest = (count > longest) ? count : longest;
    }

    object = facetree_json_set(object, "paths", array);

    if (longest > FACETREE_EXPLAIN_STEPS) {
        object = facetree_json_set(object, "steps", json_integer(longest));
    }

    return object;
}


json_t *
facetree_json_explain(int *digits, const facetree_model_t *model,
    const uint8_t *pixels)
{
    char    *picture;
    json_t  *object;

    object = (facetree_model_algorithm(model) == FACETREE_DECISION_TREE)
             ? facetree_json_tree(digits, model, pixels)
             : facetree_json_forest(digits, model, pixels);

    if (facetree_explain_picture(model, pixels, &picture, NULL)
        != FACETREE_OK)
    {
        json_decref(object);
        return NULL;
    }

    if (picture) {
        object = facetree_json_set(object, "image", json_string(picture));
        free(picture);
    }

    return object;
}
