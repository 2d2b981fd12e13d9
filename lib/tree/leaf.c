/* SPDX-License-Identifier: MIT */
/*
 * tree/leaf.c - leaves, in the tree and as buffers at the ends of lists (stet/impl/tree.h has the drawing).
 *
 * A leaf that several versions hold may have constructed more than a version's own elements: a push at the end of a
 * shared buffer claims the next place by one compare-and-swap of `hi` (or `lo`), so that a chain of versions shares a
 * leaf. Elements that may hold a version of the list are excluded: an element that holds a version with its own leaf
 * would keep itself alive for ever. Prompt elements are excluded, too: they must be released with the last version that
 * has them.
 */
#include "tree/core.h"

struct stet_tree_leaf *stet_tree_leaf_new_(const struct stet_tree_type *t, unsigned cap)
{
    struct stet_tree_leaf *l = pool_allocate_for(leaf_size_for(t, cap), &t->node.name);
    if (l != NULL)
        *l = (struct stet_tree_leaf){.refcount = 1, .cap = (uint8_t)cap};
    return l;
}

/* Leaves are blocks of 64, 128, 192, 256 or 384 bytes, or whole leaves: at most a third of a leaf is free. */
unsigned stet_tree_leaf_cap_(const struct stet_tree_type *t, unsigned n)
{
    if (STET_TINY_NODES)
        return n > 2 ? 4 : 2;
    size_t entry = t->size + t->value_size, want = t->data + (size_t)n * entry,
           size = want <= 256 ? (want + 63) & ~(size_t)63 : (want + 127) & ~(size_t)127;
    size_t cap = (size - t->data) / entry;
    return cap * 3 / 2 < leaf_max(t) ? (unsigned)cap : leaf_max(t);
}

void stet_tree_values_move_(const struct stet_tree_type *t, const struct stet_tree_leaf *to, unsigned at,
                            const struct stet_tree_leaf *from, unsigned i, unsigned n)
{
    memmove(stet_tree_value_(t, to, at), stet_tree_value_(t, from, i), (size_t)n * t->value_size);
}

void stet_tree_retain_(const struct stet_tree_type *t, const struct stet_tree_leaf *l, unsigned i, unsigned n)
{
    elements_retain(t, stet_tree_element_(t, l, i), n);
    if (t->value_size != 0 && t->value->retain != NULL)
        for (unsigned k = 0; k < n; k++)
            t->value->retain(stet_tree_value_(t, l, i + k));
}

void stet_tree_let_go_(const struct stet_tree_type *t, const struct stet_tree_leaf *l, unsigned i, unsigned n)
{
    elements_release(t, stet_tree_element_(t, l, i), n);
    if (t->value_size != 0 && t->value->release != NULL)
        for (unsigned k = 0; k < n; k++)
            t->value->release(stet_tree_value_(t, l, i + k));
}

void stet_tree_free_leaf_(const struct stet_node_type *node_type, stet_ref leaf)
{
    const struct stet_tree_type *t = (const struct stet_tree_type *)node_type;
    struct stet_tree_leaf *l = ref_leaf(leaf);
    leaf_let_go(t, l, l->lo, (unsigned)l->hi - l->lo);
    pool_free(l, leaf_size(t, l));
}

struct stet_leaf_shape stet_tree_describe_leaf_(const struct stet_node_type *node_type, stet_ref leaf)
{
    const struct stet_tree_leaf *l = ref_leaf(leaf);
    size_t bytes = leaf_size((const struct stet_tree_type *)node_type, l);
    return (struct stet_leaf_shape){.bytes = bytes, .elements = (size_t)l->hi - l->lo, .room = l->cap};
}

void stet_tree_leaf_narrow_(const struct stet_tree_type *t, struct stet_tree_leaf *l, unsigned lo, unsigned n)
{
    unsigned old_lo = l->lo, old_hi = l->hi;
    l->lo = (uint8_t)lo;
    l->hi = (uint8_t)(lo + n);
    if (STET_UNLIKELY(old_lo < lo))
        leaf_let_go(t, l, old_lo, lo - old_lo);
    if (STET_UNLIKELY(lo + n < old_hi))
        leaf_let_go(t, l, lo + n, old_hi - lo - n);
}

/* Replaces the view's leaf by c. moved: the old leaf was unshared, and c has taken over its elements. */
static void replace(const struct stet_tree_type *t, struct stet_tree_view *b, struct stet_tree_leaf *c, bool moved,
                    bool counted)
{
    struct stet_tree_leaf *l = b->leaf;
    b->leaf = c;
    if (moved)
        pool_free(l, leaf_size(t, l));
    else if (counted)
        leaf_release(t, l);
}

bool stet_tree_leaf_own_(const struct stet_tree_type *t, struct stet_tree_view *b, bool counted, unsigned cap,
                         unsigned at)
{
    struct stet_tree_leaf *l = b->leaf;
    bool unshared = counted && leaf_is_unshared(l);
    if (unshared)
        stet_tree_leaf_narrow_(t, l, b->lo, b->n);
    if (unshared && l->cap >= cap) {
        if (at != b->lo)
            leaf_move(t, l, at, b->lo, b->n);
    } else {
        struct stet_tree_leaf *c = stet_tree_leaf_new_(t, cap);
        if (c == NULL)
            return false;
        leaf_copy(t, c, at, l, b->lo, b->n);
        if (!unshared)
            leaf_retain(t, c, at, b->n);
        replace(t, b, c, unshared, counted);
    }
    b->lo = at;
    b->leaf->lo = (uint8_t)at;
    b->leaf->hi = (uint8_t)(at + b->n);
    return true;
}

/* Opens a place before the index-th element of an exclusive leaf with room. */
static void *open_in_place(const struct stet_tree_type *t, struct stet_tree_view *b, unsigned index, enum side side)
{
    struct stet_tree_leaf *l = b->leaf;
    bool front = side != IN_TREE && index * 2 < b->n;
    if ((front ? b->lo : l->cap - b->lo - b->n) == 0) { /* moves all the room to this side, for later openings */
        unsigned at = front ? l->cap - b->n : 0;
        leaf_move(t, l, at, b->lo, b->n);
        b->lo = at;
    }
    if (front) {
        b->lo--;
        leaf_move(t, l, b->lo, b->lo + 1, index);
    } else {
        leaf_move(t, l, b->lo + index + 1, b->lo + index, b->n - index);
    }
    b->n++;
    l->lo = (uint8_t)b->lo;
    l->hi = (uint8_t)(b->lo + b->n);
    return stet_tree_element_(t, l, b->lo + index);
}

/* Returns whether a new element may be constructed in a leaf that other versions hold. */
static bool may_claim(const struct stet_tree_type *t)
{
    return !t->node.exact && (!stet_type_may_hold_(t->element) || (t->element->flags & STET_ACYCLIC) != 0);
}

/* Claims the place beside this version's elements in a shared leaf, if no other version has claimed it. */
static bool claim(uint8_t *edge, unsigned from, unsigned to)
{
    uint8_t expected = (uint8_t)from;
    /* Relaxed: only the claim is shared; the element is published with the version that has it. */
    return __atomic_load_n(edge, __ATOMIC_RELAXED) == from &&
           __atomic_compare_exchange_n(edge, &expected, (uint8_t)to, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

void *stet_tree_leaf_open_(const struct stet_tree_type *t, struct stet_tree_view *b, bool counted, unsigned index,
                           unsigned cap, enum side side)
{
    struct stet_tree_leaf *l = b->leaf;
    bool unshared = l != NULL && counted && leaf_is_unshared(l);
    unsigned n = b->n, end = b->lo + n;
    if (unshared) {
        stet_tree_leaf_narrow_(t, l, b->lo, n);
        if (n < l->cap)
            return open_in_place(t, b, index, side);
    } else if (l != NULL && side != IN_TREE && may_claim(t)) {
        if (index == n && end < l->cap && claim(&l->hi, end, end + 1)) {
            b->n++;
            return stet_tree_element_(t, l, end);
        }
        if (index == 0 && b->lo > 0 && claim(&l->lo, b->lo, b->lo - 1)) {
            b->n++;
            return stet_tree_element_(t, l, --b->lo);
        }
    }
    struct stet_tree_leaf *c = stet_tree_leaf_new_(t, cap);
    if (c == NULL)
        return NULL;
    unsigned at = side == AT_FRONT ? cap - n - 1 : 0;
    if (l != NULL) {
        leaf_copy(t, c, at, l, b->lo, index);
        leaf_copy(t, c, at + index + 1, l, b->lo + index, n - index);
        if (!unshared) {
            leaf_retain(t, c, at, index);
            leaf_retain(t, c, at + index + 1, n - index);
        }
        replace(t, b, c, unshared, counted);
    }
    c->lo = (uint8_t)at;
    c->hi = (uint8_t)(at + n + 1);
    *b = (struct stet_tree_view){c, at, n + 1};
    return stet_tree_element_(t, c, at + index);
}

bool stet_tree_leaf_close_(const struct stet_tree_type *t, struct stet_tree_view *b, bool counted, unsigned index,
                           void *out, enum side side)
{
    struct stet_tree_leaf *l = b->leaf, *c;
    unsigned n = b->n, from = b->lo + index;
    bool unshared = counted && leaf_is_unshared(l), front = side != IN_TREE && index * 2 < n;
    if (unshared) {
        stet_tree_leaf_narrow_(t, l, b->lo, n);
        leaf_read(t, l, from, out);
        if (front) {
            leaf_move(t, l, b->lo + 1, b->lo, index);
            l->lo = (uint8_t)++b->lo;
        } else {
            leaf_move(t, l, b->lo + index, b->lo + index + 1, n - index - 1);
            l->hi--;
        }
    } else if (side != IN_TREE && (n == 1 || (!t->node.exact && (index == 0 || index == n - 1)))) {
        leaf_read(t, l, from, out);
        leaf_retain(t, l, from, 1);
        b->lo += index == 0 && n > 1;
    } else {
        if ((c = stet_tree_leaf_new_(t, side == IN_TREE ? leaf_max(t) : stet_tree_leaf_cap_(t, n))) == NULL)
            return false;
        unsigned at = side == AT_FRONT ? c->cap - n + 1 : 0;
        leaf_read(t, l, from, out);
        leaf_copy(t, c, at, l, b->lo, index);
        leaf_copy(t, c, at + index, l, from + 1, n - index - 1);
        leaf_retain(t, l, from, 1);
        leaf_retain(t, c, at, n - 1);
        c->lo = (uint8_t)at;
        c->hi = (uint8_t)(at + n - 1);
        replace(t, b, c, false, counted);
        b->lo = at;
    }
    b->n = n - 1;
    return true;
}
