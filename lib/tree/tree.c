/* SPDX-License-Identifier: MIT */
/*
 * tree/tree.c - the tree: push, cut, and one element more or less (stet/impl/tree.h has the drawing).
 *
 * Every update first owns its path from the root down. Owning changes no contents, so the update may stop anywhere when
 * memory is short. Then it writes, which cannot fail. The descent makes room at each level before the next (it splits a
 * full child, and joins an underfull one with a sibling: Guibas & Sedgewick 1978), so there is one pass, and only sizes
 * are updated upwards.
 */
#include "tree/node.h"

/* ---- the path of an update ---- */

/* A step of a path: the slot of an exclusive inner node, and the child in it that the path continues with. */
struct step {
    stet_ref *slot;
    unsigned level, child;
    size_t size, start, child_size; /* of the node; of the child */
};

/* The nodes that an update has made exclusive on its way to an element, and the current slot. */
struct path {
    stet_ref *slot;
    struct stet_inner *parent; /* the node of that slot; NULL: the slot is the root's */
    unsigned child, level, n;  /* the slot's index in the parent; the level of the node in the slot; number of steps */
    size_t size, j;            /* elements below the slot; the wanted element, counted from the first of these */
    struct step step[HEIGHT_MAX + 1];
};

static void path_begin(struct path *p, struct stet_tree *l, size_t j)
{
    p->slot = &l->root;
    p->parent = NULL;
    p->child = p->n = 0;
    p->level = l->height;
    p->size = l->size;
    p->j = j;
}

static struct step step_to(const struct stet_tree_type *t, stet_ref *slot, unsigned level, size_t size, size_t j)
{
    struct step s = {.slot = slot, .level = level, .size = size};
    s.child = tree_child(t, *slot, level, size, j, &s.start, &s.child_size);
    return s;
}

/* The room for a node whose sizes will change, and which may get `more` children more. */
STET_INLINE struct room room_for(stet_ref r, size_t total, unsigned more)
{
    return (struct room){stet_ref_inner_(r)->slots + more, total};
}

/* Owns the node in the path's slot and adds a step for it. NULL: no memory. */
STET_INLINE struct step *path_own(const struct stet_tree_type *t, struct path *p, struct room room, enum stet_own how)
{
    if ((p->parent = own_node_how(t, p->parent, p->child, p->slot, room, how)) == NULL)
        return NULL;
    p->step[p->n] = step_to(t, p->slot, p->level, p->size, p->j);
    return &p->step[p->n++];
}

/* Moves the path to the child of its last step. */
STET_INLINE void path_enter(struct path *p)
{
    const struct step *s = &p->step[p->n - 1];
    assert(s->child < TREE_WIDTH);
    p->child = s->child;
    p->slot = &stet_children_(p->parent)[s->child];
    p->level--;
    p->size = s->child_size;
    p->j -= s->start;
}

/* Calls path_own() and path_enter() until the path is at this level. more: how many children the last node will get. */
static bool path_down(const struct stet_tree_type *t, struct path *p, unsigned level, unsigned more)
{
    while (p->level > level) {
        struct room room = room_for(*p->slot, p->size, p->level == level + 1 ? more : 0);
        if (path_own(t, p, room, STET_OWN_BY_BUDGET) == NULL)
            return false;
        path_enter(p);
    }
    return true;
}

/* path_leaf() makes a view of the leaf at the end of a path; path_put() stores the resulting leaf. */
static struct stet_tree_view path_leaf(const struct stet_tree_type *t, const struct path *p, bool *counted)
{
    return leaf_in(t, p->parent, p->child, *p->slot, p->size, counted);
}

static void path_put(const struct path *p, struct stet_tree_leaf *leaf)
{
    leaf_put(p->parent, p->child, p->slot, leaf);
}

/* Updates sizes and kinds, from the lowest step up: the child of each step has `by` elements more (or less). */
static void path_resize(const struct stet_tree_type *t, const struct path *p, int by)
{
    for (unsigned n = p->n; n-- > 0;) {
        const struct step *s = &p->step[n];
        struct stet_inner *node = stet_ref_inner_(*s->slot);
        enum stet_tree_kind kind = stet_tree_kind_of_(*s->slot);
        size_t new_size = s->child_size + (size_t)by, full = full_child(t, s->level);
        if (kind == STET_TREE_TABLE && (new_size != full || t->bounded) && !is_wide(s->size + (size_t)by)) {
            uint32_t *sum = stet_tree_sums_(t, *s->slot);
            for (unsigned i = s->child; i < node->slots; i++)
                sum[i] += (uint32_t)by;
            unfold(t, *s->slot, s->child);
        } else if (s->child + 1u == node->slots && kind < STET_TREE_TABLE && new_size <= full) {
            *s->slot = tagged_radix(node);
        } else {
            struct columns c;
            columns_read(t, *s->slot, s->level, s->size, NO_BOUND, &c, 0);
            column_resize(&c, s->child, new_size);
            *s->slot = columns_write(t, node, s->level, &c, 0);
        }
    }
}

/*
 * Merges the child of a step with a neighbour, or redistributes the two, because a removal may make the child
 * underfull. j: the element to be removed, counted from the first of the step's node.
 */
static void ensure_not_minimal(const struct stet_tree_type *t, const struct step *s, size_t j)
{
    struct seam ignored;
    unsigned i = s->child > 0 ? s->child - 1 : 0;
    if (stet_ref_inner_(*s->slot)->slots < 2)
        return;
    size_t before = s->child > 0 ? step_to(t, s->slot, s->level, s->size, s->start - 1).start : 0;
    (void)stet_tree_even_pair_(t, s->slot, s->level, s->size, i, s->level == 1 ? j - before : NOWHERE, &ignored);
}

/* Makes a new root above the old one. */
static bool grow(const struct stet_tree_type *t, struct stet_tree *l)
{
    struct stet_inner *n = l->height < HEIGHT_MAX ? node_new(t, 2, l->size + leaf_max(t)) : NULL;
    if (n == NULL)
        return false;
    l->root = node_of_one(t, n, l->height + 1u, l->root, l->size);
    l->height++;
    return true;
}

/* ---- push ---- */

/* Returns the lowest level on this edge where a node has room; 0 if there is none. */
static unsigned level_with_room(const struct stet_tree *l, bool back)
{
    unsigned level = 0;
    stet_ref r = l->root;
    for (unsigned h = l->height; h > 0; h--) {
        const struct stet_inner *n = stet_ref_inner_(r);
        if (n->slots < TREE_WIDTH)
            level = h;
        r = stet_children_(n)[back ? n->slots - 1u : 0];
    }
    return level;
}

static size_t edge_of(const struct stet_tree *l, bool back) { return back ? l->size - 1u : 0; }

/*
 * Adds a child of n elements to the exclusive node of a step, which has room for it. between: the bound between the new
 * child and its neighbour.
 */
static void push_child(const struct stet_tree_type *t, const struct step *s, stet_ref r, size_t n, bool back,
                       uint64_t between)
{
    struct stet_inner *node = stet_ref_inner_(*s->slot);
    size_t full = full_child(t, s->level);
    bool regular = !is_table(*s->slot) && (back ? s->child_size == full : node->aux == 0 && n == full);
    struct columns c;
    if (!regular)
        columns_read(t, *s->slot, s->level, s->size, between, &c, !back);
    node_splice(node, back ? node->slots : 0, 0, &r, 1);
    if (regular) {
        *s->slot = tagged_radix(node);
        return;
    }
    column_resize(&c, back ? node->slots - 1u : 0, n);
    if (!back)
        c.bound[0] = between;
    *s->slot = columns_write(t, node, s->level, &c, 0);
    unsigned i = back ? node->slots - 2u : 0;
    if (s->level == 1 && (c.size[i] < t->leaf_min || c.size[i + 1] < t->leaf_min)) { /* one was the root, or is small */
        struct seam ignored;
        (void)stet_tree_even_pair_(t, s->slot, s->level, s->size + n, i, NOWHERE, &ignored);
    }
}

bool stet_tree_push_(const struct stet_tree_type *t, struct stet_tree *l, struct stet_tree_leaf *leaf, unsigned n,
                     bool back)
{
    if (l->root == 0) {
        l->root = leaf_ref(leaf);
        l->size = n;
        return true;
    }
    struct path p;
    stet_ref r = leaf_ref(leaf);
    size_t common = stet_tree_skips_(t) ? stet_tree_common_beside_(t, l->root, leaf, n, back) : 0;
    unsigned level = level_with_room(l, back), chain = 1;
    if (level == 0) {
        if (!grow(t, l))
            return false;
        level = l->height;
    }
    path_begin(&p, l, edge_of(l, back));
    bool failed = !path_down(t, &p, level - 1, 1);
    for (; !failed && chain < level; chain++) {
        struct stet_inner *above = node_new(t, TREE_WIDTH, n); /* more will follow */
        failed = above == NULL;
        if (!failed)
            r = node_of_one(t, above, chain, r, n);
    }
    if (failed) {
        while (stet_ref_is_inner_(r)) {
            struct stet_inner *above = stet_ref_inner_(r);
            r = stet_children_(above)[0];
            node_free(t, above);
        }
        stet_tree_collapse_(t, l);
        return false;
    }
    const struct step *s = &p.step[--p.n]; /* the node that becomes larger, not its child */
    size_t skip = p.parent->aux;
    push_child(t, s, r, n, back, back ? stet_tree_last_bound_(t, l->root, skip) : leaf_bound(t, leaf, n, skip));
    path_resize(t, &p, (int)n);
    l->size += n;
    if (stet_tree_skips_(t))
        stet_tree_fit_(t, l, edge_of(l, back), stet_tree_edge_(t, l->root, back), common);
    if (p.parent->slots == 1)
        stet_tree_collapse_(t, l);
    return true;
}

/* ---- fill ---- */

unsigned stet_tree_room_(const struct stet_tree_type *t, const struct stet_tree *l, bool back)
{
    if (l->root == 0)
        return 0;
    if (back && stet_tree_kind_of_(l->root) == STET_TREE_RADIX) /* all leaves but the last are full */
        return (0u - (unsigned)l->size) & (leaf_max(t) - 1);
    return leaf_max(t) - (unsigned)cursor_at_leaf(t, l, edge_of(l, back)).size;
}

bool stet_tree_fill_(const struct stet_tree_type *t, struct stet_tree *l, struct stet_tree_view *b, bool back)
{
    struct path p;
    bool counted;
    path_begin(&p, l, edge_of(l, back));
    if (!stet_tree_leaf_own_(t, b, true, b->n, 0) || !path_down(t, &p, 0, 0))
        return false;
    struct stet_tree_view edge = path_leaf(t, &p, &counted);
    unsigned size = edge.n, moved = leaf_max(t) - size;
    if (!stet_tree_leaf_own_(t, &edge, counted, leaf_max(t), 0))
        return false;
    path_put(&p, edge.leaf);
    if (!back)
        leaf_move(t, edge.leaf, moved, 0, size);
    leaf_copy(t, edge.leaf, back ? size : 0, b->leaf, back ? 0 : b->n - moved, moved);
    edge.leaf->hi = (uint8_t)leaf_max(t);
    buffer_gave(b, back, moved);
    path_resize(t, &p, (int)moved);
    l->size += moved;
    return true;
}

/* ---- cut ---- */

/*
 * Drops the children behind the child of a step (back), or in front of it. child_size, left: how many elements the
 * child and the whole tree have afterwards.
 */
static void cut_step(const struct stet_tree_type *t, const struct step *s, bool back, size_t child_size, size_t left)
{
    struct stet_inner *n = stet_ref_inner_(*s->slot);
    struct columns c;
    columns_read(t, *s->slot, s->level, s->size, NO_BOUND, &c, 0);
    column_resize(&c, s->child, child_size);
    unsigned first = back ? s->child + 1 : 0, end = back ? n->slots : s->child;
    for (unsigned i = first; i < end; i++)
        node_let_go(t, n, i);
    node_splice(n, first, end - first, NULL, 0);
    /* Owners may keep elements that are not in the tree any more, up to a sixteenth of its size. */
    node_flatten(t, n, (unsigned)(left / 16 / full_child(t, s->level)));
    *s->slot = columns_write(t, n, s->level, &c, back ? 0 : end);
}

/*
 * Keeps the first `at` elements of the tree (back), or drops them; `at` is a boundary of leaves, 0 < at < size. False:
 * no memory.
 */
static bool cut_at(const struct stet_tree_type *t, struct stet_tree *l, size_t at, bool back)
{
    struct path p;
    const struct step *s;
    path_begin(&p, l, back ? at - 1 : at);
    for (;; path_enter(&p)) {
        if ((s = path_own(t, &p, AS_IT_IS, STET_OWN_FOR_CUT)) == NULL)
            return false;
        if (p.j == (back ? s->start + s->child_size - 1 : s->start)) /* the cut is between two children */
            break;
    }
    size_t kept = s->child_size;
    while (p.n-- > 0) {
        s = &p.step[p.n];
        size_t gone_in_child = s->child_size - kept;
        cut_step(t, s, back, kept, back ? at : l->size - at);
        kept = back ? s->start + kept : s->size - s->start - gone_in_child;
    }
    tree_set_size(l, kept);
    return true;
}

bool stet_tree_cut_(const struct stet_tree_type *t, struct stet_tree *l, size_t j, bool back,
                    struct stet_tree_view *out, size_t *start)
{
    struct cursor c = cursor_at_leaf(t, l, j);
    size_t at = back ? c.from : c.from + c.size;
    struct stet_tree_leaf *leaf = ref_leaf(c.node);
    stet_node_retain_(c.node); /* before the tree releases it */
    if (at > 0 && at < l->size) {
        if (!cut_at(t, l, at, back)) {
            leaf_release(t, leaf);
            return false;
        }
    } else {
        stet_ref old = l->root;
        l->root = 0;
        l->size = 0;
        l->height = 0;
        stet_node_release(&t->node, old);
    }
    *out = (struct stet_tree_view){leaf, 0, (uint32_t)c.size};
    *start = c.from;
    return true;
}

/* ---- one element ---- */

/*
 * Splits the full child of a step into two nodes, neither of which is full; the step's node has room for one more. edge
 * 1: the new element will be behind all elements of the tree, and the left half gets all but one. edge -1: it will be
 * before all, and the right half gets all but one. edge 0: both get half. False: no memory.
 */
static bool split(const struct stet_tree_type *t, const struct step *s, int edge)
{
    struct stet_inner *n = stet_ref_inner_(*s->slot);
    struct columns c, below;
    columns_read(t, *s->slot, s->level, s->size, NO_BOUND, &c, 0);
    columns_move(t, &c, s->child + 1, s->child, n->slots - s->child);
    stet_ref *child = &stet_children_(n)[s->child], right;
    unsigned full = s->level == 1 ? leaf_max(t) : TREE_WIDTH, half = edge == 0 ? full / 2 : edge > 0 ? full - 1 : 1;
    if (s->level == 1) {
        struct stet_tree_leaf *b = stet_tree_leaf_new_(t, leaf_max(t));
        struct stet_tree_leaf *a = b != NULL ? own_tree_leaf(t, n, s->child, s->child_size) : NULL;
        if (a == NULL) {
            if (b != NULL)
                pool_free(b, leaf_size(t, b));
            return false;
        }
        a->hi = (uint8_t)half;
        b->hi = (uint8_t)(s->child_size - half);
        leaf_copy(t, b, 0, a, half, b->hi);
        column_resize(&c, s->child, half);
        column_resize(&c, s->child + 1, b->hi);
        c.bound[s->child] = leaf_bound(t, a, half, n->aux);
        right = leaf_ref(b);
    } else {
        struct stet_inner *b = node_new(t, full - half, s->child_size),
                          *a = b != NULL ? own_child(t, n, s->child, room_for(*child, s->child_size, 0)) : NULL;
        if (a == NULL) {
            if (b != NULL)
                node_free(t, b);
            return false;
        }
        columns_read(t, *child, s->level - 1, s->child_size, NO_BOUND, &below, 0);
        memcpy(stet_children_(b), stet_children_(a) + half, (full - half) * sizeof(stet_ref));
        a->slots = (uint8_t)half;
        b->slots = (uint8_t)(full - half);
        if (a->lender != 0) { /* both borrow from the lender */
            stet_node_retain_(b->lender = a->lender);
            b->replaced = a->replaced >> half & stet_slot_mask(0, full - half);
            b->flattened = a->flattened;
            a->replaced &= stet_slot_mask(0, half);
        }
        below.mixed = true; /* the halves may skip more than the whole */
        *child = columns_write(t, a, s->level - 1, &below, 0);
        right = columns_write(t, b, s->level - 1, &below, half);
        column_resize(&c, s->child, total_of(below.size, half));
        column_resize(&c, s->child + 1, s->child_size - c.size[s->child]);
        c.bound[s->child] = bound_above(t, n, *child, below.bound[half - 1]);
    }
    node_splice(n, s->child + 1, 0, &right, 1);
    *s->slot = columns_write(t, n, s->level, &c, 0);
    return true;
}

static bool is_full(const struct stet_tree_type *t, stet_ref r, size_t size)
{
    return stet_ref_is_inner_(r) ? stet_ref_inner_(r)->slots == TREE_WIDTH : size == leaf_max(t);
}

void *stet_tree_open_(const struct stet_tree_type *t, struct stet_tree *l, size_t j, bool behind,
                      struct stet_tree_view *where)
{
    struct path p;
    bool counted;
    void *e = NULL;
    int edge = !t->bounded ? 0 : behind ? j + 1u == l->size : -(j == 0);
    if (is_full(t, l->root, l->size) && !grow(t, l))
        return NULL;
    path_begin(&p, l, j);
    for (; p.level > 0; path_enter(&p)) {
        struct step *s = path_own(t, &p, room_for(*p.slot, p.size, 1), STET_OWN_BY_BUDGET);
        if (s == NULL)
            goto end;
        if (is_full(t, stet_children_(p.parent)[s->child], s->child_size)) {
            int gave = p.level == 1 && edge == 0 ? stet_tree_give_(t, *p.slot, s->child) : -1;
            if (gave == TREE_REFUSED || (gave < 0 && !split(t, s, edge)))
                goto end;
            *s = step_to(t, p.slot, p.level, p.size, p.j);
        }
    }
    struct stet_tree_view b = path_leaf(t, &p, &counted);
    e = stet_tree_leaf_open_(t, &b, counted, (unsigned)p.j + behind,
                             t->bounded && p.parent == NULL ? stet_tree_leaf_cap_(t, b.n + 1) : leaf_max(t), IN_TREE);
    if (e != NULL) {
        path_put(&p, b.leaf);
        *where = (struct stet_tree_view){b.leaf, (uint32_t)p.j + behind, 1};
    }
end:
    path_resize(t, &p, e != NULL); /* also by 0: the kinds of children may have changed */
    l->size += e != NULL;
    if (e == NULL)
        stet_tree_collapse_(t, l);
    return e;
}

bool stet_tree_close_(const struct stet_tree_type *t, struct stet_tree *l, size_t j, void *out)
{
    struct path p;
    bool counted, done = false;
    path_begin(&p, l, j);
    for (; p.level > 0; path_enter(&p)) {
        struct step *s = path_own(t, &p, room_for(*p.slot, p.size, 0), STET_OWN_BY_BUDGET);
        if (s == NULL)
            goto end;
        stet_ref child = stet_children_(p.parent)[s->child];
        if (stet_ref_is_inner_(child) ? stet_ref_inner_(child)->slots <= TREE_MIN : s->child_size <= t->leaf_min) {
            ensure_not_minimal(t, s, p.j); /* without memory the child stays underfull */
            *s = step_to(t, p.slot, p.level, p.size, p.j);
        }
        if (p.level == 1 && s->child_size < 2) /* memory was short above; the leaf must not become empty */
            goto end;
    }
    struct stet_tree_view b = path_leaf(t, &p, &counted);
    done = stet_tree_leaf_close_(t, &b, counted, (unsigned)p.j, out, IN_TREE);
    if (done) {
        path_put(&p, b.leaf);
        l->size--;
    }
end:
    path_resize(t, &p, done ? -1 : 0);
    if (done && l->size == 0) { /* the root is a single leaf without elements */
        pool_free(ref_leaf(l->root), leaf_size(t, ref_leaf(l->root)));
        l->root = 0;
    }
    stet_tree_collapse_(t, l);
    return done;
}

void *stet_tree_edit_(const struct stet_tree_type *t, struct stet_tree *l, size_t j, struct stet_tree_view *where)
{
    struct path p;
    bool counted;
    path_begin(&p, l, j);
    for (; p.level > 0; path_enter(&p))
        if (path_own(t, &p, AS_IT_IS, STET_OWN_BY_BUDGET) == NULL)
            return NULL;
    struct stet_tree_view b = path_leaf(t, &p, &counted);
    if (!stet_tree_leaf_own_(t, &b, counted, (unsigned)p.size, 0))
        return NULL;
    path_put(&p, b.leaf);
    while (p.n-- > 0)
        unfold(t, *p.step[p.n].slot, p.step[p.n].child);
    *where = (struct stet_tree_view){b.leaf, (uint32_t)p.j, 1};
    return stet_tree_element_(t, b.leaf, p.j);
}
