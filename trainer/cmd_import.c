
/*
 * Copyright (C) facetree contributors
 *
 * facetree import: a model from trees that were trained elsewhere.
 */


#include "arguments.h"
#include "document.h"
#include "facetree_int.h"
#include "file.h"
#include "import.h"
#include "model_writer.h"
#include "output.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>


typedef struct {
    const char  *out;
    int          strip;
} facetree_import_options_t;


static int facetree_import_run(const facetree_verb_t *verb, int argc,
    char **argv);


static const facetree_option_t  facetree_import_options[] = {
    { "out", "FILE", facetree_option_text,
      offsetof(facetree_import_options_t, out), NULL,
      "model to write (default " FACETREE_DEFAULT_MODEL ")" },
    { "strip", NULL, facetree_option_flag,
      offsetof(facetree_import_options_t, strip), NULL,
      "leave out what only \"inspect\" needs" },
    { .name = NULL }
};

static const facetree_option_group_t  facetree_import_groups[] = {
    { "Model", facetree_import_options, 0 },
    { .title = NULL }
};

const facetree_verb_t  facetree_verb_import = {
    .name = "import",
    .operands = "FILE.json",
    .summary = "make a model of trees that scikit-learn has fitted",
    .details =
        "trainer/export_sklearn.py writes such a file from a fitted tree or\n"
        "forest; docs/import.md describes it.  Answers are scikit-learn's,\n"
        "also for pictures that were scaled (x/255, x/242).\n",
    .examples =
        "  facetree import model.json --out artifacts/model.ftm\n",
    .groups = facetree_import_groups,
    .operands_min = 1,
    .operands_max = 1,
    .run = facetree_import_run
};


/* What can be said of a model whose training nobody saw. */

static char *
facetree_import_metadata(const facetree_import_t *import)
{
    char        *text, source[1024];
    json_t      *metadata;
    uint32_t     i, depth;
    json_int_t   nodes, leaves;

    nodes = 0;
    leaves = 0;
    depth = 0;

    for (i = 0; i < import->forest.count; i++) {
        nodes += import->forest.trees[i].nodes;
        leaves += import->forest.trees[i].leaves;
        depth = import->forest.trees[i].max_depth > depth
                ? import->forest.trees[i].max_depth : depth;
    }

    facetree_text_escape(import->source ? import->source : "", source,
                         sizeof(source));

    metadata = json_pack("{s:{s:s, s:s}, s:s, s:{s:s, s:f}, s:{s:I, s:I},"
                         " s:{s:I, s:I, s:I, s:I}}",
                         "tool", "name", "facetree",
                         "version", FACETREE_VERSION,
                         "estimator", import->estimator,
                         "imported", "source", source,
                         "scale", import->forest.scale,
                         "image",
                         "width", (json_int_t) import->forest.width,
                         "height", (json_int_t) import->forest.height,
                         "trees", "count", (json_int_t) import->forest.count,
                         "node_count", nodes,
                         "max_depth", (json_int_t) depth,
                         "n_leaves", leaves);

    text = metadata ? facetree_document_text(metadata, JSON_COMPACT) : NULL;
    json_decref(metadata);

    return text;
}


static facetree_status_e
facetree_import_serialize(const facetree_import_t *import, int strip,
    uint8_t **bytes, size_t *len, facetree_error_t *err)
{
    char               *metadata;
    facetree_status_e   status;

    metadata = facetree_import_metadata(import);

    if (metadata == NULL) {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    status = facetree_model_serialize(&import->forest, metadata, strip, bytes,
                                      len, err);
    free(metadata);

    return status;
}


static facetree_status_e
facetree_import_say(const facetree_arguments_t *args, const char *out,
    const uint8_t *bytes, size_t len, facetree_error_t *err)
{
    char                shown[4096];
    json_t             *document;
    facetree_model_t   *model;
    facetree_status_e   status;

    status = facetree_model_parse(&model, bytes, len, err);

    if (status != FACETREE_OK) {
        return status;
    }

    if (args->json) {
        facetree_text_escape(out, shown, sizeof(shown));
        document = json_pack("{s:s, s:s, s:I, s:I, s:I}", "path", shown,
                             "version", facetree_model_version(model),
                             "bytes", (json_int_t) len,
                             "trees",
                             (json_int_t) facetree_model_trees(model),
                             "classes",
                             (json_int_t) facetree_model_classes(model));
        status = facetree_document_print(document, err);
        json_decref(document);

    } else if (!args->console.quiet) {
        printf("model     %s, %lu bytes, %lu trees, %lu labels\n"
               "version   %s\n", out, (unsigned long) len,
               (unsigned long) facetree_model_trees(model),
               (unsigned long) facetree_model_classes(model),
               facetree_model_version(model));
    }

    facetree_model_free(model);

    return status;
}


static int
facetree_import_json(facetree_arguments_t *args,
    const facetree_import_options_t *options, const json_t *root)
{
    size_t              len;
    uint8_t            *bytes;
    facetree_error_t    err;
    facetree_import_t   import;
    facetree_status_e   status;

    bytes = NULL;
    status = facetree_import_read(&import, root, &err);

    if (status == FACETREE_OK) {
        status = facetree_import_serialize(&import, options->strip, &bytes,
                                           &len, &err);
        facetree_import_clear(&import);
    }

    if (status != FACETREE_OK) {
        return facetree_console_fail(&args->console,
                                     facetree_console_input_code(status),
                                     "%s: %s", args->operands[0], err.text);
    }

    status = facetree_output_file(options->out, bytes, len, &err);

    if (status != FACETREE_OK) {
        free(bytes);
        return facetree_console_fail(&args->console, FACETREE_EXIT_CANTCREAT,
                                     "%s", err.text);
    }

    status = facetree_import_say(args, options->out, bytes, len, &err);
    free(bytes);

    return status == FACETREE_OK
           ? FACETREE_EXIT_OK
           : facetree_console_fail(&args->console, FACETREE_EXIT_FAILED,
                                   "%s", err.text);
}


static int
facetree_import_run(const facetree_verb_t *verb, int argc, char **argv)
{
    int                         code;
    size_t                      len;
    json_t                     *root;
    uint8_t                    *data;
    json_error_t                reason;
    facetree_error_t            err;
    facetree_status_e           status;
    facetree_arguments_t        args;
    facetree_import_options_t   options;

    memset(&options, 0, sizeof(options));
    options.out = FACETREE_DEFAULT_MODEL;

    code = facetree_arguments_read(verb, &args, &options, argc, argv);

    if (code != FACETREE_ARGUMENTS_GO) {
        return code;
    }

    status = facetree_file_read(args.operands[0], &data, &len, &err);

    if (status != FACETREE_OK) {
        return facetree_console_fail(&args.console,
                                     facetree_console_input_code(status),
                                     "%s: %s", args.operands[0], err.text);
    }

    root = json_loadb((const char *) data, len, JSON_REJECT_DUPLICATES,
                      &reason);
    free(data);

    if (root == NULL) {
        return facetree_console_fail(&args.console, FACETREE_EXIT_DATA,
                                     "%s: line %d: %s", args.operands[0],
                                     reason.line, reason.text);
    }

    code = facetree_import_json(&args, &options, root);
    json_decref(root);

    return facetree_console_finish(&args.console, code);
}
