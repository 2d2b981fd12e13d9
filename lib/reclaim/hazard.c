/* SPDX-License-Identifier: MIT */
/* reclaim/hazard.c - atom states and their published versions, also across a fork. See hazard.h. */
#include "reclaim/hazard.h"
#include "thread/work.h"

static struct stet_atom_state **states; /* those that belong to an atom or have versions that are held, in no order */
uint32_t stet_atom_states_n_;
static uint32_t states_room;
static struct stet_atom_state *free_states;
static uint32_t forks; /* how often this process and its ancestors forked since the library was first used */

/* ---- atom states ---- */

/* Called with stet_threads_lock_: puts an atom state on the list of those that are scanned. False: no memory. */
static bool state_list(struct stet_atom_state *state)
{
    if (state->is_listed)
        return true;
    if (stet_atom_states_n_ == states_room) {
        uint32_t room = states_room == 0 ? 16 : 2 * states_room;
        struct stet_atom_state **larger = stet_pool_keep_((room + 1) * sizeof(struct stet_atom_state *));
        if (larger == NULL)
            return false;
        if (stet_atom_states_n_ != 0)
            memcpy(larger, states, stet_atom_states_n_ * sizeof(struct stet_atom_state *));
        larger[room] =
            (struct stet_atom_state *)(void *)states; /* links the old array, so that LeakSanitizer finds it */
        states = larger;
        states_room = room;
    }
    state->is_listed = true;
    state->place = stet_atom_states_n_;
    states[stet_atom_states_n_++] = state;
    return true;
}

/*
 * Called with stet_threads_lock_: takes an atom state off the list if it has no atom and no held version. It need not
 * be scanned then.
 */
static void state_unlist(struct stet_atom_state *state)
{
    if (!state->is_listed || !state->is_free || !stet_lock_try_(&state->lock))
        return;
    bool empty = state->pending == NULL && state->kept == NULL;
    stet_unlock_(&state->lock);
    if (!empty)
        return;
    states[state->place] = states[--stet_atom_states_n_];
    states[state->place]->place = state->place;
    state->is_listed = false;
}

/*
 * If the process was forked while the state was not listed, some thread may have held the state's locks for a moment,
 * about to find nothing to reclaim. That thread does not exist in the child, so the locks are reset here.
 */
static void state_after_fork(struct stet_atom_state *state)
{
    if (state->forks == forks)
        return;
    state->forks = forks;
    if (state->lock != 0)
        state->pending = state->kept = NULL;
    state->lock = state->watching = 0;
    state->wanted = state->gate = state->listeners = 0;
}

struct stet_atom_state *stet_atom_state_take_(void)
{
    if (!stet_threads_started_())
        return NULL;
    stet_lock_(&stet_threads_lock_);
    struct stet_atom_state *state = free_states;
    if (state == NULL && (state = stet_pool_keep_(sizeof *state)) != NULL)
        state->forks = forks;
    else if (state != NULL)
        free_states = state->next_free;
    if (state != NULL && !state_list(state)) {
        state->next_free = free_states;
        free_states = state;
        state = NULL;
    }
    if (state != NULL) {
        state_after_fork(state);
        state->is_free = false;
    }
    stet_unlock_(&stet_threads_lock_);
    return state;
}

void stet_atom_state_give_(struct stet_atom_state *state)
{
    stet_lock_(&stet_threads_lock_);
    state->is_free = true;
    state->next_free = free_states;
    free_states = state;
    state_unlist(state);
    stet_unlock_(&stet_threads_lock_);
    if (STET_LOAD_(state->wanted, SEQ_CST) != 0) /* set by a thread that found the lock taken by state_unlist() */
        stet_reclaim_state_(state, STET_RESCAN_, false);
}

/* ---- reclamation ---- */

void stet_scanned_(struct stet_atom_state *state)
{
    /* Relaxed: these are only hints for when the next scan is due. */
    STET_STORE_(state->held, stet_pool_held_(), RELAXED);
    STET_STORE_(state->time, stet_coarse_time_(), RELAXED);
    /*
     * This is also a good time to tidy the thread records. In the lock order their lock comes before an atom state's,
     * which the caller may hold; so it is only tried.
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

void stet_retired_released_(struct stet_atom_state *state, uint64_t version)
{
    if (STET_LOAD_(state->by_hand, RELAXED))
        return;
    if (!stet_rescan_(state, version) && stet_coarse_time_() - STET_LOAD_(state->time, RELAXED) > RECLAIM_QUIET)
        stet_reclaim_state_(state, STET_SCAN_, false);
}

struct stet_published *stet_protect_again_(bool full, stet_slot *slot, struct stet_atom_state *state)
{
    return stet_protect_and_rescan_(full, slot, state);
}

/*
 * Returns the next listed state, in descending order from *i. The order is descending because the last state takes the
 * place of one that is taken off the list. NULL: none is left.
 */
static struct stet_atom_state *next_state(uint32_t *i)
{
    if (*i == UINT32_MAX && !stet_threads_started_())
        return NULL; /* no atom and no live map exists */
    stet_lock_(&stet_threads_lock_);
    *i = *i < stet_atom_states_n_ ? *i : stet_atom_states_n_;
    struct stet_atom_state *state = *i > 0 ? states[--*i] : NULL;
    if (state != NULL)
        state_unlist(state);
    stet_unlock_(&stet_threads_lock_);
    return state;
}

void stet_atom_states_reclaim_(bool quiet)
{
    struct stet_atom_state *state;
    for (uint32_t i = UINT32_MAX; (state = next_state(&i)) != NULL;)
        if (!quiet || STET_LOAD_(state->calls, RELAXED) == 0)
            stet_reclaim_state_(state, STET_SCAN_, !quiet);
}

/* ---- fork: no other thread holds these locks when the process is copied ---- */

void stet_atom_states_lock_(void)
{
    for (uint32_t i = 0; i < stet_atom_states_n_; i++) {
        stet_lock_(&states[i]->watching);
        stet_lock_(&states[i]->lock);
    }
}

void stet_atom_states_unlock_(void)
{
    for (uint32_t i = 0; i < stet_atom_states_n_; i++) {
        stet_unlock_(&states[i]->lock);
        stet_unlock_(&states[i]->watching);
    }
}

void stet_atom_states_in_child_(void)
{
    int cancel = os_cancel_off();
    forks++;
    for (uint32_t i = 0; i < stet_atom_states_n_; i++) {
        struct stet_atom_state *state = states[i];
        state->forks = forks;
        state->gate = 0;
        stet_turns_end_(state);
        state->listeners = 0; /* threads that slept are not in the child */
        for (struct stet_watch *w = state->watches; w != NULL; w = w->next) {
            state->listeners++;
            w->fd = stet_os_event_renew_(w->fd, &w->raiser, w->raised);
        }
        state->lock = state->watching = 1; /* threads that waited for these locks are not in the child */
    }
    os_cancel_restore(cancel);
}
