/* SPDX-License-Identifier: MIT */
/*
 * live/map.c - the live map where test/shared_map*.c do not get by chance: readers that stand still between a look and
 * the next.
 */
#include "support/elements.h"
#include "support/live.h"
#include "support/testing.h"

#include <stet/live_map.h>

#include <criterion/criterion.h>
#include <pthread.h>
#include <semaphore.h>

/* ---- a reader that stands still ---- */

/* The reader has found its value, and has not counted it yet. */
static _Thread_local bool stands_still;
static sem_t standing, go_on;

static void ref_standing(token_ptr t)
{
    if (stands_still) {
        sem_post(&standing);
        sem_wait(&go_on);
    }
    token_ref(t);
}
STET_TYPE_REF(token_type, token_ptr, ref_standing, token_unref)

static uint64_t key_hash(const struct clash *k, uint64_t seed)
{
    return clash_hash(k, seed) * UINT64_C(0x9E3779B97F4A7C15);
}
STET_TYPE(key_type, struct clash, key_hash, clash_equal)

STET_MAP(owned, struct clash, token_ptr, key_type, token_type)
STET_LIVE_MAP(live_owned, owned)

enum { KEYS = 64 };
/* Each wakes the other thread four times, and pays for a dozen heavy fences. */
static unsigned stands(void) { return test_long() ? 2000 : 400; }

static live_owned map;
static struct clash looked_for;

static void *stand(void *nothing)
{
    (void)nothing;
    for (unsigned i = 0, n = stands(); i < n; i++) {
        token_ptr t;
        sem_wait(&go_on);
        stands_still = true;
        REQUIRE(live_owned_load(&map, looked_for, &t), "the key is there");
        stands_still = false;
        REQUIRE(__atomic_load_n(&t->count, __ATOMIC_RELAXED) > 0, "what is read was released");
        token_unref(t);
        sem_post(&standing);
    }
    return NULL;
}

/* The key stays; others come and go around it, with new nodes and a clock that goes on. */
static void churn(struct rng *random, unsigned key, token_ptr other)
{
    unsigned writes = rng_below(random, 4 * KEYS), bias = rng_below(random, 9);
    bool alone = rng_below(random, 2);
    for (unsigned i = 0; i < KEYS && alone; i++)
        REQUIRE(i == key || live_owned_delete(&map, (struct clash){i}) != STET_NO_MEMORY, "no memory");
    stet_reclaim();
    for (unsigned i = 0; i < writes; i++) {
        struct clash k = {rng_below(random, KEYS)};
        if (k.n != key)
            REQUIRE((rng_below(random, 8) < bias ? live_owned_store(&map, k, other) : live_owned_delete(&map, k)) !=
                        STET_NO_MEMORY,
                    "no memory");
        if (rng_below(random, 64) == 0) /* a reader that is much behind the clock is dealt with otherwise */
            stet_reclaim();
    }
}

/* However far the entry went meanwhile, from leaf to leaf. */
TEST_BETWEEN(live_map, what_a_reader_has_found_stays, test_seed, nothing_is_live)
{
    struct rng random = {rng_mix(test_seed(), 0)};
    struct token value = {1}, other = {1};
    pthread_t reader;
    sem_init(&standing, 0, 0);
    sem_init(&go_on, 0, 0);
    REQUIRE(live_owned_init(&map, NULL) == STET_CHANGED, "no memory");
    REQUIRE(pthread_create(&reader, NULL, stand, NULL) == 0, "no thread");
    for (unsigned i = 0, n = stands(); i < n; i++) {
        looked_for.n = rng_below(&random, KEYS);
        churn(&random, looked_for.n, &other);
        REQUIRE(live_owned_store(&map, looked_for, &value) == STET_CHANGED, "it was not there");
        sem_post(&go_on);
        sem_wait(&standing); /* it has found it */
        churn(&random, looked_for.n, &other);
        REQUIRE(live_owned_delete(&map, looked_for) == STET_CHANGED, "it was there");
        stet_reclaim();
        stet_reclaim();
        REQUIRE(value.count >= 2, "round %u: the map has released what a reader has found", i);
        sem_post(&go_on);
        sem_wait(&standing); /* it has it */
        stet_reclaim();
        stet_reclaim();
        REQUIRE(value.count == 1, "round %u: %u hold it", i, value.count);
    }
    pthread_join(reader, NULL);
    live_owned_destroy(&map);
    stet_reclaim();
    cr_assert_eq(other.count, 1);
}

/* ---- leaves join ---- */

STET_MAP(words, uint64_t, uint64_t, stet_u64, stet_u64)
STET_LIVE_MAP(live_words, words)

static int64_t bytes_of_map(bool after_others)
{
    live_words m;
    REQUIRE(live_words_init(&m, NULL) == STET_CHANGED, "no memory");
    for (uint64_t i = 0; i < 10000; i++)
        if (after_others || i % 10 == 0)
            REQUIRE(live_words_store(&m, i, i) == STET_CHANGED, "no memory");
    for (uint64_t i = 0; i < 10000; i++)
        if (after_others && i % 10 != 0)
            REQUIRE(live_words_delete(&m, i) == STET_CHANGED, "it was there");
    cr_assert_eq(live_words_size(&m), 1000);
    stet_reclaim();
    int64_t bytes = stet_pool_stats().live_bytes;
    live_words_destroy(&m);
    return bytes;
}

/* A map that was ten times as large takes hardly more than twice what one takes that never was; else, 3 to 5 times. */
TEST_BETWEEN(live_map, small_leaves_join, test_seed, nothing_is_live)
{
    int64_t never = bytes_of_map(false), once = bytes_of_map(true);
    cr_assert_leq(5 * once, 14 * never, "%ld bytes, %ld when it was larger", (long)never, (long)once);
}
