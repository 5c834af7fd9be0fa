
/*
 * Copyright (C) facetree contributors
 *
 * The command line "facetree VERB ...": which verbs there are.
 */


#include "console.h"
#include "verb.h"

#include <stdio.h>
#include <string.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif


/* Larger blocks go back to the system as soon as they are freed. */
#define FACETREE_MAIN_BLOCK  (128 * 1024)


static const facetree_verb_t *const  facetree_verbs[] = {
    &facetree_verb_fetch,
    &facetree_verb_synth,
    &facetree_verb_train,
    &facetree_verb_test,
    &facetree_verb_cv,
    &facetree_verb_predict,
    &facetree_verb_inspect,
    &facetree_verb_samples,
    &facetree_verb_verify,
    &facetree_verb_report,
    &facetree_verb_bench,
    &facetree_verb_import,
    NULL
};


static void
facetree_main_help(FILE *stream)
{
    const facetree_verb_t *const  *verb;

    fprintf(stream, "Usage: facetree VERB [OPTION]...\n\n"
                    "Trains and examines models that name faces.\n\n"
                    "Verbs:\n");

    for (verb = facetree_verbs; *verb; verb++) {
        fprintf(stream, "  %-10s%s\n", (*verb)->name, (*verb)->summary);
    }

    fprintf(stream, "\n"
                    "\"facetree VERB --help\" lists the options of a verb;\n"
                    "\"facetree --version\" prints the version.\n");
}


int
main(int argc, char **argv)
{
    facetree_console_t             console;
    const facetree_verb_t *const  *verb;

#ifdef __GLIBC__
    mallopt(M_MMAP_THRESHOLD, FACETREE_MAIN_BLOCK);
#endif

    facetree_console_init(&console, NULL, 0);

    if (argc < 2) {
        facetree_main_help(stderr);
        return FACETREE_EXIT_USAGE;
    }

    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0
        || strcmp(argv[1], "help") == 0)
    {
        facetree_main_help(stdout);
        return facetree_console_finish(&console, FACETREE_EXIT_OK);
    }

    if (strcmp(argv[1], "--version") == 0) {
        printf("facetree %s\n", FACETREE_VERSION);
        return facetree_console_finish(&console, FACETREE_EXIT_OK);
    }

    for (verb = facetree_verbs; *verb; verb++) {
        if (strcmp((*verb)->name, argv[1]) == 0) {
            return (*verb)->run(*verb, argc - 1, argv + 1);
        }
    }

    return facetree_console_fail(&console, FACETREE_EXIT_USAGE,
                                 "unknown verb %s, see \"facetree --help\"",
                                 argv[1]);
}
