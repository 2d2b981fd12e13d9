/* SPDX-License-Identifier: MIT */
/* thread/wait.c - see wait.h and lock.h. */
#include "thread/wait.h"
#include "thread/lock.h"

#define YIELDS 32
#define SLEEP 50000u /* ns; doubled with each sleep */
#define SLEEP_MAX 1000000u

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
        stet_os_sleep_(&nobody_wakes, 0, nth < 5 && SLEEP << nth < SLEEP_MAX ? SLEEP << nth : SLEEP_MAX);
    }
}

void stet_lock_(stet_lock *lock)
{
    if (stet_lock_try_(lock))
        return;
    /* Acquire pairs with stet_unlock_(). */
    while (STET_EXCHANGE_(*lock, 2, ACQUIRE) != 0)
        stet_os_sleep_(lock, 2, 0);
}

void stet_wake_lock_(stet_lock *lock) { stet_os_wake_(lock, false); }
