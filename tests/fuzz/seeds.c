
/*
 * Copyright (C) facetree contributors
 *
 * Writes the inputs that the fuzzers start from:
 *
 *     fuzz-seeds DIR
 *
 * makes DIR/image_decode, model_load, multipart and accept.  Pictures are
 * small and noisy and come from the libraries' own encoders, so that each
 * kind of file that a decoder knows has a specimen; models are random trees.
 */


#include "facetree.h"
#include "fixture_forest.h"
#include "fuzz.h"
#include "model_writer.h"
#include "seeds.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>


#define SEEDS_PATH  4096


static void
seeds_folder(const char *path)
{
    if (mkdir(path, 0755) != 0 && errno != EEXIST) {
        perror(path);
        exit(1);
    }
}


void
seeds_write(const seeds_t *seeds, const char *name, const void *data,
    size_t len)
{
    char   path[SEEDS_PATH];
    FILE  *stream;

    snprintf(path, sizeof(path), "%s/%s", seeds->dir, name);
    stream = fopen(path, "wb");

    if (stream == NULL || fwrite(data, 1, len, stream) != len
        || fclose(stream) != 0)
    {
        perror(path);
        exit(1);
    }
}


static void
seeds_models(const seeds_t *seeds)
{
    int                 strip;
    char                name[64];
    size_t              i, len;
    uint8_t            *file;
    facetree_error_t    err;
    facetree_forest_t   forest;

    static const uint32_t  trees[] = { 1, 3, 12 };

    for (i = 0; i < sizeof(trees) / sizeof(trees[0]); i++) {
        for (strip = 0; strip < 2; strip++) {
            facetree_test_forest(&forest, (uint32_t) i + 1, trees[i]);

            if (facetree_model_serialize(&forest, "{\"n\": [1, \"x\"]}", strip,
                                         &file, &len, &err) != FACETREE_OK)
            {
                fprintf(stderr, "model: %s\n", err.text);
                exit(1);
            }

            snprintf(name, sizeof(name), "forest-%u%s.ftm", trees[i],
                     strip ? "-stripped" : "");
            seeds_write(seeds, name, file, len);

            free(file);
            facetree_test_forest_clear(&forest);
        }
    }
}


static void
seeds_texts(const seeds_t *seeds, const char *const *texts, size_t count)
{
    char    name[64];
    size_t  i;

    for (i = 0; i < count; i++) {
        snprintf(name, sizeof(name), "%02zu.txt", i);
        seeds_write(seeds, name, texts[i], strlen(texts[i]));
    }
}


#define SEEDS_PART(disposition, data)                                         \
    "--b\r\nContent-Disposition: form-data; " disposition "\r\n"              \
    "Content-Type: image/png\r\n\r\n" data "\r\n"

static const char *const  seeds_multipart[] = {
    "multipart/form-data; boundary=b\n"
        SEEDS_PART("name=\"a\"; filename=\"x.png\"", "data") "--b--\r\n",
    "multipart/form-data; boundary=b\n"
        SEEDS_PART("name=a; filename=x", "\r\n--\r\n--bb\r\n--b-")
        SEEDS_PART("name=\"%22\\\"\"; filename*=UTF-8''%e2%82%ac", "")
        SEEDS_PART("name=\"text\"", "no file") "--b--",
    "multipart/form-data; boundary=\"--b\"\npreamble\r\n"
        "----b  \r\n\r\nx\r\n----b--\r\nepilogue",
    "Multipart/Form-Data;boundary=b; charset=utf-8\n"
        "--b\r\ncontent-disposition: form-data; name=\"f\";\r\n"
        " filename=\"\xff\xc3\xa9/..\\z\"\r\nX: y\r\n\r\n\r\r\n\n\r\n--b--",
    "multipart/form-data; boundary=b\n--b\r\n\r\nnever closed",
    "multipart/form-data; boundary=\n--\r\n",
    "multipart/form-data\n--b--",
    "image/png\nnot taken apart",
    "application/octet-stream\n",
    "\nno type",
    "text/plain\nrefused"
};

static const char *const  seeds_accept[] = {
    "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "application/json, text/*;q=0.5, text/html;level=1;q=0.125",
    "*/*", "TEXT/HTML ; Q=1.000 , application/JSON;q=0.", "",
    "text/html;a=\"b,\\\"c;q=0\";q=0.7, application/json;q=0.5",
    "text/html;q=1.001", "text/html/x, , ;"
};


int
main(int argc, char **argv)
{
    char     dir[SEEDS_PATH - 256];
    seeds_t  seeds;

    if (argc != 2) {
        fprintf(stderr, "usage: fuzz-seeds DIR\n");
        return 2;
    }

    seeds.dir = dir;
    seeds_folder(argv[1]);

    snprintf(dir, sizeof(dir), "%s/image_decode", argv[1]);
    seeds_folder(dir);
    seeds_pictures(&seeds);

    snprintf(dir, sizeof(dir), "%s/model_load", argv[1]);
    seeds_folder(dir);
    seeds_models(&seeds);

    snprintf(dir, sizeof(dir), "%s/multipart", argv[1]);
    seeds_folder(dir);
    seeds_texts(&seeds, seeds_multipart,
                sizeof(seeds_multipart) / sizeof(seeds_multipart[0]));

    snprintf(dir, sizeof(dir), "%s/accept", argv[1]);
    seeds_folder(dir);
    seeds_texts(&seeds, seeds_accept,
                sizeof(seeds_accept) / sizeof(seeds_accept[0]));

    return 0;
}
