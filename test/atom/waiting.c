/* SPDX-License-Identifier: MIT */
/*
 * atom/waiting.c - threads that wait for each other: for a leaf of a live map they sleep, whoever has it; of writers of
 * an atom each gets its turn, and one that never comes back from its turn stops the others for a moment only.
 *
 * Whoever is stopped: a test parks a thread in a callback, or stops it by a signal wherever it is. Then the others go
 * on, and what is not freed stays within the bounds of docs/concurrency.md (C1, D4).
 */
#include "support/threads.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <stet/atom_map.h>
#include <stet/live_map.h>

#include "support/atoms.h"

/* ThreadSanitizer's deadlock detector cannot count the locks that the pool takes for a fork. */
#ifdef __SANITIZE_THREAD__
#    define NOT_UNDER_TSAN true
#else
#    define NOT_UNDER_TSAN false
#endif

/* ---- a thread that is parked ---- */

enum place { NOWHERE, IN_EQUAL, IN_RELEASE, ELSEWHERE };
static struct {
    unsigned where, there;
    sem_t go;
} park;

/* The first thread that comes here stays until it is let go, if this is the place. */
static void park_here(enum place here)
{
    unsigned where = here;
    if (at(&park.where) != here ||
        !__atomic_compare_exchange_n(&park.where, &where, NOWHERE, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
        return;
    put(&park.there, 1);
    while (sem_wait(&park.go) != 0)
        ;
}

static pthread_t start_and_park(void *(*fn)(void *), void *argument, enum place where)
{
    sem_init(&park.go, 0, 0);
    put(&park.there, 0);
    put(&park.where, where);
    pthread_t thread = start(fn, argument);
    while (at(&park.there) == 0)
        sched_yield();
    return thread;
}

static void let_go(pthread_t thread)
{
    sem_post(&park.go);
    pthread_join(thread, NULL);
}

/* ---- objects that count how many of them there are ---- */

struct object {
    long holders;
};
typedef struct object *object_ptr;
static long objects;

static object_ptr object_new(void)
{
    object_ptr o = malloc(sizeof *o);
    REQUIRE(o != NULL, "no memory");
    o->holders = 1;
    __atomic_add_fetch(&objects, 1, __ATOMIC_RELAXED);
    return o;
}

static void object_ref(object_ptr o) { __atomic_add_fetch(&o->holders, 1, __ATOMIC_RELAXED); }

static void object_unref(object_ptr o)
{
    if (__atomic_sub_fetch(&o->holders, 1, __ATOMIC_ACQ_REL) != 0)
        return;
    free(o);
    __atomic_sub_fetch(&objects, 1, __ATOMIC_RELAXED);
    park_here(IN_RELEASE);
}

static long objects_now(void) { return __atomic_load_n(&objects, __ATOMIC_RELAXED); }

STET_TYPE_REF(object_type, object_ptr, object_ref, object_unref)

/* ---- maps of them; comparing key 0 parks ---- */

/* Its low byte, the fingerprint, is the same for all multiples of 256: so key 0 is compared with any other of its leaf.
 */
static uint64_t hash_plainly(const uint64_t *k, uint64_t seed) { return *k ^ seed; }
static bool equal_and_park(const uint64_t *a, const uint64_t *b)
{
    if (*a == 0)
        park_here(IN_EQUAL);
    return *a == *b;
}
static int compare_keys(const uint64_t *a, const uint64_t *b) { return (*a > *b) - (*a < *b); }
static void key_retain(const uint64_t *k) { (void)k; }
static void key_release(uint64_t *k) { (void)k; }
STET_TYPE_FULL(key_type, uint64_t, hash_plainly, equal_and_park, compare_keys, key_retain, key_release,
               STET_LAZY | STET_GOOD_HASH)
STET_MAP(shelf, uint64_t, object_ptr, key_type, object_type)
STET_LIVE_MAP(live_shelf, shelf)
STET_ATOM_MAP(atom_shelf, shelf)

#define MAP_KEYS 500
#define KEY(i) ((uint64_t)(i) << 54) /* of the hash all bits count, the first ones first */

static void live_put(live_shelf *m, uint64_t key)
{
    object_ptr o = object_new();
    REQUIRE(live_shelf_store(m, key, o) == STET_CHANGED, "store");
    object_unref(o);
}

static void atom_put(atom_shelf *m, uint64_t key)
{
    object_ptr o = object_new();
    REQUIRE(atom_shelf_store(m, key, o) == STET_CHANGED, "store");
    object_unref(o);
}

static void fill(live_shelf *l, atom_shelf *a)
{
    REQUIRE(live_shelf_init(l, NULL) && atom_shelf_init(a, NULL), "no memory");
    for (uint64_t k = 0; k < MAP_KEYS; k++) {
        live_put(l, KEY(k));
        atom_put(a, KEY(k));
    }
}

static void empty(live_shelf *l, atom_shelf *a)
{
    live_shelf_destroy(l);
    atom_shelf_destroy(a);
    stet_reclaim();
    cr_assert_eq(objects_now(), 0);
}

/* ---- who waits for a leaf sleeps ---- */

static unsigned waiter;

static void begin_to_wait(void) { put(&waiter, (unsigned)syscall(SYS_gettid)); }

/* How often a thread of this process went to sleep. */
static unsigned long sleeps_of(unsigned thread)
{
    char path[64], line[128];
    unsigned long n = 0;
    snprintf(path, sizeof path, "/proc/self/task/%u/status", thread);
    FILE *file = fopen(path, "r");
    REQUIRE(file != NULL, "no %s", path);
    while (fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "voluntary_ctxt_switches: %lu", &n) == 1)
            break;
    fclose(file);
    return n;
}

static void *wait_in_load(void *m)
{
    object_ptr o;
    begin_to_wait();
    if (live_shelf_load(m, 0, &o))
        object_unref(o);
    return NULL;
}

static void *wait_in_store(void *m)
{
    begin_to_wait();
    live_put(m, 0);
    return NULL;
}

static void *wait_in_apply(void *m)
{
    object_ptr o = object_new();
    live_shelf_op ops[] = {{STET_OP_STORE, 0, o}, {STET_OP_STORE, KEY(1), o}};
    begin_to_wait();
    REQUIRE(live_shelf_apply(m, ops, 2) == STET_CHANGED, "apply");
    object_unref(o);
    return NULL;
}

static void *wait_in_snapshot(void *m)
{
    begin_to_wait();
    shelf now = live_shelf_snapshot(m);
    shelf_drop(&now);
    return NULL;
}

static void *store_and_park(void *m)
{
    live_put(m, 0);
    return NULL;
}

TEST_BETWEEN(waiting, who_waits_for_a_leaf_sleeps, seed_from_environment, nothing_is_live)
{
    void *(*const waits[])(void *) = {wait_in_load, wait_in_store, wait_in_apply, wait_in_snapshot};
    live_shelf l;
    atom_shelf a;
    fill(&l, &a);
    for (unsigned i = 0; i < sizeof waits / sizeof *waits; i++) {
        pthread_t stops = start_and_park(store_and_park, &l, IN_EQUAL);
        put(&waiter, 0);
        pthread_t waits_for_it = start(waits[i], &l);
        while (at(&waiter) == 0)
            sched_yield();
        unsigned long first = sleeps_of(at(&waiter));
        for (unsigned n = 0; sleeps_of(at(&waiter)) < first + 10; n++) {
            REQUIRE(n < 10000, "waiter %u does not sleep", i);
            wait_ms(1);
        }
        let_go(stops);
        pthread_join(waits_for_it, NULL);
    }
    empty(&l, &a);
}

/* ---- steps are no contention ---- */

static __thread unsigned yields;
int sched_yield(void)
{
    yields++;
    return (int)syscall(SYS_sched_yield);
}

/* Keys whose hashes differ in their last bits only: the first leaf that is full is split 50 times in a row. */
TEST_BETWEEN(waiting, a_split_of_many_steps_does_not_wait, seed_from_environment, nothing_is_live)
{
    enum { KEYS = 64 };
    live_shelf l;
    atom_shelf a;
    fill(&l, &a);
    yields = 0;
    for (uint64_t k = 1; k < KEYS; k++)
        live_put(&l, UINT64_C(1) << 63 | k);
    live_shelf_op ops[KEYS];
    for (uint64_t k = 0; k < KEYS; k++)
        ops[k] = (live_shelf_op){STET_OP_STORE, UINT64_C(3) << 61 | k, object_new()};
    REQUIRE(live_shelf_apply(&l, ops, KEYS) == STET_CHANGED, "apply");
    shelf now = live_shelf_snapshot(&l);
    for (uint64_t k = 0; k < KEYS; k++) {
        object_unref(ops[k].value);
        live_put(&l, UINT64_C(3) << 61 | k); /* after the snapshot: a path of many nodes is copied */
    }
    cr_assert_eq(yields, 0, "a thread alone waited for %u turns of the scheduler", yields);
    shelf_drop(&now);
    empty(&l, &a);
}

/* ---- a writer that is slow gets its turn ---- */

/* A writer that publishes when it is asked to; and one whose edit asks it to, and so loses as long as it can. */
struct rivals {
    atom_shelf m;
    unsigned kind;
    unsigned asked, done, stop;
    unsigned tries;
};

static stet_result replace_one(void *context, shelf *m)
{
    object_ptr o = object_new();
    stet_result result = shelf_set(m, *(const uint64_t *)context, o);
    object_unref(o);
    return result;
}

static void publish_quickly(struct rivals *r)
{
    uint64_t key = KEY(1);
    shelf copy;
    shelf_guard g;
    switch (r->kind) {
    case 0:
        REQUIRE(atom_shelf_atom_update(&r->m.atom, replace_one, &key) == STET_CHANGED, "update");
        break;
    case 1:
        atom_put(&r->m, key);
        break;
    case 2:
        copy = atom_shelf_snapshot(&r->m);
        REQUIRE(atom_shelf_atom_store(&r->m.atom, &copy) == STET_CHANGED, "store");
        break;
    case 3:
        copy = atom_shelf_snapshot(&r->m);
        REQUIRE(atom_shelf_atom_swap(&r->m.atom, &copy) == STET_CHANGED, "exchange");
        shelf_drop(&copy);
        break;
    default:
        for (stet_result result = STET_CONFLICT; result != STET_CHANGED; shelf_guard_release(&g)) {
            g = atom_shelf_acquire(&r->m);
            copy = shelf_copy(shelf_guard_view(&g));
            result = atom_shelf_atom_compare_and_swap(&r->m.atom, &g, &copy);
            shelf_drop(&copy);
        }
    }
}
#define QUICK_KINDS 5

static void *publish_when_asked(void *argument)
{
    struct rivals *r = argument;
    while (!at(&r->stop)) {
        if (at(&r->done) == at(&r->asked)) {
            sched_yield();
            continue;
        }
        publish_quickly(r);
        put(&r->done, at(&r->done) + 1);
    }
    return NULL;
}

#define TRIES_MAX 50
static stet_result edit_and_ask(void *context, shelf *m)
{
    struct rivals *r = context;
    uint64_t key = KEY(2);
    r->tries++;
    unsigned n = at(&r->asked);
    if (at(&r->done) == n && r->tries < TRIES_MAX) /* else it waits for us, or is to let us through */
        put(&r->asked, n + 1);
    for (unsigned ms = 0; at(&r->done) != at(&r->asked) && ms < 10; ms++)
        wait_ms(1);
    return replace_one(&key, m);
}

TEST_BETWEEN(waiting, who_loses_gets_its_turn, seed_from_environment, nothing_is_live)
{
    static struct rivals r;
    live_shelf l;
    fill(&l, &r.m);
    for (r.kind = 0; r.kind < QUICK_KINDS; r.kind++) {
        put(&r.stop, 0);
        pthread_t quick = start(publish_when_asked, &r);
        for (unsigned i = 0; i < 3; i++) {
            /* Eight losses; then its turn, in which one may have published who had looked before. Once more if others
             * have ended the turn, because this thread did not run for so long. */
            unsigned attempts = 0;
            do {
                r.tries = 0;
                REQUIRE(atom_shelf_atom_update(&r.m.atom, edit_and_ask, &r) == STET_CHANGED, "no memory");
            } while (r.tries > 10 && ++attempts < 5);
            cr_assert_leq(r.tries, 10, "it was called %u times beside writer %u", r.tries, r.kind);
        }
        put(&r.stop, 1);
        pthread_join(quick, NULL);
        cr_assert_eq(at(&r.m.atom.state_->turns) >> 16, at(&r.m.atom.state_->turns) & 0xFFFF, "a turn goes on");
    }
    empty(&l, &r.m);
}

/* Many of them at once, and those that are quick beside them. */
static stet_result edit_slowly(void *context, shelf *m)
{
    wait_ms(2);
    return replace_one(context, m);
}

struct crowd {
    atom_shelf m;
    unsigned slow_left;
};

static void *write_slowly(void *argument)
{
    struct crowd *c = argument;
    uint64_t key = KEY(3);
    for (unsigned i = 0; i < 5; i++)
        REQUIRE(atom_shelf_atom_update(&c->m.atom, edit_slowly, &key) == STET_CHANGED, "no memory");
    __atomic_sub_fetch(&c->slow_left, 1, __ATOMIC_ACQ_REL);
    return NULL;
}

static void *write_quickly(void *argument)
{
    struct crowd *c = argument;
    while (at(&c->slow_left) != 0)
        atom_put(&c->m, KEY(4));
    return NULL;
}

TEST_BETWEEN(waiting, many_slow_writers_get_their_turns, seed_from_environment, nothing_is_live)
{
    enum { SLOW = 4, QUICK = 2 };
    static struct crowd c = {.slow_left = SLOW};
    pthread_t thread[SLOW + QUICK];
    live_shelf l;
    fill(&l, &c.m);
    for (unsigned i = 0; i < SLOW + QUICK; i++)
        thread[i] = start(i < SLOW ? write_slowly : write_quickly, &c);
    for (unsigned i = 0; i < SLOW + QUICK; i++)
        pthread_join(thread[i], NULL);
    empty(&l, &c.m);
}

/* ---- turns and what an edit may do ---- */

/* Edits that update the other atom, and this one, too: two threads, each in the turn that the other one waits for. */
struct pair {
    number_atom a, b;
    unsigned left;
};

struct nested {
    number_atom *other, *own;
    unsigned tries;
};

static stet_result grow_by_one(void *context, numbers *m)
{
    (void)context;
    return numbers_add(m, (long)numbers_size(m));
}

static stet_result edit_and_update(void *context, numbers *m)
{
    struct nested *n = context;
    wait_ms(1);
    REQUIRE(number_atom_update(n->other, grow_by_one, NULL) == STET_CHANGED, "no memory");
    if (n->tries++ % 16 == 15) /* not always: it loses to this */
        REQUIRE(number_atom_update(n->own, grow_by_one, NULL) == STET_CHANGED, "no memory");
    return grow_by_one(NULL, m);
}

static void *update_both(void *argument)
{
    struct pair *p = argument;
    struct nested a = {&p->a, &p->b, 0}, b = {&p->b, &p->a, 0};
    for (unsigned i = 0; i < 4; i++) {
        REQUIRE(number_atom_update(&p->a, edit_and_update, &b) == STET_CHANGED, "no memory");
        REQUIRE(number_atom_update(&p->b, edit_and_update, &a) == STET_CHANGED, "no memory");
    }
    __atomic_sub_fetch(&p->left, 1, __ATOMIC_ACQ_REL);
    return NULL;
}

static void *update_each(void *argument)
{
    struct pair *p = argument;
    while (at(&p->left) != 0) {
        REQUIRE(number_atom_update(&p->a, grow_by_one, NULL) == STET_CHANGED, "no memory");
        REQUIRE(number_atom_update(&p->b, grow_by_one, NULL) == STET_CHANGED, "no memory");
        sched_yield();
    }
    return NULL;
}

ATOM_TEST(waiting, edits_that_update_atoms_in_their_turn)
{
    struct pair p = {atom_upto(0), atom_upto(0), 2};
    pthread_t thread[3];
    for (unsigned i = 0; i < 3; i++)
        thread[i] = start(i < 2 ? update_both : update_each, &p);
    for (unsigned i = 0; i < 3; i++)
        pthread_join(thread[i], NULL);
    number_atom_destroy(&p.a);
    number_atom_destroy(&p.b);
}

/* Whoever drew these is gone. The writer waits for each of them, draws its own when it has waited for long, and goes
 * on. */
ATOM_TEST(waiting, holders_that_never_come_back)
{
    number_atom a = atom_upto(0);
    uint32_t ticket = 0, turns;
    for (unsigned i = 0; i < 3; i++)
        REQUIRE(stet_turn_draw_(a.state_, &ticket), "no ticket");
    numbers_guard g = number_atom_acquire(&a);
    numbers one = numbers_upto(1);
    cr_assert_eq(number_atom_compare_and_swap(&a, &g, &one), STET_CHANGED,
                 "it waits for one turn, and its guard is good");
    numbers_guard_release(&g);
    cr_assert_eq(stet_turn_of_(turns = stet_turns_(a.state_)), 1, "one turn is over");
    add_number(&a, 1);
    cr_assert_not(stet_turn_is_on_(turns = stet_turns_(a.state_)));
    cr_assert_eq(stet_turn_of_(turns), 4, "three were waited for, and one was the writer's");
    stet_turn_end_(a.state_, ticket); /* the last one comes back after all */
    stet_turn_end_(a.state_, 4);
    cr_assert_eq(stet_turns_(a.state_), turns, "a turn that is not on does not end");
    add_number(&a, 2);
    number_atom_destroy(&a);
}

/* There are as many tickets as fit, and numbers begin anew. */
ATOM_TEST(waiting, tickets_run_out)
{
    number_atom a = atom_upto(0);
    uint32_t ticket, first, n = 0;
    for (uint32_t i = 0; i < 70000; i++) {
        REQUIRE(stet_turn_draw_(a.state_, &ticket) && stet_turn_is_(a.state_, ticket), "no ticket");
        stet_turn_end_(a.state_, ticket);
        REQUIRE(!stet_turn_is_on_(stet_turns_(a.state_)), "its turn goes on");
    }
    REQUIRE(stet_turn_draw_(a.state_, &first), "no ticket");
    while (stet_turn_draw_(a.state_, &ticket))
        n++;
    cr_assert_eq(n, 0xFFFE);
    cr_assert(stet_turn_is_(a.state_, first));
    number_atom_destroy(&a); /* ends them all: */
    a = atom_upto(1);
    cr_assert_not(stet_turn_is_on_(stet_turns_(a.state_)));
    number_atom_destroy(&a);
}

/* ---- a fork in somebody's turn ---- */

static unsigned parks_in_edit;
static stet_result lose_and_park(void *context, shelf *m)
{
    struct rivals *r = context;
    if (stet_turn_is_on_(stet_turns_(r->m.atom.state_)) && !at(&parks_in_edit)) {
        put(&parks_in_edit, 1);
        park_here(ELSEWHERE);
    }
    return at(&parks_in_edit) ? replace_one(&(uint64_t){KEY(2)}, m) : edit_and_ask(context, m);
}

static void *update_and_park(void *argument)
{
    struct rivals *r = argument;
    do { /* where the quick writer does not run for a while, the update is done without a turn */
        r->tries = 0;
        REQUIRE(atom_shelf_atom_update(&r->m.atom, lose_and_park, r) == STET_CHANGED, "no memory");
    } while (!at(&parks_in_edit));
    return NULL;
}

static stet_result lose_and_fork(void *context, shelf *m)
{
    struct rivals *r = context;
    if (!stet_turn_is_on_(stet_turns_(r->m.atom.state_)))
        return edit_and_ask(context, m);
    pid_t pid = fork();
    if (pid == 0) {
        alarm(60);
        put(&parks_in_edit, 1);
    } else {
        int status = 0;
        REQUIRE(waitpid(pid, &status, 0) == pid && status == 0, "the child ended with status %#x", (unsigned)status);
    }
    return replace_one(&(uint64_t){KEY(2)}, m);
}

Test(waiting, a_fork_in_a_turn, .disabled = NOT_UNDER_TSAN)
{
    static struct rivals r;
    live_shelf l;
    int status = 0;
    fill(&l, &r.m);
    pthread_t quick = start(publish_when_asked, &r), parked = start_and_park(update_and_park, &r, ELSEWHERE);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) { /* who has the turn is not here */
        alarm(60);
        bool on = stet_turn_is_on_(stet_turns_(r.m.atom.state_));
        atom_put(&r.m, KEY(1));
        test_exit(on);
    }
    REQUIRE(waitpid(pid, &status, 0) == pid && status == 0, "the child ended with status %#x", (unsigned)status);
    let_go(parked);
    put(&parks_in_edit, 0);
    r.tries = 0;
    REQUIRE(atom_shelf_atom_update(&r.m.atom, lose_and_fork, &r) == STET_CHANGED, "no memory");
    if (at(&parks_in_edit)) { /* the child, which had the turn, and has published */
        atom_put(&r.m, KEY(1));
        test_exit(stet_turn_is_on_(stet_turns_(r.m.atom.state_)));
    }
    put(&r.stop, 1);
    pthread_join(quick, NULL);
    empty(&l, &r.m);
    test_nothing_live();
}

/* ---- whoever is parked, the others go on, and what is left stays within bounds ---- */

struct scene {
    live_shelf l;
    atom_shelf a;
    struct rivals *r;
};

static void *park_in_live_load(void *s) { return wait_in_load(&((struct scene *)s)->l); }
static void *park_in_live_store(void *s) { return store_and_park(&((struct scene *)s)->l); }
static void *park_in_live_apply(void *s) { return wait_in_apply(&((struct scene *)s)->l); }

static bool park_in_range_fn(void *context, uint64_t const *key, object_ptr const *value)
{
    (void)context, (void)key, (void)value;
    park_here(ELSEWHERE);
    return true;
}
static void *park_in_live_range(void *s)
{
    REQUIRE(live_shelf_range(&((struct scene *)s)->l, park_in_range_fn, NULL), "range");
    return NULL;
}

static void *park_with_guard(void *s)
{
    shelf_guard g = atom_shelf_acquire(&((struct scene *)s)->a);
    park_here(ELSEWHERE);
    shelf_guard_release(&g);
    return NULL;
}

static void *park_with_reader(void *s)
{
    shelf_reader reader;
    REQUIRE(shelf_reader_init(&reader, &((struct scene *)s)->a.atom), "no memory");
    park_here(ELSEWHERE);
    shelf_reader_destroy(&reader);
    return NULL;
}

static stet_result park_in_edit_fn(void *context, shelf *m)
{
    park_here(ELSEWHERE);
    return replace_one(context, m);
}
static void *park_in_edit(void *s)
{
    uint64_t key = KEY(5);
    REQUIRE(atom_shelf_atom_update(&((struct scene *)s)->a.atom, park_in_edit_fn, &key), "no memory");
    return NULL;
}

/* What is found free is in the hands of who frees it. */
static void *park_in_atom_release(void *s)
{
    for (unsigned i = 0; i < 1000; i++)
        atom_put(&((struct scene *)s)->a, KEY(6));
    return NULL;
}
static void *park_in_live_release(void *s)
{
    for (unsigned i = 0; i < 1000; i++)
        live_put(&((struct scene *)s)->l, KEY(6));
    return NULL;
}

static void *park_asleep(void *s)
{
    uint64_t version = 0;
    struct scene *scene = s;
    put(&park.where, NOWHERE);
    put(&park.there, 1);
    (void)atom_shelf_atom_wait(&scene->a.atom, &version, -1);
    (void)atom_shelf_atom_wait(&scene->a.atom, &version, 1000);
    return NULL;
}

static void churn(struct scene *s, unsigned rounds, long *most)
{
    struct rng random = {1};
    for (unsigned i = 0; i < rounds; i++) {
        uint64_t key = KEY(64 + rng_below(&random, MAP_KEYS - 64)); /* not in the leaf of key 0 */
        live_put(&s->l, key);
        atom_put(&s->a, key);
        long n = objects_now();
        *most = n > *most ? n : *most;
    }
}

TEST_BETWEEN(waiting, whoever_is_parked, seed_from_environment, nothing_is_live)
{
    static const struct {
        void *(*fn)(void *);
        enum place where;
    } parks[] = {
        {park_in_live_load, IN_EQUAL},   {park_in_live_store, IN_EQUAL},     {park_in_live_apply, IN_EQUAL},
        {park_in_live_range, ELSEWHERE}, {park_with_guard, ELSEWHERE},       {park_with_reader, ELSEWHERE},
        {park_in_edit, ELSEWHERE},       {park_in_atom_release, IN_RELEASE}, {park_in_live_release, IN_RELEASE},
        {park_asleep, ELSEWHERE},
    };
    struct scene s;
    for (unsigned i = 0; i < sizeof parks / sizeof *parks; i++) {
        long most = 0;
        fill(&s.l, &s.a);
        pthread_t thread = start_and_park(parks[i].fn, &s, parks[i].where);
        churn(&s, LESS(20000), &most);
        let_go(thread);
        /* The maps; what was there when it stopped, of each; D4: four looks at 512; C1: 256, and one it was at; what it
         * found free, of either. */
        cr_assert_lt(most, 2 * (2 * MAP_KEYS) + 5 * 512 + 256 + 512, "%ld objects while thread %u is parked", most, i);
        empty(&s.l, &s.a);
    }
}

/* The same in its turn: the others wait for a moment, and go on. */
TEST_BETWEEN(waiting, who_is_parked_in_its_turn, seed_from_environment, nothing_is_live)
{
    static struct rivals r;
    struct scene s = {.r = &r};
    long most = 0;
    fill(&s.l, &r.m);
    pthread_t quick = start(publish_when_asked, &r), parked = start_and_park(update_and_park, &r, ELSEWHERE);
    s.a = r.m;
    churn(&s, LESS(20000), &most);
    /* The maps, the version that it holds, and what waits for the next look. */
    cr_assert_lt(most, 3 * MAP_KEYS + 512 + 256 + 64, "%ld objects", most);
    let_go(parked);
    put(&r.stop, 1);
    pthread_join(quick, NULL);
    empty(&s.l, &r.m);
}

/* ---- whoever is stopped, at whatever instruction ---- */

enum { WORKERS = 8 };
static struct {
    live_shelf l;
    atom_shelf a;
    unsigned begun, end;
    unsigned stopped, stands; /* whom; 0: nobody */
} street;
static __thread unsigned worker;

/* A thread alone cannot be stopped by SIGSTOP. */
static void stand_still(int number)
{
    int before = errno;
    (void)number;
    put(&street.stands, worker);
    while (at(&street.stopped) == worker)
        nanosleep(&(struct timespec){0, 100000}, NULL);
    put(&street.stands, 0);
    errno = before;
}

static void take_many(unsigned n)
{
    live_shelf_op ops[8];
    for (unsigned i = 0; i < 8; i++)
        ops[i] =
            (live_shelf_op){i % 4 != 3 ? STET_OP_STORE : STET_OP_DELETE, KEY((n + 40 * i) % MAP_KEYS), object_new()};
    REQUIRE(live_shelf_apply(&street.l, ops, 8), "no memory");
    for (unsigned i = 0; i < 8; i++)
        object_unref(ops[i].value);
}

static void look_at_both(uint64_t key)
{
    object_ptr o;
    shelf_guard g = atom_shelf_acquire(&street.a);
    (void)shelf_has(shelf_guard_view(&g), key);
    shelf_guard_release(&g);
    if (live_shelf_load(&street.l, key, &o))
        object_unref(o);
}

static void work_once(unsigned kind, unsigned n)
{
    uint64_t key = KEY(n % MAP_KEYS);
    switch (kind) {
    case 0:
        atom_put(&street.a, key);
        break;
    case 1:
        wait_in_snapshot(&street.l);
        break;
    case 2:
        REQUIRE(atom_shelf_atom_update(&street.a.atom, edit_slowly, &key) == STET_CHANGED, "no memory");
        break;
    case 3:
        take_many(n);
        break;
    case 4:
        look_at_both(key);
        break;
    default:
        live_put(&street.l, key);
    }
}

static void *work(void *number)
{
    struct rng random = {(uintptr_t)number};
    worker = (unsigned)(uintptr_t)number;
    __atomic_add_fetch(&street.begun, 1, __ATOMIC_ACQ_REL);
    while (!at(&street.end))
        work_once(worker % 6, (unsigned)(rng_next(&random) >> 40));
    return NULL;
}

TEST_BETWEEN(waiting, whoever_is_stopped, seed_from_environment, nothing_is_live)
{
    pthread_t thread[WORKERS];
    struct rng random = {test_seed()};
    long most = 0;
    struct sigaction action = {.sa_handler = stand_still, .sa_flags = SA_RESTART};
    sigaction(SIGUSR1, &action, NULL);
    fill(&street.l, &street.a);
    for (uintptr_t i = 0; i < WORKERS; i++)
        thread[i] = start(work, (void *)(i + 1));
    while (at(&street.begun) != WORKERS)
        wait_ms(1);
    for (unsigned i = 0; i < (test_long() ? 500 : 20); i++) {
        unsigned who = 1 + rng_below(&random, WORKERS);
        put(&street.stopped, who);
        pthread_kill(thread[who - 1], SIGUSR1);
        while (at(&street.stands) != who)
            wait_ms(1);
        wait_ms(30);
        most = objects_now() > most ? objects_now() : most;
        put(&street.stopped, 0);
        while (at(&street.stands) != 0)
            wait_ms(1);
    }
    put(&street.end, 1);
    for (unsigned i = 0; i < WORKERS; i++)
        pthread_join(thread[i], NULL);
    /* The maps; what each thread has in its hands, a version or a map; D4: each thread's 512, four times; B3 and C1. */
    cr_assert_lt(most, (2 + WORKERS) * MAP_KEYS + 5 * WORKERS * 512 + 4096 + WORKERS, "%ld objects", most);
    empty(&street.l, &street.a);
}
