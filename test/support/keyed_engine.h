/* SPDX-License-Identifier: MIT */
/*
 * keyed_engine.h - KEYED_ENGINE(kind, type, member) defines kind_engine (keyed_world.h), a table of the functions of
 * the engine `kind` of stet/impl/keyed.h, and KEYED_COLLECTION(kind) initializes the members of a struct collection
 * that follow from the engine. `type` is the engine's descriptor type, `member` the path from a handle to the struct
 * that the functions take, as in keyed.h.
 */
#ifndef TEST_KEYED_ENGINE_H
#define TEST_KEYED_ENGINE_H

#include "keyed_world.h"

/* bytes_form: the descriptor of the view for keys given as bytes; bytes_as: the function that makes such a view. */
#define KEYED_ENGINE(kind, type, member, in_order, bytes_form, bytes_as)                                      \
    KEYED_HANDLES_(kind, type, member)                                                                        \
    KEYED_ONE_(kind, type, member)                                                                            \
    KEYED_MANY_(kind, type, member)                                                                           \
    KEYED_TWO_(kind, type, member)                                                                            \
    static const struct keyed_engine kind##_engine = {                                                        \
        in_order,          &(bytes_form), bytes_as,         kind##_get,     kind##_put,      kind##_edit,     \
        kind##_update,     kind##_erase,  kind##_with,      kind##_without, kind##_get_many, kind##_set_many, \
        kind##_from_array, kind##_trim,   kind##_transform, kind##_diff,    kind##_within,   kind##_combine,  \
        kind##_equal,      kind##_hash,   kind##_root};

#define KEYED_COLLECTION(kind)                                                                                 \
    .keyed = &kind##_engine, .model_fixed = MAX_KEYS, .fit = keyed_fit, .add = keyed_add, .size = kind##_size, \
    .same = kind##_same, .copy = kind##_copy, .move = kind##_move, .swap = kind##_swap, .drop = kind##_drop,   \
    .drop_later = kind##_drop_later

#define KEYED_HANDLES_(kind, type, member)                                                                             \
    static const type *kind##_of(const struct subject *s) { return (const type *)s->node; }                            \
    static stet_ref kind##_root(const union handle *h) { return h->member.root; }                                      \
    static size_t kind##_size(const union handle *h) { return stet_##kind##_size_(&h->kind); }                         \
    static bool kind##_same(const union handle *a, const union handle *b)                                              \
    {                                                                                                                  \
        return stet_##kind##_identical_(&a->kind, &b->kind);                                                           \
    }                                                                                                                  \
    static void kind##_copy(const struct subject *s, union handle *to, const union handle *from)                       \
    {                                                                                                                  \
        stet_##kind##_retain_(kind##_of(s), &from->kind);                                                              \
        to->kind = from->kind;                                                                                         \
    }                                                                                                                  \
    static void kind##_move(const struct subject *s, union handle *to, union handle *from)                             \
    {                                                                                                                  \
        (void)s;                                                                                                       \
        to->kind = from->kind;                                                                                         \
        from->kind = (struct stet_##kind){0};                                                                          \
    }                                                                                                                  \
    static void kind##_swap(const struct subject *s, union handle *a, union handle *b)                                 \
    {                                                                                                                  \
        (void)s;                                                                                                       \
        struct stet_##kind other = a->kind;                                                                            \
        a->kind = b->kind;                                                                                             \
        b->kind = other;                                                                                               \
    }                                                                                                                  \
    static void kind##_drop(const struct subject *s, union handle *h) { stet_##kind##_drop_(kind##_of(s), &h->kind); } \
    static void kind##_drop_later(const struct subject *s, union handle *h)                                            \
    {                                                                                                                  \
        stet_##kind##_drop_later_(kind##_of(s), &h->kind);                                                             \
    }                                                                                                                  \
    static bool kind##_equal(const struct subject *s, const union handle *a, const union handle *b)                    \
    {                                                                                                                  \
        return stet_##kind##_equal_(kind##_of(s), &a->kind, &b->kind);                                                 \
    }                                                                                                                  \
    static uint64_t kind##_hash(const struct subject *s, const union handle *h, uint64_t seed)                         \
    {                                                                                                                  \
        return stet_##kind##_hash_(kind##_of(s), &h->kind, seed);                                                      \
    }

#define KEYED_ONE_(kind, type, member)                                                                               \
    static const void *kind##_get(const struct subject *s, const union handle *h, const void *form, const void *key) \
    {                                                                                                                \
        return stet_##kind##_get_(kind##_of(s), &h->member, form, key);                                              \
    }                                                                                                                \
    static stet_result kind##_put(const struct subject *s, union handle *h, const void *form, const void *key,       \
                                  const void *value, enum stet_put_mode_ mode)                                       \
    {                                                                                                                \
        return stet_##kind##_put_(kind##_of(s), &h->member, form, key, value, mode);                                 \
    }                                                                                                                \
    static stet_result kind##_edit(const struct subject *s, union handle *h, const void *form, const void *key,      \
                                   void **value)                                                                     \
    {                                                                                                                \
        return stet_##kind##_edit_(kind##_of(s), &h->member, form, key, value);                                      \
    }                                                                                                                \
    static stet_result kind##_update(const struct subject *s, union handle *h, const void *key, keyed_update_fn *fn, \
                                     void *context)                                                                  \
    {                                                                                                                \
        return stet_##kind##_update_(kind##_of(s), &h->member, NULL, key, fn, context);                              \
    }                                                                                                                \
    static stet_result kind##_erase(const struct subject *s, union handle *h, const void *form, const void *key,     \
                                    void *value)                                                                     \
    {                                                                                                                \
        return stet_##kind##_erase_(kind##_of(s), &h->member, form, key, value);                                     \
    }                                                                                                                \
    static stet_result kind##_with(const struct subject *s, const union handle *in, union handle *out,               \
                                   const void *key, const void *value)                                               \
    {                                                                                                                \
        return stet_##kind##_with_(kind##_of(s), &in->member, &out->member, NULL, key, value);                       \
    }                                                                                                                \
    static stet_result kind##_without(const struct subject *s, const union handle *in, union handle *out,            \
                                      const void *key)                                                               \
    {                                                                                                                \
        return stet_##kind##_without_(kind##_of(s), &in->member, &out->member, NULL, key);                           \
    }

#define KEYED_MANY_(kind, type, member)                                                                                \
    static void kind##_get_many(const struct subject *s, const union handle *h, const void *keys, size_t n,            \
                                const void **values)                                                                   \
    {                                                                                                                  \
        stet_##kind##_get_many_(kind##_of(s), &h->member, keys, n, values);                                            \
    }                                                                                                                  \
    static stet_result kind##_set_many(const struct subject *s, union handle *h, const void *keys, const void *values, \
                                       size_t n)                                                                       \
    {                                                                                                                  \
        return stet_##kind##_set_many_(kind##_of(s), &h->member, keys, values, n);                                     \
    }                                                                                                                  \
    static stet_result kind##_from_array(const struct subject *s, union handle *out, const void *keys,                 \
                                         const void *values, size_t n)                                                 \
    {                                                                                                                  \
        return stet_##kind##_from_array_(kind##_of(s), &out->member, keys, values, n);                                 \
    }                                                                                                                  \
    static stet_result kind##_trim(const struct subject *s, union handle *h)                                           \
    {                                                                                                                  \
        return stet_##kind##_trim_(kind##_of(s), &h->member);                                                          \
    }                                                                                                                  \
    static stet_result kind##_transform(const struct subject *s, union handle *h, keyed_transform_fn *fn,              \
                                        void *context)                                                                 \
    {                                                                                                                  \
        return stet_##kind##_transform_(kind##_of(s), &h->member, fn, context);                                        \
    }

#define KEYED_TWO_(kind, type, member)                                                                                \
    static bool kind##_diff(const struct subject *s, const union handle *a, const union handle *b, keyed_diff_fn *fn, \
                            void *context)                                                                            \
    {                                                                                                                 \
        return stet_##kind##_diff_(kind##_of(s), &a->member, &b->member, fn, context);                                \
    }                                                                                                                 \
    static bool kind##_within(const struct subject *s, const union handle *a, const union handle *b, bool values)     \
    {                                                                                                                 \
        return stet_##kind##_within_(kind##_of(s), &a->member, &b->member, values);                                   \
    }                                                                                                                 \
    static stet_result kind##_combine(const struct subject *s, union handle *h, const union handle *a,                \
                                      const union handle *b, unsigned keep, keyed_conflict_fn *fn, void *context)     \
    {                                                                                                                 \
        return stet_##kind##_combine_(kind##_of(s), &h->member, &a->member, &b->member, keep, fn, context);           \
    }

#endif
