
/*
 * Copyright (C) facetree contributors
 *
 * What the JSON and the HTML form of an answer have in common.
 */


#ifndef FACETREE_ANSWER_H
#define FACETREE_ANSWER_H


#include "facetree_int.h"


#pragma GCC visibility push(hidden)


/* Longer answers are refused: no client reads them. */
#define FACETREE_ANSWER_MAX   ((size_t) 256 * 1024 * 1024)

#define FACETREE_PROBLEM_URN  "urn:facetree:error:"


/*
 * Room for the classes that an answer lists of one picture, "*count" of them,
 * to be filled by facetree_top() and freed by the caller; NULL when there is
 * no memory.  Never NULL otherwise, even if "*count" is 0.
 */
uint32_t *facetree_answer_ranks(const facetree_answer_t *answer,
    uint32_t *count);

/*
 * Why a picture has no prediction, in the terms of a refusal; its http_status
 * is 0.  Points into the result.
 */
void facetree_answer_problem(const facetree_result_t *result,
    facetree_problem_t *problem);

/* True when the header of the picture could be read. */
int facetree_answer_has_image(const facetree_result_t *result);


#pragma GCC visibility pop


#endif /* FACETREE_ANSWER_H */
