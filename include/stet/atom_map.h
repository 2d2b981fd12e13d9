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
 * Order. An atom map of a sorted map (sorted_map.h) has functions for the first and last entry, the neighbours of a
 * key, and ranges; those of a hash map are refused where they are called. What is to be of one version, cursors, ranks
 * and counts among it, takes a guard:
 *
 *     STET_ATOM_MAP(event_table, events)
 *
 *     bool expired = event_table_delete_range(&log, NULL, &old); // one version; false: no memory
 *
 *     events_guard g = event_table_acquire(&log);
 *     for (events_cursor it = events_ceiling(events_guard_view(&g), morning); it.key != NULL; events_next(&it))
 *         show(*it.key, *it.value);
 *     events_guard_release(&g);
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
#define STET_ATOM_MAP(name, map)                                                                          \
    STET_SHARED_MAP_OF_(name, map)                                                                        \
    STET_ATOM_QUIET_(name##_atom, map, !STET_PROMPT_(map##_type_flags_))                                  \
    STET_SHARED_MAP_OP_(name, map##_key_, map##_value_)                                                   \
    typedef struct name {                                                                                 \
        name##_atom atom;                                                                                 \
    } name;                                                                                               \
    STET_ATOM_MAP_LIFE_(name, map, map##_key_, map##_value_)                                              \
    STET_ATOM_MAP_WRITE_(name, map)                                                                       \
    STET_SHARED_MAP_(name, map, map##_key_, map##_value_, _atom_map, map##_keyed_type_, name##_as_bytes_) \
    STET_ATOM_MAP_ORDER_READ_(name, map, map##_key_, map##_value_)                                        \
    STET_ATOM_MAP_ORDER_WRITE_(name, map, map##_key_, map##_value_)                                       \
    STET_ATOM_MAP_ORDER_VIEWS_(name, map, map##_key_, map##_value_, STET_KEY_VIEWS_, STET_RANGE_VIEWS_,   \
                               name##_as_bytes_, STET_BYTES_OF_(map##_keyflags_))

/*
 * Defines the functions of `name`, a STET_ATOM_MAP(name, map), that take keys as the view says (type.h, STET_KEY_VIEW):
 * name_load_view() and its like, one for each function that has a form _bytes. STET_ATOM_MAP_VIEW_ORDERED has those
 * for an order, too: map is a STET_SORTED_MAP.
 */
#define STET_ATOM_MAP_VIEW(name, map, view) \
    STET_VIEW_IS_OF_(map, view)             \
    STET_SHARED_MAP_VIEWS_(name, map##_key_, map##_value_, STET_KEY_VIEW_, view##_of_, &view)
#define STET_ATOM_MAP_VIEW_ORDERED(name, map, view) \
    STET_ATOM_MAP_VIEW(name, map, view)             \
    STET_ATOM_MAP_ORDER_VIEWS_(name, map, map##_key_, map##_value_, STET_KEY_VIEW_, STET_RANGE_VIEW_, view##_of_, &view)

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

/* ---- order: only where map is a type of STET_SORTED_MAP; for what else it has, a guard ---- */

/*
 * Return whether there is an entry: the first of all, the last; the last not behind the key, the first not before it,
 * the last before it, the first behind it. If there is one, they copy its key and its value, with references, to *found
 * and *value; NULL: not wanted. Keys of stet_str may be given as bytes or C strings, as everywhere; bounds of ranges
 * then may be NULL, too, for no bound.
 */
static bool name_load_first(const name *table, K *found, V *value);
static bool name_load_last(const name *table, K *found, V *value);
static bool name_load_floor(const name *table, K key, K *found, V *value);
static bool name_load_ceiling(const name *table, K key, K *found, V *value);
static bool name_load_below(const name *table, K key, K *found, V *value);
static bool name_load_above(const name *table, K key, K *found, V *value);
static bool name_load_floor_bytes(const name *table, const void *bytes, size_t size, K *found, V *value);
static bool name_load_floor_cstr(const name *table, const char *cstr, K *found, V *value);
static bool name_load_ceiling_bytes(const name *table, const void *bytes, size_t size, K *found, V *value);
static bool name_load_ceiling_cstr(const name *table, const char *cstr, K *found, V *value);
static bool name_load_below_bytes(const name *table, const void *bytes, size_t size, K *found, V *value);
static bool name_load_below_cstr(const name *table, const char *cstr, K *found, V *value);
static bool name_load_above_bytes(const name *table, const void *bytes, size_t size, K *found, V *value);
static bool name_load_above_cstr(const name *table, const char *cstr, K *found, V *value);
/*
 * As map_range_each() (sorted_map.h) over the entries of one moment: from `from` on, before `to`, NULL being no bound.
 * fn may change the map, but does not see these changes. The version of that moment stays in memory meanwhile.
 */
static bool name_range_each(const name *table, K const *from, K const *to,
                            bool (*fn)(void *context, K const *keys, V const *values, size_t count), void *context);
static bool name_range_each_bytes(const name *table, const void *from, size_t from_size, const void *to, size_t to_size,
                                  bool (*fn)(void *context, K const *keys, V const *values, size_t count),
                                  void *context);
static bool name_range_each_cstr(const name *table, const char *from, const char *to,
                                 bool (*fn)(void *context, K const *keys, V const *values, size_t count),
                                 void *context);
/* Deletes the entries of a range at one moment. STET_UNCHANGED: there were none. Cost: one version, O(log n). */
static stet_result name_delete_range(name *table, K const *from, K const *to);
static stet_result name_delete_range_bytes(name *table, const void *from, size_t from_size, const void *to,
                                           size_t to_size);
static stet_result name_delete_range_cstr(name *table, const char *from, const char *to);
/*
 * Delete the first entry, the last, and move its key and its value, with their references, to *key and *value; NULL:
 * not wanted. STET_UNCHANGED: the map was empty; *key and *value are untouched.
 */
static stet_result name_load_and_delete_first(name *table, K *key, V *value);
static stet_result name_load_and_delete_last(name *table, K *key, V *value);

#endif

/* ---- what makes them ---- */

#define STET_ATOM_MAP_LIFE_(name, map, K, V)                                                                \
    STET_WRAPPER STET_NONNULL_(1) struct stet_atom_state *name##_of_(const name *table_)                    \
    {                                                                                                       \
        return stet_atom_state_of_(table_->atom.state_, #name);                                             \
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
        return stet_bytes_of(bytes_, size_);                                                                \
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

#define STET_ATOM_MAP_ORDER_READ_(name, map, K, V)                                                    \
    STET_ATOM_MAP_LOAD_END_(name, map, K, V, name##_load_first, false)                                \
    STET_ATOM_MAP_LOAD_END_(name, map, K, V, name##_load_last, true)                                  \
    STET_ATOM_MAP_LOAD_BY_(name, map, K, V, name##_load_floor, STET_SORTED_BEHIND_, true)             \
    STET_ATOM_MAP_LOAD_BY_(name, map, K, V, name##_load_ceiling, STET_SORTED_FROM_, false)            \
    STET_ATOM_MAP_LOAD_BY_(name, map, K, V, name##_load_below, STET_SORTED_FROM_, true)               \
    STET_ATOM_MAP_LOAD_BY_(name, map, K, V, name##_load_above, STET_SORTED_BEHIND_, false)            \
    STET_RUNS_THUNK_(name, K, V)                                                                      \
    STET_WRAPPER STET_NONNULL_(1) bool name##_runs_within_(                                           \
        const name *table_, const struct stet_key_view *view_, const void *from_, const void *to_,    \
        bool (*fn_)(void *context_, K const *keys_, V const *values_, size_t count_), void *context_) \
    {                                                                                                 \
        struct stet_callback_ call_ = STET_CALLBACK_(fn_, context_);                                  \
        return stet_atom_map_range_each_(STET_ORDERED_(map), name##_of_(table_), view_, from_, to_,   \
                                         name##_runs_thunk_, &call_);                                 \
    }                                                                                                 \
    STET_WRAPPER STET_NONNULL_(1) bool name##_range_each(                                             \
        const name *table_, K const *from_, K const *to_,                                             \
        bool (*fn_)(void *context_, K const *keys_, V const *values_, size_t count_), void *context_) \
    {                                                                                                 \
        return name##_runs_within_(table_, NULL, from_, to_, fn_, context_);                          \
    }

#define STET_ATOM_MAP_LOAD_END_(name, map, K, V, function, back)                                      \
    STET_WRAPPER STET_NONNULL_(1) bool function(const name *table_, K *found_, V *value_)             \
    {                                                                                                 \
        return stet_atom_map_load_at_(STET_ORDERED_(map), name##_of_(table_), STET_NULL_, STET_NULL_, \
                                      STET_SORTED_FROM_, back, found_, value_);                       \
    }

#define STET_ATOM_MAP_LOAD_BY_(name, map, K, V, function, side, back)                                                \
    STET_WRAPPER STET_NONNULL_(1) bool function(const name *table_, K key_, K *found_, V *value_)                    \
    {                                                                                                                \
        return stet_atom_map_load_at_(STET_ORDERED_(map), name##_of_(table_), STET_NULL_, &key_, side, back, found_, \
                                      value_);                                                                       \
    }

#define STET_ATOM_MAP_ORDER_WRITE_(name, map, K, V)                                                                    \
    STET_WRAPPER stet_result name##_cut_edit_(void *cut_, void *handle_)                                               \
    {                                                                                                                  \
        return stet_atom_map_cut_edit_(STET_ORDERED_(map), handle_, STET_CAST_(const struct stet_cut *, cut_));        \
    }                                                                                                                  \
    STET_WRAPPER stet_result name##_pop_edit_(void *pop_, void *handle_)                                               \
    {                                                                                                                  \
        return stet_atom_map_pop_edit_(STET_ORDERED_(map), handle_, STET_CAST_(struct stet_pop *, pop_));              \
    }                                                                                                                  \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_cut_within_(                                       \
        name *table_, const struct stet_key_view *view_, const void *from_, const void *to_)                           \
    {                                                                                                                  \
        struct stet_cut cut_ = {view_, from_, to_};                                                                    \
        return stet_atom_map_cut_(STET_ORDERED_(map), name##_of_(table_), &name##_atom_handle_type_, name##_cut_edit_, \
                                  &cut_);                                                                              \
    }                                                                                                                  \
    STET_WRAPPER STET_NONNULL_(1)                                                                                      \
        STET_NODISCARD stet_result name##_delete_range(name *table_, K const *from_, K const *to_)                     \
    {                                                                                                                  \
        return name##_cut_within_(table_, STET_NULL_, from_, to_);                                                     \
    }                                                                                                                  \
    STET_ATOM_MAP_POP_(name, map, K, V, name##_load_and_delete_first, false)                                           \
    STET_ATOM_MAP_POP_(name, map, K, V, name##_load_and_delete_last, true)

/* STET_FORMS_, of: as in impl/keyed.h; STET_RANGES_: the same for ranges. by: the view. */
#define STET_ATOM_MAP_ORDER_VIEWS_(name, map, K, V, STET_FORMS_, STET_RANGES_, of, by)                              \
    STET_ATOM_MAP_LOAD_VIEWS_(name, map, K, V, name##_load_floor, STET_SORTED_BEHIND_, true, STET_FORMS_, of, by)   \
    STET_ATOM_MAP_LOAD_VIEWS_(name, map, K, V, name##_load_ceiling, STET_SORTED_FROM_, false, STET_FORMS_, of, by)  \
    STET_ATOM_MAP_LOAD_VIEWS_(name, map, K, V, name##_load_below, STET_SORTED_FROM_, true, STET_FORMS_, of, by)     \
    STET_ATOM_MAP_LOAD_VIEWS_(name, map, K, V, name##_load_above, STET_SORTED_BEHIND_, false, STET_FORMS_, of, by)  \
    STET_RANGES_(of, STET_NODISCARD stet_result, name##_delete_range, name *, table_, STET_NO_MORE_, STET_NO_MORE_, \
                 name##_cut_within_(table_, by, from_view_, to_view_))                                              \
    STET_RANGES_(                                                                                                   \
        of, bool, name##_range_each, const name *, table_,                                                          \
        STET_AND_(bool (*fn_)(void *context_, K const *keys_, V const *values_, size_t count_), void *context_),    \
        STET_AND_(fn_, context_), name##_runs_within_(table_, by, from_view_, to_view_, fn_, context_))
#define STET_ATOM_MAP_LOAD_VIEWS_(name, map, K, V, function, side, back, STET_FORMS_, of, by)                 \
    STET_FORMS_(                                                                                              \
        of, bool, function, const name *, table_, STET_AND_(K *found_, V *value_), STET_AND_(found_, value_), \
        stet_atom_map_load_at_(STET_ORDERED_(map), name##_of_(table_), by, &view_, side, back, found_, value_))

#define STET_ATOM_MAP_POP_(name, map, K, V, function, last)                                                            \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result function(name *table_, K *key_, V *value_)                \
    {                                                                                                                  \
        K end_;                                                                                                        \
        V was_;                                                                                                        \
        struct stet_pop pop_ = {last, false, key_ != STET_NULL_ ? &end_ : STET_NULL_,                                  \
                                value_ != STET_NULL_ ? &was_ : STET_NULL_};                                            \
        return stet_atom_map_pop_(STET_ORDERED_(map), name##_of_(table_), &name##_atom_handle_type_, name##_pop_edit_, \
                                  &pop_, key_, value_);                                                                \
    }

#endif
