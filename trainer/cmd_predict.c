
/*
 * Copyright (C) facetree contributors
 *
 * facetree predict: what the server would answer, from the same core.
 */


#include "arguments.h"
#include "dataset.h"
#include "facetree_int.h"
#include "file.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>


#define FACETREE_PREDICT_TOP_K  5


typedef struct {
    const char  *model;
    const char  *name;
    uint32_t     top_k;                /* 0: not given */
    uint32_t     max_pixels;           /* the same */
    double       threshold;
    int          explain;
} facetree_predict_t;


/* One picture's share of the answer; the result points into the rest. */

typedef struct {
    facetree_error_t   error;
    char              *shown;
    double            *probabilities;
    uint8_t           *pixels;
} facetree_predict_item_t;


typedef struct {
    facetree_arguments_t      *args;
    const facetree_predict_t  *options;
    const facetree_model_t    *model;
    uint32_t                  *top;
    facetree_predict_item_t   *items;
    facetree_result_t         *results;
    uint32_t                   count;
    int                        code;
} facetree_predict_job_t;


static int facetree_predict_run(const facetree_verb_t *verb, int argc,
    char **argv);


static const facetree_uint_rule_t  facetree_predict_number = {
    1, 65535, 0
};

static const facetree_real_rule_t  facetree_predict_share = { 0.0, 1.0 };

static const facetree_option_t  facetree_predict_options[] = {
    { "top-k", "N", facetree_option_uint, offsetof(facetree_predict_t, top_k),
      &facetree_predict_number,
      "how many labels to list (default 1, 5 with --json)" },
    { "threshold", "P", facetree_option_real,
      offsetof(facetree_predict_t, threshold), &facetree_predict_share,
      "below P the decision is \"unknown\" (default 0)" },
    { "name", "NAME", facetree_option_text,
      offsetof(facetree_predict_t, name), NULL,
      "the model's name in the answer (default the file's)" },
    { "explain", NULL, facetree_option_flag,
      offsetof(facetree_predict_t, explain), NULL,
      "with --json: the decisions, and the picture they were made on" },
    FACETREE_OPTION_MAX_PIXELS(facetree_predict_t),
    { .name = NULL }
};

static const facetree_option_group_t  facetree_predict_groups[] = {
    { "Model", facetree_model_options, offsetof(facetree_predict_t, model) },
    { "Answer", facetree_predict_options, 0 },
    { .title = NULL }
};

const facetree_verb_t  facetree_verb_predict = {
    .name = "predict",
    .operands = "IMAGE...",
    .summary = "name the faces in pictures",
    .details =
        "Prints a line for each picture: file, label, confidence, with tabs\n"
        "between them; --top-k adds more labels and probabilities.  The line\n"
        "of a bad picture ends after the file, and the reason is on stderr.\n"
        "\"-\" reads standard input.\n",
    .examples =
        "  facetree predict me.jpg you.png\n"
        "  facetree predict --json --top-k 3 --threshold 0.5 me.jpg\n"
        "  facetree predict --json --explain me.jpg\n"
        "  curl -s https://example.org/face.png | facetree predict -\n",
    .groups = facetree_predict_groups,
    .operands_min = 1,
    .operands_max = -1,
    .run = facetree_predict_run
};


static facetree_status_e
facetree_predict_picture(facetree_predict_job_t *job, const char *path,
    facetree_result_t *result, facetree_predict_item_t *item)
{
    size_t              len;
    uint8_t            *data;
    facetree_budget_t   budget;
    facetree_status_e   status;

    facetree_dataset_budget(&budget, job->options->max_pixels);

    status = facetree_file_read(path, &data, &len, &item->error);

    if (status != FACETREE_OK) {
        return status;
    }

    if (len == 0) {
        status = facetree_fail(&item->error, FACETREE_EEMPTY,
                               FACETREE_NO_OFFSET, "the file is empty");

    } else {
        status = facetree_image_decode(data, len, &budget,
                                       facetree_model_width(job->model),
                                       facetree_model_height(job->model),
                                       item->pixels, &result->image,
                                       &item->error);
    }

    free(data);

    if (status == FACETREE_OK) {
        facetree_predict(job->model, item->pixels, item->probabilities,
                         &result->prediction);

        result->pixels = job->options->explain ? item->pixels : NULL;
    }

    return status;
}


static void
facetree_predict_line(facetree_predict_job_t *job,
    const facetree_result_t *result)
{
    char         number[FACETREE_TEXT_DOUBLE];
    uint32_t     i, n, k;
    const char  *label;

    fputs(result->filename, stdout);

    if (result->status == FACETREE_OK) {
        k = job->options->top_k ? job->options->top_k : 1;

        n = facetree_top(result->probabilities,
                         facetree_model_classes(job->model),
                         result->prediction.class, k, job->top);

        for (i = 0; i < n; i++) {
            label = facetree_model_label(job->model, job->top[i]);
            facetree_text_double(result->probabilities[job->top[i]], number);
            printf("\t%s\t%s", label, number);
        }
    }

    putchar('\n');
}


/* Fills the next result, whatever becomes of the picture. */

static facetree_status_e
facetree_predict_add(facetree_predict_job_t *job, const char *path,
    facetree_error_t *err)
{
    int                       code;
    size_t                    size;
    facetree_result_t        *result;
    facetree_predict_item_t  *item;

    item = &job->items[job->count];
    result = &job->results[job->count++];

    size = 4 * strlen(path) + 1;
    item->shown = malloc(size);
    item->probabilities = calloc(facetree_model_classes(job->model),
                                 sizeof(double));
    item->pixels = malloc(facetree_model_features(job->model));

    if (item->shown == NULL || item->probabilities == NULL
        || item->pixels == NULL)
    {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    facetree_text_escape(path, item->shown, size);

    result->filename = item->shown;
    result->probabilities = item->probabilities;
    result->error = &item->error;
    result->status = facetree_predict_picture(job, path, result, item);

    if (!job->args->json) {
        facetree_predict_line(job, result);
    }

    if (result->status == FACETREE_OK) {
        return FACETREE_OK;
    }

    code = facetree_console_input_code(result->status);
    job->code = code > job->code ? code : job->code;

    facetree_console_fail(&job->args->console, code, "%s: %s", path,
                          item->error.text);

    return FACETREE_OK;
}


static facetree_status_e
facetree_predict_answer(facetree_predict_job_t *job, facetree_error_t *err)
{
    char               *text, *suffix, name[256], shown[1024];
    size_t              len;
    facetree_answer_t   answer;
    facetree_status_e   status;

    facetree_text_basename(job->options->model, name, sizeof(name));
    suffix = strrchr(name, '.');

    if (suffix && suffix != name) {
        *suffix = '\0';
    }

    facetree_text_escape(job->options->name ? job->options->name : name,
                         shown, sizeof(shown));

    memset(&answer, 0, sizeof(answer));

    answer.model = job->model;
    answer.model_name = shown;
    answer.results = job->results;
    answer.count = job->count;
    answer.top_k = job->options->top_k ? job->options->top_k
                                       : FACETREE_PREDICT_TOP_K;
    answer.threshold = job->options->threshold;

    status = facetree_answer_json(&answer, &text, &len, err);

    if (status == FACETREE_OK) {
        fwrite(text, 1, len, stdout);
        putchar('\n');
        free(text);
    }

    return status;
}


static facetree_status_e
facetree_predict_all(facetree_predict_job_t *job, facetree_error_t *err)
{
    int                i, count;
    uint32_t           classes;
    facetree_status_e  status;

    count = job->args->count;
    classes = facetree_model_classes(job->model);

    job->top = calloc(classes, sizeof(uint32_t));
    job->items = calloc((size_t) count, sizeof(facetree_predict_item_t));
    job->results = calloc((size_t) count, sizeof(facetree_result_t));

    if (job->top == NULL || job->items == NULL || job->results == NULL) {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    for (i = 0; i < count; i++) {
        status = facetree_predict_add(job, job->args->operands[i], err);

        if (status != FACETREE_OK) {
            return status;
        }
    }

    return job->args->json ? facetree_predict_answer(job, err) : FACETREE_OK;
}


static void
facetree_predict_clear(facetree_predict_job_t *job)
{
    uint32_t  i;

    for (i = 0; i < job->count; i++) {
        free(job->items[i].shown);
        free(job->items[i].probabilities);
        free(job->items[i].pixels);
    }

    free(job->items);
    free(job->results);
    free(job->top);
}


static int
facetree_predict_run(const facetree_verb_t *verb, int argc, char **argv)
{
    int                      code;
    facetree_error_t         err;
    facetree_model_t        *model;
    facetree_predict_t       options;
    facetree_arguments_t     args;
    facetree_predict_job_t   job;

    memset(&options, 0, sizeof(options));
    memset(&job, 0, sizeof(job));

    options.model = FACETREE_DEFAULT_MODEL;

    code = facetree_arguments_read(verb, &args, &options, argc, argv);

    if (code != FACETREE_ARGUMENTS_GO) {
        return code;
    }

    if (options.explain && !args.json) {
        return facetree_console_fail(&args.console, FACETREE_EXIT_USAGE,
                                     "--explain needs --json");
    }

    code = facetree_arguments_load_model(&args, options.model, &model);

    if (code != FACETREE_EXIT_OK) {
        return code;
    }

    job.args = &args;
    job.options = &options;
    job.model = model;

    code = facetree_predict_all(&job, &err) == FACETREE_OK
           ? job.code
           : facetree_console_fail(&args.console, FACETREE_EXIT_FAILED, "%s",
                                   err.text);

    facetree_predict_clear(&job);
    facetree_model_free(model);

    return facetree_console_finish(&args.console, code);
}
