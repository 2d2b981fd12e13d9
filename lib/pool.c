/* SPDX-License-Identifier: MIT */
/*
 * pool.c - the only place that allocates.
 *
 *   thread      magazine[c]  a list of free blocks of 16 c bytes, and a spare full one     pool_cache.h
 *      | a list at a time, under the class's lock
 *   class       slabs with a free block
 *      | under the region lock
 *   region      2 MiB from the allocator, aligned to its size:  | header, slab[1..31] | 64 KiB | 64 KiB | ...
 *
 * A block's slab follows from its address. A slab serves one class, hands out its blocks in order and then those that
 * came back; wholly free, it goes back to its region, and a wholly free region to the allocator (one is kept). From
 * the second region on the kernel is asked for huge pages. When a thread ends, its lists go back to their slabs, and
 * its cache is the next thread's.
 *
 * Lock order: class, region, registry. Larger blocks and builds without a pool (-Dpool=false) go straight to the
 * allocator; the counting is the same. Fault injection sets a thread's limits to 0, so that every request comes here.
 *
 * A tool that checks memory must see each block: under AddressSanitizer, LeakSanitizer and memcheck, and where the
 * environment has STET_POOL=off, `pooled` is false, every limit is 0, and every block is one of libc's (or of the
 * allocator that the program has set). It is decided before the first block, and never changes.
 */
#include "pool_cache.h"
#include "pool_tools.h"
#include "pool_watch.h"
#include "process.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#if STET_ALLOCATOR_MIMALLOC
#    include <mimalloc.h>
#endif

#define REGION_SIZE ((size_t)2 << 20)
#define SLAB_SIZE ((size_t)64 << 10)
#define SLABS (REGION_SIZE / SLAB_SIZE)
#define MAGAZINE_BYTES ((size_t)32 << 10)
#define FIRST_TAKEN 4 /* blocks of a class that a thread takes at first; then twice as many each time */
/* Unused slabs that stay resident: so many, and a quarter of those in use. Beyond that the pages of a region go back
 * to the system when so many of its unused slabs have some. */
#define DIRTY_SLABS 64
#define DIRTY_IN_REGION 4

struct slab {
    void *free;        /* blocks that came back */
    struct slab *next; /* class: with a free block; region: unused */
    struct slab *previous;
    uint32_t used;  /* blocks in hands or magazines */
    uint16_t fresh; /* blocks never handed out begin here */
    uint16_t class; /* 0: unused */
};

struct region {
    struct slab slab[SLABS]; /* 0 is this header */
    struct region *next, *previous;
    uint32_t used;  /* slabs of a class */
    uint32_t dirty; /* a bit for each unused slab whose pages may be resident */
    bool huge;      /* the kernel was asked for huge pages; it is asked for none while unused slabs have no pages */
};

struct class
{
    pthread_mutex_t lock;
    struct slab *partial;
    int64_t used; /* blocks in hands or magazines, all slabs */
};

_Thread_local struct thread_cache *stet_cache_ __attribute__((__tls_model__("initial-exec")));

static struct class classes[POOL_CLASSES] = {[0 ... POOL_CLASSES - 1] = {.lock = PTHREAD_MUTEX_INITIALIZER}};
static pthread_mutex_t region_lock = PTHREAD_MUTEX_INITIALIZER;
static struct region *regions; /* those with an unused slab */
static size_t region_count, spare_regions, used_slabs, dirty_slabs;
static pthread_mutex_t registry_lock = PTHREAD_MUTEX_INITIALIZER;
static struct thread_cache *caches, *free_caches;
static struct thread_cache ended; /* the figures of threads that are gone */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool in_use; /* something was allocated: allocator and seed are settled */
static bool report_leaks;
static bool pooled = STET_POOL; /* false: every block straight from the allocator. Written by start() alone */
static bool from_libc;          /* the default allocator is libc's, whatever the build says; the same */
static bool labelled;           /* and each block has a label; the same. Not pooled */
static bool quarantined;        /* and freed blocks are kept for a while; the same. Not pooled */

/* Bytes of slabs and large blocks; the budget is on these. Relaxed: counts that order nothing. */
size_t stet_pool_held_bytes_;
static size_t peak_bytes, budget = SIZE_MAX;

/* ---- the allocator ---- */

static void *default_allocate(size_t size, size_t align, void *context)
{
    (void)context;
#if STET_ALLOCATOR_MIMALLOC
    if (!from_libc)
        return mi_malloc_aligned(size, align);
#endif
    void *block = NULL;
    return posix_memalign(&block, align < sizeof(void *) ? sizeof(void *) : align, size) == 0 ? block : NULL;
}

static void default_deallocate(void *block, size_t size, size_t align, void *context)
{
    (void)size;
    (void)align;
    (void)context;
#if STET_ALLOCATOR_MIMALLOC
    if (!from_libc) {
        mi_thread_init(); /* also in a thread that only frees */
        mi_free(block);
        return;
    }
#endif
    free(block);
}

static struct stet_allocator chosen = {default_allocate, default_deallocate, NULL};

/* The chosen one, and errno stays the caller's: it may change where memory was found in the end, too. */
static void *allocate_silently(size_t size, size_t align, void *context)
{
    int before = errno;
    (void)context;
    void *block = chosen.allocate(size, align, chosen.context);
    errno = before;
    return block;
}

static void deallocate_silently(void *block, size_t size, size_t align, void *context)
{
    int before = errno;
    (void)context;
    chosen.deallocate(block, size, align, chosen.context);
    errno = before;
}

static const struct stet_allocator allocator = {allocate_silently, deallocate_silently, NULL};

/* Tells the system about pages; errno stays the caller's. */
static bool advise(void *pages, size_t size, int advice)
{
    int before = errno;
    bool taken = madvise(pages, size, advice) == 0;
    errno = before;
    return taken;
}

bool stet_pool_set_allocator(const struct stet_allocator *a)
{
    bool early = !__atomic_load_n(&in_use, __ATOMIC_RELAXED);
    assert(early && "the allocator must be set before anything is allocated");
    if (early)
        chosen = *a;
    return early;
}

bool stet_pool_in_use_(void) { return __atomic_load_n(&in_use, __ATOMIC_RELAXED); }

/* Takes `bytes` out of the budget. */
static bool hold(size_t bytes)
{
    size_t held = stet_pool_held_();
    do {
        size_t limit = __atomic_load_n(&budget, __ATOMIC_RELAXED);
        if (held > limit || bytes > limit - held)
            return false;
    } while (!__atomic_compare_exchange_n(&stet_pool_held_bytes_, &held, held + bytes, true, __ATOMIC_RELAXED,
                                          __ATOMIC_RELAXED));
    size_t peak = __atomic_load_n(&peak_bytes, __ATOMIC_RELAXED);
    while (held + bytes > peak &&
           !__atomic_compare_exchange_n(&peak_bytes, &peak, held + bytes, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        ;
    return true;
}

static void let_go(size_t bytes) { __atomic_fetch_sub(&stet_pool_held_bytes_, bytes, __ATOMIC_RELAXED); }

void stet_pool_set_budget(size_t bytes) { __atomic_store_n(&budget, bytes == 0 ? SIZE_MAX : bytes, __ATOMIC_RELAXED); }

/* ---- regions and slabs ---- */

static struct region *region_of(const void *p) { return (struct region *)((uintptr_t)p & ~(REGION_SIZE - 1)); }

static struct slab *slab_of(const void *block)
{
    return &region_of(block)->slab[((uintptr_t)block & (REGION_SIZE - 1)) / SLAB_SIZE];
}

static char *slab_start(const struct slab *s)
{
    struct region *r = region_of(s);
    return (char *)r + (size_t)(s - r->slab) * SLAB_SIZE;
}

static void region_link(struct region *r)
{
    r->previous = NULL;
    r->next = regions;
    if (regions != NULL)
        regions->previous = r;
    regions = r;
}

static void region_unlink(struct region *r)
{
    if (r->previous != NULL)
        r->previous->next = r->next;
    else
        regions = r->next;
    if (r->next != NULL)
        r->next->previous = r->previous;
}

static struct region *region_new(void)
{
    struct region *r = allocator.allocate(REGION_SIZE, REGION_SIZE, allocator.context);
    if (r == NULL)
        return NULL;
    bool huge = ++region_count > 1 && advise(r, REGION_SIZE, MADV_HUGEPAGE); /* advice: nothing depends on it */
    memset(r, 0, sizeof *r);
    r->huge = huge;
    region_link(r);
    spare_regions++;
    return r;
}

/*
 * With the region lock: takes a wholly unused region out of the pool. It is the caller's, who gives it back without the
 * lock, because that may take long.
 */
static void region_take_out(struct region *r, struct region **gone)
{
    region_unlink(r);
    region_count--;
    spare_regions--;
    dirty_slabs -= (size_t)__builtin_popcount(r->dirty);
    r->next = *gone;
    *gone = r;
}

/*
 * Gives these regions back. Their pages go to the system first: an allocator may keep what is freed, above all when
 * another thread frees it than took it.
 */
static void regions_give(struct region *gone)
{
    for (struct region *r = gone, *next; r != NULL; r = next) {
        next = r->next;
        advise(r, REGION_SIZE, MADV_DONTNEED);
        allocator.deallocate(r, REGION_SIZE, REGION_SIZE, allocator.context);
    }
}

/* With the region lock: the pages of a region's unused slabs go to the system. */
static void region_purge(struct region *r)
{
    if (r->dirty == 0)
        return;
    if (r->huge) /* or the kernel would fill the gaps to make a huge page */
        advise(r, REGION_SIZE, MADV_NOHUGEPAGE);
    for (unsigned i = 1; i < SLABS; i++) {
        unsigned n = 0;
        while (i + n < SLABS && (r->dirty >> (i + n) & 1) != 0)
            n++;
        if (n != 0)
            advise(slab_start(&r->slab[i]), n * SLAB_SIZE, MADV_DONTNEED);
        i += n;
    }
    dirty_slabs -= (size_t)__builtin_popcount(r->dirty);
    r->dirty = 0;
}

/* An unused slab of a region that has one: rather one with pages. */
static struct slab *slab_unused(struct region *r)
{
    if (r->dirty != 0) {
        unsigned i = (unsigned)__builtin_ctz(r->dirty);
        r->dirty &= r->dirty - 1;
        dirty_slabs--;
        return &r->slab[i];
    }
    struct slab *s = &r->slab[1];
    while (s->class != 0)
        s++;
    return s;
}

/* An unused slab for class c, or NULL. Regions that are in use come first: a wholly free one may yet go. */
static struct slab *slab_take(unsigned c)
{
    if (!hold(SLAB_SIZE))
        return NULL;
    pthread_mutex_lock(&region_lock);
    struct region *r = regions != NULL ? regions : region_new();
    struct slab *s = NULL;
    if (r != NULL) {
        s = slab_unused(r);
        *s = (struct slab){.class = (uint16_t)c};
        spare_regions -= r->used == 0;
        used_slabs++;
        if (++r->used == SLABS - 1) {
            region_unlink(r);
            if (r->huge)
                advise(r, REGION_SIZE, MADV_HUGEPAGE);
        }
    }
    pthread_mutex_unlock(&region_lock);
    if (s == NULL)
        let_go(SLAB_SIZE);
    return s;
}

/* No unused region stays, and no page of an unused slab. */
static void regions_trim(void)
{
    struct region *gone = NULL;
    pthread_mutex_lock(&region_lock);
    for (struct region *r = regions, *next; r != NULL; r = next) {
        next = r->next;
        if (r->used == 0)
            region_take_out(r, &gone);
        else
            region_purge(r);
    }
    pthread_mutex_unlock(&region_lock);
    regions_give(gone);
}

/* keep: one unused region stays, and one for eight that are in use. What is not kept joins *gone. */
static void slab_return(struct slab *s, bool keep, struct region **gone)
{
    struct region *r = region_of(s);
    pthread_mutex_lock(&region_lock);
    s->class = 0;
    r->dirty |= UINT32_C(1) << (s - r->slab);
    dirty_slabs++;
    used_slabs--;
    if (r->used-- == SLABS - 1)
        region_link(r);
    spare_regions += r->used == 0;
    if (r->used == 0 && spare_regions > (keep ? 1 + (region_count - spare_regions) / 8 : 0))
        region_take_out(r, gone);
    else if (dirty_slabs > DIRTY_SLABS + used_slabs / 4 && __builtin_popcount(r->dirty) >= DIRTY_IN_REGION)
        region_purge(r);
    pthread_mutex_unlock(&region_lock);
    let_go(SLAB_SIZE);
}

static uint32_t slab_capacity(unsigned c) { return (uint32_t)(SLAB_SIZE / (c * POOL_UNIT)); }

/* ---- a class: lists of blocks in and out ---- */

static void partial_link(struct class *k, struct slab *s)
{
    s->previous = NULL;
    s->next = k->partial;
    if (k->partial != NULL)
        k->partial->previous = s;
    k->partial = s;
}

static void partial_unlink(struct class *k, struct slab *s)
{
    if (s->previous != NULL)
        s->previous->next = s->next;
    else
        k->partial = s->next;
    if (s->next != NULL)
        s->next->previous = s->previous;
}

/* Up to n blocks of class c as a list; *got of them. */
static void *class_take(unsigned c, uint32_t n, uint32_t *got)
{
    struct class *k = &classes[c];
    void *list = NULL, **tail = &list;
    uint32_t taken = 0;
    pthread_mutex_lock(&k->lock);
    while (taken < n) {
        struct slab *s = k->partial;
        if (s == NULL) {
            if (taken > 0 || (s = slab_take(c)) == NULL)
                break;
            partial_link(k, s);
        }
        uint32_t capacity = slab_capacity(c);
        while (taken < n && s->used < capacity) {
            void *block = s->free;
            if (block != NULL)
                s->free = *(void **)block;
            else
                block = slab_start(s) + (size_t)s->fresh++ * c * POOL_UNIT;
            *tail = block;
            tail = block;
            s->used++;
            taken++;
        }
        if (s->used == capacity)
            partial_unlink(k, s);
    }
    *tail = NULL;
    k->used += taken;
    pthread_mutex_unlock(&k->lock);
    *got = taken;
    return list;
}

static void class_return(unsigned c, void *list, bool keep)
{
    struct class *k = &classes[c];
    struct region *gone = NULL;
    uint32_t capacity = slab_capacity(c);
    if (list == NULL)
        return;
    pthread_mutex_lock(&k->lock);
    while (list != NULL) {
        void *block = list;
        list = *(void **)block;
        struct slab *s = slab_of(block);
        *(void **)block = s->free;
        s->free = block;
        k->used--;
        if (s->used-- == capacity)
            partial_link(k, s);
        if (s->used == 0) {
            partial_unlink(k, s);
            slab_return(s, keep, &gone);
        }
    }
    pthread_mutex_unlock(&k->lock);
    regions_give(gone);
}

/* ---- a thread's cache ---- */

static uint32_t magazine_limit(unsigned c)
{
    size_t n = MAGAZINE_BYTES / (c * POOL_UNIT);
    return (uint32_t)(n > 256 ? 256 : n);
}

/* What a cache has taken, and its spare lists, are written by their thread alone, and read by stet_pool_stats(). */
static void taken_add(struct thread_cache *cache, size_t c, int64_t blocks)
{
    __atomic_store_n(&cache->taken[c], cache->taken[c] + blocks, __ATOMIC_RELAXED);
}

static void spare_set(struct magazine *m, void *list) { __atomic_store_n(&m->spare, list, __ATOMIC_RELAXED); }

/* ---- blocks straight from the allocator ---- */

static size_t label_size(void) { return labelled ? sizeof(struct label) : 0; }

static void give_back(void *block, size_t size)
{
    allocator.deallocate(block, size + label_size(), 64, allocator.context);
    let_go(size);
}

static void quarantine_flush(struct thread_cache *cache, size_t keep)
{
    size_t size;
    for (void *block; (block = quarantine_take(&cache->quarantine, keep, &size)) != NULL;)
        give_back(block, size);
}

static void cache_flush(struct thread_cache *cache, bool keep)
{
    quarantine_flush(cache, 0);
    for (unsigned c = 1; c < POOL_CLASSES; c++) {
        struct magazine *m = &cache->magazine[c];
        taken_add(cache, c, -(int64_t)(m->count + (m->spare != NULL ? magazine_limit(c) : 0)));
        class_return(c, m->head, keep);
        class_return(c, m->spare, keep);
        m->head = NULL;
        spare_set(m, NULL);
        __atomic_store_n(&m->count, 0, __ATOMIC_RELAXED);
    }
}

static void cache_limits(struct thread_cache *cache, bool on)
{
    for (unsigned c = 1; c < POOL_CLASSES; c++) {
        cache->magazine[c].limit = on && pooled ? magazine_limit(c) : 0;
        cache->magazine[c].take = FIRST_TAKEN;
    }
}

/* For the next thread that begins. With the registry lock. */
static void cache_put_away(struct thread_cache *cache)
{
    cache->next = free_caches;
    free_caches = cache;
}

static void cache_end(void *cache_)
{
    struct thread_cache *cache = cache_;
    stet_cache_ = cache;
    stet_release_all_(); /* releases may allocate */
    cache_flush(cache, true);
    pthread_mutex_lock(&registry_lock);
    for (unsigned c = 0; c < POOL_CLASSES; c++)
        ended.taken[c] += cache->taken[c];
    ended.large_blocks += cache->large_blocks;
    ended.large_bytes += cache->large_bytes;
    if (cache->previous != NULL)
        cache->previous->next = cache->next;
    else
        caches = cache->next;
    if (cache->next != NULL)
        cache->next->previous = cache->previous;
    stet_cache_ = NULL; /* a later request in this thread takes another cache, and this destructor runs again */
    cache_put_away(cache);
    pthread_mutex_unlock(&registry_lock);
}

static void lock_all(void)
{
    for (unsigned c = 0; c < POOL_CLASSES; c++)
        pthread_mutex_lock(&classes[c].lock);
    pthread_mutex_lock(&region_lock);
    pthread_mutex_lock(&registry_lock);
    pthread_mutex_lock(&labels_lock);
}

static void unlock_all(void)
{
    pthread_mutex_unlock(&labels_lock);
    pthread_mutex_unlock(&registry_lock);
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
 * STET_POOL in the environment: on, off, check. Without it a tool that watches gets each block, a debug build checks,
 * and who wants to know what leaks gets labels.
 */
static void choose_pool(void)
{
    const char *wanted = getenv("STET_POOL");
    bool on = wanted != NULL && strcmp(wanted, "on") == 0, off = wanted != NULL && strcmp(wanted, "off") == 0;
    bool tool = under_a_tool(), check = wanted != NULL && strcmp(wanted, "check") == 0;
    quarantined = check || (STET_CHECKS_ && !on && !off && !tool);
    labelled = quarantined || (report_leaks && !on);
    from_libc = off || tool;
    pooled = STET_POOL && (on || !(from_libc || labelled));
}

static struct stet_process process = {
    .thread_end = cache_end, .before_fork = lock_all, .in_parent = unlock_all, .in_child = unlock_all};

static void start(void)
{
    int before = errno;
    const char *wanted = getenv("STET_LEAK_REPORT");
    if (wanted != NULL && *wanted != '\0' && *wanted != '0')
        report_leaks = true;
    choose_pool();
    (void)stet_process_ask_(&process); /* asked again with each request until it is granted */
    (void)atexit(report_at_exit);      /* without memory for it there is no report */
    errno = before;
}

void stet_pool_report_leaks_at_exit(void)
{
    pthread_once(&once, start);
    report_leaks = true;
}

static struct thread_cache *cache_get(void)
{
    struct thread_cache *cache = stet_cache_;
    if (STET_LIKELY(cache != NULL))
        return cache;
    pthread_once(&once, start);
    if (!stet_process_ask_(&process)) /* the end of this thread, or a fork, would go unnoticed */
        return NULL;
    __atomic_store_n(&in_use, true, __ATOMIC_RELAXED);
    pthread_mutex_lock(&registry_lock);
    cache = free_caches;
    if (cache != NULL)
        free_caches = cache->next;
    pthread_mutex_unlock(&registry_lock);
    if (cache == NULL)
        cache = allocator.allocate(sizeof *cache, 64, allocator.context);
    if (cache == NULL)
        return NULL;
    memset(cache, 0, sizeof *cache);
    cache_limits(cache, true);
    bool ends = stet_process_tell_at_end_(&process, cache);
    pthread_mutex_lock(&registry_lock);
    if (ends) {
        cache->next = caches;
        if (caches != NULL)
            caches->previous = cache;
        caches = cache;
        stet_cache_ = cache;
    } else {
        cache_put_away(cache);
    }
    pthread_mutex_unlock(&registry_lock);
    return stet_cache_;
}

bool stet_pool_at_thread_end_(void) { return cache_get() != NULL; }

/* ---- the slow paths ---- */

static size_t class_size(size_t c) { return c * POOL_UNIT; }

static void *large_allocate(struct thread_cache *cache, size_t size, const char *name)
{
    if (!hold(size)) {
        quarantine_flush(cache, 0);
        if (!hold(size))
            return NULL;
    }
    void *block = allocator.allocate(size + label_size(), 64, allocator.context);
    if (block == NULL) {
        let_go(size);
        return NULL;
    }
    if (labelled)
        label_put(block, size, name);
    __atomic_store_n(&cache->large_blocks, cache->large_blocks + 1, __ATOMIC_RELAXED);
    __atomic_store_n(&cache->large_bytes, cache->large_bytes + (int64_t)size, __ATOMIC_RELAXED);
    return block;
}

static bool is_large(size_t c) { return !pooled || c >= POOL_CLASSES; }

/* Counts a request while faults are injected, and tells whether it is one that fails. */
static bool refused(struct thread_cache *cache)
{
    if (!cache->faulting)
        return false;
    uint64_t nth = ++cache->requests;
    return cache->fail_first != 0 && nth >= cache->fail_first && nth - cache->fail_first < cache->fail_count;
}

void *stet_pool_keep_(size_t size)
{
    struct thread_cache *cache = cache_get();
    if (cache == NULL || refused(cache) || !hold(size))
        return NULL;
    void *block = allocator.allocate(size, POOL_KEEP_ALIGN, allocator.context);
    if (block == NULL)
        let_go(size);
    else
        memset(block, 0, size);
    return block;
}

const char *const stet_pool_scratch_ = "a call under way";

void *stet_pool_allocate_slow_(size_t size, const char *const *name)
{
    struct thread_cache *cache = cache_get();
    if (cache == NULL || size > PTRDIFF_MAX || refused(cache))
        return NULL;
    size_t c = (size + POOL_UNIT - 1) / POOL_UNIT;
    if (is_large(c))
        return large_allocate(cache, class_size(c), *name);
    struct magazine *m = &cache->magazine[c];
    void *list = m->spare;
    uint32_t got = m->limit;
    if (list == NULL) {
        list = class_take((unsigned)c, m->limit != 0 ? m->take : 1, &got);
        if (list == NULL)
            return NULL;
        taken_add(cache, c, got);
        if (m->take <= m->limit / 4)
            m->take *= 2;
    }
    spare_set(m, NULL);
    m->head = *(void **)list;
    __atomic_store_n(&m->count, got - 1, __ATOMIC_RELAXED);
    return list;
}

/* A block that is no longer live. cache NULL: there is no memory for one. */
static void large_free(struct thread_cache *cache, void *block, size_t size)
{
    if (labelled)
        label_remove(block, size);
    if (!quarantined || cache == NULL || size > QUARANTINE_BYTES) {
        give_back(block, size);
        return;
    }
    quarantine_put(&cache->quarantine, block, size);
    quarantine_flush(cache, QUARANTINE_BYTES);
}

void stet_pool_free_slow_(void *block, size_t size)
{
    size_t c = (size + POOL_UNIT - 1) / POOL_UNIT;
    struct thread_cache *cache = cache_get();
    if (is_large(c)) {
        struct thread_cache *counts = cache;
        if (cache == NULL) {
            pthread_mutex_lock(&registry_lock);
            counts = &ended;
        }
        __atomic_store_n(&counts->large_blocks, counts->large_blocks - 1, __ATOMIC_RELAXED);
        __atomic_store_n(&counts->large_bytes, counts->large_bytes - (int64_t)class_size(c), __ATOMIC_RELAXED);
        if (cache == NULL)
            pthread_mutex_unlock(&registry_lock);
        large_free(cache, block, class_size(c));
        return;
    }
    *(void **)block = NULL;
    if (cache == NULL) { /* no memory for a cache: freeing must not fail */
        class_return((unsigned)c, block, true);
        pthread_mutex_lock(&registry_lock);
        ended.taken[c]--;
        pthread_mutex_unlock(&registry_lock);
        return;
    }
    struct magazine *m = &cache->magazine[c];
    if (m->count < m->limit) { /* the cache was made by this very call */
        *(void **)block = m->head;
        m->head = block;
        __atomic_store_n(&m->count, m->count + 1, __ATOMIC_RELAXED);
        return;
    }
    if (m->limit == 0) {
        class_return((unsigned)c, block, true);
        taken_add(cache, c, -1);
        return;
    }
    if (m->spare != NULL) {
        class_return((unsigned)c, m->spare, true);
        taken_add(cache, c, -(int64_t)m->limit);
    }
    spare_set(m, m->head);
    m->head = block;
    __atomic_store_n(&m->count, 1, __ATOMIC_RELAXED);
}

/* ---- figures ---- */

static void add_stats(struct stet_pool_usage *stats, const struct thread_cache *cache)
{
    for (unsigned c = 1; c < POOL_CLASSES; c++) {
        const struct magazine *m = &cache->magazine[c];
        int64_t cached = __atomic_load_n(&m->count, __ATOMIC_RELAXED);
        if (__atomic_load_n(&m->spare, __ATOMIC_RELAXED) != NULL)
            cached += magazine_limit(c);
        int64_t live = __atomic_load_n(&cache->taken[c], __ATOMIC_RELAXED) - cached;
        stats->live_blocks += live;
        stats->live_bytes += live * (int64_t)class_size(c);
        stats->cached_bytes += (uint64_t)cached * class_size(c);
    }
    stats->cached_bytes += __atomic_load_n(&cache->quarantine.bytes, __ATOMIC_RELAXED);
    stats->live_blocks += __atomic_load_n(&cache->large_blocks, __ATOMIC_RELAXED);
    stats->live_bytes += __atomic_load_n(&cache->large_bytes, __ATOMIC_RELAXED);
}

struct stet_pool_usage stet_pool_stats_thread(void)
{
    struct stet_pool_usage stats = {0};
    if (stet_cache_ != NULL)
        add_stats(&stats, stet_cache_);
    return stats;
}

struct stet_pool_usage stet_pool_stats(void)
{
    struct stet_pool_usage stats = {0};
    pthread_mutex_lock(&registry_lock);
    add_stats(&stats, &ended);
    for (const struct thread_cache *cache = caches; cache != NULL; cache = cache->next)
        add_stats(&stats, cache);
    pthread_mutex_unlock(&registry_lock);
    stats.slab_bytes = stet_pool_held_();
    stats.peak_bytes = __atomic_load_n(&peak_bytes, __ATOMIC_RELAXED);
    return stats;
}

size_t stet_pool_trim(void)
{
    size_t before = stet_pool_held_();
    if (stet_cache_ != NULL)
        cache_flush(stet_cache_, false);
    regions_trim();
    pthread_mutex_lock(&registry_lock);
    struct thread_cache *cache = free_caches, *next_cache;
    free_caches = NULL;
    pthread_mutex_unlock(&registry_lock);
    for (; cache != NULL; cache = next_cache) {
        next_cache = cache->next;
        allocator.deallocate(cache, sizeof *cache, 64, allocator.context);
    }
    size_t after = stet_pool_held_();
    return before > after ? before - after : 0;
}

static void report_names(FILE *out)
{
    struct label_sum sum[LABEL_SUMS];
    for (unsigned i = 0, n = labels_sum(sum); i < n; i++)
        fprintf(out, "stet: %8lld of %s, %zu bytes\n", (long long)sum[i].blocks, sum[i].name, sum[i].bytes);
}

static void report_sizes(const struct stet_pool_usage *stats, FILE *out)
{
    int64_t larger = stats->live_blocks;
    for (unsigned c = 1; c < POOL_CLASSES; c++) {
        pthread_mutex_lock(&registry_lock);
        struct thread_cache *all = &ended;
        int64_t live = all->taken[c];
        for (const struct thread_cache *cache = caches; cache != NULL; cache = cache->next) {
            const struct magazine *m = &cache->magazine[c];
            live += __atomic_load_n(&cache->taken[c], __ATOMIC_RELAXED) - __atomic_load_n(&m->count, __ATOMIC_RELAXED) -
                    (__atomic_load_n(&m->spare, __ATOMIC_RELAXED) != NULL ? magazine_limit(c) : 0);
        }
        pthread_mutex_unlock(&registry_lock);
        if (live != 0)
            fprintf(out, "stet: %8lld of %zu bytes\n", (long long)live, class_size(c));
        larger -= live;
    }
    if (larger != 0)
        fprintf(out, "stet: %8lld straight from the allocator\n", (long long)larger);
}

int64_t stet_pool_report(FILE *out)
{
    struct stet_pool_usage stats = stet_pool_stats();
    int before = errno; /* a stream's first write may change it */
    fprintf(out, "stet: %lld blocks live, %lld bytes; %llu cached, %llu held, at most %llu\n",
            (long long)stats.live_blocks, (long long)stats.live_bytes, (unsigned long long)stats.cached_bytes,
            (unsigned long long)stats.slab_bytes, (unsigned long long)stats.peak_bytes);
    if (labelled)
        report_names(out);
    else
        report_sizes(&stats, out);
    errno = before;
    return stats.live_blocks;
}

/* ---- faults ---- */

void stet_pool_fault(uint64_t nth, uint64_t count)
{
    struct thread_cache *cache = cache_get();
    if (cache == NULL)
        return;
    cache_flush(cache, true);
    cache_limits(cache, false);
    cache->faulting = true;
    cache->requests = 0;
    cache->fail_first = nth;
    cache->fail_count = count;
}

uint64_t stet_pool_requests(void) { return stet_cache_ != NULL ? stet_cache_->requests : 0; }

void stet_pool_fault_end(void)
{
    if (stet_cache_ == NULL)
        return;
    stet_cache_->faulting = false;
    cache_limits(stet_cache_, true);
}
