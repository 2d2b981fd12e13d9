/* SPDX-License-Identifier: MIT */
/*
 * list/threads.c - versions of one list on several threads: some edit their copies, one only drops what others made.
 *
 * Handles travel through slots: a worker copies what is in one, edits the copy beside a model of its own, and puts it
 * into another; what was there it keeps. Threads end, with releases of theirs left for later, and others take over.
 * Beside that, many threads push to copies of one version at once: only one of them may have the room in the leaf that
 * they share. Made for the sanitizers: without them it finds what shows in contents and counts.
 */
#include "support/list_world.h"
#include "support/testing.h"

#include <stet/pool.h>

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdlib.h>

#define WORKERS 3
#define ROUNDS 2
#define SLOTS 6

struct version {
    struct stet_list list;
    struct list_model model;
};

struct slot {
    pthread_mutex_t lock;
    struct version version;
};

struct run {
    const struct list_subject *subject;
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
static void take_copy(struct list_world *w, unsigned h, struct slot *slot)
{
    list_world_drop(w, h);
    pthread_mutex_lock(&slot->lock);
    w->handle[h] = w->subject->calls->copy(&slot->version.list);
    w->model[h] = slot->version.model;
    pthread_mutex_unlock(&slot->lock);
}

/* Handle h changes places with what is in the slot. */
static void exchange(struct list_world *w, unsigned h, struct slot *slot)
{
    static _Thread_local struct list_model model;
    pthread_mutex_lock(&slot->lock);
    struct stet_list list = slot->version.list;
    model = slot->version.model;
    slot->version.list = w->handle[h];
    slot->version.model = w->model[h];
    w->handle[h] = list;
    w->model[h] = model;
    pthread_mutex_unlock(&slot->lock);
}

static void check(const struct list_world *w, unsigned h)
{
    const char *error = list_check(w->subject->type, &w->handle[h], false);
    REQUIRE(error == NULL, "%s", error);
    list_world_compare(w, h);
}

/* Mostly what leaves a list as large as it was; pushes and pops come in runs, so that buffers fill and empty. */
static struct list_op choose(struct rng *random, unsigned step)
{
    static const uint8_t often[] = {LIST_PUSH_BACK, LIST_PUSH_FRONT, LIST_POP_BACK, LIST_POP_FRONT};
    struct list_op op = list_op_of(rng_next(random));
    if (step / 64 % 2 == 0)
        op.code = often[step / 32 % 4 / 2 * 2 + step % 2];
    else if (op.code == LIST_FILTER)
        op.more = op.more / 8 * 8 + 2;
    else if (op.code == LIST_SLICE || op.code == LIST_ERASE_RANGE || op.code == LIST_SPLIT_AT)
        op.code = rng_below(random, 4) == 0 ? op.code : LIST_SET;
    return op;
}

static void *work(void *argument)
{
    struct worker *self = argument;
    struct rng random = {rng_mix(test_seed(), self->salt)};
    struct list_world *w = malloc(sizeof *w);
    REQUIRE(w != NULL, "no memory for the test itself");
    list_world_begin(w, self->run->subject, 3, LIST_MODEL_MAX / 4);
    for (unsigned step = 0, steps = test_long() ? 100000 : 2000; step < steps; step++) {
        struct list_op op = choose(&random, step);
        unsigned h = rng_below(&random, w->handles);
        test_context("%s, thread %llu: step %u: %s a %u b %u c %u i %u j %u value %u more %x", w->subject->name,
                     (unsigned long long)self->salt, step, list_op_name(op.code), op.a, op.b, op.c, op.i, op.j,
                     op.value, op.more);
        if (step % 8 == 0)
            take_copy(w, h, any_slot(self->run, &random));
        else if (step % 8 == 4)
            exchange(w, h, any_slot(self->run, &random));
        if (w->model[h].size < w->limit / 16)
            take_copy(w, h, &self->run->slot[0]);
        list_world_apply(w, op);
        if (step % 16 == 15)
            check(w, h);
    }
    w->subject->calls->drop_later(&w->handle[0]); /* it is left to the end of the thread */
    list_world_leave(w);
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
        struct stet_list list = slot->version.list;
        memset(&slot->version, 0, sizeof slot->version);
        pthread_mutex_unlock(&slot->lock);
        self->run->subject->calls->drop(&list);
        (void)stet_pool_stats(); /* may be asked for while others work */
        sched_yield();
    }
    return NULL;
}

static void threads_of(const struct list_subject *s)
{
    static struct run run;
    static struct list_world w;
    test_seed();
    run.subject = s;
    list_world_begin(&w, s, 1, 0);
    for (unsigned i = 0; i < SLOTS; i++)
        pthread_mutex_init(&run.slot[i].lock, NULL);
    list_world_fill(&w, 0, 0, LIST_MODEL_MAX / 8);
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct worker worker[WORKERS + 1];
        run.working = WORKERS;
        for (unsigned i = 0; i < SLOTS; i++) /* every round begins with versions of one list */
            if (run.slot[i].version.model.size == 0) {
                run.slot[i].version.list = s->calls->copy(&w.handle[0]);
                run.slot[i].version.model = w.model[0];
            }
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
        s->calls->drop(&run.slot[i].version.list);
    list_world_end(&w);
    test_nothing_live();
}

/* ---- the room in a shared leaf ---- */

enum { THREADS = 3, PUSHES = 6 };

/* Rounds that all begin at once: each thread pushes to a copy of its own of one version. */
struct pushers {
    const struct list_subject *subject;
    const char *table;
    unsigned rounds, before; /* how many there are; elements that the version has in this one */
    bool back;
    unsigned go, done; /* the round that has begun; threads that have ended it, in all rounds together */
    struct stet_list list[THREADS];
};

struct pusher {
    pthread_t thread;
    struct pushers *all;
    unsigned index;
};

/* The i-th push of a thread. */
static unsigned pushed_number(unsigned thread, unsigned i) { return 200 + thread * PUSHES + i; }

static void push(struct pushers *p, unsigned thread)
{
    const struct list_calls *calls = p->subject->calls;
    size_t size = p->subject->type->size;
    bool by_array = p->back && p->before % 2 != 0 && thread == 1;
    for (unsigned i = 0; i < PUSHES; i += 1 + by_array) {
        const char *e = p->table + pushed_number(thread, i) * size;
        stet_result result = by_array  ? calls->append_array(&p->list[thread], e, 2)
                             : p->back ? calls->push_back(&p->list[thread], e)
                                       : calls->push_front(&p->list[thread], e);
        REQUIRE(result == STET_CHANGED, "no memory");
    }
}

static void *push_each_round(void *argument)
{
    struct pusher *self = argument;
    struct pushers *p = self->all;
    for (unsigned round = 1; round <= p->rounds; round++) {
        while (__atomic_load_n(&p->go, __ATOMIC_ACQUIRE) != round) /* pairs with begin_round() */
            sched_yield();
        push(p, self->index);
        __atomic_fetch_add(&p->done, 1, __ATOMIC_RELEASE); /* pairs with claims_of() */
    }
    return NULL;
}

/* A version that its first holder built, with room at the end that is pushed to; or in a copy, without. */
static void begin_round(struct pushers *p, unsigned round)
{
    const struct list_calls *calls = p->subject->calls;
    struct stet_list l = {0};
    p->before = 1 + round * 7 % 150;
    p->back = round % 3 != 0;
    for (unsigned i = 0; i < p->before; i++) {
        unsigned number = p->back ? i : p->before - 1 - i;
        const char *e = p->table + number * p->subject->type->size;
        REQUIRE((p->back ? calls->push_back(&l, e) : calls->push_front(&l, e)) == STET_CHANGED, "no memory");
    }
    for (unsigned i = 0; i < THREADS; i++)
        p->list[i] = calls->copy(&l);
    calls->drop(&l);
    __atomic_store_n(&p->go, round, __ATOMIC_RELEASE); /* pairs with push_each_round() */
}

static void check_pushed(struct pushers *p, unsigned thread)
{
    const struct list_subject *s = p->subject;
    struct stet_list *l = &p->list[thread];
    REQUIRE(stet_list_size_(l) == p->before + PUSHES, "%zu elements", stet_list_size_(l));
    for (unsigned i = 0; i < p->before + PUSHES; i++) {
        bool old = p->back ? i < p->before : i >= PUSHES;
        unsigned expected = old       ? (p->back ? i : i - PUSHES)
                            : p->back ? pushed_number(thread, i - p->before)
                                      : pushed_number(thread, PUSHES - 1 - i);
        unsigned number = s->element->number(s->calls->get(l, i));
        REQUIRE(number == expected, "thread %u: element %u of %u is %u, not %u", thread, i, p->before + PUSHES, number,
                expected);
    }
    s->calls->drop(l);
}

static void claims_of(const struct list_subject *s)
{
    static struct list_world w;
    static struct pushers p;
    struct pusher pusher[THREADS];
    test_seed();
    list_world_begin(&w, s, 1, 0);
    p = (struct pushers){.subject = s, .table = w.table, .rounds = test_long() ? 100000 : 2000};
    for (unsigned i = 1; i < THREADS; i++) {
        pusher[i] = (struct pusher){.all = &p, .index = i};
        cr_assert_eq(pthread_create(&pusher[i].thread, NULL, push_each_round, &pusher[i]), 0);
    }
    for (unsigned round = 1; round <= p.rounds; round++) {
        test_context("%s: round %u", s->name, round);
        begin_round(&p, round);
        push(&p, 0);
        while (__atomic_load_n(&p.done, __ATOMIC_ACQUIRE) != round * (THREADS - 1)) /* pairs with push_each_round() */
            sched_yield();
        for (unsigned i = 0; i < THREADS; i++)
            check_pushed(&p, i);
    }
    for (unsigned i = 1; i < THREADS; i++)
        pthread_join(pusher[i].thread, NULL);
    list_world_end(&w);
    test_nothing_live();
}

#define TEST_OF(name)                                                   \
    Test(list_threads, name) { threads_of(list_subject_named(#name)); } \
    Test(list_threads_claims, name) { claims_of(list_subject_named(#name)); }

TEST_OF(words)
TEST_OF(bytes)
TEST_OF(triples)
TEST_OF(texts)
TEST_OF(prompt_tokens)
TEST_OF(lazy_tokens)
TEST_OF(lists_of_words)
TEST_OF(lists_of_tokens)
