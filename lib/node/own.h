/* SPDX-License-Identifier: MIT */
/*
 * node/own.h - own, then write: how every update of every collection makes the nodes on its path its own.
 *
 * An update walks from the handle down. At each inner node it calls for the child's slot:
 *
 *   stet_parent_counts(t, parent, i)   can the child be exclusive? (parent is)
 *   stet_own_inner(t, ...)            if it is not: puts a copy in its place
 *
 * After each call the tree is whole (R1-R6 of stet/impl/node.h) and has the same contents as before.
 */
#ifndef STET_NODE_OWN_H
#define STET_NODE_OWN_H

#include <stet/impl/node.h>

#include "base/hidden.h"

/*
 * memcpy() of many bytes. The asm hides the bounds of n from gcc, which otherwise uses `rep movs`, which starts slowly.
 */
STET_INLINE void copy_many(void *to, const void *from, size_t n)
{
    __asm__("" : "+r"(n));
    memcpy(to, from, n);
}

/*
 * How many slots of a borrowing node may be owned before it is flattened: an eighth of them. A small node does not
 * borrow, because the replaced children that its owner keeps alive would be a large part of it. Small nodes of lists
 * are on the edges only, and may own one slot. Tiny nodes: half.
 */
STET_INLINE unsigned stet_borrow_budget(const struct stet_node_type *t, unsigned slots)
{
    if (STET_TINY_NODES)
        return slots / 2;
    return slots >= 16 ? slots / 8 : !t->spread && slots >= 4;
}

/*
 * How many copies in a row may take over the same owner before one is flattened: bounds how long an owner can be held.
 */
#define STET_FLATTEN_MAX 32

/* The mask of `count` slots from `first`. */
STET_INLINE uint64_t stet_slot_mask(unsigned first, unsigned count)
{
    return (count >= 64 ? ~UINT64_C(0) : (UINT64_C(1) << count) - 1) << first;
}

/* R2: call it together with the replacement of the slots. */
STET_INLINE void stet_slots_claim(struct stet_inner *n, unsigned first, unsigned count)
{
    n->owned |= stet_slot_mask(first, count);
}

STET_HIDDEN bool stet_slot_flatten_(const struct stet_node_type *t, struct stet_inner *n);

/*
 * Whether exclusive n counts its child in slot i; false: n borrows the child, and the slot is about to be replaced. To
 * return true where it can, it takes over the references of an owner that has no other holder, and flattens n when the
 * budget is spent.
 */
STET_INLINE bool stet_parent_counts(const struct stet_node_type *t, struct stet_inner *n, unsigned i)
{
    if (STET_LIKELY(n->owner == 0 || (n->owned >> i & 1) != 0))
        return true;
    return stet_slot_flatten_(t, n);
}

/* How a copy holds its children, and how much of the node it copies. */
enum stet_own {
    STET_OWN_BY_BUDGET = 0, /* borrows them, within the budget */
    STET_OWN_FOR_CUT = 1,   /* borrows them all: the caller drops most, and then flattens the copy */
    STET_OWN_WHOLE = 2,     /* beside either: copies the columns behind the slots, too */
};

/*
 * Replaces the inner node *slot by a copy. parent: the exclusive node with the inner node in slot i; NULL: *slot is a
 * root. parent_counts: the holder counts the inner node, and this count is consumed. False: no memory, nothing changed.
 */
STET_HIDDEN bool stet_own_inner(const struct stet_node_type *t, struct stet_inner *parent, unsigned i, stet_ref *slot,
                                bool parent_counts, unsigned how);

/* Makes n, which is exclusive, count each distinct child, and have no owner. */
STET_HIDDEN void stet_inner_flatten(const struct stet_node_type *t, struct stet_inner *n);

/*
 * Removes a holder. If that was the last one, a node of a type with counted elements waits for stet_node_drain(),
 * because callbacks run last. t is valid as long as the process.
 */
STET_HIDDEN void stet_node_release(const struct stet_node_type *t, stet_ref r);
STET_HIDDEN void stet_node_drain_(void);

/* To be called when an atom or a live map is made: from then on their garbage is freed before a request is refused. */
STET_HIDDEN void stet_node_has_garbage_(void);

/* Ends an update, whose handle and size are final: callbacks may run now. */
STET_INLINE void stet_node_drain(const struct stet_node_type *t)
{
    if (t->has_refs)
        stet_node_drain_();
}

#endif
