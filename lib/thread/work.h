/* SPDX-License-Identifier: MIT */
/*
 * thread/work.h - what is dead, but calls back when it is freed: a list of the thread, which is worked off without
 * recursion. A callback may make more of it; a call within a callback (nested.h) only adds to the list.
 *
 * It is linked through the first two words of what is dead, whatever they were.
 */
#ifndef STET_WORK_H
#define STET_WORK_H

#include "base/hidden.h"
#include "thread/nested.h"

struct stet_work {
    struct stet_work *next;
    void (*release)(void *dead); /* its callbacks are the last that it does; the thread may be another one after them */
};

STET_HIDDEN extern __thread struct stet_works {
    struct stet_work *first;
    struct nested nested;
} stet_works_ STET_THREAD_LOCAL_MODEL;

/* stet_work_off_() is to follow. */
STET_INLINE void stet_work_add_(void *dead, void (*release)(void *dead))
{
    struct stet_work *w = (struct stet_work *)dead;
    *w = (struct stet_work){stet_works_.first, release};
    stet_works_.first = w;
}

/* Releases all that is on the list, the last first, unless it is left to an outer call. */
STET_HIDDEN void stet_work_off_(void);
/* The thread ends: there is no outer call that will return. */
STET_HIDDEN void stet_work_end_(void);

#endif
