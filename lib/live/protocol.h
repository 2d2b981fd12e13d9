/* SPDX-License-Identifier: MIT */
/*
 * live/protocol.h - the live map's locks and generations: the code of L1-L4 of stet/impl/live.h. Included by
 * live/core.h and, for the simulator of the memory model, by test/model. It needs reclaim/era_protocol.h, and
 * stet_relax_() as that file does.
 */
#ifndef STET_LIVE_PROTOCOL_H
#define STET_LIVE_PROTOCOL_H

#include <stet/impl/hazard.h>

#define LIVE_LOCKED 1u
#define LIVE_DEAD 2u

typedef STET_ATOMIC_(uint32_t) live_seq;        /* a node's lock */
typedef STET_ATOMIC_(uint64_t) live_generation; /* of a map */
typedef STET_ATOMIC_(uintptr_t) live_slot;      /* a place that has the address of a node */

/* ---- locks ---- */

/*
 * Called after a lock was taken. A thread that has set a new generation which this thread does not see yet, sees what
 * this thread announced before (L3); and the data is written after the lock was taken. The locked instruction of x86
 * ensures both.
 */
STET_INLINE void live_fence_locked(void)
{
#if defined(__x86_64__) && !defined(STET_MODEL_)
    STET_LIGHT_FENCE_();
#else
    STET_FULL_FENCE_();
#endif
}

STET_INLINE bool live_try_lock(live_seq *lock)
{
    uint32_t s = STET_LOAD_(*lock, RELAXED);
    if ((s & (LIVE_LOCKED | LIVE_DEAD)) != 0 || !STET_CAS_(*lock, &s, s | LIVE_LOCKED, SEQ_CST))
        return false;
    live_fence_locked();
    return true;
}

/* Waits for the lock. False: the node is dead. */
static inline bool live_lock_waiting(live_seq *lock)
{
    for (unsigned attempt = 0;; attempt++) {
        if (STET_LOAD_(*lock, RELAXED) & LIVE_DEAD)
            return false;
        if (live_try_lock(lock))
            return true;
        stet_relax_(attempt);
    }
}

/* live_lock_waiting(), compiled once. */
STET_HIDDEN bool stet_live_lock_slow_(live_seq *lock);

/* Takes the lock. False: the node is dead. *waited becomes true if the lock was not free at once. */
STET_INLINE bool live_lock(live_seq *lock, bool *waited)
{
    if (STET_LIKELY(live_try_lock(lock)))
        return true;
    *waited = true;
    return stet_live_lock_slow_(lock);
}

/*
 * Unlocks a node that was changed. Release pairs with the acquire of readers, and of the next thread that locks the
 * node.
 */
STET_INLINE void live_unlock(live_seq *lock) { STET_STORE_(*lock, STET_LOAD_(*lock, RELAXED) + 3, RELEASE); }
/* Unlocks a node in which nothing was changed. */
STET_INLINE void live_unlock_same(live_seq *lock) { STET_STORE_(*lock, STET_LOAD_(*lock, RELAXED) - 1, RELEASE); }
/* Unlocks a node that has left the tree: it is dead (L2). */
STET_INLINE void live_kill(live_seq *lock)
{
    STET_STORE_(*lock, (STET_LOAD_(*lock, RELAXED) + 3) | LIVE_DEAD, RELEASE);
}

/* ---- readers ---- */

/* L4: returns whether the node may be read. *seen is to be passed to live_is_still(). */
STET_INLINE bool live_read_begin(const live_seq *lock, uint32_t *seen)
{
    *seen = STET_LOAD_(*lock, ACQUIRE); /* pairs with live_unlock() */
    return STET_LIKELY((*seen & (LIVE_LOCKED | LIVE_DEAD)) == 0);
}

/*
 * Returns whether the node has not changed since live_read_begin(). If so, everything that was read of the node is of
 * one moment, at which the node was not locked.
 */
STET_INLINE bool live_is_still(const live_seq *lock, uint32_t seen)
{
    STET_ACQUIRE_FENCE_(); /* the reads above come before the one below */
    return STET_LIKELY(STET_LOAD_(*lock, RELAXED) == seen);
}

/* ---- generations ---- */

/* Returns the current generation. If the caller has locked what it is about to write, this is the moment of its write
 * (L1, L3). */
STET_INLINE uint64_t live_now(const live_generation *gen) { return STET_LOAD_(*gen, SEQ_CST); }

/* Locks a leaf for a write in generation *g, the current one. False: the leaf is locked, or dead. */
STET_INLINE bool live_try_lock_leaf(live_seq *lock, const live_generation *gen, uint64_t *g)
{
    if (STET_UNLIKELY(!live_try_lock(lock)))
        return false;
    *g = live_now(gen);
    return true;
}

/* The same, but waits for the lock. False: the leaf is dead. */
STET_INLINE bool live_lock_leaf(live_seq *lock, const live_generation *gen, uint64_t *g, bool *waited)
{
    if (STET_UNLIKELY(!live_lock(lock, waited)))
        return false;
    *g = live_now(gen);
    return true;
}

/*
 * Locks the child, a node of generation `made`. Returns false, and locks nothing, unless all of these hold: `made` is
 * g; g is the current generation; the slot still has the child. wait: if the child is locked, waits for it.
 */
STET_INLINE bool live_lock_slot(live_seq *lock, const live_slot *slot, uintptr_t child, uint64_t made,
                                const live_generation *gen, uint64_t g, bool wait)
{
    bool waited;
    if (wait ? !live_lock(lock, &waited) : !live_try_lock(lock))
        return false;
    if (STET_LOAD_(*slot, RELAXED) == child && made == g && live_now(gen) == g)
        return true;
    live_unlock_same(lock);
    return false;
}

/* Locks the root. False: r is not the root any more. */
STET_INLINE bool live_lock_root(live_seq *lock, const live_slot *root, uintptr_t r)
{
    bool waited;
    if (!live_lock(lock, &waited))
        return false;
    if (STET_LOAD_(*root, RELAXED) == r)
        return true;
    live_unlock_same(lock);
    return false;
}

/*
 * Ends the generation: this is the moment of a snapshot, or of a clear. The root is locked. next is the new root, a
 * node of the generation that begins; 0: the root stays. gen is stored before the root: so no write below `next` is of
 * the generation that ends, and no write below the old root, which is locked, is of the generation that begins.
 */
STET_INLINE void live_end_generation(live_generation *gen, live_slot *root, uintptr_t next)
{
    STET_STORE_(*gen, STET_LOAD_(*gen, RELAXED) + 1, SEQ_CST);
    if (next != 0)
        STET_STORE_(*root, next, RELEASE); /* pairs with the acquire of walks: they see `next` whole, and the new gen */
}

#endif
