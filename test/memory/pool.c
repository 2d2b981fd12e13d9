/* SPDX-License-Identifier: MIT */
/*
 * The pool as its users see it: figures, limits, allocators, faults, threads, forks, reports. Each test is a process
 * of its own, so that each may be the first to use the library.
 */
#include <stet/map.h>
#include <stet/pool.h>
#include <stet/str.h>
#include <stet/sorted_map.h>

#include "memory/cache.h"
#include "support/live.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

STET_MAP(words, uint64_t, uint64_t, stet_u64, stet_u64)
STET_MAP(texts, stet_str, stet_str, stet_str_type, stet_str_type)

enum { ENTRIES = 5000 };

static words words_of(uint64_t from, uint64_t to)
{
    words m = {0};
    for (uint64_t i = from; i < to; i++)
        cr_assert_eq(words_set(&m, i, ~i), STET_CHANGED);
    return m;
}

/* A string whose block, with its count and the 0 behind it, is this large. */
static stet_str block_of(size_t size)
{
    static const char bytes[100000];
    stet_str s;
    cr_assert_eq(stet_str_from_bytes(bytes, size - 5, &s), STET_CHANGED);
    return s;
}

static size_t rounded(size_t size) { return (size + 15) & ~(size_t)15; }

static void in_a_thread(void *(*run)(void *), void *argument)
{
    pthread_t thread;
    cr_assert_eq(pthread_create(&thread, NULL, run, argument), 0);
    cr_assert_eq(pthread_join(thread, NULL), 0);
}

/* ---- figures ---- */

LIVE_TEST(pool, nothing_used_is_nothing_held)
{
    struct stet_pool_usage all = stet_pool_stats(), zero = {0};
    cr_assert_eq(memcmp(&all, &zero, sizeof all), 0);
    all = stet_pool_stats_thread();
    cr_assert_eq(memcmp(&all, &zero, sizeof all), 0);
    cr_assert_eq(stet_pool_trim(), 0);
    cr_assert_eq(stet_pool_requests(), 0);
    stet_pool_fault_end();
    cr_assert_eq(stet_pool_stats().slab_bytes, 0);
}

LIVE_TEST(pool, live_figures_count_each_block_with_its_rounding)
{
    const size_t sizes[] = {16, 17, 32, 33, 64, 512, 1000, 1024, 1025, 1040, 5000, 90000};
    enum { N = sizeof sizes / sizeof *sizes };
    stet_str s[N];
    int64_t bytes = 0;
    for (int i = 0; i < N; i++) {
        s[i] = block_of(sizes[i]);
        bytes += (int64_t)rounded(sizes[i]);
        cr_assert_eq(stet_pool_stats().live_blocks, i + 1);
        cr_assert_eq(stet_pool_stats().live_bytes, bytes);
        cr_assert_eq(stet_pool_stats_thread().live_blocks, i + 1);
        cr_assert_eq(stet_pool_stats_thread().live_bytes, bytes);
    }
    for (int i = 0; i < N; i++) {
        stet_str_drop(&s[i]);
        bytes -= (int64_t)rounded(sizes[i]);
        cr_assert_eq(stet_pool_stats().live_blocks, N - 1 - i);
        cr_assert_eq(stet_pool_stats().live_bytes, bytes);
    }
}

LIVE_TEST(pool, freed_blocks_are_cached_and_held)
{
    stet_str s[100];
    for (int i = 0; i < 100; i++)
        s[i] = block_of(256);
    struct stet_pool_usage full = stet_pool_stats();
    cr_assert_geq(full.slab_bytes, 100 * 256);
    cr_assert_geq(full.peak_bytes, full.slab_bytes);
    for (int i = 0; i < 100; i++)
        stet_str_drop(&s[i]);
    struct stet_pool_usage empty = stet_pool_stats(), mine = stet_pool_stats_thread();
    cr_assert_eq(mine.cached_bytes, empty.cached_bytes);
    cr_assert_eq(mine.slab_bytes, 0, "of the process only");
    cr_assert_eq(empty.peak_bytes, full.peak_bytes);
#if STET_POOL
    cr_assert_gt(empty.cached_bytes, 0);
    cr_assert_geq(empty.slab_bytes, empty.cached_bytes);
#else
    cr_assert_eq(empty.cached_bytes, 0);
    cr_assert_eq(empty.slab_bytes, 0);
#endif
}

LIVE_TEST(pool, trim_gives_all_back_that_is_not_live)
{
    words kept = words_of(0, 10), m = words_of(0, ENTRIES);
    words_drop(&m);
    size_t held = stet_pool_stats().slab_bytes, given = stet_pool_trim();
    cr_assert_eq(stet_pool_stats().slab_bytes, held - given);
    cr_assert_eq(stet_pool_stats().cached_bytes, 0);
#if STET_POOL
    cr_assert_gt(given, 0);
#endif
    cr_assert_gt(stet_pool_stats().slab_bytes, 0);
    cr_assert_eq(stet_pool_trim(), 0, "there is no more");
    for (uint64_t i = 0; i < 10; i++)
        cr_assert_eq(*words_get(&kept, i), ~i);
    words_drop(&kept);
    stet_pool_trim();
    cr_assert_eq(stet_pool_stats().slab_bytes, 0);
    kept = words_of(0, 10); /* and one may go on */
    words_drop(&kept);
}

/* ---- the budget ---- */

LIVE_TEST(pool, budget_is_a_limit_that_refuses_cleanly)
{
    enum { BUDGET = 1 << 20 };
    stet_pool_set_budget(BUDGET);
    words m = {0};
    uint64_t n = 0;
    while (words_set(&m, n, ~n) != STET_NO_MEMORY) {
        n++;
        cr_assert_leq(stet_pool_stats().slab_bytes, BUDGET);
    }
    cr_assert_gt(n, 1000);
    cr_assert_eq(words_size(&m), n);
    cr_assert_not(words_has(&m, n));
    for (uint64_t i = 0; i < n; i++)
        cr_assert_eq(*words_get(&m, i), ~i);
    cr_assert_leq(stet_pool_stats().peak_bytes, BUDGET);

    stet_pool_set_budget(1); /* what is held stays */
    for (uint64_t i = 0; i < n; i++)
        cr_assert_eq(words_set(&m, i, i), STET_CHANGED, "in place");
    stet_str s;
    static const char bytes[3000];
    cr_assert_eq(stet_str_from_bytes(bytes, sizeof bytes, &s), STET_NO_MEMORY);

    stet_pool_set_budget(0); /* none */
    cr_assert_eq(stet_str_from_bytes(bytes, sizeof bytes, &s), STET_CHANGED);
    stet_str_drop(&s);
    for (uint64_t i = n; i < 3 * n; i++)
        cr_assert_eq(words_set(&m, i, ~i), STET_CHANGED);
    cr_assert_gt(stet_pool_stats().slab_bytes, BUDGET);
    words_drop(&m);
}

LIVE_TEST(pool, budget_of_nothing)
{
    stet_pool_set_budget(1);
    words m = {0};
    cr_assert_eq(words_set(&m, 1, 1), STET_NO_MEMORY);
    cr_assert_eq(words_size(&m), 0);
    cr_assert_eq(stet_pool_stats().slab_bytes, 0);
    stet_pool_set_budget(SIZE_MAX);
    cr_assert_eq(words_set(&m, 1, 1), STET_CHANGED);
    words_drop(&m);
}

/* ---- faults ---- */

LIVE_TEST(pool, faults_hit_the_nth_request_and_those_after_it)
{
    stet_str s[10];
    for (uint64_t nth = 0; nth <= 5; nth++)
        for (uint64_t count = 0; count <= 3; count++) {
            stet_pool_fault(nth, count);
            for (uint64_t i = 1; i <= 8; i++) {
                bool refused = nth != 0 && i >= nth && i < nth + count;
                cr_assert_eq(stet_str_from_bytes("more than ten bytes", 19, &s[i]),
                             refused ? STET_NO_MEMORY : STET_CHANGED);
                cr_assert_eq(stet_pool_requests(), i);
            }
            for (uint64_t i = 1; i <= 8; i++)
                stet_str_drop(&s[i]);
            stet_pool_fault_end();
            cr_assert_eq(stet_str_from_cstr("more than ten bytes", &s[0]), STET_CHANGED);
            stet_str_drop(&s[0]);
            cr_assert_eq(stet_pool_requests(), 8, "no longer counted");
        }
    stet_pool_fault(3, UINT64_MAX);
    for (uint64_t i = 1; i <= 8; i++)
        cr_assert_eq(stet_str_from_cstr("more than ten bytes", &s[i]), i < 3 ? STET_CHANGED : STET_NO_MEMORY);
    stet_pool_fault_end();
    for (uint64_t i = 1; i <= 8; i++)
        stet_str_drop(&s[i]);
}

static void *is_not_refused(void *unused)
{
    words m = words_of(0, 100);
    words_drop(&m);
    return unused;
}

LIVE_TEST(pool, faults_are_of_one_thread)
{
    stet_pool_fault(1, UINT64_MAX);
    in_a_thread(is_not_refused, NULL);
    cr_assert_eq(stet_pool_requests(), 0);
    stet_pool_fault_end();
}

/* ---- threads ---- */

static void *make_words(void *m)
{
    *(words *)m = words_of(0, ENTRIES);
    return NULL;
}

static void *drop_words(void *m)
{
    int64_t blocks = stet_pool_stats().live_blocks;
    cr_assert_eq(stet_pool_stats_thread().live_blocks, 0);
    words_drop(m);
    cr_assert_eq(stet_pool_stats_thread().live_blocks, -blocks, "freed what others made");
    cr_assert_lt(stet_pool_stats_thread().live_bytes, 0);
    cr_assert_eq(stet_pool_stats().live_blocks, 0);
    return NULL;
}

LIVE_TEST(pool, made_in_one_thread_and_freed_in_another)
{
    words m;
    in_a_thread(make_words, &m);
    struct stet_pool_usage all = stet_pool_stats();
    cr_assert_gt(all.live_blocks, 0, "counted though its thread is gone");
    cr_assert_eq(all.cached_bytes, 0, "the thread's cache went with it");
    cr_assert_eq(stet_pool_stats_thread().live_blocks, 0);
    for (uint64_t i = 0; i < ENTRIES; i++)
        cr_assert_eq(*words_get(&m, i), ~i);
    in_a_thread(drop_words, &m);
    cr_assert_eq(stet_pool_stats().cached_bytes, 0);
    stet_pool_trim();
    cr_assert_eq(stet_pool_stats().slab_bytes, 0);
}

static void *edit_copies(void *m)
{
    for (uint64_t round = 0; round < 200; round++) {
        words copy = words_copy(m);
        for (uint64_t i = 0; i < 50; i++)
            cr_assert_eq(words_set(&copy, round * 7 + i, i), STET_CHANGED);
        words_drop(&copy);
    }
    return NULL;
}

/* While others work, figures may be read and memory trimmed; when they rest, figures are exact. */
LIVE_TEST(pool, figures_while_threads_work)
{
    words m = words_of(10000, 10000 + ENTRIES);
    struct stet_pool_usage before = stet_pool_stats();
    pthread_t threads[3];
    for (int i = 0; i < 3; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, edit_copies, &m), 0);
    for (int i = 0; i < 200; i++) {
        cr_assert_geq(stet_pool_stats().peak_bytes, before.peak_bytes);
        stet_pool_trim();
    }
    for (int i = 0; i < 3; i++)
        cr_assert_eq(pthread_join(threads[i], NULL), 0);
    cr_assert_eq(stet_pool_stats().live_blocks, before.live_blocks);
    cr_assert_eq(stet_pool_stats().live_bytes, before.live_bytes);
    words_drop(&m);
}

#ifndef SANITIZED /* whose allocators do not survive a fork while other threads allocate */

static bool enough;

static void *work_until_enough(void *m)
{
    while (!__atomic_load_n(&enough, __ATOMIC_RELAXED))
        edit_copies(m);
    return NULL;
}

/* A child has the parent's memory and none of its threads; no lock may stay taken. */
Test(pool, fork_while_threads_work, .timeout = 120)
{
    words m = words_of(10000, 10000 + ENTRIES);
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, work_until_enough, &m), 0);
    for (int i = 0; i < 30; i++) {
        pid_t child = fork();
        cr_assert_geq(child, 0);
        if (child == 0) {
            words mine = words_copy(&m);
            for (uint64_t j = 0; j < ENTRIES; j++)
                if (words_set(&mine, j, j) != STET_CHANGED)
                    test_exit(1);
            words_drop(&mine);
            stet_pool_trim();
            test_exit(stet_pool_stats().live_blocks > 0 ? 0 : 2);
        }
        int status;
        cr_assert_eq(waitpid(child, &status, 0), child);
        cr_assert(WIFEXITED(status));
        cr_assert_eq(WEXITSTATUS(status), 0);
    }
    __atomic_store_n(&enough, true, __ATOMIC_RELAXED);
    for (int i = 0; i < 2; i++)
        cr_assert_eq(pthread_join(threads[i], NULL), 0);
    words_drop(&m);
    nothing_is_live();
}

#endif

/* ---- without the pool, by the environment ---- */

/* A few blocks, and what the report says of them. */
static void report_of_three(char *text, size_t size)
{
    stet_str s[3] = {block_of(32), block_of(20), block_of(1000)};
    FILE *out = fmemopen(text, size, "w");
    cr_assert_eq(stet_pool_report(out), 3);
    fclose(out);
    for (int i = 0; i < 3; i++)
        stet_str_drop(&s[i]);
}

LIVE_TEST(pool, environment_turns_it_off)
{
    char text[1000];
    setenv("STET_POOL", "off", 1);
    report_of_three(text, sizeof text);
    cr_assert_not_null(strstr(text, "3 straight from the allocator\n"), "%s", text);
    cr_assert_eq(stet_pool_stats().cached_bytes, 0);
    cr_assert_eq(stet_pool_stats().slab_bytes, 0, "all was given back");
    words m = words_of(0, ENTRIES), other;
    in_a_thread(make_words, &other);
    stet_str refused;
    stet_pool_fault(1, 1);
    cr_assert_eq(stet_str_from_cstr("more than ten bytes", &refused), STET_NO_MEMORY);
    stet_pool_fault_end();
    cr_assert_eq(stet_pool_stats().slab_bytes, (uint64_t)stet_pool_stats().live_bytes);
    words_drop(&m);
    words_drop(&other);
}

LIVE_TEST(pool, environment_is_looked_at_once)
{
    char text[1000];
    setenv("STET_POOL", "on", 1);
    words m = words_of(0, 1);
    words_drop(&m);
    setenv("STET_POOL", "off", 1);
    report_of_three(text, sizeof text);
    cr_assert_eq(strstr(text, "2 of 32 bytes\n") != NULL, STET_POOL, "%s", text);
    cr_assert_eq(stet_pool_stats().cached_bytes > 0, STET_POOL);
}

/* ---- an allocator of one's own ---- */

struct counting {
    int blocks;
    size_t bytes;
    int64_t left; /* allocations until it has no more; negative: no end */
    pthread_mutex_t lock;
};

static void *counting_allocate(size_t size, size_t align, void *context)
{
    struct counting *c = context;
    cr_assert(align != 0 && (align & (align - 1)) == 0 && align <= (size_t)2 << 20);
    pthread_mutex_lock(&c->lock);
    bool refused = c->left == 0;
    c->left -= c->left > 0;
    void *block = refused ? NULL : aligned_alloc(align, (size + align - 1) & ~(align - 1));
    c->blocks += block != NULL;
    c->bytes += block != NULL ? size : 0;
    pthread_mutex_unlock(&c->lock);
    if (block != NULL)
        memset(block, 0xA5, size);
    return block;
}

static void counting_deallocate(void *block, size_t size, size_t align, void *context)
{
    struct counting *c = context;
    cr_assert_eq((uintptr_t)block % align, 0);
    pthread_mutex_lock(&c->lock);
    c->blocks--;
    c->bytes -= size;
    pthread_mutex_unlock(&c->lock);
    free(block);
}

static struct counting counting = {.left = -1, .lock = PTHREAD_MUTEX_INITIALIZER};

static void use_counting(void)
{
    struct stet_allocator a = {counting_allocate, counting_deallocate, &counting};
    cr_assert(stet_pool_set_allocator(&a));
    memset(&a, 0, sizeof a); /* it was copied */
}

LIVE_TEST(pool, allocator_gets_all_requests_and_all_back)
{
    use_counting();
    cr_assert_eq(counting.blocks, 0);
    words m = words_of(0, ENTRIES);
    stet_str s = block_of(50000);
    cr_assert_gt(counting.blocks, 0);
    cr_assert_geq(counting.bytes, stet_pool_stats().slab_bytes);
    in_a_thread(is_not_refused, NULL);
    words_drop(&m);
    stet_str_drop(&s);
    stet_pool_trim();
    cr_assert_eq(counting.blocks, 1, "this thread's cache");
}

LIVE_TEST(pool, allocator_may_have_no_more)
{
    use_counting();
    for (int left = 0; left < 5; left++) {
        counting.left = left;
        words m = {0};
        uint64_t n = 0;
        while (n < 1000000 && words_set(&m, n, ~n) != STET_NO_MEMORY)
            n++;
        cr_assert_lt(n, 1000000);
        cr_assert_eq(words_size(&m), n);
        for (uint64_t i = 0; i < n; i++)
            cr_assert_eq(*words_get(&m, i), ~i);
        counting.left = -1;
        cr_assert_eq(words_set(&m, n, ~n), STET_CHANGED);
        words_drop(&m);
        stet_pool_trim();
    }
}

static void *drop_without_memory(void *m)
{
    counting.left = 0;
    words_drop(m);
    counting.left = -1;
    return NULL;
}

static void *drop_later_without_memory(void *m)
{
    counting.left = 0;
    words_drop_later(m);
    cr_assert_eq(words_size(m), 0);
    counting.left = -1;
    return NULL;
}

static void *drop_text_without_memory(void *s)
{
    counting.left = 0;
    stet_str_drop(s);
    counting.left = -1;
    return NULL;
}

static void *fault_without_memory(void *unused)
{
    counting.left = 0;
    stet_pool_fault(1, 1);
    cr_assert_eq(stet_pool_requests(), 0);
    stet_pool_fault_end();
    counting.left = -1;
    return unused;
}

/* Freeing never fails, not even in a thread for which there is no memory. */
LIVE_TEST(pool, freeing_needs_no_memory)
{
    use_counting();
    words a = words_of(0, ENTRIES), b = words_of(0, ENTRIES);
    stet_str s = block_of(50000);
    in_a_thread(drop_without_memory, &a);
    in_a_thread(drop_later_without_memory, &b);
    in_a_thread(drop_text_without_memory, &s);
    in_a_thread(fault_without_memory, NULL);
    cr_assert_eq(stet_pool_stats().live_blocks, 0);
    stet_pool_trim();
    cr_assert_eq(counting.blocks, 1, "this thread's cache");
}

MISUSE(pool, allocator_comes_too_late)
{
    words m = words_of(0, 1);
    words_drop(&m);
    struct stet_allocator a = {counting_allocate, counting_deallocate, &counting};
    cr_assert_not(stet_pool_set_allocator(&a));
    stet_str s = block_of(50000);
    stet_str_drop(&s);
    cr_assert_eq(counting.blocks, 0);
}

/* What is kept for good comes straight from the allocator, and is within the budget. */
LIVE_TEST(pool, what_is_kept_is_held_unless_it_is_refused)
{
    use_counting();
    words m = words_of(0, 1);
    size_t held = stet_pool_held_();
    counting.left = 0;
    cr_assert_null(stet_pool_keep_(256));
    counting.left = -1;
    cr_assert_eq(stet_pool_held_(), held);
    stet_pool_set_budget(held + 255);
    cr_assert_null(stet_pool_keep_(256));
    cr_assert_eq(stet_pool_held_(), held);
    stet_pool_set_budget(0);
    static const char *block; /* nobody gives it back */
    block = stet_pool_keep_(256);
    cr_assert_eq((uintptr_t)block % POOL_KEEP_ALIGN, 0);
    for (unsigned i = 0; i < 256; i++)
        cr_assert_eq(block[i], 0);
    cr_assert_eq(stet_pool_held_(), held + 256);
    words_drop(&m);
}

/* ---- the hash seed ---- */

static uint64_t hash_of_seven(void)
{
    uint64_t seven = 7;
    return stet_type_hash(&stet_u64, &seven, stet_hash_seed_at(0));
}

LIVE_TEST(pool, seed_may_be_set_before_use)
{
    cr_assert(stet_set_hash_seed(1));
    uint64_t one = hash_of_seven();
    cr_assert(stet_set_hash_seed(2), "again: nothing is stored yet");
    cr_assert_neq(hash_of_seven(), one);
    cr_assert(stet_set_hash_seed(1));
    cr_assert_eq(hash_of_seven(), one);
    words m = words_of(0, ENTRIES);
    words_drop(&m);
}

MISUSE(pool, seed_comes_too_late)
{
    words m = words_of(0, 1);
    uint64_t before = hash_of_seven();
    cr_assert_not(stet_set_hash_seed(1));
    cr_assert_eq(hash_of_seven(), before);
    words_drop(&m);
}

MISUSE(pool, seed_comes_too_late_for_a_short_string)
{
    stet_str s;
    cr_assert_eq(stet_str_from_cstr("short", &s), STET_CHANGED);
    cr_assert_not(stet_set_hash_seed(1));
}

/* ---- reports ---- */

LIVE_TEST(pool, report_tells_live_blocks_by_size)
{
    stet_str s[3] = {block_of(32), block_of(20), block_of(1000)}, large = block_of(50000);
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    cr_assert_eq(stet_pool_report(out), 4);
    fclose(out);
    cr_assert_not_null(strstr(text, "stet: 4 blocks live, 51072 bytes;"), "%s", text);
#if STET_POOL
    cr_assert_not_null(strstr(text, "2 of 32 bytes\n"), "%s", text);
    cr_assert_not_null(strstr(text, "1 of 1008 bytes\n"), "%s", text);
    cr_assert_not_null(strstr(text, "1 straight from the allocator\n"), "%s", text);
    cr_assert_null(strstr(text, " of 16 bytes\n"), "%s", text);
#else
    cr_assert_not_null(strstr(text, "4 straight from the allocator\n"), "%s", text);
#endif
    free(text);
    for (int i = 0; i < 3; i++)
        stet_str_drop(&s[i]);
    stet_str_drop(&large);
    out = open_memstream(&text, &size);
    cr_assert_eq(stet_pool_report(out), 0);
    fclose(out);
    cr_assert_not_null(strstr(text, "stet: 0 blocks live, 0 bytes;"), "%s", text);
    cr_assert_eq(strchr(text, '\n')[1], '\0', "a line more than expected: %s", text);
    free(text);
}

static words leaked;

static void leak(void) { leaked = words_of(0, ENTRIES); }

static void leak_and_ask(void)
{
    leak();
    stet_pool_report_leaks_at_exit();
}

static void ask_and_leak_nothing(void)
{
    stet_pool_report_leaks_at_exit();
    leak();
    words_drop(&leaked);
}

/* What a process that does this writes to stderr until it has ended. */
static void stderr_of(void (*run)(void), const char *environment, char *text, size_t size)
{
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        close(ends[1]);
        if (environment != NULL)
            setenv("STET_LEAK_REPORT", environment, 1);
        else
            unsetenv("STET_LEAK_REPORT");
        run();
        exit(0);
    }
    close(ends[1]);
    test_read_all(ends[0], text, size);
    int status;
    cr_assert_eq(waitpid(child, &status, 0), child);
}

STET_SORTED_MAP(ranking, int, stet_str, stet_int, stet_str_type)

static texts leaked_texts;
static ranking leaked_ranking;

static void leak_texts(void)
{
    stet_str s = block_of(100);
    leak();
    cr_assert_eq(texts_set(&leaked_texts, s, s), STET_CHANGED);
    cr_assert_eq(ranking_set(&leaked_ranking, 1, s), STET_CHANGED);
    stet_str_drop(&s);
}

static void leak_without_a_pool(void)
{
    unsetenv("STET_POOL");
    leak_texts();
}

/* What was freed, and is kept for a while, is not live. */
static void leak_with_checks(void)
{
    setenv("STET_POOL", "check", 1);
    leak_texts();
    texts copy = texts_copy(&leaked_texts);
    cr_assert_eq(texts_set_cstr(&copy, "more", (stet_str){0}), STET_CHANGED);
    texts_drop(&copy);
}

/* With labels, what is live is told by the names of types. Those of words and strings are compiled for all, so that
 * only a program with checks says whose they are. */
Test(pool, leaks_are_reported_by_type)
{
    void (*const runs[])(void) = {leak_without_a_pool, leak_with_checks, leak_texts};
    for (unsigned i = 0; i < sizeof runs / sizeof *runs; i++) {
        char text[4096];
        stderr_of(runs[i], "1", text, sizeof text);
        bool by_type = i < 2;
        cr_assert_eq(strstr(text, " of stet_str, 112 bytes\n") != NULL, by_type, "case %u: %s", i, text);
        cr_assert_eq(strstr(text, " 1 of texts, ") != NULL, by_type, "case %u: %s", i, text);
        cr_assert_eq(strstr(text, " 1 of ranking, ") != NULL, by_type, "case %u: %s", i, text);
        cr_assert_eq(strstr(text, STET_CHECKS_ ? " of words, " : " of map from words to words, ") != NULL, by_type,
                     "case %u: %s", i, text);
        cr_assert_eq(strstr(text, " of 112 bytes\n") != NULL, !by_type && STET_POOL, "case %u: %s", i, text);
    }
}

static void drop_one_block(void)
{
    stet_str s = block_of(100);
    stet_str_drop(&s);
}
static void pool_is_full(void)
{
    setenv("STET_POOL", "full", 1);
    drop_one_block();
    drop_one_block();
}
static void pool_is_nothing(void)
{
    setenv("STET_POOL", "", 1);
    drop_one_block();
}

Test(pool, environment_that_says_something_else_is_told_once)
{
    char text[4096];
    stderr_of(pool_is_full, "0", text, sizeof text);
    cr_assert_str_eq(text, "stet: STET_POOL=full: not one of on, off, check\n");
    stderr_of(pool_is_nothing, "0", text, sizeof text);
    cr_assert_str_empty(text);
    stderr_of(drop_one_block, "0", text, sizeof text); /* on */
    cr_assert_str_empty(text);
}

Test(pool, leaks_are_reported_at_exit_on_request)
{
    static const struct {
        void (*run)(void);
        const char *environment;
        bool reported;
    } cases[] = {
        {leak, NULL, false},
        {leak, "", false},
        {leak, "0", false},
        {leak, "1", true},
        {leak_and_ask, NULL, true},
        {leak_and_ask, "0", true},
        {ask_and_leak_nothing, NULL, false},
        {ask_and_leak_nothing, "1", false},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[4096];
        stderr_of(cases[i].run, cases[i].environment, text, sizeof text);
        cr_assert_eq(strstr(text, "blocks live") != NULL, cases[i].reported, "case %u: %s", i, text);
    }
}
