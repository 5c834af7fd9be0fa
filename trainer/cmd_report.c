
/*
 * Copyright (C) facetree contributors
 *
 * facetree report: a page about a model.
 */


#include "arguments.h"
#include "facetree_int.h"
#include "importance.h"
#include "metadata.h"
#include "output.h"
#include "report.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>


typedef struct {
    facetree_data_arguments_t   data;
    const char                 *model;
    const char                 *out;
} facetree_report_options_t;


static int facetree_report_run(const facetree_verb_t *verb, int argc,
    char **argv);


static const facetree_option_t  facetree_report_options[] = {
    { "out", "FILE", facetree_option_text,
      offsetof(facetree_report_options_t, out), NULL,
      "page to write (default artifacts/report.html)" },
    { .name = NULL }
};

static const facetree_option_group_t  facetree_report_groups[] = {
    { "Model", facetree_model_options,
      offsetof(facetree_report_options_t, model) },
    { "Data", facetree_data_options,
      offsetof(facetree_report_options_t, data) },
    { "Output", facetree_report_options, 0 },
    { .title = NULL }
};

const facetree_verb_t  facetree_verb_report = {
    .name = "report",
    .summary = "write a page about a model: accuracy, mistakes, heat map",
    .details =
        "One HTML file that needs no other.  It holds pictures of the data\n"
        "set: the held-out ones that were named wrong, and their nearest.\n",
    .examples =
        "  facetree report --data data/olivettifaces.mat\n"
        "  facetree report --model family.ftm --data faces/ --out f.html\n",
    .groups = facetree_report_groups,
    .run = facetree_report_run
};


/* The model's trees where they lie; only the list itself is allocated. */

static facetree_status_e
facetree_report_importances(const facetree_model_t *model, double **out,
    facetree_error_t *err)
{
    double                  *importances;
    uint32_t                 i;
    facetree_tree_t         *tree;
    facetree_forest_t        forest;
    facetree_status_e        status;
    facetree_tree_detail_t   detail;

    *out = NULL;

    if (!facetree_model_has_detail(model)) {
        return FACETREE_OK;
    }

    memset(&forest, 0, sizeof(forest));
    forest.algorithm = facetree_model_algorithm(model);
    forest.classes = facetree_model_classes(model);
    forest.count = facetree_model_trees(model);
    forest.trees = calloc(forest.count, sizeof(facetree_tree_t));
    importances = calloc(facetree_model_features(model), sizeof(double));

    if (forest.trees == NULL || importances == NULL) {
        free(forest.trees);
        free(importances);
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    for (i = 0; i < forest.count; i++) {
        facetree_model_detail(model, i, &detail);

        tree = &forest.trees[i];
        tree->nodes = detail.nodes;
        tree->feature = (int32_t *) detail.feature;
        tree->left = (int32_t *) detail.left;
        tree->right = (int32_t *) detail.right;
        tree->impurity = (double *) detail.impurity;
        tree->weight = (double *) detail.weight;
    }

    status = facetree_forest_importances(&forest,
                                         facetree_model_features(model),
                                         importances, err);
    free(forest.trees);

    if (status == FACETREE_OK) {
        *out = importances;

    } else {
        free(importances);
    }

    return status;
}


/* Fills in what is missing of the report, and writes it. */

static facetree_status_e
facetree_report_write(facetree_report_t *report, const char *out,
    facetree_error_t *err)
{
    char               *page;
    size_t              len;
    double             *importances;
    json_t             *metadata;
    const char         *text;
    facetree_status_e   status;

    page = NULL;
    text = facetree_model_metadata(report->model, &len);
    metadata = json_loadb(text, len, 0, NULL);

    if (metadata == NULL) {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    report->metadata = metadata;
    status = facetree_report_importances(report->model, &importances, err);

    if (status == FACETREE_OK) {
        report->importances = importances;
        status = facetree_report_html(report, &page, &len, err);
        free(importances);
    }

    if (status == FACETREE_OK) {
        status = facetree_output_file(out, page, len, err);
    }

    free(page);
    json_decref(metadata);

    return status;
}


static facetree_status_e
facetree_report_make(facetree_report_t *report,
    const facetree_recorded_t *recorded, const char *out,
    facetree_error_t *err)
{
    uint32_t                i;
    facetree_split_t        split;
    facetree_status_e       status;
    facetree_evaluation_t   evaluation;

    if (recorded->imported
        || strcmp(recorded->digest, report->dataset->digest) != 0
        || facetree_model_classes(report->model) != report->dataset->classes)
    {
        return facetree_fail(err, FACETREE_EFORMAT, FACETREE_NO_OFFSET,
                             "not the data that the model was trained on");
    }

    for (i = 0; i < report->dataset->classes; i++) {
        if (strcmp(facetree_model_label(report->model, i),
                   report->dataset->names[i]) != 0)
        {
            return facetree_fail(err, FACETREE_EFORMAT, FACETREE_NO_OFFSET,
                                 "label %.80s is not the model's",
                                 report->dataset->names[i]);
        }
    }

    status = facetree_split(&split, report->dataset->labels,
                            report->dataset->count, report->dataset->classes,
                            &recorded->settings.split, err);

    if (status != FACETREE_OK) {
        return status;
    }

    status = facetree_evaluate(&evaluation, report->model, report->dataset,
                               split.test, split.test_count, NULL, err);

    if (status == FACETREE_OK) {
        report->split = &split;
        report->evaluation = &evaluation;
        status = facetree_report_write(report, out, err);
        report->split = NULL;
        report->evaluation = NULL;
        facetree_evaluation_clear(&evaluation);
    }

    facetree_split_clear(&split);

    return status;
}


static int
facetree_report_model(facetree_arguments_t *args,
    const facetree_report_options_t *options, const facetree_model_t *model)
{
    int                  code;
    char                 name[256], shown[1024];
    facetree_error_t     err;
    facetree_report_t    report;
    facetree_dataset_t   dataset;
    facetree_status_e    status;
    facetree_recorded_t  recorded;

    if (facetree_metadata_read(&recorded, model, &err) != FACETREE_OK) {
        return facetree_console_fail(&args->console, FACETREE_EXIT_DATA,
                                     "%s: %s", options->model, err.text);
    }

    code = facetree_arguments_load_data(args, &options->data,
                                        recorded.settings.size, &dataset);

    if (code != FACETREE_EXIT_OK) {
        facetree_recorded_clear(&recorded);
        return code;
    }

    facetree_text_basename(options->model, name, sizeof(name));
    facetree_text_escape(name, shown, sizeof(shown));

    memset(&report, 0, sizeof(report));
    report.model = model;
    report.name = shown;
    report.dataset = &dataset;

    status = facetree_report_make(&report, &recorded, options->out, &err);

    if (status == FACETREE_EIO) {
        code = facetree_console_fail(&args->console, FACETREE_EXIT_CANTCREAT,
                                     "%s", err.text);

    } else if (status != FACETREE_OK) {
        code = facetree_console_fail(&args->console,
                                     facetree_console_input_code(status),
                                     "%s: %s", options->data.path, err.text);

    } else if (args->json) {
        facetree_text_escape(options->out, shown, sizeof(shown));
        printf("{\"path\": \"%s\"}\n", shown);

    } else if (!args->console.quiet) {
        printf("report    %s\n", options->out);
    }

    facetree_dataset_clear(&dataset);
    facetree_recorded_clear(&recorded);

    return code;
}


static int
facetree_report_run(const facetree_verb_t *verb, int argc, char **argv)
{
    int                         code;
    facetree_model_t           *model;
    facetree_arguments_t        args;
    facetree_report_options_t   options;

    memset(&options, 0, sizeof(options));
    options.model = FACETREE_DEFAULT_MODEL;
    options.out = "artifacts/report.html";

    code = facetree_arguments_read(verb, &args, &options, argc, argv);

    if (code != FACETREE_ARGUMENTS_GO) {
        return code;
    }

    if (options.data.path == NULL) {
        return facetree_arguments_missing(&args, "--data");
    }

    code = facetree_arguments_load_model(&args, options.model, &model);

    if (code == FACETREE_EXIT_OK) {
        code = facetree_report_model(&args, &options, model);
        facetree_model_free(model);
    }

    return facetree_console_finish(&args.console, code);
}
