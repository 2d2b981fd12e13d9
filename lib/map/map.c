/* SPDX-License-Identifier: MIT */
/*
 * map/map.c - the map's updates for any descriptor, and the structural steps that all instances share: splitting a full
 * leaf, tidying up after a removal, rehash and collision leaves.
 */
#include "map/core.h"
#include "map/shape.h"
#include "map/instances.h"

/* Returns the position with `exclusive` false, so that its path and leaf will be owned from the root down. */
static struct stet_position position_is_shared(const struct stet_position *s)
{
    return (struct stet_position){s->hash, s->leaf, s->entry, false, s->level};
}

static __attribute__((__noinline__)) stet_result insert_at(const struct stet_map_type *t, struct stet_map *m,
                                                           const struct stet_key_view *f, const void *key,
                                                           const void *value, const struct stet_position *s)
{
    struct stet_position position = *s;
    if (map_makes_large_key(t, f))
        return stet_map_put_made_(t, m, f, key, value, s);
    position.exclusive = map_hold_entry(t, m, f, key, value, s->exclusive);
    return map_insert_held(t, m, f, key, value, &position, false);
}

/* Replaces a value in a leaf that is not exclusive. */
static __attribute__((__noinline__)) stet_result replace_far(const struct stet_map_type *t, struct stet_map *m,
                                                             const struct stet_key_view *f, const void *key,
                                                             const void *value, const struct stet_position *s)
{
    map_hold(m, t->value, value, false);
    return map_replace_held(t, m, f, key, value, position_is_shared(s));
}

/* Replaces a value in a leaf that was exclusive before the value was held. */
static __attribute__((__noinline__, __cold__)) stet_result
replace_held(const struct stet_map_type *t, struct stet_map *m, const struct stet_key_view *f, const void *key,
             const void *value, const struct stet_position *s)
{
    return map_replace_held(t, m, f, key, value, position_is_shared(s));
}

static __attribute__((__noinline__)) stet_result replace_near(const struct stet_map_type *t, struct stet_map *m,
                                                              const struct stet_key_view *f, const void *key,
                                                              const void *value, const struct stet_position *s)
{
    if (STET_UNLIKELY(!map_hold(m, t->value, value, true)))
        return replace_held(t, m, f, key, value, s);
    return map_overwrite(t, s->entry + t->value_offset, value);
}

/* The map retains the key that is made, so this reference to it is released. */
stet_result stet_map_put_made_(const struct stet_map_type *t, struct stet_map *m, const struct stet_key_view *f,
                               const void *view, const void *value, const struct stet_position *s)
{
    _Alignas(STET_MAX_ALIGN) char made[STET_ENTRY_MAX];
    return f->make(made, view) ? stet_owned_(map_put(t, m, NULL, made, value, *s), t->key, made) : STET_NO_MEMORY;
}

stet_result stet_map_edit_made_(const struct stet_map_type *t, struct stet_map *m, const struct stet_key_view *f,
                                const void *view, void **value, const struct stet_position *s)
{
    _Alignas(STET_MAX_ALIGN) char made[STET_ENTRY_MAX];
    return f->make(made, view) ? stet_owned_(map_edit(t, m, NULL, made, value, *s), t->key, made) : STET_NO_MEMORY;
}

/* The rare cases are separate calls, so that the common case saves no registers for them. */
stet_result stet_map_put_at_(const struct stet_map_type *t, struct stet_map *m, const struct stet_key_view *f,
                             const void *key, const void *value, const struct stet_position *s)
{
    if (s->entry != NULL)
        return s->exclusive ? replace_near(t, m, f, key, value, s) : replace_far(t, m, f, key, value, s);
    return insert_at(t, m, f, key, value, s);
}

stet_result stet_map_edit_at_(const struct stet_map_type *t, struct stet_map *m, const struct stet_key_view *f,
                              const void *key, void **value, const struct stet_position *s)
{
    return map_edit(t, m, f, key, value, *s);
}

stet_result stet_map_erase_at_(const struct stet_map_type *t, struct stet_map *m, const struct stet_key_view *f,
                               const void *key, void *value_out, const struct stet_position *s)
{
    return map_erase(t, m, f, key, value_out, *s);
}

stet_result stet_trie_put_(const struct stet_map_type *t, struct stet_map *m, const struct stet_key_view *f,
                           const void *key, const void *value)
{
    struct stet_position s = stet_trie_seek_(t, f, m, key, 1);
    return stet_position_keeps_(t, &s, value, STET_PUT_SET_) ? STET_UNCHANGED
                                                             : stet_map_put_at_(t, m, f, key, value, &s);
}

stet_result stet_trie_erase_(const struct stet_map_type *t, struct stet_map *m, const struct stet_key_view *f,
                             const void *key)
{
    struct stet_position s = stet_trie_seek_(t, f, m, key, 1);
    return s.entry == NULL ? STET_UNCHANGED : map_erase(t, m, f, key, NULL, s);
}

const char STET_MAP_LAYOUT_ = 0;

/* ---- rehash and collision leaves ---- */

#define REHASH_SIZE 64

struct stet_leaf *stet_rehash_new_(const struct stet_map_type *t, unsigned depth, stet_ref root, uint64_t hash)
{
    struct stet_leaf *l = pool_allocate_for(REHASH_SIZE, &t->node.name);
    if (l == NULL)
        return NULL;
    *l = (struct stet_leaf){
        .refcount = 1, .units = REHASH_SIZE / POOL_UNIT, .kind = STET_LEAF_REHASH, .depth = (uint8_t)depth};
    memset(stet_leaf_fp_(l), 0, 32); /* no fingerprint matches, whatever the type's F is */
    *stet_rehash_root_(l) = root;
    *stet_rehash_common_hash_(l) = hash;
    return l;
}

uint64_t stet_special_hash_(const struct stet_map_type *t, const struct stet_leaf *l, unsigned level)
{
    return l->kind == STET_LEAF_REHASH ? *stet_rehash_common_hash_(l)
                                       : stet_type_hash(t->key, stet_leaf_entry_(t, l, 0), stet_hash_seed_at(level));
}

STET_STATIC_ASSERT(STET_MAP_DEPTH <= 60, "the high half of a fingerprint is among the bits of a level");

bool stet_leaf_agrees_(const struct stet_map_type *t, const struct stet_leaf *l, uint64_t hash, unsigned level)
{
    for (unsigned i = 0; i < l->n; i++) /* this computes no hash; one leaf in 16 passes the first comparison */
        if ((stet_leaf_fp_(l)[i] ^ stet_leaf_fingerprint_(hash)) >> 4 != 0)
            return false;
    for (unsigned i = 0; i < l->n; i++)
        if (((stet_type_hash(t->key, stet_leaf_entry_(t, l, i), stet_hash_seed_at(level)) ^ hash) & STET_MAP_BITS) != 0)
            return false;
    return true;
}

void stet_leaf_prints_(const struct stet_map_type *t, struct stet_leaf *l, unsigned level)
{
    for (unsigned i = 0; i < l->n; i++)
        stet_leaf_fp_(l)[i] = stet_leaf_fingerprint_(stet_map_hash_key_(t, NULL, stet_leaf_entry_(t, l, i), level));
}

struct stet_leaf *stet_collision_new_(const struct stet_map_type *t, unsigned depth, uint32_t want)
{
    struct stet_leaf shape = {.refcount = 1, .kind = STET_LEAF_COLLISION, .depth = (uint8_t)depth, .cap = 2};
    while ((UINT32_C(1) << shape.cap) < want)
        if (++shape.cap == 32)
            return NULL; /* 2^31 entries have one hash */
    struct stet_leaf *l = pool_allocate_for(map_leaf_size(&shape, t), &t->node.name);
    if (l != NULL) {
        *l = shape;
        memset(stet_leaf_fp_(l), 0, t->fp_size);
    }
    return l;
}

struct stet_leaf *stet_map_overflow_of_(const struct stet_map_type *t, const struct stet_leaf *l, uint32_t want)
{
    uint32_t n = stet_leaf_count_(l);
    struct stet_leaf *c = stet_collision_new_(t, l->depth, want > n ? want : n);
    if (c == NULL)
        return NULL;
    c->wide = n;
    memcpy(stet_leaf_entry_(t, c, 0), stet_leaf_entry_(t, l, 0), (size_t)n * t->entry_size);
    return c;
}

struct stet_leaf *stet_map_own_special_(const struct stet_map_type *t, struct place *p, uint32_t want)
{
    struct stet_leaf *l = stet_ref_leaf_(*p->slot), *c;
    bool unshared = map_leaf_is_unshared(p);
    if (unshared && (l->kind == STET_LEAF_REHASH || want <= UINT32_C(1) << l->cap))
        return l;
    if (l->kind == STET_LEAF_COLLISION)
        return leaf_exchange(t, p, stet_map_overflow_of_(t, l, want), unshared);
    if ((c = stet_rehash_new_(t, l->depth, *stet_rehash_root_(l), *stet_rehash_common_hash_(l))) != NULL)
        stet_node_retain_(*stet_rehash_root_(c));
    return leaf_exchange(t, p, c, false);
}

const void *stet_map_find_below_(const struct stet_map_type *t, const struct stet_key_view *f, stet_ref root,
                                 const void *key, unsigned level)
{
    uint64_t hash = stet_map_hash_key_(t, f, key, level);
    stet_ref r = stet_map_descend_(root, hash);
    if (r == 0)
        return NULL;
    const struct stet_leaf *l = stet_ref_leaf_(r);
    int i = stet_leaf_find_(t, f, l, hash, key);
    if (i >= 0)
        return stet_leaf_entry_(t, l, (size_t)i);
    return l->kind != STET_LEAF_PLAIN ? stet_map_find_special_(t, f, l, key) : NULL;
}

#define WORTH_HASHES 64 /* if there are more keys than this, two hashes cost less than comparing them all */

STET_STATIC_ASSERT(STET_MAP_LEVELS == 2, "the trie below a rehash leaf is of level 1");

const void *stet_map_find_special_(const struct stet_map_type *t, const struct stet_key_view *f,
                                   const struct stet_leaf *l, const void *key)
{
    if (l->kind == STET_LEAF_REHASH)
        return stet_map_find_below_(t, f, *stet_rehash_root_(l), key, 1);
    if (l->wide > WORTH_HASHES && special_is_foreign(t, l, stet_map_hash_key_(t, f, key, 1), 1))
        return NULL;
    for (uint32_t i = 0; i < l->wide; i++)
        if (stet_map_equal_key_(t, f, stet_leaf_entry_(t, l, i), key))
            return stet_leaf_entry_(t, l, i);
    return NULL;
}

/* Frees a leaf that has references, or is not plain. */
static __attribute__((__noinline__)) void free_full_leaf(const struct stet_map_type *t, struct stet_leaf *l)
{
    if (l->kind == STET_LEAF_REHASH)
        stet_node_release(&t->node, *stet_rehash_root_(l));
    else if (t->node.has_refs)
        entries_release(t, l, stet_leaf_count_(l));
    pool_free(l, map_leaf_size(l, t));
}

void stet_map_free_leaf_(const struct stet_node_type *node_type, stet_ref leaf)
{
    struct stet_leaf *l = stet_ref_leaf_(leaf);
    if (node_type->has_refs || l->kind != STET_LEAF_PLAIN)
        free_full_leaf((const struct stet_map_type *)node_type, l);
    else
        pool_free(l, (size_t)l->units * POOL_UNIT);
}

struct stet_leaf_shape stet_map_describe_leaf_(const struct stet_node_type *node_type, stet_ref leaf)
{
    const struct stet_leaf *l = stet_ref_leaf_(leaf);
    size_t bytes = map_leaf_size(l, (const struct stet_map_type *)node_type);
    if (l->kind == STET_LEAF_REHASH)
        return (struct stet_leaf_shape){.bytes = bytes, .below = *stet_rehash_root_(l)};
    size_t room = l->kind == STET_LEAF_COLLISION ? (size_t)1 << l->cap : l->cap;
    return (struct stet_leaf_shape){.bytes = bytes, .elements = stet_leaf_count_(l), .room = room};
}

/* ---- growth ---- */

struct stet_inner *stet_inner_new_(const struct stet_map_type *t, unsigned width)
{
    size_t size = pool_node_size(sizeof(struct stet_inner) + ((size_t)8 << width));
    struct stet_inner *n = pool_allocate_for(size, &t->node.name);
    if (n != NULL)
        *n = (struct stet_inner){.refcount = 1, .units = (uint16_t)(size / POOL_UNIT), .slots = (uint8_t)(1u << width)};
    return n;
}

STET_INLINE struct stet_leaf *map_half(const struct stet_map_type *t, const struct place *p, unsigned want,
                                       unsigned depth)
{
    (void)p;
    return leaf_new(t, want, depth);
}

static struct stet_leaf *map_copy(const struct stet_map_type *t, struct place *p)
{
    return stet_ref_leaf_(*p->slot)->kind == STET_LEAF_PLAIN ? own_leaf(t, p, 0) : stet_map_own_special_(t, p, 0);
}

static struct stet_leaf *map_own(const struct stet_map_type *t, struct place *p, unsigned most, unsigned want)
{
    struct stet_leaf *l = stet_ref_leaf_(*p->slot);
    if (l->kind != STET_LEAF_PLAIN || l->n > most)
        return NULL;
    return want != 0 ? own_leaf(t, p, want) : l;
}

static void map_take(const struct stet_map_type *t, struct stet_leaf *to, const struct stet_leaf *from)
{
    for (unsigned i = 0; i < from->n; i++)
        leaf_take(t, to, from, i);
}

STET_INLINE void map_leave(const struct stet_map_type *t, struct place *p, stet_ref r)
{
    if (stet_ref_is_inner_(r))
        pool_free(stet_ref_inner_(r), (size_t)stet_ref_inner_(r)->units * POOL_UNIT);
    else
        leaf_leave(t, p, stet_ref_leaf_(r), p->parent_counts && stet_map_node_is_unshared_(r));
}

static const struct shape map_shape = {STORE_PLAIN, map_half, map_copy, map_own, map_take, map_leave};

/*
 * Called when the hashes of all entries and of the key agree: the leaf becomes a rehash leaf, or, on the last level, a
 * collision leaf.
 */
static bool grow_special(const struct stet_map_type *t, const struct stet_key_view *f, const void *key, struct place *p)
{
    struct stet_leaf *l, *special;
    unsigned level = p->level + 1;
    if (level < STET_MAP_LEVELS) {
        if ((l = own_leaf(t, p, t->leaf_max)) == NULL ||
            (special = stet_rehash_new_(t, l->depth, (uintptr_t)l, p->hash)) == NULL)
            return false;
        place_replace(p, l->depth, (uintptr_t)special, STORE_PLAIN);
        l->depth = 0;
        stet_leaf_prints_(t, l, level);
        enter_rehash(p, special, stet_map_hash_key_(t, f, key, level));
        return true;
    }
    l = stet_ref_leaf_(*p->slot);
    return leaf_exchange(t, p, stet_map_overflow_of_(t, l, l->n + 1u), map_leaf_is_unshared(p)) != NULL;
}

/* Compares four fingerprints at once: one full leaf in 65,536 passes, so that the branch is well predicted. */
STET_INLINE bool leaf_may_agree(const struct stet_leaf *l, uint64_t hash)
{
    uint32_t fingerprints;
    memcpy(&fingerprints, stet_leaf_fp_(l), sizeof fingerprints);
    return ((fingerprints ^ stet_leaf_fingerprint_(hash) * UINT32_C(0x01010101)) & UINT32_C(0xF0F0F0F0)) == 0;
}

STET_STATIC_ASSERT(STET_MAP_LEAF_MAX(STET_ENTRY_MAX) >= 4, "a full leaf has four fingerprints");

/*
 * Takes one structural step to make room for the key. The leaf at p is full, or it is a rehash or collision leaf whose
 * entries have another hash than the key.
 */
bool stet_map_split_(const struct stet_map_type *t, const struct stet_key_view *f, const void *key, struct place *p)
{
    const struct stet_leaf *l = stet_ref_leaf_(*p->slot);
    if (STET_UNLIKELY(l->kind == STET_LEAF_PLAIN && leaf_may_agree(l, p->hash)) &&
        stet_leaf_agrees_(t, l, p->hash, p->level))
        return grow_special(t, f, key, p);
    if (p->parent != NULL && l->depth < p->base)
        return l->kind != STET_LEAF_PLAIN
                   ? shape_narrow(&map_shape, t, p, hash_bit(stet_special_hash_(t, l, p->level), l->depth))
               : stet_map_is_words_(t)   ? shape_split(&map_shape, &stet_word_map, p)
               : stet_map_is_strings_(t) ? shape_split(&map_shape, &stet_str_map, p)
                                         : shape_split(&map_shape, t, p);
    return shape_grow(&map_shape, t, p, stet_inner_new_(t, shape_width(p)));
}

/* ---- shrinking: never fails, but does less when memory is short ---- */

/*
 * Called when the plain or collision leaf at p, which is exclusive, has lost entries. An empty leaf is freed; a
 * collision leaf whose entries fit into a plain leaf becomes one.
 */
static void shrink_leaf(const struct stet_map_type *t, struct place *p)
{
    struct stet_leaf *l = stet_ref_leaf_(*p->slot), *c;
    uint32_t n = stet_leaf_count_(l);
    if (n == 0) {
        place_replace(p, l->depth, 0, STORE_PLAIN);
        pool_free(l, map_leaf_size(l, t));
    } else if (l->kind == STET_LEAF_COLLISION && n <= t->leaf_max / 2u && (c = leaf_new(t, n, l->depth)) != NULL) {
        c->n = (uint8_t)n;
        memcpy(stet_leaf_entry_(t, c, 0), stet_leaf_entry_(t, l, 0), n * t->entry_size);
        stet_leaf_prints_(t, c, p->level);
        leaf_exchange(t, p, c, true);
    }
}

/*
 * Joins the leaf or gap at p, of this depth, with its buddies as often as possible. Returns the depth that it then has.
 */
static unsigned join_all(const struct stet_map_type *t, struct place *p, unsigned depth)
{
    while (shape_join(&map_shape, t, p, depth))
        depth--;
    return depth;
}

/* Halves the parent if its slots are equal in pairs. False: they are not, or there is no memory. */
static bool halve(const struct stet_map_type *t, struct place *p)
{
    return place_is_paired(p) && shape_halve_node(&map_shape, t, p, stet_inner_new_(t, inner_width(p->parent) - 1));
}

/*
 * If the trie of the exclusive rehash leaf is empty, or is one small leaf, a gap, or that leaf, replaces the rehash
 * leaf.
 */
static bool undo_rehash(const struct stet_map_type *t, struct place *p)
{
    struct stet_leaf *rehash = stet_ref_leaf_(*p->rehash_slot), *l = stet_ref_leaf_(*p->slot);
    if (l != NULL && (l->kind != STET_LEAF_PLAIN || l->n > t->leaf_max / 4u))
        return false;
    if (l != NULL) {
        l->depth = rehash->depth;
        stet_leaf_prints_(t, l, 0);
    }
    for (unsigned i = 0; i < p->rehash_count; i++)
        p->rehash_slot[i] = (uintptr_t)l;
    pool_free(rehash, map_leaf_size(rehash, t)); /* rehash leaves of live maps are larger */
    return true;
}

void stet_map_shrink_(const struct stet_map_type *t, stet_ref *slot, unsigned level)
{
    struct place p = {.slot = slot, .level = level, .parent_counts = true};
    shrink_leaf(t, &p);
}

void stet_map_tidy_inner_(const struct stet_map_type *t, stet_ref *slot, unsigned base, unsigned level)
{
    struct place p = {.parent_slot = slot, .parent = stet_ref_inner_(*slot), .base = base, .level = level};
    for (unsigned i = 0; i < p.parent->slots; i++) {
        p.index = i;
        p.slot = &stet_children_(p.parent)[i];
        if (stet_ref_is_inner_(*p.slot))
            continue;
        unsigned depth = *p.slot != 0 ? stet_ref_leaf_(*p.slot)->depth : base;
        if (*p.slot != 0 && stet_leaf_count_(stet_ref_leaf_(*p.slot)) > t->leaf_max / 4u)
            continue;
        p.parent_counts = stet_parent_counts(&t->node, p.parent, i);
        (void)join_all(t, &p, depth);
    }
    p.index = 0;
    p.slot = &stet_children_(p.parent)[0];
    while (halve(t, &p))
        ;
    if (place_is_all(&p))
        shape_collapse(&map_shape, t, &p);
}

void stet_map_tidy_(const struct stet_map_type *t, const struct stet_key_view *f, const void *key, struct stet_map *m,
                    unsigned level)
{
    struct place p;
    uint64_t hash = stet_map_hash_key_(t, f, key, level);
    /*
     * Here own_path() allocates nothing, because the path is exclusive. After each round the leaf is higher in the
     * trie.
     */
    for (bool first = true; own_path(t, f, key, hash, level, m, &p); first = false) {
        unsigned depth = *p.slot != 0 ? stet_ref_leaf_(*p.slot)->depth : p.base;
        if (first)
            shrink_leaf(t, &p);
        if (p.parent == NULL) {
            if (p.level == level || !undo_rehash(t, &p))
                return;
            continue;
        }
        unsigned joined = join_all(t, &p, depth);
        if (joined == depth && range_count(&p, depth) < p.parent->slots)
            return;
        while (range_count(&p, joined) < p.parent->slots && halve(t, &p))
            ;
        if (range_count(&p, joined) < p.parent->slots)
            return;
        shape_collapse(&map_shape, t, &p);
    }
}

/* ---- iteration ---- */

STET_STATIC_ASSERT(STET_MAP_LEVELS == 2, "a cursor knows of one trie around that of a rehash leaf");

/* Returns the hash prefix of the slot at it->at. */
static uint64_t map_cursor_prefix(const struct stet_map_cursor *it)
{
    return it->at == it->stop ? it->next : it->next - ((uint64_t)(it->stop - it->at) << it->shift);
}

/*
 * Descends by a hash prefix to the lowest inner node that it leads to, and to the slot there. The root is an inner
 * node.
 */
STET_INLINE void map_cursor_seek(struct stet_map_cursor *it, uint64_t prefix)
{
    stet_ref r = it->root;
    unsigned above;
    it->shift = 64;
    for (uint64_t bits = prefix; stet_ref_is_inner_(r);) {
        unsigned width = 64 - (unsigned)(r & STET_TAG_BITS);
        it->at = stet_children_(stet_ref_inner_(r)) + stet_trie_step_(r, &bits);
        it->stop = stet_children_(stet_ref_inner_(r)) + (UINT64_C(1) << width);
        above = it->shift;
        it->shift -= width;
        it->next = above == 64 ? 0 : ((prefix >> above) + 1) << above;
        r = *it->at;
        stet_map_cursor_fetch_(it->at, it->stop);
    }
}

/* Enters the trie of the rehash leaf in the slot before it->at. */
static void map_cursor_enter_trie(struct stet_map_cursor *it, struct stet_leaf *l)
{
    it->outer_next = map_cursor_prefix(it);
    it->outer = it->root;
    it->root = *stet_rehash_root_(l);
    it->shift = 64;
    it->next = 0;
    it->at = it->stop;
}

/*
 * Enters r, the node in the slot before it->at; for a rehash leaf, enters the root of its trie. True: the cursor is at
 * the entries of a leaf. False: it is at the first slot of an inner node, or r is a gap.
 */
STET_INLINE bool map_cursor_enter(const struct stet_map_type *t, struct stet_map_cursor *it, stet_ref r)
{
    if (r != 0 && !stet_ref_is_inner_(r) && stet_ref_leaf_(r)->kind == STET_LEAF_REHASH) {
        map_cursor_enter_trie(it, stet_ref_leaf_(r));
        r = it->root;
    }
    if (stet_ref_is_inner_(r)) {
        it->next = map_cursor_prefix(it);
        it->shift -= 64 - (unsigned)(r & STET_TAG_BITS);
        it->at = stet_children_(stet_ref_inner_(r));
        it->stop = it->at + (UINT64_C(1) << (64 - (r & STET_TAG_BITS)));
        return false;
    }
    if (r == 0)
        return false;
    const struct stet_leaf *l = stet_ref_leaf_(r);
    it->entry = stet_leaf_entry_(t, l, 0);
    it->end = it->entry + (size_t)stet_leaf_count_(l) * t->entry_size;
    return true;
}

/* Called behind the last slot of a node: moves to the slot that follows the node. False: there is none. */
static bool map_cursor_climb(struct stet_map_cursor *it)
{
    if (it->next == 0) {
        if (it->outer == 0 || it->outer_next == 0)
            return false;
        it->root = it->outer;
        it->next = it->outer_next;
        it->outer = 0;
    }
    map_cursor_seek(it, it->next);
    return true;
}

void stet_map_cursor_far_(const struct stet_map_type *t, struct stet_map_cursor *it)
{
    stet_ref r;
    do {
        if (it->at == it->stop && !map_cursor_climb(it)) {
            it->entry = NULL;
            return;
        }
        r = *it->at;
        stet_map_cursor_fetch_(it->at, it->stop);
        it->at = stet_map_cursor_pass_(it->at, it->stop);
    } while (!map_cursor_enter(t, it, r));
}

void stet_map_cursor_of_(const struct stet_map_type *t, stet_ref root, const struct stet_key_view *f, const void *key,
                         struct stet_map_cursor *it)
{
    uint64_t hash = stet_map_hash_key_(t, f, key, 0);
    const char *entry = stet_map_find_(t, f, root, hash, key);
    *it = (struct stet_map_cursor){.shift = 64, .root = root};
    if (entry == NULL)
        return;
    for (unsigned level = 0;; hash = stet_map_hash_key_(t, f, key, ++level)) {
        stet_ref r = it->root;
        if (stet_ref_is_inner_(r)) {
            map_cursor_seek(it, hash);
            r = *it->at;
            it->at = stet_map_cursor_pass_(it->at, it->stop);
        }
        const struct stet_leaf *l = stet_ref_leaf_(r);
        if (l->kind != STET_LEAF_REHASH) {
            it->entry = entry;
            it->end = (const char *)stet_leaf_entry_(t, l, 0) + (size_t)stet_leaf_count_(l) * t->entry_size;
            return;
        }
        map_cursor_enter_trie(it, stet_ref_leaf_(r));
    }
}

void stet_map_cursor_below_(const struct stet_map_type *t, struct stet_map_cursor *it, stet_ref r)
{
    if (!map_cursor_enter(t, it, r))
        stet_map_cursor_far_(t, it);
}

/* ---- further updates ---- */

/*
 * Releases a copy of an element that has references, because release may write to its argument, and the element is the
 * caller's.
 */
static void map_let_go(const struct stet_type *t, const void *element)
{
    _Alignas(16) char copy[STET_ENTRY_MAX];
    if (element == NULL || !stet_type_may_hold_(t))
        return;
    memcpy(copy, element, t->size);
    t->release(copy);
}

void stet_map_let_go_(const struct stet_map_type *t, const void *key, const void *value)
{
    map_let_go(t->key, key);
    map_let_go(t->value, value);
}

stet_result stet_map_update_(const struct stet_map_type *t, struct stet_map *m, const struct stet_key_view *f,
                             const void *key, stet_map_update_fn *fn, void *context)
{
    stet_node_check_(&t->node, m->root);
    _Alignas(16) char value[STET_ENTRY_MAX];
    struct stet_position s = stet_map_seek_(t, f, m, key);
    if (STET_CHECKS_)
        stet_map_check_hash_(t, f, &s, key);
    fn(context, s.entry != NULL ? s.entry + t->value_offset : NULL, value);
    s.exclusive = false; /* fn may have made a copy of the map */
    stet_result result =
        stet_position_keeps_(t, &s, value, STET_PUT_SET_) ? STET_UNCHANGED : map_put(t, m, f, key, value, s);
    if (t->value->release != NULL)
        t->value->release(value);
    return result;
}
