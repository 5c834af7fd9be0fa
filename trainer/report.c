
/*
 * Copyright (C) facetree contributors
 */


#include "report.h"
#include "document.h"
#include "picture_uri.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>


#define FACETREE_REPORT_MAX       (512u << 20)
#define FACETREE_REPORT_MISTAKES  60
#define FACETREE_REPORT_MATRIX    100          /* labels, at most */
#define FACETREE_REPORT_CELL      12           /* pixels */
#define FACETREE_REPORT_MARGIN    90


typedef struct {
    const facetree_report_t  *report;
    facetree_buffer_t         page;
    facetree_status_e         status;
} facetree_report_work_t;


static const char  facetree_report_style[] =
    ":root{color-scheme:light dark;--ink:#1d2433;--dim:#5a6478;"
    "--ground:#fff;--line:#d8dde6;--good:31,122,77;--bad:190,60,30}"
    "@media(prefers-color-scheme:dark){:root{--ink:#e8ebf1;--dim:#a3adbf;"
    "--ground:#14181f;--line:#333b48;--good:90,200,140;--bad:250,140,100}}"
    "*{box-sizing:border-box}body{margin:0 auto;max-width:68rem;"
    "padding:1.5rem;font:16px/1.5 system-ui,sans-serif;color:var(--ink);"
    "background:var(--ground)}h1{font-size:1.7rem;margin:0}"
    "h2{font-size:1.25rem;margin:2.2rem 0 .6rem}p{max-width:44rem;"
    "overflow-wrap:anywhere}"
    ".dim{color:var(--dim)}.big{font-size:2.6rem;font-weight:650;margin:0}"
    "table{border-collapse:collapse}th,td{padding:.2rem .9rem .2rem 0;"
    "text-align:left;border-bottom:1px solid var(--line);"
    "vertical-align:top;overflow-wrap:anywhere}td.n,th.n{text-align:right;"
    "font-variant-numeric:tabular-nums}.wide{overflow-x:auto}"
    "svg text{fill:var(--ink);font:9px system-ui,sans-serif}"
    "img{image-rendering:pixelated;display:block}"
    ".heat{width:min(20rem,100%)}.cards{display:grid;gap:1rem;"
    "grid-template-columns:repeat(auto-fill,minmax(17rem,1fr))}"
    ".card{border:1px solid var(--line);border-radius:.5rem;padding:.7rem}"
    ".card div{display:flex;gap:.5rem}.card figure{margin:0;flex:1;"
    "min-width:0}.card img{width:100%}figcaption{font-size:.78rem;"
    "line-height:1.3;margin-top:.25rem;overflow-wrap:anywhere}"
    ".note{border:1px solid var(--line);padding:.6rem .9rem;"
    "border-radius:.5rem}";


static void
facetree_report_picture(facetree_report_work_t *work, const uint8_t *pixels,
    uint32_t channels, const char *attributes, const char *alt,
    const char *label)
{
    facetree_status_e          status;
    facetree_buffer_t         *page;
    const facetree_dataset_t  *dataset;

    page = &work->page;
    dataset = work->report->dataset;

    facetree_buffer_printf(page, "<img%s alt=\"%s", attributes, alt);
    facetree_buffer_html(page, label);
    facetree_buffer_puts(page, "\" src=\"");

    status = facetree_picture_uri(page, pixels, dataset->width,
                                  dataset->height, channels);

    if (status != FACETREE_OK) {
        work->status = status;
    }

    facetree_buffer_puts(page, "\">");
}


static void
facetree_report_head(facetree_report_work_t *work)
{
    facetree_buffer_t             *page;
    const facetree_report_t       *report;
    const facetree_evaluation_t   *evaluation;

    page = &work->page;
    report = work->report;
    evaluation = report->evaluation;

    facetree_buffer_puts(page, "<!doctype html>\n<html lang=\"en\"><head>"
        "<meta charset=\"utf-8\"><meta name=\"viewport\" "
        "content=\"width=device-width,initial-scale=1\"><title>Report on ");
    facetree_buffer_html(page, report->name);
    facetree_buffer_puts(page, "</title><style>");
    facetree_buffer_puts(page, facetree_report_style);
    facetree_buffer_puts(page, "</style></head><body><main>\n<h1>Report on ");
    facetree_buffer_html(page, report->name);
    facetree_buffer_puts(page, "</h1>\n<p class=\"dim\">Version ");
    facetree_buffer_puts(page, facetree_model_version(report->model));
    facetree_buffer_puts(page, "</p>\n");

    if (report->dataset->synthetic) {
        facetree_buffer_puts(page, "<p class=\"note\"><strong>Synthetic "
            "faces.</strong> A program drew these pictures; no name here is "
            "that of a real person.</p>\n");
    }

    facetree_buffer_puts(page, "<h2>Accuracy</h2>\n");
    facetree_buffer_printf(page, "<p class=\"big\">%.1f %%</p>\n<p>%lu of %lu "
        "pictures that training never saw were named right. With 95 %% "
        "confidence the true accuracy is between %.1f %% and %.1f %%.</p>\n",
        100.0 * evaluation->accuracy, (unsigned long) evaluation->correct,
        (unsigned long) evaluation->count, 100.0 * evaluation->low,
        100.0 * evaluation->high);
    facetree_buffer_printf(page, "<table><tr><th>top 3</th><th>top 5</th>"
        "<th>log-loss</th><th>Brier</th><th>macro F1</th></tr><tr><td>%.4f"
        "</td><td>%.4f</td><td>%.4f</td>", evaluation->top[1],
        evaluation->top[2], evaluation->log_loss);
    facetree_buffer_printf(page, "<td>%.4f</td><td>%.4f</td></tr></table>\n",
                           evaluation->brier, evaluation->f1);
}


/* A name and its value as JSON has it, a row. */

static void
facetree_report_rows(facetree_report_work_t *work, const json_t *object)
{
    char         *text;
    json_t       *value;
    const char   *key;

    json_object_foreach((json_t *) object, key, value) {
        facetree_buffer_puts(&work->page, "<tr><td>");
        facetree_buffer_html(&work->page, key);
        facetree_buffer_puts(&work->page, "</td><td>");

        if (json_is_string(value)) {
            facetree_buffer_html(&work->page, json_string_value(value));

        } else {
            text = facetree_document_text(value, JSON_COMPACT
                                                 | JSON_ENCODE_ANY);

            if (text == NULL) {
                work->status = FACETREE_ENOMEM;
                return;
            }

            facetree_buffer_html(&work->page, json_is_null(value) ? "none"
                                                                  : text);
            free(text);
        }

        facetree_buffer_puts(&work->page, "</td></tr>\n");
    }
}


static void
facetree_report_settings(facetree_report_work_t *work)
{
    size_t                    i;
    facetree_buffer_t        *page;
    const json_t             *metadata;
    static const char *const  parts[][2] = {
        { "dataset", "Data" }, { "split", "Split" }, { "params", "Settings" },
        { "augment", "Copies to train on" }, { "trees", "Trees" }
    };

    page = &work->page;
    metadata = work->report->metadata;

    for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (!json_is_object(json_object_get(metadata, parts[i][0]))) {
            continue;
        }

        facetree_buffer_printf(page, "<h2>%s</h2>\n<div class=\"wide\">"
                               "<table>\n", parts[i][1]);

        if (strcmp(parts[i][0], "params") == 0) {
            facetree_buffer_puts(page, "<tr><td>estimator</td><td>");
            facetree_buffer_html(page, json_string_value(
                json_object_get(metadata, "estimator")));
            facetree_buffer_puts(page, "</td></tr>\n");
        }

        facetree_report_rows(work, json_object_get(metadata, parts[i][0]));
        facetree_buffer_puts(page, "</table></div>\n");
    }
}


static void
facetree_report_cell(facetree_report_work_t *work, uint32_t truth,
    uint32_t predicted, uint32_t count)
{
    double                        share;
    facetree_buffer_t            *page;
    const facetree_model_t       *model;

    if (count == 0) {
        return;
    }

    page = &work->page;
    model = work->report->model;
    share = (double) count / work->report->evaluation->scores[truth].support;

    facetree_buffer_printf(page, "<rect x=\"%lu\" y=\"%lu\" width=\"%d\" "
        "height=\"%d\" style=\"fill:rgba(var(--%s),%.2f)\"><title>",
        (unsigned long) (FACETREE_REPORT_MARGIN
                         + predicted * FACETREE_REPORT_CELL),
        (unsigned long) (FACETREE_REPORT_MARGIN
                         + truth * FACETREE_REPORT_CELL),
        FACETREE_REPORT_CELL - 1, FACETREE_REPORT_CELL - 1,
        truth == predicted ? "good" : "bad", 0.25 + 0.75 * share);
    facetree_buffer_html(page, facetree_model_label(model, truth));
    facetree_buffer_puts(page, " taken for ");
    facetree_buffer_html(page, facetree_model_label(model, predicted));
    facetree_buffer_printf(page, ": %lu</title></rect>\n",
                           (unsigned long) count);
}


static void
facetree_report_axes(facetree_report_work_t *work, uint32_t classes)
{
    uint32_t            i, at;
    const char         *label;
    facetree_buffer_t  *page;

    page = &work->page;

    for (i = 0; i < classes; i++) {
        label = facetree_model_label(work->report->model, i);
        at = FACETREE_REPORT_MARGIN + i * FACETREE_REPORT_CELL + 9;

        facetree_buffer_printf(page, "<text x=\"%d\" y=\"%lu\" "
                               "text-anchor=\"end\">",
                               FACETREE_REPORT_MARGIN - 4,
                               (unsigned long) at);
        facetree_buffer_html(page, label);
        facetree_buffer_printf(page, "</text><text text-anchor=\"start\" "
                               "transform=\"translate(%lu,%d) rotate(-90)\">",
                               (unsigned long) at,
                               FACETREE_REPORT_MARGIN - 4);
        facetree_buffer_html(page, label);
        facetree_buffer_puts(page, "</text>\n");
    }
}


static void
facetree_report_matrix(facetree_report_work_t *work)
{
    uint32_t                      i, side;
    facetree_buffer_t            *page;
    const facetree_confusion_t   *pair;
    const facetree_evaluation_t  *evaluation;

    page = &work->page;
    evaluation = work->report->evaluation;

    facetree_buffer_puts(page, "<h2>Confusion matrix</h2>\n");

    if (evaluation->classes > FACETREE_REPORT_MATRIX) {
        facetree_buffer_printf(page, "<p>%lu labels are too many to draw; "
                               "<code>facetree test --json</code> has it."
                               "</p>\n", (unsigned long) evaluation->classes);
        return;
    }

    facetree_buffer_puts(page, "<p>A row for each person, a column for whom "
        "the model named: right answers lie on the diagonal.</p>\n");

    side = FACETREE_REPORT_MARGIN
           + evaluation->classes * FACETREE_REPORT_CELL;

    facetree_buffer_printf(page, "<div class=\"wide\"><svg width=\"%lu\" "
        "height=\"%lu\" role=\"img\" aria-label=\"Confusion matrix\">\n",
        (unsigned long) side, (unsigned long) side);

    facetree_buffer_printf(page, "<rect x=\"%d\" y=\"%d\" width=\"%lu\" "
        "height=\"%lu\" style=\"fill:none;stroke:var(--line)\"/>\n",
        FACETREE_REPORT_MARGIN, FACETREE_REPORT_MARGIN,
        (unsigned long) side - FACETREE_REPORT_MARGIN,
        (unsigned long) side - FACETREE_REPORT_MARGIN);

    facetree_report_axes(work, evaluation->classes);

    for (i = 0; i < evaluation->classes; i++) {
        facetree_report_cell(work, i, i, evaluation->scores[i].correct);
    }

    for (i = 0; i < evaluation->confused; i++) {
        pair = &evaluation->confusions[i];
        facetree_report_cell(work, pair->truth, pair->predicted, pair->count);
    }

    facetree_buffer_puts(page, "</svg></div>\n");
}


/*
 * The mean face in gray, turning orange where the trees look.  Square roots,
 * since a few pixels of the first splits would outshine all others.
 */

static void
facetree_report_paint(const facetree_report_t *report, uint8_t *pixels)
{
    double    most, heat, gray;
    size_t    features, f;
    uint32_t  i;

    most = 0.0;
    features = facetree_model_features(report->model);

    for (f = 0; f < features; f++) {
        most = report->importances[f] > most ? report->importances[f] : most;
    }

    for (f = 0; f < features; f++) {
        gray = 0.0;

        for (i = 0; i < report->dataset->count; i++) {
            gray += report->dataset->pixels[i * features + f];
        }

        gray /= report->dataset->count;
        heat = most > 0.0 ? sqrt(report->importances[f] / most) : 0.0;

        *pixels++ = (uint8_t) (gray + heat * (255.0 - gray));
        *pixels++ = (uint8_t) (gray + heat * (110.0 - gray));
        *pixels++ = (uint8_t) (gray * (1.0 - heat));
    }
}


static void
facetree_report_heat(facetree_report_work_t *work)
{
    uint8_t  *pixels;

    facetree_buffer_puts(&work->page, "<h2>Where the model looks</h2>\n");

    if (work->report->importances == NULL) {
        facetree_buffer_puts(&work->page, "<p>The model was written with "
            "--strip and does not say.</p>\n");
        return;
    }

    pixels = malloc(3 * (size_t) facetree_model_features(work->report->model));

    if (pixels == NULL) {
        work->status = FACETREE_ENOMEM;
        return;
    }

    facetree_report_paint(work->report, pixels);
    facetree_buffer_puts(&work->page, "<p>The mean of all pictures; the "
        "more orange a pixel, the more it tells the model apart whom it sees "
        "(impurity decrease, square root).</p>\n");
    facetree_report_picture(work, pixels, 3, " class=\"heat\"",
                            "Importance of each pixel, over the mean face",
                            "");
    facetree_buffer_puts(&work->page, "\n");
    free(pixels);
}


/* The training picture of a label that differs least from a picture. */

static const uint8_t *
facetree_report_nearest(const facetree_report_t *report,
    const uint8_t *pixels, uint32_t label)
{
    int               d;
    size_t            features, f;
    uint32_t          i, row;
    uint64_t          sum, least;
    const uint8_t    *other, *nearest;

    nearest = NULL;
    least = UINT64_MAX;
    features = facetree_model_features(report->model);

    for (i = 0; i < report->split->train_count; i++) {
        row = report->split->train[i];

        if (report->dataset->labels[row] != label) {
            continue;
        }

        other = report->dataset->pixels + row * features;

        for (f = 0, sum = 0; f < features; f++) {
            d = pixels[f] - other[f];
            sum += (uint64_t) (d * d);
        }

        if (sum < least) {
            least = sum;
            nearest = other;
        }
    }

    return nearest;
}


static void
facetree_report_figure(facetree_report_work_t *work, const uint8_t *pixels,
    const char *what, const char *label)
{
    if (pixels == NULL) {
        return;
    }

    facetree_buffer_puts(&work->page, "<figure>");
    facetree_report_picture(work, pixels, 1, "", "Face of ", label);
    facetree_buffer_printf(&work->page, "<figcaption>%s<br><strong>", what);
    facetree_buffer_html(&work->page, label);
    facetree_buffer_puts(&work->page, "</strong></figcaption></figure>");
}


static void
facetree_report_mistake(facetree_report_work_t *work, uint32_t number)
{
    uint32_t                      row, truth, predicted;
    const char                   *is, *taken;
    const uint8_t                *pixels;
    facetree_buffer_t            *page;
    const facetree_report_t      *report;

    page = &work->page;
    report = work->report;

    row = report->split->test[number];
    truth = report->evaluation->truths[number];
    predicted = report->evaluation->predictions[number];
    is = facetree_model_label(report->model, truth);
    taken = facetree_model_label(report->model, predicted);
    pixels = report->dataset->pixels
             + (size_t) row * facetree_model_features(report->model);

    facetree_buffer_puts(page, "<article class=\"card\"><div>");
    facetree_report_figure(work, pixels, "This is", is);
    facetree_report_figure(work,
                           facetree_report_nearest(report, pixels, truth),
                           "nearest known of", is);
    facetree_report_figure(work,
                           facetree_report_nearest(report, pixels, predicted),
                           "taken for", taken);
    facetree_buffer_printf(page, "</div><p class=\"dim\">confidence %.2f",
                           report->evaluation->confidences[number]);

    if (report->dataset->files) {
        facetree_buffer_puts(page, ", ");
        facetree_buffer_html(page, report->dataset->files[row]);
    }

    facetree_buffer_puts(page, "</p></article>\n");
}


static void
facetree_report_mistakes(facetree_report_work_t *work)
{
    uint32_t                      i, shown, wrong;
    const facetree_evaluation_t  *evaluation;

    evaluation = work->report->evaluation;
    wrong = evaluation->count - evaluation->correct;

    facetree_buffer_printf(&work->page, "<h2>Mistakes</h2>\n<p>%lu of %lu "
        "held-out pictures, each beside the training picture of the same "
        "person that is nearest to it, and the nearest of the person it was "
        "taken for.%s</p>\n<div class=\"cards\">\n", (unsigned long) wrong,
        (unsigned long) evaluation->count,
        wrong > FACETREE_REPORT_MISTAKES ? " The first 60 are shown." : "");

    for (i = 0, shown = 0; i < evaluation->count
                           && shown < FACETREE_REPORT_MISTAKES; i++)
    {
        if (evaluation->truths[i] != evaluation->predictions[i]) {
            facetree_report_mistake(work, i);
            shown++;
        }
    }

    facetree_buffer_puts(&work->page, "</div>\n");
}


facetree_status_e
facetree_report_html(const facetree_report_t *report, char **out, size_t *len,
    facetree_error_t *err)
{
    facetree_report_work_t  work;

    work.report = report;
    work.status = FACETREE_OK;

    facetree_buffer_init(&work.page, FACETREE_REPORT_MAX);

    facetree_report_head(&work);
    facetree_report_matrix(&work);
    facetree_report_heat(&work);
    facetree_report_mistakes(&work);
    facetree_report_settings(&work);

    facetree_buffer_puts(&work.page, "</main></body></html>\n");

    if (work.status != FACETREE_OK) {
        facetree_buffer_free(&work.page);
        return facetree_fail(err, work.status, FACETREE_NO_OFFSET, NULL);
    }

    return facetree_buffer_take(&work.page, out, len, err);
}
