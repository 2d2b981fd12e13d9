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
 *     bool closed = conn_map_del(&live, c->fd);          // before still has it; false: no memory
 *
 *     conn_map_drop(&live);
 *     conn_map_drop(&before);
 *
 * Handles. {0} is an empty map (in C++: {}, of which -Wextra does not warn). A handle may be moved by assignment (the
 * old variable is then dead), but a second one comes only from _copy(). A function that takes `name *` may change that
 * handle and no other: alone on its path it edits in place, otherwise it copies the path (O(log n) nodes) and leaves
 * other versions alone. _drop() gives a handle up. A version of which 2^31 handles were never dropped is never freed.
 *
 * Ownership. The map retains what it stores; the caller keeps what it had. Pointers that _get, _edit and iterators
 * give are borrowed: valid until the next call that may change that handle, or its drop. To change a map while
 * iterating, iterate a copy. An argument may be borrowed from the map, and may hold a handle of it, copied or not:
 * the version before the call.
 *
 * Results through pointers. What `*out` held is dropped when it is replaced, so it must be a handle: {0} or a version,
 * but not uninitialised memory. _from_array, which begins a handle's life, is the exception: it drops nothing. So are
 * pointers to values (_pop): what is there is overwritten, and not released.
 *
 * Fails: unless said otherwise, what returns stet_result answers STET_NO_MEMORY (0) when memory or the budget
 * (pool.h) is spent, or the size would not fit, and then the contents are as before (nodes may have been copied by
 * then, so that _same says no). A call that changes nothing answers STET_UNCHANGED, allocates no node, and the handle
 * stays the same version. A call that succeeds leaves errno as it was.
 *
 * Cost: get, set, del expected O(log n) with a base of 64; hash collisions, forced by whoever can see the seed, cost
 * at most O(colliding keys). Iteration O(n); its order is that of hashes, the same for a version and its copies.
 *
 * Threads: distinct handles may be used by any threads at once, whatever they share. One handle is like an int: many
 * readers, or one writer.
 *
 * Callbacks: hash, equal and retain must not touch the handle being edited; release may call the library. The
 * functions given to _update, _filter, _map_values and _merge run before the handles are changed and must not change
 * the maps at hand.
 */
#ifndef STET_MAP_H
#define STET_MAP_H

#include <stet/impl/handle.h>
#include <stet/impl/map.h>
#include <stet/str.h>

/*
 * Defines the type `name` and its functions. K and V: types that `K const *` can be made of. ktype, vtype: their
 * descriptors (type.h), by name.
 *
 * Names. What the generated functions call their own (parameters, variables, members) ends in an underscore, and so
 * does every generated name that is not to be used: a type or a variable of yours may have any name that does not.
 * Comments leave that underscore out.
 */
#define STET_MAP(name, K, V, ktype, vtype)                                              \
    STET_HANDLE_DECLARE_(name, map, STET_HANDLE_FLAGS_(ktype##_flags_, vtype##_flags_)) \
    STET_MAP_DEFINE(name, K, V, ktype, vtype)

/*
 * The same in two steps: DECLARE the handle type, which needs no element type (cheap headers, recursive structures),
 * and DEFINE the functions. As an element such a map is prompt (type.h); DECLARE_LAZY: lazy, which its elements must
 * then be, or never released.
 */
#define STET_MAP_DECLARE(name) STET_HANDLE_DECLARE_(name, map, STET_COUNTED)
#define STET_MAP_DECLARE_LAZY(name) STET_HANDLE_DECLARE_(name, map, STET_COUNTED | STET_LAZY)

#define STET_MAP_DEFINE(name, K, V, ktype, vtype)                                                                     \
    STET_ELEMENT_IS_DESCRIBED_(name, K, ktype)                                                                        \
    STET_ELEMENT_IS_DESCRIBED_(name, V, vtype)                                                                        \
    STET_STATIC_ASSERT(STET_ALIGNOF(K) <= STET_MAX_ALIGN && STET_ALIGNOF(V) <= STET_MAX_ALIGN,                        \
                       #name ": elements are aligned to 16 bytes at most");                                           \
    /* What maps that are made of this one must know (atom_map.h). */                                                 \
    typedef K name##_key_;                                                                                            \
    typedef V name##_value_;                                                                                          \
    enum { name##_keyflags_ = ktype##_flags_ };                                                                       \
    struct name##_entry_ {                                                                                            \
        name##_key_ key;                                                                                              \
        name##_value_ value;                                                                                          \
    };                                                                                                                \
    STET_MAP_DESCRIPTOR_(name, ktype, vtype##_flags_, &vtype, sizeof(struct name##_entry_),                           \
                         offsetof(struct name##_entry_, value))                                                       \
    STET_COLLECTION_DEFINE_(name, K, ktype)                                                                           \
    STET_MAP_THUNKS_(name, K, V)                                                                                      \
                                                                                                                      \
    /* The value of a key, borrowed; NULL: absent. */                                                                 \
    STET_WRAPPER STET_NONNULL_(1) V const *name##_get(const name *m_, K key_)                                         \
    {                                                                                                                 \
        return STET_CAST_(V const *, stet_map_get_(&name##_map_type_, &m_->map_, NULL, &key_));                       \
    }                                                                                                                 \
    /* The value of a key, copied but not retained; `otherwise` when absent. */                                       \
    STET_WRAPPER STET_NONNULL_(1) V name##_get_or(const name *m_, K key_, V otherwise_)                               \
    {                                                                                                                 \
        V const *value_ = name##_get(m_, key_);                                                                       \
        return value_ != NULL ? *value_ : otherwise_;                                                                 \
    }                                                                                                                 \
    /* Afterwards the map has key with this value. A value equal to the one there: STET_UNCHANGED. */                 \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_set(name *m_, K key_, V value_)                   \
    {                                                                                                                 \
        return stet_map_put_(&name##_map_type_, &m_->map_, NULL, &key_, &value_, STET_MAP_SET);                       \
    }                                                                                                                 \
    /* Sets only an absent key; one that is there: STET_UNCHANGED. */                                                 \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_add(name *m_, K key_, V value_)                   \
    {                                                                                                                 \
        return stet_map_put_(&name##_map_type_, &m_->map_, NULL, &key_, &value_, STET_MAP_ADD);                       \
    }                                                                                                                 \
    /*                                                                                                                \
     * *value = the key's value, writable until the next call on m; an absent key is added with a value of zeros      \
     * (STET_CHANGED; present: STET_UNCHANGED, but its path is m's own now, whether or not it is written to).         \
     * A counted value that is replaced is the caller's to release. What is written must not hold a copy of m made    \
     * after this call: the map would hold itself.                                                                    \
     */                                                                                                               \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_edit(name *m_, K key_, V **value_)                \
    {                                                                                                                 \
        return stet_map_edit_(&name##_map_type_, &m_->map_, NULL, &key_, STET_RECAST_(void **, value_));              \
    }                                                                                                                 \
    /* fn fills *value from the old one (NULL: absent) and hands its reference over. */                               \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_update(                                           \
        name *m_, K key_, void (*fn_)(void *context_, V const *old_, V *value_), void *context_)                      \
    {                                                                                                                 \
        struct name##_update_ call_ = {fn_, context_};                                                                \
        return stet_map_update(&name##_map_type_, &m_->map_, NULL, &key_, name##_update_thunk_, &call_);              \
    }                                                                                                                 \
    /* Removes a key and gives its value, with its reference, to *value unless that is NULL. Absent: STET_UNCHANGED,  \
     * *value untouched. */                                                                                           \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_pop(name *m_, K key_, V *value_)                  \
    {                                                                                                                 \
        return stet_map_del_(&name##_map_type_, &m_->map_, NULL, &key_, value_);                                      \
    }                                                                                                                 \
    /* *out = *in with key set; out may be in. What *out held is dropped. *out is *in's version: STET_UNCHANGED. */   \
    STET_WRAPPER STET_NONNULL_(1, 2)                                                                                  \
        STET_NODISCARD stet_result name##_with(const name *in_, name *out_, K key_, V value_)                         \
    {                                                                                                                 \
        return stet_map_with_(&name##_map_type_, &in_->map_, &out_->map_, &key_, &value_);                            \
    }                                                                                                                 \
    /* values[i] = the value of keys[i], borrowed, or NULL. Cost: misses of up to 16 lookups overlap. */              \
    STET_WRAPPER STET_NONNULL_(1) void name##_get_many(const name *m_, K const *keys_, size_t n_, V const **values_)  \
    {                                                                                                                 \
        stet_map_get_many(&name##_map_type_, &m_->map_, keys_, n_, STET_RECAST_(const void **, values_));             \
    }                                                                                                                 \
    /* All of them as one edit: of equal keys the last wins; out of memory changes nothing. */                        \
    STET_WRAPPER STET_NONNULL_(1)                                                                                     \
        STET_NODISCARD stet_result name##_set_many(name *m_, K const *keys_, V const *values_, size_t n_)             \
    {                                                                                                                 \
        return stet_map_set_many(&name##_map_type_, &m_->map_, keys_, values_, n_);                                   \
    }                                                                                                                 \
    /* *out = a map of these. What *out held is not dropped. n = 0: empty, STET_UNCHANGED. */                         \
    STET_WRAPPER STET_NONNULL_(1)                                                                                     \
        STET_NODISCARD stet_result name##_from_array(name *out_, K const *keys_, V const *values_, size_t n_)         \
    {                                                                                                                 \
        name made_; /* *out may be one of the elements */                                                             \
        stet_result result_;                                                                                          \
        memset(&made_, 0, sizeof made_);                                                                              \
        result_ = name##_set_many(&made_, keys_, values_, n_);                                                        \
        *out_ = made_;                                                                                                \
        return result_;                                                                                               \
    }                                                                                                                 \
                                                                                                                      \
    /* for (name_iter it = name_first(&m); it.key != NULL; name_next(&it)) use(*it.key, *it.value); */                \
    typedef struct name##_iter {                                                                                      \
        name##_key_ const *key; /* NULL: at the end */                                                                \
        name##_value_ const *value;                                                                                   \
        struct stet_map_iter at_;                                                                                     \
    } name##_iter;                                                                                                    \
    STET_WRAPPER STET_NONNULL_(1) void name##_iter_show_(name##_iter *it_)                                            \
    {                                                                                                                 \
        it_->key = STET_CAST_(K const *, STET_CAST_(const void *, it_->at_.entry));                                   \
        it_->value = it_->key != NULL                                                                                 \
                         ? &STET_CAST_(struct name##_entry_ const *, STET_CAST_(const void *, it_->at_.entry))->value \
                         : NULL;                                                                                      \
    }                                                                                                                 \
    STET_WRAPPER STET_NONNULL_(1) name##_iter name##_first(const name *m_)                                            \
    {                                                                                                                 \
        name##_iter it_;                                                                                              \
        stet_map_iter_start(&name##_map_type_, m_->map_.root, &it_.at_);                                              \
        name##_iter_show_(&it_);                                                                                      \
        return it_;                                                                                                   \
    }                                                                                                                 \
    /* To the next entry; from the last, to NULL. At NULL: misuse, as reading *it.key is. */                          \
    STET_WRAPPER STET_NONNULL_(1) void name##_next(name##_iter *it_)                                                  \
    {                                                                                                                 \
        STET_CHECK_(it_->key != NULL, #name "_iter", STET_RULE_END_);                                                 \
        stet_map_iter_next(&name##_map_type_, &it_->at_);                                                             \
        name##_iter_show_(it_);                                                                                       \
    }                                                                                                                 \
    /* Calls fn for each entry until it answers false; returns whether it never did. Faster than the loop above. */   \
    STET_WRAPPER STET_NONNULL_(1) bool name##_each(                                                                   \
        const name *m_, bool (*fn_)(void *context_, K const *key_, V const *value_), void *context_)                  \
    {                                                                                                                 \
        struct stet_map_iter it_;                                                                                     \
        stet_map_iter_start(&name##_map_type_, m_->map_.root, &it_);                                                  \
        for (; it_.entry != NULL; stet_map_iter_leaf(&name##_map_type_, &it_)) {                                      \
            struct name##_entry_ const *end_ =                                                                        \
                STET_CAST_(struct name##_entry_ const *, STET_CAST_(const void *, it_.end));                          \
            struct name##_entry_ const *e_ =                                                                          \
                STET_CAST_(struct name##_entry_ const *, STET_CAST_(const void *, it_.entry));                        \
            for (; e_ != end_; e_++)                                                                                  \
                if (!fn_(context_, &e_->key, &e_->value))                                                             \
                    return false;                                                                                     \
        }                                                                                                             \
        return true;                                                                                                  \
    }                                                                                                                 \
    /* Calls fn(into, key, value) for each entry; returns into. Faster than the loop above. */                        \
    STET_WRAPPER STET_NONNULL_(1) void *name##_fold(                                                                  \
        const name *m_, void (*fn_)(void *into_, K const *key_, V const *value_), void *into_)                        \
    {                                                                                                                 \
        struct stet_map_iter it_;                                                                                     \
        stet_map_iter_start(&name##_map_type_, m_->map_.root, &it_);                                                  \
        for (; it_.entry != NULL; stet_map_iter_leaf(&name##_map_type_, &it_)) {                                      \
            struct name##_entry_ const *end_ =                                                                        \
                STET_CAST_(struct name##_entry_ const *, STET_CAST_(const void *, it_.end));                          \
            struct name##_entry_ const *e_ =                                                                          \
                STET_CAST_(struct name##_entry_ const *, STET_CAST_(const void *, it_.entry));                        \
            for (; e_ != end_; e_++)                                                                                  \
                fn_(into_, &e_->key, &e_->value);                                                                     \
        }                                                                                                             \
        return into_;                                                                                                 \
    }                                                                                                                 \
    /* Keeps the entries that `keep` is true of. Nothing removed: STET_UNCHANGED, the same version. */                \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_filter(                                           \
        name *m_, bool (*keep_)(void *context_, K const *key_, V const *value_), void *context_)                      \
    {                                                                                                                 \
        struct name##_filter_ call_ = {keep_, context_};                                                              \
        return stet_map_transform(&name##_map_type_, &m_->map_, name##_filter_thunk_, &call_);                        \
    }                                                                                                                 \
    /* Replaces each value by the one fn fills in and hands over. No key is hashed; leaves of equal values stay. */   \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_map_values(                                       \
        name *m_, void (*fn_)(void *context_, K const *key_, V const *old_, V *value_), void *context_)               \
    {                                                                                                                 \
        struct name##_map_values_ call_ = {fn_, context_};                                                            \
        return stet_map_transform(&name##_map_type_, &m_->map_, name##_map_values_thunk_, &call_);                    \
    }                                                                                                                 \
    /*                                                                                                                \
     * Calls fn for each difference: a NULL: added in *b; b NULL: removed; neither: the values differ. Stops when     \
     * fn answers false; returns whether it never did. What fn is given is borrowed from the maps, as by _get: values \
     * stay valid until their map may change; the key, which is b's only if a has none, as long as that map's.        \
     * Cost: O(differences x log n) for versions of one map.                                                          \
     */                                                                                                               \
    STET_WRAPPER STET_NONNULL_(1, 2) bool name##_diff(                                                                \
        const name *a_, const name *b_, bool (*fn_)(void *context_, K const *key_, V const *a_, V const *b_),         \
        void *context_)                                                                                               \
    {                                                                                                                 \
        struct name##_diff_ call_ = {fn_, context_};                                                                  \
        return stet_map_diff(&name##_map_type_, &a_->map_, &b_->map_, name##_diff_thunk_, &call_);                    \
    }                                                                                                                 \
    /*                                                                                                                \
     * *out = the keys of either; for EACH key of both, fn fills in *value from a's and b's and hands it over: equal  \
     * values are no exception, so counters add up, whatever versions share. Cost: O(size).                           \
     */                                                                                                               \
    STET_WRAPPER STET_NONNULL_(1, 2, 3) STET_NODISCARD stet_result name##_merge(                                      \
        const name *a_, const name *b_, name *out_,                                                                   \
        void (*fn_)(void *context_, K const *key_, V const *a_, V const *b_, V *value_), void *context_)              \
    {                                                                                                                 \
        struct name##_merge_ call_ = {fn_, context_};                                                                 \
        return stet_map_combine(&name##_map_type_, &out_->map_, &a_->map_, &b_->map_,                                 \
                                STET_ONLY_A | STET_ONLY_B | STET_BOTH | STET_ASK_EQUAL, name##_merge_thunk_, &call_); \
    }                                                                                                                 \
    /*                                                                                                                \
     * The same for an fn that makes x of x and x, as max, or a union of sets: it is called only where values differ, \
     * equal ones stay. NOT for sums. Cost: O(differences x log n) for versions of one map.                           \
     */                                                                                                               \
    STET_WRAPPER STET_NONNULL_(1, 2, 3) STET_NODISCARD stet_result name##_merge_unequal(                              \
        const name *a_, const name *b_, name *out_,                                                                   \
        void (*fn_)(void *context_, K const *key_, V const *a_, V const *b_, V *value_), void *context_)              \
    {                                                                                                                 \
        struct name##_merge_ call_ = {fn_, context_};                                                                 \
        return stet_map_combine(&name##_map_type_, &out_->map_, &a_->map_, &b_->map_,                                 \
                                STET_ONLY_A | STET_ONLY_B | STET_BOTH, name##_merge_thunk_, &call_);                  \
    }                                                                                                                 \
    /* Whether every entry of a is in b with an equal value. */                                                       \
    STET_WRAPPER STET_NONNULL_(1, 2) bool name##_is_submap(const name *a_, const name *b_)                            \
    {                                                                                                                 \
        return stet_map_within(&name##_map_type_, &a_->map_, &b_->map_, true);                                        \
    }                                                                                                                 \
    STET_KEY_FORMS_(ktype, MAP)(name, V)

/* ---- what maps and sets have in common; `m` is either ---- */

#define STET_MAP_DESCRIPTOR_(name, ktype, vflags, vtype, entry, offset)                                          \
    STET_STATIC_ASSERT((entry) <= 4096, #name ": entries are at most 4096 bytes; store larger ones by pointer"); \
    STET_HANDLE_TYPE_(name, ktype##_flags_, vflags)                                                              \
    __attribute__((__unused__)) static const struct stet_map_type name##_map_type_ = STET_MAP_TYPE_(             \
        #name, STET_PROMPT_(ktype##_flags_) || STET_PROMPT_(vflags),                                             \
        STET_HAS_(ktype##_flags_, STET_COUNTED) || STET_HAS_(vflags, STET_COUNTED), &ktype, vtype, entry, offset);

#define STET_COLLECTION_DEFINE_(name, K, ktype)                                                                        \
    STET_HANDLE_(name, map)                                                                                            \
    STET_WRAPPER STET_NONNULL_(1) bool name##_has(const name *m_, K key_)                                              \
    {                                                                                                                  \
        return stet_map_get_(&name##_map_type_, &m_->map_, NULL, &key_) != NULL;                                       \
    }                                                                                                                  \
    /* Afterwards key is absent. It was: STET_UNCHANGED. Never fails on a handle that shares nothing. */               \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_del(name *m_, K key_)                              \
    {                                                                                                                  \
        return stet_map_del_(&name##_map_type_, &m_->map_, NULL, &key_, NULL);                                         \
    }                                                                                                                  \
    /* *out = *in without key; out may be in. What *out held is dropped. *out is *in's version: STET_UNCHANGED. */     \
    STET_WRAPPER STET_NONNULL_(1, 2) STET_NODISCARD stet_result name##_without(const name *in_, name *out_, K key_)    \
    {                                                                                                                  \
        return stet_map_without_(&name##_map_type_, &in_->map_, &out_->map_, &key_);                                   \
    }                                                                                                                  \
    /*                                                                                                                 \
     * *out = the entries of either, of both, of a alone, of exactly one. Values are a's. out may be a or b; what      \
     * it held is dropped. Cost: O(differences x log n) for versions of one map; O(size x log n) of one that is        \
     * much smaller.                                                                                                   \
     */                                                                                                                \
    STET_WRAPPER STET_NONNULL_(1, 2, 3)                                                                                \
        STET_NODISCARD stet_result name##_union(const name *a_, const name *b_, name *out_)                            \
    {                                                                                                                  \
        return stet_map_combine(&name##_map_type_, &out_->map_, &a_->map_, &b_->map_,                                  \
                                STET_ONLY_A | STET_ONLY_B | STET_BOTH, NULL, NULL);                                    \
    }                                                                                                                  \
    STET_WRAPPER STET_NONNULL_(1, 2, 3)                                                                                \
        STET_NODISCARD stet_result name##_intersection(const name *a_, const name *b_, name *out_)                     \
    {                                                                                                                  \
        return stet_map_combine(&name##_map_type_, &out_->map_, &a_->map_, &b_->map_, STET_BOTH, NULL, NULL);          \
    }                                                                                                                  \
    STET_WRAPPER STET_NONNULL_(1, 2, 3)                                                                                \
        STET_NODISCARD stet_result name##_difference(const name *a_, const name *b_, name *out_)                       \
    {                                                                                                                  \
        return stet_map_combine(&name##_map_type_, &out_->map_, &a_->map_, &b_->map_, STET_ONLY_A, NULL, NULL);        \
    }                                                                                                                  \
    STET_WRAPPER STET_NONNULL_(1, 2, 3)                                                                                \
        STET_NODISCARD stet_result name##_symmetric_difference(const name *a_, const name *b_, name *out_)             \
    {                                                                                                                  \
        return stet_map_combine(&name##_map_type_, &out_->map_, &a_->map_, &b_->map_, STET_ONLY_A | STET_ONLY_B, NULL, \
                                NULL);                                                                                 \
    }                                                                                                                  \
    /* Whether every key of a is in b. */                                                                              \
    STET_WRAPPER STET_NONNULL_(1, 2) bool name##_is_subset(const name *a_, const name *b_)                             \
    {                                                                                                                  \
        return stet_map_within(&name##_map_type_, &a_->map_, &b_->map_, false);                                        \
    }                                                                                                                  \
    /*                                                                                                                 \
     * Lets go of memory kept for speed: rooms in leaves, and old versions' nodes that this one borrows from.          \
     * Contents and order of iteration stay. Cost: O(n).                                                               \
     */                                                                                                                \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_trim(name *m_)                                     \
    {                                                                                                                  \
        return stet_map_trim(&name##_map_type_, &m_->map_);                                                            \
    }

/* From the typed callbacks to those of the compiled functions. */
#define STET_MAP_THUNKS_(name, K, V)                                                                                   \
    struct name##_update_ {                                                                                            \
        void (*fn_)(void *, V const *, V *);                                                                           \
        void *context_;                                                                                                \
    };                                                                                                                 \
    STET_WRAPPER void name##_update_thunk_(void *context_, const void *old_, void *value_)                             \
    {                                                                                                                  \
        const struct name##_update_ *call_ = STET_CAST_(const struct name##_update_ *, context_);                      \
        call_->fn_(call_->context_, STET_CAST_(V const *, old_), STET_CAST_(V *, value_));                             \
    }                                                                                                                  \
    struct name##_filter_ {                                                                                            \
        bool (*keep_)(void *, K const *, V const *);                                                                   \
        void *context_;                                                                                                \
    };                                                                                                                 \
    STET_WRAPPER enum stet_map_fate name##_filter_thunk_(void *context_, const void *key_, const void *old_,           \
                                                         void *value_)                                                 \
    {                                                                                                                  \
        const struct name##_filter_ *call_ = STET_CAST_(const struct name##_filter_ *, context_);                      \
        (void)value_;                                                                                                  \
        return call_->keep_(call_->context_, STET_CAST_(K const *, key_), STET_CAST_(V const *, old_)) ? STET_KEEP     \
                                                                                                       : STET_REMOVE;  \
    }                                                                                                                  \
    struct name##_map_values_ {                                                                                        \
        void (*fn_)(void *, K const *, V const *, V *);                                                                \
        void *context_;                                                                                                \
    };                                                                                                                 \
    STET_WRAPPER enum stet_map_fate name##_map_values_thunk_(void *context_, const void *key_, const void *old_,       \
                                                             void *value_)                                             \
    {                                                                                                                  \
        const struct name##_map_values_ *call_ = STET_CAST_(const struct name##_map_values_ *, context_);              \
        call_->fn_(call_->context_, STET_CAST_(K const *, key_), STET_CAST_(V const *, old_),                          \
                   STET_CAST_(V *, value_));                                                                           \
        return STET_REPLACE;                                                                                           \
    }                                                                                                                  \
    struct name##_diff_ {                                                                                              \
        bool (*fn_)(void *, K const *, V const *, V const *);                                                          \
        void *context_;                                                                                                \
    };                                                                                                                 \
    STET_WRAPPER bool name##_diff_thunk_(void *context_, const void *key_, const void *a_, const void *b_)             \
    {                                                                                                                  \
        const struct name##_diff_ *call_ = STET_CAST_(const struct name##_diff_ *, context_);                          \
        return call_->fn_(call_->context_, STET_CAST_(K const *, key_), STET_CAST_(V const *, a_),                     \
                          STET_CAST_(V const *, b_));                                                                  \
    }                                                                                                                  \
    struct name##_merge_ {                                                                                             \
        void (*fn_)(void *, K const *, V const *, V const *, V *);                                                     \
        void *context_;                                                                                                \
    };                                                                                                                 \
    STET_WRAPPER void name##_merge_thunk_(void *context_, const void *key_, const void *a_, const void *b_,            \
                                          void *value_)                                                                \
    {                                                                                                                  \
        const struct name##_merge_ *call_ = STET_CAST_(const struct name##_merge_ *, context_);                        \
        call_->fn_(call_->context_, STET_CAST_(K const *, key_), STET_CAST_(V const *, a_), STET_CAST_(V const *, b_), \
                   STET_CAST_(V *, value_));                                                                           \
    }

/* ---- keys in other forms: only where the key type has some ---- */

#define STET_KEY_FORMS_OF_stet_str_type , STR
#define STET_SECOND_(a, b, ...) b
#define STET_SECOND_OF_(...) STET_SECOND_(__VA_ARGS__)
#define STET_PASTE_FORMS_(collection, form) STET_##collection##_KEYS_##form##_
#define STET_PASTE_FORMS(collection, form) STET_PASTE_FORMS_(collection, form)
#define STET_KEY_FORMS_(ktype, collection) \
    STET_PASTE_FORMS(collection, STET_SECOND_OF_(STET_KEY_FORMS_OF_##ktype, NONE, ~))
#define STET_MAP_KEYS_NONE_(name, V)

/* In a map of stet_str: _bytes takes any bytes and their number, _cstr a C string, not NULL. A key is made only to
 * be stored. */
#define STET_MAP_KEYS_STR_(name, V)                                                                                   \
    STET_COLLECTION_KEYS_STR_(name)                                                                                   \
    STET_WRAPPER STET_NONNULL_(1) V const *name##_get_bytes(const name *m_, const void *bytes_, size_t n_)            \
    {                                                                                                                 \
        struct stet_bytes key_ = stet_bytes_of(bytes_, n_);                                                           \
        return STET_CAST_(V const *, stet_map_get_(&name##_map_type_, &m_->map_, &stet_bytes_form, &key_));           \
    }                                                                                                                 \
    STET_WRAPPER STET_NONNULL_(1) V const *name##_get_cstr(const name *m_, const char *key_)                          \
    {                                                                                                                 \
        return name##_get_bytes(m_, key_, stet_cstr_size_(key_));                                                     \
    }                                                                                                                 \
    STET_WRAPPER STET_NONNULL_(1) V name##_get_or_bytes(const name *m_, const void *bytes_, size_t n_, V otherwise_)  \
    {                                                                                                                 \
        V const *value_ = name##_get_bytes(m_, bytes_, n_);                                                           \
        return value_ != NULL ? *value_ : otherwise_;                                                                 \
    }                                                                                                                 \
    STET_WRAPPER STET_NONNULL_(1) V name##_get_or_cstr(const name *m_, const char *key_, V otherwise_)                \
    {                                                                                                                 \
        return name##_get_or_bytes(m_, key_, stet_cstr_size_(key_), otherwise_);                                      \
    }                                                                                                                 \
    STET_WRAPPER STET_NONNULL_(1)                                                                                     \
        STET_NODISCARD stet_result name##_set_bytes(name *m_, const void *bytes_, size_t n_, V value_)                \
    {                                                                                                                 \
        struct stet_bytes key_ = stet_bytes_of(bytes_, n_);                                                           \
        return stet_map_put_(&name##_map_type_, &m_->map_, &stet_bytes_form, &key_, &value_, STET_MAP_SET);           \
    }                                                                                                                 \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_set_cstr(name *m_, const char *key_, V value_)    \
    {                                                                                                                 \
        return name##_set_bytes(m_, key_, stet_cstr_size_(key_), value_);                                             \
    }                                                                                                                 \
    STET_WRAPPER STET_NONNULL_(1)                                                                                     \
        STET_NODISCARD stet_result name##_add_bytes(name *m_, const void *bytes_, size_t n_, V value_)                \
    {                                                                                                                 \
        struct stet_bytes key_ = stet_bytes_of(bytes_, n_);                                                           \
        return stet_map_put_(&name##_map_type_, &m_->map_, &stet_bytes_form, &key_, &value_, STET_MAP_ADD);           \
    }                                                                                                                 \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_add_cstr(name *m_, const char *key_, V value_)    \
    {                                                                                                                 \
        return name##_add_bytes(m_, key_, stet_cstr_size_(key_), value_);                                             \
    }                                                                                                                 \
    STET_WRAPPER STET_NONNULL_(1)                                                                                     \
        STET_NODISCARD stet_result name##_edit_bytes(name *m_, const void *bytes_, size_t n_, V **value_)             \
    {                                                                                                                 \
        struct stet_bytes key_ = stet_bytes_of(bytes_, n_);                                                           \
        return stet_map_edit_(&name##_map_type_, &m_->map_, &stet_bytes_form, &key_, STET_RECAST_(void **, value_));  \
    }                                                                                                                 \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_edit_cstr(name *m_, const char *key_, V **value_) \
    {                                                                                                                 \
        return name##_edit_bytes(m_, key_, stet_cstr_size_(key_), value_);                                            \
    }

#define STET_COLLECTION_KEYS_STR_(name)                                                                                \
    STET_WRAPPER STET_NONNULL_(1) bool name##_has_bytes(const name *m_, const void *bytes_, size_t n_)                 \
    {                                                                                                                  \
        struct stet_bytes key_ = stet_bytes_of(bytes_, n_);                                                            \
        return stet_map_get_(&name##_map_type_, &m_->map_, &stet_bytes_form, &key_) != NULL;                           \
    }                                                                                                                  \
    STET_WRAPPER STET_NONNULL_(1) bool name##_has_cstr(const name *m_, const char *key_)                               \
    {                                                                                                                  \
        return name##_has_bytes(m_, key_, stet_cstr_size_(key_));                                                      \
    }                                                                                                                  \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_del_bytes(name *m_, const void *bytes_, size_t n_) \
    {                                                                                                                  \
        struct stet_bytes key_ = stet_bytes_of(bytes_, n_);                                                            \
        return stet_map_del_(&name##_map_type_, &m_->map_, &stet_bytes_form, &key_, NULL);                             \
    }                                                                                                                  \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_del_cstr(name *m_, const char *key_)               \
    {                                                                                                                  \
        return name##_del_bytes(m_, key_, stet_cstr_size_(key_));                                                      \
    }

#endif
