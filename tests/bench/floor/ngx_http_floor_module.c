
/*
 * Copyright (C) facetree contributors
 *
 * The least that a handler of uploads can do in nginx: read the body, answer a
 * constant.  What facetree costs beyond that is its own.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


static ngx_int_t ngx_http_floor_handler(ngx_http_request_t *r);
static void ngx_http_floor_body_handler(ngx_http_request_t *r);
static ngx_int_t ngx_http_floor_send(ngx_http_request_t *r);
static char *ngx_http_floor(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);


/* As long as facetree's answer about one picture. */

static u_char  ngx_http_floor_answer[] =
    "{\"model\": {\"name\": \"faces\", \"version\": "
    "\"0000000000000000000000000000000000000000000000000000000000000000\"}, "
    "\"predictions\": [{\"label\": \"s00\", \"class\": 0, "
    "\"confidence\": 1.0, \"margin\": 1.0, \"decision\": \"accepted\", "
    "\"top\": [{\"label\": \"s00\", \"class\": 0, \"probability\": 1.0}, "
    "{\"label\": \"s01\", \"class\": 1, \"probability\": 0.0}, "
    "{\"label\": \"s02\", \"class\": 2, \"probability\": 0.0}, "
    "{\"label\": \"s03\", \"class\": 3, \"probability\": 0.0}, "
    "{\"label\": \"s04\", \"class\": 4, \"probability\": 0.0}], "
    "\"image\": {\"format\": \"png\", \"width\": 64, \"height\": 64, "
    "\"orientation\": 1}}], \"timing_us\": {\"decode\": 0, "
    "\"predict\": 0}}\n";


static ngx_command_t  ngx_http_floor_commands[] = {

    { ngx_string("floor"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_floor,
      0,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_floor_module_ctx = {
    NULL,                                  /* preconfiguration */
    NULL,                                  /* postconfiguration */

    NULL,                                  /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    NULL,                                  /* create location configuration */
    NULL                                   /* merge location configuration */
};


ngx_module_t  ngx_http_floor_module = {
    NGX_MODULE_V1,
    &ngx_http_floor_module_ctx,            /* module context */
    ngx_http_floor_commands,               /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    NULL,                                  /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    NULL,                                  /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_int_t
ngx_http_floor_handler(ngx_http_request_t *r)
{
    ngx_int_t  rc;

    r->request_body_in_single_buf = 1;

    rc = ngx_http_read_client_request_body(r, ngx_http_floor_body_handler);

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        return rc;
    }

    return NGX_DONE;
}


static void
ngx_http_floor_body_handler(ngx_http_request_t *r)
{
    ngx_http_finalize_request(r, ngx_http_floor_send(r));
}


static ngx_int_t
ngx_http_floor_send(ngx_http_request_t *r)
{
    ngx_int_t     rc;
    ngx_buf_t    *b;
    ngx_chain_t   out;

    r->headers_out.status = NGX_HTTP_OK;
    r->headers_out.content_length_n = sizeof(ngx_http_floor_answer) - 1;
    ngx_str_set(&r->headers_out.content_type, "application/json");
    r->headers_out.content_type_len = r->headers_out.content_type.len;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_ERROR;
    }

    b->pos = ngx_http_floor_answer;
    b->last = b->pos + sizeof(ngx_http_floor_answer) - 1;
    b->memory = 1;
    b->last_buf = 1;
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


static char *
ngx_http_floor(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_http_floor_handler;

    return NGX_CONF_OK;
}
