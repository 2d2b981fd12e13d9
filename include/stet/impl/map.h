/* SPDX-License-Identifier: MIT */
/*
 * stet/impl/map.h - the hash map's nodes, the walks of its reads (inlined into user code), and the compiled functions.
 *
 * The map is a hash trie with dense directories (Bagwell 2001 for the trie, Fagin et al. 1979 for directories that
 * double) over leaves of up to leaf_max entries with one-byte fingerprints.
 *
 * An example: a lookup of a key. Its hash is 0x9C41...23, in binary 100111 000 1000001 ... 00100011:
 *
 *   root      The ref's tag is 58: a node of 2^6 slots. hash >> 58 = 100111: slot 39. The bits move up by 6.
 *   slot 39   holds a ref with tag 61: a node of 2^3 slots. bits >> 61 = 000: slot 0. Below it b = 9 bits are used.
 *   slot 0    holds a ref with tag 0: a leaf. Its depth is 8, so it fills 2^(9 - 8) slots, 0 and 1: the hashes of all
 *             its entries begin with 100111 00.
 *   leaf      One vector compare finds the fingerprint 0x23 (the hash's low byte) at positions 3 and 7. The key of
 *             entry 3 is another one; the key of entry 7 is equal: the value is beside it.
 *
 * If the key is to be added and the leaf is full, the leaf splits by bit 8: entries whose bit 8 is 0 stay in slot 0,
 * the others go to slot 1, and both leaves have depth 9. If one of these leaves is full later, it fills one slot only;
 * so the node above first doubles to 2^4 slots, and each leaf then fills twice as many. A node of 2^6 slots does not
 * double; instead the slot gets a node of its own, as slot 39 of the root has here.
 *
 *   ref       address | 64 - w: an inner node of 2^w slots, w = 1 .. STET_MAP_WIDTH;  address | 0: a leaf;  0: nothing
 *   inner     impl/node.h, slots = 2^w. The next w hash bits, from the top, choose the slot. A leaf whose entries share
 *             d hash bits fills 2^(b - d) neighbouring slots of a node below which b bits are used: it splits by bit d.
 *             A node doubles when a leaf of one slot splits; at full width the slot gets a node of its own.
 *
 *   leaf      0          4       6      7       8   9     10     12     16              16 + F
 *             | refcount | units | kind | depth | n | cap | tag  | wide | fp[F]         | entry[cap] ...
 *             entries are unsorted; fp[i] is the low hash byte of entry i, 1 for 0, and 0 from n on.
 *             F = 16; 32 if leaf_max > 16.
 *
 *   rehash    a leaf with n = 0, so that the fingerprint test fails: its entries agree in all STET_MAP_DEPTH bits,
 *             whatever its depth. Holds the root of a trie over the hash of the next level (another seed), and what
 *             its entries' hashes have in common. A key of another hash makes it deeper.
 *
 *   collision a leaf with n = 0, on the last level: `wide` entries that agree in all bits, capacity 2^cap, searched
 *             one by one.
 *
 *   entry     | key | padding | value | padding |
 *
 * Invariants beside R1-R6 of impl/node.h; a test walker checks them all:
 *   I1  An entry's hash begins with the bits that lead to its leaf; the leaf's first `depth` bits are common to all.
 *   I2  A leaf fills exactly the slots of its range; ranges are aligned; no leaf is empty. A slot may be 0.
 *   I3  Only nodes of full width hold inner nodes, each in one slot.
 *   I4  fp is as drawn; n <= leaf_max; no two entries of a map have equal keys.
 *   I5  (unless memory was short) a leaf of at most leaf_max / 4 entries has no buddy - the leaf or gap of the same
 *       depth beside it - with which it would be at most leaf_max / 2; no node's slots are all one leaf.
 *   I6  The handle's size is the number of entries; size 0 means root 0.
 */
#ifndef STET_IMPL_MAP_H
#define STET_IMPL_MAP_H

#include <stet/type.h>
#include <stet/impl/bytes.h>
#include <stet/impl/keyed.h>
#include <stet/impl/node.h>

STET_QUIET_
#ifdef __cplusplus
extern "C" {
#endif

/* ---- geometry ---- */

#if STET_TINY_NODES /* such that ten entries cause splits, columns of nodes, and collapses */
#    define STET_MAP_WIDTH 2
#    define STET_MAP_LEAF_MAX(entry_size) 4
#else
#    define STET_MAP_WIDTH 6
/*
 * The maximum number of entries in a leaf: 14 if an entry has 16 bytes, 9 if it has 24, 26 if it has 8; at least 4. The
 * head of a leaf has 16 bytes, and 16 or 32 fingerprints.
 */
#    define STET_MAP_LEAF_MAX(entry_size)                                                              \
        ((STET_MAP_LEAF_BYTES - 32) / (entry_size) < 4     ? 4                                         \
         : (STET_MAP_LEAF_BYTES - 32) / (entry_size) <= 16 ? (STET_MAP_LEAF_BYTES - 32) / (entry_size) \
         : (STET_MAP_LEAF_BYTES - 48) / (entry_size) < 32  ? (STET_MAP_LEAF_BYTES - 48) / (entry_size) \
                                                           : 32)
#endif
/*
 * The size of a full leaf in bytes, a multiple of 64. With up to 16 fingerprints one vector compare finds an entry.
 * Larger leaves are denser (with 512 bytes an entry of 16 bytes takes 20.5 instead of 23.4) and slower to search.
 */
#define STET_MAP_LEAF_BYTES 256
#define STET_MAP_DEPTH 60 /* the number of hash bits used on a level; every width divides it */
#define STET_MAP_LEVELS 2 /* the number of hashes used before entries go to a collision leaf */
#define STET_MAP_BITS (UINT64_MAX << (64 - STET_MAP_DEPTH)) /* the mask of these bits */

enum stet_leaf_kind { STET_LEAF_PLAIN = 0, STET_LEAF_REHASH = 1, STET_LEAF_COLLISION = 2 };

struct stet_leaf {
    uint32_t refcount;
    uint16_t units; /* in units of 16 bytes; 0 in a collision leaf */
    uint8_t kind;
    uint8_t depth;
    uint8_t n;
    uint8_t cap;
    uint16_t tag; /* used by the live map */
    uint32_t wide;
};

STET_STATIC_ASSERT(sizeof(struct stet_leaf) == 16, "fingerprints start at 16");

/* The descriptor of a map: static const, one for each generated type in each translation unit. */
struct stet_map_type {
    struct stet_node_type node;
    const struct stet_type *key, *value;
    uint32_t entry_size, value_offset;
    uint8_t leaf_max, fp_size;
};

STET_API void stet_map_free_leaf_(const struct stet_node_type *t, stet_ref leaf);
STET_API struct stet_leaf_shape stet_map_describe_leaf_(const struct stet_node_type *t, stet_ref leaf);

/* exact: the release of some element must be prompt. counted: some element has a release (impl/node.h). */
#define STET_MAP_TYPE_(name, exact, counted, key, value, entry, offset)                                        \
    {                                                                                                          \
        {stet_map_free_leaf_, stet_map_describe_leaf_, exact, counted, true, name}, key, value, entry, offset, \
            STET_MAP_LEAF_MAX(entry), STET_MAP_LEAF_MAX(entry) > 16 ? 32 : 16                                  \
    }

/* The value of a set. */
__attribute__((__unused__)) static const struct stet_type stet_unit_ = {0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0};

/* These types have instances compiled in the library. Both functions fold where the descriptor is constant. */
STET_INLINE bool stet_map_is_words_(const struct stet_map_type *t)
{
    return (t->key->flags & STET_WORD) != 0 && (t->value->flags & STET_WORD) != 0;
}
STET_INLINE bool stet_map_is_strings_(const struct stet_map_type *t) /* from strings to words */
{
    return (t->key->flags & STET_STRING) != 0 && (t->value->flags & STET_WORD) != 0;
}

/* The handle that every generated map and set wraps. {0} is empty. */
struct stet_map {
    stet_ref root;
    size_t size;
};

STET_INLINE struct stet_leaf *stet_ref_leaf_(stet_ref r) { return (struct stet_leaf *)(uintptr_t)r; }

STET_INLINE uint8_t *stet_leaf_fp_(const struct stet_leaf *l) { return (uint8_t *)(uintptr_t)l + 16; }

STET_INLINE char *stet_leaf_entry_(const struct stet_map_type *t, const struct stet_leaf *l, size_t i)
{
    return (char *)(uintptr_t)l + 16 + t->fp_size + i * t->entry_size;
}

/* Returns the number of entries in a leaf that is plain, or a collision leaf. */
STET_INLINE uint32_t stet_leaf_count_(const struct stet_leaf *l)
{
    return l->kind == STET_LEAF_COLLISION ? l->wide : l->n;
}

STET_INLINE stet_ref *stet_rehash_root_(const struct stet_leaf *l) { return (stet_ref *)((uintptr_t)l + 48); }

/* The address of a hash that agrees in STET_MAP_BITS with the hashes of all entries of a rehash leaf. */
STET_INLINE uint64_t *stet_rehash_common_hash_(const struct stet_leaf *l) { return (uint64_t *)((uintptr_t)l + 56); }

/* stet_node_is_unshared_() for nodes of a map: here leaves are aligned to 64 bytes, as inner nodes are. */
STET_INLINE bool stet_map_node_is_unshared_(stet_ref r)
{
    /* Acquire pairs with the release half of the decrements: other holders have finished their reads. */
    return __atomic_load_n(&stet_ref_inner_(r)->refcount, __ATOMIC_ACQUIRE) == 1;
}

/* ---- find ---- */

/* Returns the slot of an inner node that the next bits of a hash choose, and shifts these bits out. */
STET_INLINE size_t stet_trie_step_(stet_ref inner, uint64_t *bits)
{
    unsigned tag = (unsigned)(inner & STET_TAG_BITS);
    size_t i = *bits >> tag;
    *bits <<= -tag & 63;
    return i;
}

/* Descends to the leaf that a hash leads to. Returns it, or 0 for a gap. Each step reads one slot, and no header. */
STET_INLINE stet_ref stet_map_descend_(stet_ref r, uint64_t bits)
{
    while (stet_ref_is_inner_(r))
        r = stet_children_(stet_ref_inner_(r))[stet_trie_step_(r, &bits)];
    return r;
}

/* The fingerprint of a hash is its low byte; 0, which stands for no entry, becomes 1. */
STET_INLINE uint8_t stet_leaf_fingerprint_(uint64_t hash)
{
    uint8_t byte = (uint8_t)hash;
    return (uint8_t)(byte + (byte == 0));
}

/* Returns a mask: bit i is set if fp[i] is this fingerprint. */
STET_INLINE uint32_t stet_leaf_match_(const uint8_t *fp, unsigned fp_size, uint8_t fingerprint)
{
    const stet_words_16_ *v = (const stet_words_16_ *)(const void *)fp;
    uint32_t low = stet_bytes_match_(v[0], fingerprint);
    return fp_size == 16 ? low : low | stet_bytes_match_(v[1], fingerprint) << 16;
}

STET_INLINE uint64_t stet_map_hash_key_(const struct stet_map_type *t, const struct stet_key_view *f, const void *key,
                                        unsigned level)
{
    return f != NULL ? f->hash(key, level) : stet_type_hash(t->key, key, stet_hash_seed_at(level));
}

STET_INLINE bool stet_map_equal_key_(const struct stet_map_type *t, const struct stet_key_view *f, const void *stored,
                                     const void *key)
{
    return f != NULL ? f->equal(stored, key) : stet_type_equal(t->key, stored, key);
}

/* Returns the index of the key in a plain leaf, or -1. */
STET_INLINE int stet_leaf_find_(const struct stet_map_type *t, const struct stet_key_view *f, const struct stet_leaf *l,
                                uint64_t hash, const void *key)
{
    uint32_t hits = stet_leaf_match_(stet_leaf_fp_(l), t->fp_size, stet_leaf_fingerprint_(hash));
    for (; hits != 0; hits &= hits - 1) {
        int i = __builtin_ctz(hits);
        if (STET_LIKELY(stet_map_equal_key_(t, f, stet_leaf_entry_(t, l, (size_t)i), key)))
            return i;
    }
    return -1;
}

/* Searches the rest of a rehash or collision leaf, after its fingerprints matched nothing. */
STET_API const void *stet_map_find_special_(const struct stet_map_type *t, const struct stet_key_view *f,
                                            const struct stet_leaf *l, const void *key);

/* Searches the trie of a rehash leaf. level is the level of the hashes in that trie. root may be 0. */
STET_API const void *stet_map_find_below_(const struct stet_map_type *t, const struct stet_key_view *f, stet_ref root,
                                          const void *key, unsigned level);

/* stet_leaf_find_() for a leaf that is probably not in the cache: prefetches its entries first. */
STET_INLINE int stet_leaf_fetch_and_find_(const struct stet_map_type *t, const struct stet_key_view *f,
                                          const struct stet_leaf *l, uint64_t hash, const void *key)
{
    __builtin_prefetch((const char *)l + 64); /* the entries; the first line has the fingerprints */
    __builtin_prefetch((const char *)l + 128);
    return stet_leaf_find_(t, f, l, hash, key);
}

/*
 * Returns the key's entry in the leaf that the key's hash leads to, or below that leaf; NULL if there is none. `hash`
 * is the key's hash at level 0.
 */
STET_INLINE const void *stet_leaf_find_entry_(const struct stet_map_type *t, const struct stet_key_view *f,
                                              const struct stet_leaf *l, uint64_t hash, const void *key)
{
    int i = stet_leaf_fetch_and_find_(t, f, l, hash, key);
    if (STET_LIKELY(i >= 0))
        return stet_leaf_entry_(t, l, (size_t)i);
    if (STET_UNLIKELY(l->kind != STET_LEAF_PLAIN))
        return stet_map_find_special_(t, f, l, key);
    return NULL;
}

/* Returns the key's entry, or NULL. `hash` is the key's hash at level 0. */
STET_INLINE const void *stet_map_find_(const struct stet_map_type *t, const struct stet_key_view *f, stet_ref r,
                                       uint64_t hash, const void *key)
{
    r = stet_map_descend_(r, hash);
    return r != 0 ? stet_leaf_find_entry_(t, f, stet_ref_leaf_(r), hash, key) : NULL;
}

STET_INLINE const void *stet_map_get_(const struct stet_map_type *t, const struct stet_map *m,
                                      const struct stet_key_view *f, const void *key)
{
    stet_node_check_(&t->node, m->root);
    const char *e = (const char *)stet_map_find_(t, f, m->root, stet_map_hash_key_(t, f, key, 0), key);
    return e != NULL ? e + t->value_offset : NULL;
}

/* The key that is equal to this one, or NULL. */
STET_INLINE const void *stet_map_get_key_(const struct stet_map_type *t, const struct stet_map *m,
                                          const struct stet_key_view *f, const void *key)
{
    return stet_map_find_(t, f, m->root, stet_map_hash_key_(t, f, key, 0), key);
}

/* ---- find, in order to write ---- */

/* Adds an entry to an exclusive plain leaf that has room. The caller must write it. */
STET_INLINE char *stet_leaf_add_(const struct stet_map_type *t, struct stet_leaf *l, uint64_t hash)
{
    stet_leaf_fp_(l)[l->n] = stet_leaf_fingerprint_(hash);
    return stet_leaf_entry_(t, l, l->n++);
}

/* The position that a key's hash leads to. */
struct stet_position {
    uint64_t hash;          /* the key's hash, on the trie's level */
    struct stet_leaf *leaf; /* NULL: a gap */
    char *entry;            /* the key's entry, in the leaf or below a rehash leaf; NULL: the key is absent */
    bool exclusive;         /* the leaf is plain, and it and all nodes above it may be written */
    uint8_t level;          /* the trie's: 0, or 1 for the trie of a rehash leaf, which is updated on its own */
};

/*
 * stet_map_descend_(), with one more result: *exclusive says whether all nodes above the leaf may be written, and the
 * last of them counts the leaf.
 */
STET_INLINE stet_ref stet_map_walk_(stet_ref r, uint64_t bits, bool *exclusive)
{
    *exclusive = true;
    while (stet_ref_is_inner_(r)) {
        const struct stet_inner *n = stet_ref_inner_(r);
        size_t i = stet_trie_step_(r, &bits);
        *exclusive = *exclusive && stet_map_node_is_unshared_(r) && stet_counts_child_(n, i);
        r = stet_children_(n)[i];
    }
    return r;
}

/* Seeks a key in a trie of this level: the trie of a map, or one below a rehash leaf. */
STET_INLINE struct stet_position stet_trie_seek_(const struct stet_map_type *t, const struct stet_key_view *f,
                                                 const struct stet_map *m, const void *key, unsigned level)
{
    struct stet_position s = {stet_map_hash_key_(t, f, key, level), NULL, NULL, true, (uint8_t)level};
    stet_ref r = stet_map_walk_(m->root, s.hash, &s.exclusive);
    if (r == 0) {
        s.exclusive = false;
        return s;
    }
    s.leaf = stet_ref_leaf_(r);
    s.entry = (char *)(uintptr_t)stet_leaf_find_entry_(t, f, s.leaf, s.hash, key);
    s.exclusive = s.exclusive && s.leaf->kind == STET_LEAF_PLAIN && stet_map_node_is_unshared_(r);
    return s;
}

STET_INLINE struct stet_position stet_map_seek_(const struct stet_map_type *t, const struct stet_key_view *f,
                                                const struct stet_map *m, const void *key)
{
    return stet_trie_seek_(t, f, m, key, 0);
}

/* Returns whether setting the key to this value would change nothing. */
STET_INLINE bool stet_position_keeps_(const struct stet_map_type *t, const struct stet_position *s, const void *value,
                                      enum stet_put_mode_ mode)
{
    return s->entry != NULL && (mode == STET_PUT_ADD_ || t->value->size == 0 ||
                                stet_type_equal(t->value, s->entry + t->value_offset, value));
}

/* ---- iterate ---- */

/*
 * A walk over the entries in hash order. It is plain data that may be copied, and borrows the nodes of its handle. A
 * cursor has no stack: behind the last slot of an inner node it descends from the root again, by the next hash prefix.
 * A loop over entry .. end is faster than stet_map_cursor_next_(), which makes the compiler keep both members in
 * memory.
 */
struct stet_map_cursor {
    const char *entry;         /* the current entry; NULL at the end */
    const char *end;           /* behind the last entry of the leaf */
    const stet_ref *at, *stop; /* the remaining slots of the inner node above the leaf */
    unsigned shift;            /* the number of hash bits below those that choose among these slots */
    uint64_t next;             /* the hash prefix behind the inner node; 0: none in this trie */
    stet_ref root;             /* the root of this trie */
    stet_ref outer;            /* if this is the trie of a rehash leaf, the root of the trie around it; else 0 */
    uint64_t outer_next;       /* the hash prefix to continue with in that trie; 0: none */
};

/*
 * r is the node in the slot before it->at. Moves to the first entry in or below r. If r has none, it moves to the first
 * entry behind r, or to NULL if there is none either.
 */
STET_API void stet_map_cursor_below_(const struct stet_map_type *t, struct stet_map_cursor *it, stet_ref r);
/* Makes *it a cursor at the key's entry, or at the end if the key is absent. */
STET_API void stet_map_cursor_of_(const struct stet_map_type *t, stet_ref root, const struct stet_key_view *f,
                                  const void *key, struct stet_map_cursor *it);
/* Moves to the first entry of the next leaf, however far away that leaf is. */
STET_API void stet_map_cursor_far_(const struct stet_map_type *t, struct stet_map_cursor *it);

/* Iteration prefetches the node this many slots ahead: a leaf may fill more than one slot. */
#define STET_MAP_AHEAD 2

/* Prefetches a node that iteration will reach soon. */
STET_INLINE void stet_map_cursor_fetch_(const stet_ref *at, const stet_ref *stop)
{
    if (stop - at <= STET_MAP_AHEAD)
        return;
    /* This is an integer, not a pointer, because a gap is 0. */
    uintptr_t node = (uintptr_t)(at[STET_MAP_AHEAD] & ~STET_TAG_BITS);
    for (size_t at_byte = 0; at_byte < STET_MAP_LEAF_BYTES; at_byte += 64)
        __builtin_prefetch((const void *)(node + at_byte));
}

/* Returns the first slot behind `at` that has another ref than *at, or `stop` if there is none. */
STET_INLINE const stet_ref *stet_map_cursor_pass_(const stet_ref *at, const stet_ref *stop)
{
    stet_ref r = *at;
    while (++at != stop && *at == r)
        ;
    return at;
}

/* Moves to the first entry of r if r is a plain leaf; otherwise returns false. */
STET_INLINE bool stet_map_cursor_plain_(const struct stet_map_type *t, struct stet_map_cursor *it, stet_ref r)
{
    stet_node_check_(&t->node, r);
    if (STET_UNLIKELY(r == 0 || stet_ref_is_inner_(r) || stet_ref_leaf_(r)->kind != STET_LEAF_PLAIN))
        return false;
    it->entry = stet_leaf_entry_(t, stet_ref_leaf_(r), 0);
    it->end = it->entry + (size_t)stet_ref_leaf_(r)->n * t->entry_size;
    return true;
}

STET_INLINE void stet_map_cursor_start_(const struct stet_map_type *t, stet_ref root, struct stet_map_cursor *it)
{
    it->root = root;
    it->at = it->stop = NULL;
    it->shift = 64;
    it->next = 0;
    it->outer = 0;
    if (!stet_map_cursor_plain_(t, it, root))
        stet_map_cursor_below_(t, it, root);
}

/* These name no members where macros expand, so that a user's macro replaces none. */
STET_INLINE void stet_map_cursor_first_(const struct stet_map_type *t, const struct stet_map *m,
                                        struct stet_map_cursor *it)
{
    stet_map_cursor_start_(t, m->root, it);
}

STET_INLINE void stet_map_cursor_in_(const struct stet_map_type *t, const struct stet_map *m,
                                     const struct stet_key_view *f, const void *key, struct stet_map_cursor *it)
{
    stet_map_cursor_of_(t, m->root, f, key, it);
}

STET_INLINE const void *stet_map_cursor_key_(const struct stet_map_cursor *it) { return it->entry; }

/* Moves to the first entry of the next leaf, which is mostly a plain leaf in the next slot. */
STET_INLINE void stet_map_cursor_leaf_(const struct stet_map_type *t, struct stet_map_cursor *it)
{
    const stet_ref *at = it->at, *stop = it->stop;
    if (STET_LIKELY(at != stop && stet_map_cursor_plain_(t, it, *at))) {
        stet_map_cursor_fetch_(at, stop);
        it->at = stet_map_cursor_pass_(at, stop);
    } else if (at == stop && it->next == 0 && it->outer == 0) {
        it->entry = NULL;
    } else {
        stet_map_cursor_far_(t, it);
    }
}

STET_INLINE void stet_map_cursor_next_(const struct stet_map_type *t, struct stet_map_cursor *it)
{
    it->entry += t->entry_size;
    if (STET_UNLIKELY(it->entry == it->end))
        stet_map_cursor_leaf_(t, it);
}

/* ---- compiled functions ---- */

typedef void stet_map_update_fn(void *context, const void *old_value, void *new_value);

/*
 * The updates. For types with an instance the library has the whole update compiled with constant descriptors. For
 * other types the search is inlined with the caller's constant descriptor, and the rest is compiled once for all types.
 */
#define STET_MAP_INSTANCE_(suffix)                                                                               \
    STET_API stet_result stet_map_put##suffix(const struct stet_map_type *t, struct stet_map *m,                 \
                                              const struct stet_key_view *f, const void *key, const void *value, \
                                              enum stet_put_mode_ mode);                                         \
    STET_API stet_result stet_map_edit##suffix(const struct stet_map_type *t, struct stet_map *m,                \
                                               const struct stet_key_view *f, const void *key, void **value);    \
    STET_API stet_result stet_map_erase##suffix(const struct stet_map_type *t, struct stet_map *m,               \
                                                const struct stet_key_view *f, const void *key, void *value_out);

STET_MAP_INSTANCE_(_word_)     /* word -> word: stet_map_put_word_, stet_map_edit_word_, stet_map_erase_word_ */
STET_MAP_INSTANCE_(_word_set_) /* words: stet_map_put_word_set_, stet_map_edit_word_set_, stet_map_erase_word_set_ */
STET_MAP_INSTANCE_(_str_)      /* stet_str -> word: stet_map_put_str_, stet_map_edit_str_, stet_map_erase_str_ */
STET_MAP_INSTANCE_(_str_set_)  /* strings: stet_map_put_str_set_, stet_map_edit_str_set_, stet_map_erase_str_set_ */

/*
 * s is the result of stet_map_seek_() on the unchanged map. A put must change something; the key of an erase must be in
 * the map.
 */
STET_API stet_result stet_map_put_at_(const struct stet_map_type *t, struct stet_map *m, const struct stet_key_view *f,
                                      const void *key, const void *value, const struct stet_position *s);
STET_API stet_result stet_map_edit_at_(const struct stet_map_type *t, struct stet_map *m, const struct stet_key_view *f,
                                       const void *key, void **value, const struct stet_position *s);
STET_API stet_result stet_map_erase_at_(const struct stet_map_type *t, struct stet_map *m,
                                        const struct stet_key_view *f, const void *key, void *value_out,
                                        const struct stet_position *s);

/*
 * Calls the instance that serves the descriptor, or evaluates `otherwise`. It folds where the descriptor is constant.
 */
#define STET_MAP_DISPATCH_(t, otherwise, call, ...)                                                               \
    (STET_NAMING_(t), stet_map_is_words_(t)                                    ? call##_word_(t, __VA_ARGS__)     \
                      : (t)->key->flags & STET_WORD && (t)->value->size == 0   ? call##_word_set_(t, __VA_ARGS__) \
                      : stet_map_is_strings_(t)                                ? call##_str_(t, __VA_ARGS__)      \
                      : (t)->key->flags & STET_STRING && (t)->value->size == 0 ? call##_str_set_(t, __VA_ARGS__)  \
                                                                               : (otherwise))

/*
 * In programs with checks, checks two things: that no entry of this leaf with another hash is equal to the key, and
 * that an equal entry has the same hash. It reads no other leaves; so a map of a few entries detects a wrong pair of
 * functions at once, a large one after some operations.
 */
STET_LOCAL_ void stet_map_check_hash_(const struct stet_map_type *t, const struct stet_key_view *f,
                                      const struct stet_position *s, const void *key)
{
    if (!STET_CHECKS_ || s->leaf == NULL || s->leaf->kind != STET_LEAF_PLAIN)
        return;
    if (s->entry != NULL)
        STET_CHECK_(stet_map_hash_key_(t, NULL, s->entry, 0) == s->hash, t->node.name, STET_RULE_HASH_);
    for (unsigned i = 0; s->entry == NULL && i < s->leaf->n; i++)
        STET_CHECK_(!stet_map_equal_key_(t, f, stet_leaf_entry_(t, s->leaf, i), key), t->node.name, STET_RULE_HASH_);
}

STET_INLINE stet_result stet_map_put_any_(const struct stet_map_type *t, struct stet_map *m,
                                          const struct stet_key_view *f, const void *key, const void *value,
                                          enum stet_put_mode_ mode)
{
    struct stet_position s = stet_map_seek_(t, f, m, key);
    if (STET_CHECKS_)
        stet_map_check_hash_(t, f, &s, key);
    if (stet_position_keeps_(t, &s, value, mode))
        return STET_UNCHANGED;
    if (!s.exclusive || t->node.has_refs)
        return stet_map_put_at_(t, m, f, key, value, &s);
    if (s.entry == NULL) {
        if (f != NULL || s.leaf->n == s.leaf->cap)
            return stet_map_put_at_(t, m, f, key, value, &s);
        s.entry = stet_leaf_add_(t, s.leaf, s.hash);
        memcpy(s.entry, key, t->key->size);
        m->size++;
    }
    memcpy(s.entry + t->value_offset, value, t->value->size);
    return STET_CHANGED;
}

STET_INLINE stet_result stet_map_put_(const struct stet_map_type *t, struct stet_map *m, const struct stet_key_view *f,
                                      const void *key, const void *value, enum stet_put_mode_ mode)
{
    stet_node_check_(&t->node, m->root);
    return STET_MAP_DISPATCH_(t, stet_map_put_any_(t, m, f, key, value, mode), stet_map_put, m, f, key, value, mode);
}

STET_INLINE stet_result stet_map_edit_any_(const struct stet_map_type *t, struct stet_map *m,
                                           const struct stet_key_view *f, const void *key, void **value)
{
    struct stet_position s = stet_map_seek_(t, f, m, key);
    if (STET_CHECKS_)
        stet_map_check_hash_(t, f, &s, key);
    return stet_map_edit_at_(t, m, f, key, value, &s);
}

STET_INLINE stet_result stet_map_edit_(const struct stet_map_type *t, struct stet_map *m, const struct stet_key_view *f,
                                       const void *key, void **value)
{
    stet_node_check_(&t->node, m->root);
    return STET_MAP_DISPATCH_(t, stet_map_edit_any_(t, m, f, key, value), stet_map_edit, m, f, key, value);
}

STET_INLINE stet_result stet_map_erase_any_(const struct stet_map_type *t, struct stet_map *m,
                                            const struct stet_key_view *f, const void *key, void *value_out)
{
    struct stet_position s = stet_map_seek_(t, f, m, key);
    return s.entry == NULL ? STET_UNCHANGED : stet_map_erase_at_(t, m, f, key, value_out, &s);
}

STET_INLINE stet_result stet_map_erase_(const struct stet_map_type *t, struct stet_map *m,
                                        const struct stet_key_view *f, const void *key, void *value_out)
{
    stet_node_check_(&t->node, m->root);
    return STET_MAP_DISPATCH_(t, stet_map_erase_any_(t, m, f, key, value_out), stet_map_erase, m, f, key, value_out);
}

STET_API stet_result stet_map_update_(const struct stet_map_type *t, struct stet_map *m, const struct stet_key_view *f,
                                      const void *key, stet_map_update_fn *fn, void *context);
STET_API void stet_map_get_many_(const struct stet_map_type *t, const struct stet_map *m, const void *keys, size_t n,
                                 const void **values);
/* If found[i], values[i] is a copy with a reference, else it is untouched. Returns how many were found. */
STET_API size_t stet_map_load_many_(const struct stet_map_type *t, const struct stet_map *m, const void *keys, size_t n,
                                    void *values, bool *found);
STET_API stet_result stet_map_set_many_(const struct stet_map_type *t, struct stet_map *m, const void *keys,
                                        const void *values, size_t n);
STET_API stet_result stet_map_trim_(const struct stet_map_type *t, struct stet_map *m);
/* Decides what becomes of an entry. If it returns STET_REPLACE_, it has written *new_value. */
typedef enum stet_fate_ stet_map_transform_fn(void *context, const void *key, const void *value, void *new_value);
STET_API stet_result stet_map_transform_(const struct stet_map_type *t, struct stet_map *m, stet_map_transform_fn *fn,
                                         void *context);

/*
 * Finds the differences of two maps, and calls fn for each, in hash order. For fn, a is NULL if only b has the entry, b
 * is NULL if only a has it, and neither is NULL if their values differ. fn stops the walk by returning false. Subtrees
 * that both maps share are skipped.
 */
typedef bool stet_map_diff_fn(void *context, const void *key, const void *a, const void *b);
STET_API bool stet_map_diff_(const struct stet_map_type *t, const struct stet_map *a, const struct stet_map *b,
                             stet_map_diff_fn *fn, void *context);
STET_API bool stet_map_equal_(const struct stet_map_type *t, const struct stet_map *a, const struct stet_map *b);
/* Returns whether every key of a is in b, and, with `values`, whether it has an equal value there. */
STET_API bool stet_map_within_(const struct stet_map_type *t, const struct stet_map *a, const struct stet_map *b,
                               bool values);
STET_API uint64_t stet_map_hash_(const struct stet_map_type *t, const struct stet_map *m, uint64_t seed);

/*
 * Writes to *value the value of a key that both maps have; the map takes its reference over. a and b differ, except
 * with STET_ASK_EQUAL_.
 */
typedef void stet_map_conflict_fn(void *context, const void *key, const void *a, const void *b, void *value);
/* Makes *m the combination of a and b; m may be a or b. fn is NULL: keys of both get a's value. */
STET_API stet_result stet_map_combine_(const struct stet_map_type *t, struct stet_map *m, const struct stet_map *a,
                                       const struct stet_map *b, unsigned keep, stet_map_conflict_fn *fn,
                                       void *context);

STET_INLINE struct stet_map stet_map_copy_(const struct stet_map *m)
{
    stet_node_retain_(m->root);
    return *m;
}

/*
 * Ends a functional form or a batch: *edited becomes *out, and the old *out is dropped. If the result is
 * STET_NO_MEMORY, *out stays, and *edited is dropped.
 */
STET_INLINE stet_result stet_map_copy_out_(const struct stet_map_type *t, stet_result result, struct stet_map *edited,
                                           struct stet_map *out)
{
    struct stet_map old = result != STET_NO_MEMORY ? *out : *edited;
    if (result != STET_NO_MEMORY)
        *out = *edited;
    stet_node_drop_(&t->node, old.root);
    return result;
}

/*
 * Refers to a symbol whose name stands for the layout, so that a header does not link with a library of another layout.
 */
#if STET_TINY_NODES
#    define STET_MAP_LAYOUT_ stet_map_layout_2_tiny
#else
#    define STET_MAP_LAYOUT_ stet_map_layout_2
#endif
STET_API extern const char STET_MAP_LAYOUT_;
__attribute__((__used__)) static const char *const stet_map_layout_check_ = &STET_MAP_LAYOUT_;

#ifdef __cplusplus
}
#endif
STET_LOUD_
#endif
