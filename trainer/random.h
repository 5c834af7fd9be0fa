
/*
 * Copyright (C) facetree contributors
 *
 * The two generators that scikit-learn 1.2 draws from, number for number:
 * numpy's legacy RandomState (MT19937) for splits, bootstraps and the seeds
 * of trees, and the xorshift generator of sklearn/tree/_utils.pyx for the
 * choice of features and random thresholds inside a tree.  Neither is meant
 * to be unpredictable.
 */


#ifndef FACETREE_RANDOM_H
#define FACETREE_RANDOM_H


#include <stdint.h>


#pragma GCC visibility push(hidden)


#define FACETREE_MT_WORDS  624

/* What scikit-learn calls numpy.iinfo(numpy.int32).max: the bound of seeds. */
#define FACETREE_SEED_BOUND  2147483647u


typedef struct {
    uint32_t  words[FACETREE_MT_WORDS];
    uint32_t  next;                    /* FACETREE_MT_WORDS: used up */
} facetree_mt_t;


/* RandomState(seed) */
void facetree_mt_seed(facetree_mt_t *mt, uint32_t seed);

uint32_t facetree_mt_word(facetree_mt_t *mt);

/*
 * randint(high): 0 .. high - 1, without bias; high is at least 1.  A high of
 * 1 draws nothing.
 */
uint32_t facetree_mt_below(facetree_mt_t *mt, uint32_t high);

/* shuffle(); fewer than two items draw nothing. */
void facetree_mt_shuffle(facetree_mt_t *mt, uint32_t *items, uint32_t count);

/* permutation(count), written to "items". */
void facetree_mt_permutation(facetree_mt_t *mt, uint32_t *items,
    uint32_t count);


/* The state is any number; 0 stands for 1. */

typedef struct {
    uint32_t  state;
} facetree_xorshift_t;


/* 31 bits. */
uint32_t facetree_xorshift_word(facetree_xorshift_t *xorshift);

/*
 * low .. high - 1, low below high.  The bias of the remainder is part of the
 * trees.
 */
uint32_t facetree_xorshift_between(facetree_xorshift_t *xorshift,
    uint32_t low, uint32_t high);

double facetree_xorshift_uniform(facetree_xorshift_t *xorshift, double low,
    double high);


#pragma GCC visibility pop


#endif /* FACETREE_RANDOM_H */
