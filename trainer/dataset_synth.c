
/*
 * Copyright (C) facetree contributors
 *
 * The drawn data set in memory: what "facetree synth" would write.
 */


#include "dataset_int.h"
#include "synth.h"


facetree_status_e
facetree_dataset_read_synth(facetree_dataset_t *dataset,
    const facetree_dataset_source_t *source, uint32_t seed,
    facetree_error_t *err)
{
    size_t             len;
    uint8_t            drawn[FACETREE_SYNTH_SIDE * FACETREE_SYNTH_SIDE];
    uint32_t           i, person;
    facetree_status_e  status;

    status = facetree_dataset_alloc(dataset, FACETREE_SYNTH_PEOPLE
                                    * FACETREE_SYNTH_PICTURES,
                                    FACETREE_SYNTH_PEOPLE, source, err);

    len = (size_t) source->width * source->height;
    dataset->synthetic = 1;

    for (i = 0; status == FACETREE_OK && i < dataset->count; i++) {
        person = i / FACETREE_SYNTH_PICTURES;
        dataset->labels[i] = person;

        facetree_synth_draw(seed, person, i % FACETREE_SYNTH_PICTURES, drawn);

        status = facetree_dataset_resize(drawn, FACETREE_SYNTH_SIDE,
                                         FACETREE_SYNTH_SIDE,
                                         dataset->pixels + i * len,
                                         source->width, source->height, err);

        facetree_dataset_progress(source, i + 1, dataset->count);
    }

    for (i = 0; status == FACETREE_OK && i < dataset->classes; i++) {
        status = facetree_dataset_name(dataset, i, 'p', err);
    }

    return status;
}
