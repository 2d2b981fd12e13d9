/* SPDX-License-Identifier: MIT */
/* thread/os.c - what thread/os.h says of each of its functions, on whichever system they are for. */
#include "memory/cache.h"
#include "support/threads.h"
#include "thread/os.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>
#include <stdlib.h>
#ifndef TEST_OS_WINDOWS
#    include <poll.h>
#    include <sys/wait.h>
#    include <unistd.h>
#endif

#define MARK 4711 /* no error has this number */
#define MS UINT64_C(1000000)

/* ---- sleep ---- */

static uint32_t word;

static uint32_t word_now(void) { return __atomic_load_n(&word, __ATOMIC_SEQ_CST); }

static void word_change(bool all)
{
    __atomic_add_fetch(&word, 1, __ATOMIC_SEQ_CST);
    stet_os_wake_(&word, all);
}

/* How long a sleep takes that nobody ends. */
static uint64_t slept(uint32_t value, uint64_t longest)
{
    uint64_t start = stet_time_();
    stet_os_sleep_(&word, value, longest);
    return stet_time_() - start;
}

Test(os, a_word_with_another_value_is_not_slept_on, .timeout = 60)
{
    errno = MARK;
    cr_assert_lt(slept(1, 0), 10000 * MS);
    cr_assert_lt(slept(1, 60000 * MS), 10000 * MS);
    cr_assert_eq(errno, MARK);
}

/* A sleep may end too early, so the longest of several counts. */
Test(os, a_sleep_ends_in_time, .timeout = 60)
{
    uint64_t longest = 0;
    errno = MARK;
    for (unsigned i = 0; i < 5; i++) {
        uint64_t took = slept(0, 30 * MS);
        longest = took > longest ? took : longest;
        cr_assert_lt(took, 20000 * MS);
    }
    cr_assert_geq(longest, 29 * MS);
    cr_assert_lt(slept(0, 1), 10000 * MS, "of a nanosecond");
    cr_assert_lt(slept(0, 1500 * MS), 20000 * MS, "with whole seconds");
    cr_assert_eq(errno, MARK);
}

enum { SLEEPERS = 4 };
static unsigned asleep, awake;

static void *sleep_until_changed(void *unused)
{
    __atomic_add_fetch(&asleep, 1, __ATOMIC_SEQ_CST);
    while (word_now() == 0)
        stet_os_sleep_(&word, 0, 0);
    __atomic_add_fetch(&awake, 1, __ATOMIC_SEQ_CST);
    return unused;
}

static void start_sleepers(pthread_t thread[SLEEPERS])
{
    for (unsigned i = 0; i < SLEEPERS; i++)
        thread[i] = start(sleep_until_changed, NULL);
    while (at(&asleep) != SLEEPERS)
        wait_ms(1);
    wait_ms(50); /* in all likelihood they sleep */
}

Test(os, all_sleepers_are_woken, .timeout = 60)
{
    pthread_t thread[SLEEPERS];
    start_sleepers(thread);
    cr_assert_eq(at(&awake), 0);
    errno = MARK;
    word_change(true);
    cr_assert_eq(errno, MARK);
    for (unsigned i = 0; i < SLEEPERS; i++)
        pthread_join(thread[i], NULL);
    cr_assert_eq(at(&awake), SLEEPERS);
}

Test(os, each_wake_up_wakes_one_at_least, .timeout = 60)
{
    pthread_t thread[SLEEPERS];
    start_sleepers(thread);
    for (unsigned i = 1; i <= SLEEPERS; i++) {
        word_change(false);
        while (at(&awake) < i)
            wait_ms(1);
    }
    for (unsigned i = 0; i < SLEEPERS; i++)
        pthread_join(thread[i], NULL);
}

/* Two threads, each of which goes on only when the other one has: no change may be missed between look and sleep. */
static void *second_player(void *unused)
{
    for (uint32_t turn = 1; turn < 20000; turn += 2) {
        for (uint32_t now; (now = word_now()) != turn;)
            stet_os_sleep_(&word, now, 0);
        word_change(true);
    }
    return unused;
}

Test(os, no_change_is_missed, .timeout = 120)
{
    pthread_t second = start(second_player, NULL);
    for (uint32_t turn = 0; turn < 20000; turn += 2) {
        for (uint32_t now; (now = word_now()) != turn;)
            stet_os_sleep_(&word, now, 0);
        word_change(true);
    }
    pthread_join(second, NULL);
    cr_assert_eq(word_now(), 20000);
}

#ifndef TEST_OS_WINDOWS /* nothing is cancelled there */

static unsigned cleaned;

static void clean(void *context) { __atomic_add_fetch((unsigned *)context, 1, __ATOMIC_SEQ_CST); }

static void *sleep_for_good(void *unused)
{
    put(&asleep, 1);
    for (;;)
        stet_os_sleep_until_cancelled_(&word, 0, 0, clean, &cleaned);
    return unused;
}

Test(os, a_sleep_is_cancelled, .timeout = 60)
{
    void *result;
    for (unsigned i = 1; i <= 3; i++) {
        put(&asleep, 0);
        pthread_t thread = start(sleep_for_good, NULL);
        while (at(&asleep) == 0)
            wait_ms(1);
        wait_ms(10 * i);
        cr_assert_eq(pthread_cancel(thread), 0);
        cr_assert_eq(pthread_join(thread, &result), 0);
        cr_assert_eq(result, PTHREAD_CANCELED);
        cr_assert_eq(at(&cleaned), i);
        stet_os_wake_(&word, true); /* whoever was cancelled holds nothing */
    }
}

static void *sleep_then_end(void *unused)
{
    put(&asleep, 1);
    while (word_now() == 0)
        stet_os_sleep_(&word, 0, 0);
    int state = os_cancel_off();
    pthread_testcancel();
    put(&awake, 1);
    os_cancel_restore(state);
    os_cancel_point();
    put(&awake, 2);
    return unused;
}

Test(os, other_sleeps_are_not_cancelled, .timeout = 60)
{
    void *result;
    pthread_t thread = start(sleep_then_end, NULL);
    while (at(&asleep) == 0)
        wait_ms(1);
    wait_ms(20);
    cr_assert_eq(pthread_cancel(thread), 0);
    wait_ms(20);
    cr_assert_eq(at(&awake), 0);
    word_change(true);
    cr_assert_eq(pthread_join(thread, &result), 0);
    cr_assert(result == PTHREAD_CANCELED && at(&awake) == 1);
}

/* ---- forks ---- */

static unsigned before, in_parent, in_child;

/* These may sleep and wake. */
static void note_before(void) { before++, word_change(true); }
static void note_parent(void) { in_parent++, word_change(false); }
static void note_child(void) { in_child++, word_change(true); }

static unsigned over;
static uint32_t second_word;

static void *wake_all_the_time(void *unused)
{
    while (at(&over) == 0)
        stet_os_wake_(&word, true);
    return unused;
}

static void *sleep_on_another(void *unused)
{
    while (at(&over) == 0)
        stet_os_sleep_(&second_word, 0, 0);
    return unused;
}

/* A child has no sleepers, and no thread that has just waked some. */
#    ifdef __SANITIZE_THREAD__
#        define NOT_UNDER_TSAN true /* whose child may have no threads */
#    else
#        define NOT_UNDER_TSAN false
#    endif
Test(os, a_child_sleeps_and_wakes, .timeout = 120, .disabled = NOT_UNDER_TSAN)
{
    pthread_t waker = start(wake_all_the_time, NULL), sleeper = start(sleep_on_another, NULL);
    cr_assert(stet_os_at_fork_(note_before, note_parent, note_child));
    for (unsigned i = 1; i <= 50; i++) {
        pid_t child = fork();
        if (child == 0) {
            stet_os_sleep_(&word, word_now(), MS);
            stet_os_sleep_(&second_word, 1, 0);
            word = asleep = awake = 0;
            pthread_t thread = start(sleep_until_changed, NULL);
            wait_ms(1);
            word_change(true);
            test_exit(pthread_join(thread, NULL) == 0 && in_child == 1 && in_parent == i - 1 ? 0 : 1);
        }
        int status = 0;
        cr_assert(child > 0 && waitpid(child, &status, 0) == child);
        cr_assert_eq(status, 0, "%#x", (unsigned)status);
        cr_assert(before == i && in_parent == i && in_child == 0);
    }
    put(&over, 1);
    __atomic_store_n(&second_word, 1, __ATOMIC_SEQ_CST);
    stet_os_wake_(&second_word, true);
    pthread_join(waker, NULL);
    pthread_join(sleeper, NULL);
}

/* ---- events ---- */

static bool is_readable(int fd) { return poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 0) == 1; }

Test(os, an_event_is_readable_from_raise_to_clear)
{
    int raiser, fd = stet_os_event_(&raiser);
    cr_assert(fd >= 0 && raiser >= 0 && !is_readable(fd));
    errno = MARK;
    for (unsigned i = 0; i < 3; i++) {
        cr_assert(stet_os_event_raise_(raiser) && is_readable(fd));
        stet_os_event_clear_(fd);
        cr_assert(!is_readable(fd));
        stet_os_event_clear_(fd); /* does not block */
    }
    stet_os_event_close_(fd, raiser);
    cr_assert_eq(errno, MARK);
    cr_assert(read(fd, &raiser, 1) == -1 && errno == EBADF);
}

Test(os, an_event_is_renewed_under_its_number)
{
    int first = dup(2), raiser, fd = stet_os_event_(&raiser);
    close(first); /* so that a lower number is free, for one of two ends */
    for (unsigned i = 0; i < 4; i++) {
        errno = MARK;
        cr_assert_eq(stet_os_event_renew_(fd, &raiser, i % 2 != 0), fd);
        cr_assert_eq(errno, MARK);
        cr_assert_eq(is_readable(fd), i % 2 != 0);
        stet_os_event_clear_(fd);
        cr_assert(!is_readable(fd) && stet_os_event_raise_(raiser) && is_readable(fd));
        stet_os_event_clear_(fd);
    }
    stet_os_event_close_(fd, raiser);
    cr_assert_eq(dup(2), first, "all other descriptors are closed");
}

#else

Test(os, there_are_no_events)
{
    int raiser;
    errno = 0;
    cr_assert_eq(stet_os_event_(&raiser), -1);
    cr_assert(errno == ENOSYS && !stet_os_event_raise_(raiser));
}

#endif

/* ---- the rest ---- */

static void *note_number(void *number)
{
    *(int32_t *)number = stet_os_thread_();
    return NULL;
}

Test(os, threads_have_numbers)
{
    int32_t mine = stet_os_thread_(), other[2];
    pthread_t thread[2] = {start(note_number, &other[0]), start(note_number, &other[1])};
    wait_ms(1);
    for (unsigned i = 0; i < 2; i++)
        pthread_join(thread[i], NULL);
    cr_assert(mine != 0 && other[0] != 0 && other[1] != 0 && mine != other[0] && mine != other[1]);
    cr_assert_eq(stet_os_thread_(), mine);
}

static void *fill_a_cache(void *unused)
{
    for (size_t size = 64; size <= 512; size += 64)
        pool_free(pool_allocate(size), size);
    return unused;
}

Test(os, what_a_thread_has_is_taken_back_at_its_end)
{
    for (unsigned i = 0; i < 3; i++) {
        pthread_join(start(fill_a_cache, NULL), NULL);
        cr_assert_eq(stet_pool_stats().cached_bytes, 0);
    }
}

Test(os, fences)
{
    errno = MARK;
    cr_assert_eq(stet_fences_exist_() && stet_fences_register_(), stet_fence_all_());
#if defined(TEST_OS_POSIX)
    cr_assert(!stet_fences_exist_());
#endif
    cr_assert_eq(errno, MARK);
}

Test(os, clocks_advance)
{
    uint64_t time = stet_time_(), coarse = stet_coarse_time_();
    cr_assert(time != 0 && coarse != 0);
    wait_ms(30);
    cr_assert_geq(stet_time_() - time, 29 * MS);
    cr_assert_geq(stet_coarse_time_() - coarse, 5 * MS);
}

Test(os, random_bytes_are_random)
{
    uint64_t drawn[2][5] = {{0}};
    errno = MARK;
    cr_assert(stet_os_random_(drawn[0], sizeof drawn[0]) && stet_os_random_(drawn[1], sizeof drawn[1]));
    cr_assert_eq(errno, MARK);
    for (unsigned i = 0; i < 5; i++)
        cr_assert(drawn[0][i] != 0 && drawn[1][i] != 0 && drawn[0][i] != drawn[1][i]);
}

Test(os, blocks_are_aligned_and_pages_used_again)
{
    for (size_t align = 1; align <= (size_t)2 << 20; align *= 2) {
        size_t size = align < 4096 ? 4096 : align;
        char *block = os_allocate(size, align);
        cr_assert_not_null(block);
        cr_assert_eq((uintptr_t)block % align, 0, "%p at %zu", (void *)block, align);
        memset(block, 1, size);
        if (align >= 65536) {
            errno = MARK;
            (void)stet_os_pages_huge_(block, size, true);
            (void)stet_os_pages_huge_(block, size, false);
            stet_os_pages_unused_(block, size);
            cr_assert_eq(errno, MARK);
            memset(block, 2, size);
            cr_assert(block[0] == 2 && memcmp(block, block + 1, size - 1) == 0);
        }
        os_free(block);
    }
    os_free(NULL);
#ifndef SANITIZED /* which ends the program */
    cr_assert_null(os_allocate(SIZE_MAX / 2, 64));
#endif
}
