/* SPDX-License-Identifier: MIT */
/* thread/relax.c - see relax.h. */
#include "thread/relax.h"

#include <errno.h>
#include <linux/futex.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SPINS 64
#define YIELDS 32
#define SLEEP 50000L /* ns, doubled from one to the next */
#define SLEEP_MAX 1000000L

/* On a word that nobody wakes: who unlocks something does not look whether somebody waits. */
static void sleep_for(long ns)
{
    int before = errno;
    uint32_t word = 0;
    struct timespec longest = {.tv_nsec = ns};
    syscall(SYS_futex, &word, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, word, &longest, NULL, 0);
    errno = before;
}

void stet_relax_(unsigned attempt)
{
    if (attempt < SPINS) {
#if defined(__x86_64__) || defined(__i386__)
        __builtin_ia32_pause();
#endif
    } else if (attempt < SPINS + YIELDS) {
        sched_yield();
    } else {
        unsigned nth = attempt - SPINS - YIELDS;
        long ns = nth < 5 ? SLEEP << nth : SLEEP_MAX;
        sleep_for(ns < SLEEP_MAX ? ns : SLEEP_MAX);
    }
}
