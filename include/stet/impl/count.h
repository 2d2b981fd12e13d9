/* SPDX-License-Identifier: MIT */
/*
 * stet/impl/count.h - reference counts that saturate: those of nodes and of strings' bytes.
 *
 *   0       1 ... 2^31 - 1     2^31 ... 3 * 2^30 ... 2^32 - 1
 *   | dead  | holders          | saturated                   |
 *
 * A count leaves the lower half only when 2^31 handles of one version were made and never dropped. From then on each
 * increment or decrement sets it back to the middle of the upper half, and the block is never freed: a leak instead of
 * a use after free. A thread that read the count just before may still add or subtract one; only 2^30 threads at once
 * could move it out of that half.
 */
#ifndef STET_IMPL_COUNT_H
#define STET_IMPL_COUNT_H

#include <stet/base.h>

STET_QUIET_
#ifdef __cplusplus
extern "C" {
#endif

#define STET_COUNT_SATURATED UINT32_C(0xC0000000)

/*
 * Adds one, and returns whether the count is negative as an int32_t, after the addition or before it. Each compiler
 * gets the form for which it uses the flags of the locked addition; with the other form it needs the old value in a
 * register.
 */
#if defined(__clang__)
#    define STET_COUNT_UP_SIGN_(count) ((int32_t)__atomic_fetch_add(count, 1, __ATOMIC_RELAXED) < 0)
#else
#    define STET_COUNT_UP_SIGN_(count) ((int32_t)__atomic_add_fetch(count, 1, __ATOMIC_RELAXED) < 0)
#endif

STET_INLINE void stet_count_saturate_(uint32_t *count)
{
    /* Relaxed: the block is never freed, so nothing needs an order. */
    __atomic_store_n(count, STET_COUNT_SATURATED, __ATOMIC_RELAXED);
}

/* Adds a holder of a block. The caller must hold the block, or know that somebody does. */
STET_INLINE void stet_count_up_(uint32_t *count)
{
    /* Relaxed: a holder exists, so nothing needs an order. */
    if (STET_UNLIKELY(STET_COUNT_UP_SIGN_(count)))
        stet_count_saturate_(count);
}

/* Drops the caller's count on a block. True: it was the last one. */
STET_INLINE bool stet_count_down_(uint32_t *count)
{
    /* Acquire pairs with the release half of the other holders' decrements: the last one sees all they did. A count of
     * 1 is ours alone, and needs no write. */
    int32_t before = (int32_t)__atomic_load_n(count, __ATOMIC_ACQUIRE);
    if (before > 1)
        return __atomic_sub_fetch(count, 1, __ATOMIC_ACQ_REL) == 0;
    if (STET_LIKELY(before == 1))
        return true;
    stet_count_saturate_(count);
    return false;
}

#ifdef __cplusplus
}
#endif
STET_LOUD_
#endif
