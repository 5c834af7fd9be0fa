
/*
 * Copyright (C) facetree contributors
 *
 * A streaming parser of multipart/form-data (RFC 7578, RFC 2046 section 5.1).
 *
 * The body is searched for its delimiter, CR LF "--" boundary, by looking for
 * CR with memchr().  No byte of a delimiter but the first is CR, so when a
 * comparison fails the search goes on at the byte that failed and every byte
 * is looked at a fixed number of times, whatever the body holds.
 *
 * A line that starts with the delimiter and goes on with anything other than
 * "--", white space or CR LF is data: a boundary may well be the start of
 * another one that the client uses inside.
 */


#include "facetree_int.h"
#include "facetree_header.h"
#include "facetree_part.h"

#include <stdlib.h>
#include <string.h>


#define FACETREE_MULTIPART_MAX_BOUNDARY  70
#define FACETREE_MULTIPART_MAX_HEADER    16384
#define FACETREE_MULTIPART_MAX_PARTS     1000


typedef enum {
    FACETREE_MULTIPART_PREAMBLE = 0,
    FACETREE_MULTIPART_PADDING,        /* white space behind a boundary */
    FACETREE_MULTIPART_HEADER,
    FACETREE_MULTIPART_DATA,
    FACETREE_MULTIPART_EPILOGUE,
    FACETREE_MULTIPART_FAILED
} facetree_multipart_state_e;

typedef enum {
    FACETREE_MATCH_MORE = 0,           /* the piece ended */
    FACETREE_MATCH_MISS,               /* not a delimiter, at this byte */
    FACETREE_MATCH_PADDING,            /* a delimiter, then white space */
    FACETREE_MATCH_LINE,               /* a delimiter and its CR LF */
    FACETREE_MATCH_CLOSE               /* the closing delimiter */
} facetree_match_e;


struct facetree_multipart_s {
    facetree_multipart_handlers_t   handlers;
    void                           *ctx;

    facetree_multipart_state_e      state;
    facetree_status_e               status;    /* when it failed */
    uint64_t                        offset;    /* of the piece in the body */
    uint32_t                        parts;

    /*
     * The delimiter, and room for the byte behind it that has to be held
     * while it is not known what it means.
     */
    char                            delimiter[4
                                        + FACETREE_MULTIPART_MAX_BOUNDARY + 1];
    size_t                          delimiter_len;

    /*
     * How many bytes of "delimiter" the body has just shown.  The first
     * "implied" of them are not data if it comes to nothing: a delimiter may
     * open the body, or follow a header block, whose CR LF it shares.
     */
    size_t                          held;
    size_t                          implied;

    int                             cr;        /* padding: CR was seen */

    size_t                          header_len;
    size_t                          line_start;
    char                            header[FACETREE_MULTIPART_MAX_HEADER];
};


/* A boundary may be of these (RFC 2046), and not end with a space. */

static int
facetree_multipart_is_bchar(char c)
{
    if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z')
        || (c >= 'a' && c <= 'z'))
    {
        return 1;
    }

    return c != '\0' && strchr("'()+_,-./:=? ", c) != NULL;
}


static facetree_status_e
facetree_multipart_set_boundary(facetree_multipart_t *parser,
    facetree_slice_t boundary, facetree_error_t *err)
{
    size_t  i;

    if (boundary.len == 0 || boundary.len > FACETREE_MULTIPART_MAX_BOUNDARY) {
        return facetree_fail(err, FACETREE_EMULTIPART, FACETREE_NO_OFFSET,
                             "boundary in Content-Type has %zu characters, "
                             "not 1 to %d", boundary.len,
                             FACETREE_MULTIPART_MAX_BOUNDARY);
    }

    for (i = 0; i < boundary.len; i++) {
        if (!facetree_multipart_is_bchar(boundary.data[i])
            || (boundary.data[i] == ' ' && i == boundary.len - 1))
        {
            return facetree_fail(err, FACETREE_EMULTIPART, FACETREE_NO_OFFSET,
                                 "boundary in Content-Type has a character "
                                 "that is not allowed there");
        }
    }

    memcpy(parser->delimiter, "\r\n--", 4);
    memcpy(parser->delimiter + 4, boundary.data, boundary.len);

    parser->delimiter_len = 4 + boundary.len;

    return FACETREE_OK;
}


static facetree_status_e
facetree_multipart_boundary(facetree_multipart_t *parser,
    facetree_slice_t value, facetree_error_t *err)
{
    const char               *params;
    facetree_slice_t          boundary;
    facetree_header_e         rc;
    facetree_header_param_t   param;

    boundary.data = NULL;
    boundary.len = 0;

    params = (value.len > 0) ? memchr(value.data, ';', value.len) : NULL;

    if (params == NULL) {
        value.len = 0;

    } else {
        value.len -= (size_t) (params - value.data);
        value.data = params;
    }

    while ((rc = facetree_header_param(&value, &param))
           == FACETREE_HEADER_FOUND)
    {
        if (!facetree_slice_is(param.name, "boundary")) {
            continue;
        }

        if (boundary.data) {
            return facetree_fail(err, FACETREE_EMULTIPART, FACETREE_NO_OFFSET,
                                 "Content-Type has two boundary parameters");
        }

        boundary = param.value;
    }

    if (rc == FACETREE_HEADER_BAD || boundary.data == NULL) {
        return facetree_fail(err, FACETREE_EMULTIPART, FACETREE_NO_OFFSET,
                             "Content-Type %s boundary parameter",
                             boundary.data ? "is malformed around its"
                                           : "has no valid");
    }

    return facetree_multipart_set_boundary(parser, boundary, err);
}


facetree_status_e
facetree_multipart_create(facetree_multipart_t **out, const char *content_type,
    size_t len, const facetree_multipart_handlers_t *handlers, void *ctx,
    facetree_error_t *err)
{
    facetree_slice_t       value;
    facetree_status_e      status;
    facetree_multipart_t  *parser;

    value.data = content_type;
    value.len = (content_type == NULL) ? 0 : len;

    parser = malloc(sizeof(*parser));

    if (parser == NULL) {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    /* All but the header block, whose pages stay untouched until needed. */
    memset(parser, 0, offsetof(facetree_multipart_t, header));

    parser->handlers = *handlers;
    parser->ctx = ctx;
    parser->held = 2;
    parser->implied = 2;

    status = facetree_multipart_boundary(parser, value, err);

    if (status != FACETREE_OK) {
        free(parser);
        return status;
    }

    *out = parser;

    return FACETREE_OK;
}


void
facetree_multipart_free(facetree_multipart_t *parser)
{
    free(parser);
}


static facetree_status_e
facetree_multipart_data(facetree_multipart_t *parser, const void *data,
    size_t len, facetree_error_t *err)
{
    if (len == 0 || parser->state != FACETREE_MULTIPART_DATA) {
        return FACETREE_OK;
    }

    return parser->handlers.data(parser->ctx, data, len, err);
}


/* Compares on from parser->held; "*pos" ends behind the last byte taken. */

static facetree_match_e
facetree_multipart_match(facetree_multipart_t *parser, const char **pos,
    const char *last)
{
    char         c;
    const char  *p;

    for (p = *pos; p < last; p++) {
        c = *p;
        *pos = p + 1;

        if (parser->held < parser->delimiter_len) {
            if (c == parser->delimiter[parser->held]) {
                parser->held++;
                continue;
            }

        } else if (parser->held == parser->delimiter_len) {
            if (c == ' ' || c == '\t') {
                return FACETREE_MATCH_PADDING;
            }

            if (c == '-' || c == '\r') {
                parser->delimiter[parser->held++] = c;
                continue;
            }

        } else if (parser->delimiter[parser->delimiter_len] == '-') {
            if (c == '-') {
                return FACETREE_MATCH_CLOSE;
            }

        } else if (c == '\n') {
            return FACETREE_MATCH_LINE;
        }

        *pos = p;

        return FACETREE_MATCH_MISS;
    }

    return FACETREE_MATCH_MORE;
}


/*
 * After a miss: the "*old" bytes that earlier pieces held are data now and
 * come from our copy, as their own are gone.  None of what was held can start
 * a delimiter: the only other CR is the one behind a boundary, and the miss
 * says that no LF follows it.
 */

static facetree_status_e
facetree_multipart_release(facetree_multipart_t *parser, size_t *old,
    facetree_error_t *err)
{
    facetree_status_e  status;

    status = FACETREE_OK;

    /* Implied bytes count as old, so there are never more of them. */

    if (*old > parser->implied) {
        status = facetree_multipart_data(parser,
                                         parser->delimiter + parser->implied,
                                         *old - parser->implied, err);
    }

    *old = 0;

    parser->held = 0;
    parser->implied = 0;

    return status;
}


static facetree_status_e
facetree_multipart_delimited(facetree_multipart_t *parser,
    facetree_match_e match, facetree_error_t *err)
{
    facetree_status_e  status;

    status = FACETREE_OK;

    if (parser->state == FACETREE_MULTIPART_DATA) {
        status = parser->handlers.end(parser->ctx, err);
    }

    parser->held = 0;
    parser->implied = 0;
    parser->cr = 0;
    parser->header_len = 0;
    parser->line_start = 0;

    switch (match) {

    case FACETREE_MATCH_PADDING:
        parser->state = FACETREE_MULTIPART_PADDING;
        break;

    case FACETREE_MATCH_LINE:
        parser->state = FACETREE_MULTIPART_HEADER;
        break;

    default:
        parser->state = FACETREE_MULTIPART_EPILOGUE;
        break;
    }

    return status;
}


/*
 * Looks for the delimiter and hands over what lies before it, in one run if
 * the whole of it lies in this piece.
 */

static facetree_status_e
facetree_multipart_scan(facetree_multipart_t *parser, const char **pos,
    const char *last, facetree_error_t *err)
{
    size_t             old;
    const char        *start, *mark, *p;
    facetree_match_e   match;
    facetree_status_e  status;

    p = *pos;
    start = p;
    mark = p;                          /* where what is held begins here */
    old = parser->held;                /* of it, bytes not in this piece */

    for ( ;; ) {

        if (parser->held == 0) {
            mark = memchr(p, '\r', (size_t) (last - p));

            if (mark == NULL) {
                *pos = last;
                return facetree_multipart_data(parser, start,
                                               (size_t) (last - start), err);
            }

            p = mark + 1;
            parser->held = 1;
        }

        match = facetree_multipart_match(parser, &p, last);

        if (match != FACETREE_MATCH_MISS) {
            break;
        }

        status = facetree_multipart_release(parser, &old, err);

        if (status != FACETREE_OK) {
            return status;
        }
    }

    *pos = p;

    status = facetree_multipart_data(parser, start, (size_t) (mark - start),
                                     err);

    if (status == FACETREE_OK && match != FACETREE_MATCH_MORE) {
        status = facetree_multipart_delimited(parser, match, err);
    }

    return status;
}


static facetree_status_e
facetree_multipart_padding(facetree_multipart_t *parser, const char **pos,
    const char *last, uint64_t offset, facetree_error_t *err)
{
    const char  *p;

    for (p = *pos; p < last; p++) {

        if (parser->cr && *p == '\n') {
            parser->state = FACETREE_MULTIPART_HEADER;
            p++;
            break;
        }

        if (parser->cr || (*p != ' ' && *p != '\t' && *p != '\r')) {
            return facetree_fail(err, FACETREE_EMULTIPART,
                                 offset + (uint64_t) (p - *pos),
                                 "multipart body: a boundary is followed by "
                                 "something other than white space");
        }

        parser->cr = (*p == '\r');
    }

    *pos = p;

    return FACETREE_OK;
}


static facetree_status_e
facetree_multipart_part(facetree_multipart_t *parser, uint64_t end,
    facetree_error_t *err)
{
    facetree_status_e       status;
    facetree_part_header_t  header;

    status = facetree_part_parse(parser->header, parser->header_len,
                                 end - parser->header_len, &header, err);
    if (status != FACETREE_OK) {
        return status;
    }

    if (parser->parts == FACETREE_MULTIPART_MAX_PARTS) {
        return facetree_fail_limit(err, FACETREE_EMULTIPART,
                                   FACETREE_MULTIPART_MAX_PARTS,
                                   (uint64_t) parser->parts + 1,
                                   "multipart body has more than %d parts",
                                   FACETREE_MULTIPART_MAX_PARTS);
    }

    header.offset = end;

    parser->parts++;
    parser->state = FACETREE_MULTIPART_DATA;
    parser->held = 2;
    parser->implied = 2;

    return parser->handlers.part(parser->ctx, &header, err);
}


/* Gathers the header block, a line at most at a time. */

static facetree_status_e
facetree_multipart_header(facetree_multipart_t *parser, const char **pos,
    const char *last, uint64_t offset, facetree_error_t *err)
{
    size_t       n, line;
    const char  *end;

    end = memchr(*pos, '\n', (size_t) (last - *pos));
    n = (size_t) ((end ? end + 1 : last) - *pos);

    if (n > sizeof(parser->header) - parser->header_len) {
        return facetree_fail(err, FACETREE_EMULTIPART,
                             offset + sizeof(parser->header)
                             - parser->header_len,
                             "multipart body: header of a part is longer than "
                             "%d bytes", FACETREE_MULTIPART_MAX_HEADER);
    }

    memcpy(parser->header + parser->header_len, *pos, n);
    parser->header_len += n;
    *pos += n;

    if (end == NULL) {
        return FACETREE_OK;
    }

    line = parser->header_len - parser->line_start;

    if (line < 2 || parser->header[parser->header_len - 2] != '\r') {
        return facetree_fail(err, FACETREE_EMULTIPART, offset + n - 1,
                             "multipart body: a header line does not end "
                             "with CR LF");
    }

    parser->line_start = parser->header_len;

    return (line == 2) ? facetree_multipart_part(parser, offset + n, err)
                       : FACETREE_OK;
}


static facetree_status_e
facetree_multipart_step(facetree_multipart_t *parser, const char **pos,
    const char *last, uint64_t offset, facetree_error_t *err)
{
    switch (parser->state) {

    case FACETREE_MULTIPART_PADDING:
        return facetree_multipart_padding(parser, pos, last, offset, err);

    case FACETREE_MULTIPART_HEADER:
        return facetree_multipart_header(parser, pos, last, offset, err);

    case FACETREE_MULTIPART_PREAMBLE:
    case FACETREE_MULTIPART_DATA:
        return facetree_multipart_scan(parser, pos, last, err);

    default:                           /* the epilogue is ignored */
        *pos = last;
        return FACETREE_OK;
    }
}


facetree_status_e
facetree_multipart_feed(facetree_multipart_t *parser, const void *data,
    size_t len, facetree_error_t *err)
{
    const char         *first, *p, *last;
    facetree_status_e   status;

    if (parser->state == FACETREE_MULTIPART_FAILED) {
        return facetree_fail(err, parser->status, FACETREE_NO_OFFSET, NULL);
    }

    if (len == 0) {
        return FACETREE_OK;
    }

    first = data;
    last = first + len;
    p = first;

    while (p < last) {
        status = facetree_multipart_step(parser, &p, last, parser->offset
                                         + (uint64_t) (p - first), err);

        if (status != FACETREE_OK) {
            parser->state = FACETREE_MULTIPART_FAILED;
            parser->status = status;

            return status;
        }
    }

    parser->offset += len;

    return FACETREE_OK;
}


facetree_status_e
facetree_multipart_finish(facetree_multipart_t *parser, facetree_error_t *err)
{
    if (parser->state == FACETREE_MULTIPART_FAILED) {
        return facetree_fail(err, parser->status, FACETREE_NO_OFFSET, NULL);
    }

    if (parser->state != FACETREE_MULTIPART_EPILOGUE) {
        return facetree_fail(err, FACETREE_EMULTIPART, parser->offset,
                             "multipart body ends without its closing "
                             "boundary");
    }

    return FACETREE_OK;
}
