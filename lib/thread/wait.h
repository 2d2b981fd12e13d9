/* SPDX-License-Identifier: MIT */
/*
 * thread/wait.h - all that waiting needs: sleeping on a word, a pause between two checks of another thread's progress,
 * and clocks. Every function leaves errno as it is.
 */
#ifndef STET_WAIT_H
#define STET_WAIT_H

#include "base/hidden.h"

#include <stdint.h>
#include <time.h>

/*
 * Sleeps while *word has this value, until another thread wakes the word, or for `longest` nanoseconds (0: without
 * end). It may return too early. It is not a cancellation point; but it holds nothing, so a thread may be cancelled in
 * it at any moment.
 */
STET_HIDDEN void stet_futex_sleep_(uint32_t *word, uint32_t value, uint64_t longest);
/* Wakes up to this many of the threads that sleep on the word. */
STET_HIDDEN void stet_futex_wake_(uint32_t *word, int threads);

/*
 * Pauses between two checks of another thread's progress, when that thread does not know that another one waits for it.
 * The first pauses take some instructions, later ones yield to the scheduler, and the last ones sleep, for 50 us at
 * first and for at most 1 ms, so that the other thread runs whatever the priorities are. This is not a cancellation
 * point.
 */
STET_HIDDEN void stet_relax_(unsigned attempt);
#define RELAX_SPINS 64u /* the first attempt that yields */

/* Returns nanoseconds, or 0 if there is no such clock. */
static inline uint64_t stet_read_clock_(clockid_t clock)
{
    struct timespec now = {0};
    (void)clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* A call takes some 20 ns. */
static inline uint64_t stet_time_(void) { return stet_read_clock_(CLOCK_MONOTONIC); }
/* This clock advances in steps of a few milliseconds; a call takes some ns. */
static inline uint64_t stet_coarse_time_(void) { return stet_read_clock_(CLOCK_MONOTONIC_COARSE); }

#endif
