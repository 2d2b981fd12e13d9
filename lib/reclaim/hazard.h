/* SPDX-License-Identifier: MIT */
/*
 * reclaim/hazard.h - versions that readers hold without counting them, and when they are freed. Atoms are built on
 * this. The protocol is in stet/impl/hazard.h and reclaim/hazard_protocol.h.
 *
 * Lock order: stet_threads_lock_, then a core's `watching`, then its `lock`; below them the pool's. No callback and
 * no allocation under a core's lock.
 */
#ifndef STET_HAZARD_H
#define STET_HAZARD_H

#include "reclaim/record.h"

/* In a burst of updates, this many replaced versions wait for the same heavy fence (20 us while other threads run). */
#define RECLAIM_EACH 256
/*
 * Once this many replaced versions are not freed, writers wait for the lock instead of leaving the work to its holder.
 */
#define RECLAIM_CAP 4096
/*
 * The same by time: an atom without reclamation for this long reclaims with the next write, or release of a replaced
 * version. ns
 */
#define RECLAIM_QUIET UINT64_C(2000000)

STET_HIDDEN void stet_scanned_(struct stet_core *core);
STET_HIDDEN void stet_free_dead_(struct stet_published *dead);

#include "reclaim/hazard_protocol.h"

/* The number of cores that have an atom, or versions that are held. With stet_threads_lock_. */
STET_HIDDEN extern uint32_t stet_cores_n_;
/*
 * Returns a core without an atom: its root is NULL, but versions of an earlier atom may still be held. NULL: no memory.
 */
STET_HIDDEN struct stet_core *stet_core_take_(void);
STET_HIDDEN void stet_core_give_(struct stet_core *core);

/*
 * Frees the replaced versions that no thread holds, of every atom. quiet: only of atoms whose releases call no user
 * function, and only if no thread is reclaiming there.
 */
STET_HIDDEN void stet_cores_reclaim_(bool quiet);
/*
 * Take and open the locks of all cores, around a fork, with stet_threads_lock_. In the child no thread waits for these
 * locks.
 */
STET_HIDDEN void stet_cores_lock_(void);
STET_HIDDEN void stet_cores_unlock_(void);
STET_HIDDEN void stet_cores_in_child_(void);

static inline size_t stet_published_size_(const struct stet_handle_type *type)
{
    return sizeof(struct stet_published) + type->size;
}

#endif
