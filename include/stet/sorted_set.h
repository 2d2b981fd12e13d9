/* SPDX-License-Identifier: MIT */
/*
 * stet/sorted_set.h - the persistent sorted set: a sorted map whose values have size 0. The rules of sorted_map.h hold
 * here, too.
 *
 *     STET_SORTED_SET(names, stet_str, stet_str_type)
 *
 *     names known = {0};
 *     if (!names_add_cstr(&known, "ada"))
 *         return -ENOMEM;
 *     for (names_cursor it = names_ceiling_cstr(&known, "b"); it.key != NULL; names_next(&it))
 *         puts(stet_str_bytes(it.key));
 *
 * From sorted_map.h: size copy move swap_handles drop drop_later unshared_bytes identical equal has erase without first
 * last cursor_at floor ceiling below above next previous seek seek_after rank count slice slice_at erase_range split join
 * union intersection difference symmetric_difference is_subset trim; in a set of stet_str also the forms _bytes and
 * _cstr.
 */
#ifndef STET_SORTED_SET_H
#define STET_SORTED_SET_H

#include <stet/set.h>
#include <stet/sorted_map.h>

#define STET_SORTED_SET(name, K, ktype)                                       \
    STET_HANDLE_DECLARE_(name, sorted, STET_HANDLE_FLAGS_(ktype##_flags_, 0)) \
    STET_SORTED_SET_DEFINE(name, K, ktype)

/* In two steps, as STET_MAP_DECLARE and STET_MAP_DEFINE. */
#define STET_SORTED_SET_DECLARE(name) STET_HANDLE_DECLARE_(name, sorted, STET_REFCOUNTED)
#define STET_SORTED_SET_DECLARE_LAZY(name) STET_HANDLE_DECLARE_(name, sorted, STET_REFCOUNTED | STET_LAZY)

/* ---- the manual: what STET_SORTED_SET(name, K, ktype) makes, beside what sets have in common with maps
 * (sorted_map.h) and the functions of all handles (impl/handle.h) ---- */

#ifdef STET_MANUAL_SORTED_SET

/* ---- one element ---- */

/* The key is in the set afterwards. STET_UNCHANGED: it was. */
static stet_result name_add(name *set, K key);
/* Returns the set's own element that is equal to the key, borrowed. NULL: there is none. */
static K const *name_get(const name *set, K key);
/* *out is *in with the key; out may be in. The old *out is dropped. STET_UNCHANGED: *out is the version of *in. */
static stet_result name_with(const name *in, K key, name *out);

/* ---- order ---- */

/* Returns the element of this rank, borrowed. */
static K const *name_at(const name *set, size_t rank);
/*
 * Remove the element of this rank, the first, the last element, and move it, with its reference, to *key; NULL: the
 * element is released. STET_UNCHANGED: the set is empty.
 */
static stet_result name_pop_at(name *set, size_t rank, K *key);
static stet_result name_pop_first(name *set, K *key);
static stet_result name_pop_last(name *set, K *key);

/* ---- ranges ---- */

/* Calls fn for runs of elements of a range, in order, until fn returns false; returns whether it never did. */
static bool name_range_each(const name *set, K const *from, K const *to,
                            bool (*fn)(void *context, K const *keys, size_t count), void *context);
/* Calls fn for each element until fn returns false; returns whether it never did. Faster than a cursor. */
static bool name_each(const name *set, bool (*fn)(void *context, K const *key), void *context);
/* Calls fn for each element; returns `into`. Faster than a cursor. */
static void *name_fold(const name *set, void (*fn)(void *into, K const *key), void *into);

/* ---- many elements ---- */

/* Adds all of these keys as one edit. Fails: STET_NO_MEMORY, and then none of them is added. */
static stet_result name_add_many(name *set, K const *keys, size_t count);
/*
 * *out is a set of these keys. _from_sorted is faster, and requires keys that ascend strictly. The old *out is not
 * dropped. STET_UNCHANGED: count is 0, and *out is empty.
 */
static stet_result name_from_array(K const *keys, size_t count, name *out);
static stet_result name_from_sorted(K const *keys, size_t count, name *out);
/* Adds an element that must come behind all others. Cost: amortised O(1) on a handle that shares nothing. */
static stet_result name_append(name *set, K key);
/* Keeps the elements that `keep` returns true of. STET_UNCHANGED: it removed none, and the version is the same. */
static stet_result name_filter(name *set, bool (*keep)(void *context, K const *key), void *context);

/* ---- two sets ---- */

/*
 * Calls fn for each element that only one of the sets has, in order, until fn returns false; returns whether it never
 * did. in_a: whether a has the element.
 */
static bool name_diff(const name *a, const name *b, bool (*fn)(void *context, K const *key, bool in_a), void *context);

/* ---- keys as bytes: in a set whose ktype is stet_str_type ---- */

/* As the functions without the suffix. These functions make a string only where they add it. */
static K const *name_get_bytes(const name *set, const void *bytes, size_t size);
static K const *name_get_cstr(const name *set, const char *cstr);
static stet_result name_add_bytes(name *set, const void *bytes, size_t size);
static stet_result name_add_cstr(name *set, const char *cstr);

#endif

/* ---- what makes them ---- */

#define STET_SORTED_SET_DEFINE(name, K, ktype)                \
    typedef K name##_key_;                                    \
    STET_SORTED_DESCRIPTOR_(name, K, ktype, 0, STET_NULL_, 0) \
    STET_SORTED_SET_THUNKS_(name, K)                          \
    STET_SORTED_SET_ITER_(name, K)                            \
    STET_SORTED_COMMON_(name, K)                              \
    STET_SORTED_SET_SOME_(name, K)                            \
    STET_KEY_VIEWS_FOR_(ktype, SORTED_SET)(name, K)

#define STET_SORTED_SET_ITER_(name, K)                                                                         \
    typedef struct name##_cursor {                                                                             \
        name##_key_ const *key; /* NULL: there is none */                                                      \
        struct stet_sorted_cursor at_;                                                                         \
    } name##_cursor;                                                                                           \
    STET_WRAPPER STET_NONNULL_(1) void name##_cursor_show_(name##_cursor *it_)                                 \
    {                                                                                                          \
        it_->key = STET_CAST_(K const *, stet_sorted_cursor_key(&name##_sorted_type_, &it_->at_));             \
    }                                                                                                          \
    STET_WRAPPER STET_NONNULL_(1)                                                                              \
        name##_cursor name##_placed_(const name *map_, K const *key_, enum stet_sorted_side side_, bool back_) \
    {                                                                                                          \
        name##_cursor it_;                                                                                     \
        stet_sorted_place_(&name##_sorted_type_, &map_->sorted_.tree, NULL, key_, side_, back_, &it_.at_);     \
        name##_cursor_show_(&it_);                                                                             \
        return it_;                                                                                            \
    }

#define STET_SORTED_SET_SOME_(name, K)                                                                                \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_add(name *set_, K key_)                           \
    {                                                                                                                 \
        return stet_sorted_put(&name##_sorted_type_, &set_->sorted_.tree, NULL, &key_, NULL, STET_SORTED_ADD_);       \
    }                                                                                                                 \
    STET_WRAPPER STET_NONNULL_(1) K const *name##_get(const name *set_, K key_)                                       \
    {                                                                                                                 \
        return STET_CAST_(K const *, stet_sorted_get_(&name##_sorted_type_, &set_->sorted_.tree, NULL, &key_));       \
    }                                                                                                                 \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_pop_at(name *set_, size_t rank_, K *key_)         \
    {                                                                                                                 \
        return stet_sorted_erase_at_(&name##_sorted_type_, &set_->sorted_.tree, rank_, key_, NULL);                   \
    }                                                                                                                 \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_pop_first(name *set_, K *key_)                    \
    {                                                                                                                 \
        return stet_sorted_pop_(&name##_sorted_type_, &set_->sorted_.tree, 0, key_, NULL);                            \
    }                                                                                                                 \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_pop_last(name *set_, K *key_)                     \
    {                                                                                                                 \
        return stet_sorted_pop_(&name##_sorted_type_, &set_->sorted_.tree, set_->sorted_.tree.size - 1u, key_, NULL); \
    }                                                                                                                 \
    STET_WRAPPER STET_NONNULL_(1, 3) STET_NODISCARD stet_result name##_with(const name *in_, K key_, name *out_)      \
    {                                                                                                                 \
        return stet_sorted_with_(&name##_sorted_type_, &in_->sorted_.tree, &out_->sorted_.tree, &key_, NULL);         \
    }                                                                                                                 \
    STET_WRAPPER STET_NONNULL_(1)                                                                                     \
        STET_NODISCARD stet_result name##_add_many(name *set_, K const *keys_, size_t count_)                         \
    {                                                                                                                 \
        return stet_sorted_set_many(&name##_sorted_type_, &set_->sorted_.tree, keys_, NULL, count_);                  \
    }                                                                                                                 \
    STET_WRAPPER STET_NONNULL_(3)                                                                                     \
        STET_NODISCARD stet_result name##_from_array(K const *keys_, size_t count_, name *out_)                       \
    {                                                                                                                 \
        name made_; /* *out may be one of the elements */                                                             \
        stet_result result_;                                                                                          \
        memset(&made_, 0, sizeof made_);                                                                              \
        result_ = stet_sorted_set_many(&name##_sorted_type_, &made_.sorted_.tree, keys_, NULL, count_);               \
        *out_ = made_;                                                                                                \
        return result_;                                                                                               \
    }                                                                                                                 \
    STET_WRAPPER STET_NONNULL_(3)                                                                                     \
        STET_NODISCARD stet_result name##_from_sorted(K const *keys_, size_t count_, name *out_)                      \
    {                                                                                                                 \
        name made_; /* *out may be one of the elements */                                                             \
        stet_result result_;                                                                                          \
        memset(&made_, 0, sizeof made_);                                                                              \
        result_ = stet_sorted_from_sorted(&name##_sorted_type_, &made_.sorted_.tree, keys_, NULL, count_);            \
        *out_ = made_;                                                                                                \
        return result_;                                                                                               \
    }                                                                                                                 \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_append(name *set_, K key_)                        \
    {                                                                                                                 \
        return stet_sorted_append(&name##_sorted_type_, &set_->sorted_.tree, &key_, NULL);                            \
    }                                                                                                                 \
    STET_WRAPPER STET_NONNULL_(1) K const *name##_at(const name *set_, size_t rank_)                                  \
    {                                                                                                                 \
        assert(rank_ < set_->sorted_.tree.size);                                                                      \
        return name##_cursor_at(set_, rank_).key;                                                                     \
    }                                                                                                                 \
    STET_WRAPPER STET_NONNULL_(1) bool name##_range_each(const name *set_, K const *from_, K const *to_,              \
                                                         bool (*fn_)(void *context_, K const *keys_, size_t count_),  \
                                                         void *context_)                                              \
    {                                                                                                                 \
        struct name##_runs_ call_ = {fn_, context_};                                                                  \
        return stet_sorted_range_each_(&name##_sorted_type_, &set_->sorted_.tree, from_, to_, name##_runs_thunk_,     \
                                       &call_);                                                                       \
    }                                                                                                                 \
    STET_WRAPPER STET_NONNULL_(1) bool name##_each(const name *set_, bool (*fn_)(void *context_, K const *key_),      \
                                                   void *context_)                                                    \
    {                                                                                                                 \
        struct name##_each_ call_ = {fn_, context_};                                                                  \
        return stet_sorted_runs(&name##_sorted_type_, &set_->sorted_.tree, 0, set_->sorted_.tree.size,                \
                                name##_each_thunk_, &call_);                                                          \
    }                                                                                                                 \
    STET_WRAPPER STET_NONNULL_(1) void *name##_fold(const name *set_, void (*fn_)(void *into_, K const *key_),        \
                                                    void *into_)                                                      \
    {                                                                                                                 \
        struct name##_fold_ call_ = {fn_, into_};                                                                     \
        (void)stet_sorted_runs(&name##_sorted_type_, &set_->sorted_.tree, 0, set_->sorted_.tree.size,                 \
                               name##_fold_thunk_, &call_);                                                           \
        return into_;                                                                                                 \
    }                                                                                                                 \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_filter(                                           \
        name *set_, bool (*keep_)(void *context_, K const *key_), void *context_)                                     \
    {                                                                                                                 \
        struct name##_filter_ call_ = {keep_, context_};                                                              \
        return stet_sorted_transform(&name##_sorted_type_, &set_->sorted_.tree, name##_filter_thunk_, &call_);        \
    }                                                                                                                 \
    STET_WRAPPER STET_NONNULL_(1, 2) bool name##_diff(                                                                \
        const name *a_, const name *b_, bool (*fn_)(void *context_, K const *key_, bool in_a_), void *context_)       \
    {                                                                                                                 \
        struct name##_diff_ call_ = {fn_, context_};                                                                  \
        return stet_sorted_diff(&name##_sorted_type_, &a_->sorted_.tree, &b_->sorted_.tree, name##_diff_thunk_,       \
                                &call_);                                                                              \
    }

/* Thunks: the library calls these untyped functions, and they call the user's typed callbacks. */
#define STET_SORTED_SET_THUNKS_(name, K)                                                                             \
    struct name##_runs_ {                                                                                            \
        bool (*fn_)(void *, K const *, size_t);                                                                      \
        void *context_;                                                                                              \
    };                                                                                                               \
    STET_WRAPPER bool name##_runs_thunk_(void *context_, const void *keys_, const void *values_, size_t n_)          \
    {                                                                                                                \
        const struct name##_runs_ *call_ = STET_CAST_(const struct name##_runs_ *, context_);                        \
        (void)values_;                                                                                               \
        return call_->fn_(call_->context_, STET_CAST_(K const *, keys_), n_);                                        \
    }                                                                                                                \
    struct name##_each_ {                                                                                            \
        bool (*fn_)(void *, K const *);                                                                              \
        void *context_;                                                                                              \
    };                                                                                                               \
    STET_WRAPPER bool name##_each_thunk_(void *context_, const void *keys_, const void *values_, size_t n_)          \
    {                                                                                                                \
        const struct name##_each_ *call_ = STET_CAST_(const struct name##_each_ *, context_);                        \
        (void)values_;                                                                                               \
        for (size_t i_ = 0; i_ < n_; i_++)                                                                           \
            if (!call_->fn_(call_->context_, STET_CAST_(K const *, keys_) + i_))                                     \
                return false;                                                                                        \
        return true;                                                                                                 \
    }                                                                                                                \
    struct name##_fold_ {                                                                                            \
        void (*fn_)(void *, K const *);                                                                              \
        void *context_;                                                                                              \
    };                                                                                                               \
    STET_WRAPPER bool name##_fold_thunk_(void *context_, const void *keys_, const void *values_, size_t n_)          \
    {                                                                                                                \
        const struct name##_fold_ *call_ = STET_CAST_(const struct name##_fold_ *, context_);                        \
        (void)values_;                                                                                               \
        for (size_t i_ = 0; i_ < n_; i_++)                                                                           \
            call_->fn_(call_->context_, STET_CAST_(K const *, keys_) + i_);                                          \
        return true;                                                                                                 \
    }                                                                                                                \
    struct name##_filter_ {                                                                                          \
        bool (*keep_)(void *, K const *);                                                                            \
        void *context_;                                                                                              \
    };                                                                                                               \
    STET_WRAPPER enum stet_sorted_fate name##_filter_thunk_(void *context_, const void *key_, const void *old_,      \
                                                            void *value_)                                            \
    {                                                                                                                \
        const struct name##_filter_ *call_ = STET_CAST_(const struct name##_filter_ *, context_);                    \
        (void)value_;                                                                                                \
        (void)old_;                                                                                                  \
        return call_->keep_(call_->context_, STET_CAST_(K const *, key_)) ? STET_SORTED_KEEP_ : STET_SORTED_REMOVE_; \
    }                                                                                                                \
    struct name##_diff_ {                                                                                            \
        bool (*fn_)(void *, K const *, bool);                                                                        \
        void *context_;                                                                                              \
    };                                                                                                               \
    STET_WRAPPER bool name##_diff_thunk_(void *context_, const void *key_, const void *a_, const void *b_)           \
    {                                                                                                                \
        const struct name##_diff_ *call_ = STET_CAST_(const struct name##_diff_ *, context_);                        \
        (void)b_;                                                                                                    \
        return call_->fn_(call_->context_, STET_CAST_(K const *, key_), a_ != NULL);                                 \
    }

#define STET_SORTED_SET_KEYS_NONE_(name, K)
#define STET_SORTED_SET_KEYS_STR_(name, K)                                                                             \
    STET_SORTED_KEYS_STR_(name)                                                                                        \
    STET_WRAPPER STET_NONNULL_(1) K const *name##_get_bytes(const name *set_, const void *bytes_, size_t size_)        \
    {                                                                                                                  \
        struct stet_bytes key_ = stet_bytes_ordered_(bytes_, size_);                                                   \
        return STET_CAST_(K const *,                                                                                   \
                          stet_sorted_get_(&name##_sorted_type_, &set_->sorted_.tree, &stet_bytes_order_form, &key_)); \
    }                                                                                                                  \
    STET_WRAPPER STET_NONNULL_(1) K const *name##_get_cstr(const name *set_, const char *cstr_)                        \
    {                                                                                                                  \
        return name##_get_bytes(set_, cstr_, stet_cstr_size_(cstr_));                                                  \
    }                                                                                                                  \
    STET_WRAPPER STET_NONNULL_(1)                                                                                      \
        STET_NODISCARD stet_result name##_add_bytes(name *set_, const void *bytes_, size_t size_)                      \
    {                                                                                                                  \
        struct stet_bytes key_ = stet_bytes_ordered_(bytes_, size_);                                                   \
        return stet_sorted_put(&name##_sorted_type_, &set_->sorted_.tree, &stet_bytes_order_form, &key_, NULL,         \
                               STET_SORTED_ADD_);                                                                      \
    }                                                                                                                  \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_add_cstr(name *set_, const char *cstr_)            \
    {                                                                                                                  \
        return name##_add_bytes(set_, cstr_, stet_cstr_size_(cstr_));                                                  \
    }

#endif
