/* SPDX-License-Identifier: MIT */
/*
 * tree/node.h - inner nodes, for updates: columns and kinds, owning a node, moving children (stet/impl/tree.h has the
 * drawing).
 */
#ifndef STET_TREE_NODE_H
#define STET_TREE_NODE_H

#include "tree/core.h"

STET_INLINE size_t node_size(const struct stet_tree_type *t)
{
    return STET_TREE_UNBOUNDED_SIZE + (t->bounded ? TREE_WIDTH * sizeof(uint64_t) : 0);
}

/* ---- columns and kinds ---- */

STET_LOCAL_ stet_ref tagged(const struct stet_inner *n, enum stet_tree_kind kind)
{
    return (uintptr_t)n | STET_INNER_TAG | (stet_ref)kind;
}

/* The ref of a node that is no table, by its offset and its last child. */
STET_LOCAL_ stet_ref tagged_radix(const struct stet_inner *n)
{
    stet_ref last = stet_children(n)[n->slots - 1u];
    bool radix = n->aux == 0 && (last & 3) == 0;
    return tagged(n, radix ? STET_TREE_RADIX : STET_TREE_OFFSET);
}

/* Fills in the size of each child. */
STET_LOCAL_ void sizes_read(const struct stet_tree_type *t, stet_ref r, unsigned level, uint32_t total, uint32_t *size)
{
    const struct stet_inner *n = stet_ref_inner(r);
    unsigned last = n->slots - 1u;
    if (stet_tree_kind_of(r) == STET_TREE_TABLE) {
        const uint32_t *sum = stet_tree_sums(n);
        for (unsigned i = 0, before = 0; i <= last; before = sum[i++])
            size[i] = sum[i] - before;
        return;
    }
    uint32_t full = full_child(t, level);
    for (unsigned i = 0; i < last; i++)
        size[i] = full;
    if (last > 0) {
        size[0] = full - (uint32_t)n->aux;
        total -= size[0] + (last - 1) * full;
    }
    size[last] = total;
}

/* Sets the node's kind, and its sums or offset, by the sizes of its children, which are in place. Returns its ref. */
STET_LOCAL_ stet_ref sizes_write(const struct stet_tree_type *t, struct stet_inner *n, unsigned level,
                                 const uint32_t *size)
{
    unsigned last = n->slots - 1u;
    uint32_t full = full_child(t, level), odd = 0;
    for (unsigned i = 1; i < last; i++)
        odd |= size[i] ^ full;
    if (odd == 0 && full != UINT32_MAX && !t->bounded) {
        n->aux = last > 0 ? full - size[0] : 0;
        return tagged_radix(n);
    }
    uint32_t *sum = stet_tree_sums(n), before = 0;
    for (unsigned i = 0; i < TREE_WIDTH; i++)
        sum[i] = i <= last ? before += size[i] : INT32_MAX;
    return tagged(n, STET_TREE_TABLE);
}

/* The columns beside the refs, with room for the children of two nodes, and one more. */
struct columns {
    uint32_t size[2 * STET_TREE_WIDTH + 1];
    uint64_t bound[2 * STET_TREE_WIDTH + 1]; /* in a bounded tree */
};

#define NO_BOUND UINT64_MAX

/* Reads the columns of the node r to places from `at` on. last: the bound of its last child. */
STET_LOCAL_ void columns_read(const struct stet_tree_type *t, stet_ref r, unsigned level, uint32_t total, uint64_t last,
                              struct columns *c, unsigned at)
{
    unsigned slots = stet_ref_inner(r)->slots;
    sizes_read(t, r, level, total, c->size + at);
    if (t->bounded) {
        memcpy(c->bound + at, stet_tree_bounds(stet_ref_inner(r)), slots * sizeof *c->bound);
        c->bound[at + slots - 1] = last;
    }
}

/* Writes columns from `at` on to n, whose children are in place. Returns its ref. */
STET_LOCAL_ stet_ref columns_write(const struct stet_tree_type *t, struct stet_inner *n, unsigned level,
                                   const struct columns *c, unsigned at)
{
    if (t->bounded) {
        uint64_t *bound = stet_tree_bounds(n);
        unsigned last = n->slots - 1u;
        memcpy(bound, c->bound + at, last * sizeof *bound);
        memset(bound + last, 0xFF, (TREE_WIDTH - last) * sizeof *bound);
    }
    return sizes_write(t, n, level, c->size + at);
}

/* Moves n places of the columns from `from` to `to`. */
STET_LOCAL_ void columns_move(const struct stet_tree_type *t, struct columns *c, unsigned to, unsigned from, unsigned n)
{
    memmove(c->size + to, c->size + from, n * sizeof *c->size);
    if (t->bounded)
        memmove(c->bound + to, c->bound + from, n * sizeof *c->bound);
}

STET_LOCAL_ uint32_t total_of(const uint32_t *size, unsigned n)
{
    uint32_t total = 0;
    for (unsigned i = 0; i < n; i++)
        total += size[i];
    return total;
}

/* ---- nodes ---- */

STET_LOCAL_ struct stet_inner *node_new(const struct stet_tree_type *t)
{
    struct stet_inner *n = pool_allocate_for(node_size(t), &t->node.name);
    if (n != NULL)
        *n = (struct stet_inner){.refcount = 1, .units = (uint16_t)(node_size(t) / POOL_UNIT)};
    return n;
}

/* Frees n, whose children were moved elsewhere. */
STET_LOCAL_ void node_free(const struct stet_tree_type *t, struct stet_inner *n)
{
    if (n->owner != 0)
        stet_node_release(&t->node, n->owner);
    pool_free(n, node_size(t));
}

/* Makes the new node n one of `level` with a single child of `size` elements, whose count it takes over. */
STET_LOCAL_ stet_ref node_of_one(const struct stet_tree_type *t, struct stet_inner *n, unsigned level, stet_ref child,
                                 uint32_t size)
{
    if (t->bounded)
        memset(stet_tree_bounds(n), 0xFF, TREE_WIDTH * sizeof(uint64_t));
    n->slots = 1;
    stet_children(n)[0] = child;
    return sizes_write(t, n, level, &size);
}

/* Makes the inner node in *slot exclusive and returns it; parent NULL: the root. NULL: no memory. */
STET_LOCAL_ struct stet_inner *own_node_how(const struct stet_tree_type *t, struct stet_inner *parent, unsigned i,
                                            stet_ref *slot, enum stet_own how)
{
    assert(slot != NULL);
    bool counted = parent == NULL || stet_parent_counts(&t->node, parent, i);
    if (counted && stet_node_is_unshared(*slot))
        return stet_ref_inner(*slot);
    unsigned whole = stet_tree_kind_of(*slot) == STET_TREE_TABLE ? STET_OWN_WHOLE : 0;
    return stet_own_inner(&t->node, parent, i, slot, counted, how | whole) ? stet_ref_inner(*slot) : NULL;
}

STET_LOCAL_ struct stet_inner *own_node(const struct stet_tree_type *t, struct stet_inner *parent, unsigned i,
                                        stet_ref *slot)
{
    return own_node_how(t, parent, i, slot, STET_OWN_BY_BUDGET);
}

/* Owns the child of exclusive n in slot i. */
STET_LOCAL_ struct stet_inner *own_child(const struct stet_tree_type *t, struct stet_inner *n, unsigned i)
{
    return own_node(t, n, i, &stet_children(n)[i]);
}

/*
 * leaf_in() makes a view of a leaf in the tree, for the functions of tree/leaf.c; leaf_put() stores the resulting leaf
 * in the slot. parent NULL: the leaf is the root.
 */
STET_LOCAL_ struct stet_tree_view leaf_in(const struct stet_tree_type *t, struct stet_inner *parent, unsigned i,
                                          stet_ref slot, uint32_t n, bool *counted)
{
    *counted = parent == NULL || stet_parent_counts(&t->node, parent, i);
    return (struct stet_tree_view){ref_leaf(slot), 0, n};
}

STET_LOCAL_ void leaf_put(struct stet_inner *parent, unsigned i, stet_ref *slot, struct stet_tree_leaf *leaf)
{
    *slot = leaf_ref(leaf);
    if (parent != NULL)
        stet_slots_claim(parent, i, 1);
}

/* Owns the leaf in slot i of exclusive n, which has `size` elements, with room for as many as a leaf may have. */
STET_LOCAL_ struct stet_tree_leaf *own_tree_leaf(const struct stet_tree_type *t, struct stet_inner *n, unsigned i,
                                                 uint32_t size)
{
    bool counted;
    stet_ref *slot = &stet_children(n)[i];
    struct stet_tree_view b = leaf_in(t, n, i, *slot, size, &counted);
    if (!stet_tree_leaf_own_(t, &b, counted, leaf_max(t), 0))
        return NULL;
    leaf_put(n, i, slot, b.leaf);
    return b.leaf;
}

/*
 * Removes `gone` slots from `at` on and puts `count` refs there, which n counts. The caller disposes of the removed
 * refs.
 */
STET_LOCAL_ void node_splice(struct stet_inner *n, unsigned at, unsigned gone, const stet_ref *refs, unsigned count)
{
    stet_ref *child = stet_children(n);
    unsigned behind = n->slots - at - gone;
    uint64_t before = stet_slot_mask(0, at);
    uint64_t after = at + gone < 64 ? n->owned >> (at + gone) & stet_slot_mask(0, behind) : 0;
    memmove(child + at + count, child + at + gone, behind * sizeof *child);
    for (unsigned i = 0; i < count; i++)
        child[at + i] = refs[i];
    if (n->owner != 0)
        n->owned = (n->owned & before) | stet_slot_mask(at, count) | after << (at + count);
    n->slots = (uint8_t)(n->slots + count - gone);
}

/* Returns the child in slot i with a count for its new holder; the caller splices the slot out. */
STET_LOCAL_ stet_ref node_take(const struct stet_inner *n, unsigned i)
{
    stet_ref r = stet_children(n)[i];
    if (n->owner != 0 && (n->owned >> i & 1) == 0)
        stet_node_retain(r);
    return r;
}

/* Releases the child in slot i; the caller splices the slot out. */
STET_LOCAL_ void node_let_go(const struct stet_tree_type *t, const struct stet_inner *n, unsigned i)
{
    if (n->owner == 0 || (n->owned >> i & 1) != 0)
        stet_node_release(&t->node, stet_children(n)[i]);
}

/*
 * To be called after slots were removed: flattens n if its owner would otherwise keep many children alive that n does
 * not have: more than a quarter of the slots, and more than `spare`; or if n is too small to borrow.
 */
STET_LOCAL_ void node_flatten(const struct stet_tree_type *t, struct stet_inner *n, unsigned spare)
{
    if (n->owner == 0)
        return;
    unsigned borrowed = n->slots - (unsigned)__builtin_popcountll(n->owned & stet_slot_mask(0, n->slots));
    unsigned kept_unused = stet_ref_inner(n->owner)->slots - borrowed;
    if (kept_unused <= (spare > TREE_WIDTH / 4 ? spare : TREE_WIDTH / 4) && stet_borrow_budget(&t->node, n->slots) != 0)
        return;
    if (!(stet_node_is_unshared(n->owner) && stet_slot_flatten_(&t->node, n)))
        stet_inner_flatten(&t->node, n);
}

/* The bound between the elements of a tree and elements behind them. (tree/tree.c) */
STET_HIDDEN uint64_t stet_tree_last_bound_(const struct stet_tree_type *t, const struct stet_tree *l);

/* ---- a node and its children (tree/node.c) ---- */

#define NOWHERE UINT32_MAX

/* The place between two children where two trees were joined. */
struct seam {
    unsigned child, at; /* the child of the node; the slot of that child behind the seam */
};

/*
 * Merges the children i and i + 1 of the exclusive node in *slot, if they fit into one, or else redistributes so that
 * neither is underfull. False: no memory. track: of leaves, an element, counted from the start of the first leaf, that
 * will be in the larger half; of inner nodes, a place among the children of both, which will be inside of one node,
 * unless both are full: *seam is that place afterwards.
 */
STET_HIDDEN bool stet_tree_even_pair_(const struct stet_tree_type *t, stet_ref *slot, unsigned level, uint32_t total,
                                      unsigned i, uint32_t track, struct seam *seam);

#endif
