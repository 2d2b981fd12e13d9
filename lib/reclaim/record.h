/* SPDX-License-Identifier: MIT */
/*
 * reclaim/record.h - records: in them threads, and readers, show other threads what they hold. Both schemes of
 * reclamation use them: hazard.h for versions, era.h for memory that is edited in place.
 */
#ifndef STET_RECORD_H
#define STET_RECORD_H

#include <stet/impl/hazard.h>
#include "base/hidden.h"
#include "memory/cache.h"
#include "thread/lock.h"
#include "thread/wait.h"

/* Reclamation is due when the pool has grown by this since the last one. */
#define RECLAIM_BYTES ((size_t)1 << 20)

/* The records in use, and those that were left with guards; the spare record is the first. */
struct stet_roll;
STET_HIDDEN extern struct stet_roll *stet_threads_;
#define STET_THREADS_ stet_threads_
STET_HIDDEN extern uint64_t stet_threads_taken_;
#define STET_TAKEN_ stet_threads_taken_
/* This thread's record; NULL at first. */
STET_HIDDEN extern __thread struct stet_thread *stet_thread_mine_ STET_THREAD_LOCAL_MODEL;
#define STET_MINE_ stet_thread_mine_

#include "reclaim/roll.h"

/* Guards the roll, and the lists of free records, of records that were left, of cores, and of free cores. */
STET_HIDDEN extern stet_lock stet_threads_lock_;
/* The highest number of a record. Read relaxed, or with stet_threads_lock_. */
STET_HIDDEN extern uint32_t stet_threads_made_;
/* The gate value of new records: enum stet_gate_. With stet_threads_lock_. */
STET_HIDDEN extern uint8_t stet_records_gate_;
/* Records with numbers up to this are used first: live maps have counters of their own for them. */
#define THREADS_LOW 24

/* For threads for whose record there is no memory. One thread at a time has the spare record, between take and give. */
STET_HIDDEN extern struct stet_thread stet_thread_spare_;
STET_HIDDEN extern stet_lock stet_thread_spare_lock_;
STET_HIDDEN struct stet_thread *stet_thread_spare_take_(void);
STET_HIDDEN void stet_thread_spare_give_(void);
/* Whether the caller has the spare record. */
STET_HIDDEN bool stet_hazard_spare_is_mine_(void);

/*
 * Must be called before there is anything to guard. False: no memory, or no key for thread-specific data; then the
 * caller must fail.
 */
STET_HIDDEN bool stet_threads_started_(void);
/* Returns this thread's record, which the first call takes. NULL: no memory. */
STET_HIDDEN struct stet_thread *stet_thread_own_(void);
/* Called when the thread ends: it has no record any more. Returns the record to give back, or NULL. */
STET_HIDDEN struct stet_thread *stet_hazard_disown_(void);
/* Take a record that belongs to no thread, its first slot free (NULL: no memory); give a record back. */
STET_HIDDEN struct stet_thread *stet_thread_take_(void);
STET_HIDDEN void stet_thread_give_(struct stet_thread *h);
/* Frees the records that were left with guards and whose slots are empty now, unless another thread has the lock. */
STET_HIDDEN void stet_records_tidy_(void);

/* This thread reclaims in the middle of an operation: releases that call user functions are deferred. */
STET_HIDDEN extern __thread bool stet_quiet_ STET_THREAD_LOCAL_MODEL;

/* Every thread has executed a full fence afterwards. False: that was not possible. */
STET_HIDDEN bool stet_heavy_fence_(void);

/* In the child of a fork by this thread, with stet_threads_lock_: whether the record still has a holder. */
static inline bool stet_record_survives_(const struct stet_thread *h, int32_t forking)
{
    return h->thread == forking && (h->in_use || h == &stet_thread_spare_);
}
/* Frees the records of other threads. */
STET_HIDDEN void stet_records_in_child_(int32_t forking);

/* Returns the pool size at which the next reclamation is due, if the pool holds `held` now. KiB */
static inline uint32_t stet_look_due_(size_t held)
{
    size_t kib = (held + RECLAIM_BYTES) >> 10;
    return kib < UINT32_MAX ? (uint32_t)kib : UINT32_MAX;
}

#endif
