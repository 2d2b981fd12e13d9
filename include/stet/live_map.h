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
 * _snapshot_begin does not.
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

/* Defines the types `name`, name_snapshot_begun and name_op, and their functions, which are declared below. map: of
 * STET_MAP. */
#define STET_LIVE_MAP(name, map)                             \
    STET_SHARED_MAP_OP_(name, map##_key_, map##_value_)      \
    typedef struct name {                                    \
        struct stet_live *live_;                             \
    } name;                                                  \
    typedef struct name##_snapshot_begun {                   \
        struct stet_live_snapshot_begun begun_;              \
    } name##_snapshot_begun;                                 \
    STET_LIVE_MAP_LIFE_(name, map, map##_key_, map##_value_) \
    STET_LIVE_MAP_WRITE_(name, map)                          \
    STET_SHARED_MAP_(name, map, map##_key_, map##_value_, live)

/* ---- the manual: what STET_LIVE_MAP(name, map) makes, beside the operations of impl/shared_map.h ---- */

#ifdef STET_MANUAL_LIVE_MAP

/* ---- life ---- */

/* A map that is edited in place. */
typedef struct name name;
/*
 * The map has what *first holds, which is {0} afterwards; NULL: it is empty. Cost: O(its size).
 * Fails: STET_NO_MEMORY, and then *first is still the caller's.
 */
static stet_result name_init(name *table, map *first);
/* Ends the map. No other thread uses it any more; snapshots are independent of it. */
static void name_destroy(name *table);

/* ---- snapshots ---- */

/*
 * Returns a handle of all that the map has now, the caller's to drop. Cost: some ten ns, or as long as the writes that
 * are under way take; with more threads than cores one of them may be waiting for a core.
 */
static map name_snapshot(const name *table);
/* A snapshot that cannot be read yet. */
typedef struct name_snapshot_begun name_snapshot_begun;
/*
 * Takes a snapshot of this moment, but lets you do other work before name_snapshot_finish() makes it readable. Each one
 * must be settled, once, before the map is destroyed. Cost: O(its size) if another snapshot was taken between the two,
 * for it is counted then.
 */
static name_snapshot_begun name_snapshot_begin(const name *table);
/* Returns the snapshot, the caller's to drop, once the writes that were under way when it was taken are over. */
static map name_snapshot_finish(const name *table, name_snapshot_begun *begun);

#endif

/* ---- what makes them ---- */

#define STET_LIVE_MAP_LIFE_(name, map, K, V)                                                                     \
    STET_WRAPPER STET_NONNULL_(1) struct stet_live *name##_of_(const name *table_)                               \
    {                                                                                                            \
        return stet_live_of_(table_->live_, #name);                                                              \
    }                                                                                                            \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_init(name *table_, map *first_)              \
    {                                                                                                            \
        table_->live_ = stet_live_new_(&map##_map_type_, first_ != NULL ? &first_->map_ : NULL);                 \
        return table_->live_ != NULL ? STET_CHANGED : STET_NO_MEMORY;                                            \
    }                                                                                                            \
    STET_WRAPPER STET_NONNULL_(1) void name##_destroy(name *table_)                                              \
    {                                                                                                            \
        stet_live_destroy_(&map##_map_type_, table_->live_);                                                     \
        table_->live_ = NULL;                                                                                    \
    }                                                                                                            \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD map name##_snapshot(const name *table_)                         \
    {                                                                                                            \
        map now_;                                                                                                \
        now_.map_ = stet_live_snapshot_(&map##_map_type_, name##_of_(table_));                                   \
        return now_;                                                                                             \
    }                                                                                                            \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD name##_snapshot_begun name##_snapshot_begin(const name *table_) \
    {                                                                                                            \
        name##_snapshot_begun begun_ = {stet_live_snapshot_begin_(&map##_map_type_, name##_of_(table_))};        \
        return begun_;                                                                                           \
    }                                                                                                            \
    STET_WRAPPER STET_NONNULL_(1, 2)                                                                             \
        STET_NODISCARD map name##_snapshot_finish(const name *table_, name##_snapshot_begun *begun_)             \
    {                                                                                                            \
        map then_;                                                                                               \
        then_.map_ = stet_live_snapshot_finish_(&map##_map_type_, name##_of_(table_), &begun_->begun_);          \
        return then_;                                                                                            \
    }                                                                                                            \
    STET_WRAPPER STET_NONNULL_(1) bool name##_range(                                                             \
        const name *table_, bool (*fn_)(void *context_, K const *key_, V const *value_), void *context_)         \
    {                                                                                                            \
        map now_ = name##_snapshot(table_);                                                                      \
        bool all_ = map##_each(&now_, fn_, context_);                                                            \
        map##_drop(&now_);                                                                                       \
        return all_;                                                                                             \
    }

#define STET_LIVE_MAP_WRITE_(name, map)                                                              \
    STET_WRAPPER STET_NONNULL_(1) stet_result name##_write_(void *table_, struct stet_write *write_) \
    {                                                                                                \
        return stet_live_change_(&map##_map_type_, name##_of_(STET_CAST_(name *, table_)), write_);  \
    }                                                                                                \
    STET_WRAPPER STET_NONNULL_(1)                                                                    \
        STET_NODISCARD stet_result name##_apply(name *table_, const name##_op *ops_, size_t count_)  \
    {                                                                                                \
        struct stet_batch batch_ = STET_SHARED_MAP_BATCH_(name, ops_, count_);                       \
        return stet_live_apply_(&map##_map_type_, name##_of_(table_), &batch_);                      \
    }                                                                                                \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_clear(name *table_)              \
    {                                                                                                \
        return stet_live_clear_(&map##_map_type_, name##_of_(table_));                               \
    }

#endif
