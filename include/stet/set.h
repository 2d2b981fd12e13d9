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

#define STET_SET(name, K, ktype)                                           \
    STET_HANDLE_DECLARE_(name, map, STET_HANDLE_FLAGS_(ktype##_flags_, 0)) \
    STET_SET_DEFINE(name, K, ktype)

/* In two steps, as STET_MAP_DECLARE and STET_MAP_DEFINE. */
#define STET_SET_DECLARE(name) STET_HANDLE_DECLARE_(name, map, STET_COUNTED)
#define STET_SET_DECLARE_LAZY(name) STET_HANDLE_DECLARE_(name, map, STET_COUNTED | STET_LAZY)

#define STET_SET_DEFINE(name, K, ktype)                                                                               \
    STET_ELEMENT_IS_DESCRIBED_(name, K, ktype)                                                                        \
    STET_STATIC_ASSERT(STET_ALIGNOF(K) <= STET_MAX_ALIGN, #name ": elements are aligned to 16 bytes at most");        \
    typedef K name##_key_;                                                                                            \
    STET_MAP_DESCRIPTOR_(name, ktype, 0, &stet_unit_, sizeof(K), sizeof(K))                                           \
    STET_SET_THUNKS_(name, K)                                                                                         \
    STET_COLLECTION_DEFINE_(name, K, ktype)                                                                           \
                                                                                                                      \
    /* Afterwards key is in the set. It was: STET_UNCHANGED. */                                                       \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_add(name *s_, K key_)                             \
    {                                                                                                                 \
        return stet_map_put_(&name##_map_type_, &s_->map_, NULL, &key_, &key_, STET_MAP_ADD);                         \
    }                                                                                                                 \
    /* The set's own element equal to key, borrowed; NULL: absent. */                                                 \
    STET_WRAPPER STET_NONNULL_(1) K const *name##_get(const name *s_, K key_)                                         \
    {                                                                                                                 \
        return STET_CAST_(K const *, stet_map_find(&name##_map_type_, NULL, s_->map_.root,                            \
                                                   stet_map_hash_form(&name##_map_type_, NULL, &key_, 0), &key_));    \
    }                                                                                                                 \
    /* *out = *in and key; out may be in. What *out held is dropped. *out is *in's version: STET_UNCHANGED. */        \
    STET_WRAPPER STET_NONNULL_(1, 2) STET_NODISCARD stet_result name##_with(const name *in_, name *out_, K key_)      \
    {                                                                                                                 \
        return stet_map_with_(&name##_map_type_, &in_->map_, &out_->map_, &key_, &key_);                              \
    }                                                                                                                 \
    /* All of them as one edit; out of memory changes nothing. */                                                     \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_add_many(name *s_, K const *keys_, size_t n_)     \
    {                                                                                                                 \
        return stet_map_set_many(&name##_map_type_, &s_->map_, keys_, keys_, n_);                                     \
    }                                                                                                                 \
    /* *out = a set of these. What *out held is not dropped. */                                                       \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_from_array(name *out_, K const *keys_, size_t n_) \
    {                                                                                                                 \
        name made_; /* *out may be one of the elements */                                                             \
        stet_result result_;                                                                                          \
        memset(&made_, 0, sizeof made_);                                                                              \
        result_ = name##_add_many(&made_, keys_, n_);                                                                 \
        *out_ = made_;                                                                                                \
        return result_;                                                                                               \
    }                                                                                                                 \
                                                                                                                      \
    /* for (name_iter it = name_first(&s); it.key != NULL; name_next(&it)) use(*it.key); */                           \
    typedef struct name##_iter {                                                                                      \
        name##_key_ const *key; /* NULL: at the end */                                                                \
        struct stet_map_iter at_;                                                                                     \
    } name##_iter;                                                                                                    \
    STET_WRAPPER STET_NONNULL_(1) name##_iter name##_first(const name *s_)                                            \
    {                                                                                                                 \
        name##_iter it_;                                                                                              \
        stet_map_iter_start(&name##_map_type_, s_->map_.root, &it_.at_);                                              \
        it_.key = STET_CAST_(K const *, STET_CAST_(const void *, it_.at_.entry));                                     \
        return it_;                                                                                                   \
    }                                                                                                                 \
    /* To the next element; from the last, to NULL. At NULL: misuse, as reading *it.key is. */                        \
    STET_WRAPPER STET_NONNULL_(1) void name##_next(name##_iter *it_)                                                  \
    {                                                                                                                 \
        STET_CHECK_(it_->key != NULL, #name "_iter", STET_RULE_END_);                                                 \
        stet_map_iter_next(&name##_map_type_, &it_->at_);                                                             \
        it_->key = STET_CAST_(K const *, STET_CAST_(const void *, it_->at_.entry));                                   \
    }                                                                                                                 \
    /* Calls fn for each element until it answers false; returns whether it never did. Faster than the loop above. */ \
    STET_WRAPPER STET_NONNULL_(1) bool name##_each(const name *s_, bool (*fn_)(void *context_, K const *key_),        \
                                                   void *context_)                                                    \
    {                                                                                                                 \
        struct stet_map_iter it_;                                                                                     \
        stet_map_iter_start(&name##_map_type_, s_->map_.root, &it_);                                                  \
        for (; it_.entry != NULL; stet_map_iter_leaf(&name##_map_type_, &it_)) {                                      \
            K const *end_ = STET_CAST_(K const *, STET_CAST_(const void *, it_.end));                                 \
            for (K const *e_ = STET_CAST_(K const *, STET_CAST_(const void *, it_.entry)); e_ != end_; e_++)          \
                if (!fn_(context_, e_))                                                                               \
                    return false;                                                                                     \
        }                                                                                                             \
        return true;                                                                                                  \
    }                                                                                                                 \
    /* Calls fn(into, key) for each element; returns into. Faster than the loop above. */                             \
    STET_WRAPPER STET_NONNULL_(1) void *name##_fold(const name *s_, void (*fn_)(void *into_, K const *key_),          \
                                                    void *into_)                                                      \
    {                                                                                                                 \
        struct stet_map_iter it_;                                                                                     \
        stet_map_iter_start(&name##_map_type_, s_->map_.root, &it_);                                                  \
        for (; it_.entry != NULL; stet_map_iter_leaf(&name##_map_type_, &it_)) {                                      \
            K const *end_ = STET_CAST_(K const *, STET_CAST_(const void *, it_.end));                                 \
            for (K const *e_ = STET_CAST_(K const *, STET_CAST_(const void *, it_.entry)); e_ != end_; e_++)          \
                fn_(into_, e_);                                                                                       \
        }                                                                                                             \
        return into_;                                                                                                 \
    }                                                                                                                 \
    /* Keeps the elements that `keep` is true of. Nothing removed: STET_UNCHANGED, the same version. */               \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_filter(                                           \
        name *s_, bool (*keep_)(void *context_, K const *key_), void *context_)                                       \
    {                                                                                                                 \
        struct name##_filter_ call_ = {keep_, context_};                                                              \
        return stet_map_transform(&name##_map_type_, &s_->map_, name##_filter_thunk_, &call_);                        \
    }                                                                                                                 \
    /* Calls fn for each element of one but not the other; in_a: of which. Stops when fn answers false. */            \
    STET_WRAPPER STET_NONNULL_(1, 2) bool name##_diff(                                                                \
        const name *a_, const name *b_, bool (*fn_)(void *context_, K const *key_, bool in_a_), void *context_)       \
    {                                                                                                                 \
        struct name##_diff_ call_ = {fn_, context_};                                                                  \
        return stet_map_diff(&name##_map_type_, &a_->map_, &b_->map_, name##_diff_thunk_, &call_);                    \
    }                                                                                                                 \
    STET_KEY_FORMS_(ktype, SET)(name)

#define STET_SET_THUNKS_(name, K)                                                                            \
    struct name##_filter_ {                                                                                  \
        bool (*keep_)(void *, K const *);                                                                    \
        void *context_;                                                                                      \
    };                                                                                                       \
    STET_WRAPPER enum stet_map_fate name##_filter_thunk_(void *context_, const void *key_, const void *old_, \
                                                         void *value_)                                       \
    {                                                                                                        \
        const struct name##_filter_ *call_ = STET_CAST_(const struct name##_filter_ *, context_);            \
        (void)old_, (void)value_;                                                                            \
        return call_->keep_(call_->context_, STET_CAST_(K const *, key_)) ? STET_KEEP : STET_REMOVE;         \
    }                                                                                                        \
    struct name##_diff_ {                                                                                    \
        bool (*fn_)(void *, K const *, bool);                                                                \
        void *context_;                                                                                      \
    };                                                                                                       \
    STET_WRAPPER bool name##_diff_thunk_(void *context_, const void *key_, const void *a_, const void *b_)   \
    {                                                                                                        \
        const struct name##_diff_ *call_ = STET_CAST_(const struct name##_diff_ *, context_);                \
        (void)b_;                                                                                            \
        return call_->fn_(call_->context_, STET_CAST_(K const *, key_), a_ != NULL);                         \
    }

#define STET_SET_KEYS_NONE_(name)
#define STET_SET_KEYS_STR_(name)                                                                                       \
    STET_COLLECTION_KEYS_STR_(name)                                                                                    \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_add_bytes(name *s_, const void *bytes_, size_t n_) \
    {                                                                                                                  \
        struct stet_bytes key_ = stet_bytes_of(bytes_, n_);                                                            \
        return stet_map_put_(&name##_map_type_, &s_->map_, &stet_bytes_form, &key_, &key_, STET_MAP_ADD);              \
    }                                                                                                                  \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_add_cstr(name *s_, const char *key_)               \
    {                                                                                                                  \
        return name##_add_bytes(s_, key_, strlen(key_));                                                               \
    }

#endif
