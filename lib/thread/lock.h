/* SPDX-License-Identifier: MIT */
/*
 * thread/lock.h - a lock that is one word, on which threads sleep (os.h), because a child of a fork can put it in
 * order. test/model includes this file, too, and defines stet_wake_lock_() itself.
 */
#ifndef STET_LOCK_H
#define STET_LOCK_H

#include <stet/impl/atomic.h>

#ifndef STET_MODEL_
#    include "base/hidden.h"
/* Takes the lock; sleeps while another thread has it. */
STET_HIDDEN void stet_lock_(stet_lock *lock);
/* Called when the lock has been opened: wakes one thread that waits for it. */
STET_HIDDEN void stet_wake_lock_(stet_lock *lock);
#endif

STET_INLINE bool stet_lock_try_(stet_lock *lock)
{
    uint32_t expected = 0;
    return STET_CAS_(*lock, &expected, 1, SEQ_CST);
}

STET_INLINE void stet_unlock_(stet_lock *lock)
{
    /* Sequentially consistent with the accesses to `wanted`: see stet_reclaim_state_(). */
    if (STET_EXCHANGE_(*lock, 0, SEQ_CST) == 2)
        stet_wake_lock_(lock);
}

#endif
