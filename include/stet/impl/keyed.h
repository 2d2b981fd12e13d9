/* SPDX-License-Identifier: MIT */
/*
 * stet/impl/keyed.h - the typed functions that collections of keys have in common: maps, sets, sorted maps, sorted
 * sets.
 *
 * `kind` is the engine, `_map` or `_sorted`; name_KIND_type_ is the engine's descriptor of a collection `name`.
 * `member` is the path from a handle to the struct that the engine's functions take, map_ or sorted_.tree_. The typed
 * functions forward to
 *
 *     stet_KIND_get_(t, m, view, key)                       a pointer to the value, or NULL
 *     stet_KIND_put_(t, m, view, key, value, mode)          stet_KIND_edit_(t, m, view, key, value)
 *     stet_KIND_update_(t, m, view, key, fn, call)           stet_KIND_erase_(t, m, view, key, value)
 *     stet_KIND_with_(t, in, out, view, key, value)         stet_KIND_without_(t, in, out, view, key)
 *     stet_KIND_get_many_(t, m, keys, n, values)             stet_KIND_set_many_(t, m, keys, values, n)
 *     stet_KIND_from_array_(t, out, keys, values, n)        stet_KIND_trim_(t, m)
 *     stet_KIND_each_(t, m, fn, call)                       stet_KIND_transform_(t, m, fn, call)
 *     stet_KIND_diff_(t, a, b, fn, call)                     stet_KIND_within_(t, a, b, values)
 *     stet_KIND_combine_(t, out, a, b, keep, fn, call)
 *
 * A set is a collection whose values have size 0; where the engine takes a value, a set passes the key.
 */
#ifndef STET_IMPL_KEYED_H
#define STET_IMPL_KEYED_H

#include <stet/base.h>

STET_QUIET_

struct stet_map_type;
struct stet_tree_type;
struct stet_type;

/* ---- parameters of the engines ---- */

enum stet_put_mode_ {
    STET_PUT_SET_, /* insert or replace; unchanged if the old value is equal */
    STET_PUT_ADD_, /* insert; unchanged if the key is there */
};

/* The fate of an entry. STET_REPLACE_: a function has filled in a new value, whose reference the map takes over. */
enum stet_fate_ { STET_KEEP_, STET_REMOVE_, STET_REPLACE_ };

/* Converts a filter's result to the fate of the entry. */
STET_INLINE enum stet_fate_ stet_fate_of_(bool is_kept) { return is_kept ? STET_KEEP_ : STET_REMOVE_; }

/*
 * The entries that a combination of a and b keeps. STET_ASK_EQUAL_: the combination's function is called for equal
 * values, too.
 */
enum stet_keep_ { STET_ONLY_A_ = 1, STET_ONLY_B_ = 2, STET_BOTH_ = 4, STET_ASK_EQUAL_ = 8 };

/* ---- the map below a map that threads share ---- */

/*
 * The descriptors of a map: that of its engine (`map` or `sorted`; the other is NULL), and those of its keys and
 * values.
 */
struct stet_keyed_type {
    bool is_sorted; /* whether the engine is `sorted` */
    const struct stet_map_type *map;
    const struct stet_tree_type *sorted;
    const struct stet_type *key, *value;
};

/* The variable arguments are the values of the members map and sorted. */
#define STET_KEYED_TYPE_(name, ktype, vtype, is_sorted, ...)                                                      \
    enum { name##_keyflags_ = ktype##_flags_, name##_is_sorted_ = (is_sorted), name##_is_map_ = 1 };              \
    __attribute__((__unused__)) static const struct stet_keyed_type name##_keyed_type_ = {is_sorted, __VA_ARGS__, \
                                                                                          &(ktype), &(vtype)};

/* ---- maps and sets ---- */

/* The addresses that the next key and the next value are copied to. NULL: they are not copied. */
struct stet_columns_ {
    void *keys, *values;
    size_t key_size, value_size;
};

/* Copies an element to *to, and moves *to behind the copy. If *to is NULL, does nothing. */
STET_INLINE void stet_column_add_(void **to, const void *element, size_t size)
{
    if (*to != NULL)
        *to = STET_CAST_(char *, memcpy(*to, element, size)) + size;
}

/* Copies an entry to arrays, for _each(). */
STET_INLINE bool stet_columns_add_(void *columns, const void *key, const void *value)
{
    struct stet_columns_ *c = STET_CAST_(struct stet_columns_ *, columns);
    stet_column_add_(&c->keys, key, c->key_size);
    stet_column_add_(&c->values, value, c->value_size);
    return true;
}
STET_LOUD_

#define STET_KEYED_COMMON_(name, K, kind, member)                                                                   \
    STET_WRAPPER STET_NONNULL_(1) bool name##_has(const name *handle_, K key_)                                      \
    {                                                                                                               \
        return stet##kind##_get_(&name##kind##_type_, &handle_->member, NULL, &key_) != NULL;                       \
    }                                                                                                               \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_erase(name *handle_, K key_)                    \
    {                                                                                                               \
        return stet##kind##_erase_(&name##kind##_type_, &handle_->member, NULL, &key_, NULL);                       \
    }                                                                                                               \
    STET_WRAPPER STET_NONNULL_(1, 3) STET_NODISCARD stet_result name##_without(const name *in_, K key_, name *out_) \
    {                                                                                                               \
        return stet##kind##_without_(&name##kind##_type_, &in_->member, &out_->member, NULL, &key_);                \
    }                                                                                                               \
    STET_KEYED_COMBINE_(name, name##_union, kind, member, STET_ONLY_A_ | STET_ONLY_B_ | STET_BOTH_)                 \
    STET_KEYED_COMBINE_(name, name##_intersection, kind, member, STET_BOTH_)                                        \
    STET_KEYED_COMBINE_(name, name##_difference, kind, member, STET_ONLY_A_)                                        \
    STET_KEYED_COMBINE_(name, name##_symmetric_difference, kind, member, STET_ONLY_A_ | STET_ONLY_B_)               \
    STET_WRAPPER STET_NONNULL_(1, 2) bool name##_is_subset(const name *a_, const name *b_)                          \
    {                                                                                                               \
        return stet##kind##_within_(&name##kind##_type_, &a_->member, &b_->member, false);                          \
    }                                                                                                               \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_trim(name *handle_)                             \
    {                                                                                                               \
        return stet##kind##_trim_(&name##kind##_type_, &handle_->member);                                           \
    }

#define STET_KEYED_COMBINE_(name, function, kind, member, keep)                                                       \
    STET_WRAPPER STET_NONNULL_(1, 2, 3) STET_NODISCARD stet_result function(const name *a_, const name *b_,           \
                                                                            name *out_)                               \
    {                                                                                                                 \
        return stet##kind##_combine_(&name##kind##_type_, &out_->member, &a_->member, &b_->member, keep, NULL, NULL); \
    }

/* ---- maps ---- */

#define STET_KEYED_MAP_(name, K, V, kind, member)  \
    STET_KEYED_COMMON_(name, K, kind, member)      \
    STET_KEYED_ONE_(name, K, V, kind, member)      \
    STET_KEYED_OWNED_(name, K, V, kind, member)    \
    STET_KEYED_MANY_(name, K, V, kind, member)     \
    STET_KEYED_THUNKS_(name, K, V)                 \
    STET_KEYED_WALKS_(name, K, V, kind, member)    \
    STET_KEYED_TO_ARRAY_(name, K, V, kind, member) \
    STET_KEYED_WHOLE_(name, K, V, kind, member)

#define STET_KEYED_OWNED_(name, K, V, kind, member)                                                         \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_set_owned(name *map_, K key_, V value_) \
    {                                                                                                       \
        return stet_owned_(name##_set(map_, key_, value_), name##_keyed_type_.value, &value_);              \
    }                                                                                                       \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_replace(name *map_, K key_, V value_)   \
    {                                                                                                       \
        return name##_has(map_, key_) ? name##_set(map_, key_, value_) : STET_UNCHANGED;                    \
    }

#define STET_KEYED_ONE_(name, K, V, kind, member)                                                                  \
    STET_WRAPPER STET_NONNULL_(1) V const *name##_get(const name *map_, K key_)                                    \
    {                                                                                                              \
        return STET_CAST_(V const *, stet##kind##_get_(&name##kind##_type_, &map_->member, NULL, &key_));          \
    }                                                                                                              \
    STET_INLINE V name##_or_(V const *found_, V otherwise_) { return found_ != NULL ? *found_ : otherwise_; }      \
    STET_WRAPPER STET_NONNULL_(1) V name##_get_or(const name *map_, K key_, V otherwise_)                          \
    {                                                                                                              \
        return name##_or_(name##_get(map_, key_), otherwise_);                                                     \
    }                                                                                                              \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_set(name *map_, K key_, V value_)              \
    {                                                                                                              \
        return stet##kind##_put_(&name##kind##_type_, &map_->member, NULL, &key_, &value_, STET_PUT_SET_);         \
    }                                                                                                              \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_add(name *map_, K key_, V value_)              \
    {                                                                                                              \
        return stet##kind##_put_(&name##kind##_type_, &map_->member, NULL, &key_, &value_, STET_PUT_ADD_);         \
    }                                                                                                              \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_edit(name *map_, K key_, V **value_)           \
    {                                                                                                              \
        return stet##kind##_edit_(&name##kind##_type_, &map_->member, NULL, &key_, STET_RECAST_(void **, value_)); \
    }                                                                                                              \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_pop(name *map_, K key_, V *value_)             \
    {                                                                                                              \
        return stet##kind##_erase_(&name##kind##_type_, &map_->member, NULL, &key_, value_);                       \
    }                                                                                                              \
    STET_WRAPPER STET_NONNULL_(1, 4)                                                                               \
        STET_NODISCARD stet_result name##_with(const name *in_, K key_, V value_, name *out_)                      \
    {                                                                                                              \
        return stet##kind##_with_(&name##kind##_type_, &in_->member, &out_->member, NULL, &key_, &value_);         \
    }

#define STET_KEYED_MANY_(name, K, V, kind, member)                                                                \
    STET_WRAPPER STET_NONNULL_(1) void name##_get_many(const name *map_, K const *keys_, size_t count_,           \
                                                       V const **values_)                                         \
    {                                                                                                             \
        stet##kind##_get_many_(&name##kind##_type_, &map_->member, keys_, count_,                                 \
                               STET_RECAST_(const void **, values_));                                             \
    }                                                                                                             \
    STET_WRAPPER STET_NONNULL_(1)                                                                                 \
        STET_NODISCARD stet_result name##_set_many(name *map_, K const *keys_, V const *values_, size_t count_)   \
    {                                                                                                             \
        return stet##kind##_set_many_(&name##kind##_type_, &map_->member, keys_, values_, count_);                \
    }                                                                                                             \
    STET_WRAPPER STET_NONNULL_(4)                                                                                 \
        STET_NODISCARD stet_result name##_from_array(K const *keys_, V const *values_, size_t count_, name *out_) \
    {                                                                                                             \
        return stet##kind##_from_array_(&name##kind##_type_, &out_->member, keys_, values_, count_);              \
    }

/* Thunks: the library calls these untyped functions, and they call the user's typed callbacks. */
#define STET_KEYED_THUNKS_(name, K, V)                                                                                 \
    STET_WRAPPER void name##_update_thunk_(void *call_, const void *old_, void *value_)                                \
    {                                                                                                                  \
        STET_CALL_(void (*)(void *, V const *, V *), call_, STET_CAST_(V const *, old_), STET_CAST_(V *, value_));     \
    }                                                                                                                  \
    STET_INLINE bool name##_each_thunk_(void *call_, const void *key_, const void *value_)                             \
    {                                                                                                                  \
        return STET_CALL_(bool (*)(void *, K const *, V const *), call_, STET_CAST_(K const *, key_),                  \
                          STET_CAST_(V const *, value_));                                                              \
    }                                                                                                                  \
    STET_INLINE bool name##_fold_thunk_(void *call_, const void *key_, const void *value_)                             \
    {                                                                                                                  \
        STET_CALL_(void (*)(void *, K const *, V const *), call_, STET_CAST_(K const *, key_),                         \
                   STET_CAST_(V const *, value_));                                                                     \
        return true;                                                                                                   \
    }                                                                                                                  \
    STET_WRAPPER enum stet_fate_ name##_filter_thunk_(void *call_, const void *key_, const void *old_, void *value_)   \
    {                                                                                                                  \
        (void)value_;                                                                                                  \
        return stet_fate_of_(name##_each_thunk_(call_, key_, old_));                                                   \
    }                                                                                                                  \
    STET_WRAPPER enum stet_fate_ name##_values_thunk_(void *call_, const void *key_, const void *old_, void *value_)   \
    {                                                                                                                  \
        STET_CALL_(void (*)(void *, K const *, V const *, V *), call_, STET_CAST_(K const *, key_),                    \
                   STET_CAST_(V const *, old_), STET_CAST_(V *, value_));                                              \
        return STET_REPLACE_;                                                                                          \
    }                                                                                                                  \
    STET_WRAPPER bool name##_diff_thunk_(void *call_, const void *key_, const void *a_, const void *b_)                \
    {                                                                                                                  \
        return STET_CALL_(bool (*)(void *, K const *, V const *, V const *), call_, STET_CAST_(K const *, key_),       \
                          STET_CAST_(V const *, a_), STET_CAST_(V const *, b_));                                       \
    }                                                                                                                  \
    STET_WRAPPER void name##_merge_thunk_(void *call_, const void *key_, const void *a_, const void *b_, void *value_) \
    {                                                                                                                  \
        STET_CALL_(void (*)(void *, K const *, V const *, V const *, V *), call_, STET_CAST_(K const *, key_),         \
                   STET_CAST_(V const *, a_), STET_CAST_(V const *, b_), STET_CAST_(V *, value_));                     \
    }

/* Makes the thunk for callbacks that get runs of entries in order. */
#define STET_RUNS_THUNK_(name, K, V)                                                                           \
    STET_WRAPPER bool name##_runs_thunk_(void *call_, const void *keys_, const void *values_, size_t n_)       \
    {                                                                                                          \
        return STET_CALL_(bool (*)(void *, K const *, V const *, size_t), call_, STET_CAST_(K const *, keys_), \
                          STET_CAST_(V const *, values_), n_);                                                 \
    }

#define STET_KEYED_WALKS_(name, K, V, kind, member)                                                    \
    STET_WRAPPER STET_NONNULL_(1) bool name##_each(                                                    \
        const name *map_, bool (*fn_)(void *context_, K const *key_, V const *value_), void *context_) \
    {                                                                                                  \
        struct stet_callback_ call_ = STET_CALLBACK_(fn_, context_);                                   \
        return stet##kind##_each_(&name##kind##_type_, &map_->member, name##_each_thunk_, &call_);     \
    }                                                                                                  \
    STET_WRAPPER STET_NONNULL_(1) void *name##_fold(                                                   \
        const name *map_, void (*fn_)(void *into_, K const *key_, V const *value_), void *into_)       \
    {                                                                                                  \
        struct stet_callback_ call_ = STET_CALLBACK_(fn_, into_);                                      \
        (void)stet##kind##_each_(&name##kind##_type_, &map_->member, name##_fold_thunk_, &call_);      \
        return into_;                                                                                  \
    }

#define STET_KEYED_TO_ARRAY_(name, K, V, kind, member)                                              \
    STET_WRAPPER STET_NONNULL_(1) void name##_to_array(const name *map_, K *keys_, V *values_)      \
    {                                                                                               \
        struct stet_columns_ columns_ = {keys_, values_, sizeof(K), sizeof(V)};                     \
        (void)stet##kind##_each_(&name##kind##_type_, &map_->member, stet_columns_add_, &columns_); \
    }

#define STET_KEYED_WHOLE_(name, K, V, kind, member)                                                                 \
    STET_WRAPPER STET_NONNULL_(1)                                                                                   \
        stet_result name##_update_(name *map_, const struct stet_key_view *view_, const void *key_,                 \
                                   void (*fn_)(void *context_, V const *old_, V *value_), void *context_)           \
    {                                                                                                               \
        struct stet_callback_ call_ = STET_CALLBACK_(fn_, context_);                                                \
        return stet##kind##_update_(&name##kind##_type_, &map_->member, view_, key_, name##_update_thunk_, &call_); \
    }                                                                                                               \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_update(                                         \
        name *map_, K key_, void (*fn_)(void *context_, V const *old_, V *value_), void *context_)                  \
    {                                                                                                               \
        return name##_update_(map_, NULL, &key_, fn_, context_);                                                    \
    }                                                                                                               \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_filter(                                         \
        name *map_, bool (*keep_)(void *context_, K const *key_, V const *value_), void *context_)                  \
    {                                                                                                               \
        struct stet_callback_ call_ = STET_CALLBACK_(keep_, context_);                                              \
        return stet##kind##_transform_(&name##kind##_type_, &map_->member, name##_filter_thunk_, &call_);           \
    }                                                                                                               \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_map_values(                                     \
        name *map_, void (*fn_)(void *context_, K const *key_, V const *old_, V *value_), void *context_)           \
    {                                                                                                               \
        struct stet_callback_ call_ = STET_CALLBACK_(fn_, context_);                                                \
        return stet##kind##_transform_(&name##kind##_type_, &map_->member, name##_values_thunk_, &call_);           \
    }                                                                                                               \
    STET_WRAPPER STET_NONNULL_(1, 2) bool name##_diff(                                                              \
        const name *a_, const name *b_, bool (*fn_)(void *context_, K const *key_, V const *a_, V const *b_),       \
        void *context_)                                                                                             \
    {                                                                                                               \
        struct stet_callback_ call_ = STET_CALLBACK_(fn_, context_);                                                \
        return stet##kind##_diff_(&name##kind##_type_, &a_->member, &b_->member, name##_diff_thunk_, &call_);       \
    }                                                                                                               \
    STET_KEYED_MERGE_(name, K, V, name##_merge, kind, member,                                                       \
                      STET_ONLY_A_ | STET_ONLY_B_ | STET_BOTH_ | STET_ASK_EQUAL_)                                   \
    STET_KEYED_MERGE_(name, K, V, name##_merge_unequal, kind, member, STET_ONLY_A_ | STET_ONLY_B_ | STET_BOTH_)     \
    STET_WRAPPER STET_NONNULL_(1, 2) bool name##_is_submap(const name *a_, const name *b_)                          \
    {                                                                                                               \
        return stet##kind##_within_(&name##kind##_type_, &a_->member, &b_->member, true);                           \
    }

#define STET_KEYED_MERGE_(name, K, V, function, kind, member, keep)                                                  \
    STET_WRAPPER STET_NONNULL_(1, 2, 5) STET_NODISCARD stet_result function(                                         \
        const name *a_, const name *b_,                                                                              \
        void (*fn_)(void *context_, K const *key_, V const *a_, V const *b_, V *value_), void *context_, name *out_) \
    {                                                                                                                \
        struct stet_callback_ call_ = STET_CALLBACK_(fn_, context_);                                                 \
        return stet##kind##_combine_(&name##kind##_type_, &out_->member, &a_->member, &b_->member, keep,             \
                                     name##_merge_thunk_, &call_);                                                   \
    }

/* ---- sets ---- */

#define STET_KEYED_SET_(name, K, kind, member) \
    STET_KEYED_COMMON_(name, K, kind, member)  \
    STET_KEYED_SET_ONE_(name, K, kind, member) \
    STET_KEYED_SET_THUNKS_(name, K)            \
    STET_KEYED_SET_WALKS_(name, K, kind, member)

#define STET_KEYED_SET_ONE_(name, K, kind, member)                                                               \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_add(name *set_, K key_)                      \
    {                                                                                                            \
        return stet##kind##_put_(&name##kind##_type_, &set_->member, NULL, &key_, &key_, STET_PUT_ADD_);         \
    }                                                                                                            \
    STET_WRAPPER STET_NONNULL_(1, 3) STET_NODISCARD stet_result name##_with(const name *in_, K key_, name *out_) \
    {                                                                                                            \
        return stet##kind##_with_(&name##kind##_type_, &in_->member, &out_->member, NULL, &key_, &key_);         \
    }                                                                                                            \
    STET_WRAPPER STET_NONNULL_(1)                                                                                \
        STET_NODISCARD stet_result name##_add_many(name *set_, K const *keys_, size_t count_)                    \
    {                                                                                                            \
        return stet##kind##_set_many_(&name##kind##_type_, &set_->member, keys_, keys_, count_);                 \
    }                                                                                                            \
    STET_WRAPPER STET_NONNULL_(3)                                                                                \
        STET_NODISCARD stet_result name##_from_array(K const *keys_, size_t count_, name *out_)                  \
    {                                                                                                            \
        return stet##kind##_from_array_(&name##kind##_type_, &out_->member, keys_, keys_, count_);               \
    }

#define STET_KEYED_SET_THUNKS_(name, K)                                                                              \
    STET_INLINE bool name##_each_thunk_(void *call_, const void *key_, const void *value_)                           \
    {                                                                                                                \
        (void)value_;                                                                                                \
        return STET_CALL_(bool (*)(void *, K const *), call_, STET_CAST_(K const *, key_));                          \
    }                                                                                                                \
    STET_INLINE bool name##_fold_thunk_(void *call_, const void *key_, const void *value_)                           \
    {                                                                                                                \
        (void)value_;                                                                                                \
        STET_CALL_(void (*)(void *, K const *), call_, STET_CAST_(K const *, key_));                                 \
        return true;                                                                                                 \
    }                                                                                                                \
    STET_WRAPPER enum stet_fate_ name##_filter_thunk_(void *call_, const void *key_, const void *old_, void *value_) \
    {                                                                                                                \
        (void)value_;                                                                                                \
        return stet_fate_of_(name##_each_thunk_(call_, key_, old_));                                                 \
    }                                                                                                                \
    STET_WRAPPER bool name##_diff_thunk_(void *call_, const void *key_, const void *a_, const void *b_)              \
    {                                                                                                                \
        (void)b_;                                                                                                    \
        return STET_CALL_(bool (*)(void *, K const *, bool), call_, STET_CAST_(K const *, key_), a_ != NULL);        \
    }

#define STET_KEYED_SET_WALKS_(name, K, kind, member)                                                             \
    STET_WRAPPER STET_NONNULL_(1) void name##_to_array(const name *set_, K *keys_)                               \
    {                                                                                                            \
        struct stet_columns_ columns_ = {keys_, STET_NULL_, sizeof(K), 0};                                       \
        (void)stet##kind##_each_(&name##kind##_type_, &set_->member, stet_columns_add_, &columns_);              \
    }                                                                                                            \
    STET_WRAPPER STET_NONNULL_(1) bool name##_each(const name *set_, bool (*fn_)(void *context_, K const *key_), \
                                                   void *context_)                                               \
    {                                                                                                            \
        struct stet_callback_ call_ = STET_CALLBACK_(fn_, context_);                                             \
        return stet##kind##_each_(&name##kind##_type_, &set_->member, name##_each_thunk_, &call_);               \
    }                                                                                                            \
    STET_WRAPPER STET_NONNULL_(1) void *name##_fold(const name *set_, void (*fn_)(void *into_, K const *key_),   \
                                                    void *into_)                                                 \
    {                                                                                                            \
        struct stet_callback_ call_ = STET_CALLBACK_(fn_, into_);                                                \
        (void)stet##kind##_each_(&name##kind##_type_, &set_->member, name##_fold_thunk_, &call_);                \
        return into_;                                                                                            \
    }                                                                                                            \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_filter(                                      \
        name *set_, bool (*keep_)(void *context_, K const *key_), void *context_)                                \
    {                                                                                                            \
        struct stet_callback_ call_ = STET_CALLBACK_(keep_, context_);                                           \
        return stet##kind##_transform_(&name##kind##_type_, &set_->member, name##_filter_thunk_, &call_);        \
    }                                                                                                            \
    STET_WRAPPER STET_NONNULL_(1, 2) bool name##_diff(                                                           \
        const name *a_, const name *b_, bool (*fn_)(void *context_, K const *key_, bool in_a_), void *context_)  \
    {                                                                                                            \
        struct stet_callback_ call_ = STET_CALLBACK_(fn_, context_);                                             \
        return stet##kind##_diff_(&name##kind##_type_, &a_->member, &b_->member, name##_diff_thunk_, &call_);    \
    }

/* ---- keys as views ---- */

/*
 * These define the functions that take a view of a key. STET_FORMS_ is the macro that defines one of them:
 * STET_KEY_VIEWS_ (str.h), where `of` is the function that makes a view of bytes, or STET_KEY_VIEW_ (str.h), where `of`
 * is the type of the view. view_type is the descriptor of the view.
 */

#define STET_KEYED_MAP_VIEWS_(name, V, kind, member, STET_FORMS_, of, view_type)                                       \
    STET_KEYED_VIEWS_(name, kind, member, STET_FORMS_, of, view_type)                                                  \
    STET_FORMS_(of, STET_NODISCARD stet_result, name##_pop, name *, map_, STET_AND_(V *value_), STET_AND_(value_),     \
                stet##kind##_erase_(&name##kind##_type_, &map_->member, &view_type, &view_, value_))                   \
    STET_FORMS_(of, STET_NODISCARD stet_result, name##_update, name *, map_,                                           \
                STET_AND_(void (*fn_)(void *context_, V const *old_, V *value_), void *context_),                      \
                STET_AND_(fn_, context_), name##_update_(map_, &view_type, &view_, fn_, context_))                     \
    STET_FORMS_(of, STET_NODISCARD stet_result, name##_with, const name *, in_, STET_AND_(V value_, name *out_),       \
                STET_AND_(value_, out_),                                                                               \
                stet##kind##_with_(&name##kind##_type_, &in_->member, &out_->member, &view_type, &view_, &value_))     \
    STET_FORMS_(of, V const *, name##_get, const name *, map_, STET_NO_MORE_, STET_NO_MORE_,                           \
                STET_CAST_(V const *, stet##kind##_get_(&name##kind##_type_, &map_->member, &view_type, &view_)))      \
    STET_FORMS_(                                                                                                       \
        of, V, name##_get_or, const name *, map_, STET_AND_(V otherwise_), STET_AND_(otherwise_),                      \
        name##_or_(STET_CAST_(V const *, stet##kind##_get_(&name##kind##_type_, &map_->member, &view_type, &view_)),   \
                   otherwise_))                                                                                        \
    STET_FORMS_(of, STET_NODISCARD stet_result, name##_set, name *, map_, STET_AND_(V value_), STET_AND_(value_),      \
                stet##kind##_put_(&name##kind##_type_, &map_->member, &view_type, &view_, &value_, STET_PUT_SET_))     \
    STET_FORMS_(                                                                                                       \
        of, STET_NODISCARD stet_result, name##_set_owned, name *, map_, STET_AND_(V value_), STET_AND_(value_),        \
        stet_owned_(stet##kind##_put_(&name##kind##_type_, &map_->member, &view_type, &view_, &value_, STET_PUT_SET_), \
                    name##_keyed_type_.value, &value_))                                                                \
    STET_FORMS_(                                                                                                       \
        of, STET_NODISCARD stet_result, name##_replace, name *, map_, STET_AND_(V value_), STET_AND_(value_),          \
        stet##kind##_get_(&name##kind##_type_, &map_->member, &view_type, &view_) == NULL                              \
            ? STET_UNCHANGED                                                                                           \
            : stet##kind##_put_(&name##kind##_type_, &map_->member, &view_type, &view_, &value_, STET_PUT_SET_))       \
    STET_FORMS_(of, STET_NODISCARD stet_result, name##_add, name *, map_, STET_AND_(V value_), STET_AND_(value_),      \
                stet##kind##_put_(&name##kind##_type_, &map_->member, &view_type, &view_, &value_, STET_PUT_ADD_))     \
    STET_FORMS_(                                                                                                       \
        of, STET_NODISCARD stet_result, name##_edit, name *, map_, STET_AND_(V **value_), STET_AND_(value_),           \
        stet##kind##_edit_(&name##kind##_type_, &map_->member, &view_type, &view_, STET_RECAST_(void **, value_)))

#define STET_KEYED_VIEWS_(name, kind, member, STET_FORMS_, of, view_type)                                    \
    STET_FORMS_(of, STET_NODISCARD stet_result, name##_without, const name *, in_, STET_AND_(name *out_),    \
                STET_AND_(out_),                                                                             \
                stet##kind##_without_(&name##kind##_type_, &in_->member, &out_->member, &view_type, &view_)) \
    STET_FORMS_(of, bool, name##_has, const name *, handle_, STET_NO_MORE_, STET_NO_MORE_,                   \
                stet##kind##_get_(&name##kind##_type_, &handle_->member, &view_type, &view_) != NULL)        \
    STET_FORMS_(of, STET_NODISCARD stet_result, name##_erase, name *, handle_, STET_NO_MORE_, STET_NO_MORE_, \
                stet##kind##_erase_(&name##kind##_type_, &handle_->member, &view_type, &view_, NULL))

#define STET_KEYED_SET_VIEWS_(name, kind, member, STET_FORMS_, of, view_type)                                     \
    STET_FORMS_(of, STET_NODISCARD stet_result, name##_with, const name *, in_, STET_AND_(name *out_),            \
                STET_AND_(out_),                                                                                  \
                stet##kind##_with_(&name##kind##_type_, &in_->member, &out_->member, &view_type, &view_, &view_)) \
    STET_FORMS_(of, STET_NODISCARD stet_result, name##_add, name *, set_, STET_NO_MORE_, STET_NO_MORE_,           \
                stet##kind##_put_(&name##kind##_type_, &set_->member, &view_type, &view_, &view_, STET_PUT_ADD_))

#endif
