/* SPDX-License-Identifier: MIT */
/*
 * atom/threads.c - atoms and threads: they begin and end, hand guards to each other, wait, fork, stall; and a stress in
 * which all of it happens at once, for the sanitizers.
 *
 * Versions hold 0 to n - 1: a version that is torn, or freed, or mixed with another one, is not like that.
 */
#include "support/atoms.h"
#include "support/threads.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* It holds 0 to n - 1, for some n: a look at some of them. */
static void check_version(const numbers *m)
{
    size_t n = numbers_size(m);
    REQUIRE(n == 0 || (numbers_has(m, 0) && numbers_has(m, (long)n - 1) && numbers_has(m, (long)n / 2)),
            "a version of %zu numbers misses some", n);
    REQUIRE(!numbers_has(m, (long)n), "a version of %zu numbers has more", n);
}

/* Adds the next number, or, of many, begins again. */
static stet_result grow(void *context, numbers *m)
{
    size_t n = numbers_size(m);
    if (n < *(const size_t *)context)
        return numbers_add(m, (long)n);
    numbers_drop(m);
    return STET_CHANGED;
}

/* ---- guards that change threads ---- */

struct hand {
    number_atom a;
    numbers_guard guard[20];
    unsigned step;
};

static void *acquire_and_end(void *argument)
{
    struct hand *hand = argument;
    for (unsigned i = 0; i < 20; i++)
        hand->guard[i] = number_atom_acquire(&hand->a);
    return NULL;
}

static void *release_all(void *argument)
{
    struct hand *hand = argument;
    for (unsigned i = 0; i < 20; i++) {
        REQUIRE(is_upto(numbers_guard_view(&hand->guard[i]), 10), "a guard lost its version");
        numbers_guard_release(&hand->guard[i]);
    }
    return NULL;
}

ATOM_TEST(atom_threads, guards_outlive_the_thread_that_acquired_them)
{
    struct hand hand = {.a = atom_upto(10)};
    for (unsigned round = 0; round < 10; round++) {
        pthread_join(start(acquire_and_end, &hand), NULL);
        numbers m = {0};
        cr_assert_eq(number_atom_store(&hand.a, &m), STET_CHANGED);
        numbers_guard mine = number_atom_acquire(&hand.a); /* maybe in the record that the thread left */
        numbers_reader reader;
        cr_assert_eq(numbers_reader_init(&reader, &hand.a), STET_CHANGED); /* and this */
        pthread_join(start(release_all, &hand), NULL);
        cr_assert(is_upto(numbers_guard_view(&mine), 0));
        numbers_guard_release(&mine);
        numbers_reader_destroy(&reader);
        only_current_is_kept(&hand.a);
        m = numbers_upto(10);
        cr_assert_eq(number_atom_store(&hand.a, &m), STET_CHANGED);
    }
    number_atom_destroy(&hand.a);
}

static void *acquire_one_and_end(void *argument)
{
    struct hand *hand = argument;
    hand->guard[0] = number_atom_acquire(&hand->a);
    return NULL;
}

/* Who has the only record of a thread need not look at slots, but for this. */
ATOM_TEST(atom_threads, a_slot_outlives_its_thread)
{
    struct hand hand = {.a = atom_upto(10)};
    cr_assert(reads_upto(&hand.a, 10));
    pthread_join(start(acquire_one_and_end, &hand), NULL);
    numbers m = {0};
    cr_assert_eq(number_atom_store(&hand.a, &m), STET_CHANGED);
    cr_assert_not_null(hand.a.state_->kept, "a version that is held was freed");
    cr_assert(is_upto(numbers_guard_view(&hand.guard[0]), 10));
    numbers_guard_release(&hand.guard[0]);
    only_current_is_kept(&hand.a);
    number_atom_destroy(&hand.a);
}

/* ---- threads that come and go ---- */

static void *live_shortly(void *argument)
{
    number_atom *a = argument;
    size_t most = 50;
    numbers_guard g = number_atom_acquire(a);
    check_version(numbers_guard_view(&g));
    REQUIRE(number_atom_update(a, grow, &most) == STET_CHANGED, "no memory");
    numbers_guard_release(&g);
    return NULL;
}

/* However many there ever were at a time. */
static unsigned records(void) { return stet_threads_made_ + 1; }

ATOM_TEST(atom_threads, ten_thousand_short_lived_threads)
{
    number_atom a = atom_upto(0);
    for (unsigned i = 0; i < LESS(10000); i += 4) {
        pthread_t thread[4];
        for (unsigned t = 0; t < 4; t++)
            thread[t] = start(live_shortly, &a);
        for (unsigned t = 0; t < 4; t++)
            pthread_join(thread[t], NULL);
    }
    cr_assert_leq(records(), 6, "records are not used again: %u", records());
    number_atom_reclaim(&a);
    only_current_is_kept(&a);
    number_atom_destroy(&a);
}

/* ---- a reader that stalls ---- */

static void *write_on(void *argument)
{
    struct hand *hand = argument;
    size_t most = 30;
    while (at(&hand->step) == 0)
        REQUIRE(number_atom_update(&hand->a, grow, &most) == STET_CHANGED, "no memory");
    return NULL;
}

/*
 * Versions that are not freed, but for those that came during the look: this thread may be stopped with the lock in its
 * hand. The writer goes on for two versions before the next look, and so has reclaimed what it could not then.
 */
static size_t unreclaimed(const number_atom *a, uint64_t *seen)
{
    struct stet_atom_state *state = a->state_;
    uint64_t before;
    while ((before = number_atom_version(a)) < *seen + 2)
        wait_ms(1);
    stet_lock_(&state->lock);
    size_t n = 0;
    for (const struct stet_published *b = state->kept; b != NULL; b = b->previous)
        n++;
    for (const struct stet_published *b = state->pending; b != NULL; b = b->previous)
        n++;
    const struct stet_published *newest = __atomic_load_n(&state->root, __ATOMIC_ACQUIRE);
    for (const struct stet_published *b = newest->previous; b != NULL; b = b->previous)
        n++;
    size_t came = (size_t)(newest->version - before);
    stet_unlock_(&state->lock);
    *seen = number_atom_version(a);
    return n > came ? n - came : 0;
}

ATOM_TEST(atom_threads, a_stalled_reader_holds_up_one_version)
{
    struct hand hand = {.a = atom_upto(10)};
    uint64_t first = number_atom_version(&hand.a), seen = first;
    numbers_guard g = number_atom_acquire(&hand.a);
    pthread_t writer = start(write_on, &hand);
    size_t most = 0;
    for (unsigned i = 0; i < (test_long() ? 1000 : 100); i++) {
        size_t n = unreclaimed(&hand.a, &seen);
        most = n > most ? n : most;
        wait_ms(1);
    }
    while (number_atom_version(&hand.a) < first + 1000)
        wait_ms(1);
    put(&hand.step, 1);
    pthread_join(writer, NULL);
    /* Those of one writer between two reclamations, the one it is at, and ours. */
    cr_assert_leq(most, RECLAIM_EACH + 2, "%zu versions were left", most);
    cr_assert(is_upto(numbers_guard_view(&g), 10));
    wait_ms(20);
    numbers_guard_release(&g); /* old, and looked at: frees itself; nobody writes any more */
    cr_assert_null(hand.a.state_->kept);
    number_atom_reclaim(&hand.a);
    only_current_is_kept(&hand.a);
    number_atom_destroy(&hand.a);
}

/* ---- waiting ---- */

struct sleeper {
    struct hand *hand;
    uint64_t seen;
    unsigned wakes;
};

static void *follow(void *argument)
{
    struct sleeper *s = argument;
    while (s->seen != number_atom_version(&s->hand->a) || at(&s->hand->step) == 0)
        s->wakes += number_atom_wait(&s->hand->a, &s->seen, at(&s->hand->step) == 0 ? -1 : 100);
    return NULL;
}

static void *follow_by_eventfd(void *argument)
{
    struct sleeper *s = argument;
    struct stet_watch w;
    int fd = number_atom_watch(&s->hand->a, &w);
    REQUIRE(fd >= 0, "no eventfd");
    s->seen = number_atom_version(&s->hand->a);
    while (at(&s->hand->step) == 0) {
        REQUIRE(poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 60000) == 1, "nobody told");
        number_atom_watch_seen(&s->hand->a, &w);
        s->seen = number_atom_version(&s->hand->a);
        s->wakes++;
    }
    number_atom_unwatch(&s->hand->a, &w);
    return NULL;
}

ATOM_TEST(atom_threads, who_waits_sees_the_last_version)
{
    struct hand hand = {.a = atom_upto(0)};
    struct sleeper s[4] = {{&hand, 0, 0}, {&hand, 0, 0}, {&hand, 0, 0}, {&hand, 0, 0}};
    pthread_t thread[4];
    size_t most = 100;
    for (unsigned i = 0; i < 4; i++)
        thread[i] = start(i < 2 ? follow : follow_by_eventfd, &s[i]);
    for (unsigned i = 0; i < 300; i++) {
        cr_assert_eq(number_atom_update(&hand.a, grow, &most), STET_CHANGED);
        if (i % 10 == 0)
            wait_ms(1);
    }
    wait_ms(20);
    put(&hand.step, 1);
    cr_assert_eq(number_atom_update(&hand.a, grow, &most), STET_CHANGED);
    for (unsigned i = 0; i < 4; i++) {
        pthread_join(thread[i], NULL);
        cr_assert_eq(s[i].seen, number_atom_version(&hand.a));
        cr_assert_gt(s[i].wakes, 0);
    }
    number_atom_destroy(&hand.a);
}

/* ---- writers ---- */

static stet_result add_one(void *context, numbers *m)
{
    (void)context;
    return numbers_add(m, (long)numbers_size(m));
}

static void *add_many(void *argument)
{
    for (unsigned i = 0; i < LESS(2000); i++)
        REQUIRE(number_atom_update(argument, add_one, NULL) == STET_CHANGED, "no memory");
    return NULL;
}

ATOM_TEST(atom_threads, no_update_is_lost)
{
    number_atom a = atom_upto(0);
    uint64_t first = number_atom_version(&a);
    pthread_t thread[8];
    for (unsigned i = 0; i < 8; i++)
        thread[i] = start(add_many, &a);
    for (unsigned i = 0; i < 8; i++)
        pthread_join(thread[i], NULL);
    cr_assert(reads_upto(&a, 8 * LESS(2000)));
    cr_assert_eq(number_atom_version(&a), first + 8 * LESS(2000));
    number_atom_destroy(&a);
}

static void *update_once(void *argument)
{
    REQUIRE(number_atom_update(argument, add_one, NULL) == STET_CHANGED, "no memory");
    return NULL;
}

ATOM_TEST(atom_threads, a_writer_frees_what_it_held_up_itself)
{
    number_atom a = atom_upto(10);
    struct stet_watch w;
    uint64_t first = number_atom_version(&a);
    cr_assert(number_atom_watch(&a, &w) >= 0);
    stet_lock_(&a.state_->watching); /* stops the writer where it has published and still holds the version before */
    pthread_t writer = start(update_once, &a);
    while (number_atom_version(&a) == first)
        sched_yield();
    number_atom_reclaim(&a);
    stet_lock_(&a.state_->lock);
    cr_assert_not_null(a.state_->kept, "the writer does not hold what it replaced");
    stet_unlock_(&a.state_->lock);
    stet_unlock_(&a.state_->watching);
    pthread_join(writer, NULL);
    only_current_is_kept(&a);
    number_atom_unwatch(&a, &w);
    number_atom_destroy(&a);
}

/* ---- all of it ---- */

#define ATOMS 3
#define HANDS 8

struct stress {
    number_atom atom[ATOMS];
    pthread_mutex_t lock;
    numbers_guard hand[HANDS]; /* guards that whoever comes next releases */
    unsigned stop;
};

struct worker {
    struct stress *s;
    uint64_t salt;
};

static void swap_guard(struct stress *s, unsigned i, numbers_guard *g)
{
    pthread_mutex_lock(&s->lock);
    numbers_guard other = s->hand[i];
    s->hand[i] = *g;
    *g = other;
    pthread_mutex_unlock(&s->lock);
}

static void write_somehow(number_atom *a, struct rng *random)
{
    size_t most = 40;
    numbers m = {0};
    switch (rng_below(random, 8)) {
    case 0:
        m = number_atom_snapshot(a);
        REQUIRE(grow(&most, &m) != STET_NO_MEMORY && number_atom_store(a, &m) != STET_NO_MEMORY, "no memory");
        break;
    case 1:
        REQUIRE(number_atom_swap(a, &m) == STET_CHANGED, "no memory");
        check_version(&m);
        REQUIRE(grow(&most, &m) != STET_NO_MEMORY, "no memory"); /* in place, if alone */
        break;
    case 2: {
        numbers_guard g = number_atom_acquire(a);
        m = numbers_copy(numbers_guard_view(&g));
        REQUIRE(grow(&most, &m) != STET_NO_MEMORY, "no memory");
        stet_result result = number_atom_compare_and_swap(a, &g, &m);
        REQUIRE(result == STET_CHANGED || result == STET_CONFLICT, "no memory");
        check_version(numbers_guard_view(&g));
        numbers_guard_release(&g);
        break;
    }
    default:
        REQUIRE(number_atom_update(a, grow, &most) == STET_CHANGED, "no memory");
    }
    numbers_drop(&m);
}

static void read_somehow(struct stress *s, number_atom *a, struct rng *random)
{
    numbers_guard g[10] = {{{0}}};
    unsigned n = rng_below(random, 16) == 0 ? 10 : 2;
    for (unsigned i = 0; i < n; i++)
        g[i] = number_atom_acquire(rng_below(random, 2) ? a : &s->atom[rng_below(random, ATOMS)]);
    if (rng_below(random, 64) == 0)
        wait_ms(1);
    for (unsigned i = 0; i < n; i++)
        check_version(numbers_guard_view(&g[i]));
    if (rng_below(random, 8) == 0)
        swap_guard(s, rng_below(random, HANDS), &g[0]);
    if (g[0].guard_.published != NULL)
        check_version(numbers_guard_view(&g[0]));
    for (unsigned i = 0; i < n; i++)
        numbers_guard_release(&g[(i + 1) % n]);
}

static void look_around(number_atom *a, struct rng *random)
{
    struct stet_holder holder;
    numbers_guard g = {{0}};
    uint64_t version = number_atom_version(a);
    switch (rng_below(random, 6)) {
    case 0:
        g = number_atom_oldest(a, &holder);
        break;
    case 1:
        g = number_atom_at(a, version - rng_below(random, 4));
        break;
    case 2:
        number_atom_keep_versions(a, rng_below(random, 4));
        break;
    case 3:
        number_atom_reclaim(a);
        break;
    case 4:
        stet_reclaim();
        break;
    default:
        number_atom_wait(a, &version, 1);
    }
    if (g.guard_.published != NULL)
        check_version(numbers_guard_view(&g));
    numbers_guard_release(&g);
}

static void *stress(void *argument)
{
    struct worker *w = argument;
    struct stress *s = w->s;
    struct rng random = {rng_mix(test_seed(), w->salt)};
    numbers_reader r;
    REQUIRE(numbers_reader_init(&r, &s->atom[w->salt % ATOMS]) != STET_NO_MEMORY, "no memory");
    for (unsigned step = 0; step < (test_long() ? 1000000 : LESS(30000)) && !at(&s->stop); step++) {
        number_atom *a = &s->atom[rng_below(&random, ATOMS)];
        unsigned what = rng_below(&random, 128);
        if (what < 50)
            write_somehow(a, &random);
        else if (what < 100)
            read_somehow(s, a, &random);
        else if (what < 126)
            check_version(numbers_reader_refresh(&r));
        else
            look_around(a, &random);
    }
    numbers_reader_destroy(&r);
    return NULL;
}

static void stress_begin(struct stress *s)
{
    test_seed();
    for (unsigned i = 0; i < ATOMS; i++)
        s->atom[i] = atom_upto(i);
    pthread_mutex_init(&s->lock, NULL);
}

static void stress_end(struct stress *s)
{
    for (unsigned i = 0; i < HANDS; i++)
        numbers_guard_release(&s->hand[i]);
    for (unsigned i = 0; i < ATOMS; i++) {
        number_atom_keep_versions(&s->atom[i], 0);
        number_atom_reclaim(&s->atom[i]);
        only_current_is_kept(&s->atom[i]);
        number_atom_destroy(&s->atom[i]);
    }
    test_nothing_live();
}

static void everything_at_once(unsigned rounds)
{
    static struct stress s;
    struct worker w[4];
    stress_begin(&s);
    for (unsigned round = 0; round < rounds; round++) {
        pthread_t thread[4];
        for (unsigned i = 0; i < 4; i++) {
            w[i] = (struct worker){&s, 100 * round + i};
            thread[i] = start(stress, &w[i]);
        }
        for (unsigned i = 0; i < 4; i++)
            pthread_join(thread[i], NULL);
    }
    stress_end(&s);
}

Test(atom_threads, everything_at_once) { everything_at_once(3); }

Test(atom_threads, everything_without_membarrier)
{
    REQUIRE(setenv("STET_NO_MEMBARRIER", "1", 1) == 0, "no environment");
    everything_at_once(1);
}

/* ---- fork ---- */

/* In the child: atoms are whole, can be read, written, and freed; threads can begin. */
static int child(struct stress *s)
{
    alarm(60);
    size_t most = 40;
    for (unsigned i = 0; i < ATOMS; i++) {
        for (unsigned n = 0; n < 300; n++)
            REQUIRE(number_atom_update(&s->atom[i], grow, &most) == STET_CHANGED, "no memory");
        numbers_guard g = number_atom_acquire(&s->atom[i]);
        check_version(numbers_guard_view(&g));
        numbers_guard_release(&g);
        number_atom_keep_versions(&s->atom[i], 0);
        number_atom_reclaim(&s->atom[i]);
    }
    pthread_t thread = start(live_shortly, &s->atom[0]);
    pthread_join(thread, NULL);
    for (unsigned i = 0; i < ATOMS; i++) {
        number_atom_reclaim(&s->atom[i]);
        const struct stet_atom_state *state = s->atom[i].state_;
        for (const struct stet_published *b = state->kept; b != NULL; b = b->previous)
            REQUIRE(b->pins != 0, "a version that no slot holds is kept"); /* pins of threads that are gone stay */
        REQUIRE(state->root->previous == NULL && state->pending == NULL, "versions are left in the child");
    }
    return 0;
}

/* ThreadSanitizer's deadlock detector cannot count the locks that the pool takes for a fork. */
#ifdef __SANITIZE_THREAD__
#    define NOT_UNDER_TSAN true
#else
#    define NOT_UNDER_TSAN false
#endif

struct inside {
    stet_lock *lock;
    unsigned step; /* 1: the lock is taken */
};

static void *stay_inside(void *argument)
{
    struct inside *in = argument;
    stet_lock_(in->lock);
    put(&in->step, 1);
    wait_ms(30);
    put(&in->step, 0);
    stet_unlock_(in->lock);
    return NULL;
}

Test(atom_threads, fork_waits_for_who_is_inside, .disabled = NOT_UNDER_TSAN)
{
    number_atom a = atom_upto(10);
    stet_lock *locks[] = {&a.state_->lock, &a.state_->watching, &stet_threads_lock_};
    for (unsigned i = 0; i < 3; i++) {
        struct inside in = {locks[i], 0};
        pthread_t thread = start(stay_inside, &in);
        while (at(&in.step) == 0)
            sched_yield();
        pid_t pid = fork();
        if (pid == 0)
            test_exit(at(&in.step) == 0 && *locks[i] == 0 && reads_upto(&a, 10) ? 0 : 1);
        int status = 0;
        REQUIRE(waitpid(pid, &status, 0) == pid && status == 0, "the child has lock %u in the middle of it", i);
        pthread_join(thread, NULL);
        cr_assert_eq(*locks[i], 0);
    }
    number_atom_destroy(&a);
}

static void *sleep_shortly(void *argument)
{
    struct hand *hand = argument;
    uint64_t seen = number_atom_version(&hand->a);
    REQUIRE(number_atom_wait(&hand->a, &seen, 60000), "nobody told");
    return NULL;
}

static bool is_raised(int fd) { return poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 0) == 1; }

/* The child has the watch, and nobody who sleeps; that others of the parent do is the parent's affair. */
Test(atom_threads, a_watch_is_the_childs_too, .disabled = NOT_UNDER_TSAN)
{
    struct hand hand = {.a = atom_upto(10)};
    struct stet_watch w;
    int fd = number_atom_watch(&hand.a, &w);
    REQUIRE(fd >= 0, "no eventfd");
    pthread_t thread = start(sleep_shortly, &hand);
    while (at(&hand.a.state_->listeners) < 2)
        sched_yield();
    pid_t pid = fork();
    if (pid == 0) {
        bool alone = at(&hand.a.state_->listeners) == 1, silent = !is_raised(fd);
        add_number(&hand.a, 10);
        bool told = is_raised(fd);
        number_atom_watch_seen(&hand.a, &w);
        add_number(&hand.a, 11);
        test_exit(alone && silent && told && is_raised(fd) && reads_upto(&hand.a, 12) ? 0 : 1);
    }
    int status = 0;
    REQUIRE(waitpid(pid, &status, 0) == pid && status == 0, "the child ended with status %#x", (unsigned)status);
    cr_assert(!is_raised(fd), "the child has written to the parent's eventfd");
    cr_assert_eq(at(&hand.a.state_->listeners), 2);
    cr_assert(reads_upto(&hand.a, 10));
    add_number(&hand.a, 10);
    pthread_join(thread, NULL);
    number_atom_unwatch(&hand.a, &w);
    cr_assert_eq(at(&hand.a.state_->listeners), 0);
    number_atom_destroy(&hand.a);
}

/* It was raised when the process forked: so it is in the child, and what the child sees is still there for the parent.
 */
Test(atom_threads, what_the_child_sees_the_parent_sees_too, .disabled = NOT_UNDER_TSAN)
{
    number_atom a = atom_upto(10);
    struct stet_watch w;
    struct rlimit files;
    REQUIRE(number_atom_watch(&a, &w) >= 0, "no eventfd");
    add_number(&a, 10);
    for (unsigned i = 0; i < 2; i++) { /* and with no number to spare */
        pid_t pid = fork();
        if (pid == 0) {
            bool raised = is_raised(w.fd);
            number_atom_watch_seen(&a, &w);
            bool seen = !is_raised(w.fd);
            add_number(&a, 11);
            bool again = is_raised(w.fd);
            number_atom_unwatch(&a, &w);
            number_atom_destroy(&a);
            test_exit(raised && seen && again ? 0 : 1);
        }
        int status = 0;
        REQUIRE(waitpid(pid, &status, 0) == pid && status == 0, "the child ended with status %#x", (unsigned)status);
        cr_assert(is_raised(w.fd), "the child has read the parent's eventfd");
        cr_assert_eq(getrlimit(RLIMIT_NOFILE, &files), 0);
        files.rlim_cur = (rlim_t)(w.fd > w.raiser ? w.fd : w.raiser) + 1;
        cr_assert_eq(setrlimit(RLIMIT_NOFILE, &files), 0);
    }
    number_atom_watch_seen(&a, &w);
    cr_assert(!is_raised(w.fd));
    add_number(&a, 11);
    cr_assert(is_raised(w.fd), "nobody is told any more");
    number_atom_unwatch(&a, &w);
    number_atom_destroy(&a);
}

#ifdef SANITIZED /* their allocators do not survive a fork while other threads allocate */
#    define NOT_UNDER_SANITIZERS true
#else
#    define NOT_UNDER_SANITIZERS false
#endif

Test(atom_threads, fork_while_others_read_and_write, .disabled = NOT_UNDER_SANITIZERS)
{
    static struct stress s;
    struct worker w[3];
    pthread_t thread[3];
    stress_begin(&s);
    numbers_guard mine = number_atom_acquire(&s.atom[0]);
    for (unsigned i = 0; i < 3; i++) {
        w[i] = (struct worker){&s, 500 + i};
        thread[i] = start(stress, &w[i]);
    }
    for (unsigned i = 0; i < (test_long() ? 500 : 100); i++) {
        fflush(NULL);
        pid_t pid = fork();
        REQUIRE(pid >= 0, "no process");
        if (pid == 0) {
            REQUIRE(is_upto(numbers_guard_view(&mine), 0), "a guard of the forking thread lost its version");
            numbers_guard_release(&mine);
            test_exit(child(&s));
        }
        int status = 0;
        REQUIRE(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0,
                "the child ended with status %#x", (unsigned)status);
    }
    put(&s.stop, 1);
    for (unsigned i = 0; i < 3; i++)
        pthread_join(thread[i], NULL);
    REQUIRE(is_upto(numbers_guard_view(&mine), 0), "a guard lost its version");
    numbers_guard_release(&mine);
    stress_end(&s);
}
