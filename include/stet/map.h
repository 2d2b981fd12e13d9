/* SPDX-License-Identifier: MIT */
/*
 * stet/map.h - the persistent hash map.
 *
 *     STET_MAP(conn_map, int, struct conn *, stet_int, stet_ptr)
 *
 *     conn_map live = {0};
 *     if (!conn_map_set(&live, c->fd, c))
 *         return -ENOMEM;                                // live is as it was
 *     conn_map before = conn_map_copy(&live);            // O(1)
 *     bool closed = conn_map_erase(&live, c->fd);          // before still has it; false: no memory
 *
 *     conn_map_drop(&live);
 *     conn_map_drop(&before);
 *
 * Handles. {0} is an empty map (in C++ write {}, for which -Wextra gives no warning). A handle may be moved by
 * assignment (the old variable must not be used any more), but only _copy() makes a second handle. A function that
 * takes `name *` may change that handle and no other. Nodes that no other version shares it edits in place; otherwise
 * it copies the path (O(log n) nodes), so that other versions do not change. _drop() ends a handle. A version of which
 * 2^31 handles were never dropped is never freed.
 *
 * Ownership. The map retains what it stores; the caller keeps its own reference. Pointers from _get, _edit and cursors
 * are borrowed: they are valid until the next call that may change or drop that handle. To change a map during an
 * iteration, iterate over a copy. An argument may be borrowed from the map, and may contain a handle of the map, copied
 * or not: that handle stands for the version before the call.
 *
 * Result parameters stand last. Their old contents are overwritten, and neither dropped nor released. There is one
 * exception: a function that makes a version of this collection from others (const name *) drops the old `*out`,
 * because out may point to one of the others. So before such a call *out must be {0} or hold a version, and must not be
 * uninitialised memory.
 *
 * Fails: unless said otherwise, a function that returns stet_result returns STET_NO_MEMORY (0) when memory or the
 * budget (pool.h) is spent, or the collection would become too large; the contents are then as before (nodes may have
 * been copied by then, so _identical may return false). A call that changes nothing returns STET_UNCHANGED and
 * allocates no node, and the handle stays the same version. A call that succeeds leaves errno as it was.
 *
 * Cost: get, set and erase take expected O(log n), with a base of 64; if the hashes of keys collide, which only
 * somebody who knows the seed can force, at most O(colliding keys). Iteration takes O(n). Its order is that of the
 * hashes, and is the same for a version and its copies.
 *
 * Threads: distinct handles may be used by any threads at once, whatever they share. One handle may be used like an
 * int: by many readers at once, or by one writer.
 *
 * Callbacks: hash, equal and retain must not touch the handle being edited; release may call the library. The
 * functions given to _update, _filter, _map_values and _merge run before the handles are changed and must not change
 * these maps.
 */
#ifndef STET_MAP_H
#define STET_MAP_H

#include <stet/impl/handle.h>
#include <stet/impl/keyed.h>
#include <stet/impl/map_body.h>
#include <stet/str.h>

/*
 * Defines the type `name` and its functions. K and V are types of which `K const *` is a pointer type. ktype and vtype
 * are the names of their descriptors (type.h):
 *
 *     STET_MAP(name, K, V)                     K and V are one word each, as in STET_MAP(ages, stet_str, int), and
 *                                              follow "Names" of type.h
 *     STET_MAP(name, K, V, ktype, vtype)       any types, as in STET_MAP(conn_map, int, struct conn *, stet_int,
 * stet_ptr)
 *
 * The functions are declared below, for readers and for tools, with `name`, K and V in place of your arguments: after
 * STET_MAP(conn_map, int, struct conn *, stet_int, stet_ptr), name_get() is conn_map_get(), and takes an int. The test
 * `manual` compares those declarations with what the macro makes.
 *
 * Names. Parameters, variables and private members of the generated functions end in an underscore, and so does every
 * generated name that you must not use: your types and variables may have any name that does not end in one. The
 * declarations below leave that underscore out.
 */
#define STET_MAP(name, ...) STET_PASTE_(STET_MAP, STET_FORM_OF_PAIRS_(__VA_ARGS__))(name, __VA_ARGS__)

/*
 * The same in two steps. DECLARE makes the handle type, and needs no element type (for cheap headers, and recursive
 * structures). DEFINE makes the functions. As an element of another collection such a map is prompt (type.h). With
 * DECLARE_LAZY it is lazy; its elements must then be lazy, too, or have no release.
 */
#define STET_MAP_DECLARE(name) STET_HANDLE_DECLARE_FIRST_(name, STET_MAP_DEFINE, _map, map_, STET_REFCOUNTED)
#define STET_MAP_DECLARE_LAZY(name) \
    STET_HANDLE_DECLARE_FIRST_(name, STET_MAP_DEFINE, _map, map_, STET_REFCOUNTED | STET_LAZY)

/*
 * Defines the functions of `name`, a STET_MAP, that take keys as the view says (type.h, STET_KEY_VIEW): name_get_view()
 * and its like, one for each function that has a form _bytes where keys are strings. A key is made only where it is
 * added.
 */
#define STET_MAP_VIEW(name, view) \
    STET_VIEW_IS_OF_(name, view)  \
    STET_MAP_VIEWS_(name, name##_value_, STET_KEY_VIEW_, view##_of_, view)

/* ---- the manual: what STET_MAP(name, K, V, ktype, vtype) makes, beside the handle's functions (impl/handle.h) ---- */

#if defined(STET_MANUAL_MAP) || defined(STET_MANUAL_SORTED_MAP) || defined(STET_MANUAL_SORTED_FOLD)

/* ---- one key ---- */

/* Returns the value of the key, borrowed, or NULL if the key is absent. */
static V const *name_get(const name *map, K key);
/* Returns the value of the key, copied but not retained, or `otherwise` if the key is absent. */
static V name_get_or(const name *map, K key, V otherwise);
/* The key has this value afterwards. STET_UNCHANGED: it had an equal value, which stays. */
static stet_result name_set(name *map, K key, V value);
/* The key is in the map afterwards. If it was absent, it has this value. STET_UNCHANGED: it was in the map. */
static stet_result name_add(name *map, K key, V value);
/* If the key is there, it has this value afterwards. STET_UNCHANGED: it is absent, or had an equal value. */
static stet_result name_replace(name *map, K key, V value);
/*
 * As name_set(), but the map takes over the caller's reference to the value, whether or not the call succeeds: for a
 * value that is made for the call alone. The reference to the key stays the caller's.
 */
static stet_result name_set_owned(name *map, K key, V value);
/*
 * *value points to the key's value, which you may write until the next call on this map. STET_CHANGED: the key was
 * absent, and has been added with a value of zeros. STET_UNCHANGED: the key was there; its path is exclusive to this
 * map now, whether or not you write to the value. If you overwrite a reference-counted value, release the old one
 * yourself. The new value must not hold a copy of this map that was made after this call: the map would hold itself.
 */
static stet_result name_edit(name *map, K key, V **value);
/*
 * Replaces the key's value by one that fn makes: fn gets the old value (NULL: the key is absent), and fills in *value,
 * with a reference that the map takes over.
 */
static stet_result name_update(name *map, K key, void (*fn)(void *context, V const *old, V *value), void *context);
/*
 * Removes the key, and moves its value, with its reference, to *value; if `value` is NULL, the value is released.
 * STET_UNCHANGED: the key was absent, and *value is untouched.
 */
static stet_result name_pop(name *map, K key, V *value);
/* *out becomes *in with this value for the key; out may be in. STET_UNCHANGED: *out is the version of *in. */
static stet_result name_with(const name *in, K key, V value, name *out);

/* ---- many keys ---- */

/*
 * Looks each of the keys up: values[i] becomes the value of keys[i], borrowed, or NULL. Cost: in a hash map the cache
 * misses of up to 16 lookups overlap.
 */
static void name_get_many(const name *map, K const *keys, size_t count, V const **values);
/*
 * Sets all of these keys as one edit. Of equal keys the last one wins. STET_UNCHANGED: if the keys were set one after
 * the other, each step would leave the map unchanged. So a key that is set to another value, and then back, counts as a
 * change. Fails: STET_NO_MEMORY, and then none of the keys is set.
 */
static stet_result name_set_many(name *map, K const *keys, V const *values, size_t count);
/* *out becomes a map of these entries. STET_UNCHANGED: count is 0, and *out is empty. */
static stet_result name_from_array(K const *keys, V const *values, size_t count, name *out);

/* ---- walks ---- */

/* Calls fn for each entry until fn returns false. Returns false if fn did, else true. Faster than a cursor. */
static bool name_each(const name *map, bool (*fn)(void *context, K const *key, V const *value), void *context);
/* Calls fn for each entry; returns `into`. Faster than a cursor. */
static void *name_fold(const name *map, void (*fn)(void *into, K const *key, V const *value), void *into);
/*
 * Copies all keys and all values, in the order of iteration, to arrays that have room for name_size() of them, without
 * retaining them. Either array may be NULL.
 */
static void name_to_array(const name *map, K *keys, V *values);

/* ---- whole maps ---- */

/*
 * Keeps the entries for which `keep` returns true. STET_UNCHANGED: no entry was removed, and the version is the same.
 */
static stet_result name_filter(name *map, bool (*keep)(void *context, K const *key, V const *value), void *context);
/*
 * Replaces each value by one that fn fills in, with a reference that the map takes over. No hash and no comparison of
 * keys is called. Leaves whose values do not change stay shared.
 */
static stet_result name_map_values(name *map, void (*fn)(void *context, K const *key, V const *old, V *value),
                                   void *context);
/*
 * Calls fn for each difference, in order of iteration, until fn returns false. Returns false if fn did, else true. For
 * fn, a is NULL if the key was added in b; b is NULL if it was removed in b; neither is NULL if the values differ. The
 * arguments of fn are borrowed from the maps, as from name_get(): a value stays valid until its map may change. So does
 * the key, which is borrowed from a if a has it, else from b. Cost: O(differences x log n) for versions of one map.
 */
static bool name_diff(const name *a, const name *b, bool (*fn)(void *context, K const *key, V const *a, V const *b),
                      void *context);
/*
 * *out becomes a map with the keys of both. For EACH key that both have, fn fills in *value from the values of a and b,
 * with a reference that *out takes over. fn is called even if the values are equal, so that counters add up, whatever
 * the versions share. out may be a or b.
 * Cost: O(size).
 */
static stet_result name_merge(const name *a, const name *b,
                              void (*fn)(void *context, K const *key, V const *a, V const *b, V *value), void *context,
                              name *out);
/*
 * As name_merge(), but fn is called only where the values differ; equal values stay. It is for an fn whose result for
 * two equal values is that value, as of a maximum or a union of sets, and NOT for sums. Cost: O(differences x log n)
 * for versions of one map.
 */
static stet_result name_merge_unequal(const name *a, const name *b,
                                      void (*fn)(void *context, K const *key, V const *a, V const *b, V *value),
                                      void *context, name *out);
/* Returns whether every entry of a is in b with an equal value. */
static bool name_is_submap(const name *a, const name *b);

/* ---- keys as bytes: in a map whose ktype is stet_str_type ---- */

/*
 * These functions do the same as those without the suffix. _bytes takes any bytes and their number; _cstr takes a C
 * string, which is not NULL. A string is made only where a key is stored.
 */
static V const *name_get_bytes(const name *map, const void *bytes, size_t size);
static V const *name_get_cstr(const name *map, const char *cstr);
static V name_get_or_bytes(const name *map, const void *bytes, size_t size, V otherwise);
static V name_get_or_cstr(const name *map, const char *cstr, V otherwise);
static stet_result name_set_bytes(name *map, const void *bytes, size_t size, V value);
static stet_result name_set_cstr(name *map, const char *cstr, V value);
static stet_result name_set_owned_bytes(name *map, const void *bytes, size_t size, V value);
static stet_result name_set_owned_cstr(name *map, const char *cstr, V value);
static stet_result name_replace_bytes(name *map, const void *bytes, size_t size, V value);
static stet_result name_replace_cstr(name *map, const char *cstr, V value);
static stet_result name_add_bytes(name *map, const void *bytes, size_t size, V value);
static stet_result name_add_cstr(name *map, const char *cstr, V value);
static stet_result name_edit_bytes(name *map, const void *bytes, size_t size, V **value);
static stet_result name_edit_cstr(name *map, const char *cstr, V **value);
static stet_result name_update_bytes(name *map, const void *bytes, size_t size,
                                     void (*fn)(void *context, V const *old, V *value), void *context);
static stet_result name_update_cstr(name *map, const char *cstr, void (*fn)(void *context, V const *old, V *value),
                                    void *context);
static stet_result name_pop_bytes(name *map, const void *bytes, size_t size, V *value);
static stet_result name_pop_cstr(name *map, const char *cstr, V *value);
static stet_result name_with_bytes(const name *in, const void *bytes, size_t size, V value, name *out);
static stet_result name_with_cstr(const name *in, const char *cstr, V value, name *out);

#endif

#ifdef STET_MANUAL_MAP

/* ---- cursors ---- */

/*
 * A walk over the entries: for (name_cursor it = name_first(&m); it.key != NULL; name_next(&it)) use(*it.key,
 * *it.value); its members key (K const *) and value (V const *) are borrowed from the map. Both are NULL at the end.
 */
typedef struct name_cursor name_cursor;
/* Returns a cursor at the first entry, or at the end if the map is empty. */
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
 * Moves the cursor to the next entry, or from the last one to the end. At the end it is misuse to call this, or to read
 * *it.key.
 */
static void name_next(name_cursor *cursor);

#endif

#if defined(STET_MANUAL_MAP) || defined(STET_MANUAL_SET) || defined(STET_MANUAL_SORTED_MAP) || \
    defined(STET_MANUAL_SORTED_FOLD) || defined(STET_MANUAL_SORTED_SET)

/* ---- what maps and sets have in common, sorted ones too ---- */

/* Returns whether the key is there. */
static bool name_has(const name *handle, K key);
/*
 * The key is absent afterwards. STET_UNCHANGED: it was absent before. In a hash map that shares no nodes this cannot
 * fail.
 */
static stet_result name_erase(name *handle, K key);
/* *out becomes *in without the key; out may be in. STET_UNCHANGED: *out is the version of *in. */
static stet_result name_without(const name *in, K key, name *out);
/*
 * *out becomes a collection with the entries whose keys are in a or b (union), in both (intersection), in a alone
 * (difference), or in exactly one of them (symmetric difference). A key that both have gets the value of a. out may be
 * a or b.
 * Cost: O(differences x log n) for versions of one map. Otherwise: for hash maps O(m x log n) if one has only m
 * entries, which are far fewer; for sorted maps O(n), or less where stretches of keys do not overlap, because the nodes
 * of such stretches are shared.
 */
static stet_result name_union(const name *a, const name *b, name *out);
static stet_result name_intersection(const name *a, const name *b, name *out);
static stet_result name_difference(const name *a, const name *b, name *out);
static stet_result name_symmetric_difference(const name *a, const name *b, name *out);
/* Returns whether every key of a is in b. */
static bool name_is_subset(const name *a, const name *b);
/*
 * Frees memory that is kept for speed: room in leaves, and nodes of old versions from which this one borrows. The
 * contents and the order of iteration stay. Cost: O(n).
 */
static stet_result name_trim(name *handle);
/*
 * If ktype is stet_str_type, these functions do the same as those without the suffix. _bytes takes any bytes and their
 * number, _cstr a C string.
 */
static bool name_has_bytes(const name *handle, const void *bytes, size_t size);
static bool name_has_cstr(const name *handle, const char *cstr);
static stet_result name_erase_bytes(name *handle, const void *bytes, size_t size);
static stet_result name_erase_cstr(name *handle, const char *cstr);
static stet_result name_without_bytes(const name *in, const void *bytes, size_t size, name *out);
static stet_result name_without_cstr(const name *in, const char *cstr, name *out);

#endif

/* ---- loops ---- */

/*
 * A loop over a map or a set, sorted ones too: STET_EACH(ages, it, &m) { use(*it.key, *it.value); } declares the cursor
 * `it` of the collection type `ages`. A body that is left by break, return or goto needs nothing else.
 * STET_EACH_ELEMENT (list.h) is for lists.
 */
#define STET_EACH(name, it, handle) \
    for (name##_cursor it = name##_first(handle); (it).key != STET_NULL_; name##_next(&(it)))

/* ---- what makes them ---- */

#define STET_MAP_DEFINE(name, ...) STET_PASTE_(STET_MAP_DEFINE, STET_FORM_OF_PAIRS_(__VA_ARGS__))(name, __VA_ARGS__)
#define STET_MAP_DEFINE_NAMED_(name, K, V) \
    STET_EXPAND_(STET_MAP_DEFINE_TYPED_, name, K, V, STET_DESCRIPTOR_OF_(K), STET_DESCRIPTOR_OF_(V))
#define STET_MAP_DEFINE_WRONG_(name, ...) STET_WRONG_(name, "STET_MAP_DEFINE", "K, V", "ktype, vtype")
#define STET_MAP_NAMED_(name, K, V) \
    STET_EXPAND_(STET_MAP_TYPED_, name, K, V, STET_DESCRIPTOR_OF_(K), STET_DESCRIPTOR_OF_(V))
#define STET_MAP_WRONG_(name, ...) STET_WRONG_(name, "STET_MAP", "K, V", "ktype, vtype")
#define STET_MAP_TYPED_(name, K, V, ktype, vtype)                                              \
    STET_HANDLE_DECLARE_(name, _map, map_, STET_HANDLE_FLAGS_(ktype##_flags_, vtype##_flags_)) \
    STET_MAP_DEFINE_TYPED_(name, K, V, ktype, vtype)

#define STET_MAP_DEFINE_TYPED_(name, K, V, ktype, vtype)                                       \
    STET_ELEMENT_IS_DESCRIBED_(name, K, ktype)                                                 \
    STET_ELEMENT_IS_DESCRIBED_(name, V, vtype)                                                 \
    STET_STATIC_ASSERT(STET_ALIGNOF(K) <= STET_MAX_ALIGN && STET_ALIGNOF(V) <= STET_MAX_ALIGN, \
                       #name ": elements are aligned to 16 bytes at most");                    \
    typedef K name##_key_;                                                                     \
    typedef V name##_value_;                                                                   \
    struct name##_entry_ {                                                                     \
        name##_key_ key;                                                                       \
        name##_value_ value;                                                                   \
    };                                                                                         \
    typedef struct name##_cursor {                                                             \
        name##_key_ const *key;                                                                \
        name##_value_ const *value;                                                            \
        struct stet_map_cursor at_;                                                            \
    } name##_cursor;                                                                           \
    STET_MAP_DESCRIPTOR_(name, ktype, vtype##_flags_, &vtype, sizeof(struct name##_entry_),    \
                         offsetof(struct name##_entry_, value))                                \
    STET_KEYED_TYPE_(name, ktype, vtype, false, &name##_map_type_, STET_NULL_)                 \
    STET_HANDLE_(name, _map, map_)                                                             \
    STET_KEYED_MAP_(name, K, V, _map, map_)                                                    \
    STET_MAP_CURSOR_(name, K, V)                                                               \
    STET_MAP_CURSOR_OF_(name, K)                                                               \
    STET_MAP_CURSORS_(name)                                                                    \
    STET_KEY_VIEWS_FOR_(ktype, STET_MAP)(name, V)

#define STET_MAP_DESCRIPTOR_(name, ktype, vflags, vtype, entry, offset)                                          \
    STET_STATIC_ASSERT(!STET_HAS_(ktype##_flags_, STET_UNHASHED_),                                               \
                       #name ": " #ktype " has no hash, and describes no key: define it with STET_TYPE_FULL");   \
    STET_STATIC_ASSERT((entry) <= 4096, #name ": entries are at most 4096 bytes; store larger ones by pointer"); \
    STET_HANDLE_TYPE_(name, ktype##_flags_, vflags)                                                              \
    __attribute__((__unused__)) static const struct stet_map_type name##_map_type_ =                             \
        STET_MAP_TYPE_(#name, STET_PROMPT_(ktype##_flags_) || STET_PROMPT_(vflags),                              \
                       STET_HAS_(ktype##_flags_, STET_REFCOUNTED) || STET_HAS_(vflags, STET_REFCOUNTED), &ktype, \
                       vtype, entry, offset);

#define STET_MAP_CURSOR_(name, K, V)                                                                    \
    STET_WRAPPER STET_NONNULL_(1) void name##_cursor_show_(name##_cursor *cursor_)                      \
    {                                                                                                   \
        cursor_->key = STET_CAST_(K const *, stet_map_cursor_key_(&cursor_->at_));                      \
        cursor_->value = STET_CAST_(V const *, stet_map_iter_value_(&name##_map_type_, &cursor_->at_)); \
    }

/* For maps and sets. Their name_cursor_show_() fills in the members of a cursor. */
#define STET_MAP_CURSOR_OF_(name, K)                                                                           \
    STET_WRAPPER STET_NONNULL_(1)                                                                              \
        name##_cursor name##_placed_(const name *handle_, const struct stet_key_view *view_, const void *key_) \
    {                                                                                                          \
        name##_cursor cursor_;                                                                                 \
        stet_map_cursor_in_(&name##_map_type_, &handle_->map_, view_, key_, &cursor_.at_);                     \
        name##_cursor_show_(&cursor_);                                                                         \
        return cursor_;                                                                                        \
    }                                                                                                          \
    STET_WRAPPER STET_NONNULL_(1) name##_cursor name##_cursor_of(const name *handle_, K key_)                  \
    {                                                                                                          \
        return name##_placed_(handle_, NULL, &key_);                                                           \
    }
#define STET_MAP_CURSORS_(name)                                                   \
    STET_WRAPPER STET_NONNULL_(1) name##_cursor name##_first(const name *handle_) \
    {                                                                             \
        name##_cursor cursor_;                                                    \
        stet_map_cursor_first_(&name##_map_type_, &handle_->map_, &cursor_.at_);  \
        name##_cursor_show_(&cursor_);                                            \
        return cursor_;                                                           \
    }                                                                             \
    STET_WRAPPER STET_NONNULL_(1) void name##_next(name##_cursor *cursor_)        \
    {                                                                             \
        STET_CHECK_(cursor_->key != NULL, #name "_cursor", STET_RULE_END_);       \
        stet_map_cursor_next_(&name##_map_type_, &cursor_->at_);                  \
        name##_cursor_show_(cursor_);                                             \
    }

/* ---- key views: only where the key type has one ---- */

/* Names of the library's own, since macros of a user's may stand for others before they are pasted. */
#define STET_KEY_VIEWS_OF_stet_str_type , _KEYS_STR_
#define STET_KEY_VIEWS_FOR_(ktype, collection) \
    STET_PASTE_(collection, STET_SECOND_OF_(STET_KEY_VIEWS_OF_##ktype, _KEYS_NONE_, ~))
#define STET_MAP_KEYS_NONE_(name, V)

#define STET_MAP_KEYS_STR_(name, V) STET_MAP_VIEWS_(name, V, STET_KEY_VIEWS_, stet_bytes_of, stet_bytes_view)
#define STET_MAP_VIEWS_(name, V, STET_FORMS_, of, view_type)               \
    STET_KEYED_MAP_VIEWS_(name, V, _map, map_, STET_FORMS_, of, view_type) \
    STET_MAP_CURSOR_VIEWS_(name, STET_FORMS_, of, view_type)
#define STET_MAP_CURSOR_VIEWS_(name, STET_FORMS_, of, view_type)                                          \
    STET_FORMS_(of, name##_cursor, name##_cursor_of, const name *, handle_, STET_NO_MORE_, STET_NO_MORE_, \
                name##_placed_(handle_, &view_type, &view_))

#endif
