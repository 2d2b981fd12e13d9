/* SPDX-License-Identifier: MIT */
/*
 * pool_cache.h - the fast path of the pool: two instructions' worth of a per-thread list. See pool.c.
 */
#ifndef STET_POOL_CACHE_H
#define STET_POOL_CACHE_H

#include <stet/pool.h>

#define POOL_UNIT 16
#define POOL_CLASSES                                                                                \
    65 /* class c: blocks of 16 c bytes, up to 1024; larger blocks come straight from the allocator \
        */

/* Freed blocks, linked through their first word. `spare` is empty or full: a thread that frees and allocates around
 * a boundary touches the slabs only once a whole list (Bonwick & Adams 2001). */
struct magazine {
    void *head;
    uint32_t count;
    uint32_t limit; /* 0: every request goes the slow way */
    void *spare;    /* a list of `limit` blocks, or NULL */
    uint32_t take;  /* how many the next list from the slabs has: few at first, as a thread may want few */
};

/* Blocks that were freed and are not used again for a while: pool_watch.h. */
struct quarantine {
    void *oldest, *newest;
    size_t bytes;
};

struct thread_cache {
    struct magazine magazine[POOL_CLASSES];
    int64_t taken[POOL_CLASSES]; /* blocks from slabs, less those returned */
    int64_t large_blocks, large_bytes;
    uint64_t requests, fail_first, fail_count; /* fault injection */
    bool faulting;
    struct quarantine quarantine;
    struct thread_cache *next, *previous; /* all threads' */
};

/* Initial-exec: one load. NULL until the thread's first request. */
extern _Thread_local struct thread_cache *stet_cache_
    __attribute__((__tls_model__("initial-exec"), __visibility__("hidden")));

/* Whether anything was ever allocated. */
__attribute__((__visibility__("hidden"))) bool stet_pool_in_use_(void);
/* Whether a string was ever made: a short one allocates nothing, and keeps its hash all the same. */
extern bool stet_str_in_use_ __attribute__((__visibility__("hidden")));
/* Whether this thread, when it ends, does what it left for later. False: no memory. */
__attribute__((__visibility__("hidden"))) bool stet_pool_at_thread_end_(void);
__attribute__((__visibility__("hidden"))) void *stet_pool_allocate_slow_(size_t size, const char *const *name);
__attribute__((__visibility__("hidden"))) void stet_pool_free_slow_(void *block, size_t size);

/* What the thread, which ends, has left for later. */
__attribute__((__visibility__("hidden"))) void stet_release_all_(void);

/*
 * A block of zeros that is never given back, for what threads may look at any time: aligned to two cache lines. A
 * request as any other, but not live. NULL: no memory.
 */
#define POOL_KEEP_ALIGN 128
__attribute__((__visibility__("hidden"))) void *stet_pool_keep_(size_t size);
/* Bytes set aside: stet_pool_usage.slab_bytes. Relaxed: a count that orders nothing. */
extern size_t stet_pool_held_bytes_ __attribute__((__visibility__("hidden")));
STET_INLINE size_t stet_pool_held_(void) { return __atomic_load_n(&stet_pool_held_bytes_, __ATOMIC_RELAXED); }

/* The smallest size a block of `size` bytes that starts a node can have: a multiple of 64, so aligned to 64. */
STET_INLINE size_t pool_node_size(size_t size) { return (size + 63) & ~(size_t)63; }

/*
 * A block, or NULL. Aligned to 16, and to 64 when size is a multiple of 64. name: of the type that it is for, for
 * reports of what is live; where it is, so that nothing is loaded unless it is asked for.
 * Other threads read head's count for statistics, so it is stored whole.
 */
STET_INLINE void *pool_allocate_for(size_t size, const char *const *name)
{
    struct thread_cache *cache = stet_cache_;
    size_t c = (size + POOL_UNIT - 1) / POOL_UNIT;
    if (STET_LIKELY(cache != NULL && c < POOL_CLASSES)) {
        struct magazine *m = &cache->magazine[c];
        void *block = m->head;
        if (STET_LIKELY(block != NULL)) {
            m->head = *(void **)block;
            __builtin_prefetch(m->head, 1);
            __atomic_store_n(&m->count, m->count - 1, __ATOMIC_RELAXED);
            return block;
        }
    }
    return stet_pool_allocate_slow_(size, name);
}

extern const char *const stet_pool_scratch_ __attribute__((__visibility__("hidden")));
/* The same for what a call needs while it runs. */
STET_INLINE void *pool_allocate(size_t size) { return pool_allocate_for(size, &stet_pool_scratch_); }

STET_INLINE void pool_free(void *block, size_t size)
{
    struct thread_cache *cache = stet_cache_;
    size_t c = (size + POOL_UNIT - 1) / POOL_UNIT;
    if (STET_LIKELY(cache != NULL && c < POOL_CLASSES)) {
        struct magazine *m = &cache->magazine[c];
        if (STET_LIKELY(m->count < m->limit)) {
            *(void **)block = m->head;
            m->head = block;
            __atomic_store_n(&m->count, m->count + 1, __ATOMIC_RELAXED);
            return;
        }
    }
    stet_pool_free_slow_(block, size);
}

#endif
