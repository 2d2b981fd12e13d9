/* SPDX-License-Identifier: MIT */
/*
 * stet/inspect.h - reports what collections are made of, as figures and as pictures: the nodes of each kind, how full
 * they are, and which of them versions share; and their contents as text. For reports, tests and debugging;
 * `bench/tools/memory_report` makes such a report.
 *
 *     STET_INSPECT_MAP(numbered)
 *
 *     struct stet_roots now = numbered_roots(&m), before = numbered_roots(&old);
 *     struct stet_sharing s;
 *     if (stet_inspect_compare(&before, &now, &s))
 *         fprintf(out, "%zu bytes are this version's alone\n", s.only_b.bytes);
 *
 * STET_INSPECT_MAP is for maps and sets, STET_INSPECT_SORTED for sorted ones, STET_INSPECT_LIST for lists.
 *
 * A view is the borrowed version of a handle; it is valid as long as that handle is not changed or dropped. Elements
 * are not inspected: to inspect a map that is an element of a list, make a view of that map.
 *
 * Fails: STET_NO_MEMORY: the functions need some 40 bytes of memory for each node that they visit.
 * Cost: O(nodes). Threads: as for reading the handle.
 */
#ifndef STET_INSPECT_H
#define STET_INSPECT_H

#include <stdio.h>
#include <stet/impl/list.h>
#include <stet/impl/map.h>

STET_QUIET_
#ifdef __cplusplus
extern "C" {
#endif

struct stet_roots {
    const struct stet_node_type *type_;
    stet_ref root_[3]; /* 0: none */
};

#ifdef STET_MANUAL_INSPECT

/* ---- what STET_INSPECT_MAP(name) and STET_INSPECT_LIST(name) make ---- */

/* Returns a view of the version that the handle has. */
static struct stet_roots name_roots(const name *handle);
/*
 * Writes a line with the contents, at most `most` entries, in the order of iteration: `"a": 1, "b": 2, ... 5 more`.
 * Numbers are in decimal, strings in quotes, up to 64 bytes of each. A collection is its own contents, in brackets if
 * it is a list and in braces otherwise: at most eight entries, and at most three collections deep; what is deeper is
 * `...`. Other elements are their first 16 bytes in hexadecimal.
 */
static void name_dump(const name *handle, size_t most, FILE *out);

#endif

/* Writes the contents of a collection of this type. */
STET_API void stet_dump_(const struct stet_type *t, const void *handle, size_t most, FILE *out);

#define STET_DUMP_(name)                                                                             \
    STET_WRAPPER STET_NONNULL_(1, 3) void name##_dump(const name *handle_, size_t most_, FILE *out_) \
    {                                                                                                \
        stet_dump_(&name##_type, handle_, most_, out_);                                              \
    }

#define STET_INSPECT_MAP(name)                                                        \
    STET_WRAPPER STET_NONNULL_(1) struct stet_roots name##_roots(const name *handle_) \
    {                                                                                 \
        return stet_map_roots_(&name##_map_type_, &handle_->map_);                    \
    }                                                                                 \
    STET_DUMP_(name)
#define STET_INSPECT_SORTED(name)                                                     \
    STET_WRAPPER STET_NONNULL_(1) struct stet_roots name##_roots(const name *handle_) \
    {                                                                                 \
        return stet_tree_roots_(&name##_sorted_type_, &handle_->sorted_.tree_);       \
    }                                                                                 \
    STET_DUMP_(name)
#define STET_INSPECT_LIST(name)                                                       \
    STET_WRAPPER STET_NONNULL_(1) struct stet_roots name##_roots(const name *handle_) \
    {                                                                                 \
        return stet_list_roots_(&name##_list_type_, &handle_->list_);                 \
    }                                                                                 \
    STET_DUMP_(name)

STET_INLINE struct stet_roots stet_map_roots_(const struct stet_map_type *t, const struct stet_map *m)
{
    struct stet_roots v = {&t->node, {m->root, 0, 0}};
    return v;
}

STET_INLINE struct stet_roots stet_tree_roots_(const struct stet_tree_type *t, const struct stet_tree *m)
{
    struct stet_roots v = {&t->node, {m->root, 0, 0}};
    return v;
}

STET_INLINE struct stet_roots stet_list_roots_(const struct stet_tree_type *t, const struct stet_list *l)
{
    struct stet_roots v = {&t->node,
                           {l->tree.root, (stet_ref)(uintptr_t)l->head.leaf, (stet_ref)(uintptr_t)l->tail.leaf}};
    return v;
}

/* A number of nodes, and the bytes of their blocks. */
struct stet_node_total {
    size_t nodes, bytes;
};

#define STET_INSPECT_DEPTHS 24

struct stet_node_stats {
    struct stet_node_total inner, leaves;
    /*
     * Nodes of older versions that exist only because newer nodes borrow their children (impl/node.h). These are not
     * counted above.
     */
    struct stet_node_total kept;
    size_t elements, room; /* of all leaves: their elements, and how many elements their blocks have room for */
    /* Of all inner nodes: their slots, and the slots whose child is not that of the slot before. */
    size_t slots, filled;
    /*
     * leaves_at[d] is the number of leaves that have d inner nodes above them; the last element includes deeper leaves.
     */
    size_t leaves_at[STET_INSPECT_DEPTHS];
};

/* Fills in the figures of all these views together. A node that is in several views counts once. */
STET_API STET_NODISCARD stet_result stet_inspect_count(const struct stet_roots *views, size_t n,
                                                       struct stet_node_stats *out);

struct stet_sharing {
    struct stet_node_total both, only_a, only_b; /* a kept node belongs to the view that keeps it */
};

/* Fills in which nodes the two views share, and which only one of them has. */
STET_API STET_NODISCARD stet_result stet_inspect_compare(const struct stet_roots *a, const struct stet_roots *b,
                                                         struct stet_sharing *out);

/* Writes the figures, one on each line. */
STET_API void stet_node_stats_write(const struct stet_node_stats *stats, FILE *out);

/*
 * Draws the nodes of one view (b is NULL), or of two and which of them they share, as a graph for Graphviz's dot: inner
 * nodes with their slots, leaves with elements and room, and dashed lines from a node to the node from which it
 * borrows. Draws at most `most` nodes, beginning at the roots; returns STET_UNCHANGED if it left some out.
 */
STET_API STET_NODISCARD stet_result stet_inspect_draw(const struct stet_roots *a, const struct stet_roots *b,
                                                      size_t most, FILE *out);

#ifdef __cplusplus
}
#endif
STET_LOUD_
#endif
