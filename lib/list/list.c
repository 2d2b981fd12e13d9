/* SPDX-License-Identifier: MIT */
/*
 * list/list.c - updates of a list: they choose among head, tree and tail, or consist of several steps.
 *
 * An update of several steps works on a copy of the handle, which costs three counts, and replaces the handle by the
 * copy at the end: so it happens as a whole or not at all.
 */
#include "list/core.h"

const char STET_LIST_LAYOUT_ = 0;

/* ---- handles ---- */

static void buffer_release(const struct stet_tree_type *t, const struct stet_tree_view *b)
{
    if (b->leaf != NULL)
        leaf_release(t, b->leaf);
}

/* Releases the nodes of a handle; the caller drains. */
static void list_release(const struct stet_tree_type *t, const struct stet_list *l)
{
    buffer_release(t, &l->head);
    if (l->tree.root != 0)
        stet_node_release(&t->node, l->tree.root);
    buffer_release(t, &l->tail);
}

void stet_list_drain_(const struct stet_tree_type *t) { stet_node_drain(&t->node); }

void stet_list_drop_later_(const struct stet_tree_type *t, struct stet_list *l)
{
    stet_list_check_(t, l);
    struct stet_list old = *l;
    memset(l, 0, sizeof *l);
    stet_node_drop_later_(&t->node, leaf_ref(old.head.leaf));
    stet_node_drop_later_(&t->node, old.tree.root);
    stet_node_drop_later_(&t->node, leaf_ref(old.tail.leaf));
}

static struct stet_list copy_of(const struct stet_list *l)
{
    stet_list_retain_unchecked_(l);
    return *l;
}

/* Ends an update that worked on `copy`: the copy replaces *l (done), or is released. */
static stet_result finish(const struct stet_tree_type *t, struct stet_list *l, struct stet_list *copy, bool done)
{
    struct stet_list old = done ? *l : *copy;
    if (done)
        *l = *copy;
    list_release(t, &old);
    stet_node_drain(&t->node);
    return done ? STET_CHANGED : STET_NO_MEMORY;
}

static bool list_is_large(const struct stet_list *l) { return l->tree.root != 0 || l->head.leaf != NULL; }

/* ---- buffers ---- */

/* Returns the capacity for a new leaf of a buffer that is to get one more element. */
static unsigned next_cap(const struct stet_tree_type *t, const struct stet_list *l, const struct stet_tree_view *b)
{
    if (!list_is_large(l))
        return stet_tree_leaf_cap_(t, b->n + 1);
    return b->leaf == NULL || leaf_is_unshared(b->leaf) ? leaf_max(t) : stet_tree_leaf_cap_(t, b->n + 1 + b->n / 4);
}

/* Returns the bit in the tree's `hint` for this end. */
static unsigned end_of(bool back) { return back ? 2 : 1; }

/* Moves a buffer into the tree, as its last leaf (the tail) or its first (the head). */
static bool into_tree(const struct stet_tree_type *t, struct stet_list *l, struct stet_tree_view *b)
{
    if (b->leaf == NULL)
        return true;
    if ((b->lo != 0 && !stet_tree_leaf_own_(t, b, true, b->n, 0)) ||
        !stet_tree_push_(t, &l->tree, b->leaf, b->n, b == &l->tail))
        return false;
    *b = (struct stet_tree_view){NULL, 0, 0};
    return true;
}

/* Moves the half of a full buffer that is next to the tree into it, as a leaf. */
static bool half_into_tree(const struct stet_tree_type *t, struct stet_list *l, struct stet_tree_view *b)
{
    unsigned half = b->n / 2;
    bool back = b == &l->tail;
    struct stet_tree_leaf *c = NULL;
    if (!stet_tree_leaf_own_(t, b, true, b->n, 0) || (c = stet_tree_leaf_new_(t, leaf_max(t))) == NULL)
        return false;
    char *from = stet_tree_element_(t, b->leaf, back ? 0 : b->n - half);
    memcpy(stet_tree_element_(t, c, 0), from, half * (size_t)t->size);
    c->hi = (uint8_t)half;
    if (!stet_tree_push_(t, &l->tree, c, half, back)) {
        pool_free(c, leaf_size(t, c)); /* its elements still belong to the buffer */
        return false;
    }
    buffer_gave(b, back, half);
    return true;
}

/*
 * Makes room in a full buffer for one more element. Alternating pushes and pops at the edge of a leaf must not move a
 * leaf into the tree and back each time. So a buffer that was a leaf of the tree (`pulled`) keeps half of its elements,
 * and when it is full again, the half in the tree is filled up: after one or two steps that copy a path, about half a
 * leaf of steps copy none.
 */
static bool make_way(const struct stet_tree_type *t, struct stet_list *l, struct stet_tree_view *b)
{
    bool back = b == &l->tail, pulled = (l->tree.hint & end_of(back)) != 0;
    if (stet_tree_room_(t, &l->tree, back) > 0)
        return stet_tree_fill_(t, &l->tree, b, back);
    l->tree.hint &= (uint8_t)~end_of(back);
    return pulled ? half_into_tree(t, l, b) : into_tree(t, l, b);
}

/* An empty buffer releases its leaf. */
static void give_up_if_empty(const struct stet_tree_type *t, struct stet_tree_view *b)
{
    if (b->n == 0 && b->leaf != NULL) {
        leaf_release(t, b->leaf);
        *b = (struct stet_tree_view){NULL, 0, 0};
    }
}

/*
 * After a removal: if the tree is a single leaf and a buffer has no leaf, the tree's leaf becomes that buffer. If only
 * the head is left, it becomes the tail.
 */
static void normalise_buffers(const struct stet_tree_type *t, struct stet_list *l)
{
    stet_tree_collapse_(t, &l->tree);
    struct stet_tree_view *b = l->tail.leaf == NULL ? &l->tail : &l->head;
    if (l->tree.root != 0 && l->tree.height == 0 && b->leaf == NULL) {
        *b = (struct stet_tree_view){ref_leaf(l->tree.root), 0, (uint32_t)l->tree.size};
        l->tree.root = 0;
        l->tree.size = 0;
    }
    if (l->tree.root == 0 && l->tail.leaf == NULL) {
        l->tail = l->head;
        l->head = (struct stet_tree_view){NULL, 0, 0};
    }
}

/* ---- add an element ---- */

void *stet_list_open_back_slow_(const struct stet_tree_type *t, struct stet_list *l)
{
    if (stet_list_size_(l) >= STET_LIST_MAX)
        return NULL;
    if (l->tail.n == leaf_max(t) && !make_way(t, l, &l->tail))
        return NULL;
    return stet_tree_leaf_open_(t, &l->tail, true, l->tail.n, next_cap(t, l, &l->tail), AT_BACK);
}

void *stet_list_open_front_slow_(const struct stet_tree_type *t, struct stet_list *l)
{
    if (stet_list_size_(l) >= STET_LIST_MAX)
        return NULL;
    struct stet_tree_view *b = list_is_large(l) || l->tail.n == leaf_max(t) ? &l->head : &l->tail;
    if (b->n == leaf_max(t) && !make_way(t, l, b))
        return NULL;
    return stet_tree_leaf_open_(t, b, true, 0, b == &l->head && b->leaf == NULL ? leaf_max(t) : next_cap(t, l, b),
                                AT_FRONT);
}

void *stet_list_open_(const struct stet_tree_type *t, struct stet_list *l, size_t i)
{
    stet_list_check_(t, l);
    size_t size = stet_list_size_(l);
    if (i == size)
        return stet_list_open_back_slow_(t, l);
    if (i == 0)
        return stet_list_open_front_slow_(t, l);
    if (size >= STET_LIST_MAX)
        return NULL;
    if (i <= l->head.n) {
        if (l->head.n == leaf_max(t) && !half_into_tree(t, l, &l->head))
            return NULL;
        if (i <= l->head.n)
            return stet_tree_leaf_open_(t, &l->head, true, (unsigned)i, next_cap(t, l, &l->head), AT_FRONT);
    }
    size_t j = i - l->head.n;
    if (j >= l->tree.size && l->tail.n == leaf_max(t)) {
        if (!half_into_tree(t, l, &l->tail))
            return NULL;
    }
    if (j >= l->tree.size && l->tail.leaf != NULL)
        return stet_tree_leaf_open_(t, &l->tail, true, (unsigned)(j - l->tree.size), next_cap(t, l, &l->tail), AT_BACK);
    struct stet_tree_view where;
    return stet_tree_open_(t, &l->tree, j, false, &where);
}

/* ---- remove or replace an element ---- */

/*
 * Returns the buffer that has element i, and the index in it; NULL: the tree has the element, and *index is the index
 * in the tree.
 */
static struct stet_tree_view *buffer_of(struct stet_list *l, size_t i, size_t *index)
{
    if (i < l->head.n) {
        *index = i;
        return &l->head;
    }
    i -= l->head.n;
    bool in_tree = i < l->tree.size;
    *index = in_tree ? i : i - l->tree.size;
    return in_tree ? NULL : &l->tail;
}

/* Moves the last leaf of the tree into the tail (or the first into the head), which is empty. */
static bool pull(const struct stet_tree_type *t, struct stet_list *l, bool back)
{
    size_t start;
    if (!stet_tree_cut_(t, &l->tree, back ? l->tree.size - 1 : 0, back, back ? &l->tail : &l->head, &start))
        return false;
    l->tree.hint = l->tree.root != 0 ? (uint8_t)(l->tree.hint | end_of(back)) : 0;
    return true;
}

stet_result stet_list_pop_at_(const struct stet_tree_type *t, struct stet_list *l, size_t i, void *out)
{
    stet_list_check_(t, l);
    _Alignas(STET_MAX_ALIGN) char removed[STET_LIST_ELEMENT_MAX];
    size_t index;
    struct stet_tree_view *b = buffer_of(l, i, &index);
    bool done = true, in_tree = b == NULL;
    if (b == NULL && (i == 0 || i + 1 == stet_list_size_(l))) {
        done = pull(t, l, i != 0);
        b = buffer_of(l, i, &index);
    }
    if (done && b != NULL) {
        done = stet_tree_leaf_close_(t, b, true, (unsigned)index, removed, b == &l->head ? AT_FRONT : AT_BACK);
        give_up_if_empty(t, b);
    } else if (done) {
        done = stet_tree_close_(t, &l->tree, index, removed);
    }
    if (in_tree || b->leaf == NULL)
        normalise_buffers(t, l);
    if (done && out != NULL)
        memcpy(out, removed, t->size);
    stet_node_drain(&t->node);
    if (done && out == NULL)
        elements_release(t, removed, 1);
    return done ? STET_CHANGED : STET_NO_MEMORY;
}

void *stet_list_edit_(const struct stet_tree_type *t, struct stet_list *l, size_t i)
{
    stet_list_check_(t, l);
    size_t index;
    struct stet_tree_view where;
    bool exclusive;
    char *e = stet_list_reach_(t, l, i, &exclusive);
    if (exclusive)
        return e;
    __builtin_prefetch(e); /* owning has to read reference counts first: their cache misses overlap with this one */
    struct stet_tree_view *b = buffer_of(l, i, &index);
    if (b == NULL)
        return stet_tree_edit_(t, &l->tree, index, &where);
    if (!stet_tree_leaf_own_(t, b, true, stet_tree_leaf_cap_(t, b->n), 0))
        return NULL;
    return stet_tree_element_(t, b->leaf, b->lo + index);
}

/* ---- cut ---- */

/* Drops the first `by` elements of a buffer whose leaf may be shared, and keeps the next n > 0. False: no memory. */
static bool buffer_keep(const struct stet_tree_type *t, struct stet_tree_view *b, uint32_t by, uint32_t n)
{
    if (by == 0 && n == b->n)
        return true;
    if (t->node.exact) {
        struct stet_tree_view part = {b->leaf, b->lo + by, n};
        if (!stet_tree_leaf_own_(t, &part, false, n, 0))
            return false;
        leaf_release(t, b->leaf);
        *b = part;
        return true;
    }
    b->lo += by;
    b->n = n;
    return true;
}

/* Keeps the first n elements, n > 0. */
static bool keep_front(const struct stet_tree_type *t, struct stet_list *l, size_t n)
{
    struct stet_list old = *l;
    if (n <= l->head.n) {
        if (!buffer_keep(t, &l->head, 0, (uint32_t)n))
            return false;
        old.head.leaf = NULL;
        l->tail = l->head;
        *l = (struct stet_list){.tail = l->head};
        list_release(t, &old);
        return true;
    }
    n -= l->head.n;
    if (n > l->tree.size)
        return buffer_keep(t, &l->tail, 0, (uint32_t)(n - l->tree.size));
    size_t start;
    if (!stet_tree_cut_(t, &l->tree, n - 1, true, &l->tail, &start))
        return false;
    buffer_release(t, &old.tail);
    return buffer_keep(t, &l->tail, 0, (uint32_t)(n - start));
}

/* Drops the first n elements, n < size. */
static bool drop_front(const struct stet_tree_type *t, struct stet_list *l, size_t n)
{
    struct stet_list old = *l;
    if (n < l->head.n)
        return buffer_keep(t, &l->head, (uint32_t)n, l->head.n - (uint32_t)n);
    n -= l->head.n;
    if (n >= l->tree.size) {
        n -= l->tree.size;
        if (!buffer_keep(t, &l->tail, (uint32_t)n, l->tail.n - (uint32_t)n))
            return false;
        old.tail.leaf = NULL;
        *l = (struct stet_list){.tail = l->tail};
        list_release(t, &old);
        return true;
    }
    size_t start;
    if (!stet_tree_cut_(t, &l->tree, n, false, &l->head, &start))
        return false;
    buffer_release(t, &old.head);
    return buffer_keep(t, &l->head, (uint32_t)(n - start), l->head.n - (uint32_t)(n - start));
}

stet_result stet_list_slice_(const struct stet_tree_type *t, const struct stet_list *in, size_t from, size_t to,
                             struct stet_list *out)
{
    stet_list_check_(t, in);
    size_t size = stet_list_size_(in);
    bool whole = from == 0 && to == size, done = true;
    if (whole && in == out)
        return STET_UNCHANGED;
    struct stet_list cut = {0};
    if (from < to) {
        cut = copy_of(in);
        done = (to == size || keep_front(t, &cut, to)) && (from == 0 || drop_front(t, &cut, from));
        if (done && !whole)
            normalise_buffers(t, &cut);
    }
    stet_result result = finish(t, out, &cut, done);
    return whole ? STET_UNCHANGED : result;
}

/* ---- concatenate ---- */

/*
 * Removes the elements behind the first `size`. They were pushed just now, so their leaves are exclusive, and this
 * needs no memory.
 */
static void pop_to(const struct stet_tree_type *t, struct stet_list *l, size_t size)
{
    while (stet_list_size_(l) > size && stet_list_pop_at_(t, l, stet_list_size_(l) - 1, NULL))
        ;
}

/* Makes the tail exclusive, with room behind its elements for `more`, or for as many as fit into its leaf. */
STET_INLINE bool list_make_room(const struct stet_tree_type *t, struct stet_list *l, size_t more)
{
    struct stet_tree_view *b = &l->tail;
    if (b->n == leaf_max(t) && !make_way(t, l, b))
        return false;
    unsigned want = more < leaf_max(t) - b->n ? b->n + (unsigned)more : leaf_max(t);
    unsigned cap = list_is_large(l) ? leaf_max(t) : stet_tree_leaf_cap_(t, want);
    if (b->leaf == NULL)
        return (b->leaf = stet_tree_leaf_new_(t, cap)) != NULL;
    bool fits = leaf_is_unshared(b->leaf) && b->leaf->hi == b->lo + b->n && b->leaf->cap > b->leaf->hi;
    return fits || stet_tree_leaf_own_(t, b, true, cap, 0);
}

/*
 * Appends n elements if the tail is exclusive and has room for them, and calls `retain` for each unless that is NULL.
 * No other element moves. False: nothing was done.
 */
STET_INLINE bool push_in_place(const struct stet_tree_type *t, struct stet_tree_view *b, const char *from, size_t n,
                               void (*retain)(const void *element))
{
    struct stet_tree_leaf *leaf = b->leaf;
    /* First checks that the leaf is unshared: other versions may claim room in a shared leaf. */
    if (leaf == NULL || !leaf_is_unshared(leaf) || leaf->hi != b->lo + b->n || n > (size_t)leaf->cap - leaf->hi)
        return false;
    memcpy(stet_tree_element_(t, leaf, leaf->hi), from, n * t->size);
    if (retain != NULL)
        elements_retain(t, from, (unsigned)n);
    b->n += (uint32_t)n;
    leaf->hi = (uint8_t)(leaf->hi + n);
    return true;
}

/* Appends n elements wherever there is room. False: no memory, and some elements were appended. */
STET_INLINE bool push_each(const struct stet_tree_type *t, struct stet_list *l, const char *from, size_t n,
                           void (*retain)(const void *element))
{
    while (n > 0) {
        struct stet_tree_view *b = &l->tail;
        if (!list_make_room(t, l, n))
            return false;
        unsigned room = b->leaf->cap - b->lo - b->n, some = n < room ? (unsigned)n : room;
        memcpy(stet_tree_element_(t, b->leaf, b->lo + b->n), from, some * (size_t)t->size);
        if (retain != NULL)
            elements_retain(t, from, some);
        b->n += some;
        b->leaf->hi = (uint8_t)(b->lo + b->n);
        from += some * (size_t)t->size;
        n -= some;
    }
    return true;
}

static __attribute__((__noinline__)) bool push_all(const struct stet_tree_type *t, struct stet_list *l,
                                                   const char *from, size_t n, void (*retain)(const void *element))
{
    return push_each(t, l, from, n, retain);
}

/* Whether the array is a chunk of the tree's last leaf, which takes over elements from a full tail. */
static bool is_last_chunk(const struct stet_tree_type *t, const struct stet_list *l, const char *elements)
{
    stet_ref r = l->tree.root;
    while (stet_ref_is_inner_(r))
        r = stet_children_(stet_ref_inner_(r))[stet_ref_inner_(r)->slots - 1];
    return (uintptr_t)elements - (uintptr_t)ref_leaf(r) < leaf_size(t, ref_leaf(r));
}

/* Whether the array is a chunk of l that an append may move, or free. */
static bool is_own_chunk(const struct stet_tree_type *t, const struct stet_list *l, const char *elements, size_t n)
{
    const struct stet_tree_leaf *tail = l->tail.leaf;
    if (tail != NULL && (uintptr_t)elements - (uintptr_t)tail < leaf_size(t, tail))
        return true;
    return l->tail.n + n > leaf_max(t) && n <= leaf_max(t) && l->tree.root != 0 && is_last_chunk(t, l, elements);
}

/*
 * Releases n elements that were retained. Each is copied first: release may write to its argument, and the array is the
 * caller's.
 */
static __attribute__((__noinline__)) void list_let_go(const struct stet_tree_type *t, const char *from, size_t n)
{
    _Alignas(STET_MAX_ALIGN) char copy[STET_LIST_ELEMENT_MAX];
    for (; n > 0 && t->element->release != NULL; n--, from += t->size) {
        memcpy(copy, from, t->size);
        t->element->release(copy);
    }
}

/*
 * stet_list_append_array_() for elements that may hold the list, or that are a chunk of it; a copy of the handle keeps
 * the chunk from being moved. The elements are already retained.
 */
static __attribute__((__noinline__)) stet_result append_held(const struct stet_tree_type *t, struct stet_list *l,
                                                             const char *from, size_t n, bool own_chunk)
{
    /* Works on a copy, because *l may be one of the elements. */
    struct stet_list edited = *l, before = own_chunk ? copy_of(l) : (struct stet_list){0};
    size_t size = stet_list_size_(l);
    bool done = push_all(t, &edited, from, n, NULL);
    *l = edited;
    if (!done) {
        size_t pushed = stet_list_size_(l) - size;
        list_let_go(t, from + pushed * t->size, n - pushed);
        pop_to(t, l, size);
    }
    list_release(t, &before);
    stet_node_drain(&t->node);
    return done ? STET_CHANGED : STET_NO_MEMORY;
}

/* stet_list_append_array_() where the tail has no room for all elements. held: they are already retained. */
static __attribute__((__noinline__)) stet_result append_far(const struct stet_tree_type *t, struct stet_list *l,
                                                            const char *from, size_t n, bool held)
{
    bool has_nodes = l->tree.root != 0 || l->head.leaf != NULL || l->tail.leaf != NULL,
         own_chunk = has_nodes && is_own_chunk(t, l, from, n);
    if (STET_UNLIKELY(own_chunk) || (has_nodes && stet_type_may_hold_(t->element))) {
        if (!held)
            elements_retain(t, from, n);
        return append_held(t, l, from, n, own_chunk);
    }
    size_t size = stet_list_size_(l);
    bool done = push_each(t, l, from, n, t->element->retain);
    if (STET_UNLIKELY(!done))
        pop_to(t, l, size);
    stet_node_drain(&t->node);
    return done ? STET_CHANGED : STET_NO_MEMORY;
}

/* stet_list_append_array_() where there is a tail, which may have room. */
static __attribute__((__noinline__)) stet_result append_near(const struct stet_tree_type *t, struct stet_list *l,
                                                             const char *from, size_t n)
{
    bool held = stet_type_may_hold_(t->element);
    if (held) /* before the first node is owned: stet_list_hold_() */
        elements_retain(t, from, n);
    if (push_in_place(t, &l->tail, from, n, held ? NULL : t->element->retain))
        return STET_CHANGED;
    return append_far(t, l, from, n, held);
}

stet_result stet_list_append_array_(const struct stet_tree_type *t, struct stet_list *l, const void *elements, size_t n)
{
    stet_list_check_(t, l);
    if (n == 0)
        return STET_UNCHANGED;
    if (n > STET_LIST_MAX - stet_list_size_(l))
        return STET_NO_MEMORY;
    return l->tail.leaf == NULL ? append_far(t, l, elements, n, false) : append_near(t, l, elements, n);
}

/* Appends the elements [from, to) of another list, one leaf after the other. */
static bool push_chunks(const struct stet_tree_type *t, struct stet_list *l, const struct stet_list *other, size_t from,
                        size_t to)
{
    while (from < to) {
        struct stet_list_chunk chunk = stet_list_chunk_at_(t, other, from);
        size_t skip = from - chunk.from, n = chunk.n - skip < to - from ? chunk.n - skip : to - from;
        if (!push_in_place(t, &l->tail, chunk.first + skip * t->size, n, t->element->retain) &&
            !push_all(t, l, chunk.first + skip * t->size, n, t->element->retain))
            return false;
        from += n;
    }
    return true;
}

static bool push_front_all(const struct stet_tree_type *t, struct stet_list *l, const struct stet_tree_view *b)
{
    for (uint32_t i = b->n; i-- > 0;) {
        const char *from = stet_tree_element_(t, b->leaf, b->lo + i);
        void *e = stet_list_open_front_(t, l);
        if (e == NULL)
            return false;
        memcpy(e, from, t->size);
        elements_retain(t, from, 1);
    }
    return true;
}

/* Appends the elements of a short list b, which keeps them alive during the call. */
static stet_result append_few(const struct stet_tree_type *t, struct stet_list *l, const struct stet_list *b)
{
    size_t size = stet_list_size_(l);
    bool done = push_chunks(t, l, b, 0, stet_list_size_(b));
    if (!done)
        pop_to(t, l, size);
    stet_node_drain(&t->node);
    return done ? STET_CHANGED : STET_NO_MEMORY;
}

stet_result stet_list_concat_(const struct stet_tree_type *t, struct stet_list *l, const struct stet_list *b)
{
    stet_list_check_(t, l);
    stet_list_check_(t, b);
    size_t size = stet_list_size_(l), more = stet_list_size_(b);
    if (more == 0)
        return STET_UNCHANGED;
    if (more > STET_LIST_MAX - size)
        return STET_NO_MEMORY;
    if (size == 0) {
        *l = copy_of(b);
        return STET_CHANGED;
    }
    if (more <= 2 * (size_t)leaf_max(t) && b->tail.leaf != l->tail.leaf) { /* b is not l, nor a copy of l */
        struct stet_list few = *b; /* the handle may be in an element of l, and move */
        return append_few(t, l, &few);
    }
    struct stet_list right = copy_of(b);
    bool done;
    if (more <= 2 * (size_t)leaf_max(t)) {
        done = append_few(t, l, &right) != STET_NO_MEMORY;
    } else if (l->tree.root == 0) {
        done = push_front_all(t, &right, &l->tail) && push_front_all(t, &right, &l->head);
        return finish(t, l, &right, done);
    } else { /* the buffers between the trees become leaves of them, which changes the contents of neither list */
        done = into_tree(t, &right, &right.head) && into_tree(t, l, &l->tail) &&
               stet_tree_join_(t, &l->tree, right.tree.root, right.tree.height, right.tree.size);
        if (done) {
            l->tail = right.tail;
            normalise_buffers(t, l);
            stet_node_drain(&t->node);
            return STET_CHANGED;
        }
    }
    list_release(t, &right);
    stet_node_drain(&t->node);
    return done ? STET_CHANGED : STET_NO_MEMORY;
}

/* ---- ranges ---- */

/* Whether the tree has the elements [from, to), and others as well, and is large enough to be divided in place. */
static bool is_within_tree(const struct stet_tree_type *t, const struct stet_list *l, size_t from, size_t to)
{
    return from >= l->head.n && to - l->head.n <= l->tree.size && to - from < l->tree.size &&
           l->tree.size > 4 * leaf_max(t);
}

static stet_result erase_in_tree(const struct stet_tree_type *t, struct stet_list *l, size_t from, size_t to)
{
    bool done = stet_tree_erase_(t, &l->tree, from - l->head.n, to - l->head.n);
    normalise_buffers(t, l);
    stet_node_drain(&t->node);
    return done ? STET_CHANGED : STET_NO_MEMORY;
}

stet_result stet_list_splice_(const struct stet_tree_type *t, struct stet_list *l, size_t from, size_t to,
                              const struct stet_list *b)
{
    stet_list_check_(t, l);
    size_t size = stet_list_size_(l), more = stet_list_size_(b);
    if (from == to && more == 0)
        return STET_UNCHANGED;
    if (more > STET_LIST_MAX - (size - (to - from)))
        return STET_NO_MEMORY;
    if (more == 0 && is_within_tree(t, l, from, to))
        return erase_in_tree(t, l, from, to);
    struct stet_list left = {0}, right = {0};
    bool done = stet_list_slice_(t, l, 0, from, &left) && stet_list_slice_(t, l, to, size, &right) &&
                stet_list_concat_(t, &left, b) && stet_list_concat_(t, &left, &right);
    list_release(t, &right);
    return finish(t, l, &left, done);
}

stet_result stet_list_splice_array_(const struct stet_tree_type *t, struct stet_list *l, size_t from, size_t to,
                                    const void *elements, size_t n)
{
    struct stet_list middle = {0};
    if (n > 0 && !stet_list_append_array_(t, &middle, elements, n))
        return STET_NO_MEMORY;
    stet_result result = stet_list_splice_(t, l, from, to, &middle);
    stet_list_drop_(t, &middle);
    return result;
}

bool stet_list_append_slice_(const struct stet_tree_type *t, struct stet_list *l, const struct stet_list *other,
                             size_t from, size_t to)
{
    if (to - from > 2 * (size_t)leaf_max(t)) {
        struct stet_list part = {0};
        bool done = stet_list_slice_(t, other, from, to, &part) && stet_list_concat_(t, l, &part);
        stet_list_drop_(t, &part);
        return done;
    }
    return push_chunks(t, l, other, from, to);
}
