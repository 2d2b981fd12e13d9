/* SPDX-License-Identifier: MIT */
/*
 * era.h - memory that is read without locks while it is edited in place: when it may be freed.
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
 *   E1  `born` is what the clock showed before the address was published; `retired`, after a heavy fence that came
 *       after the address had been taken away.
 *   E2  An era is in the record before a light fence, and that before the first address is read.
 *   E3  An address is followed only if after it was read the clock still shows the record's era.
 *   E4  What is retired with an earlier `born` than it has, waits longer, no more. What moves from one holder to another
 *       keeps the earlier one: somebody may have found it in the first.
 *
 * stalled(): the era of somebody who has not moved while the clock has. What was born until then and is retired now,
 * waits for that one; who retires parts of old things all the time makes new things of them first.
 */
#ifndef STET_ERA_H
#define STET_ERA_H

#include "hazard.h"

/* What is to be freed when nobody walks it any more; part of it. */
struct stet_retired {
    struct stet_retired *next;
    uint64_t born, retired; /* retired 0: not known yet */
    void (*free)(struct stet_retired *r);
};

/* Retired things of one thread that wait for the same heavy fence. */
#define ERA_EACH 512
/* An era that is so much behind the clock is of one who stalls. */
#define ERA_STALL 4

struct STET_LINES stet_clock {
    STET_ATOMIC_(uint64_t) era;     /* from 1 on */
    STET_ATOMIC_(uint64_t) stalled; /* 0: nobody */
};
HAZARD_HIDDEN extern struct stet_clock stet_clock_;

/* No record, no memory for one: the spare record, under its lock. */
HAZARD_HIDDEN struct stet_hazard *stet_era_record_(void);
/* Frees what it can of what the holder of the record retired; of all. */
HAZARD_HIDDEN void stet_era_reclaim_(struct stet_hazard *h);
HAZARD_HIDDEN void stet_era_reclaim_all_(void);

/* Begins, or begins anew: returns the era. */
STET_INLINE uint64_t stet_era_set_(struct stet_hazard *h)
{
    uint64_t era = STET_LOAD_(stet_clock_.era, ACQUIRE);
    STET_STORE_(h->era, era, RELEASE); /* pairs with the acquire of who looks at it */
    if (h->fenced)
        STET_FULL_FENCE_();
    else
        STET_LIGHT_FENCE_(); /* pairs with the heavy fence: E2 */
    return era;
}

/* The caller's record, for a walk. Not within another one. */
STET_INLINE struct stet_hazard *stet_era_enter_(uint64_t *era)
{
    struct stet_hazard *h = stet_hazard_mine_;
    if (STET_UNLIKELY(h == NULL))
        h = stet_era_record_();
    assert(STET_LOAD_(h->era, RELAXED) == 0 && "a callback of a live map used a live map");
    *era = stet_era_set_(h);
    return h;
}

/* E3, after an address was read with acquire. */
STET_INLINE bool stet_era_is_(uint64_t era) { return STET_LIKELY(STET_LOAD_(stet_clock_.era, RELAXED) == era); }

STET_INLINE void stet_era_leave_(struct stet_hazard *h)
{
    STET_STORE_(h->era, 0, RELEASE); /* pairs with the acquire of who frees: what was read, was read before */
    if (STET_UNLIKELY(h == &stet_hazard_spare_))
        stet_unlock_(&stet_hazard_spare_lock_);
}

/* For what is to be published: E1. */
STET_INLINE uint64_t stet_era_born_(void) { return STET_LOAD_(stet_clock_.era, RELAXED); }

/* To those that wait. */
STET_INLINE void stet_retire_again_(struct stet_hazard *h, struct stet_retired *r)
{
    struct stet_retired *head = STET_LOAD_(h->retired, RELAXED);
    do
        r->next = head;
    while (!STET_CAS_(h->retired, &head, r, RELEASE)); /* pairs with the exchange of who takes them all */
    STET_STORE_(h->retired_count, STET_LOAD_(h->retired_count, RELAXED) + 1, RELAXED);
}

/* r can be reached no more, and r->born is set. Within a walk. */
STET_INLINE void stet_retire_(struct stet_hazard *h, struct stet_retired *r)
{
    r->retired = 0;
    stet_retire_again_(h, r);
}

/* After a walk, with no lock held: frees what has gathered, callbacks included. */
STET_INLINE void stet_era_tend_(struct stet_hazard *h)
{
    if (STET_UNLIKELY(STET_LOAD_(h->retired_count, RELAXED) >= STET_LOAD_(h->retired_kept, RELAXED) + ERA_EACH))
        stet_era_reclaim_(h);
}

STET_INLINE uint64_t stet_era_stalled_(void) { return STET_LOAD_(stet_clock_.stalled, RELAXED); }

/* ---- writes that a snapshot must wait for ---- */

/* Within a walk. What is done until the end is seen by who waited for the end. */
STET_INLINE void stet_write_begin_(struct stet_hazard *h)
{
    /* Before any lock is taken: taking one is a full fence, or followed by one. */
    STET_STORE_(h->busy, STET_LOAD_(h->busy, RELAXED) + 1, RELAXED);
}

STET_INLINE void stet_write_end_(struct stet_hazard *h)
{
    STET_STORE_(h->busy, STET_LOAD_(h->busy, RELAXED) + 1, RELEASE); /* pairs with the acquire of stet_write_drain_() */
}

/* Waits until each write that is under way has ended. Not within one. */
HAZARD_HIDDEN void stet_write_drain_(void);

/* Between attempts. */
HAZARD_HIDDEN void stet_relax_(unsigned attempt);

#endif
