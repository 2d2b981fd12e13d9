/* SPDX-License-Identifier: MIT */
/*
 * reclaim/era_protocol.h - the protocol of era.h: walkers, retired memory, and writes for which snapshots wait.
 * Included by era.h and, for the simulator of the memory model, by test/model.
 *
 * A file that includes it must first define what reclaim/registry.h needs, and:
 *   STET_CLOCK_           the clock of eras, a struct stet_clock
 *   stet_heavy_fence_()   bool: every thread of the process has executed a full fence; false: it could not be done
 *   stet_relax_()         waits a little, longer after more attempts
 *   stet_era_gate_()      stet_era_pass_gate_(), compiled once
 *   stet_wait_for_fork_() sleeps until the fork that is under way is over
 */
#ifndef STET_ERA_PROTOCOL_H
#define STET_ERA_PROTOCOL_H

#include "reclaim/registry.h"

/* One piece of retired memory. It is freed when no thread walks it any more. */
struct stet_retired {
    STET_PLAIN_(struct stet_retired *) next;
    STET_ATOMIC_(uint64_t) born;
    STET_PLAIN_(uint64_t) retired; /* the era of its retirement; 0: not known yet */
    /* False: the release would call a user function, which is not allowed now (record.h: stet_quiet_) */
    bool (*free)(struct stet_retired *r);
};

/* A walker whose era is this much behind the clock is stalled. */
#define ERA_STALL 4
/* The number of walkers whose eras are kept one by one in a struct stet_walkers. */
#define ERAS_MAX 128

struct STET_LINES stet_clock {
    STET_ATOMIC_(uint64_t) era;     /* counted from 1 */
    STET_ATOMIC_(uint64_t) stalled; /* the era of a stalled walker; 0: none */
};

/* ---- walkers ---- */

/*
 * Begins a walk, or begins it anew, with no lock held. False: a thread is forking the process, and the walk has not
 * begun. This function calls no other, so that a short walk that leaves this case to another function need not save
 * registers.
 */
STET_INLINE bool stet_era_try_(struct stet_thread *h, uint64_t *era)
{
    /*
     * Acquire pairs with stet_era_partition_(): in the next era a walker does not see an address that was taken away
     * before this era ended. In the simulator, where light fences are full, the fence below would suffice for that.
     */
    *era = STET_LOAD_(STET_CLOCK_.era, ACQUIRE);
    STET_STORE_(h->era, *era, RELEASE); /* pairs with the acquire of threads that read it */
    STET_LIGHT_FENCE_();                /* pairs with the heavy fences of E2 and of stet_walks_await_() */
    /*
     * Relaxed: what must not happen before the process is copied is a write. A write comes after the fence of the lock
     * that it takes, and that fence pairs with the release of the thread that opens the gate.
     */
    if (STET_LIKELY(STET_LOAD_(h->gate, RELAXED) == 0))
        return true;
    STET_FULL_FENCE_(); /* without membarrier the light fence is a full one, too */
    if ((STET_LOAD_(h->gate, RELAXED) & STET_GATE_FORK_) == 0)
        return true;
    STET_STORE_(h->era, 0, RELEASE); /* pairs with stet_walks_await_() */
    return false;
}

/* The same, but waits until a fork that is under way is over. Returns the era. */
STET_INLINE uint64_t stet_era_set_(struct stet_thread *h)
{
    uint64_t era;
    return STET_LIKELY(stet_era_try_(h, &era)) ? era : stet_era_gate_(h);
}

/* The slow path of stet_era_set_(): begins the walk when the fork is over. */
static inline uint64_t stet_era_pass_gate_(struct stet_thread *h)
{
    uint64_t era;
    do
        stet_wait_for_fork_();
    while (!stet_era_try_(h, &era));
    return era;
}

/* E3: called after an address was read with acquire. Returns whether the clock still shows this era. */
STET_INLINE bool stet_era_is_(uint64_t era) { return STET_LIKELY(STET_LOAD_(STET_CLOCK_.era, RELAXED) == era); }

STET_INLINE void stet_era_end_(struct stet_thread *h)
{
    STET_STORE_(h->era, 0, RELEASE); /* pairs with the acquire of threads that free: all reads come before that */
}

/* Returns the `born` of memory that is about to be published: E1. */
STET_INLINE uint64_t stet_era_born_(void) { return STET_LOAD_(STET_CLOCK_.era, RELAXED); }

STET_INLINE uint64_t stet_era_stalled_(void) { return STET_LOAD_(STET_CLOCK_.stalled, RELAXED); }

/* ---- retired memory ---- */

/* Adds r to the retired entries of h. */
STET_INLINE void stet_retire_again_(struct stet_thread *h, struct stet_retired *r)
{
    struct stet_retired *head = STET_LOAD_(h->retired, RELAXED);
    do
        STET_VAR_(r->next) = head;
    while (!STET_CAS_(h->retired, &head, r, RELEASE)); /* pairs with the exchange that takes the whole list */
    STET_STORE_(h->retired_count, STET_LOAD_(h->retired_count, RELAXED) + 1, RELAXED);
}

/* Retires r, which is no longer reachable. r->born is set. Called within a walk. */
STET_INLINE void stet_retire_(struct stet_thread *h, struct stet_retired *r)
{
    STET_VAR_(r->retired) = 0;
    stet_retire_again_(h, r);
}

/* Moves all retired entries of h to the heir. Called when the holder of h is about to give h back. */
STET_INLINE void stet_bequeath_(struct stet_thread *h, struct stet_thread *heir)
{
    struct stet_retired *r = STET_EXCHANGE_(h->retired, (struct stet_retired *)NULL, ACQUIRE), *last = r;
    uint32_t n = 1;
    STET_STORE_(h->retired_count, 0, RELAXED);
    STET_STORE_(h->retired_kept, 0, RELAXED);
    if (r == NULL)
        return;
    for (; STET_VAR_(last->next) != NULL; last = STET_VAR_(last->next))
        n++;
    struct stet_retired *head = STET_LOAD_(heir->retired, RELAXED);
    do
        STET_VAR_(last->next) = head;
    while (!STET_CAS_(heir->retired, &head, r, RELEASE)); /* as stet_retire_again_() */
    (void)STET_ADD_(heir->retired_count, n, RELAXED);
}

/* The eras of all walkers. */
struct stet_walkers {
    uint64_t era[ERAS_MAX];
    unsigned n;
    /* The latest era of the walkers that `era` has no room for; they keep all that was born until then. 0: none. */
    uint64_t newest;
};

static inline void stet_collect_walkers_(struct stet_walkers *w)
{
    w->n = 0;
    w->newest = 0;
    /* If this visit to the registry misses a record, the record was registered after the heavy fence. */
    struct stet_registry_visit visit = stet_registry_visit_();
    for (struct stet_thread *h; (h = stet_registry_next_(&visit)) != NULL;) {
        uint64_t era = STET_LOAD_(h->era, ACQUIRE); /* pairs with the release in stet_era_end_() */
        if (era == 0)
            continue;
        if (w->n < ERAS_MAX)
            w->era[w->n++] = era;
        else if (era > w->newest)
            w->newest = era;
    }
}

static inline bool stet_is_walked_(const struct stet_walkers *w, uint64_t born, uint64_t retired)
{
    if (born <= w->newest)
        return true;
    for (unsigned i = 0; i < w->n; i++)
        if (born <= w->era[i] && w->era[i] <= retired)
            return true;
    return false;
}

static inline void stet_note_stalled_(const struct stet_walkers *w, uint64_t now)
{
    uint64_t stalled = 0;
    for (unsigned i = 0; i < w->n; i++)
        if (w->era[i] + ERA_STALL <= now && w->era[i] > stalled)
            stalled = w->era[i];
    STET_STORE_(STET_CLOCK_.stalled, stalled, RELAXED); /* only a hint */
}

/* Returns a list of those entries of h that no thread walks. The others go to the keeper. The clock advances. */
static inline struct stet_retired *stet_era_partition_(struct stet_thread *h, struct stet_thread *keeper)
{
    /* Acquire pairs with stet_retire_(). */
    struct stet_retired *r = STET_EXCHANGE_(h->retired, (struct stet_retired *)NULL, ACQUIRE), *dead = NULL, *next;
    STET_STORE_(h->retired_count, 0, RELAXED);
    if (r == NULL)
        return NULL;
    struct stet_walkers w = {.n = 0};
    /* E1. Release pairs with stet_era_set_(): a walk that begins later finds none of these entries. */
    uint64_t last = STET_ADD_(STET_CLOCK_.era, 1, RELEASE);
    uint32_t left; /* not used: records that were left with guards do not walk */
    bool fenced = stet_is_only_thread_(&left) || stet_heavy_fence_();
    if (fenced) {
        stet_collect_walkers_(&w);
        stet_note_stalled_(&w, last + 1);
    }
    uint32_t kept = 0;
    for (; r != NULL; r = next) {
        next = STET_VAR_(r->next);
        if (STET_VAR_(r->retired) == 0 && fenced)
            STET_VAR_(r->retired) = last;
        if (fenced && !stet_is_walked_(&w, STET_LOAD_(r->born, RELAXED), STET_VAR_(r->retired))) {
            STET_VAR_(r->next) = dead;
            dead = r;
        } else {
            stet_retire_again_(keeper, r);
            kept++;
        }
    }
    if (keeper != h) {
        STET_STORE_(h->retired_kept, 0, RELAXED);
        kept += STET_LOAD_(keeper->retired_kept, RELAXED);
    }
    STET_STORE_(keeper->retired_kept, kept, RELAXED);
    return dead;
}

/* ---- writes for which a snapshot must wait ---- */

/*
 * Called within a walk. A thread that has waited for the end of the write sees all that the writer has done until then.
 */
STET_INLINE void stet_write_begin_(struct stet_thread *h)
{
    /*
     * This comes before any lock is taken: taking a lock is a full fence, or is followed by one. Release: a thread that
     * reads this number need not wait for earlier writes of this thread.
     */
    STET_STORE_(h->busy, STET_LOAD_(h->busy, RELAXED) + 1, RELEASE);
}

STET_INLINE void stet_write_end_(struct stet_thread *h)
{
    STET_STORE_(h->busy, STET_LOAD_(h->busy, RELAXED) + 1, RELEASE); /* pairs with the acquire in stet_write_await_() */
}

/* Not inlined, because it is seldom called: inlined, it would have its caller save registers on every call. */
static __attribute__((__noinline__)) void stet_write_await_one_(struct stet_thread *h, uint64_t busy)
{
    for (unsigned i = 0; STET_LOAD_(h->busy, ACQUIRE) == busy; i++)
        stet_relax_(i);
}

/* Waits until each write that is under way has ended. Must not be called within a write. */
static inline void stet_write_await_(void)
{
    STET_FULL_FENCE_(); /* pairs with those in the locks that a write takes */
    struct stet_registry_visit visit = stet_registry_visit_();
    for (struct stet_thread *h; (h = stet_registry_next_(&visit)) != NULL;) {
        uint64_t busy = STET_LOAD_(h->busy, ACQUIRE); /* pairs with stet_write_end_() */
        if (STET_UNLIKELY((busy & 1) != 0))
            stet_write_await_one_(h, busy);
    }
}

/* ---- walks for which a fork must wait ---- */

/*
 * Set the gate of one record, and of all. Both are called with the lock under which records are taken. Release pairs
 * with stet_era_set_().
 */
STET_INLINE void stet_gate_set_(struct stet_thread *h, bool closed)
{
    STET_STORE_(h->gate, (uint8_t)((h->fenced ? STET_GATE_FENCE_ : 0) | (closed ? STET_GATE_FORK_ : 0)), RELEASE);
}

static inline void stet_gates_set_(bool closed)
{
    struct stet_registry_visit visit = stet_registry_visit_();
    for (struct stet_thread *h; (h = stet_registry_next_(&visit)) != NULL;)
        stet_gate_set_(h, closed);
}

/*
 * Called with the gates closed. Waits until every walk but that of `own` has ended. A thread that stores its era after
 * the heavy fence finds its gate closed, and does not walk.
 */
static inline void stet_walks_await_(const struct stet_thread *own)
{
    (void)stet_heavy_fence_();
    struct stet_registry_visit visit = stet_registry_visit_();
    for (struct stet_thread *h; (h = stet_registry_next_(&visit)) != NULL;)
        for (unsigned i = 0; h != own && STET_LOAD_(h->era, ACQUIRE) != 0; i++) /* pairs with stet_era_end_() */
            stet_relax_(i);
}

#endif
