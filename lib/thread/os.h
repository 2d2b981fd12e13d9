/* SPDX-License-Identifier: MIT */
/*
 * thread/os.h - what the library needs of the operating system beyond ISO C. No other source of lib includes a header
 * of a system (test/check/layers). lib/meson.build compiles one of these:
 *
 *   os_linux.c   + os_unix.c   Linux, with glibc or musl
 *   os_posix.c   + os_unix.c   POSIX and C11 alone
 *   os_windows.c               Windows, by mingw-w64: without forks, cancellation and events
 *
 * Mutexes, keys for thread-specific data and pthread_once() are those of POSIX threads on every system (mingw-w64
 * brings them along). All functions except stet_os_event_() leave errno as it is.
 */
#ifndef STET_OS_H
#define STET_OS_H

#include "base/hidden.h"

#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#ifdef _WIN32
#    include <malloc.h>
#endif

/* ---- fences of all threads: if one thread executes a heavy fence, the others need only fences of the compiler ---- */

/* Returns whether the system has such fences, and the environment does not forbid them (STET_NO_MEMBARRIER). */
STET_HIDDEN bool stet_fences_exist_(void);
/*
 * Registers the process for such fences. False: the system refuses. stet_fence_all_() does this if nobody has done it
 * before.
 */
STET_HIDDEN bool stet_fences_register_(void);
/* Has every thread, the caller included, execute a full fence before this returns. False: that was not possible. */
STET_HIDDEN bool stet_fence_all_(void);

/* ---- sleep ---- */

/*
 * Sleeps while *word has this value, until another thread wakes the word, or for `longest` nanoseconds (0: without
 * end). It may return too early. It is not a cancellation point.
 */
STET_HIDDEN void stet_os_sleep_(uint32_t *word, uint32_t value, uint64_t longest);
/*
 * Sleeps as stet_os_sleep_() does, but the thread may be cancelled in this sleep. If so, cancelled(context) is called.
 */
STET_HIDDEN void stet_os_sleep_until_cancelled_(uint32_t *word, uint32_t value, uint64_t longest,
                                                void (*cancelled)(void *), void *context);
/*
 * Wakes at least one of the threads that sleep on the word; if `all`, all of them. The word must have been changed
 * before.
 */
STET_HIDDEN void stet_os_wake_(uint32_t *word, bool all);

/* ---- clocks ---- */

/* Returns nanoseconds, or 0 if there is no such clock. */
static inline uint64_t os_clock(clockid_t clock)
{
    struct timespec now = {0};
    (void)clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* A call takes some 20 ns. */
static inline uint64_t stet_time_(void) { return os_clock(CLOCK_MONOTONIC); }

/* This clock may advance in steps of a few milliseconds; a call takes some ns where it does. */
static inline uint64_t stet_coarse_time_(void)
{
#if defined(CLOCK_MONOTONIC_COARSE)
    return os_clock(CLOCK_MONOTONIC_COARSE);
#elif defined(CLOCK_MONOTONIC_FAST)
    return os_clock(CLOCK_MONOTONIC_FAST);
#else
    return stet_time_();
#endif
}

/* ---- threads and the process ---- */

/* Returns the number of this thread: not 0, and no other thread of the process has it. */
STET_HIDDEN int32_t stet_os_thread_(void);
/* Has these functions called around every fork. False: no memory. */
STET_HIDDEN bool stet_os_at_fork_(void (*before)(void), void (*in_parent)(void), void (*in_child)(void));
/*
 * Whether a key for thread-specific data must be made early if its destructor uses variables of the thread. mingw-w64
 * keeps all such variables under one key, which is made at the first use of one of them; and when a thread ends, its
 * data are destroyed in the order in which the keys were made.
 */
#ifdef _WIN32
#    define OS_EARLY_KEY true
#else
#    define OS_EARLY_KEY false
#endif

/*
 * Keeps the program or shared object that contains this code in memory until the process ends. May take the loader's
 * lock.
 */
STET_HIDDEN void stet_os_stay_mapped_(void);
/* Fills the memory with random bytes. False: there are none yet, or the system refuses. */
STET_HIDDEN bool stet_os_random_(void *bytes, size_t n);

#ifdef _WIN32 /* threads are not cancelled there */
static inline int os_cancel_off(void) { return 0; }
static inline void os_cancel_restore(int before) { (void)before; }
static inline void os_cancel_point(void) {}
#else
/* Disables cancellation; os_cancel_restore() takes the result. */
static inline int os_cancel_off(void)
{
    int before = PTHREAD_CANCEL_ENABLE;
    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
    return before;
}
static inline void os_cancel_restore(int before) { (void)pthread_setcancelstate(before, NULL); }
/* A cancellation point. */
static inline void os_cancel_point(void) { pthread_testcancel(); }
#endif

/* ---- memory ---- */

/*
 * Allocates a block with the C library, aligned to `align`, a power of two. NULL: no memory. os_free() frees the block.
 */
static inline void *os_allocate(size_t size, size_t align)
{
#ifdef _WIN32
    return _aligned_malloc(size, align);
#else
    void *block = NULL;
    return posix_memalign(&block, align < sizeof(void *) ? sizeof(void *) : align, size) == 0 ? block : NULL;
#endif
}

static inline void os_free(void *block)
{
#ifdef _WIN32
    _aligned_free(block);
#else
    free(block);
#endif
}

/* Advises the system to use huge pages, or not to use them. Returns whether the system takes the advice. */
STET_HIDDEN bool stet_os_pages_huge_(void *pages, size_t size, bool huge);
/*
 * Lets the system take back the memory of the pages, if it can. The contents may be lost, but the pages stay mapped and
 * may be used again.
 */
STET_HIDDEN void stet_os_pages_unused_(void *pages, size_t size);

/* ---- events: descriptors that are readable from _raise to _clear, for poll ---- */

/*
 * Returns the descriptor of a new event; if there is none, returns -1, and errno says why. *raiser becomes the
 * descriptor that raises the event, which may be the same.
 */
STET_HIDDEN int stet_os_event_(int *raiser);
/*
 * Raises the event, and does not block. The caller raises it at most once before it calls stet_os_event_clear_().
 * False: the system refuses.
 */
STET_HIDDEN bool stet_os_event_raise_(int raiser);
/* Clears the event. This does no harm if the program has read the descriptor itself. */
STET_HIDDEN void stet_os_event_clear_(int fd);
STET_HIDDEN void stet_os_event_close_(int fd, int raiser);
/*
 * In the child of a fork: closes the event that parent and child share, and returns the descriptor of a new one, with
 * the same number if possible, or -1.
 */
STET_HIDDEN int stet_os_event_renew_(int fd, int *raiser, bool raised);

#endif
