
/*
 * Copyright (C) facetree contributors
 */


#include "golden_tree.h"
#include "grow_json.h"

#include <criterion/criterion.h>
#include <stdlib.h>


/* Every item of every array, integers and doubles alike, must be the same. */

static void
golden_same(const json_t *recorded, const json_t *made, const char *what)
{
    size_t  i;

    if (json_is_array(recorded)) {
        cr_assert(json_is_array(made));
        cr_assert_eq(json_array_size(recorded), json_array_size(made), "%s",
                     what);

        for (i = 0; i < json_array_size(recorded); i++) {
            golden_same(json_array_get(recorded, i),
                           json_array_get(made, i), what);
        }

        return;
    }

    cr_assert(json_is_number(recorded) && json_is_number(made), "%s", what);
    cr_assert(json_number_value(recorded) == json_number_value(made),
              "%s: %.17g, recorded %.17g", what, json_number_value(made),
              json_number_value(recorded));
}


void
golden_tree(const json_t *recorded, const facetree_tree_t *tree,
    uint32_t classes)
{
    json_t      *made, *value;
    uint32_t     compared;
    const char  *name;

    compared = 0;
    made = test_grow_tree_json(tree, classes);

    json_object_foreach((json_t *) recorded, name, value) {
        golden_same(value, json_object_get(made, name), name);
        compared++;
    }

    cr_assert_eq(compared, 12);

    json_decref(made);
}


void
golden_importances(const golden_case_t *golden, const double *importances)
{
    double    *wanted;
    json_t    *pairs, *pair;
    uint32_t   i;

    pairs = json_object_get(golden->json, "feature_importances_nonzero");
    cr_assert(json_array_size(pairs) > 0);

    wanted = calloc(golden->features, sizeof(*wanted));
    cr_assert(wanted != NULL);

    for (i = 0; i < json_array_size(pairs); i++) {
        pair = json_array_get(pairs, i);
        wanted[json_integer_value(json_array_get(pair, 0))] =
            json_number_value(json_array_get(pair, 1));
    }

    for (i = 0; i < golden->features; i++) {
        cr_assert(importances[i] == wanted[i], "importance of feature %u", i);
    }

    free(wanted);
}


void
golden_row(const json_t *recorded, const double *made, uint32_t count,
    const char *what)
{
    uint32_t  i;

    cr_assert_eq(json_array_size(recorded), count, "%s", what);

    for (i = 0; i < count; i++) {
        cr_assert(json_number_value(json_array_get(recorded, i)) == made[i],
                  "%s: column %u is %.17g, recorded %.17g", what, i, made[i],
                  json_number_value(json_array_get(recorded, i)));
    }
}
