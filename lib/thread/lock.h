/* SPDX-License-Identifier: MIT */
/*
 * thread/lock.h - a lock that is a word and a futex, so that a fork can leave it in order. Included also by test/model,
 * which has defined stet_wake_lock_().
 */
#ifndef STET_LOCK_H
#define STET_LOCK_H

#include <stet/impl/atomic.h>

#ifndef STET_MODEL_
#    include "base/hidden.h"
/* Sleeps until the lock is the caller's. */
STET_HIDDEN void stet_lock_(stet_lock *lock);
/* Somebody may be waiting for the lock that was set free. */
STET_HIDDEN void stet_wake_lock_(stet_lock *lock);
#endif

STET_INLINE bool stet_lock_try_(stet_lock *lock)
{
    uint32_t expected = 0;
    return STET_CAS_(*lock, &expected, 1, SEQ_CST);
}

STET_INLINE void stet_unlock_(stet_lock *lock)
{
    /* In one order with those of `wanted`: see stet_reclaim_core_(). */
    if (STET_EXCHANGE_(*lock, 0, SEQ_CST) == 2)
        stet_wake_lock_(lock);
}

#endif
