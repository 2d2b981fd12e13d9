/* SPDX-License-Identifier: MIT */
/*
 * stet/set.h - the persistent hash set: a map whose values have size 0. Handles, ownership, failure, cost and threads
 * are as in map.h.
 *
 *     STET_SET(ids, uint64_t)
 *
 *     ids seen = {0};
 *     if (!ids_add(&seen, 7))
 *         return -ENOMEM;
 *     bool again = ids_has(&seen, 7);
 */
#ifndef STET_SET_H
#define STET_SET_H

#include <stet/map.h>

/*
 * Defines the type `name` and its functions, which are declared below. K and ktype are as for STET_MAP: STET_SET(name,
 * K, ktype), or STET_SET(name, K) if K is one word.
 */
#define STET_SET(name, ...) STET_PASTE_(STET_SET, STET_FORM_OF_ONES_(__VA_ARGS__))(name, __VA_ARGS__)

/* The same in two steps, as STET_MAP_DECLARE and STET_MAP_DEFINE. */
#define STET_SET_DECLARE(name) STET_HANDLE_DECLARE_FIRST_(name, STET_SET_DEFINE, _map, map_, STET_REFCOUNTED)
#define STET_SET_DECLARE_LAZY(name) \
    STET_HANDLE_DECLARE_FIRST_(name, STET_SET_DEFINE, _map, map_, STET_REFCOUNTED | STET_LAZY)

/* As STET_MAP_VIEW, for a STET_SET. */
#define STET_SET_VIEW(name, view) \
    STET_VIEW_IS_OF_(name, view)  \
    STET_SET_VIEWS_(name, name##_key_, STET_KEY_VIEW_, view##_of_, view)

/*
 * ---- the manual: what STET_SET(name, K, ktype) makes, beside the functions of all handles (impl/handle.h) and those
 * that maps and sets have in common (map.h) ----
 */

#ifdef STET_MANUAL_SET

/* ---- one element ---- */

/* The key is in the set afterwards. STET_UNCHANGED: it was in the set before. */
static stet_result name_add(name *set, K key);
/*
 * As name_add(), but the set takes over the caller's reference to the element, whether or not the call succeeds: for an
 * element that is made for the call alone.
 */
static stet_result name_add_owned(name *set, K key);
/* Returns the element of the set that is equal to the key, borrowed, or NULL if there is none. */
static K const *name_get(const name *set, K key);
/* *out becomes *in with the key; out may be in. STET_UNCHANGED: *out is the version of *in. */
static stet_result name_with(const name *in, K key, name *out);

/* ---- many elements ---- */

/* Adds all of these keys as one edit. Fails: STET_NO_MEMORY, and then none of them is added. */
static stet_result name_add_many(name *set, K const *keys, size_t count);
/* *out becomes a set of these keys. STET_UNCHANGED: count is 0, and *out is empty. */
static stet_result name_from_array(K const *keys, size_t count, name *out);

/* ---- walks ---- */

/*
 * A walk over the elements: for (name_cursor it = name_first(&s); it.key != NULL; name_next(&it)) use(*it.key);
 * Its member key (K const *) is borrowed from the set; it is NULL at the end.
 */
typedef struct name_cursor name_cursor;
/* Returns a cursor at the first element, or at the end if the set is empty. */
static name_cursor name_first(const name *handle);
/*
 * Returns a cursor at the key's entry, from which name_next() goes on in the order of iteration, or one at the end if
 * the key is absent.
 */
static name_cursor name_cursor_of(const name *handle, K key);
/* As name_cursor_of(), if ktype is stet_str_type. */
static name_cursor name_cursor_of_bytes(const name *handle, const void *bytes, size_t size);
static name_cursor name_cursor_of_cstr(const name *handle, const char *cstr);
/*
 * Moves the cursor to the next element, or from the last one to the end. At the end it is misuse to call this, or to
 * read *it.key.
 */
static void name_next(name_cursor *cursor);
/* Calls fn for each element until fn returns false. Returns false if fn did, else true. Faster than a cursor. */
static bool name_each(const name *set, bool (*fn)(void *context, K const *key), void *context);
/* Calls fn for each element; returns `into`. Faster than a cursor. */
static void *name_fold(const name *set, void (*fn)(void *into, K const *key), void *into);
/*
 * Copies all elements, in the order of iteration, to an array that has room for name_size() of them, without retaining
 * them.
 */
static void name_to_array(const name *set, K *keys);

/* ---- whole sets ---- */

/*
 * Keeps the elements for which `keep` returns true. STET_UNCHANGED: no element was removed, and the version is the
 * same.
 */
static stet_result name_filter(name *set, bool (*keep)(void *context, K const *key), void *context);
/*
 * Calls fn for each element that only one of the sets has, until fn returns false. Returns false if fn did, else true.
 * in_a says whether that set is a. Cost: O(differences x log n) for versions of one set.
 */
static bool name_diff(const name *a, const name *b, bool (*fn)(void *context, K const *key, bool in_a), void *context);

/* ---- keys as bytes: in a set whose ktype is stet_str_type ---- */

/*
 * These functions do the same as those without the suffix. _bytes takes any bytes and their number; _cstr takes a C
 * string, which is not NULL. A string is made only where it is added.
 */
static K const *name_get_bytes(const name *set, const void *bytes, size_t size);
static K const *name_get_cstr(const name *set, const char *cstr);
static stet_result name_add_bytes(name *set, const void *bytes, size_t size);
static stet_result name_add_cstr(name *set, const char *cstr);
static stet_result name_with_bytes(const name *in, const void *bytes, size_t size, name *out);
static stet_result name_with_cstr(const name *in, const char *cstr, name *out);

#endif

/* ---- what makes them ---- */

#define STET_SET_DEFINE(name, ...) STET_PASTE_(STET_SET_DEFINE, STET_FORM_OF_ONES_(__VA_ARGS__))(name, __VA_ARGS__)
#define STET_SET_DEFINE_NAMED_(name, K) STET_EXPAND_(STET_SET_DEFINE_TYPED_, name, K, STET_DESCRIPTOR_OF_(K))
#define STET_SET_DEFINE_WRONG_(name, ...) STET_WRONG_(name, "STET_SET_DEFINE", "K", "ktype")
#define STET_SET_NAMED_(name, K) STET_EXPAND_(STET_SET_TYPED_, name, K, STET_DESCRIPTOR_OF_(K))
#define STET_SET_WRONG_(name, ...) STET_WRONG_(name, "STET_SET", "K", "ktype")
#define STET_SET_TYPED_(name, K, ktype)                                           \
    STET_HANDLE_DECLARE_(name, _map, map_, STET_HANDLE_FLAGS_(ktype##_flags_, 0)) \
    STET_SET_DEFINE_TYPED_(name, K, ktype)

#define STET_SET_DEFINE_TYPED_(name, K, ktype)                                                                 \
    STET_ELEMENT_IS_DESCRIBED_(name, K, ktype)                                                                 \
    STET_STATIC_ASSERT(STET_ALIGNOF(K) <= STET_MAX_ALIGN, #name ": elements are aligned to 16 bytes at most"); \
    enum { name##_is_map_ = 0 };                                                                               \
    typedef K name##_key_;                                                                                     \
    typedef struct name##_cursor {                                                                             \
        name##_key_ const *key;                                                                                \
        struct stet_map_cursor at_;                                                                            \
    } name##_cursor;                                                                                           \
    STET_MAP_DESCRIPTOR_(name, ktype, 0, &stet_unit_, sizeof(K), sizeof(K))                                    \
    STET_HANDLE_(name, _map, map_)                                                                             \
    STET_KEYED_SET_(name, K, _map, map_)                                                                       \
    STET_SET_SOME_(name, K)                                                                                    \
    STET_MAP_CURSOR_OF_(name, K)                                                                               \
    STET_MAP_CURSORS_(name)                                                                                    \
    STET_KEY_VIEWS_FOR_(ktype, STET_SET)(name, K)

#define STET_SET_SOME_(name, K)                                                                       \
    STET_WRAPPER STET_NONNULL_(1) K const *name##_get(const name *set_, K key_)                       \
    {                                                                                                 \
        return STET_CAST_(K const *, stet_map_get_key_(&name##_map_type_, &set_->map_, NULL, &key_)); \
    }                                                                                                 \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_add_owned(name *set_, K key_)     \
    {                                                                                                 \
        return stet_owned_(name##_add(set_, key_), name##_map_type_.key, &key_);                      \
    }                                                                                                 \
    STET_WRAPPER STET_NONNULL_(1) void name##_cursor_show_(name##_cursor *cursor_)                    \
    {                                                                                                 \
        cursor_->key = STET_CAST_(K const *, stet_map_cursor_key_(&cursor_->at_));                    \
    }

#define STET_SET_KEYS_NONE_(name, K)
#define STET_SET_KEYS_STR_(name, K) STET_SET_VIEWS_(name, K, STET_KEY_VIEWS_, stet_bytes_of, stet_bytes_view)
#define STET_SET_VIEWS_(name, K, STET_FORMS_, of, view_type)                                                  \
    STET_KEYED_VIEWS_(name, _map, map_, STET_FORMS_, of, view_type)                                           \
    STET_KEYED_SET_VIEWS_(name, _map, map_, STET_FORMS_, of, view_type)                                       \
    STET_FORMS_(of, K const *, name##_get, const name *, set_, STET_NO_MORE_, STET_NO_MORE_,                  \
                STET_CAST_(K const *, stet_map_get_key_(&name##_map_type_, &set_->map_, &view_type, &view_))) \
    STET_MAP_CURSOR_VIEWS_(name, STET_FORMS_, of, view_type)

#endif
