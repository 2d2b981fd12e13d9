/* SPDX-License-Identifier: MIT */
/*
 * memory.c - memory that is free is to be had: garbage is bounded in bytes, free memory goes back to the system, and
 * no request is refused while a cache or garbage has what it needs.
 */
#include <stet/atom_map.h>
#include <stet/list.h>
#include <stet/live_map.h>
#include <stet/pool.h>
#include <stet/str.h>

#include "support/live.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

STET_LIST(roll, char, stet_char)
STET_MAP(rolls, int, roll, stet_int, roll_type)
STET_LIVE_MAP(roll_table, rolls)
STET_MAP(texts, int, stet_str, stet_int, stet_str_type)
STET_LIVE_MAP(text_table, texts)
STET_ATOM_MAP(text_atom, texts)
STET_MAP(words, uint64_t, uint64_t, stet_u64, stet_u64)

enum { KB = 1024, MB = 1024 * KB, MOST = 48 * MB };

static int64_t live(void) { return stet_pool_stats().live_bytes; }

static void nothing_is_left(void)
{
    stet_reclaim();
    nothing_is_live();
}

#define MEMORY_TEST(name) TEST_BETWEEN(memory, name, seed_from_environment, nothing_is_left)

static const char *zeros(void)
{
    static char some[MOST];
    return some;
}

static roll roll_of(size_t size)
{
    roll b;
    cr_assert_eq(roll_from_array(&b, zeros(), size), STET_CHANGED);
    return b;
}

static stet_str text_of(size_t size)
{
    stet_str s;
    cr_assert_eq(stet_str_make(&s, zeros(), size), STET_CHANGED);
    return s;
}

/* ---- garbage of a live map, in bytes ---- */

enum { ROUNDS = 200, ROLL = 512 * KB };

MEMORY_TEST(replaced_values_are_weighed)
{
    roll_table t;
    cr_assert_eq(roll_table_init(&t, NULL), STET_CHANGED);
    for (int i = 0; i < ROUNDS; i++) {
        roll b = roll_of(ROLL + (size_t)i);
        cr_assert_eq(roll_table_store(&t, i % 2, b), STET_CHANGED);
        roll_drop(&b);
        cr_assert_leq(live(), 8 * MB, "after %d", i);
    }
    roll_table_destroy(&t);
}

MEMORY_TEST(large_blocks_are_weighed)
{
    text_table t;
    cr_assert_eq(text_table_init(&t, NULL), STET_CHANGED);
    for (int i = 0; i < ROUNDS; i++) {
        stet_str s = text_of(ROLL + (size_t)i);
        cr_assert_eq(i % 3 == 2 ? text_table_delete(&t, 1) : text_table_store(&t, 1, s), STET_CHANGED);
        stet_str_drop(&s);
        cr_assert_leq(live(), 8 * MB, "after %d", i);
    }
    text_table_destroy(&t);
}

/* What the pool held once is no excuse: growth counts from the least since. */
MEMORY_TEST(garbage_is_weighed_after_the_pool_has_shrunk)
{
    text_table t;
    text_atom a;
    cr_assert_eq(text_table_init(&t, NULL), STET_CHANGED);
    cr_assert_eq(text_atom_init(&a, NULL), STET_CHANGED);
    roll big = roll_of(MOST);
    stet_str s = text_of(100);
    cr_assert_eq(text_table_store(&t, 0, s), STET_CHANGED);
    cr_assert_eq(text_atom_store(&a, 0, s), STET_CHANGED);
    stet_str_drop(&s);
    stet_reclaim(); /* a look while much is held */
    roll_drop(&big);
    stet_pool_trim();
    for (int i = 0; i < 60; i++) {
        s = text_of(ROLL + (size_t)i);
        cr_assert_eq(text_table_store(&t, 0, s), STET_CHANGED);
        cr_assert_eq(text_atom_store(&a, 0, s), STET_CHANGED);
        stet_str_drop(&s);
        cr_assert_leq(live(), 12 * MB, "after %d", i);
    }
    text_table_destroy(&t);
    text_atom_destroy(&a);
}

/* It is one thing that is retired, however large. */
MEMORY_TEST(clear_frees_what_was_there)
{
    text_table t;
    cr_assert_eq(text_table_init(&t, NULL), STET_CHANGED);
    for (int k = 0; k < 100000; k++) {
        stet_str s = text_of(8);
        cr_assert_eq(text_table_store(&t, k, s), STET_CHANGED);
        stet_str_drop(&s);
    }
    cr_assert_gt(live(), 2 * MB);
    cr_assert_eq(text_table_clear(&t), STET_CHANGED);
    cr_assert_lt(live(), 256 * KB);
    text_table_destroy(&t);
}

/* ---- back to the system ---- */

/* Sanitizers keep what is freed; without a pool it is the allocator's affair. */
#if STET_POOL && !defined(SANITIZED)

static size_t resident(void)
{
    unsigned long size, pages;
    FILE *f = fopen("/proc/self/statm", "r");
    cr_assert_not_null(f);
    cr_assert_eq(fscanf(f, "%lu %lu", &size, &pages), 2);
    fclose(f);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static words many;
static pthread_barrier_t step;

static void *build_and_stay(void *unused)
{
    for (uint64_t i = 0; i < 2000000; i++)
        cr_assert_eq(words_set(&many, i, i), STET_CHANGED);
    pthread_barrier_wait(&step);
    pthread_barrier_wait(&step);
    return unused;
}

/* One thread builds, and goes on to live; another one drops. */
MEMORY_TEST(what_is_dropped_goes_back_to_the_system)
{
    pthread_t builder;
    size_t before = resident();
    pthread_barrier_init(&step, NULL, 2);
    cr_assert_eq(pthread_create(&builder, NULL, build_and_stay, NULL), 0);
    pthread_barrier_wait(&step);
    size_t full = resident();
    cr_assert_gt(full - before, 32 * MB);
    words_drop(&many);
    size_t dropped = resident();
    stet_pool_trim();
    size_t trimmed = resident();
    cr_assert_lt(dropped - before, (full - before) / 2, "without another call");
    cr_assert_lt(trimmed - before, (full - before) / 8);
    pthread_barrier_wait(&step);
    pthread_join(builder, NULL);
}

/* Of regions that are in use, too. */
MEMORY_TEST(trim_gives_back_pages_between_those_in_use)
{
    enum { N = 400000, KEPT = 1000 };
    stet_str *s = malloc(N * sizeof *s);
    cr_assert_not_null(s);
    for (size_t i = 0; i < N; i++)
        s[i] = text_of(100);
    size_t full = resident();
    for (size_t i = 0; i < N; i++)
        if (i % (N / 2) > KEPT)
            stet_str_drop(&s[i]);
    stet_pool_trim();
    cr_assert_lt(resident(), full - 30 * MB);
    for (size_t i = 0; i < N; i++)
        if (i % (N / 2) > KEPT)
            s[i] = text_of(100); /* and they are used again */
    cr_assert_geq(resident(), full - 4 * MB);
    for (size_t i = 0; i < N; i++)
        stet_str_drop(&s[i]);
    free(s);
}

#endif
