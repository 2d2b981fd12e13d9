/* SPDX-License-Identifier: MIT */
/*
 * stet/impl/node.h - reference-counted nodes, shared between versions.
 *
 * A ref is a node's address with a tag in its low bits. Inner nodes are aligned to 64 bytes, so their tag has six bits:
 * bit 3 is set, and the collection decides what the others mean. Leaves are aligned to 16 bytes, and their tag is 0.
 * The ref 0 is no node.
 *
 *   inner     0          4       6       7            8          16       24       32
 *             | refcount | units | slots | flattened  | replaced | lender | aux    | child[slots] ...
 *
 * units: the block's size in units of 16 bytes. It follows the count in every node, leaves included.
 *
 * Lazy child counts. A copy of a path would have to increment the counts of up to 63 children at every level, and its
 * release to decrement them. Instead a copy is the bytes plus ONE count on the old node, its *lender*: the copy borrows
 * the children from its lender. `replaced` marks the slots that were replaced after the copy was made.
 *
 *   lender == 0   exact: the node counts each of its children once (where they `spread`, a run of equal neighbours is
 *                 one child)
 *   lender != 0   it counts the lender, and each distinct child in the slots whose bit in `replaced` is set; the
 *                 children in the other slots are kept alive by the lender, and are a subsequence of the lender's
 *                 children
 *
 * An example. The handle B is a copy of A, so their root a has the count 2. A write to B whose key leads to slot 39
 * makes the node b: the bytes of a, with lender a. B's count on a becomes b's count on its lender. The write then
 * copies the leaf x in slot 39 to y, and sets slot 39 of b to y, and bit 39 in b's `replaced`. So two nodes are made
 * and two counts written, whatever the number of children:
 *
 *   A -> a (2)   slot 0 .. 63: each child counted by a, x among them
 *   B -> b (1)   lender a, replaced {39}: y is counted by b; the other children are borrowed, a keeps them
 *
 * When A is dropped, only b's count on a remains. The next write through b finds that the count is 1, takes over a's
 * references to its children, releases x, and frees a: now b is exact.
 *
 * Rules, in force after every step of every update (so out-of-memory may end an update anywhere):
 *   R1  A child is counted by, or kept through the lender of, every node that points at it, until the step that
 *       replaces it; the replaced node is released last.
 *   R2  The replaced bits of a slot range change together with the replacement, never before.
 *   R3  A lender has no lender (a copy of a borrowing node takes over its lender: chains do not grow).
 *   R4  child, lender and replaced are written only while the node is exclusive: reached from one handle alone, every
 *       count on the way 1 and every slot counted.
 *   R5  A node that mixes children of two nodes counts exactly.
 *   R6  Out of memory at any step leaves R1 to R5 true and the contents as they were.
 *
 * Only nodes whose elements may be released late borrow. A collection of prompt elements (type.h) is `exact`.
 */
#ifndef STET_IMPL_NODE_H
#define STET_IMPL_NODE_H

#include <stet/impl/count.h>
#include <stet/impl/misuse.h>
#include <stet/release.h>

STET_QUIET_
#ifdef __cplusplus
extern "C" {
#endif

typedef uint64_t stet_ref;

#define STET_TAG_BITS UINT64_C(63)
#define STET_INNER_TAG UINT64_C(8)

struct stet_inner {
    uint32_t refcount;
    uint16_t units;
    uint8_t slots;     /* 2 to 64 */
    uint8_t flattened; /* how often in a row a copy has taken over the same lender; see STET_FLATTEN_MAX */
    uint64_t replaced;
    stet_ref lender;
    uint64_t aux;
};

STET_STATIC_ASSERT(sizeof(struct stet_inner) == 32, "children start at 32");

/* Returns whether n counts its child in slot i; if not, n borrows the child. */
STET_INLINE bool stet_counts_child_(const struct stet_inner *n, size_t i)
{
    return n->lender == 0 || (n->replaced >> i & 1) != 0;
}

/* What reports need to know about a leaf. */
struct stet_leaf_shape {
    size_t bytes;          /* of the leaf's block */
    size_t elements, room; /* the number of its elements, and of elements that its block has room for */
    stet_ref below;        /* the root of a tree that the leaf holds; 0: none */
};

/*
 * What node.c must know of a collection's nodes. It comes first in every collection's descriptor. A descriptor lives as
 * long as the process, because a release may be deferred.
 */
struct stet_node_type {
    /*
     * Releases the elements of this dead leaf, and nodes that the leaf holds (with stet_node_release()), and frees the
     * leaf's block.
     */
    void (*free_leaf)(const struct stet_node_type *t, stet_ref leaf);
    /* Describes this leaf, so that stet/inspect.h does not depend on the collection. */
    struct stet_leaf_shape (*describe_leaf)(const struct stet_node_type *t, stet_ref leaf);
    bool exact;       /* nodes never borrow, because the release of some element must be prompt */
    bool has_refs;    /* leaves hold something that must be released */
    bool spread;      /* a child may fill several neighbouring slots, and is then counted once */
    const char *name; /* the name of the handle's type, for reports */
};

STET_INLINE bool stet_ref_is_inner_(stet_ref r) { return (r & STET_INNER_TAG) != 0; }

STET_INLINE struct stet_inner *stet_ref_inner_(stet_ref r)
{
    return (struct stet_inner *)(uintptr_t)(r & ~STET_TAG_BITS);
}

/* Returns the address of a node of either kind. A leaf's ref has no tag. */
STET_INLINE void *stet_ref_node_(stet_ref r)
{
    return (void *)(uintptr_t)(r & ~((r & STET_INNER_TAG) * (STET_TAG_BITS / STET_INNER_TAG) | (STET_INNER_TAG - 1)));
}

STET_INLINE stet_ref *stet_children_(const struct stet_inner *n)
{
    return (stet_ref *)(uintptr_t)((const char *)n + sizeof *n);
}

/* Checks that the node was not freed. */
STET_INLINE void stet_node_check_(const struct stet_node_type *t, stet_ref r)
{
    const stet_ref poison = STET_POISON_ * UINT64_C(0x100000001); /* a ref in a freed node */
    STET_CHECK_(r != poison && !stet_is_freed_(stet_ref_node_(r)), t->name, STET_RULE_HANDLE_);
}

/* Adds a holder of a node. The caller must hold the node, or know that somebody does. r may be 0. */
STET_INLINE void stet_node_retain_(stet_ref r)
{
    if (r != 0)
        stet_count_up_((uint32_t *)stet_ref_node_(r));
}

/* Returns whether the caller, which holds the node, is its only holder. */
STET_INLINE bool stet_node_is_unshared_(stet_ref r)
{
    /* Acquire pairs with the release half of the decrements: other holders have finished their reads. */
    return __atomic_load_n((const uint32_t *)stet_ref_node_(r), __ATOMIC_ACQUIRE) == 1;
}

/* Drops the caller's count on a node. True: it was the last one. */
STET_INLINE bool stet_node_count_down_(stet_ref r) { return stet_count_down_((uint32_t *)stet_ref_node_(r)); }

/* Releases a node that has no holder any more, and calls the callbacks. */
STET_API void stet_node_free_(const struct stet_node_type *t, stet_ref r);

/*
 * Returns the bytes of the nodes below r that nothing else holds: what a drop of the root would free, elements apart.
 * Approximate while other threads change counts. Cost: O(those nodes).
 */
STET_API size_t stet_node_unshared_bytes_(const struct stet_node_type *t, stet_ref r);
/* Releases the root of a handle now, and calls the callbacks. r may be 0. */
STET_API void stet_node_drop_(const struct stet_node_type *t, stet_ref r);
/* As stet_node_drop_(), but defers the release to stet_release_some() on this thread. Cost: O(1). */
STET_API void stet_node_drop_later_(const struct stet_node_type *t, stet_ref r);

#ifdef __cplusplus
}
#endif
STET_LOUD_
#endif
