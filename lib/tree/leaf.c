/* SPDX-License-Identifier: MIT */
/*
 * tree/leaf.c - the leaves of lists, in the tree and as buffers at the ends (stet/impl/list.h has the drawing).
 *
 * A leaf that several versions hold may have constructed more than a version's own elements: pushing at the end of a
 * shared buffer claims the next room by one compare-and-swap of `hi` (or `lo`), so that a chain of versions shares a
 * leaf. Only where elements hold no collection: one that holds a version of the same leaf would keep itself for ever.
 * This excludes prompt elements as well, which must go with the last version that shows them.
 */
#include "tree/core.h"

struct stet_list_leaf *stet_list_leaf_new_(const struct stet_list_type *t, unsigned cap)
{
    struct stet_list_leaf *l = pool_allocate_for(t->data + (size_t)cap * t->size, &t->node.name);
    if (l != NULL)
        *l = (struct stet_list_leaf){.refcount = 1, .cap = (uint8_t)cap};
    return l;
}

/* Blocks of 64, 128, 192, 256, 384 bytes, then whole leaves: at most a third is room. */
unsigned stet_list_cap_(const struct stet_list_type *t, unsigned n)
{
    if (STET_TINY_NODES)
        return n > 2 ? 4 : 2;
    size_t want = t->data + (size_t)n * t->size,
           size = want <= 256 ? (want + 63) & ~(size_t)63 : (want + 127) & ~(size_t)127;
    size_t cap = (size - t->data) / t->size;
    return cap * 3 / 2 < leaf_max(t) ? (unsigned)cap : leaf_max(t);
}

void stet_list_free_leaf(const struct stet_node_type *node_type, stet_ref leaf)
{
    const struct stet_list_type *t = (const struct stet_list_type *)node_type;
    struct stet_list_leaf *l = ref_leaf(leaf);
    elements_release(t, stet_list_element(t, l, l->lo), (size_t)l->hi - l->lo);
    pool_free(l, leaf_size(t, l));
}

struct stet_leaf_shape stet_list_describe_leaf(const struct stet_node_type *node_type, stet_ref leaf)
{
    const struct stet_list_leaf *l = ref_leaf(leaf);
    size_t bytes = leaf_size((const struct stet_list_type *)node_type, l);
    return (struct stet_leaf_shape){.bytes = bytes, .elements = (size_t)l->hi - l->lo, .room = l->cap};
}

void stet_list_leaf_narrow_(const struct stet_list_type *t, struct stet_list_leaf *l, unsigned lo, unsigned n)
{
    unsigned old_lo = l->lo, old_hi = l->hi;
    l->lo = (uint8_t)lo;
    l->hi = (uint8_t)(lo + n);
    if (STET_UNLIKELY(old_lo < lo))
        elements_release(t, stet_list_element(t, l, old_lo), lo - old_lo);
    if (STET_UNLIKELY(lo + n < old_hi))
        elements_release(t, stet_list_element(t, l, lo + n), old_hi - lo - n);
}

static void move_elements(const struct stet_list_type *t, struct stet_list_leaf *l, unsigned to, unsigned from,
                          unsigned n)
{
    memmove(stet_list_element(t, l, to), stet_list_element(t, l, from), (size_t)n * t->size);
}

/* The view's leaf is replaced by c. moved: c took the elements over from a leaf that was this holder's alone. */
static void replace(const struct stet_list_type *t, struct stet_list_buffer *b, struct stet_list_leaf *c, bool moved,
                    bool counted)
{
    struct stet_list_leaf *l = b->leaf;
    b->leaf = c;
    if (moved)
        pool_free(l, leaf_size(t, l));
    else if (counted)
        leaf_release(t, l);
}

bool stet_list_leaf_own_(const struct stet_list_type *t, struct stet_list_buffer *b, bool counted, unsigned cap,
                         unsigned at)
{
    struct stet_list_leaf *l = b->leaf;
    bool alone = counted && leaf_alone(l);
    if (alone)
        stet_list_leaf_narrow_(t, l, b->lo, b->n);
    if (alone && l->cap >= cap) {
        if (at != b->lo)
            move_elements(t, l, at, b->lo, b->n);
    } else {
        struct stet_list_leaf *c = stet_list_leaf_new_(t, cap);
        if (c == NULL)
            return false;
        memcpy(stet_list_element(t, c, at), stet_list_element(t, l, b->lo), (size_t)b->n * t->size);
        if (!alone)
            elements_retain(t, stet_list_element(t, c, at), b->n);
        replace(t, b, c, alone, counted);
    }
    b->lo = at;
    b->leaf->lo = (uint8_t)at;
    b->leaf->hi = (uint8_t)(at + b->n);
    return true;
}

/* An exclusive leaf with room: a gap before the index-th element. */
static void *open_in_place(const struct stet_list_type *t, struct stet_list_buffer *b, unsigned index, enum side side)
{
    struct stet_list_leaf *l = b->leaf;
    bool front = side != IN_TREE && index * 2 < b->n;
    if ((front ? b->lo : l->cap - b->lo - b->n) == 0) { /* all the room to this side, so that more find some */
        unsigned at = front ? l->cap - b->n : 0;
        move_elements(t, l, at, b->lo, b->n);
        b->lo = at;
    }
    if (front) {
        b->lo--;
        move_elements(t, l, b->lo, b->lo + 1, index);
    } else {
        move_elements(t, l, b->lo + index + 1, b->lo + index, b->n - index);
    }
    b->n++;
    l->lo = (uint8_t)b->lo;
    l->hi = (uint8_t)(b->lo + b->n);
    return stet_list_element(t, l, b->lo + index);
}

/* Claims the room beside the elements of a shared leaf, if nobody has. */
static bool claim(uint8_t *edge, unsigned from, unsigned to)
{
    uint8_t expected = (uint8_t)from;
    /* Relaxed: the claim alone is shared; the element is published with the version that has it. */
    return __atomic_load_n(edge, __ATOMIC_RELAXED) == from &&
           __atomic_compare_exchange_n(edge, &expected, (uint8_t)to, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

void *stet_list_leaf_open_(const struct stet_list_type *t, struct stet_list_buffer *b, bool counted, unsigned index,
                           unsigned cap, enum side side)
{
    struct stet_list_leaf *l = b->leaf;
    bool alone = l != NULL && counted && leaf_alone(l);
    unsigned n = b->n, end = b->lo + n;
    if (alone) {
        stet_list_leaf_narrow_(t, l, b->lo, n);
        if (n < l->cap)
            return open_in_place(t, b, index, side);
    } else if (l != NULL && side != IN_TREE && !stet_type_may_hold_(t->element)) {
        if (index == n && end < l->cap && claim(&l->hi, end, end + 1)) {
            b->n++;
            return stet_list_element(t, l, end);
        }
        if (index == 0 && b->lo > 0 && claim(&l->lo, b->lo, b->lo - 1)) {
            b->n++;
            return stet_list_element(t, l, --b->lo);
        }
    }
    struct stet_list_leaf *c = stet_list_leaf_new_(t, cap);
    if (c == NULL)
        return NULL;
    unsigned at = side == AT_FRONT ? cap - n - 1 : 0;
    if (l != NULL) {
        memcpy(stet_list_element(t, c, at), stet_list_element(t, l, b->lo), (size_t)index * t->size);
        memcpy(stet_list_element(t, c, at + index + 1), stet_list_element(t, l, b->lo + index),
               (size_t)(n - index) * t->size);
        if (!alone) {
            elements_retain(t, stet_list_element(t, c, at), index);
            elements_retain(t, stet_list_element(t, c, at + index + 1), n - index);
        }
        replace(t, b, c, alone, counted);
    }
    c->lo = (uint8_t)at;
    c->hi = (uint8_t)(at + n + 1);
    *b = (struct stet_list_buffer){c, at, n + 1};
    return stet_list_element(t, c, at + index);
}

bool stet_list_leaf_close_(const struct stet_list_type *t, struct stet_list_buffer *b, bool counted, unsigned index,
                           void *out, enum side side)
{
    struct stet_list_leaf *l = b->leaf, *c;
    char *e = stet_list_element(t, l, b->lo + index);
    unsigned n = b->n;
    bool alone = counted && leaf_alone(l), front = side != IN_TREE && index * 2 < n;
    if (alone) {
        stet_list_leaf_narrow_(t, l, b->lo, n);
        memcpy(out, e, t->size);
        if (front) {
            move_elements(t, l, b->lo + 1, b->lo, index);
            l->lo = (uint8_t)++b->lo;
        } else {
            move_elements(t, l, b->lo + index, b->lo + index + 1, n - index - 1);
            l->hi--;
        }
    } else if (side != IN_TREE && (n == 1 || (!t->node.exact && (index == 0 || index == n - 1)))) {
        memcpy(out, e, t->size);
        elements_retain(t, e, 1);
        b->lo += index == 0 && n > 1;
    } else {
        if ((c = stet_list_leaf_new_(t, side == IN_TREE ? leaf_max(t) : stet_list_cap_(t, n))) == NULL)
            return false;
        unsigned at = side == AT_FRONT ? c->cap - n + 1 : 0;
        memcpy(out, e, t->size);
        memcpy(stet_list_element(t, c, at), stet_list_element(t, l, b->lo), (size_t)index * t->size);
        memcpy(stet_list_element(t, c, at + index), e + t->size, (size_t)(n - index - 1) * t->size);
        elements_retain(t, out, 1);
        elements_retain(t, stet_list_element(t, c, at), n - 1);
        c->lo = (uint8_t)at;
        c->hi = (uint8_t)(at + n - 1);
        replace(t, b, c, false, counted);
        b->lo = at;
    }
    b->n = n - 1;
    return true;
}
