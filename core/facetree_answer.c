
/*
 * Copyright (C) facetree contributors
 */


#include "facetree_answer.h"

#include <stdlib.h>
#include <string.h>


const char *
facetree_decision(const facetree_prediction_t *prediction, double threshold)
{
    return (prediction->confidence >= threshold) ? "accepted" : "unknown";
}


uint32_t *
facetree_answer_ranks(const facetree_answer_t *answer, uint32_t *count)
{
    uint32_t  n;

    n = facetree_model_classes(answer->model);
    *count = (answer->top_k < n) ? answer->top_k : n;

    /* calloc() checks the multiplication, and may answer NULL to zero. */
    return calloc(*count ? *count : 1, sizeof(uint32_t));
}


void
facetree_answer_problem(const facetree_result_t *result,
    facetree_problem_t *problem)
{
    memset(problem, 0, sizeof(*problem));

    problem->token = facetree_status_token(result->status);
    problem->title = facetree_status_text(result->status);

    if (result->error) {
        problem->detail = result->error->text;
        problem->limit = result->error->limit;
        problem->observed = result->error->observed;
    }
}


int
facetree_answer_has_image(const facetree_result_t *result)
{
    return result->image.format != FACETREE_UNKNOWN_FORMAT
           && result->image.width > 0 && result->image.height > 0;
}
