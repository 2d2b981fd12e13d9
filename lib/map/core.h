/* SPDX-License-Identifier: MIT */
/*
 * map/core.h - the map's updates, written once: always-inline over a descriptor, compiled for a run-time descriptor
 * (map.c) and for constant ones (map/word.c, map/str.c).
 *
 * Every update is the same five steps:
 *   seek      a read-only walk that fetches the path and finds out whether anything will change, and whether the leaf
 *             may be written as it is; if it may, no node has to be owned
 *   hold      a new element that may hold this map is counted before the first node is owned: its version of the map
 *             then has a holder of its own, and does not change
 *   own path  from the root down, each inner node becomes exclusive         (node/own.h)
 *   own leaf  with the capacity that the edit needs
 *   edit      in place; a full leaf first splits, one structural step at a time
 * Any step may end for lack of memory. The steps before it have not changed the contents; less is shared than before.
 *
 * The drawing and the invariants are in stet/impl/map.h.
 */
#ifndef STET_MAP_CORE_H
#define STET_MAP_CORE_H

#include "map/shape.h"

/* The size of the buffer in which a removed or replaced element waits until callbacks may run. */
#define STET_ENTRY_MAX 4096

/* ---- own the leaf ---- */

STET_INLINE bool map_leaf_is_unshared(const struct place *p)
{
    return p->parent_counts && stet_map_node_is_unshared_(*p->slot);
}

/*
 * Disposes of l after other leaves, which have its entries, have taken its place. If l was unshared
 * (map_leaf_is_unshared()), its references have moved with the entries, and only the block is freed. Otherwise the
 * entries get one more holder, and l gets one less if the parent counted it.
 */
STET_INLINE void leaf_leave(const struct stet_map_type *t, struct place *p, struct stet_leaf *l, bool unshared)
{
    if (!unshared)
        entries_retain(t, l, stet_leaf_count_(l));
    if (unshared)
        pool_free(l, map_leaf_size(l, t));
    else if (p->parent_counts)
        stet_node_release(&t->node, (uintptr_t)l);
    p->parent_counts = true;
}

/*
 * Replaces the leaf at p by c, which has the same entries, and returns c. c is NULL: there was no memory, and nothing
 * is changed.
 */
STET_INLINE struct stet_leaf *leaf_exchange(const struct stet_map_type *t, struct place *p, struct stet_leaf *c,
                                            bool unshared)
{
    struct stet_leaf *l = stet_ref_leaf_(*p->slot);
    if (STET_UNLIKELY(c == NULL))
        return NULL;
    place_replace(p, l->depth, (uintptr_t)c, STORE_PLAIN);
    leaf_leave(t, p, l, unshared);
    return c;
}

/* Makes a copy of a plain leaf, which has room for `want` entries. Entries keep their positions. NULL: no memory. */
STET_INLINE struct stet_leaf *map_leaf_copy(const struct stet_map_type *t, const struct stet_leaf *l, unsigned want)
{
    struct stet_leaf *c = leaf_new(t, want > l->n ? want : l->n, l->depth);
    if (STET_UNLIKELY(c == NULL))
        return NULL;
    c->n = l->n;
    copy_many(stet_leaf_fp_(c), stet_leaf_fp_(l), (size_t)t->fp_size + (size_t)l->n * t->entry_size);
    return c;
}

/* Makes the plain leaf at p exclusive, with room for `want` entries. NULL: no memory. */
STET_INLINE struct stet_leaf *own_leaf(const struct stet_map_type *t, struct place *p, unsigned want)
{
    struct stet_leaf *l = stet_ref_leaf_(*p->slot);
    bool unshared = map_leaf_is_unshared(p);
    if (STET_LIKELY(unshared && want <= l->cap))
        return l;
    return leaf_exchange(t, p, map_leaf_copy(t, l, want), unshared);
}

/* Structural steps, in map.c, compiled once for all types. */
STET_HIDDEN struct stet_leaf *stet_map_own_special_(const struct stet_map_type *t, struct place *p, uint32_t want);
STET_HIDDEN bool stet_map_split_(const struct stet_map_type *t, const struct stet_key_view *f, const void *key,
                                 struct place *p);
STET_HIDDEN void stet_map_tidy_(const struct stet_map_type *t, const struct stet_key_view *f, const void *key,
                                struct stet_map *m, unsigned level);

/*
 * Tidy up after a transformation: the first works on a leaf in *slot, which may be empty; the second on an inner node
 * whose children have lost entries.
 */
STET_HIDDEN void stet_map_shrink_(const struct stet_map_type *t, stet_ref *slot, unsigned level);
STET_HIDDEN void stet_map_tidy_inner_(const struct stet_map_type *t, stet_ref *slot, unsigned base, unsigned level);
/*
 * Makes a rehash leaf, which takes over the reference to its trie. hash is that of any of its entries. NULL: no memory.
 */
STET_HIDDEN struct stet_leaf *stet_rehash_new_(const struct stet_map_type *t, unsigned depth, stet_ref root,
                                               uint64_t hash);
/* Makes an empty collision leaf with room for `want` entries. NULL: no memory. */
STET_HIDDEN struct stet_leaf *stet_collision_new_(const struct stet_map_type *t, unsigned depth, uint32_t want);

/*
 * Makes a collision leaf with room for `want` entries, and copies the entries of a plain or collision leaf to it. NULL:
 * no memory.
 */
STET_HIDDEN struct stet_leaf *stet_map_overflow_of_(const struct stet_map_type *t, const struct stet_leaf *l,
                                                    uint32_t want);

/* Returns whether the hashes of all entries of a plain leaf agree with this one in all bits of the level. */
STET_HIDDEN bool stet_leaf_agrees_(const struct stet_map_type *t, const struct stet_leaf *l, uint64_t hash,
                                   unsigned level);
/* Sets the fingerprints of a plain leaf from the hashes of this level. */
STET_HIDDEN void stet_leaf_prints_(const struct stet_map_type *t, struct stet_leaf *l, unsigned level);
/* Returns the hash of the entries of a rehash or collision leaf, which agree in STET_MAP_BITS. */
STET_HIDDEN uint64_t stet_special_hash_(const struct stet_map_type *t, const struct stet_leaf *l, unsigned level);

/* Returns whether a key that leads to this rehash or collision leaf has another hash than the entries in it. */
STET_INLINE bool special_is_foreign(const struct stet_map_type *t, const struct stet_leaf *l, uint64_t hash,
                                    unsigned level)
{
    return l->depth < STET_MAP_DEPTH && ((stet_special_hash_(t, l, level) ^ hash) & STET_MAP_BITS) != 0;
}

/* Makes an inner node without a lender. Its slots are not written yet. NULL: no memory. */
STET_HIDDEN struct stet_inner *stet_inner_new_(const struct stet_map_type *t, unsigned width);

/* ---- own the path ---- */

/* Moves p from a rehash leaf to the root of its trie. hash is the key's, on the level of that trie. */
STET_INLINE void enter_rehash(struct place *p, const struct stet_leaf *rehash, uint64_t hash)
{
    unsigned count = range_count(p, rehash->depth);
    *p = (struct place){.slot = stet_rehash_root_(rehash),
                        .rehash_slot = p->slot - p->index + range_first(p, count),
                        .rehash_count = count,
                        .hash = hash,
                        .level = p->level + 1,
                        .parent_counts = true};
}

/*
 * Owns the path down to the leaf or gap that the key's hash leads to, and stops at a rehash leaf of another hash.
 * False: no memory.
 */
STET_INLINE bool own_path(const struct stet_map_type *t, const struct stet_key_view *f, const void *key, uint64_t hash,
                          unsigned level, struct stet_map *m, struct place *p)
{
    *p = (struct place){.slot = &m->root, .hash = hash, .level = level, .parent_counts = true};
    for (;;) {
        uint64_t bits = p->hash;
        while (stet_ref_is_inner_(*p->slot)) {
            if (!map_leaf_is_unshared(p) && STET_UNLIKELY(!stet_own_inner(&t->node, p->parent, p->index, p->slot,
                                                                          p->parent_counts, STET_OWN_BY_BUDGET)))
                return false;
            place_enter(p, *p->slot, &bits);
            p->parent_counts = stet_parent_counts(&t->node, p->parent, p->index);
        }
        if (STET_LIKELY(*p->slot == 0 || stet_ref_leaf_(*p->slot)->kind != STET_LEAF_REHASH) ||
            special_is_foreign(t, stet_ref_leaf_(*p->slot), p->hash, p->level))
            return true;
        struct stet_leaf *rehash = stet_map_own_special_(t, p, 0);
        if (rehash == NULL)
            return false;
        enter_rehash(p, rehash, stet_map_hash_key_(t, f, key, p->level + 1));
    }
}

/* Makes the entry of s writable. False: no memory. */
STET_INLINE bool own_entry(const struct stet_map_type *t, const struct stet_key_view *f, const void *key,
                           struct stet_map *m, struct stet_position *s)
{
    struct place p;
    if (STET_LIKELY(s->exclusive))
        return true;
    if (!own_path(t, f, key, s->hash, s->level, m, &p))
        return false;
    struct stet_leaf *l = stet_ref_leaf_(*p.slot);
    size_t at = (size_t)(s->entry - (const char *)l); /* a copy of the leaf has its entries in the same places */
    l = STET_LIKELY(l->kind == STET_LEAF_PLAIN) ? own_leaf(t, &p, l->n) : stet_map_own_special_(t, &p, l->wide);
    s->leaf = l;
    if (STET_UNLIKELY(l == NULL))
        return false;
    s->entry = (char *)l + at;
    return true;
}

/* Fills the gap at p with a new leaf, which is as wide as possible. */
STET_INLINE bool fill_gap(const struct stet_map_type *t, struct place *p)
{
    unsigned first, count, depth = place_gap(p, &first, &count);
    struct stet_leaf *l = leaf_new(t, 1, depth);
    if (l == NULL)
        return false;
    place_fill(p, first, count, (uintptr_t)l, STORE_PLAIN);
    p->parent_counts = true;
    return true;
}

/*
 * Makes room in an exclusive leaf for a key that is absent. Returns the entry, which the caller must write. NULL: no
 * memory.
 */
STET_INLINE char *make_room(const struct stet_map_type *t, const struct stet_key_view *f, const void *key,
                            uint64_t hash, unsigned level, struct stet_map *m)
{
    struct place p;
    if (STET_UNLIKELY(!own_path(t, f, key, hash, level, m, &p)))
        return NULL;
    for (;;) {
        struct stet_leaf *l = stet_ref_leaf_(*p.slot);
        if (l == NULL) {
            if (!fill_gap(t, &p))
                return NULL;
        } else if (STET_LIKELY(l->kind == STET_LEAF_PLAIN && l->n < t->leaf_max)) {
            l = own_leaf(t, &p, l->n + 1u);
            return l != NULL ? stet_leaf_add_(t, l, p.hash) : NULL;
        } else if (l->kind == STET_LEAF_COLLISION && !special_is_foreign(t, l, p.hash, p.level)) {
            l = stet_map_own_special_(t, &p, l->wide + 1);
            return l != NULL ? stet_leaf_entry_(t, l, l->wide++) : NULL;
        } else if (STET_UNLIKELY(!stet_map_split_(t, f, key, &p))) {
            return NULL;
        }
    }
}

/* ---- hold: the elements that come in ---- */

/*
 * Counts an element that may hold a collection, before the first node is owned. The element may have a handle of this
 * very version that was not counted until now. Counting that handle makes the root shared, and no other node, so only
 * the root is checked again. Strings hold no map: element_retain() counts them when they are in their place. Returns
 * whether the position is still exclusive.
 */
STET_INLINE bool map_hold(const struct stet_map *m, const struct stet_type *type, const void *element, bool exclusive)
{
    if (!stet_type_may_hold_(type))
        return exclusive;
    type->retain(element);
    return exclusive && stet_map_node_is_unshared_(m->root);
}

/* In map.c: releases the elements that map_hold() has counted, after an update that had no memory. */
STET_HIDDEN void stet_map_let_go_(const struct stet_map_type *t, const void *key, const void *value);

/* Ends an update that had no memory. */
STET_INLINE stet_result map_give_up(const struct stet_map_type *t, const void *key, const void *value)
{
    stet_node_drain(&t->node);
    if (stet_type_may_hold_(t->key) || stet_type_may_hold_(t->value))
        stet_map_let_go_(t, key, value);
    return STET_NO_MEMORY;
}

/* Counts an element that is in its place, unless map_hold() has counted it. */
STET_INLINE void element_retain(const struct stet_type *t, const void *element)
{
    if ((t->flags & STET_STRING) != 0) /* map_hold() has counted other elements */
        t->retain(element);
}

/* Returns whether the leaf of the position may be written, and has room for another entry. */
STET_INLINE bool position_has_room(const struct stet_position *s) { return s->exclusive && s->leaf->n < s->leaf->cap; }

#define MADE_MAX 16 /* a key that is made from a key view is made where it is inserted; a larger one before that */

/* In map.c: inserts the key, too large for MADE_MAX, that a view stands for. */
STET_HIDDEN stet_result stet_map_put_made_(const struct stet_map_type *t, struct stet_map *m,
                                           const struct stet_key_view *f, const void *view, const void *value,
                                           const struct stet_position *s);
STET_HIDDEN stet_result stet_map_edit_made_(const struct stet_map_type *t, struct stet_map *m,
                                            const struct stet_key_view *f, const void *view, void **value,
                                            const struct stet_position *s);

/* Returns whether an absent key is made by one of these functions. */
STET_INLINE bool map_makes_large_key(const struct stet_map_type *t, const struct stet_key_view *f)
{
    return f != NULL && t->key->size > MADE_MAX;
}

/*
 * Adds an entry for an absent key that map_hold() has seen. Writes and counts the key, but not the value. `near` is a
 * constant that says whether position_has_room(). NULL: no memory.
 */
STET_INLINE char *insert_entry(const struct stet_map_type *t, const struct stet_key_view *f, const void *key,
                               struct stet_map *m, const struct stet_position *s, bool near)
{
    _Alignas(STET_MAX_ALIGN) char made[MADE_MAX];
    if (f != NULL) {
        if (!f->make(made, key))
            return NULL;
        key = made; /* used from here on, because the view's bytes may belong to a key that is about to be moved */
    }
    char *e = near || STET_LIKELY(position_has_room(s)) ? stet_leaf_add_(t, s->leaf, s->hash)
                                                        : make_room(t, NULL, key, s->hash, s->level, m);
    if (STET_UNLIKELY(e == NULL)) {
        if (f != NULL && t->key->release != NULL)
            t->key->release(made);
        return NULL;
    }
    copy_bytes(e, key, t->key->size);
    if (f == NULL)
        element_retain(t->key, key);
    m->size++;
    return e;
}

/* ---- lookups in groups ---- */

#define LOOKUP_GROUP 16 /* the number of lookups whose cache misses overlap */

/*
 * Returns whether lookups in groups are faster. Maps of up to 1 MiB of entries are in the nearer caches, where single
 * lookups are faster.
 */
STET_INLINE bool worth_groups(const struct stet_map_type *t, const struct stet_map *m)
{
    return m->size * t->entry_size >= (size_t)1 << 20;
}

/* ---- the updates, from the position of the search ---- */

/* Inserts a key and a value that map_hold() has seen. For `near` see insert_entry(). */
STET_INLINE stet_result map_insert_held(const struct stet_map_type *t, struct stet_map *m,
                                        const struct stet_key_view *f, const void *key, const void *value,
                                        const struct stet_position *s, bool near)
{
    char *e = insert_entry(t, f, key, m, s, near);
    if (STET_UNLIKELY(e == NULL))
        return map_give_up(t, f == NULL ? key : NULL, value);
    copy_bytes(e + t->value_offset, value, t->value->size);
    element_retain(t->value, value);
    stet_node_drain(&t->node);
    return STET_CHANGED;
}

/* Calls map_hold() for the key and the value. */
STET_INLINE bool map_hold_entry(const struct stet_map_type *t, const struct stet_map *m, const struct stet_key_view *f,
                                const void *key, const void *value, bool exclusive)
{
    if (f == NULL) /* a key that is made from a view has its reference already */
        exclusive = map_hold(m, t->key, key, exclusive);
    return map_hold(m, t->value, value, exclusive);
}

/* Overwrites the value of a writable entry with a value that map_hold() has seen. */
STET_INLINE stet_result map_overwrite(const struct stet_map_type *t, char *e, const void *value)
{
    if (t->value->release == NULL) {
        copy_bytes(e, value, t->value->size);
    } else {
        _Alignas(16) char old[STET_ENTRY_MAX];
        element_retain(t->value, value);
        copy_bytes(old, e, t->value->size);
        copy_bytes(e, value, t->value->size);
        stet_node_drain(&t->node);
        t->value->release(old);
        return STET_CHANGED;
    }
    stet_node_drain(&t->node);
    return STET_CHANGED;
}

/* Replaces the value of the entry of s by a value that map_hold() has seen. */
STET_INLINE stet_result map_replace_held(const struct stet_map_type *t, struct stet_map *m,
                                         const struct stet_key_view *f, const void *key, const void *value,
                                         struct stet_position s)
{
    if (STET_UNLIKELY(!own_entry(t, f, key, m, &s)))
        return map_give_up(t, NULL, value);
    return map_overwrite(t, s.entry + t->value_offset, value);
}

/* Insert or replace. */
STET_INLINE stet_result map_put(const struct stet_map_type *t, struct stet_map *m, const struct stet_key_view *f,
                                const void *key, const void *value, struct stet_position s)
{
    if (s.entry == NULL) {
        if (map_makes_large_key(t, f))
            return stet_map_put_made_(t, m, f, key, value, &s);
        s.exclusive = map_hold_entry(t, m, f, key, value, s.exclusive);
        return map_insert_held(t, m, f, key, value, &s, false);
    }
    s.exclusive = map_hold(m, t->value, value, s.exclusive);
    return map_replace_held(t, m, f, key, value, s);
}

/*
 * Sets *value to the address of the key's value, which may be written; if the key is new, it is all zeros.
 * STET_CHANGED: the key is new.
 */
STET_INLINE stet_result map_edit(const struct stet_map_type *t, struct stet_map *m, const struct stet_key_view *f,
                                 const void *key, void **value, struct stet_position s)
{
    stet_result result = STET_NO_MEMORY;
    if (s.entry == NULL && map_makes_large_key(t, f))
        return stet_map_edit_made_(t, m, f, key, value, &s);
    bool hold_key = s.entry == NULL && f == NULL; /* a key that is made from a view has its reference already */
    if (hold_key)
        s.exclusive = map_hold(m, t->key, key, s.exclusive);
    if (s.entry == NULL) {
        s.entry = insert_entry(t, f, key, m, &s, false);
        if (STET_LIKELY(s.entry != NULL)) {
            memset(s.entry + t->value_offset, 0, t->value->size);
            result = STET_CHANGED;
        }
    } else if (STET_LIKELY(own_entry(t, f, key, m, &s))) {
        result = STET_UNCHANGED;
    }
    *value = result != STET_NO_MEMORY ? s.entry + t->value_offset : NULL;
    if (result == STET_NO_MEMORY)
        return map_give_up(t, hold_key ? key : NULL, NULL);
    stet_node_drain(&t->node);
    return result;
}

/* Removes the entry, and moves its value, with its reference, to *value_out; if that is NULL, the value is released. */
STET_INLINE stet_result map_erase(const struct stet_map_type *t, struct stet_map *m, const struct stet_key_view *f,
                                  const void *key, void *value_out, struct stet_position s)
{
    if (STET_UNLIKELY(!own_entry(t, f, key, m, &s))) {
        stet_node_drain(&t->node);
        return STET_NO_MEMORY;
    }
    _Alignas(16) char removed[STET_ENTRY_MAX];
    if (t->node.has_refs)
        copy_bytes(removed, s.entry, t->entry_size);
    if (value_out != NULL)
        copy_bytes(value_out, s.entry + t->value_offset, t->value->size);
    struct stet_leaf *l = s.leaf;
    uint32_t last = stet_leaf_count_(l) - 1;
    char *tail = stet_leaf_entry_(t, l, last);
    if (l->kind == STET_LEAF_PLAIN) {
        uint8_t *fp = stet_leaf_fp_(l);
        /* A division of 32 bits is faster. */
        fp[(uint32_t)(s.entry - stet_leaf_entry_(t, l, 0)) / t->entry_size] = fp[last];
        fp[last] = 0;
        l->n = (uint8_t)last;
    } else {
        l->wide = last;
    }
    if (s.entry != tail)
        copy_bytes(s.entry, tail, t->entry_size);
    m->size--;
    if (last <= t->leaf_max / 4u || l->kind != STET_LEAF_PLAIN) {
        if (t->node.has_refs) /* the stored key is used, because the argument may be a view of it */
            stet_map_tidy_(t, NULL, removed, m, s.level);
        else
            stet_map_tidy_(t, f, key, m, s.level);
    }
    stet_node_drain(&t->node);
    if (t->key->release != NULL)
        t->key->release(removed);
    if (value_out == NULL && t->value->release != NULL)
        t->value->release(removed + t->value_offset);
    return STET_CHANGED;
}

/*
 * The updates of the trie of a rehash leaf, on level 1, for live maps. m->size becomes larger or smaller by the
 * difference. (map.c)
 */
STET_HIDDEN stet_result stet_trie_put_(const struct stet_map_type *t, struct stet_map *m, const struct stet_key_view *f,
                                       const void *key, const void *value);
STET_HIDDEN stet_result stet_trie_erase_(const struct stet_map_type *t, struct stet_map *m,
                                         const struct stet_key_view *f, const void *key);

/*
 * Defines an instance: search and update with a constant descriptor, under the names that stet/impl/map.h dispatches
 * to. view is f, or NULL if the keys have no view.
 */
#define STET_MAP_PUT(suffix, type, view)                                                                               \
    stet_result stet_map_put##suffix(const struct stet_map_type *t, struct stet_map *m, const struct stet_key_view *f, \
                                     const void *key, const void *value, enum stet_put_mode_ mode)                     \
    {                                                                                                                  \
        (void)t, (void)f;                                                                                              \
        struct stet_position s = stet_map_seek_(type, view, m, key);                                                   \
        return stet_position_keeps_(type, &s, value, mode) ? STET_UNCHANGED : map_put(type, m, view, key, value, s);   \
    }

/* A put of words where the path or the leaf is not exclusive, or the leaf is full. entry is the key's, or NULL. */
typedef stet_result map_put_far_fn(char *entry, struct stet_map *m, const struct stet_key_view *f, const void *key,
                                   const void *value, uint64_t hash);
/* A put of words where the hash leads to a rehash or collision leaf. */
typedef stet_result map_put_special_fn(const struct stet_map_type *t, struct stet_map *m, const struct stet_key_view *f,
                                       const void *key, const void *value, enum stet_put_mode_ mode);

/*
 * A put of words, which calls no function of the user. The update of an exclusive leaf is inlined, and saves no
 * registers for the other cases: `far` and `special` are tail calls, whose arguments are in the right registers
 * already.
 */
STET_INLINE stet_result map_put_words(const struct stet_map_type *type, const struct stet_map_type *t,
                                      struct stet_map *m, const struct stet_key_view *f, const void *key,
                                      const void *value, enum stet_put_mode_ mode, map_put_far_fn *far,
                                      map_put_special_fn *special)
{
    struct stet_position s = {stet_map_hash_key_(type, NULL, key, 0), NULL, NULL, true, 0};
    stet_ref r = stet_map_walk_(m->root, s.hash, &s.exclusive);
    if (STET_UNLIKELY(r == 0))
        return far(NULL, m, f, key, value, s.hash);
    s.leaf = stet_ref_leaf_(r);
    int i = stet_leaf_fetch_and_find_(type, NULL, s.leaf, s.hash, key);
    if (STET_UNLIKELY(i < 0 && s.leaf->kind != STET_LEAF_PLAIN))
        return special(t, m, f, key, value, mode);
    s.entry = i >= 0 ? stet_leaf_entry_(type, s.leaf, (size_t)i) : NULL;
    if (stet_position_keeps_(type, &s, value, mode))
        return STET_UNCHANGED;
    s.exclusive = s.exclusive && stet_map_node_is_unshared_(r);
    if (STET_LIKELY(s.exclusive && s.entry != NULL))
        return map_overwrite(type, s.entry + type->value_offset, value);
    if (STET_LIKELY(s.entry == NULL && position_has_room(&s)))
        return map_insert_held(type, m, NULL, key, value, &s, true);
    return far(s.entry, m, f, key, value, s.hash);
}

/* Defines an instance of map_put_words(). */
#define STET_MAP_PUT_WORDS(suffix, type)                                                                               \
    static __attribute__((__noinline__))                                                                               \
    stet_result put_far##suffix(char *entry, struct stet_map *m, const struct stet_key_view *f, const void *key,       \
                                const void *value, uint64_t hash)                                                      \
    {                                                                                                                  \
        (void)f;                                                                                                       \
        return map_put(type, m, NULL, key, value, (struct stet_position){hash, NULL, entry, false, 0});                \
    }                                                                                                                  \
    static __attribute__((__noinline__, __cold__))                                                                     \
    stet_result put_special##suffix(const struct stet_map_type *t, struct stet_map *m, const struct stet_key_view *f,  \
                                    const void *key, const void *value, enum stet_put_mode_ mode)                      \
    {                                                                                                                  \
        (void)t;                                                                                                       \
        struct stet_position s = stet_map_seek_(type, NULL, m, key);                                                   \
        return stet_position_keeps_(type, &s, value, mode) ? STET_UNCHANGED                                            \
                                                           : put_far##suffix(s.entry, m, f, key, value, s.hash);       \
    }                                                                                                                  \
    stet_result stet_map_put##suffix(const struct stet_map_type *t, struct stet_map *m, const struct stet_key_view *f, \
                                     const void *key, const void *value, enum stet_put_mode_ mode)                     \
    {                                                                                                                  \
        return map_put_words(type, t, m, f, key, value, mode, put_far##suffix, put_special##suffix);                   \
    }

#define STET_MAP_EDIT_AND_ERASE(suffix, type, view)                                                     \
    stet_result stet_map_edit##suffix(const struct stet_map_type *t, struct stet_map *m,                \
                                      const struct stet_key_view *f, const void *key, void **value)     \
    {                                                                                                   \
        (void)t, (void)f;                                                                               \
        return map_edit(type, m, view, key, value, stet_map_seek_(type, view, m, key));                 \
    }                                                                                                   \
    stet_result stet_map_erase##suffix(const struct stet_map_type *t, struct stet_map *m,               \
                                       const struct stet_key_view *f, const void *key, void *value_out) \
    {                                                                                                   \
        (void)t, (void)f;                                                                               \
        struct stet_position s = stet_map_seek_(type, view, m, key);                                    \
        return s.entry == NULL ? STET_UNCHANGED : map_erase(type, m, view, key, value_out, s);          \
    }

#endif
