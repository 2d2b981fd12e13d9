/* SPDX-License-Identifier: MIT */
/*
 * reclaim/hazard.h - versions that readers hold without counting them, and when they are freed. Atoms are built on
 * this. The protocol is in stet/impl/hazard.h and reclaim/hazard_protocol.h.
 *
 * Lock order: stet_threads_lock_, then an atom state's `watching`, then its `lock`; below them the pool's. No callback
 * and no allocation under an atom state's lock.
 */
#ifndef STET_HAZARD_H
#define STET_HAZARD_H

#include "reclaim/record.h"

/*
 * In a burst of updates this many replaced versions share one heavy fence, which takes 20 us while other threads run.
 */
#define RECLAIM_EACH 256
/*
 * Once this many replaced versions are not freed, writers wait for the lock instead of leaving the work to the thread
 * that has it.
 */
#define RECLAIM_CAP 4096
/*
 * The limit in ns: if an atom was not reclaimed for this long, the next write, or the next release of a replaced
 * version, reclaims.
 */
#define RECLAIM_QUIET UINT64_C(2000000)

STET_HIDDEN void stet_scanned_(struct stet_atom_state *state);
STET_HIDDEN void stet_free_dead_(struct stet_published *dead);

#include "reclaim/hazard_protocol.h"

/* The number of atom states that belong to an atom, or have versions that are held. Used with stet_threads_lock_. */
STET_HIDDEN extern uint32_t stet_atom_states_n_;
/*
 * Returns an atom state for a new atom: its root is NULL, but versions of an earlier atom may still be held. NULL: no
 * memory.
 */
STET_HIDDEN struct stet_atom_state *stet_atom_state_take_(void);
STET_HIDDEN void stet_atom_state_give_(struct stet_atom_state *state);

/*
 * Frees the replaced versions that no thread holds, of every atom. With `quiet` it frees only versions of atoms whose
 * releases call no user function, and leaves out atoms that another thread is reclaiming.
 */
STET_HIDDEN void stet_atom_states_reclaim_(bool quiet);
/*
 * Take and open the locks of all atom states before and after a fork, with stet_threads_lock_. In the child of the fork
 * no thread waits for these locks.
 */
STET_HIDDEN void stet_atom_states_lock_(void);
STET_HIDDEN void stet_atom_states_unlock_(void);
STET_HIDDEN void stet_atom_states_in_child_(void);

static inline size_t stet_published_size_(const struct stet_handle_type *type)
{
    return sizeof(struct stet_published) + type->size;
}

#endif
