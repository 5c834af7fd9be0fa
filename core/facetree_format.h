
/*
 * Copyright (C) facetree contributors
 *
 * The bytes of a model file (.ftm), shared by the reader in core/ and the
 * writer in trainer/.  All numbers are little-endian, all offsets count from
 * the start of the file.
 *
 *     header       64 bytes
 *     directory    24 bytes a section, ascending offsets
 *     sections     each a plain array, starting at a multiple of 8, one after
 *                  the other, gaps of less than 8 zero bytes between them;
 *                  the file ends where the last one does
 *
 * Every byte is covered: by a rule below, and by the checksum.
 *
 * Serving trees.  The nodes of a tree lie in breadth-first order, and the two
 * children of its k-th split (k = 0, 1, ... counted in that order) are its
 * nodes 2k + 1 and 2k + 2.  Children therefore follow their parents, every
 * node but the root has exactly one parent, and a walk must end; the reader
 * checks just this.  One step is
 *
 *     node = next + (pixels[feature] > threshold)
 *
 * so that a threshold byte t stands for "go left iff the gray level <= t".
 * The trainer's exact threshold T is a double in units of the gray level
 * divided by "scale"; t is the largest gray level x with
 * (double) ((float) x / (float) scale) <= T, which gives the same answer for
 * every gray level there is (scale 1 keeps x as it is).
 *
 * A leaf refers to a row: its predicted class, and the list of its non-zero
 * probabilities, classes ascending.  Leaves with equal rows share one.  The
 * probabilities of a forest are the sums over its trees, in order, divided by
 * their number.
 */


#ifndef FACETREE_FORMAT_H
#define FACETREE_FORMAT_H


#include <stdint.h>


#define FACETREE_FTM_MAGIC      "\x89" "FTM\r\n\x1a\n"
#define FACETREE_FTM_MAGIC_LEN  8
#define FACETREE_FTM_VERSION    1
#define FACETREE_FTM_ALIGN      8

/* How an upload becomes features: Pillow's gray, Pillow's bicubic. */
#define FACETREE_FTM_RECIPE     1

/* The size of the metadata and of one label, in bytes, and of the counts. */
#define FACETREE_FTM_MAX_META     65536
#define FACETREE_FTM_MAX_LABEL    255
#define FACETREE_FTM_MAX_CLASSES  65535


typedef struct {
    uint8_t   magic[FACETREE_FTM_MAGIC_LEN];
    uint32_t  version;
    uint32_t  checksum;        /* CRC-32 of the file, these 4 bytes as zero */
    uint64_t  length;          /* of the file */
    uint32_t  sections;
    uint32_t  algorithm;       /* facetree_algorithm_e */
    uint32_t  width;           /* 1..256 */
    uint32_t  height;          /* 1..256 */
    uint32_t  classes;         /* 1..65535 */
    uint32_t  trees;           /* 1.. ; 1 for a decision tree */
    uint32_t  recipe;
    uint32_t  reserved;        /* 0 */
    double    scale;           /* of the exact thresholds: 1, 255, 242, ... */
} facetree_ftm_header_t;


typedef struct {
    uint32_t  type;
    uint32_t  reserved;        /* 0 */
    uint64_t  offset;
    uint64_t  length;          /* bytes, without the padding */
} facetree_ftm_section_t;


#define FACETREE_FTM_TYPE(a, b, c, d)                                         \
    ((uint32_t) (a) | (uint32_t) (b) << 8 | (uint32_t) (c) << 16              \
     | (uint32_t) (d) << 24)

/*
 * Sections, in the order in which they must lie.  The columns are: name;
 * tag; element size; what it holds.  Those from DFEA on are the training
 * detail: all of them are there, or none.
 */

#define FACETREE_FTM_SECTION_MAP(X)                                           \
    X(META, 'M','E','T','A', 1, "metadata, a JSON object and a NUL")          \
    X(LOFF, 'L','O','F','F', 4, "where label i starts in LTXT, classes + 1")  \
    X(LTXT, 'L','T','X','T', 1, "labels, UTF-8, each with a closing NUL")     \
    X(ROOT, 'R','O','O','T', 4, "first node of tree i, trees + 1")            \
    X(NODE, 'N','O','D','E', 8, "facetree_ftm_node_t")                        \
    X(ROFF, 'R','O','F','F', 4, "where row i starts in RCLS, rows + 1")       \
    X(RBST, 'R','B','S','T', 4, "predicted class of row i")                   \
    X(RCLS, 'R','C','L','S', 4, "class of an entry")                          \
    X(RPRB, 'R','P','R','B', 8, "probability of an entry")                    \
    X(TPRB, 'T','P','R','B', 8, "self-test: probabilities, tests * classes")  \
    X(DFEA, 'D','F','E','A', 4, "detail: feature, -2 at a leaf")              \
    X(DTHR, 'D','T','H','R', 8, "detail: threshold, -2.0 at a leaf")          \
    X(DLFT, 'D','L','F','T', 4, "detail: left child in its tree, or -1")      \
    X(DRGT, 'D','R','G','T', 4, "detail: right child in its tree, or -1")     \
    X(DIMP, 'D','I','M','P', 8, "detail: impurity")                           \
    X(DSMP, 'D','S','M','P', 4, "detail: samples")                            \
    X(DWGT, 'D','W','G','T', 8, "detail: weighted samples")                   \
    X(DVOF, 'D','V','O','F', 4, "detail: first value of node i, nodes + 1")   \
    X(DVCL, 'D','V','C','L', 4, "detail: class of a value")                   \
    X(DVAL, 'D','V','A','L', 8, "detail: weighted samples of that class")

typedef enum {
#define FACETREE_FTM_SECTION_ENUM(name, a, b, c, d, size, text)               \
    FACETREE_FTM_##name,
    FACETREE_FTM_SECTION_MAP(FACETREE_FTM_SECTION_ENUM)
#undef FACETREE_FTM_SECTION_ENUM
    FACETREE_FTM_SECTIONS
} facetree_ftm_section_e;

#define FACETREE_FTM_FIRST_DETAIL  FACETREE_FTM_DFEA


typedef struct {
    uint32_t  split;           /* feature in the low 24 bits, threshold byte
                                  above them; 0 at a leaf */
    uint32_t  next;            /* left child, counted over all trees; at a
                                  leaf FACETREE_FTM_LEAF | row */
} facetree_ftm_node_t;

#define FACETREE_FTM_LEAF          0x80000000u
#define FACETREE_FTM_FEATURE_MASK  0x00ffffffu
#define FACETREE_FTM_THRESHOLD_SHIFT  24


_Static_assert(sizeof(facetree_ftm_header_t) == 64, "header layout");
_Static_assert(sizeof(facetree_ftm_section_t) == 24, "section layout");
_Static_assert(sizeof(facetree_ftm_node_t) == 8, "node layout");

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "model files are used in place, which needs a little-endian machine"
#endif


/*
 * The self-test classifies these generated patterns, in this order; TPRB
 * holds the exact probabilities of as many of them as its length says, at
 * least one.  Writes width * height gray levels.
 */

#define FACETREE_FTM_PATTERNS  4

#pragma GCC visibility push(hidden)

void facetree_ftm_pattern(uint32_t pattern, uint32_t width, uint32_t height,
    uint8_t *pixels);

#pragma GCC visibility pop


#endif /* FACETREE_FORMAT_H */
