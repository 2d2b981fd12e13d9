/* SPDX-License-Identifier: MIT */
/*
 * testing.h - what every random test needs: a seed that can be had again, and a way to stop that says how.
 *
 * Independent of Criterion, so that a fuzz target can use it, too: a failure prints and aborts. Programs of Criterion
 * tests link criterion.c beside it, because Criterion, when it reports to meson, swallows what tests print.
 */
#ifndef TEST_TESTING_H
#define TEST_TESTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* By whichever compiler: slower, and what was freed is kept for a while. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#    define SANITIZED
#elif defined(__has_feature)
#    if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#        define SANITIZED
#    endif
#endif

/*
 * The seed of this process: STET_TEST_SEED, or a random one. The first call also fixes the library's hash seed by it,
 * so it must come before anything is stored. Printed on failure.
 * What hashes addresses repeats only under `setarch -R`.
 */
uint64_t test_seed(void);

/* STET_TEST_LONG=1: millions of steps instead of thousands. */
bool test_long(void);

/* What is going on, for the message of a failure; printf-like. */
__attribute__((format(printf, 1, 2))) void test_context(const char *format, ...);

__attribute__((noreturn, format(printf, 1, 2))) void test_fail(const char *format, ...);

/* What test_fail() does with its message; criterion.c has another one. Need not return. */
void test_stop(const char *message);

/* The condition holds, or the test ends with the message that follows. */
#define REQUIRE(condition, ...) ((condition) ? (void)0 : test_fail(__VA_ARGS__))

/* _exit() for a forked child: what it has executed counts as executed, too (test/run --coverage). */
__attribute__((noreturn)) void test_exit(int status);

/* All that comes from this descriptor until its other end is closed, as text of up to size - 1 bytes; closes it. */
void test_read_all(int fd, char *text, size_t size);

/* No node and no string is live in this process: to be called when everything has been dropped. */
void test_nothing_live(void);

/* ---- pseudo-random numbers (splitmix64, Steele et al. 2014) ---- */

struct rng {
    uint64_t state;
};

static inline uint64_t rng_next(struct rng *r)
{
    uint64_t z = r->state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

/* 0 .. n - 1 */
static inline unsigned rng_below(struct rng *r, unsigned n) { return (unsigned)((rng_next(r) >> 32) * n >> 32); }

/* A number that depends on both, for decisions that the test and its model must take alike. */
static inline uint64_t rng_mix(uint64_t a, uint64_t b)
{
    struct rng r = {a * UINT64_C(0xD6E8FEB86659FD93) + b};
    return rng_next(&r);
}

#endif
