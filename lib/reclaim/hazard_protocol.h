/* SPDX-License-Identifier: MIT */
/*
 * reclaim/hazard_protocol.h - the writing side of the protocol in stet/impl/hazard.h: publishing, and finding versions
 * that no thread holds. Included by hazard.c and, for the simulator of the memory model, by test/model.
 *
 * A file that includes it must first define what reclaim/registry.h and thread/lock.h need, and:
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
#include "reclaim/registry.h"
#include "thread/lock.h"

enum stet_wanted_ {
    STET_RESCAN_ = 1, /* scan the versions again that were found to be held */
    STET_SCAN_ = 2,   /* scan, too, the versions that have left the root since; this needs a heavy fence */
};

/*
 * Makes `published` current in place of `expected`, which the caller holds. False: another version is current. True:
 * the caller must not access `published` any more, because it may have been freed (H7).
 */
STET_INLINE bool stet_publish_(struct stet_atom_state *state, struct stet_published *expected,
                               struct stet_published *published)
{
    STET_VAR_(published->previous) = expected;
    STET_VAR_(published->version) = STET_VAR_(expected->version) + 1;
#if STET_ATOM_LOCKED
    stet_lock_(&state->lock);
    bool current = STET_LOAD_(state->root, RELAXED) == expected;
    if (current)
        STET_STORE_(state->root, published, SEQ_CST); /* pairs with the loads of readers, of releases, and of waiters */
    stet_unlock_(&state->lock);
    return current;
#else
    /* Release pairs with the acquire of stet_protect_() and stet_scan_(). Sequentially consistent with the accesses to
     * `listeners`. */
    return STET_CAS_(state->root, &expected, published, SEQ_CST);
#endif
}

/*
 * Called by a thread that has published a version. Returns whether another thread may have gone to sleep without seeing
 * it.
 */
STET_INLINE bool stet_has_listeners_(struct stet_atom_state *state)
{
    /* Sequentially consistent with stet_publish_() before it, and with stet_may_sleep_(). */
    return STET_UNLIKELY(STET_LOAD_(state->listeners, SEQ_CST) != 0);
}

/*
 * Called by a thread that is counted as a listener, and holds `published`. Returns whether the thread may sleep. It
 * must wake when the counter of changes is no longer *changes, which is set here.
 */
STET_INLINE bool stet_may_sleep_(struct stet_atom_state *state, const struct stet_published *published,
                                 uint32_t *changes)
{
    /* Read first: if `changes` is changed after this load, the sleep ends. */
    *changes = STET_LOAD_(state->changes, SEQ_CST);
    return STET_LOAD_(state->root, SEQ_CST) == published;
}

/* ---- pins: they saturate like the counts in stet/impl/count.h, and then the version is held for good ---- */

STET_INLINE void stet_pins_up_(struct stet_published *published)
{
    if (STET_UNLIKELY((int32_t)(STET_ADD_(published->pins, 1, RELAXED) + 1) < 0))
        STET_STORE_(published->pins, STET_COUNT_SATURATED, RELAXED);
}

/* Removes a pin. The version may be freed after this, unless its pins are saturated. */
STET_INLINE void stet_pins_down_(struct stet_published *published)
{
    /* Release pairs with the acquire of stet_partition_(). */
    if (STET_UNLIKELY((int32_t)(STET_SUB_(published->pins, 1, RELEASE) - 1) < 0))
        STET_STORE_(published->pins, STET_COUNT_SATURATED, RELAXED);
}

/* ---- turns: of writers that lost too often ---- */

/*
 * A writer that lost too often draws a ticket, and waits until the turns of the writers that drew before it are over.
 * While the turn of one writer is on, the others do not publish. state->turns has the number of tickets drawn in its
 * upper half, and the number of turns that are over in its lower half; where the two differ, the lower half is the
 * number of the ticket whose turn is on.
 *
 *   T1  A writer that publishes has checked, after the last compare-and-swap that it tried, whether a turn is on, and
 *       found none, or its own. So each other writer has one publication at most after a turn began: the one for which
 *       it had already checked.
 *   T2  A turn ends when its holder is done, or when a waiting writer has waited STET_TURN_TIME for it. It ends once,
 *       whichever thread ends it: by a compare-and-swap that expects that turn to be on.
 *   T3  Only these functions access the word. A holder that never comes back costs others STET_TURN_TIME, and a holder
 *       that comes back late finds that its turn is over, and ends no other.
 */
#ifndef STET_TURN_TIME
#    define STET_TURN_TIME UINT64_C(100000000) /* ns */
#    define STET_TURN_LOOKS 64                 /* attempts before the clock is read for the first time */
#endif

STET_INLINE uint32_t stet_turn_of_(uint32_t turns) { return turns & 0xFFFF; }
STET_INLINE bool stet_turn_is_on_(uint32_t turns) { return (uint16_t)(turns >> 16) != (uint16_t)turns; }

STET_INLINE uint32_t stet_turns_(struct stet_atom_state *state)
{
    /* Sequentially consistent with stet_turn_draw_(): T1. In the simulator, where light fences are full, the fences of
     * the guards would suffice for that. */
    return STET_LOAD_(state->turns, SEQ_CST);
}

STET_INLINE bool stet_turn_is_(struct stet_atom_state *state, uint32_t ticket)
{
    uint32_t turns = stet_turns_(state);
    return stet_turn_is_on_(turns) && stet_turn_of_(turns) == ticket;
}

/* Draws a ticket. False: no ticket is free. */
static inline bool stet_turn_draw_(struct stet_atom_state *state, uint32_t *ticket)
{
    uint32_t turns = STET_LOAD_(state->turns, RELAXED);
    do {
        *ticket = turns >> 16;
        if (((*ticket + 1) & 0xFFFF) == stet_turn_of_(turns))
            return false;
    } while (!STET_CAS_(state->turns, &turns, turns + 0x10000, SEQ_CST)); /* pairs with the load in stet_turns_() */
    return true;
}

/* Ends the turn of this ticket, if it is on. This needs no order, because the publication orders the rest. */
static inline void stet_turn_end_(struct stet_atom_state *state, uint32_t ticket)
{
    uint32_t turns = STET_LOAD_(state->turns, RELAXED);
    while (stet_turn_is_on_(turns) && stet_turn_of_(turns) == ticket)
        if (STET_CAS_(state->turns, &turns, (turns & 0xFFFF0000) | ((ticket + 1) & 0xFFFF), SEQ_CST))
            return;
}

/*
 * Ends all turns. Called when no thread uses the state, or, after a fork, when the writers that drew tickets do not
 * exist.
 */
static inline void stet_turns_end_(struct stet_atom_state *state)
{
    uint32_t drawn = STET_LOAD_(state->turns, RELAXED) >> 16;
    STET_STORE_(state->turns, drawn << 16 | drawn, RELAXED);
}

/* Waits until the turn of this ticket, which belongs to another writer, is over. */
static inline void stet_turn_await_(struct stet_atom_state *state, uint32_t ticket)
{
    uint64_t start = 0;
    for (unsigned attempt = 0; stet_turn_is_(state, ticket); attempt++) {
        if (attempt == STET_TURN_LOOKS)
            start = stet_time_();
        else if (attempt > STET_TURN_LOOKS && stet_time_() - start >= STET_TURN_TIME)
            stet_turn_end_(state, ticket);
        stet_relax_(attempt);
    }
}

/* Waits until the turn of the caller's ticket is on. */
static inline void stet_turn_take_(struct stet_atom_state *state, uint32_t ticket)
{
    for (uint32_t turns = stet_turns_(state); stet_turn_of_(turns) != ticket; turns = stet_turns_(state))
        stet_turn_await_(state, stet_turn_of_(turns));
}

/* ---- called by the holder of the lock ---- */

#define STET_BUCKETS 64

STET_INLINE unsigned stet_bucket_(const struct stet_published *published, unsigned buckets)
{
    return (unsigned)(((uint64_t)(uintptr_t)published >> 4) * UINT64_C(0x9E3779B97F4A7C15) >> 58) & (buckets - 1);
}

/* Sets `held` in those of the versions in the buckets that are in a slot. */
STET_INLINE void stet_mark_held_(struct stet_published *const *bucket, unsigned buckets)
{
    /* If this visit to the registry misses a record, the record was registered after the heavy fence: H4. */
    struct stet_registry_visit visit = stet_registry_visit_();
    for (struct stet_thread *h; (h = stet_registry_next_(&visit)) != NULL;)
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
 * Divides these versions, for which there was a heavy fence: it returns those that no thread holds, and the others
 * become state->kept. `empty` says that all slots are empty.
 */
STET_INLINE struct stet_published *stet_partition_(struct stet_atom_state *state, struct stet_published *versions,
                                                   bool empty)
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
    STET_VAR_(state->kept) = kept;
    return dead;
}

#define STET_ABANDONED_MAX 8

/*
 * Returns whether one of these versions is in a slot. Only called if no other thread has a record in use; then what was
 * left in slots is visible to the caller. A thread may empty such a slot later. If none of these versions was in the
 * slot, that thread need not learn of them (H5).
 */
STET_INLINE bool stet_abandoned_hold_(const struct stet_published *versions)
{
    struct stet_registry_visit visit = stet_registry_visit_();
    for (struct stet_thread *h; (h = stet_registry_next_(&visit)) != NULL;)
        for (unsigned i = 0; i < STET_SLOTS; i++) {
            struct stet_published *held = STET_LOAD_(h->slot[i], ACQUIRE);
            for (const struct stet_published *b = versions; held != NULL && b != NULL; b = STET_VAR_(b->previous))
                if (b == held)
                    return true;
        }
    return false;
}

/* Moves the versions before `last`, which have left the root, to the pending versions. */
STET_INLINE void stet_detach_(struct stet_atom_state *state, struct stet_published *last)
{
    struct stet_published *b = STET_VAR_(last->previous), *next;
    STET_VAR_(last->previous) = NULL;
    for (; b != NULL; b = next) {
        next = STET_VAR_(b->previous);
        STET_VAR_(b->previous) = STET_VAR_(state->pending);
        STET_VAR_(state->pending) = b;
    }
}

/*
 * Scans everything that has left the root, except the last versions, which the atom keeps. Returns the dead versions.
 */
STET_INLINE struct stet_published *stet_scan_(struct stet_atom_state *state)
{
    /* Acquire pairs with stet_publish_(). Only the lock's holder frees the versions that it finds here. */
    struct stet_published *newest = STET_LOAD_(state->root, ACQUIRE);
    if (newest != NULL) {
        struct stet_published *last = newest;
        for (uint32_t n = STET_LOAD_(state->keep, RELAXED); n > 0 && STET_VAR_(last->previous) != NULL; n--)
            last = STET_VAR_(last->previous);
        stet_detach_(state, last);
        /* This comes before the heavy fence: a thread that empties a slot after the fence sees this store (H5). */
        STET_STORE_(state->scanned, STET_VAR_(newest->version) - 1, RELAXED);
    }
    struct stet_published *versions = STET_VAR_(state->pending), *next;
    if (versions == NULL && STET_VAR_(state->kept) == NULL)
        return NULL;
    uint32_t left = 0;
    bool only = stet_is_only_thread_(&left);
    /* H5 needs a fence if a record that was left with guards holds one of the versions; this is rare */
    if (left != 0)
        only = only && left <= STET_ABANDONED_MAX && !stet_abandoned_hold_(versions);
    if (!only && !stet_heavy_fence_())
        return NULL; /* the versions stay pending */
    stet_scanned_(state);
    STET_VAR_(state->pending) = NULL;
    for (struct stet_published *b = STET_VAR_(state->kept); b != NULL; b = next) {
        next = STET_VAR_(b->previous);
        STET_VAR_(b->previous) = versions;
        versions = b;
    }
    return stet_partition_(state, versions, only && left == 0);
}

/* ---- called by any thread ---- */

/*
 * Does under the state's lock what is wanted, and frees the dead versions. With `must`, if another thread has the lock,
 * that thread does the work before it leaves the lock. A thread that requests work sets `wanted` and then tries the
 * lock; a holder opens the lock and then reads `wanted`. All four accesses are sequentially consistent, so one of the
 * two threads sees the other.
 */
STET_INLINE void stet_reclaim_state_(struct stet_atom_state *state, uint32_t wanted, bool must)
{
    bool locked = stet_lock_try_(&state->lock);
    if (!locked && must)
        (void)STET_OR_(state->wanted, wanted, SEQ_CST);
    for (; locked || (STET_LOAD_(state->wanted, SEQ_CST) != 0 && stet_lock_try_(&state->lock)); locked = false) {
        wanted = locked ? wanted : 0;
        /* A request that this load misses is seen after the lock is opened. */
        if (STET_LOAD_(state->wanted, RELAXED) != 0)
            wanted |= STET_EXCHANGE_(state->wanted, 0, SEQ_CST);
        struct stet_published *dead;
        if (wanted & STET_SCAN_)
            dead = stet_scan_(state);
        else
            dead = stet_partition_(state, STET_VAR_(state->kept), false);
        stet_unlock_(&state->lock);
        stet_free_dead_(dead);
    }
}

/*
 * Ends the atom: its versions are freed when no thread holds them. Guards may outlive the atom. When such a guard is
 * released, this state is scanned again as usual, even if it belongs to another atom by then.
 */
STET_INLINE void stet_close_(struct stet_atom_state *state, struct stet_published *last)
{
    STET_STORE_(state->scanned, STET_VAR_(last->version), RELAXED); /* before the fence, as in stet_scan_() */
    stet_detach_(state, last);
    STET_VAR_(last->previous) = STET_VAR_(state->pending);
    STET_VAR_(state->pending) = last;
    STET_STORE_(state->root, STET_NO_VERSION_, SEQ_CST); /* as stet_publish_() */
}

/*
 * H5: called when a holder has released this version, which has left the root. False: the version has not been scanned
 * yet.
 */
STET_INLINE bool stet_rescan_(struct stet_atom_state *state, uint64_t version)
{
    /* Pairs with the store in stet_scan_() by the fences between the two. */
    if (version > STET_LOAD_(state->scanned, RELAXED))
        return false;
    stet_reclaim_state_(state, STET_RESCAN_, true);
    return true;
}

/*
 * Puts the current version into a slot, and returns it. Sets *missed if another version was in the slot for a moment;
 * then the caller must call stet_retired_released_(state, 0).
 */
STET_INLINE struct stet_published *stet_protect_until_(bool fenced, stet_slot *slot, struct stet_atom_state *state,
                                                       bool *missed)
{
    struct stet_published *published;
    while ((published = stet_try_protect_(fenced, slot, state)) == NULL)
        *missed = true;
    return published;
}

/* The body of stet_protect_again_(). */
STET_INLINE struct stet_published *stet_protect_and_rescan_(bool fenced, stet_slot *slot, struct stet_atom_state *state)
{
    bool missed;
    struct stet_published *published = stet_protect_until_(fenced, slot, state, &missed);
    stet_retired_released_(state, 0);
    return published;
}

/* Pins the current version, which is in the brief slot only for a moment. */
STET_INLINE struct stet_published *stet_pin_(struct stet_thread *h, struct stet_atom_state *state, bool *missed)
{
    stet_slot *slot = &h->slot[STET_BRIEF_SLOT];
    struct stet_published *published = stet_protect_until_(h->fenced, slot, state, missed);
    stet_pins_up_(published); /* a thread that sees the slot empty sees the pin, by the release that follows */
    STET_STORE_(*slot, STET_NO_VERSION_, RELEASE);
    return published;
}

/* Releases a pin on this version. */
STET_INLINE void stet_unpin_(struct stet_published *published)
{
    struct stet_atom_state *state = STET_VAR_(published->state);
    uint64_t version = STET_VAR_(published->version);
    stet_pins_down_(published);
    /* Pairs with the heavy fence, as in stet_unprotect_(). */
    STET_FULL_FENCE_();
    if (STET_LOAD_(state->root, RELAXED) != published)
        stet_retired_released_(state, version);
}

#endif
