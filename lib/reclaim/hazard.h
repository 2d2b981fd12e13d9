/* SPDX-License-Identifier: MIT */
/*
 * reclaim/hazard.h - versions that readers hold without counting them, and when they are freed: what atoms stand on.
 * The protocol is in stet/impl/hazard.h and reclaim/hazard_protocol.h.
 *
 * Lock order: stet_threads_lock_, then a core's `watching`, then its `lock`; below them the pool's. No callback and
 * no allocation under a core's lock.
 */
#ifndef STET_HAZARD_H
#define STET_HAZARD_H

#include "reclaim/record.h"

/* Of a burst of updates, how many replaced versions wait for the same heavy fence (20 us while others run). */
#define RECLAIM_EACH 256
/* As many, and writers wait for the lock instead of leaving it to its holder. */
#define RECLAIM_CAP 4096
/* The same by time: an atom that was left alone this long reclaims with the next write, or stale guard. ns */
#define RECLAIM_QUIET UINT64_C(2000000)

STET_HIDDEN void stet_scanned_(struct stet_core *core);
STET_HIDDEN void stet_free_dead_(struct stet_published *dead);

#include "reclaim/hazard_protocol.h"

/* How many cores have an atom, or versions that are held. With stet_threads_lock_. */
STET_HIDDEN extern uint32_t stet_cores_n_;
/* A core without an atom: root NULL, but versions of an earlier life may still be held. NULL: no memory. */
STET_HIDDEN struct stet_core *stet_core_take_(void);
STET_HIDDEN void stet_core_give_(struct stet_core *core);

/* Of every atom: frees the replaced versions that nobody holds. quiet: of those whose release calls back nothing, if
 * nobody is at it. */
STET_HIDDEN void stet_cores_reclaim_(bool quiet);
/* The locks of all cores, around a fork. With stet_threads_lock_. In the child there is nobody who waits for them. */
STET_HIDDEN void stet_cores_lock_(void);
STET_HIDDEN void stet_cores_unlock_(void);
STET_HIDDEN void stet_cores_in_child_(void);

static inline size_t stet_published_size_(const struct stet_handle_type *type)
{
    return sizeof(struct stet_published) + type->size;
}

#endif
