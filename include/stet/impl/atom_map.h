/* SPDX-License-Identifier: MIT */
/*
 * stet/impl/atom_map.h - operations on one key of a map behind an atom: each is an edit of a copy of the current
 * version (atom.c tries it again when another writer was faster), written over a constant descriptor.
 *
 * An edit that fills in what was there takes a reference of it. If its version is not published it is called again, and
 * begins with giving that back.
 */
#ifndef STET_IMPL_ATOM_MAP_H
#define STET_IMPL_ATOM_MAP_H

#include <stet/impl/atom.h>
#include <stet/impl/map.h>
#include <stet/impl/shared_map.h>

STET_QUIET_
#ifdef __cplusplus
extern "C" {
#endif

/* One operation, for an edit. */
struct stet_atom_call {
    const struct stet_key_form *form; /* of the key; NULL: it is one */
    const void *key;
    const void *value;    /* to be put there */
    const void *expected; /* what must be there */
    void *before;         /* room for what was there, with a reference; NULL: nobody asks */
    bool had;             /* something was, and *before has it */
};

STET_INLINE const void *stet_call_find_(const struct stet_map_type *t, const struct stet_map *m,
                                        const struct stet_atom_call *call)
{
    return stet_map_get_(t, m, call->form, call->key);
}

/* An attempt begins: what the last one took was not published. */
STET_INLINE void stet_call_begin_(const struct stet_map_type *t, struct stet_atom_call *call)
{
    if (call->had)
        stet_element_release_(t->value, call->before);
    call->had = false;
}

/* Notes what is there, or NULL. */
STET_INLINE void stet_call_take_(const struct stet_map_type *t, struct stet_atom_call *call, const void *found)
{
    if (found == NULL)
        return;
    memcpy(call->before, found, t->value->size);
    stet_element_retain_(t->value, found);
    call->had = true;
}

/* Whether what was expected is there. */
STET_INLINE bool stet_call_meets_(const struct stet_map_type *t, const struct stet_map *m,
                                  const struct stet_atom_call *call)
{
    const void *found = stet_call_find_(t, m, call);
    return found != NULL && stet_type_equal(t->value, found, call->expected);
}

STET_INLINE stet_result stet_call_put_(const struct stet_map_type *t, struct stet_map *m, struct stet_atom_call *call)
{
    stet_result result = stet_map_put_(t, m, call->form, call->key, call->value, STET_MAP_SET);
    if (result == STET_NO_MEMORY && call->before != NULL)
        stet_call_begin_(t, call);
    return result;
}

/* ---- the edits ---- */

STET_INLINE stet_result stet_edit_store_(const struct stet_map_type *t, struct stet_map *m, struct stet_atom_call *call)
{
    return stet_call_put_(t, m, call);
}

STET_INLINE stet_result stet_edit_swap_(const struct stet_map_type *t, struct stet_map *m, struct stet_atom_call *call)
{
    stet_call_begin_(t, call);
    stet_call_take_(t, call, stet_call_find_(t, m, call));
    return stet_call_put_(t, m, call);
}

STET_INLINE stet_result stet_edit_add_(const struct stet_map_type *t, struct stet_map *m, struct stet_atom_call *call)
{
    stet_call_begin_(t, call);
    stet_call_take_(t, call, stet_call_find_(t, m, call));
    return call->had ? STET_UNCHANGED : stet_call_put_(t, m, call);
}

STET_INLINE stet_result stet_edit_delete_(const struct stet_map_type *t, struct stet_map *m,
                                          struct stet_atom_call *call)
{
    if (call->before != NULL)
        stet_call_begin_(t, call);
    stet_result result = stet_map_del_(t, m, call->form, call->key, call->before);
    call->had = call->before != NULL && result == STET_CHANGED;
    return result;
}

STET_INLINE stet_result stet_edit_compare_and_swap_(const struct stet_map_type *t, struct stet_map *m,
                                                    struct stet_atom_call *call)
{
    return stet_call_meets_(t, m, call) ? stet_call_put_(t, m, call) : STET_CONFLICT;
}

STET_INLINE stet_result stet_edit_compare_and_delete_(const struct stet_map_type *t, struct stet_map *m,
                                                      struct stet_atom_call *call)
{
    return stet_call_meets_(t, m, call) ? stet_map_del_(t, m, call->form, call->key, NULL) : STET_CONFLICT;
}

/* What clear does in the end: as a store, it leaves nothing that nobody holds. */
STET_INLINE stet_result stet_call_replaced_all_(struct stet_core *core, stet_result result)
{
    if (result == STET_CHANGED && !STET_LOAD_(core->by_hand, RELAXED)) /* advice */
        stet_atom_reclaim_(core);
    return result;
}

#ifdef __cplusplus
}
#endif
STET_LOUD_
#endif
