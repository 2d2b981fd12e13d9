/* SPDX-License-Identifier: MIT */
/*
 * stet/impl/hazard.h - versions that readers hold without counting them: published versions, hazard slots, the reading
 * side of the protocol. lib/reclaim/hazard_protocol.h has the other side.
 *
 *   atom --> core    root ----------------------------+
 *                    lock, lists of versions          v
 *                                    version n        previous: version n-1        version n-2 ...
 *                                    | version, pins, type, ... | handle |
 *                                         ^
 *   record of a thread     slot[0] -------+    slot[1..6]    slot[7]: for a moment only
 *
 * A published version is the whole handle, of any collection. It never changes. The version at the root is current; the
 * others are reachable through `previous` until the holder of the core's lock takes them from there.
 *
 *   H1  A version is at the root once, and leaves it once, by the one compare-and-swap that publishes the next.
 *   H2  Who holds a version has its address in a slot, or is counted in its pins; and had it there, before a light
 *       fence, at some moment when the version was at the root, or was held by the owner of the lock.
 *   H3  A version is freed only by the holder of its core's lock, after it left the root, then a heavy fence, then a
 *       look at all slots, then one at its pins: none held it. Instead of fence and slots: a look that no record is
 *       taken but the caller's, whose slots are empty; then only slots that others have left full can hold it. A record
 *       is taken before a full fence. It is in the roll from then on, until it is given back and its slots are empty.
 *   H4  After that heavy fence no one can become a new holder without the lock: the holders of a version that was
 *       looked at (version <= scanned) only get fewer. Looking again needs no fence.
 *   H5  Who gives up a version that is not at the root looks at `scanned`, and if the version was looked at, has the
 *       lock's holder look again; so does who had a version in a slot that turned out to have left the root. So a
 *       version that was kept is freed when it is given up; nobody need write for that.
 *   H6  Records and cores are never freed, and are used again: an address of one stays readable.
 *   H7  A new version is not touched after the compare-and-swap that publishes it: it may be gone.
 *
 * Light and heavy fence are a pair: as if both were sequentially consistent fences. Where the system has membarrier(2)
 * the light one is for the compiler alone. Hazard pointers: Michael 2004.
 */
#ifndef STET_IMPL_HAZARD_H
#define STET_IMPL_HAZARD_H

#include <stet/impl/atomic.h>

STET_QUIET_
#ifdef __cplusplus
extern "C" {
#endif

struct stet_core;
struct stet_thread;
struct stet_retired;

/* What an atom must know of its handles; lives as long as the process. */
struct stet_handle_type {
    uint32_t size; /* bytes */
    void (*copy)(const void *from, void *to);
    void (*drop)(void *handle);
    const char *name; /* of the collection, for reports */
    bool quiet;       /* drop frees memory and does nothing else: no element's release is prompt (type.h) */
};

struct stet_published {
    STET_PLAIN_(struct stet_published *) previous; /* the version before; of one that is retired: next in a list */
    STET_PLAIN_(struct stet_core *) core;
    STET_PLAIN_(uint64_t) version;
    const struct stet_handle_type *type;
    uint64_t published_at;       /* ns, CLOCK_MONOTONIC_COARSE */
    STET_ATOMIC_(uint32_t) pins; /* holders without a slot */
    STET_PLAIN_(uint32_t) held;  /* for the holder of the lock: a slot has it */
    /* the handle follows */
};

typedef STET_ATOMIC_(struct stet_published *) stet_slot;

#define STET_NO_VERSION_ ((struct stet_published *)0)
#define STET_SLOTS 8
#define STET_BRIEF_SLOT (STET_SLOTS - 1) /* for what is held within one call */
#ifndef STET_LINES
#    define STET_LINES __attribute__((__aligned__(128))) /* processors fetch lines in pairs */
#endif

enum stet_gate_ {
    STET_GATE_FENCE_ = 1, /* no membarrier: a full fence */
    STET_GATE_FORK_ = 2,  /* wait: somebody forks */
};

/* A thread's, or a reader's. Written by its holder alone, but for slots whose guards went elsewhere. */
struct STET_LINES stet_thread {
    stet_slot slot[STET_SLOTS];
    bool fenced; /* no membarrier: filling a slot must be a full fence. Does not change while it is in use */
    bool in_use;
    STET_ATOMIC_(uint8_t) gate;    /* what there is to do at the beginning of a walk: enum stet_gate_ */
    int32_t thread;                /* the thread id of who took it */
    STET_PLAIN_(uint32_t) place;   /* where it is in the roll, if it is */
    struct stet_thread *next_free; /* given back: free, or with guards that are left in its slots */
    /* of those who walk what is edited in place: lib/reclaim/era.h */
    STET_ATOMIC_(uint64_t) era;                  /* since when; 0: not walking */
    STET_ATOMIC_(uint64_t) busy;                 /* odd: a write is under way */
    STET_ATOMIC_(struct stet_retired *) retired; /* waits until nobody can be walking it */
    STET_ATOMIC_(uint32_t) retired_count;        /* about how many */
    STET_ATOMIC_(uint32_t) retired_kept;         /* and of those that were looked at */
    uint32_t number;                             /* of records from 1 on; 0: the spare one. Never changes */
    STET_ATOMIC_(uint32_t) due;                  /* KiB: when the pool holds so much, it is time for another look */
};

struct STET_LINES stet_core {
    /* what readers look at */
    STET_ATOMIC_(struct stet_published *) root;
    STET_ATOMIC_(uint32_t) listeners; /* how many wait for a change, or watch */
    STET_ATOMIC_(uint32_t) changes;   /* the futex of those who wait; counts while somebody does */
    char pad_[112];
    /* what writers do */
    stet_lock lock;
    STET_ATOMIC_(uint32_t) wanted;  /* what the lock's holder is asked to do before it goes: enum stet_wanted_ */
    STET_ATOMIC_(uint32_t) gate;    /* one of the writers that collided */
    STET_ATOMIC_(uint32_t) keep;    /* versions before the current one that stay */
    STET_ATOMIC_(uint32_t) by_hand; /* reclaim when asked, and at the cap */
    STET_ATOMIC_(uint32_t) turns;   /* of writers that lost too often: lib/reclaim/hazard_protocol.h */
    STET_ATOMIC_(uint32_t) calls;   /* some version, of this atom or an earlier one, has a drop that is not quiet */
    STET_ATOMIC_(uint64_t) scanned; /* the newest version that was looked at */
    STET_ATOMIC_(uint64_t) held;    /* bytes of the pool at that time */
    STET_ATOMIC_(uint64_t) time;    /* and when: ns, coarse */
    STET_PLAIN_(struct stet_published *) pending; /* of the lock: left the root; no heavy fence since */
    STET_PLAIN_(struct stet_published *) kept;    /* of the lock: looked at, and held */
    stet_lock watching;                           /* guards: */
    struct stet_watch *watches;
    uint32_t place;              /* among all that need be looked at */
    bool is_listed, is_free;     /* it is there; it has no atom */
    uint32_t forks;              /* how often the process had been forked when its locks were last looked at */
    struct stet_core *next_free; /* those without an atom */
};

/* Snapshots of what is edited in place: one at a time, and none while the process forks. */
struct stet_snaps {
    struct stet_snaps *next, *previous; /* all there are */
    stet_lock snapping;                 /* guards: */
    bool unfinished;                    /* the last one was not waited for: it is the next one's to do */
};

/* Of one epoll loop, in its memory; see atom.h. */
struct stet_watch {
    int fd;      /* an eventfd: readable when there is a new version */
    bool raised; /* it has been told, and has not looked yet */
    struct stet_watch *next;
};

/*
 * This thread's record, if its light fences are light. Else one with all slots taken, so that it goes the slow way: a
 * thread without a record, or one that must fence. A look whether it must would cost half as much as all the rest.
 */
STET_API extern __thread struct stet_thread *stet_thread_ __attribute__((__tls_model__("initial-exec")));

/* Whether a slot of the caller's record may be filled. */
STET_INLINE bool stet_slot_is_free_(stet_slot *slot)
{
    /* Acquire pairs with the release of another thread that emptied it: what that one read of its version comes before
     * what stet_partition_() concludes from what the caller puts here. */
    return STET_LOAD_(*slot, ACQUIRE) == STET_NO_VERSION_;
}

/*
 * Puts a version into a slot of the caller's; what it held before is given up. Either stet_partition_() sees it, or
 * what the caller loads next is what was stored before the heavy fence.
 */
STET_INLINE void stet_fill_slot_(bool fenced, stet_slot *slot, struct stet_published *published)
{
    /* Release pairs with the acquire of stet_mark_held_(); the fence with the heavy one. */
    STET_STORE_(*slot, published, RELEASE);
    if (fenced)
        STET_FULL_FENCE_();
    else
        STET_LIGHT_FENCE_();
}

/* Goes on where stet_protect_() found that its version has left the root. */
STET_API struct stet_published *stet_protect_again_(bool fenced, stet_slot *slot, struct stet_core *core);

/* One attempt of stet_protect_(). */
STET_INLINE struct stet_published *stet_try_protect_(bool fenced, stet_slot *slot, struct stet_core *core)
{
    /* Relaxed: the address is only compared until the load below. */
    struct stet_published *published = STET_LOAD_(core->root, RELAXED);
    stet_fill_slot_(fenced, slot, published);
    /* Acquire pairs with stet_publish_(): the version is whole. */
    return STET_LIKELY(STET_LOAD_(core->root, ACQUIRE) == published) ? published : STET_NO_VERSION_;
}

/*
 * Puts the current version into a slot that is the caller's, and returns it. Lock-free: tries again only when another
 * version was published.
 */
STET_INLINE struct stet_published *stet_protect_(bool fenced, stet_slot *slot, struct stet_core *core)
{
    struct stet_published *published = stet_try_protect_(fenced, slot, core);
    return STET_LIKELY(published != NULL) ? published : stet_protect_again_(fenced, slot, core);
}

/* Of every atom: frees the replaced versions that nobody holds, here or in the threads that are at it already. */
STET_API void stet_reclaim(void);

/* The holder of a version that has left the root is gone (H5). */
STET_API void stet_retired_released_(struct stet_core *core, uint64_t version);

/* Empties a slot. */
STET_INLINE void stet_unprotect_(stet_slot *slot, struct stet_published *published)
{
    struct stet_core *core = STET_VAR_(published->core);
    uint64_t version = STET_VAR_(published->version);
    /* Release pairs with stet_partition_(), which frees the version: what was read of it, was read before. */
    STET_STORE_(*slot, STET_NO_VERSION_, RELEASE);
    /* Pairs with the heavy fence: it is seen there that the slot is empty, or here that the version left the root.
     * Fenced readers do without, and may leave a version to the next reclamation. */
    STET_LIGHT_FENCE_();
    if (STET_UNLIKELY(STET_LOAD_(core->root, RELAXED) != published))
        stet_retired_released_(core, version);
}

#ifdef __cplusplus
}
#endif
STET_LOUD_
#endif
