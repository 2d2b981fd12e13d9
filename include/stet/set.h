/* SPDX-License-Identifier: MIT */
/*
 * stet/set.h - the persistent hash set: a map whose values have size 0. Handles, ownership, failure, cost and threads
 * are as in map.h.
 *
 *     STET_SET(ids, uint64_t, stet_u64)
 *
 *     ids seen = {0};
 *     if (!ids_add(&seen, 7))
 *         return -ENOMEM;
 *     bool again = ids_has(&seen, 7);
 */
#ifndef STET_SET_H
#define STET_SET_H

#include <stet/map.h>

/* Defines the type `name` and its functions, which are declared below. K, ktype: as in STET_MAP. */
#define STET_SET(name, K, ktype)                                           \
    STET_HANDLE_DECLARE_(name, map, STET_HANDLE_FLAGS_(ktype##_flags_, 0)) \
    STET_SET_DEFINE(name, K, ktype)

/* In two steps, as STET_MAP_DECLARE and STET_MAP_DEFINE. */
#define STET_SET_DECLARE(name) STET_HANDLE_DECLARE_(name, map, STET_REFCOUNTED)
#define STET_SET_DECLARE_LAZY(name) STET_HANDLE_DECLARE_(name, map, STET_REFCOUNTED | STET_LAZY)

/*
 * ---- the manual: what STET_SET(name, K, ktype) makes, beside the functions of all handles (impl/handle.h) and those
 * that maps and sets have in common (map.h) ----
 */

#ifdef STET_MANUAL_SET

/* ---- one element ---- */

/* The key is in the set afterwards. STET_UNCHANGED: it was. */
static stet_result name_add(name *set, K key);
/* Returns the set's own element that is equal to the key, borrowed. NULL: there is none. */
static K const *name_get(const name *set, K key);
/* *out is *in with the key; out may be in. STET_UNCHANGED: *out is the version of *in. */
static stet_result name_with(const name *in, K key, name *out);

/* ---- many elements ---- */

/* Adds all of these keys as one edit. Fails: STET_NO_MEMORY, and then none of them is added. */
static stet_result name_add_many(name *set, K const *keys, size_t count);
/* *out is a set of these keys. STET_UNCHANGED: count is 0, and *out is empty. */
static stet_result name_from_array(K const *keys, size_t count, name *out);

/* ---- walks ---- */

/*
 * A walk over the elements: for (name_cursor it = name_first(&s); it.key != NULL; name_next(&it)) use(*it.key);
 * Its member key (K const *) is borrowed from the set; it is NULL at the end.
 */
typedef struct name_cursor name_cursor;
/* Returns a cursor at the first element; at the end if the set is empty. */
static name_cursor name_first(const name *set);
/* Moves the cursor to the next element; from the last one, to the end. At the end: misuse, as reading *it.key is. */
static void name_next(name_cursor *iter);
/* Calls fn for each element until fn returns false; returns whether it never did. Faster than a cursor. */
static bool name_each(const name *set, bool (*fn)(void *context, K const *key), void *context);
/* Calls fn for each element; returns `into`. Faster than a cursor. */
static void *name_fold(const name *set, void (*fn)(void *into, K const *key), void *into);

/* ---- whole sets ---- */

/* Keeps the elements that `keep` returns true of. STET_UNCHANGED: it removed none, and the version is the same. */
static stet_result name_filter(name *set, bool (*keep)(void *context, K const *key), void *context);
/*
 * Calls fn for each element that only one of the sets has until fn returns false; returns whether it never did. in_a:
 * whether a has the element. Cost: O(differences x log n) for versions of one set.
 */
static bool name_diff(const name *a, const name *b, bool (*fn)(void *context, K const *key, bool in_a), void *context);

/* ---- keys as bytes: in a set whose ktype is stet_str_type ---- */

/*
 * As name_add(). _bytes takes any bytes and their number, _cstr a C string, which is not NULL. These functions make a
 * string only where they add it.
 */
static stet_result name_add_bytes(name *set, const void *bytes, size_t size);
static stet_result name_add_cstr(name *set, const char *cstr);

#endif

/* ---- what makes them ---- */

#define STET_SET_DEFINE(name, K, ktype)                                                                        \
    STET_ELEMENT_IS_DESCRIBED_(name, K, ktype)                                                                 \
    STET_STATIC_ASSERT(STET_ALIGNOF(K) <= STET_MAX_ALIGN, #name ": elements are aligned to 16 bytes at most"); \
    typedef K name##_key_;                                                                                     \
    typedef struct name##_cursor {                                                                             \
        name##_key_ const *key;                                                                                \
        struct stet_map_cursor at_;                                                                            \
    } name##_cursor;                                                                                           \
    STET_MAP_DESCRIPTOR_(name, ktype, 0, &stet_unit_, sizeof(K), sizeof(K))                                    \
    STET_HANDLE_(name, map)                                                                                    \
    STET_MAP_COMMON_(name, K)                                                                                  \
    STET_SET_SOME_(name, K)                                                                                    \
    STET_SET_THUNKS_(name, K)                                                                                  \
    STET_SET_WALKS_(name, K)                                                                                   \
    STET_KEY_VIEWS_FOR_(ktype, SET)(name)

#define STET_SET_SOME_(name, K)                                                                                   \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_add(name *set_, K key_)                       \
    {                                                                                                             \
        return stet_map_put_(&name##_map_type_, &set_->map_, NULL, &key_, &key_, STET_MAP_ADD);                   \
    }                                                                                                             \
    STET_WRAPPER STET_NONNULL_(1) K const *name##_get(const name *set_, K key_)                                   \
    {                                                                                                             \
        return STET_CAST_(K const *, stet_map_find(&name##_map_type_, NULL, set_->map_.root,                      \
                                                   stet_map_hash_key(&name##_map_type_, NULL, &key_, 0), &key_)); \
    }                                                                                                             \
    STET_WRAPPER STET_NONNULL_(1, 3) STET_NODISCARD stet_result name##_with(const name *in_, K key_, name *out_)  \
    {                                                                                                             \
        return stet_map_with_(&name##_map_type_, &in_->map_, &out_->map_, &key_, &key_);                          \
    }                                                                                                             \
    STET_WRAPPER STET_NONNULL_(1)                                                                                 \
        STET_NODISCARD stet_result name##_add_many(name *set_, K const *keys_, size_t count_)                     \
    {                                                                                                             \
        return stet_map_set_many(&name##_map_type_, &set_->map_, keys_, keys_, count_);                           \
    }                                                                                                             \
    STET_WRAPPER STET_NONNULL_(3)                                                                                 \
        STET_NODISCARD stet_result name##_from_array(K const *keys_, size_t count_, name *out_)                   \
    {                                                                                                             \
        return stet_map_from_array_(&name##_map_type_, &out_->map_, keys_, keys_, count_);                        \
    }

/* Thunks: the library calls these untyped functions, and they call the user's typed callbacks. */
#define STET_SET_THUNKS_(name, K)                                                                             \
    STET_INLINE bool name##_each_thunk_(void *call_, const void *key_, const void *value_)                    \
    {                                                                                                         \
        (void)value_;                                                                                         \
        return STET_CALL_(bool (*)(void *, K const *), call_, STET_CAST_(K const *, key_));                   \
    }                                                                                                         \
    STET_INLINE bool name##_fold_thunk_(void *call_, const void *key_, const void *value_)                    \
    {                                                                                                         \
        (void)value_;                                                                                         \
        STET_CALL_(void (*)(void *, K const *), call_, STET_CAST_(K const *, key_));                          \
        return true;                                                                                          \
    }                                                                                                         \
    STET_WRAPPER enum stet_map_fate name##_filter_thunk_(void *call_, const void *key_, const void *old_,     \
                                                         void *value_)                                        \
    {                                                                                                         \
        (void)value_;                                                                                         \
        return stet_map_fate_(name##_each_thunk_(call_, key_, old_));                                         \
    }                                                                                                         \
    STET_WRAPPER bool name##_diff_thunk_(void *call_, const void *key_, const void *a_, const void *b_)       \
    {                                                                                                         \
        (void)b_;                                                                                             \
        return STET_CALL_(bool (*)(void *, K const *, bool), call_, STET_CAST_(K const *, key_), a_ != NULL); \
    }

#define STET_SET_WALKS_(name, K)                                                                                 \
    STET_WRAPPER STET_NONNULL_(1) void name##_cursor_show_(name##_cursor *iter_)                                 \
    {                                                                                                            \
        iter_->key = STET_CAST_(K const *, STET_CAST_(const void *, iter_->at_.entry));                          \
    }                                                                                                            \
    STET_WRAPPER STET_NONNULL_(1) name##_cursor name##_first(const name *set_)                                   \
    {                                                                                                            \
        name##_cursor iter_;                                                                                     \
        stet_map_cursor_start(&name##_map_type_, set_->map_.root, &iter_.at_);                                   \
        name##_cursor_show_(&iter_);                                                                             \
        return iter_;                                                                                            \
    }                                                                                                            \
    STET_WRAPPER STET_NONNULL_(1) void name##_next(name##_cursor *iter_)                                         \
    {                                                                                                            \
        STET_CHECK_(iter_->key != NULL, #name "_cursor", STET_RULE_END_);                                        \
        stet_map_cursor_next(&name##_map_type_, &iter_->at_);                                                    \
        name##_cursor_show_(iter_);                                                                              \
    }                                                                                                            \
    STET_WRAPPER STET_NONNULL_(1) bool name##_each(const name *set_, bool (*fn_)(void *context_, K const *key_), \
                                                   void *context_)                                               \
    {                                                                                                            \
        struct stet_callback_ call_ = STET_CALLBACK_(fn_, context_);                                             \
        return stet_map_each_(&name##_map_type_, &set_->map_, name##_each_thunk_, &call_);                       \
    }                                                                                                            \
    STET_WRAPPER STET_NONNULL_(1) void *name##_fold(const name *set_, void (*fn_)(void *into_, K const *key_),   \
                                                    void *into_)                                                 \
    {                                                                                                            \
        struct stet_callback_ call_ = STET_CALLBACK_(fn_, into_);                                                \
        (void)stet_map_each_(&name##_map_type_, &set_->map_, name##_fold_thunk_, &call_);                        \
        return into_;                                                                                            \
    }                                                                                                            \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_filter(                                      \
        name *set_, bool (*keep_)(void *context_, K const *key_), void *context_)                                \
    {                                                                                                            \
        struct stet_callback_ call_ = STET_CALLBACK_(keep_, context_);                                           \
        return stet_map_transform(&name##_map_type_, &set_->map_, name##_filter_thunk_, &call_);                 \
    }                                                                                                            \
    STET_WRAPPER STET_NONNULL_(1, 2) bool name##_diff(                                                           \
        const name *a_, const name *b_, bool (*fn_)(void *context_, K const *key_, bool in_a_), void *context_)  \
    {                                                                                                            \
        struct stet_callback_ call_ = STET_CALLBACK_(fn_, context_);                                             \
        return stet_map_diff(&name##_map_type_, &a_->map_, &b_->map_, name##_diff_thunk_, &call_);               \
    }

#define STET_SET_KEYS_NONE_(name)
#define STET_SET_KEYS_STR_(name)                                                                        \
    STET_MAP_COMMON_KEYS_STR_(name)                                                                     \
    STET_KEY_VIEWS_(STET_NODISCARD stet_result, name##_add, name *, set_, STET_NO_MORE_, STET_NO_MORE_, \
                    stet_map_put_(&name##_map_type_, &set_->map_, &stet_bytes_view, &view_, &view_, STET_MAP_ADD))

#endif
