/* SPDX-License-Identifier: MIT */
/*
 * map/leaf.h - one leaf: making it, counting its entries, moving them. The drawing is in stet/impl/map.h.
 */
#ifndef STET_MAP_LEAF_H
#define STET_MAP_LEAF_H

#include <stet/impl/map.h>
#include "node/own.h"
#include "memory/cache.h"
#include "type/nest.h"

/* memcpy() of a size that is known only at run time: common sizes need no call. */
STET_INLINE void copy_bytes(void *to, const void *from, size_t n)
{
    switch (n) {
    case 4:
        memcpy(to, from, 4);
        break;
    case 8:
        memcpy(to, from, 8);
        break;
    case 16:
        memcpy(to, from, 16);
        break;
    case 24:
        memcpy(to, from, 24);
        break;
    case 32:
        memcpy(to, from, 32);
        break;
    default:
        memcpy(to, from, n);
    }
}

/* Returns whether the n bytes at a and at b are equal. As in copy_bytes(), common sizes need no call. */
STET_INLINE bool same_bytes(const void *a, const void *b, size_t n)
{
    switch (n) {
    case 8:
        return memcmp(a, b, 8) == 0;
    case 16:
        return memcmp(a, b, 16) == 0;
    case 24:
        return memcmp(a, b, 8) == 0 && memcmp((const char *)a + 8, (const char *)b + 8, 16) == 0;
    default:
        return memcmp(a, b, n) == 0;
    }
}

/* ---- leaves ---- */

STET_INLINE size_t map_leaf_size(const struct stet_leaf *l, const struct stet_map_type *t)
{
    return l->kind == STET_LEAF_COLLISION ? pool_node_size(16 + (size_t)t->fp_size + ((size_t)t->entry_size << l->cap))
                                          : (size_t)l->units * POOL_UNIT;
}

/* Makes a plain leaf without entries, which has room for at least `want`. */
STET_INLINE struct stet_leaf *leaf_new(const struct stet_map_type *t, unsigned want, unsigned depth)
{
    size_t head = 16 + (size_t)t->fp_size, size = pool_node_size(head + (size_t)want * t->entry_size);
    struct stet_leaf *l = pool_allocate_for(size, &t->node.name);
    if (STET_UNLIKELY(l == NULL))
        return NULL;
    uint32_t cap = (uint32_t)(size - head) / t->entry_size;
    *l = (struct stet_leaf){.refcount = 1,
                            .units = (uint16_t)(size / POOL_UNIT),
                            .depth = (uint8_t)depth,
                            .cap = (uint8_t)(cap < t->leaf_max ? cap : t->leaf_max)};
    memset(stet_leaf_fp_(l), 0, 16); /* constant sizes, because for others compilers may use a slow instruction */
    if (t->fp_size > 16)
        memset(stet_leaf_fp_(l) + 16, 0, 16);
    return l;
}

STET_INLINE void entry_retain(const struct stet_map_type *t, const char *e)
{
    if (t->key->retain != NULL)
        t->key->retain(e);
    if (t->value->retain != NULL)
        t->value->retain(e + t->value_offset);
}

STET_INLINE void entries_retain(const struct stet_map_type *t, const struct stet_leaf *l, uint32_t n)
{
    if (!t->node.has_refs)
        return;
    void (*key)(const void *) = t->key->retain, (*value)(const void *) = t->value->retain;
    const char *e = stet_leaf_entry_(t, l, 0);
    for (uint32_t i = 0; i < n; i++, e += t->entry_size) {
        if (key != NULL)
            key(e);
        if (value != NULL)
            value(e + t->value_offset);
    }
}

STET_INLINE void entry_release(const struct stet_map_type *t, char *e)
{
    if (t->key->release != NULL)
        t->key->release(e);
    if (t->value->release != NULL)
        t->value->release(e + t->value_offset);
}

STET_INLINE void entries_release(const struct stet_map_type *t, const struct stet_leaf *l, uint32_t n)
{
    void (*key)(void *) = t->key->release, (*value)(void *) = t->value->release;
    char *e = stet_leaf_entry_(t, l, 0);
    for (uint32_t i = 0; i < n; i++, e += t->entry_size) {
        if (key != NULL)
            key(e);
        if (value != NULL)
            value(e + t->value_offset);
    }
}

/* Appends entry i of another leaf. Its references move with it. */
STET_INLINE void leaf_take(const struct stet_map_type *t, struct stet_leaf *to, const struct stet_leaf *from,
                           unsigned i)
{
    unsigned j = to->n++;
    stet_leaf_fp_(to)[j] = stet_leaf_fp_(from)[i];
    copy_bytes(stet_leaf_entry_(t, to, j), stet_leaf_entry_(t, from, i), t->entry_size);
}

STET_INLINE unsigned hash_bit(uint64_t hash, unsigned depth) { return (unsigned)(hash >> (63 - depth)) & 1; }

STET_INLINE uint64_t hash_bits_by(const struct stet_map_type *t, const struct stet_leaf *l, unsigned depth,
                                  uint64_t seed, enum stet_hash_how how)
{
    const char *e = stet_leaf_entry_(t, l, 0);
    uint64_t bits = 0;
    for (unsigned i = 0, n = l->n; i < n; i++, e += t->entry_size)
        bits |= (uint64_t)hash_bit(stet_hash_each(t->key, e, seed, how), depth) << i;
    return bits;
}

/* Returns a mask: bit i is the hash bit at this depth of entry i. Frequent kinds of hashes have a loop of their own. */
STET_INLINE uint64_t hash_bits(const struct stet_map_type *t, const struct stet_leaf *l, unsigned depth, unsigned level)
{
    uint64_t seed = stet_hash_seed_at(level);
    enum stet_hash_how how = stet_hash_how(t->key, seed);
    if (how == STET_HASH_WORD)
        return hash_bits_by(t, l, depth, seed, STET_HASH_WORD);
    if (how == STET_HASH_MIXED)
        return hash_bits_by(t, l, depth, seed, STET_HASH_MIXED);
    return hash_bits_by(t, l, depth, seed, how);
}

/*
 * Distributes the entries, with their references, to two empty leaves: entry i goes to the leaf that bit i of `bits`
 * selects.
 */
STET_INLINE void leaf_deal(const struct stet_map_type *t, struct stet_leaf *to[2], const struct stet_leaf *from,
                           uint64_t bits)
{
    char *e[2] = {stet_leaf_entry_(t, to[0], 0), stet_leaf_entry_(t, to[1], 0)};
    const char *source = stet_leaf_entry_(t, from, 0);
    unsigned n[2] = {0, 0};
    for (unsigned i = 0, all = from->n; i < all; i++, source += t->entry_size) {
        unsigned side = (unsigned)(bits >> i) & 1;
        stet_leaf_fp_(to[side])[n[side]++] = stet_leaf_fp_(from)[i];
        copy_bytes(e[side], source, t->entry_size);
        e[side] += t->entry_size;
    }
    to[0]->n = (uint8_t)n[0];
    to[1]->n = (uint8_t)n[1];
}

#endif
