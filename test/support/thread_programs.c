/* SPDX-License-Identifier: MIT */
/*
 * thread_programs.c - versions of one collection on several threads: workers edit copies, and one thread only drops
 * versions that others made.
 *
 * Handles travel through slots: a worker copies the handle in one slot, edits the copy, with a model of it, and
 * exchanges it for the handle in another slot. Threads end with deferred releases that are not done, and new threads
 * follow. Made for the sanitizers: without them only wrong contents and counts are noticed.
 */
#include "programs.h"
#include "threads.h"

#include <stet/pool.h>

#include <stdlib.h>

#define WORKERS 3
#define ROUNDS 2
#define SLOTS 6

struct slot {
    pthread_mutex_t lock;
    union handle handle;
    struct model model;
};

struct run {
    const struct thread_kind *kind;
    const struct subject *subject;
    struct slot slot[SLOTS];
    unsigned working; /* how many workers are not done yet */
};

struct worker {
    pthread_t thread;
    struct run *run;
    uint64_t salt;
};

/* Slot 0 always keeps the version that the round began with, so another slot is chosen. */
static struct slot *any_slot(struct run *run, struct rng *random)
{
    return &run->slot[1 + rng_below(random, SLOTS - 1)];
}

/* Makes handle h a copy of the handle in the slot. */
static void take_copy(struct world *w, unsigned h, struct slot *slot)
{
    world_drop(w, h);
    pthread_mutex_lock(&slot->lock);
    w->of->copy(w->subject, &w->handle[h], &slot->handle);
    copy_model(w->of, &w->model[h], &slot->model);
    pthread_mutex_unlock(&slot->lock);
}

/* Exchanges handle h and the handle in the slot. */
static void exchange(struct world *w, unsigned h, struct slot *slot)
{
    pthread_mutex_lock(&slot->lock);
    union handle handle = slot->handle;
    copy_model(w->of, &w->next, &slot->model);
    slot->handle = w->handle[h];
    copy_model(w->of, &slot->model, &w->model[h]);
    w->handle[h] = handle;
    copy_model(w->of, &w->model[h], &w->next);
    pthread_mutex_unlock(&slot->lock);
}

static void *work(void *argument)
{
    struct worker *self = argument;
    const struct thread_kind *k = self->run->kind;
    struct rng random = {rng_mix(test_seed(), self->salt)};
    struct world *w = malloc(sizeof *w);
    REQUIRE(w != NULL, "no memory for the test itself");
    world_begin(w, self->run->subject, 3, k->limit);
    for (unsigned step = 0, steps = test_long() ? 100000 : k->steps; step < steps; step++) {
        struct op op = k->choose(&random, step);
        unsigned h = rng_below(&random, w->handles);
        world_context(w, op, "thread %llu: step %u", (unsigned long long)self->salt, step);
        if (step % 8 == 0)
            take_copy(w, h, any_slot(self->run, &random));
        else if (step % 8 == 4)
            exchange(w, h, any_slot(self->run, &random));
        if (w->model[h].size < w->limit / k->few)
            take_copy(w, h, &self->run->slot[0]);
        world_apply(w, op);
        if (step % 16 == 15) {
            const char *error = w->of->check(w->subject, &w->handle[h], false);
            REQUIRE(error == NULL, "%s", error);
            world_compare(w, h);
        }
    }
    w->of->drop_later(w->subject, &w->handle[0]); /* the end of the thread does the release */
    world_leave(w);
    free(w);
    __atomic_fetch_sub(&self->run->working, 1, __ATOMIC_RELEASE); /* pairs with drop_others(), which ends with 0 */
    return NULL;
}

/* Drops versions and makes none, so all blocks that it frees come from other threads. */
static void *drop_others(void *argument)
{
    struct worker *self = argument;
    const struct subject *s = self->run->subject;
    struct rng random = {rng_mix(test_seed(), self->salt)};
    while (__atomic_load_n(&self->run->working, __ATOMIC_ACQUIRE) != 0) { /* pairs with work() */
        struct slot *slot = any_slot(self->run, &random);
        pthread_mutex_lock(&slot->lock);
        union handle handle = slot->handle;
        memset(&slot->handle, 0, sizeof slot->handle);
        memset(&slot->model, 0, sizeof slot->model);
        pthread_mutex_unlock(&slot->lock);
        s->of->drop(s, &handle);
        (void)stet_pool_stats(); /* may be called while others work */
        sched_yield();
    }
    return NULL;
}

void run_threads(const struct thread_kind *k, const struct subject *s)
{
    static struct run run;
    static struct world w;
    test_seed();
    run.kind = k;
    run.subject = s;
    world_begin(&w, s, 1, 0);
    for (unsigned i = 0; i < SLOTS; i++)
        pthread_mutex_init(&run.slot[i].lock, NULL);
    world_fill(&w, 0, 0, 1, w.limit / k->full);
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct worker worker[WORKERS + 1];
        run.working = WORKERS;
        for (unsigned i = 0; i < SLOTS; i++) /* every round begins with versions of one collection */
            if (run.slot[i].model.size == 0) {
                s->of->copy(s, &run.slot[i].handle, &w.handle[0]);
                copy_model(s->of, &run.slot[i].model, &w.model[0]);
            }
        for (unsigned i = 0; i <= WORKERS; i++) {
            worker[i].run = &run;
            worker[i].salt = 3000 + round * 16 + i;
            worker[i].thread = start(i < WORKERS ? work : drop_others, &worker[i]);
        }
        for (unsigned i = 0; i <= WORKERS; i++)
            pthread_join(worker[i].thread, NULL);
        stet_pool_trim();
    }
    for (unsigned i = 0; i < SLOTS; i++)
        s->of->drop(s, &run.slot[i].handle);
    world_end(&w);
    test_nothing_live();
}
