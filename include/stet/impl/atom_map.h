/* SPDX-License-Identifier: MIT */
/*
 * stet/impl/atom_map.h - operations on one key of a map behind an atom. Each is an edit of a copy of the current
 * version, written over a constant descriptor, of a hash map or of a sorted one; atom.c tries it again if another
 * writer was faster.
 *
 * An edit that reports the value that was there takes a reference to that value. If the edit's version is not
 * published, the edit is called again, and first releases that reference.
 */
#ifndef STET_IMPL_ATOM_MAP_H
#define STET_IMPL_ATOM_MAP_H

#include <stet/impl/atom.h>
#include <stet/impl/map.h>
#include <stet/impl/shared_map.h>
#include <stet/impl/sorted.h>

STET_QUIET_
#ifdef __cplusplus
extern "C" {
#endif

/* ---- the two engines. m: a handle, which begins with what they take ---- */

STET_INLINE const void *stet_keyed_get_(const struct stet_keyed_type *t, const void *m, const struct stet_key_view *f,
                                        const void *key)
{
    if (t->is_sorted)
        return stet_sorted_get_(t->sorted, (const struct stet_tree *)m, stet_view_of_(t->key, f), key);
    return stet_map_get_(t->map, (const struct stet_map *)m, stet_view_of_(t->key, f), key);
}

STET_INLINE stet_result stet_keyed_put_(const struct stet_keyed_type *t, void *m, const struct stet_key_view *f,
                                        const void *key, const void *value)
{
    if (t->is_sorted)
        return stet_sorted_put_(t->sorted, (struct stet_tree *)m, stet_view_of_(t->key, f), key, value, STET_PUT_SET_);
    return stet_map_put_(t->map, (struct stet_map *)m, stet_view_of_(t->key, f), key, value, STET_PUT_SET_);
}

/* Moves the value, with its reference, to *value; NULL: releases it. */
STET_INLINE stet_result stet_keyed_erase_(const struct stet_keyed_type *t, void *m, const struct stet_key_view *f,
                                          const void *key, void *value)
{
    if (t->is_sorted)
        return stet_sorted_erase_(t->sorted, (struct stet_tree *)m, stet_view_of_(t->key, f), key, value);
    return stet_map_erase_(t->map, (struct stet_map *)m, stet_view_of_(t->key, f), key, value);
}

STET_INLINE size_t stet_keyed_load_many_(const struct stet_keyed_type *t, const void *m, const void *keys, size_t n,
                                         void *values, bool *found)
{
    if (t->is_sorted)
        return stet_sorted_load_many_(t->sorted, (const struct stet_tree *)m, keys, n, values, found);
    return stet_map_load_many_(t->map, (const struct stet_map *)m, keys, n, values, found);
}

/* ---- one key ---- */

/* Returns what the write would do to this version. */
STET_INLINE enum stet_verdict stet_atom_foresee_(const struct stet_keyed_type *t, const void *m,
                                                 const struct stet_write *w)
{
    return stet_write_verdict_(t->value, w, stet_keyed_get_(t, m, w->view, w->key));
}

/*
 * Does the write in m, the copy that is being edited. A delete does not look the key up first, nor does a store that
 * does not report what was there, because the map itself finds out in one walk whether there is something to do.
 */
STET_INLINE stet_result stet_atom_edit_(const struct stet_keyed_type *t, void *m, struct stet_write *w)
{
    enum stet_verdict verdict = w->op == STET_WRITE_DELETE ? STET_VERDICT_REMOVE : STET_VERDICT_PUT;
    stet_write_undo_(t->value, w);
    if (w->op != STET_WRITE_DELETE && (w->op != STET_WRITE_STORE || w->before != NULL))
        verdict = stet_write_decide_(t->value, w, stet_keyed_get_(t, m, w->view, w->key));
    if (verdict < STET_VERDICT_PUT)
        return (stet_result)verdict;
    if (verdict == STET_VERDICT_REMOVE) {
        stet_result result = stet_keyed_erase_(t, m, w->view, w->key, w->before);
        w->had = result == STET_CHANGED;
        return result;
    }
    stet_result result = stet_keyed_put_(t, m, w->view, w->key, w->value);
    if (result == STET_NO_MEMORY)
        stet_write_undo_(t->value, w);
    return result;
}

/*
 * Returns whether the key is there. If it is, and value is not NULL, copies the key's value to *value, with a
 * reference.
 */
STET_INLINE bool stet_atom_map_read_(const struct stet_keyed_type *t, struct stet_atom_state *state,
                                     const struct stet_key_view *f, const void *key, void *value)
{
    struct stet_guard g = stet_guard_acquire_(state);
    const void *found = stet_keyed_get_(t, stet_guard_view_(&g), f, key);
    if (found != NULL && value != NULL)
        stet_element_copy_(t->value, found, value);
    stet_guard_release_(&g);
    return found != NULL;
}

STET_INLINE size_t stet_atom_map_load_many_(const struct stet_keyed_type *t, struct stet_atom_state *state,
                                            const void *keys, size_t n, void *values, bool *found)
{
    struct stet_guard g = stet_guard_acquire_(state);
    size_t count = stet_keyed_load_many_(t, stet_guard_view_(&g), keys, n, values, found);
    stet_guard_release_(&g);
    return count;
}

/*
 * Does a write, as an update with the edit `edit`. No version is made if the current one shows that there is nothing to
 * do.
 */
STET_INLINE stet_result stet_atom_map_change_(const struct stet_keyed_type *t, struct stet_atom_state *state,
                                              const struct stet_handle_type *handle, stet_atom_update_fn *edit,
                                              struct stet_write *w)
{
    if (stet_write_compares_(w) || stet_write_removes_(w)) {
        struct stet_guard g = stet_guard_acquire_(state);
        enum stet_verdict verdict = stet_atom_foresee_(t, stet_guard_view_(&g), w);
        stet_guard_release_(&g);
        if (verdict < STET_VERDICT_PUT)
            return (stet_result)verdict;
    }
    return stet_atom_update_(state, handle, edit, w);
}

/* The edit of a batch of operations. */
STET_INLINE stet_result stet_atom_map_apply_(const struct stet_keyed_type *t, void *m, const struct stet_batch *batch)
{
    stet_result result = STET_UNCHANGED;
    for (size_t i = 0; i < batch->n; i++) {
        const char *op = (const char *)batch->ops + i * batch->stride;
        enum stet_op kind = *(const enum stet_op *)(const void *)(op + batch->kind);
        stet_result one = !stet_op_is_valid_(kind) ? STET_FAILED
                          : kind == STET_OP_STORE  ? stet_keyed_put_(t, m, NULL, op + batch->key, op + batch->value)
                                                   : stet_keyed_erase_(t, m, NULL, op + batch->key, NULL);
        if (one == STET_FAILED)
            return one;
        result = one == STET_CHANGED ? one : result;
    }
    return result;
}

/*
 * Empties the map with the edit `edit`. Like a store (atom.h), it frees at once the replaced versions that no thread
 * holds.
 */
STET_INLINE stet_result stet_atom_map_clear_(struct stet_atom_state *state, const struct stet_handle_type *handle,
                                             stet_atom_update_fn *edit)
{
    stet_result result = stet_atom_update_(state, handle, edit, NULL);
    if (result == STET_CHANGED && !STET_LOAD_(state->by_hand, RELAXED)) /* relaxed: the flag orders nothing */
        stet_atom_reclaim_(state);
    return result;
}

/* ---- order, in sorted maps ---- */

__attribute__((__noreturn__)) void stet_map_has_no_order_(void)
    STET_REFUSED_("this function is for an atom map of a STET_SORTED_MAP");

/* The descriptor of `map`, which must be sorted. */
#ifndef STET_KEEPS_INLINE_ /* a build that keeps uncalled functions refuses none */
#    define STET_ORDERED_(map) (map##_is_sorted_ ? (void)0 : stet_map_has_no_order_(), &map##_keyed_type_)
#else
#    define STET_ORDERED_(map) (&map##_keyed_type_)
#endif

/*
 * Copies, with references, the key and value of the first entry not before the key, or the first behind it, by `side`;
 * back: of the entry in front of that. key NULL: of the first entry; back: of the last. found, value NULL: not wanted.
 * Returns whether there is such an entry. f: as for a lookup (stet_sorted_want_).
 */
STET_INLINE bool stet_atom_map_load_at_(const struct stet_keyed_type *t, struct stet_atom_state *state,
                                        const struct stet_key_view *f, const void *key, enum stet_sorted_side side,
                                        bool back, void *found, void *value)
{
    struct stet_sorted_cursor it;
    struct stet_guard g = stet_guard_acquire_(state);
    const struct stet_tree *m = (const struct stet_tree *)stet_guard_view_(&g);
    if (key != NULL)
        stet_sorted_place_(t->sorted, m, f, key, side, back, &it);
    else
        stet_sorted_cursor_at_(t->sorted, m, back ? m->size - 1u : 0, &it);
    bool is_there = it.leaf != NULL;
    if (is_there && found != NULL)
        stet_element_copy_(t->key, stet_sorted_cursor_key_(t->sorted, &it), found);
    if (is_there && value != NULL)
        stet_element_copy_(t->value, stet_sorted_cursor_value_(t->sorted, &it), value);
    stet_guard_release_(&g);
    return is_there;
}

STET_INLINE bool stet_atom_map_range_each_(const struct stet_keyed_type *t, struct stet_atom_state *state,
                                           const struct stet_key_view *f, const void *from, const void *to,
                                           stet_sorted_run_fn *fn, void *call)
{
    struct stet_guard g = stet_guard_acquire_(state);
    const struct stet_tree *m = (const struct stet_tree *)stet_guard_view_(&g);
    bool all = stet_sorted_range_each_(t->sorted, m, f, from, to, fn, call);
    stet_guard_release_(&g);
    return all;
}

/* The deletion of a range. */
struct stet_cut {
    const struct stet_key_view *view;
    const void *from, *to; /* NULL: no bound */
};

STET_INLINE stet_result stet_atom_map_cut_edit_(const struct stet_keyed_type *t, void *m, const struct stet_cut *cut)
{
    return stet_sorted_erase_range_(t->sorted, (struct stet_tree *)m, cut->view, cut->from, cut->to);
}

/* No version is made if the current one has no entry in the range. */
STET_INLINE stet_result stet_atom_map_cut_(const struct stet_keyed_type *t, struct stet_atom_state *state,
                                           const struct stet_handle_type *handle, stet_atom_update_fn *edit,
                                           struct stet_cut *cut)
{
    struct stet_guard g = stet_guard_acquire_(state);
    size_t n =
        stet_sorted_count_(t->sorted, (const struct stet_tree *)stet_guard_view_(&g), cut->view, cut->from, cut->to);
    stet_guard_release_(&g);
    return n != 0 ? stet_atom_update_(state, handle, edit, cut) : STET_UNCHANGED;
}

/* The deletion of the entry at an end. */
struct stet_pop {
    bool last, had;    /* had: there was an entry, whose key and value these places have, with references */
    void *key, *value; /* NULL: not wanted */
};

STET_INLINE stet_result stet_atom_map_pop_edit_(const struct stet_keyed_type *t, void *m, struct stet_pop *p)
{
    struct stet_tree *tree = (struct stet_tree *)m;
    if (p->had && p->key != NULL)
        stet_element_release_(t->key, p->key);
    if (p->had && p->value != NULL)
        stet_element_release_(t->value, p->value);
    stet_result result = stet_sorted_pop_(t->sorted, tree, p->last ? tree->size - 1u : 0, p->key, p->value);
    p->had = result == STET_CHANGED;
    return result;
}

/* The caller's variables are filled in after the edit. No version is made of an empty map. */
STET_INLINE stet_result stet_atom_map_pop_(const struct stet_keyed_type *t, struct stet_atom_state *state,
                                           const struct stet_handle_type *handle, stet_atom_update_fn *edit,
                                           struct stet_pop *p, void *key, void *value)
{
    struct stet_guard g = stet_guard_acquire_(state);
    bool is_empty = ((const struct stet_tree *)stet_guard_view_(&g))->size == 0;
    stet_guard_release_(&g);
    if (is_empty)
        return STET_UNCHANGED;
    stet_result result = stet_atom_update_(state, handle, edit, p);
    if (result == STET_CHANGED && key != NULL)
        memcpy(key, p->key, t->key->size);
    if (result == STET_CHANGED && value != NULL)
        memcpy(value, p->value, t->value->size);
    return result;
}

#ifdef __cplusplus
}
#endif
STET_LOUD_
#endif
