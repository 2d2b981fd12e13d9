/* SPDX-License-Identifier: MIT */
/*
 * atom/watch.c - notifies threads that wait for a new version: those that sleep, and watches by an event each.
 *
 * Reading, writing and closing a descriptor are cancellation points, and happen here with the lock held. So
 * cancellation is disabled around them.
 */
#include "atom/watch.h"
#include <stet/impl/atom.h>
#include "reclaim/hazard.h"

void stet_atom_notify_(struct stet_atom_state *state)
{
    int cancel = os_cancel_off();
    (void)STET_ADD_(state->changes, 1, SEQ_CST); /* pairs with the load in stet_may_sleep_() */
    stet_os_wake_(&state->changes, true);
    stet_lock_(&state->watching);
    for (struct stet_watch *w = state->watches; w != NULL; w = w->next)
        if (!w->raised)
            w->raised = stet_os_event_raise_(w->raiser);
    stet_unlock_(&state->watching);
    os_cancel_restore(cancel);
}

int stet_atom_watch_(struct stet_atom_state *state, struct stet_watch *w)
{
    *w = (struct stet_watch){.raiser = -1};
    w->fd = stet_os_event_(&w->raiser);
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
    int cancel = os_cancel_off();
    stet_lock_(&state->watching);
    if (w->raised)
        stet_os_event_clear_(w->fd);
    w->raised = false;
    stet_unlock_(&state->watching);
    os_cancel_restore(cancel);
}

void stet_atom_unwatch_(struct stet_atom_state *state, struct stet_watch *w)
{
    int cancel = os_cancel_off();
    stet_lock_(&state->watching);
    for (struct stet_watch **at = &state->watches; *at != NULL; at = &(*at)->next)
        if (*at == w) {
            *at = w->next;
            (void)STET_SUB_(state->listeners, 1, SEQ_CST);
            break;
        }
    stet_unlock_(&state->watching);
    stet_os_event_close_(w->fd, w->raiser);
    *w = (struct stet_watch){.fd = -1, .raiser = -1};
    os_cancel_restore(cancel);
}
