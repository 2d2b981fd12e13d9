/* SPDX-License-Identifier: MIT */
/*
 * stet/inspect.h - reports what collections are made of, as figures and as pictures: nodes by kind, how full they are,
 * what versions share. For reports and tests; `bench/tools/memory_report` makes such a report.
 *
 *     STET_INSPECT_MAP(numbered)
 *
 *     struct stet_roots now = numbered_roots(&m), before = numbered_roots(&old);
 *     struct stet_sharing s;
 *     if (stet_inspect_compare(&before, &now, &s))
 *         fprintf(out, "%zu bytes are this version's alone\n", s.only_b.bytes);
 *
 * STET_INSPECT_MAP: of a map or set; STET_INSPECT_SORTED: of a sorted one; STET_INSPECT_LIST: of a list.
 *
 * A view is the borrowed version of a handle: valid as long as that handle is not changed or dropped. Elements are not
 * inspected: a map that is an element of a list has a view of its own.
 *
 * Fails: STET_NO_MEMORY: the functions need memory for each node they have seen, some 40 bytes.
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

#endif

#define STET_INSPECT_MAP(name)                                                          \
    STET_WRAPPER STET_NONNULL_(1) struct stet_roots name##_roots(const name *handle_)   \
    {                                                                                   \
        struct stet_roots view_ = {&name##_map_type_.node, {handle_->map_.root, 0, 0}}; \
        return view_;                                                                   \
    }
#define STET_INSPECT_SORTED(name)                                                                  \
    STET_WRAPPER STET_NONNULL_(1) struct stet_roots name##_roots(const name *handle_)              \
    {                                                                                              \
        struct stet_roots view_ = {&name##_sorted_type_.node, {handle_->sorted_.tree.root, 0, 0}}; \
        return view_;                                                                              \
    }
#define STET_INSPECT_LIST(name)                                                       \
    STET_WRAPPER STET_NONNULL_(1) struct stet_roots name##_roots(const name *handle_) \
    {                                                                                 \
        return stet_list_roots_(&name##_list_type_, &handle_->list_);                 \
    }

STET_INLINE struct stet_roots stet_list_roots_(const struct stet_tree_type *t, const struct stet_list *l)
{
    struct stet_roots v = {&t->node,
                           {l->tree.root, (stet_ref)(uintptr_t)l->head.leaf, (stet_ref)(uintptr_t)l->tail.leaf}};
    return v;
}

/* Nodes and the bytes of their blocks. */
struct stet_node_total {
    size_t nodes, bytes;
};

#define STET_INSPECT_DEPTHS 24

struct stet_node_stats {
    struct stet_node_total inner, leaves;
    /*
     * Nodes of older versions that exist only because newer nodes borrow their children (impl/node.h); not in the
     * above.
     */
    struct stet_node_total kept;
    size_t elements, room; /* in leaves; how many elements these blocks have room for */
    size_t slots, filled;  /* of inner nodes: all slots, and those with a child other than their neighbour's */
    size_t leaves_at[STET_INSPECT_DEPTHS]; /* by the number of inner nodes above; the last counts deeper ones, too */
};

/* Fills in the figures of all these views together; each node counts once. */
STET_API STET_NODISCARD stet_result stet_inspect_count(const struct stet_roots *views, size_t n,
                                                       struct stet_node_stats *out);

struct stet_sharing {
    struct stet_node_total both, only_a, only_b; /* a kept node belongs to the view that keeps it */
};

/* Fills in what two views share. */
STET_API STET_NODISCARD stet_result stet_inspect_compare(const struct stet_roots *a, const struct stet_roots *b,
                                                         struct stet_sharing *out);

/* Writes the figures, a line each. */
STET_API void stet_node_stats_write(const struct stet_node_stats *stats, FILE *out);

/*
 * Draws the nodes of one view, or of two (b NULL: of one) and what they share, as a graph for Graphviz's dot: inner
 * nodes with their slots, leaves with elements and room, and dashed lines from a node to the one it borrows from. Draws
 * at most `most` nodes, the upper ones; returns STET_UNCHANGED if it left some out.
 */
STET_API STET_NODISCARD stet_result stet_inspect_draw(const struct stet_roots *a, const struct stet_roots *b,
                                                      size_t most, FILE *out);

#ifdef __cplusplus
}
#endif
STET_LOUD_
#endif
