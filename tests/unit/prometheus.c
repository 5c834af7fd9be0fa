
/*
 * Copyright (C) facetree contributors
 */


#include "prometheus.h"
#include "facetree_utf8.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>


#define TEST_FAMILIES  256
#define TEST_NAME      128


typedef enum {
    TEST_NONE,
    TEST_COUNTER,
    TEST_GAUGE,
    TEST_HISTOGRAM
} test_type_e;

typedef struct {
    facetree_test_prometheus_t  *out;
    int                          openmetrics;
    char                         families[TEST_FAMILIES][TEST_NAME];
    size_t                       count;
    int                          typed;        /* the last one has a type */
    test_type_e                  type;

    /* Of the histogram being read: where it is, what it had last. */
    int                          part;         /* 0 buckets, 1 sum, 2 done */
    char                         labels[512];  /* without "le" */
    double                       le;
    double                       cumulative;
} test_reader_t;


static int
test_name_len(const char *p, int colon)
{
    int  n;

    if (!isalpha((unsigned char) *p) && *p != '_' && !(colon && *p == ':')) {
        return 0;
    }

    for (n = 1; isalnum((unsigned char) p[n]) || p[n] == '_'
                || (colon && p[n] == ':'); n++)
    {
        /* void */
    }

    return n;
}


/* Takes "name rest" apart; returns the rest, or NULL. */

static const char *
test_metadata(const char *p, char *name)
{
    int  n;

    n = test_name_len(p, 1);

    if (n == 0 || n >= TEST_NAME || p[n] != ' ') {
        return NULL;
    }

    memcpy(name, p, (size_t) n);
    name[n] = '\0';

    return p + n + 1;
}


static const char *
test_help(test_reader_t *r, const char *p)
{
    char    name[TEST_NAME];
    size_t  i;

    p = test_metadata(p, name);

    if (p == NULL || *p == '\0') {
        return "malformed HELP";
    }

    for ( /* void */ ; *p; p++) {
        if (*p == '\\' && *++p != '\\' && *p != 'n') {
            return "unknown escape in HELP";
        }
    }

    for (i = 0; i < r->count; i++) {
        if (strcmp(r->families[i], name) == 0) {
            return "family twice";
        }
    }

    if (r->count > 0 && !r->typed) {
        return "family without TYPE";
    }

    if (r->type == TEST_HISTOGRAM && r->part != 2) {
        return "histogram without its end";
    }

    if (r->count == TEST_FAMILIES) {
        return "too many families";
    }

    strcpy(r->families[r->count++], name);
    r->typed = 0;
    r->type = TEST_NONE;

    return NULL;
}


static const char *
test_type(test_reader_t *r, const char *p)
{
    int     total;
    char    name[TEST_NAME];
    size_t  len;

    p = test_metadata(p, name);

    if (p == NULL || r->count == 0 || r->typed
        || strcmp(r->families[r->count - 1], name) != 0)
    {
        return "TYPE does not follow its HELP";
    }

    len = strlen(name);
    total = (len > 6 && strcmp(name + len - 6, "_total") == 0);
    r->typed = 1;
    r->part = 2;
    r->labels[0] = '\0';

    if (strcmp(p, "counter") == 0) {
        r->type = TEST_COUNTER;
        return (total != r->openmetrics) ? NULL : "_total in the wrong place";
    }

    r->type = (strcmp(p, "gauge") == 0) ? TEST_GAUGE
              : (strcmp(p, "histogram") == 0) ? TEST_HISTOGRAM : TEST_NONE;

    return (r->type == TEST_NONE) ? "unknown type"
           : total ? "_total of what is no counter" : NULL;
}


/* Labels from behind "{" to behind "}"; copies those but "le". */

static const char *
test_labels(const char **at, char *labels, size_t size, double *le)
{
    int          n;
    char         seen[16][TEST_NAME], *end;
    size_t       i, count, len;
    const char  *p, *start, *value;

    count = 0;
    labels[0] = '\0';
    *le = NAN;

    for (p = *at; *p != '}'; p += (*p == ',')) {
        start = p;
        n = test_name_len(p, 0);

        if (n == 0 || n >= TEST_NAME || strncmp(p + n, "=\"", 2) != 0
            || strncmp(p, "__", 2) == 0 || count == 16)
        {
            return "malformed label";
        }

        memcpy(seen[count], p, (size_t) n);
        seen[count++][n] = '\0';

        for (i = 0; i + 1 < count; i++) {
            if (strcmp(seen[i], seen[count - 1]) == 0) {
                return "label twice";
            }
        }

        value = p + n + 2;

        for (p = value; *p != '"'; p++) {
            if (*p == '\0') {
                return "label without end";
            }

            if (*p == '\\' && *++p != '\\' && *p != '"' && *p != 'n') {
                return "unknown escape in label";
            }
        }

        p++;

        if (*p != ',' && *p != '}') {
            return "garbage behind label";
        }

        if (strcmp(seen[count - 1], "le") == 0) {
            *le = strtod(value, &end);

            if (end == value || *end != '"') {
                return "le is no number";
            }

            if (isfinite(*le)
                && memchr(value, '.', (size_t) (end - value)) == NULL)
            {
                return "le is not canonical";
            }

            continue;
        }

        len = strlen(labels);

        if (len + (size_t) (p - start) + 2 > size) {
            return "labels too long";
        }

        memcpy(labels + len, start, (size_t) (p - start));
        labels[len + (size_t) (p - start)] = ',';
        labels[len + (size_t) (p - start) + 1] = '\0';
    }

    *at = p + 1;

    return NULL;
}


static const char *
test_histogram(test_reader_t *r, const char *suffix, const char *labels,
    double le, double value)
{
    if (strcmp(suffix, "_bucket") == 0) {

        if (isnan(le)) {
            return "bucket without le";
        }

        if (r->part == 2) {
            r->part = 0;
            r->le = -1.0;
            r->cumulative = 0.0;
            strcpy(r->labels, labels);
        }

        if (r->part != 0 || strcmp(r->labels, labels) != 0) {
            return "bucket out of place";
        }

        if (le <= r->le || value < r->cumulative) {
            return "buckets do not rise";
        }

        r->le = le;
        r->cumulative = value;

        return NULL;
    }

    if (!isnan(le) || strcmp(r->labels, labels) != 0) {
        return "sum or count out of place";
    }

    if (strcmp(suffix, "_sum") == 0 && r->part == 0) {
        r->part = 1;
        return isinf(r->le) ? NULL : "no bucket for all";
    }

    if (strcmp(suffix, "_count") == 0 && r->part == 1) {
        r->part = 2;
        return (value == r->cumulative) ? NULL : "count is not that of +Inf";
    }

    return "unknown sample of a histogram";
}


/* The length of a sample's name, which must begin with its family's; or 0. */

static int
test_sample_name(const test_reader_t *r, const char *line)
{
    int          n;
    size_t       len;
    const char  *family;

    family = r->families[r->count - 1];
    len = strlen(family);
    n = test_name_len(line, 1);

    return (n < TEST_NAME && (size_t) n >= len
            && strncmp(line, family, len) == 0) ? n : 0;
}


/* Reads " value"; a number that is not finite, and the end, are errors. */

static const char *
test_sample_value(const char *p, double *value)
{
    char  *end;

    if (*p++ != ' ' || !isdigit((unsigned char) *p)) {
        return "no value";
    }

    *value = strtod(p, &end);

    return (*end == '\0' && isfinite(*value)) ? NULL
           : "value is no finite number";
}


static const char *
test_sample_keep(facetree_test_prometheus_t *out, const char *series,
    size_t len, double value)
{
    size_t  i;

    for (i = 0; i < out->count; i++) {
        if (strlen(out->series[i]) == len
            && memcmp(out->series[i], series, len) == 0)
        {
            return "series twice";
        }
    }

    if (out->count == TEST_PROMETHEUS_SERIES) {
        return "too many series";
    }

    out->series[i] = calloc(1, len + 1);
    memcpy(out->series[i], series, len);
    out->value[i] = value;
    out->count++;

    return NULL;
}


/* The suffix behind the family's name, for what its type is. */

static const char *
test_sample_suffix(test_reader_t *r, const char *suffix, const char *labels,
    double le, double value)
{
    const char  *wanted;

    if (r->type == TEST_HISTOGRAM) {
        return test_histogram(r, suffix, labels, le, value);
    }

    if (!isnan(le)) {
        return "le of what is no histogram";
    }

    wanted = (r->type == TEST_COUNTER && r->openmetrics) ? "_total" : "";

    return strcmp(suffix, wanted) == 0 ? NULL : "wrong suffix";
}


static const char *
test_sample(test_reader_t *r, const char *line)
{
    int          n;
    char         labels[512], name[TEST_NAME];
    double       le, value;
    const char  *error, *p;

    if (r->count == 0 || !r->typed) {
        return "sample without family";
    }

    n = test_sample_name(r, line);

    if (n == 0) {
        return "sample of another family";
    }

    memcpy(name, line, (size_t) n);
    name[n] = '\0';
    labels[0] = '\0';
    le = NAN;
    value = 0.0;
    error = NULL;
    p = line + n;

    if (*p == '{') {
        p++;
        error = test_labels(&p, labels, sizeof(labels), &le);
    }

    if (error == NULL) {
        error = test_sample_value(p, &value);
    }

    if (error == NULL) {
        error = test_sample_keep(r->out, line, (size_t) (p - line), value);
    }

    if (error) {
        return error;
    }

    return test_sample_suffix(r, name + strlen(r->families[r->count - 1]),
                              labels, le, value);
}


static const char *
test_line(test_reader_t *r, const char *line)
{
    if (strncmp(line, "# HELP ", 7) == 0) {
        return test_help(r, line + 7);
    }

    if (strncmp(line, "# TYPE ", 7) == 0) {
        return test_type(r, line + 7);
    }

    if (*line == '#' || *line == '\0') {
        return "neither metadata nor sample";
    }

    return test_sample(r, line);
}


const char *
facetree_test_prometheus_read(facetree_test_prometheus_t *test,
    const char *text, int openmetrics, size_t *at)
{
    int             ended;
    char           *copy, *end, *p;
    const char     *error;
    test_reader_t  *r;

    memset(test, 0, sizeof(*test));

    r = calloc(1, sizeof(*r));
    copy = calloc(1, strlen(text) + 1);
    strcpy(copy, text);

    r->out = test;
    r->openmetrics = openmetrics;
    ended = 0;
    *at = 0;

    error = facetree_utf8_is_valid(text, strlen(text)) ? NULL
                                                       : "not UTF-8";

    for (p = copy; error == NULL && *p; p = end + 1) {
        (*at)++;
        end = strchr(p, '\n');

        if (end == NULL) {
            error = "last line has no end";
            break;
        }

        *end = '\0';

        if (ended) {
            error = "line behind EOF";

        } else if (openmetrics && strcmp(p, "# EOF") == 0) {
            ended = 1;

        } else {
            error = test_line(r, p);
        }
    }

    if (error == NULL && (ended != openmetrics || (r->count && !r->typed)
                          || (r->type == TEST_HISTOGRAM && r->part != 2)))
    {
        error = "ends too early";
    }

    test->families = r->count;

    free(copy);
    free(r);

    return error;
}


void
facetree_test_prometheus_clear(facetree_test_prometheus_t *test)
{
    size_t  i;

    for (i = 0; i < test->count; i++) {
        free(test->series[i]);
    }
}


double
facetree_test_prometheus_value(const facetree_test_prometheus_t *test,
    const char *series)
{
    size_t  i;

    for (i = 0; i < test->count; i++) {
        if (strcmp(test->series[i], series) == 0) {
            return test->value[i];
        }
    }

    return -1.0;
}
