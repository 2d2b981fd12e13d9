/* SPDX-License-Identifier: MIT */
/*
 * tree/tree.c - the tree of a list: push, cut, and one element more or less (stet/impl/list.h has the drawing).
 *
 * Every update first owns its path from the root down, which changes no contents and may end anywhere for want of
 * memory, and then writes, which cannot fail. What needs room on its way down makes it before it goes on (a full child
 * is split, a poor one joined with a sibling: Guibas & Sedgewick 1978), so there is one pass and no repair upwards but
 * that of sizes.
 */
#include "tree/node.h"

const char STET_LIST_LAYOUT_ = 0;

/* The child of a step, with element j of the node, may be poor for what comes: joins it with a neighbour. */
static void enrich(const struct stet_list_type *t, const struct step *s, uint32_t j)
{
    struct seam ignored;
    unsigned i = s->child > 0 ? s->child - 1 : 0;
    if (stet_ref_inner(*s->slot)->slots < 2)
        return;
    uint32_t before = s->child > 0 ? step_to(t, s->slot, s->level, s->size, s->start - 1).start : 0;
    (void)stet_list_even_pair_(t, s->slot, s->level, s->size, i, s->level == 1 ? j - before : NOWHERE, &ignored);
}

/* A new root above the old one. */
static bool grow(const struct stet_list_type *t, struct stet_list *l)
{
    struct stet_inner *n = l->height < HEIGHT_MAX ? node_new(t) : NULL;
    if (n == NULL)
        return false;
    l->root = node_of_one(t, n, l->height + 1, l->root, l->tree_size);
    l->height++;
    return true;
}

/* ---- push ---- */

/* The lowest level on this edge where a node has room; 0: none. */
static unsigned level_with_room(const struct stet_list *l, bool back)
{
    unsigned level = 0;
    stet_ref r = l->root;
    for (unsigned h = l->height; h > 0; h--) {
        const struct stet_inner *n = stet_ref_inner(r);
        if (n->slots < LIST_WIDTH)
            level = h;
        r = stet_children(n)[back ? n->slots - 1u : 0];
    }
    return level;
}

/* Makes exclusive the nodes along an edge from the root down to `level`. The steps' number, or -1: no memory. */
static int own_edge(const struct stet_list_type *t, struct stet_list *l, unsigned level, bool back, struct step *path)
{
    stet_ref *slot = &l->root;
    struct stet_inner *parent = NULL;
    uint32_t size = l->tree_size;
    int n = 0;
    for (unsigned h = l->height, i = 0; h >= level; h--) {
        parent = own_node(t, parent, i, slot);
        if (parent == NULL)
            return -1;
        path[n] = step_to(t, slot, h, size, back ? size - 1 : 0);
        i = path[n].child;
        size = path[n++].child_size;
        slot = &stet_children(parent)[i];
    }
    return n;
}

bool stet_list_tree_push_(const struct stet_list_type *t, struct stet_list *l, struct stet_list_leaf *leaf, unsigned n,
                          bool back)
{
    if (l->root == 0) {
        l->root = leaf_ref(leaf);
        l->tree_size = n;
        return true;
    }
    struct step path[HEIGHT_MAX + 1];
    stet_ref r = leaf_ref(leaf);
    unsigned level = level_with_room(l, back), chain = 1;
    if (level == 0) {
        if (!grow(t, l))
            return false;
        level = l->height;
    }
    int steps = own_edge(t, l, level, back, path);
    bool failed = steps < 0;
    for (; !failed && chain < level; chain++) {
        struct stet_inner *above = node_new(t);
        failed = above == NULL;
        if (!failed)
            r = node_of_one(t, above, chain, r, n);
    }
    if (failed) {
        while (stet_ref_is_inner(r)) {
            struct stet_inner *above = stet_ref_inner(r);
            r = stet_children(above)[0];
            pool_free(above, NODE_SIZE);
        }
        stet_list_collapse_(t, l);
        return false;
    }
    assert(steps > 0);
    const struct step *s = &path[steps - 1];
    struct stet_inner *node = stet_ref_inner(*s->slot);
    uint32_t size[STET_LIST_WIDTH + 1];
    sizes_read(t, *s->slot, level, s->size, back ? size : size + 1);
    size[back ? node->slots : 0] = n;
    node_splice(node, back ? node->slots : 0, 0, &r, 1);
    *s->slot = sizes_write(t, node, level, size);
    unsigned i = back ? node->slots - 2u : 0;
    if (level == 1 && (size[i] < leaf_max(t) / 2 || size[i + 1] < leaf_max(t) / 2)) { /* one was all, or is poor */
        struct seam ignored;
        (void)stet_list_even_pair_(t, s->slot, level, s->size + n, i, NOWHERE, &ignored);
    }
    resize_path(t, path, (unsigned)steps - 1, n);
    l->tree_size += n;
    if (node->slots == 1)
        stet_list_collapse_(t, l);
    return true;
}

/* ---- fill ---- */

unsigned stet_list_tree_room_(const struct stet_list_type *t, const struct stet_list *l, bool back)
{
    stet_ref r = l->root;
    uint32_t size = l->tree_size, start;
    if (back && stet_list_kind_of(r) == STET_LIST_RADIX) /* all leaves but the last are full */
        return -size & (leaf_max(t) - 1);
    for (unsigned h = l->height; h > 0; h--) {
        unsigned k = stet_list_child_(t, r, h, size, back ? size - 1 : 0, &start, &size);
        r = stet_children(stet_ref_inner(r))[k];
    }
    return r != 0 ? leaf_max(t) - size : 0;
}

bool stet_list_tree_fill_(const struct stet_list_type *t, struct stet_list *l, struct stet_list_buffer *b, bool back)
{
    struct step path[HEIGHT_MAX];
    struct stet_inner *parent = NULL;
    stet_ref *slot = &l->root;
    uint32_t size = l->tree_size;
    unsigned i = 0;
    bool counted;
    if (!stet_list_leaf_own_(t, b, true, b->n, 0))
        return false;
    int steps = l->height > 0 ? own_edge(t, l, 1, back, path) : 0;
    if (steps < 0)
        return false;
    if (steps > 0) {
        parent = stet_ref_inner(*path[steps - 1].slot);
        i = path[steps - 1].child;
        size = path[steps - 1].child_size;
        slot = &stet_children(parent)[i];
    }
    struct stet_list_buffer edge = leaf_in(t, parent, i, *slot, size, &counted);
    unsigned moved = leaf_max(t) - size;
    if (!stet_list_leaf_own_(t, &edge, counted, leaf_max(t), 0))
        return false;
    leaf_put(parent, i, slot, edge.leaf);
    char *first = stet_list_element(t, edge.leaf, 0);
    if (!back)
        memmove(first + moved * (size_t)t->size, first, size * (size_t)t->size);
    memcpy(back ? first + size * (size_t)t->size : first, stet_list_element(t, b->leaf, back ? 0 : b->n - moved),
           moved * (size_t)t->size);
    edge.leaf->hi = (uint8_t)leaf_max(t);
    buffer_gave(b, back, moved);
    resize_path(t, path, (unsigned)steps, moved);
    l->tree_size += moved;
    return true;
}

/* ---- cut ---- */

/* Drops what is behind the child of a step, or in front of it; the child and what is left have so many elements now. */
static void cut_step(const struct stet_list_type *t, const struct step *s, bool back, uint32_t child_size,
                     uint32_t left)
{
    struct stet_inner *n = stet_ref_inner(*s->slot);
    uint32_t size[STET_LIST_WIDTH];
    sizes_read(t, *s->slot, s->level, s->size, size);
    size[s->child] = child_size;
    unsigned first = back ? s->child + 1 : 0, end = back ? n->slots : s->child;
    for (unsigned i = first; i < end; i++)
        node_let_go(t, n, i);
    node_splice(n, first, end - first, NULL, 0);
    node_settle(t, n, left / 16 / full_child(t, s->level)); /* kept in vain on a level: a sixteenth of the list */
    *s->slot = sizes_write(t, n, s->level, back ? size : size + end);
}

/* Keeps the first `at` elements of the tree, or drops them; a boundary of leaves, inside. False: no memory. */
static bool cut_at(const struct stet_list_type *t, struct stet_list *l, uint32_t at, bool back)
{
    struct step path[HEIGHT_MAX];
    struct stet_inner *parent = NULL;
    stet_ref *slot = &l->root;
    uint32_t size = l->tree_size, j = at;
    unsigned n = 0;
    for (unsigned h = l->height, i = 0;; h--) {
        parent = own_node_how(t, parent, i, slot, STET_OWN_FOR_CUT);
        if (parent == NULL)
            return false;
        struct step *s = &path[n++];
        *s = step_to(t, slot, h, size, back ? j - 1 : j);
        i = s->child;
        j -= s->start;
        if (j == (back ? s->child_size : 0)) /* between two children */
            break;
        slot = &stet_children(parent)[i];
        size = s->child_size;
    }
    uint32_t kept = path[n - 1].child_size;
    while (n-- > 0) {
        const struct step *s = &path[n];
        uint32_t gone_in_child = s->child_size - kept;
        cut_step(t, s, back, kept, back ? at : l->tree_size - at);
        kept = back ? s->start + kept : s->size - s->start - gone_in_child;
    }
    l->tree_size = kept;
    return true;
}

bool stet_list_tree_cut_(const struct stet_list_type *t, struct stet_list *l, uint32_t j, bool back,
                         struct stet_list_buffer *out, uint32_t *start)
{
    stet_ref r = l->root;
    uint32_t size = l->tree_size, from = 0, first;
    for (unsigned h = l->height; h > 0; h--) {
        unsigned k = stet_list_child_(t, r, h, size, j - from, &first, &size);
        from += first;
        r = stet_children(stet_ref_inner(r))[k];
    }
    uint32_t at = back ? from : from + size;
    struct stet_list_leaf *leaf = ref_leaf(r);
    stet_node_retain(r); /* before the tree lets go of it */
    if (at > 0 && at < l->tree_size) {
        if (!cut_at(t, l, at, back)) {
            leaf_release(t, leaf);
            return false;
        }
    } else {
        stet_ref old = l->root;
        l->root = 0;
        l->tree_size = 0;
        l->height = 0;
        stet_node_release(&t->node, old);
    }
    *out = (struct stet_list_buffer){leaf, 0, size};
    *start = from;
    return true;
}

/* ---- one element ---- */

/* The full child of a step is split in two, of which neither is full; the node has room. False: no memory. */
static bool split(const struct stet_list_type *t, const struct step *s)
{
    struct stet_inner *n = stet_ref_inner(*s->slot);
    uint32_t size[STET_LIST_WIDTH], below[STET_LIST_WIDTH];
    sizes_read(t, *s->slot, s->level, s->size, size);
    memmove(&size[s->child + 2], &size[s->child + 1], (n->slots - s->child - 1u) * sizeof *size);
    stet_ref *child = &stet_children(n)[s->child], right;
    if (s->level == 1) {
        unsigned half = leaf_max(t) / 2;
        struct stet_list_leaf *b = stet_list_leaf_new_(t, leaf_max(t));
        struct stet_list_leaf *a = b != NULL ? own_leaf(t, n, s->child, s->child_size) : NULL;
        if (a == NULL) {
            if (b != NULL)
                pool_free(b, leaf_size(t, b));
            return false;
        }
        a->hi = (uint8_t)half;
        b->hi = (uint8_t)(s->child_size - half);
        memcpy(stet_list_element(t, b, 0), stet_list_element(t, a, half), b->hi * (size_t)t->size);
        size[s->child] = half;
        size[s->child + 1] = b->hi;
        right = leaf_ref(b);
    } else {
        struct stet_inner *b = node_new(t), *a = b != NULL ? own_child(t, n, s->child) : NULL;
        if (a == NULL) {
            if (b != NULL)
                pool_free(b, NODE_SIZE);
            return false;
        }
        unsigned half = LIST_WIDTH / 2;
        sizes_read(t, *child, s->level - 1, s->child_size, below);
        memcpy(stet_children(b), stet_children(a) + half, half * sizeof(stet_ref));
        a->slots = b->slots = (uint8_t)half;
        if (a->owner != 0) { /* both borrow from it */
            stet_node_retain(b->owner = a->owner);
            b->owned = a->owned >> half & stet_slot_mask(0, half);
            b->flattened = a->flattened;
            a->owned &= stet_slot_mask(0, half);
        }
        *child = sizes_write(t, a, s->level - 1, below);
        right = sizes_write(t, b, s->level - 1, below + half);
        size[s->child] = total_of(below, half);
        size[s->child + 1] = s->child_size - size[s->child];
    }
    node_splice(n, s->child + 1, 0, &right, 1);
    *s->slot = sizes_write(t, n, s->level, size);
    return true;
}

static bool is_full(const struct stet_list_type *t, stet_ref r, uint32_t size)
{
    return stet_ref_is_inner(r) ? stet_ref_inner(r)->slots == LIST_WIDTH : size == leaf_max(t);
}

void *stet_list_tree_open_(const struct stet_list_type *t, struct stet_list *l, uint32_t j)
{
    struct step path[HEIGHT_MAX + 1];
    unsigned n = 0;
    if (is_full(t, l->root, l->tree_size) && !grow(t, l))
        return NULL;
    struct stet_inner *parent = NULL;
    stet_ref *slot = &l->root;
    uint32_t size = l->tree_size, i = 0;
    for (unsigned h = l->height; h > 0; h--) {
        parent = own_node(t, parent, i, slot);
        if (parent == NULL)
            goto no_memory;
        path[n] = step_to(t, slot, h, size, j);
        if (is_full(t, stet_children(parent)[path[n].child], path[n].child_size)) {
            if (!split(t, &path[n]))
                goto no_memory;
            path[n] = step_to(t, slot, h, size, j);
        }
        i = path[n].child;
        j -= path[n].start;
        size = path[n++].child_size;
        slot = &stet_children(parent)[i];
    }
    bool counted;
    struct stet_list_buffer b = leaf_in(t, parent, i, *slot, size, &counted);
    void *e = stet_list_leaf_open_(t, &b, counted, j, leaf_max(t), IN_TREE);
    if (e == NULL)
        goto no_memory;
    leaf_put(parent, i, slot, b.leaf);
    resize_path(t, path, n, 1);
    l->tree_size++;
    return e;
no_memory:
    resize_path(t, path, n, 0); /* the kinds of children may have changed */
    stet_list_collapse_(t, l);
    return NULL;
}

bool stet_list_tree_close_(const struct stet_list_type *t, struct stet_list *l, uint32_t j, void *out)
{
    struct step path[HEIGHT_MAX];
    struct stet_inner *parent = NULL;
    stet_ref *slot = &l->root;
    uint32_t size = l->tree_size, i = 0;
    unsigned n = 0;
    bool done = false;
    for (unsigned h = l->height; h > 0; h--) {
        parent = own_node(t, parent, i, slot);
        if (parent == NULL)
            goto end;
        struct step *s = &path[n];
        *s = step_to(t, slot, h, size, j);
        stet_ref child = stet_children(parent)[s->child];
        if (stet_ref_is_inner(child) ? stet_ref_inner(child)->slots <= LIST_MIN : s->child_size <= leaf_max(t) / 2) {
            enrich(t, s, j); /* short of memory, it goes on with less */
            *s = step_to(t, slot, h, size, j);
        }
        n++;
        if (h == 1 && s->child_size < 2) /* for want of memory: a leaf must not become empty */
            goto end;
        i = s->child;
        j -= s->start;
        size = s->child_size;
        slot = &stet_children(parent)[i];
    }
    bool counted;
    struct stet_list_buffer b = leaf_in(t, parent, i, *slot, size, &counted);
    if (!stet_list_leaf_close_(t, &b, counted, j, out, IN_TREE))
        goto end;
    leaf_put(parent, i, slot, b.leaf);
    l->tree_size--;
    done = true;
end:
    resize_path(t, path, n, done ? UINT32_MAX : 0);
    if (done && l->tree_size == 0) { /* it was a single leaf, and all its elements are gone */
        pool_free(ref_leaf(l->root), leaf_size(t, ref_leaf(l->root)));
        l->root = 0;
    }
    stet_list_collapse_(t, l);
    return done;
}

void *stet_list_tree_edit_(const struct stet_list_type *t, struct stet_list *l, uint32_t j)
{
    struct stet_inner *parent = NULL;
    stet_ref *slot = &l->root;
    uint32_t size = l->tree_size, start;
    unsigned i = 0;
    for (unsigned h = l->height; h > 0; h--) {
        parent = own_node(t, parent, i, slot);
        if (parent == NULL)
            return NULL;
        i = stet_list_child_(t, *slot, h, size, j, &start, &size);
        j -= start;
        slot = &stet_children(parent)[i];
    }
    bool counted;
    struct stet_list_buffer b = leaf_in(t, parent, i, *slot, size, &counted);
    if (!stet_list_leaf_own_(t, &b, counted, size, 0))
        return NULL;
    leaf_put(parent, i, slot, b.leaf);
    return stet_list_element(t, b.leaf, j);
}
