
/*
 * Copyright (C) facetree contributors
 */


#include "search.h"
#include "arguments.h"
#include "crossval.h"
#include "facetree_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>


facetree_status_e
facetree_option_search(const facetree_option_t *option, const char *text,
    void *value, facetree_error_t *err)
{
    facetree_search_texts_t  *texts;

    texts = value;

    if (texts->count == FACETREE_SEARCH_AXES) {
        return facetree_fail(err, FACETREE_EINVAL, FACETREE_NO_OFFSET,
                             "--%s: at most %d options may be searched",
                             option->name, FACETREE_SEARCH_AXES);
    }

    texts->axes[texts->count++] = text;

    return FACETREE_OK;
}


/* "max_depth" is taken as well as "max-depth". */

static int
facetree_search_is(const char *name, const char *key, size_t len)
{
    size_t  i;

    for (i = 0; i < len; i++) {
        if (name[i] != (key[i] == '_' ? '-' : key[i])) {
            return 0;
        }
    }

    return name[len] == '\0';
}


static const facetree_option_t *
facetree_search_option(const char *key, size_t len)
{
    size_t                          i;
    const facetree_option_t        *option;
    const facetree_option_t *const  groups[] = {
        facetree_tree_options, facetree_forest_options,
        facetree_augment_options
    };

    for (i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        for (option = groups[i]; option->name; option++) {
            if (option->metavar
                && facetree_search_is(option->name, key, len))
            {
                return option;
            }
        }
    }

    return NULL;
}


static facetree_status_e
facetree_search_axis(facetree_search_axis_t *axis, const char *text,
    facetree_error_t *err)
{
    char    *p;
    size_t   len;

    len = strcspn(text, "=");
    axis->option = facetree_search_option(text, len);

    if (text[len] != '=' || text[len + 1] == '\0' || axis->option == NULL) {
        return facetree_fail(err, FACETREE_EINVAL, FACETREE_NO_OFFSET,
                             "--search %.60s: must be KEY=V1,V2,..., KEY an "
                             "option of trees or forests", text);
    }

    axis->text = strdup(text + len + 1);
    axis->values = calloc(strlen(text), sizeof(char *));

    if (axis->text == NULL || axis->values == NULL) {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    for (p = axis->text; p; /* void */ ) {
        axis->values[axis->count++] = p;
        p = strchr(p, ',');

        if (p) {
            *p++ = '\0';
        }
    }

    return FACETREE_OK;
}


facetree_status_e
facetree_search_settings(const facetree_search_t *search, uint32_t number,
    const facetree_settings_t *base, facetree_settings_t *settings,
    facetree_error_t *err)
{
    uint32_t                       i;
    facetree_status_e              status;
    const facetree_search_axis_t  *axis;

    *settings = *base;

    for (i = search->count; i-- > 0; number /= axis->count) {
        axis = &search->axes[i];

        status = axis->option->parse(axis->option,
                                     axis->values[number % axis->count],
                                     (char *) settings + axis->option->offset,
                                     err);

        if (status != FACETREE_OK) {
            return status;
        }
    }

    return facetree_settings_apply(settings, err);
}


facetree_status_e
facetree_search_init(facetree_search_t *search,
    const facetree_search_texts_t *texts, const facetree_settings_t *base,
    facetree_error_t *err)
{
    uint32_t             i;
    facetree_status_e    status;
    facetree_settings_t  settings;

    memset(search, 0, sizeof(*search));
    status = FACETREE_OK;
    search->tries = 1;

    for (i = 0; status == FACETREE_OK && i < texts->count; i++) {
        status = facetree_search_axis(&search->axes[search->count++],
                                      texts->axes[i], err);

        if (status == FACETREE_OK
            && search->axes[i].count > FACETREE_SEARCH_TRIES / search->tries)
        {
            status = facetree_fail(err, FACETREE_EINVAL, FACETREE_NO_OFFSET,
                                   "--search: more than %d combinations",
                                   FACETREE_SEARCH_TRIES);
        }

        if (status == FACETREE_OK) {
            search->tries *= search->axes[i].count;
        }
    }

    for (i = 0; status == FACETREE_OK && i < search->tries; i++) {
        status = facetree_search_settings(search, i, base, &settings, err);
    }

    if (status == FACETREE_OK) {
        search->results = calloc(search->tries,
                                 sizeof(facetree_search_try_t));

        if (search->results == NULL) {
            status = facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET,
                                   NULL);
        }
    }

    if (status != FACETREE_OK) {
        facetree_search_clear(search);
    }

    return status;
}


static facetree_status_e
facetree_search_try(facetree_search_t *search, uint32_t number,
    const facetree_dataset_t *dataset, const facetree_split_t *split,
    const facetree_settings_t *base, uint32_t folds, facetree_error_t *err)
{
    facetree_status_e    status;
    facetree_settings_t  settings;
    facetree_crossval_t  result;

    status = facetree_search_settings(search, number, base, &settings, err);

    if (status != FACETREE_OK) {
        return status;
    }

    /* Progress counts combinations. */
    settings.effort.progress = NULL;

    status = facetree_crossval_folds(&result, dataset, split->train,
                                     split->train_count, folds, 0, 0,
                                     &settings, err);

    if (status != FACETREE_OK) {
        return status;
    }

    search->results[number].mean = result.mean;
    search->results[number].sd = result.sd;

    if (result.mean > search->results[search->best].mean) {
        search->best = number;
    }

    facetree_crossval_clear(&result);

    if (base->effort.progress) {
        base->effort.progress(base->effort.ctx, number + 1, search->tries);
    }

    return FACETREE_OK;
}


facetree_status_e
facetree_search_run(facetree_search_t *search,
    const facetree_dataset_t *dataset, const facetree_settings_t *base,
    uint32_t folds, facetree_error_t *err)
{
    uint32_t           i;
    facetree_split_t   split;
    facetree_status_e  status;

    status = facetree_dataset_split(&split, dataset, &base->split, err);

    if (status != FACETREE_OK) {
        return status;
    }

    search->best = 0;

    for (i = 0; status == FACETREE_OK && i < search->tries; i++) {
        status = facetree_search_try(search, i, dataset, &split, base, folds,
                                     err);
    }

    facetree_split_clear(&split);

    return status;
}


/* The value that an axis has in a combination. */

static const char *
facetree_search_value(const facetree_search_t *search, uint32_t number,
    uint32_t axis)
{
    uint32_t  i;

    for (i = search->count - 1; i > axis; i--) {
        number /= search->axes[i].count;
    }

    return search->axes[axis].values[number % search->axes[axis].count];
}


static int
facetree_search_width(const facetree_search_axis_t *axis)
{
    size_t    len, width;
    uint32_t  i;

    width = strlen(axis->option->name);

    for (i = 0; i < axis->count; i++) {
        len = strlen(axis->values[i]);
        width = len > width ? len : width;
    }

    return (int) width;
}


void
facetree_search_print(const facetree_search_t *search)
{
    uint32_t  i, k;

    for (k = 0; k < search->count; k++) {
        printf("%-*s  ", facetree_search_width(&search->axes[k]),
               search->axes[k].option->name);
    }

    printf("mean    sd\n");

    for (i = 0; i < search->tries; i++) {
        for (k = 0; k < search->count; k++) {
            printf("%-*s  ", facetree_search_width(&search->axes[k]),
                   facetree_search_value(search, i, k));
        }

        printf("%.4f  %.4f%s\n", search->results[i].mean,
               search->results[i].sd, i == search->best ? "  best" : "");
    }
}


json_t *
facetree_search_json(const facetree_search_t *search, uint32_t folds)
{
    json_t    *list, *params;
    uint32_t   i, k;

    list = json_array();

    for (i = 0; i < search->tries; i++) {
        params = json_object();

        for (k = 0; k < search->count; k++) {
            json_object_set_new(params, search->axes[k].option->name,
                json_string(facetree_search_value(search, i, k)));
        }

        json_array_append_new(list,
            json_pack("{s:o, s:f, s:f}", "options", params,
                      "mean", search->results[i].mean,
                      "sd", search->results[i].sd));
    }

    return json_pack("{s:I, s:I, s:o}", "folds", (json_int_t) folds,
                     "best", (json_int_t) search->best, "results", list);
}


void
facetree_search_clear(facetree_search_t *search)
{
    uint32_t  i;

    for (i = 0; i < search->count; i++) {
        free(search->axes[i].text);
        free(search->axes[i].values);
    }

    free(search->results);
    memset(search, 0, sizeof(*search));
}
