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
 *     sessions now = session_table_snapshot(&table); // an ordinary map: all entries, as they were at one moment
 *
 * impl/shared_map.h has the contract of the operations: guarantee, results, ownership, callbacks. atom_map.h has the
 * same operations for programs that read the whole map more often than they write; docs/which-map.md says which of the
 * two to take.
 *
 * Handle. A variable of zeros is not a map: call init first and destroy last. The variable may lie anywhere and be
 * moved.
 *
 * Progress. A writer locks the leaf of its key, which has some ten entries, for as long as the edit takes. A thread
 * that reads one of these entries waits meanwhile; if that takes long, it sleeps, for 1 ms at a time at most. If a
 * thread is stopped within a write, the leaf stays locked, and snapshots wait. Splits and joins of leaves, and the
 * first writes after a snapshot, also lock some nodes above. For a lock-free map see atom_map.h.
 *
 * Snapshots. A snapshot shares the map's own nodes: it costs no copy, but the first write to each leaf afterwards
 * copies that leaf, and the nodes above it. A snapshot waits for the writes that are under way, in all live maps of the
 * process; _snapshot_begin does not wait.
 *
 * Garbage. What a thread replaces or removes, it frees when no operation can be reading it any more; release callbacks
 * run then. stet_reclaim() frees it, too. A thread frees 512 entries at a time, and whenever the pool has grown by 1
 * MiB, or the weights of what was replaced amount to that (type.h: STET_TYPE_REF_WEIGHED). A change that finds no
 * memory first frees the garbage of all live maps and threads. Threads that have ended leave 512 entries at most, all
 * together; another thread that ends frees them. An operation that is stopped for long keeps in memory what was in the
 * maps when it began, and nothing that came later. An exception are keys whose hashes agree in all bits: of these it
 * keeps whatever is replaced.
 *
 * Fails: STET_NO_MEMORY when a leaf, or a path after a snapshot, cannot be made. A map that fills all memory can be
 * emptied: _init makes a reserve, from which _clear, _delete, _load_and_delete and _compare_and_delete take what they
 * need. There are three exceptions. The first change to a leaf after a snapshot copies the leaf. A removal from a leaf
 * whose keys have hashes that agree in all bits may need memory. And while a stopped operation keeps what the reserve
 * holds, a removal of reference-counted elements needs memory of its own.
 * Cost: a read takes a lookup and a few ns. A change takes the same, and a lock that other threads seldom hold. Memory:
 * 320 bytes for each leaf, which has room for 14 entries of two words, about 10 of them used.
 *
 * Callbacks: as in shared_map.h. In addition, equal and retain, and a release that leaves other references, run while a
 * leaf is locked: they must not block, and must not use a live map. No operation is a cancellation point.
 *
 * Fork: the child has a copy of the map as it was at one moment, with all of each write or nothing. A fork waits until
 * the operations that are under way, on any live map of the process, are over; new operations wait for the fork. The
 * exception is a fork within a callback that runs in the middle of an operation (equal, retain, release: see above).
 * Other threads may be waiting for that operation, so such a fork waits for no thread, and the child cannot use a map
 * that other threads were using at that moment.
 */
#ifndef STET_LIVE_MAP_H
#define STET_LIVE_MAP_H

#include <stet/map.h>
#include <stet/impl/live.h>
#include <stet/impl/shared_map.h>

/*
 * Defines the types `name`, name_snapshot_begun and name_op, and their functions, which are declared below. map is a
 * type made by STET_MAP.
 */
#define STET_LIVE_MAP(name, map)                                                                           \
    STET_SHARED_MAP_OF_(name, map)                                                                         \
    STET_STATIC_ASSERT(!map##_is_sorted_, #name ": " #map " is sorted: a live map is made of a STET_MAP"); \
    STET_SHARED_MAP_OP_(name, map##_key_, map##_value_)                                                    \
    typedef struct name {                                                                                  \
        struct stet_live *live_;                                                                           \
    } name;                                                                                                \
    typedef struct name##_snapshot_begun {                                                                 \
        struct stet_live_snapshot_begun begun_;                                                            \
    } name##_snapshot_begun;                                                                               \
    STET_LIVE_MAP_LIFE_(name, map, map##_key_, map##_value_)                                               \
    STET_LIVE_MAP_WRITE_(name, map)                                                                        \
    STET_SHARED_MAP_(name, map, map##_key_, map##_value_, _live, map##_map_type_, stet_bytes_of)

/* As STET_ATOM_MAP_VIEW (atom_map.h), for a STET_LIVE_MAP(name, map). */
#define STET_LIVE_MAP_VIEW(name, map, view) \
    STET_VIEW_IS_OF_(map, view)             \
    STET_SHARED_MAP_VIEWS_(name, map##_key_, map##_value_, STET_KEY_VIEW_, view##_of_, &view)

/* ---- the manual: what STET_LIVE_MAP(name, map) makes, beside the operations of impl/shared_map.h ---- */

#ifdef STET_MANUAL_LIVE_MAP

/* ---- life ---- */

/* A map that threads share, and that is edited in place. */
typedef struct name name;
/*
 * Makes a map with the contents of *first, which is {0} afterwards. first is NULL: the map is empty. Cost: O(its size).
 * Fails: STET_NO_MEMORY, and then *first is still the caller's.
 */
static stet_result name_init(name *table, map *first);
/* Ends the map. No other thread may use it any more; snapshots are independent of the map. */
static void name_destroy(name *table);

/* ---- snapshots ---- */

/*
 * Returns a handle of the map's contents at this moment, which the caller must drop. Cost: some ten ns, or as long as
 * the writes that are under way take. If there are more threads than cores, such a write may itself be waiting for a
 * core.
 */
static map name_snapshot(const name *table);
/* A snapshot that cannot be read yet. */
typedef struct name_snapshot_begun name_snapshot_begun;
/*
 * Takes a snapshot of this moment, but lets you do other work before name_snapshot_finish() makes it readable. Each
 * such snapshot must be finished, once, before the map is destroyed. Cost: O(its size) if another snapshot was taken
 * between the two calls, because its entries must then be counted.
 */
static name_snapshot_begun name_snapshot_begin(const name *table);
/*
 * Returns the snapshot, which the caller must drop. It waits until the writes that were under way at the snapshot's
 * moment are over.
 */
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
    STET_WRAPPER STET_NONNULL_(1) size_t name##_size(const name *table_)                                         \
    {                                                                                                            \
        return stet_live_size_(name##_of_(table_));                                                              \
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
