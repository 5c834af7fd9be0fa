
/*
 * Copyright (C) facetree contributors
 */


#include "console.h"
#include "text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>


#define FACETREE_CONSOLE_LINE   1024
#define FACETREE_CONSOLE_WIDTH  30


static void facetree_console_say(facetree_console_t *console,
    const char *kind, const char *format, va_list args);


void
facetree_console_init(facetree_console_t *console, const char *verb,
    int quiet)
{
    console->verb = verb;
    console->quiet = quiet;
    console->terminal = isatty(STDERR_FILENO);
    console->drawn = 0;
}


int
facetree_console_fail(facetree_console_t *console, int code,
    const char *format, ...)
{
    va_list  args;

    va_start(args, format);
    facetree_console_say(console, "", format, args);
    va_end(args);

    return code;
}


void
facetree_console_warn(facetree_console_t *console, const char *format, ...)
{
    va_list  args;

    if (console->quiet) {
        return;
    }

    va_start(args, format);
    facetree_console_say(console, "warning: ", format, args);
    va_end(args);
}


void
facetree_console_progress(facetree_console_t *console, const char *what,
    uint64_t done, uint64_t total)
{
    int   filled;
    char  bar[FACETREE_CONSOLE_WIDTH + 1];

    if (!console->terminal || console->quiet) {
        return;
    }

    console->drawn = 1;

    if (total == 0) {
        fprintf(stderr, "\r%s %llu\033[K", what, (unsigned long long) done);
        return;
    }

    if (done > total) {
        done = total;
    }

    filled = (int) ((double) done / (double) total * FACETREE_CONSOLE_WIDTH);

    memset(bar, '.', FACETREE_CONSOLE_WIDTH);
    memset(bar, '#', (size_t) filled);
    bar[FACETREE_CONSOLE_WIDTH] = '\0';

    fprintf(stderr, "\r%s [%s] %3d %%\033[K", what, bar,
            (int) ((double) done / (double) total * 100));
}


void
facetree_console_clear(facetree_console_t *console)
{
    if (console->drawn) {
        fputs("\r\033[K", stderr);
        console->drawn = 0;
    }
}


int
facetree_console_finish(facetree_console_t *console, int code)
{
    int  error;

    facetree_console_clear(console);

    /* an earlier failure has left no number */
    error = ferror(stdout) ? EIO : 0;

    if (fflush(stdout) != 0) {
        error = errno;
    }

    if (error == 0) {
        return code;
    }

    return facetree_console_fail(console, FACETREE_EXIT_IO,
                                 "cannot write to standard output: %s",
                                 strerror(error));
}


int
facetree_console_input_code(facetree_status_e status)
{
    switch (status) {

    case FACETREE_OK:
        return FACETREE_EXIT_OK;

    case FACETREE_ENOMEM:
        return FACETREE_EXIT_FAILED;

    case FACETREE_EIO:
        return FACETREE_EXIT_NOINPUT;

    default:
        return FACETREE_EXIT_DATA;
    }
}


/*
 * File names reach these lines as they are, and could otherwise end a line
 * or steer the terminal.
 */

static void
facetree_console_say(facetree_console_t *console, const char *kind,
    const char *format, va_list args)
{
    char  line[FACETREE_CONSOLE_LINE], shown[4 * FACETREE_CONSOLE_LINE];

    facetree_console_clear(console);
    fflush(stdout);

    vsnprintf(line, sizeof(line), format, args);
    facetree_text_escape(line, shown, sizeof(shown));

    if (console->verb) {
        fprintf(stderr, "facetree %s: %s%s\n", console->verb, kind, shown);

    } else {
        fprintf(stderr, "facetree: %s%s\n", kind, shown);
    }
}
