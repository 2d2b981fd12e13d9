/* SPDX-License-Identifier: MIT */
/*
 * memory/pool.c - the only place that allocates.
 *
 *   thread      magazine[c]  a list of free blocks of 16 c bytes, and a spare full one     memory/cache.h
 *      | a list at a time, under the class's lock
 *   class       slabs with a free block
 *      | under the region lock
 *   region      2 MiB from the allocator, aligned to its size:  | header, slab[1..31] | 64 KiB | 64 KiB | ...
 *
 * A block's slab follows from its address. A slab serves one class. Its freed blocks are allocated first, then blocks
 * that were never allocated, in order. A wholly free slab is returned to its region, and a wholly free region to the
 * allocator (some are kept: slab_return()). From the second region on, huge pages are requested with madvise. When a
 * thread ends, its lists are returned to their slabs, and the next new thread takes its cache.
 *
 * Lock order: class, region, registry. Larger blocks, and all blocks in builds without a pool (-Dpool=false), come
 * straight from the allocator; the counting is the same. Fault injection sets a thread's limits to 0, so that every
 * request takes the slow path.
 *
 * A tool that checks memory must see each block: under AddressSanitizer, LeakSanitizer and memcheck, and where the
 * environment has STET_POOL=off, `pooled` is false, every limit is 0, and every block comes from libc (or from the
 * allocator that the program has set). `pooled` is set before the first block is allocated, and never changes.
 */
#include "memory/caches.h"
#include "memory/labels.h"
#include "memory/slab.h"
#include "memory/tools.h"
#include "memory/watch.h"
#include "thread/process.h"
#include "thread/wait.h"

#include <errno.h>

/* The first list of a class that a thread takes has this many blocks; each further list is twice as long. */
#define FIRST_TAKEN 4
/*
 * If a class is thin (class_is_thin()), one block in a magazine may keep a whole slab. So magazines of thin classes,
 * and magazines that other threads cannot empty, have at most this many blocks.
 */
#define FEW_BLOCKS 8
/* A thread is idle if the pool has taken this many regions since the thread's last slow path. */
#define IDLE_GROWTH 2

struct thread_cache stet_no_cache_;
_Thread_local struct thread_cache *stet_cache_ STET_THREAD_LOCAL_MODEL = &stet_no_cache_;
/* The thread has ended its cache, and will end soon. */
static _Thread_local bool has_ended STET_THREAD_LOCAL_MODEL;

struct pool_caches stet_caches_ = {.lock = PTHREAD_MUTEX_INITIALIZER};
static pthread_once_t pool_once = PTHREAD_ONCE_INIT;
static bool in_use; /* something was allocated, so allocator and seed are final */
static bool report_leaks;
static bool pool_fenced;          /* true: there is no membarrier, so no thread empties the caches of others */
static void (*on_shortage)(void); /* frees garbage: stet_pool_on_shortage_() */
static bool pooled = STET_POOL;   /* false: every block straight from the allocator. Written by pool_start() alone */
/*
 * Whether freed blocks are kept for a while before they are used again; if so, `pooled` is false. This and
 * stet_pool_labelled_ are written by pool_start() alone.
 */
static bool quarantined;

size_t stet_pool_held_bytes_;
static uint32_t growth_seen; /* `growth` when idle caches were last searched for */

/* ---- the allocator ---- */

bool stet_pool_set_allocator(const struct stet_allocator *a)
{
    bool early = !__atomic_load_n(&in_use, __ATOMIC_RELAXED);
    assert(early && "the allocator must be set before anything is allocated");
    if (early)
        chosen = *a;
    return early;
}

bool stet_pool_in_use_(void) { return __atomic_load_n(&in_use, __ATOMIC_RELAXED); }

void stet_pool_set_budget(size_t bytes) { __atomic_store_n(&budget, bytes == 0 ? SIZE_MAX : bytes, __ATOMIC_RELAXED); }

/* ---- a thread's cache ---- */

/* Returns the current limit, which is lower in a thin class and where no other thread can empty the magazine. */
static uint32_t magazine_limit_now(unsigned c)
{
    uint32_t n = magazine_limit(c);
    return (pool_fenced || class_is_thin(c)) && n > FEW_BLOCKS ? FEW_BLOCKS : n;
}

/*
 * A magazine's figures are written by its thread, or by the thread that has closed the door, and read by
 * stet_pool_stats().
 */
static void count_set(struct magazine *m, uint32_t n) { __atomic_store_n(&m->count, n, __ATOMIC_RELAXED); }
static void spare_set(struct magazine *m, void *list) { __atomic_store_n(&m->spare, list, __ATOMIC_RELAXED); }

/* Lists of blocks, by class. The second word of a list's first block points to the next list. */
struct lists {
    void *first[POOL_CLASSES];
};

static void lists_add(struct lists *lists, unsigned c, void *list)
{
    if (list == NULL)
        return;
    ((void **)list)[1] = lists->first[c];
    lists->first[c] = list;
}

static void lists_return(const struct lists *lists, bool keep)
{
    for (unsigned c = 1; c < POOL_CLASSES; c++)
        for (void *list = lists->first[c], *next; list != NULL; list = next) {
            next = ((void **)list)[1];
            class_return(c, list, keep);
        }
}

/* Moves all blocks of the magazines, which only the caller uses now, to the lists, and subtracts them from `count`. */
static void magazines_empty(struct thread_cache *cache, int64_t *count, struct lists *lists)
{
    for (unsigned c = 1; c < POOL_CLASSES; c++) {
        struct magazine *m = &cache->magazine[c];
        int64_t n = magazine_blocks(c, m);
        if (n == 0)
            continue;
        counter_add(&count[c], -n);
        lists_add(lists, c, m->head);
        lists_add(lists, c, m->spare);
        m->head = NULL;
        count_set(m, 0);
        spare_set(m, NULL);
    }
}

static bool cache_has_blocks(const struct thread_cache *cache)
{
    for (unsigned c = 1; c < POOL_CLASSES; c++)
        if (magazine_blocks(c, &cache->magazine[c]) != 0)
            return true;
    return false;
}

/* ---- blocks straight from the allocator ---- */

static size_t label_size(void) { return stet_pool_labelled_ ? sizeof(struct label) : 0; }

static void give_back(void *block, size_t size)
{
    allocator.deallocate(block, size + label_size(), 64, allocator.context);
    slab_let_go(size);
}

static void quarantine_flush(struct thread_cache *cache, size_t keep)
{
    size_t size;
    for (void *block; (block = quarantine_take(&cache->quarantine, keep, &size)) != NULL;)
        give_back(block, size);
}

/* Called by the cache's thread. False: another thread is emptying the cache. */
static bool cache_try_flush(struct thread_cache *cache, bool keep)
{
    struct lists lists = {{NULL}};
    quarantine_flush(cache, 0);
    bool open = pool_enter();
    if (open)
        magazines_empty(cache, cache->taken, &lists);
    pool_leave();
    lists_return(&lists, keep);
    return open;
}

void stet_cache_flush_(struct thread_cache *cache, bool keep)
{
    for (unsigned attempt = 0; !cache_try_flush(cache, keep) && cache_has_blocks(cache); attempt++)
        stet_relax_(attempt);
}

/*
 * Returns whether the cache's thread has not taken the slow path while the pool grew: it has allocated or freed a few
 * blocks at most.
 */
static bool cache_is_idle(const struct thread_cache *cache)
{
    uint32_t now = __atomic_load_n(&growth, __ATOMIC_RELAXED);
    return now - __atomic_load_n(&cache->growth, __ATOMIC_RELAXED) >= IDLE_GROWTH;
}

/*
 * Called with the registry lock: closes the caches of other threads that have blocks, or with `idle` only those of idle
 * threads. Returns whether it closed any.
 */
static bool doors_close(bool idle)
{
    bool any = false;
    for (struct thread_cache *cache = stet_caches_.all; cache != NULL; cache = cache->next)
        if (cache != stet_cache_ && (!idle || cache_is_idle(cache)) && cache_has_blocks(cache)) {
            __atomic_store_n(&cache->open, NULL, STET_ORDER_(RELAXED)); /* pairs with pool_enter() */
            any = true;
        }
    return any;
}

/* Empties the caches of other threads, or of idle ones, except those that are in use at this moment. */
static void caches_take(bool idle)
{
    struct lists lists = {{NULL}};
    if (pool_fenced)
        return;
    pthread_mutex_lock(&stet_caches_.lock);
    bool closed = doors_close(idle), seen = closed && stet_fence_all_();
    for (struct thread_cache *cache = stet_caches_.all; closed && cache != NULL; cache = cache->next) {
        if (__atomic_load_n(&cache->open, __ATOMIC_RELAXED) != NULL)
            continue;
        /* Acquire pairs with pool_leave(). */
        if (seen && !__atomic_load_n(&cache->busy, STET_ORDER_(ACQUIRE)))
            magazines_empty(cache, cache->lost, &lists);
        __atomic_store_n(&cache->open, cache, STET_ORDER_(RELEASE)); /* pairs with pool_enter() */
    }
    pthread_mutex_unlock(&stet_caches_.lock);
    lists_return(&lists, false);
}

void stet_cache_limits_(struct thread_cache *cache, bool on)
{
    for (unsigned c = 1; c < POOL_CLASSES; c++) {
        cache->magazine[c].limit = on && pooled ? magazine_limit_now(c) : 0;
        cache->magazine[c].take = FIRST_TAKEN;
    }
}

static void cache_end(void)
{
    struct thread_cache *cache = pool_own_cache();
    if (cache == NULL)
        return;
    stet_cache_flush_(cache, true);
    pthread_mutex_lock(&stet_caches_.lock);
    for (unsigned c = 0; c < POOL_CLASSES; c++)
        stet_caches_.ended.taken[c] += cache->taken[c] + cache->lost[c];
    stet_caches_.ended.large_blocks += cache->large_blocks;
    stet_caches_.ended.large_bytes += cache->large_bytes;
    if (cache->previous != NULL)
        cache->previous->next = cache->next;
    else
        stet_caches_.all = cache->next;
    if (cache->next != NULL)
        cache->next->previous = cache->previous;
    stet_cache_ = &stet_no_cache_; /* a later request takes another cache, and ends it in the same way */
    has_ended = true;
    cache->next = stet_caches_.unused; /* for the next thread that begins */
    stet_caches_.unused = cache;
    pthread_mutex_unlock(&stet_caches_.lock);
}

static void caches_lock_all(void)
{
    for (unsigned c = 0; c < POOL_CLASSES; c++)
        pthread_mutex_lock(&classes[c].lock);
    pthread_mutex_lock(&region_lock);
    pthread_mutex_lock(&stet_caches_.lock);
    pthread_mutex_lock(&stet_labels_lock_);
}

static void caches_unlock_all(bool in_child)
{
    (void)in_child;
    pthread_mutex_unlock(&stet_labels_lock_);
    pthread_mutex_unlock(&stet_caches_.lock);
    pthread_mutex_unlock(&region_lock);
    for (unsigned c = 0; c < POOL_CLASSES; c++)
        pthread_mutex_unlock(&classes[c].lock);
}

static void report_at_exit(void)
{
    if (report_leaks && stet_pool_stats().live_blocks != 0)
        stet_pool_report(stderr);
}

/*
 * Reads STET_POOL in the environment: on, off, or check. If it is not set, every block is visible to a tool that checks
 * memory, a debug build checks, and a report of leaks gets labels.
 */
static void choose_pool(void)
{
    const char *wanted = getenv("STET_POOL");
    bool on = wanted != NULL && strcmp(wanted, "on") == 0, off = wanted != NULL && strcmp(wanted, "off") == 0;
    bool tool = under_a_tool(), check = wanted != NULL && strcmp(wanted, "check") == 0;
    if (wanted != NULL && *wanted != '\0' && !on && !off && !check)
        fprintf(stderr, "stet: STET_POOL=%s: not one of on, off, check\n", wanted);
    quarantined = check || (STET_CHECKS_ && !on && !off && !tool);
    stet_pool_labelled_ = quarantined || (report_leaks && !on);
    from_libc = off || tool;
    pooled = STET_POOL && (on || !(from_libc || stet_pool_labelled_));
}

static const struct stet_hooks pool_hooks = {
    .thread_end = cache_end, .before_fork = caches_lock_all, .after_fork = caches_unlock_all};

__attribute__((__constructor__(102))) static void pool_loaded(void) { stet_hooks_[STET_POOL_] = &pool_hooks; }

static void pool_start(void)
{
    int before = errno;
    report_leaks |= stet_process_flag_("STET_LEAK_REPORT");
    choose_pool();
    pool_fenced = !stet_fences_exist_();
    (void)atexit(report_at_exit); /* if this fails, there is no report */
    errno = before;
}

void stet_pool_report_leaks_at_exit(void)
{
    pthread_once(&pool_once, pool_start);
    report_leaks = true;
}

struct thread_cache *stet_cache_get_(void)
{
    struct thread_cache *cache = pool_own_cache();
    if (STET_LIKELY(cache != NULL))
        return cache;
    pthread_once(&pool_once, pool_start);
    if (!stet_thread_will_end_()) /* otherwise the library would not notice the thread's end, or a fork */
        return NULL;
    __atomic_store_n(&in_use, true, __ATOMIC_RELAXED);
    pthread_mutex_lock(&stet_caches_.lock);
    cache = stet_caches_.unused;
    if (cache != NULL)
        stet_caches_.unused = cache->next;
    pthread_mutex_unlock(&stet_caches_.lock);
    if (cache == NULL)
        cache = allocator.allocate(sizeof *cache, 64, allocator.context);
    if (cache == NULL)
        return NULL;
    memset(cache, 0, sizeof *cache);
    pthread_mutex_lock(&stet_caches_.lock);
    cache->next = stet_caches_.all;
    if (stet_caches_.all != NULL)
        stet_caches_.all->previous = cache;
    stet_caches_.all = cache;
    /*
     * If the thread's first cache has ended, it is possible that no hook ends this one: its magazines must stay empty.
     */
    stet_cache_limits_(cache, !has_ended);
    cache->open = has_ended ? NULL : cache;
    stet_cache_ = cache;
    pthread_mutex_unlock(&stet_caches_.lock);
    return cache;
}

/* ---- before a request is refused ---- */

void stet_pool_on_shortage_(void (*reclaim)(void)) { __atomic_store_n(&on_shortage, reclaim, __ATOMIC_RELAXED); }

bool stet_pool_was_short_(void)
{
    struct thread_cache *cache = pool_own_cache();
    bool was = cache == NULL || cache->was_short; /* no cache: there was no memory for it */
    if (cache != NULL)
        cache->was_short = false;
    return was;
}

static void free_garbage(void)
{
    static _Thread_local bool at_it STET_THREAD_LOCAL_MODEL;
    void (*reclaim)(void) = __atomic_load_n(&on_shortage, __ATOMIC_RELAXED);
    if (at_it || reclaim == NULL)
        return;
    at_it = true;
    reclaim();
    at_it = false;
}

/*
 * Frees memory in steps, one a call; the caller repeats its request after each. False: no step is left. No lock of the
 * pool may be held. cache is the thread's cache, or NULL. With `calm` it frees no garbage, because the thread holds
 * other locks.
 */
static bool pool_relieve(struct thread_cache *cache, unsigned *step, bool calm)
{
    switch ((*step)++) {
    case 0:
        if (cache != NULL)
            cache_try_flush(cache, true);
        return true;
    case 1:
        if (!calm)
            free_garbage();
        if (cache != NULL) /* the blocks of the freed garbage are in the cache */
            cache_try_flush(cache, true);
        return true;
    case 2:
        caches_take(false);
        regions_trim(false);
        return true;
    default:
        if (cache != NULL)
            cache->was_short = true;
        return false;
    }
}

/* ---- the slow paths ---- */

/* Allocates straight from the allocator, within the budget; `more` bytes of the block are not counted. */
static void *allocate_held(struct thread_cache *cache, size_t size, size_t more, size_t align, bool calm)
{
    for (unsigned step = 0;;) {
        if (slab_hold(size)) {
            void *block = allocator.allocate(size + more, align, allocator.context);
            if (block != NULL)
                return block;
            slab_let_go(size);
        }
        if (!pool_relieve(cache, &step, calm))
            return NULL;
    }
}

static void *large_allocate(struct thread_cache *cache, size_t size, const char *name)
{
    void *block = allocate_held(cache, size, label_size(), 64, false);
    if (block == NULL)
        return NULL;
    if (stet_pool_labelled_)
        stet_label_put_(block, size, name);
    counter_add(&cache->large_blocks, 1);
    counter_add(&cache->large_bytes, (int64_t)size);
    return block;
}

static bool block_is_large(size_t c) { return !pooled || c >= POOL_CLASSES; }

void *stet_pool_keep_(size_t size)
{
    struct thread_cache *cache = stet_cache_get_();
    size_t rounded = (size + POOL_KEEP_ALIGN - 1) & ~(size_t)(POOL_KEEP_ALIGN - 1);
    if (cache == NULL || stet_pool_refuses_(cache))
        return NULL;
    void *block = allocate_held(cache, rounded, 0, POOL_KEEP_ALIGN, true);
    if (block != NULL)
        memset(block, 0, rounded);
    return block;
}

/* Takes a block from the magazine. If that is empty, the spare list becomes the magazine. NULL: both are empty. */
static void *magazine_pop(unsigned c, struct magazine *m)
{
    void *block = NULL;
    if (pool_enter()) {
        if (m->head == NULL && m->spare != NULL) {
            m->head = m->spare;
            count_set(m, magazine_limit(c));
            spare_set(m, NULL);
        }
        if ((block = m->head) != NULL) {
            m->head = *(void **)block;
            count_set(m, m->count - 1);
        }
    }
    pool_leave();
    return block;
}

/* Puts a list of n blocks from the slabs into the magazine if that is empty; otherwise returns them to the slabs. */
static void magazine_fill(struct thread_cache *cache, unsigned c, void *list, uint32_t n)
{
    struct magazine *m = &cache->magazine[c];
    bool fits = pool_enter() && m->head == NULL;
    if (fits) {
        m->head = list;
        count_set(m, n);
        if (m->limit != 0)
            m->limit = magazine_limit_now(c);
    }
    pool_leave();
    if (!fits && list != NULL) {
        class_return(c, list, true);
        counter_add(&cache->taken[c], -(int64_t)n);
    }
}

/*
 * Called when the pool has grown: empties the caches of idle threads before the pool grows further. This happens each
 * time that the pool has become larger by an eighth, so that passes over many threads are rare.
 */
static void find_idle(void)
{
    uint32_t now = __atomic_load_n(&growth, __ATOMIC_RELAXED), seen = __atomic_load_n(&growth_seen, __ATOMIC_RELAXED);
    uint32_t regions_held = (uint32_t)(stet_pool_held_() / REGION_SIZE);
    if (now - seen > regions_held / 8 &&
        __atomic_compare_exchange_n(&growth_seen, &seen, now, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        caches_take(true);
}

/* Called in the slow paths: notes that the thread is not idle. */
static void note_growth(struct thread_cache *cache)
{
    uint32_t now = __atomic_load_n(&growth, __ATOMIC_RELAXED);
    if (STET_LIKELY(cache->growth == now))
        return;
    __atomic_store_n(&cache->growth, now, __ATOMIC_RELAXED);
    find_idle();
}

static void *small_allocate(struct thread_cache *cache, unsigned c)
{
    struct magazine *m = &cache->magazine[c];
    void *block = magazine_pop(c, m);
    if (block != NULL)
        return block;
    uint32_t got;
    for (unsigned step = 0; (block = class_take(c, m->limit != 0 ? m->take : 1, &got)) == NULL;)
        if (!pool_relieve(cache, &step, false))
            return NULL;
    counter_add(&cache->taken[c], got);
    if (m->take <= m->limit / 4)
        m->take *= 2;
    magazine_fill(cache, c, *(void **)block, got - 1);
    note_growth(cache);
    return block;
}

const char *const stet_pool_scratch_ = "a call under way";

void *stet_pool_allocate_slow_(size_t size, const char *const *name)
{
    pool_leave();
    struct thread_cache *cache;
    if (size > PTRDIFF_MAX)
        return NULL;
    for (unsigned step = 0; (cache = stet_cache_get_()) == NULL;)
        if (!pool_relieve(NULL, &step, false))
            return NULL;
    if (stet_pool_refuses_(cache))
        return NULL;
    size_t c = (size + POOL_UNIT - 1) / POOL_UNIT;
    return block_is_large(c) ? large_allocate(cache, class_size(c), *name) : small_allocate(cache, (unsigned)c);
}

static void large_free(struct thread_cache *cache, void *block, size_t size)
{
    struct thread_cache *counts = cache;
    if (cache == NULL) {
        pthread_mutex_lock(&stet_caches_.lock);
        counts = &stet_caches_.ended;
    }
    counter_add(&counts->large_blocks, -1);
    counter_add(&counts->large_bytes, -(int64_t)size);
    if (cache == NULL)
        pthread_mutex_unlock(&stet_caches_.lock);
    if (stet_pool_labelled_)
        stet_label_remove_(block, size);
    if (!quarantined || cache == NULL || size > QUARANTINE_BYTES) {
        give_back(block, size);
        return;
    }
    quarantine_put(&cache->quarantine, block, size);
    quarantine_flush(cache, QUARANTINE_BYTES);
}

/* Lists for which a magazine has no room. */
struct spill {
    void *list[2];
    int64_t blocks;
};

/* Puts a block into the magazine. Lists for which the magazine has no room then go to *spill. */
static void magazine_push(unsigned c, struct magazine *m, void *block, struct spill *spill)
{
    *(void **)block = NULL;
    if (!pool_enter() || m->limit == 0) {
        *spill = (struct spill){{block}, 1};
    } else if (m->count < m->limit) { /* the call has just made the cache, or the cache was closed before */
        *(void **)block = m->head;
        m->head = block;
        count_set(m, m->count + 1);
    } else if (m->count == magazine_limit(c) && !class_is_thin(c)) {
        *spill = (struct spill){{m->spare}, m->spare != NULL ? magazine_limit(c) : 0};
        spare_set(m, m->head);
        m->head = block;
        count_set(m, 1);
    } else {
        *spill = (struct spill){{m->head, m->spare}, magazine_blocks(c, m)};
        spare_set(m, NULL);
        m->head = block;
        count_set(m, 1);
        m->limit = magazine_limit_now(c);
    }
    pool_leave();
}

static void small_free(struct thread_cache *cache, unsigned c, void *block)
{
    struct spill spill = {{NULL}, 0};
    __atomic_store_n(&cache->growth, __atomic_load_n(&growth, __ATOMIC_RELAXED), __ATOMIC_RELAXED);
    magazine_push(c, &cache->magazine[c], block, &spill);
    counter_add(&cache->taken[c], -spill.blocks);
    for (unsigned i = 0; i < 2; i++)
        class_return(c, spill.list[i], true);
}

/* Frees a block without a cache, when there is no memory for a cache: freeing must not fail. */
static void small_free_uncached(unsigned c, void *block)
{
    *(void **)block = NULL;
    class_return(c, block, true);
    pthread_mutex_lock(&stet_caches_.lock);
    stet_caches_.ended.taken[c]--;
    pthread_mutex_unlock(&stet_caches_.lock);
}

void stet_pool_free_slow_(void *block, size_t size)
{
    pool_leave();
    size_t c = (size + POOL_UNIT - 1) / POOL_UNIT;
    struct thread_cache *cache = stet_cache_get_();
    if (block_is_large(c))
        large_free(cache, block, class_size(c));
    else if (cache != NULL)
        small_free(cache, (unsigned)c, block);
    else
        small_free_uncached((unsigned)c, block);
}

/* ---- on request ---- */

size_t stet_pool_trim(void)
{
    size_t before = stet_pool_held_();
    if (pool_own_cache() != NULL)
        stet_cache_flush_(pool_own_cache(), false);
    caches_take(false);
    regions_trim(true);
    pthread_mutex_lock(&stet_caches_.lock);
    struct thread_cache *cache = stet_caches_.unused, *next_cache;
    stet_caches_.unused = NULL;
    pthread_mutex_unlock(&stet_caches_.lock);
    for (; cache != NULL; cache = next_cache) {
        next_cache = cache->next;
        allocator.deallocate(cache, sizeof *cache, 64, allocator.context);
    }
    size_t after = stet_pool_held_();
    return before > after ? before - after : 0;
}
