/* SPDX-License-Identifier: MIT */
/*
 * reclaim/era.h - memory that is read without locks while it is edited in place: when it may be freed.
 *
 * A clock of eras goes on with every reclamation. Who walks has the era of the beginning in its record, and begins
 * anew when the clock has gone on before it follows an address it has read. So what it can get hold of
 *
 *   was born    when the clock showed its era, or less
 *   is retired  when the clock shows its era, or more
 *
 * and what has no walker's era between birth and retirement is freed. A walker that stalls keeps what there was when
 * it began, and nothing that came later (the interval-based reclamation of Wen et al. 2018, with intervals of one era).
 *
 *   E1  `born` is what the clock showed before the address was published; `retired`, what it showed last before it went
 *       on after the address had been taken away. Who begins in a later era finds it no more.
 *   E2  An era is in the record before a light fence, and that before the first address is read. Who looks for walkers
 *       does it after a heavy fence, or alone, and that after the clock went on.
 *   E3  An address is followed only if after it was read the clock still shows the record's era.
 *   E4  What is retired with an earlier `born` than it has, waits longer, no more. What moves to another holder keeps
 *       the earlier one: somebody may have found it where it was.
 *
 * stalled(): the era of somebody who has not moved while the clock has. What was born until then and is retired now,
 * waits for that one; who retires parts of old things all the time makes new things of them first.
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

/* Retired things of one thread that wait for the same heavy fence; that a thread which ends leaves to the spare record
 * rather than pay for a fence. There they wait until they are so many, too. */
#define ERA_EACH 512
#define ERA_LEFT 128

/* No record, no memory for one: the spare record, under its lock. */
STET_HIDDEN struct stet_thread *stet_era_thread_(void);
/* Frees what it can of what the holder of the record retired; of all. */
STET_HIDDEN void stet_era_reclaim_(struct stet_thread *h);
STET_HIDDEN void stet_era_reclaim_all_(void);

/* The caller's record, for a walk. Not within another one. */
STET_INLINE struct stet_thread *stet_era_enter_(uint64_t *era)
{
    struct stet_thread *h = stet_thread_mine_;
    if (STET_UNLIKELY(h == NULL))
        h = stet_era_thread_();
    assert(STET_LOAD_(h->era, RELAXED) == 0 && "a callback of a live map used a live map");
    *era = stet_era_set_(h);
    return h;
}

/* The same of a caller that has a record. False: somebody forks, and there is no walk. */
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

/* ---- when to look: by number, and by bytes that the pool has grown, or that have a weight outside it ---- */

/* Bytes that the pool does not know of, or has held for long, were retired. */
STET_INLINE void stet_era_weigh_(struct stet_thread *h, size_t bytes)
{
    uint32_t due = STET_LOAD_(h->due, RELAXED);
    size_t kib = (bytes >> 10) + (bytes % 1024 != 0);
    STET_STORE_(h->due, kib < due ? due - (uint32_t)kib : 0, RELAXED);
}

/* Whether what has gathered is so much: in number, or in bytes. */
STET_INLINE bool stet_era_is_due_(struct stet_thread *h, uint32_t much)
{
    uint32_t fresh = STET_LOAD_(h->retired_count, RELAXED) - STET_LOAD_(h->retired_kept, RELAXED);
    if (fresh == 0)
        return false;
    size_t kib = stet_pool_held_() >> 10, due = STET_LOAD_(h->due, RELAXED);
    /* One comparison: the pool holds less than what is due, and not so much less as the growth that is. */
    bool between = due - kib - 1 < RECLAIM_BYTES >> 10;
    if (STET_LIKELY((int32_t)fresh < (int32_t)much && between))
        return false;
    if ((int32_t)fresh >= (int32_t)much || kib >= due)
        return (int32_t)fresh > 0;
    /* The pool has shrunk: growth counts from there. */
    STET_STORE_(h->due, (uint32_t)(kib + (RECLAIM_BYTES >> 10)), RELAXED);
    return false;
}

/* After a walk, with no lock held: frees what has gathered if it is so much, callbacks included. */
STET_INLINE void stet_era_reclaim_if_due_(struct stet_thread *h, uint32_t much)
{
    if (STET_UNLIKELY(stet_era_is_due_(h, much)))
        stet_era_reclaim_(h);
}

/* Waits until each write that is under way has ended. Not within one. */
STET_HIDDEN void stet_write_drain_(void);

/* Of what is edited in place, from when it is made until it is destroyed. */
STET_HIDDEN void stet_snaps_add_(struct stet_snaps *snaps);
STET_HIDDEN void stet_snaps_remove_(struct stet_snaps *snaps);
/*
 * Before a fork, and after it. In between nobody walks, and nobody takes a snapshot. Called within a walk, by one of
 * its callbacks, it waits for nobody, because others, forks among them, may wait for that walk and for what it has
 * locked: then the child has what others wrote to at that moment as it was in the middle of that.
 */
STET_HIDDEN void stet_walks_stop_(const struct stet_thread *own);
STET_HIDDEN void stet_walks_go_on_(bool in_child);
/* The holder of a record gives it back; in the child of a fork, those that are not there: somebody else frees what they
 * have retired. */
STET_HIDDEN void stet_era_bequeath_(struct stet_thread *h);
STET_HIDDEN void stet_era_in_child_(int32_t forking);

#endif
