/* SPDX-License-Identifier: MIT */
/*
 * stet/live_map.h - a map that threads share and write to: edited in place, with snapshots.
 *
 *     STET_LIVE_MAP(session_table, sessions)
 *
 *     session_table table;
 *     if (!session_table_init(&table, NULL))
 *         return -ENOMEM;
 *
 *     if (!session_table_store(&table, id, s))     // any thread
 *         return -ENOMEM;
 *     bool found = session_table_load(&table, id, &s);
 *
 *     sessions now = session_table_snapshot(&table); // all of it, as it was at one moment: an ordinary map
 *
 * impl/shared_map.h has the contract of the operations: guarantee, answers, ownership, callbacks. atom_map.h is the
 * same for loads that look at all of it more often than they write; docs/which-map.md says which one to take.
 *
 * Handle. There is no value of zeros: init first, destroy last; it may lie anywhere and be moved.
 *
 * Progress. Writers lock the leaf that has their key, some ten entries, for as long as the edit takes; who looks at one
 * of these waits for that: asleep if it takes long, for 1 ms at a time at most. A thread that is stopped within an
 * operation stops that leaf, and snapshots. Splits and joins of leaves, and the first writes after a snapshot, lock
 * some nodes above. For lock-free: atom_map.h.
 *
 * Snapshots. A snapshot is the map's own nodes, counted: it costs no copy, but the first write to each leaf afterwards
 * copies that leaf, and where it hangs. It waits for the writes that are under way, of any live map of the process;
 * _young does not.
 *
 * Garbage. What is replaced and removed is freed when no operation can be at it any more, by the thread that did it,
 * release callbacks included, or by stet_reclaim(): 512 at a time for each thread, and whenever the pool has grown by
 * 1 MiB, or the weights of what was replaced come to that (type.h: STET_TYPE_REF_WEIGHED). A change that finds no
 * memory first frees the garbage of all live maps and threads. Threads that have ended leave 512 at most, all together;
 * another one that ends frees them. An operation that is stopped for long keeps what was in the maps when it began, and
 * nothing that came later; but where keys collide in all bits of their hash, whatever is replaced among those.
 *
 * Fails: STET_NO_MEMORY when a leaf, or a path after a snapshot, cannot be made.
 * Cost: looking: a lookup, and a handful of ns. A change: that, and a lock that is seldom taken. Memory: 320 bytes a
 * leaf of 14 entries of two words, about 10 of them used.
 *
 * Callbacks: as shared_map.h; and equal and retain, and release of a reference that is not the last, run while a leaf
 * is locked: they must not block, nor use a live map. No operation is a cancellation point.
 *
 * Fork: the child has the map as it was at one moment, all of each write or nothing, and goes on with it alone. A fork
 * waits until the operations that are under way are over, on any live map of the process, while new ones wait for it.
 * The exception is a fork within a callback that runs in the middle of an operation (equal, retain, release; above):
 * others may wait for that operation, so that this fork waits for nobody, and the child has no use of a map that others
 * were using at that moment.
 */
#ifndef STET_LIVE_MAP_H
#define STET_LIVE_MAP_H

#include <stet/map.h>
#include <stet/impl/live.h>
#include <stet/impl/shared_map.h>

/* Defines the types `name`, name_young and name_op, and their functions. map: of STET_MAP. */
#define STET_LIVE_MAP(name, map)                                    \
    STET_SHARED_MAP_OP_(name, map##_key_, map##_value_)             \
    typedef struct name {                                           \
        struct stet_live *live_;                                    \
    } name;                                                         \
    typedef struct name##_young {                                   \
        struct stet_live_young young_;                              \
    } name##_young;                                                 \
    STET_LIVE_MAP_LOOK_(name, map, map##_key_, map##_value_)        \
    STET_LIVE_MAP_WRITE_(name, map)                                 \
    STET_SHARED_MAP_CHANGE_(name, map, map##_key_, map##_value_)    \
    STET_SHARED_MAP_CHANGE_IF_(name, map, map##_key_, map##_value_) \
    STET_LIVE_MAP_ALL_(name, map, map##_key_, map##_value_)         \
    STET_SHARED_MAP_BYTES_(name, map##_value_, map##_keyflags_)

#define STET_LIVE_MAP_LOOK_(name, map, K, V)                                                                           \
    STET_WRAPPER STET_NONNULL_(1) struct stet_live *name##_of_(const name *m_)                                         \
    {                                                                                                                  \
        return stet_live_of_(m_->live_, #name);                                                                        \
    }                                                                                                                  \
    /* A map with what *first holds, which is {0} then; NULL: empty. Cost: O(its size). */                             \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_init(name *m_, map *first_)                        \
    {                                                                                                                  \
        m_->live_ = stet_live_new_(&map##_map_type_, first_ != NULL ? &first_->map_ : NULL);                           \
        return m_->live_ != NULL ? STET_CHANGED : STET_NO_MEMORY;                                                      \
    }                                                                                                                  \
    /* Nobody else uses the map any more; snapshots are on their own. */                                               \
    STET_WRAPPER STET_NONNULL_(1) void name##_destroy(name *m_)                                                        \
    {                                                                                                                  \
        stet_live_destroy_(&map##_map_type_, m_->live_);                                                               \
        m_->live_ = NULL;                                                                                              \
    }                                                                                                                  \
                                                                                                                       \
    /*                                                                                                                 \
     * A handle on all of it as it is now, the caller's to drop. Cost: some ten ns, or as long as the writes that are  \
     * under way take; with more threads than cores one of them may be waiting for a core.                             \
     */                                                                                                                \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD map name##_snapshot(const name *m_)                                   \
    {                                                                                                                  \
        map now_;                                                                                                      \
        now_.map_ = stet_live_snapshot_(&map##_map_type_, name##_of_(m_));                                             \
        return now_;                                                                                                   \
    }                                                                                                                  \
    /*                                                                                                                 \
     * The same in two steps, for who has something to do meanwhile: a snapshot of this moment that nobody may look    \
     * at, and what it is once the writes that were under way are over. Each young one must be settled, once, before   \
     * the map is destroyed. Cost: O(its size) if another snapshot was taken between the two, for it is counted then.  \
     */                                                                                                                \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD name##_young name##_young_snapshot(const name *m_)                    \
    {                                                                                                                  \
        name##_young young_ = {stet_live_young_(&map##_map_type_, name##_of_(m_))};                                    \
        return young_;                                                                                                 \
    }                                                                                                                  \
    STET_WRAPPER STET_NONNULL_(1, 2) STET_NODISCARD map name##_settle(const name *m_, name##_young *young_)            \
    {                                                                                                                  \
        map then_;                                                                                                     \
        then_.map_ = stet_live_settle_(&map##_map_type_, name##_of_(m_), &young_->young_);                             \
        return then_;                                                                                                  \
    }                                                                                                                  \
    /* The number of entries, counted thread by thread: exact when nobody writes. That of one moment: a snapshot's. */ \
    STET_WRAPPER STET_NONNULL_(1) size_t name##_len(const name *m_) { return stet_live_len_(name##_of_(m_)); }         \
                                                                                                                       \
    STET_WRAPPER STET_NONNULL_(1) bool name##_load_form_(const name *m_, const struct stet_key_form *form_,            \
                                                         const void *key_, V *value_)                                  \
    {                                                                                                                  \
        return stet_live_look_(&map##_map_type_, name##_of_(m_), form_, key_, value_);                                 \
    }                                                                                                                  \
    STET_WRAPPER STET_NONNULL_(1) bool name##_has_form_(const name *m_, const struct stet_key_form *form_,             \
                                                        const void *key_)                                              \
    {                                                                                                                  \
        return stet_live_look_(&map##_map_type_, name##_of_(m_), form_, key_, NULL);                                   \
    }                                                                                                                  \
    /* *value = the key's value, with a reference. Absent: false, *value untouched. */                                 \
    STET_WRAPPER STET_NONNULL_(1) bool name##_load(const name *m_, K key_, V *value_)                                  \
    {                                                                                                                  \
        return name##_load_form_(m_, NULL, &key_, value_);                                                             \
    }                                                                                                                  \
    STET_WRAPPER STET_NONNULL_(1) bool name##_has(const name *m_, K key_)                                              \
    {                                                                                                                  \
        return name##_has_form_(m_, NULL, &key_);                                                                      \
    }                                                                                                                  \
    /*                                                                                                                 \
     * For each of the keys: found[i], and if so values[i], with a reference; else values[i] is untouched. Returns     \
     * how many were found. Each is a load of its own. Cost: so many loads.                                            \
     */                                                                                                                \
    STET_WRAPPER STET_NONNULL_(1)                                                                                      \
        size_t name##_get_many(const name *m_, K const *keys_, size_t n_, V *values_, bool *found_)                    \
    {                                                                                                                  \
        return stet_live_get_many_(&map##_map_type_, name##_of_(m_), keys_, n_, values_, found_);                      \
    }                                                                                                                  \
    /* Calls fn for each entry of a snapshot until it answers false; returns whether it never did. fn may change the   \
     * map, and is not shown what it changed. */                                                                       \
    STET_WRAPPER STET_NONNULL_(1) bool name##_range(                                                                   \
        const name *m_, bool (*fn_)(void *context_, K const *key_, V const *value_), void *context_)                   \
    {                                                                                                                  \
        map now_ = name##_snapshot(m_);                                                                                \
        bool all_ = map##_each(&now_, fn_, context_);                                                                  \
        map##_drop(&now_);                                                                                             \
        return all_;                                                                                                   \
    }

#define STET_LIVE_MAP_WRITE_(name, map)                                                      \
    STET_WRAPPER STET_NONNULL_(1) stet_result name##_write_(name *m_, struct stet_write *w_) \
    {                                                                                        \
        return stet_live_change_(&map##_map_type_, name##_of_(m_), w_);                      \
    }

#define STET_LIVE_MAP_ALL_(name, map, K, V)                                                                           \
    /* The map is empty afterwards. It was: STET_UNCHANGED. Cost: the entries are freed as all garbage. */            \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_clear(name *m_)                                   \
    {                                                                                                                 \
        return stet_live_clear_(&map##_map_type_, name##_of_(m_));                                                    \
    }                                                                                                                 \
    /*                                                                                                                \
     * All of these at one moment, or, without memory, none; of equal keys the last wins. STET_UNCHANGED: the map was \
     * like this before. Cost: as n changes; all their leaves are locked at a time.                                   \
     */                                                                                                               \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_apply(name *m_, const name##_op *ops_, size_t n_) \
    {                                                                                                                 \
        struct stet_live_batch batch_ = {ops_,                                                                        \
                                         n_,                                                                          \
                                         sizeof(name##_op),                                                           \
                                         offsetof(name##_op, kind),                                                   \
                                         offsetof(name##_op, key),                                                    \
                                         offsetof(name##_op, value)};                                                 \
        return stet_live_apply_(&map##_map_type_, name##_of_(m_), &batch_);                                           \
    }

#endif
