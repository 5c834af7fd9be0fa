
/*
 * Copyright (C) facetree contributors
 *
 * facetree verify: whether model files are whole and can be served.
 */


#include "arguments.h"
#include "document.h"
#include "facetree_int.h"
#include "progress.h"
#include "text.h"
#include "training.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


typedef struct {
    facetree_data_arguments_t  data;
    facetree_effort_t          effort;
    int                        retrain;
} facetree_verify_t;


static int facetree_verify_run(const facetree_verb_t *verb, int argc,
    char **argv);


static const facetree_option_t  facetree_verify_options[] = {
    { "retrain", NULL, facetree_option_flag,
      offsetof(facetree_verify_t, retrain), NULL,
      "train again as the model records, and compare all bytes" },
    { "jobs", "N", facetree_option_uint,
      offsetof(facetree_verify_t, effort.jobs), &facetree_rule_jobs,
      "threads for that (default one a core)" },
    { .name = NULL }
};

static const facetree_option_group_t  facetree_verify_groups[] = {
    { "Training again", facetree_verify_options, 0 },
    { "Data to train on", facetree_data_options,
      offsetof(facetree_verify_t, data) },
    { .title = NULL }
};

const facetree_verb_t  facetree_verb_verify = {
    .name = "verify",
    .operands = "MODEL...",
    .summary = "check model files: structure, checksum, self-test",
    .examples =
        "  facetree verify artifacts/model.ftm\n"
        "  facetree verify --quiet /etc/nginx/models/*.ftm && nginx -t\n"
        "  facetree verify --retrain --data faces/ artifacts/model.ftm\n",
    .groups = facetree_verify_groups,
    .operands_min = 1,
    .operands_max = -1,
    .run = facetree_verify_run
};


static void
facetree_verify_failed(facetree_arguments_t *args, const char *path,
    const facetree_error_t *err)
{
    if (err->offset == FACETREE_NO_OFFSET) {
        facetree_console_fail(&args->console, 0, "%s: %s", path, err->text);
        return;
    }

    facetree_console_fail(&args->console, 0, "%s: byte %" PRIu64 ": %s",
                          path, err->offset, err->text);
}


static json_t *
facetree_verify_json(const char *path, const facetree_model_t *model,
    const facetree_error_t *err)
{
    char  shown[4096];

    facetree_text_escape(path, shown, sizeof(shown));

    if (model) {
        return json_pack("{s:s, s:b, s:s, s:I}", "file", shown, "ok", 1,
                         "version", facetree_model_version(model),
                         "bytes", (json_int_t) facetree_model_bytes(model));
    }

    return json_pack("{s:s, s:b, s:s, s:o}", "file", shown, "ok", 0,
                     "error", err->text,
                     "offset", err->offset == FACETREE_NO_OFFSET
                               ? json_null()
                               : json_integer((json_int_t) err->offset));
}


/* Says why the model made again is not the one there is. */

static int
facetree_verify_compare(const facetree_run_t *run,
    const facetree_model_t *model, facetree_error_t *err)
{
    size_t       len;
    const char  *text;

    if (strcmp(facetree_model_version(run->model),
               facetree_model_version(model)) == 0)
    {
        return FACETREE_EXIT_OK;
    }

    text = facetree_model_metadata(model, &len);

    facetree_fail(err, FACETREE_ECORRUPT, FACETREE_NO_OFFSET,
                  "trained again, it is another model (version %.12s..., not "
                  "%.12s...): the %s differ",
                  facetree_model_version(run->model),
                  facetree_model_version(model),
                  strcmp(text, facetree_model_metadata(run->model, &len)) == 0
                  ? "trees" : "metadata");

    return FACETREE_EXIT_FAILED;
}


/* Returns an exit code, with the reason in "*err" unless it was reported. */

static int
facetree_verify_train(facetree_arguments_t *args,
    const facetree_verify_t *verify, const facetree_model_t *model,
    const facetree_dataset_t *dataset, facetree_recorded_t *recorded,
    facetree_error_t *err)
{
    int                  code;
    facetree_run_t       run;
    facetree_dataset_t   named;
    facetree_progress_t  progress;

    if (strcmp(dataset->digest, recorded->digest) != 0) {
        facetree_fail(err, FACETREE_EFORMAT, FACETREE_NO_OFFSET,
                      "--data %.60s: not the data that the model was trained "
                      "on (%.60s)", verify->data.path, recorded->data);
        return FACETREE_EXIT_DATA;
    }

    /* What a data set is called may change; its content did not. */
    named = *dataset;
    strcpy(named.name, recorded->data);

    facetree_progress_start(&progress, &args->console, "trees");
    recorded->settings.effort = verify->effort;
    recorded->settings.effort.progress = facetree_progress_step;
    recorded->settings.effort.ctx = &progress;

    if (facetree_run_train(&run, &named, &recorded->settings,
                           !facetree_model_has_detail(model), err)
        != FACETREE_OK)
    {
        return FACETREE_EXIT_FAILED;
    }

    code = facetree_verify_compare(&run, model, err);
    facetree_run_clear(&run);

    return code;
}


static int
facetree_verify_retrain(facetree_arguments_t *args,
    const facetree_verify_t *verify, const facetree_model_t *model,
    facetree_error_t *err)
{
    int                  code;
    facetree_dataset_t   dataset;
    facetree_recorded_t  recorded;

    if (facetree_metadata_read(&recorded, model, err) != FACETREE_OK) {
        return FACETREE_EXIT_DATA;
    }

    if (recorded.imported) {
        facetree_fail(err, FACETREE_EFORMAT, FACETREE_NO_OFFSET,
                      "trained elsewhere, it does not record how");
        return FACETREE_EXIT_DATA;
    }

    code = facetree_arguments_load_data(args, &verify->data,
                                        recorded.settings.size, &dataset);

    if (code == FACETREE_EXIT_OK) {
        code = facetree_verify_train(args, verify, model, &dataset,
                                     &recorded, err);
        facetree_dataset_clear(&dataset);

    } else {
        facetree_fail(err, FACETREE_EIO, FACETREE_NO_OFFSET,
                      "not trained again, for want of data");
    }

    facetree_recorded_clear(&recorded);

    return code;
}


/* Reports one file; returns the exit code that it would give alone. */

static int
facetree_verify_file(facetree_arguments_t *args,
    const facetree_verify_t *verify, const char *path, json_t *results)
{
    int                 code;
    facetree_model_t   *model;
    facetree_error_t    err;

    model = NULL;
    code = facetree_console_input_code(facetree_model_load(&model, path,
                                                           &err));

    if (code == FACETREE_EXIT_OK && verify->retrain) {
        code = facetree_verify_retrain(args, verify, model, &err);
    }

    if (code != FACETREE_EXIT_OK) {
        facetree_verify_failed(args, path, &err);

    } else if (!args->json && !args->console.quiet) {
        printf("%s: ok%s, version %s\n", path,
               verify->retrain ? ", the same when trained again" : "",
               facetree_model_version(model));
    }

    if (results) {
        json_array_append_new(results,
                              facetree_verify_json(path,
                                  code == FACETREE_EXIT_OK ? model : NULL,
                                  &err));
    }

    facetree_model_free(model);

    return code;
}


static int
facetree_verify_run(const facetree_verb_t *verb, int argc, char **argv)
{
    int                    i, code, worst;
    json_t                *results;
    facetree_error_t       err;
    facetree_verify_t      verify;
    facetree_arguments_t   args;

    memset(&verify, 0, sizeof(verify));
    code = facetree_arguments_read(verb, &args, &verify, argc, argv);

    if (code != FACETREE_ARGUMENTS_GO) {
        return code;
    }

    if (verify.retrain != (verify.data.path != NULL)) {
        return facetree_console_fail(&args.console, FACETREE_EXIT_USAGE,
                                     "--retrain and --data go together");
    }

    worst = FACETREE_EXIT_OK;
    results = args.json ? json_array() : NULL;

    for (i = 0; i < args.count; i++) {
        code = facetree_verify_file(&args, &verify, args.operands[i],
                                    results);
        worst = code > worst ? code : worst;
    }

    if (results) {
        if (facetree_document_print(results, &err) != FACETREE_OK) {
            worst = facetree_console_fail(&args.console,
                                          FACETREE_EXIT_FAILED, "%s",
                                          err.text);
        }

        json_decref(results);
    }

    return facetree_console_finish(&args.console, worst);
}
