/* SPDX-License-Identifier: MIT */
/*
 * atom/wait.c - waiting for a version: asleep on a futex, or told by an eventfd.
 *
 * The futex is a word of its own: the root is an address, which is used again, and who sleeps on half of one misses
 * changes. Nobody touches the word while nobody waits. Who waits is counted in `listeners` first and then looks at the
 * root; who publishes changes the root first and then looks at `listeners`. All four are in one order.
 *
 * A thread that has been cancelled ends within stet_atom_wait_() only. Reads, writes and closes of a descriptor would
 * be cancellation points as well, with the lock held; cancellation is disabled around them.
 */
#include "atom/atom.h"
#include "reclaim/hazard.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

static void watch_raise(struct stet_watch *w)
{
    if (w->raised)
        return;
    /* It does not block: it is raised once, and then looked at. A counter that is full is raised. */
    w->raised = eventfd_write(w->fd, 1) == 0 || errno == EAGAIN;
}

void stet_atom_notify_(struct stet_core *core)
{
    int before = errno, cancel;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
    (void)STET_ADD_(core->changes, 1, SEQ_CST); /* pairs with the load in stet_may_sleep_() */
    syscall(SYS_futex, &core->changes, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
    stet_lock_(&core->watching);
    for (struct stet_watch *w = core->watches; w != NULL; w = w->next)
        watch_raise(w);
    stet_unlock_(&core->watching);
    pthread_setcancelstate(cancel, NULL);
    errno = before;
}

/* Time left until the deadline, false: none. Without a clock there is none. */
static bool time_left(const struct timespec *deadline, struct timespec *left)
{
    if (clock_gettime(CLOCK_MONOTONIC, left) != 0)
        return false;
    left->tv_sec = deadline->tv_sec - left->tv_sec;
    left->tv_nsec = deadline->tv_nsec - left->tv_nsec;
    if (left->tv_nsec < 0) {
        left->tv_nsec += 1000000000;
        left->tv_sec--;
    }
    return left->tv_sec >= 0;
}

/* A good time to free what the last updates replaced: nothing is written, or somebody has come to look. */
static void tidy(struct stet_core *core, uint64_t current)
{
    if (current > STET_LOAD_(core->examined, RELAXED) + 1 && !STET_LOAD_(core->by_hand, RELAXED))
        stet_tend_(core, STET_EXAMINE_, false);
}

static void no_listener(void *core) { (void)STET_SUB_(((struct stet_core *)core)->listeners, 1, SEQ_CST); }

/*
 * Asleep, the thread can be cancelled at any moment: nothing is held, and that it listens is taken back. Spurious ends,
 * and a system that refuses the call, make the caller look again.
 */
static void sleep_on(struct stet_core *core, uint32_t changes, const struct timespec *left)
{
    int type;
    pthread_cleanup_push(no_listener, core);
    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &type);
    syscall(SYS_futex, &core->changes, FUTEX_WAIT_PRIVATE, changes, left, NULL, 0);
    pthread_setcanceltype(type, NULL);
    pthread_cleanup_pop(0);
}

/* Sleeps until `deadline` (NULL: for ever) unless there has been a change since `seen` was current. False: time. */
static bool sleep_once(struct stet_core *core, uint64_t seen, const struct timespec *deadline)
{
    struct timespec left;
    bool in_time = true;
    (void)STET_ADD_(core->listeners, 1, SEQ_CST);
    uint32_t changes = 0;
    struct stet_guard g = stet_guard_acquire_(core);
    bool same = g.box->version == seen && stet_may_sleep_(core, g.box, &changes);
    stet_guard_release_(&g); /* not held while asleep */
    if (same)
        tidy(core, seen);
    if (same && deadline != NULL)
        in_time = time_left(deadline, &left);
    if (same && in_time)
        sleep_on(core, changes, deadline != NULL ? &left : NULL);
    no_listener(core);
    return in_time;
}

bool stet_atom_wait_(struct stet_core *core, uint64_t *version, int milliseconds)
{
    struct timespec deadline = {0};
    pthread_testcancel();
    if (milliseconds > 0 && clock_gettime(CLOCK_MONOTONIC, &deadline) == 0) {
        deadline.tv_sec += milliseconds / 1000;
        deadline.tv_nsec += milliseconds % 1000 * 1000000L;
        if (deadline.tv_nsec >= 1000000000) {
            deadline.tv_nsec -= 1000000000;
            deadline.tv_sec++;
        }
    }
    uint64_t current;
    int before = errno;
    bool in_time = true;
    while ((current = stet_atom_version_(core)) == *version && in_time && milliseconds != 0)
        in_time = sleep_once(core, *version, milliseconds > 0 ? &deadline : NULL);
    errno = before;
    bool changed = current != *version;
    *version = current;
    return changed;
}

int stet_atom_watch_(struct stet_core *core, struct stet_watch *w)
{
    *w = (struct stet_watch){.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    if (w->fd < 0)
        return -1;
    stet_lock_(&core->watching);
    w->next = core->watches;
    core->watches = w;
    (void)STET_ADD_(core->listeners, 1,
                    SEQ_CST); /* as in sleep_once(): who looks at the atom after this, misses nothing */
    stet_unlock_(&core->watching);
    return w->fd;
}

void stet_atom_watch_seen_(struct stet_core *core, struct stet_watch *w)
{
    eventfd_t count;
    int before = errno, cancel;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
    stet_lock_(&core->watching);
    if (w->raised)
        (void)eventfd_read(w->fd, &count); /* it fails if the descriptor's owner has read it */
    w->raised = false;
    stet_unlock_(&core->watching);
    pthread_setcancelstate(cancel, NULL);
    errno = before;
}

void stet_atom_unwatch_(struct stet_core *core, struct stet_watch *w)
{
    int before = errno, cancel;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
    stet_lock_(&core->watching);
    for (struct stet_watch **at = &core->watches; *at != NULL; at = &(*at)->next)
        if (*at == w) {
            *at = w->next;
            (void)STET_SUB_(core->listeners, 1, SEQ_CST);
            break;
        }
    stet_unlock_(&core->watching);
    (void)close(w->fd); /* closed in any case */
    *w = (struct stet_watch){.fd = -1};
    pthread_setcancelstate(cancel, NULL);
    errno = before;
}
