/* SPDX-License-Identifier: MIT */
/*
 * reclaim/record.h - thread records, struct stet_thread: in its record a thread, or a reader, shows other threads what
 * it holds. Both schemes of reclamation use them: hazard.h for versions, era.h for memory that is edited in place.
 */
#ifndef STET_RECLAIM_RECORD_H
#define STET_RECLAIM_RECORD_H

#include <stet/impl/hazard.h>
#include "base/hidden.h"
#include "memory/cache.h"
#include "thread/lock.h"
#include "thread/wait.h"

/* Reclamation is due when the pool has grown by this many bytes since the last one. */
#define RECLAIM_BYTES ((size_t)1 << 20)

/* The registry of the records in use, and of those that were left with guards. The spare record is the first. */
struct stet_registry;
STET_HIDDEN extern struct stet_registry *stet_threads_;
#define STET_THREADS_ stet_threads_
STET_HIDDEN extern uint64_t stet_threads_taken_;
#define STET_TAKEN_ stet_threads_taken_
/* This thread's record; NULL before the thread has one. */
STET_HIDDEN extern __thread struct stet_thread *stet_thread_mine_ STET_THREAD_LOCAL_MODEL;
#define STET_MINE_ stet_thread_mine_

#include "reclaim/registry.h"

/*
 * Guards the registry, and these lists: free records, records that were left with guards, atom states, and free atom
 * states.
 */
STET_HIDDEN extern stet_lock stet_threads_lock_;
/* The highest number of a record so far. Read relaxed, or with stet_threads_lock_. */
STET_HIDDEN extern uint32_t stet_threads_made_;
/* The value of `gate` in new records: enum stet_gate_. Used with stet_threads_lock_. */
STET_HIDDEN extern uint8_t stet_records_gate_;
/* Records with numbers up to this are used first, because live maps have separate counters for these. */
#define THREADS_LOW 24

/*
 * The spare record serves threads for whose record there is no memory. One thread at a time has it, between take and
 * give.
 */
STET_HIDDEN extern struct stet_thread stet_thread_spare_;
STET_HIDDEN extern stet_lock stet_thread_spare_lock_;
STET_HIDDEN struct stet_thread *stet_thread_spare_take_(void);
STET_HIDDEN void stet_thread_spare_give_(void);
/* Returns whether the caller has the spare record. */
STET_HIDDEN bool stet_hazard_spare_is_mine_(void);

/*
 * Must be called before there is anything to guard. False: no memory, or no key for thread-specific data. Then the
 * caller must fail.
 */
STET_HIDDEN bool stet_threads_started_(void);
/* Returns this thread's record, which the first call takes. NULL: no memory. */
STET_HIDDEN struct stet_thread *stet_thread_own_(void);
/*
 * Called when the thread ends, and leaves it without a record. Returns the record that it had and that must be given
 * back, or NULL.
 */
STET_HIDDEN struct stet_thread *stet_hazard_disown_(void);
/* Take a record that belongs to no thread and whose first slot is empty (NULL: no memory), and give a record back. */
STET_HIDDEN struct stet_thread *stet_thread_take_(void);
STET_HIDDEN void stet_thread_give_(struct stet_thread *h);
/* Frees those records that were left with guards and whose slots are empty now, unless another thread has the lock. */
STET_HIDDEN void stet_records_tidy_(void);

/* This thread is reclaiming in the middle of an operation, so releases that call user functions are deferred. */
STET_HIDDEN extern __thread bool stet_quiet_ STET_THREAD_LOCAL_MODEL;

/* Makes every thread of the process execute a full fence. False: that was not possible. */
STET_HIDDEN bool stet_heavy_fence_(void);

/*
 * Called in the child of a fork that this thread made, with stet_threads_lock_. Returns whether the record still has a
 * holder. forking: the id that this thread had in the parent.
 */
static inline bool stet_record_survives_(const struct stet_thread *h, int32_t forking)
{
    return h->thread == forking && (h->in_use || h == &stet_thread_spare_);
}
/* Frees the records of threads that do not exist in the child. */
STET_HIDDEN void stet_records_in_child_(int32_t forking);

/*
 * Returns how many KiB the pool must hold for the next reclamation to be due. held is the number of bytes that it holds
 * now.
 */
static inline uint32_t stet_look_due_(size_t held)
{
    size_t kib = (held + RECLAIM_BYTES) >> 10;
    return kib < UINT32_MAX ? (uint32_t)kib : UINT32_MAX;
}

#endif
