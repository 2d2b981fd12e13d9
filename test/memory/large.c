/* SPDX-License-Identifier: MIT */
/*
 * memory/large.c - maps too large for the other tests: lookups in groups, and dropping with bounded stack in bounded
 * steps. STET_TEST_LONG=1 drops ten million entries, as the short form does one.
 */
#include <stet/map.h>
#include <stet/str.h>

#include "support/live.h"
#include "support/small_stack.h"
#include "support/testing.h"

STET_MAP(words, uint64_t, uint64_t, stet_u64, stet_u64)

/* ---- get_many: from 1 MiB of entries on it looks up in groups ---- */

enum { GROUPED = 70000, ASKED = 5000 };

/* One key in 64 has one hash with all such, on every level: below a chain, in a collision leaf. */
struct mixed {
    uint64_t n;
};
static uint64_t mixed_hash(const struct mixed *m, uint64_t seed) { return m->n % 64 == 0 ? 0 : m->n ^ seed; }
static bool mixed_equal(const struct mixed *a, const struct mixed *b) { return a->n == b->n; }
STET_TYPE(mixed_type, struct mixed, mixed_hash, mixed_equal)
STET_MAP(mixed_map, struct mixed, uint64_t, mixed_type, stet_u64)

STET_MAP(strings, stet_str, uint64_t, stet_str_type, stet_u64)

static stet_str string_of_number(uint64_t i)
{
    char text[32];
    stet_str s;
    int n = snprintf(text, sizeof text, i % 2 == 0 ? "%u" : "the number %u", (unsigned)i);
    cr_assert_eq(stet_str_from_bytes(text, (size_t)n, &s), STET_CHANGED);
    return s;
}

static uint64_t word_of_number(uint64_t i) { return i; }
static struct mixed mixed_of_number(uint64_t i) { return (struct mixed){i}; }

/* Of the keys that are asked for, one in three is absent. Every number of keys up to a few groups, and many. */
#define GET_MANY_TEST(map, K, ktype, key_of)                                                       \
    LIVE_TEST(large, get_many_in_groups_##map)                                                     \
    {                                                                                              \
        map m = {0};                                                                               \
        static K keys[ASKED];                                                                      \
        static const uint64_t *values[ASKED + 1];                                                  \
        struct rng random = {7};                                                                   \
        for (uint64_t i = 0; i < GROUPED; i++) {                                                   \
            K key = key_of(i);                                                                     \
            cr_assert_eq(map##_set(&m, key, ~i), STET_CHANGED);                                    \
            if (ktype.release != NULL)                                                             \
                ktype.release(&key);                                                               \
        }                                                                                          \
        for (unsigned i = 0; i < ASKED; i++)                                                       \
            keys[i] = key_of(rng_below(&random, GROUPED + GROUPED / 2));                           \
        for (unsigned n = 0; n <= ASKED; n = n < 50 ? n + 1 : n < ASKED / 2 ? ASKED / 2 : 2 * n) { \
            memset(values, 0xFF, sizeof values);                                                   \
            map##_get_many(&m, keys, n, values);                                                   \
            for (unsigned i = 0; i < n; i++)                                                       \
                cr_assert_eq(values[i], map##_get(&m, keys[i]));                                   \
            cr_assert_eq((uintptr_t)values[n], UINTPTR_MAX, "wrote behind the answers");           \
        }                                                                                          \
        for (unsigned i = 0; i < ASKED; i++)                                                       \
            if (ktype.release != NULL)                                                             \
                ktype.release(&keys[i]);                                                           \
        map##_drop(&m);                                                                            \
    }

GET_MANY_TEST(words, uint64_t, stet_u64, word_of_number)
GET_MANY_TEST(strings, stet_str, stet_str_type, string_of_number)
GET_MANY_TEST(mixed_map, struct mixed, mixed_type, mixed_of_number)

/* ---- a batch of more than a million, with most of the keys twice ---- */

LIVE_TEST(large, a_batch_of_more_than_a_million)
{
    enum { N = (1 << 20) + 1000 };
    uint64_t *keys = malloc(N * sizeof *keys), *values = malloc(N * sizeof *values);
    cr_assert(keys != NULL && values != NULL);
    for (uint64_t distinct = N; distinct > N / 3; distinct /= 2) {
        words m;
        for (uint64_t i = 0; i < N; i++) {
            keys[i] = i % distinct * 8;
            values[i] = i;
        }
        cr_assert_eq(words_from_array(keys, values, N, &m), STET_CHANGED);
        cr_assert_eq(words_size(&m), distinct);
        for (uint64_t i = 0; i < distinct; i++)
            cr_assert_eq(*words_get(&m, keys[i]), i + (N - 1 - i) / distinct * distinct);
        cr_assert_null(words_get(&m, 1));
        words_drop(&m);
    }
    free(keys);
    free(values);
}

/* ---- dropping ---- */

#ifdef SANITIZED
enum { LARGE = 200000 };
#else
enum { LARGE = 1000000 };
#endif

static uint64_t large_size(void) { return test_long() ? 10 * (uint64_t)LARGE : LARGE; }

/* A counted value: its leaves wait for their turn, and go one by one. */
struct counter {
    int64_t holders;
};
typedef struct counter *counter_ptr;
static struct counter counter;
static void counter_ref(counter_ptr c) { __atomic_fetch_add(&c->holders, 1, __ATOMIC_RELAXED); }
static void counter_unref(counter_ptr c) { __atomic_fetch_sub(&c->holders, 1, __ATOMIC_RELAXED); }
STET_TYPE_REF_LAZY(counter_type, counter_ptr, counter_ref, counter_unref)
STET_MAP(counters, uint64_t, counter_ptr, stet_u64, counter_type)

static words large_words(void)
{
    words m = {0};
    for (uint64_t i = 0, n = large_size(); i < n; i++)
        cr_assert_eq(words_set(&m, i, i), STET_CHANGED);
    return m;
}

static counters large_counters(void)
{
    counters m = {0};
    for (uint64_t i = 0, n = large_size(); i < n; i++)
        cr_assert_eq(counters_set(&m, i, &counter), STET_CHANGED);
    cr_assert_eq(counter.holders, (int64_t)large_size());
    return m;
}

/* What one node's turn frees at most, where nothing is borrowed: itself and children that are leaves. */
enum { A_STEP = 1 + (1 << STET_MAP_WIDTH) };

static void require_bounded_steps(void)
{
    int64_t left = stet_pool_stats().live_blocks;
    for (bool more = true; more;) {
        more = stet_release_some(3);
        int64_t now = stet_pool_stats().live_blocks;
        cr_assert_lt(now, left);
        cr_assert_leq(left - now, 3 * A_STEP);
        left = now;
    }
    cr_assert_eq(left, 0);
}

#define DROP_TESTS(map)                                           \
    static void *map##_drop_all(void *m)                          \
    {                                                             \
        map##_drop(m);                                            \
        return NULL;                                              \
    }                                                             \
    LIVE_TEST(large, map##_are_dropped_on_a_small_stack)          \
    {                                                             \
        map m = large_##map();                                    \
        on_a_small_stack(map##_drop_all, &m);                     \
        cr_assert_eq(counter.holders, 0);                         \
    }                                                             \
    static void *map##_drop_in_steps(void *m)                     \
    {                                                             \
        map##_drop_later(m);                                      \
        require_bounded_steps();                                  \
        return NULL;                                              \
    }                                                             \
    LIVE_TEST(large, map##_are_dropped_in_steps_on_a_small_stack) \
    {                                                             \
        map m = large_##map();                                    \
        on_a_small_stack(map##_drop_in_steps, &m);                \
        cr_assert_eq(counter.holders, 0);                         \
    }

DROP_TESTS(words)
DROP_TESTS(counters)

/*
 * A node that borrows goes with the node above it, and so do those of its own children that borrow: at most 8 on each
 * level. These edits make such nodes: 7 neighbouring slots on each of three levels.
 */
LIVE_TEST(large, a_version_that_borrows_is_dropped_in_bounded_steps)
{
    words old = {0};
    for (uint64_t i = 0; i < 300000; i++)
        cr_assert_eq(words_set(&old, i, i), STET_CHANGED);
    words m = words_copy(&old);
    for (uint64_t i = 1; i < 300000; i++) {
        uint64_t hash = stet_type_hash(&stet_u64, &i, stet_hash_seed_at(0));
        if (hash >> 58 < 7 && (hash >> 52) % 64 < 7 && (hash >> 46) % 64 < 7)
            cr_assert_eq(words_set(&m, i, 0), STET_CHANGED);
    }
    words_drop(&old);
    int64_t left = stet_pool_stats().live_blocks;
    words_drop_later(&m);
    for (bool more = true; more; more = stet_release_some(1)) {
        int64_t now = stet_pool_stats().live_blocks;
        cr_assert_leq(left - now, A_STEP + 8 + 64);
        left = now;
    }
}
