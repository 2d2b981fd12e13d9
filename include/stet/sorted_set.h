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
 *
 *     for (names_cursor it = names_ceiling_cstr(&known, "ad"); it.key != NULL; names_next(&it)) {
 *         if (strncmp(stet_str_bytes(it.key), "ad", 2) != 0)
 *             break;                                     // it is behind all keys that begin with "ad"
 *         offer(stet_str_bytes(it.key));
 *     }
 *     size_t n = names_rank_cstr(&known, "ae") - names_rank_cstr(&known, "ad"); // how many keys begin with "ad"
 *
 * From sorted_map.h: size copy move swap_handles drop drop_later unshared_bytes identical equal has erase without first
 * last cursor_at floor ceiling below above next previous seek seek_after rank count slice slice_at erase_range split
 * join union intersection difference symmetric_difference is_subset trim; in a set of stet_str also the forms _bytes
 * and _cstr.
 */
#ifndef STET_SORTED_SET_H
#define STET_SORTED_SET_H

#include <stet/set.h>
#include <stet/sorted_map.h>

#define STET_SORTED_SET(name, K, ktype)                                                 \
    STET_HANDLE_DECLARE_(name, _sorted, sorted_, STET_HANDLE_FLAGS_(ktype##_flags_, 0)) \
    STET_SORTED_SET_DEFINE(name, K, ktype)

/* The same in two steps, like STET_MAP_DECLARE and STET_MAP_DEFINE. */
#define STET_SORTED_SET_DECLARE(name) STET_HANDLE_DECLARE_(name, _sorted, sorted_, STET_REFCOUNTED)
#define STET_SORTED_SET_DECLARE_LAZY(name) STET_HANDLE_DECLARE_(name, _sorted, sorted_, STET_REFCOUNTED | STET_LAZY)

/* ---- the manual: what STET_SORTED_SET(name, K, ktype) makes, beside what sets have in common with maps
 * (sorted_map.h, map.h) and the functions of all handles (impl/handle.h) ---- */

#ifdef STET_MANUAL_SORTED_SET

/* ---- one element ---- */

/* The key is in the set afterwards. STET_UNCHANGED: the set had it already. */
static stet_result name_add(name *set, K key);
/* Returns the set's own element that is equal to the key, borrowed, or NULL if there is none. */
static K const *name_get(const name *set, K key);
/* *out is *in with the key; out may be in. The old *out is dropped. STET_UNCHANGED: *out is the version of *in. */
static stet_result name_with(const name *in, K key, name *out);

/* ---- order ---- */

/* Returns the element of this rank, borrowed. */
static K const *name_at(const name *set, size_t rank);
/*
 * Remove the element of this rank, the first element, or the last, and move it, with its reference, to *key; if `key`
 * is NULL, the element is released. STET_UNCHANGED: the set was empty.
 */
static stet_result name_pop_at(name *set, size_t rank, K *key);
static stet_result name_pop_first(name *set, K *key);
static stet_result name_pop_last(name *set, K *key);

/* ---- ranges ---- */

/*
 * Calls fn for runs of elements of a range, in order, until fn returns false. Returns false if fn did, else true. The
 * `count` elements of a run lie side by side.
 */
static bool name_range_each(const name *set, K const *from, K const *to,
                            bool (*fn)(void *context, K const *keys, size_t count), void *context);

/* ---- walks ---- */

/* Calls fn for each element until fn returns false. Returns false if fn did, else true. Faster than a cursor. */
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
/*
 * Keeps the elements for which `keep` returns true. STET_UNCHANGED: no element was removed, and the version is the
 * same.
 */
static stet_result name_filter(name *set, bool (*keep)(void *context, K const *key), void *context);

/* ---- two sets ---- */

/*
 * Calls fn for each element that only one of the sets has, in order, until fn returns false. Returns false if fn did,
 * else true. in_a: whether the set with the element is a.
 */
static bool name_diff(const name *a, const name *b, bool (*fn)(void *context, K const *key, bool in_a), void *context);

/* ---- keys as bytes: in a set whose ktype is stet_str_type ---- */

/*
 * Like the functions without the suffix, for a key given as bytes, or as a C string. A stet_str is made only for a key
 * that is added.
 */
static K const *name_get_bytes(const name *set, const void *bytes, size_t size);
static K const *name_get_cstr(const name *set, const char *cstr);
static stet_result name_add_bytes(name *set, const void *bytes, size_t size);
static stet_result name_add_cstr(name *set, const char *cstr);

#endif

/* ---- what makes them ---- */

#define STET_SORTED_SET_DEFINE(name, K, ktype) STET_SORTED_SET_DEFINE_(name, K, ktype, STET_NULL_)

/* fold: as of STET_SORTED_MAP_DEFINE_. */
#define STET_SORTED_SET_DEFINE_(name, K, ktype, fold)               \
    typedef K name##_key_;                                          \
    typedef struct name##_cursor {                                  \
        name##_key_ const *key; /* NULL: there is none */           \
        struct stet_sorted_cursor at_;                              \
    } name##_cursor;                                                \
    STET_SORTED_DESCRIPTOR_(name, K, ktype, 0, STET_NULL_, 0, fold) \
    STET_KEYED_SET_(name, K, _sorted, sorted_.tree_)                \
    STET_SORTED_SET_CURSOR_(name, K)                                \
    STET_SORTED_COMMON_(name, K)                                    \
    STET_SORTED_SET_SOME_(name, K)                                  \
    STET_KEY_VIEWS_FOR_(ktype, STET_SORTED_SET)(name, K)

#define STET_SORTED_SET_CURSOR_(name, K)                                                            \
    STET_WRAPPER STET_NONNULL_(1) void name##_cursor_show_(name##_cursor *it_)                      \
    {                                                                                               \
        it_->key = STET_CAST_(K const *, stet_sorted_cursor_key_(&name##_sorted_type_, &it_->at_)); \
    }

#define STET_SORTED_SET_SOME_(name, K)                                                                               \
    STET_WRAPPER STET_NONNULL_(1) K const *name##_get(const name *set_, K key_)                                      \
    {                                                                                                                \
        return STET_CAST_(K const *, stet_sorted_get_(&name##_sorted_type_, &set_->sorted_.tree_, NULL, &key_));     \
    }                                                                                                                \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_pop_at(name *set_, size_t rank_, K *key_)        \
    {                                                                                                                \
        return stet_sorted_erase_at_(&name##_sorted_type_, &set_->sorted_.tree_, rank_, key_, NULL);                 \
    }                                                                                                                \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_pop_first(name *set_, K *key_)                   \
    {                                                                                                                \
        return stet_sorted_pop_(&name##_sorted_type_, &set_->sorted_.tree_, 0, key_, NULL);                          \
    }                                                                                                                \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_pop_last(name *set_, K *key_)                    \
    {                                                                                                                \
        return stet_sorted_pop_(&name##_sorted_type_, &set_->sorted_.tree_, name##_size(set_) - 1u, key_, NULL);     \
    }                                                                                                                \
    STET_WRAPPER STET_NONNULL_(3)                                                                                    \
        STET_NODISCARD stet_result name##_from_sorted(K const *keys_, size_t count_, name *out_)                     \
    {                                                                                                                \
        return stet_sorted_from_sorted_(&name##_sorted_type_, &out_->sorted_.tree_, keys_, NULL, count_);            \
    }                                                                                                                \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_append(name *set_, K key_)                       \
    {                                                                                                                \
        return stet_sorted_append_(&name##_sorted_type_, &set_->sorted_.tree_, &key_, NULL);                         \
    }                                                                                                                \
    STET_WRAPPER STET_NONNULL_(1) K const *name##_at(const name *set_, size_t rank_)                                 \
    {                                                                                                                \
        assert(rank_ < name##_size(set_));                                                                           \
        return name##_cursor_at(set_, rank_).key;                                                                    \
    }                                                                                                                \
    STET_WRAPPER bool name##_runs_thunk_(void *call_, const void *keys_, const void *values_, size_t n_)             \
    {                                                                                                                \
        (void)values_;                                                                                               \
        return STET_CALL_(bool (*)(void *, K const *, size_t), call_, STET_CAST_(K const *, keys_), n_);             \
    }                                                                                                                \
    STET_WRAPPER STET_NONNULL_(1) bool name##_range_each(const name *set_, K const *from_, K const *to_,             \
                                                         bool (*fn_)(void *context_, K const *keys_, size_t count_), \
                                                         void *context_)                                             \
    {                                                                                                                \
        struct stet_callback_ call_ = STET_CALLBACK_(fn_, context_);                                                 \
        return stet_sorted_range_each_(&name##_sorted_type_, &set_->sorted_.tree_, from_, to_, name##_runs_thunk_,   \
                                       &call_);                                                                      \
    }

#define STET_SORTED_SET_KEYS_NONE_(name, K)
#define STET_SORTED_SET_KEYS_STR_(name, K)                                                                             \
    STET_KEYED_VIEWS_(name, _sorted, sorted_.tree_, stet_bytes_of, stet_bytes_view)                                    \
    STET_KEYED_SET_VIEWS_(name, _sorted, sorted_.tree_, stet_bytes_of, stet_bytes_view)                                \
    STET_KEY_VIEWS_(                                                                                                   \
        stet_bytes_of, K const *, name##_get, const name *, set_, STET_NO_MORE_, STET_NO_MORE_,                        \
        STET_CAST_(K const *, stet_sorted_get_(&name##_sorted_type_, &set_->sorted_.tree_, &stet_bytes_view, &view_))) \
    STET_SORTED_VIEWS_(name)

#endif
