
/*
 * Copyright (C) facetree contributors
 *
 * Which blocks of counters a zone keeps over reloads, refused and taken.  The
 * zone here is an array, and the processes are numbers.
 */


#include <criterion/criterion.h>

#include "facetree_metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>


#define SLOTS  8
#define ROOM   64

#define VERSION                                                               \
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OTHER                                                                 \
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdee"


typedef struct {
    facetree_block_t    *blocks[ROOM];
    uint32_t             count;
    facetree_process_t   known[SLOTS];
    int64_t              pids[SLOTS];
    uint64_t             generation;
    uint64_t             alive[SLOTS + 1];
} zone_t;


static uint32_t
zone_alive(zone_t *zone)
{
    return facetree_generations_alive(zone->known, zone->pids, SLOTS,
                                      zone->generation, zone->alive);
}


/* What nginx does before it knows whether the configuration is good. */

static facetree_block_t *
zone_prepare(zone_t *zone, const char *name, const char *version)
{
    uint32_t           kept;
    facetree_block_t  *block;

    facetree_blocks_begin(zone->blocks, zone->count);
    (void) facetree_blocks_want(zone->blocks, zone->count, name, version);

    kept = facetree_blocks_sweep(zone->blocks, zone->count, zone->alive,
                                 zone_alive(zone));

    while (zone->count > kept) {
        free(zone->blocks[--zone->count]);
    }

    block = facetree_blocks_want(zone->blocks, zone->count, name, version);

    if (block == NULL) {
        cr_assert_lt(zone->count, ROOM, "the zone is full");

        block = malloc(sizeof(facetree_block_t));
        cr_assert_not_null(block);

        facetree_block_init(block, name, version);
        zone->blocks[zone->count++] = block;
    }

    return block;
}


static void
zone_commit(zone_t *zone)
{
    (void) zone_alive(zone);
    facetree_blocks_commit(zone->blocks, zone->count, ++zone->generation);
}


static facetree_block_t *
zone_take(zone_t *zone, const char *name)
{
    facetree_block_t  *block;

    block = zone_prepare(zone, name, VERSION);
    zone_commit(zone);

    return block;
}


static int
zone_has(const zone_t *zone, const char *name)
{
    uint32_t  i;

    for (i = 0; i < zone->count; i++) {
        if (strcmp(zone->blocks[i]->name, name) == 0) {
            return 1;
        }
    }

    return 0;
}


static void
zone_end(zone_t *zone)
{
    while (zone->count) {
        free(zone->blocks[--zone->count]);
    }
}


Test(zone, refused_configurations_change_nothing)
{
    char               name[32];
    zone_t             zone;
    uint32_t           i;
    facetree_block_t  *block;

    memset(&zone, 0, sizeof(zone));

    block = zone_take(&zone, "m");
    zone.pids[0] = 100;
    block->counters.success = 7;

    for (i = 0; i < 1000; i++) {
        snprintf(name, sizeof(name), "new-%u", i);
        cr_assert_neq(zone_prepare(&zone, name, VERSION), block);
        cr_assert_neq(zone_prepare(&zone, "m", OTHER), block);
        cr_assert_leq(zone.count, 2);
    }

    cr_assert_eq(zone_take(&zone, "m"), block);
    cr_assert_eq(block->counters.success, 7);
    cr_assert_eq(zone.count, 1);

    zone_end(&zone);
}


Test(zone, thousand_names_need_no_more_than_two_blocks)
{
    char      name[32];
    zone_t    zone;
    uint32_t  i;

    memset(&zone, 0, sizeof(zone));

    for (i = 0; i < 1000; i++) {
        snprintf(name, sizeof(name), "name-%u", i);
        zone_take(&zone, name);
        cr_assert_leq(zone.count, 2);

        /* The workers of before end, those of now start. */

        zone.pids[i % 2] = 100 + (int64_t) i;
        zone.pids[(i + 1) % 2] = 0;
    }

    zone_end(&zone);
}


/* Of the generations in between nothing stays. */

Test(zone, living_process_keeps_its_blocks)
{
    char               name[32];
    zone_t             zone;
    uint32_t           i;
    facetree_block_t  *held;

    memset(&zone, 0, sizeof(zone));

    held = zone_take(&zone, "held");
    zone.pids[3] = 1;

    for (i = 0; i < 1000; i++) {
        snprintf(name, sizeof(name), "name-%u", i);
        cr_assert_neq(zone_take(&zone, name), held);
        cr_assert(zone_has(&zone, "held"));
        cr_assert_leq(zone.count, 3);
        zone.pids[0] = 100 + (int64_t) i;
    }

    zone.pids[3] = 0;
    zone_take(&zone, "last");
    cr_assert_not(zone_has(&zone, "held"));

    zone_end(&zone);
}


/* Killed in the second generation, and started again in its slot. */

Test(zone, new_process_in_an_old_slot_is_of_today)
{
    zone_t  zone;

    memset(&zone, 0, sizeof(zone));

    zone_take(&zone, "one");
    zone.pids[0] = 10;
    zone_take(&zone, "two");
    zone.pids[0] = 11;
    zone_take(&zone, "three");
    cr_assert_not(zone_has(&zone, "one"));
    cr_assert(zone_has(&zone, "two"));

    zone_take(&zone, "four");
    cr_assert(zone_has(&zone, "two"), "process 11 is of generation 2");
    cr_assert(zone_has(&zone, "three"), "of the configuration before");

    zone_end(&zone);
}


Test(zone, names_and_versions_are_told_apart)
{
    zone_t             zone;
    facetree_block_t  *one, *two;

    memset(&zone, 0, sizeof(zone));

    one = zone_prepare(&zone, "m", VERSION);
    zone_commit(&zone);
    two = zone_prepare(&zone, "m", OTHER);
    zone_commit(&zone);

    cr_assert_neq(one, two);
    cr_assert_str_eq(one->name, "m");
    cr_assert_str_eq(one->version, VERSION);
    cr_assert_str_eq(two->version, OTHER);
    cr_assert_eq(zone_prepare(&zone, "m", VERSION), one);

    zone_end(&zone);
}
