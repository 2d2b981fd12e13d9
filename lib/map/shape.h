/* SPDX-License-Identifier: MIT */
/*
 * map/shape.h - the structural steps of a trie, written once for the map and the live map.
 *
 *   split       a leaf of several slots becomes two leaves, by the next hash bit
 *   narrow      a leaf whose entries all agree in that bit keeps one half of its slots; the other is a gap
 *   grow        a leaf of one slot, or a gap, gets two: its parent doubles, or, if the parent has full width, a new
 *               node of two slots takes the slot
 *   join        a leaf, or a gap, and its buddy become one leaf: the entries of two small ones, or a wider one
 *   halve       a node whose slots are alike in pairs gets half as many
 *   collapse    one leaf, or nothing, fills a node, and takes its place
 *
 * A step works at a place, and is complete when it returns: a node is whole before a slot leads to it, and a replaced
 * node is released or retired last. The map owns the path, then takes the step; the live map locks the nodes whose
 * slots change and those that will be replaced, checks that they are in the same place, then takes the step. A constant
 * struct shape, which is inlined, has the other differences.
 */
#ifndef STET_MAP_SHAPE_H
#define STET_MAP_SHAPE_H

#include <stet/impl/atomic.h>
#include "map/leaf.h"

STET_INLINE unsigned inner_width(const struct stet_inner *n) { return (unsigned)__builtin_ctz(n->slots); }

STET_INLINE stet_ref inner_ref(const struct stet_inner *n) { return (uintptr_t)n | (64 - inner_width(n)); }

/* ---- places ---- */

/*
 * Where the leaf of a key is. In a map the path down to `slot` is exclusive. In a live map the parent must be locked
 * before anything is changed.
 */
struct place {
    stet_ref *slot;            /* holds the leaf, or 0; it is slot `index` of the parent, or a root */
    struct stet_inner *parent; /* NULL: *slot is a root, of the map or of a rehash leaf */
    stet_ref *parent_slot;     /* the slot that holds the parent */
    stet_ref *rehash_slot;     /* on level 1: the first of the slots that hold the rehash leaf */
    uint64_t hash;             /* the key's hash, on this level */
    unsigned index;
    unsigned base; /* the number of hash bits used down to the slot */
    unsigned level;
    unsigned rehash_count;      /* on level 1: the number of these slots */
    bool parent_counts;         /* whether the parent counts the node in the slot */
    struct live_position *live; /* in a live map: what it needs beside this place */
};

/*
 * How a slot is stored; each caller passes a constant. If other threads walk the tree, the node must be visible before
 * the slot leads to it.
 */
enum store { STORE_PLAIN, STORE_RELEASE };

STET_INLINE void slot_store(stet_ref *slot, stet_ref r, enum store store)
{
    if (store == STORE_RELEASE)
        STET_STORE_(*slot, r, RELEASE); /* pairs with the acquire of walking threads */
    else
        *slot = r;
}

/* How many slots a leaf of this depth fills in the place's parent, and which is the first of them. */
STET_INLINE unsigned range_count(const struct place *p, unsigned depth)
{
    return p->parent == NULL ? 1 : 1u << (p->base - depth);
}

STET_INLINE unsigned range_first(const struct place *p, unsigned count) { return p->index & ~(count - 1); }

/* Puts r into `count` slots from `first`. From now on the parent, if there is one, counts r. */
STET_INLINE void place_fill(struct place *p, unsigned first, unsigned count, stet_ref r, enum store store)
{
    if (p->parent == NULL) {
        slot_store(p->slot, r, store);
    } else {
        for (unsigned i = first; i < first + count; i++)
            slot_store(&stet_children_(p->parent)[i], r, store);
        stet_slots_claim(p->parent, first, count);
    }
}

/* Puts r into the slots that a leaf of this depth fills. The caller must release the old node. */
STET_INLINE void place_replace(struct place *p, unsigned depth, stet_ref r, enum store store)
{
    unsigned count = range_count(p, depth);
    place_fill(p, range_first(p, count), count, r, store);
}

/* Moves the place into r, the inner node in its slot: to that slot of r that the next bits of the hash choose. */
STET_INLINE void place_enter(struct place *p, stet_ref r, uint64_t *bits)
{
    p->parent_slot = p->slot;
    p->parent = stet_ref_inner_(r);
    p->base += 64 - (unsigned)(r & STET_TAG_BITS);
    p->index = (unsigned)stet_trie_step_(r, bits);
    p->slot = &stet_children_(p->parent)[p->index];
}

/* Returns whether `count` slots from `first` hold the same ref. */
STET_INLINE bool slots_alike(const struct stet_inner *n, unsigned first, unsigned count)
{
    const stet_ref *child = stet_children_(n);
    for (unsigned i = first + 1; i < first + count; i++)
        if (child[i] != child[first])
            return false;
    return true;
}

/*
 * Finds the buddy of a leaf or gap of this depth: the range of slots of the same size beside it. False: the parent has
 * no such range, or it does not hold just one leaf or gap.
 */
STET_INLINE bool place_buddy(const struct place *p, unsigned depth, unsigned *first, unsigned *count)
{
    *count = range_count(p, depth);
    *first = range_first(p, *count) ^ *count;
    return p->parent != NULL && *count < p->parent->slots && slots_alike(p->parent, *first, *count) &&
           !stet_ref_is_inner_(stet_children_(p->parent)[*first]);
}

/* Finds the widest range of gaps around a gap that one leaf can fill. Returns the depth of that leaf. */
STET_INLINE unsigned place_gap(const struct place *p, unsigned *first, unsigned *count)
{
    unsigned depth = p->base, buddy;
    while (place_buddy(p, depth, &buddy, count) && stet_children_(p->parent)[buddy] == 0)
        depth--;
    *count = range_count(p, depth);
    *first = range_first(p, *count);
    return depth;
}

/* ---- the differences ---- */

struct shape {
    enum store store;
    /* Makes a leaf that will get `want` of the entries of the leaf at p. NULL: no memory. */
    struct stet_leaf *(*leaf)(const struct stet_map_type *t, const struct place *p, unsigned want, unsigned depth);
    /*
     * Returns the leaf at p, of any kind, to be made narrower. In a map that is the leaf itself, after it was owned;
     * where other threads see the leaf, it is a copy that is not in its place yet. NULL: no memory.
     */
    struct stet_leaf *(*copy)(const struct stet_map_type *t, struct place *p);
    /*
     * Returns the leaf at p if it is plain and has at most `most` entries. It will be read and released, or, if `want`
     * is not 0, written, with room for `want` entries. NULL: the leaf is not like this, or there is no memory.
     */
    struct stet_leaf *(*own)(const struct stet_map_type *t, struct place *p, unsigned most, unsigned want);
    /* Appends the entries of a leaf, with their references, to another one. */
    void (*take)(const struct stet_map_type *t, struct stet_leaf *to, const struct stet_leaf *from);
    /* Disposes of r, which was in the slots of p and has been replaced. Other nodes have its entries or children. */
    void (*leave)(const struct stet_map_type *t, struct place *p, stet_ref r);
};

/* ---- growth: false: no memory, nothing is changed ---- */

/* Fills the two halves of the slots of a leaf of this depth; NULL: with a gap. */
STET_INLINE void shape_halve(const struct shape *s, struct place *p, unsigned depth, struct stet_leaf *const half[2])
{
    unsigned count = range_count(p, depth) / 2, first = range_first(p, 2 * count);
    place_fill(p, first, count, (uintptr_t)half[0], s->store);
    place_fill(p, first + count, count, (uintptr_t)half[1], s->store);
}

/*
 * Narrows the leaf, which fills at least two slots, to that half of its slots to which this value of the next hash bit
 * leads.
 */
STET_INLINE bool shape_narrow(const struct shape *s, const struct stet_map_type *t, struct place *p, unsigned bit)
{
    struct stet_leaf *half[2] = {NULL, NULL}, *narrow = half[bit] = s->copy(t, p), *l = stet_ref_leaf_(*p->slot);
    if (narrow == NULL)
        return false;
    unsigned depth = narrow->depth++;
    shape_halve(s, p, depth, half);
    if (l != narrow)
        s->leave(t, p, (uintptr_t)l);
    return true;
}

/*
 * Splits the plain leaf, which fills at least two slots. The half to which the place's hash leads has room for another
 * entry.
 */
STET_INLINE bool shape_split(const struct shape *s, const struct stet_map_type *t, struct place *p)
{
    struct stet_leaf *l = stet_ref_leaf_(*p->slot), *half[2];
    unsigned depth = l->depth, bit = hash_bit(p->hash, depth);
    uint64_t bits = hash_bits(t, l, depth, p->level);
    unsigned ones = (unsigned)__builtin_popcountll(bits);
    if (ones == 0 || ones == l->n)
        return shape_narrow(s, t, p, ones != 0);
    half[0] = s->leaf(t, p, l->n - ones + (bit == 0), depth + 1);
    half[1] = half[0] != NULL ? s->leaf(t, p, ones + (bit == 1), depth + 1) : NULL;
    if (half[1] == NULL) {
        if (half[0] != NULL)
            pool_free(half[0], (size_t)half[0]->units * POOL_UNIT);
        return false;
    }
    leaf_deal(t, half, l, bits);
    shape_halve(s, p, depth, half);
    s->leave(t, p, (uintptr_t)l);
    return true;
}

/* Returns the width of the new inner node in which a leaf of one slot, or a gap, gets two slots. */
STET_INLINE unsigned shape_width(const struct place *p)
{
    unsigned width = p->parent != NULL ? inner_width(p->parent) : STET_MAP_WIDTH;
    return width < STET_MAP_WIDTH ? width + 1 : 1;
}

/*
 * Replaces the parent by the new node g, which has twice or half as many slots. g counts the children that the parent
 * counted, and borrows those that the parent borrowed.
 */
STET_INLINE void shape_resize(const struct shape *s, const struct stet_map_type *t, struct place *p,
                              struct stet_inner *g)
{
    struct stet_inner *n = p->parent;
    g->lender = n->lender;
    g->flattened = n->flattened;
    for (unsigned i = 0; i < g->slots; i++) {
        unsigned from = i << inner_width(n) >> inner_width(g);
        stet_children_(g)[i] = stet_children_(n)[from];
        if (n->replaced >> from & 1)
            stet_slots_claim(g, i, 1);
    }
    slot_store(p->parent_slot, inner_ref(g), s->store);
    p->parent = g;
    s->leave(t, p, inner_ref(n));
}

/*
 * Replaces the parent by the new node g, whose width is shape_width(), or, if the parent has full width, puts g between
 * the parent and the node at p, which then fills both slots of g. Moves the place along. False: g is NULL.
 */
STET_INLINE bool shape_grow(const struct shape *s, const struct stet_map_type *t, struct place *p, struct stet_inner *g)
{
    if (g == NULL)
        return false;
    if (shape_width(p) > 1) {
        shape_resize(s, t, p, g);
        p->index *= 2;
    } else {
        stet_children_(g)[0] = stet_children_(g)[1] = *p->slot;
        if (!p->parent_counts)
            stet_node_retain_(*p->slot);
        place_fill(p, p->index, 1, inner_ref(g), s->store);
        p->parent_slot = p->slot;
        p->parent = g;
        p->parent_counts = true;
        p->index = 0;
    }
    p->index += hash_bit(p->hash, p->base++);
    p->slot = &stet_children_(g)[p->index];
    return true;
}

/* ---- shrinking: false: nothing is changed ---- */

/*
 * Joins the leaf or gap at p, of this depth, with its buddy, if one of them is a gap, or both are leaves and small
 * together.
 */
STET_INLINE bool shape_join(const struct shape *s, const struct stet_map_type *t, struct place *p, unsigned depth)
{
    struct place beside = *p;
    unsigned count;
    if (!place_buddy(p, depth, &beside.index, &count))
        return false;
    beside.slot = &stet_children_(p->parent)[beside.index];
    struct stet_leaf *l = stet_ref_leaf_(*p->slot), *b = stet_ref_leaf_(*beside.slot);
    bool both = l != NULL && b != NULL;
    assert(b == NULL || b->depth == depth); /* b fills this range, and no wider one, because p does not hold b */
    if (l == NULL && b == NULL)
        return true;
    if (both && (l->n > t->leaf_max / 4u || (b = s->own(t, &beside, t->leaf_max / 2u - l->n, 0)) == NULL))
        return false;
    if (b != NULL)
        beside.parent_counts = stet_parent_counts(&t->node, p->parent, beside.index);
    l = s->own(t, l != NULL ? p : &beside, t->leaf_max, both ? (unsigned)l->n + b->n : 1);
    if (l == NULL)
        return false;
    if (both)
        s->take(t, l, b);
    l->depth--;
    place_replace(p, l->depth, (uintptr_t)l, s->store);
    p->parent_counts = true;
    if (both)
        s->leave(t, &beside, (uintptr_t)b);
    return true;
}

/* Returns whether one leaf, or no leaf, fills the parent. */
STET_INLINE bool place_is_all(const struct place *p)
{
    return slots_alike(p->parent, 0, p->parent->slots) && !stet_ref_is_inner_(*p->slot);
}

/* Returns whether the parent has more than two slots, and these are alike in pairs. */
STET_INLINE bool place_is_paired(const struct place *p)
{
    for (unsigned i = 0; i < p->parent->slots; i += 2)
        if (!slots_alike(p->parent, i, 2))
            return false;
    return p->parent->slots > 2;
}

/* Replaces the parent, whose slots are alike in pairs, by the new node g of half its slots. False: g is NULL. */
STET_INLINE bool shape_halve_node(const struct shape *s, const struct stet_map_type *t, struct place *p,
                                  struct stet_inner *g)
{
    if (g == NULL)
        return false;
    shape_resize(s, t, p, g);
    p->index /= 2;
    p->base--;
    p->slot = &stet_children_(g)[p->index];
    return true;
}

/* Replaces the parent by the one leaf, or the gap, that fills it. */
STET_INLINE void shape_collapse(const struct shape *s, const struct stet_map_type *t, struct place *p)
{
    struct stet_inner *n = p->parent;
    stet_inner_flatten(&t->node, n); /* after that n counts the leaf, and its count moves up with the leaf */
    slot_store(p->parent_slot, stet_children_(n)[0], s->store);
    s->leave(t, p, inner_ref(n));
}

#endif
