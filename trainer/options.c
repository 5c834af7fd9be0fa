
/*
 * Copyright (C) facetree contributors
 */


#include "options.h"
#include "facetree_int.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


static facetree_status_e facetree_option_refuse(
    const facetree_option_t *option, const char *text, const char *range,
    facetree_error_t *err);
static void facetree_amount_range(const facetree_amount_rule_t *rule,
    char *range, size_t size);
static int facetree_amount_word(const facetree_amount_rule_t *rule,
    const char *text, facetree_amount_t *amount);


facetree_status_e
facetree_option_flag(const facetree_option_t *option, const char *text,
    void *value, facetree_error_t *err)
{
    (void) text;
    (void) err;

    *(int *) value = option->rule ? *(const int *) option->rule : 1;

    return FACETREE_OK;
}


facetree_status_e
facetree_option_text(const facetree_option_t *option, const char *text,
    void *value, facetree_error_t *err)
{
    if (text[0] == '\0') {
        return facetree_fail(err, FACETREE_EINVAL, FACETREE_NO_OFFSET,
                             "--%s: must not be empty", option->name);
    }

    *(const char **) value = text;

    return FACETREE_OK;
}


facetree_status_e
facetree_option_choice(const facetree_option_t *option, const char *text,
    void *value, facetree_error_t *err)
{
    size_t              len;
    char                range[128];
    const char *const  *word;

    len = (size_t) snprintf(range, sizeof(range), "one of");

    for (word = option->rule; *word; word++) {
        if (strcmp(*word, text) == 0) {
            *(const char **) value = *word;
            return FACETREE_OK;
        }

        if (len < sizeof(range)) {
            len += (size_t) snprintf(range + len, sizeof(range) - len,
                                     " %s%s", *word, word[1] ? "," : "");
        }
    }

    return facetree_option_refuse(option, text, range, err);
}


facetree_status_e
facetree_option_uint(const facetree_option_t *option, const char *text,
    void *value, facetree_error_t *err)
{
    char                         range[64];
    uint32_t                     number;
    const facetree_uint_rule_t  *rule;

    rule = option->rule;

    if (rule->none && strcmp(text, "none") == 0) {
        *(uint32_t *) value = 0;
        return FACETREE_OK;
    }

    if (!facetree_number_uint(text, rule->max, &number)
        || number < rule->min)
    {
        snprintf(range, sizeof(range), "a whole number from %lu to %lu%s",
                 (unsigned long) rule->min, (unsigned long) rule->max,
                 rule->none ? ", or none" : "");

        return facetree_option_refuse(option, text, range, err);
    }

    *(uint32_t *) value = number;

    return FACETREE_OK;
}


facetree_status_e
facetree_option_seed(const facetree_option_t *option, const char *text,
    void *value, facetree_error_t *err)
{
    facetree_seed_t  *seed;

    seed = value;

    if (!facetree_number_uint(text, UINT32_MAX, &seed->value)) {
        return facetree_option_refuse(option, text,
                                      "a whole number from 0 to 4294967295",
                                      err);
    }

    seed->given = 1;

    return FACETREE_OK;
}


facetree_status_e
facetree_option_real(const facetree_option_t *option, const char *text,
    void *value, facetree_error_t *err)
{
    char                         range[64];
    double                       number;
    const facetree_real_rule_t  *rule;

    rule = option->rule;

    if (!facetree_number_real(text, &number)
        || number < rule->min || number > rule->max)
    {
        if (rule->max == DBL_MAX) {
            snprintf(range, sizeof(range), "a number from %g", rule->min);

        } else {
            snprintf(range, sizeof(range), "a number from %g to %g",
                     rule->min, rule->max);
        }

        return facetree_option_refuse(option, text, range, err);
    }

    *(double *) value = number;

    return FACETREE_OK;
}


facetree_status_e
facetree_option_amount(const facetree_option_t *option, const char *text,
    void *value, facetree_error_t *err)
{
    char                           range[128];
    facetree_amount_t              amount;
    const facetree_amount_rule_t  *rule;

    rule = option->rule;
    memset(&amount, 0, sizeof(amount));

    if (facetree_amount_word(rule, text, &amount)) {
        goto done;
    }

    if (facetree_number_uint(text, INT32_MAX, &amount.count)) {
        amount.kind = FACETREE_AMOUNT_COUNT;

        if (amount.count >= rule->count_min) {
            goto done;
        }

    } else if (facetree_number_real(text, &amount.fraction)) {
        amount.kind = FACETREE_AMOUNT_FRACTION;

        if (strpbrk(text, ".eE") && amount.fraction > 0.0
            && (amount.fraction < 1.0
                || (rule->whole && amount.fraction <= 1.0)))
        {
            goto done;
        }
    }

    facetree_amount_range(rule, range, sizeof(range));

    return facetree_option_refuse(option, text, range, err);

done:

    *(facetree_amount_t *) value = amount;

    return FACETREE_OK;
}


facetree_status_e
facetree_option_size(const facetree_option_t *option, const char *text,
    void *value, facetree_error_t *err)
{
    char             width[8], range[64];
    size_t           len;
    const char      *cross;
    facetree_size_t  size;

    cross = strchr(text, 'x');
    len = cross ? (size_t) (cross - text) : 0;

    if (len > 0 && len < sizeof(width)) {
        memcpy(width, text, len);
        width[len] = '\0';

        if (facetree_number_uint(width, FACETREE_MODEL_MAX_SIDE, &size.width)
            && facetree_number_uint(cross + 1, FACETREE_MODEL_MAX_SIDE,
                                    &size.height)
            && size.width > 0 && size.height > 0)
        {
            *(facetree_size_t *) value = size;
            return FACETREE_OK;
        }
    }

    snprintf(range, sizeof(range), "WIDTHxHEIGHT, each from 1 to %d",
             FACETREE_MODEL_MAX_SIDE);

    return facetree_option_refuse(option, text, range, err);
}


facetree_status_e
facetree_option_sha256(const facetree_option_t *option, const char *text,
    void *value, facetree_error_t *err)
{
    if (strlen(text) != 64
        || strspn(text, "0123456789abcdefABCDEF") != 64)
    {
        return facetree_option_refuse(option, text,
                                      "64 hexadecimal digits", err);
    }

    *(const char **) value = text;

    return FACETREE_OK;
}


int
facetree_number_uint(const char *text, uint32_t max, uint32_t *value)
{
    uint32_t     digit;
    uint64_t     number;
    const char  *p;

    if (*text == '\0') {
        return 0;
    }

    number = 0;

    for (p = text; *p; p++) {
        if (*p < '0' || *p > '9') {
            return 0;
        }

        digit = (uint32_t) (*p - '0');
        number = number * 10 + digit;

        if (number > max) {
            return 0;
        }
    }

    *value = (uint32_t) number;

    return 1;
}


/* strtod() also takes spaces, "inf", "nan" and hexadecimal: not options. */

int
facetree_number_real(const char *text, double *value)
{
    char    *end;
    double   number;

    if (*text == '\0' || strspn(text, "0123456789.eE+-") != strlen(text)) {
        return 0;
    }

    number = strtod(text, &end);

    if (*end != '\0' || !isfinite(number)) {
        return 0;
    }

    *value = number;

    return 1;
}


static facetree_status_e
facetree_option_refuse(const facetree_option_t *option, const char *text,
    const char *range, facetree_error_t *err)
{
    return facetree_fail(err, FACETREE_EINVAL, FACETREE_NO_OFFSET,
                         "--%s %.60s: must be %s", option->name,
                         text[0] ? text : "''", range);
}


static void
facetree_amount_range(const facetree_amount_rule_t *rule, char *range,
    size_t size)
{
    snprintf(range, size, "a count from %lu, or a fraction %s%s%s",
             (unsigned long) rule->count_min,
             rule->whole ? "above 0.0 up to 1.0" : "between 0.0 and 1.0",
             rule->roots ? ", or sqrt, log2" : "",
             rule->none ? ", or none" : "");
}


static int
facetree_amount_word(const facetree_amount_rule_t *rule, const char *text,
    facetree_amount_t *amount)
{
    if (rule->none && strcmp(text, "none") == 0) {
        amount->kind = FACETREE_AMOUNT_NONE;
        return 1;
    }

    if (rule->roots && strcmp(text, "sqrt") == 0) {
        amount->kind = FACETREE_AMOUNT_SQRT;
        return 1;
    }

    if (rule->roots && strcmp(text, "log2") == 0) {
        amount->kind = FACETREE_AMOUNT_LOG2;
        return 1;
    }

    return 0;
}
