/* SPDX-License-Identifier: MIT */
/* What holds of the inner nodes of every counted tree: T2 of stet/impl/tree.h. */
#ifndef TREE_CHECK_H
#define TREE_CHECK_H

#include <stet/impl/tree.h>
#include "audit.h"

/* Where in the tree a node is. */
enum { LEFT_EDGE = 1, RIGHT_EDGE = 2, ROOT = 4 };

/* What is wrong with the number of slots of a node on this level, or NULL. fill: they are to be as full as T2 says. */
static inline const char *check_tree_slots(const struct stet_inner *n, unsigned level, unsigned edge, bool fill)
{
    if (__atomic_load_n(&n->refcount, __ATOMIC_RELAXED) == 0)
        return wrong("node with count 0 reached");
    if (n->slots == 0 || n->slots > STET_TREE_WIDTH)
        return wrong("T2: %u slots", n->slots);
    if (fill && (edge & ROOT ? n->slots < 2 : edge == 0 && n->slots < STET_TREE_WIDTH / 4))
        return wrong("T2: %u slots in %s", n->slots, edge & ROOT ? "the root" : "a node inside");
    if (fill && edge & ROOT && n->slots == 2 && level > 1 &&
        0u + stet_ref_inner(stet_children(n)[0])->slots + stet_ref_inner(stet_children(n)[1])->slots <=
            STET_TREE_WIDTH / 2)
        return wrong("T2: the two children of the root would fit into half a node");
    return NULL;
}

#endif
