
/*
 * Copyright (C) facetree contributors
 *
 * What the program says: results on stdout, everything else on stderr, and
 * the exit codes.
 */


#ifndef FACETREE_CONSOLE_H
#define FACETREE_CONSOLE_H


#include "facetree.h"

#include <stdint.h>


#pragma GCC visibility push(hidden)


/* Those above 2 are the ones of sysexits.h. */

enum {
    FACETREE_EXIT_OK = 0,
    FACETREE_EXIT_FAILED = 1,          /* or a gate was missed */
    FACETREE_EXIT_USAGE = 2,
    FACETREE_EXIT_DATA = 65,
    FACETREE_EXIT_NOINPUT = 66,
    FACETREE_EXIT_CANTCREAT = 73,
    FACETREE_EXIT_IO = 74
};


typedef struct {
    const char  *verb;
    int          quiet;                /* errors only */
    int          terminal;             /* stderr is one: show progress */
    int          drawn;                /* a progress line is on it now */
} facetree_console_t;


void facetree_console_init(facetree_console_t *console, const char *verb,
    int quiet);

/* "facetree VERB: ..." on stderr; returns "code". */
int facetree_console_fail(facetree_console_t *console, int code,
    const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The same for something that went on; silent when quiet. */
void facetree_console_warn(facetree_console_t *console,
    const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Draws "what" with a bar, or with the number done when total is 0. */
void facetree_console_progress(facetree_console_t *console,
    const char *what, uint64_t done, uint64_t total);

/* Takes the progress line away; also done by the functions above. */
void facetree_console_clear(facetree_console_t *console);

/*
 * Flushes stdout; returns "code", or FACETREE_EXIT_IO after a message when
 * what was printed did not arrive.
 */
int facetree_console_finish(facetree_console_t *console, int code);

/* Exit code of a failure to read or understand an input. */
int facetree_console_input_code(facetree_status_e status);


#pragma GCC visibility pop


#endif /* FACETREE_CONSOLE_H */
