
/*
 * Copyright (C) facetree contributors
 */


#include "digest.h"
#include "facetree_int.h"

#include <stdio.h>


facetree_status_e
facetree_digest_init(facetree_digest_t *digest, facetree_error_t *err)
{
    digest->ctx = EVP_MD_CTX_new();

    if (digest->ctx
        && EVP_DigestInit_ex(digest->ctx, EVP_sha256(), NULL) == 1)
    {
        return FACETREE_OK;
    }

    facetree_digest_clear(digest);

    return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
}


facetree_status_e
facetree_digest_update(facetree_digest_t *digest, const void *data,
    size_t len, facetree_error_t *err)
{
    if (EVP_DigestUpdate(digest->ctx, data, len) == 1) {
        return FACETREE_OK;
    }

    return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
}


facetree_status_e
facetree_digest_final(facetree_digest_t *digest,
    char hex[FACETREE_DIGEST_HEX], facetree_error_t *err)
{
    int            ok;
    unsigned       i, len;
    unsigned char  bytes[EVP_MAX_MD_SIZE];

    ok = EVP_DigestFinal_ex(digest->ctx, bytes, &len);
    facetree_digest_clear(digest);

    if (ok != 1) {
        return facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
    }

    for (i = 0; i < len && 2 * i + 2 < FACETREE_DIGEST_HEX; i++) {
        snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
    }

    return FACETREE_OK;
}


void
facetree_digest_clear(facetree_digest_t *digest)
{
    EVP_MD_CTX_free(digest->ctx);
    digest->ctx = NULL;
}


facetree_status_e
facetree_digest(const void *data, size_t len, char hex[FACETREE_DIGEST_HEX],
    facetree_error_t *err)
{
    facetree_status_e  status;
    facetree_digest_t  digest;

    status = facetree_digest_init(&digest, err);

    if (status != FACETREE_OK) {
        return status;
    }

    status = facetree_digest_update(&digest, data, len, err);

    if (status != FACETREE_OK) {
        facetree_digest_clear(&digest);
        return status;
    }

    return facetree_digest_final(&digest, hex, err);
}
