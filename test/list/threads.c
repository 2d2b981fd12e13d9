/* SPDX-License-Identifier: MIT */
/*
 * list/threads.c - versions of one list on several threads (support/thread_programs.c).
 *
 * In another test, many threads push to copies of one version at once: only one of them may get the room in the leaf
 * that they share. Made for the sanitizers: without them only wrong contents and counts are noticed.
 */
#include "support/list_world.h"
#include "support/programs.h"
#include "support/threads.h"

#include <criterion/criterion.h>

/* Mostly operations that keep the size of a list; pushes and pops come in series, so that buffers fill and empty. */
static struct op choose(struct rng *random, unsigned step)
{
    static const uint8_t often[] = {LIST_PUSH_BACK, LIST_PUSH_FRONT, LIST_POP_BACK, LIST_POP_FRONT};
    struct op op = list_collection.op_of(rng_next(random));
    if (step / 64 % 2 == 0)
        op.code = often[step / 32 % 4 / 2 * 2 + step % 2];
    else if (op.code == LIST_FILTER)
        op.more = op.more / 8 * 8 + 2;
    else if (op.code == LIST_SLICE || op.code == LIST_ERASE_RANGE || op.code == LIST_SPLIT_AT)
        op.code = rng_below(random, 4) == 0 ? op.code : LIST_SET;
    return op;
}

static const struct thread_kind kind = {
    .choose = choose, .steps = 2000, .limit = LIST_MODEL_MAX / 4, .full = 8, .few = 16};

/* ---- the room in a shared leaf ---- */

enum { THREADS = 3, PUSHES = 6 };

/* Rounds that all threads begin at once. In each, every thread pushes to its own copy of one version. */
struct pushers {
    const struct subject *subject;
    const char *table;
    unsigned rounds, before; /* how many rounds there are; how many elements the version of this round has */
    bool back;
    unsigned go, done; /* the number of the round that has begun; how many times a thread has ended a round */
    struct stet_list list[THREADS];
};

struct pusher {
    pthread_t thread;
    struct pushers *all;
    unsigned index;
};

/* Returns the number of the element that a thread pushes as its i-th. */
static unsigned pushed_number(unsigned thread, unsigned i) { return 200 + thread * PUSHES + i; }

static void push(struct pushers *p, unsigned thread)
{
    const struct list_calls *calls = p->subject->calls;
    size_t size = p->subject->key->type->size;
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

/*
 * Begins a round with a version whose leaf has room at the end that is pushed to, as its first holder built it; or with
 * a copy that has no room.
 */
static void begin_round(struct pushers *p, unsigned round)
{
    const struct list_calls *calls = p->subject->calls;
    struct stet_list l = {0};
    p->before = 1 + round * 7 % 150;
    p->back = round % 3 != 0;
    for (unsigned i = 0; i < p->before; i++) {
        unsigned number = p->back ? i : p->before - 1 - i;
        const char *e = p->table + number * p->subject->key->type->size;
        REQUIRE((p->back ? calls->push_back(&l, e) : calls->push_front(&l, e)) == STET_CHANGED, "no memory");
    }
    for (unsigned i = 0; i < THREADS; i++)
        p->list[i] = calls->copy(&l);
    calls->drop(&l);
    __atomic_store_n(&p->go, round, __ATOMIC_RELEASE); /* pairs with push_each_round() */
}

static void check_pushed(struct pushers *p, unsigned thread)
{
    const struct subject *s = p->subject;
    struct stet_list *l = &p->list[thread];
    REQUIRE(stet_list_size_(l) == p->before + PUSHES, "%zu elements", stet_list_size_(l));
    for (unsigned i = 0; i < p->before + PUSHES; i++) {
        bool old = p->back ? i < p->before : i >= PUSHES;
        unsigned expected = old       ? (p->back ? i : i - PUSHES)
                            : p->back ? pushed_number(thread, i - p->before)
                                      : pushed_number(thread, PUSHES - 1 - i);
        unsigned number = s->key->number(s->calls->get(l, i));
        REQUIRE(number == expected, "thread %u: element %u of %u is %u, not %u", thread, i, p->before + PUSHES, number,
                expected);
    }
    s->calls->drop(l);
}

static void claims_of(const struct subject *s)
{
    static struct world w;
    static struct pushers p;
    struct pusher pusher[THREADS];
    test_seed();
    world_begin(&w, s, 1, 0);
    p = (struct pushers){.subject = s, .table = w.key_table, .rounds = test_long() ? 100000 : 2000};
    for (unsigned i = 1; i < THREADS; i++) {
        pusher[i] = (struct pusher){.all = &p, .index = i};
        pusher[i].thread = start(push_each_round, &pusher[i]);
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
    world_end(&w);
    test_nothing_live();
}

#define TEST_OF(name)                                                      \
    Test(list_threads, name) { run_threads(&kind, subject_named(#name)); } \
    Test(list_threads_claims, name) { claims_of(subject_named(#name)); }

TEST_OF(words)
TEST_OF(bytes)
TEST_OF(triples)
TEST_OF(texts)
TEST_OF(prompt_tokens)
TEST_OF(lazy_tokens)
TEST_OF(lists_of_words)
TEST_OF(lists_of_tokens)
