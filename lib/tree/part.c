/* SPDX-License-Identifier: MIT */
/*
 * tree/part.c - divides a tree in place: split, slice, erase of a range.
 *
 * First all nodes on the path to each cut are made exclusive, and a new node is allocated beside each of them. Neither
 * changes any contents, so an operation that runs out of memory stops there. Then each node of a path is divided in
 * two: its children in front of the cut stay, those behind it move to the new node. The nodes below are not touched, so
 * a division of a tree that is a handle's alone writes O(height) nodes and counts none.
 */
#include "tree/node.h"

/* New nodes for the right halves of all nodes that two cuts divide. The node that was allocated last is used first. */
struct spares {
    struct stet_inner *node; /* linked through aux */
    struct stet_tree_leaf *leaf[2];
    unsigned leaves;
};

static bool spares_add(const struct stet_tree_type *t, struct spares *s, unsigned slots, size_t total)
{
    struct stet_inner *n = node_new(t, slots, total);
    if (n == NULL)
        return false;
    n->aux = (uintptr_t)s->node;
    s->node = n;
    return true;
}

static struct stet_inner *spares_take(struct spares *s)
{
    struct stet_inner *n = s->node;
    assert(n != NULL && "one was allocated for each node of the path");
    s->node = (struct stet_inner *)(uintptr_t)n->aux;
    n->aux = 0;
    return n;
}

static void spares_free(const struct stet_tree_type *t, struct spares *s)
{
    while (s->node != NULL)
        node_free(t, spares_take(s));
    for (struct stet_tree_leaf *l; s->leaves > 0 && (l = s->leaf[--s->leaves]) != NULL;)
        pool_free(l, leaf_size(t, l));
}

/* Owns the leaf in slot i of `parent` (NULL: it is the root), and allocates a leaf for its elements from j on. */
static bool prepare_leaf(const struct stet_tree_type *t, struct stet_inner *parent, unsigned i, stet_ref *slot,
                         size_t size, size_t j, struct spares *s)
{
    bool counted;
    struct stet_tree_view b = leaf_in(t, parent, i, *slot, size, &counted);
    unsigned cap = parent != NULL ? leaf_max(t) : stet_tree_leaf_cap_(t, (unsigned)(size - j));
    if (!stet_tree_leaf_own_(t, &b, counted, (unsigned)size, 0))
        return false;
    leaf_put(parent, i, slot, b.leaf);
    return (s->leaf[s->leaves] = stet_tree_leaf_new_(t, cap)) != NULL && ++s->leaves;
}

/* Prepares for a division before element j, 0 < j < size. False: no memory; the contents are as they were. */
static bool prepare(const struct stet_tree_type *t, struct stet_tree *l, size_t j, struct spares *s)
{
    struct stet_inner *parent = NULL;
    stet_ref *slot = &l->root;
    size_t size = l->size, start, child_size;
    unsigned k = 0;
    for (unsigned level = l->height; level > 0; level--, size = child_size, j -= start) {
        if ((parent = own_node_how(t, parent, k, slot, AS_IT_IS, STET_OWN_FOR_CUT)) == NULL)
            return false;
        k = tree_child(t, *slot, level, size, j, &start, &child_size);
        if (!spares_add(t, s, parent->slots - k, size - j))
            return false;
        if (j == start)
            return true; /* the cut is between two children */
        slot = &stet_children_(parent)[k];
    }
    return prepare_leaf(t, parent, k, slot, size, j, s);
}

static stet_ref divide_leaf(const struct stet_tree_type *t, struct stet_tree_leaf *a, size_t size, size_t j,
                            struct stet_tree_leaf *b)
{
    assert(b != NULL && "it was allocated");
    b->hi = (uint8_t)(size - j);
    leaf_copy(t, b, 0, a, (unsigned)j, (unsigned)(size - j));
    a->hi = (uint8_t)j;
    return leaf_ref(b);
}

/* A division: how many elements of the whole tree are in front of the cut, and behind it. */
struct division {
    size_t front, behind;
    struct spares *spares;
};

/*
 * Flattens n if its lender keeps too many elements that the tree does not have: more than a sixteenth of the tree's
 * own.
 */
static void settle(const struct stet_tree_type *t, struct stet_inner *n, unsigned level, size_t total)
{
    node_flatten(t, n, (unsigned)(total / 16 / full_child(t, level)));
}

/*
 * Moves the children of the node in *slot from k on to b. right: the right part of child k, 0 if all of that child
 * moves; left: the size of the left part of child k. Returns b's ref.
 */
static __attribute__((__noinline__)) stet_ref divide_inner(const struct stet_tree_type *t, stet_ref *slot,
                                                           unsigned level, size_t size, unsigned k, size_t left,
                                                           stet_ref right, const struct division *d,
                                                           struct stet_inner *b)
{
    struct stet_inner *a = stet_ref_inner_(*slot);
    struct columns c;
    bool inside = right != 0;
    unsigned stay = k + inside, moved = a->slots - stay;
    columns_read(t, *slot, level, size, NO_BOUND, &c, 0);
    stet_children_(b)[0] = right;
    memcpy(stet_children_(b) + inside, stet_children_(a) + stay, moved * sizeof(stet_ref));
    a->slots = (uint8_t)stay;
    b->slots = (uint8_t)(moved + inside);
    b->aux = a->aux;
    if (a->lender != 0) { /* both borrow from the lender */
        stet_node_retain_(b->lender = a->lender);
        b->replaced = (a->replaced >> stay & stet_slot_mask(0, moved)) << inside | inside;
        b->flattened = a->flattened;
        a->replaced &= stet_slot_mask(0, stay);
        settle(t, a, level, d->front);
        settle(t, b, level, d->behind);
    }
    size_t whole = c.size[k];
    column_resize(&c, k, left);
    *slot = columns_write(t, a, level, &c, 0);
    column_resize(&c, k, whole - left);
    return columns_write(t, b, level, &c, k);
}

/* Divides the prepared node in *slot before its element j; the node keeps what is in front. Returns the other part. */
static stet_ref divide(const struct stet_tree_type *t, stet_ref *slot, unsigned level, size_t size, size_t j,
                       const struct division *d)
{
    struct spares *s = d->spares;
    if (level == 0)
        return divide_leaf(t, ref_leaf(*slot), size, j, s->leaf[--s->leaves]);
    size_t start, child_size;
    unsigned k = tree_child(t, *slot, level, size, j, &start, &child_size);
    stet_ref right = 0;
    if (j > start)
        right = divide(t, &stet_children_(stet_ref_inner_(*slot))[k], level - 1, child_size, j - start, d);
    return divide_inner(t, slot, level, size, k, j - start, right, d, spares_take(s));
}

/*
 * Divides the prepared tree l: it keeps the elements before j, 0 < j < size, and *right becomes a tree of the others,
 * which has the same height.
 */
static void divide_tree(const struct stet_tree_type *t, struct stet_tree *l, size_t j, struct stet_tree *right,
                        struct spares *s)
{
    struct division d = {j, l->size - j, s};
    *right = (struct stet_tree){.height = l->height};
    tree_set_size(right, l->size - j);
    right->root = divide(t, &l->root, l->height, l->size, j, &d);
    tree_set_size(l, j);
}

/*
 * Divides l into three trees: the elements [0, first), [first, end), [end, size), first < end. They have one height; an
 * empty one is {0}. top: unless it is NULL, *top becomes a new node. False: no memory; the contents of l are as they
 * were.
 */
static bool divide_in_three(const struct stet_tree_type *t, struct stet_tree *l, size_t first, size_t end,
                            struct stet_tree part[3], struct stet_inner **top)
{
    struct spares s = {0};
    bool done = (first == 0 || prepare(t, l, first, &s)) && (end == l->size || prepare(t, l, end, &s)) &&
                (top == NULL || (l->height < HEIGHT_MAX && (*top = node_new(t, 2, l->size)) != NULL));
    if (done) {
        part[0] = *l;
        part[1] = part[2] = (struct stet_tree){0};
        if (end < l->size)
            divide_tree(t, &part[0], end, &part[2], &s);
        if (first > 0) {
            divide_tree(t, &part[0], first, &part[1], &s);
        } else {
            part[1] = part[0];
            part[0] = (struct stet_tree){0};
        }
    }
    spares_free(t, &s);
    return done;
}

static void release_part(const struct stet_tree_type *t, const struct stet_tree *part)
{
    if (part->root != 0)
        stet_node_release(&t->node, part->root);
}

bool stet_tree_split_(const struct stet_tree_type *t, struct stet_tree *l, size_t j, struct stet_tree *right)
{
    struct stet_tree part[3];
    if (!divide_in_three(t, l, j, l->size, part, NULL))
        return false;
    *l = part[0];
    *right = part[1];
    stet_tree_collapse_(t, l);
    stet_tree_collapse_(t, right);
    return true;
}

bool stet_tree_keep_(const struct stet_tree_type *t, struct stet_tree *l, size_t first, size_t end)
{
    struct stet_tree part[3];
    if (!divide_in_three(t, l, first, end, part, NULL))
        return false;
    release_part(t, &part[0]);
    release_part(t, &part[2]);
    *l = part[1];
    stet_tree_collapse_(t, l);
    return true;
}

bool stet_tree_erase_(const struct stet_tree_type *t, struct stet_tree *l, size_t first, size_t end)
{
    struct stet_tree part[3];
    struct stet_inner *top;
    if (first == 0 || end == l->size)
        return first == 0 ? stet_tree_keep_(t, l, end, l->size) : stet_tree_keep_(t, l, 0, first);
    if (!divide_in_three(t, l, first, end, part, &top))
        return false;
    release_part(t, &part[1]);
    *l = part[0];
    stet_tree_unite_(t, l, top, part[2].root, part[2].size);
    return true;
}
