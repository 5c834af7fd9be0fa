
/*
 * Copyright (C) facetree contributors
 *
 * Counters of a server that classifies, and how they are shown: Prometheus
 * text, OpenMetrics text, JSON.
 *
 * The counters are plain blocks of 64-bit numbers for memory that processes
 * share.  The host allocates them, filled with zeros, and every process may
 * add to them at any time: all access is atomic and relaxed, there are no
 * locks.  A process that dies between any two instructions leaves at worst
 * one observation half counted, never a block that cannot be read: the number
 * of observations in a histogram is the sum of its buckets, so that it always
 * agrees with them.
 *
 * What goes up and down (requests in progress, depth of the queue) is kept per
 * process, in a slot that the host chooses, so that what a dead process had
 * begun can be taken back: a process clears its slot when it starts.
 *
 * One block belongs to one model of one name and version; a model loaded anew
 * under the same name with other bytes needs a fresh one, else its counters
 * would begin with those of another.
 */


#ifndef FACETREE_METRICS_H
#define FACETREE_METRICS_H


#include "facetree_inference.h"


#pragma GCC visibility push(hidden)


/* Where a request went; only the first two have a model. */

#define FACETREE_ENDPOINT_MAP(X)                                              \
    X(FACETREE_ENDPOINT_PREDICT,   "predict")                                 \
    X(FACETREE_ENDPOINT_INFER,     "infer")                                   \
    X(FACETREE_ENDPOINT_HEALTH,    "health")                                  \
    X(FACETREE_ENDPOINT_METADATA,  "metadata")                                \
    X(FACETREE_ENDPOINT_METRICS,   "metrics")                                 \
    X(FACETREE_ENDPOINT_UI,        "ui")

#define FACETREE_ENDPOINT_MODELS  2            /* those with a model */

/* What the time of a request went into. */

#define FACETREE_STAGE_MAP(X)                                                 \
    X(FACETREE_STAGE_QUEUE,        "queue")                                   \
    X(FACETREE_STAGE_PARSE,        "parse")                                   \
    X(FACETREE_STAGE_DECODE,       "decode")                                  \
    X(FACETREE_STAGE_PREPROCESS,   "preprocess")                              \
    X(FACETREE_STAGE_PREDICT,      "predict")                                 \
    X(FACETREE_STAGE_RENDER,       "render")

/*
 * Why a request failed.  The texts are those of facetree_status_token(), and
 * some that only a host can know.
 */

#define FACETREE_REASON_MAP(X)                                                \
    X(FACETREE_REASON_INTERNAL,      "internal")                              \
    X(FACETREE_REASON_EMPTY,         "empty")                                 \
    X(FACETREE_REASON_MULTIPART,     "multipart")                             \
    X(FACETREE_REASON_JSON,          "json")                                  \
    X(FACETREE_REASON_REQUEST,       "request")                               \
    X(FACETREE_REASON_SHAPE,         "shape")                                 \
    X(FACETREE_REASON_MEDIA_TYPE,    "media_type")                            \
    X(FACETREE_REASON_BODY_SIZE,     "body_size")                             \
    X(FACETREE_REASON_PIXELS,        "pixels")                                \
    X(FACETREE_REASON_SIDE,          "side")                                  \
    X(FACETREE_REASON_IMAGES,        "images")                                \
    X(FACETREE_REASON_SCANS,         "scans")                                 \
    X(FACETREE_REASON_MEMORY,        "memory")                                \
    X(FACETREE_REASON_CORRUPT,       "corrupt")                               \
    X(FACETREE_REASON_TIMEOUT,       "timeout")                               \
    X(FACETREE_REASON_OVERLOAD,      "overload")                              \
    X(FACETREE_REASON_CLIENT_ABORT,  "client_abort")                          \
    X(FACETREE_REASON_METHOD,        "method")                                \
    X(FACETREE_REASON_LENGTH,        "length")                                \
    X(FACETREE_REASON_NOT_FOUND,     "not_found")                             \
    X(FACETREE_REASON_NOT_READY,     "not_ready")

#define FACETREE_METHOD_MAP(X)                                                \
    X(FACETREE_METHOD_GET,    "GET")                                          \
    X(FACETREE_METHOD_HEAD,   "HEAD")                                         \
    X(FACETREE_METHOD_POST,   "POST")                                         \
    X(FACETREE_METHOD_PUT,    "PUT")                                          \
    X(FACETREE_METHOD_OTHER,  "other")

#define FACETREE_METRICS_ENUM(name, text)  name,

typedef enum {
    FACETREE_ENDPOINT_MAP(FACETREE_METRICS_ENUM)
    FACETREE_ENDPOINT_COUNT
} facetree_endpoint_e;

typedef enum {
    FACETREE_STAGE_MAP(FACETREE_METRICS_ENUM)
    FACETREE_STAGE_COUNT
} facetree_stage_e;

typedef enum {
    FACETREE_REASON_MAP(FACETREE_METRICS_ENUM)
    FACETREE_REASON_COUNT          /* also: none, the request succeeded */
} facetree_reason_e;

typedef enum {
    FACETREE_METHOD_MAP(FACETREE_METRICS_ENUM)
    FACETREE_METHOD_COUNT
} facetree_method_e;

#undef FACETREE_METRICS_ENUM

/*
 * The reason for a status; FACETREE_REASON_COUNT where nothing was refused: for
 * FACETREE_OK, and for FACETREE_ECANCELLED, whose client has gone.
 */
facetree_reason_e facetree_reason_of(facetree_status_e status);

/* By the text above; FACETREE_METHOD_OTHER for any other. */
facetree_method_e facetree_method_of(const char *method, size_t len);


#define FACETREE_HISTOGRAM_BUCKETS  16
#define FACETREE_COUNTERS_SLOTS     64
#define FACETREE_COUNTERS_CODES     24

/*
 * Each observation is in one bucket, that of the least bound which is not
 * below it; the sum is in units of the histogram: nanoseconds, bytes, pixels,
 * billionths.
 */
typedef struct {
    uint64_t  bucket[FACETREE_HISTOGRAM_BUCKETS];
    uint64_t  sum;
} facetree_histogram_t;

/* Of one model.  To be read and written by the functions below only. */

typedef struct {
    uint64_t              success;
    uint64_t              success_ns;
    uint64_t              fail_ns;
    uint64_t              failures[FACETREE_REASON_COUNT];
    uint64_t              inferences;
    uint64_t              executions;
    uint64_t              last_inference_ms;
    uint64_t              queue_rejected;
    uint64_t              rejected;
    uint64_t              images[FACETREE_FORMAT_COUNT];
    facetree_histogram_t  duration[FACETREE_ENDPOINT_MODELS];
    facetree_histogram_t  stage[FACETREE_STAGE_COUNT];
    facetree_histogram_t  body;
    facetree_histogram_t  pixels;
    facetree_histogram_t  confidence;
    facetree_histogram_t  margin;
    uint64_t              in_progress[FACETREE_COUNTERS_SLOTS];
    uint64_t              queued[FACETREE_COUNTERS_SLOTS];
} facetree_counters_t;

/* Of the whole server. */

typedef struct {
    uint64_t  requests[FACETREE_ENDPOINT_COUNT][FACETREE_METHOD_COUNT]
                      [FACETREE_COUNTERS_CODES];
    uint64_t  reloads;
    uint64_t  reload_failures;
    uint64_t  memory[FACETREE_COUNTERS_SLOTS];
} facetree_server_counters_t;


/*
 * Observing.  Any thread, any process, "counters" may be NULL: then nothing
 * happens, so that a host without shared memory needs no conditions.
 */

/*
 * A request to a model has ended, "reason" FACETREE_REASON_COUNT when it was
 * answered.  "now_ms" is the Unix time, of the last success.
 */
void facetree_counters_request(facetree_counters_t *counters,
    facetree_endpoint_e endpoint, facetree_reason_e reason, uint64_t ns,
    uint64_t now_ms);

/* Time that a request spent in a stage, once a request and stage. */
void facetree_counters_stage(facetree_counters_t *counters,
    facetree_stage_e stage, uint64_t ns);

/* The body of a request, in bytes. */
void facetree_counters_body(facetree_counters_t *counters, uint64_t bytes);

/*
 * A picture whose header could be read: format, width * height.
 * FACETREE_UNKNOWN_FORMAT is for those that came as pixels ("raw").
 */
void facetree_counters_image(facetree_counters_t *counters,
    facetree_format_e format, uint64_t pixels);

/* A picture was classified; below "threshold" it counts as rejected. */
void facetree_counters_prediction(facetree_counters_t *counters,
    const facetree_prediction_t *prediction, double threshold);

/* The pictures of one request were run together. */
void facetree_counters_execution(facetree_counters_t *counters);

/*
 * "slot" is the process, taken modulo FACETREE_COUNTERS_SLOTS: a small number
 * that no two living processes share.
 */
void facetree_counters_begin(facetree_counters_t *counters, unsigned slot);
void facetree_counters_end(facetree_counters_t *counters, unsigned slot);
void facetree_counters_queue(facetree_counters_t *counters, unsigned slot);
void facetree_counters_unqueue(facetree_counters_t *counters, unsigned slot);
void facetree_counters_clear_slot(facetree_counters_t *counters,
    unsigned slot);

void facetree_counters_queue_rejected(facetree_counters_t *counters);

/* An array of one counter a class, which a host may keep or not. */
void facetree_counters_class(uint64_t *classes, uint32_t class);

/* "code" is the HTTP status; rare ones are counted as "other". */
void facetree_counters_http(facetree_server_counters_t *counters,
    facetree_endpoint_e endpoint, facetree_method_e method, unsigned code);

/* What the jobs of a process hold now of the memory they may, in bytes. */
void facetree_counters_memory(facetree_server_counters_t *counters,
    unsigned slot, uint64_t bytes);

/* "ok" is 0 when the new configuration was refused. */
void facetree_counters_reload(facetree_server_counters_t *counters, int ok);

/* What the inference protocol shows of them. */
void facetree_counters_stats(const facetree_counters_t *counters,
    facetree_inference_stats_t *stats);


/*
 * Blocks of counters in a zone that outlives configurations.  Only the process
 * that reads configurations calls these; others add to counters meanwhile.
 *
 * A generation is a configuration that has come into use: 1, 2, 3.  A block
 * may go when no living process is of a generation that uses it.  Preparing a
 * configuration leaves the blocks of all others as they are, because it may
 * yet be refused: begin, want or init, sweep; then commit when it is in use.
 */

#define FACETREE_BLOCK_NAME_LEN  255

typedef struct {
    char                 name[FACETREE_BLOCK_NAME_LEN + 1];
    char                 version[FACETREE_MODEL_VERSION_LEN + 1];
    uint64_t             first;     /* generation that uses it; 0: none yet */
    uint64_t             last;
    uint32_t             wanted;    /* by the one that is being prepared */
    facetree_counters_t  counters;
} facetree_block_t;

typedef struct {
    int64_t   pid;                  /* 0: no process has this slot */
    uint64_t  generation;
} facetree_process_t;

/*
 * Lists the generations that live: "generation", which is in use, and those
 * of the processes in "pids".  A process that "known" does not have yet is of
 * the generation in use.  "alive" has room for count + 1.
 */
uint32_t facetree_generations_alive(facetree_process_t *known,
    const int64_t *pids, uint32_t count, uint64_t generation, uint64_t *alive);

/* Nothing is wanted: forgets a preparation that did not come into use. */
void facetree_blocks_begin(facetree_block_t *const *blocks, uint32_t count);

/* The block of that name and version, wanted from now on; NULL: none. */
facetree_block_t *facetree_blocks_want(facetree_block_t *const *blocks,
    uint32_t count, const char *name, const char *version);

/* A new block, wanted, all counters 0. */
void facetree_block_init(facetree_block_t *block, const char *name,
    const char *version);

/*
 * Moves the blocks to keep to the front and returns their number; the caller
 * frees those behind.
 */
uint32_t facetree_blocks_sweep(facetree_block_t **blocks, uint32_t count,
    const uint64_t *alive, uint32_t alive_count);

/* The wanted blocks are used by "generation", which is in use now. */
void facetree_blocks_commit(facetree_block_t *const *blocks, uint32_t count,
    uint64_t generation);


/*
 * Showing.  Names and labels may be any text; all is escaped.
 */

typedef struct {
    const char                *name;
    const facetree_model_t    *model;          /* never NULL */
    const facetree_counters_t *counters;       /* NULL: no counters are kept */
    const uint64_t            *classes;        /* a counter a class; NULL: they
                                                  are not shown */
    uint64_t                   loaded_ms;      /* Unix time */
    int                        ready;
} facetree_metrics_model_t;

typedef struct {
    const char  *name;                         /* of a shared memory zone */
    uint64_t     size;
    uint64_t     free;
} facetree_metrics_zone_t;

typedef struct {
    const char                       *host_version;    /* of nginx */
    const char                       *revision;        /* of the source; NULL:
                                                          not known */
    const facetree_server_counters_t *server;          /* may be NULL */
    uint64_t                          memory_limit;    /* bytes that jobs may
                                                          hold, a process */
    const facetree_metrics_model_t   *models;
    uint32_t                          count;
    const facetree_metrics_zone_t    *zones;
    uint32_t                          zones_count;
} facetree_metrics_t;

/*
 * Prometheus text format 0.0.4, or OpenMetrics 1.0.0 with "openmetrics" set.
 * Families, and the series in them, always come in the same order; series
 * that would only say 0 are there too, except for HTTP requests and reasons,
 * of which there would be thousands.  The caller frees "*out".
 */
facetree_status_e facetree_metrics_text(const facetree_metrics_t *metrics,
    int openmetrics, char **out, size_t *len, facetree_error_t *err);

/* The Content-Type of the above. */
const char *facetree_metrics_type(int openmetrics);

/* Whether an Accept header asks for OpenMetrics rather than plain text. */
int facetree_accepts_openmetrics(const char *accept, size_t len);

/*
 * The same facts as JSON.  Quantiles are estimated from the buckets, as
 * Prometheus does it.
 */
facetree_status_e facetree_status_json(const facetree_metrics_t *metrics,
    char **out, size_t *len, facetree_error_t *err);


#pragma GCC visibility pop


#endif /* FACETREE_METRICS_H */
