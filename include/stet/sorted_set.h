/* SPDX-License-Identifier: MIT */
/*
 * stet/sorted_set.h - the persistent sorted set: a sorted map whose values have size 0. The rules of sorted_map.h hold
 * here, too.
 *
 *     STET_SORTED_SET(names, stet_str)
 *
 *     names known = {0};
 *     if (!names_add_cstr(&known, "ada"))
 *         return -ENOMEM;
 *
 *     size_t first, n = names_prefix_cstr(&known, "ad", &first); // as many begin with "ad"
 *     names_cursor it = names_cursor_at(&known, first);
 *     for (size_t i = 0; i < n && it.key != NULL; i++, names_next(&it))
 *         offer(stet_str_bytes(it.key));
 *
 * From sorted_map.h: size copy move swap_handles drop drop_later unshared_bytes identical equal has erase without first
 * last cursor_at floor ceiling below above next previous seek seek_after rank count slice slice_at erase_range
 * erase_range_at split join union intersection difference symmetric_difference is_subset trim; in a set of stet_str
 * also prefix, and the forms _bytes and _cstr.
 */
#ifndef STET_SORTED_SET_H
#define STET_SORTED_SET_H

#include <stet/set.h>
#include <stet/sorted_map.h>

/* STET_SORTED_SET(name, K, ktype), or STET_SORTED_SET(name, K): as STET_SORTED_MAP. */
#define STET_SORTED_SET(name, ...) STET_PASTE_(STET_SORTED_SET, STET_FORM_OF_ONES_(__VA_ARGS__))(name, __VA_ARGS__)

/* The same in two steps, like STET_MAP_DECLARE and STET_MAP_DEFINE. */
#define STET_SORTED_SET_DECLARE(name) \
    STET_HANDLE_DECLARE_FIRST_(name, STET_SORTED_SET_DEFINE, _sorted, sorted_, STET_REFCOUNTED)
#define STET_SORTED_SET_DECLARE_LAZY(name) \
    STET_HANDLE_DECLARE_FIRST_(name, STET_SORTED_SET_DEFINE, _sorted, sorted_, STET_REFCOUNTED | STET_LAZY)

/* As STET_SORTED_MAP_VIEW, for a STET_SORTED_SET. */
#define STET_SORTED_SET_VIEW(name, view)                                                                            \
    STET_VIEW_IS_OF_(name, view)                                                                                    \
    STET_SORTED_SET_VIEWS_(name, name##_key_, STET_KEY_VIEW_, STET_RANGE_VIEW_, STET_SORTED_SEEK_VIEW_, view##_of_, \
                           view)

/* ---- the manual: what STET_SORTED_SET(name, K, ktype) makes, beside what sets have in common with maps
 * (sorted_map.h, map.h) and the functions of all handles (impl/handle.h) ---- */

#ifdef STET_MANUAL_SORTED_SET

/* ---- one element ---- */

/* The key is in the set afterwards. STET_UNCHANGED: the set had it already. */
static stet_result name_add(name *set, K key);
/*
 * As name_add(), but the set takes over the caller's reference to the element, whether or not the call succeeds: for an
 * element that is made for the call alone.
 */
static stet_result name_add_owned(name *set, K key);
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
/* The same of a range of ranks. */
static bool name_range_each_at(const name *set, size_t first, size_t end,
                               bool (*fn)(void *context, K const *keys, size_t count), void *context);

/* ---- walks ---- */

/* Calls fn for each element until fn returns false. Returns false if fn did, else true. Faster than a cursor. */
static bool name_each(const name *set, bool (*fn)(void *context, K const *key), void *context);
/* Calls fn for each element; returns `into`. Faster than a cursor. */
static void *name_fold(const name *set, void (*fn)(void *into, K const *key), void *into);
/*
 * Copies all elements, in the order of iteration, to an array that has room for name_size() of them, without retaining
 * them.
 */
static void name_to_array(const name *set, K *keys);

/* ---- many elements ---- */

/* Adds all of these keys as one edit. Fails: STET_NO_MEMORY, and then none of them is added. */
static stet_result name_add_many(name *set, K const *keys, size_t count);
/*
 * *out is a set of these keys. _from_sorted is faster, and requires keys that ascend strictly. The old *out is not
 * dropped. STET_UNCHANGED: count is 0, and *out is empty.
 */
static stet_result name_from_array(K const *keys, size_t count, name *out);
static stet_result name_from_sorted(K const *keys, size_t count, name *out);
/* Adds an element that must come behind all others. Cost: O(log n), without a search: one key is compared. */
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
static stet_result name_with_bytes(const name *in, const void *bytes, size_t size, name *out);
static stet_result name_with_cstr(const name *in, const char *cstr, name *out);
static stet_result name_append_bytes(name *set, const void *bytes, size_t size);
static stet_result name_append_cstr(name *set, const char *cstr);
static bool name_range_each_bytes(const name *set, const void *from, size_t from_size, const void *to, size_t to_size,
                                  bool (*fn)(void *context, K const *keys, size_t count), void *context);
static bool name_range_each_cstr(const name *set, const char *from, const char *to,
                                 bool (*fn)(void *context, K const *keys, size_t count), void *context);

#endif

/* ---- what makes them ---- */

#define STET_SORTED_SET_DEFINE(name, ...) \
    STET_PASTE_(STET_SORTED_SET_DEFINE, STET_FORM_OF_ONES_(__VA_ARGS__))(name, __VA_ARGS__)
#define STET_SORTED_SET_DEFINE_NAMED_(name, K) \
    STET_EXPAND_(STET_SORTED_SET_DEFINE_TYPED_, name, K, STET_DESCRIPTOR_OF_(K))
#define STET_SORTED_SET_DEFINE_WRONG_(name, ...) STET_WRONG_(name, "STET_SORTED_SET_DEFINE", "K", "ktype")
#define STET_SORTED_SET_NAMED_(name, K) STET_EXPAND_(STET_SORTED_SET_TYPED_, name, K, STET_DESCRIPTOR_OF_(K))
#define STET_SORTED_SET_WRONG_(name, ...) STET_WRONG_(name, "STET_SORTED_SET", "K", "ktype")
#define STET_SORTED_SET_TYPED_(name, K, ktype)                                          \
    STET_HANDLE_DECLARE_(name, _sorted, sorted_, STET_HANDLE_FLAGS_(ktype##_flags_, 0)) \
    STET_SORTED_SET_DEFINE_TYPED_(name, K, ktype)

#define STET_SORTED_SET_DEFINE_TYPED_(name, K, ktype) STET_SORTED_SET_DEFINE_(name, K, ktype, STET_NULL_)

/* fold: as of STET_SORTED_MAP_DEFINE_. */
#define STET_SORTED_SET_DEFINE_(name, K, ktype, fold)               \
    enum { name##_is_map_ = 0 };                                    \
    typedef K name##_key_;                                          \
    typedef struct name##_cursor {                                  \
        name##_key_ const *key; /* NULL: there is none */           \
        struct stet_sorted_cursor at_;                              \
    } name##_cursor;                                                \
    STET_SORTED_DESCRIPTOR_(name, K, ktype, 0, STET_NULL_, 0, fold) \
    STET_KEYED_SET_(name, K, _sorted, sorted_.tree_)                \
    STET_SORTED_SET_CURSOR_(name, K)                                \
    STET_SORTED_COMMON_(name, K)                                    \
    STET_SORTED_CURSOR_OF_(name, K)                                 \
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
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_add_owned(name *set_, K key_)                    \
    {                                                                                                                \
        return stet_owned_(name##_add(set_, key_), stet_tree_element_type_(&name##_sorted_type_), &key_);            \
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
        return stet_sorted_append_(&name##_sorted_type_, &set_->sorted_.tree_, NULL, &key_, NULL);                   \
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
    STET_WRAPPER STET_NONNULL_(1) bool name##_runs_within_(                                                          \
        const name *set_, const struct stet_key_view *view_, const void *from_, const void *to_,                     \
        bool (*fn_)(void *context_, K const *keys_, size_t count_), void *context_)                                  \
    {                                                                                                                \
        struct stet_callback_ call_ = STET_CALLBACK_(fn_, context_);                                                 \
        return stet_sorted_range_each_(&name##_sorted_type_, &set_->sorted_.tree_, view_, from_, to_,                \
                                       name##_runs_thunk_, &call_);                                                  \
    }                                                                                                                \
    STET_WRAPPER STET_NONNULL_(1) bool name##_range_each(const name *set_, K const *from_, K const *to_,             \
                                                         bool (*fn_)(void *context_, K const *keys_, size_t count_), \
                                                         void *context_)                                             \
    {                                                                                                                \
        return name##_runs_within_(set_, NULL, from_, to_, fn_, context_);                                           \
    }                                                                                                                \
    STET_WRAPPER STET_NONNULL_(1) bool name##_range_each_at(                                                         \
        const name *set_, size_t first_, size_t end_, bool (*fn_)(void *context_, K const *keys_, size_t count_),    \
        void *context_)                                                                                              \
    {                                                                                                                \
        struct stet_callback_ call_ = STET_CALLBACK_(fn_, context_);                                                 \
        return stet_sorted_range_each_at_(&name##_sorted_type_, &set_->sorted_.tree_, first_, end_,                  \
                                          name##_runs_thunk_, &call_);                                               \
    }

#define STET_SORTED_SET_KEYS_NONE_(name, K)
#define STET_SORTED_SET_KEYS_STR_(name, K)                                                                      \
    STET_SORTED_SET_VIEWS_(name, K, STET_KEY_VIEWS_, STET_RANGE_VIEWS_, STET_SORTED_SEEK_VIEWS_, stet_bytes_of, \
                           stet_bytes_view)                                                                     \
    STET_SORTED_PREFIX_(name, K)
#define STET_SORTED_SET_VIEWS_(name, K, STET_FORMS_, STET_RANGES_, STET_SEEKS_, of, view_type)                   \
    STET_KEYED_VIEWS_(name, _sorted, sorted_.tree_, STET_FORMS_, of, view_type)                                  \
    STET_KEYED_SET_VIEWS_(name, _sorted, sorted_.tree_, STET_FORMS_, of, view_type)                              \
    STET_FORMS_(                                                                                                 \
        of, K const *, name##_get, const name *, set_, STET_NO_MORE_, STET_NO_MORE_,                             \
        STET_CAST_(K const *, stet_sorted_get_(&name##_sorted_type_, &set_->sorted_.tree_, &view_type, &view_))) \
    STET_SORTED_VIEWS_(name, STET_FORMS_, STET_RANGES_, STET_SEEKS_, of, view_type)                              \
    STET_FORMS_(of, STET_NODISCARD stet_result, name##_append, name *, set_, STET_NO_MORE_, STET_NO_MORE_,       \
                stet_sorted_append_(&name##_sorted_type_, &set_->sorted_.tree_, &view_type, &view_, NULL))       \
    STET_RANGES_(of, bool, name##_range_each, const name *, set_,                                                \
                 STET_AND_(bool (*fn_)(void *context_, K const *keys_, size_t count_), void *context_),          \
                 STET_AND_(fn_, context_), name##_runs_within_(set_, &view_type, from_view_, to_view_, fn_, context_))

#endif
