/* SPDX-License-Identifier: MIT */
/*
 * tree/join.c - two nodes that become one, or even; two trees that become one.
 *
 * Two trees are joined at their roots, as two children of a new one, which is whole and has the right contents at
 * once. What is left is the seam: the last nodes of one and the first of the other may be poor. mend() goes down
 * along the seam and joins or evens out the two nodes beside it on each level; short of memory, it stops.
 */
#include "tree/node.h"

#include <limits.h>

/* ---- two neighbours ---- */

/* The leaf in slot i + 1 of n goes into that in slot i. size: of n's children. */
static bool merge_leaves(const struct stet_list_type *t, struct stet_inner *n, unsigned i, uint32_t *size)
{
    struct stet_list_leaf *a = own_leaf(t, n, i, size[i]);
    if (a == NULL)
        return false;
    bool counted;
    struct stet_list_buffer b = leaf_in(t, n, i + 1, stet_children(n)[i + 1], size[i + 1], &counted);
    char *to = stet_list_element(t, a, size[i]);
    memcpy(to, stet_list_element(t, b.leaf, 0), b.n * (size_t)t->size);
    a->hi = (uint8_t)(size[i] += b.n);
    if (counted && leaf_alone(b.leaf)) {
        stet_list_leaf_narrow_(t, b.leaf, 0, b.n);
        pool_free(b.leaf, leaf_size(t, b.leaf));
    } else {
        elements_retain(t, to, b.n);
        if (counted)
            leaf_release(t, b.leaf);
    }
    node_splice(n, i + 1, 1, NULL, 0);
    return true;
}

/*
 * The leaves in slots i and i + 1, of which one is poor, and which do not fit into one, become even. track: an element,
 * counted from the first leaf's start, that is to be in the larger half.
 */
static bool even_leaves(const struct stet_list_type *t, struct stet_inner *n, unsigned i, uint32_t *size,
                        uint32_t track)
{
    uint32_t sum = size[i] + size[i + 1], half = sum / 2 + (sum % 2 != 0 && track <= sum / 2);
    struct stet_list_leaf *a = own_leaf(t, n, i, size[i]), *b = a != NULL ? own_leaf(t, n, i + 1, size[i + 1]) : NULL;
    if (b == NULL)
        return false;
    size_t bytes = t->size;
    if (size[i] < half) {
        unsigned moved = half - size[i];
        memcpy(stet_list_element(t, a, size[i]), stet_list_element(t, b, 0), moved * bytes);
        memmove(stet_list_element(t, b, 0), stet_list_element(t, b, moved), (sum - half) * bytes);
    } else {
        unsigned moved = size[i] - half;
        memmove(stet_list_element(t, b, moved), stet_list_element(t, b, 0), size[i + 1] * bytes);
        memcpy(stet_list_element(t, b, 0), stet_list_element(t, a, half), moved * bytes);
    }
    size[i] = a->hi = (uint8_t)half;
    size[i + 1] = b->hi = (uint8_t)(sum - half);
    return true;
}

/* The inner nodes in slots i and i + 1 of n become one: the children of the smaller go into the larger. */
static bool merge_inner(const struct stet_list_type *t, struct stet_inner *n, unsigned i, unsigned level,
                        uint32_t *size)
{
    stet_ref *child = stet_children(n), moved[STET_LIST_WIDTH];
    uint32_t below[STET_LIST_WIDTH];
    unsigned in_a = stet_ref_inner(child[i])->slots, in_b = stet_ref_inner(child[i + 1])->slots;
    unsigned to = in_a >= in_b ? i : i + 1, from = in_a >= in_b ? i + 1 : i;
    struct stet_inner *a = own_child(t, n, to);
    if (a == NULL)
        return false;
    bool counted = stet_slot_counted(&t->node, n, from), alone = counted && stet_node_is_alone(child[from]);
    stet_ref r = child[from];
    struct stet_inner *b = stet_ref_inner(r);
    sizes_read(t, child[i], level - 1, size[i], below);
    sizes_read(t, child[i + 1], level - 1, size[i + 1], below + in_a);
    unsigned count = b->slots;
    for (unsigned k = 0; k < count; k++)
        __builtin_prefetch(stet_ref_node(stet_children(b)[k]), 1);
    for (unsigned k = 0; k < count; k++) {
        moved[k] = stet_children(b)[k];
        if (!alone || (b->owner != 0 && (b->owned >> k & 1) == 0))
            stet_node_retain(moved[k]);
    }
    node_splice(a, to == i ? in_a : 0, 0, moved, count);
    child[to] = sizes_write(t, a, level - 1, below);
    if (alone)
        node_free(t, b);
    else if (counted)
        stet_node_release(&t->node, r);
    size[i] += size[i + 1];
    node_splice(n, from, 1, NULL, 0);
    return true;
}

/*
 * The inner nodes in slots i and i + 1, which do not fit into one, become even if one is poor. track: a place in what
 * both have together, from 0 to the end; one in the middle gets inside of one node, unless both are full: *first is
 * what the first node has in the end.
 */
static bool even_inner(const struct stet_list_type *t, struct stet_inner *n, unsigned i, unsigned level, uint32_t *size,
                       uint32_t track, unsigned *first)
{
    stet_ref *slot = &stet_children(n)[i], moved[STET_LIST_WIDTH];
    uint32_t below[2 * STET_LIST_WIDTH];
    struct stet_inner *a = own_child(t, n, i), *b = a != NULL ? own_child(t, n, i + 1) : NULL;
    if (b == NULL)
        return false;
    unsigned had = a->slots, sum = had + b->slots, need = LIST_MIN + 2, count;
    unsigned half = had < need || b->slots < need ? sum / 2 : had;
    if (half == track && half < LIST_WIDTH)
        half++;
    else if (half == track && sum - half < LIST_WIDTH)
        half--;
    *first = half;
    sizes_read(t, slot[0], level - 1, size[i], below);
    sizes_read(t, slot[1], level - 1, size[i + 1], below + had);
    if (had < half) {
        for (count = 0; count < half - had; count++)
            moved[count] = node_take(b, count);
        node_splice(b, 0, count, NULL, 0);
        node_splice(a, had, 0, moved, count);
    } else {
        for (count = 0; count < had - half; count++)
            moved[count] = node_take(a, half + count);
        node_splice(a, half, count, NULL, 0);
        node_splice(b, 0, 0, moved, count);
    }
    size[i] = total_of(below, half);
    size[i + 1] = total_of(below + half, sum - half);
    node_settle(t, a, 0);
    node_settle(t, b, 0);
    slot[0] = sizes_write(t, a, level - 1, below);
    slot[1] = sizes_write(t, b, level - 1, below + half);
    return true;
}

bool stet_list_even_pair_(const struct stet_list_type *t, stet_ref *slot, unsigned level, uint32_t total, unsigned i,
                          uint32_t track, struct seam *seam)
{
    struct stet_inner *n = stet_ref_inner(*slot);
    const stet_ref *child = stet_children(n);
    uint32_t size[STET_LIST_WIDTH] = {0};
    unsigned first = UINT_MAX;
    bool merge, done;
    sizes_read(t, *slot, level, total, size);
    if (level == 1) {
        merge = size[i] + size[i + 1] <= leaf_max(t);
        done = merge ? merge_leaves(t, n, i, size) : even_leaves(t, n, i, size, track);
    } else {
        merge = (unsigned)stet_ref_inner(child[i])->slots + stet_ref_inner(child[i + 1])->slots <= LIST_WIDTH;
        done = merge ? merge_inner(t, n, i, level, size) : even_inner(t, n, i, level, size, track, &first);
    }
    if (!done)
        return false;
    *seam = track < first ? (struct seam){i, track} : (struct seam){i + 1, track - first};
    if (merge) {
        memmove(&size[i + 1], &size[i + 2], (n->slots - i - 1u) * sizeof *size);
        node_settle(t, n, 0);
    }
    *slot = sizes_write(t, n, level, size);
    return true;
}

/* ---- join ---- */

static void mend(const struct stet_list_type *t, stet_ref *slot, unsigned level, uint32_t total, unsigned at);

/* The same for the child i of the node in *slot, which has the seam before its slot `at`, or behind its last. */
static void mend_child(const struct stet_list_type *t, stet_ref *slot, unsigned level, uint32_t total, unsigned i,
                       unsigned at)
{
    struct stet_inner *n = stet_ref_inner(*slot);
    uint32_t size[STET_LIST_WIDTH] = {0};
    sizes_read(t, *slot, level, total, size);
    if (own_child(t, n, i) == NULL)
        return;
    mend(t, &stet_children(n)[i], level - 1, size[i], at);
    if (stet_list_kind_of(*slot) != STET_LIST_TABLE)
        *slot = tagged_radix(n); /* the child's kind may have changed */
}

/* mend() on the lowest level: a poor leaf beside the seam is joined with one neighbour, or the other. */
static void mend_leaves(const struct stet_list_type *t, stet_ref *slot, uint32_t total, unsigned at)
{
    struct stet_inner *n = stet_ref_inner(*slot);
    uint32_t size[STET_LIST_WIDTH] = {0}, half = leaf_max(t) / 2;
    struct seam ignored;
    for (unsigned tries = 0; tries < 2 && n->slots > 1; tries++) {
        unsigned i = at == 0 ? 0 : at >= n->slots ? n->slots - 2u : at - 1;
        sizes_read(t, *slot, 1, total, size);
        if (size[i] >= half && size[i + 1] >= half)
            return;
        if (!stet_list_even_pair_(t, slot, 1, total, i, NOWHERE, &ignored))
            return;
    }
}

/* Whether a node beside the seam before slot `at` of the node r, or one below it along the seam, is poor. */
static bool is_poor(const struct stet_list_type *t, stet_ref r, unsigned level, uint32_t total, unsigned at)
{
    uint32_t size[STET_LIST_WIDTH] = {0}, start;
    sizes_read(t, r, level, total, size);
    stet_ref a = stet_children(stet_ref_inner(r))[at - 1], b = stet_children(stet_ref_inner(r))[at];
    uint32_t in_a = size[at - 1], in_b = size[at];
    while (--level > 0) {
        const struct stet_inner *x = stet_ref_inner(a), *y = stet_ref_inner(b);
        if (x->slots < LIST_MIN || y->slots < LIST_MIN)
            return true;
        (void)stet_list_child_(t, a, level, in_a, in_a - 1, &start, &in_a);
        (void)stet_list_child_(t, b, level, in_b, 0, &start, &in_b);
        a = stet_children(x)[x->slots - 1u];
        b = stet_children(y)[0];
    }
    return in_a < leaf_max(t) / 2 || in_b < leaf_max(t) / 2;
}

/*
 * The exclusive node in *slot has a seam before its slot `at`, or behind its last: on the levels below, what is poor
 * beside it is joined with a neighbour.
 */
static void mend(const struct stet_list_type *t, stet_ref *slot, unsigned level, uint32_t total, unsigned at)
{
    if (level == 1) {
        mend_leaves(t, slot, total, at);
        return;
    }
    struct stet_inner *n = stet_ref_inner(*slot);
    const stet_ref *child = stet_children(n);
    struct seam seam = {at == 0 ? 0 : at - 1, at == 0 ? 0 : stet_ref_inner(child[at - 1])->slots};
    if (at > 0 && at < n->slots) {
        if (!is_poor(t, *slot, level, total, at))
            return;
        if (!stet_list_even_pair_(t, slot, level, total, at - 1, seam.at, &seam))
            return;
        if (seam.at == 0) { /* still between two: both are full, but what is below may be poor */
            mend_child(t, slot, level, total, seam.child - 1, LIST_WIDTH);
            mend_child(t, slot, level, total, seam.child, 0);
            return;
        }
    }
    if (stet_ref_inner(child[seam.child])->slots < LIST_MIN + 2 && n->slots > 1) {
        unsigned left = seam.child > 0 ? seam.child - 1 : 0;
        uint32_t track = seam.at + (left < seam.child ? stet_ref_inner(child[left])->slots : 0);
        if (!stet_list_even_pair_(t, slot, level, total, left, track, &seam))
            return;
    }
    mend_child(t, slot, level, total, seam.child, seam.at);
}

/* Levels of single nodes above *r, a tree of `size` elements, until it is `to` high. */
static bool raise_tree(const struct stet_list_type *t, stet_ref *r, uint32_t size, unsigned height, unsigned to)
{
    stet_ref top = *r;
    unsigned h = height;
    for (; h < to; h++) {
        struct stet_inner *n = node_new(t);
        if (n == NULL)
            break;
        top = node_of_one(t, n, h + 1, top, size);
    }
    if (h == to) {
        *r = top;
        return true;
    }
    for (; h > height; h--) {
        struct stet_inner *n = stet_ref_inner(top);
        top = stet_children(n)[0];
        node_free(t, n);
    }
    return false;
}

bool stet_list_tree_join_(const struct stet_list_type *t, struct stet_list *l, stet_ref other, unsigned height,
                          uint32_t size)
{
    assert(l->root != 0 && "who joins has a tree");
    unsigned to = l->height > height ? l->height : height;
    struct stet_inner *top = to < HEIGHT_MAX ? node_new(t) : NULL;
    stet_ref left = l->root;
    if (top == NULL)
        return false;
    if (!raise_tree(t, &left, l->tree_size, l->height, to) || !raise_tree(t, &other, size, height, to)) {
        pool_free(top, NODE_SIZE); /* only one of them is lower, so neither was raised */
        return false;
    }
    uint32_t sizes[2] = {l->tree_size, size};
    top->slots = 2;
    stet_children(top)[0] = left;
    stet_children(top)[1] = other;
    l->height = (uint16_t)(to + 1);
    l->root = sizes_write(t, top, l->height, sizes);
    l->tree_size += size;
    mend(t, &l->root, l->height, l->tree_size, 1);
    stet_list_collapse_(t, l);
    return true;
}
