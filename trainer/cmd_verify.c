
/*
 * Copyright (C) facetree contributors
 *
 * facetree verify: whether model files are whole and can be served.
 */


#include "arguments.h"
#include "document.h"
#include "text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>


static int facetree_verify_run(const facetree_verb_t *verb, int argc,
    char **argv);


static const facetree_option_group_t  facetree_verify_groups[] = {
    { .title = NULL }
};

const facetree_verb_t  facetree_verb_verify = {
    .name = "verify",
    .operands = "MODEL...",
    .summary = "check model files: structure, checksum, self-test",
    .examples =
        "  facetree verify artifacts/model.ftm\n"
        "  facetree verify --quiet /etc/nginx/models/*.ftm && nginx -t\n",
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


/* Reports one file; returns the exit code that it would give alone. */

static int
facetree_verify_file(facetree_arguments_t *args, const char *path,
    json_t *results)
{
    int                 code;
    facetree_model_t   *model;
    facetree_error_t    err;
    facetree_status_e   status;

    model = NULL;
    status = facetree_model_load(&model, path, &err);
    code = facetree_console_input_code(status);

    if (status != FACETREE_OK) {
        facetree_verify_failed(args, path, &err);

    } else if (!args->json && !args->console.quiet) {
        printf("%s: ok, version %s\n", path, facetree_model_version(model));
    }

    if (results) {
        json_array_append_new(results,
                              facetree_verify_json(path, model, &err));
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
    facetree_arguments_t   args;

    code = facetree_arguments_read(verb, &args, NULL, argc, argv);

    if (code != FACETREE_ARGUMENTS_GO) {
        return code;
    }

    worst = FACETREE_EXIT_OK;
    results = args.json ? json_array() : NULL;

    for (i = 0; i < args.count; i++) {
        code = facetree_verify_file(&args, args.operands[i], results);
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
