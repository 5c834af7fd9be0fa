
/*
 * Copyright (C) facetree contributors
 */


#include "download.h"
#include "digest.h"
#include "facetree_int.h"
#include "output.h"

#include <curl/curl.h>
#include <string.h>
#include <strings.h>


#define FACETREE_DOWNLOAD_MAX        (256u << 20)
#define FACETREE_DOWNLOAD_CONNECT    5L
#define FACETREE_DOWNLOAD_STALL      20L
#define FACETREE_DOWNLOAD_TOTAL      600L
#define FACETREE_DOWNLOAD_REDIRECTS  10L
#define FACETREE_DOWNLOAD_PROTOCOLS  "http,https"


typedef struct {
    const facetree_download_t  *download;
    facetree_output_t           output;
    facetree_digest_t           digest;
    size_t                      len;
    facetree_download_e         result;    /* of the callback */
    facetree_error_t           *err;
} facetree_transfer_t;


/* Anything but the size it was given makes libcurl stop. */

static size_t
facetree_download_data(char *data, size_t size, size_t count, void *ctx)
{
    size_t                len;
    facetree_transfer_t  *transfer;

    transfer = ctx;
    len = size * count;

    if (len > FACETREE_DOWNLOAD_MAX - transfer->len) {
        facetree_fail(transfer->err, FACETREE_EIO, FACETREE_NO_OFFSET,
                      "download has more than %u bytes",
                      FACETREE_DOWNLOAD_MAX);
        transfer->result = FACETREE_DOWNLOAD_DIGEST;
        return 0;
    }

    if (facetree_output_write(&transfer->output, data, len, transfer->err)
        != FACETREE_OK)
    {
        transfer->result = FACETREE_DOWNLOAD_WRITE;
        return 0;
    }

    if (facetree_digest_update(&transfer->digest, data, len, transfer->err)
        != FACETREE_OK)
    {
        transfer->result = FACETREE_DOWNLOAD_MEMORY;
        return 0;
    }

    transfer->len += len;

    return len;
}


static int
facetree_download_progress(void *ctx, curl_off_t total, curl_off_t done,
    curl_off_t upload_total, curl_off_t uploaded)
{
    facetree_transfer_t  *transfer;

    (void) upload_total;
    (void) uploaded;

    transfer = ctx;

    if (transfer->download->progress && done > 0) {
        transfer->download->progress(transfer->download->ctx,
                                     (uint64_t) done,
                                     total > 0 ? (uint64_t) total : 0);
    }

    return 0;
}


static CURLcode
facetree_download_setup(CURL *curl, facetree_transfer_t *transfer)
{
    CURLcode  code;

    code = curl_easy_setopt(curl, CURLOPT_URL, transfer->download->url);

    if (code == CURLE_OK) {
        code = curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR,
                                FACETREE_DOWNLOAD_PROTOCOLS);
    }

    if (code == CURLE_OK) {
        code = curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR,
                                FACETREE_DOWNLOAD_PROTOCOLS);
    }

    if (code != CURLE_OK) {
        return code;
    }

    /* Options whose values are of the right type cannot fail. */

    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(curl, CURLOPT_MAXREDIRS, FACETREE_DOWNLOAD_REDIRECTS);
    curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, FACETREE_DOWNLOAD_CONNECT);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 100L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, FACETREE_DOWNLOAD_STALL);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, FACETREE_DOWNLOAD_TOTAL);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "facetree/" FACETREE_VERSION);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, facetree_download_data);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION,
                     facetree_download_progress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, transfer);

    return CURLE_OK;
}


static facetree_download_e
facetree_download_perform(CURL *curl, facetree_transfer_t *transfer)
{
    char      reason[CURL_ERROR_SIZE];
    CURLcode  code;

    reason[0] = '\0';

    code = facetree_download_setup(curl, transfer);

    if (code == CURLE_OK) {
        curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, reason);
        code = curl_easy_perform(curl);
        curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, NULL);
    }

    if (transfer->result != FACETREE_DOWNLOAD_OK) {
        return transfer->result;
    }

    if (code == CURLE_OK) {
        return FACETREE_DOWNLOAD_OK;
    }

    facetree_fail(transfer->err, FACETREE_EIO, FACETREE_NO_OFFSET,
                  "cannot download %.80s: %s", transfer->download->url,
                  reason[0] ? reason : curl_easy_strerror(code));

    if (code == CURLE_OUT_OF_MEMORY) {
        return FACETREE_DOWNLOAD_MEMORY;
    }

    return FACETREE_DOWNLOAD_FAILED;
}


/* The right bytes, or none. */

static facetree_download_e
facetree_download_finish(facetree_transfer_t *transfer)
{
    char  hex[FACETREE_DIGEST_HEX];

    if (facetree_digest_final(&transfer->digest, hex, transfer->err)
        != FACETREE_OK)
    {
        return FACETREE_DOWNLOAD_MEMORY;
    }

    if (strcasecmp(hex, transfer->download->sha256) != 0) {
        facetree_fail(transfer->err, FACETREE_EFORMAT, FACETREE_NO_OFFSET,
                      "%.60s: wrong content, SHA-256 is %.16s..., must be "
                      "%.16s...: nothing was kept", transfer->download->url,
                      hex, transfer->download->sha256);
        return FACETREE_DOWNLOAD_DIGEST;
    }

    if (facetree_output_commit(&transfer->output, transfer->err)
        != FACETREE_OK)
    {
        return FACETREE_DOWNLOAD_WRITE;
    }

    return FACETREE_DOWNLOAD_OK;
}


static facetree_download_e
facetree_download_transfer(facetree_transfer_t *transfer)
{
    CURL                 *curl;
    facetree_download_e   result;

    if (facetree_output_open(&transfer->output, transfer->download->path,
                             transfer->err)
        != FACETREE_OK)
    {
        return FACETREE_DOWNLOAD_CREATE;
    }

    if (facetree_digest_init(&transfer->digest, transfer->err)
        != FACETREE_OK)
    {
        return FACETREE_DOWNLOAD_MEMORY;
    }

    curl = curl_easy_init();

    if (curl == NULL) {
        facetree_fail(transfer->err, FACETREE_ENOMEM, FACETREE_NO_OFFSET,
                      NULL);
        return FACETREE_DOWNLOAD_MEMORY;
    }

    result = facetree_download_perform(curl, transfer);
    curl_easy_cleanup(curl);

    if (result != FACETREE_DOWNLOAD_OK) {
        return result;
    }

    return facetree_download_finish(transfer);
}


facetree_download_e
facetree_download(const facetree_download_t *download, size_t *len,
    facetree_error_t *err)
{
    facetree_download_e   result;
    facetree_transfer_t   transfer;

    if (strncasecmp(download->url, "http://", 7) != 0
        && strncasecmp(download->url, "https://", 8) != 0)
    {
        facetree_fail(err, FACETREE_EINVAL, FACETREE_NO_OFFSET,
                      "--url %.80s: must begin with http:// or https://",
                      download->url);
        return FACETREE_DOWNLOAD_URL;
    }

    memset(&transfer, 0, sizeof(transfer));

    transfer.download = download;
    transfer.err = err;

    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        facetree_fail(err, FACETREE_ENOMEM, FACETREE_NO_OFFSET, NULL);
        return FACETREE_DOWNLOAD_MEMORY;
    }

    result = facetree_download_transfer(&transfer);

    facetree_digest_clear(&transfer.digest);
    facetree_output_discard(&transfer.output);
    curl_global_cleanup();

    if (result == FACETREE_DOWNLOAD_OK) {
        *len = transfer.len;
    }

    return result;
}
