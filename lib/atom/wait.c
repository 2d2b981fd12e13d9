/* SPDX-License-Identifier: MIT */
/*
 * atom/wait.c - waiting for a version, asleep on a word.
 *
 * This word is not half of the root: the root is an address, and addresses are used again, so a thread that slept on
 * half of an address could miss a change. The word is not accessed while no thread waits. A waiter is first counted in
 * `listeners` and then reads the root; a publisher first changes the root and then reads `listeners`. All four accesses
 * are sequentially consistent.
 *
 * Of all functions of atoms, only stet_atom_wait_() is a cancellation point.
 */
#include <stet/impl/atom.h>
#include "reclaim/hazard.h"

#include <errno.h>

/*
 * Frees what the last updates replaced. This is a good time for that, because nothing is being written, or because a
 * thread has come to read.
 */
static void tidy(struct stet_atom_state *state, uint64_t current)
{
    if (current > STET_LOAD_(state->scanned, RELAXED) + 1 && !STET_LOAD_(state->by_hand, RELAXED))
        stet_reclaim_state_(state, STET_SCAN_, false);
}

static void no_listener(void *state) { (void)STET_SUB_(((struct stet_atom_state *)state)->listeners, 1, SEQ_CST); }

/*
 * If the current version still has the number `seen`, sleeps until that changes, or until `deadline` (0: without end).
 * False: the deadline is over.
 */
static bool sleep_once(struct stet_atom_state *state, uint64_t seen, uint64_t deadline)
{
    (void)STET_ADD_(state->listeners, 1, SEQ_CST);
    uint32_t changes = 0;
    struct stet_guard g = stet_guard_acquire_(state);
    bool same = g.published->version == seen && stet_may_sleep_(state, g.published, &changes);
    stet_guard_release_(&g); /* no version is held during the sleep */
    if (same)
        tidy(state, seen);
    uint64_t now = deadline != 0 ? stet_time_() : 0;
    bool in_time = deadline == 0 || (now != 0 && now < deadline); /* if there is no clock, no time is left */
    /* If the sleep ends for another reason than a change, or the system refuses it, the caller checks the version
     * again. */
    if (same && in_time)
        stet_os_sleep_until_cancelled_(&state->changes, changes, deadline - now, no_listener, state);
    no_listener(state);
    return in_time;
}

bool stet_atom_wait_(struct stet_atom_state *state, uint64_t *version, int milliseconds)
{
    os_cancel_point();
    int before = errno;
    uint64_t deadline = milliseconds > 0 ? stet_time_() + (uint64_t)milliseconds * 1000000 : 0, current;
    bool in_time = true;
    while ((current = stet_atom_version_(state)) == *version && in_time && milliseconds != 0)
        in_time = sleep_once(state, *version, deadline);
    errno = before;
    bool changed = current != *version;
    *version = current;
    return changed;
}
