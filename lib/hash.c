/* SPDX-License-Identifier: MIT */
/* hash.c - the process's hash seed, and the hash of bytes (XXH3). */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <stet/type.h>
#include "pool_cache.h"

#include <sys/random.h>
#include <time.h>

uint64_t stet_hash_seed_;

/* Drawn before main, and before any constructor without a priority: collections may be used in those. */
__attribute__((__constructor__(101))) static void draw_seed(void)
{
    if (getrandom(&stet_hash_seed_, sizeof stet_hash_seed_, GRND_NONBLOCK) == (ssize_t)sizeof stet_hash_seed_)
        return;
    struct timespec now; /* early in boot, or in a sandbox that refuses: addresses and time must do */
    clock_gettime(CLOCK_MONOTONIC, &now);
    stet_hash_seed_ = stet_hash_fold((uint64_t)(uintptr_t)&now ^ (uint64_t)now.tv_nsec, (uint64_t)(uintptr_t)draw_seed);
}

bool stet_set_hash_seed(uint64_t seed)
{
    bool early = !stet_pool_in_use_() && !__atomic_load_n(&stet_str_in_use_, __ATOMIC_RELAXED);
    assert(early && "the hash seed must be set before a string is made or anything stored");
    if (early)
        stet_hash_seed_ = seed;
    return early;
}

uint64_t stet_hash_bytes(const void *bytes, size_t n, uint64_t seed) { return XXH3_64bits_withSeed(bytes, n, seed); }
