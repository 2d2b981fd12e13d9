/* SPDX-License-Identifier: MIT */
/* reclaim/era.c - the clock of eras, and the freeing of memory that no thread walks any more. See era.h. */
#include "reclaim/era.h"
#include "thread/work.h"

struct stet_clock stet_clock_ = {.era = 1};

struct stet_thread *stet_era_thread_(void)
{
    struct stet_thread *h = stet_thread_own_();
    return h != NULL ? h : stet_thread_spare_take_();
}

void stet_write_drain_(void) { stet_write_await_(); }

/* ---- fork ---- */

static stet_lock snaps_lock; /* held while a thread forks the process; guards the next variable */
static struct stet_snaps *all_snaps;

uint64_t stet_era_gate_(struct stet_thread *h) { return stet_era_pass_gate_(h); }

void stet_wait_for_fork_(void)
{
    stet_lock_(&snaps_lock);
    stet_unlock_(&snaps_lock);
}

void stet_snaps_add_(struct stet_snaps *snaps)
{
    stet_lock_(&snaps_lock);
    snaps->next = all_snaps;
    snaps->previous = NULL;
    if (all_snaps != NULL)
        all_snaps->previous = snaps;
    all_snaps = snaps;
    stet_unlock_(&snaps_lock);
}

void stet_snaps_remove_(struct stet_snaps *snaps)
{
    stet_lock_(&snaps_lock);
    if (snaps->previous != NULL)
        snaps->previous->next = snaps->next;
    else
        all_snaps = snaps->next;
    if (snaps->next != NULL)
        snaps->next->previous = snaps->previous;
    stet_unlock_(&snaps_lock);
}

/* What this thread's fork has locked, from before the fork until after it. */
static __thread enum { NO_LOCK, SNAPS_LOCK, ALL_STOPPED } fork_holds STET_THREAD_LOCAL_MODEL;
static bool fork_has_lock; /* a fork holds snaps_lock, and may be waiting for walks */

/* For a fork within a walk: takes the lock. False: another fork has it, and may wait for this very walk. */
static bool lock_within_walk(void)
{
    for (unsigned attempt = 0;; attempt++) {
        if (stet_lock_try_(&snaps_lock))
            return true;
        if (__atomic_load_n(&fork_has_lock, __ATOMIC_ACQUIRE))
            return false;
        stet_relax_(attempt); /* other holders only change the list, and wait for no thread */
    }
}

void stet_walks_stop_(const struct stet_thread *own)
{
    bool within_walk = own != NULL && STET_LOAD_(own->era, RELAXED) != 0;
    fork_holds = NO_LOCK;
    if (within_walk && !lock_within_walk())
        return;
    if (!within_walk)
        stet_lock_(&snaps_lock);
    __atomic_store_n(&fork_has_lock, true, __ATOMIC_RELEASE); /* pairs with lock_within_walk() */
    fork_holds = SNAPS_LOCK;
    if (within_walk)
        return;
    for (struct stet_snaps *s = all_snaps; s != NULL; s = s->next)
        /* These come before the gates close, because their holders may still need to walk. */
        stet_lock_(&s->snapping);
    stet_lock_(&stet_threads_lock_);
    stet_records_gate_ |= STET_GATE_FORK_;
    stet_gates_set_(true);
    stet_unlock_(&stet_threads_lock_);
    stet_walks_await_(own);
    fork_holds = ALL_STOPPED;
}

/* In the child there is no other thread: what the others held is free. */
static void go_on_in_child(void)
{
    stet_gates_set_(false);
    for (struct stet_snaps *s = all_snaps; s != NULL; s = s->next) {
        if (fork_holds != ALL_STOPPED)
            s->unfinished = true; /* a snapshot may have been in progress; to finish it once more does no harm */
        s->snapping = 0;
    }
    stet_records_gate_ &= (uint8_t)~STET_GATE_FORK_;
    fork_has_lock = false;
    snaps_lock = 0;
}

void stet_walks_go_on_(bool in_child)
{
    if (in_child) {
        go_on_in_child();
        return;
    }
    if (fork_holds == NO_LOCK)
        return;
    if (fork_holds == ALL_STOPPED) {
        stet_gates_set_(false);
        stet_records_gate_ &= (uint8_t)~STET_GATE_FORK_;
        for (struct stet_snaps *s = all_snaps; s != NULL; s = s->next)
            stet_unlock_(&s->snapping);
    }
    __atomic_store_n(&fork_has_lock, false, __ATOMIC_RELEASE);
    stet_unlock_(&snaps_lock);
}

void stet_era_bequeath_(struct stet_thread *h)
{
    if (STET_LOAD_(h->retired, RELAXED) == NULL)
        return;
    if (STET_LOAD_(h->due, RELAXED) < STET_LOAD_(stet_thread_spare_.due, RELAXED))
        STET_STORE_(stet_thread_spare_.due, STET_LOAD_(h->due, RELAXED), RELAXED);
    stet_bequeath_(h, &stet_thread_spare_);
}

void stet_era_in_child_(int32_t forking)
{
    struct stet_registry_visit visit = stet_registry_visit_();
    for (struct stet_thread *h; (h = stet_registry_next_(&visit)) != NULL;)
        if (h != &stet_thread_spare_ && !stet_record_survives_(h, forking))
            stet_bequeath_(h, &stet_thread_spare_);
}

/* ---- reclamation ---- */

static void release_retired(void *r) { (void)((struct stet_retired *)r)->free(r); }

static void free_all(struct stet_retired *dead)
{
    for (struct stet_retired *next; dead != NULL; dead = next) {
        next = dead->next;
        stet_work_add_(dead, release_retired);
    }
    stet_work_off_();
}

/* Frees the entries whose release calls no user function. The others go to the keeper, as if it had retired them. */
static void free_quiet(struct stet_thread *keeper, struct stet_retired *dead)
{
    for (struct stet_retired *next; dead != NULL; dead = next) {
        next = dead->next;
        if (!dead->free(dead))
            stet_retire_again_(keeper, dead);
    }
}

void stet_era_reclaim_(struct stet_thread *h)
{
    STET_STORE_(h->due, stet_look_due_(stet_pool_held_()), RELAXED); /* only a hint */
    /*
     * If h belongs to another thread, that thread may give h back meanwhile. So the keeper is the caller's record, or
     * the spare one.
     */
    struct stet_thread *keeper =
        stet_thread_mine_ != NULL && h != &stet_thread_spare_ ? stet_thread_mine_ : &stet_thread_spare_;
    struct stet_retired *dead = stet_era_partition_(h, keeper);
    if (stet_quiet_)
        free_quiet(keeper, dead);
    else
        free_all(dead);
}

void stet_era_reclaim_all_(void)
{
    struct stet_registry_visit visit = stet_registry_visit_();
    for (struct stet_thread *h; (h = stet_registry_next_(&visit)) != NULL;)
        stet_era_reclaim_(h);
}
