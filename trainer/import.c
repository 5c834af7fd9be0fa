
/*
 * Copyright (C) facetree contributors
 */


#include "import.h"
#include "facetree_format.h"
#include "facetree_int.h"
#include "settings.h"
#include "text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>


#define FACETREE_IMPORT_FORMAT   "facetree-trees"
#define FACETREE_IMPORT_VERSION  1


/* One tree being read, for messages. */

typedef struct {
    const json_t       *object;
    facetree_tree_t    *tree;
    uint32_t            number;
    uint32_t            features;
    uint32_t            classes;
    facetree_error_t   *err;
} facetree_import_tree_t;


static facetree_status_e
facetree_import_bad(facetree_error_t *err, const char *member,
    const char *wanted)
{
    return facetree_fail(err, FACETREE_EFORMAT, FACETREE_NO_OFFSET,
                         "%s: must be %s", member, wanted);
}


static int
facetree_import_uint(const json_t *object, const char *key, uint32_t min,
    uint32_t max, uint32_t *value)
{
    json_int_t     number;
    const json_t  *member;

    member = json_object_get(object, key);
    number = json_integer_value(member);
    *value = (uint32_t) number;

    return json_is_integer(member) && number >= (json_int_t) min
           && number <= (json_int_t) max;
}


static facetree_status_e
facetree_import_estimator(facetree_import_t *import, const json_t *root,
    facetree_error_t *err)
{
    const char                 *name;
    const char *const          *word;
    facetree_settings_t         settings;

    name = json_string_value(json_object_get(root, "estimator"));

    for (word = facetree_estimators; name && *word; word++) {
        if (strcmp(name, *word) == 0) {
            import->estimator = *word;
            settings.estimator = *word;
            import->forest.algorithm = facetree_settings_algorithm(&settings);

            return FACETREE_OK;
        }
    }

    return facetree_import_bad(err, "estimator", "decision-tree, extra-tree, "
                               "random-forest or extra-trees");
}


static facetree_status_e
facetree_import_labels(facetree_import_t *import, const json_t *root,
    facetree_error_t *err)
{
    size_t         i, count;
    const char    *label;
    const json_t  *list;

    list = json_object_get(root, "labels");
    count = json_array_size(list);

    if (count == 0 || count > FACETREE_FTM_MAX_CLASSES) {
        return facetree_import_bad(err, "labels", "a list of texts, one a "
                                   "class");
    }

    import->labels = calloc(count, sizeof(char *));

    if (import->labels == NULL) {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    import->forest.labels = (const char *const *) import->labels;
    import->forest.classes = (uint32_t) count;

    for (i = 0; i < count; i++) {
        label = json_string_value(json_array_get(list, i));

        if (label == NULL || *label == '\0' || !facetree_text_plain(label)
            || strlen(label) > FACETREE_FTM_MAX_LABEL)
        {
            return facetree_fail(err, FACETREE_EFORMAT, FACETREE_NO_OFFSET,
                                 "labels: number %zu must be a text of 1 to "
                                 "%d bytes without control characters", i,
                                 FACETREE_FTM_MAX_LABEL);
        }

        import->labels[i] = strdup(label);

        if (import->labels[i] == NULL) {
            return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET,
                                 NULL);
        }
    }

    return FACETREE_OK;
}


static facetree_status_e
facetree_import_header(facetree_import_t *import, const json_t *root,
    facetree_error_t *err)
{
    uint32_t            version;
    const char         *format;
    facetree_forest_t  *forest;

    forest = &import->forest;
    format = json_string_value(json_object_get(root, "format"));

    if (format == NULL || strcmp(format, FACETREE_IMPORT_FORMAT) != 0
        || !facetree_import_uint(root, "version", FACETREE_IMPORT_VERSION,
                                 FACETREE_IMPORT_VERSION, &version))
    {
        return facetree_import_bad(err, "format", "\"facetree-trees\", and "
                                   "version 1");
    }

    if (!facetree_import_uint(root, "width", 1, FACETREE_MODEL_MAX_SIDE,
                              &forest->width)
        || !facetree_import_uint(root, "height", 1, FACETREE_MODEL_MAX_SIDE,
                                 &forest->height))
    {
        return facetree_import_bad(err, "width and height",
                                   "whole numbers from 1 to 256");
    }

    forest->scale = json_number_value(json_object_get(root, "scale"));

    if (!(forest->scale > 0.0 && forest->scale <= 65536.0)) {
        return facetree_import_bad(err, "scale", "what gray levels were "
                                   "divided by: 1, 255, 242 or the like");
    }

    import->source = json_string_value(json_object_get(root, "source"));

    return facetree_import_estimator(import, root, err);
}


/* An array of the tree, or NULL and an error. */

static const json_t *
facetree_import_array(const facetree_import_tree_t *job, const char *name)
{
    const json_t  *array;

    array = json_object_get(job->object, name);

    if (json_is_array(array) && json_array_size(array) == job->tree->nodes) {
        return array;
    }

    facetree_fail(job->err, FACETREE_EFORMAT, FACETREE_NO_OFFSET,
                  "tree %lu: %s must be a list of %lu, one a node",
                  (unsigned long) job->number, name,
                  (unsigned long) job->tree->nodes);

    return NULL;
}


static facetree_status_e
facetree_import_bad_node(const facetree_import_tree_t *job, size_t node,
    const char *what)
{
    return facetree_fail(job->err, FACETREE_EFORMAT, FACETREE_NO_OFFSET,
                         "tree %lu, node %lu: %s",
                         (unsigned long) job->number, (unsigned long) node,
                         what);
}


static facetree_status_e
facetree_import_ints(const facetree_import_tree_t *job, const char *name,
    int32_t *out, json_int_t min, json_int_t max)
{
    size_t         i;
    json_int_t     number;
    const json_t  *array, *item;

    array = facetree_import_array(job, name);

    if (array == NULL) {
        return FACETREE_EFORMAT;
    }

    for (i = 0; i < job->tree->nodes; i++) {
        item = json_array_get(array, i);
        number = json_integer_value(item);

        if (!json_is_integer(item) || number < min || number > max) {
            return facetree_import_bad_node(job, i, name);
        }

        out[i] = (int32_t) number;
    }

    return FACETREE_OK;
}


static facetree_status_e
facetree_import_reals(const facetree_import_tree_t *job, const char *name,
    double *out)
{
    size_t         i;
    const json_t  *array, *item;

    array = facetree_import_array(job, name);

    if (array == NULL) {
        return FACETREE_EFORMAT;
    }

    for (i = 0; i < job->tree->nodes; i++) {
        item = json_array_get(array, i);

        if (!json_is_number(item)) {
            return facetree_import_bad_node(job, i, name);
        }

        out[i] = json_number_value(item);
    }

    return FACETREE_OK;
}


/* Sparse from dense, in two passes: how many, then which. */

static facetree_status_e
facetree_import_values(const facetree_import_tree_t *job)
{
    double            number, sum;
    size_t            i, k, n, most;
    const json_t     *array, *row;
    facetree_tree_t  *tree;

    tree = job->tree;
    array = facetree_import_array(job, "value");

    if (array == NULL) {
        return FACETREE_EFORMAT;
    }

    most = 0;

    for (i = 0; i < tree->nodes; i++) {
        most += json_array_size(json_array_get(array, i));
    }

    if (most > UINT32_MAX) {
        return facetree_import_bad_node(job, 0, "too many values");
    }

    tree->value_class = calloc(most + 1, sizeof(uint32_t));
    tree->value = calloc(most + 1, sizeof(double));

    if (tree->value_class == NULL || tree->value == NULL) {
        return facetree_fail(job->err, FACETREE_ENOMEM, FACETREE_NO_OFFSET,
                             NULL);
    }

    for (i = 0, n = 0; i < tree->nodes; i++) {
        row = json_array_get(array, i);
        sum = 0.0;

        if (json_array_size(row) != job->classes) {
            return facetree_import_bad_node(job, i, "value must have one "
                                            "number a label");
        }

        for (k = 0; k < job->classes; k++) {
            number = json_number_value(json_array_get(row, k));

            if (!json_is_number(json_array_get(row, k)) || !(number >= 0.0)) {
                return facetree_import_bad_node(job, i, "value must be "
                                                "numbers from 0");
            }

            if (number > 0.0) {
                tree->value_class[n] = (uint32_t) k;
                tree->value[n++] = number;
                sum += number;
            }
        }

        if (!(sum > 0.0 && isfinite(sum))) {
            return facetree_import_bad_node(job, i, "value must not be all "
                                            "zeros");
        }

        tree->value_start[i + 1] = (uint32_t) n;
    }

    return FACETREE_OK;
}


/*
 * Children come after their parents and are nobody else's: with two for each
 * split and the number of nodes right, that makes one tree.
 */

static facetree_status_e
facetree_import_shape(const facetree_import_tree_t *job)
{
    uint32_t          i, *depth;
    facetree_tree_t  *tree;
    const char       *wrong;

    tree = job->tree;
    depth = calloc(tree->nodes, sizeof(uint32_t));

    if (depth == NULL) {
        return facetree_fail(job->err, FACETREE_ENOMEM, FACETREE_NO_OFFSET,
                             NULL);
    }

    wrong = NULL;

    for (i = 0; i < tree->nodes && wrong == NULL; i++) {
        if (i > 0 && depth[i] == 0) {
            wrong = "has no parent before it";

        } else if (tree->left[i] < 0) {
            wrong = tree->right[i] < 0 ? NULL : "has one child";
            tree->feature[i] = FACETREE_TREE_LEAF;
            tree->threshold[i] = FACETREE_TREE_LEAF;
            tree->leaves++;
            tree->max_depth = depth[i] > tree->max_depth ? depth[i]
                                                         : tree->max_depth;

        } else if ((uint32_t) tree->left[i] <= i
                   || tree->right[i] <= (int32_t) i
                   || tree->left[i] == tree->right[i]
                   || depth[tree->left[i]] || depth[tree->right[i]])
        {
            wrong = "children must come after it and be of no other node";

        } else if (tree->feature[i] < 0 || !isfinite(tree->threshold[i])
                   || tree->threshold[i] < 0.0)
        {
            wrong = "feature or threshold is out of range";

        } else {
            depth[tree->left[i]] = depth[i] + 1;
            depth[tree->right[i]] = depth[i] + 1;
        }
    }

    free(depth);

    return wrong ? facetree_import_bad_node(job, i - 1, wrong) : FACETREE_OK;
}


static int
facetree_import_alloc(facetree_tree_t *tree)
{
    size_t  n;

    n = tree->nodes;

    tree->feature = calloc(n, sizeof(int32_t));
    tree->threshold = calloc(n, sizeof(double));
    tree->left = calloc(n, sizeof(int32_t));
    tree->right = calloc(n, sizeof(int32_t));
    tree->impurity = calloc(n, sizeof(double));
    tree->samples = calloc(n, sizeof(uint32_t));
    tree->weight = calloc(n, sizeof(double));
    tree->value_start = calloc(n + 1, sizeof(uint32_t));

    return tree->feature && tree->threshold && tree->left && tree->right
           && tree->impurity && tree->samples && tree->weight
           && tree->value_start;
}


static facetree_status_e
facetree_import_tree(const facetree_import_tree_t *job)
{
    size_t             nodes;
    json_int_t         last;
    facetree_tree_t   *tree;
    facetree_status_e  status;

    tree = job->tree;
    nodes = json_array_size(json_object_get(job->object, "feature"));

    if (nodes == 0 || nodes > INT32_MAX) {
        return facetree_import_bad_node(job, 0, "feature must be a list with "
                                        "a number for each node");
    }

    tree->nodes = (uint32_t) nodes;
    last = (json_int_t) nodes - 1;

    if (!facetree_import_alloc(tree)) {
        return facetree_fail(job->err, FACETREE_ENOMEM, FACETREE_NO_OFFSET,
                             NULL);
    }

    status = facetree_import_ints(job, "feature", tree->feature, -2,
                                  (json_int_t) job->features - 1);

    if (status == FACETREE_OK) {
        status = facetree_import_reals(job, "threshold", tree->threshold);
    }

    if (status == FACETREE_OK) {
        status = facetree_import_ints(job, "children_left", tree->left, -1,
                                      last);
    }

    if (status == FACETREE_OK) {
        status = facetree_import_ints(job, "children_right", tree->right, -1,
                                      last);
    }

    if (status == FACETREE_OK) {
        status = facetree_import_reals(job, "impurity", tree->impurity);
    }

    if (status == FACETREE_OK) {
        status = facetree_import_ints(job, "n_node_samples",
                                      (int32_t *) tree->samples, 0,
                                      INT32_MAX);
    }

    if (status == FACETREE_OK) {
        status = facetree_import_reals(job, "weighted_n_node_samples",
                                       tree->weight);
    }

    if (status == FACETREE_OK) {
        status = facetree_import_shape(job);
    }

    return status == FACETREE_OK ? facetree_import_values(job) : status;
}


static facetree_status_e
facetree_import_trees(facetree_import_t *import, const json_t *root,
    facetree_error_t *err)
{
    size_t                  count;
    uint32_t                i;
    facetree_status_e       status;
    facetree_forest_t      *forest;
    facetree_import_tree_t  job;
    const json_t           *list;

    forest = &import->forest;
    list = json_object_get(root, "trees");
    count = json_array_size(list);

    if (count == 0 || count > facetree_rule_n_estimators.max
        || (forest->algorithm == FACETREE_DECISION_TREE && count != 1))
    {
        return facetree_import_bad(err, "trees", "a list of trees, one for "
                                   "a decision tree");
    }

    forest->trees = calloc(count, sizeof(facetree_tree_t));

    if (forest->trees == NULL) {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    forest->count = (uint32_t) count;

    job.features = forest->width * forest->height;
    job.classes = forest->classes;
    job.err = err;
    status = FACETREE_OK;

    for (i = 0; i < count && status == FACETREE_OK; i++) {
        job.object = json_array_get(list, i);
        job.tree = &forest->trees[i];
        job.number = i;

        status = facetree_import_tree(&job);
    }

    return status;
}


facetree_status_e
facetree_import_read(facetree_import_t *import, const json_t *root,
    facetree_error_t *err)
{
    facetree_status_e  status;

    memset(import, 0, sizeof(*import));

    status = facetree_import_header(import, root, err);

    if (status == FACETREE_OK) {
        status = facetree_import_labels(import, root, err);
    }

    if (status == FACETREE_OK) {
        status = facetree_import_trees(import, root, err);
    }

    if (status != FACETREE_OK) {
        facetree_import_clear(import);
    }

    return status;
}


void
facetree_import_clear(facetree_import_t *import)
{
    uint32_t  i;

    for (i = 0; import->labels && i < import->forest.classes; i++) {
        free(import->labels[i]);
    }

    free(import->labels);
    facetree_forest_clear(&import->forest);

    memset(import, 0, sizeof(*import));
}
