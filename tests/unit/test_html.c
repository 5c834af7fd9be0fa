
/*
 * Copyright (C) facetree contributors
 *
 * Answers and refusals as pages: the facts are there, the structure holds, and
 * nothing from outside becomes markup.
 */


#include "answer.h"
#include "facetree_html.h"
#include "fixture_forest.h"
#include "model_writer.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


#define TEST_METADATA                                                         \
    "{\"accuracy\": 0.9583333333333334, \"accuracy_low\": 0.906, "            \
    "\"accuracy_high\": 0.982, \"test_count\": 1120, "                        \
    "\"dataset\": {\"name\": \"<Faces>\", \"synthetic\": true}}"


static char *
test_answer_page(const facetree_answer_t *answer)
{
    char              *out;
    size_t             len;
    facetree_error_t   err;

    cr_assert_eq(facetree_answer_html(answer, &out, &len, &err), FACETREE_OK,
                 "%s", err.text);
    cr_assert_eq(strlen(out), len);

    return out;
}


static char *
test_problem_page(const facetree_problem_t *problem)
{
    char              *out;
    size_t             len;
    facetree_error_t   err;

    cr_assert_eq(facetree_problem_html(problem, &out, &len, &err),
                 FACETREE_OK, "%s", err.text);
    cr_assert_eq(strlen(out), len);

    return out;
}


static void
test_has(const char *page, const char *text)
{
    cr_expect_not_null(strstr(page, text), "no \"%s\" in:\n%s", text, page);
}


static void
test_has_not(const char *page, const char *text)
{
    cr_expect_null(strstr(page, text), "\"%s\" in:\n%s", text, page);
}


static unsigned
test_times(const char *page, const char *text)
{
    unsigned  n;

    for (n = 0; (page = strstr(page, text)) != NULL; n++) {
        page += strlen(text);
    }

    return n;
}


/*
 * Walks all tags: every element that has an end is closed, in order.  Knows
 * only what these pages use.
 */

static void
test_is_balanced(const char *page)
{
    int          end, is_void;
    size_t       i, len, depth;
    const char  *p, *stack[32];

    static const char  *const  voids[] = { "!DOCTYPE", "meta", "base", "link",
                                           "img" };

    depth = 0;

    for (p = strchr(page, '<'); p; p = strchr(p, '<')) {
        p++;
        end = (*p == '/');
        p += end;
        len = strcspn(p, " >\n");
        is_void = 0;

        for (i = 0; i < sizeof(voids) / sizeof(voids[0]); i++) {
            is_void |= (strlen(voids[i]) == len
                        && strncmp(p, voids[i], len) == 0);
        }

        if (is_void) {
            continue;
        }

        if (end) {
            cr_assert_gt(depth, 0);
            depth--;
            cr_assert_eq(strncmp(stack[depth], p, len), 0,
                         "</%.*s> closes <%.10s", (int) len, p,
                         stack[depth]);

        } else {
            cr_assert_lt(depth, sizeof(stack) / sizeof(stack[0]));
            stack[depth++] = p;
        }
    }

    cr_assert_eq(depth, 0);
}


static void
test_is_document(const char *page)
{
    test_is_balanced(page);

    cr_expect_eq(strncmp(page, "<!DOCTYPE html>\n<html lang=\"en\">\n", 33),
                 0);
    cr_expect_eq(test_times(page, " facetree</title>"), 1);
    cr_expect_eq(test_times(page, "<h1>"), 1);
    cr_expect_eq(test_times(page, "<main "), 1);

    test_has(page, "<meta charset=\"utf-8\">");
    test_has(page, "name=\"viewport\"");
    test_has(page, "<link rel=\"stylesheet\" href=\"style.css\">");
    test_has(page, "<a class=\"button\" href=\"./\">");

    /* For Content-Security-Policy: default-src 'self'. */

    test_has_not(page, "<script");
    test_has_not(page, "<style");
    test_has_not(page, " style=");
    test_has_not(page, "http:");
    test_has_not(page, "https:");
}


Test(html, answer_of_one_picture)
{
    char                    *page;
    facetree_test_answer_t   test;

    facetree_test_answer(&test, TEST_METADATA);
    test.answer.count = 1;
    page = test_answer_page(&test.answer);

    test_is_document(page);

    test_has(page, "<h1>This looks like <strong>s&lt;4&gt;</strong></h1>");
    test_has(page, "<span class=\"badge accepted\">accepted</span> "
                   "92.0% confidence, 85.0% ahead of the next best.");
    test_has(page, "<tr><th scope=\"row\">s&lt;4&gt;</th>"
                   "<td class=\"number\">4</td><td class=\"bar\">"
                   "<meter aria-hidden=\"true\" min=\"0\" max=\"1000\" "
                   "value=\"920\"></meter></td>"
                   "<td class=\"number\">92.0%</td></tr>");
    cr_expect_eq(test_times(page, "<th scope=\"row\">"), 3);

    test_has(page, "&lt;me&gt;.jpg");
    test_has(page, "<span class=\"format\">jpeg</span>, "
                   "4,000 \xC3\x97 3,000 pixels");
    test_has(page, "6 (turned upright first)");

    test_has(page, "olivetti (random-forest, 2 trees, 7 people)");
    test_has(page, facetree_model_version(test.model));
    test_has(page, "95.8% (95% interval 90.6% to 98.2%), on 1,120 pictures "
                   "that training never saw");
    test_has(page, "&lt;Faces&gt; <strong class=\"badge synthetic\">"
                   "synthetic</strong>");
    test_has(page, "<title>This looks like s&lt;4&gt; \xE2\x80\x93 facetree"
                   "</title>");
    test_has(page, "<p class=\"trust\">Of pictures that training never saw, "
                   "this model gets 95.8% right (95% interval 90.6% to "
                   "98.2%), whatever its confidence.</p>");
    test_has(page, "13.5 ms to decode, 18 \xC2\xB5s to recognise");

    test_has_not(page, "<me>");
    test_has_not(page, "<Faces>");
    test_has_not(page, "s<4>");

    free(page);
    facetree_test_answer_clear(&test);
}


Test(html, answer_below_the_threshold)
{
    char                    *page;
    facetree_test_answer_t   test;

    facetree_test_answer(&test, "{}");
    test.answer.count = 1;
    test.answer.threshold = 0.95;
    page = test_answer_page(&test.answer);

    test_is_document(page);
    test_has(page, "<h1>Not sure who this is</h1>");
    test_has(page, "<span class=\"badge unknown\">unknown</span> The closest "
                   "is <strong>s&lt;4&gt;</strong>, with 92.0% confidence");
    test_has(page, "This server accepts an answer from 95.0% on.");
    test_has(page, "<title>Not sure who this is \xE2\x80\x93 facetree");
    test_has_not(page, "This looks like");
    test_has_not(page, "trust");

    free(page);
    facetree_test_answer_clear(&test);
}


Test(html, answer_of_several_pictures)
{
    char                    *page;
    facetree_test_answer_t   test;

    facetree_test_answer(&test, "{}");
    page = test_answer_page(&test.answer);

    test_is_document(page);
    test_has(page, "<h1>3 pictures</h1>");
    cr_expect_eq(test_times(page, "<h2>This looks like"), 2);
    test_has(page, "<h2>The picture is too large</h2>\n"
                   "<p class=\"detail\">Picture has 4000 x 3000000 pixels");
    test_has(page, "<dt>Allowed</dt><dd>25,000,000 pixels</dd>");
    test_has(page, "<dt>Yours</dt><dd>12,000,000,000 pixels</dd>");

    free(page);
    facetree_test_answer_clear(&test);
}


/* Metadata of another shape is passed over, member by member. */

Test(html, explanation_of_a_forest)
{
    char                    *page;
    uint8_t                  pixels[30];
    facetree_test_answer_t   test;

    memset(pixels, 77, sizeof(pixels));

    facetree_test_answer(&test, "{}");
    test.results[1].pixels = pixels;
    page = test_answer_page(&test.answer);

    test_is_document(page);
    cr_expect_eq(test_times(page, "<h3>What the model saw</h3>"), 1);

    /* A build without libpng has no picture to show. */
#ifndef FACETREE_NO_PNG
    cr_expect_eq(test_times(page, "<img class=\"seen\" "
                                  "src=\"data:image/png;base64,"), 1);
    test_has(page, "alt=\"Your picture in 6 by 5 gray squares\" "
                   "width=\"252\" height=\"210\">");
    test_has(page, "<svg class=\"overlay\" aria-hidden=\"true\" "
                   "viewBox=\"0 0 6 5\"");
    test_has(page, "<g class=\"mark heat heat-4\"><title>The pixel at "
                   "column ");
    cr_expect_eq(test_times(page, "<circle class=\"glow\""),
                 test_times(page, " trees</title>"));
#endif

    test_has(page, "<caption>The pixels that most of the 2 trees looked at"
                   "</caption>");
    test_has(page, "<td class=\"number\">77</td>");

    free(page);
    facetree_test_answer_clear(&test);
}


Test(html, explanation_of_a_tree)
{
    char                    *page, row[256];
    size_t                   len;
    uint8_t                 *file, pixels[30];
    uint32_t                 n;
    facetree_step_t          step;
    facetree_model_t        *model;
    facetree_forest_t        forest;
    facetree_test_answer_t   test;

    memset(pixels, 200, sizeof(pixels));

    facetree_test_forest(&forest, 1, 1);
    cr_assert_eq(facetree_model_serialize(&forest, "{}", 0, &file, &len,
                                          NULL), FACETREE_OK);
    cr_assert_eq(facetree_model_parse(&model, file, len, NULL), FACETREE_OK);

    facetree_test_answer(&test, "{}");
    test.answer.model = model;
    test.answer.count = 1;
    test.results[0].pixels = pixels;
    page = test_answer_page(&test.answer);

    n = facetree_explain_path(model, 0, pixels, &step, 1);
    cr_assert_gt(n, 0);

    test_is_document(page);
    test_has(page, "<h2>What the model saw</h2>");
    snprintf(row, sizeof(row), "<caption>The %u decision%s, from the root of "
             "the tree on</caption>", (unsigned) n, (n == 1) ? "" : "s");
    test_has(page, row);
    snprintf(row, sizeof(row),
             "<tr><th scope=\"row\">1</th><td>%u, %u</td><td>200, "
             "%s %g</td><td>%s</td><td class=\"number\">%u</td></tr>",
             (unsigned) step.feature % 6, (unsigned) step.feature / 6,
             step.right ? "above" : "not above", step.threshold,
             step.right ? "right" : "left", (unsigned) step.samples);
    test_has(page, row);

#ifndef FACETREE_NO_PNG
    snprintf(row, sizeof(row),
             "<title>1: the pixel at column %u, row %u is 200, %s %g, so it "
             "went %s</title><rect class=\"dot\" x=\"%u\" y=\"%u\" ",
             (unsigned) step.feature % 6, (unsigned) step.feature / 6,
             step.right ? "above" : "not above", step.threshold,
             step.right ? "right" : "left", (unsigned) step.feature % 6,
             (unsigned) step.feature / 6);
    test_has(page, row);
    cr_expect_eq(test_times(page, "<rect class=\"dot\""), n);
    cr_expect_eq(test_times(page, " above "), 2 * n);
#else
    cr_expect_eq(test_times(page, " above "), n);
#endif

    free(page);
    free(file);
    facetree_model_free(model);
    facetree_test_forest_clear(&forest);
    facetree_test_answer_clear(&test);
}


Test(html, metadata_is_optional)
{
    char                    *page;
    size_t                   i;
    facetree_test_answer_t   test;

    static const char  *const  metadata[] = {
        "{}",
        "{\"accuracy\": \"high\", \"dataset\": []}",
        "{\"accuracy\": 95.8, \"dataset\": {\"name\": 1}}",
        "{\"accuracy\": -0.1, \"dataset\": {\"synthetic\": \"yes\"}}",
        "{\"accuracy_low\": 0.1, \"accuracy_high\": 0.2, \"test_count\": 1}"
    };

    for (i = 0; i < sizeof(metadata) / sizeof(metadata[0]); i++) {
        facetree_test_answer(&test, metadata[i]);
        test.answer.top_k = 0;
        page = test_answer_page(&test.answer);

        test_is_document(page);
        test_has_not(page, "accuracy");
        test_has_not(page, "Data set");
        test_has_not(page, "<table");

        free(page);
        facetree_test_answer_clear(&test);
    }

    facetree_test_answer(&test,
                         "{\"accuracy\": 1, \"accuracy_low\": 0.5, "
                         "\"test_count\": -3, \"dataset\": "
                         "{\"name\": \"Olivetti\", \"synthetic\": false}}");
    page = test_answer_page(&test.answer);
    test_has(page, "<dt>Held-out accuracy</dt><dd>100.0%</dd>");
    test_has(page, "<dt>Data set</dt><dd>Olivetti</dd>");
    test_has_not(page, "synthetic");
    free(page);
    facetree_test_answer_clear(&test);

    facetree_test_answer(&test,
                         "{\"dataset\": {\"synthetic\": true, "
                         "\"count\": 4000, \"classes\": 40}}");
    page = test_answer_page(&test.answer);
    test_has(page, "<dd>drawn faces, 4,000 pictures of 40 people <strong "
                   "class=\"badge synthetic\">");
    free(page);
    facetree_test_answer_clear(&test);
}


Test(html, nothing_from_outside_is_markup)
{
    char                    *page;
    facetree_test_answer_t   test;
    static const char        hostile[] =
        "\"><script>alert('1')</script>\xff\x01&";
    static const char        harmless[] =
        "&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;"
        "\xef\xbf\xbd\xef\xbf\xbd&amp;";

    facetree_test_answer(&test, TEST_METADATA);

    test.answer.model_name = hostile;
    test.results[0].filename = hostile;
    strcpy(test.error.text, hostile);

    page = test_answer_page(&test.answer);
    test_is_document(page);
    cr_expect_eq(test_times(page, harmless), 3);

    free(page);
    facetree_test_answer_clear(&test);
}


Test(html, problem)
{
    char                *page;
    size_t               i;
    facetree_problem_t   problem = {
        413, "body_size", "Content <Too> Large", "body has <b> bytes", 1048576,
        20971520, "/a\"b/"
    };

    static const char  *const  tokens[] = {
        "empty", "multipart", "media_type", "corrupt", "body_size", "pixels",
        "side", "images", "scans", "memory", "timeout", "method", "overload",
        "rate", "internal", "shape", "<own>"
    };

    page = test_problem_page(&problem);
    test_is_document(page);
    test_has(page,
             "<title>The file is too large \xE2\x80\x93 facetree</title>");
    test_has(page, "<h1>The file is too large</h1>");
    test_has(page, "<base href=\"/a&quot;b/\">");
    test_has(page, "<p class=\"detail\">Body has &lt;b&gt; bytes</p>");
    test_has(page, "<dt>Allowed</dt><dd>1,048,576 bytes</dd>");
    test_has(page, "<dt>Yours</dt><dd>20,971,520 bytes</dd>");
    test_has(page, "413 Content &lt;Too&gt; Large, error "
                   "<code>body_size</code>");
    free(page);

    problem.detail = NULL;
    problem.limit = 0;
    problem.observed = 0;
    problem.title = "<t>";

    for (i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
        problem.token = tokens[i];
        problem.http_status = 400 + (unsigned) i;
        page = test_problem_page(&problem);
        test_is_document(page);
        test_has(page, (i < 15) ? "<h1>" : "<h1>&lt;t&gt;</h1>");
        test_has(page, "&lt;t&gt;, error <code>");
        test_has(page, "<p class=\"advice\">");
        test_has_not(page, "Allowed");
        free(page);
    }

    /* The host's own tokens: the advice follows the status. */

    problem.http_status = 503;
    page = test_problem_page(&problem);
    test_has(page, "Wait a moment");
    free(page);

    problem.http_status = 408;
    problem.token = "timeout";
    page = test_problem_page(&problem);
    test_has(page, "<h1>&lt;t&gt;</h1>");
    test_has(page, "Go back to the form");
    test_has_not(page, "baseline");
    free(page);
}


typedef struct {
    double       value;
    const char  *text;
} test_percent_t;


Test(html, numbers_for_people)
{
    char               *out;
    size_t              i, len;
    facetree_buffer_t   buffer;

    static const test_percent_t  percents[] = {
        { 0.0, "0.0%" }, { 1e-300, "&lt;0.1%" }, { 0.000499, "&lt;0.1%" },
        { 0.0005, "0.1%" }, { 0.0014, "0.1%" }, { 0.0016, "0.2%" },
        { 0.5, "50.0%" }, { 0.9994, "99.9%" }, { 0.9995, "&gt;99.9%" },
        { 0.99999999999999989, "&gt;99.9%" }, { 1.0, "100.0%" },
        { 1.5, "100.0%" }, { -1.0, "0.0%" }
    };

    for (i = 0; i < sizeof(percents) / sizeof(percents[0]); i++) {
        facetree_buffer_init(&buffer, 100);
        facetree_html_percent(&buffer, percents[i].value);
        cr_assert_eq(facetree_buffer_take(&buffer, &out, &len, NULL),
                     FACETREE_OK);
        cr_expect_str_eq(out, percents[i].text);
        free(out);
    }

    facetree_buffer_init(&buffer, 1000);
    facetree_html_number(&buffer, 0);
    facetree_buffer_puts(&buffer, " ");
    facetree_html_number(&buffer, 1000);
    facetree_buffer_puts(&buffer, " ");
    facetree_html_number(&buffer, UINT64_MAX);
    facetree_buffer_puts(&buffer, " ");
    facetree_html_duration(&buffer, 0);
    facetree_buffer_puts(&buffer, " ");
    facetree_html_duration(&buffer, 999);
    facetree_buffer_puts(&buffer, " ");
    facetree_html_duration(&buffer, 1234567);
    cr_assert_eq(facetree_buffer_take(&buffer, &out, &len, NULL),
                 FACETREE_OK);
    cr_expect_str_eq(out, "0 1,000 18,446,744,073,709,551,615 less than 1 "
                          "\xC2\xB5s 999 \xC2\xB5s 1,234.5 ms");
    free(out);
}
