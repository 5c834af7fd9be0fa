
/*
 * Copyright (C) facetree contributors
 *
 * facetree samples: held-out pictures for the page to try a model with.
 */


#include "arguments.h"
#include "document.h"
#include "facetree_int.h"
#include "metadata.h"
#include "samples.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>


typedef struct {
    facetree_data_arguments_t   data;
    const char                 *model;
    const char                 *out;
    uint32_t                    count;
    uint32_t                    seed;
} facetree_samples_t;


static int facetree_samples_run(const facetree_verb_t *verb, int argc,
    char **argv);


static const facetree_uint_rule_t  facetree_samples_number = { 1, 1000, 0 };

static const facetree_option_t  facetree_samples_options[] = {
    { "out", "DIR", facetree_option_text, offsetof(facetree_samples_t, out),
      NULL, "where to write (default samples)" },
    { "count", "N", facetree_option_uint,
      offsetof(facetree_samples_t, count), &facetree_samples_number,
      "how many pictures (default 12)" },
    { "seed", "N", facetree_option_uint, offsetof(facetree_samples_t, seed),
      &facetree_rule_seed, "seed of the choice (default 0)" },
    { .name = NULL }
};

static const facetree_option_group_t  facetree_samples_groups[] = {
    { "Model", facetree_model_options, offsetof(facetree_samples_t, model) },
    { "Data", facetree_data_options, offsetof(facetree_samples_t, data) },
    { "Samples", facetree_samples_options, 0 },
    { .title = NULL }
};

const facetree_verb_t  facetree_verb_samples = {
    .name = "samples",
    .summary = "write held-out pictures for the page to try a model with",
    .details =
        "Repeats the split that the model records, and writes some of the\n"
        "pictures that training did not see to DIR/01.png and so on, with\n"
        "their true labels in DIR/samples.json.  At least a quarter of them\n"
        "are such as the model gets wrong, and a quarter such as it gets\n"
        "right, as far as there are any.  The page in html/ shows them when\n"
        "they are in its folder \"samples\"; DIR/index.html is for browsers\n"
        "without scripts.  Mind who is on them: whoever opens the page can\n"
        "see them.\n",
    .examples =
        "  facetree samples --data data/olivettifaces.mat --out html/samples\n"
        "  facetree samples --data synthetic --count 20 --seed 3\n",
    .groups = facetree_samples_groups,
    .run = facetree_samples_run
};


static int
facetree_samples_code(facetree_status_e status)
{
    return (status == FACETREE_EIO) ? FACETREE_EXIT_CANTCREAT
                                    : FACETREE_EXIT_FAILED;
}


static facetree_status_e
facetree_samples_print(const facetree_arguments_t *args,
    const facetree_samples_t *samples, uint32_t count, int synthetic,
    facetree_error_t *err)
{
    char                shown[4096];
    json_t             *document;
    facetree_status_e   status;

    if (!args->json) {
        if (!args->console.quiet) {
            printf("%s: %lu held-out pictures%s\n", samples->out,
                   (unsigned long) count, synthetic ? ", synthetic" : "");
        }

        return FACETREE_OK;
    }

    facetree_text_escape(samples->out, shown, sizeof(shown));

    document = json_pack("{s:s, s:I, s:I, s:b}", "path", shown,
                         "pictures", (json_int_t) count,
                         "seed", (json_int_t) samples->seed,
                         "synthetic", synthetic);

    status = facetree_document_print(document, err);
    json_decref(document);

    return status;
}


/* Asks the model, chooses among its answers, and writes the choice. */

static facetree_status_e
facetree_samples_ask(const facetree_samples_t *samples,
    const facetree_split_t *split, facetree_sample_set_t *set,
    facetree_error_t *err)
{
    uint32_t               *chosen;
    facetree_status_e       status;
    facetree_evaluation_t   evaluation;
    facetree_sample_set_t   answered;

    chosen = calloc(samples->count, sizeof(uint32_t));
    set->count = chosen ? facetree_samples_choose(set->dataset, split->test,
                                                  split->test_count,
                                                  samples->count,
                                                  samples->seed, chosen)
                        : 0;

    if (set->count == 0) {
        free(chosen);
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    status = facetree_evaluate(&evaluation, set->model, set->dataset,
                               split->test, split->test_count, NULL, err);

    if (status == FACETREE_OK) {
        facetree_samples_mix(set->dataset, split->test,
                             evaluation.predictions, split->test_count,
                             chosen, set->count);

        answered = *set;
        answered.evaluation = &evaluation;
        answered.rows = split->test;
        answered.chosen = chosen;

        status = facetree_samples_write(samples->out, &answered, err);
        facetree_evaluation_clear(&evaluation);
    }

    free(chosen);

    return status;
}


/* The recorded split, and the choice from its test side. */

static int
facetree_samples_export(facetree_arguments_t *args,
    const facetree_samples_t *samples, const facetree_model_t *model,
    const facetree_recorded_t *recorded, const facetree_dataset_t *dataset)
{
    int                     code;
    facetree_error_t        err;
    facetree_split_t        split;
    facetree_status_e       status;
    facetree_sample_set_t   set;

    status = facetree_split(&split, dataset->labels, dataset->count,
                            dataset->classes, &recorded->settings.split,
                            &err);

    if (status != FACETREE_OK) {
        return facetree_console_fail(&args->console, FACETREE_EXIT_DATA,
                                     "%s: %s", samples->data.path, err.text);
    }

    memset(&set, 0, sizeof(set));
    set.dataset = dataset;
    set.model = model;
    set.name = recorded->data;

    status = facetree_samples_ask(samples, &split, &set, &err);

    if (status == FACETREE_OK) {
        status = facetree_samples_print(args, samples, set.count,
                                        dataset->synthetic, &err);
    }

    code = (status == FACETREE_OK)
           ? FACETREE_EXIT_OK
           : facetree_console_fail(&args->console,
                                   facetree_samples_code(status), "%s: %s",
                                   samples->out, err.text);

    facetree_split_clear(&split);

    return code;
}


/* A model that was put together by hand may record what it likes. */

static int
facetree_samples_same_labels(const facetree_model_t *model,
    const facetree_dataset_t *dataset)
{
    uint32_t  i;

    if (facetree_model_classes(model) != dataset->classes) {
        return 0;
    }

    for (i = 0; i < dataset->classes; i++) {
        if (strcmp(facetree_model_label(model, i), dataset->names[i]) != 0) {
            return 0;
        }
    }

    return 1;
}


/*
 * Other data than the model's would not have the same split, and pictures of
 * the training would pass for held-out ones.
 */

static int
facetree_samples_model(facetree_arguments_t *args,
    const facetree_samples_t *samples, const facetree_model_t *model)
{
    int                   code;
    facetree_error_t      err;
    facetree_dataset_t    dataset;
    facetree_recorded_t   recorded;

    if (facetree_metadata_read(&recorded, model, &err) != FACETREE_OK) {
        return facetree_console_fail(&args->console, FACETREE_EXIT_DATA,
                                     "%s: %s", samples->model, err.text);
    }

    code = facetree_arguments_load_data(args, &samples->data,
                                        recorded.settings.size, &dataset);

    if (code != FACETREE_EXIT_OK) {
        facetree_recorded_clear(&recorded);
        return code;
    }

    if (strcmp(recorded.digest, dataset.digest) == 0
        && facetree_samples_same_labels(model, &dataset))
    {
        code = facetree_samples_export(args, samples, model, &recorded,
                                       &dataset);

    } else {
        code = facetree_console_fail(&args->console, FACETREE_EXIT_DATA,
                                     "%s: not the data that the model was "
                                     "trained on (%s; SHA-256 %.12s..., "
                                     "recorded %.12s...)",
                                     samples->data.path, recorded.data,
                                     dataset.digest, recorded.digest);
    }

    facetree_dataset_clear(&dataset);
    facetree_recorded_clear(&recorded);

    return code;
}


static int
facetree_samples_run(const facetree_verb_t *verb, int argc, char **argv)
{
    int                    code;
    facetree_model_t      *model;
    facetree_samples_t     samples;
    facetree_arguments_t   args;

    memset(&samples, 0, sizeof(samples));

    samples.model = FACETREE_DEFAULT_MODEL;
    samples.out = "samples";
    samples.count = 12;

    code = facetree_arguments_read(verb, &args, &samples, argc, argv);

    if (code != FACETREE_ARGUMENTS_GO) {
        return code;
    }

    if (samples.data.path == NULL) {
        return facetree_arguments_missing(&args, "--data");
    }

    code = facetree_arguments_load_model(&args, samples.model, &model);

    if (code == FACETREE_EXIT_OK) {
        code = facetree_samples_model(&args, &samples, model);
        facetree_model_free(model);
    }

    return facetree_console_finish(&args.console, code);
}
