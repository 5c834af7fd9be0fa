
/*
 * Copyright (C) facetree contributors
 *
 * Multipart bodies: what browsers and curl send is understood, however it is
 * cut into pieces, and what is not multipart is refused.
 */


#include "facetree.h"
#include "fixture_forest.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


#define TEST_LOG     65536
#define TEST_PLAIN   "multipart/form-data; boundary=XX"

#define test_case(type, body, log)  { type, body, sizeof(body) - 1, log }


/*
 * What the parser said, as text: "<name|filename|type>" data "." of each part,
 * a missing string as "-".
 */

typedef struct {
    char                log[TEST_LOG];
    size_t              len;
    const uint8_t      *next;          /* where the last data ended */
    size_t              runs;          /* of data that did not follow on */
    facetree_status_e   refuse;
} test_events_t;

typedef struct {
    const char  *type;
    const char  *body;
    size_t       len;
    const char  *log;
} test_body_t;


static void
test_log(test_events_t *events, const void *data, size_t len)
{
    cr_assert_lt(len, TEST_LOG - events->len);

    memcpy(events->log + events->len, data, len);
    events->len += len;
    events->log[events->len] = '\0';
}


static void
test_log_string(test_events_t *events, const char *text, const char *after)
{
    text = text ? text : "-";

    test_log(events, text, strlen(text));
    test_log(events, after, strlen(after));
}


static facetree_status_e
test_on_part(void *ctx, const facetree_part_header_t *header,
    facetree_error_t *err)
{
    test_events_t  *events;

    (void) err;

    events = ctx;
    events->next = NULL;

    test_log(events, "<", 1);
    test_log_string(events, header->name, "|");
    test_log_string(events, header->filename, "|");
    test_log_string(events, header->content_type, ">");

    return FACETREE_OK;
}


static facetree_status_e
test_on_data(void *ctx, const uint8_t *data, size_t len,
    facetree_error_t *err)
{
    test_events_t  *events;

    (void) err;

    events = ctx;
    events->runs += (data != events->next);
    events->next = data + len;

    cr_assert_gt(len, 0, "data event without data");
    test_log(events, data, len);

    return events->refuse;
}


static facetree_status_e
test_on_end(void *ctx, facetree_error_t *err)
{
    (void) err;

    test_log(ctx, ".", 1);

    return FACETREE_OK;
}


static const facetree_multipart_handlers_t  test_handlers = {
    test_on_part,
    test_on_data,
    test_on_end
};


static facetree_multipart_t *
test_parser(const char *type, test_events_t *events)
{
    facetree_error_t       err;
    facetree_multipart_t  *parser;

    memset(events, 0, offsetof(test_events_t, refuse));
    events->refuse = FACETREE_OK;

    cr_assert_eq(facetree_multipart_create(&parser, type, strlen(type),
                                           &test_handlers, events, &err),
                 FACETREE_OK, "%s: %s", type, err.text);

    return parser;
}


/* Feeds a copy of its own, so that reads past its end are found. */

static facetree_status_e
test_feed(facetree_multipart_t *parser, const char *data, size_t len,
    facetree_error_t *err)
{
    char               *copy;
    facetree_status_e   status;

    copy = malloc(len ? len : 1);
    cr_assert_not_null(copy);

    memcpy(copy, data, len);
    status = facetree_multipart_feed(parser, copy, len, err);

    memset(copy, '!', len);
    free(copy);

    return status;
}


/* Feeds "len" bytes as pieces whose ends are in "cuts". */

static facetree_status_e
test_run(const char *type, const char *body, size_t len, const size_t *cuts,
    size_t n, test_events_t *events, facetree_error_t *err)
{
    size_t                 i, at, end;
    facetree_status_e      status;
    facetree_multipart_t  *parser;

    parser = test_parser(type, events);
    status = FACETREE_OK;
    at = 0;

    for (i = 0; i <= n && status == FACETREE_OK; i++) {
        end = (i < n) ? cuts[i] : len;
        status = test_feed(parser, body + at, end - at, err);
        at = end;
    }

    if (status == FACETREE_OK) {
        status = facetree_multipart_finish(parser, err);
    }

    facetree_multipart_free(parser);

    return status;
}


static const test_body_t  test_good[] = {

    /* curl -F file=@face.jpg -F note=hi */
    test_case(
        "multipart/form-data; "
        "boundary=------------------------d74496d66958873e",
        "--------------------------d74496d66958873e\r\n"
        "Content-Disposition: form-data; name=\"file\"; "
        "filename=\"face \\\"1\\\" \\\\.jpg\"\r\n"
        "Content-Type: image/jpeg\r\n"
        "\r\n"
        "\xff\xd8\xff\r\n\r\n--\r\n"
        "--------------------------d74496d66958873e\r\n"
        "Content-Disposition: form-data; name=\"note\"\r\n"
        "\r\n"
        "hi\r\n"
        "--------------------------d74496d66958873e--\r\n",
        "<file|face \"1\" \\.jpg|image/jpeg>\xff\xd8\xff\r\n\r\n--."
        "<note|-|->hi."),

    /* Chrome; an unfilled second input */
    test_case(
        "multipart/form-data; "
        "boundary=----WebKitFormBoundary7MA4YWxkTrZu0gW",
        "------WebKitFormBoundary7MA4YWxkTrZu0gW\r\n"
        "Content-Disposition: form-data; name=\"file\"; "
        "filename=\"a%22b\xc3\xa9 100%.png\"\r\n"
        "Content-Type: image/png\r\n"
        "\r\n"
        "\x89PNG\r\n\x1a\n\r\n"
        "------WebKitFormBoundary7MA4YWxkTrZu0gW\r\n"
        "Content-Disposition: form-data; name=\"second\"; filename=\"\"\r\n"
        "Content-Type: application/octet-stream\r\n"
        "\r\n"
        "\r\n"
        "------WebKitFormBoundary7MA4YWxkTrZu0gW--\r\n",
        "<file|a\"b\xc3\xa9 100%.png|image/png>\x89PNG\r\n\x1a\n."
        "<second||application/octet-stream>."),

    /* Firefox */
    test_case(
        "multipart/form-data; "
        "boundary=---------------------------735323031399963166993862150",
        "-----------------------------735323031399963166993862150\r\n"
        "Content-Disposition: form-data; name=\"file\"; "
        "filename=\"C:\\x\\me.jpg\"\r\n"
        "Content-Type: image/jpeg\r\n"
        "\r\n"
        "\r\r\n\r\n\r\n-----------------------------73532303139996316699386"
        "\r\n-----------------------------735323031399963166993862150--\r\n",
        "<file|C:\\x\\me.jpg|image/jpeg>"
        "\r\r\n\r\n\r\n-----------------------------73532303139996316699386"
        "."),

    /* a quoted boundary with every allowed character, names bare */
    test_case(
        "Multipart/Form-Data; charset=utf-8; "
        "BOUNDARY=\"a'()+_,-./:=? b\" ; x=\"y;z\"",
        "--a'()+_,-./:=? b\r\n"
        "content-disposition:form-data;name=f;FileName=x.png\r\n"
        "\r\n"
        "1\r\n--a'()+_,-./:=? b--",
        "<f|x.png|->1."),

    /* a bare boundary that is not a token */
    test_case("multipart/form-data; boundary=a/b=c",
        "--a/b=c\r\nContent-Disposition: form-data; name=f\r\n\r\n1"
        "\r\n--a/b=c--",
        "<f|-|->1."),

    /* preamble, epilogue, padding behind boundaries */
    test_case(TEST_PLAIN,
        "preamble --XX\r\n--X\r\n--XX-\r\nmore\r\n--XX \t \r\n"
        "Content-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--XX\t\r\n"
        "Content-Disposition: form-data; name=\"b\"\r\n\r\n2\r\n--XX-- \r\n"
        "epilogue\r\n--XX\r\n--XX--\r\n",
        "<a|-|->1.<b|-|->2."),

    /* things like a boundary that are not one */
    test_case(TEST_PLAIN,
        "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n"
        "--XX\n\r--XX\r\n--X\r\n-XX\r\n--XY\r\n--XXY\r\n--XX-\r\n--XX-Y"
        "\r\n--XX\r\r\n--XX\rZ\r\r\n\n\r\n--XX\n--XX--"
        "\r\n--XX--",
        "<a|-|->"
        "--XX\n\r--XX\r\n--X\r\n-XX\r\n--XY\r\n--XXY\r\n--XX-\r\n--XX-Y"
        "\r\n--XX\r\r\n--XX\rZ\r\r\n\n\r\n--XX\n--XX--"
        "."),

    /* a CR behind a look-alike starts the real one */
    test_case(TEST_PLAIN,
        "--XX\r\nA: b\r\n\r\n1\r\n--XX\r\r\n--XX--",
        "<-|-|->1\r\n--XX\r."),

    /* empty parts, also where the blank line's CR LF is the boundary's */
    test_case(TEST_PLAIN,
        "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\r\n"
        "--XX\r\nContent-Disposition: form-data; name=\"b\"\r\n\r\n"
        "--XX\r\n\r\n--XX--\r\n",
        "<a|-|->.<b|-|->.<-|-|->."),

    test_case(TEST_PLAIN, "--XX--", ""),

    /* filename*, which wins; its other character set; one unknown */
    test_case(TEST_PLAIN,
        "--XX\r\nContent-Disposition: form-data; name=\"a\"; "
        "filename=\"x.jpg\"; filename*=UTF-8'en'%E2%82%AC%20%41%zz%00.jpg"
        "\r\n\r\n1"
        "\r\n--XX\r\nContent-Disposition: form-data; name=\"b\"; "
        "filename*=iso-8859-1''%E9t%e9.jpg; filename=x\r\n\r\n2"
        "\r\n--XX\r\nContent-Disposition: form-data; name=\"c\"; "
        "filename*=koi8-r''%C1; filename=plain.jpg\r\n\r\n3"
        "\r\n--XX--",
        "<a|\xe2\x82\xac A%zz%00.jpg|->1."
        "<b|\xc3\xa9t\xc3\xa9.jpg|->2."
        "<c|plain.jpg|->3."),

    /* folded lines, unknown fields, declared encodings that change nothing */
    test_case(TEST_PLAIN,
        "--XX\r\nX-Any: thing\r\nContent-Disposition: form-data;\r\n"
        "\tname=\"a\";\r\n  filename=\"f\"\r\n"
        "Content-Transfer-Encoding: BINARY\r\n"
        "CONTENT-TYPE:  image/png ; q=1 \r\n\r\n1"
        "\r\n--XX--",
        "<a|f|image/png ; q=1>1.")
};


static const test_body_t  test_bad[] = {
    test_case(TEST_PLAIN, "", ""),
    test_case(TEST_PLAIN, "\xff\xd8\xff no multipart at all", ""),
    test_case(TEST_PLAIN, "--XX", ""),
    test_case(TEST_PLAIN, "--XX-", ""),
    test_case(TEST_PLAIN, "--XX\n", ""),
    test_case(TEST_PLAIN, "--XX\r\n", ""),
    test_case(TEST_PLAIN, "--XX x\r\n", ""),
    test_case(TEST_PLAIN, "--XX \rx", ""),
    test_case(TEST_PLAIN, "--XX \n", ""),
    test_case(TEST_PLAIN, "--XX\r\n--XX--", ""),
    test_case(TEST_PLAIN, "--XX\r\nA: b\r\n--XX--", ""),
    test_case(TEST_PLAIN, "--XX\r\nA: b\n\r\n1\r\n--XX--", ""),
    test_case(TEST_PLAIN, "--XX\r\n\n1\r\n--XX--", ""),
    test_case(TEST_PLAIN, "--XX\r\nno colon\r\n\r\n1\r\n--XX--", ""),
    test_case(TEST_PLAIN, "--XX\r\n: v\r\n\r\n1\r\n--XX--", ""),
    test_case(TEST_PLAIN, "--XX\r\nA : v\r\n\r\n1\r\n--XX--", ""),
    test_case(TEST_PLAIN, "--XX\r\n folded: v\r\n\r\n1\r\n--XX--", ""),
    test_case(TEST_PLAIN, "--XX\r\nA: \0\r\n\r\n1\r\n--XX--", ""),
    test_case(TEST_PLAIN, "--XX\r\nA: \x7f\r\n\r\n1\r\n--XX--", ""),
    test_case(TEST_PLAIN, "--XX\r\nA: b\rc\r\n\r\n1\r\n--XX--", ""),
    test_case(TEST_PLAIN, "--XX\r\nContent-Disposition:\r\n\r\n1\r\n--XX--",
              ""),
    test_case(TEST_PLAIN, "--XX\r\nContent-Disposition: form-data; "
              "name=\"a\r\n\r\n1\r\n--XX--", ""),
    test_case(TEST_PLAIN, "--XX\r\nContent-Disposition: form-data; "
              "name=\"a\\\"\r\n\r\n1\r\n--XX--", ""),
    test_case(TEST_PLAIN, "--XX\r\nContent-Disposition: form-data; "
              "name\r\n\r\n1\r\n--XX--", ""),
    test_case(TEST_PLAIN, "--XX\r\nContent-Disposition: form-data; "
              "filename=my face.jpg\r\n\r\n1\r\n--XX--", ""),
    test_case(TEST_PLAIN, "--XX\r\nContent-Disposition: form-data; "
              "name=a; name=b\r\n\r\n1\r\n--XX--", ""),
    test_case(TEST_PLAIN, "--XX\r\nContent-Disposition: form-data\r\n"
              "Content-Disposition: form-data\r\n\r\n1\r\n--XX--", ""),
    test_case(TEST_PLAIN, "--XX\r\nContent-Transfer-Encoding: base64\r\n"
              "\r\nMQ==\r\n--XX--", ""),
    test_case(TEST_PLAIN, "--XX\r\nA: b\r\n\r\n1\r\n--XX", "<-|-|->1"),
    test_case(TEST_PLAIN, "--XX\r\nA: b\r\n\r\n1\r\n--X", "<-|-|->1"),
    test_case(TEST_PLAIN, "--XX\r\nA: b\r\n\r\n1", "<-|-|->1")
};


#define test_count(table)  (sizeof(table) / sizeof((table)[0]))


static void
test_same(const test_body_t *body, const test_events_t *whole,
    facetree_status_e expected, const facetree_error_t *error,
    const size_t *cuts, size_t n)
{
    facetree_error_t   err;
    facetree_status_e  status;
    static test_events_t  events;

    status = test_run(body->type, body->body, body->len, cuts, n, &events,
                      &err);

    cr_assert_eq(status, expected, "%s", body->body);
    cr_assert(events.len == whole->len
              && memcmp(events.log, whole->log, whole->len) == 0,
              "%zu cuts, first at %zu: \"%s\" is not \"%s\"", n, cuts[0],
              events.log, whole->log);

    if (expected != FACETREE_OK) {
        cr_assert_eq(err.offset, error->offset, "%s, cut at %zu",
                     body->body, cuts[0]);
        cr_assert_str_eq(err.text, error->text);
    }
}


/* In one piece, in every two, byte by byte, and in random ones. */

static void
test_cuts(const test_body_t *body, facetree_status_e expected)
{
    size_t                i, n, round, cuts[2048];
    uint32_t              state;
    facetree_error_t      err;
    facetree_status_e     status;
    static test_events_t  whole;

    cr_assert_lt(body->len, test_count(cuts));

    status = test_run(body->type, body->body, body->len, NULL, 0, &whole,
                      &err);
    cr_assert_eq(status, expected, "\"%s\": \"%s\"", body->body,
                 status ? err.text : "ok");

    cr_assert(whole.len == strlen(body->log)
              && memcmp(whole.log, body->log, whole.len) == 0,
              "\"%s\" is not \"%s\"", whole.log, body->log);

    for (i = 0; i <= body->len; i++) {
        cuts[0] = i;
        test_same(body, &whole, expected, &err, cuts, 1);
    }

    for (i = 0; i < body->len; i++) {
        cuts[i] = i;
    }

    test_same(body, &whole, expected, &err, cuts, body->len);

    state = 20;

    for (round = 0; round < 300; round++) {
        n = 0;

        for (i = 0; i < body->len; i++) {
            if (facetree_test_random(&state) % (2 + round % 16) == 0) {
                cuts[n++] = i;
            }
        }

        if (n > 0) {
            test_same(body, &whole, expected, &err, cuts, n);
        }
    }
}


Test(multipart, accepted_however_cut)
{
    size_t  i;

    for (i = 0; i < test_count(test_good); i++) {
        test_cuts(&test_good[i], FACETREE_OK);
    }
}


Test(multipart, refused_however_cut)
{
    size_t  i;

    for (i = 0; i < test_count(test_bad); i++) {
        test_cuts(&test_bad[i], FACETREE_EMULTIPART);
    }
}


/*
 * Random bodies of the few bytes that matter, against a search that is slow
 * and obvious.
 */

static size_t
test_reference(const char *data, size_t len)
{
    size_t  i, j;

    for (i = 0; i + 6 <= len; i++) {
        if (memcmp(data + i, "\r\n--XX", 6) != 0) {
            continue;
        }

        j = i + 6;

        if (j + 2 <= len && (memcmp(data + j, "--", 2) == 0
                             || memcmp(data + j, "\r\n", 2) == 0))
        {
            return i;
        }

        if (j < len && (data[j] == ' ' || data[j] == '\t')) {
            return i;
        }
    }

    return len;
}


Test(multipart, finds_the_first_delimiter)
{
    char                   body[96], expected[96];
    size_t                 i, n, end, round, at, piece;
    uint32_t               state;
    facetree_error_t       err;
    facetree_multipart_t  *parser;
    static test_events_t   events;

    static const char  *const  words[] = {
        "\r", "\n", "-", "X", "\r\n", "--", "XX", "\r\n--X", "\r\n--XX",
        "a", " "
    };
    static const char  head[] = "--XX\r\nA: b\r\n\r\n";

    state = 7;

    for (round = 0; round < 200000; round++) {
        memcpy(body, head, sizeof(head) - 1);
        n = sizeof(head) - 1;

        /* Not "--XX" at once: that is an empty part, tested above. */
        body[n++] = 'b';

        while (n < 60) {
            i = facetree_test_random(&state) % test_count(words);
            memcpy(body + n, words[i], strlen(words[i]));
            n += strlen(words[i]);
        }

        parser = test_parser(TEST_PLAIN, &events);

        /* It may stop at what follows the delimiter: not of interest here. */

        for (at = 0; at < n; at += piece) {
            piece = 1 + facetree_test_random(&state) % 20;
            piece = (piece < n - at) ? piece : n - at;

            if (test_feed(parser, body + at, piece, &err) != FACETREE_OK) {
                break;
            }
        }

        facetree_multipart_free(parser);

        i = sizeof(head) - 1;
        end = i + test_reference(body + i, n - i);

        memcpy(expected, "<-|-|->", 7);
        memcpy(expected + 7, body + i, end - i);

        /* What is not decided yet may still be held. */

        if (end < n) {
            expected[7 + end - i] = '.';
            cr_assert_geq(events.len, 7 + end - i + 1);
            cr_assert_eq(memcmp(events.log, expected, 7 + end - i + 1), 0,
                         "%.*s", (int) n, body);

        } else {
            cr_assert_leq(events.len, 7 + end - i);
            cr_assert_geq(events.len + 8, 7 + end - i);
            cr_assert_eq(memcmp(events.log, expected, events.len), 0,
                         "%.*s", (int) n, body);
        }
    }
}


/* A file in one piece is one run of the fed buffer, look-alikes included. */

Test(multipart, one_piece_is_one_run)
{
    static const char  body[] =
        "--XX\r\nA: b\r\n\r\n"
        "a\r\n--XXY\r\n--XX-Y\r\n--XX\rY\r\r\n--X\r\n--XX\r\r\n--XX--";
    static const char  data[] =
        "a\r\n--XXY\r\n--XX-Y\r\n--XX\rY\r\r\n--X\r\n--XX\r";

    facetree_error_t       err;
    facetree_multipart_t  *parser;
    static test_events_t   events;

    parser = test_parser(TEST_PLAIN, &events);

    cr_assert_eq(facetree_multipart_feed(parser, body, sizeof(body) - 1,
                                         &err), FACETREE_OK);
    cr_assert_eq(facetree_multipart_finish(parser, &err), FACETREE_OK);

    cr_assert_eq(events.runs, 1);
    cr_assert_eq(events.next, (const uint8_t *) body + sizeof(body) - 1 - 8);
    cr_assert_eq(events.len, 7 + sizeof(data) - 1 + 1);
    cr_assert_eq(memcmp(events.log + 7, data, sizeof(data) - 1), 0);

    facetree_multipart_free(parser);
}


Test(multipart, boundary_parameter)
{
    size_t                 i;
    facetree_error_t       err;
    facetree_multipart_t  *parser;
    test_events_t          events;

    static const char  *const  bad[] = {
        "", "multipart/form-data", "multipart/form-data;",
        "multipart/form-data; boundary", "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\"\"",
        "multipart/form-data; boundary=\"a",
        "multipart/form-data; boundary=\"a \"",
        "multipart/form-data; boundary=\"a\\\"b\"",
        "multipart/form-data; boundary=a; boundary=b",
        "multipart/form-data; boundary=a b",
        "multipart/form-data; boundary=\xc3\xa9",
        "multipart/form-data; boundary=a\r",
        "multipart/form-data boundary=a",
        "multipart/form-data; boundary="
        "12345678901234567890123456789012345678901234567890"
        "123456789012345678901"
    };

    for (i = 0; i < test_count(bad); i++) {
        parser = NULL;
        cr_assert_eq(facetree_multipart_create(&parser, bad[i],
                                               strlen(bad[i]), &test_handlers,
                                               &events, &err),
                     FACETREE_EMULTIPART, "%s", bad[i]);
        cr_assert_null(parser);
        cr_assert_neq(err.text[0], '\0');
    }

    cr_assert_eq(facetree_multipart_create(&parser, NULL, 0, &test_handlers,
                                           &events, NULL),
                 FACETREE_EMULTIPART);

    cr_assert_eq(facetree_multipart_create(&parser,
                     "multipart/form-data; boundary="
                     "12345678901234567890123456789012345678901234567890"
                     "12345678901234567890",
                     strlen("multipart/form-data; boundary=") + 70,
                     &test_handlers, &events, &err), FACETREE_OK);
    facetree_multipart_free(parser);
}


/* "pad" bytes are added to a header block that has 12 without them. */

static facetree_status_e
test_long_header(size_t pad, size_t piece, facetree_error_t *err)
{
    size_t                 at, n;
    static char            body[20000];
    facetree_status_e      status;
    facetree_multipart_t  *parser;
    static test_events_t   events;

    memcpy(body, "--XX\r\nA: b\r\nC:", 14);
    memset(body + 14, 'd', pad);
    memcpy(body + 14 + pad, "\r\n\r\n\r\n--XX--", 12);

    parser = test_parser(TEST_PLAIN, &events);
    status = FACETREE_OK;

    for (at = 0; at < pad + 26 && status == FACETREE_OK; at += n) {
        n = (piece < pad + 26 - at) ? piece : pad + 26 - at;
        status = test_feed(parser, body + at, n, err);
    }

    if (status == FACETREE_OK) {
        status = facetree_multipart_finish(parser, err);
    }

    facetree_multipart_free(parser);

    return status;
}


Test(multipart, header_block_of_16_kib)
{
    size_t            piece;
    facetree_error_t  err;

    for (piece = 1; piece < 20000; piece = piece * 3 + 1) {
        cr_assert_eq(test_long_header(16384 - 12, piece, &err), FACETREE_OK);
        cr_assert_eq(test_long_header(16384 - 11, piece, &err),
                     FACETREE_EMULTIPART);
        cr_assert_eq(test_long_header(18000, piece, &err),
                     FACETREE_EMULTIPART);
        cr_assert_eq(err.offset, 6 + 16384, "%zu: %llu", piece,
                     (unsigned long long) err.offset);
    }
}


Test(multipart, thousand_parts)
{
    int                    i;
    facetree_error_t       err;
    facetree_status_e      status;
    facetree_multipart_t  *parser;
    static test_events_t   events;

    static const char  part[] = "\r\n--XX\r\nA: b\r\n\r\n1";

    parser = test_parser(TEST_PLAIN, &events);

    for (i = 0; i < 1000; i++) {
        status = facetree_multipart_feed(parser, part, sizeof(part) - 1, &err);
        cr_assert_eq(status, FACETREE_OK);
    }

    status = facetree_multipart_feed(parser, part, sizeof(part) - 1, &err);

    cr_assert_eq(status, FACETREE_EMULTIPART);
    cr_assert_eq(err.limit, 1000);
    cr_assert_eq(err.observed, 1001);

    facetree_multipart_free(parser);
}


Test(multipart, refusal_of_a_handler_stops_for_good)
{
    facetree_error_t       err;
    facetree_multipart_t  *parser;
    static test_events_t   events;

    parser = test_parser(TEST_PLAIN, &events);
    events.refuse = FACETREE_EBYTES;

    cr_assert_eq(test_feed(parser, "--XX\r\nA: b\r\n\r\n1\r\n--XX--\r\n", 25,
                           &err), FACETREE_EBYTES);
    cr_assert_eq(test_feed(parser, "\r\n--XX--", 8, &err), FACETREE_EBYTES);
    cr_assert_eq(facetree_multipart_finish(parser, &err), FACETREE_EBYTES);
    cr_assert_str_eq(events.log, "<-|-|->1");

    facetree_multipart_free(parser);
    facetree_multipart_free(NULL);
}
