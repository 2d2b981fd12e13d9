/* SPDX-License-Identifier: MIT */
/*
 * stet/impl/atomic.h - the atomic operations of the protocols whose correctness is argued by rules: atoms, live maps,
 * and the reclamation of their memory.
 *
 * The operations of a protocol go through the macros below, so that test/model can run the very source under a
 * simulator of the memory model. ThreadSanitizer does not see fences: for it every operation is sequentially
 * consistent, which the model covers too.
 */
#ifndef STET_IMPL_ATOMIC_H
#define STET_IMPL_ATOMIC_H

#include <stet/base.h>

#ifndef STET_MODEL_

#    ifdef STET_THREAD_SANITIZER_
#        define STET_ORDER_(order) __ATOMIC_SEQ_CST
#    else
#        define STET_ORDER_(order) __ATOMIC_##order
#    endif

#    define STET_ATOMIC_(T) T /* only ever used through the operations below */
#    define STET_PLAIN_(T) T
#    define STET_VAR_(x) (x)
#    define STET_LOAD_(x, order) __atomic_load_n(&(x), STET_ORDER_(order))
#    define STET_STORE_(x, value, order) __atomic_store_n(&(x), value, STET_ORDER_(order))
#    define STET_EXCHANGE_(x, value, order) __atomic_exchange_n(&(x), value, STET_ORDER_(order))
#    define STET_ADD_(x, n, order) __atomic_fetch_add(&(x), n, STET_ORDER_(order))
#    define STET_SUB_(x, n, order) __atomic_fetch_sub(&(x), n, STET_ORDER_(order))
#    define STET_OR_(x, bits, order) __atomic_fetch_or(&(x), bits, STET_ORDER_(order))
#    define STET_CAS_(x, expected, value, order) \
        __atomic_compare_exchange_n(&(x), expected, value, false, STET_ORDER_(order), __ATOMIC_RELAXED)
/* Restrains the compiler only; the heavy fence of another thread restrains the processor. */
#    define STET_LIGHT_FENCE_() __atomic_signal_fence(__ATOMIC_SEQ_CST)
#    ifdef STET_THREAD_SANITIZER_
#        define STET_FULL_FENCE_() ((void)0)
#        define STET_ACQUIRE_FENCE_() ((void)0)
#    else
#        define STET_FULL_FENCE_() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#        define STET_ACQUIRE_FENCE_() __atomic_thread_fence(__ATOMIC_ACQUIRE)
#    endif

#endif

typedef STET_ATOMIC_(uint32_t) stet_lock; /* 0: free, 1: taken, 2: taken, and a thread may be asleep waiting for it */

#endif
