/* SPDX-License-Identifier: MIT */
/* criterion.c - failures are reported by way of Criterion. */
#include "testing.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <unistd.h>

void test_stop(const char *message)
{
    if (gettid() == getpid())
        cr_assert(false, "%s", message);
    fprintf(stderr, "\nFAILED: %s\n", message); /* Criterion can only end its own thread */
}
