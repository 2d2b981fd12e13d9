/* SPDX-License-Identifier: MIT */
/*
 * reclaim/record.h - records: what threads, and readers, let others see of what they hold. Both schemes of reclamation
 * stand on them: hazard.h for versions, era.h for what is edited in place.
 */
#ifndef STET_RECORD_H
#define STET_RECORD_H

#include <stet/impl/hazard.h>
#include "base/hidden.h"
#include "memory/cache.h"
#include "thread/lock.h"
#include "thread/wait.h"

/* It is time to look at garbage when the pool has grown by this since the last look. */
#define RECLAIM_BYTES ((size_t)1 << 20)

/* The records in use, and those that were left; the spare one is the first. */
struct stet_roll;
STET_HIDDEN extern struct stet_roll *stet_threads_;
#define STET_THREADS_ stet_threads_
STET_HIDDEN extern uint64_t stet_threads_taken_;
#define STET_TAKEN_ stet_threads_taken_
/* This thread's record, NULL at first. */
STET_HIDDEN extern __thread struct stet_thread *stet_thread_mine_ STET_THREAD_LOCAL_MODEL;
#define STET_MINE_ stet_thread_mine_

#include "reclaim/roll.h"

/* Guards the roll, the lists of free records and of those that were left, of cores, of free cores. */
STET_HIDDEN extern stet_lock stet_threads_lock_;
/* The highest number of a record. Relaxed, or with stet_threads_lock_. */
STET_HIDDEN extern uint32_t stet_threads_made_;
/* What new records have at their gates: enum stet_gate_. With stet_threads_lock_. */
STET_HIDDEN extern uint8_t stet_records_gate_;
/* Records with numbers up to this are used first: live maps count apart for them. */
#define THREADS_LOW 24

/* For threads without a record: no memory. One at a time has it, between take and give. */
STET_HIDDEN extern struct stet_thread stet_thread_spare_;
STET_HIDDEN extern stet_lock stet_thread_spare_lock_;
STET_HIDDEN struct stet_thread *stet_thread_spare_take_(void);
STET_HIDDEN void stet_thread_spare_give_(void);
/* Whether the caller has it. */
STET_HIDDEN bool stet_hazard_spare_is_mine_(void);

/* Before there is anything to guard. False: no memory, or no key for thread-specific data: there must be nothing. */
STET_HIDDEN bool stet_threads_started_(void);
/* This thread's record, which it gets with the first call. NULL: no memory. */
STET_HIDDEN struct stet_thread *stet_thread_own_(void);
/* The thread ends: it has no record any more. Returns the one that is to be given back, or NULL. */
STET_HIDDEN struct stet_thread *stet_hazard_disown_(void);
/* A record that belongs to no thread, its first slot free; gives one back. NULL: no memory. */
STET_HIDDEN struct stet_thread *stet_thread_take_(void);
STET_HIDDEN void stet_thread_give_(struct stet_thread *h);
/* Those that were left with guards, whose slots are empty now, are free: unless somebody has the lock. */
STET_HIDDEN void stet_records_tidy_(void);

/* This thread reclaims in the middle of something: what calls back is left for later. */
STET_HIDDEN extern __thread bool stet_quiet_ STET_THREAD_LOCAL_MODEL;

/* Every thread has executed a full fence. False: it could not be done. */
STET_HIDDEN bool stet_heavy_fence_(void);

/* In the child of a fork by this thread, with stet_threads_lock_: whether the record is still somebody's. */
static inline bool stet_record_survives_(const struct stet_thread *h, int32_t forking)
{
    return h->thread == forking && (h->in_use || h == &stet_thread_spare_);
}
/* Those of other threads are free. */
STET_HIDDEN void stet_records_in_child_(int32_t forking);

/* When a look is due, if the pool holds so much now. KiB */
static inline uint32_t stet_look_due_(size_t held)
{
    size_t kib = (held + RECLAIM_BYTES) >> 10;
    return kib < UINT32_MAX ? (uint32_t)kib : UINT32_MAX;
}

#endif
