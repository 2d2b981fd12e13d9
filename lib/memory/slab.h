/* SPDX-License-Identifier: MIT */
/*
 * memory/slab.h - where the pool takes blocks from and returns them to: the allocator and the budget, regions, slabs,
 * classes. Included by pool.c alone, which has the drawing and the order of locks.
 */
#ifndef STET_POOL_SLAB_H
#define STET_POOL_SLAB_H

#include "memory/caches.h"

#include <errno.h>
#if STET_ALLOCATOR_MIMALLOC
#    include <mimalloc.h>
#endif

#define REGION_SIZE ((size_t)2 << 20)
#define SLAB_SIZE ((size_t)64 << 10)
#define SLABS (REGION_SIZE / SLAB_SIZE)
#define FEW_SLABS 8 /* a class with up to this many slabs is never thin */
/*
 * Up to DIRTY_SLABS unused slabs, and a quarter as many as are in use, may stay in memory. Beyond that the pages of a
 * region are returned to the system when at least DIRTY_IN_REGION of its unused slabs have pages.
 */
#define DIRTY_SLABS 64
#define DIRTY_IN_REGION 4

struct slab {
    void *free;        /* freed blocks */
    struct slab *next; /* in a class: the next slab with a free block; in a region: the next unused slab */
    struct slab *previous;
    uint32_t used;  /* blocks that are live or in caches */
    uint16_t fresh; /* index of the first block that was never allocated */
    uint16_t class; /* 0: unused */
};

struct region {
    struct slab slab[SLABS]; /* slab[0] stands for this header */
    struct region *next, *previous;
    uint32_t used;  /* slabs that belong to a class */
    uint32_t dirty; /* a bit for each unused slab whose pages may be resident */
    bool huge;      /* huge pages are requested (madvise), except while unused slabs have no pages */
};

struct class
{
    pthread_mutex_t lock;
    struct slab *partial;
    int64_t used; /* live blocks, and blocks in caches, of all slabs; written with the lock, as is `slabs` */
    int64_t slabs;
};

static struct class classes[POOL_CLASSES] = {[0 ... POOL_CLASSES - 1] = {.lock = PTHREAD_MUTEX_INITIALIZER}};
static pthread_mutex_t region_lock = PTHREAD_MUTEX_INITIALIZER;
static struct region *regions; /* those with an unused slab */
static size_t region_count, spare_regions, used_slabs, dirty_slabs;
static uint32_t growth; /* the number of regions taken so far */

static bool from_libc; /* the default allocator is libc's, whatever the build option; set by pool_start() alone */
/*
 * Limits stet_pool_held_bytes_: the bytes of slabs and large blocks. Accesses are relaxed, because these numbers order
 * nothing.
 */
static size_t budget = SIZE_MAX;
size_t stet_pool_peak_bytes_;

/* ---- the allocator ---- */

static void *default_allocate(size_t size, size_t align, void *context)
{
    (void)context;
#if STET_ALLOCATOR_MIMALLOC
    if (!from_libc)
        return mi_malloc_aligned(size, align);
#endif
    return os_allocate(size, align);
}

static void default_deallocate(void *block, size_t size, size_t align, void *context)
{
    (void)size;
    (void)align;
    (void)context;
#if STET_ALLOCATOR_MIMALLOC
    if (!from_libc) {
        mi_thread_init(); /* needed, too, in a thread that only frees */
        mi_free(block);
        return;
    }
#endif
    os_free(block);
}

static struct stet_allocator chosen = {default_allocate, default_deallocate, NULL};

/* Calls the allocator and keeps errno, which the allocator may change even if it finds memory. */
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

/* Charges `bytes` to the budget. False: the budget is spent. */
static bool slab_hold(size_t bytes)
{
    size_t held = stet_pool_held_();
    do {
        size_t limit = __atomic_load_n(&budget, __ATOMIC_RELAXED);
        if (held > limit || bytes > limit - held)
            return false;
    } while (!__atomic_compare_exchange_n(&stet_pool_held_bytes_, &held, held + bytes, true, __ATOMIC_RELAXED,
                                          __ATOMIC_RELAXED));
    size_t peak = __atomic_load_n(&stet_pool_peak_bytes_, __ATOMIC_RELAXED);
    while (held + bytes > peak && !__atomic_compare_exchange_n(&stet_pool_peak_bytes_, &peak, held + bytes, true,
                                                               __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        ;
    return true;
}

static void slab_let_go(size_t bytes) { __atomic_fetch_sub(&stet_pool_held_bytes_, bytes, __ATOMIC_RELAXED); }

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
    /* Only advice: nothing depends on the result. */
    bool huge = ++region_count > 1 && stet_os_pages_huge_(r, REGION_SIZE, true);
    memset(r, 0, sizeof *r);
    r->huge = huge;
    __atomic_store_n(&growth, growth + 1, __ATOMIC_RELAXED);
    region_link(r);
    spare_regions++;
    return r;
}

/*
 * With the region lock: moves a wholly unused region from the pool to the list *gone. The caller frees it without the
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
 * Returns these regions to the allocator. Their pages are returned to the system first, because an allocator may keep
 * freed memory, especially if it was allocated by another thread.
 */
static void regions_give(struct region *gone)
{
    for (struct region *r = gone, *next; r != NULL; r = next) {
        next = r->next;
        stet_os_pages_unused_(r, REGION_SIZE);
        allocator.deallocate(r, REGION_SIZE, REGION_SIZE, allocator.context);
    }
}

/* Called with the region lock: returns the pages of a region's unused slabs to the system. */
static void region_purge(struct region *r)
{
    if (r->dirty == 0)
        return;
    if (r->huge) /* otherwise the kernel would fill the gaps to make a huge page again */
        stet_os_pages_huge_(r, REGION_SIZE, false);
    for (unsigned i = 1; i < SLABS; i++) {
        unsigned n = 0;
        while (i + n < SLABS && (r->dirty >> (i + n) & 1) != 0)
            n++;
        if (n != 0)
            stet_os_pages_unused_(slab_start(&r->slab[i]), n * SLAB_SIZE);
        i += n;
    }
    dirty_slabs -= (size_t)__builtin_popcount(r->dirty);
    r->dirty = 0;
}

/* Returns an unused slab of a region that has one, if possible one whose pages are in memory. */
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

/* Returns an unused slab for class c, or NULL. */
static struct slab *slab_take(unsigned c)
{
    if (!slab_hold(SLAB_SIZE))
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
                stet_os_pages_huge_(r, REGION_SIZE, true);
        }
    }
    pthread_mutex_unlock(&region_lock);
    if (s == NULL)
        slab_let_go(SLAB_SIZE);
    return s;
}

/* Frees all unused regions, and if `pages` is true, also the pages of all unused slabs. */
static void regions_trim(bool pages)
{
    struct region *gone = NULL;
    pthread_mutex_lock(&region_lock);
    for (struct region *r = regions, *next; r != NULL; r = next) {
        next = r->next;
        if (r->used == 0)
            region_take_out(r, &gone);
        else if (pages)
            region_purge(r);
    }
    pthread_mutex_unlock(&region_lock);
    regions_give(gone);
}

/*
 * Returns a slab to its region. A region that becomes unused is added to *gone; but with `keep` one unused region
 * stays, and one more for every eight in use.
 */
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
    slab_let_go(SLAB_SIZE);
}

static uint32_t slab_capacity(unsigned c) { return (uint32_t)(SLAB_SIZE / (c * POOL_UNIT)); }

/* ---- a class: lists of blocks in and out ---- */

/* Returns whether less than an eighth of the blocks in the class's slabs is used. This is a hint. */
static bool class_is_thin(unsigned c)
{
    int64_t slabs = counter_get(&classes[c].slabs);
    return slabs > FEW_SLABS && counter_get(&classes[c].used) * 8 < slabs * slab_capacity(c);
}

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

/* Takes up to n blocks of class c and returns them as a list; *got is their number. */
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
            counter_add(&k->slabs, 1);
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
    counter_add(&k->used, taken);
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
        counter_add(&k->used, -1);
        if (s->used-- == capacity)
            partial_link(k, s);
        if (s->used == 0) {
            partial_unlink(k, s);
            counter_add(&k->slabs, -1);
            slab_return(s, keep, &gone);
        }
    }
    pthread_mutex_unlock(&k->lock);
    regions_give(gone);
}

#endif
