/* SPDX-License-Identifier: MIT */
/* criterion.c - reports failures through Criterion, and keeps the pool of the build. */
#include "testing.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static pthread_t first;

void test_stop(const char *message)
{
    if (pthread_equal(pthread_self(), first))
        cr_assert(false, "%s", message);
    fprintf(stderr, "\nFAILED: %s\n", message); /* Criterion can only end its own thread */
}

/* Under any tool (stet/pool.h), the tests use the pool that the build has. */
__attribute__((__constructor__)) static void keep_the_pool(void)
{
    first = pthread_self();
#ifdef _WIN32
    if (getenv("STET_POOL") == NULL)
        _putenv("STET_POOL=on");
#else
    setenv("STET_POOL", "on", 0);
#endif
}
