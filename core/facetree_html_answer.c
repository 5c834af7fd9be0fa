
/*
 * Copyright (C) facetree contributors
 *
 * The page of an answer: the facts of its JSON form for a person to read, and
 * how far the model can be trusted.
 */


#include "facetree_explain.h"

#include <stdlib.h>
#include <string.h>


#define FACETREE_HTML_SHORT_VERSION  12


typedef struct {
    facetree_buffer_t         page;
    const facetree_answer_t  *answer;
    json_t                   *metadata;
    uint32_t                 *ranks;
    uint32_t                  count;           /* of ranks */
} facetree_html_answer_t;


static int
facetree_html_is_accepted(const facetree_answer_t *answer,
    const facetree_result_t *result)
{
    return strcmp(facetree_decision(&result->prediction, answer->threshold),
                  "accepted") == 0;
}


/* What the page says first, about one picture; "mark" is put at the name. */

static void
facetree_html_verdict(facetree_html_answer_t *html,
    const facetree_result_t *result, const char *mark, const char *unmark)
{
    facetree_buffer_t        *page;
    facetree_problem_t        problem;
    const facetree_answer_t  *answer;

    page = &html->page;
    answer = html->answer;

    if (result->status != FACETREE_OK) {
        facetree_answer_problem(result, &problem);
        facetree_html_sentence(page, facetree_html_heading(&problem));

    } else if (facetree_html_is_accepted(answer, result)) {
        facetree_buffer_puts(page, "This looks like ");
        facetree_buffer_puts(page, mark);
        facetree_buffer_html(page, facetree_model_label(answer->model,
                                                result->prediction.class));
        facetree_buffer_puts(page, unmark);

    } else {
        facetree_buffer_puts(page, "Not sure who this is");
    }
}


static void
facetree_html_decision(facetree_html_answer_t *html,
    const facetree_result_t *result)
{
    int                            accepted;
    facetree_buffer_t             *page;
    const facetree_answer_t       *answer;
    const facetree_prediction_t   *prediction;

    page = &html->page;
    answer = html->answer;
    prediction = &result->prediction;
    accepted = facetree_html_is_accepted(answer, result);

    facetree_buffer_puts(page, accepted
        ? "<p class=\"decision\"><span class=\"badge accepted\">accepted"
        : "<p class=\"decision\"><span class=\"badge unknown\">unknown");
    facetree_buffer_puts(page, "</span> ");

    if (!accepted) {
        facetree_buffer_puts(page, "The closest is <strong>");
        facetree_buffer_html(page, facetree_model_label(answer->model,
                                                        prediction->class));
        facetree_buffer_puts(page, "</strong>, with ");
    }

    facetree_html_percent(page, prediction->confidence);
    facetree_buffer_puts(page, " confidence, ");
    facetree_html_percent(page, prediction->margin);
    facetree_buffer_puts(page, " ahead of the next best.");

    if (!accepted) {
        facetree_buffer_puts(page, " This server accepts an answer from ");
        facetree_html_percent(page, answer->threshold);
        facetree_buffer_puts(page, " on.");
    }

    facetree_buffer_puts(page, "</p>\n");
}


/*
 * The bar says nothing that the number beside it does not, hence hidden from
 * screen readers.  Its value is in whole thousandths: no locale interferes.
 */

static void
facetree_html_row(facetree_html_answer_t *html, uint32_t class,
    double probability)
{
    facetree_buffer_t  *page;

    page = &html->page;

    /* What has no chance at all is listed, but steps back. */

    facetree_buffer_puts(page, (probability > 0.0)
                               ? "<tr><th scope=\"row\">"
                               : "<tr class=\"nil\"><th scope=\"row\">");
    facetree_buffer_html(page, facetree_model_label(html->answer->model,
                                                    class));
    facetree_buffer_printf(page,
        "</th><td class=\"number\">%u</td><td class=\"bar\">"
        "<meter aria-hidden=\"true\" min=\"0\" max=\"1000\" value=\"%u\">"
        "</meter></td><td class=\"number\">",
        (unsigned) class, (unsigned) (probability * 1000.0 + 0.5));
    facetree_html_percent(page, probability);
    facetree_buffer_puts(page, "</td></tr>\n");
}


static void
facetree_html_top(facetree_html_answer_t *html,
    const facetree_result_t *result)
{
    uint32_t            i, n;
    facetree_buffer_t  *page;

    if (html->count == 0) {
        return;
    }

    page = &html->page;

    n = facetree_top(result->probabilities,
                     facetree_model_classes(html->answer->model),
                     result->prediction.class, html->count, html->ranks);

    facetree_buffer_puts(page,
        "<table class=\"top\">\n"
        "<caption>Most probable people</caption>\n"
        "<thead><tr><th scope=\"col\">Person</th>"
        "<th scope=\"col\" class=\"number\">Class</th>"
        "<th scope=\"col\" class=\"number\" colspan=\"2\">Probability</th>"
        "</tr></thead>\n"
        "<tbody>\n");

    for (i = 0; i < n; i++) {
        facetree_html_row(html, html->ranks[i],
                          result->probabilities[html->ranks[i]]);
    }

    facetree_buffer_puts(page, "</tbody>\n</table>\n");
}


static void
facetree_html_image(facetree_html_answer_t *html,
    const facetree_result_t *result)
{
    facetree_buffer_t            *page;
    const facetree_image_info_t  *image;

    page = &html->page;
    image = &result->image;

    if (result->filename == NULL && !facetree_answer_has_image(result)) {
        return;
    }

    facetree_buffer_puts(page, "<dl class=\"facts\">\n");

    if (result->filename) {
        facetree_html_fact_open(page, "File");
        facetree_buffer_html(page, result->filename);
        facetree_html_fact_close(page);
    }

    if (facetree_answer_has_image(result)) {
        facetree_html_fact_open(page, "Picture");
        facetree_buffer_puts(page, "<span class=\"format\">");
        facetree_buffer_puts(page, facetree_format_name(image->format));
        facetree_buffer_puts(page, "</span>, ");
        facetree_html_number(page, image->width);
        facetree_buffer_puts(page, " \xC3\x97 ");
        facetree_html_number(page, image->height);
        facetree_buffer_puts(page, " pixels");
        facetree_html_fact_close(page);

        facetree_html_fact_open(page, "Orientation");
        facetree_buffer_printf(page, "%u%s", (unsigned) image->orientation,
                               (image->orientation > 1)
                               ? " (turned upright first)" : " (upright)");
        facetree_html_fact_close(page);
    }

    facetree_buffer_puts(page, "</dl>\n");
}


static facetree_status_e
facetree_html_result(facetree_html_answer_t *html,
    const facetree_result_t *result, facetree_error_t *err)
{
    int                  single;
    facetree_buffer_t   *page;
    facetree_status_e    status;
    facetree_problem_t   problem;

    page = &html->page;
    status = FACETREE_OK;
    single = (html->answer->count == 1);

    facetree_buffer_puts(page, (result->status == FACETREE_OK)
                               ? "<section class=\"card answer\">\n"
                               : "<section class=\"card problem\">\n");

    facetree_buffer_puts(page, single ? "<h1>" : "<h2>");
    facetree_html_verdict(html, result, "<strong>", "</strong>");
    facetree_buffer_puts(page, single ? "</h1>\n" : "</h2>\n");

    if (result->status == FACETREE_OK) {
        facetree_html_decision(html, result);

        if (single) {
            facetree_html_trust(page, html->metadata);
        }

        facetree_html_top(html, result);

    } else {
        facetree_answer_problem(result, &problem);
        facetree_html_problem(page, &problem);
    }

    if (result->status == FACETREE_OK && result->pixels) {
        status = facetree_html_explain(page, html->answer->model,
                                       result->pixels, single ? "h2" : "h3",
                                       err);
    }

    facetree_html_image(html, result);

    facetree_buffer_puts(page, "</section>\n");

    return status;
}


static void
facetree_html_timing(facetree_html_answer_t *html)
{
    facetree_buffer_t  *page;

    page = &html->page;

    facetree_html_fact_open(page, "Time");
    facetree_html_duration(page, html->answer->decode_us);
    facetree_buffer_puts(page, " to decode, ");
    facetree_html_duration(page, html->answer->predict_us);
    facetree_buffer_puts(page, " to recognise");
    facetree_html_fact_close(page);
}


static void
facetree_html_model(facetree_html_answer_t *html)
{
    uint32_t                  trees;
    const char               *version;
    facetree_buffer_t        *page;
    const facetree_model_t   *model;

    page = &html->page;
    model = html->answer->model;
    trees = facetree_model_trees(model);
    version = facetree_model_version(model);

    facetree_buffer_puts(page,
        "<section class=\"card model\">\n"
        "<h2>The model behind this</h2>\n"
        "<dl class=\"facts\">\n");

    facetree_html_fact_open(page, "Model");
    facetree_buffer_html(page, html->answer->model_name);
    facetree_buffer_printf(page, " (%s, %u tree%s, %u people)",
                           facetree_algorithm_name(
                                          facetree_model_algorithm(model)),
                           (unsigned) trees, (trees == 1) ? "" : "s",
                           (unsigned) facetree_model_classes(model));
    facetree_html_fact_close(page);

    facetree_html_fact_open(page, "Version");
    facetree_buffer_printf(page, "<code title=\"SHA-256 %s\">%.*s</code>",
                           version, FACETREE_HTML_SHORT_VERSION, version);
    facetree_html_fact_close(page);

    facetree_html_metadata_facts(page, html->metadata);

    facetree_html_timing(html);

    facetree_buffer_puts(page, "</dl>\n</section>\n");
}


static void
facetree_html_answer_head(facetree_html_answer_t *html)
{
    const facetree_answer_t  *answer;

    answer = html->answer;

    facetree_html_head_open(&html->page);

    if (answer->count == 1) {
        facetree_html_verdict(html, &answer->results[0], "", "");

    } else {
        facetree_buffer_printf(&html->page, "%u pictures",
                               (unsigned) answer->count);
    }

    facetree_html_head_close(&html->page, answer->page);

    if (answer->count != 1) {
        facetree_buffer_printf(&html->page, "<h1>%u pictures</h1>\n",
                               (unsigned) answer->count);
        facetree_html_trust(&html->page, html->metadata);
    }
}


static facetree_status_e
facetree_html_write(facetree_html_answer_t *html, facetree_error_t *err)
{
    uint32_t            i;
    facetree_status_e   status;

    facetree_html_answer_head(html);

    for (i = 0; i < html->answer->count; i++) {
        status = facetree_html_result(html, &html->answer->results[i], err);

        if (status != FACETREE_OK) {
            return status;
        }
    }

    facetree_buffer_puts(&html->page,
        "<p class=\"actions\"><a class=\"button\" href=\"./\">"
        "Try another picture</a></p>\n");

    facetree_html_model(html);

    facetree_html_foot(&html->page);

    return FACETREE_OK;
}


facetree_status_e
facetree_answer_html(const facetree_answer_t *answer, char **out, size_t *len,
    facetree_error_t *err)
{
    facetree_status_e       status;
    facetree_html_answer_t  html;

    status = facetree_html_metadata(answer->model, &html.metadata, err);

    if (status != FACETREE_OK) {
        return status;
    }

    html.answer = answer;
    html.ranks = facetree_answer_ranks(answer, &html.count);

    if (html.ranks == NULL) {
        json_decref(html.metadata);
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    facetree_buffer_init(&html.page, FACETREE_ANSWER_MAX);

    status = facetree_html_write(&html, err);

    if (status == FACETREE_OK) {
        status = facetree_buffer_take(&html.page, out, len, err);
    }

    facetree_buffer_free(&html.page);
    json_decref(html.metadata);
    free(html.ranks);

    return status;
}
