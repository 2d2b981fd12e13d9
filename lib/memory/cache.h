/* SPDX-License-Identifier: MIT */
/*
 * memory/cache.h - the fast path of the pool: a per-thread list, popped and pushed by two instructions. See pool.c.
 *
 * A thread that is short of memory takes the blocks in the caches of other threads. The protocol costs the thread that
 * uses its own cache no locked instruction and no fence (as with hazard slots, impl/hazard.h):
 *
 *   user     busy <- 1; light fence; door open? use the cache; busy <- 0
 *   taker    closes the door; heavy fence; busy is 0? takes the blocks; opens the door
 *
 * `open` is the door. Either the user finds the door closed, and takes the slow path without its cache, or the taker
 * finds the cache busy, and does not touch it. Neither waits for the other.
 */
#ifndef STET_POOL_CACHE_H
#define STET_POOL_CACHE_H

#include <stet/impl/atomic.h>
#include <stet/pool.h>

#include "base/hidden.h"

#define POOL_UNIT 16
/* Class c has blocks of 16 c bytes, up to 1024; larger blocks come straight from the allocator. */
#define POOL_CLASSES 65

/*
 * Freed blocks, linked through their first word. `spare` is empty or full: a thread that alternates between frees and
 * allocations goes to the slabs only once for a whole list (Bonwick & Adams 2001).
 */
struct magazine {
    void *head;
    uint32_t count;
    uint32_t limit; /* 0: every request takes the slow path */
    void *spare;    /* a list of as many blocks as a magazine of this class can have, or NULL */
    uint32_t take;  /* size of the next list from the slabs: few at first, as a thread may need few */
};

/* Freed blocks that are not reused for a while: memory/watch.h. */
struct quarantine {
    void *oldest, *newest;
    size_t bytes;
};

/*
 * The cache of a thread. It does not lie in thread-local memory, because other threads read it, and its thread may end
 * without notice.
 */
struct thread_cache {
    bool busy; /* the cache's thread is using the magazines */
    /* Points to this struct. NULL: another thread is emptying the magazines, or they are not used. */
    struct thread_cache *open;
    struct magazine magazine[POOL_CLASSES];
    int64_t taken[POOL_CLASSES]; /* blocks from slabs, less those that the cache's thread returned */
    /* Minus the number of blocks that other threads took; guarded by the registry lock. */
    int64_t lost[POOL_CLASSES];
    int64_t large_blocks, large_bytes;
    uint64_t requests, fail_first, fail_count; /* fault injection */
    bool faulting;
    struct quarantine quarantine;
    uint32_t growth;                      /* the pool's `growth` when the cache's thread last took the slow path */
    bool was_short;                       /* the last refusal was for lack of memory, not by fault injection */
    struct thread_cache *next, *previous; /* in the list of all caches */
};

/* The cache of all threads that have none. It is never open. */
STET_HIDDEN extern struct thread_cache stet_no_cache_;
/* Because of the initial-exec model one load reads it. */
STET_HIDDEN extern _Thread_local struct thread_cache *stet_cache_ STET_THREAD_LOCAL_MODEL;

/* Returns the thread's cache, or NULL if it has none. */
STET_INLINE struct thread_cache *pool_own_cache(void) { return stet_cache_ != &stet_no_cache_ ? stet_cache_ : NULL; }

/* Enters the caller's cache; true: the caller may use its magazines until pool_leave(). */
STET_INLINE bool pool_enter_cache(struct thread_cache *cache)
{
    __atomic_store_n(&cache->busy, true, STET_ORDER_(RELAXED));
    __atomic_signal_fence(__ATOMIC_SEQ_CST); /* pairs with the taker's heavy fence */
    /* Acquire pairs with the taker's store that opens the cache again: the magazines are as the taker left them. */
    return __atomic_load_n(&cache->open, STET_ORDER_(ACQUIRE)) != NULL;
}

/* Leaves the cache. Release pairs with the taker's load. */
STET_INLINE void pool_leave_cache(struct thread_cache *cache)
{
    __atomic_store_n(&cache->busy, false, STET_ORDER_(RELEASE));
}

/* The same for the cache of this thread. */
STET_INLINE bool pool_enter(void) { return pool_enter_cache(stet_cache_); }
STET_INLINE void pool_leave(void) { pool_leave_cache(stet_cache_); }

/* Returns whether anything was ever allocated. */
STET_HIDDEN bool stet_pool_in_use_(void);
/*
 * Returns whether the last refused request of this thread was refused for lack of memory, and not by fault injection
 * (stet_pool_fault). The call resets this.
 */
STET_HIDDEN bool stet_pool_was_short_(void);
/*
 * Has `reclaim` called from now on before a request is refused, in the middle of the thread's current operation, but
 * with no lock of the pool held, and not recursively. It must free the garbage that needs no callback of the user.
 */
STET_HIDDEN void stet_pool_on_shortage_(void (*reclaim)(void));
STET_HIDDEN void *stet_pool_allocate_slow_(size_t size, const char *const *name);
STET_HIDDEN void stet_pool_free_slow_(void *block, size_t size);

/*
 * Returns a block of zeros that is never freed, for data that threads may read at any time; aligned to two cache lines.
 * It counts as a request, but not as a live block. NULL: no memory. No garbage is freed to find memory, because the
 * caller may hold locks.
 */
#define POOL_KEEP_ALIGN 128
STET_HIDDEN void *stet_pool_keep_(size_t size);
/* The bytes set aside: stet_pool_usage.slab_bytes. Its accesses are relaxed, because the count orders nothing. */
STET_HIDDEN extern size_t stet_pool_held_bytes_;
STET_INLINE size_t stet_pool_held_(void) { return __atomic_load_n(&stet_pool_held_bytes_, __ATOMIC_RELAXED); }

/* The size of the block of a node that needs `size` bytes: a multiple of 64, so that the block is aligned to 64. */
STET_INLINE size_t pool_node_size(size_t size) { return (size + 63) & ~(size_t)63; }

/* Returns the class of a size. Sizes of nodes are known to be multiples of the unit, and not rounded up. */
STET_INLINE size_t pool_class(size_t size)
{
    return __builtin_constant_p(size % POOL_UNIT) && size % POOL_UNIT == 0 ? size / POOL_UNIT
                                                                           : (size + POOL_UNIT - 1) / POOL_UNIT;
}

/*
 * Takes a block from the caller's cache. If it returns NULL, the caller must call stet_pool_allocate_slow_(), which
 * leaves the cache. Other threads read m->count for statistics, so its stores are atomic.
 */
STET_INLINE void *pool_allocate_quick(size_t size)
{
    size_t c = pool_class(size);
    struct thread_cache *cache = stet_cache_;
    if (STET_LIKELY(pool_enter_cache(cache) && c < POOL_CLASSES)) {
        struct magazine *m = &cache->magazine[c];
        void *block = m->head;
        if (STET_LIKELY(block != NULL)) {
            m->head = *(void **)block;
            __builtin_prefetch(m->head, 1);
            __atomic_store_n(&m->count, m->count - 1, __ATOMIC_RELAXED);
            pool_leave_cache(cache);
            return block;
        }
    }
    return NULL;
}

/*
 * Returns a block, or NULL. It is aligned to 16 bytes, and to 64 when size is a multiple of 64. *name is the name of
 * the block's type, for reports of live blocks; the fast path does not load it.
 */
STET_INLINE void *pool_allocate_for(size_t size, const char *const *name)
{
    void *block = pool_allocate_quick(size);
    return STET_LIKELY(block != NULL) ? block : stet_pool_allocate_slow_(size, name);
}

STET_HIDDEN extern const char *const stet_pool_scratch_;
/* Like pool_allocate_for(), for memory that is freed before the call ends. */
STET_INLINE void *pool_allocate(size_t size) { return pool_allocate_for(size, &stet_pool_scratch_); }

STET_INLINE void pool_free(void *block, size_t size)
{
    size_t c = pool_class(size);
    struct thread_cache *cache = stet_cache_;
    if (STET_LIKELY(pool_enter_cache(cache) && c < POOL_CLASSES)) {
        struct magazine *m = &cache->magazine[c];
        uint32_t count = m->count;
        if (STET_LIKELY(count < m->limit)) {
            *(void **)block = m->head;
            m->head = block;
            __atomic_store_n(&m->count, count + 1, __ATOMIC_RELAXED);
            pool_leave_cache(cache);
            return;
        }
    }
    stet_pool_free_slow_(block, size); /* leaves */
}

#endif
