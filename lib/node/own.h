/* SPDX-License-Identifier: MIT */
/*
 * node/own.h - own, then write: how every update of every collection makes the nodes on its path its own.
 *
 * An update walks from the handle down. At each inner node it asks for the child's slot:
 *
 *   stet_parent_counts(t, parent, i)   may the child be exclusive at all? (parent is)
 *   stet_own_inner(t, ...)            if it is not: a copy in its place
 *
 * After each call the tree is whole (R1-R6 of stet/impl/node.h) and holds what it held before.
 */
#ifndef STET_NODE_OWN_H
#define STET_NODE_OWN_H

#include <stet/impl/node.h>

#include "base/hidden.h"

/* memcpy() of many. The size is hidden: where gcc knows that it is bounded it takes `rep movs`, which starts slowly. */
STET_INLINE void copy_many(void *to, const void *from, size_t n)
{
    __asm__("" : "+r"(n));
    memcpy(to, from, n);
}

/*
 * How many slots of a borrowing node may be owned before it counts exactly: an eighth of them. A small node does not
 * borrow, because the children that its owner keeps alive for nobody would be a large part of it. Small nodes of lists
 * are on the edges only, and may own one slot. Tiny nodes: half.
 */
STET_INLINE unsigned stet_borrow_budget(const struct stet_node_type *t, unsigned slots)
{
    if (STET_TINY_NODES)
        return slots / 2;
    return slots >= 16 ? slots / 8 : !t->spread && slots >= 4;
}

/* Copies in a row that may take over the same owner before one counts exactly: bounds how long it can be held. */
#define STET_FLATTEN_MAX 32

/* The mask of `count` slots from `first`. */
STET_INLINE uint64_t stet_slot_mask(unsigned first, unsigned count)
{
    return (count >= 64 ? ~UINT64_C(0) : (UINT64_C(1) << count) - 1) << first;
}

/* R2: to be called with the replacement of the slots. */
STET_INLINE void stet_slots_claim(struct stet_inner *n, unsigned first, unsigned count)
{
    n->owned |= stet_slot_mask(first, count);
}

STET_HIDDEN bool stet_slot_flatten_(const struct stet_node_type *t, struct stet_inner *n);

/*
 * Whether exclusive n counts its child in slot i; false: it borrows it, and the slot is about to be replaced. Before it
 * says so it takes over the references of an owner that nobody else holds, and counts exactly when the budget is spent.
 */
STET_INLINE bool stet_parent_counts(const struct stet_node_type *t, struct stet_inner *n, unsigned i)
{
    if (STET_LIKELY(n->owner == 0 || (n->owned >> i & 1) != 0))
        return true;
    return stet_slot_flatten_(t, n);
}

/* How a copy holds its children, and what it has of its own. */
enum stet_own {
    STET_OWN_BY_BUDGET = 0, /* borrows them, as far as the budget goes */
    STET_OWN_FOR_CUT = 1,   /* borrows them all: most are to go, and then it is to be settled */
    STET_OWN_WHOLE = 2,     /* beside either: what lies behind the slots is copied, too */
};

/*
 * Puts a copy in place of the inner node *slot; counted: the holder counts it, and its count is consumed. parent: the
 * exclusive node that holds it in slot i; NULL: *slot is a root. False: no memory, nothing changed.
 */
STET_HIDDEN bool stet_own_inner(const struct stet_node_type *t, struct stet_inner *parent, unsigned i, stet_ref *slot,
                                bool parent_counts, unsigned how);

/* n counts each distinct child and has no owner. n is exclusive. */
STET_HIDDEN void stet_inner_flatten(const struct stet_node_type *t, struct stet_inner *n);

/*
 * One holder less. The node of a type with counted elements, if dead, waits for stet_node_drain(), because callbacks
 * run last. t stays valid as long as the process.
 */
STET_HIDDEN void stet_node_release(const struct stet_node_type *t, stet_ref r);
STET_HIDDEN void stet_node_drain_(void);

/* There are atoms, or live maps: before a request is refused, their garbage is freed. */
STET_HIDDEN void stet_node_has_garbage_(void);

/* Ends an update: handle and size are final, now callbacks may run. */
STET_INLINE void stet_node_drain(const struct stet_node_type *t)
{
    if (t->has_refs)
        stet_node_drain_();
}

#endif
