/* SPDX-License-Identifier: MIT */
/*
 * stet/pool.h - the memory behind every collection: statistics, limits, and faults on request.
 *
 * Nodes come from per-thread caches over slabs of 64 KiB, which are parts of the 2 MiB regions that the library takes
 * from its allocator (mimalloc); blocks above 1 KiB come straight from there. A slab in which nothing is live is free
 * for any size, and a region of such slabs is given back, but for one, and one for eight that are in use. Of what is
 * free in the others, 4 MiB and a quarter of what is used stay in memory; beyond that the system gets the pages back.
 * All of this may be ignored: no call here is needed to use the library.
 *
 * Short of memory: before STET_NO_MEMORY is answered, whatever it was asked for, the calling thread's own cache is
 * given back; then garbage of atoms and live maps that nobody holds, as far as its release calls no function of a
 * user's (elements that are not counted, strings, what is STET_LAZY; of the atoms, those of STET_ATOM_MAP); then the
 * caches of all other threads; and the allocator is asked again after each. Garbage whose release is prompt goes in
 * calls that may call back anyway: in those that change a live map, of all live maps; in those that change an atom, of
 * that atom. Cost of a refusal: a pass over atoms and threads, and an interrupt of the processors that run other
 * threads.
 *
 * Caches: a thread has up to 64 KiB of a size. The cache of an idle thread is emptied when memory is short,
 * when the pool grows, and by stet_pool_trim(). Where membarrier(2) is missing nobody can take it; a cache then has at
 * most 8 blocks of each of 64 sizes, and so keeps 512 slabs at the very most.
 *
 * Tools: in a process with AddressSanitizer or LeakSanitizer, and under valgrind's memcheck, every block comes straight
 * from libc instead (or from the allocator that was set), so that the tool sees each of them. The environment decides
 * otherwise by STET_POOL=on, and asks for the same without a tool by STET_POOL=off. STET_POOL=check, which a debug
 * build of the library has by itself, keeps freed blocks for a while, 1 MiB a thread, so that programs with checks
 * (without NDEBUG) find out who uses them; what other threads keep so is not given back when memory is short. All of it
 * is looked at once, before the first block. docs/tools.md says more.
 *
 * Threads that end: the library is told by a destructor of thread-specific data. A thread that uses it in the last
 * round of these (PTHREAD_DESTRUCTOR_ITERATIONS) ends untold: what it leaves by a _drop_later stays, as do its cache
 * (some KiB, whose blocks others can take) and, if it used atoms or live maps, its record.
 *
 * The library takes one key for thread-specific data (PTHREAD_KEYS_MAX). While there is none to be had, whatever needs
 * memory answers STET_NO_MEMORY.
 */
#ifndef STET_POOL_H
#define STET_POOL_H

#include <stdio.h>
#include <stet/base.h>

STET_QUIET_
#ifdef __cplusplus
extern "C" {
#endif

/* Counts are of blocks (nodes, strings); bytes are what the pool set aside for them, rounding included. */
struct stet_pool_usage {
    int64_t live_blocks; /* handed out and not given back; of one thread: may be negative (frees what others made) */
    int64_t live_bytes;
    uint64_t cached_bytes; /* in per-thread caches, ready to be handed out; with STET_POOL=check: freed, and kept */
    uint64_t slab_bytes;   /* set aside: live, cached, and free in slabs. 0 for one thread */
    uint64_t peak_bytes;   /* the most that slab_bytes was. 0 for one thread */
};

/*
 * What this thread, or the process, holds now. While other threads work, the figures of the process are a snapshot of
 * moving counters; when they rest, exact.
 * Cost: of the process: a lock and a pass over the threads. Threads: safe.
 */
STET_API struct stet_pool_usage stet_pool_stats_thread(void);
STET_API struct stet_pool_usage stet_pool_stats(void);

/*
 * Empties this thread's cache, and those of other threads, and gives every region with nothing live in it back to the
 * allocator; of the other regions, the pages of free slabs to the system. Returns by how much slab_bytes fell.
 * Threads: safe. The cache of a thread that is using it this very moment stays; without membarrier(2), those of all
 * other threads do. Cost: an interrupt of the processors that run other threads, if one has something.
 */
STET_API size_t stet_pool_trim(void);

/*
 * The hard limit on slab_bytes; 0, as at start, is none. What would pass it answers STET_NO_MEMORY and changes
 * nothing; what is held above a new limit stays. Granularity: 64 KiB; the allocator has given more, whole regions.
 * Nothing is refused while caches, or garbage that nobody holds, have what is wanted: above. Threads: safe.
 */
STET_API void stet_pool_set_budget(size_t bytes);

/*
 * An allocator in place of mimalloc. `allocate` answers NULL when it has none; align is a power of two up to 2 MiB.
 * Both are called with locks held: they must not use the library, throw, jump out, or be cancellation points. If they
 * have handlers of fork, these are registered before the library is first used.
 */
struct stet_allocator {
    void *(*allocate)(size_t size, size_t align, void *context);
    void (*deallocate)(void *block, size_t size, size_t align, void *context);
    void *context;
};

/*
 * Takes effect if nothing has been allocated yet and returns true; otherwise returns false, and asserts in a library
 * built without NDEBUG. *allocator is copied. Threads: before any other.
 */
STET_API STET_NODISCARD bool stet_pool_set_allocator(const struct stet_allocator *allocator);

/*
 * At exit, writes to stderr what is still live, if anything is; what the exiting thread left for later counts.
 * (Also by the environment: STET_LEAK_REPORT=1. Then each block comes straight from the allocator with the name of its
 * type, unless STET_POOL=on says otherwise.)
 */
STET_API void stet_pool_report_leaks_at_exit(void);

/*
 * Writes what is live now, by type where blocks have names (STET_LEAK_REPORT=1 or STET_POOL=check when the process
 * began; a debug build of the library), else by block size; returns the number of live blocks. What is made of words or
 * strings alone is named by a program with checks only; else as all such types, "map from words to words".
 * Cost: a pass over the threads for each size, or over what is live.
 */
STET_API int64_t stet_pool_report(FILE *out);

/*
 * Fault injection, for this thread: of the pool requests from now on, the nth (from 1) and the count - 1 after it fail.
 * nth 0 only counts. stet_pool_requests() tells how many there were since; stet_pool_fault_end() goes back to normal.
 * Requests are slower meanwhile, and answered in the same order by every build. For a request that is to fail nothing
 * is given back, and no call tries again.
 */
STET_API void stet_pool_fault(uint64_t nth, uint64_t count);
STET_API uint64_t stet_pool_requests(void);
STET_API void stet_pool_fault_end(void);

#ifdef __cplusplus
}
#endif
STET_LOUD_
#endif
