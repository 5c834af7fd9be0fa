
/*
 * Copyright (C) facetree contributors
 *
 * libfacetree: face photo in, name out.  The one public header of core/.
 *
 * The library knows nothing of nginx, HTTP connections or command lines.  It
 * has no global state, starts no threads, writes no log and never exits.
 * Every function may be called from any thread; an object may be used by one
 * thread at a time, except facetree_model_t, which is immutable once loaded
 * and may be read by any number of threads and forked processes at once.
 *
 * Conventions
 *
 *   - A call that can fail returns facetree_status_e and fills the caller's
 *     facetree_error_t; the error pointer may be NULL.  Outputs are written
 *     only when the call returns FACETREE_OK, and on failure nothing is left
 *     allocated, unless a comment below says otherwise.
 *   - Lengths are bytes received, never a buffer's capacity.
 *   - A picture is "width * height" bytes, one gray level 0..255 each, row by
 *     row from the top left corner.  Feature f of a model is the pixel at
 *     column f % width, row f / width.
 */


#ifndef FACETREE_H
#define FACETREE_H


#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>


#ifdef __FAST_MATH__
#error "-ffast-math changes answers: build facetree without it"
#endif


#pragma GCC visibility push(hidden)


#define FACETREE_VERSION     "0.1.0"

#define FACETREE_ERROR_LEN   192
#define FACETREE_NO_OFFSET   UINT64_MAX


/*
 * Status codes.  The columns are: name; token, a short stable word for logs,
 * metrics and problem types; text, a sentence for people.  The enum and both
 * tables expand this list, so they cannot drift apart.  Add at the end.
 */

#define FACETREE_STATUS_MAP(X)                                                \
    X(FACETREE_OK,         "ok",           "ok")                              \
    X(FACETREE_ENOMEM,     "internal",     "out of memory")                   \
    X(FACETREE_EIO,        "io",           "file cannot be read or written")  \
    X(FACETREE_EINVAL,     "internal",     "invalid argument")                \
    X(FACETREE_EFORMAT,    "model",        "not a model of a known version")  \
    X(FACETREE_ECORRUPT,   "model",        "model file is damaged")           \
    X(FACETREE_ESHAPE,     "shape",        "size does not match the model")   \
    X(FACETREE_EEMPTY,     "empty",        "no picture was sent")             \
    X(FACETREE_EMULTIPART, "multipart",    "multipart body is malformed")     \
    X(FACETREE_EMEDIA,     "media_type",   "format is not accepted")          \
    X(FACETREE_EIMAGE,     "corrupt",      "picture cannot be decoded")       \
    X(FACETREE_EBYTES,     "body_size",    "too many bytes")                  \
    X(FACETREE_EPIXELS,    "pixels",       "picture is too large")            \
    X(FACETREE_EIMAGES,    "images",       "too many pictures")               \
    X(FACETREE_ESCANS,     "scans",        "picture has too many scans")      \
    X(FACETREE_EMEMORY,    "memory",       "too much memory is needed")       \
    X(FACETREE_ETIMEOUT,   "timeout",      "too much CPU time is needed")     \
    X(FACETREE_EJSON,      "json",         "request is not valid JSON")       \
    X(FACETREE_EREQUEST,   "request",      "request is not understood")       \
    X(FACETREE_ENOTFOUND,  "not_found",    "nothing is at this address")      \
    X(FACETREE_EMETHOD,    "method",       "method is not allowed here")      \
    X(FACETREE_EREADY,     "not_ready",    "not ready to answer")             \
    X(FACETREE_EBUSY,      "overload",     "server is busy")                  \
    X(FACETREE_ESIDE,      "side",         "picture has too long a side")     \
    X(FACETREE_ECANCELLED, "cancelled",    "the answer is no longer wanted")

typedef enum {
#define FACETREE_STATUS_ENUM(name, token, text)  name,
    FACETREE_STATUS_MAP(FACETREE_STATUS_ENUM)
#undef FACETREE_STATUS_ENUM
    FACETREE_STATUS_COUNT
} facetree_status_e;


typedef struct {
    facetree_status_e  status;
    int                sys_errno;    /* of the failed system call, else 0 */
    uint64_t           offset;       /* byte of the input at fault, or
                                        FACETREE_NO_OFFSET */
    uint64_t           limit;        /* both 0 unless a limit was exceeded: */
    uint64_t           observed;     /* the limit, and what the input has */

    /*
     * One clear line, always terminated: what is wrong, where, what would be
     * right.  Printable ASCII only; bytes of the input are escaped before
     * they get here, so that it may be logged.
     */
    char               text[FACETREE_ERROR_LEN];
} facetree_error_t;


/* Both never return NULL, and accept values that are not in the list. */
const char *facetree_status_token(facetree_status_e status);
const char *facetree_status_text(facetree_status_e status);


/*
 * Models
 *
 * A model file (core/facetree_format.h describes its bytes) is read into a
 * private read-only mapping and used in place; serving processes forked
 * afterwards share those pages.  It is not a mapping of the file itself, so
 * that overwriting or truncating the file cannot disturb a process that
 * serves from it.
 *
 * Loading verifies everything once - sizes, offsets, order of nodes, ranges,
 * numbers, text, checksum - and then runs the self-test stored in the file.
 * After that prediction cannot fail.  A bad file costs no more memory than
 * its own size plus a small constant, and is refused with the byte offset.
 */

typedef struct facetree_model_s  facetree_model_t;

#define FACETREE_MODEL_MAX_SIDE      256
#define FACETREE_MODEL_VERSION_LEN   64       /* SHA-256 in hex */

typedef enum {
    FACETREE_DECISION_TREE = 1,
    FACETREE_RANDOM_FOREST = 2,
    FACETREE_EXTRA_TREES = 3
} facetree_algorithm_e;

/*
 * Reads and verifies a model file.  Fails with FACETREE_EIO when it cannot be
 * read, FACETREE_EFORMAT when it is something else or of a version this
 * library does not know, FACETREE_ECORRUPT when it is damaged.
 */
facetree_status_e facetree_model_load(facetree_model_t **out,
    const char *path, facetree_error_t *err);

/* The same from memory.  The bytes are copied; the caller may free them. */
facetree_status_e facetree_model_parse(facetree_model_t **out,
    const void *data, size_t len, facetree_error_t *err);

void facetree_model_free(facetree_model_t *model);            /* NULL is fine */

uint32_t facetree_model_width(const facetree_model_t *model);
uint32_t facetree_model_height(const facetree_model_t *model);
uint32_t facetree_model_features(const facetree_model_t *model);
uint32_t facetree_model_classes(const facetree_model_t *model);
uint32_t facetree_model_trees(const facetree_model_t *model);
uint32_t facetree_model_nodes(const facetree_model_t *model);
size_t facetree_model_bytes(const facetree_model_t *model);

facetree_algorithm_e facetree_model_algorithm(const facetree_model_t *model);

/* "decision-tree", "random-forest" or "extra-trees". */
const char *facetree_algorithm_name(facetree_algorithm_e algorithm);

/* SHA-256 of the file in lower-case hex, terminated. */
const char *facetree_model_version(const facetree_model_t *model);

/*
 * Label of a class, "index" below facetree_model_classes().  UTF-8 without
 * control characters, terminated, owned by the model.
 */
const char *facetree_model_label(const facetree_model_t *model,
    uint32_t index);

/* The metadata as JSON text, an object, "*len" bytes, terminated. */
const char *facetree_model_metadata(const facetree_model_t *model,
    size_t *len);


/*
 * Training detail: the trees as scikit-learn's arrays, absent from models
 * written with --strip.  Numbering is per tree, in scikit-learn's node order;
 * value lists the classes with a non-zero weighted count only.
 */

typedef struct {
    uint32_t         nodes;
    uint32_t         values;           /* of the whole tree */
    const int32_t   *feature;          /* -2 at a leaf */
    const double    *threshold;        /* -2.0 at a leaf */
    const int32_t   *left;             /* -1 at a leaf */
    const int32_t   *right;            /* -1 at a leaf */
    const double    *impurity;
    const uint32_t  *samples;
    const double    *weight;

    /*
     * Node i has the entries value_start[i] <= j < value_start[i + 1] of the
     * two arrays below, which hold those of all trees: the first entry of a
     * tree is value_start[0], not 0.
     */
    const uint32_t  *value_start;      /* nodes + 1 */
    const uint32_t  *value_class;      /* ascending within a node */
    const double    *value;
} facetree_tree_detail_t;

/* Returns 0 when the model is stripped. */
int facetree_model_has_detail(const facetree_model_t *model);

/* "tree" below facetree_model_trees(); the model must have detail. */
void facetree_model_detail(const facetree_model_t *model, uint32_t tree,
    facetree_tree_detail_t *detail);


/*
 * Prediction
 */

typedef struct {
    uint32_t  class;           /* index of the label */
    double    confidence;      /* its probability */
    double    margin;          /* minus the highest of the others, >= 0 */
} facetree_prediction_t;

/*
 * Classifies one picture of facetree_model_features() bytes.  Writes
 * facetree_model_classes() probabilities, equal as doubles to scikit-learn's
 * predict_proba, and the predicted class, equal to its predict.  Cannot fail.
 */
void facetree_predict(const facetree_model_t *model, const uint8_t *pixels,
    double *probabilities, facetree_prediction_t *prediction);

/*
 * The same for "count" pictures, one after the other in memory, and as many
 * rows of probabilities: the same answers.
 */
void facetree_predict_batch(const facetree_model_t *model,
    const uint8_t *pixels, uint32_t count, double *probabilities,
    facetree_prediction_t *predictions);

/*
 * Writes the "k" most probable classes to "top", best first: the predicted
 * class, then by falling probability, equal ones by index.  Returns how many
 * were written, min(k, classes).
 */
uint32_t facetree_top(const double *probabilities, uint32_t classes,
    uint32_t predicted, uint32_t k, uint32_t *top);


/*
 * Explanations: what a prediction looked at
 */

typedef struct {
    uint32_t  feature;         /* the pixel: column feature % width */
    uint8_t   value;           /* its gray level in this picture */
    uint8_t   right;           /* 1: above the threshold, went right;
                                  0: at or below it, went left */
    uint32_t  samples;         /* training pictures at the node;
                                  UINT32_MAX when the model is stripped */

    /*
     * In gray levels.  The trainer's exact double when the model has detail
     * (and was trained on gray levels, as "facetree train" does); otherwise
     * the largest gray level that goes left.  Either way value > threshold
     * exactly when "right" is set.
     */
    double    threshold;
} facetree_step_t;

/*
 * Writes the decisions from the root of a tree, "tree" below
 * facetree_model_trees(), to the leaf a picture falls into; the leaf itself
 * decides nothing and is not among them.  Returns how many there are, of
 * which the first "max" are written: 0 for a tree that is one leaf.  Cannot
 * fail; "steps" may be NULL when "max" is 0.
 */
uint32_t facetree_explain_path(const facetree_model_t *model, uint32_t tree,
    const uint8_t *pixels, facetree_step_t *steps, uint32_t max);

typedef struct {
    uint32_t  feature;
    uint32_t  trees;           /* how many tested it, at least 1 */
} facetree_pixel_t;

/*
 * Which pixels mattered to a forest for this picture: every tree counts once
 * for every pixel on its decision path, however often and wherever on the
 * path it tested it, and all trees count the same, as they do in the vote.
 * Writes the "max" most tested pixels, most trees first, equal ones by
 * feature, and how many it wrote to "*count".
 */
facetree_status_e facetree_explain_pixels(const facetree_model_t *model,
    const uint8_t *pixels, facetree_pixel_t *top, uint32_t max,
    uint32_t *count, facetree_error_t *err);


/*
 * Pictures
 *
 * Decoding turns an uploaded file into a small gray picture, bit for bit what
 * Pillow 9.4 makes of it with
 *
 *     ImageOps.exif_transpose(image).convert("L").resize((width, height))
 *
 * docs/images.md lists the exceptions.
 *
 * The header is parsed once, and the same numbers feed the limit checks and
 * the decoder.  Limits are checked before anything is allocated for pixels.
 */

#define FACETREE_FORMAT_MAP(X)                                                \
    X(FACETREE_JPEG,  "jpeg")                                                 \
    X(FACETREE_PNG,   "png")                                                  \
    X(FACETREE_WEBP,  "webp")                                                 \
    X(FACETREE_BMP,   "bmp")                                                  \
    X(FACETREE_PNM,   "pnm")

typedef enum {
    FACETREE_UNKNOWN_FORMAT = 0,
#define FACETREE_FORMAT_ENUM(name, text)  name,
    FACETREE_FORMAT_MAP(FACETREE_FORMAT_ENUM)
#undef FACETREE_FORMAT_ENUM
    FACETREE_FORMAT_COUNT
} facetree_format_e;

#define FACETREE_FORMAT_BIT(format)  (1u << (format))

/* "jpeg", "png", ...; "unknown" for anything else. */
const char *facetree_format_name(facetree_format_e format);

/* Bit mask, FACETREE_FORMAT_BIT() each, of the formats this build decodes. */
uint32_t facetree_format_supported(void);


typedef struct {
    facetree_format_e  format;
    uint32_t           width;          /* as stored in the file, */
    uint32_t           height;         /* before orientation */
    uint32_t           orientation;    /* EXIF, 1..8 */
} facetree_image_info_t;


/*
 * How a JPEG larger than the result is decoded; other formats, and a build
 * without libjpeg, know only the exact way.
 *
 * FACETREE_DECODE_FAST takes the luma plane as the gray levels, without the
 * way through clipped RGB, and lets libjpeg shrink it, to 1/2, 1/4 or 1/8, as
 * long as the shorter side stays at least four times the longer side of the
 * result.  The same file gives the same pixels every time, but not Pillow's:
 * over 45 test pictures at 64x64 the largest difference was 4 gray levels,
 * and the mean one of the worst picture 0.25; for photographs of a megapixel
 * or more, 1 and 0.25.
 */
typedef enum {
    FACETREE_DECODE_EXACT = 0,
    FACETREE_DECODE_FAST
} facetree_decode_mode_e;

/*
 * Limits of one request.  What is not listed here is a constant of core:
 * sides of 2^24 - 1 pixels, 64 scans of a JPEG, 64 KiB of EXIF
 * (facetree_image.h has the reasons).
 */
typedef struct {
    uint32_t                formats;     /* mask of accepted formats */
    facetree_decode_mode_e  mode;
    uint32_t                max_images;  /* pictures */
    size_t                  max_bytes;   /* of one picture's file */
    uint64_t                max_pixels;  /* width * height, summed over the
                                            pictures */
    uint64_t                max_memory;  /* bytes held at once */
    uint32_t                cpu_ms;      /* CPU time of decoding and
                                            classifying; 0: no limit */
} facetree_limits_t;

/*
 * The defaults: every supported format, exact, 16 pictures, 64 MiB, 120
 * million pixels, 160 MiB, 1000 ms.
 */
void facetree_limits_init(facetree_limits_t *limits);


/*
 * Budgets
 *
 * One budget belongs to one request and is used by one thread at a time.  It
 * knows the limits and adds up what the request costs.  Pixels, work and
 * memory are added by facetree_budget_probe(), from headers alone.  CPU time
 * is measured while pictures are decoded and classified; it is the time of the
 * calling thread, so that a busy machine costs no request its answer.
 *
 * "work" is an estimate in nanoseconds, meant to be too low on any machine: a
 * request that it refuses would not have finished in time anywhere.  The CPU
 * clock stops the others.
 */

typedef struct {
    facetree_limits_t  limits;

    /* Size of the small pictures, 64 x 64 unless the caller sets it. */
    uint32_t           width;
    uint32_t           height;

    uint64_t           pixels;     /* of all pictures probed */
    uint64_t           work;       /* ns of CPU time, estimated */
    uint64_t           cpu;        /* ns of CPU time, measured from the first
                                      131,072 pixels of work on */
    uint64_t           held;       /* bytes held all the time */
    uint64_t           memory;     /* held, and what the most expensive picture
                                      takes while it is decoded */

    /*
     * NULL, or set to non-zero by another thread to have the work stopped with
     * FACETREE_ECANCELLED.  Looked at after every millisecond or so of work.
     */
    const atomic_int  *cancelled;

    /* private */
    uint64_t           peak;       /* of one picture's decoding */
    uint64_t           ticks;      /* work since the clock was read */
    int                running;    /* work is measured */
    uint64_t           since;      /* thread's CPU time at the first look at
                                      the clock; 0: there was none yet */
} facetree_budget_t;

/* "limits" may be NULL for the defaults.  Needs no release. */
void facetree_budget_init(facetree_budget_t *budget,
    const facetree_limits_t *limits);

/*
 * Adds bytes that the caller holds during the whole request, such as a copy of
 * the body.  FACETREE_EMEMORY when that is too much.
 */
facetree_status_e facetree_budget_hold(facetree_budget_t *budget,
    uint64_t bytes, facetree_error_t *err);

/*
 * Adds estimated nanoseconds of CPU time.  FACETREE_ETIMEOUT when the sum is
 * more than the limit.
 */
facetree_status_e facetree_budget_work(facetree_budget_t *budget,
    uint64_t ns, facetree_error_t *err);

/*
 * Reads the header of one encoded picture and adds its pixels, its estimated
 * work and its memory.  A picture that cannot be decoded fails with its own
 * status and adds nothing.  FACETREE_EBYTES, FACETREE_EPIXELS, FACETREE_EMEMORY
 * and FACETREE_ETIMEOUT say that the request is over its budget.  "info", which
 * may be NULL, is filled as far as the header could be read, also on failure.
 *
 * Takes about a microsecond, as no pixel is decoded.  It takes longer where
 * all of a file has to be looked at, without decoding: the scans of a
 * progressive JPEG (50 us a megabyte), chunks of a PNG.  The codes of a
 * lossless WebP are read, up to 2 % of its decoding.  Two megabytes are
 * allocated at most, and freed.
 */
facetree_status_e facetree_budget_probe(facetree_budget_t *budget,
    const void *data, size_t len, facetree_image_info_t *info,
    facetree_error_t *err);

/*
 * 1 for a status that refuses the whole request: FACETREE_EBYTES,
 * FACETREE_EPIXELS, FACETREE_EIMAGES, FACETREE_EMEMORY, FACETREE_ETIMEOUT,
 * FACETREE_ECANCELLED.  0 for one that concerns a single picture.
 */
int facetree_budget_is_over(facetree_status_e status);


/*
 * Recognises a file by its first bytes and reads its header; nothing is
 * decoded.  A picture in a format that is known but not decoded here (HEIC,
 * GIF, ...) fails with FACETREE_EMEDIA and a text that names the format and
 * what to send instead.
 */
facetree_status_e facetree_image_probe(const void *data, size_t len,
    facetree_image_info_t *info, facetree_error_t *err);

/*
 * Decodes a file and shrinks (or enlarges) it to width x height gray pixels,
 * written to the caller's buffer of width * height bytes, 1..256 per side.
 * "info", which may be NULL, is filled as far as the header could be read even
 * when the call fails; the pixels are unspecified then.
 *
 * "budget" may be NULL for the default limits.  Otherwise the time taken is
 * added to budget->cpu, and FACETREE_ETIMEOUT or FACETREE_ECANCELLED stop it.
 * The picture need not have been probed.  It is compared with the limits by
 * itself: sums of pixels and of estimated work are facetree_budget_probe()'s.
 */
facetree_status_e facetree_image_decode(const void *data, size_t len,
    facetree_budget_t *budget, uint32_t width, uint32_t height,
    uint8_t *pixels, facetree_image_info_t *info, facetree_error_t *err);


/*
 * Multipart bodies
 *
 * A streaming parser of multipart/form-data (RFC 7578): the body may arrive
 * in pieces cut anywhere, and the same events come out.  It keeps no part of
 * the body beyond one boundary or one header block (at most 16 KiB).
 */

typedef struct facetree_multipart_s  facetree_multipart_t;

typedef struct {
    const char  *name;             /* form field, UTF-8 as sent; may be NULL */
    const char  *filename;         /* NULL: this part is not a file */
    const char  *content_type;     /* NULL if not given */
    uint64_t     offset;           /* in the body: where the data starts */
} facetree_part_header_t;

/*
 * Callbacks; a status other than FACETREE_OK stops the parser and is returned
 * from the feeding call.  The strings of a header live during the call only.
 * Data pointers point into the fed buffer, except for bytes that turned out
 * not to start a boundary after all and that arrived in an earlier piece.
 */
typedef struct {
    facetree_status_e (*part)(void *ctx, const facetree_part_header_t *header,
        facetree_error_t *err);
    facetree_status_e (*data)(void *ctx, const uint8_t *data, size_t len,
        facetree_error_t *err);
    facetree_status_e (*end)(void *ctx, facetree_error_t *err);
} facetree_multipart_handlers_t;

/* "content_type" is the header's value, with its boundary parameter. */
facetree_status_e facetree_multipart_create(facetree_multipart_t **out,
    const char *content_type, size_t len,
    const facetree_multipart_handlers_t *handlers, void *ctx,
    facetree_error_t *err);

facetree_status_e facetree_multipart_feed(facetree_multipart_t *parser,
    const void *data, size_t len, facetree_error_t *err);

/* Fails unless the closing boundary was seen. */
facetree_status_e facetree_multipart_finish(facetree_multipart_t *parser,
    facetree_error_t *err);

void facetree_multipart_free(facetree_multipart_t *parser);   /* NULL is fine */


/*
 * Uploads: the pictures in a request body, whatever its shape
 *
 * The body is fed as it arrives, in pieces cut anywhere.  Nothing of it is
 * kept: an upload records where in the body each file lies.  When the body has
 * ended and lies in one piece, in a buffer or a mapped file,
 * facetree_upload_bind() makes the files point into it.
 */

typedef struct facetree_upload_s  facetree_upload_t;

typedef struct {
    uint64_t        offset;        /* in the body */
    size_t          len;
    const uint8_t  *data;          /* NULL before facetree_upload_bind() */
    const char     *filename;      /* UTF-8 made valid; NULL if not given */
} facetree_upload_file_t;

typedef struct {
    const char  *content_type;     /* of the request; NULL if none */
    size_t       content_type_len;
    const char  *field;            /* form field to take; NULL: any file */
    uint32_t     max_images;       /* at least 1 */
    size_t       max_bytes;        /* of one file */
} facetree_upload_options_t;

/* What a form may have around its files: headers, other fields. */
#define FACETREE_UPLOAD_ALLOWANCE  (1024 * 1024)

/*
 * Refuses from the length of a body alone what cannot fit, with
 * FACETREE_EBYTES: a bare picture of more than max_bytes; a form longer than
 * max_images * max_bytes + FACETREE_UPLOAD_ALLOWANCE.  A type that
 * facetree_upload_create() refuses fails with FACETREE_EMEDIA here, too.
 */
facetree_status_e facetree_upload_check_length(
    const facetree_upload_options_t *options, uint64_t content_length,
    facetree_error_t *err);

/*
 * multipart/form-data is taken apart; image types, application/octet-stream
 * and a missing type are one bare picture; anything else is FACETREE_EMEDIA.
 * The strings of the options are copied.
 */
facetree_status_e facetree_upload_create(facetree_upload_t **out,
    const facetree_upload_options_t *options, facetree_error_t *err);

/*
 * Feeds the next piece of the body, which may be freed afterwards.  Fails as
 * soon as the bytes show it: FACETREE_EBYTES for a file of more than max_bytes
 * or a body longer than facetree_upload_check_length() allows,
 * FACETREE_EIMAGES, FACETREE_EMULTIPART.
 */
facetree_status_e facetree_upload_feed(facetree_upload_t *upload,
    const void *data, size_t len, facetree_error_t *err);

/* How many bytes were fed. */
uint64_t facetree_upload_fed(const facetree_upload_t *upload);

/*
 * Ends the body.  FACETREE_EEMPTY when there was no file in it, or only empty
 * ones.
 */
facetree_status_e facetree_upload_finish(facetree_upload_t *upload,
    facetree_error_t *err);

/*
 * Tells where the body that was fed lies in one piece, until
 * facetree_upload_free() or another call of this.  FACETREE_EINVAL when
 * "body_len" is not facetree_upload_fed().
 */
facetree_status_e facetree_upload_bind(facetree_upload_t *upload,
    const void *body, size_t body_len, facetree_error_t *err);

/* Valid after a successful finish, until facetree_upload_free(). */
uint32_t facetree_upload_count(const facetree_upload_t *upload);
const facetree_upload_file_t *facetree_upload_file(
    const facetree_upload_t *upload, uint32_t index);

void facetree_upload_free(facetree_upload_t *upload);         /* NULL is fine */


/*
 * Answers
 *
 * The same facts as JSON for programs and as an HTML page for people, built
 * from the caller's structures.  "*out" is a terminated string of "*len"
 * bytes that the caller frees with free().
 */

typedef struct {
    facetree_status_e       status;         /* FACETREE_OK or why not */
    const facetree_error_t *error;          /* when not FACETREE_OK */
    facetree_image_info_t   image;
    facetree_prediction_t   prediction;
    const double           *probabilities;  /* one a class */
    const char             *filename;       /* NULL if not known */
    const uint8_t          *pixels;         /* what was classified, to have it
                                               explained; NULL: it is not */
} facetree_result_t;


/*
 * Jobs: from pictures to results
 *
 * The one path from the pictures of a request to what is known of them.  A job
 * is created, its pictures are filled in, it is probed and run.  Each step may
 * be taken by another thread, one after the other.
 */

typedef struct {
    const uint8_t  *data;          /* an encoded picture of "len" bytes; NULL
                                      when it is ready */
    size_t          len;
    const uint8_t  *pixels;        /* facetree_model_features() gray levels;
                                      NULL when it is encoded */
} facetree_picture_t;

typedef struct {
    const facetree_model_t  *model;
    facetree_budget_t        budget;   /* of the limits given; the caller may
                                          set "cancelled" */
    uint32_t                 count;
    int                      explain;

    facetree_picture_t      *pictures; /* for the caller to fill in; what they
                                          point to is the caller's */
    facetree_result_t       *results;  /* one a picture; the caller may set
                                          "filename" */
    double                  *probabilities;  /* classes a picture, in order */

    uint64_t                 decode_ns;      /* of all pictures, by the clock
                                                on the wall */
    uint64_t                 predict_ns;

    /* private */
    facetree_error_t        *errors;
    uint8_t                 *pixels;
} facetree_job_t;

/*
 * Makes a job for "count" pictures, at least 1.  With "explain" set results
 * keep their pixels.  FACETREE_EIMAGES when there are more than max_images,
 * FACETREE_EMEMORY when the job's own arrays are more than max_memory.
 */
facetree_status_e facetree_job_create(facetree_job_t **out,
    const facetree_model_t *model, const facetree_limits_t *limits,
    uint32_t count, int explain, facetree_error_t *err);

/*
 * Probes every encoded picture and adds the estimated work of classifying them
 * all.  A picture that cannot be decoded has its status in its result and does
 * not fail the call.  Fails when the request is over its budget
 * (facetree_budget_is_over()).  To be called once.
 */
facetree_status_e facetree_job_probe(facetree_job_t *job,
    facetree_error_t *err);

/*
 * Bytes that the job holds and will hold at once while it runs: its arrays,
 * what facetree_budget_hold() has added, and the most expensive decoding.
 * Known after facetree_job_probe().
 */
uint64_t facetree_job_memory(const facetree_job_t *job);

/*
 * Decodes and classifies what the probe found good.  Every result has a status
 * of its own then.  Fails only when the request is over its budget or was
 * cancelled; the results are not of use then.
 */
facetree_status_e facetree_job_run(facetree_job_t *job,
    facetree_error_t *err);

void facetree_job_free(facetree_job_t *job);                  /* NULL is fine */


typedef struct {
    const facetree_model_t   *model;
    const char               *model_name;
    const facetree_result_t  *results;
    uint32_t                  count;
    uint32_t                  top_k;
    double                    threshold;    /* below it the decision is
                                               "unknown"; 0 accepts all */
    uint64_t                  decode_us;    /* of all pictures together */
    uint64_t                  predict_us;
    const char               *page;         /* address of the form, which the
                                               HTML leads back to and beside
                                               which its style lies; NULL: at
                                               "./" */
} facetree_answer_t;

/*
 * A result that was classified and has its pixels is explained: in JSON by a
 * member "explain" with "image", the pixels as a PNG in a data: URL, and
 *
 *   - for a single tree "path", the decisions from the root on;
 *   - for a forest "trees", their number, and "pixels", the 64 pixels that
 *     most trees tested, each with "count"; if it has no more than 8 trees
 *     also "paths", one list each.
 *
 * A list of decisions is cut after 256; "steps" then tells how many there
 * are.  The page shows the same picture, as <img class="seen">, for which a
 * Content-Security-Policy has to say "img-src 'self' data:" beside
 * "default-src 'self'".  A build without libpng leaves the picture out.
 */
facetree_status_e facetree_answer_json(const facetree_answer_t *answer,
    char **out, size_t *len, facetree_error_t *err);
facetree_status_e facetree_answer_html(const facetree_answer_t *answer,
    char **out, size_t *len, facetree_error_t *err);

/* "accepted" or "unknown". */
const char *facetree_decision(const facetree_prediction_t *prediction,
    double threshold);


/*
 * Refusals: application/problem+json (RFC 9457) with the members type (a URN
 * made of the token), title, status, detail and, where a limit was exceeded,
 * limit and observed; or an HTML page.  "detail" may be NULL.
 */

typedef struct {
    unsigned     http_status;
    const char  *token;            /* facetree_status_token(), or one of the
                                      host's own */
    const char  *title;
    const char  *detail;
    uint64_t     limit;            /* left out when both are 0 */
    uint64_t     observed;
    const char  *page;             /* as in facetree_answer_t */
} facetree_problem_t;

/*
 * Describes a refusal with this status: by the error, if there is one and it
 * is the client's doing, else in words that fit the status.  The problem
 * points into "error".
 */
void facetree_problem_init(facetree_problem_t *problem, unsigned http_status,
    const facetree_error_t *error);

facetree_status_e facetree_problem_json(const facetree_problem_t *problem,
    char **out, size_t *len, facetree_error_t *err);
facetree_status_e facetree_problem_html(const facetree_problem_t *problem,
    char **out, size_t *len, facetree_error_t *err);

/*
 * Reads an Accept header, q-values included (RFC 9110, 12.5.1).  Returns 1
 * when text/html is wanted more than application/json, 0 otherwise, also for
 * a missing (NULL) or malformed header.
 */
int facetree_accepts_html(const char *accept, size_t len);


#pragma GCC visibility pop


#endif /* FACETREE_H */
