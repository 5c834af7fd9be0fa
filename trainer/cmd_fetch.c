
/*
 * Copyright (C) facetree contributors
 *
 * facetree fetch: downloads a public data set, once.
 */


#include "arguments.h"
#include "digest.h"
#include "document.h"
#include "download.h"
#include "file.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>


/* What scikit-learn's fetch_olivetti_faces downloads. */

#define FACETREE_FETCH_URL                                                    \
    "https://ndownloader.figshare.com/files/5976027"
#define FACETREE_FETCH_SHA256                                                 \
    "b612fb967f2dc77c9c62d3e1266e0c73d5fca46a4b8906c18e454d41af987794"
#define FACETREE_FETCH_OUT  "data/olivettifaces.mat"


typedef struct {
    const char  *out;
    const char  *url;
    const char  *sha256;
} facetree_fetch_t;


static int facetree_fetch_run(const facetree_verb_t *verb, int argc,
    char **argv);


static const facetree_option_t  facetree_fetch_options[] = {
    { "out", "FILE", facetree_option_text, offsetof(facetree_fetch_t, out),
      NULL, "where to (default " FACETREE_FETCH_OUT ")" },
    { "url", "URL", facetree_option_text, offsetof(facetree_fetch_t, url),
      NULL, "a mirror, http or https" },
    { "sha256", "HEX", facetree_option_sha256,
      offsetof(facetree_fetch_t, sha256), NULL,
      "what the file must have (default the published one's)" },
    { .name = NULL }
};

static const facetree_option_group_t  facetree_fetch_groups[] = {
    { "Download", facetree_fetch_options, 0 },
    { .title = NULL }
};

const facetree_verb_t  facetree_verb_fetch = {
    .name = "fetch",
    .operands = "olivetti",
    .summary = "download a public face set, verify and keep it",
    .details =
        "olivetti: 40 people, 10 pictures each, 64x64; AT&T Laboratories\n"
        "Cambridge, for research use with credit.  A file that is there and\n"
        "has the right SHA-256 is not downloaded again.\n",
    .examples =
        "  facetree fetch olivetti\n"
        "  facetree fetch olivetti --url http://mirror.example/faces.mat\n",
    .groups = facetree_fetch_groups,
    .operands_min = 1,
    .operands_max = 1,
    .run = facetree_fetch_run
};


/* Returns 1 and the size when the file is there and is the right one. */

static int
facetree_fetch_cached(facetree_arguments_t *args,
    const facetree_fetch_t *fetch, size_t *len)
{
    int                 same;
    char                hex[FACETREE_DIGEST_HEX];
    uint8_t            *data;
    facetree_error_t    err;

    if (facetree_file_read(fetch->out, &data, len, &err) != FACETREE_OK) {
        return 0;
    }

    same = facetree_digest(data, *len, hex, &err) == FACETREE_OK
           && strcasecmp(hex, fetch->sha256) == 0;
    free(data);

    if (!same) {
        facetree_console_warn(&args->console, "%s is not the expected file "
                              "(SHA-256), it is downloaded again",
                              fetch->out);
    }

    return same;
}


static void
facetree_fetch_progress(void *ctx, uint64_t done, uint64_t total)
{
    facetree_arguments_t  *args;

    args = ctx;
    facetree_console_progress(&args->console, "downloading", done, total);
}


static int
facetree_fetch_code(facetree_download_e result)
{
    switch (result) {

    case FACETREE_DOWNLOAD_OK:
        return FACETREE_EXIT_OK;

    case FACETREE_DOWNLOAD_URL:
        return FACETREE_EXIT_USAGE;

    case FACETREE_DOWNLOAD_FAILED:
        return FACETREE_EXIT_NOINPUT;

    case FACETREE_DOWNLOAD_DIGEST:
        return FACETREE_EXIT_DATA;

    case FACETREE_DOWNLOAD_CREATE:
        return FACETREE_EXIT_CANTCREAT;

    case FACETREE_DOWNLOAD_WRITE:
        return FACETREE_EXIT_IO;

    default:
        return FACETREE_EXIT_FAILED;
    }
}


static int
facetree_fetch_download(facetree_arguments_t *args,
    const facetree_fetch_t *fetch, size_t *len)
{
    facetree_error_t      err;
    facetree_download_t   download;
    facetree_download_e   result;

    download.url = fetch->url;
    download.sha256 = fetch->sha256;
    download.path = fetch->out;
    download.progress = facetree_fetch_progress;
    download.ctx = args;

    result = facetree_download(&download, len, &err);
    facetree_console_clear(&args->console);

    if (result == FACETREE_DOWNLOAD_OK) {
        return FACETREE_EXIT_OK;
    }

    return facetree_console_fail(&args->console, facetree_fetch_code(result),
                                 "%s", err.text);
}


static int
facetree_fetch_report(facetree_arguments_t *args,
    const facetree_fetch_t *fetch, size_t len, int cached)
{
    char               shown[4096];
    json_t            *document;
    facetree_error_t   err;

    if (args->json) {
        facetree_text_escape(fetch->out, shown, sizeof(shown));

        document = json_pack("{s:s, s:I, s:s, s:b}",
                             "path", shown, "bytes", (json_int_t) len,
                             "sha256", fetch->sha256,
                             "downloaded", !cached);
        facetree_document_print(document, &err);
        json_decref(document);

    } else if (!args->console.quiet) {
        printf("%s: %lu bytes, SHA-256 verified, %s\n", fetch->out,
               (unsigned long) len,
               cached ? "was there already" : "downloaded");
    }

    return FACETREE_EXIT_OK;
}


static int
facetree_fetch_run(const facetree_verb_t *verb, int argc, char **argv)
{
    int                    code, cached;
    size_t                 len;
    facetree_fetch_t       fetch;
    facetree_arguments_t   args;

    fetch.out = FACETREE_FETCH_OUT;
    fetch.url = FACETREE_FETCH_URL;
    fetch.sha256 = FACETREE_FETCH_SHA256;

    code = facetree_arguments_read(verb, &args, &fetch, argc, argv);

    if (code != FACETREE_ARGUMENTS_GO) {
        return code;
    }

    if (strcmp(args.operands[0], "olivetti") != 0) {
        return facetree_console_fail(&args.console, FACETREE_EXIT_USAGE,
                                     "unknown data set %s: must be olivetti",
                                     args.operands[0]);
    }

    cached = facetree_fetch_cached(&args, &fetch, &len);
    code = FACETREE_EXIT_OK;

    if (!cached) {
        code = facetree_fetch_download(&args, &fetch, &len);
    }

    if (code == FACETREE_EXIT_OK) {
        code = facetree_fetch_report(&args, &fetch, len, cached);
    }

    return facetree_console_finish(&args.console, code);
}
