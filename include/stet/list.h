/* SPDX-License-Identifier: MIT */
/*
 * stet/list.h - the persistent list.
 *
 *     STET_LIST(samples, double, stet_double)
 *
 *     samples s = {0};
 *     if (!samples_push_back(&s, 0.5))
 *         return -ENOMEM;                                // s is as it was
 *     samples before = samples_copy(&s);                 // O(1)
 *     samples_pop_front(&s, NULL);                       // before still has it
 *
 *     for (samples_iter it = samples_iter_at(&s, 0); it.at != NULL; samples_next(&it))
 *         total += *it.at;
 *
 * One type for the three elements of a call and the ten million lines of a document: a short list is one block of
 * memory of the right size, a long one a tree with a buffer at each end. It serves as array, stack, queue and deque.
 *
 * Handles, ownership, failure and threads are as in map.h: {0} is empty; a second handle comes only from _copy(); a
 * function that takes `name *` changes that handle and no other, in place where it is alone; the list retains what it
 * stores; pointers that it gives are valid until the next call that may change the handle; what returns stet_result
 * answers STET_NO_MEMORY (0) when memory, or the budget, is spent or the list would have more than STET_LIST_MAX
 * elements, and then its contents are as before. What fills *out answers STET_UNCHANGED when that is *in's version.
 *
 * Indices count from 0. One that is not below the size (for insertions: above it), or a range that is not within it,
 * is misuse: it asserts in debug builds; in release builds nothing is changed, and the answer is STET_UNCHANGED or
 * NULL. (Of the functional forms, _with... and _without..., *out is then *in's version.)
 *
 * Cost, of n elements: reading one O(log n), with a base of 32 (a list up to 4 million words deep: at most 4 misses);
 * pushing and popping at either end amortised O(1), in any order; everything else in one place O(log n), which is
 * copying a path of nodes if versions share it. Iteration O(n) with one step down for up to 512 bytes of elements.
 *
 * Callbacks run before anything is changed, and must not change the lists at hand; release may call the library.
 */
#ifndef STET_LIST_H
#define STET_LIST_H

#include <stet/impl/list.h>

/*
 * Defines the type `name` and its functions. T: a type that `T const *` can be made of; ttype: its descriptor (type.h).
 * T must not be called as a parameter below (l, i, value ...).
 */

#define STET_LIST(name, T, ttype)                                   \
    STET_LIST_DECLARE_(name, STET_LIST_TYPE_FLAGS_(ttype##_flags_)) \
    STET_LIST_DEFINE(name, T, ttype)

/*
 * The same in two steps: DECLARE the handle type, which needs no element type (cheap headers, recursive structures),
 * and DEFINE the functions. As an element such a list is prompt (type.h); DECLARE_LAZY: lazy, which its elements must
 * then be, or never released.
 */
#define STET_LIST_DECLARE(name) STET_LIST_DECLARE_(name, STET_COUNTED)
#define STET_LIST_DECLARE_LAZY(name) STET_LIST_DECLARE_(name, STET_COUNTED | STET_LAZY)

#define STET_LIST_DEFINE(name, T, ttype)                                                                               \
    STET_STATIC_ASSERT(sizeof(T) == ttype##_size_, #name ": T is not of its descriptor's size");                       \
    STET_STATIC_ASSERT(sizeof(T) <= 4096, #name ": elements are at most 4096 bytes; store larger ones by pointer");    \
    STET_STATIC_ASSERT(STET_ALIGNOF(T) <= STET_MAX_ALIGN, #name ": elements are aligned to 16 bytes at most");         \
    STET_LIST_HANDLE_(name, T, ttype)                                                                                  \
    STET_LIST_THUNKS_(name, T)                                                                                         \
                                                                                                                       \
    /* ---- one element ---- */                                                                                        \
                                                                                                                       \
    /* Element i, borrowed. */                                                                                         \
    STET_WRAPPER T const *name##_get(const name *l, size_t i)                                                          \
    {                                                                                                                  \
        assert(i < name##_size(l));                                                                                    \
        return (T const *)(const void *)stet_list_at(&name##_list_type_, &l->list_, i);                                \
    }                                                                                                                  \
    /* Element i, copied but not retained; `otherwise` when there is none. */                                          \
    STET_WRAPPER T name##_get_or(const name *l, size_t i, T otherwise)                                                 \
    {                                                                                                                  \
        T const *element = (T const *)(const void *)stet_list_at(&name##_list_type_, &l->list_, i);                    \
        return element != NULL ? *element : otherwise;                                                                 \
    }                                                                                                                  \
    /* The first element, the last, borrowed; NULL: the list is empty. */                                              \
    STET_WRAPPER T const *name##_first(const name *l) { return name##_size(l) > 0 ? name##_get(l, 0) : NULL; }         \
    STET_WRAPPER T const *name##_last(const name *l)                                                                   \
    {                                                                                                                  \
        return name##_size(l) > 0 ? name##_get(l, name##_size(l) - 1) : NULL;                                          \
    }                                                                                                                  \
    /* Afterwards element i is value. It is equal already: STET_UNCHANGED. */                                          \
    STET_WRAPPER STET_NODISCARD stet_result name##_set(name *l, size_t i, T value)                                     \
    {                                                                                                                  \
        return stet_list_set_(&name##_list_type_, &l->list_, i, &value);                                               \
    }                                                                                                                  \
    /*                                                                                                                 \
     * *element = element i, writable until the next call on l; its path is l's own now. Who replaces a counted        \
     * element releases the old one.                                                                                   \
     */                                                                                                                \
    STET_WRAPPER STET_NODISCARD stet_result name##_edit(name *l, size_t i, T **element)                                \
    {                                                                                                                  \
        assert(i < name##_size(l));                                                                                    \
        *element = i < name##_size(l) ? (T *)stet_list_edit(&name##_list_type_, &l->list_, i) : NULL;                  \
        stet_list_done_(&name##_list_type_);                                                                           \
        return *element != NULL ? STET_CHANGED : i < name##_size(l) ? STET_NO_MEMORY : STET_UNCHANGED;                 \
    }                                                                                                                  \
    /* fn fills *value from the old element and hands its reference over. */                                           \
    STET_WRAPPER STET_NODISCARD stet_result name##_update(                                                             \
        name *l, size_t i, void (*fn)(void *context, T const *old, T *value), void *context)                           \
    {                                                                                                                  \
        T value;                                                                                                       \
        assert(i < name##_size(l));                                                                                    \
        if (i >= name##_size(l))                                                                                       \
            return STET_UNCHANGED;                                                                                     \
        fn(context, name##_get(l, i), &value);                                                                         \
        return stet_list_replace_(&name##_list_type_, &l->list_, i, &value);                                           \
    }                                                                                                                  \
                                                                                                                       \
    /* ---- ends: stack, queue, deque ---- */                                                                          \
                                                                                                                       \
    STET_WRAPPER STET_NODISCARD stet_result name##_push_back(name *l, T value)                                         \
    {                                                                                                                  \
        return stet_list_store_(&name##_list_type_, stet_list_open_back_(&name##_list_type_, &l->list_), &value);      \
    }                                                                                                                  \
    STET_WRAPPER STET_NODISCARD stet_result name##_push_front(name *l, T value)                                        \
    {                                                                                                                  \
        return stet_list_store_(&name##_list_type_, stet_list_open_front_(&name##_list_type_, &l->list_), &value);     \
    }                                                                                                                  \
    /*                                                                                                                 \
     * Removes the last element, the first, and gives it, with its reference, to *value unless that is NULL. Empty:    \
     * STET_UNCHANGED, *value untouched. Never fails on a handle that shares nothing.                                  \
     */                                                                                                                \
    STET_WRAPPER stet_result name##_pop_back(name *l, T *value)                                                        \
    {                                                                                                                  \
        return stet_list_pop_back_(&name##_list_type_, &l->list_, value);                                              \
    }                                                                                                                  \
    STET_WRAPPER stet_result name##_pop_front(name *l, T *value)                                                       \
    {                                                                                                                  \
        return stet_list_pop_front_(&name##_list_type_, &l->list_, value);                                             \
    }                                                                                                                  \
                                                                                                                       \
    /* ---- the middle ---- */                                                                                         \
                                                                                                                       \
    /* Afterwards value is element i; what was from i on has moved up. i may be the size. */                           \
    STET_WRAPPER STET_NODISCARD stet_result name##_insert_at(name *l, size_t i, T value)                               \
    {                                                                                                                  \
        assert(i <= name##_size(l));                                                                                   \
        if (i > name##_size(l))                                                                                        \
            return STET_UNCHANGED;                                                                                     \
        return stet_list_store_(&name##_list_type_, stet_list_open(&name##_list_type_, &l->list_, i), &value);         \
    }                                                                                                                  \
    /* Removes element i; it goes, with its reference, to *value unless that is NULL. */                               \
    STET_WRAPPER stet_result name##_erase_at(name *l, size_t i, T *value)                                              \
    {                                                                                                                  \
        assert(i < name##_size(l));                                                                                    \
        return i < name##_size(l) ? stet_list_erase(&name##_list_type_, &l->list_, i, value) : STET_UNCHANGED;         \
    }                                                                                                                  \
    /* Inserts the elements of `other`, which may be l; those of an array. Cost: O(log n + n of the array). */         \
    STET_WRAPPER STET_NODISCARD stet_result name##_insert_list(name *l, size_t i, const name *other)                   \
    {                                                                                                                  \
        return stet_list_splice_(&name##_list_type_, &l->list_, i, i, &other->list_);                                  \
    }                                                                                                                  \
    STET_WRAPPER STET_NODISCARD stet_result name##_insert_array(name *l, size_t i, T const *elements, size_t n)        \
    {                                                                                                                  \
        return stet_list_splice_array_(&name##_list_type_, &l->list_, i, i, elements, n);                              \
    }                                                                                                                  \
    /* Removes the elements [from, to). */                                                                             \
    STET_WRAPPER STET_NODISCARD stet_result name##_erase_range(name *l, size_t from, size_t to)                        \
    {                                                                                                                  \
        return stet_list_splice_array_(&name##_list_type_, &l->list_, from, to, NULL, 0);                              \
    }                                                                                                                  \
    /* Puts the elements of `other`, which may be l, in the place of [from, to). */                                    \
    STET_WRAPPER STET_NODISCARD stet_result name##_splice(name *l, size_t from, size_t to, const name *other)          \
    {                                                                                                                  \
        return stet_list_splice_(&name##_list_type_, &l->list_, from, to, &other->list_);                              \
    }                                                                                                                  \
                                                                                                                       \
    /* ---- whole lists ---- */                                                                                        \
                                                                                                                       \
    /* Appends the elements of `other`, which may be l; those of an array. */                                          \
    STET_WRAPPER STET_NODISCARD stet_result name##_append(name *l, const name *other)                                  \
    {                                                                                                                  \
        return stet_list_concat(&name##_list_type_, &l->list_, &other->list_);                                         \
    }                                                                                                                  \
    STET_WRAPPER STET_NODISCARD stet_result name##_append_array(name *l, T const *elements, size_t n)                  \
    {                                                                                                                  \
        return stet_list_append_array(&name##_list_type_, &l->list_, elements, n);                                     \
    }                                                                                                                  \
    /* *out = a, then b. out may be either; what it held is dropped. */                                                \
    STET_WRAPPER STET_NODISCARD stet_result name##_concat(const name *a, const name *b, name *out)                     \
    {                                                                                                                  \
        name joined = name##_copy(a);                                                                                  \
        stet_result result = stet_list_concat(&name##_list_type_, &joined.list_, &b->list_);                           \
        return name##_put_(result, joined, out);                                                                       \
    }                                                                                                                  \
    /* *out = the elements [from, to) of *in. out may be in; what it held is dropped. */                               \
    STET_WRAPPER STET_NODISCARD stet_result name##_slice(const name *in, size_t from, size_t to, name *out)            \
    {                                                                                                                  \
        return stet_list_slice_(&name##_list_type_, &in->list_, from, to, &out->list_);                                \
    }                                                                                                                  \
    /* *left = the elements before i, *right = those from i on. Either may be in; what they held is dropped. */        \
    STET_WRAPPER STET_NODISCARD stet_result name##_split_at(const name *in, size_t i, name *left, name *right)         \
    {                                                                                                                  \
        name front = {{0, 0, 0, 0, {0, 0, 0}, {0, 0, 0}}}, back = front;                                               \
        assert(i <= name##_size(in));                                                                                  \
        if (i > name##_size(in))                                                                                       \
            return STET_UNCHANGED;                                                                                     \
        stet_result a = stet_list_slice(&name##_list_type_, &in->list_, 0, i, &front.list_);                           \
        stet_result b = stet_list_slice(&name##_list_type_, &in->list_, i, name##_size(in), &back.list_);              \
        stet_result both = a == STET_NO_MEMORY || b == STET_NO_MEMORY ? STET_NO_MEMORY : STET_CHANGED;                 \
        (void)name##_put_(both, front, left);                                                                          \
        return name##_put_(both, back, right);                                                                         \
    }                                                                                                                  \
    /* *out = a list of these. What *out held is not dropped. n = 0: empty, STET_UNCHANGED. */                         \
    STET_WRAPPER STET_NODISCARD stet_result name##_from_array(name *out, T const *elements, size_t n)                  \
    {                                                                                                                  \
        memset(out, 0, sizeof *out);                                                                                   \
        return name##_append_array(out, elements, n);                                                                  \
    }                                                                                                                  \
    /* Copies the elements [from, from + n) to an array, not retained. */                                              \
    STET_WRAPPER void name##_to_array(const name *l, size_t from, T *elements, size_t n)                               \
    {                                                                                                                  \
        assert(from <= name##_size(l) && n <= name##_size(l) - from);                                                  \
        if (from <= name##_size(l) && n <= name##_size(l) - from)                                                      \
            stet_list_to_array(&name##_list_type_, &l->list_, from, elements, n);                                      \
    }                                                                                                                  \
                                                                                                                       \
    /* ---- walks ---- */                                                                                              \
                                                                                                                       \
    /*                                                                                                                 \
     * Elements that lie side by side: element i and those behind it in its leaf; *n: how many. NULL, 0: i is the      \
     * size. for (size_t i = 0, n; i < name_size(&l); i += n) { T const *run = name_chunk(&l, i, &n); ... }            \
     */                                                                                                                \
    STET_WRAPPER T const *name##_chunk(const name *l, size_t i, size_t *n)                                             \
    {                                                                                                                  \
        struct stet_list_run run = stet_list_run_at(&name##_list_type_, &l->list_, i);                                 \
        *n = run.n != 0 ? run.from + run.n - i : 0;                                                                    \
        return run.n != 0 ? (T const *)(const void *)run.first + (i - run.from) : NULL;                                \
    }                                                                                                                  \
    /*                                                                                                                 \
     * Fills up to `max` pairs of address and length in bytes, of <sys/uio.h>'s layout, with the elements from *i on,  \
     * and moves *i behind them; returns how many. For writev() of a list of bytes.                                    \
     */                                                                                                                \
    STET_WRAPPER size_t name##_iovecs(const name *l, size_t *i, struct iovec *pairs, size_t max)                       \
    {                                                                                                                  \
        return stet_list_iovecs(&name##_list_type_, &l->list_, i, pairs, max);                                         \
    }                                                                                                                  \
    /* for (name_iter it = name_iter_at(&l, 0); it.at != NULL; name_next(&it)) use(*it.at); and back from size - 1. */ \
    typedef struct name##_iter {                                                                                       \
        T const *at; /* NULL: before the first or behind the last */                                                   \
        T const *begin_, *end_;                                                                                        \
        size_t from_;                                                                                                  \
        const name *list_;                                                                                             \
        uint32_t low_, high_;                                                                                          \
    } name##_iter;                                                                                                     \
    /* Moves it to element i; not one of those that it goes through: to NULL. */                                       \
    STET_WRAPPER void name##_seek(name##_iter *it, size_t i)                                                           \
    {                                                                                                                  \
        struct stet_list_run run = stet_list_run_in_(&name##_list_type_, &it->list_->list_, i, it->low_, it->high_);   \
        it->from_ = run.from;                                                                                          \
        it->begin_ = it->end_ = it->at = (T const *)(const void *)run.first;                                           \
        if (run.n != 0) {                                                                                              \
            it->at += i - run.from;                                                                                    \
            it->end_ += run.n;                                                                                         \
        }                                                                                                              \
    }                                                                                                                  \
    /* One at element `from`, of the elements [from, to) and no others; borrows from l. Back: _seek to - 1 first. */   \
    STET_WRAPPER name##_iter name##_iter_in(const name *l, size_t from, size_t to)                                     \
    {                                                                                                                  \
        assert(from <= to && to <= name##_size(l));                                                                    \
        bool is_range = from <= to && to <= name##_size(l);                                                            \
        name##_iter it = {NULL, NULL, NULL, 0, l, is_range ? (uint32_t)from : 0, is_range ? (uint32_t)to : 0};         \
        name##_seek(&it, from);                                                                                        \
        return it;                                                                                                     \
    }                                                                                                                  \
    /* An iterator at element i, of all elements; borrows from l. */                                                   \
    STET_WRAPPER name##_iter name##_iter_at(const name *l, size_t i)                                                   \
    {                                                                                                                  \
        name##_iter it = {NULL, NULL, NULL, 0, l, 0, (uint32_t)name##_size(l)};                                        \
        name##_seek(&it, i);                                                                                           \
        return it;                                                                                                     \
    }                                                                                                                  \
    /* The index of the element it is at. */                                                                           \
    STET_WRAPPER size_t name##_iter_index(const name##_iter *it) { return it->from_ + (size_t)(it->at - it->begin_); } \
    STET_WRAPPER void name##_next(name##_iter *it)                                                                     \
    {                                                                                                                  \
        if (STET_UNLIKELY(++it->at == it->end_))                                                                       \
            name##_seek(it, name##_iter_index(it));                                                                    \
    }                                                                                                                  \
    /* From behind the last it goes to the last. */                                                                    \
    STET_WRAPPER void name##_previous(name##_iter *it)                                                                 \
    {                                                                                                                  \
        if (STET_LIKELY(it->at != it->begin_))                                                                         \
            it->at--;                                                                                                  \
        else                                                                                                           \
            name##_seek(it, it->from_ - 1);                                                                            \
    }                                                                                                                  \
    /* Calls fn for each element until it answers false; returns whether it never did. */                              \
    STET_WRAPPER bool name##_each(const name *l, bool (*fn)(void *context, T const *element), void *context)           \
    {                                                                                                                  \
        for (name##_iter it = name##_iter_at(l, 0); it.at != NULL; name##_next(&it))                                   \
            if (!fn(context, it.at))                                                                                   \
                return false;                                                                                          \
        return true;                                                                                                   \
    }                                                                                                                  \
    /* Calls fn(into, element) for each element; returns into. */                                                      \
    STET_WRAPPER void *name##_fold(const name *l, void (*fn)(void *into, T const *element), void *into)                \
    {                                                                                                                  \
        for (name##_iter it = name##_iter_at(l, 0); it.at != NULL; name##_next(&it))                                   \
            fn(into, it.at);                                                                                           \
        return into;                                                                                                   \
    }                                                                                                                  \
    /* The index of the first element from `from` on that `is` is true of; SIZE_MAX: none. */                          \
    STET_WRAPPER size_t name##_find(const name *l, size_t from, bool (*is)(void *context, T const *element),           \
                                    void *context)                                                                     \
    {                                                                                                                  \
        for (name##_iter it = name##_iter_at(l, from); it.at != NULL; name##_next(&it))                                \
            if (is(context, it.at))                                                                                    \
                return name##_iter_index(&it);                                                                         \
        return SIZE_MAX;                                                                                               \
    }                                                                                                                  \
    /* The index of the first element from `from` on that equals value; SIZE_MAX: none. */                             \
    STET_WRAPPER size_t name##_index_of(const name *l, size_t from, T value)                                           \
    {                                                                                                                  \
        for (name##_iter it = name##_iter_at(l, from); it.at != NULL; name##_next(&it))                                \
            if (stet_type_equal(&ttype, it.at, &value))                                                                \
                return name##_iter_index(&it);                                                                         \
        return SIZE_MAX;                                                                                               \
    }                                                                                                                  \
    STET_WRAPPER bool name##_contains(const name *l, T value) { return name##_index_of(l, 0, value) != SIZE_MAX; }     \
    /*                                                                                                                 \
     * In a list sorted by ttype's order: the index of the first element that is not less than value, the size if none \
     * is. Cost: O(log n) comparisons.                                                                                 \
     */                                                                                                                \
    STET_WRAPPER size_t name##_lower_bound(const name *l, T value)                                                     \
    {                                                                                                                  \
        return stet_list_lower_bound(&name##_list_type_, &l->list_, &value);                                           \
    }                                                                                                                  \
    /* Keeps the elements that `keep` is true of. Nothing removed: STET_UNCHANGED, the same version. */                \
    STET_WRAPPER STET_NODISCARD stet_result name##_filter(name *l, bool (*keep)(void *context, T const *element),      \
                                                          void *context)                                               \
    {                                                                                                                  \
        struct name##_keep_ call = {keep, context};                                                                    \
        return stet_list_filter(&name##_list_type_, &l->list_, name##_keep_thunk_, &call);                             \
    }                                                                                                                  \
    /* Replaces each element by the one fn fills in and hands over. Leaves of equal elements stay shared. */           \
    STET_WRAPPER STET_NODISCARD stet_result name##_map(name *l, void (*fn)(void *context, T const *old, T *value),     \
                                                       void *context)                                                  \
    {                                                                                                                  \
        struct name##_map_ call = {fn, context};                                                                       \
        return stet_list_map(&name##_list_type_, &l->list_, name##_map_thunk_, &call);                                 \
    }                                                                                                                  \
    /* Sorts by ttype's order; equal elements stay in theirs. Sorted already: STET_UNCHANGED. Cost: O(n log n), 2 n    \
     * elements. */                                                                                                    \
    STET_WRAPPER STET_NODISCARD stet_result name##_sort(name *l)                                                       \
    {                                                                                                                  \
        return stet_list_sort(&name##_list_type_, &l->list_);                                                          \
    }                                                                                                                  \
    STET_WRAPPER STET_NODISCARD stet_result name##_reverse(name *l)                                                    \
    {                                                                                                                  \
        return stet_list_reverse(&name##_list_type_, &l->list_);                                                       \
    }                                                                                                                  \
    /*                                                                                                                 \
     * Calls fn for each stretch in which b differs from a, in order: b has [b_from, b_to) in the place of a's         \
     * [a_from, a_to). Stops when fn answers false; returns whether it never did. What both share in one place is      \
     * passed over; the stretches are right, but need not be the smallest. Cost: O(log n + the nodes not shared) where \
     * b was made from a.                                                                                              \
     */                                                                                                                \
    STET_WRAPPER bool name##_diff(const name *a, const name *b,                                                        \
                                  bool (*fn)(void *context, size_t a_from, size_t a_to, size_t b_from, size_t b_to),   \
                                  void *context)                                                                       \
    {                                                                                                                  \
        return stet_list_diff(&name##_list_type_, &a->list_, &b->list_, fn, context);                                  \
    }                                                                                                                  \
                                                                                                                       \
    /* ---- functional forms: *out = *in with one change; out may be in; what it held is dropped ---- */               \
                                                                                                                       \
    STET_WRAPPER STET_NODISCARD stet_result name##_with(const name *in, name *out, size_t i, T value)                  \
    {                                                                                                                  \
        name edited = name##_copy(in);                                                                                 \
        stet_result result = name##_set(&edited, i, value);                                                            \
        return name##_put_(result, edited, out);                                                                       \
    }                                                                                                                  \
    STET_WRAPPER STET_NODISCARD stet_result name##_with_back(const name *in, name *out, T value)                       \
    {                                                                                                                  \
        name edited = name##_copy(in);                                                                                 \
        stet_result result = name##_push_back(&edited, value);                                                         \
        return name##_put_(result, edited, out);                                                                       \
    }                                                                                                                  \
    STET_WRAPPER STET_NODISCARD stet_result name##_with_front(const name *in, name *out, T value)                      \
    {                                                                                                                  \
        name edited = name##_copy(in);                                                                                 \
        stet_result result = name##_push_front(&edited, value);                                                        \
        return name##_put_(result, edited, out);                                                                       \
    }                                                                                                                  \
    STET_WRAPPER STET_NODISCARD stet_result name##_with_inserted(const name *in, name *out, size_t i, T value)         \
    {                                                                                                                  \
        name edited = name##_copy(in);                                                                                 \
        stet_result result = name##_insert_at(&edited, i, value);                                                      \
        return name##_put_(result, edited, out);                                                                       \
    }                                                                                                                  \
    STET_WRAPPER STET_NODISCARD stet_result name##_without(const name *in, name *out, size_t i)                        \
    {                                                                                                                  \
        name edited = name##_copy(in);                                                                                 \
        stet_result result = name##_erase_at(&edited, i, NULL);                                                        \
        return name##_put_(result, edited, out);                                                                       \
    }                                                                                                                  \
    /* With the elements of `other`, of an array, inserted before element i; without the elements [from, to). */       \
    STET_WRAPPER STET_NODISCARD stet_result name##_with_inserted_list(const name *in, name *out, size_t i,             \
                                                                      const name *other)                               \
    {                                                                                                                  \
        name edited = name##_copy(in);                                                                                 \
        stet_result result = name##_insert_list(&edited, i, other);                                                    \
        return name##_put_(result, edited, out);                                                                       \
    }                                                                                                                  \
    STET_WRAPPER STET_NODISCARD stet_result name##_with_inserted_array(const name *in, name *out, size_t i,            \
                                                                       T const *elements, size_t n)                    \
    {                                                                                                                  \
        name edited = name##_copy(in);                                                                                 \
        stet_result result = name##_insert_array(&edited, i, elements, n);                                             \
        return name##_put_(result, edited, out);                                                                       \
    }                                                                                                                  \
    STET_WRAPPER STET_NODISCARD stet_result name##_without_range(const name *in, name *out, size_t from, size_t to)    \
    {                                                                                                                  \
        name edited = name##_copy(in);                                                                                 \
        stet_result result = name##_erase_range(&edited, from, to);                                                    \
        return name##_put_(result, edited, out);                                                                       \
    }                                                                                                                  \
    /* With the elements of `other` in the place of [from, to). */                                                     \
    STET_WRAPPER STET_NODISCARD stet_result name##_with_spliced(const name *in, name *out, size_t from, size_t to,     \
                                                                const name *other)                                     \
    {                                                                                                                  \
        name edited = name##_copy(in);                                                                                 \
        stet_result result = name##_splice(&edited, from, to, other);                                                  \
        return name##_put_(result, edited, out);                                                                       \
    }

/* ---- what the functions are made of ---- */

#define STET_LIST_TYPE_FLAGS_(flags) (STET_COUNTED | (STET_PROMPT_(flags) ? 0 : STET_LAZY))

#define STET_LIST_DECLARE_(name, flags) \
    typedef struct name {               \
        struct stet_list list_;         \
    } name;                             \
    enum { name##_type_size_ = sizeof(name), name##_type_flags_ = (flags) };

#define STET_LIST_HANDLE_(name, T, ttype)                                                                         \
    STET_STATIC_ASSERT(!STET_HAS_(name##_type_flags_, STET_LAZY) || !STET_PROMPT_(ttype##_flags_),                \
                       #name ": declared lazy, but its elements' release is prompt");                             \
    STET_WRAPPER uint64_t name##_type_hash_(const void *e, uint64_t seed);                                        \
    STET_WRAPPER bool name##_type_equal_(const void *a, const void *b);                                           \
    STET_WRAPPER void name##_type_retain_(const void *e) { stet_list_retain(&((const name *)e)->list_); }         \
    STET_WRAPPER void name##_type_release_(void *e);                                                              \
    /* This collection as an element of another. */                                                               \
    STET_DESCRIPTOR_(name##_type, name, name##_type_hash_, name##_type_equal_, 0, name##_type_retain_,            \
                     name##_type_release_, name##_type_flags_)                                                    \
    __attribute__((__unused__)) static const struct stet_list_type name##_list_type_ = {                          \
        {stet_list_free_leaf, stet_list_leaf_bytes, STET_PROMPT_(ttype##_flags_),                                 \
         STET_HAS_(ttype##_flags_, STET_COUNTED), false},                                                         \
        &ttype,                                                                                                   \
        sizeof(T),                                                                                                \
        STET_LIST_DATA(STET_HAS_(ttype##_flags_, STET_COUNTED), STET_ALIGNOF(T)),                                 \
        STET_LIST_LEAF_BITS(sizeof(T))};                                                                          \
    STET_WRAPPER uint64_t name##_type_hash_(const void *e, uint64_t seed)                                         \
    {                                                                                                             \
        return stet_list_hash(&name##_list_type_, &((const name *)e)->list_, seed);                               \
    }                                                                                                             \
    STET_WRAPPER bool name##_type_equal_(const void *a, const void *b)                                            \
    {                                                                                                             \
        return stet_list_equal(&name##_list_type_, &((const name *)a)->list_, &((const name *)b)->list_);         \
    }                                                                                                             \
    STET_WRAPPER void name##_type_release_(void *e) { stet_list_drop(&name##_list_type_, &((name *)e)->list_); }  \
                                                                                                                  \
    /* The number of elements. */                                                                                 \
    STET_WRAPPER size_t name##_size(const name *l) { return stet_list_size_(&l->list_); }                         \
    /* A second handle of the same version. Cost: O(1), no allocation. */                                         \
    STET_WRAPPER STET_NODISCARD name name##_copy(const name *l)                                                   \
    {                                                                                                             \
        stet_list_retain(&l->list_);                                                                              \
        return *l;                                                                                                \
    }                                                                                                             \
    /* The handle's version, leaving {0} behind. */                                                               \
    STET_WRAPPER STET_NODISCARD name name##_move(name *l)                                                         \
    {                                                                                                             \
        name moved = *l;                                                                                          \
        memset(l, 0, sizeof *l);                                                                                  \
        return moved;                                                                                             \
    }                                                                                                             \
    STET_WRAPPER void name##_swap(name *a, name *b)                                                               \
    {                                                                                                             \
        name other = *a;                                                                                          \
        *a = *b;                                                                                                  \
        *b = other;                                                                                               \
    }                                                                                                             \
    /* Gives the version up and leaves {0}. Cost: O(nodes that no other version has); bounded stack. */           \
    STET_WRAPPER void name##_drop(name *l) { stet_list_drop(&name##_list_type_, &l->list_); }                     \
    /* The same, done later: see the map's. Cost: O(1). */                                                        \
    STET_WRAPPER void name##_drop_later(name *l) { stet_list_drop_later(&name##_list_type_, &l->list_); }         \
    /* Bytes that only this handle keeps: what its drop would free, elements apart. Cost: O(those nodes). */      \
    STET_WRAPPER size_t name##_alone_bytes(const name *l)                                                         \
    {                                                                                                             \
        return stet_node_alone_bytes(&name##_list_type_.node, l->list_.root) +                                    \
               stet_node_alone_bytes(&name##_list_type_.node, (uintptr_t)l->list_.head.leaf) +                    \
               stet_node_alone_bytes(&name##_list_type_.node, (uintptr_t)l->list_.tail.leaf);                     \
    }                                                                                                             \
    /* Whether both are the same version; true implies equal. O(1). */                                            \
    STET_WRAPPER bool name##_same(const name *a, const name *b) { return stet_list_same_(&a->list_, &b->list_); } \
    /* Whether both have equal elements in the same order. Shared nodes are passed over. */                       \
    STET_WRAPPER bool name##_equal(const name *a, const name *b)                                                  \
    {                                                                                                             \
        return stet_list_equal(&name##_list_type_, &a->list_, &b->list_);                                         \
    }                                                                                                             \
    /* The end of a functional form: what was made goes to *out, or away. */                                      \
    STET_WRAPPER stet_result name##_put_(stet_result result, name made, name *out)                                \
    {                                                                                                             \
        name old = result != STET_NO_MEMORY ? *out : made;                                                        \
        if (result != STET_NO_MEMORY)                                                                             \
            *out = made;                                                                                          \
        name##_drop(&old);                                                                                        \
        return result;                                                                                            \
    }

/* From the typed callbacks to those of the compiled functions. */
#define STET_LIST_THUNKS_(name, T)                                                   \
    struct name##_keep_ {                                                            \
        bool (*keep)(void *, T const *);                                             \
        void *context;                                                               \
    };                                                                               \
    STET_WRAPPER bool name##_keep_thunk_(void *context, const void *element)         \
    {                                                                                \
        const struct name##_keep_ *call = (const struct name##_keep_ *)context;      \
        return call->keep(call->context, (T const *)element);                        \
    }                                                                                \
    struct name##_map_ {                                                             \
        void (*fn)(void *, T const *, T *);                                          \
        void *context;                                                               \
    };                                                                               \
    STET_WRAPPER void name##_map_thunk_(void *context, const void *old, void *value) \
    {                                                                                \
        const struct name##_map_ *call = (const struct name##_map_ *)context;        \
        call->fn(call->context, (T const *)old, (T *)value);                         \
    }

#endif
