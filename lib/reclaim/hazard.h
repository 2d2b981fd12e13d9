/* SPDX-License-Identifier: MIT */
/*
 * reclaim/hazard.h - records of threads, boxes of versions, and when they are freed: what atoms stand on. The protocol
 * is in stet/impl/hazard.h and reclaim/hazard_protocol.h.
 *
 * Lock order: stet_hazards_lock_, then a core's `watching`, then its `lock`; below them the pool's. No callback and
 * no allocation under a core's lock.
 */
#ifndef STET_HAZARD_H
#define STET_HAZARD_H

#include <stet/impl/hazard.h>
#include "base/hidden.h"
#include "memory/cache.h"
#include "thread/wait.h"

/* Of a burst of updates, how many replaced versions wait for the same heavy fence (20 us while others run). */
#define RECLAIM_EACH 256
/* As many, and writers wait for the lock instead of leaving it to its holder. */
#define RECLAIM_CAP 4096
/* The same by memory: the pool has grown by this since the last reclamation. */
#define RECLAIM_BYTES ((size_t)1 << 20)
/* And by time: an atom that was left alone this long reclaims with the next write, or stale guard. ns */
#define RECLAIM_QUIET UINT64_C(2000000)

/* Sleeps until the lock is the caller's. */
STET_HIDDEN void stet_lock_(stet_lock *lock);
STET_HIDDEN void stet_wake_lock_(stet_lock *lock);
STET_HIDDEN bool stet_heavy_fence_(void);
STET_HIDDEN void stet_examined_(struct stet_core *core);
STET_HIDDEN void stet_bury_(struct stet_box *dead);
/* The records in use, and those that were left; the spare one is the first. */
struct stet_roll;
STET_HIDDEN extern struct stet_roll *stet_records_;
#define STET_RECORDS_ stet_records_
STET_HIDDEN extern uint64_t stet_records_taken_;
#define STET_TAKEN_ stet_records_taken_
/* The highest number of a record. Relaxed, or with stet_hazards_lock_. */
STET_HIDDEN extern uint32_t stet_records_made_;
/* How many cores have an atom, or boxes that are held. With stet_hazards_lock_. */
STET_HIDDEN extern uint32_t stet_cores_n_;
/* Records with numbers up to this are used first: live maps count apart for them. */
#define HAZARD_LOW 24
/* This thread's record, NULL at first. */
STET_HIDDEN extern __thread struct stet_hazard *stet_hazard_mine_ STET_THREAD_LOCAL_MODEL;
#define STET_MINE_ stet_hazard_mine_

#include "reclaim/hazard_protocol.h"

/* Guards the roll, the lists of free records and of those that were left, of cores, of free cores. */
STET_HIDDEN extern stet_lock stet_hazards_lock_;
/* For threads without a record: no memory. One at a time has it, between take and give. */
STET_HIDDEN extern struct stet_hazard stet_hazard_spare_;
STET_HIDDEN extern stet_lock stet_hazard_spare_lock_;
STET_HIDDEN struct stet_hazard *stet_hazard_spare_take_(void);
STET_HIDDEN void stet_hazard_spare_give_(void);

/* Before there is anything to guard. False: no memory, or no key for thread-specific data: there must be nothing. */
STET_HIDDEN bool stet_hazards_started_(void);
/* This thread's record, which it gets with the first call. NULL: no memory. */
STET_HIDDEN struct stet_hazard *stet_hazard_own_(void);
/* A record that belongs to no thread, its first slot free; gives one back. NULL: no memory. */
STET_HIDDEN struct stet_hazard *stet_hazard_take_(void);
STET_HIDDEN void stet_hazard_give_(struct stet_hazard *h);

/* A core without an atom: root NULL, but boxes of an earlier life may still be held. NULL: no memory. */
STET_HIDDEN struct stet_core *stet_core_take_(void);
STET_HIDDEN void stet_core_give_(struct stet_core *core);

/*
 * Memory is short, and this thread is in the middle of something: frees garbage of atoms and live maps that nobody
 * holds and whose release calls no function of a user's. Within a walk it does nothing: the walker itself keeps what
 * it could free, and a lock may be held.
 */
STET_HIDDEN void stet_reclaim_quietly_(void);
/* Set meanwhile: what calls back is left for later. */
STET_HIDDEN extern __thread bool stet_quiet_ STET_THREAD_LOCAL_MODEL;

static inline size_t stet_box_size_(const struct stet_handle_type *type)
{
    return sizeof(struct stet_box) + type->size;
}

#endif
