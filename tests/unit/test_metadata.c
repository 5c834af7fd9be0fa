
/*
 * Copyright (C) facetree contributors
 */


#include "document.h"
#include "metadata.h"
#include "model_writer.h"
#include "training.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>


static facetree_dataset_t   test_data;
static facetree_settings_t  test_settings;
static facetree_run_t       test_run;


static void
test_metadata_train(void)
{
    facetree_error_t           err;
    facetree_dataset_source_t  source;

    memset(&source, 0, sizeof(source));
    source.path = "synthetic:3";
    source.width = 16;
    source.height = 16;

    cr_assert_eq(facetree_dataset_load(&test_data, &source, &err),
                 FACETREE_OK, "%s", err.text);

    facetree_settings_init(&test_settings);
    test_settings.size.width = 16;
    test_settings.size.height = 16;
    test_settings.criterion = facetree_criteria[2];
    test_settings.tree.max_depth = 8;
    test_settings.tree.min_samples_split.kind = FACETREE_AMOUNT_FRACTION;
    test_settings.tree.min_samples_split.fraction = 0.1;
    test_settings.tree.min_samples_leaf.kind = FACETREE_AMOUNT_COUNT;
    test_settings.tree.min_samples_leaf.count = 3;
    test_settings.tree.max_features.kind = FACETREE_AMOUNT_SQRT;
    test_settings.tree.random_state = UINT32_MAX;
    test_settings.split.seed = 17;
    cr_assert_eq(facetree_settings_apply(&test_settings, &err), FACETREE_OK);

    cr_assert_eq(facetree_run_train(&test_run, &test_data, &test_settings, 0,
                                    &err), FACETREE_OK, "%s", err.text);
}


static void
test_metadata_clear(void)
{
    facetree_run_clear(&test_run);
    facetree_dataset_clear(&test_data);
}


/* A model that says "metadata" of itself. */

static facetree_model_t *
test_metadata_model(const json_t *metadata)
{
    char               *text;
    size_t              len;
    uint8_t            *bytes;
    facetree_error_t    err;
    facetree_model_t   *model;

    text = json_dumps(metadata, 0);
    cr_assert_eq(facetree_model_serialize(&test_run.forest, text, 1, &bytes,
                                          &len, &err), FACETREE_OK,
                 "%s", err.text);
    cr_assert_eq(facetree_model_parse(&model, bytes, len, &err),
                 FACETREE_OK, "%s", err.text);

    free(text);
    free(bytes);

    return model;
}


Test(metadata, what_is_recorded_is_read_back,
     .init = test_metadata_train, .fini = test_metadata_clear)
{
    facetree_error_t          err;
    facetree_recorded_t       recorded;
    facetree_grow_params_t   *tree;

    cr_assert_eq(facetree_metadata_read(&recorded, test_run.model, &err),
                 FACETREE_OK, "%s", err.text);

    cr_assert_str_eq(recorded.estimator, "decision-tree");
    cr_assert_str_eq(recorded.digest, test_data.digest);
    cr_assert_str_eq(recorded.data, "synthetic:3");
    cr_assert_eq(recorded.synthetic, 1);
    cr_assert_eq(recorded.settings.size.width, 16);
    cr_assert_eq(recorded.settings.size.height, 16);
    cr_assert_eq(recorded.settings.criterion, facetree_criteria[2]);
    cr_assert_eq(recorded.settings.splitter, facetree_splitters[0]);

    tree = &recorded.settings.tree;
    cr_assert_eq(tree->criterion, FACETREE_ENTROPY);
    cr_assert_eq(tree->max_depth, 8);
    cr_assert_eq(tree->min_samples_split.kind, FACETREE_AMOUNT_FRACTION);
    cr_assert_eq(tree->min_samples_split.fraction, 0.1);
    cr_assert_eq(tree->min_samples_leaf.kind, FACETREE_AMOUNT_COUNT);
    cr_assert_eq(tree->min_samples_leaf.count, 3);
    cr_assert_eq(tree->max_features.kind, FACETREE_AMOUNT_SQRT);
    cr_assert_eq(tree->random_state, UINT32_MAX);

    cr_assert_eq(recorded.settings.split.test_size.kind,
                 FACETREE_AMOUNT_FRACTION);
    cr_assert_eq(recorded.settings.split.test_size.fraction, 0.3);
    cr_assert_eq(recorded.settings.split.seed, 17);
    cr_assert_eq(recorded.settings.split.stratify, 1);

    facetree_recorded_clear(&recorded);
}


Test(metadata, training_again_from_the_record_gives_the_same_bytes,
     .init = test_metadata_train, .fini = test_metadata_clear)
{
    facetree_run_t       again;
    facetree_error_t     err;
    facetree_recorded_t  recorded;

    cr_assert_eq(facetree_metadata_read(&recorded, test_run.model, &err),
                 FACETREE_OK, "%s", err.text);
    cr_assert_eq(facetree_run_train(&again, &test_data, &recorded.settings, 0,
                                    &err), FACETREE_OK, "%s", err.text);

    cr_assert_eq(again.len, test_run.len);
    cr_assert_eq(memcmp(again.bytes, test_run.bytes, again.len), 0);

    facetree_run_clear(&again);
    facetree_recorded_clear(&recorded);
}


Test(metadata, result_and_tree_are_stated,
     .init = test_metadata_train, .fini = test_metadata_clear)
{
    json_t                   *metadata, *trees;
    const facetree_tree_t    *tree;

    metadata = test_run.metadata;
    trees = json_object_get(metadata, "trees");
    tree = &test_run.forest.trees[0];

    cr_assert_eq(json_real_value(json_object_get(metadata, "accuracy")),
                 test_run.evaluation.accuracy);
    cr_assert_eq(json_real_value(json_object_get(metadata, "accuracy_low")),
                 test_run.evaluation.low);
    cr_assert_eq(json_real_value(json_object_get(metadata, "accuracy_high")),
                 test_run.evaluation.high);
    cr_assert_eq(json_integer_value(json_object_get(metadata, "test_count")),
                 120);
    cr_assert_eq(json_integer_value(json_object_get(metadata,
                                                    "train_count")), 280);
    cr_assert_eq(json_integer_value(json_object_get(trees, "node_count")),
                 tree->nodes);
    cr_assert_eq(json_integer_value(json_object_get(trees, "n_leaves")),
                 tree->leaves);
    cr_assert_eq(json_integer_value(json_object_get(trees, "max_depth")),
                 tree->max_depth);
}


Test(metadata, description_adds_the_file,
     .init = test_metadata_train, .fini = test_metadata_clear)
{
    json_t            *document, *model;
    facetree_error_t   err;

    cr_assert_eq(facetree_metadata_describe(&document, test_run.metadata,
                                            test_run.model, "/x/caf\xe9.ftm",
                                            &err), FACETREE_OK);

    model = json_object_get(document, "model");
    cr_assert_str_eq(json_string_value(json_object_get(model, "file")),
                     "caf\\xe9.ftm");
    cr_assert_str_eq(json_string_value(json_object_get(model, "version")),
                     facetree_model_version(test_run.model));
    cr_assert_eq(json_integer_value(json_object_get(model, "bytes")),
                 (json_int_t) test_run.len);
    cr_assert_eq(json_array_size(json_object_get(model, "labels")), 40);
    cr_assert_null(json_object_get(test_run.metadata, "model"));

    json_decref(document);
}


/* Replaces one member of one part and expects to be told of the part. */

static void
test_metadata_refused(const char *part, const char *member, json_t *value)
{
    json_t               *metadata;
    facetree_error_t      err;
    facetree_model_t     *model;
    facetree_recorded_t   recorded;

    metadata = json_deep_copy(test_run.metadata);
    json_object_set_new(member ? json_object_get(metadata, part) : metadata,
                        member ? member : part, value);
    model = test_metadata_model(metadata);

    cr_assert_eq(facetree_metadata_read(&recorded, model, &err),
                 FACETREE_ECORRUPT, "%s.%s", part, member);
    cr_assert(strstr(err.text, part), "%s", err.text);

    facetree_model_free(model);
    json_decref(metadata);
}


Test(metadata, foreign_metadata_are_refused,
     .init = test_metadata_train, .fini = test_metadata_clear)
{
    char                  longer[400];
    json_t               *empty;
    facetree_model_t     *model;
    facetree_recorded_t   recorded;

    memset(longer, 'x', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';

    test_metadata_refused("estimator", NULL, json_string(longer));
    test_metadata_refused("estimator", NULL, json_null());
    test_metadata_refused("params", NULL, json_array());
    test_metadata_refused("params", "criterion", json_string("twoing"));
    test_metadata_refused("params", "splitter", json_integer(1));
    test_metadata_refused("params", "max_depth", json_integer(0));
    test_metadata_refused("params", "max_depth", json_integer(1LL << 40));
    test_metadata_refused("params", "min_samples_split", json_integer(1));
    test_metadata_refused("params", "min_samples_split", json_null());
    test_metadata_refused("params", "min_samples_leaf", json_real(1.0));
    test_metadata_refused("params", "max_features", json_string("auto"));
    test_metadata_refused("params", "random_state", json_integer(-1));
    test_metadata_refused("split", "test_size", json_real(0.0));
    test_metadata_refused("split", "test_size", json_string("sqrt"));
    test_metadata_refused("split", "stratify", json_integer(1));
    test_metadata_refused("split", "random_state", json_real(1.0));
    test_metadata_refused("dataset", "sha256", json_string(longer));
    test_metadata_refused("dataset", "name", json_string(longer));
    test_metadata_refused("dataset", "synthetic", json_null());

    empty = json_object();
    model = test_metadata_model(empty);
    cr_assert_eq(facetree_metadata_read(&recorded, model, NULL),
                 FACETREE_ECORRUPT);
    facetree_model_free(model);
    json_decref(empty);
}
