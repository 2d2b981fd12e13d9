/* SPDX-License-Identifier: MIT */
/*
 * thread/work.h - a list, one for each thread, of dead objects whose release calls user functions. It is worked off
 * without recursion: a callback may make more objects dead, and a call within a callback (nested.h) only adds to the
 * list.
 *
 * The list is linked through the first two words of the dead objects, whatever they were.
 */
#ifndef STET_WORK_H
#define STET_WORK_H

#include "base/hidden.h"
#include "thread/nested.h"

struct stet_work {
    struct stet_work *next;
    void (*release)(void *dead); /* calls user functions only at its end, as they may return on another thread */
};

STET_HIDDEN extern __thread struct stet_works {
    struct stet_work *first;
    struct nested nested;
} stet_works_ STET_THREAD_LOCAL_MODEL;

/* Adds a dead object to the list. The caller must call stet_work_off_() afterwards. */
STET_INLINE void stet_work_add_(void *dead, void (*release)(void *dead))
{
    struct stet_work *w = (struct stet_work *)dead;
    *w = (struct stet_work){stet_works_.first, release};
    stet_works_.first = w;
}

/* Releases all objects on the list, the last one first, unless an outer call will do so. */
STET_HIDDEN void stet_work_off_(void);
/* Releases all objects on the list. Called when the thread ends, because then no outer call will return and do it. */
STET_HIDDEN void stet_work_end_(void);

#endif
