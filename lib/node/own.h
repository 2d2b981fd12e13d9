/* SPDX-License-Identifier: MIT */
/*
 * node/own.h - own, then write: how every update of every collection makes the nodes on its path its own.
 *
 * An update walks down from the handle. At each inner node, for the slot of the child that it enters next, it calls:
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
 * memcpy() of many bytes. The asm hides the bounds of n from gcc. If gcc knows them, it uses `rep movs`, which starts
 * slowly.
 */
STET_INLINE void copy_many(void *to, const void *from, size_t n)
{
    __asm__("" : "+r"(n));
    memcpy(to, from, n);
}

/*
 * Returns how many slots of a borrowing node may be replaced before the node is flattened: an eighth of them, or half
 * in builds with tiny nodes. A small node does not borrow, because the replaced children that its lender keeps alive
 * would be a large part of the node. Small nodes of lists are only at the edges of a tree, and may replace one slot.
 */
STET_INLINE unsigned stet_borrow_budget(const struct stet_node_type *t, unsigned slots)
{
    if (STET_TINY_NODES)
        return slots / 2;
    return slots >= 16 ? slots / 8 : !t->spread && slots >= 4;
}

/*
 * A node is flattened when this many copies in a row have taken over the same lender. This bounds how long a lender can
 * be held.
 */
#define STET_FLATTEN_MAX 32

/* Returns the mask of `count` slots from `first`. */
STET_INLINE uint64_t stet_slot_mask(unsigned first, unsigned count)
{
    return (count >= 64 ? ~UINT64_C(0) : (UINT64_C(1) << count) - 1) << first;
}

/* Marks the slots as replaced. R2: to be called together with the replacement. */
STET_INLINE void stet_slots_claim(struct stet_inner *n, unsigned first, unsigned count)
{
    n->replaced |= stet_slot_mask(first, count);
}

STET_HIDDEN bool stet_slot_flatten_(const struct stet_node_type *t, struct stet_inner *n);

/*
 * Returns whether n, which is exclusive, counts its child in slot i. If n borrows the child, it first tries to change
 * that: n takes over the references of a lender that has no other holder, or is flattened if the budget is spent.
 * False: n still borrows the child, and the slot is about to be replaced.
 */
STET_INLINE bool stet_parent_counts(const struct stet_node_type *t, struct stet_inner *n, unsigned i)
{
    if (STET_LIKELY(stet_counts_child_(n, i)))
        return true;
    return stet_slot_flatten_(t, n);
}

/* How a copy holds its children. */
enum stet_own {
    STET_OWN_BY_BUDGET, /* the copy borrows them, within the budget */
    STET_OWN_FOR_CUT,   /* the copy borrows them all: the caller drops most of them, and then flattens the copy */
};

/*
 * Replaces the inner node *slot by a copy of the same size. parent is the exclusive node that has the inner node in
 * slot i, or NULL if *slot is a root. parent_counts says that the parent, or the handle, counts the inner node; this
 * count is consumed. False: no memory, and nothing changed.
 */
STET_HIDDEN bool stet_own_inner(const struct stet_node_type *t, struct stet_inner *parent, unsigned i, stet_ref *slot,
                                bool parent_counts, enum stet_own how);
/*
 * Does the same with the new node `ref`, whose `units` are set, and whose block has room for the children. Columns
 * behind the children are not copied.
 */
STET_HIDDEN void stet_own_into(const struct stet_node_type *t, struct stet_inner *parent, unsigned i, stet_ref *slot,
                               bool parent_counts, enum stet_own how, stet_ref ref);

/*
 * Does what is left to do when `ref` is a whole copy of *slot but for the count on it: holds the children, and puts
 * `ref` in its place.
 */
STET_HIDDEN void stet_own_copied_(const struct stet_node_type *t, struct stet_inner *parent, unsigned i, stet_ref *slot,
                                  bool parent_counts, enum stet_own how, stet_ref ref);

STET_INLINE void stet_own_copied(const struct stet_node_type *t, struct stet_inner *parent, unsigned i, stet_ref *slot,
                                 bool parent_counts, stet_ref ref)
{
    struct stet_inner *copy = stet_ref_inner_(ref);
    if (copy->lender != 0 || t->exact || stet_borrow_budget(t, copy->slots) == 0) {
        stet_own_copied_(t, parent, i, slot, parent_counts, STET_OWN_BY_BUDGET, ref);
        return;
    }
    copy->lender = *slot; /* a count of the holder on the old node becomes the copy's */
    copy->replaced = 0;
    if (!parent_counts)
        stet_node_retain_(*slot);
    *slot = ref;
    if (parent != NULL)
        stet_slots_claim(parent, i, 1);
}

/* Makes n, which is exclusive, count each distinct child, and have no lender. */
STET_HIDDEN void stet_inner_flatten(const struct stet_node_type *t, struct stet_inner *n);

/*
 * Removes a holder. If it was the last one, a node with elements that need a release waits for stet_node_drain(),
 * because callbacks run last. t must live as long as the process.
 */
STET_HIDDEN void stet_node_release(const struct stet_node_type *t, stet_ref r);
STET_HIDDEN void stet_node_drain_(void);

/*
 * To be called when an atom or a live map is made. From then on garbage of atoms and live maps is freed before a
 * request for memory is refused.
 */
STET_HIDDEN void stet_node_has_garbage_(void);

/* Ends an update, after its handle and size are final: from here on callbacks may run. */
STET_INLINE void stet_node_drain(const struct stet_node_type *t)
{
    if (t->has_refs)
        stet_node_drain_();
}

#endif
