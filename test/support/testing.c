/* SPDX-License-Identifier: MIT */
#include "testing.h"
#include "thread/os.h"

#include <stet/base.h>
#include <stet/pool.h>
#include <stet/release.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static uint64_t seed;
static bool seeded;
static _Thread_local char context[256];

uint64_t test_seed(void)
{
    if (!seeded) {
        const char *wanted = getenv("STET_TEST_SEED");
        if (wanted != NULL && *wanted != '\0')
            seed = strtoull(wanted, NULL, 0);
        else if (!stet_os_random_(&seed, sizeof seed))
            test_fail("no random seed");
        seeded = true;
        REQUIRE(stet_set_hash_seed(rng_mix(seed, 0)), "something was stored before the seed was set");
    }
    return seed;
}

bool test_long(void)
{
    const char *wanted = getenv("STET_TEST_LONG");
    return wanted != NULL && *wanted != '\0' && *wanted != '0';
}

void test_context(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(context, sizeof context, format, arguments);
    va_end(arguments);
}

__attribute__((weak)) void test_stop(const char *message)
{
    fprintf(stderr, "\nFAILED: %s\n", message);
    abort();
}

void test_fail(const char *format, ...)
{
    char message[1024];
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(message, sizeof message / 2, format, arguments);
    va_end(arguments);
    size_t at = n < 0 ? 0 : (size_t)n < sizeof message / 2 ? (size_t)n : sizeof message / 2 - 1;
    snprintf(message + at, sizeof message - at, "\n  in %s\n  again: STET_TEST_SEED=0x%llx%s", context,
             (unsigned long long)seed, test_long() ? " STET_TEST_LONG=1" : "");
    test_stop(message);
    abort();
}

/* A function of gcc's coverage builds, which writes the counts. exit() calls it, and _exit() does not. */
extern void __gcov_dump(void) __attribute__((weak));

void test_exit(int status)
{
    if (__gcov_dump != NULL)
        __gcov_dump();
    _exit(status);
}

void test_read_all(int fd, char *text, size_t size)
{
    size_t n = 0;
    for (ssize_t got; n + 1 < size && (got = read(fd, text + n, (unsigned)(size - 1 - n))) > 0;)
        n += (size_t)got;
    text[n] = '\0';
    close(fd);
}

void test_nothing_live(void)
{
    while (stet_release_some(SIZE_MAX))
        ;
    if (stet_pool_stats().live_blocks != 0)
        stet_pool_report(stderr);
    REQUIRE(stet_pool_stats().live_blocks == 0, "%lld blocks are live at the end",
            (long long)stet_pool_stats().live_blocks);
}
