/* SPDX-License-Identifier: MIT */
/*
 * reclaim/registry.h - the registry: the list of the thread records that a scan must visit, however many there are.
 * Included by record.h and, for the simulator of the memory model, by test/model.
 *
 * The registry is a dense array. Changes are made under a lock. A scan visits it from the last place to the first,
 * without a lock. When a record is unregistered, the last record moves into its place; so a record only moves
 * downwards, and its new place is written before its old one is given up. If a scan finds another record, or the end,
 * where a record was, it has seen the move, and will visit the new place. So a scan misses no record that was in the
 * registry before the heavy fence and is still needed. It may visit a record twice, or visit one that has been
 * unregistered.
 *
 * A full registry is replaced by a larger copy that has all its records; the old one does not change any more.
 *
 * A file that includes it must first define:
 *   STET_THREADS_         the current registry, atomic
 *   STET_TAKEN_           how many records are in use, and how many were left with guards, atomic (below)
 *   STET_MINE_            the caller's record, or NULL
 */
#ifndef STET_REGISTRY_H
#define STET_REGISTRY_H

#include <stet/impl/hazard.h>

struct stet_registry {
    STET_ATOMIC_(uint32_t) n;
    uint32_t room;
    /* The registry that this one has replaced; another thread may still be visiting it. */
    const struct stet_registry *before;
    STET_ATOMIC_(struct stet_thread *) * at;
};

/* Adds h to a registry that has room. */
STET_INLINE void stet_register_(struct stet_registry *registry, struct stet_thread *h)
{
    uint32_t n = STET_LOAD_(registry->n, RELAXED);
    STET_VAR_(h->place) = n;
    STET_STORE_(registry->at[n], h, RELEASE); /* pairs with the acquire in stet_registry_next_(): h is whole */
    STET_STORE_(registry->n, n + 1, RELEASE); /* pairs with the acquire in stet_registry_visit_() */
}

STET_INLINE void stet_unregister_(struct stet_registry *registry, struct stet_thread *h)
{
    uint32_t n = STET_LOAD_(registry->n, RELAXED) - 1, place = STET_VAR_(h->place);
    struct stet_thread *last = STET_LOAD_(registry->at[n], RELAXED);
    STET_VAR_(last->place) = place;
    STET_STORE_(registry->at[place], last, RELEASE); /* pairs as above, and precedes the next store */
    STET_STORE_(registry->n, n, RELEASE);
}

/* Copies the records of `from`, which is full, to `to`, which is empty. */
STET_INLINE void stet_copy_registry_(struct stet_registry *to, const struct stet_registry *from)
{
    uint32_t n = STET_LOAD_(from->n, RELAXED);
    for (uint32_t i = 0; i < n; i++)
        STET_STORE_(to->at[i], STET_LOAD_(from->at[i], RELAXED), RELAXED);
    STET_STORE_(to->n, n, RELAXED);
    STET_STORE_(STET_THREADS_, to, RELEASE); /* pairs with the acquire in stet_registry_visit_() */
}

/* A visit to the registry. Use: for (struct stet_thread *h; (h = stet_registry_next_(&visit)) != NULL;) */
struct stet_registry_visit {
    const struct stet_registry *registry;
    uint32_t n; /* how many records are still to come */
};

STET_INLINE struct stet_registry_visit stet_registry_visit_(void)
{
    struct stet_registry_visit visit;
    visit.registry = STET_LOAD_(STET_THREADS_, ACQUIRE);
    visit.n = STET_LOAD_(visit.registry->n, ACQUIRE);
    return visit;
}

STET_INLINE struct stet_thread *stet_registry_next_(struct stet_registry_visit *visit)
{
    return visit->n > 0 ? STET_LOAD_(visit->registry->at[--visit->n], ACQUIRE) : (struct stet_thread *)NULL;
}

/*
 * ---- a thread that has the only record in use needs no heavy fence: there is no light fence that would pair with it
 * ----
 */

STET_INLINE bool stet_slots_are_free_(struct stet_thread *h)
{
    for (unsigned i = 0; i < STET_SLOTS; i++)
        if (!stet_slot_is_free_(&h->slot[i]))
            return false;
    return true;
}

/*
 * STET_TAKEN_ counts in its lower half the records in use, and in its upper half those that were given back with guards
 * in their slots.
 */
#define STET_ONE_TAKEN_ ((uint64_t)1)
#define STET_ONE_ABANDONED_ ((uint64_t)1 << 32)

/* Called before a record is first used. */
STET_INLINE void stet_count_thread_(void)
{
    (void)STET_ADD_(STET_TAKEN_, STET_ONE_TAKEN_, RELAXED);
    /* Pairs with the fence in stet_is_only_thread_(): either that function counts this record, or what its caller
     * stored before is seen here. */
    STET_FULL_FENCE_();
}

/* Called after a record was last used. left: there are guards in its slots. */
STET_INLINE void stet_uncount_thread_(bool left)
{
    /*
     * Pairs with the acquire in stet_is_only_thread_(): all reads of this thread happen before that load, and what is
     * left in slots is visible after it.
     */
    (void)STET_ADD_(STET_TAKEN_, (left ? STET_ONE_ABANDONED_ : 0) - STET_ONE_TAKEN_, RELEASE);
}

/*
 * Called when the slots of a record that was left with guards are empty. Release order: a thread that sees the lower
 * count also knows that all reads of the versions in those slots are over.
 */
STET_INLINE void stet_uncount_abandoned_(void) { (void)STET_SUB_(STET_TAKEN_, STET_ONE_ABANDONED_, RELEASE); }

/*
 * Returns whether the caller's record is the only one in use, and its slots are empty. The slots are checked because a
 * thread without a record may still release a guard that is in one of them. *left is the number of records that were
 * left with guards; their slots can only become empty, never full.
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
