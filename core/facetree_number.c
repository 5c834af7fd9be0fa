
/*
 * Copyright (C) facetree contributors
 */


#include "facetree_number.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>


/* The decimal point of the locale, which may be several bytes, becomes ".". */

static void
facetree_number_point(char *text)
{
    char  *p, *to;

    for (p = text, to = text; *p; p++) {

        if ((*p >= '0' && *p <= '9') || *p == '-' || *p == '+' || *p == 'e') {
            *to++ = *p;

        } else if (to == text || to[-1] != '.') {
            *to++ = '.';
        }
    }

    *to = '\0';
}


void
facetree_number_double(double value, char *text)
{
    int  digits;

    /* 15 digits show what fewer do, the zeros left out, but for tiny ones. */

    digits = (value != 0 && fabs(value) < DBL_MIN) ? 1 : DBL_DIG;

    for ( /* void */ ; digits <= 17; digits++) {
        snprintf(text, FACETREE_NUMBER_LEN, "%.*g", digits, value);

        if (strtod(text, NULL) == value) {
            break;
        }
    }

    facetree_number_point(text);
}


void
facetree_number_float(float value, char *text)
{
    int  digits;

    digits = (value != 0 && fabsf(value) < FLT_MIN) ? 1 : FLT_DIG;

    for ( /* void */ ; digits <= 9; digits++) {
        snprintf(text, FACETREE_NUMBER_LEN, "%.*g", digits, (double) value);

        if (strtof(text, NULL) == value) {
            break;
        }
    }

    facetree_number_point(text);
}


int
facetree_number_parse(const char *text, size_t len, uint64_t max,
    uint64_t *value)
{
    size_t    i;
    uint64_t  digit, n;

    n = 0;

    for (i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return 0;
        }

        digit = (uint64_t) (text[i] - '0');

        if (digit > max || n > (max - digit) / 10) {
            return 0;
        }

        n = n * 10 + digit;
    }

    *value = n;

    return len > 0;
}
