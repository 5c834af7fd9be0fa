
/*
 * Copyright (C) facetree contributors
 *
 * The pictures in a request body, whatever its shape and however it arrives.
 */


#include "facetree.h"
#include "fixture_forest.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


#define TEST_TYPE  "multipart/form-data; boundary=XX"

#define test_count(table)  (sizeof(table) / sizeof((table)[0]))

/* A part of a form with a file in it. */
#define test_file(name, filename, data)                                       \
    "--XX\r\nContent-Disposition: form-data; name=\"" name "\"; filename=\""  \
    filename "\"\r\nContent-Type: image/png\r\n\r\n" data "\r\n"


static facetree_upload_t *
test_create(const char *type, const char *field, size_t max_bytes,
    uint32_t max_images)
{
    facetree_error_t            err;
    facetree_upload_t          *upload;
    facetree_upload_options_t   options;

    options.content_type = type;
    options.content_type_len = type ? strlen(type) : 0;
    options.field = field;
    options.max_bytes = max_bytes;
    options.max_images = max_images;

    cr_assert_eq(facetree_upload_create(&upload, &options, &err), FACETREE_OK,
                 "%s", err.text);

    return upload;
}


/* Feeds a copy of exactly that length, which is overwritten and freed. */

static facetree_status_e
test_feed(facetree_upload_t *upload, const char *data, size_t len,
    facetree_error_t *err)
{
    char               *copy;
    facetree_status_e   status;

    copy = malloc(len ? len : 1);
    cr_assert_not_null(copy);
    memcpy(copy, data, len);

    status = facetree_upload_feed(upload, copy, len, err);

    memset(copy, '!', len);
    free(copy);

    return status;
}


/* Ends the body and tells where it lies. */

static facetree_status_e
test_finish(facetree_upload_t *upload, const char *body,
    facetree_error_t *err)
{
    facetree_status_e  status;

    cr_assert_eq(facetree_upload_fed(upload), strlen(body));

    status = facetree_upload_finish(upload, err);

    if (status == FACETREE_OK) {
        cr_assert_null(facetree_upload_file(upload, 0)->data);

        status = facetree_upload_bind(upload, body, strlen(body), err);
    }

    return status;
}


static void
test_is_file(const facetree_upload_t *upload, uint32_t index,
    const char *filename, const char *data)
{
    const facetree_upload_file_t  *file;

    cr_assert_lt(index, facetree_upload_count(upload));
    file = facetree_upload_file(upload, index);

    cr_assert_eq(file->len, strlen(data), "file %u: %zu bytes", index,
                 file->len);
    cr_assert(file->len == 0 || memcmp(file->data, data, file->len) == 0);

    if (filename == NULL) {
        cr_assert_null(file->filename);

    } else {
        cr_assert_not_null(file->filename);
        cr_assert_str_eq(file->filename, filename);
    }
}


/* Feeds all of a body and ends it; returns the first refusal. */

static facetree_status_e
test_body(facetree_upload_t *upload, const char *body, facetree_error_t *err)
{
    facetree_status_e  status;

    status = test_feed(upload, body, strlen(body), err);

    return status ? status : test_finish(upload, body, err);
}


static const char  test_form[] =
    test_file("file", "a.png", "first\r\n--XX-")
    "--XX\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhello\r\n"
    test_file("other", "b.png", "second")
    test_file("file", "", "")
    test_file("file", "empty.png", "")
    test_file("file", "c.png", "third\r\n--X")
    "--XX--\r\n";


static void
test_form_files(const facetree_upload_t *upload)
{
    cr_assert_eq(facetree_upload_count(upload), 4);
    test_is_file(upload, 0, "a.png", "first\r\n--XX-");
    test_is_file(upload, 1, "b.png", "second");
    test_is_file(upload, 2, "empty.png", "");
    test_is_file(upload, 3, "c.png", "third\r\n--X");
}


/* Random pieces, down to a byte. */

Test(upload, form_however_it_arrives)
{
    size_t              at, n, round;
    uint32_t            state;
    facetree_error_t    err;
    facetree_upload_t  *upload;

    state = 3;

    for (round = 0; round < 3000; round++) {
        upload = test_create(TEST_TYPE, NULL, 12, 4);

        for (at = 0; at < sizeof(test_form) - 1; at += n) {
            n = 1 + facetree_test_random(&state) % (1 + round % 200);
            n = (n < sizeof(test_form) - 1 - at) ? n
                                                 : sizeof(test_form) - 1 - at;

            cr_assert_eq(test_feed(upload, test_form + at, n, &err),
                         FACETREE_OK, "%s", err.text);
        }

        cr_assert_eq(test_finish(upload, test_form, &err), FACETREE_OK);
        test_form_files(upload);
        facetree_upload_free(upload);
    }
}


/* Files point into the body, wherever it lies now, and nothing is copied. */

Test(upload, bound_to_the_body)
{
    char                moved[sizeof(test_form)];
    facetree_error_t    err;
    facetree_upload_t  *upload;

    upload = test_create(TEST_TYPE, NULL, 12, 9);

    cr_assert_eq(test_body(upload, test_form, &err), FACETREE_OK);
    test_form_files(upload);

    cr_assert_eq((const char *) facetree_upload_file(upload, 0)->data,
                 strstr(test_form, "first"));
    cr_assert_eq(facetree_upload_file(upload, 1)->offset,
                 (size_t) (strstr(test_form, "second") - test_form));
    cr_assert_eq((const char *) facetree_upload_file(upload, 3)->data,
                 strstr(test_form, "third"));

    memcpy(moved, test_form, sizeof(moved));

    cr_assert_eq(facetree_upload_bind(upload, moved, sizeof(moved) - 1, &err),
                 FACETREE_OK);
    test_form_files(upload);
    cr_assert_eq((const char *) facetree_upload_file(upload, 0)->data,
                 strstr(moved, "first"));

    cr_assert_eq(facetree_upload_bind(upload, moved, sizeof(moved) - 2, &err),
                 FACETREE_EINVAL);

    facetree_upload_free(upload);
}


Test(upload, bare_picture)
{
    size_t              i;
    facetree_error_t    err;
    facetree_upload_t  *upload;

    static const char  *const  types[] = {
        NULL, "", "image/jpeg", "Image/X-Anything; q=1",
        "application/octet-stream", " Application/Octet-Stream ; a=b"
    };

    for (i = 0; i < test_count(types); i++) {
        upload = test_create(types[i], "ignored", 10, 1);

        cr_assert_eq(test_feed(upload, "--XX", 4, &err), FACETREE_OK);
        cr_assert_eq(test_feed(upload, "", 0, &err), FACETREE_OK);
        cr_assert_eq(test_feed(upload, "\r\nrest", 6, &err), FACETREE_OK);
        cr_assert_eq(test_finish(upload, "--XX\r\nrest", &err), FACETREE_OK);

        cr_assert_eq(facetree_upload_count(upload), 1);
        test_is_file(upload, 0, NULL, "--XX\r\nrest");
        facetree_upload_free(upload);
    }
}


/* A file is refused with the byte that is too much, not at its end. */

Test(upload, too_many_bytes)
{
    size_t              i;
    facetree_error_t    err;
    facetree_status_e   status;
    facetree_upload_t  *upload;

    static const char  body[] = test_file("a", "a.png", "123456") "--XX--";

    upload = test_create("image/png", NULL, 5, 1);
    cr_assert_eq(test_feed(upload, "12345", 5, &err), FACETREE_OK);
    cr_assert_eq(test_feed(upload, "6", 1, &err), FACETREE_EBYTES);
    cr_expect_eq(err.limit, 5);
    cr_expect_eq(err.observed, 6);
    facetree_upload_free(upload);

    upload = test_create(TEST_TYPE, NULL, 5, 2);
    status = FACETREE_OK;

    for (i = 0; i < sizeof(body) - 1 && status == FACETREE_OK; i++) {
        status = test_feed(upload, body + i, 1, &err);
    }

    cr_expect_eq(status, FACETREE_EBYTES);
    cr_expect_eq(body[i - 1], '6', "at %zu", i);
    cr_expect_eq(err.limit, 5);
    cr_expect_eq(err.observed, 6);
    facetree_upload_free(upload);

    upload = test_create(TEST_TYPE, NULL, 6, 2);
    cr_expect_eq(test_body(upload, body, &err), FACETREE_OK);
    facetree_upload_free(upload);
}


/* Fields that are no file may be long, but not without end. */

Test(upload, too_many_bytes_around_the_files)
{
    size_t              total;
    char                block[4096];
    facetree_error_t    err;
    facetree_status_e   status;
    facetree_upload_t  *upload;

    static const char  head[] =
        "--XX\r\nContent-Disposition: form-data; name=a\r\n\r\n";

    memset(block, 'x', sizeof(block));

    upload = test_create(TEST_TYPE, NULL, 1000, 3);
    cr_assert_eq(test_feed(upload, head, sizeof(head) - 1, &err),
                 FACETREE_OK);

    total = sizeof(head) - 1;

    do {
        status = test_feed(upload, block, sizeof(block), &err);
        total += sizeof(block);
    } while (status == FACETREE_OK && total < 8 * FACETREE_UPLOAD_ALLOWANCE);

    cr_expect_eq(status, FACETREE_EBYTES);
    cr_expect_eq(err.limit, 3000 + FACETREE_UPLOAD_ALLOWANCE);
    cr_expect_eq(err.observed, total);
    cr_expect_leq(total, err.limit + sizeof(block));

    facetree_upload_free(upload);
}


Test(upload, length_alone)
{
    facetree_error_t           err;
    facetree_upload_options_t  options;

    memset(&options, 0, sizeof(options));
    options.max_images = 3;
    options.max_bytes = 1000;

    cr_expect_eq(facetree_upload_check_length(&options, 1000, &err),
                 FACETREE_OK);
    cr_expect_eq(facetree_upload_check_length(&options, 1001, &err),
                 FACETREE_EBYTES);
    cr_expect_eq(err.limit, 1000);
    cr_expect_eq(err.observed, 1001);
    cr_expect_str_eq(err.text, "the picture has more than 1000 bytes");

    options.content_type = TEST_TYPE;
    options.content_type_len = strlen(TEST_TYPE);

    cr_expect_eq(facetree_upload_check_length(&options,
                                              3000 + FACETREE_UPLOAD_ALLOWANCE,
                                              &err), FACETREE_OK);
    cr_expect_eq(facetree_upload_check_length(&options,
                                              3001 + FACETREE_UPLOAD_ALLOWANCE,
                                              &err), FACETREE_EBYTES);
    cr_expect_eq(err.limit, 3000 + FACETREE_UPLOAD_ALLOWANCE);

    options.max_images = UINT32_MAX;
    options.max_bytes = SIZE_MAX;
    cr_expect_eq(facetree_upload_check_length(&options, UINT64_MAX, &err),
                 FACETREE_OK);

    options.content_type = "text/plain";
    options.content_type_len = strlen("text/plain");
    cr_expect_eq(facetree_upload_check_length(&options, 1, &err),
                 FACETREE_EMEDIA);
}


Test(upload, refused_types)
{
    size_t                      i;
    facetree_error_t            err;
    facetree_upload_t          *upload;
    facetree_upload_options_t   options;

    static const char  *const  types[] = {
        "application/x-www-form-urlencoded", "text/plain", "image",
        "application/json", "multipart/mixed; boundary=XX", "imagex/png",
        "application/octet-streams", "multipart/form-datax; boundary=XX"
    };

    memset(&options, 0, sizeof(options));
    options.max_images = 1;

    for (i = 0; i < test_count(types); i++) {
        options.content_type = types[i];
        options.content_type_len = strlen(types[i]);

        cr_assert_eq(facetree_upload_create(&upload, &options, &err),
                     FACETREE_EMEDIA, "%s", types[i]);
        cr_assert_not_null(strstr(err.text, "-T face.jpg)"), "%s", err.text);
    }

    options.content_type = "multipart/form-data";
    options.content_type_len = strlen("multipart/form-data");
    cr_assert_eq(facetree_upload_create(&upload, &options, &err),
                 FACETREE_EMULTIPART);

    options.content_type = NULL;
    options.max_images = 0;
    cr_assert_eq(facetree_upload_create(&upload, &options, NULL),
                 FACETREE_EINVAL);

    facetree_upload_free(NULL);
}


Test(upload, only_the_wanted_field)
{
    facetree_error_t    err;
    facetree_upload_t  *upload;

    upload = test_create(TEST_TYPE, "other", 100, 1);
    cr_assert_eq(test_body(upload, test_form, &err), FACETREE_OK, "%s",
                 err.text);
    cr_assert_eq(facetree_upload_count(upload), 1);
    test_is_file(upload, 0, "b.png", "second");
    facetree_upload_free(upload);

    /* A field of that name that is no file, or a file without any name. */

    upload = test_create(TEST_TYPE, "note", 100, 1);
    cr_assert_eq(test_body(upload, test_form, &err), FACETREE_EEMPTY);
    facetree_upload_free(upload);

    upload = test_create(TEST_TYPE, "file", 100, 1);
    cr_assert_eq(test_body(upload,
                           "--XX\r\nContent-Disposition: form-data; "
                           "filename=x\r\n\r\n1\r\n--XX--", &err),
                 FACETREE_EEMPTY);
    facetree_upload_free(upload);
}


Test(upload, too_many_pictures)
{
    facetree_error_t    err;
    facetree_upload_t  *upload;

    upload = test_create(TEST_TYPE, NULL, 100, 2);

    cr_assert_eq(test_body(upload, test_form, &err), FACETREE_EIMAGES);
    cr_assert_eq(err.limit, 2);
    cr_assert_eq(err.observed, 3);
    cr_assert_not_null(strstr(err.text, "more than 2 pictures"));
    facetree_upload_free(upload);

    /* The limit itself is fine, with unfilled inputs around it. */

    upload = test_create(TEST_TYPE, NULL, 100, 1);
    cr_assert_eq(test_body(upload,
                           test_file("a", "", "") test_file("b", "x", "1")
                           test_file("c", "", "") "--XX--", &err),
                 FACETREE_OK, "%s", err.text);
    cr_assert_eq(facetree_upload_count(upload), 1);
    facetree_upload_free(upload);
}


Test(upload, empty)
{
    size_t              i;
    facetree_error_t    err;
    facetree_upload_t  *upload;

    static const char  *const  bodies[] = {
        "--XX--",
        test_file("file", "", "") "--XX--\r\n",
        test_file("file", "a.png", "") "--XX--\r\n",
        test_file("a", "a.png", "") test_file("b", "b.png", "") "--XX--",
        ("--XX\r\nContent-Disposition: form-data; name=file\r\n\r\n1\r\n"
         "--XX--")
    };

    for (i = 0; i < test_count(bodies); i++) {
        upload = test_create(TEST_TYPE, NULL, 100, 5);
        cr_assert_eq(test_body(upload, bodies[i], &err), FACETREE_EEMPTY,
                     "%s", bodies[i]);
        cr_assert_eq(strncmp(err.text, "no picture was sent", 19), 0);
        facetree_upload_free(upload);
    }

    upload = test_create("image/png", NULL, 100, 1);
    cr_assert_eq(facetree_upload_finish(upload, &err), FACETREE_EEMPTY);
    facetree_upload_free(upload);

    upload = test_create(TEST_TYPE, NULL, 100, 1);
    cr_assert_eq(facetree_upload_finish(upload, &err), FACETREE_EMULTIPART);
    facetree_upload_free(upload);
}


Test(upload, broken_form_keeps_nothing)
{
    facetree_error_t    err;
    facetree_upload_t  *upload;

    /* Leaks are for the sanitizers to see: a name and data are held here. */

    upload = test_create(TEST_TYPE, NULL, 100, 5);
    cr_assert_eq(facetree_upload_feed(upload, test_form, 200, &err),
                 FACETREE_OK);
    cr_assert_eq(facetree_upload_finish(upload, &err), FACETREE_EMULTIPART);
    facetree_upload_free(upload);

    upload = test_create(TEST_TYPE, NULL, 100, 5);
    cr_assert_eq(facetree_upload_feed(upload, test_form, 90, &err),
                 FACETREE_OK);
    facetree_upload_free(upload);
}


typedef struct {
    const char  *sent;
    const char  *kept;
} test_name_t;


Test(upload, file_names)
{
    char                 body[2048], name[600];
    size_t               i;
    facetree_error_t     err;
    facetree_upload_t   *upload;

    static const test_name_t  names[] = {
        { "me.jpg", "me.jpg" },
        { "", NULL },
        { "C:\\Users\\x\\me.jpg", "me.jpg" },
        { "../../etc/passwd", "passwd" },
        { "dir/", NULL },
        { "..", ".." },
        { "<b>.jpg", "<b>.jpg" },
        { "a%22b.jpg", "a\"b.jpg" },
        { "caf\xe9.jpg", "caf\xef\xbf\xbd.jpg" },
        { "a\xe2\x82.jpg", "a\xef\xbf\xbd.jpg" },
        { "a\xc2\x85.jpg", "a\xef\xbf\xbd.jpg" },
        { "tab\t.jpg", "tab\xef\xbf\xbd.jpg" },
        { "\xe2\x82\xac.jpg", "\xe2\x82\xac.jpg" }
    };

    for (i = 0; i < test_count(names); i++) {
        snprintf(body, sizeof(body), test_file("f", "%s", "1") "--XX--",
                 names[i].sent);

        upload = test_create(TEST_TYPE, NULL, 100, 1);
        cr_assert_eq(test_body(upload, body, &err), FACETREE_OK, "%s: %s",
                     names[i].sent, err.text);
        test_is_file(upload, 0, names[i].kept, "1");
        facetree_upload_free(upload);
    }

    /* 255 bytes at most, and no character cut in two. */

    for (i = 250; i < 260; i++) {
        memset(name, 'n', i);
        memcpy(name + i, "\xe2\x82\xac.jpg", sizeof("\xe2\x82\xac.jpg"));
        snprintf(body, sizeof(body), test_file("f", "%s", "1") "--XX--",
                 name);

        name[255] = '\0';

        if (i > 252 && i < 255) {
            name[i] = '\0';             /* the euro sign would not fit */
        }

        upload = test_create(TEST_TYPE, NULL, 100, 1);
        cr_assert_eq(test_body(upload, body, &err), FACETREE_OK);
        test_is_file(upload, 0, name, "1");
        facetree_upload_free(upload);
    }
}
