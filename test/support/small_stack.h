/* SPDX-License-Identifier: MIT */
/* small_stack.h - runs a function in a thread whose stack is too small for recursion over a large structure. */
#ifndef TEST_SMALL_STACK_H
#define TEST_SMALL_STACK_H

#include "live.h"

#include <criterion/criterion.h>
#include <pthread.h>

/* Under a sanitizer frames are larger, and its own data are on this stack, too. */
#ifdef SANITIZED
enum { SMALL_STACK = 512 << 10 };
#else
enum { SMALL_STACK = 64 << 10 };
#endif

static inline void on_a_small_stack(void *(*run)(void *), void *argument)
{
    pthread_attr_t attributes;
    pthread_t thread;
    cr_assert_eq(pthread_attr_init(&attributes), 0);
    cr_assert_eq(pthread_attr_setstacksize(&attributes, SMALL_STACK), 0);
    cr_assert_eq(pthread_create(&thread, &attributes, run, argument), 0);
    cr_assert_eq(pthread_join(thread, NULL), 0);
    pthread_attr_destroy(&attributes);
}

#endif
