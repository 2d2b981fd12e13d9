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
 *     bool popped = samples_pop_front(&s, NULL);         // before still has it; false: no memory
 *
 *     for (samples_iter it = samples_iter_at(&s, 0); it.at != NULL; samples_next(&it))
 *         total += *it.at;
 *
 *     samples_drop(&s);
 *     samples_drop(&before);
 *
 * One type for the three elements of a call and the ten million lines of a document: a short list is one block of
 * memory of the right size, a long one a tree with a buffer at each end. It serves as array, stack, queue and deque.
 *
 * Handles, ownership, failure and threads are as in map.h: {0} is empty; a second handle comes only from _copy(); a
 * function that takes `name *` changes that handle and no other, in place where it is alone; the list retains what it
 * stores; pointers that it gives are valid until the next call that may change the handle; what returns stet_result
 * answers STET_NO_MEMORY (0) when memory, or the budget, is spent or the list would have more than STET_LIST_MAX
 * elements, and then its contents are as before. What fills *out answers STET_UNCHANGED when that is *in's version.
 * An argument may be borrowed from the list, be it a run, and may hold a handle of it, copied or not: the version
 * before the call.
 *
 * Results through pointers, as in map.h: the handles that _concat, _slice, _split_at, _with... and _without... fill are
 * dropped first, so they must be {0} or hold a version; _from_array drops nothing, and no pointer to an element is
 * released before it is filled.
 *
 * Indices count from 0. One that is not below the size (for insertions: above it), or a range that is not within it,
 * is misuse: it asserts in programs compiled without NDEBUG; in others nothing is changed, *out included, and the
 * result is STET_FAILED (0), NULL or false. Not those that have an answer for it: _get_or (otherwise), _chunk (NULL,
 * 0), _iovecs (0), _iter_at and _seek (an iterator at NULL), _find and _index_of (SIZE_MAX).
 *
 * Cost, of n elements: reading one O(log n), with a base of 32 (a list up to 4 million words deep: at most 4 misses);
 * pushing and popping at either end amortised O(1), in any order; everything else in one place O(log n), which is
 * copying a path of nodes if versions share it. Iteration O(n) with one step down for up to 512 bytes of elements.
 *
 * Callbacks run before anything is changed, and must not change the lists at hand; release may call the library.
 */
#ifndef STET_LIST_H
#define STET_LIST_H

#include <stet/impl/handle.h>
#include <stet/impl/list.h>

/*
 * Defines the type `name` and its functions. T: a type that `T const *` can be made of; ttype: its descriptor (type.h).
 * Names of yours are safe, as map.h says.
 */
#define STET_LIST(name, T, ttype)                                           \
    STET_HANDLE_DECLARE_(name, list, STET_HANDLE_FLAGS_(ttype##_flags_, 0)) \
    STET_LIST_DEFINE(name, T, ttype)

/*
 * The same in two steps: DECLARE the handle type, which needs no element type (cheap headers, recursive structures),
 * and DEFINE the functions. As an element such a list is prompt (type.h); DECLARE_LAZY: lazy, which its elements must
 * then be, or never released.
 */
#define STET_LIST_DECLARE(name) STET_HANDLE_DECLARE_(name, list, STET_COUNTED)
#define STET_LIST_DECLARE_LAZY(name) STET_HANDLE_DECLARE_(name, list, STET_COUNTED | STET_LAZY)

#define STET_LIST_DEFINE(name, T, ttype)                                                                               \
    STET_ELEMENT_IS_DESCRIBED_(name, T, ttype)                                                                         \
    STET_STATIC_ASSERT(sizeof(T) <= 4096, #name ": elements are at most 4096 bytes; store larger ones by pointer");    \
    STET_STATIC_ASSERT(STET_ALIGNOF(T) <= STET_MAX_ALIGN, #name ": elements are aligned to 16 bytes at most");         \
    typedef T name##_element_;                                                                                         \
    STET_LIST_HANDLE_(name, T, ttype)                                                                                  \
    STET_LIST_THUNKS_(name, T)                                                                                         \
                                                                                                                       \
    /* ---- one element ---- */                                                                                        \
                                                                                                                       \
    /* Element i, borrowed. */                                                                                         \
    STET_WRAPPER STET_NONNULL_(1) T const *name##_get(const name *l_, size_t i_)                                       \
    {                                                                                                                  \
        assert(i_ < name##_size(l_));                                                                                  \
        return STET_CAST_(T const *, STET_CAST_(const void *, stet_list_at(&name##_list_type_, &l_->list_, i_)));      \
    }                                                                                                                  \
    /* Element i, copied but not retained; `otherwise` when there is none. */                                          \
    STET_WRAPPER STET_NONNULL_(1) T name##_get_or(const name *l_, size_t i_, T otherwise_)                             \
    {                                                                                                                  \
        T const *element_ =                                                                                            \
            STET_CAST_(T const *, STET_CAST_(const void *, stet_list_at(&name##_list_type_, &l_->list_, i_)));         \
        return element_ != NULL ? *element_ : otherwise_;                                                              \
    }                                                                                                                  \
    /* The first element, the last, borrowed; NULL: the list is empty. */                                              \
    STET_WRAPPER STET_NONNULL_(1) T const *name##_first(const name *l_)                                                \
    {                                                                                                                  \
        return name##_size(l_) > 0 ? name##_get(l_, 0) : NULL;                                                         \
    }                                                                                                                  \
    STET_WRAPPER STET_NONNULL_(1) T const *name##_last(const name *l_)                                                 \
    {                                                                                                                  \
        return name##_size(l_) > 0 ? name##_get(l_, name##_size(l_) - 1) : NULL;                                       \
    }                                                                                                                  \
    /* Afterwards element i is value. It is equal already: STET_UNCHANGED. */                                          \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_set(name *l_, size_t i_, T value_)                 \
    {                                                                                                                  \
        return stet_list_set_(&name##_list_type_, &l_->list_, i_, &value_);                                            \
    }                                                                                                                  \
    /*                                                                                                                 \
     * *element = element i, writable until the next call on l; its path is l's own now. A counted element that is     \
     * replaced is the caller's to release. What is written must not hold a copy of l that was made after this call:   \
     * the list would hold itself.                                                                                     \
     */                                                                                                                \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_edit(name *l_, size_t i_, T **element_)            \
    {                                                                                                                  \
        assert(i_ < name##_size(l_));                                                                                  \
        *element_ = i_ < name##_size(l_) ? STET_CAST_(T *, stet_list_edit(&name##_list_type_, &l_->list_, i_)) : NULL; \
        stet_list_done_(&name##_list_type_);                                                                           \
        return *element_ != NULL ? STET_CHANGED : STET_FAILED;                                                         \
    }                                                                                                                  \
    /* fn fills *value from the old element and hands its reference over. */                                           \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_update(                                            \
        name *l_, size_t i_, void (*fn_)(void *context_, T const *old_, T *value_), void *context_)                    \
    {                                                                                                                  \
        T value_;                                                                                                      \
        assert(i_ < name##_size(l_));                                                                                  \
        if (i_ >= name##_size(l_))                                                                                     \
            return STET_FAILED;                                                                                        \
        fn_(context_, name##_get(l_, i_), &value_);                                                                    \
        return stet_list_replace_(&name##_list_type_, &l_->list_, i_, &value_);                                        \
    }                                                                                                                  \
                                                                                                                       \
    /* ---- ends: stack, queue, deque ---- */                                                                          \
                                                                                                                       \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_push_back(name *l_, T value_)                      \
    {                                                                                                                  \
        return stet_list_push_back_(&name##_list_type_, &l_->list_, &value_);                                          \
    }                                                                                                                  \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_push_front(name *l_, T value_)                     \
    {                                                                                                                  \
        return stet_list_push_front_(&name##_list_type_, &l_->list_, &value_);                                         \
    }                                                                                                                  \
    /*                                                                                                                 \
     * Removes the last element, the first, and gives it, with its reference, to *value unless that is NULL. Empty:    \
     * STET_UNCHANGED, *value untouched. Never fails on a handle that shares nothing.                                  \
     */                                                                                                                \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_pop_back(name *l_, T *value_)                      \
    {                                                                                                                  \
        return stet_list_pop_back_(&name##_list_type_, &l_->list_, value_);                                            \
    }                                                                                                                  \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_pop_front(name *l_, T *value_)                     \
    {                                                                                                                  \
        return stet_list_pop_front_(&name##_list_type_, &l_->list_, value_);                                           \
    }                                                                                                                  \
                                                                                                                       \
    /* ---- the middle ---- */                                                                                         \
                                                                                                                       \
    /* Afterwards value is element i; what was from i on has moved up. i may be the size. */                           \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_insert_at(name *l_, size_t i_, T value_)           \
    {                                                                                                                  \
        assert(i_ <= name##_size(l_));                                                                                 \
        if (i_ > name##_size(l_))                                                                                      \
            return STET_FAILED;                                                                                        \
        return stet_list_insert_(&name##_list_type_, &l_->list_, i_, &value_);                                         \
    }                                                                                                                  \
    /* Removes element i; it goes, with its reference, to *value unless that is NULL. */                               \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_erase_at(name *l_, size_t i_, T *value_)           \
    {                                                                                                                  \
        assert(i_ < name##_size(l_));                                                                                  \
        return i_ < name##_size(l_) ? stet_list_erase(&name##_list_type_, &l_->list_, i_, value_) : STET_FAILED;       \
    }                                                                                                                  \
    /* Inserts the elements of `other`, which may be l; those of an array. Cost: O(log n + n of the array). */         \
    STET_WRAPPER STET_NONNULL_(1, 3)                                                                                   \
        STET_NODISCARD stet_result name##_insert_list(name *l_, size_t i_, const name *other_)                         \
    {                                                                                                                  \
        return stet_list_splice_(&name##_list_type_, &l_->list_, i_, i_, &other_->list_);                              \
    }                                                                                                                  \
    STET_WRAPPER STET_NONNULL_(1)                                                                                      \
        STET_NODISCARD stet_result name##_insert_array(name *l_, size_t i_, T const *elements_, size_t n_)             \
    {                                                                                                                  \
        return stet_list_splice_array_(&name##_list_type_, &l_->list_, i_, i_, elements_, n_);                         \
    }                                                                                                                  \
    /* Removes the elements [from, to). */                                                                             \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_erase_range(name *l_, size_t from_, size_t to_)    \
    {                                                                                                                  \
        return stet_list_splice_array_(&name##_list_type_, &l_->list_, from_, to_, NULL, 0);                           \
    }                                                                                                                  \
    /* Puts the elements of `other`, which may be l, in the place of [from, to). */                                    \
    STET_WRAPPER STET_NONNULL_(1, 4)                                                                                   \
        STET_NODISCARD stet_result name##_splice(name *l_, size_t from_, size_t to_, const name *other_)               \
    {                                                                                                                  \
        return stet_list_splice_(&name##_list_type_, &l_->list_, from_, to_, &other_->list_);                          \
    }                                                                                                                  \
                                                                                                                       \
    /* ---- whole lists ---- */                                                                                        \
                                                                                                                       \
    /* Appends the elements of `other`, which may be l; those of an array. */                                          \
    STET_WRAPPER STET_NONNULL_(1, 2) STET_NODISCARD stet_result name##_append(name *l_, const name *other_)            \
    {                                                                                                                  \
        return stet_list_concat(&name##_list_type_, &l_->list_, &other_->list_);                                       \
    }                                                                                                                  \
    STET_WRAPPER STET_NONNULL_(1)                                                                                      \
        STET_NODISCARD stet_result name##_append_array(name *l_, T const *elements_, size_t n_)                        \
    {                                                                                                                  \
        return stet_list_append_array(&name##_list_type_, &l_->list_, elements_, n_);                                  \
    }                                                                                                                  \
    /* *out = a, then b. out may be either; what it held is dropped. */                                                \
    STET_WRAPPER STET_NONNULL_(1, 2, 3)                                                                                \
        STET_NODISCARD stet_result name##_concat(const name *a_, const name *b_, name *out_)                           \
    {                                                                                                                  \
        name joined_ = name##_copy(a_);                                                                                \
        stet_result result_ = stet_list_concat(&name##_list_type_, &joined_.list_, &b_->list_);                        \
        return name##_put_(result_, joined_, out_);                                                                    \
    }                                                                                                                  \
    /* *out = the elements [from, to) of *in. out may be in; what it held is dropped. */                               \
    STET_WRAPPER STET_NONNULL_(1, 4)                                                                                   \
        STET_NODISCARD stet_result name##_slice(const name *in_, size_t from_, size_t to_, name *out_)                 \
    {                                                                                                                  \
        return stet_list_slice_(&name##_list_type_, &in_->list_, from_, to_, &out_->list_);                            \
    }                                                                                                                  \
    /* *left = the elements before i, *right = those from i on. Either may be in; what they held is dropped. */        \
    STET_WRAPPER STET_NONNULL_(1, 3, 4)                                                                                \
        STET_NODISCARD stet_result name##_split_at(const name *in_, size_t i_, name *left_, name *right_)              \
    {                                                                                                                  \
        name front_;                                                                                                   \
        name back_;                                                                                                    \
        stet_result both_;                                                                                             \
        memset(&front_, 0, sizeof front_);                                                                             \
        memset(&back_, 0, sizeof back_);                                                                               \
        assert(i_ <= name##_size(in_));                                                                                \
        if (i_ > name##_size(in_))                                                                                     \
            return STET_FAILED;                                                                                        \
        both_ = stet_list_slice(&name##_list_type_, &in_->list_, 0, i_, &front_.list_) &&                              \
                        stet_list_slice(&name##_list_type_, &in_->list_, i_, name##_size(in_), &back_.list_)           \
                    ? STET_CHANGED                                                                                     \
                    : STET_NO_MEMORY;                                                                                  \
        (void)name##_put_(both_, front_, left_);                                                                       \
        return name##_put_(both_, back_, right_);                                                                      \
    }                                                                                                                  \
    /* *out = a list of these. What *out held is not dropped. n = 0: empty, STET_UNCHANGED. */                         \
    STET_WRAPPER STET_NONNULL_(1)                                                                                      \
        STET_NODISCARD stet_result name##_from_array(name *out_, T const *elements_, size_t n_)                        \
    {                                                                                                                  \
        name made_; /* *out may be one of the elements */                                                              \
        stet_result result_;                                                                                           \
        memset(&made_, 0, sizeof made_);                                                                               \
        result_ = name##_append_array(&made_, elements_, n_);                                                          \
        *out_ = made_;                                                                                                 \
        return result_;                                                                                                \
    }                                                                                                                  \
    /* Copies the elements [from, from + n) to an array, not retained. Returns whether the list has them (misuse if    \
     * not). */                                                                                                        \
    STET_WRAPPER STET_NONNULL_(1) bool name##_to_array(const name *l_, size_t from_, T *elements_, size_t n_)          \
    {                                                                                                                  \
        bool is_range_ = from_ <= name##_size(l_) && n_ <= name##_size(l_) - from_;                                    \
        assert(is_range_);                                                                                             \
        if (is_range_)                                                                                                 \
            stet_list_to_array(&name##_list_type_, &l_->list_, from_, elements_, n_);                                  \
        return is_range_;                                                                                              \
    }                                                                                                                  \
                                                                                                                       \
    /* ---- walks ---- */                                                                                              \
                                                                                                                       \
    /*                                                                                                                 \
     * Elements that lie side by side: element i and those behind it in its leaf; *n: how many. NULL, 0: there is no   \
     * element i. for (size_t i = 0, n; i < name_size(&l); i += n) { T const *run = name_chunk(&l, i, &n); ... }       \
     */                                                                                                                \
    STET_WRAPPER STET_NONNULL_(1) T const *name##_chunk(const name *l_, size_t i_, size_t *n_)                         \
    {                                                                                                                  \
        struct stet_list_run run_ = stet_list_run_at(&name##_list_type_, &l_->list_, i_);                              \
        *n_ = run_.n != 0 ? run_.from + run_.n - i_ : 0;                                                               \
        return run_.n != 0 ? STET_CAST_(T const *, STET_CAST_(const void *, run_.first)) + (i_ - run_.from) : NULL;    \
    }                                                                                                                  \
    /*                                                                                                                 \
     * Fills up to `max` pairs of address and length in bytes, of <sys/uio.h>'s layout, with the elements from *i on,  \
     * and moves *i behind them; returns how many. For writev() of a list of bytes.                                    \
     */                                                                                                                \
    STET_WRAPPER STET_NONNULL_(1) size_t name##_iovecs(const name *l_, size_t *i_, struct iovec *pairs_, size_t max_)  \
    {                                                                                                                  \
        return stet_list_iovecs(&name##_list_type_, &l_->list_, i_, pairs_, max_);                                     \
    }                                                                                                                  \
    /* for (name_iter it = name_iter_at(&l, 0); it.at != NULL; name_next(&it)) use(*it.at); and back from size - 1. */ \
    typedef struct name##_iter {                                                                                       \
        name##_element_ const *at; /* NULL: before the first or behind the last */                                     \
        name##_element_ const *begin_;                                                                                 \
        name##_element_ const *end_;                                                                                   \
        size_t from_;                                                                                                  \
        const name *list_;                                                                                             \
        uint32_t low_, high_;                                                                                          \
    } name##_iter;                                                                                                     \
    /* Moves it to element i; not one of those that it goes through: to NULL. */                                       \
    STET_WRAPPER STET_NONNULL_(1) void name##_seek(name##_iter *it_, size_t i_)                                        \
    {                                                                                                                  \
        struct stet_list_run run_ =                                                                                    \
            stet_list_run_in_(&name##_list_type_, &it_->list_->list_, i_, it_->low_, it_->high_);                      \
        it_->from_ = run_.from;                                                                                        \
        it_->begin_ = it_->end_ = it_->at = STET_CAST_(T const *, STET_CAST_(const void *, run_.first));               \
        if (run_.n != 0) {                                                                                             \
            it_->at += i_ - run_.from;                                                                                 \
            it_->end_ += run_.n;                                                                                       \
        }                                                                                                              \
    }                                                                                                                  \
    /* One at element `from`, of the elements [from, to) and no others; borrows from l. Back: _seek to - 1 first. */   \
    STET_WRAPPER STET_NONNULL_(1) name##_iter name##_iter_in(const name *l_, size_t from_, size_t to_)                 \
    {                                                                                                                  \
        bool is_range_ = from_ <= to_ && to_ <= name##_size(l_);                                                       \
        name##_iter it_ = {NULL,                                                                                       \
                           NULL,                                                                                       \
                           NULL,                                                                                       \
                           0,                                                                                          \
                           l_,                                                                                         \
                           is_range_ ? STET_CAST_(uint32_t, from_) : 0,                                                \
                           is_range_ ? STET_CAST_(uint32_t, to_) : 0};                                                 \
        assert(is_range_ && "from and to are within the list");                                                        \
        name##_seek(&it_, from_);                                                                                      \
        return it_;                                                                                                    \
    }                                                                                                                  \
    /* An iterator at element i, of all elements; borrows from l. */                                                   \
    STET_WRAPPER STET_NONNULL_(1) name##_iter name##_iter_at(const name *l_, size_t i_)                                \
    {                                                                                                                  \
        name##_iter it_ = {NULL, NULL, NULL, 0, l_, 0, STET_CAST_(uint32_t, name##_size(l_))};                         \
        name##_seek(&it_, i_);                                                                                         \
        return it_;                                                                                                    \
    }                                                                                                                  \
    /* The index of the element it is at; at NULL: that behind the last. */                                            \
    STET_WRAPPER STET_NONNULL_(1) size_t name##_iter_index(const name##_iter *it_)                                     \
    {                                                                                                                  \
        return it_->from_ + STET_CAST_(size_t, it_->at - it_->begin_);                                                 \
    }                                                                                                                  \
    /* To the element behind it; from the last, to NULL. At NULL: misuse, as reading *it.at is. */                     \
    STET_WRAPPER STET_NONNULL_(1) void name##_next(name##_iter *it_)                                                   \
    {                                                                                                                  \
        STET_CHECK_(it_->at != NULL, #name "_iter", STET_RULE_END_);                                                   \
        if (STET_UNLIKELY(++it_->at == it_->end_))                                                                     \
            name##_seek(it_, name##_iter_index(it_));                                                                  \
    }                                                                                                                  \
    /* To the element before it; from the first, to NULL; from NULL, be it behind the last or before the first, to the \
     * last. */                                                                                                        \
    STET_WRAPPER STET_NONNULL_(1) void name##_previous(name##_iter *it_)                                               \
    {                                                                                                                  \
        if (STET_LIKELY(it_->at != it_->begin_))                                                                       \
            it_->at--;                                                                                                 \
        else                                                                                                           \
            name##_seek(it_, it_->from_ - 1);                                                                          \
    }                                                                                                                  \
    /* Calls fn for each element until it answers false; returns whether it never did. */                              \
    STET_WRAPPER STET_NONNULL_(1) bool name##_each(const name *l_, bool (*fn_)(void *context_, T const *element_),     \
                                                   void *context_)                                                     \
    {                                                                                                                  \
        for (name##_iter it_ = name##_iter_at(l_, 0); it_.at != NULL; name##_next(&it_))                               \
            if (!fn_(context_, it_.at))                                                                                \
                return false;                                                                                          \
        return true;                                                                                                   \
    }                                                                                                                  \
    /* Calls fn(into, element) for each element; returns into. */                                                      \
    STET_WRAPPER STET_NONNULL_(1) void *name##_fold(const name *l_, void (*fn_)(void *into_, T const *element_),       \
                                                    void *into_)                                                       \
    {                                                                                                                  \
        for (name##_iter it_ = name##_iter_at(l_, 0); it_.at != NULL; name##_next(&it_))                               \
            fn_(into_, it_.at);                                                                                        \
        return into_;                                                                                                  \
    }                                                                                                                  \
    /* The index of the first element from `from` on that `is` is true of; SIZE_MAX: none. */                          \
    STET_WRAPPER STET_NONNULL_(1) size_t name##_find(const name *l_, size_t from_,                                     \
                                                     bool (*is_)(void *context_, T const *element_), void *context_)   \
    {                                                                                                                  \
        for (name##_iter it_ = name##_iter_at(l_, from_); it_.at != NULL; name##_next(&it_))                           \
            if (is_(context_, it_.at))                                                                                 \
                return name##_iter_index(&it_);                                                                        \
        return SIZE_MAX;                                                                                               \
    }                                                                                                                  \
    /* The index of the first element from `from` on that equals value; SIZE_MAX: none. */                             \
    STET_WRAPPER STET_NONNULL_(1) size_t name##_index_of(const name *l_, size_t from_, T value_)                       \
    {                                                                                                                  \
        for (name##_iter it_ = name##_iter_at(l_, from_); it_.at != NULL; name##_next(&it_))                           \
            if (stet_type_equal(&ttype, it_.at, &value_))                                                              \
                return name##_iter_index(&it_);                                                                        \
        return SIZE_MAX;                                                                                               \
    }                                                                                                                  \
    STET_WRAPPER STET_NONNULL_(1) bool name##_contains(const name *l_, T value_)                                       \
    {                                                                                                                  \
        return name##_index_of(l_, 0, value_) != SIZE_MAX;                                                             \
    }                                                                                                                  \
    /*                                                                                                                 \
     * In a list sorted by ttype's order, without which it does not compile: the index of the first element that is    \
     * not less than value, the size if none is. Cost: O(log n) comparisons.                                           \
     */                                                                                                                \
    STET_WRAPPER STET_NONNULL_(1) size_t name##_lower_bound(const name *l_, T value_)                                  \
    {                                                                                                                  \
        STET_NEEDS_ORDER_(ttype##_flags_);                                                                             \
        return stet_list_lower_bound(&name##_list_type_, &l_->list_, &value_);                                         \
    }                                                                                                                  \
    /* The same, of the first element that compares equal to value; SIZE_MAX: there is none. */                        \
    STET_WRAPPER STET_NONNULL_(1) size_t name##_binary_search(const name *l_, T value_)                                \
    {                                                                                                                  \
        STET_NEEDS_ORDER_(ttype##_flags_);                                                                             \
        return stet_list_binary_search(&name##_list_type_, &l_->list_, &value_);                                       \
    }                                                                                                                  \
    /* Keeps the elements that `keep` is true of. Nothing removed: STET_UNCHANGED, the same version. */                \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_filter(                                            \
        name *l_, bool (*keep_)(void *context_, T const *element_), void *context_)                                    \
    {                                                                                                                  \
        struct name##_keep_ call_ = {keep_, context_};                                                                 \
        return stet_list_filter(&name##_list_type_, &l_->list_, name##_keep_thunk_, &call_);                           \
    }                                                                                                                  \
    /* Replaces each element by the one fn fills in and hands over. Leaves of equal elements stay shared. */           \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_map(                                               \
        name *l_, void (*fn_)(void *context_, T const *old_, T *value_), void *context_)                               \
    {                                                                                                                  \
        struct name##_map_ call_ = {fn_, context_};                                                                    \
        return stet_list_map(&name##_list_type_, &l_->list_, name##_map_thunk_, &call_);                               \
    }                                                                                                                  \
    /* Sorts by ttype's order, without which it does not compile; equal elements stay in theirs. Floating point: -0.0  \
     * before 0.0, NaNs behind infinity. Sorted already: STET_UNCHANGED. Cost: O(n log n), 2 n elements. */            \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_sort(name *l_)                                     \
    {                                                                                                                  \
        STET_NEEDS_ORDER_(ttype##_flags_);                                                                             \
        return stet_list_sort(&name##_list_type_, &l_->list_);                                                         \
    }                                                                                                                  \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_reverse(name *l_)                                  \
    {                                                                                                                  \
        return stet_list_reverse(&name##_list_type_, &l_->list_);                                                      \
    }                                                                                                                  \
    /*                                                                                                                 \
     * Calls fn for each stretch in which b differs from a, in order: b has [b_from, b_to) in the place of a's         \
     * [a_from, a_to). Stops when fn answers false; returns whether it never did. What both share in one place is      \
     * passed over; the stretches are right, but need not be the smallest. Cost: O(log n + the nodes not shared) where \
     * b was made from a.                                                                                              \
     */                                                                                                                \
    STET_WRAPPER STET_NONNULL_(1, 2) bool name##_diff(                                                                 \
        const name *a_, const name *b_,                                                                                \
        bool (*fn_)(void *context_, size_t a_from_, size_t a_to_, size_t b_from_, size_t b_to_), void *context_)       \
    {                                                                                                                  \
        return stet_list_diff(&name##_list_type_, &a_->list_, &b_->list_, fn_, context_);                              \
    }                                                                                                                  \
                                                                                                                       \
    /* ---- functional forms: *out = *in with one change; out may be in; what it held is dropped ---- */               \
                                                                                                                       \
    STET_WRAPPER STET_NONNULL_(1, 2)                                                                                   \
        STET_NODISCARD stet_result name##_with(const name *in_, name *out_, size_t i_, T value_)                       \
    {                                                                                                                  \
        name edited_ = name##_copy(in_);                                                                               \
        stet_result result_ = name##_set(&edited_, i_, value_);                                                        \
        return name##_put_(result_, edited_, out_);                                                                    \
    }                                                                                                                  \
    STET_WRAPPER STET_NONNULL_(1, 2)                                                                                   \
        STET_NODISCARD stet_result name##_with_back(const name *in_, name *out_, T value_)                             \
    {                                                                                                                  \
        name edited_ = name##_copy(in_);                                                                               \
        stet_result result_ = name##_push_back(&edited_, value_);                                                      \
        return name##_put_(result_, edited_, out_);                                                                    \
    }                                                                                                                  \
    STET_WRAPPER STET_NONNULL_(1, 2)                                                                                   \
        STET_NODISCARD stet_result name##_with_front(const name *in_, name *out_, T value_)                            \
    {                                                                                                                  \
        name edited_ = name##_copy(in_);                                                                               \
        stet_result result_ = name##_push_front(&edited_, value_);                                                     \
        return name##_put_(result_, edited_, out_);                                                                    \
    }                                                                                                                  \
    STET_WRAPPER STET_NONNULL_(1, 2)                                                                                   \
        STET_NODISCARD stet_result name##_with_inserted(const name *in_, name *out_, size_t i_, T value_)              \
    {                                                                                                                  \
        name edited_ = name##_copy(in_);                                                                               \
        stet_result result_ = name##_insert_at(&edited_, i_, value_);                                                  \
        return name##_put_(result_, edited_, out_);                                                                    \
    }                                                                                                                  \
    STET_WRAPPER STET_NONNULL_(1, 2) STET_NODISCARD stet_result name##_without(const name *in_, name *out_, size_t i_) \
    {                                                                                                                  \
        name edited_ = name##_copy(in_);                                                                               \
        stet_result result_ = name##_erase_at(&edited_, i_, NULL);                                                     \
        return name##_put_(result_, edited_, out_);                                                                    \
    }                                                                                                                  \
    /* With the elements of `other`, of an array, inserted before element i; without the elements [from, to). */       \
    STET_WRAPPER STET_NONNULL_(1, 2, 4) STET_NODISCARD stet_result name##_with_inserted_list(                          \
        const name *in_, name *out_, size_t i_, const name *other_)                                                    \
    {                                                                                                                  \
        name edited_ = name##_copy(in_);                                                                               \
        stet_result result_ = name##_insert_list(&edited_, i_, other_);                                                \
        return name##_put_(result_, edited_, out_);                                                                    \
    }                                                                                                                  \
    STET_WRAPPER STET_NONNULL_(1, 2) STET_NODISCARD stet_result name##_with_inserted_array(                            \
        const name *in_, name *out_, size_t i_, T const *elements_, size_t n_)                                         \
    {                                                                                                                  \
        name edited_ = name##_copy(in_);                                                                               \
        stet_result result_ = name##_insert_array(&edited_, i_, elements_, n_);                                        \
        return name##_put_(result_, edited_, out_);                                                                    \
    }                                                                                                                  \
    STET_WRAPPER STET_NONNULL_(1, 2)                                                                                   \
        STET_NODISCARD stet_result name##_without_range(const name *in_, name *out_, size_t from_, size_t to_)         \
    {                                                                                                                  \
        name edited_ = name##_copy(in_);                                                                               \
        stet_result result_ = name##_erase_range(&edited_, from_, to_);                                                \
        return name##_put_(result_, edited_, out_);                                                                    \
    }                                                                                                                  \
    /* With the elements of `other` in the place of [from, to). */                                                     \
    STET_WRAPPER STET_NONNULL_(1, 2, 5) STET_NODISCARD stet_result name##_with_spliced(                                \
        const name *in_, name *out_, size_t from_, size_t to_, const name *other_)                                     \
    {                                                                                                                  \
        name edited_ = name##_copy(in_);                                                                               \
        stet_result result_ = name##_splice(&edited_, from_, to_, other_);                                             \
        return name##_put_(result_, edited_, out_);                                                                    \
    }

/* ---- what the functions are made of ---- */

#define STET_LIST_HANDLE_(name, T, ttype)                                                              \
    STET_HANDLE_TYPE_(name, ttype##_flags_, 0)                                                         \
    __attribute__((__unused__)) static const struct stet_list_type name##_list_type_ = {               \
        {stet_list_free_leaf, stet_list_describe_leaf, STET_PROMPT_(ttype##_flags_),                   \
         STET_HAS_(ttype##_flags_, STET_COUNTED), false, #name},                                       \
        &ttype,                                                                                        \
        sizeof(T),                                                                                     \
        STET_LIST_DATA(STET_HAS_(ttype##_flags_, STET_COUNTED), STET_ALIGNOF(T)),                      \
        STET_LIST_LEAF_BITS(sizeof(T))};                                                               \
    STET_HANDLE_(name, list)                                                                           \
    /* The end of a functional form: what was made goes to *out, or away. */                           \
    STET_WRAPPER STET_NONNULL_(3) stet_result name##_put_(stet_result result_, name made_, name *out_) \
    {                                                                                                  \
        name old_ = result_ != STET_NO_MEMORY ? *out_ : made_;                                         \
        if (result_ != STET_NO_MEMORY)                                                                 \
            *out_ = made_;                                                                             \
        name##_drop(&old_);                                                                            \
        return result_;                                                                                \
    }

/* From the typed callbacks to those of the compiled functions. */
#define STET_LIST_THUNKS_(name, T)                                                            \
    struct name##_keep_ {                                                                     \
        bool (*keep_)(void *, T const *);                                                     \
        void *context_;                                                                       \
    };                                                                                        \
    STET_WRAPPER bool name##_keep_thunk_(void *context_, const void *element_)                \
    {                                                                                         \
        const struct name##_keep_ *call_ = STET_CAST_(const struct name##_keep_ *, context_); \
        return call_->keep_(call_->context_, STET_CAST_(T const *, element_));                \
    }                                                                                         \
    struct name##_map_ {                                                                      \
        void (*fn_)(void *, T const *, T *);                                                  \
        void *context_;                                                                       \
    };                                                                                        \
    STET_WRAPPER void name##_map_thunk_(void *context_, const void *old_, void *value_)       \
    {                                                                                         \
        const struct name##_map_ *call_ = STET_CAST_(const struct name##_map_ *, context_);   \
        call_->fn_(call_->context_, STET_CAST_(T const *, old_), STET_CAST_(T *, value_));    \
    }

#endif
