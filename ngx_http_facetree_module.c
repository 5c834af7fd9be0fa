
/*
 * Copyright (C) facetree contributors
 *
 * Classifies uploaded face pictures inside nginx: the directives, and the
 * models that they load.  The module's files only glue; what a picture or a
 * model is, core/ knows.
 */


#include "ngx_http_facetree.h"


/*
 * Defaults of facetree_threads.  One thread a worker, as there is a worker a
 * core: with more, small pictures would wait as well.  So many photos of 12
 * megapixels are worth 2 to 8 seconds.
 */
#define NGX_HTTP_FACETREE_THREADS_MAX    1
#define NGX_HTTP_FACETREE_THREADS_QUEUE  64


static ngx_int_t ngx_http_facetree_init(ngx_conf_t *cf);
static void *ngx_http_facetree_create_main_conf(ngx_conf_t *cf);
static char *ngx_http_facetree_init_main_conf(ngx_conf_t *cf, void *conf);
static void *ngx_http_facetree_create_loc_conf(ngx_conf_t *cf);
static char *ngx_http_facetree_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);
static ngx_int_t ngx_http_facetree_merge_pool(ngx_conf_t *cf,
    ngx_http_facetree_loc_conf_t *prev, ngx_http_facetree_loc_conf_t *conf);
static char *ngx_http_facetree_model(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_facetree_load(ngx_conf_t *cf,
    ngx_http_facetree_main_conf_t *mcf, ngx_http_facetree_model_t *model);
static void ngx_http_facetree_model_cleanup(void *data);
static char *ngx_http_facetree(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_facetree_threshold(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_facetree_threads(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_facetree_gone(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_facetree_zone(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_facetree_content(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_facetree_answers(ngx_conf_t *cf,
    ngx_http_facetree_loc_conf_t *flcf, ngx_http_handler_pt handler);


static ngx_conf_num_bounds_t  ngx_http_facetree_top_k_bounds = {
    ngx_conf_check_num_bounds, 1, 1000
};

static ngx_conf_num_bounds_t  ngx_http_facetree_max_images_bounds = {
    ngx_conf_check_num_bounds, 1, 1000
};

static ngx_conf_num_bounds_t  ngx_http_facetree_max_pixels_bounds = {
    ngx_conf_check_num_bounds, 1, 1000000000
};

/* Of a size, which is as wide. */

static ngx_conf_num_bounds_t  ngx_http_facetree_max_bytes_bounds = {
    ngx_conf_check_num_bounds, 1, 1024 * 1024 * 1024
};


/*
 * The least has room for the picture that is decoded by rows, and for the
 * first piece of memory that a job gets.
 */

static ngx_conf_num_bounds_t  ngx_http_facetree_memory_bounds = {
    ngx_conf_check_num_bounds, 8 * 1024 * 1024, -1
};

static ngx_conf_num_bounds_t  ngx_http_facetree_decode_timeout_bounds = {
    ngx_conf_check_num_bounds, 1, 600000
};


static ngx_conf_enum_t  ngx_http_facetree_modes[] = {
    { ngx_string("exact"), FACETREE_DECODE_EXACT },
    { ngx_string("fast"), FACETREE_DECODE_FAST },
    { ngx_null_string, 0 }
};


static ngx_conf_bitmask_t  ngx_http_facetree_formats[] = {
    { ngx_string("jpeg"), FACETREE_FORMAT_BIT(FACETREE_JPEG) },
    { ngx_string("png"), FACETREE_FORMAT_BIT(FACETREE_PNG) },
    { ngx_string("webp"), FACETREE_FORMAT_BIT(FACETREE_WEBP) },
    { ngx_string("bmp"), FACETREE_FORMAT_BIT(FACETREE_BMP) },
    { ngx_string("pnm"), FACETREE_FORMAT_BIT(FACETREE_PNM) },
    { ngx_null_string, 0 }
};


static ngx_command_t  ngx_http_facetree_commands[] = {

    { ngx_string("facetree_model"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE2,
      ngx_http_facetree_model,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("facetree"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_facetree,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("facetree_field"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_facetree_loc_conf_t, field),
      NULL },

    { ngx_string("facetree_top_k"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_facetree_loc_conf_t, top_k),
      &ngx_http_facetree_top_k_bounds },

    { ngx_string("facetree_max_images"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_facetree_loc_conf_t, max_images),
      &ngx_http_facetree_max_images_bounds },

    { ngx_string("facetree_max_pixels"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_facetree_loc_conf_t, max_pixels),
      &ngx_http_facetree_max_pixels_bounds },

    { ngx_string("facetree_max_bytes"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_facetree_loc_conf_t, max_bytes),
      &ngx_http_facetree_max_bytes_bounds },

    { ngx_string("facetree_decode_timeout"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_facetree_loc_conf_t, decode_timeout),
      &ngx_http_facetree_decode_timeout_bounds },

    { ngx_string("facetree_decode"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_enum_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_facetree_loc_conf_t, mode),
      &ngx_http_facetree_modes },

    { ngx_string("facetree_page"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_facetree_loc_conf_t, page),
      NULL },

    { ngx_string("facetree_formats"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_conf_set_bitmask_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_facetree_loc_conf_t, formats),
      &ngx_http_facetree_formats },

    { ngx_string("facetree_threshold"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_facetree_threshold,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("facetree_threads"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE123,
      ngx_http_facetree_threads,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("facetree_memory"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_facetree_main_conf_t, memory),
      &ngx_http_facetree_memory_bounds },

    { ngx_string("facetree_zone"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_facetree_zone,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("facetree_inference"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_facetree_content,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      ngx_http_facetree_inference_handler },

    { ngx_string("facetree_problem"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_facetree_content,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      ngx_http_facetree_problem_handler },

    { ngx_string("facetree_metrics"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_facetree_content,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      ngx_http_facetree_metrics_handler },

    { ngx_string("facetree_status"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_facetree_content,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      ngx_http_facetree_status_handler },

    /* Of 0.1; to be refused from 0.3 on. */

    { ngx_string("facetree_max_frame_pixels"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_facetree_gone,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      "see facetree_memory" },

    { ngx_string("facetree_max_side"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_facetree_gone,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      "see facetree_max_pixels" },

    { ngx_string("facetree_max_scans"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_facetree_gone,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      "see facetree_decode_timeout" },

    { ngx_string("facetree_max_memory"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_facetree_gone,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      "see facetree_memory" },

    { ngx_string("facetree_max_exif"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_facetree_gone,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      "EXIF data of more than 64k are passed over" },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_facetree_module_ctx = {
    ngx_http_facetree_add_variables,       /* preconfiguration */
    ngx_http_facetree_init,                /* postconfiguration */

    ngx_http_facetree_create_main_conf,    /* create main configuration */
    ngx_http_facetree_init_main_conf,      /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_facetree_create_loc_conf,     /* create location configuration */
    ngx_http_facetree_merge_loc_conf       /* merge location configuration */
};


ngx_module_t  ngx_http_facetree_module = {
    NGX_MODULE_V1,
    &ngx_http_facetree_module_ctx,         /* module context */
    ngx_http_facetree_commands,            /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    ngx_http_facetree_init_module,         /* init module */
    ngx_http_facetree_init_process,        /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    NULL,                                  /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


ngx_http_facetree_model_t *
ngx_http_facetree_find_model(ngx_http_facetree_main_conf_t *mcf,
    ngx_str_t *name)
{
    ngx_uint_t                  i;
    ngx_http_facetree_model_t  *model;

    model = mcf->models.elts;

    for (i = 0; i < mcf->models.nelts; i++) {
        if (model[i].name.len == name->len
            && ngx_strncmp(model[i].name.data, name->data, name->len) == 0)
        {
            return &model[i];
        }
    }

    return NULL;
}


static ngx_int_t
ngx_http_facetree_init(ngx_conf_t *cf)
{
    ngx_http_handler_pt            *h;
    ngx_http_core_main_conf_t      *cmcf;
    ngx_http_facetree_main_conf_t  *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_facetree_module);

    ngx_http_facetree_init_body_filter();

    if (mcf->zone == NULL) {
        return NGX_OK;
    }

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_LOG_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_http_facetree_count_request;

    return NGX_OK;
}


static void *
ngx_http_facetree_create_main_conf(ngx_conf_t *cf)
{
    ngx_http_facetree_main_conf_t  *mcf;

    mcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_facetree_main_conf_t));
    if (mcf == NULL) {
        return NULL;
    }

    if (ngx_array_init(&mcf->models, cf->pool, 4,
                       sizeof(ngx_http_facetree_model_t))
        != NGX_OK)
    {
        return NULL;
    }

    if (ngx_array_init(&mcf->pools, cf->pool, 1,
                       sizeof(ngx_http_facetree_pool_t *))
        != NGX_OK)
    {
        return NULL;
    }

    mcf->memory = NGX_CONF_UNSET_SIZE;

    return mcf;
}


static char *
ngx_http_facetree_init_main_conf(ngx_conf_t *cf, void *conf)
{
    ngx_http_facetree_main_conf_t *mcf = conf;

    ngx_conf_init_size_value(mcf->memory, 160 * 1024 * 1024);

    mcf->text_max = mcf->memory / 8;

    return NGX_CONF_OK;
}


static void *
ngx_http_facetree_create_loc_conf(ngx_conf_t *cf)
{
    ngx_http_facetree_loc_conf_t  *flcf;

    flcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_facetree_loc_conf_t));
    if (flcf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     flcf->handler = NULL;
     *     flcf->name = NULL;
     *     flcf->model = NULL;
     *     flcf->field = { 0, NULL };
     *     flcf->page = { 0, NULL };
     *     flcf->formats = 0;
     */

    flcf->top_k = NGX_CONF_UNSET;
    flcf->max_images = NGX_CONF_UNSET;
    flcf->max_pixels = NGX_CONF_UNSET;
    flcf->max_bytes = NGX_CONF_UNSET_SIZE;
    flcf->decode_timeout = NGX_CONF_UNSET_MSEC;
    flcf->mode = NGX_CONF_UNSET_UINT;
    flcf->threshold = NGX_CONF_UNSET;
    flcf->pool = NGX_CONF_UNSET_PTR;

    return flcf;
}


static char *
ngx_http_facetree_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_facetree_loc_conf_t *prev = parent;
    ngx_http_facetree_loc_conf_t *conf = child;

    ngx_http_core_loc_conf_t       *clcf;
    ngx_http_facetree_main_conf_t  *mcf;

    ngx_conf_merge_str_value(conf->field, prev->field, "");
    ngx_conf_merge_value(conf->top_k, prev->top_k, 5);
    ngx_conf_merge_value(conf->max_images, prev->max_images, 16);
    ngx_conf_merge_value(conf->max_pixels, prev->max_pixels, 120000000);
    ngx_conf_merge_size_value(conf->max_bytes, prev->max_bytes,
                              64 * 1024 * 1024);
    ngx_conf_merge_msec_value(conf->decode_timeout, prev->decode_timeout,
                              1000);
    ngx_conf_merge_bitmask_value(conf->formats, prev->formats,
                                 (NGX_CONF_BITMASK_SET
                                  |facetree_format_supported()));
    ngx_conf_merge_str_value(conf->page, prev->page, "");
    ngx_conf_merge_uint_value(conf->mode, prev->mode, FACETREE_DECODE_EXACT);
    ngx_conf_merge_value(conf->threshold, prev->threshold, 0);

    /*
     * Content handlers are not inherited, but "if" and "limit_except" are
     * part of their location.
     */

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->noname && clcf->handler == NULL && prev->handler) {
        clcf->handler = prev->handler;
        conf->handler = prev->handler;
        conf->name = prev->name;
    }

    if (ngx_http_facetree_merge_pool(cf, prev, conf) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (conf->handler && clcf->handler != conf->handler) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "facetree: location \"%V\" has another content handler "
                      "beside that of facetree", &clcf->name);
        return NGX_CONF_ERROR;
    }

    /*
     * Names are looked up here, when every facetree_model has been read,
     * wherever in the http block it stands.
     */

    if (conf->name && conf->name->lengths == NULL) {
        mcf = ngx_http_conf_get_module_main_conf(cf,
                                                 ngx_http_facetree_module);

        conf->model = ngx_http_facetree_find_model(mcf, &conf->name->value);

        if (conf->model == NULL) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "facetree: no model \"%V\" is defined by "
                          "\"facetree_model\"", &conf->name->value);
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


/*
 * Threads are on unless they are turned off; a pool is only made for who uses
 * it.
 */

static ngx_int_t
ngx_http_facetree_merge_pool(ngx_conf_t *cf,
    ngx_http_facetree_loc_conf_t *prev, ngx_http_facetree_loc_conf_t *conf)
{
    if (conf->pool == NGX_CONF_UNSET_PTR) {
        conf->pool = prev->pool;
    }

#if (NGX_THREADS)

    if (conf->pool == NGX_CONF_UNSET_PTR
        && (conf->handler == ngx_http_facetree_handler
            || conf->handler == ngx_http_facetree_inference_handler))
    {
        conf->pool = ngx_http_facetree_add_pool(cf, NULL,
                                               NGX_HTTP_FACETREE_THREADS_MAX,
                                               NGX_HTTP_FACETREE_THREADS_QUEUE);

        return conf->pool ? NGX_OK : NGX_ERROR;
    }

#else

    conf->pool = NULL;

#endif

    return NGX_OK;
}


static char *
ngx_http_facetree_model(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_facetree_main_conf_t *mcf = conf;

    ngx_str_t                  *value;
    ngx_http_facetree_model_t  *model;

    value = cf->args->elts;

    if (value[1].len == 0) {
        return "has an empty name";
    }

    /* It would be two parts of an address. */

    if (ngx_strlchr(value[1].data, value[1].data + value[1].len, '/')) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "model name \"%V\" has a \"/\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    if (value[1].len > FACETREE_BLOCK_NAME_LEN) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "the model's name has %uz bytes, it may have %d",
                           value[1].len, FACETREE_BLOCK_NAME_LEN);
        return NGX_CONF_ERROR;
    }

    if (ngx_http_facetree_find_model(mcf, &value[1])) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "model \"%V\" is defined twice", &value[1]);
        return NGX_CONF_ERROR;
    }

    if (ngx_conf_full_name(cf->cycle, &value[2], 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    model = ngx_array_push(&mcf->models);
    if (model == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(model, sizeof(ngx_http_facetree_model_t));

    model->name = value[1];
    model->path = value[2];

    return ngx_http_facetree_load(cf, mcf, model);
}


static char *
ngx_http_facetree_load(ngx_conf_t *cf, ngx_http_facetree_main_conf_t *mcf,
    ngx_http_facetree_model_t *model)
{
    facetree_error_t            err;
    ngx_pool_cleanup_t         *cln;
    ngx_http_facetree_model_t  *other;

    /* The new element is the last one. */

    for (other = mcf->models.elts; other < model; other++) {
        if (ngx_strcmp(other->path.data, model->path.data) == 0) {
            model->model = other->model;
            model->version = other->version;
            model->loaded = other->loaded;
            return NGX_CONF_OK;
        }
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NGX_CONF_ERROR;
    }

    if (facetree_model_load(&model->model, (const char *) model->path.data,
                            &err)
        != FACETREE_OK)
    {
        ngx_http_facetree_count_failed_reload();

        if (err.offset == FACETREE_NO_OFFSET) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "model \"%V\": %s",
                               &model->path, err.text);

        } else {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "model \"%V\", byte %uL: %s",
                               &model->path, err.offset, err.text);
        }

        return NGX_CONF_ERROR;
    }

    cln->handler = ngx_http_facetree_model_cleanup;
    cln->data = model->model;

    model->version.data = (u_char *) facetree_model_version(model->model);
    model->version.len = FACETREE_MODEL_VERSION_LEN;
    model->loaded = ngx_time();

    return NGX_CONF_OK;
}


static void
ngx_http_facetree_model_cleanup(void *data)
{
    facetree_model_free(data);
}


static char *
ngx_http_facetree(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_facetree_loc_conf_t *flcf = conf;

    char                              *rv;
    ngx_str_t                         *value;
    ngx_http_compile_complex_value_t   ccv;

    rv = ngx_http_facetree_answers(cf, flcf, ngx_http_facetree_handler);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    value = cf->args->elts;

    flcf->name = ngx_palloc(cf->pool, sizeof(ngx_http_complex_value_t));
    if (flcf->name == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = &value[1];
    ccv.complex_value = flcf->name;

    if (ngx_http_compile_complex_value(&ccv) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_facetree_threshold(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_facetree_loc_conf_t *flcf = conf;

    ngx_int_t   millionths;
    ngx_str_t  *value;

    if (flcf->threshold != NGX_CONF_UNSET) {
        return "is duplicate";
    }

    value = cf->args->elts;

    millionths = ngx_atofp(value[1].data, value[1].len, 6);

    if (millionths == NGX_ERROR || millionths > 1000000) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid threshold \"%V\", it must be a number "
                           "from 0 to 1", &value[1]);
        return NGX_CONF_ERROR;
    }

    flcf->threshold = millionths / 1000000.0;

    return NGX_CONF_OK;
}


#if (NGX_THREADS)

static char *
ngx_http_facetree_threads(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_facetree_loc_conf_t *flcf = conf;

    ngx_int_t   max, size, *n;
    ngx_str_t  *value;
    ngx_uint_t  i;

    if (flcf->pool != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        flcf->pool = NULL;
        return (cf->args->nelts == 2) ? NGX_CONF_OK
                                      : "takes no parameter when off";
    }

    max = NGX_HTTP_FACETREE_THREADS_MAX;
    size = NGX_HTTP_FACETREE_THREADS_QUEUE;

    for (i = 2; i < cf->args->nelts; i++) {

        if (ngx_strncmp(value[i].data, "min=", 4) == 0) {
            ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                               "\"min=\" is ignored: the pixels of pictures "
                               "decide what goes to threads");
            continue;
        }

        n = (ngx_strncmp(value[i].data, "max=", 4) == 0) ? &max : &size;

        if (n == &size && ngx_strncmp(value[i].data, "queue=", 6) != 0) {
            goto invalid;
        }

        *n = ngx_atoi(value[i].data + (n == &max ? 4 : 6),
                      value[i].len - (n == &max ? 4 : 6));

        if (*n == NGX_ERROR || *n > 65536 || (n == &max && *n == 0)) {
            goto invalid;
        }
    }

    flcf->pool = ngx_http_facetree_add_pool(cf, &value[1], max, size);

    return flcf->pool ? NGX_CONF_OK : NGX_CONF_ERROR;

invalid:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid parameter \"%V\", it must be max=N or "
                       "queue=N with N up to 65536", &value[i]);

    return NGX_CONF_ERROR;
}

#else

static char *
ngx_http_facetree_threads(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t  *value;

    value = cf->args->elts;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {
        return NGX_CONF_OK;
    }

    return "needs nginx built with --with-threads";
}

#endif


/* A directive that is no more; cmd->post tells what took its place. */

static char *
ngx_http_facetree_gone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                       "\"%V\" is ignored: %s", &cmd->name,
                       (char *) cmd->post);

    return NGX_CONF_OK;
}


static char *
ngx_http_facetree_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_facetree_main_conf_t *mcf = conf;

    u_char     *p;
    ssize_t     size;
    ngx_str_t  *value, name, s;

    if (mcf->zone) {
        return "is duplicate";
    }

    value = cf->args->elts;

    p = (u_char *) ngx_strchr(value[1].data, ':');
    size = NGX_ERROR;

    if (p && p != value[1].data) {
        s.data = p + 1;
        s.len = value[1].data + value[1].len - s.data;
        size = ngx_parse_size(&s);
    }

    if (size == NGX_ERROR || size < (ssize_t) (8 * ngx_pagesize)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid zone \"%V\", it must be NAME:SIZE with "
                           "at least %uz bytes", &value[1], 8 * ngx_pagesize);
        return NGX_CONF_ERROR;
    }

    /* The name is shown, and so has to end. */

    name.len = p - value[1].data;
    name.data = ngx_pnalloc(cf->pool, name.len + 1);
    if (name.data == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_cpystrn(name.data, value[1].data, name.len + 1);

    mcf->zone = ngx_shared_memory_add(cf, &name, size,
                                      &ngx_http_facetree_module);
    if (mcf->zone == NULL) {
        return NGX_CONF_ERROR;
    }

    mcf->zone->init = ngx_http_facetree_init_zone;
    mcf->zone->data = mcf;

    return NGX_CONF_OK;
}


/* A directive that is nothing but its content handler, in cmd->post. */

static char *
ngx_http_facetree_content(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    return ngx_http_facetree_answers(cf, conf,
                                     (ngx_http_handler_pt) cmd->post);
}


/*
 * The location answers with "handler".  Handlers that come later, of other
 * modules, are found when the location is merged.
 */

static char *
ngx_http_facetree_answers(ngx_conf_t *cf, ngx_http_facetree_loc_conf_t *flcf,
    ngx_http_handler_pt handler)
{
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->handler) {
        return "is duplicate, or beside another content handler";
    }

    clcf->handler = handler;
    flcf->handler = handler;

    return NGX_CONF_OK;
}
