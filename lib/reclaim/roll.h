/* SPDX-License-Identifier: MIT */
/*
 * reclaim/roll.h - the roll: the records that a scan must visit, however many there were. Included by record.h and, for
 * the simulator of the memory model, by test/model.
 *
 * The roll is a dense array. Changes are made under a lock. A scan visits it from the last place to the first, without
 * a lock. When a record is struck off, the last record moves into its place; so a record only moves downwards, and its
 * new place is written before its old one is given up. A scan that finds another record, or the end, where a record
 * was, has seen the move, and will visit the new place. So a scan misses no record that was on the roll before the
 * heavy fence and is still needed. It may visit a record twice, or visit one that has been struck off.
 *
 * A full roll is replaced by a larger copy that has all its records; the old one does not change any more.
 *
 * A file that includes it must first define:
 *   STET_THREADS_         the roll of records, atomic
 *   STET_TAKEN_           how many records are in use, and how many were left with guards, atomic (below)
 *   STET_MINE_            the caller's record, or NULL
 */
#ifndef STET_ROLL_H
#define STET_ROLL_H

#include <stet/impl/hazard.h>

struct stet_roll {
    STET_ATOMIC_(uint32_t) n;
    uint32_t room;
    const struct stet_roll *before; /* the roll that this one replaced: another thread may be visiting it */
    STET_ATOMIC_(struct stet_thread *) * at;
};

/* Adds h to a roll that has room. */
STET_INLINE void stet_enrol_(struct stet_roll *roll, struct stet_thread *h)
{
    uint32_t n = STET_LOAD_(roll->n, RELAXED);
    STET_VAR_(h->place) = n;
    STET_STORE_(roll->at[n], h, RELEASE); /* pairs with the acquire in stet_roll_next_(): h is whole */
    STET_STORE_(roll->n, n + 1, RELEASE); /* pairs with the acquire in stet_roll_call_() */
}

STET_INLINE void stet_strike_off_(struct stet_roll *roll, struct stet_thread *h)
{
    uint32_t n = STET_LOAD_(roll->n, RELAXED) - 1, place = STET_VAR_(h->place);
    struct stet_thread *last = STET_LOAD_(roll->at[n], RELAXED);
    STET_VAR_(last->place) = place;
    STET_STORE_(roll->at[place], last, RELEASE); /* pairs as above, and precedes the next store */
    STET_STORE_(roll->n, n, RELEASE);
}

/* Copies the records of `from`, which is full, to `to`, which is empty. */
STET_INLINE void stet_copy_roll_(struct stet_roll *to, const struct stet_roll *from)
{
    uint32_t n = STET_LOAD_(from->n, RELAXED);
    for (uint32_t i = 0; i < n; i++)
        STET_STORE_(to->at[i], STET_LOAD_(from->at[i], RELAXED), RELAXED);
    STET_STORE_(to->n, n, RELAXED);
    STET_STORE_(STET_THREADS_, to, RELEASE); /* pairs with the acquire in stet_roll_call_() */
}

/* A visit to the roll: for (struct stet_thread *h; (h = stet_roll_next_(&call)) != NULL;) */
struct stet_roll_call {
    const struct stet_roll *roll;
    uint32_t n; /* records to come */
};

STET_INLINE struct stet_roll_call stet_roll_call_(void)
{
    struct stet_roll_call call;
    call.roll = STET_LOAD_(STET_THREADS_, ACQUIRE);
    call.n = STET_LOAD_(call.roll->n, ACQUIRE);
    return call;
}

STET_INLINE struct stet_thread *stet_roll_next_(struct stet_roll_call *call)
{
    return call->n > 0 ? STET_LOAD_(call->roll->at[--call->n], ACQUIRE) : (struct stet_thread *)NULL;
}

/* ---- a thread that is alone needs no heavy fence: no other thread has a light one that would pair with it ---- */

STET_INLINE bool stet_slots_are_free_(struct stet_thread *h)
{
    for (unsigned i = 0; i < STET_SLOTS; i++)
        if (!stet_slot_is_free_(&h->slot[i]))
            return false;
    return true;
}

/* STET_TAKEN_ counts records in use in its lower half, and those given back with guards in their slots in its upper. */
#define STET_ONE_TAKEN_ ((uint64_t)1)
#define STET_ONE_ABANDONED_ ((uint64_t)1 << 32)

/* Called before the first use of a record. */
STET_INLINE void stet_count_thread_(void)
{
    (void)STET_ADD_(STET_TAKEN_, STET_ONE_TAKEN_, RELAXED);
    /* Pairs with the fence in stet_is_only_thread_(): either that function counts this record, or what its caller
     * stored is seen here. */
    STET_FULL_FENCE_();
}

/* Called after the last use of a record. left: a slot was full. */
STET_INLINE void stet_uncount_thread_(bool left)
{
    /* Pairs with the acquire below: all reads come before that, and what is left in slots is seen. */
    (void)STET_ADD_(STET_TAKEN_, (left ? STET_ONE_ABANDONED_ : 0) - STET_ONE_TAKEN_, RELEASE);
}

/*
 * Called when the slots of a record that was left are empty. Release order: a thread that sees the lower count also
 * knows that all reads of the versions in those slots are over.
 */
STET_INLINE void stet_uncount_abandoned_(void) { (void)STET_SUB_(STET_TAKEN_, STET_ONE_ABANDONED_, RELEASE); }

/*
 * Whether the caller's record is the only one counted, and its slots are empty. The slots are checked because a thread
 * without a record may still release a guard that is in one of them. *left: the number of counted records that were
 * left with guards. Their slots are only emptied, not filled.
 */
STET_INLINE bool stet_is_only_thread_(uint32_t *left)
{
    if (STET_MINE_ == NULL)
        return false;
    STET_FULL_FENCE_();
    uint64_t counts = STET_LOAD_(STET_TAKEN_, ACQUIRE);
    *left = (uint32_t)(counts / STET_ONE_ABANDONED_);
    return (uint32_t)counts == 1 && stet_slots_are_free_(STET_MINE_);
}

#endif
