/* SPDX-License-Identifier: MIT */
/*
 * tree/node.h - inner nodes, for updates: columns and kinds, owning a node, moving children (stet/impl/tree.h has the
 * drawing).
 */
#ifndef STET_TREE_NODE_H
#define STET_TREE_NODE_H

#include "tree/core.h"

/* ---- blocks ---- */

/* Bytes of an inner node without columns. */
STET_INLINE size_t radix_bytes(unsigned slots)
{
    return (sizeof(struct stet_inner) + slots * sizeof(stet_ref) + 63) & ~(size_t)63;
}

/* Bytes of a table with room for `cap` children. */
STET_INLINE size_t table_bytes(const struct stet_tree_type *t, size_t cap, bool wide)
{
    size_t end = stet_tree_folds_start_(t, cap, wide);
    if (STET_UNLIKELY(t->fold != NULL))
        end += 16 + cap * t->fold->size;
    return (end + 63) & ~(size_t)63;
}

STET_INLINE size_t cap_for(const struct stet_tree_type *t, unsigned slots)
{
    if (!t->bounded)
        return slots > STET_TREE_CAP_STEP ? TREE_WIDTH : STET_TREE_CAP_STEP;
    return slots > 3 * STET_TREE_CAP_STEP   ? TREE_WIDTH
           : slots > 2 * STET_TREE_CAP_STEP ? 3 * STET_TREE_CAP_STEP
                                            : 2 * STET_TREE_CAP_STEP;
}

STET_INLINE bool is_wide(size_t total) { return total > STET_TREE_NARROW_MAX; }

STET_INLINE size_t node_bytes(const struct stet_inner *n) { return (size_t)n->units * POOL_UNIT; }

/* How many children n, whose block is large enough for a table, has room for as a table. */
STET_INLINE size_t node_cap(const struct stet_tree_type *t, const struct stet_inner *n, bool wide)
{
    size_t cap = TREE_WIDTH;
    while (table_bytes(t, cap, wide) > node_bytes(n))
        cap = t->bounded ? cap - STET_TREE_CAP_STEP : STET_TREE_CAP_STEP;
    return cap;
}

/* ---- columns and kinds ---- */

STET_LOCAL_ stet_ref tagged(const struct stet_inner *n, enum stet_tree_kind kind)
{
    return (uintptr_t)n | STET_INNER_TAG | (stet_ref)kind;
}

STET_LOCAL_ stet_ref tagged_table(const struct stet_inner *n, size_t cap, bool wide)
{
    return tagged(n, wide ? STET_TREE_WIDE : STET_TREE_TABLE) | (cap / STET_TREE_CAP_STEP - 1) * 16;
}

/* Returns the ref of a node that is no table; its offset and its last child decide the kind. */
STET_LOCAL_ stet_ref tagged_radix(const struct stet_inner *n)
{
    stet_ref last = stet_children_(n)[n->slots - 1u];
    bool radix = n->aux == 0 && (last & 3) == 0;
    return tagged(n, radix ? STET_TREE_RADIX : STET_TREE_OFFSET);
}

STET_INLINE bool is_table(stet_ref r) { return stet_tree_kind_of_(r) >= STET_TREE_TABLE; }

/* Fills in the size of each child. */
STET_LOCAL_ void sizes_read(const struct stet_tree_type *t, stet_ref r, unsigned level, size_t total, size_t *size)
{
    const struct stet_inner *n = stet_ref_inner_(r);
    unsigned last = n->slots - 1u;
    size_t before = 0;
    if (stet_tree_kind_of_(r) == STET_TREE_TABLE) {
        const uint32_t *sum = stet_tree_sums_(t, r);
        for (unsigned i = 0; i <= last; before = sum[i++])
            size[i] = sum[i] - before;
        return;
    }
    if (stet_tree_kind_of_(r) == STET_TREE_WIDE) {
        const uint64_t *wide = stet_tree_wide_sums_(t, r);
        for (unsigned i = 0; i <= last; before = (size_t)wide[i++])
            size[i] = (size_t)wide[i] - before;
        return;
    }
    size_t full = full_child(t, level);
    for (unsigned i = 0; i < last; i++)
        size[i] = full;
    if (last > 0) {
        size[0] = full - (size_t)n->aux;
        total -= size[0] + (last - 1) * full;
    }
    size[last] = total;
}

/* Writes the sums of the table r, which has `slots` children. */
STET_LOCAL_ void sums_write(const struct stet_tree_type *t, stet_ref r, unsigned slots, const size_t *size)
{
    unsigned cap = (unsigned)stet_tree_cap_(r);
    size_t before = 0;
    uint32_t *sum = stet_tree_sums_(t, r);
    if (STET_UNLIKELY(stet_tree_kind_of_(r) == STET_TREE_WIDE)) {
        uint64_t *wide = stet_tree_wide_sums_(t, r);
        for (unsigned i = 0; i < slots; i++)
            wide[i] = before += size[i];
        return;
    }
    for (unsigned i = 0; i < cap; i++)
        sum[i] = i < slots ? (uint32_t)(before += size[i]) : INT32_MAX;
}

/* Computes anew, from its keys, how many bytes a node of strings skips, and its bounds. (tree/skip.c) */
STET_HIDDEN void stet_tree_skip_anew_(const struct stet_tree_type *t, stet_ref r);

/* The columns beside the refs, with room for the children of two nodes, and one more. */
struct columns {
    size_t size[2 * STET_TREE_WIDTH + 1];
    uint64_t bound[2 * STET_TREE_WIDTH + 1]; /* in a bounded tree */
    bool mixed;                           /* bounds may be of nodes that skip different bytes: they are computed anew */
    bool folded[2 * STET_TREE_WIDTH + 1]; /* fold[] has the fold of the child; in a tree with folds */
    _Alignas(STET_MAX_ALIGN) char fold[(2 * STET_TREE_WIDTH + 1) * STET_FOLD_MAX];
};

/* Sets the new size of a child, and unsets its fold. */
STET_LOCAL_ void column_resize(struct columns *c, unsigned i, size_t size)
{
    c->size[i] = size;
    c->folded[i] = false;
}

#define NO_BOUND UINT64_MAX

/* Reads the columns of the node r into those of c from place `at` on. last: the bound of the last child of r. */
STET_LOCAL_ void columns_read(const struct stet_tree_type *t, stet_ref r, unsigned level, size_t total, uint64_t last,
                              struct columns *c, unsigned at)
{
    unsigned slots = stet_ref_inner_(r)->slots;
    sizes_read(t, r, level, total, c->size + at);
    c->mixed = at != 0;
    if (t->bounded) {
        memcpy(c->bound + at, stet_tree_bounds_(r), slots * sizeof *c->bound);
        c->bound[at + slots - 1] = last;
    }
    if (STET_UNLIKELY(t->fold != NULL))
        stet_tree_folds_read_(t, r, c->folded + at, c->fold + at * t->fold->size);
}

/*
 * Sets the columns of n to those of c from place `at` on, and the kind of n to one that fits them. The children of n
 * are in place, and its block has room for a table. Returns the ref of n.
 */
STET_LOCAL_ stet_ref columns_write(const struct stet_tree_type *t, struct stet_inner *n, unsigned level,
                                   const struct columns *c, unsigned at)
{
    const size_t *size = c->size + at;
    unsigned last = n->slots - 1u;
    size_t full = full_child(t, level), odd = 0, total = 0;
    for (unsigned i = 1; i < last; i++)
        odd |= size[i] ^ full;
    if (odd == 0 && full != SIZE_MAX && !t->bounded) {
        n->aux = last > 0 ? full - size[0] : 0;
        return tagged_radix(n);
    }
    for (unsigned i = 0; i <= last; i++)
        total += size[i];
    size_t cap = node_cap(t, n, is_wide(total));
    stet_ref r = tagged_table(n, cap, is_wide(total));
    if (t->bounded) {
        uint64_t *bound = stet_tree_bounds_(r);
        memcpy(bound, c->bound + at, last * sizeof *bound);
        memset(bound + last, 0xFF, (cap - last) * sizeof *bound);
        if (c->mixed)
            stet_tree_skip_anew_(t, r);
    }
    sums_write(t, r, last + 1, size);
    if (STET_UNLIKELY(t->fold != NULL))
        stet_tree_folds_write_(t, r, c->folded + at, c->fold + at * t->fold->size);
    return r;
}

/* Moves n places of the columns from `from` to `to`. */
STET_LOCAL_ void columns_move(const struct stet_tree_type *t, struct columns *c, unsigned to, unsigned from, unsigned n)
{
    memmove(c->size + to, c->size + from, n * sizeof *c->size);
    if (t->bounded)
        memmove(c->bound + to, c->bound + from, n * sizeof *c->bound);
    if (STET_UNLIKELY(t->fold != NULL)) {
        memmove(c->folded + to, c->folded + from, n * sizeof *c->folded);
        memmove(c->fold + to * t->fold->size, c->fold + from * t->fold->size, (size_t)n * t->fold->size);
    }
}

STET_LOCAL_ size_t total_of(const size_t *size, unsigned n)
{
    size_t total = 0;
    for (unsigned i = 0; i < n; i++)
        total += size[i];
    return total;
}

/*
 * Copies the columns of the table r to the block of n, which has room for the columns of `to` children. Returns the ref
 * of n, which will have the children of r.
 */
STET_LOCAL_ stet_ref columns_copy(const struct stet_tree_type *t, stet_ref r, const struct stet_inner *n, size_t to)
{
    bool wide = stet_tree_kind_of_(r) == STET_TREE_WIDE;
    size_t from = stet_tree_cap_(r), both = from < to ? from : to;
    stet_ref copy = tagged_table(n, to, wide);
    if (t->bounded)
        copy_many(stet_tree_bounds_(copy), stet_tree_bounds_(r), both * sizeof(uint64_t));
    if (STET_UNLIKELY(wide))
        memcpy(stet_tree_wide_sums_(t, copy), stet_tree_wide_sums_(t, r), both * sizeof(uint64_t));
    else
        copy_many(stet_tree_sums_(t, copy), stet_tree_sums_(t, r), both * sizeof(uint32_t));
    if (to > from && t->bounded)
        memset(stet_tree_bounds_(copy) + from, 0xFF, (to - from) * sizeof(uint64_t));
    for (size_t i = from; i < to && !wide; i++)
        stet_tree_sums_(t, copy)[i] = INT32_MAX;
    if (STET_UNLIKELY(t->fold != NULL))
        stet_tree_folds_copy_(t, r, copy);
    return copy;
}

/* ---- nodes ---- */

/* Allocates a block of this size for a node. NULL: no memory. */
STET_LOCAL_ struct stet_inner *block_new(const struct stet_tree_type *t, size_t bytes)
{
    struct stet_inner *n = pool_allocate_for(bytes, &t->node.name);
    if (n != NULL)
        n->units = (uint16_t)(bytes / POOL_UNIT);
    return n;
}

/* Makes a node with room for so many slots, and for the sums of `total` elements. NULL: no memory. */
STET_LOCAL_ struct stet_inner *node_new(const struct stet_tree_type *t, unsigned slots, size_t total)
{
    size_t bytes = table_bytes(t, cap_for(t, slots), is_wide(total));
    struct stet_inner *n = block_new(t, bytes);
    if (n != NULL)
        *n = (struct stet_inner){.refcount = 1, .units = (uint16_t)(bytes / POOL_UNIT)};
    return n;
}

/* Frees n, whose children were moved elsewhere. */
STET_LOCAL_ void node_free(const struct stet_tree_type *t, struct stet_inner *n)
{
    if (n->lender != 0)
        stet_node_release(&t->node, n->lender);
    pool_free(n, node_bytes(n));
}

/* Gives the new node n, of `level`, a single child, which has `size` elements. n takes over the count of the child. */
STET_LOCAL_ stet_ref node_of_one(const struct stet_tree_type *t, struct stet_inner *n, unsigned level, stet_ref child,
                                 size_t size)
{
    struct columns c;
    column_resize(&c, 0, size);
    c.mixed = true;
    n->slots = 1;
    stet_children_(n)[0] = child;
    return columns_write(t, n, level, &c, 0);
}

/*
 * The room that a node needs when it is owned. slots 0: neither its children nor their sizes will change. Otherwise it
 * may get up to `slots` children, and up to `total` elements and those of one more leaf.
 */
struct room {
    unsigned slots;
    size_t total;
};

#define AS_IT_IS ((struct room){0, 0})

/*
 * Returns how many children the block of node r must have room for, if r becomes a table when it is owned with `room`.
 */
STET_INLINE size_t room_cap(const struct stet_tree_type *t, stet_ref r, struct room room)
{
    return cap_for(t, room.slots != 0 ? room.slots : stet_ref_inner_(r)->slots);
}

STET_INLINE bool room_is_wide(const struct stet_tree_type *t, stet_ref r, struct room room)
{
    return room.slots != 0 ? is_wide(room.total + leaf_max(t)) : stet_tree_kind_of_(r) == STET_TREE_WIDE;
}

STET_INLINE size_t room_bytes(const struct stet_tree_type *t, stet_ref r, struct room room)
{
    return room.slots != 0 || is_table(r) ? table_bytes(t, room_cap(t, r, room), room_is_wide(t, r, room))
                                          : radix_bytes(stet_ref_inner_(r)->slots);
}

STET_INLINE bool has_room(const struct stet_tree_type *t, stet_ref r, struct room room)
{
    if (is_table(r) && room.slots <= stet_tree_cap_(r) && !is_wide(room.total + leaf_max(t)))
        return true;
    return node_bytes(stet_ref_inner_(r)) >= room_bytes(t, r, room);
}

/* own_node_how() for a node that must move to another block. counted: its holder counts it. */
STET_HIDDEN struct stet_inner *stet_tree_node_move_(const struct stet_tree_type *t, struct stet_inner *parent,
                                                    unsigned i, stet_ref *slot, struct room room, enum stet_own how,
                                                    bool counted);

/*
 * Makes the inner node in *slot exclusive, with this room, and returns it; parent NULL: it is the root. A copy has no
 * more room than this. NULL: no memory.
 */
STET_INLINE struct stet_inner *own_node_how(const struct stet_tree_type *t, struct stet_inner *parent, unsigned i,
                                            stet_ref *slot, struct room room, enum stet_own how)
{
    assert(slot != NULL);
    bool counted = parent == NULL || stet_parent_counts(&t->node, parent, i);
    if (counted && stet_node_is_unshared_(*slot) && (room.slots == 0 || has_room(t, *slot, room)))
        return stet_ref_inner_(*slot);
    return stet_tree_node_move_(t, parent, i, slot, room, how, counted);
}

STET_LOCAL_ struct stet_inner *own_node(const struct stet_tree_type *t, struct stet_inner *parent, unsigned i,
                                        stet_ref *slot, struct room room)
{
    return own_node_how(t, parent, i, slot, room, STET_OWN_BY_BUDGET);
}

/* own_node(), as it is, for a table of 32-bit sums in a bounded tree without folds. */
STET_HIDDEN struct stet_inner *stet_tree_table_copy_(const struct stet_tree_type *t, struct stet_inner *parent,
                                                     unsigned i, stet_ref *slot, bool counted);

STET_INLINE struct stet_inner *own_table(const struct stet_tree_type *t, struct stet_inner *parent, unsigned i,
                                         stet_ref *slot)
{
    bool counted = parent == NULL || stet_parent_counts(&t->node, parent, i);
    return counted && stet_node_is_unshared_(*slot) ? stet_ref_inner_(*slot)
                                                    : stet_tree_table_copy_(t, parent, i, slot, counted);
}

/* Owns the child in slot i of the exclusive node n. */
STET_LOCAL_ struct stet_inner *own_child(const struct stet_tree_type *t, struct stet_inner *n, unsigned i,
                                         struct room room)
{
    return own_node(t, n, i, &stet_children_(n)[i], room);
}

/*
 * leaf_in() makes a view of a leaf in the tree, for the functions of tree/leaf.c; leaf_put() stores the resulting leaf
 * in the slot. parent NULL: the leaf is the root.
 */
STET_LOCAL_ struct stet_tree_view leaf_in(const struct stet_tree_type *t, struct stet_inner *parent, unsigned i,
                                          stet_ref slot, size_t n, bool *counted)
{
    *counted = parent == NULL || stet_parent_counts(&t->node, parent, i);
    return (struct stet_tree_view){ref_leaf(slot), 0, (uint32_t)n};
}

STET_LOCAL_ void leaf_put(struct stet_inner *parent, unsigned i, stet_ref *slot, struct stet_tree_leaf *leaf)
{
    *slot = leaf_ref(leaf);
    if (parent != NULL)
        stet_slots_claim(parent, i, 1);
}

/* Owns the leaf in slot i of the exclusive node n, of `size` elements; afterwards it has room for leaf_max. */
STET_LOCAL_ struct stet_tree_leaf *own_tree_leaf(const struct stet_tree_type *t, struct stet_inner *n, unsigned i,
                                                 size_t size)
{
    bool counted;
    stet_ref *slot = &stet_children_(n)[i];
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
    stet_ref *child = stet_children_(n);
    unsigned behind = n->slots - at - gone;
    uint64_t before = stet_slot_mask(0, at);
    uint64_t after = at + gone < 64 ? n->replaced >> (at + gone) & stet_slot_mask(0, behind) : 0;
    memmove(child + at + count, child + at + gone, behind * sizeof *child);
    for (unsigned i = 0; i < count; i++)
        child[at + i] = refs[i];
    if (n->lender != 0)
        n->replaced = (n->replaced & before) | stet_slot_mask(at, count) | after << (at + count);
    n->slots = (uint8_t)(n->slots + count - gone);
}

/* Returns the child in slot i with a count for its new holder; the caller splices the slot out. */
STET_LOCAL_ stet_ref node_take(const struct stet_inner *n, unsigned i)
{
    stet_ref r = stet_children_(n)[i];
    if (!stet_counts_child_(n, i))
        stet_node_retain_(r);
    return r;
}

/* Releases the child in slot i; the caller splices the slot out. */
STET_LOCAL_ void node_let_go(const struct stet_tree_type *t, const struct stet_inner *n, unsigned i)
{
    if (stet_counts_child_(n, i))
        stet_node_release(&t->node, stet_children_(n)[i]);
}

/*
 * To be called after slots were removed: flattens n if its lender would otherwise keep many children alive that n does
 * not have: more than a quarter of the slots, and more than `spare`; or if n is too small to borrow.
 */
STET_LOCAL_ void node_flatten(const struct stet_tree_type *t, struct stet_inner *n, unsigned spare)
{
    if (n->lender == 0)
        return;
    unsigned borrowed = n->slots - (unsigned)__builtin_popcountll(n->replaced & stet_slot_mask(0, n->slots));
    unsigned kept_unused = stet_ref_inner_(n->lender)->slots - borrowed;
    if (kept_unused <= (spare > TREE_WIDTH / 4 ? spare : TREE_WIDTH / 4) && stet_borrow_budget(&t->node, n->slots) != 0)
        return;
    if (!(stet_node_is_unshared_(n->lender) && stet_slot_flatten_(&t->node, n)))
        stet_inner_flatten(&t->node, n);
}

/*
 * The bound, in a node that skips `skip` bytes, between the keys below its child r and the keys behind r. (tree/skip.c)
 */
STET_HIDDEN uint64_t stet_tree_last_bound_(const struct stet_tree_type *t, stet_ref r, size_t skip);

/*
 * Returns the bound that n has for its child r; `bound` is the bound of the last child of r. In nodes of strings the
 * two may differ, because n and r may skip different numbers of bytes.
 */
STET_LOCAL_ uint64_t bound_above(const struct stet_tree_type *t, const struct stet_inner *n, stet_ref r, uint64_t bound)
{
    return stet_tree_skips_(t) ? stet_tree_last_bound_(t, r, n->aux) : bound;
}

/* ---- a node and its children (tree/node.c) ---- */

#define NOWHERE SIZE_MAX

/* The place between two children where two trees were joined. */
struct seam {
    unsigned child; /* the index of the child that the seam is in */
    size_t at;      /* the seam is before this slot of the child */
};

/*
 * Merges the children i and i + 1 of the exclusive node in *slot if they fit into one, or else redistributes the two,
 * so that neither is underfull. False: no memory. track, if they are leaves: an element, counted from the start of the
 * first leaf, which will be in the larger half. track, if they are inner nodes: a place among the children of both,
 * which will be inside one node unless both are full. *seam: where that place is afterwards.
 */
STET_HIDDEN bool stet_tree_even_pair_(const struct stet_tree_type *t, stet_ref *slot, unsigned level, size_t total,
                                      unsigned i, size_t track, struct seam *seam);

#endif
