/* SPDX-License-Identifier: MIT */
/* tree_check.h - checks of the inner nodes of every counted tree: slots (T2) and sums (T3, T4 of stet/impl/tree.h). */
#ifndef TREE_CHECK_H
#define TREE_CHECK_H

#include <stet/impl/tree.h>
#include "audit.h"

/* Where in the tree a node is. */
enum { LEFT_EDGE = 1, RIGHT_EDGE = 2, ROOT = 4 };

/* Returns what is wrong with a node's number of slots, or NULL. fill: the node must be as full as T2 says. */
static inline const char *check_tree_slots(const struct stet_inner *n, unsigned level, unsigned edge, bool fill)
{
    if (__atomic_load_n(&n->refcount, __ATOMIC_RELAXED) == 0)
        return wrong("node with count 0 reached");
    if (n->slots == 0 || n->slots > STET_TREE_WIDTH)
        return wrong("T2: %u slots", n->slots);
    if (fill && (edge & ROOT ? n->slots < 2 : edge == 0 && n->slots < STET_TREE_WIDTH / 4))
        return wrong("T2: %u slots in %s", n->slots, edge & ROOT ? "the root" : "a node inside");
    if (fill && edge & ROOT && n->slots == 2 && level > 1 &&
        0u + stet_ref_inner_(stet_children_(n)[0])->slots + stet_ref_inner_(stet_children_(n)[1])->slots <=
            STET_TREE_WIDTH / 2)
        return wrong("T2: the two children of the root would fit into half a node");
    return NULL;
}

/* Fills in the sizes of the children of the table r; returns what is wrong with the sums, or NULL. */
static inline const char *check_tree_sums(const struct stet_tree_type *t, stet_ref r, size_t size, size_t *sizes)
{
    unsigned slots = stet_ref_inner_(r)->slots, cap = (unsigned)stet_tree_cap_(r);
    bool wide = stet_tree_kind_of_(r) == STET_TREE_WIDE;
    const char *end = (const char *)(stet_tree_wide_sums_(t, r) + (wide ? cap : 0));
    if (slots > cap || end > (const char *)stet_ref_inner_(r) + stet_ref_inner_(r)->units * 16)
        return wrong("a table of %u slots with room for %u in %u units", slots, cap, stet_ref_inner_(r)->units);
    for (unsigned i = 0; i < slots; i++)
        sizes[i] = stet_tree_before_(t, r, i + 1) - stet_tree_before_(t, r, i);
    for (unsigned i = slots; i < cap && !wide; i++)
        if (stet_tree_sums_(t, r)[i] != INT32_MAX)
            return wrong("a table has %u behind its %u sums", stet_tree_sums_(t, r)[i], slots);
    if (stet_tree_before_(t, r, slots) != size)
        return wrong("T4: a table of %zu elements is said to have %zu", size, stet_tree_before_(t, r, slots));
    return wide == (size > STET_TREE_NARROW_MAX) ? NULL : wrong("T3: %zu elements in a table of kind %u", size, wide);
}

#endif
