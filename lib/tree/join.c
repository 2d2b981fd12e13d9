/* SPDX-License-Identifier: MIT */
/*
 * tree/join.c - joins two trees into one.
 *
 * The two trees become the two children of a new root. This is already a whole tree with the right contents. At the
 * seam, the last nodes of one tree and the first of the other may be underfull. rebalance() descends along the seam and
 * merges or redistributes the two nodes beside the seam on each level; if there is no memory, it stops.
 */
#include "tree/node.h"

static void rebalance(const struct stet_tree_type *t, stet_ref *slot, unsigned level, size_t total, size_t at);

/*
 * Owns child i of the node in *slot, and calls rebalance() for it. The seam is before slot `at` of the child, or behind
 * the child's last slot.
 */
static void rebalance_child(const struct stet_tree_type *t, stet_ref *slot, unsigned level, size_t total, unsigned i,
                            size_t at)
{
    struct stet_inner *n = stet_ref_inner_(*slot);
    size_t size[STET_TREE_WIDTH] = {0};
    sizes_read(t, *slot, level, total, size);
    stet_ref *child = &stet_children_(n)[i];
    if (own_child(t, n, i, (struct room){stet_ref_inner_(*child)->slots, size[i]}) == NULL)
        return;
    rebalance(t, child, level - 1, size[i], at);
    if (!is_table(*slot))
        *slot = tagged_radix(n); /* the child's kind may have changed */
}

/*
 * Does what rebalance() does, on the lowest level: merges an underfull leaf beside the seam with a neighbour, or
 * redistributes the two.
 */
static void rebalance_leaves(const struct stet_tree_type *t, stet_ref *slot, size_t total, size_t at)
{
    struct stet_inner *n = stet_ref_inner_(*slot);
    size_t size[STET_TREE_WIDTH] = {0};
    struct seam ignored;
    for (unsigned tries = 0; tries < 2 && n->slots > 1; tries++) {
        unsigned i = at == 0 ? 0 : at >= n->slots ? n->slots - 2u : (unsigned)at - 1;
        sizes_read(t, *slot, 1, total, size);
        if (size[i] >= t->leaf_min && size[i + 1] >= t->leaf_min)
            return;
        if (!stet_tree_even_pair_(t, slot, 1, total, i, NOWHERE, &ignored))
            return;
    }
}

/* Returns whether any node below r that lies beside the seam is underfull. The seam is before slot `at` of r. */
static bool is_underfull(const struct stet_tree_type *t, stet_ref r, unsigned level, size_t total, size_t at)
{
    size_t size[STET_TREE_WIDTH] = {0};
    sizes_read(t, r, level, total, size);
    const stet_ref *child = stet_children_(stet_ref_inner_(r));
    struct cursor a = {child[at - 1], level - 1, 0, size[at - 1]}, b = {child[at], level - 1, 0, size[at]};
    while (a.level > 0) {
        if (stet_ref_inner_(a.node)->slots < TREE_MIN || stet_ref_inner_(b.node)->slots < TREE_MIN)
            return true;
        (void)cursor_down(t, &a, size[at - 1] - 1);
        (void)cursor_down(t, &b, 0);
    }
    return a.size < t->leaf_min || b.size < t->leaf_min;
}

/*
 * The exclusive node in *slot has a seam before its slot `at`, or behind its last slot. Merges underfull nodes beside
 * the seam, on all levels below, with a neighbour, or redistributes the two.
 */
static void rebalance(const struct stet_tree_type *t, stet_ref *slot, unsigned level, size_t total, size_t at)
{
    if (level == 1) {
        rebalance_leaves(t, slot, total, at);
        return;
    }
    struct stet_inner *n = stet_ref_inner_(*slot);
    const stet_ref *child = stet_children_(n);
    struct seam seam = {at == 0 ? 0 : (unsigned)at - 1, at == 0 ? 0 : stet_ref_inner_(child[at - 1])->slots};
    if (at > 0 && at < n->slots) {
        if (!is_underfull(t, *slot, level, total, at))
            return;
        if (!stet_tree_even_pair_(t, slot, level, total, (unsigned)at - 1, seam.at, &seam))
            return;
        if (seam.at == 0) { /* the seam is still between two full nodes, but nodes below may be underfull */
            rebalance_child(t, slot, level, total, seam.child - 1, TREE_WIDTH);
            rebalance_child(t, slot, level, total, seam.child, 0);
            return;
        }
    }
    if (stet_ref_inner_(child[seam.child])->slots < TREE_MIN + 2 && n->slots > 1) {
        unsigned left = seam.child > 0 ? seam.child - 1 : 0;
        size_t track = seam.at + (left < seam.child ? stet_ref_inner_(child[left])->slots : 0);
        if (!stet_tree_even_pair_(t, slot, level, total, left, track, &seam))
            return;
    }
    rebalance_child(t, slot, level, total, seam.child, seam.at);
}

/* Puts nodes with one child each above *r, a tree of `size` elements, until its height is `to`. False: no memory. */
static bool raise_tree(const struct stet_tree_type *t, stet_ref *r, size_t size, unsigned height, unsigned to)
{
    stet_ref top = *r;
    unsigned h = height;
    for (; h < to; h++) {
        struct stet_inner *n = node_new(t, 1, size);
        if (n == NULL)
            break;
        top = node_of_one(t, n, h + 1, top, size);
    }
    if (h == to) {
        *r = top;
        return true;
    }
    for (; h > height; h--) {
        struct stet_inner *n = stet_ref_inner_(top);
        top = stet_children_(n)[0];
        node_free(t, n);
    }
    return false;
}

void stet_tree_unite_(const struct stet_tree_type *t, struct stet_tree *l, struct stet_inner *top, stet_ref other,
                      size_t size)
{
    struct columns c;
    column_resize(&c, 0, l->size);
    column_resize(&c, 1, size);
    c.bound[0] = stet_tree_last_bound_(t, l->root, 0);
    c.mixed = true;
    top->slots = 2;
    stet_children_(top)[0] = l->root;
    stet_children_(top)[1] = other;
    l->height++;
    l->root = columns_write(t, top, l->height, &c, 0);
    tree_set_size(l, l->size + size);
    rebalance(t, &l->root, l->height, l->size, 1);
    stet_tree_collapse_(t, l);
}

bool stet_tree_join_(const struct stet_tree_type *t, struct stet_tree *l, stet_ref other, unsigned height, size_t size)
{
    assert(l->root != 0 && "who joins has a tree");
    unsigned to = l->height > height ? l->height : height;
    struct stet_inner *top = to < HEIGHT_MAX ? node_new(t, 2, l->size + size) : NULL;
    stet_ref left = l->root;
    if (top == NULL)
        return false;
    if (!raise_tree(t, &left, l->size, l->height, to) || !raise_tree(t, &other, size, height, to)) {
        node_free(t, top); /* at most one of the trees had to be raised, so nothing has changed */
        return false;
    }
    l->root = left;
    l->height = (uint8_t)to;
    stet_tree_unite_(t, l, top, other, size);
    return true;
}
