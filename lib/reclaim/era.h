/* SPDX-License-Identifier: MIT */
/*
 * reclaim/era.h - memory that is read without locks while it is edited in place: when it may be freed.
 *
 * A clock of eras advances with every reclamation. A walker stores the era at its beginning in its record, and begins
 * anew if the clock has advanced before it follows an address that it has read. So the memory that it can reach
 *
 *   was born    when the clock showed its era, or less
 *   is retired  when the clock shows its era, or more
 *
 * Memory is freed if no walker's era lies between its birth and its retirement. A walker that stalls keeps memory that
 * existed when it began, and none that was born later (the interval-based reclamation of Wen et al. 2018, with
 * intervals of one era).
 *
 *   E1  `born` is the era that the clock showed before the address was published. `retired` is the last era that the
 *       clock showed before it advanced after the address had been taken away. A walker that begins in a later era does
 *       not find the address.
 *   E2  A walker stores its era in its record before a light fence, and executes that fence before it reads the first
 *       address. A thread that looks for walkers does so after a heavy fence, or alone; and the fence comes after the
 *       clock advanced.
 *   E3  A walker follows an address only if, after the address was read, the clock still shows the record's era.
 *   E4  Memory that is retired with a `born` that is too early only waits longer. Memory that moves to another holder
 *       keeps the earlier `born`: a walker may have found it in its old place.
 *
 * stalled(): the era of a walker that has not moved while the clock has. Memory that was born until then and is retired
 * now waits for that walker. A writer that keeps retiring parts of old memory therefore copies the old memory first.
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
 * ERA_EACH: this many retired entries of one thread wait for the same heavy fence. ERA_LEFT: a thread that ends leaves
 * fewer than this many to the spare record, rather than pay for a fence. In the spare record they wait until there are
 * ERA_EACH, too.
 */
#define ERA_EACH 512
#define ERA_LEFT 128

/* For a thread without a record: takes a record, or the spare one under its lock if there is no memory. */
STET_HIDDEN struct stet_thread *stet_era_thread_(void);
/* Free those entries of h that no thread walks; of all records. */
STET_HIDDEN void stet_era_reclaim_(struct stet_thread *h);
STET_HIDDEN void stet_era_reclaim_all_(void);

/* Begins a walk, not within another one, and returns the caller's record. */
STET_INLINE struct stet_thread *stet_era_enter_(uint64_t *era)
{
    struct stet_thread *h = stet_thread_mine_;
    if (STET_UNLIKELY(h == NULL))
        h = stet_era_thread_();
    assert(STET_LOAD_(h->era, RELAXED) == 0 && "a callback of a live map used a live map");
    *era = stet_era_set_(h);
    return h;
}

/* The same for a caller that has a record. False: a thread is forking the process, and no walk begins. */
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

/* ---- when to reclaim: by number, and by bytes that the pool has grown, or that have a weight outside it ---- */

/* Called when bytes were retired that the pool does not count, or has held for long. */
STET_INLINE void stet_era_weigh_(struct stet_thread *h, size_t bytes)
{
    uint32_t due = STET_LOAD_(h->due, RELAXED);
    size_t kib = (bytes >> 10) + (bytes % 1024 != 0);
    STET_STORE_(h->due, kib < due ? due - (uint32_t)kib : 0, RELAXED);
}

/* Whether reclamation is due: `much` entries have gathered, or enough bytes. */
STET_INLINE bool stet_era_is_due_(struct stet_thread *h, uint32_t much)
{
    uint32_t fresh = STET_LOAD_(h->retired_count, RELAXED) - STET_LOAD_(h->retired_kept, RELAXED);
    if (fresh == 0)
        return false;
    size_t kib = stet_pool_held_() >> 10, due = STET_LOAD_(h->due, RELAXED);
    /* One comparison for two conditions: the pool holds less than `due`, and by no more than the growth after which
     * reclamation is due. */
    bool between = due - kib - 1 < RECLAIM_BYTES >> 10;
    if (STET_LIKELY((int32_t)fresh < (int32_t)much && between))
        return false;
    if ((int32_t)fresh >= (int32_t)much || kib >= due)
        return (int32_t)fresh > 0;
    /* The pool has shrunk: growth is counted from here on. */
    STET_STORE_(h->due, (uint32_t)(kib + (RECLAIM_BYTES >> 10)), RELAXED);
    return false;
}

/* Called after a walk, with no lock held: if reclamation is due, frees what has gathered, callbacks included. */
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
 * Called before a fork, and after it. In between no thread walks, and none takes a snapshot. If it is called within a
 * walk, by one of its callbacks, it waits for no thread, because others, forks among them, may wait for that walk and
 * for what it has locked. Then the child has memory that others were writing at that moment in its half-written state.
 */
STET_HIDDEN void stet_walks_stop_(const struct stet_thread *own);
STET_HIDDEN void stet_walks_go_on_(bool in_child);
/*
 * Leave retired entries to the spare record: those of a record whose holder gives it back; in the child of a fork,
 * those of all records whose threads are not there.
 */
STET_HIDDEN void stet_era_bequeath_(struct stet_thread *h);
STET_HIDDEN void stet_era_in_child_(int32_t forking);

#endif
