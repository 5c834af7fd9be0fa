
/*
 * Copyright (C) facetree contributors
 *
 * Texts and tokens of status codes, and the functions that fill a
 * facetree_error_t.  Every failing function of core calls them, and so do
 * trainer and module.
 */


#include "facetree_int.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>


static const char *const  facetree_tokens[] = {
#define FACETREE_STATUS_TOKEN(name, token, text)  token,
    FACETREE_STATUS_MAP(FACETREE_STATUS_TOKEN)
#undef FACETREE_STATUS_TOKEN
};

static const char *const  facetree_texts[] = {
#define FACETREE_STATUS_TEXT(name, token, text)  text,
    FACETREE_STATUS_MAP(FACETREE_STATUS_TEXT)
#undef FACETREE_STATUS_TEXT
};


const char *
facetree_status_token(facetree_status_e status)
{
    if ((unsigned) status >= FACETREE_STATUS_COUNT) {
        return "internal";
    }

    return facetree_tokens[status];
}


const char *
facetree_status_text(facetree_status_e status)
{
    if ((unsigned) status >= FACETREE_STATUS_COUNT) {
        return "unknown status";
    }

    return facetree_texts[status];
}


/* Keeps bytes of the input from reaching a terminal or a log as they are. */

static void
facetree_error_clean(char *text)
{
    for ( /* void */ ; *text; text++) {
        if (*text < 0x20 || *text > 0x7e) {
            *text = '?';
        }
    }
}


static void
facetree_error_set(facetree_error_t *err, facetree_status_e status,
    const char *format, va_list args)
{
    memset(err, 0, sizeof(*err));

    err->status = status;
    err->offset = FACETREE_NO_OFFSET;

    if (format == NULL) {
        snprintf(err->text, sizeof(err->text), "%s",
                 facetree_status_text(status));

    } else {
        vsnprintf(err->text, sizeof(err->text), format, args);
    }

    facetree_error_clean(err->text);
}


facetree_status_e
facetree_fail(facetree_error_t *err, facetree_status_e status,
    uint64_t offset, const char *format, ...)
{
    va_list  args;

    if (err) {
        va_start(args, format);
        facetree_error_set(err, status, format, args);
        va_end(args);

        err->offset = offset;
    }

    return status;
}


facetree_status_e
facetree_fail_limit(facetree_error_t *err, facetree_status_e status,
    uint64_t limit, uint64_t observed, const char *format, ...)
{
    va_list  args;

    if (err) {
        va_start(args, format);
        facetree_error_set(err, status, format, args);
        va_end(args);

        err->limit = limit;
        err->observed = observed;
    }

    return status;
}


facetree_status_e
facetree_fail_errno(facetree_error_t *err, int sys_errno,
    const char *format, ...)
{
    char     reason[64];
    size_t   len;
    va_list  args;

    if (err == NULL) {
        return FACETREE_EIO;
    }

    va_start(args, format);
    facetree_error_set(err, FACETREE_EIO, format, args);
    va_end(args);

    err->sys_errno = sys_errno;

    if (strerror_r(sys_errno, reason, sizeof(reason)) != 0) {
        snprintf(reason, sizeof(reason), "error %d", sys_errno);
    }

    len = strlen(err->text);
    snprintf(err->text + len, sizeof(err->text) - len, ": %s", reason);

    return FACETREE_EIO;
}
