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

/* What the write would do to this version. */
STET_INLINE enum stet_verdict stet_atom_foresee_(const struct stet_map_type *t, const struct stet_map *m,
                                                 const struct stet_write *w)
{
    return stet_write_verdict_(t->value, w, stet_map_get_(t, m, w->form, w->key));
}

/*
 * A delete, and a store that does not report what was there, need no verdict: the map itself finds with one walk
 * whether there is something to do.
 */
STET_INLINE stet_result stet_atom_edit_(const struct stet_map_type *t, struct stet_map *m, struct stet_write *w)
{
    enum stet_verdict verdict = w->op == STET_WRITE_DELETE ? STET_VERDICT_REMOVE : STET_VERDICT_PUT;
    stet_write_undo_(t->value, w);
    if (w->op != STET_WRITE_DELETE && (w->op != STET_WRITE_STORE || w->before != NULL))
        verdict = stet_write_judge_(t->value, w, stet_map_get_(t, m, w->form, w->key));
    if (verdict < STET_VERDICT_PUT)
        return (stet_result)verdict;
    if (verdict == STET_VERDICT_REMOVE) {
        stet_result result = stet_map_del_(t, m, w->form, w->key, w->before);
        w->had = result == STET_CHANGED;
        return result;
    }
    stet_result result = stet_map_put_(t, m, w->form, w->key, w->value, STET_MAP_SET);
    if (result == STET_NO_MEMORY)
        stet_write_undo_(t->value, w);
    return result;
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
