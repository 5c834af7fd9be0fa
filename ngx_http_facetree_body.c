
/*
 * Copyright (C) facetree contributors
 *
 * The body of a request: fed to the upload's parser as it arrives, refused
 * as soon as it is too large or broken, and given to the work in one piece.
 * The handlers of uploads and of the inference protocol call it.
 */


#include "ngx_http_facetree.h"

#include <sys/mman.h>


static ngx_int_t ngx_http_facetree_body_filter(ngx_http_request_t *r,
    ngx_chain_t *in);
static ngx_int_t ngx_http_facetree_body_feed(ngx_http_facetree_ctx_t *ctx,
    ngx_chain_t *in);
static void ngx_http_facetree_body_handler(ngx_http_request_t *r);
static void ngx_http_facetree_body_refuse(ngx_http_request_t *r);
static ngx_uint_t ngx_http_facetree_body_is_gone(ngx_http_request_t *r);
static facetree_status_e ngx_http_facetree_body_map(
    ngx_http_facetree_work_t *work);
static facetree_status_e ngx_http_facetree_body_copy(
    ngx_http_facetree_work_t *work);
static facetree_status_e ngx_http_facetree_body_read(
    const ngx_http_facetree_piece_t *piece, u_char *p);


static ngx_http_request_body_filter_pt  ngx_http_facetree_next_body_filter;


void
ngx_http_facetree_init_body_filter(void)
{
    ngx_http_facetree_next_body_filter = ngx_http_top_request_body_filter;
    ngx_http_top_request_body_filter = ngx_http_facetree_body_filter;
}


ngx_int_t
ngx_http_facetree_read_body(ngx_http_request_t *r,
    ngx_http_facetree_ctx_t *ctx)
{
    ngx_int_t  rc;

    /* A body in one buffer is used where it lies. */

    r->request_body_in_single_buf = 1;

    /* Subrequests share the body of their main request, which was read. */

    ctx->arriving = (r == r->main && r->request_body == NULL);

    rc = ngx_http_read_client_request_body(r, ngx_http_facetree_body_handler);

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        return rc;
    }

    /* A posted request calls the handler that nginx has just replaced. */

    if (ctx->state == NGX_HTTP_FACETREE_READING && ctx->dropped) {
        r->write_event_handler = ngx_http_facetree_body_refuse;
    }

    return NGX_DONE;
}


/*
 * Stands before the filter that keeps the body in memory or in a file.  What
 * arrives after a refusal is dropped there, so that it costs neither.
 */

static ngx_int_t
ngx_http_facetree_body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_buf_t                *b;
    ngx_chain_t              *cl, *last;
    ngx_http_facetree_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_facetree_module);

    if (ctx == NULL || !ctx->arriving || ctx->work.upload == NULL
        || ngx_http_facetree_body_feed(ctx, in) == NGX_OK)
    {
        return ngx_http_facetree_next_body_filter(r, in);
    }

    last = NULL;

    for (cl = in; cl; cl = cl->next) {
        b = cl->buf;
        b->pos = b->last;

        if (b->last_buf) {
            last = cl;
        }
    }

    return ngx_http_facetree_next_body_filter(r, last);
}


/* NGX_DECLINED when the body is refused. */

static ngx_int_t
ngx_http_facetree_body_feed(ngx_http_facetree_ctx_t *ctx, ngx_chain_t *in)
{
    ngx_buf_t           *b;
    ngx_chain_t         *cl;
    ngx_http_request_t  *r;

    if (ctx->dropped) {
        return NGX_DECLINED;
    }

    for (cl = in; cl; cl = cl->next) {
        b = cl->buf;

        if (facetree_upload_feed(ctx->work.upload, b->pos, b->last - b->pos,
                                 &ctx->error)
            == FACETREE_OK)
        {
            continue;
        }

        /*
         * nginx reads on in whoever has called the filter, so that the
         * request can be finalized only after that.
         */

        r = ctx->request;
        r->write_event_handler = ngx_http_facetree_body_refuse;

        ctx->dropped = 1;

        if (ngx_http_post_request(r, NULL) != NGX_OK) {
            ctx->error.status = FACETREE_ENOMEM;
        }

        return NGX_DECLINED;
    }

    return NGX_OK;
}


/* nginx has read the body. */

static void
ngx_http_facetree_body_handler(ngx_http_request_t *r)
{
    ngx_int_t                 rc;
    ngx_http_facetree_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_facetree_module);

    ctx->arriving = 0;

    if (ctx->dropped) {
        ngx_http_facetree_body_refuse(r);
        return;
    }

    rc = ngx_http_facetree_body_pieces(r, &ctx->work);

    if (rc == NGX_OK) {
        rc = ngx_http_facetree_work_start(r, ctx);

        if (rc == NGX_DONE) {
            return;
        }
    }

    ctx->state = NGX_HTTP_FACETREE_SENDING;

    ngx_http_finalize_request(r, rc);
}


/*
 * Refuses the body, of which more may be to come: the connection is closed
 * when the client has had time to read the answer.  What has arrived is no
 * longer whole.  Nobody gets it: not error_page, and for post_action the
 * request has no body.
 */

static void
ngx_http_facetree_body_refuse(ngx_http_request_t *r)
{
    ngx_event_t              *rev;
    ngx_http_facetree_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_facetree_module);

    if (ctx == NULL || ctx->state != NGX_HTTP_FACETREE_READING) {
        return;
    }

    ctx->state = NGX_HTTP_FACETREE_SENDING;

    rev = r->connection->read;

    if (rev->timer_set) {
        ngx_del_timer(rev);
    }

    r->read_event_handler = ngx_http_block_reading;
    r->write_event_handler = ngx_http_request_empty_handler;

    r->request_body->bufs = NULL;
    r->headers_in.content_length_n = 0;
    r->headers_in.content_length = NULL;
    r->headers_in.chunked = 0;

    if (ctx->arriving) {
        ctx->arriving = 0;

        r->keepalive = 0;
        r->lingering_close = 1;

#if (NGX_HTTP_V2)
        if (r->stream) {
            r->stream->skip_data = 1;
        }
#endif
    }

    ngx_http_finalize_request(r, ctx->refuse(r, ctx));
}


ngx_uint_t
ngx_http_facetree_is_refused(ngx_http_request_t *r)
{
    /* A subrequest has no body of its own that could be. */

    if (r != r->main) {
        return 0;
    }

    /* "error_page CODE =" and "=200" take the status away. */

    switch (r->err_status) {

    /* The client: nobody wants the answer with this status. */

    case NGX_HTTP_UNAUTHORIZED:
    case NGX_HTTP_FORBIDDEN:
    case NGX_HTTP_TOO_MANY_REQUESTS:
        return 1;

    /* The body, before any of it was read. */

    case NGX_HTTP_BAD_REQUEST:
    case NGX_HTTP_REQUEST_TIME_OUT:
    case NGX_HTTP_LENGTH_REQUIRED:
    case NGX_HTTP_REQUEST_ENTITY_TOO_LARGE:
        if (r->request_body == NULL) {
            return 1;
        }
    }

    return ngx_http_facetree_body_is_gone(r);
}


/* It did not come to its end, or was read to be thrown away. */

static ngx_uint_t
ngx_http_facetree_body_is_gone(ngx_http_request_t *r)
{
    ngx_table_elt_t  *length;

    if (r->discard_body) {
        return 1;
    }

#if (NGX_HTTP_V2)
    if (r->stream && r->stream->skip_data) {
        return 1;
    }
#endif

    if (r->request_body) {
        return r->request_body->rest > 0
               || (r->headers_in.chunked && r->request_body->bufs == NULL);
    }

    length = r->headers_in.content_length;

    return r->headers_in.content_length_n == 0 && length
           && ngx_atoof(length->value.data, length->value.len) > 0;
}


ngx_int_t
ngx_http_facetree_body_pieces(ngx_http_request_t *r,
    ngx_http_facetree_work_t *work)
{
    ngx_buf_t                  *b;
    ngx_uint_t                  n;
    ngx_chain_t                *cl;
    ngx_http_facetree_piece_t  *piece;

    if (r->request_body == NULL || r->request_body->bufs == NULL) {
        return NGX_OK;
    }

    n = 0;

    for (cl = r->request_body->bufs; cl; cl = cl->next) {
        n++;
    }

    work->pieces = ngx_pcalloc(r->pool, n * sizeof(ngx_http_facetree_piece_t));
    if (work->pieces == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    for (cl = r->request_body->bufs; cl; cl = cl->next) {
        b = cl->buf;
        piece = &work->pieces[work->pieces_n];

        if (b->in_file) {
            piece->fd = b->file->fd;
            piece->offset = b->file_pos;
            piece->len = (size_t) (b->file_last - b->file_pos);

        } else {
            piece->data = b->pos;
            piece->len = b->last - b->pos;
        }

        if (piece->len) {
            work->body_len += piece->len;
            work->pieces_n++;
        }
    }

    return NGX_OK;
}


facetree_status_e
ngx_http_facetree_body_gather(ngx_http_facetree_work_t *work)
{
    if (work->pieces_n == 0) {
        work->body = (u_char *) "";
        return FACETREE_OK;
    }

    if (work->pieces_n > 1) {
        return ngx_http_facetree_body_copy(work);
    }

    if (work->pieces->data == NULL) {
        return ngx_http_facetree_body_map(work);
    }

    work->body = work->pieces->data;

    return FACETREE_OK;
}


/*
 * The file is nginx's own: nobody else writes to it or cuts it.  It was
 * written a moment ago, so that its pages are there.
 */

static facetree_status_e
ngx_http_facetree_body_map(ngx_http_facetree_work_t *work)
{
    void                       *p;
    off_t                       offset;
    size_t                      skip;
    ngx_http_facetree_piece_t  *piece;

    piece = work->pieces;

    offset = piece->offset - piece->offset % (off_t) ngx_pagesize;
    skip = (size_t) (piece->offset - offset);

    p = mmap(NULL, skip + piece->len, PROT_READ, MAP_PRIVATE, piece->fd,
             offset);

    if (p == MAP_FAILED) {
        return facetree_fail_errno(&work->error, ngx_errno,
                                   "cannot map the body's temporary file");
    }

    work->map = p;
    work->map_len = skip + piece->len;
    work->body = (u_char *) p + skip;

    return FACETREE_OK;
}


static facetree_status_e
ngx_http_facetree_body_copy(ngx_http_facetree_work_t *work)
{
    u_char                     *p;
    ngx_uint_t                  i;
    facetree_status_e           rc;
    ngx_http_facetree_piece_t  *piece;

    work->copy = malloc(work->body_len);

    if (work->copy == NULL) {
        return facetree_fail(&work->error, FACETREE_ENOMEM,
                             FACETREE_NO_OFFSET, NULL);
    }

    p = work->copy;
    work->body = p;

    for (i = 0; i < work->pieces_n; i++) {
        piece = &work->pieces[i];

        if (piece->data) {
            ngx_memcpy(p, piece->data, piece->len);

        } else {
            rc = ngx_http_facetree_body_read(piece, p);

            if (rc != FACETREE_OK) {
                return facetree_fail_errno(&work->error, ngx_errno,
                                           "cannot read the body's temporary "
                                           "file");
            }
        }

        p += piece->len;
    }

    return FACETREE_OK;
}


static facetree_status_e
ngx_http_facetree_body_read(const ngx_http_facetree_piece_t *piece,
    u_char *p)
{
    size_t   done;
    ssize_t  n;

    for (done = 0; done < piece->len; done += (size_t) n) {

        n = pread(piece->fd, p + done, piece->len - done,
                  piece->offset + (off_t) done);

        if (n == -1 && ngx_errno == NGX_EINTR) {
            n = 0;
            continue;
        }

        if (n <= 0) {
            return FACETREE_EIO;
        }
    }

    return FACETREE_OK;
}
