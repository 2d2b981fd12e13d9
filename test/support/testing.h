/* SPDX-License-Identifier: MIT */
/*
 * testing.h - what every random test needs: a seed that repeats the test, and a failure message with the seed.
 *
 * Independent of Criterion, so that a fuzz target can use it, too: a failure prints and aborts. Programs of Criterion
 * tests also link criterion.c, because Criterion, when it reports to meson, discards what tests print.
 */
#ifndef TEST_TESTING_H
#define TEST_TESTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Defined by either compiler's sanitizers: the program is slower, and freed memory is kept for a while. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#    define SANITIZED
#elif defined(__has_feature)
#    if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#        define SANITIZED
#    endif
#endif

/*
 * Returns the seed of this process: STET_TEST_SEED, or a random one. The first call also sets the library's hash seed
 * from it, so it must come before anything is stored. A failure prints the seed. Tests in which addresses are hashed
 * repeat only under `setarch -R`.
 */
uint64_t test_seed(void);

/* Whether STET_TEST_LONG=1 asks for millions of steps instead of thousands. */
bool test_long(void);

/* Sets the text, printf-like, with which a failure says what the test was doing. */
__attribute__((format(printf, 1, 2))) void test_context(const char *format, ...);

__attribute__((noreturn, format(printf, 1, 2))) void test_fail(const char *format, ...);

/* Called by test_fail() with its message; criterion.c has another definition. Need not return. */
void test_stop(const char *message);

/* Ends the test with the message that follows, unless the condition holds. */
#define REQUIRE(condition, ...) ((condition) ? (void)0 : test_fail(__VA_ARGS__))

/* _exit() for a forked child; first records which lines the child has executed (test/run --coverage). */
__attribute__((noreturn)) void test_exit(int status);

/* Reads from the descriptor until its other end is closed, up to size - 1 bytes, as a text; closes the descriptor. */
void test_read_all(int fd, char *text, size_t size);

/* Requires that no node and no string is live in this process; called when everything has been dropped. */
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

/* Returns a number that follows from both, for decisions that must be the same in the test and in its model. */
static inline uint64_t rng_mix(uint64_t a, uint64_t b)
{
    struct rng r = {a * UINT64_C(0xD6E8FEB86659FD93) + b};
    return rng_next(&r);
}

#endif
