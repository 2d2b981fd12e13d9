/* SPDX-License-Identifier: MIT */
/*
 * map/threads.c - versions of one map on several threads: some edit their copies, one only drops what others made.
 *
 * Handles travel through slots: a worker copies what is in one, edits the copy beside a model of its own, and puts it
 * into another; what was there it keeps. Threads end, with releases of theirs left for later, and others take over.
 * Made for the sanitizers: without them it finds what shows in contents and counts.
 */
#include "support/testing.h"
#include "support/world.h"

#include <stet/pool.h>

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdlib.h>

#define WORKERS 3
#define ROUNDS 2
#define SLOTS 6

struct version {
    struct stet_map map;
    struct model model;
};

struct slot {
    pthread_mutex_t lock;
    struct version version;
};

struct run {
    const struct subject *subject;
    struct slot slot[SLOTS];
    unsigned working; /* workers that are not done */
};

struct worker {
    pthread_t thread;
    struct run *run;
    uint64_t salt;
};

/* Slot 0 keeps what the round began with; the others come and go. */
static struct slot *any_slot(struct run *run, struct rng *random)
{
    return &run->slot[1 + rng_below(random, SLOTS - 1)];
}

/* Handle h becomes a copy of what is in the slot. */
static void take_copy(struct world *w, unsigned h, struct slot *slot)
{
    world_drop(w, h);
    pthread_mutex_lock(&slot->lock);
    w->handle[h] = stet_map_copy_(&slot->version.map);
    w->model[h] = slot->version.model;
    pthread_mutex_unlock(&slot->lock);
}

/* Handle h changes places with what is in the slot. */
static void exchange(struct world *w, unsigned h, struct slot *slot)
{
    pthread_mutex_lock(&slot->lock);
    struct version version = slot->version;
    slot->version = (struct version){w->handle[h], w->model[h]};
    w->handle[h] = version.map;
    w->model[h] = version.model;
    pthread_mutex_unlock(&slot->lock);
}

static void check(const struct world *w, unsigned h)
{
    const char *error = map_check(w->subject->type, &w->handle[h], false);
    REQUIRE(error == NULL, "%s", error);
    world_compare(w, h);
}

/* Half of them edits; and the others shall leave most of a map as it is. */
static struct op choose(struct rng *random)
{
    struct op op = op_of(rng_next(random));
    if (rng_below(random, 2) == 0)
        op.code = op.code & 1 ? OP_SET : OP_DEL;
    else if (op.code == OP_FILTER)
        op.more = op.more / 8 * 8 + 2;
    else if (op.code == OP_COMBINE)
        op.more |= STET_ONLY_A | STET_BOTH;
    return op;
}

static void *work(void *argument)
{
    struct worker *self = argument;
    struct rng random = {rng_mix(test_seed(), self->salt)};
    struct world *w = malloc(sizeof *w);
    REQUIRE(w != NULL, "no memory for the test itself");
    world_begin(w, self->run->subject, 3, 0);
    for (unsigned step = 0, steps = test_long() ? 100000 : 3000; step < steps; step++) {
        struct op op = choose(&random);
        unsigned h = rng_below(&random, w->handles);
        test_context("%s, thread %llu: step %u: %s a %u b %u c %u key %u value %u more %x", w->subject->name,
                     (unsigned long long)self->salt, step, op_name(op.code), op.a, op.b, op.c, op.key, op.value,
                     op.more);
        if (step % 8 == 0)
            take_copy(w, h, any_slot(self->run, &random));
        else if (step % 8 == 4)
            exchange(w, h, any_slot(self->run, &random));
        if (w->handle[h].size < w->keys / 4)
            take_copy(w, h, &self->run->slot[0]);
        world_apply(w, op);
        if (step % 16 == 15)
            check(w, h);
    }
    stet_node_drop_later(&w->subject->type->node, w->handle[0].root); /* it is left to the end of the thread */
    w->handle[0] = (struct stet_map){0};
    world_leave(w);
    free(w);
    __atomic_fetch_sub(&self->run->working, 1, __ATOMIC_RELEASE); /* pairs with drop_others(): it ends with the last */
    return NULL;
}

/* Makes nothing: whatever it frees came from another thread. */
static void *drop_others(void *argument)
{
    struct worker *self = argument;
    struct rng random = {rng_mix(test_seed(), self->salt)};
    while (__atomic_load_n(&self->run->working, __ATOMIC_ACQUIRE) != 0) { /* pairs with work() */
        struct slot *slot = any_slot(self->run, &random);
        pthread_mutex_lock(&slot->lock);
        struct stet_map map = slot->version.map;
        memset(&slot->version, 0, sizeof slot->version);
        pthread_mutex_unlock(&slot->lock);
        stet_node_drop(&self->run->subject->type->node, map.root);
        (void)stet_pool_stats(); /* may be asked for while others work */
        sched_yield();
    }
    return NULL;
}

static void threads_of(const struct subject *s)
{
    static struct run run;
    static struct world w;
    test_seed();
    run.subject = s;
    world_begin(&w, s, 1, 0);
    for (unsigned i = 0; i < SLOTS; i++)
        pthread_mutex_init(&run.slot[i].lock, NULL);
    world_fill(&w, 0, 0, 1, w.keys / 2);
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct worker worker[WORKERS + 1];
        run.working = WORKERS;
        for (unsigned i = 0; i < SLOTS; i++) /* every round begins with versions of one map */
            if (run.slot[i].version.map.size == 0)
                run.slot[i].version = (struct version){stet_map_copy_(&w.handle[0]), w.model[0]};
        for (unsigned i = 0; i <= WORKERS; i++) {
            worker[i].run = &run;
            worker[i].salt = 3000 + round * 16 + i;
            cr_assert_eq(pthread_create(&worker[i].thread, NULL, i < WORKERS ? work : drop_others, &worker[i]), 0);
        }
        for (unsigned i = 0; i <= WORKERS; i++)
            pthread_join(worker[i].thread, NULL);
        stet_pool_trim();
    }
    for (unsigned i = 0; i < SLOTS; i++)
        stet_node_drop(&s->type->node, run.slot[i].version.map.root);
    world_end(&w);
    test_nothing_live();
}

/* A thread makes versions that borrow from each other, and ends; what it made is as good as ever. */
static void *make_versions(void *world)
{
    struct world *w = world;
    world_fill(w, 0, 0, 1, w->keys / 2);
    for (unsigned h = 1; h < w->handles; h++) {
        world_apply(w, (struct op){.code = OP_COPY, .a = (uint8_t)(h - 1), .b = (uint8_t)h});
        world_apply(w, (struct op){.code = OP_DEL, .a = (uint8_t)h, .key = (uint16_t)h});
    }
    return NULL;
}

static void handles_outlive_a_thread(const struct subject *s)
{
    static struct world w;
    pthread_t thread;
    test_seed();
    world_begin(&w, s, 4, 0);
    cr_assert_eq(pthread_create(&thread, NULL, make_versions, &w), 0);
    pthread_join(thread, NULL);
    world_check(&w);
    for (unsigned i = 0; i < 200; i++)
        world_apply(&w, (struct op){.code = i % 3 == 0 ? OP_DEL : OP_SET,
                                    .a = (uint8_t)(i % w.handles),
                                    .key = (uint16_t)(i * 7 % w.keys),
                                    .value = (uint16_t)(i % VALUES)});
    world_check(&w);
    world_end(&w);
    test_nothing_live();
}

#define TEST_OF(name)                                                               \
    Test(map_threads_end, name) { handles_outlive_a_thread(subject_named(#name)); } \
    Test(map_threads, name) { threads_of(subject_named(#name)); }

TEST_OF(word_map)
TEST_OF(str_map)
TEST_OF(prompt_both_map)
TEST_OF(lazy_both_map)
TEST_OF(blind_lazy_4_set)
TEST_OF(seeing_prompt_8_map)
