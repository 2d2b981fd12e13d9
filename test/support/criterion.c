/* SPDX-License-Identifier: MIT */
/* criterion.c - failures are reported by way of Criterion; the pool is that of the build. */
#include "testing.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void test_stop(const char *message)
{
    if (gettid() == getpid())
        cr_assert(false, "%s", message);
    fprintf(stderr, "\nFAILED: %s\n", message); /* Criterion can only end its own thread */
}

/* Whatever tool watches (stet/pool.h): the tests are about the pool that the build has. */
__attribute__((__constructor__)) static void keep_the_pool(void) { setenv("STET_POOL", "on", 0); }
