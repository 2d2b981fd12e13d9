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
#define STET_ATOM_MAP(name, map)                                         \
    STET_ATOM_QUIET_(name##_atom, map, !STET_PROMPT_(map##_type_flags_)) \
    STET_SHARED_MAP_OP_(name, map##_key_, map##_value_)                  \
    typedef struct name {                                                \
        name##_atom atom;                                                \
    } name;                                                              \
    STET_ATOM_MAP_LOOK_(name, map, map##_key_, map##_value_)             \
    STET_ATOM_MAP_WRITE_(name, map)                                      \
    STET_SHARED_MAP_CHANGE_(name, map, map##_key_, map##_value_)         \
    STET_SHARED_MAP_CHANGE_IF_(name, map, map##_key_, map##_value_)      \
    STET_ATOM_MAP_ALL_(name, map, map##_key_, map##_value_)              \
    STET_SHARED_MAP_BYTES_(name, map##_value_, map##_keyflags_)

#define STET_ATOM_MAP_LOOK_(name, map, K, V)                                                                           \
    /* A map with what *first holds, which is {0} then; NULL: empty. */                                                \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_init(name *m_, map *first_)                        \
    {                                                                                                                  \
        return name##_atom_init(&m_->atom, first_);                                                                    \
    }                                                                                                                  \
    /* Nobody else uses the map any more, but guards may still hold versions of it. */                                 \
    STET_WRAPPER STET_NONNULL_(1) void name##_destroy(name *m_) { name##_atom_destroy(&m_->atom); }                    \
                                                                                                                       \
    /* The current version, borrowed: map_guard_view(), map_guard_release() (atom.h). Many lookups for the price of    \
     * one. */                                                                                                         \
    STET_INLINE STET_NONNULL_(1) STET_NODISCARD map##_guard name##_acquire(const name *m_)                             \
    {                                                                                                                  \
        return name##_atom_acquire(&m_->atom);                                                                         \
    }                                                                                                                  \
    /* A handle on the current version, the caller's to drop. Cost: a count up, and later down. */                     \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD map name##_snapshot(const name *m_)                                   \
    {                                                                                                                  \
        return name##_atom_snapshot(&m_->atom);                                                                        \
    }                                                                                                                  \
    /* The number of entries. */                                                                                       \
    STET_WRAPPER STET_NONNULL_(1) size_t name##_len(const name *m_)                                                    \
    {                                                                                                                  \
        map##_guard g_ = name##_acquire(m_);                                                                           \
        size_t n_ = map##_size(map##_guard_view(&g_));                                                                 \
        map##_guard_release(&g_);                                                                                      \
        return n_;                                                                                                     \
    }                                                                                                                  \
                                                                                                                       \
    STET_WRAPPER STET_NONNULL_(1) bool name##_load_form_(const name *m_, const struct stet_key_form *form_,            \
                                                         const void *key_, V *value_)                                  \
    {                                                                                                                  \
        map##_guard g_ = name##_acquire(m_);                                                                           \
        V const *found_ =                                                                                              \
            STET_CAST_(V const *, stet_map_get_(&map##_map_type_, &map##_guard_view(&g_)->map_, form_, key_));         \
        if (found_ != NULL) {                                                                                          \
            *value_ = *found_;                                                                                         \
            stet_element_retain_(map##_map_type_.value, found_);                                                       \
        }                                                                                                              \
        map##_guard_release(&g_);                                                                                      \
        return found_ != NULL;                                                                                         \
    }                                                                                                                  \
    STET_WRAPPER STET_NONNULL_(1) bool name##_has_form_(const name *m_, const struct stet_key_form *form_,             \
                                                        const void *key_)                                              \
    {                                                                                                                  \
        map##_guard g_ = name##_acquire(m_);                                                                           \
        bool found_ = stet_map_get_(&map##_map_type_, &map##_guard_view(&g_)->map_, form_, key_) != NULL;              \
        map##_guard_release(&g_);                                                                                      \
        return found_;                                                                                                 \
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
     * For each of the keys: found[i], and if so values[i], with a reference; else values[i] is untouched. Returns how \
     * many were found. All are of one moment. Cost: as map_get_many().                                                \
     */                                                                                                                \
    STET_WRAPPER STET_NONNULL_(1)                                                                                      \
        size_t name##_get_many(const name *m_, K const *keys_, size_t n_, V *values_, bool *found_)                    \
    {                                                                                                                  \
        map##_guard g_ = name##_acquire(m_);                                                                           \
        size_t count_ =                                                                                                \
            stet_map_load_many_(&map##_map_type_, &map##_guard_view(&g_)->map_, keys_, n_, values_, found_);           \
        map##_guard_release(&g_);                                                                                      \
        return count_;                                                                                                 \
    }                                                                                                                  \
    /*                                                                                                                 \
     * Calls fn for each entry of one version until it answers false; returns whether it never did. fn may change the  \
     * map, and is not shown what it changed. The version stays in memory meanwhile.                                   \
     */                                                                                                                \
    STET_WRAPPER STET_NONNULL_(1) bool name##_range(                                                                   \
        const name *m_, bool (*fn_)(void *context_, K const *key_, V const *value_), void *context_)                   \
    {                                                                                                                  \
        map##_guard g_ = name##_acquire(m_);                                                                           \
        bool all_ = map##_each(map##_guard_view(&g_), fn_, context_);                                                  \
        map##_guard_release(&g_);                                                                                      \
        return all_;                                                                                                   \
    }

/* One write: stet_atom_edit_() as an update of the atom. No version is made if the current one shows that there is
 * nothing to write. */
#define STET_ATOM_MAP_WRITE_(name, map)                                                                               \
    STET_WRAPPER stet_result name##_write_edit_(void *context_, void *handle_)                                        \
    {                                                                                                                 \
        return stet_atom_edit_(&map##_map_type_, &STET_CAST_(map *, handle_)->map_,                                   \
                               STET_CAST_(struct stet_write *, context_));                                            \
    }                                                                                                                 \
    STET_WRAPPER STET_NONNULL_(1) stet_result name##_write_(name *m_, struct stet_write *w_)                          \
    {                                                                                                                 \
        if (stet_write_compares_(w_) || stet_write_removes_(w_)) {                                                    \
            map##_guard g_ = name##_acquire(m_);                                                                      \
            enum stet_verdict verdict_ = stet_atom_foresee_(&map##_map_type_, &map##_guard_view(&g_)->map_, w_);      \
            map##_guard_release(&g_);                                                                                 \
            if (verdict_ < STET_VERDICT_PUT)                                                                          \
                return STET_CAST_(stet_result, verdict_);                                                             \
        }                                                                                                             \
        return stet_atom_update_(stet_core_of_(m_->atom.core_, #name), &name##_atom_handle_type_, name##_write_edit_, \
                                 w_);                                                                                 \
    }

#define STET_ATOM_MAP_ALL_(name, map, K, V)                                                                           \
    struct name##_ops_ {                                                                                              \
        const name##_op *op_;                                                                                         \
        size_t n_;                                                                                                    \
    };                                                                                                                \
    STET_WRAPPER stet_result name##_apply_edit_(void *context_, void *handle_)                                        \
    {                                                                                                                 \
        const struct name##_ops_ *ops_ = STET_CAST_(const struct name##_ops_ *, context_);                            \
        stet_result result_ = STET_UNCHANGED;                                                                         \
        for (size_t i_ = 0; i_ < ops_->n_; i_++) {                                                                    \
            stet_result one_ = !stet_op_is_valid_(ops_->op_[i_].kind) ? STET_FAILED                                   \
                               : ops_->op_[i_].kind == STET_OP_STORE                                                  \
                                   ? map##_set(STET_CAST_(map *, handle_), ops_->op_[i_].key, ops_->op_[i_].value)    \
                                   : map##_del(STET_CAST_(map *, handle_), ops_->op_[i_].key);                        \
            if (one_ == STET_FAILED)                                                                                  \
                return one_;                                                                                          \
            result_ = one_ == STET_CHANGED ? one_ : result_;                                                          \
        }                                                                                                             \
        return result_;                                                                                               \
    }                                                                                                                 \
    /*                                                                                                                \
     * All of these at one moment, or, out of memory, none: of those with equal keys the last wins. STET_UNCHANGED:   \
     * not one of them, in this order, changed anything. Cost: one version for all.                                   \
     */                                                                                                               \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_apply(name *m_, const name##_op *ops_, size_t n_) \
    {                                                                                                                 \
        struct name##_ops_ all_ = {ops_, n_};                                                                         \
        return stet_atom_update_(stet_core_of_(m_->atom.core_, #name), &name##_atom_handle_type_, name##_apply_edit_, \
                                 &all_);                                                                              \
    }                                                                                                                 \
                                                                                                                      \
    STET_WRAPPER stet_result name##_clear_edit_(void *context_, void *handle_)                                        \
    {                                                                                                                 \
        stet_result result_ = map##_size(STET_CAST_(const map *, handle_)) != 0 ? STET_CHANGED : STET_UNCHANGED;      \
        (void)context_;                                                                                               \
        map##_drop(STET_CAST_(map *, handle_));                                                                       \
        return result_;                                                                                               \
    }                                                                                                                 \
    /* The map is empty afterwards; it was: STET_UNCHANGED. What it had is freed at once if nobody holds it. */       \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_clear(name *m_)                                   \
    {                                                                                                                 \
        stet_result result_ = stet_atom_update_(stet_core_of_(m_->atom.core_, #name), &name##_atom_handle_type_,      \
                                                name##_clear_edit_, NULL);                                            \
        return stet_call_replaced_all_(stet_core_of_(m_->atom.core_, #name), result_);                                \
    }

#endif
