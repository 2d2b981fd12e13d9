/* SPDX-License-Identifier: MIT */
/*
 * stet/impl/list.h - the list's handle, the walks of its reads (inlined into user code), and the compiled functions.
 *
 * A list is a counted tree (impl/tree.h) with a buffer at each end. Its elements are those of the head, of the tree,
 * and of the tail, in this order. A short list has only a tail.
 *
 * Invariants in addition to those of the tree; test/support/list_check.h checks them:
 *   I1  A buffer has a leaf exactly when it holds elements, and [lo, lo + n) lies within the constructed elements of
 *       the leaf; if elements are prompt, [lo, lo + n) is all of these. A small list has no head and no tree.
 *   I2  head.n + tree.size + tail.n <= STET_LIST_MAX; tree.size 0 means root 0.
 */
#ifndef STET_IMPL_LIST_H
#define STET_IMPL_LIST_H

#include <stet/impl/tree.h>
#ifdef _WIN32
struct iovec { /* as POSIX has it */
    void *iov_base;
    size_t iov_len;
};
#else
#    include <sys/uio.h>
#endif

STET_QUIET_
#ifdef __cplusplus
extern "C" {
#endif

#define STET_LIST_MAX STET_TREE_MAX /* how many elements a list can have */
#define STET_LIST_ELEMENT_MAX 4096  /* how many bytes an element can have */

/*
 * The handle that every generated list wraps. {0} is empty. tree.hint says which buffers were leaves of the tree
 * before: a hint for list.c.
 */
struct stet_list {
    struct stet_tree tree;
    struct stet_tree_view head, tail;
};

STET_INLINE size_t stet_list_size_(const struct stet_list *l) { return (size_t)l->head.n + l->tree.size + l->tail.n; }

/* ---- find ---- */

STET_INLINE const char *stet_list_tree_at_(const struct stet_tree_type *t, stet_ref r, unsigned height, size_t j)
{
    unsigned shift = stet_tree_shift_(t, height);
    while (STET_UNLIKELY((r & (STET_INNER_TAG | 3)) > STET_INNER_TAG)) {
        const struct stet_inner *n = stet_ref_inner_(r);
        unsigned k;
        if (stet_tree_kind_of_(r) == STET_TREE_OFFSET) {
            size_t v = j + (size_t)n->aux;
            k = (unsigned)(v >> shift);
            j = k != 0 ? v & (((size_t)1 << shift) - 1) : j;
        } else {
            size_t start, end;
            k = stet_tree_search_(t, r, j, &start, &end);
            j -= start;
        }
        r = stet_children_(n)[k];
        shift -= STET_TREE_WIDTH_BITS;
    }
    for (; stet_ref_is_inner_(r); shift -= STET_TREE_WIDTH_BITS)
        r = stet_children_(
            (const struct stet_inner *)(uintptr_t)(r - STET_INNER_TAG))[(j >> shift) & (STET_TREE_WIDTH - 1)];
    return stet_tree_element_(t, (const struct stet_tree_leaf *)(uintptr_t)r, j & ((1u << t->leaf_bits) - 1));
}

/* Checks that the nodes of the handle were not freed. */
STET_INLINE void stet_list_check_(const struct stet_tree_type *t, const struct stet_list *l)
{
    stet_node_check_(&t->node, l->tree.root);
    stet_node_check_(&t->node, (uintptr_t)l->head.leaf);
    stet_node_check_(&t->node, (uintptr_t)l->tail.leaf);
}

/* Returns the address of element i, or NULL if there is none. */
STET_INLINE const char *stet_list_at_(const struct stet_tree_type *t, const struct stet_list *l, size_t i)
{
    stet_list_check_(t, l);
    size_t j = i - l->head.n;
    if (STET_LIKELY(l->tree.height > 0)) {
        if (STET_LIKELY(j < l->tree.size))
            return stet_list_tree_at_(t, l->tree.root, l->tree.height, j);
    } else if (l->tree.root != 0 && j < l->tree.size + (size_t)l->tail.n) {
        /* The element is in one of two leaves, and a processor cannot predict in which; so there is no branch here. */
        uintptr_t in_tree = (uintptr_t)0 - (j < l->tree.size);
        size_t k = j - l->tree.size + l->tail.lo;
        __asm__("" : "+r"(in_tree));
        uintptr_t leaf = (l->tree.root & in_tree) | ((uintptr_t)l->tail.leaf & ~in_tree);
        return stet_tree_element_(t, (const struct stet_tree_leaf *)leaf, (j & in_tree) | (k & ~in_tree));
    }
    if (j - l->tree.size < l->tail.n)
        return stet_tree_element_(t, l->tail.leaf, l->tail.lo + (j - l->tree.size));
    if (i < l->head.n)
        return stet_tree_element_(t, l->head.leaf, l->head.lo + i);
    return NULL;
}

/* Elements that lie side by side in one leaf. */
struct stet_list_chunk {
    const char *first; /* NULL: there is no such element */
    size_t from, n;    /* the index of the first element, and the number of elements */
};

/* Finds the chunk that has element i. Descends from the root, and prefetches the next leaf. Cost: O(log n). */
STET_API struct stet_list_chunk stet_list_find_chunk_(const struct stet_tree_type *t, const struct stet_list *l,
                                                      size_t i);

/*
 * Finds the chunk that has element i. In a regular tree the index alone determines the path, so no header of a node is
 * read, and the cache misses of descents to several leaves overlap.
 */
STET_INLINE struct stet_list_chunk stet_list_chunk_at_(const struct stet_tree_type *t, const struct stet_list *l,
                                                       size_t i)
{
    stet_list_check_(t, l);
    size_t j = i - l->head.n;
    if (STET_LIKELY(j < l->tree.size && (l->tree.root & (STET_INNER_TAG | 3)) == STET_INNER_TAG)) {
        size_t full = (size_t)1 << t->leaf_bits, start = j & ~(full - 1), left = l->tree.size - start;
        struct stet_list_chunk chunk = {stet_list_tree_at_(t, l->tree.root, l->tree.height, start), l->head.n + start,
                                        left < full ? left : full};
        return chunk;
    }
    return stet_list_find_chunk_(t, l, i);
}

/*
 * stet_list_chunk_at_(), cut to the range [low, high), which must be within the list. If i is not in the range, returns
 * the chunk {NULL, high, 0}.
 */
STET_INLINE struct stet_list_chunk stet_list_chunk_in_(const struct stet_tree_type *t, const struct stet_list *l,
                                                       size_t i, size_t low, size_t high)
{
    struct stet_list_chunk chunk = {NULL, high, 0};
    if (STET_UNLIKELY(i < low || i >= high))
        return chunk;
    chunk = stet_list_chunk_at_(t, l, i);
    if (STET_UNLIKELY(chunk.from < low)) {
        chunk.first += (low - chunk.from) * t->size;
        chunk.n -= low - chunk.from;
        chunk.from = low;
    }
    if (STET_UNLIKELY(chunk.n > high - chunk.from))
        chunk.n = high - chunk.from;
    return chunk;
}

/* ---- ends: the fast paths ---- */

/*
 * Open a place for a new element: at the back, at the front, and before element i. The place is uninitialised, but
 * counted in the size. The caller writes the element and calls stet_list_done_(). NULL: no memory, nothing changed.
 */
STET_API void *stet_list_open_back_slow_(const struct stet_tree_type *t, struct stet_list *l);
STET_API void *stet_list_open_front_slow_(const struct stet_tree_type *t, struct stet_list *l);
STET_API void *stet_list_open_(const struct stet_tree_type *t, struct stet_list *l, size_t i);

/*
 * The fast path: the place is in a leaf of this handle alone, from which no element has to be released first. Lists of
 * more than 2^47 elements take the slow path, which checks STET_LIST_MAX.
 */
STET_INLINE void *stet_list_open_back_(const struct stet_tree_type *t, struct stet_list *l)
{
    stet_list_check_(t, l);
    struct stet_tree_leaf *leaf = l->tail.leaf;
    uint32_t end = l->tail.lo + l->tail.n, is_huge = (uint32_t)(l->tree.size >> 47);
    if (STET_LIKELY(leaf != NULL && end < leaf->cap && stet_node_is_unshared_((uintptr_t)leaf) &&
                    ((end ^ leaf->hi) | is_huge) == 0)) {
        l->tail.n++;
        return stet_tree_element_(t, leaf, leaf->hi++);
    }
    return stet_list_open_back_slow_(t, l);
}

/* Returns the buffer with the front of the list; it may be empty. */
STET_INLINE struct stet_tree_view *stet_list_front_(struct stet_list *l)
{
    return l->head.leaf == NULL && l->tree.root == 0 ? &l->tail : &l->head;
}

STET_INLINE void *stet_list_open_front_(const struct stet_tree_type *t, struct stet_list *l)
{
    stet_list_check_(t, l);
    struct stet_tree_view *b = stet_list_front_(l);
    struct stet_tree_leaf *leaf = b->leaf;
    uint32_t lo = b->lo, is_huge = (uint32_t)(l->tree.size >> 47);
    if (STET_LIKELY(leaf != NULL && lo > 0 && stet_node_is_unshared_((uintptr_t)leaf) &&
                    ((lo ^ leaf->lo) | is_huge) == 0)) {
        b->n++;
        leaf->lo = (uint8_t)--b->lo;
        return stet_tree_element_(t, leaf, b->lo);
    }
    return stet_list_open_front_slow_(t, l);
}

/* Makes element i writable, and returns its address. NULL: no memory. */
STET_API void *stet_list_edit_(const struct stet_tree_type *t, struct stet_list *l, size_t i);
/* Removes element i, i < size, and moves it, with its reference, to *out; if out is NULL, the element is released. */
STET_API stet_result stet_list_pop_at_(const struct stet_tree_type *t, struct stet_list *l, size_t i, void *out);

/*
 * Runs the callbacks for released elements. Called at the end of an update, when the handle and the elements are final.
 */
STET_API void stet_list_drain_(const struct stet_tree_type *t);
STET_INLINE void stet_list_done_(const struct stet_tree_type *t)
{
    if (t->node.has_refs)
        stet_list_drain_(t);
}

/*
 * Retains an element that may hold this list, before the first node is owned. The version in the element then has a
 * reference of its own, and does not change. Elements of other types are retained when they are in their place.
 */
STET_INLINE void stet_list_hold_(const struct stet_tree_type *t, const void *value)
{
    if (stet_type_may_hold_(t->element))
        t->element->retain(value);
}

/*
 * Stores a value, for which the caller has called stet_list_hold_(), in the place that was just opened. If element is
 * NULL, there was no memory, and the value is released if stet_list_hold_() retained it.
 */
STET_INLINE stet_result stet_list_store_(const struct stet_tree_type *t, void *element, void *value)
{
    if (STET_UNLIKELY(element == NULL)) {
        stet_list_done_(t);
        if (stet_type_may_hold_(t->element))
            t->element->release(value);
        return STET_NO_MEMORY;
    }
    memcpy(element, value, t->size);
    if (t->element->retain != NULL && !stet_type_may_hold_(t->element))
        t->element->retain(value);
    stet_list_done_(t);
    return STET_CHANGED;
}

/* `value` points to the caller's own copy of the value, because release may write to *value. */
STET_INLINE stet_result stet_list_push_back_(const struct stet_tree_type *t, struct stet_list *l, void *value)
{
    stet_list_hold_(t, value);
    return stet_list_store_(t, stet_list_open_back_(t, l), value);
}

STET_INLINE stet_result stet_list_push_front_(const struct stet_tree_type *t, struct stet_list *l, void *value)
{
    stet_list_hold_(t, value);
    return stet_list_store_(t, stet_list_open_front_(t, l), value);
}

/* Replaces element i, i < size, by a value. The list takes over the value's reference, even if it fails. */
STET_INLINE stet_result stet_list_replace_(const struct stet_tree_type *t, struct stet_list *l, size_t i, void *value)
{
    void *e = stet_list_edit_(t, l, i);
    char old[STET_LIST_ELEMENT_MAX] __attribute__((__aligned__(STET_MAX_ALIGN)));
    if (t->element->release != NULL)
        memcpy(old, e != NULL ? e : value, t->size);
    if (e != NULL)
        memcpy(e, value, t->size);
    stet_list_done_(t);
    if (t->element->release != NULL)
        t->element->release(old);
    return e != NULL ? STET_CHANGED : STET_NO_MEMORY;
}

/*
 * Returns the address of element i, i < size. *exclusive says whether its leaf and path are exclusive to this handle,
 * so that the element may be written.
 */
STET_INLINE char *stet_list_reach_(const struct stet_tree_type *t, const struct stet_list *l, size_t i, bool *exclusive)
{
    stet_list_check_(t, l);
    size_t j = i - l->head.n;
    if (STET_UNLIKELY(j >= l->tree.size)) {
        const struct stet_tree_view *b = i < l->head.n ? &l->head : &l->tail;
        *exclusive = stet_node_is_unshared_((uintptr_t)b->leaf);
        return stet_tree_element_(t, b->leaf, b->lo + (b == &l->head ? i : j - l->tree.size));
    }
    stet_ref r = l->tree.root;
    size_t at = j;
    unsigned shift = stet_tree_shift_(t, l->tree.height);
    bool unshared = stet_node_is_unshared_(r);
    for (; stet_ref_is_inner_(r); shift -= STET_TREE_WIDTH_BITS) {
        const struct stet_inner *n = stet_ref_inner_(r);
        unsigned k;
        if (STET_LIKELY(stet_tree_kind_of_(r) == STET_TREE_RADIX)) {
            k = (unsigned)(at >> shift) & (STET_TREE_WIDTH - 1);
        } else if (stet_tree_kind_of_(r) == STET_TREE_OFFSET) {
            size_t v = at + (size_t)n->aux;
            k = (unsigned)(v >> shift);
            at = k != 0 ? v & (((size_t)1 << shift) - 1) : at;
        } else {
            size_t start, end;
            k = stet_tree_search_(t, r, at, &start, &end);
            at -= start;
        }
        r = stet_children_(n)[k];
        unshared = unshared && stet_counts_child_(n, k) && stet_node_is_unshared_(r);
    }
    *exclusive = unshared;
    return stet_tree_element_(t, (const struct stet_tree_leaf *)(uintptr_t)r, at & ((1u << t->leaf_bits) - 1));
}

STET_INLINE stet_result stet_list_set_(const struct stet_tree_type *t, struct stet_list *l, size_t i, void *value)
{
    bool exclusive;
    assert(i < stet_list_size_(l));
    if (STET_UNLIKELY(i >= stet_list_size_(l)))
        return STET_FAILED;
    char *e = stet_list_reach_(t, l, i, &exclusive);
    if (stet_type_equal(t->element, e, value))
        return STET_UNCHANGED;
    if (t->element->retain != NULL)
        t->element->retain(value);
    if (exclusive && t->element->release == NULL) {
        memcpy(e, value, t->size);
        return STET_CHANGED;
    }
    return stet_list_replace_(t, l, i, value);
}

STET_INLINE stet_result stet_list_pop_back_(const struct stet_tree_type *t, struct stet_list *l, void *out)
{
    stet_list_check_(t, l);
    struct stet_tree_leaf *leaf = l->tail.leaf;
    if (!t->node.has_refs && STET_LIKELY(l->tail.n > 1 && stet_node_is_unshared_((uintptr_t)leaf))) {
        leaf->hi = (uint8_t)(l->tail.lo + --l->tail.n);
        if (out != NULL)
            memcpy(out, stet_tree_element_(t, leaf, leaf->hi), t->size);
        return STET_CHANGED;
    }
    size_t size = stet_list_size_(l);
    return size > 0 ? stet_list_pop_at_(t, l, size - 1, out) : STET_UNCHANGED;
}

STET_INLINE stet_result stet_list_pop_front_(const struct stet_tree_type *t, struct stet_list *l, void *out)
{
    stet_list_check_(t, l);
    struct stet_tree_view *b = stet_list_front_(l);
    if (!t->node.has_refs && STET_LIKELY(b->n > 1 && stet_node_is_unshared_((uintptr_t)b->leaf))) {
        if (out != NULL)
            memcpy(out, stet_tree_element_(t, b->leaf, b->lo), t->size);
        b->n--;
        b->leaf->lo = (uint8_t)++b->lo;
        return STET_CHANGED;
    }
    return stet_list_size_(l) > 0 ? stet_list_pop_at_(t, l, 0, out) : STET_UNCHANGED;
}

STET_INLINE bool stet_list_identical_(const struct stet_list *a, const struct stet_list *b)
{
    return a->tree.root == b->tree.root && a->tree.size == b->tree.size && a->head.leaf == b->head.leaf &&
           a->tail.leaf == b->tail.leaf && a->head.lo == b->head.lo && a->head.n == b->head.n &&
           a->tail.lo == b->tail.lo && a->tail.n == b->tail.n;
}

/* ---- compiled functions ---- */

STET_INLINE void stet_list_retain_unchecked_(const struct stet_list *l)
{
    stet_node_retain_(l->tree.root);
    stet_node_retain_((uintptr_t)l->head.leaf);
    stet_node_retain_((uintptr_t)l->tail.leaf);
}
STET_INLINE void stet_list_retain_(const struct stet_tree_type *t, const struct stet_list *l)
{
    stet_list_check_(t, l);
    stet_list_retain_unchecked_(l);
}
STET_INLINE void stet_list_drop_(const struct stet_tree_type *t, struct stet_list *l)
{
    stet_list_check_(t, l);
    struct stet_list old = *l;
    memset(l, 0, sizeof *l);
    stet_ref held[] = {(uintptr_t)old.head.leaf, old.tree.root, (uintptr_t)old.tail.leaf};
    for (unsigned i = 0; i < 3; i++)
        if (held[i] != 0 && stet_node_count_down_(held[i]))
            stet_node_free_(&t->node, held[i]);
}
STET_INLINE size_t stet_list_unshared_bytes_(const struct stet_tree_type *t, const struct stet_list *l)
{
    return stet_node_unshared_bytes_(&t->node, l->tree.root) +
           stet_node_unshared_bytes_(&t->node, (uintptr_t)l->head.leaf) +
           stet_node_unshared_bytes_(&t->node, (uintptr_t)l->tail.leaf);
}
STET_API void stet_list_drop_later_(const struct stet_tree_type *t, struct stet_list *l);

/* *out becomes the elements [from, to) of *in, from <= to <= size; out may be in. The old *out is dropped. */
STET_API stet_result stet_list_slice_(const struct stet_tree_type *t, const struct stet_list *in, size_t from,
                                      size_t to, struct stet_list *out);
/* Append the elements of b, which may be l, and those of an array. */
STET_API stet_result stet_list_concat_(const struct stet_tree_type *t, struct stet_list *l, const struct stet_list *b);
STET_API stet_result stet_list_append_array_(const struct stet_tree_type *t, struct stet_list *l, const void *elements,
                                             size_t n);
/* Replace the elements [from, to) by those of b, and by those of an array. */
STET_API stet_result stet_list_splice_(const struct stet_tree_type *t, struct stet_list *l, size_t from, size_t to,
                                       const struct stet_list *b);
STET_API stet_result stet_list_splice_array_(const struct stet_tree_type *t, struct stet_list *l, size_t from,
                                             size_t to, const void *elements, size_t n);
STET_API void stet_list_to_array_(const struct stet_tree_type *t, const struct stet_list *l, size_t from, size_t n,
                                  void *elements);
STET_API size_t stet_list_iovecs_(const struct stet_tree_type *t, const struct stet_list *l, size_t max, size_t *i,
                                  struct iovec *pairs);
/* Returns SIZE_MAX if the element type has no order (misuse: asserts). */
STET_API size_t stet_list_lower_bound_(const struct stet_tree_type *t, const struct stet_list *l, const void *value);
typedef bool stet_list_keep_fn(void *context, const void *element);
STET_API stet_result stet_list_filter_(const struct stet_tree_type *t, struct stet_list *l, stet_list_keep_fn *keep,
                                       void *context);
typedef void stet_list_map_fn(void *context, const void *old, void *value);
STET_API stet_result stet_list_map_(const struct stet_tree_type *t, struct stet_list *l, stet_list_map_fn *fn,
                                    void *context);
/* Like stet_list_lower_bound_(), but finds the first element that compares equal; SIZE_MAX also if there is none. */
STET_API size_t stet_list_binary_search_(const struct stet_tree_type *t, const struct stet_list *l, const void *value);
/* Returns STET_FAILED also if the element type has no order (misuse: asserts). */
STET_API stet_result stet_list_sort_(const struct stet_tree_type *t, struct stet_list *l);
typedef int stet_list_compare_fn(void *context, const void *a, const void *b);
/* The same by a function; NULL: by the order of the element type, which has one. */
STET_API stet_result stet_list_sort_by_(const struct stet_tree_type *t, struct stet_list *l, stet_list_compare_fn *by,
                                        void *context);
STET_API stet_result stet_list_reverse_(const struct stet_tree_type *t, struct stet_list *l);
typedef bool stet_list_diff_fn(void *context, size_t a_from, size_t a_to, size_t b_from, size_t b_to);
STET_API bool stet_list_diff_(const struct stet_tree_type *t, const struct stet_list *a, const struct stet_list *b,
                              stet_list_diff_fn *fn, void *context);
STET_API bool stet_list_equal_(const struct stet_tree_type *t, const struct stet_list *a, const struct stet_list *b);
STET_API uint64_t stet_list_hash_(const struct stet_tree_type *t, const struct stet_list *l, uint64_t seed);

/*
 * Refers to a symbol whose name stands for the layout, so that a header does not link with a library of another layout.
 */
#if STET_TINY_NODES
#    define STET_LIST_LAYOUT_ stet_list_layout_2_tiny
#else
#    define STET_LIST_LAYOUT_ stet_list_layout_2
#endif
STET_API extern const char STET_LIST_LAYOUT_;
__attribute__((__used__)) static const char *const stet_list_layout_check_ = &STET_LIST_LAYOUT_;

#ifdef __cplusplus
}
#endif
STET_LOUD_
#endif
