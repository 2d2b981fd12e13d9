/* SPDX-License-Identifier: MIT */
/*
 * stet/atom_map.h - a map that threads share: what atom.h has for whole versions, as operations on single keys.
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
 *     hops now = hop_table_snapshot(&table);      // all of it, as it was at one moment: an ordinary map
 *
 * impl/shared_map.h has the contract of the operations: guarantee, answers, ownership, callbacks. live_map.h is the
 * same for loads that write more than they look at all of it; docs/which-map.md says which one to take.
 *
 * Atom. A name is an atom of the map (atom.h) with operations beside: `m.atom`, of the type name_atom, may be used with
 * all functions of that header, name_atom_update(), _wait, _watch, _keep, _reclaim. So a map type has one STET_ATOM_MAP
 * or one STET_ATOM. There is no value of zeros: init first, destroy last; it may lie anywhere and be moved.
 *
 * Progress. Looking is lock-free, and waits for no writer. Changes are lock-free within the bounds of
 * docs/concurrency.md (B3): all of them replace one pointer, so that of writers that collide one goes on at a time.
 *
 * Fails: STET_NO_MEMORY when the new version cannot be made.
 * Cost: looking: a lookup, and some ns. A change: a version made from the current one (map.h: with, without), some 50
 * ns more, and the release of an old one. Where nothing is to be changed nothing is published; load_or_..., delete and
 * compare_and_... see that by a lookup. Memory: replaced versions are freed as atom.h says, 256 at a time.
 */
#ifndef STET_ATOM_MAP_H
#define STET_ATOM_MAP_H

#include <stet/atom.h>
#include <stet/map.h>
#include <stet/impl/atom_map.h>

/* Defines the types `name`, name_atom and name_op, and their functions. map: of STET_MAP. */
#define STET_ATOM_MAP(name, map)                                  \
    STET_ATOM(name##_atom, map)                                   \
    STET_SHARED_MAP_OP_(name, map##_key_, map##_value_)           \
    typedef struct name {                                         \
        name##_atom atom;                                         \
    } name;                                                       \
    STET_ATOM_MAP_LOOK_(name, map, map##_key_, map##_value_)      \
    STET_ATOM_MAP_CALLS_(name, map)                               \
    STET_ATOM_MAP_CHANGE_(name, map, map##_key_, map##_value_)    \
    STET_ATOM_MAP_CHANGE_IF_(name, map, map##_key_, map##_value_) \
    STET_ATOM_MAP_ALL_(name, map, map##_key_, map##_value_)       \
    STET_SHARED_MAP_BYTES_(name, map##_value_, map##_key_flags_)

#define STET_ATOM_MAP_LOOK_(name, map, K, V)                                                                           \
    /* A map with what *first holds, which is {0} then; NULL: empty. */                                                \
    STET_WRAPPER STET_NODISCARD stet_result name##_init(name *m, map *first)                                           \
    {                                                                                                                  \
        return name##_atom_init(&m->atom, first);                                                                      \
    }                                                                                                                  \
    /* Nobody else uses the map any more, but guards may still hold versions of it. */                                 \
    STET_WRAPPER void name##_destroy(name *m) { name##_atom_destroy(&m->atom); }                                       \
                                                                                                                       \
    /* The current version, borrowed: map_guard_view(), map_guard_release() (atom.h). Many lookups for the price of    \
     * one. */                                                                                                         \
    STET_INLINE STET_NODISCARD map##_guard name##_acquire(const name *m) { return name##_atom_acquire(&m->atom); }     \
    /* A handle on the current version, the caller's to drop. Cost: a count up, and later down. */                     \
    STET_WRAPPER STET_NODISCARD map name##_snapshot(const name *m) { return name##_atom_snapshot(&m->atom); }          \
    /* The number of entries. */                                                                                       \
    STET_WRAPPER size_t name##_len(const name *m)                                                                      \
    {                                                                                                                  \
        map##_guard g = name##_acquire(m);                                                                             \
        size_t n = map##_size(map##_guard_view(&g));                                                                   \
        map##_guard_release(&g);                                                                                       \
        return n;                                                                                                      \
    }                                                                                                                  \
                                                                                                                       \
    STET_WRAPPER bool name##_load_form_(const name *m, const struct stet_key_form *form, const void *key, V *value)    \
    {                                                                                                                  \
        map##_guard g = name##_acquire(m);                                                                             \
        V const *found = (V const *)stet_map_get_(&map##_map_type_, &map##_guard_view(&g)->map_, form, key);           \
        if (found != NULL) {                                                                                           \
            *value = *found;                                                                                           \
            stet_element_retain_(map##_map_type_.value, found);                                                        \
        }                                                                                                              \
        map##_guard_release(&g);                                                                                       \
        return found != NULL;                                                                                          \
    }                                                                                                                  \
    STET_WRAPPER bool name##_has_form_(const name *m, const struct stet_key_form *form, const void *key)               \
    {                                                                                                                  \
        map##_guard g = name##_acquire(m);                                                                             \
        bool found = stet_map_get_(&map##_map_type_, &map##_guard_view(&g)->map_, form, key) != NULL;                  \
        map##_guard_release(&g);                                                                                       \
        return found;                                                                                                  \
    }                                                                                                                  \
    /* *value = the key's value, with a reference. Absent: false, *value untouched. */                                 \
    STET_WRAPPER bool name##_load(const name *m, K key, V *value) { return name##_load_form_(m, NULL, &key, value); }  \
    STET_WRAPPER bool name##_has(const name *m, K key) { return name##_has_form_(m, NULL, &key); }                     \
    /*                                                                                                                 \
     * For each of the keys: found[i], and if so values[i], with a reference; else values[i] is untouched. Returns how \
     * many were found. All are of one moment. Cost: as map_get_many().                                                \
     */                                                                                                                \
    STET_WRAPPER size_t name##_get_many(const name *m, K const *keys, size_t n, V *values, bool *found)                \
    {                                                                                                                  \
        map##_guard g = name##_acquire(m);                                                                             \
        size_t count = stet_map_load_many_(&map##_map_type_, &map##_guard_view(&g)->map_, keys, n, values, found);     \
        map##_guard_release(&g);                                                                                       \
        return count;                                                                                                  \
    }                                                                                                                  \
    /*                                                                                                                 \
     * Calls fn for each entry of one version until it answers false; returns whether it never did. fn may change the  \
     * map, and is not shown what it changed. The version stays in memory meanwhile.                                   \
     */                                                                                                                \
    STET_WRAPPER bool name##_range(const name *m, bool (*fn)(void *context, K const *key, V const *value),             \
                                   void *context)                                                                      \
    {                                                                                                                  \
        map##_guard g = name##_acquire(m);                                                                             \
        bool all = map##_each(map##_guard_view(&g), fn, context);                                                      \
        map##_guard_release(&g);                                                                                       \
        return all;                                                                                                    \
    }

/* From the calls of atom.c to the edits of impl/atom_map.h. */
#define STET_ATOM_MAP_CALL_(name, map, operation)                                                                    \
    STET_WRAPPER stet_result name##_edit_##operation##_(void *context, void *handle)                                 \
    {                                                                                                                \
        return stet_edit_##operation##_(&map##_map_type_, &((map *)handle)->map_, (struct stet_atom_call *)context); \
    }                                                                                                                \
    STET_WRAPPER stet_result name##_call_##operation##_(name *m, struct stet_atom_call *call)                        \
    {                                                                                                                \
        return stet_atom_update_(m->atom.core_, &name##_atom_handle_type_, name##_edit_##operation##_, call);        \
    }

#define STET_ATOM_MAP_CALLS_(name, map)              \
    STET_ATOM_MAP_CALL_(name, map, store)            \
    STET_ATOM_MAP_CALL_(name, map, swap)             \
    STET_ATOM_MAP_CALL_(name, map, add)              \
    STET_ATOM_MAP_CALL_(name, map, delete)           \
    STET_ATOM_MAP_CALL_(name, map, compare_and_swap) \
    STET_ATOM_MAP_CALL_(name, map, compare_and_delete)

#define STET_ATOM_MAP_CHANGE_(name, map, K, V)                                                                     \
    STET_WRAPPER stet_result name##_store_form_(name *m, const struct stet_key_form *form, const void *key,        \
                                                V const *value)                                                    \
    {                                                                                                              \
        struct stet_atom_call call = {form, key, value, NULL, NULL, false};                                        \
        return name##_call_store_(m, &call);                                                                       \
    }                                                                                                              \
    STET_WRAPPER stet_result name##_delete_form_(name *m, const struct stet_key_form *form, const void *key)       \
    {                                                                                                              \
        struct stet_atom_call call = {form, key, NULL, NULL, NULL, false};                                         \
        return name##_has_form_(m, form, key) ? name##_call_delete_(m, &call) : STET_UNCHANGED;                    \
    }                                                                                                              \
    /* The key has this value afterwards. An equal value is there: STET_UNCHANGED. */                              \
    STET_WRAPPER STET_NODISCARD stet_result name##_store(name *m, K key, V value)                                  \
    {                                                                                                              \
        return name##_store_form_(m, NULL, &key, &value);                                                          \
    }                                                                                                              \
    /*                                                                                                             \
     * The same; *had: whether it was there before, and *before is the value it had then. An equal value is there: \
     * STET_UNCHANGED, and it is in *before all the same.                                                          \
     */                                                                                                            \
    STET_WRAPPER STET_NODISCARD stet_result name##_swap(name *m, K key, V value, V *before, bool *had)             \
    {                                                                                                              \
        V was;                                                                                                     \
        struct stet_atom_call call = {NULL, &key, &value, NULL, &was, false};                                      \
        stet_result result = name##_call_swap_(m, &call);                                                          \
        if (call.had)                                                                                              \
            *before = was;                                                                                         \
        if (result != STET_NO_MEMORY)                                                                              \
            *had = call.had;                                                                                       \
        return result;                                                                                             \
    }                                                                                                              \
    /* The key is absent afterwards. It was: STET_UNCHANGED. Fails: as all changes, a new version is made. */      \
    STET_WRAPPER STET_NODISCARD stet_result name##_delete(name *m, K key)                                          \
    {                                                                                                              \
        return name##_delete_form_(m, NULL, &key);                                                                 \
    }                                                                                                              \
    /* The same, and *value is the value it had. It was absent: STET_UNCHANGED, *value untouched. */               \
    STET_WRAPPER STET_NODISCARD stet_result name##_load_and_delete(name *m, K key, V *value)                       \
    {                                                                                                              \
        V was;                                                                                                     \
        struct stet_atom_call call = {NULL, &key, NULL, NULL, &was, false};                                        \
        stet_result result = name##_has(m, key) ? name##_call_delete_(m, &call) : STET_UNCHANGED;                  \
        if (call.had)                                                                                              \
            *value = was;                                                                                          \
        return result;                                                                                             \
    }

#define STET_ATOM_MAP_CHANGE_IF_(name, map, K, V)                                                                     \
    /* STET_CHANGED: it was absent, and has this value. STET_UNCHANGED: it was there. *actual: the value it has now.  \
     */                                                                                                               \
    STET_WRAPPER STET_NODISCARD stet_result name##_load_or_store(name *m, K key, V value, V *actual)                  \
    {                                                                                                                 \
        V was;                                                                                                        \
        struct stet_atom_call call = {NULL, &key, &value, NULL, &was, false};                                         \
        if (name##_load(m, key, actual))                                                                              \
            return STET_UNCHANGED;                                                                                    \
        stet_result result = name##_call_add_(m, &call);                                                              \
        if (result == STET_CHANGED)                                                                                   \
            stet_element_retain_(map##_map_type_.value, &value);                                                      \
        if (result != STET_NO_MEMORY)                                                                                 \
            *actual = call.had ? was : value;                                                                         \
        return result;                                                                                                \
    }                                                                                                                 \
    /*                                                                                                                \
     * The same for a value that fn makes, if the key is absent: called once at most, with nothing locked, it fills   \
     * *value and hands its reference over. If another thread stores one meanwhile, that is *actual, and what fn made \
     * is released. fn answers false: STET_NO_MEMORY.                                                                 \
     */                                                                                                               \
    STET_WRAPPER STET_NODISCARD stet_result name##_load_or_compute(                                                   \
        name *m, K key, bool (*fn)(void *context, K const *key, V *value), void *context, V *actual)                  \
    {                                                                                                                 \
        V made;                                                                                                       \
        if (name##_load(m, key, actual))                                                                              \
            return STET_UNCHANGED;                                                                                    \
        if (!fn(context, &key, &made))                                                                                \
            return STET_NO_MEMORY;                                                                                    \
        stet_result result = name##_load_or_store(m, key, made, actual);                                              \
        stet_element_release_(map##_map_type_.value, &made);                                                          \
        return result;                                                                                                \
    }                                                                                                                 \
                                                                                                                      \
    STET_WRAPPER bool name##_expects_(const name *m, const struct stet_atom_call *call)                               \
    {                                                                                                                 \
        map##_guard g = name##_acquire(m);                                                                            \
        bool meets = stet_call_meets_(&map##_map_type_, &map##_guard_view(&g)->map_, call);                           \
        map##_guard_release(&g);                                                                                      \
        return meets;                                                                                                 \
    }                                                                                                                 \
    /*                                                                                                                \
     * The key has this value afterwards, if it had one equal to `expected`. STET_UNCHANGED: and value equals that.   \
     * STET_CONFLICT: it was absent, or had another.                                                                  \
     */                                                                                                               \
    STET_WRAPPER STET_NODISCARD stet_result name##_compare_and_swap(name *m, K key, V expected, V value)              \
    {                                                                                                                 \
        struct stet_atom_call call = {NULL, &key, &value, &expected, NULL, false};                                    \
        return name##_expects_(m, &call) ? name##_call_compare_and_swap_(m, &call) : STET_CONFLICT;                   \
    }                                                                                                                 \
    /* The key is absent afterwards, if it had a value equal to `expected`. STET_CONFLICT: it was absent, or had      \
     * another. */                                                                                                    \
    STET_WRAPPER STET_NODISCARD stet_result name##_compare_and_delete(name *m, K key, V expected)                     \
    {                                                                                                                 \
        struct stet_atom_call call = {NULL, &key, NULL, &expected, NULL, false};                                      \
        return name##_expects_(m, &call) ? name##_call_compare_and_delete_(m, &call) : STET_CONFLICT;                 \
    }

#define STET_ATOM_MAP_ALL_(name, map, K, V)                                                                         \
    struct name##_ops_ {                                                                                            \
        const name##_op *op;                                                                                        \
        size_t n;                                                                                                   \
    };                                                                                                              \
    STET_WRAPPER stet_result name##_apply_edit_(void *context, void *handle)                                        \
    {                                                                                                               \
        const struct name##_ops_ *ops = (const struct name##_ops_ *)context;                                        \
        stet_result result = STET_UNCHANGED;                                                                        \
        for (size_t i = 0; i < ops->n; i++) {                                                                       \
            stet_result one = ops->op[i].kind == STET_OP_STORE                                                      \
                                  ? map##_set((map *)handle, ops->op[i].key, ops->op[i].value)                      \
                                  : map##_del((map *)handle, ops->op[i].key);                                       \
            if (one == STET_NO_MEMORY)                                                                              \
                return one;                                                                                         \
            result = one == STET_CHANGED ? one : result;                                                            \
        }                                                                                                           \
        return result;                                                                                              \
    }                                                                                                               \
    /*                                                                                                              \
     * All of these at one moment, or, out of memory, none: of those with equal keys the last wins. STET_UNCHANGED: \
     * not one of them, in this order, changed anything. Cost: one version for all.                                 \
     */                                                                                                             \
    STET_WRAPPER STET_NODISCARD stet_result name##_apply(name *m, const name##_op *ops, size_t n)                   \
    {                                                                                                               \
        struct name##_ops_ all = {ops, n};                                                                          \
        return stet_atom_update_(m->atom.core_, &name##_atom_handle_type_, name##_apply_edit_, &all);               \
    }                                                                                                               \
                                                                                                                    \
    STET_WRAPPER stet_result name##_clear_edit_(void *context, void *handle)                                        \
    {                                                                                                               \
        (void)context;                                                                                              \
        stet_result result = map##_size((const map *)handle) != 0 ? STET_CHANGED : STET_UNCHANGED;                  \
        map##_drop((map *)handle);                                                                                  \
        return result;                                                                                              \
    }                                                                                                               \
    /* The map is empty afterwards; it was: STET_UNCHANGED. What it had is freed at once if nobody holds it. */     \
    STET_WRAPPER STET_NODISCARD stet_result name##_clear(name *m)                                                   \
    {                                                                                                               \
        stet_result result = stet_atom_update_(m->atom.core_, &name##_atom_handle_type_, name##_clear_edit_, NULL); \
        return stet_call_replaced_all_(m->atom.core_, result);                                                      \
    }

#endif
