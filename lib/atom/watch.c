/* SPDX-License-Identifier: MIT */
/*
 * atom/watch.c - notifies threads that wait for a new version: those that sleep by a futex, and watches by an eventfd
 * each.
 *
 * Reading, writing and closing a descriptor are cancellation points, and happen here with the lock held. So
 * cancellation is disabled around them.
 */
#include "atom/watch.h"
#include <stet/impl/atom.h>
#include "reclaim/hazard.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

static void watch_raise(struct stet_watch *w)
{
    if (w->raised)
        return;
    /*
     * The write does not block, because it is done only once until _watch_seen. EAGAIN: the counter is full, so the
     * eventfd is readable.
     */
    w->raised = eventfd_write(w->fd, 1) == 0 || errno == EAGAIN;
}

void stet_atom_notify_(struct stet_atom_state *state)
{
    int before = errno, cancel;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
    (void)STET_ADD_(state->changes, 1, SEQ_CST); /* pairs with the load in stet_may_sleep_() */
    stet_futex_wake_(&state->changes, INT_MAX);
    stet_lock_(&state->watching);
    for (struct stet_watch *w = state->watches; w != NULL; w = w->next)
        watch_raise(w);
    stet_unlock_(&state->watching);
    pthread_setcancelstate(cancel, NULL);
    errno = before;
}

int stet_atom_watch_(struct stet_atom_state *state, struct stet_watch *w)
{
    *w = (struct stet_watch){.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    if (w->fd < 0)
        return -1;
    stet_lock_(&state->watching);
    w->next = state->watches;
    state->watches = w;
    /* As in sleep_once(): a thread that reads the atom after this does not miss a change. */
    (void)STET_ADD_(state->listeners, 1, SEQ_CST);
    stet_unlock_(&state->watching);
    return w->fd;
}

void stet_atom_watch_seen_(struct stet_atom_state *state, struct stet_watch *w)
{
    eventfd_t count;
    int before = errno, cancel;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
    stet_lock_(&state->watching);
    if (w->raised)
        (void)eventfd_read(w->fd, &count); /* this fails if the program has read the descriptor itself */
    w->raised = false;
    stet_unlock_(&state->watching);
    pthread_setcancelstate(cancel, NULL);
    errno = before;
}

void stet_atom_unwatch_(struct stet_atom_state *state, struct stet_watch *w)
{
    int before = errno, cancel;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
    stet_lock_(&state->watching);
    for (struct stet_watch **at = &state->watches; *at != NULL; at = &(*at)->next)
        if (*at == w) {
            *at = w->next;
            (void)STET_SUB_(state->listeners, 1, SEQ_CST);
            break;
        }
    stet_unlock_(&state->watching);
    (void)close(w->fd); /* the descriptor is closed even if this reports an error */
    *w = (struct stet_watch){.fd = -1};
    pthread_setcancelstate(cancel, NULL);
    errno = before;
}
