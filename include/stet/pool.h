/* SPDX-License-Identifier: MIT */
/*
 * stet/pool.h - the memory behind every collection: statistics, limits, and faults on request.
 *
 * Nodes come from per-thread caches over slabs of 64 KiB, which are parts of the 2 MiB regions that the library takes
 * from its allocator (mimalloc); blocks above 1 KiB come straight from there. A slab without live blocks may serve any
 * size next. A region without live blocks is returned to the allocator, but the pool keeps one such region, and one
 * more for every eight regions in use. Other regions have free slabs, too: of these, 4 MiB and a quarter as many as are
 * in use stay in memory, and the pages of the rest are returned to the system. A program need not call any function of
 * this header to use the library.
 *
 * Short of memory: before any call returns STET_NO_MEMORY, the pool frees memory in three steps, and repeats the
 * request after each. First it empties the calling thread's own cache. Then it frees the garbage of atoms and live maps
 * that nobody holds, as far as its release calls no function of the user (elements without references, strings,
 * STET_LAZY types; of the atoms, those of STET_ATOM_MAP). Last it empties the caches of all other threads. Garbage
 * whose release is prompt is freed by calls that may call functions of the user anyway: a call that changes a live map
 * frees the garbage of all live maps, and a call that changes an atom frees the garbage of that atom.
 * A refused request costs a pass over atoms and threads, and an interrupt of the processors that run other threads.
 *
 * Caches: the cache of a thread holds up to 64 KiB of blocks of one size. The cache of an idle thread is emptied when
 * memory is short, when the pool grows, and by stet_pool_trim(). Without membarrier(2) no other thread can empty a
 * cache; each cache then has at most 8 blocks of each of 64 sizes, and so keeps at most 512 slabs.
 *
 * Tools: in a process with AddressSanitizer or LeakSanitizer, and under valgrind's memcheck, every block comes straight
 * from libc instead (or from the allocator that was set), so that the tool sees each of them. In the environment,
 * STET_POOL=on keeps the pool under a tool, and STET_POOL=off bypasses the pool without a tool. STET_POOL=check, the
 * default in a debug build of the library, keeps freed blocks for a while, 1 MiB a thread, so that programs with checks
 * (without NDEBUG) detect a use of them; the blocks that other threads keep are not freed when memory is short. The
 * library reads the environment once, before it allocates the first block. See docs/tools.md.
 *
 * Threads that end: a destructor of thread-specific data notifies the library. A thread that uses the library in the
 * last round of destructors (PTHREAD_DESTRUCTOR_ITERATIONS) ends without notice: the releases that _drop_later deferred
 * are never performed, and its cache is not freed (some KiB, whose blocks other threads can take), nor, if it used
 * atoms or live maps, what the library keeps of each thread.
 *
 * The library takes one key for thread-specific data (PTHREAD_KEYS_MAX). While no key is available, every call that
 * needs memory returns STET_NO_MEMORY.
 */
#ifndef STET_POOL_H
#define STET_POOL_H

#include <stdio.h>
#include <stet/base.h>

STET_QUIET_
#ifdef __cplusplus
extern "C" {
#endif

/* Counts are of blocks (nodes, strings); bytes include the rounding of block sizes. */
struct stet_pool_usage {
    /* Allocated and not freed; may be negative for a thread, which may free blocks of others. */
    int64_t live_blocks;
    int64_t live_bytes;
    /* In per-thread caches, ready for reuse; with STET_POOL=check: freed blocks that are kept. */
    uint64_t cached_bytes;
    uint64_t slab_bytes; /* set aside for blocks: live, cached, or free in slabs; 0 in the figures of one thread */
    uint64_t peak_bytes; /* the maximum of slab_bytes so far; 0 in the figures of one thread */
};

/*
 * Return what this thread, or the process, holds now. While other threads allocate or free, the figures of the process
 * are approximate; otherwise they are exact.
 * Cost: for the process, a lock and a pass over the threads. Threads: safe.
 */
STET_API struct stet_pool_usage stet_pool_stats_thread(void);
STET_API struct stet_pool_usage stet_pool_stats(void);

/*
 * Empties this thread's cache, and those of other threads, and returns every region without live blocks to the
 * allocator, and the pages of free slabs in other regions to the system. Returns by how much slab_bytes fell.
 * Threads: safe. A cache that its thread is using at this moment is not emptied; without membarrier(2), no cache of
 * another thread is. Cost: an interrupt of the processors that run other threads, if one of them has cached blocks.
 */
STET_API size_t stet_pool_trim(void);

/*
 * Sets the hard limit on slab_bytes; 0, the initial value, means no limit. A call that would exceed the limit returns
 * STET_NO_MEMORY and changes nothing; memory already held above a new limit stays. Slabs count in units of 64 KiB,
 * although the pool takes whole regions from the allocator. A request is refused only after caches and garbage that
 * nobody holds were freed: see "Short of memory" above. Threads: safe.
 */
STET_API void stet_pool_set_budget(size_t bytes);

/*
 * An allocator that is used instead of mimalloc. `allocate` returns NULL when it has no memory; align is a power of two
 * up to 2 MiB. Both are called with locks held: they must not use the library, throw, leave by longjmp, or be
 * cancellation points. If they need fork handlers, register these before the library is first used.
 */
struct stet_allocator {
    void *(*allocate)(size_t size, size_t align, void *context);
    void (*deallocate)(void *block, size_t size, size_t align, void *context);
    void *context;
};

/*
 * Sets the allocator and returns true if nothing has been allocated yet; otherwise returns false, and asserts in a
 * library built without NDEBUG. *allocator is copied. Threads: call it before other threads use the library.
 */
STET_API STET_NODISCARD bool stet_pool_set_allocator(const struct stet_allocator *allocator);

/*
 * Makes the process write to stderr at its exit what is still live, if anything is; pending releases of the exiting
 * thread count as live. (STET_LEAK_REPORT=1 in the environment has the same effect. Each block then comes straight from
 * the allocator with the name of its type, unless STET_POOL=on is set.)
 */
STET_API void stet_pool_report_leaks_at_exit(void);

/*
 * Writes what is live now, and returns the number of live blocks. They are listed by type if blocks have names, else by
 * block size; they have names in a debug build of the library, and in a process that began with STET_LEAK_REPORT=1 or
 * STET_POOL=check. Only a program with checks has names for types of words or strings alone; otherwise all such types
 * share a name, as "map from words to words".
 * Cost: a pass over the live blocks if they have names, else a pass over the threads for each block size.
 */
STET_API int64_t stet_pool_report(FILE *out);

/*
 * Fault injection, for this thread: of the pool requests from now on, the nth (from 1) and the count - 1 after it fail.
 * With nth 0 requests are only counted. stet_pool_requests() returns how many requests there were since;
 * stet_pool_fault_end() ends the injection. Requests are slower meanwhile, and come in the same order in every build. A
 * request that is made to fail frees no cache and no garbage, and the pool does not repeat it. An operation that asked
 * for memory to save work may go on without, with other requests.
 */
STET_API void stet_pool_fault(uint64_t nth, uint64_t count);
STET_API uint64_t stet_pool_requests(void);
STET_API void stet_pool_fault_end(void);

#ifdef __cplusplus
}
#endif
STET_LOUD_
#endif
