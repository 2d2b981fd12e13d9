/* SPDX-License-Identifier: MIT */
/* reclaim/reclaim.c - both schemes together: reclamation on request, when a thread ends, and across a fork. */
#include "reclaim/reclaim.h"
#include "reclaim/era.h"
#include "reclaim/hazard.h"
#include "thread/process.h"
#include "thread/work.h"

void stet_reclaim(void)
{
    stet_atom_states_reclaim_(false);
    stet_era_reclaim_all_();
}

void stet_reclaim_quietly_(void)
{
    struct stet_thread *mine = stet_thread_mine_;
    if (stet_quiet_ || stet_hazard_spare_is_mine_() || (mine != NULL && STET_LOAD_(mine->era, RELAXED) != 0))
        return;
    stet_quiet_ = true;
    stet_atom_states_reclaim_(true);
    stet_era_reclaim_all_();
    stet_quiet_ = false;
}

/* ---- a thread ends ---- */

static void reclaim_at_thread_end(void)
{
    struct stet_thread *h = stet_hazard_disown_();
    stet_work_end_();
    if (h == NULL)
        return;
    stet_era_reclaim_if_due_(h, ERA_LEFT);
    stet_era_bequeath_(h);
    stet_thread_give_(h);
    stet_era_reclaim_if_due_(&stet_thread_spare_, ERA_EACH); /* frees entries that ended threads have left there */
}

/* ---- fork: no other thread holds these locks when the process is copied ---- */

static int32_t forking; /* the id of the thread that forks */

static void reclaim_before_fork(void)
{
    /* This comes before the locks below, because walks may take those. */
    stet_walks_stop_(stet_hazard_spare_is_mine_() ? &stet_thread_spare_ : stet_thread_mine_);
    stet_lock_(&stet_threads_lock_);
    forking = stet_os_thread_();
    stet_atom_states_lock_();
}

/* In the child the other threads do not exist: what they held is free. */
static void reclaim_after_fork(bool in_child)
{
    if (in_child) {
        stet_era_in_child_(forking);
        stet_records_in_child_(forking);
        stet_atom_states_in_child_();
    }
    stet_atom_states_unlock_();
    stet_walks_go_on_(in_child);
    stet_unlock_(&stet_threads_lock_);
}

static const struct stet_hooks reclaim_hooks = {
    .thread_end = reclaim_at_thread_end, .before_fork = reclaim_before_fork, .after_fork = reclaim_after_fork};

__attribute__((__constructor__(102))) static void reclaim_loaded(void) { stet_hooks_[STET_RECLAIM_] = &reclaim_hooks; }
