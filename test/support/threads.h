/* SPDX-License-Identifier: MIT */
/* threads.h - for tests with threads: starts one, and reports how far another has come. */
#ifndef TEST_THREADS_H
#define TEST_THREADS_H

#include "testing.h"

#include <pthread.h>
#include <time.h>

#ifdef SANITIZED
#    define LESS(n) ((n) / 10)
#else
#    define LESS(n) (n)
#endif

static inline pthread_t start(void *(*fn)(void *), void *argument)
{
    pthread_t thread;
    REQUIRE(pthread_create(&thread, NULL, fn, argument) == 0, "no thread");
    return thread;
}

static inline void wait_ms(unsigned ms) { nanosleep(&(struct timespec){ms / 1000, (long)(ms % 1000) * 1000000}, NULL); }

/* Return and set how far a thread has come. */
static inline unsigned at(const unsigned *place) { return __atomic_load_n(place, __ATOMIC_ACQUIRE); }
static inline void put(unsigned *place, unsigned n) { __atomic_store_n(place, n, __ATOMIC_RELEASE); }

#endif
