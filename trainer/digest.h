
/*
 * Copyright (C) facetree contributors
 *
 * SHA-256 of what is read, trained on or downloaded.
 */


#ifndef FACETREE_DIGEST_H
#define FACETREE_DIGEST_H


#include "facetree.h"

#include <openssl/evp.h>


#pragma GCC visibility push(hidden)


#define FACETREE_DIGEST_HEX  65

typedef struct {
    EVP_MD_CTX  *ctx;
} facetree_digest_t;


/* Fail with FACETREE_ENOMEM, the only thing that can go wrong. */
facetree_status_e facetree_digest_init(facetree_digest_t *digest,
    facetree_error_t *err);
facetree_status_e facetree_digest_update(facetree_digest_t *digest,
    const void *data, size_t len, facetree_error_t *err);

/* Lower-case hex, terminated; frees the state. */
facetree_status_e facetree_digest_final(facetree_digest_t *digest,
    char hex[FACETREE_DIGEST_HEX], facetree_error_t *err);

/* Frees the state; needed only when facetree_digest_final() is not called. */
void facetree_digest_clear(facetree_digest_t *digest);

/* All in one. */
facetree_status_e facetree_digest(const void *data, size_t len,
    char hex[FACETREE_DIGEST_HEX], facetree_error_t *err);


#pragma GCC visibility pop


#endif /* FACETREE_DIGEST_H */
