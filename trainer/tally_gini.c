
/*
 * Copyright (C) facetree contributors
 *
 * With weights a and b and sums of squared class weights l and r on the two
 * sides, a split's proxy + a + b is l / a + r / b.  With t the weight of a
 * class in the node, and sums over the samples on the left, r is the sum of
 * all t t, less twice the sum of t, plus l.
 */


#include "tally_gini.h"

#include <string.h>

#if defined(__SSE2__) && !defined(FACETREE_BYTES_PLAIN)
#include <emmintrin.h>
#define FACETREE_TALLY_SSE2  1
#endif


/*
 * Estimates are single-precision numbers, which are off by less than this in
 * units of the node's weight: so much closer than the best split a position
 * must be to be computed in full.
 */
#define FACETREE_TALLY_COARSE     1e-6

/* A scale by which no estimate reaches any that is allowed. */
#define FACETREE_TALLY_NO_SPLIT   -1e20f

/* Of the two sums in one number. */
#define FACETREE_TALLY_PULL_SHIFT  32


void
facetree_tally_set_scales(facetree_tally_t *tally)
{
    uint32_t                 i, rest;
    facetree_tally_scale_t  *scale;

    for (i = 0; i <= tally->weight + FACETREE_TALLY_BLOCK; i++) {
        scale = &tally->scale[i];
        rest = tally->weight - i;

        if (i > tally->weight || i < tally->least_weight
            || rest < tally->least_weight)
        {
            scale->left = FACETREE_TALLY_NO_SPLIT;
            scale->right = FACETREE_TALLY_NO_SPLIT;

        } else {
            scale->left = 1.0f / (float) i;
            scale->right = 1.0f / (float) rest;
        }
    }
}


/*
 * Adding weight w to a class that has l on the left adds (2 l + w) w to the
 * squares; the class keeps 2 l, or 2 l + 1 if all weights are 1, and its
 * weight t above it.
 */

static void
facetree_tally_sum_ones(facetree_tally_t *tally, const uint16_t *order,
    const uint32_t count)
{
    uint64_t                 sum;
    uint32_t                 i;
    facetree_tally_class_t  *class;

    /* what the compiler cannot know to stay the same */

    uint64_t *const                       sums = tally->sum;
    facetree_tally_class_t *const         classes = tally->class;
    const facetree_tally_sample_t *const  samples = tally->sample;

    sum = 0;

#pragma GCC unroll 4
    for (i = 0; i < count; i++) {
        class = facetree_tally_class(classes, &samples[order[i]]);

        sum += class->add;
        class->add += 2;
        sums[i] = sum;
    }
}


static void
facetree_tally_sum_weights(facetree_tally_t *tally, const uint16_t *order,
    const uint32_t count)
{
    uint64_t                        sum, add;
    uint32_t                        i, weight;
    facetree_tally_class_t         *class;
    const facetree_tally_sample_t  *sample;

    uint64_t *const                       sums = tally->sum;
    uint32_t *const                       weights = tally->sum_weight;
    facetree_tally_class_t *const         classes = tally->class;
    const facetree_tally_sample_t *const  samples = tally->sample;

    sum = 0;
    weight = 0;

    for (i = 0; i < count; i++) {
        sample = &samples[order[i]];
        class = facetree_tally_class(classes, sample);
        add = class->add;

        class->add = add + 2 * (uint64_t) sample->weight;
        sum += (add + sample->weight) * sample->weight;
        weight += sample->weight;

        sums[i] = sum;
        weights[i] = weight;
    }
}


void
facetree_tally_sum_gini(facetree_tally_t *tally,
    const facetree_tally_split_t *split)
{
    uint32_t                 i;
    facetree_tally_class_t  *class;

    for (i = FACETREE_TALLY_OUTSIDERS; i < tally->classes; i++) {
        class = &tally->class[i];
        class->add = (uint64_t) class->total << FACETREE_TALLY_PULL_SHIFT;
        class->add += tally->ones ? 1 : 0;
    }

    if (tally->ones) {
        facetree_tally_sum_ones(tally, split->order, split->count);

    } else {
        facetree_tally_sum_weights(tally, split->order, split->count);
    }

    for (i = 0; i < FACETREE_TALLY_BLOCK; i++) {
        tally->sum[split->count + i] = 0;
        tally->sum_weight[split->count + i] = tally->weight;
    }
}


/* The estimate that a split must reach to be considered. */

static float
facetree_tally_least(const facetree_tally_t *tally,
    const facetree_candidate_t *best)
{
    if (best->position == 0) {
        return FACETREE_TALLY_NO_SPLIT / 2.0f;
    }

    return (float) (best->proxy + tally->weight
                    - tally->weight * FACETREE_TALLY_COARSE);
}


static uint32_t
facetree_tally_weight_at(const facetree_tally_t *tally, uint32_t i)
{
    return tally->ones ? i + 1 : tally->sum_weight[i];
}


/* The split after the i-th sample, as the sums have it. */

static void
facetree_tally_fill(const facetree_tally_t *tally,
    facetree_tally_split_t *split, uint32_t i)
{
    int64_t  near, far;

    near = (uint32_t) tally->sum[i];
    far = tally->squares + near
          - 2 * (int64_t) (tally->sum[i] >> FACETREE_TALLY_PULL_SHIFT);

    if (split->reverse) {
        split->position = tally->count - 1 - i;
        split->weight = tally->weight - facetree_tally_weight_at(tally, i);
        split->squares = far;
        split->rest = near;

    } else {
        split->position = i + 1;
        split->weight = facetree_tally_weight_at(tally, i);
        split->squares = near;
        split->rest = far;
    }
}


/* Kept out of the loops, which rarely come here. */

static float __attribute__((noinline))
facetree_tally_look(facetree_tally_t *tally, facetree_tally_split_t *split,
    facetree_candidate_t *best, uint32_t block, uint32_t which)
{
    uint32_t  k;

    for (k = 0; k < FACETREE_TALLY_BLOCK; k++) {

        if ((which >> k & 1) && block + k < split->count) {
            facetree_tally_fill(tally, split, block + k);
            facetree_tally_consider(tally, split, best);
        }
    }

    return facetree_tally_least(tally, best);
}


#if FACETREE_TALLY_SSE2

/* Two scales from each of two places: left, right, left, right. */

static inline __m128
facetree_tally_scales(const facetree_tally_scale_t *first,
    const facetree_tally_scale_t *second)
{
    __m128  scales;

    scales = _mm_castsi128_ps(_mm_loadl_epi64((const __m128i *)
                                              (const void *) first));

    return _mm_loadh_pi(scales, (const __m64 *) (const void *) second);
}


/* The even ones of eight numbers, or the odd ones. */

static inline __m128
facetree_tally_even(__m128 low, __m128 high)
{
    return _mm_shuffle_ps(low, high, _MM_SHUFFLE(2, 0, 2, 0));
}


static inline __m128
facetree_tally_odd(__m128 low, __m128 high)
{
    return _mm_shuffle_ps(low, high, _MM_SHUFFLE(3, 1, 3, 1));
}


/*
 * Four estimates.  Numbers of 32 bits may overflow on the way to a result
 * that does not.
 */

static inline __m128
facetree_tally_estimate(const uint64_t *sum, __m128i all, __m128 low_scales,
    __m128 high_scales)
{
    __m128   low, high;
    __m128i  left, pull, right;

    low = _mm_loadu_ps((const float *) (const void *) sum);
    high = _mm_loadu_ps((const float *) (const void *) (sum + 2));

    left = _mm_castps_si128(facetree_tally_even(low, high));
    pull = _mm_castps_si128(facetree_tally_odd(low, high));
    right = _mm_sub_epi32(_mm_add_epi32(left, all), _mm_add_epi32(pull, pull));

    low = _mm_mul_ps(_mm_cvtepi32_ps(left),
                     facetree_tally_even(low_scales, high_scales));
    high = _mm_mul_ps(_mm_cvtepi32_ps(right),
                      facetree_tally_odd(low_scales, high_scales));

    return _mm_add_ps(low, high);
}


/* Positions start .. end - 1, in whole blocks; returns the best estimate. */

static inline __attribute__((always_inline)) float
facetree_tally_compare(facetree_tally_t *tally,
    facetree_tally_split_t *split, facetree_candidate_t *best,
    uint32_t start, uint32_t end, const int ones)
{
    size_t    i;
    __m128    low, high, estimate, most, least;
    uint32_t  which;

    /* what the compiler cannot know to stay the same */

    const __m128i                        all = _mm_set1_epi32(
                                                   (int) tally->squares);
    const uint64_t *const                sum = tally->sum;
    const uint32_t *const                weight = tally->sum_weight;
    const facetree_tally_scale_t *const  scale = tally->scale;

    most = _mm_setzero_ps();
    least = _mm_set1_ps(facetree_tally_least(tally, best));

    for (i = start; i < end; i += FACETREE_TALLY_BLOCK) {

        if (ones) {
            low = _mm_loadu_ps(&scale[i + 1].left);
            high = _mm_loadu_ps(&scale[i + 3].left);

        } else {
            low = facetree_tally_scales(&scale[weight[i]],
                                        &scale[weight[i + 1]]);
            high = facetree_tally_scales(&scale[weight[i + 2]],
                                         &scale[weight[i + 3]]);
        }

        estimate = facetree_tally_estimate(&sum[i], all, low, high);
        most = _mm_max_ps(most, estimate);
        which = (uint32_t) _mm_movemask_ps(_mm_cmpgt_ps(estimate, least));

        if (which) {
            least = _mm_set1_ps(facetree_tally_look(tally, split, best,
                                                    (uint32_t) i, which));
        }
    }

    most = _mm_max_ps(most, _mm_movehl_ps(most, most));
    most = _mm_max_ss(most, _mm_shuffle_ps(most, most, 1));

    return _mm_cvtss_f32(most);
}

#else

static inline float
facetree_tally_compare(facetree_tally_t *tally,
    facetree_tally_split_t *split, facetree_candidate_t *best,
    uint32_t start, uint32_t end, const int ones)
{
    float                          estimate, most, least;
    uint32_t                       i, left, right;
    const facetree_tally_scale_t  *scale;

    (void) ones;

    most = 0.0f;
    least = facetree_tally_least(tally, best);

    for (i = start; i < end; i++) {
        scale = &tally->scale[facetree_tally_weight_at(tally, i)];

        left = (uint32_t) tally->sum[i];
        right = (uint32_t) tally->squares + left
                - 2 * (uint32_t) (tally->sum[i] >> FACETREE_TALLY_PULL_SHIFT);
        estimate = (float) left * scale->left + (float) right * scale->right;

        most = most > estimate ? most : estimate;

        if (estimate > least) {
            least = facetree_tally_look(tally, split, best, i, 1);
        }
    }

    return most;
}

#endif


/*
 * All positions, noting by part what none exceeds.  A part that is compared
 * with some of its neighbours' notes no more than it may.
 */

static inline __attribute__((always_inline)) void
facetree_tally_compare_all(facetree_tally_t *tally,
    facetree_tally_split_t *split, facetree_candidate_t *best,
    const int ones)
{
    float              most, whole;
    uint32_t           i, start, end;
    facetree_reach_t  *reach;

    reach = &tally->reach;

    if (!tally->reaches || !reach->keep) {
        (void) facetree_tally_compare(tally, split, best, 0, split->count,
                                      ones);
        return;
    }

    most = 0.0f;
    start = 0;
    end = split->count;
    whole = (float) (tally->weight * (1.0 - FACETREE_TALLY_COARSE));

    for (i = 0; i < FACETREE_REACH_PARTS; i++) {

        if (ones) {
            end = i < FACETREE_REACH_LIGHT
                  ? reach->light[i]
                  : i < FACETREE_REACH_PARTS - 1
                    ? split->count - reach->light[FACETREE_REACH_PARTS - 2 - i]
                    : split->count;
        }

        /* if weights differ, what holds for all must do for each */

        if (ones || i == 0) {
            most = facetree_tally_compare(tally, split, best, start, end,
                                          ones);
        }

        facetree_reach_tell(reach, split->feature, i, whole - most);

        start = end / FACETREE_TALLY_BLOCK * FACETREE_TALLY_BLOCK;
    }
}


void
facetree_tally_compare_gini(facetree_tally_t *tally,
    facetree_tally_split_t *split, facetree_candidate_t *best)
{
    if (tally->ones) {
        facetree_tally_compare_all(tally, split, best, 1);

    } else {
        facetree_tally_compare_all(tally, split, best, 0);
    }
}


void
facetree_tally_compare_end(facetree_tally_t *tally,
    facetree_tally_split_t *split, facetree_candidate_t *best)
{
    float              most, whole;
    uint32_t           i, start, end;
    facetree_reach_t  *reach;

    start = 0;
    reach = &tally->reach;
    whole = (float) (tally->weight * (1.0 - FACETREE_TALLY_COARSE));

    for (i = 0; start < split->count; i++) {
        end = reach->light[i];
        most = facetree_tally_compare(tally, split, best, start, end, 1);

        if (reach->keep) {
            facetree_reach_tell(reach, split->feature,
                                split->reverse ? FACETREE_REACH_PARTS - 1 - i
                                               : i, whole - most);
        }

        start = end;
    }
}
