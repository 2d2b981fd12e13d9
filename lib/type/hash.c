/* SPDX-License-Identifier: MIT */
/*
 * type/hash.c - the secrets that key the hashes, and the hashes of bytes: XXH3, and SipHash-1-3 (Aumasson & Bernstein
 * 2012) for keys that collide under XXH3.
 */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <stet/type.h>
#include <stet/impl/bytes.h>
#include "type/hash.h"
#include "memory/cache.h"
#include "thread/os.h"

struct stet_hash_secrets_ stet_hash_secrets_;

/* ---- the secrets ---- */

/* The generator splitmix64 (Steele et al. 2014). */
static uint64_t next_number(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

/* Returns whether 11 neighbouring bits of x are equal. */
static bool has_run(uint64_t x)
{
    uint64_t alike = ~(x ^ x >> 1) & UINT64_MAX >> 1; /* bit i is set if bits i and i + 1 of x are equal */
    alike &= alike >> 1;
    alike &= alike >> 2;
    alike &= alike >> 4;              /* 8 such pairs in a row */
    return (alike & alike >> 2) != 0; /* 10 such pairs, of 11 bits */
}

/*
 * Returns whether the first million multiples of a step, modulo 2^64, are spread almost evenly. This is so if all
 * quotients of step / 2^64 as a continued fraction are small: then no gap between multiples is many times as wide as
 * another (the three-distance theorem, Sos 1958).
 */
static bool spreads(uint64_t step)
{
    uint64_t quotient = UINT64_MAX / step, rest[2] = {step, 0 - step * quotient}, below[2] = {0, 1};
    while (quotient <= 32) {
        uint64_t denominator = quotient * below[1] + below[0];
        if (denominator >> 20 != 0 || rest[1] == 0)
            return true;
        below[0] = below[1];
        below[1] = denominator;
        quotient = rest[0] / rest[1];
        uint64_t next = rest[0] - quotient * rest[1];
        rest[0] = rest[1];
        rest[1] = next;
    }
    return false;
}

/*
 * m is the multiplier. The products of two words that differ in bits i and j > i differ by (2^j + 2^i) m or (2^j - 2^i)
 * m. If 12 neighbouring bits of such a difference are all 0, or all 1, the products agree in these bits in most cases,
 * whatever the seed. A multiplier without runs of 11 such bits is good for every pair of bits; one multiplier in eight
 * is like that. Of these, one in 24 also spreads consecutive words, whose hashes begin like the multiples of m, and
 * addresses and numbers at common distances.
 */
bool stet_hash_is_strong_(uint64_t multiplier)
{
    static const uint8_t distance[] = {0, 3, 4, 6, 12, 32, 47}; /* as powers of 2 */
    if (multiplier % 2 == 0 || has_run(multiplier))
        return false;
    for (unsigned i = 0; i < sizeof distance; i++)
        if (!spreads(multiplier << distance[i]))
            return false;
    for (unsigned k = 1; k < 64; k++)
        if (has_run((multiplier << k) + multiplier) || has_run((multiplier << k) - multiplier))
            return false;
    return true;
}

static uint64_t strong_from(uint64_t state)
{
    uint64_t multiplier;
    do
        multiplier = next_number(&state) | 1;
    while (!stet_hash_is_strong_(multiplier));
    return multiplier;
}

static void derive_secrets(uint64_t seed)
{
    for (unsigned i = 0; i < 2; i++)
        stet_hash_secrets_.key[i] = next_number(&seed);
    stet_hash_secrets_.seed = next_number(&seed);
    stet_hash_secrets_.multiplier = strong_from(seed);
}

#ifdef STET_THREAD_SANITIZER_
const char stet_must_be_built_with_fsanitize_thread_too = 0;
#endif

/*
 * The secrets are drawn before main, and before any constructor without a priority, because these may use collections.
 */
__attribute__((__constructor__(101))) static void draw_secrets(void)
{
    struct stet_hash_secrets_ drawn;
    if (stet_os_random_(&drawn, sizeof drawn)) {
        drawn.multiplier = strong_from(drawn.multiplier);
        stet_hash_secrets_ = drawn;
        return;
    }
    /* Early in boot, and where a sandbox refuses random bytes, addresses and the time must do. */
    derive_secrets(stet_hash_fold((uint64_t)(uintptr_t)&drawn ^ stet_time_(), (uint64_t)(uintptr_t)draw_secrets));
}

bool stet_set_hash_seed(uint64_t seed)
{
    bool early = !stet_pool_in_use_() && !__atomic_load_n(&stet_str_in_use_, __ATOMIC_RELAXED);
    assert(early && "the hash seed must be set before a string is made or anything stored");
    if (early)
        derive_secrets(seed);
    return early;
}

/* ---- hashes of bytes ---- */

uint64_t stet_hash_bytes_fast_(const void *bytes, size_t n, uint64_t seed)
{
    return XXH3_64bits_withSeed(bytes, n, seed);
}

static uint64_t rotate(uint64_t x, unsigned n) { return x << n | x >> (64 - n); }

static void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[0] = rotate(v[0], 32);
    v[2] += v[3];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[2] = rotate(v[2], 32);
}

static void sip_take(uint64_t v[4], uint64_t word)
{
    v[3] ^= word;
    sip_round(v);
    v[0] ^= word;
}

uint64_t stet_siphash13_(const void *bytes, size_t n, const uint64_t key[2])
{
    uint64_t v[4] = {key[0] ^ UINT64_C(0x736F6D6570736575), key[1] ^ UINT64_C(0x646F72616E646F6D),
                     key[0] ^ UINT64_C(0x6C7967656E657261), key[1] ^ UINT64_C(0x7465646279746573)};
    const char *at = bytes;
    uint64_t word, last = (uint64_t)n << 56;
    for (size_t left = n; left >= sizeof word; left -= sizeof word, at += sizeof word) {
        memcpy(&word, at, sizeof word);
        sip_take(v, stet_little_64_(word));
    }
    word = 0;
    if (n % sizeof word != 0) /* bytes may be NULL when n is 0 */
        memcpy(&word, at, n % sizeof word);
    sip_take(v, last | stet_little_64_(word));
    v[2] ^= 0xFF;
    for (unsigned i = 0; i < 3; i++)
        sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

uint64_t stet_hash_bytes_safe_(const void *bytes, size_t n)
{
    return stet_siphash13_(bytes, n, stet_hash_secrets_.key);
}
