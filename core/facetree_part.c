
/*
 * Copyright (C) facetree contributors
 */


#include "facetree_part.h"
#include "facetree_header.h"

#include <string.h>


typedef struct {
    char              *block;
    uint64_t           offset;
    facetree_slice_t   disposition;
    facetree_slice_t   type;
    facetree_slice_t   encoding;
} facetree_part_fields_t;

typedef struct {
    facetree_slice_t   name;
    facetree_slice_t   filename;
    facetree_slice_t   extended;       /* filename* */
} facetree_part_names_t;


static facetree_status_e
facetree_part_fail(facetree_error_t *err, uint64_t offset, const char *text)
{
    return facetree_fail(err, FACETREE_EMULTIPART, offset,
                         "multipart body, header of a part: %s", text);
}


/* The same bytes, writable: a slice of the block that the caller gave us. */

static char *
facetree_part_writable(char *block, facetree_slice_t slice)
{
    return block + (slice.data - block);
}


/* A long line may be continued on the next: its break becomes two spaces. */

static void
facetree_part_unfold(char *block, size_t len)
{
    size_t  i;

    for (i = 0; i + 2 < len; i++) {
        if (block[i] == '\r' && block[i + 1] == '\n'
            && (block[i + 2] == ' ' || block[i + 2] == '\t'))
        {
            block[i] = ' ';
            block[i + 1] = ' ';
        }
    }
}


static facetree_status_e
facetree_part_line(facetree_part_fields_t *fields, facetree_slice_t line,
    facetree_error_t *err)
{
    size_t             i;
    uint64_t           offset;
    facetree_slice_t   name, *field;

    offset = fields->offset + (uint64_t) (line.data - fields->block);

    for (i = 0; i < line.len; i++) {
        if (((unsigned char) line.data[i] < 0x20 && line.data[i] != '\t')
            || line.data[i] == 0x7f)
        {
            return facetree_part_fail(err, offset + i, "control character");
        }
    }

    name = facetree_header_token(&line);

    if (name.len == 0 || line.len == 0 || line.data[0] != ':') {
        return facetree_part_fail(err, offset, "line is not \"name: value\"");
    }

    line.data++;
    line.len--;

    if (facetree_slice_is(name, "content-disposition")) {
        field = &fields->disposition;

    } else if (facetree_slice_is(name, "content-type")) {
        field = &fields->type;

    } else if (facetree_slice_is(name, "content-transfer-encoding")) {
        field = &fields->encoding;

    } else {
        return FACETREE_OK;
    }

    if (field->data) {
        return facetree_part_fail(err, offset, "field given twice");
    }

    *field = facetree_slice_trim(line);

    return FACETREE_OK;
}


static facetree_status_e
facetree_part_lines(facetree_part_fields_t *fields, size_t len,
    facetree_error_t *err)
{
    char               *p, *end, *last;
    facetree_slice_t    line;
    facetree_status_e   status;

    p = fields->block;
    last = p + len;

    while (p < last) {
        end = memchr(p, '\n', (size_t) (last - p));

        if (end == NULL || end == p || end[-1] != '\r') {
            return facetree_part_fail(err, fields->offset,
                                      "line does not end with CR LF");
        }

        line.data = p;
        line.len = (size_t) (end - 1 - p);

        if (line.len > 0) {
            status = facetree_part_line(fields, line, err);

            if (status != FACETREE_OK) {
                return status;
            }
        }

        p = end + 1;
    }

    return FACETREE_OK;
}


/*
 * Other than as they are, only long obsolete mail software would send bytes;
 * a picture in base64 would be refused later, with a less helpful message.
 */

static facetree_status_e
facetree_part_encoding(const facetree_part_fields_t *fields,
    facetree_error_t *err)
{
    uint64_t          offset;
    facetree_slice_t  encoding;

    encoding = fields->encoding;

    if (encoding.data == NULL || facetree_slice_is(encoding, "binary")
        || facetree_slice_is(encoding, "8bit")
        || facetree_slice_is(encoding, "7bit"))
    {
        return FACETREE_OK;
    }

    offset = fields->offset + (uint64_t) (encoding.data - fields->block);

    return facetree_part_fail(err, offset,
                    "Content-Transfer-Encoding is not \"binary\": send the "
                    "bytes of the picture as they are");
}


static facetree_status_e
facetree_part_params(const facetree_part_fields_t *fields,
    facetree_part_names_t *names, facetree_error_t *err)
{
    uint64_t                  offset;
    facetree_slice_t          text, *target;
    facetree_header_e         rc;
    facetree_header_param_t   param;

    text = fields->disposition;
    offset = fields->offset + (uint64_t) (text.data - fields->block);

    if (facetree_header_token(&text).len == 0) {
        return facetree_part_fail(err, offset,
                                  "Content-Disposition has no type");
    }

    while ((rc = facetree_header_param(&text, &param))
           == FACETREE_HEADER_FOUND)
    {
        if (facetree_slice_is(param.name, "name")) {
            target = &names->name;

        } else if (facetree_slice_is(param.name, "filename")) {
            target = &names->filename;

        } else if (facetree_slice_is(param.name, "filename*")) {
            target = &names->extended;

        } else {
            continue;
        }

        if (target->data) {
            return facetree_part_fail(err, offset,
                        "Content-Disposition has a parameter twice");
        }

        *target = param.value;
    }

    if (rc == FACETREE_HEADER_BAD) {
        return facetree_part_fail(err, offset,
                    "Content-Disposition is not a list of name=\"value\"");
    }

    return FACETREE_OK;
}


/*
 * Browsers write a quote in a name as %22 and leave backslashes alone, curl
 * and others put a backslash before both.  Other percent signs are the user's
 * own.  The result is never longer than what it is made of.
 */

static const char *
facetree_part_unquote(char *block, facetree_slice_t value)
{
    char    *start, *to;
    size_t   i;

    start = facetree_part_writable(block, value);
    to = start;

    for (i = 0; i < value.len; i++) {

        if (value.data[i] == '\\' && i + 1 < value.len
            && (value.data[i + 1] == '"' || value.data[i + 1] == '\\'))
        {
            *to++ = value.data[++i];

        } else if (value.len - i >= 3
                   && memcmp(value.data + i, "%22", 3) == 0)
        {
            *to++ = '"';
            i += 2;

        } else {
            *to++ = value.data[i];
        }
    }

    *to = '\0';

    return start;
}


static int
facetree_part_hex(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }

    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }

    return -1;
}


/* The value of a "%XX" at the start of "len" bytes; 0 if there is none. */

static unsigned
facetree_part_percent(const char *text, size_t len)
{
    int  high, low;

    if (len < 3 || text[0] != '%') {
        return 0;
    }

    high = facetree_part_hex(text[1]);
    low = facetree_part_hex(text[2]);

    return (high >= 0 && low >= 0) ? (unsigned) (high * 16 + low) : 0;
}


/*
 * Reads charset'language'value of RFC 8187.  Returns NULL for a character set
 * other than its two, so that the plain file name is taken.  Three bytes "%XX"
 * become at most two, hence in place; %00 stays as it is written.
 */

static const char *
facetree_part_extended(char *block, facetree_slice_t value)
{
    int                utf8;
    char              *start, *to;
    size_t             i;
    unsigned           byte;
    const char        *quote, *text;
    facetree_slice_t   charset;

    quote = memchr(value.data, '\'', value.len);

    if (quote == NULL) {
        return NULL;
    }

    charset.data = value.data;
    charset.len = (size_t) (quote - value.data);
    utf8 = facetree_slice_is(charset, "utf-8");

    if (!utf8 && !facetree_slice_is(charset, "iso-8859-1")) {
        return NULL;
    }

    text = memchr(quote + 1, '\'', value.len - charset.len - 1);

    if (text == NULL) {
        return NULL;
    }

    text++;
    value.len -= (size_t) (text - value.data);
    value.data = text;

    start = facetree_part_writable(block, value);
    to = start;

    for (i = 0; i < value.len; i++) {
        byte = facetree_part_percent(value.data + i, value.len - i);

        if (byte == 0) {
            *to++ = value.data[i];
            continue;
        }

        i += 2;

        if (byte < 0x80 || utf8) {
            *to++ = (char) byte;

        } else {
            *to++ = (char) (0xc0 | byte >> 6);
            *to++ = (char) (0x80 | (byte & 0x3f));
        }
    }

    *to = '\0';

    return start;
}


facetree_status_e
facetree_part_parse(char *block, size_t len, uint64_t offset,
    facetree_part_header_t *header, facetree_error_t *err)
{
    const char             *extended;
    facetree_status_e       status;
    facetree_part_names_t   names;
    facetree_part_fields_t  fields;

    memset(header, 0, sizeof(*header));
    memset(&names, 0, sizeof(names));
    memset(&fields, 0, sizeof(fields));

    fields.block = block;
    fields.offset = offset;

    facetree_part_unfold(block, len);

    status = facetree_part_lines(&fields, len, err);

    if (status == FACETREE_OK) {
        status = facetree_part_encoding(&fields, err);
    }

    if (status == FACETREE_OK && fields.disposition.data) {
        status = facetree_part_params(&fields, &names, err);
    }

    if (status != FACETREE_OK) {
        return status;
    }

    /* A terminator may land on a byte that separates: nothing is read now. */

    if (names.name.data) {
        header->name = facetree_part_unquote(block, names.name);
    }

    if (names.filename.data) {
        header->filename = facetree_part_unquote(block, names.filename);
    }

    if (names.extended.data) {
        extended = facetree_part_extended(block, names.extended);

        if (extended) {
            header->filename = extended;
        }
    }

    if (fields.type.data) {
        facetree_part_writable(block, fields.type)[fields.type.len] = '\0';
        header->content_type = fields.type.data;
    }

    return FACETREE_OK;
}
