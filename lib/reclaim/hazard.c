/* SPDX-License-Identifier: MIT */
/* reclaim/hazard.c - cores and their published versions, also across a fork. See hazard.h. */
#include "reclaim/hazard.h"
#include "thread/work.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

static struct stet_core **cores; /* those that belong to an atom or have versions that are held, in no order */
uint32_t stet_cores_n_;
static uint32_t cores_room;
static struct stet_core *free_cores;
static uint32_t forks; /* how often this process and its ancestors forked since the library was first used */

/* ---- cores ---- */

/* Called with stet_threads_lock_: puts a core on the list of those that are scanned. False: no memory. */
static bool core_list(struct stet_core *core)
{
    if (core->is_listed)
        return true;
    if (stet_cores_n_ == cores_room) {
        uint32_t room = cores_room == 0 ? 16 : 2 * cores_room;
        struct stet_core **larger = stet_pool_keep_((room + 1) * sizeof(struct stet_core *));
        if (larger == NULL)
            return false;
        if (stet_cores_n_ != 0)
            memcpy(larger, cores, stet_cores_n_ * sizeof(struct stet_core *));
        larger[room] = (struct stet_core *)(void *)cores; /* links the old array, so that LeakSanitizer finds it */
        cores = larger;
        cores_room = room;
    }
    core->is_listed = true;
    core->place = stet_cores_n_;
    cores[stet_cores_n_++] = core;
    return true;
}

/*
 * Called with stet_threads_lock_: takes a core off the list if it has no atom and no held version. It need not be
 * scanned then.
 */
static void core_unlist(struct stet_core *core)
{
    if (!core->is_listed || !core->is_free || !stet_lock_try_(&core->lock))
        return;
    bool empty = core->pending == NULL && core->kept == NULL;
    stet_unlock_(&core->lock);
    if (!empty)
        return;
    cores[core->place] = cores[--stet_cores_n_];
    cores[core->place]->place = core->place;
    core->is_listed = false;
}

/*
 * If the process was forked while the core was not listed, some thread may have held the core's locks for a moment,
 * about to find nothing to reclaim. That thread does not exist in the child, so the locks are reset here.
 */
static void core_after_fork(struct stet_core *core)
{
    if (core->forks == forks)
        return;
    core->forks = forks;
    if (core->lock != 0)
        core->pending = core->kept = NULL;
    core->lock = core->watching = 0;
    core->wanted = core->gate = core->listeners = 0;
}

struct stet_core *stet_core_take_(void)
{
    if (!stet_threads_started_())
        return NULL;
    stet_lock_(&stet_threads_lock_);
    struct stet_core *core = free_cores;
    if (core == NULL && (core = stet_pool_keep_(sizeof *core)) != NULL)
        core->forks = forks;
    else if (core != NULL)
        free_cores = core->next_free;
    if (core != NULL && !core_list(core)) {
        core->next_free = free_cores;
        free_cores = core;
        core = NULL;
    }
    if (core != NULL) {
        core_after_fork(core);
        core->is_free = false;
    }
    stet_unlock_(&stet_threads_lock_);
    return core;
}

void stet_core_give_(struct stet_core *core)
{
    stet_lock_(&stet_threads_lock_);
    core->is_free = true;
    core->next_free = free_cores;
    free_cores = core;
    core_unlist(core);
    stet_unlock_(&stet_threads_lock_);
    if (STET_LOAD_(core->wanted, SEQ_CST) != 0) /* set by a thread that found the lock taken by core_unlist() */
        stet_reclaim_core_(core, STET_RESCAN_, false);
}

/* ---- reclamation ---- */

void stet_scanned_(struct stet_core *core)
{
    /* Relaxed: these are only hints for when the next scan is due. */
    STET_STORE_(core->held, stet_pool_held_(), RELAXED);
    STET_STORE_(core->time, stet_coarse_time_(), RELAXED);
    /*
     * This is also a good time to tidy the thread records. In the lock order their lock comes before a core's, which
     * the caller may hold; so it is only tried.
     */
    stet_records_tidy_();
}

/*
 * Must not be inlined into a function that has read data of the thread before: after the callback the code may run on
 * another thread, and uses that thread's cache of the pool.
 */
static NESTED_NOINLINE void published_release(void *dead)
{
    struct stet_published *published = (struct stet_published *)dead;
    published->type->drop(published + 1);
    pool_free(published, stet_published_size_(published->type));
}

/*
 * Releases only these versions, and not the objects on the thread's work list, whose release may call user functions.
 */
static __attribute__((__noinline__)) void free_dead_quietly(struct stet_published *dead)
{
    for (struct stet_published *next; dead != NULL; dead = next) {
        next = dead->previous;
        published_release(dead);
    }
}

void stet_free_dead_(struct stet_published *dead)
{
    if (STET_UNLIKELY(stet_quiet_)) {
        free_dead_quietly(dead);
        return;
    }
    for (struct stet_published *next; dead != NULL; dead = next) {
        next = dead->previous;
        stet_work_add_(dead, published_release);
    }
    stet_work_off_();
}

void stet_retired_released_(struct stet_core *core, uint64_t version)
{
    if (STET_LOAD_(core->by_hand, RELAXED))
        return;
    if (!stet_rescan_(core, version) && stet_coarse_time_() - STET_LOAD_(core->time, RELAXED) > RECLAIM_QUIET)
        stet_reclaim_core_(core, STET_SCAN_, false);
}

struct stet_published *stet_protect_again_(bool full, stet_slot *slot, struct stet_core *core)
{
    return stet_protect_and_rescan_(full, slot, core);
}

/*
 * Returns the next listed core, in descending order from *i. The order is descending because the last core takes the
 * place of one that is taken off the list. NULL: none is left.
 */
static struct stet_core *next_core(uint32_t *i)
{
    if (*i == UINT32_MAX && !stet_threads_started_())
        return NULL; /* no atom and no live map exists */
    stet_lock_(&stet_threads_lock_);
    *i = *i < stet_cores_n_ ? *i : stet_cores_n_;
    struct stet_core *core = *i > 0 ? cores[--*i] : NULL;
    if (core != NULL)
        core_unlist(core);
    stet_unlock_(&stet_threads_lock_);
    return core;
}

void stet_cores_reclaim_(bool quiet)
{
    struct stet_core *core;
    for (uint32_t i = UINT32_MAX; (core = next_core(&i)) != NULL;)
        if (!quiet || STET_LOAD_(core->calls, RELAXED) == 0)
            stet_reclaim_core_(core, STET_SCAN_, !quiet);
}

/* ---- fork: no other thread holds these locks when the process is copied ---- */

void stet_cores_lock_(void)
{
    for (uint32_t i = 0; i < stet_cores_n_; i++) {
        stet_lock_(&cores[i]->watching);
        stet_lock_(&cores[i]->lock);
    }
}

void stet_cores_unlock_(void)
{
    for (uint32_t i = 0; i < stet_cores_n_; i++) {
        stet_unlock_(&cores[i]->lock);
        stet_unlock_(&cores[i]->watching);
    }
}

/*
 * After a fork, parent and child share an eventfd, but not the state of the watch. So the child gets an eventfd of its
 * own, with the same number, and raised if the old one was; if the system refuses, the number becomes -1.
 */
static void renew_watch(struct stet_watch *w)
{
    (void)close(w->fd); /* this comes first, because all other descriptor numbers may be in use */
    int fd = eventfd(w->raised, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fd >= 0 && fd != w->fd && dup3(fd, w->fd, O_CLOEXEC) == w->fd) {
        (void)close(fd);
        fd = w->fd;
    }
    w->fd = fd;
}

void stet_cores_in_child_(void)
{
    int before = errno, cancel;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
    forks++;
    for (uint32_t i = 0; i < stet_cores_n_; i++) {
        struct stet_core *core = cores[i];
        core->forks = forks;
        core->gate = 0;
        stet_turns_end_(core);
        core->listeners = 0; /* threads that slept are not in the child */
        for (struct stet_watch *w = core->watches; w != NULL; w = w->next) {
            core->listeners++;
            renew_watch(w);
        }
        core->lock = core->watching = 1; /* threads that waited for these locks are not in the child */
    }
    pthread_setcancelstate(cancel, NULL);
    errno = before;
}
