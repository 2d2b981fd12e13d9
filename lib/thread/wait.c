/* SPDX-License-Identifier: MIT */
/* thread/wait.c - see wait.h and lock.h. */
#include "thread/wait.h"
#include "thread/lock.h"

#include <errno.h>
#include <linux/futex.h>
#include <sched.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#define YIELDS 32
#define SLEEP 50000u /* ns; doubled with each sleep */
#define SLEEP_MAX 1000000u

void stet_futex_sleep_(uint32_t *word, uint32_t value, uint64_t longest)
{
    int before = errno;
    struct timespec time = {.tv_sec = (time_t)(longest / 1000000000), .tv_nsec = (long)(longest % 1000000000)};
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, longest != 0 ? &time : NULL, NULL, 0);
    errno = before;
}

void stet_futex_wake_(uint32_t *word, int threads)
{
    int before = errno;
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, threads, NULL, NULL, 0);
    errno = before;
}

void stet_relax_(unsigned attempt)
{
    if (attempt < RELAX_SPINS) {
#if defined(__x86_64__) || defined(__i386__)
        __builtin_ia32_pause();
#endif
    } else if (attempt < RELAX_SPINS + YIELDS) {
        sched_yield();
    } else {
        unsigned nth = attempt - RELAX_SPINS - YIELDS;
        uint32_t nobody_wakes = 0; /* a thread that unlocks does not check whether others wait here */
        stet_futex_sleep_(&nobody_wakes, 0, nth < 5 && SLEEP << nth < SLEEP_MAX ? SLEEP << nth : SLEEP_MAX);
    }
}

void stet_lock_(stet_lock *lock)
{
    if (stet_lock_try_(lock))
        return;
    /* Acquire pairs with stet_unlock_(). */
    while (STET_EXCHANGE_(*lock, 2, ACQUIRE) != 0)
        stet_futex_sleep_(lock, 2, 0);
}

void stet_wake_lock_(stet_lock *lock) { stet_futex_wake_(lock, 1); }
