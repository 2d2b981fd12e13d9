/* SPDX-License-Identifier: MIT */
/*
 * reclaim/hazard_protocol.h - the writing side of the protocol in stet/impl/hazard.h: publishing, and finding versions
 * that no thread holds. Included by hazard.c and, for the simulator of the memory model, by test/model.
 *
 * A file that includes it must first define what reclaim/roll.h and thread/lock.h need, and:
 *   stet_heavy_fence_()   bool: every thread of the process has executed a full fence; false: it could not be done
 *   stet_scanned_()       notes the time and the pool's memory at a scan
 *   stet_free_dead_()     frees a list of versions; the lock is not held
 *   stet_relax_()         waits a little, longer after more attempts
 *   stet_time_()          nanoseconds
 */
#ifndef STET_HAZARD_PROTOCOL_H
#define STET_HAZARD_PROTOCOL_H

#include <stet/impl/count.h>
#include <stet/impl/hazard.h>
#include "reclaim/roll.h"
#include "thread/lock.h"

enum stet_wanted_ {
    STET_RESCAN_ = 1, /* scan again the versions that were found held */
    STET_SCAN_ = 2,   /* and scan those that left the root since: needs a heavy fence */
};

/*
 * Makes `published` current in place of `expected`, which the caller holds. False: another version is current. True:
 * `published` is no longer the caller's, and may have been freed (H7).
 */
STET_INLINE bool stet_publish_(struct stet_core *core, struct stet_published *expected,
                               struct stet_published *published)
{
    STET_VAR_(published->previous) = expected;
    STET_VAR_(published->version) = STET_VAR_(expected->version) + 1;
#if STET_ATOM_LOCKED
    stet_lock_(&core->lock);
    bool current = STET_LOAD_(core->root, RELAXED) == expected;
    if (current)
        STET_STORE_(core->root, published, SEQ_CST); /* pairs with the loads of readers, of releases, and of waiters */
    stet_unlock_(&core->lock);
    return current;
#else
    /* Release pairs with the acquire of stet_protect_() and stet_scan_(). Sequentially consistent with the accesses to
     * `listeners`. */
    return STET_CAS_(core->root, &expected, published, SEQ_CST);
#endif
}

/* For a thread that has published: whether another thread may have gone to sleep without seeing the publication. */
STET_INLINE bool stet_has_listeners_(struct stet_core *core)
{
    /* Sequentially consistent with stet_publish_() before it, and with stet_may_sleep_(). */
    return STET_UNLIKELY(STET_LOAD_(core->listeners, SEQ_CST) != 0);
}

/*
 * Whether a thread that is counted as a listener and holds `published` may sleep, as long as the counter of changes has
 * the value that *changes is set to here.
 */
STET_INLINE bool stet_may_sleep_(struct stet_core *core, const struct stet_published *published, uint32_t *changes)
{
    *changes = STET_LOAD_(core->changes, SEQ_CST); /* first: a change of `changes` after this load ends the sleep */
    return STET_LOAD_(core->root, SEQ_CST) == published;
}

/* ---- pins: they saturate like the counts in stet/impl/count.h, and then the version is held for good ---- */

STET_INLINE void stet_pins_up_(struct stet_published *published)
{
    if (STET_UNLIKELY((int32_t)(STET_ADD_(published->pins, 1, RELAXED) + 1) < 0))
        STET_STORE_(published->pins, STET_COUNT_SATURATED, RELAXED);
}

/* The version may be freed after this, unless its pins are saturated. */
STET_INLINE void stet_pins_down_(struct stet_published *published)
{
    /* Release pairs with the acquire of stet_partition_(). */
    if (STET_UNLIKELY((int32_t)(STET_SUB_(published->pins, 1, RELEASE) - 1) < 0))
        STET_STORE_(published->pins, STET_COUNT_SATURATED, RELAXED);
}

/* ---- turns: of writers that lost too often ---- */

/*
 * A writer that lost too often draws a ticket, and waits until the turns of the writers that drew before it are over.
 * While its turn is on, the others do not publish. core->turns has the number of tickets drawn in its upper half, and
 * the number of turns that are over in its lower half; where the two differ, the turn of ticket number `over` is on.
 *
 *   T1  A writer that publishes has checked, after the last compare-and-swap that it tried, whether a turn is on, and
 *       found none, or its own. So each other writer has one publication at most after a turn began: the one for which
 *       it had already checked.
 *   T2  A turn ends when its holder is done, or when one of those that wait has waited STET_TURN_TIME for it. It ends
 *       once, whichever thread ends it: by a compare-and-swap that expects that turn to be on.
 *   T3  Only these functions access the word. A holder that never comes back costs others STET_TURN_TIME, and a holder
 *       that comes back late finds that its turn is over, and ends no other.
 */
#ifndef STET_TURN_TIME
#    define STET_TURN_TIME UINT64_C(100000000) /* ns */
#    define STET_TURN_LOOKS 64                 /* attempts before the clock is first read */
#endif

STET_INLINE uint32_t stet_turn_of_(uint32_t turns) { return turns & 0xFFFF; }
STET_INLINE bool stet_turn_is_on_(uint32_t turns) { return (uint16_t)(turns >> 16) != (uint16_t)turns; }

STET_INLINE uint32_t stet_turns_(struct stet_core *core)
{
    /* Sequentially consistent with stet_turn_draw_(): T1. In the simulator, where light fences are full, the fences of
     * the guards would suffice for that. */
    return STET_LOAD_(core->turns, SEQ_CST);
}

STET_INLINE bool stet_turn_is_(struct stet_core *core, uint32_t ticket)
{
    uint32_t turns = stet_turns_(core);
    return stet_turn_is_on_(turns) && stet_turn_of_(turns) == ticket;
}

/* Draws a ticket. False: too many are drawn. */
static inline bool stet_turn_draw_(struct stet_core *core, uint32_t *ticket)
{
    uint32_t turns = STET_LOAD_(core->turns, RELAXED);
    do {
        *ticket = turns >> 16;
        if (((*ticket + 1) & 0xFFFF) == stet_turn_of_(turns))
            return false;
    } while (!STET_CAS_(core->turns, &turns, turns + 0x10000, SEQ_CST)); /* pairs with the load in stet_turns_() */
    return true;
}

/* Ends the turn of this ticket, if it is on. This orders nothing: publishing does. */
static inline void stet_turn_end_(struct stet_core *core, uint32_t ticket)
{
    uint32_t turns = STET_LOAD_(core->turns, RELAXED);
    while (stet_turn_is_on_(turns) && stet_turn_of_(turns) == ticket)
        if (STET_CAS_(core->turns, &turns, (turns & 0xFFFF0000) | ((ticket + 1) & 0xFFFF), SEQ_CST))
            return;
}

/* Ends all turns: no thread uses the core, or those that drew tickets are gone (after a fork). */
static inline void stet_turns_end_(struct stet_core *core)
{
    uint32_t drawn = STET_LOAD_(core->turns, RELAXED) >> 16;
    STET_STORE_(core->turns, drawn << 16 | drawn, RELAXED);
}

/* Waits until the turn of this ticket, which is another writer's, is over. */
static inline void stet_turn_await_(struct stet_core *core, uint32_t ticket)
{
    uint64_t start = 0;
    for (unsigned attempt = 0; stet_turn_is_(core, ticket); attempt++) {
        if (attempt == STET_TURN_LOOKS)
            start = stet_time_();
        else if (attempt > STET_TURN_LOOKS && stet_time_() - start >= STET_TURN_TIME)
            stet_turn_end_(core, ticket);
        stet_relax_(attempt);
    }
}

/* Waits until the turn of the caller's ticket is on. */
static inline void stet_turn_take_(struct stet_core *core, uint32_t ticket)
{
    for (uint32_t turns = stet_turns_(core); stet_turn_of_(turns) != ticket; turns = stet_turns_(core))
        stet_turn_await_(core, stet_turn_of_(turns));
}

/* ---- by the holder of the lock ---- */

#define STET_BUCKETS 64

STET_INLINE unsigned stet_bucket_(const struct stet_published *published, unsigned buckets)
{
    return (unsigned)(((uint64_t)(uintptr_t)published >> 4) * UINT64_C(0x9E3779B97F4A7C15) >> 58) & (buckets - 1);
}

/* Marks the versions that are in a slot. */
STET_INLINE void stet_mark_held_(struct stet_published *const *bucket, unsigned buckets)
{
    /* A record that is missed was enrolled after the heavy fence: H4. */
    struct stet_roll_call call = stet_roll_call_();
    for (struct stet_thread *h; (h = stet_roll_next_(&call)) != NULL;)
        for (unsigned i = 0; i < STET_SLOTS; i++) {
            /* Acquire pairs with the release of the thread that emptied the slot, or put another version there. */
            struct stet_published *held = STET_LOAD_(h->slot[i], ACQUIRE);
            if (held == NULL)
                continue;
            for (struct stet_published *b = bucket[stet_bucket_(held, buckets)]; b != NULL; b = STET_VAR_(b->previous))
                if (b == held)
                    STET_VAR_(b->held) = 1;
        }
}

/*
 * Returns those of these versions, for which there was a heavy fence, that no thread holds; the others become
 * core->kept. empty: all slots are empty.
 */
STET_INLINE struct stet_published *stet_partition_(struct stet_core *core, struct stet_published *versions, bool empty)
{
    struct stet_published *bucket[STET_BUCKETS], *dead = NULL, *kept = NULL, *next;
    if (versions == NULL)
        return NULL;
    unsigned buckets = empty || STET_VAR_(versions->previous) == NULL ? 1 : STET_BUCKETS;
    for (unsigned i = 0; i < buckets; i++)
        bucket[i] = NULL;
    for (struct stet_published *b = versions; b != NULL; b = next) {
        next = STET_VAR_(b->previous);
        unsigned i = stet_bucket_(b, buckets);
        STET_VAR_(b->held) = 0;
        STET_VAR_(b->previous) = bucket[i];
        bucket[i] = b;
    }
    if (!empty)
        stet_mark_held_(bucket, buckets);
    for (unsigned i = 0; i < buckets; i++)
        for (struct stet_published *b = bucket[i]; b != NULL; b = next) {
            next = STET_VAR_(b->previous);
            /* The pins are read after the slots, because a guard moves from a slot to the pins, never back. Acquire
             * pairs with stet_unpin_(). */
            bool held = STET_VAR_(b->held) != 0 || STET_LOAD_(b->pins, ACQUIRE) != 0;
            struct stet_published **list = held ? &kept : &dead;
            STET_VAR_(b->previous) = *list;
            *list = b;
        }
    STET_VAR_(core->kept) = kept;
    return dead;
}

#define STET_ABANDONED_MAX 8

/*
 * Whether one of these versions is in a slot. For a thread that is alone: versions left in slots are visible to it, and
 * a thread that empties such a slot later need not learn of a version that was not in it.
 */
STET_INLINE bool stet_abandoned_hold_(const struct stet_published *versions)
{
    struct stet_roll_call call = stet_roll_call_();
    for (struct stet_thread *h; (h = stet_roll_next_(&call)) != NULL;)
        for (unsigned i = 0; i < STET_SLOTS; i++) {
            struct stet_published *held = STET_LOAD_(h->slot[i], ACQUIRE);
            for (const struct stet_published *b = versions; held != NULL && b != NULL; b = STET_VAR_(b->previous))
                if (b == held)
                    return true;
        }
    return false;
}

/* Moves the versions behind `last`, which have left the root, to the pending ones. */
STET_INLINE void stet_detach_(struct stet_core *core, struct stet_published *last)
{
    struct stet_published *b = STET_VAR_(last->previous), *next;
    STET_VAR_(last->previous) = NULL;
    for (; b != NULL; b = next) {
        next = STET_VAR_(b->previous);
        STET_VAR_(b->previous) = STET_VAR_(core->pending);
        STET_VAR_(core->pending) = b;
    }
}

/* Scans everything that left the root, except the last versions that are to be kept. Returns the dead versions. */
STET_INLINE struct stet_published *stet_scan_(struct stet_core *core)
{
    /* Acquire pairs with stet_publish_(). Only the lock's holder frees the versions that are found here. */
    struct stet_published *newest = STET_LOAD_(core->root, ACQUIRE);
    if (newest != NULL) {
        struct stet_published *last = newest;
        for (uint32_t n = STET_LOAD_(core->keep, RELAXED); n > 0 && STET_VAR_(last->previous) != NULL; n--)
            last = STET_VAR_(last->previous);
        stet_detach_(core, last);
        /* Before the heavy fence: a thread that empties a slot after the fence sees this store (H5). */
        STET_STORE_(core->scanned, STET_VAR_(newest->version) - 1, RELAXED);
    }
    struct stet_published *versions = STET_VAR_(core->pending), *next;
    if (versions == NULL && STET_VAR_(core->kept) == NULL)
        return NULL;
    uint32_t left = 0;
    bool only = stet_is_only_thread_(&left);
    if (left != 0) /* H5 needs a fence if such a record holds one of the versions to be scanned; this is rare */
        only = only && left <= STET_ABANDONED_MAX && !stet_abandoned_hold_(versions);
    if (!only && !stet_heavy_fence_())
        return NULL; /* the versions stay pending */
    stet_scanned_(core);
    STET_VAR_(core->pending) = NULL;
    for (struct stet_published *b = STET_VAR_(core->kept); b != NULL; b = next) {
        next = STET_VAR_(b->previous);
        STET_VAR_(b->previous) = versions;
        versions = b;
    }
    return stet_partition_(core, versions, only && left == 0);
}

/* ---- by any thread ---- */

/*
 * Does what is wanted under the core's lock, and frees the dead versions. must: if the lock is taken, its holder does
 * it before it leaves. A thread that requests work sets `wanted` and then tries the lock; a holder that leaves opens
 * the lock and then reads `wanted`. All four accesses are sequentially consistent, so one of the two threads sees the
 * other.
 */
STET_INLINE void stet_reclaim_core_(struct stet_core *core, uint32_t wanted, bool must)
{
    bool locked = stet_lock_try_(&core->lock);
    if (!locked && must)
        (void)STET_OR_(core->wanted, wanted, SEQ_CST);
    for (; locked || (STET_LOAD_(core->wanted, SEQ_CST) != 0 && stet_lock_try_(&core->lock)); locked = false) {
        wanted = locked ? wanted : 0;
        if (STET_LOAD_(core->wanted, RELAXED) != 0) /* a request that is missed here is seen after the lock is opened */
            wanted |= STET_EXCHANGE_(core->wanted, 0, SEQ_CST);
        struct stet_published *dead;
        if (wanted & STET_SCAN_)
            dead = stet_scan_(core);
        else
            dead = stet_partition_(core, STET_VAR_(core->kept), false);
        stet_unlock_(&core->lock);
        stet_free_dead_(dead);
    }
}

/*
 * Ends the atom: its versions are freed when no thread holds them. Guards may outlive the atom: a release of one has
 * this core scanned again as usual, even if the core belongs to another atom by then.
 */
STET_INLINE void stet_close_(struct stet_core *core, struct stet_published *last)
{
    STET_STORE_(core->scanned, STET_VAR_(last->version), RELAXED); /* before the fence, as in stet_scan_() */
    stet_detach_(core, last);
    STET_VAR_(last->previous) = STET_VAR_(core->pending);
    STET_VAR_(core->pending) = last;
    STET_STORE_(core->root, STET_NO_VERSION_, SEQ_CST); /* as stet_publish_() */
}

/*
 * H5: called when a holder has released this version, which has left the root. False: the version was not scanned yet.
 */
STET_INLINE bool stet_rescan_(struct stet_core *core, uint64_t version)
{
    /* Pairs with the store in stet_scan_(), by the fences between. */
    if (version > STET_LOAD_(core->scanned, RELAXED))
        return false;
    stet_reclaim_core_(core, STET_RESCAN_, true);
    return true;
}

/*
 * Puts the current version into a slot and returns it. *missed is set if another version was in the slot for a moment,
 * so that stet_retired_released_(core, 0) is due.
 */
STET_INLINE struct stet_published *stet_protect_until_(bool fenced, stet_slot *slot, struct stet_core *core,
                                                       bool *missed)
{
    struct stet_published *published;
    while ((published = stet_try_protect_(fenced, slot, core)) == NULL)
        *missed = true;
    return published;
}

/* The body of stet_protect_again_(). */
STET_INLINE struct stet_published *stet_protect_and_rescan_(bool fenced, stet_slot *slot, struct stet_core *core)
{
    bool missed;
    struct stet_published *published = stet_protect_until_(fenced, slot, core, &missed);
    stet_retired_released_(core, 0);
    return published;
}

/* Pins the current version; the brief slot holds it only for a moment. */
STET_INLINE struct stet_published *stet_pin_(struct stet_thread *h, struct stet_core *core, bool *missed)
{
    stet_slot *slot = &h->slot[STET_BRIEF_SLOT];
    struct stet_published *published = stet_protect_until_(h->fenced, slot, core, missed);
    stet_pins_up_(published); /* a thread that sees the slot empty sees the pin, by the release that follows */
    STET_STORE_(*slot, STET_NO_VERSION_, RELEASE);
    return published;
}

/* Releases a pin. */
STET_INLINE void stet_unpin_(struct stet_published *published)
{
    struct stet_core *core = STET_VAR_(published->core);
    uint64_t version = STET_VAR_(published->version);
    stet_pins_down_(published);
    /* Pairs with the heavy fence: as in stet_unprotect_(). */
    STET_FULL_FENCE_();
    if (STET_LOAD_(core->root, RELAXED) != published)
        stet_retired_released_(core, version);
}

#endif
