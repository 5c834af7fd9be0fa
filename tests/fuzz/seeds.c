
/*
 * Copyright (C) facetree contributors
 *
 * Writes the inputs that the fuzzers start from:
 *
 *     fuzz-seeds DIR
 *
 * makes a folder there for each target.  Pictures are small and noisy and come
 * from the libraries' own encoders, so that each kind of file that a decoder
 * knows has a specimen; models are random trees.
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


/*
 * For a model of 6 x 5 pixels and 7 classes: see fuzz_inference.c.  The
 * picture in base64 is a PGM of 2 x 2.
 */

#define SEEDS_PGM  "UDUgMiAyIDI1NQoAQID/"
#define SEEDS_ROW  "0,1,2,3,4,255"

#define SEEDS_JSON(rest)                                                      \
    "application/json\n\n\n"                                                  \
    "{\"inputs\":[{\"name\":\"image\"," rest "}]}"

#define SEEDS_BINARY(shape, type, size, raw)                                  \
    "application/octet-stream\n\n#\n"                                         \
    "{\"inputs\":[{\"name\":\"image\",\"shape\":" shape ","                   \
    "\"datatype\":\"" type "\",\"parameters\":{\"binary_data_size\":" size    \
    "}}],\"parameters\":{\"binary_data_output\":true}}\n\n" raw

static const char *const  seeds_inference[] = {
    SEEDS_JSON("\"shape\":[1],\"datatype\":\"BYTES\",\"parameters\":"
               "{\"content_type\":\"base64\"},\"data\":[\"" SEEDS_PGM "\"]"),
    SEEDS_JSON("\"shape\":[2,1],\"datatype\":\"BYTES\",\"parameters\":"
               "{\"content_type\":\"base64\"},\"data\":[[\"" SEEDS_PGM "\"],"
               "[\"b25l\"]]"),
    SEEDS_JSON("\"shape\":[1,5,6],\"datatype\":\"UINT8\",\"data\":[[["
               SEEDS_ROW "],[" SEEDS_ROW "],[" SEEDS_ROW "],[" SEEDS_ROW "],["
               SEEDS_ROW "]]]"),
    SEEDS_JSON("\"shape\":[1,30],\"datatype\":\"FP32\",\"data\":["
               "0,0.5,1,1e-3,0.25,0,0,0.5,1,1e-3,0.25,0,0,0.5,1,1e-3,0.25,0,"
               "0,0.5,1,1e-3,0.25,0,0,0.5,1,1e-3,0.25,0.9999999]"),
    "application/json; charset=utf-8\nidentity\n\n"
        "{\"id\":\"a\\u0000\\ud83d\\ude00\",\"parameters\":"
        "{\"binary_data_output\":false,\"x\":1.5},\"outputs\":["
        "{\"name\":\"probabilities\",\"parameters\":{\"classification\":3}},"
        "{\"name\":\"label\",\"parameters\":{\"binary_data\":true}},"
        "{\"name\":\"class\"}],\"inputs\":[{\"name\":\"image\",\"shape\":[1],"
        "\"datatype\":\"BYTES\",\"parameters\":{\"content_type\":"
        "\"base64\"},\"data\":[\"" SEEDS_PGM "\"]}]}",
    SEEDS_BINARY("[1,30]", "UINT8", "30", "abcdefghijklmnopqrstuvwxyz0123"),
    SEEDS_BINARY("[1]", "BYTES", "7", "#123"),
    SEEDS_BINARY("[1,5,6]", "FP32", "120", "abcd"),
    "application/octet-stream\n\n0\nP5 2 2 255\n1234",
    "image/png\n\n0\n",
    "\n\n7\n{}",
    "\ngzip\n\n{}",
    "text/plain\n\n\n[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
    "\n\n\n[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
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

    snprintf(dir, sizeof(dir), "%s/inference", argv[1]);
    seeds_folder(dir);
    seeds_texts(&seeds, seeds_inference,
                sizeof(seeds_inference) / sizeof(seeds_inference[0]));

    return 0;
}
