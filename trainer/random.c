
/*
 * Copyright (C) facetree contributors
 */


#include "random.h"


#define FACETREE_MT_SHIFT  397


/*
 * The initialiser of Knuth that RandomState uses for a plain integer, not
 * the one for arrays.
 */

void
facetree_mt_seed(facetree_mt_t *mt, uint32_t seed)
{
    uint32_t  i, previous;

    mt->words[0] = seed;

    for (i = 1; i < FACETREE_MT_WORDS; i++) {
        previous = mt->words[i - 1];
        mt->words[i] = 1812433253u * (previous ^ (previous >> 30)) + i;
    }

    mt->next = FACETREE_MT_WORDS;
}


static uint32_t
facetree_mt_twist(uint32_t high, uint32_t low, uint32_t far)
{
    uint32_t  mixed;

    mixed = (high & 0x80000000u) | (low & 0x7fffffffu);

    return far ^ (mixed >> 1) ^ ((0u - (mixed & 1)) & 0x9908b0dfu);
}


static void
facetree_mt_refill(facetree_mt_t *mt)
{
    uint32_t  i, *words;

    words = mt->words;

    for (i = 0; i < FACETREE_MT_WORDS - FACETREE_MT_SHIFT; i++) {
        words[i] = facetree_mt_twist(words[i], words[i + 1],
                                     words[i + FACETREE_MT_SHIFT]);
    }

    for ( /* void */ ; i < FACETREE_MT_WORDS - 1; i++) {
        words[i] = facetree_mt_twist(words[i], words[i + 1],
                                     words[i + FACETREE_MT_SHIFT
                                           - FACETREE_MT_WORDS]);
    }

    words[i] = facetree_mt_twist(words[i], words[0],
                                 words[FACETREE_MT_SHIFT - 1]);

    mt->next = 0;
}


uint32_t
facetree_mt_word(facetree_mt_t *mt)
{
    uint32_t  word;

    if (mt->next == FACETREE_MT_WORDS) {
        facetree_mt_refill(mt);
    }

    word = mt->words[mt->next++];

    word ^= word >> 11;
    word ^= (word << 7) & 0x9d2c5680u;
    word ^= (word << 15) & 0xefc60000u;
    word ^= word >> 18;

    return word;
}


/* numpy masks a word to the bits of the bound and rejects what is above. */

uint32_t
facetree_mt_below(facetree_mt_t *mt, uint32_t high)
{
    uint32_t  largest, mask, value;

    largest = high - 1;

    if (largest == 0) {
        return 0;
    }

    mask = largest;
    mask |= mask >> 1;
    mask |= mask >> 2;
    mask |= mask >> 4;
    mask |= mask >> 8;
    mask |= mask >> 16;

    do {
        value = facetree_mt_word(mt) & mask;
    } while (value > largest);

    return value;
}


void
facetree_mt_shuffle(facetree_mt_t *mt, uint32_t *items, uint32_t count)
{
    uint32_t  i, j, item;

    for (i = count; i > 1; i--) {
        j = facetree_mt_below(mt, i);

        item = items[i - 1];
        items[i - 1] = items[j];
        items[j] = item;
    }
}


void
facetree_mt_permutation(facetree_mt_t *mt, uint32_t *items, uint32_t count)
{
    uint32_t  i;

    for (i = 0; i < count; i++) {
        items[i] = i;
    }

    facetree_mt_shuffle(mt, items, count);
}


uint32_t
facetree_xorshift_word(facetree_xorshift_t *xorshift)
{
    uint32_t  state;

    state = xorshift->state;

    if (state == 0) {
        state = 1;
    }

    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;

    xorshift->state = state;

    return state & 0x7fffffffu;
}


uint32_t
facetree_xorshift_between(facetree_xorshift_t *xorshift, uint32_t low,
    uint32_t high)
{
    return low + facetree_xorshift_word(xorshift) % (high - low);
}


double
facetree_xorshift_uniform(facetree_xorshift_t *xorshift, double low,
    double high)
{
    double  drawn;

    drawn = facetree_xorshift_word(xorshift);

    return (high - low) * drawn / 2147483647.0 + low;
}
