/* SPDX-License-Identifier: MIT */
/*
 * stet/impl/list_body.h - the untyped bodies of the functions that STET_LIST makes. Each of those functions is one call
 * of a function here, or in impl/list.h, with a constant descriptor, which folds.
 */
#ifndef STET_IMPL_LIST_BODY_H
#define STET_IMPL_LIST_BODY_H

#include <stet/impl/list.h>

STET_QUIET_
#ifdef __cplusplus
extern "C" {
#endif

/* ---- checks: indices and ranges outside of the list assert, or make the function fail ---- */

/* For _get, which returns NULL for an index that is too large. */
STET_INLINE void stet_list_check_index_(const struct stet_list *l, size_t i)
{
    assert(i < stet_list_size_(l));
    (void)l, (void)i;
}

STET_INLINE stet_result stet_list_insert_checked_(const struct stet_tree_type *t, struct stet_list *l, size_t i,
                                                  void *value)
{
    assert(i <= stet_list_size_(l));
    if (i > stet_list_size_(l))
        return STET_FAILED;
    stet_list_hold_(t, value);
    return stet_list_store_(t, stet_list_open_(t, l, i), value);
}

STET_INLINE stet_result stet_list_erase_checked_(const struct stet_tree_type *t, struct stet_list *l, size_t i,
                                                 void *out)
{
    assert(i < stet_list_size_(l));
    return i < stet_list_size_(l) ? stet_list_pop_at_(t, l, i, out) : STET_FAILED;
}

STET_INLINE void *stet_list_edit_checked_(const struct stet_tree_type *t, struct stet_list *l, size_t i)
{
    assert(i < stet_list_size_(l));
    void *e = i < stet_list_size_(l) ? stet_list_edit_(t, l, i) : NULL;
    stet_list_done_(t);
    return e;
}

/*
 * fn writes *value, which is in the caller's memory, from `old`, which is element i; old NULL: there is no such
 * element.
 */
STET_INLINE stet_result stet_list_update_(const struct stet_tree_type *t, struct stet_list *l, size_t i,
                                          const void *old, void (*fn)(void *call, const void *old, void *value),
                                          void *call, void *value)
{
    assert(old != NULL && "the index is below the size");
    if (old == NULL)
        return STET_FAILED;
    fn(call, old, value);
    return stet_list_replace_(t, l, i, value);
}

STET_INLINE stet_result stet_list_slice_checked_(const struct stet_tree_type *t, const struct stet_list *in,
                                                 size_t from, size_t to, struct stet_list *out)
{
    assert(from <= to && to <= stet_list_size_(in));
    return from <= to && to <= stet_list_size_(in) ? stet_list_slice_(t, in, from, to, out) : STET_FAILED;
}

STET_INLINE stet_result stet_list_splice_checked_(const struct stet_tree_type *t, struct stet_list *l, size_t from,
                                                  size_t to, const struct stet_list *b)
{
    assert(from <= to && to <= stet_list_size_(l));
    return from <= to && to <= stet_list_size_(l) ? stet_list_splice_(t, l, from, to, b) : STET_FAILED;
}

STET_INLINE stet_result stet_list_splice_array_checked_(const struct stet_tree_type *t, struct stet_list *l,
                                                        size_t from, size_t to, const void *elements, size_t n)
{
    assert(from <= to && to <= stet_list_size_(l));
    return from <= to && to <= stet_list_size_(l) ? stet_list_splice_array_(t, l, from, to, elements, n) : STET_FAILED;
}

STET_INLINE bool stet_list_to_array_checked_(const struct stet_tree_type *t, const struct stet_list *l, size_t from,
                                             size_t n, void *elements)
{
    bool is_range = from <= stet_list_size_(l) && n <= stet_list_size_(l) - from;
    assert(is_range);
    if (is_range)
        stet_list_to_array_(t, l, from, n, elements);
    return is_range;
}

/* ---- walks ---- */

/*
 * Returns the address of element i, and sets *n to the number of elements side by side from there on, in one leaf. If
 * there is no such element, it returns NULL, and *n is 0.
 */
STET_INLINE const void *stet_list_chunk_(const struct stet_tree_type *t, const struct stet_list *l, size_t i, size_t *n)
{
    struct stet_list_chunk run = stet_list_chunk_at_(t, l, i);
    *n = run.n != 0 ? run.from + run.n - i : 0;
    return run.n != 0 ? run.first + (i - run.from) * t->size : NULL;
}

/*
 * The state of a walk through the elements [low, high), except for the address of the current element, which is in
 * [begin, end).
 */
struct stet_list_walk {
    const char *begin, *end;
    size_t from; /* the index of the element at begin */
    const struct stet_list *list;
    uint32_t low, high;
};

STET_INLINE struct stet_list_walk stet_list_walk_all_(const struct stet_list *l)
{
    struct stet_list_walk w = {NULL, NULL, 0, l, 0, (uint32_t)stet_list_size_(l)};
    return w;
}

STET_INLINE struct stet_list_walk stet_list_walk_in_(const struct stet_list *l, size_t from, size_t to)
{
    bool is_range = from <= to && to <= stet_list_size_(l);
    struct stet_list_walk w = {NULL, NULL, 0, l, is_range ? (uint32_t)from : 0, is_range ? (uint32_t)to : 0};
    assert(is_range && "from and to are within the list");
    return w;
}

/* Moves the walk to element i, and returns its address. NULL: the element is not in the walk's range. */
STET_INLINE const void *stet_list_walk_seek_(const struct stet_tree_type *t, struct stet_list_walk *w, size_t i)
{
    struct stet_list_chunk run = stet_list_chunk_in_(t, w->list, i, w->low, w->high);
    w->from = run.from;
    w->begin = w->end = run.first;
    if (run.n == 0)
        return NULL;
    w->end += run.n * t->size;
    return run.first + (i - run.from) * t->size;
}

/* Returns the index of the element at this address; for NULL, the index behind the last element. */
STET_INLINE size_t stet_list_walk_index_(const struct stet_tree_type *t, const struct stet_list_walk *w, const void *at)
{
    return w->from + (size_t)((const char *)at - w->begin) / t->size;
}

/* stet_list_walk_seek_() for one type: a single function that all walks through lists of the type call. */
typedef const void *stet_list_seek_fn(struct stet_list_walk *w, size_t i);

STET_INLINE const void *stet_list_walk_next_(const struct stet_tree_type *t, struct stet_list_walk *w, const void *at,
                                             stet_list_seek_fn *seek)
{
    const char *next = (const char *)at + t->size;
    return STET_LIKELY(next != w->end) ? next : seek(w, stet_list_walk_index_(t, w, next));
}

STET_INLINE const void *stet_list_walk_previous_(const struct stet_tree_type *t, struct stet_list_walk *w,
                                                 const void *at, stet_list_seek_fn *seek)
{
    return STET_LIKELY(at != w->begin) ? (const char *)at - t->size : seek(w, w->from - 1);
}

/*
 * Returns the index of the first element, from `from` on, for which fn returns `wanted`, or SIZE_MAX if there is none.
 */
STET_INLINE size_t stet_list_first_where_(const struct stet_tree_type *t, const struct stet_list *l, size_t from,
                                          stet_list_seek_fn *seek, bool (*fn)(void *call, const void *element),
                                          void *call, bool wanted)
{
    struct stet_list_walk w = stet_list_walk_all_(l);
    for (const void *e = seek(&w, from); e != NULL; e = stet_list_walk_next_(t, &w, e, seek))
        if (fn(call, e) == wanted)
            return stet_list_walk_index_(t, &w, e);
    return SIZE_MAX;
}

STET_INLINE size_t stet_list_index_of_(const struct stet_tree_type *t, const struct stet_list *l, size_t from,
                                       stet_list_seek_fn *seek, const void *value)
{
    struct stet_list_walk w = stet_list_walk_all_(l);
    for (const void *e = seek(&w, from); e != NULL; e = stet_list_walk_next_(t, &w, e, seek))
        if (stet_type_equal(t->element, e, value))
            return stet_list_walk_index_(t, &w, e);
    return SIZE_MAX;
}

/* ---- new lists ---- */

/*
 * Ends a functional form: *edited becomes *out, and the old *out is dropped. If the result is STET_NO_MEMORY, *out
 * stays, and *edited is dropped.
 */
STET_INLINE stet_result stet_list_copy_out_(const struct stet_tree_type *t, stet_result result,
                                            struct stet_list *edited, struct stet_list *out)
{
    struct stet_list old = result != STET_NO_MEMORY ? *out : *edited;
    if (result != STET_NO_MEMORY)
        *out = *edited;
    stet_list_drop_(t, &old);
    return result;
}

STET_INLINE stet_result stet_list_split_checked_(const struct stet_tree_type *t, const struct stet_list *in, size_t i,
                                                 struct stet_list *left, struct stet_list *right)
{
    struct stet_list front, back;
    memset(&front, 0, sizeof front);
    memset(&back, 0, sizeof back);
    assert(i <= stet_list_size_(in));
    if (i > stet_list_size_(in))
        return STET_FAILED;
    bool both = stet_list_slice_(t, in, 0, i, &front) && stet_list_slice_(t, in, i, stet_list_size_(in), &back);
    (void)stet_list_copy_out_(t, both ? STET_CHANGED : STET_NO_MEMORY, &front, left);
    return stet_list_copy_out_(t, both ? STET_CHANGED : STET_NO_MEMORY, &back, right);
}

/* Makes *out a list of these elements. *out is overwritten without a drop, and may be one of the elements. */
STET_INLINE stet_result stet_list_from_array_(const struct stet_tree_type *t, struct stet_list *out,
                                              const void *elements, size_t n)
{
    struct stet_list made;
    memset(&made, 0, sizeof made);
    stet_result result = stet_list_append_array_(t, &made, elements, n);
    *out = made;
    return result;
}

#ifdef __cplusplus
}
#endif
STET_LOUD_
#endif
