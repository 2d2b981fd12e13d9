/* SPDX-License-Identifier: MIT */
/*
 * thread/crowd.c - after many threads, many atoms, and guards that outlive their threads: what is looked at is what
 * there is now.
 *
 * Each test is a process of its own, so what there is at first is known.
 */
#include "reclaim/era.h"
#include "support/atoms.h"
#include "support/threads.h"
#include "support/no_membarrier.h"

#include <stet/live_map.h>

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>

STET_MAP(texts, uint64_t, stet_str, stet_u64, stet_str_type)
STET_LIVE_MAP(text_table, texts)

/* The spare record and this thread's. */
enum { ALONE = 2 };

static unsigned visited(void)
{
    struct stet_registry_visit visit = stet_registry_visit_();
    unsigned n = 0;
    while (stet_registry_next_(&visit) != NULL)
        n++;
    return n;
}

/* ---- threads that were there at once ---- */

struct crowd {
    number_atom a;
    text_table t;
    pthread_barrier_t all;
};

static void store_some(text_table *t, uint64_t from, unsigned n)
{
    for (uint64_t k = from; k < from + n; k++) {
        stet_str s;
        REQUIRE(stet_str_from_bytes("a text that needs a block of its own, as it is so long", 50, &s), "no memory");
        REQUIRE(text_table_store(t, k, s), "no memory");
        stet_str_drop(&s);
    }
}

static void *look_and_go(void *argument)
{
    struct crowd *c = argument;
    numbers_guard g = number_atom_acquire(&c->a);
    pthread_barrier_wait(&c->all);
    REQUIRE(is_upto(numbers_guard_view(&g), 10), "a guard lost its version");
    store_some(&c->t, 0, 3);
    for (uint64_t k = 0; k < 3; k++)
        REQUIRE(text_table_delete(&c->t, k), "no memory");
    numbers_guard_release(&g);
    return NULL;
}

ATOM_TEST(crowd, threads_that_are_gone_are_passed_over)
{
    const unsigned sizes[] = {1, 30, 100, test_long() ? 10000 : 300};
    struct crowd c = {.a = atom_upto(10)};
    static pthread_t thread[10000];
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 256 << 10);
    cr_assert_eq(text_table_init(&c.t, NULL), STET_CHANGED);
    for (unsigned round = 0; round < 4; round++) {
        unsigned n = sizes[round];
        pthread_barrier_init(&c.all, NULL, n + 1);
        for (unsigned i = 0; i < n; i++)
            REQUIRE(pthread_create(&thread[i], &small, look_and_go, &c) == 0, "no thread");
        pthread_barrier_wait(&c.all);
        for (unsigned i = 0; i < n; i++)
            pthread_join(thread[i], NULL);
        pthread_barrier_destroy(&c.all);
        cr_assert(reads_upto(&c.a, 10));
        cr_assert(STET_ATOM_LOCKED || visited() == ALONE, "after %u threads, %u records are looked at", n, visited());
        cr_assert(STET_ATOM_LOCKED || stet_threads_made_ >= n);
        store_some(&c.t, 100, 10);
        cr_assert(stet_thread_mine_->number <= THREADS_LOW, "low numbers come first");
        texts now = text_table_snapshot(&c.t);
        cr_assert_eq(texts_size(&now), text_table_size(&c.t));
        texts_drop(&now);
        stet_reclaim();
    }
    text_table_destroy(&c.t);
    number_atom_destroy(&c.a);
    pthread_attr_destroy(&small);
}

/* What threads leave behind is little, however many they are, and goes with stet_reclaim(). */
ATOM_TEST(crowd, what_they_retired_goes)
{
    struct crowd c = {.a = atom_upto(10)};
    cr_assert_eq(text_table_init(&c.t, NULL), STET_CHANGED);
    for (unsigned i = 0; i < 100; i++) {
        pthread_barrier_init(&c.all, NULL, 1);
        pthread_join(start(look_and_go, &c), NULL);
        pthread_barrier_destroy(&c.all);
    }
    cr_assert_leq(stet_thread_spare_.retired_count, ERA_EACH + ERA_LEFT);
    stet_reclaim();
    cr_assert_null(stet_thread_spare_.retired);
    text_table_destroy(&c.t);
    number_atom_destroy(&c.a);
}

/* ---- guards that outlive their threads ---- */

struct hand {
    number_atom a;
    numbers_guard guard;
};

static void *acquire_and_go(void *argument)
{
    struct hand *hand = argument;
    hand->guard = number_atom_acquire(&hand->a);
    return NULL;
}

static void store_upto(number_atom *a, size_t n)
{
    numbers m = numbers_upto(n);
    cr_assert_eq(number_atom_store(a, &m), STET_CHANGED);
}

/* Publications need no membarrier, but for the one that replaced what the guard has: so it can be refused. */
static void outlive(bool fence)
{
    struct hand hand = {.a = atom_upto(10)};
    cr_assert(reads_upto(&hand.a, 10));
    pthread_join(start(acquire_and_go, &hand), NULL);
    cr_assert(STET_ATOM_LOCKED || visited() == ALONE + 1);
    if (fence)
        store_upto(&hand.a, 11);
    bool refused = refuse_membarrier() && !STET_ATOM_LOCKED && !stet_thread_mine_->fenced;
    for (size_t n = 12; n < 30; n++) {
        store_upto(&hand.a, n);
        if (refused && fence) {
            cr_assert_null(hand.a.state_->pending, "versions wait for a membarrier");
            cr_assert(hand.a.state_->kept != NULL && hand.a.state_->kept->previous == NULL);
        } else if (refused) {
            cr_assert_not_null(hand.a.state_->pending, "who releases the guard may not see that it was looked at");
        }
    }
    cr_assert(is_upto(numbers_guard_view(&hand.guard), 10));
    numbers_guard_release(&hand.guard);
    store_upto(&hand.a, 30);
    store_upto(&hand.a, 31);
    only_current_is_kept(&hand.a);
    cr_assert(STET_ATOM_LOCKED || visited() == ALONE);
    cr_assert_eq(stet_threads_taken_, STET_ATOM_LOCKED ? stet_threads_taken_ : STET_ONE_TAKEN_);
    number_atom_destroy(&hand.a);
}

ATOM_TEST(crowd, a_guard_that_outlives_its_thread) { outlive(true); }
ATOM_TEST(crowd, a_guard_that_outlives_its_thread_and_was_not_looked_at) { outlive(false); }

/* Nobody publishes: who begins finds the records that were left. */
ATOM_TEST(crowd, guards_that_outlive_their_threads_without_a_look)
{
    struct hand hand = {.a = atom_upto(10)};
    for (unsigned i = 0; i < 100; i++) {
        pthread_join(start(acquire_and_go, &hand), NULL);
        cr_assert(is_upto(numbers_guard_view(&hand.guard), 10));
        numbers_guard_release(&hand.guard);
    }
    cr_assert_leq(stet_threads_made_, 10);
    number_atom_destroy(&hand.a);
}

/* ---- atoms that are no more ---- */

ATOM_TEST(crowd, atoms_that_are_no_more_are_passed_over)
{
    enum { MANY = 1000 };
    static number_atom a[MANY];
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < MANY; i++)
            a[i] = atom_upto(i % 3);
        cr_assert_eq(stet_atom_states_n_, MANY);
        numbers_guard held = number_atom_acquire(&a[7]);
        for (unsigned i = 0; i < MANY; i++)
            number_atom_destroy(&a[(i * 7) % MANY]);
        cr_assert_eq(stet_atom_states_n_, 1, "one has a version that is held");
        stet_reclaim();
        cr_assert_eq(stet_atom_states_n_, 1);
        cr_assert(is_upto(numbers_guard_view(&held), 7 % 3));
        numbers_guard_release(&held);
        stet_reclaim();
        cr_assert_eq(stet_atom_states_n_, 0);
    }
}

#ifdef __SANITIZE_THREAD__ /* its deadlock detector cannot count the locks that the pool takes for a fork */
#    define NOT_UNDER_TSAN true
#else
#    define NOT_UNDER_TSAN false
#endif

/* An atom state that was not listed when the process was forked, and is used in the child; records, too. */
Test(crowd, a_child_begins_with_what_is_free, .disabled = NOT_UNDER_TSAN)
{
    struct hand hand = {.a = atom_upto(10)}, gone = {.a = atom_upto(5)};
    cr_assert(reads_upto(&hand.a, 10));
    pthread_join(start(acquire_and_go, &hand), NULL);
    stet_lock_(&gone.a.state_->lock); /* somebody is at it, and finds nothing */
    struct stet_atom_state *state = gone.a.state_;
    stet_unlock_(&state->lock);
    number_atom_destroy(&gone.a);
    state->lock = 1;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        alarm(30);
        number_atom again = atom_upto(3);
        bool right = again.state_ == state && state->lock == 0 && (STET_ATOM_LOCKED || visited() == ALONE) &&
                     reads_upto(&hand.a, 10);
        store_upto(&again, 4);
        only_current_is_kept(&again);
        pthread_join(start(acquire_and_go, &hand), NULL);
        numbers_guard_release(&hand.guard);
        number_atom_destroy(&again);
        test_exit(right ? 0 : 1);
    }
    int status;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert_eq(status, 0);
    state->lock = 0;
    numbers_guard_release(&hand.guard);
    number_atom_destroy(&hand.a);
}
