/* SPDX-License-Identifier: MIT */
/*
 * stet/impl/hazard.h - versions that readers hold without counting them: published versions, hazard slots, and the
 * reading side of the protocol. The writing side is in lib/reclaim/hazard_protocol.h.
 *
 *   atom --> state    root ----------------------------+
 *                    lock, lists of versions          v
 *                                    version n        previous: version n-1        version n-2 ...
 *                                    | version, pins, type, ... | handle |
 *                                         ^
 *   thread record        slot[0] ---------+    slot[1..6]    slot[7]: for a moment only
 *
 * A published version is the whole handle, of any collection. It never changes. The version at the root is current; the
 * others are reachable through `previous` until the holder of the state's lock detaches them. An atom state is the part
 * of an atom that stays when the atom is destroyed, because guards may outlive the atom; later it serves another atom.
 * A thread record, struct stet_thread, shows other threads which versions a thread, or a reader, holds. All records in
 * use are in a list, the registry, which a scan visits.
 *
 *   H1  A version is at the root once, and leaves it once, by the one compare-and-swap that publishes the next.
 *   H2  A thread that holds a version has the version's address in a slot, or is counted in its pins. The address was
 *       there, before a light fence, at some moment when the version was at the root, or was held by the owner of the
 *       lock.
 *   H3  A version is freed only by the holder of its state's lock, after these steps in this order: the version left
 *       the root; a heavy fence; a scan of all slots; a check of its pins. Neither the scan nor the check found a
 *       holder. The fence and the scan may be replaced by a check that no thread record but the caller's is taken and
 *       that the caller's slots are empty; then only slots that were full when their records were given back can hold
 *       the version. A record is taken before a full fence. It is in the registry from then on, until it is given back
 *       and its slots are empty.
 *   H4  After that heavy fence no thread can become a new holder without the lock: the holders of a version that was
 *       scanned (version <= scanned) only become fewer. Another scan of it needs no fence.
 *   H5  A thread that releases a version that is not at the root reads `scanned`. If the version was scanned, the
 *       thread requests another scan from the lock's holder. So does a thread that had a version in a slot and found
 *       that the version had left the root. So a kept version is freed when its holder releases it, without another
 *       write.
 *   H6  Thread records and atom states are never freed, but used again: their addresses stay readable.
 *   H7  A writer does not access its new version after the compare-and-swap that publishes it: the version may have
 *       been freed.
 *
 * A light and a heavy fence together act as if both were sequentially consistent fences. Where the system has
 * membarrier(2), the light fence only restrains the compiler. Hazard pointers: Michael 2004.
 */
#ifndef STET_IMPL_HAZARD_H
#define STET_IMPL_HAZARD_H

#include <stet/impl/atomic.h>

STET_QUIET_
#ifdef __cplusplus
extern "C" {
#endif

struct stet_atom_state;
struct stet_thread;
struct stet_retired;

/* An atom's description of its handles. It lives as long as the process. */
struct stet_handle_type {
    uint32_t size; /* bytes */
    void (*copy)(const void *from, void *to);
    void (*drop)(void *handle);
    const char *name; /* the collection's name, for reports */
    bool quiet;       /* drop frees memory and does nothing else: no element's release is prompt (type.h) */
};

struct stet_published {
    /* The version before this one; once this one is retired, the next in a list. */
    STET_PLAIN_(struct stet_published *) previous;
    STET_PLAIN_(struct stet_atom_state *) state;
    STET_PLAIN_(uint64_t) version;
    const struct stet_handle_type *type;
    uint64_t published_at;       /* ns, CLOCK_MONOTONIC_COARSE */
    STET_ATOMIC_(uint32_t) pins; /* holders without a slot */
    STET_PLAIN_(uint32_t) held;  /* set by the holder of the lock while it knows that a slot has this version */
    /* the handle follows */
};

typedef STET_ATOMIC_(struct stet_published *) stet_slot;

#define STET_NO_VERSION_ ((struct stet_published *)0)
#define STET_SLOTS 8
#define STET_BRIEF_SLOT (STET_SLOTS - 1) /* for versions that are held only within one call */
#ifndef STET_LINES
#    define STET_LINES __attribute__((__aligned__(128))) /* processors fetch lines in pairs */
#endif

enum stet_gate_ {
    STET_GATE_FENCE_ = 1, /* there is no membarrier: execute a full fence */
    STET_GATE_FORK_ = 2,  /* a thread is forking the process: wait */
};

/*
 * The record of a thread, or of a reader. Only its holder fills its slots. When a guard was moved to another thread,
 * that thread may empty the guard's slot.
 */
struct STET_LINES stet_thread {
    stet_slot slot[STET_SLOTS];
    /* No membarrier: a full fence must follow when a slot is filled. Constant while the record is in use. */
    bool fenced;
    bool in_use;
    STET_ATOMIC_(uint8_t) gate;  /* what a walk must do before it reads: enum stet_gate_ */
    int32_t thread;              /* the id of the thread that took the record */
    STET_PLAIN_(uint32_t) place; /* the record's index in the registry, if it is there */
    /* Links records that were given back: the free ones, and those that have guards in their slots. */
    struct stet_thread *next_free;
    /* For walks through memory that is edited in place: lib/reclaim/era.h. */
    STET_ATOMIC_(uint64_t) era;                  /* the era in which the walk began; 0: no walk is under way */
    STET_ATOMIC_(uint64_t) busy;                 /* odd while a write is under way */
    STET_ATOMIC_(struct stet_retired *) retired; /* entries to free when no thread can be walking them */
    STET_ATOMIC_(uint32_t) retired_count;        /* about how many entries `retired` has */
    STET_ATOMIC_(uint32_t) retired_kept;         /* how many of these an earlier reclamation found to be in use */
    uint32_t number;                             /* counted from 1; 0: the spare record. Never changes */
    STET_ATOMIC_(uint32_t) due;                  /* the next reclamation is due when the pool holds this many KiB */
};

struct STET_LINES stet_atom_state {
    /* read by readers */
    STET_ATOMIC_(struct stet_published *) root;
    STET_ATOMIC_(uint32_t) listeners; /* the number of threads that wait for a change, and of watches */
    /* The word on which waiting threads sleep; while there are listeners, it counts publications. */
    STET_ATOMIC_(uint32_t) changes;
    char pad_[112];
    /* used by writers */
    stet_lock lock;
    STET_ATOMIC_(uint32_t) wanted;  /* what the lock's holder must do before it is done: enum stet_wanted_ */
    STET_ATOMIC_(uint32_t) gate;    /* taken by one of the writers that collided */
    STET_ATOMIC_(uint32_t) keep;    /* how many versions before the current one are kept */
    STET_ATOMIC_(uint32_t) by_hand; /* reclaim only on request, and when too many versions wait (RECLAIM_CAP) */
    STET_ATOMIC_(uint32_t) turns;   /* the turns of writers that lost too often: lib/reclaim/hazard_protocol.h */
    STET_ATOMIC_(uint32_t) calls;   /* the drop of some version, of this atom or an earlier one, is not quiet */
    STET_ATOMIC_(uint64_t) scanned; /* the newest version that was scanned */
    STET_ATOMIC_(uint64_t) held;    /* bytes that the pool held at the last scan */
    STET_ATOMIC_(uint64_t) time;    /* the time of the last scan: ns, coarse */
    /* Guarded by `lock`: versions that have left the root, and had no heavy fence since. */
    STET_PLAIN_(struct stet_published *) pending;
    STET_PLAIN_(struct stet_published *) kept; /* guarded by `lock`: versions that were scanned, and are held */
    stet_lock watching;                        /* guards the next member */
    struct stet_watch *watches;
    uint32_t place;          /* index in the list of atom states to scan */
    bool is_listed, is_free; /* is in that list; belongs to no atom */
    /* How often the process had been forked when the locks of this state were last checked. */
    uint32_t forks;
    struct stet_atom_state *next_free; /* the list of atom states without an atom */
};

/*
 * The snapshots of one collection that is edited in place. Only one snapshot is taken at a time, and none while the
 * process forks.
 */
struct stet_snaps {
    struct stet_snaps *next, *previous; /* links in the list of all such structs */
    stet_lock snapping;                 /* guards the next member */
    bool unfinished;                    /* the previous snapshot did not wait for its writers; the next one must */
};

/* A watch for an epoll loop, in the caller's memory; see atom.h. */
struct stet_watch {
    int fd;      /* is readable when there is a new version: an eventfd, or on some systems the end of a pipe */
    int raiser;  /* what is written to: the same eventfd, or the other end of the pipe */
    bool raised; /* that has happened, and _watch_seen has not been called since */
    struct stet_watch *next;
};

/*
 * Points to this thread's record, if that uses light fences. Otherwise, because the thread has no record yet or must
 * use full fences, it points to a record whose slots are all taken, so that the thread takes the slow path. A check on
 * the fast path whether to fence would cost half as much as all the rest.
 */
STET_API extern __thread struct stet_thread *stet_thread_ STET_THREAD_LOCAL_MODEL_;

/* Returns whether a slot of the caller's record may be filled. */
STET_INLINE bool stet_slot_is_free_(stet_slot *slot)
{
    /*
     * Acquire pairs with the release of another thread that emptied the slot. So that thread's reads of its version
     * come before the caller's next version in the slot, and stet_partition_(), which sees the latter, may conclude
     * that they are over.
     */
    return STET_LOAD_(*slot, ACQUIRE) == STET_NO_VERSION_;
}

/*
 * Puts a version into one of the caller's slots. The version that the slot held before is released. Either
 * stet_partition_() sees the new version in the slot, or the caller's next load returns what was stored before the
 * heavy fence.
 */
STET_INLINE void stet_fill_slot_(bool fenced, stet_slot *slot, struct stet_published *published)
{
    /* Release pairs with the acquire of stet_mark_held_(). The fence pairs with the heavy fence. */
    STET_STORE_(*slot, published, RELEASE);
    if (fenced)
        STET_FULL_FENCE_();
    else
        STET_LIGHT_FENCE_();
}

/* Goes on after stet_protect_() has found that the version in the slot has left the root. */
STET_API struct stet_published *stet_protect_again_(bool fenced, stet_slot *slot, struct stet_atom_state *state);

/* Makes one attempt of stet_protect_(). */
STET_INLINE struct stet_published *stet_try_protect_(bool fenced, stet_slot *slot, struct stet_atom_state *state)
{
    /* Relaxed: the address is not followed before the second load has found it unchanged. */
    struct stet_published *published = STET_LOAD_(state->root, RELAXED);
    stet_fill_slot_(fenced, slot, published);
    /* Acquire pairs with stet_publish_(): the version is whole. */
    return STET_LIKELY(STET_LOAD_(state->root, ACQUIRE) == published) ? published : STET_NO_VERSION_;
}

/*
 * Puts the current version into one of the caller's slots, and returns the version. Lock-free: it repeats only when
 * another version was published.
 */
STET_INLINE struct stet_published *stet_protect_(bool fenced, stet_slot *slot, struct stet_atom_state *state)
{
    struct stet_published *published = stet_try_protect_(fenced, slot, state);
    return STET_LIKELY(published != NULL) ? published : stet_protect_again_(fenced, slot, state);
}

/*
 * Frees the replaced versions that no thread holds, of every atom. Where another thread is reclaiming already, that
 * thread does it.
 */
STET_API void stet_reclaim(void);

/* Must be called when a holder has released a version that is no longer the atom's current one (H5). */
STET_API void stet_retired_released_(struct stet_atom_state *state, uint64_t version);

/* Empties a slot, which held this version. */
STET_INLINE void stet_unprotect_(stet_slot *slot, struct stet_published *published)
{
    struct stet_atom_state *state = STET_VAR_(published->state);
    uint64_t version = STET_VAR_(published->version);
    /* Release pairs with stet_partition_(), which frees the version: all reads of the version happen before that. */
    STET_STORE_(*slot, STET_NO_VERSION_, RELEASE);
    /*
     * Pairs with the heavy fence: either the scan sees the empty slot, or this thread sees that the version has left
     * the root. Readers with full fences omit this one, and may leave a version to the next reclamation.
     */
    STET_LIGHT_FENCE_();
    if (STET_UNLIKELY(STET_LOAD_(state->root, RELAXED) != published))
        stet_retired_released_(state, version);
}

#ifdef __cplusplus
}
#endif
STET_LOUD_
#endif
