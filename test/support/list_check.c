/* SPDX-License-Identifier: MIT */
#include "list_check.h"
#include "tree_check.h"

/* ---- I1, I2, T1 - T4 ---- */

struct walk {
    const struct stet_tree_type *t;
    bool fill;
};

static unsigned leaf_max(const struct stet_tree_type *t) { return 1u << t->leaf_bits; }

/* Other threads may change the counts and the edges of leaves during the check. */
static const char *check_leaf(const struct walk *w, const struct stet_tree_leaf *l, uint32_t from, uint32_t n)
{
    unsigned lo = __atomic_load_n(&l->lo, __ATOMIC_RELAXED), hi = __atomic_load_n(&l->hi, __ATOMIC_RELAXED);
    if (__atomic_load_n(&l->refcount, __ATOMIC_RELAXED) == 0)
        return wrong("leaf with count 0 reached");
    if (hi > l->cap || l->cap > leaf_max(w->t) || l->zero != 0)
        return wrong("leaf of cap %u with elements up to %u", l->cap, hi);
    if (n == 0 || from < lo || from + n > hi)
        return wrong("I1: [%u, %u) of a leaf that has constructed [%u, %u)", from, from + n, lo, hi);
    if (w->t->node.exact && (from != lo || from + n != hi))
        return wrong("I1: of [%u, %u) in a leaf of prompt elements, only [%u, %u) is in the list", lo, hi, from,
                     from + n);
    return NULL;
}

static const char *check_buffer(const struct walk *w, const struct stet_tree_view *b)
{
    if (b->leaf == NULL || b->n == 0)
        return b->leaf == NULL && b->n == 0 && b->lo == 0
                   ? NULL
                   : wrong("I1: %s, lo %u, n %u", b->leaf ? "a leaf" : "no leaf", b->lo, b->n);
    return check_leaf(w, b->leaf, b->lo, b->n);
}

/* Fills in the size of each child, by the node's kind, and checks that the kind is right. */
static const char *check_sizes(const struct walk *w, stet_ref r, unsigned level, size_t size, size_t *sizes)
{
    const struct stet_inner *n = stet_ref_inner_(r);
    const stet_ref *child = stet_children_(n);
    unsigned kind = stet_tree_kind_of_(r), last = n->slots - 1u, shift = stet_tree_shift_(w->t, level);
    size_t full = shift < 48 ? (size_t)1 << shift : SIZE_MAX;
    if (kind >= STET_TREE_TABLE) {
        TRY(check_tree_sums(w->t, r, size, sizes));
    } else {
        if (full == SIZE_MAX)
            return wrong("T3: a node on level %u is no table", level);
        if (n->aux >= full || (last == 0 && n->aux != 0))
            return wrong("T3: offset %llu, where a full child has %zu", (unsigned long long)n->aux, full);
        for (unsigned i = 0; i <= last; i++)
            sizes[i] = i == 0 && last > 0 ? full - (size_t)n->aux : full;
        sizes[last] = size - (last > 0 ? sizes[0] + (last - 1) * full : 0);
    }
    for (unsigned i = 0; i <= last; i++) {
        if (sizes[i] == 0 || sizes[i] > full)
            return wrong("T3: %zu elements in slot %u of %u on level %u, kind %u", sizes[i], i, last + 1, level, kind);
        if (kind < STET_TREE_TABLE && i > 0 && i < last && stet_tree_kind_of_(child[i]) != STET_TREE_RADIX)
            return wrong("T3: a full child is of kind %u", stet_tree_kind_of_(child[i]));
        if (kind == STET_TREE_RADIX && stet_tree_kind_of_(child[i]) != STET_TREE_RADIX)
            return wrong("T3: kind 0, but its child %u is of kind %u", i, stet_tree_kind_of_(child[i]));
    }
    return kind == STET_TREE_RADIX && n->aux != 0 ? wrong("T3: kind 0 with an offset") : NULL;
}

static const char *check_ref(const struct walk *w, stet_ref r, unsigned level, size_t size, unsigned edge)
{
    if (!stet_ref_is_inner_(r)) {
        if (level != 0 || (r & STET_TAG_BITS & 15) != 0)
            return wrong("leaf %#llx on level %u", (unsigned long long)r, level);
        TRY(check_leaf(w, (const struct stet_tree_leaf *)(uintptr_t)r, 0, (uint32_t)size));
        return w->fill && edge == 0 && size < leaf_max(w->t) / 2 ? wrong("T1: a leaf of %zu elements", size) : NULL;
    }
    const struct stet_inner *n = stet_ref_inner_(r);
    size_t sizes[STET_TREE_WIDTH] = {0};
    if (level == 0 || (stet_tree_kind_of_(r) < STET_TREE_TABLE && (r & STET_TREE_CAP_MASK) != 0))
        return wrong("inner node %#llx on level %u", (unsigned long long)r, level);
    TRY(check_tree_slots(n, level, edge, w->fill));
    TRY(check_sizes(w, r, level, size, sizes));
    for (unsigned i = 0; i < n->slots; i++) {
        unsigned below = (i == 0 ? edge & LEFT_EDGE : 0) | (i + 1u == n->slots ? edge & RIGHT_EDGE : 0);
        TRY(check_ref(w, stet_children_(n)[i], level - 1, sizes[i], below));
    }
    return NULL;
}

const char *list_check(const struct stet_tree_type *t, const struct stet_list *l, bool fill)
{
    struct walk w = {t, fill};
    TRY(check_buffer(&w, &l->head));
    TRY(check_buffer(&w, &l->tail));
    if ((l->tree.root == 0) != (l->tree.size == 0))
        return wrong("I2: %s root, %zu elements", l->tree.root ? "a" : "no", (size_t)l->tree.size);
    if (l->tree.root == 0 && (l->tree.height != 0 || (l->head.n != 0 && l->tail.n == 0)))
        return wrong("I1: no tree: height %u, %u elements in the head, %u in the tail", l->tree.height, l->head.n,
                     l->tail.n);
    if (fill && l->tree.root != 0 && l->tree.height == 0 && l->head.n + l->tail.n == 0)
        return wrong("I1: a list of one leaf, which is no buffer");
    if ((size_t)l->head.n + l->tree.size + l->tail.n > STET_LIST_MAX)
        return wrong("I2: too large");
    return l->tree.root != 0 ? check_ref(&w, l->tree.root, l->tree.height, l->tree.size, LEFT_EDGE | RIGHT_EDGE | ROOT)
                             : NULL;
}

/* ---- shape ---- */

static void measure(struct list_shape *shape, stet_ref r)
{
    if (!stet_ref_is_inner_(r)) {
        shape->leaves += r != 0;
        return;
    }
    const struct stet_inner *n = stet_ref_inner_(r);
    shape->inner++;
    shape->slots += n->slots;
    shape->kinds[stet_tree_kind_of_(r)]++;
    for (unsigned i = 0; i < n->slots; i++)
        measure(shape, stet_children_(n)[i]);
}

struct list_shape list_shape(const struct stet_list *l)
{
    struct list_shape shape = {.height = l->tree.height};
    measure(&shape, l->tree.root);
    return shape;
}

/* ---- the audit ---- */

struct list_kind {
    struct audit_kind kind;
    const struct stet_tree_type *t;
    void (*hold)(struct audit *a, const void *element);
};

static void audit_leaf(struct audit *a, const struct audit_kind *kind, stet_ref leaf)
{
    const struct list_kind *list = (const struct list_kind *)kind;
    const struct stet_tree_leaf *l = (const struct stet_tree_leaf *)(uintptr_t)leaf;
    for (unsigned i = l->lo; i < l->hi && list->hold != NULL; i++)
        list->hold(a, stet_tree_element_(list->t, l, i));
}

void list_audit(struct audit *a, const struct stet_tree_type *t, void (*hold)(struct audit *a, const void *element),
                const struct stet_list *l)
{
    struct list_kind list = {{&t->node, audit_leaf}, t, hold};
    audit_node(a, &list.kind, (uintptr_t)l->head.leaf);
    audit_node(a, &list.kind, l->tree.root);
    audit_node(a, &list.kind, (uintptr_t)l->tail.leaf);
}
