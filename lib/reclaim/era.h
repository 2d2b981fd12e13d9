/* SPDX-License-Identifier: MIT */
/*
 * reclaim/era.h - memory that is read without locks while it is edited in place: when it may be freed.
 *
 * A clock of eras advances with every reclamation. A walker is a thread that reads such memory. When it begins a walk,
 * it stores the era in its thread record; if the clock has advanced before it follows an address that it has read, it
 * begins anew. So the memory that it can reach
 *
 *   was born    when the clock showed its era, or less
 *   is retired  when the clock shows its era, or more
 *
 * Memory is freed if no walker's era lies between its birth and its retirement. A walker that stalls keeps memory that
 * existed when it began, and none that was born later. (This is the interval-based reclamation of Wen et al. 2018, with
 * intervals of one era.)
 *
 *   E1  `born` is the era that the clock showed before the address was published. `retired` is the last era that the
 *       clock showed before it advanced after the address had been taken away. A walker that begins in a later era does
 *       not find the address.
 *   E2  A walker stores its era in its record before a light fence, and executes that fence before it reads the first
 *       address. A thread looks for walkers only after a heavy fence, or if its record is the only one in use; and the
 *       clock has advanced before that.
 *   E3  A walker follows an address only if, after the address was read, the clock still shows the record's era.
 *   E4  If the `born` of retired memory is too early, the memory only waits longer. Memory that moves to another holder
 *       keeps the earlier `born`: a walker may have found it in its old place.
 *
 * stet_era_stalled_() is the era of a walker that has stayed in its era while the clock advanced. Memory that was born
 * up to that era and is retired now waits for that walker. Therefore a writer that would retire parts of old memory
 * again and again copies the old memory first.
 */
#ifndef STET_ERA_H
#define STET_ERA_H

#include "reclaim/record.h"

struct stet_clock;
STET_HIDDEN extern struct stet_clock stet_clock_;
#define STET_CLOCK_ stet_clock_
STET_HIDDEN uint64_t stet_era_gate_(struct stet_thread *h);
STET_HIDDEN void stet_wait_for_fork_(void);

#include "reclaim/era_protocol.h"

/*
 * This many retired entries of one thread wait for the same heavy fence: ERA_EACH. A thread that ends leaves up to
 * ERA_LEFT - 1 of them to the spare record, rather than pay for a fence. There they wait until there are ERA_EACH, too.
 */
#define ERA_EACH 512
#define ERA_LEFT 128

/*
 * Called by a thread without a record: takes a record or, if there is no memory for one, the spare record under its
 * lock.
 */
STET_HIDDEN struct stet_thread *stet_era_thread_(void);
/* Free the retired entries that no thread walks: those of h, and those of all records. */
STET_HIDDEN void stet_era_reclaim_(struct stet_thread *h);
STET_HIDDEN void stet_era_reclaim_all_(void);

/* Begins a walk, and returns the caller's record. The caller must not be within a walk already. */
STET_INLINE struct stet_thread *stet_era_enter_(uint64_t *era)
{
    struct stet_thread *h = stet_thread_mine_;
    if (STET_UNLIKELY(h == NULL))
        h = stet_era_thread_();
    assert(STET_LOAD_(h->era, RELAXED) == 0 && "a callback of a live map used a live map");
    *era = stet_era_set_(h);
    return h;
}

/* The same for a caller that has a record. False: a thread is forking the process, and no walk has begun. */
STET_INLINE bool stet_era_try_enter_(struct stet_thread *h, uint64_t *era)
{
    assert(STET_LOAD_(h->era, RELAXED) == 0 && "a callback of a live map used a live map");
    return stet_era_try_(h, era);
}

STET_INLINE void stet_era_leave_(struct stet_thread *h)
{
    stet_era_end_(h);
    if (STET_UNLIKELY(h == &stet_thread_spare_))
        stet_thread_spare_give_();
}

/*
 * ---- when to reclaim: by the number of entries, and by bytes: those that the pool has grown, and weights outside it
 * ----
 */

/* Called when bytes were retired that the pool does not count, or that it has held for long. */
STET_INLINE void stet_era_weigh_(struct stet_thread *h, size_t bytes)
{
    uint32_t due = STET_LOAD_(h->due, RELAXED);
    size_t kib = (bytes >> 10) + (bytes % 1024 != 0);
    STET_STORE_(h->due, kib < due ? due - (uint32_t)kib : 0, RELAXED);
}

/* Returns whether reclamation is due: `much` entries have gathered, or enough bytes. */
STET_INLINE bool stet_era_is_due_(struct stet_thread *h, uint32_t much)
{
    uint32_t fresh = STET_LOAD_(h->retired_count, RELAXED) - STET_LOAD_(h->retired_kept, RELAXED);
    if (fresh == 0)
        return false;
    size_t kib = stet_pool_held_() >> 10, due = STET_LOAD_(h->due, RELAXED);
    /*
     * One comparison for two conditions: the pool holds less than `due`, and the difference is no more than the growth
     * after which reclamation is due.
     */
    bool between = due - kib - 1 < RECLAIM_BYTES >> 10;
    if (STET_LIKELY((int32_t)fresh < (int32_t)much && between))
        return false;
    if ((int32_t)fresh >= (int32_t)much || kib >= due)
        return (int32_t)fresh > 0;
    /* The pool has shrunk: growth is counted from here on. */
    STET_STORE_(h->due, (uint32_t)(kib + (RECLAIM_BYTES >> 10)), RELAXED);
    return false;
}

/* Called after a walk, with no lock held. If reclamation is due, frees what has gathered, and calls callbacks. */
STET_INLINE void stet_era_reclaim_if_due_(struct stet_thread *h, uint32_t much)
{
    if (STET_UNLIKELY(stet_era_is_due_(h, much)))
        stet_era_reclaim_(h);
}

/* Waits until each write that is under way has ended. Must not be called within a write. */
STET_HIDDEN void stet_write_drain_(void);

/* Called when a collection that is edited in place is made, and when it is destroyed. */
STET_HIDDEN void stet_snaps_add_(struct stet_snaps *snaps);
STET_HIDDEN void stet_snaps_remove_(struct stet_snaps *snaps);
/*
 * Called before and after a fork. In between no thread walks, and none takes a snapshot. A fork may come from a
 * callback within a walk: `own` is the caller's record, if it has one. Then stet_walks_stop_() waits for no thread,
 * because other threads, forks among them, may wait for that walk and for what it has locked. In this case the child
 * finds memory half-written that other threads were writing at that moment.
 */
STET_HIDDEN void stet_walks_stop_(const struct stet_thread *own);
STET_HIDDEN void stet_walks_go_on_(bool in_child);
/*
 * Leave retired entries to the spare record. The first does it for a record that its holder gives back; the second, in
 * the child of a fork, for all records of threads that do not exist there.
 */
STET_HIDDEN void stet_era_bequeath_(struct stet_thread *h);
STET_HIDDEN void stet_era_in_child_(int32_t forking);

#endif
