/* SPDX-License-Identifier: MIT */
/*
 * stet/set.h - the persistent hash set: a map whose values have size 0. All that map.h says of handles, ownership,
 * failing, cost and threads holds here.
 *
 *     STET_SET(ids, uint64_t, stet_u64)
 *
 *     ids seen = {0};
 *     if (!ids_add(&seen, 7))
 *         return -ENOMEM;
 *     bool again = ids_has(&seen, 7);
 *
 * From map.h: size copy move swap drop drop_later same equal has del without trim union intersection difference
 * symmetric_difference is_subset; has_bytes, has_cstr, del_bytes, del_cstr in a set of stet_str.
 */
#ifndef STET_SET_H
#define STET_SET_H

#include <stet/map.h>

#define STET_SET(name, K, ktype)                                          \
    STET_SET_DECLARE_WITH_(name, STET_MAP_TYPE_FLAGS_(ktype##_flags_, 0)) \
    STET_SET_DEFINE(name, K, ktype)

/* In two steps, as STET_MAP_DECLARE and STET_MAP_DEFINE. */
#define STET_SET_DECLARE(name) STET_SET_DECLARE_WITH_(name, STET_COUNTED)
#define STET_SET_DECLARE_LAZY(name) STET_SET_DECLARE_WITH_(name, STET_COUNTED | STET_LAZY)
#define STET_SET_DECLARE_WITH_(name, flags) STET_COLLECTION_DECLARE_(name, flags)

#define STET_SET_DEFINE(name, K, ktype)                                                                               \
    STET_STATIC_ASSERT(sizeof(K) == ktype##_size_, #name ": K is not of its descriptor's size");                      \
    STET_STATIC_ASSERT(STET_ALIGNOF(K) <= STET_MAX_ALIGN, #name ": elements are aligned to 16 bytes at most");        \
    STET_MAP_DESCRIPTOR_(name, ktype, 0, &stet_unit_, sizeof(K), sizeof(K))                                           \
    STET_SET_THUNKS_(name, K)                                                                                         \
    STET_COLLECTION_DEFINE_(name, K, ktype)                                                                           \
                                                                                                                      \
    /* Afterwards key is in the set. It was: STET_UNCHANGED. */                                                       \
    STET_WRAPPER STET_NODISCARD stet_result name##_add(name *s, K key)                                                \
    {                                                                                                                 \
        return stet_map_put_(&name##_map_type_, &s->map_, NULL, &key, &key, STET_MAP_ADD);                            \
    }                                                                                                                 \
    /* The set's own element equal to key, borrowed; NULL: absent. */                                                 \
    STET_WRAPPER K const *name##_get(const name *s, K key)                                                            \
    {                                                                                                                 \
        return (K const *)stet_map_find(&name##_map_type_, NULL, s->map_.root,                                        \
                                        stet_map_hash_form(&name##_map_type_, NULL, &key, 0), &key);                  \
    }                                                                                                                 \
    /* *out = *in and key; out may be in. What *out held is dropped. *out is *in's version: STET_UNCHANGED. */        \
    STET_WRAPPER STET_NODISCARD stet_result name##_with(const name *in, name *out, K key)                             \
    {                                                                                                                 \
        return stet_map_with_(&name##_map_type_, &in->map_, &out->map_, &key, &key);                                  \
    }                                                                                                                 \
    /* All of them as one edit; out of memory changes nothing. */                                                     \
    STET_WRAPPER STET_NODISCARD stet_result name##_add_many(name *s, K const *keys, size_t n)                         \
    {                                                                                                                 \
        return stet_map_set_many(&name##_map_type_, &s->map_, keys, keys, n);                                         \
    }                                                                                                                 \
    /* *out = a set of these. What *out held is not dropped. */                                                       \
    STET_WRAPPER STET_NODISCARD stet_result name##_from_array(name *out, K const *keys, size_t n)                     \
    {                                                                                                                 \
        memset(out, 0, sizeof *out);                                                                                  \
        return name##_add_many(out, keys, n);                                                                         \
    }                                                                                                                 \
                                                                                                                      \
    /* for (name_iter it = name_first(&s); it.key != NULL; name_next(&it)) use(*it.key); */                           \
    typedef struct name##_iter {                                                                                      \
        K const *key; /* NULL: at the end */                                                                          \
        struct stet_map_iter at_;                                                                                     \
    } name##_iter;                                                                                                    \
    STET_WRAPPER name##_iter name##_first(const name *s)                                                              \
    {                                                                                                                 \
        name##_iter it;                                                                                               \
        stet_map_iter_start(&name##_map_type_, s->map_.root, &it.at_);                                                \
        it.key = (K const *)(const void *)it.at_.entry;                                                               \
        return it;                                                                                                    \
    }                                                                                                                 \
    STET_WRAPPER void name##_next(name##_iter *it)                                                                    \
    {                                                                                                                 \
        stet_map_iter_next(&name##_map_type_, &it->at_);                                                              \
        it->key = (K const *)(const void *)it->at_.entry;                                                             \
    }                                                                                                                 \
    /* Calls fn for each element until it answers false; returns whether it never did. Faster than the loop above. */ \
    STET_WRAPPER bool name##_each(const name *s, bool (*fn)(void *context, K const *key), void *context)              \
    {                                                                                                                 \
        struct stet_map_iter it;                                                                                      \
        stet_map_iter_start(&name##_map_type_, s->map_.root, &it);                                                    \
        for (; it.entry != NULL; stet_map_iter_leaf(&name##_map_type_, &it))                                          \
            for (K const *e = (K const *)(const void *)it.entry, *end = (K const *)(const void *)it.end; e != end;    \
                 e++)                                                                                                 \
                if (!fn(context, e))                                                                                  \
                    return false;                                                                                     \
        return true;                                                                                                  \
    }                                                                                                                 \
    /* Calls fn(into, key) for each element; returns into. Faster than the loop above. */                             \
    STET_WRAPPER void *name##_fold(const name *s, void (*fn)(void *into, K const *key), void *into)                   \
    {                                                                                                                 \
        struct stet_map_iter it;                                                                                      \
        stet_map_iter_start(&name##_map_type_, s->map_.root, &it);                                                    \
        for (; it.entry != NULL; stet_map_iter_leaf(&name##_map_type_, &it))                                          \
            for (K const *e = (K const *)(const void *)it.entry, *end = (K const *)(const void *)it.end; e != end;    \
                 e++)                                                                                                 \
                fn(into, e);                                                                                          \
        return into;                                                                                                  \
    }                                                                                                                 \
    /* Keeps the elements that `keep` is true of. Nothing removed: STET_UNCHANGED, the same version. */               \
    STET_WRAPPER STET_NODISCARD stet_result name##_filter(name *s, bool (*keep)(void *context, K const *key),         \
                                                          void *context)                                              \
    {                                                                                                                 \
        struct name##_filter_ call = {keep, context};                                                                 \
        return stet_map_transform(&name##_map_type_, &s->map_, name##_filter_thunk_, &call);                          \
    }                                                                                                                 \
    /* Calls fn for each element of one but not the other; in_a: of which. Stops when fn answers false. */            \
    STET_WRAPPER bool name##_diff(const name *a, const name *b, bool (*fn)(void *context, K const *key, bool in_a),   \
                                  void *context)                                                                      \
    {                                                                                                                 \
        struct name##_diff_ call = {fn, context};                                                                     \
        return stet_map_diff(&name##_map_type_, &a->map_, &b->map_, name##_diff_thunk_, &call);                       \
    }                                                                                                                 \
    STET_KEY_FORMS_(ktype, SET)(name)

/* The value of a set. */
__attribute__((__unused__)) static const struct stet_type stet_unit_ = {0, 1, 0, 0, 0, 0, 0, 0};

#define STET_SET_THUNKS_(name, K)                                                                                      \
    struct name##_filter_ {                                                                                            \
        bool (*keep)(void *, K const *);                                                                               \
        void *context;                                                                                                 \
    };                                                                                                                 \
    STET_WRAPPER enum stet_map_fate name##_filter_thunk_(void *context, const void *key, const void *old, void *value) \
    {                                                                                                                  \
        const struct name##_filter_ *call = (const struct name##_filter_ *)context;                                    \
        (void)old, (void)value;                                                                                        \
        return call->keep(call->context, (K const *)key) ? STET_KEEP : STET_REMOVE;                                    \
    }                                                                                                                  \
    struct name##_diff_ {                                                                                              \
        bool (*fn)(void *, K const *, bool);                                                                           \
        void *context;                                                                                                 \
    };                                                                                                                 \
    STET_WRAPPER bool name##_diff_thunk_(void *context, const void *key, const void *a, const void *b)                 \
    {                                                                                                                  \
        const struct name##_diff_ *call = (const struct name##_diff_ *)context;                                        \
        (void)b;                                                                                                       \
        return call->fn(call->context, (K const *)key, a != NULL);                                                     \
    }

#define STET_SET_KEYS_NONE_(name)
#define STET_SET_KEYS_STR_(name)                                                                       \
    STET_COLLECTION_KEYS_STR_(name)                                                                    \
    STET_WRAPPER STET_NODISCARD stet_result name##_add_bytes(name *s, const void *bytes, size_t n)     \
    {                                                                                                  \
        struct stet_bytes key = stet_bytes_of(bytes, n);                                               \
        return stet_map_put_(&name##_map_type_, &s->map_, &stet_bytes_form, &key, &key, STET_MAP_ADD); \
    }                                                                                                  \
    STET_WRAPPER STET_NODISCARD stet_result name##_add_cstr(name *s, const char *key)                  \
    {                                                                                                  \
        return name##_add_bytes(s, key, strlen(key));                                                  \
    }

#endif
