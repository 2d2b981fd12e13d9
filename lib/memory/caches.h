/* SPDX-License-Identifier: MIT */
/*
 * memory/caches.h - the list of all threads' caches, which pool.c, figures.c and faults.c share. The drawing is in
 * pool.c.
 */
#ifndef STET_POOL_CACHES_H
#define STET_POOL_CACHES_H

#include "memory/cache.h"
#include "thread/os.h"

#define MAGAZINE_BYTES ((size_t)32 << 10)

STET_HIDDEN extern struct pool_caches {
    pthread_mutex_t lock; /* the registry lock */
    struct thread_cache *all, *unused;
    struct thread_cache ended; /* the figures of threads that are gone */
} stet_caches_;

/* Returns the thread's cache, which the first call makes. NULL: no memory. */
STET_HIDDEN struct thread_cache *stet_cache_get_(void);
/* Returns the blocks in this thread's cache to their slabs. keep: some regions without blocks may stay in the pool. */
STET_HIDDEN void stet_cache_flush_(struct thread_cache *cache, bool keep);
/* Sets the limits of the cache's magazines. If `on` is false, they are 0, so that every request takes the slow path. */
STET_HIDDEN void stet_cache_limits_(struct thread_cache *cache, bool on);
/* Counts a request while faults are injected. Returns whether this request must fail. */
STET_HIDDEN bool stet_pool_refuses_(struct thread_cache *cache);
STET_HIDDEN extern size_t stet_pool_peak_bytes_;

/* Adds to a counter that one thread at a time writes; other threads read it, for statistics and hints. */
STET_INLINE void counter_add(int64_t *counter, int64_t n) { __atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED); }
STET_INLINE int64_t counter_get(const int64_t *counter) { return __atomic_load_n(counter, __ATOMIC_RELAXED); }

STET_INLINE size_t class_size(size_t c) { return c * POOL_UNIT; }

STET_INLINE uint32_t magazine_limit(unsigned c)
{
    size_t n = MAGAZINE_BYTES / class_size(c);
    return (uint32_t)(n > 256 ? 256 : n);
}

STET_INLINE int64_t magazine_blocks(unsigned c, const struct magazine *m)
{
    bool spare = __atomic_load_n(&m->spare, __ATOMIC_RELAXED) != NULL;
    return (int64_t)__atomic_load_n(&m->count, __ATOMIC_RELAXED) + (spare ? magazine_limit(c) : 0);
}

#endif
