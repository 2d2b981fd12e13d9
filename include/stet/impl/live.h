/* SPDX-License-Identifier: MIT */
/*
 * stet/impl/live.h - the live map: the trie of stet/impl/map.h, edited in place by many threads, with snapshots.
 *
 * Each node is one of stet/impl/map.h with a tail behind its last child or entry, which ordinary maps do not read:
 *
 *   | node, as in stet/impl/map.h ... | retired (era.h) | t, ref, gen, lock |     tail: the block's last 64 bytes
 *
 * The lock of a leaf is not in the tail but in the leaf's first cache line, in `wide`, because readers read that line.
 * `tag`, in the same line, has the low bits of gen: as long as gen fits in them, writers of words do not read the tail.
 * Bit 0 of a lock is set while the node is locked; bit 1, once the node is dead: it has left the tree; the bits above
 * count how often the node was unlocked after a change. gen is the generation in which the node was made. A snapshot
 * ends a generation: it adds one to the root's count and to the map's gen. Then no node is of the current generation,
 * and writers first copy the nodes on their paths; the nodes of the snapshot are never written again.
 *
 *   get       walk down; read the leaf; begin anew if it was locked, or has changed meanwhile
 *   set       walk down; lock the leaf; read the map's gen <- the moment of a write; if the leaf has that gen, edit
 *   snapshot  lock the root; count it; set the map's gen <- its moment; unlock; wait for the writes under way
 *
 *   L1  A node is changed only if it is of the current generation, under its lock, after gen was compared under that
 *       lock. A slot of an inner node is changed under that node's lock, while the child in the slot, before and after,
 *       is locked, or new, or 0.
 *   L2  A dead node never changes again. A thread that locks a node and finds it dead begins anew.
 *   L3  A write that read the old generation had announced itself (era.h: busy) before. So a snapshot that sets the new
 *       generation, and then waits for the announced writes, sees all of such a write.
 *   L4  No thread reads through a locked leaf, or a gap of a locked node. So a reader never sees the effect of a later
 *       write and misses that of an earlier one which is still in progress.
 *   L5  A thread waits for locks upwards only, from leaf to parent; downwards it only tries them. It locks several
 *       leaves in the order of their hashes. A thread that waits for long sleeps for bounded times (wait.h), because an
 *       unlock is a store that wakes no thread.
 *   L6  A node that leaves the tree is retired with one count of it (era.h), even when its parent borrowed it (node.h),
 *       so that the node's last count outlives all walks through the node.
 *   L7  A node of the current generation has one holder, and its parent counts it (node.h).
 *   L8  Beside I1-I6 of map.h: the root is an inner node; a leaf of more than one entry may be split early, where
 *       threads collide; nodes are not halved. I5 holds where no other thread was in the way.
 *   L9  The range of hashes that a leaf is for may grow, but never shrinks until the leaf is dead. So a thread that
 *       waited for the leaf's lock need not check the leaf's place in the tree.
 *
 * The trie of a rehash leaf is under the lock of that leaf. Its nodes have no tails: C1-C4 of lib/live/chain.c.
 *
 * In the spirit of Ctries (Prokopec, Bronson, Bagwell & Odersky 2012), with locks on leaves instead of indirections.
 */
#ifndef STET_IMPL_LIVE_H
#define STET_IMPL_LIVE_H

#include <stet/impl/hazard.h>
#include <stet/impl/map.h>
#include <stet/impl/shared_map.h>

STET_QUIET_
#ifdef __cplusplus
extern "C" {
#endif

/* Counters of entries: each of the first thread records has one of its own, and the other records share some. */
#define STET_LIVE_OWN_CELLS 24
#define STET_LIVE_SHARED_CELLS 8
#define STET_LIVE_CELLS (STET_LIVE_OWN_CELLS + STET_LIVE_SHARED_CELLS)

struct stet_live_cell {
    /* Entries added, less those removed; indexed by the parity of the generation. */
    STET_ATOMIC_(int64_t) entries[2];
    char pad_[48];
};

struct STET_LINES stet_live {
    STET_ATOMIC_(stet_ref) root;
    STET_ATOMIC_(uint64_t) gen;
    char pad_[112];
    struct stet_snaps snaps;
    /* Guarded by snaps.snapping; for each parity, the sum of all cells when its last generation ended. */
    int64_t base_counts[2];
    int64_t cleared; /* guarded by the same lock: how many entries clears have removed */
    /* What a removal and a clear use when there is no memory. */
    struct live_retired_entry *reserve; /* NULL: the elements are not reference-counted, so nothing is needed */
    stet_ref empty;                     /* a root of two gaps; guarded by the same lock; 0: used, not replaced yet */
    char pad2_[56];
    struct stet_live_cell cell[STET_LIVE_CELLS];
};

/* A snapshot that has begun, and may not be read yet. */
struct stet_live_snapshot_begun {
    stet_ref root; /* 0: none */
    uint64_t gen;
};

/* Returns m. A program with checks detects, as far as it can, that m is not a live map in use. */
STET_INLINE struct stet_live *stet_live_of_(struct stet_live *m, const char *name)
{
    STET_CHECK_(m != NULL && (uintptr_t)m % 64 == 0 && !stet_is_freed_(m), name, STET_RULE_INIT_);
    (void)name;
    return m;
}

/*
 * Makes a live map with the contents of *first, which is zeroed; first is NULL: the map is empty. Returns NULL if there
 * is no memory.
 */
STET_API struct stet_live *stet_live_new_(const struct stet_map_type *t, struct stet_map *first);
STET_API void stet_live_destroy_(const struct stet_map_type *t, struct stet_live *m);
/*
 * Returns whether the key is there. If it is, and value is not NULL, copies the key's value to *value, with a
 * reference.
 */
STET_API bool stet_live_load_(const struct stet_map_type *t, struct stet_live *m, const struct stet_key_view *f,
                              const void *key, void *value);
STET_API stet_result stet_live_write_(const struct stet_map_type *t, struct stet_live *m, struct stet_write *w);
/* The same, compiled for maps from words to words. */
STET_API bool stet_live_load_word_(struct stet_live *m, const void *key, void *value);
STET_API stet_result stet_live_store_word_(struct stet_live *m, const void *key, const void *value);
STET_API stet_result stet_live_write_word_(struct stet_live *m, struct stet_write *w);

STET_API size_t stet_live_load_many_(const struct stet_map_type *t, struct stet_live *m, const void *keys, size_t n,
                                     void *values, bool *found);
STET_API stet_result stet_live_apply_(const struct stet_map_type *t, struct stet_live *m,
                                      const struct stet_batch *batch);
STET_API stet_result stet_live_clear_(const struct stet_map_type *t, struct stet_live *m);
STET_API size_t stet_live_size_(struct stet_live *m);
STET_API struct stet_map stet_live_snapshot_(const struct stet_map_type *t, struct stet_live *m);
STET_API struct stet_live_snapshot_begun stet_live_snapshot_begin_(const struct stet_map_type *t, struct stet_live *m);
STET_API struct stet_map stet_live_snapshot_finish_(const struct stet_map_type *t, struct stet_live *m,
                                                    struct stet_live_snapshot_begun *begun);

/* The next two functions call those that are compiled for this descriptor. */
STET_INLINE bool stet_live_read_(const struct stet_map_type *t, struct stet_live *m, const struct stet_key_view *f,
                                 const void *key, void *value)
{
    STET_NAMING_(t);
    return stet_map_is_words_(t) ? stet_live_load_word_(m, key, value)
                                 : stet_live_load_(t, m, stet_view_of_(t->key, f), key, value);
}

STET_INLINE stet_result stet_live_change_(const struct stet_map_type *t, struct stet_live *m, struct stet_write *w)
{
    STET_NAMING_(t);
    if (!stet_map_is_words_(t))
        return stet_live_write_(t, m, w);
    return w->op == STET_WRITE_STORE && w->before == NULL ? stet_live_store_word_(m, w->key, w->value)
                                                          : stet_live_write_word_(m, w);
}

#ifdef __cplusplus
}
#endif
STET_LOUD_
#endif
