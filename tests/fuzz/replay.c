
/*
 * Copyright (C) facetree contributors
 *
 * Runs a fuzz target without a fuzzer, over files and folders:
 *
 *     replay-TARGET [-m MUTANTS] [-s SEED] PATH...
 *
 * Each file is an input as it is, and then MUTANTS more times after a few
 * changes by the target's own mutator, the same ones in every run.  An input
 * that breaks the property, or that a sanitizer objects to, ends the program.
 */


#define _GNU_SOURCE             /* S_ISDIR and friends under -std=c11 */

#include "fuzz.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>


#define REPLAY_MAX_LEN   (16 * 1024 * 1024)
#define REPLAY_GROWTH    4096
#define REPLAY_PATH_LEN  4096


typedef struct {
    unsigned  mutants;
    uint32_t  seed;
    size_t    files;
    size_t    inputs;
} replay_t;


/* Absent from a target that has none. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
    unsigned seed) __attribute__((weak));

static uint32_t  replay_state = 1;


/* Stands in for libFuzzer's own: a change of a few bytes, or of the length. */

size_t
LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size)
{
    size_t    at, len;
    uint32_t  i;

    switch (fuzz_random(&replay_state) % 8) {

    case 0:
        return size ? fuzz_random(&replay_state) % size : 0;

    case 1:                                     /* repeat a piece */
        len = size / 4;
        len = (len < max_size - size) ? len : max_size - size;
        at = size ? fuzz_random(&replay_state) % size : 0;
        len = (len < size - at) ? len : size - at;
        memmove(data + at + len, data + at, size - at);

        return size + len;

    case 2:                                     /* a run of extreme bytes */
        at = size ? fuzz_random(&replay_state) % size : 0;

        for (i = 0; i < 4 && at + i < size; i++) {
            data[at + i] = (fuzz_random(&replay_state) & 1) ? 0xff : 0;
        }

        return size;

    default:
        for (i = fuzz_random(&replay_state) % 4 + 1; i && size; i--) {
            data[fuzz_random(&replay_state) % size]
                ^= (uint8_t) (1u << fuzz_random(&replay_state) % 8);
        }

        return size;
    }
}


static void
replay_file(replay_t *replay, const char *path)
{
    long      end;
    FILE     *stream;
    size_t    len, mutated, room;
    uint8_t  *data, *copy;
    unsigned  i;

    stream = fopen(path, "rb");

    if (stream == NULL || fseek(stream, 0, SEEK_END) != 0
        || (end = ftell(stream)) < 0 || end > REPLAY_MAX_LEN)
    {
        fprintf(stderr, "%s: cannot be read\n", path);
        exit(2);
    }

    len = (size_t) end;
    room = len + REPLAY_GROWTH;
    data = malloc(len + 1);
    copy = malloc(room);
    rewind(stream);

    if (data == NULL || copy == NULL || fread(data, 1, len, stream) != len) {
        fprintf(stderr, "%s: cannot be read\n", path);
        exit(2);
    }

    fclose(stream);

    LLVMFuzzerTestOneInput(data, len);
    replay->files++;
    replay->inputs++;
    replay_state = replay->seed;

    for (i = 0; i < replay->mutants; i++) {
        memcpy(copy, data, len);

        mutated = LLVMFuzzerCustomMutator
                  ? LLVMFuzzerCustomMutator(copy, len, room,
                                            fuzz_random(&replay_state))
                  : LLVMFuzzerMutate(copy, len, room);

        LLVMFuzzerTestOneInput(copy, mutated);
        replay->inputs++;
    }

    free(data);
    free(copy);
}


static void
replay_path(replay_t *replay, const char *path)
{
    DIR            *dir;
    char            inner[REPLAY_PATH_LEN];
    struct stat     info;
    struct dirent  *entry;

    if (stat(path, &info) != 0) {
        fprintf(stderr, "%s: cannot be read\n", path);
        exit(2);
    }

    if (!S_ISDIR(info.st_mode)) {
        replay_file(replay, path);
        return;
    }

    dir = opendir(path);
    if (dir == NULL) {
        fprintf(stderr, "%s: cannot be read\n", path);
        exit(2);
    }

    while ((entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] != '.') {
            snprintf(inner, sizeof(inner), "%s/%s", path, entry->d_name);
            replay_path(replay, inner);
        }
    }

    closedir(dir);
}


int
main(int argc, char **argv)
{
    int       i;
    replay_t  replay;

    memset(&replay, 0, sizeof(replay));
    replay.seed = 1;

    for (i = 1; i + 1 < argc && argv[i][0] == '-'; i += 2) {
        if (strcmp(argv[i], "-m") == 0) {
            replay.mutants = (unsigned) strtoul(argv[i + 1], NULL, 10);

        } else if (strcmp(argv[i], "-s") == 0) {
            replay.seed = (uint32_t) strtoul(argv[i + 1], NULL, 10) | 1;
        }
    }

    for ( /* void */ ; i < argc; i++) {
        replay_path(&replay, argv[i]);
    }

    printf("%s: %zu inputs from %zu files\n", argv[0], replay.inputs,
           replay.files);

    return replay.files ? 0 : 2;
}
