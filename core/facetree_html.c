
/*
 * Copyright (C) facetree contributors
 *
 * The frame of the pages, and the page of a refusal.
 */


#include "facetree_html.h"

#include <string.h>


/*
 * What went wrong in plain words, and what a person can do about it.  A token
 * that is not here keeps the title it came with and takes its advice from the
 * HTTP status.
 */

typedef struct {
    const char  *token;
    const char  *heading;
    const char  *unit;                 /* of limit and observed */
    const char  *advice;
} facetree_html_advice_t;

static const facetree_html_advice_t  facetree_html_advice[] = {

    { "empty", "No picture was sent", NULL,
      "Choose a picture, then send the form again." },

    { "multipart", "The form arrived damaged", NULL,
      "Send the form again. If a program of yours made this request, "
      "have an HTTP library build the body." },

    { "media_type", "This format is not accepted", NULL,
      "Send a JPEG, PNG, WebP, BMP or PNM picture. Phones that save HEIC "
      "can be set to take JPEG pictures, and most share a picture as JPEG." },

    { "corrupt", "The picture cannot be read", NULL,
      "The file may be damaged or cut short. If it opens on your device, "
      "save it again as JPEG or PNG and send that." },

    { "body_size", "The file is too large", "bytes",
      "Send a smaller file: 1,000 pixels along the longer side are plenty." },

    { "pixels", "The picture is too large", "pixels",
      "Make the picture smaller: 1,000 pixels along the longer side are "
      "plenty." },

    { "side", "The picture is too long or too wide", "pixels",
      "Cut the picture to the face, or make it smaller: 1,000 pixels along "
      "the longer side are plenty." },

    { "images", "Too many pictures at once", "pictures",
      "Send the pictures in several goes." },

    { "scans", "The picture is stored in too many steps", "scans",
      "Save the picture as an ordinary (baseline) JPEG or as PNG and send "
      "that." },

    { "memory", "The picture needs too much memory", "bytes",
      "Make the picture smaller, or save it as an ordinary (baseline) "
      "JPEG." },

    { "timeout", "The picture takes too long to read", "ms",
      "Make the picture smaller, or save it as an ordinary (baseline) "
      "JPEG." },

    { "method", "Choose a picture first", NULL,
      "Answers are given to pictures: send one with the form. A program "
      "sends it with POST or PUT." },

    { "overload", "The server is busy", NULL,
      "Wait a moment, then send the picture again." },

    { "rate", "Too many requests", NULL,
      "Wait a moment, then send the picture again." },

    { "internal", "Something went wrong here", NULL,
      "This is not your doing. Try again later, and tell whoever runs this "
      "server if it stays." }
};


void
facetree_html_head_open(facetree_buffer_t *page)
{
    facetree_buffer_puts(page,
        "<!DOCTYPE html>\n"
        "<html lang=\"en\">\n"
        "<head>\n"
        "<meta charset=\"utf-8\">\n"
        "<title>");
}


void
facetree_html_head_close(facetree_buffer_t *page, const char *base)
{
    facetree_buffer_puts(page,
        " \xE2\x80\x93 facetree</title>\n"
        "<meta name=\"viewport\" content=\"width=device-width, "
        "initial-scale=1\">\n"
        "<meta name=\"color-scheme\" content=\"light dark\">\n"
        "<meta name=\"robots\" content=\"noindex\">\n");

    if (base) {
        facetree_buffer_puts(page, "<base href=\"");
        facetree_buffer_html(page, base);
        facetree_buffer_puts(page, "\">\n");
    }

    facetree_buffer_puts(page,
        "<link rel=\"icon\" href=\"favicon.svg\" type=\"image/svg+xml\">\n"
        "<link rel=\"stylesheet\" href=\"style.css\">\n"
        "</head>\n"
        "<body>\n"
        "<header class=\"site\">\n"
        "<p><a class=\"brand\" href=\"./\"><img src=\"favicon.svg\" alt=\"\" "
        "width=\"32\" height=\"32\">facetree</a></p>\n"
        "</header>\n"
        "<main id=\"main\">\n");
}


void
facetree_html_foot(facetree_buffer_t *page)
{
    facetree_buffer_puts(page,
        "</main>\n"
        "<footer class=\"site\">\n"
        "<p>Pictures are decoded in memory and not kept.</p>\n"
        "</footer>\n"
        "</body>\n"
        "</html>\n");
}


void
facetree_html_sentence(facetree_buffer_t *page, const char *text)
{
    char  first[2];

    if (*text >= 'a' && *text <= 'z') {
        first[0] = (char) (*text - 'a' + 'A');
        first[1] = '\0';

        facetree_buffer_puts(page, first);
        text++;
    }

    facetree_buffer_html(page, text);
}


void
facetree_html_number(facetree_buffer_t *page, uint64_t value)
{
    if (value >= 1000) {
        facetree_html_number(page, value / 1000);
        facetree_buffer_printf(page, ",%03u", (unsigned) (value % 1000));

    } else {
        facetree_buffer_printf(page, "%u", (unsigned) value);
    }
}


void
facetree_html_percent(facetree_buffer_t *page, double value)
{
    unsigned  tenths;

    if (!(value > 0.0)) {
        facetree_buffer_puts(page, "0.0%");

    } else if (value < 0.0005) {
        facetree_buffer_puts(page, "&lt;0.1%");

    } else if (value < 1.0 && value >= 0.9995) {
        facetree_buffer_puts(page, "&gt;99.9%");

    } else {
        /* Not %f, whose decimal point is the locale's. */
        tenths = (value < 1.0) ? (unsigned) (value * 1000.0 + 0.5) : 1000;
        facetree_buffer_printf(page, "%u.%u%%", tenths / 10, tenths % 10);
    }
}


void
facetree_html_duration(facetree_buffer_t *page, uint64_t us)
{
    if (us == 0) {
        facetree_buffer_puts(page, "less than 1 \xC2\xB5s");
        return;
    }

    if (us < 1000) {
        facetree_buffer_printf(page, "%u \xC2\xB5s", (unsigned) us);
        return;
    }

    facetree_html_number(page, us / 1000);
    facetree_buffer_printf(page, ".%u ms", (unsigned) (us % 1000 / 100));
}


void
facetree_html_fact_open(facetree_buffer_t *page, const char *name)
{
    facetree_buffer_puts(page, "<div><dt>");
    facetree_buffer_html(page, name);
    facetree_buffer_puts(page, "</dt><dd>");
}


void
facetree_html_fact_close(facetree_buffer_t *page)
{
    facetree_buffer_puts(page, "</dd></div>\n");
}


/*
 * NULL for a token that is not known.  With status 408 "timeout" is about the
 * connection, not about the picture.
 */

static const facetree_html_advice_t *
facetree_html_find_advice(const facetree_problem_t *problem)
{
    size_t  i, n;

    if (problem->http_status == 408) {
        return NULL;
    }

    n = sizeof(facetree_html_advice) / sizeof(facetree_html_advice[0]);

    for (i = 0; i < n; i++) {
        if (strcmp(facetree_html_advice[i].token, problem->token) == 0) {
            return &facetree_html_advice[i];
        }
    }

    return NULL;
}


static const char *
facetree_html_status_advice(unsigned http_status)
{
    switch (http_status) {

    case 411:
        return "A program has to tell the length of the body, or send it in "
               "chunks.";

    case 413:
        return "Send a smaller file: 1,000 pixels along the longer side are "
               "plenty.";

    case 429:
    case 503:
        return "Wait a moment, then send the picture again.";

    default:
        return (http_status >= 500)
               ? "This is not your doing. Try again later, and tell whoever "
                 "runs this server if it stays."
               : "Go back to the form and try again.";
    }
}


const char *
facetree_html_heading(const facetree_problem_t *problem)
{
    const facetree_html_advice_t  *advice;

    advice = facetree_html_find_advice(problem);

    return advice ? advice->heading : problem->title;
}


static void
facetree_html_limit(facetree_buffer_t *page, const char *name,
    uint64_t value, const char *unit)
{
    facetree_html_fact_open(page, name);
    facetree_html_number(page, value);

    if (unit) {
        facetree_buffer_puts(page, " ");
        facetree_buffer_puts(page, unit);
    }

    facetree_html_fact_close(page);
}


void
facetree_html_problem(facetree_buffer_t *page,
    const facetree_problem_t *problem)
{
    const char                    *text;
    const facetree_html_advice_t  *advice;

    advice = facetree_html_find_advice(problem);

    if (problem->detail) {
        facetree_buffer_puts(page, "<p class=\"detail\">");
        facetree_html_sentence(page, problem->detail);
        facetree_buffer_puts(page, "</p>\n");
    }

    if (problem->limit || problem->observed) {
        text = advice ? advice->unit : NULL;

        facetree_buffer_puts(page, "<dl class=\"facts\">\n");
        facetree_html_limit(page, "Allowed", problem->limit, text);
        facetree_html_limit(page, "Yours", problem->observed, text);
        facetree_buffer_puts(page, "</dl>\n");
    }

    facetree_buffer_puts(page, "<p class=\"advice\">");
    facetree_buffer_puts(page, advice ? advice->advice
                         : facetree_html_status_advice(problem->http_status));
    facetree_buffer_puts(page, "</p>\n");
}


facetree_status_e
facetree_problem_html(const facetree_problem_t *problem, char **out,
    size_t *len, facetree_error_t *err)
{
    facetree_buffer_t  page;

    facetree_buffer_init(&page, FACETREE_ANSWER_MAX);

    facetree_html_head_open(&page);
    facetree_html_sentence(&page, facetree_html_heading(problem));
    facetree_html_head_close(&page, problem->page);

    facetree_buffer_puts(&page, "<section class=\"card problem\">\n<h1>");
    facetree_html_sentence(&page, facetree_html_heading(problem));
    facetree_buffer_puts(&page, "</h1>\n");

    facetree_html_problem(&page, problem);

    facetree_buffer_puts(&page,
        "<p class=\"actions\"><a class=\"button\" href=\"./\">"
        "Back to the form</a></p>\n"
        "<p class=\"code\">");

    if (problem->http_status) {
        facetree_buffer_printf(&page, "%u ", problem->http_status);
    }

    facetree_buffer_html(&page, problem->title);
    facetree_buffer_puts(&page, ", error <code>");
    facetree_buffer_html(&page, problem->token);
    facetree_buffer_puts(&page, "</code></p>\n</section>\n");

    facetree_html_foot(&page);

    return facetree_buffer_take(&page, out, len, err);
}
