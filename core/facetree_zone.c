
/*
 * Copyright (C) facetree contributors
 *
 * Decides which blocks of counters a shared memory zone keeps.  The nginx
 * module calls it in the master process when it reads a configuration.
 */


#include "facetree_metrics.h"

#include <string.h>


uint32_t
facetree_generations_alive(facetree_process_t *known, const int64_t *pids,
    uint32_t count, uint64_t generation, uint64_t *alive)
{
    uint32_t  i, n;

    n = 0;
    alive[n++] = generation;

    for (i = 0; i < count; i++) {

        if (known[i].pid != pids[i]) {
            known[i].pid = pids[i];
            known[i].generation = generation;
        }

        if (pids[i] != 0 && known[i].generation != generation) {
            alive[n++] = known[i].generation;
        }
    }

    return n;
}


void
facetree_block_init(facetree_block_t *block, const char *name,
    const char *version)
{
    memset(block, 0, sizeof(facetree_block_t));

    strncpy(block->name, name, FACETREE_BLOCK_NAME_LEN);
    strncpy(block->version, version, FACETREE_MODEL_VERSION_LEN);

    block->wanted = 1;
}


void
facetree_blocks_begin(facetree_block_t *const *blocks, uint32_t count)
{
    uint32_t  i;

    for (i = 0; i < count; i++) {
        blocks[i]->wanted = 0;
    }
}


facetree_block_t *
facetree_blocks_want(facetree_block_t *const *blocks, uint32_t count,
    const char *name, const char *version)
{
    uint32_t  i;

    for (i = 0; i < count; i++) {
        if (strncmp(blocks[i]->name, name, FACETREE_BLOCK_NAME_LEN) == 0
            && strncmp(blocks[i]->version, version,
                       FACETREE_MODEL_VERSION_LEN) == 0)
        {
            blocks[i]->wanted = 1;
            return blocks[i];
        }
    }

    return NULL;
}


/* A block without generations was made for a configuration that failed. */

static int
facetree_block_used(const facetree_block_t *block, const uint64_t *alive,
    uint32_t count)
{
    uint32_t  i;

    if (block->first == 0) {
        return 0;
    }

    for (i = 0; i < count; i++) {
        if (block->first <= alive[i] && alive[i] <= block->last) {
            return 1;
        }
    }

    return 0;
}


uint32_t
facetree_blocks_sweep(facetree_block_t **blocks, uint32_t count,
    const uint64_t *alive, uint32_t alive_count)
{
    uint32_t           i, kept;
    facetree_block_t  *block;

    kept = 0;

    for (i = 0; i < count; i++) {
        block = blocks[i];

        if (block->wanted || facetree_block_used(block, alive, alive_count)) {
            blocks[i] = blocks[kept];
            blocks[kept++] = block;
        }
    }

    return kept;
}


void
facetree_blocks_commit(facetree_block_t *const *blocks, uint32_t count,
    uint64_t generation)
{
    uint32_t  i;

    for (i = 0; i < count; i++) {
        if (blocks[i]->wanted) {
            blocks[i]->last = generation;

            if (blocks[i]->first == 0) {
                blocks[i]->first = generation;
            }
        }
    }
}
