/* SPDX-License-Identifier: MIT */
/*
 * thread/process.c - what the library has of the process, and what the process does to it: keys for thread-specific
 * data that are all taken, threads that are cancelled, fibres, an object with the library in it that is unloaded.
 *
 * Each test is a process of its own, which uses the library for the first time.
 */
#include "support/atoms.h"
#include "support/threads.h"

#include <stet/live_map.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <ucontext.h>

STET_MAP(words, uint64_t, uint64_t, stet_u64, stet_u64)
STET_LIVE_MAP(word_table, words)

/* ---- no key is left ---- */

enum { KEYS = 4096 };

static pthread_key_t keys[KEYS];
static int taken, mine;
static unsigned foreign; /* destructors of ours that got what is not ours */

static void ours_only(void *value)
{
    if (value != &mine)
        put(&foreign, at(&foreign) + 1);
}

/* Whatever the library answers, the thread's values under all keys are as they were. */
static void *use_without_keys(void *expected)
{
    words m = {0};
    word_table t;
    number_atom a;
    for (int i = 0; i < taken; i++)
        REQUIRE(pthread_setspecific(keys[i], &mine) == 0, "no memory");
    void *other = pthread_getspecific(0); /* of whoever has the first key: malloc, say, which is in use by now */
    stet_result set = words_set(&m, 1, 1), *result = expected;
    REQUIRE(set == *result, "set answered %d", (int)set);
    if (set)
        words_drop(&m);
    stet_result init = number_atom_init(&a, NULL);
    REQUIRE(init == *result, "an atom's init answered %d", (int)init);
    if (init) {
        REQUIRE(reads_upto(&a, 0), "an atom without a version");
        number_atom_destroy(&a);
    }
    init = word_table_init(&t, NULL);
    REQUIRE(init == *result, "a live map's init answered %d", (int)init);
    if (init)
        word_table_destroy(&t);
    stet_reclaim();
    for (int i = 0; i < taken; i++)
        REQUIRE(pthread_getspecific(keys[i]) == &mine, "key %u was written to", (unsigned)keys[i]);
    bool first_is_ours = taken > 0 && keys[0] == 0;
    REQUIRE(first_is_ours || pthread_getspecific(0) == other, "key 0 was written to");
    return NULL;
}

Test(process, all_keys_are_taken)
{
    stet_result none = STET_NO_MEMORY, changed = STET_CHANGED;
    while (taken < KEYS && pthread_key_create(&keys[taken], ours_only) == 0)
        taken++;
    cr_assert(taken > 0 && taken < KEYS);
    for (unsigned i = 0; i < 3; i++)
        pthread_join(start(use_without_keys, &none), NULL);
    /* It takes one, and gets on when that is free. */
    taken--;
    cr_assert_eq(pthread_key_delete(keys[taken]), 0);
    for (unsigned i = 0; i < 3; i++)
        pthread_join(start(use_without_keys, &changed), NULL);
    cr_assert_eq(foreign, 0);
    stet_pool_trim();
    cr_assert_eq(stet_pool_stats().live_blocks, 0);
}

/* ---- threads that are cancelled ---- */

#ifdef __SANITIZE_THREAD__ /* it does not know of ends that come at any moment */
#    define NOT_UNDER_TSAN true
#else
#    define NOT_UNDER_TSAN false
#endif
#ifdef SANITIZED /* nor does AddressSanitizer know that frames have gone from the stack */
#    define NOT_UNDER_SANITIZERS true
#else
#    define NOT_UNDER_SANITIZERS false
#endif

struct cancelled {
    number_atom a;
    unsigned go;
    bool waits;
};

/* Not inlined: AddressSanitizer does not know that the frame of a thread that is cancelled has gone, so that frame is
 * to have no variable whose address is taken. */
static __attribute__((__noinline__)) void publish_two(struct cancelled *c, long n)
{
    add_number(&c->a, 100 + n);
    remove_number(&c->a, 100 + n);
}

static void *until_cancelled(void *argument)
{
    struct cancelled *c = argument;
    while (!at(&c->go))
        sched_yield(); /* not a cancellation point */
    for (long n = 0;; n ^= 1) {
        publish_two(c, n);
        pthread_testcancel();
    }
    return NULL;
}

static void *until_told(void *argument)
{
    struct cancelled *c = argument;
    uint64_t seen = number_atom_version(&c->a);
    put(&c->go, 1);
    number_atom_wait(&c->a, &seen, -1);
    return NULL;
}

ATOM_TEST(process, a_publisher_is_cancelled)
{
    struct cancelled c = {.a = atom_upto(10)};
    struct stet_watch w;
    alarm(60); /* who waits for a lock of the dead, waits for ever */
    REQUIRE(number_atom_watch(&c.a, &w) >= 0, "no eventfd");
    for (unsigned i = 0; i < 20; i++) {
        void *ended;
        put(&c.go, 0);
        number_atom_watch_seen(&c.a, &w); /* so the next publication writes to the eventfd */
        pthread_t thread = start(until_cancelled, &c);
        cr_assert_eq(pthread_cancel(thread), 0);
        put(&c.go, 1);
        cr_assert_eq(pthread_join(thread, &ended), 0);
        cr_assert_eq(ended, PTHREAD_CANCELED);
        number_atom_watch_seen(&c.a, &w);
        cr_assert_eq(poll(&(struct pollfd){.fd = w.fd, .events = POLLIN}, 1, 0), 0);
        add_number(&c.a, 10);
        cr_assert_eq(poll(&(struct pollfd){.fd = w.fd, .events = POLLIN}, 1, 0), 1);
        remove_number(&c.a, 10);
    }
    number_atom_unwatch(&c.a, &w);
    number_atom_destroy(&c.a);
}

/* Each of them, called by a thread that is to end: it does not end there. */
static void *look_cancelled(void *argument)
{
    struct cancelled *c = argument;
    struct stet_watch w;
    pthread_cancel(pthread_self());
    REQUIRE(number_atom_watch(&c->a, &w) >= 0, "no eventfd");
    add_number(&c->a, 10);
    number_atom_watch_seen(&c->a, &w);
    remove_number(&c->a, 10);
    number_atom_unwatch(&c->a, &w);
    put(&c->go, 1);
    uint64_t seen = number_atom_version(&c->a);
    number_atom_wait(&c->a, &seen, 0);
    put(&c->go, 2);
    return NULL;
}

Test(process, only_waiting_ends_a_thread, .disabled = NOT_UNDER_SANITIZERS)
{
    struct cancelled c = {.a = atom_upto(10)};
    void *ended;
    pthread_join(start(look_cancelled, &c), &ended);
    cr_assert_eq(ended, PTHREAD_CANCELED);
    cr_assert_eq(at(&c.go), 1);
    cr_assert_null(c.a.state_->watches);
    cr_assert_eq(c.a.state_->watching, 0);
    number_atom_destroy(&c.a);
}

Test(process, a_sleeper_is_cancelled, .disabled = NOT_UNDER_SANITIZERS)
{
    struct cancelled c = {.a = atom_upto(10)};
    alarm(60);
    for (unsigned i = 0; i < 50; i++) {
        void *ended;
        put(&c.go, 0);
        pthread_t thread = start(until_told, &c);
        while (!at(&c.go) || (i % 2 != 0 && at(&c.a.state_->listeners) == 0))
            sched_yield();
        cr_assert_eq(pthread_cancel(thread), 0);
        cr_assert_eq(pthread_join(thread, &ended), 0);
        cr_assert_eq(ended, PTHREAD_CANCELED);
        cr_assert_eq(at(&c.a.state_->listeners), 0, "it still listens");
    }
    number_atom_destroy(&c.a);
}

/* ---- a release that comes back late, and elsewhere ---- */

struct job {
    int holders;
    bool slow;
};
typedef struct job *job_ptr;

static unsigned jobs_made, jobs_done;
static ucontext_t fibre_context, *resumed_by;

static void job_ref(job_ptr j) { __atomic_fetch_add(&j->holders, 1, __ATOMIC_RELAXED); }
static void job_unref(job_ptr j)
{
    if (__atomic_fetch_sub(&j->holders, 1, __ATOMIC_ACQ_REL) != 1)
        return;
    if (j->slow)
        swapcontext(&fibre_context, resumed_by);
    __atomic_fetch_add(&jobs_done, 1, __ATOMIC_RELAXED);
    free(j);
}
STET_TYPE_REF(job_type, job_ptr, job_ref, job_unref)
STET_MAP(jobs, int, job_ptr, stet_int, job_type)
STET_ATOM(jobs_atom, jobs)
STET_LIVE_MAP(job_table, jobs)

static jobs jobs_of(int n, bool slow)
{
    jobs m = {0};
    for (int i = 0; i < n; i++) {
        job_ptr j = calloc(1, sizeof *j);
        REQUIRE(j != NULL, "no memory");
        *j = (struct job){1, slow && i == n / 2};
        REQUIRE(jobs_set(&m, i, j) == STET_CHANGED, "no memory");
        job_unref(j);
        jobs_made++;
    }
    return m;
}

/* What lets go of a map: a drop, an atom's publication, the reclamation of a live map. */
static void let_go(unsigned kind, bool slow)
{
    jobs m = jobs_of(40, slow), none = {0};
    if (kind == 0) {
        jobs_drop(&m);
    } else if (kind == 1) {
        jobs_atom a;
        REQUIRE(jobs_atom_init(&a, &m) && jobs_atom_store(&a, &none), "no memory");
        jobs_atom_destroy(&a);
    } else {
        job_table t;
        REQUIRE(job_table_init(&t, &m) && job_table_clear(&t), "no memory");
        stet_reclaim();
        job_table_destroy(&t);
    }
}

static unsigned fibre_kind;

static void fibre(void)
{
    let_go(fibre_kind, true);
    swapcontext(&fibre_context, resumed_by);
}

/* As if by a scheduler of fibres: until the fibre waits, or ends. */
static void *resume(void *unused)
{
    ucontext_t here;
    (void)unused;
    resumed_by = &here;
    swapcontext(&here, &fibre_context);
    return NULL;
}

static void begin_fibre(unsigned kind, char *stack, size_t size)
{
    fibre_kind = kind;
    getcontext(&fibre_context);
    fibre_context.uc_stack.ss_sp = stack;
    fibre_context.uc_stack.ss_size = size;
    makecontext(&fibre_context, fibre, 0);
    resume(NULL);
}

enum { FIBRE_STACK = 256 << 10 };

Test(process, a_release_waits_and_comes_back_elsewhere, .disabled = NOT_UNDER_TSAN)
{
    static char stack[FIBRE_STACK];
    for (unsigned kind = 0; kind < 3; kind++) {
        begin_fibre(kind, stack, sizeof stack);
        unsigned waiting = jobs_made - jobs_done;
        cr_assert(waiting >= 1 && waiting <= 40);
        for (unsigned other = 0; other < 3; other++) {
            let_go(other, false);
            cr_assert(jobs_made - jobs_done <= waiting, "it waits for another fibre: %u, %u", kind, other);
        }
        pthread_join(start(resume, NULL), NULL);
        let_go(kind, false);
        cr_assert_eq(jobs_made, jobs_done);
    }
    stet_reclaim();
    cr_assert_eq(stet_pool_stats().live_blocks, 0);
}

static void *begin_and_end(void *kind)
{
    static char stack[FIBRE_STACK];
    begin_fibre(*(unsigned *)kind, stack, sizeof stack);
    return NULL;
}

/* What waits for that release goes with the thread. */
Test(process, a_release_waits_and_its_thread_ends, .disabled = NOT_UNDER_TSAN)
{
    for (unsigned kind = 0; kind < 3; kind++) {
        pthread_join(start(begin_and_end, &kind), NULL);
        cr_assert(jobs_done < jobs_made);
        pthread_join(start(resume, NULL), NULL);
        cr_assert_eq(jobs_made, jobs_done);
        stet_reclaim();
    }
    cr_assert_eq(stet_pool_stats().live_blocks, 0);
}

/* The stack of the fibre that waits is just above: so much of it looks like calls by the callback that waits. */
static char two_stacks[2 * FIBRE_STACK];
static ucontext_t lower_context, lower_from;

static void lower_fibre(void)
{
    for (unsigned i = 0; i < 3000; i++)
        let_go(fibre_kind, false);
    swapcontext(&lower_context, &lower_from);
}

static void *on_the_lower_stack(void *kind)
{
    begin_fibre(*(unsigned *)kind, two_stacks + FIBRE_STACK, FIBRE_STACK);
    getcontext(&lower_context);
    lower_context.uc_stack.ss_sp = two_stacks;
    lower_context.uc_stack.ss_size = FIBRE_STACK;
    makecontext(&lower_context, lower_fibre, 0);
    swapcontext(&lower_from, &lower_context);
    REQUIRE(jobs_done > jobs_made / 4, "%u of %u", jobs_done, jobs_made);
    return NULL; /* and the rest goes with the thread */
}

Test(process, a_release_waits_on_the_stack_above, .disabled = NOT_UNDER_TSAN)
{
    for (unsigned kind = 0; kind < 3; kind++) {
        pthread_join(start(on_the_lower_stack, &kind), NULL);
        unsigned waiting = jobs_made - jobs_done;
        cr_assert(waiting >= 1 && waiting <= 40, "%u wait", waiting);
        resume(NULL);
        stet_reclaim();
        cr_assert_eq(jobs_made, jobs_done);
    }
    cr_assert_eq(stet_pool_stats().live_blocks, 0);
}

/* ---- a thread that ends ---- */

/* Its release leaves a map for later. */
struct leaver {
    int holders;
    jobs left;
};
typedef struct leaver *leaver_ptr;

static void leaver_ref(leaver_ptr l) { __atomic_fetch_add(&l->holders, 1, __ATOMIC_RELAXED); }
static void leaver_unref(leaver_ptr l)
{
    if (__atomic_fetch_sub(&l->holders, 1, __ATOMIC_ACQ_REL) != 1)
        return;
    jobs_drop_later(&l->left);
    free(l);
}
STET_TYPE_REF(leaver_type, leaver_ptr, leaver_ref, leaver_unref)
STET_MAP(leavers, int, leaver_ptr, stet_int, leaver_type)
STET_LIVE_MAP(leaver_table, leavers)

/* So much is retired, and not looked at yet, that the thread frees it when it ends, and not those that come after it.
 */
static void *retire_and_end(void *table)
{
    for (int i = 0; i < 200; i++) {
        struct leaver *l = calloc(1, sizeof *l);
        REQUIRE(l != NULL, "no memory");
        *l = (struct leaver){1, jobs_of(1, false)};
        REQUIRE(leaver_table_store(table, i, l) == STET_CHANGED, "no memory");
        leaver_unref(l);
        REQUIRE(leaver_table_delete(table, i) == STET_CHANGED, "no memory");
    }
    REQUIRE(jobs_done < jobs_made, "all is freed already");
    return NULL;
}

/* Nodes are told first that a thread ends, and once more when reclamation has left something for later after that. */
Test(process, a_thread_ends_with_garbage_that_leaves_more)
{
    leaver_table t;
    cr_assert_eq(leaver_table_init(&t, NULL), STET_CHANGED);
    pthread_join(start(retire_and_end, &t), NULL);
    cr_assert_eq(jobs_made, jobs_done);
    leaver_table_destroy(&t);
    cr_assert_eq(stet_pool_stats().live_blocks, 0);
}
