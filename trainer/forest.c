
/*
 * Copyright (C) facetree contributors
 *
 * After scikit-learn 1.2's sklearn/ensemble/_forest.py.
 */


#include "forest.h"

#include "bootstrap.h"
#include "columns.h"
#include "facetree_int.h"
#include "grow_int.h"
#include "random.h"
#include "weights.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>


/* Shared by all threads; what is below the lock is guarded by it. */

typedef struct {
    const facetree_forest_params_t  *params;
    const facetree_columns_t        *columns;
    facetree_grow_limits_t                limits;
    uint32_t                         draws;      /* of a bootstrap */
    const uint32_t                  *seeds;
    facetree_tree_t                 *trees;

    pthread_mutex_t                  lock;
    uint32_t                         next;
    uint32_t                         done;
    facetree_status_e                status;
    facetree_error_t                 err;
} facetree_forest_work_t;


void
facetree_forest_params_init(facetree_forest_params_t *params,
    facetree_algorithm_e algorithm)
{
    memset(params, 0, sizeof(*params));

    params->algorithm = algorithm;
    params->n_estimators = 100;
    params->bootstrap = algorithm == FACETREE_RANDOM_FOREST;
    params->max_samples.kind = FACETREE_AMOUNT_NONE;

    facetree_grow_params_init(&params->tree);
    params->tree.max_features.kind = FACETREE_AMOUNT_SQRT;
}


/*
 * A bootstrap gives each sample as its weight how often it was drawn, times
 * the weight of its class.
 */

static facetree_status_e
facetree_forest_weigh(const facetree_forest_work_t *work, double *weights,
    uint32_t *drawn, uint32_t seed, facetree_error_t *err)
{
    uint32_t                       i, count;
    facetree_weight_e              kind;
    const facetree_grow_params_t  *params;

    params = &work->params->tree;
    count = work->columns->count;
    kind = params->class_weight;

    if (work->params->bootstrap) {
        facetree_bootstrap_draw(drawn, count, work->draws, seed);
    }

    for (i = 0; i < count; i++) {
        weights[i] = work->params->bootstrap ? drawn[i] : 1.0;
    }

    if (kind == FACETREE_WEIGHT_NONE) {
        return FACETREE_OK;
    }

    return facetree_weigh(weights, work->columns, kind,
                          params->class_weight_map,
                          kind == FACETREE_WEIGHT_BALANCED_SUBSAMPLE
                          && work->params->bootstrap ? drawn : NULL, err);
}


static facetree_status_e
facetree_forest_grow_tree(const facetree_forest_work_t *work, uint32_t tree,
    facetree_error_t *err)
{
    double             *weights;
    uint32_t           *drawn;
    facetree_status_e   status;

    if (!work->params->bootstrap
        && work->params->tree.class_weight == FACETREE_WEIGHT_NONE)
    {
        return facetree_grow_weighted(&work->trees[tree], work->columns,
                                      &work->params->tree, &work->limits,
                                      NULL, work->seeds[tree], err);
    }

    weights = calloc(work->columns->count, sizeof(*weights));
    drawn = calloc(work->columns->count, sizeof(*drawn));

    if (weights == NULL || drawn == NULL) {
        status = facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);

    } else {
        status = facetree_forest_weigh(work, weights, drawn,
                                       work->seeds[tree], err);
    }

    if (status == FACETREE_OK) {
        status = facetree_grow_weighted(&work->trees[tree], work->columns,
                                        &work->params->tree, &work->limits,
                                        weights, work->seeds[tree], err);
    }

    free(weights);
    free(drawn);

    return status;
}


/* Takes tree after tree until there are none left or one has failed. */

static void *
facetree_forest_thread(void *data)
{
    uint32_t                 tree;
    facetree_error_t         err;
    facetree_status_e        status;
    facetree_forest_work_t  *work;

    work = data;

    pthread_mutex_lock(&work->lock);

    while (work->status == FACETREE_OK
           && work->next < work->params->n_estimators)
    {
        tree = work->next++;
        pthread_mutex_unlock(&work->lock);

        status = facetree_forest_grow_tree(work, tree, &err);

        pthread_mutex_lock(&work->lock);
        work->done++;

        if (status != FACETREE_OK && work->status == FACETREE_OK) {
            work->status = status;
            work->err = err;

        } else if (work->params->progress) {
            work->params->progress(work->params->progress_data, work->done);
        }
    }

    pthread_mutex_unlock(&work->lock);

    return NULL;
}


/*
 * Whatever threads cannot be had are done without: this one works in any
 * case.
 */

static facetree_status_e
facetree_forest_run(facetree_forest_work_t *work, facetree_error_t *err)
{
    uint32_t    i, started, jobs;
    pthread_t  *threads;

    jobs = work->params->jobs;

    if (jobs > work->params->n_estimators) {
        jobs = work->params->n_estimators;
    }

    threads = jobs > 1 ? calloc(jobs, sizeof(*threads)) : NULL;
    started = 0;

    pthread_mutex_init(&work->lock, NULL);

    while (threads && started + 1 < jobs
           && pthread_create(&threads[started], NULL, facetree_forest_thread,
                             work) == 0)
    {
        started++;
    }

    facetree_forest_thread(work);

    for (i = 0; i < started; i++) {
        pthread_join(threads[i], NULL);
    }

    pthread_mutex_destroy(&work->lock);
    free(threads);

    if (work->status != FACETREE_OK && err) {
        *err = work->err;
    }

    return work->status;
}


static facetree_status_e
facetree_forest_check(const facetree_forest_params_t *params,
    facetree_error_t *err)
{
    if (params->n_estimators == 0) {
        return facetree_fail(err, FACETREE_EINVAL, FACETREE_NO_OFFSET,
                             "n_estimators is 0: must be a count from 1");
    }

    if (!params->bootstrap && params->oob_score) {
        return facetree_fail(err, FACETREE_EINVAL, FACETREE_NO_OFFSET,
                             "oob_score needs bootstrap: without one every "
                             "tree sees all pictures");
    }

    if (!params->bootstrap
        && params->max_samples.kind != FACETREE_AMOUNT_NONE)
    {
        return facetree_fail(err, FACETREE_EINVAL, FACETREE_NO_OFFSET,
                             "max_samples needs bootstrap: without one every "
                             "tree sees all pictures");
    }

    return FACETREE_OK;
}


static void
facetree_oob_add(double *sums, const facetree_tree_t *tree,
    const uint8_t *pixels, uint32_t classes, double *scratch)
{
    uint32_t  i;

    facetree_tree_probabilities(tree, facetree_tree_apply(tree, pixels),
                                classes, scratch);

    for (i = 0; i < classes; i++) {
        sums[i] += scratch[i];
    }
}


static uint32_t
facetree_forest_first_largest(const double *probabilities, uint32_t classes)
{
    uint32_t  i, class;

    class = 0;

    for (i = 1; i < classes; i++) {
        if (probabilities[i] > probabilities[class]) {
            class = i;
        }
    }

    return class;
}


/* Turns sums over trees into means, and counts the right answers. */

static void
facetree_oob_finish(facetree_oob_t *oob, const facetree_columns_t *columns,
    const uint32_t *trees)
{
    double    *row;
    uint32_t   i, j, correct;

    correct = 0;

    for (i = 0; i < columns->count; i++) {
        row = oob->decision + (size_t) i * columns->classes;

        for (j = 0; j < columns->classes; j++) {
            row[j] /= trees[i] ? trees[i] : 1;
        }

        correct += facetree_forest_first_largest(row, columns->classes)
                   == columns->class[i];
    }

    oob->score = (double) correct / columns->count;
}


static facetree_status_e
facetree_forest_score(facetree_oob_t *oob,
    const facetree_forest_work_t *work, const facetree_examples_t *examples,
    facetree_error_t *err)
{
    double             *scratch;
    uint32_t            i, tree, count, classes, *drawn, *trees;
    facetree_status_e   status;

    count = work->columns->count;
    classes = work->columns->classes;

    oob->decision = calloc((size_t) count * classes, sizeof(double));
    scratch = calloc(classes, sizeof(*scratch));
    drawn = calloc(count, sizeof(*drawn));
    trees = calloc(count, sizeof(*trees));

    status = FACETREE_OK;

    if (oob->decision == NULL || scratch == NULL || drawn == NULL
        || trees == NULL)
    {
        status = facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
        facetree_oob_clear(oob);
        goto done;
    }

    for (tree = 0; tree < work->params->n_estimators; tree++) {
        facetree_bootstrap_draw(drawn, count, work->draws, work->seeds[tree]);

        for (i = 0; i < count; i++) {

            if (drawn[i] == 0) {
                trees[i]++;
                facetree_oob_add(oob->decision + (size_t) i * classes,
                                 &work->trees[tree],
                                 examples->pixels + (size_t) examples->rows[i]
                                                    * examples->features,
                                 classes, scratch);
            }
        }
    }

    facetree_oob_finish(oob, work->columns, trees);

done:

    free(scratch);
    free(drawn);
    free(trees);

    return status;
}


/* The seeds of the trees are all that is drawn from the forest's own. */

static void
facetree_forest_draw_seeds(uint32_t *seeds, uint32_t count, uint32_t seed)
{
    uint32_t       i;
    facetree_mt_t  mt;

    facetree_mt_seed(&mt, seed);

    for (i = 0; i < count; i++) {
        seeds[i] = facetree_mt_below(&mt, FACETREE_SEED_BOUND);
    }
}


static facetree_status_e
facetree_forest_prepare(facetree_forest_work_t *work, uint32_t *seeds,
    facetree_error_t *err)
{
    facetree_status_e       status;
    facetree_grow_params_t  tree;

    status = facetree_bootstrap_size(&work->draws, &work->params->max_samples,
                                     work->columns->count, err);
    if (status != FACETREE_OK) {
        return status;
    }

    tree = work->params->tree;
    tree.splitter = work->params->algorithm == FACETREE_EXTRA_TREES
                    ? FACETREE_RANDOM : FACETREE_BEST;

    facetree_forest_draw_seeds(seeds, work->params->n_estimators,
                               tree.random_state);

    return facetree_grow_limits_init(&work->limits, &tree, work->columns->count,
                                work->columns->features, err);
}


/* Fills made->trees, of which there are made->count. */

static facetree_status_e
facetree_forest_make(facetree_forest_t *made, facetree_oob_t *oob,
    const facetree_examples_t *examples, facetree_columns_t *columns,
    const facetree_forest_params_t *params, uint32_t *seeds,
    facetree_error_t *err)
{
    facetree_status_e       status;
    facetree_forest_work_t  work;

    memset(&work, 0, sizeof(work));

    work.params = params;
    work.columns = columns;
    work.seeds = seeds;
    work.trees = made->trees;

    status = facetree_forest_prepare(&work, seeds, err);
    if (status != FACETREE_OK) {
        return status;
    }

    if (work.limits.splitter == FACETREE_BEST
        && params->tree.class_weight == FACETREE_WEIGHT_NONE)
    {
        facetree_columns_sort(columns);
    }

    status = facetree_forest_run(&work, err);

    if (status == FACETREE_OK && params->oob_score) {
        status = facetree_forest_score(oob, &work, examples, err);
    }

    return status;
}


facetree_status_e
facetree_forest_grow(facetree_forest_t *forest, facetree_oob_t *oob,
    const facetree_examples_t *examples,
    const facetree_forest_params_t *params, facetree_error_t *err)
{
    uint32_t            *seeds;
    facetree_forest_t    made;
    facetree_status_e    status;
    facetree_columns_t   columns;

    status = facetree_forest_check(params, err);
    if (status != FACETREE_OK) {
        return status;
    }

    status = facetree_columns_init(&columns, examples, err);
    if (status != FACETREE_OK) {
        return status;
    }

    made = *forest;
    made.algorithm = params->algorithm;
    made.classes = columns.classes;
    made.count = params->n_estimators;
    made.trees = calloc(made.count, sizeof(*made.trees));
    seeds = calloc(made.count, sizeof(*seeds));

    if (made.trees && seeds) {
        status = facetree_forest_make(&made, oob, examples, &columns, params,
                                      seeds, err);

    } else {
        made.count = 0;
        status = facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    if (status == FACETREE_OK) {
        *forest = made;

    } else {
        facetree_forest_clear(&made);
    }

    free(seeds);
    facetree_columns_clear(&columns);

    return status;
}


void
facetree_oob_clear(facetree_oob_t *oob)
{
    free(oob->decision);

    memset(oob, 0, sizeof(*oob));
}


uint32_t
facetree_forest_probabilities(const facetree_forest_t *forest,
    const uint8_t *pixels, double *probabilities, double *scratch)
{
    uint32_t                i;
    const facetree_tree_t  *tree;

    /* a tree's prediction is made before the division, which may round */

    if (forest->algorithm == FACETREE_DECISION_TREE) {
        tree = &forest->trees[0];
        i = facetree_tree_apply(tree, pixels);

        facetree_tree_probabilities(tree, i, forest->classes, probabilities);

        return facetree_tree_class(tree, i);
    }

    memset(probabilities, 0, forest->classes * sizeof(*probabilities));

    for (i = 0; i < forest->count; i++) {
        tree = &forest->trees[i];
        facetree_oob_add(probabilities, tree, pixels, forest->classes,
                         scratch);
    }

    for (i = 0; i < forest->classes; i++) {
        probabilities[i] /= forest->count;
    }

    return facetree_forest_first_largest(probabilities, forest->classes);
}
