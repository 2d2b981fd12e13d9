/* SPDX-License-Identifier: MIT */
/*
 * stet/atom_map.h - a map that threads share: it adds operations on single keys to what atom.h has for whole versions.
 *
 *     STET_ATOM_MAP(hop_table, hops)
 *
 *     hop_table table;
 *     if (!hop_table_init(&table, NULL))
 *         return -ENOMEM;
 *
 *     if (!hop_table_store_cstr(&table, name, 7)) // any thread
 *         return -ENOMEM;
 *     bool found = hop_table_load_cstr(&table, name, &hop);
 *
 *     hops now = hop_table_snapshot(&table);      // an ordinary map: all entries, as they were at one moment
 *
 * impl/shared_map.h has the contract of the operations: guarantee, results, ownership, callbacks. live_map.h has the
 * same operations, for programs that write more often than they read the whole map; docs/which-map.md says which of the
 * two to take.
 *
 * Atom. A `name` is an atom of the map (atom.h) with these operations added: its member `atom`, of the type name_atom,
 * may be used with all functions of atom.h: name_atom_update(), _wait, _watch, _keep_versions, _reclaim. So use one
 * STET_ATOM_MAP or one STET_ATOM for a map type, not both. A variable of zeros is not a map: call init first and
 * destroy last. The variable may lie anywhere and be moved.
 *
 * Progress. Reads are lock-free, and wait for no writer. Changes are lock-free within the bounds of docs/concurrency.md
 * (B3): all of them replace one pointer, so of writers that collide one succeeds at a time.
 *
 * Fails: STET_NO_MEMORY when the new version cannot be made.
 * Cost: a read takes a lookup and some ns. A change makes a version from the current one (as _with and _without of
 * map.h), takes some 50 ns more, and releases an old version. If there is nothing to change, no version is published;
 * load_or_..., delete and compare_and_... find that out by a lookup first. Memory: replaced versions are freed as
 * atom.h says, 256 at a time.
 */
#ifndef STET_ATOM_MAP_H
#define STET_ATOM_MAP_H

#include <stet/atom.h>
#include <stet/map.h>
#include <stet/impl/atom_map.h>

/*
 * Defines the types `name`, name_atom and name_op, and their functions, which are declared below. map is a type made by
 * STET_MAP or STET_SORTED_MAP.
 */
#define STET_ATOM_MAP(name, map)                                         \
    STET_ATOM_QUIET_(name##_atom, map, !STET_PROMPT_(map##_type_flags_)) \
    STET_SHARED_MAP_OP_(name, map##_key_, map##_value_)                  \
    typedef struct name {                                                \
        name##_atom atom;                                                \
    } name;                                                              \
    STET_ATOM_MAP_LIFE_(name, map, map##_key_, map##_value_)             \
    STET_ATOM_MAP_WRITE_(name, map)                                      \
    STET_SHARED_MAP_(name, map, map##_key_, map##_value_, atom_map, map##_keyed_type_, name##_as_bytes_)

/*
 * ---- the manual: what STET_ATOM_MAP(name, map) makes, beside the operations of impl/shared_map.h and the functions of
 * the atom, name_atom (atom.h) ----
 */

#ifdef STET_MANUAL_ATOM_MAP

/* ---- life ---- */

/* A map behind an atom. Its member atom (name_atom) may be used with all functions of atom.h. */
typedef struct name name;
/*
 * Makes a map with the contents of *first, which is {0} afterwards. first is NULL: the map is empty.
 * Fails: STET_NO_MEMORY, and then *first is still the caller's.
 */
static stet_result name_init(name *table, map *first);
/* Ends the map. No other thread may use it any more, but guards may still hold versions of the map. */
static void name_destroy(name *table);
/*
 * Returns a guard on the current version, for map_guard_view() and map_guard_release() (atom.h). Many lookups then cost
 * little more than one.
 */
static map_guard name_acquire(const name *table);
/*
 * Returns a handle of the current version, which the caller must drop. Cost: one count is incremented, and decremented
 * by the drop.
 */
static map name_snapshot(const name *table);

#endif

/* ---- what makes them ---- */

#define STET_ATOM_MAP_LIFE_(name, map, K, V)                                                                \
    STET_WRAPPER STET_NONNULL_(1) struct stet_core *name##_of_(const name *table_)                          \
    {                                                                                                       \
        return stet_core_of_(table_->atom.core_, #name);                                                    \
    }                                                                                                       \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_init(name *table_, map *first_)         \
    {                                                                                                       \
        return name##_atom_init(&table_->atom, first_);                                                     \
    }                                                                                                       \
    STET_WRAPPER STET_NONNULL_(1) void name##_destroy(name *table_) { name##_atom_destroy(&table_->atom); } \
    STET_INLINE STET_NONNULL_(1) STET_NODISCARD map##_guard name##_acquire(const name *table_)              \
    {                                                                                                       \
        return name##_atom_acquire(&table_->atom);                                                          \
    }                                                                                                       \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD map name##_snapshot(const name *table_)                    \
    {                                                                                                       \
        return name##_atom_snapshot(&table_->atom);                                                         \
    }                                                                                                       \
    STET_WRAPPER STET_NONNULL_(1) size_t name##_size(const name *table_)                                    \
    {                                                                                                       \
        map##_guard guard_ = name##_acquire(table_);                                                        \
        size_t size_ = map##_size(map##_guard_view(&guard_));                                               \
        map##_guard_release(&guard_);                                                                       \
        return size_;                                                                                       \
    }                                                                                                       \
    STET_INLINE struct stet_bytes name##_as_bytes_(const void *bytes_, size_t size_)                        \
    {                                                                                                       \
        return stet_keyed_bytes_of_(&map##_keyed_type_, bytes_, size_);                                     \
    }                                                                                                       \
    STET_WRAPPER STET_NONNULL_(1) bool name##_range(                                                        \
        const name *table_, bool (*fn_)(void *context_, K const *key_, V const *value_), void *context_)    \
    {                                                                                                       \
        map##_guard guard_ = name##_acquire(table_);                                                        \
        bool all_ = map##_each(map##_guard_view(&guard_), fn_, context_);                                   \
        map##_guard_release(&guard_);                                                                       \
        return all_;                                                                                        \
    }

/* Each edit is a function of its own, so that the map's operations are inlined into it. */
#define STET_ATOM_MAP_WRITE_(name, map)                                                                          \
    STET_WRAPPER stet_result name##_write_edit_(void *write_, void *handle_)                                     \
    {                                                                                                            \
        return stet_atom_edit_(&map##_keyed_type_, handle_, STET_CAST_(struct stet_write *, write_));            \
    }                                                                                                            \
    STET_WRAPPER stet_result name##_apply_edit_(void *batch_, void *handle_)                                     \
    {                                                                                                            \
        return stet_atom_map_apply_(&map##_keyed_type_, handle_, STET_CAST_(const struct stet_batch *, batch_)); \
    }                                                                                                            \
    STET_WRAPPER stet_result name##_clear_edit_(void *none_, void *handle_)                                      \
    {                                                                                                            \
        stet_result result_ = map##_size(STET_CAST_(const map *, handle_)) != 0 ? STET_CHANGED : STET_UNCHANGED; \
        (void)none_;                                                                                             \
        map##_drop(STET_CAST_(map *, handle_));                                                                  \
        return result_;                                                                                          \
    }                                                                                                            \
    STET_WRAPPER STET_NONNULL_(1) stet_result name##_write_(void *table_, struct stet_write *write_)             \
    {                                                                                                            \
        return stet_atom_map_change_(&map##_keyed_type_, name##_of_(STET_CAST_(name *, table_)),                 \
                                     &name##_atom_handle_type_, name##_write_edit_, write_);                     \
    }                                                                                                            \
    STET_WRAPPER STET_NONNULL_(1)                                                                                \
        STET_NODISCARD stet_result name##_apply(name *table_, const name##_op *ops_, size_t count_)              \
    {                                                                                                            \
        struct stet_batch batch_ = STET_SHARED_MAP_BATCH_(name, ops_, count_);                                   \
        return stet_atom_update_(name##_of_(table_), &name##_atom_handle_type_, name##_apply_edit_, &batch_);    \
    }                                                                                                            \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_clear(name *table_)                          \
    {                                                                                                            \
        return stet_atom_map_clear_(name##_of_(table_), &name##_atom_handle_type_, name##_clear_edit_);          \
    }

#endif
