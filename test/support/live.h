/* SPDX-License-Identifier: MIT */
/*
 * live.h - tests by the pool's figures: that nothing is left, how many requests for memory a call makes, and what it
 * returns when one is refused.
 */
#ifndef TEST_LIVE_H
#define TEST_LIVE_H

#include "testing.h"

#include <stet/pool.h>
#include <stet/type.h>

#include <criterion/criterion.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>

/* The number from which the hash seed, and so the shape of every map, follows: random, or STET_TEST_SEED. */
static uint64_t live_test_seed;

static inline void seed_from_environment(void)
{
    const char *seed = getenv("STET_TEST_SEED");
    live_test_seed = seed != NULL ? strtoull(seed, NULL, 0) : stet_hash_seed_at(0);
    cr_assert(stet_set_hash_seed(live_test_seed));
}

/* Asserts that the test has dropped everything that it made. */
static inline void nothing_is_live(void)
{
    struct stet_pool_usage stats = stet_pool_stats();
    cr_assert(stats.live_blocks == 0 && stats.live_bytes == 0,
              "%" PRId64 " blocks, %" PRId64 " bytes are still live (STET_TEST_SEED=%#" PRIx64 ")", stats.live_blocks,
              stats.live_bytes, live_test_seed);
}

/*
 * Test(suite, name) between `before` and `after`. Criterion reports a test as passed even if its .fini fails, so the
 * last assertions must be in the test's body.
 */
#define TEST_BETWEEN_(suite, name, before, after) \
    static void suite##_##name##_body(void);      \
    Test(suite, name)                             \
    {                                             \
        before();                                 \
        suite##_##name##_body();                  \
        after();                                  \
    }                                             \
    static void suite##_##name##_body(void)
#define TEST_BETWEEN(suite, name, before, after) TEST_BETWEEN_(suite, name, before, after)

/* A test that leaves nothing live. */
#define LIVE_TEST(suite, name) TEST_BETWEEN(suite, name, seed_from_environment, nothing_is_live)

/*
 * A test of misuse. With assertions, one must stop it; without, the misuse is refused, and nothing is live at the end.
 */
#ifdef NDEBUG
#    define MISUSE(suite, name) LIVE_TEST(suite, name)
#else
#    define MISUSE(suite, name) Test(suite, name, .signal = SIGABRT)
#endif

/* count_requests(); something; n = counted_requests(); - how many requests this thread made to the pool in between. */
static inline void count_requests(void) { stet_pool_fault(0, 0); }

static inline uint64_t counted_requests(void)
{
    uint64_t n = stet_pool_requests();
    stet_pool_fault_end();
    return n;
}

/*
 * Repeats a call that may allocate until no request is refused: first its 1st request is refused, then its 2nd, and so
 * on.
 *
 *     struct refusals r = {0};
 *     do
 *         refuse(&r), result = the call;
 *     while (was_refused(&r, result) && as_before());
 *     cr_assert_gt(r.count, 0);
 */
struct refusals {
    uint64_t count;
};

static inline void refuse(const struct refusals *r) { stet_pool_fault(r->count + 1, 1); }

/* For calls that may go on without what was refused: each round must begin alike, also after a success. */
static inline bool any_refused(struct refusals *r, stet_result result)
{
    bool refused = counted_requests() > r->count;
    cr_assert(refused || result != STET_NO_MEMORY, "out of memory, but no request was refused");
    r->count += refused;
    return refused;
}

static inline bool was_refused(struct refusals *r, stet_result result)
{
    bool refused = any_refused(r, result);
    cr_assert(!refused || result == STET_NO_MEMORY, "done without a refused request: use any_refused()");
    return refused;
}

#endif
